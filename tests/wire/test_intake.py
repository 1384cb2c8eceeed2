"""Bytes that wait: nothing lost, nothing doubled, nothing copied more often than needed."""

from __future__ import annotations

from proctor.wire.intake import Intake


def test_a_whole_buffer_goes_through_without_a_copy() -> None:
    data = b"whole"
    assert Intake().take(data) is data


def test_the_rest_waits_until_there_is_enough() -> None:
    intake = Intake()
    intake.keep(b"xxab", 2, 5)
    assert intake.take(memoryview(b"cd")) == b""
    assert len(intake) == 4
    assert intake.take(b"ef") == b"abcdef"
    assert len(intake) == 0


def test_the_callers_buffer_may_change_afterwards() -> None:
    """The edge reads into one buffer for ever."""
    buffer = bytearray(b"abcd")
    intake = Intake()
    taken = intake.take(memoryview(buffer))
    intake.keep(taken, 2, 4)
    buffer[:] = b"zzzz"
    assert taken == b"abcd"
    assert intake.take(b"ef") == b"cdef"
