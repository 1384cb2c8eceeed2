"""Masks that look at their row: parts of one address belong together, and no part shows another's true value."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.policy.mask_lists.regions import STATES, codes_of
from proctor.policy.masks import make_mask
from proctor.policy.masks_rows import ROLES, RowMask, make_row_mask
from proctor.terms import DataClass

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
CLASS = {"postal": "postal_code", "address": "postal_address", "shift": "life_date"}
VALUES = st.binary(max_size=40) | st.sampled_from(
    [
        b"10115",
        b"62704-1234",
        b"SW1A 1AA",
        b"1012 AB",
        b"12 Elm St, Springfield",
        b"K1A 0B1",
        b"2134",
        b"\xff",
        b" ",
        b"1980-02-03",
        b"1980-02-03 10:11:12.5+02",
        b"19800230",
        b"9999-12-31",
        b"infinity",
    ]
)
CELLS = st.none() | VALUES | st.sampled_from([b"Springfield", b"IL", b"Massachusetts", "Zürich".encode()])


def row_mask(name: str, *roles: str, key: bytes = KEY, family: str = "text", room: int | None = None) -> RowMask:
    return make_row_mask(name, DataClass(CLASS[name]), roles, key=key, type_family=family, max_length=room)


def alone(name: str, value: bytes, family: str = "text") -> bytes | None:
    data_class = {"city": "city"} | CLASS
    return make_mask(name, DataClass(data_class[name]), key=KEY, type_family=family)(value)


@pytest.mark.parametrize("name", sorted(ROLES))
@given(value=VALUES, others=st.tuples(CELLS, CELLS, CELLS), room=st.none() | st.integers(0, 30))
def test_whatever_stands_in_a_row_a_mask_answers_and_answers_the_same(
    name: str, value: bytes, others: tuple[bytes | None, ...], room: int | None
) -> None:
    others = others[: len(ROLES[name])]
    masked = row_mask(name, *ROLES[name], room=room)(value, others)
    assert masked == row_mask(name, *ROLES[name], room=room)(value, others)
    assert masked is None or room is None or len(masked.decode("utf-8", "replace")) <= room


@pytest.mark.parametrize("name", sorted(ROLES))
@given(value=VALUES)
def test_where_nothing_stands_beside_it_a_value_wears_its_own_mask(name: str, value: bytes) -> None:
    nothing: tuple[bytes | None, ...] = (None, b"", b" ")[: len(ROLES[name])]
    assert row_mask(name, *ROLES[name])(value, nothing) == alone(name, value)


@given(st.from_regex(r"[0-9]{4,6}|[A-Z]{2}[0-9]{1,2} [0-9][A-Z]{2}|[0-9]{4} ?[A-Z]{2}", fullmatch=True))
def test_a_code_beside_its_town_keeps_its_shape(code: str) -> None:
    masked = row_mask("postal", "city")(code.encode(), (b"Springfield",))
    assert masked is not None
    shape = re.sub("[A-Z]", "A", re.sub("[0-9]", "9", code))
    assert re.sub("[A-Z]", "A", re.sub("[0-9]", "9", masked.decode())) == shape


@given(st.sampled_from(["Berlin", "Bern", "Basel"]), st.integers(0, 99_999), st.integers(0, 99_999))
def test_codes_of_one_town_begin_alike(town: str, one: int, two: int) -> None:
    mask = row_mask("postal", "city")
    first, second = (mask(b"%05d" % code, (town.encode(),)) for code in (one, two))
    assert first is not None and second is not None
    assert first[:3] == second[:3]
    assert len(first) == len(second) == 5


def test_towns_that_look_alike_have_codes_that_begin_alike() -> None:
    """What is made up is one place: its name says where its codes lie, whichever true towns hide behind it."""
    mask = row_mask("postal", "city")
    begins: dict[bytes | None, set[bytes | None]] = {}
    for n in range(400):
        true = b"Town %d" % n
        code = mask(b"12345", (true,))
        begins.setdefault(alone("city", true), set()).add(code and code[:3])
    assert max(map(len, begins.values())) == 1
    assert len(begins) > 100
    assert len({begin for found in begins.values() for begin in found}) > 90


@given(st.sampled_from(sorted(STATES)), st.integers(0, 99), st.sampled_from([None, b"Springfield", b"Salem"]))
def test_a_code_of_a_state_stays_in_the_state_that_its_row_shows(state: str, rest: int, town: bytes | None) -> None:
    first, last = STATES[state]
    true = b"%03d%02d" % ((first + last) // 2, rest)
    mask = row_mask("postal", "city", "region")
    masked = mask(true, (town, state.upper().encode()))
    assert masked is not None
    assert re.fullmatch(rb"[0-9]{5}", masked)
    assert first <= int(masked[:3]) <= last
    longer = mask(true + b"-0123", (town, state.encode()))
    assert longer is not None
    assert re.fullmatch(rb"[0-9]{5}-[0-9]{4}", longer)
    assert first <= int(longer[:3]) <= last


@given(st.integers(0, 9999), st.sampled_from([None, b"Springfield"]))
def test_in_a_column_of_numbers_a_code_keeps_its_digits(code: int, town: bytes | None) -> None:
    mask = row_mask("postal", "city", "region", family="integer")
    for true, state in ((b"%d" % (1000 + code % 1800), b"MA"), (b"%d" % (60_000 + code % 2999), b"IL")):
        masked = mask(true, (town, state))
        assert masked is not None
        assert len(masked) == len(true) and masked[:1] != b"0"
        span = codes_of(state)
        assert span is not None
        assert span[0] <= int(masked.zfill(5)[:3]) <= span[1]


def test_what_only_looks_like_a_state_says_nothing() -> None:
    """MI is Milan as well as Michigan: unless the true code lies there, it is no state."""
    mask = row_mask("postal", "city", "region")
    assert mask(b"20121", (None, b"MI")) == alone("postal", b"20121")
    assert mask(b"20121", (b"Milano", b"MI")) == row_mask("postal", "city")(b"20121", (b"Milano",))


@given(st.sampled_from([b"Springfield", b"Berlin"]), st.sampled_from([b"62704", b"10115", b"SW1A 1AA"]))
def test_an_address_ends_in_the_town_and_code_that_stand_beside_it(town: bytes, code: bytes) -> None:
    mask = row_mask("address", "city", "postal")
    masked = mask(b"12 Elm Street, Anywhere 99999", (town, code))
    shown = row_mask("postal", "city")(code, (town,))
    own_town = alone("city", town)
    assert masked is not None and shown is not None and own_town is not None
    assert masked.endswith(b", " + own_town + b" " + shown)
    assert masked.partition(b",")[0] == (alone("address", b"12 Elm Street, Anywhere 99999") or b"").partition(b",")[0]
    assert mask(b"12 Elm Street", (town, code)) == alone("address", b"12 Elm Street"), "a street has no town"


def test_an_address_of_little_room_is_a_street_alone() -> None:
    masked = row_mask("address", "city", room=20)(b"12 Elm, Springfield", (b"Springfield",))
    assert masked is not None
    assert len(masked) <= 20
    assert b"," not in masked


def test_under_another_key_a_row_looks_another_way() -> None:
    for name, value in (("postal", b"10115"), ("address", b"12 Elm, Berlin")):
        one, other = (row_mask(name, "city", key=key)(value, (b"Berlin",)) for key in (KEY, OTHER))
        assert one != other


# ---- dates of one subject

DAYS = st.dates(date(1800, 1, 1), date(2200, 1, 1))
MOMENTS = st.builds(datetime.combine, DAYS, st.times(time(0, 0, 1)))
SUBJECTS = st.integers(1, 10**6).map(lambda n: b"%d" % n)
MOST = timedelta(days=401)


def shifted(value: str, subject: bytes, family: str = "text", home: str = "public.people.id") -> str:
    masked = row_mask("shift", f"subject:{home}", family=family)(value.encode(), (subject,))
    assert masked is not None
    return masked.decode()


@given(DAYS, DAYS, SUBJECTS)
def test_the_days_between_two_dates_of_one_subject_survive(one: date, other: date, subject: bytes) -> None:
    first, second = (date.fromisoformat(shifted(d.isoformat(), subject, "date")) for d in (one, other))
    assert second - first == other - one
    assert timedelta(0) < abs(first - one) < MOST
    packed = shifted(f"{one:%Y%m%d}", subject, "integer")
    assert date.fromisoformat(packed) == first, "in any form"
    assert shifted(f"{one:%Y/%m/%d}", subject) == f"{first:%Y/%m/%d}"


@given(MOMENTS, MOMENTS, SUBJECTS, st.sampled_from(["", "+00", "+05:30", "Z"]))
def test_the_time_between_two_moments_of_one_subject_survives(
    one: datetime, other: datetime, subject: bytes, zone: str
) -> None:
    made = [f"{moment:%Y-%m-%d %H:%M:%S.%f}" + zone for moment in (one, other)]
    masked = [shifted(text, subject, "timestamp") for text in made]
    assert all(text.endswith(zone) for text in masked)
    first, second = (
        datetime.fromisoformat(text.removesuffix(zone) if zone else text).replace(tzinfo=UTC) for text in masked
    )
    true = [moment.replace(tzinfo=UTC) for moment in (one, other)]
    fractions = [moment.microsecond > 0 for moment in true]
    if first.microsecond and second.microsecond and all(fractions):
        assert second - first == true[1] - true[0]
    assert abs((second - first) - (true[1] - true[0])) < timedelta(seconds=2)
    assert abs(first - true[0]) < MOST


@given(DAYS, DAYS, SUBJECTS)
def test_midnight_stays_midnight_and_goes_with_the_days(one: date, other: date, subject: bytes) -> None:
    """A date in a column of moments is a date."""
    midnight = shifted(f"{one} 00:00:00", subject, "timestamp")
    assert midnight.endswith(" 00:00:00")
    assert midnight.removesuffix(" 00:00:00") == shifted(f"{one}", subject, "date")
    assert shifted(f"{other}T00:00", subject) == shifted(f"{other}", subject) + "T00:00"


@given(st.integers(1000, 9990), SUBJECTS)
def test_a_year_goes_with_the_days_as_far_as_a_year_can(year: int, subject: bytes) -> None:
    moved = int(shifted(f"{year}", subject, "integer"))
    assert abs(moved - year) <= 1
    assert abs(moved - date.fromisoformat(shifted(f"{year}-07-01", subject, "date")).year) == 0
    assert abs(moved - date.fromisoformat(shifted(f"{year}-01-01", subject, "date")).year) <= 1


def test_every_subject_has_a_way_of_its_own_and_keys_of_another_kind_say_nothing_of_it() -> None:
    day = "1980-02-03"
    ways = {shifted(day, b"%d" % n, "date") for n in range(400)}
    assert len(ways) > 250
    other = [shifted(day, b"%d" % n, "date", home="public.staff.id") for n in range(400)]
    same = [shifted(day, b"%d" % n, "date") for n in range(400)]
    assert sum(a == b for a, b in zip(same, other, strict=True)) < 10


@pytest.mark.parametrize(
    "value",
    ["infinity", "0044-03-15 BC", "03/04/1980", "1980-02-30", "yesterday", "", "9999-12-31", "1980-02-03 24:00:00",
     "1980-02-03 10:11:12 at Ada's", "19800203 x"],
)  # fmt: skip
@pytest.mark.parametrize("family", ["text", "timestamp"])
def test_what_is_no_date_that_can_be_read_or_moved_is_hidden(value: str, family: str) -> None:
    """The last day that there is can be moved one way alone: whether it was hidden says nothing of another day."""
    hidden = "redacted" if family == "text" else "2000-01-01 00:00:00"
    found = shifted(value, b"7", family)
    assert found == hidden or (value == "9999-12-31" and found < value)
    assert make_mask("shift", DataClass("life_date"), key=KEY, type_family=family)(value.encode()) == hidden.encode()
