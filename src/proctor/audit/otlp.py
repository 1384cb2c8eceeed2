"""Records as OpenTelemetry logs (OTLP/HTTP in JSON), with the semantic conventions for databases. A pure mapping.

Takes records as they were written; returns one log record each, and the request that carries many.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from proctor.audit.fields import Row, decode, part, word

_INFO: Final = (9, "INFO")
_WARN: Final = (13, "WARN")
_ERROR: Final = (17, "ERROR")
_LEVELS: Final = {"login.failed": _WARN, "worker.died": _ERROR, "journal.fault": _ERROR, "journal.lost": _ERROR}

Value = dict[str, object]


def log_record(record: bytes) -> bytes:
    """Return a record's log record as JSON; the form that a sink takes."""
    return msgspec.json.encode(to_log_record(decode(record)))


def request(records: Sequence[bytes]) -> bytes:
    """Return the body of an export request."""
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "proctor"}}]}
    logs = {"scope": {"name": "proctor.journal"}, "logRecords": [msgspec.Raw(record) for record in records]}
    return msgspec.json.encode({"resourceLogs": [{"resource": resource, "scopeLogs": [logs]}]})


def to_log_record(said: Row) -> Value:
    """Return a record's log record."""
    kind = word(said, "kind") or "unknown"
    verdict = word(part(said, "decision"), "verdict")
    number, text = _LEVELS.get(kind, _INFO) if verdict in (None, "allow") else _WARN
    moment = datetime.fromisoformat((word(said, "time") or "").replace("Z", "+00:00"))
    nanoseconds = int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000
    return {
        "timeUnixNano": str(nanoseconds),
        "observedTimeUnixNano": str(nanoseconds),
        "severityNumber": number,
        "severityText": text,
        "eventName": f"proctor.{kind}",
        "body": {"stringValue": word(part(said, "statement"), "text") or word(said, "because") or kind},
        "attributes": [
            {"key": key, "value": shown} for key, value in _attributes(said) if (shown := _any(value)) is not None
        ],
    }


def _attributes(said: Row) -> list[tuple[str, object]]:
    who, decision, statement = part(said, "who"), part(said, "decision"), part(said, "statement")
    host, colon, port = (word(part(said, "from"), "address") or "").rpartition(":")
    known = bool(colon) and port.isdecimal()
    relations = sorted({**part(said, "reads"), **part(said, "writes")})
    return [
        ("proctor.record.uid", f"{said.get('shard')}/{said.get('seq')}"),
        ("proctor.exchange.id", word(said, "exchange") or word(said, "of")),
        ("session.id", word(said, "session")),
        ("user.name", word(who, "subject") or word(said, "claimed")),
        ("proctor.on_behalf_of", word(who, "on_behalf_of")),
        ("client.address", host.strip("[]") if known else None),
        ("client.port", int(port) if known else None),
        ("db.system.name", "postgresql" if "database" in said else None),
        ("db.namespace", word(said, "database")),
        ("db.collection.name", relations[0] if len(relations) == 1 else None),
        ("db.operation.name", word(said, "command")),
        ("db.query.text", word(statement, "text")),
        ("db.query.digest", word(statement, "digest")),
        ("db.response.status_code", word(said, "sqlstate")),
        ("db.response.returned_rows", said.get("rows")),
        ("proctor.decision", word(decision, "verdict")),
        ("proctor.rules", decision.get("rules")),
        ("proctor.ticket", word(said, "ticket")),
        ("proctor.action", word(said, "action")),
        ("proctor.outcome", word(said, "outcome")),
    ]


def _any(value: object) -> Value | None:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case str() if value:
            return {"stringValue": value}
        case list() if value:
            return {"arrayValue": {"values": [{"stringValue": str(each)} for each in value]}}
        case _:
            return None
