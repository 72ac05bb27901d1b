#!/bin/sh
# Builds anchorite and prints where cargo put the program: a target folder of cargo's
# configuration or environment is no business of ours, so nobody but cargo is asked.
#
#   scripts/program.sh [OPTIONS OF CARGO BUILD]
set -eu
cd -- "$(dirname -- "$0")/.."

said=$(cargo build --locked --bin anchorite --message-format json-render-diagnostics "$@")
program=$(printf '%s\n' "$said" |
    sed -nE 's/.*"executable":"(([^"\\]|\\.)*)".*/\1/p' | sed -E 's/\\(["\\])/\1/g')
[ -x "$program" ] || {
    echo "program.sh: cargo named no program" >&2
    exit 1
}
printf '%s\n' "$program"
