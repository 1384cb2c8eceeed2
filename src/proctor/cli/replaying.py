"""What `policy replay` does: asks a new rule set about every statement on record, and lists what would have changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from proctor.audit.past import Past, Unreadable, past_of
from proctor.audit.reading import everything
from proctor.audit.record import glance
from proctor.cli.ground import one_line, print_json, tell, visible
from proctor.edge import rule_shelf
from proctor.edge.config import Config
from proctor.errors import Fault
from proctor.policy.explain import Plain
from proctor.policy.replay import Asked, Recorded, Replayed, replay
from proctor.policy.rules import Rules

MAX_CHANGES = 10_000  # sorts of them, kept at once; statement texts are a stranger's to choose
MAX_APPROVED = 100_000
STEP = 500
DECIDED = "statement.decided"


@dataclass(slots=True)
class Change:
    """Statements that differ in nothing that matters here, and how other rules would have answered them."""

    past: Past
    outcome: Replayed
    count: int = 0
    last: str = ""

    def plain(self, rules: Rules) -> dict[str, Plain]:
        """Return it as one line of JSON."""
        record, outcome = self.past.record, self.outcome
        return {
            "who": self.past.asker.subject,
            "kind": self.past.asker.kind.value,
            "on_behalf_of": self.past.asker.on_behalf_of,
            "database": record.database,
            "statement": record.statement.text,
            "before": outcome.before.verdict,
            "rules_before": list(outcome.before.rules),
            "after": outcome.after.verdict,
            "rules_after": list(outcome.after.rules),
            "reason": outcome.after.reason,
            "places": [f"{info.file}:{info.line}" for info in rules.known(outcome.after.rules)],
            "newly_in_the_clear": [str(column) for column in sorted(outcome.after.clear - outcome.before.clear)],
            "newly_masked": [str(column) for column in sorted(outcome.before.clear - outcome.after.clear)],
            "other_masks": [
                {"column": str(column), "before": before, "after": after}
                for column, (before, after) in sorted(outcome.remasked.items())
            ],
            "count": self.count,
            "first": record.time,
            "last": self.last,
            "example": record.id,
            "exact": not outcome.gaps,
            "gaps": list(outcome.gaps),
        }


@dataclass(slots=True)
class Tally:
    """What a replay has come to."""

    statements: int = 0
    changed: int = 0
    unreadable: int = 0
    gaps: Counter[str] = field(default_factory=Counter)
    changes: dict[tuple[object, ...], Change] = field(default_factory=dict)
    unlisted: int = 0

    def note(self, past: Past, outcome: Replayed) -> None:
        """Count a statement, and keep how it would have changed."""
        self.statements += 1
        self.gaps.update(outcome.gaps)
        if not outcome.changed:
            return
        self.changed += 1
        key = (
            past.asker, past.record.database, past.record.statement.text, outcome.before.verdict, outcome.after.verdict,
            outcome.after.rules, outcome.before.clear, outcome.after.clear, frozenset(outcome.remasked.items()),
            outcome.gaps,
        )  # fmt: skip
        if key not in self.changes and len(self.changes) >= MAX_CHANGES:
            self.unlisted += 1
            return
        change = self.changes.setdefault(key, Change(past, outcome))
        change.count += 1
        change.last = past.record.time


class Shelf:
    """The rule sets of the past, each read once."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._known: dict[str, Rules | None] = {}

    def of(self, digest: str) -> Rules | None:
        """Return the rule set of that digest, None if its text is not kept or does not fit."""
        if digest not in self._known:
            try:
                self._known[digest] = rule_shelf.kept(self._state, digest)
            except Fault as fault:
                tell(f"warning: {visible(fault.message)}")
                self._known[digest] = None
        return self._known[digest]


def replay_journal(
    config: Config,
    state: Path,
    paths: Sequence[Path],
    since: datetime | None,
    until: datetime | None,
    *,
    as_json: bool,
) -> None:
    """Print what other rules would have decided otherwise."""
    rules = Rules.load(tuple(paths), config.approvals.tickets)
    tally = _tallied(config, state, rules, since, until)
    changes = sorted(tally.changes.values(), key=lambda change: (-change.count, change.past.record.time))
    for change in changes:
        if as_json:
            print_json(change.plain(rules))
        else:
            _tell_change(change, rules)
    say = tell if as_json else print
    sorts = f", in {len(tally.changes)} sorts" if tally.changed else ""
    say(f"{tally.statements} statements: {tally.changed} would have been answered otherwise{sorts}")
    if tally.unlisted:
        say(f"  {tally.unlisted} of these are not listed: there are more than {MAX_CHANGES} sorts")
    for gap, count in tally.gaps.most_common():
        say(f"  {count} cannot be replayed exactly: {gap}")
    if tally.unreadable:
        say(f"  {tally.unreadable} cannot be replayed at all: their records do not tell enough")


def _tallied(config: Config, state: Path, rules: Rules, since: datetime | None, until: datetime | None) -> Tally:
    tally, shelf = Tally(), Shelf(state)
    environments = {name: database.environment for name, database in config.databases.items()}
    held: set[str] = set()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("replaying", total=None)
        for number, record in enumerate(_decided(state, since, until)):
            if number % STEP == 0:
                bar.update(task, description=f"replaying: {number} statements")
            try:
                past = past_of(record, environments)
            except Unreadable:
                tally.unreadable += 1
                continue
            if past.record.decision.verdict == "hold":
                if len(held) >= MAX_APPROVED:
                    held.clear()
                held.add(past.record.exchange or past.record.id)
            elif past.record.ticket is not None and past.record.exchange in held:
                continue  # the same exchange once more, after its approval
            outcome = replay(_asked(past), shelf.of(past.record.decision.rule_set), rules, past.gaps)
            tally.note(past, outcome)
    return tally


def _decided(state: Path, since: datetime | None, until: datetime | None) -> Iterator[bytes]:
    first, end = _stamp(since), _stamp(until)
    for record in everything(state):
        seen = glance(record)
        if seen.kind == DECIDED and (first is None or seen.time >= first) and (end is None or seen.time < end):
            yield record


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _asked(past: Past) -> Asked:
    said = past.record.decision
    approved = said.verdict == "allow" and past.record.ticket is not None and not past.context.claims.break_glass
    recorded = Recorded("hold", ()) if approved else Recorded(said.verdict, said.rules)
    return Asked(past.asker, past.analysis, past.context, past.classified, recorded)


def _tell_change(change: Change, rules: Rules) -> None:
    past, outcome = change.past, change.outcome
    who = past.asker.subject + (f" for {past.asker.on_behalf_of}" if past.asker.on_behalf_of else "")
    times = "once" if change.count == 1 else f"{change.count} times"
    before, after = outcome.before, outcome.after
    print(f"{before.verdict} -> {after.verdict}  {times}, {one_line(who)} on {one_line(past.record.database)}")
    print(f"    {one_line(past.record.statement.text)}")
    for info in rules.known(after.rules) if before.verdict != after.verdict else ():
        print(f"    now by {info.id} ({visible(info.file)}:{info.line}): {visible(info.reason)}")
    for columns, words in ((after.clear - before.clear, "in the clear"), (before.clear - after.clear, "masked")):
        if columns:
            print(f"    now {words}: {', '.join(one_line(str(column)) for column in sorted(columns))}")
    for column, (mask, other) in sorted(outcome.remasked.items()):
        print(f"    now under another mask: {one_line(str(column))}, {other} instead of {mask}")
    for gap in outcome.gaps:
        print(f"    not exact: {gap}")
    print(f"    {past.record.time} .. {change.last}, for example {past.record.id}")
