#!/bin/sh
# Makes the requests of one key ceremony in HashiCorp Vault or OpenBao.
#
#@header
#
# It stands beside the ceremony file and talks to one server through the `vault` or `bao`
# command. It stops at the first error and can be run again with the same result: a request
# that was saved is never made a second time.

#@part begin

#@values

# Calls "$1" for each request with: the mount's path, the same as safe text, the request's
# file, the same as safe text, the fields that the server is given (JSON without its end), new
# or existing for its key, the seconds that its certificate will live, and the mount in a URL.
each_mount() {
    :
    #@mounts
}

usage() {
    cat <<'END'
usage: sh requests.sh [--dry-run] [--address=URL]

Enables each PKI mount that is missing, lets it make the key and the request of
its intermediate, saves the request under the name that the ceremony file has
for it, and records the digest of its key in a list beside it.

  --dry-run      print the commands, change nothing
  --address=URL  the server as those reach it who check certificates, where
                 that is not VAULT_ADDR: it goes into each mount's config/urls
  --help         show this

The server and the token are those of the command itself: VAULT_ADDR,
VAULT_TOKEN, VAULT_NAMESPACE, VAULT_CACERT (or BAO_...). VAULT_CLI names the
command to use where it is not the `vault` or `bao` that is found first.

The token must be allowed: read on sys/mounts/MOUNT, and for a mount that is
missing create on it; update on sys/mounts/MOUNT/tune; in the mount read and
update on config/urls, update on intermediate/generate/*, list on keys. For the
key that a mount has (existing = true) also read on config/issuers and issuer/*.
END
}

commands() {
    cat <<'END'
#@commands
END
}

#@part words

uncertain() {
    say "                a request was asked for and none was saved: the mount may have a"
    say "                key without one. Run this again: it says so, and makes another"
}

last_words() {
    digest=$(sha256_of <"./$list")
    say "the list of the keys, to be read aloud beside the ceremony:"
    say "  $list_shown"
    say "  sha-256  ${digest%% *}"
}

#@part report

#@part sha256

# The digest of a request's public key, in DER.
spki_of() {
    pem=$(openssl req -in "$1" -noout -pubkey 2>/dev/null) || return 1
    der=$(printf '%s\n' "$pem" | openssl pkey -pubin -outform DER 2>/dev/null | sha256_of) ||
        return 1
    case $der in
        # The digest of nothing: openssl has read no key.
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855*) return 1 ;;
    esac
    printf '%s\n' "${der%% *}"
}

# The digest that the list has for a file; nothing where it has no line.
recorded_of() {
    [ -f "./$list" ] || return 0
    wanted=$1 awk 'substr($0, 65, 2) == "  " && substr($0, 67) == ENVIRON["wanted"] {
        print substr($0, 1, 64)
    }' "./$list"
}

folder_of() { [ -d "${1%/*}" ] || mkdir -p -- "${1%/*}"; }

record() {
    folder_of "./$list"
    {
        [ ! -f "./$list" ] || awk 1 "./$list"
        printf '%s  %s\n' "$2" "$1"
    } >"./$list.part"
    mv -f -- "./$list.part" "./$list"
}

# Nothing is sent before every file that is there was looked at.
check_saved() {
    was=$(recorded_of "$3")
    case $was in
        *[!0-9a-f]*) stop "$list_shown has no one digest for $4; nothing was sent" ;;
    esac
    # An earlier run ended between the line in the list and the name of the file.
    if [ -n "$was" ] && [ ! -e "./$3" ] && [ -f "./$3.part" ]; then
        [ "$(spki_of "./$3.part")" = "$was" ] && mv -- "./$3.part" "./$3"
    fi
    if [ -e "./$3" ]; then
        [ -n "$was" ] || stop "$4 is there already, and $list_shown has no line for it:
  this script did not save it. Move it away, or take generate out of the ceremony file; nothing was sent"
        is=$(spki_of "./$3") || stop "openssl reads no request in $4; nothing was sent"
        [ "$is" = "$was" ] || stop "$4 is not the request that was saved here; nothing was sent
  its key      $is
  must be      $was"
    elif [ -n "$was" ]; then
        stop "$list_shown says that $4 was saved, and it is not here; nothing was sent.
  Put it back; or delete its line, and another key is made"
    fi
}

# A short value in a server's answer.
value_of() {
    awk -v name="$1" '
        { answer = answer $0 }
        END {
            if (!match(answer, "\"" name "\"[ \t]*:[ \t]*\"?")) exit 1
            rest = substr(answer, RSTART + RLENGTH)
            match(rest, /^[0-9A-Za-z_.-]*/)
            print substr(rest, 1, RLENGTH)
        }'
}

# The texts of a list in a server's answer, on one line.
list_of() {
    awk -v name="$1" '
        { answer = answer $0 }
        END {
            if (!match(answer, "\"" name "\"[ \t]*:[ \t]*[[]")) exit 0
            rest = substr(answer, RSTART + RLENGTH)
            while (match(rest, /^[ \t,]*"[^"]*"/)) {
                text = substr(rest, RSTART, RLENGTH)
                gsub(/^[ \t,]*"|"$/, "", text)
                printf "%s%s", (found++ ? " " : ""), text
                rest = substr(rest, RSTART + RLENGTH)
            }
        }'
}

# Every mount is looked at before one is changed: what is there, for the second walk.
states=''
check_mount() {
    if answer=$("$cli" read -format=json "sys/mounts/${1#/}" 2>&1); then
        kind=$(printf '%s\n' "$answer" | value_of type) || kind=''
        [ "$kind" = pki ] ||
            stop "the mount $2 is there and is no PKI mount, but ${kind:-unknown}; nothing was changed"
        state=$(printf '%s\n' "$answer" | value_of max_lease_ttl) || state=''
        case $state in
            '' | *[!0-9]*) stop "the server does not say how the mount $2 is tuned; nothing was changed" ;;
        esac
    else
        case $answer in
            *'No secret engine mount at'*) state=missing ;;
            *)
                printf '%s\n' "$answer" >&2
                stop "cannot read sys/mounts of the mount $2 (the words above are the server's).
  May the token read it? Nothing was changed"
                ;;
        esac
        [ ! -e "./$3" ] || stop "the request $4 was made in the mount $2, and this server has no such mount.
  Is it the right server and namespace? Nothing was changed"
        [ "$6" = new ] || stop "the mount $2 is missing, and its request is to be for the key that it has; nothing was changed"
    fi
    states="$states$state "
}

# The life of the longest leaf: the mount's own limit is kept where somebody has set one.
tune() {
    if [ "$state" -eq 0 ]; then
        "$cli" write "sys/mounts/${1#/}/tune" "max_lease_ttl=$7s" >/dev/null ||
            stop "cannot tune the mount $2"
        done_here="$done_here, tuned"
        say "  tuned         max_lease_ttl $(($7 / 3600))h"
    elif [ "$state" -lt "$7" ]; then
        say "  kept          max_lease_ttl $((state / 3600))h, shorter than the certificate's $(($7 / 3600))h"
    fi
}

# Where the certificates of the mount say that its own certificate and CRL are.
set_urls() {
    if [ -z "$address" ]; then
        say "  not set       config/urls: VAULT_ADDR is no plain http:// or https:// address"
        return
    fi
    ca=$address/v1/$namespace$8/ca
    crl=$address/v1/$namespace$8/crl
    if [ "$state" != missing ]; then
        urls=$("$cli" read -format=json "$1/config/urls" 2>&1) || case $urls in
            *'No value found'*) urls='' ;;
            *)
                printf '%s\n' "$urls" >&2
                stop "cannot read config/urls of the mount $2 (the words above are the server's)"
                ;;
        esac
        has="$(printf '%s\n' "$urls" | list_of issuing_certificates)"
        has="$has, $(printf '%s\n' "$urls" | list_of crl_distribution_points)"
        case $has in
            ', ') ;;
            "$ca, $crl") return ;;
            *)
                say "  kept          config/urls, which is not what this script would set:"
                say "                has  $has"
                say "                not  $ca, $crl"
                return
                ;;
        esac
    fi
    "$cli" write "$1/config/urls" "issuing_certificates=$ca" "crl_distribution_points=$crl" \
        >/dev/null || stop "cannot write config/urls of the mount $2"
    done_here="$done_here, urls set"
    say "  urls          $ca"
    say "                $crl"
}

keys_in() {
    [ "$state" != missing ] || return 0
    # The command fails where there are none. They are for words alone.
    "$cli" list -format=json "$1/keys" 2>/dev/null | tr -c '0-9a-f\n-' ' ' || :
}

# A run that ended between asking and saving has left word of it.
tell_pending() {
    before=$(cat "./$2.asked")
    found=''
    for key in $1; do
        case " $before " in
            *"$key"*) ;;
            *) found="$found $key" ;;
        esac
    done
    if [ -n "$found" ]; then
        say "  pending       an earlier run ended before it saved this request. The key it had"
        say "                made does no harm, and nothing needs it; another is made now:"
        say "               $found"
    else
        say "  pending       an earlier run ended before the server had made this key"
    fi
}

# The key of the mount's default issuer.
key_of_default() {
    issuer=$("$cli" read -field=default "$1/config/issuers") ||
        stop "cannot read config/issuers of the mount $2"
    case $issuer in
        '' | *[!0-9a-f-]*) stop "the mount $2 has no default issuer, so no key of one" ;;
    esac
    key=$("$cli" read -field=key_id "$1/issuer/$issuer") ||
        stop "cannot read issuer $issuer of the mount $2"
    case $key in
        '' | *[!0-9a-f-]*) stop "the mount $2 has not the key of its default issuer" ;;
    esac
    printf '%s' "$key"
}

make_request() {
    at=$((at + 1))
    asked=no
    confirmed=no
    done_here=''
    state=${states%% *}
    states=${states#* }
    say "mount $2"
    if [ "$state" = missing ]; then
        "$cli" secrets enable "-path=${1#/}" "-max-lease-ttl=$7s" pki >/dev/null ||
            stop "cannot enable the mount $2"
        done_here=', enabled'
        say "  enabled       pki, max_lease_ttl $(($7 / 3600))h"
    else
        tune "$@"
    fi
    set_urls "$@"
    if [ -e "./$3" ]; then
        # A mount that was made anew since then has not the request's key.
        [ "$("$cli" list -format=json "$1/keys" 2>/dev/null)" != '{}' ] ||
            stop "the mount $2 has no key, and $4 was saved: it is not the mount that made it"
        rm -f -- "./$3.asked"
        say "  saved before  $4"
        say "                SPKI sha-256 $(recorded_of "$3")"
        return
    fi

    keys=$(keys_in "$1")
    if [ -f "./$3.asked" ]; then
        tell_pending "$keys" "$3"
    elif [ -n "$keys" ] && [ "$6" = new ]; then
        say "  has keys      $(printf '%s\n' "$keys" | wc -w | tr -d ' ') already; another is made"
    fi
    fields=$5
    way=internal
    if [ "$6" = existing ]; then
        way=existing
        key=$(key_of_default "$1" "$2") || exit 1
        fields="$5,\"key_ref\":\"$key\""
    fi
    folder_of "./$3"
    printf '%s\n' "$keys" >"./$3.asked"
    asked=yes
    csr=$(printf '%s}' "$fields" |
        "$cli" write -field=csr "$1/intermediate/generate/$way" -) ||
        stop "the mount $2 has made no request (the words above are the server's)"
    printf '%s\n' "$csr" >"./$3.part"
    is=$(spki_of "./$3.part") || stop "openssl reads no request in the answer of the mount $2"
    record "$3" "$is"
    [ ! -e "./$3" ] || stop "somebody else has made $4 meanwhile"
    mv -- "./$3.part" "./$3"
    rm -f -- "./$3.asked"
    confirmed=yes
    say "  saved         $4"
    say "                SPKI sha-256 $is"
}

dry_run=no
address=''
for argument in "$@"; do
    case $argument in
        --help | -h)
            usage
            exit 0
            ;;
        --dry-run) dry_run=yes ;;
        --address=*) address=${argument#--address=} ;;
        *) misused "unknown argument; --help shows the usage" ;;
    esac
done

#@part command

if [ "$dry_run" = yes ]; then
    say "# Nothing is changed; the commands would be:"
    commands
    exit 0
fi

# `vault` does not look at BAO_...; `bao` looks at both.
case ${cli##*/} in
    vault*)
        server=${VAULT_ADDR:-}
        namespace=${VAULT_NAMESPACE:-}
        ;;
    *)
        server=${BAO_ADDR:-${VAULT_ADDR:-}}
        namespace=${BAO_NAMESPACE:-${VAULT_NAMESPACE:-}}
        ;;
esac
address=${address:-$server}
address=${address%/}
namespace=${namespace#/}
namespace=${namespace%/}
[ -z "$namespace" ] || namespace=$namespace/
case $address$namespace in
    *[!]A-Za-z0-9:/._%[-]*) address='' ;;
    http://?* | https://?*) ;;
    *) address='' ;;
esac
command -v openssl >/dev/null 2>&1 || misused "openssl is needed, to compute the digests of keys"

#@part traps
each_mount check_saved
#@part status
each_mount check_mount
each_mount make_request
sync 2>/dev/null || :
finished=yes
