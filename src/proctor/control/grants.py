"""Beside the stations: the desk for grants, by which a person sees a sensitive column as it is for a while.

In comes who acts and what they ask; out goes the grant or a `Refused`. A request and a decision are on record before
they take effect; each call is authorized here.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Protocol, TypeVar

from proctor.audit.record import (
    GrantApproved,
    GrantBody,
    GrantDenied,
    GrantExpired,
    GrantRequested,
    GrantRevoked,
    OperatorCall,
    who_of,
)
from proctor.control.words import MAX_OUTCOME, MAX_TARGET, READERS, Recorder, Refused
from proctor.edge.config import Config
from proctor.edge.desk import moment, new_id
from proctor.edge.store import Store
from proctor.errors import ClientFault
from proctor.policy import grants
from proctor.policy.approvers import Approvers
from proctor.policy.tickets import Refusal
from proctor.session.ports import Clock
from proctor.terms import Column, Grant, GrantState, Identity, Kind, Moment

Life = TypeVar("Life", bound=GrantBody)


class Step(Protocol):
    """One step of a grant's life, as `policy` has it."""

    def __call__(
        self, grant: Grant, by: Identity, now: Moment, because: str | None = None, /, *, asked: Approvers = ...
    ) -> Grant | Refusal:
        """Return the grant after it, or why it stays as it is."""


class GrantDesk:
    """What people may ask about grants."""

    def __init__(self, store: Store, config: Config, journal: Recorder, clock: Clock) -> None:
        self.config = config
        self._store = store
        self._journal = journal
        self._clock = clock

    async def list(self, by: Identity) -> tuple[Grant, ...]:
        """Return the grants that this person may see, the newest first."""
        self._record(by, "grants.list", "", "done")
        alone = None if self._looks(by) else by.subject
        found = await asyncio.to_thread(self._store.grants.list, alone)
        now = moment(self._clock)
        return tuple(grants.expire(grant, now) for grant in found)

    async def request(self, by: Identity, database: str, column: Column, seconds: int, because: str) -> Grant | Refused:
        """Ask to see a column as it is."""
        target = f"{database}.{column}"
        if self.config.database(database) is None:
            return self._refuse(by, "grants.request", target, Refused("missing", "there is no such database"))
        classified = await asyncio.to_thread(self._store.map.classified, database)
        finding = classified.findings.get(column)
        if finding is None:
            return self._refuse(by, "grants.request", target, Refused("missing", "there is no such column in the map"))
        if finding.data_class is None:
            no = Refused("invalid", "the column is not sensitive: everybody sees it as it is")
            return self._refuse(by, "grants.request", target, no)
        asked = grants.ask(
            new_id(self._clock), by, database=database, column=column, seconds=seconds, because=because,
            now=moment(self._clock), patience=self.config.limits.hold,
        )  # fmt: skip
        if isinstance(asked, Refusal):
            why = Refused("forbidden" if by.kind is not Kind.HUMAN else "invalid", asked.reason)
            return self._refuse(by, "grants.request", target, why)
        await self._on_record(self._life(GrantRequested, asked, by, because))
        try:
            await asyncio.to_thread(self._store.grants.open, asked)
        except ClientFault as full:
            return self._refuse(by, "grants.request", target, Refused("conflict", full.message))
        return asked

    async def approve(self, by: Identity, name: str, because: str | None = None) -> Grant | Refused:
        """Agree: the column is shown from now on, for as long as was asked."""
        return await self._decide(by, "grants.approve", name, because, grants.approve, GrantApproved)

    async def deny(self, by: Identity, name: str, because: str | None = None) -> Grant | Refused:
        """Say no."""
        return await self._decide(by, "grants.deny", name, because, grants.deny, GrantDenied)

    async def revoke(self, by: Identity, name: str, because: str | None = None) -> Grant | Refused:
        """Take it back: open sessions notice within a second."""
        return await self._decide(by, "grants.revoke", name, because, grants.revoke, GrantRevoked)

    def expire_due(self) -> None:
        """Expire what is past its time, on record."""
        for grant in self._store.grants.expire_due(moment(self._clock)):
            self._journal.record(self._life(GrantExpired, grant, None, None))

    async def _decide(
        self, by: Identity, action: str, name: str, because: str | None, step: Step, kind: type[Life]
    ) -> Grant | Refused:
        before = await asyncio.to_thread(self._store.grants.get, name)
        if before is None or not (by.subject == before.requester or self._looks(by)):
            return self._refuse(by, action, name, Refused("missing", "there is no such grant"))
        now = moment(self._clock)
        taken = partial(step, asked=self.config.approvals.grants)
        first = taken(before, by, now, because)
        if not isinstance(first, Grant):
            return self._refuse(by, action, name, _said_no(before, now, first))
        self._record(by, action, name, "asked")
        # On disk before anybody sees a value under it: a crash in between leaves a record too many, not one too few.
        await self._on_record(self._life(kind, first, by, because))
        done = await asyncio.to_thread(self._store.grants.take_step, name, lambda grant: taken(grant, by, now, because))
        if isinstance(done, Grant):
            return done
        no = Refused("missing", "there is no such grant") if done is None else Refused("conflict", done.reason)
        return self._refuse(by, action, name, no)

    def _life(self, kind: type[Life], grant: Grant, by: Identity | None, because: str | None) -> Life:
        return kind(
            id=new_id(self._clock),
            who=None if by is None else who_of(by),
            grant=grant.id,
            requester=grant.requester,
            database=grant.database,
            column=str(grant.column),
            seconds=grant.seconds,
            by=None if by is None else by.subject,
            because=because,
        )

    def _looks(self, by: Identity) -> bool:
        """Tell whether this one may see what others ask for."""
        if by.kind is Kind.HUMAN and by.groups & self.config.approvals.grants.groups:
            return True
        return by.kind is not Kind.AGENT and bool(by.groups & READERS)

    def _record(self, by: Identity, action: str, target: str, outcome: str) -> None:
        self._journal.record(
            OperatorCall(
                id=new_id(self._clock),
                who=who_of(by),
                action=action,
                target=target[:MAX_TARGET],
                outcome=outcome[:MAX_OUTCOME],
            )
        )

    def _refuse(self, by: Identity, action: str, target: str, refused: Refused) -> Refused:
        self._record(by, action, target, f"refused: {refused.reason}")
        return refused

    async def _on_record(self, body: GrantBody) -> None:
        await self._journal.synced(self._journal.record(body))


def _said_no(grant: Grant, now: Moment, refusal: Refusal) -> Refused:
    waits = grant.state in (GrantState.PENDING, GrantState.ACTIVE) and not grants.over(grant, now)
    return Refused("forbidden" if waits else "conflict", refusal.reason)
