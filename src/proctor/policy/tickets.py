"""Station 5: the life of a ticket, as pure transitions. Each takes a ticket and the hour, and returns the next ticket.

    pending ──approve──▶ approved ──spend──▶ spent
       ├──deny──▶ denied     │
       ├──cancel──▶ cancelled┤ (cancel)
       └──expire──▶ expired ◀┘ (expire)

A ticket fits one statement with its parameters on one database, one identity and one use. Knows no store and no clock:
whoever writes the new ticket has to make sure that the old one is still the one in the store.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from proctor.errors import HouseFault
from proctor.terms import Claims, Hold, Identity, Kind, Ticket, TicketId, TicketState

MAX_BECAUSE = 1000  # a reason is a sentence, and goes into the journal
OPEN = frozenset({TicketState.PENDING, TicketState.APPROVED})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a ticket stays as it is, in a sentence for whoever tried."""

    reason: str


def digest(statement: str, parameters: Sequence[bytes | None], database: str) -> str:
    """Return what a ticket is bound to: the text, every parameter, and the database.

    Each part goes in behind its length, and NULL has a mark of its own, so that no two requests share a digest by
    moving bytes from one part to the next.
    """
    total = hashlib.sha256(b"proctor ticket 1\0")
    for part in (database.encode(), statement.encode("utf-8", "surrogateescape")):
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    total.update(len(parameters).to_bytes(8, "big"))
    for parameter in parameters:
        if parameter is None:
            total.update(b"\0")
        else:
            total.update(b"\1" + len(parameter).to_bytes(8, "big"))
            total.update(parameter)
    return total.hexdigest()


def open_ticket(
    name: TicketId,
    hold: Hold,
    *,
    requester: Identity,
    claims: Claims,
    database: str,
    statement: str,
    parameters: Sequence[bytes | None],
    now: datetime,
    lifetime: timedelta,
) -> Ticket:
    """Return a pending ticket for a held statement."""
    if not hold.approvers or hold.quorum < 1 or lifetime <= timedelta(0):
        raise HouseFault("a ticket that nobody could approve was about to be opened")
    return Ticket(
        id=name,
        state=TicketState.PENDING,
        requester=requester.subject,
        on_behalf_of=requester.on_behalf_of,
        database=database,
        statement=statement,
        digest=digest(statement, parameters, database),
        reason=claims.reason,
        rules=hold.rules,
        why_held=hold.reason,
        approvers=hold.approvers,
        quorum=hold.quorum,
        created=now,
        expires=now + lifetime,
    )


def approve(ticket: Ticket, by: Identity, now: datetime, because: str | None = None) -> Ticket | Refusal:
    """Return the ticket with one more approval; it is approved once as many different people as the quorum agree."""
    refusal = _may_decide(ticket, by, now, because)
    if refusal is not None:
        return refusal
    if by.subject in ticket.decided_by:
        return Refusal("you have approved it already; somebody else has to as well")
    decided_by = (*ticket.decided_by, by.subject)
    state = TicketState.APPROVED if len(decided_by) >= ticket.quorum else TicketState.PENDING
    return replace(ticket, state=state, decided_by=decided_by, because=_joined(ticket.because, because))


def deny(ticket: Ticket, by: Identity, now: datetime, because: str | None = None) -> Ticket | Refusal:
    """Return the ticket denied; one no is enough, whoever approved before."""
    refusal = _may_decide(ticket, by, now, because)
    if refusal is not None:
        return refusal
    decided_by = tuple(dict.fromkeys((*ticket.decided_by, by.subject)))
    return replace(ticket, state=TicketState.DENIED, decided_by=decided_by, because=_joined(ticket.because, because))


def cancel(ticket: Ticket, by: Identity, now: datetime) -> Ticket | Refusal:
    """Return the ticket withdrawn by whoever asked for it, or by the person an agent asked for."""
    refusal = _is_open(ticket, now)
    if refusal is not None:
        return refusal
    if by.subject not in (ticket.requester, ticket.on_behalf_of):
        return Refusal("only whoever asked for it can withdraw it")
    return replace(ticket, state=TicketState.CANCELLED)


def spend(ticket: Ticket, *, digest: str, requester: Identity, now: datetime) -> Ticket | Refusal:
    """Spend a ticket. It fits one statement and one identity, and is spent even if the upstream then fails."""
    refusal = _is_open(ticket, now)
    if refusal is not None:
        return refusal
    if ticket.state is not TicketState.APPROVED:
        return Refusal("the ticket is not approved yet")
    if (requester.subject, requester.on_behalf_of) != (ticket.requester, ticket.on_behalf_of):
        return Refusal("the ticket belongs to somebody else")
    if not hmac.compare_digest(digest.encode(), ticket.digest.encode()):
        return Refusal("the ticket is for another statement")
    return replace(ticket, state=TicketState.SPENT)


def expire(ticket: Ticket, now: datetime) -> Ticket:
    """Return the ticket as it is at this hour: expired, if it was open and its time is over."""
    if ticket.state in OPEN and expired_at(ticket, now):
        return replace(ticket, state=TicketState.EXPIRED)
    return ticket


def expired_at(ticket: Ticket, now: datetime) -> bool:
    """Tell whether the ticket's time is over."""
    return now >= ticket.expires


def _may_decide(ticket: Ticket, by: Identity, now: datetime, because: str | None) -> Refusal | None:
    refusal = _is_open(ticket, now)
    if refusal is not None:
        return refusal
    if ticket.state is not TicketState.PENDING:
        return Refusal("the ticket is approved already")
    if by.kind is not Kind.HUMAN:
        return Refusal("only people approve or deny")
    if by.subject == ticket.requester:
        return Refusal("nobody decides on their own request; to withdraw it, cancel it")
    if by.subject == ticket.on_behalf_of:
        return Refusal("whoever an agent acts for does not decide on its requests; to withdraw one, cancel it")
    if not by.groups & ticket.approvers:
        return Refusal("this is for members of " + " or ".join(sorted(ticket.approvers)))
    if because is not None and len(because) > MAX_BECAUSE:
        return Refusal(f"the reason is longer than {MAX_BECAUSE} characters")
    return None


def _is_open(ticket: Ticket, now: datetime) -> Refusal | None:
    if ticket.state not in OPEN:
        return Refusal(f"the ticket is {ticket.state.value}")
    if expired_at(ticket, now):
        return Refusal("the ticket has expired")
    return None


def _joined(before: str | None, because: str | None) -> str | None:
    return "\n".join(part for part in (before, because) if part) or None
