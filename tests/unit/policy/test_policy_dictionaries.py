"""No dictionary of masks: guesses that the asker wrote down never stand beside the masks of what they guess."""

from __future__ import annotations

import pytest

from proctor.policy.decide import plan_masks
from proctor.policy.statement import needs_infer
from proctor.policy.worn import Worn
from proctor.terms import Analysis, Classified, Column, DataClass, Finding, Inference, Output, Relation, Use

EMAIL = DataClass("email")
HELD = Column(Relation("public", "customers"), "email")
OTHER = Column(Relation("public", "leads"), "email")
OWN = Column(Relation("pg_temp", "guesses"), "email")
CLEAN = Column(Relation("public", "orders"), "note")
MAP = Classified({c: Finding(EMAIL, 1.0, "") for c in (HELD, OTHER, OWN)} | {CLEAN: Finding(None, 1.0, "")})


@pytest.mark.parametrize(
    ("pair", "told"),
    [({HELD, OTHER}, set()), ({HELD, OWN}, {HELD, OWN}), ({HELD, CLEAN}, {HELD}), ({OWN}, set())],
    ids=["two tables", "a table of one's own", "a clean column", "one's own alone"],
)
def test_a_join_with_what_the_session_wrote_down_is_a_guess(pair: set[Column], told: set[Column]) -> None:
    """A temporary table of all possible values, numbered, would name every value by its number."""
    assert needs_infer(Inference(Use.EQUIJOIN, frozenset(pair)), Worn("useful"), MAP) == told


@pytest.mark.parametrize(
    "sources", [{OWN}, {OWN, HELD}, {CLEAN, HELD}], ids=["alone", "in a union", "a clean column in a union"]
)
def test_values_of_ones_own_do_not_wear_the_masks_of_others(sources: set[Column]) -> None:
    (mask,) = plan_masks(
        Analysis("select", outputs=(Output("x", frozenset(sources), True),)), MAP, Worn("useful"), frozenset()
    )
    assert mask is not None
    assert mask.name == "redact"
