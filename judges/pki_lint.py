"""pkilint: certificates and the pair of them by RFC 5280, the CRL as a CA's.

Called with ROOT INTERMEDIATE [CRL] [LEAF]; see say.sh for what a judge prints.
"""

import base64
import contextlib
import io
import os
import sys
import tempfile

from pkilint.bin import lint_crl, lint_pkix_cert, lint_pkix_signer_signee_cert_chain


def say(name, lint, *arguments):
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        try:
            findings = lint.main(["lint", "-s", "WARNING", *arguments])
        except Exception as error:  # it dies of some inputs
            findings = f"{type(error).__name__}: {error}"
    words = " ".join(f"{findings} {told.getvalue()}".split())[:300] if findings else "no finding"
    print("FAIL" if findings else "PASS", name, words)


def der(folder, path):
    """The DER of a PEM file: pkilint takes no comment before the first block."""
    with open(path, encoding="ascii") as file:
        body = file.read().split("-----")[2]
    made = os.path.join(folder, os.path.basename(path) + str(len(os.listdir(folder))))
    with open(made, "wb") as file:
        file.write(base64.b64decode(body))
    return made


def main(root, intermediate, crl=None, leaf=None):
    with tempfile.TemporaryDirectory() as folder:
        root, intermediate = der(folder, root), der(folder, intermediate)
        say("pkilint-root", lint_pkix_cert, root)
        say("pkilint-intermediate", lint_pkix_cert, intermediate)
        say("pkilint-pair", lint_pkix_signer_signee_cert_chain, root, intermediate)
        if crl:
            say("pkilint-crl", lint_crl, "-t", "ARL", "-p", "PKIX", der(folder, crl))


main(*sys.argv[1:])
