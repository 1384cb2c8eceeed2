"""Beside the stations: the searches of the journal that a reader keeps under a name of their own.

In comes who keeps what; out goes the list, or a `Refused`. Nobody sees another's. Knows nothing of what is found.
"""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import parse_qsl, urlencode

from proctor.control.room import Room
from proctor.control.words import Recorder, Refused
from proctor.edge.config import Config
from proctor.edge.view_book import ViewBook
from proctor.session.ports import Clock
from proctor.terms import Identity

FIELDS: Final = ("who", "database", "table", "text", "session", "decision", "kind", "data_class", "since", "until")
"""What a search may say."""
MOST: Final = 50
MAX_NAME: Final = 100
MAX_QUERY: Final = 2000
Kept = tuple[tuple[str, str], ...]
"""Each search by its name, as the query of an address."""


class ViewRoom(Room):
    """Each reader's own shelf of searches."""

    def __init__(self, config: Config, journal: Recorder, clock: Clock, book: ViewBook) -> None:
        super().__init__(config, journal, clock)
        self._book = book

    async def list(self, by: Identity) -> Kept | Refused:
        """Return this reader's searches."""
        if (no := self._closed(by, "views.list")) is not None:
            return no
        return await asyncio.to_thread(self._book.list, by.subject)

    async def keep(self, by: Identity, name: str, query: str) -> Kept | Refused:
        """Keep a search under a name, in place of one of that name."""
        if (no := self._closed(by, "views.keep", name)) is not None:
            return no
        if not name or len(name) > MAX_NAME or not name.isprintable():
            return Refused("invalid", f"a name has 1 to {MAX_NAME} printable characters")
        said = [(field, value) for field, value in parse_qsl(query[: MAX_QUERY + 1]) if field in FIELDS]
        if len(query) > MAX_QUERY or not said:
            return Refused("invalid", f"a search says something, in at most {MAX_QUERY} characters")
        if not await asyncio.to_thread(self._book.keep, by.subject, name, urlencode(said), MOST):
            return Refused("conflict", f"you keep {MOST} searches already", "drop one first")
        return await asyncio.to_thread(self._book.list, by.subject)

    async def drop(self, by: Identity, name: str) -> Kept | Refused:
        """Forget a search."""
        if (no := self._closed(by, "views.drop", name)) is not None:
            return no
        if not await asyncio.to_thread(self._book.drop, by.subject, name):
            return Refused("missing", "you keep no search of that name")
        return await asyncio.to_thread(self._book.list, by.subject)
