"""Beside the stations: what an operator may ask of the house, whichever face they ask through. Authorized here, each.

In comes who acts and what they ask; out goes the answer or a `Refused`. What changes something is on record before it
takes effect, and its outcome on disk before the answer. Knows no HTTP and no terminal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import msgspec

from proctor.audit import vault
from proctor.audit.record import (
    Body,
    GlassReviewed,
    OperatorCall,
    SubjectErased,
    TicketApproved,
    TicketBody,
    TicketCancelled,
    TicketDenied,
    who_of,
)
from proctor.classify.classes import CLASSES
from proctor.control.agents import AgentDesk
from proctor.control.answers import AnswerDesk
from proctor.control.evidence_room import EvidenceRoom
from proctor.control.grants import GrantDesk
from proctor.control.provisioning import Provisioning
from proctor.control.reading_room import ReadingRoom
from proctor.control.sign_outs import SignOuts, killed_token
from proctor.control.views import ViewRoom
from proctor.control.words import APPROVERS, MAX_OUTCOME, MAX_TARGET, READERS
from proctor.control.words import Recorder as Recorder
from proctor.control.words import Refused as Refused
from proctor.edge import revealing
from proctor.edge.code_flow import CodeFlow
from proctor.edge.config import Config
from proctor.edge.conversation import Knock
from proctor.edge.data_map import Override
from proctor.edge.desk import moment, new_id
from proctor.edge.issuers import Issuers
from proctor.edge.live_sessions import LiveSession
from proctor.edge.overrides import changed_class, overridden, taken_back
from proctor.edge.proposal_book import Shown
from proctor.edge.revealing import Revealed
from proctor.edge.store import Store
from proctor.errors import ConfigFault
from proctor.policy import tickets as rules_of_tickets
from proctor.policy.check import RuleInfo
from proctor.policy.rules import Rules
from proctor.policy.tickets import MAX_BECAUSE
from proctor.session.ports import Clock
from proctor.terms import Column, DataClass, Finding, Identity, Kind, Moment, Relation, Ticket, TicketState

REVEALERS = frozenset({"security"})
Life = TypeVar("Life", bound=TicketBody)


@dataclass(frozen=True, slots=True)
class Mapped:
    """A column of the data map."""

    database: str
    column: Column
    finding: Finding


@dataclass(slots=True)
class Health:
    """How the house is. Whoever runs a part of it writes its troubles here, by the part's name."""

    started: datetime
    troubles: dict[str, str] = field(default_factory=dict)
    lags: Callable[[], Mapping[str, int]] = dict
    """How many records each sink of the journal has not taken yet."""
    spans: Callable[[], Mapping[str, int]] = dict
    """How many spans were sent, and how many were lost, by why; empty where none are made."""
    waiting: tuple[str, ...] = ()
    """The settings that have changed and count from the next start on."""

    @property
    def ready(self) -> bool:
        """Whether everything is as it should be."""
        return not self.troubles


class Control:
    """What operators may ask. One event loop; `change` puts other settings and rules in force."""

    def __init__(
        self,
        *,
        store: Store,
        config: Config,
        rules: Rules,
        journal: Recorder,
        clock: Clock,
        reload: Callable[[], Awaitable[str]] | None = None,
        knock: Knock | None = None,
    ) -> None:
        self.store = store
        self.config = config
        self.rules = rules
        self.health = Health(clock.now())
        self._journal = journal
        self._clock = clock
        self._reload = reload
        self.grants = GrantDesk(store, config, journal, clock)
        self.agents = AgentDesk(store, config, journal, clock, knock, lambda: self.rules)
        self.provisioning = Provisioning(store, config, journal, clock)
        self.answers = AnswerDesk(config, clock, journal.record, self.approve, self.deny)
        self.issuers = Issuers(config.identity, clock, ended=store.sign_ins.ended)
        self.code_flow = CodeFlow(self.issuers, clock)
        self.sign_outs = SignOuts(store, self.issuers, clock, journal.record)
        self.reading = ReadingRoom(config, journal, clock, lambda: self.rules)
        self.evidence = EvidenceRoom(config, journal, clock)
        self.views = ViewRoom(config, journal, clock, store.views)

    def change(self, config: Config, rules: Rules) -> None:
        """Put other settings and rules in force."""
        self.config, self.rules = config, rules
        self.grants.config = self.answers.config = self.agents.config = config
        self.issuers.change(config.identity)
        self.reading.config = self.evidence.config = self.views.config = config
        self.provisioning.config = config

    # --- the approval desk ------------------------------------------------------------------------------------------

    async def approvals(self, by: Identity, states: Sequence[TicketState] = ()) -> tuple[Ticket, ...]:
        """Return the tickets that this person may see, the newest first."""
        self._record(by, "approvals.list", outcome="done")
        alone = None if _reads(by) or self._approves(by) else by.subject
        found = await asyncio.to_thread(self.store.tickets.list, states=states, requester=alone)
        return tuple(ticket for ticket in found if _sees(by, ticket))

    async def approval(self, by: Identity, ticket_id: str) -> Ticket | Refused:
        """Return one ticket, if it exists for this person."""
        found = await asyncio.to_thread(self.store.tickets.get, ticket_id)
        if found is None or not _sees(by, found):
            return await self._refuse(by, "approvals.show", ticket_id, _no_ticket())
        self._record(by, "approvals.show", ticket_id, outcome="done")
        return found

    async def shown(self, by: Identity, ticket: Ticket) -> Shown | None:
        """Return what this person may see of a held statement beside its ticket; None if nothing is kept.

        What the database says of it (rows, plan, sample) is for those who decide: to whoever asked, and to the person
        an agent asked for, it would answer questions that the rules have not let through.
        """
        found = await asyncio.to_thread(self.store.proposals.get, ticket.id)
        asked = by.subject in (ticket.requester, ticket.on_behalf_of)
        decides = by.kind is Kind.HUMAN and not asked and bool(by.groups & (ticket.approvers | READERS))
        return found if found is None or decides else Shown(found.proposal)

    async def approve(self, by: Identity, ticket_id: str, because: str | None = None) -> Ticket | Refused:
        """Approve a ticket, once; it is approved when its quorum is reached."""
        done = await self._decide(by, "approvals.approve", ticket_id, because, self._approve)
        if isinstance(done, Ticket):
            body = self._life(TicketApproved, done, by, because)
            await self._on_record(msgspec.structs.replace(body, approvals=len(done.decided_by)))
        return done

    def _approve(
        self, ticket: Ticket, by: Identity, now: Moment, because: str | None
    ) -> Ticket | rules_of_tickets.Refusal:
        """Take one approval, of anybody but the owner of the agent that asks, whomever it acts for."""
        made = rules_of_tickets.approve(ticket, by, now, because)
        agent = self.config.agents.get(ticket.requester)
        if isinstance(made, Ticket) and agent is not None and agent.owner == by.subject:
            return rules_of_tickets.Refusal("whoever an agent belongs to does not approve what it asks for")
        return made

    async def deny(self, by: Identity, ticket_id: str, because: str | None = None) -> Ticket | Refused:
        """Deny a ticket; one no is enough."""
        done = await self._decide(by, "approvals.deny", ticket_id, because, rules_of_tickets.deny)
        if isinstance(done, Ticket):
            await self._on_record(self._life(TicketDenied, done, by, because))
        return done

    async def cancel(self, by: Identity, ticket_id: str) -> Ticket | Refused:
        """Cancel one's own request, or that of an agent of one's own."""

        def step(ticket: Ticket, by: Identity, now: Moment, _: str | None) -> Ticket | rules_of_tickets.Refusal:
            return rules_of_tickets.cancel(ticket, by, now)

        done = await self._decide(by, "approvals.cancel", ticket_id, None, step)
        if isinstance(done, Ticket):
            await self._on_record(self._life(TicketCancelled, done, by, None))
        return done

    async def review(self, by: Identity, ticket_id: str, because: str | None) -> Ticket | Refused:
        """Say that one has looked at what somebody did behind broken glass, and what one found."""
        done = await self._decide(by, "approvals.review", ticket_id, because, rules_of_tickets.review)
        if isinstance(done, Ticket):
            await self._on_record(self._life(GlassReviewed, done, by, because))
        return done

    async def unreviewed(self, by: Identity) -> tuple[Ticket, ...]:
        """Return the broken glasses that wait for a review, as far as this person may see them."""
        self._record(by, "approvals.unreviewed", outcome="done")
        found = await asyncio.to_thread(self.store.tickets.unreviewed)
        return tuple(ticket for ticket in found if _sees(by, ticket))

    async def _decide(
        self,
        by: Identity,
        action: str,
        ticket_id: str,
        because: str | None,
        rule: Callable[[Ticket, Identity, Moment, str | None], Ticket | rules_of_tickets.Refusal],
    ) -> Ticket | Refused:
        before = await asyncio.to_thread(self.store.tickets.get, ticket_id)
        if before is None or not _sees(by, before):
            return await self._refuse(by, action, ticket_id, _no_ticket())
        now = moment(self._clock)
        first = rule(before, by, now, because)
        if not isinstance(first, Ticket):
            return await self._refuse(by, action, ticket_id, _said_no(before, by, now, first))
        # The intent is on disk before anybody can use the approval: a crash in between leaves evidence, not a gap.
        await self._on_record(self._call(by, action, ticket_id, outcome="asked", because=because))
        done = await asyncio.to_thread(
            self.store.tickets.take_step, ticket_id, lambda ticket: rule(ticket, by, now, because)
        )
        if isinstance(done, Ticket):
            return done
        lately = await asyncio.to_thread(self.store.tickets.get, ticket_id)
        no = _no_ticket() if done is None else _said_no(lately or before, by, now, done)
        return await self._refuse(by, action, ticket_id, no)

    # --- sessions ---------------------------------------------------------------------------------------------------

    async def sessions(self, by: Identity) -> tuple[LiveSession, ...]:
        """Return the open sessions that this person may see: their own and their agents', or all."""
        self._record(by, "sessions.list", outcome="done")
        found = await asyncio.to_thread(self.store.sessions.list)
        return tuple(session for session in found if _reads(by) or _owns(by, session))

    async def kill(self, by: Identity, session_id: str, because: str | None = None) -> LiveSession | Refused:
        """Ask a session's worker to end it, within a second. The token of somebody else's dies with it."""
        if (refused := _too_long(because)) is not None:
            return await self._refuse(by, "sessions.kill", session_id, refused)
        session = await asyncio.to_thread(self.store.sessions.get, session_id)
        visible = session is not None and (_owns(by, session) or _reads(by))
        if session is None or not visible:
            return await self._refuse(by, "sessions.kill", session_id, Refused("missing", "there is no such session"))
        if not _owns(by, session) and not _runs_the_house(by):
            return await self._refuse(by, "sessions.kill", session_id, _only(APPROVERS))
        await self._on_record(self._call(by, "sessions.kill", session_id, outcome="asked", because=because))
        killed = await asyncio.to_thread(
            lambda: self.store.sessions.kill(session_id, by=by.subject, because=because or "", at=self._clock.now())
        )
        if not _owns(by, session):
            await asyncio.to_thread(killed_token, self.store, session, self._clock, by.subject)
        if not killed:
            return await self._refuse(by, "sessions.kill", session_id, Refused("missing", "the session has ended"))
        self._record(by, "sessions.kill", session_id, outcome="done", because=because)
        return session

    # --- the data map -----------------------------------------------------------------------------------------------

    async def data_map(self, by: Identity, database: str) -> tuple[Mapped, ...] | Refused:
        """Return what is known of a database's columns, sorted."""
        if not _reads(by):
            return await self._refuse(by, "map.show", database, _only(READERS))
        if self.config.database(database) is None:
            return await self._refuse(by, "map.show", database, Refused("missing", "there is no such database"))
        self._record(by, "map.show", database, outcome="done")
        found = await asyncio.to_thread(self.store.map.classified, database)
        return tuple(Mapped(database, column, finding) for column, finding in sorted(found.findings.items()))

    async def said_of(self, by: Identity, database: str, column: Column) -> tuple[Override, ...]:
        """Return what people have said of a column, the newest first; nothing to those who may not read the map."""
        if not _reads(by):
            return ()
        self._record(by, "map.history", f"{database}.{column}", outcome="done")
        return await asyncio.to_thread(self.store.map.history, database, column)

    async def classify(
        self, by: Identity, database: str, column: Column, data_class: str | None, because: str
    ) -> Mapped | Refused:
        """Keep this person's word on a column's class; None says that it is not sensitive."""
        target = f"{database}.{column}"
        if not _runs_the_house(by):
            return await self._refuse(by, "map.classify", target, _only(APPROVERS))
        if self.config.database(database) is None:
            return await self._refuse(by, "map.classify", target, Refused("missing", "there is no such database"))
        refused = _unusable(data_class, because)
        if refused is not None:
            return await self._refuse(by, "map.classify", target, refused)
        word = None if data_class is None else DataClass(data_class)
        await self._on_record(self._call(by, "map.classify", target, outcome="asked", because=because))
        before, after = await asyncio.to_thread(
            overridden, self.store, database, Override(column, word, by.subject, because, self._clock.now())
        )
        await self._on_record(
            changed_class(self._id(), database, column, before=before, after=word, because=because, by=by)
        )
        return Mapped(database, column, after)

    async def take_back(self, by: Identity, database: str, column: Column, because: str) -> Mapped | Refused:
        """Let the newest word on a column count no more; what counted before it counts again."""
        target = f"{database}.{column}"
        if not _runs_the_house(by):
            return await self._refuse(by, "map.classify", target, _only(APPROVERS))
        if self.config.database(database) is None:
            return await self._refuse(by, "map.classify", target, Refused("missing", "there is no such database"))
        refused = _unusable(None, because)
        if refused is not None:
            return await self._refuse(by, "map.classify", target, refused)
        await self._on_record(self._call(by, "map.classify", target, outcome="asked", because=because))
        word = Override(column, None, by.subject, because, self._clock.now())
        taken = await asyncio.to_thread(taken_back, self.store, database, word)
        if taken is None:
            return await self._refuse(by, "map.classify", target, Refused("missing", "nobody has said anything of it"))
        before, after = taken
        change = changed_class(
            self._id(), database, column, before=before, after=after.data_class, because=because, by=by
        )
        await self._on_record(change)
        return Mapped(database, column, after)

    # --- the house --------------------------------------------------------------------------------------------------

    async def rule_list(self, by: Identity) -> tuple[RuleInfo, ...]:
        """Return the rules in force: whoever is bound by them may read them."""
        self._record(by, "rules.list", outcome="done")
        return tuple(self.rules)

    async def reload(self, by: Identity) -> str | Refused:
        """Read settings and rules again, and return the digest of the rules now in force."""
        if not _runs_the_house(by):
            return await self._refuse(by, "rules.reload", "", _only(APPROVERS))
        if self._reload is None:
            return await self._refuse(by, "rules.reload", "", Refused("conflict", "this process cannot reload"))
        await self._on_record(self._call(by, "rules.reload", outcome="asked"))
        try:
            return await self._reload()
        except ConfigFault as fault:
            return await self._refuse(by, "rules.reload", "", Refused("invalid", fault.message, fault.hint))

    async def may_read_log(self, by: Identity, path: str) -> Refused | None:
        """Return None if this person may read the journal's log."""
        if not _reads(by):
            return await self._refuse(by, "log.read", path, _only(READERS))
        self._record(by, "log.read", path, outcome="done")
        return None

    # --- what records hold sealed -----------------------------------------------------------------------------------

    async def reveal(self, by: Identity, place: str, because: str) -> Revealed | Refused:
        """Open what the record at `SHARD:NUMBER` holds sealed. That somebody has, and why, is on disk before."""
        if not _may_reveal(by):
            return await self._refuse(by, "audit.reveal", place, _only(REVEALERS))
        if (refused := _unreasoned(because)) is not None:
            return await self._refuse(by, "audit.reveal", place, refused)
        await self._on_record(self._call(by, "audit.reveal", place, outcome="asked", because=because))
        found = await asyncio.to_thread(revealing.reveal, self.config, place)
        if isinstance(found, str):
            return await self._refuse(by, "audit.reveal", place, Refused("missing", found))
        self._record(by, "audit.reveal", place, outcome="done", because=because)
        return found

    async def erase(self, by: Identity, subject: str, because: str) -> int | Refused:
        """Destroy the keys of what somebody's records hold sealed, for good; return how many there were."""
        if not _may_reveal(by):
            return await self._refuse(by, "audit.erase", subject, _only(REVEALERS))
        if (refused := _unreasoned(because)) is not None:
            return await self._refuse(by, "audit.erase", subject, refused)
        await self._on_record(self._call(by, "audit.erase", subject, outcome="asked", because=because))
        count = await asyncio.to_thread(vault.erase, revealing.vault_of(self.config), subject)
        if not count:
            return await self._refuse(by, "audit.erase", subject, Refused("missing", "there is no key of theirs"))
        await self._on_record(
            SubjectErased(id=self._id(), who=who_of(by), subject=subject[:MAX_TARGET], keys=count, because=because)
        )
        return count

    # --- records ----------------------------------------------------------------------------------------------------

    def _approves(self, by: Identity) -> bool:
        return by.kind is Kind.HUMAN and any(rule.approvers & by.groups for rule in self.rules)

    def _id(self) -> str:
        return new_id(self._clock)

    def _life(self, kind: type[Life], ticket: Ticket, by: Identity, because: str | None) -> Life:
        return kind(
            id=self._id(),
            who=who_of(by),
            ticket=ticket.id,
            requester=ticket.requester,
            on_behalf_of=ticket.on_behalf_of,
            database=ticket.database,
            digest=ticket.digest,
            rules=ticket.rules,
            by=by.subject,
            because=because,
        )

    def _call(
        self, by: Identity, action: str, target: str = "", *, outcome: str, because: str | None = None
    ) -> OperatorCall:
        return OperatorCall(
            id=self._id(),
            who=who_of(by),
            action=action,
            target=target[:MAX_TARGET],
            outcome=outcome,
            because=because,
        )

    def _record(self, by: Identity, action: str, target: str = "", *, outcome: str, because: str | None = None) -> None:
        self._journal.record(self._call(by, action, target, outcome=outcome, because=because))

    async def _refuse(self, by: Identity, action: str, target: str, refused: Refused) -> Refused:
        self._record(by, action, target, outcome=f"refused: {refused.reason}"[:MAX_OUTCOME])
        return refused

    async def _on_record(self, body: Body) -> None:
        await self._journal.synced(self._journal.record(body))


def column_named(text: str) -> tuple[str, Column] | None:
    """Return database and column of `DB.SCHEMA.TABLE.COLUMN`; a part with a dot in it is in double quotes."""
    parts: list[str] = []
    rest = text
    while rest:
        if rest.startswith('"'):
            end = 1
            while end < len(rest) and (rest[end] != '"' or rest[end : end + 2] == '""'):
                end += 2 if rest[end] == '"' else 1
            part, rest = rest[1:end].replace('""', '"'), rest[end + 1 :]
            if rest and not rest.startswith("."):
                return None
            rest = rest[1:]
        else:
            part, _, rest = rest.partition(".")
        parts.append(part)
    if len(parts) != 4 or not all(parts):
        return None
    return parts[0], Column(Relation(parts[1], parts[2]), parts[3])


def unusable_class(data_class: str | None) -> str | None:
    """Return what is wrong with a class that somebody has named, None if nothing is."""
    if data_class is None or data_class in CLASSES:
        return None
    return f'there is no class "{data_class[:50]}"; known are: {", ".join(sorted(CLASSES))}'


def _unusable(data_class: str | None, because: str) -> Refused | None:
    if (trouble := unusable_class(data_class)) is not None:
        return Refused("invalid", trouble)
    if not because.strip():
        return Refused("invalid", "say why: an override without a reason helps nobody who comes after you")
    return _too_long(because)


def _unreasoned(because: str) -> Refused | None:
    if not because.strip():
        return Refused("invalid", "say why: it goes into the journal")
    return _too_long(because)


def _too_long(because: str | None) -> Refused | None:
    if because is not None and len(because) > MAX_BECAUSE:
        return Refused("invalid", f"the reason is longer than {MAX_BECAUSE} characters")
    return None


def _sees(by: Identity, ticket: Ticket) -> bool:
    if by.subject in (ticket.requester, ticket.on_behalf_of) or _reads(by):
        return True
    return by.kind is Kind.HUMAN and bool(by.groups & ticket.approvers)


def _owns(by: Identity, session: LiveSession) -> bool:
    return by.subject in (session.subject, session.on_behalf_of)


def _reads(by: Identity) -> bool:
    """Tell whether this one may see what others do. An agent in such a group acts for one person all the same."""
    return by.kind is not Kind.AGENT and bool(by.groups & READERS)


def _runs_the_house(by: Identity) -> bool:
    return by.kind is Kind.HUMAN and bool(by.groups & APPROVERS)


def _may_reveal(by: Identity) -> bool:
    return by.kind is Kind.HUMAN and bool(by.groups & REVEALERS)


def _only(groups: frozenset[str]) -> Refused:
    return Refused("forbidden", "this is for people of " + " or ".join(sorted(groups)))


def _no_ticket() -> Refused:
    return Refused("missing", "there is no such ticket", "`proctor approvals list` shows those that you may see")


def _said_no(ticket: Ticket, by: Identity, now: Moment, refusal: rules_of_tickets.Refusal) -> Refused:
    open_still = ticket.state is TicketState.PENDING and not rules_of_tickets.expired_at(ticket, now)
    conflict = (not open_still and not ticket.glass) or by.subject in ticket.decided_by or ticket.review is not None
    return Refused("conflict" if conflict else "forbidden", refusal.reason)
