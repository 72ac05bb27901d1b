"""Certificates that are read: roots, intermediates below the good root, and what is wrong with
others. Each is signed rightly unless the signature is the point."""

from . import der as d
from .build import (AKI, ANY_USE, BC, CDP, CLIENT, CP, EC256, EC384, EC521, ED, EKU, KU, NC, RSA2048,
                    RSA3072, RSA4096, ROOT_KEY, ROOT_NAME, SAN, SERVER, SKI, SUBJECT, authority_id, basic,
                    certificate, extension, name, pem, purposes, rdn, ski, subject_id, usage)
from .der import (bits, boolean, context, generalized, ia5, integer, null, octets, oid, printable,
                  seq, tlv, utc, utf8)
from .items import group
from .keys import P256, P384, Ec, Rsa, pss_algorithm

root = group("certificate", "root")
below = group("certificate", "intermediate")
good = group("certificate", "good")
container = group("certificate", "container")
ISSUER = "certificate/good/root-p384.pem"
RIGHT = certificate()


def wrapped(der):
    return pem(der, "CERTIFICATE")


def bad_root(name_, check, why, **options):
    root(name_, wrapped(certificate(**options)), check, why)


def bad_below(name_, check, why, key=EC256, **options):
    options.setdefault("subject", SUBJECT)
    below(name_, wrapped(certificate(key, ROOT_KEY, **options)), check, why, issuer=ISSUER)


def replaced(*changes, base=None, without=()):
    """The root's extensions, one of them another, or without one, or with one more."""
    own = {KU: usage(), SKI: subject_id(ROOT_KEY), BC: basic()} if base is None else dict(base)
    for dotted, value in changes:
        own[dotted] = value
    return [value for dotted, value in own.items() if dotted not in without]


BELOW = {AKI: authority_id(ROOT_KEY), KU: usage(), EKU: purposes(SERVER, CLIENT),
         SKI: subject_id(EC256), BC: basic(path=0)}

bad_root("version-1", "CERT-VERSION", "version 1 cannot say that it is a CA", version=None, extensions=[])
bad_root("version-1-extensions", "CERT-VERSION", "version 1 with extensions", version=None)
bad_root("version-2", "CERT-VERSION", "version 2", version=1)
bad_root("version-4", "CERT-VERSION", "a version that does not exist", version=3)
bad_root("serial-negative", "CERT-SERIAL", "a negative serial number", serial=integer(-5))
bad_root("serial-zero", "CERT-SERIAL", "serial number zero", serial=integer(0))
bad_root("serial-21-octets", "CERT-SERIAL", "more than 20 octets", serial=integer(0x40 << 160))
bad_root("serial-1000-octets", "CERT-SERIAL", "a serial number of a thousand octets", serial=integer(1 << 7992))
bad_root("serial-padded", "CERT-DER", "a padded INTEGER", serial=d.padded_integer(5))
bad_root("serial-empty", "CERT-DER", "an empty INTEGER", serial=tlv(2))
bad_root("algorithm-mismatch", "CERT-ALGORITHM", "one algorithm inside, another outside",
         inner=ROOT_KEY.algorithm("sha256"))
bad_root("sha1", "CERT-ALGORITHM", "SHA-1", key=RSA3072, hash_="sha1",
         extensions=replaced((SKI, subject_id(RSA3072))))
bad_root("md5", "CERT-ALGORITHM", "MD5", key=RSA3072, hash_="md5",
         extensions=replaced((SKI, subject_id(RSA3072))))
bad_root("ecdsa-sha1", "CERT-ALGORITHM", "SHA-1", hash_="sha1")
bad_root("ecdsa-null", "CERT-ALGORITHM", "ECDSA algorithms have no parameters",
         inner=seq(oid("1.2.840.10045.4.3.3"), null()), algorithm=seq(oid("1.2.840.10045.4.3.3"), null()))
bad_root("rsa-null-missing", "CERT-ALGORITHM", "RSA algorithms have NULL", key=RSA3072,
         inner=seq(oid("1.2.840.113549.1.1.11")), algorithm=seq(oid("1.2.840.113549.1.1.11")),
         extensions=replaced((SKI, subject_id(RSA3072))))
bad_root("unique-ids", "CERT-UNIQUE-IDS", "unique identifiers (RFC 5280 4.1.2.8)",
         ids=tlv(0x81, b"\0\1") + tlv(0x82, b"\0\1"))
bad_root("subject-empty", "CERT-NAMES", "an empty subject and issuer", subject=seq())
bad_root("subject-esc", "CERT-NAMES", "escape codes in the name", subject=name(("CN", "\x1b[31mRoot")))
bad_root("subject-bidi", "CERT-NAMES", "an override turns the text around", subject=name(("CN", "Root \u202e1G")))
bad_root("subject-nul", "CERT-NAMES", "a NUL in the name", subject=name(("CN", "Root\0x")))


def dates(first, last):
    return seq(first, last)


V = "CERT-VALIDITY"
bad_root("dates-swapped", V, "notAfter before notBefore", dates=dates(utc("300101000000Z"), utc("200101000000Z")))
bad_root("dates-equal-minus", V, "an end one second before its beginning",
         dates=dates(utc("200101000001Z"), utc("200101000000Z")))
bad_root("generalized-before-2050", V, "GeneralizedTime before 2050",
         dates=dates(utc("200101000000Z"), generalized("20391231235959Z")))
bad_root("generalized-fraction", V, "a fraction of a second",
         dates=dates(utc("200101000000Z"), generalized("20601231235959.5Z")))
bad_root("utc-without-seconds", "CERT-DER", "no seconds", dates=dates(utc("2001010000Z"), utc("391231235959Z")))
bad_root("utc-offset", "CERT-DER", "an offset in place of Z",
         dates=dates(utc("200101000000+0100"), utc("391231235959Z")))
bad_root("generalized-local", "CERT-DER", "no Z: local time of nobody knows where",
         dates=dates(utc("200101000000Z"), generalized("20601231235959")))
bad_root("month-13", V, "a month that does not exist", dates=dates(utc("201301000000Z"), utc("391231235959Z")))
bad_root("february-30", V, "a day that does not exist", dates=dates(utc("200230000000Z"), utc("391231235959Z")))
bad_root("hour-24", V, "an hour that does not exist", dates=dates(utc("200101240000Z"), utc("391231235959Z")))
bad_root("date-is-a-text", V, "no time at all", dates=dates(utf8("today"), utc("391231235959Z")))

bad_root("ca-false", "CERT-CONSTRAINTS", "CA:FALSE", extensions=replaced((BC, extension(BC, seq(), True))))
bad_root("bc-missing", "CERT-CONSTRAINTS", "no basic constraints", extensions=replaced(without=[BC]))
bad_root("bc-not-critical", "CERT-CONSTRAINTS", "basic constraints not critical",
         extensions=replaced((BC, basic(critical=False))))
bad_root("bc-negative", "CERT-CONSTRAINTS", "a negative path length", extensions=replaced((BC, basic(path=-1))))
bad_root("ku-missing", "CERT-KEY-USAGE", "no key usage", extensions=replaced(without=[KU]))
bad_root("ku-without-sign", "CERT-KEY-USAGE", "no keyCertSign", extensions=replaced((KU, usage(0, 6))))
bad_root("ku-unused-bits", "CERT-EXTENSIONS", "unused bits that are not zero",
         extensions=replaced((KU, extension(KU, b"\3\2\1\x07", True))))
bad_root("ku-junk", "CERT-EXTENSIONS", "key usage that cannot be read",
         extensions=replaced((KU, extension(KU, b"junk", True))))
bad_root("eku-twice", "CERT-EXTENDED-USAGE", "a purpose twice",
         extensions=replaced((EKU, purposes(SERVER, SERVER))))
bad_root("eku-empty", "CERT-EXTENDED-USAGE", "an empty list of purposes",
         extensions=replaced((EKU, extension(EKU, seq()))))
bad_root("unknown-critical", "CERT-EXTENSIONS", "an unknown critical extension",
         extensions=replaced(("1.2.3.4", extension("1.2.3.4", null(), True))))
bad_root("extension-twice", "CERT-EXTENSIONS", "an extension twice", extensions=[*replaced(), basic(path=0)])
bad_root("extension-twice-same", "CERT-EXTENSIONS", "the same extension twice", extensions=[*replaced(), basic()])
bad_root("extension-false-written", "CERT-EXTENSIONS", "DEFAULT FALSE is left out in DER",
         extensions=replaced((SKI, seq(oid(SKI), boolean(False), octets(octets(ski(ROOT_KEY)))))))
bad_root("ski-critical", "CERT-EXTENSIONS", "a critical key identifier",
         extensions=replaced((SKI, extension(SKI, octets(ski(ROOT_KEY)), True))))
bad_root("ski-missing", "CERT-KEY-IDS", "no subject key identifier", extensions=replaced(without=[SKI]))
bad_root("ski-empty", "CERT-KEY-IDS", "an empty key identifier",
         extensions=replaced((SKI, extension(SKI, octets(b"")))))
bad_root("aki-other", "CERT-KEY-IDS", "a root whose issuer's key is another",
         extensions=replaced((AKI, authority_id(EC256))))
bad_root("signature-damaged", "CERT-SIGNATURE", "one bit is wrong",
         sign=lambda m: ROOT_KEY.sign(m)[:-1] + bytes([ROOT_KEY.sign(m)[-1] ^ 1]))
bad_root("signature-empty", "CERT-SIGNATURE", "no octets", signature=bits(b""))
bad_root("signature-other-key", "CERT-SIGNATURE", "signed by another key", sign=Ec(P384, "other").sign)
bad_root("signature-long-length", "CERT-SIGNATURE", "BER inside the signature",
         sign=lambda m: d.long_length(ROOT_KEY.sign(m)))
bad_root("key-1024", "CERT-KEY", "RSA of 1024 bits", key=Rsa("p512a", "p512b"),
         extensions=replaced((SKI, subject_id(Rsa("p512a", "p512b")))))
bad_root("key-off-curve", "CERT-KEY", "a point that is not on its curve",
         spki=ROOT_KEY.spki(P384.encode((ROOT_KEY.q[0], ROOT_KEY.q[1] + 1))))
bad_root("key-explicit", "CERT-KEY", "a curve written out", spki=ROOT_KEY.spki(parameters=P384.explicit()))
bad_root("key-curveball", "CERT-KEY", "another generator imitates a root's key (CVE-2020-0601)",
         spki=ROOT_KEY.spki(parameters=P384.explicit(generator=ROOT_KEY.q)))
bad_root("key-compressed", "CERT-KEY", "a compressed point", spki=ROOT_KEY.spki(P384.encode(ROOT_KEY.q, 2)))
bad_root("extra-field", "CERT-DER", "a field after the extensions", extra=context(4))
bad_root("extensions-empty", "CERT-CONSTRAINTS", "an empty list of extensions: nothing says that it is a CA", extensions=[b""])
bad_root("indefinite", "CERT-DER", "an indefinite length", issuer=d.indefinite(ROOT_NAME))
bad_root("long-length", "CERT-DER", "a length in a longer form", issuer=d.long_length(ROOT_NAME))
tree = lambda *bases: seq(context(0, *(seq(base) for base in bases)))
constraint = lambda value, critical=True: extension(NC, value, critical)
dns = lambda value: tlv(0x82, value)
NCID = "CERT-NAME-CONSTRAINTS"


def constrained(name_, value, why, critical=True):
    bad_below(name_, NCID, why, extensions=replaced((NC, constraint(value, critical)), base=BELOW))


constrained("nc-directory", tree(context(4, ROOT_NAME)), "directoryName: Go, webpki and pyca refuse such chains")
constrained("nc-registered-id", tree(tlv(0x88, b"\x2a\3\4")), "registeredID: Go and GnuTLS refuse such chains")
constrained("nc-minimum", seq(context(0, seq(dns(b"acme.example"), tlv(0x80, b"\0")))), "minimum 0 written out")
constrained("nc-maximum", seq(context(0, seq(dns(b"acme.example"), tlv(0x81, b"\5")))), "a maximum")
constrained("nc-leading-dot", tree(dns(b".acme.example")), "a leading dot: pyca refuses")
constrained("nc-not-critical", tree(dns(b"acme.example")), "not critical", False)
constrained("nc-empty", seq(), "no constraint at all")
constrained("nc-ip-4-octets", tree(tlv(0x87, bytes(4))), "an address without its mask")
constrained("nc-junk", octets(b"junk"), "that cannot be read")

bad_below("below-ca-false", "CERT-CONSTRAINTS", "a leaf in an intermediate's place",
          extensions=replaced((BC, extension(BC, seq(), True)), base=BELOW))
bad_below("below-unknown-critical", "CERT-EXTENSIONS", "an unknown critical extension",
          extensions=replaced(("1.2.3.4", extension("1.2.3.4", null(), True)), base=BELOW))
bad_below("below-ski-missing", "CERT-KEY-IDS", "no subject key identifier",
          extensions=replaced(base=BELOW, without=[SKI]))
bad_below("below-aki-missing", "CERT-KEY-IDS", "no authority key identifier",
          extensions=replaced(base=BELOW, without=[AKI]))
bad_below("below-aki-other", "CERT-KEY-IDS", "another issuer's key is named",
          extensions=replaced((AKI, authority_id(EC384)), base=BELOW))
bad_below("below-other-issuer", "CERT-ISSUER", "another issuer's name", issuer=name(("CN", "Another root")))
bad_below("below-issuer-printable", "CERT-ISSUER", "the issuer's name in another string type: Go finds no issuer",
          issuer=name(("C", "DE"), ("O", printable("Acme")), ("CN", printable("Acme Root G1"))))
bad_below("below-outlives", "CERT-ISSUER", "it outlives its issuer",
          dates=dates(utc("250101000000Z"), utc("491231235959Z")))
bad_below("below-signature-damaged", "CERT-SIGNATURE", "one bit is wrong",
          sign=lambda m: ROOT_KEY.sign(m)[:-1] + bytes([ROOT_KEY.sign(m)[-1] ^ 1]))
bad_below("below-signed-by-itself", "CERT-SIGNATURE", "signed by its own key", key=EC384, sign=EC384.sign,
          extensions=replaced((SKI, subject_id(EC384)), base=BELOW))
bad_below("below-sha1", "CERT-ALGORITHM", "SHA-1", hash_="sha1")
bad_below("below-algorithm-of-own-key", "CERT-ALGORITHM", "the algorithm of its own key, not of its issuer's",
          inner=ED.algorithm(), algorithm=ED.algorithm())
bad_below("below-subject-empty", "CERT-NAMES", "an empty subject", subject=seq())
bad_below("below-dates-swapped", V, "notAfter before notBefore",
          dates=dates(utc("300101000000Z"), utc("250101000000Z")))

C = "CERT-CONTAINER"
PEM = wrapped(RIGHT)
container("empty", b"", C, "an empty file")
container("two-certificates", PEM + wrapped(certificate(EC256, ROOT_KEY, SUBJECT)), C, "which of the two?")
container("text-after", PEM + b"# end\n", C, "text after the block")
container("label-trusted", pem(RIGHT, "TRUSTED CERTIFICATE"), C, "OpenSSL's own kind of certificate")
container("label-request", pem(RIGHT), C, "a certificate under a request's label")
container("label-pkcs7", pem(RIGHT, "PKCS7"), C, "a certificate under another label")
container("bare-base64", PEM.decode().split("\n", 1)[1].split("-----")[0], C, "the body without its frame")
container("utf-16", b"\xff\xfe" + PEM.decode().encode("utf-16-le"), C, "text saved in UTF-16")
container("byte-order-mark", b"\xef\xbb\xbf" + PEM, C, "a byte order mark")
container("too-large", b"#" * 65536 + b"\n" + PEM, "CERT-SIZE", "more than 64 KiB are not read")
container("private-key-after", PEM + pem(seq(integer(1), octets(b"MARKER" * 6)), "EC PRIVATE KEY"),
          "CERT-PRIVATE-KEY", "a key beside the certificate has travelled")
container("trailing-byte", RIGHT + b"\0", "CERT-DER", "a byte after the end")
container("cut-short", RIGHT[:-1], "CERT-DER", "a byte is missing")
container("fourth-field", seq(RIGHT[d.header(RIGHT):], null()), "CERT-DER", "a fourth field outside")
container("nested-1000", d.nested(1000), "CERT-DER", "deep nesting against the stack")
container("empty-sequence", seq(), "CERT-DER", "an empty SEQUENCE")


def good_root(name_, key, why, **options):
    options.setdefault("extensions", replaced((SKI, subject_id(key))))
    good(name_, wrapped(certificate(key, **options)), None, why)


good_root("root-p384", ROOT_KEY, "the default root")
good_root("root-p256", EC256, "a P-256 root")
good_root("root-p521", EC521, "a P-521 root")
good_root("root-ed25519", ED, "an Ed25519 root")
good_root("root-rsa-3072", RSA3072, "an RSA root")
good_root("root-rsa-4096", RSA4096, "an RSA root with SHA-512", hash_="sha512")
good_root("root-rsa-pss", RSA3072, "an RSA root that signs with PSS", inner=pss_algorithm(),
          algorithm=pss_algorithm(), sign=RSA3072.sign_pss)
for bits_, exponent in ((33, 2**32 + 1), (34, 2**33 + 5)):
    KEY = Rsa("p1536a", "p1536b", e=exponent)
    OPTIONS = {"key": KEY, "inner": pss_algorithm(), "algorithm": pss_algorithm(), "sign": KEY.sign_pss,
               "extensions": replaced((SKI, subject_id(KEY)))}
    if bits_ == 33:
        good_root("root-rsa-pss-exponent-33-bits", why="the longest exponent under which PSS can be verified here",
                  **OPTIONS)
    else:
        root("pss-exponent-34-bits", wrapped(certificate(**OPTIONS)), "CERT-SIGNATURE",
             "a sound signature that nothing here can verify: the words say so", says="it may be sound")
good_root("root-9999", ROOT_KEY, "a root without an end (RFC 5280 4.1.2.5)",
          dates=dates(utc("200101000000Z"), generalized("99991231235959Z")))
good_root("root-2050", ROOT_KEY, "the first second of GeneralizedTime",
          dates=dates(utc("200101000000Z"), generalized("20500101000000Z")))
good_root("root-with-aki", ROOT_KEY, "its own key as its issuer's",
          extensions=replaced((AKI, authority_id(ROOT_KEY))))
good_root("root-serial-20-octets", ROOT_KEY, "as long as allowed", serial=integer(0x7F << 152))
good_root("root-serial-1", ROOT_KEY, "as short as there is", serial=integer(1))
good_root("root-unknown-extension", ROOT_KEY, "an unknown extension that is not critical",
          extensions=replaced(("1.2.3.4", extension("1.2.3.4", null()))))
good("intermediate", wrapped(certificate(EC256, ROOT_KEY, SUBJECT)), None, "the default intermediate", issuer=ISSUER)
good("intermediate-alone", wrapped(certificate(EC384, ROOT_KEY, SUBJECT)), None,
     "without its issuer, what only it can tell is said to be not known")
good("intermediate-constrained", wrapped(certificate(EC256, ROOT_KEY, SUBJECT, extensions=replaced(
     (NC, constraint(tree(dns(b"acme.example"), tlv(0x87, bytes([10, 0, 0, 0, 255, 0, 0, 0]))))), base=BELOW))),
     None, "name constraints that every verifier knows", issuer=ISSUER)
good("root-der", RIGHT, None, "DER without a frame")
good("root-text-before", b"Certificate:\n    Data:\n" + PEM, None, "openssl x509 -text prints before the block")
good("root-crlf", pem(RIGHT, "CERTIFICATE", end="\r\n"), None, "line ends of Windows")
