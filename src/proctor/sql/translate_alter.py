"""Station 3: ALTER TABLE, CREATE INDEX and column definitions → IR: what each part of them loses, blocks or computes.

A part in no table counts as the worst.
"""

from __future__ import annotations

from proctor.sql import deeds, ir, traits
from proctor.sql.translate_expressions import Body, expression, expressions, strings, type_name
from proctor.sql.translate_queries import parts
from proctor.terms import Action, Effect

DEFINED = (Effect("define"),)


def cascade(body: Body) -> set[str]:
    """Return the trait of CASCADE where it stands."""
    return {traits.CASCADE} if body.get("behavior") == "DROP_CASCADE" else set()


UNIQUE = frozenset({"CONSTR_PRIMARY", "CONSTRUNIQUE"})


def column_spec(body: Body) -> deeds.ColumnSpec:
    """Return a column definition as far as lineage needs it."""
    computed = None
    others: list[ir.Expression] = []
    kinds = set()
    for node in body.get("constraints", ()):
        constraint = node["Constraint"]
        kinds.add(constraint["contype"])
        if "raw_expr" in constraint:
            found = expression(constraint["raw_expr"])
            if constraint["contype"] == "CONSTR_GENERATED":
                computed = found
            else:
                others.append(found)
    return deeds.ColumnSpec(
        name=body["colname"],
        type=type_name(body["typeName"]) if "typeName" in body else None,
        computed=computed,
        expressions=tuple(others),
        not_null=bool(kinds & {"CONSTR_NOTNULL", "CONSTR_PRIMARY"}),
        unique=bool(kinds & UNIQUE),
    )


_ALTERS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        [
            "AT_ColumnDefault",
            "AT_DropNotNull",
            "AT_SetStatistics",
            "AT_SetOptions",
            "AT_ResetOptions",
            "AT_SetStorage",
            "AT_SetCompression",
            "AT_ValidateConstraint",
            "AT_AlterConstraint",
            "AT_ClusterOn",
            "AT_DropCluster",
            "AT_SetRelOptions",
            "AT_ResetRelOptions",
            "AT_SetIdentity",
            "AT_DropExpression",
            "AT_AddIndexConstraint",
        ],
        frozenset({traits.ADDS}),
    ),
    **dict.fromkeys(
        [
            "AT_SetNotNull",
            "AT_AddIdentity",
            "AT_AddInherit",
            "AT_DropInherit",
            "AT_AddOf",
            "AT_DropOf",
            "AT_AttachPartition",
        ],
        frozenset({traits.ADDS, traits.BLOCKING}),
    ),
    **dict.fromkeys(
        ["AT_DropColumn", "AT_DropConstraint", "AT_DropIdentity", "AT_DetachPartition", "AT_DetachPartitionFinalize"],
        frozenset({traits.DESTROYS}),
    ),
    **dict.fromkeys(
        ["AT_AlterColumnType", "AT_SetExpression", "AT_SetLogged", "AT_SetAccessMethod", "AT_SetTableSpace"],
        frozenset({traits.REWRITES, traits.BLOCKING}),
    ),
    "AT_SetUnLogged": frozenset({traits.REWRITES, traits.BLOCKING, traits.UNLOGGED}),
    "AT_AddIndex": frozenset({traits.BLOCKING_INDEX}),
    "AT_ReplicaIdentity": frozenset({traits.REPLICATION}),
    **dict.fromkeys(
        ["AT_EnableRowSecurity", "AT_DisableRowSecurity", "AT_ForceRowSecurity", "AT_NoForceRowSecurity"],
        frozenset({traits.ROW_SECURITY}),
    ),
    **dict.fromkeys(
        [
            "AT_EnableTrig",
            "AT_EnableAlwaysTrig",
            "AT_EnableReplicaTrig",
            "AT_DisableTrig",
            "AT_EnableTrigAll",
            "AT_DisableTrigAll",
            "AT_EnableTrigUser",
            "AT_DisableTrigUser",
        ],
        frozenset({traits.TRIGGER}),
    ),
    **dict.fromkeys(
        ["AT_EnableRule", "AT_EnableAlwaysRule", "AT_EnableReplicaRule", "AT_DisableRule"],
        frozenset({traits.REWRITE_RULE}),
    ),
    **dict.fromkeys(["AT_AlterColumnGenericOptions", "AT_GenericOptions"], frozenset({traits.FOREIGN})),
}
_WORST = frozenset({traits.DESTROYS, traits.REWRITES, traits.BLOCKING})


def alter_table(body: Body) -> deeds.Statement:
    """Return ALTER TABLE (or INDEX, VIEW …)."""
    word = body["objtype"].removeprefix("OBJECT_").lower().replace("_", " ")
    relation = parts(body["relation"])
    done = tuple(_alter(relation, node["AlterTableCmd"], word) for node in body["cmds"])
    return deeds.Utility(f"alter {word}", deeds=done, effects=DEFINED)


def _alter(relation: tuple[str, ...], command: Body, word: str) -> deeds.Deed:
    subtype = command["subtype"]
    definition = command.get("def", {})
    if subtype == "AT_ChangeOwner":
        return deeds.Deed(Action.GRANT, parts=relation, traits=frozenset({traits.ROLE}), makes=True, unlinks=True)
    columns = (command["name"],) if "name" in command else ()
    if subtype == "AT_AddColumn":
        return _add_column(relation, definition["ColumnDef"])
    if subtype == "AT_AddConstraint":
        return _add_constraint(relation, definition["Constraint"])
    how = set(_ALTERS.get(subtype, _WORST)) | cascade(command)
    computes: tuple[tuple[str, ir.Expression], ...] = ()
    if subtype == "AT_AlterColumnType":
        using = definition["ColumnDef"].get("raw_default")
        value = expression(using) if using else ir.Name((command["name"],))
        target = definition["ColumnDef"].get("typeName")
        computes = ((command["name"], ir.Cast(value, type_name(target)) if target else value),)
    elif subtype == "AT_SetExpression":
        computes = ((command["name"], expression(definition)),)
    if word == "index":
        return deeds.Deed(Action.DEFINE, object="index " + ".".join(relation), traits=frozenset(how))
    return deeds.Deed(
        Action.DEFINE,
        parts=relation,
        columns=columns if subtype in _BY_COLUMN else (),
        traits=frozenset(how),
        makes=True,
        computes=computes,
        unlinks=True,
    )


_BY_COLUMN = frozenset(
    [
        "AT_ColumnDefault",
        "AT_DropNotNull",
        "AT_SetNotNull",
        "AT_SetStatistics",
        "AT_SetStorage",
        "AT_SetCompression",
        "AT_DropColumn",
        "AT_AlterColumnType",
        "AT_SetExpression",
        "AT_DropExpression",
        "AT_AddIdentity",
        "AT_SetIdentity",
        "AT_DropIdentity",
    ]
)


def _add_column(relation: tuple[str, ...], body: Body) -> deeds.Deed:
    spec = column_spec(body)
    how = {traits.ADDS}
    kinds = {node["Constraint"]["contype"] for node in body.get("constraints", ())}
    # Only a default that is the same for every row is kept aside; any other is written into every row.
    if not all(isinstance(_uncast(found), ir.Constant) for found in spec.expressions):
        how.add(traits.REWRITES)
    if kinds & {"CONSTR_GENERATED", "CONSTR_IDENTITY"} or (spec.type and "serial" in spec.type.names[-1]):
        how.add(traits.REWRITES)
    if kinds & (UNIQUE | {"CONSTR_FOREIGN"}):
        how.add(traits.BLOCKING)
    return deeds.Deed(
        Action.DEFINE,
        parts=relation,
        columns=(spec.name,),
        traits=frozenset(how),
        makes=True,
        computes=((spec.name, spec.computed),) if spec.computed else (),
        unlinks=True,
    )


def _uncast(found: ir.Expression) -> ir.Expression:
    while isinstance(found, ir.Cast):
        found = found.arg
    return found


def _add_constraint(relation: tuple[str, ...], body: Body) -> deeds.Deed:
    how = {traits.ADDS}
    if not body.get("skip_validation") and "indexname" not in body:
        how.add(traits.BLOCKING)
    checks: tuple[ir.Expression, ...] = ()
    if not body.get("skip_validation"):
        # Whether the rows that are there satisfy it is an answer about them.
        keys = (*strings(body.get("keys")), *strings(body.get("fk_attrs")))
        checks = (
            *expressions([body["raw_expr"]] if "raw_expr" in body else None),
            *(ir.Name((key,)) for key in keys),
        )
    return deeds.Deed(Action.DEFINE, parts=relation, traits=frozenset(how), makes=True, checks=checks, unlinks=True)


def create_index(body: Body) -> deeds.Statement:
    """Return CREATE INDEX."""
    concurrent = body.get("concurrent", False)
    columns, computed = [], []
    for node in body.get("indexParams", ()):
        element = node["IndexElem"]
        if "name" in element:
            columns.append(element["name"])
        else:
            computed.append(expression(element["expr"]))
    if "whereClause" in body:
        computed.append(expression(body["whereClause"]))
    checks = tuple(ir.Name((column,)) for column in columns) if body.get("unique") else ()
    deed = deeds.Deed(
        Action.DEFINE,
        parts=parts(body["relation"]),
        columns=tuple(columns),
        traits=frozenset({traits.ADDS} if concurrent else {traits.ADDS, traits.BLOCKING_INDEX}),
        expressions=tuple(computed),
        checks=checks,
    )
    return deeds.Utility("create index", deeds=(deed,), effects=DEFINED)
