"""Where copies of sensitive data went: from column to column within a database, and out of it by COPY … TO.

Takes records of statements, oldest first, each with its answer; returns steps, each with the routes by which what it
took had come. Columns are called as they were called then. Knows no files, no index and no data map.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from proctor.audit.fields import Row, part, parts, word, words

COLUMN: Final = "column"
CLIENT: Final = "client"
FILE: Final = "server file"
PROGRAM: Final = "server program"
ANY: Final = "any"
MAX_ROUTES: Final = 10
"""Of one column: a stranger who copies to and fro makes routes faster than anybody reads them."""
LONGEST: Final = 12
MOST_COLUMNS: Final = 10_000
GOOD: Final = "00000"

Route = tuple[str, ...]
"""Columns, each copied from the one before it; the first was no copy, as far as it is known."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What one statement took elsewhere: `target` is a column, or else the sort of place outside the database."""

    time: str
    who: str
    on_behalf_of: str
    ticket: str
    way: str
    target: str
    sources: tuple[str, ...]
    classes: tuple[str, ...]
    masked: bool
    rows: int
    routes: tuple[Route, ...]
    """The ways from the first columns to the sources, where these were copies themselves."""
    record: str


def ways_of(said: Row) -> set[str]:
    """Return in which ways a statement would take data elsewhere."""
    if said.get("kind") != "statement.decided":
        return set()
    basis = part(said, "basis")
    found = {COLUMN} if parts(basis, "copies") else set()
    if word(said, "command") != "copy":
        return found
    outside = {_place(access) for access in parts(basis, "accesses") if access.get("action") == "export"}
    # COPY … FROM has neither masks nor outputs: nothing comes out of it.
    return found | outside if outside else found | ({CLIENT} if said.get("masks") or said.get("shows") else set())


def _place(access: Row) -> str:
    return PROGRAM if "program" in words(access, "traits") else FILE


def copies(records: Iterable[Row]) -> Iterator[Copy]:
    """Yield each step that took values of sensitive columns elsewhere, of statements that have run to their end."""
    known: dict[str, tuple[Route, ...]] = {}
    for said in records:
        if word(part(said, "decision"), "verdict") != "allow" or not _ran(part(said, "answered")):
            continue
        classes = part(part(said, "basis"), "classes")
        ways = ways_of(said)
        made = [*_within(said, classes, known)] if COLUMN in ways else []
        yield from made
        for step in made:
            _learn(known, step)
        for way in sorted(ways - {COLUMN}):
            yield from _outside(said, classes, known, way)


def _ran(answered: Row) -> bool:
    return word(answered, "sqlstate") in (None, GOOD) if answered else False


def _within(said: Row, classes: Row, known: dict[str, tuple[Route, ...]]) -> Iterator[Copy]:
    for one in parts(part(said, "basis"), "copies"):
        target = word(one, "target") or ""
        sources = [name for name in words(one, "sources") if name in classes and name != target]
        if sources:
            yield _step(said, COLUMN, target, sources, classes, known, masked=False)


def _outside(said: Row, classes: Row, known: dict[str, tuple[Route, ...]], way: str) -> Iterator[Copy]:
    masked = {name for mask in parts(said, "masks") for name in words(mask, "columns")}
    # A file or program of the server gets the values as they are: there is no answer to mask.
    plain = _named(said, "shows" if way == CLIENT else "reads")
    for hidden, columns in ((False, plain - masked if way == CLIENT else plain), (True, masked)):
        sources = sorted(name for name in columns if name in classes or hidden)
        if sources:
            yield _step(said, way, way, sources, classes, known, masked=hidden)


def _named(said: Row, field: str) -> set[str]:
    found = part(said, field)
    return {f"{relation}.{name}" for relation in found for name in words(found, relation)}


def _step(
    said: Row, way: str, target: str, sources: list[str], classes: Row, known: dict[str, tuple[Route, ...]],
    *, masked: bool,
) -> Copy:  # fmt: skip
    who = part(said, "who")
    rows = part(said, "answered").get("rows")
    classified = {mask_class for mask in parts(said, "masks") if masked and (mask_class := word(mask, "class"))}
    return Copy(
        time=word(said, "time") or "",
        who=word(who, "subject") or "",
        on_behalf_of=word(who, "on_behalf_of") or "",
        ticket=word(said, "ticket") or "",
        way=way,
        target=target,
        sources=tuple(sources),
        classes=tuple(sorted(classified | {str(classes[name]) for name in sources if name in classes})),
        masked=masked,
        rows=rows if isinstance(rows, int) else 0,
        routes=tuple(route for name in sources for route in known.get(name, ()))[:MAX_ROUTES],
        record=f"{said.get('shard')}/{said.get('seq')}",
    )


def _learn(known: dict[str, tuple[Route, ...]], step: Copy) -> None:
    """Remember how values came to a column, so that a copy of it is told with all of its way."""
    before = known.get(step.target, ())
    if not before and len(known) >= MOST_COLUMNS:
        return
    more = [
        (*route, step.target)
        for source in step.sources
        for route in known.get(source, ((source,),))
        if step.target not in route and len(route) < LONGEST
    ]
    known[step.target] = tuple(dict.fromkeys((*before, *more)))[:MAX_ROUTES]
