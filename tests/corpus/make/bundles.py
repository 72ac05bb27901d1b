"""Bundles for set-signed: intermediate first, root last. Each certificate is signed rightly unless
the link between two is the point."""

from .build import (AKI, ANY_USE, BC, CLIENT, EC256, EC384, ED, EKU, KU, NC, ROOT_KEY, RSA3072, SERVER, SKI,
                    SUBJECT, authority_id, basic, certificate, csr, extension, name, pem, purposes, subject_id,
                    usage)
from .der import context, integer, null, octets, printable, seq, tlv, utc
from .items import group

bad = group("bundle", "hostile")
good = group("bundle", "good")
ISSUER = "certificate/good/root-p384.pem"
REQUEST, OTHER_REQUEST = "request/good-key/p-256.csr", "request/good-key/p-384.csr"
DATES, ASKED, VAULT = "BUNDLE-DATES", "BUNDLE-REQUEST", "BUNDLE-VAULT"
LINKERD, CERT_MANAGER, ETCD, GO = "BUNDLE-LINKERD", "BUNDLE-CERT-MANAGER", "BUNDLE-ETCD", "BUNDLE-GO"
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
bad("two-roots-of-one-name", I + R + TWIN, ORDER, "an old root and a new one of its name: no line ends twice",
    says="is a root, and more follows it")
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


def years(first, last):
    return seq(utc(f"{first}0101000000Z"), utc(f"{last}0101000000Z"))


def linkerd(key=EC256, root=EC256, path=1, **options):
    own = block(issued(key, root, path=path, **options.pop("below", {})))
    return own + block(certificate(root, **options))


bad("expired", block(issued(dates=years(20, 21))) + R, DATES, "it ended in 2021: issue answers 400")
bad("not-yet-valid", block(issued(dates=years(38, 39))) + R, DATES, "it begins in 2038")
bad("root-expired", block(issued(dates=years(20, 21))) + block(certificate(dates=years(20, 21))), DATES,
    "the root has expired too", says="certificate 2 has expired")
bad("other-key", I + R, ASKED, "another mount's request: set-signed takes it, and the mount has no issuer",
    request=OTHER_REQUEST)
bad("key-of-the-second", block(BELOW) + block(MIDDLE) + R, ASKED, "the request's certificate stands second",
    request=OTHER_REQUEST, says="does not stand first")
bad("no-crl-sign", block(issued(changes={KU: usage(5)})) + R, VAULT, "no cRLSign: the mount makes no CRL")
bad("sha1", block(issued(signer=RSA3072, hash_="sha1")) + block(certificate(RSA3072)), VAULT,
    "SHA-1: set-signed takes it, Go does not")
bad("linkerd-p384-anchor", block(issued(path=1)) + R, LINKERD, "an anchor of P-384", **{"for": "linkerd"})
bad("linkerd-p384-mount", linkerd(EC384), LINKERD, "a mount's key of P-384 signs the issuer with SHA-384",
    **{"for": "linkerd"})
bad("linkerd-ed25519-anchor", linkerd(root=ED), LINKERD, "an anchor of Ed25519", **{"for": "linkerd"})
bad("linkerd-rsa-3072-anchor", linkerd(root=RSA3072), LINKERD, "an anchor of RSA 3072", **{"for": "linkerd"})
bad("linkerd-path-length", linkerd(path=0), LINKERD, "no CA fits below the mount: sign-intermediate answers 400",
    **{"for": "linkerd"})
bad("linkerd-any-purpose", linkerd(below={"changes": {EKU: purposes(ANY_USE)}}), LINKERD,
    "anyExtendedKeyUsage is no purpose to its proxies", **{"for": "linkerd"})
bad("cert-manager-no-root", I, CERT_MANAGER, "ca.crt becomes the intermediate", says="ca.crt would be",
    **{"for": "cert-manager"})
bad("cert-manager-two-over-one-key", I + block(issued(serial=0x41 << 120)) + R, CERT_MANAGER,
    "two certificates over one key are no line", says="malformed or broken", **{"for": "cert-manager"})
bad("etcd-servers-alone", block(issued(changes={EKU: purposes(SERVER)})) + R, ETCD,
    "members are clients of each other", **{"for": "etcd"})
bad("go-sha1", block(issued(signer=RSA3072, hash_="sha1")) + block(certificate(RSA3072)), GO,
    "Go verifies no SHA-1 signature", **{"for": "go"})
bad("ski-missing", block(issued(changes={SKI: b""})) + R, "CERT-KEY-IDS", "no SKI: Vault's CRL fails")
bad("aki-missing", block(issued(changes={AKI: b""})) + R, LINK, "no AKI: sign-intermediate answers 500")
bad("unknown-critical", block(issued(changes={"1.2.3.4": extension("1.2.3.4", null(), True)})) + R,
    "CERT-EXTENSIONS", "an extension that every verifier refuses")
bad("crl-inside", I + pem(seq(), "X509 CRL") + R, CONTAINER, "a CRL, which Vault passes over")
bad("trusted-label", I.replace(b" CERT", b" TRUSTED CERT") + R, CONTAINER, "openssl's own label")

good("linkerd", linkerd(), None, "what Linkerd wants", **{"for": "linkerd"})
good("answers-the-request", block(issued(subject=name(("CN", "p-256")))) + R, None, "the mount's own request",
     request=REQUEST)
good("subject-of-the-profile", I + R, None, "the profile gave another subject than the request", request=REQUEST,
     notice=ASKED)
good("name-constraints", block(issued(changes={NC: extension(NC, seq(context(0, seq(tlv(0x82, b"acme.example")))),
     True)})) + R, None, "names are bounded: the mount does not know", notice=VAULT)
good("for-everyone", linkerd(), None, "etcd, Go and cert-manager take it too", **{"for": "etcd"})
good("intermediate-root", I + R, None, "what a ceremony hands over")
good("given-root", I + R, None, "held against its root", issuer=ISSUER)
good("three-tiers", block(BELOW) + block(MIDDLE) + R, None, "a tier between")
good("text-before", b"subject=CN=Acme Issuing CA\n" + I + b"subject=CN=Acme Root G1\n" + R, None,
     "comments before each block, as openssl s_client prints them")
good("crlf", block(INT, "\r\n") + block(ROOT, "\r\n"), None, "line ends of Windows")
good("no-final-newline", (I + R).rstrip(b"\n"), None, "no newline at the end")
good("blank-lines", I + b"\n\n" + R + b"\n", None, "blank lines between and after")
