#!/bin/sh
# OpenSSL, as strict as it can be.
. "$(dirname -- "$0")/say.sh"

verify() { openssl verify -x509_strict -check_ss_sig -CAfile "$root" "$@"; }

judged openssl-root verify "$root"
judged openssl-intermediate verify "$intermediate"
if [ -n "$crl" ]; then
    # A wrong signature still exits with 0.
    said openssl-crl 'verify OK' openssl crl -noout -CAfile "$root" -in "$crl"
    judged openssl-revocation verify -crl_check_all -CRLfile "$crl" "$intermediate"
fi
if [ -n "$leaf" ]; then
    for purpose in sslserver sslclient; do
        judged "openssl-$purpose" verify -purpose "$purpose" -untrusted "$intermediate" "$leaf"
    done
fi
