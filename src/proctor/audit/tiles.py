"""The Merkle tree of the log, and the static files it lies in (RFC 6962 hashing, C2SP tlog-tiles layout).

A tile holds up to 256 hashes of one level; level L+1 holds the roots of the full tiles of level L. An entry bundle
holds up to 256 entries, each behind a 16-bit length. Takes entries and hashes; returns hashes, paths and bytes; reads
tiles from a folder. Knows nothing of signatures, and nothing of what entries mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from proctor.audit._hot import MAX_ENTRY, Entries, leaf_hashes, node_hash, pack_all, root_over

__all__ = [
    "EMPTY",
    "HASH",
    "MAX_ENTRY",
    "WIDTH",
    "Entries",
    "Misshapen",
    "Tiles",
    "bundle_path",
    "leaf_hash",
    "leaf_hashes",
    "node_hash",
    "pack",
    "pack_all",
    "root_of",
    "root_over",
    "split",
    "tile_path",
    "tree_hash",
    "unpack",
    "widths",
]

WIDTH: Final = 256
HASH: Final = 32
EMPTY: Final = sha256(b"").digest()
_LARGEST_BUNDLE: Final = WIDTH * (2 + MAX_ENTRY)


class Misshapen(ValueError):
    """A file of the log does not have the shape that its place promises."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry."""
    return sha256(b"\x00" + entry).digest()


def tree_hash(hashes: Sequence[bytes]) -> bytes:
    """Return the root over subtrees of one size, of which only the last may be smaller."""
    return root_over(list(hashes)) if hashes else EMPTY


def root_of(levels: Sequence[Sequence[bytes]]) -> bytes:
    """Return the root of a tree from the unfinished tile of each level."""
    right: list[bytes] = []
    for hashes in levels:
        if hashes or right:
            right = [tree_hash([*hashes, *right])]
    return right[0] if right else EMPTY


def split(hashes: bytes) -> tuple[bytes, ...]:
    """Return the hashes that lie one behind the other in a tile."""
    return tuple(hashes[place : place + HASH] for place in range(0, len(hashes), HASH))


def tile_path(level: int, number: int, width: int = WIDTH) -> str:
    """Return where a tile lies, below the log's folder."""
    return f"tile/{level}/{_number(number)}{_partial(width)}"


def bundle_path(number: int, width: int = WIDTH) -> str:
    """Return where a bundle of entries lies, below the log's folder."""
    return f"tile/entries/{_number(number)}{_partial(width)}"


def _number(number: int) -> str:
    # 1234067 → x001/x234/067
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.append(f"x{number % 1000:03d}")
    return "/".join(reversed(groups))


def _partial(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"


def widths(size: int) -> list[int]:
    """Return how many hashes the unfinished tile of each level has, in a tree of this size."""
    found = []
    while size:
        found.append(size % WIDTH)
        size //= WIDTH
    return found


def pack(entry: bytes) -> bytes:
    """Return an entry as it lies in a bundle."""
    return pack_all([entry])


def unpack(bundle: bytes) -> Iterator[bytes]:
    """Yield a bundle's entries; raises `Misshapen` where a length leads out of it."""
    place = 0
    while place < len(bundle):
        start = place + 2
        place = start + int.from_bytes(bundle[place:start], "big")
        if start > len(bundle) or place > len(bundle):
            raise Misshapen("a length leads out of the bundle")
        yield bundle[start:place]


def _bounded(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:  # a file that a stranger made larger must not fill our memory
        raise Misshapen(f"{path.name} is larger than any file of its kind")
    return data


class Tiles:
    """A log's files, read as the tree of a given size."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self.size = size
        self._kept: dict[tuple[int, int], tuple[bytes, ...]] = {}

    def hashes(self, level: int, number: int) -> tuple[bytes, ...]:
        """Return a tile's hashes, as many as this tree has there."""
        found = self._kept.get((level, number))
        if found is None:
            width = min(WIDTH, (self.size >> 8 * level) - number * WIDTH)
            data, holds = self._read(tile_path(level, number), tile_path(level, number, width), width, WIDTH * HASH)
            if len(data) != holds * HASH:
                which = "too short" if len(data) < holds * HASH else "wider than its name says"
                raise Misshapen(f"{tile_path(level, number, width)} is {which}")
            found = split(data[: width * HASH])
            if len(self._kept) > 1024:
                self._kept.clear()
            self._kept[level, number] = found
        return found

    def entries(self, number: int) -> list[bytes]:
        """Return a bundle's entries, as many as this tree has there."""
        width = min(WIDTH, self.size - number * WIDTH)
        data, holds = self.bundle(number)
        found = list(unpack(data))
        if len(found) != holds:
            raise Misshapen(f"{bundle_path(number, width)} has too {'few' if len(found) < holds else 'many'} entries")
        return found[:width]

    def bundle(self, number: int) -> tuple[bytes, int]:
        """Return a bundle as it lies there, and how many entries it must hold, which may be more than this tree's."""
        width = min(WIDTH, self.size - number * WIDTH)
        return self._read(bundle_path(number), bundle_path(number, width), width, _LARGEST_BUNDLE)

    def bundle_file(self, number: int) -> Path:
        """Return where a bundle lies, which is another place once it is full."""
        width = min(WIDTH, self.size - number * WIDTH)
        partial = self.folder / bundle_path(number, width)
        return partial if width == WIDTH or partial.exists() else self.folder / bundle_path(number)

    def entry(self, index: int) -> bytes:
        """Return one entry."""
        if not 0 <= index < self.size:
            raise IndexError("the log has no entry of this number")
        return self.entries(index // WIDTH)[index % WIDTH]

    def walk(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield the entries from `start` on, with their numbers."""
        for number in range(start // WIDTH, -(-self.size // WIDTH)):
            for place, entry in enumerate(self.entries(number), start=number * WIDTH):
                if place >= start:
                    yield place, entry

    def _read(self, full: str, partial: str, width: int, most: int) -> tuple[bytes, int]:
        if width <= 0:
            raise IndexError("the tree has nothing there")
        try:
            return _bounded(self.folder / partial, most), width
        except FileNotFoundError:
            # A partial tile may be gone once the full one exists, which begins with it.
            return _bounded(self.folder / full, most), WIDTH

    def levels(self) -> list[list[bytes]]:
        """Return the unfinished tile of each level."""
        return [
            list(self.hashes(level, (self.size >> 8 * level) // WIDTH)) if width else []
            for level, width in enumerate(widths(self.size))
        ]

    def root(self) -> bytes:
        """Return the root, from the tiles at the right edge alone."""
        return root_of(self.levels())

    def subtree(self, low: int, high: int) -> bytes:
        """Return the hash over the leaves from `low` up to `high`, a range as RFC 6962 splits."""
        count = high - low
        if count & (count - 1) or low % count:
            middle = low + (1 << (count - 1).bit_length() - 1)
            return node_hash(self.subtree(low, middle), self.subtree(middle, high))
        level, rest = divmod(count.bit_length() - 1, 8)
        place, width = low >> 8 * level, 1 << rest
        hashes = self.hashes(level, place // WIDTH)
        return tree_hash(hashes[place % WIDTH : place % WIDTH + width])
