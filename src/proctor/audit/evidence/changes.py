"""Reports about change: of rules and settings, of production data, by agents; and how the log itself fared."""

from __future__ import annotations

from collections.abc import Iterable

from proctor.audit.evidence.facts import DECIDED, Known, Place, Said
from proctor.audit.evidence.report import Inputs, Report, Row, joined
from proctor.audit.evidence.rights import actor, seconds_between

ASKED_WITHIN = 120
"""Seconds between an operator's call for a reload and the rules that it put in force."""


class RuleChanges(Report):
    """What the house decides by."""

    name = "rule-changes"
    title = "Changes of rules, settings and classes"
    says = (
        "Every loading of rules and settings and every change of a column's class. A set of rules that differs from "
        "the one before it names who asked for it; the texts of all sets are in inputs.json, under their hashes."
    )
    criteria = ("CC6.8", "CC7.1", "CC8.1")
    columns = ("time", "what", "is now", "before", "by", "because", "files or settings")
    kinds = frozenset({"rules.loaded", "config.loaded", "classification.changed", "operator.call"})

    def __init__(self, known: Known, inputs: Inputs) -> None:
        super().__init__(known, inputs)
        self._before: dict[str, str] = {}
        self._asked: list[Said] = []

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Tell of one."""
        if said.kind == "operator.call":
            if said.action == "rules.reload" and said.outcome == "asked":
                self._asked.append(said)
            return ()
        self.totals[said.kind] += 1
        if said.kind == "classification.changed":
            target = f"{said.database}.{said.column}"
            cells = (
                said.time,
                f"class of {target}",
                said.after or "not sensitive",
                said.before or "not sensitive",
                said.subject_name or said.source,
                said.because or "",
                "",
            )
            weaker = said.after is None and said.before is not None
            return (Row(cells, said.place, "is no longer held for sensitive" if weaker else ""),)
        if said.kind == "config.loaded":
            return (Row((said.time, "settings", said.digest[:16], "", "", "", joined(said.changed)), said.place),)
        before = self._before.get(said.shard, "")
        self._before[said.shard] = said.rule_set
        trouble, by = "", ""
        if before and before != said.rule_set:
            self.totals["sets of rules that differ from the one before"] += 1
            asked = [one for one in self._asked if 0 <= seconds_between(one.time, said.time) <= ASKED_WITHIN]
            by = asked[-1].subject_name if asked else ""
            trouble = "" if by else "changed by a signal or a start; nobody on record asked for it"
        files = joined(f"{one.name} {one.sha256[:12]}" for one in said.sources)
        return (Row((said.time, "rules", said.rule_set[:16], before[:16], by, "", files), said.place, trouble),)


class ProductionChanges(Report):
    """What changed production, and that it was what somebody agreed to."""

    name = "production-changes"
    title = "Production change register"
    says = "Every statement that was allowed to change a production database, or that could not be seen through."
    criteria = ("CC8.1",)
    columns = (
        "time",
        "who",
        "on behalf of",
        "database",
        "statement",
        "rules",
        "ticket",
        "approved by",
        "digest approved",
        "digest executed",
        "rows",
        "outcome",
    )
    kinds = frozenset({DECIDED})

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Tell of one."""
        where = said.basis.environment if said.basis is not None else ""
        if said.verdict != "allow" or where not in ("", "production") or not said.changes:
            return ()
        story = self.known.ticket(said.ticket)
        yes = [one for one in story.all("ticket.approved") if one.time <= said.time]
        spent = story.first("ticket.spent")
        agreed, ran = yes[-1].digest if yes else "", spent.digest if spent else ""
        glass = story.first("glass.broken") is not None
        trouble = ""
        if glass:
            trouble = "run by breaking the glass"
        elif said.ticket and not yes:
            trouble = "its ticket has no approval in this range"
        elif said.ticket and agreed != ran:
            trouble = "what ran is not what was approved"
        self.totals["with a ticket" if said.ticket else "by rule alone"] += 1
        cells = (
            said.time,
            said.subject_name,
            said.behalf,
            said.database,
            said.text,
            said.ruled,
            said.ticket or "",
            joined(actor(one) for one in yes),
            agreed,
            ran,
            answer.rows if answer is not None else None,
            "not answered" if answer is None else answer.sqlstate,
        )
        return (Row(cells, said.place, trouble),)


class AgentChanges(Report):
    """Every change that a program wanted to make in a person's name."""

    name = "ai-changes"
    title = "AI change audit"
    says = (
        "Every statement of an agent that would change something, or that could not be seen through: those that ran, "
        "those that were held, and those that were denied."
    )
    criteria = ("CC6.1", "CC6.3", "CC7.2", "CC8.1")
    columns = (
        "time",
        "agent",
        "model claimed",
        "person",
        "delegation proven by",
        "task claimed",
        "database",
        "statement",
        "decision",
        "rules",
        "approved before by",
        "approved at",
        "rows",
        "outcome",
    )
    kinds = frozenset({DECIDED})

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Tell of one."""
        if said.who is None or said.who.kind != "agent" or not said.changes:
            return ()
        yes = [one for one in self.known.ticket(said.ticket).all("ticket.approved") if one.time <= said.time]
        ran = said.verdict == "allow"
        trouble = ""
        if ran and not said.behalf:
            trouble = "nobody is named on whose behalf it acted"
        elif ran and not yes:
            trouble = "ran without a person's approval before"
        elif ran and any(actor(one) in (said.subject_name, said.behalf) for one in yes):
            trouble = "approved by whoever it acted for"
        self.totals["changes"] += 1
        self.totals[{"allow": "ran", "deny": "denied", "hold": "held"}.get(said.verdict, said.verdict)] += 1
        if ran and not yes:
            self.totals["ran without approval before"] += 1
        if answer is not None and answer.sqlstate != "00000":
            self.totals["failed at the database"] += 1
        cells = (
            said.time,
            said.subject_name,
            " ".join(word for word in (said.who.model, said.who.version) if word),
            said.behalf,
            said.who.proof,
            (said.claims.task if said.claims else None) or "",
            said.database,
            said.text,
            said.verdict,
            said.ruled,
            joined(actor(one) for one in yes),
            yes[-1].time if yes else "",
            answer.rows if answer is not None else None,
            "did not run" if not ran else "not answered" if answer is None else answer.sqlstate,
        )
        return (Row(cells, said.place, trouble),)


class LogHealth(Report):
    """How the log itself fared."""

    name = "log-health"
    title = "Log health"
    says = (
        "Everything that befell the log and the processes that write it, and silences longer than two heartbeats. "
        "Numbers without gaps, hashes and signatures are checked by `proctor evidence verify`, over every record."
    )
    criteria = ("CC7.1", "CC7.2", "CC7.3")
    columns = ("time", "log", "what", "detail")
    kinds = frozenset(
        {
            "heartbeat",
            "journal.opened",
            "journal.fault",
            "journal.lost",
            "clock.stepped",
            "log.retired",
            "worker.started",
            "worker.stopped",
            "worker.died",
            "scan.finished",
        }
    )

    def __init__(self, known: Known, inputs: Inputs) -> None:
        super().__init__(known, inputs)
        self._beat: dict[str, tuple[str, int, Place]] = {}

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Tell of one."""
        self.totals[said.kind] += 1
        if said.kind == "heartbeat":
            before = self._beat.get(said.shard)
            self._beat[said.shard] = (said.time, said.interval_s, said.place)
            if before is not None and (silent := seconds_between(before[0], said.time)) > 2 * max(1, before[1]):
                detail = f"{silent} seconds without a heartbeat"
                yield Row((said.time, said.shard, "silence", detail), said.place, "silence")
            return
        if said.kind in ("worker.started", "worker.stopped", "worker.died", "journal.opened"):
            self._beat.pop(said.shard, None)
        trouble = {
            "journal.fault": "the journal could not be written for a while",
            "journal.lost": "a record is lost",
            "clock.stepped": "the clock was set",
            "worker.died": "a process died",
        }.get(said.kind, "")
        if said.kind == "journal.opened" and (said.damaged or said.cut):
            trouble = "a torn end was cut off" if not said.damaged else "the journal was damaged"
        detail = said.what or said.why or said.because or said.worker or said.database
        if said.kind == "clock.stepped":
            detail = f"{said.by_us} microseconds"
        yield Row((said.time, said.shard, said.kind, detail), said.place, trouble)
