"""Shapes, compiled and plain: the same tests, and the same answers to anything."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.sql.literals import NOISE, STATEMENTS

ROOT = Path(__file__).parents[2]
SHAPE = Path("proctor", "sql", "shape.py")


def load(path: Path) -> ModuleType:
    spec = spec_from_file_location("proctor.sql.shape", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def compiled(tree: Path) -> ModuleType:
    (built,) = (tree / SHAPE).parent.glob("shape.*.so")
    module = load(built)
    assert module.is_compiled()
    return module


@pytest.fixture(scope="module")
def plain() -> ModuleType:
    module = load(ROOT / "src" / SHAPE)
    assert not module.is_compiled()
    return module


@pytest.mark.parametrize("choice", ["require", "forbid"])
def test_the_tests_of_shapes_hold_for_this_twin(tree: Path, choice: str) -> None:
    probe = f"import proctor.sql.shape as shape; assert shape.is_compiled() is {choice == 'require'}"
    env = os.environ | {"PROCTOR_COMPILED": choice, "PYTHONPATH": str(tree)}
    subprocess.run([sys.executable, "-c", probe], env=env, cwd=tree, check=True)
    command = [sys.executable, "-m", "pytest", "tests/unit/sql/test_shape.py", "-p", "no:cacheprovider", "-q"]
    command += ["-p", "no:xdist", "-o", f"pythonpath={tree} {ROOT}"]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=1000, deadline=None)
@given(text=NOISE | STATEMENTS | st.text(max_size=40))
def test_the_twins_see_the_same_shape(compiled: ModuleType, plain: ModuleType, text: str) -> None:
    assert compiled.shape_of(text) == plain.shape_of(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=1000, deadline=None)
@given(data=st.binary(max_size=60) | st.lists(st.sampled_from(list(b"'\"$-/*.;E \n\\19")), max_size=30).map(bytes))
def test_any_bytes_are_taken_alike(compiled: ModuleType, plain: ModuleType, data: bytes) -> None:
    """No byte at the end of a buffer may lead the compiled twin beyond it."""
    assert compiled.shape_of(data) == plain.shape_of(data)
