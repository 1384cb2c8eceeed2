"""Between the stations: a survey of one database for an operator's own eyes: its catalog and its data map, complete.

In come a way to ask the database, and the store; out go both. Whether what was found is kept is the caller's choice.
The scan that a worker makes by itself is `world`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from proctor.edge import scanner, snapshots
from proctor.edge.store import Store
from proctor.edge.upstream import Questions
from proctor.session.kinship import derived, of_the_family
from proctor.sql.catalog import Catalog
from proctor.terms import Classified, Finding, Relation

LIST = (
    "select datname from pg_catalog.pg_database where datallowconn and not datistemplate "
    "and pg_catalog.has_database_privilege(oid, 'connect') order by datname"
)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a database looks like, and what of it is sensitive. `looked_at` are the tables that were read now."""

    catalog: Catalog
    classified: Classified
    looked_at: frozenset[Relation] = frozenset()
    unreadable: tuple[Relation, ...] = ()


async def databases_of(query: snapshots.Query) -> tuple[str, ...]:
    """Return the names of a server's databases that this role may enter."""
    return tuple(row[0] for row in await query(LIST) if row[0])


def tables_of(catalog: Catalog) -> tuple[Relation, ...]:
    """Return the relations of a database that hold values, sorted."""
    return tuple(sorted(relation for relation, found in catalog.relations.items() if scanner.holds_values(found)))


async def take(
    questions: Questions,
    name: str,
    store: Store | None,
    *,
    again: bool = False,
    keep: bool = False,
    begun: Callable[[int], None] | None = None,
    progress: Callable[[Relation], None] | None = None,
) -> Survey:
    """Look at a database: at all of it when `again`, else at what the store does not know yet."""
    catalog = await snapshots.load(questions, name)
    kept = {} if store is None else store.map.scanned(name)
    known = scanner.known_of(catalog, kept)
    if begun is not None:
        tables = [catalog.relations[relation] for relation in tables_of(catalog)]
        due = [found for found in tables if again or known.get(found.relation) != scanner.relation_digest(found)]
        begun(len(due))

    def save(relation: Relation, digest: str, found: Mapping[str, Finding]) -> None:
        if keep and store is not None:
            store.map.save_scan(name, relation, scanner.kept_as(catalog, digest), found)

    result = await scanner.scan(questions, catalog, known={} if again else known, progress=progress, each=save)
    if keep and store is not None:
        for relation in kept.keys() - catalog.relations.keys():
            store.map.forget(name, relation)
    stored = Classified() if store is None else store.map.classified(name, catalog)
    return Survey(catalog, _joined(stored, result, catalog), frozenset(result.digests), result.unreadable)


def _joined(stored: Classified, result: scanner.ScanResult, catalog: Catalog) -> Classified:
    """Return the data map with what was found just now, and what follows from it, as a worker has it (`world`).

    A person's word, and what was inherited, stand above what was found.
    """
    findings = dict(stored.findings)
    for column, finding in result.findings.items():
        before = findings.get(column)
        if before is None or before.source == "scan" or (before.source != "person" and finding.data_class is not None):
            findings[column] = finding
    findings |= derived(catalog.relations, findings)
    findings |= of_the_family(catalog, findings)
    return replace(stored, findings=findings)
