"""Reads single records out of a log's bundles, from where the index says that they begin.

A bundle holds 256 records, of which a search may want one; and a search may want a thousand. So the disk is told of
many places before the first is read, and only those are. What is found must say itself that it is the record that was
wanted: the index proves nothing, and whatever it is wrong about is left to whoever reads whole bundles.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from proctor.audit.tiles import WIDTH, Tiles

AHEAD: Final = 128  # bundles that the disk is told of at once; each is an open file
READ: Final = 4096  # of an entry in one go; few are longer
MANY: Final = 12  # wanted of one bundle, from which on the whole of it costs no more
_HEAD: Final = 200


def picked(tiles: Tiles, shard: str, places: Mapping[int, int]) -> dict[int, bytes]:
    """Return the entries with these numbers, read at their places in their bundles; without those not found there."""
    found: dict[int, bytes] = {}
    bundles = [(number, list(group)) for number, group in groupby(sorted(places), lambda seq: seq // WIDTH)]
    few = [(number, wanted) for number, wanted in bundles if len(wanted) <= MANY]
    for start in range(0, len(few), AHEAD):
        found.update(_read_all(tiles, shard, few[start : start + AHEAD], places))
    return found


def _read_all(
    tiles: Tiles, shard: str, bundles: list[tuple[int, list[int]]], places: Mapping[int, int]
) -> Iterator[tuple[int, bytes]]:
    files: list[tuple[int, list[int]]] = []
    try:
        for number, wanted in bundles:
            try:
                file = os.open(tiles.bundle_file(number), os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                continue
            files.append((file, wanted))
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
            for seq in wanted:
                os.posix_fadvise(file, places[seq], READ, os.POSIX_FADV_WILLNEED)
        for file, wanted in files:
            for seq in wanted:
                entry = _entry(file, places[seq])
                if b'"shard":"%b","seq":%d,' % (shard.encode("ascii"), seq) in entry[:_HEAD]:
                    yield seq, entry
    finally:
        for file, _ in files:
            os.close(file)


def _entry(file: int, place: int) -> bytes:
    data = os.pread(file, READ, place)
    end = 2 + int.from_bytes(data[:2], "big")
    if end > len(data) == READ:
        data += os.pread(file, end - READ, place + READ)
    return data[2:end] if len(data) >= end else b""
