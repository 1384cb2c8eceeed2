"""Records in the words of OCSF 1.8, for SIEMs that speak it. A pure mapping; golden files hold it to its word.

    statements                            Datastore Activity 6005
    sessions and failed logins            Authentication 3002
    statements that grant                 User Access Management 3005
    everything else                       API Activity 6003

A statement gives two events, as it gives two records: the decision with the query, and the answer with its counts. What
OCSF 1.8 has no place for (who a client acts for, what it claims, masks, tickets) goes under `unmapped`. Takes records
as they are read back; returns events, and None for what is of no use to a SIEM.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from proctor.audit.fields import Row, decode, part, parts, word

VERSION: Final = "1.8.0"
_PRODUCT: Final = {"name": "Proctor", "vendor_name": "Proctor"}
_NOT_WANTED: Final = frozenset({"heartbeat", "journal.opened", "clock.stepped", "entitlements.listed"})
_ACTIVITY: Final = {
    "read": 1,
    "copy": 1,
    "export": 1,
    "update": 2,
    "connect": 3,
    "insert": 5,
    "define": 6,
    "delete": 7,
}
_QUERY: Final = 4
_GRANT_ACTIONS: Final = frozenset({"grant"})
_USER_TYPE: Final = {"human": 1, "service": 3, "agent": 99}
_LABEL: Final = {"human": "User", "service": "Service", "agent": "Agent"}

Event = dict[str, object]


def event(record: bytes) -> bytes | None:
    """Return a record's event as JSON; the form that a sink takes."""
    said = to_event(decode(record))
    return None if said is None else msgspec.json.encode(said)


def to_event(said: Row) -> Event | None:
    """Return a record's event."""
    kind = word(said, "kind") or ""
    if kind in _NOT_WANTED:
        return None
    if kind == "statement.decided":
        actions = said.get("actions")
        granted = isinstance(actions, list) and bool(_GRANT_ACTIONS & set(actions))
        return _access_management(said) if granted and "who" in said else _decided(said)
    if kind == "statement.answered":
        return _answered(said)
    if kind in {"session.opened", "session.closed", "login.failed"}:
        return _authentication(said)
    return _call(said)


def _event(said: Row, class_uid: int, activity: int, *, severity: int = 1, **more: object) -> Event:
    return {
        "activity_id": activity,
        "category_uid": class_uid // 1000,
        "class_uid": class_uid,
        "type_uid": class_uid * 100 + activity,
        "severity_id": severity,
        "time": _milliseconds(said),
        "metadata": _metadata(said),
        **{name: value for name, value in more.items() if value is not None},
    }


def _milliseconds(said: Row) -> int:
    moment = datetime.fromisoformat((word(said, "time") or "").replace("Z", "+00:00"))
    return int(moment.timestamp() * 1000)


def _metadata(said: Row) -> Event:
    profiles = {"profiles": ["security_control"]} if "decision" in said else {}
    found = {
        "product": _PRODUCT,
        "version": VERSION,
        "uid": f"{said.get('shard')}/{said.get('seq')}",
        "log_name": word(said, "shard"),
        "sequence": said.get("seq"),
        "event_code": word(said, "kind"),
        "original_time": word(said, "time"),
        "correlation_uid": word(said, "exchange") or word(said, "of") or word(said, "ticket") or word(said, "session"),
        **profiles,
    }
    return {name: value for name, value in found.items() if value is not None}


def _user(who: Row) -> Event:
    kind = word(who, "kind") or ""
    groups = who.get("groups")
    user: Event = {
        "name": word(who, "subject") or "unknown",
        "uid": word(who, "subject") or "unknown",
        "type_id": _USER_TYPE.get(kind, 0),
    }
    if kind in _LABEL:
        user["type"] = _LABEL[kind]
    if isinstance(groups, list) and groups:
        user["groups"] = [{"name": name} for name in groups]
    return user


def _actor(said: Row) -> Event:
    who = part(said, "who")
    actor: Event = {"user": _user(who)} if who else {"app_name": "proctor"}
    if session := word(said, "session"):
        actor["session"] = {"uid": session}
    if application := word(part(said, "claims"), "application"):
        actor["app_name"] = application
    if decision := part(said, "decision"):
        actor["authorizations"] = [
            {
                "decision": word(decision, "verdict"),
                "policy": {"uid": rule, "version": word(decision, "rule_set") or "", "is_applied": True},
            }
            for rule in _texts(decision, "rules")
        ] or [{"decision": word(decision, "verdict")}]
    return actor


def _source(said: Row) -> Event:
    address = word(part(said, "from"), "address") or ""
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal():
        return {"ip": host.strip("[]"), "port": int(port)}
    # A Unix socket or a record of our own has no address; the class wants one all the same.
    return {"name": address or "local"}


def _database(said: Row) -> Event:
    name = word(said, "database") or "unknown"
    return {"name": name, "uid": name, "type_id": 1}


def _unmapped(said: Row) -> Event | None:
    who = part(said, "who")
    found: Event = {
        name: said[name]
        for name in ("claims", "masks", "cells", "ticket", "reads", "writes", "infers", "opaque", "understood", "rows")
        if name in said
    }
    if behalf := word(who, "on_behalf_of"):
        found["on_behalf_of"] = behalf
    if who and word(who, "kind") == "agent":
        found["agent"] = word(who, "subject")
        found |= {f"agent_{name}": claim for name in ("model", "version") if (claim := word(who, name))}
    return found or None


def _texts(said: Row, name: str) -> list[str]:
    found = said.get(name)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _decided(said: Row) -> Event:
    decision = part(said, "decision")
    verdict = word(decision, "verdict")
    statement = part(said, "statement")
    masked = bool(parts(said, "masks"))
    actions = _texts(said, "actions")
    tables = [{"name": name, "uid": name} for name in {**part(said, "reads"), **part(said, "writes")}]
    return _event(
        said,
        6005,
        _ACTIVITY.get(actions[0], _QUERY) if len(actions) == 1 else _QUERY,
        severity=1 if verdict == "allow" else 3,
        actor=_actor(said),
        src_endpoint=_source(said),
        database=_database(said),
        table=tables[0] if len(tables) == 1 else None,
        query_info={"query_string": word(statement, "text") or "", "uid": word(statement, "digest") or ""},
        action_id={"deny": 2, "hold": 3}.get(verdict or "", 4 if masked else 1),
        disposition_id={"deny": 2, "hold": 99}.get(verdict or "", 1),
        disposition="Held" if verdict == "hold" else None,
        policy={"uid": word(decision, "rule_set") or "", "name": ", ".join(_texts(decision, "rules"))},
        message=word(decision, "reason") or None,
        unmapped=_unmapped(said),
    )


def _answered(said: Row) -> Event:
    sqlstate = word(said, "sqlstate") or "00000"
    failed = sqlstate != "00000"
    rows, size = said.get("rows"), said.get("bytes")
    return _event(
        said,
        6005,
        _QUERY,
        actor=_actor(said),
        src_endpoint=_source(said),
        database=_database(said),
        query_info={"query_string": word(said, "tag") or "", "uid": word(said, "of") or "", "bytes": size},
        duration=_number(said, "duration_us") // 1000,
        count=rows if isinstance(rows, int) and rows > 0 else None,
        status_id=2 if failed else 1,
        status_code=sqlstate,
        unmapped=_unmapped(said),
    )


def _number(said: Row, name: str) -> int:
    found = said.get(name)
    return found if isinstance(found, int) else 0


def _authentication(said: Row) -> Event:
    kind = word(said, "kind")
    failed = kind == "login.failed"
    claimed = {"name": word(said, "claimed") or "unknown", "type_id": 0}
    session = word(said, "session")
    who = part(said, "who")
    return _event(
        said,
        3002,
        2 if kind == "session.closed" else 1,
        severity=2 if failed else 1,
        user=claimed if failed else _user(who),
        actor=None if failed else _actor(said),
        src_endpoint=_source(said),
        service={"name": word(said, "database") or "proctor"},
        session={"uid": session} if session else None,
        auth_protocol_id=99,
        auth_protocol=word(who, "proof") or word(said, "method") or "unknown",
        status_id=2 if failed else 1,
        status_detail=word(said, "why") or None,
        unmapped=_unmapped(said),
    )


def _access_management(said: Row) -> Event:
    decision = part(said, "decision")
    verdict = word(decision, "verdict")
    return _event(
        said,
        3005,
        99,
        severity=3,
        activity_name="Grant or role change",
        user=_user(part(said, "who")),
        actor=_actor(said),
        src_endpoint=_source(said),
        privileges=_texts(said, "objects") or ["unknown"],
        resources=[{"name": word(said, "database") or "unknown", "type": "database"}],
        action_id={"deny": 2, "hold": 3}.get(verdict or "", 1),
        disposition_id={"deny": 2, "hold": 99}.get(verdict or "", 1),
        disposition="Held" if verdict == "hold" else None,
        message=word(part(said, "statement"), "text"),
        unmapped=_unmapped(said),
    )


_HEADS: Final = frozenset(
    {"v", "shard", "seq", "time", "monotonic_ns", "kind", "id", "exchange", "session", "who", "from", "claims"}
)


def _call(said: Row) -> Event:
    kind = word(said, "kind") or "unknown"
    bad = kind in {"journal.fault", "journal.lost", "worker.died"}
    return _event(
        said,
        6003,
        99,
        severity=4 if bad else 1,
        activity_name=kind,
        actor=_actor(said),
        src_endpoint=_source(said),
        api={"operation": word(said, "action") or kind, "service": {"name": "proctor"}},
        message=word(said, "because") or word(said, "what") or None,
        unmapped={name: value for name, value in said.items() if name not in _HEADS} or None,
    )
