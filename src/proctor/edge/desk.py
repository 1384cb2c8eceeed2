"""Station 5: the approval desk of a worker. Keeps the tickets of held statements in the store and waits for answers.

Several workers and the control process meet in the store, so waiting means looking there, four times a second.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import timedelta

from proctor.audit.record import Body, TicketCancelled, TicketOpened, TicketSpent, claims_of, who_of
from proctor.edge.store import Store
from proctor.policy.tickets import digest, open_ticket
from proctor.session.ports import Clock, HoldRequest
from proctor.sql.redacted import redacted
from proctor.terms import Ticket, TicketId, TicketState

LOOK_SECONDS = 0.25
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(clock: Clock) -> str:
    """Return an identifier that sorts by time (ULID): 26 characters, 80 bits of chance."""
    number = int(clock.now().timestamp() * 1000) << 80 | secrets.randbits(80)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(125, -5, -5))


class StoreDesk:
    """The desk of one worker's sessions."""

    def __init__(self, store: Store, clock: Clock, record: Callable[[Body], object], lifetime: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._record = record
        self._lifetime = lifetime

    def claim(self, request: HoldRequest) -> Ticket | None:
        """Spend an approved ticket that fits, and return it; None when there is none."""
        ticket = self._store.tickets.claim(
            requester=request.asker.subject,
            on_behalf_of=request.asker.on_behalf_of,
            database=request.database,
            digest=_digest(request),
            now=self._clock.now(),
        )
        if ticket is not None:
            self._spent(ticket, request)
        return ticket

    def open(self, request: HoldRequest) -> Ticket:
        """Return the pending ticket for this request, a new one if need be."""
        fresh = open_ticket(
            TicketId(new_id(self._clock)),
            request.hold,
            requester=request.asker,
            claims=request.claims,
            database=request.database,
            statement=request.statement,
            parameters=request.parameters,
            now=self._clock.now(),
            lifetime=self._lifetime,
        )
        ticket = self._store.tickets.open(fresh)
        if ticket.id == fresh.id:
            self._record(_opened(ticket, request, new_id(self._clock)))
        return ticket

    async def settled(self, ticket: Ticket) -> Ticket:
        """Wait until somebody decides the ticket, or it expires."""
        while True:
            now = self._store.tickets.get(ticket.id)
            if now is None or now.state is not TicketState.PENDING:
                return now or ticket
            await asyncio.sleep(LOOK_SECONDS)

    def spend(self, ticket: Ticket, request: HoldRequest) -> bool:
        """Spend an approved ticket; False when it no longer fits, or was spent already."""
        spent = self._store.tickets.spend(
            ticket.id,
            requester=request.asker.subject,
            on_behalf_of=request.asker.on_behalf_of,
            database=request.database,
            digest=_digest(request),
            now=self._clock.now(),
        )
        if spent:
            self._spent(ticket, request)
        return spent

    def withdraw(self, ticket: Ticket) -> None:
        """Cancel a pending ticket whose asker has gone or given up."""
        if self._store.tickets.cancel(ticket.id):
            self._record(TicketCancelled(id=new_id(self._clock), ticket=ticket.id, requester=ticket.requester))

    def _spent(self, ticket: Ticket, request: HoldRequest) -> None:
        self._record(
            TicketSpent(
                id=new_id(self._clock),
                who=who_of(request.asker),
                ticket=ticket.id,
                requester=ticket.requester,
                on_behalf_of=ticket.on_behalf_of,
                database=ticket.database,
                digest=ticket.digest,
                rules=ticket.rules,
                by=", ".join(ticket.decided_by) or None,
                because=ticket.because,
            )
        )


def _digest(request: HoldRequest) -> str:
    return digest(request.statement, request.parameters, request.database)


def _opened(ticket: Ticket, request: HoldRequest, name: str) -> TicketOpened:
    return TicketOpened(
        id=name,
        who=who_of(request.asker),
        claims=claims_of(request.claims),
        ticket=ticket.id,
        requester=ticket.requester,
        on_behalf_of=ticket.on_behalf_of,
        database=ticket.database,
        digest=ticket.digest,
        rules=ticket.rules,
        statement=redacted(ticket.statement),
        why_held=ticket.why_held,
        approvers=tuple(sorted(ticket.approvers)),
        quorum=ticket.quorum,
        expires=ticket.expires.isoformat(),
    )
