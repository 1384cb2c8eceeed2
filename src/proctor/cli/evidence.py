"""Commands of the evidence pack: `evidence build` reads the log, writes a folder; `verify` reads that folder alone."""

# ruff: noqa: PLC0415 - what is heavy is imported by the command that needs it

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proctor.cli.audit import StateOption, moment, state_folder
from proctor.cli.ground import (
    DEFAULT_CONFIG,
    ConfigOption,
    Exit,
    JsonOption,
    fail,
    print_json,
    settings_of,
    tell,
    visible,
)

if TYPE_CHECKING:
    from proctor.audit.evidence.check import Verdict

evidence = typer.Typer(
    no_args_is_help=True,
    help="Evidence for an auditor: build a pack from the log, and check one without us.",
)


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(evidence, name="evidence")


@evidence.command()
def build(
    since: Annotated[str, typer.Option("--from", help="From then on: 2026-01-02, 2026-01-02T03:04Z, or 90d.")],
    out: Annotated[Path, typer.Option(help="The folder to write; it must not be there, or be empty.")],
    until: Annotated[str, typer.Option("--to", help="Before then; now, unless told.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build a pack: reports on a range of the log, each with its exceptions, a sample, and proofs.

    It is signed where the log's key can be used from here. Reads the state folder; needs no running gateway.

    Example: `proctor evidence build --from 2026-01-01 --to 2026-04-01 --out q1`
    """
    import getpass
    from datetime import UTC, datetime
    from importlib import metadata

    from proctor.audit.evidence import pack
    from proctor.edge.evidence import inputs_of, signing

    folder = state_folder(config, state)
    settings = settings_of(config, secrets=False) if state is None or config.exists() else None
    now = datetime.now(UTC)
    begins, ends = moment(since, "--from"), moment(until, "--to") or now
    if begins is None or begins >= ends:
        fail("--from is not before --to", code=Exit.USAGE)
    inputs = inputs_of(
        settings, folder, since=begins, until=ends, now=now, by=getpass.getuser(), version=metadata.version("proctor")
    )
    with _bar("building") as progress:
        built = pack.build(
            folder / "log",
            out,
            inputs,
            sign=signing(settings) if settings is not None and state is None else None,
            progress=progress,
        )
    if as_json:
        print_json(
            {
                "folder": str(built.folder),
                "records": built.records,
                "signed": built.signed,
                "digest": built.digest,
                "reports": [
                    {"report": one.name, "count": one.count, "exceptions": one.exceptions} for one in built.told
                ],
            }
        )
        return
    for one in built.told:
        print(f"{one.title:45} {one.count:>10} items {one.exceptions:>8} exceptions")
    print(f"{built.folder}: {built.records} records, {'signed' if built.signed else 'not signed'}")
    tell(f"check it: proctor evidence verify {built.folder}{'' if built.signed else ' --unsigned'}")


@evidence.command()
def verify(
    pack: Annotated[Path, typer.Argument(help="The folder of a pack.")],
    key: Annotated[
        list[str] | None, typer.Option(help="A verifier key, or a file of them, got elsewhere than from the pack.")
    ] = None,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Let a pack pass that its house has not signed.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a pack, offline: every file, signature and proof, and every report made again. Exits with 3 if it fails.

    Example: `proctor evidence verify q1 --key kept.vkey`
    """
    from proctor.audit.evidence import check
    from proctor.audit.note import Verifier
    from proctor.cli.auditing import keys_of

    if not pack.is_dir():
        fail(f"there is no folder {pack}", code=Exit.USAGE)
    keys = [verifier for text in key or () for verifier in keys_of(text, "--key", Verifier.read)]
    with _bar("verifying") as progress:
        done = check.verify(pack, keys, progress, unsigned=unsigned)
    _tell(done, as_json=as_json)
    if not done.ok:
        fail(
            f"the pack does not verify: {visible(done.problems[0])}" if done.problems else "the pack does not verify",
            then="ask its house for it again, and compare",
            code=Exit.UNVERIFIED,
        )


def _tell(done: Verdict, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "ok": done.ok,
                "records": done.records,
                "problems": list(done.problems),
                "reports": [
                    {"report": one.name, "count": one.count, "exceptions": one.exceptions} for one in done.told
                ],
                "proves": list(done.proves),
                "cannot_prove": list(done.cannot_prove),
            }
        )
        return
    print(f"{'verified' if done.ok else 'NOT VERIFIED'}: {done.records} records")
    for problem in done.problems:
        print(f"  wrong: {visible(problem)}")
    for one in done.told:
        print(f"  {one.title:45} {one.count:>10} items counted again, {one.exceptions} exceptions")
    for sentence in done.proves:
        print(f"  proves: {sentence}")
    for sentence in done.cannot_prove:
        print(f"  cannot prove: {sentence}")


@contextmanager
def _bar(doing: str) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
