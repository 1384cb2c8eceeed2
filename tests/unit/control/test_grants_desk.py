"""The desk for grants: who may decide is what the settings say, now, and each step is on record before it counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from proctor.control import Refused
from proctor.policy.approvers import Approvers
from proctor.terms import Column, DataClass, Finding, Grant, GrantState, Relation
from tests.unit.control.house import House, build

EMAIL = Column(Relation("public", "people"), "email")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = build(tmp_path)
    made.store.map.save_scan("shop", EMAIL.relation, "d1", {"email": Finding(DataClass("email"), 1.0, "seen")})
    yield made
    made.store.close()


def settled(house: House, *groups: str, quorum: int = 1) -> None:
    """Reload the house with other people who agree to grants."""
    approvals = replace(house.config.approvals, grants=Approvers(frozenset(groups), quorum))
    house.control.change(replace(house.config, approvals=approvals), house.control.rules)


async def asked(house: House) -> Grant:
    found = await house.control.grants.request(house.who("alice"), "shop", EMAIL, 1800, "INC-42")
    assert isinstance(found, Grant)
    return found


async def test_a_grant_takes_as_many_people_as_the_settings_say(house: House) -> None:
    settled(house, "dba", "security", quorum=2)
    grant = await asked(house)
    first = await house.control.grants.approve(house.who("dora"), grant.id)
    assert isinstance(first, Grant)
    assert first.state is GrantState.PENDING
    again = await house.control.grants.approve(house.who("dora"), grant.id)
    assert isinstance(again, Refused)
    assert "agreed already" in again.reason
    second = await house.control.grants.approve(house.who("sam"), grant.id)
    assert isinstance(second, Grant)
    assert second.state is GrantState.ACTIVE
    assert house.records.told().count("GrantApproved") == 2


async def test_whom_the_settings_name_sees_and_decides_and_whom_they_no_longer_name_does_not(house: House) -> None:
    settled(house, "engineering")
    grant = await asked(house)
    refused = await house.control.grants.approve(house.who("dora"), grant.id)
    assert isinstance(refused, Refused)
    assert refused.reason == "this is for members of engineering"
    own = await house.control.grants.approve(house.who("alice"), grant.id)
    assert isinstance(own, Refused)
    settled(house, "auditor")
    assert [each.id for each in await house.control.grants.list(house.who("audrey"))] == [grant.id]
    given = await house.control.grants.approve(house.who("audrey"), grant.id)
    assert isinstance(given, Grant)
    assert given.state is GrantState.ACTIVE
