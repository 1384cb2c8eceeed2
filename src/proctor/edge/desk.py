"""Station 5: the approval desk of a worker. Keeps the tickets of held statements in the store and waits for answers.

Several workers and the control process meet in the store, so waiting means looking there, four times a second.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypedDict, TypeVar

from msgspec import structs

from proctor.audit.record import (
    Body,
    GlassBroken,
    TicketBody,
    TicketCancelled,
    TicketOpened,
    TicketSpent,
    TicketVoided,
    claims_of,
    who_of,
)
from proctor.edge.store import Store
from proctor.policy.tickets import digest, expire, open_ticket, unfit
from proctor.session.ports import Clock, HoldRequest
from proctor.sql.redacted import redacted
from proctor.terms import Column, Moment, Ticket, TicketId, TicketState

LOOK_SECONDS = 0.25
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [one + other for one in ALPHABET for other in ALPHABET]
Life = TypeVar("Life", bound=TicketBody)


def moment(clock: Clock) -> Moment:
    """Return the hour by both clocks."""
    return Moment(clock.now(), clock.monotonic_ns())


def new_id(clock: Clock) -> str:
    """Return an identifier that sorts by time (ULID): 26 characters, 80 bits of chance."""
    number = int(clock.now().timestamp() * 1000) << 80 | secrets.randbits(80)
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -10, -10)])


class StoreDesk:
    """The desk of one worker's sessions."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        record: Callable[[Body], object],
        lifetime: timedelta,
        rehearse: Callable[[Ticket, HoldRequest], None] | None = None,
    ) -> None:
        self._rehearse = rehearse
        self._store = store
        self._clock = clock
        self._record = record
        self._lifetime = lifetime

    def claim(self, request: HoldRequest) -> Ticket | None:
        """Spend an approved ticket that fits, and return it; None when there is none.

        Tickets for this request that hold no longer are voided on the way.
        """
        for ticket in self._store.tickets.alike(**_key(request)):
            if why := unfit(ticket, request.footing, request.hold):
                self._void(ticket, request, why)
            elif ticket.state is TicketState.APPROVED and self._spend(ticket, request):
                return ticket
        return None

    def has_approved(self, request: HoldRequest) -> bool:
        """Say whether there is an approved ticket for this request at all, whatever its footing."""
        return any(ticket.state is TicketState.APPROVED for ticket in self._store.tickets.alike(**_key(request)))

    def has_pending(self, request: HoldRequest) -> bool:
        """Say whether somebody is asked for this already, with a reason."""
        found = self._store.tickets.alike(**_key(request))
        return any(ticket.state is TicketState.PENDING and ticket.reason for ticket in found)

    def open(self, request: HoldRequest) -> Ticket:
        """Return the pending ticket for this request, a new one if need be."""
        now = moment(self._clock)
        fresh = open_ticket(
            TicketId(new_id(self._clock)),
            request.hold,
            requester=request.asker,
            claims=request.claims,
            database=request.database,
            statement=request.statement,
            parameters=request.parameters,
            now=now,
            lifetime=self._lifetime,
            footing=request.footing,
        )
        ticket = self._store.tickets.open(fresh, now)
        if ticket.id == fresh.id:
            self._record(_opened(ticket, request, new_id(self._clock)))
            if self._rehearse is not None:
                self._rehearse(ticket, request)
        return ticket

    async def settled(self, ticket: Ticket) -> Ticket:
        """Wait until somebody decides the ticket, or it expires."""
        while True:
            now = self._store.tickets.get(ticket.id)
            if now is None or now.state is not TicketState.PENDING:
                return now or ticket
            await asyncio.sleep(LOOK_SECONDS)

    def spend(self, ticket: Ticket, request: HoldRequest) -> Ticket | None:
        """Spend an approved ticket: None once that is done, else the ticket as it stands, which lets nothing run."""
        if why := unfit(ticket, request.footing, request.hold):
            self._void(ticket, request, why)
        elif self._spend(ticket, request):
            return None
        return expire(self._store.tickets.get(ticket.id) or ticket, moment(self._clock))

    def spend_probes(self, owner: str, database: str, probes: Mapping[Column, int]) -> dict[Column, int]:
        """Add plain values to what an identity has put to columns, and return the sums of the present window."""
        return self._store.budgets.spend(owner, database, probes, self._clock.now())

    def refund_probes(self, owner: str, database: str, probes: Mapping[Column, int]) -> None:
        """Take them back: what asked for them does not run."""
        self._store.budgets.refund(owner, database, probes)

    def broken(self, request: HoldRequest) -> Ticket:
        """Record that the glass was broken for this; return the ticket that stays open until somebody reviews it."""
        now = moment(self._clock)
        ticket = replace(
            open_ticket(
                TicketId(new_id(self._clock)),
                request.hold,
                requester=request.asker,
                claims=request.claims,
                database=request.database,
                statement=request.statement,
                parameters=request.parameters,
                now=now,
                lifetime=self._lifetime,
            ),
            state=TicketState.SPENT,
            glass=True,
        )
        self._store.tickets.keep(ticket)
        self._store.proposals.keep(ticket.id, request.proposal)
        said = self._life(GlassBroken, ticket, request)
        self._record(
            structs.replace(said, statement=redacted(ticket.statement), because=ticket.reason, by=ticket.requester)
        )
        return ticket

    def withdraw(self, ticket: Ticket) -> None:
        """Cancel a pending ticket whose asker has gone or given up."""
        if self._store.tickets.cancel(ticket.id):
            self._record(TicketCancelled(id=new_id(self._clock), ticket=ticket.id, requester=ticket.requester))

    def _spend(self, ticket: Ticket, request: HoldRequest) -> bool:
        now = moment(self._clock)
        if not self._store.tickets.spend(ticket.id, **_key(request), footing=request.footing, now=now):
            return False
        spent = self._life(TicketSpent, ticket, request)
        self._record(structs.replace(spent, by=", ".join(ticket.decided_by) or None, because=ticket.because))
        return True

    def _void(self, ticket: Ticket, request: HoldRequest, why: str) -> None:
        if self._store.tickets.void(ticket.id):
            self._record(structs.replace(self._life(TicketVoided, ticket, request), why=why))

    def _life(self, kind: type[Life], ticket: Ticket, request: HoldRequest) -> Life:
        return kind(
            id=new_id(self._clock),
            who=who_of(request.asker),
            ticket=ticket.id,
            requester=ticket.requester,
            on_behalf_of=ticket.on_behalf_of,
            database=ticket.database,
            digest=ticket.digest,
            rules=ticket.rules,
        )


class _Key(TypedDict):
    requester: str
    on_behalf_of: str | None
    database: str
    digest: str


def _key(request: HoldRequest) -> _Key:
    return {
        "requester": request.asker.subject,
        "on_behalf_of": request.asker.on_behalf_of,
        "database": request.database,
        "digest": _digest(request),
    }


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
