"""pkilint: certificates and the pair of them by RFC 5280, the CRL as a CA's.

Called with ROOT INTERMEDIATE [CRL] [LEAF]; see say.sh for what a judge prints.
"""

import contextlib
import io
import sys

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


def main(root, intermediate, crl=None, leaf=None):
    say("pkilint-root", lint_pkix_cert, root)
    say("pkilint-intermediate", lint_pkix_cert, intermediate)
    say("pkilint-pair", lint_pkix_signer_signee_cert_chain, root, intermediate)
    if crl:
        say("pkilint-crl", lint_crl, "-t", "ARL", "-p", "PKIX", crl)


main(*sys.argv[1:])
