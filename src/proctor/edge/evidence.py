"""Between the stations: what an evidence pack says beside the log: who is in the settings, the rules' texts, and a key.

In come settings and a time; out go the pack's inputs and who signs it. Passwords stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from proctor.audit.evidence.extent import house_of
from proctor.audit.evidence.pack import FORMAT, Sign
from proctor.audit.evidence.report import Inputs, Listed, Principal, principal_of
from proctor.audit.integrator import KEY_FILE
from proctor.audit.note import SigningKey
from proctor.audit.record import Entitled, EntitlementsListed
from proctor.edge.config import Config
from proctor.edge.keys import sign_folder, signatory
from proctor.edge.rule_shelf import FOLDER

MOST_TEXTS: Final = 16 << 20  # bytes of rules in a pack


def inputs_of(
    config: Config | None, state: Path, *, since: datetime, until: datetime, now: datetime, by: str, version: str
) -> Inputs:
    """Return what a pack says beside its log; without settings, nobody is listed."""
    return Inputs(
        format=FORMAT,
        since=written(since),
        until=written(until),
        built=written(now),
        by=by,
        version=version,
        house=house_of(state / "log"),
        principals=() if config is None else tuple(_principals(config)),
        databases=()
        if config is None
        else tuple(
            Listed(name=one.name, environment=one.environment, engine=one.engine)
            for _, one in sorted(config.databases.items())
        ),
        settings="" if config is None else _digest(config.source),
        rule_texts=dict(_texts(state / FOLDER)),
    )


def signing(config: Config) -> Sign | None:
    """Return who signs a pack, where the log's key can be used from here; no key is made for it."""
    by_command = signatory(config)
    if by_command is not None:
        return by_command.sign
    path = sign_folder(config) / KEY_FILE
    try:
        if not path.is_file():
            return None
        return SigningKey.load(path).sign
    except PermissionError:
        return None


def written(moment: datetime) -> str:
    """Return a moment as records write it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _digest(settings: Path) -> str:
    """Return the digest of the settings, as the log names them when they are put in force."""
    try:
        return sha256(settings.read_bytes()).hexdigest()
    except OSError:
        return ""


def listed(config: Config, id: str, rule_set: str) -> EntitlementsListed:
    """Return the record of who may come in as what, by the settings of this moment."""
    return EntitlementsListed(
        id=id, digest=_digest(config.source), rule_set=rule_set, entitled=tuple(_entitled(config))
    )


def _entitled(config: Config) -> Iterator[Entitled]:
    for person in config.people.values():
        yield _one(person.name, "human", person.groups, person.password, enabled=person.enabled)
    for service in config.services.values():
        yield _one(service.name, "service", service.groups, service.password, enabled=service.enabled)
    for agent in config.agents.values():
        bare = _one(agent.name, "agent", agent.groups, agent.password, enabled=agent.enabled)
        yield msgspec.structs.replace(bare, owner=agent.owner, tasks=tuple(sorted(task.name for task in agent.tasks)))


def _one(name: str, sort: str, groups: Iterable[str], password: object, *, enabled: bool) -> Entitled:
    found = tuple(sorted(groups))
    return Entitled(name=name, sort=sort, groups=found, password=password is not None, enabled=enabled)


def _principals(config: Config) -> Iterator[Principal]:
    for one in _entitled(config):
        yield principal_of(one)


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    size = 0
    for path in sorted(folder.glob("*.cedar")):
        data = path.read_bytes()
        size += len(data)
        if size > MOST_TEXTS:
            return
        if sha256(data).hexdigest() == path.stem:  # what was changed is not the text that was in force
            yield path.stem, data.decode("utf-8", "replace")
