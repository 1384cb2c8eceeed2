"""Decisions beyond the table: who approves, how many, what may be inferred or copied, and what a claim is worth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proctor.terms import (
    Access,
    Action,
    Allow,
    Analysis,
    Claims,
    Column,
    Deny,
    Hold,
    Identity,
    Inference,
    Kind,
    Relation,
    Taint,
    Use,
)

# ---- inferring


@pytest.mark.parametrize(
    ("use", "columns", "style", "expected"),
    [
        (Use.KEY, ["customers.email"], "useful", Hold),
        (Use.KEY, ["customers.id"], "redact", Allow),
        (Use.ORDER, ["customers.email"], "useful", Hold),
        (Use.FILTER, ["customers.email"], "useful", Hold),
        (Use.OUTCOME, ["customers.email"], "useful", Hold),
        (Use.FILTER, ["orders.total"], "redact", Allow),
        (Use.EQUIJOIN, ["customers.email", "suppliers.email"], "useful", Allow),
        (Use.EQUIJOIN, ["customers.email"], "useful", Allow),
        (Use.EQUIJOIN, ["customers.email", "suppliers.email"], "redact", Hold),
        (Use.EQUIJOIN, ["customers.email", "customers.name"], "useful", Hold),
        (Use.EQUIJOIN, ["customers.email", "orders.total"], "useful", Hold),
        (Use.EQUIJOIN, ["customers.email", "tt.guess"], "useful", Hold),
        (Use.EQUIJOIN, ["customers.id", "orders.customer_id"], "redact", Allow),
        (Use.GROUP, ["customers.email"], "useful", Allow),
        (Use.GROUP, ["customers.email", "customers.name"], "useful", Allow),
        (Use.GROUP, ["customers.email"], "redact", Hold),
        (Use.GROUP, ["suppliers.founder_born"], "useful", Allow),
        (Use.GROUP, ["staff.born"], "useful", Hold),
        (Use.GROUP, ["stays.came"], "useful", Hold),
        (Use.EQUIJOIN, ["suppliers.founder_born"], "useful", Allow),
        (Use.EQUIJOIN, ["staff.born", "staff.hired"], "useful", Hold),
        (Use.EQUIJOIN, ["staff.born", "suppliers.founder_born"], "useful", Hold),
        (Use.EQUIJOIN, ["stays.came"], "useful", Hold),
        (Use.GROUP, ["orders.total"], "redact", Allow),
        (Use.GROUP, ["tt.unscanned"], "useful", Hold),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else str(value),
)
def test_what_counts_as_inferring(shop, use: Use, columns: list[str], style: str, expected: type) -> None:
    """The masks of one class join and group like the values; a list of guesses, an order or a failure tells more."""
    assert isinstance(shop.decide("people", shop.inferring(use, *columns), style=style), expected)


def test_inferring_what_one_may_see_anyway_needs_no_leave(shop, tmp_path) -> None:
    own = shop.with_rules(
        tmp_path,
        """@id("support") @reason("r") @hint("h")
        permit (principal in Group::"engineering", action == Action::"unmask", resource in Table::"public.customers")
        when { resource.class == "email" };""",
    )
    assert isinstance(own.decide("people", shop.inferring(Use.KEY, "customers.email")), Allow)
    assert isinstance(own.decide("people", shop.inferring(Use.KEY, "customers.card")), Hold)
    assert isinstance(own.decide("people", shop.inferring(Use.KEY, "suppliers.email")), Hold)
    assert isinstance(own.decide("services", shop.inferring(Use.KEY, "customers.email")), Deny)


def test_a_service_that_owns_the_table_may_infer_by_a_rule(shop, tmp_path) -> None:
    own = shop.with_rules(
        tmp_path,
        """@id("checkout") @reason("r") @hint("h")
        permit (principal == Service::"checkout", action == Action::"infer", resource in Table::"public.customers")
        when { ["key", "outcome"].contains(context.use) };""",
    )
    assert isinstance(own.decide("services", shop.inferring(Use.KEY, "customers.email")), Allow)
    assert isinstance(own.decide("services", shop.inferring(Use.FILTER, "customers.email")), Deny)
    assert isinstance(own.decide("services", shop.inferring(Use.KEY, "suppliers.email")), Deny)


def test_a_refusal_names_the_column(shop) -> None:
    decision = shop.decide("people", shop.inferring(Use.KEY, "customers.email"))
    assert decision.reason.startswith("infer public.customers.email: comparing")


# ---- copying


def test_a_column_that_feeds_only_itself_is_not_copied(shop) -> None:
    update = shop.copying("customers.email", "customers.email", Action.UPDATE)
    assert isinstance(shop.decide("people", update), Allow)


@pytest.mark.parametrize("target", ["customers.name", "suppliers.email", "orders.total", "tt.z"])
def test_a_column_that_feeds_another_is_copied(shop, target: str) -> None:
    decision = shop.decide("people", shop.copying("customers.email", target, Action.UPDATE))
    assert isinstance(decision, Hold)
    assert decision.rules == ("copy-sensitive",)


def test_a_column_that_feeds_itself_and_drinks_from_another_is_copied(shop) -> None:
    email, card = (Column(Relation("public", "customers"), name) for name in ("email", "card"))
    update = replace(shop.access(Action.UPDATE, "customers"), taints=(Taint(frozenset({email, card}), email),))
    assert isinstance(shop.decide("people", update), Hold)


def test_a_column_that_nobody_has_looked_at_is_copied_like_a_sensitive_one(shop) -> None:
    assert isinstance(shop.decide("people", shop.copying("tt.z", "orders.total")), Hold)


def test_a_service_may_copy_by_a_rule(shop, tmp_path) -> None:
    own = shop.with_rules(
        tmp_path,
        """@id("etl") @reason("r") @hint("h")
        permit (principal is Service, action == Action::"copy", resource)
        when { context.target == "pg_temp.tt.z" };""",
    )
    assert isinstance(own.decide("services", shop.copying("customers.email", "tt.z")), Allow)
    assert isinstance(own.decide("services", shop.copying("customers.email", "orders.total")), Hold)


def test_an_access_that_is_itself_a_copy_is_asked_by_column(shop) -> None:
    customers = Relation("public", "customers")
    for columns, expected in (({"id"}, Allow), ({"id", "email"}, Hold), (set(), Hold)):
        access = Access(Action.COPY, customers, frozenset(columns))
        assert isinstance(shop.decide("people", Analysis("x", accesses=(access,))), expected)
    clean = Access(Action.COPY, Relation("public", "orders"))
    assert isinstance(shop.decide("people", Analysis("x", accesses=(clean,))), Allow)


# ---- approvals

TWO = """
@id("two") @reason("money") @hint("h") @approvers("security") @quorum("2")
forbid (principal, action == Action::"update", resource == Table::"public.orders")
unless { context.approved };
"""


def test_a_rule_says_who_approves_and_how_many(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, TWO)
    decision = own.decide("people", shop.access(Action.UPDATE, "orders", rows=1))
    assert isinstance(decision, Hold)
    assert (decision.approvers, decision.quorum, decision.rules) == ({"security"}, 2, ("two",))
    assert decision.rule_set == own.rules.digest


def test_fewer_approvals_than_the_rules_want_now_are_no_approval(shop, tmp_path) -> None:
    """The rules may have become stricter while the client waited."""
    own = shop.with_rules(tmp_path, TWO)
    update = shop.access(Action.UPDATE, "orders", rows=1)
    assert isinstance(own.decide("people", update, approvals=1), Hold)
    assert isinstance(own.decide("people", update, approvals=2), Allow)


def test_several_rules_hold_for_the_strictest_of_them(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, TWO)
    decision = own.decide("people", shop.access(Action.UPDATE, "orders", rows=5000))
    assert isinstance(decision, Hold)
    assert decision.rules == ("many-rows", "two")
    assert (decision.approvers, decision.quorum) == ({"security"}, 2)


def test_rules_that_want_different_approvers_cannot_share_a_ticket(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, TWO.replace("security", "treasury"))
    decision = own.decide("people", shop.access(Action.UPDATE, "orders", rows=5000))
    assert isinstance(decision, Deny)
    assert decision.rules == ("different-approvers", "many-rows", "two")


def test_a_permit_that_needs_approval_has_a_say_in_who_gives_it(shop, tmp_path) -> None:
    """A forbid asks a dba, the only permit asks security: a dba alone must not do."""
    own = shop.with_rules(
        tmp_path,
        """@id("f") @reason("r") @hint("h")
        forbid (principal, action == Action::"execute", resource) unless { context.approved };
        @id("opaque-s") @replaces("opaque") @reason("r") @hint("h") @approvers("security") @quorum("2")
        permit (principal, action == Action::"execute", resource) when { context.approved };""",
    )
    decision = own.decide("people", Analysis("do", opaque=("DO",)))
    assert isinstance(decision, Hold)
    assert (decision.rules, decision.approvers, decision.quorum) == (("f", "opaque-s"), {"security"}, 2)


def test_a_rule_may_count_approvals_itself(shop, tmp_path) -> None:
    own = shop.with_rules(
        tmp_path,
        """@id("three") @reason("r") @hint("h") @quorum("3")
        forbid (principal, action == Action::"update", resource) unless { context.approvals >= 3 };""",
    )
    update = shop.access(Action.UPDATE, "orders", rows=1)
    decision = own.decide("people", update)
    assert isinstance(decision, Hold)
    assert decision.quorum == 3
    assert isinstance(own.decide("people", update, approvals=2), Hold)
    assert isinstance(own.decide("people", update, approvals=3), Allow)


def test_what_an_approval_takes_away_is_denied_once_approved(shop, tmp_path) -> None:
    own = shop.with_rules(
        tmp_path,
        """@id("never-approved") @reason("r") @hint("h")
        forbid (principal, action == Action::"read", resource) when { context.approved };""",
    )
    both = Analysis(
        "x",
        accesses=(shop.access(Action.READ, "orders").accesses[0], shop.access(Action.DEFINE, "orders").accesses[0]),
    )
    assert isinstance(own.decide("people", both), Hold)
    decision = own.decide("people", both, approvals=1)
    assert isinstance(decision, Deny)
    assert decision.rules == ("never-approved",)


def test_an_approved_statement_is_still_masked(shop) -> None:
    select = replace(
        shop.select("customers.email"),
        inferences=(Inference(Use.KEY, frozenset({Column(Relation("public", "customers"), "email")})),),
    )
    decision = shop.decide("people", select, approvals=1)
    assert isinstance(decision, Allow)
    assert decision.masks[0] is not None


def test_what_no_rule_permits_is_denied_and_says_so(shop) -> None:
    decision = shop.decide("services", Analysis("do", opaque=("DO runs code",)))
    assert decision == Deny(
        ("deny-by-default",),
        shop.rules.digest,
        "DO runs code: no rule permits it",
        "ask security for a rule that permits it",
    )


# ---- who asks


def test_an_agent_in_the_group_of_the_dbas_is_still_an_agent(shop) -> None:
    agent = Identity("bot", Kind.AGENT, frozenset({"dba", "security"}), "scram", "dora")
    assert isinstance(shop.decide(agent, shop.access(Action.GRANT, "orders", "role")), Deny)


def test_a_service_in_the_group_of_the_dbas_is_still_a_service(shop) -> None:
    service = Identity("cron", Kind.SERVICE, frozenset({"dba"}), "scram")
    assert isinstance(shop.decide(service, shop.access(Action.GRANT, "orders", "role")), Deny)


def test_names_are_values_and_not_cedar_text(shop, tmp_path) -> None:
    """A name with quotes and newlines in it names its bearer and nothing else."""
    own = shop.with_rules(
        tmp_path,
        """@id("bob") @reason("r") @hint("h")
        forbid (principal == User::"bob", action, resource);""",
    )
    odd = Identity('x"; User::"bob"\n', Kind.HUMAN, frozenset({'g"\n'}), "scram")
    assert isinstance(own.decide(odd, shop.access(Action.READ, "orders")), Allow)
    bob = Identity("bob", Kind.HUMAN, frozenset(), "scram")
    assert isinstance(own.decide(bob, shop.access(Action.READ, "orders")), Deny)


def test_a_dot_in_a_name_does_not_make_it_another_table(shop, tmp_path) -> None:
    own = shop.with_rules(
        tmp_path,
        """@id("dotted") @reason("r") @hint("h")
        forbid (principal, action, resource == Table::"a.b.c");
        @id("quoted") @reason("r") @hint("h")
        forbid (principal, action, resource == Table::"\\"a.b\\".c");""",
    )

    def read(schema: str, name: str):
        return own.decide("people", Analysis("select", accesses=(Access(Action.READ, Relation(schema, name)),)))

    assert isinstance(read("a", "b.c"), Allow)
    assert read("a.b", "c").rules == ("quoted",)


def test_a_rule_for_a_table_meets_its_columns_and_one_for_a_database_its_tables(shop, tmp_path) -> None:
    own = shop.with_rules(
        tmp_path,
        """@id("t") @reason("r") @hint("h")
        forbid (principal, action == Action::"infer", resource in Table::"public.customers");
        @id("d") @reason("r") @hint("h")
        forbid (principal, action == Action::"insert", resource in Database::"shop");""",
    )
    assert own.decide("people", shop.inferring(Use.KEY, "customers.email")).rules[0] == "t"
    assert isinstance(own.decide("people", shop.inferring(Use.KEY, "suppliers.email")), Hold)
    assert own.decide("people", shop.access(Action.INSERT, "orders")).rules[0] == "d"


def test_rules_may_read_for_whom_an_agent_acts(shop, tmp_path) -> None:
    own = shop.with_rules(
        tmp_path,
        """@id("for-alice") @reason("r") @hint("h")
        forbid (principal is Agent, action == Action::"read", resource)
        when { context has on_behalf_of && context.on_behalf_of == User::"alice" &&
               principal has owner && principal.owner == User::"alice" };""",
    )
    assert own.decide("agents", shop.access(Action.READ, "orders")).rules[0] == "for-alice"
    other = replace(shop.agents, on_behalf_of="bob")
    assert isinstance(own.decide(other, shop.access(Action.READ, "orders")), Allow)
    # For whom a person says to act is a claim, and no rule reads it.
    person = replace(shop.people, on_behalf_of="alice")
    assert isinstance(own.decide(person, shop.access(Action.READ, "orders")), Allow)


# ---- claims


def test_an_agent_that_claims_another_principal_is_refused(shop) -> None:
    decision = shop.decide("agents", Analysis("select"), claims=Claims(on_behalf_of="dora"))
    assert isinstance(decision, Deny)
    assert decision.rules == ("claimed-principal",)
    assert "copilot does not act for" in decision.reason
    assert "dora" not in decision.reason + decision.hint


@pytest.mark.parametrize("claimed", [None, "alice"])
def test_an_agent_may_say_whom_it_really_acts_for(shop, claimed: str | None) -> None:
    assert isinstance(shop.decide("agents", Analysis("select"), claims=Claims(on_behalf_of=claimed)), Allow)


def test_an_agent_without_a_principal_may_not_claim_one(shop) -> None:
    orphan = replace(shop.agents, on_behalf_of=None)
    assert isinstance(shop.decide(orphan, Analysis("select"), claims=Claims(on_behalf_of="alice")), Deny)


@pytest.mark.parametrize("who", ["people", "services"])
def test_whom_others_say_to_act_for_is_recorded_and_changes_nothing(shop, who: str) -> None:
    assert isinstance(shop.decide(who, Analysis("select"), claims=Claims(on_behalf_of="dora")), Allow)


def test_a_rule_may_want_a_reason(shop, tmp_path) -> None:
    own = shop.with_rules(
        tmp_path,
        """@id("why") @reason("changes need a reason") @hint("SET proctor.reason = 'INC-42'")
        forbid (principal, action == Action::"update", resource) unless { context.reason like "INC-*" };""",
    )
    update = shop.access(Action.UPDATE, "orders", rows=1)
    assert own.decide("people", update).rules == ("why",)
    assert isinstance(own.decide("people", update, claims=Claims(reason="INC-42")), Allow)


# ---- memory


def test_an_answer_from_memory_is_the_same_answer(shop, shipped) -> None:
    for analysis in (shop.access(Action.DELETE, "orders", "no_where"), shop.access(Action.READ, "orders")):
        assert shop.decide("people", analysis) == shop.decide("people", analysis)


def test_memory_tells_groups_apart(shop) -> None:
    grant = shop.access(Action.GRANT, "orders", "role")
    assert isinstance(shop.decide("dba", grant), Hold)
    assert isinstance(shop.decide(replace(shop.dba, groups=frozenset()), grant), Deny)
    assert isinstance(shop.decide("dba", grant), Hold)
