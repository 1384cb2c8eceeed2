"""Commands that look at databases: `explain`, `scan`, `classify`."""

# ruff: noqa: PLC0415 - what is heavy is imported by the command that needs it; a command's options are many

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from proctor.cli.ground import DEFAULT_CONFIG, ConfigOption, JsonOption, settings_of
from proctor.terms import Claims

MAX_STATEMENT = 1 << 20  # characters of a statement on standard input


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(explain)
    app.command()(scan)
    app.command()(classify)


def explain(
    sql: Annotated[
        str,
        typer.Argument(metavar="SQL|-", help="The statement, or - to read it; nothing of it is run."),
    ],
    name: Annotated[str, typer.Option("--as", help="Who would ask: a person, an agent or a service.")],
    database: Annotated[str, typer.Option("--database", "-d", help="The database, by the name that clients use.")],
    config: ConfigOption = DEFAULT_CONFIG,
    reason: Annotated[str, typer.Option(help="The reason that would be given (proctor.reason).")] = "",
    task: Annotated[str, typer.Option(help="The task that an agent would say it is at (proctor.task).")] = "",
    as_json: JsonOption = False,
) -> None:
    """Say what would happen to a statement and why: what it touches, the decision and its rules, and the masks.

    Reads the database's catalogue by the gateway's own credential. Values of tables are sampled only where the data map
    does not know a table yet; nothing is written.

    Example: `proctor explain --as alice --database shop "SELECT email FROM customers"`
    """
    from proctor.cli import explaining

    claims = Claims(reason=reason or None, task=task or None)
    found = settings_of(config)
    text = sys.stdin.read(MAX_STATEMENT) if sql == "-" else sql
    asyncio.run(explaining.explain(found, text, name=name, database=database, claims=claims, as_json=as_json))


def scan(
    database: Annotated[str, typer.Argument(metavar="[DATABASE]", help="One database; without it, all.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    new: Annotated[bool, typer.Option("--new", help="Look only at tables that are new or have changed.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show the columns that are not sensitive too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at a bounded sample of every table, keep what is sensitive, and print the data map.

    With --json: one object a line for every column, with `database, schema, table, column, type, class` (null when not
    sensitive), `confidence, evidence`. A running gateway uses the new map within a second. `proctor classify`
    overrides what a scan has found.

    Example: `proctor scan shop --json | jq 'select(.class != null)'`
    """
    from proctor.cli import looking

    asyncio.run(looking.scan(settings_of(config), database, new=new, everything=everything, as_json=as_json))


def classify(
    column: Annotated[
        str, typer.Argument(metavar="DB.SCHEMA.TABLE.COLUMN", help='Quote a part that has a dot in it: `"a.b"`.')
    ],
    data_class: Annotated[
        str, typer.Option("--as", metavar="CLASS|none", help="What it holds; none: nothing sensitive.")
    ] = "",
    because: Annotated[str, typer.Option(help="Why; it goes into the journal.")] = "",
    undo: Annotated[
        bool, typer.Option("--undo", help="Take the newest word back; what counted before it counts again.")
    ] = False,
    history: Annotated[bool, typer.Option("--history", help="Print what was said of it, the newest first.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    by: Annotated[
        str,
        typer.Option(help="Who says so, over the running gateway's API; without it, whoever may write the state."),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Override what a scan has found. The newest word of a person counts, and no later scan undoes it.

    Example: `proctor classify shop.public.orders.note --as none --because "our own remarks, read on 2026-01-02"`,
    and if that was wrong: `proctor classify shop.public.orders.note --undo --because "customers write there too"`
    """
    from proctor.cli import looking

    found = settings_of(config, secrets=False)
    if history:
        looking.words_on(found, column, as_json=as_json)
        return
    asyncio.run(
        looking.classify(found, column, data_class=data_class, undo=undo, because=because, by=by, as_json=as_json)
    )
