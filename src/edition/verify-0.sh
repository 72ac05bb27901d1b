#!/bin/sh
# How to verify @KIND@ (@CEREMONY@) with stock tools alone: sha256sum, openssl,
# ssh-keygen, and what every POSIX system has.
#
#   sh verify.sh FOLDER root.pem [allowed_signers]
#
# FOLDER           the ceremony's folder: the one that holds SEAL.txt
# root.pem         the root certificate, from a source you trust: NOT from FOLDER
# allowed_signers  who may sign (see "ssh-keygen -Y"), from a source you trust
#
# A copy of this text lies in the folder as VERIFY.txt. Whoever can change the
# folder can change that copy: run one that you got elsewhere.
#
# Ends with 0: verified. 1: refused. 8: consistent, but a rehearsal, aborted or
# signed by nobody: nothing binds the files to the root.
#
# What it shows: no covered byte changed since the root signed the seal. What it
# does not show: that this is the newest ceremony (compare the previous line of
# the next seal, paper, or the last CRL), that the plan was kept to (anchorite
# verify does), and that the root was honest at its own birth: that is for the
# people who were there.

set -u
LC_ALL=C
export LC_ALL
unset OPENSSL_CONF CDPATH SSL_CERT_FILE SSL_CERT_DIR
zeros=0000000000000000000000000000000000000000000000000000000000000000

if [ "$#" -lt 2 ] || [ "$#" -gt 3 ]; then
    echo "usage: sh verify.sh FOLDER root.pem [allowed_signers]" >&2
    exit 2
fi
absolute() {
    case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s/%s\n' "$(pwd)" "$1" ;;
    esac
}
root=$(absolute "$2")
signers=
if [ "$#" -eq 3 ]; then
    signers=$(absolute "$3")
fi
cd -- "$1" || exit 2

ok() {
    printf 'ok       %s\n' "$1"
}
# Names come from the folder: what a terminal might obey is shown as "?".
refuse() {
    printf 'REFUSED  %s' "$1" | tr -c '[:print:]' '?'
    echo
    exit 1
}
digest() {
    sha256sum | cut -c1-64
}
# Each line of a file names the SHA-256 of the line before it, LF included; the first
# one names $2. Leaves the number of lines, and the digest of the last one.
chain() {
    previous=$2
    number=0
    while IFS= read -r line; do
        number=$((number + 1))
        case $line in
        "{\"n\":$number,\"prev\":\"$previous\",\"time\":\""*) ;;
        *) refuse "$1, line $number: it does not follow the line before" ;;
        esac
        previous=$(printf '%s\n' "$line" | digest)
    done <"$1"
    # The last line as it stands: a shell may drop octets that it cannot hold.
    [ "$number" -eq 0 ] || [ "$(sed -n "${number}p" "$1" | digest)" = "$previous" ] ||
        refuse "$1, line $number: it holds octets that no text has"
}
# The value of a line of SEAL.txt.
seal() {
    sed -n "s/^$1 //p" SEAL.txt
}
# The certificates or CRLs of a file alone: what stands before a block is a comment.
first_block() {
    sed -n '/^-----BEGIN /,/^-----END /p; /^-----END /q' "$1"
}

# 1. The files: those that SHA256SUMS lists, no others, no links.
for file in SEAL.txt SHA256SUMS VERIFY.txt transcript.jsonl \
    script/ceremony.toml script/ceremony.plan script/ceremony.lock; do
    [ -f "$file" ] || refuse "$file is not there"
done
odd=$(find . ! -type f ! -type d | head -n 1)
[ -z "$odd" ] || refuse "$odd is neither a plain file nor a folder"
# A name of two lines would be taken for two names.
odd=$(find . -name '*
*' | wc -l)
[ "$odd" -eq 0 ] || refuse "a name holds a line break"
grep -v '^[0-9a-f]\{64\}  [^ ].*$' SHA256SUMS >/dev/null &&
    refuse "SHA256SUMS holds a line that is not digest, two spaces, path"
odd=$(sha256sum -c --strict SHA256SUMS 2>/dev/null | grep -v ': OK$' | head -n 1)
[ -z "$odd" ] || refuse "SHA256SUMS: $odd"
sha256sum -c --strict --quiet SHA256SUMS >/dev/null 2>&1 ||
    refuse "a file is missing, or has another digest than SHA256SUMS says"
cut -c67- SHA256SUMS | sort -c -u 2>/dev/null || refuse "SHA256SUMS is not sorted"
listed=$(cut -c67- SHA256SUMS | digest)
there=$(find . -type f | sed 's#^\./##' |
    grep -v -x -e 'SHA256SUMS' -e 'SEAL\.txt' -e 'SEAL\.txt\.root\.p7s' \
        -e 'SEAL\.txt\.attrs' \
        -e 'SEAL\.txt\.tsr' -e 'SEAL\.txt\.[a-z0-9-][a-z0-9-]*\.sig' \
        -e 'post-seal\.jsonl' -e 'post-seal\.jsonl\.root\.p7s' \
        -e 'post-seal\.jsonl\.attrs' \
        -e 'post-seal\.jsonl\.tsr' -e 'post-seal\.jsonl\.[a-z0-9-][a-z0-9-]*\.sig' |
    sort | digest)
[ "$listed" = "$there" ] || refuse "there is a file that SHA256SUMS does not list"
ok "every file has its digest, and there are no others"

# 2. The transcript: each line names the SHA-256 of the line before it, LF included.
[ -z "$(tail -c 1 transcript.jsonl | tr -d '\n')" ] ||
    refuse "transcript.jsonl does not end with a whole line"
chain transcript.jsonl $zeros
[ "$number" -gt 0 ] || refuse "transcript.jsonl is empty"
ok "the transcript's $number lines follow each other"

# 3. The seal: it names the sums, the transcript's end and the lock.
[ "$(wc -l <SEAL.txt)" -le 25 ] || refuse "SEAL.txt has more than 25 lines"
[ "$(sed -n 1p SEAL.txt)" = "format anchorite/seal/0" ] || refuse "SEAL.txt: unknown format"
for field in ceremony kind outcome seal ended entries head sha256sums lock previous root; do
    [ "$(grep -c "^$field " SEAL.txt)" -eq 1 ] || refuse "SEAL.txt: not one line \"$field\""
done
[ "$(seal sha256sums)" = "$(digest <SHA256SUMS)" ] || refuse "SEAL.txt: sha256sums"
[ "$(seal head)" = "$previous" ] || refuse "SEAL.txt: head"
[ "$(seal entries)" = "$number" ] || refuse "SEAL.txt: entries"
[ "$(seal lock)" = "$(digest <script/ceremony.lock)" ] || refuse "SEAL.txt: lock"
ok "the seal names the sums, the head $previous and the lock"

# 4. The first entry: what was begun is what was sealed.
begin=$(sed -n 1p transcript.jsonl)
for part in '"type":"begin"' "\"ceremony\":\"$(seal ceremony)\"" "\"kind\":\"$(seal kind)\"" \
    "\"lock_sha256\":\"$(seal lock)\"" "\"previous_seal\":\"$(seal previous)\"" \
    "\"plan_sha256\":\"$(digest <script/ceremony.plan)\""; do
    case $begin in
    *"$part"*) ;;
    *) refuse "transcript.jsonl, line 1 does not say $part" ;;
    esac
done
case $(tail -n 1 transcript.jsonl) in
*'"type":"close"'*"\"outcome\":\"$(seal outcome)\""*) ;;
*) refuse "transcript.jsonl, line $number is not the closing entry of the seal's outcome" ;;
esac
ok "the transcript begins and ends as the seal says"

# 5. The lock: ceremony file, plan, and every input.
lines=0
while IFS= read -r line; do
    lines=$((lines + 1))
    wanted=$(printf '%s\n' "$line" | cut -c1-64)
    case $lines in
    1) file=script/ceremony.toml ;;
    2) file=script/ceremony.plan ;;
    *) file=in/$(printf '%s\n' "$line" | cut -c67-) ;;
    esac
    [ -f "$file" ] || refuse "script/ceremony.lock, line $lines: $file is not there"
    [ "$(digest <"$file")" = "$wanted" ] ||
        refuse "script/ceremony.lock, line $lines: $file has another digest"
done <script/ceremony.lock
[ "$lines" -ge 2 ] || refuse "script/ceremony.lock: too few lines"
[ "$(find in -type f 2>/dev/null | wc -l)" -eq $((lines - 2)) ] ||
    refuse "in/ holds a file that the lock does not list"
ok "the lock's ceremony file, plan and inputs are these"

# 6. The root: the one you hold is the one that the seal names.
if [ "$(seal root)" = none ]; then
    ok "the ceremony ended before there was a root"
else
    [ "$(openssl x509 -in "$root" -outform DER 2>/dev/null | digest)" = "$(seal root)" ] ||
        refuse "SEAL.txt names another root than the one you hold"
    ok "the seal's root is yours"
fi

# 7. The products: signed by the root, and the very files that the transcript recorded.
if [ -d out ]; then
    # One name to a line: no name here holds anything but letters, digits and ._-%/
    odd=$(find out | grep -v -x '[A-Za-z0-9._%/-]*' | head -n 1)
    [ -z "$odd" ] || refuse "out/ holds a strange name"
    for file in $(find out -type f | sort); do
        grep -q -F "{\"path\":\"$file\",\"sha256\":\"$(digest <"$file")\"}" transcript.jsonl ||
            refuse "$file is not the file that the transcript recorded"
    done
    for file in $(find out -type f -name '*.pem' | sort); do
        # -no_check_time: an old ceremony stays true after its certificates have ended.
        first_block "$file" | openssl verify -x509_strict -no_check_time \
            -no-CAfile -no-CApath -trusted "$root" >/dev/null 2>&1 ||
            refuse "$file is not signed by the root you hold"
    done
    if [ -f out/root.crl ]; then
        # "openssl crl" ends with 0 whatever it finds: its words tell.
        openssl crl -in out/root.crl -CAfile "$root" -noout 2>&1 | grep -q -x 'verify OK' ||
            refuse "out/root.crl is not signed by the root you hold"
        [ "$(openssl crl -in out/root.crl -outform DER | digest)" = \
            "$(digest <out/root.crl.der)" ] || refuse "out/root.crl.der is another CRL"
    fi
    for file in $(find out -type f -path 'out/requests/*.csr' | sort); do
        # A mount's folder is never called requests. "openssl req" ends with 0 like "openssl crl".
        openssl req -in "$file" -noout -verify 2>&1 | grep -q 'verify OK$' ||
            refuse "$file is not signed by the key that it is for"
        for what in -subject -pubkey; do
            [ "$(openssl req -in "$file" -noout $what)" = \
                "$(openssl x509 -in "$root" -noout $what)" ] ||
                refuse "$file is not for the name and the key of the root you hold"
        done
    done
    ok "certificates, requests and CRL in out/ are the recorded ones, signed by your root"
fi

# 8. The root's signature on the seal. Its form follows from the type of your root's key,
# not from the files that are there.
signed_as_cms() {
    [ -f SEAL.txt.root.p7s ] || refuse "SEAL.txt.root.p7s is not there"
    # Without signed attributes the root may have signed something else: a certificate,
    # say, whose octets stand in for the seal. "openssl cms -verify" would not mind.
    printed=$(openssl cms -cmsout -print -noout -inform DER -in SEAL.txt.root.p7s 2>/dev/null) ||
        refuse "SEAL.txt.root.p7s is no CMS"
    printf '%s\n' "$printed" | sed -n '/^ *signedAttrs:/{n;p;}' | grep -q '<ABSENT>' &&
        refuse "SEAL.txt.root.p7s has no signed attributes"
    [ "$(printf '%s\n' "$printed" | grep -c '^ *signedAttrs:')" -eq 1 ] ||
        refuse "SEAL.txt.root.p7s does not hold one signature"
    # The signing time is the seal's own end, so that nothing in the envelope is free.
    ended=$(seal ended | sed 's/^..//; s/[-:TZ]//g')
    openssl asn1parse -inform DER -in SEAL.txt.root.p7s 2>/dev/null |
        sed -n '/:signingTime/{n;n;p;}' | grep -q "TIME *:\(..\)\{0,1\}${ended}Z" ||
        refuse "SEAL.txt.root.p7s was signed at another time than the seal's end"
    # A root that may sign certificates and CRLs alone is no mail signer: -purpose any.
    openssl cms -verify -binary -purpose any -no_check_time -inform DER \
        -in SEAL.txt.root.p7s -content SEAL.txt -no-CApath -CAfile "$root" \
        -out /dev/null >/dev/null 2>&1 ||
        refuse "SEAL.txt.root.p7s is not the root's signature on SEAL.txt"
}
# OpenSSL 3.0 verifies no CMS with Ed25519: the attributes stand beside the bare signature.
signed_bare() {
    for file in SEAL.txt.attrs SEAL.txt.attrs.sig; do
        [ -f "$file" ] || refuse "$file is not there"
    done
    # The attributes that follow from the seal, octet by octet: content type, signing time
    # (the seal's own end; from 2050 with four digits of the year) and digest.
    ended=$(seal ended | sed 's/[-:TZ]//g')
    case $ended in
    20[0-4]???????????) time=170d$(printf '%s' "${ended#20}Z" | octets) outer=1c inner=0f all=89 ;;
    *) time=180f$(printf '%s' "${ended}Z" | octets) outer=1e inner=11 all=8b ;;
    esac
    wanted=3181${all}301806092a864886f70d010903310b06092a864886f70d010701
    wanted=${wanted}30${outer}06092a864886f70d01090531${inner}${time}
    wanted=${wanted}304f06092a864886f70d01090431420440
    wanted=$wanted$(openssl dgst -sha512 -r SEAL.txt | cut -c1-128)
    [ "$(octets <SEAL.txt.attrs)" = "$wanted" ] ||
        refuse "SEAL.txt.attrs is not what follows from SEAL.txt"
    openssl pkeyutl -verify -rawin -certin -inkey "$root" -in SEAL.txt.attrs \
        -sigfile SEAL.txt.attrs.sig >/dev/null 2>&1 ||
        refuse "SEAL.txt.attrs.sig is not the root's signature on SEAL.txt.attrs"
}
octets() {
    od -An -v -tx1 | tr -d ' \n'
}
bare="SEAL.txt.attrs SEAL.txt.attrs.sig"
if [ "$(seal seal)" != direct ]; then
    none="SEAL.txt.root.p7s $bare"
    why="the seal says that nobody signed"
else
    # The first octets of every Ed25519 key (RFC 8410).
    case $(openssl x509 -in "$root" -noout -pubkey 2>/dev/null |
        openssl pkey -pubin -outform DER 2>/dev/null | octets) in
    302a300506032b6570032100*) signed_bare && none=SEAL.txt.root.p7s ;;
    ?*) signed_as_cms && none=$bare ;;
    *) refuse "the root you hold has no key that openssl can read" ;;
    esac
    why="your root does not sign so"
    ok "the root you hold signed the seal"
fi
for file in $none; do
    [ ! -e "$file" ] || refuse "$file is there, though $why"
done

# 9. After the seal: the end of the root's key, a chain that begins with the seal's digest.
if [ -f post-seal.jsonl ]; then
    [ "$(seal announces)" = "destruction of the root key" ] ||
        refuse "post-seal.jsonl is there, though the seal announces nothing"
    chain post-seal.jsonl "$(digest <SEAL.txt)"
    # A crash tears the last line; after the end nothing follows that it could tear.
    if [ "$(head -n "$number" post-seal.jsonl | wc -c)" -ne "$(wc -c <post-seal.jsonl)" ]; then
        head -n "$number" post-seal.jsonl | grep -q '"type":"key-destroyed"' &&
            refuse "post-seal.jsonl: something stands after its last whole line"
        echo "note     the last line of post-seal.jsonl is torn, as a crash leaves it"
    fi
    ok "the $number lines after the seal follow each other, and it"
    echo "note     the seal does not cover them: who can write the folder can write them anew,"
    echo "         unless people signed post-seal.jsonl"
fi

# 10. People.
for file in SEAL.txt.*.sig; do
    # That one is the root's own.
    [ -f "$file" ] && [ "$file" != SEAL.txt.attrs.sig ] || continue
    person=${file#SEAL.txt.}
    person=${person%.sig}
    if [ -z "$signers" ]; then
        printf 'note     %s\n' "$file is there; give allowed_signers to check it"
    else
        ssh-keygen -Y verify -f "$signers" -I "$person" -n anchorite-seal -s "$file" \
            <SEAL.txt >/dev/null 2>&1 || refuse "$file is no signature of $person"
        ok "$person signed the seal"
    fi
done

if [ "$(seal kind)" = rehearsal ]; then
    why="a rehearsal"
elif [ "$(seal outcome)" != completed ]; then
    why="aborted, and signed by nobody"
elif [ "$(seal seal)" != direct ]; then
    why="not signed by the root"
else
    echo "VERIFIED: this ceremony."
    echo "That its head is the newest, only paper, the token or the last CRL can say."
    exit 0
fi
echo "CONSISTENT, NOT VERIFIED: this ceremony: $why."
exit 8
