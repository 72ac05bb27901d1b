"""Signatures of the request itself: wrong octets, wrong algorithms, wrong parameters."""

from . import der as d
from .build import EC256, EC384, EC521, ED, RSA2048, RSA3072, SUBJECT, csr, pem
from .der import bits, content, context, integer, null, oid, seq, tlv
from .items import group
from .keys import P256, Ec, Rsa, pss_algorithm, pss_parameters, PSS_OID

item = group("request", "signature")
algorithm = group("request", "algorithm")
POP, ALG = "REQ-POP", "REQ-ALGORITHM"
INFO = seq(integer(0), SUBJECT, EC256.spki(), context(0))
R, S = EC256.numbers(INFO)
OTHER = Ec(P256, "somebody else")


def changed(signature, at=-1):
    octets = bytearray(signature)
    octets[at] ^= 1
    return bytes(octets)


def ec(name, signature, check, why):
    item(name, pem(csr(signature=signature)), check, why)


ec("ec-damaged", seq(integer(R), integer(S ^ 1)), POP, "one bit of s is wrong")
ec("ec-empty", bits(b""), POP, "no octets")
ec("ec-zero", seq(integer(0), integer(0)), POP, "r and s of zero (CVE-2022-21449)")
ec("ec-order", seq(integer(P256.n), integer(P256.n)), POP, "r and s of the order")
ec("ec-s-over-order", seq(integer(R), integer(S + P256.n)), POP, "s not below the order")
ec("ec-negative", seq(integer(R), integer(S - P256.n)), POP, "a negative s")
ec("ec-raw", R.to_bytes(32, "big") + S.to_bytes(32, "big"), POP, "r and s without DER, as PKCS#11 has them")
ec("ec-trailing", EC256.sign(INFO) + b"\0", POP, "a byte after the signature")
ec("ec-third-number", seq(integer(R), integer(S), integer(0)), POP, "a third number")
ec("ec-padded", seq(d.padded_integer(R), integer(S)), POP, "a padded r (BER)")
ec("ec-long-length", d.long_length(EC256.sign(INFO)), POP, "a longer length (BER)")
ec("ec-indefinite", d.indefinite(EC256.sign(INFO)), POP, "an indefinite length (BER)")
ec("ec-other-key", OTHER.sign(INFO), POP, "signed by another key: whoever asks does not have this one")
ec("ec-other-message", EC256.sign(b"another message"), POP, "the key's signature over something else")
ec("ec-other-hash", EC256.sign(INFO, "sha512"), POP, "the hash is not the one that is named")
ec("ec-hash-of-subject", EC256.sign(SUBJECT), POP, "a signature over a part")
item("ec-unused-bits", pem(csr(signature=tlv(3, b"\1", EC256.sign(INFO)[:-1] + b"\xfe"))), "REQ-DER",
     "a BIT STRING that is not whole octets")
item("subject-changed", pem(csr().replace(b"Acme Issuing", b"Evil Issuing")), POP,
     "the subject was changed after signing")
item("key-swapped", pem(csr(EC256, spki=OTHER.spki())), POP, "the key was swapped after signing")
item("rsa-damaged", pem(csr(RSA2048, sign=lambda m: changed(RSA2048.sign(m), 9))), POP, "one bit is wrong")
item("rsa-zero", pem(csr(RSA2048, signature=bytes(256))), POP, "a signature of zeros")
item("rsa-one", pem(csr(RSA2048, signature=bytes(255) + b"\1")), POP, "a signature of one")
item("rsa-short", pem(csr(RSA2048, sign=lambda m: RSA2048.sign(m)[1:])), POP, "an octet is missing")
item("rsa-long", pem(csr(RSA2048, sign=lambda m: b"\0" + RSA2048.sign(m))), POP, "an octet too many")
item("rsa-over-modulus", pem(csr(RSA2048, sign=lambda m: (int.from_bytes(RSA2048.sign(m), "big")
     + RSA2048.n).to_bytes(257, "big"))), POP, "not below the modulus")
item("rsa-empty", pem(csr(RSA2048, signature=bits(b""))), POP, "no octets")
item("rsa-bleichenbacher", pem(csr(RSA2048, sign=lambda m: pow(int.from_bytes(b"\0\1" + b"\xff" * 8
     + b"\0" + b"\x30\x31" + b"x" * 242, "big"), RSA2048.d, RSA2048.n).to_bytes(256, "big"))), POP,
     "short padding with junk behind it (CVE-2006-4339)")
item("ed-damaged", pem(csr(ED, sign=lambda m: changed(ED.sign(m), 3))), POP, "one bit is wrong")
item("ed-s-plus-order", pem(csr(ED, sign=lambda m: ED.sign(m)[:32] + (int.from_bytes(ED.sign(m)[32:],
     "little") + ED.order).to_bytes(32, "little"))), POP, "s not below the order: malleable")
item("ed-63-octets", pem(csr(ED, sign=lambda m: ED.sign(m)[:63])), POP, "an octet is missing")
item("ed-zero", pem(csr(ED, signature=bytes(64))), POP, "a signature of zeros")
item("pss-damaged", pem(csr(RSA2048, algorithm=pss_algorithm(), sign=lambda m: changed(
     RSA2048.sign_pss(m), 9))), POP, "one bit is wrong")
item("pss-salt-differs", pem(csr(RSA2048, algorithm=pss_algorithm(), sign=lambda m:
     RSA2048.sign_pss(m, salt=20))), POP, "the salt is shorter than the parameters say")
SHORT = Rsa("p1024c", "p1024d", e=2**32 + 1)
LONG = Rsa("p1024c", "p1024d", e=2**33 + 3)
item("pss-exponent-34-bits", pem(csr(LONG, algorithm=pss_algorithm(), sign=LONG.sign_pss)), POP,
     "a sound signature that nothing here can verify: the words say so", says="this one may be sound")
item("pss-exponent-33-bits-damaged", pem(csr(SHORT, algorithm=pss_algorithm(), sign=lambda m: changed(
     SHORT.sign_pss(m), 9))), POP, "one bit is wrong under an exponent that can be verified",
     says="the request's own signature does not verify")
item("pkcs1-as-pss", pem(csr(RSA2048, algorithm=pss_algorithm())), POP, "PKCS#1 v1.5 under the name of PSS")


def wrong(name, key, why, **options):
    algorithm(name, pem(csr(key, **options)), ALG, why)


for key, word in [(RSA2048, "rsa"), (EC256, "ecdsa")]:
    for hash_ in ["sha1", "sha224"]:
        wrong(f"{word}-{hash_}", key, "too short a hash", hash_=hash_)
wrong("rsa-md5", RSA2048, "MD5 is broken", hash_="md5")
wrong("rsa-null-missing", RSA2048, "RSA algorithms have NULL (RFC 4055 5)",
      algorithm=seq(oid("1.2.840.113549.1.1.11")))
wrong("rsa-parameters", RSA2048, "RSA algorithms have NULL, nothing else",
      algorithm=seq(oid("1.2.840.113549.1.1.11"), seq()))
wrong("ecdsa-null", EC256, "ECDSA algorithms have no parameters (RFC 5758 3.2)",
      algorithm=seq(oid("1.2.840.10045.4.3.2"), null()))
wrong("ecdsa-curve", EC256, "ECDSA algorithms have no parameters",
      algorithm=seq(oid("1.2.840.10045.4.3.2"), oid(P256.oid)))
wrong("ed25519-null", ED, "Ed25519 has no parameters (RFC 8410 3)",
      algorithm=seq(oid("1.3.101.112"), null()))
wrong("rsa-for-ec-key", EC256, "an algorithm of another key", algorithm=RSA2048.algorithm())
wrong("ecdsa-for-rsa-key", RSA2048, "an algorithm of another key", algorithm=EC256.algorithm())
wrong("ed25519-for-ec-key", EC256, "an algorithm of another key", algorithm=ED.algorithm())
wrong("ecdsa-for-ed25519-key", ED, "an algorithm of another key", algorithm=EC256.algorithm())
wrong("pss-for-ec-key", EC256, "an algorithm of another key", algorithm=pss_algorithm())
wrong("rsa-encryption", RSA2048, "a key's OID in the place of a signature's",
      algorithm=seq(oid("1.2.840.113549.1.1.1"), null()))
wrong("hash-only", RSA2048, "a hash's OID in the place of a signature's",
      algorithm=seq(oid("2.16.840.1.101.3.4.2.1"), null()))
wrong("ecdsa-with-sha3", EC256, "ecdsa-with-SHA3-256 is not taken",
      algorithm=seq(oid("2.16.840.1.101.3.4.3.10")))
wrong("unknown", EC256, "an algorithm that nobody knows", algorithm=seq(oid("1.2.3.4")))
wrong("not-an-oid", EC256, "no OID", algorithm=seq(null()))
wrong("empty", EC256, "an empty algorithm", algorithm=seq())


def pss(name, why, parameters=None, **sign):
    named = seq(oid(PSS_OID)) if parameters is None else seq(oid(PSS_OID), parameters)
    wrong(f"pss-{name}", RSA2048, why, algorithm=named,
          sign=lambda m: RSA2048.sign_pss(m, **sign))


pss("no-parameters", "without parameters it is SHA-1", hash_="sha1", mgf="sha1", salt=20)
pss("defaults", "empty parameters are SHA-1", seq(), hash_="sha1", mgf="sha1", salt=20)
pss("sha1", "SHA-1 in PSS", pss_parameters("sha1", "sha1", 20), hash_="sha1", mgf="sha1", salt=20)
pss("mgf-differs", "the mask's hash is another one", pss_parameters(mgf="sha1"), mgf="sha1")
pss("salt-0", "a salt of no octets: not hash length", pss_parameters(salt=0), salt=0)
pss("salt-20", "a salt shorter than the hash", pss_parameters(salt=20), salt=20)
pss("salt-longest", "a salt as long as fits", pss_parameters(salt=222), salt=222)
pss("salt-negative", "a negative salt length", pss_parameters(salt=-1))
pss("salt-huge", "a salt length of 2048 bits", pss_parameters(salt=2**2047))
pss("trailer-written", "the trailer field's DEFAULT is left out in DER",
    pss_parameters(trailer=context(3, integer(1))))
pss("trailer-2", "a trailer that does not exist", pss_parameters(trailer=context(3, integer(2))))
