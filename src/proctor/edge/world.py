"""Station 3, its knowledge: what a worker knows of one database, kept fresh: catalog, data map, rules.

The catalog is read again when the shared epoch was raised (DDL through us) or the server's own catalogue has changed
(DDL by others, looked for once a second). Columns that nobody has looked at are scanned at first touch, within a
bounded wait, and count as sensitive until then. What was copied from sensitive columns is known as such from the
answer on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from proctor.audit.record import Body, ClassificationChanged, ScanFinished
from proctor.classify import classify_table
from proctor.edge import scanner, snapshots
from proctor.edge.config import Database
from proctor.edge.desk import moment, new_id
from proctor.edge.epochs import Epochs
from proctor.edge.grant_book import TOPIC as GRANTS
from proctor.edge.store import Store
from proctor.edge.upstream import OWN_SETTINGS, Questions
from proctor.errors import Fault
from proctor.policy.grants import over
from proctor.policy.rules import Rules
from proctor.session.drift import Watch
from proctor.session.inheritance import inherited, together, wearing
from proctor.session.kinship import derived, of_the_family
from proctor.session.ports import Clock
from proctor.sql.catalog import Catalog, RelationDef
from proctor.terms import Classified, Column, Finding, Grant, Identity, Relation, Taint

log = logging.getLogger("proctor.world")

SCAN_SECONDS = 10.0
IDLE_LOOKS = 60  # a database that nobody uses is not asked any more
HASTY_MS = 50
LOCK_PATIENCE = "select pg_catalog.set_config('lock_timeout', '%s', false)"
BLIND_SECONDS = 10  # until a table that could not be read is tried again
DRIFT_TABLES = 20  # looked at again in one go
DRIFT_SECONDS = 3600
MAX_TEMPORARY = 10_000  # columns of temporary tables; their names are a stranger's to choose
TEMPORARY = "pg_temp"
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
Query = Callable[[str], Awaitable[list[tuple[str | None, ...]]]]


class RuleBook:
    """The rules in force in this worker."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.version = 0

    def change(self, rules: Rules) -> None:
        """Put other rules in force."""
        self.rules = rules
        self.version += 1


class DatabaseWorld:
    """What this worker knows of one database."""

    def __init__(
        self, database: Database, store: Store, epochs: Epochs, book: RuleBook, clock: Clock,
        record: Callable[[Body], object],
    ) -> None:  # fmt: skip
        self.database = database
        self._store = store
        self._epochs = epochs
        self._slot = epochs.slot(database.name)
        self._numbers = epochs.numbers
        self._book = book
        self._clock = clock
        self._record = record
        self._questions = Questions(database)
        self._lookout = snapshots.Lookout(self._questions)
        self._catalog: Catalog | None = None
        self._seen_epoch = -1
        self._classified = Classified(version=-1)
        self._stored = Classified(version=-1)
        self._provisional: dict[Column, Finding] = {}
        self._copied: dict[Column, Finding] = {}
        self._places: dict[tuple[int, int], Finding] = {}
        self._unsaved: dict[Column, Finding] = {}
        self._version = 0
        self._asked_epoch = self._asked_rules = -1
        self._minute = clock.monotonic_ns() // MINUTE
        self._drift_due = clock.monotonic_ns() + DRIFT_SECONDS * SECOND
        self._drift_at = 0
        self._turn = asyncio.Lock()
        self._unused = 0
        self.watch = Watch()
        self._unseen: frozenset[Relation] = frozenset()
        self._empty: dict[Relation, frozenset[str]] = {}
        self._blind: frozenset[Relation] = frozenset()
        self._blind_until = 0
        self._next: asyncio.Task[None] | None = None
        """The refresh that has not begun yet."""
        self._begun: asyncio.Task[None] | None = None
        self._grants: tuple[Grant, ...] = ()
        self._grants_seen = -1
        self.see_grants()

    # ---- what the sessions see

    @property
    def version(self) -> int:
        """Return the number of the present state of catalog, data map, rules and minute. None comes twice."""
        epoch, rules = self._numbers[self._slot], self._book.version  # asked for each statement, hence in no tuple
        if epoch != self._asked_epoch or rules != self._asked_rules:
            self._asked_epoch, self._asked_rules = epoch, rules
            self._version += 1
        self._unused = 0
        return self._version

    @property
    def standing(self) -> int:
        """Return the version, -1 while there is no catalog: both are asked for each statement."""
        epoch = self._numbers[self._slot]
        if epoch != self._seen_epoch or self._catalog is None:
            return -1
        if epoch != self._asked_epoch or self._book.version != self._asked_rules:
            return self.version
        self._unused = 0
        return self._version

    @property
    def rules(self) -> Rules:
        """Return the rules in force."""
        return self._book.rules

    @property
    def catalog(self) -> Catalog | None:
        """Return the shared snapshot, None when it must be read again first."""
        return self._catalog if self._seen_epoch == self._numbers[self._slot] else None

    @property
    def classified(self) -> Classified:
        """Return the data map."""
        return self._classified

    @property
    def unseen(self) -> frozenset[Relation]:
        """Return the relations to look at when they are touched: they were empty, or could not be read for a while."""
        return self._unseen

    def empty_columns(self, relation: Relation) -> frozenset[str] | None:
        """Return the columns of an unseen relation that held no value, None where more than that is not known."""
        return None if relation in self._blind else self._empty.get(relation)

    async def look_at(self, relations: frozenset[Relation], *, hasty: bool = False) -> None:
        """Scan those again, now that somebody asks for them; `hasty` does not wait for anybody's lock."""
        async with self._turn:
            catalog, those = self._catalog, relations & self._unseen
            if catalog is None:
                return
            those -= await self._still_empty(catalog, those, hasty=hasty)
            if not those:
                return
            if hasty:
                await self._questions(LOCK_PATIENCE % f"{HASTY_MS}ms")
            try:
                learnt = await self._scan(catalog, only=those)
            finally:
                if hasty:
                    await self._questions(LOCK_PATIENCE % OWN_SETTINGS["lock_timeout"])
            if learnt:
                self._learn(catalog)
            if hasty:
                self._unseen |= those & self._blind  # the lock may be the asker's own, and end with its transaction

    async def _still_empty(self, catalog: Catalog, those: frozenset[Relation], *, hasty: bool) -> frozenset[Relation]:
        """Return those of which all columns that no value was seen of hold none still: nothing is learnt there."""
        found = set()
        for relation in those:
            columns, shape = self.empty_columns(relation), catalog.relations.get(relation)
            if columns is None or shape is None or not columns <= {column.name for column in shape.columns}:
                continue
            try:
                if await scanner.still_empty(
                    self._questions, shape, columns, lock_ms=HASTY_MS if hasty else int(OWN_SETTINGS["lock_timeout"])
                ):
                    found.add(relation)
            except Fault:
                continue  # a lock, or too many rows to look through in time: the scan knows what to make of it
        return frozenset(found)

    def catalog_changes(self) -> None:
        """Raise the shared epoch: DDL is about to run, or has just ended."""
        self._epochs.bump(self._slot)

    def inherit(self, taints: Iterable[Taint]) -> None:
        """Take in that values were copied: the columns they went to are as sensitive from now on, everywhere."""
        found = {
            column: finding
            for column, finding in inherited(taints, self._classified).items()
            if self._copied.get(column, CLEAN).data_class != finding.data_class
        }
        if not found:
            return
        for column, finding in found.items():
            self._copied[column] = together(self._copied.get(column, CLEAN), finding)
        self._show()
        self._unsaved |= {c: f for c, f in found.items() if c.relation.schema != TEMPORARY}
        try:
            self._save_copied()
        except Fault as fault:
            log.error("database %s: what was copied is known to this worker alone: %s", self.database.name, fault)

    def drifted(self, found: Mapping[Column, Finding]) -> None:
        """Take in that values of clean columns show a class. It is an event, and they are masked from now on."""
        known = self._classified.findings
        fresh = {c: f for c, f in found.items() if c in known and known[c].data_class is None}
        if not fresh:
            return
        for column, finding in fresh.items():
            drift = Finding(finding.data_class, finding.confidence, f"drift: {finding.evidence}", "inherited")
            self._copied[column] = together(self._copied.get(column, CLEAN), drift)
            if column.relation.schema != TEMPORARY:
                self._unsaved[column] = drift
            self._record(
                ClassificationChanged(
                    id=new_id(self._clock),
                    database=self.database.name,
                    column=str(column),
                    before=None,
                    after=finding.data_class,
                    source="drift",
                    because=finding.evidence,
                )
            )
        log.warning("database %s: %d columns that were clean hold personal values now", self.database.name, len(fresh))
        self._show()
        try:
            self._save_copied()
        except Fault as fault:
            log.error("database %s: the drift is known to this worker alone: %s", self.database.name, fault)

    def _save_copied(self) -> None:
        if self._unsaved:
            self._store.map.inherit(self.database.name, self._unsaved)
            self._unsaved = {}
            self._epochs.bump(self._slot)  # other workers look at the map before they judge the next statement

    async def refresh(self) -> None:
        """Read the catalog anew if it has changed, and scan what is new.

        Whoever asks before it has begun shares it: many who log in at once compare the catalog once.
        """
        if self._next is None:
            self._next = asyncio.ensure_future(self._refresh())
            self._next.add_done_callback(_heard)
        await asyncio.shield(self._next)

    async def _refresh(self) -> None:
        async with self._turn:
            self._begun, self._next = self._next, None  # whoever asks from here on needs another
            epoch = self._epochs.read(self._slot)
            fingerprint = await self._lookout.fingerprint()
            if self._catalog is None or self._catalog.epoch != fingerprint:
                catalog = await snapshots.load(self._questions, self.database.name)
                self._save_copied()
                self._store.map.settle(self.database.name, catalog)
                await self._scan(catalog)
                self._forget_uncommitted()
                self._learn(catalog)
                self._catalog = catalog
                self._version += 1
            else:
                self._unseen |= self._blind  # what kept us from reading a table may have ended with the transaction
                if self._map_changed():
                    self._learn(self._catalog)
            self._seen_epoch = epoch

    def _forget_uncommitted(self) -> None:
        """Forget what was only known by name; who still sees such a relation has it judged again."""
        self._provisional = {}
        self._copied = {c: f for c, f in self._copied.items() if c.relation.schema == TEMPORARY}

    async def private(self, query: Query) -> Catalog:
        """Return a snapshot as the session behind `query` sees it."""
        return await snapshots.load(query, self.database.name)

    async def classify(self, catalog: Catalog) -> None:
        """Judge the relations that only the asking session can see: by their names, and by what was copied there.

        Scanning has to wait for the commit. A column that has another name in the session is what it is under its own.
        """
        shared = self._catalog
        fresh: dict[Column, Finding] = {}
        moved: dict[Column, Finding] = {}
        for found in catalog.relations.values():
            if not scanner.holds_values(found):
                continue
            before = None if shared is None else shared.by_oid.get(found.oid)
            if before is None:
                if shared is None or found.relation not in shared.relations:
                    named = classify_table(scanner.facts_of(found, (), catalog))
                    fresh |= {Column(found.relation, name): finding for name, finding in named.items()}
                if found.relation.schema == TEMPORARY:
                    moved |= self._followed(found)
            elif before != found:
                moved |= self._renamed(before, found)
        moved = {c: together(self._copied.get(c, CLEAN), f) for c, f in moved.items()}
        moved = {c: f for c, f in moved.items() if self._copied.get(c, CLEAN).data_class != f.data_class}
        fresh = {c: f for c, f in fresh.items() if self._provisional.get(c) != f}
        if moved or fresh:
            self._copied |= moved
            if len(self._provisional) > MAX_TEMPORARY:
                self._provisional = {}
            self._provisional |= fresh
            self._show()

    def _followed(self, found: RelationDef) -> dict[Column, Finding]:
        """Return what a temporary table's columns were copied from, also under other names than they had then."""
        moved = {}
        for column in found.columns:
            named, place = Column(found.relation, column.name), (found.oid, column.number)
            if (finding := self._copied.get(named)) is not None:
                self._places[place] = finding
            elif (finding := self._places.get(place)) is not None:
                moved[named] = finding
        return moved

    def _renamed(self, before: RelationDef, found: RelationDef) -> dict[Column, Finding]:
        known = self._classified
        names = {each.number: Column(before.relation, each.name) for each in before.columns}
        moved = {}
        for column in found.columns:
            now, was = Column(found.relation, column.name), names.get(column.number)
            if was is not None and was != now and (data_class := known.class_of(was)) is not None:
                moved[now] = Finding(data_class, 1.0, f"is {was}, renamed", "inherited")
        return moved

    # ---- keeping it fresh

    def granted(self, asker: Identity) -> frozenset[tuple[Column, str]]:
        """Return the columns that this person may see as they are for a while, each with its grant."""
        return frozenset((g.column, g.id) for g in self._grants if g.requester == asker.subject)

    def see_grants(self) -> None:
        """Notice grants that were given, taken back or are over; called several times a second, and never waits.

        While nobody can say which are in force none is: what was seen under one is masked again.
        """
        try:
            number, now = self._store.changes().get(GRANTS, 0), moment(self._clock)
            if number == self._grants_seen and not any(over(grant, now) for grant in self._grants):
                return
            found = self._store.grants.active(self.database.name, now)
        except Exception:
            if self._grants:
                self._grants, self._version = (), self._version + 1
            self._grants_seen = -1
            raise
        self._grants_seen, self._grants = number, found
        self._version += 1

    def turn_the_minute(self) -> None:
        """See whether it is another minute, which some rules read; called several times a second, and never waits."""
        minute = self._clock.monotonic_ns() // MINUTE
        if minute != self._minute:
            self._minute = minute
            self._version += 1
            self.watch.reopen(self._clock.monotonic_ns())

    async def look(self) -> None:
        """See whether anybody else has changed the catalog or the data map; called once a second."""
        self._save_copied()
        if self._catalog is not None and self._map_changed():
            self._learn(self._catalog)
        if self._blind - self._unseen and self._clock.monotonic_ns() >= self._blind_until:
            self._blind_until = self._clock.monotonic_ns() + BLIND_SECONDS * SECOND
            self._unseen |= self._blind
            self._version += 1
        self._unused += 1
        if self._catalog is None or self._unused > IDLE_LOOKS:
            return
        try:
            fingerprint = await self._lookout.fingerprint()
        except Fault:
            self._seen_epoch = -1  # whoever asks next waits until the database answers
            self._version += 1
            return
        if self._catalog.epoch != fingerprint:
            self._seen_epoch = -1
            self._version += 1

    async def look_for_drift(self) -> None:
        """Once an hour, look at some tables again whose shape has not changed: other values may have come in."""
        if self._catalog is None or self._clock.monotonic_ns() < self._drift_due:
            return
        self._drift_due = self._clock.monotonic_ns() + DRIFT_SECONDS * SECOND
        async with self._turn:
            tables = sorted(r for r, found in self._catalog.relations.items() if scanner.holds_values(found))
            begin = self._drift_at if self._drift_at < len(tables) else 0
            self._drift_at = begin + DRIFT_TABLES
            if await self._scan(self._catalog, only=frozenset(tables[begin : self._drift_at]), again=True):
                self._learn(self._catalog)

    async def _scan(self, catalog: Catalog, only: frozenset[Relation] | None = None, *, again: bool = False) -> bool:
        """Scan what is due, keep it, and say whether anything was learnt."""
        known = {} if again else scanner.known_of(catalog, self._store.map.scanned(self.database.name))
        started = self._clock.monotonic_ns()

        def keep(relation: Relation, digest: str, found: Mapping[str, Finding]) -> None:
            if again:  # another sample is no proof that what was found before is gone
                found = {**found, **self._sensitive_in(relation)}
            self._store.map.save_scan(self.database.name, relation, scanner.kept_as(catalog, digest), found)

        try:
            async with asyncio.timeout(SCAN_SECONDS):
                result = await scanner.scan(self._questions, catalog, known=known, only=only, each=keep)
        except TimeoutError:
            log.warning("database %s: the scan did not end in time; its columns stay masked", self.database.name)
            return True
        tried = frozenset(catalog.relations) if only is None else only
        unseen = frozenset(c.relation for c in result.unseen)
        before = self._unseen, self._empty
        others = {} if only is None else {r: names for r, names in self._empty.items() if r not in tried}
        empty = {r: frozenset(c.name for c in result.unseen if c.relation == r) for r in unseen}
        self._unseen = unseen if only is None else (self._unseen - tried) | unseen
        self._empty = others | empty
        if only is not None and (self._unseen, self._empty) == before and not again and not tried & self._blind:
            return False  # still empty; what others remember stays good
        if result.digests:
            self._record(
                ScanFinished(
                    id=new_id(self._clock),
                    database=self.database.name,
                    tables=len(result.digests),
                    columns=len(result.findings),
                    sensitive=sum(1 for f in result.findings.values() if f.data_class is not None),
                    duration_us=(self._clock.monotonic_ns() - started) // 1000,
                    map_version=self._store.map.number(self.database.name),
                )
            )
        return True

    def _sensitive_in(self, relation: Relation) -> dict[str, Finding]:
        return {
            column.name: finding
            for column, finding in self._stored.findings.items()
            if column.relation == relation and finding.data_class is not None and finding.source == "scan"
        }

    # ---- the data map

    def _map_changed(self) -> bool:
        return self._store.map.number(self.database.name) != self._stored.version

    def _learn(self, catalog: Catalog) -> None:
        """Take the data map from the store: of scans what was found in the shape that the tables have now."""
        kept = self._store.map.scanned(self.database.name)
        trusted = scanner.judged_as_is(catalog, kept)
        self._stored = self._store.map.classified(self.database.name, catalog, trusted=trusted)
        read = trusted - scanner.unreadable_of(kept)
        self._blind = frozenset(r for r, f in catalog.relations.items() if r not in read and scanner.holds_values(f))
        self._show(catalog)

    def _show(self, catalog: Catalog | None = None) -> None:
        """Put together what is stored, what is known for the moment, and what follows from the catalog."""
        shape = catalog or self._catalog
        relations = {} if shape is None else shape.relations
        findings: dict[Column, Finding] = {**self._provisional, **self._stored.findings}
        if len(self._copied) > MAX_TEMPORARY or len(self._places) > MAX_TEMPORARY:
            # More than can be remembered was copied: what is temporary is not known any more, and so all sensitive.
            findings = {c: f for c, f in findings.items() if c.relation.schema != TEMPORARY}
            self._copied = {c: f for c, f in self._copied.items() if c.relation.schema != TEMPORARY}
        findings |= derived(relations, findings)
        findings = dict(wearing(replace(self._stored, findings=findings), self._copied).findings)
        if shape is not None:
            findings |= of_the_family(shape, findings)
        self._version += 1
        self._classified = replace(self._stored, findings=findings, version=self._version)

    def close(self) -> None:
        """Leave the database."""
        self._questions.close()


CLEAN = Finding(None, 1.0, "", "inherited")


def _heard(refresh: asyncio.Task[None]) -> None:
    """Take in that a refresh has failed, in case nobody waits for it any more: it has no words of its own to say."""
    if not refresh.cancelled():
        refresh.exception()
