"""The supervisor: listens, hands accepted connections to the workers in turn, keeps them and the control process alive.

It carries no statement and no answer. SIGTERM drains, SIGHUP reloads without dropping a session.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from proctor.app import settings
from proctor.app.channel import CANCEL, CONNECTION, DRAIN, GUEST, READY, RELOAD, TROUBLE, Channel, unpack_cancel
from proctor.app.doors import Door, opened
from proctor.app.lasting import said_of, waiting_for_a_start
from proctor.app.notebook import Notebook
from proctor.audit.journal import Journal
from proctor.audit.record import ConfigLoaded, WorkerDied, WorkerStarted, WorkerStopped
from proctor.audit.slate import abandoned
from proctor.edge import certificates, rule_shelf
from proctor.edge.config import Config
from proctor.edge.desk import new_id
from proctor.edge.epochs import Epochs
from proctor.edge.house import PID_BITS, SystemClock
from proctor.edge.keys import login_key, make_folder, read_key
from proctor.edge.store import Store
from proctor.errors import Fault, HouseFault

log = logging.getLogger("proctor.supervisor")

START_SECONDS = 60.0
STOP_SECONDS = 40.0
RESTART_SECONDS = 0.5
MEND_SECONDS = 1.0
SHARD = "supervisor"
SCRATCH = {
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
    "MALLOC_TOP_PAD_": str(4 << 20),
}
"""What glibc is told for a worker: to keep the memory it masks in, instead of having it zeroed for each buffer."""


@dataclass
class Child:
    """A process of the house: a worker or the control process."""

    name: str
    module: str
    index: int
    process: subprocess.Popen[bytes] | None = None
    channel: Channel | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)


class Supervisor:
    """The life of `proctor serve`."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self._config = settings.load(source)
        self._clock = SystemClock()
        self._children: list[Child] = []
        self._doors: list[Door] = []
        self._console: list[Door] = []
        self._turn = 0
        self._stopping = False
        self._over = asyncio.Event()
        self._notes: Notebook | None = None
        self._open = False

    async def run(self) -> None:
        """Start everything, say that it is ready, and stay until told to stop."""
        config = self._config
        self._prepare(config)
        self._doors = opened(config.listen.postgres, everybody=True)
        self._console = opened(config.listen.console)
        self._children = [Child(f"worker-{n}", "proctor.app.worker", n) for n in range(config.listen.workers)]
        self._children.append(Child("control", "proctor.app.control_process", -1))
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        loop.add_signal_handler(signal.SIGINT, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        try:
            await self._serve()
        finally:
            await self._end()

    async def _serve(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            keeping = [tasks.create_task(self._keep(child)) for child in self._children]
            try:
                await self._all_ready()
                self._open = True
                accepting = [tasks.create_task(self._accept(door)) for door in self._doors]
                accepting.append(tasks.create_task(self._mend()))
                print(self._ready_line(), flush=True)
                await self._over.wait()
                for task in accepting:
                    task.cancel()
            finally:
                self._stopping = True
                await self._send_home()
                for task in keeping:
                    task.cancel()

    def _prepare(self, config: Config) -> None:
        """Make what every process needs before the first of them starts."""
        make_folder(config.state)
        os.umask(0o077)
        read_key(config.keys.mask, name="mask")
        read_key(config.keys.bind, name="bind")
        login_key(config)
        rules = rule_shelf.put_in_force(config.state, config.policy.paths, config.approvals.tickets)
        certificates.prepare(config, self._clock.now())
        Store.open(config.state, migrate=True).close()
        Epochs(config.state / "epochs").close()
        shards = config.state / "journal"
        for left in abandoned(shards, {f"worker-{n}" for n in range(config.listen.workers)}):
            with Journal.open(left, left.name, clock=self._clock):
                pass  # what stands on its slate is in its journal now
        journal = Journal.open(shards / SHARD, SHARD, clock=self._clock)
        self._notes = Notebook(journal)
        written = sha256(self._source.read_bytes()).hexdigest()
        journal.record(ConfigLoaded(id=new_id(self._clock), digest=written))
        journal.record(rule_shelf.loaded(new_id(self._clock), rules))

    async def _all_ready(self) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                for child in self._children:
                    await child.ready.wait()
        except TimeoutError:
            late = [child.name for child in self._children if not child.ready.is_set()]
            raise HouseFault(f"{', '.join(late)} did not start", hint="See the messages above.") from None

    def _ready_line(self) -> str:
        return f"ready postgres={','.join(map(str, self._doors))} console={','.join(map(str, self._console))}"

    # ---- the children

    async def _keep(self, child: Child) -> None:
        """Start a child, and again each time it dies, be it before it is ready; only at the start that is the end."""
        while not self._stopping:
            self._start(child)
            code = await asyncio.to_thread(_wait, child)
            if self._stopping:
                return
            if not child.ready.is_set() and not self._open:
                raise HouseFault(f"{child.name} could not start (exit code {code})", hint="See the messages above.")
            self._record_death(child, code)
            self._hang_up(child)
            await asyncio.sleep(RESTART_SECONDS)

    def _start(self, child: Child) -> None:
        ours, theirs = Channel.pair()
        child.ready.clear()
        child.channel = ours
        passed = [theirs.fileno()]
        words = [str(theirs.fileno()), str(child.index), str(self._source)]
        if child.index < 0:
            passed += [door.sock.fileno() for door in self._console]
            words += [str(door.sock.fileno()) for door in self._console]
        child.process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-m", child.module, *words],
            pass_fds=passed,
            stdin=subprocess.DEVNULL,
            env=surroundings(os.environ, serves=child.index >= 0),
        )
        theirs.close()
        asyncio.get_running_loop().add_reader(ours.fileno(), self._hear, child)
        if self._notes is not None:
            self._notes.note(WorkerStarted(id=new_id(self._clock), worker=child.name, pid=child.process.pid))

    def _record_death(self, child: Child, code: int) -> None:
        log.error("%s died (%s) and is started again", child.name, code)
        if self._notes is not None and child.process is not None:
            why = f"signal {-code}" if code < 0 else f"exit code {code}"
            self._notes.note(WorkerDied(id=new_id(self._clock), worker=child.name, pid=child.process.pid, why=why))

    async def _mend(self) -> None:
        while self._notes is not None:
            await self._notes.mend()
            await asyncio.sleep(MEND_SECONDS)

    def _hang_up(self, child: Child) -> None:
        if child.channel is not None:
            asyncio.get_running_loop().remove_reader(child.channel.fileno())
            child.channel.close()
            child.channel = None

    def _hear(self, child: Child) -> None:
        channel = child.channel
        if channel is None:
            return
        try:
            while (message := channel.receive()) is not None:
                if message.kind == READY:
                    child.ready.set()
                elif message.kind == CANCEL:
                    self._pass_cancel(message.body)
                elif message.socket is not None:
                    if message.kind == GUEST and child.index < 0:  # only the control process lets guests in
                        self._hand_over(message.socket, GUEST)
                    else:
                        message.socket.close()
                elif message.kind == TROUBLE:
                    log.error("%s: %s", child.name, message.body.decode("utf-8", "replace"))
        except EOFError:
            asyncio.get_running_loop().remove_reader(channel.fileno())

    def _pass_cancel(self, body: bytes) -> None:
        pid, _ = unpack_cancel(body)
        index = (pid >> PID_BITS) - 1
        for child in self._children:
            if child.index == index >= 0 and child.channel is not None:
                child.channel.send(CANCEL, body)

    # ---- the doors

    async def _accept(self, door: Door) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(door.sock)
            except OSError as fault:
                log.error("a connection could not be accepted: %s", fault.strerror)
                await asyncio.sleep(0.1)
                continue
            if sock.family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self._hand_over(sock, CONNECTION, b"local" if door.local else b"")

    def _hand_over(self, sock: socket.socket, kind: bytes, body: bytes = b"") -> None:
        """Give a connection to the next worker in turn that takes it; with none, it is closed."""
        workers = [child for child in self._children if child.index >= 0]
        for _ in workers:
            self._turn = (self._turn + 1) % len(workers)
            child = workers[self._turn]
            channel = child.channel if child.ready.is_set() else None
            if channel is not None and channel.send(kind, body, sock):
                break
        sock.close()

    # ---- the operator's word

    def _stop(self) -> None:
        self._stopping = True
        self._over.set()

    def _reload(self) -> None:
        try:
            found = settings.load(self._source)
            rule_shelf.put_in_force(self._config.state, found.policy.paths, found.approvals.tickets)
        except Fault as fault:
            log.error("not reloaded, the old configuration stays: %s", fault.message)
            return
        if waiting := waiting_for_a_start(self._config, found):
            log.warning("reloaded, but %s", said_of(waiting))
        for child in self._children:
            if child.channel is not None:
                child.channel.send(RELOAD)

    async def _send_home(self) -> None:
        """Let the workers finish their transactions, then the control process take in the last records."""
        await self._drain([child for child in self._children if child.index >= 0])
        await self._close_journal()  # its last word goes into the log as well, so it comes before control's last round
        await self._drain([child for child in self._children if child.index < 0])

    async def _drain(self, children: list[Child]) -> None:
        for child in children:
            if child.channel is not None:
                child.channel.send(DRAIN)
        await asyncio.gather(*(asyncio.to_thread(_wait, child, STOP_SECONDS) for child in children))

    async def _close_journal(self) -> None:
        notes, self._notes = self._notes, None
        if notes is not None:
            await notes.close(WorkerStopped(id=new_id(self._clock), worker=SHARD, pid=os.getpid(), why="told to"))

    async def _end(self) -> None:
        for child in self._children:
            if child.process is not None and child.process.poll() is None:
                child.process.kill()
                child.process.wait()
        for door in (*self._doors, *self._console):
            door.close()
        await self._close_journal()


def surroundings(outer: Mapping[str, str], *, serves: bool) -> dict[str, str]:
    """Return the environment of a process that is started; what the operator has set stands."""
    return {**SCRATCH, **outer} if serves else dict(outer)


def _wait(child: Child, seconds: float | None = None) -> int:
    if child.process is None:
        return 0
    try:
        return child.process.wait(seconds)
    except subprocess.TimeoutExpired:
        child.process.kill()
        return child.process.wait()


def serve(source: Path) -> None:
    """Run the gateway in the foreground until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.WARNING, format="proctor: %(levelname)s %(message)s")
    asyncio.run(Supervisor(source).run())
