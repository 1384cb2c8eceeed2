"""What the tests of this folder share: a database that tells, and the shim between the gateway and the C library."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.postgres import ThrowawayPostgres
from tests.adversity.faults.load import LOGGED


@pytest.fixture(scope="module")
def telling() -> Iterator[ThrowawayPostgres]:
    """A PostgreSQL that says what it executes."""
    with ThrowawayPostgres(version="system", settings=LOGGED) as server:
        yield server


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled shim. A missing compiler is a failure."""
    if shutil.which("gcc") is None:
        pytest.fail("needs a C compiler: apt-get install gcc libc6-dev")
    made = tmp_path_factory.mktemp("shim") / "shim.so"
    source = Path(__file__).parent / "faults" / "shim.c"
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", made, source, "-ldl"], check=True)
    return made
