#!/bin/sh
# zlint with the sources that fit a private CA. Excluded by name: rules of public TLS that
# also stand in these sources, and one that takes a CA for a leaf (BR 7.1.2.7.11).
. "$(dirname -- "$0")/say.sh"

here=$(dirname -- "$0")
public=e_sub_ca_certificate_policies_missing,e_invalid_ca_certificate_policies
public=$public,n_sub_ca_eku_missing,n_mp_allowed_eku,n_ca_digital_signature_not_set
public=$public,e_cabf_ecc_allowed_key_usages

lint() {
    zlint -config "$here/zlint.toml" -excludeNames "$public" \
        -includeSources RFC3279,RFC5280,RFC5480,RFC5891,RFC8813,Community \
        "$2" >"$work/said" 2>&1
    found=$(tr ',' '\n' <"$work/said" | grep -E '"result":"(warn|error|fatal)"')
    if [ -n "$found" ]; then
        say FAIL "$1" "$found"
    elif grep -q '"result":"pass"' "$work/said"; then
        say PASS "$1" 'no error and no warning'
    else
        say FAIL "$1" "$(cat "$work/said")"
    fi
}

lint zlint-root "$root"
lint zlint-intermediate "$intermediate"
[ -z "$crl" ] || lint zlint-crl "$crl"
