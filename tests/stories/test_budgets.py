"""Where a rule gives a budget, plain values may be put to a sensitive column until it is spent, and not once more."""

from __future__ import annotations

from pathlib import Path

import pytest

from proctor.policy.rules import Rules
from proctor.terms import Allow, Column, Deny, Hold, Relation
from proctor.wire import messages
from tests.stories.honest import Result, column
from tests.stories.house import COPILOT, OIDS, Story, opened

EMAIL = Column(Relation("public", "customers"), "email")
BUDGET = """
@id("three-a-day")
@reason("three exact questions a day are ordinary work")
@hint("ask for fewer, or wait for the approval")
permit (principal is User, action == Action::"infer", resource)
when { context.use == "key" && context.probes <= 3 };
"""
ASKED = "select id from customers where email = '{}'"
BOUND = "select id from customers where email = $1"
SYNC = messages.sync()


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    path = tmp_path / "budget.cedar"
    path.write_text(BUDGET)
    return Rules.load([path])


def with_budget(story: Story, rules: Rules) -> Story:
    story.world._rules = rules
    for text in (*(ASKED.format(n) for n in range(9)), BOUND, "select id from customers where email = any($1)"):
        story.database.results[text] = Result([column("id", 23, table=OIDS["customers"], number=1)], [], "SELECT 0")
    return story


def decisions(story: Story) -> list[str]:
    return [type(entry.decided.decision).__name__ for entry in story.ledger.decisions]


async def bind(story: Story, name: str, *values: bytes) -> list[str]:
    return await story.asks(messages.bind("", name, (), values, ()), messages.execute("", 0), SYNC)


async def test_a_budget_lets_so_many_through_and_holds_the_next(rules: Rules) -> None:
    async with opened(hold_seconds=0, environment="production") as story:
        with_budget(story, rules)
        for n in range(5):
            await story.asks(messages.query(ASKED.format(n)))
        assert decisions(story) == ["Allow", "Allow", "Allow", "Hold", "Hold"]
        assert len(story.ran) == 3
        assert story.desk.purse == {("alice", EMAIL): 3}  # what did not run was paid back
        paid = [dict(entry.probes) for entry in story.ledger.decisions[:3]]
        assert paid == [{EMAIL: 1}, {EMAIL: 2}, {EMAIL: 3}]


async def test_the_same_text_asked_again_is_another_question(rules: Rules) -> None:
    """Remembered, its answer would be free the second time, and the budget of no use."""
    async with opened(hold_seconds=0, environment="production") as story:
        with_budget(story, rules)
        for _ in range(4):
            await story.asks(messages.query(ASKED.format(1)))
        assert decisions(story) == ["Allow", "Allow", "Allow", "Hold"]


async def test_each_bind_spends_and_a_name_alone_does_not(rules: Rules) -> None:
    async with opened(hold_seconds=0, environment="production") as story:
        with_budget(story, rules)
        assert "prepared" in await story.asks(messages.parse("s", BOUND), SYNC)
        assert story.desk.purse == {}
        heard = [await bind(story, "s", b"a@b.example") for _ in range(4)]
        assert [any("42501" in line for line in lines) for lines in heard] == [False, False, False, True]
        assert story.desk.purse == {("alice", EMAIL): 3}


async def test_an_array_is_as_many_questions_as_it_has_elements(rules: Rules) -> None:
    async with opened(hold_seconds=0, environment="production") as story:
        with_budget(story, rules)
        await story.asks(messages.parse("s", "select id from customers where email = any($1)"), SYNC)
        four, two = await bind(story, "s", b"{a,b,c,d}"), await bind(story, "s", b"{a,b}")
        assert any("42501" in line for line in four)
        assert not any("42501" in line for line in two)
        assert story.desk.purse == {("alice", EMAIL): 2}


async def test_two_statements_of_one_text_spend_together(rules: Rules) -> None:
    async with opened(hold_seconds=0, environment="production") as story:
        with_budget(story, rules)
        await story.asks(messages.query("; ".join(ASKED.format(n) for n in range(4))))
        assert story.ran == []
        assert story.desk.purse == {("alice", EMAIL): 0}


async def test_an_agent_has_no_part_in_the_budget_of_people(rules: Rules) -> None:
    async with opened(asker=COPILOT, hold_seconds=0, environment="production") as story:
        with_budget(story, rules)
        await story.asks(messages.query(ASKED.format(1)))
        assert (decisions(story), story.ran, story.desk.purse) == (["Deny"], [], {})


async def test_a_store_that_cannot_count_lets_nothing_through(rules: Rules) -> None:
    async with opened(hold_seconds=0, environment="production") as story:
        with_budget(story, rules)
        story.desk.breaks.add("spend_probes")
        heard = await story.asks(messages.query(ASKED.format(1)))
        assert any("58000" in line for line in heard)
        assert story.ran == []


async def test_without_a_budget_nothing_is_counted(story: Story) -> None:
    await story.asks(messages.query(ASKED.format(1)))
    assert story.desk.purse == {}
    assert {type(entry.decided.decision) for entry in story.ledger.decisions} <= {Hold, Deny, Allow}
    assert story.ran == []
