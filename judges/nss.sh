#!/bin/sh
# NSS: a database that trusts the root, the CRL put into it, and what it says then.
. "$(dirname -- "$0")/say.sh"

db=sql:$work
certutil -N -d "$db" --empty-password
judged nss-root certutil -A -d "$db" -n root -t CT,C,C -a -i "$root"
certutil -A -d "$db" -n intermediate -t ,, -a -i "$intermediate"
judged nss-intermediate certutil -V -d "$db" -n intermediate -u L -e
[ -z "$leaf" ] || judged nss-leaf vfychain -d "$db" -pp -u 1 -a "$leaf"
if [ -n "$crl" ]; then
    openssl crl -in "$crl" -outform DER -out "$work/crl.der"
    judged nss-crl crlutil -I -d "$db" -i "$work/crl.der" -t 1
    judged nss-revocation certutil -V -d "$db" -n intermediate -u L -e
fi
