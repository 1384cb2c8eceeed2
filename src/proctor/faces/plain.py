"""Beside the stations: the nouns of the house as plain JSON, in the fields that other tools rely on (the contract).

In come nouns; out go dictionaries. Knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from proctor.control import Mapped
from proctor.edge.live_sessions import LiveSession
from proctor.edge.proposal_book import Shown
from proctor.edge.revealing import Revealed
from proctor.policy.check import RuleInfo
from proctor.terms import Grant, Ticket, Vote

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
LISTED = ("id", "state", "requester", "on_behalf_of", "database", "statement", "reason", "created")
"""The fields of a ticket in a list, in this order."""


def moment(at: datetime | None) -> str | None:
    """Return a moment as RFC 3339, UTC."""
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ticket(found: Ticket) -> dict[str, Json]:
    """Return all that an approver may know of a ticket."""
    return {
        "id": found.id,
        "state": found.state.value,
        "requester": found.requester,
        "on_behalf_of": found.on_behalf_of,
        "database": found.database,
        "statement": found.statement,
        "reason": found.reason,
        "created": moment(found.created),
        "expires": moment(found.expires),
        "why_held": found.why_held,
        "rules": [*found.rules],
        "approvers": sorted(found.approvers),
        "quorum": found.quorum,
        "decided_by": [*found.decided_by],
        "because": found.because,
        "digest": found.digest,
        "votes": [_vote(vote) for vote in found.votes],
        "break_glass": found.glass,
        "review": None if found.review is None else _vote(found.review),
    }


def grant(found: Grant) -> dict[str, Json]:
    """Return a grant; `ends` is when it lapses or ends."""
    return {
        "id": found.id,
        "state": found.state.value,
        "requester": found.requester,
        "database": found.database,
        "column": str(found.column),
        "seconds": found.seconds,
        "because": found.because,
        "created": moment(found.created),
        "ends": moment(found.ends.wall),
        "votes": [_vote(vote) for vote in found.votes],
    }


def _vote(vote: Vote) -> dict[str, Json]:
    return {
        "by": vote.by,
        "vote": "approve" if vote.yes else "deny",
        "at": moment(vote.at),
        "proof": vote.proof,
        "groups": sorted(vote.groups),
        "because": vote.because,
    }


def shown(found: Shown) -> dict[str, Json]:
    """Return a held statement as its approver sees it."""
    proposal, impact, sample = found.proposal, found.impact, found.sample
    return {
        "statement": proposal.statement,
        "parameters": [*proposal.parameters],
        "touches": [
            {
                "action": touch.action,
                "object": touch.object,
                "columns": [*touch.columns],
                "manner": [*touch.manner],
                "estimated_rows": touch.estimated_rows,
            }
            for touch in proposal.touches
        ],
        "sensitive": [
            {"column": each.column, "class": each.data_class, "becomes": each.becomes, "place": each.place}
            for each in proposal.sensitive
        ],
        "rules": [{"id": each.id, "reason": each.reason, "hint": each.hint} for each in proposal.rules],
        "opaque": [*proposal.opaque],
        "in_transaction": proposal.in_transaction,
        "impact": None if impact is None else {"plan": [*impact.plan], "rows": impact.rows, "whynot": impact.whynot},
        "sample": None
        if sample is None
        else {
            "columns": [*sample.columns],
            "masked": [*sample.masked],
            "before": [[*row] for row in sample.before],
            "after": [[*row] for row in sample.after],
        },
    }


def session(found: LiveSession) -> dict[str, Json]:
    """Return what an operator sees of an open session."""
    return {
        "id": found.id,
        "subject": found.subject,
        "kind": found.kind.value,
        "on_behalf_of": found.on_behalf_of,
        "database": found.database,
        "reason": found.reason,
        "application": found.application,
        "address": found.address,
        "since": moment(found.since),
        "command": found.command,
        "seen": moment(found.seen),
        "text": found.text,
        "busy": found.busy,
        "statements": found.statements,
        "rows": found.rows,
        "bytes": found.bytes,
        "worker": found.worker,
    }


def mapped(found: Mapped) -> dict[str, Json]:
    """Return a line of the data map; the type of a column is known to `proctor scan` alone."""
    return {
        "database": found.database,
        "schema": found.column.relation.schema,
        "table": found.column.relation.name,
        "column": found.column.name,
        "class": found.finding.data_class,
        "confidence": found.finding.confidence,
        "evidence": found.finding.evidence,
        "source": found.finding.source,
    }


def rule(found: RuleInfo) -> dict[str, Json]:
    """Return a rule as people read it."""
    return {
        "id": found.id,
        "effect": found.effect,
        "reason": found.reason,
        "hint": found.hint,
        "approvers": sorted(found.approvers),
        "quorum": found.quorum,
        "file": found.file,
        "line": found.line,
    }


def revealed(found: Revealed) -> dict[str, Json]:
    """Return what a record held sealed."""
    return {
        "record": found.record,
        "id": found.id,
        "statement": found.statement,
        "parameters": [*found.parameters],
    }
