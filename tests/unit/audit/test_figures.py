"""The house's numbers come from its records: as many as there are, no sooner than they are in the log, and no names."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.audit._tally import BOUNDS, MAX_HELD, PLACES, WAITS, Tally
from proctor.audit.figures import Figures, quantile
from proctor.audit.record import (
    LoginFailed,
    StatementAnswered,
    StatementDecided,
    StatementText,
    TicketOpened,
    Verdict,
)
from proctor.audit.record import encode as encoded
from tests.unit.audit.conftest import NOON, House

MINUTE = "2026-11-29T09:0{}:30.000000Z"


def entry(body: object, *, minute: int = 0, micros: int = 0, seq: int = 0) -> bytes:
    """Return a record as a journal would write it at that moment."""
    head = f'{{"v":1,"shard":"worker-0","seq":{seq},"time":"{MINUTE.format(minute)}","monotonic_ns":{micros * 1000},'
    return head.encode() + encoded(body)[1:]  # type: ignore[arg-type]


def decided(name: str, verdict: str = "allow", **also: object) -> StatementDecided:
    return StatementDecided(
        id=name,
        exchange=name,
        database="shop",
        statement=StatementText(text="select 1", digest="d"),
        command="select",
        understood=True,
        decision=Verdict(verdict=verdict, rules=("r",)),
        **also,  # type: ignore[arg-type]
    )


def answered(name: str, took: int = 900, rows: int = 2, sqlstate: str = "00000") -> StatementAnswered:
    return StatementAnswered(id=f"{name}-a", of=name, rows=rows, bytes=64, duration_us=took, sqlstate=sqlstate)


def test_what_has_entered_the_log_is_counted_and_nothing_else(house: House) -> None:
    figures = Figures()
    house.write(3)
    integrator = house.integrator()
    integrator.onlookers.append(figures.take)
    assert figures.by_shard() == {}
    integrator.integrate()
    integrator.integrate()
    integrator.close()
    counts = figures.by_shard()["w0"]
    assert (counts.allowed, counts.denied, counts.held) == (3, 0, 0)
    assert (counts.rows, counts.bytes, counts.failed) == (6, 192, 0)
    assert (counts.kinds["statement.decided"], counts.kinds["heartbeat"]) == (3, 1)
    assert figures.first is not None
    assert abs(figures.first.timestamp() - NOON / 1e9) < 1
    assert figures.delays()["w0"] >= 0


def test_a_record_too_large_for_an_entry_is_counted_like_any_other(house: House) -> None:
    """Else whoever wants a denial not to be counted would only have to write a long statement."""
    figures = Figures()
    house.write(1, text="select '" + "x" * 70_000 + "'")
    integrator = house.integrator()
    integrator.onlookers.append(figures.take)
    integrator.integrate()
    integrator.close()
    counts = figures.by_shard()["w0"]
    assert (counts.allowed, counts.kinds["statement.decided"], sum(counts.took)) == (1, 1, 1)


def test_decisions_and_failures_are_told_apart() -> None:
    tally = Tally()
    verdicts = ["allow", "allow", "deny", "hold", "hold", "hold"]
    assert tally.take([entry(decided(f"x{n}", verdict)) for n, verdict in enumerate(verdicts)]) == 6
    tally.take(
        [entry(answered("x0")), entry(answered("x1", sqlstate="42P01")), entry(LoginFailed(id="l", claimed="m"))]
    )
    assert tally.now()[:6] == (2, 1, 3, 4, 128, 1)
    assert tally.failures == {b"42": 1}
    assert tally.kinds == {b"statement.decided": 6, b"statement.answered": 2, b"login.failed": 1}


def test_what_the_gateway_adds_is_what_passes_until_the_decision_is_on_record() -> None:
    tally = Tally()
    tally.take([entry(decided("x"), micros=1_000_040), entry(answered("x", took=900), micros=1_000_900)])
    assert tally.sums == (40, 900)
    added, took = tally.now()[6:]
    assert [place for place, count in enumerate(added) if count] == [BOUNDS.index(50)]
    assert [place for place, count in enumerate(took) if count] == [BOUNDS.index(1000)]


def test_what_somebody_had_to_approve_is_counted_apart_and_so_is_the_waiting() -> None:
    tally = Tally()
    held = TicketOpened(id="t", ticket="T1", statement="delete from orders")
    tally.take([
        entry(held, micros=5),
        entry(decided("x", ticket="T1"), micros=20_000_005),
        entry(answered("x", took=900), micros=20_000_905),
    ])  # fmt: skip
    assert tally.now()[:4] == (1, 0, 0, 2)
    assert [sum(each) for each in tally.now()[6:]] == [0, 0], "not among those that nobody waited for"
    (approved, took), (waited, micros), _ = tally.apart
    assert ([BOUNDS[place] for place, count in enumerate(approved) if count], took) == ([1000], 900)
    assert ([WAITS[place] for place, count in enumerate(waited) if count], micros) == ([30], 20_000_000)


def test_a_ticket_that_was_opened_elsewhere_was_waited_for_nobody_knows_how_long() -> None:
    tally = Tally()
    tally.take([entry(decided("x", ticket="T1")), entry(answered("x"))])
    (approved, _), (waited, _), _ = tally.apart
    assert (sum(approved), sum(waited)) == (1, 0)


def test_a_wait_that_is_longer_than_all_bounds_is_counted_too() -> None:
    tally = Tally()
    tally.take(
        [entry(TicketOpened(id="t", ticket="T1")), entry(decided("x", ticket="T1"), micros=WAITS[-1] * 2_000_000)]
    )
    assert tally.apart[1][0] == (*(0,) * len(WAITS), 1)


def test_tickets_that_are_never_used_do_not_fill_the_memory() -> None:
    tally = Tally()
    tally.take([entry(TicketOpened(id="t", ticket=f"T{number}")) for number in range(MAX_HELD + 1)])
    tally.take([entry(decided("x", ticket="T0")), entry(decided("y", ticket="T1"))])
    assert sum(tally.apart[1][0]) == 1, "the oldest is forgotten"


def test_what_masks_took_is_told_of_those_that_wore_any() -> None:
    tally = Tally()
    masked = msgspec.structs.replace(answered("x", took=900), cells={1: 2}, masking_us=70)
    tally.take([entry(decided("x")), entry(masked), entry(decided("y")), entry(answered("y"))])
    masking, micros = tally.apart[2]
    assert ([BOUNDS[place] for place, count in enumerate(masking) if count], micros) == ([100], 70)
    assert tally.sums[1] == 1800, "it is a part of the whole time"


def test_words_of_a_statement_are_not_taken_for_its_decision() -> None:
    tally = Tally()
    body = decided("x", "deny")
    text = StatementText(text='select \'","decision":{"verdict":"allow"},"exchange":"y","ticket":"\'', digest="d")
    tally.take(
        [
            entry(
                StatementDecided(**{name: getattr(body, name) for name in body.__struct_fields__} | {"statement": text})
            )
        ]
    )
    assert tally.now()[:3] == (0, 1, 0)


def test_the_hour_is_told_minute_by_minute_over_all_shards() -> None:
    figures = Figures()
    for shard in ("worker-0", "worker-1"):
        for minute in (0, 1, 1, 3):
            name = f"{shard}-{minute}"
            figures.take(
                shard, Path("none"), [entry(decided(name), minute=minute), entry(answered(name), minute=minute)]
            )
    hour = figures.hour(datetime(2026, 11, 29, 9, 0, tzinfo=UTC))
    assert [each.allowed for each in hour[:5]] == [2, 4, 0, 2, 0]
    assert [each.rows for each in hour[:5]] == [4, 8, 0, 4, 0]
    assert [sum(each.took) for each in hour[:5]] == [2, 4, 0, 2, 0]
    assert len(hour) == 60
    later = figures.hour(datetime(2026, 11, 29, 9, 3, tzinfo=UTC))
    assert [each.allowed for each in later[:2]] == [2, 0]


@pytest.mark.parametrize(
    ("counted", "share", "told"),
    [
        ({}, 0.5, 0),
        ({0: 10}, 0.5, 5),
        ({1: 1, 5: 1}, 0.5, 25),
        ({3: 100}, 0.99, 100),
        ({PLACES - 1: 3}, 0.5, BOUNDS[-1]),
    ],
    ids=["nothing", "within the first", "up to the middle", "near the end", "longer than any"],
)
def test_a_quantile_is_as_near_as_the_histogram_allows(counted: dict[int, int], share: float, told: int) -> None:
    assert abs(quantile([counted.get(place, 0) for place in range(PLACES)], share) - told) <= 1


PIECES = st.sampled_from(
    [b',"time":"', b',"kind":"', b"statement.decided", b"statement.answered", b',"decision":{"verdict":"', b"allow", b'"',
     b',"exchange":"', b',"of":"', b',"rows":', b"12345678901234567890", b',"sqlstate":"', b'"blob":{', b"\x00", b"-"]
)  # fmt: skip


@given(st.lists(st.lists(PIECES | st.binary(max_size=5), max_size=30).map(b"".join), max_size=5))
def test_nothing_that_may_lie_in_a_log_breaks_the_counting(entries: list[bytes]) -> None:
    """The log must go on, whatever is in it."""
    figures = Figures()
    if entries:
        figures.take("worker-0", Path("none"), entries)
    assert len(figures.by_shard()) <= 1
