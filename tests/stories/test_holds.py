"""Statements that wait for an approval: once approved they run once, and everything else keeps its order."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from proctor.session import counter
from proctor.terms import Allow, Hold, TicketState
from proctor.wire import messages
from tests.stories.honest import Failure, Result, column
from tests.stories.house import COPILOT, HELD, FakeDesk, Story, catalog, opened
from tests.stories.test_way_of_a_statement import extended

SYNC = messages.sync()


async def test_a_held_statement_waits_with_a_notice_that_says_where_to_approve(story: Story) -> None:
    (notice,) = await story.asks(messages.query(HELD))
    assert notice.startswith("notice held for approval: ")
    assert "ticket T1" in notice
    assert story.ran == []
    assert story.decided(Hold) == [HELD]
    assert b"proctor approvals approve T1" in story.heard


async def test_once_approved_it_runs_once_and_only_once(story: Story) -> None:
    await story.asks(messages.query(HELD))
    story.desk.approve()
    assert await story.hears() == ["done CREATE", "ready I"]
    assert story.ran == [HELD]
    assert story.desk.spent == ["T1"]
    (again,) = await story.asks(messages.query(HELD))
    assert "ticket T2" in again
    assert story.ran == [HELD]


async def test_its_record_with_the_ticket_is_on_disk_before_it_leaves(story: Story) -> None:
    await story.asks(messages.query(HELD))
    story.ledger.disk.clear()
    story.desk.approve()
    await story.hears()
    assert story.decided(Allow) == [HELD]
    assert story.ledger.decisions[-1].ticket == "T1"
    assert story.ran == []
    story.ledger.disk.set()
    assert await story.hears() == ["done CREATE", "ready I"]


@pytest.mark.parametrize("state", [TicketState.DENIED, TicketState.EXPIRED, TicketState.CANCELLED, TicketState.SPENT])
async def test_a_ticket_that_ends_without_approval_refuses(story: Story, state: TicketState) -> None:
    await story.asks(messages.query(HELD))
    story.desk.becomes("T1", state, "dora")
    heard = await story.hears()
    assert heard[0].startswith(f"failed 42501 refused: ticket T1 was {state.value}")
    assert heard[1:] == ["ready I"]
    assert story.ran == []


async def test_a_ticket_that_somebody_else_has_spent_in_the_same_moment_refuses(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    await story.asks(messages.query(HELD))
    monkeypatch.setattr(FakeDesk, "spend", lambda desk, ticket, _: replace(ticket, state=TicketState.SPENT))
    story.desk.approve()
    assert (await story.hears())[0].startswith("failed 42501 refused: ticket T1 was spent")
    assert story.ran == []


async def test_a_cancel_gives_the_wait_up_and_withdraws_the_ticket(story: Story) -> None:
    await story.asks(messages.query(HELD))
    assert story.relay.cancel()
    assert [line[:12] for line in await story.hears()] == ["failed 57014", "ready I"]
    assert story.desk.withdrawn == ["T1"]
    assert story.ran == []


async def test_a_cancel_with_nothing_held_belongs_upstream(story: Story) -> None:
    assert not story.relay.cancel()


async def test_without_a_wait_the_refusal_carries_the_ticket_and_the_retry_runs() -> None:
    async with opened(hold_seconds=0) as story:
        heard = await story.asks(messages.query(HELD))
        assert heard[0].startswith("failed 42501 held for approval")
        assert b"T1" in story.heard
        story.desk.approve()
        assert await story.asks(messages.query(HELD)) == ["done CREATE", "ready I"]
        assert story.desk.spent == ["T1"]
        assert (await story.asks(messages.query(HELD)))[0].startswith("failed 42501 held")
        assert story.ran == [HELD]


async def test_whoever_can_be_asked_for_a_reason_opens_no_ticket_without_one() -> None:
    """It is decided and on record as held, and neither the desk nor the database has heard of it."""
    async with opened(curious=True, hold_seconds=60) as story:
        heard = await story.asks(messages.query(HELD))
        assert heard[0].startswith("failed PR001 held until there is a reason: ")
        assert (story.desk.tickets, story.ran, story.decided(Hold)) == ({}, [], [HELD])
        (notice,) = await story.asks(messages.query(HELD + " /*reason='INC-42'*/"))
        assert notice.startswith("notice held for approval: ")
        story.desk.approve()
        assert await story.hears() == ["done CREATE", "ready I"]
        assert [each.claims.reason for each in story.desk.requests] == ["INC-42"]


async def test_when_patience_ends_the_ticket_stays_for_the_retry() -> None:
    async with opened(hold_seconds=0.001) as story:
        story.say(messages.query(HELD))
        while "failed" not in "".join(lines := await story.hears()):
            await asyncio.sleep(0)
        assert lines[-1] == "ready I"
        assert story.desk.withdrawn == []
        story.desk.approve()
        assert await story.asks(messages.query(HELD)) == ["done CREATE", "ready I"]


@pytest.mark.parametrize("how", ["bye", "gone"])
async def test_a_client_that_leaves_while_held_withdraws_its_ticket(story: Story, how: str) -> None:
    await story.asks(messages.query(HELD))
    if how == "bye":
        story.say(messages.terminate())
    else:
        assert story.running is not None
        story.running.cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    assert story.desk.withdrawn == ["T1"]
    assert story.ran == []


async def test_what_follows_a_hold_keeps_its_order(story: Story) -> None:
    story.say(messages.query("select 1"), messages.query(HELD), messages.query("select 2"))
    story.say(messages.query("select 3"))
    assert [line.split()[0] for line in await story.hears()] == ["shape", "row", "done", "ready", "notice"]
    story.desk.approve()
    heard = await story.hears()
    assert [line.split()[0] for line in heard] == ["done", "ready", *["shape", "row", "done", "ready"] * 2]
    assert story.ran == ["select 1", HELD, "select 2", "select 3"]


async def test_a_hold_in_a_batch_that_has_failed_opens_no_ticket(story: Story) -> None:
    story.database.fails["select 13"] = Failure("22012", "no")
    heard = await story.asks(extended("select 13"), extended(HELD), SYNC)
    assert heard[-2:] == ["failed 22012 no", "ready I"]
    assert story.desk.tickets == {}
    assert story.ended is None


UPDATE = "update orders set total = $1 where id = 1"


async def test_a_held_portal_binds_its_parameters_to_the_ticket(agent: Story) -> None:
    await agent.asks(
        messages.parse(b"s", UPDATE), messages.bind(b"", b"s", values=(b"5",)), messages.execute(b""), SYNC
    )
    agent.desk.approve()
    assert (await agent.hears())[-2:] == ["done UPDATE 1", "ready I"]
    assert agent.desk.spent == ["T1"]
    assert agent.desk.requests[0].parameters == (b"5",)
    assert agent.ran == [UPDATE]
    await agent.asks(messages.bind(b"", b"s", values=(b"6",)), messages.execute(b""), SYNC)
    assert set(agent.desk.tickets) == {"T1", "T2"}


async def test_the_same_bytes_in_binary_are_another_value_and_need_another_ticket() -> None:
    async with opened(asker=COPILOT, hold_seconds=0) as agent:
        bound = messages.bind(b"", b"s", values=(b"1234",)), messages.execute(b""), SYNC
        await agent.asks(messages.parse(b"s", UPDATE), SYNC)
        await agent.asks(*bound)
        agent.desk.approve()
        await agent.asks(messages.bind(b"", b"s", formats=(1,), values=(b"1234",)), messages.execute(b""), SYNC)
        assert agent.ran == []
        await agent.asks(*bound)
        assert agent.ran == [UPDATE]


async def test_a_held_portal_in_pieces_spends_one_ticket(agent: Story) -> None:
    text = "update orders set total = 1 where id in (1, 2, 3) returning id"
    agent.database.results[text] = Result([column("id", 23)], [(b"1",), (b"2",), (b"3",)], "UPDATE 3")
    await agent.asks(messages.query("begin"))
    await agent.asks(messages.parse(b"", text), messages.bind(b"p", b""), messages.execute(b"p", 2), SYNC)
    agent.desk.approve()
    assert (await agent.hears())[-3:] == ["row 2", "suspended", "ready T"]
    assert await agent.asks(messages.execute(b"p", 2), SYNC) == ["row 3", "done UPDATE 3", "ready T"]
    assert agent.desk.spent == ["T1"]


async def test_a_ticket_for_a_name_fits_only_what_the_name_stood_for() -> None:
    """Approved as one DELETE, the name could be made anew as another."""
    async with opened(asker=COPILOT, hold_seconds=0) as agent:
        one, all_ = "delete from orders where id = 1", "delete from orders where id in (1, 2, 3)"
        for text in (f"prepare s as {one}", "execute s"):
            await agent.asks(messages.query(text))
        tickets = [t for t in agent.desk.tickets.values() if t.statement.startswith("execute s")]
        assert tickets, "PREPARE of a write is itself no write"
        assert one in tickets[0].statement
        agent.desk.approve(tickets[0].id)
        await agent.asks(messages.query("deallocate s"), messages.query(f"prepare s as {all_}"))
        heard = await agent.asks(messages.query("execute s"))
        assert heard[0].startswith("failed 42501 held")
        assert all_ not in agent.ran


async def test_rules_and_names_are_asked_again_after_the_wait(story: Story) -> None:
    """While it waited the table it names was replaced by one of another meaning."""
    text = "insert into orders (id) select id from customers where email = 'a@b.c'"
    await story.asks(messages.query(text))
    assert "T1" in story.desk.tickets
    story.world.becomes(catalog("other", epoch="9"))
    story.desk.approve()
    heard = await story.hears()
    assert heard[0].startswith("failed 0A000 the statement means something else now")
    assert story.desk.spent == []
    assert story.ran == []


async def test_a_hold_in_a_transaction_runs_in_that_transaction(story: Story) -> None:
    await story.asks(messages.query("begin"), messages.query(HELD))
    story.desk.approve()
    assert (await story.hears())[-1] == "ready T"
    assert story.ran == ["begin", HELD]


async def test_the_same_bytes_declared_as_another_type_need_another_ticket() -> None:
    async with opened(asker=COPILOT, hold_seconds=0) as agent:
        bound = messages.bind(b"", b"", formats=(1,), values=(b"1234",)), messages.execute(b""), SYNC
        await agent.asks(messages.parse(b"", UPDATE, (23,)), *bound)
        agent.desk.approve()
        await agent.asks(messages.parse(b"", UPDATE, (700,)), *bound)
        assert agent.ran == []
        await agent.asks(messages.parse(b"", UPDATE, (23,)), *bound)
        assert agent.ran == [UPDATE]


async def test_a_hold_in_a_transaction_warns_how_long_locks_are_kept(story: Story) -> None:
    await story.asks(messages.query(HELD))
    assert b"keeps its locks" not in story.heard
    story.desk.approve()
    await story.asks(messages.query("begin"), messages.query(HELD))
    assert b"The open transaction keeps its locks meanwhile, for up to 600 s." in story.heard


async def test_a_client_that_waits_long_is_told_so_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies between cuts connections on which nothing is said."""
    monkeypatch.setattr(counter, "KEEP_ALIVE", 0.001)
    async with opened(hold_seconds=600) as story:
        story.say(messages.query(HELD))
        heard: list[str] = []
        while sum("still held for approval (ticket T1)" in line for line in heard) < 3:
            heard += await story.hears()
        assert story.ran == []
        story.desk.approve()
        assert (await story.hears())[-2:] == ["done CREATE", "ready I"]


async def test_in_a_failed_transaction_nobody_is_asked_and_the_session_goes_on(story: Story) -> None:
    """What an approval would be bound to is read in the session itself, where nothing can be read any more."""
    story.database.fails["select 1"] = Failure("22012")
    await story.asks(messages.query("begin"))
    await story.asks(messages.query("select 1"))
    heard = await story.asks(messages.query(f"rollback; {HELD}"))
    assert [line[:12] for line in heard] == ["failed 25P02", "ready E"]
    assert await story.asks(messages.query("rollback")) == ["done ROLLBACK", "ready I"]
    assert story.desk.requests == []
