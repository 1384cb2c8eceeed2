"""The index over the records: disposable, rebuilt from log and journal whenever it does not fit them.

Takes a state folder; keeps `index.sqlite` in it. It is a convenience and proves nothing: whoever doubts an answer asks
`verify`, or `export`, which reads the log itself. Knows the fields of records, and nothing of who searches.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec

from proctor.audit.reading import records, shards
from proctor.errors import HouseFault

FORMAT: Final = 1
BATCH: Final = 10_000
FILE: Final = "index.sqlite"

Row = Mapping[str, object]
"""A record as read back from JSON."""

decode: Final = msgspec.json.Decoder(dict[str, object]).decode

_SCHEMA: Final = """
create table records (
  number integer primary key, shard text not null, seq integer not null, time text not null, kind text not null,
  id text not null, answers text, session text, subject text, behalf text, named text, database text, verdict text,
  words text, record blob not null);
create unique index records_place on records (shard, seq);
create index records_time on records (time);
create index records_answers on records (answers) where answers is not null;
create index records_subject on records (subject, time);
create table touched (record integer not null, relation text not null, name text not null, column_name text not null,
  how text not null);
create index touched_name on touched (name, column_name);
create index touched_record on touched (record);
create table masked (record integer not null, class text not null);
create index masked_class on masked (class);
"""


class Index:
    """An open index."""

    def __init__(self, state: Path, path: Path) -> None:
        self._state = state
        self._path = path
        self.connection = self._connect()

    @classmethod
    def open(cls, state: Path, path: Path | None = None) -> Index:
        """Open the index of a house, beside its journal unless told otherwise; it may lag until `refresh`."""
        return cls(state, path or state / FILE)

    def _connect(self) -> sqlite3.Connection:
        # Statement texts are not for everybody: the file is made before SQLite could make it with looser rights.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=30)
        try:
            if connection.execute("pragma user_version").fetchone() != (FORMAT,):
                raise sqlite3.DatabaseError
            connection.execute("select 1 from records limit 1").fetchone()
        except sqlite3.DatabaseError:
            connection.close()
            return self._create()
        connection.execute("pragma synchronous = off")
        return connection

    def _create(self) -> sqlite3.Connection:
        for name in ("", "-wal", "-shm", "-journal"):
            self._path.with_name(self._path.name + name).unlink(missing_ok=True)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=30)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = off")
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
        for shard in shards(self._state):
            while True:
                taken = self._take(shard)
                added += taken
                if progress is not None and taken:
                    progress(added)
                if taken < BATCH:
                    break
        return added

    def _fits(self) -> bool:
        """Say whether the newest records that we have are those that are there: a power cut or a restore shows here."""
        query = "select shard, max(seq), record from records group by shard"
        for shard, seq, record in self.connection.execute(query).fetchall():
            if next(records(self._state, shard, seq), None) != (seq, record):
                return False
        return True

    def _take(self, shard: str) -> int:
        self.connection.execute("begin immediate")
        try:
            last = self.connection.execute("select max(seq) from records where shard = ?", (shard,)).fetchone()[0]
            fresh = islice(records(self._state, shard, 0 if last is None else last + 1), BATCH)
            count = self._insert(shard, fresh)
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")
        return count

    def _insert(self, shard: str, fresh: Iterable[tuple[int, bytes]]) -> int:
        number = self.connection.execute("select coalesce(max(number), 0) from records").fetchone()[0]
        rows, touched, masked = [], [], []
        for seq, record in fresh:
            number += 1
            said = _read(shard, seq, record)
            rows.append((number, shard, seq, *_columns(said), record))
            touched += [(number, *place) for place in _touched(said)]
            masked += [(number, name) for name in _classes(said)]
        insert = self.connection.executemany
        insert(f"insert into records values ({', '.join('?' * 15)})", rows)  # noqa: S608 - nothing but question marks
        insert("insert into touched values (?, ?, ?, ?, ?)", touched)
        insert("insert into masked values (?, ?)", masked)
        return len(rows)


def _read(shard: str, seq: int, record: bytes) -> Row:
    try:
        return decode(record)
    except msgspec.MsgspecError as fault:
        raise HouseFault(f"record {seq} of {shard} is damaged", hint="run `proctor audit verify`") from fault


def part(said: Row, name: str) -> Row:
    """Return an object within a record, empty when it has none."""
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def parts(said: Row, name: str) -> list[Row]:
    """Return the objects of a list within a record."""
    found = said.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def word(said: Row, name: str) -> str | None:
    """Return a text within a record."""
    found = said.get(name)
    return found if isinstance(found, str) else None


def _columns(said: Row) -> tuple[str | None, ...]:
    who = part(said, "who")
    text = word(part(said, "statement"), "text") or word(said, "statement")
    claims = part(said, "claims")
    words = [text, word(said, "because"), word(claims, "reason"), word(claims, "task"), word(said, "action")]
    return (
        word(said, "time") or "",
        word(said, "kind") or "",
        word(said, "id") or "",
        word(said, "of"),
        word(said, "session"),
        word(who, "subject"),
        word(who, "on_behalf_of") or word(said, "on_behalf_of"),
        word(said, "requester") or word(said, "claimed") or word(said, "by"),
        word(said, "database"),
        word(part(said, "decision"), "verdict"),
        "\n".join(filter(None, words)).lower() or None,
    )


def _touched(said: Row) -> Iterator[tuple[str, str, str, str]]:
    for how in ("reads", "writes", "infers"):
        for relation, columns in part(said, how).items():
            name = relation.rpartition(".")[2]
            # A relation that is touched without a word on its columns is touched in all of them.
            for column in (columns if isinstance(columns, list) else ()) or ("*",):
                yield relation, name, str(column), how
    if said.get("kind") == "classification.changed" and (column := word(said, "column")):
        relation, _, name = column.rpartition(".")
        yield relation, relation.rpartition(".")[2], name, "classified"


def _classes(said: Row) -> set[str]:
    found = {word(mask, "class") for mask in parts(said, "masks")} | {word(said, "before"), word(said, "after")}
    return {name for name in found if name}
