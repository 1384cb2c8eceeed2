"""Commands of the rules: `policy test`, `policy replay`, `policy show`. None of them changes anything."""

# ruff: noqa: PLC0415 - what is heavy is imported by the command that needs it; a command's options are many

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from proctor.cli.audit import StateOption, moment, state_folder
from proctor.cli.ground import DEFAULT_CONFIG, ConfigOption, JsonOption, settings_of

policy = typer.Typer(
    no_args_is_help=True,
    help="The rules: try them on cases before they count, and on what was asked in the past.",
)
RulesOption = Annotated[
    list[Path] | None,
    typer.Option(help="A *.cedar file, or a folder of them, on top of the shipped pack; again for more."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(policy, name="policy")


@policy.command()
def test(
    file: Annotated[Path, typer.Argument(help="A TOML file of cases.")],
    rules: RulesOption = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", envvar="PROCTOR_CONFIG", help="The settings, for who asks and which database."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Play cases before the rules: a statement, who asks it, and what is expected. Exits with 1 when one fails.

    A file that describes its own tables and people needs no settings, no database and no gateway: it runs anywhere.
    Which rules: those of --rules, else those that the file names, else those of the settings.

    Example: `proctor policy test rules.test.toml --rules ./rules`
    """
    from proctor.cli import rehearsing

    found = None if config is None else settings_of(config)
    asyncio.run(rehearsing.test(file, found, rules or (), as_json=as_json))


@policy.command()
def replay(
    rules: Annotated[
        list[Path],
        typer.Option(help="The rules to try: a *.cedar file, or a folder of them, on top of the shipped pack."),
    ],
    since: Annotated[str, typer.Option("--from", help="From then on: 2026-01-02, 2026-01-02T03:04Z, or 2h ago.")] = "",
    until: Annotated[str, typer.Option("--to", help="Before then.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask other rules about every statement on record, and list those that would have been answered otherwise.

    What records do not tell exactly is said with each: those of older versions, and counts of past questions.

    Example: `proctor policy replay --rules ./rules-to-be --from 7d`
    """
    from proctor.cli import replaying

    found, folder = settings_of(config, secrets=False), state_folder(config, state)
    replaying.replay_journal(found, folder, rules, moment(since, "--from"), moment(until, "--to"), as_json=as_json)


@policy.command()
def show(
    rule_set: Annotated[str, typer.Argument(metavar="[RULE_SET]", help="Its digest; without it, that in force.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the rules of a rule set as they were in force then, each with its file and line.

    Every decision on record names its rule set; the text of each that was ever in force is kept in the state folder.

    Example: `proctor policy show 3f9a… | less`
    """
    from proctor.cli import showing

    showing.show(state_folder(config, state), rule_set, as_json=as_json)
