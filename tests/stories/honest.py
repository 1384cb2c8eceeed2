"""A tiny honest PostgreSQL that speaks the protocol from memory, and remembers what it was made to run.

It keeps the rules that a gateway trips over: after an error it skips to the Sync, it ignores a Sync while copying in,
a message that has no place in a copy ends the copy and is eaten, settings and temporary tables follow rollback, and a
prepared statement keeps its plan while the search path stays the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from proctor.session.footing import SETTINGS
from proctor.wire import messages, talk
from proctor.wire.client_leg import ClientLeg
from proctor.wire.talk import ClientEvent, Field

TEXT, INT4 = 25, 23
SECRET = b"078-05-1120"
PLAIN = b"plain"
NAMED = re.compile(r"(?is)^\s*(\w+)(?:\s+(.*?))?\s*;?\s*$")


class Failure(Exception):
    """An ErrorResponse, by its fields."""

    def __init__(self, code: str, message: str = "it failed", **more: str) -> None:
        super().__init__(message)
        self.fields = {"S": "ERROR", "V": "ERROR", "C": code, "M": message, **more}


def column(name: str, oid: int = TEXT, *, table: int = 0, number: int = 0, size: int = -1, form: int = 0) -> Field:
    return Field(name, table, number, oid, size, -1, form)


@dataclass
class Result:
    """What a statement gives: a shape, rows, and a tag."""

    fields: list[Field] | None = None
    rows: list[tuple[bytes | None, ...]] = field(default_factory=list)
    tag: str = ""


@dataclass
class Plan:
    """A prepared statement: its text, the path it was understood under, and whether it then met the secret."""

    text: str
    path: tuple[str, ...]
    secret: bool
    source: str = ""


@dataclass
class Cursor:
    """A portal: what is left of its rows."""

    text: str
    secret: bool
    source: str = ""
    results: tuple[int, ...] = ()
    result: Result | None = None
    at: int = 0
    done: bool = False


@dataclass
class State:
    """What a rollback takes back."""

    path: tuple[str, ...] = ("public",)
    temporary: tuple[str, ...] = ()


Messages = Generator[None, ClientEvent, None]


class Postgres:
    """One backend. `feed` takes bytes, `said` holds what it has flushed; `ran` the texts it executed, in order."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.behind: list[tuple[str, str]] = []  # what was executed by name: the text that names, and the text named
        self.parsed: list[str] = []
        self.got: list[ClientEvent] = []
        self.said = b""
        self.status = "I"
        self.results: dict[str, Result] = {}
        self.parameters: dict[str, tuple[int, ...]] = {}
        self.fails: dict[str, Failure] = {}
        self.fails_at_parse: dict[str, Failure] = {}
        self.deferred: Failure | None = None
        self.deeds: dict[str, Callable[[], object]] = {}
        self.notices: dict[str, dict[str, str]] = {}
        self.changed: dict[str, int] = {}  # how many rows a text changes, where it is not one
        self.tracks = b"on"
        self.left = 1_000_000  # how many rows a look at a table finds
        self.copied = b""
        self.objects = b"as they were"
        self.copy_fails_after: int | None = None
        self.state = State()
        self.customers = {"public": True}  # where a table of that name is, and whether it holds the secret
        self.encoding = "UTF8"
        self.temporary_schema: str | None = None
        self.glass: str | None = None
        self.trace: str | None = None
        self.claims: tuple[str | None, str | None, str | None] = (None, None, None)
        self.plans: dict[bytes, Plan] = {}
        self.cursors: dict[bytes, Cursor] = {}
        self._before = State()
        self._savepoints: list[tuple[str, State]] = []
        self._reply: list[bytes] = []
        self._owed: Failure | None = None
        self._leg = ClientLeg()
        self._leg.feed(messages.startup({"user": "proctor"}))
        self._leg.proven()
        self._life = self._live()
        next(self._life)

    # ---- bytes

    def feed(self, data: bytes) -> None:
        for event in self._leg.feed(data):
            self.got.append(event)
            self._life.send(event)

    def take(self) -> bytes:
        said, self.said = self.said, b""
        return said

    def _say(self, *frames: bytes) -> None:
        self._reply += frames

    def _flush(self) -> None:
        self.said += b"".join(self._reply)
        self._reply = []

    # ---- the main loop

    def _live(self) -> Messages:
        skipping = False
        while True:
            event = yield
            if isinstance(event, talk.Sync):
                skipping = False
                self._end_batch()
                self._ready()
            elif skipping or isinstance(event, talk.CopyData | talk.CopyDone | talk.CopyFail | talk.Bye):
                continue
            elif isinstance(event, talk.Ask):
                yield from self._simple(event.sql.decode())
            else:
                try:
                    yield from self._extended(event)
                except Failure as failure:
                    self._fail(failure)
                    self._flush()
                    skipping = True

    def _ready(self) -> None:
        self._say(messages.ready(self.status))
        self._flush()

    def _fail(self, failure: Failure) -> None:
        self._say(messages.error_response(failure.fields))
        self._owed = None
        if self.status == "T":
            self.status = "E"
        elif self.status == "I":
            self._roll_back()

    def _end_batch(self) -> None:
        if self.status == "I":
            try:
                self._commit()
            except Failure as failure:
                self._fail(failure)

    def _simple(self, text: str) -> Messages:
        self.plans.pop(b"", None)
        self.cursors.pop(b"", None)
        try:
            if any(piece.strip() == "refused" for piece in text.split(";")):
                raise Failure("42601", 'syntax error at or near "refused"')
            pieces = [piece.strip() for piece in text.split(";") if piece.strip()]
            if not pieces:
                self._say(messages.EMPTY_QUERY)
            for piece in pieces:
                result = yield from self._run(piece)
                if result.fields is not None:
                    self._say(messages.row_description(result.fields))
                    self._say(*(messages.data_row(row) for row in result.rows))
                self._say(messages.command_complete(result.tag))
            self._end_batch()
        except Failure as failure:
            self._fail(failure)
        self._ready()

    def _extended(self, event: ClientEvent) -> Messages:
        match event:
            case talk.Prepare():
                self._parse(event)
            case talk.Bind():
                self._bind(event)
            case talk.Describe():
                self._describe(event)
            case talk.Run():
                yield from self._execute(event)
            case talk.Close():
                (self.plans if event.kind == b"S" else self.cursors).pop(event.name, None)
                self._say(messages.CLOSE_COMPLETE)
            case talk.Flush():
                self._flush()
            case _:
                raise AssertionError(f"the database got {event}")

    def _parse(self, event: talk.Prepare) -> None:
        text = event.sql.decode()
        if event.name == b"":
            self.plans.pop(b"", None)
        if text == "refused":
            raise Failure("42601", 'syntax error at or near "refused"')
        if len([piece for piece in text.split(";") if piece.strip()]) > 1:
            raise Failure("42601", "cannot insert multiple commands into a prepared statement", R="exec_parse_message")
        if text in self.fails_at_parse:
            raise self.fails_at_parse[text]
        self._alive(text)
        if event.name and event.name in self.plans:
            raise Failure("42P05", "prepared statement already exists")
        self.parsed.append(text)
        self.plans[event.name] = Plan(text, self.state.path, self._secret(text), text)
        self._say(messages.PARSE_COMPLETE)

    def _bind(self, event: talk.Bind) -> None:
        plan = self.plans.get(event.statement)
        if plan is None:
            raise Failure("26000", "prepared statement does not exist")
        self._alive(plan.text)
        if event.portal and event.portal in self.cursors:
            raise Failure("42P03", "cursor already exists")
        self._understand_anew(plan)
        self.cursors[event.portal] = Cursor(plan.text, plan.secret, plan.text, event.results)
        self._say(messages.BIND_COMPLETE)

    def _describe(self, event: talk.Describe) -> None:
        held: Plan | Cursor | None
        held = self.plans.get(event.name) if event.kind == b"S" else self.cursors.get(event.name)
        if held is None:
            raise Failure("26000" if event.kind == b"S" else "34000", "it does not exist")
        if event.kind == b"S":
            self._say(messages.parameter_description(self.parameters.get(held.text, ())))
        fields = self._result(held.text, held.secret).fields
        if fields is None:
            self._say(messages.NO_DATA)
            return
        results = held.results if isinstance(held, Cursor) else ()
        self._say(messages.row_description([_formatted(f, at, results) for at, f in enumerate(fields)]))

    def _execute(self, event: talk.Run) -> Messages:
        cursor = self.cursors.get(event.portal)
        if cursor is None:
            raise Failure("34000", "portal does not exist")
        if not cursor.text.strip():
            self._say(messages.EMPTY_QUERY)
            return
        if cursor.done:
            raise Failure("55000", "portal cannot be run")
        if cursor.result is None:
            cursor.result = yield from self._run(cursor.text, cursor.secret)
        else:
            self._alive(cursor.text)
        rows = cursor.result.rows[cursor.at :]
        some = rows[: event.limit] if event.limit else rows
        cursor.at += len(some)
        self._say(*(messages.data_row(row) for row in some))
        if event.limit and len(rows) >= event.limit:
            self._say(messages.PORTAL_SUSPENDED)
            return
        cursor.done = cursor.result.fields is None
        self._say(messages.command_complete(cursor.result.tag))

    # ---- one statement

    def _alive(self, text: str) -> None:
        if self.status == "E" and _verb(text) not in ("rollback", "commit"):
            raise Failure("25P02", "current transaction is aborted, commands ignored until end of transaction block")

    def _secret(self, text: str) -> bool:
        """Say whether the statement, understood now, meets the secret."""
        if "public.customers" in text or "customers" not in text:
            return "public.customers" in text
        if any("customers" in made for made in self.state.temporary):
            return False
        found = [schema for schema in self.state.path if schema in self.customers]
        return bool(found) and self.customers[found[0]]

    def _understand_anew(self, plan: Plan) -> None:
        if plan.path != self.state.path:
            plan.path, plan.secret = self.state.path, self._secret(plan.text)

    def _run(self, text: str, secret: bool | None = None) -> Generator[None, ClientEvent, Result]:
        self._alive(text)
        self.ran.append(text)
        if text in self.notices:
            self._say(messages.notice_response(self.notices[text]))
        if secret is None:
            secret = self._secret(text)
        if text in self.fails:
            # An error can quote only what the statement meets: in another schema there is no secret to quote.
            raise self.fails[text] if secret or "customers" not in text else Failure(self.fails[text].fields["C"])
        if text in self.deeds:
            self.deeds[text]()
        if _verb(text) == "copy":
            return (yield from self._copy(text))
        return self._effect(text, secret)

    def _effect(self, text: str, secret: bool) -> Result:
        """Do what the statement does to the session, and return what it gives."""
        verb, rest = _split(text)
        match verb:
            case "begin":
                self.status = "T" if self.status == "I" else self.status
                self._before = self.state
            case "commit" if self.status == "E":
                self._roll_back()
                return Result(tag="ROLLBACK")
            case "commit":
                self._commit()
            case "rollback" if rest.lower().startswith("to"):
                name = rest.split()[-1]
                while self._savepoints and self._savepoints[-1][0] != name:
                    self._savepoints.pop()
                if not self._savepoints:
                    raise Failure("3B001", "savepoint does not exist")
                self.state = self._savepoints[-1][1]
                self.status = "T"
            case "rollback":
                self._roll_back()
            case "savepoint":
                self._savepoints.append((rest, self.state))
            case "release":
                while self._savepoints and self._savepoints.pop()[0] != rest.split()[-1]:
                    continue
            case "set":
                self._set(rest)
            case "discard":
                self.state = State()
                self.plans.clear()
            case "prepare":
                name, inner = re.match(r"(?is)(\w+)\s+as\s+(.*)", rest).groups()  # type: ignore[union-attr]
                if name.encode() in self.plans:
                    raise Failure("42P05", "prepared statement already exists")
                self.plans[name.encode()] = Plan(inner, self.state.path, self._secret(inner), text)
            case "deallocate":
                if rest.lower() == "all":
                    self.plans.clear()
                elif self.plans.pop(rest.encode(), None) is None:
                    raise Failure("26000", "prepared statement does not exist")
            case "execute":
                plan = self.plans.get(rest.encode())
                if plan is None:
                    raise Failure("26000", "prepared statement does not exist")
                self._understand_anew(plan)
                self.ran.append(plan.text)
                self.behind.append((text, plan.text))
                return self._effect(plan.text, plan.secret)
            case "declare":
                name, inner = re.match(r"(?is)(\w+)\s+cursor\s+.*?for\s+(.*)", rest).groups()  # type: ignore[union-attr]
                if name.encode() in self.cursors:
                    raise Failure("42P03", "cursor already exists")
                self.cursors[name.encode()] = Cursor(inner, self._secret(inner), text)
            case "fetch":
                cursor = self.cursors.get(rest.split()[-1].encode())
                if cursor is None:
                    raise Failure("34000", "cursor does not exist")
                self.ran.append(cursor.text)
                self.behind.append((text, cursor.text))
                return self._result(cursor.text, cursor.secret)
            case "close":
                if self.cursors.pop(rest.encode(), None) is None:
                    raise Failure("34000", "cursor does not exist")
            case "create" if rest.lower().startswith("temp"):
                self.state = State(self.state.path, (*self.state.temporary, rest))
        return self._result(text, secret)

    def _set(self, rest: str) -> None:
        found = re.match(r"(?i)(?:local\s+)?search_path\s*(?:=|to)\s*(.*)", rest)
        if found:
            path = tuple(part.strip().strip("\"'") for part in found[1].split(","))
            self.state = State(path, self.state.temporary)

    def _result(self, text: str, secret: bool) -> Result:
        if text in self.results:
            return self.results[text]
        verb, rest = _split(text)
        if "pg_prepared_statements" in text:
            return self._names()
        if "client_encoding" in text and "proctor.task" in text:
            return self._about_itself()
        if "session_replication_role" in text:
            path = ",".join(name for name in self.state.path if not name.startswith("pg_temp"))
            row = (b"proctor", json.dumps(path.split(",")).encode(), *(b"on" for _ in SETTINGS))
            return Result([column(f"c{i}") for i in range(len(row))], [row], "SELECT 1")
        if "recursive reached" in text:
            return Result([column("md5")], [(self.objects,)], "SELECT 1")
        if "untouched" in text:
            limit = int(re.search(r"LIMIT (\d+)", text)[1])  # type: ignore[index]
            return Result([column("count")], [(str(min(self.left, limit)).encode(),)], "SELECT 1")
        if "pg_stat_xact" in text:
            counts = (str(sum(self.changed.get(ran, 0) for ran in self.ran)).encode(), b"0", b"0", self.tracks)
            return Result([column(f"c{i}") for i in range(4)], [counts], "SELECT 1")
        if verb == "execute" and rest.encode() in self.plans:
            plan = self.plans[rest.encode()]
            return self._result(plan.text, plan.secret)
        if verb == "fetch" and rest.split()[-1].encode() in self.cursors:
            cursor = self.cursors[rest.split()[-1].encode()]
            return self._result(cursor.text, cursor.secret)
        if verb in ("select", "values", "with", "table"):
            return Result([column("value")], [(SECRET if secret else PLAIN,)], "SELECT 1")
        if verb in ("update", "delete", "merge") or text in self.changed or (verb == "insert" and " select " in text):
            return Result(tag=f"{verb.upper()} {'0 ' * (verb == 'insert')}{self.changed.get(text, 1)}")
        return Result(tag=verb.upper())

    def _names(self) -> Result:
        held: list[tuple[bytes, dict[bytes, Plan] | dict[bytes, Cursor]]] = [(b"s", self.plans), (b"p", self.cursors)]
        rows: list[tuple[bytes | None, ...]] = [
            (kind, name, made.source.encode()) for kind, table in held for name, made in table.items() if name
        ]
        return Result([column("kind"), column("name"), column("statement")], rows, f"SELECT {len(rows)}")

    def _about_itself(self) -> Result:
        path = '["pg_catalog"' + "".join(f', "{name}"' for name in self.state.path) + "]"
        row = (
            path,
            "proctor",
            "proctor",
            self.temporary_schema,
            "150000",
            self.encoding,
            "on",
            *self.claims,
            self.glass,
            self.trace,
        )
        return Result(
            [column(f"c{i}") for i in range(len(row))],
            [tuple(None if cell is None else cell.encode() for cell in row)],
            "SELECT 1",
        )

    # ---- transactions

    def _commit(self) -> None:
        owed, self.deferred = self.deferred, None
        if owed is not None and any("customers" in text or " do update " in text for text in self.ran):
            self._roll_back()
            raise owed
        self.deferred = owed
        self.status = "I"
        self._end()

    def _roll_back(self) -> None:
        self.state = self._before
        self.status = "I"
        self._end()

    def _end(self) -> None:
        self._before = self.state
        self._savepoints = []
        self.cursors = {}

    # ---- copies

    def _copy(self, text: str) -> Generator[None, ClientEvent, Result]:
        if " to stdout" in text.lower():
            given = self.results.get(text, Result(None, [(PLAIN,)]))
            width = len(given.rows[0])
            self._say(messages.copy_response("out", 0, (0,) * width))
            for row in given.rows:
                line = b"\t".join(b"\\N" if cell is None else cell for cell in row) + b"\n"
                self._say(messages.copy_data(line))
            self._say(messages.COPY_DONE)
            return Result(tag=f"COPY {len(given.rows)}")
        self._say(messages.copy_response("in", 0, (0,)))
        self._flush()
        size = 0
        while True:
            event = yield
            match event:
                case talk.CopyData():
                    self.copied += event.raw
                    size += len(event.raw)
                    if self.copy_fails_after is not None and size > self.copy_fails_after:
                        raise Failure("22P02", f"invalid input: {SECRET.decode()}")
                case talk.CopyDone():
                    return Result(tag=f"COPY {self.changed.get(text, 1)}")
                case talk.CopyFail():
                    raise Failure("57014", "COPY from stdin failed")
                case talk.Sync() | talk.Flush():
                    continue
                case _:
                    raise Failure("08P01", "unexpected message type during COPY from stdin")


def _split(text: str) -> tuple[str, str]:
    found = NAMED.match(text)
    return (found[1].lower(), (found[2] or "").strip()) if found else ("", "")


def _verb(text: str) -> str:
    return _split(text)[0]


def _formatted(f: Field, at: int, results: Sequence[int]) -> Field:
    form = 0 if not results else results[0] if len(results) == 1 else results[at]
    return Field(f.name, f.table_oid, f.number, f.type_oid, f.type_size, f.type_modifier, form)
