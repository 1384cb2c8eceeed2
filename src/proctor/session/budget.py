"""Station 4, its arithmetic: how many plain values a statement puts to each sensitive column, and whose count that is.

Takes the analysis and the bound parameters. Knows no rule, and not what was counted before.
"""

from __future__ import annotations

from collections.abc import Iterator

from proctor.policy.statement import COUNTLESS
from proctor.sql.catalog import Catalog
from proctor.sql.guesses import elements
from proctor.terms import Analysis, Classified, Column, Kind, Probe, Relation

TEMPORARY = "pg_temp"
MAX_DIMENSIONS = 6  # of an array, the server's own limit
Values = tuple[bytes | None, ...]


def charges(analysis: Analysis, values: Values | None, classified: Classified, kind: Kind) -> dict[Column, int]:
    """Return how many plain values each sensitive column is asked about; those that a service writes are its own."""
    found: dict[Column, int] = {}
    for probe in analysis.probes:
        if classified.class_of(probe.column) is None or (probe.written and kind is Kind.SERVICE):
            continue
        found[probe.column] = min(found.get(probe.column, 0) + _size(probe, values), COUNTLESS)
    return found


def account(column: Column, catalog: Catalog, classified: Classified) -> Column:
    """Return the column under which a column's probes are counted, so that nobody can make more of them.

    A partition is its table; temporary columns are as many as one likes to make, and share one count for each class.
    """
    if column.relation.schema == TEMPORARY:
        return Column(Relation(TEMPORARY, "*"), str(classified.class_of(column)))
    found = catalog.relations.get(column.relation)
    for _ in range(len(catalog.relations) if found is not None and found.parents else 0):
        above = None if found is None or not found.parents else catalog.by_oid.get(found.parents[0])
        if above is None or above.column(column.name) is None:
            break
        found = above
    return column if found is None else Column(found.relation, column.name)


def _size(probe: Probe, values: Values | None) -> int:
    if probe.countless:
        return COUNTLESS
    # Without values nothing is bound yet, and nothing can run.
    return probe.constants + sum(1 if values is None else n for n in _elements(probe, values or ()))


def _elements(probe: Probe, values: Values) -> Iterator[int]:
    for number in probe.arrays:
        value = values[number - 1] if 0 < number <= len(values) else None
        yield 1 if value is None else _elements_of(value)


def _elements_of(value: bytes) -> int:
    """Return how many elements a bound value has if it is an array; binary ones are marked by a NUL."""
    if value[:1] != b"\0":
        return elements(value.decode("utf-8", "replace"))
    # An array: dimensions, flags, element type, then length and lower bound of each dimension.
    words = [int.from_bytes(value[at : at + 4], "big", signed=True) for at in range(1, len(value) - 3, 4)]
    dimensions = words[0] if words else -1
    lengths = words[3 : 3 + 2 * dimensions : 2] if 0 <= dimensions <= MAX_DIMENSIONS else []
    if len(lengths) != dimensions:
        return 1 if dimensions < 0 or dimensions > MAX_DIMENSIONS else COUNTLESS
    total = 1
    for length in lengths:
        total = min(total * max(length, 0), COUNTLESS)
    return max(total, 1)
