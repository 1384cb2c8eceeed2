"""The log stands back behind the statements, until it is far behind."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from proctor.app import archive as module
from proctor.app.archive import FAR_BEHIND, NICENESS, Archive
from proctor.audit.integrator import Round, retired
from proctor.audit.journal import Journal
from proctor.audit.record import Heartbeat
from proctor.audit.verify import verify
from proctor.edge.audit_config import Audit
from proctor.edge.house import SystemClock
from proctor.errors import HouseFault
from tests.unit.app.test_control_process import configured
from tests.unit.edge.test_witnesses import Desk


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


WITNESSES = (
    '[audit.witnesses]\nquorum = {}\nevery = "{}"\n[audit.witnesses.w]\nurl = "http://127.0.0.1:9/"\nkey = "{}"\n'
)


async def test_other_witnesses_are_heard_first_and_the_same_at_another_pace_are_not(tmp_path: Path) -> None:
    config = configured(tmp_path, WITNESSES.format(1, "1s", Desk("witness.test/w").witness))
    archive = Archive(config, "house.example", SystemClock(), {}, lambda body: 0)
    assert not archive.witnesses.admitted
    archive.witnesses.admitted = True
    archive.change(archive.prepared(replace(config.audit, witnessing=replace(config.audit.witnessing, every=60.0))))
    assert archive.witnesses.admitted
    (errand,) = [errand for errand in archive.errands() if errand[0] == "witnesses"]
    assert errand[1] == 60.0
    others = configured(tmp_path, WITNESSES.format(1, "1s", Desk("witness.test/other").witness)).audit
    archive.change(archive.prepared(others))
    assert not archive.witnesses.admitted
    archive.change(archive.prepared(Audit()))
    assert archive.witnesses.admitted
    await asyncio.to_thread(archive.leave)


async def test_what_a_witness_has_seen_more_of_is_not_forgotten_by_a_change(tmp_path: Path) -> None:
    archive = Archive(configured(tmp_path), "house.example", SystemClock(), {}, lambda body: 0)
    archive.witnesses.fork = "the log was rolled back or forked: the witness w has seen 9 records, not 1"
    archive.change(archive.prepared(Audit()))
    with pytest.raises(HouseFault, match="the witness w has seen 9 records"):
        await archive._integrate()
    await asyncio.to_thread(archive.leave)


async def test_what_is_kept_how_long_is_put_in_force_and_the_fence_is_as_it_was_at_the_start(tmp_path: Path) -> None:
    config = configured(tmp_path, '[audit.retention]\nage = "400d"\n')
    archive = Archive(config, "house.example", SystemClock(), {}, lambda body: 0)
    shorter = configured(tmp_path, '[audit.retention]\nage = "30d"\n').audit
    archive.change(archive.prepared(replace(shorter, fence=tmp_path / "elsewhere")))
    assert (archive._config.retention.age, archive._config.fence) == (30 * 86_400, None)
    await asyncio.to_thread(archive.leave)


BROKEN = {
    "[audit.sinks.s] cannot be": 'kind = "webhook"\nurl = "https://127.0.0.1:1/"',
    "[audit.sinks.t] cannot be": 'kind = "syslog"\nhost = "localhost"',
    "[audit.stamps] no certificate": 'url = "http://127.0.0.1:1/"',
    "[audit.witnesses.w] cannot be": 'url = "http://127.0.0.1:9/"\nkey = "{key}"',
}


@pytest.mark.parametrize("part", BROKEN, ids=lambda part: part.split("]")[0].strip("["))
async def test_a_certificate_that_is_none_is_said_and_nothing_is_changed(tmp_path: Path, part: str) -> None:
    archive = Archive(configured(tmp_path), "house.example", SystemClock(), {}, lambda body: 0)
    (tmp_path / "no.pem").write_text("this is no certificate\n")
    before = archive.errands()
    table, _, said = part.partition(" ")
    said_of_it = BROKEN[part].format(key=Desk("witness.test/w").witness)
    broken = configured(tmp_path, f'{table}\n{said_of_it}\nca = "no.pem"\n').audit
    with pytest.raises(HouseFault, match=said):
        archive.prepared(broken)
    assert [errand[:2] for errand in archive.errands()] == [errand[:2] for errand in before]
    await asyncio.to_thread(archive.leave)
