"""What is asked behind each other in one batch: each has its record before it leaves, and all share one wait for the disk."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proctor.terms import Column, DataClass, Finding, Relation
from proctor.wire import messages
from tests.stories.honest import Failure
from tests.stories.house import HARMLESS, SENSITIVE, WRITE, Story

SYNC = messages.sync()


def once(name: str, *, described: bool = False) -> bytes:
    return messages.bind("", name) + (messages.describe(b"P", "") if described else b"") + messages.execute("", 0)


async def prepared(story: Story) -> None:
    story.fast = False  # which takes whole batches past what is played here
    for name, text in (("w", WRITE), ("r", HARMLESS), ("s", SENSITIVE)):
        await story.asks(messages.parse(name, text), SYNC)
        await story.asks(once(name, described=True), SYNC)
    story.database.ran.clear()
    story.events.clear()


@pytest.mark.parametrize("described", [True, False])
async def test_writes_of_one_batch_share_one_wait_for_the_disk(story: Story, described: bool) -> None:
    await prepared(story)
    story.say(once("w", described=described) * 5 + SYNC)
    heard = await story.hears()
    assert [line for line in heard if line.startswith("done")] == ["done INSERT"] * 5
    order = [event[0] for event in story.events]
    assert order == ["left", *["decided"] * 5, "synced", "left", *["answered"] * 5], "the first Bind leaves at once"


async def test_none_of_them_leaves_before_the_disk_has_answered(story: Story) -> None:
    await prepared(story)
    story.ledger.disk.clear()
    story.say(once("w") * 3 + SYNC)
    assert await story.hears() == []
    assert story.ran == []
    story.ledger.disk.set()
    assert (await story.hears())[-1] == "ready I"
    assert story.ran == [WRITE] * 3


async def test_what_is_anything_else_ends_the_company_and_keeps_its_place(story: Story) -> None:
    await prepared(story)
    heard = await story.asks(once("w") * 2, once("s"), once("w"), once("r"), once("w"), messages.close(b"S", "r"), SYNC)
    assert heard[-1] == "ready I"
    assert story.ran == [WRITE, WRITE, SENSITIVE, WRITE, HARMLESS, WRITE]


async def test_a_disk_that_fails_lets_none_of_them_leave_and_the_rest_of_the_batch_is_skipped(story: Story) -> None:
    await prepared(story)
    story.ledger.breaks.add("synced")
    heard = await story.asks(once("w") * 4 + SYNC)
    assert [line.split()[:2] for line in heard if line.startswith("failed")] == [["failed", "58000"]]
    assert heard[-1] == "ready I"
    assert story.ran == []
    story.ledger.breaks.clear()
    assert (await story.asks(once("w") + SYNC))[-1] == "ready I"
    assert story.ran == [WRITE]


async def test_a_record_that_cannot_be_written_stops_those_before_it_too(story: Story) -> None:
    """Half of a batch must not run when its other half has no record."""
    await prepared(story)
    taken = story.ledger.decided

    def third_fails(entry):
        if len(story.events) >= 2:
            story.ledger.breaks.add("decided")
        return taken(entry)

    story.ledger.decided = third_fails  # type: ignore[method-assign]
    heard = await story.asks(once("w") * 4 + SYNC)
    assert any("58000" in line for line in heard)
    assert story.ran == []


async def test_what_has_changed_while_the_disk_was_waited_for_is_judged_anew(story: Story) -> None:
    await prepared(story)
    story.ledger.disk.clear()
    story.say(once("w") * 3 + SYNC)
    await story.play()
    story.world.becomes(story.world.shared)
    story.ledger.disk.set()
    assert (await story.hears())[-1] == "ready I"
    assert story.ran == [WRITE] * 3
    assert story.world.refreshed > 0


async def test_an_error_of_one_skips_those_behind_it_and_their_records_say_so(story: Story) -> None:
    await prepared(story)
    story.database.fails[WRITE] = Failure("23505", "duplicate key")
    before = len(story.ledger.answers)
    heard = await story.asks(once("w") * 3 + SYNC)
    assert [line.split()[:2] for line in heard if line.startswith("failed")] == [["failed", "23505"]]
    assert [answer.sqlstate for answer in story.ledger.answers[before:]] == ["23505", "skipped", "skipped"]


async def test_in_strict_reads_share_it_as_well(strict: Story) -> None:
    await prepared(strict)
    heard = await strict.asks(once("r") * 4 + SYNC)
    assert heard[-1] == "ready I"
    assert [event[0] for event in strict.events].count("synced") == 1
    assert strict.ran == [HARMLESS] * 4


async def test_a_batch_that_comes_in_pieces_is_answered_as_one_that_comes_whole(story: Story) -> None:
    await prepared(story)
    said = once("w", described=True) * 2 + once("r") + once("w") + SYNC
    whole = await story.asks(said)
    for size in (1, 7, 50):
        for at in range(0, len(said), size):
            story.say(said[at : at + size])
            await story.play(silent=True)
        assert await story.hears() == whole


async def test_what_has_changed_counts_for_each_of_them_and_not_for_the_first_alone(strict: Story) -> None:
    """To judge the first anew makes the session's state the present one; the others were judged under the former."""
    await prepared(strict)
    other = "select id from orders where id = 1"
    await strict.asks(messages.parse("i", other), SYNC)
    await strict.asks(once("i", described=True), SYNC)
    strict.database.ran.clear()
    strict.ledger.answers.clear()
    strict.ledger.decisions.clear()
    strict.ledger.disk.clear()
    strict.say(once("i") + once("r") + once("i") + SYNC)
    await strict.play()
    total = Column(Relation("public", "orders"), "total")
    known = strict.world.classified
    findings = {**known.findings, total: Finding(DataClass("email"), 1.0, "it has come in")}
    strict.world.becomes(strict.world.shared, replace(known, findings=findings, version=known.version + 1))
    strict.ledger.disk.set()
    heard = await strict.hears()
    assert [line.split()[:2] for line in heard if line.startswith("failed")] == [["failed", "40001"]]
    assert strict.ran == []
    decided = {entry.exchange for entry in strict.ledger.decisions}
    assert {answer.exchange for answer in strict.ledger.answers} == decided, "each record has its end"
