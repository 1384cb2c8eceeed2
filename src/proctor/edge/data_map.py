"""Between the stations: the data map, kept. What a scan found, what was inherited by copying, what a person said.

In come findings and overrides; out goes a `Classified` for each database. A person's word counts first, then the scan's
class, then the inherited one; only where none of them names a class is a column not sensitive. Knows no detector.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, insert, select
from sqlalchemy.sql.elements import ColumnElement

from proctor.edge.shelf import Shelf, bump, microseconds, moment_of
from proctor.edge.tables import classifications, overrides, scanned
from proctor.terms import Classified, Column, DataClass, Finding, Relation

TOPIC = "classifications"
MIXED = DataClass("mixed")
"""The class of a column that inherited several: no mask knows it, so its values are redacted."""


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

    def classified(self, database: str) -> Classified:
        """Return the data map of a database as it stands. Its `version` changes with it."""
        version = self.shelf.changes().get(_topic(database), 0)  # read first: an answer may be newer than its number
        query = select(classifications).where(classifications.c.database == database)
        found: dict[Column, dict[str, Finding]] = {}
        with self.shelf.reading() as connection:
            for row in connection.execute(query).mappings():
                column = Column(Relation(row["schema"], row["relation"]), row["column"])
                name = row["class"]
                finding = Finding(
                    None if name is None else DataClass(name), row["confidence"], row["evidence"], row["source"]
                )
                found.setdefault(column, {})[finding.source] = finding
        return Classified({column: _counts(each) for column, each in found.items()}, version=version)

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
            connection.execute(
                insert(overrides).values(
                    {
                        "database": database,
                        "schema": word.column.relation.schema,
                        "relation": word.column.relation.name,
                        "column": word.column.name,
                        "class": word.data_class,
                        "by": word.by,
                        "because": word.because,
                        "at": microseconds(word.at),
                    }
                )
            )

    def history(self, database: str, column: Column | None = None) -> tuple[Override, ...]:
        """Return what persons said, of one column or of all, the newest first."""
        query = select(overrides).where(overrides.c.database == database).order_by(overrides.c.id.desc())
        if column is not None:
            query = query.where(
                overrides.c.schema == column.relation.schema,
                overrides.c.relation == column.relation.name,
                overrides.c.column == column.name,
            )
        with self.shelf.reading() as connection:
            return tuple(
                Override(
                    Column(Relation(row["schema"], row["relation"]), row["column"]),
                    None if row["class"] is None else DataClass(row["class"]),
                    row["by"],
                    row["because"],
                    moment_of(row["at"]),
                )
                for row in connection.execute(query).mappings()
            )

    def touch(self, database: str) -> int:
        """Count a change of a database's map, so that everybody reads it again."""
        with self.shelf.writing(TOPIC) as connection:
            return bump(connection, _topic(database))


def _counts(found: Mapping[str, Finding]) -> Finding:
    if "person" in found:
        return found["person"]
    ranked = [found[source] for source in ("scan", "inherited") if source in found]
    return next((finding for finding in ranked if finding.data_class is not None), ranked[0])


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


def _row(database: str, column: Column, finding: Finding, source: str) -> dict[str, str | float | None]:
    return {
        "database": database,
        "schema": column.relation.schema,
        "relation": column.relation.name,
        "column": column.name,
        "source": source,
        "class": finding.data_class,
        "confidence": finding.confidence,
        "evidence": finding.evidence,
    }
