"""What would turn a decision is asked of the rules, change by change: nothing is promised that they do not say."""

from __future__ import annotations

import pytest

from proctor.policy.explain import explain_ways
from proctor.policy.ways import ways
from proctor.terms import Action, Allow, Analysis, Use


def told(shop, who: str, analysis: Analysis) -> dict[str, str]:
    found = ways(shop.asker(who), analysis, shop.context, shop.rules, shop.classified)
    return {way.change: type(way.decision).__name__.lower() for way in found}


APPROVED = "with the approval of one person of dba or security"
DBA = "asked by a person of dba"


@pytest.mark.parametrize(
    ("who", "analysis", "expected"),
    [
        pytest.param("people", lambda s: s.select("customers.email"), {}, id="allowed"),
        pytest.param(
            "people",
            lambda s: s.access(Action.DELETE, "orders", "no_where", rows=9000),
            {"with a WHERE that names the rows by a key": "allow", "in a development database": "allow"},
            id="a person without a WHERE",
        ),
        pytest.param(
            "agents",
            lambda s: s.access(Action.DELETE, "orders", "no_where", rows=9000),
            {"with a WHERE that names the rows by a key": "hold", "in a development database": "allow"},
            id="an agent without a WHERE",
        ),
        pytest.param(
            "agents",
            lambda s: s.access(Action.DELETE, "orders", "key_lookup", rows=1),
            {
                APPROVED: "allow", "asked by alice in person": "allow", DBA: "allow",
                "in a staging database": "allow", "in a development database": "allow",
            },
            id="an agent by key",
        ),
        pytest.param(
            "people",
            lambda s: s.access(Action.UPDATE, "orders", rows=5000),
            {
                APPROVED: "allow", "with 1,000 rows at most": "allow",
                "in a staging database": "allow", "in a development database": "allow",
            },
            id="many rows",
        ),
        pytest.param(
            "agents",
            lambda s: s.inferring(Use.KEY, "customers.email"),
            {
                "asked by alice in person": "hold", DBA: "hold",
                "without comparing, sorting or joining by sensitive columns": "allow",
            },
            id="inferring",
        ),
        pytest.param(
            "people",
            lambda s: s.copying("customers.email", "orders.total"),
            {APPROVED: "allow", "without copying sensitive columns": "allow"},
            id="copying",
        ),
        pytest.param(
            "people",
            lambda s: s.access(Action.GRANT, "orders", "role"),
            {DBA: "hold", "in a development database": "allow"},
            id="a grant",
        ),
        pytest.param(
            "agents",
            lambda s: Analysis("do", opaque=("DO runs code",)),
            {
                "asked by alice in person": "hold", DBA: "hold",
                "without what cannot be seen through (DO runs code)": "allow",
            },
            id="opaque",
        ),
        pytest.param("people", lambda s: s.access(Action.EXPORT, "orders", "program"), {DBA: "hold"}, id="a program"),
    ],
)  # fmt: skip
def test_the_changes_that_would_turn_it(shop, who: str, analysis, expected: dict[str, str]) -> None:
    assert told(shop, who, analysis(shop)) == expected


def test_what_an_approval_would_not_turn_does_not_say_so(shop, tmp_path) -> None:
    """The rules of the house count, not what is usual."""
    own = shop.with_rules(
        tmp_path,
        '@id("never")\n@reason("r")\n@hint("h")\nforbid (principal, action == Action::"delete", resource);\n',
    )
    assert told(own, "people", shop.access(Action.DELETE, "orders", "no_where")) == {}


def test_a_quorum_is_asked_for_whole(shop, tmp_path) -> None:
    own = shop.with_rules(
        tmp_path,
        '@id("two")\n@reason("r")\n@hint("h")\n@quorum("2")\n@approvers("dba")\n'
        'forbid (principal, action == Action::"delete", resource) unless { context.approvals >= 2 };\n',
    )
    found = told(own, "people", shop.access(Action.DELETE, "orders", rows=1))
    assert found == {"with the approval of 2 people of dba": "allow"}


def test_ways_are_plain_data(shop) -> None:
    held = shop.access(Action.UPDATE, "orders", rows=5000)
    (first, *_) = ways(shop.people, held, shop.context, shop.rules, shop.classified)
    assert isinstance(first.decision, Allow)
    assert explain_ways([first]) == [{"change": APPROVED, "verdict": "allow", "rules": ["write"], "approvers": []}]
