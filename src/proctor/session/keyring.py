"""Stations 4 and 7 for one session: masked values handed back, from the judgement to the messages that leave.

A masked value that a column is compared with leaves as a parameter of Bind, decoded; its text never holds what it
stands for, since texts come out in plans, statistics views and logs. What has none of them leaves as it came.
"""

from __future__ import annotations

from dataclasses import replace

from proctor.errors import ClientFault
from proctor.session.hearing import Hearing
from proctor.session.judge import Bench
from proctor.session.judged import Judged
from proctor.session.keys import Bound, Reading, read, rewritten, values_with
from proctor.session.namespace import Prepared, Rewritten
from proctor.session.plans import Wardrobe
from proctor.terms import Analysis, Column, Given
from proctor.wire import messages, talk

SPELLING = "Write it as a plain literal: column = 'value'."


class Keyring:
    """What masked values stand for, for one session."""

    def __init__(self, hearing: Hearing, wardrobe: Wardrobe) -> None:
        self._hearing = hearing
        self._wardrobe = wardrobe

    def asked(self, judged: Judged, event: talk.Ask) -> tuple[Judged, talk.Ask]:
        """Return the judgement of a simple query by its own literals, and the query with the bytes that must leave."""
        if not judged.minds:
            return judged, event
        judged, made = self._taken(judged, None, pending=False, declared=0)
        return judged, event if made is None else replace(event, raw=messages_of(made))

    def prepared(self, judged: Judged, declared: int) -> tuple[Judged, Rewritten | None]:
        """Return the judgement of a text as if all that will be bound to it were masked, and what must leave for it."""
        if not judged.minds:
            return judged, None
        return self._taken(judged, None, pending=True, declared=declared)

    def bound(self, judged: Judged, statement: Prepared, event: talk.Bind) -> tuple[Judged, talk.Bind]:
        """Return the judgement of a text with these values, and the Bind with the bytes that must leave for it."""
        if not judged.minds and statement.rewritten is None:
            return judged, event
        bound = Bound(event.values, event.formats, statement.types)
        bench = self._hearing.bench(judged.text)
        reading = self._read(judged, bench, bound, pending=False)
        if reading.complaint:
            return bench.refused(judged, reading.complaint, reading.hint), event
        extra = tuple(plain for _, _, plain in reading.literals)
        known = statement.rewritten
        if extra != (() if known is None else known.extra):
            # What the column holds, or that it is sensitive at all, has changed since the text was prepared.
            raise ClientFault("cached plan must not change result type", sqlstate="0A000", hint="Prepare it again.")
        if known is not None and len(event.values) != known.before:
            count, needed = len(event.values), known.before
            raise ClientFault(f"bind message supplies {count} parameters, but {needed} are needed", sqlstate="08P01")
        judged = self._hearing.keyed(judged, reading.keyed)
        if not extra and not reading.parameters:
            return judged, event
        told = values_with(bound, reading.parameters, extra)
        raw = messages.bind(event.portal, event.statement, told.formats, told.values, event.results)
        return judged, replace(event, raw=raw)

    def _taken(
        self, judged: Judged, bound: Bound | None, *, pending: bool, declared: int
    ) -> tuple[Judged, Rewritten | None]:
        bench = self._hearing.bench(judged.text)
        reading = self._read(judged, bench, bound, pending=pending)
        return _settled(judged, bench, reading, declared)

    def _read(self, judged: Judged, bench: Bench, bound: Bound | None, *, pending: bool) -> Reading:
        return _read(judged, bench, self._wardrobe, bound, pending=pending)


def taken(judged: Judged, bench: Bench, wardrobe: Wardrobe) -> tuple[Judged, Reading]:
    """Return the judgement of a text by its own literals, and what was read in them, for whoever only asks about it."""
    if not judged.minds:
        return judged, Reading()
    reading = _read(judged, bench, wardrobe, None, pending=False)
    return _settled(judged, bench, reading, 0)[0], reading


def _settled(judged: Judged, bench: Bench, reading: Reading, declared: int) -> tuple[Judged, Rewritten | None]:
    if reading.complaint:
        return bench.refused(judged, reading.complaint, reading.hint), None
    made = None
    if reading.literals:
        made = _rewritten(judged, bench, reading, declared)
        if made is None:
            what = "a masked value is written in a way in which no parameter can take its place"
            return bench.refused(judged, what, SPELLING), None
    return bench.again(judged, keyed=reading.keyed) if reading.keyed else judged, made


def _read(judged: Judged, bench: Bench, wardrobe: Wardrobe, bound: Bound | None, *, pending: bool) -> Reading:
    if len(judged.verdicts) != 1:
        return _read_many(judged, bench, wardrobe)
    return _read_one(judged.verdicts[0].analysis, bench, wardrobe, bound, pending=pending)


def _read_one(
    analysis: Analysis, bench: Bench, wardrobe: Wardrobe, bound: Bound | None = None, *, pending: bool = False
) -> Reading:
    worn = bench.handed_back(analysis)
    return read(
        analysis,
        bound,
        catalog=bench.catalog,
        classified=bench.classified,
        wardrobe=wardrobe,
        worn=lambda column: worn.get(column, frozenset()),
        written=bench.written_masks,
        pending=pending,
    )


def _read_many(judged: Judged, bench: Bench, wardrobe: Wardrobe) -> Reading:
    """Return a reading of a text of several statements: none of them can have a masked key."""
    for verdict in judged.verdicts:
        found = _read_one(verdict.analysis, bench, wardrobe)
        if found.complaint:
            return found
        if found.literals:
            return Reading(
                complaint="a masked value cannot be a key in a text of several statements",
                hint="Send the statement as a query of its own.",
            )
    return Reading()


def _rewritten(judged: Judged, bench: Bench, reading: Reading, declared: int) -> Rewritten | None:
    """Return the text for the database; None where it would not mean the same, but for the parameters."""
    meant = judged.verdicts[0].analysis
    before = max(declared, meant.parameters)
    text = rewritten(judged.text, reading.literals, before + 1)
    if text is None:
        return None
    again = bench.judge(text)
    if len(again.verdicts) != 1 or again.meaning != judged.meaning:
        return None
    wanted = {place: given.columns for given in meant.given if (place := given.place) >= 0}
    made = {given.parameter: given for given in again.verdicts[0].analysis.given if given.parameter > before}
    for number, (place, _, _) in enumerate(reading.literals, before + 1):
        if not _takes_place(made.get(number), wanted[place]):
            return None
    return Rewritten(text, tuple(plain for _, _, plain in reading.literals), before)


def _takes_place(given: Given | None, columns: frozenset[Column]) -> bool:
    return given is not None and given.alone and not given.written and given.columns == columns


def messages_of(made: Rewritten) -> bytes:
    """Return what leaves in the place of a simple query: it is answered as one, but for what `Answers` keeps back."""
    values = made.extra
    return b"".join(
        (
            messages.parse(b"", made.text),
            messages.bind(b"", b"", (), values, ()),
            messages.describe(b"P", b""),
            messages.execute(b"", 0),
            messages.sync(),
        )
    )
