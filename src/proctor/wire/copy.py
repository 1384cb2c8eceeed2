"""Station 8: mask what COPY writes to the client, in its text, CSV and binary formats.

In come runs of CopyData frames in any cut, out go frames of one row each, as the server sends them and drivers expect
them. Masks see a cell's logical bytes, without the format's escapes. Knows no statements: the format is told.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from struct import pack, unpack_from

from proctor.terms import CopyFormat
from proctor.wire import _copies
from proctor.wire._rows import MASKED_CELL, Always, Beside, Mask, Null, bound, looked_at, wear

MAX_ROW = 256 * 1024 * 1024  # a row that never ends would be held for ever

Row = tuple[int, bytes, list[bytes | None] | None]
"""Where a row ends, what stands before its cells, and its cells as the format writes them (None: no data in it)."""

Incoming = tuple[int, list[bytes | None] | None]
"""Where a row that a client wrote ends, and its cells (None: a header, or what is passed over)."""


_BACKSLASH = 92
_SAME = bytes(range(256))


class CopyMasker:
    """Rewrites one COPY to the client; `cells` counts the masked values by column.

    A row of another width, a cell too long, or a mask that fails is an exception, after which nothing may be sent.
    """

    def __init__(
        self, masks: Sequence[Mask], form: CopyFormat, *, limit: int = MASKED_CELL, row_bytes: int = MAX_ROW
    ) -> None:
        self.cells = [0] * len(masks)
        self._masks = masks
        self._looked = looked_at(masks)
        self._besides = any(isinstance(mask, Beside) for mask in masks)
        self._hidden = bytes(at in self._looked for at in range(len(masks)))
        self._worn = [(at, mask) for at, mask in enumerate(masks) if mask is not None]
        self._limit = limit
        self._row_bytes = row_bytes
        self._held = b""
        self._dialect = _dialect(form)

    def feed(self, raw: bytes) -> bytes:
        """Return the frames of the rows that are whole now, from a run of CopyData frames; the rest waits."""
        if not self._held and self._dialect.opened and (found := self._dialect.framed(raw, self._hidden)):
            return self._masked(found)
        data = self._held + _copies.payload(raw)
        out: list[bytes] = []
        end = 0
        if not self._dialect.opened:
            end = self._one_by_one(data, out)
        if self._dialect.opened:
            found = self._dialect.find(data, end, self._hidden)
            if found.count:
                out.append(self._masked(found))
                end = int(found.ends[found.count - 1])
            end += self._one_by_one(data[end:], out)  # the trailer
        self._held = data[end:]
        if len(self._held) > self._row_bytes:
            raise ValueError("a row of a COPY is too long to be masked")
        return b"".join(out)

    def _one_by_one(self, data: bytes, out: list[bytes]) -> int:
        """Put the first row, or the header, or both, into a frame; return where it ends."""
        for stop, head, cells in self._dialect.rows(data):
            row = head if cells is None else head + self._dialect.join(self._wear(cells))
            out.append(b"d" + pack("!i", len(row) + 4) + row)
            return stop
        return 0

    def _masked(self, found: _copies.Rows) -> bytes:
        columns = len(self._worn)
        values, spans = self._dialect.values(found, len(self._looked))
        ready: list[Mask] = [mask for _, mask in self._worn]
        if self._besides:
            ready, spans = bound(self._masks, self._looked, spans, self._limit)
            self._forget_shown(found)
        fresh, made, counted = wear(values, ready, spans, self._limit)
        for (at, _), count in zip(self._worn, counted, strict=True):
            self.cells[at] += count
        return self._dialect.frames(found, columns, fresh, made)

    def _forget_shown(self, found: _copies.Rows) -> None:
        """Leave the places of the cells that are replaced, without those that were only looked at."""
        each = 3 * found.stride
        worn = {at for at, _ in self._worn}
        places = [found.places[i * each : (i + 1) * each] for i, at in enumerate(self._looked) if at in worn]
        found.places = array("q")
        for part in places:
            found.places += part

    def finish(self) -> bytes:
        """Return what is left to send at CopyDone, which is nothing; raise ValueError where a row was cut short."""
        if self._held or not self._dialect.complete:
            raise ValueError("a COPY ended in the middle of a row")
        return b""

    def _wear(self, cells: list[bytes | None]) -> list[bytes | None]:
        if len(cells) != len(self.cells):
            raise ValueError("a row of a COPY has not as many columns as there are masks")
        before = {at: self._dialect.read(cells[at]) for at in self._looked}
        for at, mask in self._worn:
            cell = before[at]
            if cell is not None or isinstance(mask, Always):
                cells[at] = self._dialect.write(self._replace(mask, cell, before))
                self.cells[at] += 1
        return cells

    def _replace(self, mask: Mask, cell: bytes | None, before: dict[int, bytes | None]) -> bytes | None:
        if isinstance(mask, bytes):
            return mask
        if isinstance(mask, Always):
            return mask.value
        if mask is None or isinstance(mask, Null) or cell is None:
            return None
        if len(cell) > self._limit:
            raise ValueError("a value is too long to be masked")
        if isinstance(mask, Beside):
            beside = tuple(before[column] for column in mask.columns)
            if any(other is not None and len(other) > self._limit for other in beside):
                raise ValueError("a value is too long to be masked")
            masked = mask.make(cell, beside)
        else:
            masked = mask(cell)
        if masked is not None and not isinstance(masked, bytes):
            raise TypeError("a mask returned neither bytes nor None")
        return masked


class CopyReader:
    """Reads what a client copies in, and changes nothing: the server reads the same bytes, and has the last word."""

    def __init__(self, form: CopyFormat, *, row_bytes: int = MAX_ROW) -> None:
        self._held = b""
        self._row_bytes = row_bytes
        self._dialect: _Text | _Csv | _Binary | None = _dialect(form)

    def feed(self, raw: bytes) -> list[list[bytes | None]]:
        """Return the rows that are whole now, as values, from a run of CopyData frames or at the end of all.

        Data that is none of the format is read no further.
        """
        if self._dialect is None:
            return []
        if raw[:1] == b"d":
            data = self._held + _copies.payload(raw)
        else:
            # The last row may go without its end.
            data = self._held + b"\n" if self._held and not isinstance(self._dialect, _Binary) else b""
        found: list[list[bytes | None]] = []
        end = 0
        try:
            for stop, cells in self._dialect.incoming(data):
                end = stop
                if cells is not None:
                    found.append([self._dialect.read(cell) for cell in cells])
        except ValueError:
            self._dialect = None
        self._held = data[end:]
        if len(self._held) > self._row_bytes:
            self._dialect = None
        return found


class _Text:
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


class _Csv:
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


class _Binary:
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


def _dialect(form: CopyFormat) -> _Text | _Csv | _Binary:
    if form.format == "text":
        return _Text(form)
    if form.format == "csv":
        return _Csv(form)
    if form.format == "binary":
        return _Binary()
    raise ValueError("a COPY in an unknown format cannot be masked")


def _one_byte(text: str) -> bytes:
    byte = text.encode()
    if len(byte) != 1 or byte in b"\r\n":
        raise ValueError("the delimiter, quote and escape of a COPY are one byte each")
    return byte
