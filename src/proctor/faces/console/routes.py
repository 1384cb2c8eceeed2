"""All pages of the console, one function for each group. Start reading here; `stage` is what they stand on."""

from __future__ import annotations

from importlib import resources
from pathlib import PurePosixPath
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from proctor.control import Control
from proctor.edge.doorkeeper import Doorkeeper, Wait
from proctor.faces.console import desk, house, journal, providers
from proctor.faces.console.stage import (
    COOKIE,
    HEADERS,
    MAX_FIELDS,
    THEMES,
    VIEW,
    Guest,
    Stage,
    following,
    kept,
    ours,
    to,
)
from proctor.faces.console.words import zone_named
from proctor.session.ports import Clock

_STATIC: Final = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}


def add_console(app: FastAPI, control: Control, door: Doorkeeper, clock: Clock, version: str) -> Stage:
    """Add the pages to the application."""
    stage = Stage(app, control, door, clock, version)
    _add_door(stage)
    providers.add_to(stage)
    desk.add_to(stage)
    journal.add_to(stage)
    house.add_to(stage)
    return stage


def _add_door(stage: Stage) -> None:
    app = stage.app

    async def front(request: Request) -> Response:
        del request
        return to("/console/now")

    async def sign_in_page(request: Request) -> Response:
        wanted = following(request.query_params.get("next", ""))
        if stage.visits.of(request.cookies.get(COOKIE)) is not None:
            return to(wanted)
        return stage.sign_in(request, wanted)

    async def sign_in(request: Request) -> Response:
        if not ours(request):
            return stage.show(None, "problem.html", 403, title="Not from here", reason="Another site asked this.")
        form = await request.form(max_files=0, max_fields=MAX_FIELDS)
        name, password, wanted = (str(form.get(field, "")) for field in ("name", "password", "next"))
        address = request.client.host if request.client is not None else "local"
        admitted = await stage.door.admit(name, password, address) if name else None
        if isinstance(admitted, Wait):
            trouble = f"Too many logins failed. Wait {admitted.seconds} seconds."
            return stage.sign_in(request, wanted, trouble, 429)
        token = None if admitted is None else stage.visits.begin(admitted)
        if admitted is None or token is None:
            trouble = "Name or password does not fit." if admitted is None else "The console is for people."
            return stage.sign_in(request, wanted, trouble, 401)
        before = stage.visits.of(request.cookies.get(COOKIE))
        if before is not None:
            stage.visits.end(before[0])
        stage.control.reading.greeted(admitted, address)
        return kept(to(following(wanted)), COOKIE, token)

    async def view(guest: Guest) -> Response:
        theme, zone = guest.said("theme"), guest.said("zone")
        known = zone if zone_named(zone) is not None else ""
        return kept(to("/console/now"), VIEW, f"{theme if theme in THEMES else 'auto'}|{known}")

    async def static(request: Request) -> Response:
        name = PurePosixPath(str(request.path_params["name"])).name
        if name not in _STATIC:
            return Response(status_code=404, headers=HEADERS)
        content = resources.files("proctor.faces.console").joinpath("static", name).read_bytes()
        return Response(content, media_type=_STATIC[name], headers={**HEADERS, "cache-control": "max-age=300"})

    app.add_route("/", front, methods=["GET"], include_in_schema=False)
    app.add_route("/console", front, methods=["GET"], include_in_schema=False)
    app.add_route("/console/sign-in", sign_in_page, methods=["GET"], include_in_schema=False)
    app.add_route("/console/sign-in", sign_in, methods=["POST"], include_in_schema=False)
    app.add_route("/console/static/{name}", static, methods=["GET"], include_in_schema=False)
    stage.post("view", view)
