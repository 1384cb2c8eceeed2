"""One database of each age with the gateway before it, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases.lab import Lab, lab


@pytest.fixture(scope="session", params=["postgres", "postgres18"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The gateway before PostgreSQL 15, and before 18."""
    server = request.getfixturevalue(request.param)
    with lab(server, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture(scope="session")
def stage15(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The gateway with two workers before PostgreSQL 15."""
    with lab(request.getfixturevalue("postgres"), tmp_path_factory.mktemp("two"), workers=2) as made:
        yield made
