"""Whoever waits for the disk is called once: when it may leave, or with the fault by which it may not."""

from __future__ import annotations

import asyncio

import pytest

from proctor.audit.leaving import Leaving
from proctor.errors import HouseFault

FAULT = HouseFault("the disk is gone")


def test_all_whose_records_are_on_disk_are_called_in_order_and_no_others():
    leaving, called = Leaving(), []
    for position in (3, 5, 5, 8):
        leaving.add(position, lambda fault, position=position: called.append((position, fault)))
    leaving.go(4)
    assert called == [(3, None)]
    leaving.go(7)
    assert called == [(3, None), (5, None), (5, None)]
    assert leaving


def test_a_fault_that_one_of_them_meets_is_told_to_the_others_and_only_that():
    """One that is called may write a record, and find that the disk is full."""
    leaving, told = Leaving(), []
    leaving.add(1, lambda _: leaving.fail(FAULT, None))
    leaving.add(2, told.append)
    leaving.go(2)
    assert told == [FAULT]
    assert not leaving


async def test_a_fault_is_told_when_whoever_met_it_is_done():
    leaving, told = Leaving(), []
    leaving.add(1, told.append)
    leaving.fail(FAULT, asyncio.get_running_loop())
    leaving.go(1)
    assert told == []
    await asyncio.sleep(0)
    assert told == [FAULT]


async def test_one_that_is_added_by_another_waits_for_its_own_record():
    leaving, told = Leaving(), []
    leaving.add(1, lambda _: leaving.add(2, told.append))
    leaving.go(1)
    assert told == []
    leaving.go(2)
    assert told == [None]


async def test_one_that_breaks_does_not_hold_up_the_others():
    leaving, told = Leaving(), []
    leaving.add(1, lambda _: told[7])
    leaving.add(1, told.append)
    with pytest.raises(IndexError):
        leaving.go(1)
    await asyncio.sleep(0)
    assert told == [None]
