"""Encodings that are not DER, or no request: at every level, each in a request whose signature
verifies over exactly these bytes."""

from . import der as d
from .build import (EC256, SUBJECT, attr, attribute, basic, csr, extension, name, rdn, seq, signed,
                    wishes)
from .der import (bits, boolean, content, context, integer, octets, oid, printable, set_as_given,
                  tlv, utf8)
from .items import group

item = group("request", "der")
D = "REQ-DER"
RIGHT = csr()
ALGORITHM = EC256.algorithm()
SIGNED = [seq(integer(0), SUBJECT, EC256.spki(), context(0))]


def info(*fields):
    return signed(seq(*fields), EC256)


SPKI, NONE = EC256.spki(), context(0)
item("trailing-byte", RIGHT + b"\0", D, "a byte after the end")
item("trailing-element", RIGHT + d.null(), D, "an element after the end")
item("cut-short", RIGHT[:-1], D, "a byte is missing")
item("header-only", b"\x30\x82\x01\x00", D, "a length and nothing behind it")
item("length-4-gib", b"\x30\x84\xff\xff\xff\xff" + content(RIGHT), D, "a length of 4 GiB")
item("length-8-octets", b"\x30\x88" + b"\xff" * 8 + content(RIGHT), D, "a length that wraps around")
item("length-127-octets", b"\x30\xff" + b"\xff" * 127, D, "a reserved length")
item("long-length-outer", d.long_length(RIGHT, 4), D, "a length in a longer form (BER)")
item("long-length-info", signed(d.long_length(SIGNED[0]), EC256), D, "the same inside")
item("long-length-subject", info(integer(0), d.long_length(SUBJECT), SPKI, NONE), D,
     "the same in the subject")
item("long-length-string", csr(subject=seq(tlv(0x31, seq(oid("2.5.4.3"),
     d.long_length(utf8("Acme CA")))))), D, "the same in a leaf")
item("long-length-spki", csr(spki=d.long_length(SPKI)), D, "the same in the key")
item("indefinite-outer", d.indefinite(RIGHT), D, "an indefinite length (BER)")
item("indefinite-info", signed(d.indefinite(SIGNED[0]), EC256), D, "the same inside")
item("indefinite-subject", info(integer(0), d.indefinite(SUBJECT), SPKI, NONE), D, "the same deeper")
item("indefinite-unended", b"\x30\x80" + content(RIGHT), D, "an indefinite length without its end")
item("set-outside", b"\x31" + RIGHT[1:], "REQ-CONTAINER", "a SET is neither PEM nor a SEQUENCE")
item("version-1", csr(version=1), D, "PKCS#10 knows version 0 only")
item("version-padded", csr(version=d.padded_integer(0)), D, "a padded INTEGER")
item("version-negative", csr(version=-1), D, "a negative version")
item("version-missing", info(SUBJECT, SPKI, NONE), D, "three fields, and not the attributes are missing")
item("version-empty", csr(version=tlv(2)), D, "an empty INTEGER")
item("version-huge", csr(version=2**4096), D, "a version of 4096 bits")
item("subject-missing", info(integer(0), SPKI, NONE), D, "three fields, and not the attributes are missing")
item("spki-missing", info(integer(0), SUBJECT, NONE), D, "three fields, and not the attributes are missing")
item("extra-field", csr(extra=context(1)), D, "a field that PKCS#10 does not have")
item("extra-outer-field", seq(content(RIGHT), d.null()), D, "a fourth field outside")
item("no-signature", seq(SIGNED[0], ALGORITHM), D, "two fields outside")
item("info-only", SIGNED[0], D, "the body without its signature")
item("certificate-in-place",
     seq(seq(context(0, integer(2)), integer(5)), ALGORITHM, bits(b"\1")), D,
     "a certificate's shape under a request's name")
item("attributes-wrong-tag", csr(field=context(1)), D, "attributes under another tag")
item("attributes-primitive", csr(field=b"\x80\0"), D, "attributes not constructed")
item("attributes-as-set", csr(field=tlv(0x31)), D, "attributes as a plain SET")
item("attributes-twice", csr(field=context(0) + context(0)), D, "attributes twice")
item("attribute-empty", csr(attributes=[seq()]), D, "an attribute without a type")
item("attribute-no-values", csr(attributes=[seq(oid("1.2.3.4"))]), D, "an attribute without values")
item("attribute-junk", csr(attributes=[octets(b"x")]), D, "no attribute at all")
item("attributes-65", csr(attributes=[attr(f"1.2.3.{n}", d.null()) for n in range(65)]), D,
     "more than 64 attributes")
item("extensions-65", csr(attributes=[wishes(*(extension(f"1.2.3.{n}", b"\5\0") for n in range(65)))]),
     D, "more than 64 extensions")
item("attributes-missing", csr(field=b""), "REQ-ATTRIBUTES",
     "the attributes field is not optional (RFC 2986 4.1)")
item("request-wish-twice", csr(attributes=[wishes(basic()), wishes(extension("2.5.29.17", seq()))]),
     D, "two extensionRequest attributes: readers take one or the other")
item("request-wish-two-values", csr(attributes=[seq(oid("1.2.840.113549.1.9.14"),
     d.set_of(seq(basic()), seq(basic(path=0))))]), D, "two values where one is allowed")
item("request-wish-no-value", csr(attributes=[seq(oid("1.2.840.113549.1.9.14"), tlv(0x31))]), D,
     "no value where one is needed")
item("request-wish-junk", csr(attributes=[attr("1.2.840.113549.1.9.14", octets(b"junk"))]), D,
     "extensions that are no list")
item("request-wish-trailing", csr(attributes=[attr("1.2.840.113549.1.9.14",
     seq(seq(oid("2.5.29.19"), octets(seq()), d.null())))]), D, "a fourth field in an extension")
item("extension-twice", csr(attributes=[wishes(basic(), basic(path=3))]), D,
     "one extension twice: readers take the first or the last")
item("extension-false-written", csr(attributes=[wishes(seq(oid("2.5.29.19"), boolean(False),
     octets(seq(boolean(True)))))]), D, "DEFAULT FALSE is left out in DER")
item("extension-true-as-1", csr(attributes=[wishes(seq(oid("2.5.29.19"), tlv(1, b"\1"),
     octets(seq(boolean(True)))))]), D, "TRUE is ff in DER")
item("bc-junk", csr(attributes=[wishes(extension("2.5.29.19", b"junk", True))]), D,
     "basic constraints that cannot be read")
item("bc-trailing", csr(attributes=[wishes(extension("2.5.29.19", seq(boolean(True)) + b"\5\0"))]),
     D, "bytes after the basic constraints")
item("bc-path-negative", csr(attributes=[wishes(basic(path=-1))]), D, "a negative path length")
item("bc-path-huge", csr(attributes=[wishes(basic(path=2**2048))]), D, "a path length of 2048 bits")
item("ku-junk", csr(attributes=[wishes(extension("2.5.29.15", b"\3\2\7", True))]), D,
     "key usage that is cut short")
item("ku-unused-bits", csr(attributes=[wishes(extension("2.5.29.15", b"\3\2\1\xff", True))]), D,
     "unused bits that are not zero")
item("ku-not-bits", csr(attributes=[wishes(extension("2.5.29.15", integer(6), True))]), D,
     "key usage as an INTEGER")
item("san-junk", csr(attributes=[wishes(extension("2.5.29.17", b"\x30\x05\x82\x09ab"))]), D,
     "alternative names that run over their end")
item("san-not-a-list", csr(attributes=[wishes(extension("2.5.29.17", octets(b"a")))]), D,
     "alternative names that are no list")
item("san-ip-3-octets", csr(attributes=[wishes(extension("2.5.29.17", seq(context(7, b"\1\2\3",
     primitive=True))))]), D, "an IP address of three octets")
item("eku-empty", csr(attributes=[wishes(extension("2.5.29.37", seq()))]), D,
     "an empty list of purposes (SIZE 1..MAX)")
item("oid-padded", csr(subject=seq(tlv(0x31, seq(tlv(6, b"\x55\4\x80\3"), utf8("x"))))), D,
     "an arc with a padding octet")
item("oid-unfinished", csr(subject=seq(tlv(0x31, seq(tlv(6, b"\x55\4\x83"), utf8("x"))))), D,
     "an arc without its last octet")
item("oid-empty", csr(subject=seq(tlv(0x31, seq(tlv(6), utf8("x"))))), D, "an empty OID")
item("oid-overflow", csr(subject=seq(tlv(0x31, seq(tlv(6, b"\x55\4" + b"\x90" + b"\x80" * 8 + b"\3"),
     utf8("x"))))), D, "an arc that wraps around to commonName in 64 bits")
item("oid-64-octets", csr(attributes=[attr("1.2." + ".".join(["99"] * 64), d.null())]), D,
     "an OID longer than any real one")
item("boolean-2-octets", csr(attributes=[attr("1.2.3", tlv(1, b"\xff\xff"))]), D, "a BOOLEAN of two octets")
item("null-with-content", csr(attributes=[attr("1.2.3", tlv(5, b"x"))]), D, "a NULL with content")
item("bit-string-9-unused", csr(attributes=[attr("1.2.3", tlv(3, b"\x09\0"))]), D, "nine unused bits")
for word, value, why in [
    ("printable", printable(b"geheim\0\xff"), "octets that a PrintableString does not allow"),
    ("utf8", utf8(b"geh\xc3"), "a UTF8String that is not UTF-8"),
    ("bmp", d.bmp(b"\0g\0"), "a BMPString of an odd number of octets"),
]:
    item(f"challenge-password-{word}", csr(attributes=[attr("1.2.840.113549.1.9.7", value)]), D,
         f"{why}, in an attribute that is dropped")
item("attribute-ia5-8-bit", csr(attributes=[attr("1.2.3", seq(d.ia5("Bücher")))]), D,
     "an IA5String of eight bits below an unknown attribute")
item("policy-uri-8-bit", csr(attributes=[wishes(extension("2.5.29.32", seq(seq(oid("2.5.29.32.0"),
     seq(seq(oid("1.3.6.1.5.5.7.2.1"), d.ia5("http://bücher.example")))))))]), D,
     "an IA5String of eight bits in a policy")
item("set-unordered", csr(attributes=[seq(oid("1.2.3"), set_as_given(integer(9), integer(1)))]), D,
     "a SET OF out of order")
item("attributes-unordered", csr(field=context(0, attr("1.2.9", d.null()), attr("1.2.3", d.null()))),
     D, "attributes out of the order of a SET OF")
item("rdn-unordered", csr(subject=seq(set_as_given(attribute("OU", "b"), attribute("CN", "a")))), D,
     "an RDN out of the order of a SET OF")
item("constructed-string", csr(subject=seq(tlv(0x31, seq(oid("2.5.4.3"), tlv(0x2C, utf8("Ac"), utf8("me")))))),
     D, "a string in pieces (BER)")
item("constructed-bit-string", seq(SIGNED[0], ALGORITHM, tlv(0x23, bits(b"\1"))), D,
     "a signature in pieces (BER)")
item("high-tag", csr(attributes=[attr("1.2.3", b"\x1f\x81\x01\0")]), D, "a tag number above 30")
item("end-of-contents", csr(attributes=[attr("1.2.3", b"\0\0")]), D, "an end-of-contents octet in DER")
item("nested-17", csr(attributes=[attr("1.2.3", d.nested(14))]), D, "nested deeper than 16")
item("nested-1000", csr(attributes=[attr("1.2.3", d.nested(1000))]), D, "deep nesting against the stack")
item("nested-4000-bare", d.nested(4000), D, "nothing but nesting")
item("many-elements", csr(attributes=[attr("1.2.3", seq(d.null() * 7000))]), None,
     "thousands of small elements take no time")
item("name-not-a-set", csr(subject=seq(seq(attribute("CN", "x")))), D, "an RDN that is a SEQUENCE")
item("name-three-fields", csr(subject=seq(tlv(0x31, seq(oid("2.5.4.3"), utf8("x"), utf8("y"))))), D,
     "an attribute with two values")
item("name-type-not-oid", csr(subject=seq(tlv(0x31, seq(printable("CN"), utf8("x"))))), D,
     "an attribute type that is no OID")
item("utc-without-z", csr(attributes=[attr("1.2.3", tlv(0x17, b"260101000000"))]), D,
     "a time without its Z")
item("spki-null", csr(spki=d.null()), D, "no key at all")
item("spki-trailing", csr(spki=seq(content(EC256.spki()), d.null())), "REQ-KEY-ENCODING",
     "a third field in the SubjectPublicKeyInfo")
