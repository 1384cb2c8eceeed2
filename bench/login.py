"""A client's login at PostgreSQL's protocol, without a socket: bytes in, bytes out.

For benchmarks that open thousands of sessions. What a password costs a client by design (PBKDF2) is reckoned once for
each salt, so that it is not the client that is measured.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from functools import lru_cache
from struct import pack, unpack_from

SASL, SASL_CONTINUE = 10, 11
READY, REFUSED, ASKED = b"Z", b"E", b"R"


@lru_cache(maxsize=64)
def _salted(password: bytes, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password, salt, iterations)


class Login:
    """One login. `ready` says that it is done; a refusal is an error."""

    def __init__(self, user: str, database: str, password: str) -> None:
        self.ready = False
        self._password = password.encode()
        self._nonce = secrets.token_urlsafe(18)
        self._held = b""
        self._parameters = b"".join(
            part.encode() + b"\0" for part in ("user", user, "database", database, "client_encoding", "UTF8")
        )
        self.greeting: list[bytes] = []
        """What the server told of itself, each message whole."""

    def first(self) -> bytes:
        """Return the start-up packet."""
        return pack("!ii", 9 + len(self._parameters), 196608) + self._parameters + b"\0"

    def feed(self, data: bytes) -> bytes:
        """Return what to answer."""
        self._held += data
        answer = b""
        while len(self._held) >= 5 and len(self._held) > (size := int(unpack_from("!i", self._held, 1)[0])):
            tag, body = self._held[:1], self._held[5 : size + 1]
            whole, self._held = self._held[: size + 1], self._held[size + 1 :]
            if tag == REFUSED:
                raise ConnectionRefusedError(body.replace(b"\0", b" ").decode(errors="replace"))
            if tag == ASKED:
                answer += self._prove(unpack_from("!i", body)[0], body[4:])
            elif tag == READY:
                self.ready = True
            else:
                self.greeting.append(whole)
        return answer

    def _prove(self, code: int, payload: bytes) -> bytes:
        bare = f"n=,r={self._nonce}".encode()
        if code == SASL:
            first = b"n,," + bare
            return _said(b"SCRAM-SHA-256\0" + pack("!i", len(first)) + first)
        if code != SASL_CONTINUE:
            return b""
        nonce, salt, count = (part[2:] for part in payload.split(b",")[:3])
        salted = _salted(self._password, b64decode(salt), int(count))
        key = hmac.digest(salted, b"Client Key", "sha256")
        without = b"c=biws,r=" + nonce
        signature = hmac.digest(hashlib.sha256(key).digest(), b",".join((bare, payload, without)), "sha256")
        return _said(without + b",p=" + b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True))))


def _said(body: bytes) -> bytes:
    return b"p" + pack("!i", 4 + len(body)) + body
