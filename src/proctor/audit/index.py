"""The index over the records: disposable, rebuilt from log and journal whenever it does not fit them.

Most records are like others but for their time and numbers: what they share, their shape, is kept once, and is what is
searched; of each record only its shape, time and place. So ten million records are found in by a second.

Takes a state folder; keeps `index.sqlite` in it. It is a convenience and proves nothing: whoever doubts an answer asks
`verify`, or `export`, which reads the log itself. Knows the fields of records, and nothing of who searches.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec

from proctor.audit.copies import ways_of
from proctor.audit.fields import Row, decode, part, parts, word
from proctor.audit.integrator import entry_of
from proctor.audit.reading import Bookmark, records, shards
from proctor.audit.record import ENTRY_LIMIT
from proctor.audit.tiles import WIDTH
from proctor.errors import HouseFault

FORMAT: Final = 6
BATCH: Final = 10_000
FILE: Final = "index.sqlite"
CACHE_KB: Final = 64 * 1024
PATIENCE: Final = 120  # seconds for another who is sorting the first filling
KNOWN: Final = 50_000  # shapes in memory at once; statements are a stranger's to choose

_SEARCHED: Final = {
    "shapes": "number integer primary key, key blob not null unique, kind text not null, subject text, "
    "behalf text, named text, database text, verdict text, words integer",
    "words": "number integer primary key, key blob not null unique, text text not null",
    "touched": "shape integer not null, relation text not null, name text not null, column_name text not null",
    "masked": "shape integer not null, class text not null",
    "moved": "shape integer not null, way text not null",
    "spans": "shape integer primary key, first integer not null, last integer not null",
}
"""The tables in which a search finds the shapes that fit, and between which times each has records."""
# Each holds all that its condition needs: what fits is found without a look at the shapes themselves.
_TOUCHED: Final = {
    "touched_relation": "touched (relation, column_name, shape)",
    "touched_name": "touched (name, column_name, shape)",
    "touched_column": "touched (column_name, shape)",
    "masked_class": "masked (class, shape)",
    "shapes_kind": "shapes (kind)",
    "shapes_subject": "shapes (subject)",
    "shapes_behalf": "shapes (behalf) where behalf is not null",
    "shapes_named": "shapes (named) where named is not null",
    "shapes_database": "shapes (database)",
    "shapes_verdict": "shapes (verdict)",
    "shapes_words": "shapes (words)",
}
_SCHEMA: Final = f"""
create table shards (number integer primary key, name text not null unique, last integer not null, mark blob not null,
  ends integer, segment text, following integer, offset integer);
{"".join(f"create table {name} ({columns});" for name, columns in _SEARCHED.items())}
{"".join(f"create index {name} on {columns};" for name, columns in _TOUCHED.items())}
create table sessions (number integer primary key, name text not null unique);
create table records (number integer primary key, shape integer not null, time integer not null,
  shard integer not null, seq integer not null, session integer, key integer not null, place integer);
"""
# Made behind the first filling, from sorted rows: kept up to date row by row, ten million take twice as long.
_SORTED: Final = (
    "create index if not exists records_shape on records (shape, time)",
    "create index if not exists records_time on records (time, shape)",
    "create index if not exists records_key on records (key)",
    "create index if not exists records_session on records (session, time, shape) where session is not null",
)
# Filled among records, shapes lie all over the file: to pass over them, all of it would be read from the disk.
_TOGETHER: Final = "".join((
    "begin immediate;",
    *(f"create table packed_{name} ({columns});" for name, columns in _SEARCHED.items()),
    *(f"insert into packed_{name} select * from {name} order by rowid;" for name in _SEARCHED),  # noqa: S608
    *(f"create index packed_{name} on packed_{columns};" for name, columns in _TOUCHED.items()),
    *(f"drop table {name};" for name in _SEARCHED),  # not before: new pages would go where old ones were
    *(f"alter table packed_{name} rename to {name};" for name in _SEARCHED),
    "commit",
))  # fmt: skip

_SPANNED: Final = """
insert into spans select shape, min(time), max(time) from records not indexed where number > ? group by shape
on conflict (shape) do update set first = min(first, excluded.first), last = max(last, excluded.last)
"""
"""Says between which times the shapes of records with higher numbers have any."""


class _Text(msgspec.Struct, frozen=True, gc=False):
    """A statement's text, without the digest that differs for each literal."""

    text: str = ""


_NOTHING: Final = msgspec.Raw(b"")


class _Said(msgspec.Struct, frozen=True, gc=False):
    """What the index reads of a record: its own, and the raw parts that many records share, which make its shape."""

    kind: str
    id: str
    time: str
    of: str | None = None
    session: str | None = None
    database: str | None = None
    statement: _Text | str | None = None
    who: msgspec.Raw = _NOTHING
    claims: msgspec.Raw = _NOTHING
    decision: msgspec.Raw = _NOTHING
    reads: msgspec.Raw = _NOTHING
    writes: msgspec.Raw = _NOTHING
    infers: msgspec.Raw = _NOTHING
    masks: msgspec.Raw = _NOTHING
    on_behalf_of: msgspec.Raw = _NOTHING
    requester: msgspec.Raw = _NOTHING
    claimed: msgspec.Raw = _NOTHING
    by: msgspec.Raw = _NOTHING
    because: msgspec.Raw = _NOTHING
    action: msgspec.Raw = _NOTHING
    before: msgspec.Raw = _NOTHING
    after: msgspec.Raw = _NOTHING
    column: msgspec.Raw = _NOTHING

    def shape(self) -> bytes:
        """Return what tells this record's shape from others."""
        text = self.statement.text if isinstance(self.statement, _Text) else self.statement
        named = f"{self.kind}\0{self.database}\0{text}".encode("utf-8", "surrogatepass")
        raw = (
            self.who, self.claims, self.decision, self.reads, self.writes, self.infers, self.masks, self.on_behalf_of,
            self.requester, self.claimed, self.by, self.because, self.action, self.before, self.after, self.column,
        )  # fmt: skip
        return blake2b(b"\0".join((named, *map(bytes, raw))), digest_size=16).digest()


_read_said: Final = msgspec.json.Decoder(_Said).decode
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Return a moment as the index keeps it."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def key_of(name: str) -> int:
    """Return the number by which a record's identifier is found."""
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)


def _mark(record: bytes) -> bytes:
    return blake2b(record, digest_size=16).digest()


class _Places:
    """Where each record begins in its bundle of the log, or will: they lie there one behind the other."""

    def __init__(self, last: int, ends: int | None) -> None:
        self._last = last
        self.ends = ends

    def of(self, seq: int, record: bytes) -> int | None:
        """Return the place of the next record, None where that of the one before is not known."""
        place = 0 if seq % WIDTH == 0 else self.ends if seq == self._last + 1 else None
        size = len(record) if len(record) <= ENTRY_LIMIT else len(entry_of(record)[0])
        self._last, self.ends = seq, None if place is None else place + 2 + size
        return place


class Index:
    """An open index."""

    def __init__(self, state: Path, path: Path) -> None:
        self.state = state
        self._path = path
        self._shapes: dict[bytes, int] = {}
        self.connection = self._connect()

    @classmethod
    def open(cls, state: Path, path: Path | None = None) -> Index:
        """Open the index of a house, beside its journal unless told otherwise; it may lag until `refresh`."""
        return cls(state, path or state / FILE)

    def _connect(self) -> sqlite3.Connection:
        # Statement texts are not for everybody: the file is made before SQLite could make it with looser rights.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=PATIENCE)
        try:
            if connection.execute("pragma user_version").fetchone() != (FORMAT,):
                raise sqlite3.DatabaseError
            connection.execute("select 1 from records limit 1").fetchone()
        except sqlite3.DatabaseError:
            connection.close()
            return self._create()
        return _tuned(connection)

    def _create(self) -> sqlite3.Connection:
        self._shapes.clear()
        for name in ("", "-wal", "-shm", "-journal"):
            self._path.with_name(self._path.name + name).unlink(missing_ok=True)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=PATIENCE)
        connection.execute("pragma journal_mode = wal")
        _tuned(connection)
        connection.executescript(f"begin; {_SCHEMA} pragma user_version = {FORMAT}; commit")
        return connection

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def refresh(self, progress: Callable[[int], None] | None = None) -> int:
        """Take in what has been written since; return how many records that was."""
        if not self._fits():
            self.connection.close()
            self.connection = self._create()
        added = 0
        for shard in shards(self.state):
            while True:
                taken = self._take(shard)
                added += taken
                if progress is not None and taken:
                    progress(added)
                if taken < BATCH:
                    break
        self._sort()
        return added

    def _sort(self) -> None:
        """Make what the first filling goes without; then, and later, nothing where all is there."""
        execute = self.connection.execute
        if execute("select 1 from sqlite_schema where name = 'records_session'").fetchone() is None:
            try:
                self.connection.executescript(_TOGETHER)
            except BaseException:
                if self.connection.in_transaction:
                    execute("rollback")
                raise
        for index in _SORTED:
            execute(index)

    def _fits(self) -> bool:
        """Say whether the newest records that we have are those that are there: a power cut or a restore shows here."""
        for shard, last, mark in self.connection.execute("select name, last, mark from shards").fetchall():
            found = next(records(self.state, shard, last), None)
            if found is None or found[0] != last or _mark(found[1]) != mark:
                return False
        return True

    def _take(self, shard: str) -> int:
        self.connection.execute("begin immediate")
        try:
            known = self.connection.execute(
                "select number, last, ends, segment, following, offset from shards where name = ?", (shard,)
            ).fetchone() or (None, -1, None, None, None, None)
            number, last, ends, *place = known
            mark = Bookmark(None if place[0] is None else tuple(place))
            fresh = islice(records(self.state, shard, last + 1, mark), BATCH)
            count = self._insert(shard, number, fresh, _Places(last, ends))
            self.connection.execute(
                "update shards set segment = ?, following = ?, offset = ? where name = ?",
                (*(mark.at or (None, None, None)), shard),
            )
        except BaseException:
            self._shapes.clear()  # those that were just made are gone
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")
        return count

    def _insert(self, shard: str, number: int | None, fresh: Iterable[tuple[int, bytes]], places: _Places) -> int:
        execute = self.connection.execute
        if number is None:
            number = execute("select coalesce(max(number), 0) + 1 from shards").fetchone()[0]
        rows: list[tuple[int, int, int, int, int | None, int, int | None]] = []
        sessions: dict[str, int] = {}
        last: tuple[int, bytes] | None = None
        for seq, record in fresh:
            said = _read(shard, seq, record)
            session = None if said.session is None else self._session(said.session, sessions)
            key = key_of(said.of if said.kind == ANSWER and said.of is not None else said.id)
            moment = microseconds(datetime.fromisoformat(said.time))
            place = places.of(seq, record)
            rows.append((self._shape(said, record), moment, number, seq, session, key, place))
            last = (seq, record)
        (before,) = execute("select coalesce(max(number), 0) from records").fetchone()
        self.connection.executemany(
            "insert into records (shape, time, shard, seq, session, key, place) values (?, ?, ?, ?, ?, ?, ?)", rows
        )
        if last is not None:
            execute(_SPANNED, (before,))
            columns = "number, name, last, mark, ends"
            told = (number, shard, last[0], _mark(last[1]), places.ends)
            execute(f"insert or replace into shards ({columns}) values (?, ?, ?, ?, ?)", told)  # noqa: S608
        return len(rows)

    def _session(self, name: str, known: dict[str, int]) -> int:
        if name not in known:
            self.connection.execute("insert or ignore into sessions (name) values (?)", (name,))
            found = self.connection.execute("select number from sessions where name = ?", (name,)).fetchone()
            known[name] = int(found[0])
        return known[name]

    def _shape(self, seen: _Said, record: bytes) -> int:
        """Return the number of what this record shares with many others, which is made for the first of them."""
        key = seen.shape()
        found = self._shapes.get(key)
        if found is None:
            row = self.connection.execute("select number from shapes where key = ?", (key,)).fetchone()
            found = self._make_shape(key, decode(record)) if row is None else int(row[0])
            if len(self._shapes) >= KNOWN:
                self._shapes.clear()
            self._shapes[key] = found
        return found

    def _make_shape(self, key: bytes, said: Row) -> int:
        execute = self.connection.execute
        columns = "key, kind, subject, behalf, named, database, verdict, words"
        *others, words = _columns(said)
        values = (key, *others, None if words is None else self._words(words))
        made = execute(f"insert into shapes ({columns}) values (?, ?, ?, ?, ?, ?, ?, ?)", values)  # noqa: S608
        number = int(made.lastrowid or 0)
        self.connection.executemany(
            "insert into touched values (?, ?, ?, ?)", [(number, *place) for place in _touched(said)]
        )
        self.connection.executemany("insert into masked values (?, ?)", [(number, name) for name in _classes(said)])
        self.connection.executemany("insert into moved values (?, ?)", [(number, way) for way in ways_of(said)])
        return number

    def _words(self, text: str) -> int:
        """Return the number of a text that shapes share: many people ask the same."""
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        execute = self.connection.execute
        row = execute("select number from words where key = ?", (key,)).fetchone()
        if row is None:
            return int(execute("insert into words (key, text) values (?, ?)", (key, text)).lastrowid or 0)
        return int(row[0])


def _tuned(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("pragma synchronous = off")  # what a power cut takes is built anew
    connection.execute(f"pragma cache_size = -{CACHE_KB}")
    connection.execute("pragma temp_store = memory")
    return connection


ANSWER: Final = "statement.answered"


def _read(shard: str, seq: int, record: bytes) -> _Said:
    try:
        return _read_said(record)
    except msgspec.MsgspecError as fault:
        raise HouseFault(f"record {seq} of {shard} is damaged", hint="run `proctor audit verify`") from fault


def _columns(said: Row) -> tuple[str | None, ...]:
    who = part(said, "who")
    text = word(part(said, "statement"), "text") or word(said, "statement")
    claims = part(said, "claims")
    words = [text, word(said, "because"), word(claims, "reason"), word(claims, "task"), word(said, "action")]
    return (
        word(said, "kind") or "",
        word(who, "subject"),
        word(who, "on_behalf_of") or word(said, "on_behalf_of"),
        word(said, "requester") or word(said, "claimed") or word(said, "by"),
        word(said, "database"),
        word(part(said, "decision"), "verdict"),
        "\n".join(filter(None, words)).lower() or None,
    )


def _touched(said: Row) -> Iterator[tuple[str, str, str]]:
    for how in ("reads", "writes", "infers"):
        for relation, columns in part(said, how).items():
            name = relation.rpartition(".")[2]
            # A relation that is touched without a word on its columns is touched in all of them.
            for column in (columns if isinstance(columns, list) else ()) or ("*",):
                yield relation, name, str(column)
    if said.get("kind") == "classification.changed" and (column := word(said, "column")):
        relation, _, name = column.rpartition(".")
        yield relation, relation.rpartition(".")[2], name


def _classes(said: Row) -> set[str]:
    found = {word(mask, "class") for mask in parts(said, "masks")} | {word(said, "before"), word(said, "after")}
    return {name for name in found if name}
