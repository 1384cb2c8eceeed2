"""Records in the words of the Elastic Common Schema 8, for those who search by it. A pure mapping, with golden files.

Takes records as they were written; returns one document each. What ECS has no field for goes under `proctor`.
"""

from __future__ import annotations

from typing import Final

import msgspec

from proctor.audit.fields import Row, decode, part, word

VERSION: Final = "8.17.0"
_HEADS: Final = frozenset(
    {"v", "shard", "seq", "time", "monotonic_ns", "kind", "id", "exchange", "session", "who", "from", "sealed"}
)
_OUTCOME: Final = {"allow": "success", "deny": "failure", "hold": "unknown"}
_TYPES: Final = {
    "session.opened": (["authentication", "session"], ["start"]),
    "session.closed": (["session"], ["end"]),
    "login.failed": (["authentication"], ["start"]),
    "statement.decided": (["database"], ["access"]),
    "statement.answered": (["database"], ["access"]),
    "config.loaded": (["configuration"], ["change"]),
    "rules.loaded": (["configuration"], ["change"]),
    "worker.died": (["process"], ["end", "error"]),
    "worker.started": (["process"], ["start"]),
    "worker.stopped": (["process"], ["end"]),
}
_BAD: Final = frozenset({"login.failed", "worker.died", "journal.fault", "journal.lost"})

Document = dict[str, object]


def document(record: bytes) -> bytes:
    """Return a record's document as JSON; the form that a sink takes."""
    return msgspec.json.encode(to_document(decode(record)))


def to_document(said: Row) -> Document:
    """Return a record's document."""
    who = part(said, "who")
    verdict = part(said, "decision")
    found: Document = {
        "@timestamp": word(said, "time"),
        "ecs": {"version": VERSION},
        "event": _event(said, word(verdict, "verdict")),
        "user": _user(said, who),
        "source": _source(said),
        "rule": _present({"id": _first(verdict, "rules"), "version": word(verdict, "rule_set")}),
        "service": {"name": "proctor", "type": "proctor"},
        "related": _present({"user": sorted(_people(said, who))}),
        "trace": _present({"id": word(said, "exchange") or word(said, "of")}),
        "message": word(part(said, "statement"), "text") or word(said, "because") or word(said, "what"),
        "proctor": {name: value for name, value in said.items() if name not in _HEADS},
    }
    return _present(found)


def _event(said: Row, verdict: str | None) -> Document:
    kind = word(said, "kind") or ""
    category, types = _TYPES.get(kind, (["iam"] if kind.startswith("ticket.") else [], ["info"]))
    if verdict is not None:
        types = [*types, "allowed" if verdict == "allow" else "denied"] if verdict != "hold" else types
    failed = kind in _BAD or (kind == "statement.answered" and word(said, "sqlstate") not in (None, "00000"))
    took = said.get("duration_us")
    return _present(
        {
            "kind": "event",
            "module": "proctor",
            "dataset": "proctor.journal",
            "action": kind,
            "category": category,
            "type": types,
            "outcome": "failure" if failed else _OUTCOME.get(verdict or "allow"),
            "id": word(said, "id"),
            "sequence": said.get("seq"),
            "provider": word(said, "shard"),
            "duration": took * 1000 if isinstance(took, int) else None,
            "reason": word(part(said, "decision"), "reason") or word(part(said, "claims"), "reason"),
        }
    )


def _user(said: Row, who: Row) -> Document:
    groups = who.get("groups")
    named = groups if isinstance(groups, list) else []
    return _present(
        {
            "name": word(who, "subject") or word(said, "claimed"),
            "group": _present({"name": named}),
            "effective": _present({"name": word(who, "on_behalf_of")}),
        }
    )


def _source(said: Row) -> Document:
    address = word(part(said, "from"), "address")
    host, colon, port = (address or "").rpartition(":")
    if colon and port.isdecimal():
        return {"address": address, "ip": host.strip("[]"), "port": int(port)}
    return _present({"address": address})


def _people(said: Row, who: Row) -> set[str]:
    named = (word(who, "subject"), word(who, "on_behalf_of"), word(said, "by"), word(said, "requester"))
    return {name for name in named if name}


def _first(said: Row, name: str) -> str | None:
    found = said.get(name)
    return ", ".join(map(str, found)) if isinstance(found, list) and found else None


def _present(found: Document) -> Document:
    return {name: value for name, value in found.items() if value not in (None, [], {}, "")}
