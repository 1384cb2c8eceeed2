"""Commands of the approval desk: `approvals` and `sessions`, over the API of the running gateway."""

# ruff: noqa: PLC0415 - what is heavy is imported by the command that needs it; a command's options are many

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from proctor.cli.ground import (
    DEFAULT_CONFIG,
    Answer,
    ConfigOption,
    JsonOption,
    print_json,
    print_table,
    visible,
)
from proctor.cli.ticket import told

AsOption = Annotated[
    str,
    typer.Option(
        "--as",
        envvar="PROCTOR_AS",
        help="Who acts, with a password from PROCTOR_PASSWORD or a prompt; else whoever did `proctor login`.",
    ),
]
UrlOption = Annotated[
    str,
    typer.Option(envvar="PROCTOR_URL", help="The console's address, if it is another than the settings say."),
]
BecauseOption = Annotated[str, typer.Option(help="Why; it goes into the journal.")]
LISTED = ("id", "state", "requester", "on_behalf_of", "database", "statement", "reason", "created")

approvals = typer.Typer(
    no_args_is_help=True,
    help="The approval desk: what waits for a decision, and the decision.\n\n"
    "Example: `proctor approvals approve 01J… --because 'INC-42, rows checked'`, after `proctor login`",
)
sessions = typer.Typer(no_args_is_help=True, help="The open sessions, and how to end one.")


@approvals.command("list")
def list_approvals(
    name: AsOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    state: Annotated[
        list[str] | None,
        typer.Option(help="pending, approved, denied, expired, cancelled or spent; may be given more than once."),
    ] = None,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """List the tickets that you may see, the newest first."""
    found = get(config, name, url, "/api/v1/approvals", {"state": state or []})["approvals"]
    if as_json:
        for ticket in found:
            print_json({field: ticket.get(field) for field in LISTED})
        return
    if not found:
        print("nothing is on the desk")
        return
    rows = []
    for ticket in found:
        who = f"{ticket['requester']} for {ticket['on_behalf_of']}" if ticket["on_behalf_of"] else ticket["requester"]
        rows.append((ticket["id"], ticket["state"], who, ticket["database"], ticket["statement"], ticket["reason"]))
    print_table(("id", "state", "requester", "database", "statement", "reason"), rows)


@approvals.command("show")
def show_approval(
    ticket: str,
    name: AsOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show one ticket: the statement, who asks, why it was held, what it touches, and what it would change."""
    found = get(config, name, url, f"/api/v1/approvals/{part(ticket)}")
    if as_json:
        print_json(found)
    else:
        print(told(found))


@approvals.command("approve")
def approve(
    ticket: str,
    name: AsOption = "",
    because: BecauseOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """Approve a ticket. It fits that statement, that requester and one use; nobody approves their own.

    Example: `proctor approvals approve 01J… --as dora --because 'INC-42, rows checked'`
    """
    done = post(config, name, url, f"/api/v1/approvals/{part(ticket)}/approve", {"because": because or None})
    _tell_decision(done, as_json=as_json)


@approvals.command("deny")
def deny(
    ticket: str,
    name: AsOption = "",
    because: BecauseOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """Deny a ticket; one no is enough."""
    done = post(config, name, url, f"/api/v1/approvals/{part(ticket)}/deny", {"because": because or None})
    _tell_decision(done, as_json=as_json)


@approvals.command("review")
def review(
    name: AsOption = "",
    ticket: Annotated[str, typer.Argument(help="The ticket; without one, what waits is listed.")] = "",
    because: BecauseOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """Look at what was done behind broken glass: list what waits, or say what you have found.

    Example: `proctor approvals review 01J… --as dora --because 'the index was bloated, dropping it was right'`
    """
    if ticket:
        done = post(config, name, url, f"/api/v1/approvals/{part(ticket)}/review", {"because": because or None})
        if as_json:
            print_json(done)
        else:
            print(f"{visible(_text(done['id']))} is reviewed")
        return
    found = get(config, name, url, "/api/v1/reviews")["reviews"]
    if as_json:
        for each in found:
            print_json(each)
    elif not found:
        print("no broken glass waits for a review")
    else:
        columns = ("id", "requester", "database", "statement", "reason", "created")
        print_table(columns, ([each[column] for column in columns] for each in found))


@approvals.command("cancel")
def cancel(
    ticket: str,
    name: AsOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """Cancel your own request, or that of an agent of yours."""
    _tell_decision(post(config, name, url, f"/api/v1/approvals/{part(ticket)}/cancel", {}), as_json=as_json)


@sessions.command("list")
def list_sessions(
    name: AsOption = "", config: ConfigOption = DEFAULT_CONFIG, url: UrlOption = "", as_json: JsonOption = False
) -> None:
    """List the open sessions that you may see: your own and your agents', or all for those who keep the house."""
    found = get(config, name, url, "/api/v1/sessions")["sessions"]
    if as_json:
        for session in found:
            print_json(session)
        return
    if not found:
        print("no session is open")
        return
    columns = ("id", "subject", "database", "application", "address", "since", "command", "reason")
    print_table(columns, ([session[column] for column in columns] for session in found))


@sessions.command("kill")
def kill_session(
    session: str,
    name: AsOption = "",
    because: BecauseOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """End a session within a second: your own, your agent's, or any for those who keep the house."""
    done = post(config, name, url, f"/api/v1/sessions/{part(session)}/kill", {"because": because or None})
    if as_json:
        print_json(done)
    else:
        print(f"session {visible(_text(done['id']))} of {visible(_text(done['subject']))} is being ended")


def get(config: Path, name: str, url: str, path: str, query: Mapping[str, Sequence[str]] | None = None) -> Answer:
    """Ask the running gateway for something."""
    from proctor.cli.client import Client

    return Client.by(config, name, url).get(path, query)


def post(config: Path, name: str, url: str, path: str, body: Mapping[str, object]) -> Answer:
    """Ask the running gateway to do something."""
    from proctor.cli.client import Client

    return Client.by(config, name, url).post(path, body)


def part(text: str) -> str:
    """Return a text as one part of a path."""
    return quote(text, safe="")


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _tell_decision(ticket: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(ticket)
        return
    decided, quorum = ticket["decided_by"], ticket["quorum"]
    waits = ticket["state"] == "pending" and isinstance(decided, list)
    count = f" ({len(decided)} of {quorum} approvals)" if waits and isinstance(decided, list) else ""
    print(f"{visible(_text(ticket['id']))} is {visible(_text(ticket['state']))}{count}")
