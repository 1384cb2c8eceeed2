"""The shipped pack's own cases, played as `proctor policy test` plays them: each rule at work, and its harmless neighbour."""

from __future__ import annotations

import asyncio
from importlib import resources
from pathlib import Path

import pytest

from proctor.app.cases import read_cases
from proctor.cli.rehearsing import Outcome, play
from proctor.policy.rules import Rules

PACK = Path(str(resources.files("proctor.policy").joinpath("pack/cases.toml")))
EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "manual" / "examples" / "rules" / "support.test.toml"


def played(path: Path) -> list[Outcome]:
    cases = read_cases(path)

    async def everything() -> list[Outcome]:
        return [outcome async for outcome in play(cases, Rules.load(cases.rules or ()))]

    return asyncio.run(everything())


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return played(PACK)


def test_every_case_of_the_shipped_pack_comes_out_as_it_says(outcomes: list[Outcome]) -> None:
    assert [(outcome.case.name, outcome.expected.who, outcome.wrong) for outcome in outcomes if outcome.wrong] == []


def test_every_shipped_rule_has_a_case_that_it_decides(outcomes: list[Outcome], shipped: Rules) -> None:
    """What an agent may not unmask stays masked, and nothing is refused: `agent-unmasks` is shown by the example."""
    decided = {outcome.expected.rule for outcome in outcomes}
    assert {info.id for info in shipped} - decided == {"agent-unmasks"}


def test_every_shipped_rule_has_a_harmless_neighbour_that_passes(outcomes: list[Outcome], shipped: Rules) -> None:
    """A guard that also stops what only looks like it is one that people learn to switch off."""
    passed = {name for outcome in outcomes if outcome.verdict == "allow" for name in outcome.case.near}
    assert {info.id for info in shipped} - passed == {"agent-unmasks"}


def test_a_neighbour_is_one_for_whom_the_rule_is_made(outcomes: list[Outcome], shipped: Rules) -> None:
    """A person who passes a rule about agents proves nothing."""
    for info in shipped:
        if info.id.startswith("agent-") and info.id != "agent-unmasks":
            near = [o for o in outcomes if info.id in o.case.near and o.verdict == "allow"]
            assert any(outcome.expected.who == "copilot" for outcome in near), info.id


def test_the_example_of_the_manual_comes_out_as_it_says() -> None:
    outcomes = played(EXAMPLE)
    assert [(outcome.case.name, outcome.wrong) for outcome in outcomes if outcome.wrong] == []
    masks = {(o.expected.who, o.case.reason): o.case.masks["email"] for o in outcomes if "email" in o.case.masks}
    assert masks == {("sue", "INC-42"): "none", ("sue", None): "email", ("copilot", "INC-42"): "email"}
