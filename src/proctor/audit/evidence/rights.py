"""Reports about rights that come and go: grants, separation of duties, tickets' approvers, broken glasses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from proctor.audit.evidence.facts import DECIDED, Known, Place, Said, Story
from proctor.audit.evidence.report import Inputs, Report, Row, joined

LATE = 60
"""Seconds past its end after which a grant counts as not ended in time."""


def moment(text: str) -> datetime:
    """Return a record's time."""
    return datetime.fromisoformat(text)


def seconds_between(one: str, other: str) -> int:
    """Return the seconds from one record's time to another's."""
    return round((moment(other) - moment(one)).total_seconds())


def within(said: Said, inputs: Inputs) -> bool:
    """Say whether a record is of the time asked for."""
    return inputs.since <= said.time < inputs.until


def actor(said: Said) -> str:
    """Return who did what a record of a ticket or grant tells."""
    return said.subject_name or said.by or ""


def _grants(known: Known, inputs: Inputs) -> Iterator[tuple[str, Story]]:
    for name, story in sorted(known.grants.items()):
        if any(within(one, inputs) for one in story.records):
            yield name, story


class Provisioning(Report):
    """How long rights took to come, and to go."""

    name = "grants"
    title = "Grants: provisioning and time to revoke"
    says = "Every grant of which anything happened in this range, with its times in seconds."
    criteria = ("CC6.2", "CC6.3")
    columns = (
        "grant",
        "requester",
        "column",
        "for seconds",
        "because",
        "requested",
        "decided",
        "by",
        "to decide",
        "ended",
        "how",
        "open for",
    )
    kinds = frozenset[str]()

    def close(self) -> Iterable[Row]:
        """Tell of each."""
        for name, story in _grants(self.known, self.inputs):
            asked = story.first("grant.requested")
            given = story.all("grant.approved")
            refused = story.first("grant.denied")
            ended = story.first("grant.revoked", "grant.expired")
            decided = given[-1] if given else refused
            some = asked or story.records[0]
            how = "" if ended is None else ended.kind.partition(".")[2]
            open_for = seconds_between(given[-1].time, ended.time) if given and ended else None
            trouble = ""
            if any(actor(one) == some.requester for one in given):
                trouble = "approved by its requester"
            elif given and some.seconds and open_for is not None and open_for > some.seconds + LATE:
                trouble = "ended later than it should have"
            elif given and not ended and seconds_between(given[-1].time, self.inputs.until) > some.seconds + LATE:
                trouble = "no end on record, though its time is over"
            self.totals["approved" if given else "denied" if refused else "not decided"] += 1
            cells = (
                name,
                some.requester,
                f"{some.database}.{some.column}",
                some.seconds,
                some.because or "",
                asked.time if asked else "",
                decided.time if decided else "",
                joined(actor(one) for one in given) if given else actor(refused) if refused else "",
                seconds_between(asked.time, decided.time) if asked and decided else None,
                ended.time if ended else "",
                how,
                open_for,
            )
            yield Row(cells, story.records[-1].place, trouble)


class JustInTime(Report):
    """Grants against what they were used for."""

    name = "just-in-time"
    title = "Just-in-time grants and their use"
    says = "Every approved grant of which anything happened in this range, with the statements that stood on it."
    criteria = ("CC6.1", "CC6.3", "C1.1")
    columns = (
        "grant",
        "requester",
        "column",
        "because",
        "approved",
        "by",
        "statements",
        "rows",
        "first use",
        "last use",
    )
    kinds = frozenset({DECIDED})

    def __init__(self, known: Known, inputs: Inputs) -> None:
        super().__init__(known, inputs)
        self._used: dict[str, list[tuple[str, int, Place]]] = {}

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Count a use."""
        if said.basis is not None and said.basis.grants and said.verdict == "allow":
            for grant in set(said.basis.grants.values()):
                self._used.setdefault(grant, []).append((said.time, answer.rows if answer else 0, said.place))
        return ()

    def close(self) -> Iterable[Row]:
        """Tell of each."""
        for name, story in _grants(self.known, self.inputs):
            given = story.all("grant.approved")
            if not given:
                continue
            uses = sorted(self._used.get(name, []))
            self.totals["used" if uses else "not used"] += 1
            some = given[-1]
            cells = (
                name,
                some.requester,
                f"{some.database}.{some.column}",
                (story.first("grant.requested") or some).because or "",
                some.time,
                joined(actor(one) for one in given),
                len(uses),
                sum(rows for _, rows, _ in uses),
                uses[0][0] if uses else "",
                uses[-1][0] if uses else "",
            )
            yield Row(cells, uses[-1][2] if uses else some.place, "" if uses else "granted and not used in this range")


class SeparationOfDuties(Report):
    """Whoever asks never decides."""

    name = "separation-of-duties"
    title = "Separation of duties"
    says = "Every decision of a person on what somebody asked for: tickets, grants and reviews."
    criteria = ("CC6.3", "CC8.1")
    columns = ("time", "what", "name", "requester", "on behalf of", "decided by", "proof", "groups", "because")
    kinds = frozenset(
        {"ticket.approved", "ticket.denied", "grant.approved", "grant.denied", "grant.revoked", "glass.reviewed"}
    )

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Tell of one."""
        decided = actor(said)
        behalf = said.on_behalf_of or ""
        trouble = ""
        if not decided:
            trouble = "nobody is named who decided"
        elif said.kind not in ("grant.revoked", "ticket.denied", "grant.denied") and decided in (
            said.requester,
            behalf,
        ):
            trouble = "decided by whoever asked"
        elif said.who is not None and said.who.kind != "human":
            trouble = "decided by no person"
        self.totals[said.kind] += 1
        cells = (
            said.time,
            said.kind,
            said.grant or said.ticket or "",
            said.requester,
            behalf,
            decided,
            said.who.proof if said.who else "",
            joined(said.who.groups) if said.who else "",
            said.because or "",
        )
        return (Row(cells, said.place, trouble),)


class BrokenGlass(Report):
    """What ran against the rules, and who looked at it."""

    name = "break-glass"
    title = "Break-glass reviews"
    says = "Every time that somebody ran what the rules refuse, by a right of their own, in this range."
    criteria = ("CC6.1", "CC7.3", "CC7.4")
    columns = (
        "time",
        "ticket",
        "who",
        "database",
        "because",
        "statement",
        "rules overridden",
        "reviewed",
        "by",
        "finding",
        "hours to review",
    )
    kinds = frozenset({"glass.broken"})

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Tell of one."""
        seen = self.known.ticket(said.ticket).first("glass.reviewed")
        broke = said.requester or actor(said)
        trouble = "not reviewed in this range" if seen is None else ""
        if seen is not None and actor(seen) == broke:
            trouble = "reviewed by whoever broke it"
        self.totals["reviewed" if seen else "not reviewed"] += 1
        cells = (
            said.time,
            said.ticket or "",
            broke,
            said.database,
            said.because or "",
            said.text,
            said.ruled,
            seen.time if seen else "",
            actor(seen) if seen else "",
            (seen.because or "") if seen else "",
            seconds_between(said.time, seen.time) // 3600 if seen else None,
        )
        return (Row(cells, said.place, trouble),)
