"""What holds for every mask and every value: it never raises, is the same each time, fits, and key masks come back."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.policy.masks import DEFAULTS, KEY_MASKS, MASKS, decode, looks_masked, make_mask
from proctor.policy.masks_keyed import Keyed
from proctor.policy.masks_numbers import luhn_digit
from proctor.policy.masks_plain import fits
from proctor.terms import DataClass

KEY, OTHER_KEY = b"k" * 32, b"l" * 32
FAMILIES = (
    "text", "integer", "decimal", "float", "date", "timestamp", "time", "boolean", "uuid", "json", "inet",
    "macaddr", "point", "binary", "other", "no such family",
)  # fmt: skip
NAMES = sorted(MASKS)
CLASSES = sorted(DEFAULTS)
LONGEST = 120  # of what an address of 254 characters has room for, in the worst case
KEYED = sorted(c for c, name in DEFAULTS.items() if name in KEY_MASKS)

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60).map(str.encode)
digits = st.text("0123456789", min_size=1, max_size=24).map(str.encode)
spaced = st.text("0123456789 -.+()", max_size=24).map(str.encode)
alnum = st.text("ABCZabcz0159", min_size=1, max_size=20).map(str.encode)
anything = st.one_of(texts, st.binary(max_size=60), digits, spaced, alnum)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.sampled_from(CLASSES),
    st.sampled_from(FAMILIES),
    st.none() | st.integers(0, 40),
    anything,
)
def test_a_mask_never_raises_and_always_fits(
    name: str, data_class: DataClass, family: str, room: int | None, value: bytes
) -> None:
    """Whatever bytes a database holds, the row goes on and the type holds what comes out."""
    mask = make_mask(name, data_class, key=KEY, type_family=family, max_length=room)
    out = mask(value)
    assert out == mask(value)
    if out is not None and family in FAMILIES[:13] and family not in {"time", "binary"}:
        assert fits(family, out, room)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(KEYED), anything.filter(lambda v: b"\0" not in v and len(v) <= LONGEST))
def test_a_key_mask_comes_back_to_exactly_what_it_stands_for(data_class: DataClass, value: bytes) -> None:
    out = make_mask(DEFAULTS[data_class], data_class, key=KEY, type_family="text")(value)
    assert out is not None
    assert out != value
    assert decode(out, data_class, KEY) == value
    assert looks_masked(out, data_class, KEY)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KEYED), st.lists(texts | digits | alnum, min_size=2, max_size=30, unique=True))
def test_a_key_mask_is_one_to_one(data_class: DataClass, values: list[bytes]) -> None:
    mask = make_mask(DEFAULTS[data_class], data_class, key=KEY, type_family="text")
    assert len({mask(v) for v in values}) == len(values)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["payment_card", "us_ssn", "bank_account", "br_cpf"]), st.integers(0, 10**15))
def test_a_masked_number_comes_back_or_says_that_it_does_not(data_class: DataClass, number: int) -> None:
    """A wrong original would be worse than none."""
    value = b"%d" % number
    out = make_mask(DEFAULTS[data_class], data_class, key=KEY, type_family="integer")(value)
    assert out is not None
    assert 0 < int(out) < 2**63
    assert decode(out, data_class, KEY, type_family="integer") in {value, None}
    if data_class in {"us_ssn", "br_cpf"} and number < 10**9:
        assert decode(out, data_class, KEY, type_family="integer") == value


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KEYED), anything)
def test_what_is_decoded_masks_to_what_was_given(data_class: DataClass, value: bytes) -> None:
    """A stranger's text is decoded only if it is a mask of ours, up to case and spelling."""
    original = decode(value, data_class, KEY)
    if original is not None:
        again = make_mask(DEFAULTS[data_class], data_class, key=KEY, type_family="text")(original)
        assert again is not None
        assert decode(again, data_class, KEY) == original


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KEYED), texts.filter(lambda v: len(v) > 6))
def test_another_key_gives_another_mask(data_class: DataClass, value: bytes) -> None:
    one, two = (make_mask(DEFAULTS[data_class], data_class, key=k, type_family="text") for k in (KEY, OTHER_KEY))
    assert one(value) != two(value)


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789", min_size=11, max_size=18), st.sampled_from(range(40, 70)))
def test_every_card_with_a_right_check_digit_stays_right(body: str, prefix: int) -> None:
    digits = f"{prefix}{body[2:]}".encode()
    card = digits + b"%d" % luhn_digit(digits)
    out = make_mask("card", DataClass("payment_card"), key=KEY, type_family="text")(card)
    assert out is not None
    assert len(out) == len(card)
    assert out[-1] - 48 == luhn_digit(out[:-1])


@settings(max_examples=200, deadline=None)
@given(st.dates())
def test_every_date_stays_near_and_equal_days_stay_equal(day: date) -> None:
    mask = make_mask("date", DataClass("birth_date"), key=KEY, type_family="date")
    out = mask(day.isoformat().encode())
    assert out is not None
    moved = date.fromisoformat(out.decode())
    assert 1 <= abs((moved - day).days) <= 400
    stamp = make_mask("date", DataClass("birth_date"), key=KEY, type_family="timestamp")
    assert stamp(day.isoformat().encode() + b" 00:00:00") == out + b" 00:00:00"


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 10**12), st.integers(1, 10**12), st.data())
def test_a_permutation_of_a_range_comes_back(high: int, low: int, data: st.DataObject) -> None:
    keyed = Keyed(KEY, "test")
    number = data.draw(st.integers(0, high * low - 1))
    there = keyed.permute(number, high, low, 7)
    assert 0 <= there < high * low
    assert keyed.restore(there, high, low, 7) == number


@pytest.mark.parametrize(("high", "low"), [(1, 1), (1, 10), (10, 1), (3, 7), (40, 25), (10, 100)])
def test_a_permutation_of_a_small_range_misses_nothing(high: int, low: int) -> None:
    keyed = Keyed(KEY, "test")
    assert {keyed.permute(n, high, low, 0) for n in range(high * low)} == set(range(high * low))


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=2, max_size=300))
def test_a_permutation_of_bytes_comes_back(text: bytes) -> None:
    keyed = Keyed(KEY, "test")
    hidden = keyed.encipher(text)
    assert len(hidden) == len(text)
    assert keyed.decipher(hidden) == text


def test_one_bit_of_difference_changes_the_whole_text() -> None:
    """The tag is redundancy inside a wide permutation: two masks share nothing because their values share much."""
    keyed = Keyed(KEY, "test")
    one, two = keyed.encipher(b"\0" * 40), keyed.encipher(b"\0" * 39 + b"\1")
    assert sum(a == b for a, b in zip(one, two, strict=True)) < 6


def _json(leaves: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    keys = st.sampled_from(["street", "email", "zip", "name", "n", "dob", "salary"]) | st.text(max_size=8)
    return st.recursive(leaves, lambda c: st.lists(c, max_size=4) | st.dictionaries(keys, c, max_size=4), max_leaves=20)


_leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)


@settings(max_examples=200, deadline=None)
@given(_json(_leaves))
def test_every_document_stays_a_document_of_the_same_shape(document: object) -> None:
    mask = make_mask("document", DataClass("document"), key=KEY, type_family="json")
    out = mask(json.dumps(document).encode())
    assert out is not None
    if out == b"{}":
        return
    assert _outline(json.loads(out)) == _outline(document)


def _outline(node: object) -> object:
    match node:
        case dict():
            return [_outline(child) for child in node.values()]
        case list():
            return [_outline(child) for child in node]
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "text"
        case _:
            return None
