"""What is done regularly can be another thing from one moment to the next, and what stays is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from proctor.app.errands import Call, Errands

HOURS = 10_000.0


def as_it_is(_: str, call: Call) -> Call:
    return call


class Counted:
    """An errand that counts its turns."""

    def __init__(self) -> None:
        self.turns = 0

    async def go(self) -> None:
        self.turns += 1


@asynccontextmanager
async def errands() -> AsyncIterator[Errands]:
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(20):
        made = Errands(tasks, as_it_is)
        yield made
        made.stop()


async def a_turn() -> None:
    """Let everything that can run do so."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_errands_go_on_by_their_pace_until_they_are_stopped() -> None:
    fast, slow = Counted(), Counted()
    async with errands() as kept:
        assert kept.keep([("fast", 0.0, fast.go), ("slow", HOURS, slow.go)]) == []
        while fast.turns < 10:
            await asyncio.sleep(0)
        assert slow.turns == 1
    before = fast.turns
    await a_turn()
    assert fast.turns == before


async def test_what_stays_the_same_is_left_alone_and_what_is_new_begins() -> None:
    old, new = Counted(), Counted()
    async with errands() as kept:
        kept.keep([("old", HOURS, old.go)])
        await a_turn()
        assert kept.keep([("old", HOURS, old.go), ("new", HOURS, new.go)]) == []
        await a_turn()
        assert (old.turns, new.turns) == (1, 1)


async def test_another_pace_and_another_call_count_at_once() -> None:
    first, second = Counted(), Counted()
    async with errands() as kept:
        kept.keep([("one", HOURS, first.go)])
        await a_turn()
        kept.keep([("one", HOURS / 2, first.go)])
        await a_turn()
        assert first.turns == 2
        kept.keep([("one", HOURS / 2, second.go)])
        await a_turn()
        assert (first.turns, second.turns) == (2, 1)


async def test_what_is_not_wanted_any_more_ends_and_is_named() -> None:
    gone, stays = Counted(), Counted()
    async with errands() as kept:
        kept.keep([("gone", 0.0, gone.go), ("stays", HOURS, stays.go)])
        await a_turn()
        assert kept.keep([("stays", HOURS, stays.go)]) == ["gone"]
        before = gone.turns
        await a_turn()
        assert gone.turns == before
        kept.keep([("gone", HOURS, gone.go), ("stays", HOURS, stays.go)])
        await a_turn()
        assert gone.turns == before + 1
