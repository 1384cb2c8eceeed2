"""Moves the shards' records into the Merkle logs. Runs in the control process, which alone has the signing key.

Each shard has its own log, `log/<shard>`, in which a record's number is its index; so the tree's size is the only
cursor, and a kill at any moment loses and doubles nothing. `log/meta` is a log whose entries are the shards'
checkpoints, in the order in which they were made: it shows that no shard was left out. A record larger than an entry
may be lies beside its log as a blob, under its hash, and the entry names it.

Takes folders and a key. Knows of a record's fields only its number.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from proctor.audit._hot import MAX_RECORD, Entries, Run
from proctor.audit.disk import lock, write_durably
from proctor.audit.journal import INTEGRATED
from proctor.audit.note import Checkpoint, Signatory, SigningKey, Untrusted, Verifier, open_checkpoint, read_checkpoint
from proctor.audit.record import ENTRY_LIMIT, SCHEMA, Blob, JournalLost, encode
from proctor.audit.segments import Damage, Frame, Reader, first_of, segments
from proctor.audit.tiles import WIDTH, Misshapen, Tiles, bundle_path
from proctor.audit.tlog import Log, Signer
from proctor.errors import HouseFault

META: Final = "meta"
BATCH: Final = 40_000  # records between two checkpoints, and in memory at once
BATCH_SIZE: Final = 32 * 1024 * 1024  # and their bytes
ROUND: Final = 200_000
KEY_FILE: Final = "log.pem"
RETIRED: Final = "retired"
RETIRE_AT_ONCE: Final = 256  # bundles
_HASH: Final = re.compile(r"[0-9a-f]{64}").fullmatch


Onlooker = Callable[[str, Path, Run], None]
"""Takes a shard's name, its log's folder, and entries, which it must not keep."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round has done: records added, sizes reached, and shards that cannot go on, each with its reason."""

    added: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)


class Pointer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The entry of such a record: what a reader needs to place it, and where it is."""

    v: int
    shard: str
    seq: int
    time: str
    monotonic_ns: int
    kind: str
    id: str
    exchange: str | None = None
    session: str | None = None
    of: str | None = None
    blob: Blob | None = None


_read_pointer: Final = msgspec.json.Decoder(Pointer).decode


def blob_path(digest: str) -> str:
    """Return where a blob lies, below its log's folder."""
    return f"blobs/sha256/{digest[:2]}/{digest}"


def entry_of(record: bytes) -> tuple[bytes, Blob | None]:
    """Return the entry that stands for a record, and the blob that must lie beside the log, if it is too large."""
    if len(record) <= ENTRY_LIMIT:
        return record, None
    blob = Blob(sha256(record).hexdigest(), len(record))
    said = _read_pointer(record)
    names = {name: text[:64] for name in ("id", "exchange", "session", "of") if (text := getattr(said, name))}
    # Cut, because a name of 64 KB would be an entry that can never be written, and stop the shard for good.
    return msgspec.json.encode(msgspec.structs.replace(said, blob=blob, **names)), blob


def whole(log: Path, entry: bytes) -> bytes:
    """Return the record that an entry stands for; raises `Misshapen` if its blob is gone or changed."""
    if b'"blob":{' not in entry or (blob := _read_pointer(entry).blob) is None:
        return entry
    if not _HASH(blob.sha256):
        raise Misshapen("the record's blob has no name that could be a hash")
    try:
        with (log / blob_path(blob.sha256)).open("rb") as file:
            record = file.read(min(blob.size, MAX_RECORD) + 1)
    except OSError:
        raise Misshapen("the record's blob is gone") from None
    if sha256(record).hexdigest() != blob.sha256 or len(record) != blob.size:
        raise Misshapen("the record's blob was changed")
    return record


def retired(log: Path) -> int:
    """Return the number of the first record that a log still has; those before were taken away by declaration."""
    try:
        return int((log / RETIRED).read_text("ascii"))
    except FileNotFoundError:
        return 0
    except ValueError:
        raise Misshapen(f"{RETIRED} is no number") from None


class Shard:
    """One shard's way into its log."""

    def __init__(self, journal: Path, log: Log) -> None:
        self.journal = journal
        self.log = log
        self._marked: int | None = None
        self._reader = Reader(journal, log.size)

    def check(self) -> None:
        """Refuse a journal that is not the one the log was made from: a folder put in its place."""
        marker = self.journal / INTEGRATED
        try:
            marked = int(marker.read_text("ascii"))
        except FileNotFoundError:
            marked = 0
        except ValueError:
            marked = -1
        if marked == self._marked:
            return
        if not 0 <= marked <= self.log.size:
            raise HouseFault("the journal claims more than the log has: the log was rolled back")
        # A crash came between the log and the mark, or somebody was here: what both have must be the same.
        for found in Reader(self.journal, marked) if marked < self.log.size else ():
            if not isinstance(found, Frame) or found.seq >= self.log.size:
                break
            if entry_of(found.record)[0] != self.log.tiles.entry(found.seq):
                raise HouseFault(f"record {found.seq} of the journal is another than the log's")
        self.mark()

    def mark(self) -> None:
        """Tell the journal how far the log has come."""
        if self._marked != self.log.size:
            write_durably(self.journal / INTEGRATED, str(self.log.size).encode("ascii"))
            self._marked = self.log.size

    def take(self, entries: Entries, limit: int) -> None:
        """Add the next entries, durable in the journal, up to a limit; raises `HouseFault` where it is damaged."""
        following = self.log.size
        if self._reader.following != following:
            self._reader = Reader(self.journal, following)
        paths = segments(self.journal)
        while len(entries) < limit and entries.size < BATCH_SIZE:
            if count := self._reader.fill(entries, limit - len(entries)):
                following += count
                continue
            if run := self._reader.run(1):  # too large to be an entry itself
                entries.add(self._entry(run[0]))
                following += 1
                continue
            found = next(iter(self._reader), None)
            if found is None:
                break
            if isinstance(found, Damage):
                if found.torn and paths and found.path == paths[-1]:
                    break  # being written at this moment
                if entries:
                    break  # first what is sound; the next round meets the damage again
                raise HouseFault(f"record {max(found.seq, following)} of the journal is damaged: {found.why}")
            if found.seq != following:
                if entries:
                    break
                raise HouseFault(f"records {following} to {found.seq - 1} are gone from the journal")
            entries.add(self._entry(found.record))
            following += 1
        if entries:
            self._sync(paths)

    def _entry(self, record: bytes) -> bytes:
        entry, blob = entry_of(record)
        if blob is not None:
            write_durably(self.log.folder / blob_path(blob.sha256), record)
        return entry

    def _sync(self, paths: list[Path]) -> None:
        # A record that a power cut could still take must not be in the log: its number would be given away twice.
        for path in {*paths[-2:], *segments(self.journal)[-1:]}:
            with path.open("rb") as file:
                os.fdatasync(file.fileno())

    def fill(self, by: str, because: str, time: str) -> list[bytes]:
        """Return an entry that owns up to the loss for each record up to the next one that can be read."""
        following = self.log.size
        harm: int | None = None
        for found in Reader(self.journal, following):
            if isinstance(found, Frame):
                return [self._lost(seq, by, because, time) for seq in range(following, found.seq)]
            harm = found.seq
        return [] if harm is None else [self._lost(seq, by, because, time) for seq in range(following, harm + 1)]

    def _lost(self, seq: int, by: str, because: str, time: str) -> bytes:
        shard = self.journal.name
        body = encode(JournalLost(id=f"{shard}.{seq}", because=f"{because} (acknowledged by {by})"))
        head = f'{{"v":{SCHEMA},"shard":"{shard}","seq":{seq},"time":"{time}","monotonic_ns":0,'
        return head.encode("ascii") + body[1:]


class Integrator:
    """All shards of one gateway. One at a time: a lock on the folder of the logs sees to that."""

    def __init__(
        self, journal: Path, log: Path, *, keys: Path, origin: str, lock: int, key: Signatory, fence: Path | None
    ) -> None:
        self.journal = journal
        self.log = log
        self.origin = origin
        self._keys = keys
        self._lock = lock
        self._key = key
        self._fence = fence
        self._shards: dict[str, Shard] = {}
        self._meta: Log | None = None
        self._in_meta: dict[str, bytes] = {}
        self._entries = Entries()
        self.onlookers: list[Onlooker] = []
        """Shown what each log has just got, by this thread; what they raise, they break."""

    @classmethod
    def open(
        cls,
        journal: Path,
        log: Path,
        *,
        keys: Path,
        origin: str,
        key: Signatory | None = None,
        fence: Path | None = None,
    ) -> Integrator:
        """Take the folders of the journal's shards, of the logs, and of the keys, and the name of the whole.

        `key` signs in place of the one in the folder of the keys; `fence` is the folder of the signer's second memory.
        """
        for folder in (journal, log, keys, *([] if fence is None else [fence])):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = lock(log / "lock", "the log")
        try:
            signatory = SigningKey.load(keys / KEY_FILE) if key is None else key
            return cls(journal, log, keys=keys, origin=origin, lock=held, key=signatory, fence=fence)
        except BaseException:
            os.close(held)
            raise

    def close(self) -> None:
        """Let go of the logs."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def verifier(self, shard: str) -> Verifier:
        """Return the public key of a shard's log, for those who will check it."""
        return self._key.verifier(self._origin(shard))

    def prepare(self) -> None:
        """Open every log, so that each has a checkpoint to show to a witness, an empty one if need be."""
        for name in (*self._names(), META):
            try:
                if name != META:
                    self._shard(name)
                elif self._meta is None:
                    self._open(META)
            except (HouseFault, OSError, Misshapen, Untrusted, ValueError):
                continue  # `integrate` meets it again, and tells

    def integrate(self, limit: int = ROUND) -> Round:
        """Move what the shards have, up to `limit` records each; a shard in trouble does not stop the others."""
        done = Round()
        for name in self._names():
            try:
                added = self._integrate(name, limit)
            except (HouseFault, OSError, Misshapen, Untrusted, ValueError) as fault:
                self._shards.pop(name, None)  # opened anew in the next round, from what is on disk
                done.troubles[name] = str(fault)
                continue
            done.sizes[name] = self._shards[name].log.size
            if added:
                done.added[name] = added
        try:
            self._note_checkpoints()
        except (HouseFault, OSError, Misshapen, Untrusted) as fault:
            self._meta = None
            done.troubles[META] = str(fault)
        if sum(done.added.values()) < BATCH // 8:
            self._entries = Entries()  # the room for many is kept only while there are many
        return done

    def acknowledge_loss(self, shard: str, *, by: str, because: str, time: str) -> int:
        """Let a shard go on behind records that are gone or damaged, each replaced by one that says so."""
        way = self._shard(shard)
        lost = way.fill(by, because, time)
        if lost:
            way.log.append(lost)
            way.mark()
        return len(lost)

    def prune(self, keep: int = 4) -> int:
        """Remove segments that the log holds entirely, except the newest few; return how many."""
        removed = 0
        for name, shard in self._shards.items():
            paths = segments(self.journal / name)
            for path, after in pairwise(paths[: max(0, len(paths) - keep) + 1]):
                following = first_of(after)
                if following is not None and following <= shard.log.size:
                    path.unlink()
                    removed += 1
        return removed

    def outdated(self, name: str, until: str) -> int:
        """Return the number before which all records of a log, in whole bundles, are older than a time."""
        log = self._shard(name).log
        first = retired(log.folder) // WIDTH
        for number in range(first, min(log.size // WIDTH, first + RETIRE_AT_ONCE)):
            if _read_pointer(log.tiles.entry(number * WIDTH + WIDTH - 1)).time >= until:
                return number * WIDTH
        return min(log.size // WIDTH, first + RETIRE_AT_ONCE) * WIDTH

    def retire(self, name: str, before: int) -> None:
        """Take away the records before a number that a record has declared. Hashes stay, so the log still verifies."""
        log = self._shard(name).log
        first, last = retired(log.folder) // WIDTH, min(before, log.size) // WIDTH
        if last <= first:
            return
        # Told first: who reads meanwhile begins behind what is being taken away.
        write_durably(log.folder / RETIRED, b"%d" % (last * WIDTH), log.folder / "tmp")
        for number in range(first, last):
            for entry in log.tiles.entries(number):
                blob = _read_pointer(entry).blob if b'"blob":{' in entry else None
                if blob is not None and _HASH(blob.sha256):
                    (log.folder / blob_path(blob.sha256)).unlink(missing_ok=True)
            (log.folder / bundle_path(number)).unlink()

    def kept_from(self, name: str) -> int:
        """Return the number of the first record that a log still has."""
        return retired(self._shard(name).log.folder)

    def sizes(self) -> dict[str, int]:
        """Return how many records each log has."""
        return {name: shard.log.size for name, shard in self._shards.items()}

    def _integrate(self, name: str, limit: int) -> int:
        shard = self._shard(name)
        shard.check()
        added = 0
        entries = self._entries
        while added < limit:
            entries.clear()
            shard.take(entries, min(BATCH, limit - added))
            if not entries:
                break
            shard.log.append(entries)
            shard.mark()
            for look in self.onlookers:
                look(name, shard.log.folder, entries)
            added += len(entries)
            if len(entries) < BATCH and entries.size < BATCH_SIZE:
                break
        return added

    def _names(self) -> Iterator[str]:
        return iter(sorted(path.name for path in self.journal.iterdir() if path.is_dir() and path.name != META))

    def _shard(self, name: str) -> Shard:
        if name not in self._shards:
            self._shards[name] = Shard(self.journal / name, self._open(name))
        return self._shards[name]

    def _open(self, name: str) -> Log:
        fence = None if self._fence is None else self._fence / f"{self.origin}.{name}.signed"
        signer = Signer(self._key, self._origin(name), self._keys / f"{name}.signed", fence=fence)
        return Log.open(self.log / name, signer)

    def _origin(self, name: str) -> str:
        return f"{self.origin}/log/{name}"

    # -- the log of logs

    def _note_checkpoints(self) -> None:
        if self._meta is None:
            self._meta = self._open(META)
            self._in_meta = _newest(self._meta.tiles)
        fresh = []
        for name, shard in sorted(self._shards.items()):
            note = shard.log.checkpoint
            if shard.log.size and self._in_meta.get(self._origin(name)) != note:
                open_checkpoint(note, self.verifier(name))
                fresh.append(note)
        if fresh:
            self._meta.append(fresh)
            self._in_meta |= {_said(note).origin: note for note in fresh}


def _newest(tiles: Tiles) -> dict[str, bytes]:
    """Return each shard's newest checkpoint in the log of logs."""
    return {_said(note).origin: note for _, note in tiles.walk()}


def _said(note: bytes) -> Checkpoint:
    return read_checkpoint(note.decode("utf-8").rpartition("\n\n")[0] + "\n")
