#!/usr/bin/env python3
"""The next CRL after one of a million entries, rehearsed on SoftHSM.

    python3 scripts/big-crl.py ANCHORITE [ENTRIES]

Makes a root with openssl and a CRL of it with so many entries, names that as `previous`, and
rehearses `issue-crl` and one revocation. Prints seconds and peak memory of plan, rehearse,
verify and inspect.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

CEREMONY = """format = "anchorite/ceremony/0"
id = "big"
title = "The CRL after a big one"
[token]
label = "big"
[root]
certificate = "root.pem"
[[step]]
id = "gone"
do = "revoke"
serial = "7f000000000000000000000000000001"
reason = "superseded"
[[step]]
id = "crl"
do = "issue-crl"
previous = "previous.crl"
"""


def der(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def openssl(folder, *arguments, **more):
    done = subprocess.run(
        ["openssl", *arguments], cwd=folder, check=True, capture_output=True, **more
    )
    return done.stdout


def field(certificate, path):
    """The raw bytes of an element of the certificate's body, by its place."""

    def elements(data):
        at = 0
        while at < len(data):
            start, size, at = at, data[at + 1], at + 2
            if size & 0x80:
                octets = size & 0x7F
                size, at = int.from_bytes(data[at : at + octets], "big"), at + octets
            yield data[start : at + size], data[at : at + size]
            at += size

    body = list(elements(list(elements(certificate))[0][1]))[0][1]
    return list(elements(body))[path][0]


def previous(folder, entries):
    """A CRL of the root with so many entries, each with a reason."""
    certificate = openssl(folder, "x509", "-in", "root.pem", "-outform", "DER")
    text = openssl(folder, "x509", "-in", "root.pem", "-noout", "-ext", "subjectKeyIdentifier")
    key_id = bytes.fromhex(text.decode().split("\n")[1].strip().replace(":", ""))
    date = der(0x17, b"250601000000Z")
    reason = bytes.fromhex("300c300a0603551d1504030a0105")
    listed = b"".join(
        der(0x30, der(2, b"\x41" + serial.to_bytes(15, "big")), date, reason)
        for serial in range(entries)
    )
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    authority = der(0x30, der(6, b"\x55\x1d\x23"), der(4, der(0x30, der(0x80, key_id))))
    number = der(0x30, der(6, b"\x55\x1d\x14"), der(4, der(2, b"\x07")))
    body = der(
        0x30,
        der(2, b"\x01"),
        algorithm,
        field(certificate, 5),
        der(0x17, time.strftime("%y%m%d%H%M%SZ", time.gmtime()).encode()),
        der(0x17, b"491231000000Z"),
        der(0x30, listed),
        der(0xA0, der(0x30, authority, number)),
    )
    (folder / "body").write_bytes(body)
    signature = openssl(folder, "dgst", "-sha256", "-sign", "root.key", "body")
    crl = der(0x30, body, algorithm, der(3, b"\0", signature))
    (folder / "previous.crl").write_bytes(crl)
    return len(crl)


def measured(name, wanted, *command):
    start = time.time()
    pid = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = pid.stderr.read()
    # What it and the processes that it started used: the rehearsal starts itself once more.
    _, status, usage = os.wait4(pid.pid, 0)
    code = status >> 8
    if code != wanted:
        sys.exit(f"{name} ended with {code}: {said.decode()}")
    print(f"{name:<10}  {time.time() - start:6.1f} s  {usage.ru_maxrss // 1024:6} MiB", flush=True)


def main():
    anchorite = str(pathlib.Path(sys.argv[1]).resolve())
    entries = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "root.key")
        openssl(
            folder, "req", "-x509", "-new", "-key", "root.key", "-out", "root.pem", "-days", "3650",
            "-subj", "/C=DE/O=Acme/CN=Acme Root", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        )  # fmt: skip
        size = previous(folder, entries)
        # The next one is of a later second.
        time.sleep(2)
        print(f"previous.crl: {entries} entries, {size / 1048576:.1f} MiB", flush=True)
        (folder / "big.toml").write_text(CEREMONY)
        toml, keep = str(folder / "big.toml"), str(folder / "keep")
        measured("plan", 0, anchorite, "plan", toml)
        measured("rehearse", 0, anchorite, "rehearse", toml, "--keep", keep)
        ceremony = folder / "keep/ledger/0001-big"
        root = str(ceremony / "out/root.pem")
        measured("verify", 8, anchorite, "verify", str(folder / "keep/ledger"), "--root", root)
        crl = str(ceremony / "out/root.crl")
        measured("inspect", 0, anchorite, "inspect", crl, "--issuer", root)
        lines = openssl(folder, "crl", "-in", crl, "-noout", "-text").decode()
        print("entries now:", lines.count("Serial Number:"))
        for name in ("ceremony.plan", "ceremony.lock"):
            print(name, (ceremony / "script" / name).stat().st_size, "octets")


main()
