"""What two workers know of one database, on a real server: they learn from each other, and look again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
import uvloop

from demo.postgres import ThrowawayPostgres
from proctor.audit.record import Body, ClassificationChanged, ScanFinished
from proctor.edge.config import Database, Host, Secret, UpstreamRole
from proctor.edge.epochs import Epochs
from proctor.edge.snapshot_queries import ENDED, FINGERPRINT_ALONE
from proctor.edge.store import Store
from proctor.edge.world import DatabaseWorld, RuleBook
from proctor.errors import HouseFault
from proctor.policy.rules import Rules
from proctor.terms import Column, DataClass, Finding, Grant, GrantState, Identity, Kind, Moment, Relation, Taint

HOUR = 3_600_000_000_000
MAIL = Column(Relation("public", "people"), "email")
NOTE = Column(Relation("public", "notes"), "note")


class Clock:
    def __init__(self) -> None:
        self.ns = 10 * HOUR

    def now(self) -> datetime:
        return datetime(2026, 1, 2, tzinfo=UTC)

    def monotonic_ns(self) -> int:
        return self.ns


class Stage:
    """One database, one store, and as many workers' worlds as are asked for."""

    def __init__(self, server: ThrowawayPostgres, folder: Path) -> None:
        self.server = server
        self.name = server.fresh_database()
        self.clock = Clock()
        self.records: list[Body] = []
        self._folder = folder
        self._store = Store.open(folder, migrate=True)
        self.book = RuleBook(Rules.load(()))

    @asynccontextmanager
    async def world(self) -> AsyncIterator[DatabaseWorld]:
        role = UpstreamRole(self.server.superuser, Secret(self.server.password))
        host = Host(self.server.host, self.server.port)
        database = Database("shop", (host,), self.name, role, tls="off")
        store = Store.open(self._folder)
        epochs = Epochs(self._folder / "epochs")
        world = DatabaseWorld(database, store, epochs, self.book, self.clock, self.records.append)
        try:
            await world.refresh()
            yield world
        finally:
            world.close()
            store.close()
            del world

    def run(self, sql: str) -> None:
        self.server.run(sql, self.name)


@pytest.fixture
def stage(postgres: ThrowawayPostgres, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(postgres, tmp_path)
    made.run(
        "create table people (id int, email text); insert into people select n, 'p' || n || '@example.com' from generate_series(1, 50) n;"
        "create table notes (id int, note text); insert into notes select n, 'word ' || n from generate_series(1, 50) n"
    )
    yield made


def play(story: Callable[[], Coroutine[None, None, None]]) -> None:
    uvloop.run(story())


def test_what_one_worker_sees_copied_the_other_knows_at_its_next_statement(stage: Stage) -> None:
    async def story() -> None:
        async with stage.world() as one, stage.world() as other:
            assert (one.classified.class_of(NOTE), other.classified.class_of(NOTE)) == (None, None)
            before = other.version
            one.inherit((Taint(frozenset({MAIL}), NOTE),))
            assert one.classified.class_of(NOTE) == "email"
            assert other.version != before
            assert other.catalog is None, "whoever asks here refreshes first"
            await other.refresh()
            assert other.classified.class_of(NOTE) == "email"
        async with stage.world() as third:
            assert third.classified.class_of(NOTE) == "email"

    play(story)


def test_two_classes_in_one_column_are_a_mixture(stage: Stage) -> None:
    stage.run("alter table people add column card text; update people set card = '4242424242424242'")
    card = Column(MAIL.relation, "card")

    async def story() -> None:
        async with stage.world() as one:
            one.inherit((Taint(frozenset({MAIL}), NOTE),))
            one.inherit((Taint(frozenset({card}), NOTE),))
            assert one.classified.class_of(NOTE) == "mixed"
            one.inherit((Taint(frozenset({Column(NOTE.relation, "id")}), Column(MAIL.relation, "id")),))
            assert one.classified.class_of(Column(MAIL.relation, "id")) is None

    play(story)


def test_a_partition_is_what_its_table_is(stage: Stage) -> None:
    stage.run(
        "create table log (id int, line text) partition by range (id); create table log_1 partition of log for values from (1) to (100);"
        "insert into log select n, 'line' from generate_series(1, 9) n"
    )
    whole, part = Column(Relation("public", "log"), "line"), Column(Relation("public", "log_1"), "line")

    async def story() -> None:
        async with stage.world() as one:
            assert (one.classified.class_of(whole), one.classified.class_of(part)) == (None, None)
            one.inherit((Taint(frozenset({MAIL}), whole),))
            assert (one.classified.class_of(whole), one.classified.class_of(part)) == ("email", "email")

    play(story)


def test_an_hourly_look_finds_what_has_come_in_and_forgets_nothing(stage: Stage) -> None:
    async def story() -> None:
        async with stage.world() as one:
            stage.run(
                "update notes set note = 'n' || id || '@example.org'; update people set email = 'nothing any more'"
            )
            await one.look_for_drift()
            assert one.classified.class_of(NOTE) is None, "it is not time yet"
            stage.clock.ns += HOUR
            await one.look_for_drift()
            assert one.classified.class_of(NOTE) == "email"
            assert one.classified.class_of(MAIL) == "email", "another sample proves nothing"

    play(story)


def test_an_empty_table_is_looked_at_again_until_it_holds_something(stage: Stage) -> None:
    stage.run("create table fresh (id int, txt text)")
    column = Column(Relation("public", "fresh"), "txt")

    async def story() -> None:
        async with stage.world() as one:
            assert one.unseen == {column.relation}
            before = one.version
            await one.look_at(one.unseen)
            assert one.version == before, "nothing was learnt, and what is remembered stays good"
            stage.run("insert into fresh select n, 'n' || n || '@example.org' from generate_series(1, 30) n")
            await one.look_at(one.unseen)
            assert one.classified.class_of(column) == "email"
            assert not one.unseen

    play(story)


def test_columns_without_values_are_asked_for_by_one_question_and_scanned_once_one_has_come(stage: Stage) -> None:
    """Rows that come and go beside them are no reason to scan; half a composite value is one."""
    stage.run("""
        create type pair as (a text, b text);
        create table half (id int, txt text, two pair, said text);
        insert into half select n, null, null, 'words' from generate_series(1, 30) n""")
    half = Relation("public", "half")

    async def story() -> None:
        async with stage.world() as one:
            assert one.unseen == {half}
            assert one.empty_columns(half) == {"txt", "two"}
            known, scans = one.classified.version, len(stage.records)
            stage.run("insert into half select n, null, null, 'more words' from generate_series(31, 60) n")
            for hasty in (False, True):
                await one.look_at(one.unseen, hasty=hasty)
            assert (one.classified.version, len(stage.records)) == (known, scans)
            stage.run("update half set two = ('joan@example.org', null) where id = 7")
            await one.look_at(one.unseen)
            assert len(stage.records) == scans + 1
            assert one.empty_columns(half) == {"txt"}
            assert one.classified.version > known, "what was remembered about the others is not good any more"
            stage.run("update half set txt = 'n' || id || '@example.org'")
            await one.look_at(one.unseen)
            assert one.classified.class_of(Column(half, "txt")) == "email"

    play(story)


def test_a_column_that_loses_its_last_value_is_one_to_look_at(stage: Stage) -> None:
    stage.run("""
        create table waning (id int, txt text, said text);
        insert into waning select n, null, 'words' from generate_series(1, 30) n""")
    waning = Relation("public", "waning")

    async def story() -> None:
        async with stage.world() as one:
            assert one.empty_columns(waning) == {"txt"}
            known = one.classified.version
            stage.run("update waning set said = null")
            stage.clock.ns += HOUR
            await one.look_for_drift()
            assert one.empty_columns(waning) == {"txt", "said"}
            assert one.classified.version > known

    play(story)


def test_a_table_that_is_locked_is_scanned_as_before(stage: Stage) -> None:
    stage.run("create table locked (id int, txt text); insert into locked values (1, null)")
    relation = Relation("public", "locked")

    async def story() -> None:
        async with stage.world() as one:
            with psycopg.connect(stage.server.dsn(stage.name)) as other:
                other.execute("lock table locked in access exclusive mode")
                await one.look_at(one.unseen, hasty=True)
            assert one.empty_columns(relation) is None, "nobody could look: any column may have a value by now"
            assert relation in one.unseen
            await one.look_at(one.unseen)
            assert one.empty_columns(relation) == {"txt"}

    play(story)


def test_a_table_that_cannot_be_read_for_a_while_is_not_known_and_looked_at_when_it_can_be(stage: Stage) -> None:
    """It is made anew under its old name, and locked: what was found before is no word on it."""

    async def story() -> None:
        async with stage.world() as one:
            assert one.classified.class_of(NOTE) is None
            stage.run("drop table notes; create table notes (id int, note text); insert into notes values (1, 'words')")
            with psycopg.connect(stage.server.dsn(stage.name)) as other:
                other.execute("lock table notes in access exclusive mode")
                one.catalog_changes()
                assert one.catalog is None
                await one.refresh()
                assert one.classified.class_of(NOTE) == "unscanned"
            assert not one.unseen
            before = one.version
            await one.look()
            assert (one.unseen, one.version > before) == ({NOTE.relation}, True)
            await one.look_at(one.unseen)
            assert one.classified.class_of(NOTE) is None
            assert not one.unseen

    play(story)


def test_those_who_ask_at_once_compare_the_catalog_once_and_see_what_was_there_when_they_asked(stage: Stage) -> None:
    async def story() -> None:
        async with stage.world() as world:
            asked: list[str] = []
            questions = world._questions

            async def counted(sql: str) -> list[tuple[str | None, ...]]:
                asked.append(sql)
                answer = await questions(sql)
                if len(asked) == 1:  # the first has its answer: what comes into being now is for those after it
                    stage.run("create table late (id int)")
                return answer

            world._questions = counted  # type: ignore[assignment]  # it is asked like one
            world._lookout._query = counted
            first = asyncio.ensure_future(world.refresh())
            while not asked:
                await asyncio.sleep(0)
            await asyncio.gather(*(world.refresh() for _ in range(20)))
            await first
            assert [asked.count(each) for each in (ENDED, FINGERPRINT_ALONE)] == [2, 1]
            assert world.catalog is not None
            assert Relation("public", "late") in world.catalog.relations
            world._questions = questions

    play(story)


def test_no_version_comes_twice(stage: Stage) -> None:
    async def story() -> None:
        async with stage.world() as one:
            seen = [one.version]
            for _ in range(70_000):  # more than 16 bits of DDL
                one.catalog_changes()
                if one.version <= seen[-1]:
                    raise AssertionError("a version came again")
                seen[-1] = one.version
            seen = [one.version]
            stage.book.change(stage.book.rules)
            seen.append(one.version)
            stage.clock.ns += HOUR
            one.turn_the_minute()
            seen.append(one.version)
            one.inherit((Taint(frozenset({MAIL}), NOTE),))
            seen.append(one.version)
            assert seen == sorted(set(seen))
            assert one.version == one.version

    play(story)


def test_what_comes_into_a_clean_column_is_an_event_and_counts_from_then_on(stage: Stage) -> None:
    """Values of an answer have shown it: the map says so, the journal too, and the other worker knows."""

    async def story() -> None:
        shown = {NOTE: Finding(DataClass("email"), 0.9, "60% of 20 sampled values show e-mail address")}
        async with stage.world() as one, stage.world() as other:
            one.drifted({**shown, Column(NOTE.relation, "no such column"): shown[NOTE]})
            assert one.classified.class_of(NOTE) == "email"
            assert one.classified.findings[NOTE].evidence.startswith("drift: ")
            await other.refresh()
            assert other.classified.class_of(NOTE) == "email"
            changed = [r for r in stage.records if isinstance(r, ClassificationChanged)]
            assert [(r.column, r.after, r.source) for r in changed] == [("public.notes.note", "email", "drift")]
            one.drifted(shown)
            assert len([r for r in stage.records if isinstance(r, ClassificationChanged)]) == 1, "it is no news"
        async with stage.world() as third:
            assert third.classified.class_of(NOTE) == "email", "a restart forgets nothing"

    play(story)


def test_a_restart_scans_nothing_and_ddl_has_only_what_changed_scanned(stage: Stage) -> None:
    def scans() -> list[int]:
        return [r.tables for r in stage.records if isinstance(r, ScanFinished)]

    async def story() -> None:
        async with stage.world():
            assert scans() == [2]
        async with stage.world() as again:
            assert scans() == [2], "nothing has changed"
            stage.run("alter table notes add column mail text; update notes set mail = 'a' || id || '@example.org'")
            again.catalog_changes()
            await again.refresh()
            assert scans() == [2, 1]
            assert again.classified.class_of(Column(NOTE.relation, "mail")) == "email"

    play(story)


def test_a_grant_that_nobody_can_look_up_shows_nothing_until_it_can_be_read_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Identity("ada", Kind.HUMAN, frozenset(), "test")
    far = Moment(stage.clock.now() + timedelta(hours=1), stage.clock.ns + HOUR)
    grant = Grant(
        "01M8H1WCWDT83ZKRYQGNFEYQJ5", GrantState.ACTIVE, "ada", "shop", MAIL, 3600, "why", stage.clock.now(), far
    )

    def lost(*_: object) -> NoReturn:
        raise HouseFault("the state cannot be used")

    async def story() -> None:
        async with stage.world() as one:
            stage._store.grants.open(grant)
            one.see_grants()
            assert one.granted(ada) == {(MAIL, grant.id)}
            before = one.version
            with monkeypatch.context() as broken:
                broken.setattr(Store, "changes", lost)
                with pytest.raises(HouseFault):
                    one.see_grants()
            assert one.granted(ada) == frozenset()
            assert one.version != before, "what was decided under it is decided anew"
            one.see_grants()
            assert one.granted(ada) == {(MAIL, grant.id)}

    play(story)
