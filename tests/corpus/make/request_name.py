"""Subjects that people cannot read, that readers disagree about, or that look like others."""

from . import der as d
from .build import ROOT_KEY, ROOT_NAME, SUBJECT, attribute, csr, name, pem, rdn
from .der import bmp, ia5, octets, oid, printable, seq, set_as_given, t61, tlv, utf8
from .items import group

item = group("request", "name")
FORM = "REQ-SUBJECT-FORM"


def cn(name_, value, why, check=FORM, **extra):
    item(name_, pem(csr(subject=name(("O", "Acme"), ("CN", value)))), check, why, **extra)


def subject(name_, der, why, check=FORM, **extra):
    item(name_, pem(csr(subject=der)), check, why, **extra)


subject("empty", seq(), "an empty subject: Vault makes it from an empty common_name", "REQ-SUBJECT-EMPTY")
subject("empty-rdn-only", seq(tlv(0x31)), "a subject of one empty RDN", "REQ-SUBJECT-EMPTY")
subject("empty-rdn", seq(rdn(("O", "Acme")), tlv(0x31), rdn(("CN", "CA"))), "an RDN without an attribute")
cn("cn-empty", "", "an empty commonName")
cn("cn-65", "a" * 65, "one character over RFC 5280's bound")
cn("cn-16000", "a" * 15000, "a name as long as a request")
cn("control-esc", "Acme \x1b[31mCA\x1b[0m", "escape codes recolour the terminal")
cn("control-title", "\x1b]0;owned\x07Acme", "escape codes set the terminal's title")
cn("control-clear", "\x1b[2J\x1b[HAll checks passed", "escape codes redraw the screen")
cn("control-cr", "Evil CA\rAcme CA", "a carriage return overwrites the line")
cn("control-lf", "Acme CA\nCN=Other", "a line feed makes a second line")
cn("control-bs", "Evil\b\b\b\bAcme", "backspaces overwrite")
cn("control-tab", "Acme\tCA", "a tab")
cn("control-del", "Acme\x7f", "a DEL")
cn("control-c1", "Acme\x9b31mCA", "a C1 control is an escape code to some terminals")
cn("nul", "acme.example\0.evil.example", "a NUL: C readers see another name")
cn("bidi-override", "Acme \u202eAC live\u202c", "an override turns the text around")
cn("bidi-isolate", "Acme \u2067CA\u2069", "isolates turn the text around")
cn("bidi-mark", "Acme\u200fCA", "a right-to-left mark")
cn("zero-width-space", "Ac\u200bme CA", "an invisible difference")
cn("zero-width-joiner", "Ac\u200dme CA", "an invisible difference")
cn("soft-hyphen", "Ac\u00adme CA", "an invisible difference")
cn("word-joiner", "Ac\u2060me CA", "an invisible difference")
cn("byte-order-mark", "\ufeffAcme CA", "an invisible difference")
cn("variation-selector", "Acme\ufe0f CA", "an invisible difference")
cn("tag-letters", "Acme \U000e0041\U000e0042", "invisible letters of the tag block")
cn("hangul-filler", "Acme\u3164", "a letter that shows nothing")
cn("line-separator", "Acme\u2028CA", "a line break of Unicode")
cn("interlinear", "Acme\ufff9CA", "an annotation mark")
cn("braille-blank", "Ac\u2800me CA", "a sign of Braille without a dot")
cn("no-character", "Ac\ufdd0me CA", "a code point that is no character")
cn("no-character-of-a-plane", "Ac\U0001ffffme CA", "a code point that is no character")
cn("musical-format", "Ac\U0001d173me CA", "an invisible sign of musical notation")
cn("shorthand-format", "Ac\U0001bca0me CA", "an invisible sign of shorthand")
cn("spaces-alone", "   ", "a name of spaces alone")
cn("wide-spaces-alone", "\u3000\u00a0", "a name of other spaces alone")
cn("utf8-invalid", utf8(b"Acme \xff CA"), "bytes that are no UTF-8")
cn("utf8-overlong", utf8(b"Acme \xc0\xaf CA"), "a slash in two octets")
cn("utf8-surrogate", utf8(b"Acme \xed\xa0\x80"), "half a character")
cn("utf8-beyond", utf8(b"\xf4\x90\x80\x80"), "a code point beyond Unicode")
cn("utf8-cut", utf8(b"Acme \xc3"), "a character that is cut short")
cn("printable-at", printable("ca@acme.example"), "an @ is not in PrintableString")
cn("printable-star", printable("*.acme.example"), "a star is not in PrintableString")
cn("printable-utf8", printable("Bücher"), "UTF-8 in a PrintableString")
cn("printable-esc", printable("A\x1b[31m"), "an escape code in a PrintableString")
cn("ia5-8-bit", ia5("Bücher"), "eight bits in an IA5String")
cn("bmp-odd", bmp(b"\0A\0"), "a BMPString of an odd number of octets")
cn("bmp-surrogate", bmp(b"\xd8\x00\0A"), "half a character in a BMPString")
cn("bmp-esc", bmp("A\x1b[31m"), "an escape code in a BMPString")
cn("bmp-bidi", bmp("A\u202eB"), "an override in a BMPString")
cn("t61-control", t61("A\x1b[31m"), "an escape code in a T61String")
cn("universal-string", tlv(0x1C, b"\0\0\0A"), "a UniversalString, which most readers do not show", "REQ-DER")
cn("octet-string", octets(b"Acme"), "no string at all")
cn("integer", d.integer(5), "a number in a string's place")
cn("boolean", d.boolean(True), "a BOOLEAN in a string's place")
cn("nested-sequence", seq(utf8("Acme")), "a SEQUENCE in a string's place")
cn("numeric-letters", tlv(0x12, b"12a"), "letters in a NumericString")
for word, value in [("c-3-letters", printable("DEU")), ("c-1-letter", printable("D")),
                    ("c-digits", printable("49")), ("c-utf8", utf8("DE")), ("c-empty", printable(""))]:
    subject(word, name(("C", value), ("CN", "Acme CA")), "a country is two letters in a PrintableString")
subject("rdn-same-twice", seq(set_as_given(attribute("OU", "a"), attribute("OU", "a")), rdn(("CN", "x"))),
        "an RDN that repeats an attribute")
subject("rdns-65", name(*[("OU", f"unit {n}") for n in range(64)], ("CN", "x")), "more than 64 attributes")
subject("rdns-100", name(*[("OU", f"unit {n}") for n in range(100)]), "a hundred attributes")
subject("avas-in-one-rdn", seq(rdn(*[("OU", f"unit {n}") for n in range(70)])), "seventy in one RDN")
subject("o-long", name(("O", "o" * 65), ("CN", "x")), "one character over RFC 5280's bound")
subject("email-256", name(("CN", "x"), ("email", "a" * 244 + "@acme.example")), "over RFC 5280's bound")
subject("serial-number-65", name(("CN", "x"), ("serialNumber", printable("1" * 65))), "over RFC 5280's bound")
subject("unknown-type-esc", name(("CN", "x"), ("1.2.3.4", "\x1b[31m")), "an escape code under an unknown type")
subject("4097-octets", name(*[(f"1.2.3.{n}", "a" * 127) for n in range(30)], ("CN", "x")),
        "more than 4096 octets in all")
subject("root-name", ROOT_NAME, "the root's own name: chains would not be built", "REQ-SUBJECT-ISSUER",
        issuer="certificate/good/root-p384.pem")
subject("root-name-printable", name(("C", "DE"), ("O", printable("Acme")), ("CN", printable("Acme Root G1"))),
        "the root's name in another string type", "REQ-SUBJECT-ISSUER", issuer="certificate/good/root-p384.pem")
subject("root-name-case", name(("C", "DE"), ("O", "ACME"), ("CN", "acme  root g1")),
        "the root's name in other letters and spaces", "REQ-SUBJECT-ISSUER", issuer="certificate/good/root-p384.pem")
item("root-key", pem(csr(ROOT_KEY)), "REQ-KEY-ISSUER", "the root's own key",
     issuer="certificate/good/root-p384.pem")
