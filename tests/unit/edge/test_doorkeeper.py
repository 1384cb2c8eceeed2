"""How often one may try to log in at the console, and whom that slows down."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from proctor.edge.doorkeeper import CHECKS_AT_ONCE, FREE_TRIES, MAX_REMEMBERED, SECOND, Doorkeeper, Patience, Wait
from proctor.edge.verifiers import Locks
from proctor.terms import Identity
from tests.unit.control.house import House, build


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = build(tmp_path)
    made.store.close()
    return made


@pytest.fixture
def door(house: House) -> Doorkeeper:
    return Doorkeeper(house.config, Locks(house.config, b"k" * 32), house.clock, house.records.record)


async def test_a_stranger_elsewhere_locks_nobody_out(door: Doorkeeper) -> None:
    for _ in range(FREE_TRIES + 1):
        assert await door.admit("dora", "wrong", "203.0.113.7") is None
    assert isinstance(await door.admit("dora", "dorapw", "203.0.113.7"), Wait)
    assert isinstance(await door.admit("dora", "dorapw", "198.51.100.1"), Identity)


async def test_many_tries_at_once_are_no_more_than_many_in_a_row(door: Doorkeeper) -> None:
    outcomes = await asyncio.gather(*(door.admit("dora", f"guess {n}", "203.0.113.7") for n in range(60)))
    assert outcomes.count(None) <= FREE_TRIES + CHECKS_AT_ONCE
    assert all(outcome is None or isinstance(outcome, Wait) for outcome in outcomes)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        pytest.param("2001:db8::1", "2001:db8::ffff", True, id="one customer of IPv6"),
        pytest.param("2001:db8::1", "2001:db8:0:1::1", False, id="another customer"),
        pytest.param("::ffff:203.0.113.7", "203.0.113.7", True, id="IPv4 in IPv6"),
        pytest.param("203.0.113.7", "203.0.113.8", False, id="another address"),
    ],
)
async def test_what_counts_as_one_place(door: Doorkeeper, first: str, second: str, *, same: bool) -> None:
    for _ in range(FREE_TRIES + 1):
        await door.admit("dora", "wrong", first)
    assert isinstance(await door.admit("dora", "wrong", second), Wait) is same


async def test_an_endless_password_is_not_even_hashed(door: Doorkeeper) -> None:
    assert await door.admit("dora", "x" * 100_000, "127.0.0.1") is None


async def test_a_name_that_cannot_be_printed_is_not_printed(door: Doorkeeper, house: House) -> None:
    await door.admit("\x1b[2J", "x", "127.0.0.1")
    assert getattr(house.records.kept[-1], "claimed", "") == "(unprintable)"


def test_the_wait_doubles_up_to_a_minute_and_is_forgotten() -> None:
    patience, key = Patience(), ("a",)
    waits = []
    now = 0
    for _ in range(10):
        patience.failed(now, key, 2)
        waits.append(patience.wait(now, key) // SECOND)
        now += waits[-1] * SECOND
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60]
    patience.failed(now + 16 * 60 * SECOND, key, 2)
    assert patience.wait(now + 16 * 60 * SECOND, key) == 0


def test_strangers_cannot_fill_the_memory() -> None:
    patience = Patience()
    for number in range(MAX_REMEMBERED + 100):
        patience.failed(0, (str(number),), 0)
    assert patience.wait(0, ("0",)) == 0
    assert patience.wait(0, (str(MAX_REMEMBERED + 99),)) > 0
