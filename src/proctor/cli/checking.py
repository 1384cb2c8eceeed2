"""What `check` does: reads settings and rules as the gateway would, and tells what is wrong or doubtful about them."""

from __future__ import annotations

from pathlib import Path

from proctor.classify.classes import CLASSES, UNSCANNED
from proctor.cli.ground import Exit, fail, print_json, tell, visible
from proctor.edge.config import Config
from proctor.policy.rules import Rules
from proctor.policy.scrutiny import Names, scrutinize
from proctor.session.inheritance import MIXED


def check(config: Config, source: Path, *, strict: bool, as_json: bool) -> None:
    """Print what is there; what cannot be meant ends the command, with `strict` what is doubtful as well."""
    rules = Rules.load(config.policy.paths, config.approvals.tickets)
    doubts = scrutinize(tuple(rules), names_of(config))
    warnings = [*config.warnings, *(str(doubt) for doubt in doubts if not doubt.grave)]
    troubles = [str(doubt) for doubt in doubts if doubt.grave] + (warnings if strict else [])
    if as_json:
        print_json(
            {
                "databases": sorted(config.databases),
                "servers": sorted(config.servers),
                "people": sorted(config.people),
                "agents": sorted(config.agents),
                "services": sorted(config.services),
                "rules": len(rules),
                "rule_set": rules.digest,
                "warnings": warnings,
                "troubles": troubles,
            }
        )
    else:
        for warning in warnings:
            tell(f"warning: {visible(warning)}")
    if troubles:
        fail(visible("\n".join(troubles)), code=Exit.USAGE)
    if not as_json:
        who = len(config.people) + len(config.agents) + len(config.services)
        where = len(config.databases) + len(config.servers)
        print(f"{source}: good: {where} databases or servers, {who} who may log in, {len(rules)} rules")


def names_of(config: Config) -> Names:
    """Return what rules may name. Where a server offers all its databases, nobody knows them all from here."""
    groups = [person.groups for person in config.people.values()]
    groups += [agent.groups for agent in config.agents.values()]
    groups += [service.groups for service in config.services.values()]
    listed = all(server.databases is not None for server in config.servers.values())
    databases = {*config.databases, *(name for s in config.servers.values() for name in s.databases or ())}
    return Names(
        groups=frozenset().union(*groups),
        people=frozenset(config.people),
        agents=frozenset(config.agents),
        services=frozenset(config.services),
        databases=frozenset(databases) if listed else None,
        classes=frozenset(CLASSES) | {UNSCANNED, MIXED},
    )
