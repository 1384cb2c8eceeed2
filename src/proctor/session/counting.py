"""Station 4, once a statement has run: what is decided about the rows that it has changed, which no text tells.

Takes an analysis and numbers; gives the analysis as it would be, had the numbers been known before. Knows no bytes and
no savepoints.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from proctor.policy.statement import MOST_ROWS
from proctor.sql import traits
from proctor.sql.catalog import Catalog, RelationDef
from proctor.terms import Access, Action, Analysis, Relation

CHANGES = frozenset({Action.INSERT, Action.UPDATE, Action.DELETE})
KINDS = frozenset({"insert", "update", "delete", "merge", "copy", "select", "execute", "explain"})
"""What changes rows and may stand in a transaction; a select may have writes in its WITH."""
TAGS = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "COPY"})
UNTOLD = frozenset({traits.NESTED, traits.EXECUTES_PLAN})
"""Writes whose rows the command tag does not count."""


@dataclass(frozen=True, slots=True)
class Target:
    """A relation whose rows were updated or deleted, and how a look would find out that none were left alone."""

    relation: Relation
    only: bool
    view: bool
    keeps: bool
    """Rows that were touched are still there: an UPDATE, or what put others into their place."""

    def look(self, touched: int) -> str:
        """Return the query that counts what is left, up to one more row than were touched."""
        name = f"{_quoted(self.relation.schema)}.{_quoted(self.relation.name)}"
        rows = self.limit(touched) + 1
        source = f"SELECT FROM {'ONLY ' if self.only else ''}{name} LIMIT {rows}"
        return f"SELECT pg_catalog.count(*) FROM ({source}) AS untouched"  # noqa: S608 - quoted above

    def limit(self, touched: int) -> int:
        """Return how many rows may be left where every one was touched."""
        return touched if self.keeps else 0


def writes(analysis: Analysis) -> tuple[Access, ...]:
    """Return the accesses that change rows; a row lock changes none, and TRUNCATE is another matter."""
    if analysis.kind not in KINDS:
        return ()
    return tuple(a for a in analysis.accesses if _changes(a))


def open_ended(analysis: Analysis) -> bool:
    """Tell whether nobody can say before it runs how many rows a statement changes at most."""
    return any(access.most_rows is None for access in writes(analysis))


def untold(analysis: Analysis) -> bool:
    """Tell whether the command tag does not count all rows that are changed."""
    return any(access.traits & UNTOLD for access in writes(analysis))


def counted(analysis: Analysis, rows: int, whole: Iterable[Relation] = ()) -> Analysis:
    """Return the analysis with the number of rows that were changed, and the relations of which all were."""
    every = frozenset(whole)
    return replace(analysis, accesses=tuple(_counted(access, rows, every) for access in analysis.accesses))


def supposed(analysis: Analysis) -> Analysis:
    """Return the analysis of the worst that can come of it: more rows than any limit, of all that it touches."""
    return counted(analysis, MOST_ROWS, {a.relation for a in writes(analysis) if a.relation is not None})


def told_by(tag: str) -> int | None:
    """Return the number of rows in a command tag, None where it tells none."""
    verb, _, rest = tag.partition(" ")
    number = rest.rpartition(" ")[2]
    return int(number) if verb in TAGS and number.isdecimal() else None


def targets(analysis: Analysis, catalog: Catalog) -> tuple[Target, ...]:
    """Return what was updated or deleted from, each table once; a partition goes with its table."""
    changed = writes(analysis)
    found: dict[Relation, RelationDef] = {}
    for access in changed:
        known = None if access.relation is None else catalog.relations.get(access.relation)
        if known is not None and access.action is not Action.INSERT:
            found[known.relation] = known
    oids = {known.oid for known in found.values()}
    return tuple(
        Target(
            known.relation,
            only=bool(known.children) and known.kind == "r" and not oids & set(known.children),
            view=known.kind == "v",
            keeps=any(a.relation == known.relation and a.action is not Action.DELETE for a in changed),
        )
        for known in found.values()
        if not oids & set(known.parents)
    )


def _changes(access: Access) -> bool:
    silent = access.traits & {traits.ROW_LOCK, traits.DESTROYS}
    return access.action in CHANGES and access.relation is not None and not silent


def _counted(access: Access, rows: int, whole: frozenset[Relation]) -> Access:
    if not _changes(access):
        return access
    every = access.action is not Action.INSERT and access.relation in whole
    how = access.traits | {traits.WHOLE_TABLE} if every else access.traits
    return replace(access, estimated_rows=rows, traits=how)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
