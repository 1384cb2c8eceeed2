"""Station 5, its voice: what the desk tells of a ticket outside the house, and the signature under it. Pure.

Takes a ticket; gives a message in the house's own form, or as Slack or Teams take it. A statement leaves the house
without its literals: who needs them looks at the desk.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

import msgspec

from proctor.edge.config import MessageFormat
from proctor.sql.redacted import redacted
from proctor.terms import Ticket, TicketState

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
MAX_TEXT = 2000


def key_of(ticket: Ticket) -> str:
    """Return what names this piece of news: told twice, it is still one."""
    return f"{ticket.id}-{ticket.state.value}-{len(ticket.votes)}"


def message(ticket: Ticket, form: MessageFormat, console: str) -> bytes:
    """Return the body of a message about a ticket as it is now."""
    match form:
        case "proctor":
            return msgspec.json.encode(_plain(ticket, console))
        case "slack":
            return msgspec.json.encode(_slack(ticket, console))
        case "teams":
            return msgspec.json.encode(_teams(ticket, console))


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a message: HMAC-SHA256 over its time and body, so that an old one cannot be sent anew."""
    return "v1=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def _plain(ticket: Ticket, console: str) -> dict[str, Json]:
    return {
        "event": f"ticket.{ticket.state.value}",
        "ticket": ticket.id,
        "requester": ticket.requester,
        "on_behalf_of": ticket.on_behalf_of,
        "database": ticket.database,
        "reason": ticket.reason,
        "why_held": ticket.why_held,
        "rules": [*ticket.rules],
        "statement": redacted(ticket.statement)[:MAX_TEXT],
        "approvers": sorted(ticket.approvers),
        "quorum": ticket.quorum,
        "decided_by": [*ticket.decided_by],
        "break_glass": ticket.glass,
        "created": ticket.created.isoformat(),
        "expires": ticket.expires.isoformat(),
        "console": console,
    }


def _told(ticket: Ticket) -> str:
    who = f"{ticket.requester} for {ticket.on_behalf_of}" if ticket.on_behalf_of else ticket.requester
    why = f" ({ticket.reason})" if ticket.reason else ""
    by = f" by {', '.join(ticket.decided_by)}" if ticket.decided_by else ""
    state = "broke the glass" if ticket.glass else f"asks; the ticket is {ticket.state.value}{by}"
    return f"{who}{why} at {ticket.database} {state}: {ticket.why_held} [{ticket.id}]"


def _slack(ticket: Ticket, console: str) -> dict[str, Json]:
    code = _escaped(redacted(ticket.statement)[:MAX_TEXT])
    blocks: list[Json] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": f"{_escaped(_told(ticket))}\n```{code}```"}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": f"approvals show {ticket.id}; {console}"}]},
    ]
    if ticket.state is TicketState.PENDING:
        buttons: list[Json] = [
            {
                "type": "button",
                "action_id": step,
                "value": ticket.id,
                "style": style,
                "text": {"type": "plain_text", "text": step.capitalize()},
            }
            for step, style in (("approve", "primary"), ("deny", "danger"))
        ]
        blocks.append({"type": "actions", "elements": buttons})
    return {"text": _escaped(_told(ticket)), "blocks": blocks}


def _escaped(text: str) -> str:
    """Return a stranger's text so that it names nobody and links nowhere."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", "'")


def _teams(ticket: Ticket, console: str) -> dict[str, Json]:
    hint = f"Answer with: approve {ticket.id} or deny {ticket.id}. {console}"
    lines = (_told(ticket), redacted(ticket.statement)[:MAX_TEXT], hint)
    card: dict[str, Json] = {
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "wrap": True, "text": line} for line in lines],
    }
    attachment: Json = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}
