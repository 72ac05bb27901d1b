"""Transcripts: lines that name the digest of the line before, and what people, disks and editors do
to them. The chain alone is asked; what only the seal can tell is taken, and its item says so."""

import hashlib
import json

from .items import group

bad = group("transcript", "hostile")
good = group("transcript", "good")
CHAIN = "VERIFY-CHAIN"
PREV = "prev is not the digest of the line before"
LIMIT = 64 * 1024

EVENTS = [
    ("step-begun", {"step_number": 1, "steps": 1, "does": "issue-crl", "title": "First CRL"}),
    ("question", {"id": "clock", "text": "Is it 2026-02-01 09:00?"}),
    ("answer", {"id": "clock", "value": "no", "accepted": False}),
    ("question", {"id": "clock", "text": "Is it 2026-02-01 10:00?"}),
    ("answer", {"id": "clock", "value": "yes", "accepted": True}),
    ("interrupted", {"at": "before the signature"}),
    ("close", {"outcome": "completed", "signatures_asked": 0, "signatures_kept": 0}),
]


def line(n, prev, kind, data, **changes):
    fields = {"n": n, "prev": prev, "time": f"2026-02-01T09:00:{n:02}Z", "mono_ms": 1000 * n, "type": kind,
              "step": "crl", "actor": "operator", "data": data, **changes}
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def lines(events=EVENTS, change=lambda at, raw: raw, first=1, prev="0" * 64, skip=None):
    """Each line is changed before the next one names it: the chain itself holds."""
    written = []
    for at, (kind, data) in enumerate(events, first):
        raw = change(at, line(at + (skip is not None and at >= skip), prev, kind, data))
        written.append(raw)
        prev = hashlib.sha256(raw).hexdigest()
    return written


def replaced(number, old, new):
    """A transcript whose line `number` has `new` in place of `old`, and whose chain holds."""
    def change(at, raw):
        if at == number and old not in raw:
            raise ValueError(f"{old} is not in line {number}")
        return raw.replace(old, new, 1) if at == number else raw
    return b"".join(lines(change=change))


def of_length(octets):
    """One line of just so many octets."""
    empty = len(line(1, "0" * 64, "interrupted", {"at": ""}))
    return line(1, "0" * 64, "interrupted", {"at": "a" * (octets - empty)})


L = lines()
WHOLE = b"".join(L)


def broken(name, data, says, why):
    bad(name, data, CHAIN, why, says=says)


broken("line-edited", WHOLE.replace(b'"value":"no"', b'"value":"ok"'), f"line 4: {PREV}", "an answer was edited")
FORM = "the line is not in the one form that is written"
broken("space-added", replaced(2, b'"step":"crl"', b'"step": "crl"'), f"line 2: {FORM}",
       "the same JSON in other octets: an editor put it in order")
broken("lines-swapped", b"".join([L[0], L[2], L[1], *L[3:]]), f"line 2: {PREV}", "two lines changed places")
broken("line-missing", b"".join(L[:2] + L[3:]), f"line 3: {PREV}", "a line was taken out")
broken("line-twice", b"".join(L[:3] + L[2:]), f"line 4: {PREV}", "a line stands twice")
broken("beginning-missing", b"".join(L[1:]), f"line 1: {PREV}", "the first line is missing")
broken("prev-wrong", b"".join(lines(prev="1" * 64)), f"line 1: {PREV}", "the first line names a line before it")
broken("two-spliced", WHOLE + b"".join(lines(EVENTS[:2])), f"line 8: {PREV}", "another transcript was added")
broken("number-jump", b"".join(lines(skip=4)), "line 4: n is 5, not 4", "a number is left out, and the chain was made anew")
broken("number-from-zero", b"".join(lines(first=0)), "line 1: n is 0, not 1", "entries are counted from 1")
broken("torn-tail", WHOLE[:-9], "line 7: the line does not end with LF", "power was lost in the last line")
broken("torn-zeros", b"".join(L[:3]) + bytes(512), "line 4: the line does not end with LF",
       "a file system's zeros after the last whole line")
broken("crlf", WHOLE.replace(b"\n", b"\r\n"), "line 1: the line holds a control character", "line ends of Windows")
broken("crlf-chained", b"".join(lines(change=lambda at, raw: raw[:-1] + b"\r\n")),
       "line 1: the line holds a control character", "line ends of Windows, and the chain made over them")
broken("byte-order-mark", b"\xef\xbb\xbf" + WHOLE, "line 1: ", "a byte order mark")
broken("empty-line", replaced(3, b'{"n"', b'\n{"n"'), "line 3: ", "an empty line between two entries")
broken("raw-esc", replaced(3, b'"no"', b'"\x1b[31mno"'), "line 3: the line holds a control character",
       "a raw escape code in an answer")
broken("not-utf-8", replaced(3, b'"no"', b'"n\xf6"'), "line 3: the line is not UTF-8", "Latin-1 in an answer")
broken("key-twice", replaced(3, b'"value":"no"', b'"value":"yes","value":"no"'), "comes twice",
       "a duplicate key: readers differ in which one they take")
broken("key-twice-outside", replaced(3, b'"step":"crl"', b'"actor":"bob","step":"crl"'), "comes twice",
       "a duplicate key beside type and data")
broken("float", replaced(3, b'"mono_ms":3000', b'"mono_ms":3000.0'), "integers only", "a fraction")
broken("number-exponent", replaced(3, b'"mono_ms":3000', b'"mono_ms":3e3'), "integers only", "an exponent")
broken("number-2-64", replaced(3, b'"mono_ms":3000', b'"mono_ms":18446744073709551616'), "integers only",
       "a number that readers round")
broken("field-missing", replaced(3, b'"step":"crl",', b""), "the line does not have the fields of an entry",
       "an entry without its step")
broken("field-more", replaced(3, b',"data"', b',"note":"x","data"'),
       "the line does not have the fields of an entry", "a field that nobody reads")
broken("data-field-more", replaced(3, b'"accepted":false', b'"accepted":false,"note":"x"'),
       "the line does not have the fields of an entry", "a field that nobody reads in the data of a known type")
broken("data-word-as-number", replaced(3, b'"accepted":false', b'"accepted":0'),
       "the line does not have the fields of an entry", "a number in place of true or false")
broken("space-last", replaced(3, b"}}\n", b"}} \n"), f"line 3: {FORM}", "a space that nobody sees at the end of a line")
broken("escaped-otherwise", replaced(3, b'"value":"no"', b'"value":"\\u006eo"'), f"line 3: {FORM}",
       "the same text with a letter as its code point")
broken("data-in-another-order", replaced(3, b'"value":"no","accepted":false', b'"accepted":false,"value":"no"'),
       "line 3: ", "the same fields in another order")
broken("space-first", replaced(3, b'{"n"', b'{ "n"'), f"line 3: {FORM}",
       "sed and cut find the first two fields by their place")
broken("two-values", replaced(3, b"}}\n", b"}} {}\n"), "line 3: ", "two JSON values in a line")
broken("nested-1000", replaced(3, b'"no"', b"[" * 1000 + b"]" * 1000), "line 3: ", "deep nesting against the stack")
broken("line-over-64-kib", of_length(LIMIT + 1), "line 1: the line has more than 65536 octets",
       "a line of one octet more than 64 KiB")
broken("empty", b"", "there is no entry", "an empty file")

good("whole", WHOLE, None, "seven entries")
good("line-of-64-kib", of_length(LIMIT), None, "a line of just 64 KiB")
good("unknown-type", b"".join(lines([*EVENTS[:2], ("witnessed", {"by": "bob"}), *EVENTS[2:]])), None,
     "a type of a later version is kept, and told", notice=CHAIN,
     says="this version does not know entries of type witnessed")
good("unknown-type-esc", b"".join(lines([*EVENTS[:2], ("\x1b[31mred", {"by": "bob"})])), None,
     "escape codes in the name of an unknown type", notice=CHAIN)
good("answer-esc", b"".join(lines([("answer", {"id": "clock", "value": "\x1b]0;x\x07\u202eyes", "accepted": False})])),
     None, "escape codes and an override that a person typed, written as JSON writes them")
good("tail-cut", b"".join(L[:-2]), None, "whole lines are missing at the end: only the seal can tell")
good("last-line-edited", WHOLE.replace(b'"outcome":"completed"', b'"outcome":"aborted"'), None,
     "nothing comes after the last line: only the seal can tell")
