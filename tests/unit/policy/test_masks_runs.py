"""Masks of runs: many cells in one call become what each of them becomes alone."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from proctor.policy.masks import make_mask
from proctor.policy.masks_keyed import Keyed, siphash
from proctor.policy.masks_runs import RunMask
from proctor.terms import DataClass

KEY = b"k" * 32

# The first ten of the authors' own vectors for SipHash-2-4-128: key 00 01 … 0f, data 00 01 … of that length.
SIPHASH = [
    "a3817f04ba25a8e66df67214c7550293",
    "da87c1d86b99af44347659119b22fc45",
    "8177228da4a45dc7fca38bdef60affe4",
    "9c70b60c5267a94e5f33b6b02985ed51",
    "f88164c12d9c8faf7d0f6e7c7bcd5579",
    "1368875980776f8854527a07690e9627",
    "14eeca338b208613485ea0308fd7a15e",
    "a1f1ebbed8dbc153c0b84aa61ff08239",
    "3b62a9ba6258f5610f83e264f31497b4",
    "264499060ad9baabc47f8b02bb6d71ed",
]


@pytest.mark.parametrize(("length", "expected"), list(enumerate(SIPHASH)))
def test_the_hash_is_the_one_that_is_published(length: int, expected: str) -> None:
    assert siphash(bytes(range(16)), bytes(range(length))).hex() == expected


def mixed(alphabet: str, most: int) -> st.SearchStrategy[bytes]:
    return st.text(alphabet, max_size=most).map(str.encode)


EMAILS = mixed("abcXYZ019.@-_+é\0 ", 70) | st.from_regex(r"[a-z]{1,20}@[a-z]{1,12}\.example", fullmatch=True).map(
    str.encode
)
NAMES = mixed("abzABZ éÉß,.-'\u00a0\u2003\n\t1日Жяα", 30)
FIGURES = mixed("0123456789", 22)
SHAPED = mixed("AZaz09 -./é", 40)
PHONES = mixed("0123456789+-(). /x#,", 34) | st.from_regex(
    r"(\+|00|)(1|39|44|49|353|239|7|)[0-9 -]{0,14}", fullmatch=True
).map(str.encode)
DATES = st.dates().map(lambda d: d.isoformat().encode()) | mixed("0123456789-", 11) | st.just(b"2023-02-29")
AMOUNTS = st.from_regex(r"-?[0-9]{0,20}(\.[0-9]{0,4})?", fullmatch=True).map(str.encode)
NETWORKS = st.ip_addresses().map(lambda a: str(a).encode()) | mixed("019.:/", 18)
ANYTHING = st.binary(max_size=80)

TAKEN = [
    ("email", "email", "text", EMAILS), ("token", "username", "text", EMAILS), ("name", "person_name", "text", NAMES),
    ("name", "given_name", "text", NAMES), ("name", "family_name", "text", NAMES), ("city", "city", "text", NAMES),
    ("address", "postal_address", "text", NAMES), ("address", "street", "text", NAMES),
    ("id", "us_ssn", "text", SHAPED), ("id", "passport", "text", SHAPED), ("id", "es_dni", "text", SHAPED),
    ("id", "in_pan", "text", SHAPED), ("postal", "postal_code", "text", SHAPED),
    ("card", "payment_card", "text", SHAPED | FIGURES), ("phone", "phone", "text", PHONES),
    ("date", "birth_date", "date", DATES), ("date", "birth_date", "text", DATES), ("noise", "salary", "text", AMOUNTS),
    ("noise", "salary", "integer", AMOUNTS), ("noise", "salary", "decimal", AMOUNTS), ("ip", "ip_address", "text", NETWORKS),
    ("ip", "ip_address", "inet", NETWORKS), ("hash", "email", "text", NAMES), ("hash", "email", "uuid", SHAPED),
    ("email", "email", "uuid", SHAPED), ("token", "username", "uuid", SHAPED), ("id", "us_ssn", "uuid", SHAPED),
]  # fmt: skip


def runs(name: str, data_class: str, family: str, room: int | None) -> RunMask | None:
    mask = make_mask(name, DataClass(data_class), key=KEY, type_family=family, max_length=room)
    return mask if isinstance(mask, RunMask) else None


def spread(values: list[bytes | None]) -> tuple[bytes, array[int]]:
    """Return the values behind each other, with something in between, and their spans."""
    data, spans = b"", array("q")
    for value in values:
        data += b"@9"
        spans.extend((len(data), -1 if value is None else len(value)))
        data += value or b""
    return data, spans


@pytest.mark.parametrize(
    ("name", "data_class", "family", "values"), TAKEN, ids=lambda p: p if isinstance(p, str) else ""
)
@pytest.mark.parametrize("room", [None, 8, 12, 30, 100])
def test_a_run_becomes_what_each_of_its_cells_becomes_alone(
    name: str, data_class: str, family: str, values: st.SearchStrategy[bytes], room: int | None
) -> None:
    if family != "text" and room is not None:
        return  # only a text has a room
    mask = runs(name, data_class, family, room)
    if mask is None:
        assert room is not None  # narrow columns are left to the masks of one cell
        return

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.none() | values | ANYTHING, max_size=12))
    @example([b"", b" ", b"a ", b"4539578763621486", b"4539 5787-6362 1486", b"+", b"00", b"-", b".", b"...", b"0.0"])
    def check(cells: list[bytes | None]) -> None:
        data, spans = spread(cells)
        out, made = mask.run(data, spans)
        for at, cell in enumerate(cells):
            if cell is None:
                continue
            start, size = made[2 * at], made[2 * at + 1]
            assert (None if size < 0 else out[start : start + size]) == mask(cell), cell

    check()


@pytest.mark.parametrize(
    ("name", "data_class", "family", "value"),
    [
        ("email", "email", "text", b"zelda.quixote@sentinel.example"), ("token", "username", "text", b"zelda"),
        ("name", "person_name", "text", "Zoë Müller".encode()), ("city", "city", "text", b"Springfield"),
        ("address", "postal_address", "text", b"742 Evergreen Terrace, Springfield"), ("id", "us_ssn", "text", b"521-37-8846"),
        ("id", "passport", "text", b"C01X00T47"), ("postal", "postal_code", "text", b"SW1A 1AA"),
        ("card", "payment_card", "text", b"4539 5787 6362 1486"), ("phone", "phone", "text", b"+1 (202) 555-0147"),
        ("date", "birth_date", "date", b"1984-07-19"), ("noise", "salary", "decimal", b"187654.32"),
        ("ip", "ip_address", "inet", b"10.12.1.204"), ("hash", "email", "text", b"zelda"),
    ],
)  # fmt: skip
def test_common_values_take_the_fast_way(name: str, data_class: str, family: str, value: bytes) -> None:
    """Else the rest of this page would prove the slow way twice."""
    mask = runs(name, data_class, family, None)
    assert mask is not None
    data, spans = spread([value, None, value])
    assert mask.left_out(data, spans) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=8))
def test_many_numbers_are_the_numbers_of_each(values: list[bytes]) -> None:
    keyed = Keyed(KEY, "test")
    data, spans = spread(list(values))
    found = keyed.numbers(data, spans)
    assert [found[2 * i] | found[2 * i + 1] << 64 for i in range(len(values))] == [keyed.number(v) for v in values]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(min_size=2, max_size=70), max_size=8))
def test_many_texts_are_enciphered_as_each_is(texts: list[bytes]) -> None:
    keyed = Keyed(KEY, "test")
    data, spans = spread(list(texts))
    work = bytearray(data)
    keyed.encipher_all(work, spans)
    assert [bytes(work[spans[2 * i] :][: len(t)]) for i, t in enumerate(texts)] == [keyed.encipher(t) for t in texts]
