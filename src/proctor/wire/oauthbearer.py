"""Station 2, the login: OAUTHBEARER (RFC 7628) as PostgreSQL 18 speaks it, on the server's side.

In comes the client's first message, out comes the token in it; or what the client is told that has none yet. Knows no
issuer, and not what a token is.
"""

from __future__ import annotations

import json
import re

OAUTHBEARER = "OAUTHBEARER"
KVSEP = b"\x01"
MAX_INITIAL = 32 * 1024  # a token and little else

_TOKEN = re.compile(rb"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)


def parse_initial(message: bytes) -> str | None:
    """Return the token of a client-first-message, None where it asks how to get one; raise ValueError for all else."""
    if len(message) > MAX_INITIAL:
        raise ValueError("an OAUTHBEARER message is larger than any honest one")
    header, separator, rest = message.partition(KVSEP)
    flag, _, authorize = header.partition(b",")
    if not separator or flag not in (b"n", b"y") or authorize != b",":
        # The name stands in the start-up packet, and this mechanism binds no channel.
        raise ValueError("an OAUTHBEARER message begins in a way that is not supported")
    if rest[-2:] != KVSEP + KVSEP:
        raise ValueError("an OAUTHBEARER message has no end")
    found: bytes | None = None
    for pair in rest[:-2].split(KVSEP):
        key, equals, value = pair.partition(b"=")
        if not equals or not key.isalpha():
            raise ValueError("an OAUTHBEARER message is malformed")
        if key == b"auth":
            if found is not None:
                raise ValueError("an OAUTHBEARER message has two tokens")
            found = value
    if found is None:
        raise ValueError("an OAUTHBEARER message has no token")
    if not found:
        return None
    bearer = _TOKEN.fullmatch(found)
    if bearer is None:
        raise ValueError("an OAUTHBEARER message has a token of an unknown form")
    return bearer[1].decode("ascii")


def refusal(discovery: str, scope: str) -> bytes:
    """Return what a client hears whose token is not believed, or who has none: where tokens are to be had."""
    told = {"status": "invalid_token", "openid-configuration": discovery, "scope": scope}
    return json.dumps(told, separators=(",", ":")).encode()
