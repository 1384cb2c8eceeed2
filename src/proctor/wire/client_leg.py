"""Station 2: we play server to the client. Takes its bytes in any cut, returns what it says.

Knows the order in which a client may speak, and no meanings: no SQL, no identities. A fault ends the leg.
"""

from __future__ import annotations

from enum import IntEnum

from proctor.errors import ClientFault
from proctor.wire import _hot
from proctor.wire.intake import Intake
from proctor.wire.startup import MAX_STARTUP, read_startup
from proctor.wire.talk import Bye, Cancel, ClientEvent, Login, WantsGss, WantsTls

MiB = 1024 * 1024
MAX_MESSAGE = 64 * MiB  # a length field is a promise by a stranger
MAX_PROOF = 64 * 1024  # room for a token, and no more for one who has proven nothing
MAX_UNPROVEN = MAX_PROOF + MAX_STARTUP  # all that may wait behind a login that is not done


class ClientState(IntEnum):
    """How far a client has come."""

    CLOSED = 0
    STARTUP = 1
    STARTUP_TLS_ASKED = 2
    STARTUP_GSS_ASKED = 3
    STARTUP_BOTH_ASKED = 4
    PROVING = 5
    TALKING = 6


_S = ClientState

STARTUP: dict[ClientState, dict[type[ClientEvent], ClientState]] = {
    # Each kind of encryption is asked for once; a second wish is somebody else's bytes in this connection.
    _S.STARTUP: {WantsTls: _S.STARTUP_TLS_ASKED, WantsGss: _S.STARTUP_GSS_ASKED, Cancel: _S.CLOSED, Login: _S.PROVING},
    _S.STARTUP_TLS_ASKED: {WantsGss: _S.STARTUP_BOTH_ASKED, Cancel: _S.CLOSED, Login: _S.PROVING},
    _S.STARTUP_GSS_ASKED: {WantsTls: _S.STARTUP_BOTH_ASKED, Cancel: _S.CLOSED, Login: _S.PROVING},
    _S.STARTUP_BOTH_ASKED: {Cancel: _S.CLOSED, Login: _S.PROVING},
}
"""Which first packet leads where."""

TAGS: dict[ClientState, bytes] = {
    _S.CLOSED: b"",
    _S.PROVING: b"p",
    _S.TALKING: b"QPBDECSHdcfFX",
}
"""Which messages a client may send once it has started."""

_TABLES = {state: bytes(tag in tags for tag in range(256)) for state, tags in TAGS.items()}


class ClientLeg:
    """The client's side of a session: feed it bytes, get events.

    During the login a feed returns one event at the most, since what follows is believed only after the answer to it:
    feed `b""` for the next. A fault ends the leg; events of the same feed that stood before it are lost with it.
    """

    __slots__ = ("_intake", "_message_bytes", "_table", "state")

    def __init__(self, *, message_bytes: int = MAX_MESSAGE) -> None:
        self.state = ClientState.STARTUP
        self._intake = Intake()
        self._message_bytes = message_bytes
        self._table = _TABLES[ClientState.CLOSED]

    @property
    def pending(self) -> int:
        """Return how many bytes wait for their rest, or for the answer to what stood before them."""
        return len(self._intake)

    def feed(self, data: bytes | bytearray | memoryview) -> list[ClientEvent]:
        """Return what the client says with these bytes; raise `ClientFault` where it may not say it."""
        try:
            if self.state is ClientState.TALKING:
                return self._feed_talk(data)
            return self._feed_login(data)
        except ValueError as trouble:
            self._close()
            raise ClientFault(str(trouble)) from None
        except ClientFault:
            self._close()
            raise

    def proven(self) -> None:
        """Let the client talk: it has proven who it is."""
        if self.state is not ClientState.PROVING:
            raise ValueError("only a client that logs in can be proven")
        self._enter(ClientState.TALKING)

    def _feed_talk(self, data: bytes | bytearray | memoryview) -> list[ClientEvent]:
        whole = self._intake.take(data)
        events, end, need = _hot.read_client(whole, self._table, self._message_bytes, False)
        if events and type(events[-1]) is Bye:
            self._close()
        else:
            self._intake.keep(whole, end, need)
        return events

    def _feed_login(self, data: bytes | bytearray | memoryview) -> list[ClientEvent]:
        if self.state is ClientState.CLOSED:
            return []
        whole = self._intake.take(data)
        if self.state is ClientState.PROVING:
            events, end, need = _hot.read_client(whole, self._table, MAX_PROOF, True)
        else:
            events, end, need = self._read_startup(whole)
        if len(whole) - end > MAX_UNPROVEN:
            raise ClientFault("too many bytes before the login is done")
        self._intake.keep(whole, end, need)
        return events

    def _read_startup(self, whole: bytes) -> tuple[list[ClientEvent], int, int]:
        if len(whole) < 4:
            return [], 0, 4
        length = int.from_bytes(whole[:4], "big", signed=True)
        # 4 for itself and 4 for the code. Another protocol's hello (HTTP, TLS) reads as a length of gigabytes.
        if not 8 <= length <= MAX_STARTUP:
            raise ClientFault("the length of the start-up packet is invalid")
        if len(whole) < length:
            return [], 0, length
        event = read_startup(whole[:length])
        leads = STARTUP[self.state].get(type(event))
        if leads is None:
            raise ClientFault("encryption was asked for twice")
        # CVE-2021-23214: plain bytes behind the wish for encryption would be read as if they had come encrypted.
        if isinstance(event, WantsTls | WantsGss) and len(whole) > length:
            raise ClientFault("received unencrypted data after a request for encryption")
        self._enter(leads)
        if leads is ClientState.CLOSED:
            return [event], len(whole), 0  # nothing behind a cancel is heard
        return [event], length, 5

    def _enter(self, state: ClientState) -> None:
        self.state = state
        self._table = _TABLES.get(state, _TABLES[ClientState.CLOSED])

    def _close(self) -> None:
        self._enter(ClientState.CLOSED)
        self._intake = Intake()
