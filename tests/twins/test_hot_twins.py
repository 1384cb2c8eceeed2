"""The compiled heart and its plain twin: the same tests, and the same answers to anything."""

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

from proctor.wire import messages as say
from proctor.wire.client_leg import TAGS as CLIENT_TAGS
from proctor.wire.client_leg import ClientState
from proctor.wire.upstream_leg import _TABLES as UPSTREAM_TABLES

ROOT = Path(__file__).parents[2]
HOT = Path("proctor", "wire", "_hot.py")
CLIENT_TABLE = bytes(tag in CLIENT_TAGS[ClientState.TALKING] for tag in range(256))


def load(path: Path) -> ModuleType:
    spec = spec_from_file_location("proctor.wire._hot", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def compiled(tree: Path) -> ModuleType:
    (built,) = (tree / HOT).parent.glob("_hot.*.so")
    module = load(built)
    assert module._is_compiled()
    return module


@pytest.fixture(scope="module")
def plain() -> ModuleType:
    module = load(ROOT / "src" / HOT)
    assert not module._is_compiled()
    return module


@pytest.mark.parametrize("choice", ["require", "forbid"])
def test_the_tests_of_the_wire_hold_for_this_twin(tree: Path, choice: str) -> None:
    """Each twin passes all that the wire's tests ask, with the other one out of reach."""
    probe = (
        f"import proctor.wire._hot as hot; assert hot._is_compiled() is {choice == 'require'}; "
        f"assert hot.__file__.startswith({str(tree)!r})"
    )
    env = os.environ | {"PROCTOR_COMPILED": choice, "PYTHONPATH": str(tree)}
    subprocess.run([sys.executable, "-c", probe], env=env, cwd=tree, check=True)
    command = [sys.executable, "-m", "pytest", "tests/wire", "-p", "no:cacheprovider", "-p", "no:xdist", "-q"]
    command += ["-o", f"pythonpath={tree} {ROOT}", "--ignore-glob=*test_values*"]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def outcome(function: object, *arguments: object) -> object:
    try:
        return function(*arguments)  # type: ignore[operator]
    except Exception as trouble:
        return type(trouble), str(trouble)


FRAMES = [
    say.query("select 1"),
    say.parse("s", "select $1", [25]),
    say.bind("", "s", [1], [b"7", None], [1]),
    say.describe(b"P", ""),
    say.execute(),
    say.sync(),
    say.copy_data(b"a\n"),
    say.BIND_COMPLETE,
    say.data_row([b"abc", None]),
    say.command_complete("SELECT 1"),
    say.error_response({"S": "ERROR", "M": "no"}),
    say.parameter_status("a", "b"),
    say.copy_response("out", 0, [0, 0]),
    say.ready(),
]
RELAXED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)


@RELAXED
@given(st.lists(st.sampled_from(FRAMES), max_size=5), st.binary(max_size=60), st.none() | st.integers(0, 255))
def test_the_twins_hear_the_same(
    compiled: ModuleType, plain: ModuleType, frames: list[bytes], tail: bytes, tag: int | None
) -> None:
    data = b"".join(frames) + (tail if tag is None else say.frame(bytes([tag]), tail))
    every = bytes([1]) * 256
    for table in (CLIENT_TABLE, every):
        for once in (False, True):
            ask = (data, table, 500, once)
            assert outcome(compiled.read_client, *ask) == outcome(plain.read_client, *ask)
    for state in range(1, 7):
        tell = (data, state, UPSTREAM_TABLES, 500)
        assert outcome(compiled.read_upstream, *tell) == outcome(plain.read_upstream, *tell)
    tell = (data, 1, (every,) * 2, 500)
    assert outcome(compiled.read_upstream, *tell) == outcome(plain.read_upstream, *tell)


def test_the_plain_twin_runs_where_cython_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cython is needed to build Proctor, never to run it."""
    monkeypatch.setitem(sys.modules, "cython", None)
    bare = load(ROOT / "src" / HOT)
    assert bare.cython.__name__ == "proctor.wire._shim"
    assert len(bare.read_client(b"".join(FRAMES[:6]), CLIENT_TABLE, 500, False)[0]) == 6
