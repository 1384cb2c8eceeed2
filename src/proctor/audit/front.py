# cython: language_level=3
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""The journal's quick half: takes records onto the page, and lets go who waits for one.

Compiled where there is a compiler: plain Python, which Cython turns into C; both ways pass the same tests. No files.
"""

from __future__ import annotations

import asyncio

from proctor.audit.leaving import Leave
from proctor.audit.page import Encoded, Page, Parts
from proctor.errors import HouseFault

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.audit import _shim as cython


class Front:
    """The quick half of a journal: takes a record, and who is to be called when it is written.

    The other half, a subclass, writes, syncs and knows what to do about faults; the attributes are both halves'. What
    `took_later` and `took_then` do is what compiled modules call without a detour.
    """

    def __init__(self, page: Page, max_later: int, max_unsynced: int) -> None:
        self.failed: HouseFault | None = None
        self._page = page
        self._unsynced_size = 0
        self._max_unsynced = max_unsynced
        self._max_later = max_later
        self._leaving: list[Leave] = []
        self._round: asyncio.Handle | None = None
        self._soon: asyncio.TimerHandle | None = None

    def append_later(self, body: Encoded) -> int:
        """Take a record and return its position. It is written with the next `append`, or within 10 ms."""
        return self.took_later(body if isinstance(body, tuple) else (body,))

    def took_later(self, parts: Parts) -> cython.longlong:
        """Do as `append_later` does."""
        position: cython.longlong = self._take(parts)
        if self._page._size > self._max_later:
            self.write()
        if self._soon is None:
            self.sync_soon()
        return position

    def append_then(self, body: Encoded, leave: Leave, durable: bool = False) -> None:
        """Take a record, and call `leave` once it survives this process, or with the fault by which it does not.

        On a slate that is at once, if anything was written in the last 10 ms, so that a disk that takes nothing any
        more is noticed. Else it is when it is written, at the end of this round of the event loop: all that
        is asked in one round shares one write; without a loop it is at once too. If it is to be `durable`, that is when
        it is on disk: the rounds that come while one fdatasync runs share the next.
        """
        self.took_then(body if isinstance(body, tuple) else (body,), leave, durable)

    def took_then(self, parts: Parts, leave: Leave, durable: cython.bint) -> cython.int:
        """Do as `append_then` does."""
        position: cython.longlong = self._take(parts)
        if self._page._size > self._max_later:
            self.write()
        if durable:
            self.then(position, leave)
            return 0
        if self._soon is not None and not self._page._aside:
            leave(None)
            return 0
        self._leaving.append(leave)
        if self._round is None:
            self.end_round()
        return 0

    def _take(self, parts: Parts) -> cython.longlong:
        if self.failed is not None or self._unsynced_size > self._max_unsynced:
            self.make_way()
        position: cython.longlong = self._page._add(parts)
        return position if position >= 0 else self.step_and_put(parts)

    def let_go(self) -> None:
        """Write, and call all that wait for it."""
        if self._round is not None:
            self._round.cancel()
            self._round = None
        fault = None
        try:
            self.settle()
        except HouseFault as failed:
            fault = failed
        leaving: list = self._leaving  # type: ignore[type-arg]
        self._leaving = []
        called: cython.Py_ssize_t = 0
        try:
            for leave in leaving:
                called += 1
                leave(fault)
        finally:
            if called < len(leaving):  # one of them broke; the others must not wait for ever
                self._leaving = leaving[called:] + self._leaving
                if self._round is None:
                    self.end_round()

    # ---- the other half's

    def settle(self) -> None:
        """Write, and ask for the disk what waits for it."""
        raise NotImplementedError

    def write(self) -> None:
        """Write the page."""
        raise NotImplementedError

    def then(self, position: int, leave: Leave) -> None:
        """Call `leave` once the record at this position is on disk, or with the fault by which it is not."""
        raise NotImplementedError

    def sync_soon(self) -> None:
        """See to it that everything so far is on disk within 10 ms."""
        raise NotImplementedError

    def end_round(self) -> None:
        """See to it that this round of the loop ends with calling all that wait."""
        raise NotImplementedError

    def make_way(self) -> None:
        """Refuse what comes after a fault, or wait for the disk when too much is kept."""
        raise NotImplementedError

    def step_and_put(self, body: Encoded) -> int:
        """Put a record behind one that says that the clocks have stepped, and return its position."""
        raise NotImplementedError
