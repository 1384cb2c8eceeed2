"""The manual's page of the rules is held against the code: every word that a rule may use, and every shipped rule."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from proctor.policy.rules import Rules
from proctor.policy.vocabulary import ANNOTATIONS, TRAITS
from proctor.policy.worn import WORDS, Choice, Worn, mask_of, strictness
from proctor.terms import Action, Column, DataClass, Kind, Relation

MANUAL = Path(__file__).resolve().parents[3] / "docs" / "manual"
PAGE = (MANUAL / "rules.md").read_text("utf-8")
EMAIL = Column(Relation("public", "customers"), "email")
SCHEMA = resources.files("proctor.policy").joinpath("pack/schema.cedarschema").read_text("utf-8")


def table(first: str) -> list[list[str]]:
    """Return the rows of the table whose head begins with that word."""
    lines = PAGE.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def words(first: str) -> list[str]:
    return [row[0].strip("`") for row in table(first)]


def attributes(name: str) -> dict[str, str]:
    """Return the attributes of a type of the schema."""
    body = re.search(rf"type {name} = {{(.*?)\n}};", SCHEMA, re.DOTALL)
    assert body is not None
    return dict(re.findall(r"^  (\w+)\??: ([\w<>]+),$", body[1], re.MULTILINE))


def test_every_attribute_of_the_context_is_on_the_page_with_its_type() -> None:
    told = {row[0].strip("`"): row[1] for row in table("attribute")}
    assert told == attributes("Inferring")


def test_all_actions_know_the_same_attributes_but_for_the_count() -> None:
    assert attributes("Inferring") == attributes("Statement") | {"probes": "Long"}


def test_every_trait_is_on_the_page_once() -> None:
    assert sorted(words("trait")) == sorted(TRAITS)
    assert all(row[1] for row in table("trait"))


def test_every_annotation_action_and_principal_is_on_the_page() -> None:
    assert {word.removeprefix("@") for word in words("annotation")} == ANNOTATIONS
    assert words("action") == [action.value for action in Action]
    assert len(words("principal")) == len(Kind)


def test_the_page_says_on_what_each_action_is_as_the_schema_does() -> None:
    by_column = re.search(r"action ([\w, ]+) appliesTo {\s+principal: \[[\w, ]+\],\s+resource: \[Column\]", SCHEMA)
    assert by_column is not None
    of_columns = {name.strip() for name in by_column[1].split(",")} | {"infer"}
    assert {row[0].strip("`") for row in table("action") if row[1] == "Column"} == of_columns


def test_every_shipped_rule_is_on_the_page_in_its_own_words(shipped: Rules) -> None:
    told = [(row[0].strip("`"), *row[1:]) for row in table("rule")]
    said = [(info.id, info.effect, info.reason, info.hint or "–") for info in shipped]
    assert told == said, "write the rows of docs/manual/rules.md anew"


def test_the_resources_have_the_attributes_of_the_schema() -> None:
    for name, _, held in table("resource"):
        kind = name.strip("`")
        found = re.search(rf"entity {kind}(?: in \[\w+\])? {{ (.*?) }};", SCHEMA)
        assert found is not None
        assert [word.strip("`") for word in held.split(", ")] == re.findall(r"(\w+): String", found[1])


def test_the_keys_of_a_case_are_those_that_are_read() -> None:
    source = (Path(__file__).resolve().parents[3] / "src" / "proctor" / "app" / "cases.py").read_text()
    body = source[source.index("def _cases(") :]
    read = set(re.findall(r'section\.\w+\(\s*"(\w+)"', body))
    assert set(words("key of a case")) == read


@pytest.mark.parametrize("text", re.findall(r"```toml\n(.+?)```", PAGE, flags=re.DOTALL))
def test_what_is_shown_in_toml_is_toml(text: str) -> None:
    assert tomllib.loads(text)


def test_the_rules_that_are_shown_are_some(tmp_path: Path) -> None:
    shown = re.findall(r"```cedar\n(.+?)```", PAGE, flags=re.DOTALL)
    (tmp_path / "shown.cedar").write_text(shown[0])
    assert Rules.load([tmp_path]).rule("no-changes-at-night").line == 1
    assert shown[0] in (MANUAL / "examples" / "rules" / "support.cedar").read_text()
    (tmp_path / "shown.cedar").write_text(shown[1])
    assert Rules.load([tmp_path]).reads_probes(Kind.HUMAN)
    (tmp_path / "shown.cedar").write_text(shown[2])
    assert Rules.load([tmp_path]).chooses == {"partial"}
    assert shown[2] in (MANUAL / "examples" / "rules" / "support.cedar").read_text()
    assert len(shown) == 3


def test_the_masks_that_a_rule_may_choose_are_on_the_page_the_strictest_first() -> None:
    told = [row for row in table("mask") if row[0].startswith("`")]
    assert {row[0].strip("`") for row in told} == WORDS
    email = DataClass("email")
    masks = [mask_of(row[0].strip("`"), email, "useful") for row in told if row[0] != "`generalise`"]
    assert [strictness(name) for name in masks] == sorted(strictness(name) for name in masks)
    keeps = {name: Worn("useful", {EMAIL: Choice(name)}).keeps_equality(EMAIL, email) for name in masks}
    assert {row[0].strip("`") for row in told if row[2] == "needs `infer`"} == {
        row[0].strip("`") for row in told if not keeps.get(mask_of(row[0].strip("`"), email, "useful"))
    }
