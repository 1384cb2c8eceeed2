"""Station 8: mask what COPY writes to the client, in its text, CSV and binary formats.

In come runs of CopyData frames in any cut, out go frames of one row each, as the server sends them and drivers expect
them. Masks see a cell's logical bytes, without the format's escapes. Knows no statements: the format is told.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from struct import pack

from proctor.terms import CopyFormat
from proctor.wire import _copies
from proctor.wire._rows import MASKED_CELL, Always, Beside, Mask, Null, bound, looked_at, wear
from proctor.wire.copy_dialects import Binary, Csv, Text, dialect

MAX_ROW = 256 * 1024 * 1024  # a row that never ends would be held for ever


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
        self._dialect = dialect(form)

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
        self._dialect: Text | Csv | Binary | None = dialect(form)

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
            data = self._held + b"\n" if self._held and not isinstance(self._dialect, Binary) else b""
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
