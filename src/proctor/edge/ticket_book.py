"""Station 5, its memory: the tickets. Every step of a ticket's life is one atomic change, whoever else tries.

In come tickets and the pure steps of `policy`; out go tickets as they stand. Knows no rule on who may do what.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, Row, and_, func, insert, not_, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from proctor.edge.shelf import Shelf, microseconds, moment_of
from proctor.edge.tables import tickets
from proctor.errors import ClientFault, HouseFault
from proctor.terms import Moment, Ticket, TicketId, TicketState, Vote

MAX_PENDING = 100  # of one requester: a loop that asks for ever must not bury the desk
MAX_LISTED = 1000
TOPIC = "tickets"
OPEN = (TicketState.PENDING.value, TicketState.APPROVED.value)

Refused = TypeVar("Refused")
_ENCODE = msgspec.json.Encoder(order="sorted").encode
_DECODE = msgspec.json.Decoder(tuple[Vote, ...]).decode


class TicketBook:
    """The tickets of the house."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def open(self, ticket: Ticket, now: Moment) -> Ticket:
        """Keep a new pending ticket, or return the one that asks for the same already."""
        with self.shelf.writing(TOPIC) as connection:
            pending = and_(tickets.c.state == TicketState.PENDING.value, _alive(now))
            same = and_(
                _fits(ticket.requester, ticket.on_behalf_of, ticket.database, ticket.digest),
                tickets.c.footing == ticket.footing,
                tickets.c.approvers == _names(ticket.approvers),
                tickets.c.quorum == ticket.quorum,
            )
            row = connection.execute(select(tickets).where(same, pending)).first()
            if row is not None:
                return _ticket(row)
            mine = select(func.count()).where(pending, tickets.c.requester == ticket.requester)
            if connection.execute(mine).scalar_one() >= MAX_PENDING:
                raise ClientFault(
                    f"{MAX_PENDING} requests of {ticket.requester} are waiting for approval already",
                    sqlstate="53400",
                    hint="wait until some of them are decided, or expire",
                )
            connection.execute(insert(tickets).values(_row(ticket)))
        return ticket

    def keep(self, ticket: Ticket) -> None:
        """Keep a ticket as it is."""
        with self.shelf.writing(TOPIC) as connection:
            connection.execute(insert(tickets).values(_row(ticket)))

    def unreviewed(self) -> tuple[Ticket, ...]:
        """Return the broken glasses that nobody has looked at, the oldest first."""
        due = select(tickets).where(tickets.c.glass == 1, tickets.c.review.is_(None)).order_by(tickets.c.created)
        with self.shelf.reading() as connection:
            return tuple(_ticket(row) for row in connection.execute(due.limit(MAX_LISTED)))

    def get(self, ticket_id: str) -> Ticket | None:
        """Return a ticket by its id."""
        with self.shelf.reading() as connection:
            return _get(connection, ticket_id)

    def list(
        self, *, states: Sequence[TicketState] = (), requester: str | None = None, limit: int = MAX_LISTED
    ) -> tuple[Ticket, ...]:
        """Return tickets, the newest first. A `requester` sees also what agents asked in their name."""
        query = select(tickets).order_by(tickets.c.created.desc(), tickets.c.id).limit(min(limit, MAX_LISTED))
        if states:
            query = query.where(tickets.c.state.in_([state.value for state in states]))
        if requester is not None:
            query = query.where(or_(tickets.c.requester == requester, tickets.c.on_behalf_of == requester))
        with self.shelf.reading() as connection:
            return tuple(_ticket(row) for row in connection.execute(query))

    def take_step(self, ticket_id: str, step: Callable[[Ticket], Ticket | Refused]) -> Ticket | Refused | None:
        """Apply a pure step to a ticket, and keep what it returns; a refusal changes nothing. None: no such ticket.

        Of two who take a step at once, the second sees what the first has made of the ticket.
        """
        with self.shelf.writing(TOPIC) as connection:
            before = _get(connection, ticket_id)
            if before is None:
                return None
            after = step(before)
            if not isinstance(after, Ticket) or after == before:
                return after
            unchanged = and_(
                tickets.c.id == before.id,
                tickets.c.state == before.state.value,
                tickets.c.decided_by == json.dumps(before.decided_by),
                tickets.c.review.is_(None) if before.review is None else tickets.c.review == _review(before.review),
            )
            moved = (
                update(tickets)
                .where(unchanged)
                .values(
                    state=after.state.value,
                    decided_by=json.dumps(after.decided_by),
                    because=after.because,
                    votes=_ENCODE(after.votes).decode(),
                    review=_review(after.review),
                    expires=microseconds(after.expires),
                )
            )
            if connection.execute(moved).rowcount != 1:
                raise HouseFault("two decisions on one ticket met; look at the ticket and decide again")
            return after

    def alike(self, *, requester: str, on_behalf_of: str | None, database: str, digest: str) -> tuple[Ticket, ...]:
        """Return the open tickets for one request, the oldest first, whether or not they still hold."""
        fits = and_(tickets.c.state.in_(OPEN), _fits(requester, on_behalf_of, database, digest))
        with self.shelf.reading() as connection:  # most statements have no ticket, and must not wait for the writer
            found = connection.execute(select(tickets).where(fits).order_by(tickets.c.created, tickets.c.id))
            return tuple(_ticket(row) for row in found)

    def spend(
        self,
        ticket_id: str,
        *,
        requester: str,
        on_behalf_of: str | None,
        database: str,
        digest: str,
        footing: str,
        now: Moment,
    ) -> bool:
        """Spend an approved ticket, once. It fits one statement, one identity, one database, and expires."""
        good = and_(
            tickets.c.id == ticket_id,
            tickets.c.state == TicketState.APPROVED.value,
            tickets.c.footing == footing,
            _alive(now),
            _fits(requester, on_behalf_of, database, digest),
        )
        with self.shelf.writing(TOPIC) as connection:
            return connection.execute(update(tickets).where(good).values(state=TicketState.SPENT.value)).rowcount == 1

    def void(self, ticket_id: str) -> bool:
        """Let an open ticket fit nothing any more; False when it is not open."""
        still = and_(tickets.c.id == ticket_id, tickets.c.state.in_(OPEN))
        with self.shelf.writing(TOPIC) as connection:
            return connection.execute(update(tickets).where(still).values(state=TicketState.VOIDED.value)).rowcount == 1

    def cancel(self, ticket_id: str) -> bool:
        """Withdraw a pending ticket; False when it is not pending any more."""
        pending = and_(tickets.c.id == ticket_id, tickets.c.state == TicketState.PENDING.value)
        with self.shelf.writing(TOPIC) as connection:
            moved = connection.execute(update(tickets).where(pending).values(state=TicketState.CANCELLED.value))
            return moved.rowcount == 1

    def expire_due(self, now: Moment) -> tuple[Ticket, ...]:
        """Expire what is pending or approved past its time, and return those tickets as they are now."""
        due = and_(tickets.c.state.in_(OPEN), not_(_alive(now)))
        with self.shelf.reading() as connection:
            if connection.execute(select(tickets.c.id).where(due).limit(1)).first() is None:
                return ()
        with self.shelf.writing(TOPIC) as connection:
            ids = connection.execute(select(tickets.c.id).where(due)).scalars().all()
            connection.execute(update(tickets).where(due).values(state=TicketState.EXPIRED.value))
            return tuple(_ticket(row) for row in connection.execute(select(tickets).where(tickets.c.id.in_(ids))))


def _alive(now: Moment) -> ColumnElement[bool]:
    """Return that a ticket's time is not over, by neither clock; as `policy.tickets.expired_at` has it."""
    return and_(
        tickets.c.expires > microseconds(now.wall),
        or_(tickets.c.deadline == 0, tickets.c.deadline > now.ticks),
    )


def _fits(requester: str, on_behalf_of: str | None, database: str, digest: str) -> ColumnElement[bool]:
    return and_(
        tickets.c.requester == requester,
        tickets.c.on_behalf_of == (on_behalf_of or ""),
        tickets.c.database == database,
        tickets.c.digest == digest,
    )


def _get(connection: Connection, ticket_id: str) -> Ticket | None:
    row = connection.execute(select(tickets).where(tickets.c.id == ticket_id)).first()
    return None if row is None else _ticket(row)


def _row(ticket: Ticket) -> dict[str, str | int | None]:
    return {
        "id": ticket.id,
        "state": ticket.state.value,
        "requester": ticket.requester,
        "on_behalf_of": ticket.on_behalf_of or "",
        "database": ticket.database,
        "statement": ticket.statement,
        "digest": ticket.digest,
        "reason": ticket.reason,
        "rules": json.dumps(ticket.rules),
        "why_held": ticket.why_held,
        "approvers": _names(ticket.approvers),
        "quorum": ticket.quorum,
        "created": microseconds(ticket.created),
        "expires": microseconds(ticket.expires),
        "decided_by": json.dumps(ticket.decided_by),
        "because": ticket.because,
        "deadline": ticket.deadline,
        "footing": ticket.footing,
        "votes": _ENCODE(ticket.votes).decode(),
        "glass": int(ticket.glass),
        "review": _review(ticket.review),
    }


def _review(vote: Vote | None) -> str | None:
    return None if vote is None else _ENCODE((vote,)).decode()


def _names(names: frozenset[str]) -> str:
    return json.dumps(sorted(names))


def _ticket(row: Row[tuple[str | int | None, ...]]) -> Ticket:
    kept = row._mapping
    return Ticket(
        id=TicketId(kept["id"]),
        state=TicketState(kept["state"]),
        requester=kept["requester"],
        on_behalf_of=kept["on_behalf_of"] or None,
        database=kept["database"],
        statement=kept["statement"],
        digest=kept["digest"],
        reason=kept["reason"],
        rules=tuple(json.loads(kept["rules"])),
        why_held=kept["why_held"],
        approvers=frozenset(json.loads(kept["approvers"])),
        quorum=kept["quorum"],
        created=moment_of(kept["created"]),
        expires=moment_of(kept["expires"]),
        deadline=kept["deadline"],
        footing=kept["footing"],
        votes=_DECODE(kept["votes"]),
        glass=bool(kept["glass"]),
        review=None if kept["review"] is None else _DECODE(kept["review"])[0],
    )
