"""The store: tickets are spent once, the map keeps what persons said, everybody hears of changes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from proctor.edge.data_map import Override
from proctor.edge.live_sessions import MAX_TEXT, LiveSession, Seen
from proctor.edge.store import OperatorEvent, Store
from proctor.edge.ticket_book import MAX_PENDING
from proctor.errors import ClientFault, ConfigFault
from proctor.sql.catalog import Catalog, ColumnDef, RelationDef
from proctor.terms import (
    Column,
    DataClass,
    Finding,
    Kind,
    Moment,
    Relation,
    SessionId,
    Ticket,
    TicketId,
    TicketState,
    Vote,
)  # fmt: skip

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
NOON, LATE = Moment(NOW, 1), Moment(LATER, 1)
PEOPLE = Relation("public", "people")
EMAIL = Column(PEOPLE, "email")
FOUND = Finding(DataClass("email"), 0.9, "name and values")


def ticket(number: int = 1, **changed: object) -> Ticket:
    plain = Ticket(
        id=TicketId(f"T{number}"),
        state=TicketState.PENDING,
        requester="copilot",
        on_behalf_of="alice",
        database="shop",
        statement="DELETE FROM orders WHERE id = $1",
        digest=f"digest {number}",
        reason="INC-42",
        rules=("writes-by-agents",),
        why_held="agents write only with approval",
        approvers=frozenset({"dba", "security"}),
        quorum=1,
        created=NOW,
        expires=LATER,
        footing="footing",
    )
    return replace(plain, **changed)  # type: ignore[arg-type] # a test names fields that exist


def approved(before: Ticket) -> Ticket:
    return replace(before, state=TicketState.APPROVED, votes=(vote("dora"),))


def vote(by: str) -> Vote:
    return Vote(by, True, NOW, "scram", frozenset({"dba", "ops"}), "looks right")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "state", migrate=True) as store:
        yield store


def spend(store: Store, **changed: object) -> bool:
    fitting = {"requester": "copilot", "on_behalf_of": "alice", "database": "shop", "digest": "digest 1", "now": NOON}
    fitting["footing"] = "footing"
    return store.tickets.spend("T1", **(fitting | changed))  # type: ignore[arg-type] # a test names fields that exist


def test_the_state_is_private(store: Store, tmp_path: Path) -> None:
    store.tickets.open(ticket(), NOON)
    files = list((tmp_path / "state").iterdir())
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_ticket_comes_back_as_it_went_in(store: Store) -> None:
    store.tickets.open(ticket(), NOON)
    assert store.tickets.get("T1") == ticket()
    assert store.tickets.get("T2") is None


def test_who_asks_for_the_same_twice_gets_the_same_ticket(store: Store) -> None:
    store.tickets.open(ticket(), NOON)
    assert store.tickets.open(ticket(id=TicketId("T9")), NOON).id == "T1"
    assert store.tickets.open(ticket(id=TicketId("T8"), database="other"), NOON).id == "T8"
    assert store.tickets.open(ticket(id=TicketId("T7"), on_behalf_of=None), NOON).id == "T7"


def test_an_expired_request_is_not_found_again(store: Store) -> None:
    store.tickets.open(ticket(), NOON)
    again = ticket(id=TicketId("T9"), created=LATER, expires=LATER + timedelta(hours=1))
    assert store.tickets.open(again, LATE).id == "T9"


def test_nobody_buries_the_desk(store: Store) -> None:
    for number in range(MAX_PENDING):
        store.tickets.open(ticket(number), NOON)
    with pytest.raises(ClientFault) as caught:
        store.tickets.open(ticket(MAX_PENDING), NOON)
    assert caught.value.sqlstate == "53400"
    store.tickets.open(ticket(MAX_PENDING, requester="bob"), NOON)


def test_only_an_approved_ticket_is_spent_and_only_once(store: Store) -> None:
    store.tickets.open(ticket(), NOON)
    assert not spend(store)
    store.tickets.take_step("T1", approved)
    assert spend(store)
    assert not spend(store)
    kept = store.tickets.get("T1")
    assert kept is not None
    assert (kept.state, kept.decided_by, kept.because) == (TicketState.SPENT, ("dora",), "looks right")


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"requester": "bob"}, id="another identity"),
        pytest.param({"on_behalf_of": None}, id="not for its owner"),
        pytest.param({"on_behalf_of": "bob"}, id="for somebody else"),
        pytest.param({"database": "other"}, id="another database"),
        pytest.param({"digest": "digest 2"}, id="another statement"),
        pytest.param({"now": LATE}, id="too late"),
        pytest.param({"footing": "another"}, id="another meaning"),
    ],
)
def test_a_ticket_fits_one_statement_one_identity_and_one_hour(store: Store, changed: dict[str, object]) -> None:
    store.tickets.open(ticket(), NOON)
    store.tickets.take_step("T1", approved)
    assert not spend(store, **changed)
    assert spend(store)


def test_of_many_who_spend_at_once_one_succeeds(store: Store, tmp_path: Path) -> None:
    """Workers are processes of their own: each has its own store on the same file."""
    store.tickets.open(ticket(), NOON)
    store.tickets.take_step("T1", approved)
    outcomes: list[bool] = []
    start = threading.Barrier(6)

    def spend_it() -> None:
        with Store.open(tmp_path / "state") as own:
            start.wait()
            outcomes.append(spend(own))

    threads = [threading.Thread(target=spend_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 5 + [True]


def test_of_many_who_approve_at_once_each_sees_the_one_before(store: Store, tmp_path: Path) -> None:
    store.tickets.open(ticket(quorum=4), NOON)
    start = threading.Barrier(4)

    def sign(name: str) -> None:
        with Store.open(tmp_path / "state") as own:
            start.wait()
            own.tickets.take_step("T1", lambda before: replace(before, votes=(*before.votes, vote(name))))

    threads = [threading.Thread(target=sign, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = store.tickets.get("T1")
    assert kept is not None
    assert sorted(kept.decided_by) == ["a", "b", "c", "d"]


def test_a_refused_step_changes_nothing(store: Store) -> None:
    store.tickets.open(ticket(), NOON)
    assert store.tickets.take_step("T1", lambda _: "no") == "no"
    assert store.tickets.get("T1") == ticket()
    assert store.tickets.take_step("T2", approved) is None


def test_the_open_tickets_for_one_request_are_found_the_oldest_first(store: Store) -> None:
    key = {"requester": "copilot", "on_behalf_of": "alice", "database": "shop", "digest": "digest 1"}
    assert store.tickets.alike(**key) == ()  # type: ignore[arg-type] # all are strings
    store.tickets.open(ticket(created=NOW + timedelta(seconds=1)), NOON)
    store.tickets.open(ticket(id=TicketId("T0"), footing="before"), NOON)
    store.tickets.open(ticket(2), NOON)
    store.tickets.take_step("T1", approved)
    assert [each.id for each in store.tickets.alike(**key)] == ["T0", "T1"]  # type: ignore[arg-type]
    assert spend(store)
    assert [each.id for each in store.tickets.alike(**key)] == ["T0"]  # type: ignore[arg-type]


def test_what_is_void_fits_nothing(store: Store) -> None:
    store.tickets.open(ticket(), NOON)
    store.tickets.take_step("T1", approved)
    assert store.tickets.void("T1")
    assert not store.tickets.void("T1")
    assert not spend(store)


def test_a_ticket_ends_by_the_clock_that_never_steps_back(store: Store) -> None:
    store.tickets.open(ticket(deadline=1000), NOON)
    store.tickets.take_step("T1", approved)
    set_back = Moment(NOW - timedelta(days=1), 1000)
    assert not spend(store, now=set_back)
    assert [each.id for each in store.tickets.expire_due(set_back)] == ["T1"]


def test_what_is_due_expires_and_nothing_else(store: Store) -> None:
    store.tickets.open(ticket(1), NOON)
    store.tickets.open(ticket(2, expires=LATER + timedelta(seconds=1)), NOON)
    store.tickets.open(ticket(3), NOON)
    store.tickets.take_step("T3", approved)
    store.tickets.open(ticket(4), NOON)
    assert store.tickets.cancel("T4")
    assert not store.tickets.cancel("T4")
    assert store.tickets.expire_due(NOON) == ()
    gone = store.tickets.expire_due(LATE)
    assert {each.id: each.state for each in gone} == {"T1": TicketState.EXPIRED, "T3": TicketState.EXPIRED}
    assert [each.id for each in store.tickets.list(states=[TicketState.PENDING])] == ["T2"]


def test_a_person_sees_what_agents_ask_in_their_name(store: Store) -> None:
    store.tickets.open(ticket(1), NOON)
    store.tickets.open(ticket(2, requester="alice", on_behalf_of=None), NOON)
    store.tickets.open(ticket(3, requester="bob", on_behalf_of=None), NOON)
    assert {each.id for each in store.tickets.list(requester="alice")} == {"T1", "T2"}
    assert len(store.tickets.list()) == 3


def test_a_scan_replaces_the_scan_before(store: Store) -> None:
    store.map.save_scan("shop", PEOPLE, "d1", {"email": FOUND, "old": FOUND, "id": Finding(None, 1.0, "numbers")})
    store.map.save_scan("shop", PEOPLE, "d2", {"email": FOUND, "id": Finding(None, 1.0, "numbers")})
    classified = store.map.classified("shop")
    assert classified.class_of(EMAIL) == "email"
    assert classified.class_of(Column(PEOPLE, "id")) is None
    assert classified.class_of(Column(PEOPLE, "old")) == "unscanned"
    assert store.map.scanned("shop") == {PEOPLE: "d2"}
    assert store.map.scanned("other") == {}


def test_a_person_is_right_and_every_word_of_theirs_is_kept(store: Store) -> None:
    store.map.save_scan("shop", PEOPLE, "d1", {"email": FOUND})
    store.map.override("shop", Override(EMAIL, None, "dora", "these are ours", NOW))
    assert store.map.classified("shop").class_of(EMAIL) is None
    store.map.save_scan("shop", PEOPLE, "d2", {"email": FOUND})
    assert store.map.classified("shop").class_of(EMAIL) is None
    store.map.override("shop", Override(EMAIL, DataClass("email"), "alice", "they are not", LATER))
    assert store.map.classified("shop").findings[EMAIL].source == "person"
    assert [(each.by, each.data_class) for each in store.map.history("shop", EMAIL)] == [
        ("alice", "email"),
        ("dora", None),
    ]
    assert store.map.history("shop", Column(PEOPLE, "id")) == ()


def test_a_word_taken_back_gives_its_place_to_the_one_before(store: Store) -> None:
    """Nothing is erased: that it was taken back is a word too, and so may that be followed by another."""
    store.map.save_scan("shop", PEOPLE, "d1", {"email": FOUND})
    undo = Override(EMAIL, None, "dora", "that was wrong", LATER)
    assert not store.map.take_back("shop", undo), "nobody has said anything yet"
    store.map.override("shop", Override(EMAIL, None, "dora", "ours", NOW))
    store.map.override("shop", Override(EMAIL, DataClass("phone"), "alice", "numbers", NOW))
    seen = []
    for _ in range(3):
        assert store.map.take_back("shop", undo) is (len(seen) < 2)
        found = store.map.classified("shop").findings[EMAIL]
        seen.append((found.data_class, found.source))
    assert seen == [(None, "person"), ("email", "scan"), ("email", "scan")]
    assert [str(each.data_class) for each in store.map.history("shop", EMAIL)] == [
        "taken back", "taken back", "phone", "None",
    ]  # fmt: skip
    store.map.override("shop", Override(EMAIL, DataClass("iban"), "alice", "after all", LATER))
    assert store.map.classified("shop").class_of(EMAIL) == "iban"
    assert store.map.take_back("shop", undo)
    assert store.map.classified("shop").class_of(EMAIL) == "email"


def test_what_was_inherited_outlives_a_scan_that_finds_nothing(store: Store) -> None:
    """A copy of one row has no prevalence, and stays what it is a copy of."""
    store.map.inherit("shop", {EMAIL: replace(FOUND, source="inherited")})
    store.map.save_scan("shop", PEOPLE, "d1", {"email": Finding(None, 0.5, "nothing seen")})
    assert store.map.classified("shop").class_of(EMAIL) == "email"


def test_a_column_that_inherits_two_classes_is_mixed_for_good(store: Store) -> None:
    store.map.inherit("shop", {EMAIL: FOUND})
    store.map.inherit("shop", {EMAIL: Finding(DataClass("ssn"), 0.9, "copied from ssn")})
    store.map.inherit("shop", {EMAIL: FOUND})
    assert store.map.classified("shop").class_of(EMAIL) == "mixed"


def test_a_database_made_anew_is_scanned_anew_but_persons_stay_heard(store: Store) -> None:
    store.map.save_scan("shop", PEOPLE, "d1", {"email": FOUND, "name": FOUND})
    store.map.override("shop", Override(EMAIL, None, "dora", "ours", NOW))
    store.map.forget("shop")
    classified = store.map.classified("shop")
    assert classified.class_of(EMAIL) is None
    assert classified.class_of(Column(PEOPLE, "name")) == "unscanned"
    assert store.map.scanned("shop") == {}


def test_every_process_hears_of_a_change(store: Store, tmp_path: Path) -> None:
    with Store.open(tmp_path / "state") as worker:
        before = worker.changes()
        assert worker.changes() is before
        store.map.save_scan("shop", PEOPLE, "d1", {"email": FOUND})
        after = worker.changes()
        assert {topic for topic in after if after[topic] != before.get(topic)} == {
            "classifications",
            "classifications/shop",
        }
        assert worker.map.classified("shop").version == 1
        store.tickets.open(ticket(), NOON)
        assert worker.changes()["tickets"] == 1
        assert store.rules_changed() == worker.changes()["rules"] == 1


def test_an_epoch_is_raised_for_all(store: Store, tmp_path: Path) -> None:
    with Store.open(tmp_path / "state") as worker:
        assert worker.epoch("shop") == 0
        assert store.raise_epoch("shop") == 1
        assert (worker.epoch("shop"), store.epoch("shop"), worker.epoch("other")) == (1, 1, 0)
        assert worker.raise_epoch("shop") == 2
        assert store.epoch("shop") == 2


def session(number: int = 1, worker: str = "w1") -> LiveSession:
    return LiveSession(
        SessionId(f"S{number}"), worker, "alice", Kind.HUMAN, None, "shop", "INC-42", "psql", "127.0.0.1", NOW, "", NOW
    )


def test_a_session_is_listed_from_its_start_to_its_end(store: Store) -> None:
    store.sessions.opened(session())
    store.sessions.seen([Seen(SessionId("S1"), "select", LATER, "select ?" + "x" * 1000, True, 3, 70, 900)])
    (found,) = store.sessions.list()
    shown = "select ?" + "x" * (MAX_TEXT - 8)
    assert found == replace(
        session(), command="select", seen=LATER, text=shown, busy=True, statements=3, rows=70, bytes=900
    )
    store.sessions.closed(SessionId("S1"))
    assert store.sessions.list() == ()


def test_a_kill_reaches_the_worker_of_its_session_alone(store: Store) -> None:
    store.sessions.opened(session(1, "w1"))
    store.sessions.opened(session(2, "w2"))
    assert store.sessions.kill("S2", by="dora", because="runaway", at=NOW)
    assert store.sessions.kill("S2", by="dora", because="runaway", at=NOW)
    assert not store.sessions.kill("S3", by="dora", because="runaway", at=NOW)
    assert store.sessions.kills("w1") == ()
    assert [(kill.session, kill.by) for kill in store.sessions.kills("w2")] == [("S2", "dora")]
    assert store.changes()["kills"] == 3
    store.sessions.closed(SessionId("S2"))
    assert store.sessions.kills("w2") == ()


def test_a_commit_waits_for_the_disk_where_it_is_to_outlive_a_power_cut(store: Store) -> None:
    for lasting, level in ((True, 2), (False, 1)):  # FULL, NORMAL
        with store.shelf.writing(lasting=lasting) as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == level


def test_the_sessions_of_a_dead_worker_are_gone(store: Store) -> None:
    store.sessions.opened(session(1, "w1"))
    store.sessions.opened(session(2, "w2"))
    store.sessions.worker_gone("w1")
    assert [each.id for each in store.sessions.list()] == ["S2"]
    store.sessions.worker_gone()
    assert store.sessions.list() == ()


def test_events_are_kept_newest_first(store: Store) -> None:
    store.note(OperatorEvent(NOW, "rules", "dora", "reloaded"))
    store.note(OperatorEvent(LATER, "rules", "dora", "refused"))
    assert [event.text for event in store.events()] == ["refused", "reloaded"]


# ---- what is known of a column follows it


def table(oid: int, name: str, *columns: str) -> RelationDef:
    made = tuple(ColumnDef(column, number, 25, "text") for number, column in enumerate(columns, 1))
    return RelationDef(oid, Relation("public", name), "r", made)


def snapshot(*tables: RelationDef, database_oid: int = 5) -> Catalog:
    return Catalog("shop", database_oid, "1", {each.relation: each for each in tables})


def held(store: Store, catalog: Catalog) -> dict[str, str | None]:
    """Return the classes by column, as this snapshot names them."""
    found = store.map.classified("shop", catalog).findings
    return {str(column).removeprefix("public."): finding.data_class for column, finding in found.items()}


def copied(store: Store, column: Column, data_class: str = "email") -> None:
    store.map.inherit("shop", {column: Finding(DataClass(data_class), 1.0, "copied", "inherited")})


NOTE = Column(Relation("public", "notes"), "note")


def test_an_inherited_class_follows_its_column_and_its_table_to_other_names(store: Store) -> None:
    copied(store, NOTE)
    store.map.settle("shop", snapshot(table(1, "notes", "id", "note")))
    renamed = snapshot(table(1, "texts", "note", "id"))  # the two columns have changed their names with each other
    assert held(store, renamed) == {"texts.id": "email"}, "also before the store calls it so"
    store.map.settle("shop", renamed)
    assert held(store, renamed) == {"texts.id": "email"}
    assert store.map.classified("shop").findings.keys() == {Column(Relation("public", "texts"), "id")}


def test_a_worker_with_an_older_snapshot_takes_nothing_away_from_one_with_a_newer(store: Store) -> None:
    old, new = snapshot(table(1, "notes", "note")), snapshot(table(1, "notes", "text"))
    copied(store, NOTE)
    for catalog in (old, new, old):
        store.map.settle("shop", catalog)
        assert held(store, new) == {"notes.text": "email"}
        assert held(store, old) == {"notes.note": "email"}


def test_what_names_a_table_that_nobody_has_seen_yet_counts_by_its_name(store: Store) -> None:
    """A copy to a table made anew under an old name, known to one worker only."""
    copied(store, NOTE)
    store.map.settle("shop", snapshot(table(1, "notes", "note")))
    again = snapshot(table(2, "notes", "note"))
    assert held(store, again) == {"notes.note": "email"}
    copied(store, NOTE, "payment_card")
    assert held(store, again) == {"notes.note": "mixed"}


def test_another_database_of_the_same_numbers_is_not_taken_for_it(store: Store) -> None:
    copied(store, NOTE)
    store.map.settle("shop", snapshot(table(1, "notes", "note")))
    restored = snapshot(table(1, "orders", "total"), table(2, "notes", "note"), database_oid=6)
    assert held(store, restored) == {"notes.note": "email"}


def test_a_persons_class_stays_with_the_name_as_well_as_with_the_column(store: Store) -> None:
    """Tables are swapped: the old one keeps its word under its new name, and the new one gets it with the old name."""
    store.map.override("shop", Override(NOTE, DataClass("email"), "dana", "seen", NOW))
    store.map.settle("shop", snapshot(table(1, "notes", "note"), table(2, "notes_new", "note")))
    swapped = snapshot(table(1, "notes_old", "note"), table(2, "notes", "note"))
    store.map.settle("shop", swapped)
    assert held(store, swapped) == {"notes_old.note": "email", "notes.note": "email"}


def test_a_persons_word_that_a_column_is_clean_goes_with_the_column_alone(store: Store) -> None:
    store.map.override("shop", Override(NOTE, None, "dana", "public anyway", NOW))
    store.map.settle("shop", snapshot(table(1, "notes", "note"), table(2, "notes_new", "note")))
    swapped = snapshot(table(1, "notes_old", "note"), table(2, "notes", "note"))
    store.map.settle("shop", swapped)
    assert held(store, swapped) == {"notes_old.note": None}


def test_scans_of_tables_that_have_changed_since_do_not_count(store: Store) -> None:
    store.map.save_scan("shop", NOTE.relation, "digest", {"note": Finding(None, 1.0, "nothing found")})
    known = store.map.classified("shop", snapshot(table(1, "notes", "note")), trusted=frozenset())
    assert known.class_of(NOTE) == "unscanned"


def test_settling_what_is_settled_changes_nothing(store: Store) -> None:
    copied(store, NOTE)
    catalog = snapshot(table(1, "notes", "note"))
    store.map.settle("shop", catalog)
    number = store.map.number("shop")
    store.map.settle("shop", catalog)
    assert store.map.number("shop") == number


def test_only_who_may_migrate_makes_the_state(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="of version none"):
        Store.open(tmp_path / "state")


def _pretend_version(state: Path, version: str) -> None:
    connection = sqlite3.connect(state / "proctor.sqlite")
    connection.execute("UPDATE alembic_version SET version_num = ?", [version])
    connection.commit()
    connection.close()


def test_newer_state_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path, migrate=True).close()
    _pretend_version(tmp_path, "9999")
    with pytest.raises(ConfigFault, match="newer than this Proctor"):
        Store.open(tmp_path, migrate=True)
    with pytest.raises(ConfigFault, match="of version 9999"):
        Store.open(tmp_path)


def test_older_state_is_copied_before_it_is_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy is made before the first step, so that even a step that fails leaves it behind."""
    with Store.open(tmp_path, migrate=True) as store:
        store.tickets.open(ticket(), NOON)
    _pretend_version(tmp_path, "0000")
    with pytest.raises(Exception, match="0000"):
        Store.open(tmp_path, migrate=True)
    (copy,) = (tmp_path / "backups").iterdir()
    assert copy.stat().st_mode & 0o777 == 0o600
    connection = sqlite3.connect(copy)
    assert connection.execute("SELECT id FROM tickets").fetchall() == [("T1",)]
    connection.close()


def test_the_migrations_lead_to_the_tables_as_they_are_used(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from proctor.edge.tables import metadata

    with Store.open(tmp_path, migrate=True) as store, store.shelf.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    assert differences == []
