"""Beside the stations: what a process does regularly, each errand in a task of its own and at its own pace.

Takes errands by their names; `keep` begins those that are new and ends those that are not wanted any more. One that
hangs holds up nobody else. Knows nothing of what they do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

Call = Callable[[], Awaitable[None]]
Errand = tuple[str, float, Call]
"""Its name, the seconds between two turns, and what is done."""


class Errands:
    """The errands that are under way in one group of tasks."""

    def __init__(self, tasks: asyncio.TaskGroup, tended: Callable[[str, Call], Call]) -> None:
        """Take the group they run in, and who tends to an errand: it must let no fault of it through."""
        self._tasks = tasks
        self._tended = tended
        self._under_way: dict[str, tuple[float, Call, asyncio.Task[None]]] = {}

    def keep(self, wanted: Sequence[Errand]) -> list[str]:
        """Let these be under way and no others; return the names of those that have ended for good.

        One that is to be done otherwise, or at another pace, begins anew at once.
        """
        names = {name for name, _, _ in wanted}
        ended = [name for name in self._under_way if name not in names]
        for name in ended:
            self._end(name)
        for name, seconds, call in wanted:
            if name in self._under_way and self._under_way[name][:2] != (seconds, call):
                self._end(name)
            if name not in self._under_way:
                task = self._tasks.create_task(_regularly(seconds, self._tended(name, call)))
                self._under_way[name] = (seconds, call, task)
        return ended

    def stop(self) -> None:
        """End all of them."""
        for name in list(self._under_way):
            self._end(name)

    def _end(self, name: str) -> None:
        self._under_way.pop(name)[-1].cancel()


async def _regularly(seconds: float, call: Call) -> None:
    while True:
        await call()
        await asyncio.sleep(seconds)
