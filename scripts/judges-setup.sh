#!/bin/sh
# Installs the independent judges of `make judges` into target/tools/judges, each of a fixed
# version, and from the system what it packages itself.
set -eu
cd -- "$(dirname -- "$0")/.."

ZLINT=v3.7.1
tools=$PWD/target/tools/judges
mkdir -p "$tools"

fail() {
    printf 'judges-setup: %s\n' "$*" >&2
    exit 1
}

missing=''
need() {
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need openssl openssl
need certtool gnutls-bin
need certutil libnss3-tools
need vfychain libnss3-tools
need javac default-jdk-headless
need keytool default-jdk-headless
need python3 python3
python3 -m pip --version >/dev/null 2>&1 || missing="$missing python3-pip"
if [ -n "$missing" ]; then
    missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
    command -v apt-get >/dev/null 2>&1 || fail "missing, by their names in Debian: $missing"
    as_root=''
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
    # The list is split on purpose: one word for each package.
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $missing
fi
command -v go >/dev/null 2>&1 || fail "go is missing: install Go 1.26 or later"

# Each is made again only when what it is made from has changed.
python=$tools/python
if ! cmp -s judges/requirements.txt "$tools/requirements.done"; then
    rm -rf "$python"
    PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 \
        python3 -m pip install --quiet --no-deps --target "$python" -r judges/requirements.txt
    cp judges/requirements.txt "$tools/requirements.done"
fi

export GOPATH="$tools/gopath" GOBIN="$tools/bin" GOFLAGS=-modcacherw
[ "$("$GOBIN/zlint" -version 2>/dev/null | grep -o "$ZLINT")" = "$ZLINT" ] ||
    go install "github.com/zmap/zlint/v3/cmd/zlint@$ZLINT"
(cd judges/go && go build -o "$GOBIN/judge-go" .)
(cd judges/linkerd && go build -o "$GOBIN/judge-linkerd" .)
(cd judges/cert-manager && go build -o "$GOBIN/judge-cert-manager" .)
javac -d "$tools/java" judges/java/Pkix.java

# What the report says of itself.
{
    echo "openssl $(openssl version | cut -d ' ' -f 2)"
    echo "certtool $(certtool --version | sed -n '1s/.* //p')"
    echo "go $(go env GOVERSION | sed 's/^go//')"
    echo "linkerd $(sed -n 's/^require .*linkerd2 //p' judges/linkerd/go.mod)"
    echo "nss $(dpkg-query -W -f '${Version}' libnss3-tools 2>/dev/null || echo '?')"
    echo "java $(javac -version 2>&1 | cut -d ' ' -f 2)"
    echo "zlint ${ZLINT#v}"
    sed -n 's/.*\/\(cert-manager\) v/\1 /p' judges/cert-manager/go.mod
    sed -n 's/^\(cryptography\|pkilint\)==/\1 /p' judges/requirements.txt
} >"$tools/versions"
sed 's/^/judges-setup: /' "$tools/versions"
