"""Judging texts: names followed to what they stand for, and what makes two meanings the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proctor.policy.rules import Rules
from proctor.session.judge import MAX_REMEMBERED, Behind, Bench, Judged, Lookup, Memory, Stamp
from proctor.sql.settings import SessionSettings
from proctor.terms import Allow, Context, Deny, Effect, Hold
from tests.stories.house import ALICE, DENIED, HARMLESS, HELD, NOW, SENSITIVE, catalog, data_map, shipped

CONTEXT = Context("shop", "production", NOW)
STAMP = Stamp(ALICE, CONTEXT, SessionSettings(("pg_temp", "pg_catalog", "public"), "app"), "1", 1, "rules")


@pytest.fixture(scope="module")
def rules() -> Rules:
    return shipped()


@pytest.fixture
def bench(rules: Rules) -> Bench:
    return Bench(STAMP, catalog(), data_map(), rules)


def knows(**texts: str) -> Lookup:
    def lookup(effect: Effect) -> Behind | None:
        text = texts.get(effect.name or "")
        return None if text is None else Behind(text)

    return lookup


@pytest.mark.parametrize(
    ("text", "kind"),
    [(HARMLESS, Allow), (DENIED, Deny), (HELD, Hold), (f"{HARMLESS}; {DENIED}", Deny), ("", type(None))],
)
def test_the_strictest_statement_decides_about_the_text(bench: Bench, text: str, kind: type) -> None:
    assert type(bench.judge(text).decision) is kind


@pytest.mark.parametrize("text", ["execute s", "fetch 1 from s", "fetch all in s"])
def test_a_name_is_judged_as_what_it_stands_for(bench: Bench, text: str) -> None:
    judged = bench.judge(text, lookup=knows(s=SENSITIVE))
    assert judged.verdicts[0].analysis.reads == bench.judge(SENSITIVE).verdicts[0].analysis.reads
    assert judged.verdicts[0].sensitive
    assert not judged.harmless
    assert judged.behind == (f"s: {SENSITIVE}",)
    assert SENSITIVE in judged.told


@pytest.mark.parametrize(
    "text",
    [
        "execute s",
        "set search_path = other; execute t",
        "create temp table customers (id int); execute t",
        "rollback; execute t",
        "prepare u as execute t; execute u",
    ],
)
def test_a_name_that_cannot_be_followed_is_not_understood(bench: Bench, text: str) -> None:
    judged = bench.judge(text, lookup=knows(t=HARMLESS))
    assert not all(v.analysis.understood for v in judged.verdicts)
    assert not isinstance(judged.decision, Allow)


def test_names_made_in_the_same_text_are_followed_first(bench: Bench) -> None:
    judged = bench.judge(f"deallocate s; prepare s as {SENSITIVE}; execute s", lookup=knows(s=HARMLESS))
    assert judged.verdicts[2].sensitive


def test_what_was_bound_is_decided_anew_and_means_the_same(bench: Bench) -> None:
    before = bench.judge(SENSITIVE)
    elsewhere = replace(bench, catalog=catalog("other"))
    assert elsewhere.again(before).meaning == before.meaning
    assert elsewhere.judge(SENSITIVE).meaning != before.meaning


def test_estimates_are_no_part_of_the_meaning(bench: Bench) -> None:
    grown = {r: replace(d, estimated_rows=7) for r, d in bench.catalog.relations.items()}
    later = replace(bench, catalog=replace(bench.catalog, relations=grown))
    assert later.judge(HARMLESS).meaning == bench.judge(HARMLESS).meaning


def test_memory_is_bounded_and_forgets_the_older_half() -> None:
    memory = Memory()
    number = memory.number(STAMP)
    for n in range(MAX_REMEMBERED + 1):
        memory.keep(number, Judged(f"select {n}", (), refers=False))
    assert memory.recall(number, "select 0") is None
    assert memory.recall(number, f"select {MAX_REMEMBERED}") is not None


def test_another_stamp_remembers_nothing_of_this_one() -> None:
    memory = Memory()
    memory.keep(memory.number(STAMP), Judged(HARMLESS, (), refers=False))
    for other in (replace(STAMP, epoch="2"), replace(STAMP, data_map=2), replace(STAMP, rule_set="other")):
        assert memory.recall(memory.number(other), HARMLESS) is None
