"""Station 3: raw expression nodes of libpg_query → IR expressions, and the names result columns get.

Whoever adds a node here adds it to the table at the end; a node in no table is not understood, by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proctor.sql import ir
from proctor.sql.parser import Node

Body = dict[str, Any]

# The parser speaks the newest grammar. What an older server would read as the name of a column or of somebody's own
# function carries the version that made it grammar.
SYSTEM_USER = 160000
SQL_JSON = 160000
SQL_JSON_QUERIES = 170000


def expression(node: Node) -> ir.Expression:
    """Return the IR of any expression node."""
    ((kind, body),) = node.items()
    translate = EXPRESSIONS.get(kind)
    if translate is None:
        raise ir.NotUnderstood(f"the grammar node {kind} is not understood here")
    return translate(body)


def optional(node: Node | None) -> ir.Expression | None:
    """Return the IR of an expression that may be absent."""
    return expression(node) if node else None


def expressions(nodes: list[Node] | None) -> tuple[ir.Expression, ...]:
    """Return the IR of each expression of a list."""
    return tuple(expression(node) for node in nodes) if nodes else ()


def strings(nodes: list[Node] | None) -> tuple[str, ...]:
    """Return the texts of a list of String nodes."""
    return tuple(node["String"].get("sval", "") for node in nodes) if nodes else ()


def type_name(body: Body) -> ir.TypeName:
    """Return a type as written."""
    return ir.TypeName(
        names=strings(body.get("names")),
        array=bool(body.get("arrayBounds")),
        setof=body.get("setof", False),
        of_column=body.get("pct_type", False),
        modified=bool(body.get("typmods")),
    )


def sort_keys(nodes: list[Node] | None) -> tuple[ir.Expression, ...]:
    """Return what is sorted by; USING op counts as calling that operator."""
    found = []
    for node in nodes or ():
        body = node["SortBy"]
        key = expression(body["node"])
        if body.get("useOp"):
            *schema, name = strings(body["useOp"])
            key = ir.Operation(name, (key, key), schema=schema[-1] if schema else None)
        found.append(key)
    return tuple(found)


def window(body: Body) -> ir.WindowSpec:
    """Return a window definition."""
    bounds = [expression(body[key]) for key in ("startOffset", "endOffset") if key in body]
    return ir.WindowSpec(
        base=body.get("refname") or body.get("name", ""),
        partition=expressions(body.get("partitionClause")),
        order=sort_keys(body.get("orderClause")),
        bounds=tuple(bounds),
    )


def _column(body: Body) -> ir.Expression:
    fields = body["fields"]
    if "A_Star" in fields[-1]:
        return ir.Name(strings(fields[:-1]), star=True)
    return ir.Name(strings(fields))


INT8_DIGITS = 18  # so many always fit


def _constant(body: Body) -> ir.Expression:
    place = body.get("location", 0)
    if body.get("isnull"):
        return ir.Constant("null", None, place)
    if "ival" in body:
        return ir.Constant("integer", body["ival"].get("ival", 0), place)
    if "sval" in body:
        return ir.Constant("string", body["sval"].get("sval", ""), place)
    if "boolval" in body:
        return ir.Constant("boolean", body["boolval"].get("boolval", False), place)
    if "fval" in body:
        digits = body["fval"].get("fval", "")
        return ir.Constant("long" if digits.isdigit() and len(digits) <= INT8_DIGITS else "number", digits, place)
    return ir.Constant("bits", body["bsval"].get("bsval", ""), place)


def _call(body: Body) -> ir.Expression:
    args = []
    named = False
    for node in body.get("args", ()):
        if "NamedArgExpr" in node:
            named = True
            node = node["NamedArgExpr"]["arg"]  # noqa: PLW2901
        args.append(expression(node))
    name = strings(body["funcname"])
    return ir.Call(
        name=name,
        args=tuple(args),
        star=body.get("agg_star", False),
        distinct=body.get("agg_distinct", False),
        order=sort_keys(body.get("agg_order")),
        filter=optional(body.get("agg_filter")),
        within_group=body.get("agg_within_group", False),
        window=window(body["over"]) if "over" in body else None,
        variadic=body.get("func_variadic", False),
        named=named,
        by_syntax=body.get("funcformat") == "COERCE_SQL_SYNTAX",
        since=SYSTEM_USER if name[-1] == "system_user" else 0,
    )


def _operation(body: Body) -> ir.Expression:
    # Long chains (a || b || …) lean to the left: they are walked in a loop, so that an honest one never hits
    # the recursion limit.
    spine = []
    while body["kind"] == "AEXPR_OP" and "A_Expr" in body.get("lexpr", ()):
        spine.append(body)
        body = body["lexpr"]["A_Expr"]
    found = _one_operation(body, optional(body.get("lexpr")))
    while spine:
        found = _one_operation(spine.pop(), found)
    return found


def _one_operation(body: Body, left: ir.Expression | None) -> ir.Expression:
    kind = body["kind"]
    *schema, name = strings(body["name"])
    where = schema[-1] if schema else None
    if kind in _BETWEEN:
        assert left is not None
        return _between(kind, left, body["rexpr"]["List"]["items"])
    right = _list(body["rexpr"])
    args = (right,) if left is None else (left, right)
    if kind == "AEXPR_IN":
        return ir.Operation(name, args, where, quantifier="any" if name == "=" else "all")
    if kind in _KINDS:
        quantifier, form = _KINDS[kind]
        return ir.Operation(name, args, where, quantifier=quantifier, form=form)
    raise ir.NotUnderstood(f"the operator form {kind} is not understood")


_BETWEEN = frozenset({"AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN", "AEXPR_BETWEEN_SYM", "AEXPR_NOT_BETWEEN_SYM"})
_KINDS = {
    "AEXPR_OP": ("", ""),
    "AEXPR_LIKE": ("", ""),
    "AEXPR_ILIKE": ("", ""),
    "AEXPR_SIMILAR": ("", ""),
    "AEXPR_OP_ANY": ("any", ""),
    "AEXPR_OP_ALL": ("all", ""),
    "AEXPR_DISTINCT": ("", "distinct"),
    "AEXPR_NOT_DISTINCT": ("", "not distinct"),
    "AEXPR_NULLIF": ("", "nullif"),
}


def _list(node: Node) -> ir.Expression:
    if "List" in node:
        return ir.Array(expressions(node["List"].get("items")))
    return expression(node)


def _between(kind: str, value: ir.Expression, bounds: list[Node]) -> ir.Expression:
    low, high = expressions(bounds)
    inside: ir.Expression = ir.Logic("and", (ir.Operation(">=", (value, low)), ir.Operation("<=", (value, high))))
    if kind.endswith("SYM"):
        mirrored = ir.Logic("and", (ir.Operation(">=", (value, high)), ir.Operation("<=", (value, low))))
        inside = ir.Logic("or", (inside, mirrored))
    return ir.Logic("not", (inside,)) if "NOT" in kind else inside


def _logic(body: Body) -> ir.Expression:
    word = {"AND_EXPR": "and", "OR_EXPR": "or", "NOT_EXPR": "not"}[body["boolop"]]
    return ir.Logic(word, expressions(body["args"]))


def _null_test(body: Body) -> ir.Expression:
    return ir.NullTest(expression(body["arg"]), negated=body["nulltesttype"] == "IS_NOT_NULL")


def _cast(body: Body) -> ir.Expression:
    return ir.Cast(expression(body["arg"]), type_name(body["typeName"]))


def _case(body: Body) -> ir.Expression:
    whens = tuple(
        (expression(when["CaseWhen"]["expr"]), expression(when["CaseWhen"]["result"])) for when in body["args"]
    )
    return ir.Case(optional(body.get("arg")), whens, optional(body.get("defresult")))


def _indirection(body: Body) -> ir.Expression:
    found = expression(body["arg"])
    for step in body["indirection"]:
        if "String" in step:
            found = ir.Field(found, step["String"].get("sval", ""))
        elif "A_Star" in step:
            found = ir.FieldStar(found)
        else:
            found = ir.Subscript(found, subscripts(step["A_Indices"]))
    return found


def subscripts(body: Body) -> tuple[ir.Expression, ...]:
    """Return the expressions in one pair of brackets."""
    return tuple(expression(body[key]) for key in ("lidx", "uidx") if key in body)


def _value_function(body: Body) -> ir.Expression:
    return ir.Special(_value_function_name(body))


def _value_function_name(body: Body) -> str:
    name: str = body["op"].removeprefix("SVFOP_").removesuffix("_N").lower()
    return name


_XML = {
    "IS_XMLCONCAT": ("xmlconcat", True),
    "IS_XMLELEMENT": ("xmlelement", True),
    "IS_XMLFOREST": ("xmlforest", True),
    "IS_XMLPARSE": ("xmlparse", False),
    "IS_XMLPI": ("xmlpi", False),
    "IS_XMLROOT": ("xmlroot", False),
    "IS_DOCUMENT": ("is document", True),
}


def _xml(body: Body) -> ir.Expression:
    word, total = _XML[body["op"]]
    args = [_unnamed(node) for node in (*body.get("named_args", ()), *body.get("args", ()))]
    return ir.Special(word, tuple(args), total=total)


def _unnamed(node: Node) -> ir.Expression:
    return expression(node["ResTarget"]["val"] if "ResTarget" in node else node)


def _simple(
    word: str, *keys: str, total: bool = True, same: bool = False, since: int = 0
) -> Callable[[Body], ir.Expression]:
    """Return a translator for grammar whose operands stand under `keys`, single or in lists."""

    def translate(body: Body) -> ir.Expression:
        args: list[ir.Expression] = []
        for key in keys:
            part = body.get(key)
            if isinstance(part, list):
                args.extend(_unnamed(node) for node in part)
            elif part is not None:
                args.append(expression(part))
        return ir.Special(word, tuple(args), total=total, text=same, since=since)

    return translate


def json_value(body: Body) -> ir.Expression:
    """Return the operand of a JSON constructor (its FORMAT clause says nothing of lineage)."""
    return expression(body["raw_expr"])


def _json_operand(word: str) -> Callable[[Body], ir.Expression]:
    def translate(body: Body) -> ir.Expression:
        return ir.Special(word, (json_value(body["expr"]),), total=False, since=SQL_JSON_QUERIES)

    return translate


def _behaviors(body: Body) -> list[ir.Expression]:
    defaults = [body[key]["expr"] for key in ("on_empty", "on_error") if key in body and "expr" in body[key]]
    return [expression(node) for node in defaults]


def _json_function(body: Body) -> ir.Expression:
    args = [json_value(body["context_item"]), expression(body["pathspec"])]
    args += [json_value(node["JsonArgument"]["val"]) for node in body.get("passing", ())]
    word = {"JSON_EXISTS_OP": "json_exists", "JSON_QUERY_OP": "json_query"}.get(body["op"], "json_value")
    return ir.Special(word, (*args, *_behaviors(body)), total=False, since=SQL_JSON_QUERIES)


def _json_pair(body: Body) -> ir.Expression:
    return ir.Row((expression(body["key"]), json_value(body["value"])))


def _json_aggregate(word: str, body: Body) -> ir.Expression:
    head = body["constructor"]
    value = _json_pair(body["arg"]) if word == "json_object_agg" else json_value(body["arg"])
    args = value.args if isinstance(value, ir.Row) else (value,)
    return ir.Call(
        name=("pg_catalog", word),
        args=args,
        order=sort_keys(head.get("agg_order")),
        filter=optional(head.get("agg_filter")),
        window=window(head["over"]) if "over" in head else None,
        by_syntax=True,
        since=SQL_JSON,
    )


EXPRESSIONS: dict[str, Callable[[Body], ir.Expression]] = {
    "ColumnRef": _column,
    "A_Const": _constant,
    "ParamRef": lambda body: ir.Parameter(body.get("number", 0)),
    "FuncCall": _call,
    "A_Expr": _operation,
    "BoolExpr": _logic,
    "NullTest": _null_test,
    "BooleanTest": _simple("is true", "arg"),
    "TypeCast": _cast,
    "CollateClause": _simple("collate", "arg", same=True),
    "CaseExpr": _case,
    "CoalesceExpr": lambda body: ir.Choice("coalesce", expressions(body["args"])),
    "MinMaxExpr": lambda body: ir.Choice(body["op"].removeprefix("IS_").lower(), expressions(body["args"])),
    "A_Indirection": _indirection,
    "A_ArrayExpr": lambda body: ir.Array(expressions(body.get("elements"))),
    "RowExpr": lambda body: ir.Row(expressions(body.get("args"))),
    "SQLValueFunction": _value_function,
    "GroupingFunc": _simple("grouping", "args"),
    "MergeSupportFunc": _simple("merge_action", since=SQL_JSON_QUERIES),
    "CurrentOfExpr": _simple("current of"),
    "SetToDefault": lambda body: ir.Default(),
    "XmlExpr": _xml,
    "XmlSerialize": _simple("xmlserialize", "expr", total=False),
    "JsonIsPredicate": _simple("is json", "expr", since=SQL_JSON),
    "JsonParseExpr": _json_operand("json"),
    "JsonScalarExpr": _simple("json_scalar", "expr", total=False, since=SQL_JSON_QUERIES),
    "JsonSerializeExpr": _json_operand("json_serialize"),
    "JsonValueExpr": json_value,
    "JsonKeyValue": _json_pair,
    "JsonObjectConstructor": _simple("json_object", "exprs", total=False, since=SQL_JSON),
    "JsonArrayConstructor": _simple("json_array", "exprs", since=SQL_JSON),
    "JsonObjectAgg": lambda body: _json_aggregate("json_object_agg", body),
    "JsonArrayAgg": lambda body: _json_aggregate("json_agg", body),
    "JsonFuncExpr": _json_function,
}
"""Raw expression node → translator. SubLink and JsonArrayQueryConstructor are entered by `translate_queries`."""


# ---- the names result columns get (FigureColname of the server)


def label(node: Node) -> str:
    """Return the name the server gives a result column made of this node."""
    _, name = _figure(node)
    return name or "?column?"


_STRONG: dict[str, str] = {
    "GroupingFunc": "grouping",
    "MergeSupportFunc": "merge_action",
    "A_ArrayExpr": "array",
    "RowExpr": "row",
    "CoalesceExpr": "coalesce",
    "XmlSerialize": "xmlserialize",
    "JsonParseExpr": "json",
    "JsonScalarExpr": "json_scalar",
    "JsonSerializeExpr": "json_serialize",
    "JsonObjectConstructor": "json_object",
    "JsonArrayConstructor": "json_array",
    "JsonArrayQueryConstructor": "json_array",
    "JsonObjectAgg": "json_objectagg",
    "JsonArrayAgg": "json_arrayagg",
}


def _figure(node: Node | None) -> tuple[int, str]:
    """Return how strongly a node suggests a name (0 to 2), and the name."""
    if not node:
        return 0, ""
    ((kind, body),) = node.items()
    if kind in _STRONG:
        return 2, _STRONG[kind]
    match kind:
        case "ColumnRef":
            named = [field["String"]["sval"] for field in body["fields"] if "String" in field]
            return (2, named[-1]) if named else (0, "")
        case "FuncCall":
            return 2, strings(body["funcname"])[-1]
        case "A_Indirection":
            named = [step["String"]["sval"] for step in body["indirection"] if "String" in step]
            return (2, named[-1]) if named else _figure(body["arg"])
        case "TypeCast":
            strength, name = _figure(body["arg"])
            return (strength, name) if strength > 1 else (1, strings(body["typeName"]["names"])[-1])
        case "CollateClause":
            return _figure(body["arg"])
        case "CaseExpr":
            strength, name = _figure(body.get("defresult"))
            return (strength, name) if strength > 1 else (1, "case")
        case "A_Expr":
            return (2, "nullif") if body["kind"] == "AEXPR_NULLIF" else (0, "")
        case "MinMaxExpr":
            return 2, body["op"].removeprefix("IS_").lower()
        case "SQLValueFunction":
            return 2, _value_function_name(body)
        case "XmlExpr":
            return (0, "") if body["op"] == "IS_DOCUMENT" else (2, _XML[body["op"]][0])
        case "JsonFuncExpr":
            return 2, {"JSON_EXISTS_OP": "json_exists", "JSON_QUERY_OP": "json_query"}.get(body["op"], "json_value")
        case "SubLink":
            return _figure_sublink(body)
        case _:
            return 0, ""


def _figure_sublink(body: Body) -> tuple[int, str]:
    match body["subLinkType"]:
        case "EXISTS_SUBLINK":
            return 2, "exists"
        case "ARRAY_SUBLINK":
            return 2, "array"
        case "EXPR_SUBLINK":
            inner = body["subselect"].get("SelectStmt", {})
            # The server looks at the leftmost arm of a UNION no further than its first target list.
            targets = inner.get("targetList")
            if not targets:
                return 0, ""
            first = targets[0]["ResTarget"]
            return (2, first["name"]) if first.get("name") else _figure(first.get("val"))
        case _:
            return 0, ""
