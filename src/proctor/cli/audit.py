"""Commands of the journal: `audit search`, `tail`, `verify`, `prove`, `export` only read;
`acknowledge` writes. `reveal` and `erase` ask the running gateway."""

# ruff: noqa: PLC0415 - what is heavy is imported by the command that needs it; a command's options are many

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from proctor.cli.desk import AsOption, UrlOption
from proctor.cli.ground import DEFAULT_CONFIG, ConfigOption, Exit, JsonOption, fail, settings_of, visible

_AGO = re.compile(r"(\d{1,6})([smhdw])")
_SPAN = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

journal = typer.Typer(
    no_args_is_help=True,
    help="The journal: find records, watch them, prove one, verify all, take them elsewhere. Reads the state folder; "
    "needs no running gateway.",
)
StateOption = Annotated[
    Path | None, typer.Option(help="A state folder, or a copy of one, instead of that of the settings.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(journal, name="audit")


@journal.command()
def search(
    config: ConfigOption = DEFAULT_CONFIG,
    since: Annotated[str, typer.Option(help="From then on: 2026-01-02, 2026-01-02T03:04Z, or an age such as 2h.")] = "",
    until: Annotated[str, typer.Option(help="Before then.")] = "",
    who: Annotated[str, typer.Option(help="The subject, the principal it acts for, or whoever is named.")] = "",
    database: Annotated[str, typer.Option("--database", "-d", help="The database.")] = "",
    table: Annotated[str, typer.Option(help="A table, with or without its schema.")] = "",
    column: Annotated[str, typer.Option(help="A column; tells for each statement what was seen of it.")] = "",
    data_class: Annotated[str, typer.Option("--class", help="A data class that was masked.")] = "",
    decision: Annotated[str, typer.Option(help="allow, deny or hold.")] = "",
    text: Annotated[str, typer.Option(help="Words of the statement or of a reason.")] = "",
    kind: Annotated[str, typer.Option(help="The kind of record, such as statement.decided or login.failed.")] = "",
    session: Annotated[str, typer.Option(help="A session's id.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many, the newest.")] = 1000,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find records: who asked for what, when and why, what was decided, and what became of it.

    Example: `proctor audit search --column customers.email --since 7d`
    """
    from proctor.audit.search import Question
    from proctor.cli import auditing

    question = Question(
        since=moment(since, "--since"),
        until=moment(until, "--until"),
        who=who or None,
        database=database or None,
        table=table or None,
        column=column or None,
        data_class=data_class or None,
        decision=decision or None,
        text=text or None,
        kind=kind or None,
        session=session or None,
        limit=limit,
    )
    auditing.search(state_folder(config, state), question, as_json=as_json)


@journal.command()
def tail(
    config: ConfigOption = DEFAULT_CONFIG,
    count: Annotated[int, typer.Option("--lines", "-n", min=0, max=100_000, help="Begin with so many.")] = 10,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as records come, until Ctrl-C.")] = False,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the newest records, and go on with --follow.

    Example: `proctor audit tail -f`
    """
    from proctor.cli import auditing

    auditing.tail(state_folder(config, state), count, follow=follow, as_json=as_json)


@journal.command()
def verify(
    config: ConfigOption = DEFAULT_CONFIG,
    key: Annotated[
        list[str] | None,
        typer.Option(help="A verifier key, or a file of them, got elsewhere than from the log."),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that you kept elsewhere: finds a rollback or a fork.")
    ] = None,
    witness: Annotated[
        list[str] | None, typer.Option(help="A witness's verifier key, or a file of them, that must have cosigned.")
    ] = None,
    quorum: Annotated[int, typer.Option(min=0, help="So many of the witnesses must have; all, unless told.")] = 0,
    fresh: Annotated[str, typer.Option(help="The witnesses must have seen the log since then: 1h, 2026-01-02.")] = "",
    stamps: Annotated[
        Path | None, typer.Option(help="Root certificate of the time-stamping authority; checks the stamps.")
    ] = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute everything offline, and name the first lie. Exits with 3 if there is one.

    Says what it proves, and what it cannot.

    Example: `proctor audit verify --key kept.vkey --checkpoint yesterday.checkpoint`
    """
    from proctor.cli import auditing

    found = state_folder(config, state)
    if not (found / "log").is_dir():
        fail(f"{found} has no log", then="it is made when the gateway first starts", code=Exit.UNVERIFIED)
    auditing.verify(
        found,
        _signer(config, state),
        keys=key or [],
        checkpoints=checkpoint or [],
        vouched=auditing.vouched(found, witness or [], quorum, since=moment(fresh, "--fresh"), authority=stamps),
        as_json=as_json,
    )


@journal.command()
def acknowledge(
    shard: Annotated[str, typer.Argument(help="The shard whose log cannot go on, such as worker-0.")],
    because: Annotated[str, typer.Option(help="What happened to the records. It stays in the log for ever.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Let a shard's log go on behind records that are gone or damaged, each replaced by one that says so.

    The loss stays visible: `audit verify` tells of it from then on. Stop the gateway first.

    Example: `proctor audit acknowledge worker-0 --because "disk replaced, INC-12"`
    """
    from proctor.cli import auditing

    auditing.acknowledge(settings_of(config, secrets=False), shard, because)


@journal.command()
def prove(
    record: Annotated[str, typer.Argument(metavar="ID|SHARD:NUMBER", help="The record.")],
    config: ConfigOption = DEFAULT_CONFIG,
    to: Annotated[Path, typer.Option(help="The folder to write to.")] = Path(),
    state: StateOption = None,
) -> None:
    """Write the proof that a record is in the log: its exact bytes, and a C2SP tlog-proof that any tool can check.

    Example: `proctor audit prove worker-0:42 --to evidence/`
    """
    from proctor.cli import auditing

    auditing.prove(state_folder(config, state), record, to)


@journal.command()
def reveal(
    record: Annotated[str, typer.Argument(metavar="ID|SHARD:NUMBER", help="The record of a decided statement.")],
    because: Annotated[str, typer.Option(help="Why; it goes into the journal, before anything is shown.")],
    name: AsOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show a statement as it came, with its literals and bound values. For people of security, by the running gateway.

    Example: `proctor audit reveal worker-0:42 --as sam --because 'INC-42'`
    """
    from proctor.cli import auditing
    from proctor.cli.client import Client

    place = record if ":" in record else auditing.place_of(settings_of(config, secrets=False).state, record)
    done = Client.by(config, name, url).post("/api/v1/audit/reveal", {"target": place, "because": because})
    auditing.tell_revealed(done, as_json=as_json)


@journal.command()
def erase(
    subject: Annotated[str, typer.Argument(help="Whose sealed values are to be unreadable from now on.")],
    because: Annotated[str, typer.Option(help="Why; it goes into the journal, before anything is destroyed.")],
    name: AsOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
) -> None:
    """Destroy the keys of what somebody's records hold sealed. The records stay, and the log still verifies.

    It cannot be taken back, except from a backup of the vault, which is yours to destroy.

    Example: `proctor audit erase alice --as sam --because 'request 7 under Art. 17'`
    """
    from proctor.cli.client import Client

    client = Client.by(config, name, url)
    done = client.post("/api/v1/audit/erase", {"target": subject, "because": because})
    print(f"{done['keys']} keys of {visible(subject)} are destroyed; what they sealed is gone")


@journal.command()
def export(
    config: ConfigOption = DEFAULT_CONFIG,
    form: Annotated[Literal["jsonl"], typer.Option("--format", help="jsonl: the records as written.")] = "jsonl",
    state: StateOption = None,
) -> None:
    """Print every record, one JSON object a line, in the order of time.

    Example: `proctor audit export --format jsonl | zstd > journal.jsonl.zst`
    """
    from proctor.cli import auditing

    del form  # there is one
    auditing.export(state_folder(config, state))


def state_folder(config: Path, state: Path | None) -> Path:
    """Return the state folder of the settings, or the one given."""
    found = settings_of(config, secrets=False).state if state is None else state
    if not found.is_dir():
        fail(f"there is no state folder {found}", then="it is made when the gateway first starts", code=Exit.USAGE)
    return found


def _signer(config: Path, state: Path | None) -> Path | None:
    """Return the folder of the signer's memory, where it is at hand."""
    from proctor.edge.keys import sign_folder

    folder = state / "keys" if state is not None else sign_folder(settings_of(config, secrets=False))
    return folder if folder.is_dir() else None


def moment(text: str, option: str) -> datetime | None:
    """Return a moment written as a date, a time, or an age; without a zone it is this machine's."""
    if not text:
        return None
    if (age := _AGO.fullmatch(text)) is not None:
        return datetime.now().astimezone() - timedelta(**{_SPAN[age[2]]: int(age[1])})
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        fail(f"{option} is no time", then="write 2026-01-02, 2026-01-02T03:04:05Z or 2h", code=Exit.USAGE)
