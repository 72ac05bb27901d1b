#!/usr/bin/env python3
"""Records docs/demo.cast: a person's first rehearsal, as the real program shows it.

    make cast         builds, records, writes docs/demo.cast (asciicast version 2)

A shell runs in a terminal of its own; commands are typed into it, and the program's questions are
answered as a person answers them from the printed plan. The only thing that is changed is time:
no pause is longer than PAUSE seconds.
"""
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

COLUMNS, ROWS = 92, 30
PAUSE = 1.2
PROMPT = "$ "
LIMIT = 120
SEALED = "rehearsal/ledger/0001-acme-root-g1"
COMMANDS = [
    "anchorite new first-root > first-root.toml",
    "anchorite plan first-root.toml > plan.txt",
    "anchorite rehearse first-root.toml --keep rehearsal --interactive",
    f"head -n 6 {SEALED}/SEAL.txt",
    f"anchorite verify {SEALED} --root {SEALED}/out/root.pem",
    f"cd {SEALED} && sha256sum --quiet -c SHA256SUMS && cd - >/dev/null",
    f"openssl verify -x509_strict -CAfile {SEALED}/out/root.pem {SEALED}/out/pki/etcd/intermediate.pem",
    f"find {SEALED}/out -type f | sort",
]


def paper(plan):
    """The printed plan's words: the name of each digest, its 32 words."""
    lines = plan.splitlines()
    words = {}
    for row, line in enumerate(lines):
        if line.endswith(", digest:"):
            cells = " ".join(lines[row + 2 : row + 10]).split()
            words[line[: -len(", digest:")].lower()] = cells[1::2]
    return words


def answer(asked, plan):
    """What a person types at this question, or None where it is none."""
    asked = re.sub(r"\s+", " ", asked)
    found = re.findall(r"From the printed plan, type word (\d+) and word (\d+) of (.+?)'s digest:", asked)
    if found:
        first, second, what = found[-1]
        what = what.removeprefix("the ").lower()
        words = paper(plan)
        name = next(name for name in words if name == what or name.startswith(what + " ("))
        return " ".join(words[name][int(number) - 1] for number in (first, second))
    if found := re.findall(r"The laptop's clock says (\S{10})", asked):
        return found[-1]
    if "PIN of the token:" in asked:
        return "rehearsal"
    if "to generate the root key in it:" in asked:
        return "rehearsal-acme-root-g1"
    if 'Type "seal"' in asked:
        return "seal"
    return None


class Recording:
    def __init__(self, folder, environment):
        self.folder = folder
        self.events = []
        self.now = 0.0
        self.last = time.monotonic()
        self.screen = ""
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(folder)
            os.execvpe("dash", ["dash", "-i"], environment)
        import fcntl, struct, termios

        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def pump(self, wait):
        """Reads what the screen got; False where nothing came in time."""
        if not select.select([self.terminal], [], [], wait)[0]:
            return False
        text = os.read(self.terminal, 65536).decode("utf-8", "replace")
        now = time.monotonic()
        self.now += min(now - self.last, PAUSE)
        self.last = now
        self.screen += text
        self.events.append([round(self.now, 3), "o", text])
        return True

    def type(self, text):
        for character in text:
            os.write(self.terminal, character.encode())
            self.pump(0.2)
            time.sleep(0.03)
        time.sleep(0.6)
        os.write(self.terminal, b"\r")

    def command(self, text):
        """Types it, answers what it asks, waits for the shell."""
        self.type(text)
        begun = len(self.screen)
        ends = time.monotonic() + LIMIT
        while time.monotonic() < ends:
            if self.pump(0.7):
                continue
            said = self.screen[begun:].replace("\r", "")
            if said.endswith("\n" + PROMPT):
                return
            plan = os.path.join(self.folder, "plan.txt")
            plan = open(plan).read() if os.path.exists(plan) else ""
            typed = answer(said[-1200:], plan) if said.endswith("> ") or said.endswith(": ") or said.endswith(":") else None
            if typed is None and re.search(r"\[[^\n]*\]:\s*(> )?$", said):
                typed = ""
            if typed is not None:
                time.sleep(0.5)
                self.type(typed)
                begun = len(self.screen)
        sys.exit(f"cast: {text}: no end in {LIMIT} s:\n{self.screen[-2000:]}")


def main(program, target):
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/requests")
        for name in ("etcd", "kubernetes"):
            subprocess.run(
                ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-keyout", f"{folder}/{name}.key", "-subj", f"/CN=Acme {name} CA", "-out", f"{folder}/requests/{name}.csr"],
                check=True, capture_output=True,
            )
        environment = {
            "PATH": os.path.dirname(os.path.abspath(program)) + ":" + os.environ["PATH"],
            "HOME": folder, "TERM": "xterm", "LC_ALL": "C.UTF-8", "PS1": PROMPT, "PS2": "> ",
        }
        recording = Recording(folder, environment)
        while not recording.screen.endswith(PROMPT):
            recording.pump(5)
        for command in COMMANDS:
            recording.command(command)
        if failed := re.findall(r"^(?:error|refused|stopped|dash): .*", recording.screen.replace("\r", ""), re.M):
            sys.exit(f"cast: the recording shows a mistake: {failed[0]}")
        os.kill(recording.child, signal.SIGHUP)
        os.waitpid(recording.child, 0)
        subprocess.run(["chmod", "-R", "u+w", folder], check=True)
    header = {"version": 2, "width": COLUMNS, "height": ROWS, "title": "anchorite: a first rehearsal"}
    with open(target, "w") as out:
        for line in [header, *recording.events]:
            out.write(json.dumps(line) + "\n")
    print(f"cast: {target}: {len(recording.events)} events, {recording.now:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
