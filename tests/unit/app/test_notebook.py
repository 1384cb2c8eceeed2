"""The supervisor's records wait for its disk instead of ending the house, and none of them is missed."""

from __future__ import annotations

import errno
import json
import os
import time
from pathlib import Path

import pytest

from proctor.app import notebook as module
from proctor.app.notebook import Notebook
from proctor.audit import writer
from proctor.audit.disk import write_all
from proctor.audit.journal import Journal
from proctor.audit.record import WorkerDied
from proctor.audit.segments import Frame, read


class Disk:
    """Takes what is written, or is full."""

    def __init__(self) -> None:
        self.full = False

    def write_all(self, file: int, data: bytes) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_all(file, data)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(writer, "write_all", made.write_all)
    return made


def died(number: int) -> WorkerDied:
    return WorkerDied(id=f"d{number}", worker="worker-0", pid=number, why="signal 9")


def told(folder: Path) -> list[str]:
    records = [json.loads(found.record) for found in read(folder) if isinstance(found, Frame)]
    return [record["id"] for record in records if record["kind"] == "worker.died"]


async def test_what_the_disk_does_not_take_is_written_in_order_when_it_does(tmp_path, disk):
    notes = Notebook(Journal.open(tmp_path / "s", "s", clock=time))
    notes.note(died(1))
    disk.full = True
    notes.note(died(2))
    await notes.mend()
    notes.note(died(3))
    assert told(tmp_path / "s") == ["d1"]
    disk.full = False
    await notes.mend()
    notes.note(died(4))
    await notes.close()
    assert told(tmp_path / "s") == ["d1", "d2", "d3", "d4"]


async def test_at_the_end_what_waits_is_written_if_it_can_be(tmp_path, disk):
    notes = Notebook(Journal.open(tmp_path / "s", "s", clock=time))
    disk.full = True
    notes.note(died(1))
    disk.full = False
    await notes.close(died(2))
    assert told(tmp_path / "s") == ["d1", "d2"]


async def test_a_house_whose_disk_stays_full_can_still_end(tmp_path, disk):
    notes = Notebook(Journal.open(tmp_path / "s", "s", clock=time))
    disk.full = True
    notes.note(died(1))
    await notes.close(died(2))
    assert told(tmp_path / "s") == []


async def test_only_so_many_wait(tmp_path, disk, monkeypatch):
    monkeypatch.setattr(module, "MOST", 3)
    notes = Notebook(Journal.open(tmp_path / "s", "s", clock=time))
    disk.full = True
    for number in range(9):
        notes.note(died(number))
    disk.full = False
    await notes.close()
    assert told(tmp_path / "s") == ["d6", "d7", "d8"]
