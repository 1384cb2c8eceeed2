"""Station 3: raw statements that neither query nor define → IR: transactions, settings, cursors, rights, upkeep.

What a setting may do is judged in `harmless`; knows nothing of the session's present state.
"""

from __future__ import annotations

from collections.abc import Callable

from proctor.sql import deeds, ir, traits
from proctor.sql.harmless import setting_deeds
from proctor.sql.parser import Node
from proctor.sql.translate_expressions import Body, expression, expressions, strings
from proctor.sql.translate_queries import parts
from proctor.terms import Action, Effect


def flag(option: Body, also: tuple[str, ...] = ()) -> bool:
    """Return a DefElem's truth as the server reads it: no argument means on."""
    arg = option.get("arg")
    if arg is None:
        return True
    ((kind, body),) = arg.items()
    if kind == "Integer":
        return bool(body.get("ival", 0))
    if kind == "Boolean":
        return bool(body.get("boolval", False))
    return str(body.get("sval", "")).lower() in ("true", "on", "1", "yes", *also)


def _options(body: Body, key: str = "options") -> dict[str, Body]:
    return {node["DefElem"]["defname"]: node["DefElem"] for node in body.get(key, ())}


def role(body: Body | None) -> str:
    """Return a role's name as written."""
    if not body:
        return "unknown"
    return str(body.get("rolename") or body.get("roletype", "").removeprefix("ROLESPEC_").lower())


# ---- transactions

_TRANSACTIONS = {
    "TRANS_STMT_BEGIN": "begin",
    "TRANS_STMT_START": "begin",
    "TRANS_STMT_COMMIT": "commit",
    "TRANS_STMT_ROLLBACK": "rollback",
    "TRANS_STMT_SAVEPOINT": "savepoint",
    "TRANS_STMT_RELEASE": "release",
    "TRANS_STMT_ROLLBACK_TO": "rollback_to",
    "TRANS_STMT_PREPARE": "commit",
    "TRANS_STMT_COMMIT_PREPARED": "commit_prepared",
    "TRANS_STMT_ROLLBACK_PREPARED": "commit_prepared",
}


def _transaction(body: Body) -> deeds.Statement:
    kind = body["kind"]
    verb = _TRANSACTIONS[kind]
    flags = {"chain"} if body.get("chain") else set()
    if kind == "TRANS_STMT_PREPARE":
        flags.add("prepare")
    if kind == "TRANS_STMT_ROLLBACK_PREPARED":
        flags.add("rollback")
    name = body.get("savepoint_name") or body.get("gid")
    words = kind.removeprefix("TRANS_STMT_").lower().replace("_", " ")
    kind = "prepare transaction" if words == "prepare" else "begin" if words == "start" else words
    settings = tuple(_setting_effects(body.get("options", ()), "set_local"))
    return deeds.Utility(kind, effects=(Effect(verb, name=name, flags=frozenset(flags)), *settings))


def _constraints(body: Body) -> deeds.Statement:
    return deeds.Utility("set constraints")


# ---- settings


def _set(body: Body) -> deeds.Statement:
    kind = body["kind"]
    name = body.get("name", "").lower()
    local = body.get("is_local", False)
    verb = "set_local" if local else "set"
    if kind == "VAR_RESET_ALL":
        return deeds.Utility("reset", deeds=setting_deeds("all", None), effects=(Effect("reset"),))
    if kind == "VAR_RESET":
        return deeds.Utility("reset", deeds=setting_deeds(name, None), effects=(Effect("reset", name=name),))
    if kind == "VAR_SET_DEFAULT":
        return deeds.Utility("set", deeds=setting_deeds(name, None), effects=(Effect(verb, name=name),))
    if kind == "VAR_SET_MULTI":
        if name == "transaction snapshot":
            return deeds.Utility("set")
        wide = name == "session characteristics"
        effects = _setting_effects(body.get("args", ()), "set" if wide else "set_local", default=wide)
        return deeds.Utility("set", effects=tuple(effects))
    if kind != "VAR_SET_VALUE":
        raise ir.NotUnderstood("SET … FROM CURRENT is not understood")
    value = setting_value(name, body.get("args", ()))
    return deeds.Utility("set", deeds=setting_deeds(name, value), effects=(Effect(verb, name=name, value=value),))


def setting_value(name: str, nodes: list[Node]) -> str:
    """Return what a setting is set to; the parts of a list come quoted as identifiers, as the server stores them."""
    values = [_setting_text(node) for node in nodes]
    if name in _LISTS:
        return ", ".join('"' + value.replace('"', '""') + '"' for value in values)
    return ", ".join(values)


_LISTS = frozenset({"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"})


def _setting_text(node: Node) -> str:
    if "TypeCast" in node:
        node = node["TypeCast"]["arg"]
    found = expression(node)
    if not isinstance(found, ir.Constant):
        raise ir.NotUnderstood("a setting's value is not understood")
    if isinstance(found.value, bool):
        return "on" if found.value else "off"
    return str(found.value)


def _setting_effects(nodes: list[Node], verb: str, *, default: bool = False) -> list[Effect]:
    found = []
    for node in nodes:
        option = node["DefElem"]
        name = option["defname"]
        name = f"default_{name}" if default else name
        value = _setting_text(option["arg"])
        if name.endswith(("_read_only", "_deferrable")):
            value = "on" if value == "1" else "off"
        found.append(Effect(verb, name=name, value=value))
    return found


def _show(body: Body) -> deeds.Statement:
    name = body["name"].lower()
    if name == "all":
        return deeds.Utility("show", outputs=("name", "setting", "description"))
    return deeds.Utility("show", outputs=(_SHOWN.get(name, name),))


_SHOWN = {
    "timezone": "TimeZone",
    "datestyle": "DateStyle",
    "intervalstyle": "IntervalStyle",
}


def _alter_system(body: Body) -> deeds.Statement:
    name = body["setstmt"].get("name", "all")
    deed = deeds.Deed(
        Action.ADMINISTER, object=f"setting {name}", traits=frozenset({traits.SYSTEM, traits.SETTING_DANGEROUS})
    )
    return deeds.Utility("alter system", deeds=(deed,))


_DISCARDS = {"DISCARD_ALL": None, "DISCARD_PLANS": "plans", "DISCARD_SEQUENCES": "sequences", "DISCARD_TEMP": "temp"}


def _discard(body: Body) -> deeds.Statement:
    return deeds.Utility("discard", effects=(Effect("discard", name=_DISCARDS[body["target"]]),), confuses=True)


# ---- prepared statements and cursors


def _execute(body: Body) -> deeds.Statement:
    return deeds.Utility(
        "execute", effects=(Effect("execute", name=body["name"]),), args=expressions(body.get("params"))
    )


def _deallocate(body: Body) -> deeds.Statement:
    return deeds.Utility("deallocate", effects=(Effect("deallocate", name=body.get("name")),))


def _fetch(body: Body) -> deeds.Statement:
    move = body.get("ismove", False)
    flags = frozenset({"move"}) if move else frozenset()
    return deeds.Utility("move" if move else "fetch", effects=(Effect("fetch", name=body["portalname"], flags=flags),))


def _close(body: Body) -> deeds.Statement:
    return deeds.Utility("close", effects=(Effect("close", name=body.get("portalname")),))


# ---- notifications


def _listen(body: Body) -> deeds.Statement:
    return deeds.Utility("listen", effects=(Effect("listen", name=body["conditionname"]),))


def _unlisten(body: Body) -> deeds.Statement:
    effect = Effect("listen", name=body.get("conditionname"), flags=frozenset({"stop"}))
    return deeds.Utility("unlisten", effects=(effect,))


def _notify(body: Body) -> deeds.Statement:
    return deeds.Utility("notify")


# ---- upkeep

_WEAK_LOCKS = frozenset({1, 2, 3})  # ACCESS SHARE, ROW SHARE, ROW EXCLUSIVE: nobody's writes wait for them


def _lock(body: Body) -> deeds.Statement:
    how = traits.ROW_LOCK if body.get("mode", 8) in _WEAK_LOCKS else traits.BLOCKING
    return deeds.Utility(
        "lock",
        deeds=tuple(
            deeds.Deed(Action.READ, parts=parts(node["RangeVar"]), traits=frozenset({how}))
            for node in body["relations"]
        ),
    )


def _vacuum(body: Body) -> deeds.Statement:
    options = _options(body)
    kind = "vacuum" if body.get("is_vacuumcmd") else "analyze"
    how = {traits.MAINTENANCE}
    if "full" in options and flag(options["full"]):
        how |= {traits.REWRITES, traits.BLOCKING}
    relations = [node["VacuumRelation"] for node in body.get("rels", ())]
    done = [
        deeds.Deed(
            Action.DEFINE,
            parts=parts(relation["relation"]),
            columns=strings(relation.get("va_cols")),
            traits=frozenset(how),
        )
        for relation in relations
    ]
    whole = deeds.Deed(Action.DEFINE, object="every table", traits=frozenset(how))
    return deeds.Utility(kind, deeds=tuple(done) or (whole,))


def _reindex(body: Body) -> deeds.Statement:
    options = _options(body, "params")
    how = {traits.MAINTENANCE}
    if not ("concurrently" in options and flag(options["concurrently"])):
        how.add(traits.BLOCKING)
    if body["kind"] == "REINDEX_OBJECT_TABLE":
        return deeds.Utility(
            "reindex", deeds=(deeds.Deed(Action.DEFINE, parts=parts(body["relation"]), traits=frozenset(how)),)
        )
    what = body.get("name") or ".".join(parts(body.get("relation", {})))
    word = body["kind"].removeprefix("REINDEX_OBJECT_").lower()
    return deeds.Utility("reindex", deeds=(deeds.Deed(Action.DEFINE, object=f"{word} {what}", traits=frozenset(how)),))


def _cluster(body: Body) -> deeds.Statement:
    how = frozenset({traits.MAINTENANCE, traits.REWRITES, traits.BLOCKING})
    if "relation" in body:
        return deeds.Utility("cluster", deeds=(deeds.Deed(Action.DEFINE, parts=parts(body["relation"]), traits=how),))
    return deeds.Utility("cluster", deeds=(deeds.Deed(Action.DEFINE, object="every clustered table", traits=how),))


def _checkpoint(body: Body) -> deeds.Statement:
    how = frozenset({traits.SYSTEM, traits.MAINTENANCE})
    return deeds.Utility("checkpoint", deeds=(deeds.Deed(Action.ADMINISTER, object="checkpoint", traits=how),))


def _refresh(body: Body) -> deeds.Statement:
    how = {traits.MAINTENANCE}
    if not body.get("concurrent"):
        how.add(traits.BLOCKING)
    deed = deeds.Deed(Action.DEFINE, parts=parts(body["relation"]), traits=frozenset(how))
    return deeds.Utility("refresh materialized view", deeds=(deed,))


def _truncate(body: Body) -> deeds.Statement:
    how = {traits.DESTROYS, traits.NO_WHERE}
    if body.get("behavior") == "DROP_CASCADE":
        how.add(traits.CASCADE)
    done = [
        deeds.Deed(Action.DELETE, parts=parts(node["RangeVar"]), traits=frozenset(how)) for node in body["relations"]
    ]
    return deeds.Utility("truncate", deeds=tuple(done))


# ---- rights and roles


def _grant(body: Body) -> deeds.Statement:
    word = "grant" if body.get("is_grant") else "revoke"
    kind = body.get("objtype", "").removeprefix("OBJECT_").lower().replace("_", " ")
    how = frozenset({traits.ROLE})
    done = []
    for node in body.get("objects", ()):
        if "RangeVar" in node and kind in ("table", "sequence"):
            columns = tuple(
                column for given in body.get("privileges", ()) for column in strings(given["AccessPriv"].get("cols"))
            )
            done.append(
                deeds.Deed(Action.GRANT, parts=parts(node["RangeVar"]), columns=columns, traits=how, makes=True)
            )
        else:
            done.append(deeds.Deed(Action.GRANT, object=f"{kind} {object_name(node)}", traits=how))
    return deeds.Utility(word, deeds=tuple(done) or (deeds.Deed(Action.GRANT, object=kind, traits=how),))


def object_name(node: Node) -> str:
    """Return the dotted name of whatever a node names, for words only."""
    ((kind, body),) = node.items()
    match kind:
        case "String":
            return str(body.get("sval", ""))
        case "List":
            return ".".join(object_name(item) for item in body.get("items", ()) if item)
        case "RangeVar":
            return ".".join(parts(body))
        case "ObjectWithArgs":
            return ".".join(strings(body.get("objname")))
        case "TypeName":
            return ".".join(strings(body.get("names")))
        case "RoleSpec":
            return role(body)
        case _:
            return kind


def _rights(word: str, describe: Callable[[Body], str]) -> Callable[[Body], deeds.Statement]:
    def translate(body: Body) -> deeds.Statement:
        deed = deeds.Deed(Action.GRANT, object=describe(body), traits=frozenset({traits.ROLE}))
        return deeds.Utility(word, deeds=(deed,))

    return translate


def _roles(key: str) -> Callable[[Body], str]:
    return lambda body: "role " + ", ".join(role(node.get("RoleSpec")) for node in body.get(key, ()))


def _drop_owned(body: Body) -> deeds.Statement:
    how = {traits.DESTROYS, traits.ROLE} | ({traits.CASCADE} if body.get("behavior") == "DROP_CASCADE" else set())
    what = "everything owned by " + ", ".join(role(node.get("RoleSpec")) for node in body["roles"])
    return deeds.Utility(
        "drop owned",
        deeds=(
            deeds.Deed(Action.DEFINE, object=what, traits=frozenset(how)),
            deeds.Deed(Action.GRANT, object=what, traits=frozenset({traits.ROLE})),
        ),
        effects=(Effect("define"),),
        confuses=True,
    )


# ---- code


def _do(body: Body) -> deeds.Statement:
    deed = deeds.Deed(Action.EXECUTE, object="anonymous block")
    return deeds.Utility("do", deeds=(deed,), opaque=("DO runs code that is not seen through",), confuses=True)


def _call(body: Body) -> deeds.Statement:
    found = expression({"FuncCall": body["funccall"]})
    assert isinstance(found, ir.Call)
    name = ".".join(found.name)
    return deeds.Utility(
        "call",
        deeds=(deeds.Deed(Action.EXECUTE, object=f"procedure {name}"),),
        opaque=(f"procedure {name} runs code that is not seen through",),
        args=found.args,
        confuses=True,
    )


def _load(body: Body) -> deeds.Statement:
    deed = deeds.Deed(Action.ADMINISTER, object="library", traits=frozenset({traits.SYSTEM, traits.SERVER_FILE}))
    return deeds.Utility("load", deeds=(deed,))


UTILITIES: dict[str, Callable[[Body], deeds.Statement]] = {
    "TransactionStmt": _transaction,
    "ConstraintsSetStmt": _constraints,
    "VariableSetStmt": _set,
    "VariableShowStmt": _show,
    "AlterSystemStmt": _alter_system,
    "DiscardStmt": _discard,
    "ExecuteStmt": _execute,
    "DeallocateStmt": _deallocate,
    "FetchStmt": _fetch,
    "ClosePortalStmt": _close,
    "ListenStmt": _listen,
    "UnlistenStmt": _unlisten,
    "NotifyStmt": _notify,
    "LockStmt": _lock,
    "VacuumStmt": _vacuum,
    "ReindexStmt": _reindex,
    "ClusterStmt": _cluster,
    "CheckPointStmt": _checkpoint,
    "RefreshMatViewStmt": _refresh,
    "TruncateStmt": _truncate,
    "GrantStmt": _grant,
    "GrantRoleStmt": _rights("grant", _roles("grantee_roles")),
    "AlterDefaultPrivilegesStmt": _rights("alter default privileges", lambda body: "default privileges"),
    "CreateRoleStmt": _rights("create role", lambda body: f"role {body['role']}"),
    "AlterRoleStmt": _rights("alter role", lambda body: f"role {role(body.get('role'))}"),
    "AlterRoleSetStmt": _rights("alter role", lambda body: f"role {role(body.get('role'))}"),
    "DropRoleStmt": _rights("drop role", _roles("roles")),
    "ReassignOwnedStmt": _rights("reassign owned", _roles("roles")),
    "DropOwnedStmt": _drop_owned,
    "DoStmt": _do,
    "CallStmt": _call,
    "LoadStmt": _load,
}
"""Raw utility statement → translator."""
