"""What the gateway would decide, asked in this process: a statement that is refused tells nothing, so most are left out."""

from __future__ import annotations

import asyncio
import json
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
from proctor.terms import Allow, Classified, Column, Context, DataClass, Finding, Identity, Kind, Relation
from tests.worlds.script import Script


@dataclass(frozen=True)
class Judge:
    """Decides as the gateway does for alice."""

    bench: Bench

    def allows(self, script: Script) -> bool:
        """Tell whether everything in a script is allowed; what only a session can tell (EXECUTE, FETCH) counts as allowed."""
        verdicts = [verdict for step in script for verdict in self.bench.judge(step.sql).verdicts]
        return all(isinstance(v.decision, Allow) or v.analysis.kind in ("execute", "fetch", "move") for v in verdicts)


def judge(server: ThrowawayPostgres, gateway: Gateway, database: str, style: str) -> Judge:
    """Return a judge of that database, who knows what the gateway's scan found."""
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
    asker = Identity("alice", Kind.HUMAN, frozenset({"g_alice"}), "scram")
    rules = Rules.shipped()
    path = ("pg_temp", "pg_catalog", "public")
    settings = SessionSettings(path, "alice", catalog.server_version)
    context = Context(database, "production", datetime(2026, 11, 23, tzinfo=UTC), style=style)
    stamp = Stamp(asker, context, settings, catalog.epoch, 1, rules.digest)
    return Judge(Bench(stamp, catalog, Classified(found, version=1), rules))
