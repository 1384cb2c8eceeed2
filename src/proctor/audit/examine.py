"""One log under the lens of `verify`: its entries, tiles, tree and records, in one pass from the first to the last.

Takes a log's folder, its checkpoint, what others have seen of it, and the journal it came from; returns what it found.
Where bundle, tile and tree disagree, two against one tell which was changed, and the record is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from proctor.audit.integrator import entry_of, retired, whole
from proctor.audit.note import Checkpoint, Untrusted, read_checkpoint
from proctor.audit.record import SCHEMA, Glance, glance
from proctor.audit.segments import Damage, Frame, Reader
from proctor.audit.slate import left_on
from proctor.audit.tiles import (
    EMPTY,
    WIDTH,
    Misshapen,
    Tiles,
    leaf_hash,
    root_of,
    tile_path,
    tree_hash,
    unpack,
)

# What is left of a record that cannot be read any more, to name it all the same.
_ID: Final = re.compile(rb'"id":"([^"]{1,64})"')
_KIND: Final = re.compile(rb'"kind":"([a-z.]{1,40})"')
_TIME: Final = re.compile(rb'"time":"([0-9T:.Z-]{20,27})"')
_SLACK: Final = 5_000_000_000


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or, if not grave, worth a look; `index` is the record's number in its log."""

    shard: str
    index: int | None
    what: str
    id: str | None = None
    kind: str | None = None
    time: str | None = None
    where: str = ""
    grave: bool = True

    def __str__(self) -> str:
        which = f"{self.shard} record {self.index}" if self.index is not None else self.shard
        known = ", ".join(word for word in (self.kind, self.id, self.time) if word)
        return f"{which}{f' ({known})' if known else ''}: {self.what}{f' [{self.where}]' if self.where else ''}"


@dataclass(slots=True)
class Checked:
    """What one log came to."""

    name: str
    size: int = 0
    root: bytes = EMPTY
    pending: int = 0
    unanswered: int = 0
    retired: int = 0
    declared: dict[str, int] = field(default_factory=dict)
    """What this log's records say of how far logs were retired."""
    problems: list[Problem] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)


class Examiner:
    """Goes through one log once."""

    def __init__(
        self,
        name: str,
        log: Path,
        head: Checkpoint | None,
        *,
        expected: Mapping[int, bytes],
        journal: Reader | None,
        size_now: Callable[[], int],
    ) -> None:
        """Take what others have seen of the log, by size, and who tells how large it is by now."""
        self.name = name
        self.log = log
        self.head = head if head is not None else Checkpoint("", 0, EMPTY)
        self._size_now = size_now
        self.tiles = Tiles(log, self.head.size)
        self.checked = Checked(name, self.head.size, self.head.root)
        self._expected = sorted(expected.items())
        self._levels: list[list[bytes]] = []
        self._journal = _Beside(journal)
        self._last: Glance | None = None
        self._interval = 0
        self._open: dict[str, bool] = {}
        self._blind = False
        self._off = False
        self._kept_from = _kept_from(log)

    def run(self, advance: Callable[[int], None], *, meta: bool) -> Checked:
        """Check everything and return it."""
        for number in range(-(-self.head.size // WIDTH)):
            entries, hashes = self._bundle(number)
            self._meet_checkpoints(number, hashes)
            self._add(number, hashes)
            for index, entry in enumerate(entries, start=number * WIDTH):
                if entry is None:
                    self._blind = True
                    self._journal.skip(index)
                elif meta:
                    self._read_checkpoint(index, entry)
                else:
                    self._read(index, entry)
            advance(len(hashes))
        self._check_edge()
        self._look_past_the_checkpoint()
        self._look_past_the_end()
        self.checked.unanswered = sum(self._open.values())
        return self.checked

    # -- the tree

    def _bundle(self, number: int) -> tuple[list[bytes | None], list[bytes]]:
        """Return a bundle's entries, None for one that is wrong, and the hashes that the tree shall be made of."""
        width = min(WIDTH, self.head.size - number * WIDTH)
        if (number + 1) * WIDTH <= self._kept_from:
            return self._retired(number, width)
        entries, trouble = self._entries(number, width)
        found = [leaf_hash(entry) for entry in entries]
        try:
            tile = list(self.tiles.hashes(0, number))
        except (OSError, Misshapen) as fault:
            self._blame(number * WIDTH, entries[0] if entries else b"", f"its tile cannot be read: {_say(fault)}")
            return [*entries, *[None] * (width - len(entries))], found
        if found == tile:
            return list(entries), found
        if len(found) == width and self._parent_says(number, found):
            place = next(n for n in range(width) if found[n] != tile[n])
            where = tile_path(0, number, width)
            self._blame(number * WIDTH + place, entries[place], "its hash in the tile was changed", where)
            return list(entries), found
        self._name_wrong(number, entries, found, tile, trouble)
        good: list[bytes | None] = [entry if found[n] == tile[n] else None for n, entry in enumerate(entries)]
        return [*good, *[None] * (width - len(entries))], tile

    def _retired(self, number: int, width: int) -> tuple[list[bytes | None], list[bytes]]:
        """Return the hashes of records that were taken away: what they were is gone, that they were is not."""
        self.checked.retired = (number + 1) * WIDTH
        try:
            return [None] * width, list(self.tiles.hashes(0, number))
        except (OSError, Misshapen) as fault:
            self._blame(number * WIDTH, b"", f"its tile cannot be read: {_say(fault)}")
            return [None] * width, [EMPTY] * width

    def _entries(self, number: int, width: int) -> tuple[list[bytes], str]:
        found: list[bytes] = []
        try:
            data, holds = self.tiles.bundle(number)
            for entry in unpack(data):
                found.append(entry)
                if len(found) > holds:
                    self._note(number * WIDTH + width, f"the bundle holds more than its name says [bundle {number}]")
                    break
        except (OSError, Misshapen) as fault:
            return found[:width], _say(fault)
        return found[:width], "" if len(found) >= width else "the bundle ends before it"

    def _name_wrong(
        self, number: int, entries: list[bytes], found: list[bytes], tile: list[bytes], trouble: str
    ) -> None:
        first = True
        for place, expected in enumerate(tile):
            if place < len(found) and found[place] == expected:
                continue
            index = number * WIDTH + place
            entry = entries[place] if place < len(entries) else b""
            what = "it is not the record that was signed" if place < len(found) else f"it cannot be read: {trouble}"
            if first or (place < len(found) and not trouble):
                self._blame(index, entry, what, f"bundle {number}")
            first = False

    def _parent_says(self, number: int, hashes: list[bytes]) -> bool:
        """Say whether the level above, or for the last bundle the signed root, vouches for these hashes."""
        try:
            if len(hashes) == WIDTH:
                return self.tiles.hashes(1, number // WIDTH)[number % WIDTH] == tree_hash(hashes)
        except (OSError, Misshapen, IndexError):
            return False
        return root_of([hashes, *self._levels[1:]]) == self.head.root

    def _add(self, number: int, hashes: list[bytes]) -> None:
        if not self._levels:
            self._levels.append([])
        self._levels[0] = hashes
        level = 0
        while len(self._levels[level]) == WIDTH:
            full = self._levels[level]
            if level:
                self._compare(level, number >> 8 * level, full)
            if level + 1 == len(self._levels):
                self._levels.append([])
            self._levels[level] = []
            self._levels[level + 1].append(tree_hash(full))
            level += 1

    def _compare(self, level: int, number: int, hashes: list[bytes]) -> None:
        where = tile_path(level, number, len(hashes))
        try:
            tile = list(self.tiles.hashes(level, number))
        except (OSError, Misshapen) as fault:
            self._blame(number * WIDTH ** (level + 1), b"", f"its tile cannot be read: {_say(fault)}", where)
            return
        if tile != hashes:
            place = next((n for n, (one, other) in enumerate(zip(tile, hashes, strict=False)) if one != other), 0)
            first = (number * WIDTH + place) * WIDTH**level
            last = min(first + WIDTH**level, self.head.size) - 1
            self._blame(first, b"", f"records {first} to {last} do not make the hash that stands above them", where)

    def _meet_checkpoints(self, number: int, hashes: list[bytes]) -> None:
        """Compare the tree, at every size at which somebody has seen it, with what they saw."""
        low, high = number * WIDTH, number * WIDTH + len(hashes)
        while self._expected and self._expected[0][0] <= high:
            size, root = self._expected.pop(0)
            if size <= low or self._off:
                continue
            if root_of([hashes[: size - low], *self._levels[1:]]) != root:
                self._off = True  # and so will be all the later ones
                self._note(size - 1, f"at or before this record, the log is not what it was at {size} records")

    def _check_edge(self) -> None:
        for level, hashes in enumerate(self._levels[1:], start=1):
            if hashes:
                self._compare(level, (self.head.size >> 8 * level) // WIDTH, hashes)
        if root_of(self._levels) != self.head.root and not any(problem.grave for problem in self.checked.problems):
            self._note(None, "the records and tiles agree with each other, but not with the signed root")
        for size, _ in self._expected[-1:]:
            if size > self.head.size:
                self._note(None, f"the log has {self.head.size} records, but had {size}: it was rolled back")

    def _look_past_the_checkpoint(self) -> None:
        """Notice tiles that no checkpoint covers: a crash leaves such, and so does an old checkpoint put back."""
        number, rest = divmod(self.head.size, WIDTH)
        full = self.log / tile_path(0, number)
        parts = full.with_name(f"{full.name}.p")
        further = max((int(path.name) for path in parts.glob("*") if path.name.isdecimal()), default=0)
        if full.exists():
            further = WIDTH
        size = number * WIDTH + further
        if further > rest and self._size_now() < size:
            what = f"its tiles go on to {size} records, but its checkpoint ends at {self.head.size}"
            self._note(None, f"{what}: an old checkpoint was put back, or a crash came before the new", grave=False)

    # -- the records

    def _read(self, index: int, entry: bytes) -> None:
        try:
            seen = glance(entry)
        except msgspec.MsgspecError:
            self._blame(index, entry, "it is no record")
            self._blind = True
            return
        beside = self._journal.at(index)
        if beside is not None and beside != entry:
            self._compare_journal(index, entry, beside)
        self._judge(index, seen, entry)

    def _judge(self, index: int, seen: Glance, entry: bytes) -> None:
        if seen.seq != index or seen.shard != self.name or seen.v != SCHEMA:
            self._note_of(seen, index, f"it says to be record {seen.seq} of {seen.shard}, version {seen.v}")
        if seen.blob is not None:
            try:
                whole(self.log, entry)
            except Misshapen as fault:
                self._note_of(seen, index, str(fault))
        kind = seen.kind
        self._judge_times(index, seen)
        if kind == "statement.decided":
            self._open[seen.id] = seen.decision is not None and seen.decision.verdict == "allow"
        elif kind == "statement.answered":
            if self._open.pop(seen.of or "", None) is None and not self._blind:
                self._note_of(seen, index, "it answers a statement that was never decided")
        elif kind == "heartbeat":
            self._interval = seen.interval_s * 1_000_000_000
        elif kind == "journal.opened":
            self._interval = 0
        elif kind == "log.retired":
            self.checked.declared[seen.log] = max(seen.retired, self.checked.declared.get(seen.log, 0))
        elif kind == "journal.lost":
            self._blind = True
            self._note_of(seen, index, "the record was lost before it reached the log; an operator has acknowledged it")
        # A record put in a lost one's place bears the time of its acknowledgement.
        self._last = seen if kind != "journal.lost" else None

    def _judge_times(self, index: int, seen: Glance) -> None:
        last, kind = self._last, seen.kind
        if last is None or kind == "journal.lost":
            return
        if seen.time < last.time and kind not in {"clock.stepped", "journal.opened"}:
            # The writer records every step of its clock: these times were not its own.
            self._note_of(seen, index, "the clock went back and no record says so")
        silent = seen.monotonic_ns - last.monotonic_ns
        if kind == "journal.opened":
            return
        if silent < 0:
            self._note_of(seen, index, "the clock that only grows went back")
        if self._interval and silent > 2 * self._interval + _SLACK:
            self._note_of(seen, index, f"silence of {silent // 1_000_000_000} seconds before it", grave=False)

    def _read_checkpoint(self, index: int, entry: bytes) -> None:
        try:
            self.checked.checkpoints.append(read_checkpoint(entry.decode("utf-8").rpartition("\n\n")[0] + "\n"))
        except (Untrusted, UnicodeDecodeError) as fault:
            self._note(index, f"it is no checkpoint: {fault}")

    def _compare_journal(self, index: int, entry: bytes, beside: bytes | Damage) -> None:
        if isinstance(beside, Damage):
            where = f"{beside.path.parent.name}/{beside.path.name}"
            self._blame(index, entry, f"the journal's copy is damaged: {beside.why}", where)
        elif entry_of(beside)[0] != entry:
            self._blame(index, entry, "the journal's copy is another record than the log's", "journal")

    def _look_past_the_end(self) -> None:
        """Read what the journal has and the log does not yet."""
        following = self.head.size
        for found in self._journal.rest(following):
            if isinstance(found, Damage):
                if found.seq >= following or found.seq < 0:
                    following = self._blame_journal(found, following)
                continue
            # Of a house at work, the log may have grown and the journal been pruned since we began.
            if found.seq > following and self._size_now() < found.seq:
                self._note(following, f"records {following} to {found.seq - 1} are gone from the journal")
            following = found.seq + 1
            self.checked.pending += 1
            self._read_pending(found)
        self.checked.pending += self._journal.on_slate(following)

    def _blame_journal(self, found: Damage, following: int) -> int:
        """Name what is damaged, and return the number of the record after it."""
        where = f"{found.path.parent.name}/{found.path.name}"
        what = f"the journal is damaged: {found.why}"
        if found.torn:
            # A crash leaves a tail cut short, and so does a writer at work; the next start heals that.
            self._note(None, what, where, grave=False)
            return following
        self._blind = True
        self._blame(max(found.seq, following), found.record, what, where)
        return max(found.seq, following) + 1

    def _read_pending(self, found: Frame) -> None:
        try:
            self._judge(found.seq, glance(found.record), found.record)
        except msgspec.MsgspecError:
            self._blame(found.seq, found.record, "it is no record")

    # -- saying so

    def _blame(self, index: int, entry: bytes, what: str, where: str = "") -> None:
        source = entry
        if not _ID.search(source) and isinstance(copy := self._journal.at(index, peek=True), bytes):
            source = copy
        words = [
            found[1].decode("ascii", "replace") if (found := p.search(source)) else None for p in (_ID, _KIND, _TIME)
        ]
        self.checked.problems.append(Problem(self.name, index, what, words[0], words[1], words[2], where))

    def _note(self, index: int | None, what: str, where: str = "", *, grave: bool = True) -> None:
        self.checked.problems.append(Problem(self.name, index, what, where=where, grave=grave))

    def _note_of(self, seen: Glance, index: int, what: str, *, grave: bool = True) -> None:
        self.checked.problems.append(Problem(self.name, index, what, seen.id, seen.kind, seen.time, grave=grave))


class _Beside:
    """The journal, read in step with the log."""

    def __init__(self, reader: Reader | None) -> None:
        self._folder = None if reader is None else reader.folder
        self._frames: Iterator[Frame | Damage] = iter(reader) if reader is not None else iter(())
        self._next: Frame | Damage | None = next(self._frames, None)

    def at(self, index: int, *, peek: bool = False) -> bytes | Damage | None:
        """Return what the journal has under this number; None when that is gone already."""
        while self._next is not None and self._next.seq < index:
            self._next = next(self._frames, None)
        found = self._next
        if found is None or found.seq != index:
            return None
        if not peek:
            self._next = next(self._frames, None)
        return found.record if isinstance(found, Frame) else found

    def skip(self, index: int) -> None:
        """Pass over a record."""
        self.at(index)

    def rest(self, start: int) -> Iterator[Frame | Damage]:
        """Yield what the journal has from this number on."""
        self.at(start, peek=True)
        while self._next is not None:
            found, self._next = self._next, next(self._frames, None)
            yield found

    def on_slate(self, following: int) -> int:
        """Return how many records the next start will add, from `following` on: a worker was killed, or is at work."""
        return 0 if self._folder is None else left_on(self._folder, following)[1]


def _kept_from(log: Path) -> int:
    try:
        return retired(log)
    except (OSError, Misshapen):
        return 0  # then what is not there is missed


def _say(fault: Exception) -> str:
    if isinstance(fault, OSError):
        return fault.strerror or "it cannot be read"
    return str(fault)
