"""CRLs that are read, each held against the good root. Most of the wrong ones pass openssl."""

from . import der as d
from .build import (EC256, ED, ROOT_KEY, ROOT_NAME, RSA3072, authority_id, crl, crl_number, entry,
                    extension, name, pem)
from .der import (boolean, context, enumerated, generalized, integer, null, octets, oid, printable,
                  seq, tlv, utc)
from .items import group
from .keys import P384, Ec, pss_algorithm

add = group("crl", "list")
container = group("crl", "container")
kept = group("crl", "good")
ISSUER = "certificate/good/root-p384.pem"
AKI = authority_id(ROOT_KEY)
NUMBER = crl_number(7)


def bad(name_, check, why, **options):
    add(name_, pem(crl(**options), "X509 CRL"), check, why, issuer=ISSUER)


def good(name_, why, **options):
    kept(name_, pem(crl(**options), "X509 CRL"), None, why, issuer=ISSUER)


D = "CRL-FILE-DATES"
bad("this-update-future", D, "thisUpdate in the future", this=generalized("20980101000000Z"),
    next_=generalized("20990101000000Z"))
bad("this-update-before-issuer", D, "made before its issuer began", this=utc("190101000000Z"))
bad("next-update-missing", D, "no nextUpdate: nobody knows when it is stale", next_=b"")
bad("next-update-before", D, "nextUpdate before thisUpdate", next_=utc("250101000000Z"))
bad("next-update-equal", D, "no span of time", next_=utc("260201000000Z"))
bad("generalized-before-2050", D, "GeneralizedTime before 2050", this=generalized("20260201000000Z"))
bad("utc-without-seconds", "CRL-FILE-DER", "no seconds", this=utc("2602010000Z"))
bad("utc-offset", "CRL-FILE-DER", "an offset in place of Z", this=utc("260201000000+0100"))
bad("month-13", D, "a month that does not exist", this=utc("261301000000Z"))
N = "CRL-FILE-NUMBER"
bad("number-missing", N, "no CRL number", extensions=[AKI])
bad("number-negative", N, "a negative number", extensions=[AKI, crl_number(-1)])
bad("number-21-octets", N, "a number of 2^160", extensions=[AKI, crl_number(1 << 160)])
bad("number-160-bits", N, "a number of 2^159", extensions=[AKI, crl_number(1 << 159)])
bad("number-critical", N, "a critical number", extensions=[AKI, crl_number(7, True)])
bad("number-junk", N, "a number that is none", extensions=[AKI, crl_number(octets(b"7"))])
bad("number-padded", N, "a padded number", extensions=[AKI, crl_number(d.padded_integer(7))])
K = "CRL-FILE-KEY-ID"
bad("aki-missing", K, "no authority key identifier", extensions=[NUMBER])
bad("aki-other", K, "another issuer's key", extensions=[authority_id(EC256), NUMBER])
bad("aki-empty", K, "an authority key identifier without a key",
    extensions=[extension("2.5.29.35", seq()), NUMBER])
E = "CRL-FILE-ENTRIES"
bad("entries-empty", E, "an empty list, which must be absent", entries=[])
bad("entry-twice", E, "a serial twice", entries=[entry(5), entry(5)])
bad("entry-twice-other-reason", E, "a serial twice, with another reason", entries=[entry(5), entry(6), entry(5, reason=4)])
bad("entry-serial-negative", E, "a negative serial", entries=[entry(integer(-5))])
bad("entry-serial-zero", E, "serial zero", entries=[entry(integer(0))])
bad("entry-serial-21-octets", E, "a serial of 21 octets", entries=[entry(1 << 160)])
bad("entry-after-this-update", E, "revoked after the CRL was made", entries=[entry(5, "260301000000Z")])
bad("entry-date-wrong", E, "a day that does not exist", entries=[entry(5, "260230000000Z")])
bad("entry-date-without-z", "CRL-FILE-DER", "a time without its Z", entries=[entry(5, "260101000000")])
R = "CRL-FILE-REASONS"
for code, why in [(6, "a hold is no end"), (7, "reason 7 does not exist"), (8, "removeFromCRL outside a delta CRL"),
                  (10, "a reason of attribute certificates"), (11, "reason 11 does not exist")]:
    bad(f"reason-{code}", R, why, entries=[entry(5, reason=code)])
bad("reason-integer", R, "an INTEGER in the ENUMERATED's place",
    entries=[entry(5, reason=None, extensions=[extension("2.5.29.21", integer(1))])])
bad("reason-two-octets", R, "a reason of two octets",
    entries=[entry(5, reason=None, extensions=[extension("2.5.29.21", tlv(10, b"\1\1"))])])
S = "CRL-FILE-SCOPE"
DELTA = extension("2.5.29.27", integer(1), True)
point = lambda *fields, critical=True: extension("2.5.29.28", seq(*fields), critical)
flag = lambda number: tlv(0x80 | number, b"\xff")
bad("delta", S, "a delta CRL: it lists only what changed", extensions=[AKI, NUMBER, DELTA])
bad("idp-indirect", S, "it lists other issuers' certificates", extensions=[AKI, NUMBER, point(flag(4))])
bad("idp-user-only", S, "it leaves CA certificates out", extensions=[AKI, NUMBER, point(flag(1))])
bad("idp-attribute-only", S, "attribute certificates only", extensions=[AKI, NUMBER, point(flag(5))])
bad("idp-some-reasons", S, "some reasons only", extensions=[AKI, NUMBER, point(tlv(0x83, b"\6\x40"))])
bad("idp-junk", S, "that cannot be read", extensions=[AKI, NUMBER, extension("2.5.29.28", octets(b"?"), True)])
X = "CRL-FILE-EXTENSIONS"
bad("idp-not-critical", X, "its scope is not critical", extensions=[AKI, NUMBER, point(flag(2), critical=False)])
bad("unknown-critical", X, "an unknown critical extension", extensions=[AKI, NUMBER, extension("1.2.3.4", null(), True)])
bad("entry-unknown-critical", X, "an unknown critical extension of an entry",
    entries=[entry(5, extensions=[extension("1.2.3.4", null(), True)])])
bad("entry-certificate-issuer", X, "an entry of another issuer",
    entries=[entry(5, extensions=[extension("2.5.29.29", seq(context(4, ROOT_NAME)), True)])])
bad("extension-twice", X, "an extension twice", extensions=[AKI, NUMBER, crl_number(8)])
bad("entry-extension-twice", X, "two reasons for one certificate",
    entries=[entry(5, extensions=[extension("2.5.29.21", enumerated(4))])])
bad("entry-extensions-empty", X, "an empty list of extensions",
    entries=[seq(integer(5), utc("260101000000Z"), seq())])
A = "CRL-FILE-ALGORITHM"
bad("sha1", A, "SHA-1", hash_="sha1")
bad("algorithm-mismatch", A, "one algorithm inside, another outside", inner=ROOT_KEY.algorithm("sha256"))
bad("algorithm-null", A, "ECDSA algorithms have no parameters", inner=seq(oid("1.2.840.10045.4.3.3"), null()),
    algorithm=seq(oid("1.2.840.10045.4.3.3"), null()))
bad("algorithm-other-key", A, "an algorithm of another kind of key", inner=RSA3072.algorithm(), algorithm=RSA3072.algorithm())
V = "CRL-FILE-VERSION"
bad("version-1", V, "version 1 has no number", version=None, extensions=[])
bad("version-1-extensions", V, "version 1 with extensions", version=None)
bad("version-3", V, "a version that does not exist", version=2)
I = "CRL-FILE-ISSUER"
bad("issuer-other", I, "another issuer's name", issuer=name(("CN", "Another root")))
bad("issuer-empty", I, "an empty issuer", issuer=seq())
bad("issuer-printable", I, "the name in another string type",
    issuer=name(("C", "DE"), ("O", printable("Acme")), ("CN", printable("Acme Root G1"))))
bad("issuer-esc", I, "escape codes in the issuer's name", issuer=name(("CN", "\x1b[31mAcme")))
G = "CRL-FILE-SIGNATURE"
bad("signature-damaged", G, "one bit is wrong",
    sign=lambda m: ROOT_KEY.sign(m)[:-1] + bytes([ROOT_KEY.sign(m)[-1] ^ 1]))
bad("signature-other-key", G, "signed by another key", sign=Ec(P384, "other").sign)
bad("signature-empty", G, "no octets", signature=b"\3\1\0")
bad("signature-trailing", G, "a byte after the signature", sign=lambda m: ROOT_KEY.sign(m) + b"\0")
bad("indefinite", "CRL-FILE-DER", "an indefinite length", issuer=d.indefinite(ROOT_NAME))

RIGHT = crl(entries=[entry(5)])
PEM = pem(RIGHT, "X509 CRL")
C = "CRL-FILE-CONTAINER"
container("empty", b"", C, "an empty file", issuer=ISSUER)
container("two-crls", PEM + PEM, C, "which of the two?", issuer=ISSUER)
container("text-after", PEM + b"# end\n", C, "text after the block", issuer=ISSUER)
container("label-certificate", pem(RIGHT, "CERTIFICATE"), C, "another label", issuer=ISSUER)
container("label-crl", pem(RIGHT, "CRL"), C, "a label that RFC 7468 does not have and openssl does not read", issuer=ISSUER)
container("private-key-before", pem(seq(integer(1), octets(b"MARKER" * 6)), "EC PRIVATE KEY") + PEM,
          "CRL-FILE-PRIVATE-KEY", "a key beside the CRL has travelled", issuer=ISSUER)
container("trailing-byte", RIGHT + b"\0", "CRL-FILE-DER", "a byte after the end", issuer=ISSUER)
container("cut-short", RIGHT[:-1], "CRL-FILE-DER", "a byte is missing", issuer=ISSUER)
container("long-length", d.long_length(RIGHT, 4), "CRL-FILE-DER", "a length in a longer form", issuer=ISSUER)

good("empty", "nothing revoked: the list is absent")
good("one-revoked", "one revoked certificate", entries=[entry(5)])
good("reasons", "every reason that ends a certificate",
     entries=[entry(n, reason=code) for n, code in enumerate((1, 3, 4, 5, 9), 1)])
good("unsorted", "entries need no order: told, not refused", entries=[entry(9), entry(5), entry(7)])
good("no-reason", "a reason may be left out", entries=[entry(5, reason=None)])
good("reason-0", "unspecified, written out: told, not refused", entries=[entry(5, reason=0)])
good("number-0", "the first number", extensions=[AKI, crl_number(0)])
good("number-20-octets", "the largest number", extensions=[AKI, crl_number((1 << 159) - 1)])
good("invalidity-date", "since when the key was lost",
     entries=[entry(5, extensions=[extension("2.5.29.24", generalized("20251231000000Z"))])])
good("idp-ca-only", "onlyContainsCACerts, as Boulder adds: told, not refused", extensions=[AKI, NUMBER, point(flag(2))])
good("stale", "nextUpdate has passed: told, not refused", next_=utc("260301000000Z"))
good("final", "the last CRL: nextUpdate 9999", next_=generalized("99991231235959Z"))
good("thousand-entries", "a long list", entries=[entry(0x40 << 120 | n) for n in range(1000)])
kept("der", RIGHT, None, "DER, as it is published", issuer=ISSUER)
kept("alone", PEM, None, "without its issuer")
