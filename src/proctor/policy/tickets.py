"""Station 5: the life of a ticket, as pure transitions. Each takes a ticket and the hour, and returns the next ticket.

    pending ──approve──▶ approved ──spend──▶ spent
       ├──deny──▶ denied     │
       ├──cancel──▶ cancelled┤ (cancel)
       ├──void──▶ voided ◀───┤ (void)
       └──expire──▶ expired ◀┘ (expire)

A ticket fits one statement with its parameters on one database, one identity and one use, as long as that statement
means what it meant and the rules ask for no more than it has. Knows no store and no clock: whoever writes the new
ticket has to make sure that the old one is still the one in the store.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from proctor.errors import HouseFault
from proctor.terms import Claims, Hold, Identity, Kind, Moment, Ticket, TicketId, TicketState, Vote

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
    now: Moment,
    lifetime: timedelta,
    footing: str = "",
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
        created=now.wall,
        expires=now.wall + lifetime,
        deadline=now.ticks + lifetime // timedelta(microseconds=1) * 1000,
        footing=footing,
    )


def approve(ticket: Ticket, by: Identity, now: Moment, because: str | None = None) -> Ticket | Refusal:
    """Return the ticket with one more approval; it is approved once as many different people as the quorum agree."""
    refusal = _may_decide(ticket, by, now, because)
    if refusal is not None:
        return refusal
    if by.subject in ticket.decided_by:
        return Refusal("you have approved it already; somebody else has to as well")
    votes = (*ticket.votes, _vote(by, now, because, yes=True))
    state = TicketState.APPROVED if len(votes) >= ticket.quorum else TicketState.PENDING
    return replace(ticket, state=state, votes=votes)


def deny(ticket: Ticket, by: Identity, now: Moment, because: str | None = None) -> Ticket | Refusal:
    """Return the ticket denied; one no is enough, whoever approved before."""
    refusal = _may_decide(ticket, by, now, because)
    if refusal is not None:
        return refusal
    return replace(ticket, state=TicketState.DENIED, votes=(*ticket.votes, _vote(by, now, because, yes=False)))


def cancel(ticket: Ticket, by: Identity, now: Moment) -> Ticket | Refusal:
    """Return the ticket withdrawn by whoever asked for it, or by the person an agent asked for."""
    refusal = _is_open(ticket, now)
    if refusal is not None:
        return refusal
    if by.subject not in (ticket.requester, ticket.on_behalf_of):
        return Refusal("only whoever asked for it can withdraw it")
    return replace(ticket, state=TicketState.CANCELLED)


def spend(ticket: Ticket, *, digest: str, requester: Identity, now: Moment, footing: str = "") -> Ticket | Refusal:
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
    if not hmac.compare_digest(footing.encode(), ticket.footing.encode()):
        return Refusal("what the statement stands on has changed")
    return replace(ticket, state=TicketState.SPENT)


def review(ticket: Ticket, by: Identity, now: Moment, because: str | None) -> Ticket | Refusal:
    """Return a broken glass with somebody's word that they have looked at it."""
    if not ticket.glass:
        return Refusal("no glass was broken for it; there is nothing to review")
    if ticket.review is not None:
        return Refusal(f"{ticket.review.by} has reviewed it already")
    if by.kind is not Kind.HUMAN:
        return Refusal("only people review")
    if by.subject in (ticket.requester, ticket.on_behalf_of):
        return Refusal("whoever broke the glass does not review it")
    if not by.groups & ticket.approvers:
        return Refusal("this is for members of " + " or ".join(sorted(ticket.approvers)))
    if not (because or "").strip():
        return Refusal("say what you have found; a review without a word is none")
    if len(because or "") > MAX_BECAUSE:
        return Refusal(f"the reason is longer than {MAX_BECAUSE} characters")
    return replace(ticket, review=_vote(by, now, because, yes=True))


def unfit(ticket: Ticket, footing: str, hold: Hold) -> str:
    """Return why a ticket for this very request holds no longer; empty where it does.

    `hold` is what the rules say now: whom they want asked may have changed since the ticket was opened.
    """
    if not hmac.compare_digest(footing.encode(), ticket.footing.encode()):
        return "an object or setting that the statement depends on has changed"
    if ticket.state is TicketState.APPROVED:
        ayes = {vote.by for vote in ticket.votes if vote.yes and vote.groups & hold.approvers}
        return "" if len(ayes) >= hold.quorum else "the rules ask for other approvals now"
    return "" if (ticket.approvers, ticket.quorum) == (hold.approvers, hold.quorum) else "the rules have changed"


def void(ticket: Ticket) -> Ticket:
    """Return the ticket as one that fits nothing any more, if it was open."""
    return replace(ticket, state=TicketState.VOIDED) if ticket.state in OPEN else ticket


def expire(ticket: Ticket, now: Moment) -> Ticket:
    """Return the ticket as it is at this hour: expired, if it was open and its time is over."""
    if ticket.state in OPEN and expired_at(ticket, now):
        return replace(ticket, state=TicketState.EXPIRED)
    return ticket


def expired_at(ticket: Ticket, now: Moment) -> bool:
    """Tell whether the ticket's time is over, by either clock.

    Setting the wall clock back makes no ticket live longer; after a reboot the ticks begin anew, and then a ticket may
    end early.
    """
    return now.wall >= ticket.expires or 0 < ticket.deadline <= now.ticks


def _may_decide(ticket: Ticket, by: Identity, now: Moment, because: str | None) -> Refusal | None:
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


def _is_open(ticket: Ticket, now: Moment) -> Refusal | None:
    if ticket.state not in OPEN:
        return Refusal(f"the ticket is {ticket.state.value}")
    if expired_at(ticket, now):
        return Refusal("the ticket has expired")
    return None


def _vote(by: Identity, now: Moment, because: str | None, *, yes: bool) -> Vote:
    return Vote(by.subject, yes, now.wall, by.proof, by.groups, because)
