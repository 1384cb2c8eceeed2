"""Masks handed back through real drivers: class × type × form × driver, printed; each cell works or is refused in words.

A cell works when the row of the masked value comes back, and no other. COPY FROM must be refused, and must write nothing.
Classes and types whose masks are no keys are asked about like plain values, and in COPY FROM they are not known for masks.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql as pg
from sqlalchemy.ext.asyncio import create_async_engine

from demo.postgres import ThrowawayPostgres
from tests.databases.vault import EVERY, Held, Vault, vault

FORMS = ("literal", "text Bind", "binary Bind", "IN", "ANY", "COPY FROM")
WORKS, REFUSED = "works", "refused"
REFUSAL = "a masked value would be written into public.intake."
Cell = Callable[[Held, list[str]], list[int]]
"""Asks for the rows whose column is one of these masks; returns their ids."""


@pytest.fixture(scope="module", params=["postgres", "postgres18"])
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    server: ThrowawayPostgres = request.getfixturevalue(request.param)
    with vault(server, tmp_path_factory.mktemp("vault")) as made:
        yield made


def outcome(found: Vault, form: str, cell: Cell, column: Held) -> str:
    """Play one cell of the matrix; return what came of it, or raise."""
    masks = found.masks[column.name]
    if not column.key:
        if form == "COPY FROM":
            return "not known"
        with pytest.raises(Exception, match="infer"):
            cell(column, list(masks[:1]))
        return "asked"
    if form == "COPY FROM":
        try:
            cell(column, list(masks[:1]))
        except Exception as refused:
            assert REFUSAL + column.name in str(refused), refused
            assert found.direct("select count(*) from intake") == [(0,)]
            return REFUSED
        raise AssertionError(f"a mask was copied into {column.name}")
    for wanted in ([1], [2]) if form not in ("IN", "ANY") else ([1, 3], [2]):
        assert sorted(cell(column, [masks[n - 1] for n in wanted])) == wanted, (form, column)
    for true in column.values[:1]:
        with pytest.raises(Exception, match="infer"):
            cell(column, [true])
    return WORKS


def matrix(found: Vault, driver: str, cells: dict[str, Cell | str], show: pytest.CaptureFixture[str]) -> None:
    """Play all cells of a driver and print them; what a driver cannot say is told as such."""
    table = []
    for column in EVERY:
        said = []
        for form in FORMS:
            cell = cells[form]
            said.append(cell if isinstance(cell, str) else outcome(found, form, cell, column))
        table.append((f"{column.data_class} {column.type}", said))
    with show.disabled():
        print(f"\n{driver:<30}" + "".join(f"{form:<14}" for form in FORMS))
        for name, said in table:
            print(f"{name:<30}" + "".join(f"{word:<14}" for word in said))


def quoted(column: Held, value: str) -> str:
    return value if column.integral else "'" + value + "'"


def asked(column: Held, values: list[str]) -> str:
    return f"select id from vault where {column.name} = {quoted(column, values[0])}"


def listed(column: Held, values: list[str]) -> str:
    return f"select id from vault where {column.name} in ({', '.join(quoted(column, v) for v in values)})"


def arrayed(column: Held, values: list[str]) -> str:
    return f"select id from vault where {column.name} = any('{{{','.join(values)}}}')"


# ---- psql


def psql(found: Vault, text: str, given: str = "") -> list[int]:
    binary = found.server.binaries / "psql"
    ran = subprocess.run(
        [str(binary), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", found.dsn()],
        input=text + "\n" + given, capture_output=True, text=True, env={**os.environ, "PGOPTIONS": ""}, timeout=60,
        check=False,
    )  # fmt: skip
    if ran.returncode or "ERROR" in ran.stderr:
        raise RuntimeError(ran.stderr)
    return [int(line) for line in ran.stdout.split()]


def psql_version(found: Vault) -> str:
    return subprocess.run([found.server.binaries / "psql", "-V"], capture_output=True, text=True, check=True).stdout


def psql_copy(found: Vault, column: Held, value: str) -> list[int]:
    return psql(found, f"copy intake (id, {column.name}) from stdin;", f"7\t{value}\n\\.\n")


def test_psql(held: Vault, capsys: pytest.CaptureFixture[str]) -> None:
    def bind(column: Held, values: list[str]) -> list[int]:
        return psql(held, f"select id from vault where {column.name} = $1 \\bind '{values[0]}' \\g")

    newest = "(PostgreSQL) 15" not in psql_version(held)
    cells: dict[str, Cell | str] = {
        "literal": lambda c, v: psql(held, asked(c, v) + ";"),
        "text Bind": bind if newest else "psql has none",
        "binary Bind": "psql has none",
        "IN": lambda c, v: psql(held, listed(c, v) + ";"),
        "ANY": lambda c, v: psql(held, arrayed(c, v) + ";"),
        "COPY FROM": lambda c, v: psql_copy(held, c, v[0]),
    }
    matrix(held, "psql", cells, capsys)


# ---- psycopg


def python_value(column: Held, value: str) -> int | Decimal | str:
    return (Decimal(value) if column.type == "numeric" else int(value)) if column.integral else value


def test_psycopg(held: Vault, capsys: pytest.CaptureFixture[str]) -> None:
    with psycopg.connect(held.dsn(), autocommit=True) as plain:

        def ask(text: str, values: list[Any], *, binary: bool = False) -> list[int]:
            with psycopg.Cursor(plain) as cursor:
                return [row[0] for row in cursor.execute(text.encode(), values, binary=binary).fetchall()]

        def literal(column: Held, values: list[str]) -> list[int]:
            with psycopg.ClientCursor(plain) as cursor:
                text = f"select id from vault where {column.name} = %s"
                cursor.execute(text.encode(), [python_value(column, values[0])])
                return [row[0] for row in cursor.fetchall()]

        def copy(column: Held, values: list[str]) -> list[int]:
            command = pg.SQL("copy intake (id, {}) from stdin").format(pg.Identifier(column.name))
            with plain.cursor() as cursor, cursor.copy(command) as copying:
                copying.write_row((7, python_value(column, values[0])))
            return []

        def one(mark: str) -> Cell:
            def cell(column: Held, values: list[str]) -> list[int]:
                text = f"select id from vault where {column.name} = {mark}"
                return ask(text, [python_value(column, values[0])], binary=mark == "%b")

            return cell

        def several(column: Held, values: list[str]) -> list[int]:
            marks = ", ".join("%s" for _ in values)
            text = f"select id from vault where {column.name} in ({marks})"
            return ask(text, [python_value(column, v) for v in values])

        def in_array(column: Held, values: list[str]) -> list[int]:
            text = f"select id from vault where {column.name} = any(%s)"
            return ask(text, [[python_value(column, v) for v in values]])

        cells: dict[str, Cell | str] = {
            "literal": literal,
            "text Bind": one("%t"),
            "binary Bind": one("%b"),
            "IN": several,
            "ANY": in_array,
            "COPY FROM": copy,
        }
        matrix(held, "psycopg", cells, capsys)


# ---- asyncpg


def test_asyncpg(held: Vault, capsys: pytest.CaptureFixture[str]) -> None:
    host, port = held.gateway.postgres
    loop = asyncio.new_event_loop()
    where = {"host": host, "port": port, "user": "copilot", "password": "copilot-pw", "database": "vault", "ssl": False}
    # Where jit is on, asyncpg sets it back by a set_config that nobody sees through, once it has asked for a type.
    asker = loop.run_until_complete(asyncpg.connect(**where, server_settings={"jit": "off"}))

    def ask(text: str, *values: object) -> list[int]:
        return [row[0] for row in loop.run_until_complete(asker.fetch(text, *values))]

    def copy(column: Held, values: list[str]) -> list[int]:
        rows = [(7, python_value(column, values[0]))]
        loop.run_until_complete(asker.copy_records_to_table("intake", records=rows, columns=["id", column.name]))
        return []

    def several(column: Held, values: list[str]) -> list[int]:
        marks = ", ".join(f"${n}" for n, _ in enumerate(values, 1))
        text = f"select id from vault where {column.name} in ({marks})"
        return ask(text, *(python_value(column, v) for v in values))

    cells: dict[str, Cell | str] = {
        "literal": lambda c, v: ask(asked(c, v)),
        "text Bind": "asyncpg none",
        "binary Bind": lambda c, v: ask(f"select id from vault where {c.name} = $1", python_value(c, v[0])),
        "IN": several,
        "ANY": lambda c, v: ask(
            f"select id from vault where {c.name} = any($1)",
            [python_value(c, each) for each in v],
        ),
        "COPY FROM": copy,
    }
    try:
        matrix(held, "asyncpg", cells, capsys)
    finally:
        loop.run_until_complete(asker.close())
        loop.close()


# ---- SQLAlchemy


def table_of() -> sa.Table:
    sorts = {"bigint": sa.BigInteger, "numeric": sa.Numeric}
    columns = [sa.Column(c.name, sorts.get(c.type, sa.String)) for c in EVERY]
    return sa.Table("vault", sa.MetaData(), sa.Column("id", sa.Integer), *columns)


def alchemy(run: Callable[[Any], list[int]], bind: str) -> dict[str, Cell | str]:
    vaulted = table_of()

    def one(column: Held, values: list[str]) -> list[int]:
        return run(sa.select(vaulted.c.id).where(vaulted.c[column.name] == python_value(column, values[0])))

    def literal(column: Held, values: list[str]) -> list[int]:
        said = sa.literal(python_value(column, values[0]), literal_execute=True)
        return run(sa.select(vaulted.c.id).where(vaulted.c[column.name] == said))

    def several(column: Held, values: list[str]) -> list[int]:
        given = [python_value(column, v) for v in values]
        return run(sa.select(vaulted.c.id).where(vaulted.c[column.name].in_(given)))

    def in_array(column: Held, values: list[str]) -> list[int]:
        from sqlalchemy.dialects.postgresql import ARRAY

        kind = vaulted.c[column.name].type
        given = sa.bindparam("given", [python_value(column, v) for v in values], type_=ARRAY(kind))
        return run(sa.select(vaulted.c.id).where(vaulted.c[column.name] == sa.any_(given)))

    other = "text Bind" if bind == "binary Bind" else "binary Bind"
    return {
        "literal": literal, bind: one, other: "not its way", "IN": several, "ANY": in_array, "COPY FROM": "driver's",
    }  # fmt: skip


def test_sqlalchemy_over_psycopg(held: Vault, capsys: pytest.CaptureFixture[str]) -> None:
    host, port = held.gateway.postgres
    engine = sa.create_engine(f"postgresql+psycopg://copilot:copilot-pw@{host}:{port}/vault?sslmode=disable")
    try:

        def run(statement: Any) -> list[int]:
            with engine.connect() as asker:
                return [row[0] for row in asker.execute(statement)]

        matrix(held, "SQLAlchemy (psycopg)", alchemy(run, "text Bind"), capsys)
    finally:
        engine.dispose()


def test_sqlalchemy_over_asyncpg(held: Vault, capsys: pytest.CaptureFixture[str]) -> None:
    host, port = held.gateway.postgres
    loop = asyncio.new_event_loop()
    where = {"ssl": False, "server_settings": {"jit": "off"}}
    engine = create_async_engine(f"postgresql+asyncpg://copilot:copilot-pw@{host}:{port}/vault", connect_args=where)

    async def asked_of(statement: Any) -> list[int]:
        async with engine.connect() as asker:
            return [row[0] for row in await asker.execute(statement)]

    try:
        matrix(
            held, "SQLAlchemy (asyncpg)", alchemy(lambda s: loop.run_until_complete(asked_of(s)), "binary Bind"), capsys
        )
    finally:
        loop.run_until_complete(engine.dispose())
        loop.close()


# ---- JDBC

JAR = Path("/usr/share/java/postgresql.jar")


@pytest.fixture(scope="session")
def java(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The program that asks, compiled. A missing driver is a failure: Java is what most applications speak."""
    if shutil.which("javac") is None or not JAR.exists():
        pytest.fail("needs Java and its driver: apt-get install default-jdk-headless libpostgresql-jdbc-java")
    folder = tmp_path_factory.mktemp("java")
    source = Path(__file__).parent / "foreign" / "MaskedKeys.java"
    subprocess.run(["javac", "-cp", str(JAR), "-d", str(folder), str(source)], check=True)
    return ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{JAR}:{folder}", "MaskedKeys"]


def test_jdbc(held: Vault, java: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    host, port = held.gateway.postgres
    url = f"jdbc:postgresql://{host}:{port}/vault?user=copilot&password=copilot-pw&sslmode=disable"
    with subprocess.Popen([*java, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin is not None and program.stdout is not None
        given, said = program.stdin, program.stdout

        def ask(form: str) -> Cell:
            def cell(column: Held, values: list[str]) -> list[int]:
                given.write("\t".join((form, column.name, column.type, "|".join(values))) + "\n")
                given.flush()
                word, _, rest = said.readline().partition(" ")
                if word.strip() != "ids":
                    raise RuntimeError(rest)
                found = [int(n) for n in rest.split()]
                # A literal is asked twice, as a simple query and by Parse.
                return found if form != "literal" else sorted(set(found)) if len(found) == 2 else [-1]

            return cell

        matrix(held, "JDBC", {form: ask(form) for form in FORMS}, capsys)
        given.close()
