#!/bin/sh
# GnuTLS. Its CRL command looks at the signature only.
. "$(dirname -- "$0")/say.sh"

chain() {
    cat "$@" >"$work/chain.pem"
    certtool --verify --load-ca-certificate "$root" --infile "$work/chain.pem"
}

judged certtool-chain chain ${leaf:+"$leaf"} "$intermediate"
[ -z "$crl" ] || judged certtool-crl \
    certtool --verify-crl --load-ca-certificate "$root" --infile "$crl"
