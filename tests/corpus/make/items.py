"""The table that the groups fill: one entry is one file and one line of the manifest."""

import hashlib
from dataclasses import dataclass


@dataclass
class Item:
    path: str
    data: bytes
    kind: str
    check: str | None
    why: str
    extra: dict

    def line(self):
        """Its line in the manifest. `check` is the one that must refuse it; without, it is taken."""
        entry = {"path": self.path, "kind": self.kind,
                 "verdict": "refuse" if self.check else "take"}
        if self.check:
            entry["check"] = self.check
        entry.update(self.extra)
        entry["why"] = self.why
        entry["sha256"] = hashlib.sha256(self.data).hexdigest()
        return entry


ITEMS: list[Item] = []
SUFFIX = {"request": ".csr", "certificate": ".pem", "crl": ".crl", "bundle": ".pem",
          "transcript": ".jsonl", "ceremony": ".toml"}


def group(kind, folder):
    """The function that adds an item to a group."""
    def add(name, data, check, why, **extra):
        path = f"{kind}/{folder}/{name}" if folder else f"{kind}/{name}"
        data = data if isinstance(data, bytes) else data.encode()
        path += ".der" if data[:1] == b"\x30" and b"-----" not in data else SUFFIX[kind]
        if any(item.path == path for item in ITEMS):
            raise ValueError(f"{path} twice")
        ITEMS.append(Item(path, data, kind, check, why, extra))
    return add
