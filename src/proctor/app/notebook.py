"""Beside the stations: the journal of a process that must outlive its disk. What cannot be written now is, once it can.

Takes records of the life of the house, which are few; the oldest of far too many are let go. Statements never come
here: they wait for their record, or do not run.
"""

from __future__ import annotations

import logging
from collections import deque

from proctor.audit.journal import Journal
from proctor.audit.record import Body
from proctor.errors import HouseFault

log = logging.getLogger("proctor.supervisor")

MOST = 1000  # records that wait for the disk


class Notebook:
    """A journal, and what it still has to be told."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: deque[Body] = deque(maxlen=MOST)  # the oldest give way

    def note(self, body: Body) -> None:
        """Record this, behind whatever waits; never fails."""
        self._waiting.append(body)
        self._write()

    async def mend(self) -> None:
        """Try to write again, if it could not be."""
        if self._journal.failed is not None and await self._journal.try_recover():
            log.warning("the journal of the supervisor can be written again")
        self._write()

    async def close(self, last: Body | None = None) -> None:
        """Write what can be written, and let go of the journal."""
        await self.mend()
        if last is not None:
            self.note(last)
        await self._journal.close()

    def _write(self) -> None:
        while self._waiting and self._journal.failed is None:
            try:
                self._journal.record(self._waiting[0])
            except HouseFault as fault:
                log.error("%s; it is written later", fault.message)
                return
            self._waiting.popleft()
