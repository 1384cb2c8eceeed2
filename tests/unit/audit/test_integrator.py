"""From the journal into the log: nothing lost, nothing doubled, nothing put in its place."""

from __future__ import annotations

import json
import os
import shutil
from hashlib import sha256

import pytest

from proctor.audit import integrator as module
from proctor.audit.integrator import blob_path, entry_of, whole
from proctor.audit.journal import Journal
from proctor.audit.note import SigningKey, open_checkpoint
from proctor.audit.reading import records
from proctor.audit.record import Heartbeat, OperatorCall, encode
from proctor.audit.segments import Frame, read, segments
from proctor.audit.tiles import Tiles
from proctor.audit.verify import verify
from proctor.errors import HouseFault


@pytest.fixture
def running(house):
    integrator = house.integrator()
    yield integrator
    integrator.close()


def test_a_record_keeps_its_number_and_its_bytes(house):
    house.write(200)
    house.integrate()
    logged = dict(Tiles(house.log / "w0", 402).walk())
    assert logged == {found.seq: found.record for found in read(house.journal / "w0")}


def test_a_round_without_news_signs_nothing(house, running):
    house.write(2)
    running.integrate()
    before = [path.stat().st_mtime_ns for path in sorted(house.log.rglob("checkpoint"))]
    done = running.integrate()
    assert (done.added, done.troubles) == ({}, {})
    assert [path.stat().st_mtime_ns for path in sorted(house.log.rglob("checkpoint"))] == before


def test_a_round_has_a_limit_and_the_next_goes_on(house, running):
    house.write(100)
    assert running.integrate(limit=150).sizes == {"w0": 150}
    assert running.integrate(limit=150).sizes == {"w0": 202}


def test_what_is_in_memory_at_once_is_bounded_by_bytes_as_well(house, running, monkeypatch):
    monkeypatch.setattr(module, "BATCH_SIZE", 2000)
    monkeypatch.setattr("proctor.audit.segments._CHUNK", 4096)
    seen = []
    running.onlookers.append(lambda name, folder, entries: seen.append((len(entries), entries.size)))
    house.write(100)
    assert running.integrate().sizes == {"w0": 202}
    assert len(seen) > 5
    assert sum(count for count, _ in seen) == 202
    assert max(size for _, size in seen) < 2000 + 4096
    assert verify(house.log, house.journal).ok


def test_records_are_taken_while_the_journal_is_being_written(house, running):
    journal = Journal.open(house.journal / "w0", "w0", clock=house.clock, max_segment=2000)
    for number in range(60):
        journal.record(Heartbeat(id=f"h{number}", interval_s=60))
        assert running.integrate().sizes == {"w0": number + 2}


def test_the_log_of_logs_has_every_checkpoint_once(house, running):
    house.write(2)
    house.write(1, shard="w1")
    running.integrate()
    house.write(1)
    running.integrate()
    running.integrate()
    notes = [entry for _, entry in Tiles(house.log / "meta", 3).walk()]
    said = [
        open_checkpoint(note, running.verifier(shard)) for note, shard in zip(notes, ["w0", "w1", "w0"], strict=True)
    ]
    assert [(one.origin, one.size) for one in said] == [
        ("proctor.test/log/w0", 6),
        ("proctor.test/log/w1", 4),
        ("proctor.test/log/w0", 10),
    ]


def test_a_second_integrator_waits_outside(house, running):
    with pytest.raises(HouseFault, match="another process"):
        house.integrator()


def test_the_key_and_its_memory_are_for_their_owner_alone(house):
    house.write(1)
    house.integrate()
    assert {path.stat().st_mode & 0o077 for path in house.keys.iterdir()} == {0}


def test_a_journal_put_in_anothers_place_is_refused_and_the_others_go_on(house):
    house.write(5)
    house.write(5, shard="w1")
    house.integrate()
    shutil.rmtree(house.journal / "w0")
    house.write(30)
    house.write(1, shard="w1")
    integrator = house.integrator()
    done = integrator.integrate()
    integrator.close()
    assert done.troubles.keys() == {"w0"}
    assert "is another than the log's" in done.troubles["w0"]
    assert done.added == {"w1": 4}


def test_a_log_that_was_rolled_back_is_not_continued(house, tmp_path):
    house.write(5)
    house.integrate()
    shutil.copytree(house.log, tmp_path / "backup")
    house.write(5)
    house.integrate()
    shutil.rmtree(house.log)
    shutil.copytree(tmp_path / "backup", house.log)
    integrator = house.integrator()
    done = integrator.integrate()
    integrator.close()
    assert "cannot be continued" in done.troubles["w0"]


def spoil(house, seq: int) -> None:
    for segment in segments(house.journal / "w0"):
        for found in read(segment.parent):
            if isinstance(found, Frame) and found.seq == seq and found.record in segment.read_bytes():
                data = bytearray(segment.read_bytes())
                data[found.offset + 100] ^= 1
                segment.write_bytes(data)
                return


def test_damage_in_the_journal_stops_its_shard_right_before_it(house, running):
    house.write(10)
    spoil(house, 7)
    assert running.integrate().sizes == {"w0": 7}
    assert "record 7 of the journal is damaged" in running.integrate().troubles["w0"]


def test_a_loss_that_is_acknowledged_stays_in_the_log_for_ever(house, running):
    house.write(10)
    spoil(house, 7)
    running.integrate()
    assert running.acknowledge_loss("w0", by="dora", because="bad disk", time="2027-01-15T09:00:00.000000Z") == 1
    assert running.integrate().sizes == {"w0": 22}
    lost = json.loads(Tiles(house.log / "w0", 22).entry(7))
    assert (lost["kind"], lost["seq"], lost["because"]) == ("journal.lost", 7, "bad disk (acknowledged by dora)")
    found = verify(house.log, house.journal)
    assert not found.ok
    assert (found.first.index, found.first.kind) == (7, "journal.lost")


def test_records_that_are_gone_stop_the_shard_and_can_be_acknowledged(house, running):
    house.write(3)
    house.write(3)
    house.write(3)
    os.unlink(segments(house.journal / "w0")[1])
    assert running.integrate().sizes == {"w0": 8}
    assert "records 8 to 15 are gone" in running.integrate().troubles["w0"]
    assert running.acknowledge_loss("w0", by="dora", because="oops", time="2027-01-15T09:00:00.000000Z") == 8
    assert running.integrate().sizes == {"w0": 24}


def test_pruning_keeps_the_newest_segments_and_all_that_is_not_in_the_log(house, running):
    for _ in range(6):
        house.write(2)
    running.integrate()
    house.write(2)
    house.write(2)
    assert running.prune(keep=4) == 4
    assert len(segments(house.journal / "w0")) == 4
    assert running.prune(keep=1) == 2  # the two last are not in the log
    assert running.integrate().sizes == {"w0": 48}
    house.write(1)
    assert running.integrate().sizes == {"w0": 52}
    assert verify(house.log, house.journal).ok


# -- records larger than an entry


def big(house) -> bytes:
    with Journal.open(house.journal / "w0", "w0", clock=house.clock) as journal:
        journal.record(OperatorCall(id="big", action="export", details={"text": "x" * 70_000}))
    return list(read(house.journal / "w0"))[-1].record


def test_a_record_larger_than_an_entry_lies_beside_the_log_and_is_named_by_it(house):
    record = big(house)
    house.integrate()
    entry = json.loads(Tiles(house.log / "w0", 2).entry(1))
    digest = sha256(record).hexdigest()
    assert (entry["seq"], entry["kind"], entry["id"]) == (1, "operator.call", "big")
    assert entry["blob"] == {"sha256": digest, "size": len(record)}
    assert (house.log / "w0" / blob_path(digest)).read_bytes() == record
    assert list(records(house.state, "w0"))[1] == (1, record)
    assert verify(house.log, house.journal).ok


@pytest.mark.parametrize("attack", [lambda path: path.unlink(), lambda path: path.write_bytes(b"{}")])
def test_a_blob_that_is_gone_or_changed_is_found(house, attack):
    record = big(house)
    house.integrate()
    attack(house.log / "w0" / blob_path(sha256(record).hexdigest()))
    found = verify(house.log, house.journal)
    assert (found.first.index, found.first.id) == (1, "big")
    with pytest.raises(HouseFault, match="damaged"):
        list(records(house.state, "w0"))


def test_a_record_of_just_the_limit_is_an_entry_itself(tmp_path):
    record = b'{"v":1,"text":"%b"}' % (b"x" * (65_535 - 17))
    assert entry_of(record) == (record, None)
    assert whole(tmp_path, record) == record


def test_a_text_that_speaks_of_a_blob_is_no_blob(house):
    """Whoever can get text into a record must not make a reader look elsewhere."""
    with Journal.open(house.journal / "w0", "w0", clock=house.clock) as journal:
        journal.append(encode(OperatorCall(id="o", action='"blob":{"sha256":"00","size":1}')))
    house.integrate()
    assert verify(house.log, house.journal).ok
    assert len(list(records(house.state, "w0"))) == 2


def test_a_key_made_once_is_used_ever_after(house):
    house.write(1)
    house.integrate()
    before = SigningKey.load(house.keys / "log.pem").verifier("x")
    house.write(1)
    house.integrate()
    assert SigningKey.load(house.keys / "log.pem").verifier("x") == before
