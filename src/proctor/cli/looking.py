"""What `explain`, `scan` and `classify` do: look at databases by the gateway's own credential, and keep the map."""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
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
from proctor.policy.replay import verdict_of
from proctor.policy.rules import Rules
from proctor.policy.tickets import MAX_BECAUSE
from proctor.policy.ways import ways
from proctor.session import advice
from proctor.session.judge import Bench, Stamp
from proctor.sql.settings import SessionSettings
from proctor.terms import Claims, Classified, Column, Context, DataClass, Finding, Identity, Kind

SHARD = "cli"
UNSCANNED = Finding(DataClass("unscanned"), 0.0, "could not be read; counts as sensitive")
Story = Mapping[str, told.Plain]


# --- explain --------------------------------------------------------------------------------------------------------


async def explain(config: Config, sql: str, *, name: str, database: str, claims: Claims, as_json: bool) -> None:
    """Print what would happen to each statement of a text."""
    principal = config.principal(name)
    if principal is None:
        everybody = [*config.people, *config.agents, *config.services]
        fail(f'nobody is called "{visible(name)}" in {config.source}', then=_near(name, everybody), code=Exit.USAGE)
    reached = _database(config, database)
    asker = principal.identity("explain")
    rules = Rules.load(config.policy.paths, config.approvals.tickets)
    seen, settings = await see(config, database, asker)
    context = Context(
        database=reached.name,
        environment=reached.environment,
        now=datetime.now(UTC),
        claims=claims,
        style=config.masking.style,
    )
    version = seen.classified.version
    bench = Bench(
        Stamp(asker, context, settings, seen.catalog.epoch, version, rules.digest), seen.catalog, seen.classified, rules
    )
    for verdict in bench.judge(sql).verdicts:
        analysis, decision = verdict.analysis, verdict.decision
        found = ways(asker, analysis, context, rules, seen.classified)
        story = {
            **told.explain(decision, analysis, seen.classified, rules),
            "ways": told.explain_ways(found),
            "instead": _instead(bench, analysis.text),
        }
        if as_json:
            print_json({"as": asker.subject, "database": reached.name, **story})
        else:
            _tell_story(story)


def _instead(bench: Bench, text: str) -> told.Plain:
    """Return the safe rewrite of one statement and what would be decided about it, if there is one."""
    found = advice.instead(bench, bench.judge(text))
    if found is None:
        return None
    suggestion, decision = found
    return {"statement": suggestion.text, "then": suggestion.then, "verdict": verdict_of(decision)}


async def see(config: Config, database: str, asker: Identity) -> tuple[Survey, SessionSettings]:
    """Return the database, and how names are resolved in a session of the asker's."""
    reached = _database(config, database)
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


def _tell_story(story: Story) -> None:
    decision = _map(story["decision"])
    print(f"{str(decision['verdict']).upper()}: {one_line(str(story['statement']))}")
    if decision.get("reason"):
        print(f"  because {visible(str(decision['reason']))}")
    if story["to_pass"]:
        print(f"  to pass: {visible(str(story['to_pass']))}")
    for way in map(_map, _list(story["ways"])):
        approvers = f" by {' or '.join(map(str, _list(way['approvers'])))}" if way["approvers"] else ""
        print(f"  {visible(str(way['change']))}: {way['verdict']}{approvers}")
    if (better := _map(story["instead"])) and better["statement"]:
        then = f"; then {visible(str(better['then']))}" if better["then"] else ""
        print(f"  instead: {visible(str(better['statement']))} ({better['verdict']}){then}")
    if not story["understood"]:
        print(f"  not understood: {visible(str(story['trouble']))}")
    for rule in map(_map, _list(story["rules"])):
        print(f"  rule {visible(str(rule['id']))} ({visible(str(rule['file']))}:{rule['line']})")
    for access in map(_map, _list(story["accesses"])):
        traits = "".join(f" [{trait}]" for trait in _list(access["traits"]))
        columns = ", ".join(one_line(str(column)) for column in _list(access["columns"]))
        print(f"  {access['action']} {one_line(str(access['on']))}{f' ({columns})' if columns else ''}{traits}")
    for output in map(_map, _list(story["lineage"])):
        sources = ", ".join(one_line(str(source)) for source in _list(output["sources"])) or "no column"
        mask = f", mask {output['mask']}" if output["mask"] not in (None, "none") else ""
        print(f"  shows {one_line(str(output['name']))} from {sources}{mask}")


def _map(value: told.Plain) -> Mapping[str, told.Plain]:
    return value if isinstance(value, Mapping) else {}


def _list(value: told.Plain) -> list[told.Plain]:
    return list(value) if isinstance(value, list | tuple) else []


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
        return [_database(config, database)]
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
    _database(config, database)
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
    _database(config, database)
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
            then=_near(column.name, known) or "`proctor scan` shows its columns",
            code=Exit.USAGE,
        )
    if not known:
        tell(f"warning: {one_line(str(column.relation))} has not been scanned yet; check the spelling")


# --- what they share ------------------------------------------------------------------------------------------------


def _database(config: Config, name: str) -> Database:
    found = config.database(name)
    if found is None:
        fail(
            f'there is no database "{visible(name)}" in {config.source}',
            then=_near(name, config.databases),
            code=Exit.USAGE,
        )
    return found


def _near(word: str, known: object) -> str:
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
