"""Tokens for the tests of this folder: an issuer whose keys are in a file, and libpq's own way to bring a token."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg_binary

from tests.unit.edge.issuing import RSA, URL, claims, jwks, sign

SETTINGS = f"""
[identity.corp]
issuer = "{URL}"
audience = "proctor"
keys_file = "keys.json"
agents = true
leeway = "1s"
groups = {{ engineers = "engineering", "db-*" = "*" }}
[identity.ci]
issuer = "{URL}"
audience = "deploys"
kind = "service"
keys_file = "keys.json"
claims = {{ repository = "acme/shop" }}
[identity.bots]
issuer = "{URL}"
audience = "bots"
kind = "agent"
keys_file = "keys.json"
claims = {{ team = "shop" }}
"""


def lay_keys(folder: Path) -> None:
    (folder / "keys.json").write_bytes(jwks(RSA))


def token(subject: str = "alice@corp", *, lasts: int = 300, **changes: object) -> str:
    now = int(time.time())
    return sign(claims(**{"sub": subject, "iat": now - 1, "exp": now + lasts, "jti": None, **changes}))


class _Request(ctypes.Structure):
    _fields_ = (
        ("openid_configuration", ctypes.c_char_p),
        ("scope", ctypes.c_char_p),
        ("poll", ctypes.c_void_p),
        ("cleanup", ctypes.c_void_p),
        ("token", ctypes.c_char_p),
        ("user", ctypes.c_void_p),
    )


_HOOK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(_Request))
_BEARER_TOKEN = 1  # PQAUTHDATA_OAUTH_BEARER_TOKEN


@contextmanager
def libpq_brings(bearer: str) -> Iterator[list[tuple[bytes, bytes]]]:
    """Let the libpq of psycopg's wheel bring this token; what the server told it is in the list."""
    folder = Path(psycopg_binary.__file__).parent.parent / "psycopg_binary.libs"
    (library,) = folder.glob("libpq-*.so*")
    libpq = ctypes.CDLL(str(library))
    told: list[tuple[bytes, bytes]] = []
    kept = bearer.encode()

    @_HOOK
    def hook(kind: int, _: object, request: object) -> int:
        if kind != _BEARER_TOKEN:
            return 0
        asked = request.contents  # type: ignore[attr-defined]
        told.append((asked.openid_configuration, asked.scope))
        asked.token = kept
        return 1

    libpq.PQgetAuthDataHook.restype = ctypes.c_void_p
    before = libpq.PQgetAuthDataHook()
    libpq.PQsetAuthDataHook(hook)
    try:
        yield told
    finally:
        libpq.PQsetAuthDataHook(ctypes.c_void_p(before))
