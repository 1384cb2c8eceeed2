"""The way of one statement: allowed, refused, and recorded on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from proctor.policy.rules import Rules
from proctor.session.judged import Judged
from proctor.session.pipeline import Pipeline
from proctor.terms import Allow, Deny
from proctor.wire import messages
from tests.stories.house import DENIED, HARMLESS, SENSITIVE, WRITE, Story


def extended(text: str, *, name: bytes = b"", portal: bytes = b"", describe: bool = True) -> bytes:
    described = messages.describe(b"P", portal) if describe else b""
    return messages.parse(name, text) + messages.bind(portal, name) + described + messages.execute(portal)


async def test_an_allowed_statement_goes_upstream_byte_for_byte(story: Story) -> None:
    await story.asks(messages.query(HARMLESS))
    left = b"".join(e[1].encode("latin-1") for e in story.events if e[0] == "left")
    assert left.endswith(messages.query(HARMLESS))
    assert story.ran == [HARMLESS]


async def test_the_answer_comes_back_byte_for_byte_where_nothing_is_masked(story: Story) -> None:
    heard = await story.asks(messages.query(HARMLESS))
    assert heard == ["shape value", "row plain", "done SELECT 1", "ready I"]


@pytest.mark.parametrize(
    "said", [messages.query(HARMLESS), extended(HARMLESS) + messages.sync()], ids=["simple", "extended"]
)
async def test_a_record_is_written_before_the_statement_leaves_and_another_after_the_answer(
    story: Story, said: bytes
) -> None:
    await story.asks(messages.query(HARMLESS))  # the slow lane
    story.events.clear()
    await story.asks(said)  # the fast lane
    order = [e[0] for e in story.events]
    assert order.index("decided") < order.index("left")
    assert order[-1] == "answered"
    assert story.ledger.of(story.ledger.decisions[-1]).rows == 1


async def test_a_refused_statement_never_reaches_the_database(story: Story) -> None:
    heard = await story.asks(messages.query(DENIED))
    assert heard[0].startswith("failed 42501 refused")
    assert heard[1:] == ["ready I"]
    assert "drop" not in "".join(e[1] for e in story.events if e[0] == "left")
    assert story.decided(Deny) == [DENIED]


async def test_a_refusal_keeps_its_place_in_the_pipeline(story: Story) -> None:
    heard = await story.asks(messages.query(HARMLESS), messages.query(DENIED), messages.query("select 1"))
    assert [line.split()[0] for line in heard] == [
        "shape", "row", "done", "ready", "failed", "ready", "shape", "row", "done", "ready",
    ]  # fmt: skip
    assert story.ran == [HARMLESS, "select 1"]


async def test_a_refusal_in_a_batch_skips_the_rest_of_it_as_the_server_would(story: Story) -> None:
    heard = await story.asks(
        extended(HARMLESS),
        extended(DENIED),
        extended("select 2"),
        messages.sync(),
        extended("select 3"),
        messages.sync(),
    )
    assert [line.split()[0] for line in heard] == [
        "prepared", "bound", "shape", "row", "done", "failed", "ready",
        "prepared", "bound", "shape", "row", "done", "ready",
    ]  # fmt: skip
    assert story.ran == [HARMLESS, "select 3"]


async def test_a_refusal_fails_the_transaction_as_the_client_is_told(story: Story) -> None:
    heard = await story.asks(messages.query("begin"), messages.query(DENIED), messages.query("select 1"))
    assert [line for line in heard if line.startswith("ready")] == ["ready T", "ready E", "ready E"]
    assert await story.asks(messages.query("rollback")) == ["done ROLLBACK", "ready I"]


async def test_a_refusal_in_one_statement_refuses_the_whole_text(story: Story) -> None:
    heard = await story.asks(messages.query(f"{HARMLESS}; {DENIED}"))
    assert heard[0].startswith("failed 42501")
    assert story.ran == []


async def test_an_empty_text_passes(story: Story) -> None:
    assert await story.asks(messages.query(""), extended("", describe=False), messages.sync()) == [
        "empty", "ready I", "prepared", "bound", "empty", "ready I",
    ]  # fmt: skip


async def test_text_that_is_not_utf8_is_refused_before_it_is_parsed(story: Story) -> None:
    heard = await story.asks(messages.query(b"select '\xff'"))
    assert heard[0].startswith("failed 22021")
    assert story.ran == []


async def test_the_function_call_message_is_refused_in_its_place(story: Story) -> None:
    heard = await story.asks(messages.frame(b"F", b"\0\0\0\x01\0\0\0\0\0\0"), messages.query("select 1"))
    assert [line.split()[0] for line in heard] == ["failed", "ready", "shape", "row", "done", "ready"]


@pytest.mark.parametrize("text", [HARMLESS, "select 1"])
async def test_what_is_harmless_does_not_wait_for_the_disk(story: Story, text: str) -> None:
    story.ledger.disk.clear()
    assert "ready I" in await story.asks(messages.query(text))


@pytest.mark.parametrize("text", [WRITE, SENSITIVE, DENIED])
async def test_writes_the_sensitive_and_the_denied_wait_for_the_disk(story: Story, text: str) -> None:
    story.ledger.disk.clear()
    assert await story.asks(messages.query(text)) == []
    assert story.ran == []
    story.ledger.disk.set()
    assert "ready I" in await story.hears()


@pytest.mark.parametrize("text", [HARMLESS, WRITE, SENSITIVE])
@pytest.mark.parametrize("how", ["simple", "extended"])
async def test_under_strict_no_statement_runs_before_its_record_is_on_disk(strict: Story, text: str, how: str) -> None:
    strict.ledger.disk.clear()
    said = messages.query(text) if how == "simple" else extended(text) + messages.sync()
    await strict.asks(said)
    assert strict.ran == []
    strict.ledger.disk.set()
    assert "ready I" in await strict.hears()
    assert strict.ran == [text]
    assert strict.decided(Allow) == [text]


async def test_what_follows_a_slow_statement_keeps_its_order(story: Story) -> None:
    story.ledger.disk.clear()
    await story.asks(messages.query(WRITE))
    story.say(messages.query("select 1"), messages.query(DENIED))
    story.say(messages.query("select 2"))
    story.ledger.disk.set()
    heard = [line.split()[0] for line in await story.hears()]
    assert heard == [
        "done",
        "ready",
        "shape",
        "row",
        "done",
        "ready",
        "failed",
        "ready",
        "shape",
        "row",
        "done",
        "ready",
    ]
    assert story.ran == [WRITE, "select 1", "select 2"]


async def test_what_might_have_run_had_its_text_not_been_refused_is_recorded_as_skipped(story: Story) -> None:
    """Allowed and never answered would be evidence of a crash."""
    await story.asks(messages.query(f"{HARMLESS}; {DENIED}"))
    first, second = story.ledger.decisions
    assert (first.decided.analysis.text, second.decided.analysis.text) == (HARMLESS, DENIED)
    assert [(a.exchange, a.sqlstate) for a in story.ledger.answers] == [(first.exchange, "skipped")]


async def test_what_was_bound_is_decided_anew_once_the_rules_are_others(strict: Story, tmp_path: Path) -> None:
    """While nothing has changed it is not; a portal that was let through once runs no more when it must not."""
    await strict.asks(messages.query("begin"))
    await strict.asks(messages.parse("s", HARMLESS), messages.bind("p", "s"), messages.execute("p", 1), messages.sync())
    run = (messages.execute("p", 1), messages.sync())
    assert not any("42501" in line for line in await strict.asks(*run))
    ran = list(strict.ran)
    none = tmp_path / "none.cedar"
    none.write_text(
        '@id("none") @reason("closed") @hint("wait") forbid(principal, action == Action::"read", resource);\n'
    )
    strict.world._rules = Rules.load([none])
    strict.world.becomes(strict.world.shared)
    heard = await strict.asks(*run)
    assert any("42501" in line and "closed" in line for line in heard), heard
    assert strict.ran == ran


@pytest.mark.parametrize(
    "said", [messages.query, lambda text: extended(text) + messages.sync()], ids=["simple", "extended"]
)
async def test_the_time_that_a_statement_took_begins_when_it_was_taken_up(
    story: Story, said: Callable[[str], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it takes to understand and decide is the gateway's own share, and must be in the record."""
    judge = story.relay.hearing.judge

    async def slowly(text: str, pipeline: Pipeline) -> Judged:
        story.clock.ns += 5_000_000
        return await judge(text, pipeline)

    monkeypatch.setattr(story.relay.hearing, "judge", slowly)
    for text in ("select 1", "select 2, 3"):
        before = story.clock.ns
        await story.asks(said(text))
        assert before < story.ledger.answers[-1].started_ns < before + 5_000_000 < story.clock.ns


async def test_the_time_between_two_batches_is_nobodys(story: Story) -> None:
    await story.asks(messages.parse(b"s", "select 7, 8") + messages.sync())
    story.clock.ns += 5_000_000
    before = story.clock.ns
    await story.asks(messages.bind(b"", b"s") + messages.execute(b"") + messages.sync())
    assert story.ledger.answers[-1].started_ns > before


async def test_the_clients_trace_is_on_record_and_no_judgement_depends_on_it(
    story: Story,
) -> None:
    traces = [f"00-{'a' * 32}-{number:016x}-01" for number in (1, 2)]
    await story.asks(messages.query(f"{HARMLESS} /*traceparent='{traces[0]}'*/"))
    stamp = story.relay.hearing.standing()
    await story.asks(messages.query(f"{HARMLESS} /*traceparent='{traces[1]}'*/"))
    await story.asks(messages.query(HARMLESS))
    assert [decided.claims.trace for decided in story.ledger.decisions] == [*traces, None]
    assert story.relay.hearing.standing() is stamp
