"""Station 3: raw query nodes of libpg_query (SELECT, VALUES, DML, WITH, from-items) → IR queries."""

from __future__ import annotations

from proctor.sql import ir
from proctor.sql.parser import Node
from proctor.sql.translate_expressions import (
    EXPRESSIONS,
    SQL_JSON,
    SQL_JSON_QUERIES,
    Body,
    expression,
    expressions,
    json_value,
    label,
    optional,
    sort_keys,
    strings,
    subscripts,
    type_name,
    window,
)


def query(node: Node) -> ir.Query:
    """Return the IR of any node that is a query."""
    ((kind, body),) = node.items()
    translate = QUERIES.get(kind)
    if translate is None:
        raise ir.NotUnderstood(f"the grammar node {kind} is not understood as a query")
    return translate(body)


def select(body: Body) -> ir.Query:
    """Return the IR of a SELECT, VALUES or set operation; INTO is refused here, the statement level knows it."""
    if "intoClause" in body:
        raise ir.NotUnderstood("INTO stands where it has no meaning")
    if body["op"] != "SETOP_NONE":
        return _combination(body)
    if "valuesLists" in body:
        rows = tuple(expressions(row["List"].get("items")) for row in body["valuesLists"])
        return ir.Values(rows, tail=_tail(body), ctes=with_clause(body))
    return ir.Select(
        targets=targets(body.get("targetList")),
        source=tuple(from_item(node) for node in body.get("fromClause", ())),
        where=optional(body.get("whereClause")),
        distinct=_distinct(body.get("distinctClause")),
        group=_grouping(body.get("groupClause")),
        grouped="groupClause" in body,
        having=optional(body.get("havingClause")),
        windows=tuple(
            (node["WindowDef"].get("name", ""), window({**node["WindowDef"], "name": ""}))
            for node in body.get("windowClause", ())
        ),
        tail=_tail(body),
        ctes=with_clause(body),
    )


def _combination(body: Body) -> ir.Query:
    # A long UNION leans to the left: walked in a loop, like chains of operators.
    spine = [body]
    while body["larg"]["op"] != "SETOP_NONE" and not _wrapped(body["larg"]):
        body = body["larg"]
        spine.append(body)
    found = select(body["larg"])
    while spine:
        body = spine.pop()
        found = ir.Combination(
            word=body["op"].removeprefix("SETOP_").lower(),
            all=body.get("all", False),
            left=found,
            right=select(body["rarg"]),
            tail=_tail(body),
            ctes=with_clause(body),
        )
    return found


def _wrapped(body: Body) -> bool:
    return "withClause" in body or "sortClause" in body or "limitCount" in body


def _distinct(nodes: list[Node] | None) -> tuple[ir.Expression, ...] | None:
    if nodes is None:
        return None
    return tuple(expression(node) for node in nodes if node)


def _grouping(nodes: list[Node] | None) -> tuple[ir.Expression, ...]:
    found: list[ir.Expression] = []
    for node in nodes or ():
        if "GroupingSet" in node:
            found.extend(_grouping(node["GroupingSet"].get("content")))
        elif "RowExpr" in node and node["RowExpr"].get("row_format") == "COERCE_IMPLICIT_CAST":
            found.extend(expressions(node["RowExpr"].get("args")))
        else:
            found.append(expression(node))
    return tuple(found)


def _tail(body: Body) -> ir.Tail:
    if not body.keys() & {"sortClause", "limitCount", "limitOffset", "lockingClause"}:
        return ir.NO_TAIL
    limit = body.get("limitCount")
    return ir.Tail(
        order=sort_keys(body.get("sortClause")),
        limit=optional(limit),
        offset=optional(body.get("limitOffset")),
        locks="lockingClause" in body,
        ties=body.get("limitOption") == "LIMIT_OPTION_WITH_TIES",
    )


def targets(nodes: list[Node] | None) -> tuple[ir.Target, ...]:
    """Return a select list or RETURNING list."""
    found = []
    for node in nodes or ():
        body = node["ResTarget"]
        value = body["val"]
        found.append(ir.Target(body.get("name") or label(value), expression(value)))
    return tuple(found)


def with_clause(body: Body) -> ir.With:
    """Return the WITH clause of a statement body."""
    clause = body.get("withClause")
    if clause is None:
        return ir.NO_WITH
    return ir.With(
        ctes=tuple(_cte(node["CommonTableExpr"]) for node in clause["ctes"]), recursive=clause.get("recursive", False)
    )


def _cte(body: Body) -> ir.Cte:
    extra: list[tuple[str, tuple[str, ...]]] = []
    if "search_clause" in body:
        clause = body["search_clause"]
        extra.append((clause["search_seq_column"], strings(clause["search_col_list"])))
    if "cycle_clause" in body:
        clause = body["cycle_clause"]
        columns = strings(clause["cycle_col_list"])
        extra.append((clause["cycle_mark_column"], columns))
        extra.append((clause["cycle_path_column"], columns))
    return ir.Cte(body["ctename"], strings(body.get("aliascolnames")), query(body["ctequery"]), tuple(extra))


# ---- from-items


def from_item(node: Node) -> ir.FromItem:
    """Return the IR of one item of FROM."""
    ((kind, body),) = node.items()
    match kind:
        case "RangeVar":
            return table(body)
        case "RangeSubselect":
            return ir.Derived(query(body["subquery"]), _alias(body), body.get("lateral", False))
        case "JoinExpr":
            return _join(body)
        case "RangeFunction":
            return _functions(body)
        case "RangeTableSample":
            return _sample(body)
        case "RangeTableFunc":
            return _xml_table(body)
        case "JsonTable":
            return _json_table(body)
        case _:
            raise ir.NotUnderstood(f"the grammar node {kind} is not understood in FROM")


def _alias(body: Body) -> ir.Alias | None:
    clause = body.get("alias")
    return ir.Alias(clause["aliasname"], strings(clause.get("colnames"))) if clause else None


def parts(body: Body) -> tuple[str, ...]:
    """Return a RangeVar's name, outermost part first."""
    return tuple(body[key] for key in ("catalogname", "schemaname", "relname") if key in body)


def table(body: Body) -> ir.TableRef:
    """Return a relation reference."""
    return ir.TableRef(parts(body), _alias(body), only=not body.get("inh", False))


def _sample(body: Body) -> ir.FromItem:
    inner = table(body["relation"]["RangeVar"])
    args = (*expressions(body.get("args")), *expressions([body["repeatable"]] if "repeatable" in body else None))
    return ir.TableRef(inner.parts, inner.alias, inner.only, sample=args, sampler=strings(body["method"]))


_JOINS = {"JOIN_INNER": "inner", "JOIN_LEFT": "left", "JOIN_RIGHT": "right", "JOIN_FULL": "full"}


def _join(body: Body) -> ir.FromItem:
    kind = _JOINS.get(body["jointype"])
    if kind is None:
        raise ir.NotUnderstood(f"the join type {body['jointype']} is not understood")
    return ir.Join(
        kind=kind,
        left=from_item(body["larg"]),
        right=from_item(body["rarg"]),
        on=optional(body.get("quals")),
        using=strings(body.get("usingClause")),
        natural=body.get("isNatural", False),
        alias=_alias(body),
        using_alias=body["join_using_alias"]["aliasname"] if "join_using_alias" in body else "",
    )


def _functions(body: Body) -> ir.FromItem:
    calls = []
    for node in body["functions"]:
        call, *rest = node["List"]["items"]
        definitions = rest[0]["List"]["items"] if rest and rest[0] else body.get("coldeflist", ())
        columns = tuple(
            (column["ColumnDef"]["colname"], type_name(column["ColumnDef"]["typeName"])) for column in definitions
        )
        calls.append(ir.TableCall(expression(call), label(call), columns))
    return ir.TableCalls(
        tuple(calls), _alias(body), ordinality=body.get("ordinality", False), lateral=body.get("lateral", False)
    )


def _xml_table(body: Body) -> ir.FromItem:
    args = [expression(body["docexpr"]), expression(body["rowexpr"])]
    args += [expression(node["ResTarget"]["val"]) for node in body.get("namespaces", ())]
    names = []
    for node in body["columns"]:
        column = node["RangeTableFuncCol"]
        names.append(column["colname"])
        args += [expression(column[key]) for key in ("colexpr", "coldefexpr") if key in column]
    return ir.TableGrammar(tuple(args), tuple(names), "xmltable", _alias(body))


def _json_table(body: Body) -> ir.FromItem:
    args = [json_value(body["context_item"])]
    args += [json_value(node["JsonArgument"]["val"]) for node in body.get("passing", ())]
    names: list[str] = []
    _json_columns(body["columns"], names, args)
    return ir.TableGrammar(tuple(args), tuple(names), "json_table", _alias(body), since=SQL_JSON_QUERIES)


def _json_columns(nodes: list[Node], names: list[str], args: list[ir.Expression]) -> None:
    for node in nodes:
        column = node["JsonTableColumn"]
        if column.get("coltype") == "JTC_NESTED":
            _json_columns(column["columns"], names, args)
            continue
        names.append(column["name"])
        for key in ("on_empty", "on_error"):
            if "expr" in column.get(key, ()):
                args.append(expression(column[key]["expr"]))


# ---- subqueries in expressions

_SUBLINKS = {
    "EXISTS_SUBLINK": "exists",
    "ANY_SUBLINK": "any",
    "ALL_SUBLINK": "all",
    "EXPR_SUBLINK": "scalar",
    "ARRAY_SUBLINK": "array",
    "ROWCOMPARE_SUBLINK": "row",
}


def _sublink(body: Body) -> ir.Expression:
    kind = _SUBLINKS.get(body["subLinkType"])
    if kind is None:
        raise ir.NotUnderstood(f"the subquery form {body['subLinkType']} is not understood")
    *schema, name = strings(body.get("operName")) or ("=",)
    return ir.Subquery(
        kind, query(body["subselect"]), optional(body.get("testexpr")), name, schema[-1] if schema else None
    )


def _json_array_query(body: Body) -> ir.Expression:
    return ir.Special("json_array", (ir.Subquery("array", query(body["query"])),), since=SQL_JSON)


EXPRESSIONS["SubLink"] = _sublink
EXPRESSIONS["JsonArrayQueryConstructor"] = _json_array_query


# ---- data modification


def _insert(body: Body) -> ir.Query:
    columns = [node["ResTarget"] for node in body.get("cols", ())]
    return ir.Insert(
        target=table(body["relation"]),
        columns=tuple(column["name"] for column in columns),
        source=query(body["selectStmt"]) if "selectStmt" in body else None,
        conflict=_conflict(body["onConflictClause"]) if "onConflictClause" in body else None,
        returning=_returning(body),
        bounds=tuple(bound for column in columns for bound in _bounds(column)),
        ctes=with_clause(body),
    )


def _bounds(column: Body) -> tuple[ir.Expression, ...]:
    return tuple(
        bound
        for step in column.get("indirection", ())
        if "A_Indices" in step
        for bound in subscripts(step["A_Indices"])
    )


def _returning(body: Body) -> tuple[ir.Target, ...]:
    clause = body.get("returningClause")
    if clause is None:
        return ()
    if "options" in clause:
        raise ir.NotUnderstood("RETURNING WITH (OLD AS …, NEW AS …) is not understood")
    return targets(clause["exprs"])


def assignments(nodes: list[Node] | None) -> tuple[ir.Assignment, ...]:
    """Return the SET list of an UPDATE."""
    found = []
    for node in nodes or ():
        body = node["ResTarget"]
        value, place = body["val"], None
        if "MultiAssignRef" in value:
            place = value["MultiAssignRef"].get("colno", 1) - 1
            value = value["MultiAssignRef"]["source"]
        found.append(ir.Assignment(body["name"], expression(value), place, "indirection" in body, _bounds(body)))
    return tuple(found)


def _conflict(body: Body) -> ir.Conflict:
    infer = body.get("infer", {})
    arbiters = []
    for node in infer.get("indexElems", ()):
        element = node["IndexElem"]
        arbiters.append(ir.Name((element["name"],)) if "name" in element else expression(element["expr"]))
    return ir.Conflict(
        arbiters=tuple(arbiters),
        constraint=infer.get("conname", ""),
        predicate=optional(infer.get("whereClause")),
        updates=assignments(body.get("targetList")),
        where=optional(body.get("whereClause")),
        does_update=body["action"] == "ONCONFLICT_UPDATE",
    )


def _update(body: Body) -> ir.Query:
    return ir.Update(
        target=table(body["relation"]),
        sets=assignments(body["targetList"]),
        source=tuple(from_item(node) for node in body.get("fromClause", ())),
        where=optional(body.get("whereClause")),
        returning=_returning(body),
        ctes=with_clause(body),
    )


def _delete(body: Body) -> ir.Query:
    return ir.Delete(
        target=table(body["relation"]),
        source=tuple(from_item(node) for node in body.get("usingClause", ())),
        where=optional(body.get("whereClause")),
        returning=_returning(body),
        ctes=with_clause(body),
    )


_VERBS = {"CMD_INSERT": "insert", "CMD_UPDATE": "update", "CMD_DELETE": "delete", "CMD_NOTHING": "nothing"}
_MATCHED = {
    "MERGE_WHEN_MATCHED": "both",
    "MERGE_WHEN_NOT_MATCHED_BY_SOURCE": "target",
    "MERGE_WHEN_NOT_MATCHED_BY_TARGET": "source",
}


def _merge(body: Body) -> ir.Query:
    return ir.Merge(
        target=table(body["relation"]),
        source=from_item(body["sourceRelation"]),
        on=expression(body["joinCondition"]),
        clauses=tuple(_merge_clause(node["MergeWhenClause"]) for node in body["mergeWhenClauses"]),
        returning=_returning(body),
        ctes=with_clause(body),
    )


def _merge_clause(body: Body) -> ir.MergeClause:
    verb = _VERBS[body["commandType"]]
    if verb == "insert":
        names = [node["ResTarget"]["name"] for node in body.get("targetList", ())]
        values = expressions(body.get("values"))
        sets = tuple(
            ir.Assignment(names[place] if names else "", value, None if names else place)
            for place, value in enumerate(values)
        )
    else:
        sets = assignments(body.get("targetList"))
    return ir.MergeClause(verb, optional(body.get("condition")), sets, _MATCHED[body["matchKind"]])


QUERIES = {
    "SelectStmt": select,
    "InsertStmt": _insert,
    "UpdateStmt": _update,
    "DeleteStmt": _delete,
    "MergeStmt": _merge,
}
"""Raw query node → translator."""
