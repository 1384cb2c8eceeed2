"""Station 4: rule files, as they were read. Names, texts and digests of a rule set; knows nothing of what they say.

A rule set is its files: whoever keeps them, the schema and the shipped pack among them, can decide again as it did.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from proctor.errors import ConfigFault

SCHEMA = "shipped/schema.cedarschema"
MAX_FILES = 1000  # of one set: a folder with more is not one of rules


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file of a rule set. Where it lies is told to people; what it says is what counts."""

    name: str
    text: str
    shipped: bool = False

    @property
    def sha256(self) -> str:
        """Return the digest of its text alone."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def shipped_files() -> tuple[RuleFile, ...]:
    """Return the schema and the shipped pack of this version."""
    folder = resources.files("proctor.policy").joinpath("pack")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".cedar"))
    texts = [("schema.cedarschema", folder.joinpath("schema.cedarschema").read_text("utf-8"))]
    texts += [(name, folder.joinpath(name).read_text("utf-8")) for name in names]
    return tuple(RuleFile(f"shipped/{name}", text, shipped=True) for name, text in texts)


def read_files(paths: Iterable[Path]) -> tuple[RuleFile, ...]:
    """Return the operator's rule files, in the order given, those of a folder by name."""
    files: list[Path] = []
    for path in paths:
        files.extend(sorted(path.glob("*.cedar")) if path.is_dir() else [path])
    if len(files) > MAX_FILES:
        raise ConfigFault(f"{files[0].parent}:1: there are more than {MAX_FILES} rule files; join some")
    return tuple(RuleFile(str(file), _read(file)) for file in files)


def digest_of(files: Sequence[RuleFile]) -> str:
    """Return one digest over everything; lengths go in, so that text cannot move from one file to the next."""
    total = hashlib.sha256()
    for file in files:
        data = file.text.encode()
        total.update(len(data).to_bytes(8, "big"))
        total.update(data)
    return total.hexdigest()


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigFault(f"{file}:1: the rule file cannot be read: {why}; correct [policy] paths") from error
