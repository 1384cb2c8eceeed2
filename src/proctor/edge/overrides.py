"""Between the stations: a person's word on a column, given or taken back, and the records of it.

In come words; out go the class before and the one that counts now. Who may give one is `control`'s to say.
"""

from __future__ import annotations

from proctor.audit.record import ClassificationChanged, OperatorCall, who_of
from proctor.edge.data_map import Override
from proctor.edge.store import Store
from proctor.terms import Column, DataClass, Finding, Identity

UNSEEN = Finding(DataClass("unscanned"), 0.0, "has not been looked at yet")
MAX_TARGET = 200  # of what a stranger names, this much goes into the journal


def overridden(store: Store, database: str, word: Override) -> tuple[DataClass | None, Finding]:
    """Keep a person's word on a column; return the class before, and what counts now."""
    before = store.map.classified(database).findings.get(word.column)
    store.map.override(database, word)
    after = store.map.classified(database).findings[word.column]
    return (DataClass("unscanned") if before is None else before.data_class), after


def taken_back(store: Store, database: str, word: Override) -> tuple[DataClass | None, Finding] | None:
    """Take the newest word on a column back; return the class before and what counts now, None if there was none."""
    before = store.map.classified(database).findings.get(word.column, UNSEEN)
    if not store.map.take_back(database, word):
        return None
    return before.data_class, store.map.classified(database).findings.get(word.column, UNSEEN)


def asked_to_take_back(name: str, database: str, column: Column, *, because: str, by: Identity) -> OperatorCall:
    """Return the record that somebody is about to take the newest word on a column back."""
    target = f"{database}.{column}"[:MAX_TARGET]
    return OperatorCall(id=name, who=who_of(by), action="map.classify", target=target, outcome="asked", because=because)


def changed_class(
    name: str,
    database: str,
    column: Column,
    *,
    before: DataClass | None,
    after: DataClass | None,
    because: str,
    by: Identity,
) -> ClassificationChanged:
    """Return the record of a column's new class."""
    return ClassificationChanged(
        id=name,
        who=who_of(by),
        database=database,
        column=str(column),
        before=before,
        after=after,
        source="person",
        because=because,
    )
