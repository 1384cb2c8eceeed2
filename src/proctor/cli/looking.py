"""What `scan` and `classify` do: look at databases by the gateway's own credential, and keep the map."""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic_ns

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from proctor.audit.journal import Journal
from proctor.audit.record import Body, ScanFinished
from proctor.cli.ground import Exit, fail, one_line, print_json, print_table, tell, visible
from proctor.control import column_named, unusable_class
from proctor.edge import snapshots, survey
from proctor.edge.config import Config, Database
from proctor.edge.data_map import Override
from proctor.edge.desk import new_id
from proctor.edge.house import SystemClock
from proctor.edge.overrides import asked_to_take_back, changed_class, overridden, taken_back
from proctor.edge.store import Store
from proctor.edge.survey import Survey
from proctor.edge.upstream import Questions
from proctor.errors import HouseFault
from proctor.policy import explain as told
from proctor.policy.tickets import MAX_BECAUSE
from proctor.sql.settings import SessionSettings
from proctor.terms import Classified, Column, DataClass, Finding, Identity, Kind

SHARD = "cli"
UNSCANNED = Finding(DataClass("unscanned"), 0.0, "could not be read; counts as sensitive")
Story = Mapping[str, told.Plain]


async def see(config: Config, database: str, asker: Identity) -> tuple[Survey, SessionSettings]:
    """Return the database, and how names are resolved in a session of the asker's."""
    reached = database_of(config, database)
    gateways, own = Questions(reached), Questions(reached, reached.role_for(asker.groups))
    try:
        with _store_to_read(config) as store:
            seen = await survey.take(gateways, reached.name, store)
        state = await snapshots.session_state(own)
    finally:
        gateways.close()
        own.close()
    return seen, SessionSettings(path=state.path, user=state.user, server_version=state.server_version)


@contextmanager
def _store_to_read(config: Config) -> Iterator[Store]:
    """Return the state, or an empty one where the gateway has never been started: nothing is made for a question."""
    if (config.state / "proctor.sqlite").exists():
        with Store.open(config.state) as store:
            yield store
        return
    with TemporaryDirectory(prefix="proctor-") as folder, Store.open(Path(folder), migrate=True) as store:
        yield store


# --- scan -----------------------------------------------------------------------------------------------------------


async def scan(config: Config, database: str, *, new: bool, everything: bool, as_json: bool) -> None:
    """Look at one database, or at all; keep and print the data map."""
    wanted = await _wanted(config, database)
    with Store.open(config.state, migrate=True) as store:
        for reached in wanted:
            started = monotonic_ns()
            seen = await _look(reached, store, again=not new)
            async with _journal(config) as record:
                record(_finished(reached.name, seen, (monotonic_ns() - started) // 1000))
            lines = list(_lines(reached.name, seen))
            if as_json:
                for line in lines:
                    print_json(line)
            else:
                _show_map(reached.name, lines, everything=everything)
            if seen.unreadable:
                names = ", ".join(one_line(str(relation)) for relation in seen.unreadable[:5])
                tell(f"warning: {len(seen.unreadable)} tables could not be read, and stay masked: {names}")


async def _look(reached: Database, store: Store, *, again: bool) -> Survey:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    questions = Questions(reached)
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task(one_line(reached.name), total=None)
            return await survey.take(
                questions,
                reached.name,
                store,
                again=again,
                keep=True,
                begun=lambda total: bar.update(task, total=total),
                progress=lambda _: bar.advance(task),
            )
    finally:
        questions.close()


async def _wanted(config: Config, database: str) -> list[Database]:
    if database:
        return [database_of(config, database)]
    found = dict(config.databases)
    for server in config.servers.values():
        names = server.databases
        if names is None:
            questions = Questions(server.template)
            try:
                names = frozenset(await survey.databases_of(questions))
            finally:
                questions.close()
        for name in sorted(names):
            if (reached := server.database(name)) is not None:
                found.setdefault(name, reached)
    return list(found.values())


def _finished(database: str, seen: Survey, microseconds: int) -> ScanFinished:
    columns = [column for column in seen.classified.findings if column.relation in seen.looked_at]
    return ScanFinished(
        id=new_id(SystemClock()),
        database=database,
        tables=len(seen.looked_at),
        columns=len(columns),
        sensitive=sum(1 for column in columns if seen.classified.class_of(column) is not None),
        duration_us=microseconds,
        map_version=seen.classified.version,
    )


def _lines(database: str, seen: Survey) -> Iterator[dict[str, str | float | None]]:
    for relation in survey.tables_of(seen.catalog):
        for column in seen.catalog.relations[relation].columns:
            finding = seen.classified.findings.get(Column(relation, column.name), UNSCANNED)
            yield {
                "database": database,
                "schema": relation.schema,
                "table": relation.name,
                "column": column.name,
                "type": column.type_name,
                "class": finding.data_class,
                "confidence": finding.confidence,
                "evidence": finding.evidence,
            }


def _show_map(database: str, lines: list[dict[str, str | float | None]], *, everything: bool) -> None:
    sensitive = [line for line in lines if line["class"] is not None]
    print(f"{one_line(database)}: {len(sensitive)} of {len(lines)} columns are sensitive")
    rows = [
        (
            f"{line['schema']}.{line['table']}",
            line["column"],
            line["type"],
            line["class"],
            _percent(line),
            line["evidence"],
        )
        for line in (lines if everything else sensitive)
    ]
    if rows:
        print_table(("table", "column", "type", "class", "sure", "evidence"), rows)


def _table(line: Mapping[str, str | float | None]) -> str:
    return f"{line['schema']}.{line['table']}"


def _percent(line: Mapping[str, str | float | None]) -> str:
    return f"{float(line['confidence'] or 0):.0%}" if line["class"] is not None else ""


# --- classify -------------------------------------------------------------------------------------------------------


async def classify(
    config: Config, column: str, *, data_class: str, undo: bool, because: str, by: str, as_json: bool
) -> None:
    """Keep a person's word on a column, or take the newest back."""
    named = _named(column)
    if undo == bool(data_class):
        fail("say what it holds, or take the last word back", then="--as CLASS, --as none, or --undo", code=Exit.USAGE)
    word = None if data_class in ("none", "") else DataClass(data_class)
    if (trouble := unusable_class(word)) is not None:
        fail(visible(trouble), then='write "none" for a column that is not sensitive', code=Exit.USAGE)
    if not because.strip() or len(because) > MAX_BECAUSE:
        fail("say why, in a sentence", then='--because "…"', code=Exit.USAGE)
    if by:
        line = _classify_over_api(config, by, column, word, undo, because)
    else:
        line = await _classify_here(config, *named, word, undo, because)
    if as_json:
        print_json(line)
    else:
        print(f"{one_line(column)} is {line['class'] or 'not sensitive'} from now on")


def _named(column: str) -> tuple[str, Column]:
    named = column_named(column)
    if named is None:
        fail("that is no column", then="name it as DATABASE.SCHEMA.TABLE.COLUMN", code=Exit.USAGE)
    return named


def words_on(config: Config, column: str, *, as_json: bool) -> None:
    """Print what persons have said of a column, the newest first."""
    database, named = _named(column)
    database_of(config, database)
    with _store_to_read(config) as store:
        said = store.map.history(database, named)
    if as_json:
        for word in said:
            print_json({"at": word.at.isoformat(), "by": word.by, "class": word.data_class, "because": word.because})
        return
    if not said:
        print(f"nobody has said anything of {one_line(column)}")
        return
    rows = [(w.at.isoformat(timespec="seconds"), w.by, w.data_class or "none", w.because) for w in said]
    print_table(("when", "who", "class", "because"), rows)


def _classify_over_api(
    config: Config, by: str, column: str, word: DataClass | None, undo: bool, because: str
) -> Mapping[str, object]:
    from proctor.cli.client import Client  # noqa: PLC0415 needed by few

    said: dict[str, object] = {"undo": True} if undo else {"class": word}
    return Client.of(config, by).post("/api/v1/classifications", {"column": column, "because": because, **said})


async def _classify_here(
    config: Config, database: str, column: Column, word: DataClass | None, undo: bool, because: str
) -> Mapping[str, object]:
    """Write into the state, as whoever may: the journal names them by their name on this machine."""
    database_of(config, database)
    by = Identity(f"{getpass.getuser()} (on the host)", Kind.HUMAN, frozenset(), "host")
    clock = SystemClock()
    with Store.open(config.state, migrate=True) as store:
        _check_column(store.map.classified(database), column)
        before = store.map.classified(database).findings.get(column, UNSCANNED).data_class
        taken = None
        said = Override(column, word, by.subject, because, clock.now())
        if undo:
            async with _journal(config) as record:  # on disk before anything changes
                record(asked_to_take_back(new_id(clock), database, column, because=because, by=by))
            taken = taken_back(store, database, said)
            if taken is None:
                fail(f"nobody has said anything of {one_line(str(column))}", code=Exit.USAGE)
            word = taken[1].data_class
        async with _journal(config) as record:
            record(changed_class(new_id(clock), database, column, before=before, after=word, because=because, by=by))
        _, after = taken if undo and taken is not None else overridden(store, database, said)
    return {
        "database": database,
        "schema": column.relation.schema,
        "table": column.relation.name,
        "column": column.name,
        "class": after.data_class,
        "confidence": after.confidence,
        "evidence": after.evidence,
    }


def _check_column(classified: Classified, column: Column) -> None:
    """Refuse a column that its table does not have: a misspelt override protects nothing, or unmasks another."""
    known = {each.name for each in classified.findings if each.relation == column.relation}
    if known and column.name not in known:
        fail(
            f"{one_line(str(column.relation))} has no column {one_line(column.name)}",
            then=near(column.name, known) or "`proctor scan` shows its columns",
            code=Exit.USAGE,
        )
    if not known:
        tell(f"warning: {one_line(str(column.relation))} has not been scanned yet; check the spelling")


# --- what they share ------------------------------------------------------------------------------------------------


def database_of(config: Config, name: str) -> Database:
    """Return a database that is served; a name that none has ends the command."""
    found = config.database(name)
    if found is None:
        fail(
            f'there is no database "{visible(name)}" in {config.source}',
            then=near(name, config.databases),
            code=Exit.USAGE,
        )
    return found


def near(word: str, known: object) -> str:
    """Return a hint at what may have been meant, empty where nothing is near."""
    names = sorted(str(each) for each in known) if isinstance(known, list | set | Mapping) else []
    close = get_close_matches(word, names, n=1)
    return f'did you mean "{visible(close[0])}"?' if close else ""


@asynccontextmanager
async def _journal(config: Config) -> AsyncIterator[Callable[[Body], int]]:
    """Return a way to record; what was recorded is on disk when this ends, and the gateway takes it into the log."""
    try:
        journal = Journal.open(config.state / "journal" / SHARD, SHARD, clock=SystemClock())
    except HouseFault as fault:
        raise HouseFault(
            f"{fault.message}; is another `proctor scan` or `classify` running?", hint=fault.hint
        ) from fault
    try:
        yield journal.record
        await journal.synced(journal.position)
    finally:
        await journal.close()
