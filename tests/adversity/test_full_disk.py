"""A disk that is really full: the journal on a file system of a few megabytes, under load, until nothing more fits."""

from __future__ import annotations

import os
import resource
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.adversity.faults.load import Load, executed, unrecorded
from tests.databases.lab import Lab, lab, until

SIZE = 6 * 1024 * 1024
ROOM = 48 * 1024
"""What the load may still write before the disk is full: some dozens of records."""


class SmallDisk:
    """A tmpfs of a few megabytes beneath the journal."""

    name = f"a tmpfs of {SIZE >> 20} MiB"

    def __init__(self, at: Path) -> None:
        self._ballast = at / "ballast"

    def fill(self, _: Lab) -> None:
        """Take all but a little of the room."""
        with self._ballast.open("wb") as file:
            left = os.statvfs(self._ballast.parent)
            file.write(bytes(left.f_bavail * left.f_frsize - ROOM))

    def empty(self, _: Lab) -> None:
        """Give the room back."""
        self._ballast.unlink()


class SmallFiles:
    """No file may grow any more: what is left where nobody may mount. The writes fail, with EFBIG."""

    name = "RLIMIT_FSIZE, for this machine does not let us mount a small file system"

    def __init__(self) -> None:
        self._before: dict[int, tuple[int, int]] = {}

    def fill(self, house: Lab) -> None:
        """Let no process of the gateway write to a file beyond its first byte."""
        for process in psutil.Process(house.gateway.pid).children(recursive=True):
            self._before[process.pid] = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, self._before[process.pid][1]))

    def empty(self, _: Lab) -> None:
        """Let them write again."""
        for pid, limits in self._before.items():
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def small_disk(at: Path) -> Iterator[SmallDisk | SmallFiles]:
    """Put a small file system there; where that is refused another real limit stands in, and the test says so."""
    at.mkdir(mode=0o700, parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "proctor-test", str(at)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        warnings.warn(f"the full disk is {SmallFiles.name}", stacklevel=1)
        yield SmallFiles()
        return
    try:
        yield SmallDisk(at)
    finally:
        subprocess.run(["umount", str(at)], check=True)


def refusal(house: Lab) -> str:
    """Return with what words a client is turned away, or nothing if it is served."""
    try:
        with psycopg.connect(house.dsn(connect_timeout="5"), autocommit=True) as session:
            session.execute("select 1")
    except psycopg.Error as fault:
        return str(fault)
    return ""


@pytest.mark.parametrize("durability", ["strict", "adaptive"])
def test_on_a_full_disk_nothing_is_served_and_with_room_again_nothing_is_missing(
    telling, tmp_path, durability, record_property
):
    audit = f"\n[audit]\ndurability = '{durability}'\n"
    journal = tmp_path / "state" / "journal"
    with small_disk(journal) as disk, lab(telling, tmp_path, workers=2, limits=audit) as house:
        record_property("full disk", disk.name)
        with Load(house) as load:
            until(lambda: load.done > 20)
            disk.fill(house)
            # Each worker's own journal has to hit the wall before the whole house is closed.
            until(lambda: all("the journal cannot be written" in refusal(house) for _ in range(8)))
            silent = executed(house, load).total()
            assert "so nothing is served" in refusal(house)
            assert executed(house, load).total() == silent
            disk.empty(house)
            until(lambda: all(refusal(house) == "" for _ in range(8)))
            before = load.done
            until(lambda: load.done > before + 20)
        assert house.recorded("journal.fault")
        assert unrecorded(house, load) == {}
        house.gateway.stop()
        assert house.gateway.exit_code == 0
        said = house.ask("audit", "verify", "--json")
        assert said.code == 0, said.text
        assert said.objects()[0]["pending"] == 0
