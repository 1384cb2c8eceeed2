"""Pages of the house: what goes on now, the data map, the rules, and how everything is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from difflib import unified_diff
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from proctor.audit.search import Question
from proctor.classify.classes import CLASSES
from proctor.control import Mapped, Refused
from proctor.control.pulse import Pulse
from proctor.faces.console.charts import bars
from proctor.faces.console.stage import Guest, Stage, to

MOST: Final = 500  # columns on a page
MOST_LINES: Final = 5000
LATELY: Final = 20  # changes of classes on a page
LATE: Final = 10.0  # seconds by which a record may be old before it is worth telling


def add_to(stage: Stage) -> None:
    """Add the pages."""
    _add_now(stage)
    _add_data(stage)
    _add_rules(stage)
    _add_health(stage)


def _add_now(stage: Stage) -> None:
    control = stage.control

    async def now(guest: Guest) -> Response:
        sessions = await control.sessions(guest.me)
        mine = {one.id for one in sessions if guest.me.subject in (one.subject, one.on_behalf_of)}
        pulse = await control.reading.pulse(guest.me) if guest.reads else None
        lags = control.health.lags()
        lag = ", ".join(f"{sink} is {behind} records behind" for sink, behind in lags.items())
        delays = control.reading.figures.delays()
        return stage.show(
            guest,
            "now.html",
            sessions=sessions,
            mine=mine,
            charts=_charts(pulse) if isinstance(pulse, Pulse) else (),
            counted=pulse.counted if isinstance(pulse, Pulse) else None,
            delays={shard: delay for shard, delay in delays.items() if delay > LATE},
            behind=max(delays.values(), default=None),
            lag=lag,
            troubles=control.health.troubles,
        )

    async def kill(guest: Guest) -> Response:
        done = await control.kill(guest.me, guest.place("session"), guest.said("because") or None)
        stage.got(guest, done)
        return to("/console/now?done=kill")

    stage.get("now", now)
    stage.post("sessions/{session}/kill", kill)


def _charts(pulse: Pulse) -> list[dict[str, object]]:
    counted = (
        ("Statements let through", pulse.allowed),
        ("Rows out", pulse.rows),
        ("Denied", pulse.denied),
        ("Held", pulse.held),
        ("Failed", pulse.failed),
    )
    timed = (
        ("Median time of answers", pulse.latency),
        ("99 of 100 answers within", pulse.slowest),
        ("Median that the gateway added", pulse.added),
    )
    found: list[dict[str, object]] = [
        {"title": title, "total": _rate(values), "bars": bars(values)} for title, values in counted
    ]
    for title, values in timed:
        found.append({"title": title, "total": _typical(values), "bars": bars(values, " µs")})
    return found


def _rate(values: Sequence[int]) -> str:
    most = max(values, default=0) / 60
    return f"{sum(values):,}" + (f", at most {most:,.1f} a second" if most else "")


def _typical(values: Sequence[int]) -> str:
    known = sorted(value for value in values if value)
    if not known:
        return "none"
    micros = known[len(known) // 2]
    return f"{micros / 1000:.1f} ms" if micros >= 1000 else f"{micros} µs"


def _add_data(stage: Stage) -> None:
    control = stage.control

    async def databases(guest: Guest) -> Response:
        found = await control.reading.databases(guest.me)
        stage.got(guest, found)
        assert not isinstance(found, Refused)
        return stage.show(guest, "data.html", database=None, databases=[name for name, _ in found])

    async def columns(guest: Guest) -> Response:
        database, sought, everything = guest.place("database"), guest.asked("q").casefold(), bool(guest.asked("all"))
        found = await control.data_map(guest.me, database)
        stage.got(guest, found)
        assert not isinstance(found, Refused)
        scans = await control.reading.search(guest.me, Question(kind="scan.finished", database=database, limit=1))
        asked = Question(kind="classification.changed", database=database, limit=LATELY)
        changes = await control.reading.search(guest.me, asked)
        steps = await control.reading.copies(guest.me, database)
        counted = Counter(str(one.finding.data_class) for one in found if one.finding.data_class is not None)
        shown = [
            one
            for one in found
            if (everything or sought or one.finding.data_class is not None)
            and sought in f"{one.column} {one.finding.data_class}".casefold()
        ]
        return stage.show(
            guest,
            "data.html",
            database=database,
            columns=found,
            sensitive=counted.total(),
            evident=sum(bool(one.finding.evidence) for one in found),
            copies=[one for one in found if one.finding.source == "inherited"][:MOST],
            steps=() if isinstance(steps, Refused) else steps[:MOST],
            moved=0 if isinstance(steps, Refused) else len(steps),
            scanned=None if isinstance(scans, Refused) or not scans else scans[0].get("time"),
            changes=() if isinstance(changes, Refused) else changes,
            classes=sorted(counted.items()),
            shown=shown[:MOST],
            more=max(0, len(shown) - MOST),
            q=guest.asked("q"),
            all=everything,
        )

    async def found_in(guest: Guest, database: str, name: str) -> Mapped:
        found = await control.data_map(guest.me, database)
        stage.got(guest, found)
        assert not isinstance(found, Refused)
        one = next((each for each in found if str(each.column) == name), None)
        if one is None:
            stage.got(guest, Refused("missing", "there is no such column in the map"))
        assert one is not None
        return one

    async def column(guest: Guest) -> Response:
        database = guest.place("database")
        one = await found_in(guest, database, guest.asked("name"))
        history = await control.said_of(guest.me, database, one.column)
        return stage.show(guest, "column.html", one=one, history=history, classes=sorted(CLASSES))

    async def say(guest: Guest) -> Response:
        database, name = guest.place("database"), guest.said("name")
        one = await found_in(guest, database, name)
        because = guest.said("because")
        if guest.said("step") == "back":
            done = await control.take_back(guest.me, database, one.column, because)
        else:
            done = await control.classify(guest.me, database, one.column, guest.said("class") or None, because)
        stage.got(guest, done)
        step = "back" if guest.said("step") == "back" else "say"
        where = f"/console/data/{quote(database, safe='')}/column"
        return to(f"{where}?name={quote(name, safe='')}&done={step}")

    stage.get("data", databases)
    stage.get("data/{database}", columns)
    stage.get("data/{database}/column", column)
    stage.post("data/{database}/column", say)


def _add_rules(stage: Stage) -> None:
    control = stage.control

    async def rules(guest: Guest) -> Response:
        listed = await control.rule_list(guest.me)
        sets = await control.reading.rule_sets(guest.me)
        hits = await control.reading.rules_hit(guest.me) if guest.reads else None
        return stage.show(
            guest,
            "rules.html",
            rules=listed,
            digest=control.rules.digest,
            sets=sets,
            hits=hits if isinstance(hits, Counter) else None,
            stamp=lambda seconds: datetime.fromtimestamp(seconds, UTC),
        )

    async def reload(guest: Guest) -> Response:
        stage.got(guest, await control.reload(guest.me))
        return to("/console/rules?done=reload")

    async def rule_set(guest: Guest) -> Response:
        found = await control.reading.rule_set(guest.me, guest.place("digest"))
        stage.got(guest, found)
        return stage.show(guest, "rule-set.html", one=found)

    async def diff(guest: Guest) -> Response:
        before = await control.reading.rule_set(guest.me, guest.asked("before"))
        after = await control.reading.rule_set(guest.me, guest.asked("after"))
        stage.got(guest, before)
        stage.got(guest, after)
        assert not isinstance(before, Refused)
        assert not isinstance(after, Refused)
        lines: list[str] = []
        for name in sorted({*before.files, *after.files}):
            one, other = (each.files.get(name, "").splitlines() for each in (before, after))
            lines += unified_diff(one, other, name, name, lineterm="")
        return stage.show(guest, "rules-diff.html", before=before, after=after, lines=lines[:MOST_LINES])

    async def tester(guest: Guest, trouble: str = "", stories: object = ()) -> Response:
        principals = await control.reading.principals(guest.me)
        databases = await control.reading.databases(guest.me)
        stage.got(guest, principals)
        asked = {name: guest.said(name) for name in ("name", "database", "reason", "sql")}
        return stage.show(
            guest,
            "rules-test.html",
            principals=principals,
            databases=() if isinstance(databases, Refused) else [name for name, _ in databases],
            asked=asked,
            trouble=trouble,
            stories=stories,
        )

    async def play(guest: Guest) -> Response:
        done = await control.reading.explain(
            guest.me,
            name=guest.said("name"),
            database=guest.said("database"),
            sql=guest.said("sql"),
            reason=guest.said("reason"),
        )
        if isinstance(done, Refused):
            if done.why == "forbidden":
                stage.got(guest, done)
            return await tester(guest, done.reason)
        return await tester(guest, "", done)

    async def replay(guest: Guest) -> Response:
        days = guest.said("days")
        if not days.isdecimal() or not 1 <= len(days) <= 3:
            stage.got(guest, Refused("invalid", "say how many days to go back: 1 to 999"))
        found = await control.reading.replay(guest.me, datetime.now(UTC) - timedelta(days=int(days)))
        stage.got(guest, found)
        assert not isinstance(found, Refused)
        return stage.show(guest, "rules-replay.html", found=found[:MOST], more=max(0, len(found) - MOST), days=days)

    stage.get("rules", rules)
    stage.post("rules-replay", replay)
    stage.post("rules", reload)
    stage.get("rules/{digest}", rule_set)
    stage.get("rules-diff", diff)
    stage.get("rules-test", tester)
    stage.post("rules-test", play)


def _add_health(stage: Stage) -> None:
    control = stage.control

    async def health(guest: Guest) -> Response:
        logs = await control.reading.logs(guest.me) if guest.reads else None
        condition = await control.reading.condition(guest.me) if guest.reads else None
        sessions = await control.sessions(guest.me)
        return stage.show(
            guest,
            "health.html",
            condition=None if isinstance(condition, Refused) else condition,
            health=control.health,
            version=stage.version,
            digest=control.rules.digest,
            logs=None if isinstance(logs, Refused) else logs,
            workers=sorted(Counter(one.worker for one in sessions).items()) if guest.reads else (),
        )

    stage.get("health", health)
