"""What a request comes in: frames, line ends, encodings, and what may not lie beside it."""

import base64
import json

from .build import EC256, RSA2048, attr, csr, extension, name, pem, wishes
from .der import bits, context, integer, null, octets, oid, seq, tlv
from .items import group

refused = group("request", "container")
keys_near = group("request", "private-key")
good = group("request", "good-container")

DER = csr()
PEM = pem(DER)
TEXT = PEM.decode()
BODY = "".join(TEXT.splitlines()[1:-1])
C = "REQ-CONTAINER"

refused("empty", b"", C, "an empty file holds no request")
refused("white-space", b" \n\t\n", C, "white space holds no request")
refused("text-only", b"please sign this\n", C, "a text without a PEM block holds no request")
refused("two-requests", PEM + pem(csr(RSA2048)), C, "which of two requests was approved?")
refused("same-request-twice", PEM + PEM, C, "two objects, if only the same twice")
refused("request-then-certificate", PEM + pem(DER, "CERTIFICATE"), C, "a second object follows")
refused("certificate-then-request", pem(DER, "CERTIFICATE") + PEM, C, "a second object comes first")
refused("request-then-junk-block", PEM + pem(b"\0", "X"), C, "a second object of any kind")
refused("text-after", PEM + b"# end\n", C, "text after the block; Vault refuses such bundles")
refused("nul-after", PEM + b"\0", C, "a NUL after the block")
refused("label-certificate", pem(DER, "CERTIFICATE"), C, "a request under another label")
refused("label-pkcs7", pem(DER, "PKCS7"), C, "a request under another label")
refused("label-lower-case", TEXT.replace("CERTIFICATE REQUEST", "certificate request"), C,
        "labels have one spelling")
refused("label-two-spaces", TEXT.replace("CERTIFICATE REQUEST", "CERTIFICATE  REQUEST"), C,
        "labels have one spelling")
refused("label-escape", TEXT.replace("CERTIFICATE REQUEST", "CERT\x1b[31mREQUEST"), C,
        "an escape code in the label would reach the screen")
refused("label-mismatch", TEXT.replace("END CERTIFICATE REQ", "END NEW CERTIFICATE REQ"), C,
        "begins one kind and ends another")
refused("no-end", TEXT.split("-----END")[0], C, "the file was cut off")
refused("no-begin", TEXT.split("\n", 1)[1], C, "the file's beginning is missing")
refused("end-first", "-----END CERTIFICATE REQUEST-----\n" + TEXT, C, "END before BEGIN")
refused("four-dashes", TEXT.replace("-----BEGIN", "----BEGIN"), C, "a broken frame")
refused("begin-without-dashes", TEXT.replace("REQUEST-----\n", "REQUEST\n", 1), C, "a broken frame")
refused("indented", "".join("  " + line + "\n" for line in TEXT.splitlines()), C,
        "Vault, OpenSSL and Go disagree about indented blocks")
refused("empty-body", "-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n", C,
        "a frame around nothing")
refused("headers", TEXT.replace("REQUEST-----\n", "REQUEST-----\nProc-Type: 4,ENCRYPTED\n\n", 1), C,
        "header lines, as encrypted PEM has")
refused("empty-line-inside", TEXT.replace(BODY[64:128], BODY[64:128] + "\n", 1), C,
        "an empty line in the body ends headers for some readers")
refused("bad-base64", TEXT.replace(BODY[:4], "M!IB", 1), C, "a character outside base64")
refused("base64-after-padding", TEXT.replace(BODY[-4:], BODY[-4:-1] + "=A"), C,
        "base64 goes on after its padding")
refused("base64-no-padding", pem(csr(subject=name(("CN", "unpadded")))).decode().replace("=\n", "\n").replace("=\n", "\n"), C,
        "base64 without its padding")
refused("base64-url", TEXT.replace("+", "-").replace("/", "_"), C, "base64url is not PEM's alphabet")
refused("bare-base64", BODY + "\n", C, "the body without its frame")
refused("cr-only", pem(DER, end="\r"), C, "line ends of old Macs are no line ends to most readers")
refused("utf-16-le", b"\xff\xfe" + TEXT.encode("utf-16-le"), C, "text saved by an editor in UTF-16")
refused("utf-16-be", b"\xfe\xff" + TEXT.encode("utf-16-be"), C, "text saved by an editor in UTF-16")
refused("utf-16-no-mark", TEXT.encode("utf-16-le"), C, "UTF-16 without its mark")
refused("byte-order-mark", b"\xef\xbb\xbf" + PEM, C, "Vault refuses a byte order mark; it is told here")
refused("json-vault", json.dumps({"data": {"csr": TEXT.strip(), "key_id": "0f"}}), C,
        "Vault's whole answer in place of its field csr")
refused("json-array", json.dumps([TEXT]), C, "JSON is not PEM")
refused("der-junk-first", b"\0" + DER, C, "DER begins with a SEQUENCE")
refused("html", "<html><pre>\n" + TEXT.replace("\n", "<br>\n") + "</pre></html>\n", C,
        "a web page around the block")
refused("dkim-quoted-printable", TEXT.replace("=", "=3D").replace("MII", "MI=\nI"), C,
        "a mail's quoted-printable body")

refused("too-large", b"#" * 65536 + b"\n" + PEM, "REQ-SIZE", "more than 64 KiB are not read")
refused("too-large-der", pem(csr(attributes=[seq(oid("1.2.3"), tlv(0x31, octets(bytes(16400))))])),
        "REQ-SIZE", "more than 16 KiB of DER are not read")
refused("zeros-1-mib", bytes(1 << 20), "REQ-SIZE", "a large file of zeros")

KEY = seq(integer(0), seq(oid("1.2.840.10045.2.1"), oid(EC256.curve.oid)),
          octets(seq(integer(1), octets(b"MARKER-OF-A-PRIVATE-KEY-32-BYTES"))))
SEC1 = seq(integer(1), octets(b"MARKER-OF-A-PRIVATE-KEY-32-BYTES"),
           context(0, oid(EC256.curve.oid)))
PKCS1 = seq(integer(0), *(integer(0x4D41524B4552 << 64 | n) for n in range(8)))
ENCRYPTED = seq(seq(oid("1.2.840.113549.1.5.13"), seq()), octets(b"MARKER" * 8))
K = "REQ-PRIVATE-KEY"


def xxd(data):
    """A dump as xxd writes it, with its column of characters."""
    lines = ((at, data[at:at + 16]) for at in range(0, len(data), 16))
    return "".join(f"{at:08x}: {part.hex(' ', 2)}  {'.' * len(part)}\n" for at, part in lines)


for label, der in [("PRIVATE KEY", KEY), ("EC PRIVATE KEY", SEC1), ("RSA PRIVATE KEY", PKCS1),
                   ("ENCRYPTED PRIVATE KEY", ENCRYPTED)]:
    word = label.lower().replace(" ", "-")
    keys_near(f"{word}-before", pem(der, label) + PEM, K, "a key before the request has travelled")
    keys_near(f"{word}-after", PEM + pem(der, label), K, "a key after the request has travelled")
keys_near("inside-the-block", TEXT.replace(BODY[:64], "-----BEGIN PRIVATE KEY-----\n" + BODY[:64]),
          K, "a key's frame inside the request's")
keys_near("openssh", pem(b"openssh-key-v1\0MARKER", "OPENSSH PRIVATE KEY") + PEM, K,
          "OpenSSH's form of a private key")
keys_near("der-pkcs8", KEY, K, "a private key in DER in the request's place")
keys_near("der-sec1", SEC1, K, "a private key in DER in the request's place")
keys_near("der-pkcs1", PKCS1, K, "a private key in DER in the request's place")
keys_near("der-encrypted", ENCRYPTED, K, "an encrypted private key in DER")
keys_near("under-the-requests-label", pem(KEY), K, "a private key under the request's label")
keys_near("bare-base64", base64.b64encode(KEY), K, "a private key without its frame")
keys_near("json-exported", json.dumps({"data": {"csr": TEXT, "private_key": pem(KEY, "PRIVATE KEY").decode(),
          "private_key_type": "ec"}}), K, "Vault's answer for type exported holds the key")
keys_near("json-exported-der", json.dumps({"csr": BODY, "private_key": base64.b64encode(KEY).decode()}),
          K, "the same with format=der")
keys_near("pem-bundle", pem(SEC1, "EC PRIVATE KEY", final=False) + b"\n" + PEM, K,
          "format=pem_bundle puts the key into the field csr")
keys_near("utf-16", b"\xff\xfe" + pem(KEY, "PRIVATE KEY").decode().encode("utf-16-le"), K,
          "a private key in UTF-16")
keys_near("in-text-before", b"-----BEGIN PRIVATE KEY-----\n(removed)\n" + PEM, K,
          "what is left of a key's frame: nobody can tell how much travelled")
for word, der in [("pkcs8", KEY), ("sec1", SEC1), ("pkcs1", PKCS1), ("encrypted", ENCRYPTED)]:
    keys_near(f"hex-{word}-before", der.hex() + "\n" + TEXT, K, "a private key in hex before the request")
    keys_near(f"xxd-{word}-before", xxd(der) + TEXT, K, "a private key as xxd prints it")
    keys_near(f"der-{word}-before-der", der + DER, K, "a private key in DER before a request in DER")
    keys_near(f"der-{word}-after-der", DER + der, K, "a private key in DER after a request in DER")
    keys_near(f"der-{word}-after-pem", PEM + der, K, "a private key in DER after a request in PEM")
keys_near("json-escaped-frame", json.dumps({"key": pem(KEY, "PRIVATE KEY").decode()})
          .replace("PRIVATE KEY", "PRIVATE\\u0020KEY").replace("-----", "--\\u002d--") + "\n" + TEXT, K,
          "a private key's frame behind the escapes of JSON")
for word, der in [("pkcs8", KEY), ("sec1", SEC1), ("pkcs1", PKCS1), ("encrypted", ENCRYPTED)]:
    keys_near(f"bare-base64-{word}-before", base64.encodebytes(der) + PEM, K,
              "a private key without its frame before the request")
keys_near("yaml-before", b"private_key: " + base64.b64encode(SEC1) + b"\n" + PEM, K,
          "Vault's answer in YAML, with format=der")
keys_near("table-before", b"private_key         " + base64.b64encode(SEC1) + b"\n" + PEM, K,
          "Vault's answer as a table, with format=der")
keys_near("lower-case-frame", pem(KEY, "PRIVATE KEY").replace(b"BEGIN", b"begin").replace(b"PRIVATE", b"private")
          + PEM, K, "a private key whose frame nobody reads, and everybody sees")
keys_near("json-web-key", json.dumps({"kty": "EC", "crv": "P-256", "d": "Nzc3"}) + "\n" + TEXT, K,
          "a private key as JSON Web Key")
keys_near("age", b"AGE-SECRET-KEY-1QQPQQPQQPQQPQQPQQPQQPQQP\n" + PEM, K, "a private key of age")
keys_near("openssl-text-ec", b"Private-Key: (256 bit)\npriv:\n    00:07\npub:\n    04:07\n" + PEM, K,
          "openssl pkey -text prints the key's number")
keys_near("openssl-text-rsa", b"modulus:\n    00:07\nprivateExponent:\n    00:07\n" + PEM, K,
          "openssl rsa -text prints the key's numbers")
keys_near("certtool-text", b"curve:\tSECP256R1\nprivate key:\n\t00:07\n" + PEM, K,
          "certtool --key-info prints the key's number")
keys_near("in-an-attribute", pem(csr(attributes=[attr("1.2.3.4", SEC1)])), K,
          "a private key as an attribute's value")
keys_near("in-an-attributes-octets", pem(csr(attributes=[attr("1.2.3.4", octets(KEY))])), K,
          "a private key in an OCTET STRING of an attribute")
keys_near("in-an-extension", pem(csr(attributes=[wishes(extension("1.2.3.4", KEY))])), K,
          "a private key as an extension's value")
good("public-key-dump-before", b"Public-Key: (256 bit)\npub:\n    04:07\n" + PEM, None,
     "openssl pkey -pubin -text prints what is no secret")
good("base64-of-public-key-before", base64.b64encode(EC256.spki()) + b"\n" + PEM, None,
     "a public key without its frame is no secret")

good("pem", PEM, None, "the plain case")
good("der", DER, None, "DER without a frame, as format=der decoded")
good("new-certificate-request", pem(DER, "NEW CERTIFICATE REQUEST"), None,
     "the label of Microsoft and old tools")
good("crlf", pem(DER, end="\r\n"), None, "line ends of Windows")
good("no-final-newline", pem(DER, final=False), None, "Vault writes no newline at the end")
good("blank-lines-after", PEM + b"\n\n \t\n", None, "white space at the end is no object")
good("text-before", b"Certificate Request:\n    Data:\n        Version: 1 (0x0)\n" + PEM, None,
     "openssl req -text prints the request before the block")
good("latin-1-before", "Für die Wurzel:\n".encode("latin-1") + PEM, None,
     "text before the block may be in any encoding")
good("bag-attributes", b"Bag Attributes\n    friendlyName: x\n" + PEM, None,
     "openssl pkcs12 writes attributes before a block")
good("one-line", pem(DER, columns=100000), None, "the whole body on one line")
good("76-columns", pem(DER, columns=76), None, "base64 of MIME's width")
good("8-columns", pem(DER, columns=8), None, "short lines")
good("spaces-at-line-ends", TEXT.replace("\n", " \n"), None, "mail programs add spaces")
good("hex-of-itself-before", DER.hex() + "\n" + TEXT, None, "the same request in hex is no key")
good("dump-of-itself-before", xxd(DER) + TEXT, None, "the same request as xxd prints it is no key")
