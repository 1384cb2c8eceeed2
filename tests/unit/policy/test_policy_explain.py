"""`proctor explain --json`: plain data in a stable shape, which says what, why and what would make it pass."""

from __future__ import annotations

import json
from dataclasses import replace

from proctor.policy.explain import explain
from proctor.terms import Action, Analysis, Use


def story(shop, who: str, analysis: Analysis, **context: object):
    told = explain(shop.decide(who, analysis, **context), analysis, shop.classified, shop.rules)
    return json.loads(json.dumps(told))


def test_an_allowed_select_is_told_with_its_lineage_and_masks(shop) -> None:
    told = story(shop, "people", replace(shop.select("customers.id", "customers.email"), text="select id, email …"))
    assert told["decision"] == {"verdict": "allow", "sensitive": True}
    assert told["statement"] == "select id, email …"
    assert told["lineage"] == [
        {
            "name": "customers.id",
            "sources": ["public.customers.id"],
            "plain": True,
            "classes": [],
            "mask": "none",
            "mask_rules": [],
        },
        {
            "name": "customers.email",
            "sources": ["public.customers.email"],
            "plain": True,
            "classes": ["email"],
            "mask": shop.decide("people", shop.select("customers.email")).masks[0].name,
            "mask_rules": [],
        },
    ]
    assert told["sensitive"] == {"public.customers.email": "email"}
    assert [(rule["id"], rule["file"]) for rule in told["rules"]] == [("read", "shipped/grants.cedar")]
    assert told["to_pass"] == ""


def test_a_chosen_mask_is_told_with_the_rule_that_chose_it(shop, tmp_path) -> None:
    text = '@id("hashed") @reason("so said") @hint("") @mask("hash") permit (principal, action == Action::"mask", resource);'
    own = shop.with_rules(tmp_path, text)
    told = story(own, "people", own.select("customers.email"))
    assert [(output["mask"], output["mask_rules"]) for output in told["lineage"]] == [("hash", ["hashed"])]
    assert ("hashed", "so said") in [(rule["id"], rule["reason"]) for rule in told["rules"]]


def test_a_hold_is_told_with_who_would_let_it_pass(shop) -> None:
    told = story(shop, "people", shop.inferring(Use.KEY, "customers.email"))
    assert told["decision"]["verdict"] == "hold"
    assert told["decision"]["approvers"] == ["dba", "security"]
    assert told["to_pass"] == "approval by one person of dba or security, who did not ask for it"
    assert told["inferences"] == [{"use": "key", "columns": ["public.customers.email"]}]


def test_a_deny_is_told_with_its_rule_and_line(shop) -> None:
    told = story(shop, "people", shop.access(Action.DELETE, "orders", "no_where", rows=7))
    assert told["decision"]["verdict"] == "deny"
    assert told["rules"][0]["id"] == "without-where"
    assert told["rules"][0]["line"] == 3
    assert told["to_pass"] == told["decision"]["hint"]
    assert told["accesses"] == [
        {"action": "delete", "on": "public.orders", "columns": [], "traits": ["no_where"], "estimated_rows": 7}
    ]
    assert told["lineage"] is None


def test_a_denied_select_is_told_without_masks_that_nobody_planned(shop) -> None:
    select = replace(shop.select("customers.email"), opaque=("DO",))
    told = story(shop, "agents", select)
    assert [output["mask"] for output in told["lineage"]] == [None]
    assert told["opaque"] == ["DO"]


def test_copies_and_what_is_not_understood_are_told(shop) -> None:
    told = story(shop, "people", shop.copying("customers.email", "tt.z"))
    assert told["copies"] == [{"from": ["public.customers.email"], "to": "pg_temp.tt.z"}]
    told = story(shop, "people", Analysis("unparsed", understood=False, trouble="syntax error"))
    assert (told["understood"], told["trouble"]) == (False, "syntax error")
