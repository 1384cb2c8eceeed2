# cython: language_level=3
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""Stations 1 and 7, what is done for each statement: a buffer comes, the fast lane takes it, a buffer leaves.

The quick half of an `End`. Compiled where there is a compiler; both ways pass the same tests. Knows no protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.wire import _shim as cython

if cython.compiled:
    from cython.cimports.cpython.bytes import (  # type: ignore[import-untyped]
        PyBytes_AS_STRING,
        PyBytes_GET_SIZE,
    )
    from cython.cimports.posix.unistd import write as put  # type: ignore[import-untyped]

LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")


@cython.cclass
class Flow:
    """Bytes in both directions; a subclass reads what the lane does not take, and knows what becomes of a fault."""

    _received: cython.longlong
    _clean: cython.bint
    _waiting: cython.bint
    _socket: cython.longlong
    _lane: object
    _transport: object

    def __init__(self) -> None:
        self._received = 0
        self._clean = False
        self._waiting = False
        self._socket = -1
        self._lane = None
        self._transport = None

    @property
    def received(self) -> int:
        """Return how many bytes have come."""
        return self._received

    def data_received(self, data: bytes) -> None:
        """Let the lane take it whole, or else the leg read it."""
        self._received += len(data)
        try:
            if self._clean and self._lane is not None and self._lane(data):  # type: ignore[operator]
                return
        except Exception as fault:  # told to whoever runs the session, who ends it
            self.breaks(fault)
            return
        self.read(data)

    def send(self, data: bytes) -> None:
        """Send now, past the transport, if nothing waits there; what the socket does not take waits there."""
        if self._socket < 0 or self._transport.is_closing():  # type: ignore[attr-defined]
            self.write(data)  # a closing transport may have given the socket's number back already
            return
        if self._waiting:
            if self._transport.get_write_buffer_size():  # type: ignore[attr-defined]
                self._transport.write(data)  # type: ignore[attr-defined]
                return
            self._waiting = False
        sent: cython.Py_ssize_t = self._put(data)
        if sent < len(data):
            self._waiting = True
            self._transport.write(data[sent:])  # type: ignore[attr-defined]  # it meets what we met, and knows what to do

    def write(self, data: bytes) -> None:
        """Send, in order, without waiting."""
        if self._transport is not None:
            self._waiting = True
            self._transport.write(data)  # type: ignore[attr-defined]

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _put(self, data: bytes) -> cython.Py_ssize_t:
        if cython.compiled:
            sent: cython.Py_ssize_t = put(self._socket, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
            return sent if sent > 0 else 0
        try:
            return os.write(self._socket, data)
        except OSError:  # full, or broken
            return 0

    # ---- the other half's

    def runs_over(self, transport: asyncio.Transport | None) -> None:
        """Take the transport that bytes leave by from now on; None when there is none any more."""
        self._socket = -1
        self._transport = transport

    def quicken(self, lane: Callable[[bytes], bool]) -> None:
        """Let `lane` take whole buffers past the leg; it says of each whether it did.

        It is asked only where nothing of an earlier buffer waits in the leg. What is not encrypted here leaves at once.
        """
        self._lane = lane
        transport = self._transport
        if transport is None or transport.get_extra_info("sslcontext") is not None:  # type: ignore[attr-defined]
            return
        plain = transport.get_extra_info("socket")  # type: ignore[attr-defined]
        if plain is not None:
            _unpace(plain)
            self._waiting = True
            self._socket = plain.fileno()

    def settled(self, clean: bool) -> None:
        """Note whether the leg has read all that has come."""
        self._clean = clean

    def read(self, data: bytes) -> None:
        """Let the leg read."""
        raise NotImplementedError

    def breaks(self, fault: Exception) -> None:
        """End because of a fault."""
        raise NotImplementedError


def _unpace(plain: socket.socket) -> None:
    """Take the simplest congestion control within one machine: none is needed there, and pacing costs timers."""
    if plain.family not in (socket.AF_INET, socket.AF_INET6) or not hasattr(socket, "TCP_CONGESTION"):
        return
    with contextlib.suppress(OSError):  # as quick as the machine is set up to be, then
        if plain.getpeername()[0] in LOOPBACK:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
