"""Who waits for the disk with bytes in hand, in order. Takes positions and calls; makes the calls once they may be.

A call for each statement instead of a future: no task is woken, and all that one fdatasync covers leaves in one go.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from proctor.errors import HouseFault

Leave = Callable[[HouseFault | None], None]


class Leaving:
    """What is to be called when a record is on disk, oldest first."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, Leave]] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, position: int, leave: Leave) -> None:
        """Let `leave` wait for the record at `position`, which is not older than the last one's."""
        self._waiting.append((position, leave))

    def go(self, synced: int) -> None:
        """Call all whose records are on disk: those up to `synced`."""
        try:
            while self._are_due(synced):  # anew each time: one of them may meet a fault
                self._waiting.popleft()[1](None)
        finally:
            if self._are_due(synced):  # one of them broke; the others must not wait for ever
                asyncio.get_running_loop().call_soon(self.go, synced)

    def _are_due(self, synced: int) -> bool:
        return bool(self._waiting) and self._waiting[0][0] <= synced

    def fail(self, fault: HouseFault, loop: asyncio.AbstractEventLoop | None) -> None:
        """Tell all of them why they may not, soon: whoever has met the fault is still in the middle of something."""
        waiting, self._waiting = self._waiting, deque()
        for _, leave in waiting:
            if loop is None or loop.is_closed():
                leave(fault)
            else:
                loop.call_soon(leave, fault)
