"""One gateway worker: takes accepted connections from the supervisor, and serves them until it is told to drain."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from datetime import timedelta
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import uvloop

from proctor.app import settings
from proctor.app.channel import (
    CANCEL,
    CONNECTION,
    DRAIN,
    GUEST,
    READY,
    RELOAD,
    TROUBLE,
    Channel,
    pack_cancel,
    unpack_cancel,
)
from proctor.app.rounds import Rounds, tended
from proctor.audit.journal import Journal
from proctor.audit.record import ConfigLoaded, WorkerStarted, WorkerStopped
from proctor.audit.vault import Vault
from proctor.edge import certificates, rule_shelf
from proctor.edge.client_certificates import ServerTls
from proctor.edge.config import Config, Database
from proctor.edge.desk import StoreDesk, new_id
from proctor.edge.epochs import Epochs
from proctor.edge.house import House, SystemClock
from proctor.edge.issuers import Issuers
from proctor.edge.keys import login_key, read_key, reveal_public
from proctor.edge.listener import Visit
from proctor.edge.logins import Logins
from proctor.edge.rehearsals import Rehearsals
from proctor.edge.store import Store
from proctor.edge.world import RuleBook
from proctor.errors import Fault
from proctor.session.memory import Memory
from proctor.session.plans import Wardrobe
from proctor.terms import Identity, Kind

log = logging.getLogger("proctor.worker")

COLLECT = (50_000, 20, 50)  # a statement's objects form no cycles; catalogs and judgements are many and long-lived

DRAIN_SECONDS = 30.0


class Worker:
    """The life of one worker process."""

    def __init__(self, channel: Channel, index: int, source: Path) -> None:
        self._channel = channel
        self._index = index
        self._source = source
        self._house: House | None = None
        self._tls: ServerTls | None = None
        self._visits: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self._rounds: Rounds | None = None

    async def run(self) -> None:
        """Serve until the supervisor says otherwise or is gone."""
        house = self._house = self._open(settings.load(self._source))
        loop = asyncio.get_running_loop()
        loop.add_reader(self._channel.fileno(), self._hear)
        for number in (signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, _nothing)  # the terminal sends them to all; the supervisor's word counts
        loop.add_signal_handler(signal.SIGTERM, self._drain)
        house.record(WorkerStarted(id=new_id(house.clock), worker=house.name, pid=os.getpid(), version=version()))
        house.record(rule_shelf.loaded(new_id(house.clock), house.book.rules))
        gc.freeze()  # what is here now stays; the collector need not look at it again
        gc.set_threshold(*COLLECT)
        self._channel.send(READY)
        rounds = self._rounds = Rounds(house, self._tls)
        looking = asyncio.create_task(rounds.run())
        await self._over.wait()
        looking.cancel()
        await self._leave(house)

    def _open(self, config: Config) -> House:
        clock = SystemClock()
        store = Store.open(config.state)
        shard = f"worker-{self._index}"
        journal = Journal.open(config.state / "journal" / shard, shard, clock=clock, with_slate=True)
        key = read_key(config.keys.mask, name="mask")
        rules = rule_shelf.in_force(config.state)
        seal = certificates.prepare(config, clock.now())
        self._tls = None if seal is None else ServerTls(seal, config.certificates)
        store.sessions.worker_gone(f"worker-{self._index}")
        wardrobe = Wardrobe(key)
        rehearsals = Rehearsals(store.proposals, self._database, wardrobe, journal, clock)
        return House(
            config=config,
            worker=self._index,
            store=store,
            journal=journal,
            epochs=Epochs(config.state / "epochs"),
            book=RuleBook(rules),
            clock=clock,
            logins=Logins(config, login_key(config), Issuers(config.identity, clock, ended=store.sign_ins.ended)),
            mask_key=key,
            record_key=read_key(config.keys.bind, name="bind")[:64],
            vault=Vault(config.state / "vault", reveal_public(config)),
            desk=StoreDesk(store, clock, journal.record, timedelta(seconds=config.limits.hold), rehearsals.begin),
            wardrobe=wardrobe,
            forward_cancel=self._forward_cancel,
        )

    def _database(self, name: str) -> Database | None:
        return None if self._house is None else self._house.config.database(name)

    def _forward_cancel(self, pid: int, secret: bytes) -> None:
        self._channel.send(CANCEL, pack_cancel(pid, secret))

    # ---- the supervisor's word

    def _hear(self) -> None:
        try:
            while (message := self._channel.receive()) is not None:
                match message.kind:
                    case kind if kind == CONNECTION and message.socket is not None:
                        self._attend(message.socket, local=message.body == b"local")
                    case kind if kind == GUEST and message.socket is not None:
                        self._attend(message.socket, local=True, guest=True)
                    case kind if kind == DRAIN:
                        self._drain()
                    case kind if kind == RELOAD:
                        self._reload()
                    case kind if kind == CANCEL and self._house is not None:
                        self._house.cancel(*unpack_cancel(message.body))
        except EOFError:
            self._over.set()

    def _attend(self, sock: socket.socket, *, local: bool, guest: bool = False) -> None:
        house = self._house
        if house is None or house.draining:
            sock.close()
            return
        sock.setblocking(False)
        visit = asyncio.create_task(Visit(house, self._tls, local, guest=guest).attend(sock))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    def _reload(self) -> None:
        """Take in configuration and rules; what cannot be used changes nothing, and the supervisor is told."""
        house = self._house
        if house is None:
            return
        try:
            config = settings.load(self._source)
            rules = rule_shelf.in_force(house.config.state)  # where the supervisor has put them: all take the same
        except Fault as fault:
            log.error("the configuration was not reloaded: %s", fault.message)
            self._channel.send(TROUBLE, fault.message.encode()[:1000])
            return
        before, house.config = house.config, config
        house.logins.change(config)
        if self._tls is not None:
            self._tls.change(config.certificates)
        self._see_out(house, before)
        if self._rounds is not None:
            house.spawn(tended(self._rounds.renew()))
        if rules.digest != house.book.rules.digest:
            house.book.change(rules)
            house.record(rule_shelf.loaded(new_id(house.clock), rules))
        house.record(ConfigLoaded(id=new_id(house.clock), digest=settings_digest(self._source), version=version()))

    def _see_out(self, house: House, before: Config) -> None:
        """End the sessions of who, or what, is not in the configuration any more; changed groups wait for the next."""
        if before.databases != house.config.databases or before.servers != house.config.servers:
            house.memory = Memory()  # under one name there may be another database now
        for name, world in list(house.worlds.items()):
            if house.config.database(name) != world.database:
                del house.worlds[name]  # sessions that are open keep theirs
        for _, visitor in list(house.visitors.values()):
            guest = visitor.guest
            if guest is None:
                continue
            if not _same(house.config, guest.asker):
                visitor.end("terminating connection: this login has been removed, or is registered for something else")
            elif guest.paper is not None and guest.paper.authority not in house.config.certificates:
                visitor.end("terminating connection: other certificates are believed now; connect again")
            elif house.config.database(guest.database.name) is None:
                visitor.end("terminating connection: this database is not served any more")

    def _drain(self) -> None:
        house = self._house
        if house is None or house.draining:
            return
        house.draining = True
        for _, visitor in list(house.visitors.values()):
            visitor.leave_when_idle()
        asyncio.get_running_loop().call_later(DRAIN_SECONDS, self._over.set)
        house.spawn(self._until_empty())

    async def _until_empty(self) -> None:
        while self._visits:
            await asyncio.wait(self._visits, timeout=1.0)
        self._over.set()

    async def _leave(self, house: House) -> None:
        for _, visitor in list(house.visitors.values()):
            visitor.end("terminating connection: the gateway is shutting down")
        if self._visits:
            await asyncio.wait(self._visits, timeout=5.0)
        for world in house.worlds.values():
            world.close()
        if house.journal.failed is None:
            house.record(WorkerStopped(id=new_id(house.clock), worker=house.name, pid=os.getpid(), why="told to"))
        await house.journal.close()
        house.store.close()


def _same(config: Config, asker: Identity) -> bool:
    """Tell whether a principal is still the one that a session was opened for."""
    principal = config.principal(asker.subject)
    if asker.issuer and asker.issuer not in config.identity:
        return False
    if principal is None:
        return bool(asker.issuer) and asker.kind is not Kind.AGENT
    now = principal.identity(asker.proof)
    named = bool(asker.issuer) and config.identity[asker.issuer].kind is not Kind.AGENT
    bounds = (now.kind, now.registration, now.tasks) == (asker.kind, asker.registration, asker.tasks)
    # Whom an agent acts for is said by its person's token, or else by its registration.
    return bounds and (named or now.on_behalf_of == asker.on_behalf_of)


def settings_digest(source: Path) -> str:
    """Return the digest of the configuration file as it lies there."""
    return sha256(source.read_bytes()).hexdigest()


def version() -> str:
    """Return the version of this Proctor."""
    try:
        return metadata.version("proctor")
    except metadata.PackageNotFoundError:
        return "unknown"


def _nothing() -> None:
    pass


def main() -> None:
    """Run as a process of the supervisor: its end of the channel, the worker's number, the configuration."""
    fd, index, source = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    logging.basicConfig(level=logging.WARNING, format=f"proctor worker-{index}: %(levelname)s %(message)s")
    os.umask(0o077)
    channel = Channel(socket.socket(fileno=fd))
    uvloop.run(Worker(channel, index, source).run())


if __name__ == "__main__":
    main()
