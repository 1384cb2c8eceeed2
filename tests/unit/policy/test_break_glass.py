"""Breaking the glass: a right of its own, for people with a reason, that lifts denials and never a mask."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from proctor.policy.decide import decide
from proctor.policy.rules import Rules
from proctor.terms import (
    Access,
    Action,
    Allow,
    Analysis,
    Claims,
    Classified,
    Column,
    Context,
    DataClass,
    Deny,
    Finding,
    Hold,
    Identity,
    Kind,
    Output,
    Relation,
)

ORDERS, EMAIL = Relation("public", "orders"), Column(Relation("public", "customers"), "email")
ONCALL = Identity("olga", Kind.HUMAN, frozenset({"oncall"}), "scram")
CONTEXT = Context(
    "shop", "production", datetime(2026, 11, 23, 2, 0, tzinfo=UTC), Claims(reason="INC-42", break_glass=True)
)
KNOWN = Classified({EMAIL: Finding(DataClass("email"), 1.0, "given")})
DROP = Analysis("drop_table", accesses=(Access(Action.DEFINE, ORDERS, traits=frozenset({"destroys"})),))
OPAQUE = Analysis("do", opaque=("DO block",))
MASKED = Analysis(
    "select", accesses=(Access(Action.READ, EMAIL.relation, frozenset({"email"})),), opaque=("a function",),
    outputs=(Output("email", frozenset({EMAIL}), plain=True),), reads=frozenset({EMAIL}),
)  # fmt: skip
GLASS = """
@id("glass")
@reason("who is on call answers for it")
@hint("")
permit (principal in Group::"oncall", action == Action::"break_glass", resource)
when { resource.environment == "production" };
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    path = tmp_path_factory.mktemp("rules") / "glass.cedar"
    path.write_text(GLASS)
    return Rules.load([path])


@pytest.mark.parametrize(
    ("analysis", "rule"), [pytest.param(DROP, "destroys", id="a denial"), pytest.param(OPAQUE, "opaque", id="a hold")]
)
def test_what_is_denied_or_held_runs_and_says_against_which_rules(rules: Rules, analysis: Analysis, rule: str) -> None:
    done = decide(ONCALL, analysis, CONTEXT, rules, KNOWN)
    assert isinstance(done, Allow)
    assert done.rules == ("glass",)
    assert rule in done.broken
    assert done.sensitive, "its record is on disk before it leaves, and its errors keep their details"


def test_masks_stay_on(rules: Rules) -> None:
    done = decide(ONCALL, MASKED, CONTEXT, rules, KNOWN)
    assert isinstance(done, Allow)
    assert done.broken
    assert [None if mask is None else mask.name for mask in done.masks] == ["email"]
    assert not done.unmasked


@pytest.mark.parametrize(
    ("asker", "context"),
    [
        pytest.param(ONCALL, replace(CONTEXT, claims=Claims(reason="INC-42")), id="who does not ask for it"),
        pytest.param(ONCALL, replace(CONTEXT, claims=Claims(break_glass=True)), id="who gives no reason"),
        pytest.param(ONCALL, replace(CONTEXT, environment="staging"), id="where the rule does not hold"),
        pytest.param(replace(ONCALL, groups=frozenset()), CONTEXT, id="who has no such right"),
        pytest.param(replace(ONCALL, kind=Kind.SERVICE), CONTEXT, id="a service in the group"),
        pytest.param(replace(ONCALL, kind=Kind.AGENT, on_behalf_of="olga"), CONTEXT, id="an agent in the group"),
    ],
)
def test_the_glass_does_not_break_for(rules: Rules, asker: Identity, context: Context) -> None:
    assert not isinstance(decide(asker, OPAQUE, context, rules, KNOWN), Allow)


def test_nobody_has_the_right_as_shipped() -> None:
    assert isinstance(decide(ONCALL, DROP, CONTEXT, Rules.shipped(), KNOWN), Deny)


def test_what_is_allowed_anyway_breaks_nothing(rules: Rules) -> None:
    done = decide(ONCALL, Analysis("select", accesses=(Access(Action.READ, ORDERS),)), CONTEXT, rules, KNOWN)
    assert isinstance(done, Allow)
    assert done.broken == ()


def test_a_rule_may_refuse_what_would_wait_in_a_transaction(tmp_path: Path) -> None:
    path = tmp_path / "locks.cedar"
    path.write_text(
        '@id("no-waiting")\n@reason("it would wait with locks in its hands")\n@hint("commit first")\n'
        "forbid (principal, action, resource) when { context.in_transaction };\n"
    )
    rules = Rules.load([path])
    held = decide(ONCALL, OPAQUE, replace(CONTEXT, claims=Claims()), rules, KNOWN)
    assert isinstance(held, Hold)
    refused = decide(ONCALL, OPAQUE, replace(CONTEXT, claims=Claims(), in_transaction=True), rules, KNOWN)
    assert isinstance(refused, Deny)
    assert refused.rules[0] == "no-waiting"
