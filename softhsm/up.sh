#!/bin/sh
# Makes a throw-away SoftHSM token in a folder of its own.
#
#   softhsm/up.sh DIR LABEL      then run the `export` line that it prints
#
# FOR TESTS AND REHEARSALS ONLY: softhsm2-util takes PINs as arguments, so everyone on this
# machine can read them in the process list while it runs, and they are the same for every
# token made here. Never put a key that matters into such a token.
set -eu

user_pin=12345678
so_pin=87654321

if [ $# -ne 2 ]; then
    echo "usage: softhsm/up.sh DIR LABEL" >&2
    exit 2
fi
if ! command -v softhsm2-util >/dev/null; then
    echo "softhsm2-util is not installed: apt-get install softhsm2" >&2
    exit 1
fi
label=$2
umask 077
mkdir -p -- "$1"
dir=$(cd -- "$1" && pwd)
if [ -e "$dir/softhsm2.conf" ]; then
    echo "$dir holds a SoftHSM already; nothing was changed" >&2
    exit 1
fi
mkdir -- "$dir/tokens"
cat >"$dir/softhsm2.conf" <<CONF
directories.tokendir = $dir/tokens
objectstore.backend = file
log.level = ERROR
slots.removable = false
CONF

SOFTHSM2_CONF=$dir/softhsm2.conf
export SOFTHSM2_CONF
softhsm2-util --init-token --free --label "$label" --so-pin "$so_pin" --pin "$user_pin" >&2
echo "token \"$label\": user PIN $user_pin, SO PIN $so_pin (throw-away)" >&2
# Quoted for the shell that reads the line.
printf "export SOFTHSM2_CONF='%s'\n" "$(printf %s "$SOFTHSM2_CONF" | sed "s/'/'\\\\''/g")"
