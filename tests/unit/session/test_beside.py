"""Which columns a mask looks at: those of its own row and of the same thing, and never one that is another row's."""

from __future__ import annotations

from proctor.session.beside import companions
from proctor.sql.catalog import Catalog, ColumnDef, RelationDef
from proctor.terms import Classified, Column, DataClass, Finding, MaskSpec, Output, Relation

HOME = Relation("public", "customers")
NOTHING = Catalog("shop", 1, "1", {})
CLASSES = {"city": "city", "zip": "postal_code", "postal": "postal_code", "address": "postal_address"}
MASKS = {"city": "city", "postal_code": "postal", "postal_address": "address"}


def class_of(name: str) -> str | None:
    return next((found for part, found in CLASSES.items() if part in name.lower()), None)


def looked_at(at: int, *names: str, rows: str = "", relation: Relation = HOME) -> dict[str, int]:
    """Return what the mask of a column looks at, of columns of one row unless `rows` numbers them."""
    columns = [Column(relation, name) for name in names]
    found = [None if (c := class_of(name)) is None else DataClass(c) for name in names]
    classified = Classified({c: Finding(k, 1.0, "") for c, k in zip(columns, found, strict=True)})
    numbers = [int(number) for number in rows] or [1] * len(names)
    outputs = [Output("any name", frozenset({c}), True, row) for c, row in zip(columns, numbers, strict=True)]
    specs = [None if k is None else MaskSpec(MASKS[k], k) for k in found]
    return companions(at, outputs, specs, classified, NOTHING)


def test_a_code_looks_at_the_town_and_state_of_its_row() -> None:
    assert looked_at(0, "zip", "id", "city", "state") == {"city": 2, "region": 3}
    assert looked_at(3, "id", "city", "zip", "address") == {"city": 1, "postal": 2}
    assert looked_at(1, "zip", "city") == {}, "a town looks at nothing"


def test_what_stands_in_another_row_or_in_one_that_nobody_knows_is_not_looked_at() -> None:
    assert looked_at(0, "zip", "city", rows="12") == {}
    assert looked_at(0, "zip", "city", rows="00") == {}
    assert looked_at(0, "zip", "city", "city", rows="121") == {"city": 2}


def test_one_address_is_told_from_another_by_what_its_columns_are_called() -> None:
    names = ("billing_zip", "billing_city", "shipping_city", "shippingPostalCode", "billing_state")
    assert looked_at(0, *names) == {"city": 1, "region": 4}
    assert looked_at(3, *names) == {"city": 2}
    assert looked_at(0, "zip", "home_city", "work_city") == {}
    assert looked_at(0, "home_zip", "city") == {"city": 1}, "there is but one town"
    assert looked_at(0, "home_zip", "work_city") == {}


def test_a_town_under_a_mask_that_a_rule_chose_is_not_looked_at() -> None:
    """The code would tell which towns are equal, and that is what a redacted town does not."""
    zip_code, city = Column(HOME, "zip"), Column(HOME, "city")
    held = Classified({zip_code: Finding(DataClass("postal_code"), 1.0, ""), city: Finding(DataClass("city"), 1.0, "")})
    outputs = [Output(c.name, frozenset({c}), True, 1) for c in (zip_code, city)]
    for mask, looks in (("city", {"city": 1}), ("redact", {}), ("hash", {}), ("null", {})):
        specs = [MaskSpec("postal", DataClass("postal_code")), MaskSpec(mask, DataClass("city"))]
        assert companions(0, outputs, specs, held, NOTHING) == looks


def test_a_state_that_is_masked_itself_is_not_looked_at() -> None:
    zip_code, state = Column(HOME, "zip"), Column(HOME, "state")
    hidden = Classified({
        zip_code: Finding(DataClass("postal_code"), 1.0, ""), state: Finding(DataClass("free_text"), 1.0, "")
    })  # fmt: skip
    outputs = [Output(c.name, frozenset({c}), True, 1) for c in (zip_code, state)]
    specs = [MaskSpec("postal", DataClass("postal_code")), MaskSpec("redact", DataClass("free_text"))]
    assert companions(0, outputs, specs, hidden, NOTHING) == {}
    assert companions(0, outputs, specs, Classified(), NOTHING) == {}


# ---- subjects

PEOPLE, STAYS, VISITS, TEAMS = (Relation("public", name) for name in ("people", "stays", "visits", "teams"))


def relation(oid: int, named: Relation, columns: str, key: str = "id", points: tuple[tuple[str, int, str], ...] = ()):
    """Return a table of these columns, all of them required."""
    made = tuple(ColumnDef(name, at, 23, "integer", True) for at, name in enumerate(columns.split(), 1))
    return RelationDef(oid, named, "r", made, unique=(frozenset(key.split()),), points=points)


CATALOG = Catalog("shop", 1, "1", {r.relation: r for r in (
    relation(1, PEOPLE, "id born hired boss team", points=(("boss", 1, "id"), ("team", 4, "id"))),
    relation(2, STAYS, "id person came went", points=(("person", 1, "id"),)),
    relation(3, VISITS, "id stay person seen doctor", points=(("person", 1, "id"), ("doctor", 1, "id"))),
    relation(4, TEAMS, "id name", "id name"),
)})  # fmt: skip
DATES = Classified({
    Column(r, name): Finding(DataClass(c) if c else None, 1.0, "")
    for r, name, c in [
        (PEOPLE, "born", "birth_date"), (PEOPLE, "hired", "life_date"), (PEOPLE, "id", ""), (STAYS, "came", "life_date"),
        (STAYS, "went", "life_date"), (VISITS, "seen", "life_date"), (TEAMS, "name", ""),
    ]
})  # fmt: skip


def subject(at: int, *columns: Column, rows: str = "") -> dict[str, int]:
    numbers = [int(number) for number in rows] or [1] * len(columns)
    outputs = [Output(c.name, frozenset({c}), True, row) for c, row in zip(columns, numbers, strict=True)]
    specs = [
        MaskSpec("shift", k) if (k := DATES.findings.get(c, Finding(None, 1, "")).data_class) else None for c in columns
    ]
    return companions(at, outputs, specs, DATES, CATALOG)


def test_a_date_looks_at_the_key_of_its_own_table() -> None:
    born, hired, own, boss = (Column(PEOPLE, name) for name in ("born", "hired", "id", "boss"))
    assert subject(0, born, hired, own) == subject(1, born, hired, own) == {"subject:public.people.id": 2}
    assert subject(0, born, boss) == {}, "a boss is somebody else"
    assert subject(0, born, own, rows="12") == {}
    assert subject(0, born, own, rows="00") == {}


def test_a_date_of_a_table_that_points_at_persons_looks_at_whose_it_is() -> None:
    came, went, own, person = (Column(STAYS, name) for name in ("came", "went", "id", "person"))
    assert subject(0, came, went, own, person) == {"subject:public.people.id": 3}
    assert subject(0, came, own) == {}, "one key a table, or a date would be moved in several ways"


def test_where_nobody_knows_which_person_it_is_a_table_has_subjects_of_its_own() -> None:
    seen, own, person = (Column(VISITS, name) for name in ("seen", "id", "person"))
    assert subject(0, seen, own, person) == {"subject:public.visits.id": 1}
