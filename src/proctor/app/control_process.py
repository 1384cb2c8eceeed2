"""The control process: serves console and API, moves the shards into the Merkle log, and lets tickets expire.

It alone has the log's signing key. Started by the supervisor with the console's sockets; carries no statement.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
import ssl
import sys
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import uvloop

from proctor.app import settings
from proctor.app.archive import Archive
from proctor.app.channel import DRAIN, GUEST, READY, RELOAD, TROUBLE, Channel
from proctor.app.errands import Call, Errand, Errands
from proctor.app.lasting import waiting_for_a_start
from proctor.app.web import WebServer, servers_for
from proctor.audit.journal import Journal
from proctor.audit.record import ConfigLoaded, Heartbeat, TicketExpired, WorkerStarted, WorkerStopped
from proctor.control import Control
from proctor.edge import certificates, evidence, rule_shelf
from proctor.edge.config import Config
from proctor.edge.conversation import Knock
from proctor.edge.desk import moment, new_id
from proctor.edge.doorkeeper import Doorkeeper
from proctor.edge.herald import Herald
from proctor.edge.house import SystemClock
from proctor.edge.keys import login_key, make_private
from proctor.edge.store import Store
from proctor.edge.traces import Spans
from proctor.edge.verifiers import Locks
from proctor.errors import Fault
from proctor.faces.api import create
from proctor.faces.mcp.server import manager
from proctor.policy.rules import Rules

log = logging.getLogger("proctor.control")

SHARD = "control"
MEND_SECONDS = 1.0
EXPIRE_SECONDS = 1.0
TELL_SECONDS = 0.5
HEARTBEAT_SECONDS = 60
LIST_SECONDS = 86_400.0
RENEW_SECONDS = 3600.0


class ControlRoom:
    """Everything that the control process keeps running. `run` once; `stop` and `reload` from the event loop."""

    def __init__(
        self,
        config: Config,
        sockets: list[socket.socket],
        *,
        ask_reload: Callable[[], None] | None = None,
        knock: Knock | None = None,
    ) -> None:
        self.config = self._began = config
        self.clock = SystemClock()
        self.store = Store.open(config.state)
        self.journal = Journal.open(config.state / "journal" / SHARD, SHARD, clock=self.clock)
        self._key = login_key(config)
        self._ask_reload = ask_reload
        self.control = Control(
            store=self.store,
            config=config,
            rules=self._rules(config, ask_reload),
            journal=self.journal,
            clock=self.clock,
            reload=self._reload_asked,
            knock=knock,
        )
        self.herald = Herald(self.store, config.approvals, self.clock, f"https://{config.listen.console[0]}")
        self.archive = Archive(
            config, house_name(config.state), self.clock, self.control.health.troubles, self.journal.record
        )
        self.control.health.lags = self.archive.lags
        self.archive.integrator.onlookers.append(self.control.reading.figures.take)
        self._spans = None if config.traces is None else Spans(config.traces, version())
        if self._spans is not None:
            self.archive.integrator.onlookers.append(self._spans.take)
            self.control.health.spans = self._spans.counts
        self.door = Doorkeeper(config, Locks(config, self._key), self.clock, self.journal.record, self.store.people)
        self._tls = _tls(config, self.clock)
        self._mcp = manager(self.control, version())
        app = create(self.control, self.door, config.state / "log", version(), self._mcp.answer)
        self._servers: list[WebServer] = servers_for(app, sockets, self._tls)
        self._over = asyncio.Event()
        self._rounds: Errands | None = None

    async def run(self, ready: Callable[[], None]) -> None:
        """Serve until told to stop; then take the last records into the log."""
        self.journal.record(WorkerStarted(id=self._id(), worker=SHARD, pid=os.getpid(), version=version()))
        self.journal.record(rule_shelf.loaded(self._id(), self.control.rules))
        digest = sha256(self.config.source.read_bytes()).hexdigest()
        self.journal.record(ConfigLoaded(id=self._id(), digest=digest, version=version()))
        try:
            async with self._mcp.run(), asyncio.TaskGroup() as tasks:
                serving = [tasks.create_task(server.run_until_told()) for server in self._servers]
                self._rounds = Errands(tasks, self._tended)
                self._rounds.keep(self._errands())
                for server in self._servers:
                    await server.up.wait()
                ready()
                await self._over.wait()
                for server in self._servers:
                    server.stop()
                await asyncio.wait(serving)
                self._rounds.stop()
        finally:
            await self._leave()

    def _errands(self) -> list[Errand]:
        return [
            *self.archive.errands(),
            ("approvals", EXPIRE_SECONDS, self._expire),
            ("messages", TELL_SECONDS, self.herald.go),
            ("journal", MEND_SECONDS, self._mend_journal),
            ("heartbeat", HEARTBEAT_SECONDS, self._beat),
            ("entitlements", LIST_SECONDS, self._list_entitled),
            ("certificate", RENEW_SECONDS, self._renew),
        ]

    def stop(self) -> None:
        """End, in order."""
        self._over.set()

    def reload(self) -> None:
        """Put the settings and rules in force that now lie there; raises `ConfigFault` and keeps the old ones."""
        config = settings.load(self.config.source)
        rules = self._rules(config, self._ask_reload)
        eyes = self.archive.prepared(config.audit)
        before = self.control.rules
        self.config = config
        self.control.change(config, rules)
        self.herald.approvals = config.approvals
        self.door.change(config, Locks(config, self._key))
        self.archive.change(eyes)
        self.control.health.waiting = waiting_for_a_start(self._began, config)
        if self._rounds is not None and not self._over.is_set():
            for part in self._rounds.keep(self._errands()):
                self.control.health.troubles.pop(part, None)
        if rules.digest != before.digest:
            self.journal.record(rule_shelf.loaded(self._id(), rules))
        self.journal.record(evidence.listed(config, self._id(), rules.digest))

    @staticmethod
    def _rules(config: Config, ask_reload: Callable[[], None] | None) -> Rules:
        """Return the rules in force; without a supervisor to put them there, this process does."""
        if ask_reload is None:
            return rule_shelf.put_in_force(config.state, config.policy.paths, config.approvals.tickets)
        return rule_shelf.in_force(config.state)

    async def _reload_asked(self) -> str:
        """Check what lies there, and have the whole house reload; an operator hears of troubles at once."""
        config = await asyncio.to_thread(settings.load, self.config.source)
        rules = await asyncio.to_thread(Rules.load, config.policy.paths, config.approvals.tickets)
        if self._ask_reload is None:
            self.reload()
        else:
            self._ask_reload()
        return rules.digest

    # --- what is done regularly -------------------------------------------------------------------------------------

    def _tended(self, part: str, errand: Call) -> Call:
        """Return the errand with its troubles told to whoever asks how the house is; it is tried again each round."""

        async def tend() -> None:
            try:
                await errand()
            except (Fault, OSError) as fault:
                trouble = fault.message if isinstance(fault, Fault) else f"{type(fault).__name__}: {fault.strerror}"
                if self.control.health.troubles.get(part) != trouble:
                    log.error("%s: %s", part, trouble)
                self.control.health.troubles[part] = trouble
            else:
                self.control.health.troubles.pop(part, None)

        return tend

    async def _expire(self) -> None:
        await asyncio.to_thread(self.store.proposals.forget_rows)
        self.control.grants.expire_due()
        for ticket in await asyncio.to_thread(self.store.tickets.expire_due, moment(self.clock)):
            self.journal.record(
                TicketExpired(
                    id=self._id(),
                    ticket=ticket.id,
                    requester=ticket.requester,
                    on_behalf_of=ticket.on_behalf_of,
                    database=ticket.database,
                    digest=ticket.digest,
                    rules=ticket.rules,
                )
            )

    async def _mend_journal(self) -> None:
        if self.journal.failed is not None and not await self.journal.try_recover():
            raise self.journal.failed

    async def _beat(self) -> None:
        await asyncio.to_thread(self.store.sign_ins.tidy, self.clock.now())
        self.journal.record(Heartbeat(id=self._id(), interval_s=HEARTBEAT_SECONDS))

    async def _list_entitled(self) -> None:
        """Put on record who may come in as what: at the start and every day, so that each range of the log has it."""
        self.journal.record(evidence.listed(self.config, self._id(), self.control.rules.digest))

    async def _renew(self) -> None:
        """Read the certificate anew, which `prepare` has renewed if it was time; connections from now on see it."""
        seal = await asyncio.to_thread(certificates.prepare, self.config, self.clock.now())
        if seal is not None and self._tls is not None:
            certificates.load(self._tls, seal)

    async def _leave(self) -> None:
        if self.journal.failed is None:
            self.journal.record(WorkerStopped(id=self._id(), worker=SHARD, pid=os.getpid(), why="told to"))
        await self.journal.close()
        await asyncio.to_thread(self.archive.leave)
        if self._spans is not None:
            await asyncio.to_thread(self._spans.close)
        self.store.close()

    def _id(self) -> str:
        return new_id(self.clock)


def _tls(config: Config, clock: SystemClock) -> ssl.SSLContext | None:
    seal = certificates.prepare(config, clock.now())
    return None if seal is None else certificates.server_context(seal)


def house_name(state: Path) -> str:
    """Return the name under which this house's logs are signed, chosen at first start and never changed."""
    path = state / "name"
    make_private(path, f"proctor-{secrets.token_hex(4)}\n".encode())
    return path.read_text("ascii").strip()


def version() -> str:
    """Return the version of this Proctor."""
    try:
        return metadata.version("proctor")
    except metadata.PackageNotFoundError:
        return "unknown"


async def serve(
    config: Config,
    sockets: list[socket.socket],
    ready: Callable[[], None],
    *,
    channel: Channel | None = None,
) -> None:
    """Run the control room until SIGTERM, or the supervisor's word."""
    if channel is None:
        room = ControlRoom(config, sockets)
    else:
        room = ControlRoom(config, sockets, ask_reload=_hang_up_on_parent, knock=partial(_knock, channel))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, room.stop)
    if channel is None:
        loop.add_signal_handler(signal.SIGINT, room.stop)
        loop.add_signal_handler(signal.SIGHUP, _reload, room, None)
    else:
        for number in (signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, _nothing)  # the terminal sends them to all; the supervisor's word counts
        loop.add_reader(channel.fileno(), _hear, channel, room)
    await room.run(ready)


def run(config: Config, console_sockets: list[socket.socket], ready: Callable[[], None]) -> None:
    """Run the control process in this process, until SIGTERM."""
    uvloop.run(serve(config, console_sockets, ready))


def _hear(channel: Channel, room: ControlRoom) -> None:
    try:
        while (message := channel.receive()) is not None:
            if message.kind == DRAIN:
                room.stop()
            elif message.kind == RELOAD:
                _reload(room, channel)
    except EOFError:
        asyncio.get_running_loop().remove_reader(channel.fileno())
        room.stop()


def _reload(room: ControlRoom, channel: Channel | None) -> None:
    try:
        room.reload()
    except Fault as fault:
        log.error("not reloaded, the old settings stay: %s", fault.message)
        if channel is not None:
            channel.send(TROUBLE, fault.message.encode()[:1000])


def _hang_up_on_parent() -> None:
    """Ask the supervisor to reload, as an operator would."""
    os.kill(os.getppid(), signal.SIGHUP)


def _knock(channel: Channel) -> socket.socket | None:
    """Return one end of a new pair of sockets, whose other end the supervisor hands to a worker."""
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with theirs:
        if channel.send(GUEST, sock=theirs):
            return ours
    ours.close()
    return None


def _nothing() -> None:
    pass


def main() -> None:
    """Run as a process of the supervisor: its end of the channel, a number, the settings, the console's sockets."""
    fd, source, doors = int(sys.argv[1]), Path(sys.argv[3]), sys.argv[4:]
    logging.basicConfig(level=logging.WARNING, format="proctor control: %(levelname)s %(message)s")
    os.umask(0o077)
    channel = Channel(socket.socket(fileno=fd))
    sockets = [socket.socket(fileno=int(door)) for door in doors]
    try:
        uvloop.run(serve(settings.load(source), sockets, lambda: _ready(channel), channel=channel))
    except Fault as fault:
        log.error("%s%s", fault.message, f" ({fault.hint})" if fault.hint else "")
        sys.exit(1)


def _ready(channel: Channel) -> None:
    channel.send(READY)


if __name__ == "__main__":
    main()
