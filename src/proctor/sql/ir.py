"""Station 3: the intermediate form both dialects are translated into, reduced to what lineage needs to know.

Values only. It carries no positions, no formatting and no resolved names; what a dialect writes differently but means
alike is one node here. `label` of a target is the name its own server gives the result column.
"""

from __future__ import annotations

from dataclasses import dataclass

from proctor.sql.constant import Constant as Constant  # noqa: PLC0414 - it is one of the nodes


class NotUnderstood(Exception):
    """Raised by whoever meets what it cannot give a meaning to; the message is one clear sentence."""


# ---- expressions


@dataclass(frozen=True, slots=True)
class Name:
    """A column reference of one or more parts, `star` for `c.*` (no parts: a bare `*`)."""

    parts: tuple[str, ...]
    star: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A placeholder bound later."""

    number: int


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as written."""

    names: tuple[str, ...]
    array: bool = False
    setof: bool = False
    of_column: bool = False
    modified: bool = False


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """OVER (…): `base` names a window of the WINDOW clause."""

    base: str = ""
    partition: tuple[Expression, ...] = ()
    order: tuple[Expression, ...] = ()
    bounds: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A function call. An argument given by name stands in `args` at its place, with `named` set."""

    name: tuple[str, ...]
    args: tuple[Expression, ...] = ()
    star: bool = False
    distinct: bool = False
    order: tuple[Expression, ...] = ()
    filter: Expression | None = None
    within_group: bool = False
    window: WindowSpec | None = None
    variadic: bool = False
    named: bool = False
    by_syntax: bool = False
    """Called by grammar (`extract(… from …)`, `at time zone`): always the server's own function."""
    since: int = 0
    """As of `Special`."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator. `quantifier` is "any" or "all" over the last argument; `form` names the odd ones.

    Forms: "" | "distinct" | "not distinct" | "nullif".
    """

    name: str
    args: tuple[Expression, ...]
    schema: str | None = None
    quantifier: str = ""
    form: str = ""


@dataclass(frozen=True, slots=True)
class Logic:
    """AND, OR, NOT: `word` is "and", "or" or "not"."""

    word: str
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class NullTest:
    """IS [NOT] NULL."""

    arg: Expression
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    """A conversion that is written out."""

    arg: Expression
    type: TypeName


@dataclass(frozen=True, slots=True)
class Case:
    """CASE: `arg` is the operand of the simple form."""

    arg: Expression | None
    whens: tuple[tuple[Expression, Expression], ...]
    default: Expression | None


@dataclass(frozen=True, slots=True)
class Choice:
    """COALESCE, GREATEST, LEAST: one of its arguments, later ones evaluated only if needed."""

    word: str
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Subquery:
    """A query in an expression. `kind`: "scalar", "exists", "array", "any", "all", "row" (compared with a row)."""

    kind: str
    query: Query
    test: Expression | None = None
    operator: str = "="
    operator_schema: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """ROW(…)."""

    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """ARRAY[…], and the list of IN (…)."""

    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """(x).name"""

    arg: Expression
    name: str


@dataclass(frozen=True, slots=True)
class FieldStar:
    """(x).*"""

    arg: Expression


@dataclass(frozen=True, slots=True)
class Subscript:
    """x[i], x[i:j]; `bounds` are the expressions in the brackets."""

    arg: Expression
    bounds: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Special:
    """Grammar that computes (XML, JSON constructors, CURRENT_USER, COLLATE …). `total`: it cannot fail by a value."""

    word: str
    args: tuple[Expression, ...] = ()
    total: bool = True
    text: bool = False
    """Its value is an unchanged argument's (COLLATE)."""
    since: int = 0
    """The server version this grammar is of; on an older one the same words mean a column or a function."""


@dataclass(frozen=True, slots=True)
class Default:
    """DEFAULT in VALUES or SET."""


Expression = (
    Name
    | Constant
    | Parameter
    | Call
    | Operation
    | Logic
    | NullTest
    | Cast
    | Case
    | Choice
    | Subquery
    | Row
    | Array
    | Field
    | FieldStar
    | Subscript
    | Special
    | Default
)

# ---- from-items


@dataclass(frozen=True, slots=True)
class Alias:
    """AS name (columns…)."""

    name: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableRef:
    """A relation (or CTE) by name, innermost part last. `only`: without its children."""

    parts: tuple[str, ...]
    alias: Alias | None = None
    only: bool = False
    sample: tuple[Expression, ...] = ()
    sampler: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Derived:
    """A subquery in FROM."""

    query: Query
    alias: Alias | None = None
    lateral: bool = False


@dataclass(frozen=True, slots=True)
class TableCall:
    """One function of FROM, with its column definition list if it has one."""

    call: Expression
    label: str
    columns: tuple[tuple[str, TypeName], ...] = ()


@dataclass(frozen=True, slots=True)
class TableCalls:
    """A function in FROM, or several in ROWS FROM."""

    calls: tuple[TableCall, ...]
    alias: Alias | None = None
    ordinality: bool = False
    lateral: bool = False


@dataclass(frozen=True, slots=True)
class TableGrammar:
    """XMLTABLE, JSON_TABLE: named columns that all derive from all arguments."""

    args: tuple[Expression, ...]
    columns: tuple[str, ...]
    label: str
    alias: Alias | None = None
    since: int = 0


@dataclass(frozen=True, slots=True)
class Join:
    """A join. `kind`: "inner", "left", "right", "full"; a cross join is an inner one without a condition."""

    kind: str
    left: FromItem
    right: FromItem
    on: Expression | None = None
    using: tuple[str, ...] = ()
    natural: bool = False
    alias: Alias | None = None
    using_alias: str = ""


FromItem = TableRef | Derived | TableCalls | TableGrammar | Join

# ---- queries


@dataclass(frozen=True, slots=True)
class Target:
    """One entry of a select list. `label` is the result column's name where it is no star."""

    label: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class Cte:
    """One WITH query. `extra` are columns that SEARCH and CYCLE add: name and the columns they are made of."""

    name: str
    columns: tuple[str, ...]
    query: Query
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class With:
    """The WITH clause."""

    ctes: tuple[Cte, ...] = ()
    recursive: bool = False


NO_WITH = With()


@dataclass(frozen=True, slots=True)
class Tail:
    """What may follow any query: ORDER BY, LIMIT, OFFSET, locking. `ties`: WITH TIES."""

    order: tuple[Expression, ...] = ()
    limit: Expression | None = None
    offset: Expression | None = None
    locks: bool = False
    ties: bool = False


NO_TAIL = Tail()


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT. `distinct` is None without DISTINCT, () for plain DISTINCT, else the ON expressions."""

    targets: tuple[Target, ...]
    source: tuple[FromItem, ...] = ()
    where: Expression | None = None
    distinct: tuple[Expression, ...] | None = None
    group: tuple[Expression, ...] = ()
    grouped: bool = False
    having: Expression | None = None
    windows: tuple[tuple[str, WindowSpec], ...] = ()
    tail: Tail = NO_TAIL
    ctes: With = NO_WITH


@dataclass(frozen=True, slots=True)
class Combination:
    """UNION, INTERSECT, EXCEPT."""

    word: str
    all: bool
    left: Query
    right: Query
    tail: Tail = NO_TAIL
    ctes: With = NO_WITH


@dataclass(frozen=True, slots=True)
class Values:
    """VALUES."""

    rows: tuple[tuple[Expression, ...], ...]
    tail: Tail = NO_TAIL
    ctes: With = NO_WITH


@dataclass(frozen=True, slots=True)
class Assignment:
    """column = value. `place` is which column of a row-valued right side this is (None: the whole value).

    `nested`: only a part of the column is written (a field, an element); `bounds` the expressions in its brackets.
    """

    column: str
    value: Expression
    place: int | None = None
    nested: bool = False
    bounds: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """ON CONFLICT. `arbiters` are expressions and plain columns inferred from; none and no constraint: any."""

    arbiters: tuple[Expression, ...] = ()
    constraint: str = ""
    predicate: Expression | None = None
    updates: tuple[Assignment, ...] = ()
    where: Expression | None = None
    does_update: bool = False


@dataclass(frozen=True, slots=True)
class Insert:
    """INSERT. `source` None means DEFAULT VALUES."""

    target: TableRef
    columns: tuple[str, ...]
    source: Query | None
    conflict: Conflict | None = None
    returning: tuple[Target, ...] = ()
    bounds: tuple[Expression, ...] = ()
    ctes: With = NO_WITH


@dataclass(frozen=True, slots=True)
class Update:
    """UPDATE."""

    target: TableRef
    sets: tuple[Assignment, ...]
    source: tuple[FromItem, ...] = ()
    where: Expression | None = None
    returning: tuple[Target, ...] = ()
    ctes: With = NO_WITH


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE."""

    target: TableRef
    source: tuple[FromItem, ...] = ()
    where: Expression | None = None
    returning: tuple[Target, ...] = ()
    ctes: With = NO_WITH


@dataclass(frozen=True, slots=True)
class MergeClause:
    """WHEN …: `verb` is "insert", "update", "delete" or "nothing"; `matched` "both", "source" or "target" rows only."""

    verb: str
    condition: Expression | None = None
    sets: tuple[Assignment, ...] = ()
    matched: str = "both"


@dataclass(frozen=True, slots=True)
class Merge:
    """MERGE."""

    target: TableRef
    source: FromItem
    on: Expression
    clauses: tuple[MergeClause, ...]
    returning: tuple[Target, ...] = ()
    ctes: With = NO_WITH


Query = Select | Combination | Values | Insert | Update | Delete | Merge
