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
# signed by nobody: nothing binds the files to the root; or not checked, because
# the seal is of a later edition of the rules than this text.
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

# Names come from the folder: what a terminal might obey is shown as "?".
say() {
    printf '%s' "$1" | tr -c '[:print:]' '?'
    echo
}
ok() {
    say "ok       $1"
}
note() {
    say "note     $1"
}
refuse() {
    say "REFUSED  $1"
    exit 1
}
not_checked() {
    say "NOT CHECKED: this ceremony: $1: a newer verify.sh may know it."
    exit 8
}
digest() {
    sha256sum | cut -c1-64
}
# The files below this folder, one to a line.
files() {
    find . -type f | sed 's#^\./##' | sort
}
# Their lines as sha256sum writes them.
sums() {
    while IFS= read -r file; do
        sha256sum -- "$file"
    done
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

# 1. The files: those that SHA256SUMS lists, no others, no links. Outside of it stand the
# seal with its signatures, what came after it, and names that later versions may fill: time
# stamps, proofs, scans.
beside='(SEAL\.txt|post-seal\.jsonl)\.'
free="$beside([a-z0-9-]+\.)*(tsr|proof)|script/ceremony\.lock\.tsr|scans/.*"
free="$free|post-seal\.jsonl\.(root\.p7s|attrs)"
outside="SHA256SUMS|SEAL\.txt|post-seal\.jsonl|$beside(root\.p7s|attrs|[a-z0-9-]+\.sig)|$free"
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
odd=$(find . -type f -name '*.part' | head -n 1)
[ -z "$odd" ] || refuse "$odd was left behind half-written"
# Made again, not read: what SHA256SUMS names may be no file of this folder.
covered() {
    files | grep -E -v -x "$outside" | sums
}
[ "$(covered | digest)" = "$(digest <SHA256SUMS)" ] ||
    refuse "what is there is not what SHA256SUMS lists: $(covered | diff - SHA256SUMS |
        grep '^[<>]' | head -n 1 | cut -c69-)"
ok "every file has its digest, and there are no others"

case $(sed -n 1p SEAL.txt) in
"format anchorite/seal/0") ;;
"format anchorite/seal/"*) not_checked "its seal is of another format" ;;
*) refuse "SEAL.txt: unknown format" ;;
esac
# The edition of the rules; the first seals, of edition 0, have no such line.
edition=$(sed -n '2s/^edition //p' SEAL.txt)
case $edition in
"" | 1) ;;
0* | *[!0-9]*) refuse "SEAL.txt: no edition" ;;
*) not_checked "its seal is of edition $edition of the rules" ;;
esac

# 2. The transcript: each line names the SHA-256 of the line before it, LF included.
[ -z "$(tail -c 1 transcript.jsonl | tr -d '\n')" ] ||
    refuse "transcript.jsonl does not end with a whole line"
chain transcript.jsonl $zeros
[ "$number" -gt 0 ] || refuse "transcript.jsonl is empty"
ok "the transcript's $number lines follow each other"

# 3. The seal: it names the sums, the transcript's end and the lock.
[ "$(tr -d '\n -~' <SEAL.txt | wc -c)" -eq 0 ] || refuse "SEAL.txt: not printable ASCII"
[ -z "$(tail -c 1 SEAL.txt | tr -d '\n')" ] || refuse "SEAL.txt does not end with a whole line"
lines="format ${edition:+edition }ceremony kind outcome seal started ended entries head sha256sums lock tool module \
root assurance signatures deviations previous next-crl words-1 words-2 words-3 words-4 attestation "
case $(cut -d' ' -f1 SEAL.txt | tr '\n' ' '; echo .) in
"$lines." | "${lines}announces .") ;;
*) refuse "SEAL.txt: not the lines of a seal" ;;
esac
[ "$(seal sha256sums)" = "$(digest <SHA256SUMS)" ] || refuse "SEAL.txt: sha256sums"
[ "$(seal head)" = "$previous" ] || refuse "SEAL.txt: head"
[ "$(seal entries)" = "$number" ] || refuse "SEAL.txt: entries"
[ "$(seal lock)" = "$(digest <script/ceremony.lock)" ] || refuse "SEAL.txt: lock"
case $(seal kind),$(seal outcome) in
production,completed | production,aborted | rehearsal,completed | rehearsal,aborted) ;;
*) refuse "SEAL.txt: unknown kind or outcome" ;;
esac
# Whether there must be a signature is the plan's to say: a signature that was taken away is
# not one that never was.
mode=none
[ "$(seal outcome)" != completed ] ||
    mode=$(sed -n 's/^  "seal": "\([a-z]*\)",$/\1/p' script/ceremony.plan)
[ "$(seal seal)" = "$mode" ] || refuse "SEAL.txt: seal: it must be \"$mode\""
name=$(pwd -P)
name=${name##*/}
if printf '%s\n' "$name" | grep -E -q -x '[0-9]{4,}-[a-z0-9-]+(\.open|\.new)?'; then
    [ "${name#*-}" = "$(seal ceremony)" ] ||
        refuse "the folder is called $name, and the seal is of $(seal ceremony)"
fi
# Only what is made for every ceremony may hold nothing; one that was aborted may have made a
# folder for a file that never came.
may="script|in|out|evidence"
[ "$(seal outcome)" = completed ] || may="$may|out/.*"
odd=$(find . -type d | sed 's#^\./##' | grep -E -v -x "$may" | while IFS= read -r folder; do
    [ -n "$(find "./$folder" -type f | head -n 1)" ] || printf '%s\n' "$folder"
done | head -n 1)
[ -z "$odd" ] || refuse "$odd is an empty folder that belongs to nothing"
ok "the seal names the sums, the head $previous and the lock"

# 4. The first entry: what was begun is what was sealed.
begin=$(sed -n 1p transcript.jsonl)
for part in '"type":"begin"' "${edition:+\"edition\":$edition}" "\"time\":\"$(seal started)\"" \
    "\"ceremony\":\"$(seal ceremony)\"" "\"kind\":\"$(seal kind)\"" \
    "\"tool_sha256\":\"$(seal tool | cut -d' ' -f1)\"" \
    "\"lock_sha256\":\"$(seal lock)\"" "\"previous_seal\":\"$(seal previous)\"" \
    "\"plan_sha256\":\"$(digest <script/ceremony.plan)\""; do
    case $begin in
    *"$part"*) ;;
    *) refuse "transcript.jsonl, line 1 does not say $part" ;;
    esac
done
case $(tail -n 1 transcript.jsonl) in
*"\"time\":\"$(seal ended)\""*'"type":"close"'*"\"outcome\":\"$(seal outcome)\""*) ;;
*) refuse "transcript.jsonl, line $number is not the closing entry of the seal's outcome" ;;
esac
[ -z "$edition" ] || grep -q -x "  \"edition\": $edition," script/ceremony.plan ||
    refuse "script/ceremony.plan is of another edition of the rules than SEAL.txt"
# The files that it recorded are there. A brace begins each record; within text a quote has a
# backslash before it.
odd=$(tr '{' '\n' <transcript.jsonl |
    sed -n 's/^"path":"\([^"]*\)","sha256":"\([0-9a-f]\{64\}\)"}.*/\2  \1/p' |
    grep -v -x -F -f SHA256SUMS | head -n 1 | cut -c67-)
[ -z "$odd" ] || refuse "$odd is missing, or not the file that the transcript recorded"
ok "the transcript begins and ends as the seal says"

# 5. The lock: ceremony file, plan, and every input.
row=0
for file in script/ceremony.toml script/ceremony.plan; do
    row=$((row + 1))
    [ "$(sed -n "${row}p" script/ceremony.lock | cut -c1-66)" = "$(digest <"$file")  " ] ||
        refuse "script/ceremony.lock, line $row: $file has another digest"
done
[ "$(sed 1,2d script/ceremony.lock | digest)" = \
    "$( (cd in 2>/dev/null && files | sums) | digest)" ] ||
    refuse "script/ceremony.lock does not list what is in in/"
ok "the lock's ceremony file, plan and inputs are these"

# 6. The root: the one you hold is the one that the seal names.
if [ "$(seal root)" = none ]; then
    ok "the ceremony ended before there was a root"
else
    [ "$(openssl x509 -in "$root" -outform DER 2>/dev/null | digest)" = "$(seal root)" ] ||
        refuse "SEAL.txt names another root than the one you hold"
    # openssl would trust each of them.
    [ "$(grep -a -c -e '-----BEGIN' "$root")" -le 1 ] ||
        refuse "the root's file holds more than one certificate"
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
#
# What is signed is never SEAL.txt itself, it is attributes that name its digest: else any
# octets that the root ever signed, a certificate's or another seal's attributes, could stand
# in for a seal, and openssl would not mind. Attributes and envelope follow from seal and root,
# so they are made again, octet by octet in hex; only the signature's own octets are free.
octets() {
    od -An -v -tx1 | tr -d ' \n'
}
# A DER value of this tag and content.
der() {
    length=$((${#2} / 2))
    if [ "$length" -lt 128 ]; then
        printf '%s%02x%s' "$1" "$length" "$2"
    elif [ "$length" -lt 256 ]; then
        printf '%s81%02x%s' "$1" "$length" "$2"
    else
        printf '%s82%04x%s' "$1" "$length" "$2"
    fi
}
# The value in $1 that a line of "openssl asn1parse" tells of.
value() {
    # shellcheck disable=SC2046
    set -- "$1" $(printf '%s\n' "$2" |
        sed -n 's/^ *\([0-9]*\):d=[0-9]* *hl= *\([0-9]*\) *l= *\([0-9]*\) .*/\1 \2 \3/p')
    [ "$#" -ne 4 ] || printf '%s' "$1" | cut -c"$(($2 * 2 + 1))-$((($2 + $3 + $4) * 2))"
}
# Content type (data), signing time (the seal's own end; from 2050 with four digits of the
# year) and the digest of SEAL.txt by the hash $1.
attributes() {
    ended=$(seal ended | tr -d 'TZ:-')
    case $ended in
    20[0-4]*) time=$(der 17 "$(printf '%sZ' "${ended#20}" | octets)") ;;
    *) time=$(der 18 "$(printf '%sZ' "$ended" | octets)") ;;
    esac
    hashed=$(der 04 "$(openssl dgst "-$1" -r SEAL.txt | cut -d' ' -f1)")
    der 30 "06092a864886f70d010903$(der 31 06092a864886f70d010701)"
    der 30 "06092a864886f70d010905$(der 31 "$time")"
    der 30 "06092a864886f70d010904$(der 31 "$hashed")"
}
# RSASSA-PSS with the hash of this identifier's end and a salt of this length.
pss() {
    hash=300d06096086480165030402${1}0500
    der 30 "06092a864886f70d01010a3034a00f${hash}a11c301a06092a864886f70d010108${hash}a2030201$2"
}
signed_as_cms() {
    [ -f SEAL.txt.root.p7s ] || refuse "SEAL.txt.root.p7s is not there"
    found=$(octets <SEAL.txt.root.p7s)
    signature=$(value "$found" \
        "$(openssl asn1parse -inform DER -in SEAL.txt.root.p7s 2>/dev/null | tail -n 1)")
    # Right before the signature stands its algorithm: ECDSA, RSA, RSASSA-PSS.
    while read -r hash end algorithm; do
        case $found in
        *"$algorithm$signature") break ;;
        esac
    done <<TABLE
sha256 01 300a06082a8648ce3d040302
sha384 02 300a06082a8648ce3d040303
sha512 03 300a06082a8648ce3d040304
sha256 01 300d06092a864886f70d01010b0500
sha384 02 300d06092a864886f70d01010c0500
sha512 03 300d06092a864886f70d01010d0500
sha256 01 $(pss 01 20)
sha384 02 $(pss 02 30)
sha512 03 $(pss 03 40)
TABLE
    [ -n "$algorithm" ] || refuse "SEAL.txt.root.p7s is not the CMS that a seal has"
    # Version, serial number, algorithm, issuer: the beginning of every certificate.
    fields=$(openssl x509 -in "$root" -outform DER | openssl asn1parse -inform DER |
        grep '^ *[0-9]*:d=2 ')
    certificate=$(openssl x509 -in "$root" -outform DER | octets)
    serial=$(value "$certificate" "$(printf '%s\n' "$fields" | sed -n 2p)")
    issuer=$(value "$certificate" "$(printf '%s\n' "$fields" | sed -n 4p)")
    hashes=300b06096086480165030402$end
    signer=020101$(der 30 "$issuer$serial")$hashes
    signer=$signer$(der a0 "$(attributes "$hash")")$algorithm$signature
    wanted=020101$(der 31 "$hashes")300b06092a864886f70d010701
    wanted=$(der 30 "$wanted$(der a0 "$certificate")$(der 31 "$(der 30 "$signer")")")
    wanted=$(der 30 "06092a864886f70d010702$(der a0 "$wanted")")
    [ "$found" = "$wanted" ] ||
        refuse "SEAL.txt.root.p7s is not what follows from SEAL.txt and your root"
    # -nointern -certfile: the signer is your root, not a certificate that the CMS brings and
    # your root stands above. -purpose any: a root that may sign certificates and CRLs alone
    # is no mail signer.
    openssl cms -verify -binary -purpose any -no_check_time -inform DER \
        -in SEAL.txt.root.p7s -content SEAL.txt -nointern -certfile "$root" \
        -no-CApath -CAfile "$root" -out /dev/null >/dev/null 2>&1 ||
        refuse "SEAL.txt.root.p7s is not the root's signature on SEAL.txt"
}
# OpenSSL 3.0 verifies no CMS with Ed25519: the attributes stand beside the bare signature.
signed_bare() {
    for file in SEAL.txt.attrs SEAL.txt.attrs.sig; do
        [ -f "$file" ] || refuse "$file is not there"
    done
    [ "$(octets <SEAL.txt.attrs)" = "$(der 31 "$(attributes sha512)")" ] ||
        refuse "SEAL.txt.attrs is not what follows from SEAL.txt"
    openssl pkeyutl -verify -rawin -certin -inkey "$root" -in SEAL.txt.attrs \
        -sigfile SEAL.txt.attrs.sig >/dev/null 2>&1 ||
        refuse "SEAL.txt.attrs.sig is not the root's signature on SEAL.txt.attrs"
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
        note "the last line of post-seal.jsonl is torn, as a crash leaves it"
    fi
    ok "the $number lines after the seal follow each other, and it"
    note "the seal does not cover them: who can write the folder can write them anew,"
    echo "         unless people signed post-seal.jsonl"
fi

# 10. People.
for file in SEAL.txt.*.sig post-seal.jsonl.*.sig; do
    # That one is the root's own.
    [ -f "$file" ] && [ "$file" != SEAL.txt.attrs.sig ] || continue
    case $file in
    SEAL.txt.*) signed=SEAL.txt what="the seal" ;;
    *) signed=post-seal.jsonl what="what came after the seal" ;;
    esac
    person=${file#"$signed".}
    person=${person%.sig}
    if [ -z "$signers" ]; then
        note "$file is there; give allowed_signers to check it"
    else
        [ -f "$signed" ] || refuse "$file is there, and $signed is not"
        ssh-keygen -Y verify -f "$signers" -I "$person" -n anchorite-seal -s "$file" \
            <"$signed" >/dev/null 2>&1 || refuse "$file is no signature of $person"
        ok "$person signed $what"
    fi
done

# 11. What nothing covers: anybody who can write the folder may have put it there.
files | grep -E -x "$free" | while IFS= read -r file; do
    note "$file is covered by nothing, and was not looked at"
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
