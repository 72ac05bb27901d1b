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
cd -- "$(dirname -- "$0")"
