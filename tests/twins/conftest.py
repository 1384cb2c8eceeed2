"""The compiled modules, built from the tree as it is into a folder of their own.

So an old build beside the sources proves nothing, and is proven nothing by.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = """
import runpy
from setuptools import Extension, setup
from Cython.Build import cythonize
named = runpy.run_path("proctor/twins.py")["COMPILED"]
plain = [Extension(name, [name.replace(".", "/") + ".py"]) for name in named]
built = cythonize(plain, language_level=3, quiet=True)
setup(name="twins", ext_modules=built, packages=[], script_args=["-q", "build_ext", "--inplace"])
"""


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the sources with all that is compiled built afresh in it."""
    if shutil.which(os.environ.get("CC", "gcc")) is None:
        pytest.fail("the twins need a C compiler: install gcc")
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        pytest.fail("the twins need Python's C headers: install python3-dev")
    tree = tmp_path_factory.mktemp("twins")
    shutil.copytree(ROOT / "src" / "proctor", tree / "proctor", ignore=shutil.ignore_patterns("*.so", "*.c", "*.pyc"))
    (tree / "build_twins.py").write_text(BUILD)
    done = subprocess.run([sys.executable, "build_twins.py"], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return tree
