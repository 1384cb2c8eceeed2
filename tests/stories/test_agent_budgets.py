"""An agent's budgets: what it may do in a day by itself, of which kind, and that somebody is asked about the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proctor.terms import Budget, Claims, Identity, Registration, Task
from proctor.wire import messages
from tests.stories.honest import Result, column
from tests.stories.house import COPILOT, OIDS, WRITE, Story, opened

READ = "select id from orders where id = 1"
SHOWN = "select email from customers where id = 1"
SYNC = messages.sync()


def agent(*, tasks: tuple[Task, ...] = (), **budget: int) -> Identity:
    return replace(COPILOT, registration=Registration(budget=Budget(**budget)), tasks=tasks)


def decisions(story: Story) -> list[str]:
    return [type(entry.decided.decision).__name__ for entry in story.ledger.decisions]


def prepared(story: Story) -> Story:
    story.database.results[READ] = Result([column("id", 23, table=OIDS["orders"], number=1)], [[b"1"]] * 2, "SELECT 2")
    return story


async def reads(story: Story) -> list[str]:
    return await story.asks(messages.query(READ))


async def test_the_statement_after_the_last_of_a_budget_is_held() -> None:
    async with opened(asker=agent(statements=2), hold_seconds=0, environment="production") as story:
        prepared(story)
        for _ in range(3):
            await reads(story)
        assert decisions(story) == ["Allow", "Allow", "Hold"]
        assert story.ran == [READ, READ]
        held = story.ledger.decisions[-1].decided.decision
        assert held.rules == ("agent-budget",)
        assert held.reason == "the agent's budget of 2 statements a day is used up"


async def test_the_rows_that_were_answered_count() -> None:
    async with opened(asker=agent(rows=3), hold_seconds=0, environment="production") as story:
        prepared(story)
        for _ in range(3):
            await reads(story)
        assert decisions(story) == ["Allow", "Allow", "Hold"]


async def test_what_is_executed_again_counts_again_and_is_held_when_it_is_executed() -> None:
    async with opened(asker=agent(statements=1), hold_seconds=0, environment="production") as story:
        prepared(story)
        for _ in range(2):
            await story.asks(messages.parse("", READ), messages.bind("", ""), messages.execute(), SYNC)
        assert decisions(story) == ["Allow", "Hold"]
        assert len(story.ran) == 1


async def test_a_transaction_can_be_ended_with_a_budget_used_up() -> None:
    async with opened(asker=agent(statements=1), hold_seconds=0, environment="production") as story:
        prepared(story)
        await story.asks(messages.query("begin"))
        await reads(story)
        await story.asks(messages.query("commit"))
        assert decisions(story) == ["Allow", "Allow", "Allow"]
        assert story.database.status == "I"


async def test_whoever_has_no_budget_is_counted_nowhere() -> None:
    async with opened(asker=COPILOT, hold_seconds=0, environment="production") as story:
        prepared(story)
        await reads(story)
        assert story.desk.purse == {}
        assert story.relay.quick
    async with opened(asker=agent(cost=5)) as story:
        assert not story.relay.quick, "what is counted does not take the fast lane"


@pytest.mark.parametrize("budget", [{"writes": 1}, {"cells": 1}])
async def test_budgets_of_another_kind_let_reading_alone(budget: dict[str, int]) -> None:
    async with opened(asker=agent(**budget), hold_seconds=0, environment="production") as story:
        prepared(story)
        for _ in range(3):
            await reads(story)
        assert decisions(story) == ["Allow"] * 3


async def test_masked_cells_count_and_so_do_writes() -> None:
    async with opened(asker=agent(cells=1), hold_seconds=0, environment="production") as story:
        shown = Result([column("email", 25, table=OIDS["customers"], number=2)], [[b"a@b.example"]], "SELECT 1")
        story.database.results[SHOWN] = shown
        for _ in range(2):
            await story.asks(messages.query(SHOWN))
        assert decisions(story) == ["Allow", "Hold"]
    async with opened(asker=agent(writes=1), hold_seconds=0, environment="development") as story:
        for _ in range(2):
            await story.asks(messages.query(WRITE))
        assert decisions(story) == ["Allow", "Hold"]


async def test_what_is_looked_at_costs_and_not_only_what_is_given() -> None:
    """The tables of these stories have a hundred rows each, by the server's own statistics."""
    count = "select count(*) from orders"
    async with opened(asker=agent(cost=101), hold_seconds=0, environment="production") as story:
        story.database.results[count] = Result([column("count", 20)], [[b"2"]], "SELECT 1")
        prepared(story)
        await reads(story)
        for _ in range(2):
            await story.asks(messages.query(count))
        assert decisions(story) == ["Allow", "Allow", "Hold"]
        held = story.ledger.decisions[-1].decided.decision
        assert held.reason == "the agent's budget of 101 rows that statements were expected to read a day is used up"


async def test_a_task_has_a_budget_of_its_own_beside_the_agents() -> None:
    task = Task("billing", frozenset({"public.orders"}), Budget(statements=1))
    asker = agent(tasks=(task,), statements=2)
    async with opened(asker=asker, claims=Claims(task="billing"), hold_seconds=0, environment="production") as story:
        prepared(story)
        for _ in range(2):
            await reads(story)
        assert decisions(story) == ["Allow", "Hold"]
        held = story.ledger.decisions[-1].decided.decision
        assert held.reason == "the agent's budget of 1 statements a day at the task billing is used up"


@pytest.mark.parametrize("measure", ["statements", "rows", "cells", "writes", "cost"])
@pytest.mark.parametrize("whose", ["the agent's", "the task's"])
async def test_every_budget_ends_in_a_question_and_not_in_silence(measure: str, whose: str) -> None:
    """One statement uses each of them up: it reads, shows a masked cell, and its twin writes."""
    text = WRITE if measure == "writes" else SHOWN
    tables = frozenset({"public.orders", "public.customers"})
    task = Task("billing", tables, Budget(**{measure: 1}) if whose == "the task's" else Budget())
    asker = agent(tasks=(task,), **({measure: 1} if whose == "the agent's" else {}))
    claims = Claims(task="billing")
    async with opened(asker=asker, claims=claims, hold_seconds=0, environment="development") as story:
        shown = Result([column("email", 25, table=OIDS["customers"], number=2)], [[b"a@b.example"]], "SELECT 1")
        story.database.results[SHOWN] = shown
        await story.asks(messages.query(text))
        told = await story.asks(messages.query(text))
        assert decisions(story) == ["Allow", "Hold"]
        assert story.ran == [text]
        assert len(story.desk.requests) == 1, "somebody is asked"
        assert any("held for approval" in line for line in told), "and the agent hears that"
        held = story.ledger.decisions[-1].decided.decision
        assert held.rules == ("agent-budget",)
        assert held.reason.startswith("the agent's budget of 1 ")
        assert held.reason.endswith(
            "a day at the task billing is used up" if whose == "the task's" else "a day is used up"
        )


async def test_what_is_approved_runs_beyond_the_budget_once() -> None:
    async with opened(asker=agent(statements=1), hold_seconds=0, environment="production") as story:
        prepared(story)
        await reads(story)
        await reads(story)
        story.desk.approve()
        await reads(story)
        await reads(story)
        assert story.ran == [READ, READ]
        assert decisions(story)[-1] == "Hold"


async def test_a_book_that_cannot_be_read_lets_nothing_through() -> None:
    async with opened(asker=agent(statements=5), hold_seconds=0, environment="production") as story:
        prepared(story)
        story.desk.breaks.add("spend_probes")
        heard = await reads(story)
        assert any("58000" in line for line in heard)
        assert story.ran == []
