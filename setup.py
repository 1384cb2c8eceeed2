"""Builds what `proctor.twins.COMPILED` names, where there is a C compiler; everything else is in pyproject.toml."""

import os
import runpy
import shutil
from pathlib import Path

from setuptools import Extension, setup

TWINS = runpy.run_path("src/proctor/twins.py")
COMPILED: tuple[str, ...] = TWINS["COMPILED"]


def extensions() -> list[Extension]:
    """Return the extensions to build: none without Cython; each optional, so that no missing compiler stops anybody."""
    try:
        from Cython.Build import cythonize  # noqa: PLC0415 - an sdist may be installed where there is no Cython
    except ImportError:
        return []
    plain = [Extension(name, [str(Path("src", *name.split(".")).with_suffix(".py"))]) for name in COMPILED]
    built: list[Extension] = cythonize(plain, build_dir="build/cython", language_level=3, quiet=True)
    built += [
        wide(extension, level) for extension in built for level in TWINS["LEVELS"] if extension.name in TWINS["WIDE"]
    ]
    for extension in built:
        extension.optional = True  # cythonize forgets it when it is said before
    return built


def wide(extension: Extension, level: str) -> Extension:
    """Return the same module once more, for processors that can do more, in a folder beside it.

    Its source is a copy: objects are named by their sources, and those of several builds at a time would be mixed up.
    """
    package, _, name = extension.name.rpartition(".")
    told = [f"-m{ability}" for ability in TWINS["LEVELS"][level]]
    folder = TWINS["wide_folder"](level)
    (source,) = extension.sources
    copy = Path("build", "cython", folder, Path(source).name)
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, copy)
    # In place, setuptools copies into folders that are there.
    Path("src", *package.split("."), folder).mkdir(exist_ok=True)
    return Extension(f"{package}.{folder}.{name}", [str(copy)], extra_compile_args=told)


# Each is compiled by a process of its own: as many at a time as there are cores.
setup(ext_modules=extensions(), options={"build_ext": {"parallel": os.cpu_count() or 1}})
