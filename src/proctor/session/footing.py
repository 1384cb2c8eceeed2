"""Station 5: what a held statement's meaning stands on, as one digest that a ticket keeps.

Takes the judged statement and a way to ask the session's own upstream; returns a digest that differs once an object
that the statement touches, or a setting that decides what it means, is another. A text alone says little: under another
search path, or with a view or a trigger put in the place of the one that was looked at, it does something else.

What cannot be seen through may touch anything: there the whole catalogue counts.
"""
# ruff: noqa: S608 - built from constants of this module and from oids; nothing that a stranger says comes in here

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from proctor.session.judged import Judged
from proctor.sql.catalog import Catalog

Query = Callable[[str], Awaitable[list[tuple[str | None, ...]]]]

SETTINGS = (
    "array_nulls", "datestyle", "default_table_access_method", "default_tablespace", "default_text_search_config",
    "intervalstyle", "lc_monetary", "lc_numeric", "row_security", "session_replication_role", "timezone",
    "timezone_abbreviations", "transform_null_equals", "xmloption",
)  # fmt: skip
"""Settings under which one text may mean this or that. The search path is asked for as what it comes to."""


def _qualified(sql: str) -> str:
    """Return the statement with its operators qualified: a client may have put others of their names before them."""
    for operator in ("=", "<>", ">="):
        sql = sql.replace(f" {operator} ", f" operator(pg_catalog.{operator}) ")
    return " ".join(sql.split())


# A relation stands on its columns, rules, triggers, defaults, policies, constraints and children; these on what the
# server itself has noted in pg_depend that they need. A foreign key is followed to where deleting or updating cascades.
# Code that somebody made may call any other such code, and of that the server keeps no note: then all of it counts.
REACHED = _qualified("""
    with recursive reached(class, object) as (
        select 1259::pg_catalog.oid, o from pg_catalog.unnest({relations}) o
        union
        select n.class, n.object from reached r cross join lateral (
            select 2618::pg_catalog.oid as class, x.oid as object from pg_catalog.pg_rewrite x
            where r.class = 1259::pg_catalog.oid and x.ev_class = r.object
            union all
            select 2620, x.oid from pg_catalog.pg_trigger x
            where r.class = 1259::pg_catalog.oid and x.tgrelid = r.object and not x.tgisinternal
            union all
            select 2604, x.oid from pg_catalog.pg_attrdef x
            where r.class = 1259::pg_catalog.oid and x.adrelid = r.object
            union all
            select 3256, x.oid from pg_catalog.pg_policy x
            where r.class = 1259::pg_catalog.oid and x.polrelid = r.object
            union all
            select 2606, x.oid from pg_catalog.pg_constraint x
            where r.class = 1259::pg_catalog.oid and x.conrelid = r.object
            union all
            select 1259, x.inhrelid from pg_catalog.pg_inherits x
            where r.class = 1259::pg_catalog.oid and x.inhparent = r.object
            union all
            select 1259, x.conrelid from pg_catalog.pg_constraint x
            where r.class = 1259::pg_catalog.oid and x.confrelid = r.object and x.contype = 'f'
              and (x.confdeltype = any (array['c', 'n', 'd']::pg_catalog."char"[])
                   or x.confupdtype = any (array['c', 'n', 'd']::pg_catalog."char"[]))
            union all
            select d.refclassid, d.refobjid from pg_catalog.pg_depend d
            where d.classid = r.class and d.objid = r.object and d.deptype = 'n'
              and r.class <> 1259::pg_catalog.oid and r.class <> 2606::pg_catalog.oid
              and d.refclassid = any (array[1259, 1255]::pg_catalog.oid[])
        ) n
    )
""")
"""What is reached from relations, as `reached(class, object)`; `{relations}` stands for their oids."""
_DIGEST = _qualified(""",
    made as (
        select p.oid from reached r join pg_catalog.pg_proc p on r.class = 1255::pg_catalog.oid and p.oid = r.object
        where p.oid >= 16384::pg_catalog.oid
    ),
    named(line) as (
        select pg_catalog.concat_ws(' ', 'relation', c.oid, n.nspname, c.relname, c.relkind, c.relowner,
                                    c.relrowsecurity, c.relforcerowsecurity)
        from reached r join pg_catalog.pg_class c on r.class = 1259::pg_catalog.oid and c.oid = r.object
             join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        union all
        select pg_catalog.concat_ws(' ', 'column', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod,
                                    a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated, a.attisdropped)
        from reached r join pg_catalog.pg_attribute a on r.class = 1259::pg_catalog.oid and a.attrelid = r.object
        where a.attnum >= 1
        union all
        select pg_catalog.concat_ws(' ', 'rule', x.oid, x.xmin, x.ev_enabled)
        from reached r join pg_catalog.pg_rewrite x on r.class = 2618::pg_catalog.oid and x.oid = r.object
        union all
        select pg_catalog.concat_ws(' ', 'trigger', x.oid, x.xmin, x.tgenabled)
        from reached r join pg_catalog.pg_trigger x on r.class = 2620::pg_catalog.oid and x.oid = r.object
        union all
        select pg_catalog.concat_ws(' ', 'default', x.oid, x.xmin)
        from reached r join pg_catalog.pg_attrdef x on r.class = 2604::pg_catalog.oid and x.oid = r.object
        union all
        select pg_catalog.concat_ws(' ', 'policy', x.oid, x.xmin)
        from reached r join pg_catalog.pg_policy x on r.class = 3256::pg_catalog.oid and x.oid = r.object
        union all
        select pg_catalog.concat_ws(' ', 'constraint', x.oid, x.xmin)
        from reached r join pg_catalog.pg_constraint x on r.class = 2606::pg_catalog.oid and x.oid = r.object
        union all
        select pg_catalog.concat_ws(' ', 'code', x.oid, x.xmin) from pg_catalog.pg_proc x
        where x.oid >= 16384::pg_catalog.oid and exists (select from made)
        union all
        select pg_catalog.concat_ws(' ', 'code', x.oid, x.xmin) from pg_catalog.pg_rewrite x
        where x.oid >= 16384::pg_catalog.oid and exists (select from made)
    )
    select pg_catalog.md5(pg_catalog.string_agg(n.line, '|' order by n.line collate pg_catalog."C")) from named n
""")
_SITUATION = _qualified(
    "select current_user, (select pg_catalog.json_agg(p.n order by p.i) from "
    "pg_catalog.unnest(pg_catalog.current_schemas(false)) with ordinality as p(n, i) "
    "where not pg_catalog.starts_with(p.n, 'pg_temp')), "
    + ", ".join(f"pg_catalog.current_setting('{name}', true)" for name in SETTINGS)
)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a statement stands on: its digest, and those settings of the session that are part of it."""

    digest: str
    settings: dict[str, str]


@dataclass(frozen=True, slots=True)
class Footing:
    """Reads what a statement stands on, in the session that is to run it."""

    query: Query

    async def of(self, judged: Judged, catalog: Catalog) -> Ground:
        """Return what the statement stands on at this moment."""
        (situation,) = await self.query(_SITUATION)
        objects = catalog.epoch if judged.opaque else await self._objects(judged, catalog)
        whole = "\0".join(("proctor footing 1", *(part or "" for part in situation), objects))
        own = {name: value for name, value in zip(SETTINGS, situation[2:], strict=True) if value is not None}
        path: list[str] = json.loads(situation[1] or "[]")
        settings = {**own, "search_path": ", ".join(map(_quoted, path))}
        return Ground(hashlib.sha256(whole.encode()).hexdigest(), settings)

    async def _objects(self, judged: Judged, catalog: Catalog) -> str:
        known = {r: catalog.relations.get(r) for r in judged.touches}
        # What is to be made has no oid yet; under its name something else may be made first.
        missing = sorted(str(relation) for relation, found in known.items() if found is None)
        oids = sorted(found.oid for found in known.values() if found is not None)
        ((objects,),) = await self.query(REACHED.replace("{relations}", oids_of(oids)) + _DIGEST)
        return f"{objects} {missing}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def oids_of(oids: Iterable[int]) -> str:
    """Return these oids as an array that SQL reads."""
    listed = ",".join(str(int(oid)) for oid in oids)
    return f"'{{{listed}}}'::pg_catalog.oid[]"
