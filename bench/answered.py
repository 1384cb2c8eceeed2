"""How much of ordinary work over personal data is answered, with masks, for somebody who may not unmask.

Never leaking by refusing everything would be no feat. The queries of `ordinary` are run through the gateway as an engineer
of no special right, psql's and pg_dump's own and an ORM's reflection after them; the share must not fall below nine in ten.
"""
# ruff: noqa: E501 - commands and statements read best whole

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import sqlalchemy

from bench.ordinary import SCHEMA, SHAPES, WEIGHTS, Ordinary, queries
from bench.pgbench import OUT
from demo.gateway import Gateway
from demo.postgres import ThrowawayPostgres

TARGET = 0.9
SEED = 20261123
COUNT, QUICK = 1500, 400

CONFIG = """
state = "./state"
[listen]
postgres = "127.0.0.1:0"
console = "127.0.0.1:0"
tls = "off"
[approvals]
wait = "0s"
[databases.shop]
host = "127.0.0.1"
port = {port}
database = "shop"
user = "{user}"
password = "{password}"
tls = "off"
environment = "production"
[people.ada]
groups = ["engineering"]
password = "ada-pw"
"""
BACKSLASHES = (
    r"\d customers", r"\d+ customers", r"\d+ open_tickets", r"\dt+", r"\df", r"\du", r"\l", r"\dn+", r"\dp customers", r"\dx", r"\do =",
    r"\dT+", r"\di+", r"\dv+", r"\dm+", r"\ds", r"\sv open_tickets", r"\dd", r"\z",
    "select full_name, email from customers where id < 4 \\gdesc", "select country, status, count(*) from customers group by 1, 2 \\crosstabview",
    r"\copy (select id, full_name, email from customers where id < 5) to pstdout csv", r"\copy customers to pstdout",
)  # fmt: skip


@dataclass
class Counts:
    """What was asked and answered, by the sort of traffic, and a refusal's reason with one statement that met it."""

    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    why: dict[str, str] = field(default_factory=dict)

    def note(self, sort: str, statement: str, refusal: str) -> None:
        """Count one statement; no refusal means that it was answered."""
        self.asked[sort] += 1
        self.answered[sort] += not refusal
        if refusal:
            self.why.setdefault(refusal.splitlines()[0], statement)

    @property
    def share(self) -> float:
        """The part of all that was answered."""
        return self.answered.total() / max(self.asked.total(), 1)


@dataclass(frozen=True)
class Shop:
    """The database, and the way through the gateway to it."""

    server: ThrowawayPostgres
    address: tuple[str, int]

    @property
    def dsn(self) -> str:
        """Return where the gateway is, for libpq."""
        host, port = self.address
        return f"host={host} port={port} dbname=shop user=ada password=ada-pw sslmode=disable"

    def program(self, name: str, *arguments: str, stdin: str = "") -> tuple[int, str]:
        """Run one of the server's own programs through the gateway; return how it ended and what it complained of."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        command = [str(self.server.binaries / name), *arguments, self.dsn]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, env=environment)
        return done.returncode, done.stderr


@contextmanager
def shop() -> Iterator[Shop]:
    """Run the database and the gateway before it."""
    with tempfile.TemporaryDirectory() as folder, ThrowawayPostgres(version="any") as server:
        server.run("create role app login password 'app-pw'")
        server.run("create database shop owner app")
        with psycopg.connect(server.dsn("shop", user="app", password="app-pw"), autocommit=True) as owner:
            owner.execute(SCHEMA)
        config = Path(folder) / "proctor.toml"
        config.write_text(CONFIG.format(port=server.port, user="app", password="app-pw"))
        config.chmod(0o600)
        with Gateway(config) as gateway:
            yield Shop(server, gateway.postgres)


def run_queries(where: Shop, asked: Iterator[Ordinary], counts: Counts) -> None:
    """Run each query in a transaction that is taken back."""
    with psycopg.connect(where.dsn, autocommit=True) as connection:
        for query in asked:
            connection.execute("begin")
            try:
                _run(connection, query.sql)
            except psycopg.errors.InsufficientPrivilege as e:
                counts.note(query.sort, query.sql, e.diag.message_primary or "refused")
            else:
                counts.note(query.sort, query.sql, "")
            connection.execute("rollback")


def _run(connection: psycopg.Connection, sql: str) -> None:
    with connection.cursor() as cursor:
        if sql.startswith("copy"):
            with cursor.copy(sql.encode()) as copy:
                for _ in copy:
                    pass
        else:
            cursor.execute(sql.encode())


def run_programs(where: Shop, counts: Counts) -> None:
    """Run psql's own commands and the dumps of pg_dump."""
    for command in BACKSLASHES:
        code, said = where.program("psql", "-X", "-v", "ON_ERROR_STOP=1", "-q", stdin=command + "\n")
        counts.note("psql's own", command, said if code or "ERROR" in said else "")
    for how in (["--schema-only"], ["--table=customers"], ["--data-only", "--inserts", "--table=employees"], []):
        code, said = where.program("pg_dump", *how, "-d")
        counts.note("pg_dump's own", " ".join(how), said if code else "")


def run_orm(where: Shop, counts: Counts) -> None:
    """Let an ORM look at the tables and read through what it has found."""
    host, port = where.address
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://ada:ada-pw@{host}:{port}/shop?sslmode=disable")
    with engine.connect() as connection:
        tables = sqlalchemy.MetaData()
        tables.reflect(connection)
        counts.note("an ORM's own", "reflect", "" if "customers" in tables.tables else "not reflected")
        customers, orders = tables.tables["customers"], tables.tables["orders"]
        joined = customers.join(orders)
        selects = [
            sqlalchemy.select(customers).where(customers.c.id == 5),
            sqlalchemy.select(customers.c.full_name, orders.c.total).select_from(joined).where(orders.c.total > 20).limit(7),
            sqlalchemy.select(customers.c.country, sqlalchemy.func.count()).group_by(customers.c.country),
            sqlalchemy.select(customers).where(customers.c.id.in_([1, 2, 3])).order_by(customers.c.id.desc()),
            sqlalchemy.select(sqlalchemy.func.count()).select_from(sqlalchemy.select(customers.c.email).distinct().subquery()),
            sqlalchemy.select(customers.c.email, sqlalchemy.select(sqlalchemy.func.max(orders.c.total)).where(
                orders.c.customer_id == customers.c.id).scalar_subquery()).limit(5),
            sqlalchemy.select(customers.c.id, customers.c.phone).where(customers.c.phone.is_not(None)).limit(5),
            sqlalchemy.update(customers).where(customers.c.id == 3).values(status="lead").returning(customers.c.full_name),
        ]  # fmt: skip
        for select in selects:
            try:
                connection.execute(select).all()
            except sqlalchemy.exc.ProgrammingError as e:
                counts.note("an ORM's own", str(select), str(e.orig))
            else:
                counts.note("an ORM's own", str(select), "")
            connection.rollback()
    engine.dispose()


def measure(count: int) -> Counts:
    """Ask everything; return what was answered."""
    counts = Counts()
    with shop() as where:
        run_queries(where, queries(SEED, count), counts)
        run_programs(where, counts)
        run_orm(where, counts)
    return counts


def main() -> int:
    """Print the shares, write them as JSON, and say by the exit code whether nine in ten were answered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer queries")
    counts = measure(QUICK if parser.parse_args().quick else COUNT)
    print(
        f"ordinary work over personal data, for a person without the right to unmask ({len(SHAPES)} sorts of queries)"
    )
    print(f"{'':28}{'asked':>8}{'answered':>10}{'share':>8}")
    for sort in (*WEIGHTS, *(each for each in counts.asked if each not in WEIGHTS)):
        asked, answered = counts.asked[sort], counts.answered[sort]
        print(f"{sort:28}{asked:>8}{answered:>10}{answered / max(asked, 1):>8.1%}")
    print(f"{'all':28}{counts.asked.total():>8}{counts.answered.total():>10}{counts.share:>8.1%}   target {TARGET:.0%}")
    for reason, statement in counts.why.items():
        print(f"  refused: {reason[:110]}\n           {statement[:110]}")
    OUT.mkdir(exist_ok=True)
    report = {"share": counts.share, "asked": counts.asked, "answered": counts.answered, "refused": counts.why}
    (OUT / "answered.json").write_text(json.dumps(report, indent=1) + "\n")
    return 0 if counts.share >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
