#!/bin/sh
# Gathers what fuzzing starts from: fuzz/seeds, the fixtures, the ready ceremonies and the corpus
# of the tests, each item for the target that reads its kind. A new item is taken up by itself.
#
#   scripts/fuzz-seeds.sh FOLDER
set -eu
cd -- "$(dirname -- "$0")/.."
out=$1

rm -rf "$out"
for target in seal transcript ceremony_file pem crl certificate request; do
    mkdir -p "$out/$target"
    [ ! -d "fuzz/seeds/$target" ] || cp fuzz/seeds/"$target"/* "$out/$target"
done

# take TARGET FILE: a copy, for PEM too, and of what stands in PEM its DER, which bears mutation
# better. What is longer than any target reads is left out.
take() {
    [ "$(wc -c <"$2")" -le 4096 ] || return 0
    name=$(printf '%s' "$2" | tr / -)
    cp "$2" "$out/$1/$name"
    [ "$1" != ceremony_file ] || return 0
    cp "$2" "$out/pem/$name"
    if grep -qa '^-----BEGIN' "$2"; then
        awk '/^-----BEGIN/ { on = 1; next } /^-----END/ { exit } on' "$2" |
            openssl base64 -d >"$out/$1/$name.der" 2>/dev/null || :
    fi
}

# The kind of an item is told by its folder, or by its name.
find tests/fixtures tests/corpus ceremonies -type f 2>/dev/null | sort | while read -r file; do
    case $file in
        tests/corpus/make/* | *.md | *.json) ;;
        tests/corpus/ceremony/* | *.toml) take ceremony_file "$file" ;;
        tests/corpus/request/* | *.csr) take request "$file" ;;
        tests/corpus/certificate/* | *.crt) take certificate "$file" ;;
        tests/corpus/crl/* | *.crl) take crl "$file" ;;
    esac
done
find "$out" -type f -empty -exec rm {} +
