"""The slate: what is put there survives the process whenever it dies, and is told from what stood there before."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.audit import slate, writer
from proctor.audit.journal import Journal
from proctor.audit.record import ClockStepped, encode
from proctor.audit.segments import frame, segments
from proctor.errors import HouseFault
from tests.unit.audit.test_journal import BEAT, kinds, records, until

RECORDS = [b'{"v":1,"shard":"w0","seq":%d,"n":"%b"}' % (n, b"x" * (53 * n % 700)) for n in range(40)]
FRAMES = [frame(record) for record in RECORDS]
LARGE = encode(ClockStepped(id="c" * slate.SIZE, by_us=1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal" / "w0"


@pytest.fixture
def syncers():
    return []


@pytest.fixture
def opened(folder, clock, hand_syncer, syncers, monkeypatch):
    """A journal with a slate, on whatever file system the tests are, whose disk is moved by hand."""
    monkeypatch.setattr(slate, "writes_in_place", lambda _: True)

    def make(**more):
        def syncer():
            syncers.append(hand_syncer())
            return syncers[-1]

        return Journal.open(folder, "w0", clock=clock, syncer=syncer, **{"with_slate": True, **more})

    return make


def died(journal: Journal) -> None:
    """Let go of what a process holds, as the kernel does when it is killed: nothing is written any more."""
    os.close(journal._lock)
    journal._lock = -1
    os.close(journal._segments._file)


async def test_on_a_slate_a_record_leaves_at_once_and_is_written_later(opened, folder):
    journal, left = opened(), []
    journal.append(BEAT)
    journal.append_then(BEAT, left.append)
    assert (left, kinds(folder)) == ([None], ["journal.opened", "heartbeat"])
    journal._soon.cancel()
    journal._sync_now()  # what the clock does within 10 ms
    assert kinds(folder) == ["journal.opened", "heartbeat", "heartbeat"]


async def test_where_nothing_was_written_lately_a_record_leaves_when_it_is_written(opened, folder):
    """So a disk that takes nothing any more is noticed by whoever comes after 10 ms."""
    journal, left = opened(), []
    journal._soon.cancel()
    journal._sync_now()  # what the clock does 10 ms after the last was written
    journal.append_then(BEAT, left.append)
    assert (left, kinds(folder)) == ([], ["journal.opened"])
    await until(lambda: left)
    assert kinds(folder) == ["journal.opened", "heartbeat"]


async def test_what_stood_on_the_slate_of_a_process_that_died_is_in_the_journal_of_the_next(opened, folder):
    journal, left = opened(), []
    journal.append(BEAT)
    for _ in range(5):
        journal.append_then(BEAT, left.append)
    journal.append_later(BEAT)
    before = journal.position
    died(journal)
    assert kinds(folder) == ["journal.opened", "heartbeat"], "nothing of it was written"
    with opened() as again:
        assert again.position == before + 1
    assert kinds(folder) == ["journal.opened", *["heartbeat"] * 7, "journal.opened"]
    assert [record["seq"] for record in records(folder)] == list(range(before + 2))
    assert (records(folder)[-1].get("cut", 0), len(left)) == (0, 5)


async def test_what_was_written_is_not_taken_from_the_slate_again(opened, folder):
    journal = opened()
    for _ in range(5):
        journal.append_later(BEAT)
    journal.flush()
    journal.append_later(BEAT)  # over the first of the five: four of them still stand behind it
    died(journal)
    opened().__exit__(None, None, None)
    assert [record["seq"] for record in records(folder)] == list(range(8))


async def test_who_dies_between_writing_and_turning_to_a_clean_page_doubles_nothing(opened, folder):
    journal = opened()
    for _ in range(5):
        journal.append_later(BEAT)
    journal.flush()
    died(journal)
    opened().__exit__(None, None, None)
    assert [record["seq"] for record in records(folder)] == list(range(7))


def test_what_the_disk_has_of_the_slate_and_not_of_what_comes_before_is_cut_and_told(opened, folder):
    opened().__exit__(None, None, None)
    (folder / slate.NAME).write_bytes(b"".join(FRAMES[5:9]))
    opened().__exit__(None, None, None)
    assert records(folder)[-1]["cut"] == sum(map(len, FRAMES[5:9]))
    assert [record["seq"] for record in records(folder)] == [0, 1]


@settings(max_examples=200, deadline=None)
@given(
    first=st.integers(0, 20),
    count=st.integers(0, 19),
    older=st.integers(0, 20),
    cut=st.integers(0, 900),
    logged=st.integers(0, 30),
)
def test_of_a_slate_torn_anywhere_whatever_was_whole_is_found(tmp_path_factory, first, count, older, cut, logged):
    """What is on the slate was put there from the top, over older bytes, and its last frame is cut short."""
    folder = tmp_path_factory.mktemp("w0")
    whole = FRAMES[first : first + count]
    torn = FRAMES[first + count][: min(cut, len(FRAMES[first + count]) - 1)]
    new, before = b"".join(whole) + torn, b"".join(FRAMES[min(older, first) : first])
    (folder / slate.NAME).write_bytes(new + before[len(new) :])
    frames, found, lost = slate.left_on(folder, logged)
    wanted = [FRAMES[n] for n in range(first, first + count) if n >= logged]
    follows = not whole or first <= logged
    if whole:
        assert (frames, found) == ((b"".join(wanted), len(wanted)) if follows else (b"", 0))
        assert lost == (0 if follows else len(b"".join(whole)))


async def test_a_record_larger_than_the_slate_waits_until_it_is_written_and_so_does_what_comes_behind(opened, folder):
    journal, left = opened(), []
    journal.append(BEAT)
    journal.append_then(BEAT, left.append)
    journal.append_then(LARGE, left.append)
    assert left == [None, None], "it is too much to hold back, so it was written at once"
    assert kinds(folder) == ["journal.opened", "heartbeat", "heartbeat", "clock.stepped"]
    journal.append_then(BEAT, left.append)
    died(journal)
    opened().__exit__(None, None, None)
    assert kinds(folder)[3:] == ["clock.stepped", "heartbeat", "journal.opened"]


async def test_what_stands_beside_the_slate_leaves_with_its_round(opened, folder, monkeypatch):
    monkeypatch.setattr(slate, "SIZE", 700)
    journal, left = opened(), []
    journal.append(BEAT)
    for _ in range(5):
        journal.append_then(BEAT, left.append)
    assert 0 < len(left) < 5
    assert kinds(folder) == ["journal.opened", "heartbeat"]
    await until(lambda: len(left) == 5)
    assert kinds(folder) == ["journal.opened", *["heartbeat"] * 6]
    left.clear()
    journal.append(BEAT)
    journal.append_then(BEAT, left.append)
    assert left == [None], "the next page is on the slate again"


async def test_what_has_left_is_written_again_after_a_fault_or_by_the_next_process(opened, folder, monkeypatch):
    journal, left = opened(), []
    write_all = writer.write_all

    def full(*_):
        raise OSError(28, "No space left on device")

    journal.append(BEAT)
    journal.append_then(BEAT, left.append)
    monkeypatch.setattr(writer, "write_all", full)
    with pytest.raises(HouseFault, match="No space left"):
        journal.append(BEAT)
    with pytest.raises(HouseFault, match="No space left"):
        journal.append_then(BEAT, left.append)
    assert not await journal.try_recover()
    died(journal)
    monkeypatch.setattr(writer, "write_all", write_all)
    again = opened()
    assert kinds(folder)[1:] == ["heartbeat", "heartbeat", "journal.opened"], "what was refused is not there"
    assert left == [None]
    again.append(BEAT)
    again.append_then(BEAT, left.append)
    assert left == [None, None]
    monkeypatch.setattr(writer, "write_all", full)
    with pytest.raises(HouseFault):
        again.flush()
    monkeypatch.setattr(writer, "write_all", write_all)
    recovering = asyncio.ensure_future(again.try_recover())
    await until(lambda: kinds(folder)[-1] == "journal.fault")
    died(again)
    recovering.cancel()
    opened().__exit__(None, None, None)
    assert [record["seq"] for record in records(folder)] == list(range(8))
    assert kinds(folder)[3:] == ["journal.opened", "heartbeat", "heartbeat", "journal.fault", "journal.opened"]


def test_a_journal_that_is_closed_leaves_no_slate(opened, folder):
    with opened() as journal:
        journal.append_later(BEAT)
        assert (folder / slate.NAME).stat().st_mode & 0o777 == 0o600
        assert (folder / slate.NAME).stat().st_size == slate.SIZE
    assert sorted(path.name for path in folder.iterdir()) == ["0000000001.seg", "lock"]


async def test_without_room_for_a_slate_every_round_is_written(opened, folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(slate, "write_all", full)
    journal, left = opened(), []
    assert not (folder / slate.NAME).exists()
    journal.append_then(BEAT, left.append)
    assert left == []
    await until(lambda: left)
    assert kinds(folder) == ["journal.opened", "heartbeat"]


def test_a_process_that_wants_no_slate_takes_over_what_stands_on_one(opened, folder):
    journal = opened()
    journal._page.put(BEAT)
    died(journal)
    assert slate.abandoned(folder.parent, {"w1"}) == [folder]
    assert slate.abandoned(folder.parent, {"w0"}) == []
    opened(with_slate=False).__exit__(None, None, None)
    assert kinds(folder) == ["journal.opened", "heartbeat", "journal.opened"]
    assert slate.abandoned(folder.parent, set()) == []
    assert len(segments(folder)) == 2


@pytest.mark.parametrize(
    ("kind", "is_fit"),
    [("ext4", True), ("xfs", True), ("tmpfs", True), ("btrfs", False), ("zfs", False), ("overlay", False)],
)
def test_only_file_systems_that_write_in_place_get_a_slate(tmp_path, kind, is_fit):
    device = tmp_path.stat().st_dev
    mounts = tmp_path / "mountinfo"
    ours = f"{os.major(device)}:{os.minor(device)}"
    mounts.write_text(
        f"22 1 0:0 / /proc rw shared:1 - proc proc rw\n40 1 {ours} / {tmp_path} rw,noatime shared:2 - {kind} /dev/x rw\n"
    )
    assert slate.writes_in_place(tmp_path, mounts) == is_fit


def test_where_nobody_tells_what_file_system_it_is_there_is_no_slate(tmp_path):
    (tmp_path / "mountinfo").write_text("22 1 0:0 / /proc rw shared:1 - proc proc rw\n")
    assert not slate.writes_in_place(tmp_path, tmp_path / "mountinfo")
    assert not slate.writes_in_place(tmp_path, tmp_path / "nothing")
