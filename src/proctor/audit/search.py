"""Answers what an auditor asks: who read `customers.email` between these dates, why, and what did they see.

`search` finds records, each decided statement with its answer; `sightings` tells it by the column: who, when, why,
masked as what, how many cells. `export` reads the log itself. Takes a state folder and what is asked; returns rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from proctor.audit.index import Index, Row, decode, part, parts, word
from proctor.audit.reading import Tail, everything

MOST: Final = 1000


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
        limit=limit,
    )
    with Index.open(state, index) as opened:
        opened.refresh()
        yield from ask(opened, question)


def ask(index: Index, question: Question) -> Iterator[Row]:
    """Yield what an open index has to say."""
    where, values = _conditions(question)
    query = (
        f"select record, answer from (select r.number, r.time, r.record, (select a.record from records a "  # noqa: S608
        f"where a.answers = r.id and a.shard = r.shard order by a.number limit 1) as answer from records r "
        f"where {' and '.join(where)} order by r.time desc, r.number desc limit ?) order by time, number"
    )
    for record, answer in index.connection.execute(query, (*values, question.limit)):
        said = decode(record)
        if answer is not None:
            said["answered"] = decode(answer)
        yield said


def _conditions(question: Question) -> tuple[list[str], list[str]]:
    """Return the conditions and their values. Only fixed words go into the text of the query."""
    where, values = ["1"], []
    simple = {
        "r.time >= ?": _stamp(question.since),
        "r.time < ?": _stamp(question.until),
        "r.database = ?": question.database,
        "r.verdict = ?": question.decision,
        "r.kind = ?": question.kind,
        "r.session = ?": question.session,
        "instr(r.words, ?)": None if question.text is None else question.text.lower(),
        "r.number in (select record from masked where class = ?)": question.data_class,
    }
    for condition, value in simple.items():
        if value is not None:
            where.append(condition)
            values.append(value)
    if question.who is not None:
        where.append("(r.subject = ? or r.behalf = ? or r.named = ?)")
        values += [question.who] * 3
    if question.table is not None or question.column is not None:
        condition, named = _touching(question.table, question.column)
        where.append(f"r.number in (select record from touched where {condition})")  # noqa: S608
        values += named
    if question.kind is None and (question.table or question.column or question.decision or question.text):
        where.append("r.kind <> 'statement.answered'")
    return where, values


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


def _stamp(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a time without a zone means nothing in a journal")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


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
