"""Station 4 for what a client copies in: a masked value among it would take a true one's place.

In come runs of CopyData, out comes the refusal once a cell of a column of masked keys holds a mask. A row that cannot
be read, the server will not read either. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from proctor.policy.choosing import written_masks
from proctor.session import refusals
from proctor.session.keys import Sort, declared, sort_of, written_into
from proctor.session.plans import Wardrobe
from proctor.sql.catalog import Catalog
from proctor.terms import Classified, Column, CopyFormat
from proctor.wire import types
from proctor.wire.copy import CopyReader


class CopyGuard:
    """Looks at the data of one COPY from the client."""

    def __init__(
        self, form: CopyFormat, sorts: Sequence[Sort | None], exchange: str, wardrobe: Wardrobe, types_of: Sequence[int]
    ) -> None:
        self._reader = CopyReader(form)
        self._looked = [(at, sort) for at, sort in enumerate(sorts) if sort is not None]
        self._columns = form.columns
        self._types = types_of
        self._binary = form.format == "binary"
        self._exchange = exchange
        self._wardrobe = wardrobe

    def look(self, raw: bytes) -> dict[str, str] | None:
        """Return the refusal that the data deserves, None for none yet."""
        for cells in self._reader.feed(raw):
            if len(cells) != len(self._columns):
                continue
            for at, sort in self._looked:
                if self._is_masked(cells[at], sort, self._types[at]):
                    return refusals.masked(written_into((self._columns[at],)), self._exchange)
        return None

    def _is_masked(self, cell: bytes | None, sort: Sort, type_oid: int) -> bool:
        if cell is None:
            return False
        try:
            value = types.to_text(type_oid, cell) if self._binary else cell
        except ValueError:
            return False
        return self._wardrobe.is_worn(value, sort.data_class, sort.type, sort.masks)


def copy_guard(
    form: CopyFormat,
    exchange: str,
    catalog: Catalog,
    classified: Classified,
    wardrobe: Wardrobe,
    chooses: frozenset[str],
) -> CopyGuard | None:
    """Return what looks at a COPY from the client; None where no column of it has masks that tell themselves.

    `chooses` are the words for the masks that rules may choose.
    """
    if form.to_client or not form.columns:
        return None

    def masks(column: Column) -> frozenset[str]:
        data_class = classified.class_of(column)
        return frozenset() if data_class is None else written_masks(data_class, chooses)

    sorts = [sort_of((column,), catalog, classified, masks) for column in form.columns]
    if not any(sorts):
        return None
    return CopyGuard(form, sorts, exchange, wardrobe, [declared(column, catalog) for column in form.columns])
