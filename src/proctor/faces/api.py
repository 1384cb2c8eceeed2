"""Beside the stations: the HTTP API under /api/v1, health, metrics and the log's files. Thin: `control` decides.

In come requests with a name and a password (HTTP Basic, under TLS unless on loopback); out goes JSON, or problem
details. Knows no rule.
"""

# No `annotations` of the future here: FastAPI reads them as they are, and `who` is known inside a function only.

import base64
import binascii
from pathlib import Path
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from proctor.control import Control, Refused, column_named
from proctor.edge.config import loopback
from proctor.edge.doorkeeper import Doorkeeper, Wait
from proctor.edge.resource import WELL_KNOWN, Resource, Shown, believed
from proctor.faces import log_files, metrics, plain, problems, signing_in
from proctor.faces.api_reading import add_reading
from proctor.faces.console.routes import add_console
from proctor.faces.guard import Guard
from proctor.faces.manners import Manners
from proctor.faces.mcp.door import Door, told
from proctor.faces.plain import Json
from proctor.faces.problems import Declined, declined
from proctor.faces.scim.server import Directory
from proctor.policy.tickets import MAX_BECAUSE
from proctor.terms import Identity, TicketState

BEARER = 'Bearer realm="proctor", error="invalid_token"'
REALM = 'Basic realm="proctor", charset="UTF-8"'


class Reason(BaseModel):
    """Why somebody decides as they do."""

    model_config = ConfigDict(extra="forbid")
    because: str | None = Field(None, max_length=MAX_BECAUSE)


class Sought(BaseModel):
    """A record to open, or somebody to forget, and why."""

    model_config = ConfigDict(extra="forbid")
    target: str = Field(max_length=1000)
    because: str = Field(max_length=MAX_BECAUSE)


class Wish(BaseModel):
    """A person's wish to see a sensitive column as it is."""

    model_config = ConfigDict(extra="forbid")
    column: str = Field(max_length=1000)
    seconds: int
    because: str = Field(max_length=MAX_BECAUSE)


class Word(BaseModel):
    """A person's word on a column."""

    model_config = ConfigDict(extra="forbid")
    column: str = Field(max_length=1000)
    data_class: str | None = Field(default=None, alias="class", max_length=100)
    undo: bool = False
    """Take the newest word back instead; then there is no class."""
    because: str = Field(max_length=MAX_BECAUSE)


def create(control: Control, door: Doorkeeper, log: Path, version: str = "", mcp: ASGIApp | None = None) -> Guard:
    """Return the ASGI application of the API, with that of MCP under /mcp if there is one."""
    # No interactive documentation: its scripts would come from somebody else's server.
    app = FastAPI(title="Proctor", docs_url=None, redoc_url=None, openapi_url=None)
    problems.tell_problems(app)
    who = _Caller(door, Shown(door, door.clock, lambda token: believed(token, control.issuers, door, door.clock)))
    _add_house(app, control, who, log=log, version=version)
    _add_desk(app, control, who)
    _add_grants(app, control, who)
    _add_answers(app, control)
    _add_sessions(app, control, who)
    _add_map(app, control, who)
    _add_sealed(app, control, who)
    app.router.routes.extend(Directory(control.provisioning, door.clock, door.wrong_token).routes())
    if mcp is not None:
        resource = Resource(door, door.clock, ended=control.store.sign_ins.ended)
        within = Door(mcp, who, lambda: control.config, _address, resource)
        app.router.routes.append(Route("/mcp", within, methods=None))
        for path in (WELL_KNOWN, f"{WELL_KNOWN}/mcp"):
            app.router.routes.append(Route(path, told(resource)))
    app.router.routes.extend(signing_in.routes(control))
    add_reading(app, control, who, _json_only)
    add_console(app, control, door, door.clock, version)
    return Guard(Manners(app))


class _Caller:
    """Finds out who asks; the dependency of everything that is not public."""

    def __init__(self, door: Doorkeeper, shown: Shown) -> None:
        self.door = door
        self.shown = shown

    async def __call__(self, request: Request) -> Identity:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() == "bearer":
            admitted = await self.shown.admit(token.strip(), _address(request))
            return _admitted(admitted, BEARER, "the token is not good here")
        credentials = _basic(request.headers.get("authorization", ""))
        if credentials is None:
            raise Declined(401, "log in with name and password", headers={"www-authenticate": REALM})
        admitted = await self.door.admit(*credentials, _address(request))
        return _admitted(admitted, REALM, "name or password does not fit")


def _admitted(admitted: Identity | Wait | None, challenge: str, no: str) -> Identity:
    if isinstance(admitted, Wait):
        raise Declined(429, "too many logins failed; wait a little", headers={"retry-after": str(admitted.seconds)})
    if admitted is None:
        raise Declined(401, no, headers={"www-authenticate": challenge})
    return admitted


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, value = header.partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (name, password) if colon and name else None


def _address(request: Request) -> str:
    return request.client.host if request.client is not None and request.client.host else "local"


def _json_only(request: Request) -> None:
    # A form on another site can post anything but this without asking the browser first.
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != "application/json":
        raise Declined(415, "send JSON, with content-type: application/json")


def _add_house(app: FastAPI, control: Control, who: _Caller, *, log: Path, version: str) -> None:
    numbers = metrics.registry(
        control.store,
        version,
        troubles=lambda: len(control.health.troubles),
        failed_logins=lambda: who.door.failed,
        lags=control.health.lags,
        spans=control.health.spans,
        figures=control.reading.figures,
    )

    @app.get("/healthz")
    async def healthz() -> Response:
        return PlainTextResponse("ok\n")

    @app.get("/readyz")
    async def readyz() -> Response:
        ready = control.health.ready
        return PlainTextResponse("ready\n" if ready else "not ready\n", 200 if ready else 503)

    @app.get("/metrics")
    async def show_metrics(request: Request) -> Response:
        if not loopback(_address(request)) and _address(request) != "local":
            await who(request)
        return Response(metrics.text(numbers), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/api/v1/me")
    async def me(by: Annotated[Identity, Depends(who)]) -> Response:
        content: dict[str, Json] = {
            "subject": by.subject,
            "kind": by.kind.value,
            "groups": [*sorted(by.groups)],
            "on_behalf_of": by.on_behalf_of,
        }
        return JSONResponse(content)

    @app.get("/api/v1/health")
    async def health(by: Annotated[Identity, Depends(who)]) -> Response:
        del by  # anybody of the house; the troubles name parts of it, and no data
        state = control.health
        return JSONResponse(
            {
                "ready": state.ready,
                "version": version,
                "started": plain.moment(state.started),
                "rule_set": control.rules.digest,
                "troubles": dict(state.troubles),
                "waiting_for_a_start": list(state.waiting),
            }
        )

    @app.get("/api/v1/rules")
    async def rules(by: Annotated[Identity, Depends(who)]) -> Response:
        listed: list[Json] = [plain.rule(rule) for rule in await control.rule_list(by)]
        return JSONResponse({"rule_set": control.rules.digest, "rules": listed})

    @app.post("/api/v1/reload", dependencies=[Depends(_json_only)])
    async def reload(by: Annotated[Identity, Depends(who)]) -> Response:
        done = await control.reload(by)
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse({"rule_set": done})

    @app.get("/log/{path:path}")
    async def log_file(path: str, request: Request) -> Response:
        found = log_files.find(log, path)
        if found is None or not found[1]:
            by = await who(request)
            refused = await control.may_read_log(by, path)
            if refused is not None:
                raise declined(refused)
        if found is None:
            raise Declined(404, "the log has no such file")
        return FileResponse(found[0], media_type="text/plain" if found[1] else "application/octet-stream")


def _add_desk(app: FastAPI, control: Control, who: _Caller) -> None:
    @app.get("/api/v1/approvals")
    async def approvals(
        by: Annotated[Identity, Depends(who)], state: Annotated[list[TicketState] | None, Query()] = None
    ) -> Response:
        listed: list[Json] = [plain.ticket(ticket) for ticket in await control.approvals(by, state or ())]
        return JSONResponse({"approvals": listed})

    @app.get("/api/v1/reviews")
    async def unreviewed(by: Annotated[Identity, Depends(who)]) -> Response:
        listed: list[Json] = [plain.ticket(ticket) for ticket in await control.unreviewed(by)]
        return JSONResponse({"reviews": listed})

    @app.post("/api/v1/approvals/{ticket}/review", dependencies=[Depends(_json_only)])
    async def review(ticket: str, reason: Reason, by: Annotated[Identity, Depends(who)]) -> Response:
        done = await control.review(by, ticket, reason.because)
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse(plain.ticket(done))

    @app.get("/api/v1/approvals/{ticket}")
    async def approval(ticket: str, by: Annotated[Identity, Depends(who)]) -> Response:
        done = await control.approval(by, ticket)
        if isinstance(done, Refused):
            raise declined(done)
        shown = await control.shown(by, done)
        proposal: Json = None if shown is None else plain.shown(shown)
        return JSONResponse({**plain.ticket(done), "proposal": proposal})

    @app.post("/api/v1/approvals/{ticket}/approve", dependencies=[Depends(_json_only)])
    async def approve(ticket: str, reason: Reason, by: Annotated[Identity, Depends(who)]) -> Response:
        done = await control.approve(by, ticket, reason.because)
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse(plain.ticket(done))

    @app.post("/api/v1/approvals/{ticket}/deny", dependencies=[Depends(_json_only)])
    async def deny(ticket: str, reason: Reason, by: Annotated[Identity, Depends(who)]) -> Response:
        done = await control.deny(by, ticket, reason.because)
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse(plain.ticket(done))

    @app.post("/api/v1/approvals/{ticket}/cancel", dependencies=[Depends(_json_only)])
    async def cancel(ticket: str, by: Annotated[Identity, Depends(who)]) -> Response:
        done = await control.cancel(by, ticket)
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse(plain.ticket(done))


def _add_grants(app: FastAPI, control: Control, who: _Caller) -> None:
    @app.get("/api/v1/grants")
    async def grants(by: Annotated[Identity, Depends(who)]) -> Response:
        listed: list[Json] = [plain.grant(grant) for grant in await control.grants.list(by)]
        return JSONResponse({"grants": listed})

    @app.post("/api/v1/grants", dependencies=[Depends(_json_only)])
    async def request_grant(wish: Wish, by: Annotated[Identity, Depends(who)]) -> Response:
        named = column_named(wish.column)
        if named is None:
            raise Declined(422, "name a column as DATABASE.SCHEMA.TABLE.COLUMN")
        done = await control.grants.request(by, *named, wish.seconds, wish.because)
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse(plain.grant(done))

    @app.post("/api/v1/grants/{grant}/{step}", dependencies=[Depends(_json_only)])
    async def decide_grant(
        grant: str, step: Literal["approve", "deny", "revoke"], reason: Reason, by: Annotated[Identity, Depends(who)]
    ) -> Response:
        steps = {"approve": control.grants.approve, "deny": control.grants.deny, "revoke": control.grants.revoke}
        done = await steps[step](by, grant, reason.because)
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse(plain.grant(done))


def _add_answers(app: FastAPI, control: Control) -> None:
    """Add where services speak for people: no name and password, but the service's signature over the whole body."""

    @app.post("/api/v1/slack")
    async def slack(request: Request) -> Response:
        done = await control.answers.slack(request.headers, await request.body())
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse({"text": f"{done.id} is {done.state.value}"})

    @app.post("/api/v1/teams")
    async def teams(request: Request) -> Response:
        done = await control.answers.teams(request.headers, await request.body())
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse({"type": "message", "text": f"{done.id} is {done.state.value}"})


def _add_sessions(app: FastAPI, control: Control, who: _Caller) -> None:
    @app.get("/api/v1/sessions")
    async def sessions(by: Annotated[Identity, Depends(who)]) -> Response:
        listed: list[Json] = [plain.session(session) for session in await control.sessions(by)]
        return JSONResponse({"sessions": listed})

    @app.post("/api/v1/sessions/{session}/kill", dependencies=[Depends(_json_only)])
    async def kill(session: str, reason: Reason, by: Annotated[Identity, Depends(who)]) -> Response:
        done = await control.kill(by, session, reason.because)
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse(plain.session(done))


def _add_map(app: FastAPI, control: Control, who: _Caller) -> None:
    @app.get("/api/v1/databases/{database}/columns")
    async def columns(database: str, by: Annotated[Identity, Depends(who)]) -> Response:
        done = await control.data_map(by, database)
        if isinstance(done, Refused):
            raise declined(done)
        listed: list[Json] = [plain.mapped(each) for each in done]
        return JSONResponse({"columns": listed})

    @app.post("/api/v1/classifications", dependencies=[Depends(_json_only)])
    async def classify(word: Word, by: Annotated[Identity, Depends(who)]) -> Response:
        named = column_named(word.column)
        if named is None:
            raise Declined(422, "name a column as DATABASE.SCHEMA.TABLE.COLUMN")
        if word.undo == ("data_class" in word.model_fields_set):
            raise Declined(422, "give either a class, null for none, or undo")
        if word.undo:
            done = await control.take_back(by, *named, word.because)
        else:
            done = await control.classify(by, *named, word.data_class, word.because)
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse(plain.mapped(done))


def _add_sealed(app: FastAPI, control: Control, who: _Caller) -> None:
    @app.post("/api/v1/audit/reveal", dependencies=[Depends(_json_only)])
    async def reveal(sought: Sought, by: Annotated[Identity, Depends(who)]) -> Response:
        done = await control.reveal(by, sought.target, sought.because)
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse(plain.revealed(done))

    @app.post("/api/v1/audit/erase", dependencies=[Depends(_json_only)])
    async def erase(sought: Sought, by: Annotated[Identity, Depends(who)]) -> Response:
        done = await control.erase(by, sought.target, sought.because)
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse({"subject": sought.target, "keys": done})
