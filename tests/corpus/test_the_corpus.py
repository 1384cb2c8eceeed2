"""The corpus through the real gateway on a real PostgreSQL: no attack succeeds, no ordinary statement is harmed.

`attacks_postgres.jsonl` was given: each gets a fresh copy of the database. `attacks_more.jsonl` grew here: each is
played over two worlds that differ in the sensitive values alone, and what is heard in both must be the same.
`attacks_open.jsonl` is not played: nothing sensitive comes out by those, but they keep the server busy until a limit on time ends
them, `limits.statement` at the latest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.replay import records
from tests.corpus.stage import Stage, gateway_before, worlds

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Both worlds, behind a gateway that redacts."""
    with worlds() as server, gateway_before(server, tmp_path_factory.mktemp("corpus")) as stage:
        yield stage


def _here(stage: Stage, record: dict[str, Any]) -> dict[str, Any]:
    """Return the record with this server's port in its connection strings."""
    found: dict[str, Any] = json.loads(json.dumps(record).replace("55432", str(stage.server.port)))
    return found


@pytest.mark.parametrize("record", records(HERE / "attacks_postgres.jsonl"), ids=lambda r: str(r["id"]))
def test_an_attack_of_the_corpus_does_not_succeed(stage: Stage, record: dict[str, Any]) -> None:
    """It may be masked, refused or held; nothing sensitive comes out by any message, and nothing dangerous happens."""
    verdict = stage.runner.judge(_here(stage, record))
    stage.runner.dirty = True
    assert not verdict.succeeded, f"{record['title']}: came out by {verdict.channels} {verdict.errors[:1]}"


@pytest.mark.parametrize("record", records(HERE / "attacks_more.jsonl"), ids=lambda r: str(r["id"]))
def test_an_attack_tells_the_two_worlds_apart_by_nothing(stage: Stage, record: dict[str, Any]) -> None:
    """Not by a value, an error, a row more or less: whoever asks can't tell which of the databases answered."""
    verdict = stage.runner.judge_worlds(_here(stage, record))
    assert not verdict.succeeded, f"{record['title']}: came out by {verdict.channels} {verdict.errors[:1]}"


@pytest.fixture
def ordinary(stage: Stage) -> Stage:
    """The tables of the benign cases, on top of a fresh copy for each: the next one must not see what the last wrote."""
    stage.runner.fresh()
    stage.server.psql("-f", str(HERE / "setup_benign_postgres.sql"), dbname="lab")
    stage.runner.dirty = True
    return stage


@pytest.mark.parametrize(
    "record",
    [*records(HERE / "benign_postgres.jsonl"), *records(HERE / "benign_more.jsonl")],
    ids=lambda r: str(r["id"]),
)
def test_an_ordinary_statement_of_the_corpus_is_not_harmed(ordinary: Stage, record: dict[str, Any]) -> None:
    """It gives what the server gives; where the rules may choose, a refusal is right as well."""
    missing = ordinary.runner.missing(record)
    assert not missing or record["policy"] == "either", f"{record['title']}: did not come back: {missing}"
