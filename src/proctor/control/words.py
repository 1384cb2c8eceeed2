"""Beside the stations: the words that all desks of the house share: who may what as shipped, a refusal, and the record.

Knows no desk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from proctor.audit.record import Body

APPROVERS = frozenset({"dba", "security"})
READERS = APPROVERS | {"auditor"}
MAX_OUTCOME = 300
MAX_TARGET = 200  # of what a stranger names, this much goes into the journal


class Recorder(Protocol):
    """Where records go; a `Journal` is one."""

    def record(self, body: Body) -> int:
        """Write a record and return its position."""

    async def synced(self, position: int) -> None:
        """Return once the record at this position is on disk."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a call was not done. `missing` is also what one hears of things that one may not see."""

    why: Literal["forbidden", "missing", "conflict", "invalid"]
    reason: str
    hint: str = ""
