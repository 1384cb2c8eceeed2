"""Builds what `proctor.twins.COMPILED` names, where there is a C compiler; everything else is in pyproject.toml."""

import os
import runpy
from pathlib import Path

from setuptools import Extension, setup

COMPILED: tuple[str, ...] = runpy.run_path("src/proctor/twins.py")["COMPILED"]


def extensions() -> list[Extension]:
    """Return the extensions to build: none without Cython; each optional, so that no missing compiler stops anybody."""
    try:
        from Cython.Build import cythonize  # noqa: PLC0415 - an sdist may be installed where there is no Cython
    except ImportError:
        return []
    plain = [Extension(name, [str(Path("src", *name.split(".")).with_suffix(".py"))]) for name in COMPILED]
    built: list[Extension] = cythonize(plain, build_dir="build/cython", language_level=3, quiet=True)
    for extension in built:
        extension.optional = True  # cythonize forgets it when it is said before
    return built


# Each is compiled by a process of its own: as many at a time as there are cores.
setup(ext_modules=extensions(), options={"build_ext": {"parallel": os.cpu_count() or 1}})
