"""Station 1: the only door. Takes an accepted socket; sees a client from its first byte to its last.

Peels TLS, asks who it is, opens the upstream in the gateway's own name, then lets the relay tell the story. Whatever
ends a session ends here, with one sentence for the client and one record for the journal.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from proctor.audit.record import LoginFailed, SessionClosed, SessionOpened, claims_of, registered, who_of
from proctor.audit.record import Origin as From
from proctor.edge import upstream as up
from proctor.edge.client_certificates import Paper, ServerTls
from proctor.edge.config import loopback
from proctor.edge.deadlines import Deadlines, Overdue
from proctor.edge.desk import new_id
from proctor.edge.doorkeeper import LEFT
from proctor.edge.end import End, Lost
from proctor.edge.house import House
from proctor.edge.introductions import host_of, introduced
from proctor.edge.ledger import SessionLedger
from proctor.edge.letters import Letter, opened
from proctor.edge.live_sessions import LiveSession, Seen
from proctor.edge.logins import Guest, Refusals
from proctor.edge.world import DatabaseWorld
from proctor.errors import ClientFault, Fault, HouseFault
from proctor.policy.claims import check_claims
from proctor.session import refusals
from proctor.session.ports import Purpose, Terms
from proctor.session.relay import Relay
from proctor.terms import SessionId
from proctor.wire import messages, talk
from proctor.wire.client_leg import ClientLeg

log = logging.getLogger("proctor.listener")

MAX_AHEAD = 1 << 20  # bytes that a client may send ahead while its statement waits for somebody


class Visit:
    """One client, from the first byte to the last."""

    def __init__(self, house: House, tls: ServerTls | None, local: bool, *, guest: bool = False) -> None:
        self._house = house
        self._tls = tls
        self._local = local
        self._expected = guest
        self._letter: Letter | None = None
        self._client: End[talk.ClientEvent] = End(ClientLeg(message_bytes=house.config.limits.message_bytes))
        self._upstream: up.Upstream | None = None
        self._relay: Relay | None = None
        self._ledger: SessionLedger | None = None
        limits, now = house.config.limits, house.clock.monotonic_ns()
        self._deadlines = Deadlines(idle=limits.idle, statement=limits.statement, now=now)
        self._signed = (0, False, 0, 0)
        self.guest: Guest | None = None
        self.world: DatabaseWorld | None = None
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._fault: Exception | None = None
        self._secured: str | None = None
        self._paper: Paper | None = None
        self._ahead = 0
        self.session: SessionId | None = None

    async def attend(self, sock: socket.socket) -> None:
        """See the client through; never raises."""
        loop = asyncio.get_running_loop()
        try:
            address = await self._introduced(sock)
            await loop.connect_accepted_socket(lambda: self._client, sock)
            guest = await self._admit(address)
            if guest is not None:
                await self._host(guest, address)
        except Lost:
            pass
        except Exception as broken:  # the last catch of a session: told to the client, then closed
            self._tell(broken)
        finally:
            self._client.close()
            if self._client.transport is None:
                sock.close()

    # ---- who it is

    async def _introduced(self, sock: socket.socket) -> str:
        config = self._house.config
        if self._expected:
            self._letter = await opened(sock, config.limits.login)
            return self._letter.address
        address, by_proxy = await introduced(sock, config.listen.proxy_protocol, config.limits.login)
        # What reaches a proxy on this machine from elsewhere has been on the network: it needs TLS as if it came here.
        self._local = self._local and not (by_proxy and not loopback(host_of(address)))
        return address

    async def _admit(self, address: str) -> Guest | None:
        house = self._house
        try:
            async with asyncio.timeout(house.config.limits.login):
                login = await self._greet(address)
                if login is None:
                    return None
                self._client.write(messages.negotiation(login))
                if self._letter is not None:
                    return house.logins.vouched(login, self._letter)
                tls = self._secured is not None
                return await house.logins.prove(self._client, login, address, tls=tls, paper=self._paper)
        except TimeoutError:
            raise ClientFault("the login took too long", sqlstate="08006") from None
        except Refusals as refused:
            house.record(
                LoginFailed(
                    id=new_id(house.clock),
                    origin=From(address=address, tls=self._secured),
                    claimed=refused.user,
                    database=refused.database,
                    method=refused.method,
                    why=refused.why,
                )
            )
            raise refused.told() from None

    async def _greet(self, address: str) -> talk.Login | None:
        """Return the start-up packet, behind TLS where it is asked for; None after a cancel."""
        while True:
            match await self._client.next():
                case talk.WantsTls():
                    await self._secure(address)
                case talk.WantsGss():
                    self._client.write(b"N")
                case talk.Cancel(pid=pid, secret=secret):
                    self._house.cancel(pid, secret)
                    return None
                case talk.Login() as login:
                    if self._secured is None and not self._local:
                        raise ClientFault(
                            "this gateway takes logins over TLS only", sqlstate="28000", hint="Use sslmode=require."
                        )
                    return login
                case _:
                    raise ClientFault("a start-up packet was expected")

    async def _secure(self, address: str) -> None:
        if self._tls is None or self._client.transport is None:
            self._client.write(b"N")
            return
        self._client.write(b"S")
        raw = self._client.transport
        met = self._tls.meeting()
        try:
            secured = await asyncio.get_running_loop().start_tls(raw, self._client, met.context, server_side=True)
        except ssl.SSLCertVerificationError as fault:
            self._disbelieved(fault.verify_message, address)
            raise Lost("the client's certificate is not believed") from None
        except (ssl.SSLError, OSError):
            raise Lost("the TLS handshake failed") from None  # it does not believe ours, say
        if secured is None:
            raise Lost("the connection was closed")
        self._client.connection_made(secured)
        described = secured.get_extra_info("ssl_object")
        self._secured = described.version() if described is not None else "TLS"
        self._paper = None if described is None else met.paper(described)

    def _disbelieved(self, why: str, address: str) -> None:
        """Record a certificate that OpenSSL has refused; nobody has said yet who they would be."""
        house = self._house
        house.record(
            LoginFailed(
                id=new_id(house.clock),
                origin=From(address=address),
                claimed="",
                method="certificate",
                why=f"the certificate is not believed: {why}"[:200],
            )
        )

    # ---- the session

    async def _host(self, guest: Guest, address: str) -> None:
        house, asker = self._house, guest.asker
        self.guest = guest
        if guest.lasts is not None:
            self._deadlines.until(house.clock.monotonic_ns(), guest.lasts)
        if house.journal.failed is not None:
            raise HouseFault(
                "the journal cannot be written, so nothing is served",
                sqlstate="57P03",
                hint="The operator looks at the disk of the state folder; the gateway goes on by itself.",
            )
        wrong = check_claims(asker, guest.claims)
        if wrong is not None:
            raise ClientFault(wrong, sqlstate="42501")
        session = self.session = SessionId(new_id(house.clock))
        most = house.config.limits.sessions_per_identity
        # On the list before the first wait, and counted by all workers: a burst of logins does not slip through.
        if not house.store.sessions.opened(_live(session, house.name, guest, address), most):
            raise ClientFault(
                f'too many sessions of "{asker.subject}" (limits.sessions_per_identity is {most})',
                sqlstate="53300",
                hint="Close some, or have the limit raised.",
            )
        try:
            self._signed_in(session, guest)
            await self._serve(session, self._standing(guest, address), address)
        finally:
            house.store.sessions.closed(session)

    def _signed_in(self, session: SessionId, guest: Guest) -> None:
        """Note whose token it was; one that has died since it was checked opens nothing.

        Whoever ends a token looks for its sessions afterwards: they see this one, or it sees that the token is dead.
        """
        if guest.sign_in is None:
            return
        self._house.store.sign_ins.opened(session, guest.sign_in)
        if self._house.store.sign_ins.ended(guest.sign_in):
            raise ClientFault("terminating connection: this sign-in has ended", sqlstate="57P05")

    def _standing(self, guest: Guest, address: str) -> Guest:
        """Return the guest as the directory knows them. They are on the list by now: no leaver slips through."""
        house, directory = self._house, self._house.config.scim
        known = house.store.people.admitted(guest.asker, {} if directory is None else directory.groups)
        if known is None:
            house.record(
                LoginFailed(
                    id=new_id(house.clock),
                    origin=From(address=address, tls=self._secured),
                    claimed=guest.asker.subject[:63],
                    database=guest.database.name,
                    method=guest.asker.proof,
                    why=LEFT,
                )
            )
            message = f'password authentication failed for user "{guest.asker.subject}"'
            raise ClientFault(message, sqlstate="28P01")
        if known is not guest.asker:
            guest = self.guest = replace(guest, asker=known)
        return guest

    async def _serve(self, session: SessionId, guest: Guest, address: str) -> None:
        house, asker = self._house, guest.asker
        origin = From(address=address, tls=self._secured)
        role = guest.database.role_for(asker.groups)
        world = self.world = house.world(guest.database)
        await world.refresh()
        self._upstream = await up.connect(guest.database, role, guest.settings)
        started = house.clock.monotonic_ns()
        ledger = self._ledger = SessionLedger(
            house.journal,
            house.clock,
            house.record_key,
            session,
            asker,
            origin,
            guest.database.name,
            house.vault.key_for(asker.subject),
        )
        pid = 0
        try:
            pid, secret = house.seat(self)
            opened = house.record(
                SessionOpened(
                    id=new_id(house.clock),
                    session=session,
                    who=who_of(asker),
                    origin=origin,
                    claims=claims_of(guest.claims),
                    database=guest.database.name,
                    engine=guest.database.engine,
                    upstream_user=role.user,
                    agent=registered(asker),
                )
            )
            await house.journal.synced(opened)
            self._relay = Relay(
                self._terms(session, guest),
                world,
                ledger,
                house.desk,
                house.clock,
                self._client,
                self._upstream.end,
                house.memory,
                house.wardrobe,
            )
            self._welcome(pid, secret)
            why = await self._converse(self._relay)
        finally:
            house.visitors.pop(pid, None)
            self._upstream.end.write(messages.terminate())
            self._upstream.end.close()
            self._abandon()
        house.record(
            SessionClosed(
                id=new_id(house.clock),
                session=session,
                who=who_of(asker),
                database=guest.database.name,
                why=why,
                statements=ledger.statements,
                refused=ledger.refused,
                duration_us=(house.clock.monotonic_ns() - started) // 1000,
            )
        )

    def _abandon(self) -> None:
        """Close the records of what was under way when the session ended."""
        if self._relay is not None and self._house.journal.failed is None:
            fault = self._fault
            self._relay.abandon(fault.sqlstate if isinstance(fault, Fault) else "08006")

    def _terms(self, session: SessionId, guest: Guest) -> Terms:
        config, letter = self._house.config, self._letter
        wait, size = config.approvals.wait, config.limits.result_bytes
        return Terms(
            session=session,
            asker=guest.asker,
            claims=guest.claims,
            database=guest.database.name,
            environment=guest.database.environment,
            style=config.masking.style,
            strict=config.audit.durability == "strict",
            hold_seconds=wait if letter is None else min(wait, letter.wait),
            result_rows=config.limits.result_rows,
            result_bytes=size if letter is None else min(size, letter.result_bytes or size),
            masked_cell_bytes=config.limits.masked_cell_bytes,
            withheld_bytes=config.limits.withheld_bytes,
            console=console_address(self._house),
            purpose=Purpose.RUN if letter is None else letter.purpose,
            curious=letter is not None and letter.curious,
        )

    def _welcome(self, pid: int, secret: bytes) -> None:
        """Say that the login is done, as the upstream would, but with a cancel key of our own."""
        upstream = self._upstream
        if upstream is None:
            raise HouseFault("a client was welcomed before its database")
        said = [messages.parameter_status(name, value) for name, value in upstream.settings.items()]
        self._client.write(
            b"".join([messages.AUTH_OK, *said, messages.backend_key_data(pid, secret), messages.ready("I")])
        )

    async def _converse(self, relay: Relay) -> str:
        """Let the two sides talk until one of them ends it; return why."""
        upstream = self._upstream
        if upstream is None:
            raise HouseFault("a conversation was begun before its database")
        client, database = self._client, upstream.end
        client.partner, database.partner = database, client  # type: ignore[assignment]  # any end can be paused
        relay.drained = self._resume
        client.leg.proven()  # type: ignore[attr-defined]  # the client's leg has it
        client.data_received(b"")  # what came behind the login has waited in the leg
        client.flow(self._client_said, self._client_gone)
        database.flow(relay.answers.upstream_said, self._database_gone)
        if relay.quick:
            client.quicken(relay.lane.client_said)
            database.quicken(relay.lane.upstream_said)
        relay.lane.falls_back(client.read)
        relay.lane.holds_up(self._hold_up)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(relay.run())
            running.add_done_callback(lambda _: self._finish("the client left"))
            try:
                why = await self._ended
            finally:
                running.cancel()
        if self._fault is not None:
            self._tell(self._fault)
        return why

    def _client_said(self, events: Sequence[talk.ClientEvent]) -> None:
        relay = self._relay
        if relay is None:
            return
        relay.client_said(events)
        if relay.waiting:
            self._ahead += sum(len(getattr(event, "raw", b"")) for event in events)
            if self._ahead > MAX_AHEAD:
                self._client.pause("ahead")

    def _hold_up(self, held: bool) -> None:
        if held:
            self._client.pause("disk")
        else:
            self._client.resume("disk")

    def _resume(self) -> None:
        if self._ahead:
            self._ahead = 0
            self._client.resume("ahead")
        if self._house.draining:
            self.leave_when_idle()

    def _client_gone(self, fault: Exception | None) -> None:
        self._fault = self._fault or fault
        self._finish("the client left" if fault is None else "a fault of the client's")

    def _database_gone(self, fault: Exception | None) -> None:
        self._fault = self._fault or fault
        if fault is None and self._relay is not None and not self._relay.leaving:
            self._fault = Lost("the database closed the connection", sqlstate="08006")
        self._finish("the database left" if fault is None else "a fault of the database's")

    def _finish(self, why: str) -> None:
        if not self._ended.done():
            self._ended.set_result(why)

    def _tell(self, broken: BaseException) -> None:
        """Tell the client in one safe sentence why it ends."""
        if isinstance(broken, BaseExceptionGroup):
            broken = broken.exceptions[0]
        if not isinstance(broken, Fault):
            log.error("a session ended by %s", type(broken).__name__, exc_info=broken)
            broken = HouseFault("the gateway failed, so the session ends")
        self._client.write(messages.error_response(messages.fault_fields(broken)))

    # ---- what the house may ask of a session

    def look(self, now: int) -> None:
        """End or cancel what has taken too long."""
        relay, limits = self._relay, self._house.config.limits
        if relay is None or self._ended.done():
            return
        # Whom the control process lets in for one statement has no transaction to finish.
        if self._deadlines.expired(now, idle=relay.idle or self._letter is not None):
            self.end("terminating connection: its sign-in has expired; sign in again", "57P05")
            return
        match self._deadlines.look(now, relay.under_way, self._client.received, waits=relay.holding):
            case Overdue.SESSION:
                self.end(f"terminating connection: it was idle for {limits.idle:g} s", "57P05")
            case Overdue.STATEMENT:
                relay.answers.overdue = refusals.overdue(limits.statement)
                self._cancel_upstream()
            case Overdue.CANCEL:
                self.end("terminating connection: its statement ran too long and could not be cancelled", "57014")
            case None:
                pass

    def sign(self, at: datetime) -> Seen | None:
        """Return a sign of life, if anything has changed since the last."""
        ledger, relay = self._ledger, self._relay
        if ledger is None or relay is None or self.session is None:
            return None
        state = (ledger.statements, relay.under_way is not None or relay.holding, *ledger.given)
        if state == self._signed:
            return None
        self._signed = state
        statements, busy, rows, size = state
        return Seen(self.session, ledger.command, at, ledger.shape, busy, statements, rows, size)

    def cancel_query(self) -> None:
        """Cancel what it runs or waits for."""
        if self._relay is not None and not self._relay.cancel():
            self._cancel_upstream()

    def _cancel_upstream(self) -> None:
        if self._upstream is not None and self.guest is not None:
            self._house.spawn(up.cancel(self.guest.database, self._upstream))

    def end(self, why: str, sqlstate: str = "57P01") -> None:
        """End it at once."""
        self._fault = self._fault or ClientFault(why, sqlstate=sqlstate)
        self.cancel_query()
        self._finish(why)

    def leave_when_idle(self) -> None:
        """End it after its transaction."""
        if self._relay is not None and self._relay.idle:
            self.end("terminating connection: the gateway is shutting down")


def console_address(house: House) -> str:
    """Return where approvers find the console."""
    config = house.config
    scheme = "http" if config.listen.tls.mode == "off" else "https"
    return f"{scheme}://{config.listen.console[0]}" if config.listen.console else "the console"


def _live(session: SessionId, worker: str, guest: Guest, address: str) -> LiveSession:
    return LiveSession(
        session,
        worker,
        guest.asker.subject,
        guest.asker.kind,
        guest.asker.on_behalf_of,
        guest.database.name,
        guest.claims.reason,
        guest.claims.application,
        address,
        datetime.now(UTC),
    )
