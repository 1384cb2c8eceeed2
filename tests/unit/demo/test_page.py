"""The demo's page: a step holds only if something was claimed and everything claimed was so."""

from __future__ import annotations

import pytest

from demo.page import Step


def test_a_step_holds_when_every_claim_does(capsys: pytest.CaptureFixture[str]) -> None:
    with Step(1, "a title", "an expectation") as step:
        step.check("this is so", True)
    assert step.held
    assert "expected: an expectation" in capsys.readouterr().out


def test_one_claim_that_is_not_so_fails_the_step(capsys: pytest.CaptureFixture[str]) -> None:
    with Step(1, "a title", "an expectation") as step:
        step.check("this is so", True)
        step.check("this is not", False)
    assert not step.held
    assert "DID NOT HOLD" in capsys.readouterr().out


def test_a_step_that_claims_nothing_does_not_hold() -> None:
    with Step(1, "a title", "an expectation") as step:
        pass
    assert not step.held


def test_a_step_that_breaks_does_not_hold_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    """One broken step must neither hide the others nor count as held."""
    with Step(1, "a title", "an expectation") as step:
        step.check("this is so", True)
        raise RuntimeError("no such desk")
    assert not step.held
    assert "no such desk" in capsys.readouterr().out


def test_ctrl_c_within_a_step_ends_the_story() -> None:
    with pytest.raises(KeyboardInterrupt), Step(1, "a title", "an expectation"):
        raise KeyboardInterrupt


def test_a_table_shows_null_and_cuts_what_is_long(capsys: pytest.CaptureFixture[str]) -> None:
    with Step(1, "a title", "an expectation") as step:
        step.table(["a", "b"], [(None, "x" * 80)])
    shown = capsys.readouterr().out
    assert "∅" in shown
    assert "x" * 33 + "…" in shown
