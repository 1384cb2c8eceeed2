"""Station 8, beside the rows: the watch over columns that were found clean, for what has come into them since.

In come answers whose columns pass as they are; out go findings where values show what the data map does not know. It
looks at few rows of few answers: a column at 200 cells an hour at most, a statement once in ten minutes. An answer of
the fast lane is not looked at: its statement is sent the slow way again when its turn has come. Values are looked at
and forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from struct import unpack_from
from weakref import ReferenceType, ref

from proctor.classify import ColumnFacts, TableFacts, family, shown_by_values
from proctor.session.judged import Lore, Verdict
from proctor.sql.catalog import Catalog, RelationDef
from proctor.terms import Classified, Column, Finding

SECOND = 1_000_000_000
TURN = 600 * SECOND
HOUR = 3600 * SECOND
ROWS = 20
CELLS = 200  # of a column, in an hour
CELL_BYTES = 512
MAX_WAITING = 8192  # statements are a stranger's to choose
LOOKED_AT = frozenset({"text", "json", "array", "other"})


class Watch:
    """One worker's watch over one database."""

    def __init__(self) -> None:
        self._looked: dict[Column, int] = {}
        self._hour = 0
        self._waiting: deque[tuple[int, ReferenceType[Lore]]] = deque()

    def reopen(self, now: int) -> None:
        """Send statements whose turn has come the slow way once more."""
        while self._waiting and self._waiting[0][0] <= now:
            lore = self._waiting.popleft()[1]()
            if lore is not None:
                lore.shown.clear()

    def glance(
        self, verdict: Verdict, masked: Sequence[object], raw: bytes, catalog: Catalog, known: Classified, now: int
    ) -> dict[Column, Finding]:
        """Look at some of the rows, and return what their values show of columns that count as clean.

        `masked` has None for each column that passes as it is.
        """
        verdict.lore.look_at = now + TURN
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append((now + TURN, ref(verdict.lore)))
        if now - self._hour >= HOUR:
            self._hour, self._looked = now, {}
        places = self._places(verdict, masked, known)
        if not places:
            return {}
        cells = _cells_of(raw, places)
        found: dict[Column, Finding] = {}
        by_table: dict[RelationDef, dict[str, tuple[str | None, ...]]] = {}
        for place, column in places.items():
            table = catalog.relations.get(column.relation)
            if table is not None and _is_text(table, column):
                self._looked[column] = self._looked.get(column, 0) + len(cells[place])
                by_table.setdefault(table, {})[column.name] = tuple(cells[place])
        for table, values in by_table.items():
            shown = shown_by_values(_facts(table, values), frozenset(values))
            found |= {Column(table.relation, name): finding for name, finding in shown.items()}
        return found

    def _places(self, verdict: Verdict, masked: Sequence[object], known: Classified) -> dict[int, Column]:
        """Return which results are the plain values of a clean column, and of which."""
        places: dict[int, Column] = {}
        for place, output in enumerate(verdict.meant.outputs or ()):
            if not output.plain or len(output.sources) != 1 or (place < len(masked) and masked[place] is not None):
                continue
            (column,) = output.sources
            finding = known.findings.get(column)
            # What a person has called clean is so, whatever it looks like.
            if finding is None or finding.data_class is not None or finding.source == "person":
                continue
            if self._looked.get(column, 0) < CELLS:
                places[place] = column
        return places


def _is_text(table: RelationDef, column: Column) -> bool:
    defined = table.column(column.name)
    return defined is not None and family(defined.type_name) in LOOKED_AT


def _facts(table: RelationDef, values: Mapping[str, tuple[str | None, ...]]) -> TableFacts:
    columns = tuple(
        ColumnFacts(c.name, family(c.type_name), c.comment, values.get(c.name, ()), declared=c.type_name)
        for c in table.columns
    )
    return TableFacts(table.relation.schema, table.relation.name, table.comment, columns)


def _cells_of(raw: bytes, places: Mapping[int, Column]) -> dict[int, list[str | None]]:
    """Return the heads of some cells of the first rows; whatever is no DataRow ends the look."""
    cells: dict[int, list[str | None]] = {place: [] for place in places}
    pos, last = 0, max(places)
    for _ in range(ROWS):
        if pos + 7 > len(raw) or raw[pos] != 0x44:
            break
        length, width = unpack_from("!iH", raw, pos + 1)
        at, stop = pos + 7, pos + 1 + length
        for place in range(min(width, last + 1)):
            if at + 4 > len(raw):
                return cells
            (size,) = unpack_from("!i", raw, at)
            at += 4
            if place in cells:
                head = raw[at : at + min(size, CELL_BYTES)] if size >= 0 else None
                cells[place].append(None if head is None else head.decode("utf-8", "replace"))
            at += max(size, 0)
        pos = stop
    return cells
