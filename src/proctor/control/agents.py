"""Beside the stations: what an agent may ask of the house through MCP. Each statement goes the way of all statements.

In comes who asks, from where, and what; out goes an answer, a `Refused` of ours, or a `Trouble` that the stations told.
Every query opens a session at a worker, as a client's own would be, so that masks, rules, tickets, budgets and records
are the same. Knows no HTTP and no JSON-RPC.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from proctor.audit import search as auditing
from proctor.audit.record import OperatorCall, who_of
from proctor.control.described import COLUMNS, Schema, place_behind, place_of, tables_of
from proctor.control.pages import Page, Pages
from proctor.control.trouble import TICKET, Trouble, trouble_of
from proctor.control.words import MAX_OUTCOME, MAX_TARGET, Recorder, Refused
from proctor.edge.config import Config
from proctor.edge.conversation import Conversation, Knock, Said
from proctor.edge.desk import new_id
from proctor.edge.letters import Letter
from proctor.edge.offers import offers
from proctor.edge.store import Store
from proctor.edge.tokens import SignIn
from proctor.errors import Fault
from proctor.policy.decide import connects
from proctor.policy.rules import Rules
from proctor.session.ports import Clock, Purpose
from proctor.session.refusals import UNASKED
from proctor.terms import Claims, Context, Identity, Ticket, TicketState

MOST_ROWS = 1000
RESULT_BYTES = 4 * 1024 * 1024
MOST_COLUMNS = 500
MOST_RECORDS = 100
LOOK_SECONDS = 0.5
TELL_SECONDS = 10.0
LATE_SECONDS = 5.0
SECOND = 1_000_000_000
OVER = "refused: the token that you have shown is not good any more"
OVER_HINT = "Get a new token, and call again."
Tell = Callable[[str], Awaitable[None]]
"""Hears in words how far it is, every few seconds: so a client knows that we are alive."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, from where, and what they say of themselves: claims, which are recorded as claims."""

    by: Identity
    address: str
    application: str = "mcp"
    reason: str | None = None
    task: str | None = None
    curious: bool = False
    """Whoever asks can be asked for a reason: what is held without one waits for it, and is at no desk yet."""
    sign_in: SignIn | None = None
    until: int | None = None
    """By what the token is known that was shown, and until when it is good, by the clock that never steps back."""

    @property
    def owner(self) -> tuple[str, str | None]:
        """Return whose pages are whose: of an agent, those it got for the same person."""
        return self.by.subject, self.by.on_behalf_of

    def left(self, now: int) -> float | None:
        """Return for how many seconds the caller may still ask; None where no hour is set."""
        return None if self.until is None else (self.until - now) / SECOND


@dataclass(frozen=True, slots=True)
class Offered:
    """A database that may be asked for."""

    name: str
    environment: str
    engine: str


@dataclass(frozen=True, slots=True)
class Offering:
    """The databases that may be asked for. `silent` are servers that did not say what they have."""

    databases: tuple[Offered, ...]
    silent: tuple[str, ...] = ()


class AgentDesk:
    """What may be asked through MCP. `knock` reaches a worker; without one nothing can be run."""

    def __init__(
        self,
        store: Store,
        config: Config,
        journal: Recorder,
        clock: Clock,
        knock: Knock | None,
        rules: Callable[[], Rules],
    ) -> None:
        self.config = config
        self._rules = rules
        self.pages = Pages(clock)
        self._store = store
        self._journal = journal
        self._clock = clock
        self._knock: Knock = knock or _nobody
        self._searching = asyncio.Lock()

    # ---- what there is

    async def databases(self, caller: Caller) -> Offering:
        """Return the databases that this identity may use at all, those among them that a server has beside the named.

        Whoever is bound to tasks may use what any of these lets them.
        """
        self._record(caller, "agents.databases", "", "done")
        found, rules, now = await offers(self.config), self._rules(), self._clock.now()
        tasks: list[str | None] = [each.name for each in caller.by.tasks] or [None]
        return Offering(
            tuple(
                Offered(each.name, each.environment, each.engine)
                for each in found.databases.values()
                if any(
                    connects(caller.by, Context(each.name, each.environment, now, Claims(task=task)), rules)
                    for task in tasks
                )
            ),
            found.silent,
        )

    async def schema(
        self, caller: Caller, database: str, schema: str | None, table: str | None, after: str | None
    ) -> Schema | Trouble:
        """Return tables and columns as this identity's own session sees them, with what each is held to be."""
        place = place_of(after)
        if place is None:
            return Trouble("failed", "22023", "`after` is what an earlier answer gave, and nothing else")
        values = (schema, table, *place)
        said = await self._said(caller, database, COLUMNS, values, MOST_COLUMNS, wait=0.0, tell=_silence)
        if said.failed is not None:
            return trouble_of(said.failed)
        classified = await asyncio.to_thread(self._store.map.classified, database)
        tables = tables_of(said.rows, classified)
        if not said.more:
            return Schema(tuple(tables))
        whole = tables[:-1] if len(tables) > 1 else tables  # the last one may be cut in the middle
        return Schema(tuple(whole), place_behind(whole[-1]))

    # ---- statements

    async def query(
        self,
        caller: Caller,
        database: str,
        sql: str,
        values: Sequence[str | None],
        *,
        rows: int,
        size: int,
        wait: float,
        tell: Tell,
    ) -> Page | Trouble:
        """Run one statement as this identity, and return the first page of its rows."""
        said = await self._said(caller, database, sql, values, min(rows, MOST_ROWS), wait=wait, tell=tell)
        if said.failed is not None:
            return trouble_of(said.failed)
        return self.pages.first(caller.owner, said.columns, said.rows, said.tag, size, cut=said.more)

    def more(self, caller: Caller, page: str) -> Page | Refused:
        """Return the next page of a result; what is on it is on record since the statement ran."""
        found = self.pages.next(caller.owner, page)
        if found is None:
            return Refused("missing", "there is no such page (any more)", "Run the query again, with ORDER BY.")
        return found

    async def explain(self, caller: Caller, database: str, sql: str) -> Mapping[str, object] | Trouble:
        """Return what would be decided about a text and why; nothing runs, and nobody is asked."""
        letter = self._letter(caller, Purpose.EXPLAIN)
        self._record(caller, "agents.explain", database, "asked")
        said = await self._asked(caller, database, letter, lambda session, tell: session.ask(sql, tell), _silence)
        failed = said.failed or {}
        if failed.get("C") != UNASKED:
            return trouble_of(failed)
        story: dict[str, object] = msgspec.json.decode(failed.get("D", "{}"))
        return story

    async def request_approval(self, caller: Caller, database: str, sql: str, values: Sequence[str | None]) -> Trouble:
        """Open a ticket for a statement that is held; return what its asker is told. Nothing runs."""
        letter = self._letter(caller, Purpose.ASK)
        return trouble_of(
            (
                await self._asked(
                    caller, database, letter, lambda session, tell: session.run(sql, values, 1, tell), _silence
                )
            ).failed
            or {"C": UNASKED, "M": "nothing was asked"}
        )

    async def follow(self, caller: Caller, ticket_id: str, wait: float, tell: Tell) -> Ticket | Refused:
        """Return a ticket of this identity's own, once it is decided or the time is up."""
        found = await self._own(caller, ticket_id)
        if found is None:
            missing = Refused("missing", "there is no such ticket of yours", "`request_approval` opens one")
            self._record(caller, "agents.ticket", ticket_id, f"refused: {missing.reason}")
            return missing
        self._record(caller, "agents.ticket", ticket_id, "done")
        loop = asyncio.get_running_loop()
        good = caller.left(self._clock.monotonic_ns())
        end, due = loop.time() + (wait if good is None else min(wait, good)), 0.0
        while found.state is TicketState.PENDING and (left := end - loop.time()) > 0:
            if loop.time() >= due:
                due = loop.time() + TELL_SECONDS
                await tell(f"ticket {ticket_id} waits for {', '.join(sorted(found.approvers)) or 'an approver'}")
            await asyncio.sleep(min(LOOK_SECONDS, left))
            if await self.over(caller):
                break
            found = await self._own(caller, ticket_id) or found
        if await self.over(caller):
            self._record(caller, "agents.ticket", ticket_id, f"ended: {OVER}")
            return Refused("forbidden", OVER, OVER_HINT)
        return found

    async def over(self, caller: Caller) -> bool:
        """Tell whether the token that the caller has shown is not good any more."""
        left = caller.left(self._clock.monotonic_ns())
        if left is not None and left <= 0:
            return True
        if caller.sign_in is None:
            return False
        return await asyncio.to_thread(self._store.sign_ins.ended, caller.sign_in)

    async def _own(self, caller: Caller, ticket_id: str) -> Ticket | None:
        found = await asyncio.to_thread(self._store.tickets.get, ticket_id)
        if found is None or (found.requester, found.on_behalf_of) != caller.owner:
            return None
        return found

    def session_over(self, caller: Caller) -> None:
        """Put on record that a session at MCP has ended with the caller's token."""
        self._record(caller, "agents.session", "", f"ended: {OVER}")

    def now(self) -> int:
        """Return nanoseconds that never step back, as those of `Caller.until`."""
        return self._clock.monotonic_ns()

    # ---- what was done

    async def history(self, caller: Caller, database: str | None, limit: int) -> list[Mapping[str, object]] | Refused:
        """Return this identity's own records of statements, the newest last."""
        if self._searching.locked():
            return Refused("conflict", "somebody else is searching the records", "Try again in a moment.")
        self._record(caller, "agents.history", database or "", "done")
        async with self._searching:
            found = await asyncio.to_thread(_records, self.config.state, caller.by.subject, database, limit)
        return [record for record in found if _whose(record) == caller.owner][-limit:]

    # ---- sessions

    async def _said(
        self,
        caller: Caller,
        database: str,
        sql: str,
        values: Sequence[str | None],
        rows: int,
        *,
        wait: float,
        tell: Tell,
    ) -> Said:
        letter = replace(self._letter(caller, Purpose.RUN), wait=wait, result_bytes=RESULT_BYTES)
        return await self._asked(
            caller, database, letter, lambda session, hear: session.run(sql, values, rows, hear), tell
        )

    async def _asked(
        self,
        caller: Caller,
        database: str,
        letter: Letter,
        ask: Callable[[Conversation, Callable[[Mapping[str, str]], Awaitable[None]]], Awaitable[Said]],
        tell: Tell,
    ) -> Said:
        claims = {"proctor.reason": caller.reason, "proctor.task": caller.task}
        settings = {
            "user": caller.by.subject,
            "database": database,
            "application_name": caller.application,
            **{name: value for name, value in claims.items() if value},
        }
        heard: list[str] = []

        async def hear(fields: Mapping[str, str]) -> None:
            message = fields.get("M", "")
            # Other notices are the database's own words, and belong to nobody's progress.
            if message.startswith(("held for approval", "still held")) and (ticket := TICKET.search(message)):
                heard.append(f"held for approval: ticket {ticket[1]} waits for somebody's yes")
                await tell(heard[-1])

        left = letter.lasts
        if left is not None and left <= 0:
            return Said(failed=_OVER)
        try:
            # The worker ends the session in time; this is for a worker that does not.
            async with (
                asyncio.timeout(None if left is None else left + LATE_SECONDS),
                Conversation(self._knock, letter, settings) as session,
                _reminding(heard, tell),
            ):
                said = await ask(session, hear)
        except TimeoutError:
            return Said(failed=_OVER)
        except (Fault, ValueError) as fault:
            message = fault.message if isinstance(fault, Fault) else "a text cannot hold a NUL"
            return Said(failed={"C": getattr(fault, "sqlstate", "22021"), "M": message})
        return Said(failed=_OVER) if said.failed is not None and await self.over(caller) else said

    def _letter(self, caller: Caller, purpose: Purpose) -> Letter:
        return Letter(
            caller.by,
            caller.address,
            purpose,
            curious=caller.curious,
            sign_in=caller.sign_in,
            lasts=caller.left(self._clock.monotonic_ns()),
        )

    def _record(self, caller: Caller, action: str, target: str, outcome: str) -> None:
        self._journal.record(
            OperatorCall(
                id=new_id(self._clock),
                who=who_of(caller.by),
                action=action,
                target=target[:MAX_TARGET],
                outcome=outcome[:MAX_OUTCOME],
            )
        )


class _reminding:  # noqa: N801 - read as a verb where it is used
    """Say the last thing again every few seconds, so that a client that waits for somebody knows that we are alive."""

    def __init__(self, heard: list[str], tell: Tell) -> None:
        self._heard = heard
        self._tell = tell
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._remind())

    async def __aexit__(self, kind: object, fault: object, trace: object) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _remind(self) -> None:
        while True:
            await asyncio.sleep(TELL_SECONDS)
            await self._tell(self._heard[-1] if self._heard else "it runs still")


def _records(state: Path, subject: str, database: str | None, limit: int) -> list[Mapping[str, object]]:
    # More than is wanted: among those that name this subject are some in which it is the person behind an agent.
    return list(
        auditing.search(
            state, who=subject, database=database, kind="statement.decided", limit=min(limit, MOST_RECORDS) * 4
        )
    )


def _whose(record: Mapping[str, object]) -> tuple[str, str | None]:
    who = record.get("who")
    if not isinstance(who, dict):
        return "", None
    behind = who.get("on_behalf_of")
    return str(who.get("subject", "")), None if behind is None else str(behind)


_OVER: Mapping[str, str] = {"C": "28000", "M": OVER, "H": OVER_HINT}


async def _silence(_: str) -> None:
    """Tell nobody."""


def _nobody() -> None:
    """Reach no worker."""
