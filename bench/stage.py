"""What a benchmark runs against: a database, pgbouncer in session mode, and Proctor, each on a port of its own.

Several gateways, each with other settings, can stand before the same database; with one that has TLS on both sides
come a pgbouncer and a way to the database itself that have it too.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.bouncer import USER, Bouncer
from demo.gateway import Gateway
from demo.postgres import ThrowawayPostgres

PROCTOR = """\
state = "./state"
[listen]
postgres = "127.0.0.1:0"
console = "127.0.0.1:0"
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
    """How a gateway is set up; `tls` is on both sides, and of what is not `kept` nothing is written to a journal."""

    workers: int = 1
    durability: str = "adaptive"
    tls: bool = False
    kept: bool = True


PLAIN: Mapping[str, Manner] = {"proctor": Manner()}

# Python imports this by itself from the first folder on its path; only a gateway without a journal has it there.
NOTHING_WRITTEN = """
import sys
if any("proctor" in word for word in sys.orig_argv):
    from proctor.audit.journal import Journal

    def write(journal):
        if journal._page.next > journal._page.first:
            journal._page.take()
        journal._written = journal._synced = journal._page.next - 1

    async def synced(journal, position):
        return

    Journal.write = write
    Journal.synced = synced
    Journal.then = lambda journal, position, leave: leave(None)
    Journal.sync_soon = lambda journal: None
"""
LEFT = 100_000  # bytes that a gateway may leave in its journals which writes nothing of statements
SHARED = "PROCTOR_BENCH_STAGE"
"""Names, in the environment, the file in which another benchmark's stage is described: that is played on then."""


def settings_of(manner: Manner, *, database: str, upstream: int, password: str, host: str = "127.0.0.1") -> str:
    """Return the text of a proctor.toml."""
    return PROCTOR.format(
        listens="auto" if manner.tls else "off", workers=manner.workers,
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
    filled: bool = False
    """Whether pgbench's tables are there already, for several benchmarks."""

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
    `direct tls` and `pgbouncer tls`. If another's stage is shared and has all of that, nothing is started.
    """
    shared = handed_over(gateways)
    if shared is not None:
        yield shared
        return
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
            made = [
                gateway(folder / name.replace(" ", "-"), name, manner, database, postgres.port, password)
                for name, manner in gateways.items()
            ]
            targets += stack.enter_context(side_by_side(made))
            yield Stage(postgres, tuple(targets), database, password)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def side_by_side(made: Sequence[AbstractContextManager[Target]]) -> Iterator[list[Target]]:
    """Enter all of them at the same time, and leave them so: a gateway takes seconds to start."""
    stacks = [ExitStack() for _ in made]
    with ThreadPoolExecutor(max(1, len(made))) as pool:
        entered = [pool.submit(stack.enter_context, each) for stack, each in zip(stacks, made, strict=True)]
        try:
            yield [each.result() for each in entered]
        finally:
            wait(entered)
            for left in [pool.submit(stack.close) for stack in stacks]:
                left.result()


@contextmanager
def gateway(
    folder: Path, name: str, manner: Manner, database: str, upstream: int, password: str, host: str = "127.0.0.1"
) -> Iterator[Target]:
    """Start a gateway of that manner in a folder of its own."""
    environment = {}
    if not manner.kept:
        before = folder.with_name(f"before-{folder.name}")
        before.mkdir()
        (before / "sitecustomize.py").write_text(NOTHING_WRITTEN)
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(before), os.environ.get("PYTHONPATH"))))
    settings = settings_of(manner, database=database, upstream=upstream, password=password, host=host)
    with served(folder, settings, environment) as started:
        yield Target(name, started.postgres[1], started.pid, tls=manner.tls)
        written = sum(path.stat().st_size for path in (folder / "state" / "journal").glob("worker-*/*.seg"))
        if written > LEFT and not manner.kept:
            raise RuntimeError(f"the gateway {name!r} left {written:,} bytes of journal: it is not what it is called")


@contextmanager
def shared(gateways: Mapping[str, Manner], fill: Callable[[Stage], None]) -> Iterator[dict[str, str]]:
    """Start a stage for several benchmarks, and yield what their environment has to say; it is filled once."""
    with stage(gateways=gateways) as on, tempfile.TemporaryDirectory(prefix="proctor-bench-") as folder:
        fill(on)
        path = Path(folder, "stage.json")
        path.touch(mode=0o600)
        path.write_text(
            json.dumps({
                "postgres": {
                    "port": on.postgres.port, "password": on.postgres.password, "binaries": str(on.postgres.binaries),
                },
                "targets": [asdict(target) for target in on.targets],
                "manners": {name: asdict(manner) for name, manner in gateways.items()},
                "database": on.database,
                "password": on.password,
            })
        )  # fmt: skip
        yield {SHARED: str(path)}


def handed_over(gateways: Mapping[str, Manner]) -> Stage | None:
    """Return the stage that is shared, its gateways under the names that are wanted here; None if one is not there."""
    path = os.environ.get(SHARED)
    if path is None:
        return None
    told = json.loads(Path(path).read_text())
    names = {Manner(**manner): name for name, manner in told["manners"].items()}
    by = {target["name"]: Target(**target) for target in told["targets"]}
    if not names.keys() >= set(gateways.values()):
        return None
    wanted = [replace(by[names[manner]], name=name) for name, manner in gateways.items()]
    ways = [target for name, target in by.items() if name not in told["manners"]]
    postgres = ThrowawayPostgres(version="system")
    postgres.port, postgres.password = told["postgres"]["port"], told["postgres"]["password"]
    postgres.binaries = Path(told["postgres"]["binaries"])
    secured = any(target.tls for target in wanted)
    ways = [target for target in ways if secured or not target.tls]
    return Stage(postgres, (*ways, *wanted), told["database"], told["password"], filled=True)


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
