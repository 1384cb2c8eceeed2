"""The log stands back behind the statements, until it is far behind."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from proctor.app import archive as module
from proctor.app.archive import FAR_BEHIND, NICENESS, Archive
from proctor.audit.integrator import Round, retired
from proctor.audit.journal import Journal
from proctor.audit.record import Heartbeat
from proctor.audit.verify import verify
from proctor.edge.house import SystemClock
from tests.unit.app.test_control_process import configured


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(configured(tmp_path), "house.example", SystemClock(), {}, lambda body: 0)


async def test_records_enter_the_log_when_there_is_time_and_sooner_when_many_wait(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a burst would cost its statements the share of the machine that the log takes."""
    priorities = []

    def integrate() -> Round:
        priorities.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return Round(added={"w0": FAR_BEHIND + 1 if len(priorities) == 1 else 7})

    monkeypatch.setattr(archive.integrator, "integrate", integrate)
    usual = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    for _ in range(3):
        await archive._integrate()
    gentle = min(19, NICENESS)
    assert priorities == [gentle, usual, gentle]
    monkeypatch.undo()
    await asyncio.to_thread(archive.leave)


def test_where_a_thread_has_no_priority_of_its_own_nobody_stands_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "platform", "darwin")
    monkeypatch.setattr(module.os, "setpriority", lambda *_: pytest.fail("the whole process would stand back"))
    module._stand_back()


class LaterClock(SystemClock):
    """The hour, two years from now."""

    def now(self) -> datetime:
        return super().now() + timedelta(days=730)


async def test_old_records_are_retired_only_once_the_signed_log_has_said_so(tmp_path: Path) -> None:
    config = configured(tmp_path, '[audit.retention]\nage = "400d"\n')
    for shard in ("worker-0", "control"):
        with Journal.open(config.state / "journal" / shard, shard, clock=time) as journal:
            for _ in range(300):
                journal.record(Heartbeat(id="h", interval_s=60))
    control = Journal.open(config.state / "journal" / "control", "control", clock=time)
    archive = Archive(config, "house.example", LaterClock(), {}, control.record)
    logs = config.state / "log"
    await archive._integrate()
    await archive._retire()
    await archive._retire()
    assert retired(logs / "worker-0") == 0  # declared, and not in the signed log yet
    await archive._integrate()
    await archive._retire()
    assert (retired(logs / "worker-0"), retired(logs / "control")) == (256, 0)
    await archive._retire()
    assert archive._declared == {}
    await control.close()
    await asyncio.to_thread(archive.leave)
    found = verify(logs, config.state / "journal")
    assert found.ok, found.problems
    assert "were retired, as a record declares" in found.problems[0].what
