"""COPY in both directions, in both protocols, and what a client can throw into the middle of one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from proctor.wire import messages
from tests.stories.honest import PLAIN, SECRET, Result
from tests.stories.house import SENSITIVE, Story, opened
from tests.stories.test_way_of_a_statement import extended

SYNC = messages.sync()


@pytest.fixture
async def story() -> AsyncIterator[Story]:
    """Where copies from the client are not held for their unknown size."""
    async with opened(environment="development") as made:
        yield made


COPY_IN, COPY_OUT = "copy orders from stdin", "copy customers to stdout"
DATA, DONE, FAIL = messages.copy_data(b"1\n"), messages.copy_done(), messages.copy_fail("no")


async def test_a_copy_to_the_client_wears_its_masks(story: Story) -> None:
    story.database.results[COPY_OUT] = Result(None, [(b"1", b"a@b.c", b"Ann", b"1990-01-01")])
    heard = await story.asks(messages.query(COPY_OUT))
    assert heard[0] == "copy out"
    assert heard[1].startswith("copied b'1\\t")
    assert heard[2:] == ["copyend", "done COPY 1", "ready I"]
    assert b"a@b.c" not in story.heard
    assert b"Ann" not in story.heard


async def test_a_copy_whose_shape_is_not_the_statements_ends_the_session(story: Story) -> None:
    story.database.results[COPY_OUT] = Result(None, [(b"1", SECRET)])
    await story.asks(messages.query(COPY_OUT))
    assert story.ended is not None
    assert SECRET not in story.heard


async def test_a_simple_copy_from_the_client(story: Story) -> None:
    assert await story.asks(messages.query(COPY_IN)) == ["copy in"]
    assert await story.asks(DATA, DATA, DONE) == ["done COPY 1", "ready I"]
    assert story.database.copied == DATA + DATA


async def test_an_extended_copy_whose_first_sync_the_server_ignores(story: Story) -> None:
    """The usual C library sends a Sync right behind the Execute, and another behind its CopyDone."""
    assert (await story.asks(extended(COPY_IN), SYNC))[-1] == "copy in"
    assert await story.asks(DATA, DONE, SYNC) == ["done COPY 1", "ready I"]
    assert await story.asks(messages.query("select 1")) == ["shape value", "row plain", "done SELECT 1", "ready I"]


async def test_copy_data_sent_ahead_of_the_servers_word_is_not_lost(story: Story) -> None:
    assert await story.asks(messages.query(COPY_IN), DATA, DONE, messages.query("select 1")) == [
        "copy in", "done COPY 1", "ready I", "shape value", "row plain", "done SELECT 1", "ready I",
    ]  # fmt: skip
    assert story.database.copied == DATA


@pytest.mark.parametrize("how", ["simple", "extended"])
async def test_a_client_may_give_its_copy_up(story: Story, how: str) -> None:
    said = messages.query(COPY_IN) if how == "simple" else extended(COPY_IN) + SYNC
    end = (FAIL,) if how == "simple" else (FAIL, SYNC)
    await story.asks(said)
    assert [line.split()[0] for line in await story.asks(DATA, *end)] == ["failed", "ready"]
    assert await story.asks(messages.query("select 1")) == ["shape value", "row plain", "done SELECT 1", "ready I"]


@pytest.mark.parametrize("how", ["simple", "extended"])
async def test_an_error_in_the_middle_of_a_copy_leaves_the_session_in_step(story: Story, how: str) -> None:
    story.database.copy_fails_after = 8
    said = messages.query(COPY_IN) if how == "simple" else extended(COPY_IN) + SYNC
    await story.asks(said)
    first = await story.asks(DATA, DATA)
    assert first[0].startswith("failed 22P02")
    rest = await story.asks(DATA, DONE, *(() if how == "simple" else (SYNC,)))
    assert (first + rest)[-1] == "ready I"
    heard = await story.asks(messages.query(SENSITIVE))
    assert heard[-1] == "ready I"
    assert SECRET not in story.heard.replace(b"invalid input: " + SECRET, b"")


async def test_queries_behind_a_failed_extended_copy_are_skipped_until_the_sync(story: Story) -> None:
    story.database.copy_fails_after = 1
    await story.asks(extended(COPY_IN), SYNC)
    await story.asks(DATA)
    assert await story.asks(messages.query("select 1"), messages.query("select 2"), SYNC) == ["ready I"]
    await story.asks(messages.query(SENSITIVE))
    assert story.ran == [COPY_IN, SENSITIVE]
    assert story.heard.count(SECRET) == 1  # the copy's own error, about data that the client sent


@pytest.mark.parametrize(
    "thrown",
    [messages.query("select 1"), extended("select 1"), messages.close(b"S", b"x"), messages.describe(b"S", b"")],
    ids=["query", "extended", "close", "describe"],
)
@pytest.mark.parametrize("late", [False, True])
async def test_what_has_no_place_in_a_copy_never_puts_questions_out_of_step(
    story: Story, thrown: bytes, late: bool
) -> None:
    """The server eats the first of them with an error; a question left over would lend its decision to the next."""
    if late:
        await story.asks(messages.query(COPY_IN))
        story.say(thrown)
    else:
        story.say(messages.query(COPY_IN), thrown)
    await story.hears()
    await story.asks(DONE, SYNC, messages.query(SENSITIVE))
    assert SECRET not in story.heard
    assert story.ended is not None or SENSITIVE in story.ran


async def test_two_copies_in_one_text(story: Story) -> None:
    assert await story.asks(messages.query(f"{COPY_IN}; {COPY_IN}; select 1")) == ["copy in"]
    assert await story.asks(DATA, DONE) == ["done COPY 1", "copy in"]
    assert await story.asks(DATA, DONE) == ["done COPY 1", "shape value", "row plain", "done SELECT 1", "ready I"]
    assert story.database.copied == DATA + DATA


async def test_leftovers_of_a_copy_are_dropped_as_the_server_does(story: Story) -> None:
    assert await story.asks(DATA, DONE, FAIL, messages.query("select 1")) == [
        "shape value", "row " + PLAIN.decode(), "done SELECT 1", "ready I",
    ]  # fmt: skip
    assert story.database.copied == b""
