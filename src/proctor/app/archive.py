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
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

from proctor.audit.integrator import Integrator, Round
from proctor.audit.record import Body, LogRetired
from proctor.audit.sinks import Forwarder
from proctor.edge.audit_config import SinkConfig
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
LAST_ROUNDS = 1000  # of at most 20,000 records each: a process that is told to stop does stop


Errand = tuple[str, float, Callable[[], Awaitable[None]]]


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
        folder = config.state / "log"
        self._config = config.audit
        self._clock = clock
        self._troubles = troubles
        self._record = record
        self._declared: dict[str, tuple[int, int]] = {}
        self.integrator = Integrator.open(
            config.state / "journal",
            folder,
            keys=sign_folder(config),
            origin=name,
            key=signatory(config),
            fence=config.audit.fence,
        )
        # Whoever stops waiting for a thread has not stopped the thread: the last round waits for the one under way.
        self._logs, self._eyes = threading.Lock(), threading.Lock()
        self._behind = False
        self._gentle = ThreadPoolExecutor(1, "log", _stand_back)
        self.witnesses = Witnesses(folder, config.audit.witnessing)
        self.stamps = Stamps(folder, config.audit.stamping)
        self.forwarders = {sink.name: _forwarder(config.state, sink) for sink in config.audit.sinks}
        # A thread each: collectors that hang must not take the threads that sign the log.
        self._posts = {name: ThreadPoolExecutor(1, f"sink-{name}") for name in self.forwarders}

    def errands(self) -> tuple[Errand, ...]:
        """Return what is to be done, and how often. Each sink has its own: one that hangs holds up nobody else."""
        return (
            ("log", INTEGRATE_SECONDS, self._integrate),
            ("witnesses", self._config.witnessing.every, self._witness),
            ("stamps", STAMP_SECONDS, self._stamp),
            ("retention", RETIRE_SECONDS, self._retire),
            *((f"sink {name}", FORWARD_SECONDS, partial(self._forward, name)) for name in self.forwarders),
        )

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
        return {name: forwarder.lag() for name, forwarder in self.forwarders.items()}

    def _admit(self) -> None:
        if not self.witnesses.admitted:
            self.integrator.prepare()
        self.witnesses.admit()

    async def _witness(self) -> None:
        self._tell("witnesses of", await asyncio.to_thread(self._watched))

    def _watched(self) -> dict[str, str]:
        with self._eyes:
            return self.witnesses.round()

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

    async def _stamp(self) -> None:
        if await asyncio.to_thread(self.stamps.due, self._clock.now()):
            await asyncio.to_thread(self.stamps.stamp)

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
        self._watched()
        for name, forwarder in self.forwarders.items():
            try:
                # A collector that was not there a moment ago gets them after the next start.
                while f"sink {name}" not in self._troubles and forwarder.forward():
                    pass
            except (HouseFault, OSError) as fault:
                log.error("the sink %s gets the last records after the next start: %s", name, fault)


def _stand_back() -> None:
    """Let statements go first: a burst is recorded as it comes, and enters the log when there is time."""
    if sys.platform == "linux":  # elsewhere the priority is the whole process's, which has people to answer
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def _forwarder(state: Path, config: SinkConfig) -> Forwarder:
    sink, form = sink_of(config)
    return Forwarder(state, sink, state / "sinks" / f"{config.name}.cursor", form=form)
