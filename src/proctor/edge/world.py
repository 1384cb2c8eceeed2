"""Station 3, its knowledge: what a worker knows of one database, kept fresh: catalog, data map, rules.

The catalog is read again when the shared epoch was raised (DDL through us) or the server's own catalogue has changed
(DDL by others, looked for once a second). Columns that nobody has looked at are scanned at first touch, within a bounded
wait, and count as sensitive until then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from proctor.audit.record import Body, ScanFinished
from proctor.classify import classify_table
from proctor.edge import scanner, snapshots
from proctor.edge.config import Database
from proctor.edge.desk import new_id
from proctor.edge.epochs import Epochs
from proctor.edge.store import Store
from proctor.edge.upstream import Questions
from proctor.errors import Fault
from proctor.policy.rules import Rules
from proctor.session.ports import Clock
from proctor.sql.catalog import Catalog, RelationDef
from proctor.terms import Classified, Column, Finding, Relation

log = logging.getLogger("proctor.world")

SCAN_SECONDS = 10.0
IDLE_LOOKS = 60  # a database that nobody uses is not asked any more
DERIVED = "cSiIv"  # kinds of relations that hold no values of their own
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
        self._book = book
        self._clock = clock
        self._record = record
        self._questions = Questions(database)
        self._catalog: Catalog | None = None
        self._seen_epoch = -1
        self._classified = Classified(version=-1)
        self._provisional: dict[Column, Finding] = {}
        self._changes = 0
        self._minute = -1
        self._turn = asyncio.Lock()
        self._unused = 0
        self._unseen: frozenset[Relation] = frozenset()

    # ---- what the sessions see

    @property
    def version(self) -> int:
        """Return the number of the present state of catalog, data map and rules."""
        minute = self._clock.monotonic_ns() // 60_000_000_000
        if minute != self._minute:
            self._minute = minute
            self._changes += 1
        self._unused = 0
        return self._changes << 32 | self._book.version << 16 & 0xFFFF0000 | self._epochs.read(self._slot) & 0xFFFF

    @property
    def rules(self) -> Rules:
        """Return the rules in force."""
        return self._book.rules

    @property
    def catalog(self) -> Catalog | None:
        """Return the shared snapshot, None when it must be read again first."""
        return self._catalog if self._seen_epoch == self._epochs.read(self._slot) else None

    @property
    def classified(self) -> Classified:
        """Return the data map."""
        return self._classified

    @property
    def unseen(self) -> frozenset[Relation]:
        """Return the relations that were empty when they were looked at."""
        return self._unseen

    async def look_at(self, relations: frozenset[Relation]) -> None:
        """Scan those again, now that somebody asks for them."""
        async with self._turn:
            if self._catalog is not None and relations & self._unseen:
                await self._scan(self._catalog, only=relations & self._unseen)

    def catalog_changes(self) -> None:
        """Raise the shared epoch: DDL is about to run, or has just ended."""
        self._epochs.bump(self._slot)

    async def refresh(self) -> None:
        """Read the catalog anew if it has changed, and scan what is new."""
        async with self._turn:
            epoch = self._epochs.read(self._slot)
            fingerprint = await snapshots.fingerprint(self._questions)
            if self._catalog is None or self._catalog.epoch != fingerprint:
                catalog = await snapshots.load(self._questions, self.database.name)
                await self._scan(catalog)
                self._catalog = catalog
                self._changes += 1
            self._seen_epoch = epoch

    async def private(self, query: Query) -> Catalog:
        """Return a snapshot as the session behind `query` sees it."""
        return await snapshots.load(query, self.database.name)

    async def classify(self, catalog: Catalog) -> None:
        """Judge by their names the relations that only the asking session can see; scanning has to wait for the commit."""
        shared = self._catalog.relations if self._catalog is not None else {}
        fresh: dict[Column, Finding] = {}
        for found in catalog.relations.values():
            if not scanner.holds_values(found) or found.relation in shared:
                continue
            named = classify_table(scanner.facts_of(found, (), catalog))
            fresh |= {Column(found.relation, name): finding for name, finding in named.items()}
        known = {c: f for c, f in fresh.items() if self._provisional.get(c) != f}
        if known:
            self._provisional |= known
            self._learn(catalog)

    # ---- keeping it fresh

    async def look(self) -> None:
        """See whether anybody else has changed the catalog or the data map; called once a second."""
        topics = self._store.changes()
        if topics.get(f"classifications/{self.database.name}", 0) != self._classified.version >> 16:
            if self._catalog is not None:
                self._learn(self._catalog)
        self._unused += 1
        if self._catalog is None or self._unused > IDLE_LOOKS:
            return
        try:
            fingerprint = await snapshots.fingerprint(self._questions)
        except Fault:
            self._seen_epoch = -1  # whoever asks next waits until the database answers
            return
        if self._catalog.epoch != fingerprint:
            self._seen_epoch = -1
            self._changes += 1

    async def rescan(self) -> None:
        """Look at every column again."""
        async with self._turn:
            self._store.map.forget(self.database.name)
            catalog = await snapshots.load(self._questions, self.database.name)
            await self._scan(catalog)
            self._catalog = catalog
            self._changes += 1

    async def _scan(self, catalog: Catalog, only: frozenset[Relation] | None = None) -> None:
        oid = f"{catalog.database_oid}/"  # a database made anew under the old name is looked at anew
        scanned = self._store.map.scanned(self.database.name)
        known = {r: d.removeprefix(oid) for r, d in scanned.items() if d.startswith(oid)}
        started = self._clock.monotonic_ns()

        def keep(relation: Relation, digest: str, found: Mapping[str, Finding]) -> None:
            self._store.map.save_scan(self.database.name, relation, oid + digest, found)

        try:
            async with asyncio.timeout(SCAN_SECONDS):
                result = await scanner.scan(self._questions, catalog, known=known, only=only, each=keep)
        except TimeoutError:
            log.warning("database %s: the scan did not end in time; its columns stay masked", self.database.name)
            self._learn(catalog)
            return
        tried = frozenset(catalog.relations) if only is None else only
        unseen = {c.relation for c in result.unseen}
        before = self._unseen
        self._unseen = frozenset((before - tried if only is not None else frozenset()) | unseen)
        if only is not None and self._unseen == before:
            return
        self._learn(catalog)
        if result.digests:
            self._record(
                ScanFinished(
                    id=new_id(self._clock),
                    database=self.database.name,
                    tables=len(result.digests),
                    columns=len(result.findings),
                    sensitive=sum(1 for f in result.findings.values() if f.data_class is not None),
                    duration_us=(self._clock.monotonic_ns() - started) // 1000,
                    map_version=self._classified.version,
                )
            )

    def _learn(self, catalog: Catalog) -> None:
        """Take the data map from the store; what only passes other relations' values through counts as clean itself."""
        stored = self._store.map.classified(self.database.name)
        findings: dict[Column, Finding] = {**self._provisional, **stored.findings}
        findings |= _passing(catalog.relations, findings)
        self._changes += 1
        version = stored.version << 16 | self._changes & 0xFFFF
        self._classified = replace(stored, findings=findings, version=version)

    def close(self) -> None:
        """Leave the database."""
        self._questions.close()


def _passing(relations: Mapping[Relation, RelationDef], known: Mapping[Column, Finding]) -> dict[Column, Finding]:
    through = Finding(None, 1.0, "holds no values of its own", "kind")
    return {
        Column(found.relation, column.name): through
        for found in relations.values()
        if found.kind in DERIVED and found.relation.schema not in ("pg_catalog", "information_schema")
        for column in found.columns
        if Column(found.relation, column.name) not in known
    }

