"""What the settings let nobody keep for ever: it goes after a record has said so, and what stays still verifies."""

from __future__ import annotations

import pytest

from proctor.audit.integrator import retired
from proctor.audit.journal import Journal
from proctor.audit.reading import records
from proctor.audit.record import LogRetired
from proctor.audit.tiles import bundle_path
from proctor.audit.verify import verify


@pytest.fixture
def full(house):
    """602 records in a shard, the first 300 of them a year older."""
    house.write(150)
    house.clock.advance(365 * 86_400)
    house.write(150)
    house.integrate()
    return house


def declare(house, before: int) -> None:
    with Journal.open(house.journal / "control", "control", clock=house.clock) as journal:
        journal.record(LogRetired(id="g1", log="w0", retired=before, because="the settings say so"))
    house.integrate()


def retire(house, before: int) -> None:
    integrator = house.integrator()
    integrator.retire("w0", before)
    integrator.close()


def test_what_is_older_is_found_in_whole_bundles(full):
    integrator = full.integrator()
    assert integrator.outdated("w0", "2027-06-01T00:00:00.000000Z") == 256
    assert integrator.outdated("w0", "2020-06-01T00:00:00.000000Z") == 0
    assert integrator.outdated("w0", "2030-06-01T00:00:00.000000Z") == 512
    integrator.close()


def test_what_was_declared_and_taken_away_is_noted_and_all_else_verifies(full):
    declare(full, 256)
    retire(full, 256)
    assert not (full.log / "w0" / bundle_path(0)).exists()
    assert next(seq for seq, _ in records(full.state, "w0")) == 256
    found = verify(full.log, full.journal, signed=full.keys)
    assert found.ok
    assert [problem.what for problem in found.problems] == [
        "records 0 to 255 were retired, as a record declares; their hashes are still there"
    ]
    full.write(5)
    full.integrate()
    assert verify(full.log, full.journal, signed=full.keys).ok


def test_what_was_taken_away_without_a_word_is_a_lie(full):
    retire(full, 256)
    found = verify(full.log)
    assert (found.ok, found.first.what) == (False, "records 0 to 255 were taken away, and no record declares it")


def test_more_than_was_declared_is_a_lie(full):
    declare(full, 256)
    retire(full, 512)
    assert verify(full.log).first.what == "records 0 to 511 were taken away, and no record declares it"


def test_a_mark_that_lies_hides_nothing(full):
    """Whoever writes the mark alone has not taken the record of it into a signed log."""
    (full.log / "w0" / bundle_path(0)).unlink()
    assert not verify(full.log).ok
    (full.log / "w0" / "retired").write_text("rubbish")
    assert not verify(full.log).ok


def test_a_hash_of_what_was_retired_is_still_held_against_the_root(full):
    declare(full, 256)
    retire(full, 256)
    tile = full.log / "w0" / "tile" / "0" / "000"
    data = bytearray(tile.read_bytes())
    data[5] ^= 1
    tile.write_bytes(bytes(data))
    assert not verify(full.log).ok


def test_only_whole_bundles_go_and_never_the_newest(full):
    retire(full, 10_000)
    assert retired(full.log / "w0") == 512
    retire(full, 256)
    assert retired(full.log / "w0") == 512
