"""What the gateway would decide, asked in this process: a statement that is refused tells nothing, so most are left out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from demo.gateway import Gateway
from demo.postgres import ThrowawayPostgres
from proctor.edge import snapshots
from proctor.policy.rules import Rules
from proctor.session.judge import Bench
from proctor.session.judged import Stamp
from proctor.sql import SessionSettings
from proctor.terms import Allow, Classified, Column, Context, DataClass, Finding, Relation
from tests.worlds.askers import Asker
from tests.worlds.script import Script

RULES = "rules.cedar"
"""The file of a gateway's own rules, beside its settings."""


@dataclass(frozen=True)
class Judge:
    """Decides as the gateway does for one asker."""

    bench: Bench

    def allows(self, script: Script) -> bool:
        """Tell whether everything in a script is allowed; what only a session can tell (EXECUTE, FETCH) counts as allowed."""
        verdicts = [verdict for step in script for verdict in self.bench.judge(step.sql).verdicts]
        return all(isinstance(v.decision, Allow) or v.analysis.kind in ("execute", "fetch", "move") for v in verdicts)


def judges(server: ThrowawayPostgres, gateway: Gateway, database: str, askers: Mapping[str, Asker]) -> dict[str, Judge]:
    """Return a judge of that database for each asker, who knows what the gateway's scan found."""
    said = gateway.ask("scan", database, "--json")
    assert said.code == 0, said.text
    found = {}
    for line in map(json.loads, said.out.splitlines()):
        held = None if line["class"] is None else DataClass(line["class"])
        found[Column(Relation(line["schema"], line["table"]), line["column"])] = Finding(held, 1.0, "scan")
    with psycopg.connect(server.dsn(database), autocommit=True) as connection:

        async def ask(sql: str) -> list[tuple[str | None, ...]]:
            result = connection.pgconn.exec_(sql.encode())
            width = range(result.nfields)
            cells = ([result.get_value(line, column) for column in width] for line in range(result.ntuples))
            return [tuple(None if cell is None else cell.decode() for cell in row) for row in cells]

        catalog = asyncio.run(snapshots.load(ask, database))
    rules = Rules.load([path for path in (gateway.config.parent / RULES,) if path.exists()])
    path = ("pg_temp", "pg_catalog", "public")
    settings = SessionSettings(path, "alice", catalog.server_version)
    made = {}
    for name, asker in askers.items():
        context = Context(database, "production", datetime(2026, 11, 23, tzinfo=UTC), style=asker.gateway)
        stamp = Stamp(asker.identity, context, settings, catalog.epoch, 1, rules.digest)
        made[name] = Judge(Bench(stamp, catalog, Classified(found, version=1), rules))
    return made
