"""Every class in every type, in text and in binary: a value of the type, the same in both, and never the true one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proctor.policy.masks import DEFAULTS, MASKS
from proctor.session.plans import Wardrobe, read_as
from proctor.sql.catalog import Catalog, TypeDef
from proctor.terms import DataClass, MaskSpec
from proctor.wire import arrays, types
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
