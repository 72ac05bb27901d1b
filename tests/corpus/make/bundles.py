"""Bundles for set-signed: intermediate first, root last. Each certificate is signed rightly unless
the link between two is the point."""

from .build import (AKI, BC, CLIENT, EC256, EC384, ED, EKU, KU, ROOT_KEY, SERVER, SKI, SUBJECT,
                    authority_id, basic, certificate, csr, name, pem, purposes, subject_id, usage)
from .der import integer, octets, printable, seq, utc
from .items import group

bad = group("bundle", "hostile")
good = group("bundle", "good")
ISSUER = "certificate/good/root-p384.pem"
CONTAINER, ORDER, LINK, LAST = "BUNDLE-CONTAINER", "BUNDLE-ORDER", "BUNDLE-LINK", "BUNDLE-ROOT"

MIDDLE_NAME = name(("C", "DE"), ("O", "Acme"), ("CN", "Acme Policy CA"))


def block(der, end="\n"):
    return pem(der, "CERTIFICATE", end=end)


def issued(key=EC256, signer=ROOT_KEY, subject=SUBJECT, path=0, changes=(), **options):
    own = {AKI: authority_id(signer), KU: usage(), EKU: purposes(SERVER, CLIENT),
           SKI: subject_id(key), BC: basic(path=path)}
    own.update(changes)
    return certificate(key, signer, subject, extensions=list(own.values()), **options)


def damaged(message):
    signature = ROOT_KEY.sign(message)
    return signature[:-1] + bytes([signature[-1] ^ 1])


ROOT, INT = certificate(), issued()
R, I = block(ROOT), block(INT)
MIDDLE = issued(EC384, subject=MIDDLE_NAME, path=1)
BELOW = issued(signer=EC384, issuer=MIDDLE_NAME)
OTHER = block(certificate(ED, subject=name(("CN", "Other root"))))
TWIN = block(certificate(ED, extensions=[usage(), subject_id(ED), basic()]))

bad("root-first", R + I, ORDER, "the root stands first: Vault takes the first for the issuer")
bad("three-tiers-order", block(BELOW) + R + block(MIDDLE), ORDER, "three tiers, the upper two exchanged")
bad("root-alone", R, ORDER, "the intermediate is missing", says="it begins with a root")
bad("root-missing", I, LAST, "no root: Vault hands out no whole chain")
bad("three-tiers-without-root", block(BELOW) + block(MIDDLE), LAST, "three tiers, no root")
bad("three-tiers-without-middle", block(BELOW) + R, ORDER, "the tier between is missing", says="issuer is not there")
bad("other-root-behind", I + OTHER, ORDER, "a root that has nothing to do with it")
bad("root-of-same-name", I + TWIN, LINK, "another root of the same name: only key identifier and signature tell")
bad("another-than-given", I + R, LAST, "a whole bundle that ends in another root than the given one",
    issuer="certificate/good/root-p256.pem")
bad("text-after", I + R + b"# end of bundle\n", CONTAINER, "text after the last block")
bad("byte-order-mark", b"\xef\xbb\xbf" + I + R, CONTAINER, "a byte order mark")
bad("utf-16", b"\xff\xfe" + (I + R).decode().encode("utf-16-le"), CONTAINER, "text saved in UTF-16")
bad("cr-only", block(INT, "\r") + block(ROOT, "\r"), CONTAINER, "line ends of old Macs")
bad("private-key", I + pem(seq(integer(1), octets(b"MARKER" * 6)), "EC PRIVATE KEY") + R, CONTAINER,
    "a private key between the certificates has travelled", says="private key")
bad("private-key-before", pem(seq(integer(0), octets(b"MARKER" * 6)), "PRIVATE KEY") + I + R, CONTAINER,
    "openssl's own order: key, certificate, chain", says="private key")
bad("request-inside", I + pem(csr()) + R, CONTAINER, "the request stands between the certificates")
bad("indented", b"".join(b"  " + line + b"\n" for line in (I + R).splitlines()), CONTAINER,
    "a YAML file's indentation came along")
bad("intermediate-twice", I + I + R, CONTAINER, "the intermediate twice", says="twice")
bad("root-twice", I + R + R, CONTAINER, "the root twice: two files with the root in each", says="twice")
bad("cut-off", (I + R)[:-40], CONTAINER, "the file was cut off")
bad("too-large", b"#" * 65536 + b"\n" + I + R, CONTAINER, "more than 64 KiB are not read")
bad("empty", b"", CONTAINER, "an empty file")
bad("aki-other", block(issued(changes={AKI: authority_id(EC384)})) + R, LINK, "another issuer's key is named")
bad("ski-of-root-other", I + block(certificate(extensions=[usage(), subject_id(EC384), basic()])), LINK,
    "the root has another key identifier than the intermediate names")
bad("issuer-printable", block(issued(issuer=name(("C", "DE"), ("O", printable("Acme")),
    ("CN", printable("Acme Root G1"))))) + R, ORDER, "the issuer's name in another string type: Go finds no issuer")
bad("issuer-case", block(issued(issuer=name(("C", "DE"), ("O", "ACME"), ("CN", "Acme Root G1")))) + R, ORDER,
    "the issuer's name in capitals: equal by RFC 5280 7.1, not to Go")
bad("signature-damaged", block(issued(sign=damaged)) + R, LINK, "one bit of the intermediate's signature is wrong")
bad("root-damaged", I + block(certificate(sign=damaged)), "CERT-SIGNATURE",
    "one bit of the root's signature is wrong")
bad("outlives-root", block(issued(dates=seq(utc("250101000000Z"), utc("491231235959Z")))) + R, LINK,
    "it outlives its issuer")
bad("path-length-none-left", block(BELOW) + block(issued(EC384, subject=MIDDLE_NAME, path=0)) + R, LINK,
    "the tier above allows no CA below it")
bad("label-esc", (I + R).replace(b"BEGIN CERT", b"BEGIN \x1b[31mCERT", 1), CONTAINER, "an escape code in a label")

good("intermediate-root", I + R, None, "what a ceremony hands over")
good("given-root", I + R, None, "held against its root", issuer=ISSUER)
good("three-tiers", block(BELOW) + block(MIDDLE) + R, None, "a tier between")
good("text-before", b"subject=CN=Acme Issuing CA\n" + I + b"subject=CN=Acme Root G1\n" + R, None,
     "comments before each block, as openssl s_client prints them")
good("crlf", block(INT, "\r\n") + block(ROOT, "\r\n"), None, "line ends of Windows")
good("no-final-newline", (I + R).rstrip(b"\n"), None, "no newline at the end")
good("blank-lines", I + b"\n\n" + R + b"\n", None, "blank lines between and after")
