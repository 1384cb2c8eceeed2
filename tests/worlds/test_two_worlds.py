"""The two-worlds law as a property of generated statements, through the gateway on a real PostgreSQL.

Two databases differ in sensitive values alone. Under `redact` whoever may not unmask hears the same from both; under
`useful`, the same but for the names of masked values, one for one; under masks that rules choose, what `askers` says of
each. `make worlds` plays as many as a night has room for.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from proctor.policy import masks_plain as plain
from proctor.policy.masks import Mask
from tests.corpus.client import Transcript
from tests.worlds.askers import ALIKE, ASKERS, CHOOSING, ONE, OTHER
from tests.worlds.compare import untold
from tests.worlds.script import Ask, Script
from tests.worlds.scripts import Scripts
from tests.worlds.stage import TEMPLATES, Worlds, all_worlds

EXAMPLES = int(os.environ.get("PROCTOR_WORLDS", "120"))
"""Scripts of each style: few enough for every run of the suite, unless somebody asks for more."""

CHOSEN_EXAMPLES = max(16, EXAMPLES // 12)
"""Scripts of each who wears masks that rules choose; there are several, and half of theirs show columns as they are masked."""


def bounded(examples: int) -> settings:
    """Return how many are played, and that the same are unless somebody asks for more."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize="PROCTOR_WORLDS" not in os.environ,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """The worlds behind their gateways."""
    with all_worlds(tmp_path_factory.mktemp("worlds")) as found:
        yield found


@pytest.mark.parametrize("asker", ASKERS)
def test_two_worlds_give_one_transcript(worlds: Worlds, asker: str) -> None:
    """Rows, errors, notices, tags, names of columns and the number of messages: nothing tells them apart."""
    chosen = asker in CHOOSING
    asked = {"allowed": 0, "all": 0}

    @bounded(CHOSEN_EXAMPLES if chosen else EXAMPLES)
    @given(st.randoms(use_true_random=False))
    def law(chance: random.Random) -> None:
        script = Scripts(chance).allowed(worlds.judges[asker], tries=3, shows=0.5 if chosen else 0.0)
        allowed = worlds.judges[asker].allows(script)
        asked["allowed"] += allowed
        asked["all"] += 1
        event("allowed" if allowed else "refused")
        told = worlds.told_apart(asker, script)
        assert not told, f"{script}\n{told[:2000]}"

    law()
    assert asked["allowed"] > asked["all"] / 3, f"most of what is played must run to be worth anything: {asked}"


@pytest.mark.parametrize("asker", ["partial", "generalise", "mixed"])
def test_a_mask_that_showed_more_would_be_heard(worlds: Worlds, asker: str) -> None:
    """The law can fail: over worlds that differ in the part that these masks do show, the first scripts tell them apart."""
    assert any(ASKERS[asker].told(*heard) for heard in first(worlds, asker, OTHER))


@pytest.mark.parametrize("asker", ["hash", "tokenise", "mixed"])
def test_names_are_all_that_tells_these_worlds_apart(worlds: Worlds, asker: str) -> None:
    """The law is about something: the first scripts show names, and without the allowance for names they would fail."""
    assert any(untold(one, other) for one, other, _ in first(worlds, asker, ALIKE))


def first(worlds: Worlds, asker: str, other: str) -> Iterator[tuple[Transcript, Transcript, Script]]:
    """Play the first scripts in one world and that other."""
    for seed in range(40):
        script = Scripts(random.Random(seed)).allowed(worlds.judges[asker], tries=3, shows=0.5)
        yield worlds.hear(asker, ONE, script), worlds.hear(asker, other, script), script


BROKEN: dict[str, tuple[str, str, Mask]] = {
    "partial that shows five": ("partial", "ssn", lambda v: b"*" * (len(v) - 6) + v[-6:]),
    "partial that tells one from two": ("partial", "ssn", lambda v: plain.partial(v) + b"*" * (v[1] % 2)),
    "generalise to the month": ("generalise", "dob", lambda v: v[:7] + b"-01"),
    "generalise to two digits": ("generalise", "salary", lambda v: v[:2] + b"0" * 3),
    "redact that keeps the first letter": ("hidden", "full_name", lambda v: v[:1] + b"redacted"),
    "null of some alone": ("null", "salary", lambda v: None if int(v.split(b".")[0]) % 2 else b"0"),
    "hash that is none": ("hash", "email", lambda v: v),
    "hash that two values share": ("hash", "full_name", lambda v: b"%032x" % (sum(v) % 2)),
    "hash that tells the value behind it": ("hash", "ssn", lambda v: sha256(v).hexdigest()[:32].encode() + v),
    "token that two values share": ("tokenise", "ssn", lambda v: b"~aaaaaaa%d" % (v[2] * 7 % 3)),
    "token of another length": ("tokenise", "dob", lambda v: b"~aaaaaaaa" + b"a" * (v[-1] % 5)),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_mask_is_heard(worlds: Worlds, broken: str) -> None:
    """Each shows something more of the values, or less than whether they are equal; the true one is not heard."""
    name, column, mask = BROKEN[broken]
    asker = ASKERS[name]
    script = (Ask(f"select id, {column} from people order by id"),)

    def shown(database: str) -> Transcript:
        rows = worlds.server.run(f"select id, {column}::text from people order by id", database)
        heard: Transcript = [("T", "id"), ("T", column)]
        for number, value in rows:
            worn = None if value is None else mask(str(value).encode())
            heard += [("D", str(number)), ("D", None if worn is None else worn.decode())]
        return [*heard, ("C", f"SELECT {len(rows)}")]

    assert asker.told(shown(ONE), shown(asker.other), script)
    assert not asker.told(worlds.hear(name, ONE, script), worlds.hear(name, asker.other, script), script)


@pytest.mark.parametrize("ordered", ["select id, {} from people order by 2", "select id, {} from people"])
def test_an_order_of_rows_that_nobody_may_ask_for_is_heard(ordered: str) -> None:
    """Names stand for each other one for one; but which of two values is the larger is not theirs to tell."""
    script = (Ask(ordered.format("ssn")),)
    head: Transcript = [("T", "id"), ("T", "ssn")]
    one: Transcript = [*head, ("D", "1"), ("D", "a" * 32), ("D", "2"), ("D", "b" * 32), ("C", "SELECT 2")]
    other: Transcript = [*head, ("D", "2"), ("D", "c" * 32), ("D", "1"), ("D", "d" * 32), ("C", "SELECT 2")]
    assert ASKERS["hash"].told(one, other, script)
    assert not ASKERS["hash"].told(one, other, (Ask("select distinct id, ssn from people"),))


def test_the_worlds_do_differ(worlds: Worlds) -> None:
    """The law would hold of two equal databases, too: without the gateway each sensitive column is another."""
    for column in ("full_name", "email", "ssn", "dob", "salary", "address", "phones", "profile"):
        said = [worlds.server.run(f"select {column}::text from people order by id", name) for name in TEMPLATES]
        assert len({tuple(each) for each in said}) == len(said), column
        assert len({each.count((None,)) for each in said}) == 1, column


@pytest.mark.parametrize("table", ["people", "customers", "visits", "staff"])
def test_the_alike_world_agrees_in_what_masks_show_of_a_part_and_in_nothing_else(worlds: Worlds, table: str) -> None:
    """Else a mask that showed nothing would pass for one that shows its part, and the reverse."""
    for column, part in PARTS.items():
        if column in SENSITIVE[table].split():
            ask = f"select {column}::text, {part.format(column)}::text from {table} order by id"
            one, alike = worlds.server.run(ask, ONE), worlds.server.run(ask, ALIKE)
            assert [row[1] for row in one] == [row[1] for row in alike], column
            pairs = {(a[0], b[0]) for a, b in zip(one, alike, strict=True) if a[0] is not None}
            assert all(a != b for a, b in pairs), column
            assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}), column


PARTS = {
    "email": "left({0}, 1) || length({0})", "ssn": "right({0}, 4) || length({0})", "phone": "right({0}, 4) || length({0})",
    "card_number": "right({0}, 4) || length({0})", "dob": "extract(year from {0})", "salary": "left({0}::text, 1) || length({0}::text)",
    "full_name": "length({0})", "doctor": "length({0})",
}  # fmt: skip
"""What the two worlds have in common, by column."""
SENSITIVE = {
    "people": "full_name email ssn dob salary address phones profile notes phone", "visits": "doctor ssn",
    "staff": "full_name email ssn dob salary", "customers": "full_name email phone ssn card_number dob salary notes address",
}  # fmt: skip


@pytest.mark.parametrize("asker", ["redact", "useful", "mixed"])
@pytest.mark.parametrize("table", SENSITIVE)
def test_what_differs_is_known_as_sensitive(worlds: Worlds, asker: str, table: str) -> None:
    """Else the law would say nothing about the masks."""
    known = worlds.judges[asker].bench.classified
    clean = [
        name
        for name in SENSITIVE[table].split()
        if not any(c.relation.name == table and c.name == name and f.data_class for c, f in known.findings.items())
    ]
    assert clean == []
