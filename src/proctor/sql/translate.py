"""Station 3: raw statements of libpg_query → IR statements. The front of the PostgreSQL dialect.

Queries and the statements that hold them stand here; utility statements in `translate_utility`, those that change the
catalog in `translate_definitions`. A node in no table raises `NotUnderstood` with its name.
"""

from __future__ import annotations

from proctor.sql import deeds, ir
from proctor.sql.parser import Node
from proctor.sql.translate_definitions import DEFINITIONS, into_traits
from proctor.sql.translate_expressions import Body, optional, strings
from proctor.sql.translate_queries import QUERIES, parts, query, table
from proctor.sql.translate_utility import UTILITIES, flag
from proctor.terms import CopyFormat


def statement(node: Node) -> deeds.Statement:
    """Return the IR of one statement."""
    ((kind, body),) = node.items()
    if kind == "SelectStmt" and "intoClause" in body:
        return _create_table_as(
            {
                "query": {kind: {k: v for k, v in body.items() if k != "intoClause"}},
                "into": body["intoClause"],
                "objtype": "OBJECT_TABLE",
            },
            kind="select into",
        )
    if kind in QUERIES:
        return deeds.QueryStatement(_KINDS[kind], query(node))
    for table_of in (STATEMENTS, UTILITIES, DEFINITIONS):
        translate = table_of.get(kind)
        if translate is not None:
            return translate(body)
    raise ir.NotUnderstood(f"the statement {kind} is not understood")


_KINDS = {
    "SelectStmt": "select",
    "InsertStmt": "insert",
    "UpdateStmt": "update",
    "DeleteStmt": "delete",
    "MergeStmt": "merge",
}


def _explain(body: Body) -> deeds.Statement:
    runs = any(_is_on(option, "analyze") for option in body.get("options", ()))
    return deeds.Explain(statement(body["query"]), runs=runs)


def _is_on(option: Node, name: str) -> bool:
    return option["DefElem"]["defname"] == name and flag(option["DefElem"])


def _prepare(body: Body) -> deeds.Statement:
    return deeds.Prepare("prepare", body["name"], query(body["query"]))


CURSOR_HOLD = 0x20
CURSOR_BINARY = 0x01


def _declare(body: Body) -> deeds.Statement:
    options = body.get("options", 0)
    flags = {word for bit, word in ((CURSOR_HOLD, "hold"), (CURSOR_BINARY, "binary")) if options & bit}
    return deeds.Prepare("declare", body["portalname"], query(body["query"]), frozenset(flags))


def _copy(body: Body) -> deeds.Statement:
    place = "program" if body.get("is_program") else "file" if "filename" in body else "client"
    incoming = body.get("is_from", False)
    return deeds.Copy(
        incoming=incoming,
        place=place,
        format=_copy_format(body, to_client=place == "client" and not incoming),
        relation=table(body["relation"]) if "relation" in body else None,
        columns=strings(body.get("attlist")),
        query=query(body["query"]) if "query" in body else None,
        where=optional(body.get("whereClause")),
    )


def _copy_format(body: Body, *, to_client: bool) -> CopyFormat:
    options = {node["DefElem"]["defname"]: node["DefElem"] for node in body.get("options", ())}
    if len(options) != len(body.get("options", ())):
        raise ir.NotUnderstood("a COPY option stands twice")
    unknown = options.keys() - _COPY_OPTIONS
    if unknown:
        raise ir.NotUnderstood("a COPY option is not understood")
    style = _text(options, "format", "text").lower()
    if style not in ("text", "csv", "binary"):
        raise ir.NotUnderstood("the COPY format is not understood")
    encoding = _text(options, "encoding", "utf8").lower().replace("-", "").replace("_", "")
    if encoding not in ("utf8", "unicode"):
        raise ir.NotUnderstood("COPY in another encoding than UTF8 is not understood")
    csv = style == "csv"
    quote = _text(options, "quote", '"')
    return CopyFormat(
        to_client=to_client,
        format=style,
        delimiter=_text(options, "delimiter", "," if csv else "\t"),
        null=_text(options, "null", "" if csv else "\\N"),
        quote=quote,
        escape=_text(options, "escape", quote),
        header="header" in options and flag(options["header"], also=("match",)),
        force_quote="force_quote" in options,
    )


_COPY_OPTIONS = frozenset(
    {
        "format",
        "freeze",
        "delimiter",
        "null",
        "default",
        "header",
        "quote",
        "escape",
        "force_quote",
        "force_not_null",
        "force_null",
        "encoding",
        "on_error",
        "log_verbosity",
        "reject_limit",
    }
)


def _text(options: dict[str, Body], name: str, default: str) -> str:
    if name not in options:
        return default
    value: str = options[name]["arg"]["String"].get("sval", "")
    return value


def _create_table_as(body: Body, *, kind: str = "") -> deeds.Statement:
    if "ExecuteStmt" in body["query"]:
        raise ir.NotUnderstood("CREATE TABLE AS EXECUTE is not understood: what it runs is known to the session only")
    into = body["into"]
    matview = body["objtype"] == "OBJECT_MATVIEW"
    return deeds.Create(
        sort="matview" if matview else "table",
        parts=parts(into["rel"]),
        query=query(body["query"]),
        aliases=strings(into.get("colNames")),
        temporary=into["rel"].get("relpersistence") == "t",
        fills=not into.get("skipData", False),
        if_not_exists=body.get("if_not_exists", False),
        kind=kind or ("create materialized view" if matview else "create table as"),
        traits=into_traits(into["rel"]),
    )


STATEMENTS = {
    "ExplainStmt": _explain,
    "PrepareStmt": _prepare,
    "DeclareCursorStmt": _declare,
    "CopyStmt": _copy,
    "CreateTableAsStmt": _create_table_as,
}
"""Statements that hold a query."""
