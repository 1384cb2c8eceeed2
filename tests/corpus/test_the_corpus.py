"""The corpus, played through the real gateway on a real PostgreSQL: no attack succeeds, no ordinary statement is harmed.

Each attack gets a fresh copy of the database, under redaction, as `replay.py` does by hand. An oracle is judged by
playing it over two worlds that differ in the sensitive values alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.gateway import Gateway
from demo.postgres import ThrowawayPostgres
from tests.corpus.replay import Runner

HERE = Path(__file__).parent

CONFIG = """
state = "./state"
[listen]
postgres = "127.0.0.1:0"
console = "127.0.0.1:0"
tls = "off"
[masking]
style = "redact"
[approvals]
wait = "0s"
[limits]
login = "30s"
[databases.lab]
host = "127.0.0.1"
port = {port}
database = "lab"
user = "alice"
password = "alicepw"
environment = "production"
[databases.lab.users]
g_bob = {{ user = "bob", password = "bobpw" }}
g_dba = {{ user = "dba", password = "dbapw" }}
g_fs = {{ user = "fsrole", password = "fspw" }}
g_repl = {{ user = "repl", password = "replpw" }}
g_super = {{ user = "postgres" }}
[people]
alice = {{ groups = ["g_alice"], password = "alicepw" }}
bob = {{ groups = ["g_bob"], password = "bobpw" }}
dba = {{ groups = ["g_dba"], password = "dbapw" }}
fsrole = {{ groups = ["g_fs"], password = "fspw" }}
repl = {{ groups = ["g_repl"], password = "replpw" }}
postgres = {{ groups = ["g_super"], password = "postgrespw" }}
"""


def records(name: str) -> list[dict[str, object]]:
    """Return the records of one file of the corpus."""
    return [json.loads(line) for line in (HERE / name).read_text().splitlines()]


@dataclass
class Stage:
    """The servers between which the corpus is played."""

    server: ThrowawayPostgres
    gateway: Gateway
    runner: Runner


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A PostgreSQL with both worlds as templates, and the gateway before it."""
    hba = ["host all postgres 127.0.0.1/32 trust"]
    with ThrowawayPostgres(version="system", hba=hba) as server:
        server.run("create database lab_tpl")
        server.psql("-f", str(HERE / "setup_postgres.sql"), dbname="lab_tpl")
        server.run("create database lab_tpl2 template lab_tpl")
        server.psql("-f", str(HERE / "setup_postgres_world2.sql"), dbname="lab_tpl2")
        folder = tmp_path_factory.mktemp("corpus")
        config = folder / "proctor.toml"
        config.write_text(CONFIG.format(port=server.port))
        config.chmod(0o600)
        with Gateway(config) as gateway:
            yield Stage(server, gateway, Runner(gateway.postgres, (server.host, server.port)))


@pytest.mark.parametrize("record", records("attacks_postgres.jsonl"), ids=lambda r: str(r["id"]))
def test_an_attack_of_the_corpus_does_not_succeed(stage: Stage, record: dict[str, object]) -> None:
    """It may be masked, refused or held; nothing sensitive comes out by any message, and nothing dangerous happens."""
    record = json.loads(json.dumps(record).replace("55432", str(stage.server.port)))
    succeeded, channels, errors, _ = stage.runner.judge(record)
    assert not succeeded, f"{record['title']}: came out by {channels} {errors[:1]}"


@pytest.fixture(scope="module")
def ordinary(stage: Stage) -> Stage:
    """The tables of the benign cases, on top of a fresh copy."""
    stage.runner.fresh()
    stage.server.psql("-f", str(HERE / "setup_benign_postgres.sql"), dbname="lab")
    return stage


@pytest.mark.parametrize("record", records("benign_postgres.jsonl"), ids=lambda r: str(r["id"]))
def test_an_ordinary_statement_of_the_corpus_is_not_harmed(ordinary: Stage, record: dict[str, object]) -> None:
    """It gives what the server gives; where the rules may choose, a refusal is right as well."""
    missing = ordinary.runner.harmed(record)
    assert not missing or record["policy"] == "either", f"{record['title']}: did not come back: {missing}"
