# For the judges written in sh: what each one prints.
#
# Every judge is called with ROOT INTERMEDIATE [CRL] [LEAF], PEM files, and prints a line for
# each thing it looked at:  PASS|FAIL|N/A NAME WORDS. A NAME that ends in -revocation is one
# that must turn to FAIL when the CRL names the intermediate; every other one must not.

set -u
LC_ALL=C
export LC_ALL
root=$1
intermediate=$2
crl=${3:-}
leaf=${4:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# say VERDICT NAME WORDS: one line, however many the words have.
say() {
    printf '%s %s %s\n' "$1" "$2" "$(printf '%s' "$3" | tr '\n\t' '  ' | cut -c 1-300)"
}

# judged NAME COMMAND...: by the command's exit code.
judged() {
    name=$1
    shift
    if words=$("$@" 2>&1); then
        say PASS "$name" accepted
    else
        say FAIL "$name" "$words"
    fi
}

# said NAME TEXT COMMAND...: by what the command says; its exit code is not to be trusted.
said() {
    name=$1
    text=$2
    shift 2
    words=$("$@" 2>&1)
    case $words in
        *"$text"*) say PASS "$name" "$text" ;;
        *) say FAIL "$name" "${words:-no words}" ;;
    esac
}
