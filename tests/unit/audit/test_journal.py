"""The journal keeps every record it has taken, in order, and says when it cannot."""

from __future__ import annotations

import asyncio
import json
import os
import stat

import pytest

from proctor.audit import journal as module
from proctor.audit import writer
from proctor.audit.journal import Journal
from proctor.audit.record import Heartbeat, encode
from proctor.audit.segments import HEADER, Damage, Frame, Reader, read, segments
from proctor.audit.sync import ProcessSyncer, ThreadSyncer
from proctor.errors import HouseFault

BEAT = encode(Heartbeat(id="h", interval_s=60))


def records(folder) -> list[dict]:
    return [json.loads(found.record) for found in read(folder) if isinstance(found, Frame)]


def kinds(folder) -> list[str]:
    return [record["kind"] for record in records(folder)]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "journal" / "w0"


@pytest.fixture
def syncers():
    return []


@pytest.fixture
def opened(folder, clock, hand_syncer, syncers):
    """A journal whose disk is moved by hand."""

    def make(**more):
        def syncer():
            syncers.append(hand_syncer())
            return syncers[-1]

        return Journal.open(folder, "w0", clock=clock, syncer=syncer, **more)

    return make


async def until(condition) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came true")


def test_records_are_numbered_without_gaps_from_nought(opened, folder):
    with opened() as journal:
        positions = [journal.append(BEAT) for _ in range(3)]
    assert positions == [1, 2, 3]
    assert [record["seq"] for record in records(folder)] == [0, 1, 2, 3]


async def test_what_was_written_during_a_sync_is_synced_behind_it_though_nobody_waits(opened, syncers, monkeypatch):
    monkeypatch.setattr(module, "SOON", 0.0)
    journal = opened()
    waiting = asyncio.ensure_future(journal.synced(journal.append(BEAT)))
    await until(lambda: syncers and syncers[0].asked == [1])
    journal.append(BEAT)
    await until(lambda: journal._soon is None)
    syncers[0].answer()
    await waiting
    await until(lambda: syncers[0].asked == [1, 2])
    syncers[0].answer()
    await until(lambda: journal.unsynced == 0)
    await journal.close()


def test_the_head_of_a_record_has_a_fixed_order(opened, folder):
    with opened() as journal:
        journal.append(BEAT)
    last = list(read(folder))[-1].record
    assert last == (
        b'{"v":1,"shard":"w0","seq":1,"time":"2027-01-15T08:00:00.002000Z","monotonic_ns":5002000000,'
        b'"kind":"heartbeat","id":"h","interval_s":60}'
    )


def test_a_record_is_in_the_file_when_append_returns(opened, folder):
    """A crash of the process right after must not lose it."""
    journal = opened()
    journal.append(BEAT)
    assert kinds(folder) == ["journal.opened", "heartbeat"]


async def test_a_record_for_later_is_written_with_the_next_one_and_keeps_its_place(opened, folder):
    journal = opened()
    journal.append_later(encode(Heartbeat(id="first", interval_s=1)))
    assert kinds(folder) == ["journal.opened"]
    journal.append(encode(Heartbeat(id="second", interval_s=1)))
    assert [record["id"] for record in records(folder)][1:] == ["first", "second"]


async def test_a_record_that_nobody_waits_for_is_synced_all_the_same(opened, syncers, monkeypatch):
    monkeypatch.setattr(module, "SOON", 0.0)
    journal = opened()
    position = journal.append_later(BEAT)
    await until(lambda: syncers and syncers[0].asked == [position])
    syncers[0].answer()
    await until(lambda: journal.unsynced == 0)


def test_without_an_event_loop_a_record_for_later_is_written_at_once(opened, folder):
    journal = opened()
    journal.append_later(BEAT)
    assert kinds(folder) == ["journal.opened", "heartbeat"]


async def test_all_who_wait_share_one_sync_and_those_who_come_later_the_next(opened, syncers):
    journal = opened()
    first = [asyncio.ensure_future(journal.synced(journal.append(BEAT))) for _ in range(3)]
    await until(lambda: syncers and syncers[0].asked)
    later = [asyncio.ensure_future(journal.synced(journal.append(BEAT))) for _ in range(4)]
    await asyncio.sleep(0)
    assert len(syncers[0].asked) == 1
    syncers[0].answer()
    await until(lambda: len(syncers[0].asked) == 2)
    assert not any(task.done() for task in later)
    syncers[0].answer()
    await asyncio.gather(*first, *later)
    assert syncers[0].asked == [3, 7]


async def test_a_sync_vouches_only_for_what_is_written(opened, syncers, folder):
    """A record held back is in no file yet: the next sync must not count it as on disk."""
    journal = opened()
    first = asyncio.ensure_future(journal.synced(journal.append(BEAT)))
    await until(lambda: syncers and syncers[0].asked == [1])
    second = asyncio.ensure_future(journal.synced(journal.append(BEAT)))
    await asyncio.sleep(0)
    held_back = journal.append_later(BEAT)
    syncers[0].answer()
    await first
    await until(lambda: len(syncers[0].asked) == 2)
    assert syncers[0].asked == [1, 2]
    third = asyncio.ensure_future(journal.synced(held_back))
    syncers[0].answer()
    await second
    assert not third.done()
    await until(lambda: syncers[0].asked == [1, 2, 3])
    assert [record["seq"] for record in records(folder)] == [0, 1, 2, 3]
    syncers[0].answer()
    await third


async def test_a_syncer_that_cannot_be_started_fails_the_journal(folder, clock):
    def none_to_be_had():
        raise OSError(11, "Resource temporarily unavailable")

    journal = Journal.open(folder, "w0", clock=clock, syncer=none_to_be_had)
    with pytest.raises(HouseFault, match="cannot be started"):
        await journal.synced(journal.append(BEAT))
    assert not await journal.try_recover()
    assert journal.failed is not None


async def test_a_syncer_that_cannot_be_started_for_the_tick_fails_the_journal_too(folder, clock, monkeypatch):
    monkeypatch.setattr(module, "SOON", 0.0)

    def none_to_be_had():
        raise OSError(11, "Resource temporarily unavailable")

    journal = Journal.open(folder, "w0", clock=clock, syncer=none_to_be_had)
    journal.append(BEAT)
    await until(lambda: journal.failed is not None)


def test_a_journal_that_cannot_be_opened_says_so_and_lets_go(tmp_path, clock):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HouseFault, match="cannot be opened"):
        Journal.open(tmp_path / "file", "w0", clock=clock)
    (tmp_path / "w0" / "0000000001.seg").mkdir(parents=True)
    with pytest.raises(HouseFault, match="cannot be opened"):
        Journal.open(tmp_path / "w0", "w0", clock=clock)
    (tmp_path / "w0" / "0000000001.seg").rmdir()
    with Journal.open(tmp_path / "w0", "w0", clock=clock) as journal:
        assert journal.append(BEAT) == 1


async def test_much_for_later_is_written_before_it_is_too_much(opened, folder, monkeypatch):
    monkeypatch.setattr(module, "MAX_LATER", 500)
    journal = opened()
    for _ in range(20):
        journal.append_later(BEAT)
    assert len(records(folder)) > 15
    journal.flush()
    assert len(records(folder)) == 21


async def test_what_was_too_much_to_hold_back_is_synced_as_soon_as_any(opened, syncers, monkeypatch):
    monkeypatch.setattr(module, "MAX_LATER", 10)
    monkeypatch.setattr(module, "SOON", 0.0)
    journal = opened()
    journal.append_later(BEAT)
    await until(lambda: syncers and syncers[0].asked == [1])


async def test_a_waiter_who_gives_up_takes_nobody_along(opened, syncers):
    journal = opened()
    position = journal.append(BEAT)
    leaver, stayer = (asyncio.ensure_future(journal.synced(position)) for _ in range(2))
    await until(lambda: syncers and syncers[0].asked)
    leaver.cancel()
    syncers[0].answer()
    await stayer
    assert leaver.cancelled()


async def test_what_is_on_disk_is_not_waited_for(opened, syncers):
    journal = opened()
    await journal.synced(0)
    assert syncers == []


async def test_nobody_waits_for_a_record_that_does_not_exist(opened):
    journal = opened()
    with pytest.raises(ValueError, match="no record"):
        await journal.synced(99)


async def test_a_failed_sync_fails_all_who_wait_and_everybody_after(opened, syncers):
    journal = opened()
    waiting = [asyncio.ensure_future(journal.synced(journal.append(BEAT))) for _ in range(2)]
    await until(lambda: syncers and syncers[0].asked)
    syncers[0].fail()
    for task in waiting:
        with pytest.raises(HouseFault, match="the disk is gone"):
            await task
    with pytest.raises(HouseFault, match="the disk is gone"):
        journal.append(BEAT)
    with pytest.raises(HouseFault):
        await journal.synced(journal.position)
    assert isinstance(journal.failed, HouseFault)


async def test_what_is_taken_in_one_round_of_the_loop_is_written_at_once_and_then_let_go(opened, folder):
    journal = opened()
    left = []
    for _ in range(3):
        journal.append_then(BEAT, left.append)
    assert (left, kinds(folder)) == ([], ["journal.opened"])
    await until(lambda: left)
    assert left == [None] * 3
    assert kinds(folder) == ["journal.opened"] + ["heartbeat"] * 3


async def test_somebody_in_a_hurry_can_end_the_round(opened, folder):
    journal = opened()
    left = []
    journal.append_then(BEAT, left.append)
    journal.let_go()
    assert (left, kinds(folder)[1:]) == ([None], ["heartbeat"])
    await asyncio.sleep(0)
    assert left == [None]


async def test_what_could_not_be_written_is_not_let_go_but_told(opened, syncers, monkeypatch):
    journal = opened()
    left = []
    journal.append_then(BEAT, left.append)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer, "write_all", full)
    await until(lambda: left)
    assert isinstance(left[0], HouseFault)
    with pytest.raises(HouseFault, match="No space left"):
        journal.append_then(BEAT, left.append)


async def test_one_that_breaks_when_it_is_let_go_does_not_hold_up_the_others(opened):
    journal = opened()
    told, left = [], []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    journal.append_then(BEAT, lambda _: left[0])
    journal.append_then(BEAT, left.append)
    await until(lambda: left)
    assert (left, [type(broken) for broken in told]) == ([None], [IndexError])


def test_without_an_event_loop_it_is_let_go_at_once(opened, folder):
    with opened() as journal:
        left = []
        journal.append_then(BEAT, left.append)
        assert (left, kinds(folder)[1:]) == ([None], ["heartbeat"])


async def test_what_must_be_durable_leaves_when_it_is_on_disk_and_who_comes_meanwhile_shares_the_next(opened, syncers):
    journal = opened()
    left = []
    journal.append_then(BEAT, lambda _: left.append("first"), durable=True)
    await until(lambda: syncers and syncers[0].asked == [1])
    for name in ("second", "third"):
        journal.append_then(BEAT, lambda _, name=name: left.append(name), durable=True)
    assert left == []
    syncers[0].answer()
    await until(lambda: left == ["first"] and syncers[0].asked[-1] == 3)
    syncers[0].answer()
    await until(lambda: left == ["first", "second", "third"])


async def test_a_sync_that_fails_is_told_to_all_who_wait_and_after_the_recovery_others_leave(opened, syncers):
    journal = opened()
    left = []
    for _ in range(3):
        journal.append_then(BEAT, left.append, durable=True)
    await until(lambda: syncers and syncers[0].asked)
    journal.append_then(BEAT, left.append, durable=True)
    syncers[0].fail()
    await until(lambda: len(left) == 4)
    assert all(isinstance(fault, HouseFault) for fault in left)
    with pytest.raises(HouseFault):
        journal.append_then(BEAT, left.append, durable=True)
    recovering = asyncio.ensure_future(journal.try_recover())
    await until(lambda: len(syncers) == 2 and syncers[1].asked)
    syncers[1].answer()
    assert await recovering
    left.clear()
    journal.append_then(BEAT, left.append, durable=True)
    await until(lambda: syncers[1].asked[-1] == journal.position)
    syncers[1].answer()
    await until(lambda: left == [None])


async def test_one_that_breaks_when_the_disk_has_answered_does_not_hold_up_the_others(opened, syncers):
    journal = opened()
    told, left = [], []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    journal.append_then(BEAT, lambda _: left[0], durable=True)
    journal.append_then(BEAT, left.append, durable=True)
    await until(lambda: syncers and syncers[0].asked)
    syncers[0].answer()
    await until(lambda: left)
    assert (left, [type(broken) for broken in told]) == ([None], [IndexError])


def test_without_an_event_loop_what_must_be_durable_is_synced_in_place(opened, folder):
    with opened() as journal:
        left = []
        journal.append_then(BEAT, left.append, durable=True)
        assert (left, kinds(folder)[1:], journal.unsynced) == ([None], ["heartbeat"], 0)


async def test_after_a_fault_a_new_segment_repeats_what_was_not_on_disk_and_says_so(opened, syncers, folder):
    journal = opened()
    lost = asyncio.ensure_future(journal.synced(journal.append(BEAT)))
    await until(lambda: syncers and syncers[0].asked)
    syncers[0].fail()
    with pytest.raises(HouseFault):
        await lost
    recovery = asyncio.ensure_future(journal.try_recover())
    await until(lambda: len(syncers) == 2 and syncers[1].asked)
    with pytest.raises(HouseFault):
        journal.append(BEAT)  # not before the disk has answered
    syncers[1].answer()
    assert await recovery
    journal.append(BEAT)
    assert len(segments(folder)) == 2
    assert kinds(folder) == ["journal.opened", "heartbeat", "journal.fault", "heartbeat"]
    fault = records(folder)[2]
    assert (fault["what"], fault["rewritten"], fault["segment"]) == ("the disk is gone", 1, 2)
    segments(folder)[0].unlink()  # whatever the first segment lost, the second has
    assert kinds(folder) == ["heartbeat", "journal.fault", "heartbeat"]


async def test_a_recovery_that_fails_leaves_nothing_behind_and_can_be_tried_again(opened, syncers, folder):
    journal = opened()
    lost = asyncio.ensure_future(journal.synced(journal.append(BEAT)))
    await until(lambda: syncers and syncers[0].asked)
    syncers[0].fail()
    with pytest.raises(HouseFault):
        await lost
    recovery = asyncio.ensure_future(journal.try_recover())
    await until(lambda: len(syncers) == 2 and syncers[1].asked)
    syncers[1].fail("still no disk")
    assert not await recovery
    assert journal.failed is not None
    assert len(segments(folder)) == 1
    recovery = asyncio.ensure_future(journal.try_recover())
    await until(lambda: len(syncers) == 3 and syncers[2].asked)
    syncers[2].answer()
    assert await recovery
    assert [record["seq"] for record in records(folder)] == list(range(journal.position + 1))


async def test_a_disk_that_does_not_answer_has_failed(opened, syncers, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    journal = opened()
    with pytest.raises(HouseFault, match="has not answered"):
        await journal.synced(journal.append(BEAT))
    assert syncers[0].closed


async def test_a_disk_that_does_not_keep_up_stops_the_gateway_before_memory_is_full(opened, syncers, monkeypatch):
    monkeypatch.setattr(module, "MAX_UNSYNCED", 4096)
    journal = opened()
    first = asyncio.ensure_future(journal.synced(journal.append(BEAT)))
    await until(lambda: syncers)
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    with pytest.raises(HouseFault, match="does not keep up"):
        for _ in range(1000):
            journal.append(BEAT)

    with pytest.raises(HouseFault, match="does not keep up"):
        await first


def test_without_an_event_loop_the_bound_is_kept_by_waiting_for_the_disk(opened, folder, monkeypatch):
    monkeypatch.setattr(module, "MAX_UNSYNCED", 4096)
    journal = opened(max_segment=2000)
    for _ in range(200):
        journal.append_later(BEAT)
    assert 0 < journal.unsynced < 60
    assert [record["seq"] for record in records(folder)] == list(range(201))


def test_a_second_process_cannot_write_the_same_shard(opened):
    journal = opened()
    with pytest.raises(HouseFault, match="another process"):
        opened()
    assert journal.failed is None


def test_files_and_folders_are_for_their_owner_alone(opened, folder):
    opened()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_full_segment_is_followed_by_another(opened, folder):
    with opened(max_segment=1000) as journal:
        for _ in range(50):
            journal.append(BEAT)
    assert len(segments(folder)) > 5
    assert all(path.stat().st_size <= 1000 for path in segments(folder))
    assert [record["seq"] for record in records(folder)] == list(range(51))


async def test_a_new_segment_reaches_the_syncer_before_its_positions(opened, syncers):
    journal = opened(max_segment=600)
    first = asyncio.ensure_future(journal.synced(journal.append(BEAT)))
    await until(lambda: syncers and syncers[0].asked)
    adopted = syncers[0].adopted
    for _ in range(5):
        journal.append(BEAT)
    assert syncers[0].adopted > adopted
    syncers[0].answer()
    await first


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_tail_torn_anywhere_is_healed_and_the_healing_recorded(opened, folder, cut):
    with opened() as journal:
        journal.append(BEAT)
        journal.append(BEAT)
    segment = segments(folder)[-1]
    os.truncate(segment, segment.stat().st_size - cut)
    with opened() as journal:
        journal.append(BEAT)
    found = records(folder)
    assert [record["seq"] for record in found] == [0, 1, 2, 3]
    assert [record["kind"] for record in found] == ["journal.opened", "heartbeat", "journal.opened", "heartbeat"]
    assert found[2]["healed"] == 1
    assert found[2]["cut"] > 0
    assert not any(isinstance(found, Damage) for found in read(folder))


def test_a_tail_of_zeros_is_not_written_yet_and_no_run_of_empty_records(opened, folder):
    """Of a segment that was prepared, and what some file systems leave after a power cut."""
    with opened() as journal:
        journal.append(BEAT)
    before = segments(folder)[-1].read_bytes()
    with segments(folder)[-1].open("ab") as file:
        file.write(bytes(4096))
    opened()
    assert "cut" not in records(folder)[-1]
    assert [record["seq"] for record in records(folder)] == [0, 1, 2]
    assert segments(folder)[0].read_bytes() == before


def test_a_record_cut_short_before_zeros_is_torn_and_the_zeros_are_not_counted(opened, folder):
    with opened() as journal:
        journal.append(BEAT)
    segment, last = segments(folder)[-1], list(read(folder))[-1]
    os.truncate(segment, segment.stat().st_size - 5)
    os.truncate(segment, segment.stat().st_size + 300_000)
    opened()
    assert records(folder)[-1]["cut"] == len(last.record) + 8 - 5
    assert [record["seq"] for record in records(folder)] == [0, 1]


def test_damage_in_the_midst_is_evidence_and_is_not_cut_away(opened, folder):
    with opened() as journal:
        journal.append(BEAT)
        journal.append(BEAT)
    segment = segments(folder)[-1]
    data = bytearray(segment.read_bytes())
    data[HEADER.size + 60] ^= 1
    segment.write_bytes(data)
    opened()
    assert segment.read_bytes() == bytes(data)
    assert records(folder)[-1]["damaged"] is True
    assert records(folder)[-1]["seq"] == 3


def test_a_start_that_was_cut_short_leaves_a_segment_without_a_header_and_no_trouble(opened, folder):
    with opened() as journal:
        journal.append(BEAT)
    (folder / "0000000002.seg").write_bytes(b"PROC")
    with opened() as journal:
        journal.append(BEAT)
    assert [record["seq"] for record in records(folder)] == [0, 1, 2, 3]
    assert not any(isinstance(found, Damage) for found in read(folder))


def test_numbers_go_on_from_what_the_log_has_even_if_the_folder_is_gone(opened, folder):
    with opened(first=41) as journal:
        assert journal.append(BEAT) == 42


def test_numbers_go_on_from_the_integrators_mark(opened, folder):
    with opened() as journal:
        journal.append(BEAT)
    (folder / "integrated").write_text("10")
    with opened() as journal:
        assert journal.append(BEAT) == 11


def test_a_clock_that_goes_back_is_recorded_before_the_next_record(opened, folder, clock):
    with opened() as journal:
        journal.append(BEAT)
        clock.wall -= 5_000_000_000
        journal.append(BEAT)
    assert kinds(folder) == ["journal.opened", "heartbeat", "clock.stepped", "heartbeat"]
    assert records(folder)[2]["by_us"] == -5_000_000


def test_a_clock_that_jumps_ahead_is_recorded_and_one_that_merely_runs_is_not(opened, folder, clock):
    with opened() as journal:
        clock.advance(3600)
        journal.append(BEAT)
        clock.wall += 2_000_000_000
        journal.append(BEAT)
    assert kinds(folder) == ["journal.opened", "heartbeat", "clock.stepped", "heartbeat"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"id":"x"}'])
def test_what_is_no_body_of_a_record_is_not_written(opened, folder, body):
    journal = opened()
    with pytest.raises(ValueError, match="no body"):
        journal.append(body)
    assert kinds(folder) == ["journal.opened"]


@pytest.mark.parametrize("shard", ["", "../x", "a/b", ".hidden", 'q"', "é"])
def test_a_shards_name_cannot_leave_its_place(folder, clock, shard):
    with pytest.raises(ValueError, match="letters"):
        Journal.open(folder, shard, clock=clock)


@pytest.mark.parametrize("syncer", [ProcessSyncer, ThreadSyncer])
async def test_both_syncers_bring_records_of_many_segments_to_disk(folder, clock, syncer):
    journal = Journal.open(folder, "w0", clock=clock, syncer=syncer, max_segment=2000)

    async def client() -> None:
        for _ in range(20):
            await journal.synced(journal.append(BEAT))

    await asyncio.gather(*(client() for _ in range(10)))
    assert journal.unsynced == 0
    await journal.close()
    assert len(records(folder)) == 201


@pytest.mark.parametrize("syncer", [ProcessSyncer, ThreadSyncer])
async def test_a_file_that_cannot_be_synced_is_a_failure(syncer, tmp_path):
    """A pipe has no disk under it: fdatasync refuses it, and says why."""
    hand = syncer()
    read_end, write_end = os.pipe()
    hand.adopt(write_end, tmp_path, 0)
    hand.ask(7)
    heard = asyncio.Event()
    asyncio.get_running_loop().add_reader(hand.fileno(), heard.set)
    await asyncio.wait_for(heard.wait(), 10)
    assert [answer.why for answer in hand.answers()] == ["fdatasync failed (Invalid argument)"]
    asyncio.get_running_loop().remove_reader(hand.fileno())
    hand.close()
    os.close(read_end)
    os.close(write_end)


def test_a_reader_goes_on_where_it_was(opened, folder):
    journal = opened(max_segment=700)
    reader = Reader(folder)
    seen: list[int] = []
    for _ in range(30):
        journal.append(BEAT)
        seen += [found.seq for found in reader if isinstance(found, Frame)]
    assert seen == list(range(31))


@pytest.mark.parametrize("start", [0, 1, 7, 30, 31])
def test_a_reader_starts_at_any_number(opened, folder, start):
    journal = opened(max_segment=700)
    for _ in range(30):
        journal.append(BEAT)
    assert [found.seq for found in read(folder, start)] == list(range(start, 31))


def test_a_closed_journal_refuses(opened):
    with opened() as journal:
        pass
    with pytest.raises(HouseFault, match="closed"):
        journal.append(BEAT)
