"""What a scan costs: a thousand tables of twenty columns that nobody has seen before, read and judged.

A real server is started and filled; the scan is the one that `proctor scan` makes, within the gateway's own bounds: 200
rows of a table, values cut short, two seconds a statement. Memory is this process's high-water mark before and after.
`python -m bench.scan` prints it; `--quick` looks at a hundred tables.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from bench.pgbench import OUT
from demo.postgres import ThrowawayPostgres, find_any
from proctor.edge import survey
from proctor.edge.config import Database, Host, UpstreamRole
from proctor.edge.secret import Secret
from proctor.edge.upstream import Questions

TABLES, ROWS = 1000, 300
TARGET_SECONDS = 60.0
NAME = "scanned"

# Every fourth table is about people. The server makes the values, so that filling does not take longer than looking.
PEOPLE = """
id int primary key, first_name text, last_name text, email text, phone text, street text, city text, zip text,
born date, ssn text, notes text, created_at timestamptz, updated_at timestamptz, status text, plan text, score int,
ref text, token uuid, settings jsonb, amount numeric
"""
PEOPLE_VALUES = """
n, 'Anna', 'Schmidt' || n, 'p' || n || '@corp.example', '+1-202-555-' || lpad((n % 10000)::text, 4, '0'),
n || ' Main Street', 'Springfield', lpad(n::text, 5, '0'), date '1950-01-01' + n,
'521-' || lpad((n % 99 + 1)::text, 2, '0') || '-' || lpad((n % 9999 + 1)::text, 4, '0'), 'called on day ' || n, now(),
now(), 'active', 'basic', n % 100, 'ORD-2024-' || n, gen_random_uuid(), '{"theme": "dark"}', n * 1.5
"""
THINGS = """
id bigint primary key, sku text, title text, description text, price numeric, weight numeric, made_on date,
released timestamptz, isbn text, gtin text, version text, sha text, uid uuid, status text, kind text, quantity int,
tags text[], meta jsonb, path text, note text
"""
THINGS_VALUES = """
4000000000000000 + n, 'SKU-' || n, 'Wooden desk lamp ' || n, 'A lamp of size ' || n, n * 1.25, n / 3.0,
date '2020-01-01' + n, now(), '978-3-16-148410-' || n % 10, '4006381333931', '1.' || n % 20 || '.' || n % 9,
md5(n::text), gen_random_uuid(), 'new', 'b', n, array['may', 'rose'], '{"size": 3}', '/srv/img/' || n || '.png', 'sold'
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One scan."""

    tables: int
    columns: int
    sensitive: int
    seconds: float
    cpu_seconds: float
    database_cpu_seconds: float
    memory_grown_mib: float


def fill(server: ThrowawayPostgres, tables: int) -> None:
    """Make the tables, in one round trip each ten."""
    server.run(f"create database {NAME}")
    for begin in range(0, tables, 50):
        server.run(
            ";".join(
                f"create table {'customers' if at % 4 == 0 else 'items'}_{at} ({PEOPLE if at % 4 == 0 else THINGS});"
                f"insert into {'customers' if at % 4 == 0 else 'items'}_{at} "
                f"select {PEOPLE_VALUES if at % 4 == 0 else THINGS_VALUES} from generate_series(1, {ROWS}) n"
                for at in range(begin, min(tables, begin + 50))
            ),
            NAME,
        )
    server.run("analyze", NAME)


async def look(server: ThrowawayPostgres) -> Measured:
    """Scan the database, and measure this process meanwhile."""
    role = UpstreamRole(server.superuser, Secret(server.password))
    questions = Questions(Database(NAME, (Host(server.host, server.port),), NAME, role, tls="off"))
    await questions("select 1")  # the server's process for us is there, and counts
    before, began, spent, theirs = _high_water(), time.perf_counter(), time.process_time(), _cpu_of(server)
    try:
        seen = await survey.take(questions, NAME, None, again=True)
        theirs = _cpu_of(server) - theirs
    finally:
        questions.close()
    found = [f for c, f in seen.classified.findings.items() if c.relation in seen.looked_at]
    return Measured(
        tables=len(seen.looked_at),
        columns=len(found),
        sensitive=sum(f.data_class is not None for f in found),
        seconds=time.perf_counter() - began,
        cpu_seconds=time.process_time() - spent,
        database_cpu_seconds=theirs,
        memory_grown_mib=_high_water() - before,
    )


def _cpu_of(server: ThrowawayPostgres) -> float:
    """Return the CPU seconds of all processes, those that have ended among them."""
    first = psutil.Process(server.pid)
    return sum(sum(each.cpu_times()[:4]) for each in (first, *first.children(recursive=True)))


def _high_water() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Start a server, fill it, scan it, print."""
    if find_any() is None:
        print("no PostgreSQL is installed here: nothing was measured")
        return 0
    tables = TABLES // 10 if "--quick" in sys.argv else TABLES
    with ThrowawayPostgres() as server:
        fill(server, tables)
        measured = asyncio.run(look(server))
    print(f"scan of {measured.tables} tables, {measured.columns} columns, {measured.sensitive} of them sensitive")
    print(f"  {measured.seconds:6.1f} s in all   (target {TARGET_SECONDS * tables / TABLES:.0f} s on 2 cores)")
    print(
        f"  {measured.cpu_seconds:6.1f} s of a core here, {measured.database_cpu_seconds:.1f} s of one in the database"
    )
    print(f"  {measured.memory_grown_mib:6.1f} MiB more memory at its highest than before")
    OUT.mkdir(exist_ok=True)
    Path(OUT / "scan.json").write_text(json.dumps(asdict(measured)))
    return 0 if measured.seconds <= TARGET_SECONDS * tables / TABLES else 1


if __name__ == "__main__":
    sys.exit(main())
