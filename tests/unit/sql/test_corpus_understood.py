"""The corpus, understood: each attack gives the rules something to mask or refuse, each ordinary statement nothing.

The corpus itself is played against real servers elsewhere; here it is shown that the understanding alone suffices.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proctor.sql import analyze, traits
from proctor.terms import Action, Analysis, Column, Use
from tests.unit.sql.lab import ALICE, CATALOG

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
GUARDED_ACTIONS = frozenset(
    {Action.DEFINE, Action.GRANT, Action.ADMINISTER, Action.EXECUTE, Action.EXPORT, Action.COPY}
)
GUARDED_TRAITS = frozenset(
    {
        traits.STATISTICS,
        traits.SECRETS,
        traits.OTHERS_ACTIVITY,
    }
)
GUARDED_WRITES = frozenset({traits.NO_WHERE, traits.ALWAYS_TRUE, traits.JOIN_ONLY, traits.HALF_OPEN})
NOT_IN_THE_TEXT = {
    "PG-X29": "the role stands in the startup message",
    "PG-G50": "it only takes long: a timeout's business",
    "PG-X13": "the portal is bound by the protocol, and FETCH is judged by what it names",
}


def records(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (CORPUS / name).read_text().splitlines()]


def statements(record: dict[str, object]) -> list[str]:
    """Return every SQL text of a record, those in protocol messages too."""
    found = [] if record.get("proto") else list(record["sql"])  # type: ignore[call-overload]
    for message in record.get("proto") or ():  # type: ignore[attr-defined]
        if message[0] == "P":
            found.append(message[2])
        elif message[0] == "Q":
            found.append(message[1])
    return found


def is_sensitive(column: Column) -> bool:
    return column.relation.name == "customers" and column.relation.schema == "public" and column.name != "id"


def gives_a_handle(found: Analysis) -> bool:
    """Tell whether a rule can see that this is no ordinary statement, or a mask what it would show."""
    if not found.understood or found.opaque:
        return True
    if any(is_sensitive(source) for output in found.outputs or () for source in output.sources):
        return True
    if any(is_sensitive(column) for inference in found.inferences for column in inference.columns):
        return True
    if any(is_sensitive(source) for taint in found.taints for source in taint.sources):
        return True
    for access in found.accesses:
        if traits.TEMPORARY in access.traits:
            continue
        if access.action in GUARDED_ACTIONS or access.traits & GUARDED_TRAITS:
            return True
        if access.action in (Action.UPDATE, Action.DELETE) and access.traits & GUARDED_WRITES:
            return True
        if access.action is Action.UPDATE and traits.CONSTRAINT_OUTCOME in access.traits:
            return True
    return False


IN_THE_TEXT = [r for r in records("attacks_postgres.jsonl") if r["id"] not in NOT_IN_THE_TEXT and statements(r)]


@pytest.mark.parametrize("record", IN_THE_TEXT, ids=lambda record: str(record["id"]))
def test_every_attack_gives_the_rules_a_handle(record: dict[str, object]) -> None:
    found = [analysis for text in statements(record) for analysis in analyze(text, CATALOG, ALICE)]
    # What PREPARE and DECLARE hold is analysed again when it is executed.
    inner = [effect.text for analysis in found for effect in analysis.effects if effect.text]
    found += [analysis for text in inner for analysis in analyze(text, CATALOG, ALICE)]
    assert any(map(gives_a_handle, found))


@pytest.mark.parametrize("record", records("benign_postgres.jsonl"), ids=lambda record: str(record["id"]))
def test_every_ordinary_statement_is_understood_and_harmless(record: dict[str, object]) -> None:
    for found in analyze("; ".join(statements(record)).replace("-- drop table orders", ""), CATALOG, ALICE):
        assert found.understood, found.trouble
        if record["policy"] == "either":
            continue
        assert not found.opaque
        assert not [o for o in found.outputs or () if any(map(is_sensitive, o.sources))]
        assert not [i for i in found.inferences if i.use is not Use.KEY and any(map(is_sensitive, i.columns))]
        assert not found.taints
        assert not gives_a_handle(found)


def test_few_attacks_lie_outside_of_the_text() -> None:
    assert len(NOT_IN_THE_TEXT) <= 5
