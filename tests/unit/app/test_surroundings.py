"""What the supervisor's processes are started with."""

from __future__ import annotations

from proctor.app.supervisor import SCRATCH, surroundings


def test_a_worker_keeps_the_memory_in_which_it_masks() -> None:
    assert surroundings({"LANG": "C"}, serves=True) == {"LANG": "C", **SCRATCH}


def test_what_the_operator_has_set_stands() -> None:
    outer = {"MALLOC_TRIM_THRESHOLD_": "0"}
    assert surroundings(outer, serves=True)["MALLOC_TRIM_THRESHOLD_"] == "0"
    assert outer == {"MALLOC_TRIM_THRESHOLD_": "0"}


def test_the_control_process_masks_nothing_and_is_told_nothing() -> None:
    assert surroundings({"LANG": "C"}, serves=False) == {"LANG": "C"}
