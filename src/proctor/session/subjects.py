"""Whose rows a table's are: the column that tells one person from another, and where its keys are at home.

A table that points by a foreign key at a table about persons has rows of theirs; any other has subjects of its own. One
column a table, whichever a statement shows: were there several, each would move the same date by other days.
"""

from __future__ import annotations

from dataclasses import dataclass

from proctor.classify.classes import CLASSES
from proctor.sql.catalog import Catalog, RelationDef
from proctor.terms import Classified, Column, Relation

_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Key:
    """A column that says whose row it is, and the column where such keys are at home."""

    column: str
    home: Column


def key_of(relation: Relation, catalog: Catalog, classified: Classified) -> Key | None:
    """Return the key of a table's subjects, None where there is none of one column."""
    found = catalog.relations.get(relation)
    return None if found is None else _key(found, catalog, classified, _DEEPEST)


def _key(found: RelationDef, catalog: Catalog, classified: Classified, deeper: int) -> Key | None:
    if deeper == 0:
        return None
    for oid in found.parents:  # a partition's subjects are those of the whole
        if oid in catalog.by_oid:
            return _key(catalog.by_oid[oid], catalog, classified, deeper - 1)
    people = [
        (column, catalog.by_oid[oid], there)
        for column, oid, there in found.points
        if oid != found.oid and oid in catalog.by_oid and _about_persons(catalog.by_oid[oid].relation, classified)
    ]
    if len(people) == 1:
        column, home, there = people[0]
        further = _key(home, catalog, classified, deeper - 1)
        same = further is not None and further.column == there
        return Key(column, further.home if further is not None and same else Column(home.relation, there))
    own = _own(found)
    return None if own is None else Key(own, Column(found.relation, own))


def _own(found: RelationDef) -> str | None:
    """Return the first column that is unique alone and never NULL."""
    required = {column.name for column in found.columns if column.not_null}
    for names in found.unique:
        if len(names) == 1 and names <= required:
            return next(iter(names))
    return None


def _about_persons(relation: Relation, classified: Classified) -> bool:
    held = classified.by_relation.get(relation, ())
    return any(data_class in CLASSES and CLASSES[data_class].identifies for data_class in held)
