"""Beside the stations: the reading room of the house: its records, their proofs, its rules of then, how it fares.

In comes who reads and what; out goes what was found or a `Refused`. Everything here is for readers, authorized call by
call and put on record; nothing changes anything.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from proctor.audit.copies import ANY, Copy, copies
from proctor.audit.fields import Row, decode
from proctor.audit.figures import MINUTES, Figures
from proctor.audit.index import Index
from proctor.audit.integrator import entry_of
from proctor.audit.note import Untrusted, Verifier, open_checkpoint
from proctor.audit.proof import Receipt, includes
from proctor.audit.reading import integrated, records, shards
from proctor.audit.search import Question, Sighting, ask, sightings
from proctor.audit.tiles import Misshapen, Tiles, leaf_hash
from proctor.audit.tlog import CHECKPOINT, KEY
from proctor.control.condition import Condition, read_condition
from proctor.control.pulse import Pulse, joined, read_pulse
from proctor.control.room import Room
from proctor.control.words import Recorder, Refused
from proctor.edge import rule_shelf
from proctor.edge.config import Config
from proctor.edge.errands import Errands
from proctor.errors import Fault
from proctor.policy.rules import Rules
from proctor.session.ports import Clock
from proctor.terms import Identity

MOST: Final = 200  # records on a page
MAX_STATEMENT: Final = 32_000
MAX_SETS: Final = 500
BEHIND: Final = 100_000
"""Records that the index may lack and be given while somebody waits; more of them a process apart takes in."""
CATCHING_UP: Final = 3600.0
REPLAYING: Final = 300.0
HIT_AMONG: Final = 5000
"""Of the newest decisions, so many tell which rules are ever hit."""
COPIED_AMONG: Final = 5000
"""Of the statements that would take data elsewhere, so many newest tell where copies went."""
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Proof:
    """How a record is proven: what was checked here, and what anybody else needs to check it."""

    holds: bool
    said: str
    size: int = 0
    root: str = ""
    receipt: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class LogState:
    """One shard's log."""

    name: str
    size: int
    root: str
    signed: bool


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A rule set that was in force once."""

    digest: str
    since: float
    in_force: bool
    files: Mapping[str, str] = field(default_factory=dict)
    """Name → text."""


class ReadingRoom(Room):
    """What readers may read."""

    def __init__(self, config: Config, journal: Recorder, clock: Clock, rules: Callable[[], Rules]) -> None:
        super().__init__(config, journal, clock)
        self._rules = rules
        self._errands = Errands()
        self._one = asyncio.Lock()
        self._catching_up: asyncio.Task[object] | None = None
        self.figures = Figures()
        self._before: Pulse | None = None

    async def search(self, by: Identity, question: Question) -> tuple[Row, ...] | Refused:
        """Return the newest records that fit, newest first."""
        if (no := self._closed(by, "journal.search")) is not None:
            return no
        asked = replace(question, limit=min(question.limit, MOST))
        return await self._indexed(lambda index: tuple(reversed([*ask(index, asked)])))

    async def sightings(self, by: Identity, question: Question) -> tuple[Sighting, ...] | Refused:
        """Return who saw a column, newest first."""
        if (no := self._closed(by, "journal.seen", question.column or "")) is not None:
            return no
        asked = replace(question, limit=min(question.limit, MOST))
        return await self._ready(lambda: tuple(reversed([*sightings(self.config.state, asked)])))

    async def copies(self, by: Identity, database: str) -> tuple[Copy, ...] | Refused:
        """Return the steps that took values of sensitive columns elsewhere, newest first."""
        if (no := self._closed(by, "map.copies", database)) is not None:
            return no
        if self.config.database(database) is None:
            return Refused("missing", "there is no such database")
        asked = Question(kind="statement.decided", decision="allow", database=database, way=ANY, limit=COPIED_AMONG)
        return await self._indexed(lambda index: tuple(reversed([*copies(ask(index, asked))])))

    async def record(self, by: Identity, shard: str, number: int) -> Row | Refused:
        """Return one record in full."""
        if (no := self._closed(by, "journal.show", f"{shard}:{number}")) is not None:
            return no
        found = await asyncio.to_thread(self._record_at, shard, number)
        return _missing() if found is None else decode(found)

    async def proof(self, by: Identity, shard: str, number: int) -> Proof | Refused:
        """Prove one record, and check the proof from the log's files."""
        if (no := self._closed(by, "journal.prove", f"{shard}:{number}")) is not None:
            return no
        return await asyncio.to_thread(self._proven, shard, number)

    async def pulse(self, by: Identity) -> Pulse | Refused:
        """Return how the last hour went."""
        if (no := self._closed(by, "house.pulse")) is not None:
            return no
        since = self._clock.now().replace(second=0, microsecond=0) - timedelta(minutes=MINUTES - 1)
        first = self.figures.first
        before = Pulse(since) if first is not None and first <= since else await self._hour_before(since, first)
        return before if isinstance(before, Refused) else joined(before, since, self.figures.hour(since), first)

    async def _hour_before(self, since: datetime, first: datetime | None) -> Pulse | Refused:
        """Return what the index knows of the hour before this process began to count; asked once, then kept."""
        if first is None:
            return await self._indexed(lambda index: read_pulse(index, since))
        kept = self._before
        if kept is None or kept.counted != first:
            found = await self._indexed(lambda index: read_pulse(index, since, first))
            if isinstance(found, Refused):
                return Pulse(since)  # what is counted here is shown all the same
            kept = self._before = found
        return kept

    async def rules_hit(self, by: Identity) -> Counter[str] | Refused:
        """Return how often each rule had a part in the newest decisions."""
        if (no := self._closed(by, "rules.coverage")) is not None:
            return no
        asked = Question(kind="statement.decided", limit=HIT_AMONG)
        return await self._indexed(lambda index: _hits(index, asked))

    async def rule_sets(self, by: Identity) -> tuple[RuleSet, ...]:
        """Return the rule sets that were ever in force, the newest first: whoever is bound by rules may read them."""
        self._record(by, "rules.sets", "", "done")
        return await asyncio.to_thread(self._sets)

    async def rule_set(self, by: Identity, digest: str) -> RuleSet | Refused:
        """Return one of them with its texts."""
        self._record(by, "rules.set", digest, "done")
        try:
            rules = await asyncio.to_thread(rule_shelf.kept, self.config.state, digest)
        except Fault as fault:
            return Refused("missing", fault.message)
        files = {file.name: file.text for file in rules.files}
        return RuleSet(digest, 0.0, digest == self._rules().digest, files)

    async def explain(
        self, by: Identity, *, name: str, database: str, sql: str, reason: str = ""
    ) -> tuple[Mapping[str, object], ...] | Refused:
        """Say what would happen to a statement that somebody asked, and why; nothing of it is run."""
        if (no := self._closed(by, "rules.explain", f"{name} on {database}")) is not None:
            return no
        if self.config.principal(name) is None:
            return Refused("invalid", "nobody is called so")
        if self.config.database(database) is None:
            return Refused("invalid", "there is no such database")
        if not sql.strip() or len(sql) > MAX_STATEMENT:
            return Refused("invalid", f"a statement has 1 to {MAX_STATEMENT} characters")
        words = (f"--as={name}", f"--database={database}", f"--reason={reason}", f"--config={self.config.source}")
        done = await self._errands.run(self.config, "explain", *words, "--json", "--", "-", typed=sql)
        return done.lines if done.code == 0 else Refused("invalid", done.trouble or "it cannot be judged")

    async def replay(self, by: Identity, since: datetime) -> tuple[Mapping[str, object], ...] | Refused:
        """Ask the rules in the files now about what was asked since; return what would come out otherwise."""
        if (no := self._closed(by, "rules.replay")) is not None:
            return no
        paths = self.config.policy.paths
        if not paths:
            return Refused("conflict", "there are no rule files beside the shipped ones", "name some in [policy] paths")
        words = [f"--rules={path}" for path in paths]
        done = await self._errands.run(
            self.config, "policy", "replay", *words, f"--from={since.isoformat()}", f"--config={self.config.source}",
            "--json", seconds=REPLAYING,
        )  # fmt: skip
        return done.lines if done.code == 0 else Refused("conflict", done.trouble or "it cannot be replayed")

    async def logs(self, by: Identity) -> tuple[LogState, ...] | Refused:
        """Return how far each log has come."""
        if (no := self._closed(by, "house.logs")) is not None:
            return no
        return await asyncio.to_thread(self._logs)

    async def databases(self, by: Identity) -> tuple[tuple[str, str], ...] | Refused:
        """Return the databases of the settings, with their environments."""
        if (no := self._closed(by, "map.databases")) is not None:
            return no
        return tuple((name, one.environment) for name, one in sorted(self.config.databases.items()))

    async def principals(self, by: Identity) -> tuple[str, ...] | Refused:
        """Return who is named in the settings: those as whom a statement may be tried."""
        if (no := self._closed(by, "rules.principals")) is not None:
            return no
        return tuple(sorted([*self.config.people, *self.config.agents, *self.config.services]))

    async def condition(self, by: Identity) -> Condition | Refused:
        """Return how the parts are that wear out: certificates, witnesses, versions."""
        if (no := self._closed(by, "house.condition")) is not None:
            return no
        return await asyncio.to_thread(read_condition, self.config, self._clock.now())

    def greeted(self, by: Identity, address: str) -> None:
        """Put on record that somebody has signed in to the console."""
        self._record(by, "console.sign-in", address, "done")

    def left(self, by: Identity) -> None:
        """Put on record that somebody has signed out."""
        self._record(by, "console.sign-out", "", "done")

    # --- the files --------------------------------------------------------------------------------------------------

    async def _indexed(self, look: Callable[[Index], Found]) -> Found | Refused:
        def looked() -> Found:
            with Index.open(self.config.state) as index:
                index.refresh()
                return look(index)

        return await self._ready(looked)

    async def _ready(self, look: Callable[[], Found]) -> Found | Refused:
        """Look, unless the index has to take in so much first that nobody should wait for it."""
        async with self._one:
            behind = await asyncio.to_thread(self._behind)
            if behind <= BEHIND:
                return await asyncio.to_thread(look)
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.get_running_loop().create_task(self._catch_up())
        return Refused("conflict", f"the index lacks {behind} records and takes them in now", "look again in a minute")

    def _behind(self) -> int:
        with Index.open(self.config.state) as index:
            known = dict(index.connection.execute("select name, last from shards").fetchall())
        state = self.config.state
        return sum(max(0, integrated(state, name) - known.get(name, -1) - 1) for name in shards(state))

    async def _catch_up(self) -> None:
        """Have the index filled by a process apart: its failure is met by whoever looks next."""
        words = ("audit", "search", "--limit=1", "--json", f"--config={self.config.source}")
        with suppress(Fault, OSError):
            await self._errands.run(self.config, *words, seconds=CATCHING_UP)

    def _record_at(self, shard: str, number: int) -> bytes | None:
        if shard not in shards(self.config.state):
            return None
        found = next(records(self.config.state, shard, number), None)
        return found[1] if found is not None and found[0] == number else None

    def _proven(self, shard: str, number: int) -> Proof | Refused:
        record = self._record_at(shard, number)
        if record is None:
            return _missing()
        folder, size = self.config.state / "log" / shard, integrated(self.config.state, shard)
        if number >= size:
            return Proof(False, "It is not in the signed log yet: it is within a second. Ask again.")
        try:
            note = (folder / CHECKPOINT).read_bytes()
            key = Verifier.read((folder / KEY).read_text("utf-8"))
            said = open_checkpoint(note, key)
            receipt = Receipt.of(Tiles(folder, said.size), number, note)
            holds = includes(said.root, said.size, number, leaf_hash(entry_of(record)[0]), receipt.proof)
        except (OSError, Untrusted, Misshapen, IndexError) as fault:
            return Proof(False, f"The log gives no proof: {fault}. Run `proctor audit verify`.")
        told = (
            f"Record {number} of {shard} is in the signed log of {said.size} records."
            if holds
            else "The proof does not lead to the signed checkpoint. Run `proctor audit verify`."
        )
        return Proof(
            holds, told, said.size, b64encode(said.root).decode(), bytes(receipt).decode("utf-8", "replace"), str(key)
        )

    def _sets(self) -> tuple[RuleSet, ...]:
        folder, force = self.config.state / rule_shelf.FOLDER, self._rules().digest
        paths = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)[:MAX_SETS]
        return tuple(RuleSet(path.stem, path.stat().st_mtime, path.stem == force) for path in paths)

    def _logs(self) -> tuple[LogState, ...]:
        found = []
        for path in sorted((self.config.state / "log").glob(f"*/{CHECKPOINT}")):
            try:
                said = open_checkpoint(path.read_bytes(), Verifier.read((path.parent / KEY).read_text("utf-8")))
                found.append(LogState(path.parent.name, said.size, b64encode(said.root).decode(), signed=True))
            except (OSError, Untrusted):
                found.append(LogState(path.parent.name, 0, "", signed=False))
        return tuple(found)


def _missing() -> Refused:
    return Refused("missing", "there is no such record")


def _hits(index: Index, asked: Question) -> Counter[str]:
    counted: Counter[str] = Counter()
    for said in ask(index, asked):
        decision = said.get("decision")
        rules = decision.get("rules") if isinstance(decision, dict) else None
        counted.update(map(str, rules if isinstance(rules, list) else ()))
    return counted
