"""Station 5: a statement as an approver reads it, and as the desk tries it out. Pure: text in, text out.

What is tried is the statement itself within a WITH that counts and shows some of the rows it has touched; and, for an
UPDATE, a SELECT of the same rows as they are before. Only a single INSERT, UPDATE or DELETE has such a form. Runs
nothing, and does not know whether trying is safe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SAMPLE = 5
"""How many rows an approver is shown."""
PLANNED = frozenset({"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt", "create_table_as_stmt"})
WRITERS = frozenset({"insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})
_PLACES = re.compile(r"^\s*(?:\w*location|stmt_len): -?\d+\n", re.MULTILINE)
MAX_READ = 100_000  # characters; nobody reads more, and laying it out costs


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One writing statement, ready to be tried. The texts take the same parameters as the statement."""

    verb: str
    touched: str
    """The statement, returning the rows it touches."""
    before: str
    """The rows that an UPDATE is about to touch; empty for the others."""
    sets: frozenset[str]
    """The columns that an UPDATE sets."""
    defaults: bool
    """It puts defaults in by the word DEFAULT."""

    def count(self, order: tuple[str, ...] = ()) -> str:
        """Return what runs it, counts the rows, and gives some of them behind the count."""
        inner = f'WITH "proctor touched" AS ({self.touched})'
        return f'{inner} SELECT pg_catalog.count(*) OVER (), c.* FROM "proctor touched" c{_ordered(order)}'  # noqa: S608

    def look(self, order: tuple[str, ...] = ()) -> str:
        """Return what gives the same rows as they are before."""
        return f"SELECT c.* FROM ({self.before}) c{_ordered(order)}"  # noqa: S608 - as above


def _ordered(order: tuple[str, ...]) -> str:
    keys = ", ".join("c." + _quoted(name) for name in order)
    return f" ORDER BY {keys} LIMIT {SAMPLE}" if keys else f" LIMIT {SAMPLE}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def laid_out(text: str) -> str:
    """Return the statement as a person reads it best; as it came where that would be another statement."""
    import postgast  # noqa: PLC0415 - the command line's help must not wait for the parser

    if len(text) > MAX_READ:
        return text
    try:
        laid = postgast.format_sql(text).strip()
        same = _bare(postgast.parse(laid)) == _bare(postgast.parse(text))
    except Exception:  # whatever the printer cannot print is shown as it came
        return text
    # A comment is gone in the print, and may be the very thing to look at.
    return laid if same and "--" not in text and "/*" not in text else text


def _bare(tree: object) -> str:
    """Return a tree as text, without the places where its parts stand."""
    return _PLACES.sub("", str(tree))


def planned(text: str) -> bool:
    """Tell whether the server can say how it would run this: one statement that EXPLAIN takes."""
    import postgast  # noqa: PLC0415

    try:
        found = postgast.parse(text).stmts
    except (postgast.PgQueryError, ValueError):
        return False
    return len(found) == 1 and found[0].stmt.WhichOneof("node") in PLANNED


def rehearsed(text: str) -> Rehearsal | None:
    """Return how to try a statement out; None where it is no single INSERT, UPDATE or DELETE."""
    import postgast  # noqa: PLC0415

    try:
        tree = postgast.parse(text)
    except (postgast.PgQueryError, ValueError):
        return None
    if len(tree.stmts) != 1:
        return None
    kind = tree.stmts[0].stmt.WhichOneof("node")
    nodes = [type(node).__name__ for _, node in postgast.walk(tree)]
    writers = sum(name in ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt") for name in nodes)
    if kind not in ("insert_stmt", "update_stmt", "delete_stmt") or writers != 1 or "CurrentOfExpr" in nodes:
        return None
    node = getattr(tree.stmts[0].stmt, kind)
    name = node.relation.alias.aliasname or node.relation.relname
    shape = postgast.parse(f"DELETE FROM x RETURNING {_quoted(name)}.*")  # noqa: S608 - only its shape is used
    node.returning_clause.CopyFrom(shape.stmts[0].stmt.delete_stmt.returning_clause)
    before = ""
    if kind == "update_stmt":
        look = postgast.parse(f"SELECT {_quoted(name)}.* FROM x")  # noqa: S608 - only its shape is used
        select = look.stmts[0].stmt.select_stmt
        select.from_clause[0].range_var.CopyFrom(node.relation)
        select.from_clause.extend(node.from_clause)
        if node.HasField("where_clause"):
            select.where_clause.CopyFrom(node.where_clause)
        if node.HasField("with_clause"):
            select.with_clause.CopyFrom(node.with_clause)
        before = postgast.deparse(look)
    touched = postgast.deparse(tree)
    if _bare(postgast.parse(touched)) != _bare(tree):
        return None  # printed, it would be another statement
    sets = frozenset(each.res_target.name for each in node.target_list) if kind == "update_stmt" else frozenset()
    return Rehearsal(kind.partition("_")[0], touched, before, sets, "SetToDefault" in nodes)
