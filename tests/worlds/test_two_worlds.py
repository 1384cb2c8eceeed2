"""The two-worlds law as a property of generated statements, through the gateway on a real PostgreSQL.

Two databases differ in sensitive values alone. Under `redact` whoever may not unmask hears the same from both; under
`useful`, the same but for the names of masked values, one for one. `make worlds` plays as many as a night has room for.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.worlds.scripts import Scripts
from tests.worlds.stage import Worlds, three_worlds

EXAMPLES = int(os.environ.get("PROCTOR_WORLDS", "120"))
"""Scripts of each style: few enough for every run of the suite, unless somebody asks for more."""

BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="PROCTOR_WORLDS" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """The three worlds behind a gateway of each style."""
    with three_worlds(tmp_path_factory.mktemp("worlds")) as found:
        yield found


@pytest.mark.parametrize("style", ["redact", "useful"])
def test_two_worlds_give_one_transcript(worlds: Worlds, style: str) -> None:
    """Rows, errors, notices, tags, names of columns and the number of messages: nothing tells them apart."""
    asked = {"allowed": 0, "all": 0}

    @BOUNDED
    @given(st.randoms(use_true_random=False))
    def law(chance: random.Random) -> None:
        script = Scripts(chance).allowed(worlds.judges[style], tries=3)
        allowed = worlds.judges[style].allows(script)
        asked["allowed"] += allowed
        asked["all"] += 1
        event("allowed" if allowed else "refused")
        told = worlds.told_apart(style, script)
        assert not told, f"{script}\n{told[:2000]}"

    law()
    assert asked["allowed"] > asked["all"] / 3, f"most of what is played must run to be worth anything: {asked}"


def test_the_worlds_do_differ(worlds: Worlds) -> None:
    """The law would hold of two equal databases, too: without the gateway each sensitive column is another."""
    for column in ("full_name", "email", "ssn", "dob", "salary", "address", "phones", "profile"):
        said = [
            worlds.server.run(f"select {column}::text from people order by id", database)
            for database in ("lab", "lab2", "lab3")
        ]
        assert said[0] != said[1] != said[2] != said[0], column
        assert said[0].count((None,)) == said[1].count((None,)) == said[2].count((None,)), column


@pytest.mark.parametrize("style", ["redact", "useful"])
@pytest.mark.parametrize("table", ["people", "visits", "staff", "customers"])
def test_what_differs_is_known_as_sensitive(worlds: Worlds, style: str, table: str) -> None:
    """Else the law would say nothing about the masks."""
    known = worlds.judges[style].bench.classified
    different = {"people": "full_name email ssn dob salary address phones profile notes phone", "visits": "doctor ssn",
                 "staff": "full_name email ssn dob salary", "customers": "full_name email phone ssn card_number dob salary notes address"}  # fmt: skip
    clean = [
        name
        for name in different[table].split()
        if not any(c.relation.name == table and c.name == name and f.data_class for c, f in known.findings.items())
    ]
    assert clean == []
