"""Every class in every type, in text and in binary: a value of the type, the same in both, and never the true one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proctor.policy.masks import DEFAULTS, MASKS
from proctor.session.made_types import Kind, Labels, List, Part, Range, Row, constant_of, kind_of, read_as
from proctor.session.plans import Wardrobe
from proctor.sql.catalog import Catalog, ColumnDef, RelationDef, TypeDef
from proctor.terms import DataClass, MaskSpec, Relation
from proctor.wire import arrays, composites, types
from proctor.wire.talk import Field

TRUE: dict[int, tuple[bytes, ...]] = {
    16: (b"t",),
    17: (b"\\x00ff",),
    20: (b"4111111111111111", b"219099999", b"-17"),
    21: (b"32767", b"-12", b"42"),
    23: (b"219099999", b"2147483647", b"42"),
    25: (b"Ann Lee", b"ann@example.com", b"4111111111111111", b"+1 202-555-0143", b"1980-02-03"),
    114: (b'{"email":"ann@example.com"}', b"[]"),
    600: (b"(52.5163,13.3777)",),
    650: (b"10.1.0.0/16",),
    700: (b"1234.5",),
    701: (b"12345.25", b"1e+30"),
    774: (b"08:00:2b:01:02:03:04:05",),
    829: (b"08:00:2b:01:02:03",),
    869: (b"10.1.2.3", b"2001:db8::1"),
    1042: (b"ann@example.com     ",),
    1043: (b"ann@example.com",),
    1082: (b"1980-02-03", b"infinity", b"0044-03-15 BC"),
    1083: (b"10:11:12",),
    1114: (b"1980-02-03 10:11:12.5",),
    1184: (b"1980-02-03 10:11:12+00", b"infinity"),
    1186: (b"1 year 2 mons",),
    1266: (b"10:11:12+02",),
    1700: (b"123456.50", b"4111111111111111", b"NaN"),
    2950: (b"3fa85f64-5717-4562-b3fc-2c963f66afa6",),
    3802: (b'{"email": "ann@example.com"}',),
}
ARRAYS = {array: element for array, element in types.ARRAYS.items() if element in TRUE}
ORDERS = sorted({(name, data_class) for data_class, name in DEFAULTS.items()} | {(m, "email") for m in MASKS})
SHOWN = {b"[]", b"0"}
"""A document with nothing in it, and what already is the constant."""


@pytest.fixture(scope="module")
def wardrobe() -> Wardrobe:
    return Wardrobe(bytes(range(32)))


def worn(wardrobe: Wardrobe, order: tuple[str, str], oid: int, form: int, cell: bytes) -> object:
    mask = wardrobe.wear(MaskSpec(order[0], DataClass(order[1])), Field("c", 0, 0, oid, -1, -1, form))
    return mask(cell) if callable(mask) else mask


def array_of(cells: Sequence[bytes]) -> bytes:
    words = [b'"' + c.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"' for c in cells]
    return b"{" + b",".join([*words, b"NULL"]) + b"}"


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_a_masked_value_is_one_of_its_type_and_the_same_in_text_and_binary(
    wardrobe: Wardrobe, order: tuple[str, str]
) -> None:
    cases = [(oid, cell) for oid, cells in TRUE.items() for cell in cells]
    cases += [(array, array_of(TRUE[element])) for array, element in ARRAYS.items()]
    for oid, cell in cases:
        text, binary = (
            worn(wardrobe, order, oid, form, cell if form == 0 else types.from_text(oid, cell)) for form in (0, 1)
        )
        if not isinstance(text, bytes):
            assert text is binary or text == binary, (oid, cell)
            continue
        assert binary == types.from_text(oid, text), (oid, cell, text)
        # Within prose only what is found in it is masked.
        assert text not in TRUE.get(oid, ()) or text in SHOWN or order[0] == "spans", (oid, cell, text)


def test_an_element_of_an_array_wears_what_a_column_of_its_type_would(wardrobe: Wardrobe) -> None:
    for order, oid, array, cell in (
        (("email", "email"), 25, 1009, b"ann@example.com"),
        (("id", "us_ssn"), 20, 1016, b"219099999"),
        (("noise", "salary"), 1700, 1231, b"1234.50"),
        (("date", "birth_date"), 1082, 1182, b"1980-02-03"),
    ):
        one = worn(wardrobe, order, oid, 0, cell)
        assert isinstance(one, bytes)
        assert one != cell
        assert worn(wardrobe, order, array, 0, b"{{%b,NULL},{NULL,%b}}" % (cell, cell)) == b"{{%b,NULL},{NULL,%b}}" % (
            one,
            one,
        )
        assert worn(wardrobe, order, array, 0, b"[0:1]={%b,%b}" % (cell, cell)) == b"[0:1]={%b,%b}" % (one, one)


@pytest.mark.parametrize("broken", [b"", b"a", b"{", b'{"a}', b'{"a\\', b'{"a"}}x', b"{a,{b}}"])
def test_what_is_no_array_becomes_an_empty_one(wardrobe: Wardrobe, broken: bytes) -> None:
    assert worn(wardrobe, ("email", "email"), 1009, 0, broken) == b"{}"


def test_a_name_in_an_array_is_quoted_and_a_word_that_looks_like_null_stays_one(wardrobe: Wardrobe) -> None:
    named = worn(wardrobe, ("name", "person_name"), 1009, 0, b'{"Zelda Quixote","NULL"}')
    assert isinstance(named, bytes)
    assert named.startswith(b'{"')
    assert named.count(b"NULL") == 0


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text('abc "\\{},NUL0159@.é', max_size=12), max_size=6), st.sampled_from(sorted(DEFAULTS)))
def test_every_array_keeps_its_length(wardrobe: Wardrobe, elements: list[str], data_class: str) -> None:
    out = worn(
        wardrobe, (DEFAULTS[DataClass(data_class)], data_class), 1009, 0, array_of([e.encode() for e in elements])
    )
    assert isinstance(out, bytes)
    assert (
        out == b"{}" if DEFAULTS[DataClass(data_class)] == "redact" else len(arrays.elements(out)) == len(elements) + 1
    )


def test_types_of_an_extension_and_of_domains_are_read_as_what_they_are_made_of() -> None:
    defined = (
        TypeDef(16400, "public", "citext", "b", "S"),
        TypeDef(16401, "public", "_citext", "b", "A", element=16400),
        TypeDef(16402, "public", "mail", "d", "S", base=16400),
        TypeDef(16403, "public", "_mail", "b", "A", element=16402),
        TypeDef(16404, "public", "money_of", "d", "N", base=1700),
        TypeDef(16405, "public", "mood", "e", "E"),
        TypeDef(16406, "public", "citext", "b", "U"),
    )
    catalog = Catalog("shop", 1, "1", {}, types=defined)
    read = {defined_type.oid: read_as(defined_type.oid, catalog) for defined_type in defined}
    assert read == {16400: 25, 16401: 1009, 16402: 25, 16403: 1009, 16404: 1700, 16405: 16405, 16406: 16406}
    assert read_as(23, catalog) == 23


# ---- what a database has made


MOOD = Labels((b"sad", b"ok", b"very happy"))
HOME = Row((Part(25, -1, 25), Part(1043, 14, 1043), Part(23, -1, 23), Part(16405, -1, MOOD), Part(1082, -1, 1082)))
HOMES = List(16500, HOME)
NEST = Row((Part(16500, -1, HOME), Part(16501, -1, HOMES)))
HOME_TEXT = b'("ann ""x"" lee, 5",ann@ab.c,219099999,"very happy",)'
HOME_BINARY = composites.write(
    [
        (25, b'ann "x" lee, 5'),
        (1043, b"ann@ab.c"),
        (23, (219099999).to_bytes(4, "big")),
        (16405, b"very happy"),
        (1082, None),
    ]
)


def list_binary(element: int, *cells: bytes | None) -> bytes:
    sizes = [b"\xff\xff\xff\xff" if c is None else len(c).to_bytes(4, "big") + c for c in cells]
    return b"".join(
        (b"\0\0\0\1\0\0\0\1", element.to_bytes(4, "big"), len(cells).to_bytes(4, "big"), b"\0\0\0\1", *sizes)
    )


VALUES: dict[Kind, tuple[bytes, bytes]] = {
    MOOD: (b"ok", b"ok"),
    Range(several=False): (b"[3,7)", b"\2\0\0\0\4\0\0\0\3\0\0\0\4\0\0\0\7"),
    Range(several=True): (b"{[3,7)}", b"\0\0\0\1\0\0\0\x11\2\0\0\0\4\0\0\0\3\0\0\0\4\0\0\0\7"),
    List(16405, MOOD): (b'{ok,NULL,"very happy"}', list_binary(16405, b"ok", None, b"very happy")),
    HOME: (HOME_TEXT, HOME_BINARY),
    HOMES: (arrays.spell([HOME_TEXT, None]), list_binary(16500, HOME_BINARY, None)),
    NEST: (
        composites.spell([HOME_TEXT, arrays.spell([HOME_TEXT])]),
        composites.write([(16500, HOME_BINARY), (16501, list_binary(16500, HOME_BINARY))]),
    ),
}


def in_text(kind: Kind, cell: bytes | None) -> bytes | None:
    """Return the text form of a value in binary; raise where it is no value of its kind."""
    match kind:
        case _ if cell is None:
            return None
        case int():
            return types.to_text(kind, cell)
        case Labels(labels=labels):
            return labels[labels.index(cell)]
        case Range(several=several):
            return {False: {b"\1": b"empty"}, True: {bytes(4): b"{}"}}[several][cell]
        case Row(parts=parts):
            read = composites.read(cell)
            assert [oid for oid, _ in read] == [p.type_oid for p in parts]
            return composites.spell([in_text(p.kind, word) for p, (_, word) in zip(parts, read, strict=True)])
        case List(element_oid=element, element=inner):
            return arrays.read_array(cell, element, lambda word: in_text(inner, word) or b"")
    raise AssertionError


def dressed(
    wardrobe: Wardrobe, order: tuple[str, str], kind: Kind, form: int, cell: bytes, computed: bool = False
) -> object:
    spec = MaskSpec(order[0], DataClass(order[1]), computed=computed)
    mask = wardrobe.wear_kind(spec, kind, Field("c", 0, 0, 0, -1, -1, form))
    return mask(cell) if callable(mask) else mask


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_a_masked_value_of_a_made_type_is_one_of_it_and_the_same_in_text_and_binary(
    wardrobe: Wardrobe, order: tuple[str, str]
) -> None:
    """A driver that has registered the type reads it back; NULL would be read too, and break what counts on a value."""
    for kind, cells in VALUES.items():
        text, binary = (dressed(wardrobe, order, kind, form, cells[form]) for form in (0, 1))
        if order[0] == "null":
            assert not isinstance(text, bytes) and text is binary
            continue
        assert isinstance(text, bytes) and isinstance(binary, bytes), (kind, text)
        assert in_text(kind, binary) == text, kind
        assert b"219099999" not in text
        assert order[0] == "spans" or b"ann@ab.c" not in text
        assert dressed(wardrobe, order, kind, 0, cells[0]) == text


def test_a_label_has_no_last_four_and_under_a_mask_of_that_kind_all_look_alike(wardrobe: Wardrobe) -> None:
    for mask in ("partial", "generalise"):
        for form in (0, 1):
            shown = {dressed(wardrobe, (mask, "email"), MOOD, form, label) for label in MOOD.labels}
            assert shown == {constant_of(MOOD, form)}


def test_a_field_of_a_row_wears_what_a_column_of_its_type_would_and_null_stays_null(wardrobe: Wardrobe) -> None:
    shown = dressed(wardrobe, ("email", "email"), HOME, 0, HOME_TEXT)
    assert isinstance(shown, bytes)
    name, mail, number, mood, day = composites.fields(shown)
    assert name == worn(wardrobe, ("email", "email"), 25, 0, b'ann "x" lee, 5')
    assert mail is not None and len(mail) <= 10
    assert number == b"0"
    assert mood in MOOD.labels
    assert day is None


def test_every_label_of_an_enum_may_come_and_the_same_for_the_same(wardrobe: Wardrobe) -> None:
    labels = Labels(tuple(b"label %d" % n for n in range(40)))
    shown = [dressed(wardrobe, ("name", "health"), labels, 0, label) for label in labels.labels]
    assert shown == [dressed(wardrobe, ("name", "health"), labels, 1, label) for label in labels.labels]
    assert len(set(shown)) > 15
    assert set(shown) <= set(labels.labels)
    more = Labels((*labels.labels, b"another"))
    changed = [dressed(wardrobe, ("name", "health"), more, 0, label) for label in labels.labels]
    assert sum(one != other for one, other in zip(shown, changed, strict=True)) < 8
    assert [dressed(Wardrobe(b"x" * 32), ("name", "health"), labels, 0, label) for label in labels.labels] != shown


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: type(kind).__name__)
def test_a_computed_value_of_a_made_type_is_its_constant_even_where_it_is_null(wardrobe: Wardrobe, kind: Kind) -> None:
    for form in (0, 1):
        always = wardrobe.wear_kind(
            MaskSpec("redact", DataClass("unknown"), computed=True), kind, Field("c", 0, 0, 0, -1, -1, form)
        )
        assert always.value == constant_of(kind, form)  # type: ignore[union-attr]
        assert in_text(kind, constant_of(kind, 1)) == constant_of(kind, 0)


@pytest.mark.parametrize("broken", [b"", b"(", b"()x", b"(a,b", b'("a)', b"(a)", b"\0\0\0\1", b"\0\0\0\5" + bytes(40)])
def test_what_is_no_such_row_becomes_its_constant(wardrobe: Wardrobe, broken: bytes) -> None:
    for form in (0, 1):
        assert dressed(wardrobe, ("email", "email"), HOME, form, broken) == constant_of(HOME, form)
        assert dressed(wardrobe, ("email", "email"), HOMES, form, broken) == constant_of(HOMES, form)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.none() | st.text('abc "\\(),\n\tNUL09é', max_size=12).map(str.encode), min_size=2, max_size=6))
def test_a_row_that_was_spelled_is_read_back(words: list[bytes | None]) -> None:
    assert composites.fields(composites.spell(words)) == words
    assert composites.read(composites.write([(25, word) for word in words])) == [(25, word) for word in words]


def table(oid: int, name: str, *columns: tuple[int, str]) -> RelationDef:
    made = tuple(ColumnDef(f"c{n}", n + 1, type_oid, type_name) for n, (type_oid, type_name) in enumerate(columns))
    return RelationDef(oid, Relation("public", name), "c", made)


def test_the_catalog_says_what_a_made_type_is_made_of() -> None:
    home = table(500, "home", (25, "text"), (1043, "character varying(10)"), (16405, "mood"))
    defined = (
        TypeDef(16405, "public", "mood", "e", "E", labels=("sad", "ok")),
        TypeDef(16406, "public", "_mood", "b", "A", element=16405),
        TypeDef(16407, "public", "feeling", "d", "E", base=16405),
        TypeDef(16408, "public", "span", "r", "R"),
        TypeDef(16409, "public", "spans", "m", "R"),
        TypeDef(16410, "public", "home", "c", "C", relation_oid=500),
        TypeDef(16411, "public", "_home", "b", "A", element=16410),
        TypeDef(16412, "public", "lost", "c", "C", relation_oid=501),
        TypeDef(16413, "public", "hollow", "e", "E"),
    )
    catalog = Catalog("shop", 1, "1", {home.relation: home}, types=defined)
    mood = Labels((b"sad", b"ok"))
    row = Row((Part(25, -1, 25), Part(1043, 14, 1043), Part(16405, -1, mood)))
    expected: dict[int, Kind] = {
        16405: mood, 16406: List(16405, mood), 16407: mood, 16408: Range(several=False), 16409: Range(several=True),
        16410: row, 16411: List(16410, row), 16412: 16412, 16413: 16413, 23: 23, 1009: 1009, 2249: 2249,
    }  # fmt: skip
    assert {oid: kind_of(oid, catalog) for oid in expected} == expected


def test_a_type_with_billions_of_fields_is_not_followed() -> None:
    rows = [table(600 + n, f"t{n}", *[(16600 + n - 1, "t")] * 20) for n in range(1, 10)]
    defined = [TypeDef(16600 + n, "public", f"t{n}", "c", "C", relation_oid=600 + n) for n in range(1, 10)]
    defined.append(TypeDef(16600, "public", "t0", "e", "E", labels=("a",)))
    catalog = Catalog("shop", 1, "1", {r.relation: r for r in rows}, types=tuple(defined))
    assert kind_of(16609, catalog) == 16609
