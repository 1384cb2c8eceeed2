"""Shapes: a text with its plain literals marked. What the server's own scanner would see otherwise has no shape."""

from __future__ import annotations

import postgast
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.sql import parser
from proctor.sql.parser import Unparsable
from proctor.sql.redacted import UNREADABLE, redacted
from proctor.sql.shape import COMMENT, DECIMAL, INTEGER, LONG, MAX_SHAPED, STRING, shape_of
from tests.unit.sql.literals import NOISE, STATEMENTS, VALUES, filled, places, spans

FLOAT, TEXT, WHOLE = 260, 261, 266
TOKENS = {STRING: TEXT, INTEGER: WHOLE, DECIMAL: FLOAT, LONG: FLOAT}
LITERALS = frozenset({260, 261, 262, 263, 264, 266})

SHAPES = {
    "a number": ("select 1", "select \2", "1"),
    "a string": ("select 'it''s'", "select \1", "'it''s'"),
    "the empty string": ("select ''", "select \1", "''"),
    "a decimal": ("select 19.99", "select \3", "19.99"),
    "the largest int4": ("select 2147483647", "select \2", "2147483647"),
    "one more": ("select 2147483648", "select \4", "2147483648"),
    "eighteen digits": ("select 999999999999999999", "select \4", "999999999999999999"),
    "too long for an int8": ("select 9999999999999999999", "select 9999999999999999999", ""),
    "many zeros in front": ("select 00000000000000001", "select 00000000000000001", ""),
    "a minus": ("select -5", "select -\2", "5"),
    "a parameter": ("select $1, 2", "select $1, \2", "2"),
    "a quoted name": ('select "a1""2" from t', 'select "a1""2" from t', ""),
    "digits in a name": ("select a1, b_2$3 from t4", "select a1, b_2$3 from t4", ""),
    "a name beyond ASCII in quotes": ('select "é"', 'select "é"', ""),
    "a string beyond ASCII": ("select 'é'", "select \1", "'é'"),
    "a newline in a string": ("select 'a\nb'", "select \1", "'a\nb'"),
    "an alias": ("select 'a'b", "select \1b", "'a'"),
    "the comment at the end": ("select 1 /*trace='x'*/;", "select \2 \5;", "1", "/*trace='x'*/"),
    "brackets": ("select a[1:2]", "select a[\2:\2]", "1", "2"),
    "nothing": ("", "", ""),
}
BAILS = {
    "an escape string": r"select E'a'",
    "a bit string": "select B'01'",
    "a hexadecimal string": "select x'1F'",
    "a national string": "select N'a'",
    "a unicode string": "select U&'a'",
    "a unicode name": 'select U&"a"',
    "a dollar quote": "select $$a$$",
    "a tagged dollar quote": "select $a$ 1 $a$",
    "a backslash in a string": r"select 'a\b'",
    "a backslash": r"select \1",
    "a line comment": "select 1 -- x",
    "a line comment without a space": "select 1--x",
    "a comment inside": "select /* 1 */ 2",
    "a nested comment": "select 1 /* a /* b */ c */",
    "a nested comment that never ends": "select 1 /* a /*/",
    "two comments": "select 1 /* a */ /* b */",
    "a name beyond ASCII": "select é",
    "a number that touches a name": "select 1a",
    "a number that touches an underscore": "select 1_000",
    "a hexadecimal number": "select 0x1F",
    "an exponent": "select 1e5",
    "an exponent behind a decimal": "select 1.5e5",
    "a point without digits behind it": "select 1.",
    "a point without digits before it": "select .5",
    "two points": "select 1..2",
    "a parameter that touches a name": "select $1a",
    "a string that goes on in the next line": "select 'a'\n'b'",
    "a string that never ends": "select 'a",
    "a string that ends in a quote": "select 'a''",
    "a name that never ends": 'select "a',
    "a comment that never ends": "select 1 /* a",
    "a NUL": "select '\0'",
    "a NUL in a comment": "select 1 /* \0 */",
    "a marker": "select \1",
    "a marker in a name": 'select "\1"',
    "half a surrogate": "select '\ud800'",
    "a number that touches a string": "select 1'a'",
}


@pytest.mark.parametrize("case", SHAPES)
def test_plain_literals_are_marked(case: str) -> None:
    text, shape, *literals = SHAPES[case]
    assert shape_of(text) == (shape.encode(), tuple(each.encode() for each in literals if each))
    assert shape_of(text.encode()) == shape_of(text)


@pytest.mark.parametrize("case", BAILS)
def test_what_is_not_known_for_certain_has_no_shape(case: str) -> None:
    assert shape_of(BAILS[case]) is None


def test_a_long_text_has_no_shape() -> None:
    text = "select '" + "x" * (MAX_SHAPED - 9) + "'"
    assert shape_of(text) is not None
    assert shape_of(text + " ") is None


@settings(deadline=None, max_examples=3000)
@given(NOISE)
def test_the_literals_are_those_of_the_servers_scanner(text: str) -> None:
    """Every constant that the scanner sees is marked as what it is, or is a numeral that stays as it stands."""
    found = shape_of(text)
    if found is None:
        return
    marked = [span for span in spans(*found) if span[0] != COMMENT]
    try:
        tokens = [t for t in postgast.scan(text).tokens if t.token in LITERALS]
    except (postgast.PgQueryError, ValueError):
        return
    seen = {(t.token, t.start, t.end) for t in tokens}
    expected = {(TOKENS[marker], start, end) for marker, start, end in marked}
    assert expected <= seen
    data = text.encode()
    for token, start, end in seen - expected:
        assert token in (FLOAT, WHOLE)
        assert data[start:end].isdigit()
        assert end - start > len("2147483647") - 1


def blanked(tree: object) -> object:
    """Return a parse tree without places and without the values of its constants."""
    if isinstance(tree, list):
        return [blanked(each) for each in tree]
    if not isinstance(tree, dict):
        return tree
    bare = {}
    for key, value in tree.items():
        if key == "A_Const":
            bare[key] = sorted(value.keys() - {"location"})
        elif not key.endswith(("location", "stmt_len", "list_start", "list_end")):
            bare[key] = blanked(value)
    return bare


def tree(text: str) -> object:
    try:
        return [blanked(raw.tree) for raw in parser.parse(text)]
    except Unparsable:
        return None


# The grammar itself looks at the precision of float(n), and puts a path and a cycle's mark elsewhere than into
# constants: there `forms` finds no constant, and holds the literal fast.
UNCONSTANT = ("::float(", "json_table(", "cycle n set")


@settings(deadline=None, max_examples=600)
@given(STATEMENTS.filter(lambda text: not any(word in text for word in UNCONSTANT)), st.data())
def test_texts_of_one_shape_have_one_parse_tree_but_for_their_constants(text: str, data: st.DataObject) -> None:
    found = shape_of(text)
    assert found is not None
    other = filled(found[0], [data.draw(VALUES[marker]) for marker in places(found[0])])
    assert (shape_of(other) or (None,))[0] == found[0]
    assert tree(other) == tree(text)


@settings(deadline=None, max_examples=600)
@given(STATEMENTS | NOISE, st.data())
def test_texts_of_one_shape_are_one_text_in_the_journal(text: str, data: st.DataObject) -> None:
    """A record's text is written once for a shape: it must hold no literal, and be the same for all of them."""
    found = shape_of(text)
    if found is not None:
        other = filled(found[0], [data.draw(VALUES[marker]) for marker in places(found[0])])
        assert redacted(other) == redacted(text)


@settings(deadline=None, max_examples=1500)
@given(STATEMENTS | NOISE)
def test_the_journals_text_is_the_same_by_shape_and_by_tokens(text: str) -> None:
    by_tokens = redacted(text)
    if by_tokens != UNREADABLE:
        assert redacted(text, parsed=True) == by_tokens


@pytest.mark.parametrize(
    "text",
    [
        "select 9999999999999999999",
        "select 00000000000000001",
        "select a, 12345678901234567890123 from b where c = 'd' /* e */",
    ],
)
def test_a_number_that_stays_in_a_shape_does_not_stay_in_the_journal(text: str) -> None:
    assert redacted(text, parsed=True) == redacted(text)
    assert not any(character.isdigit() for character in redacted(text, parsed=True))
