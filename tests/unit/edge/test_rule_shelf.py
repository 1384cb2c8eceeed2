"""Rule sets are kept by their digests: one is in force at a time, and those of the past can be read again."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from proctor.edge import rule_shelf
from proctor.errors import ConfigFault, HouseFault
from proctor.policy.rules import Rules

OWN = '@id("own")\n@reason("why")\n@hint("how")\nforbid (principal, action == Action::"read", resource);\n'


def write(folder: Path, text: str) -> list[Path]:
    path = folder / "own.cedar"
    path.write_text(text)
    return [path]


def test_what_is_in_force_is_what_was_put_there_last(tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = rule_shelf.put_in_force(state, [])
    assert rule_shelf.in_force(state).digest == first.digest == Rules.shipped().digest
    second = rule_shelf.put_in_force(state, write(tmp_path, OWN))
    assert rule_shelf.in_force(state).digest == second.digest != first.digest
    assert rule_shelf.in_force(state).rule("own").line == 1


def test_a_file_that_changes_after_it_was_put_in_force_changes_nothing(tmp_path: Path) -> None:
    """A worker that starts again must not decide by what its operator is in the middle of writing."""
    state = tmp_path / "state"
    paths = write(tmp_path, OWN)
    before = rule_shelf.put_in_force(state, paths)
    write(tmp_path, OWN + "permit (")
    assert rule_shelf.in_force(state).digest == before.digest
    with pytest.raises(ConfigFault, match=r"own\.cedar:5: the policy that begins here does not end"):
        rule_shelf.put_in_force(state, paths)
    assert rule_shelf.in_force(state).digest == before.digest


def test_rules_of_the_past_are_read_again_as_they_were(tmp_path: Path) -> None:
    state = tmp_path / "state"
    past = rule_shelf.put_in_force(state, write(tmp_path, OWN))
    rule_shelf.put_in_force(state, write(tmp_path, OWN.replace("why", "because")))
    again = rule_shelf.kept(state, past.digest)
    assert (again.digest, again.rule("own").reason) == (past.digest, "why")
    assert [info.id for info in again] == [info.id for info in past]


def test_every_file_is_kept_under_the_digest_that_the_record_names_and_for_us_alone(tmp_path: Path) -> None:
    state = tmp_path / "state"
    rules = rule_shelf.put_in_force(state, write(tmp_path, OWN))
    record = rule_shelf.loaded("r1", rules)
    assert (record.rule_set, record.rules) == (rules.digest, len(rules))
    kept = {source.name: (state / "rules" / f"{source.sha256}.cedar").read_text() for source in record.sources}
    assert kept[str(tmp_path / "own.cedar")] == OWN
    assert {"shipped/schema.cedarschema", "shipped/rows.cedar"} < kept.keys()
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (state / "rules").iterdir())


def test_a_text_that_was_touched_is_not_taken_for_what_it_was(tmp_path: Path) -> None:
    state = tmp_path / "state"
    rules = rule_shelf.put_in_force(state, write(tmp_path, OWN))
    own = next(file for file in rules.files if not file.shipped)
    (state / "rules" / f"{own.sha256}.cedar").write_text(OWN.replace("forbid", "permit"))
    with pytest.raises(HouseFault, match="is damaged"):
        rule_shelf.in_force(state)


def test_a_list_that_names_other_files_is_not_taken_for_the_set(tmp_path: Path) -> None:
    state = tmp_path / "state"
    rules = rule_shelf.put_in_force(state, write(tmp_path, OWN))
    manifest = state / "rules" / f"{rules.digest}.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text())[:-1]))
    with pytest.raises(HouseFault, match="is damaged"):
        rule_shelf.kept(state, rules.digest)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "x" * 63 + "/", "0" * 64])
def test_what_was_never_kept_is_said_so(tmp_path: Path, digest: str) -> None:
    rule_shelf.put_in_force(tmp_path, [])
    with pytest.raises(ConfigFault):
        rule_shelf.kept(tmp_path, digest)


def test_a_house_without_rules_in_force_says_so(tmp_path: Path) -> None:
    with pytest.raises(HouseFault, match="no rules are in force"):
        rule_shelf.in_force(tmp_path)
