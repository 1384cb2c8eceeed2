"""Station 7: a connection to the database, logged in with the gateway's own credential.

Used for each session, and for the gateway's own questions (`Questions`). The client's credential never comes here, and
the gateway's never leaves.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from proctor.edge.client_certificates import mark
from proctor.edge.config import Database, Host, SessionAttrs, UpstreamRole
from proctor.edge.end import End, Lost
from proctor.errors import UpstreamFault
from proctor.wire import messages, talk
from proctor.wire.scram import ScramClient, md5_password
from proctor.wire.upstream_leg import UpstreamLeg

CONNECT_SECONDS = 10.0
NOT_NOW = frozenset({"57P03", "57P01", "53300"})
"""It starts or shuts down, or is full."""
AUTH_OK, CLEARTEXT, MD5, SASL, SASL_CONTINUE, SASL_FINAL = 0, 3, 5, 10, 11, 12


@dataclass(slots=True)
class Upstream:
    """A connection that is ready: what the server said of itself, and how to cancel what it runs."""

    end: End[talk.UpstreamEvent]
    host: Host
    settings: dict[str, str] = field(default_factory=dict)
    pid: int = 0
    secret: bytes = b""


async def connect(database: Database, role: UpstreamRole, settings: Mapping[str, str]) -> Upstream:
    """Return a connection to the database, logged in as `role`; raise `UpstreamFault` in words safe for a client.

    Of several hosts, it is the first in the order of the file that answers and is what `target_session_attrs` asks for.
    """
    wanted = database.target_session_attrs
    passes: tuple[SessionAttrs, ...] = ("standby", "any") if wanted == "prefer-standby" else (wanted,)
    fault = UpstreamFault(f'the database behind "{database.name}" cannot be reached')
    for attrs, host in ((attrs, host) for attrs in passes for host in database.hosts):
        try:
            upstream = await _connect(database, host, role, settings)
        except Elsewhere as lost:
            fault = lost.fault
            continue
        if _serves(upstream, attrs, read_only=settings.get("default_transaction_read_only") == "on"):
            return upstream
        upstream.end.abort()
        fault = UpstreamFault(
            f'no host of the database behind "{database.name}" is {wanted}',
            hint="The operator checks host and target_session_attrs of the database in proctor.toml.",
        )
    raise fault


class Elsewhere(Exception):
    """This host does not serve now; another may. `fault` is for the client when none does."""

    def __init__(self, fault: UpstreamFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


async def _connect(database: Database, host: Host, role: UpstreamRole, settings: Mapping[str, str]) -> Upstream:
    try:
        async with asyncio.timeout(CONNECT_SECONDS / len(database.hosts)):
            end = await _open(database, host)
            try:
                return await _login(end, database, host, role, settings)
            except BaseException:
                end.abort()
                raise
    except TimeoutError:
        raise Elsewhere(UpstreamFault(f'the database behind "{database.name}" did not answer in time')) from None
    except (OSError, Lost, ssl.SSLError) as lost:
        fault = UpstreamFault(f'the database behind "{database.name}" cannot be reached', hint=_why(lost))
        raise Elsewhere(fault) from lost


def _serves(upstream: Upstream, attrs: SessionAttrs, *, read_only: bool) -> bool:
    """Say whether a server is what was asked for; every version from 14 on tells in its start-up settings.

    Where the gateway itself asked for a `read_only` session, only whether the server is a standby tells.
    """
    if attrs == "any":
        return True
    standby = upstream.settings.get("in_hot_standby") == "on"
    if attrs in ("primary", "standby"):
        return standby is (attrs == "standby")
    reads = standby or (not read_only and upstream.settings.get("default_transaction_read_only") == "on")
    return reads is (attrs == "read-only")


def _why(lost: Exception) -> str:
    if isinstance(lost, ssl.SSLCertVerificationError):
        return "Its certificate is not trusted: see `tls` and `ca` of the database in proctor.toml."
    return "The operator checks host, port and tls of the database in proctor.toml."


async def _open(database: Database, host: Host) -> End[talk.UpstreamEvent]:
    loop = asyncio.get_running_loop()
    if host.unix:
        path = f"{host.name}/.s.PGSQL.{host.port}"
        _, end = await loop.create_unix_connection(_fresh, path)
        return end
    if database.tls == "off":
        _, end = await loop.create_connection(_fresh, host.name, host.port)
        return end
    raw = await _ask_for_tls(host.name, host.port)
    _, end = await loop.create_connection(
        _fresh, sock=raw, ssl=_context(database), server_hostname=host.name, ssl_handshake_timeout=CONNECT_SECONDS
    )
    return end


def _fresh() -> End[talk.UpstreamEvent]:
    return End(UpstreamLeg())


async def _ask_for_tls(host: str, port: int) -> socket.socket:
    """Return a connected socket whose server has agreed to TLS; without its yes nothing is sent."""
    loop = asyncio.get_running_loop()
    raw = await _reach(host, port)
    try:
        await loop.sock_sendall(raw, messages.ssl_request())
        answer = await loop.sock_recv(raw, 1)
    except BaseException:
        raw.close()
        raise
    if answer != b"S":
        raw.close()
        raise UpstreamFault("the database does not offer TLS", hint='Set tls = "off" only where the network is yours.')
    return raw


async def _reach(host: str, port: int) -> socket.socket:
    """Return a socket connected to the first address of a host that answers."""
    loop = asyncio.get_running_loop()
    lost: OSError = OSError(f"{host} has no address")
    for family, kind, proto, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        raw = socket.socket(family, kind, proto)
        raw.setblocking(False)
        try:
            await loop.sock_connect(raw, address)
        except OSError as refused:
            raw.close()
            lost = refused
        except BaseException:
            raw.close()
            raise
        else:
            return raw
    raise lost


def _context(database: Database) -> ssl.SSLContext:
    """Return what a server is met with. Made again once a file has changed that says whom to trust."""
    if database.tls == "require" and database.ca is None:
        return _made(database.tls, None, ())
    usual = ssl.get_default_verify_paths()  # without those of the two that are not there
    read = filter(None, (usual.cafile, usual.capath)) if database.ca is None else (database.ca,)
    return _made(database.tls, database.ca, tuple(mark(Path(each)) for each in read))


@lru_cache(maxsize=64)
def _made(tls: str, ca: Path | None, _marks: tuple[tuple[int, int, int], ...]) -> ssl.SSLContext:
    if tls == "require" and ca is None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # "require" promises encryption, not whose; "verify-full" does
    else:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
        context.check_hostname = tls == "verify-full"
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def _login(
    end: End[talk.UpstreamEvent], database: Database, host: Host, role: UpstreamRole, settings: Mapping[str, str]
) -> Upstream:
    parameters = {"user": role.user, "database": database.database, **settings}
    end.write(messages.startup(parameters))
    upstream = Upstream(end, host)
    scram: ScramClient | None = None
    while True:
        match await end.next():
            case talk.AuthAsk(code=code, payload=payload) if code != AUTH_OK:
                scram = _prove(end, role, code, payload, scram)
            case talk.Setting(name=name, value=value):
                upstream.settings[name] = value
            case talk.KeyData(pid=pid, secret=secret):
                upstream.pid, upstream.secret = pid, secret
            case talk.Ready():
                return upstream
            case talk.Failed(fields=fields):
                fault = UpstreamFault(
                    f'the database behind "{database.name}" refused the gateway ({fields.get("C", "?")})',
                    hint="The operator checks user and password of the database in proctor.toml.",
                )
                raise Elsewhere(fault) if fields.get("C") in NOT_NOW else fault
            case _:
                pass


def _prove(
    end: End[talk.UpstreamEvent], role: UpstreamRole, code: int, payload: bytes, scram: ScramClient | None
) -> ScramClient | None:
    password = role.password.reveal() if role.password is not None else ""
    if code == CLEARTEXT:
        end.write(messages.password(password))
    elif code == MD5:
        end.write(messages.password(md5_password(role.user, password, payload[:4])))
    elif code == SASL:
        if "SCRAM-SHA-256" not in messages.parse_sasl_mechanisms(payload):
            raise UpstreamFault("the database asks for a proof that the gateway does not know")
        scram = ScramClient(password, secrets.token_urlsafe(24))
        end.write(messages.sasl_initial("SCRAM-SHA-256", scram.first()))
    elif code == SASL_CONTINUE and scram is not None:
        end.write(messages.sasl_response(scram.final(payload)))
    elif code == SASL_FINAL and scram is not None:
        scram.verify(payload)
    else:
        raise UpstreamFault("the database asks for a proof that the gateway does not know")
    return scram


async def cancel(database: Database, upstream: Upstream) -> None:
    """Ask the database to cancel what that connection runs; as with every cancel, there is no answer."""
    loop = asyncio.get_running_loop()
    host = upstream.host
    packet = messages.cancel_request(upstream.pid, upstream.secret)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            transport: asyncio.Transport
            if host.unix:
                transport, _ = await loop.create_unix_connection(asyncio.Protocol, f"{host.name}/.s.PGSQL.{host.port}")
            elif database.tls == "off":
                transport, _ = await loop.create_connection(asyncio.Protocol, host.name, host.port)
            else:
                raw = await _ask_for_tls(host.name, host.port)
                transport, _ = await loop.create_connection(
                    asyncio.Protocol, sock=raw, ssl=_context(database), server_hostname=host.name
                )
            transport.write(packet)
            transport.close()
    except (OSError, TimeoutError, UpstreamFault):
        return


class Questions:
    """The gateway's own connection to a database, made when needed and again when lost; one question at a time."""

    def __init__(self, database: Database, role: UpstreamRole | None = None) -> None:
        self._database = database
        self._role = role or database.role
        self._upstream: Upstream | None = None
        self._turn = asyncio.Lock()

    async def __call__(self, sql: str) -> list[tuple[str | None, ...]]:
        """Return the rows of one statement, as text."""
        async with self._turn:
            if self._upstream is None or self._upstream.end.lost:
                self._upstream = await connect(self._database, self._role, OWN_SETTINGS)
            try:
                rows, failed = await self._answer(self._upstream, sql)
            except BaseException:
                self._drop()
                raise
            if failed is not None:
                raise failed
            return rows

    async def _answer(self, upstream: Upstream, sql: str) -> tuple[list[tuple[str | None, ...]], UpstreamFault | None]:
        upstream.end.write(messages.query(sql))
        rows: list[tuple[str | None, ...]] = []
        failed: UpstreamFault | None = None
        while True:
            match await upstream.end.next():
                case talk.Rows(raw=raw):
                    rows.extend(messages.read_rows(raw))
                case talk.Failed(fields=fields):
                    failed = UpstreamFault(
                        f"the database refused a question of the gateway's own ({fields.get('C', '?')})",
                        sqlstate=fields.get("C"),
                    )
                case talk.Ready():
                    return rows, failed
                case _:
                    pass

    def _drop(self) -> None:
        if self._upstream is not None:
            self._upstream.end.abort()
            self._upstream = None

    def close(self) -> None:
        """Leave the database."""
        if self._upstream is not None:
            self._upstream.end.write(messages.terminate())
            self._upstream.end.close()
            self._upstream = None


OWN_SETTINGS = {
    "client_encoding": "UTF8",
    "application_name": "proctor",
    "DateStyle": "ISO",
    "statement_timeout": "30000",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "60000",
    "standard_conforming_strings": "on",
    "default_transaction_read_only": "on",
}
"""The gateway reads, and never waits long for a lock that somebody's migration holds."""
