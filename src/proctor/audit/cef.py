"""Records as lines of the Common Event Format, as collectors behind a syslog want them. A pure mapping.

Takes records as they were written; returns one line each, with everything that could end a field or a line escaped.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from proctor.audit.fields import Row, decode, part, word

MAX_TEXT: Final = 1023
"""What the format gives to `msg`; a longer statement is cut, and its digest names it."""
_SEVERITY: Final = {
    "login.failed": 5,
    "worker.died": 8,
    "journal.fault": 9,
    "journal.lost": 10,
    "subject.erased": 6,
    "classification.changed": 5,
}
_VERDICTS: Final = {"allow": 2, "deny": 6, "hold": 5}


def line(record: bytes) -> bytes:
    """Return a record's line; the form that a sink takes."""
    return to_line(decode(record)).encode()


def to_line(said: Row) -> str:
    """Return a record's line."""
    kind = word(said, "kind") or "unknown"
    verdict = word(part(said, "decision"), "verdict")
    severity = _VERDICTS.get(verdict, 3) if verdict is not None else _SEVERITY.get(kind, 2)
    name = f"statement {verdict}" if verdict is not None else kind.replace(".", " ")
    head = "|".join(map(_head, ("CEF:0", "Proctor", "Proctor", str(said.get("v")), kind, name, str(severity))))
    fields = " ".join(
        f"{key}={_value(str(value))}" for key, value in _extension(said, verdict) if value not in (None, "")
    )
    return f"{head}|{fields}"


def _extension(said: Row, verdict: str | None) -> list[tuple[str, object]]:
    who, decision = part(said, "who"), part(said, "decision")
    host, colon, port = (word(part(said, "from"), "address") or "").rpartition(":")
    known = bool(colon) and port.isdecimal()
    tag, rules = word(said, "tag"), decision.get("rules")
    text = word(part(said, "statement"), "text") or word(said, "because") or word(said, "what")
    return [
        ("rt", _milliseconds(said)),
        ("externalId", f"{said.get('shard')}/{said.get('seq')}"),
        ("suser", word(who, "subject") or word(said, "claimed")),
        ("duser", word(who, "on_behalf_of")),
        ("src", host.strip("[]") if known else None),
        ("spt", port if known else None),
        ("act", verdict or word(said, "action")),
        ("outcome", word(said, "outcome") or word(said, "sqlstate")),
        ("reason", word(decision, "reason") or word(part(said, "claims"), "reason") or word(said, "why")),
        *_labelled("cs1", "database", word(said, "database")),
        *_labelled("cs2", "rules", ",".join(map(str, rules)) if isinstance(rules, list) else None),
        *_labelled("cs3", "exchange", word(said, "exchange") or word(said, "of")),
        *_labelled("cs4", "session", word(said, "session")),
        *_labelled("cs5", "digest", word(part(said, "statement"), "digest") or word(said, "digest")),
        *_labelled("cs6", "ticket", word(said, "ticket")),
        *_labelled("cn1", "rows", said.get("rows")),
        ("out", said.get("bytes")),
        ("msg", (text or tag or "")[:MAX_TEXT]),
    ]


def _labelled(key: str, label: str, value: object) -> tuple[tuple[str, object], ...]:
    return () if value in (None, "") else ((f"{key}Label", label), (key, value))


def _milliseconds(said: Row) -> int:
    return int(datetime.fromisoformat((word(said, "time") or "").replace("Z", "+00:00")).timestamp() * 1000)


def _head(text: str) -> str:
    # A bar would begin another field, and a line's end another event: somebody's made-up one.
    return _one_line(text.replace("\\", "\\\\").replace("|", "\\|")) if text != "CEF:0" else text


def _value(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("=", "\\=").replace("\r", "\\r").replace("\n", "\\n")
    return _one_line(escaped)


def _one_line(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)
