"""Station 4: who may approve where no rule says so, and how many of them it takes. A noun; knows no ticket and no rule.

The operator's settings name them. What differs from the shipped word is a file of the rule set, so that a decision of
then can be made again, and a change of approvers is a change of rules.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from proctor.errors import ConfigFault
from proctor.policy.files import RuleFile

SETTLED = "settings/approvers.json"
MAX_QUORUM = 10


@dataclass(frozen=True, slots=True)
class Approvers:
    """The groups whose people may approve, and how many different people must."""

    groups: frozenset[str] = frozenset({"dba", "security"})
    quorum: int = 1


SHIPPED = Approvers()


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    groups: tuple[str, ...]
    quorum: int


def written(approvers: Approvers) -> tuple[RuleFile, ...]:
    """Return the file that says who they are; none where it is whom the pack is shipped with."""
    if approvers == SHIPPED:
        return ()
    text = msgspec.json.encode(_Written(tuple(sorted(approvers.groups)), approvers.quorum)).decode()
    return (RuleFile(SETTLED, text, shipped=True),)


def settles(file: RuleFile) -> bool:
    """Tell whether this is such a file; the operator's own files never are, whatever they are called."""
    return file.shipped and file.name == SETTLED


def read(file: RuleFile) -> Approvers:
    """Return whom such a file names."""
    try:
        found = msgspec.json.decode(file.text, type=_Written)
    except msgspec.MsgspecError as fault:
        raise ConfigFault(f"{file.name}:1: this does not say who may approve") from fault
    if not found.groups or not 1 <= found.quorum <= MAX_QUORUM:
        raise ConfigFault(f"{file.name}:1: it takes a group, and 1 to {MAX_QUORUM} people of it")
    return Approvers(frozenset(found.groups), found.quorum)
