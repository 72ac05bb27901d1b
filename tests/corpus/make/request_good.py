"""Good but unusual: what real tools write, and what must be taken though it looks odd."""

from .build import (AKI, BC, CLIENT, EC256, EC384, EC521, ED, EKU, KU, RSA2048, RSA3072, RSA4096,
                    SAN, SERVER, attr, attribute, authority_id, basic, csr, extension, name, pem,
                    purposes, rdn, seq, subject_id, usage, wishes)
from .der import (bits, bmp, boolean, context, ia5, integer, null, octets, oid, printable, set_of,
                  t61, tlv, utc, utf8)
from .items import group
from .keys import Rsa, pss_algorithm

key = group("request", "good-key")
named = group("request", "good-name")
asks = group("request", "good-wishes")


def taken(word, signer, why, notice=None, **options):
    told = {"notice": notice} if notice else {}
    key(word, pem(csr(signer, name(("CN", word)), **options)), None, why, **told)


taken("rsa-2048", RSA2048, "OpenBao's default; a notice advises more", "REQ-KEY-RSA-STRENGTH")
taken("rsa-3072", RSA3072, "RSA of 3072 bits")
taken("rsa-4096", RSA4096, "RSA of 4096 bits")
taken("rsa-8192", Rsa("p4096a", "p4096b"), "the largest that OpenBao makes")
taken("rsa-2056", Rsa("p1024a", "p1032"), "an odd size, a multiple of 8 all the same")
taken("rsa-three-primes", Rsa("p1024a", "p1024b", "p1024c"), "multi-prime RSA (RFC 8017 3.1)")
taken("rsa-exponent-large", Rsa("p1024c", "p1024d", e=2**255 + 95), "an exponent under 2^256")
LONG = Rsa("p1024c", "p1024d", e=2**32 + 1)
taken("rsa-pss-exponent-33-bits", LONG, "the longest exponent under which PSS can be verified here",
      algorithm=pss_algorithm(), sign=LONG.sign_pss)
taken("rsa-sha384", RSA2048, "signature_bits=384", hash_="sha384")
taken("rsa-sha512", RSA2048, "signature_bits=512", hash_="sha512")
for size in (256, 384, 512):
    h = f"sha{size}"
    taken(f"rsa-pss-{h}", RSA3072, "use_pss=true", algorithm=pss_algorithm(h, h, size // 8),
          sign=lambda m, h=h, size=size: RSA3072.sign_pss(m, h, h, size // 8))
taken("p-256", EC256, "P-256")
taken("p-384", EC384, "P-384")
taken("p-521", EC521, "P-521")
taken("p-256-sha512", EC256, "P-256 with a longer hash", hash_="sha512")
taken("p-384-sha256", EC384, "P-384 with a shorter hash", hash_="sha256")
taken("p-521-sha256", EC521, "P-521 with a shorter hash", hash_="sha256")
taken("ed25519", ED, "Ed25519")


def subject(word, der, why, **told):
    named(word, pem(csr(subject=der)), None, why, **told)


subject("cn-only", name(("CN", "I")), "a name of one letter")
subject("no-cn", name(("C", "DE"), ("O", "Acme")), "a name without a commonName")
subject("cn-64", name(("CN", "a" * 64)), "as long as RFC 5280 allows")
subject("slashes", name(("CN", "nyc3-c1/pki/etcd")), "a mount's path as a name")
subject("punctuation", name(("CN", "Acme, \"Inc.\" + <CA> \\ #1; a=b")), "letters that names are written with")
subject("umlauts", name(("O", "Müller & Söhne"), ("CN", "Größe Ærø Čeština")), "letters of Europe")
subject("idn", name(("CN", "xn--bcher-kva.example")), "an internationalised host name")
subject("cyrillic", name(("O", "Пример"), ("CN", "Удостоверяющий центр")), "letters that are shown as code points")
subject("japanese", name(("O", "例"), ("CN", "認証局")), "letters that are shown as code points")
subject("email", name(("CN", "CA"), ("email", "ca@acme.example")), "an e-mail address in the name")
subject("t61", name(("O", t61("Müller")), ("CN", t61("Acme CA"))), "T61String, as old tools write it")
subject("bmp", name(("O", bmp("Müller")), ("CN", bmp("Acme CA"))), "BMPString, as Windows writes it")
subject("printable", name(("O", printable("Acme")), ("CN", printable("Acme CA"))), "PrintableString")
subject("ia5", name(("CN", ia5("acme.example"))), "IA5String")
subject("multi-valued", seq(rdn(("O", "Acme")), rdn(("OU", "PKI"), ("CN", "Acme CA"))), "an RDN of two attributes")
subject("two-o-in-one-rdn", seq(rdn(("O", "Second Org"), ("O", "Example Corp")), rdn(("CN", "Acme CA"))),
        "organization=\"A,B\" as OpenBao writes it")
subject("several-dc", name(("DC", "example"), ("DC", "acme"), ("DC", "pki"), ("CN", "CA")), "a name of domain components")
subject("several-ou", name(("O", "Acme"), ("OU", "Security"), ("OU", "PKI"), ("CN", "CA")), "two units")
subject("all-of-vault", seq(rdn(("C", "DE")), rdn(("ST", "NW")), rdn(("L", "Wesel")), rdn(("street", "Am Markt 1")),
        rdn(("postalCode", "46483")), rdn(("O", "Acme")), rdn(("OU", "CA")), rdn(("CN", "Acme CA")),
        rdn(("serialNumber", printable("42")))), "every field that Vault writes, in its order")
subject("cn-first", name(("CN", "Acme CA"), ("O", "Acme"), ("C", "DE")), "an order the other way round")
subject("unknown-types", name(("CN", "CA"), ("1.2.3.4.5", "x"), ("1.3.6.1.4.1.311.60.2.1.3", printable("DE"))),
        "attribute types that are shown by their OID")
subject("organization-identifier", name(("O", "Acme"), ("2.5.4.97", "VATDE-123456789"), ("CN", "CA")),
        "an identifier of eIDAS")
subject("uid", name(("UID", "ca-01"), ("CN", "CA")), "a user id")
subject("c-lower-case", name(("C", printable("de")), ("CN", "CA")), "a country in small letters")
subject("title", name(("CN", "CA"), ("title", "Root of nothing")), "a title")
subject("look-alike", name(("CN", "Аcme CA")), "a Cyrillic letter among Latin ones: told, not refused", notice="REQ-SUBJECT-LOOKALIKE")
subject("spaces-at-the-ends", name(("CN", " Acme CA ")), "spaces at the ends: told, not refused")
subject("rdns-64", name(*[("OU", f"unit {n}") for n in range(63)], ("CN", "CA")), "as many as are taken")


def wish(word, why, *attributes):
    asks(word, pem(csr(subject=name(("CN", word)), attributes=attributes)), None, why,
         **({} if word in ("none", "empty-list") else {"notice": "REQ-EXTENSIONS"}))


dns = lambda value: context(2, value.encode(), primitive=True)
names = lambda *list_: extension(SAN, seq(*list_))
wish("none", "attributes present and empty, as Vault's default writes")
wish("empty-list", "an extensionRequest of nothing, as some libraries write", wishes())
wish("ca-true", "add_basic_constraints=true", wishes(basic()))
wish("path-length", "a path length that the profile decides", wishes(basic(path=3)))
wish("san-dns", "Vault adds the common name as a DNS name", wishes(names(dns("acme.example"))))
wish("san-all", "alt_names, ip_sans, uri_sans, other_sans as Vault orders them", wishes(names(
     context(0, oid("1.3.6.1.4.1.311.20.2.3"), context(0, utf8("ca@acme.example"))), dns("a.example"),
     context(1, b"ca@acme.example", primitive=True), context(7, bytes([10, 0, 0, 1]), primitive=True),
     context(7, bytes(16), primitive=True), context(6, b"spiffe://acme/ca", primitive=True))))
wish("key-usage", "HashiCorp Vault from 1.19 on can ask for it", wishes(usage()))
wish("leaf-usage", "a usage that a CA does not get", wishes(usage(0, 2)))
wish("purposes", "purposes that the profile decides", wishes(purposes(SERVER, CLIENT)))
wish("everything", "everything at once: dropped and listed", wishes(basic(path=9), usage(0, 1, 2, 3, 4, 5, 6),
     purposes(SERVER, "2.5.29.37.0"), names(dns("*.example")), subject_id(EC256), authority_id(EC256),
     extension("2.5.29.32", seq(seq(oid("2.5.29.32.0")))), extension("1.2.3.4", octets(b"?"), True)))
wish("unknown-extension", "an extension that nobody knows", wishes(extension("1.2.3.4", b"\x04\x01\x00", True)))
wish("own-key-id", "a key identifier of its own", wishes(subject_id(EC256)))
wish("challenge-password", "challengePassword: dropped, its value never shown",
     attr("1.2.840.113549.1.9.7", printable("geheim")))
wish("unstructured-name", "an attribute of PKCS#9", attr("1.2.840.113549.1.9.2", utf8("Acme")))
wish("microsoft", "what Windows writes: OS version, client info, CSP",
     attr("1.3.6.1.4.1.311.13.2.3", ia5("10.0.20348.2")),
     attr("1.3.6.1.4.1.311.21.20", seq(integer(5), utf8("CA.acme.example"), utf8("ACME\\admin"), utf8("certreq.exe"))),
     attr("1.3.6.1.4.1.311.13.2.2", seq(integer(1), bmp("Microsoft Software Key Storage Provider"), bits(b""))),
     wishes(usage(), extension("1.3.6.1.4.1.311.20.2", bmp("SubCA"))))
wish("attributes-64", "as many attributes as are taken", *(attr(f"1.2.3.{n}", null()) for n in range(64)))
wish("unknown-attribute", "an attribute of an unknown type", attr("1.2.3.4.5", seq(integer(1), utf8("x"))))

contradiction = group("request", "wishes")
contradiction("ca-false", pem(csr(attributes=[wishes(extension(BC, seq(), True))])), "REQ-CONTRADICTION",
              "made for a leaf: the certificate will be a CA's")
contradiction("ca-false-not-critical", pem(csr(attributes=[wishes(extension(BC, seq()))])), "REQ-CONTRADICTION",
              "made for a leaf: the certificate will be a CA's")
