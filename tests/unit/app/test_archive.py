"""The log stands back behind the statements, until it is far behind."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from proctor.app import archive as module
from proctor.app.archive import FAR_BEHIND, NICENESS, Archive
from proctor.audit.integrator import Round
from proctor.edge.house import SystemClock
from tests.unit.app.test_control_process import configured


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(configured(tmp_path), "house.example", SystemClock(), {})


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
