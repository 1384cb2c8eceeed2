"""Station 1, its patience: how long a session may be idle, and a statement may run.

In comes, a few times a second, what is under way and how much the client has said; out goes what is overdue. Knows no
sockets and no statements.
"""

from __future__ import annotations

from enum import Enum, auto

SECOND = 1_000_000_000
GRACE = 30 * SECOND  # for a database that was asked to cancel, or a transaction under way; then the session ends


class Overdue(Enum):
    """What has taken too long."""

    SESSION = auto()
    STATEMENT = auto()
    CANCEL = auto()


class Deadlines:
    """The clocks of one session, by its `limits`, in seconds. Each is told once."""

    def __init__(self, *, idle: float, statement: float, now: int) -> None:
        self._idle = int(idle * SECOND)
        self._statement = int(statement * SECOND)
        self._question: object = None
        self._since = now
        self._heard = -1
        self._told: Overdue | None = None
        self._until: int | None = None

    def until(self, now: int, seconds: float) -> None:
        """Let the session end after so many seconds, whatever it does then."""
        self._until = now + int(seconds * SECOND)

    def expired(self, now: int, *, idle: bool) -> bool:
        """Tell whether the session's time is over; one that is not `idle` gets a little more to finish."""
        return self._until is not None and now > self._until + (0 if idle else GRACE)

    def look(self, now: int, question: object, heard: int, *, waits: bool) -> Overdue | None:
        """Return what is overdue. `question` is the one under way upstream, told apart from others by what it is.

        A client that `waits` for somebody's approval is neither idle nor running anything.
        """
        if question is not self._question or (question is None and heard != self._heard) or waits:
            self._question, self._since, self._told = question, now, None
        self._heard = heard
        gone = now - self._since
        if question is None:
            return self._tell(Overdue.SESSION) if gone > self._idle else None
        if gone > self._statement + GRACE:
            return self._tell(Overdue.CANCEL)
        return self._tell(Overdue.STATEMENT) if gone > self._statement else None

    def _tell(self, what: Overdue) -> Overdue | None:
        told, self._told = self._told, what
        return None if told is what else what
