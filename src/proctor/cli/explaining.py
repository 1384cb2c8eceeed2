"""What `explain` does: judges a text as the gateway would for that asker, and tells the story of each statement."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from proctor.cli.ground import Exit, fail, one_line, print_json, visible
from proctor.cli.looking import database_of, near, see
from proctor.edge.config import Config
from proctor.edge.keys import read_key
from proctor.policy import explain as told
from proctor.policy.replay import verdict_of
from proctor.policy.rules import Rules
from proctor.policy.ways import ways
from proctor.session import advice, keyring
from proctor.session.judge import Bench
from proctor.session.judged import Judged, Stamp
from proctor.session.plans import Wardrobe
from proctor.terms import Claims, Column, Context

Story = Mapping[str, told.Plain]


async def explain(config: Config, sql: str, *, name: str, database: str, claims: Claims, as_json: bool) -> None:
    """Print what would happen to each statement of a text."""
    principal = config.principal(name)
    if principal is None:
        everybody = [*config.people, *config.agents, *config.services]
        fail(f'nobody is called "{visible(name)}" in {config.source}', then=near(name, everybody), code=Exit.USAGE)
    reached = database_of(config, database)
    asker = principal.identity("explain")
    rules = Rules.load(config.policy.paths, config.approvals.tickets)
    seen, settings = await see(config, database, asker)
    context = Context(
        database=reached.name,
        environment=reached.environment,
        now=datetime.now(UTC),
        claims=claims,
        style=config.masking.style,
    )
    version = seen.classified.version
    bench = Bench(
        Stamp(asker, context, settings, seen.catalog.epoch, version, rules.digest), seen.catalog, seen.classified, rules
    )
    judged, masked = _with_masked_values(config, bench, bench.judge(sql))
    for verdict in judged.verdicts:
        analysis, decision = verdict.analysis, verdict.decision
        found = ways(asker, analysis, context, rules, seen.classified)
        story = {
            **told.explain(decision, analysis, seen.classified, rules),
            "masked": masked,
            "ways": told.explain_ways(found),
            "instead": _instead(bench, analysis.text),
        }
        if as_json:
            print_json({"as": asker.subject, "database": reached.name, **story})
        else:
            _tell_story(story)


def _with_masked_values(config: Config, bench: Bench, judged: Judged) -> tuple[Judged, list[told.Plain]]:
    """Return the judgement as the gateway's, and which literals of the text are masked values, and of what.

    What they stand for is told to nobody. Where no key has been made yet, no value has been masked.
    """
    source = config.keys.mask
    if not judged.minds or (source.made and source.file is not None and not source.file.exists()):
        return judged, []
    judged, reading = keyring.taken(judged, bench, Wardrobe(read_key(source, name="mask")))
    columns = {given.place: given.columns for v in judged.verdicts for given in v.analysis.given}
    return judged, [_masked_value(spelled, columns[place], bench) for place, spelled, _ in reading.literals]


def _masked_value(spelled: str, columns: Collection[Column], bench: Bench) -> told.Plain:
    classes = {str(bench.classified.class_of(column)) for column in columns}
    return {"literal": spelled, "columns": sorted(map(str, columns)), "classes": sorted(classes)}


def _instead(bench: Bench, text: str) -> told.Plain:
    """Return the safe rewrite of one statement and what would be decided about it, if there is one."""
    found = advice.instead(bench, bench.judge(text))
    if found is None:
        return None
    suggestion, decision = found
    return {"statement": suggestion.text, "then": suggestion.then, "verdict": verdict_of(decision)}


def _tell_story(story: Story) -> None:
    decision = _map(story["decision"])
    print(f"{str(decision['verdict']).upper()}: {one_line(str(story['statement']))}")
    if decision.get("reason"):
        print(f"  because {visible(str(decision['reason']))}")
    if story["to_pass"]:
        print(f"  to pass: {visible(str(story['to_pass']))}")
    for way in map(_map, _list(story["ways"])):
        approvers = f" by {' or '.join(map(str, _list(way['approvers'])))}" if way["approvers"] else ""
        print(f"  {visible(str(way['change']))}: {way['verdict']}{approvers}")
    if (better := _map(story["instead"])) and better["statement"]:
        then = f"; then {visible(str(better['then']))}" if better["then"] else ""
        print(f"  instead: {visible(str(better['statement']))} ({better['verdict']}){then}")
    for value in map(_map, _list(story["masked"])):
        columns, classes = (" and ".join(map(str, _list(value[what]))) for what in ("columns", "classes"))
        literal, of = one_line(str(value["literal"])), one_line(columns)
        print(f"  masked value {literal} of {of} ({classes}): stands for the true one")
    if not story["understood"]:
        print(f"  not understood: {visible(str(story['trouble']))}")
    for rule in map(_map, _list(story["rules"])):
        print(f"  rule {visible(str(rule['id']))} ({visible(str(rule['file']))}:{rule['line']})")
    for access in map(_map, _list(story["accesses"])):
        traits = "".join(f" [{trait}]" for trait in _list(access["traits"]))
        columns = ", ".join(one_line(str(column)) for column in _list(access["columns"]))
        print(f"  {access['action']} {one_line(str(access['on']))}{f' ({columns})' if columns else ''}{traits}")
    for output in map(_map, _list(story["lineage"])):
        sources = ", ".join(one_line(str(source)) for source in _list(output["sources"])) or "no column"
        mask = f", mask {output['mask']}" if output["mask"] not in (None, "none") else ""
        chosen = ", ".join(map(str, _list(output["mask_rules"])))
        by = f" (rule {visible(chosen)})" if chosen else ""
        print(f"  shows {one_line(str(output['name']))} from {sources}{mask}{by}")


def _map(value: told.Plain) -> Mapping[str, told.Plain]:
    return value if isinstance(value, Mapping) else {}


def _list(value: told.Plain) -> list[told.Plain]:
    return list(value) if isinstance(value, list | tuple) else []
