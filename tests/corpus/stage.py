"""The stage of the corpus: a PostgreSQL with both worlds, and a gateway before it that serves each as a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from demo.gateway import Gateway
from demo.postgres import ThrowawayPostgres
from tests.corpus.replay import Runner

HERE = Path(__file__).parent

_HEAD = """
state = "./state"
[listen]
postgres = "127.0.0.1:0"
console = "127.0.0.1:0"
tls = "off"
[masking]
style = "{style}"
[approvals]
wait = "0s"
[limits]
login = "30s"
hold = "2s"
[people]
alice = {{ groups = ["g_alice"], password = "alicepw" }}
bob = {{ groups = ["g_bob"], password = "bobpw" }}
dba = {{ groups = ["g_dba"], password = "dbapw" }}
fsrole = {{ groups = ["g_fs"], password = "fspw" }}
repl = {{ groups = ["g_repl"], password = "replpw" }}
postgres = {{ groups = ["g_super"], password = "postgrespw" }}
"""
_DATABASE = """
[databases.{name}]
host = "127.0.0.1"
port = {port}
database = "{name}"
user = "alice"
password = "alicepw"
environment = "{environment}"
[databases.{name}.users]
g_bob = {{ user = "bob", password = "bobpw" }}
g_dba = {{ user = "dba", password = "dbapw" }}
g_fs = {{ user = "fsrole", password = "fspw" }}
g_repl = {{ user = "repl", password = "replpw" }}
g_super = {{ user = "postgres" }}
"""


@dataclass
class Stage:
    """The servers between which the corpus is played."""

    server: ThrowawayPostgres
    gateway: Gateway
    runner: Runner


def settings(
    port: int, *, style: str, environment: str = "production", databases: Sequence[str] = ("lab", "lab2")
) -> str:
    """Return a gateway's configuration that serves these databases."""
    served = (_DATABASE.format(name=name, port=port, environment=environment) for name in databases)
    return _HEAD.format(style=style) + "".join(served)


@contextmanager
def worlds(
    configured: Mapping[str, str] = MappingProxyType({}), *, also: Sequence[Path] = ()
) -> Iterator[ThrowawayPostgres]:
    """Run a PostgreSQL with the two worlds as templates, its settings over the usual ones; `also` is run before they part."""
    hba = ["host all postgres 127.0.0.1/32 trust"]
    with ThrowawayPostgres(version="system", settings=configured, hba=hba) as server:
        server.run("create database lab_tpl")
        server.psql("-f", str(HERE / "setup_postgres.sql"), dbname="lab_tpl")
        for more in also:
            server.psql("-f", str(more), dbname="lab_tpl")
        server.run("create database lab_tpl2 template lab_tpl")
        server.psql("-f", str(HERE / "setup_postgres_world2.sql"), dbname="lab_tpl2")
        for world in ("lab_tpl", "lab_tpl2"):
            # The second world was made by an UPDATE: without this its rows would lie in another order.
            server.run("cluster customers using customers_pkey", dbname=world)
            server.run("analyze", dbname=world)
        yield server


@contextmanager
def gateway_before(
    server: ThrowawayPostgres, folder: Path, *, style: str = "redact", environment: str = "production"
) -> Iterator[Stage]:
    """Run a gateway before it, once both databases are there to be scanned."""
    runner = Runner(("", 0), (server.host, server.port))
    runner.fresh("", "2")
    runner.dirty = False
    config = folder / "proctor.toml"
    config.write_text(settings(server.port, style=style, environment=environment))
    config.chmod(0o600)
    with Gateway(config) as gateway:
        runner.gateway = gateway.postgres
        yield Stage(server, gateway, runner)
