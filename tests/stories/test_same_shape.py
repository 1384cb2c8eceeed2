"""A text that differs from a judged one by literals that do not matter is judged like it, and recorded as itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from proctor.policy.rules import Rules
from proctor.session import judge, memory
from proctor.sql import Examined, SessionSettings, examine
from proctor.sql.catalog import Catalog
from proctor.terms import Allow, Deny, Hold, Relation
from proctor.wire import messages
from tests.stories.honest import SECRET, Result, column
from tests.stories.house import Story, catalog, data_map, table
from tests.stories.test_way_of_a_statement import extended

ORDER = "select total from orders where id = {}"
ONE, TWO, THREE = (ORDER.format(n) for n in (1, 2, 3))
SYNC = messages.sync()


class Analyses:
    """What was analyzed: everything else was remembered."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, text: str, catalog: Catalog, settings: SessionSettings) -> Examined:
        self.texts.append(text)
        return examine(text, catalog, settings)


@pytest.fixture
def analyses(monkeypatch: pytest.MonkeyPatch) -> Analyses:
    counting = Analyses()
    monkeypatch.setattr(judge, "examine", counting)
    return counting


def asked(text: str, how: str) -> bytes:
    return messages.query(text) if how == "simple" else extended(text) + SYNC


@pytest.mark.parametrize("how", ["simple", "extended"])
async def test_a_text_of_a_shape_seen_before_is_not_analyzed_and_goes_the_fast_lane(
    story: Story, analyses: Analyses, how: str
) -> None:
    first = await story.asks(asked(ONE, how))
    lane = story.ledger.lane
    assert await story.asks(asked(TWO, how)) == first
    assert await story.asks(asked(THREE, how)) == first
    assert analyses.texts == [ONE]
    assert story.ledger.lane == lane + 2
    assert story.ran == [ONE, TWO, THREE]


async def test_each_text_is_recorded_as_itself(story: Story) -> None:
    for text in (ONE, TWO, f"  {THREE} ; ", TWO):
        await story.asks(messages.query(text))
    assert story.decided(Allow) == [ONE, TWO, THREE, TWO]


async def test_the_slow_lane_goes_by_the_shape_as_well(strict: Story, analyses: Analyses) -> None:
    for text in (ONE, TWO, THREE):
        await strict.asks(messages.parse("", text), messages.bind("", ""), messages.execute(), SYNC)
    assert analyses.texts == [ONE]
    assert strict.decided(Allow) == [ONE, TWO, THREE]


async def test_what_is_masked_is_masked_for_every_text_of_the_shape(story: Story, analyses: Analyses) -> None:
    text = "select upper(email), 'x' from customers where id = {}"
    for n in range(4):
        story.database.results[text.format(n)] = Result(
            [column("upper"), column("?column?")], [(SECRET, b"x")], "SELECT 1"
        )
        heard = await story.asks(messages.query(text.format(n)))
        assert heard[0] == "shape upper, ?column?"
    assert analyses.texts == [text.format(0)]
    assert SECRET not in story.heard
    assert story.ledger.lane == 0


async def test_what_is_denied_is_denied_as_itself(story: Story, analyses: Analyses) -> None:
    texts = ["update orders set note = 'a'", "update orders set note = 'b'"]
    for text in texts:
        heard = await story.asks(messages.query(text))
        assert heard[0].startswith("failed 42501")
    assert story.decided(Deny) == texts
    assert [text for text in analyses.texts if text in texts] == texts[:1]  # the others are what it might have sent
    assert story.ran == []


async def test_an_approval_of_one_text_is_none_of_another_of_its_shape(agent: Story, analyses: Analyses) -> None:
    one, two = (f"update orders set note = 'a' where id = {n}" for n in (1, 2))
    agent.say(messages.query(one))
    await agent.hears()
    agent.desk.approve("T1")
    assert "ready I" in await agent.hears()
    agent.say(messages.query(two))
    await agent.hears()
    assert agent.ran == [one]
    assert [request.statement for request in agent.desk.requests] == [one, two]
    assert agent.desk.tickets["T2"].digest != agent.desk.tickets["T1"].digest  # type: ignore[index]  # by name
    assert agent.decided(Hold) == [one, two]
    agent.desk.approve("T2")
    await agent.hears()
    assert agent.ran == [one, two]


CONSULTED = {
    "a limit": ("select total from orders limit {}", "1", "1000000"),
    "a place to order by": ("select id, total from orders where id = 1 order by {}", "1", "2"),
    "a tautology": ("update orders set note = 'a' where 1 = {}", "2", "1"),
    "a pattern that lets all through": ("update orders set note = 'a' where note like {}", "'a%'", "'%'"),
    "a list with itself in it": ("update orders set note = 'a' where 1 in (2, {})", "3", "1"),
}


@pytest.mark.parametrize("case", CONSULTED)
async def test_a_literal_that_matters_is_judged_anew(story: Story, analyses: Analyses, case: str) -> None:
    text, *literals = CONSULTED[case]
    one, other = (text.format(literal) for literal in literals)
    await story.asks(messages.query(one))
    await story.asks(messages.query(other))
    assert analyses.texts == [one, other]
    await story.asks(messages.query(one))
    await story.asks(messages.query(other))
    assert analyses.texts == [one, other]
    decided = [d.decided.analysis for d in story.ledger.decisions]
    assert replace(decided[1], text="") != replace(decided[0], text="")
    assert decided[2:] == decided[:2]


async def test_only_so_many_judgements_of_one_shape_are_kept(story: Story, analyses: Analyses) -> None:
    texts = [f"select total from orders limit {n}" for n in range(1, 2 * memory.MAX_KIN)]
    for text in texts:
        await story.asks(messages.query(text))
    assert analyses.texts == texts
    (kin,) = story.relay.hearing._memory._kin.values()
    assert len(kin) == memory.MAX_KIN


async def _rules(story: Story, folder: Path) -> None:
    own = folder / "own.cedar"
    own.write_text(
        '@id("no-orders") @reason("closed") @hint("wait") forbid(principal, action == Action::"read", resource);\n'
    )
    story.world._rules = Rules.load([own])
    story.world.becomes(story.world.shared)


async def _data_map(story: Story, _: Path) -> None:
    story.world.becomes(story.world.shared, data_map(version=2))


async def _snapshot(story: Story, _: Path) -> None:
    story.world.becomes(catalog(epoch="2"))


async def _others(story: Story, _: Path) -> None:
    """Somebody else makes a table of that name where it is found first."""
    made = table("pg_catalog", "orders", (("id", 23, None), ("total", 1700, None)), oid=16999)
    story.world.becomes(catalog(epoch="2", extra=[made]))


async def _own(story: Story, _: Path) -> None:
    """The session makes one itself, in a transaction that nobody else sees."""
    made = table("pg_temp", "orders", (("id", 23, None), ("total", 1700, None)), oid=16998)
    story.world.own = catalog(epoch="1, and a table of its own", extra=[made])
    heard = await story.asks(
        messages.query("begin"), messages.query("create temp table orders (id int, total numeric)")
    )
    assert heard[-1] == "ready T"


async def _path(story: Story, _: Path) -> None:
    await story.asks(messages.query("set search_path = other, public"))


async def _claims(story: Story, _: Path) -> None:
    story.database.claims = ("INC-42", None, None)
    await story.asks(messages.query("set proctor.reason = 'INC-42'"))


async def _minute(story: Story, _: Path) -> None:
    story.clock.hour = story.clock.hour.replace(hour=3)
    story.world.becomes(story.world.shared)


CHANGES: dict[str, Callable[[Story, Path], Awaitable[None]]] = {
    "the rules": _rules,
    "the data map": _data_map,
    "the snapshot": _snapshot,
    "what others define": _others,
    "what the session itself defines and has not committed": _own,
    "the search path": _path,
    "the claims": _claims,
    "the minute": _minute,
}


@pytest.mark.parametrize("how", ["simple", "extended"])
@pytest.mark.parametrize("change", CHANGES)
async def test_whatever_a_judgement_depends_on_ends_that_of_the_shape(
    story: Story, analyses: Analyses, tmp_path: Path, change: str, how: str
) -> None:
    await story.asks(asked(ONE, how))
    await story.asks(asked(TWO, how))
    assert analyses.texts == [ONE]
    await CHANGES[change](story, tmp_path)
    analyses.texts.clear()
    await story.asks(asked(THREE, how))
    assert THREE in analyses.texts
    met = {r for a in story.ledger.decisions[-1].decided.analysis.accesses if (r := a.relation) is not None}
    home = {"what others define": "pg_catalog", "what the session itself defines and has not committed": "pg_temp"}
    assert met == {Relation(home.get(change, "public"), "orders")}
    assert isinstance(story.ledger.decisions[-1].decided.decision, Deny) is (change == "the rules")
