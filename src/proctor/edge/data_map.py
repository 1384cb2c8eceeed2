"""Between the stations: the data map, kept. What a scan found, what was inherited by copying, what a person said.

In come findings and overrides; out goes a `Classified` for each database. A person's word counts first, then the scan's
class, then the inherited one; only where none of them names a class is a column not sensitive. Knows no detector.

What cannot be found out by looking again, the inherited and the person's word, is held to the column's place in the
catalogue as soon as a snapshot shows it, and so follows the column through every renaming, whoever did it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, and_, delete, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from proctor.edge.shelf import Shelf, bump, microseconds, moment_of
from proctor.edge.tables import classifications, overrides, scanned
from proctor.sql.catalog import Catalog
from proctor.terms import Classified, Column, DataClass, Finding, Relation

TOPIC = "classifications"
MIXED = DataClass("mixed")
"""The class of a column that inherited several: no mask knows it, so its values are redacted."""


TAKEN_BACK = DataClass("taken back")
"""In the history of a column's words: that the newest before it counts no more."""


@dataclass(frozen=True, slots=True)
class Override:
    """What a person said of a column, and why. The newest word counts; the older ones stay on record."""

    column: Column
    data_class: DataClass | None
    by: str
    because: str
    at: datetime


class DataMap:
    """The classifications of every database."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def classified(
        self, database: str, catalog: Catalog | None = None, *, trusted: Collection[Relation] | None = None
    ) -> Classified:
        """Return the data map of a database as it stands. Its `version` changes with it.

        With the catalog, words go to the columns they were said of, whatever those are called by now. Of the scans
        only those of `trusted` relations count, if given: the others were of another shape.
        """
        version = self.number(database)  # read first: an answer may be newer than its number
        query = select(classifications).where(classifications.c.database == database)
        found: dict[Column, dict[str, Finding]] = {}
        with self.shelf.reading() as connection:
            for row in connection.execute(query).mappings():
                column = _named(row)
                if trusted is not None and row["source"] == "scan" and column.relation not in trusted:
                    continue
                if catalog is not None and row["place"] is not None:
                    # Of a place that this snapshot does not have nobody knows anything better than the name.
                    column = _at(row["place"], catalog) or column
                finding = _finding(row)
                mine = found.setdefault(column, {})
                mine[finding.source] = _stricter(mine.get(finding.source), finding)
        return Classified({column: _counts(each) for column, each in found.items()}, version=version)

    def number(self, database: str) -> int:
        """Return the number of a database's data map as it stands; costs microseconds."""
        return self.shelf.changes().get(_topic(database), 0)

    def settle(self, database: str, catalog: Catalog) -> None:
        """Hold what persons said and what was inherited to the columns' places, and call them by their present names.

        A class that a person gave stays with the name as well: a table that takes another's name takes its word.
        """
        query = select(classifications).where(
            classifications.c.database == database, classifications.c.source != "scan"
        )
        with self.shelf.reading() as connection:
            rows = connection.execute(query).mappings().all()
        placed: list[RowMapping] = []
        moved: list[tuple[RowMapping, Column]] = []
        for row in rows:
            now = None if row["place"] is None else _at(row["place"], catalog)
            if now is None:
                if (place := _place(_named(row), catalog)) is not None and place != row["place"]:
                    placed.append(row)
            elif now != _named(row):
                moved.append((row, now))
        if not placed and not moved:
            return
        with self.shelf.writing(TOPIC, _topic(database)) as connection:
            for row in placed:
                column = _named(row)
                connection.execute(
                    update(classifications)
                    .where(_this(database, column), classifications.c.source == row["source"])
                    .values(place=_place(column, catalog))
                )
            for row, _ in moved:
                mine = and_(_this(database, _named(row)), classifications.c.source == row["source"])
                if row["source"] == "person" and row["class"] is not None:
                    connection.execute(update(classifications).where(mine).values(place=None))
                else:
                    connection.execute(delete(classifications).where(mine))
            for row, now in moved:
                there = and_(_this(database, now), classifications.c.source == row["source"])
                kept = connection.execute(select(classifications).where(there)).mappings().first()
                word = _finding(row) if kept is None else _stricter(_finding(kept), _finding(row))
                connection.execute(delete(classifications).where(there))
                connection.execute(insert(classifications), [_row(database, now, word, row["source"], row["place"])])

    def scanned(self, database: str) -> dict[Relation, str]:
        """Return which relations were scanned, each with the digest of the shape that it had then."""
        query = select(scanned).where(scanned.c.database == database)
        with self.shelf.reading() as connection:
            return {
                Relation(row["schema"], row["relation"]): row["digest"] for row in connection.execute(query).mappings()
            }

    def save_scan(self, database: str, relation: Relation, digest: str, found: Mapping[str, Finding]) -> None:
        """Keep what a scan says of a relation's columns, in place of what earlier scans said."""
        with self.shelf.writing(TOPIC, _topic(database)) as connection:
            connection.execute(
                delete(classifications).where(_of(database, relation), classifications.c.source == "scan")
            )
            rows = [_row(database, Column(relation, name), finding, "scan") for name, finding in found.items()]
            if rows:
                connection.execute(insert(classifications), rows)
            connection.execute(delete(scanned).where(_scan_of(database, relation)))
            connection.execute(
                insert(scanned).values(database=database, schema=relation.schema, relation=relation.name, digest=digest)
            )

    def inherit(self, database: str, found: Mapping[Column, Finding]) -> None:
        """Keep the classes that columns got by copying. A second class beside another makes the column `mixed`."""
        with self.shelf.writing(TOPIC, _topic(database)) as connection:
            for column, finding in found.items():
                mine = and_(_this(database, column), classifications.c.source == "inherited")
                kept = connection.execute(select(classifications).where(mine)).mappings().first()
                if kept is not None and kept["class"] in (finding.data_class, MIXED):
                    # The table may be another by now than the one that was copied to before.
                    connection.execute(update(classifications).where(mine).values(place=None))
                    continue
                word = finding
                if kept is not None:
                    evidence = f"{kept['evidence']}; {finding.evidence}"
                    word = Finding(MIXED, min(kept["confidence"], finding.confidence), evidence)
                connection.execute(delete(classifications).where(mine))
                connection.execute(insert(classifications), [_row(database, column, word, "inherited")])

    def forget(self, database: str, relation: Relation | None = None) -> None:
        """Drop what scans and copies said of a relation, or of a whole database that has been made anew.

        A person's word stays: it was given for a name.
        """
        with self.shelf.writing(TOPIC, _topic(database)) as connection:
            those = classifications.c.database == database if relation is None else _of(database, relation)
            connection.execute(delete(classifications).where(those, classifications.c.source != "person"))
            scans = scanned.c.database == database if relation is None else _scan_of(database, relation)
            connection.execute(delete(scanned).where(scans))

    def override(self, database: str, word: Override) -> None:
        """Keep a person's word on a column."""
        finding = Finding(word.data_class, 1.0, f"{word.by}: {word.because}", "person")
        with self.shelf.writing(TOPIC, _topic(database)) as connection:
            connection.execute(
                delete(classifications).where(_this(database, word.column), classifications.c.source == "person")
            )
            connection.execute(insert(classifications), [_row(database, word.column, finding, "person")])
            connection.execute(insert(overrides).values(_told(database, word)))

    def take_back(self, database: str, word: Override) -> bool:
        """Let the newest word on a column count no more, and the one before it again; False if there is none.

        Of `word` the class does not matter. Nothing is erased: that it was taken back is a word of its own.
        """
        mine = and_(_this(database, word.column), classifications.c.source == "person")
        with self.shelf.writing(TOPIC, _topic(database)) as connection:
            if connection.execute(select(classifications).where(mine)).first() is None:
                return False
            connection.execute(delete(classifications).where(mine))
            rows = connection.execute(_history(database, word.column)).mappings().all()
            standing = _standing([_override(row) for row in reversed(rows)])
            if len(standing) > 1:
                before = standing[-2]
                finding = Finding(before.data_class, 1.0, f"{before.by}: {before.because}", "person")
                connection.execute(insert(classifications), [_row(database, word.column, finding, "person")])
            connection.execute(insert(overrides).values(_told(database, replace(word, data_class=TAKEN_BACK))))
        return True

    def history(self, database: str, column: Column | None = None) -> tuple[Override, ...]:
        """Return what persons said, of one column or of all, the newest first."""
        with self.shelf.reading() as connection:
            return tuple(_override(row) for row in connection.execute(_history(database, column)).mappings())

    def touch(self, database: str) -> int:
        """Count a change of a database's map, so that everybody reads it again."""
        with self.shelf.writing(TOPIC) as connection:
            return bump(connection, _topic(database))


def _history(database: str, column: Column | None) -> Select[Any]:
    query = select(overrides).where(overrides.c.database == database).order_by(overrides.c.id.desc())
    if column is None:
        return query
    return query.where(
        overrides.c.schema == column.relation.schema,
        overrides.c.relation == column.relation.name,
        overrides.c.column == column.name,
    )


def _standing(words: Sequence[Override]) -> list[Override]:
    """Return the words, the oldest first, that nobody has taken back; the last of them counts."""
    standing: list[Override] = []
    for word in words:
        if word.data_class != TAKEN_BACK:
            standing.append(word)
        elif standing:
            standing.pop()
    return standing


def _override(row: RowMapping) -> Override:
    return Override(
        Column(Relation(row["schema"], row["relation"]), row["column"]),
        None if row["class"] is None else DataClass(row["class"]),
        row["by"],
        row["because"],
        moment_of(row["at"]),
    )


def _told(database: str, word: Override) -> dict[str, Any]:
    return {
        "database": database,
        "schema": word.column.relation.schema,
        "relation": word.column.relation.name,
        "column": word.column.name,
        "class": word.data_class,
        "by": word.by,
        "because": word.because,
        "at": microseconds(word.at),
    }


def _counts(found: Mapping[str, Finding]) -> Finding:
    if "person" in found:
        return found["person"]
    ranked = [found[source] for source in ("scan", "inherited") if source in found]
    return next((finding for finding in ranked if finding.data_class is not None), ranked[0])


def _stricter(one: Finding | None, other: Finding) -> Finding:
    """Return which of two words of the same kind on one column counts: two classes are a mixture."""
    if one is None or one.data_class is None or one.data_class == other.data_class:
        return other
    if other.data_class is None:
        return one
    evidence = f"{one.evidence}; {other.evidence}"
    return Finding(MIXED, min(one.confidence, other.confidence), evidence, one.source)


def _named(row: RowMapping) -> Column:
    return Column(Relation(row["schema"], row["relation"]), row["column"])


def _finding(row: RowMapping) -> Finding:
    name = row["class"]
    return Finding(None if name is None else DataClass(name), row["confidence"], row["evidence"], row["source"])


def _place(column: Column, catalog: Catalog) -> str | None:
    """Return where the catalogue has a column, in numbers that no renaming changes."""
    found = catalog.relations.get(column.relation)
    defined = None if found is None else found.column(column.name)
    if found is None or defined is None:
        return None
    return f"{catalog.database_oid}/{found.oid}/{defined.number}"


def _at(place: str, catalog: Catalog) -> Column | None:
    """Return what stands at a place by now, or None where this snapshot has nothing there."""
    database, oid, number = map(int, place.split("/"))
    found = catalog.by_oid.get(oid) if database == catalog.database_oid else None
    if found is None:
        return None
    return next((Column(found.relation, each.name) for each in found.columns if each.number == number), None)


def _topic(database: str) -> str:
    return f"{TOPIC}/{database}"


def _of(database: str, relation: Relation) -> ColumnElement[bool]:
    return and_(
        classifications.c.database == database,
        classifications.c.schema == relation.schema,
        classifications.c.relation == relation.name,
    )


def _this(database: str, column: Column) -> ColumnElement[bool]:
    return and_(_of(database, column.relation), classifications.c.column == column.name)


def _scan_of(database: str, relation: Relation) -> ColumnElement[bool]:
    return and_(
        scanned.c.database == database, scanned.c.schema == relation.schema, scanned.c.relation == relation.name
    )


def _row(database: str, column: Column, finding: Finding, source: str, place: str | None = None) -> dict[str, Any]:
    return {
        "database": database,
        "schema": column.relation.schema,
        "relation": column.relation.name,
        "column": column.name,
        "source": source,
        "class": finding.data_class,
        "confidence": finding.confidence,
        "evidence": finding.evidence,
        "place": place,
    }
