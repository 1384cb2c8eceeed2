"""What a benchmark runs against: a database, pgbouncer in session mode, and Proctor, each on a port of its own."""

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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from demo.gateway import Gateway
from demo.postgres import ThrowawayPostgres, free_port, unprivileged

USER = "bench"

BOUNCER = """\
[databases]
{database} = host=127.0.0.1 port={upstream} dbname={database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
pool_mode = session
auth_type = scram-sha-256
auth_file = {folder}/users.txt
logfile = {folder}/log
max_client_conn = 200
default_pool_size = 100
ignore_startup_parameters = extra_float_digits
"""

PROCTOR = """\
state = "./state"
[listen]
postgres = "127.0.0.1:{port}"
console = "127.0.0.1:{console}"
tls = "off"
workers = {workers}
[audit]
durability = "{durability}"
[databases.{database}]
engine = "postgresql"
host = "127.0.0.1"
port = {upstream}
database = "{database}"
user = "{user}"
password = "{password}"
tls = "off"
environment = "production"
[services.{user}]
password = "{password}"
"""


@dataclass
class Bouncer:
    """A pgbouncer in session mode, in a private folder, as an unprivileged account."""

    upstream: int
    database: str
    password: str
    port: int = field(default=0, init=False)
    pid: int = field(default=0, init=False)
    _folder: Path = field(default=Path(), init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        account = unprivileged()
        self._folder = Path(tempfile.mkdtemp(prefix="proctor-bouncer-", dir="/var/tmp"))
        self.port = free_port()
        config = self._folder / "pgbouncer.ini"
        config.write_text(
            BOUNCER.format(database=self.database, upstream=self.upstream, port=self.port, folder=self._folder)
        )
        users = self._folder / "users.txt"
        users.touch(mode=0o600)
        users.write_text(f'"{USER}" "{self.password}"\n')
        if account is not None:
            for path in (self._folder, config, users):
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

    def cpu(self) -> float:
        """Return the CPU seconds that what stands in between has used, its children included."""
        if not self.pid:
            return 0.0
        leader = psutil.Process(self.pid)
        total = 0.0
        for process in (leader, *leader.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total


@dataclass(frozen=True)
class Stage:
    """The three ways, and how a client gets in: the same name and password on each."""

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
            "PGSSLMODE": "disable",
        }


@contextmanager
def stage(*, database: str = "bench", workers: int = 1, durability: str = "adaptive") -> Iterator[Stage]:
    """Start a database and both ways around it; the caller fills it through `postgres` before the first load."""
    password = secrets.token_urlsafe(12)
    folder = Path(tempfile.mkdtemp(prefix="proctor-bench-"))
    settings = {"shared_buffers": "256MB", "jit": "off", "autovacuum": "off"}
    try:
        with ThrowawayPostgres(version="system", settings=settings) as postgres:
            postgres.run(f"create role {USER} login password '{password}'")
            postgres.run(f"create database {database} owner {USER}")
            config = folder / "proctor.toml"
            config.touch(mode=0o600)
            config.write_text(
                PROCTOR.format(
                    port=free_port(),
                    console=free_port(),
                    workers=workers,
                    durability=durability,
                    database=database,
                    upstream=postgres.port,
                    user=USER,
                    password=password,
                )
            )
            with Bouncer(postgres.port, database, password) as bouncer, Gateway(config) as gateway:
                yield Stage(
                    postgres,
                    (
                        Target("direct", postgres.port),
                        Target("pgbouncer", bouncer.port, bouncer.pid),
                        Target("proctor", gateway.postgres[1], gateway.pid),
                    ),
                    database,
                    password,
                )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
