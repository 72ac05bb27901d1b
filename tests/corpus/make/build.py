"""Requests, certificates and CRLs: right by default, each part replaceable by a wrong one."""

import base64

from .der import (bits, boolean, content, context, enumerated, header, ia5, integer, named_bits,
                  octets, oid, printable, seq, set_of, tlv, utc, utf8)
from .keys import P256, P384, P521, Ec, Ed25519, Rsa, digest

TYPES = {"CN": "2.5.4.3", "serialNumber": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7",
         "ST": "2.5.4.8", "street": "2.5.4.9", "O": "2.5.4.10", "OU": "2.5.4.11",
         "title": "2.5.4.12", "postalCode": "2.5.4.17", "email": "1.2.840.113549.1.9.1",
         "DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1"}
EXTENSION_REQUEST = "1.2.840.113549.1.9.14"

# One key of each kind that is used again and again. An item that is signed by no key of its own
# has this P-256 key.
EC256 = Ec(P256, "request P-256")
EC384 = Ec(P384, "request P-384")
EC521 = Ec(P521, "request P-521")
ED = Ed25519("request Ed25519")
RSA2048 = Rsa("p1024a", "p1024b")
RSA3072 = Rsa("p1536a", "p1536b")
RSA4096 = Rsa("p2048a", "p2048b")
ROOT_KEY = Ec(P384, "root P-384")


def attribute(kind, value):
    """`value`: text, or an encoded string."""
    if isinstance(value, str):
        write = {"C": printable, "DC": ia5, "email": ia5}.get(kind, utf8)
        value = write(value)
    return seq(oid(TYPES.get(kind, kind)), value)


def rdn(*pairs):
    return set_of(*(attribute(kind, value) for kind, value in pairs))


def name(*pairs):
    return seq(*(rdn(pair) for pair in pairs))


SUBJECT = name(("C", "DE"), ("O", "Acme"), ("CN", "Acme Issuing CA"))
ROOT_NAME = name(("C", "DE"), ("O", "Acme"), ("CN", "Acme Root G1"))


def extension(dotted, value, critical=False):
    return seq(oid(dotted), boolean(True) if critical else b"", octets(value))


def attr(dotted, *values):
    return seq(oid(dotted), set_of(*values))


def wishes(*extensions):
    """The attribute that asks for extensions (RFC 2985 5.4.2)."""
    return attr(EXTENSION_REQUEST, seq(*extensions))


def signed(body, key, algorithm=None, signature=None, hash_=None, sign=None):
    """SIGNED{} of X.509; `signature` replaces the octets, `sign` how they are made."""
    algorithm = key.algorithm(hash_) if algorithm is None else algorithm
    if signature is None:
        signature = (sign or key.sign)(body, **({"hash_": hash_} if hash_ else {}))
    return seq(body, algorithm, signature if signature[:1] == b"\3" else bits(signature))


def csr(key=EC256, subject=SUBJECT, attributes=(), version=0, spki=None, field=None, extra=b"",
        **signing):
    """`field` replaces the whole attributes field."""
    if field is None:
        field = context(0, *sorted(attributes))
    spki = key.spki() if spki is None else spki
    version = version if isinstance(version, bytes) else integer(version)
    return signed(seq(version, subject, spki, field, extra), key, **signing)


def pem(der, label="CERTIFICATE REQUEST", end="\n", columns=64, final=True):
    body = base64.b64encode(der).decode()
    lines = [body[at:at + columns] for at in range(0, len(body), columns)]
    text = end.join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"])
    return (text + (end if final else "")).encode()


def ski(key):
    """RFC 7093 2, method 1. The BIT STRING's content stands at the SPKI's end."""
    spki = key.spki()
    first = content(spki)
    point = first[len(tlv(first[0], content(first)[:inner_length(first)])):]
    return digest("sha256", content(point)[1:])[:20]


def inner_length(der):
    start = header(der)
    return int.from_bytes(der[2:start], "big") if der[1] & 0x80 else der[1]


BC, KU, EKU, NC = "2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.30"
SKI, AKI, SAN, CDP, CP = "2.5.29.14", "2.5.29.35", "2.5.29.17", "2.5.29.31", "2.5.29.32"
SERVER, CLIENT, ANY_USE = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"


def basic(ca=True, path=None, critical=True):
    parts = [boolean(True)] if ca else []
    if path is not None:
        parts.append(integer(path))
    return extension(BC, seq(*parts), critical)


def usage(*numbers, critical=True):
    return extension(KU, named_bits(*(numbers or (5, 6))), critical)


def purposes(*oids, critical=False):
    return extension(EKU, seq(*map(oid, oids)), critical)


def subject_id(key):
    return extension(SKI, octets(ski(key)))


def authority_id(key):
    return extension(AKI, seq(context(0, ski(key), primitive=True)))


def certificate(key=ROOT_KEY, issuer_key=None, subject=ROOT_NAME, issuer=None, version=2,
                serial=None, dates=None, extensions=None, inner=None, ids=b"", extra=b"",
                spki=None, hash_=None, algorithm=None, **signing):
    """A root by default; with `issuer_key` an intermediate below it."""
    signer = issuer_key or key
    if extensions is None:
        extensions = [usage(), subject_id(key), basic()]
        if issuer_key:
            extensions = [authority_id(issuer_key), usage(), purposes(SERVER, CLIENT),
                          subject_id(key), basic(path=0)]
    body = seq(
        b"" if version is None else context(0, integer(version)),
        serial if isinstance(serial, bytes) else integer(serial or 0x40 << 120 | 0x1234567),
        inner or signer.algorithm(hash_),
        issuer or (ROOT_NAME if issuer_key else subject),
        dates or seq(utc("200101000000Z"), utc("391231235959Z")),
        subject,
        spki or key.spki(),
        ids,
        context(3, seq(*extensions)) if extensions else b"",
        extra,
    )
    return signed(body, signer, algorithm=algorithm, hash_=hash_, **signing)


def crl_number(n, critical=False):
    return extension("2.5.29.20", n if isinstance(n, bytes) else integer(n), critical)


def entry(serial, date="260101000000Z", reason=1, extensions=()):
    extensions = list(extensions)
    if reason is not None:
        extensions.insert(0, extension("2.5.29.21", enumerated(reason)))
    return seq(serial if isinstance(serial, bytes) else integer(serial), utc(date),
               seq(*extensions) if extensions else b"")


def crl(key=ROOT_KEY, issuer=ROOT_NAME, version=1, this=None, next_=None, entries=None,
        extensions=None, inner=None, hash_=None, algorithm=None, **signing):
    if extensions is None:
        extensions = [authority_id(ROOT_KEY), crl_number(7)]
    body = seq(
        b"" if version is None else integer(version),
        inner or key.algorithm(hash_),
        issuer,
        utc("260201000000Z") if this is None else this,
        utc("391201000000Z") if next_ is None else next_,
        b"" if entries is None else seq(*entries),
        context(0, seq(*extensions)) if extensions else b"",
    )
    return signed(body, key, algorithm=algorithm, hash_=hash_, **signing)
