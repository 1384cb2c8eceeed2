"""Commands of the desk for grants: `grants`, over the API of the running gateway."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from proctor.cli.desk import AsOption, BecauseOption, UrlOption, get, part, post
from proctor.cli.ground import (
    DEFAULT_CONFIG,
    Answer,
    ConfigOption,
    Exit,
    JsonOption,
    fail,
    print_json,
    print_table,
    visible,
)

_LENGTH = re.compile(r"(\d{1,5})(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
COLUMNS = ("id", "state", "requester", "database", "column", "ends", "because")

grants = typer.Typer(
    no_args_is_help=True,
    help="Grants: sight of one sensitive column as it is, for a while, once somebody else has agreed.\n\n"
    "Example: `proctor grants request shop.public.customers.email --for 30m --because INC-42`, after `proctor login`",
)


@grants.command("list")
def list_grants(
    name: AsOption = "", config: ConfigOption = DEFAULT_CONFIG, url: UrlOption = "", as_json: JsonOption = False
) -> None:
    """List grants: your own, or all for those who keep the house or audit it."""
    found = get(config, name, url, "/api/v1/grants")["grants"]
    if as_json:
        for each in found:
            print_json(each)
    elif not found:
        print("there are no grants")
    else:
        print_table(COLUMNS, ([each[column] for column in COLUMNS] for each in found))


@grants.command("request")
def request(
    column: Annotated[str, typer.Argument(help="DATABASE.SCHEMA.TABLE.COLUMN")],
    name: AsOption = "",
    length: Annotated[str, typer.Option("--for", help="How long, such as 30m or 2h; 8 hours at the most.")] = "30m",
    because: BecauseOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """Ask to see a sensitive column as it is; it is shown once somebody else has agreed."""
    found = _LENGTH.fullmatch(length)
    if found is None:
        fail(f'"{visible(length)}" is no length of time', then="write one such as 30m or 2h", code=Exit.USAGE)
    wish = {"column": column, "seconds": int(found[1]) * _SECONDS[found[2]], "because": because}
    _tell(post(config, name, url, "/api/v1/grants", wish), as_json=as_json)


@grants.command("approve")
def approve(
    grant: str,
    name: AsOption = "",
    because: BecauseOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """Agree: from now on, and for as long as was asked, that person sees that column. Nobody agrees to their own."""
    _tell(
        post(config, name, url, f"/api/v1/grants/{part(grant)}/approve", {"because": because or None}), as_json=as_json
    )


@grants.command("deny")
def deny(
    grant: str,
    name: AsOption = "",
    because: BecauseOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """Say no."""
    done = post(config, name, url, f"/api/v1/grants/{part(grant)}/deny", {"because": because or None})
    _tell(done, as_json=as_json)


@grants.command("revoke")
def revoke(
    grant: str,
    name: AsOption = "",
    because: BecauseOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take a grant back at once: your own, or any for those who may agree to one."""
    _tell(
        post(config, name, url, f"/api/v1/grants/{part(grant)}/revoke", {"because": because or None}), as_json=as_json
    )


def _tell(grant: Answer, *, as_json: bool) -> None:
    if as_json:
        print_json(grant)
    else:
        print(f"grant {visible(str(grant['id']))} is {visible(str(grant['state']))}")
