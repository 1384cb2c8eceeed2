"""Beside the stations: the journal's log as the static files it is (C2SP tlog-tiles), and nothing else of the folder.

In comes a path as a stranger wrote it; out goes a file below the log's folder, or None. Writes nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

_SHARD = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
_NUMBER = r"(?:x\d{3}/)*\d{3}(?:\.p/\d{1,3})?"
_FILE = re.compile(
    rf"{_SHARD}/(?:(?P<open>checkpoint|cosigned|log\.vkey)|tile/(?:\d{{1,2}}|entries)/{_NUMBER}|blobs/sha256/[0-9a-f]{{2}}/[0-9a-f]{{64}})"
)


def find(folder: Path, path: str) -> tuple[Path, bool] | None:
    """Return a file of the log, and whether everybody may read it: checkpoints and keys say nothing of anyone."""
    named = _FILE.fullmatch(path)
    if named is None:
        return None
    file = folder / path
    # A link out of the folder would make this a reader of anything.
    if not file.is_file() or not file.resolve().is_relative_to(folder.resolve()):
        return None
    return file, named["open"] is not None
