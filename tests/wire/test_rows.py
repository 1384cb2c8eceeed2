"""Rows under masks: what is hidden, what passes, and what must not be sent at all."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.wire import messages as say
from proctor.wire._rows import FEW, MAX_LENGTH, NULL, Always, Beside, Mask, rewrite_beside, rewrite_rows

Cells = list[bytes | None]


def rewrite(rows: list[Cells], masks: list[Mask], **limits: int) -> tuple[bytes, list[int]]:
    cells = [0] * len(masks)
    return rewrite_rows(b"".join(map(say.data_row, rows)), masks, cells, **limits), cells


def rows_of(rows: list[Cells]) -> bytes:
    return b"".join(map(say.data_row, rows))


def upper(cell: bytes) -> bytes:
    return cell.upper()


def longer(cell: bytes) -> bytes:
    return cell * 3


def gone(cell: bytes) -> None:
    return None


class UpperRun:
    """A mask that takes whole runs, and puts its answers behind each other from the last to the first."""

    def __call__(self, cell: bytes) -> bytes:
        return cell.upper()

    def run(self, data: bytes, spans: array[int]) -> tuple[bytes, array[int]]:
        out = b"?"
        made = array("q", spans)
        for at in range(len(spans) - 2, -1, -2):
            start, size = spans[at], spans[at + 1]
            made[at] = len(out)
            out += data[start : start + max(size, 0)].upper()
        return out, made


UPPER_RUN = UpperRun()


class BadRun(UpperRun):
    """A mask of runs that answers whatever it is told to."""

    def __init__(self, *answer: object) -> None:
        self.answer = answer

    def run(self, data: bytes, spans: array[int]) -> tuple[bytes, array[int]]:
        return self.answer  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        pytest.param((b"abc", array("q", [0, 4] * FEW)), ValueError, id="beyond the new bytes"),
        pytest.param((b"abc", array("q", [4, 0, -1, 1] + [0, 0] * (FEW - 2))), ValueError, id="before them"),
        pytest.param((b"abc", array("q", [0, -2] * FEW)), ValueError, id="less than nothing"),
        pytest.param((b"abc", array("q", [MAX_LENGTH, MAX_LENGTH] * FEW)), ValueError, id="a sum that wraps"),
        pytest.param((b"abc", array("q", [0, 1])), ValueError, id="too few answers"),
        pytest.param((b"abc", array("q", [0, 1] * FEW + [0])), ValueError, id="too many answers"),
        pytest.param((b"abc", array("i", [0, 1] * FEW)), TypeError, id="numbers of another size"),
        pytest.param((b"abc", [0, 1] * FEW), TypeError, id="a list"),
        pytest.param(("abc", array("q", [0, 1] * FEW)), TypeError, id="text"),
    ],
)
def test_a_mask_of_runs_that_answers_nonsense_lets_nothing_through(answer: tuple[object, ...], trouble: type) -> None:
    with pytest.raises(trouble):
        rewrite([[b"x"]] * FEW, [BadRun(*answer)])


@pytest.mark.parametrize(
    ("masks", "rows", "expected", "counted"),
    [
        pytest.param([None, None], [[b"a", b"b"]], [[b"a", b"b"]], [0, 0], id="no mask"),
        pytest.param([b"xx", None], [[b"a", b"b"]], [[b"xx", b"b"]], [1, 0], id="longer constant in front"),
        pytest.param([None, b""], [[b"a", b"bbb"]], [[b"a", b""]], [0, 1], id="shorter constant at the end"),
        pytest.param([upper, upper], [[b"a", b"b"], [b"c", b"d"]], [[b"A", b"B"], [b"C", b"D"]], [2, 2], id="all"),
        pytest.param([longer], [[b"ab"], [b""], [b"c"]], [[b"ababab"], [b""], [b"ccc"]], [3], id="of other lengths"),
        pytest.param([NULL, None], [[b"a", b"b"]], [[None, b"b"]], [1, 0], id="to NULL"),
        pytest.param([None, gone], [[b"a", b"b"]], [[b"a", None]], [0, 1], id="a mask may say NULL"),
        pytest.param([b"x", upper, NULL], [[None, None, None]], [[None, None, None]], [0, 0, 0], id="NULL stays NULL"),
        pytest.param([b"x", None], [[None, b"b"], [b"a", b"b"]], [[None, b"b"], [b"x", b"b"]], [1, 0], id="some NULL"),
        pytest.param([], [[], []], [[], []], [], id="no columns"),
    ],
)
def test_a_mask_hides_its_column_and_nothing_else(
    masks: list[Mask], rows: list[Cells], expected: list[Cells], counted: list[int]
) -> None:
    assert rewrite(rows, masks) == (rows_of(expected), counted)


def test_counts_are_added_to_what_was_counted_before() -> None:
    cells = [5, 7]
    rewrite_rows(rows_of([[b"a", b"b"]] * 3), [b"x", None], cells)
    assert cells == [8, 7]


def test_a_run_without_masked_values_is_the_same_object() -> None:
    raw = rows_of([[None, b"b"]] * 3)
    assert rewrite_rows(raw, [b"x", None], [0, 0]) is raw


def test_an_empty_run_is_empty() -> None:
    assert rewrite_rows(b"", [b"x"], [0]) == b""


@pytest.mark.parametrize("width", [0, 1, 3])
def test_a_row_of_another_width_is_not_sent(width: int) -> None:
    """The plan belongs to another shape: nobody knows which cell is which."""
    with pytest.raises(ValueError, match="columns"):
        rewrite([[b"a"] * width], [b"x", None])


def test_a_row_of_another_width_is_not_sent_even_without_masks() -> None:
    with pytest.raises(ValueError, match="columns"):
        rewrite([[b"a"]], [None, None])


GOOD = say.data_row([b"abc", b"d"])


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(GOOD[:-1], id="cut short"),
        pytest.param(GOOD + b"D", id="a header cut short"),
        pytest.param(say.frame(b"T", GOOD[5:]), id="not a row"),
        pytest.param(GOOD + say.ready(), id="something behind the rows"),
        pytest.param(say.frame(b"D", GOOD[5:] + b"x"), id="bytes behind the last value"),
        pytest.param(say.frame(b"D", GOOD[5:-1]), id="the last value ends outside"),
        pytest.param(say.frame(b"D", b"\0\2\0\0\0\1a"), id="a value missing"),
        pytest.param(say.frame(b"D", b"\0\2\xff\xff\xff\xfe\0\0\0\0"), id="a length below -1"),
        pytest.param(say.frame(b"D", b"\0\2\x7f\xff\xff\xffa\0\0\0\0"), id="a length beyond everything"),
        pytest.param(say.frame(b"D", b"\0"), id="no room for a count"),
        pytest.param(b"D\xff\xff\xff\xff\0\2" + GOOD, id="a negative frame length"),
        pytest.param(b"D\0\0\0\3\0\2" + GOOD, id="a frame length below its own size"),
    ],
)
@pytest.mark.parametrize("before", [0, FEW])
def test_a_malformed_row_is_not_sent(raw: bytes, before: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        rewrite_rows(GOOD * before + raw, [b"x", upper], [0, 0])


@pytest.mark.parametrize("said", [FEW, FEW + 2])
def test_a_wrong_number_of_rows_lets_nothing_through(said: int) -> None:
    with pytest.raises(ValueError, match="something else"):
        rewrite_rows(GOOD * (FEW + 1), [b"x", upper], [0, 0], rows=said)


def test_a_mask_that_fails_lets_nothing_through() -> None:
    def broken(cell: bytes) -> bytes:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        rewrite([[b"a"]], [broken])


def test_a_mask_that_returns_text_lets_nothing_through() -> None:
    with pytest.raises(TypeError):
        rewrite([[b"a"]], [lambda cell: "a"])  # type: ignore[list-item,return-value]


def test_a_value_too_long_to_be_masked_is_an_error_and_never_an_unmasked_answer() -> None:
    assert rewrite([[b"abcd"]], [upper], limit=4)[0] == rows_of([[b"ABCD"]])
    with pytest.raises(ValueError, match="too long"):
        rewrite([[b"abcde"]], [upper], limit=4)
    assert rewrite([[b"abcde"]], [b"x"], limit=4)[0] == rows_of([[b"x"]])  # a constant reads nothing


def test_there_must_be_as_many_counters_as_masks() -> None:
    with pytest.raises(ValueError, match="counters"):
        rewrite_rows(b"", [None], [])


TABLES = st.integers(0, 5).flatmap(
    lambda width: st.tuples(
        st.lists(
            st.sampled_from([None, b"", b"const", NULL, upper, longer, gone, UPPER_RUN]), min_size=width, max_size=width
        ),
        st.lists(st.lists(st.none() | st.binary(max_size=9), min_size=width, max_size=width), max_size=6),
    )
)


@given(TABLES, st.sampled_from([1, FEW]))
def test_the_rewriter_does_what_the_plain_words_say(table: tuple[list[Mask], list[Cells]], times: int) -> None:
    masks, rows = table
    rows = rows * times

    def hide(mask: Mask, cell: bytes | None) -> bytes | None:
        if cell is None or mask is None:
            return cell
        if isinstance(mask, bytes):
            return mask
        return mask(cell) if callable(mask) else None

    expected = [[hide(mask, cell) for mask, cell in zip(masks, row, strict=True)] for row in rows]
    counted = [sum(mask is not None and row[at] is not None for row in rows) for at, mask in enumerate(masks)]
    assert rewrite(rows, masks) == (rows_of(expected), counted)


@given(st.binary(max_size=60), st.lists(st.sampled_from([None, b"x", upper]), max_size=4))
def test_any_bytes_are_rewritten_or_refused(raw: bytes, masks: list[Mask]) -> None:
    for data in (raw, say.frame(b"D", raw)):
        try:
            rewrite_rows(data, masks, [0] * len(masks))
        except ValueError:
            continue


# ---- masks that look at other cells of the row


def together(cell: bytes, others: tuple[bytes | None, ...]) -> bytes | None:
    return None if others[0] == b"gone" else cell + b"<" + b",".join(b"-" if o is None else o for o in others)


BESIDE = Beside(together, (0, 2))


@given(st.lists(st.lists(st.none() | st.binary(max_size=9), min_size=4, max_size=4), max_size=6))
def test_a_mask_may_look_at_other_cells_of_its_row_shown_or_masked(rows: list[Cells]) -> None:
    masks: list[Mask] = [None, BESIDE, upper, BESIDE]
    cells = [0] * 4
    made = rewrite_beside(rows_of(rows), masks, cells)
    expected: list[Cells] = [
        [
            a,
            None if b is None else together(b, (a, c)),
            None if c is None else c.upper(),
            None if d is None else together(d, (a, c)),
        ]
        for a, b, c, d in rows
    ]
    assert made == rows_of(expected)
    assert cells == [0, *(sum(row[at] is not None for row in rows) for at in (1, 2, 3))]


@given(st.lists(st.lists(st.none() | st.binary(max_size=9), min_size=3, max_size=3), max_size=6))
def test_rows_are_rewritten_alike_with_and_without_a_mask_that_looks_around(rows: list[Cells]) -> None:
    masks: list[Mask] = [upper, None, Always(b"x")]
    cells = [0] * 3
    assert (rewrite_beside(rows_of(rows), masks, cells), cells) == rewrite(rows, masks)


def test_what_a_mask_looks_at_is_within_the_limit_and_within_the_row() -> None:
    rows = rows_of([[b"long enough", b"a"], [b"b", b"c"]])
    with pytest.raises(ValueError, match="too long"):
        rewrite_beside(rows, [None, Beside(together, (0,))], [0, 0], limit=4)
    with pytest.raises(ValueError, match="not there"):
        rewrite_beside(rows, [None, Beside(together, (2,))], [0, 0])
    with pytest.raises(ValueError, match="as many columns"):
        rewrite_beside(rows, [None, None, Beside(together, (0,))], [0, 0, 0])


@pytest.mark.parametrize("count", [1, 3])
def test_a_mask_that_looks_around_is_never_given_a_cell_alone(count: int) -> None:
    with pytest.raises(TypeError):
        rewrite([[b"a", b"b"]] * count, [None, Beside(together, (0,))])
