"""Rules that are well written and still wrong are found, each with its line; and no rule is doubted that has a use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import cedarpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.policy.conditions import Reader
from proctor.policy.logic import both, can_hold
from proctor.policy.questions import Facts, Manner, Principal, Question, Target
from proctor.policy.rules import Rules
from proctor.policy.scrutiny import Names, scrutinize
from proctor.terms import Action, Kind, Relation

KNOWN = Names(
    groups=frozenset({"support", "engineering"}),
    people=frozenset({"alice"}),
    agents=frozenset({"copilot"}),
    services=frozenset({"migrator"}),
    databases=frozenset({"shop"}),
    classes=frozenset({"email", "payment_card"}),
)


def rule(effect: str, scope: str = "principal, action, resource", clauses: str = "", name: str = "x") -> str:
    return f'@id("{name}")\n@reason("r")\n@hint("h")\n{effect} ({scope}){clauses};\n'


def doubts(tmp_path: Path, *texts: str, names: Names = KNOWN) -> list[tuple[str, bool]]:
    (tmp_path / "own.cedar").write_text("".join(texts))
    found = scrutinize(tuple(Rules.load([tmp_path / "own.cedar"])), names)
    return [(str(doubt).replace(f"{tmp_path}/", ""), doubt.grave) for doubt in found]


NEVER = {
    "a word and its opposite": " when { context.approved && !context.approved }",
    "when and unless the same": " when { context.temporary } unless { context.temporary || context.approved }",
    "two environments at once": ' when { resource.environment == "production" && resource.environment == "staging" }',
    "an environment that is left out again": ' when { resource.environment == "production" } unless { resource.environment != "staging" }',
    "all environments excluded": ' unless { ["production", "staging", "development"].contains(resource.environment) }',
    "a number above and below": " when { context.estimated_rows > 1000 && context.estimated_rows <= 1000 }",
    "an hour that no day has": " when { context.hour >= 24 }",
    "an eighth day of the week": " when { 8 == context.weekday }",
    "fewer rows than unknown": " when { context.estimated_rows < -1 }",
    "a trait that is there and is not": ' when { context.traits.contains("role") && !context.traits.containsAny(["role", "system"]) }',
    "some of several, and none": ' when { context.traits.containsAll(["role", "system"]) } unless { context.traits.contains("role") }',
    "a text and another": ' when { context.reason == "a" && context.reason == "b" }',
    "a pattern and what it cannot be": ' when { context.reason like "INC-*" && context.reason == "FIX-1" }',
    "if, then, else": " when { if context.approved then context.temporary else false } unless { context.temporary }",
    "an agent that is a person": " when { principal is Agent && principal is User }",
    "a group and not": ' when { principal in Group::"support" } unless { principal in Group::"support" }',
    "two users at once": ' when { principal == User::"alice" && principal == User::"bob" }',
    "two databases at once": ' when { resource in Database::"shop" && resource in Database::"other" }',
    "false": " when { false }",
}  # fmt: skip


@pytest.mark.parametrize("name", NEVER)
def test_a_rule_that_can_never_match_is_found(tmp_path: Path, name: str) -> None:
    found = doubts(tmp_path, "// first\n", rule("forbid", clauses=NEVER[name]), names=Names())
    assert found == [("own.cedar:2: rule x: it can never match: its conditions exclude each other", True)]


@pytest.mark.parametrize(
    ("scope", "clauses"),
    [
        ('principal is Agent, action == Action::"read", resource', " when { principal is User }"),
        ('principal, action == Action::"infer", resource', ' when { action == Action::"copy" }'),
        ('principal, action == Action::"read", resource', " when { resource is Column }"),
        ('principal == User::"alice", action, resource', " when { principal is Agent }"),
    ],
    ids=["kind", "action", "a column is not read", "a user is no agent"],
)
def test_a_scope_and_a_clause_that_exclude_each_other_are_found(tmp_path: Path, scope: str, clauses: str) -> None:
    """Cedar finds some of these by itself, and says so in its own words."""
    try:
        found = doubts(tmp_path, rule("forbid", scope, clauses))
    except Exception as fault:
        assert "own.cedar:1: rule x: " in str(fault)
    else:
        assert [grave for _, grave in found] == [True]


USEFUL = [
    ' when { context.traits.contains("no_where") && context.traits.contains("always_true") }',
    ' when { context.reason like "INC-*" && context.reason like "*-42" }',
    " when { context.estimated_rows > 10 && context.estimated_rows < 12 }",
    ' unless { ["production", "staging"].contains(resource.environment) }',
    ' when { context.now > datetime("2030-01-01") && context.now < datetime("2020-01-01") }',
    " when { context.estimated_rows + 1 > context.estimated_rows * 2 }",
    ' when { context has on_behalf_of && context.on_behalf_of == User::"alice" }',
    " when { context.approvals >= 2 } unless { context.approved && context.approvals < 2 }",
    ' when { context.reason != "" && context.classes.isEmpty() && context.kind like "*table*" }',
    ' when { principal in [Group::"support", Group::"engineering"] && !(principal in Group::"support") }',
]


@pytest.mark.parametrize("clauses", USEFUL)
def test_a_rule_that_may_match_is_not_doubted(tmp_path: Path, clauses: str) -> None:
    assert doubts(tmp_path, rule("forbid", 'principal, action == Action::"update", resource', clauses)) == []


def test_nothing_shipped_is_doubted_nor_is_the_example_of_the_manual() -> None:
    example = Path(__file__).resolve().parents[3] / "docs" / "manual" / "examples" / "rules" / "support.cedar"
    assert scrutinize(tuple(Rules.shipped()), KNOWN) == ()
    assert scrutinize(tuple(Rules.load([example])), KNOWN) == ()


def test_a_permit_that_a_forbid_undoes_is_found(tmp_path: Path) -> None:
    found = doubts(tmp_path, rule("permit", 'principal is Agent, action == Action::"infer", resource'))
    told = "own.cedar:1: rule x: it never permits anything: agent-infers (shipped/data.cedar:"
    assert (found[0][0].startswith(told), found[0][1]) == (True, True)


def test_a_permit_that_several_forbids_undo_together_is_found(tmp_path: Path) -> None:
    texts = (
        rule("permit", 'principal is Service, action == Action::"infer", resource', name="p"),
        rule("forbid", 'principal is Service, action == Action::"infer", resource', " when { context.approved }", "f"),
        rule(
            "forbid", 'principal is Service, action == Action::"infer", resource', " unless { context.approved }", "g"
        ),
    )
    assert (
        "own.cedar:1: rule p: it never permits anything: the forbids together leave nothing of it",
        True,
    ) in doubts(tmp_path, *texts)


def test_a_forbid_that_asks_for_an_approval_undoes_nothing(tmp_path: Path) -> None:
    texts = (
        rule("permit", 'principal is Service, action == Action::"infer", resource', name="p"),
        rule(
            "forbid", 'principal is Service, action == Action::"infer", resource', " unless { context.approved }", "f"
        ),
    )
    assert doubts(tmp_path, *texts) == []


def test_a_forbid_that_undoes_what_is_shipped_is_a_warning(tmp_path: Path) -> None:
    (found,) = doubts(tmp_path, rule("forbid", 'principal, action == Action::"connect", resource'))
    assert found[0].startswith("own.cedar:1: rule x: it forbids all that connect (shipped/grants.cedar:")
    assert not found[1]


def test_a_forbid_that_adds_nothing_is_a_warning(tmp_path: Path) -> None:
    clauses = ' when { context.traits.contains("destroys") && resource.environment == "production" } unless { context.temporary }'
    (found,) = doubts(tmp_path, rule("forbid", clauses=clauses))
    assert found[0].startswith("own.cedar:1: rule x: it adds nothing: destroys (shipped/structure.cedar:3)")
    assert not found[1]


NAMES = {
    "a group": (' when { principal in Group::"suport" }', 'Group::"suport" is unknown here; did you mean "support"?', False),
    "a person": (' when { principal == User::"alicia" }', 'User::"alicia" is unknown here; did you mean "alice"?', False),
    "an agent": (' when { principal == Agent::"pilot" }', 'Agent::"pilot" is unknown here; did you mean "copilot"?', False),
    "a service": (' when { principal == Service::"q" }', 'Service::"q" is unknown here', False),
    "a database": (' when { resource in Database::"shopp" }', 'Database::"shopp" is unknown here; did you mean "shop"?', False),
    "a table without its schema": (' when { resource == Table::"orders" }', 'Table::"orders" is never met: write it with', True),
    "a class": (' when { context.classes.contains("emial") }', 'there is no class "emial"; did you mean "email"?', True),
    "a class among others": (' when { context.classes.containsAny(["email", "card"]) }', 'there is no class "card"', True),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_nobody_has_is_found(tmp_path: Path, name: str) -> None:
    clauses, told, grave = NAMES[name]
    (found,) = doubts(tmp_path, rule("forbid", 'principal, action == Action::"update", resource', clauses))
    assert (found[0].startswith(f"own.cedar:1: rule x: {told}"), found[1]) == (True, grave)


def test_approvers_whom_nobody_is_are_found(tmp_path: Path) -> None:
    text = rule("forbid", 'principal, action == Action::"update", resource', " unless { context.approved }")
    found = doubts(tmp_path, text.replace('@id("x")', '@id("x")\n@approvers("dba,engneering")'))
    told = 'own.cedar:1: rule x: @approvers: nobody is in the group "engneering"; did you mean "engineering"?'
    assert found == [(told, False)]


def test_what_is_known_elsewhere_is_not_doubted(tmp_path: Path) -> None:
    """The house's own groups have no members in every file; and a server may offer databases that no file names."""
    clauses = ' when { principal in Group::"dba" || resource in Database::"other" || resource == Column::"a.b.c" }'
    scope = 'principal, action == Action::"copy", resource'
    assert doubts(tmp_path, rule("forbid", scope, clauses), names=Names(groups=frozenset())) == []


# ---- the search against Cedar itself

ATOMS = [
    "context.approved", "context.temporary", "context.understood", "principal is Agent", "resource is Column",
    'principal in Group::"g"', 'resource.environment == "staging"', 'resource.environment != "production"',
    "context.estimated_rows > 5", "context.estimated_rows <= 5", "context.estimated_rows == 6", "context.hour >= 23",
    'context.traits.contains("role")', 'context.traits.containsAll(["role", "system"])', 'context.reason like "a*"',
    'context.reason == "abc"', 'context.reason != "b"', 'resource == Table::"public.t"', 'resource in Database::"d"',
    "1 < context.estimated_rows", '["x", "abc"].contains(context.reason)', 'principal == User::"u"', "true", "false",
]  # fmt: skip
CONDITIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        inner.map("!({})".format),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) && ({pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) || ({pair[1]})"),
        st.tuples(inner, inner, inner).map(lambda three: f"if {three[0]} then {three[1]} else {three[2]}"),
    ),
    max_leaves=6,
)


def questions() -> Sequence[tuple[Question, Facts]]:
    """Return questions that tell apart everything that the atoms tell apart."""
    table, column = Relation("public", "t"), "c"
    targets = [
        (Action.READ, Target("d", "production", table)),
        (Action.READ, Target("e", "staging", Relation("public", "u"))),
        (Action.ADMINISTER, Target("d", "staging")),
        (Action.COPY, Target("d", "development", table, column, "email")),
    ]
    manners = [
        Manner("k", "useful", reason=reason, traits=frozenset(traits), temporary=temporary, estimated_rows=rows)
        for reason, traits, temporary, rows in (
            ("", (), True, -1),
            ("abc", ("role",), False, 6),
            ("ab", ("role", "system"), True, 5),
            ("b", (), False, 7),
            ("x", ("system",), False, 1),
        )
    ]
    askers = [
        Principal(Kind.HUMAN, "u", ("g",), None),
        Principal(Kind.HUMAN, "v", (), None),
        Principal(Kind.AGENT, "a", ("g",), "u"),
    ]
    hours = [datetime(2026, 1, 5, hour, tzinfo=UTC) for hour in (12, 23)]
    facts = [Facts(hours[0]), Facts(hours[1], approved=True, approvals=1)]
    return [
        (Question(asker, action, target, manner), fact)
        for asker in askers for action, target in targets for manner in manners for fact in facts
    ]  # fmt: skip


ASKED = questions()
ENTITIES = json.dumps(list({e.key: e.json for question, _ in ASKED for e in question.entities()}.values()))
REQUESTS = [question.request(fact) for question, fact in ASKED]


@settings(max_examples=80, deadline=None)
@given(CONDITIONS)
def test_what_is_said_never_to_match_matches_nothing(condition: str) -> None:
    """Cedar is the judge: whatever it lets match must be thought possible."""
    text = f"permit (principal, action, resource) when {{ {condition} }};"
    answers = cedarpy.is_authorized_batch(REQUESTS, cedarpy.PolicySet.from_str(text), ENTITIES)
    reader = Reader()
    read = reader.condition(next(iter(json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"].values())))
    if any(answer.allowed for answer in answers):
        assert can_hold(both(reader.world(), read), reader.domains())
