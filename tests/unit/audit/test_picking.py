"""A search reads the records that it shows, and of their bundles nothing else; wherever the index errs, the log decides."""

from __future__ import annotations

import pytest

from proctor.audit import picking
from proctor.audit.index import Index
from proctor.audit.journal import Journal
from proctor.audit.reading import fetched, records
from proctor.audit.record import Heartbeat, OperatorCall
from proctor.audit.search import Question, ask
from proctor.audit.tiles import Tiles
from proctor.errors import HouseFault

SIZES = (10, 4000, 70_000, 5, 60_000, 9000)  # one that lies beside the log, some longer than what is read at once


@pytest.fixture
def filled(house, clock):
    """Some 600 records of one shard, most of them short, in a log of three bundles."""
    with Journal.open(house.journal / "w0", "w0", clock=clock) as journal:
        for number in range(300):
            journal.record(Heartbeat(id=f"h{number}", interval_s=60))
            size = SIZES[number % len(SIZES)] if number % 20 < len(SIZES) else number
            journal.record(OperatorCall(id=f"o{number}", action="export", details={"of": "x" * size}))
    house.integrate()
    return house


@pytest.fixture
def no_bundles(monkeypatch):
    """Forbid to read whole bundles."""

    def forbidden(*_):
        raise AssertionError("a whole bundle was read")

    return lambda: monkeypatch.setattr(Tiles, "entries", forbidden)


def places(house) -> dict[tuple[str, int], int | None]:
    with Index.open(house.state) as index:
        index.refresh()
        return {("w0", seq): place for seq, place in index.connection.execute("select seq, place from records")}


def everything(house) -> dict[tuple[str, int], bytes]:
    return {("w0", seq): record for seq, record in records(house.state, "w0")}


@pytest.mark.parametrize("step", [40, 7, 61])
def test_each_record_is_read_at_its_own_place(filled, no_bundles, step):
    whole, known = everything(filled), places(filled)
    wanted = dict(list(known.items())[::step])
    if step < 256 // picking.MANY:
        assert len(wanted) > 3 * picking.MANY
    else:
        no_bundles()
    assert fetched(filled.state, wanted) == {where: whole[where] for where in wanted}


def test_one_file_more_than_may_be_open_at_once_is_read_later(filled, no_bundles, monkeypatch):
    monkeypatch.setattr(picking, "AHEAD", 1)
    whole, known = everything(filled), places(filled)
    no_bundles()
    wanted = {("w0", seq): known["w0", seq] for seq in (3, 290, 591)}
    assert fetched(filled.state, wanted) == {where: whole[where] for where in wanted}


def test_places_that_were_known_before_the_log_had_the_records_are_right(house, clock, no_bundles):
    for _ in range(3):  # the index takes in what only the journal has, amid a bundle, again and again
        with Journal.open(house.journal / "w0", "w0", clock=clock) as journal:
            for number in range(50):
                journal.record(OperatorCall(id=f"o{number}", action="export", details={"of": "x" * number * 300}))
        known = places(house)
    house.integrate()
    whole = everything(house)
    assert None not in known.values()
    no_bundles()
    wanted = {("w0", seq): known["w0", seq] for seq in range(0, 150, 17)}
    assert fetched(house.state, wanted) == {where: whole[where] for where in wanted}


@pytest.mark.parametrize("wrong", [0, 1, 77, 10_000_000_000])
def test_where_the_index_errs_the_bundle_is_read(filled, wrong):
    whole = everything(filled)
    assert fetched(filled.state, {("w0", 300): wrong}) == {("w0", 300): whole["w0", 300]}


def test_a_record_whose_place_is_not_known_is_found_in_its_bundle(filled):
    assert fetched(filled.state, {("w0", 300): None}) == {("w0", 300): everything(filled)["w0", 300]}


def test_a_bundle_that_is_gone_is_no_empty_answer(filled):
    known = places(filled)
    for bundle in (filled.log / "w0" / "tile" / "entries").glob("00*"):
        if bundle.is_file():
            bundle.unlink()
    with pytest.raises(HouseFault, match="is damaged"):
        fetched(filled.state, {("w0", 3): known["w0", 3]})


def test_a_search_reads_no_whole_bundle_for_a_few_records(filled, no_bundles):
    with Index.open(filled.state) as index:
        index.refresh()
        no_bundles()
        (first, *_, last) = ask(index, Question(kind="operator.call", limit=picking.MANY))
    assert (first["id"], last["id"]) == ("o288", "o299")
