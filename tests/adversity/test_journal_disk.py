"""The disk and the power behind the journal: full, gone, killed at every step. What was promised is there."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from proctor.audit import tlog
from proctor.audit.integrator import Integrator
from proctor.audit.journal import Journal
from proctor.audit.record import Heartbeat, OperatorCall, encode
from proctor.audit.segments import Frame, read
from proctor.audit.sync import ProcessSyncer
from proctor.audit.verify import verify
from proctor.errors import HouseFault

BEAT = encode(Heartbeat(id="h" * 60, interval_s=60))


def seqs(folder: Path) -> list[int]:
    return [found.seq for found in read(folder) if isinstance(found, Frame)]


def in_a_child(story: Callable[[], int]) -> int:
    """Run a story in a process of its own and return its exit code; a signal counts as its negative."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = story()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def no_file_larger_than():
    """Let writes beyond a size fail, as on a full disk, and put the limit back."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_stops_the_journal_and_room_lets_it_go_on_without_a_gap(tmp_path, no_file_larger_than):
    journal = Journal.open(tmp_path / "w0", "w0", clock=time)
    no_file_larger_than(4096)
    taken = 0
    with pytest.raises(HouseFault, match="cannot be written"):
        for _ in range(1000):
            taken = journal.append(BEAT)
    assert 5 < taken < 100
    with pytest.raises(HouseFault):
        journal.append_later(BEAT)
    assert seqs(tmp_path / "w0") == list(range(taken + 1))
    no_file_larger_than(10)
    assert not await journal.try_recover()
    no_file_larger_than(1_000_000)
    assert await journal.try_recover()
    await journal.synced(journal.append(BEAT))
    last = journal.position
    await journal.close()
    assert seqs(tmp_path / "w0") == list(range(last + 1))
    kinds = [json.loads(found.record)["kind"] for found in read(tmp_path / "w0") if isinstance(found, Frame)]
    assert kinds[-2:] == ["journal.fault", "heartbeat"]


async def test_records_held_back_when_the_disk_filled_up_are_written_after_the_recovery(tmp_path, no_file_larger_than):
    journal = Journal.open(tmp_path / "w0", "w0", clock=time)
    promised = [journal.append_later(BEAT) for _ in range(50)]
    no_file_larger_than(2048)
    with pytest.raises(HouseFault):
        journal.append(BEAT)
    no_file_larger_than(1_000_000)
    assert await journal.try_recover()
    await journal.close()
    assert set(promised) <= set(seqs(tmp_path / "w0"))
    assert seqs(tmp_path / "w0") == list(range(52))


async def test_a_helper_that_is_killed_fails_the_journal_and_another_takes_over(tmp_path):
    helpers: list[ProcessSyncer] = []

    def syncer() -> ProcessSyncer:
        helpers.append(ProcessSyncer())
        return helpers[-1]

    journal = Journal.open(tmp_path / "w0", "w0", clock=time, syncer=syncer)
    await journal.synced(journal.append(BEAT))
    os.kill(helpers[0].pid, signal.SIGKILL)
    with pytest.raises(HouseFault, match="syncer"):
        for _ in range(10_000):
            await journal.synced(journal.append(BEAT))
    assert await journal.try_recover()
    await journal.synced(journal.append(BEAT))
    last = journal.position
    await journal.close()
    assert len(helpers) == 2
    assert seqs(tmp_path / "w0") == list(range(last + 1))


async def test_the_helper_ends_when_its_gateway_is_killed(tmp_path):
    story = (
        "import asyncio, os, sys, time\n"
        "from pathlib import Path\n"
        "from proctor.audit.journal import Journal\n"
        "from proctor.audit.sync import ProcessSyncer\n"
        "helper = ProcessSyncer()\n"
        "journal = Journal.open(Path(sys.argv[1]), 'w0', clock=time, syncer=lambda: helper)\n"
        "asyncio.run(journal.synced(journal.append(sys.argv[2].encode())))\n"
        "print(helper.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    gateway = subprocess.Popen(
        [sys.executable, "-c", story, str(tmp_path / "w0"), BEAT.decode()],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": "src"},
        cwd=Path(__file__).parents[2],
    )
    helper = int(gateway.stdout.readline())
    gateway.kill()
    gateway.wait()
    gateway.stdout.close()
    async with asyncio.timeout(10):
        while alive(helper):
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("after", [1, 7, 40, 200, 555])
def test_what_was_appended_is_there_after_a_kill(tmp_path, after):
    """The gateway is killed at once behind its nth append; the record of every statement that left is in the file."""
    told, tell = os.pipe()

    def gateway() -> int:
        journal = Journal.open(tmp_path / "w0", "w0", clock=time, max_segment=8192)
        for _ in range(after):
            os.write(tell, b"%d\n" % journal.append(BEAT))
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    assert in_a_child(gateway) == -signal.SIGKILL
    os.close(tell)
    with os.fdopen(told) as lines:
        acknowledged = [int(line) for line in lines]
    with Journal.open(tmp_path / "w0", "w0", clock=time) as journal:
        journal.append(BEAT)
    assert set(acknowledged) <= set(seqs(tmp_path / "w0"))
    assert seqs(tmp_path / "w0") == list(range(after + 3))


@pytest.fixture
def written(tmp_path) -> Path:
    """A state with 520 records in the journal, of which 255 are in the log, and one that is larger than an entry."""
    state = tmp_path / "state"
    write(state, 254)
    integrate(state)
    write(state, 263)
    with Journal.open(state / "journal" / "w0", "w0", clock=time) as journal:
        journal.append(encode(OperatorCall(id="o" * 70_000, action="export", details={"of": "x" * 70_000})))
    return state


def write(state: Path, count: int) -> None:
    with Journal.open(state / "journal" / "w0", "w0", clock=time) as journal:
        for _ in range(count):
            journal.append(BEAT)


def integrate(state: Path) -> None:
    integrator = Integrator.open(state / "journal", state / "log", keys=state / "keys", origin="proctor.test")
    done = integrator.integrate()
    integrator.close()
    assert not done.troubles


def test_the_integrator_killed_at_every_step_loses_and_doubles_nothing(written, tmp_path, monkeypatch):
    """Each fsync, rename and unlink is a step; before each, in turn, the process is gone."""
    steps = 0
    while True:
        state = tmp_path / f"killed-{steps}"
        shutil.copytree(written, state)
        ended = in_a_child(lambda: killed_at(steps, state))  # noqa: B023 - called at once
        published = (state / "log" / "w0" / "checkpoint").read_bytes()
        integrate(state)
        found = verify(state / "log", state / "journal", signed=state / "keys", remembered=[published])
        assert found.problems == (), f"killed at step {steps}"
        assert found.sizes == {"w0": 521}
        shutil.rmtree(state)
        if ended == 0:
            break
        assert ended == 77
        steps += 1
    assert steps > 20


def killed_at(step: int, state: Path) -> int:
    left = step

    def dying(call: Callable[..., object]) -> Callable[..., object]:
        def step_or_die(*args: object, **more: object) -> object:
            nonlocal left
            if left == 0:
                os._exit(77)
            left -= 1
            return call(*args, **more)

        return step_or_die

    for name in ("fsync", "fdatasync"):
        setattr(os, name, dying(getattr(os, name)))
    for name in ("rename", "unlink", "mkdir"):
        setattr(tlog.Path, name, dying(getattr(tlog.Path, name)))
    integrate(state)
    return 0


def test_a_log_on_a_full_disk_publishes_nothing_and_goes_on_when_there_is_room(written, no_file_larger_than):
    before = (written / "log" / "w0" / "checkpoint").read_bytes()
    integrator = Integrator.open(written / "journal", written / "log", keys=written / "keys", origin="proctor.test")
    no_file_larger_than(4096)
    assert set(integrator.integrate().troubles) == {"w0"}
    assert (written / "log" / "w0" / "checkpoint").read_bytes() == before
    assert verify(written / "log", written / "journal").ok
    no_file_larger_than(1_000_000)
    assert integrator.integrate().sizes == {"w0": 521}
    integrator.close()
    assert verify(written / "log", written / "journal", remembered=[before]).ok
