"""A port on this machine for programs that can neither renew a password nor speak TLS: `proctor connect --local-port`.

In come local programs that know the password of this hour; out go their bytes, under TLS and with a fresh token for
each connection, to the gateway, which decides. Listens on loopback, and reads nothing behind the login.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from struct import unpack

from proctor.cli.ground import Exit, Trouble, fail
from proctor.errors import ClientFault, Fault, UpstreamFault
from proctor.wire import messages, talk
from proctor.wire.scram import MAX_MESSAGE, SALT_BYTES, SCRAM, ScramServer, Verifier
from proctor.wire.startup import MAX_STARTUP, read_startup

LOOPBACK = "127.0.0.1"
CONNECTIONS = 100
LOGIN_SECONDS = 30.0
CHUNK = 64 * 1024
MAX_ANSWER = 64 * 1024  # of what the gateway says before it lets somebody in
WISH = "proctor.login"
_CLEARTEXT = 3


@dataclass(frozen=True)
class Way:
    """How to reach the gateway as somebody: `token` is asked for anew for each connection, and may take a while."""

    host: str
    port: int
    user: str
    options: Mapping[str, str]
    trust: ssl.SSLContext
    token: Callable[[], str]


class LocalPort:
    """The local port. `serve` once; it ends by Ctrl-C or SIGTERM."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self.password = secrets.token_urlsafe(32)
        self._verifier = Verifier.make(self.password, secrets.token_bytes(SALT_BYTES))
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, port: int, ready: Callable[[int], None]) -> None:
        """Listen, say so with the port that it is, and go on until told to stop."""
        try:
            server = await asyncio.start_server(self._met, LOOPBACK, port)
        except OSError as fault:
            fail(f"cannot listen on {LOOPBACK}:{port}: {fault.strerror}", then="name another port", code=Exit.USAGE)
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, over.set)
        ready(server.sockets[0].getsockname()[1])
        await over.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._open) >= CONNECTIONS:
            writer.close()
            return
        self._open.add(task)
        try:
            await self._attend(reader, writer)
        except (OSError, EOFError, TimeoutError):
            pass  # whoever has gone need not be told
        except (Fault, Trouble) as trouble:
            with contextlib.suppress(OSError):
                writer.write(_told(trouble))
                await writer.drain()
        finally:
            self._open.discard(task)
            writer.close()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(LOGIN_SECONDS):
            event = await _greeted(reader, writer)
            if isinstance(event, talk.Cancel):
                await self._cancel(event)
                return
            writer.write(messages.negotiation(event))
            signature = await self._proven(reader, writer)
            if event.user != self._way.user:
                raise ClientFault(f'this port is for "{self._way.user}" alone', sqlstate="28000")
            beyond, ahead = await self._enter(event)
        try:
            writer.write(messages.auth_sasl_final(signature) + messages.AUTH_OK)
            await _joined((reader, writer), (beyond, ahead))
        finally:
            ahead.close()

    async def _proven(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Return what proves to a program that we know the password too, once it has proven that it does."""
        writer.write(messages.auth_sasl([SCRAM]))
        try:
            mechanism, first = messages.parse_sasl_initial(await _proof(reader))
        except ValueError as trouble:
            raise ClientFault(str(trouble)) from None
        if mechanism != SCRAM:
            raise ClientFault("the client selected an invalid SASL mechanism", sqlstate="28000")
        server = ScramServer(self._verifier, secrets.token_urlsafe(18))
        try:
            writer.write(messages.auth_sasl_continue(server.first(first, mechanism)))
            return server.final(await _proof(reader))
        except ClientFault:
            raise ClientFault("the password is not the one of this port", sqlstate="28P01") from None

    # --- the gateway's side

    async def _enter(self, login: talk.Login) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a connection to the gateway that has let us in."""
        token = await asyncio.to_thread(self._way.token)
        reader, writer = await self._reached()
        try:
            writer.write(messages.startup(self._introduction(login)))
            tag, body = await _message(reader, MAX_ANSWER)
            if tag == b"R" and body[:4] == _CLEARTEXT.to_bytes(4):
                writer.write(messages.password(token))
                tag, body = await _message(reader, MAX_ANSWER)
            if tag == b"E":
                raise _Said(messages.frame(tag, body))
            if tag != b"R" or not compare_digest(messages.frame(tag, body), messages.AUTH_OK):
                raise UpstreamFault("the gateway asks for something else than a token")
        except BaseException:
            writer.close()
            raise
        return reader, writer

    async def _reached(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        way = self._way
        try:
            raw = await _asked_for_tls(way.host, way.port)
            return await asyncio.open_connection(sock=raw, ssl=way.trust, server_hostname=way.host)
        except ssl.SSLCertVerificationError as fault:
            raise UpstreamFault(f"the gateway's certificate is not believed: {fault.verify_message}") from None
        except OSError as fault:
            raise UpstreamFault(f"the gateway at {way.host}:{way.port} cannot be reached ({fault.strerror})") from None

    def _introduction(self, login: talk.Login) -> dict[str, str]:
        """Return the start-up settings: the program's own, and how we prove who is asking."""
        options = {name: value for name, value in login.options.items() if name != WISH}
        options = {**self._way.options, **options, WISH: "token"}
        said = {name: value for name, value in login.parameters.items() if name.lower() != WISH}
        written = " ".join(f"-c {name}={_kept(value)}" for name, value in options.items())
        return {"user": self._way.user, "database": login.database, **said, "options": written}

    async def _cancel(self, event: talk.Cancel) -> None:
        _, writer = await self._reached()
        writer.write(messages.cancel_request(event.pid, event.secret))
        await writer.drain()
        writer.close()


async def _asked_for_tls(host: str, port: int) -> socket.socket:
    """Return a socket whose other end has agreed to TLS. Of what comes unencrypted, one byte is read and no more."""
    loop = asyncio.get_running_loop()
    raw = await asyncio.to_thread(socket.create_connection, (host, port), LOGIN_SECONDS)
    try:
        raw.setblocking(False)
        await loop.sock_sendall(raw, messages.ssl_request())
        if await loop.sock_recv(raw, 1) != b"S":
            raise UpstreamFault("the gateway does not offer TLS, and a token goes nowhere without it")
    except BaseException:
        raw.close()
        raise
    return raw


class _Said(Fault):
    """What the gateway itself has said; it goes on to the program as it is."""

    def __init__(self, frame: bytes) -> None:
        super().__init__("the gateway said no")
        self.frame = frame


def _told(trouble: Fault | Trouble) -> bytes:
    if isinstance(trouble, _Said):
        return trouble.frame
    if isinstance(trouble, Trouble):
        trouble = ClientFault(trouble.what, sqlstate="28000", hint=trouble.then)
    return messages.error_response(messages.fault_fields(trouble))


async def _greeted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> talk.Login | talk.Cancel:
    while True:
        (length,) = unpack("!i", head := await reader.readexactly(4))
        if not 8 <= length <= MAX_STARTUP:
            raise ClientFault("the start-up packet has an impossible length")
        event = read_startup(head + await reader.readexactly(length - 4))
        if isinstance(event, talk.Login | talk.Cancel):
            return event
        writer.write(b"N")  # nobody listens on loopback


async def _proof(reader: asyncio.StreamReader) -> bytes:
    tag, body = await _message(reader, MAX_MESSAGE)
    if tag != b"p":
        raise ClientFault("a proof was expected")
    return body


async def _message(reader: asyncio.StreamReader, most: int) -> tuple[bytes, bytes]:
    tag = await reader.readexactly(1)
    (length,) = unpack("!i", await reader.readexactly(4))
    if not 4 <= length <= most:
        raise ClientFault("a message has an impossible length")
    return tag, await reader.readexactly(length - 4)


async def _joined(
    one: tuple[asyncio.StreamReader, asyncio.StreamWriter], other: tuple[asyncio.StreamReader, asyncio.StreamWriter]
) -> None:
    """Pass on what either says, until one of them has no more to say."""
    ways = [asyncio.ensure_future(_passed(one[0], other[1])), asyncio.ensure_future(_passed(other[0], one[1]))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in ways:
            each.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()


def _kept(value: str) -> str:
    """Return a value for `options`, where a backslash stands before what would end a word."""
    return "".join(f"\\{each}" if each in " \t\n\v\f\r\\" else each for each in value)


def say(line: str) -> None:
    """Print a line at once: somebody may wait for it at the other end of a pipe."""
    print(line)
    sys.stdout.flush()
