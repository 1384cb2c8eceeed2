"""What a benchmark runs against: a database, pgbouncer in session mode, and Proctor, each on a port of its own.

Several gateways, each with other settings, can stand before the same database; with one that has TLS on both sides
come a pgbouncer and a way to the database itself that have it too.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from demo.gateway import Gateway
from demo.postgres import ThrowawayPostgres, free_port, unprivileged

USER = "bench"

BOUNCER = """\
[databases]
{database} = host={host} port={upstream} dbname={database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
pool_mode = session
auth_type = scram-sha-256
auth_file = {folder}/users.txt
logfile = {folder}/log
max_client_conn = {most}
default_pool_size = {most}
ignore_startup_parameters = extra_float_digits
"""

BOUNCER_TLS = """\
client_tls_sslmode = require
client_tls_cert_file = {folder}/server.crt
client_tls_key_file = {folder}/server.key
server_tls_sslmode = require
"""

PROCTOR = """\
state = "./state"
[listen]
postgres = "127.0.0.1:{port}"
console = "127.0.0.1:{console}"
tls = "{listens}"
workers = {workers}
[limits]
sessions_per_identity = 100000
result_bytes = "64GiB"
[audit]
durability = "{durability}"
[databases.{database}]
engine = "postgresql"
host = "{host}"
port = {upstream}
database = "{database}"
user = "{user}"
password = "{password}"
tls = "{asks}"
environment = "production"
[services.{user}]
password = "{password}"
"""


@dataclass(frozen=True)
class Manner:
    """How a gateway is set up; `tls` is on both sides."""

    workers: int = 1
    durability: str = "adaptive"
    tls: bool = False


PLAIN: Mapping[str, Manner] = {"proctor": Manner()}


def settings_of(manner: Manner, *, database: str, upstream: int, password: str, host: str = "127.0.0.1") -> str:
    """Return the text of a proctor.toml."""
    return PROCTOR.format(
        port=free_port(), console=free_port(), listens="auto" if manner.tls else "off", workers=manner.workers,
        durability=manner.durability, database=database, host=host, upstream=upstream, user=USER, password=password,
        asks="require" if manner.tls else "off",
    )  # fmt: skip


def self_signed() -> tuple[bytes, bytes]:
    """Return a certificate for this machine and its key, for those whose clients ask for no authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
    signed = made.not_valid_after(now + timedelta(days=2)).sign(key, hashes.SHA256())
    kept = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signed.public_bytes(serialization.Encoding.PEM), kept


@dataclass
class Bouncer:
    """A pgbouncer in session mode, in a private folder, as an unprivileged account; with TLS if it gets a seal.

    It is given the server's own verifier: from a plain password it would make one anew at each login, for 4 ms.
    """

    upstream: int
    database: str
    verifier: str
    host: str = "127.0.0.1"
    most: int = 200
    seal: tuple[bytes, bytes] | None = None
    port: int = field(default=0, init=False)
    pid: int = field(default=0, init=False)
    _folder: Path = field(default=Path(), init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        account = unprivileged()
        self._folder = Path(tempfile.mkdtemp(prefix="proctor-bouncer-", dir="/var/tmp"))
        self.port = free_port()
        config = self._folder / "pgbouncer.ini"
        said = BOUNCER if self.seal is None else BOUNCER + BOUNCER_TLS
        config.write_text(
            said.format(
                database=self.database, host=self.host, upstream=self.upstream, port=self.port, folder=self._folder,
                most=self.most,
            )
        )  # fmt: skip
        secret = {"users.txt": f'"{USER}" "{self.verifier}"\n'.encode()}
        if self.seal is not None:
            secret |= {"server.crt": self.seal[0], "server.key": self.seal[1]}
        for name, content in secret.items():
            (self._folder / name).touch(mode=0o600)
            (self._folder / name).write_bytes(content)
        if account is not None:
            for path in (self._folder, *self._folder.iterdir()):
                os.chown(path, account.pw_uid, account.pw_gid)
        self._process = subprocess.Popen(
            [pgbouncer(), "-q", str(config)],
            stdin=subprocess.DEVNULL,
            cwd=self._folder,
            user=account.pw_uid if account is not None else None,
            group=account.pw_gid if account is not None else None,
            extra_groups=[] if account is not None else None,
        )
        self.pid = self._process.pid
        answers(self.port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


@dataclass(frozen=True)
class Target:
    """One way to the database. `pid` is the process in between, 0 where there is none."""

    name: str
    port: int
    pid: int = 0
    tls: bool = False

    def cpu(self) -> float:
        """Return the CPU seconds that what stands in between has used, its children included."""
        return cpu_of(self.pid) if self.pid else 0.0

    def memory(self) -> int:
        """Return the bytes that what stands in between has for itself, its children included."""
        total = 0
        for process in family(self.pid) if self.pid else ():
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_full_info().uss
        return total


def family(pid: int) -> tuple[psutil.Process, ...]:
    """Return a process and all that it has started, and they."""
    leader = psutil.Process(pid)
    return (leader, *leader.children(recursive=True))


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process and all that it has started."""
    total = 0.0
    for process in family(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


@dataclass(frozen=True)
class Stage:
    """The ways, and how a client gets in: the same name and password on each."""

    postgres: ThrowawayPostgres
    targets: tuple[Target, ...]
    database: str
    password: str

    def environment(self, target: Target) -> dict[str, str]:
        """Return what libpq reads to connect to that target."""
        return {
            **os.environ,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(target.port),
            "PGUSER": USER,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.database,
            "PGSSLMODE": "require" if target.tls else "disable",
        }

    def named(self, *names: str) -> tuple[Target, ...]:
        """Return those targets."""
        by = {target.name: target for target in self.targets}
        return tuple(by[name] for name in names)


@contextmanager
def stage(*, database: str = "bench", gateways: Mapping[str, Manner] = PLAIN) -> Iterator[Stage]:
    """Start a database and all ways around it; the caller fills it through `postgres` before the first load.

    The targets are `direct`, `pgbouncer` and the gateways by their names; where one of these has TLS, also
    `direct tls` and `pgbouncer tls`.
    """
    password = secrets.token_urlsafe(12)
    seal = self_signed() if any(manner.tls for manner in gateways.values()) else None
    settings = {"shared_buffers": "256MB", "jit": "off", "autovacuum": "off", "max_connections": "400"}
    files = {}
    if seal is not None:
        settings["ssl"] = "on"
        files = {"server.crt": seal[0], "server.key": seal[1]}
    folder = Path(tempfile.mkdtemp(prefix="proctor-bench-"))
    try:
        with ExitStack() as stack:
            postgres = stack.enter_context(ThrowawayPostgres(version="system", settings=settings, files=files))
            postgres.run(f"create role {USER} login password '{password}'")
            postgres.run(f"create database {database} owner {USER}")
            verifier = verifier_of(postgres)
            bouncer = stack.enter_context(Bouncer(postgres.port, database, verifier))
            targets = [Target("direct", postgres.port), Target("pgbouncer", bouncer.port, bouncer.pid)]
            if seal is not None:
                secured = stack.enter_context(Bouncer(postgres.port, database, verifier, seal=seal))
                targets.append(Target("direct tls", postgres.port, tls=True))
                targets.append(Target("pgbouncer tls", secured.port, secured.pid, tls=True))
            for name, manner in gateways.items():
                text = settings_of(manner, database=database, upstream=postgres.port, password=password)
                gateway = stack.enter_context(served(folder / name.replace(" ", "-"), text))
                targets.append(Target(name, gateway.postgres[1], gateway.pid, tls=manner.tls))
            yield Stage(postgres, tuple(targets), database, password)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def verifier_of(postgres: ThrowawayPostgres) -> str:
    """Return what the server keeps instead of the password."""
    return str(postgres.run(f"select rolpassword from pg_authid where rolname = '{USER}'")[0][0])


@contextmanager
def served(folder: Path, settings: str, environment: Mapping[str, str] | None = None) -> Iterator[Gateway]:
    """Start a gateway in a folder of its own."""
    folder.mkdir()
    config = folder / "proctor.toml"
    config.touch(mode=0o600)
    config.write_text(settings)
    with Gateway(config, dict(environment or {})) as gateway:
        yield gateway


def pgbouncer() -> str:
    """Return where pgbouncer is; Debian keeps it in /usr/sbin."""
    found = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None:
        raise FileNotFoundError("pgbouncer is not installed: apt-get install pgbouncer")
    return found


def answers(port: int, *, seconds: float = 20.0) -> None:
    """Return once something listens on that loopback port."""
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return
