"""Station 3: the intermediate form of statements as a whole: queries that run, and all the deeds that are no queries.

Values only, beside `ir`. What a deed names is not resolved yet, and whether it may be done is nobody's question here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from proctor.sql import ir
from proctor.terms import Action, CopyFormat, Effect


@dataclass(frozen=True, slots=True)
class QueryStatement:
    """A query that runs as it stands."""

    kind: str
    query: ir.Query


@dataclass(frozen=True, slots=True)
class Explain:
    """EXPLAIN; with `runs` the inner statement is executed."""

    inner: Statement
    runs: bool


@dataclass(frozen=True, slots=True)
class Copy:
    """COPY. `place`: "client", "file" or "program"."""

    incoming: bool
    place: str
    format: CopyFormat
    relation: ir.TableRef | None = None
    columns: tuple[str, ...] = ()
    query: ir.Query | None = None
    where: ir.Expression | None = None
    kind: str = "copy"


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column of CREATE TABLE or ADD COLUMN. `computed` is what a generated column is made of."""

    name: str
    type: ir.TypeName | None
    computed: ir.Expression | None = None
    expressions: tuple[ir.Expression, ...] = ()
    not_null: bool = False
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Create:
    """A new table, view or materialized view. `sort`: "table", "view", "matview"."""

    sort: str
    parts: tuple[str, ...]
    query: ir.Query | None = None
    aliases: tuple[str, ...] = ()
    columns: tuple[ColumnSpec, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    parents: tuple[tuple[str, ...], ...] = ()
    like: tuple[tuple[str, ...], ...] = ()
    expressions: tuple[ir.Expression, ...] = ()
    temporary: bool = False
    fills: bool = True
    replaces: bool = False
    symbolic: bool = True
    """Its columns are all known from here (no OF type, no inheritance)."""
    if_not_exists: bool = False
    kind: str = "create table"
    traits: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing a utility statement does. `parts` name a relation; `object` what is none, in words.

    `makes`: the relation need not exist. `expressions` are evaluated over the relation's own columns.
    """

    action: Action
    parts: tuple[str, ...] = ()
    object: str = ""
    traits: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()
    makes: bool = False
    expressions: tuple[ir.Expression, ...] = ()
    checks: tuple[ir.Expression, ...] = ()
    """Tested against every row that is there: whether the statement succeeds tells about them."""
    computes: tuple[tuple[str, ir.Expression], ...] = ()
    """New columns (or new types of old ones) that are filled from others: name and what they are made of."""
    unlinks: bool = False
    """Afterwards the relation is another than the snapshot shows; a later statement of the text must not use it."""


@dataclass(frozen=True, slots=True)
class Utility:
    """Everything else: what it does, and what of it nobody can see through."""

    kind: str
    deeds: tuple[Deed, ...] = ()
    effects: tuple[Effect, ...] = ()
    opaque: tuple[str, ...] = ()
    outputs: tuple[str, ...] | None = None
    args: tuple[ir.Expression, ...] = ()
    """Column-free expressions (arguments of EXECUTE, CALL)."""
    confuses: bool = False
    """It changes the catalog in a way that is not followed: later statements of the same text are not understood."""


@dataclass(frozen=True, slots=True)
class Prepare:
    """PREPARE or DECLARE: the inner query and the effect that names it."""

    verb: str
    name: str
    query: ir.Query
    flags: frozenset[str] = field(default_factory=frozenset)


Statement = QueryStatement | Explain | Copy | Create | Utility | Prepare
