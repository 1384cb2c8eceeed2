"""What an agent may do is what it is registered for, and no more than both it and the person it acts for may do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proctor.terms import Action, Allow, Analysis, Column, Deny, Hold, Identity, Kind, Registration, Relation
from tests.unit.policy.conftest import COPILOT, Shop

ONLY_THE_PERSON = """
@id("closed-to-interns")
@reason("interns are not here for that")
@hint("ask your mentor")
forbid (principal in Group::"interns", action == Action::"read", resource == Table::"public.orders");
"""
ASKED_OF_THE_PERSON = """
@id("looked-at")
@reason("somebody looks first")
@hint("wait")
@approvers("{approvers}")
@quorum("2")
forbid (principal in Group::"interns", action == Action::"update", resource) unless {{ context.approved }};
"""
SHOWN = """
@id("shown")
@reason("they answer the telephone")
@hint("none")
permit (principal in Group::"{group}", action == Action::"unmask", resource == Column::"public.customers.email");
"""
INTERN = replace(COPILOT, person_groups=frozenset({"interns"}))


def registered(**bounds: frozenset[str] | frozenset[Action]) -> Identity:
    return replace(COPILOT, registration=Registration(**bounds))  # type: ignore[arg-type]


def test_what_its_person_may_not_do_an_agent_may_not_do_either(shop: Shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, ONLY_THE_PERSON)
    read = own.access(Action.READ, "orders")
    assert isinstance(own.decide(COPILOT, read), Allow)
    denied = own.decide(INTERN, read)
    assert isinstance(denied, Deny)
    assert denied.rules == ("closed-to-interns",)
    assert denied.reason.startswith("alice, for whom the agent acts, may not either: read public.orders")


def test_an_agent_gains_nothing_by_a_person_who_may_more(shop: Shop) -> None:
    """A dba may be asked to let structure change; an agent of a dba is asked for no less than any agent."""
    grant = shop.access(Action.GRANT, "role bob")
    assert isinstance(shop.decide("dba", grant), Hold)
    assert isinstance(shop.decide(replace(COPILOT, person_groups=frozenset({"dba"})), grant), Deny)


def test_what_is_asked_of_both_is_asked_of_those_who_may_answer_for_both(shop: Shop, tmp_path) -> None:
    update = shop.access(Action.UPDATE, "orders", rows=1)
    both = shop.with_rules(tmp_path, ASKED_OF_THE_PERSON.format(approvers="dba"))
    held = both.decide(INTERN, update)
    assert isinstance(held, Hold)
    assert held.rules[0] == "agent-writes"
    assert set(held.rules) >= {"agent-writes", "looked-at"}
    assert (held.approvers, held.quorum) == ({"dba"}, 2)
    assert isinstance(both.decide(INTERN, update, approvals=1), Hold)
    assert isinstance(both.decide(INTERN, update, approvals=2), Allow)
    nobody = shop.with_rules(tmp_path, ASKED_OF_THE_PERSON.format(approvers="mentors"))
    apart = nobody.decide(INTERN, update)
    assert isinstance(apart, Deny)
    assert apart.rules[0] == "different-approvers"


@pytest.mark.parametrize("permitted", [("interns",), ("bots",), ("interns", "bots")], ids="+".join)
def test_no_rule_shows_an_agent_what_is_masked(shop: Shop, tmp_path, permitted: tuple[str, ...]) -> None:
    """The person may see it under such a rule; what the pack forbids to agents, no group of either permits."""
    rules = [SHOWN.format(group=group).replace('"shown"', f'"shown-{group}"') for group in permitted]
    own = shop.with_rules(tmp_path, *rules)
    found = own.decide(replace(INTERN, groups=frozenset({"bots"})), own.select("customers.email"))
    assert isinstance(found, Allow)
    assert (found.masks[0] is not None, found.unmasked) == (True, frozenset())
    seen = own.decide(replace(own.people, groups=frozenset({"interns"})), own.select("customers.email"))
    assert isinstance(seen, Allow)
    assert (seen.masks[0] is None) == ("interns" in permitted)


def test_what_a_grant_shows_to_a_person_their_agent_does_not_see(shop: Shop) -> None:
    email = Column(Relation("public", "customers"), "email")
    granted = replace(shop, context=replace(shop.context, grants=frozenset({(email, "G1")})))
    seen = granted.decide("people", granted.select("customers.email"))
    assert isinstance(seen, Allow)
    assert seen.masks == (None,)
    hidden = granted.decide("agents", granted.select("customers.email"))
    assert isinstance(hidden, Allow)
    assert hidden.masks[0] is not None


def test_an_agent_does_what_it_is_registered_for_and_nothing_else(shop: Shop) -> None:
    reader = registered(actions=frozenset({Action.READ}))
    assert isinstance(shop.decide(reader, shop.access(Action.READ, "orders")), Allow)
    for statement in (
        shop.access(Action.UPDATE, "orders", rows=1),
        shop.access(Action.DEFINE, "orders"),
        shop.copying("customers.email", "orders.total"),
        Analysis("do", opaque=("DO",)),
        Analysis("unknown", understood=False, trouble="it is not understood"),
    ):
        denied = shop.decide(reader, statement, environment="development", approvals=5)
        assert isinstance(denied, Deny)
        assert denied.rules == ("agent-registration",)
        assert "agent copilot is not registered to" in denied.reason


def test_an_agent_uses_the_databases_that_it_is_registered_for(shop: Shop) -> None:
    read = shop.access(Action.READ, "orders")
    assert isinstance(shop.decide(registered(databases=frozenset({"shop"})), read), Allow)
    denied = shop.decide(registered(databases=frozenset({"crm"})), read)
    assert isinstance(denied, Deny)
    assert denied.reason == "the agent copilot is not registered for the database shop"


def test_a_registration_lets_an_agent_look_up_names_and_is_no_permit(shop: Shop) -> None:
    bound = registered(actions=frozenset({Action.INSERT, Action.DELETE}))
    catalog = Analysis("select", accesses=(replace(shop.access(Action.READ).accesses[0], relation=Relation("pg_catalog", "pg_class")),))  # fmt: skip
    assert isinstance(shop.decide(bound, catalog), Allow)
    assert isinstance(shop.decide(bound, shop.access(Action.DELETE, "orders", "no_where")), Deny)


def test_an_agent_without_a_person_may_do_nothing(shop: Shop) -> None:
    alone = Identity("stray", Kind.AGENT, frozenset({"dba"}), "token")
    denied = shop.decide(alone, shop.access(Action.READ, "orders"), environment="development")
    assert isinstance(denied, Deny)
    assert denied.rules == ("agent-registration",)
