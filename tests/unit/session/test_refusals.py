"""What a client is told, and what it is not."""

from __future__ import annotations

import pytest

from proctor.errors import HouseFault
from proctor.session import refusals
from proctor.terms import Deny

SSN = "078-05-1120"


def test_a_denial_names_the_reason_the_rule_and_what_to_do_instead() -> None:
    fields = refusals.denial(Deny(("rows-1", "rows-2"), "d", "too many rows", "add a WHERE"), "s1-7")
    assert fields == {
        "S": "ERROR", "V": "ERROR", "C": "42501", "M": "refused: too many rows",
        "D": "Rule rows-1 decided; exchange s1-7.", "H": "add a WHERE",
    }  # fmt: skip


@pytest.mark.parametrize("code", ["22P02", "23505", "XX000", "P0001", ""])
def test_a_reduced_error_keeps_its_code_and_names_and_none_of_its_words(code: str) -> None:
    said = {"S": "ERROR", "V": "ERROR", "C": code, "s": "public", "t": "people", "c": "ssn", "n": "people_ssn_key"}
    words = dict.fromkeys("MDHWqPpFLR", f"it was {SSN}")
    reduced = refusals.reduced({**said, **words})
    assert SSN not in "".join(reduced.values())
    assert {k: v for k, v in reduced.items() if k != "M"} == said


def test_a_fault_is_one_sentence() -> None:
    fields = refusals.fault(HouseFault("the disk is full", hint="Make room."), "s1-9")
    assert fields == {
        "S": "ERROR", "V": "ERROR", "C": "58000", "M": "the disk is full", "D": "Exchange s1-9.", "H": "Make room.",
    }  # fmt: skip


def test_the_marker_is_no_sql() -> None:
    from proctor.sql import parser

    with pytest.raises(parser.Unparsable):
        parser.parse(refusals.MARKER)
