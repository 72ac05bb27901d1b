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

# take TARGET FILE: a copy, and where it is PEM its DER too, which bears mutation better.
take() {
    name=$(printf '%s' "$2" | tr / -)
    cp "$2" "$out/$1/$name"
    case $1 in
        request | certificate | crl)
            if grep -qa '^-----BEGIN' "$2"; then
                cp "$2" "$out/pem/$name"
                awk '/^-----BEGIN/ { on = 1; next } /^-----END/ { exit } on' "$2" |
                    openssl base64 -d >"$out/$1/$name.der" 2>/dev/null || :
            fi
            ;;
    esac
}

# The kind of an item is told by its folder, or by its name.
find tests/fixtures tests/corpus ceremonies -type f 2>/dev/null | sort | while read -r file; do
    case $file in
        *.toml) take ceremony_file "$file" ;;
        *request* | *.csr) take request "$file" ;;
        *crl*) take crl "$file" ;;
        *certificate* | *.crt) take certificate "$file" ;;
        *pem*) take pem "$file" ;;
    esac
done
find "$out" -type f -empty -exec rm {} +
