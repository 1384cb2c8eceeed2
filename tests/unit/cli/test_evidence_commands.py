"""`proctor evidence`: what is printed, and the exit codes that an auditor's script reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proctor.audit.integrator import Integrator
from proctor.audit.journal import Journal
from proctor.audit.record import LoginFailed
from tests.unit.audit.conftest import FakeClock
from tests.unit.cli.terminal import Terminal
from tests.unit.control.house import SETTINGS


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "proctor.toml"
    path.write_text(SETTINGS)
    path.chmod(0o600)
    state = tmp_path / "state"
    with Journal.open(state / "journal" / "control", "control", clock=FakeClock()) as journal:
        journal.record(LoginFailed(id="l1", claimed="mallory", why="wrong"))
    integrator = Integrator.open(state / "journal", state / "log", keys=state / "keys", origin="proctor.test")
    integrator.integrate()
    integrator.close()
    return path


def test_a_pack_is_built_and_checked_without_a_gateway(terminal: Terminal, settings: Path, tmp_path: Path) -> None:
    out = tmp_path / "q1"
    words = ("--from", "2027-01-01", "--to", "2027-04-01", "--out", str(out))
    done = terminal.run("evidence", "build", *words, "-c", str(settings), "--json")
    assert done.code == 0, done.err
    (said,) = done.lines
    assert (said["records"], said["signed"]) == (2, True)
    assert {"report": "authentications", "count": 1, "exceptions": 1} in said["reports"]
    listed = json.loads((out / "inputs.json").read_text())["principals"]
    assert {one["name"] for one in listed} == {"alice", "dora", "sam", "audrey", "copilot", "billing"}
    assert "alicepw" not in (out / "inputs.json").read_text()
    key = (tmp_path / "state" / "log" / "meta" / "log.vkey").read_text().strip()
    checked = terminal.run("evidence", "verify", str(out), "--key", key)
    assert (checked.code, "verified: 2 records" in checked.out) == (0, True)


def test_a_pack_that_was_changed_ends_with_3(terminal: Terminal, settings: Path, tmp_path: Path) -> None:
    out = tmp_path / "q1"
    assert (
        terminal.run(
            "evidence", "build", "--from", "2027-01-01", "--to", "2027-04-01", "--out", str(out), "-c", str(settings)
        ).code
        == 0
    )
    (out / "index.html").write_text("all is well")
    done = terminal.run("evidence", "verify", str(out), "--json")
    assert done.code == 3
    assert done.lines[0]["problems"] == ["index.html was changed: its SHA-256 is another than SHA256SUMS says"]


def test_what_cannot_be_is_said_and_nothing_is_written(terminal: Terminal, settings: Path, tmp_path: Path) -> None:
    out = tmp_path / "q1"
    words = ("--out", str(out), "-c", str(settings))
    backwards = terminal.run("evidence", "build", "--from", "2027-04-01", "--to", "2027-01-01", *words)
    assert (backwards.code, "--from is not before --to" in backwards.err) == (2, True)
    assert terminal.run("evidence", "verify", str(out)).code == 2
    out.mkdir()
    none = terminal.run("evidence", "verify", str(out))
    assert (none.code, "is no evidence pack" in none.err) == (2, True)
    (out / "mine").write_text("x")
    there = terminal.run("evidence", "build", "--from", "2027-01-01", "--to", "2027-04-01", *words)
    assert (there.code, "is there already" in there.err) == (2, True)
