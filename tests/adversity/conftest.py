"""What the tests of this folder share: the shim between the gateway and the C library, compiled once."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled shim. A missing compiler is a failure."""
    if shutil.which("gcc") is None:
        pytest.fail("needs a C compiler: apt-get install gcc libc6-dev")
    made = tmp_path_factory.mktemp("shim") / "shim.so"
    source = Path(__file__).parent / "faults" / "shim.c"
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", made, source, "-ldl"], check=True)
    return made
