"""Records as reports read them: one shape for all kinds, and the stories of tickets, grants and glasses put together.

In goes a copied part of the log; out come `Said`s, decided statements with their answers, in an order that is always
the same. Whoever reads a million of them holds a few thousand at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from proctor.audit.evidence.extent import Extent, Unfit, walk
from proctor.audit.record import Claimed, Entitled, Origin, Source, StatementText, Verdict, Who

Place = tuple[str, int]
"""Where a record is: shard and number."""

DECIDED: Final = "statement.decided"
ANSWERED: Final = "statement.answered"
CHANGES: Final = frozenset({"insert", "update", "delete", "define", "grant", "administer", "execute"})
UNNAMED: Final = "not named in the record"
MOST_OPEN: Final = 200_000  # statements without an answer yet: whoever crafts a log shall not fill our memory
_STORIES: Final = (b'"kind":"ticket.', b'"kind":"grant.', b'"kind":"glass.')


class Stood(msgspec.Struct, frozen=True):
    """What a decision stood on, as far as reports tell it."""

    environment: str = ""
    break_glass: bool = False
    classes: dict[str, str] = {}
    grants: dict[str, str] = {}


class Wore(msgspec.Struct, frozen=True):
    """The mask of one output, as far as reports tell it. A record that does not name it is told all the same."""

    output: int = 0
    mask: str = ""
    data_class: str = msgspec.field(name="class", default="")
    columns: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the mask's name, or in words that the record has none."""
        return self.mask or UNNAMED


class Said(msgspec.Struct, frozen=True):
    """A record of any kind, as far as reports tell it."""

    kind: str
    id: str
    shard: str
    seq: int
    time: str
    session: str | None = None
    who: Who | None = None
    origin: Origin | None = msgspec.field(name="from", default=None)
    claims: Claimed | None = None
    database: str = ""
    statement: StatementText | str | None = None
    command: str = ""
    understood: bool = True
    decision: Verdict | None = None
    actions: tuple[str, ...] = ()
    reads: dict[str, tuple[str, ...]] = {}
    writes: dict[str, tuple[str, ...]] = {}
    masks: tuple[Wore, ...] = ()
    shows: dict[str, tuple[str, ...]] = {}
    basis: Stood | None = None
    of: str | None = None
    rows: int = 0
    bytes: int = 0
    sqlstate: str = "00000"
    cells: dict[str, int] = {}
    ticket: str | None = None
    grant: str = ""
    requester: str = ""
    on_behalf_of: str | None = None
    digest: str = ""
    by: str | None = None
    because: str | None = None
    quorum: int = 1
    why_held: str = ""
    rules: tuple[str, ...] | int = ()
    rule_set: str = ""
    entitled: tuple[Entitled, ...] = ()
    sources: tuple[Source, ...] = ()
    changed: tuple[str, ...] = ()
    column: str = ""
    seconds: int = 0
    before: str | None = None
    after: str | None = None
    source: str = ""
    claimed: str = ""
    method: str = ""
    why: str = ""
    action: str = ""
    target: str = ""
    outcome: str = ""
    interval_s: int = 0
    worker: str = ""
    what: str = ""
    cut: int = 0
    damaged: bool = False
    by_us: int = 0
    tables: int = 0
    sensitive: int = 0
    subject: str = ""
    keys: int | dict[str, tuple[str, ...]] = 0
    log: str = ""
    retired: int = 0

    @property
    def place(self) -> Place:
        """Return where it is."""
        return self.shard, self.seq

    @property
    def subject_name(self) -> str:
        """Return who it is about, empty where nobody is."""
        return "" if self.who is None else self.who.subject

    @property
    def behalf(self) -> str:
        """Return for whom that one acts."""
        return (self.who.on_behalf_of if self.who is not None else self.on_behalf_of) or ""

    @property
    def text(self) -> str:
        """Return the statement without its literals."""
        return self.statement.text if isinstance(self.statement, StatementText) else self.statement or ""

    @property
    def verdict(self) -> str:
        """Return what was decided."""
        return "" if self.decision is None else self.decision.verdict

    @property
    def ruled(self) -> str:
        """Return the rules that decided, or held."""
        found = self.decision.rules if self.decision is not None else self.rules
        return "" if isinstance(found, int) else ", ".join(found)

    @property
    def reason(self) -> str:
        """Return why, as the client claimed it."""
        return (self.claims.reason if self.claims is not None else None) or ""

    @property
    def changes(self) -> bool:
        """Whether the statement would change anything, or nobody can say."""
        return bool(self.writes) or not self.understood or not CHANGES.isdisjoint(self.actions)


_read: Final = msgspec.json.Decoder(Said).decode


def said_of(shard: str, number: int, record: bytes) -> Said:
    """Read a record; raises `Unfit` where it is none, or another's."""
    try:
        said = _read(record)
    except msgspec.MsgspecError as fault:
        raise Unfit(f"record {number} of {shard} cannot be read: {fault}") from None
    if said.shard != shard or said.seq != number:
        raise Unfit(f"record {number} of {shard} says that it is {said.seq} of {said.shard}")
    return said


@dataclass(slots=True)
class Story:
    """What became of one ticket, grant or glass, in the order of time."""

    records: list[Said] = field(default_factory=list)

    def first(self, *kinds: str) -> Said | None:
        """Return the first record of one of these kinds."""
        return next((one for one in self.records if one.kind in kinds), None)

    def all(self, kind: str) -> list[Said]:
        """Return the records of a kind."""
        return [one for one in self.records if one.kind == kind]


@dataclass(slots=True)
class Known:
    """What is read before anything is told, since it lies in another log than what it belongs to."""

    tickets: dict[str, Story] = field(default_factory=dict)
    grants: dict[str, Story] = field(default_factory=dict)

    def ticket(self, name: str | None) -> Story:
        """Return a ticket's story; an empty one where the log has none in this range."""
        return self.tickets.get(name or "", Story())


def known(log: Path, parts: list[Extent]) -> Known:
    """Read the stories out of all parts."""
    found = Known()
    for part in parts:
        for number, record in walk(log, part):
            if any(mark in record for mark in _STORIES):
                said = said_of(part.shard, number, record)
                if said.kind.startswith("grant."):
                    found.grants.setdefault(said.grant, Story()).records.append(said)
                elif said.kind.startswith(("ticket.", "glass.")):
                    found.tickets.setdefault(said.ticket or "", Story()).records.append(said)
    for story in (*found.tickets.values(), *found.grants.values()):
        story.records.sort(key=lambda one: (one.time, one.shard, one.seq))
    return found


def told(log: Path, part: Extent) -> Iterator[tuple[Said, Said | None]]:
    """Yield a part's records; a decided statement with its answer, once that has come, or at the end without one."""
    waiting: dict[str, Said] = {}
    for number, record in walk(log, part):
        said = said_of(part.shard, number, record)
        if said.kind == DECIDED:
            if said.verdict == "allow":
                if len(waiting) >= MOST_OPEN:
                    yield waiting.pop(next(iter(waiting))), None
                waiting[said.id] = said
            else:
                yield said, None
        elif said.kind == ANSWERED:
            if (decided := waiting.pop(said.of or "", None)) is not None:
                yield decided, said
        else:
            yield said, None
    for decided in waiting.values():
        yield decided, None
