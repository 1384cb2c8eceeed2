"""Station 1, for guests whom the house itself lets in: the letter that the control process sends ahead of them.

The control process has proven who somebody is (at MCP); a worker opens a session for them as for any client. What comes
in is one end of a pair of sockets that only the supervisor can have handed over: no name, no secret, nothing to steal
or to show twice. The letter on it says who it is; the start-up packet and all that follows is PostgreSQL's own.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

import msgspec

from proctor.edge.end import Lost
from proctor.edge.tokens import SignIn
from proctor.errors import ClientFault
from proctor.session.ports import Purpose
from proctor.terms import Identity

MAX_LETTER = 64 * 1024
_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Letter:
    """Who is let in, from where, and for what.

    `wait` is for how many seconds a held statement waits, `result_bytes` how large a result may be: both at most what
    the settings say. `curious` says that whoever asks can be asked for a reason, if one is wanted.
    `sign_in` is by what the token is known that was shown, and `lasts` for how many seconds it is still good.
    """

    asker: Identity
    address: str
    purpose: Purpose = Purpose.RUN
    wait: float = 0.0
    result_bytes: int = 0
    curious: bool = False
    sign_in: SignIn | None = None
    lasts: float | None = None


_DECODE = msgspec.json.Decoder(Letter).decode


def sealed(letter: Letter) -> bytes:
    """Return a letter as it travels."""
    body = msgspec.json.encode(letter)
    if len(body) > MAX_LETTER:
        raise ClientFault("this identity has too many groups to be let in here", sqlstate="28000")
    return len(body).to_bytes(_LENGTH, "big") + body


async def opened(sock: socket.socket, seconds: float) -> Letter:
    """Return the letter that comes before everything else on a socket, and read not a byte more."""
    sock.setblocking(False)
    try:
        async with asyncio.timeout(seconds):
            size = int.from_bytes(await _exactly(sock, _LENGTH), "big")
            if size > MAX_LETTER:
                raise ClientFault("a letter is too long")
            return _DECODE(await _exactly(sock, size))
    except TimeoutError:
        raise ClientFault("a letter took too long", sqlstate="08006") from None
    except msgspec.MsgspecError:
        raise ClientFault("a letter cannot be read") from None


async def _exactly(sock: socket.socket, size: int) -> bytes:
    loop, data = asyncio.get_running_loop(), b""
    while len(data) < size:
        more = await loop.sock_recv(sock, size - len(data))
        if not more:
            raise Lost("the connection was closed")
        data += more
    return data
