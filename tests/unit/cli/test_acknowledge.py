"""`audit acknowledge`: a log goes on behind a loss, and says so for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from proctor.app.control_process import house_name
from proctor.audit.integrator import Integrator
from proctor.audit.journal import Journal
from proctor.audit.record import Heartbeat
from proctor.audit.segments import segments
from proctor.edge.house import SystemClock
from tests.unit.cli.terminal import Terminal
from tests.unit.cli.test_house_commands import settings


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder whose shard has lost its second segment."""
    state = tmp_path / "state"
    for _ in range(3):
        with Journal.open(state / "journal" / "worker-0", "worker-0", clock=SystemClock()) as journal:
            for number in range(3):
                journal.record(Heartbeat(id=str(number), interval_s=60))
    (_, middle, _) = segments(state / "journal" / "worker-0")
    middle.unlink()
    integrate(state)
    return state


def integrate(state: Path) -> dict[str, str]:
    integrator = Integrator.open(state / "journal", state / "log", keys=state / "keys", origin=house_name(state))
    try:
        return integrator.integrate().troubles
    finally:
        integrator.close()


def test_a_loss_is_acknowledged_and_stays_on_record(terminal: Terminal, state: Path) -> None:
    config = settings(state.parent)
    assert "are gone" in integrate(state)["worker-0"]
    ran = terminal.run("audit", "acknowledge", "worker-0", "--because", "disk replaced, INC-12", "--config", config)
    assert (ran.code, ran.err) == (0, "")
    assert "worker-0: 4 records are lost" in ran.out
    assert "worker-0" not in integrate(state)
    told = terminal.run("audit", "search", "--kind", "journal.lost", "--json", "--config", config)
    assert len(told.lines) == 4
    assert all(str(line["because"]).startswith("disk replaced, INC-12 (acknowledged by ") for line in told.lines)
    again = terminal.run("audit", "acknowledge", "worker-0", "--because", "x", "--config", config)
    assert (again.code, again.out) == (0, "")
    assert "no record of worker-0 is missing" in again.err


def test_the_log_of_a_running_house_is_left_alone(terminal: Terminal, state: Path) -> None:
    config = settings(state.parent)
    running = Integrator.open(state / "journal", state / "log", keys=state / "keys", origin=house_name(state))
    try:
        ran = terminal.run("audit", "acknowledge", "worker-0", "--because", "x", "--config", config)
    finally:
        running.close()
    assert ran.code != 0
    assert "another process writes the log" in ran.err


def test_a_shard_that_is_not_there_and_a_loss_without_a_reason_are_refused(terminal: Terminal, state: Path) -> None:
    config = settings(state.parent)
    ran = terminal.run("audit", "acknowledge", "worker-7", "--because", "x", "--config", config)
    assert (ran.code, "the shards are: worker-0" in ran.err) == (2, True)
    ran = terminal.run("audit", "acknowledge", "worker-0", "--because", " ", "--config", config)
    assert ran.code == 2
    assert terminal.run("audit", "acknowledge", "worker-0", "--config", config).code == 2
