"""COPY to the client under masks, in its three formats and any cut."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from itertools import pairwise
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.terms import CopyFormat
from proctor.wire import messages as say
from proctor.wire._rows import NULL, Beside, Mask
from proctor.wire.copy import CopyMasker, CopyReader

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"


def upper(cell: bytes) -> bytes:
    return cell.upper()


def text(**how: object) -> CopyFormat:
    return CopyFormat(True, **how)  # type: ignore[arg-type]  # a table of cases


def comma(**how: object) -> CopyFormat:
    return CopyFormat(True, "csv", **({"delimiter": ",", "null": ""} | how))  # type: ignore[arg-type]


BINARY = CopyFormat(True, "binary")


def run(masks: list[Mask], form: CopyFormat, data: bytes, step: int = 0, **limits: int) -> tuple[bytes, list[int]]:
    """Return what the frames carry that come out, and the counts."""
    masker = CopyMasker(masks, form, **limits)
    parts = [data[at : at + step] for at in range(0, len(data), step)] if step else [data]
    out = b"".join(masker.feed(say.copy_data(part)) for part in parts) + masker.finish()
    return b"".join(frames_of(out)), masker.cells


def frames_of(raw: bytes) -> list[bytes]:
    frames = []
    while raw:
        stop = 1 + int.from_bytes(raw[1:5], "big")
        assert raw[:1] == b"d"
        frames.append(raw[5:stop])
        raw = raw[stop:]
    return frames


CASES = [
    pytest.param(text(), [None, upper], b"a\tb\n", b"a\tB\n", [0, 1], id="text"),
    pytest.param(text(), [None, b"x"], b"a\t\\N\n", b"a\t\\N\n", [0, 0], id="NULL stays NULL"),
    pytest.param(text(), [NULL, None], b"a\tb\n", b"\\N\tb\n", [1, 0], id="to NULL"),
    pytest.param(text(), [b"x\ty\n\\"], b"a\n", b"x\\ty\\n\\\\\n", [1], id="what a mask says is escaped"),
    pytest.param(text(), [upper, None], b"a\\tb\\\\\tc\n", b"A\\tB\\\\\tc\n", [1, 0], id="a mask sees no escapes"),
    pytest.param(text(delimiter="|"), [upper, None], b"a\\|b|c\n", b"A\\|B|c\n", [1, 0], id="an escaped delimiter"),
    pytest.param(text(delimiter="|"), [None, upper], b"a\\\\|b\n", b"a\\\\|B\n", [0, 1], id="an escaped backslash"),
    pytest.param(text(), [upper], b"\\\\N\n", b"\\\\N\n", [1], id="a value that looks like NULL is one"),
    pytest.param(text(header=True), [upper], b"name\nx\n", b"name\nX\n", [1], id="a header passes"),
    pytest.param(comma(), [None, upper], b"a,b\n", b"a,B\n", [0, 1], id="csv"),
    pytest.param(comma(), [b"x", b"x"], b',""\n', b",x\n", [0, 1], id="csv tells NULL from empty"),
    pytest.param(comma(), [b"", None], b"a,b\n", b'"",b\n', [1, 0], id="an empty mask is not NULL"),
    pytest.param(comma(), [NULL, None], b"a,b\n", b",b\n", [1, 0], id="csv to NULL"),
    pytest.param(comma(), [upper, None], b'"a,""b""\nc",d\n', b'"A,""B""\nC",d\n', [1, 0], id="csv quotes"),
    pytest.param(comma(), [b"x", None], b'"a,b",d\n', b"x,d\n", [1, 0], id="the quotes of the true value do not show"),
    pytest.param(comma(), [b"x", b"y"], b"a,b\n", b"x,y\n", [1, 1], id="csv constants"),
    pytest.param(comma(force_quote=True), [b"x", None], b'"a","b"\n', b'"x","b"\n', [1, 0], id="force quote"),
    pytest.param(comma(header=True), [upper], b'"na\nme"\nx\n', b'"na\nme"\nX\n', [1], id="a csv header passes"),
    pytest.param(comma(escape="\\"), [upper], b'"a\\"b\\\\"\n', b'"A\\"B\\\\"\n', [1], id="another escape"),
    pytest.param(comma(quote="'", escape="'"), [upper], b"'it''s,'\n", b"'IT''S,'\n", [1], id="another quote"),
    pytest.param(comma(null="NULL"), [b"NULL", upper], b"a,NULL\n", b'"NULL",NULL\n', [1, 0], id="another NULL"),
    pytest.param(comma(), [upper, upper], b'"a""",b\n', b'"A""",B\n', [1, 1], id="a quote at the end of a cell"),
]


@pytest.mark.parametrize(("form", "masks", "data", "expected", "counted"), CASES)
def test_a_mask_hides_its_column_in_any_cut(
    form: CopyFormat, masks: list[Mask], data: bytes, expected: bytes, counted: list[int]
) -> None:
    for step in range(len(data) + 1):
        assert run(masks, form, data, step) == (expected, counted)


FRAMED = ["a\tb\tc\n", "\\N\tb\\tb\t\\\\\n", "a\\nb\t\t\\N\n", "\t\t\n", "é\tzz\t7\n"]


@given(st.lists(st.sampled_from(FRAMED), max_size=5), st.lists(st.integers(0, 40), max_size=4))
def test_rows_are_masked_alike_however_they_lie_in_frames(rows: list[str], cuts: list[int]) -> None:
    """The server puts each row into a frame of its own, which need not be taken out of it; nothing relies on that."""
    data = "".join(rows).encode()
    at = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:stop] for start, stop in pairwise(at)]

    def masked(frames: Iterable[bytes]) -> tuple[list[bytes], list[int]]:
        masker = CopyMasker([upper, None, b"x\ty"], text())
        out = masker.feed(b"".join(map(say.copy_data, frames))) + masker.finish()
        return frames_of(out), masker.cells

    expected = masked(row.encode() for row in rows)
    assert len(expected[0]) == len(rows)
    assert masked(pieces) == masked([data]) == masked([*pieces, b""]) == expected


def test_a_row_of_another_width_is_not_sent_in_a_frame_of_its_own() -> None:
    for broken in (b"a\n", b"a\tb\tc\n", b"a\\\n"):
        with pytest.raises(ValueError, match="a row of a COPY"):
            CopyMasker([upper, None], text()).feed(say.copy_data(b"a\tb\n") + say.copy_data(broken))


def test_each_row_comes_in_a_frame_of_its_own() -> None:
    """The drivers take a frame for a row."""
    masker = CopyMasker([upper], text())
    assert frames_of(masker.feed(say.copy_data(b"a\nb\nc"))) == [b"A\n", b"B\n"]
    assert frames_of(masker.feed(say.copy_data(b"\n"))) == [b"C\n"]


@pytest.mark.parametrize("null", ["", "NULL", "078-05-1120", "\\t"])
def test_a_null_marker_that_a_value_may_look_like_is_masked_too(null: str) -> None:
    """COPY … (NULL '078-05-1120') would show in which rows the hidden value is just that."""
    data = null.encode() + b"\tx\nother\ty\n"
    assert run([b"hidden", None], text(null=null), data) == (b"hidden\tx\nhidden\ty\n", [2, 0])


@pytest.mark.parametrize(
    ("form", "data"),
    [
        pytest.param(text(), b"a\n", id="too few cells"),
        pytest.param(text(), b"a\tb\tc\n", id="too many cells"),
        pytest.param(text(), b"a\tb\\\n", id="a row ends inside an escape"),
        pytest.param(text(), b"a\tb", id="a row without an end"),
        pytest.param(comma(), b"a\n", id="too few cells in csv"),
        pytest.param(comma(), b'"a,b\n', id="an open quote"),
        pytest.param(comma(), b'a"b",c\n', id="a quote in the middle"),
        pytest.param(comma(), b'"a"b,c\n', id="text behind a quote"),
        pytest.param(BINARY, HEADER, id="no trailer"),
        pytest.param(BINARY, HEADER[:5], id="half a header"),
        pytest.param(BINARY, b"PGCOPX", id="another signature"),
        pytest.param(BINARY, HEADER[:11] + b"\0\1\0\0" + bytes(4) + TRAILER, id="flags"),
        pytest.param(BINARY, HEADER[:15] + b"\xff\xff\xff\xff" + TRAILER, id="an impossible extension"),
        pytest.param(BINARY, HEADER + b"\0\1\0\0\0\0" + TRAILER, id="another width"),
        pytest.param(BINARY, HEADER + b"\xff\xfe", id="a negative width"),
        pytest.param(BINARY, HEADER + b"\0\2\xff\xff\xff\xfe", id="a negative length"),
        pytest.param(BINARY, HEADER + TRAILER + TRAILER, id="more behind the trailer"),
        pytest.param(BINARY, HEADER + b"\0\2\0\0\0\1a" + TRAILER, id="a value cut short"),
    ],
)
def test_what_does_not_fit_its_format_is_not_sent(form: CopyFormat, data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        run([upper, None], form, data)


@pytest.mark.parametrize(
    "form",
    [
        text(delimiter=""),
        text(delimiter="\n"),
        text(delimiter="ab"),
        comma(quote="é"),
        comma(escape=""),
        CopyFormat(True, "parquet"),
    ],
)
def test_a_format_that_nobody_knows_is_refused(form: CopyFormat) -> None:
    with pytest.raises(ValueError, match="COPY"):
        CopyMasker([upper], form)


@pytest.mark.parametrize("raw", [say.ready(), b"d\0\0\0\3", b"d\0\0\0\x10abc", b"d\0"])
def test_a_run_that_is_no_copied_data_is_not_sent(raw: bytes) -> None:
    with pytest.raises(ValueError, match="CopyData"):
        CopyMasker([upper], text()).feed(raw)


def test_a_cell_or_row_too_long_is_an_error_and_never_an_unmasked_answer() -> None:
    with pytest.raises(ValueError, match="too long"):
        run([upper], text(), b"abcde\n", limit=4)
    with pytest.raises(ValueError, match="too long"):
        run([upper], text(), b"abcdefghi", row_bytes=8)


def test_a_mask_that_returns_text_lets_nothing_through() -> None:
    with pytest.raises(TypeError):
        run([lambda cell: "x"], text(), b"a\n")  # type: ignore[list-item,return-value]


def row(*cells: bytes | None) -> bytes:
    parts = [b"\xff\xff\xff\xff" if cell is None else pack("!i", len(cell)) + cell for cell in cells]
    return pack("!h", len(cells)) + b"".join(parts)


def test_a_binary_copy_is_masked_in_any_cut() -> None:
    data = HEADER + row(b"a", b"bc") + row(None, None) + row(b"", b"PG") + TRAILER
    expected = HEADER + row(b"a", b"BC") + row(None, None) + row(b"", b"PG") + TRAILER
    for step in range(len(data) + 1):
        assert run([None, upper], BINARY, data, step) == (expected, [0, 2])


def test_a_binary_copy_sends_its_header_with_the_first_row_as_the_server_does() -> None:
    masker = CopyMasker([b"x"], BINARY)
    data = HEADER[:15] + pack("!i", 3) + b"ext" + row(b"a") + row(b"b") + TRAILER
    frames = frames_of(masker.feed(say.copy_data(data)))
    assert frames == [HEADER[:15] + pack("!i", 3) + b"ext" + row(b"x"), row(b"x"), TRAILER]


def test_an_empty_binary_copy_keeps_its_header() -> None:
    assert run([b"x"], BINARY, HEADER + TRAILER) == (HEADER + TRAILER, [0])


WORDS = st.text(alphabet="ab,;|\"\\\n\r\t N.'", max_size=8)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=5), st.integers(0, 7))
def test_any_csv_reads_the_same_to_another_parser_after_masking(rows: list[tuple[str, str]], step: int) -> None:
    """Python's own reader is the judge; everything is quoted, so that nothing is NULL."""
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    out, _ = run([lambda cell: cell + b"!", None], comma(), written.getvalue().encode(), step)
    read = list(csv.reader(io.StringIO(out.decode(), newline=""), lineterminator="\n"))
    assert read == [[one + "!", other] for one, other in rows]


@given(st.binary(max_size=60), st.sampled_from([text(), comma(), comma(escape="\\"), BINARY]), st.booleans())
def test_any_bytes_are_masked_or_refused(data: bytes, form: CopyFormat, whole: bool) -> None:
    try:
        out, _ = run([upper, b"x"], form, HEADER + data if whole else data)
    except ValueError:
        return
    assert not any(letter in out for letter in b"xyz" if letter not in data + b"x" + HEADER)


READ = {
    "text": (CopyFormat(False), b"1\ta\\tb\n2\t\\N\n", [[b"1", b"a\tb"], [b"2", None]]),
    "text of another system": (CopyFormat(False), b"1\ta\r\n2\tb\r\n", [[b"1", b"a"], [b"2", b"b"]]),
    "text without an end": (CopyFormat(False), b"1\ta\n2\tb", [[b"1", b"a"], [b"2", b"b"]]),
    "a row on two lines": (CopyFormat(False), b"1\ta\\\nb\n", [[b"1", b"a\nb"]]),
    "a header": (CopyFormat(False, header=True), b"x\ty\n1\ta\n", [[b"1", b"a"]]),
    "csv": (CopyFormat(False, "csv", ",", ""), b'1,"a,""b"""\n2,\n', [[b"1", b'a,"b"'], [b"2", None]]),
    "csv of another system": (CopyFormat(False, "csv", ",", ""), b'1,"a\r\nb"\r\n2,c\r\n', [[b"1", b"a\r\nb"], [b"2", b"c"]]),
    "csv with a quote inside": (CopyFormat(False, "csv", ",", ""), b'1,a"b,c"\n2,d\n', [[b"2", b"d"]]),
    "binary": (CopyFormat(False, "binary"), HEADER + b"\0\x01\0\0\0\x01a" + TRAILER, [[b"a"]]),
}  # fmt: skip


@pytest.mark.parametrize("step", [0, 1, 5])
@pytest.mark.parametrize("case", READ)
def test_what_a_client_copies_in_is_read_in_any_cut(case: str, step: int) -> None:
    form, data, rows = READ[case]
    reader = CopyReader(form)
    found = []
    for at in range(0, len(data), step or len(data)):
        found += reader.feed(say.copy_data(data[at : at + (step or len(data))]))
    found += reader.feed(say.copy_done())
    assert [row for row in found if row != [b""]] == rows


@given(st.binary(max_size=60), st.sampled_from(["text", "csv", "binary"]))
def test_no_data_makes_the_reader_raise(data: bytes, form: str) -> None:
    reader = CopyReader(CopyFormat(False, form, "," if form == "csv" else "\t"))
    for piece in (say.copy_data(data), say.copy_data(data), say.copy_done()):
        reader.feed(piece)


def _together(cell: bytes, others: tuple[bytes | None, ...]) -> bytes:
    return cell + b"<" + b",".join(b"-" if other is None else other for other in others)


@pytest.mark.parametrize("step", [0, 1, 7])
@pytest.mark.parametrize(
    ("form", "data", "expected"),
    [
        pytest.param(
            text(header=True),
            b"h\ti\tj\na\\tb\tc\t\\N\nd\t\\N\te\nf\tg\th\n",
            b"h\ti\tj\na\\tb\tc<-,a\\tb\t\\N\nd\t\\N\tE\nf\tg<h,f\tH\n",
            id="text",
        ),
        pytest.param(
            comma(),
            b'"a,""b",c,\nd,,e\nf,"g",h\n',
            b'"a,""b","c<-,a,""b",\nd,,E\nf,"g<h,f",H\n',
            id="csv",
        ),
        pytest.param(
            BINARY,
            HEADER + row(b"a", b"c", None) + row(b"d", None, b"e") + row(b"f", b"g", b"h") + TRAILER,
            HEADER + row(b"a", b"c<-,a", None) + row(b"d", None, b"E") + row(b"f", b"g<h,f", b"H") + TRAILER,
            id="binary",
        ),
    ],
)
def test_in_a_copy_a_mask_may_look_at_other_cells_of_its_row(
    form: CopyFormat, data: bytes, expected: bytes, step: int
) -> None:
    masks: list[Mask] = [None, Beside(_together, (2, 0)), upper]
    assert run(masks, form, data, step) == (expected, [0, 2, 2])


def test_in_a_copy_what_a_mask_looks_at_is_within_the_limit() -> None:
    masks: list[Mask] = [None, Beside(_together, (0,))]
    for data in (b"long enough\ta\n", b"b\ta\nlong enough\ta\n"):
        with pytest.raises(ValueError, match="too long"):
            run(masks, text(), data, limit=4)
