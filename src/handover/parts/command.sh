# The command is looked for before the folder changes: VAULT_CLI may be relative.
if [ -n "${VAULT_CLI:-}" ]; then
    cli=$(command -v "$VAULT_CLI") || misused "VAULT_CLI names no command"
elif [ -n "${BAO_ADDR:-}" ] && cli=$(command -v bao); then
    :
elif cli=$(command -v vault) || cli=$(command -v bao); then
    :
elif [ "$dry_run" = yes ]; then
    cli=vault
else
    misused "neither vault nor bao is found; install one, or name it in VAULT_CLI"
fi
case $cli in
    /* | vault) ;;
    *) cli=$PWD/$cli ;;
esac
# So are the files that the command itself reads.
for name in VAULT_CACERT VAULT_CAPATH VAULT_CLIENT_CERT VAULT_CLIENT_KEY \
    BAO_CACERT BAO_CAPATH BAO_CLIENT_CERT BAO_CLIENT_KEY; do
    eval "file=\${$name:-}"
    case $file in
        '' | /*) ;;
        *)
            eval "$name=\$PWD/\$file"
            export "$name"
            ;;
    esac
done
cd -- "$(dirname -- "$0")"
