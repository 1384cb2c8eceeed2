"""Station 3's eyes, the questions: the SQL that `edge.snapshots` asks the server's catalogue.

Every statement here is safe under a hostile search_path: a client may put its own `=` before that of pg_catalog, and
what we then read would be what the client wants us to see. So tables, functions and types carry their schema, operators
are written OPERATOR(pg_catalog.…), and what resolves operators by name (IN, LIKE, BETWEEN, USING) is not used.
"""
# ruff: noqa: S608 - built from constants of this module, at import; nothing that a stranger says comes in here

from __future__ import annotations

import re

FIRST_NORMAL_OID = 16384


def _qualified(sql: str) -> str:
    """Return the statement with its operators qualified, since a client may have made others of the same name."""
    return re.sub(r" (=|<>|<|>=|#) ", r" operator(pg_catalog.\1) ", " ".join(sql.split()))


# Not current_schemas(): where pg_temp is first in the path, it makes the session a temporary schema, or fails to.
STATE = _qualified("""
    select current_user, session_user,
           (select pg_catalog.json_agg(n.nspname) from pg_catalog.pg_namespace n
            where pg_catalog.has_schema_privilege(n.oid, 'usage')),
           (select n.nspname from pg_catalog.pg_namespace n where n.oid = pg_catalog.pg_my_temp_schema()),
           pg_catalog.current_setting('search_path'), d.datname, d.oid,
           pg_catalog.current_setting('server_version_num')
    from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
""")


def _counted(table: str, key: str, condition: str) -> str:
    """Return the SQL for how many rows a catalogue has and a sum over which rows they are, by key and writer."""
    mark = f"pg_catalog.hashtextextended(pg_catalog.concat({key}, '.', x.xmin), 0)"
    return (
        f"(select pg_catalog.concat(pg_catalog.count(*), ':', pg_catalog.sum({mark})) "
        f"from pg_catalog.{table} x where {condition})"
    )


# Other sessions come and go with temporary tables: what belongs to them is nobody's news.
_FOREIGN = """(select n.oid from pg_catalog.pg_namespace n where pg_catalog.starts_with(n.nspname, 'pg_toast')
    or (pg_catalog.starts_with(n.nspname, 'pg_temp_') and n.oid <> pg_catalog.pg_my_temp_schema()))"""


def _not_foreign(column: str) -> str:
    """Return the condition that what the column points to is of no other session's temporary schema."""
    return (
        f"not exists (select from pg_catalog.pg_class t where t.oid = x.{column} and t.relpersistence = 't' "
        "and t.relnamespace <> pg_catalog.pg_my_temp_schema())"
    )


FINGERPRINT = _qualified(
    "pg_catalog.concat_ws(' ', (select d.oid from pg_catalog.pg_database d where d.datname = "
    "pg_catalog.current_database()), pg_catalog.pg_my_temp_schema(), "
    + ", ".join(
        (
            _counted("pg_class", "x.oid", f"not x.relnamespace = any {_FOREIGN}"),
            _counted("pg_attribute", "x.attrelid, '.', x.attnum", f"x.attnum >= 1 and {_not_foreign('attrelid')}"),
            _counted("pg_type", "x.oid", f"not x.typnamespace = any {_FOREIGN}"),
            _counted("pg_enum", "x.oid", "true"),
            _counted("pg_proc", "x.oid", "true"),
            _counted("pg_rewrite", "x.oid", _not_foreign("ev_class")),
            _counted("pg_trigger", "x.oid", _not_foreign("tgrelid")),
            _counted("pg_namespace", "x.oid", "not pg_catalog.starts_with(x.nspname, 'pg_temp_') and "
                     "not pg_catalog.starts_with(x.nspname, 'pg_toast')"),
            _counted("pg_inherits", "x.inhrelid, '.', x.inhparent", _not_foreign("inhrelid")),
            _counted("pg_index", "x.indexrelid", _not_foreign("indrelid")),
            _counted("pg_constraint", "x.oid", _not_foreign("conrelid")),
            _counted("pg_cast", "x.oid", "true"),
            _counted("pg_operator", "x.oid", "true"),
            _counted("pg_description", "x.objoid, '.', x.objsubid",
                     f"x.classoid = 1259 and {_not_foreign('objoid')}"),
        )
    )
    + ")"
)  # fmt: skip

# Which transactions have ended, as this server process sees it; null on a standby, whose snapshots do not tell that.
_ENDED = (
    "case when pg_catalog.pg_is_in_recovery() then null else pg_catalog.concat_ws(' ', "
    "pg_catalog.pg_current_snapshot(), pg_catalog.pg_backend_pid(), pg_catalog.pg_postmaster_start_time()) end"
)
ENDED = f"select {_ENDED}"
FINGERPRINT_ALONE = f"select {FINGERPRINT}, {_ENDED}"

_SPACES = """
    space as materialized (
        select n.oid, case when n.oid = pg_catalog.pg_my_temp_schema() then 'pg_temp'
                           else n.nspname::pg_catalog.text end as name
        from pg_catalog.pg_namespace n
        where not pg_catalog.starts_with(n.nspname, 'pg_toast')
          and (n.oid = pg_catalog.pg_my_temp_schema() or not pg_catalog.starts_with(n.nspname, 'pg_temp_'))
    )
"""


def _relations(which: str, *, definitions: bool) -> str:
    """Return the CTEs that describe relations as JSON, from a pinned search path that makes them name every schema."""
    definition = (
        "case when c.relkind = any (array['v', 'm']::pg_catalog.\"char\"[]) then "
        "pg_catalog.pg_get_viewdef(case when pin.done is not null then c.oid end) end"
        if definitions
        else "null"
    )
    return f"""
    before as materialized (select pg_catalog.current_setting('search_path') as setting),
    pin as materialized (
        select pg_catalog.set_config('search_path', case when b.setting is not null then 'pg_catalog' end, true) as done
        from before b
    ),
    {_SPACES},
    rel as materialized (
        select c.oid, c.relname, c.relkind, c.reltuples, c.reltype, s.name as space
        from pg_catalog.pg_class c join space s on s.oid = c.relnamespace
        where c.relkind = any (array['r', 'v', 'm', 'p', 'f', 'S', 'c']::pg_catalog."char"[]) and {which}
    ),
    described as materialized (
        select d.objoid, d.objsubid, d.description from pg_catalog.pg_description d where d.classoid = 1259
    ),
    col as materialized (
        select a.attrelid, pg_catalog.json_agg(pg_catalog.json_build_array(
                   a.attname, a.attnum, a.atttypid,
                   pg_catalog.format_type(case when pin.done is not null then a.atttypid end, a.atttypmod),
                   a.attnotnull, a.attgenerated <> '',
                   (a.atthasdef and a.attgenerated = '') or a.attidentity <> '',
                   coalesce(d.description, '')) order by a.attnum) as list
        from rel join pg_catalog.pg_attribute a on a.attrelid = rel.oid cross join pin
             left join described d on d.objoid = a.attrelid and d.objsubid = a.attnum
        where a.attnum >= 1 and not a.attisdropped
        group by a.attrelid
    ),
    key as materialized (
        select i.indrelid, pg_catalog.json_agg(pg_catalog.array_to_json(
                   (i.indkey::pg_catalog.int2[])[0:i.indnkeyatts operator(pg_catalog.-) 1]) order by i.indexrelid
               ) as list
        from pg_catalog.pg_index i
        where i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null and i.indexprs is null
        group by i.indrelid
    ),
    point as materialized (
        select f.conrelid, pg_catalog.json_agg(pg_catalog.json_build_array(
                   a.attname, f.confrelid, b.attname) order by f.oid) as list
        from pg_catalog.pg_constraint f
             join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = f.conkey[1]
             join pg_catalog.pg_attribute b on b.attrelid = f.confrelid and b.attnum = f.confkey[1]
        where f.contype = 'f' and pg_catalog.cardinality(f.conkey) = 1
        group by f.conrelid
    ),
    up as materialized (
        select h.inhrelid, pg_catalog.json_agg(h.inhparent order by h.inhseqno) as list
        from pg_catalog.pg_inherits h group by h.inhrelid
    ),
    down as materialized (
        select h.inhparent, pg_catalog.json_agg(h.inhrelid order by h.inhrelid) as list
        from pg_catalog.pg_inherits h group by h.inhparent
    ),
    ruled as materialized (
        select r.ev_class from pg_catalog.pg_rewrite r where r.ev_type <> '1' group by r.ev_class
    ),
    fired as materialized (
        select t.tgrelid from pg_catalog.pg_trigger t where not t.tgisinternal group by t.tgrelid
    ),
    relations as materialized (
        select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
                   c.oid, c.space, c.relname, c.relkind, c.reltuples, c.reltype, coalesce(d.description, ''),
                   {definition},
                   coalesce(col.list, '[]'), coalesce(key.list, '[]'), coalesce(up.list, '[]'),
                   coalesce(down.list, '[]'), ruled.ev_class is not null, fired.tgrelid is not null,
                   coalesce(point.list, '[]'))), '[]') as list
        from rel c cross join pin
             left join described d on d.objoid = c.oid and d.objsubid = 0
             left join col on col.attrelid = c.oid left join key on key.indrelid = c.oid
             left join up on up.inhrelid = c.oid left join down on down.inhparent = c.oid
             left join point on point.conrelid = c.oid
             left join ruled on ruled.ev_class = c.oid left join fired on fired.tgrelid = c.oid
    )
    """


_SYSTEM = f"(c.oid < {FIRST_NORMAL_OID} and s.name = any (array['pg_catalog', 'information_schema']))"
_OURS = f"s.name <> 'pg_catalog' or x.oid >= {FIRST_NORMAL_OID}"

# The path is pinned and put back within the one statement: nothing remains of it, whether the statement is its own
# transaction or part of a client's. The CASEs make each step wait for the one before.
_RESTORE = "pg_catalog.set_config('search_path', case when body.relations is not null then body.setting end, true)"

SYSTEM_PART = _qualified(f"""
    with {_relations(_SYSTEM, definitions=False)}
    select body.relations, {_RESTORE}
    from (select relations.list as relations, before.setting from relations cross join before offset 0) body
""")

USER_PART = _qualified(f"""
    with {_relations("not " + _SYSTEM, definitions=True)}
    select body.relations, body.functions, body.types, body.operators, body.casts, body.schemas, body.state, body.oid,
           body.version, {_RESTORE}
    from (
        select relations.list as relations, before.setting,
            (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
                 x.oid, s.name, x.proname, x.proargtypes::pg_catalog.oid[], x.prorettype, x.prokind, l.lanname,
                 x.provolatile, x.proisstrict, x.proretset, e.extname)), '[]')
             from pg_catalog.pg_proc x join space s on s.oid = x.pronamespace
                  join pg_catalog.pg_language l on l.oid = x.prolang
                  left join pg_catalog.pg_depend d on d.classid = 1255 and d.objid = x.oid and d.deptype = 'e'
                  left join pg_catalog.pg_extension e on e.oid = d.refobjid
             where {_OURS}) as functions,
            (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
                 x.oid, s.name, x.typname, x.typtype, x.typcategory, x.typbasetype,
                 case when x.typcategory = 'A' then x.typelem else 0 end, x.typrelid,
                 (select pg_catalog.json_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e
                  where e.enumtypid = x.oid))), '[]')
             from pg_catalog.pg_type x join space s on s.oid = x.typnamespace
             where {_OURS}) as types,
            (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
                 s.name, x.oprname, x.oprcode::pg_catalog.oid)), '[]')
             from pg_catalog.pg_operator x join space s on s.oid = x.oprnamespace
             where {_OURS}) as operators,
            (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
                 x.castsource, x.casttarget, x.castfunc)), '[]')
             from pg_catalog.pg_cast x where x.oid >= {FIRST_NORMAL_OID}) as casts,
            (select pg_catalog.json_agg(s.name) from space s) as schemas,
            {FINGERPRINT} as state,
            (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()) as oid,
            pg_catalog.current_setting('server_version_num') as version
        from relations cross join before
        offset 0
    ) body
""")
