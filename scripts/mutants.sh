#!/bin/sh
# Puts one fault after the other into a source file and runs the tests that must see it.
#
#   scripts/mutants.sh FILE...
#
# What no test saw stands in target/mutants/mutants.out/missed.txt: it gets a test, or a line in
# docs/mutants.md that says why it changes nothing. Ends with 2 where something was missed.
set -eu
cd -- "$(dirname -- "$0")/.."

CARGO_MUTANTS=27.0.0

fail() {
    printf 'mutants: %s\n' "$*" >&2
    exit 1
}
[ "$#" -gt 0 ] || fail "usage: scripts/mutants.sh FILE..."

PATH=$PWD/target/tools/cargo-mutants/bin:$PATH
[ "$(cargo mutants --version 2>/dev/null)" = "cargo-mutants $CARGO_MUTANTS" ] ||
    cargo install --quiet --locked --root target/tools/cargo-mutants \
        --version "=$CARGO_MUTANTS" cargo-mutants

# The quick ones first: most faults are seen there, and the rest is then not run. What is slow and
# sees nothing more of these rooms stays away.
tests() {
    case $1 in
    src/audit/* | src/ledger/*) echo editions people verify tamper_revoked golden core guard ;;
    src/check/*) echo checks core clock plan tamper_revoked corpus ;;
    src/plan/*) echo plan checks core errors tamper_revoked corpus ;;
    src/ceremony/*) echo clock core synced ;;
    src/host/*) echo folders synced kill mirror ;;
    *) fail "$1: no room here says which tests see its faults" ;;
    esac
}

for file in "$@"; do
    [ -f "$file" ] || fail "$file is not there"
    names=$(tests "$file")
    set -- --lib
    for name in $names; do
        set -- "$@" --test "$name"
    done
    # The copy of the sources lies on a real disk, as tests want it; what is built is kept for the
    # next file, and is no part of the copy.
    mkdir -p target/mutants/copies
    TMPDIR=$PWD/target/mutants/copies CARGO_TARGET_DIR=$PWD/target/mutants/build \
        cargo mutants --file "$file" --output target/mutants --copy-target=false \
        --baseline skip --build-timeout 900 --timeout 900 --cap-lints=true -- --locked "$@"
done
