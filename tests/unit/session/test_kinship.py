"""What a column is because of where its relation stands in the catalog."""

from __future__ import annotations

from proctor.session.kinship import derived, of_the_family
from proctor.sql.catalog import Catalog, ColumnDef, RelationDef
from proctor.terms import Column, DataClass, Finding, Relation

EMAIL = Finding(DataClass("email"), 0.9, "looks like one", "scan")
CLEAN = Finding(None, 1.0, "nothing found", "scan")
WHOLE, YEAR, MONTH, OTHER = (Relation("public", name) for name in ("whole", "year", "month", "other"))


def family(kind: str = "r") -> Catalog:
    """Return three generations, each the parent of the next, and a table that is none of theirs."""
    column = (ColumnDef("contact", 1, 25, "text"),)
    found = (
        RelationDef(1, WHOLE, "p", column),
        RelationDef(2, YEAR, "p", column, parents=(1,)),
        RelationDef(3, MONTH, kind, column, parents=(2,)),
        RelationDef(4, OTHER, "r", column),
    )
    return Catalog("shop", 5, "e1", {each.relation: each for each in found})


def contact(relation: Relation) -> Column:
    return Column(relation, "contact")


def all_clean_but(sensitive: Relation) -> dict[Column, Finding]:
    return {contact(r): EMAIL if r == sensitive else CLEAN for r in (WHOLE, YEAR, MONTH, OTHER)}


def test_what_the_smallest_partition_holds_all_above_it_show() -> None:
    found = of_the_family(family(), all_clean_but(MONTH))
    assert {column: finding.data_class for column, finding in found.items()} == {
        contact(YEAR): EMAIL.data_class,
        contact(WHOLE): EMAIL.data_class,
    }


def test_what_the_whole_is_known_to_hold_its_partitions_hold() -> None:
    assert set(of_the_family(family(), all_clean_but(WHOLE))) == {contact(YEAR), contact(MONTH)}


def test_what_a_person_said_of_a_column_stands_and_goes_no_further() -> None:
    known = all_clean_but(MONTH) | {contact(YEAR): Finding(None, 1.0, "alice said so", "person")}
    assert of_the_family(family(), known) == {}


def test_a_relation_that_holds_no_rows_of_a_table_is_no_kin_of_it() -> None:
    assert of_the_family(family(kind="i"), all_clean_but(MONTH)) == {}


def test_what_holds_no_values_is_clean_unless_something_is_known_of_it() -> None:
    column = (ColumnDef("contact", 1, 25, "text"),)
    view, table = RelationDef(7, Relation("public", "seen"), "v", column), RelationDef(8, OTHER, "r", column)
    system = RelationDef(9, Relation("pg_catalog", "pg_seen"), "v", column)
    relations = {each.relation: each for each in (view, table, system)}

    assert {c: f.data_class for c, f in derived(relations, {}).items()} == {contact(view.relation): None}
    assert derived(relations, {contact(view.relation): EMAIL}) == {}
