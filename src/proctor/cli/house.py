"""Commands that run and check the house: `serve`, `check`, `passwd`."""

# ruff: noqa: PLC0415 - what is heavy is imported by the command that needs it

from __future__ import annotations

import getpass
import secrets
import sys
from typing import Annotated

import typer

from proctor.cli.ground import DEFAULT_CONFIG, ConfigOption, Exit, JsonOption, fail, settings_of, tell

MAX_PASSWORD = 1024


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(serve)
    app.command()(check)
    app.command()(passwd)


def serve(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the gateway in the foreground.

    Prints one line, `ready postgres=HOST:PORT console=HOST:PORT`, when it accepts connections. SIGTERM drains, SIGHUP
    reloads settings and rules without dropping a session.

    Example: `proctor serve --config /etc/proctor/proctor.toml`
    """
    for warning in settings_of(config).warnings:
        tell(f"warning: {warning}")
    from proctor.app.supervisor import serve as run

    run(config)


def check(
    config: ConfigOption = DEFAULT_CONFIG,
    strict: Annotated[bool, typer.Option("--strict", help="Take warnings for troubles: exit with 2.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Validate settings and rules. Every trouble is told at once, with its file, its line and what to write instead.

    Of the rules it also finds those that can never match, permits of which forbids leave nothing, and tables and
    classes that cannot be. Warnings are names that nobody has here, and forbids that add nothing or undo a permit.

    Example: `proctor check --config proctor.toml && systemctl reload proctor`
    """
    found = settings_of(config)
    from proctor.cli import checking

    checking.check(found, config, strict=strict, as_json=as_json)


def passwd(
    iterations: Annotated[int, typer.Option(min=4096, max=1_000_000, help="The work that a guess costs.")] = 4096,
) -> None:
    """Print a SCRAM-SHA-256 verifier to put into proctor.toml in place of a password.

    The password is read from a prompt, or from the first line of stdin; never from the command line, which others can
    see.

    Example: `proctor passwd`, then `password = "SCRAM-SHA-256$…"` under `[people.alice]`
    """
    password = _new_password()
    from proctor.wire.scram import SALT_BYTES, Verifier

    print(Verifier.make(password, secrets.token_bytes(SALT_BYTES), iterations))


def _new_password() -> str:
    if not sys.stdin.isatty():
        password = sys.stdin.readline(MAX_PASSWORD + 2).rstrip("\r\n")
    else:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            fail("the two passwords differ", then="try again", code=Exit.USAGE)
    if not password:
        fail("the password is empty", then="type one, or pipe one in", code=Exit.USAGE)
    if len(password) > MAX_PASSWORD:
        fail(f"the password is longer than {MAX_PASSWORD} characters", code=Exit.USAGE)
    return password
