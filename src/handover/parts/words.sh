say() { printf '%s\n' "$*"; }

stop() {
    printf 'stopped: %s\n' "$*" >&2
    exit 1
}

misused() {
    printf '%s: %s\n' "$script" "$*" >&2
    exit 2
}
