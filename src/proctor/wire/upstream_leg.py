"""Station 8: we play client to the database. Takes its bytes in any cut, returns what it says.

Knows the order in which a server may speak. Knows no masks, no statements, and no single-byte answer to an
SSLRequest: the edge reads that one byte and nothing more, before it upgrades (CVE-2021-23222).
"""

from __future__ import annotations

from enum import IntEnum

from proctor.errors import UpstreamFault
from proctor.wire import _hot
from proctor.wire.intake import Intake
from proctor.wire.talk import UpstreamEvent

MiB = 1024 * 1024
MAX_MESSAGE = 256 * MiB  # a row may be a gigabyte; a gateway that holds one for every session has no memory left


class UpstreamState(IntEnum):
    """How far the conversation with a database has come."""

    CLOSED = 0
    PROVING = 1
    SETTLING = 2
    TALKING = 3
    COPYING_OUT = 4
    COPYING_IN = 5
    COPYING_BOTH = 6


_U = UpstreamState

TAGS: dict[UpstreamState, dict[UpstreamState, bytes]] = {
    # AuthenticationOk is the one R that leads from PROVING to SETTLING.
    _U.CLOSED: {},
    _U.PROVING: {_U.PROVING: b"RENv"},
    _U.SETTLING: {_U.SETTLING: b"SKEN", _U.TALKING: b"Z"},
    _U.TALKING: {
        _U.TALKING: b"TtnDCIs123ENASVZ",
        _U.COPYING_OUT: b"H",
        _U.COPYING_IN: b"G",
        _U.COPYING_BOTH: b"W",
    },
    _U.COPYING_OUT: {_U.COPYING_OUT: b"dNAS", _U.TALKING: b"cE"},
    _U.COPYING_IN: {_U.COPYING_IN: b"NAS", _U.TALKING: b"CE"},
    _U.COPYING_BOTH: {_U.COPYING_BOTH: b"dcNAS", _U.TALKING: b"CE"},
}
"""In which state which message leads to which state. What is not here is nonsense."""


def _table(moves: dict[UpstreamState, bytes]) -> bytes:
    leads = bytearray(256)
    for state, tags in moves.items():
        for tag in tags:
            leads[tag] = state
    return bytes(leads)


# Row 0 is that of CLOSED, which is never scanned: it says where AuthenticationOk leads.
_TABLES = (_table({_U.SETTLING: b"R"}), *(_table(TAGS[state]) for state in _U if state is not _U.CLOSED))


class UpstreamLeg:
    """The database's side of a session: feed it bytes, get events.

    A run of rows that came in one buffer is one event. A fault ends the leg; events of the same feed that stood before
    it are lost with it.
    """

    __slots__ = ("_intake", "_message_bytes", "_state")

    def __init__(self, *, message_bytes: int = MAX_MESSAGE) -> None:
        self._state = int(UpstreamState.PROVING)
        self._intake = Intake()
        self._message_bytes = message_bytes

    @property
    def state(self) -> UpstreamState:
        """Return how far the conversation has come."""
        return UpstreamState(self._state)

    @property
    def pending(self) -> int:
        """Return how many bytes wait for the rest of their message."""
        return len(self._intake)

    def feed(self, data: bytes | bytearray | memoryview) -> list[UpstreamEvent]:
        """Return what the database says with these bytes; raise `UpstreamFault` where that makes no sense."""
        if self._state == 0:
            return []
        whole = self._intake.take(data)
        try:
            events, end, need, self._state = _hot.read_upstream(whole, self._state, _TABLES, self._message_bytes)
        except ValueError as trouble:
            self._state = 0
            self._intake = Intake()
            raise UpstreamFault(f"the database broke the protocol: {trouble}", sqlstate="08P01") from None
        self._intake.keep(whole, end, need)
        return events
