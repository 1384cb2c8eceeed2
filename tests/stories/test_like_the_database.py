"""Where nothing is refused, a client hears the same from the gateway as from the database itself."""

from __future__ import annotations

import asyncio

from hypothesis import example, given, settings
from hypothesis import strategies as st

from proctor.wire import messages
from tests.stories.honest import Failure, Postgres
from tests.stories.house import opened, talking_leg, told

FAILING, FAILING_TO_PARSE = "select 13", "select 14"
TEXTS = st.sampled_from([
    "select total from orders where id = 1", "insert into orders (id) values (1)", "begin", "commit", "rollback", "",
    "set search_path = public", "prepare a as select 7", "execute a", "deallocate a", FAILING, FAILING_TO_PARSE,
    "declare a cursor for select 8", "fetch 1 from a", "close a", "copy orders from stdin",
    "create temp table scratch (id int)", "select 1; select 2", "begin; select 3", f"select 4; {FAILING}; select 5",
])  # fmt: skip
NAMES = st.sampled_from([b"", b"a", b"b"])
COPIED = messages.copy_data(b"1\n") + messages.copy_done()


@st.composite
def _said(draw: st.DrawFn) -> bytes:
    text, name, portal = draw(TEXTS), draw(NAMES), draw(NAMES)
    if "copy" in text:
        if draw(st.booleans()):
            return messages.query(text) + COPIED
        # An extended copy outside of an open batch, as the drivers do: Sync behind the Execute and behind the data.
        opening = messages.sync() + messages.parse(b"", text) + messages.bind(b"", b"") + messages.execute(b"")
        return opening + messages.sync() + COPIED + messages.sync()
    if text.startswith(("execute", "fetch")):  # prepared, they are judged at Parse; the server looks the name up later
        return messages.query(text)
    choices = {
        "query": messages.query(text),
        "parse": messages.parse(name, text),
        "bind": messages.bind(portal, name),
        "describe": messages.describe(draw(st.sampled_from([b"S", b"P"])), name),
        "execute": messages.execute(portal),
        "close": messages.close(draw(st.sampled_from([b"S", b"P"])), name),
        "sync": messages.sync(),
        "flush": messages.flush(),
        "whole": messages.parse(name, text) + messages.bind(portal, name) + messages.execute(portal),
        "batch": messages.parse(b"", text) + messages.bind(b"", b"") + messages.execute(b"") + messages.sync(),
    }
    return choices[draw(st.sampled_from(sorted(choices)))]


def _database() -> Postgres:
    made = Postgres()
    made.fails[FAILING] = Failure("22012", "no")
    made.fails_at_parse[FAILING_TO_PARSE] = Failure("42601", "no")
    return made


def _direct(said: list[bytes]) -> list[str]:
    database = _database()
    for part in said:
        database.feed(part)
    return [_kind(line) for event in talking_leg().feed(database.said) for line in told(event)]


def _kind(line: str) -> str:
    """Return what is compared: which of two errors a statement of two faults meets first is nobody's contract."""
    return "failed" if line.startswith("failed") else line


# A Close that an error skips is taken back before the Parse that failed: the name is free again.
@example(
    said=[messages.parse(b"b", FAILING_TO_PARSE), messages.close(b"S", b"b"), messages.sync(),
          messages.parse(b"b", "select total from orders where id = 1")],
    pauses={2},
)  # fmt: skip
@settings(max_examples=150, deadline=None)
@given(st.lists(_said(), min_size=1, max_size=25), st.sets(st.integers(0, 24)))
def test_a_session_through_the_gateway_hears_what_the_database_says(said: list[bytes], pauses: set[int]) -> None:
    said = [*said, messages.sync(), messages.query("rollback"), messages.query("select 9")]

    async def through() -> list[str]:
        async with opened(environment="development") as story:
            story.database = _database()
            for at, part in enumerate(said):
                story.say(part)
                if at in pauses:
                    await story.play()
            heard = await story.hears()
            assert story.ended is None, story.ended
            return [_kind(line) for line in heard]

    assert asyncio.run(through()) == _direct(said)
