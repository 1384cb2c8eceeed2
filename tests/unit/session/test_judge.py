"""Judging texts: names followed to what they stand for, and what makes two meanings the same."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from proctor.policy.rules import Rules
from proctor.session.judge import Behind, Bench, Lookup
from proctor.session.judged import Judged, Stamp
from proctor.session.memory import MAX_PASSING, MAX_REMEMBERED, Memory
from proctor.sql import Form, SessionSettings
from proctor.terms import Allow, Claims, Column, Context, Deny, Effect, Hold, Relation
from tests.stories.house import ALICE, COPILOT, DENIED, HARMLESS, HELD, NOW, SENSITIVE, catalog, data_map, shipped

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


NAME = Column(Relation("public", "customers"), "full_name")
OTHERS = {
    "who asks": replace(STAMP, asker=COPILOT),
    "groups": replace(STAMP, asker=replace(ALICE, groups=frozenset({"dba"}))),
    "the database": replace(STAMP, context=replace(CONTEXT, database="other")),
    "the environment": replace(STAMP, context=replace(CONTEXT, environment="staging")),
    "the minute": replace(STAMP, context=replace(CONTEXT, now=NOW.replace(minute=1))),
    "the claims": replace(STAMP, context=replace(CONTEXT, claims=Claims(reason="INC-42"))),
    "the grants": replace(STAMP, context=replace(CONTEXT, grants=frozenset({(NAME, "grant-1")}))),
    "an open transaction": replace(STAMP, context=replace(CONTEXT, in_transaction=True)),
    "breaking the glass": replace(STAMP, context=replace(CONTEXT, claims=Claims(break_glass=True))),
    "the style of masks": replace(STAMP, context=replace(CONTEXT, style="redact")),
    "the search path": replace(STAMP, settings=replace(STAMP.settings, path=("other",))),
    "the role": replace(STAMP, settings=replace(STAMP.settings, user="dba_role")),
    "the server's version": replace(STAMP, settings=replace(STAMP.settings, server_version=180000)),
    "the types of parameters": replace(STAMP, settings=replace(STAMP.settings, parameter_types=(25,))),
    "whether the path is local": replace(STAMP, settings=replace(STAMP.settings, path_is_local=True)),
    "whether plans are chosen": replace(STAMP, settings=replace(STAMP.settings, steered=True)),
    "the catalog": replace(STAMP, epoch="2"),
    "the data map": replace(STAMP, data_map=2),
    "the rules": replace(STAMP, rule_set="other"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_shape_is_remembered_under_its_own_stamp_alone(bench: Bench, what: str) -> None:
    memory = Memory()
    memory.keep(memory.number(STAMP), bench.judge(HARMLESS))
    another = HARMLESS.replace("1", "2")
    assert memory.recall(memory.number(STAMP), another) is not None
    assert memory.recall(memory.number(OTHERS[what]), another) is None


def test_every_part_of_a_stamp_is_tried() -> None:
    """A new part must be shown to end what is remembered, too."""
    for noun in (Stamp, Context, SessionSettings):
        parts = {each.name for each in fields(noun)}
        assert parts <= TRIED[noun], f"{noun.__name__} has a new part"


TRIED = {
    Stamp: {"asker", "context", "settings", "epoch", "data_map", "rule_set"},
    Context: {
        "database",
        "environment",
        "now",
        "claims",
        "style",
        "approved",
        "approvals",
        "probes",
        "grants",
        "in_transaction",
    },
    SessionSettings: {"path", "user", "server_version", "parameter_types", "path_is_local", "steered"},
}
"""What `OTHERS` tries; judgements after an approval, and those that count probes, are never remembered."""


@pytest.mark.parametrize("text", [HARMLESS, SENSITIVE, "delete from orders where id = 1", "delete from orders"])
def test_what_is_remembered_of_a_shape_is_what_would_have_been_judged(bench: Bench, text: str) -> None:
    memory = Memory()
    number = memory.number(STAMP)
    memory.keep(number, bench.judge(text))
    another = f" {text} ;".replace("1", "222")
    memory.keep(number, bench.judge(f" {text} ;"))
    known, fresh = memory.recall(number, another), bench.judge(another)
    assert known is not None
    assert [v.analysis for v in known.verdicts] == [v.analysis for v in fresh.verdicts]
    assert known == replace(fresh, form=known.form)
    assert known.told == another
    assert known.is_of(memory.recall(number, another))
    assert not known.is_of(memory.recall(number, f" {text} ;".replace("1", "223"))) or "1" not in text


def test_a_judgement_of_a_shape_does_not_take_the_place_of_texts(bench: Bench) -> None:
    """Texts that are said once must not push out what is said again and again."""
    memory = Memory()
    number = memory.number(STAMP)
    memory.keep(number, bench.judge(HARMLESS))
    first = memory.recall(number, HARMLESS)
    for n in range(2 * MAX_REMEMBERED):
        found = memory.recall(number, f"select total from orders where id = {n}")
        assert found is not None
    assert memory.recall(number, HARMLESS) is first
    assert len(memory._judged) == 1
    assert len(memory._passing) <= MAX_PASSING


def test_shapes_are_bounded_as_well() -> None:
    memory = Memory()
    number = memory.number(STAMP)
    for n in range(MAX_REMEMBERED + 1):
        memory.keep(number, Judged(f"select a{n}", (), refers=False, form=Form(b"select a%d" % n)))
    assert len(memory._kin) <= MAX_REMEMBERED


def test_the_name_of_an_empty_statement_runs_nothing(bench: Bench) -> None:
    judged = bench.judge("execute s", lookup=knows(s=" -- nothing"))
    assert type(judged.decision) is Allow
    assert judged.verdicts[0].analysis.accesses == ()
