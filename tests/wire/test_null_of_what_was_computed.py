"""NULL tells like a value where something was computed: `nullif(ssn, 'a guess')` is NULL where the guess is right."""

from __future__ import annotations

from struct import pack

import pytest

from proctor.terms import CopyFormat
from proctor.wire._rows import Always, rewrite_rows
from proctor.wire.copy import CopyMasker


def _row(*cells: bytes | None) -> bytes:
    body = pack("!H", len(cells))
    body += b"".join(b"\xff\xff\xff\xff" if cell is None else pack("!i", len(cell)) + cell for cell in cells)
    return b"D" + pack("!i", len(body) + 4) + body


@pytest.mark.parametrize("hidden", [None, b"", b"521-37-8846"], ids=["null", "empty", "value"])
def test_a_computed_cell_looks_the_same_whether_it_is_null_or_not(hidden: bytes | None) -> None:
    counted = [0, 0, 0]
    rewritten = rewrite_rows(_row(b"1", hidden, None) * 2, [None, Always(b"redacted"), None], counted)
    assert rewritten == _row(b"1", b"redacted", None) * 2
    assert counted == [0, 2, 0]


@pytest.mark.parametrize(
    ("form", "lines", "expected"),
    [
        (CopyFormat(True), b"1\t\\N\n2\tx\n", b"1\tredacted\n2\tredacted\n"),
        (CopyFormat(True, format="csv", delimiter=",", null=""), b"1,\n2,x\n", b"1,redacted\n2,redacted\n"),
    ],
    ids=["text", "csv"],
)
def test_a_computed_cell_of_a_copy_looks_the_same_as_well(form: CopyFormat, lines: bytes, expected: bytes) -> None:
    masker = CopyMasker([None, Always(b"redacted")], form)
    framed = masker.feed(b"d" + pack("!i", len(lines) + 4) + lines)
    assert b"".join(b"d" + pack("!i", len(row) + 4) + row for row in expected.splitlines(keepends=True)) == framed
