"""The attack suite: whatever somebody does to the files of a journal, `verify` finds it, and says what it found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from proctor.audit.journal import Journal
from proctor.audit.note import SigningKey
from proctor.audit.record import Heartbeat, OperatorCall, encode
from proctor.audit.segments import HEADER, MAGIC, frame, read
from proctor.audit.tiles import WIDTH, Tiles, bundle_path, pack_all, tile_path, unpack
from proctor.audit.tlog import Log, Signer
from proctor.audit.verify import verify

SIZE, GROWN = 602, 624


@pytest.fixture
def full(house, tmp_path):
    """A shard of 602 records, then of 624; beside it what an attacker may have kept of the time in between."""
    house.write(300)
    house.write(5, shard="w1")
    house.integrate()
    shutil.copytree(house.state, tmp_path / "then")
    house.write(10)
    house.integrate()
    house.then = tmp_path / "then"
    return house


def log_of(house) -> Path:
    return house.log / "w0"


def last_bundle(house) -> Path:
    return log_of(house) / bundle_path(GROWN // WIDTH, GROWN % WIDTH)


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(bytes(data))


def with_entries(change):
    """Make an attack on the first bundle out of a change of its entries."""

    def attack(house) -> None:
        path = log_of(house) / bundle_path(0)
        path.write_bytes(pack_all(change(list(unpack(path.read_bytes())))))

    return attack


def resigned(house) -> None:
    """Everything is made anew and signed by a key of the attacker's own, which is put beside it."""
    entries = [entry for _, entry in Tiles(log_of(house), GROWN).walk()]
    entries[7] = entries[7].replace(b"alice", b"mallo")
    key = SigningKey.load(house.state / "mallory.pem")
    shutil.rmtree(log_of(house))
    signer = Signer(key, "proctor.test/log/w0", house.state / "mallory.signed")
    Log.open(log_of(house), signer).append(entries)


def forked(house) -> None:
    """The stolen key signs another history, of the same length."""
    entries = [entry for _, entry in Tiles(log_of(house), GROWN).walk()]
    entries[7] = entries[7].replace(b"alice", b"mallo")
    shutil.rmtree(log_of(house))
    key = SigningKey.load(house.keys / "log.pem")
    Log.open(log_of(house), Signer(key, "proctor.test/log/w0", house.state / "f.signed")).append(entries)


def truncated(house) -> None:
    path = last_bundle(house)
    path.write_bytes(path.read_bytes()[:-1])


def rolled_back(house) -> None:
    shutil.rmtree(log_of(house))
    shutil.copytree(house.then / "log" / "w0", log_of(house))


def old_checkpoint(house) -> None:
    shutil.copy(house.then / "log" / "w0" / "checkpoint", log_of(house) / "checkpoint")


def deleted_tile(house) -> None:
    (log_of(house) / tile_path(0, 1)).unlink()


def widened_tile(house) -> None:
    path = log_of(house) / tile_path(0, GROWN // WIDTH, GROWN % WIDTH)
    path.write_bytes(path.read_bytes() + bytes(32))


def widened_bundle(house) -> None:
    last_bundle(house).write_bytes(last_bundle(house).read_bytes() + pack_all([b"one more"]))


def oversized_bundle(house) -> None:
    (log_of(house) / bundle_path(0)).write_bytes(b"\xff" * (WIDTH * 65_537 + 1))


def length_out_of_the_bundle(house) -> None:
    path = last_bundle(house)
    path.write_bytes(b"\xff\xff" + path.read_bytes()[2:])


ATTACKS = {
    "a byte is flipped": (
        lambda house: flip(log_of(house) / bundle_path(0), 400),
        1,
        "it is not the record that was signed",
    ),
    "a record is dropped": (
        with_entries(lambda entries: entries[:5] + entries[6:]),
        5,
        "it is not the record that was signed",
    ),
    "two records are swapped": (
        with_entries(lambda entries: [*entries[:5], entries[6], entries[5], *entries[7:]]),
        5,
        "it is not the record that was signed",
    ),
    "a record is doubled": (
        with_entries(lambda entries: [*entries[:5], entries[4], *entries[5:255]]),
        5,
        "it is not the record that was signed",
    ),
    "the tail is cut off": (truncated, 623, "a length leads out of the bundle"),
    "the log is made anew with another key": (resigned, None, "the checkpoint is not the log's own"),
    "the log is forked with the stolen key": (forked, 7, "the journal's copy is another record than the log's"),
    "the log is rolled back": (rolled_back, None, "the log has 602 records, but had 624: it was rolled back"),
    "an old checkpoint is put back": (old_checkpoint, None, "the log has 602 records, but had 624: it was rolled back"),
    "a tile is deleted": (deleted_tile, 256, "its tile cannot be read"),
    "a tile is widened": (widened_tile, 512, "is wider than its name says"),
    "a bundle is widened": (widened_bundle, 624, "the bundle holds more than its name says"),
    "a bundle is blown up": (oversized_bundle, 0, "larger than any file of its kind"),
    "an entry says to be larger than its bundle": (length_out_of_the_bundle, 512, "a length leads out of the bundle"),
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda name: name.replace(" ", "-"))
def test_an_attack_on_the_log_is_found_and_named(full, attack):
    act, index, what = ATTACKS[attack]
    assert verify(full.log, full.journal, signed=full.keys).problems == ()
    mine = [SigningKey.load(full.keys / "log.pem").verifier("proctor.test/log/meta")]
    act(full)
    found = verify(full.log, full.journal, keys=mine, signed=full.keys)
    assert not found.ok
    named = [problem for problem in found.problems if problem.grave and what in problem.what]
    assert named, [str(problem) for problem in found.problems]
    assert (named[0].shard, named[0].index) == ("w0", index)
    if index is not None:
        assert min(problem.index for problem in found.problems if problem.index is not None) == index


def test_an_old_checkpoint_is_noticed_even_where_nothing_else_remembers(full):
    """Without the log of logs, the signer's memory or a kept checkpoint, the tiles behind it still tell of more."""
    old_checkpoint(full)
    shutil.rmtree(full.log / "meta")
    shutil.rmtree(full.journal)
    found = verify(full.log)
    assert any("its tiles go on to 624 records, but its checkpoint ends at 602" in one.what for one in found.problems)
    assert any("a rollback of the whole state folder cannot be seen" in said for said in found.cannot_prove)


def forge(house, records: list[bytes]) -> None:
    """Write a segment with sound checksums, as somebody would who writes in the journal's place."""
    folder = house.journal / "w9"
    folder.mkdir(parents=True)
    (folder / "0000000001.seg").write_bytes(HEADER.pack(MAGIC, 0) + b"".join(map(frame, records)))


def beat(seq: int, second: int, monotonic: int) -> bytes:
    head = b'{"v":1,"shard":"w9","seq":%d,"time":"2026-11-23T08:00:%02d.000000Z","monotonic_ns":%d,'
    return head % (seq, second, monotonic) + encode(Heartbeat(id=f"h{seq}", interval_s=60))[1:]


@pytest.mark.parametrize(
    ("records", "what"),
    [
        ([beat(0, 30, 1000), beat(1, 20, 2000)], "the clock went back and no record says so"),
        ([beat(0, 30, 2000), beat(1, 31, 1000)], "the clock that only grows went back"),
    ],
    ids=["wall", "monotonic"],
)
def test_a_clock_that_steps_back_unrecorded_is_not_the_writers_own(house, records, what):
    forge(house, records)
    house.integrate()
    found = verify(house.log, house.journal)
    assert (found.first.what, found.first.index, found.first.id) == (what, 1, "h1")


def test_a_clock_that_steps_back_on_record_is_no_lie(house, clock):
    with Journal.open(house.journal / "w0", "w0", clock=clock) as journal:
        journal.record(Heartbeat(id="h1", interval_s=60))
        clock.wall -= 3_600_000_000_000
        journal.record(Heartbeat(id="h2", interval_s=60))
    house.integrate()
    assert verify(house.log, house.journal).problems == ()


def test_a_blob_that_was_blown_up_is_not_read_whole(house):
    with Journal.open(house.journal / "w0", "w0", clock=house.clock) as journal:
        journal.record(OperatorCall(id="o1", action="export", details={"of": "x" * 70_000}))
    house.integrate()
    blob = next(path for path in (log_of(house) / "blobs").rglob("*") if path.is_file())
    with blob.open("ab") as file:
        file.truncate(1 << 40)  # a sparse terabyte
    found = verify(house.log, house.journal)
    assert (found.first.what, found.first.id) == ("the record's blob was changed", "o1")


def test_the_signer_refuses_what_was_restored_from_a_backup(full):
    """The logs and the journal come back from a backup, the keys with the signer's memory did not."""
    for name in ("log", "journal"):
        shutil.rmtree(full.state / name)
        shutil.copytree(full.then / name, full.state / name)
    integrator = full.integrator()
    done = integrator.integrate()
    integrator.close()
    assert set(done.troubles) == {"meta", "w0"}
    assert "cannot be continued" in done.troubles["w0"]
    assert len(list(read(full.journal / "w0"))) == SIZE
