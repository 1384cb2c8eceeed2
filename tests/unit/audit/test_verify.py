"""What the journal is for: nobody changes it unnoticed, and the record that was changed is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from proctor.audit.note import SigningKey, Verifier
from proctor.audit.record import StatementAnswered
from proctor.audit.segments import Frame, frame, read
from proctor.audit.tiles import WIDTH, Tiles, leaf_hash, pack, tile_path, tree_hash, unpack
from proctor.audit.tlog import Log, Signer
from proctor.audit.verify import Verification, verify


def flip(path: Path, place: int, bit: int = 1) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= bit
    path.write_bytes(bytes(data))


def check(house, **more) -> Verification:
    return verify(house.log, house.journal, **more)


@pytest.fixture
def full(house):
    """300 exchanges in one shard: 602 records, two full bundles and a partial one; and a second shard."""
    house.write(300)
    house.write(5, shard="w1")
    house.integrate()
    return house


def test_an_honest_log_verifies(full):
    found = check(full)
    assert found.problems == ()
    assert found.ok
    assert found.sizes == {"w0": 602, "w1": 12}
    assert (found.size, found.pending, found.unanswered) == (614, 0, 0)
    assert "614 records" in found.proves[0]


def test_progress_comes_to_the_total(full):
    seen = []
    verify(full.log, full.journal, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] > 614  # the log of logs counts too


def test_a_house_that_goes_on_working_meanwhile_gives_no_false_alarm(full):
    """Records move into the log and their segments are pruned while a verifier is half through."""
    for _ in range(6):
        full.write(60)
    integrator = full.integrator()

    def go_on(done: int, total: int) -> None:
        full.write(1)
        integrator.integrate()
        integrator.prune(keep=1)

    found = verify(full.log, full.journal, signed=full.keys, progress=go_on)
    integrator.close()
    assert found.problems == ()
    assert check(full).ok


def test_records_that_are_not_yet_in_the_log_are_counted_and_read(full):
    full.write(3)
    found = check(full)
    assert found.ok
    assert found.pending == 8
    assert any("8 records are in the journal only" in said for said in found.cannot_prove)


def test_what_a_killed_worker_has_left_on_its_slate_is_counted_and_what_it_has_written_is_not(full):
    shard = full.journal / "w0"
    following = max(found.seq for found in read(shard) if isinstance(found, Frame)) + 1
    left = [b'{"v":1,"shard":"w0","seq":%d,"time":""}' % (following + n) for n in (-1, 0, 1)]
    (shard / "slate").write_bytes(b"".join(map(frame, left)) + bytes(500))
    assert check(full).pending == 2


@pytest.mark.parametrize("place", [0, 1, 2, 40, 5000, -1], ids=lambda place: f"byte {place}")
@pytest.mark.parametrize("bundle", [0, 1, 2])
def test_one_flipped_byte_in_a_bundle_names_its_record(full, bundle, place):
    path = next(p for p in bundles(full) if bundle_number(p) == bundle)
    expected = record_at(path, place, bundle)
    flip(path, place)
    found = check(full)
    assert not found.ok
    assert (found.first.shard, found.first.index) == ("w0", expected)
    whole = next(frame for frame in read(full.journal / "w0", expected))
    assert found.first.id == json.loads(whole.record)["id"] or place > 100  # the id itself may be what was flipped


def bundles(house) -> list[Path]:
    return sorted(path for path in (house.log / "w0" / "tile" / "entries").rglob("*") if path.is_file())


def bundle_number(path: Path) -> int:
    return int(path.parent.stem if path.parent.name.endswith(".p") else path.name)


def record_at(path: Path, place: int, bundle: int) -> int:
    data = path.read_bytes()
    place %= len(data)
    for index, entry in enumerate(unpack(data)):
        place -= len(entry) + 2
        if place < 0:
            return bundle * WIDTH + index
    raise AssertionError


def test_a_flipped_byte_is_named_even_where_the_journal_is_gone(full):
    path = next(p for p in bundles(full) if bundle_number(p) == 1)
    flip(path, 5000)
    shutil.rmtree(full.journal)
    found = check(full)
    assert found.first.index == record_at(path, 5000, 1)
    assert found.first.kind in {"statement.decided", "statement.answered"}
    assert found.first.time.startswith("2027-01-15T08:00:0")


@pytest.mark.parametrize(("tile", "place"), [("0/000", 32 * 7), ("0/001", 8191), ("0/002.p/90", 32 * 89)])
def test_one_flipped_byte_in_a_tile_names_the_record_below_it(full, tile, place):
    flip(full.log / "w0" / "tile" / tile, place)
    found = check(full)
    number = int(tile[2:5])
    assert found.first.index == number * WIDTH + place // 32
    assert "tile" in found.first.what
    assert found.first.id is not None
    assert len([problem for problem in found.problems if problem.grave]) == 1


def test_one_flipped_byte_in_a_tile_further_up_is_found(full):
    flip(full.log / "w0" / "tile" / "1" / "000.p" / "2", 33)
    found = check(full)
    assert not found.ok
    assert found.first.index == 256


def test_one_flipped_byte_in_a_segment_names_its_record(full):
    segment = sorted((full.journal / "w0").glob("*.seg"))[0]
    third = list(read(full.journal / "w0"))[2]
    flip(segment, third.offset + 8 + 150)
    found = check(full)
    assert (found.first.shard, found.first.index, found.first.kind) == ("w0", 2, "statement.answered")
    assert "journal" in found.first.what


def test_a_changed_length_in_a_segment_names_its_record(full):
    segment = sorted((full.journal / "w0").glob("*.seg"))[0]
    third = list(read(full.journal / "w0"))[2]
    flip(segment, third.offset + 2)
    found = check(full)
    assert (found.first.index, found.first.kind) == (2, "statement.answered")


def test_a_segment_rewritten_with_good_checksums_is_another_record_than_the_logs(full):
    from proctor.audit.segments import HEADER, MAGIC, frame

    segment = sorted((full.journal / "w0").glob("*.seg"))[0]
    records = [found.record for found in read(full.journal / "w0")]
    records[4] = records[4].replace(b'"rows":2', b'"rows":0')
    segment.write_bytes(HEADER.pack(MAGIC, 0) + b"".join(map(frame, records)))
    found = check(full)
    assert (found.first.index, found.first.kind) == (4, "statement.answered")


def test_a_flipped_byte_in_a_record_not_yet_in_the_log_is_found(full):
    full.write(3)
    last = list(read(full.journal / "w0"))[-3]
    flip(sorted((full.journal / "w0").glob("*.seg"))[-1], last.offset + 60)
    found = check(full)
    assert (found.first.index, found.first.shard) == (last.seq, "w0")


def test_a_missing_segment_not_yet_in_the_log_is_a_gap(full):
    full.write(3)
    full.write(3)
    sorted((full.journal / "w0").glob("*.seg"))[1].unlink()
    found = check(full)
    assert found.first.what == "records 602 to 609 are gone from the journal"


def rebuild(house, entries: list[bytes], key: SigningKey | None = None) -> None:
    """Write the shard's log anew, as somebody would who has the files, and perhaps the key."""
    shutil.rmtree(house.log / "w0")
    key = key or SigningKey.load(house.keys / "log.pem")
    Log.open(house.log / "w0", Signer(key, "proctor.test/log/w0", house.state / "other.signed")).append(entries)


def entries_of(house) -> list[bytes]:
    return [entry for _, entry in Tiles(house.log / "w0", 602).walk()]


def dropped(entries):
    return entries[:100] + entries[101:]


def swapped(entries):
    return [*entries[:100], entries[101], entries[100], *entries[102:]]


def doubled(entries):
    return [*entries[:100], entries[99], *entries[100:]]


def changed(entries):
    return [*entries[:99], entries[99].replace(b"alice", b"mallo"), *entries[100:]]


@pytest.mark.parametrize("attack", [dropped, swapped, doubled, changed])
def test_a_log_rewritten_by_another_key_is_not_the_logs_own(full, attack, tmp_path):
    mine = SigningKey.load(full.keys / "log.pem").verifier("proctor.test/log/w0")
    meta = SigningKey.load(full.keys / "log.pem").verifier("proctor.test/log/meta")
    other = SigningKey.load(full.keys / "log.pem").verifier("proctor.test/log/w1")
    rebuild(full, attack(entries_of(full)), SigningKey.load(tmp_path / "forged.pem"))
    found = check(full, keys=[mine, meta, other])
    assert not found.ok
    assert any("no key that we know" in problem.what for problem in found.problems)
    assert any(problem.index in {99, 100} for problem in found.problems)


@pytest.mark.parametrize(("attack", "where"), [(dropped, 100), (swapped, 100), (doubled, 100), (changed, 99)])
def test_a_log_rewritten_with_the_stolen_key_contradicts_what_others_saw(full, attack, where):
    """The key signs anything for a thief: the numbers in the records, the log of logs and the journal do not."""
    rebuild(full, attack(entries_of(full)))
    found = check(full)
    assert not found.ok
    assert found.first.index == where


def test_a_log_rewritten_with_the_key_and_without_a_journal_still_contradicts_the_log_of_logs(full):
    rebuild(full, changed(entries_of(full)))
    shutil.rmtree(full.journal)
    found = check(full)
    assert "the log is not what it was at 602 records" in found.first.what


def test_a_truncated_log_is_found_by_its_checkpoint(full):
    bundles(full)[-1].unlink()
    found = check(full)
    assert not found.ok
    assert found.first.index == 512


def test_a_rollback_is_found_by_the_log_of_logs(full, tmp_path):
    shutil.copytree(full.log / "w0", tmp_path / "backup")
    full.write(10)
    full.integrate()
    shutil.rmtree(full.log / "w0")
    shutil.copytree(tmp_path / "backup", full.log / "w0")
    found = check(full)
    assert any("it was rolled back" in problem.what for problem in found.problems)
    assert not found.ok


def test_a_rollback_of_everything_is_found_by_a_checkpoint_kept_elsewhere(full, tmp_path):
    shutil.copytree(full.state, tmp_path / "backup")
    full.write(10)
    full.integrate()
    kept = (full.log / "w0" / "checkpoint").read_bytes()
    shutil.rmtree(full.state)
    shutil.copytree(tmp_path / "backup", full.state)
    assert check(full).ok  # the files alone cannot tell: the report says so
    assert any("rollback" in said for said in check(full).cannot_prove)
    found = check(full, remembered=[kept])
    assert [problem.what for problem in found.problems] == ["the log has 602 records, but had 624: it was rolled back"]


def test_a_rollback_of_the_logs_alone_is_found_by_the_signers_memory(full, tmp_path):
    shutil.copytree(full.log, tmp_path / "backup")
    full.write(10)
    full.integrate()
    shutil.rmtree(full.log)
    shutil.copytree(tmp_path / "backup", full.log)
    assert "it was rolled back" in check(full, signed=full.keys).first.what


def test_a_checkpoint_that_was_signed_for_and_not_published_is_a_crash_and_no_lie(full):
    """Between the signer's memory and the checkpoint there is a moment, and a verifier may look in it."""
    before = (full.log / "w0" / "checkpoint").read_bytes()
    meta = full.state / "meta-before"
    shutil.copytree(full.log / "meta", meta)
    full.write(10)
    full.integrate()
    (full.log / "w0" / "checkpoint").write_bytes(before)
    shutil.rmtree(full.log / "meta")
    shutil.move(meta, full.log / "meta")
    shutil.copy(meta_memory(full), full.keys / "meta.signed")
    found = check(full, signed=full.keys)
    assert found.ok
    assert [problem.what for problem in found.problems] == [
        "624 records are signed for and not published yet: a house at work, or a crash that the next start makes good"
    ]


def meta_memory(house) -> Path:
    """Set the signer's memory of the log of logs back to its checkpoint."""
    note = (house.log / "meta" / "checkpoint").read_text()
    path = house.state / "memory"
    path.write_text(note.split("\n\n")[0] + "\n")
    return path


def test_one_key_of_the_house_vouches_for_all_its_logs(full):
    meta = SigningKey.load(full.keys / "log.pem").verifier("proctor.test/log/meta")
    found = check(full, keys=[meta])
    assert found.ok
    assert not any("own folder" in said for said in found.cannot_prove)
    other = SigningKey.load(full.keys / "log.pem").verifier("elsewhere.test/log/meta")
    assert not check(full, keys=[other]).ok


def test_a_fork_is_found_by_a_checkpoint_kept_elsewhere(full):
    kept = (full.log / "w0" / "checkpoint").read_bytes()
    rebuild(full, changed(entries_of(full)))
    shutil.rmtree(full.log / "meta")
    shutil.rmtree(full.journal)
    assert not check(full, remembered=[kept]).ok


def test_a_kept_checkpoint_that_agrees_is_part_of_the_proof(full):
    kept = (full.log / "w0" / "checkpoint").read_bytes()
    full.write(10)
    full.integrate()
    found = check(full, remembered=[kept])
    assert found.ok
    assert "The log contains what the kept checkpoints saw." in found.proves


def test_a_log_that_is_gone_is_missed(full):
    shutil.rmtree(full.log / "w1")
    found = check(full)
    assert any("the log proctor.test/log/w1 is gone" in problem.what for problem in found.problems)
    assert not found.ok


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/002.p/90", "tile/1/000.p/2", "checkpoint"])
def test_a_deleted_tile_or_checkpoint_is_found(full, path):
    (full.log / "w0" / path).unlink()
    assert not check(full).ok


def test_a_widened_partial_tile_is_found_when_the_checkpoint_says_more(full):
    """A forged checkpoint that claims one more record needs one more hash: no key signs it."""
    note = (full.log / "w0" / "checkpoint").read_text()
    (full.log / "w0" / "checkpoint").write_text(note.replace("\n602\n", "\n603\n"))
    found = check(full)
    assert any("not that key's" in problem.what for problem in found.problems)
    assert not found.ok


def test_a_damaged_checkpoint_is_found(full):
    (full.log / "w0" / "checkpoint").write_bytes(b"proctor.test/log/w0\nmany\n")
    assert any("the checkpoint is damaged" in problem.what for problem in check(full).problems)
    assert not check(full).ok


def test_a_kept_checkpoint_that_cannot_be_used_is_no_silent_yes(full):
    assert not check(full, remembered=[b"rubbish"]).ok


def test_what_is_in_the_log_must_be_a_record_and_in_the_log_of_logs_a_checkpoint(full):
    """Nobody but the key's owner can put these there; a verifier says so all the same."""
    integrator = full.integrator()
    integrator.integrate()
    integrator._meta.append([b"no checkpoint"])
    integrator._shard("w0").log.append([b"no record"])
    integrator.close()
    said = [(problem.shard, problem.index, problem.what) for problem in check(full).problems]
    assert ("w0", 602, "it is no record") in said
    assert any((shard, index) == ("meta", 2) and "no checkpoint" in what for shard, index, what in said)


def test_two_kept_checkpoints_of_one_size_that_differ_are_a_fork(full):
    kept = (full.log / "w0" / "checkpoint").read_bytes()
    rebuild(full, changed(entries_of(full)))
    forked = (full.log / "w0" / "checkpoint").read_bytes()
    found = check(full, remembered=[kept, forked])
    assert any("the log forked" in problem.what for problem in found.problems)


def test_an_entry_and_its_hashes_changed_together_still_miss_the_signed_root(full):
    """Who changes the record, its tile and the tile above cannot change the root."""
    log = full.log / "w0"
    path = next(p for p in bundles(full) if bundle_number(p) == 0)
    entries = list(unpack(path.read_bytes()))
    entries[9] = entries[9].replace(b"alice", b"mallo")
    path.write_bytes(b"".join(map(pack, entries)))
    hashes = [leaf_hash(entry) for entry in entries]
    (log / tile_path(0, 0)).write_bytes(b"".join(hashes))
    upper = log / "tile" / "1" / "000.p" / "2"
    upper.write_bytes(tree_hash(hashes) + upper.read_bytes()[32:])
    found = check(full)
    assert (found.first.index, found.first.what) == (9, "the journal's copy is another record than the log's")
    shutil.rmtree(full.journal)
    shutil.rmtree(full.log / "meta")
    assert "not with the signed root" in check(full).first.what


def test_a_given_key_that_is_not_the_logs_is_not_enough(full, tmp_path):
    stranger = SigningKey.load(tmp_path / "x.pem").verifier("proctor.test/log/w0")
    assert not check(full, keys=[stranger]).ok


def test_an_answer_without_a_decision_is_a_lie(house):
    from proctor.audit.journal import Journal

    with Journal.open(house.journal / "w0", "w0", clock=house.clock) as journal:
        journal.record(StatementAnswered(id="a", exchange="x", of="x", rows=1, bytes=1, duration_us=1))
    house.integrate()
    found = check(house)
    assert found.first.what == "it answers a statement that was never decided"
    assert (found.first.id, found.first.kind) == ("a", "statement.answered")


def test_a_decision_without_an_answer_is_counted_as_evidence_of_a_crash(house):
    from proctor.audit.journal import Journal

    with Journal.open(house.journal / "w0", "w0", clock=house.clock) as journal:
        journal.record(house.decided("x1"))
    house.integrate()
    assert (check(house).ok, check(house).unanswered) == (True, 1)


def test_silence_between_heartbeats_is_noticed_but_no_lie(house):
    from proctor.audit.journal import Journal
    from proctor.audit.record import Heartbeat

    with Journal.open(house.journal / "w0", "w0", clock=house.clock) as journal:
        journal.record(Heartbeat(id="h1", interval_s=60))
        house.clock.advance(600)
        journal.record(Heartbeat(id="h2", interval_s=60))
    house.integrate()
    found = check(house)
    assert found.ok
    assert [(problem.id, problem.grave) for problem in found.problems] == [("h2", False)]
    assert "silence of 600 seconds" in found.problems[0].what


def test_a_vkey_reads_back(full):
    text = (full.log / "w0" / "log.vkey").read_text()
    assert Verifier.read(text) == SigningKey.load(full.keys / "log.pem").verifier("proctor.test/log/w0")
