"""Beside the stations: what the control process does with the records: into the signed log, and before other eyes.

Takes the settings and the house's name; gives the errands to run regularly, each with its pace. Errands that fail are
tried again in the next round; the log's signing key is nowhere else. Knows nothing of statements.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

from proctor.app.errands import Errand
from proctor.audit.integrator import Integrator, Round
from proctor.audit.note import Untrusted
from proctor.audit.record import Body, LogRetired
from proctor.audit.sinks import Form, Forwarder, Sink
from proctor.edge.audit_config import Audit, Stamping, Witnessing
from proctor.edge.config import Config
from proctor.edge.desk import new_id
from proctor.edge.house import SystemClock
from proctor.edge.keys import sign_folder, signatory
from proctor.edge.outlets import sink_of
from proctor.edge.stamping import Stamps
from proctor.edge.witnesses import Witnesses
from proctor.errors import HouseFault

log = logging.getLogger("proctor.control")

INTEGRATE_SECONDS = 1.0
FORWARD_SECONDS = 1.0
RETIRE_SECONDS = 60.0
OWN = "control"
STAMP_SECONDS = 60.0  # between two looks whether a stamp is due
NICENESS = 10
FAR_BEHIND = 50_000  # records in a round, about a second's worth: then the log has its full share of the machine
LAST_ROUNDS = 1000  # of at most 40,000 records each: a process that is told to stop does stop


@dataclass(frozen=True, slots=True)
class Eyes:
    """Those before whose eyes the records come, ready to be put in force: nothing of it can fail any more."""

    config: Audit
    witnesses: Witnesses
    stamps: Stamps
    sinks: Mapping[str, tuple[Sink, Form | None]]
    fresh: Mapping[str, Forwarder]
    """The sinks among them that there have never been, by name."""


class Archive:
    """The logs of one house, with those who watch them."""

    def __init__(
        self,
        config: Config,
        name: str,
        clock: SystemClock,
        troubles: dict[str, str],
        record: Callable[[Body], int],
    ) -> None:
        """Take the settings, the house's name, where troubles are told that do not stop a whole errand, and a journal.

        The journal is the one of this process, whose log is never retired: it declares what becomes of the others.
        """
        self._state = config.state
        self._config = replace(config.audit, witnessing=Witnessing())  # nobody is heard yet
        self._clock = clock
        self._troubles = troubles
        self._record = record
        self._declared: dict[str, tuple[int, int]] = {}
        self.integrator = Integrator.open(
            config.state / "journal",
            config.state / "log",
            keys=sign_folder(config),
            origin=name,
            key=signatory(config),
            fence=config.audit.fence,
        )
        # Whoever stops waiting for a thread has not stopped the thread: the last round waits for the one under way.
        self._logs, self._eyes = threading.Lock(), threading.Lock()
        self._behind = False
        self._gentle = ThreadPoolExecutor(1, "log", _stand_back)
        self.forwarders: dict[str, Forwarder] = {}
        """Each sink there has been since the start; one that is taken out and comes back goes on where it was."""
        # A thread each: collectors that hang must not take the threads that sign the log.
        self._posts: dict[str, ThreadPoolExecutor] = {}
        self.witnesses = Witnesses(self._state / "log", Witnessing())
        self.stamps = Stamps(self._state / "log", Stamping())
        self.change(self.prepared(config.audit))

    def prepared(self, audit: Audit) -> Eyes:
        """Make ready what `[audit]` says of witnesses, stamps and sinks; raises `HouseFault` where that cannot be."""
        folder = self._state / "log"
        sinks = {sink.name: _ready(f"sinks.{sink.name}", partial(sink_of, sink)) for sink in audit.sinks}
        return Eyes(
            audit,
            _ready("witnesses", partial(Witnesses, folder, audit.witnessing)),
            _ready("stamps", partial(Stamps, folder, audit.stamping)),
            sinks,
            {
                name: Forwarder(self._state, sink, self._state / "sinks" / f"{name}.cursor", form=form)
                for name, (sink, form) in sinks.items()
                if name not in self.forwarders
            },
        )

    def change(self, eyes: Eyes) -> None:
        """Put witnesses, stamps, sinks and retention in force; the fence and the key are read at the start alone.

        Others than before are heard before the log goes on; what one has seen that this house has not stays seen.
        """
        before, after = self._config.witnessing, eyes.config.witnessing
        if (before.seats, before.quorum) == (after.seats, after.quorum):
            eyes.witnesses.admitted = self.witnesses.admitted
        eyes.witnesses.fork = self.witnesses.fork
        self.witnesses, self.stamps = eyes.witnesses, eyes.stamps
        self._config = replace(
            self._config,
            witnessing=eyes.config.witnessing,
            stamping=eyes.config.stamping,
            sinks=eyes.config.sinks,
            retention=eyes.config.retention,  # what was declared goes all the same: a record says that it has
        )
        for name, forwarder in eyes.fresh.items():
            self.forwarders[name] = forwarder
            self._posts[name] = ThreadPoolExecutor(1, f"sink-{name}")
        for name, (sink, form) in eyes.sinks.items():
            self.forwarders[name].goes_to(sink, form)

    def errands(self) -> tuple[Errand, ...]:
        """Return what is to be done, and how often. Each sink has its own: one that hangs holds up nobody else."""
        return (
            ("log", INTEGRATE_SECONDS, self._integrate),
            ("witnesses", self._config.witnessing.every, partial(self._witness, self.witnesses)),
            ("stamps", STAMP_SECONDS, partial(self._stamp, self.stamps)),
            ("retention", RETIRE_SECONDS, self._retire),
            *((f"sink {name}", FORWARD_SECONDS, partial(self._forward, name)) for name in self._sinks()),
        )

    def _sinks(self) -> list[str]:
        return [sink.name for sink in self._config.sinks]

    async def _integrate(self) -> None:
        hand = None if self._behind else self._gentle
        done = await asyncio.get_running_loop().run_in_executor(hand, self._round)
        self._behind = sum(done.added.values()) > FAR_BEHIND
        self._tell("log of", done.troubles)

    def _round(self) -> Round:
        with self._logs:
            self._admit()
            done = self.integrator.integrate()
            if done.added:
                self.integrator.prune(self._config.retention.segments)
            return done

    async def _forward(self, name: str) -> None:
        loop, forwarder = asyncio.get_running_loop(), self.forwarders[name]
        while await loop.run_in_executor(self._posts[name], forwarder.forward):
            pass  # as long as there is more; who cancels us does so between two batches

    def lags(self) -> Mapping[str, int]:
        """Return, by sink, how many records of the log it has not taken yet."""
        return {name: self.forwarders[name].lag() for name in self._sinks()}

    def _admit(self) -> None:
        witnesses = self.witnesses  # others may be put in force meanwhile
        if not witnesses.admitted:
            self.integrator.prepare()
        witnesses.admit()

    async def _witness(self, witnesses: Witnesses) -> None:
        self._tell("witnesses of", await asyncio.to_thread(self._watched, witnesses))

    def _watched(self, witnesses: Witnesses) -> dict[str, str]:
        with self._eyes:
            return witnesses.round()

    async def _retire(self) -> None:
        if self._config.retention.age:
            for name, before in (await asyncio.to_thread(self._retired)).items():
                because = f"audit.retention.age is {self._config.retention.age / 86_400:g} days"
                position = self._record(LogRetired(id=new_id(self._clock), log=name, retired=before, because=because))
                self._declared[name] = (before, position)

    def _retired(self) -> dict[str, int]:
        """Take away what the signed log has declared, and return what is old enough to be declared next."""
        until = self._clock.now() - timedelta(seconds=self._config.retention.age)
        stamp = until.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        found: dict[str, int] = {}
        with self._logs:
            sizes = self.integrator.sizes()
            for name in [name for name in sizes if name != OWN]:
                before, position = self._declared.get(name, (0, 0))
                if before and sizes.get(OWN, 0) > position:
                    self.integrator.retire(name, before)
                    del self._declared[name]
                elif not before and (old := self.integrator.outdated(name, stamp)) > self.integrator.kept_from(name):
                    found[name] = old
        return found

    async def _stamp(self, stamps: Stamps) -> None:
        if await asyncio.to_thread(stamps.due, self._clock.now()):
            await asyncio.to_thread(stamps.stamp)

    def _tell(self, of: str, found: Mapping[str, str]) -> None:
        """Tell whoever asks how the house is of the troubles there are now, of this sort, and forget those before."""
        for part in [part for part in self._troubles if part.startswith(f"{of} ")]:
            if part.removeprefix(f"{of} ") not in found:
                del self._troubles[part]
        for shard, trouble in found.items():
            if self._troubles.get(f"{of} {shard}") != trouble:
                log.error("%s %s: %s", of, shard, trouble)
            self._troubles[f"{of} {shard}"] = trouble

    def leave(self) -> None:
        """Take the last records into the log, show it around, and let go of it. Blocks."""
        for post in self._posts.values():
            post.shutdown(cancel_futures=True)  # one batch may be under way, and has a deadline
        try:
            self._last_rounds()
        finally:
            self._gentle.shutdown()
            self.integrator.close()

    def _last_rounds(self) -> None:
        try:
            for _ in range(LAST_ROUNDS):
                if not self._round().added:
                    break
        except HouseFault as fault:
            log.error("the last records are not in the log yet: %s", fault.message)
            return
        self._watched(self.witnesses)
        for name in self._sinks():
            try:
                # A collector that was not there a moment ago gets them after the next start.
                while f"sink {name}" not in self._troubles and self.forwarders[name].forward():
                    pass
            except (HouseFault, OSError) as fault:
                log.error("the sink %s gets the last records after the next start: %s", name, fault)


def _stand_back() -> None:
    """Let statements go first: a burst is recorded as it comes, and enters the log when there is time."""
    if sys.platform == "linux":  # elsewhere the priority is the whole process's, which has people to answer
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


Made = TypeVar("Made")


def _ready(part: str, make: Callable[[], Made]) -> Made:
    try:
        return make()
    except (OSError, ValueError, Untrusted) as fault:
        raise HouseFault(
            f"[audit.{part}] cannot be put in force ({type(fault).__name__})",
            hint="look at the files that it names: a `ca` holds certificates in PEM",
        ) from fault
