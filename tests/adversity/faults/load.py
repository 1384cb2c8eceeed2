"""Statements of every kind at a gateway, each with a marker that both the database's log and the journal show.

A marker, `m_000123`, is a name in the statement: no literal, which the journal does not show. PostgreSQL's own log says
what was executed, and the journal's export what was decided.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections import Counter
from collections.abc import Callable

import psycopg

from tests.databases.lab import Lab

MARKER = re.compile(r"\bm_\d{6}\b")
EXECUTED = re.compile(r"LOG:  (?:statement|execute [^:]*): ")
LOGGED = {"log_statement": "all", "log_min_duration_statement": "-1"}


def simple(session: psycopg.Connection, names: Callable[[], str]) -> None:
    session.execute(f"select 1 as {names()}".encode())


def extended(session: psycopg.Connection, names: Callable[[], str]) -> None:
    name = names()
    session.execute(f"select %s::text as {name}", (name,), prepare=False)


def pipelined(session: psycopg.Connection, names: Callable[[], str]) -> None:
    with session.pipeline():
        for _ in range(5):
            name = names()
            session.execute(f"select %s::text as {name}", (name,), prepare=False)


def executed_again(session: psycopg.Connection, names: Callable[[], str]) -> None:
    name = names()
    for _ in range(3):
        session.execute(f"select %s::text as {name}", (name,), prepare=True)


def executed_again_in_a_pipeline(session: psycopg.Connection, names: Callable[[], str]) -> None:
    name = names()
    with session.pipeline():
        for _ in range(4):
            session.execute(f"select %s::text as {name}", (name,), prepare=True)


def copied(session: psycopg.Connection, names: Callable[[], str]) -> None:
    with session.cursor() as cursor, cursor.copy(f"copy (select id as {names()} from parts) to stdout") as rows:
        for _ in rows:
            pass


def by_cursor(session: psycopg.Connection, names: Callable[[], str]) -> None:
    name = names()
    with session.transaction():
        session.execute(f"declare {name} cursor for select id from parts".encode())
        session.execute(f"fetch 5 from {name}".encode())
        session.execute(f"fetch 5 from {name}".encode())


def written(session: psycopg.Connection, names: Callable[[], str]) -> None:
    session.execute(f"insert into bins (part, depth) values (1, 1) returning id as {names()}".encode())


def written_in_a_pipeline(session: psycopg.Connection, names: Callable[[], str]) -> None:
    with session.pipeline():
        for _ in range(3):
            name = names()
            text = f"insert into bins (part, depth) values (1, length(%s::text)) returning id as {name}"
            session.execute(text, (name,), prepare=False)


def copied_in(session: psycopg.Connection, names: Callable[[], str]) -> None:
    """Into a table that nobody else sees: by the promise of `adaptive` that writes nothing."""
    _copy_in(session, names(), "temp table")


def copied_in_for_good(session: psycopg.Connection, names: Callable[[], str]) -> None:
    _copy_in(session, names(), "table")


def _copy_in(session: psycopg.Connection, name: str, what: str) -> None:
    session.execute(f"create {what} {name} (id int, label text)".encode())
    with session.cursor() as cursor, cursor.copy(f"copy {name} (id, label) from stdin".encode()) as rows:
        for number in range(20):
            rows.write_row((number, "made of tin"))
    session.execute(f"drop table {name}".encode())


READS = (simple, extended, pipelined, executed_again, executed_again_in_a_pipeline, copied, copied_in, by_cursor)
WRITES = (written, written_in_a_pipeline)
UNDER_LOAD = (*READS, *WRITES)
"""What can be asked over and over: it changes no catalog."""
EVERYTHING = (*UNDER_LOAD, copied_in_for_good)


_NUMBERS = itertools.count()  # never the same again, whichever house is asked: one database serves many, one by one


class Load:
    """Some clients that ask without end, and begin anew when their session is lost."""

    def __init__(self, lab: Lab, clients: int = 3) -> None:
        self._lab = lab
        self.names: set[str] = set()
        self._over = threading.Event()
        self.done = 0
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(clients)]

    def name(self) -> str:
        name = f"m_{next(_NUMBERS):06d}"
        self.names.add(name)
        return name

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(30)

    def _ask(self) -> None:
        while not self._over.wait(0.01):
            try:
                with psycopg.connect(self._lab.dsn(connect_timeout="5"), autocommit=True) as session:
                    for ask in itertools.cycle(UNDER_LOAD):
                        ask(session, self.name)
                        self.done += 1
                        if self._over.is_set():
                            return
            except psycopg.Error:
                continue  # that is what happens to clients of a gateway that is killed


def executed(lab: Lab, load: Load) -> Counter[str]:
    """Return how often the database says that it has executed each marker's statement."""
    found: Counter[str] = Counter()
    for line in (lab.server.folder / "log").read_text(errors="replace").splitlines():
        if EXECUTED.search(line):
            found.update(load.names.intersection(MARKER.findall(line)))
    return found


def decided(lab: Lab, load: Load) -> Counter[str]:
    """Return how often each marker's statement was decided."""
    found: Counter[str] = Counter()
    for record in lab.records():
        if record["kind"] == "statement.decided":
            found.update(load.names.intersection(MARKER.findall(str(record["statement"]))))
    return found


def unrecorded(lab: Lab, load: Load) -> Counter[str]:
    """Return what was executed more often than it was decided: there must be nothing."""
    return executed(lab, load) - decided(lab, load)
