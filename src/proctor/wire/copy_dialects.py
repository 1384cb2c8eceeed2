"""What COPY writes, in its text, CSV and binary formats: where rows and cells lie, and what a cell's escapes mean.

A dialect finds rows in bytes cut anywhere, reads a cell as the value that it stands for, and writes one as the server
would. Knows no masks, and no frames but those it puts rows into.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from contextlib import suppress
from struct import pack, unpack_from

from proctor.terms import CopyFormat
from proctor.wire import _copies

Row = tuple[int, bytes, list[bytes | None] | None]
"""Where a row ends, what stands before its cells, and its cells as the format writes them (None: no data in it)."""

Incoming = tuple[int, list[bytes | None] | None]
"""Where a row that a client wrote ends, and its cells (None: a header, or what is passed over)."""


_BACKSLASH = 92
_SAME = bytes(range(256))


class Text:
    """Rows end with a line feed; the server writes all others, its delimiter and the backslash behind a backslash."""

    complete = True
    _UNESCAPED = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}  # noqa: RUF012

    def __init__(self, form: CopyFormat) -> None:
        self._delimiter = _one_byte(form.delimiter)
        self._null = form.null.encode()
        self._header = form.header
        special = {raw: b"\\" + name for name, raw in self._UNESCAPED.items()}
        self._escaped = {self._delimiter: b"\\" + self._delimiter, b"\\": b"\\\\"} | special
        self._to_escape = re.compile(b"[" + b"".join(map(re.escape, self._escaped)) + b"]")
        # COPY … (NULL '078-05-1120') would show which cells hold just that: the server writes such a value and NULL in
        # the same way. Only a marker that no value can look like, as \N, tells NULL; under a mask, others are values.
        self._tells_null = self._escape(self._unescape(self._null)) != self._null
        self._letters = bytes(self._escaped[bytes((c,))][1] if bytes((c,)) in self._escaped else 0 for c in range(256))
        self._raw = bytes(self._UNESCAPED.get(bytes((c,)), bytes((c,)))[0] for c in range(256))

    @property
    def opened(self) -> bool:
        """Whether the header, if there is one, has gone by."""
        return not self._header

    def find(self, data: bytes, start: int, hidden: bytes) -> _copies.Rows:
        """Return where the hidden cells of the whole rows lie."""
        found: _copies.Rows = _copies.rows_of_text(data, start, hidden, self._delimiter[0])
        return found

    def framed(self, raw: bytes, hidden: bytes) -> _copies.Rows | None:
        """Return the same of a run of frames, if each is a whole row as the server sends them."""
        found: _copies.Rows | None = _copies.rows_in_frames(raw, hidden, self._delimiter[0])
        return found

    def values(self, found: _copies.Rows, columns: int) -> tuple[bytes, array[int]]:
        """Return data, and the spans of the cells' values in them."""
        values: tuple[bytes, array[int]] = _copies.values_of(
            found, columns, self._null, self._tells_null, _BACKSLASH, -1, self._raw
        )
        return values

    def frames(self, found: _copies.Rows, columns: int, fresh: bytearray, made: array[int]) -> bytes:
        """Return the rows with new values in the places of the hidden ones."""
        frames: bytes = _copies.write_rows(
            found, columns, fresh, made, self._null, _BACKSLASH, -1, self._letters, False
        )
        return frames

    def rows(self, data: bytes) -> Iterator[Row]:
        """Yield the whole rows of the data."""
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            line = data[start:end]
            start = end + 1
            if self._header:
                self._header = False
                yield start, line + b"\n", None
            else:
                yield start, b"", self._split(line)

    def incoming(self, data: bytes) -> Iterator[Incoming]:
        """Yield the whole rows of data that a client wrote: a backslash before a line's end lets the row go on."""
        start = at = 0
        while (end := data.find(b"\n", at)) >= 0:
            line, at = data[start:end], end + 1
            if (len(line) - len(line.rstrip(b"\\"))) % 2:
                continue
            start = at
            if self._header:
                self._header = False
                yield start, None
            else:
                yield start, self._split(line.removesuffix(b"\r"))

    def _split(self, line: bytes) -> list[bytes | None]:
        if b"\\" not in line:
            return list(line.split(self._delimiter))
        cells: list[bytes | None] = []
        kept = b""
        for piece in line.split(self._delimiter):
            cell = kept + piece
            if (len(cell) - len(cell.rstrip(b"\\"))) % 2:
                kept = cell + self._delimiter  # the backslash belongs to the delimiter: the cell goes on
            else:
                cells.append(cell)
                kept = b""
        if kept:
            raise ValueError("a row of a COPY ends in the middle of an escape")
        return cells

    def join(self, cells: list[bytes | None]) -> bytes:
        """Return the row of these cells."""
        return self._delimiter.join([self._null if cell is None else cell for cell in cells]) + b"\n"

    def read(self, cell: bytes | None) -> bytes | None:
        """Return the value that the cell stands for."""
        if cell is None or (cell == self._null and self._tells_null):
            return None
        return self._unescape(cell)

    def write(self, value: bytes | None) -> bytes | None:
        """Return the cell that stands for the value."""
        return None if value is None else self._escape(value)

    def _escape(self, value: bytes) -> bytes:
        return self._to_escape.sub(lambda found: self._escaped[found[0]], value)

    def _unescape(self, cell: bytes) -> bytes:
        if b"\\" not in cell:
            return cell
        return re.sub(rb"\\([\s\S])", lambda found: self._UNESCAPED.get(found[1], found[1]), cell)


class Csv:
    """Rows end with a line feed outside quotes; the server quotes what could be misread, and what looks like NULL."""

    complete = True

    def __init__(self, form: CopyFormat) -> None:
        self._delimiter, self._quote = _one_byte(form.delimiter), _one_byte(form.quote)
        self._escape = _one_byte(form.escape)
        self._null = form.null.encode()
        self._header = form.header
        self._force_quote = form.force_quote
        quote, escape, delimiter = (re.escape(c) for c in (self._quote, self._escape, self._delimiter))
        literal = escape if escape != quote else b"(?!)"  # an escape before anything else stands for itself
        inside = b"(?:[^%b%b]++|%b[%b%b]|%b)*+" % (quote, escape, escape, quote, escape, literal)
        quoted = b"%b%b%b" % (quote, inside, quote)
        self._row = re.compile(b"(?:[^%b\n]++|%b)*+\n" % (quote, quoted))
        self._cell = re.compile(b"(?:%b|[^%b%b\n]*+)(?=[%b\n])" % (quoted, quote, delimiter, delimiter))
        self._pair = re.compile(b"%b([%b%b])" % (escape, quote, escape))
        self._to_escape = re.compile(b"[%b%b]" % (quote, escape))
        self._to_quote = re.compile(b"[%b%b\r\n]" % (quote, delimiter))
        self._quotable = bytes(c in b"\r\n" + self._quote + self._delimiter for c in range(256))

    @property
    def opened(self) -> bool:
        """Whether the header, if there is one, has gone by."""
        return not self._header

    def find(self, data: bytes, start: int, hidden: bytes) -> _copies.Rows:
        """Return where the hidden cells of the whole rows lie."""
        found: _copies.Rows = _copies.rows_of_csv(
            data, start, hidden, self._delimiter[0], self._quote[0], self._escape[0]
        )
        return found

    def framed(self, raw: bytes, hidden: bytes) -> None:
        """Return nothing: where a row ends, its frames do not tell."""

    def values(self, found: _copies.Rows, columns: int) -> tuple[bytes, array[int]]:
        """Return data, and the spans of the cells' values in them."""
        values: tuple[bytes, array[int]] = _copies.values_of(
            found, columns, self._null, True, self._escape[0], self._quote[0], _SAME
        )
        return values

    def frames(self, found: _copies.Rows, columns: int, fresh: bytearray, made: array[int]) -> bytes:
        """Return the rows with new values in the places of the hidden ones."""
        frames: bytes = _copies.write_rows(
            found, columns, fresh, made, self._null, self._escape[0], self._quote[0], self._quotable, self._force_quote
        )
        return frames

    def rows(self, data: bytes) -> Iterator[Row]:
        """Yield the whole rows of the data."""
        start = 0
        while (found := self._row.match(data, start)) is not None:
            line = found[0]
            start = found.end()
            if self._header:
                self._header = False
                yield start, line, None
            else:
                yield start, b"", self._split(line)

    def incoming(self, data: bytes) -> Iterator[Incoming]:
        """Yield the whole rows of data that a client wrote; one with quotes in the middle of a cell is passed over."""
        start = 0
        while (found := self._row.match(data, start)) is not None:
            start, line = found.end(), found[0].removesuffix(b"\n").removesuffix(b"\r") + b"\n"
            cells: list[bytes | None] | None = None
            if self._header:
                self._header = False
            else:
                with suppress(ValueError):
                    cells = self._split(line)
            yield start, cells

    def _split(self, line: bytes) -> list[bytes | None]:
        if self._quote not in line:
            return list(line[:-1].split(self._delimiter))
        cells: list[bytes | None] = []
        pos = 0
        while pos < len(line):
            found = self._cell.match(line, pos)
            if found is None:
                raise ValueError("a row of a COPY has quotes in the middle of a cell")
            cells.append(found[0])
            pos = found.end() + 1
        return cells

    def join(self, cells: list[bytes | None]) -> bytes:
        """Return the row of these cells."""
        return self._delimiter.join([self._null if cell is None else cell for cell in cells]) + b"\n"

    def read(self, cell: bytes | None) -> bytes | None:
        """Return the value that the cell stands for."""
        if cell is None or cell == self._null:
            return None
        if not cell.startswith(self._quote):
            return cell
        return self._pair.sub(rb"\1", cell[1:-1])

    def write(self, value: bytes | None) -> bytes | None:
        """Return the cell that stands for the value; whether the true value was quoted must not show."""
        if value is None:
            return None
        if not (self._force_quote or value in (self._null, b"\\.") or self._to_quote.search(value)):
            return value
        return self._quote + self._to_escape.sub(lambda found: self._escape + found[0], value) + self._quote


class Binary:
    """A signature, flags and an extension; then tuples of counted values; then a count of -1."""

    _SIGNATURE = b"PGCOPY\n\xff\r\n\0"

    def __init__(self) -> None:
        self.complete = False
        self.opened = False

    def find(self, data: bytes, start: int, hidden: bytes) -> _copies.Rows:
        """Return where the hidden values of the whole tuples lie."""
        found: _copies.Rows = _copies.rows_of_binary(data, len(data) if self.complete else start, hidden)
        return found

    def framed(self, raw: bytes, hidden: bytes) -> None:
        """Return nothing: where a row ends, its frames do not tell."""

    def values(self, found: _copies.Rows, columns: int) -> tuple[bytes, array[int]]:
        """Return data, and the spans of the values in them."""
        places, rows = found.places, found.count
        spans = array("q", bytes(16 * rows * columns))
        for column in range(columns):
            part = places[3 * found.stride * column : 3 * (found.stride * column + rows)]
            spans[2 * rows * column : 2 * rows * (column + 1) : 2] = part[0::3]
            spans[2 * rows * column + 1 : 2 * rows * (column + 1) : 2] = part[1::3]
        return found.data, spans

    def frames(self, found: _copies.Rows, columns: int, fresh: bytearray, made: array[int]) -> bytes:
        """Return the tuples with new values in the places of the hidden ones."""
        frames: bytes = _copies.write_tuples(found, columns, fresh, made)
        return frames

    def rows(self, data: bytes) -> Iterator[Row]:
        """Yield the whole tuples of the data, the header with the first of them, as the server sends it."""
        start = 0
        if not self.opened:
            start = self._header_end(data)
            if start == 0:
                return
        head = data[:start]
        while start < len(data):
            if self.complete:
                raise ValueError("a binary COPY goes on after its end")
            if len(data) - start < 2:
                return
            (width,) = unpack_from("!h", data, start)
            if width == -1:
                self.complete = self.opened = True
                start += 2
                yield start, head + b"\xff\xff", None
            else:
                start, cells = self._tuple(data, start, width)
                if start == 0:
                    return
                self.opened = True
                yield start, head, cells
            head = b""

    def incoming(self, data: bytes) -> Iterator[Incoming]:
        """Yield the whole tuples of data that a client wrote."""
        for stop, _, cells in self.rows(data):
            yield stop, cells

    def _header_end(self, data: bytes) -> int:
        if not data.startswith(self._SIGNATURE[: len(data)]):
            raise ValueError("a binary COPY does not begin like one")
        if len(data) < 19:
            return 0
        flags, extension = unpack_from("!Ii", data, 11)
        if flags or not 0 <= extension <= 65_536:
            raise ValueError("a binary COPY has a header that nobody writes")
        return 0 if len(data) < 19 + extension else 19 + extension

    def _tuple(self, data: bytes, start: int, width: int) -> tuple[int, list[bytes | None]]:
        """Return where the tuple ends and its values; 0 where its end has not come yet."""
        if width < 0:
            raise ValueError("a binary COPY has a row of an impossible width")
        pos = start + 2
        cells: list[bytes | None] = []
        for _ in range(width):
            if len(data) - pos < 4:
                return 0, cells
            (size,) = unpack_from("!i", data, pos)
            pos += 4
            if size < -1:
                raise ValueError("a binary COPY has a value of an impossible length")
            if size > len(data) - pos:
                return 0, cells
            cells.append(None if size == -1 else data[pos : pos + size])
            pos += max(size, 0)
        return pos, cells

    def join(self, cells: list[bytes | None]) -> bytes:
        """Return the tuple of these cells."""
        parts = [pack("!h", len(cells))]
        for cell in cells:
            parts.append(b"\xff\xff\xff\xff" if cell is None else pack("!i", len(cell)) + cell)
        return b"".join(parts)

    def read(self, cell: bytes | None) -> bytes | None:
        """Return the value, which is the cell."""
        return cell

    write = read


def dialect(form: CopyFormat) -> Text | Csv | Binary:
    """Return the dialect of a COPY; raise ValueError where it is in none of the three."""
    if form.format == "text":
        return Text(form)
    if form.format == "csv":
        return Csv(form)
    if form.format == "binary":
        return Binary()
    raise ValueError("a COPY in an unknown format cannot be masked")


def _one_byte(text: str) -> bytes:
    byte = text.encode()
    if len(byte) != 1 or byte in b"\r\n":
        raise ValueError("the delimiter, quote and escape of a COPY are one byte each")
    return byte
