"""Between the stations: where the state lies. Opens it, brings it to this version, reads and writes it whole.

In comes a folder; out come transactions, and a cheap word on what has changed since. Knows nothing of what the tables
mean.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from proctor.edge.keys import make_folder
from proctor.edge.line import Line, Transaction
from proctor.edge.tables import HEAD, versions
from proctor.errors import ConfigFault, HouseFault

FILE = "proctor.sqlite"
BUSY_SECONDS = 5.0


def microseconds(moment: datetime) -> int:
    """Return a moment as the tables keep it."""
    whole = int(moment.astimezone(UTC).replace(microsecond=0).timestamp())
    return whole * 1_000_000 + moment.microsecond


def moment_of(number: int) -> datetime:
    """Return the moment that the tables keep as this number."""
    return datetime.fromtimestamp(number // 1_000_000, UTC).replace(microsecond=number % 1_000_000)


class Shelf:
    """The state of the house, on SQLite in WAL mode. Any thread may use it; a fault of the disk is a `HouseFault`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine = _engine(path)
        self._passing = _engine(path, lasting=False)
        self._looks = Line("BEGIN", lambda: _connected(path, lasting=True))
        self._notes = Line("BEGIN IMMEDIATE", lambda: _connected(path, lasting=False))
        self._watch: sqlite3.Connection | None = None
        self._watched = threading.Lock()
        self._seen: int | None = None
        self._changes: Mapping[str, int] = MappingProxyType({})

    @classmethod
    def open(cls, state: Path, *, migrate: bool = False) -> Shelf:
        """Open the state in this folder. Only the one who may `migrate` makes it, or brings it to this version."""
        make_folder(state)
        path = state / FILE
        if migrate:
            _migrate(path)
        found = _revision(path)
        if found != HEAD:
            raise ConfigFault(
                f"{path} is of version {found or 'none'}, and this Proctor needs {HEAD}",
                hint="`proctor serve` brings older state to its own version; newer state needs a newer Proctor",
            )
        return cls(path)

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()
        self._passing.dispose()
        self._looks.close()
        self._notes.close()
        with self._watched:
            if self._watch is not None:
                self._watch.close()
            self._watch = self._seen = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Return a connection that sees one state of everything."""
        try:
            with self.engine.connect() as connection, connection.begin():
                yield connection
        except SQLAlchemyError as fault:
            raise _lost(fault) from fault

    @contextmanager
    def writing(self, *topics: str, lasting: bool = True) -> Iterator[Connection]:
        """Return a connection that nobody else writes beside. All or nothing of it stays; `topics` count as changed.

        What is not `lasting` need not outlive a power cut, and its commit does not wait for the disk.
        """
        try:
            with (self.engine if lasting else self._passing).connect() as connection:
                connection.execution_options(proctor_writes=True)
                with connection.begin():
                    yield connection
                    for topic in topics:
                        bump(connection, topic)
        except SQLAlchemyError as fault:
            raise _lost(fault) from fault

    @contextmanager
    def looking(self) -> Iterator[Transaction]:
        """Do as `reading` does, for statements that are prepared; those of other threads wait meanwhile."""
        try:
            with self._looks.transaction() as transaction:
                yield transaction
        except sqlite3.Error as fault:
            raise _lost(fault) from fault

    @contextmanager
    def noting(self) -> Iterator[Transaction]:
        """Do as `writing` does with what is not lasting, for statements that are prepared."""
        try:
            with self._notes.transaction() as transaction:
                yield transaction
        except sqlite3.Error as fault:
            raise _lost(fault) from fault

    def changes(self) -> Mapping[str, int]:
        """Return the number of each topic; it differs from last time where something was changed, by any process.

        Costs microseconds while nothing has changed: SQLite counts the commits of others for each connection, and this
        one never writes.
        """
        with self._watched:
            try:
                if self._watch is None:
                    self._watch = sqlite3.connect(
                        self.path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None
                    )
                    self._seen = None
                number = int(self._watch.execute("PRAGMA data_version").fetchone()[0])
                if number != self._seen:
                    rows = self._watch.execute("SELECT topic, number FROM versions").fetchall()
                    self._changes = MappingProxyType({str(topic): int(count) for topic, count in rows})
                    self._seen = number
            except sqlite3.Error as fault:
                raise _lost(fault) from fault
            return self._changes


def bump(connection: Connection, topic: str) -> int:
    """Count a change of a topic, and return its new number."""
    raised = update(versions).where(versions.c.topic == topic).values(number=versions.c.number + 1)
    if connection.execute(raised).rowcount == 0:
        connection.execute(insert(versions).values(topic=topic, number=1))
    return int(connection.execute(select(versions.c.number).where(versions.c.topic == topic)).scalar_one())


def _lost(fault: Exception) -> HouseFault:
    # The fault's own words may quote a statement's values.
    return HouseFault(f"the state cannot be used ({type(fault).__name__})", hint="look at the disk of the state folder")


def _connected(path: Path, *, lasting: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
    _set_up(connection, lasting=lasting)
    return connection


def _set_up(connection: sqlite3.Connection, *, lasting: bool) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    connection.execute("PRAGMA journal_mode = WAL")
    # A spent ticket must stay spent through a power cut. In WAL mode NORMAL loses the last commits, no more.
    connection.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
    connection.execute("PRAGMA foreign_keys = ON")


def _engine(path: Path, *, lasting: bool = True) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _settle(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        _set_up(connection, lasting=lasting)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("proctor_writes", False)
        # A writer takes its lock first: one that has read before could not be let in after another has written.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _revision(path: Path) -> str | None:
    if not path.exists() or path.stat().st_size == 0:
        return None
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as fault:
        if "no such table" in str(fault):
            return None
        raise _lost(fault) from fault
    except sqlite3.Error as fault:
        raise _lost(fault) from fault
    return str(row[0]) if row else None


def _migrate(path: Path) -> None:
    found = _revision(path)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise ConfigFault(
            f"{path} is of version {found}, newer than this Proctor ({HEAD})",
            hint="run the Proctor that wrote it, or restore the copy from the folder backups",
        )
    if found is not None:
        _back_up(path, found)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as fault:
        raise ConfigFault(f"cannot make {path}: {fault.strerror}") from fault
    path.chmod(0o600)
    _upgrade(path)


def _upgrade(path: Path) -> None:
    from alembic import command  # noqa: PLC0415 takes a quarter of a second, and is needed once a version
    from alembic.config import Config as AlembicConfig  # noqa: PLC0415

    settings = AlembicConfig()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    engine = _engine(path)
    try:
        with engine.connect() as connection:
            connection.execution_options(proctor_writes=True)
            with connection.begin():
                settings.attributes["connection"] = connection
                command.upgrade(settings, HEAD)
    except SQLAlchemyError as fault:
        raise _lost(fault) from fault
    finally:
        engine.dispose()


def _back_up(path: Path, revision: str) -> Path:
    """Copy the state aside, consistently, and return where to."""
    folder = make_folder(path.parent / "backups")
    number = 1
    while (copy := folder / f"proctor-{revision}-{number}.sqlite").exists():
        number += 1
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy
