"""Between the stations: a line of its own to the state, for the few statements that every login needs.

In come statements, put together and compiled once; out come rows. Around a statement that SQLite runs in ten
microseconds SQLAlchemy takes two hundred, and a login has six of them. Knows nothing of what the tables mean.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.expression import ClauseElement

Value = str | int | float | None
Row = tuple[Value, ...]
_DIALECT = sqlite.dialect(paramstyle="named")


class Prepared:
    """A statement as the driver takes it. Its columns are texts and numbers, which need no translation."""

    __slots__ = ("fixed", "text")

    def __init__(self, statement: ClauseElement) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        self.text = str(compiled)
        self.fixed: dict[str, Value] = {n: value for n, value in compiled.params.items() if value is not None}


class Transaction:
    """What has begun on a line, and ends with the block that it was begun for."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, prepared: Prepared, **values: Value) -> list[Row]:
        """Run a statement with these values, and return its rows."""
        return self._connection.execute(prepared.text, {**prepared.fixed, **values}).fetchall()


class Line:
    """One connection, one transaction at a time; made when needed, and anew after any fault."""

    def __init__(self, begin: str, connect: Callable[[], sqlite3.Connection]) -> None:
        self._begin = begin
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._turn = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Begin a transaction; all or nothing of it stays."""
        with self._turn:
            try:
                connection = self._connection = self._connection or self._connect()
                connection.execute(self._begin)
                try:
                    yield Transaction(connection)
                except BaseException:
                    connection.rollback()
                    raise
                connection.commit()
            except sqlite3.Error:
                self._drop()  # with it goes what it may still have begun
                raise

    def close(self) -> None:
        """Give back the connection."""
        with self._turn:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
