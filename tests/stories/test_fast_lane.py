"""The fast lane tells the same story: what the client hears, what the database runs and what is recorded are the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.wire import messages
from tests.stories.honest import SECRET, Failure, Result, column
from tests.stories.house import DENIED, HARMLESS, SENSITIVE, WRITE, Story, opened

BATCH = (messages.bind("", "s"), messages.describe(b"P", ""), messages.execute("", 0), messages.sync())


TRAIN = b"".join([*BATCH[:3] * 2, *BATCH])
"""Three questions of one batch."""


async def prepared(story: Story, text: str = HARMLESS, name: str = "s") -> None:
    await story.asks(messages.parse(name, text), messages.sync())
    await story.asks(*asking(name), messages.sync())


def asking(name: str) -> tuple[bytes, ...]:
    return messages.bind("", name), messages.describe(b"P", ""), messages.execute("", 0)


async def test_a_statement_asked_again_goes_the_fast_lane(story: Story) -> None:
    await prepared(story)
    before = await story.asks(*BATCH)
    assert story.ledger.lane == 1
    assert await story.asks(*BATCH) == before
    assert story.ledger.lane == 2
    assert story.ran == [HARMLESS] * 3


async def test_a_simple_query_and_an_unnamed_statement_go_the_fast_lane_too(story: Story) -> None:
    for said in (messages.query(HARMLESS), b"".join([messages.parse("", HARMLESS), messages.bind("", ""), *BATCH[1:]])):
        first = await story.asks(said)
        lane = story.ledger.lane
        assert await story.asks(said) == first
        assert story.ledger.lane == lane + 1


@pytest.mark.parametrize("text", [SENSITIVE, f"{WRITE} returning id", "delete from orders", DENIED, "savepoint a"])
async def test_what_is_sensitive_or_counted_or_changes_the_session_never_goes_the_fast_lane(
    story: Story, text: str
) -> None:
    for _ in range(3):
        await story.asks(messages.query(text))
    assert story.ledger.lane == 0


async def test_its_record_is_written_before_its_bytes_leave(story: Story) -> None:
    await prepared(story)
    story.events.clear()
    await story.asks(*BATCH)
    assert [event[0] for event in story.events] == ["decided", "left", "answered"]


async def test_a_journal_that_fails_keeps_the_statement_here(story: Story) -> None:
    await prepared(story)
    story.ledger.breaks.add("decided")
    for said in (b"".join(BATCH), TRAIN):
        heard = await story.asks(said)
        assert any("58000" in line for line in heard)
    assert story.ran == [HARMLESS]


async def test_a_write_goes_the_fast_lane_and_leaves_when_its_record_is_on_disk(story: Story) -> None:
    for said in (messages.query(WRITE), b"".join([messages.parse("", WRITE), messages.bind("", ""), *BATCH[1:]])):
        first = await story.asks(said)
        lane = story.ledger.lane
        story.ledger.disk.clear()
        story.events.clear()
        story.say(said)
        assert await story.hears() == []
        assert [event[0] for event in story.events] == ["decided"]
        story.ledger.disk.set()
        assert await story.hears() == first
        assert story.ledger.lane == lane + 1
        assert [event[0] for event in story.events] == ["decided", "synced", "left", "answered"]


async def test_a_transaction_begins_and_ends_in_the_fast_lane(story: Story) -> None:
    script = ("begin", HARMLESS, WRITE, "commit", "begin", WRITE, "rollback", HARMLESS)
    first = [await story.asks(messages.query(text)) for text in script]
    lane = story.ledger.lane
    assert [await story.asks(messages.query(text)) for text in script] == first
    assert story.ledger.lane == lane + len(script)
    assert story.relay.idle
    assert story.relay.answers.block == "I"


@pytest.mark.parametrize("change", ["set search_path = public", "set local search_path = public"])
async def test_a_transaction_in_which_names_have_changed_ends_the_long_way(story: Story, change: str) -> None:
    for text in ("begin", "commit", "begin", "rollback"):
        await story.asks(messages.query(text))
    for end in ("commit", "rollback"):
        await story.asks(messages.query("begin"), messages.query(change))
        lane = story.ledger.lane
        assert (await story.asks(messages.query(end)))[-1] == "ready I"
        assert story.ledger.lane == lane
        assert (await story.asks(messages.query(HARMLESS)))[-1] == "ready I"


async def test_an_error_at_the_end_of_a_transaction_is_heard_and_the_next_begins_anew(story: Story) -> None:
    for text in ("begin", "commit"):
        await story.asks(messages.query(text))
    upsert = f"{WRITE} on conflict (id) do update set id = 2"
    await story.asks(messages.query("begin"), messages.query(upsert))
    story.database.deferred = Failure("23503", "still referenced")
    heard = await story.asks(messages.query("commit"))
    assert heard[0].startswith("failed 23503 still referenced")
    assert heard[-1] == "ready I"
    assert (await story.asks(messages.query("begin")))[-1] == "ready T"
    assert (await story.asks(messages.query("commit")))[-1] == "ready I"


async def test_what_is_asked_behind_a_write_waits_for_the_same_disk(story: Story) -> None:
    await prepared(story)
    await story.asks(messages.query(WRITE))
    story.ledger.disk.clear()
    story.say(messages.query(WRITE))
    story.say(*BATCH)
    assert await story.hears() == []
    story.ledger.disk.set()
    heard = await story.hears()
    assert [line for line in heard if line.startswith("ready")] == ["ready I"] * 2
    assert story.ran[-2:] == [WRITE, HARMLESS]


async def test_a_write_that_answers_with_rows_is_not_taken_for_one_that_has_none(story: Story) -> None:
    await story.asks(messages.query(WRITE))
    story.database.results[WRITE] = Result([column("id", table=1, number=1)], [[SECRET]], "INSERT 0 1")
    heard = await story.asks(messages.query(WRITE))
    assert [line for line in heard if line.startswith("ready")] == ["ready I"]
    assert SECRET not in story.heard


async def test_several_questions_of_one_batch_go_the_fast_lane_together(story: Story) -> None:
    async with opened() as other:
        other.fast = False
        await prepared(other)
        slowly = await other.asks(TRAIN)
    await prepared(story)
    story.events.clear()
    assert await story.asks(TRAIN) == slowly
    assert story.ledger.lane == 3
    assert [event[0] for event in story.events] == [*["decided"] * 3, "left", *["answered"] * 3]
    assert len({answer.exchange for answer in story.ledger.answers}) == len(story.ledger.answers)


async def test_writes_among_them_let_all_wait_for_the_disk(story: Story) -> None:
    await prepared(story)
    await prepared(story, WRITE, "w")
    first = await story.asks(*asking("w"), *BATCH)
    lane = story.ledger.lane
    story.ledger.disk.clear()
    story.events.clear()
    story.say(*asking("w"), *BATCH)
    assert await story.hears() == []
    story.ledger.disk.set()
    assert await story.hears() == first
    assert story.ledger.lane == lane + 2
    assert [event[0] for event in story.events] == [*["decided"] * 2, "synced", "left", *["answered"] * 2]


async def test_what_has_changed_meanwhile_has_all_of_them_judged_anew(strict: Story) -> None:
    await prepared(strict)
    strict.ledger.disk.clear()
    strict.say(TRAIN)
    assert await strict.hears() == []
    strict.world.becomes(strict.world.shared)
    strict.ledger.disk.set()
    assert [line for line in await strict.hears() if line.startswith("ready")] == ["ready I"]
    assert [answer.sqlstate for answer in strict.ledger.answers[-6:]] == [*["skipped"] * 3, *["00000"] * 3]


@pytest.mark.parametrize("text", [SENSITIVE, f"{WRITE} returning id", DENIED, "begin"])
async def test_one_that_goes_the_long_way_takes_the_others_along(story: Story, text: str) -> None:
    await prepared(story)
    await prepared(story, text, "other")
    lane = story.ledger.lane
    await story.asks(*asking("s"), *asking("other"), *BATCH)
    assert story.ledger.lane == lane


async def test_an_error_among_several_answers_is_heard_and_what_is_behind_it_is_skipped(story: Story) -> None:
    other = HARMLESS + " "
    await prepared(story)
    await prepared(story, other, "f")
    story.database.fails[other] = Failure("22012", "division by zero")
    heard = await story.asks(*asking("s"), *asking("f"), *BATCH)
    assert story.ledger.lane == 3
    assert [line for line in heard if line.startswith(("failed", "ready"))][1:] == ["ready I"]
    assert [answer.sqlstate for answer in story.ledger.answers[-3:]] == ["00000", "22012", "skipped"]
    story.database.fails.clear()
    assert len(await story.asks(TRAIN)) > len(heard)


@pytest.mark.parametrize("size", [1, 7, 40])
async def test_answers_that_come_in_pieces_are_heard_whole(story: Story, size: int) -> None:
    await prepared(story)
    whole = await story.asks(TRAIN)
    story.say(TRAIN)
    story.forward()
    story.answer(size)
    assert await story.hears() == whole


async def test_in_strict_it_leaves_when_its_record_is_on_disk(strict: Story) -> None:
    await prepared(strict)
    strict.ledger.disk.clear()
    strict.events.clear()
    strict.say(*BATCH)
    assert await strict.hears() == []
    assert [event[0] for event in strict.events] == ["decided"]
    strict.ledger.disk.set()
    assert (await strict.hears())[-1] == "ready I"
    assert strict.ledger.lane == 1
    assert [event[0] for event in strict.events] == ["decided", "synced", "left", "answered"]


async def test_what_comes_while_the_disk_is_waited_for_waits_behind_it_in_order(strict: Story) -> None:
    await prepared(strict)
    single = await strict.asks(*BATCH)
    held: list[bool] = []
    strict.relay.lane.holds_up(held.append)
    strict.ledger.disk.clear()
    said = messages.query(WRITE) + b"".join(BATCH)
    strict.say(*BATCH)
    strict.say(said[:7])
    strict.say(said[7:])
    assert await strict.hears() == []
    assert held == [True, True]
    strict.ledger.disk.set()
    heard = await strict.hears()
    assert heard[: len(single)] == single
    assert heard[-len(single) :] == single
    assert strict.ran[-3:] == [HARMLESS, WRITE, HARMLESS]
    assert held == [True, True, False]


async def test_what_has_changed_while_the_disk_was_waited_for_is_judged_anew(strict: Story) -> None:
    await prepared(strict)
    strict.ledger.disk.clear()
    strict.say(*BATCH)
    strict.say(messages.query("begin"))
    await strict.play()
    strict.world.becomes(strict.world.shared)
    strict.ledger.disk.set()
    heard = await strict.hears()
    assert [line for line in heard if line.startswith("ready")] == ["ready I", "ready T"]
    assert strict.ran == [HARMLESS, HARMLESS, "begin"]
    assert [answer.sqlstate for answer in strict.ledger.answers] == ["00000", "skipped", "00000", "00000"]


async def test_a_disk_that_fails_keeps_the_statement_here_and_what_comes_behind_is_answered(strict: Story) -> None:
    await prepared(strict)
    strict.ledger.breaks.add("synced")
    strict.say(*BATCH)
    strict.say(*BATCH)
    heard = await strict.hears()
    assert sum("58000" in line for line in heard) == 2
    assert [line for line in heard if line.startswith("ready")] == ["ready I"] * 2
    assert strict.ran == [HARMLESS]
    strict.ledger.breaks.clear()
    assert (await strict.asks(*BATCH))[-1] == "ready I"


async def test_a_session_that_ends_while_the_disk_is_waited_for_sends_nothing_more(strict: Story) -> None:
    await prepared(strict)
    strict.ledger.disk.clear()
    strict.say(*BATCH)
    strict.relay.abandon("08006")
    strict.ledger.disk.set()
    await strict.play()
    assert strict.ran == [HARMLESS]
    assert strict.ledger.answers[-1].sqlstate == "08006"


async def test_a_notice_that_comes_while_the_disk_is_waited_for_is_heard_at_once(strict: Story) -> None:
    await prepared(strict)
    single = await strict.asks(*BATCH)
    strict.ledger.disk.clear()
    strict.say(*BATCH)
    strict.database.said += messages.notice_response({"S": "NOTICE", "C": "00000", "M": "by the way"})
    assert await strict.hears() == ["notice by the way"]
    strict.ledger.disk.set()
    assert await strict.hears() == single


async def test_rows_that_come_under_another_description_are_planned_anew(story: Story) -> None:
    """The same text may answer with other columns after somebody else's DDL, before the catalog was read again."""
    await prepared(story)
    stolen = [column("total", table=16400, number=2)]
    story.database.results[HARMLESS] = Result(stolen, [(SECRET,)], "SELECT 1")
    heard = await story.asks(*BATCH)
    assert story.ledger.lane == 1
    assert not any("078-05-1120" in line for line in heard)


async def test_an_error_comes_back_as_itself_and_the_session_goes_on(story: Story) -> None:
    await prepared(story)
    story.database.fails[HARMLESS] = Failure("22012", "division by zero")
    heard = await story.asks(*BATCH)
    assert any("22012" in line for line in heard)
    assert story.ledger.answers[-1].sqlstate == "22012"
    story.database.fails.clear()
    assert await story.asks(*BATCH) == await story.asks(*BATCH)


async def test_a_client_that_asks_on_before_the_answer_is_answered_in_order(story: Story) -> None:
    await prepared(story)
    single = await story.asks(*BATCH)
    story.say(*BATCH)
    story.say(*BATCH)
    story.say(*BATCH)
    assert await story.hears() == single * 3


async def test_the_portal_of_the_fast_lane_lives_as_long_as_its_transaction(story: Story) -> None:
    await prepared(story)
    await story.asks(messages.query("begin"))
    await story.asks(*BATCH)
    again = messages.execute("", 0) + messages.sync()
    assert story.ledger.lane == 1
    assert "ready T" in await story.asks(again)
    await story.asks(messages.query("commit"))
    assert any("34000" in line for line in await story.asks(again))


async def test_what_is_asked_in_one_round_leaves_when_its_record_is_written(story: Story) -> None:
    """All sessions of a round share one write to the journal; none of their bytes leave before it."""
    await prepared(story)
    story.ledger.waits = True
    story.events.clear()
    story.say(*BATCH)
    assert [event[0] for event in story.events] == ["decided"]
    heard = await story.hears()
    assert heard[-1] == "ready I"
    assert [event[0] for event in story.events] == ["decided", "left", "answered"]


async def test_what_comes_meanwhile_does_not_overtake_what_waits_for_its_record(story: Story) -> None:
    await prepared(story)
    single = await story.asks(*BATCH)
    story.ledger.waits = True
    story.say(*BATCH)
    story.say(messages.query(WRITE))
    heard = await story.hears()
    assert heard[: len(single)] == single
    assert story.ran[-2:] == [HARMLESS, WRITE]


async def test_a_record_that_cannot_be_written_keeps_what_waits_for_it_here(story: Story) -> None:
    await prepared(story)
    story.ledger.waits = True
    story.say(*BATCH)
    story.ledger.breaks.add("decided")
    heard = await story.hears()
    assert any("58000" in line for line in heard)
    assert heard[-1] == "ready I"
    assert story.ran == [HARMLESS]
    story.ledger.breaks.clear()
    assert (await story.asks(*BATCH))[-1] == "ready I"


async def test_a_session_that_ends_meanwhile_sends_nothing_more(story: Story) -> None:
    await prepared(story)
    story.ledger.waits = True
    story.say(*BATCH)
    story.relay.abandon("08006")
    await story.play()
    assert story.ran == [HARMLESS]
    assert story.ledger.answers[-1].sqlstate == "08006"


async def test_a_notice_that_comes_unasked_meanwhile_is_heard_before_the_answer(story: Story) -> None:
    await prepared(story)
    single = await story.asks(*BATCH)
    story.ledger.waits = True
    story.say(*BATCH)
    story.database.said += messages.notice_response({"S": "NOTICE", "C": "00000", "M": "by the way"})
    story.answer()
    assert await story.hears() == ["notice by the way", *single]


SAID = st.sampled_from(
    [
        b"".join(BATCH),
        b"".join([BATCH[0], *BATCH[2:]]),
        TRAIN,
        b"".join([*BATCH[:3], BATCH[0], *BATCH[2:]]),
        b"".join([*asking("s"), *asking("t"), messages.sync()]),
        messages.parse("t", WRITE) + messages.sync(),
        messages.query(HARMLESS),
        messages.query(SENSITIVE),
        messages.query("begin"),
        messages.query("commit"),
        messages.query("rollback"),
        messages.query(WRITE),
        messages.query("selekt"),
        b"".join([messages.parse("", HARMLESS), messages.bind("", ""), *BATCH[1:]]),
        b"".join([messages.bind("", ""), *BATCH[1:]]),
        b"".join([messages.execute("", 0), messages.sync()]),
        messages.close(b"S", "s") + messages.sync(),
        messages.parse("s", HARMLESS) + messages.sync(),
        messages.parse("s", SENSITIVE) + messages.sync(),
        messages.query("deallocate all"),
    ]
)


@settings(deadline=None, max_examples=150)
@given(
    script=st.lists(st.tuples(SAID, st.booleans()), max_size=14),
    size=st.none() | st.integers(1, 60),
    rounds=st.booleans(),
    durably=st.booleans(),
)
async def test_both_lanes_tell_the_same_story(
    script: list[tuple[bytes, bool]], size: int | None, rounds: bool, durably: bool
) -> None:
    """Whatever is asked, in whatever pieces it is answered: the same bytes to the client, the same runs and records."""
    told = []
    for fast in (True, False):
        async with opened(strict=durably) as story:
            story.fast = fast
            story.ledger.waits = rounds
            heard: list[str] = []
            for said, waits in script:
                story.say(said)
                if size is not None:
                    story.forward()
                    story.answer(size)
                if waits:
                    heard += await story.hears()
            heard += await story.hears()
            told.append((sayings(heard), story.ran, recorded(story)))
    assert told[0] == told[1]


def sayings(heard: list[str]) -> list[str]:
    """Return what was heard, without the sentences of errors in an aborted transaction.

    They are told or withheld by whether anything sensitive was asked behind them before they came.
    """
    return [line[: len("failed 25P02")] if line.startswith("failed 25P02") else line for line in heard]


def recorded(story: Story) -> list[tuple[object, ...]]:
    """Return each statement on record with its end, but those that the server skipped.

    Whether a statement behind an error was still asked depends on when the error was heard of.
    """
    ends = {answer.exchange: answer for answer in story.ledger.answers}
    found: list[tuple[object, ...]] = []
    for decided in story.ledger.decisions:
        what = (decided.decided.analysis.text, decided.parameters or ())
        end = ends.pop(decided.exchange, None)  # what was refused has none
        if end is None or end.sqlstate != "skipped":
            found.append(what if end is None else (*what, end.rows, end.size, end.sqlstate, end.tag))
    assert ends == {}
    return found
