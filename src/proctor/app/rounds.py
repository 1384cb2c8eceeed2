"""What a worker does regularly: deadlines, kills, signs of life, freshness of catalogs and certificates, its journal.

No round waits for another: a database that hangs must not keep an operator's kill, or the journal's recovery, waiting.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from proctor.app.endings import killed, revoked
from proctor.audit.record import Heartbeat
from proctor.edge import certificates
from proctor.edge.client_certificates import Meeting, ServerTls, fallen
from proctor.edge.desk import new_id
from proctor.edge.house import House
from proctor.edge.world import DatabaseWorld
from proctor.errors import Fault
from proctor.terms import SessionId

log = logging.getLogger("proctor.worker")

# A grant that was revoked is seen no longer than this: a quarter of the second that the manual promises.
LOOK_SECONDS = 0.25
SECOND = 1.0
HEARTBEAT_SECONDS = 60
RENEW_SECONDS = 3600.0


class Rounds:
    """The rounds of one worker."""

    def __init__(self, house: House, tls: ServerTls | None) -> None:
        self._house = house
        self._tls = tls
        self._kills_seen = 0
        self._ending: set[SessionId] = set()
        self._met: Meeting | None = None
        self._cleared: set[SessionId | None] = set()
        self._looking: dict[DatabaseWorld, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Go round until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for seconds, errand in (
                (LOOK_SECONDS, self._look),
                (LOOK_SECONDS, self._see_out),
                (LOOK_SECONDS, self._see_papers),
                (SECOND, self._look_at_worlds),
                (SECOND, self._signs),
                (SECOND, self._mend_journal),
                (HEARTBEAT_SECONDS, self._beat),
                (RENEW_SECONDS, self.renew),
            ):
                tasks.create_task(_regularly(seconds, errand))

    async def _look(self) -> None:
        house = self._house
        now = house.clock.monotonic_ns()
        lost: Fault | None = None
        used = {visitor.world for _, visitor in house.visitors.values() if visitor.world is not None}
        for world in used | {*house.worlds.values()}:
            world.turn_the_minute()
            try:
                world.see_grants()
            except Fault as fault:  # the others let go of their grants too
                lost = fault
        for _, visitor in list(house.visitors.values()):
            visitor.look(now)
        if lost is not None:
            raise lost
        self._kills()

    async def _see_out(self) -> None:
        """End the sessions of whoever would not be let in any more: an agent whose registration has run out."""
        config, now = self._house.config, self._house.clock.now()
        for _, visitor in list(self._house.visitors.values()):
            asker = None if visitor.guest is None else visitor.guest.asker
            why = None if asker is None else config.fallen(asker.subject, asker.on_behalf_of, now)
            if asker is not None and why is not None:
                visitor.end(f"terminating connection: {asker.subject} is not let in any more: {why}")

    async def _see_papers(self) -> None:
        """End the sessions whose certificate is revoked, or whose authority is gone, and record how long it took."""
        if self._tls is None:
            return
        house, started, meeting = self._house, self._house.clock.monotonic_ns(), self._tls.meeting()
        shown = {
            each.session: each for _, each in house.visitors.values() if each.guest is not None and each.guest.paper
        }
        # One that was let in just as the files changed is looked at in a later round.
        self._cleared = self._cleared & shown.keys() if meeting is self._met else set()
        self._met = meeting
        gone = []
        for session in shown.keys() - self._cleared:
            self._cleared.add(session)
            guest = shown[session].guest
            why = None if guest is None or guest.paper is None else fallen(guest.paper, meeting)
            if why is not None:
                gone.append(shown[session])
                shown[session].end(f"terminating connection: {why}")
        if gone:
            await revoked(house, gone, started)

    def _kills(self) -> None:
        house = self._house
        number = house.store.changes().get("kills", 0)
        if number == self._kills_seen:
            return
        wanted = {kill.session: kill for kill in house.store.sessions.kills(house.name)}
        self._ending &= wanted.keys()
        met = 0
        for _, visitor in list(house.visitors.values()):
            kill = None if visitor.session is None else wanted.get(visitor.session)
            if kill is not None:
                met += 1
                visitor.end(f"terminating connection due to administrator command ({kill.by}: {kill.because})")
                if kill.session not in self._ending:
                    self._ending.add(kill.session)
                    house.spawn(tended(killed(house, visitor, kill)))
        self._kills_seen = number if met == len(wanted) else -1  # some are just being opened: look again

    async def _look_at_worlds(self) -> None:
        """See that what is known of each database is fresh, also for sessions of databases that are set up anew."""
        house = self._house
        used = {visitor.world for _, visitor in house.visitors.values() if visitor.world is not None}
        for world in {*self._looking} - used - {*house.worlds.values()}:
            self._looking.pop(world).cancel()
            world.close()
        for world in used | {*house.worlds.values()}:
            before = self._looking.get(world)
            if before is None or before.done():
                self._looking[world] = asyncio.create_task(tended(self._look_at(world)))

    async def _look_at(self, world: DatabaseWorld) -> None:
        await world.look()
        if self._house.worker == 0:  # one of the workers is enough: what it finds the others learn
            await world.look_for_drift()

    async def _signs(self) -> None:
        house = self._house
        now = house.clock.now()
        signs = [sign for _, visitor in house.visitors.values() if (sign := visitor.sign(now)) is not None]
        house.store.sessions.seen(signs)

    async def _mend_journal(self) -> None:
        journal = self._house.journal
        if journal.failed is not None and await journal.try_recover():
            log.warning("the journal can be written again, and the gateway serves")

    async def _beat(self) -> None:
        house = self._house
        house.record(Heartbeat(id=new_id(house.clock), interval_s=HEARTBEAT_SECONDS, sessions=len(house.visitors)))

    async def renew(self) -> None:
        """Read the certificate anew, renewed if it was time; connections from now on see it."""
        house = self._house
        seal = await asyncio.to_thread(certificates.prepare, house.config, house.clock.now())
        if seal is not None and self._tls is not None:
            self._tls.renew(seal)


async def _regularly(seconds: float, errand: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        await tended(errand())


async def tended(errand: Awaitable[None]) -> None:
    """Wait for an errand; its troubles are told, and it is tried again in its next round."""
    try:
        await errand
    except Fault as fault:
        log.warning("%s", fault.message)
    except OSError as fault:
        log.warning("%s", fault.strerror)
    except Exception as fault:  # one broken round must not end all others
        log.error("a round ended by %s", type(fault).__name__, exc_info=fault)
