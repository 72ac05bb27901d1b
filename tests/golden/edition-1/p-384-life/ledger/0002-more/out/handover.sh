#!/bin/sh
# Hands the intermediates of one key ceremony back to HashiCorp Vault or OpenBao.
#
#   ceremony      more
#   root          C=DE, O=Acme, CN=Acme Root G1
#   root sha-256  5d62425a8edbf664a85a76f300ac5884c921aefe2e7b828bc3db93eba3f8d741
#
# It reads the files beside it and talks to one server through the `vault` or `bao`
# command. It stops at the first error and can be run again with the same result.

set -eu
unset CDPATH VAULT_FORMAT BAO_FORMAT VAULT_WRAP_TTL BAO_WRAP_TTL
LC_ALL=C
export LC_ALL

script=handover.sh
ceremony='more'
rehearsal=no
goal="all of $ceremony is handed over"

# Calls "$1" for each mount with: its path, the same as safe text, the bundle, its SHA-256, and
# what the bundle begins with: an intermediate, or a cross-certificate of the mount's own key.
each_mount() {
    :
    "$1" 'pki/kubernetes' \
        'pki/kubernetes' \
        'pki/kubernetes/bundle.pem' \
        e38120268ca31e63341b4cc5a74a8913a54479dbbdeb3adabcc68b1f98025221 intermediate
    "$1" 'pki/etcd' \
        'pki/etcd' \
        'pki/etcd/bundle.pem' \
        5796135348b8cd24b735beddf469f8ad03a2e30b94d42465449adee61c33f232 intermediate
}

# What was revoked, and what a person does about it: printed, never done.
revoked() {
    :
}

usage() {
    cat <<'END'
usage: sh handover.sh [--dry-run] [--rehearsal]

Imports each bundle of this folder into its PKI mount, makes sure that the
mount has the key, and makes the new certificate the mount's default issuer.
A cross-certificate stands beside the issuer that is there, which stays the
default.

  --dry-run     check the files, print the commands, change nothing
  --rehearsal   take the files of a rehearsal (never into production)
  --help        show this

The server and the token are those of the command itself: VAULT_ADDR,
VAULT_TOKEN, VAULT_NAMESPACE, VAULT_CACERT (or BAO_...). VAULT_CLI names the
command to use where it is not the `vault` or `bao` that is found first.

The token must be allowed, in each mount: update on intermediate/set-signed
(for a cross-certificate on issuers/import/cert), read on issuer/*, read and
update on config/issuers.
END
}

commands() {
    cat <<'END'
# NEW and ROOT are the ids in the answer's mapping: with a key, and without.

# pki/kubernetes
vault write -format=json \
    'pki/kubernetes/intermediate/set-signed' \
    certificate=@pki/kubernetes/bundle.pem
vault pki verify-sign \
    'pki/kubernetes/issuer/ROOT' \
    'pki/kubernetes/issuer/NEW'
vault write \
    'pki/kubernetes/config/issuers' \
    default=NEW

# pki/etcd
vault write -format=json \
    'pki/etcd/intermediate/set-signed' \
    certificate=@pki/etcd/bundle.pem
vault pki verify-sign \
    'pki/etcd/issuer/ROOT' \
    'pki/etcd/issuer/NEW'
vault write \
    'pki/etcd/config/issuers' \
    default=NEW
END
}

say() { printf '%s\n' "$*"; }

stop() {
    printf 'stopped: %s\n' "$*" >&2
    exit 1
}

misused() {
    printf '%s: %s\n' "$script" "$*" >&2
    exit 2
}

uncertain() {
    say "                the import was asked for and not confirmed: look at"
    say "                the mount's issuers before anything else"
}

last_words() { revoked; }

# What was done and what was not: the last words, whatever happened.
at=0
asked=no
confirmed=no
done_here=''
count=0

report_mount() {
    count=$((count + 1))
    if [ "$count" -lt "$at" ] || [ "$finished" = yes ]; then
        say "  done          $2"
    elif [ "$count" -gt "$at" ]; then
        say "  not done      $2"
    elif [ "$asked" = yes ] && [ "$confirmed" = no ]; then
        say "  UNCERTAIN     $2"
        uncertain
    elif [ -n "$done_here" ]; then
        say "  NOT finished  $2"
        say "                done so far:${done_here#,}"
    else
        say "  not done      $2"
    fi
}

finished=no
report() {
    status=$?
    trap - EXIT
    if [ "$finished" = yes ]; then
        say "finished: $goal"
    else
        say "NOT finished:"
    fi
    each_mount report_mount
    [ "$finished" = no ] || last_words
    exit "$status"
}

sha256_of() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum
    elif command -v shasum >/dev/null 2>&1; then
        shasum -a 256
    else
        openssl dgst -sha256 -r
    fi
}

check_file() {
    [ -f "$3" ] || stop "$3 is missing; nothing was sent to the server"
    found=$(sha256_of <"$3") || stop "no tool can compute SHA-256 here"
    [ "${found%% *}" = "$4" ] ||
        stop "$3 is not the file of the ceremony; nothing was sent to the server
  its sha-256  ${found%% *}
  must be      $4"
}

check_mount() {
    "$cli" read -format=json "$1/config/issuers" >/dev/null ||
        stop "cannot read config/issuers of the mount $2 (the words above are the server's).
  Is it a PKI mount of this server, and may the token read it? Nothing was changed."
}

# The answer's "mapping" as lines "issuer key"; "-" where the issuer has no key.
mapping_of() {
    awk '
        { answer = answer $0 }
        END {
            if (!match(answer, /"mapping"[ \t]*:[ \t]*[{]/)) exit 1
            inner = substr(answer, RSTART + RLENGTH)
            last = index(inner, "}")
            if (last == 0) exit 1
            total = split(substr(inner, 1, last - 1), pair, ",")
            for (i = 1; i <= total; i++) {
                gsub(/[ \t\r"]/, "", pair[i])
                split(pair[i], half, ":")
                if (half[1] !~ /^[0-9a-f-]+$/ || half[2] !~ /^[0-9a-f-]*$/) exit 1
                print half[1], (half[2] == "" ? "-" : half[2])
            }
        }'
}

# The first PEM block, without what stands before it.
first_block() {
    awk '/^-----BEGIN /{ inside = 1 } inside { print } /^-----END /{ exit }'
}

hand_over() {
    at=$((at + 1))
    asked=no
    confirmed=no
    done_here=''
    say "mount $2"
    before=''
    case $5 in
        cross)
            before=$("$cli" read -field=default "$1/config/issuers") ||
                stop "cannot read the default issuer of the mount $2"
            set -- "$@" issuers/import/cert pem_bundle
            ;;
        *) set -- "$@" intermediate/set-signed certificate ;;
    esac
    asked=yes
    answer=$("$cli" write -format=json "$1/$6" "$7=@$3") ||
        stop "the server did not confirm the import into the mount $2.
  Vault 1.13 keeps what it read before such an error: look at the mount's issuers."
    confirmed=yes
    done_here=', imported'
    pairs=$(printf '%s\n' "$answer" | mapping_of) ||
        stop "the server's answer has no readable mapping: look at the issuers of the mount $2"
    new=$(printf '%s\n' "$pairs" | awk '$2 != "-" { print $1 }')
    root=$(printf '%s\n' "$pairs" | awk '$2 == "-" { print $1 }')
    case $new in
        '') stop "this certificate's key is not in the mount $2.
  The request came from another mount or server, or its key was deleted there.
  The certificates are in the mount now without a key, and do no harm:
  $(printf '%s\n' "$root" | tr '\n' ' ')" ;;
        *[!0-9a-f-]*) stop "the mount $2 has the keys of more than one certificate of the bundle" ;;
    esac
    case $root in
        '' | *[!0-9a-f-]*) stop "the answer of the mount $2 does not name exactly one root" ;;
    esac
    said=$("$cli" read -field=certificate "$1/issuer/$new" | first_block) ||
        stop "cannot read back issuer $new of the mount $2"
    [ "$said" = "$(first_block <"$3")" ] ||
        stop "issuer $new of the mount $2 is not the certificate of $3"
    say "  imported      issuer $new, and the mount has its key"

    case $verifies in
        yes)
            verdict=$("$cli" pki verify-sign -format=json "$1/issuer/$root" "$1/issuer/$new") ||
                stop "pki verify-sign failed in the mount $2"
            for check in subject_match path_match trust_match key_id_match signature_match; do
                printf '%s\n' "$verdict" | grep -q "\"$check\"[[:space:]]*:[[:space:]]*true" ||
                    stop "pki verify-sign does not say that $check is true in the mount $2"
            done
            done_here="$done_here, verified"
            say "  verified      pki verify-sign: all five are true"
            ;;
        no) say "  not verified  this command has no pki verify-sign (vault 1.13 is the first)" ;;
    esac

    # A cross-certificate does not take over, whatever default_follows_latest_issuer says.
    default=${before:-$new}
    "$cli" write "$1/config/issuers" "default=$default" >/dev/null ||
        stop "cannot make issuer $default the default of the mount $2"
    [ "$("$cli" read -field=default "$1/config/issuers")" = "$default" ] ||
        stop "the default issuer of the mount $2 is still another one"
    say "  default       config/issuers default=$default"
}

dry_run=no
accepted=no
for argument in "$@"; do
    case $argument in
        --help | -h)
            usage
            exit 0
            ;;
        --dry-run) dry_run=yes ;;
        --rehearsal) accepted=yes ;;
        *) misused "unknown argument; --help shows the usage" ;;
    esac
done
if [ "$rehearsal" = yes ] && [ "$accepted" = no ]; then
    misused "these files come from a REHEARSAL and are worth nothing.
For a test server only: sh handover.sh --rehearsal"
fi
if [ "$rehearsal" = no ] && [ "$accepted" = yes ]; then
    misused "these files do not come from a rehearsal: leave --rehearsal out"
fi

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

if [ "$dry_run" = yes ]; then
    each_mount check_file
    say "# The files are those of the ceremony. Nothing is changed; the commands would be:"
    commands
    revoked
    exit 0
fi

trap report EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
each_mount check_file
"$cli" status >/dev/null || stop "no unsealed server answers (the words above are the command's).
  VAULT_ADDR is ${BAO_ADDR:-${VAULT_ADDR:-not set}}; nothing was sent"
each_mount check_mount
case $("$cli" pki verify-sign -h 2>&1) in
    *'pki verify-sign '*) verifies=yes ;;
    *) verifies=no ;;
esac
each_mount hand_over
finished=yes
