"""pgbouncer as the benchmarks use it: in session mode, in a folder of its own, with TLS where that is compared."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.postgres import free_port, unprivileged

USER = "bench"
"""Who plays, at each of the ways."""

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
