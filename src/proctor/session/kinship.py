"""What columns are by the place of their relation in the catalog: beside a parent or a partition, or without values.

In come the catalog and what is known of columns; out go findings for others. Knows no store.
"""

from __future__ import annotations

from collections.abc import Mapping

from proctor.sql.catalog import Catalog, RelationDef
from proctor.terms import Column, Finding, Relation

HOLDING = frozenset("rpf")
DERIVED = "cSiIv"  # kinds of relations that hold no values of their own


def of_the_family(catalog: Catalog, known: Mapping[Column, Finding]) -> dict[Column, Finding]:
    """Return what columns are since a partition, or the table they are inherited from, holds it: one shows the other.

    What a person said of a column stands.
    """
    related: dict[Relation, list[Relation]] = {}
    for child in catalog.relations.values():
        for oid in child.parents:
            parent = catalog.by_oid.get(oid)
            if parent is not None and child.kind in HOLDING and parent.kind in HOLDING:
                related.setdefault(child.relation, []).append(parent.relation)
                related.setdefault(parent.relation, []).append(child.relation)
    found: dict[Column, Finding] = {}
    ahead = [(c, f) for c, f in known.items() if f.data_class is not None and c.relation in related]
    while ahead:
        column, held = ahead.pop()
        for relation in related[column.relation]:
            other = Column(relation, column.name)
            mine = known.get(other)
            if other in found or mine is None or mine.data_class is not None or mine.source == "person":
                continue
            found[other] = Finding(held.data_class, held.confidence, f"as {column}", "inherited")
            ahead.append((other, found[other]))
    return found


def derived(relations: Mapping[Relation, RelationDef], known: Mapping[Column, Finding]) -> dict[Column, Finding]:
    """Return that columns of views, sequences and the like are clean, where nothing is known: they hold no values."""
    through = Finding(None, 1.0, "holds no values of its own", "kind")
    return {
        Column(found.relation, column.name): through
        for found in relations.values()
        if found.kind in DERIVED and found.relation.schema not in ("pg_catalog", "information_schema")
        for column in found.columns
        if Column(found.relation, column.name) not in known
    }
