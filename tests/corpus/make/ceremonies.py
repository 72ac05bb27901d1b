"""Ceremony files with one mistake each, and requests that only a ceremony can judge. `says` is
what stands in the answer; exit 3 is a file that cannot be read, 1 a request that is refused."""

from .build import BC, EC256, EC384, ED, ROOT_KEY, RSA2048, SUBJECT, certificate, csr, extension, name, pem, wishes
from .der import seq
from .items import group
from .keys import P256, Ec, Rsa, digest

refused = group("ceremony", "")

A, B = Ec(P256, "ceremony a"), Ec(P256, "ceremony b")
SHARED = [Rsa("p1024a", "p1024c"), Rsa("p1024a", "p1024d")]
INPUTS = {
    "inputs/etcd.csr": pem(csr(A, name(("CN", "etcd CA")))),
    "inputs/kubernetes.csr": pem(csr(B, name(("CN", "Kubernetes CA")))),
    "inputs/etcd-again.csr": pem(csr(A, name(("CN", "another CA")))),
    "inputs/root-name.csr": pem(csr(B, name(("C", "DE"), ("O", "Acme"), ("CN", "ACME  root g1")))),
    "inputs/same-name.csr": pem(csr(B, name(("CN", "ETCD  ca")))),
    "inputs/same-name-full-width.csr": pem(csr(B, name(("CN", "\uff45tcd\u00a0CA")))),
    "inputs/composed.csr": pem(csr(Ec(P256, "ceremony c"), name(("CN", "M\u00fcller Stra\u00dfe CA")))),
    "inputs/decomposed.csr": pem(csr(B, name(("CN", "Mu\u0308ller STRASSE CA")))),
    "inputs/no-umlaut.csr": pem(csr(B, name(("CN", "Muller Strasse CA")))),
    "inputs/two-organizations.csr": pem(csr(B, name(("O", "A"), ("O", "B"), ("CN", "x CA")))),
    "inputs/shared-1.csr": pem(csr(SHARED[0], name(("CN", "one")))),
    "inputs/shared-2.csr": pem(csr(SHARED[1], name(("CN", "two")))),
    "inputs/root.pem": pem(certificate(), "CERTIFICATE"),
    "inputs/leaf.pem": pem(certificate(EC256, ROOT_KEY, SUBJECT), "CERTIFICATE"),
}

LINE = "{}  inputs/etcd.csr\n".format(digest("sha256", A.spki()).hex())
LISTS = [
    ("empty", "a list of nothing", "the list is empty"),
    ("twice", "a file twice", "line 2"),
    ("one-space", "another form", "line 1"),
    ("cut", "cut short", "line 2"),
]
INPUTS |= {f"inputs/spki{name_}.sha256": text.encode() for name_, text in (
    ("", LINE + "ab" * 32 + "  elsewhere.csr\n"),
    ("-other", LINE.replace(LINE[:64], "ab" * 32)),
    ("-missing", LINE.replace("etcd", "other")),
    ("-empty", ""),
    ("-twice", LINE + LINE),
    ("-one-space", LINE.replace("  ", " ")),
    ("-cut", LINE + LINE[:40]),
)}

GOOD = '''format = "anchorite/ceremony/0"
id = "acme-root-g1"
title = "Acme root"

[token]
label = "acme-root-g1"

[root]
subject = { C = "DE", O = "Acme", CN = "Acme Root G1" }
key = "ec:P-384"
validity = "20y"

[profile.leaf-issuer]
base = "vault"
validity = "5y"

[[step]]
do = "generate-root-key"

[[step]]
do = "issue-root"

[[step]]
id = "etcd"
do = "issue-intermediate"
mount = "pki/etcd"
request = "inputs/etcd.csr"
profile = "leaf-issuer"

[[step]]
id = "crl"
do = "issue-crl"
next_update = "6mo"
'''
ANOTHER = '''
[[step]]
id = "second"
do = "issue-intermediate"
mount = "pki/second"
request = "inputs/%s"
'''


def changed(name_, old, new, why, says, exit_=3, check="FILE"):
    if old not in GOOD:
        raise ValueError(old)
    refused(name_, GOOD.replace(old, new, 1), check, why, exit=exit_, says=says)


def with_request(name_, request, check, why, more=""):
    refused(name_, GOOD + ANOTHER % request + more, check, why, exit=1, says=check)


def whole(name_, data, why, says):
    refused(name_, data, "FILE", why, exit=3, says=says)


refused("good", GOOD, None, "the file that the others are made from", exit=0)
refused("good-crlf", GOOD.replace("\n", "\r\n"), None, "line ends of Windows", exit=0)

T = 'title = "Acme root"'
changed("format-unknown", "ceremony/0", "ceremony/9", "a format of the future", "anchorite/ceremony/0")
changed("format-missing", 'format = "anchorite/ceremony/0"\n', "", "no format", "format")
changed("key-unknown", T, T + '\nhook = "rm -rf /"', "a key that does not exist", "hook")
changed("key-misspelt", "validity = \"20y\"", "validty = \"20y\"", "a key misspelt", "validity")
changed("key-twice", T, T + "\n" + T, "a key twice", "duplicate key")
changed("table-twice", "[token]", "[token]\n[token]", "a table twice", "duplicate key")
changed("key-esc", T, T + '\n"\\u001b[31m" = 1', "an escape code as a key", "line 4")
changed("title-esc", T, 'title = "Acme \\u001b[31mroot"', "an escape code in the title", "line 3")
changed("title-newline", T, 'title = "Acme\\nroot"', "a second line in the title", "line 3")
changed("title-bidi", T, 'title = "Acme \\u202etoor"', "an override in the title", "line 3")
changed("title-zero-width", T, 'title = "Ac\\u200bme"', "an invisible letter in the title", "line 3")
changed("title-empty", T, 'title = ""', "an empty title", "line 3")
changed("title-long", T, f'title = "{"a" * 1001}"', "a title of 1001 letters", "line 3")
changed("title-number", T, "title = 5", "a number in a text's place", "line 3")
changed("id-upper-case", "acme-root-g1\"\ntitle", "Acme-root\"\ntitle", "the id becomes a folder's name", "line 2")
changed("id-path", "acme-root-g1\"\ntitle", "../../etc\"\ntitle", "an id that climbs", "line 2")
changed("id-long", "acme-root-g1\"\ntitle", "a" * 41 + "\"\ntitle", "an id of 41 letters", "line 2")
changed("id-dash", "acme-root-g1\"\ntitle", "-rf\"\ntitle", "an id that looks like an option", "line 2")
changed("policy-unknown", T, T + '\npolicy = "anything-goes"', "an unknown policy", "private")
changed("label-long", 'label = "acme-root-g1"', 'label = "acme-root-g1-of-the-year"', "a label over 22 octets", "22")
changed("label-esc", 'label = "acme-root-g1"', 'label = "a\\u001b[31m"', "an escape code in the label", "line 6")
changed("login-pin", 'label = "acme-root-g1"', 'label = "acme-root-g1"\npin = "1234"', "a PIN in the file", "pin")
changed("root-key-unknown", "ec:P-384", "ec:P384", "a word misspelt", "ec:P-384")
changed("root-key-rsa-1024", "ec:P-384", "rsa:1024", "a weak key", "rsa:3072")
changed("root-subject-c", 'C = "DE"', 'C = "de"', "a country in small letters", "line 9")
changed("root-subject-esc", 'CN = "Acme Root G1"', 'CN = "\\u001b[31mroot"', "an escape code in the name", "line 9")
changed("root-subject-nul", 'CN = "Acme Root G1"', 'CN = "Acme\\u0000"', "a NUL in the name", "line 9")
changed("root-subject-no-cn", ', CN = "Acme Root G1"', "", "no CN", "CN")
changed("root-subject-spaces", 'O = "Acme"', 'O = " Acme"', "a space at the beginning", "line 9")
changed("root-subject-long", 'O = "Acme"', f'O = "{"a" * 65}"', "65 letters", "line 9")
changed("root-validity-100y", '"20y"', '"100y"', "longer than 99 years", "99y")
changed("root-validity-0", '"20y"', '"0y"', "no time at all", "line 11")
changed("root-validity-unit", '"20y"', '"20m"', "minutes or months?", "line 11")
changed("root-validity-negative", '"20y"', '"-20y"', "a negative duration", "line 11")
changed("root-validity-huge", '"20y"', '"99999999999999999999y"', "a number that wraps around", "line 11")
changed("root-validity-number", '"20y"', "20", "a number without its unit", "line 11")
changed("root-certificate-too", '[root]\n', '[root]\ncertificate = "inputs/root.pem"\n', "an old root and a new one", "certificate")
changed("root-ca-false", '[root]\n', '[root]\nca = false\n', "a field that does not exist", "ca")
changed("profile-unknown", 'profile = "leaf-issuer"', 'profile = "leaf-isuer"', "a profile misspelt", "leaf-issuer")
changed("profile-base-unknown", 'base = "vault"', 'base = "consul"', "no such built-in", "vault")
changed("profile-loop", 'base = "vault"', 'base = "leaf-issuer"', "a profile that starts from itself", "base is one of")
changed("profile-path-length-300", 'base = "vault"', 'base = "vault"\npath_length = 300', "300 tiers", "line 15")
changed("profile-path-length-negative", 'base = "vault"', 'base = "vault"\npath_length = -1', "a negative path length", "line 15")
changed("profile-path-length-huge", 'base = "vault"', 'base = "vault"\npath_length = 99999999999999999999', "a number over 64 bits", "line 15")
changed("profile-outlives", 'validity = "5y"', 'validity = "30y"', "longer than its root", "root")
changed("profile-both-ends", 'validity = "5y"', 'validity = "5y"\nnot_after = "issuer"', "two ends", "not_after")
changed("profile-eku-unknown", 'base = "vault"', 'base = "vault"\nextended_key_usage = ["webServer"]', "an unknown purpose", "serverAuth")
changed("profile-usage-no-sign", 'base = "vault"', 'base = "vault"\nkey_usage = ["cRLSign"]', "a CA that may not sign", "keyCertSign")
changed("profile-url-https", 'base = "vault"', 'base = "vault"\ncrl_url = "https://pki.example/a.crl"', "https needs the chain that it serves", "http://")
changed("profile-url-file", 'base = "vault"', 'base = "vault"\ncrl_url = "file:///etc/passwd"', "no http", "http://")
changed("profile-url-esc", 'base = "vault"', 'base = "vault"\ncrl_url = "http://a/\\u001b[31m"', "an escape code in a URL", "line 15")
changed("profile-url-long", 'base = "vault"', f'base = "vault"\ncrl_url = "http://a/{"a" * 500}"', "over 500 octets", "line 15")
changed("profile-hash", 'base = "vault"', 'base = "vault"\nhash = "sha1"', "a field that does not exist", "hash")
P = 'request = "inputs/etcd.csr"'
changed("path-climbs", P, 'request = "../request/name/root-key.csr"', "a path out of the folder", "..")
changed("path-climbs-inside", P, 'request = "inputs/../../manifest.json"', "a path out of the folder", "..")
changed("path-absolute", P, 'request = "/etc/passwd"', "an absolute path", "line 27")
changed("path-home", P, 'request = "~/etcd.csr"', "a shell's path is a name here", "etcd.csr")
changed("path-backslash", P, 'request = "inputs\\\\etcd.csr"', "a backslash", "line 27")
changed("path-part", P, 'request = "inputs/etcd.csr.part"', "a name of unfinished files", "line 27")
changed("path-nul", P, 'request = "inputs/etcd\\u0000.csr"', "a NUL in a path", "line 27")
changed("path-esc", P, 'request = "inputs/\\u001b[31m.csr"', "an escape code in a path", "line 27")
changed("path-missing", P, 'request = "inputs/none.csr"', "no such file", "none.csr")
changed("path-folder", P, 'request = "inputs"', "a folder", "inputs")
changed("path-empty", P, 'request = ""', "no name", "line 27")
changed("path-url", P, 'request = "http://vault/etcd.csr"', "nothing is fetched", "line 27")
M = 'mount = "pki/etcd"'
changed("mount-climbs", M, 'mount = "../out"', "a mount that climbs out of out/", "line 26")
changed("mount-absolute", M, 'mount = "/etc"', "a mount that is a path", "line 26")
changed("mount-empty", M, 'mount = ""', "no mount", "line 26")
changed("mount-empty-part", M, 'mount = "pki//etcd"', "an empty part", "line 26")
changed("mount-esc", M, 'mount = "pki/\\u001b[31m"', "an escape code", "line 26")
changed("mount-newline", M, 'mount = "pki\\nrm -rf /"', "a second line in the hand-over's script", "line 26")
changed("mount-long", M, f'mount = "{"a" * 201}"', "over 200 octets", "line 26")
changed("mount-missing", M + "\n", "", "no mount", "mount")
changed("spki-short", P, P + '\nspki_sha256 = "abcd"', "half a digest", "line 28")
changed("spki-other", P, P + f'\nspki_sha256 = "{"ab" * 32}"', "a request that was swapped", "REQ-SPKI", exit_=1, check="REQ-SPKI")
G = P + '\ngenerate = { subject = { %s }, %s }'
MADE = 'O = "Acme, Inc.", CN = "etcd CA"'
for name_, fields, why, says in (
    ("generate-no-key", (MADE, "existing = false"), "neither a new key nor one that is there", "existing = true"),
    ("generate-both-keys", (MADE, 'key = "ec:P-256", existing = true'), "a new key and one that is there", "line 28"),
    ("generate-p224", (MADE, 'key = "ec:P-224"'), "a curve that is not taken", "ec:P-256"),
    ("generate-dc", ('DC = "acme", CN = "x"', 'key = "ec:P-256"'), "an attribute that Vault has not", "DC"),
    ("generate-two-values", ('O = ["A", "B"], CN = "x"', 'key = "ec:P-256"'), "Vault makes one set of the two", "several O"),
    ("generate-hook", (MADE, 'key = "ec:P-256", command = "sh"'), "a command", "command"),
):
    changed(name_, P, G % fields, why, says)
changed("generate-renew", P, G % (MADE, 'key = "ec:P-256"') + "\nrenew = true", "a renewal with a new key", "existing = true")
changed("generate-rekey", P, G % (MADE, "existing = true") + "\nrekey = true", "a new key that is there already", "rekey takes a new key")
changed("generate-other-step", 'do = "issue-root"', 'do = "issue-root"\ngenerate = { subject = { CN = "x" }, key = "ed25519" }', "a field of another step", "generate")
changed("generated-other-key", P, G % ('CN = "etcd CA"', 'key = "ed25519"'), "made by hand with another key", "REQ-GENERATED", exit_=1, check="REQ-GENERATED")
changed("generated-other-name", P, G % (MADE, "existing = true"), "made by hand with another name", "REQ-GENERATED", exit_=1, check="REQ-GENERATED")
refused("generated", GOOD.replace(P, G % ('CN = "etcd CA"', 'key = "ec:P-256"')), None, "as the file has Vault make it", exit=0)
for name_, why, says in LISTS:
    changed("spki-list-" + name_, T, T + f'\nspki_list = "inputs/spki-{name_}.sha256"', why, says)
changed("spki-list-other", T, T + '\nspki_list = "inputs/spki-other.sha256"', "a request that was swapped", "REQ-SPKI-LIST", exit_=1, check="REQ-SPKI-LIST")
changed("spki-list-missing", T, T + '\nspki_list = "inputs/spki-missing.sha256"', "a request that nobody recorded", "REQ-SPKI-LIST", exit_=1, check="REQ-SPKI-LIST")
refused("spki-list", GOOD.replace(T, T + '\nspki_list = "inputs/spki.sha256"'), None, "the list has the request, and another", exit=0)
changed("crl-two-years", '"6mo"', '"2y"', "a revocation that reaches nobody in time", "12mo")
changed("crl-one-hour", '"6mo"', '"1h"', "too short to bring out the root", "1d")
changed("step-unknown", 'do = "issue-crl"', 'do = "issue-everything"', "an unknown step", "issue-crl")
changed("step-hook", 'do = "issue-crl"', 'do = "issue-crl"\ncommand = "sh"', "a command", "command")
changed("step-other-field", 'do = "issue-crl"', 'do = "issue-crl"\nprofile = "vault"', "a field of another step", "profile")
changed("step-twice", 'id = "crl"', 'id = "etcd"', "an id twice", "line 31")
changed("step-order", 'do = "generate-root-key"\n\n[[step]]\ndo = "issue-root"', 'do = "issue-root"\n\n[[step]]\ndo = "generate-root-key"', "the root before its key", "generate-root-key")
changed("step-no-root", '[[step]]\ndo = "issue-root"\n', "", "no root", "issue-root")
changed("person-role", T, T + '\n[[person]]\nid = "eve"\nrole = "boss"', "an unknown role", "administrator")
changed("person-root", T, T + '\n[[person]]\nid = "root"\nrole = "witness"', "the root's own word", "root")
changed("person-key", T, T + '\n[[person]]\nid = "eve"\nrole = "witness"\nkey = "ssh-ed25519 ; rm -rf /"', "a key that is none", "line 7")
WAIVER = '\n[[person]]\nid = "eve"\nrole = "administrator"\n[[waiver]]\ncheck = "%s"\nstep = "%s"\nreason = "why not"\nby = "%s"\n'
changed("waiver-must", 'next_update = "6mo"\n', 'next_update = "6mo"\n' + WAIVER % ("REQ-POP", "etcd", "eve"), "what always refuses cannot be waived", "REQ-POP")
changed("waiver-unknown", 'next_update = "6mo"\n', 'next_update = "6mo"\n' + WAIVER % ("REQ-ANYTHING", "etcd", "eve"), "an unknown check", "REQ-ANYTHING")
changed("waiver-nobody", 'next_update = "6mo"\n', 'next_update = "6mo"\n' + WAIVER % ("REQ-CONTRADICTION", "etcd", "mallory"), "nobody of this name", "[[person]]")
changed("waiver-no-step", 'next_update = "6mo"\n', 'next_update = "6mo"\n' + WAIVER % ("REQ-CONTRADICTION", "none", "eve"), "no such step", "no step")
changed("seal-word", 'next_update = "6mo"\n', 'next_update = "6mo"\n[seal]\nroot = "maybe"\n', "an unknown word", "direct")

whole("empty", b"", "an empty file", "line 1")
whole("not-toml", b"{ \"format\": 1 }\n", "JSON", "line 1")
whole("unclosed", GOOD.replace("[token]", "[token"), "a bracket is missing", "line 5")
whole("unclosed-text", GOOD.replace('"Acme root"', '"Acme root'), "a quote is missing", "line 3")
whole("latin-1", GOOD.replace("Acme root", "Müller").encode("latin-1"), "no UTF-8", "UTF-8")
whole("utf-16", b"\xff\xfe" + GOOD.encode("utf-16-le"), "UTF-16", "UTF-8")
whole("nul", GOOD.replace("Acme root", "Acme\0root"), "a NUL in the text", "line 3")
whole("esc-raw", GOOD.replace("Acme root", "Acme \x1b[31m"), "an escape code as it is", "line 3")
whole("over-1-mib", GOOD + "#" * (1 << 20) + "\n", "over 1 MiB", "1048576")
whole("nested-arrays", GOOD.replace('id = "crl"', "id = " + "[" * 10000), "deep nesting against the stack", "line")
whole("nested-tables", GOOD + "[a" + ".a" * 10000 + "]\n", "deep nesting against the stack", "line")
whole("many-steps", GOOD + "[[step]]\n" * 20000, "twenty thousand empty steps", "line")
whole("private-key-in-place", b"-----BEGIN PRIVATE KEY-----\nMARKER\n-----END PRIVATE KEY-----\n", "a key in the file's place", "line 1")

with_request("request-root-name", "root-name.csr", "REQ-SUBJECT-ISSUER", "the root's name in other letters")
with_request("request-same-name", "same-name.csr", "REQ-SUBJECT-TAKEN", "two intermediates of one name")
with_request("request-same-name-full-width", "same-name-full-width.csr", "REQ-SUBJECT-TAKEN",
             "one name in letters of full width, with a space that does not break")
with_request("request-same-name-decomposed", "composed.csr", "REQ-SUBJECT-TAKEN",
             "one name with its umlaut as one character and as two, with sharp s and ss",
             ANOTHER.replace("second", "third") % "decomposed.csr")
refused("request-another-name", GOOD + ANOTHER % "composed.csr" + ANOTHER.replace("second", "third") % "no-umlaut.csr",
        None, "without its umlaut it is another name", exit=0)
with_request("request-same-key", "etcd-again.csr", "REQ-KEY-TAKEN", "two certificates of one key")
with_request("request-shared-factor", "shared-1.csr", "REQ-KEY-SHARED", "two moduli with one prime: both are lost",
             ANOTHER.replace("second", "third") % "shared-2.csr")
refused("request-two-organizations", GOOD.replace(T, T + '\npolicy = "webtrust"') + ANOTHER % "two-organizations.csr",
        "REQ-SUBJECT-REPEATED", "a type twice, under the policy webtrust", exit=1, says="REQ-SUBJECT-REPEATED")
refused("request-blocked", GOOD.replace("[token]", '[keys]\nblocked = "inputs/blocked.txt"\n\n[token]'),
        "REQ-KEY-BLOCKED", "a key on the site's own list", exit=1, says="REQ-KEY-BLOCKED")
INPUTS["inputs/blocked.txt"] = (digest("sha256", A.spki()).hex() + "\n").encode()

ANY = 'base = "vault"\nextended_key_usage = ["anyExtendedKeyUsage"]'
DOTTED = 'base = "vault"\npermitted = { dns = [".acme.example"] }'


def with_changes(*changes, policy="private"):
    text = GOOD.replace(T, f'{T}\npolicy = "{policy}"')
    for old, new in changes:
        if old not in text:
            raise ValueError(old)
        text = text.replace(old, new, 1)
    return text


def judged(name_, check, why, *changes, policy="private"):
    """A root, profile or CRL that is known to break clients."""
    refused(name_, with_changes(*changes, policy=policy), check, why, exit=1, says=check)


def told(name_, check, why, *changes):
    refused(name_, with_changes(*changes), None, why, exit=0, notice=check)


def by_policy(name_, check, why, *changes):
    """Refused under webtrust, told under private."""
    judged(name_ + "-webtrust", check, why, *changes, policy="webtrust")
    told(name_ + "-private", check, why, *changes)


def waived(name_, check, why, *changes):
    judged(name_, check, why, *changes)
    text = with_changes(*changes) + WAIVER % (check, "etcd", "eve")
    refused(name_ + "-waived", text, None, why + "; waived", exit=0, says=f"WAIVED {check} ")


B = 'base = "vault"'
by_policy("judged-root-no-c", "ROOT-SUBJECT", "a root without a country", ('C = "DE", ', ""))
by_policy("judged-root-short", "ROOT-VALIDITY", "a root under eight years", ('"20y"', '"7y"'))
by_policy("judged-root-long", "ROOT-VALIDITY", "a root over 25 years", ('"20y"', '"30y"'))
by_policy("judged-no-crl-url", "PROFILE-CRL-URL", "nowhere to learn of a revocation",
          (B, B + '\npolicies = [{ oid = "2.23.140.1.2.1" }]'))
by_policy("judged-eku-none", "PROFILE-EKU", "no usages: good for everything", (B, B + "\nextended_key_usage = []"))
by_policy("judged-crl-year", "CRL-NEXT-UPDATE", "a year and a day, in leap years", ('"6mo"', '"12mo"'))
judged("judged-no-policy", "PROFILE-POLICIES", "no certificate policy", policy="webtrust")
told("judged-no-policy-private", "PROFILE-CRL-URL", "the same is no fault in a private hierarchy")
told("judged-root-p521", "ROOT-KEY", "a key that ring does not know", ("ec:P-384", "ec:P-521"))
told("judged-path-length-none", "PROFILE-PATH-LENGTH", "CAs without end below it", (B, B + '\npath_length = "none"'))
told("judged-profile-long", "PROFILE-VALIDITY", "over eight years", ('"5y"', '"10y"'))
told("judged-constraints-ip", "PROFILE-CONSTRAINTS", "names are constrained, addresses are not",
     (B, B + '\npermitted = { dns = ["acme.example"] }'))
waived("profile-any-eku", "PROFILE-EKU-ANY", "every purpose: five verifiers refuse it", (B, ANY))
waived("judged-leading-dot", "PROFILE-CONSTRAINTS-FORM", "a leading dot: pyca refuses it", (B, DOTTED))

# A waiver is of one step, and not of another with the same fault.
SECOND = '''
[[step]]
id = "second"
do = "issue-intermediate"
mount = "pki/second"
request = "inputs/%s.csr"
profile = "leaf-issuer"
'''
ETCD = WAIVER % ("%s", "etcd", "eve")
refused("waiver-other-profile", with_changes((B, ANY)) + SECOND % "kubernetes" + ETCD % "PROFILE-EKU-ANY",
        "PROFILE-EKU-ANY", "two steps with any purpose, and a waiver for one", exit=1, says="refused: PROFILE-EKU-ANY")
for word in ("one", "two"):
    INPUTS[f"inputs/no-ca-{word}.csr"] = pem(csr(Ec(P256, "no ca " + word), name(("CN", word + " CA")),
                                                 attributes=[wishes(extension(BC, seq()))]))
refused("waiver-other-request", with_changes((P, 'request = "inputs/no-ca-one.csr"')) + SECOND % "no-ca-two"
        + ETCD % "REQ-CONTRADICTION", "REQ-CONTRADICTION", "two requests to be no CA, and a waiver for one",
        exit=1, says="inputs/no-ca-two.csr")

# What Linkerd takes, under a root that it takes.
MESH = (B, 'base = "linkerd"')
ANCHOR = ("ec:P-384", "ec:P-256")
refused("linkerd", with_changes(MESH, ANCHOR), None, "a P-256 anchor above a P-256 key", exit=0)
refused("linkerd-rsa", with_changes(MESH, ("ec:P-384\"", "rsa:4096\"\ndigest = \"sha256\"")), None,
        "an RSA anchor that signs SHA-256", exit=0)
for key in ("ec:P-384", "ec:P-521", "ed25519", "rsa:3072", "rsa:4096"):
    judged("linkerd-anchor-" + key.replace(":", "-").lower(), "PROFILE-LINKERD-ANCHOR",
           f"{key} as it signs by default: no anchor for Linkerd", MESH, ("ec:P-384", key))
judged("linkerd-path-length-0", "PROFILE-LINKERD-PATH-LENGTH", "no identity issuer can stand below it",
       (B, 'base = "linkerd"\npath_length = 0'), ANCHOR)
by_policy("linkerd-short", "PROFILE-LINKERD-VALIDITY", "it ends before linkerd check is content",
          (B, 'base = "linkerd"\npolicies = [{ oid = "2.23.140.1.2.1" }]\ncrl_url = "http://pki.example/a.crl"'),
          ('"5y"', '"59d"'), ANCHOR)
for word, signer in (("p384", EC384), ("ed25519", ED)):
    INPUTS[f"inputs/linkerd-{word}.csr"] = pem(csr(signer, name(("CN", "vault.linkerd.cluster.local"))))
    judged(f"linkerd-key-{word}", "REQ-KEY-LINKERD", "a key whose signatures Linkerd refuses", MESH, ANCHOR,
           (P, f'request = "inputs/linkerd-{word}.csr"'))

# Anchors that clients are given beside the root.
TRUST = 'next_update = "6mo"\n'
INPUTS["inputs/anchor.pem"] = pem(certificate(EC256, subject=SUBJECT), "CERTIFICATE")


def trusting(*also):
    files = ", ".join(f'"inputs/{one}"' for one in also)
    return TRUST, TRUST + f'\n[handover.trust_bundle]\nname = "roots"\nalso = [{files}]\n'


refused("trust", with_changes(trusting("root.pem", "anchor.pem")), None, "two anchors beside the root", exit=0)
judged("trust-twice", "TRUST-ANCHORS", "an anchor twice", trusting("root.pem", "anchor.pem", "root.pem"))
judged("trust-intermediate", "CERT-ISSUER", "an intermediate as an anchor", trusting("leaf.pem"))
judged("trust-request", "CERT-CONTAINER", "a request as an anchor", trusting("etcd.csr"))
refused("linkerd-trust", with_changes(MESH, ANCHOR, trusting("anchor.pem")), None,
        "a P-256 anchor beside a P-256 anchor", exit=0)
judged("linkerd-trust-p384", "PROFILE-LINKERD-ANCHOR", "an anchor that Linkerd refuses beside one that it takes",
       MESH, ANCHOR, trusting("root.pem"))
for word, old, new, says in (
    ("name", '"roots"', '"Trust Roots"', "Kubernetes"), ("name-quote", '"roots"', '"a\\"b"', "Kubernetes"),
    ("key", '"roots"', '"roots"\nkey = "a/b"', "ConfigMap"),
    ("label", '"roots"', '"roots"\nnamespaces = { "a b" = "c" }', "label"),
    ("field", '"roots"', '"roots"\nsources = []', "sources"), ("no-name", 'name = "roots"\n', "", "name"),
    ("path", "inputs/root.pem", "../root.pem", ".."), ("missing", "inputs/root.pem", "inputs/none.pem", "none.pem"),
):
    refused(f"trust-{word}", with_changes(trusting("root.pem")).replace(old, new, 1), "FILE",
            f"a trust bundle with a wrong {word}", exit=3, says=says)

for check in ("PROFILE-EKU-NESTED", "PROFILE-POLICIES"):
    changed("waiver-" + check.lower(), 'next_update = "6mo"\n', 'next_update = "6mo"\n' + WAIVER % (check, "etcd", "eve"),
            "what always refuses cannot be waived", check)
