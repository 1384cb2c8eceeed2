"""What a worker says of sessions that were ended: that they are gone, or not yet, and how long that took.

In come sessions that were told to end; out goes one record. Ends nothing itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from proctor.audit.record import OperatorCall
from proctor.edge.desk import new_id
from proctor.edge.house import House, Visitor
from proctor.edge.live_sessions import Kill

PATIENCE = 5.0  # for sessions to end that were told to
LOOK = 0.02
MAX_TARGET = 200


async def killed(house: House, visitor: Visitor, kill: Kill) -> None:
    """Record how long it took from an operator's word until a session was gone."""
    left = await _gone(house, [visitor])
    took = (house.clock.now() - kill.at).total_seconds() * 1_000_000
    house.record(
        OperatorCall(
            id=new_id(house.clock),
            session=kill.session,
            action="sessions.ended",
            target=kill.session,
            outcome="overdue" if left else "done",
            details={"by": kill.by[:MAX_TARGET], "took_us": str(max(0, round(took)))},
            because=kill.because,
        )
    )


async def revoked(house: House, gone: Sequence[Visitor], started: int) -> None:
    """Record how long it took from the moment when other certificates were believed until their sessions were gone."""
    left = await _gone(house, gone)
    took = (house.clock.monotonic_ns() - started) // 1000
    names = sorted({each.guest.asker.subject for each in gone if each.guest is not None})
    house.record(
        OperatorCall(
            id=new_id(house.clock),
            action="certificates.revoked",
            target=", ".join(names)[:MAX_TARGET],
            outcome="overdue" if left else "done",
            details={"sessions": str(len(gone)), "left": str(left), "took_us": str(took)},
            because="what certificates are believed by has changed",
        )
    )


async def _gone(house: House, visitors: Sequence[Visitor]) -> int:
    """Return how many of them are still there after all patience."""
    until = house.clock.monotonic_ns() + int(PATIENCE * 1e9)
    while True:
        there = {id(visitor) for _, visitor in house.visitors.values()}
        left = sum(id(each) in there for each in visitors)
        if not left or house.clock.monotonic_ns() > until:
            return left
        await asyncio.sleep(LOOK)
