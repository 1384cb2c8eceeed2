"""Errors of the database's own: what they skip, what the client learns of them, and that questions stay in step."""

from __future__ import annotations

import pytest

from proctor.terms import Relation
from proctor.wire import messages
from tests.stories.honest import SECRET, Failure
from tests.stories.house import HARMLESS, SENSITIVE, WRITE, Story
from tests.stories.test_way_of_a_statement import extended

SYNC = messages.sync()
SECOND = "insert into orders (id) values (2)"


async def test_a_write_that_waits_for_the_disk_is_dropped_when_the_batch_has_failed_meanwhile(story: Story) -> None:
    """The server skips it; had it been counted as asked, every later answer would belong to the wrong question."""
    story.database.fails[WRITE] = Failure("23505", "duplicate key")
    await story.asks(messages.query("select 1"))
    story.say(extended(WRITE), messages.flush())
    await story.play(silent=True)
    story.ledger.disk.clear()
    story.say(extended(SECOND), SYNC)
    assert [line.split()[0] for line in await story.hears()] == ["prepared", "bound", "noshape", "failed"]
    story.ledger.disk.set()
    assert await story.hears() == ["ready I"]
    assert story.ran == ["select 1", WRITE]
    assert "ready I" in await story.asks(messages.query(HARMLESS))
    decided = [d.exchange for d in story.ledger.decisions]
    assert sorted(a.exchange for a in story.ledger.answers) == sorted(decided)


async def test_batches_pipelined_behind_a_sync_are_judged_although_the_error_before_it_is_known(story: Story) -> None:
    story.database.fails_at_parse[HARMLESS] = Failure("42501", "no")
    assert await story.asks(messages.parse(b"", HARMLESS), messages.flush()) == ["failed 42501 no"]
    heard = await story.asks(SYNC, extended("select 2"), SYNC)
    assert [line.split()[0] for line in heard] == ["ready", "prepared", "bound", "shape", "row", "done", "ready"]


async def test_queries_that_the_server_skips_are_not_counted_as_asked(story: Story) -> None:
    """Two of them left in the queue would lend their decision, without masks, to what is asked next."""
    story.database.fails_at_parse[HARMLESS] = Failure("42501", "no")
    await story.asks(messages.parse(b"", HARMLESS), messages.query("select 1"))
    assert await story.asks(messages.query("select 2"), messages.query("select 3"), SYNC) == ["ready I"]
    heard = await story.asks(messages.query(SENSITIVE))
    assert heard[-1] == "ready I"
    assert story.ran == [SENSITIVE]
    assert SECRET not in story.heard
    assert await story.asks(messages.query("select 4")) == ["shape value", "row plain", "done SELECT 1", "ready I"]


async def test_an_error_skips_a_query_in_the_middle_of_the_batch(story: Story) -> None:
    story.database.fails[WRITE] = Failure("23505", "duplicate key")
    heard = await story.asks(extended(WRITE), messages.query("select 1"), messages.query("select 2"), SYNC)
    assert [line.split()[0] for line in heard] == ["prepared", "bound", "noshape", "failed", "ready"]
    assert story.ran == [WRITE]


async def test_a_query_in_the_middle_of_a_batch_ends_it_as_the_server_does(story: Story) -> None:
    heard = await story.asks(extended(HARMLESS), messages.query("select 1"), SYNC)
    assert [line.split()[0] for line in heard] == [
        "prepared", "bound", "shape", "row", "done", "shape", "row", "done", "ready", "ready",
    ]  # fmt: skip


async def test_the_error_of_a_statement_that_touches_nothing_sensitive_is_the_servers_own(story: Story) -> None:
    story.database.fails[HARMLESS] = Failure("22012", "division by zero", D="all of it", R="int4div")
    await story.asks(messages.query(HARMLESS))
    assert story.client.data == b""
    assert messages.error_response(story.database.fails[HARMLESS].fields) in story.heard


@pytest.mark.parametrize("how", ["simple", "extended"])
async def test_the_error_of_a_sensitive_statement_keeps_its_code_and_loses_its_words(story: Story, how: str) -> None:
    story.database.fails[SENSITIVE] = Failure(
        "22P02", f"invalid: {SECRET.decode()}", D=SECRET.decode(), H=SECRET.decode(), W=SECRET.decode(), t="customers"
    )
    said = messages.query(SENSITIVE) if how == "simple" else extended(SENSITIVE) + SYNC
    heard = await story.asks(said)
    assert any(line.startswith("failed 22P02 a value did not fit the operation") for line in heard)
    assert SECRET not in story.heard
    assert b"tcustomers\0" in story.heard


@pytest.mark.parametrize("end", [messages.query("commit"), extended("commit") + SYNC], ids=["simple", "extended"])
async def test_a_deferred_constraint_that_speaks_at_commit_is_reduced(story: Story, end: bytes) -> None:
    await story.asks(messages.query("begin"), messages.query("update customers set email = 'a@b.c' where id = 1"))
    story.database.deferred = Failure("23505", f"duplicate key {SECRET.decode()}")
    heard = await story.asks(end)
    assert any(line.startswith("failed 23505") for line in heard)
    assert heard[-1] == "ready I"
    assert SECRET not in story.heard


async def test_a_deferred_constraint_that_speaks_at_the_sync_is_reduced(story: Story) -> None:
    said = extended("update customers set email = 'a@b.c' where id = 1")
    story.database.deferred = Failure("23505", f"duplicate key {SECRET.decode()}")
    heard = await story.asks(said, SYNC)
    assert [line.split()[0] for line in heard][-2:] == ["failed", "ready"]
    assert SECRET not in story.heard
    assert (await story.asks(messages.query(HARMLESS)))[-1] == "ready I"


BLIND = "insert into orders (id) values (1) on conflict (id) do update set id = 2"
ROW = {"D": f"Failing row contains (1, {SECRET.decode()}).", "n": "positive"}


async def blindly(story: Story) -> None:
    """Let nobody have seen a value in one of the columns of `orders`, and BLIND go the fast lane."""
    story.world.empty[Relation("public", "orders")] = frozenset({"note"})
    story.world.becomes(story.world.shared)
    for _ in range(2):
        assert (await story.asks(messages.query(BLIND)))[-1] == "ready I"
    assert story.ledger.lane == 1


async def test_the_error_of_a_write_shows_no_row_that_nobody_has_looked_at(story: Story) -> None:
    await blindly(story)
    story.database.fails[BLIND] = Failure("23514", "violates a check", **ROW)
    heard = await story.asks(messages.query(BLIND))
    assert heard[0].startswith("failed 23514 violates a check")
    assert b"npositive\0" in story.heard
    assert SECRET not in story.heard


async def test_where_a_function_was_at_work_its_sentence_is_not_told_either(story: Story) -> None:
    await blindly(story)
    story.database.fails[BLIND] = Failure("22P02", f"not a number: {SECRET.decode()}", W="PL/pgSQL function f()")
    assert (await story.asks(messages.query(BLIND)))[0].startswith("failed 22P02 a value did not fit")
    story.database.fails.clear()
    story.database.notices[BLIND] = {"S": "NOTICE", "V": "NOTICE", "C": "00000", "M": SECRET.decode(), "W": "f()"}
    assert (await story.asks(messages.query(BLIND)))[0].startswith("notice")
    assert SECRET not in story.heard


@pytest.mark.parametrize("fast", [True, False], ids=["fast", "slow"])
async def test_nor_does_a_deferred_constraint_at_the_end_of_its_transaction(story: Story, fast: bool) -> None:
    await blindly(story)
    story.fast = fast
    await story.asks(messages.query("begin"), messages.query(BLIND))
    story.database.deferred = Failure("23505", "duplicate key", **ROW)
    assert (await story.asks(messages.query("commit")))[0].startswith("failed 23505 duplicate key")
    assert SECRET not in story.heard
    await story.asks(messages.query("begin"))
    story.database.deferred = Failure("23505", "duplicate key", D="of another transaction")
    await story.asks(messages.query("commit"))
    assert b"of another transaction" in story.heard, "what follows is told again"


async def test_a_notice_that_a_deferred_trigger_raises_is_reduced(story: Story) -> None:
    await story.asks(messages.query("begin"), messages.query(SENSITIVE))
    story.database.notices["commit"] = {"S": "NOTICE", "V": "NOTICE", "C": "00000", "M": SECRET.decode()}
    assert (await story.asks(messages.query("commit")))[0].startswith("notice")
    assert SECRET not in story.heard


async def test_the_error_of_a_description_of_our_own_is_told_to_the_client(story: Story) -> None:
    """A simple query drops the unnamed portal; the Execute that follows must not vanish without a word."""
    await story.asks(messages.query("begin"))
    story.say(messages.parse(b"", HARMLESS), messages.bind(b"", b""), messages.query("select 1"))
    heard = await story.asks(messages.execute(b""), SYNC)
    assert [line.split()[0] for line in heard][-2:] == ["failed", "ready"]


async def test_two_statements_of_the_same_text_are_described_each_on_its_own(story: Story) -> None:
    heard = await story.asks(
        messages.parse(b"a", HARMLESS), messages.parse(b"b", HARMLESS), messages.describe(b"S", b"a"),
        messages.bind(b"", b"b"), messages.execute(b""), SYNC,
    )  # fmt: skip
    assert [line.split()[0] for line in heard][-3:] == ["row", "done", "ready"]
