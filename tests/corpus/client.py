"""A client of the raw PostgreSQL protocol, without a driver, that keeps a transcript of everything it was told.

A driver hides what an attacker looks at: fields of errors, notices, formats, tags, the number of messages. So the
corpus and the two-worlds tests speak for themselves, and what they hear is a list of (message, text) pairs.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

Transcript = list[tuple[str, "str | None"]]
"""(message, text): `D` one cell, `E.M` one field of an error, `T` a column's name, `d` copy data, `C` a tag …"""
PASSWORDS = {"alice": "alicepw", "bob": "bobpw", "dba": "dbapw", "repl": "replpw", "fsrole": "fspw"}
PROTOCOL_3 = 196608
CANCEL = 80877102
_SILENT = frozenset("Z12n3tsI")


class Refused(Exception):
    """The login was refused; the message is the server's."""


class Client:
    """One connection, logged in."""

    def __init__(
        self,
        address: tuple[str, int],
        user: str,
        database: str,
        extra: Mapping[str, object] | None = None,
        seconds: float = 15,
    ) -> None:
        self.address, self.user = address, user
        self.heard: Transcript = []
        self.pid = self.key = 0
        self._socket = socket.create_connection(address, timeout=seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""
        told = {"user": user, "database": database, "client_encoding": "UTF8", **(extra or {})}
        body = b"".join(_cstring(name) + _cstring(str(value)) for name, value in told.items())
        self._socket.sendall(_counted(struct.pack("!i", PROTOCOL_3) + body + b"\0"))
        self._log_in()

    # ---- the login

    def _log_in(self) -> None:
        first = b""
        while True:
            kind, body = self.receive()
            match kind:
                case b"R" if _word(body) == 10:
                    first = b"n=,r=" + base64.b64encode(os.urandom(18))
                    initial = b"n,," + first
                    self.send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(initial)) + initial)
                case b"R" if _word(body) == 11:
                    password = PASSWORDS.get(self.user, self.user + "pw")
                    self.send(b"p", _scram_proof(password.encode(), first, body[4:]))
                case b"R":
                    pass
                case b"K":
                    self.pid, self.key = struct.unpack("!ii", body)
                case b"E":
                    self._hear(kind, body)
                    raise Refused(next((text or "" for what, text in self.heard if what == "E.M"), ""))
                case b"Z":
                    return
                case _:
                    self._hear(kind, body)

    # ---- messages

    def send(self, kind: bytes, body: bytes = b"") -> None:
        """Send one message."""
        self._socket.sendall(kind + _counted(body))

    def receive(self) -> tuple[bytes, bytes]:
        """Return the next message as (type, body)."""
        kind = self._take(1)
        return kind, self._take(_word(self._take(4)) - 4)

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            some = self._socket.recv(65536)
            if not some:
                raise EOFError
            self._buffer += some
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def listen(self, until: bytes = b"Z", *, copy_in: str | None = None) -> None:
        """Hear everything up to a message of that type; feed a COPY that asks for data."""
        while True:
            kind, body = self.receive()
            self._hear(kind, body)
            if kind == b"G":
                self.send(b"d", (copy_in or "").encode())
                self.send(b"c")
            if kind in (b"W", until):
                return

    def hear_one(self) -> None:
        """Hear one message."""
        self._hear(*self.receive())

    def ask(self, sql: str | bytes, *, copy_in: str | None = None) -> None:
        """Send a simple query and hear its answer."""
        self.send(b"Q", (sql if isinstance(sql, bytes) else sql.encode()) + b"\0")
        self.listen(copy_in=copy_in)

    def cancel(self) -> None:
        """Send a CancelRequest for this connection by another."""
        with socket.create_connection(self.address) as other:
            other.sendall(struct.pack("!iiii", 16, CANCEL, self.pid, self.key))

    def close(self) -> None:
        """Say goodbye."""
        with contextlib.suppress(OSError):
            self.send(b"X")
            self._socket.close()

    # ---- the transcript

    def _hear(self, kind: bytes, body: bytes) -> None:
        what = kind.decode()
        if what in "EN":
            fields = [field for field in body.rstrip(b"\0").split(b"\0") if field]
            self.heard += [(f"{what}.{chr(field[0])}", field[1:].decode("utf8", "replace")) for field in fields]
        elif what == "T":
            self.heard += [("T", name) for name in _columns(body)]
        elif what == "D":
            self.heard += [("D", cell) for cell in _cells(body)]
        elif what == "S":
            self.heard.append((what, body.decode("utf8", "replace").replace("\0", "=")))
        elif what in "AV":
            self.heard.append((what, body[4:].decode("utf8", "surrogateescape")))
        elif what in "Cd":
            self.heard.append((what, body.decode("utf8", "surrogateescape").rstrip("\0")))
        elif what not in _SILENT:
            self.heard.append((what, body.decode("latin1")))


def _scram_proof(password: bytes, first: bytes, challenge: bytes) -> bytes:
    said = dict(part.split(b"=", 1) for part in challenge.split(b","))
    salted = hashlib.pbkdf2_hmac("sha256", password, base64.b64decode(said[b"s"]), int(said[b"i"]))
    key = hmac.new(salted, b"Client Key", "sha256").digest()
    last = b"c=biws,r=" + said[b"r"]
    signature = hmac.new(hashlib.sha256(key).digest(), b",".join([first, challenge, last]), "sha256").digest()
    proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
    return last + b",p=" + base64.b64encode(proof)


def _columns(body: bytes) -> Iterator[str]:
    at = 2
    for _ in range(struct.unpack("!h", body[:2])[0]):
        end = body.index(b"\0", at)
        yield body[at:end].decode("utf8", "replace")
        at = end + 19


def _cells(body: bytes) -> Iterator[str | None]:
    at = 2
    for _ in range(struct.unpack("!h", body[:2])[0]):
        size = _word(body[at : at + 4])
        at += 4
        yield None if size < 0 else body[at : at + size].decode("utf8", "surrogateescape")
        at += max(size, 0)


def _word(raw: bytes) -> int:
    found: int = struct.unpack("!i", raw[:4])[0]
    return found


def _cstring(text: str) -> bytes:
    return text.encode() + b"\0"


def _counted(body: bytes) -> bytes:
    return struct.pack("!i", len(body) + 4) + body


# ---- scripts of messages

Step = Sequence[object]
Connect = Callable[[Mapping[str, object], "str | None"], Client]


def play(steps: Sequence[Step], connect: Connect, oid_of: Callable[[str], int]) -> Transcript:
    """Play a script of protocol messages, over as many connections as it opens; return all that was heard.

    Steps: ["Q", sql] · ["P", statement, sql, [type oids]?] · ["B", portal, statement, [parameters], [result formats]] ·
    ["D", "S" or "P", name] · ["E", portal, rows] · ["S"] sync · ["H"] flush · ["C", "S" or "P", name] ·
    ["F", "function(types)", [arguments], result format] · ["RAWQ", latin-1 bytes] · ["COPYIN", sql, data] ·
    ["SESSION", {startup}, user?] · ["USE", n] · ["READ", text] · ["CANCEL", n].
    """
    opened: list[Client] = []
    heard: Transcript = []
    try:
        with contextlib.suppress(EOFError, OSError):
            _play(steps, connect, oid_of, opened)
    finally:
        for client in opened:
            heard += client.heard
            client.close()
    return heard


def _play(steps: Sequence[Step], connect: Connect, oid_of: Callable[[str], int], opened: list[Client]) -> None:
    client: Client | None = None
    for step in steps:
        if step[0] == "SESSION":
            user = step[2] if len(step) > 2 else None
            client = connect(step[1] if len(step) > 1 else {}, user)  # type: ignore[arg-type]  # the corpus says
            opened.append(client)
        elif step[0] == "USE":
            client = opened[int(str(step[1]))]
        else:
            if client is None:
                client = connect({}, None)
                opened.append(client)
            _take_step(client, step, oid_of, opened)


def _take_step(client: Client, step: Step, oid_of: Callable[[str], int], opened: list[Client]) -> None:
    match step:
        case ["Q", str(sql)]:
            client.ask(sql)
        case ["RAWQ", str(sql)]:
            client.ask(sql.encode("latin1"))
        case ["COPYIN", str(sql), str(data)]:
            client.ask(sql, copy_in=data)
        case ["P", str(name), str(sql)]:
            client.send(b"P", _cstring(name) + _cstring(sql) + b"\0\0")
        case ["P", str(name), str(sql), list(types)]:
            client.send(b"P", _cstring(name) + _cstring(sql) + struct.pack(f"!h{len(types)}i", len(types), *types))
        case ["B", str(portal), str(name), list(values), list(results)]:
            client.send(b"B", _cstring(portal) + _cstring(name) + b"\0\0" + _parameters(values) + _formats(results))
        case ["D", str(kind), str(name)]:
            client.send(b"D", kind.encode() + _cstring(name))
        case ["E", str(portal), int(rows)]:
            client.send(b"E", _cstring(portal) + struct.pack("!i", rows))
        case ["S"]:
            client.send(b"S")
            client.listen()
        case ["H"]:
            client.send(b"H")
        case ["C", str(kind), str(name)]:
            client.send(b"C", kind.encode() + _cstring(name))
        case ["F", str(function), list(values), int(form)]:
            head = struct.pack("!ihh", oid_of(function), 1, 0)
            client.send(b"F", head + _parameters(values) + struct.pack("!h", form))
            client.listen()
        case ["READ", str(words)]:
            while not any(words in (text or "") for _, text in client.heard):
                client.hear_one()
        case ["CANCEL", int(number)]:
            victim = opened[number]
            victim.send(b"Q", b"select pg_sleep(2)\0")
            time.sleep(0.2)
            victim.cancel()
            victim.listen()
        case _:
            raise ValueError(f"no such step: {step}")


def _parameters(values: Sequence[str | None]) -> bytes:
    each = [b"\xff\xff\xff\xff" if v is None else struct.pack("!i", len(v.encode())) + v.encode() for v in values]
    return struct.pack("!h", len(values)) + b"".join(each)


def _formats(formats: Sequence[int]) -> bytes:
    return struct.pack(f"!h{len(formats)}h", len(formats), *formats)
