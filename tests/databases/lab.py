"""A database and Proctor before it, as the tests of this folder and of `adversity` use them."""

from __future__ import annotations

import json
import select
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psycopg

from demo.gateway import Gateway, Said
from demo.postgres import ThrowawayPostgres
from tests.databases import raw

PEOPLE = {
    "loader": "loader-pw",
    "ada": "ada-pw",
    "bob": "bob-pw",
    "dana": "dana-pw",
    "sid": "sid-pw",
    "copilot": "copilot-pw",
    "clerk": "clerk-pw",
}
OWNER, OWNER_PASSWORD = "app", "app-pw"
DEADLINE = 30.0

Found = TypeVar("Found")

CONFIG = """
state = "./state"
[listen]
postgres = "{listen}"
console = "127.0.0.1:0"
workers = {workers}
tls = "{tls}"
[approvals]
wait = "{wait}"
[limits]
login = "{login}"
message_bytes = "64MiB"
{limits}
[databases.plain]
host = "127.0.0.1"
port = {port}
database = "{plain}"
user = "app"
password = "app-pw"
environment = "development"
{upstream}
[databases.shop]
host = "127.0.0.1"
port = {port}
database = "{shop}"
user = "app"
password = "app-pw"
environment = "production"
{more}
[people]
ada = {{ groups = ["engineering"], password = "ada-pw" }}
bob = {{ groups = ["engineering"], password = "bob-pw" }}
dana = {{ groups = ["dba"], password = "dana-pw" }}
sid = {{ groups = ["security"], password = "sid-pw" }}
[agents]
copilot = {{ owner = "ada", password = "copilot-pw" }}
clerk = {{ owner = "ada", password = "clerk-pw", tasks = ["billing"] }}
[tasks.billing]
tables = ["public.orders"]
[services]
loader = {{ password = "loader-pw" }}
[policy]
paths = ["./rules"]
"""

# Nothing in it is anybody's: the scan finds no class, and no rule of a development database applies.
PLAIN = """
create table parts (id int primary key, label text not null, qty int not null default 0, weight numeric(10,3),
                    tags text[], made timestamptz, extra jsonb, bits bytea);
insert into parts select n, 'part ' || n, n * 7 % 100, n / 8.0, array['t' || n % 3, 'u'],
  timestamptz '2024-02-29 12:00:00+00' + n * interval '1 hour', jsonb_build_object('n', n), decode(lpad(to_hex(n), 4, '0'), 'hex')
  from generate_series(1, 200) n;
create table bins (id serial primary key, part int references parts, slot text unique, depth smallint check (depth > 0));
insert into bins (part, slot, depth) select n, 's' || n, n from generate_series(1, 20) n;
create view heavy as select id, label, weight from parts where weight > 10;
create type colour as enum ('red', 'green', 'blue');
create table tints (id int, hue colour, span int4range, pair point);
insert into tints values (1, 'red', '[1,5)', '(1,2)'), (2, 'blue', 'empty', null);
create index parts_label on parts (label);
create sequence ticks;
create domain small as int check (value < 100);
create function twice(n int) returns int language sql immutable as 'select n * 2';
create materialized view totals as select qty, count(*) as n from parts group by qty;
comment on table parts is 'what things are made of';
"""

SHOP = """
create table customers (id int primary key, full_name text, email text, created date);
insert into customers select n, 'Person ' || n, 'person' || n || '@example.com', date '2024-01-01' + n % 300
  from generate_series(1, 300) n;
create table orders (id serial primary key, customer int references customers, total numeric(10,2), state text);
insert into orders (customer, total, state) select n % 300 + 1, n, 'open' from generate_series(1, 600) n;
analyze;
"""


@dataclass
class Lab:
    """A server with two databases, and the gateway before them."""

    server: ThrowawayPostgres
    gateway: Gateway
    folder: Path
    names: dict[str, str] = field(default_factory=dict)

    @property
    def direct(self) -> tuple[str, int]:
        """Where the database itself is."""
        return self.server.host, self.server.port

    @property
    def through(self) -> tuple[str, int]:
        """Where the gateway is."""
        return self.gateway.postgres

    def dsn(self, user: str = "ada", database: str = "plain", **more: str) -> str:
        """Return a connection string through the gateway."""
        host, port = self.through
        words = {"host": host, "port": str(port), "dbname": database, "user": user, "password": PEOPLE[user]}
        return " ".join(f"{key}='{value}'" for key, value in {"sslmode": "disable", **words, **more}.items())

    def direct_dsn(self, database: str = "plain") -> str:
        """Return a connection string around the gateway, in the role that the gateway has."""
        return self.server.dsn(self.names[database], user=OWNER, password=OWNER_PASSWORD)

    def raw(self, user: str = "ada", database: str = "plain", **parameters: str) -> raw.Raw:
        """Return a raw connection through the gateway."""
        return raw.connect(self.through, user, PEOPLE[user], database, **parameters)

    def raw_direct(self, database: str = "plain", **parameters: str) -> raw.Raw:
        """Return a raw connection around the gateway, in the role that the gateway has."""
        return raw.connect(self.direct, OWNER, OWNER_PASSWORD, self.names[database], **parameters)

    def run(self, sql: str, database: str = "plain") -> list[tuple[object, ...]]:
        """Run statements as the server's superuser, around the gateway."""
        return self.server.run(sql, self.names[database])

    def ask(self, *words: str, person: str | None = None) -> Said:
        """Run a command of Proctor, as that person if given."""
        if words[0] in ("approvals", "grants", "sessions") and "--url" not in words:
            host, port = self.gateway.console  # the settings say port 0
            words = (*words, "--url", f"http://{host}:{port}")
        return self.gateway.ask(*words, person=None if person is None else (person, PEOPLE[person]))

    def records(self) -> list[dict[str, object]]:
        """Return every record that the journal exports."""
        said = self.ask("audit", "export", "--format", "jsonl")
        assert said.code == 0, said.text
        return said.objects()

    def recorded(self, kind: str, **wanted: object) -> list[dict[str, object]]:
        """Return the records of a kind with these values, once there are any."""
        return until(lambda: [
            record for record in self.records()
            if record["kind"] == kind and all(record.get(key) == value for key, value in wanted.items())
        ])  # fmt: skip

    def tickets(self, person: str = "dana") -> list[dict[str, object]]:
        """Return the tickets at the desk."""
        said = self.ask("approvals", "list", "--json", person=person)
        assert said.code == 0, said.text
        return said.objects()


@contextmanager
def lab(
    server: ThrowawayPostgres,
    folder: Path,
    *,
    workers: int = 1,
    tls: str = "off",
    listen: str = "127.0.0.1:0",
    wait: str = "60s",
    login: str = "30s",
    limits: str = "",
    upstream: str = "",
    port: int = 0,
    shop: str = "",
    environment: Mapping[str, str] | None = None,
) -> Iterator[Lab]:
    """Fill two fresh databases of the server and start the gateway before them."""
    server.run(
        f"do $$ begin create role {OWNER} login password '{OWNER_PASSWORD}'; exception when duplicate_object then end $$"
    )
    names = {"plain": server.fresh_database(), "shop": server.fresh_database()}
    for name, content in (("plain", PLAIN), ("shop", SHOP)):
        server.run(f"alter database {names[name]} owner to {OWNER}; ")
        server.run("alter schema public owner to " + OWNER, names[name])
        with psycopg.connect(server.dsn(names[name], user=OWNER, password=OWNER_PASSWORD), autocommit=True) as owner:
            owner.execute(content)
    config = folder / "proctor.toml"
    (folder / "rules").mkdir()
    config.write_text(CONFIG.format(
        listen=listen, workers=workers, tls=tls, wait=wait, login=login, limits=limits, upstream=upstream,
        port=port or server.port, more=shop, **names,
    ))  # fmt: skip
    config.chmod(0o600)
    with Gateway(config, dict(environment or {})) as gateway:
        made = Lab(server, gateway, folder, names)
        try:
            yield made
        finally:
            made.gateway.stop()  # a test may have put another in its place
        assert "Traceback" not in gateway.log(), gateway.log()


@contextmanager
def changed(server: ThrowawayPostgres, folder: Path, *replacements: tuple[str, str], rules: str = "") -> Iterator[Lab]:
    """Start a lab whose settings, and rules, are others when it serves."""
    with lab(server, folder) as made:
        made.gateway.stop()
        config = made.gateway.config
        text = config.read_text()
        for before, after in replacements:
            assert before in text
            text = text.replace(before, after, 1)
        config.write_text(text)
        if rules:
            (folder / "rules" / "more.cedar").write_text(rules)
        with Gateway(config) as gateway:
            made.gateway = gateway
            yield made
            assert "Traceback" not in gateway.log(), gateway.log()


def until(what: Callable[[], Found], *, seconds: float = DEADLINE) -> Found:
    """Return the first answer of `what` that is true; it is an error when none is before the deadline."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, "what was waited for did not happen"
        time.sleep(0.05)


def asked_once_told(connection: psycopg.Connection) -> None:
    """Ask something small once the gateway has said something of its own accord: that the session has ended, say.

    Nothing is asked until then. What ends a session cancels what it runs, and a client may hear of that first.
    """
    told, _, _ = select.select([connection.fileno()], [], [], 120.0)
    assert told, "the gateway has said nothing"
    connection.execute("select 1")


def ticket_of(messages: list[raw.Message]) -> str:
    """Return the id of the ticket that a notice or an error names."""
    for tag, body in messages:
        if tag in (b"N", b"E") and b"ticket " in body:
            return body.split(b"ticket ")[1][:26].decode()
    raise AssertionError(f"no ticket is named: {messages}")


def dumped(value: object) -> str:
    """Return a value as one line, for messages."""
    return json.dumps(value, default=repr)
