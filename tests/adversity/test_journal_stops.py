"""A journal that cannot be written: nothing is served, everybody is told why, and it goes on once it can be again."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from tests.databases.lab import Lab, lab, until


@pytest.fixture
def house(postgres: ThrowawayPostgres, tmp_path: Path) -> Iterator[Lab]:
    with lab(postgres, tmp_path) as made:
        yield made


def worker(house: Lab) -> int:
    """Return the process id of the only worker."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            words = (stat.parent / "cmdline").read_text()
        except OSError:
            continue
        if parent == house.gateway.pid and "proctor.app.worker" in words:
            return int(stat.parent.name)
    raise AssertionError("there is no worker")


@contextmanager
def full(house: Lab) -> Iterator[None]:
    """Let the worker write no byte more to any file, as on a full disk."""
    pid = worker(house)
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def test_without_a_journal_nothing_is_served_and_it_goes_on_by_itself(house: Lab) -> None:
    with psycopg.connect(house.dsn(), autocommit=True) as ada:
        count = ada.execute("select count(*) from parts").fetchall()
        with full(house):
            until(lambda: not works(ada))  # what stands on the slate is written within 10 ms, or else nothing is served
            for statement in (
                "select count(*) from parts",
                "select 2",
                "insert into bins (part, slot) values (1, 'lost')",
            ):
                with pytest.raises(psycopg.errors.SystemError) as told:
                    ada.execute(statement.encode())
                assert told.value.sqlstate == "58000"
                assert "the journal cannot be written" in str(told.value.diag.message_primary)
            with pytest.raises(psycopg.OperationalError, match="the journal cannot be written, so nothing is served"):
                psycopg.connect(house.dsn("bob"))
        until(lambda: works(ada))
        assert ada.execute("select count(*) from parts").fetchall() == count
        assert house.run("select count(*) from bins where slot = 'lost'") == [(0,)]
        with psycopg.connect(house.dsn("bob"), autocommit=True) as bob:
            assert bob.execute("select 1").fetchall() == [(1,)]
    house.recorded("journal.fault")
    house.gateway.stop()
    assert house.gateway.exit_code == 0
    said = house.ask("audit", "verify", "--json")
    assert said.code == 0, said.text
    assert said.objects()[0]["pending"] == 0


def works(session: psycopg.Connection) -> bool:
    try:
        session.execute("select 1")
    except psycopg.errors.SystemError:
        return False
    return True


def test_a_house_whose_journal_has_failed_still_stops_in_order(house: Lab) -> None:
    with psycopg.connect(house.dsn(), autocommit=True) as ada, full(house):
        with pytest.raises(psycopg.errors.SystemError):
            ada.execute("select 1")
        house.gateway.stop()
    assert house.gateway.exit_code == 0
    assert house.ask("audit", "verify").code == 0
