"""Beside the stations: reads a file of cases, which say what the rules are expected to decide.

In comes a TOML file; out go the cases, and the world they play in if the file describes one: who asks, which tables
there are and what their columns hold. Every trouble is told with its line. Decides nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from proctor.app.section import Report, Section, named
from proctor.app.tasks import read_tasks, registration_of, tasks_of
from proctor.classify.classes import CLASSES
from proctor.errors import ConfigFault
from proctor.sql import functions
from proctor.sql.catalog import Catalog, ColumnDef, RelationDef
from proctor.terms import Classified, Column, DataClass, Finding, Identity, Kind, Relation

MAX_FILE = 4 * 1024 * 1024  # written by hand
FIRST_OID = 16_384
SERVER_VERSION = 180_000
ENVIRONMENTS = ("production", "staging", "development")
STYLES = ("useful", "redact")
MORNING = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
"""When a case plays that does not say so: on a Monday, in working hours, the same one for ever."""

_EXPECTED = re.compile(r"(allow|hold|deny)(?:: ?([A-Za-z0-9][A-Za-z0-9._-]{0,63}))?")
_TYPE = re.compile(r"([a-z_ ]+[a-z0-9_]*)(?:\([0-9, ]+\))?(\[\])?")
_ALIASES = {
    "int": "int4", "integer": "int4", "bigint": "int8", "smallint": "int2", "serial": "int4", "bigserial": "int8",
    "real": "float4", "double precision": "float8", "decimal": "numeric", "boolean": "bool", "char": "bpchar",
    "character": "bpchar", "character varying": "varchar", "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of one who asks: a verdict, and the rule that gives it if that matters."""

    who: str
    verdict: str
    rule: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """One statement under its circumstances, and what is expected for each who asks it."""

    name: str
    line: int
    sql: str
    expected: tuple[Expected, ...]
    near: tuple[str, ...]
    """Rules that must have no part in it: it is their harmless neighbour."""
    masks: Mapping[str, str]
    database: str
    environment: str
    style: str
    reason: str | None
    task: str | None
    approvals: int
    changes: int | None
    """How many rows it turns out to change, once it has run."""
    every_row: bool
    """Those are all the rows that there are."""
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A file of cases. Without `tables` they play in a real database, without `askers` the settings say who asks."""

    source: Path
    rules: tuple[Path, ...] | None
    askers: Mapping[str, Identity]
    catalog: Catalog | None
    classified: Classified
    cases: tuple[Case, ...]


def read_cases(path: Path) -> CaseFile:
    """Read a file of cases whole, or raise one `ConfigFault` with all its troubles."""
    path = path.absolute()
    text = _text(path)
    top = Section(Report(path, text, secrets=False), (), tomllib.loads(text))
    rules = tuple(top.beside(text) for text in top.texts("rules")) if "rules" in top else None
    askers = dict(_askers(top))
    database = top.text("database", "shop")
    catalog, classified = _world(top, database)
    cases = tuple(_cases(top, database, askers))
    top.close()
    if not cases and not top.report.problems:
        top.report.note((), "there is no case here; write one under [[case]], with name, as, sql and expect")
    if top.report.problems:
        raise ConfigFault(top.report.told())
    return CaseFile(path, rules, askers, catalog, classified, cases)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE + 1)
        if len(raw) > MAX_FILE:
            raise ConfigFault(f"{path}: is too large for a file of cases")
        text = raw.decode("utf-8").replace("\r\n", "\n")
        tomllib.loads(text)
    except OSError as fault:
        raise ConfigFault(f"{path}: cannot read it: {fault.strerror}; name another file") from fault
    except UnicodeDecodeError as fault:
        raise ConfigFault(f"{path}: is not UTF-8 text") from fault
    except tomllib.TOMLDecodeError as fault:
        raise ConfigFault(f"{path}: {fault}") from fault
    return text


# --- who asks -------------------------------------------------------------------------------------------------------


def _askers(top: Section) -> Iterator[tuple[str, Identity]]:
    tasks = read_tasks(top)
    people: dict[str, frozenset[str]] = {}
    for name, section in top.sections("people"):
        groups, acr = frozenset(section.texts("groups")), section.text("acr")
        people[name] = groups
        yield name, Identity(name, Kind.HUMAN, groups, "case", acr=acr, amr=frozenset(section.texts("amr")))
        section.close()
    for name, section in top.sections("agents"):
        owner, groups = section.needed("owner", '"alice", the person it acts for'), frozenset(section.texts("groups"))
        theirs, bounds = people.get(owner, frozenset[str]()), registration_of(section)
        yield (
            name,
            Identity(
                name,
                Kind.AGENT,
                groups,
                "case",
                owner,
                tasks_of(section, tasks),
                person_groups=theirs,
                registration=bounds,
            ),
        )
        section.close()
    for name, section in top.sections("services"):
        yield name, Identity(name, Kind.SERVICE, frozenset(section.texts("groups")), "case")
        section.close()


# --- the tables -----------------------------------------------------------------------------------------------------


def _world(top: Section, database: str) -> tuple[Catalog | None, Classified]:
    relations: dict[Relation, RelationDef] = {}
    findings: dict[Column, Finding] = {}
    for place, (name, section) in enumerate(top.sections("tables")):
        schema, dot, table = name.partition(".")
        relation = Relation(schema, table) if dot else Relation("public", name)
        if "." in relation.name:
            top.report.note(section.path, 'name it "schema.table"')
        relations[relation] = _relation(section, relation, FIRST_OID + 2 * place)
        findings.update(_findings(section, relations[relation]))
        section.close()
    if not relations:
        return None, Classified()
    schemas = frozenset({"public", "pg_catalog", "information_schema", *(r.schema for r in relations)})
    catalog = Catalog(database, FIRST_OID, "cases", relations, schemas=schemas, server_version=SERVER_VERSION)
    return catalog, Classified(findings)


def _relation(section: Section, relation: Relation, oid: int) -> RelationDef:
    written = section.section("columns")
    columns = tuple(_columns(written))
    if not columns:
        section.note("columns", 'names the columns and their types, as in { id = "int", note = "text" }')
    definition = section.text("view") or None
    unique = tuple(_keys(section, {column.name for column in columns}))
    return RelationDef(
        oid,
        relation,
        "r" if definition is None else "v",
        columns,
        estimated_rows=section.count("rows", -1, least=0),
        definition=definition,
        unique=unique,
        row_type_oid=oid + 1,
    )


def _keys(section: Section, known: set[str]) -> Iterator[frozenset[str]]:
    written = section.take("key")
    for key in written if isinstance(written, list) else [] if written is None else [written]:
        names = frozenset(key if isinstance(key, list) else [key])
        if names <= known:
            yield frozenset(str(name) for name in names)
        else:
            section.note("key", 'names columns that are unique, as in "id" or ["id", ["order_id", "line"]]')


def _columns(section: Section) -> Iterator[ColumnDef]:
    for place, name in enumerate(section.table, start=1):
        found = _TYPE.fullmatch(section.text(name).strip().lower())
        word = "" if found is None else found[1].strip()
        type_name = _ALIASES.get(word, word)
        if found is not None and found[2]:
            type_name = f"_{type_name}"
        oid = functions.type_oid(type_name)
        if oid is None:
            section.note(name, f'"{word}" is no built-in type; write one such as "int", "text" or "timestamptz"')
            oid = 25
        yield ColumnDef(name, place, oid, type_name)


def _findings(section: Section, relation: RelationDef) -> dict[Column, Finding]:
    classes = section.section("classes")
    held: dict[str, DataClass] = {}
    for name in classes.table:
        word = classes.text(name)
        if relation.column(name) is None:
            classes.note(name, "there is no such column in this table")
        if word not in CLASSES:
            classes.note(name, f'there is no class "{word}"; known are: {", ".join(sorted(CLASSES))}')
        held[name] = DataClass(word)
    return {
        Column(relation.relation, column.name): Finding(held.get(column.name), 1.0, "as the case file says", "person")
        for column in relation.columns
    }


# --- the cases ------------------------------------------------------------------------------------------------------


def _cases(top: Section, database: str, askers: Mapping[str, Identity]) -> Iterator[Case]:
    environment = top.choice("environment", ENVIRONMENTS, "production")
    style = top.choice("style", STYLES, "useful")
    written = top.take("case")
    tables = written if isinstance(written, list) else []
    for place, table in enumerate(tables):
        section = Section(top.report, ("case", str(place)), table)
        yield Case(
            name=section.needed("name", '"what this case shows"'),
            line=top.report.line(section.path),
            sql=section.needed("sql", '"select …"'),
            expected=tuple(_expected(section, askers)),
            near=section.texts("near"),
            masks=_masks(section.section("masks")),
            database=section.text("database", database),
            environment=section.choice("environment", ENVIRONMENTS, environment),
            style=section.choice("style", STYLES, style),
            reason=section.text("reason") or None,
            task=section.text("task") or None,
            approvals=section.count("approvals", 0, least=0, most=10),
            changes=section.count("changes", 0, least=0) if "changes" in section else None,
            every_row=_yes(section, "every_row", section.take("every_row")),
            at=_moment(section),
        )
        section.close()


def _yes(section: Section, key: str, word: object) -> bool:
    if word not in (None, True, False):
        section.note(key, "is true or false")
    return word is True


def _expected(section: Section, askers: Mapping[str, Identity]) -> Iterator[Expected]:
    """Read `as` and `expect`: one verdict for all who ask, or a table with one for each."""
    who, word = section.texts("as"), section.take("expect")
    if isinstance(word, dict):
        if who:
            section.note("as", "is said in [case.expect] already; leave one of them out")
        pairs = list(cast("dict[str, object]", word).items())
    else:
        pairs = [(each, word) for each in who]
        if not who:
            section.note("as", 'says who asks, as in as = "alice"')
    for name, expected in pairs:
        found = _EXPECTED.fullmatch(expected) if isinstance(expected, str) else None
        if found is None:
            section.note("expect", 'is "allow", "hold" or "deny", with a rule if that matters, as in "deny: destroys"')
        elif askers and name not in askers:
            section.note("as", f"there is no [people.{named((name,))}] here, nor an agent or a service of that name")
        else:
            yield Expected(name, found[1], found[2])


def _masks(section: Section) -> dict[str, str]:
    return {name: section.text(name) for name in section.table}


def _moment(section: Section) -> datetime:
    moment = section.take("at")
    if moment is None:
        return MORNING
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        section.note("at", "is a moment with its zone, as in 2026-01-02T03:04:05Z")
        return MORNING
    return moment
