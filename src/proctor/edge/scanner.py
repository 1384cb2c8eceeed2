"""Between the stations: the scan. Look at a bounded sample of every table's values and say which columns are sensitive.

Comes in: a way to run one statement, the catalog, and what is known already. Goes out: findings by column, and a digest
of each table's shape, so that the next scan looks only at what is new. Values stay here: they are sampled, cut short,
classified and forgotten. Views are not looked at, since lineage goes through them; materialized ones hold values of
their own and are.
"""

# ruff: noqa: S608 - what comes into the statements is quoted below: a simple query has no parameters

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

from proctor.classify import ColumnFacts, Family, TableFacts, classify_table, family
from proctor.errors import Fault
from proctor.sql.catalog import Catalog, ColumnDef, RelationDef
from proctor.terms import Column, Finding, Relation

Query = Callable[[str], Awaitable[list[tuple[str | None, ...]]]]
Row = tuple[str | None, ...]

SAMPLE_ROWS = 200
VALUE_LENGTH = 512  # a detector needs the beginning of a value; a document of a gigabyte must not come here
SMALL_TABLE = 20_000  # rows of which reading all to choose some is cheap
SEARCHED_ROWS = 200_000  # rows up to which it is worth looking for the few values of a column that is mostly null
RARE_VALUES = 20
BYTEA = 17
STATEMENT_MS = 2_000  # one slow table must not hold up the others
SYSTEM_SCHEMAS = frozenset({"pg_catalog", "information_schema"})
TOLD_BY_NAME = frozenset({"boolean", "date", "timestamp", "time", "integer", "decimal", "float", "uuid"})
"""Families whose values alone never make a column sensitive: a date or a long number is not masked on its shape."""
UNREADABLE = "unreadable"
HOLDING = frozenset("rpmf")
"""The kinds of relations that hold values: tables, partitioned ones, materialized views, foreign tables."""


@dataclass(frozen=True, slots=True)
class TableSample:
    """Some rows of a table, as cut texts in the order of its columns. `readable` is False where the server refused."""

    relation: RelationDef
    rows: tuple[Row, ...] = ()
    readable: bool = True


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What a scan has found, and the digest of each table it has looked at.

    The columns of an unreadable table are judged by their names alone: what a name gives away is found, the others are
    left out and so stay unscanned, which counts as sensitive. Its digest says so, and never equals that of its shape.
    """

    findings: Mapping[Column, Finding] = field(default_factory=dict)
    digests: Mapping[Relation, str] = field(default_factory=dict)
    unreadable: tuple[Relation, ...] = ()
    unseen: frozenset[Column] = frozenset()
    """Columns that hold no value yet and are judged by their names alone. The verdict is good for as long as they stay
    empty: after a write they must be looked at again, and the digest of their table makes the next scan do so."""


def holds_values(found: RelationDef) -> bool:
    """Tell whether a relation is one that a scan looks at."""
    return found.kind in HOLDING and found.relation.schema not in SYSTEM_SCHEMAS


def relation_digest(found: RelationDef) -> str:
    """Return a digest of all that a scan's verdict depends on besides the values: names, types and comments."""
    parts = [found.kind, str(found.oid), found.comment]
    for column in found.columns:
        parts += [column.name, str(column.number), str(column.type_oid), column.type_name, column.comment]
    # Each part's length goes before it: a comment cannot pose as the next column.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def kept_as(catalog: Catalog, digest: str) -> str:
    """Return a digest as it is kept from scan to scan: a database made anew under the old name is looked at anew."""
    return f"{catalog.database_oid}/{digest}"


def known_of(catalog: Catalog, kept: Mapping[Relation, str]) -> dict[Relation, str]:
    """Return the digests of those kept that were of this very database."""
    mark = kept_as(catalog, "")
    return {relation: digest.removeprefix(mark) for relation, digest in kept.items() if digest.startswith(mark)}


def judged_as_is(catalog: Catalog, kept: Mapping[Relation, str]) -> frozenset[Relation]:
    """Return the relations whose last scan saw them in the shape that they have now, however little it saw."""
    return frozenset(
        relation
        for relation, digest in known_of(catalog, kept).items()
        if (found := catalog.relations.get(relation)) is not None
        and digest.rpartition(" ")[2] == relation_digest(found)
    )


def unreadable_of(kept: Mapping[Relation, str]) -> frozenset[Relation]:
    """Return the relations that the last scan could not read."""
    return frozenset(r for r, digest in kept.items() if f"/{UNREADABLE} " in digest)


async def sample(
    query: Query,
    catalog: Catalog,
    relations: Iterable[Relation],
    *,
    rows: int = SAMPLE_ROWS,
    progress: Callable[[Relation], None] | None = None,
) -> AsyncGenerator[TableSample, None]:
    """Read at most `rows` rows of each table. A table that cannot be read gives a sample that says so."""
    async with _hurried(query):
        for relation in relations:
            found = catalog.relations.get(relation)
            if found is None:
                continue
            try:
                taken = await _read(query, found, rows)
            except Fault as fault:
                if _gone(fault, found):
                    raise
                yield TableSample(found, readable=False)
            else:
                yield TableSample(found, tuple(taken))
            if progress is not None:
                progress(relation)


async def still_empty(query: Query, found: RelationDef, columns: Iterable[str], *, lock_ms: int) -> bool:
    """Tell in one question whether those columns hold no value yet; raise the server's fault where it cannot say.

    What is said of them by their names alone is good for as long.
    """
    held = " or ".join(f"not ({_quoted(name)} is null)" for name in sorted(columns))  # a row with one null is neither
    rows = await query(
        f"select pg_catalog.set_config('lock_timeout', '{lock_ms}ms', true), "
        f"pg_catalog.set_config('statement_timeout', '{STATEMENT_MS}ms', true); "
        f"select '1' from {_name(found)} where {held} limit 1"
    )
    return len(rows) == 1  # the settings, which end with the question


async def scan(
    query: Query,
    catalog: Catalog,
    *,
    known: Mapping[Relation, str],
    rows: int = SAMPLE_ROWS,
    only: Iterable[Relation] | None = None,
    progress: Callable[[Relation], None] | None = None,
    each: Callable[[Relation, str, Mapping[str, Finding]], None] | None = None,
) -> ScanResult:
    """Classify every table whose shape differs from what is known, or only those named.

    `each` hears of every table as soon as it is judged, with its digest and findings: a scan that is cut short has then
    not been in vain.
    """
    candidates = catalog.relations if only is None else only
    due = [
        relation
        for relation in candidates
        if (found := catalog.relations.get(relation)) is not None
        and holds_values(found)
        and known.get(relation) != relation_digest(found)
    ]
    if not due:
        return ScanResult()
    findings: dict[Column, Finding] = {}
    digests: dict[Relation, str] = {}
    unreadable: list[Relation] = []
    unseen: set[Column] = set()
    async with aclosing(sample(query, catalog, sorted(due), rows=rows, progress=progress)) as samples:
        async for taken in samples:
            relation = taken.relation.relation
            facts = facts_of(taken.relation, taken.rows, catalog)
            verdicts = dict(classify_table(facts))
            digest = relation_digest(taken.relation)
            blind = {c.name for c in facts.columns if _is_blind(c) and verdicts[c.name].data_class is None}
            if not taken.readable:
                unreadable.append(relation)
                digest = f"{UNREADABLE} {digest}"
                verdicts = {name: finding for name, finding in verdicts.items() if finding.data_class is not None}
            elif blind and taken.relation.estimated_rows > SEARCHED_ROWS:
                # There are values among so many rows, or may be: nobody has looked, and that is what is said.
                digest = f"unseen {digest}"
                verdicts = {name: finding for name, finding in verdicts.items() if name not in blind}
            elif blind:
                digest = f"unseen {digest}"
                unseen |= {Column(relation, name) for name in blind}
            digests[relation] = digest
            if each is not None:
                each(relation, digest, verdicts)
            findings |= {Column(relation, name): finding for name, finding in verdicts.items()}
    return ScanResult(findings, digests, tuple(unreadable), frozenset(unseen))


def _is_blind(column: ColumnFacts) -> bool:
    """Tell whether only values could have shown that a column is sensitive, and there are none."""
    return column.type not in TOLD_BY_NAME and not any(value is not None for value in column.values)


def facts_of(found: RelationDef, rows: Sequence[Row], catalog: Catalog | None = None) -> TableFacts:
    """Return what `classify` wants to know of a table, from its definition and some of its rows."""
    values: Sequence[Row] = list(zip(*rows, strict=True)) if rows else [()] * len(found.columns)
    columns = tuple(
        ColumnFacts(
            name=column.name,
            type=_family(column, catalog),
            comment=column.comment,
            values=tuple(sampled),
            unique=frozenset({column.name}) in found.unique,
            declared=column.type_name,
        )
        for column, sampled in zip(found.columns, values, strict=True)
    )
    return TableFacts(found.relation.schema, found.relation.name, found.comment, columns)


def _family(column: ColumnDef, catalog: Catalog | None) -> Family:
    """Return the family of a column's type; a domain is what it is made of, and an enum's labels are words."""
    oid, name = column.type_oid, column.type_name
    for _ in range(32):  # domains over domains; a cycle cannot be, but a snapshot is read from a stranger
        found = catalog.types_by_oid.get(oid) if catalog is not None else None
        if found is None:
            break
        if found.kind == "e":
            return "text"
        if found.kind != "d":
            return family("array" if found.category == "A" else found.name)
        oid, name = found.base, _BUILT_IN.get(found.base, "")
    return family(name)


_BUILT_IN = {
    16: "boolean", 17: "bytea", 18: "char", 19: "name", 20: "int8", 21: "int2", 23: "int4", 25: "text", 114: "json",
    142: "xml", 700: "float4", 701: "float8", 790: "money", 869: "inet", 650: "cidr", 1042: "bpchar", 1043: "varchar",
    1082: "date", 1083: "time", 1114: "timestamp", 1184: "timestamptz", 1266: "timetz", 1700: "numeric", 2950: "uuid",
    3802: "jsonb",
}  # fmt: skip
"""What a domain may be over, by OID: a domain's own name tells nothing of its values."""


# ---- reading


@asynccontextmanager
async def _hurried(query: Query) -> AsyncIterator[None]:
    """Let no statement in here run long or write: a cast or a row policy of the schema may be anybody's function."""
    kept = await query(
        "select pg_catalog.current_setting('statement_timeout'), "
        "pg_catalog.current_setting('default_transaction_read_only')"
    )
    timeout, read_only = (value or "" for value in kept[0])
    await query(_settings(f"{STATEMENT_MS}ms", "on"))
    try:
        yield
    except asyncio.CancelledError:
        raise  # in the middle of an answer: the connection is of no use any more
    except BaseException:
        await query(_settings(timeout, read_only))
        raise
    else:
        await query(_settings(timeout, read_only))


def _settings(timeout: str, read_only: str) -> str:
    return (
        f"select pg_catalog.set_config('statement_timeout', {_literal(timeout)}, false), "
        f"pg_catalog.set_config('default_transaction_read_only', {_literal(read_only)}, false)"
    )


async def _read(query: Query, found: RelationDef, rows: int) -> list[Row]:
    if not found.columns:
        return []
    taken: list[Row] = []
    # Foreign tables have no pages to choose from, and whose size is unknown may be too large to choose rows from.
    if found.kind != "f" and found.estimated_rows > rows:
        taken = await query(_select(found, _sampling(found, rows), rows))
    # The sample may be too small by chance, or because the table has shrunk since it was counted: then from the start.
    if len(taken) < rows // 2:
        taken = await query(_select(found, "", rows))
    if found.estimated_rows <= SEARCHED_ROWS or len(taken) < rows:
        taken += await _rare(query, found, taken)
    return taken


async def _rare(query: Query, found: RelationDef, taken: Sequence[Row]) -> list[Row]:
    """Return values of the columns that are null in nearly all of the sample, each in a row of its own."""
    more: list[Row] = []
    for index, column in enumerate(found.columns):
        if not taken or column.not_null or sum(row[index] is not None for row in taken) >= RARE_VALUES:
            continue
        where = f"where {_quoted(column.name)} is not null limit {RARE_VALUES}"
        for (value,) in await query(f"select {_cut(column)} from {_name(found)} {where}"):
            more.append((*(None,) * index, value, *(None,) * (len(found.columns) - index - 1)))
    return more


def _sampling(found: RelationDef, rows: int) -> str:
    """Return how to choose rows: each by chance from a small table, whole pages by chance from a large one."""
    method = "bernoulli" if found.estimated_rows <= SMALL_TABLE else "system"
    percent = min(100.0, max(0.0001, 150.0 * rows / found.estimated_rows))
    return f" tablesample {method} ({percent:.4f}) repeatable (0)"  # the same rows again: a verdict does not flicker


def _select(found: RelationDef, sampling: str, rows: int) -> str:
    return f"select {', '.join(map(_cut, found.columns))} from {_name(found)}{sampling} limit {rows}"


def _cut(column: ColumnDef) -> str:
    if column.type_oid == BYTEA:
        return f"pg_catalog.encode(pg_catalog.substr({_quoted(column.name)}, 1, {VALUE_LENGTH}), 'escape')"
    return f'pg_catalog."left"({_quoted(column.name)}::pg_catalog.text, {VALUE_LENGTH})'


def _name(found: RelationDef) -> str:
    return f"{_quoted(found.relation.schema)}.{_quoted(found.relation.name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _gone(fault: Fault, found: RelationDef) -> bool:
    """Tell whether it is the database that failed, rather than this one table: then nothing was learnt of it."""
    return found.kind != "f" and (fault.sqlstate.startswith("08") or fault.sqlstate in ("57P01", "57P02", "57P03"))
