"""Station 5, its caution: why a held statement must not be run on trial, though it would be rolled back.

A rollback takes back rows, and nothing else: not what a trigger has sent, what a foreign server has done, what a
sequence has counted, or what a volatile function has told the world. Asks the server's own catalogue; runs nothing.
"""

from __future__ import annotations

import re

from proctor.edge.stage import Stage
from proctor.session.footing import REACHED, oids_of
from proctor.session.proposals import Trial
from proctor.sql.rehearsal import Rehearsal

MOST_ROWS = 100_000  # each is written and taken back, and vacuum has to clean up behind it
_PLAIN_DEFAULT = re.compile(r"(?is)^\s*(now\(\)|current_timestamp|current_date|[^()]*)\s*$")
HARMLESS = "'random', 'clock_timestamp', 'timeofday', 'gen_random_uuid'"
"""Volatile functions that only give a value."""

_LOOK = """
    select
        exists (select from reached r join pg_catalog.pg_trigger t
                on r.class operator(pg_catalog.=) 2620::pg_catalog.oid and t.oid operator(pg_catalog.=) r.object
                where t.tgenabled operator(pg_catalog.<>) 'D'),
        exists (select from reached r join pg_catalog.pg_class c
                on r.class operator(pg_catalog.=) 1259::pg_catalog.oid and c.oid operator(pg_catalog.=) r.object
                where c.relkind operator(pg_catalog.=) 'f'),
        exists (select from reached r join pg_catalog.pg_rewrite x
                on r.class operator(pg_catalog.=) 2618::pg_catalog.oid and x.oid operator(pg_catalog.=) r.object
                where x.ev_type operator(pg_catalog.<>) '1'),
        exists (select from reached r join pg_catalog.pg_constraint x
                on r.class operator(pg_catalog.=) 2606::pg_catalog.oid and x.oid operator(pg_catalog.=) r.object
                where x.confdeltype operator(pg_catalog.=) 'd' or x.confupdtype operator(pg_catalog.=) 'd'),
        exists (select from pg_catalog.pg_proc p where p.provolatile operator(pg_catalog.=) 'v'
                and p.proname operator(pg_catalog.=) any ({functions}::pg_catalog.name[])
                and not p.proname operator(pg_catalog.=) any (array[{harmless}]::pg_catalog.name[]))
"""
_DEFAULTS = """
    select a.attname, a.attidentity, a.attgenerated, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    from pg_catalog.pg_attribute a left join pg_catalog.pg_attrdef d
         on d.adrelid operator(pg_catalog.=) a.attrelid and d.adnum operator(pg_catalog.=) a.attnum
    where a.attrelid operator(pg_catalog.=) {target}::pg_catalog.oid and a.attnum operator(pg_catalog.>) 0
"""


async def hindrance(stage: Stage, trial: Trial, rehearsal: Rehearsal) -> str:
    """Return why the statement must not be tried; empty where it may."""
    if trial.target is None or trial.target.kind not in ("r", "p"):
        return "it writes to something else than a table"
    if trial.estimated_rows > MOST_ROWS:
        return f"it may touch more than {MOST_ROWS} rows"
    found = await stage.ask(REACHED.replace("{relations}", oids_of(trial.relations)) + _look(trial.functions))
    if len(found.rows) != 1:
        return "the catalogue could not be asked"
    trigger, foreign, rewritten, by_default, volatile = (cell == "t" for cell in found.rows[0])
    for is_so, why in (
        (trigger, "a table that it reaches has triggers"),
        (foreign, "a table that it reaches is on a foreign server"),
        (rewritten, "a table that it reaches has rules"),
        (by_default or rehearsal.defaults, "it puts in defaults"),
        (volatile, "it calls a function whose effects a rollback does not take back"),
    ):
        if is_so:
            return why
    return await _of_defaults(stage, trial.target.oid) if rehearsal.verb == "insert" else ""


async def _of_defaults(stage: Stage, target: int) -> str:
    """Return what an INSERT would count up or call by its defaults; an UPDATE or DELETE evaluates none."""
    found = await stage.ask(_DEFAULTS.format(target=int(target)))
    for name, identity, generated, expression in found.rows:
        if identity or "nextval" in (expression or ""):
            return f"column {name} counts up a sequence"
        if not generated and not _PLAIN_DEFAULT.match(expression or ""):
            return f"the default of column {name} calls a function"
    return "" if found.rows else "the catalogue could not be asked"


def _look(functions: frozenset[str]) -> str:
    names = sorted({name.rpartition(".")[2] for name in functions})
    listed = ", ".join("'" + name.replace("'", "''") + "'" for name in names)
    return _LOOK.format(functions=f"array[{listed}]", harmless=HARMLESS)
