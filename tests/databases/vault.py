"""A database of columns whose masks can be handed back, one for each class and type, and the gateway before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from demo.gateway import Gateway
from demo.postgres import ThrowawayPostgres
from proctor.edge.data_map import Override
from proctor.edge.overrides import overridden
from proctor.edge.store import Store
from proctor.terms import Column, DataClass, Relation
from tests.databases import raw

ADA, COPILOT = ("ada", "ada-pw"), ("copilot", "copilot-pw")
SUE, SCOUT, UNA = ("sue", "sue-pw"), ("scout", "scout-pw"), ("una", "una-pw")
"""Somebody of the support, an agent of hers, and somebody of privacy; no shipped rule speaks of any."""

CONFIG = """
state = "./state"
[listen]
postgres = "127.0.0.1:0"
console = "127.0.0.1:0"
tls = "off"
[masking]
style = "{style}"
[approvals]
wait = "0s"
[databases.vault]
host = "127.0.0.1"
port = {port}
database = "{name}"
user = "app"
password = "app-pw"
environment = "development"
[people]
ada = {{ groups = ["engineering"], password = "ada-pw" }}
sue = {{ groups = ["support"], password = "sue-pw" }}
una = {{ groups = ["privacy"], password = "una-pw" }}
[agents]
copilot = {{ owner = "ada", password = "copilot-pw" }}
scout = {{ owner = "sue", password = "scout-pw" }}
[policy]
paths = ["./rules"]
"""


@dataclass(frozen=True)
class Held:
    """A column of the vault: its class, its type, and the values in its first three rows."""

    name: str
    data_class: str
    type: str
    values: tuple[str, str, str]
    key: bool = True
    """Whether its masks can be handed back; others are asked about like plain values."""

    @property
    def integral(self) -> bool:
        """Whether its values travel as numbers."""
        return self.type in ("bigint", "numeric")


COLUMNS = (
    Held("email", "email", "text", ("ada@example.com", "Bob.B@Example.ORG", "c+news@sub.example.net")),
    Held("email_v", "email", "varchar(120)", ("dora@example.com", "erin@example.org", "frank@example.net")),
    Held("email_b", "email", "char(60)", ("gus@example.com", "hal@example.org", "ida@example.net")),
    Held("ssn", "us_ssn", "text", ("078-05-1120", "219-09-9999", "457-55-5462")),
    Held("ssn_n", "us_ssn", "bigint", ("123456789", "321654987", "987654321")),
    Held("card", "payment_card", "varchar(19)", ("4111111111111111", "5500005555555559", "340000000000009")),
    Held("card_n", "payment_card", "bigint", ("4012888888881881", "4222222222222220", "5105105105105100")),
    Held("card_d", "payment_card", "numeric", ("4000056655665556", "5200828282828210", "4242424242424242")),
    Held("iban", "iban", "text", ("DE89370400440532013000", "GB29NWBK60161331926819", "NL91ABNA0417164300")),
    Held("cpf", "br_cpf", "text", ("529.982.247-25", "111.444.777-35", "123.456.789-09")),
    Held("passport", "passport", "text", ("C01X00T47", "L898902C3", "P7800034")),
    Held("login", "username", "text", ("ada_l", "bob.b", "carol-99")),
)  # fmt: skip
NO_KEYS = (
    Held("device", "device_id", "uuid", ("3fa85f64-5717-4562-b3fc-2c963f66afa6", "0b6d7f0e-9a53-4a43-8c0a-0e8f2d3c4b5a",
                                         "7d444840-9dc0-11d1-b245-5ffdce74fad2"), key=False),
    Held("account", "bank_account", "bigint", ("1234567890", "2233445566", "987654321"), key=False),
)  # fmt: skip
EVERY = COLUMNS + NO_KEYS
TABLE = "create table vault (id int primary key, kind text, {columns})"
COPY = "create table intake (id int, kind text, {columns})"

MADE = """
create type blood as enum ('A', 'B', 'AB', '0 "rh"');
create type place as (street text, house int, code varchar(8));
create type person as (email text, home place, groups blood[]);
create type days as range (subtype = date);
create table patients (
    id int primary key, blood_type blood, blood_types blood[], home place, homes place[], kin person, absent days,
    stays datemultirange
);
insert into patients values (
    1, 'AB', array['A', null, '0 "rh"']::blood[], row('12 Elm, "West"', 12, 'AB1 2CD'),
    array[row('Rue X', 9, null)::place, null], row('ada@example.com', row('Rue Y', 7, 'x')::place, '{B}'),
    '[2026-01-01,2026-02-01)', '{[2026-01-01,2026-02-01)}'
), (2, null, null, null, null, null, null, null);
"""
LIVES = """
create table persons (id int primary key, name text, birth_date date, hired timestamptz);
create table stays (id int primary key, person int references persons, came timestamp, went timestamp, seen text);
insert into persons values
    (1, 'Ada Lee', '1980-02-29', '2004-05-06 10:11:12.5+00'), (2, 'Bo Chan', '1980-02-29', '2004-05-07 00:00:00+00'),
    (3, 'Cy Dunn', '1999-12-31', null);
insert into stays values
    (10, 1, '2020-01-01 08:00:00', '2020-01-05 17:30:00', '2020-01-02'),
    (11, 1, '2021-06-01 00:00:00', '2021-06-02 09:00:01', 'never'), (12, 2, '2020-01-01 08:00:00', null, '2020-01-02'),
    (13, null, '2020-01-01 08:00:00', '2020-01-05 17:30:00', '2020-01-02');
"""
DATES = {"persons": {"name": "person_name", "birth_date": "birth_date", "hired": "life_date"},
         "stays": {"came": "life_date", "went": "life_date", "seen": "life_date"}}  # fmt: skip
PATIENTS = {"blood_type": "health", "blood_types": "health", "home": "address", "homes": "address", "kin": "email",
          "absent": "health", "stays": "health"}  # fmt: skip
"""Columns of types that the database has made, and their classes."""


@dataclass
class Vault:
    """The server, the gateway, and the masks that a person sees in the first three rows."""

    server: ThrowawayPostgres
    gateway: Gateway
    name: str
    masks: dict[str, tuple[str, str, str]]

    def dsn(self, who: tuple[str, str] = COPILOT, **more: str) -> str:
        """Return a connection string through the gateway."""
        host, port = self.gateway.postgres
        words = {"host": host, "port": str(port), "dbname": "vault", "user": who[0], "password": who[1]}
        return " ".join(f"{k}='{v}'" for k, v in {"sslmode": "disable", **words, **more}.items())

    def raw(self, who: tuple[str, str] = COPILOT) -> raw.Raw:
        """Return a raw connection through the gateway."""
        return raw.connect(self.gateway.postgres, *who, "vault")

    def direct(self, sql: str) -> list[tuple[object, ...]]:
        """Run statements around the gateway."""
        return self.server.run(sql, self.name)

    def decided(self) -> list[dict[str, object]]:
        """Return the journal's records of what was decided."""
        said = self.gateway.ask("audit", "export", "--format", "jsonl")
        assert said.code == 0, said.text
        return [record for record in said.objects() if record["kind"] == "statement.decided"]


def fill(server: ThrowawayPostgres, name: str) -> None:
    """Make the tables; the scan is told what each column holds by the data map, so no name has to give it away."""
    columns = ", ".join(f"{c.name} {c.type}" for c in EVERY)
    rows = ["(" + ", ".join([str(at + 1), "'n'", *(f"'{c.values[at]}'" for c in EVERY)]) + ")" for at in range(3)]
    with psycopg.connect(server.dsn(name, user="app", password="app-pw"), autocommit=True) as owner:
        owner.execute(TABLE.format(columns=columns))  # type: ignore[arg-type]
        owner.execute(COPY.format(columns=columns))  # type: ignore[arg-type]
        owner.execute("insert into vault values " + ", ".join(rows))  # type: ignore[arg-type]
        owner.execute(MADE.encode())
        owner.execute(LIVES.encode())


def classify(state: Path) -> None:
    """Say by hand what each column holds, before anybody looks."""
    said = [(table, held.name, held.data_class) for table in ("vault", "intake") for held in EVERY]
    said += [("patients", name, data_class) for name, data_class in PATIENTS.items()]
    said += [(table, name, data_class) for table, held in DATES.items() for name, data_class in held.items()]
    with Store.open(state, migrate=True) as store:
        for table, name, data_class in said:
            column = Column(Relation("public", table), name)
            overridden(store, "vault", Override(column, DataClass(data_class), "a test", "it is", datetime.now(UTC)))


@contextmanager
def vault(server: ThrowawayPostgres, folder: Path, *, style: str = "useful", rules: str = "") -> Iterator[Vault]:
    """Fill a fresh database and start the gateway before it; every column is classified by hand."""
    server.run("do $$ begin create role app login password 'app-pw'; exception when duplicate_object then end $$")
    name = server.fresh_database()
    server.run(f"alter database {name} owner to app")
    server.run("alter schema public owner to app", name)
    fill(server, name)
    (folder / "rules").mkdir()
    (folder / "rules" / "own.cedar").write_text(rules)
    config = folder / "proctor.toml"
    config.write_text(CONFIG.format(port=server.port, name=name, style=style))
    config.chmod(0o600)
    classify(folder / "state")
    with Gateway(config) as gateway:
        made = Vault(server, gateway, name, {})
        names = ", ".join(held.name for held in EVERY)
        with psycopg.connect(made.dsn()) as asker:
            rows = asker.execute(f"select {names} from vault order by id").fetchall()  # type: ignore[arg-type]
        for at, held in enumerate(EVERY):
            masks = tuple(str(row[at]).rstrip(" ") for row in rows)
            assert len(masks) == 3 and not set(masks) & set(held.values), held
            made.masks[held.name] = masks
        yield made
        assert "Traceback" not in gateway.log(), gateway.log()
