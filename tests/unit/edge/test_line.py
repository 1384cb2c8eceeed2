"""A line of its own to the state: what is said on it is one transaction, and a fault leaves nothing of it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import bindparam, func, insert, select

from proctor.edge.line import Prepared
from proctor.edge.live_sessions import LiveSession
from proctor.edge.shelf import Shelf
from proctor.edge.store import Store
from proctor.edge.tables import kills
from proctor.errors import HouseFault
from proctor.terms import Kind, SessionId

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
KILL = Prepared(insert(kills))
BY = Prepared(select(func.count()).where(kills.c.by == bindparam("who")))
DORAS = Prepared(select(kills.c.session).where(kills.c.by == "dora"))
VALUES: dict[str, str | int] = {"worker": "w1", "by": "dora", "because": "'; drop table kills; --", "at": 1}


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Store.open(tmp_path, migrate=True) as store:
        yield store.shelf


def note(shelf: Shelf, session: str) -> None:
    with shelf.noting() as state:
        state.run(KILL, session=session, **VALUES)


def count(shelf: Shelf) -> int:
    with shelf.looking() as state:
        ((found,),) = state.run(BY, who="dora")
    assert isinstance(found, int)
    return found


def test_a_statement_is_run_with_its_values_and_with_what_was_fixed_when_it_was_made(shelf: Shelf) -> None:
    note(shelf, "S1")
    with shelf.looking() as state:
        assert state.run(DORAS) == [("S1",)]
    assert count(shelf) == 1


def test_a_value_that_is_not_given_is_a_fault_and_no_null(shelf: Shelf) -> None:
    with pytest.raises(HouseFault), shelf.looking() as state:
        state.run(BY)


def test_what_a_fault_interrupts_stays_in_no_part(shelf: Shelf) -> None:
    with pytest.raises(ZeroDivisionError), shelf.noting() as state:
        state.run(KILL, session="S1", **VALUES)
        raise ZeroDivisionError
    with pytest.raises(HouseFault), shelf.noting() as state:
        state.run(KILL, session="S1", **VALUES)
        state.run(KILL, session="S1", **VALUES)  # its key is there already
    assert count(shelf) == 0
    note(shelf, "S1")
    assert count(shelf) == 1


def test_who_leaves_early_without_a_fault_keeps_what_was_done(shelf: Shelf) -> None:
    def early() -> bool:
        with shelf.noting() as state:
            state.run(KILL, session="S1", **VALUES)
            return True

    assert early()
    assert count(shelf) == 1


def test_a_fault_is_told_in_words_that_quote_no_value(shelf: Shelf) -> None:
    note(shelf, "S1")
    with pytest.raises(HouseFault) as told:
        note(shelf, "S1")
    assert "drop table" not in told.value.message
    assert "IntegrityError" in told.value.message


def test_what_is_noted_waits_for_no_disk_and_what_is_looked_at_sees_one_state(shelf: Shelf, tmp_path: Path) -> None:
    with shelf.noting() as state:
        assert state._connection.execute("PRAGMA synchronous").fetchone() == (1,)  # NORMAL
        assert state._connection.in_transaction
    with shelf.looking() as state:
        before = state.run(BY, who="dora")
        with Shelf.open(tmp_path).noting() as other:
            other.run(KILL, session="S1", **VALUES)
        assert state.run(BY, who="dora") == before == [(0,)]
    assert count(shelf) == 1


def test_a_line_is_made_anew_after_it_was_closed(shelf: Shelf) -> None:
    note(shelf, "S1")
    shelf.close()
    assert count(shelf) == 1


def test_threads_take_turns_on_a_line(shelf: Shelf) -> None:
    threads = [threading.Thread(target=note, args=(shelf, f"S{number}")) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(shelf) == 8


def test_what_is_noted_is_what_the_other_way_reads(tmp_path: Path) -> None:
    alice = LiveSession(SessionId("S1"), "w1", "alice", Kind.HUMAN, "bob", "shop", None, "psql", "::1", NOW, seen=NOW)
    with Store.open(tmp_path, migrate=True) as store:
        assert store.sessions.opened(alice, 2)
        assert store.sessions.opened(replace(alice, id=SessionId("S2")), 2)
        assert not store.sessions.opened(replace(alice, id=SessionId("S3")), 2)
        assert store.sessions.opened(replace(alice, id=SessionId("S3"), subject="bob"), 2)
        assert store.sessions.get("S1") == alice
        store.sessions.closed(SessionId("S1"))
        assert [each.id for each in store.sessions.list()] == ["S2", "S3"]


def test_a_state_that_is_no_state_is_a_fault(tmp_path: Path) -> None:
    with Store.open(tmp_path, migrate=True) as store:
        with sqlite3.connect(store.shelf.path) as broken:
            broken.execute("drop table sessions")
        with pytest.raises(HouseFault):
            store.sessions.closed(SessionId("S1"))
