"""What a crash has left of a shard's segments, made good at the start: torn tails cut, names given, room given back.

Takes a shard's folder, and how much the log has; returns where the next record belongs, and what was cut or is damaged.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from proctor.audit.disk import sync_folder
from proctor.audit.segments import FRAME, HEADER, NEXT, SPARE, Damage, first_of, scan, segments, written


@dataclass(frozen=True, slots=True)
class Healed:
    """What was found in the folder at the start."""

    segment: int
    following: int
    cut: int = 0
    damaged: bool = False


def heal(folder: Path, logged: int = 0) -> Healed:
    """Cut the torn tail off the last segment, sync it, and say where the next record belongs.

    Only what no sync can have vouched for is cut: a write that was cut short, and whatever lies behind a place that the
    disk never wrote, if it is not in the log, which has the records before number `logged`. Other damage is evidence,
    and stays.
    """
    (folder / SPARE).unlink(missing_ok=True)
    paths, begun = segments(folder), sorted(folder.glob(NEXT))
    latest = max((int(path.stem) for path in (*paths, *begun)), default=0)
    found = _mend(paths, latest, logged)
    for path in begun:
        first = first_of(path)
        is_stale = not paths or path.stem <= paths[-1].stem  # a recovery has repeated what it holds
        # It gets its name when the one before is on disk: while that lacks a record, nothing in here was vouched for.
        if is_stale or first is None or not (first == found.following or found.damaged):
            lost = 0 if is_stale else len(written(path))
            path.unlink()
            found = Healed(latest, found.following, found.cut + lost, found.damaged)
            continue
        paths.append(path.rename(path.with_suffix(".seg")))
        after = _mend(paths, latest, logged)
        found = Healed(latest, after.following, found.cut + after.cut, found.damaged or after.damaged)
    if begun:
        sync_folder(folder)
    return found


def _mend(paths: list[Path], latest: int, logged: int) -> Healed:
    following = max((first for path in paths if (first := first_of(path)) is not None), default=0)
    cut, damaged = 0, False
    # Two, because a crash amid a recovery leaves a last segment that repeats only some of the one before.
    for path in paths[-2:]:
        end: int | None = HEADER.size
        for found in scan(path):
            if not isinstance(found, Damage):
                following = max(following, found.seq + 1)
                end = found.offset + FRAME.size + len(found.record)
            elif path == paths[-1] and (found.torn or (found.blank and found.seq >= logged)):
                cut, end = found.rest, found.offset
                break
            else:
                end = None
                if path == paths[-1]:
                    damaged = True
                    following = max(following, found.seq + 1)
        if end is not None and path.stat().st_size > end:
            os.truncate(path, end)
    for path in paths[-1:]:
        with path.open("rb+") as file:
            os.fdatasync(file.fileno())
    return Healed(latest, following, cut, damaged)
