"""Pages of the journal: search, one record with its proof, who saw a column; and evidence packs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Final
from urllib.parse import quote, urlencode

from starlette.responses import FileResponse, Response

from proctor.audit.record import KINDS
from proctor.audit.search import Question
from proctor.classify.classes import CLASSES
from proctor.control import Refused
from proctor.control.views import FIELDS
from proctor.faces.console.charts import flows
from proctor.faces.console.stage import HEADERS, Guest, Stage, to, viewed, words_of
from proctor.faces.console.words import zone_named

MOST: Final = 100
_KINDS: Final = sorted(str(kind.__struct_config__.tag) for kind in KINDS)
_LONGEST: Final = 4000


def add_to(stage: Stage) -> None:
    """Add the pages."""
    _add_search(stage)
    _add_record(stage)
    _add_evidence(stage)


def _add_search(stage: Stage) -> None:
    control = stage.control

    async def search(guest: Guest) -> Response:
        asked = {name: guest.asked(name) for name in FIELDS}
        since, until = moment(stage, guest, asked["since"]), moment(stage, guest, asked["until"])
        found = await control.reading.search(guest.me, _question(asked, since, until))
        stage.got(guest, found)
        assert not isinstance(found, Refused)
        kept = await control.views.list(guest.me)
        older = ""
        if len(found) == MOST:
            older = "/console/journal?" + urlencode(
                {**{name: value for name, value in asked.items() if value}, "until": str(found[-1].get("time"))}
            )
        return stage.show(
            guest,
            "journal.html",
            found=found,
            asked=asked,
            older=older,
            kinds=_KINDS,
            classes=sorted(CLASSES),
            summary=words_of,
            views=() if isinstance(kept, Refused) else kept,
            query=urlencode({name: value for name, value in asked.items() if value}),
        )

    async def seen(guest: Guest) -> Response:
        column = guest.asked("column")
        found = await control.reading.sightings(guest.me, Question(column=column or "-", limit=MOST))
        stage.got(guest, found)
        return stage.show(guest, "seen.html", found=found, column=column)

    async def view(guest: Guest) -> Response:
        if guest.said("step") == "drop":
            stage.got(guest, await control.views.drop(guest.me, guest.said("name")))
            return to("/console/journal?done=dropped")
        stage.got(guest, await control.views.keep(guest.me, guest.said("name"), guest.said("query")))
        return to("/console/journal?done=kept")

    stage.get("journal", search)
    stage.post("journal-views", view)
    stage.get("seen", seen)


def _question(asked: Mapping[str, str], since: datetime | None, until: datetime | None) -> Question:
    return Question(
        since=since,
        until=until,
        who=asked["who"] or None,
        database=asked["database"] or None,
        table=asked["table"] or None,
        data_class=asked["data_class"] or None,
        decision=asked["decision"] or None,
        text=asked["text"] or None,
        kind=asked["kind"] or None,
        session=asked["session"] or None,
        limit=MOST,
    )


def moment(stage: Stage, guest: Guest, text: str) -> datetime | None:
    """Return a moment that somebody wrote; without a zone it is in theirs."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        stage.got(guest, Refused("invalid", "write a time as 2026-01-02 or 2026-01-02 03:04"))
        raise
    return found if found.tzinfo is not None else found.replace(tzinfo=zone_named(viewed(guest.request)[1]) or UTC)


def _add_record(stage: Stage) -> None:
    control = stage.control

    async def record(guest: Guest) -> Response:
        shard, written = guest.place("shard"), guest.place("number")
        number = int(written) if written.isascii() and written.isdecimal() and len(written) < 19 else -1
        if number < 0:
            stage.got(guest, Refused("missing", "there is no such record"))
        found = await control.reading.record(guest.me, shard, number)
        stage.got(guest, found)
        assert not isinstance(found, Refused)
        proof = None
        if guest.asked("prove"):
            proof = await control.reading.proof(guest.me, shard, number)
            stage.got(guest, proof)
        statement = found.get("statement")
        text = statement.get("text") if isinstance(statement, dict) else statement
        return stage.show(
            guest,
            "record.html",
            one=found,
            shard=shard,
            number=number,
            text=text,
            flows=flows([*_flows(found)]),
            fields=[*_fields(found)],
            proof=proof,
        )

    stage.get("journal/{shard}/{number}", record)


def _flows(said: Mapping[str, object]) -> Iterator[tuple[str, str, bool]]:
    masks = said.get("masks")
    for mask in masks if isinstance(masks, list) else ():
        for column in mask.get("columns", ()):
            yield str(column), f"output {mask.get('output')}, masked as {mask.get('mask')}", True
    shows = said.get("shows")
    for relation, names in shows.items() if isinstance(shows, dict) else ():
        for name in names:
            yield f"{relation}.{name}", "shown as it is", False


def _fields(said: Mapping[str, object], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in said.items():
        if isinstance(value, dict):
            if name == "sealed":
                yield before + name, "encrypted; `proctor audit reveal` opens it for who may"
            else:
                yield from _fields(value, f"{before}{name}.")
        else:
            told = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            yield before + name, told[:_LONGEST]


def _add_evidence(stage: Stage) -> None:
    evidence = stage.control.evidence

    async def shown(guest: Guest, checked: object = None, name: str = "") -> Response:
        packs = await evidence.list(guest.me)
        stage.got(guest, packs)
        return stage.show(guest, "evidence.html", packs=packs, checked=checked, name=name)

    async def listed(guest: Guest) -> Response:
        return await shown(guest)

    async def build(guest: Guest) -> Response:
        since, until = _day(stage, guest, guest.said("since")), _day(stage, guest, guest.said("until"))
        done = await evidence.build(guest.me, since, until)
        stage.got(guest, done)
        return to("/console/evidence?done=built")

    async def verify(guest: Guest) -> Response:
        name = guest.place("name")
        checked = await evidence.verify(guest.me, name)
        stage.got(guest, checked)
        return await shown(guest, checked=checked, name=name)

    async def taken(guest: Guest) -> Response:
        name = guest.place("name")
        found = await evidence.taken(guest.me, name)
        stage.got(guest, found)
        assert not isinstance(found, Refused)
        return FileResponse(
            found, media_type="application/zip", filename=f"proctor-evidence-{quote(name)}.zip", headers=HEADERS
        )

    stage.get("evidence", listed)
    stage.post("evidence", build)
    stage.post("evidence/{name}", verify)
    stage.get("evidence/{name}.zip", taken)


def _day(stage: Stage, guest: Guest, text: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        stage.got(guest, Refused("invalid", "write a day as 2026-01-02"))
        raise
    return datetime.combine(day, time(), zone_named(viewed(guest.request)[1]) or UTC)
