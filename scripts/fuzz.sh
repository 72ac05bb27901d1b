#!/bin/sh
# Fuzzes every reader: what each target asserts stands at the top of fuzz/fuzz_targets/*.rs.
#
#   scripts/fuzz.sh SECONDS JOBS [TARGET...]
#
# One line for each target; what was found is kept in fuzz/artifacts/TARGET. Ends with 1 where
# something was found. Needs Rust (stable is enough), a C++ compiler for libFuzzer, openssl.
set -eu
cd -- "$(dirname -- "$0")/.."

CARGO_FUZZ=0.13.2
ALL='seal transcript ceremony_file pem crl certificate request'
# Named to cargo, so that no configuration moves it.
built=$PWD/fuzz/target
bin=$built/$(rustc -vV | sed -n 's/^host: //p')/release
seeds=$built/seeds
logs=$built/logs

fail() {
    printf 'fuzz: %s\n' "$*" >&2
    exit 2
}

install_cargo_fuzz() {
    PATH=$PWD/target/tools/cargo-fuzz/bin:$PATH
    [ "$(cargo fuzz --version 2>/dev/null)" = "cargo-fuzz $CARGO_FUZZ" ] ||
        cargo install --quiet --locked --root target/tools/cargo-fuzz \
            --version "=$CARGO_FUZZ" cargo-fuzz
}

build() {
    # The versions that the tool itself is built with; what only fuzzing needs is added to them.
    cp Cargo.lock fuzz/Cargo.lock
    # No sanitizer: all of ours is safe Rust, where a fault is a panic and never a wild read.
    # It is faster, and needs no nightly. Overflow and debug assertions are on (fuzz/Cargo.toml).
    cargo fuzz build --release --sanitizer none --target-dir "$built"
}

# The options of libFuzzer: each target's dictionary, and the size beyond which input teaches
# nothing new. (The run below gives an input 60 seconds: watched RSA arithmetic is slow, and a
# busy machine is slower.)
options() {
    case $1 in
        # Keys beyond RSA-3072 run through the same arithmetic, and take ten times as long.
        request) echo '-dict=fuzz/dict/der.dict -max_len=1200' ;;
        certificate | crl) echo '-dict=fuzz/dict/der.dict -max_len=3072' ;;
        transcript) echo '-dict=fuzz/dict/transcript.dict -max_len=12288' ;;
        *) echo "-dict=fuzz/dict/$1.dict -max_len=4096" ;;
    esac
}

# One target: its line, and whether it is clean.
one() {
    target=$1 seconds=$2
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target" "$logs"
    # What was found before and is mended is a seed from now on.
    for file in fuzz/artifacts/"$target"/*; do
        if [ -f "$file" ] && "$bin/$target" -timeout=60 "$file" >/dev/null 2>&1; then
            mv "$file" "fuzz/corpus/$target/"
        fi
    done
    status=0
    # The options are a list on purpose.
    # shellcheck disable=SC2046
    "$bin/$target" -max_total_time="$seconds" -timeout=60 -report_slow_units=60 -rss_limit_mb=512 \
        $(options "$target") -artifact_prefix="fuzz/artifacts/$target/" \
        "fuzz/corpus/$target" "$seeds/$target" >"$logs/$target.log" 2>&1 || status=$?
    runs=$(sed -n 's/^#\([0-9][0-9]*\)[^0-9].*/\1/p; s/^Done \([0-9]*\) runs.*/\1/p' \
        "$logs/$target.log" | tail -n 1)
    coverage=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$logs/$target.log" | tail -n 1)
    found=$(find "fuzz/artifacts/$target" -type f | wc -l)
    [ "$status" = 0 ] || [ "$found" -gt 0 ] || found="stopped with $status, see $logs/$target.log"
    printf '%-14s %10s runs  coverage %5s  found: %s\n' \
        "$target" "${runs:-0}" "${coverage:-0}" "$found"
    [ "$found" = 0 ]
}

# Whatever the request target cleared, openssl must take too. It says so in words: a signature
# that does not verify ends with 0 in OpenSSL 3.0.
openssl_takes_what_we_take() {
    accepted=$built/accepted
    rm -rf "$accepted"
    mkdir -p "$accepted"
    FUZZ_ACCEPTED=$accepted "$bin/request" -runs=0 -timeout=60 fuzz/corpus/request \
        "$seeds/request" >"$logs/accepted.log" 2>&1 || return 1
    refused=0
    for file in "$accepted"/*.der; do
        [ -e "$file" ] || continue
        if ! openssl req -inform DER -in "$file" -verify -noout 2>&1 | grep -q 'verify OK'; then
            refused=$((refused + 1))
            cp "$file" fuzz/artifacts/request/openssl-refuses-"${file##*/}"
        fi
    done
    printf 'openssl req    %10s accepted requests, refused: %s\n' \
        "$(find "$accepted" -type f | wc -l)" "$refused"
    [ "$refused" = 0 ]
}

if [ "${1:-}" = one ]; then
    one "$3" "$2"
    exit
fi
seconds=${1:-60} jobs=${2:-1}
[ "$#" -lt 2 ] || shift 2
targets=${*:-$ALL}
for command in cargo c++ openssl; do
    command -v "$command" >/dev/null || fail "$command is missing"
done
install_cargo_fuzz
build
sh scripts/fuzz-seeds.sh "$seeds"
status=0
# Each word is one target.
# shellcheck disable=SC2086
printf '%s\n' $targets | xargs -n 1 -P "$jobs" sh scripts/fuzz.sh one "$seconds" || status=1
case " $targets " in
    *' request '*) openssl_takes_what_we_take || status=1 ;;
esac
exit "$status"
