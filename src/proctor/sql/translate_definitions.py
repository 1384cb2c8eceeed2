"""Station 3: raw statements that change the catalog → IR: CREATE, ALTER, DROP and their like.

Each becomes deeds with traits that say what is lost, blocked or opened. What is in no table is not understood.
"""

from __future__ import annotations

from collections.abc import Callable

from proctor.sql import deeds, ir, traits
from proctor.sql.parser import Node
from proctor.sql.translate_alter import DEFINED, UNIQUE, alter_table, cascade, column_spec, create_index
from proctor.sql.translate_expressions import Body, expressions, strings
from proctor.sql.translate_queries import parts, query
from proctor.sql.translate_utility import object_name, role
from proctor.terms import Action


def _definition(kind: str, *done: deeds.Deed, opaque: tuple[str, ...] = (), confuses: bool = True) -> deeds.Utility:
    return deeds.Utility(kind, deeds=done, effects=DEFINED, opaque=opaque, confuses=confuses)


# ---- tables and views


def into_traits(relation: Body) -> frozenset[str]:
    """Return what a new relation's persistence says."""
    found = {traits.ADDS}
    if relation.get("relpersistence") == "u":
        found.add(traits.UNLOGGED)
    return frozenset(found)


def _create_table(body: Body) -> deeds.Statement:
    columns: list[deeds.ColumnSpec] = []
    unique: list[tuple[str, ...]] = []
    like: list[tuple[str, ...]] = []
    checks: list[ir.Expression] = []
    for node in body.get("tableElts", ()):
        ((kind, element),) = node.items()
        if kind == "ColumnDef":
            columns.append(column_spec(element))
        elif kind == "TableLikeClause":
            like.append(parts(element["relation"]))
        elif kind == "Constraint":
            if element["contype"] in UNIQUE:
                unique.append(strings(element.get("keys")))
            checks += expressions([element["raw_expr"]] if "raw_expr" in element else None)
    parents = tuple(parts(node["RangeVar"]) for node in body.get("inhRelations", ()))
    return deeds.Create(
        sort="table",
        parts=parts(body["relation"]),
        columns=tuple(columns),
        unique=tuple(unique),
        parents=parents,
        like=tuple(like),
        expressions=tuple(checks),
        temporary=body["relation"].get("relpersistence") == "t",
        symbolic=not (parents or "ofTypename" in body or like),
        if_not_exists=body.get("if_not_exists", False),
        traits=into_traits(body["relation"]) | (frozenset({traits.BLOCKING}) if parents else frozenset()),
    )


def _create_view(body: Body) -> deeds.Statement:
    replaces = body.get("replace", False)
    temporary = body["view"].get("relpersistence") == "t"
    return deeds.Create(
        sort="view",
        parts=parts(body["view"]),
        query=query(body["query"]),
        aliases=strings(body.get("aliases")),
        temporary=temporary,
        replaces=replaces,
        kind="create view",
        traits=frozenset({traits.REPLACES_CODE if replaces else traits.ADDS}),
    )


# ---- DROP, RENAME and what works on any object

_RELATIONS = frozenset({"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_FOREIGN_TABLE", "OBJECT_SEQUENCE"})
_ON_RELATION = {
    "OBJECT_TRIGGER": traits.TRIGGER,
    "OBJECT_RULE": traits.REWRITE_RULE,
    "OBJECT_POLICY": traits.ROW_SECURITY,
    "OBJECT_TABCONSTRAINT": traits.ADDS,
}
_ADMINISTERED = {
    "OBJECT_EXTENSION": traits.EXTENSION,
    "OBJECT_LANGUAGE": traits.LANGUAGE,
    "OBJECT_FDW": traits.FOREIGN,
    "OBJECT_FOREIGN_SERVER": traits.FOREIGN,
    "OBJECT_USER_MAPPING": traits.FOREIGN,
    "OBJECT_PUBLICATION": traits.REPLICATION,
    "OBJECT_SUBSCRIPTION": traits.REPLICATION,
    "OBJECT_DATABASE": traits.SYSTEM,
    "OBJECT_TABLESPACE": traits.SYSTEM,
    "OBJECT_ROLE": traits.ROLE,
    "OBJECT_PARAMETER_ACL": traits.SYSTEM,
}
_CODE = frozenset(
    {
        f"OBJECT_{word}"
        for word in [
            "ACCESS_METHOD",
            "AGGREGATE",
            "CAST",
            "CONVERSION",
            "FUNCTION",
            "OPCLASS",
            "OPERATOR",
            "OPFAMILY",
            "PROCEDURE",
            "ROUTINE",
            "TRANSFORM",
            "EVENT_TRIGGER",
            "TSPARSER",
            "TSTEMPLATE",
        ]
    }
)


def _word(kind: str) -> str:
    return kind.removeprefix("OBJECT_").lower().replace("_", " ")


def _drop(body: Body) -> deeds.Statement:
    kind = body["removeType"]
    how = {traits.DESTROYS} | cascade(body)
    done = tuple(_dropped(kind, node, frozenset(how)) for node in body["objects"])
    return _definition(f"drop {_word(kind)}", *done, confuses=kind not in _RELATIONS)


def _dropped(kind: str, node: Node, how: frozenset[str]) -> deeds.Deed:
    if kind in _RELATIONS:
        return deeds.Deed(Action.DEFINE, parts=_list_parts(node), traits=how, makes=True, unlinks=True)
    if kind in _ON_RELATION:
        return deeds.Deed(Action.DEFINE, parts=_list_parts(node)[:-1], traits=how | {_ON_RELATION[kind]}, makes=True)
    return _on_object(kind, object_name(node), how)


def _on_object(kind: str, name: str, how: frozenset[str]) -> deeds.Deed:
    """Return a deed on something that is no relation, by its kind."""
    if kind in _ADMINISTERED:
        action = Action.GRANT if kind == "OBJECT_ROLE" else Action.ADMINISTER
        return deeds.Deed(action, object=f"{_word(kind)} {name}", traits=how | {_ADMINISTERED[kind]})
    code = {traits.REPLACES_CODE} if kind in _CODE else set()
    trigger = {traits.TRIGGER} if kind == "OBJECT_EVENT_TRIGGER" else set()
    return deeds.Deed(Action.DEFINE, object=f"{_word(kind)} {name}", traits=how | code | trigger)


def _list_parts(node: Node) -> tuple[str, ...]:
    return strings(node["List"]["items"])


def _rename(body: Body) -> deeds.Statement:
    how = frozenset({traits.RENAMES})
    kind = body["renameType"]
    if "relation" in body and kind != "OBJECT_INDEX":
        columns = (body["subname"],) if kind == "OBJECT_COLUMN" else ()
        deed = deeds.Deed(
            Action.DEFINE, parts=parts(body["relation"]), columns=columns, traits=how, makes=True, unlinks=True
        )
    else:
        named = object_name(body["object"]) if "object" in body else body.get("subname", "")
        deed = _on_object(kind, named, how)
    return _definition(f"rename {_word(kind)}", deed)


def _set_schema(body: Body) -> deeds.Statement:
    how = frozenset({traits.RENAMES})
    kind = body["objectType"]
    if "relation" in body:
        deed = deeds.Deed(Action.DEFINE, parts=parts(body["relation"]), traits=how, makes=True, unlinks=True)
    else:
        deed = _on_object(kind, object_name(body["object"]), how)
    return _definition(f"alter {_word(kind)}", deed)


def _set_owner(body: Body) -> deeds.Statement:
    kind = body["objectType"]
    name = object_name(body["object"]) if "object" in body else ".".join(parts(body.get("relation", {})))
    deed = deeds.Deed(Action.GRANT, object=f"{_word(kind)} {name}", traits=frozenset({traits.ROLE}))
    return _definition(f"alter {_word(kind)}", deed)


def _comment(body: Body) -> deeds.Statement:
    deed = deeds.Deed(
        Action.DEFINE,
        object=f"{_word(body['objtype'])} {object_name(body['object'])}",
        traits=frozenset({traits.ADDS}),
    )
    return _definition("comment", deed, confuses=False)


# ---- everything else, by tables


def _code(
    kind: str, name: Callable[[Body], str], *, opaque: bool = True, extra: frozenset[str] = frozenset()
) -> Callable[[Body], deeds.Statement]:
    def translate(body: Body) -> deeds.Statement:
        named = name(body)
        deed = deeds.Deed(Action.DEFINE, object=named, traits=frozenset({traits.REPLACES_CODE}) | extra)
        return _definition(kind, deed, opaque=(f"{kind} holds code that is not seen through",) if opaque else ())

    return translate


def _function(body: Body) -> deeds.Statement:
    word = "procedure" if body.get("is_procedure") else "function"
    return _code(f"create {word}", lambda body: f"{word} {'.'.join(strings(body['funcname']))}")(body)


def _define(body: Body) -> deeds.Statement:
    kind = body["kind"]
    name = ".".join(strings(body.get("defnames")))
    if kind in ("OBJECT_COLLATION", "OBJECT_TSCONFIGURATION", "OBJECT_TSDICTIONARY"):
        return _definition(f"create {_word(kind)}", _on_object(kind, name, frozenset({traits.ADDS})))
    return _code(f"create {_word(kind)}", lambda body: f"{_word(kind)} {name}")(body)


def _on_table(kind: str, key: str, trait: str, *, opaque: bool) -> Callable[[Body], deeds.Statement]:
    def translate(body: Body) -> deeds.Statement:
        deed = deeds.Deed(
            Action.DEFINE,
            parts=parts(body[key]),
            traits=frozenset({trait, traits.REPLACES_CODE}),
            makes=True,
            unlinks=True,
        )
        words = (f"{kind} changes what other statements do",) if opaque else ()
        return _definition(kind, deed, opaque=words)

    return translate


def _administered(kind: str, trait: str, *, destroys: bool = False) -> Callable[[Body], deeds.Statement]:
    def translate(body: Body) -> deeds.Statement:
        named = [body[key] for key in _NAME_KEYS if isinstance(body.get(key), str)]
        how = {trait} | ({traits.DESTROYS} if destroys else set())
        deed = deeds.Deed(Action.ADMINISTER, object=f"{kind} {' '.join(named[:1])}".strip(), traits=frozenset(how))
        return _definition(kind, deed)

    return translate


_NAME_KEYS = (
    "extname",
    "plname",
    "servername",
    "server_name",
    "fdwname",
    "pubname",
    "subname",
    "dbname",
    "tablespacename",
)


def _plain(
    kind: str, name: Callable[[Body], str], how: frozenset[str] = frozenset({traits.ADDS})
) -> Callable[[Body], deeds.Statement]:
    def translate(body: Body) -> deeds.Statement:
        return _definition(kind, deeds.Deed(Action.DEFINE, object=f"{kind.split(' ', 1)[1]} {name(body)}", traits=how))

    return translate


def _dotted(key: str) -> Callable[[Body], str]:
    return lambda body: ".".join(strings(body.get(key)))


def _schema(body: Body) -> deeds.Statement:
    if "schemaElts" in body:
        raise ir.NotUnderstood("CREATE SCHEMA with objects inside is not understood: create them one by one")
    return _definition(
        "create schema",
        deeds.Deed(Action.DEFINE, object=f"schema {body.get('schemaname', '')}", traits=frozenset({traits.ADDS})),
    )


def _sequence(kind: str) -> Callable[[Body], deeds.Statement]:
    def translate(body: Body) -> deeds.Statement:
        how = {traits.ADDS}
        if body["sequence"].get("relpersistence") == "t":
            how.add(traits.TEMPORARY)
        deed = deeds.Deed(Action.DEFINE, parts=parts(body["sequence"]), traits=frozenset(how), makes=True)
        return _definition(kind, deed, confuses=False)

    return translate


def _foreign_table(body: Body) -> deeds.Statement:
    name = parts(body["base"]["relation"])
    deed = deeds.Deed(Action.ADMINISTER, parts=name, traits=frozenset({traits.FOREIGN}), makes=True, unlinks=True)
    return _definition("create foreign table", deed)


def _security_label(body: Body) -> deeds.Statement:
    deed = deeds.Deed(Action.ADMINISTER, object="security label", traits=frozenset({traits.SYSTEM}))
    return _definition("security label", deed)


def _user_mapping(kind: str) -> Callable[[Body], deeds.Statement]:
    def translate(body: Body) -> deeds.Statement:
        what = f"user mapping of {role(body.get('user'))}"
        return _definition(kind, deeds.Deed(Action.ADMINISTER, object=what, traits=frozenset({traits.FOREIGN})))

    return translate


def _nameless(body: Body) -> str:
    return "by name"


DEFINITIONS: dict[str, Callable[[Body], deeds.Statement]] = {
    "CreateStmt": _create_table,
    "ViewStmt": _create_view,
    "AlterTableStmt": alter_table,
    "IndexStmt": create_index,
    "DropStmt": _drop,
    "RenameStmt": _rename,
    "AlterObjectSchemaStmt": _set_schema,
    "AlterOwnerStmt": _set_owner,
    "CommentStmt": _comment,
    "SecLabelStmt": _security_label,
    "CreateSchemaStmt": _schema,
    "CreateSeqStmt": _sequence("create sequence"),
    "AlterSeqStmt": _sequence("alter sequence"),
    "CreateEnumStmt": _plain("create type", _dotted("typeName")),
    "AlterEnumStmt": _plain("alter type", _dotted("typeName")),
    "CompositeTypeStmt": _plain("create type", lambda body: ".".join(parts(body["typevar"]))),
    "CreateRangeStmt": _plain("create type", _dotted("typeName")),
    "AlterTypeStmt": _plain("alter type", _dotted("typeName"), frozenset({traits.REPLACES_CODE})),
    "CreateDomainStmt": _plain("create domain", _dotted("domainname")),
    "AlterDomainStmt": _plain("alter domain", _dotted("typeName"), frozenset({traits.ADDS, traits.BLOCKING})),
    "CreateStatsStmt": _plain("create statistics", _dotted("defnames")),
    "AlterStatsStmt": _plain("alter statistics", _dotted("defnames")),
    "AlterCollationStmt": _plain("alter collation", _dotted("collname")),
    "AlterTSDictionaryStmt": _plain("alter text search dictionary", _dotted("dictname")),
    "AlterTSConfigurationStmt": _plain("alter text search configuration", _dotted("cfgname")),
    "AlterObjectDependsStmt": _plain("alter dependency", _nameless),
    "AlterExtensionContentsStmt": _administered("alter extension", traits.EXTENSION),
    "CreateFunctionStmt": _function,
    "AlterFunctionStmt": _code("alter function", lambda body: f"function {'.'.join(strings(body['func']['objname']))}"),
    "AlterOperatorStmt": _code("alter operator", lambda body: "operator"),
    "DefineStmt": _define,
    "CreateCastStmt": _code("create cast", lambda body: "cast"),
    "CreateConversionStmt": _code("create conversion", lambda body: "conversion"),
    "CreateTransformStmt": _code("create transform", lambda body: "transform"),
    "CreateOpClassStmt": _code("create operator class", lambda body: "operator class"),
    "CreateOpFamilyStmt": _code("create operator family", lambda body: "operator family"),
    "AlterOpFamilyStmt": _code("alter operator family", lambda body: "operator family"),
    "CreateAmStmt": _code("create access method", lambda body: "access method"),
    "CreateTrigStmt": _on_table("create trigger", "relation", traits.TRIGGER, opaque=True),
    "RuleStmt": _on_table("create rule", "relation", traits.REWRITE_RULE, opaque=True),
    "CreatePolicyStmt": _on_table("create policy", "table", traits.ROW_SECURITY, opaque=False),
    "AlterPolicyStmt": _on_table("alter policy", "table", traits.ROW_SECURITY, opaque=False),
    "CreateEventTrigStmt": _code(
        "create event trigger", lambda body: "event trigger", extra=frozenset({traits.TRIGGER})
    ),
    "AlterEventTrigStmt": _code("alter event trigger", lambda body: "event trigger", extra=frozenset({traits.TRIGGER})),
    "CreateForeignTableStmt": _foreign_table,
    "CreateUserMappingStmt": _user_mapping("create user mapping"),
    "AlterUserMappingStmt": _user_mapping("alter user mapping"),
    "DropUserMappingStmt": _user_mapping("drop user mapping"),
    "CreateExtensionStmt": _administered("create extension", traits.EXTENSION),
    "AlterExtensionStmt": _administered("alter extension", traits.EXTENSION),
    "CreatePLangStmt": _administered("create language", traits.LANGUAGE),
    "CreateFdwStmt": _administered("create foreign data wrapper", traits.FOREIGN),
    "AlterFdwStmt": _administered("alter foreign data wrapper", traits.FOREIGN),
    "CreateForeignServerStmt": _administered("create server", traits.FOREIGN),
    "AlterForeignServerStmt": _administered("alter server", traits.FOREIGN),
    "ImportForeignSchemaStmt": _administered("import foreign schema", traits.FOREIGN),
    "CreatePublicationStmt": _administered("create publication", traits.REPLICATION),
    "AlterPublicationStmt": _administered("alter publication", traits.REPLICATION),
    "CreateSubscriptionStmt": _administered("create subscription", traits.REPLICATION),
    "AlterSubscriptionStmt": _administered("alter subscription", traits.REPLICATION),
    "DropSubscriptionStmt": _administered("drop subscription", traits.REPLICATION, destroys=True),
    "CreatedbStmt": _administered("create database", traits.SYSTEM),
    "AlterDatabaseStmt": _administered("alter database", traits.SYSTEM),
    "AlterDatabaseSetStmt": _administered("alter database", traits.SYSTEM),
    "AlterDatabaseRefreshCollStmt": _administered("alter database", traits.SYSTEM),
    "DropdbStmt": _administered("drop database", traits.SYSTEM, destroys=True),
    "CreateTableSpaceStmt": _administered("create tablespace", traits.SYSTEM),
    "DropTableSpaceStmt": _administered("drop tablespace", traits.SYSTEM, destroys=True),
    "AlterTableSpaceOptionsStmt": _administered("alter tablespace", traits.SYSTEM),
    "AlterTableMoveAllStmt": _administered("move tables", traits.SYSTEM),
}
"""Raw defining statement → translator."""
