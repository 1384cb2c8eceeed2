"""A room of the house that only readers enter: who may, and that each call is on record, also one that was refused.

In come identities and what they ask for; out goes a refusal, or nothing. Knows nothing of what there is to read.
"""

from __future__ import annotations

from proctor.audit.record import OperatorCall, who_of
from proctor.control.words import MAX_OUTCOME, MAX_TARGET, READERS, Recorder, Refused
from proctor.edge.config import Config
from proctor.edge.desk import new_id
from proctor.session.ports import Clock
from proctor.terms import Identity, Kind


class Room:
    """The door of such a room."""

    def __init__(self, config: Config, journal: Recorder, clock: Clock) -> None:
        self.config = config
        self._journal = journal
        self._clock = clock

    def _closed(self, by: Identity, action: str, target: str = "", *, outcome: str = "done") -> Refused | None:
        if by.kind is Kind.AGENT or not by.groups & READERS:
            no = Refused("forbidden", "this is for people of " + " or ".join(sorted(READERS)))
            return self._refuse(by, action, target, no)
        self._record(by, action, target, outcome)
        return None

    def _refuse(self, by: Identity, action: str, target: str, no: Refused) -> Refused:
        self._record(by, action, target, f"refused: {no.reason}")
        return no

    def _record(self, by: Identity, action: str, target: str, outcome: str) -> None:
        self._journal.record(
            OperatorCall(
                id=new_id(self._clock),
                who=who_of(by),
                action=action,
                target=target[:MAX_TARGET],
                outcome=outcome[:MAX_OUTCOME],
            )
        )
