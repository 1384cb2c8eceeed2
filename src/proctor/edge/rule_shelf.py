"""Between the stations: the rule sets of the past and the one in force, kept by their digests in the state folder.

`rules/<digest>.json` lists the files of a set by name and SHA-256, `rules/<sha256>.cedar` is the text of one, and
`rules/in-force` names the set that every process of this house decides by. A set is put in force by one rename, so that
no process ever sees half of a change; what was in force once stays, so that a decision of then can be made again.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from proctor.audit.record import RulesLoaded, Source
from proctor.edge.keys import make_private
from proctor.errors import ConfigFault, HouseFault
from proctor.policy.approvers import SHIPPED, Approvers
from proctor.policy.files import RuleFile
from proctor.policy.rules import Rules

FOLDER = "rules"
IN_FORCE = "in-force"


class Listed(msgspec.Struct, frozen=True):
    """One file of a set."""

    name: str
    sha256: str
    shipped: bool = False


def put_in_force(state: Path, paths: Sequence[Path], asked: Approvers = SHIPPED) -> Rules:
    """Read the operator's rules, keep their text, and name them as the set in force; a fault leaves all as it was."""
    rules = Rules.load(paths, asked)
    keep(state, rules)
    folder = state / FOLDER
    draft = folder / f".{IN_FORCE}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(f"{rules.digest}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / IN_FORCE)
    except OSError as fault:
        draft.unlink(missing_ok=True)
        raise HouseFault(f"the rules in force cannot be written: {fault.strerror}") from fault
    return rules


def keep(state: Path, rules: Rules) -> None:
    """Keep the text of a rule set; what is there already is left alone."""
    folder = state / FOLDER
    for file in rules.files:
        make_private(folder / f"{file.sha256}.cedar", file.text.encode())
    listed = [Listed(file.name, file.sha256, file.shipped) for file in rules.files]
    make_private(folder / f"{rules.digest}.json", msgspec.json.format(msgspec.json.encode(listed), indent=1) + b"\n")


def in_force(state: Path) -> Rules:
    """Return the set that is in force in this house."""
    try:
        digest = (state / FOLDER / IN_FORCE).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise HouseFault("no rules are in force here", hint="start the gateway with `proctor serve`") from fault
    return kept(state, digest)


def kept(state: Path, digest: str) -> Rules:
    """Return the rule set of that digest, as it was then; what has been changed since is not taken for it."""
    if len(digest) != 64 or not digest.isascii() or not digest.isalnum():
        raise ConfigFault("a rule set is named by its digest of 64 letters and digits")
    folder = state / FOLDER
    try:
        listed = msgspec.json.decode((folder / f"{digest}.json").read_bytes(), type=list[Listed])
        files = [RuleFile(one.name, _text(folder, one.sha256), one.shipped) for one in listed]
    except FileNotFoundError as fault:
        raise ConfigFault(f"the text of rule set {digest[:12]} is not kept here") from fault
    except (OSError, ValueError) as fault:
        raise HouseFault(f"the text of rule set {digest[:12]} is damaged") from fault
    rules = Rules.of(files)
    if rules.digest != digest:
        raise HouseFault(f"the text of rule set {digest[:12]} is damaged")
    return rules


def _text(folder: Path, digest: str) -> str:
    content = (folder / f"{digest}.cedar").read_bytes()
    if sha256(content).hexdigest() != digest:
        raise ValueError(digest)
    return content.decode("utf-8")


def loaded(name: str, rules: Rules) -> RulesLoaded:
    """Return the record that says which rules are in force from now on, file by file."""
    sources = tuple(Source(name=file.name, sha256=file.sha256) for file in rules.files)
    return RulesLoaded(id=name, rule_set=rules.digest, rules=len(rules), sources=sources)
