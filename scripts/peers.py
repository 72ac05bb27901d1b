#!/usr/bin/env python3
"""What other tools do with the corpus: make peers. Python 3 alone; a tool that is missing is left
out. Prints a page for docs/peers.md.

openssl, certtool and cfssl are asked to sign each request with a CA that is made for this run, and
to verify each certificate and CRL under its issuer. What they write is read, not their exit codes:
openssl 3.0 ends with 0 where a signature is broken.
"""

import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent.parent
CORPUS = HERE / "tests" / "corpus"
PROGRAM = subprocess.run(
    ["sh", HERE / "scripts" / "program.sh"], stdout=subprocess.PIPE, text=True, check=True
).stdout.rstrip("\n")
TEMPLATE = "cn = \"signed\"\nca\ncert_signing_key\nexpiration_days = 1\nhonor_crq_extensions\n"
CONFIG = {"signing": {"default": {"expiry": "24h", "usages": ["cert sign"]}}}
# Bundles, transcripts and ceremony files are our own: no other tool has a word for them.
KINDS = ("request", "certificate", "crl")
# What a terminal obeys: controls but tab and line ends, C1 controls, bidi and invisible marks.
RAW = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def run(*command):
    """Everything the tool writes, and whether something in it is obeyed by a terminal."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    except subprocess.TimeoutExpired:
        return False, "timeout", False
    written = (done.stdout + done.stderr).decode("utf-8", "replace")
    return done.returncode == 0, written, bool(RAW.search(written))


class Openssl:
    name, kinds = "openssl", KINDS

    def __init__(self, folder):
        self.folder = folder
        self.key, self.ca = str(folder / "ca.key"), str(folder / "ca.pem")
        self.version = run("openssl", "version")[1].split()[1]

    def request(self, path, out):
        form = ["-inform", "DER"] if path.endswith(".der") else []
        _, _, shown = run("openssl", "req", *form, "-in", path, "-noout", "-text")
        _, said, raw = run("openssl", "x509", "-req", *form, "-in", path, "-CA", self.ca, "-CAkey",
                           self.key, "-set_serial", "5", "-days", "1", "-out", out)
        return "signature ok" in said and made(out), raw or shown

    def certificate(self, path, issuer):
        _, _, shown = run("openssl", "x509", "-in", path, "-noout", "-text")
        ok, said, raw = run("openssl", "verify", "-x509_strict", "-check_ss_sig", "-CAfile",
                            issuer or path, path)
        return ok and ": OK" in said, raw or shown

    def crl(self, path, issuer):
        _, said, raw = run("openssl", "crl", "-in", path, "-noout", "-text", "-CAfile", issuer)
        return "verify OK" in said, raw


class Certtool:
    name, kinds = "certtool", KINDS

    def __init__(self, folder):
        self.template = folder / "template"
        self.template.write_text(TEMPLATE)
        self.key, self.ca = str(folder / "ca.key"), str(folder / "ca.pem")
        self.version = run("certtool", "--version")[1].split("\n")[0].split()[-1]

    def request(self, path, out):
        form = ["--inder"] if path.endswith(".der") else []
        _, _, shown = run("certtool", "--crq-info", *form, "--infile", path)
        _, _, raw = run("certtool", "--generate-certificate", *form, "--load-request", path,
                        "--load-ca-certificate", self.ca, "--load-ca-privkey", self.key,
                        "--template", str(self.template), "--outfile", out)
        return made(out), raw or shown

    def certificate(self, path, issuer):
        form = ["--inder"] if path.endswith(".der") else []
        _, said, raw = run("certtool", "--verify", *form, "--load-ca-certificate", issuer or path,
                           "--infile", path)
        return "The certificate is trusted" in said, raw

    def crl(self, path, issuer):
        form = ["--inder"] if path.endswith(".der") else []
        _, said, raw = run("certtool", "--verify-crl", *form, "--load-ca-certificate", issuer,
                           "--infile", path)
        return "Verified" in said and "Not verified" not in said, raw


class Cfssl:
    name, kinds = "cfssl", ("request",)

    def __init__(self, folder):
        self.program = os.environ.get("CFSSL", "cfssl")
        self.config = folder / "cfssl.json"
        self.config.write_text(json.dumps(CONFIG))
        self.key, self.ca = str(folder / "ca.key"), str(folder / "ca.pem")
        # Built from the module it calls itself "dev".
        self.version = os.environ.get("CFSSL_VERSION", "of unknown version")

    def request(self, path, out):
        _, said, raw = run(self.program, "sign", "-ca", self.ca, "-ca-key", self.key, "-config",
                           str(self.config), path)
        return '"cert"' in said, raw


def ours(item):
    command = [PROGRAM, "inspect", item["path"], "--as", item["kind"]]
    if "issuer" in item:
        command += ["--issuer", item["issuer"]]
    ok, _, raw = run(*command)
    return ok, raw


def made(path):
    """Whether a tool wrote a certificate; the file is taken away."""
    file = pathlib.Path(path)
    written = file.exists() and b"BEGIN CERTIFICATE" in file.read_bytes()
    file.unlink(missing_ok=True)
    return written


def peers(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-days", "2",
                    "-subj", "/CN=peers"], check=True, capture_output=True)
    cfssl = os.environ.get("CFSSL", "cfssl")
    found = [(Openssl, "openssl"), (Certtool, "certtool"), (Cfssl, cfssl)]
    return [peer(folder) for peer, program in found if shutil.which(program)]


def judged(peer, item, folder):
    if item["kind"] not in peer.kinds:
        return None
    if item["kind"] == "request":
        # What only the root or a ceremony can tell is no question to these tools.
        out = str(folder / f"{peer.name}-{item['path'].replace('/', '-')}.out")
        return None if "issuer" in item else peer.request(item["path"], out)
    issuer = item.get("issuer")
    if item["kind"] == "crl":
        return peer.crl(item["path"], issuer or "certificate/good/root-p384.pem")
    alone = "intermediate" in item["path"]
    return peer.certificate(item["path"], issuer or ("certificate/good/root-p384.pem" if alone else None))


def main():
    os.chdir(CORPUS)
    items = [item for item in json.loads((CORPUS / "manifest.json").read_text())
             if item["kind"] in KINDS]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        all_peers = peers(folder)
        with ThreadPoolExecutor(2) as pool:
            results = {peer.name: list(pool.map(lambda item, peer=peer: judged(peer, item, folder), items))
                       for peer in all_peers}
            results["anchorite"] = list(pool.map(ours, items))
    print(page(items, all_peers, results))


def page(items, all_peers, results):
    commit = subprocess.run(["git", "describe", "--always"], cwd=HERE, capture_output=True, text=True)
    versions = ", ".join(f"{peer.name} {peer.version}" for peer in all_peers)
    lines = ["# What other tools do with the corpus", "",
             "Written by `make peers` from `tests/corpus/`; do not edit.", "",
             f"{datetime.date.today()}, anchorite at {commit.stdout.strip()}; {versions}.", "",
             "A cell counts items: the hostile ones that a tool signs or accepts, the good ones that it",
             "refuses, and those at which it wrote bytes that a terminal obeys. Tools have other duties",
             "than ours: one that signs for leaves need not refuse what a root must. cfssl reads no",
             "certificates or CRLs this way.", ""]
    names = [*[peer.name for peer in all_peers], "anchorite"]
    for kind in KINDS:
        lines += table(kind, [(at, item) for at, item in enumerate(items) if item["kind"] == kind], names, results)
    return "\n".join(lines)


def table(kind, those, names, results):
    word = {"request": "signs", "certificate": "accepts", "crl": "accepts"}[kind]
    names = [name for name in names if any(results[name][at] is not None for at, _ in those)]
    lines = [f"## {kind.capitalize() if kind != 'crl' else 'CRL'}s", "",
             "| group | items | " + " | ".join(names) + " |", "| --- " * (len(names) + 2) + "|"]
    groups = sorted({item["path"].split("/")[1] for _, item in those})
    totals = {name: [0, 0, 0] for name in names}
    for group in groups:
        inside = [(at, item) for at, item in those if item["path"].split("/")[1] == group]
        cells = []
        for name in names:
            counts = count(inside, results[name])
            totals[name] = [a + b for a, b in zip(totals[name], counts)]
            cells.append(words(counts, word))
        lines.append(f"| {group} | {len(inside)} | " + " | ".join(cells) + " |")
    cells = [f"**{words(totals[name], word)}**" for name in names]
    lines.append(f"| all | {len(those)} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def count(inside, result):
    hostile = good = raw = 0
    for at, item in inside:
        if result[at] is None:
            continue
        taken, obeyed = result[at]
        hostile += taken and item["verdict"] == "refuse"
        good += not taken and item["verdict"] == "take"
        raw += obeyed
    return [hostile, good, raw]


def words(counts, word):
    hostile, good, raw = counts
    parts = [f"{word} {hostile} hostile"] if hostile else []
    parts += [f"refuses {good} good"] if good else []
    parts += [f"raw bytes {raw}"] if raw else []
    return ", ".join(parts) or "0"


sys.exit(main())
