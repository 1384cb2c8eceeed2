"""The demo's view of Proctor: what commands print, and a gateway that does not start."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from demo import gateway
from demo.gateway import Gateway, GatewayFault, Said, wait_for


def stand_in(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Let a little program play `proctor`."""
    monkeypatch.setattr(gateway, "program", lambda: [sys.executable, "-c", body])


def test_the_objects_of_an_answer_are_its_json_lines() -> None:
    assert Said(0, 'a note\n{"id": 1}\n{"id": 2}\n', "").objects() == [{"id": 1}, {"id": 2}]


def test_the_ready_line_says_where_to_connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(
        monkeypatch,
        "import time; print('a word before')\n"
        "print('ready postgres=127.0.0.1:6432 console=[::1]:8088', flush=True); time.sleep(60)",
    )
    with Gateway(tmp_path / "proctor.toml") as running:
        assert running.postgres == ("127.0.0.1", 6432)
        assert running.console == ("::1", 8088)
        assert running.pid > 0


def test_a_gateway_that_ends_without_a_word_is_a_fault_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, "import sys; sys.exit('proctor.toml:3: no such key')")
    with pytest.raises(GatewayFault, match=r"proctor\.toml:3"):
        Gateway(tmp_path / "proctor.toml").start()


def test_what_a_stopped_gateway_started_is_stopped_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that outlives its supervisor would keep a port and a database session."""
    stand_in(
        monkeypatch,
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print('ready postgres=h:1 console=h:2', flush=True); time.sleep(60)",
    )
    running = Gateway(tmp_path / "proctor.toml").start()
    pid = running.pid
    assert len(running.leftovers(pid)) == 2
    running.stop()
    assert wait_for(iter(lambda: not running.leftovers(pid), None), seconds=10)


def test_a_person_is_named_and_their_password_stays_out_of_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, "import os, sys; print(sys.argv[1:], os.environ['PROCTOR_PASSWORD'])")
    said = Gateway(tmp_path / "p.toml").ask("approvals", "list", person=("dana", "s3cret"))
    assert said.out.strip() == f"['approvals', 'list', '--config', '{tmp_path / 'p.toml'}', '--as', 'dana'] s3cret"


def test_waiting_ends_when_the_time_is_up() -> None:
    assert not wait_for(iter(lambda: False, None), seconds=0.0)
    assert wait_for(iter([False, True]), seconds=5.0)
