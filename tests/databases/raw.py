"""A client of our own that keeps every message as it came: what drivers hide, the comparisons and edge cases need.

Shares no code with the gateway, so that a mistake of `wire` is not made twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from struct import pack, unpack, unpack_from
from typing import Self

DEADLINE = 20.0  # for each read; nothing here waits that long unless something is broken
PROTOCOL = 196608
FIRST_OID = 16384  # below it, oids are the same in every database

Message = tuple[bytes, bytes]


class Closed(Exception):
    """The other side closed the connection; the messages that came before are in `transcript`."""


@dataclass
class Raw:
    """One connection. `transcript` holds each message since the login, `greeting` those of the login."""

    address: tuple[str, int]
    transcript: list[Message] = field(default_factory=list)
    greeting: list[Message] = field(default_factory=list)
    pid: int = 0
    secret: bytes = b""
    socket: socket.socket = field(init=False)
    _held: bytes = b""

    def __post_init__(self) -> None:
        self.socket = socket.create_connection(self.address, timeout=DEADLINE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    # ---- bytes

    def send(self, data: bytes) -> Self:
        """Send bytes as they are."""
        self.socket.sendall(data)
        return self

    def byte(self) -> bytes:
        """Return the one byte that answers a request for encryption."""
        return self.socket.recv(1)

    def secure(self, context: ssl.SSLContext, name: str | None = None) -> None:
        """Speak TLS from now on."""
        self.socket = context.wrap_socket(self.socket, server_hostname=name)

    def read(self) -> Message:
        """Return the next message, without noting it."""
        while len(self._held) < 5 or len(self._held) < 1 + unpack_from("!i", self._held, 1)[0]:
            got = self.socket.recv(1 << 20)
            if not got:
                raise Closed(self.transcript)
            self._held += got
        end = 1 + unpack_from("!i", self._held, 1)[0]
        tag, body = self._held[:1], self._held[5:end]
        self._held = self._held[end:]
        return tag, body

    def until(self, *tags: bytes, times: int = 1) -> list[Message]:
        """Read up to the message with one of these tags, note and return what came."""
        came: list[Message] = []
        while times:
            message = self.read()
            came.append(message)
            self.transcript.append(message)
            times -= message[0] in tags
        return came

    def rest(self) -> list[Message]:
        """Read to the end of the connection, note and return what came."""
        came: list[Message] = []
        try:
            while True:
                came.append(self.read())
                self.transcript.append(came[-1])
        except (Closed, ConnectionError):
            return came

    # ---- the login

    def start(self, user: str, database: str, *, protocol: int = PROTOCOL, **parameters: str) -> None:
        """Send the start-up packet."""
        words = {"user": user, "database": database, **parameters}
        body = b"".join(text(name) + text(value) for name, value in words.items()) + b"\0"
        self.send(pack("!ii", len(body) + 8, protocol) + body)

    def prove(self, password: str) -> list[Message]:
        """Answer what the server asks, up to the first ReadyForQuery or error; return what it said."""
        first = b""
        while True:
            tag, body = self.read()
            self.greeting.append((tag, body))
            if tag == b"R":
                code = unpack_from("!i", body)[0]
                if code == 10:
                    first = b"n=,r=" + base64.b64encode(os.urandom(18))
                    self.send(frame(b"p", b"SCRAM-SHA-256\0" + pack("!i", len(first) + 3) + b"n,," + first))
                elif code == 11:
                    self.send(frame(b"p", proof(first, body[4:], password)))
            elif tag == b"K":
                self.pid, self.secret = unpack("!i", body[:4])[0], body[4:]
            elif tag in (b"Z", b"E"):
                return self.greeting

    def query(self, sql: str | bytes) -> list[Message]:
        """Run a simple query and return its answer."""
        self.send(query(sql))
        return self.until(b"Z")


def connect(address: tuple[str, int], user: str, password: str, database: str, **parameters: str) -> Raw:
    """Return a connection that is logged in; an error at the login is an error here."""
    raw = Raw(address)
    raw.start(user, database, **{"client_encoding": "UTF8", **parameters})
    said = raw.prove(password)
    if said[-1][0] != b"Z":
        raise AssertionError(f"the login failed: {fields(said[-1][1])}")
    return raw


def cancel(address: tuple[str, int], pid: int, secret: bytes) -> None:
    """Send a CancelRequest and wait until the other side has closed, as libpq does."""
    with socket.create_connection(address, timeout=DEADLINE) as one:
        one.sendall(pack("!iii", 12 + len(secret), 80877102, pid) + secret)
        assert one.recv(1) == b""


def proof(first: bytes, server_first: bytes, password: str) -> bytes:
    """Return the client-final-message of SCRAM-SHA-256 (RFC 5802)."""
    said = dict(part.split(b"=", 1) for part in server_first.split(b","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(said[b"s"]), int(said[b"i"]))
    key = hmac.digest(salted, b"Client Key", "sha256")
    final = b"c=biws,r=" + said[b"r"]
    signature = hmac.digest(hashlib.sha256(key).digest(), b",".join([first, server_first, final]), "sha256")
    return final + b",p=" + base64.b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True)))


# ---- what a client says


def text(word: str | bytes) -> bytes:
    """Return a string of the protocol."""
    return (word if isinstance(word, bytes) else word.encode()) + b"\0"


def frame(tag: bytes, body: bytes = b"") -> bytes:
    """Return a message."""
    return tag + pack("!i", len(body) + 4) + body


def query(sql: str | bytes) -> bytes:
    """Return Query."""
    return frame(b"Q", text(sql))


def parse(sql: str, name: str = "", types: Sequence[int] = ()) -> bytes:
    """Return Parse."""
    return frame(b"P", text(name) + text(sql) + pack(f"!H{len(types)}I", len(types), *types))


def bind(
    values: Iterable[str | bytes | None] = (),
    *,
    portal: str = "",
    name: str = "",
    formats: Sequence[int] = (),
    results: Sequence[int] = (),
) -> bytes:
    """Return Bind."""
    given = [v.encode() if isinstance(v, str) else v for v in values]
    cells = b"".join(pack("!i", -1) if v is None else pack("!i", len(v)) + v for v in given)
    return frame(b"B", text(portal) + text(name) + pack(f"!H{len(formats)}H", len(formats), *formats)
                 + pack("!H", len(given)) + cells + pack(f"!H{len(results)}H", len(results), *results))  # fmt: skip


def describe(kind: str, name: str = "") -> bytes:
    """Return Describe."""
    return frame(b"D", kind.encode() + text(name))


def execute(portal: str = "", limit: int = 0) -> bytes:
    """Return Execute."""
    return frame(b"E", text(portal) + pack("!i", limit))


def close(kind: str, name: str = "") -> bytes:
    """Return Close."""
    return frame(b"C", kind.encode() + text(name))


SYNC, FLUSH, TERMINATE, COPY_DONE = frame(b"S"), frame(b"H"), frame(b"X"), frame(b"c")


def copy_data(data: bytes) -> bytes:
    """Return CopyData."""
    return frame(b"d", data)


def copy_fail(why: str) -> bytes:
    """Return CopyFail."""
    return frame(b"f", text(why))


# ---- what came


def fields(body: bytes) -> dict[str, str]:
    """Return the fields of an ErrorResponse or NoticeResponse."""
    return {part[:1].decode(): part[1:].decode("utf-8", "replace") for part in body.rstrip(b"\0").split(b"\0") if part}


def errors(messages: Iterable[Message]) -> list[dict[str, str]]:
    """Return the fields of each error."""
    return [fields(body) for tag, body in messages if tag == b"E"]


def rows(messages: Iterable[Message]) -> list[tuple[bytes | None, ...]]:
    """Return the cells of each row."""
    found = []
    for tag, body in messages:
        if tag == b"D":
            cells, at = [], 2
            for _ in range(unpack_from("!H", body)[0]):
                size = unpack_from("!i", body, at)[0]
                cells.append(None if size < 0 else body[at + 4 : at + 4 + size])
                at += 4 + max(size, 0)
            found.append(tuple(cells))
    return found


def comparable(messages: Iterable[Message]) -> list[Message]:
    """Return the messages with what must differ between two sessions taken out: pids, and the numbers of new objects.

    A number of an object made since counts as the how-manieth such number it is in the transcript.
    """
    known: dict[int, int] = {}

    def oid(number: int) -> int:
        return number if number < FIRST_OID else FIRST_OID + known.setdefault(number, len(known))

    made = []
    for tag, body in messages:
        if tag == b"A":
            body = b"\0\0\0\0" + body[4:]
        elif tag == b"t":
            count = unpack_from("!H", body)[0]
            body = pack(f"!H{count}I", count, *map(oid, unpack_from(f"!{count}I", body, 2)))
        elif tag == b"T":
            body = _shape(body, oid)
        made.append((tag, body))
    return made


def _shape(body: bytes, oid: object) -> bytes:
    assert callable(oid)
    parts, at = [body[:2]], 2
    for _ in range(unpack_from("!H", body)[0]):
        end = body.index(b"\0", at) + 1
        table, number, kind, size, modifier, form = unpack_from("!IhIhih", body, end)
        parts.append(body[at:end] + pack("!IhIhih", oid(table), number, oid(kind), size, modifier, form))
        at = end + 18
    assert at == len(body)
    return b"".join(parts)


def settings(greeting: Iterable[Message]) -> Mapping[str, str]:
    """Return what the server said of its settings at the login."""
    said = (body.rstrip(b"\0").split(b"\0") for tag, body in greeting if tag == b"S")
    return {name.decode(): (value[0] if value else b"").decode() for name, *value in said}
