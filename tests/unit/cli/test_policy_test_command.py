"""`policy test`: what comes out otherwise than expected is told with its line, and exits with 1; mistakes with 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.terminal import Terminal

WORLD = """
[people]
alice = { groups = ["engineering"] }
[agents]
copilot = { owner = "alice" }
[tables."public.orders"]
rows = 9000
key = "id"
columns = { id = "int", note = "varchar(20)", tags = "text[]" }
"""
GOOD = (
    WORLD
    + """
[[case]]
name = "one row"
as = ["alice"]
sql = "delete from orders where id = 7"
expect = "allow: write"
near = "without-where"
"""
)


def written(folder: Path, text: str) -> str:
    path = folder / "cases.toml"
    path.write_text(text)
    return str(path)


def test_cases_that_come_out_as_expected_exit_with_0(terminal: Terminal, tmp_path: Path) -> None:
    ran = terminal.run("policy", "test", written(tmp_path, GOOD))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.strip().endswith("1 of 1 come out as expected (1 cases)")


def test_a_case_that_does_not_is_told_with_its_line_and_both_answers(terminal: Terminal, tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace('expect = "allow: write"', 'expect = "hold: destroys"'))
    ran = terminal.run("policy", "test", path)
    assert ran.code == 1
    assert f'{path}:11: "one row" as alice: it is allow, not hold; it is so by write, not by destroys' in ran.out
    assert "  - hold by destroys\n  + allow by write\n" in ran.out
    assert "rule write: shipped/grants.cedar:" in ran.out
    assert "0 of 1 come out as expected" in ran.err


def test_every_case_is_one_line_of_json(terminal: Terminal, tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace('as = ["alice"]', 'as = ["alice", "copilot"]'))
    ran = terminal.run("policy", "test", path, "--json")
    assert ran.code == 1
    assert [(line["as"], line["found"], line["good"]) for line in ran.lines] == [
        ("alice", "allow", True),
        ("copilot", "hold", False),
    ]
    assert ran.lines[1]["rules"] == ["agent-writes"]


def test_rules_given_on_the_command_line_count_instead_of_those_of_the_file(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "own.cedar").write_text(
        '@id("own")\n@reason("not at all")\n@hint("ask")\nforbid (principal, action == Action::"delete", resource);\n'
    )
    ran = terminal.run("policy", "test", written(tmp_path, GOOD), "--rules", str(tmp_path / "own.cedar"))
    assert ran.code == 1
    assert "because delete public.orders: not at all" in ran.out
    path = written(tmp_path, 'rules = ["own.cedar"]\n' + GOOD.replace("allow: write", "deny: own"))
    assert terminal.run("policy", "test", path).code == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("sql = ", "sequel = "), '14: case.0.sequel: unknown key; did you mean "sql"?'),
        (('"allow: write"', '"maybe"'), 'case.0.expect: is "allow", "hold" or "deny", with a rule if that matters'),
        (('as = ["alice"]', 'as = "bob"'), "case.0.as: there is no [people.bob] here"),
        (('id = "int"', 'id = "integr"'), '"integr" is no built-in type'),
        (('key = "id"', 'key = "key"'), "names columns that are unique"),
        (("[[case]]", "[[cases]]"), 'unknown key; did you mean "case"?'),
        (('near = "without-where"', "at = 2026-01-01T00:00:00"), "is a moment with its zone"),
        (("rows = 9000", 'classes = { mail = "email" }'), "there is no such column in this table"),
        (("rows = 9000", 'classes = { note = "emial" }'), 'there is no class "emial"'),
        (("[people]", "[people"), "cases.toml: Expected ']'"),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)  # fmt: skip
def test_a_mistake_in_the_file_is_told_with_its_line(
    terminal: Terminal, tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    assert change[0] in GOOD
    ran = terminal.run("policy", "test", written(tmp_path, GOOD.replace(*change)))
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_a_rule_that_does_not_exist_fails_the_case(terminal: Terminal, tmp_path: Path) -> None:
    """Else a misspelt neighbour would prove nothing for ever."""
    ran = terminal.run("policy", "test", written(tmp_path, GOOD.replace("without-where", "without-wear")))
    assert (ran.code, "no rule is called without-wear" in ran.out) == (1, True)


def test_a_table_that_the_file_does_not_describe_fails_the_case(terminal: Terminal, tmp_path: Path) -> None:
    """What is not understood is held: right for the wrong reason."""
    path = written(tmp_path, GOOD.replace("from orders", "from ordrs").replace("allow: write", "hold"))
    ran = terminal.run("policy", "test", path)
    assert (ran.code, 'it cannot be judged: relation "ordrs" is not in the snapshot' in ran.out) == (1, True)


def test_a_file_without_tables_needs_settings(terminal: Terminal, tmp_path: Path) -> None:
    ran = terminal.run(
        "policy", "test", written(tmp_path, GOOD[: GOOD.index("[tables")] + GOOD[GOOD.index("[[case") :])
    )
    assert (ran.code, "describes no tables" in ran.err) == (2, True)
