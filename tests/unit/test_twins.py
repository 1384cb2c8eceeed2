"""The choice between compiled and interpreted twins."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

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
