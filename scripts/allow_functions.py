"""Build the allow-list of the server's own functions and operators: `src/proctor/sql/allowed/*.py`.

What comes in: the catalogues of running PostgreSQL servers (the oldest and the newest that we support) and the reviewed
decisions in `allow_functions.tsv`. What goes out: one line per signature with its class and its flags.

The rules, in this order; a later one overrides an earlier one:

1. Everything is opaque.
2. A routine that takes or returns what SQL cannot hold (`internal`, `cstring`, `trigger`, the handlers) stays so,
   except the input and output functions of types: they compute, but may fail.
3. An immutable routine in C or SQL computes: the server itself promises that it reads no table and no setting.
   So do aggregates and window functions: they see only what is passed to them.
4. The routine behind `=`, `<>`, `<`, `<=`, `>`, `>=` is total: no comparison fails on values of its types.
5. A routine without arguments has no value that could make it fail: it is total.
6. The lines of `allow_functions.tsv`, each with its reason, in the order of the file. Stable and volatile routines
   get in only here. A line that fits nothing is an error, so that the file cannot rot.

A signature that several servers know must earn its flags on each of them: the stricter wins.

    python scripts/allow_functions.py --server "host=… port=… user=…" --server "…"    writes the modules
    python scripts/allow_functions.py --server "…" --server "…" --check             only compares: 1 if they differ
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import psycopg

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "src" / "proctor" / "sql" / "allowed"
DECISIONS = HERE / "allow_functions.tsv"

KINDS = {"compute": "c", "metadata": "m", "sequence": "q", "setting": "s", "opaque": "o"}
WORST = "cmqso"
FLAGGED = 4  # the field of a line that begins with its kind
FLAGS = {"total", "-total", "columns", "unbounded"}
UNSPEAKABLE = frozenset(
    {"internal", "cstring", "_cstring", "trigger", "event_trigger", "language_handler", "fdw_handler"}
    | {"index_am_handler", "table_am_handler", "tsm_handler", "pg_ddl_command"}
)
COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})

ROUTINES = """
select p.oid::int8, p.proname::text, p.provolatile::text, p.prokind::text, l.lanname::text, p.proretset,
       p.pronargs - p.pronargdefaults, p.provariadic <> 0,
       array(select t.typname::text from unnest(p.proargtypes) with ordinality a(o, n) join pg_type t on t.oid = a.o
             order by a.n),
       r.typname::text,
       exists(select from pg_type t where t.typinput = p.oid or t.typoutput = p.oid),
       exists(select from pg_operator o where o.oprcode = p.oid and o.oprname = any (%s)
              and o.oprresult = 'bool'::regtype and o.oprnamespace = 'pg_catalog'::regnamespace),
       coalesce((select array_agg(coalesce(nullif(n, ''), '?') order by i)
                 from unnest(p.proargnames, p.proargmodes) with ordinality u(n, m, i) where m in ('o', 'b', 't')), '{}')
from pg_proc p join pg_language l on l.oid = p.prolang join pg_type r on r.oid = p.prorettype
where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind in ('f', 'a', 'w') and p.oid < 16384
"""
# Routines with an OID from 16384 up were made by somebody after initdb, also when they stand in pg_catalog.

OPERATORS = """
select o.oprname::text, coalesce(l.typname::text, ''), r.typname::text, t.typname::text, o.oprcode::oid::int8
from pg_operator o left join pg_type l on l.oid = o.oprleft join pg_type r on r.oid = o.oprright
join pg_type t on t.oid = o.oprresult
where o.oprnamespace = 'pg_catalog'::regnamespace and o.oid < 16384 and o.oprcode <> 0
"""

TYPES = """
select typname::text, oid::int8, typcategory::text, typtype::text from pg_type
where typnamespace = 'pg_catalog'::regnamespace and oid < 10000 and typtype in ('b', 'p', 'r', 'm')
"""

IMPLICIT = """
select s.typname::text || ' ' || t.typname from pg_cast c join pg_type s on s.oid = castsource
join pg_type t on t.oid = casttarget where castcontext = 'i' and c.oid < 16384
"""


@dataclass(frozen=True, slots=True)
class Routine:
    """One signature, and what it is allowed to be called."""

    name: str
    arguments: tuple[str, ...]
    required: int
    variadic: bool
    returns: str
    shape: str
    returns_set: bool
    columns: tuple[str, ...]
    kind: str = "o"
    total: bool = False
    on_columns: bool = False
    bounded: bool = True

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """Return what names the signature."""
        return self.name, self.arguments

    def line(self) -> str:
        """Return the signature as it stands in the table."""
        flags = self.kind + "".join(
            letter
            for letter, holds in (
                ("t", self.total),
                ("p", self.on_columns),
                ("u", not self.bounded),
                ("a", self.shape == "a"),
                ("w", self.shape == "w"),
                ("r", self.returns_set),
                ("v", self.variadic),
            )
            if holds
        )
        return "|".join(
            (self.name, " ".join(self.arguments), str(self.required), self.returns, flags, " ".join(self.columns))
        )


@dataclass(frozen=True, slots=True)
class Operator:
    """One built-in operator with the standing of its routine."""

    name: str
    left: str
    right: str
    returns: str
    kind: str
    total: bool
    on_columns: bool
    bounded: bool

    def line(self) -> str:
        """Return the operator as it stands in the table."""
        flags = "".join(
            letter for letter, holds in (("t", self.total), ("p", self.on_columns), ("u", not self.bounded)) if holds
        )
        return f"{self.name} {self.left or '-'} {self.right} {self.returns} {self.kind}{flags}"


@dataclass(frozen=True, slots=True)
class Decision:
    """A line of the reviewed file: which routines, what they are, and why."""

    number: int
    pattern: str
    arguments: tuple[str, ...] | None
    kind: str
    flags: frozenset[str]

    def fits(self, routine: Routine) -> bool:
        """Tell whether the decision is about that routine."""
        if self.arguments is not None and self.arguments != routine.arguments:
            return False
        return fnmatchcase(routine.name, self.pattern)


@dataclass(frozen=True, slots=True)
class Server:
    """What one server says of itself, judged."""

    routines: dict[tuple[str, tuple[str, ...]], Routine]
    operators: dict[tuple[str, str, str], Operator]
    types: dict[str, tuple[int, str, str]]
    casts: frozenset[str]


def read_decisions(text: str) -> tuple[Decision, ...]:
    """Read the reviewed file: names, kind, flags and a reason, apart by tabs. Several names share a line's reason."""
    decisions = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 4 or not fields[3].strip():
            raise SystemExit(f"line {number}: names, kind, flags and a reason are wanted")
        names, kind, flags, _reason = fields
        wanted = frozenset(flags.split()) - {"-"}
        if (kind != "-" and kind not in KINDS) or wanted - FLAGS:
            raise SystemExit(f"line {number}: unknown kind or flag: {kind} {flags}")
        for name in re.findall(r"[^\s(]+(?:\([^)]*\))?", names):
            pattern, bracket, rest = name.partition("(")
            arguments = tuple(a for a in rest.rstrip(")").split(",") if a) if bracket else None
            decisions.append(Decision(number, pattern, arguments, KINDS.get(kind, ""), wanted))
    return tuple(decisions)


def by_rule(routine: Routine, *, volatility: str, language: str, in_or_out: bool, comparison: bool) -> Routine:
    """Return the routine with what the general rules (1 to 5) make of it."""
    if UNSPEAKABLE.intersection((*routine.arguments, routine.returns)):
        only_text = UNSPEAKABLE.intersection((*routine.arguments, routine.returns)) <= {"cstring"}
        return replace(routine, kind="c") if in_or_out and only_text else routine
    if (volatility == "i" and language in ("internal", "sql", "c")) or routine.shape in "aw":
        routine = replace(routine, kind="c")
    return replace(routine, total=comparison)


def by_decision(routine: Routine, decisions: Iterable[Decision], used: set[Decision]) -> Routine:
    """Return the routine with what the reviewed lines (6) make of it."""
    for decision in decisions:
        if not decision.fits(routine):
            continue
        used.add(decision)
        if decision.kind:
            routine = replace(routine, kind=decision.kind)
        if "total" in decision.flags:
            routine = replace(routine, total=True)
        if "-total" in decision.flags:
            routine = replace(routine, total=False)
        if "columns" in decision.flags:
            routine = replace(routine, on_columns=True)
        if "unbounded" in decision.flags:
            routine = replace(routine, bounded=False)
    if routine.kind in "cm" and not routine.arguments and not routine.returns_set:
        routine = replace(routine, total=True)
    if routine.kind == "o":
        routine = replace(routine, total=False, on_columns=False, bounded=False)
    return replace(routine, on_columns=routine.on_columns or routine.total)


def read_server(dsn: str, decisions: tuple[Decision, ...], used: set[Decision]) -> Server:
    """Ask one server for its routines, operators and types, and judge them."""
    with psycopg.connect(dsn, dbname="template1", autocommit=True) as connection:
        types = {row[0]: row[1:] for row in connection.execute(TYPES).fetchall()}
        by_oid: dict[int, Routine] = {}
        for row in connection.execute(ROUTINES, [list(COMPARISONS)]).fetchall():
            oid, name, volatility, shape, language, retset, required, variadic, arguments, returns = row[:10]
            routine = Routine(
                name,
                tuple(arguments),
                required,
                variadic,
                returns,
                shape,
                retset,
                tuple(c.replace(" ", "_") for c in row[12]),
            )
            routine = by_rule(routine, volatility=volatility, language=language, in_or_out=row[10], comparison=row[11])
            by_oid[oid] = by_decision(routine, decisions, used)
        operators = {}
        for name, left, right, returns, oid in connection.execute(OPERATORS).fetchall():
            code = by_oid[oid]
            operators[name, left, right] = Operator(
                name, left, right, returns, code.kind, code.total, code.on_columns, code.bounded
            )
        casts = frozenset(row[0] for row in connection.execute(IMPLICIT).fetchall())
    return Server({r.key: r for r in by_oid.values()}, operators, types, casts)


def merge_routines(one: Routine, other: Routine) -> Routine:
    """Return a signature that two servers know, with the stricter of both standings."""
    return replace(
        one,
        required=min(one.required, other.required),
        kind=max(one.kind, other.kind, key=WORST.index),
        total=one.total and other.total,
        on_columns=one.on_columns and other.on_columns,
        bounded=one.bounded and other.bounded,
        returns_set=one.returns_set or other.returns_set,
        columns=one.columns if one.columns == other.columns else ("*",),
    )


def merge_operators(one: Operator, other: Operator) -> Operator:
    """Return an operator that two servers know, with the stricter of both standings."""
    return replace(
        one,
        kind=max(one.kind, other.kind, key=WORST.index),
        total=one.total and other.total,
        on_columns=one.on_columns and other.on_columns,
        bounded=one.bounded and other.bounded,
    )


def generate(dsns: Sequence[str]) -> dict[str, str]:
    """Return the text of every generated module, by file name."""
    decisions = read_decisions(DECISIONS.read_text("utf-8"))
    used: set[Decision] = set()
    routines: dict[tuple[str, tuple[str, ...]], Routine] = {}
    operators: dict[tuple[str, str, str], Operator] = {}
    types: dict[str, tuple[int, str, str]] = {}
    casts: set[str] = set()
    for server in [read_server(dsn, decisions, used) for dsn in dsns]:
        for key, routine in server.routines.items():
            routines[key] = merge_routines(routines[key], routine) if key in routines else routine
        for place, operator in server.operators.items():
            operators[place] = merge_operators(operators[place], operator) if place in operators else operator
        types.update(server.types)
        casts |= server.casts
    for decision in decisions:
        if decision not in used:
            raise SystemExit(f"allow_functions.tsv, line {decision.number}: {decision.pattern} fits no routine")
    return {
        "routines.py": module(
            "The server's own routines: name, argument types, how many required, result type, standing, OUT columns.",
            "Standing: c computes, m reads metadata, q sequence, s setting, o opaque; then t total, p total on\n"
            "columns, u unbounded, a aggregate, w window, r returns a set, v variadic. Columns `*`: versions differ.",
            "ROUTINES",
            sorted(r.line() for r in routines.values()),
        ),
        "operators.py": module(
            "The server's own operators: name, left type (- for a prefix), right type, result type, standing.",
            "Standing as in `routines`.",
            "OPERATORS",
            sorted(o.line() for o in operators.values()),
        ),
        "casts.py": module(
            "The casts between the server's own types that it applies unasked: source and target.",
            "They tell which signatures an argument of a known type can reach.",
            "IMPLICIT",
            sorted(casts),
        ),
        "types.py": module(
            "The server's own types: name, OID, category, and b base, p pseudo, r range or m multirange.",
            "The OIDs are part of\nthe server's interface: they do not change between versions.",
            "TYPES",
            sorted(f"{name} {oid} {category} {kind}" for name, (oid, category, kind) in types.items()),
        ),
    }


def module(title: str, more: str, constant: str, lines: Iterable[str]) -> str:
    """Return the text of one generated module."""
    body = "\n".join(lines)
    noqa = "# ruff: noqa: E501\n" if any(len(line) > 120 for line in body.split("\n")) else ""
    return (
        f'{noqa}"""{title}\n\nWritten by scripts/allow_functions.py; do not edit. {more}\n"""\n\n'
        f'from __future__ import annotations\n\n{constant} = r"""\n{body}\n"""\n'
    )


def differences(generated: dict[str, str]) -> str:
    """Return how the generated modules differ from those that stand in the source tree; empty if they do not.

    An opaque routine that these servers lack is no difference: minor releases add some, and the list errs on its side.
    """
    found = []
    for name, text in generated.items():
        path = TARGET / name
        new = text.splitlines()
        known = {_signature(line) for line in new}
        old = path.read_text("utf-8").splitlines() if path.exists() else []
        old = [line for line in old if _signature(line) in known or not _opaque(line)]
        found += difflib.unified_diff(old, new, name, f"{name} (generated)", lineterm="", n=0)
    return "\n".join(found)


def _signature(line: str) -> str:
    return "|".join(line.split("|")[:2])


def _opaque(line: str) -> bool:
    fields = line.split("|")
    return len(fields) > FLAGGED and fields[FLAGGED].startswith(KINDS["opaque"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the modules, or compare them."""
    parser = argparse.ArgumentParser(description="Build the allow-list of the server's own functions.")
    parser.add_argument("--server", action="append", required=True, help="connection string; once per version")
    parser.add_argument("--check", action="store_true", help="only compare with what is committed")
    options = parser.parse_args(arguments)
    generated = generate(options.server)
    if options.check:
        difference = differences(generated)
        sys.stdout.write(difference + "\n" if difference else "")
        return 1 if difference else 0
    for name, text in generated.items():
        (TARGET / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
