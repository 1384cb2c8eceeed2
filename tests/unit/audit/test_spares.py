"""Segments that were filled with zeros ahead of need: what is not written yet is told from what is cut, torn or changed."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.audit import segments as reading
from proctor.audit import writer
from proctor.audit.healing import heal
from proctor.audit.integrator import Integrator
from proctor.audit.journal import Journal
from proctor.audit.record import Heartbeat, OperatorCall, encode
from proctor.audit.segments import FRAME, HEADER, MAGIC, Damage, Frame, Reader, frame, read, segments
from proctor.audit.sync import ProcessSyncer, ThreadSyncer
from proctor.audit.verify import verify
from tests.unit.audit.test_journal import BEAT, kinds, records, until
from tests.unit.audit.test_runs import run_through

SIZE = 40_000
SECTOR = 512
RECORDS = [b'{"v":1,"n":%d,"x":"%b"}' % (n, b"x" * (37 * n % 1900)) for n in range(12)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal" / "w0"


@pytest.fixture
def syncers():
    return []


@pytest.fixture
def opened(folder, clock, hand_syncer, syncers, monkeypatch):
    """A journal whose disk is moved by hand, and that wants a spare as soon as somebody waits."""
    monkeypatch.setattr(writer, "WAITS", 1)

    def make(**more):
        def syncer():
            syncers.append(hand_syncer())
            return syncers[-1]

        return Journal.open(folder, "w0", clock=clock, syncer=syncer, **{"max_segment": SIZE, **more})

    return make


async def wait_for_the_disk(journal, syncers) -> None:
    waiting = asyncio.ensure_future(journal.synced(journal.append(BEAT)))
    await until(lambda: syncers and syncers[-1].asked and syncers[-1].asked[-1] == journal.position)
    syncers[-1].answer()
    await waiting


async def with_a_spare(journal, syncers) -> None:
    """Let the journal have a spare, and one record in it."""
    await wait_for_the_disk(journal, syncers)
    syncers[-1].give_spare()
    await until(lambda: journal._segments._spare.ready)
    await wait_for_the_disk(journal, syncers)


def size_of(path: Path) -> tuple[int, int]:
    return len(path.read_bytes().rstrip(b"\0")), path.stat().st_size


async def test_who_waits_for_the_disk_is_soon_written_into_a_segment_that_was_prepared(opened, syncers, folder):
    journal = opened()
    await with_a_spare(journal, syncers)
    last = segments(folder)[-1]
    written, size = size_of(last)
    assert (last.name, size) == ("0000000002.seg", SIZE)
    assert written < 1000
    assert kinds(folder) == ["journal.opened", "heartbeat", "heartbeat"]
    assert not (folder / "spare").exists()
    await journal.close()
    assert size_of(last) == (written, written)


def test_a_journal_whose_disk_nobody_waits_for_prepares_nothing(opened, folder):
    with opened() as journal:
        for _ in range(300):
            journal.append_later(BEAT)
        assert not (folder / "spare").exists()


async def test_the_next_is_prepared_when_half_of_the_one_before_is_full(opened, syncers, folder):
    journal = opened()
    await with_a_spare(journal, syncers)
    syncers[-1].wanted = None
    while journal._segments._size < SIZE // 2:
        assert syncers[-1].wanted is None
        await wait_for_the_disk(journal, syncers)
    await wait_for_the_disk(journal, syncers)
    assert syncers[-1].wanted[1] == SIZE
    syncers[-1].give_spare()
    await until(lambda: journal._segments._spare.ready)
    while len(segments(folder)) < 3:
        await wait_for_the_disk(journal, syncers)
    assert segments(folder)[-1].stat().st_size == SIZE
    assert [record["seq"] for record in records(folder)] == list(range(journal.position + 1))


async def test_a_journal_goes_on_without_the_spare_that_it_does_not_get(opened, syncers, folder):
    journal = opened()
    await wait_for_the_disk(journal, syncers)
    syncers[-1].give_spare(ready=False)
    await wait_for_the_disk(journal, syncers)
    assert len(segments(folder)) == 1
    await journal.close()
    assert sorted(path.name for path in folder.iterdir()) == ["0000000001.seg", "lock"]


async def test_a_disk_with_little_room_is_left_what_it_has(opened, syncers, folder, monkeypatch):
    monkeypatch.setattr(writer, "ROOM", 1 << 50)
    journal = opened()
    await wait_for_the_disk(journal, syncers)
    assert syncers[-1].wanted is None
    assert not (folder / "spare").exists()


async def test_after_a_fault_the_spare_is_given_up_and_the_new_segment_is_no_spare(opened, syncers, folder):
    journal = opened()
    await wait_for_the_disk(journal, syncers)
    assert (folder / "spare").exists()
    lost = asyncio.ensure_future(journal.synced(journal.append(BEAT)))
    await until(lambda: syncers[-1].asked[-1] == journal.position)
    syncers[-1].fail()
    await asyncio.gather(lost, return_exceptions=True)
    assert not (folder / "spare").exists()
    recovering = asyncio.ensure_future(journal.try_recover())
    await until(lambda: len(syncers) == 2 and syncers[1].asked)
    syncers[1].answer()
    assert await recovering
    assert segments(folder)[-1].stat().st_size < SIZE
    assert [record["seq"] for record in records(folder)] == list(range(journal.position + 1))


async def test_what_was_killed_in_a_prepared_segment_goes_on_behind_it_and_nothing_was_cut(opened, syncers, folder):
    journal = opened()
    await with_a_spare(journal, syncers)
    before = records(folder)
    os.close(journal._lock)  # as a kill would
    journal._lock = -1
    opened()
    assert records(folder)[:-1] == before
    assert {name: records(folder)[-1].get(name) for name in ("kind", "seq", "cut", "healed", "damaged")} == {
        "kind": "journal.opened",
        "seq": len(before),
        "cut": None,
        "healed": None,
        "damaged": None,
    }
    assert all(written == size for written, size in map(size_of, segments(folder)))


@pytest.mark.parametrize("syncer", [ProcessSyncer, ThreadSyncer])
async def test_real_disks_take_many_prepared_segments_and_readers_follow(folder, monkeypatch, syncer, tmp_path):
    monkeypatch.setattr(writer, "WAITS", 1)
    journal = Journal.open(folder, "w0", clock=time, syncer=syncer, max_segment=6000)
    reader, seen = Reader(folder), []
    while int(segments(folder)[-1].stem) < 12:
        await journal.synced(journal.append(BEAT))
        seen += run_through(reader)
    await journal.close()
    seen += run_through(reader)
    assert [json.loads(record)["seq"] for record in seen] == list(range(journal.position + 1))
    assert not any(isinstance(found, Damage) for found in read(folder))
    assert all(written == size for written, size in map(size_of, segments(folder)))
    assert sorted({path.suffix for path in folder.iterdir()}) == ["", ".seg"]
    integrator = Integrator.open(folder.parent, tmp_path / "log", keys=tmp_path / "keys", origin="proctor.test")
    done = integrator.integrate()
    integrator.close()
    assert (done.troubles, done.sizes) == ({}, {"w0": journal.position + 1})
    assert verify(tmp_path / "log", folder.parent).problems == ()


# -- what is read


def laid(folder: Path, *parts: bytes, name: str = "0000000001.seg", first: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(HEADER.pack(MAGIC, first) + b"".join(parts))
    return path


def test_zeros_behind_the_last_record_are_nothing_and_a_reader_goes_on_when_they_are_written_over(folder):
    path = laid(folder, frame(RECORDS[0]), bytes(900_000))
    reader = Reader(folder)
    assert run_through(reader) == RECORDS[:1]
    assert list(Reader(folder)) == [Frame(0, RECORDS[0], HEADER.size)]
    with path.open("r+b") as file:
        file.seek(HEADER.size + FRAME.size + len(RECORDS[0]))
        file.write(frame(RECORDS[1]))
    assert run_through(reader) == RECORDS[1:2]


def test_a_run_goes_from_a_segment_that_ends_in_zeros_into_the_next(folder):
    laid(folder, frame(RECORDS[0]), bytes(70_000))
    laid(folder, frame(RECORDS[1]), bytes(70_000), name="0000000002.seg", first=1)
    reader = Reader(folder)
    assert [reader.run(9), reader.run(9)] == [RECORDS[:1], RECORDS[1:2]]


def test_a_segment_that_is_all_zeros_was_never_begun(folder):
    laid(folder, frame(RECORDS[0]))
    (folder / "0000000002.seg").write_bytes(bytes(4096))
    found = list(Reader(folder))
    assert [(type(one), one.seq) for one in found] == [(Frame, 0), (Damage, -1)]
    assert (found[1].torn, found[1].rest) == (True, 0)
    healed = heal(folder)
    assert (healed.following, healed.cut, healed.damaged) == (1, 0, False)


def test_zeros_in_the_midst_are_a_damage_that_is_named(folder):
    """Whoever blanks a record out does not make the log stand still: what comes behind it gives that away."""
    laid(folder, frame(RECORDS[0]), bytes(FRAME.size + len(RECORDS[1])), frame(RECORDS[2]), bytes(5000))
    found = list(Reader(folder))
    assert [(type(one), one.seq) for one in found] == [(Frame, 0), (Damage, 1)]
    assert (found[1].torn, found[1].blank) == (False, True)


def test_a_reader_that_overtakes_the_writer_looks_again(folder, monkeypatch):
    """It may read one page before the writer fills it, and the next one after."""
    path = laid(folder, *map(frame, RECORDS[:4]), bytes(5000))
    whole = reading.written
    early = [bytearray(path.read_bytes()[HEADER.size :].rstrip(b"\0"))]
    second = FRAME.size + len(RECORDS[0])
    early[0][second : second + 30] = bytes(30)

    def racing(path: Path, offset: int = 0, most: int | None = None) -> bytes:
        return bytes(early.pop()) if early and most is None else whole(path, offset, most)

    monkeypatch.setattr(reading, "written", racing)
    assert [found.record for found in reading.scan(path)] == RECORDS[:4]
    assert early == []


# -- what the power leaves


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_sectors_the_disk_has_not_written_all_that_was_synced_is_there_and_the_rest_is_cut(
    data, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("shard")
    whole = HEADER.pack(MAGIC, 0) + b"".join(map(frame, RECORDS))
    ends = [HEADER.size]
    for record in RECORDS:
        ends.append(ends[-1] + FRAME.size + len(record))
    synced = data.draw(st.integers(0, len(RECORDS)), label="synced")
    left = bytearray(whole + bytes(3000))
    for start in range(0, len(whole), SECTOR):
        if data.draw(st.booleans(), label=f"lost {start}"):
            left[max(start, ends[synced]) : start + SECTOR] = bytes(
                len(left[max(start, ends[synced]) : start + SECTOR])
            )
    laid(folder)
    (folder / "0000000001.seg").write_bytes(left)
    sound = sum(1 for n in range(len(RECORDS)) if left[: ends[n + 1]] == whole[: ends[n + 1]])
    found = heal(folder)
    assert (found.following, found.damaged) == (sound, False)
    assert sound >= synced
    assert [one.record for one in Reader(folder)] == RECORDS[:sound]
    assert (folder / "0000000001.seg").stat().st_size == ends[sound]


def test_what_the_log_has_was_on_disk_so_a_hole_in_it_is_evidence(folder):
    path = laid(folder, frame(RECORDS[0]), bytes(FRAME.size + len(RECORDS[1])), frame(RECORDS[2]))
    before = path.read_bytes()
    found = heal(folder, logged=3)
    assert (found.damaged, found.cut) == (True, 0)
    assert path.read_bytes() == before
    assert heal(folder, logged=1).cut > 0
    assert [one.record for one in Reader(folder)] == RECORDS[:1]


def test_a_changed_byte_in_what_the_log_lacks_is_evidence_too(folder):
    path = laid(folder, *map(frame, RECORDS[:3]), bytes(4000))
    data = bytearray(path.read_bytes())
    data[HEADER.size + FRAME.size + 3] = 0
    path.write_bytes(data)
    found = heal(folder)
    assert (found.damaged, found.cut, found.following) == (True, 0, 3)


def test_a_segment_that_has_no_name_yet_gets_it_when_nothing_before_it_is_missing(folder):
    laid(folder, *map(frame, RECORDS[:3]), bytes(100))
    laid(folder, *map(frame, RECORDS[3:5]), bytes(100), name="0000000002.next", first=3)
    found = heal(folder)
    assert (found.segment, found.following, found.cut) == (2, 5, 0)
    assert [path.name for path in segments(folder)] == ["0000000001.seg", "0000000002.seg"]
    assert [one.record for one in Reader(folder)] == RECORDS[:5]


def test_a_segment_that_has_no_name_yet_goes_when_what_came_before_it_never_reached_the_disk(folder):
    laid(folder, *map(frame, RECORDS[:2]), bytes(100))
    lost = laid(folder, *map(frame, RECORDS[3:5]), bytes(100), name="0000000002.next", first=3)
    cut = len(lost.read_bytes().rstrip(b"\0"))
    found = heal(folder)
    assert (found.segment, found.following, found.cut) == (2, 2, cut)
    assert [path.name for path in folder.iterdir()] == ["0000000001.seg"]


def test_a_segment_without_a_name_that_a_recovery_has_repeated_goes(folder):
    laid(folder, *map(frame, RECORDS[:2]))
    laid(folder, *map(frame, RECORDS[2:3]), name="0000000002.next", first=2)
    laid(folder, *map(frame, RECORDS[2:4]), name="0000000003.seg", first=2)
    found = heal(folder)
    assert (found.segment, found.following, found.cut) == (3, 4, 0)
    assert sorted(path.name for path in folder.iterdir()) == ["0000000001.seg", "0000000003.seg"]


def test_a_segment_without_a_name_behind_damage_is_kept_with_the_evidence(folder):
    path = laid(folder, *map(frame, RECORDS[:3]))
    laid(folder, *map(frame, RECORDS[3:5]), name="0000000002.next", first=3)
    data = bytearray(path.read_bytes())
    data[HEADER.size + FRAME.size + 3] ^= 1
    path.write_bytes(data)
    heal(folder)
    assert [path.name for path in segments(folder)] == ["0000000001.seg", "0000000002.seg"]
    first = next(iter(Reader(folder)))
    assert (type(first), first.seq) == (Damage, 0)


def test_a_spare_that_a_crash_has_left_is_removed(opened, folder):
    folder.mkdir(parents=True)
    (folder / "spare").write_bytes(bytes(100))
    opened()
    assert not (folder / "spare").exists()


def test_a_record_larger_than_a_prepared_segment_is_written_all_the_same(folder):
    record = encode(OperatorCall(id="o", action="export", details={"of": "x" * 70_000}))
    with Journal.open(folder, "w0", clock=time, max_segment=1000) as journal:
        journal.append(record)
        journal.append(encode(Heartbeat(id="h", interval_s=60)))
    assert kinds(folder) == ["journal.opened", "operator.call", "heartbeat"]
