"""The compiled modules, listed in one place, and the choice between each and its interpreted twin.

A module named here is plain Python that Cython may compile; without a C compiler it runs as it is. `PROCTOR_COMPILED`
says what a process may use: `forbid` takes the source even where a compiled twin lies beside it, `require` refuses to
start without one, and anything else takes what is there. `setup.py` builds what this names. What reckons with many
numbers at once is compiled once more for each kind of wide processor, and a process takes the widest that its own has.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

COMPILED: tuple[str, ...] = (
    "proctor.wire._hot",
    "proctor.wire._rows",
    "proctor.wire._copies",
    "proctor.wire._batch",
    "proctor.audit._hot",
    "proctor.audit._tally",
    "proctor.audit.page",
    "proctor.audit.front",
    "proctor.audit.boxes",
    "proctor.sql.shape",
    "proctor.policy.masks_keyed",
    "proctor.policy.runs_arrays",
    "proctor.policy.runs_keyed",
    "proctor.policy.runs_repeats",
    "proctor.policy.runs_sealed",
    "proctor.policy.runs_words",
    "proctor.policy.runs_figures",
    "proctor.session.taken",
    "proctor.session.lane",
    "proctor.edge.ledger",
    "proctor.edge.sealing",
    "proctor.edge.flow",
)

WIDE: tuple[str, ...] = ("proctor.policy.masks_keyed", "proctor.policy.runs_sealed")

LEVELS: dict[str, tuple[str, ...]] = {"avx512": ("avx512f", "avx512vl"), "avx2": ("avx2",)}
"""The widest first: what Linux calls the abilities of a processor, which a compiler is told with `-m` before them."""

CHOICE = "PROCTOR_COMPILED"
_PROCESSOR = Path("/proc/cpuinfo")


class SourceOnly(MetaPathFinder):
    """Finds the modules of the house by their source, as if nothing had been compiled."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the source's spec for a module of the house, None for everybody else's."""
        if not fullname.startswith("proctor."):
            return None
        for folder in path or ():
            spec = FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES)).find_spec(fullname)
            if spec is not None and spec.loader is not None:
                return spec
        return None


class Widest(MetaPathFinder):
    """Finds the modules of `WIDE` as they were compiled for the widest kind of processor that this one is of."""

    def __init__(self, abilities: frozenset[str]) -> None:
        self._levels = [level for level, needs in LEVELS.items() if abilities.issuperset(needs)]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a build for this processor, None where there is none: then the common one is taken."""
        if fullname not in WIDE:
            return None
        name = fullname.rpartition(".")[2]
        for level in self._levels:
            for built in (Path(f, wide_folder(level), name + EXTENSION_SUFFIXES[0]) for f in path or ()):
                if built.exists():
                    return spec_from_file_location(fullname, built, loader=ExtensionFileLoader(fullname, str(built)))
        return None


def wide_folder(level: str) -> str:
    """Return the folder, beside a module, of its builds for one kind of processor."""
    return f"_{level}"


def abilities(processor: Path = _PROCESSOR) -> frozenset[str]:
    """Return what the processor can do, as Linux says it; nothing where nobody says."""
    try:
        said = processor.read_text()
    except (OSError, UnicodeDecodeError):
        return frozenset()
    flags = [line.partition(":")[2].split() for line in said.splitlines() if line.startswith("flags")]
    return frozenset(flags[0]).intersection(*flags) if flags else frozenset()


def is_compiled(name: str) -> bool:
    """Return whether importing that module takes its compiled twin; nothing is imported to find that out."""
    folder = str(Path(__file__).parent.joinpath(*name.split(".")[1:-1]))
    for finder in sys.meta_path:
        spec = finder.find_spec(name, [folder])
        if spec is not None:
            return spec.origin is not None and spec.origin.endswith(tuple(EXTENSION_SUFFIXES))
    return False


def describe() -> str:
    """Return `compiled`, or `interpreted` with the modules that are."""
    plain = [name for name in COMPILED if not is_compiled(name)]
    return f"interpreted ({', '.join(plain)})" if plain else "compiled"


def choose() -> None:
    """Obey `PROCTOR_COMPILED`, once, before any module of the house is imported."""
    choice = os.environ.get(CHOICE)
    if choice == "forbid":
        sys.meta_path.insert(0, SourceOnly())
        return
    sys.meta_path.insert(0, Widest(abilities()))
    if choice == "require" and (missing := [name for name in COMPILED if not is_compiled(name)]):
        raise ImportError(f"{CHOICE}=require, but not compiled: {', '.join(missing)} (make compiled)")
