"""Answers what an auditor asks: who read `customers.email` between these dates, why, and what did they see.

`search` finds records, each decided statement with its answer; `sightings` tells it by the column: who, when, why,
masked as what, how many cells. `export` reads the log itself. Takes a state folder and what is asked; returns rows.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from proctor.audit.fields import Row, decode, part, parts, word
from proctor.audit.index import ANSWER, Index, microseconds
from proctor.audit.reading import Tail, everything, fetched

MOST: Final = 1000
AT_ONCE: Final = 2000  # records in memory at a time
WALK: Final = 20_000  # records that are passed over by time before any shape is looked at
STEPS: Final = 150  # more of those for each shape that may lie there: as long as a read from a disk takes
FAR: Final = 300_000  # but no more than so many: an eighth of a second
NEAR: Final = 200  # records behind a decision among which its answer is looked for first


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked; what is None does not matter. `since` is included, `until` is not."""

    since: datetime | None = None
    until: datetime | None = None
    who: str | None = None
    database: str | None = None
    table: str | None = None
    column: str | None = None
    data_class: str | None = None
    decision: str | None = None
    text: str | None = None
    kind: str | None = None
    session: str | None = None
    way: str | None = None
    """How a statement would take data elsewhere, `any` for whichever."""
    limit: int = MOST


@dataclass(frozen=True, slots=True)
class Sighting:
    """One column in one statement: who asked for it, why, and what became of its cells.

    `mask` is None where the column was not among the masked outputs; `plain` says that its values came out as they are,
    else it was used without being shown.
    `rows` and `cells` are None when no answer was recorded.
    """

    time: str
    who: str | None
    on_behalf_of: str | None
    reason: str | None
    database: str | None
    column: str
    how: str
    verdict: str | None
    mask: str | None
    data_class: str | None
    rows: int | None
    cells: int | None
    plain: bool
    id: str


def search(
    state: Path,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    who: str | None = None,
    database: str | None = None,
    table: str | None = None,
    column: str | None = None,
    data_class: str | None = None,
    decision: str | None = None,
    text: str | None = None,
    kind: str | None = None,
    session: str | None = None,
    way: str | None = None,
    limit: int = MOST,
    index: Path | None = None,
) -> Iterator[Row]:
    """Yield the newest records that fit, oldest first; a decided statement carries its answer under `answered`."""
    question = Question(
        since=since,
        until=until,
        who=who,
        database=database,
        table=table,
        column=column,
        data_class=data_class,
        decision=decision,
        text=text,
        kind=kind,
        session=session,
        way=way,
        limit=limit,
    )
    with Index.open(state, index) as opened:
        opened.refresh()
        yield from ask(opened, question)


Found = tuple[int, int, int, int, int, int | None]
"""A record in the index: its time and number, the numbers of its shard, its key, and its place in its bundle."""
_FOUND: Final = "r.time, r.number, r.shard, r.seq, r.key, r.place"
_Place = tuple[int, int]
"""A record's time and number, behind which it is looked further."""
_NOW: Final[_Place] = (2**63 - 1, 2**63 - 1)
_EVER: Final = -(2**63)
_BEHIND: Final = "r.time <= ? and not (r.time = ? and r.number >= ?)"
_NEWEST: Final = "order by r.time desc, r.number desc"


@dataclass(frozen=True, slots=True)
class _Sought:
    """What is asked of a record beside its shape: as a condition, and its values."""

    when: str
    values: tuple[int, ...]
    since: int

    @property
    def beside(self) -> str:
        """Return the condition for records that are found by their shape: `+` keeps SQLite from another index."""
        return self.when.replace("r.session", "+r.session")


def _behind(place: _Place) -> tuple[int, int, int]:
    return place[0], *place


def ask(index: Index, question: Question) -> Iterator[Row]:
    """Yield what an open index has to say."""
    found = list(_newest(index, question))[::-1]
    for start in range(0, len(found), AT_ONCE):
        yield from _told(index, found[start : start + AT_ONCE])


def _newest(index: Index, question: Question) -> Iterator[Found]:
    """Yield the records that fit, newest first."""
    execute = index.connection.execute
    which, named = _shapes(question)
    sought = _sought(index, question)
    if not which:
        query = f"select {_FOUND} from records r where {sought.when} {_NEWEST} limit ?"  # noqa: S608 - fixed words
        yield from execute(query, (*sought.values, question.limit))
        return
    execute("create temp table if not exists fits (number integer primary key)")
    execute("delete from fits")
    if execute(f"insert into fits {which}", named).rowcount:
        yield from _of_shapes(index, sought, question.limit)


def _of_shapes(index: Index, sought: _Sought, limit: int) -> Iterator[Found]:
    """Yield the newest records of the shapes that fit: first by walking back in time, then shape by shape.

    A shape's own records lie anywhere in the file, and each look is two reads from the disk; those of all, by their
    times, lie side by side. So the walk goes on as far as looking at the shapes that may lie there would cost.
    """
    near, place = _walked(index, sought, _NOW, WALK, limit)
    yield from near
    limit -= len(near)
    if place is None:
        return
    steps = min(FAR, STEPS * _about(index, place)) - WALK
    if steps > 0:
        near, place = _walked(index, sought, place, steps, limit)
        yield from near
        limit -= len(near)
    if place is not None:
        yield from _one_by_one(index, sought, place, limit)


def _walked(index: Index, sought: _Sought, start: _Place, steps: int, limit: int) -> tuple[list[Found], _Place | None]:
    """Pass over so many records behind a place: those that fit, and where that ended if there may be more of them."""
    execute = index.connection.execute
    walk = f"select r.time, r.number, r.shape from records r where {sought.when} and {_BEHIND} {_NEWEST} limit ?"  # noqa: S608
    walked = f"({walk}) w cross join records r on r.number = w.number"
    query = f"select {_FOUND} from {walked} where w.shape in fits limit ?"  # noqa: S608
    along = (*sought.values, *_behind(start))
    found = execute(query, (*along, steps, limit)).fetchall()
    if len(found) == limit:
        return found, None
    end = execute(f"{walk} offset ?", (*along, 1, steps - 1)).fetchone()
    return found, None if end is None else end[:2]


def _about(index: Index, place: _Place) -> int:
    """Return how many of the shapes that fit were seen both before that time and after."""
    query = "select count(*) from fits f cross join spans s on s.shape = f.number where s.first <= ? and s.last >= ?"
    return int(index.connection.execute(query, (place[0], place[0])).fetchone()[0])


def _one_by_one(index: Index, sought: _Sought, place: _Place, limit: int) -> Iterator[Found]:
    """Yield the newest records behind a place, by looking at one shape after the other.

    Those that may have the newest come first, and none is looked at that cannot have any newer than are found.
    """
    execute = index.connection.execute
    spans = "fits f cross join spans s on s.shape = f.number where s.first <= ? and s.last >= ?"
    rest = f"select f.number, min(s.last, ?) newest from {spans} order by newest desc, f.number"  # noqa: S608
    query = f"select r.time, r.number from records r where r.shape = ? and {sought.beside} and {_BEHIND} {_NEWEST}"  # noqa: S608
    best: list[_Place] = []
    for shape, newest in execute(rest, (place[0], place[0], sought.since)):
        if len(best) == limit and newest < best[0][0]:
            break
        for one in execute(query, (shape, *sought.values, *_behind(place))):
            if len(best) < limit:
                heapq.heappush(best, one)
            elif one > best[0]:
                heapq.heapreplace(best, one)
            else:
                break
    for _, number in sorted(best, reverse=True):
        yield from execute(f"select {_FOUND} from records r where r.number = ?", (number,))  # noqa: S608


def _told(index: Index, found: Sequence[Found]) -> Iterator[Row]:
    """Yield those records as they lie in log and journal, each decided statement with its answer."""
    names = dict(index.connection.execute("select number, name from shards").fetchall())
    answers = {key: answer for _, number, shard, _, key, _ in found if (answer := _answer(index, number, shard, key))}
    places = {(names[shard], seq): place for _, _, shard, seq, _, place in found}
    places |= {(names[shard], seq): place for shard, seq, place in answers.values()}
    records = fetched(index.state, places)
    for _, _, shard, seq, key, _ in found:
        said = dict(decode(records[names[shard], seq]))
        answer = answers.get(key)
        if answer is not None and said.get("kind") == "statement.decided":
            answered = decode(records[names[answer[0]], answer[1]])
            if answered.get("of") == said.get("id"):
                said["answered"] = answered
        yield said


def _answer(index: Index, number: int, shard: int, key: int) -> tuple[int, int, int | None] | None:
    """Return where the answer of the record with this number lies: nearly always a few records behind it."""
    query = (
        "select r.shard, r.seq, r.place from records r cross join shapes s on s.number = r.shape "
        "where {} and r.shard = ? and s.kind = ? order by r.number limit 1"
    )
    near = query.format("r.number > ? and r.number <= ? and +r.key = ?")
    execute = index.connection.execute
    row: tuple[int, int, int | None] | None = execute(near, (number, number + NEAR, key, shard, ANSWER)).fetchone()
    if row is None:
        row = execute(query.format("r.key = ?"), (key, shard, ANSWER)).fetchone()
    return row


def _sought(index: Index, question: Question) -> _Sought:
    """Return what is asked of a record beside its shape."""
    where, values, since = ["1"], [], _EVER
    if question.session is not None:
        row = index.connection.execute("select number from sessions where name = ?", (question.session,)).fetchone()
        where.append("r.session = ?")
        values.append(-1 if row is None else int(row[0]))
    for condition, moment in (("r.time >= ?", question.since), ("r.time < ?", question.until)):
        if moment is not None:
            if moment.tzinfo is None:
                raise ValueError("a time without a zone means nothing in a journal")
            where.append(condition)
            values.append(microseconds(moment))
    if question.since is not None:
        since = microseconds(question.since)
    return _Sought(" and ".join(where), tuple(values), since)


def _shapes(question: Question) -> tuple[str, list[str]]:
    """Return the query for the shapes that fit and its values, or nothing where any does. Its words are all fixed.

    Answers have neither decision nor words, and touch nothing: they never fit what is asked of these.
    """
    arms: list[str] = []
    values: list[str] = []
    simple = {
        "select shape from masked where class = ?": question.data_class,
        "select number from shapes where words in (select number from words where instr(text, ?))": (
            None if question.text is None else question.text.lower()
        ),
        "select shape from moved where ? in (way, 'any')": question.way,
        "select number from shapes where verdict = ?": question.decision,
        "select number from shapes where database = ?": question.database,
        "select number from shapes where kind = ?": question.kind,
    }
    if question.who is not None:
        each = (f"select number from shapes where {column} = ?" for column in ("subject", "behalf", "named"))  # noqa: S608
        arms.append(f"select number from ({' union '.join(each)})")  # noqa: S608
        values += [question.who] * 3
    if question.table is not None or question.column is not None:
        condition, named = _touching(question.table, question.column)
        arms.append(f"select shape from touched where {condition}")  # noqa: S608
        values += named
    for arm, value in simple.items():
        if value is not None:
            arms.append(arm)
            values.append(value)
    # `distinct` for one alone: a shape may touch a table by many columns.
    return " intersect ".join(arms).replace("select", "select distinct", len(arms) == 1), values


def _touching(table: str | None, column: str | None) -> tuple[str, list[str]]:
    """Read `email`, `customers.email` or `public.customers.email`, with or without a table beside it."""
    conditions, values = [], []
    if column is not None:
        before, _, name = column.rpartition(".")
        table = table or before or None
        conditions.append("column_name in (?, '*')")
        values.append(name)
    if table is not None:
        conditions.append("relation = ?" if "." in table else "name = ?")
        values.append(table)
    return " and ".join(conditions), values


def sightings(state: Path, question: Question, *, index: Path | None = None) -> Iterator[Sighting]:
    """Yield, for each statement that fits, what became of each column that was asked for."""
    with Index.open(state, index) as opened:
        opened.refresh()
        for said in ask(opened, question):
            if said.get("kind") == "statement.decided":
                yield from _seen(said, question)


def _seen(said: Row, question: Question) -> Iterator[Sighting]:
    answered = part(said, "answered")
    rows = answered.get("rows")
    for how in ("reads", "writes", "infers"):
        for relation, columns in part(said, how).items():
            for name in columns if isinstance(columns, list) else ():
                column = f"{relation}.{name}"
                if not _asked_for(column, question):
                    continue
                masks = [mask for mask in parts(said, "masks") if column in _list(mask)] if how == "reads" else []
                for mask in masks or [{}]:
                    yield Sighting(
                        time=word(said, "time") or "",
                        who=word(part(said, "who"), "subject"),
                        on_behalf_of=word(part(said, "who"), "on_behalf_of"),
                        reason=word(part(said, "claims"), "reason"),
                        database=word(said, "database"),
                        column=column,
                        how=how.removesuffix("s"),
                        verdict=word(part(said, "decision"), "verdict"),
                        mask=word(mask, "mask"),
                        data_class=word(mask, "class"),
                        rows=rows if isinstance(rows, int) else None,
                        cells=_cells(answered, mask),
                        plain=how == "reads" and name in _under(part(said, "shows"), relation),
                        id=word(said, "id") or "",
                    )


def _under(columns: Row, relation: str) -> list[object]:
    found = columns.get(relation)
    return found if isinstance(found, list) else []


def _list(mask: Row) -> list[object]:
    columns = mask.get("columns")
    return columns if isinstance(columns, list) else []


def _cells(answered: Row, mask: Row) -> int | None:
    if not answered or not mask:
        return None
    found = part(answered, "cells").get(str(mask.get("output")), 0)
    return found if isinstance(found, int) else None


def _asked_for(column: str, question: Question) -> bool:
    relation, _, name = column.rpartition(".")
    wanted = question.column or ""
    before, _, wanted_name = wanted.rpartition(".")
    table = question.table or before
    return (not wanted_name or name == wanted_name) and (not table or table in {relation, relation.rpartition(".")[2]})


def export(state: Path) -> Iterator[bytes]:
    """Yield every record as it was written, one JSON object each, in the order of time: straight from the log."""
    return everything(state)


__all__ = ["Question", "Sighting", "Tail", "ask", "export", "search", "sightings"]
