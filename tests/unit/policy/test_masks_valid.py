"""Identifiers masked as valid ones of nobody: they pass the checks that genuine ones pass, and come back."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.classify import checksums
from proctor.policy.masked_keys import recognise, would_destroy
from proctor.policy.masks import make_mask
from proctor.terms import DataClass

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
NIR, CODICE = DataClass("fr_nir"), DataClass("it_codice_fiscale")
MONTHS = "ABCDEHLMPRST"


@st.composite
def nirs(draw: st.DrawFn) -> str:
    """A French number as INSEE gives them out, of any place, with its key."""
    month = draw(st.integers(1, 12))
    body = f"{draw(st.sampled_from('12'))}{draw(st.integers(0, 99)):02}{month:02}{draw(st.integers(0, 10**8 - 1)):08}"
    return body + f"{97 - int(body) % 97:02}"


@st.composite
def codici(draw: st.DrawFn) -> str:
    """An Italian tax code of somebody born on some day but the 29th of February."""
    born = draw(st.dates(date(2001, 1, 1), date(2001, 12, 31)))
    letters = draw(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=6, max_size=6))
    day = born.day + 40 * draw(st.booleans())
    place = f"{draw(st.sampled_from('ABCDEFGHILMZ'))}{draw(st.integers(0, 999)):03}"
    body = f"{letters}{draw(st.integers(0, 99)):02}{MONTHS[born.month - 1]}{day:02}{place}"
    return next(body + c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if checksums.codice_fiscale(body + c))


def masked(data_class: DataClass, value: str, key: bytes = KEY) -> str:
    return (make_mask("id", data_class, key=key, type_family="text")(value.encode()) or b"").decode()


def back(data_class: DataClass, mask: str) -> str | None:
    value = recognise(mask.encode(), data_class, KEY, family="text")
    return None if value is None else value.decode()


@given(nirs())
def test_a_french_number_becomes_a_valid_one_that_is_given_to_nobody(number: str) -> None:
    mask = masked(NIR, number)
    assert re.fullmatch(r"[56][0-9]{2}(0[1-9]|1[0-2])[0-9]{10}", mask)
    assert checksums.nir(mask)
    assert back(NIR, mask) == number
    assert back(NIR, number) is None, "a genuine one is no mask"
    assert would_destroy(mask.encode(), NIR, KEY, family="text")


@given(codici())
def test_an_italian_tax_code_becomes_a_valid_one_of_a_place_that_is_nowhere(code: str) -> None:
    mask = masked(CODICE, code)
    found = re.fullmatch(r"[A-Z]{6}[0-9]{2}([ABCDEHLMPRST])([0-9]{2})[N-Y][0-9]{3}[A-Z]", mask)
    assert found is not None
    assert date(2001, MONTHS.index(found[1]) + 1, int(found[2]) % 40)
    assert checksums.codice_fiscale(mask)
    assert back(CODICE, mask) == code
    assert back(CODICE, code) is None
    assert would_destroy(mask.encode(), CODICE, KEY, family="text")


@given(nirs(), codici())
def test_spaces_stay_and_every_key_has_its_own_masks(number: str, code: str) -> None:
    spaced = f"{number[0]} {number[1:3]} {number[3:5]} {number[5:7]} {number[7:10]} {number[10:13]} {number[13:]}"
    assert masked(NIR, spaced).replace(" ", "") == masked(NIR, number)
    assert masked(NIR, spaced).count(" ") == 6
    assert back(NIR, masked(NIR, spaced)) == spaced
    assert masked(CODICE, code) != masked(CODICE, code, OTHER)


@pytest.mark.parametrize(
    ("data_class", "value"),
    [(NIR, "172023201312127"), (NIR, "372023201312126"), (NIR, "172223201312126"), (NIR, "172022A01312126"),
     (CODICE, "RSSMRA85T10A562T"), (CODICE, "RSSMRA85T32A562S"), (CODICE, "RSSMRA84B29A562X"), (CODICE, "RSSMRA85T10N562S"),
     (CODICE, "RSSMRA85T81A562S")],
)  # fmt: skip
def test_what_is_not_genuine_wears_a_letter_as_before_and_comes_back(data_class: DataClass, value: str) -> None:
    mask = masked(data_class, value)
    at = next(place for place, c in enumerate(value) if c.isdigit())
    assert mask[at].isalpha()
    assert back(data_class, mask) == value


def test_of_many_no_two_share_a_mask() -> None:
    body = [f"1{n % 100:02}{1 + n % 12:02}{n * 7919 % 10**8:08}" for n in range(20_000)]
    numbers = {b + f"{97 - int(b) % 97:02}" for b in body}
    assert len({masked(NIR, number) for number in numbers}) == len(numbers)
