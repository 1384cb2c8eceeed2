"""Which result column wears which mask, and which statements count as touching sensitive data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proctor.policy.decide import columns_sensitive
from proctor.policy.masks import mask_name_for
from proctor.terms import (
    Access,
    Action,
    Allow,
    Analysis,
    Column,
    DataClass,
    Inference,
    MaskSpec,
    Output,
    Relation,
    Taint,
    Use,
)

EMAIL, CARD = DataClass("email"), DataClass("payment_card")
CUSTOMERS = Relation("public", "customers")


def column(name: str, table: str = "customers") -> Column:
    return Column(Relation("public", table), name)


def masks(shop, *outputs: str, plain: bool = True, style: str = "useful", who: str = "people"):
    decision = shop.decide(who, shop.select(*outputs, plain=plain), style=style)
    assert isinstance(decision, Allow)
    return decision.masks


def test_a_plain_column_wears_the_mask_of_its_class(shop) -> None:
    expected = MaskSpec(mask_name_for(EMAIL, "useful"), EMAIL, frozenset({column("email")}))
    assert masks(shop, "customers.id", "customers.email", "orders.total") == (None, expected, None)
    assert expected.name != "redact"


def test_under_redaction_it_wears_nothing_else(shop) -> None:
    assert masks(shop, "customers.email", style="redact")[0].name == "redact"


def test_a_derived_value_is_redacted(shop) -> None:
    """Half-masking an expression leaks, and so does whether it is NULL."""
    expected = MaskSpec("redact", EMAIL, frozenset({column("email")}), computed=True)
    assert masks(shop, "customers.email", plain=False)[0] == expected


def test_a_value_derived_from_clean_columns_is_shown(shop) -> None:
    assert masks(shop, "customers.id+orders.total", plain=False) == (None,)


def test_the_arms_of_a_union_share_a_mask_only_when_they_share_a_class(shop) -> None:
    same, mixed, half = masks(
        shop, "customers.email+suppliers.email", "customers.email+customers.card", "customers.email+orders.total"
    )
    assert (same.name, same.data_class) == (mask_name_for(EMAIL, "useful"), EMAIL)
    assert same.columns == {column("email"), column("email", "suppliers")}
    assert mixed.name == "redact"
    assert (half.name, half.columns) == ("redact", {column("email")}), "a clean column may hold guesses"


def test_several_dates_of_a_table_are_moved_with_their_subject_and_one_by_itself(shop) -> None:
    names = [m.name for m in masks(shop, "suppliers.founder_born", "staff.born", "staff.hired", "stays.came")]
    assert names == ["date", "shift", "shift", "shift"]
    assert masks(shop, "suppliers.founder_born+staff.born")[0].name == "shift"
    assert masks(shop, "staff.born", style="redact")[0].name == "redact"


def test_a_column_that_nobody_has_looked_at_is_redacted(shop) -> None:
    assert masks(shop, "orders.new")[0] == MaskSpec(
        "redact", DataClass("unscanned"), frozenset({column("new", "orders")})
    )
    assert masks(shop, "orders.new+customers.email")[0].data_class == "unscanned"


def test_the_catalogue_wears_no_mask(shop) -> None:
    name = Column(Relation("pg_catalog", "pg_class"), "relname")
    select = Analysis("select", outputs=(Output("relname", frozenset({name}), True),), reads=frozenset({name}))
    assert shop.decide("people", select).masks == (None,)


def test_a_statement_without_rows_has_no_masks(shop) -> None:
    assert shop.decide("people", shop.access(Action.INSERT, "orders")).masks == ()


UNMASK = """
@id("support") @reason("support answers customers") @hint("h")
permit (principal, action == Action::"unmask", resource) when { resource.class == "email" };
"""


def test_whoever_may_unmask_a_class_sees_it_and_no_other(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, UNMASK)
    plain = masks(own, "customers.email", "customers.card", "customers.email+customers.card")
    assert plain[0] is None
    assert plain[1].data_class == CARD
    # What is left of the sources decides: the rest may be seen.
    assert (plain[2].data_class, plain[2].columns) == (CARD, {column("card")})
    assert masks(own, "customers.email", plain=False) == (None,)
    assert masks(own, "customers.email", style="redact") == (None,)


def test_an_agent_never_unmasks_whatever_a_rule_permits(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, UNMASK)
    assert masks(own, "customers.email", who="agents")[0].data_class == EMAIL


def test_the_classes_seen_in_the_clear_are_named_with_the_decision(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, UNMASK)
    decision = own.decide("people", shop.select("customers.email", "customers.card"))
    assert decision.unmasked == {EMAIL}
    assert decision.sensitive
    assert shop.decide("people", shop.select("customers.email")).unmasked == frozenset()
    narrow = UNMASK.replace("resource)", 'resource in Table::"public.customers")')
    own = shop.with_rules(tmp_path, narrow)
    assert own.decide("people", shop.select("customers.email", "suppliers.email")).unmasked == frozenset()


# ---- touching


def touching(shop, analysis: Analysis) -> bool:
    decision = shop.decide("people", analysis, approvals=1)
    assert isinstance(decision, Allow)
    return decision.sensitive


@pytest.mark.parametrize(
    ("action", "table", "expected"),
    [
        (Action.READ, "customers", False),
        (Action.READ, "orders", False),
        (Action.INSERT, "orders", False),
        (Action.INSERT, "customers", True),
        (Action.UPDATE, "customers", True),
        (Action.DELETE, "customers", True),
        (Action.DEFINE, "customers", True),
        (Action.INSERT, "tt", True),
    ],
)
def test_a_failed_write_shows_the_whole_row_so_it_touches_all_columns(shop, action, table, expected) -> None:
    analysis = shop.access(action, table, rows=1, touched=["id"] if table != "tt" else [])
    assert touching(shop, analysis) is expected


@pytest.mark.parametrize(
    "analysis",
    [
        Analysis("x", reads=frozenset({column("email")})),
        Analysis("x", outputs=(Output("e", frozenset({column("email")})),)),
        Analysis("x", inferences=(Inference(Use.GROUP, frozenset({column("email")})),)),
        Analysis("x", taints=(Taint(frozenset({column("email")}), column("email")),)),
        Analysis("x", taints=(Taint(frozenset(), column("email")),)),
        Analysis("x", accesses=(Access(Action.UPDATE, CUSTOMERS, frozenset({"email"})),)),
    ],
    ids=["read", "shown", "compared", "copied", "written to", "written"],
)
def test_every_way_of_touching_counts(shop, analysis: Analysis) -> None:
    assert columns_sensitive(analysis, shop.classified) == {column("email")}
    assert touching(shop, analysis)


def test_what_is_not_seen_through_may_touch_anything(shop) -> None:
    assert touching(shop, Analysis("do", opaque=("DO",)))
    assert touching(shop, Analysis("x", understood=False))


def test_what_touches_only_clean_columns_does_not(shop) -> None:
    clean = replace(shop.select("customers.id", on="customers"), reads=frozenset({column("id")}))
    assert not touching(shop, clean)
    assert not touching(shop, Analysis("begin"))


def test_a_dba_with_leave_to_read_statistics_touches_sensitive_data(shop) -> None:
    decision = shop.decide("dba", shop.access(Action.READ, "pg_stats", "statistics"), approvals=1)
    assert isinstance(decision, Allow)
    assert decision.sensitive
