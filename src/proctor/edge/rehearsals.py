"""Station 5, its eyes: asks the database how a held statement would run, and what it would change.

Takes a ticket and its trial; keeps the plan, the count of rows and a masked sample beside the ticket. On connections of
its own, in the role that the session has, a few at a time, each bounded in time and locks. A statement is run only
where its database says `dry_run = true`, only if nothing that it does could outlive the rollback, on record first; and
it is rolled back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from proctor.audit.record import Body, TicketRehearsed, who_of
from proctor.edge.config import Database
from proctor.edge.desk import new_id
from proctor.edge.hindrances import hindrance
from proctor.edge.proposal_book import Impact, ProposalBook, Sample
from proctor.edge.stage import Answer, Stage
from proctor.errors import Fault
from proctor.session.plans import Wardrobe
from proctor.session.ports import Clock, HoldRequest
from proctor.session.proposals import Trial
from proctor.sql.rehearsal import Rehearsal, planned, rehearsed
from proctor.terms import DataClass, MaskSpec, Ticket
from proctor.wire.talk import Field

log = logging.getLogger("proctor.worker")

AT_ONCE = 2
MAX_WAITING = 50  # an agent that asks for ever must not keep the database busy with trials
SECONDS = 20.0
MAX_CELL = 200
OWN = {
    "client_encoding": "UTF8",
    "standard_conforming_strings": "on",
    "application_name": "proctor",
    "statement_timeout": "5000",
    "lock_timeout": "250",
    "idle_in_transaction_session_timeout": "10000",
    "default_transaction_read_only": "on",
}
"""Whoever is asked about is waiting; nobody else shall."""
UNKNOWN = MaskSpec("redact", DataClass("unknown"))
Row = tuple[str | None, ...]


class Recorder(Protocol):
    """Where records go; a `Journal` is one."""

    def record(self, body: Body) -> int:
        """Write a record and return its position."""

    async def synced(self, position: int) -> None:
        """Return once the record at this position is on disk."""


class Rehearsals:
    """The trials of one worker."""

    def __init__(
        self,
        book: ProposalBook,
        database: Callable[[str], Database | None],
        wardrobe: Wardrobe,
        journal: Recorder,
        clock: Clock,
    ) -> None:
        self._book = book
        self._database = database
        self._wardrobe = wardrobe
        self._journal = journal
        self._clock = clock
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._errands: set[asyncio.Task[None]] = set()

    def begin(self, ticket: Ticket, request: HoldRequest) -> None:
        """Keep what is asked, and have the database asked beside everything else."""
        self._book.keep(ticket.id, request.proposal)
        if len(self._errands) >= MAX_WAITING:
            self._book.tried(ticket.id, Impact(whynot="too many statements wait to be tried"))
            return
        task = asyncio.get_running_loop().create_task(self._rehearse(ticket, request))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _rehearse(self, ticket: Ticket, request: HoldRequest) -> None:
        impact, sample = Impact(whynot="the database did not answer in time"), None
        try:
            async with self._turns, asyncio.timeout(SECONDS):
                impact, sample = await self._tried(ticket, request)
        except (Fault, TimeoutError, OSError) as fault:
            if isinstance(fault, Fault):
                impact = Impact(whynot=f"the database could not be asked ({fault.sqlstate})")
        except Exception as fault:  # an approver hears that there is nothing to see, and the worker goes on
            log.error("a trial ended by %s", type(fault).__name__, exc_info=fault)
            impact = Impact(whynot="the gateway failed to try it; see its log")
        try:
            self._book.tried(ticket.id, impact, sample)
        except Fault as fault:
            log.error("what trying a statement has shown cannot be kept: %s", fault.message)

    async def _tried(self, ticket: Ticket, request: HoldRequest) -> tuple[Impact, Sample | None]:
        database, trial = self._database(request.database), request.trial
        whynot = trial.whynot or ("the database is not served any more" if database is None else "")
        if whynot or database is None:
            return Impact(whynot=whynot), None
        role = database.role_for(request.asker.groups)
        if trial.role != role.user or trial.settings.get("session_replication_role") != "origin":
            return Impact(whynot="its session acts in another role"), None
        settings = {name: value for name, value in trial.settings.items() if name != "session_replication_role"}
        stage = await Stage.open(database, role, {**settings, **OWN})
        try:
            plan = await _planned(stage, trial)
            rehearsal = rehearsed(trial.text)
            if rehearsal is None or not database.dry_run:
                whynot = "dry_run is not set for this database" if rehearsal else "it is no INSERT, UPDATE or DELETE"
                return Impact(plan, whynot=whynot), None
            whynot = await hindrance(stage, trial, rehearsal)
            if whynot:
                return Impact(plan, whynot=whynot), None
            await self._journal.synced(self._journal.record(_rehearsed(new_id(self._clock), ticket, request)))
            rows, whynot, sample = await self._run(stage, trial, rehearsal)
            return Impact(plan, rows, whynot), sample
        finally:
            stage.leave()

    async def _run(self, stage: Stage, trial: Trial, rehearsal: Rehearsal) -> tuple[int | None, str, Sample | None]:
        """Run the statement and take it back; return the count of rows or why there is none, and some of the rows."""
        key = _key(trial, rehearsal)
        await stage.ask("BEGIN READ WRITE")
        await stage.ask("SAVEPOINT proctor")
        done = await stage.ask(rehearsal.count(key), trial.values, trial.types)
        before = Answer()
        await stage.ask("ROLLBACK TO SAVEPOINT proctor")
        if key and rehearsal.before and not done.sqlstate:
            before = await stage.ask(rehearsal.look(key), trial.values, done.types)
        await stage.ask("ROLLBACK")
        if done.sqlstate:
            return None, _told(done.sqlstate), None
        count = int(done.rows[0][0] or 0) if done.rows else 0
        shown = self._masked(trial, done.fields[1:], [row[1:] for row in done.rows])
        first = shown if rehearsal.verb == "delete" else self._masked(trial, before.fields, before.rows)
        then = () if rehearsal.verb == "delete" else shown
        columns = tuple(f.name for f in done.fields[1:])
        masked = tuple(name for name in columns if _spec(trial, name) is not None)
        return count, "", Sample(columns, masked, first, then)

    def _masked(self, trial: Trial, fields: list[Field], rows: list[Row]) -> tuple[Row, ...]:
        return tuple(tuple(self._cell(trial, f, cell) for f, cell in zip(fields, row, strict=True)) for row in rows)

    def _cell(self, trial: Trial, described: Field, cell: str | None) -> str | None:
        spec = _spec(trial, described.name)
        if cell is None or spec is None:
            return None if cell is None else cell[:MAX_CELL]
        worn = self._wardrobe.wear(spec, described)
        masked = worn(cell.encode()) if callable(worn) else worn
        return masked.decode("utf-8", "replace")[:MAX_CELL] if isinstance(masked, bytes) else None


def _spec(trial: Trial, name: str) -> MaskSpec | None:
    """Return what a column wears; one that the snapshot does not know is hidden."""
    if trial.target is None or trial.target.column(name) is None:
        return UNKNOWN
    return trial.masks.get(name)


def _key(trial: Trial, rehearsal: Rehearsal) -> tuple[str, ...]:
    """Return a key that tells rows apart before and after; empty where there is none, or the statement changes it."""
    if trial.target is None:
        return ()
    solid = {column.name for column in trial.target.columns if column.not_null}
    for key in trial.target.unique:
        if key <= solid and not key & rehearsal.sets:
            return tuple(sorted(key))
    return ()


async def _planned(stage: Stage, trial: Trial) -> tuple[str, ...]:
    if not planned(trial.text):
        return ()
    answer = await stage.ask(f"EXPLAIN {trial.text}", trial.values, trial.types)
    return tuple(row[0] or "" for row in answer.rows) if not answer.sqlstate else (_told(answer.sqlstate),)


def _told(sqlstate: str) -> str:
    match sqlstate:
        case "55P03":
            return "rows of it are locked by somebody"
        case "57014":
            return "it takes longer than 5 seconds"
        case _:
            return f"the database would refuse it (SQLSTATE {sqlstate})"


def _rehearsed(name: str, ticket: Ticket, request: HoldRequest) -> TicketRehearsed:
    return TicketRehearsed(
        id=name,
        who=who_of(request.asker),
        ticket=ticket.id,
        requester=ticket.requester,
        on_behalf_of=ticket.on_behalf_of,
        database=ticket.database,
        digest=ticket.digest,
        rules=ticket.rules,
    )
