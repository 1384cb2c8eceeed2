"""What is overdue, by a clock that the test moves."""

from __future__ import annotations

from proctor.edge.deadlines import GRACE, SECOND, Deadlines, Overdue


def deadlines() -> Deadlines:
    return Deadlines(idle=60, statement=10, now=0)


def test_a_client_that_says_nothing_for_long_is_idle_and_told_so_once() -> None:
    clocks = deadlines()
    assert clocks.look(60 * SECOND, None, 0, waits=False) is None
    assert clocks.look(121 * SECOND, None, 0, waits=False) is Overdue.SESSION
    assert clocks.look(122 * SECOND, None, 0, waits=False) is None


def test_every_byte_of_the_client_counts_as_life() -> None:
    clocks = deadlines()
    for at in range(0, 600, 50):
        assert clocks.look(at * SECOND, None, at, waits=False) is None


def test_a_statement_has_its_own_time_and_the_next_one_a_new_one() -> None:
    clocks, one, other = deadlines(), object(), object()
    assert clocks.look(0, one, 1, waits=False) is None
    assert clocks.look(10 * SECOND, one, 1, waits=False) is None
    assert clocks.look(11 * SECOND, one, 1, waits=False) is Overdue.STATEMENT
    assert clocks.look(12 * SECOND, one, 1, waits=False) is None, "it is cancelled once"
    assert clocks.look(13 * SECOND, other, 1, waits=False) is None
    assert clocks.look(24 * SECOND, other, 1, waits=False) is Overdue.STATEMENT


def test_what_a_client_says_meanwhile_gives_a_statement_no_more_time() -> None:
    clocks, one = deadlines(), object()
    clocks.look(0, one, 1, waits=False)
    assert clocks.look(9 * SECOND, one, 2, waits=False) is None
    assert clocks.look(11 * SECOND, one, 3, waits=False) is Overdue.STATEMENT


def test_a_database_that_does_not_cancel_ends_the_session() -> None:
    clocks, one = deadlines(), object()
    clocks.look(0, one, 1, waits=False)
    assert clocks.look(11 * SECOND, one, 1, waits=False) is Overdue.STATEMENT
    assert clocks.look(11 * SECOND + GRACE, one, 1, waits=False) is Overdue.CANCEL


def test_who_waits_for_an_approval_is_neither_idle_nor_running() -> None:
    clocks = deadlines()
    for at in range(0, 1000, 30):
        assert clocks.look(at * SECOND, None, 0, waits=True) is None
    assert clocks.look(1020 * SECOND, None, 0, waits=False) is None


def test_a_session_of_limited_time_ends_when_idle_or_half_a_minute_later() -> None:
    clocks = deadlines()
    assert not clocks.expired(10**6 * SECOND, idle=True)
    clocks.until(5 * SECOND, 10.0)
    assert not clocks.expired(15 * SECOND, idle=True)
    assert clocks.expired(15 * SECOND + 1, idle=True)
    assert not clocks.expired(15 * SECOND + GRACE, idle=False)
    assert clocks.expired(15 * SECOND + GRACE + 1, idle=False)
