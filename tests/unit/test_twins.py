"""The choice between compiled and interpreted twins."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import pytest

from proctor import twins

ROOT = Path(__file__).resolve().parents[2]


def package(folder: Path) -> Path:
    """Make a folder with a module in both forms; the compiled one is no real extension, and must not be opened."""
    (folder / "room.py").write_text("answer = 42\n")
    (folder / f"room{EXTENSION_SUFFIXES[0]}").write_bytes(b"not an extension")
    return folder


def test_the_source_is_found_where_a_compiled_twin_lies_beside_it(tmp_path: Path) -> None:
    spec = twins.SourceOnly().find_spec("proctor.room", [str(package(tmp_path))])
    assert spec is not None
    assert spec.origin == str(tmp_path / "room.py")


def test_other_peoples_modules_are_none_of_our_business(tmp_path: Path) -> None:
    assert twins.SourceOnly().find_spec("msgspec.room", [str(package(tmp_path))]) is None


def test_a_module_without_source_is_left_to_the_next_finder(tmp_path: Path) -> None:
    assert twins.SourceOnly().find_spec("proctor.missing", [str(tmp_path)]) is None


def built_for(folder: Path, *levels: str) -> None:
    for level in levels:
        (folder / twins.wide_folder(level)).mkdir()
        (folder / twins.wide_folder(level) / f"masks_keyed{EXTENSION_SUFFIXES[0]}").write_bytes(b"not an extension")


@pytest.mark.parametrize(
    ("abilities", "levels", "expected"),
    [
        pytest.param("avx avx2 avx512f avx512vl", ("avx2", "avx512"), "avx512", id="the-widest"),
        pytest.param("avx avx2 avx512f", ("avx2", "avx512"), "avx2", id="half-an-ability-is-none"),
        pytest.param("avx avx2 avx512f avx512vl", ("avx2",), "avx2", id="what-was-not-built-is-not-there"),
        pytest.param("avx", ("avx2", "avx512"), None, id="a-narrow-processor"),
        pytest.param("", ("avx2", "avx512"), None, id="a-processor-that-nobody-knows"),
    ],
)
def test_a_process_takes_what_its_processor_can_run(
    tmp_path: Path, abilities: str, levels: tuple[str, ...], expected: str | None
) -> None:
    """An instruction that the processor does not have ends the process, so that a doubt means the common build."""
    built_for(tmp_path, *levels)
    spec = twins.Widest(frozenset(abilities.split())).find_spec(twins.WIDE[0], [str(tmp_path)])
    found = None if spec is None or spec.origin is None else Path(spec.origin).parent.name
    assert found == (None if expected is None else twins.wide_folder(expected))


def test_no_other_module_is_looked_for_among_wide_builds(tmp_path: Path) -> None:
    built_for(tmp_path, "avx2")
    assert twins.Widest(frozenset({"avx2"})).find_spec("proctor.policy.masks", [str(tmp_path)]) is None


def test_no_two_builds_are_made_of_one_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects are named by their sources, and builds run side by side: a shared one would end up in the wrong build."""
    for path in ("setup.py", "src/proctor/twins.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    for module in twins.COMPILED:
        source = tmp_path / "src" / Path(*module.split(".")).with_suffix(".py")
        source.parent.mkdir(exist_ok=True)
        source.touch()
    said: dict[str, Any] = {}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("setuptools.setup", said.update)
    monkeypatch.setattr("Cython.Build.cythonize", lambda plain, **_: list(plain))
    runpy.run_path("setup.py")
    built = {extension.name: extension for extension in said["ext_modules"]}
    assert len(built) == len(twins.COMPILED) + len(twins.WIDE) * len(twins.LEVELS)
    assert len({source for extension in built.values() for source in extension.sources}) == len(built)
    flags = {name: extension.extra_compile_args for name, extension in built.items() if extension.extra_compile_args}
    assert flags == {
        f"proctor.policy._{level}.{name}": [f"-m{need}" for need in needs]
        for level, needs in twins.LEVELS.items()
        for name in ("masks_keyed", "runs_sealed")
    }


def test_what_not_all_cores_can_do_is_not_relied_on(tmp_path: Path) -> None:
    said = tmp_path / "cpuinfo"
    said.write_text("processor: 0\nflags\t\t: fpu avx2 avx512f\n\nprocessor: 1\nflags\t\t: fpu avx2\n")
    assert twins.abilities(said) == {"fpu", "avx2"}
    assert twins.abilities(tmp_path / "none") == frozenset()


def test_a_process_that_requires_compiled_twins_does_not_start_without_them(tmp_path: Path) -> None:
    """A production host that was promised the fast path should hear at once that it has not got it."""
    bare = tmp_path / "proctor"
    bare.mkdir()
    for name in ("__init__.py", "twins.py"):
        (bare / name).write_text((ROOT / "src" / "proctor" / name).read_text())
    for module in twins.COMPILED:
        path = tmp_path / Path(*module.split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.touch()
    ran = {
        choice: subprocess.run(
            [sys.executable, "-c", "from proctor import twins; print(twins.describe())"],
            env={**os.environ, twins.CHOICE: choice, "PYTHONPATH": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        for choice in ("require", "auto")
    }
    assert ran["require"].returncode != 0
    everything = ", ".join(twins.COMPILED)
    assert f"not compiled: {everything}" in ran["require"].stderr
    assert ran["auto"].stdout.strip() == f"interpreted ({everything})"
