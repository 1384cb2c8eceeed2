"""What a worker does several times a second: it notices what was revoked in every database, also while one has trouble."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from proctor.app.rounds import LOOK_SECONDS, Rounds
from proctor.edge.house import House
from proctor.errors import HouseFault

PROMISED_SECONDS = 1.0


class World:
    def __init__(self, *, lost: bool = False) -> None:
        self.lost, self.seen = lost, 0

    def turn_the_minute(self) -> None:
        pass

    def see_grants(self) -> None:
        self.seen += 1
        if self.lost:
            raise HouseFault("the state cannot be used")


class Visitor:
    session = None

    def __init__(self, world: World) -> None:
        self.world, self.looked = world, 0

    def look(self, now: int) -> None:
        self.looked += 1


def house(worlds: list[World], visitors: list[Visitor]) -> House:
    return cast(House, SimpleNamespace(
        worlds=dict(enumerate(worlds)),
        visitors={number: (None, each) for number, each in enumerate(visitors)},
        clock=SimpleNamespace(monotonic_ns=lambda: 1),
        store=SimpleNamespace(changes=dict),
        name="house",
    ))  # fmt: skip


def test_a_revocation_is_looked_for_often_enough_that_one_missed_round_keeps_the_promise() -> None:
    assert LOOK_SECONDS * 2 < PROMISED_SECONDS


def test_each_look_sees_the_grants_of_every_database_once_also_of_one_that_the_settings_no_longer_name() -> None:
    here, gone = World(), World()
    guests = [Visitor(here), Visitor(gone), Visitor(gone)]
    asyncio.run(Rounds(house([here], guests), None)._look())
    assert (here.seen, gone.seen) == (1, 1)


def test_what_cannot_be_read_for_one_database_keeps_no_other_from_noticing_and_no_session_from_its_deadline() -> None:
    worlds = [World(lost=True), World(), World(lost=True)]
    guest = Visitor(worlds[1])
    with pytest.raises(HouseFault):
        asyncio.run(Rounds(house(worlds, [guest]), None)._look())
    assert ([world.seen for world in worlds], guest.looked) == ([1, 1, 1], 1)
