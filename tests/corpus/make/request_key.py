"""Keys: wrong sizes, weak numbers, other curves, points that are none. Where such a key can sign
at all, the request's own signature verifies: the key alone is to blame."""

from . import der as d
from .build import EC256, EC384, ED, RSA2048, RSA4096, attribute, csr, name, pem
from .der import bits, context, integer, null, octets, oid, seq, tlv
from .items import group
from .keys import (BRAINPOOL, K256, P224, P256, P384, P521, PRIMES, Ec, Ed25519, MixedOrder, Rsa,
                   SmallOrder,
                   pss_parameters, RSA_OID, PSS_OID)

rsa = group("request", "key-rsa")
ec = group("request", "key-ec")
ed = group("request", "key-ed25519")
other = group("request", "key-other")

N = RSA2048.n
SIZE, E, MOD = "REQ-KEY-RSA-SIZE", "REQ-KEY-RSA-EXPONENT", "REQ-KEY-RSA-MODULUS"
ENC, POINT, TYPE = "REQ-KEY-ENCODING", "REQ-KEY-POINT", "REQ-KEY-TYPE"


def with_rsa(name_, check, why, *primes, **options):
    rsa(name_, pem(csr(Rsa(*primes, **options))), check, why)


with_rsa("1024-bits", SIZE, "broken since 2010 for a CA", "p512a", "p512b")
with_rsa("2047-bits", SIZE, "one bit under the bound", "p1024a", "p1023")
with_rsa("8200-bits", SIZE, "one octet over the bound", "p4096a", "p4104")
with_rsa("16384-bits", SIZE, "a key that costs seconds for each signature", "p4096a", "p4096b",
         "p4096c", "p4096d")
rsa("65536-bits", csr(RSA2048, spki=RSA2048.spki(n=(1 << 65535) + 1)), SIZE,
    "a modulus that would keep arithmetic busy")
rsa("2049-bits", pem(csr(RSA2048, spki=RSA2048.spki(n=(1 << 2048) + 1))), SIZE,
    "no multiple of 8 bits")
rsa("modulus-0", pem(csr(RSA2048, spki=RSA2048.spki(n=0))), SIZE, "a modulus of zero")
rsa("modulus-1", pem(csr(RSA2048, spki=RSA2048.spki(n=1))), SIZE, "everything is zero modulo one")
rsa("modulus-negative", pem(csr(RSA2048, spki=RSA2048.spki(n=-N))), MOD, "a negative modulus")
rsa("modulus-top-bit", pem(csr(RSA2048, spki=seq(seq(oid(RSA_OID), null()), bits(seq(
    tlv(2, N.to_bytes(256, "big")), integer(65537)))))), MOD,
    "the zero octet is missing, so the number is negative; some readers take it as positive")
rsa("modulus-padded", pem(csr(RSA2048, spki=seq(seq(oid(RSA_OID), null()), bits(seq(
    d.padded_integer(N), integer(65537)))))), ENC, "a padded modulus: another SPKI of one key")
rsa("modulus-even", pem(csr(RSA2048, spki=RSA2048.spki(n=N + 1))), MOD, "an even modulus")
rsa("modulus-prime", pem(csr(Rsa("p2048a"))), MOD, "phi is n - 1: everybody can sign")
with_rsa("modulus-square", MOD, "p is the square root", "p1024a", "p1024a")
with_rsa("modulus-cube", MOD, "p is the cube root", "p1024b", "p1024b", "p1024b")
with_rsa("factor-3", MOD, "the factor 3", 3, "p2046")
with_rsa("factor-641", MOD, "a small factor", 641, "p2039")
with_rsa("close-primes", "REQ-KEY-RSA-CLOSE", "two primes side by side: Fermat finds them at once",
         "p1024a", "p1024close")
with_rsa("roca", "REQ-KEY-ROCA", "both primes have the form of CVE-2017-15361", "roca_a", "roca_b")
rsa("debian", pem(csr(RSA2048, spki=RSA2048.spki(n=PRIMES["debian_n"]))), "REQ-KEY-DEBIAN",
    "a key that everybody has (CVE-2008-0166)")
with_rsa("exponent-1", E, "every message is its own signature", "p1024a", "p1024b", e=1)
with_rsa("exponent-3", E, "signatures can be forged where padding is read loosely", "p1024e3a",
         "p1024e3b", e=3)
with_rsa("exponent-65535", E, "under 65537", "p1024c", "p1024d", e=65535)
rsa("exponent-0", pem(csr(RSA2048, spki=RSA2048.spki(e=0))), E, "no exponent")
rsa("exponent-even", pem(csr(RSA2048, spki=RSA2048.spki(e=65538))), E, "an even exponent")
rsa("exponent-negative", pem(csr(RSA2048, spki=RSA2048.spki(e=-65537))), E, "a negative exponent")
with_rsa("exponent-257-bits", E, "2^256 + 1 and more", "p1024a", "p1024b", e=2**256 + 297)
rsa("exponent-large-as-modulus", pem(csr(RSA2048, spki=RSA2048.spki(e=N - 2))), E,
    "each verification costs a private operation")
rsa("exponent-8192-octets", csr(RSA2048, spki=RSA2048.spki(e=(1 << 65528) + 1)), E,
    "an exponent that would keep arithmetic busy")
rsa("exponent-padded", pem(csr(RSA2048, spki=seq(seq(oid(RSA_OID), null()), bits(seq(
    integer(N), d.padded_integer(65537)))))), ENC, "a padded exponent: another SPKI of one key")
rsa("parameters-missing", pem(csr(RSA2048, spki=RSA2048.spki(parameters=b""))), ENC,
    "rsaEncryption has NULL (RFC 3279 2.3.1)")
rsa("parameters-wrong", pem(csr(RSA2048, spki=RSA2048.spki(parameters=seq()))), ENC,
    "rsaEncryption has NULL, nothing else")
rsa("key-trailing", pem(csr(RSA2048, spki=seq(seq(oid(RSA_OID), null()), bits(seq(integer(N),
    integer(65537)) + b"\0")))), ENC, "a byte after the RSAPublicKey")
rsa("key-three-numbers", pem(csr(RSA2048, spki=seq(seq(oid(RSA_OID), null()), bits(seq(integer(N),
    integer(65537), integer(0)))))), ENC, "a third number")
rsa("key-unused-bits", pem(csr(RSA2048, spki=seq(seq(oid(RSA_OID), null()), tlv(3, b"\1",
    seq(integer(N), integer(65537)))))), "REQ-DER", "unused bits that are not zero")
rsa("key-long-length", pem(csr(RSA2048, spki=seq(seq(oid(RSA_OID), null()), bits(d.long_length(seq(
    integer(N), integer(65537))))))), ENC, "BER inside the BIT STRING")
rsa("type-pss", pem(csr(RSA2048, spki=RSA2048.spki(oid_=PSS_OID, parameters=b""))), TYPE,
    "id-RSASSA-PSS keys: Go, webpki and pyca cannot read them")
rsa("type-pss-parameters", pem(csr(RSA2048, spki=RSA2048.spki(oid_=PSS_OID,
    parameters=pss_parameters()))), TYPE, "the same with parameters")
rsa("type-oaep", pem(csr(RSA2048, spki=RSA2048.spki(oid_="1.2.840.113549.1.1.7"))), TYPE,
    "a key for encryption only")
rsa("type-x500", pem(csr(RSA2048, spki=RSA2048.spki(oid_="2.5.8.1.1"))), TYPE,
    "RSA under an OID of X.500")


def with_ec(name_, check, why, key=EC256, **spki):
    ec(name_, pem(csr(key, spki=key.spki(**spki))), check, why)


with_ec("p-224", TYPE, "under 128 bits of strength; OpenBao can make it", Ec(P224, "p224", "sha256"))
with_ec("secp256k1", TYPE, "no X.509 client verifies it", Ec(K256, "k256"))
with_ec("brainpool-p256r1", TYPE, "Go and browsers do not verify it", Ec(BRAINPOOL, "bp"))
with_ec("explicit-p256", ENC, "a curve written out, if only the right one",
        parameters=P256.explicit())
with_ec("explicit-p384", ENC, "a curve written out, if only the right one", EC384,
        parameters=P384.explicit())
# CVE-2020-0601: take any key's point as generator, and 1 is its private key.
FORGED = Ec(P384, "forged")
with_ec("explicit-generator", ENC, "P-384 with another generator imitates a known key", FORGED,
        parameters=P384.explicit(generator=EC384.q), point=P384.encode(EC384.q))
with_ec("explicit-other-b", ENC, "P-256 with another coefficient: an invalid curve",
        parameters=P256.explicit(b=P256.b + 1))
with_ec("implicit-curve", ENC, "parameters NULL: a curve that is inherited", parameters=null())
with_ec("parameters-missing", ENC, "no curve at all", parameters=b"")
X, Y = EC256.q
with_ec("off-curve", POINT, "a point that is not on its curve", point=P256.encode((X, Y + 1)))
with_ec("other-curve", POINT, "a point of secp256k1 under the name of P-256",
        point=K256.encode(Ec(K256, "k256").q))
with_ec("infinity", POINT, "the point at infinity", point=b"\0")
with_ec("zero-zero", POINT, "(0, 0) is no point of P-256", point=b"\4" + bytes(64))
with_ec("x-over-p", POINT, "a coordinate not below p: one point with two encodings",
        point=b"\4" + (5 + P256.p).to_bytes(32, "big") + Y.to_bytes(32, "big"))
with_ec("y-over-p", POINT, "a coordinate not below p", point=b"\4" + X.to_bytes(32, "big") + b"\xff" * 32)
with_ec("all-ones", POINT, "both coordinates above p", point=b"\4" + b"\xff" * 64)
with_ec("compressed", ENC, "a compressed point: another SPKI of one key", point=P256.encode(EC256.q, 2))
with_ec("hybrid", ENC, "a hybrid point: another SPKI of one key", point=P256.encode(EC256.q, 6))
with_ec("short-point", ENC, "an octet is missing", point=P256.encode(EC256.q)[:-1])
with_ec("long-point", ENC, "an octet too many", point=P256.encode(EC256.q) + b"\0")
with_ec("p384-point-as-p256", ENC, "a point of P-384 under the name of P-256", EC256,
        point=P384.encode(EC384.q))
with_ec("octet-string-inside", ENC, "CKA_EC_POINT's OCTET STRING left around the point",
        point=octets(P256.encode(EC256.q)))
ec("extra-parameter", pem(csr(EC256, spki=seq(seq(oid("1.2.840.10045.2.1"), oid(P256.oid), null()),
   bits(P256.encode(EC256.q))))), ENC, "a NULL after the curve")
ec("ecdh-type", pem(csr(EC256, spki=seq(seq(oid("1.3.132.1.12"), oid(P256.oid)),
   bits(P256.encode(EC256.q))))), TYPE, "id-ecDH: a key that may not sign")

p = Ed25519.p
LOW = [("identity", 1), ("order-2", p - 1), ("order-4", 0), ("identity-plus-p", p + 1),
       ("order-4-plus-p", p),
       ("order-8", 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826),
       ("order-8-other", 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7)]
for word, y in LOW:
    public = y.to_bytes(32, "little")
    ed(word, pem(csr(SmallOrder(public))), POINT,
       "a point of small order, in another encoding" if "plus-p" in word
       else "a point of small order: signatures need no private key")
ed("identity-sign", pem(csr(SmallOrder((1 | 1 << 255).to_bytes(32, "little")))), POINT,
   "minus zero: a second encoding of the identity")
ed("non-canonical", pem(csr(ED, spki=ED.spki((p + 3).to_bytes(32, "little")))), POINT,
   "y not below p: one point with two encodings")
ed("off-curve", pem(csr(ED, spki=ED.spki((2).to_bytes(32, "little")))), POINT,
   "no x belongs to this y")
ed("31-octets", pem(csr(ED, spki=ED.spki(ED.public[:31]))), ENC, "an octet is missing")
ed("33-octets", pem(csr(ED, spki=ED.spki(ED.public + b"\0"))), ENC, "an octet too many")
ed("parameters-null", pem(csr(ED, spki=ED.spki(parameters=null()))), ENC,
   "Ed25519 has no parameters (RFC 8410 3)")
ed("mixed-order", pem(csr(MixedOrder("request Ed25519", LOW[5][1]))), None,
   "a good point plus one of order 8: RFC 8032 allows it, and only its maker can have it")


def unsupported(name_, dotted, size, why, parameters=b""):
    spki = seq(seq(oid(dotted), parameters), bits(bytes(n % 251 for n in range(size))))
    other(name_, pem(csr(spki=spki, algorithm=seq(oid(dotted)), signature=b"\1" * 114)), TYPE, why)


unsupported("ed448", "1.3.101.113", 57, "Go and webpki cannot verify Ed448")
unsupported("x25519", "1.3.101.110", 32, "a key that cannot sign")
unsupported("x448", "1.3.101.111", 56, "a key that cannot sign")
unsupported("ml-dsa-44", "2.16.840.1.101.3.4.3.17", 1312, "no TLS client verifies it yet; OpenBao can make it")
unsupported("ml-dsa-65", "2.16.840.1.101.3.4.3.18", 1952, "no TLS client verifies it yet; OpenBao can make it")
unsupported("ml-dsa-87", "2.16.840.1.101.3.4.3.19", 2592, "no TLS client verifies it yet; OpenBao can make it")
unsupported("slh-dsa", "2.16.840.1.101.3.4.3.20", 32, "no TLS client verifies it yet")
unsupported("dsa", "1.2.840.10040.4.1", 130, "DSA is withdrawn (FIPS 186-5)",
            seq(integer(2**1023 + 9), integer(2**159 + 7), integer(2)))
unsupported("diffie-hellman", "1.2.840.10046.2.1", 130, "a key that cannot sign", seq(integer(23), integer(5)))
unsupported("gost-2012", "1.2.643.7.1.1.1.1", 66, "a key of a type that clients do not know")
unsupported("sm2-as-own-type", "1.2.156.10197.1.301", 65, "a key of a type that clients do not know")
unsupported("unknown", "1.2.3.4.5", 32, "a key of an unknown type")
