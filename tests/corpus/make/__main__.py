"""Writes the corpus and its manifest: python3 -m make, from tests/corpus. Deterministic."""

import json
import pathlib
import shutil

from . import (bundles, ceremonies, certificates, crls, request_container, request_der, request_good,  # noqa: F401
               request_key, request_name, request_signature, transcripts)
from .items import ITEMS

ROOT = pathlib.Path(__file__).parent.parent


def main():
    for kind in ("request", "certificate", "crl", "bundle", "transcript", "ceremony"):
        shutil.rmtree(ROOT / kind, ignore_errors=True)
    for item in ITEMS:
        path = ROOT / item.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(item.data)
    for path, data in ceremonies.INPUTS.items():
        path = ROOT / "ceremony" / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    # One line an item, so that a change shows as its lines.
    lines = [json.dumps(item.line(), ensure_ascii=True) for item in ITEMS]
    (ROOT / "manifest.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    taken = sum(item.check is None for item in ITEMS)
    print(f"{len(ITEMS)} items: {len(ITEMS) - taken} to refuse, {taken} to take")


main()
