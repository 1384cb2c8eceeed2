"""The watch over clean columns: what it sees, how little it looks at, and what it leaves alone."""

from __future__ import annotations

import pytest

from proctor.session.drift import CELLS, HOUR, TURN, Watch
from proctor.session.judged import Lore, Verdict
from proctor.terms import Allow, Analysis, Classified, Column, DataClass, Finding, Output, Relation
from proctor.wire import messages
from tests.stories.house import catalog, data_map

NOTE = Column(Relation("public", "orders"), "note")
MAILS = [f"n{i}@corp.example" for i in range(12)]


def verdict(*outputs: Output) -> Verdict:
    meant = Analysis("select", text="select note from orders", outputs=outputs)
    return Verdict(meant, Allow((), ""), writes=False, sensitive=False, lore=Lore())


PLAIN = Output("note", frozenset({NOTE}), plain=True)


def rows(*cells: str | None) -> bytes:
    return b"".join(messages.data_row([None if c is None else c.encode()]) for c in cells)


def look(
    watch: Watch,
    raw: bytes,
    *,
    output: Output = PLAIN,
    known: Classified | None = None,
    masked: tuple[object, ...] = (),
) -> dict[Column, str]:
    found = watch.glance(verdict(output), masked, raw, catalog(), known or data_map(), 10 * HOUR)
    return {column: str(finding.data_class) for column, finding in found.items()}


def test_a_clean_column_that_holds_emails_is_seen() -> None:
    assert look(Watch(), rows(*MAILS)) == {NOTE: "email"}


def test_a_text_with_personal_values_in_it_is_seen() -> None:
    said = [f"please write to {mail} before noon" for mail in MAILS[:3]]
    assert look(Watch(), rows(*said, "thank you", "all is well")) == {NOTE: "prose"}


@pytest.mark.parametrize(
    "cells",
    [
        ["left at the door"] * 20, [None] * 20, ["2024-11-23"] * 20, ["4539578763621486"], ["Jordan Paris", "May Flower"] * 10,
        ["10.12.1.204"] * 20, ["mail me: a@b.example", "no", "yes"], [],
    ],
)  # fmt: skip
def test_what_shows_nothing_is_left_alone(cells: list[str | None]) -> None:
    """One address in a column is somebody's slip; dates, versions and things named like people are what they were."""
    assert look(Watch(), rows(*cells)) == {}


@pytest.mark.parametrize(
    "output",
    [
        Output("note", frozenset({NOTE}), plain=False), Output("note", frozenset(), plain=True),
        Output("note", frozenset({NOTE, Column(NOTE.relation, "total")}), plain=True),
    ],
)  # fmt: skip
def test_what_is_not_the_columns_own_value_is_not_looked_at(output: Output) -> None:
    assert look(Watch(), rows(*MAILS), output=output) == {}


def test_what_wears_a_mask_is_not_looked_at() -> None:
    assert look(Watch(), rows(*MAILS), masked=(b"x",)) == {}


def test_a_persons_word_stands() -> None:
    known = data_map()
    findings = {**known.findings, NOTE: Finding(None, 1.0, "bob: our own addresses", "person")}
    assert look(Watch(), rows(*MAILS), known=Classified(findings, version=2)) == {}


def test_a_column_that_is_sensitive_already_is_not_looked_at() -> None:
    known = data_map()
    findings = {**known.findings, NOTE: Finding(DataClass("phone"), 1.0, "")}
    assert look(Watch(), rows(*MAILS), known=Classified(findings, version=2)) == {}


def test_no_more_than_so_many_cells_of_a_column_are_looked_at_in_an_hour() -> None:
    watch, asked = Watch(), verdict(PLAIN)
    dull, mails = rows(*["all is well"] * 20), rows(*MAILS)
    for _ in range(CELLS // 20):
        assert watch.glance(asked, (), dull, catalog(), data_map(), 10 * HOUR) == {}
    assert watch.glance(asked, (), mails, catalog(), data_map(), 10 * HOUR) == {}
    assert NOTE in watch.glance(asked, (), mails, catalog(), data_map(), 11 * HOUR)


def test_a_statement_of_the_fast_lane_comes_by_again_when_its_turn_is_there() -> None:
    watch, asked = Watch(), verdict(PLAIN)
    asked.learn(b"", b"a description")
    watch.glance(asked, (), rows("well"), catalog(), data_map(), HOUR)
    assert asked.lore.look_at == HOUR + TURN
    watch.reopen(HOUR + TURN - 1)
    assert asked.shown
    watch.reopen(HOUR + TURN)
    assert not asked.shown


@pytest.mark.parametrize("cut", range(0, 40, 3))
def test_a_run_of_rows_cut_anywhere_is_no_trouble(cut: int) -> None:
    whole = rows("abc", "n1@corp.example", "x" * 900)
    assert look(Watch(), whole[:cut]) == {}
