"""What `policy test` does: plays the cases of a file before the rules, as sessions would, and tells what came out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from proctor.app.cases import Case, CaseFile, Expected, read_cases
from proctor.cli.ground import Exit, fail, one_line, print_json, tell, visible
from proctor.edge.config import Config
from proctor.policy.approvers import SHIPPED
from proctor.policy.explain import Plain
from proctor.policy.rules import Rules
from proctor.session import counting
from proctor.session.judge import Bench
from proctor.session.judged import Judged, Stamp
from proctor.sql.catalog import Catalog
from proctor.sql.settings import SessionSettings
from proctor.terms import Allow, Claims, Classified, Context, Identity

PATH = ("pg_temp", "pg_catalog", "public")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a case plays: who asks, and what the database looks like to them."""

    asker: Identity
    catalog: Catalog
    classified: Classified
    settings: SessionSettings


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case for one who asks: what was expected, what came out, and why that is not the same."""

    case: Case
    expected: Expected
    verdict: str
    rules: tuple[str, ...]
    reason: str
    wrong: str

    def plain(self, source: Path) -> dict[str, Plain]:
        """Return it as one line of JSON."""
        return {
            "file": str(source),
            "line": self.case.line,
            "case": self.case.name,
            "as": self.expected.who,
            "statement": self.case.sql,
            "expected": self.expected.verdict,
            "expected_rule": self.expected.rule,
            "found": self.verdict,
            "rules": list(self.rules),
            "reason": self.reason,
            "good": not self.wrong,
            "wrong": self.wrong,
        }


async def test(path: Path, config: Config | None, rules: Sequence[Path], *, as_json: bool) -> None:
    """Play every case of a file; what does not come out as expected ends the command with a no."""
    cases = read_cases(path)
    ours = rules or cases.rules or (config.policy.paths if config is not None and cases.rules is None else ())
    in_force = Rules.load(tuple(ours), config.approvals.tickets if config is not None else SHIPPED)
    outcomes = [outcome async for outcome in play(cases, in_force, config)]
    failed = [outcome for outcome in outcomes if outcome.wrong]
    for outcome in outcomes if as_json else failed:
        if as_json:
            print_json(outcome.plain(path))
        else:
            _tell_failure(path, outcome, in_force)
    said = f"{len(outcomes) - len(failed)} of {len(outcomes)} come out as expected ({len(cases.cases)} cases)"
    if failed:
        fail(f"{path}: {said}")
    (tell if as_json else print)(f"{path}: {said}")


async def play(cases: CaseFile, rules: Rules, config: Config | None = None) -> AsyncIterator[Outcome]:
    """Yield what comes of each case for each who asks."""
    seen: dict[tuple[str, str], Stage] = {}
    for case in cases.cases:
        for expected in case.expected:
            key = (case.database, expected.who)
            if key not in seen:
                seen[key] = await _stage(cases, config, *key)
            yield _played(case, expected, seen[key], rules)


async def _stage(cases: CaseFile, config: Config | None, database: str, who: str) -> Stage:
    asker = cases.askers.get(who)
    if asker is None:
        principal = None if config is None else config.principal(who)
        if principal is None:
            fail(
                f'nobody is called "{visible(who)}" in {cases.source}',
                then="describe them under [people], [agents] or [services], or name the settings with --config",
                code=Exit.USAGE,
            )
        asker = principal.identity("case")
    if cases.catalog is not None:
        settings = SessionSettings(PATH, asker.subject, cases.catalog.server_version)
        return Stage(asker, cases.catalog, cases.classified, settings)
    if config is None:
        fail(
            f"{cases.source} describes no tables",
            then="describe them under [tables], or name the settings with --config for a database that is there",
            code=Exit.USAGE,
        )
    from proctor.cli import looking  # noqa: PLC0415 a database is asked by few

    survey, settings = await looking.see(config, database, asker)
    return Stage(asker, survey.catalog, survey.classified, settings)


def _played(case: Case, expected: Expected, stage: Stage, rules: Rules) -> Outcome:
    context = Context(
        database=case.database,
        environment=case.environment,
        now=case.at.replace(second=0, microsecond=0),
        claims=Claims(reason=case.reason, task=case.task),
        style=case.style,
    )
    stamp = Stamp(stage.asker, context, stage.settings, stage.catalog.epoch, stage.classified.version, rules.digest)
    bench = Bench(stamp, stage.catalog, stage.classified, rules)
    judged = bench.judge(case.sql, approved=case.approvals > 0, approvals=case.approvals)
    if case.changes is not None:
        written = {a.relation for v in judged.verdicts for a in counting.writes(v.analysis) if a.relation is not None}
        whole = written if case.every_row else ()
        judged = bench.counted(judged, case.changes, whole, approvals=case.approvals)
    decision = judged.decision
    if decision is None:
        return Outcome(case, expected, "allow", (), "", "the statement is empty")
    verdict = type(decision).__name__.lower()
    reason = "" if isinstance(decision, Allow) else decision.reason
    wrong = "; ".join(_wrongs(case, expected, judged, verdict, decision.rules, rules))
    return Outcome(case, expected, verdict, decision.rules, reason, wrong)


def _wrongs(
    case: Case, expected: Expected, judged: Judged, verdict: str, found: tuple[str, ...], rules: Rules
) -> Iterator[str]:
    troubles = [v.analysis.trouble for v in judged.verdicts if not v.analysis.understood]
    if judged.unknown_object:
        yield f"it cannot be judged: {troubles[0]}"
    if verdict != expected.verdict:
        yield f"it is {verdict}, not {expected.verdict}"
    known = {info.id for info in rules} | {"deny-by-default", "claimed-principal", "different-approvers"}
    for name in {expected.rule, *case.near} - {None}:
        if name not in known:
            yield f"no rule is called {name}"
    if expected.rule in known and expected.rule not in found:
        yield f"it is so by {found[0] if found else 'no rule'}, not by {expected.rule}"
    for name in case.near:
        if name in found:
            yield f"{name} has a part in it"
    yield from _masks_wrong(case, judged)


def _masks_wrong(case: Case, judged: Judged) -> Iterator[str]:
    worn: dict[str, str] = {}
    for verdict in judged.verdicts:
        if isinstance(verdict.decision, Allow):
            for output, mask in zip(verdict.analysis.outputs or (), verdict.decision.masks, strict=False):
                worn[output.name] = "none" if mask is None else mask.name
    for name, wanted in case.masks.items():
        if worn.get(name) != wanted:
            yield f"column {name} wears {worn.get(name, 'nothing, since it is not shown')}, not {wanted}"


def _tell_failure(path: Path, outcome: Outcome, rules: Rules) -> None:
    wanted = outcome.expected
    print(f'{path}:{outcome.case.line}: "{one_line(outcome.case.name)}" as {one_line(wanted.who)}: {outcome.wrong}')
    print(f"    {one_line(outcome.case.sql)}")
    print(f"  - {wanted.verdict}{f' by {wanted.rule}' if wanted.rule else ''}")
    print(f"  + {outcome.verdict}{f' by {outcome.rules[0]}' if outcome.rules else ''}")
    if outcome.reason:
        print(f"    because {visible(outcome.reason)}")
    for name in outcome.rules[:3]:
        info = rules.rule(name)
        print(f"    rule {name}: {visible(info.file)}:{info.line}")
