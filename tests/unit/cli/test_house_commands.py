"""`check`, `passwd`, `--help`, and how troubles are told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from proctor.cli.ground import one_line, visible
from proctor.wire.scram import Verifier
from tests.unit.cli.terminal import Terminal

SETTINGS = '[databases.shop]\nhost = "127.0.0.1"\nuser = "proctor"\n[people.alice]\npassword = "alicepw"\n'


def settings(folder: Path, text: str = SETTINGS) -> str:
    path = folder / "proctor.toml"
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


def test_check_says_what_is_there(terminal: Terminal, tmp_path: Path) -> None:
    ran = terminal.run("check", "--config", settings(tmp_path))
    assert (ran.code, ran.err) == (0, "")
    assert "good: 1 databases or servers, 1 who may log in" in ran.out
    ran = terminal.run("check", "--json", PROCTOR_CONFIG=settings(tmp_path))
    assert (ran.lines[0]["databases"], ran.lines[0]["people"]) == (["shop"], ["alice"])


def test_check_tells_every_trouble_with_its_line(terminal: Terminal, tmp_path: Path) -> None:
    path = settings(tmp_path, "stat = 1\n[masking]\nstyle = 'x'\n" + SETTINGS)
    ran = terminal.run("check", "--config", path)
    assert (ran.code, ran.out) == (2, "")
    assert f'{path}:1: stat: unknown key; did you mean "state"?' in ran.err
    assert f"{path}:3: masking.style: " in ran.err


def test_check_holds_the_rules_against_their_vocabulary(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "own.cedar").write_text('@id("x")\npermit (principal, action == Action::"raed", resource);\n')
    ran = terminal.run("check", "--config", settings(tmp_path, '[policy]\npaths = ["own.cedar"]\n' + SETTINGS))
    assert ran.code == 2
    assert "own.cedar" in ran.err


RULE = '@id("{}")\n@reason("r")\n@hint("h")\nforbid (principal, action == Action::"update", resource) when {{ {} }};\n'


def test_check_finds_rules_that_cannot_be_meant(terminal: Terminal, tmp_path: Path) -> None:
    rules = RULE.format("a", "context.hour > 30") + RULE.format("b", 'principal in Group::"engneering"')
    (tmp_path / "own.cedar").write_text(rules)
    policy = '[policy]\npaths = ["own.cedar"]\n'
    person = '[people.bob]\ngroups = ["engineering"]\npassword = "bobpw"\n'
    path = settings(tmp_path, policy + SETTINGS + person)
    ran = terminal.run("check", "--config", path)
    assert (ran.code, ran.out) == (2, "")
    assert "own.cedar:1: rule a: it can never match: its conditions exclude each other" in ran.err
    unknown = 'own.cedar:5: rule b: Group::"engneering" is unknown here; did you mean "engineering"?'
    assert f"warning: {tmp_path}/{unknown}" in ran.err
    said = terminal.run("check", "--config", path, "--json")
    assert (said.code, len(said.lines[0]["troubles"]), len(said.lines[0]["warnings"])) == (2, 1, 1)
    (tmp_path / "own.cedar").write_text(rules[rules.index('@id("b")') :])
    assert terminal.run("check", "--config", path).code == 0
    assert terminal.run("check", "--config", path, "--strict").code == 2


def test_a_missing_file_is_a_trouble_of_usage(terminal: Terminal, tmp_path: Path) -> None:
    ran = terminal.run("check", "--config", str(tmp_path / "none.toml"))
    assert ran.code == 2
    assert "cannot read it: No such file or directory; name another file with --config" in ran.err


@pytest.mark.parametrize("words", [("nope",), ("check", "--nope"), ("explain", "SELECT 1"), ("approvals", "show")])
def test_a_command_that_cannot_be_understood_exits_with_2(terminal: Terminal, words: tuple[str, ...]) -> None:
    ran = terminal.run(*words)
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize(
    "words",
    [
        (),
        *(("serve",), ("check",), ("explain",), ("scan",), ("classify",), ("passwd",)),
        *(("approvals", word) for word in ("list", "show", "approve", "deny", "cancel")),
        *(("sessions", word) for word in ("list", "kill")),
        *(("policy", word) for word in ("test", "replay", "show")),
        *(("audit", word) for word in ("search", "tail", "verify", "prove", "export")),
    ],
    ids=" ".join,
)
def test_every_command_has_help(terminal: Terminal, words: tuple[str, ...]) -> None:
    ran = terminal.run(*words, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert "Usage: proctor" in ran.out


def test_help_tells_the_exit_codes(terminal: Terminal) -> None:
    assert "3 verification failed" in " ".join(terminal.run("--help").out.split())


def test_passwd_prints_a_verifier_of_what_is_piped_in(terminal: Terminal) -> None:
    first = terminal.run("passwd", typed="pencil\n").out.strip()
    second = terminal.run("passwd", typed="pencil\n").out.strip()
    assert Verifier.parse(first).fits("pencil")
    assert first != second
    assert terminal.run("passwd", typed="\n").code == 2


def test_passwd_takes_no_password_from_the_command_line(terminal: Terminal) -> None:
    """Whoever may list processes would read it."""
    assert terminal.run("passwd", "pencil").code == 2


def test_help_loads_nothing_heavy() -> None:
    """Otherwise each command takes a second before it says a word."""
    program = (
        "import sys, proctor.cli.commands; "
        "heavy = {'sqlalchemy', 'httpx', 'cedarpy', 'postgast', 'fastapi', 'uvicorn', 'alembic'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain ü 漢", "plain ü 漢", id="plain"),
        pytest.param("a\x1b[2Jb", "a\\x1b[2Jb", id="an escape sequence"),
        pytest.param("a\x9b2Jb", "a\\x9b2Jb", id="C1"),
        pytest.param("a\rb", "a\\x0db", id="a carriage return that overwrites"),
        pytest.param("a\u202eb", "a\\u202eb", id="right to left"),
        pytest.param("a\u200bb", "a\\u200bb", id="nothing to see"),
        pytest.param("a\ud800b", "a\\ud800b", id="half a pair"),
        pytest.param(None, "", id="nothing"),
    ],
)
def test_a_strangers_text_cannot_play_with_the_terminal(text: str | None, shown: str) -> None:
    assert visible(text) == shown


def test_a_strangers_text_stays_on_its_line() -> None:
    assert one_line("DELETE\n\n  FROM t\r\n; \x1b[1m") == "DELETE FROM t ; \\x1b[1m"
