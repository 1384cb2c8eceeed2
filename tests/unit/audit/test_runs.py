"""The quick way through a shard's segments: whole runs of sound records, and nothing that the slow way would not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.audit import segments as module
from proctor.audit._hot import Entries
from proctor.audit.journal import Journal
from proctor.audit.record import Heartbeat, OperatorCall, encode
from proctor.audit.segments import HEADER, MAGIC, Damage, Frame, Reader, frame, segments

WAYS = ("run", "fill")
BEAT = encode(Heartbeat(id="h", interval_s=60))


def run_of(reader: Reader, limit: int, way: str) -> list[bytes]:
    """Return the next records as they are read for a search, or for the log."""
    if way == "run":
        return reader.run(limit)
    entries = Entries()
    count = reader.fill(entries, limit)
    assert count == len(entries)
    return [*entries]


def run_through(reader: Reader, limit: int = 7, way: str = "fill") -> list[bytes]:
    """Read as the integrator does: runs as long as there are any, and one step of the slow way where there are none."""
    found: list[bytes] = []
    while True:
        if run := run_of(reader, limit, way):
            assert len(run) <= limit
            found += run
            continue
        step = next(iter(reader), None)
        if not isinstance(step, Frame):
            return found
        found.append(step.record)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "w0"


@pytest.fixture
def filled(folder, clock):
    with Journal.open(folder, "w0", clock=clock, max_segment=700) as journal:
        for _ in range(40):
            journal.append(BEAT)
    assert len(segments(folder)) > 5
    return folder


@pytest.mark.parametrize("start", [0, 1, 3, 20, 40, 41])
@pytest.mark.parametrize("limit", [1, 3, 1000])
@pytest.mark.parametrize("way", WAYS)
def test_runs_give_each_record_once_across_segments(filled, start, limit, way):
    expected = [found.record for found in Reader(filled) if isinstance(found, Frame)][start:]
    reader = Reader(filled, start)
    assert run_through(reader, limit, way) == expected
    assert reader.following == 41


@pytest.mark.parametrize("way", WAYS)
def test_a_run_goes_from_one_segment_into_the_next_by_itself(filled, way):
    reader = Reader(filled)
    found = []
    while run := run_of(reader, 1000, way):
        found += run
    assert len(found) == 41


def test_runs_go_on_as_the_journal_grows(folder, clock):
    reader = Reader(folder)
    journal = Journal.open(folder, "w0", clock=clock, max_segment=700)
    seen = run_through(reader)
    for _ in range(30):
        journal.append(BEAT)
        seen += run_through(reader)
    assert seen == [found.record for found in Reader(folder) if isinstance(found, Frame)]


def test_a_record_larger_than_what_is_read_at_once_is_found(folder, clock, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", 300)
    with Journal.open(folder, "w0", clock=clock) as journal:
        for size in (10, 3000, 10):
            journal.append(encode(OperatorCall(id="o", action="export", details={"of": "x" * size})))
    assert len(Reader(folder).run(1)) == 1
    assert len(run_through(Reader(folder))) == 4


def test_a_record_too_large_for_an_entry_is_left_to_who_reads_records(folder, clock):
    with Journal.open(folder, "w0", clock=clock) as journal:
        for size in (10, 70_000, 10):
            journal.append(encode(OperatorCall(id="o", action="export", details={"of": "x" * size})))
    reader = Reader(folder)
    assert [len(run_of(reader, 9, "fill")), len(run_of(reader, 9, "fill"))] == [2, 0]
    assert [len(record) > 65_535 for record in reader.run(1)] == [True]
    assert len(run_of(reader, 9, "fill")) == 1
    assert reader.following == 4


@pytest.mark.parametrize("way", WAYS)
def test_what_a_later_segment_repeats_is_given_once(folder, way):
    """After a fault the next segment begins before the end of the one before."""
    folder.mkdir()
    records = [b'{"v":1,"n":%d}' % n for n in range(6)]
    (folder / "0000000001.seg").write_bytes(HEADER.pack(MAGIC, 0) + b"".join(map(frame, records[:4])))
    (folder / "0000000002.seg").write_bytes(HEADER.pack(MAGIC, 2) + b"".join(map(frame, records[2:])))
    assert run_through(Reader(folder), way=way) == records
    assert run_through(Reader(folder, 3), way=way) == records[3:]
    with (folder / "0000000001.seg").open("r+b") as file:
        file.seek(-3, 2)
        file.write(b"?")
    assert run_through(Reader(folder), way=way) == records


@pytest.mark.parametrize("way", WAYS)
def test_a_run_ends_before_a_gap_and_the_slow_way_shows_it(folder, way):
    folder.mkdir()
    (folder / "0000000001.seg").write_bytes(HEADER.pack(MAGIC, 0) + frame(b'{"v":1}'))
    (folder / "0000000002.seg").write_bytes(HEADER.pack(MAGIC, 5) + frame(b'{"v":1}'))
    reader = Reader(folder)
    assert len(run_of(reader, 9, way)) == 1
    assert run_of(reader, 9, way) == []
    step = next(iter(reader))
    assert isinstance(step, Frame)
    assert step.seq == 5


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_where_a_segment_is_damaged_runs_stop_where_the_slow_way_meets_the_damage(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shard")
    records = [b'{"v":1,"n":%d,"x":"%b"}' % (n, b"x" * n) for n in range(8)]
    whole = bytearray(HEADER.pack(MAGIC, 0) + b"".join(map(frame, records)))
    place = data.draw(st.integers(HEADER.size, len(whole) - 1))
    if data.draw(st.booleans()):
        whole[place] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del whole[place:]
    (folder / "0000000001.seg").write_bytes(whole)
    slow: list[bytes] = []
    for found in Reader(folder):
        if isinstance(found, Damage):
            break
        slow.append(found.record)
    for way in WAYS:
        assert run_through(Reader(folder), way=way) == slow
