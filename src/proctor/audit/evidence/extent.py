"""Which part of each log a pack takes along, how it is copied, and how anybody sees that it is whole.

A part begins at the start of a bundle and ends behind the first record that is past the time asked for, or with the
log. With it go the hashes of what stands before, so that the tree of its end is made again from the copied entries; two
consistency proofs tie beginning, end and the signed checkpoint together. Takes folders; returns extents and faults.
"""

from __future__ import annotations

import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from proctor.audit.integrator import META, blob_path, retired, whole
from proctor.audit.note import Checkpoint, Untrusted, Verifier, open_checkpoint, read_checkpoint
from proctor.audit.proof import consistent, prove_consistency
from proctor.audit.record import Blob, glance
from proctor.audit.tiles import WIDTH, Misshapen, Tiles, bundle_path, leaf_hashes, pack_all, root_of, tree_hash
from proctor.audit.tlog import CHECKPOINT, KEY
from proctor.errors import HouseFault

FILE: Final = "extent.json"
META_MOST: Final = 100_000  # notes of the log of logs that go along, the newest
_MOST_FILE: Final = 1 << 20


class Unfit(ValueError):
    """A part of a log is not what it says it is."""


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """A part of one log: records `first` up to `end`, of a signed tree of `size`. Hashes are in base64."""

    shard: str
    origin: str
    first: int
    end: int
    size: int
    start_root: str
    end_root: str
    root: str
    edge: tuple[tuple[str, ...], ...]
    """The unfinished tile of each level of the tree at `first`, the lowest left out, which is empty there."""
    start_to_end: tuple[str, ...] = ()
    end_to_signed: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Return how many records it has."""
        return self.end - self.first


class _Blobbed(msgspec.Struct):
    blob: Blob | None = None


_read_blobbed: Final = msgspec.json.Decoder(_Blobbed).decode
_read_extent: Final = msgspec.json.Decoder(Extent, strict=True).decode


def shards(log: Path) -> list[str]:
    """Return the logs below a folder, the log of logs left out."""
    return sorted(path.parent.name for path in log.glob(f"*/{CHECKPOINT}") if path.parent.name != META)


def house_of(log: Path) -> str:
    """Return the name of the house whose logs these are."""
    names = shards(log)
    if not names:
        raise HouseFault("there is no signed log yet", hint="it is made while the gateway runs")
    origin = _head(log / names[0])[2]
    return origin.rpartition("/log/")[0] or origin


def chosen(log: Path, shard: str, since: str, until: str) -> tuple[Extent, bytes]:
    """Return the part of a log that these times need, and the note that signs the whole."""
    folder = log / shard
    note, size, origin = _head(folder)
    tiles = Tiles(folder, size)
    kept = retired(folder)
    try:
        first = max(kept, _first_bundle(folder, tiles, kept, since) * WIDTH)
        end = _end(folder, tiles, first, until)
        return _extent(shard, origin, tiles, first, end), note
    except (OSError, Misshapen, msgspec.MsgspecError) as fault:
        raise HouseFault(f"the log of {shard} is damaged", hint="run `proctor audit verify`") from fault


def chosen_meta(log: Path) -> tuple[Extent, bytes] | None:
    """Return the newest part of the log of logs, which shows that no log was left out."""
    if not (log / META / CHECKPOINT).exists():
        return None
    note, size, origin = _head(log / META)
    first = max(retired(log / META), max(0, size - META_MOST) // WIDTH * WIDTH)
    return _extent(META, origin, Tiles(log / META, size), first, size), note


def _head(folder: Path) -> tuple[bytes, int, str]:
    try:
        note = (folder / CHECKPOINT).read_bytes()
        said = read_checkpoint(note.decode("utf-8").rpartition("\n\n")[0] + "\n")
    except (OSError, Untrusted, UnicodeDecodeError) as fault:
        raise HouseFault(f"the log of {folder.name} is damaged", hint="run `proctor audit verify`") from fault
    return note, said.size, said.origin


def _extent(shard: str, origin: str, tiles: Tiles, first: int, end: int) -> Extent:
    begun, ended = _Earlier(tiles, first), _Earlier(tiles, end)
    return Extent(
        shard=shard,
        origin=origin,
        first=first,
        end=end,
        size=tiles.size,
        start_root=_text(begun.root()),
        end_root=_text(ended.root()),
        root=_text(tiles.root()),
        edge=tuple(tuple(map(_text, level)) for level in begun.levels()[1:]),
        start_to_end=tuple(map(_text, prove_consistency(ended, first))),
        end_to_signed=tuple(map(_text, prove_consistency(tiles, end))),
    )


class _Earlier(Tiles):
    """A tree as it was at an earlier size, of whose unfinished tiles only the later ones are left."""

    def __init__(self, later: Tiles, size: int) -> None:
        super().__init__(later.folder, size)
        self._later = later

    def hashes(self, level: int, number: int) -> tuple[bytes, ...]:
        """Return a tile's hashes, as many as the tree had then."""
        width = min(WIDTH, (self.size >> 8 * level) - number * WIDTH)
        return self._later.hashes(level, number)[:width]


def _first_bundle(folder: Path, tiles: Tiles, kept: int, since: str) -> int:
    """Return the last bundle that begins before a time: what is wanted begins in it, or behind it."""
    low, high = kept // WIDTH, max(kept // WIDTH, -(-tiles.size // WIDTH) - 1)
    while low < high:
        middle = (low + high + 1) // 2
        if glance(whole(folder, tiles.entries(middle)[0])).time < since:
            low = middle
        else:
            high = middle - 1
    return low


def _end(folder: Path, tiles: Tiles, first: int, until: str) -> int:
    """Return the number behind the first record that is not before a time: it shows that nothing was cut off."""
    start = _first_bundle(folder, tiles, first, until) * WIDTH if tiles.size > first else first
    for number, entry in tiles.walk(start):
        if glance(whole(folder, entry)).time >= until:
            return number + 1
    return tiles.size


def copied(log: Path, extent: Extent, note: bytes, out: Path, advance: Callable[[int], None]) -> None:
    """Copy a part of a log, with all that it takes to check it."""
    source, target = log / extent.shard, out / extent.shard
    target.mkdir(parents=True)
    (target / CHECKPOINT).write_bytes(note)
    (target / KEY).write_bytes((source / KEY).read_bytes())
    (target / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(extent), indent=1) + b"\n")
    tiles = Tiles(source, extent.size)
    for number in range(extent.first // WIDTH, -(-extent.end // WIDTH)):
        width = min(WIDTH, extent.end - number * WIDTH)
        entries = tiles.entries(number)[:width]
        path = target / bundle_path(number, width)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pack_all(entries))
        for entry in entries:
            if extent.shard != META and (blob := _blob_of(entry)) is not None:
                whole(source, entry)  # refuses a name that is no hash
                place = target / blob_path(blob.sha256)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / blob_path(blob.sha256), place)
        advance(width)


def extents(log: Path) -> list[Extent]:
    """Return what a pack says it holds, the log of logs left out; raises `Unfit`."""
    return [read(log, name) for name in shards(log)]


def read(log: Path, shard: str) -> Extent:
    """Return what a pack says of one log."""
    try:
        with (log / shard / FILE).open("rb") as file:
            said = _read_extent(file.read(_MOST_FILE))
    except (OSError, msgspec.MsgspecError):
        raise Unfit(f"log/{shard}/{FILE} cannot be read") from None
    if said.shard != shard or not 0 <= said.first <= said.end <= said.size or said.first % WIDTH:
        raise Unfit(f"log/{shard}/{FILE} contradicts itself")
    return said


def seed(said: Sequence[Extent]) -> bytes:
    """Return what samples are drawn with: all ends of a pack, which nobody has chosen when the records were written."""
    lines = [f"{one.origin} {one.end} {one.end_root}\n" for one in sorted(said, key=lambda one: one.origin)]
    return sha256("".join(lines).encode()).digest()


def walk(log: Path, extent: Extent) -> Iterator[tuple[int, bytes]]:
    """Yield a part's records as they were written, with their numbers."""
    folder = log / extent.shard
    for number, entry in Tiles(folder, extent.end).walk(extent.first):
        yield number, whole(folder, entry)


def examined(log: Path, extent: Extent, verifier: Verifier, advance: Callable[[int], None]) -> set[str]:
    """Raise `Unfit` unless a copied part is, entry by entry, what the log's key has signed; return its files' names."""
    where = f"log/{extent.shard}"
    try:
        said = open_checkpoint((log / extent.shard / CHECKPOINT).read_bytes(), verifier)
    except (OSError, Untrusted) as fault:
        raise Unfit(f"{where}/{CHECKPOINT} is not signed by the log's key: {fault}") from None
    if (said.origin, said.size, _text(said.root)) != (extent.origin, extent.size, extent.root):
        raise Unfit(f"{where}/{FILE} speaks of another checkpoint than {where}/{CHECKPOINT}")
    levels = [[], *([_hash(one) for one in level] for level in extent.edge)]
    if _text(root_of(levels)) != extent.start_root:
        raise Unfit(f"{where}: the hashes before record {extent.first} do not make the tree that they should")
    files = _grow(log / extent.shard, extent, levels, advance)
    if _text(root_of(levels)) != extent.end_root:
        raise Unfit(f"{where}: the records {extent.first} to {extent.end - 1} are not those that were signed")
    _agree(where, extent.first, extent.start_root, extent.end, extent.end_root, extent.start_to_end)
    _agree(where, extent.end, extent.end_root, extent.size, extent.root, extent.end_to_signed)
    return {f"{extent.shard}/{name}" for name in (CHECKPOINT, KEY, FILE, *files)}


def _grow(folder: Path, extent: Extent, levels: list[list[bytes]], advance: Callable[[int], None]) -> set[str]:
    """Add a part's entries to a tree, and return the names of the files that hold them."""
    tiles, files = Tiles(folder, extent.end), set[str]()
    for number in range(extent.first // WIDTH, -(-extent.end // WIDTH)):
        files.add(bundle_path(number, min(WIDTH, extent.end - number * WIDTH)))
        try:
            entries = tiles.entries(number)
            hashes = leaf_hashes(entries)
            if extent.shard != META:
                files |= {blob_path(blob.sha256) for entry in entries if (blob := _blob_of(entry)) is not None}
        except (OSError, Misshapen) as fault:
            raise Unfit(f"log/{extent.shard}: {fault}") from None
        advance(len(hashes))
        level, rising = 0, hashes
        while True:
            if level == len(levels):
                levels.append([])
            levels[level] += rising
            if len(levels[level]) < WIDTH:
                break
            rising, levels[level] = [tree_hash(levels[level])], []
            level += 1
    return files


def _blob_of(entry: bytes) -> Blob | None:
    return _read_blobbed(entry).blob if b'"blob":{' in entry else None


def _agree(where: str, size: int, root: str, later: int, later_root: str, proof: Sequence[str]) -> None:
    if not consistent(size, _hash(root), later, _hash(later_root), [_hash(step) for step in proof]):
        raise Unfit(f"{where}: the tree of {later} records does not contain that of {size}")


def checkpoints_in(log: Path) -> Iterator[Checkpoint]:
    """Yield what the copied part of the log of logs saw."""
    for _, note in Tiles(log / META, read(log, META).end).walk(read(log, META).first):
        try:
            yield read_checkpoint(note.decode("utf-8").rpartition("\n\n")[0] + "\n")
        except (Untrusted, UnicodeDecodeError):
            raise Unfit("the log of logs has an entry that is no checkpoint") from None


def _text(hashed: bytes) -> str:
    return b64encode(hashed).decode()


def _hash(text: str) -> bytes:
    try:
        found = b64decode(text, validate=True)
    except ValueError:
        raise Unfit("a hash is not base64") from None
    if len(found) != 32:
        raise Unfit("a hash has another length")
    return found
