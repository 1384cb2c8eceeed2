"""What the codecs refuse, and the constants that stand for any value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.wire import types
from proctor.wire.types import from_text, redaction, to_text

KNOWN = sorted(oid for oid in range(10_000) if types.known(oid))


@pytest.mark.parametrize(
    ("type_oid", "text"),
    [
        (16, b"yes"),
        (21, b"32768"),
        (23, b"1_0"),
        (23, b" 1"),
        (23, b"0x10"),
        (26, b"-1"),
        (20, b"99999999999999999999"),
        (700, b"1e39"),
        (701, b"1e400"),
        (701, b"nan"),
        (701, b"1,5"),
        (1700, b"1e5"),
        (1700, b"."),
        (1700, b""),
        (17, b"\\xabc"),
        (17, b"a\\b"),
        (25, b"a\0b"),
        (2950, b"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1"),
        (1082, b"2023-02-29"),
        (1082, b"0000-01-01"),
        (1082, b"01/02/2023"),
        (1083, b"24:00:01"),
        (1083, b"12:60:00"),
        (1114, b"2000-01-01 00:00:00+00"),
        (1184, b"2000-01-01 00:00:00"),
        (1184, b"2000-01-01 00:00:00+99"),
        (1114, b"9999999-01-01 00:00:00"),
        (1186, b""),
        (1186, b"1 year "),
        (1186, b"P1Y"),
        (869, b"10.0.0.0/33"),
        (869, b"fe80::1%eth0"),
        (650, b"10.0.0.1/8"),
        (829, b"08:00:2b:01:02"),
        (1560, b"102"),
        (600, b"1,2"),
        (3220, b"0"),
        (1007, b"{1,2"),
        (1007, b"{1,}"),
        (1007, b"{{1},{2,3}}"),
        (1007, b"{1,{2}}"),
        (1007, b"{{1},2}"),
        (1007, b"{{1},{}}"),
        (1007, b"{{},{1}}"),
        (1007, b"{{1,2},3}"),
        (1007, b"[1:3]={1,2}"),
        (1007, b"{1}{2}"),
        (1007, b"{{{{{{{1}}}}}}}"),
        (1009, b'{"a}'),
        (1007, b"1"),
        (1007, b""),
    ],
)
def test_a_text_that_is_no_value_of_its_type_is_refused(type_oid: int, text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_text(type_oid, text)


@pytest.mark.parametrize(
    ("type_oid", "data"),
    [
        (23, b"\0\0\0"),
        (701, bytes(4)),
        (1700, b"\0\1\0\0\0\0\0\0"),
        (1700, b"\0\1\0\0\0\0\0\0\xff\xff"),
        (3802, b"\2{}"),
        (869, b"\2\x21\0\4\0\0\0\0"),
        (1082, b""),
        (1083, b"\xff" * 8),
        (1007, bytes(11)),
        (1007, b"\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\0\0\0\0\1"),  # an array of another type
        # two billion elements are promised by 20 bytes
        (1007, b"\0\0\0\1\0\0\0\0\0\0\0\x17\x7f\xff\xff\xff\0\0\0\1"),
        (1007, b"\0\0\0\2\0\0\0\0\0\0\0\x17\x7f\xff\xff\xff\0\0\0\1\x7f\xff\xff\xff\0\0\0\1"),
    ],
)
def test_bytes_that_are_no_value_of_their_type_are_refused(type_oid: int, data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        to_text(type_oid, data)


def test_an_unknown_type_is_refused_and_redacted_to_null() -> None:
    assert not types.known(99_999)
    assert redaction(99_999, 0) is None
    with pytest.raises(ValueError, match="not understood"):
        to_text(99_999, b"x")
    with pytest.raises(ValueError, match="not understood"):
        from_text(99_999, b"x")


@given(st.sampled_from(KNOWN), st.binary(max_size=64))
def test_any_bytes_are_read_or_refused_and_what_is_read_comes_back(type_oid: int, data: bytes) -> None:
    try:
        text = to_text(type_oid, data)
    except ValueError:
        return
    try:
        again = from_text(type_oid, text)
    except ValueError:
        return  # what the server could not have sent, as a date beyond its calendar
    assert to_text(type_oid, again) == text


@given(st.sampled_from(KNOWN), st.text(alphabet='0123456789-+:. {},"\\eE/xNULabcinfty[]=', max_size=24))
def test_any_text_is_written_or_refused(type_oid: int, text: str) -> None:
    try:
        data = from_text(type_oid, text.encode())
    except ValueError:
        return
    to_text(type_oid, data)


@given(st.lists(st.none() | st.binary(max_size=12).filter(lambda word: b"\0" not in word), max_size=6))
def test_any_words_survive_an_array(words: list[bytes | None]) -> None:
    data = b"".join(
        b"\xff\xff\xff\xff" if word is None else len(word).to_bytes(4, "big") + word for word in words
    )  # fmt: skip
    head = b"\0\0\0\1" + int(None in words).to_bytes(4, "big") + (25).to_bytes(4, "big")
    array = head + len(words).to_bytes(4, "big") + b"\0\0\0\1" + data if words else bytes(8) + (25).to_bytes(4, "big")
    assert from_text(1009, to_text(1009, array)) == array


@pytest.mark.parametrize("type_oid", KNOWN)
def test_a_redaction_is_the_same_constant_in_both_forms(type_oid: int) -> None:
    """Two formats of one column must not tell two stories."""
    modifier = 9 if type_oid == 1560 else -1
    text, binary = (redaction(type_oid, form, type_modifier=modifier) for form in (0, 1))
    assert text is not None
    assert binary is not None
    assert to_text(type_oid, binary) == text
    assert from_text(type_oid, text) == binary


@pytest.mark.parametrize(
    ("type_oid", "modifier", "expected"),
    [
        (1043, 4 + 3, b"red"),
        (1043, 4 + 100, b"redacted"),
        (1043, -1, b"redacted"),
        (1042, 4 + 3, b"red"),
        (1042, 4 + 10, b"redacted  "),
        (1042, 4 + 10_485_760, b"redacted"),
        (25, -1, b"redacted"),
        (1700, (10 << 16) + 2 + 4, b"0.00"),
        (1700, (10 << 16) + 4, b"0"),
        (1700, (3 << 16) + (0x7FF & -2) + 4, b"0"),
        (1560, 5, b"00000"),
        (1560, -1, None),
        (1009, -1, b"{}"),
        (3904, -1, b"empty"),
    ],
)
def test_a_redaction_fits_its_column(type_oid: int, modifier: int, expected: bytes | None) -> None:
    assert redaction(type_oid, 0, type_modifier=modifier) == expected


@given(st.integers(-(2**31), 2**32), st.integers(-2, 3), st.integers(-(2**31), 2**31))
def test_a_redaction_never_raises(type_oid: int, form: int, modifier: int) -> None:
    constant = redaction(type_oid, form, type_modifier=modifier)
    assert constant is None or len(constant) < 10_000
