"""The supervisor outlives whatever dies around it: its own journal's helper, and workers that have not begun to serve."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from tests.adversity.test_kills import kill, processes, serves, verified
from tests.databases.lab import Lab, lab, until


@pytest.fixture
def house(postgres: ThrowawayPostgres, tmp_path: Path) -> Iterator[Lab]:
    with lab(postgres, tmp_path, workers=2) as made:
        yield made


def own_syncer(house: Lab) -> list[psutil.Process]:
    """Return the helper of the supervisor's own journal."""
    found = []
    for syncer in processes(house, "syncer.py"):
        with suppress(psutil.NoSuchProcess):
            if syncer.ppid() == house.gateway.pid:
                found.append(syncer)
    return found


def test_without_the_helper_of_its_journal_the_supervisor_goes_on_and_records_what_happened(house: Lab) -> None:
    for _ in range(2):
        before = len(died(house))
        kill(until(lambda: own_syncer(house)))
        kill(until(lambda: processes(house, "proctor.app.worker"))[:1])
        until(lambda: len(died(house)) > before)  # noqa: B023 - called at once
        until(lambda: len(processes(house, "proctor.app.worker")) == 2 and serves(house))
    house.gateway.stop()
    assert house.gateway.exit_code == 0
    verified(house, "at the end")


def died(house: Lab) -> list[dict[str, object]]:
    return [record for record in house.records() if record["kind"] == "worker.died"]


def test_workers_that_are_killed_before_they_serve_are_started_again_and_the_others_serve_meanwhile(house: Lab) -> None:
    with psycopg.connect(house.dsn(), autocommit=True) as ada:
        stays = serving(house, ada)
        for _ in range(4):
            kill(until(lambda: [one for one in processes(house, "proctor.app.worker") if one.pid != stays]))
            assert ada.execute("select 1").fetchone() == (1,)
        until(lambda: len(processes(house, "proctor.app.worker")) == 2)
        until(lambda: all(serves(house) for _ in range(4)))
        assert ada.execute("select 1").fetchone() == (1,)
    house.gateway.stop()
    assert house.gateway.exit_code == 0
    verified(house, "at the end")


def serving(house: Lab, session: psycopg.Connection) -> int:
    """Return the process id of the worker that has this session."""
    ours = next(c.laddr.port for c in psutil.Process().net_connections() if c.fd == session.pgconn.socket)
    for worker in processes(house, "proctor.app.worker"):
        if any(c.raddr and c.raddr.port == ours for c in worker.net_connections()):
            return worker.pid
    raise AssertionError("no worker has it")
