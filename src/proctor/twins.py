"""The compiled modules, listed in one place, and the choice between each and its interpreted twin.

A module named here is plain Python that Cython may compile; without a C compiler it runs as it is. `PROCTOR_COMPILED`
says what a process may use: `forbid` takes the source even where a compiled twin lies beside it, `require` refuses to
start without one, and anything else takes what is there. `setup.py` builds what this names.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
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
    "proctor.audit.boxes",
    "proctor.sql.shape",
    "proctor.policy.masks_keyed",
    "proctor.policy.runs_keyed",
    "proctor.policy.runs_repeats",
    "proctor.policy.runs_words",
    "proctor.policy.runs_figures",
    "proctor.session.lane",
    "proctor.edge.ledger",
    "proctor.edge.sealing",
    "proctor.edge.flow",
)

CHOICE = "PROCTOR_COMPILED"


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
    elif choice == "require" and (missing := [name for name in COMPILED if not is_compiled(name)]):
        raise ImportError(f"{CHOICE}=require, but not compiled: {', '.join(missing)} (make compiled)")
