"""Beside the stations: the part of the HTTP API that reads: records and proofs, rules of then, evidence. Thin.

In come requests of whoever `api` has let in; out goes JSON. Lists go on by a cursor. Knows no rule.
"""

# No `annotations` of the future here: FastAPI reads them as they are, and `who` is known inside a function only.

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request
from fastapi.encoders import jsonable_encoder
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import FileResponse, JSONResponse, Response

from proctor.audit.search import Question
from proctor.classify.classes import CLASSES
from proctor.control import Control, Refused, column_named
from proctor.control.reading_room import COPIED_AMONG, HIT_AMONG, MAX_STATEMENT, MOST
from proctor.control.views import Kept
from proctor.faces.plain import moment
from proctor.faces.problems import Declined, declined
from proctor.terms import Identity

Caller = Callable[[Request], Awaitable[Identity]]
JsonOnly = Callable[[Request], None]


class Span(BaseModel):
    """A range of time, from its beginning up to its end."""

    model_config = ConfigDict(extra="forbid")
    since: AwareDatetime
    until: AwareDatetime


class DroppedView(BaseModel):
    """The name of a kept search."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=200)


class KeptView(DroppedView):
    """A search to keep, as the query of the journal's address."""

    query: str = Field(max_length=4000)


class Since(BaseModel):
    """How far back to go."""

    model_config = ConfigDict(extra="forbid")
    since: AwareDatetime


class Tried(BaseModel):
    """A statement that somebody might ask."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=200)
    database: str = Field(max_length=200)
    sql: str = Field(max_length=MAX_STATEMENT)
    reason: str = Field(default="", max_length=200)


def add_reading(app: FastAPI, control: Control, who: Caller, json_only: JsonOnly) -> None:
    """Add the routes."""
    _add_records(app, control, who)
    _add_views(app, control, who, json_only)
    _add_rules(app, control, who, json_only)
    _add_evidence(app, control, who, json_only)

    @app.get("/api/v1/openapi.json")
    async def openapi(by: Annotated[Identity, Depends(who)]) -> Response:
        del by  # anybody of the house
        return JSONResponse(app.openapi())


def _add_records(app: FastAPI, control: Control, who: Caller) -> None:
    @app.get("/api/v1/records")
    async def records(
        by: Annotated[Identity, Depends(who)],
        who_: Annotated[str | None, Query(alias="who", max_length=200)] = None,
        database: Annotated[str | None, Query(max_length=200)] = None,
        table: Annotated[str | None, Query(max_length=200)] = None,
        column: Annotated[str | None, Query(max_length=300)] = None,
        data_class: Annotated[str | None, Query(alias="class", max_length=100)] = None,
        decision: Annotated[str | None, Query(max_length=20)] = None,
        text: Annotated[str | None, Query(max_length=200)] = None,
        kind: Annotated[str | None, Query(max_length=40)] = None,
        session: Annotated[str | None, Query(max_length=100)] = None,
        since: AwareDatetime | None = None,
        until: AwareDatetime | None = None,
        cursor: Annotated[str | None, Query(max_length=60)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    ) -> Response:
        question = Question(
            since=since, until=_earlier(until, cursor), who=who_, database=database, table=table, column=column,
            data_class=data_class, decision=decision, text=text, kind=kind, session=session, limit=limit,
        )  # fmt: skip
        found = await control.reading.search(by, question)
        if isinstance(found, Refused):
            raise declined(found)
        following = str(found[-1].get("time")) if len(found) == limit else None
        return JSONResponse({"records": found, "cursor": following})

    @app.get("/api/v1/records/{shard}/{number}")
    async def record(shard: str, number: int, by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.reading.record(by, shard, number)
        if isinstance(found, Refused):
            raise declined(found)
        return JSONResponse(found)

    @app.get("/api/v1/records/{shard}/{number}/proof")
    async def proof(shard: str, number: int, by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.reading.proof(by, shard, number)
        if isinstance(found, Refused):
            raise declined(found)
        return JSONResponse(asdict(found))

    @app.get("/api/v1/sightings")
    async def sightings(
        by: Annotated[Identity, Depends(who)],
        column: Annotated[str, Query(max_length=300)],
        since: AwareDatetime | None = None,
        until: AwareDatetime | None = None,
        cursor: Annotated[str | None, Query(max_length=60)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    ) -> Response:
        asked = Question(column=column, since=since, until=_earlier(until, cursor), limit=limit)
        found = await control.reading.sightings(by, asked)
        if isinstance(found, Refused):
            raise declined(found)
        following = found[-1].time if len(found) >= limit else None
        return JSONResponse({"sightings": [asdict(each) for each in found], "cursor": following})

    @app.get("/api/v1/pulse")
    async def pulse(by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.reading.pulse(by)
        if isinstance(found, Refused):
            raise declined(found)
        told = {**asdict(found), "delays": dict(control.reading.figures.delays())}
        return JSONResponse(jsonable_encoder(told))

    @app.get("/api/v1/logs")
    async def logs(by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.reading.logs(by)
        if isinstance(found, Refused):
            raise declined(found)
        return JSONResponse({"logs": [asdict(each) for each in found]})

    @app.get("/api/v1/condition")
    async def condition(by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.reading.condition(by)
        if isinstance(found, Refused):
            raise declined(found)
        return JSONResponse(
            jsonable_encoder(
                {**asdict(found), "sinks": dict(control.health.lags()), "spans": dict(control.health.spans())}
            )
        )

    @app.get("/api/v1/databases")
    async def databases(by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.reading.databases(by)
        if isinstance(found, Refused):
            raise declined(found)
        listed = [{"name": name, "environment": where} for name, where in found]
        return JSONResponse({"databases": listed, "classes": sorted(CLASSES)})

    @app.get("/api/v1/databases/{database}/copies")
    async def copies(database: str, by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.reading.copies(by, database)
        if isinstance(found, Refused):
            raise declined(found)
        return JSONResponse({"among": COPIED_AMONG, "copies": jsonable_encoder([asdict(each) for each in found])})

    @app.get("/api/v1/databases/{database}/columns/{column}/history")
    async def history(database: str, column: str, by: Annotated[Identity, Depends(who)]) -> Response:
        named = column_named(f"{database}.{column}")
        if named is None:
            raise Declined(422, "name a column as SCHEMA.TABLE.COLUMN")
        found = await control.data_map(by, database)
        if isinstance(found, Refused):
            raise declined(found)
        said = await control.said_of(by, *named)
        return JSONResponse(jsonable_encoder({"said": [asdict(each) for each in said]}))


def _earlier(until: datetime | None, cursor: str | None) -> datetime | None:
    """Return where a list goes on: before the time that the cursor names."""
    if cursor is None:
        return until
    try:
        named = datetime.fromisoformat(cursor)
    except ValueError:
        named = None
    if named is None or named.tzinfo is None:
        raise Declined(422, "the cursor is none of ours; begin without one")
    return named if until is None else min(until, named)


def _add_views(app: FastAPI, control: Control, who: Caller, json_only: JsonOnly) -> None:
    def told(found: Kept | Refused) -> Response:
        if isinstance(found, Refused):
            raise declined(found)
        return JSONResponse({"views": [{"name": name, "query": query} for name, query in found]})

    @app.get("/api/v1/views")
    async def views(by: Annotated[Identity, Depends(who)]) -> Response:
        return told(await control.views.list(by))

    @app.post("/api/v1/views", dependencies=[Depends(json_only)])
    async def keep(kept: KeptView, by: Annotated[Identity, Depends(who)]) -> Response:
        return told(await control.views.keep(by, kept.name, kept.query))

    @app.post("/api/v1/views/drop", dependencies=[Depends(json_only)])
    async def drop(dropped: DroppedView, by: Annotated[Identity, Depends(who)]) -> Response:
        return told(await control.views.drop(by, dropped.name))


def _add_rules(app: FastAPI, control: Control, who: Caller, json_only: JsonOnly) -> None:
    @app.get("/api/v1/rule-sets")
    async def rule_sets(by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.reading.rule_sets(by)
        listed = [
            {"digest": each.digest, "in_force": each.in_force, "since": moment(datetime.fromtimestamp(each.since, UTC))}
            for each in found
        ]
        return JSONResponse({"rule_sets": listed})

    @app.get("/api/v1/rule-sets/{digest}")
    async def rule_set(digest: str, by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.reading.rule_set(by, digest)
        if isinstance(found, Refused):
            raise declined(found)
        return JSONResponse({"digest": found.digest, "in_force": found.in_force, "files": dict(found.files)})

    @app.get("/api/v1/rule-hits")
    async def hits(by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.reading.rules_hit(by)
        if isinstance(found, Refused):
            raise declined(found)
        return JSONResponse({"among": HIT_AMONG, "hits": dict(found)})

    @app.post("/api/v1/replay", dependencies=[Depends(json_only)])
    async def replay(asked: Since, by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.reading.replay(by, asked.since)
        if isinstance(found, Refused):
            raise declined(found)
        return JSONResponse({"changed": [dict(each) for each in found]})

    @app.get("/api/v1/principals")
    async def principals(by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.reading.principals(by)
        if isinstance(found, Refused):
            raise declined(found)
        return JSONResponse({"principals": found})

    @app.post("/api/v1/explain", dependencies=[Depends(json_only)])
    async def explain(tried: Tried, by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.reading.explain(
            by, name=tried.name, database=tried.database, sql=tried.sql, reason=tried.reason
        )
        if isinstance(found, Refused):
            raise declined(found)
        return JSONResponse({"statements": [dict(each) for each in found]})


def _add_evidence(app: FastAPI, control: Control, who: Caller, json_only: JsonOnly) -> None:
    @app.get("/api/v1/evidence")
    async def packs(by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.evidence.list(by)
        if isinstance(found, Refused):
            raise declined(found)
        return JSONResponse({"packs": [asdict(each) for each in found]})

    @app.post("/api/v1/evidence", dependencies=[Depends(json_only)])
    async def build(span: Span, by: Annotated[Identity, Depends(who)]) -> Response:
        done = await control.evidence.build(by, span.since, span.until)
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse(asdict(done), 201)

    @app.post("/api/v1/evidence/{name}/verify", dependencies=[Depends(json_only)])
    async def verify(name: str, by: Annotated[Identity, Depends(who)]) -> Response:
        done = await control.evidence.verify(by, name)
        if isinstance(done, Refused):
            raise declined(done)
        return JSONResponse(asdict(done))

    @app.get("/api/v1/evidence/{name}/zip")
    async def taken(name: str, by: Annotated[Identity, Depends(who)]) -> Response:
        found = await control.evidence.taken(by, name)
        if isinstance(found, Refused):
            raise declined(found)
        return FileResponse(found, media_type="application/zip", filename=f"proctor-evidence-{name}.zip")
