"""pyca/cryptography: its verifier (RFC 5280 with the shape of the web PKI), and its CRLs.

Called with ROOT INTERMEDIATE [CRL] [LEAF]; see say.sh for what a judge prints.
"""

import sys

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store


def say(name, judge):
    try:
        verdict, words = "PASS", judge()
    except Exception as error:  # whatever it is, it is the judge's word
        verdict, words = "FAIL", f"{type(error).__name__}: {error}"
    print(verdict, name, " ".join(str(words).split())[:300])


def certificate(path):
    with open(path, "rb") as file:
        return x509.load_pem_x509_certificate(file.read())


def main(root, intermediate, crl=None, leaf=None):
    root, intermediate = certificate(root), certificate(intermediate)

    def signed():
        root.verify_directly_issued_by(root)
        intermediate.verify_directly_issued_by(root)
        return "names and signatures"

    say("pyca-signatures", signed)
    if leaf:
        verifier = PolicyBuilder().store(Store([root]))
        name = x509.DNSName("www.example.com")

        def server():
            chain = verifier.build_server_verifier(name).verify(certificate(leaf), [intermediate])
            return f"a chain of {len(chain)}"

        def client():
            found = verifier.build_client_verifier().verify(certificate(leaf), [intermediate])
            return f"a chain of {len(found.chain)}"

        say("pyca-server", server)
        say("pyca-client", client)
    if crl:
        with open(crl, "rb") as file:
            crl = x509.load_pem_x509_crl(file.read())

        def sound():
            if not crl.is_signature_valid(root.public_key()):
                raise ValueError("the CRL's signature does not verify")
            crl.extensions  # reads them all
            return "signature and extensions"

        def revoked():
            entry = crl.get_revoked_certificate_by_serial_number(intermediate.serial_number)
            if entry:
                raise ValueError(f"revoked: {list(entry.extensions)}")
            return "not in the list"

        say("pyca-crl", sound)
        say("pyca-revocation", revoked)


main(*sys.argv[1:])
