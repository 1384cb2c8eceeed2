"""`scan`, `classify` and `explain` against a real server."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from demo.postgres import ThrowawayPostgres
from proctor.audit.reading import everything
from tests.unit.cli.terminal import Terminal

SCHEMA = """
create table customers (id int primary key, email text, "odd.name" text);
insert into customers select i, 'p' || i || '@example.com', 'x' from generate_series(1, 50) i;
create table orders (id int, total numeric);
create view addresses as select email from customers;
"""
INHERITED = "create table notes (said text); create table letters () inherits (notes)"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Terminal:
    for name in ("PROCTOR_PASSWORD", "PROCTOR_AS", "PROCTOR_URL", "PROCTOR_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return Terminal(monkeypatch, capfd)


@pytest.fixture
def config(postgres: ThrowawayPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    where = ["-X", "-q", "-h", postgres.host, "-p", str(postgres.port), "-U", postgres.superuser]
    told = {**os.environ, "PGPASSWORD": postgres.password}
    for database, text in (("postgres", "drop database if exists shop"), ("postgres", "create database shop")):
        subprocess.run([postgres.binaries / "psql", *where, "-d", database, "-c", text], env=told, check=True)
    subprocess.run([postgres.binaries / "psql", *where, "-d", "shop", "-c", SCHEMA], env=told, check=True)
    path = tmp_path / "proctor.toml"
    path.write_text(f"""
[servers.main]
databases = "*"
host = "{postgres.host}"
port = {postgres.port}
user = "{postgres.superuser}"
password = "{postgres.password}"
[people.alice]
password = "alicepw"
[agents.copilot]
owner = "alice"
password = "copilotpw"
""")
    path.chmod(0o600)
    monkeypatch.setenv("PROCTOR_CONFIG", str(path))
    return path


def test_a_scan_prints_every_column_in_the_fields_of_the_contract(terminal: Terminal, config: Path) -> None:
    ran = terminal.run("scan", "shop", "--json")
    assert (ran.code, ran.err.strip()) == (0, "")
    assert {tuple(line) for line in ran.lines} == {
        ("database", "schema", "table", "column", "type", "class", "confidence", "evidence")
    }
    found = {(line["table"], line["column"]): line["class"] for line in ran.lines}
    assert found == {
        ("customers", "email"): "email",
        ("customers", "id"): None,
        ("customers", "odd.name"): None,
        ("orders", "id"): None,
        ("orders", "total"): None,
    }
    assert any(b'"kind":"scan.finished"' in record for record in everything(config.parent / "state"))


def test_a_scan_shows_at_a_terminal_how_many_tables_it_has_looked_at(config: Path) -> None:
    ours, theirs = pty.openpty()
    told = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(
        [sys.executable, "-m", "proctor", "scan", "shop"], env=told, stdout=subprocess.PIPE, stderr=theirs
    ) as ran:
        os.close(theirs)
        shown = b"".join(iter(lambda: _heard(ours), b""))
        os.close(ours)
        assert ran.stdout is not None
        said = ran.stdout.read()
    bar = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", shown).decode()
    assert ran.returncode == 0
    assert re.search(r"shop .*\b(\d+)/\1\b", bar), bar
    assert b"shop: 1 of 5 columns are sensitive" in said


def _heard(terminal: int) -> bytes:
    """Return what comes next at the other end of a terminal; nothing once everybody there has left."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


def test_a_scan_without_a_name_looks_at_every_database_of_the_server(terminal: Terminal, config: Path) -> None:
    ran = terminal.run("scan")
    assert ran.code == 0
    assert "shop: 1 of 5 columns are sensitive" in ran.out
    assert "postgres: 0 of 0 columns are sensitive" in ran.out


def test_a_persons_word_outlives_the_next_scan_and_is_on_record(terminal: Terminal, config: Path) -> None:
    assert terminal.run("scan", "shop").code == 0
    ran = terminal.run("classify", 'shop.public.customers."odd.name"', "--as", "person_name", "--because", "seen")
    assert ran.code == 0, ran.err
    lines = terminal.run("scan", "shop", "--json").lines
    (line,) = [line for line in lines if line["column"] == "odd.name"]
    assert (line["class"], line["evidence"].endswith(": seen")) == ("person_name", True)
    assert any(b'"kind":"classification.changed"' in record for record in everything(config.parent / "state"))
    assert terminal.run("classify", "shop.public.customers.emial", "--as", "none", "--because", "x").code == 2
    assert terminal.run("classify", "shop.public.customers.email", "--as", "emial", "--because", "x").code == 2


def test_a_persons_word_is_taken_back_and_its_history_stays(terminal: Terminal, config: Path) -> None:
    assert terminal.run("scan", "shop").code == 0
    column = "shop.public.customers.email"
    assert terminal.run("classify", column, "--undo", "--because", "x").code == 2, "nobody has said anything"
    assert terminal.run("classify", column, "--as", "none", "--because", "ours").code == 0
    ran = terminal.run("classify", column, "--undo", "--because", "people's")
    assert (ran.code, ran.out.strip()) == (0, f"{column} is email from now on")
    words = terminal.run("classify", column, "--history", "--json").lines
    assert [(word["class"], word["because"]) for word in words] == [("taken back", "people's"), (None, "ours")]
    (line,) = [line for line in terminal.run("scan", "shop", "--json").lines if line["column"] == "email"][:1]
    assert line["class"] == "email"
    for wrong in (["--undo", "--as", "none"], []):
        assert terminal.run("classify", column, *wrong, "--because", "x").code == 2


def test_explain_tells_decision_lineage_and_masks_and_keeps_nothing(terminal: Terminal, config: Path) -> None:
    ran = terminal.run("explain", "--as", "alice", "--database", "shop", "--json", "SELECT email AS e FROM addresses")
    assert ran.code == 0, ran.err
    (story,) = ran.lines
    assert story["decision"]["verdict"] == "allow"
    (output,) = story["lineage"]
    assert (output["name"], output["sources"], output["mask"]) == ("e", ["public.customers.email"], "email")
    assert not (config.parent / "state").exists()


def test_explain_names_the_mask_of_a_table_when_a_person_judged_one_that_inherits_it(
    terminal: Terminal, config: Path, postgres: ThrowawayPostgres
) -> None:
    told = {**os.environ, "PGPASSWORD": postgres.password}
    where = ["-X", "-q", "-h", postgres.host, "-p", str(postgres.port), "-U", postgres.superuser, "-d", "shop"]
    subprocess.run([postgres.binaries / "psql", *where, "-c", INHERITED], env=told, check=True)
    assert terminal.run("scan", "shop").code == 0
    asked = ("explain", "--as", "alice", "--database", "shop", "--json", "SELECT said FROM notes")
    assert terminal.run(*asked).lines[0]["lineage"][0]["mask"] == "none"
    ran = terminal.run("classify", "shop.public.letters.said", "--as", "person_name", "--because", "seen")
    assert ran.code == 0, ran.err
    assert terminal.run(*asked).lines[0]["lineage"][0]["mask"] == "name"


def test_explain_says_no_with_the_rule_that_says_it(terminal: Terminal, config: Path) -> None:
    ran = terminal.run("explain", "--as", "copilot", "--database", "shop", "DROP TABLE customers")
    assert ran.code == 0
    assert ran.out.startswith("DENY: DROP TABLE customers")
    assert "rule destroys (shipped/structure.cedar:" in ran.out


def test_explain_says_what_would_make_it_pass(terminal: Terminal, config: Path) -> None:
    words = ("explain", "--as", "copilot", "--database", "shop")
    ran = terminal.run(*words, "delete from customers")
    assert ran.out.startswith("DENY: delete from customers")
    assert "  with a WHERE that names the rows by a key: hold by dba or security\n" in ran.out
    assert "  in a development database: allow\n" in ran.out
    assert "  instead: delete from customers where id = $1 (hold)\n" in ran.out
    (story,) = terminal.run(*words, "delete from customers", "--json").lines
    assert story["instead"] == {"statement": "delete from customers where id = $1", "then": "", "verdict": "hold"}
    ran = terminal.run(*words, "delete from customers where id = 7")
    assert "  with the approval of one person of dba or security: allow\n" in ran.out
    assert "  asked by alice in person: allow\n" in ran.out
    (story,) = terminal.run(*words, "select id from customers", "--json").lines
    assert (story["ways"], story["instead"]) == ([], None)


def test_explain_of_nobody_or_nowhere_is_a_trouble_of_usage(terminal: Terminal, config: Path) -> None:
    assert terminal.run("explain", "--as", "alic", "--database", "shop", "SELECT 1").code == 2
    assert terminal.run("scan", "nowhere").code == 4  # every database of a server is offered; this one is not there


def test_a_server_that_is_gone_exits_with_4(terminal: Terminal, config: Path) -> None:
    config.write_text(config.read_text().replace("port = ", "port = 1 # "))
    ran = terminal.run("scan", "shop")
    assert (ran.code, "cannot be reached" in ran.err) == (4, True)
