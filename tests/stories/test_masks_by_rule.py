"""Masks that rules choose, through a whole session: who sees which, what may be handed back, and rules put in force anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from proctor.policy.masks import make_mask
from proctor.policy.rules import Rules
from proctor.terms import Allow, Hold, Identity, Kind
from proctor.wire import messages
from tests.stories.honest import Result, column
from tests.stories.house import ALICE, COPILOT, OIDS, Story, opened
from tests.stories.test_masked_keys import ASKED, KEY, MASKED, PLAIN, bound, extended, serve, worn

SUE = Identity("sue", Kind.HUMAN, frozenset({"support"}), "scram")
SCOUT = replace(COPILOT, on_behalf_of="sue", person_groups=frozenset({"support"}))
SELECT = "select id, email from customers"
FOUND = f"{ASKED.format(' $1 ')}"
SEES = '@id("sees") @reason("r") @hint("h")\npermit (principal == User::"alice", action == Action::"unmask", resource);'


def as_token(value: bytes = PLAIN) -> bytes:
    return worn(value, "token", data_class="email")  # type: ignore[arg-type]  # a class is a text


TOKEN = as_token()
PART = make_mask("partial", "email", key=KEY, type_family="text")(PLAIN) or b""  # type: ignore[arg-type]


def literal(value: bytes) -> str:
    return f"'{value.decode()}'"


@pytest.fixture
def rules(tmp_path: Path):
    def made(mask: str, *more: str, who: str = 'principal in Group::"support"') -> Rules:
        head = f'@id("chosen") @reason("r") @hint("h") @mask("{mask}")'
        text = f'{head}\npermit ({who}, action == Action::"mask", resource) when {{ resource.class == "email" }};'
        (tmp_path / "own.cedar").write_text("\n".join((text, *more)))
        return Rules.load([tmp_path])

    return made


def under(story: Story, rules: Rules) -> Story:
    story.world._rules = rules
    story.world.becomes(story.world.shared)
    serve(story, SELECT)
    serve(story, FOUND)
    return story


async def seen(story: Story) -> str:
    (row,) = [line for line in await story.asks(messages.query(SELECT)) if line.startswith("row")]
    return row.removeprefix("row 1, ")


async def test_a_chosen_mask_is_worn_before_those_it_is_for(rules) -> None:
    expected = {"partial": PART, "tokenise": TOKEN, "hash": worn(PLAIN, "hash", data_class="email"), "useful": MASKED}  # type: ignore[arg-type]
    for word, mask in expected.items():
        async with opened(style="useful", asker=SUE) as story:
            assert await seen(under(story, rules(word))) == mask.decode()
            (decided,) = story.ledger.decisions
            assert isinstance(decided.decided.decision, Allow)
            assert "chosen" in decided.decided.decision.rules
            (spec,) = [mask for mask in decided.decided.decision.masks if mask is not None]
            assert spec.rules == ("chosen",)
        async with opened(style="useful", asker=ALICE) as story:
            assert await seen(under(story, rules(word))) == MASKED.decode()


async def test_rules_put_in_force_anew_change_the_mask_of_a_text_that_is_remembered(rules) -> None:
    async with opened(style="useful", asker=SUE) as story:
        under(story, rules("partial"))
        assert [await seen(story), await seen(story)] == [PART.decode()] * 2
        assert await seen(under(story, rules("tokenise"))) == TOKEN.decode()
        assert await seen(under(story, rules("useful", who='principal == User::"bob"'))) == MASKED.decode()
        assert await seen(under(story, rules("null"))) == "NULL"


async def test_masks_of_two_askers_of_one_text_are_not_mixed(rules) -> None:
    """What is remembered of a text stands for its asker as well."""
    chosen = rules("partial")
    for asker, expected in ((SUE, PART), (ALICE, MASKED), (SCOUT, MASKED), (SUE, PART)):
        async with opened(style="useful", asker=asker) as story:
            assert await seen(under(story, chosen)) == expected.decode()


async def test_a_token_that_is_worn_can_be_handed_back(rules) -> None:
    for asker in (SUE, SCOUT):
        async with opened(style="useful", asker=asker) as story:
            under(story, rules("tokenise", who="principal"))
            heard = await story.asks(messages.query(ASKED.format(literal(TOKEN))))
            assert heard[1] == f"row 1, {TOKEN.decode()}"
            await story.asks(extended(ASKED.format("$1"), TOKEN))
            assert len(bound(story)) == 2
            assert set(bound(story)) == {(PLAIN,)}
            assert PLAIN not in story.heard


async def test_a_mask_of_somebody_elses_is_no_key(rules) -> None:
    """Somebody who sees the last four could else find them out of every mask that others are shown."""
    async with opened(style="useful", asker=SUE) as story:
        under(story, rules("tokenise"))
        heard = await story.asks(messages.query(ASKED.format(literal(MASKED))))
        assert heard[0].startswith("failed 42501 refused: this masked value stands for nothing in")
        assert bound(story) == []
    for mask in (MASKED, TOKEN, PART):
        async with opened(style="useful", asker=SCOUT) as story:
            under(story, rules("partial", who="principal"))
            heard = await story.asks(messages.query(ASKED.format(literal(mask))))
            assert heard[0].startswith("failed 42501 refused: infer public.customers.email"), heard
            heard = await story.asks(extended(ASKED.format("$1"), mask))
            assert any(line.startswith("failed 42501 refused: infer public.customers.email") for line in heard), heard
            assert bound(story) == []


async def test_whoever_may_unmask_resolves_the_tokens_of_others(rules) -> None:
    async with opened(style="useful", asker=ALICE) as story:
        under(story, rules("tokenise", SEES))
        for mask in (TOKEN, MASKED):
            heard = await story.asks(messages.query(ASKED.format(literal(mask))))
            assert heard[1] == f"row 1, {PLAIN.decode()}"
            await story.asks(extended(ASKED.format("$1"), mask))
        assert len(bound(story)) == 4
        assert set(bound(story)) == {(PLAIN,)}


async def test_a_token_means_nothing_to_somebody_who_sees_other_masks(rules) -> None:
    async with opened(style="useful", asker=ALICE) as story:
        under(story, rules("tokenise"))
        held = await story.asks(messages.query(ASKED.format(literal(TOKEN))))
        assert bound(story) == []
        assert not any(line.startswith("row") for line in held)


@pytest.mark.parametrize("word", ["partial", "tokenise"])
async def test_nobody_writes_a_mask_that_others_may_see(rules, word: str) -> None:
    mask = {"partial": PART, "tokenise": TOKEN}[word]
    for asker in (ALICE, SUE, Identity("shop", Kind.SERVICE, frozenset(), "scram")):
        async with opened(style="useful", asker=asker) as story:
            under(story, rules(word))
            heard = await story.asks(messages.query(f"update customers set email = {literal(mask)} where id = 1"))
            assert heard[0].startswith("failed 42501 refused: a masked value would be written into"), heard
            heard = await story.asks(extended("update customers set email = $1 where id = 2", mask))
            assert any("a masked value would be written into" in line for line in heard), heard
            assert story.ran == []


async def test_groups_are_told_only_under_masks_that_tell_them_anyway(rules) -> None:
    grouped = "select count(*) from customers group by email"
    for word, allowed in (("tokenise", True), ("hash", True), ("partial", False), ("null", False), ("redact", False)):
        async with opened(style="useful", asker=SUE, hold_seconds=0) as story:
            under(story, rules(word))
            story.database.results[grouped] = Result([column("count", 20)], [(b"1",)], "SELECT 1")
            await story.asks(messages.query(grouped))
            assert (story.ran == [grouped]) is allowed, word
            (decided, *_) = story.ledger.decisions
            assert isinstance(decided.decided.decision, Allow if allowed else Hold)


async def test_a_date_has_no_last_four_and_is_hidden_by_a_date(tmp_path: Path) -> None:
    """A mask that does not fit the column's type gives a value of the type that says nothing."""
    text = '@id("h") @reason("r") @hint("h") @mask("hash")\npermit (principal, action == Action::"mask", resource);'
    (tmp_path / "own.cedar").write_text(text)
    born = "select born from customers"
    async with opened(style="useful", asker=SUE) as story:
        under(story, Rules.load([tmp_path]))
        described = [column("born", 1082, table=OIDS["customers"], number=4, size=4)]
        story.database.results[born] = Result(described, [(b"1980-02-03",)], "SELECT 1")
        assert (await story.asks(messages.query(born)))[1] == "row 2000-01-01"
