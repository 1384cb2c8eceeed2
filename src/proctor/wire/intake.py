"""Stations 2 and 8: hold the start of a message until its rest has come.

In come buffers of any cut, out go buffers that hold at least one whole message. Knows lengths, no meanings.
"""

from __future__ import annotations


class Intake:
    """Bytes that wait for the rest of their message.

    A message that comes in a thousand pieces is joined once, when it is whole, so that the work stays linear in its
    length; how long it may be is the scanner's to say, before anything of it is kept.
    """

    __slots__ = ("_held", "_need")

    def __init__(self) -> None:
        self._held = bytearray()
        self._need = 0

    def __len__(self) -> int:
        return len(self._held)

    def take(self, data: bytes | bytearray | memoryview) -> bytes:
        """Return everything there is once it may hold a whole message, else keep it and return nothing."""
        held = self._held
        if not held:
            return data if isinstance(data, bytes) else bytes(data)
        if len(held) + len(data) < self._need:
            held += data
            return b""
        whole = b"".join((held, data))
        held.clear()
        return whole

    def keep(self, data: bytes, start: int, need: int) -> None:
        """Keep the rest of `data` from `start`, until there are `need` bytes of it."""
        if start < len(data):
            self._held += memoryview(data)[start:]
            self._need = need
