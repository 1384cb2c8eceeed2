"""Where `proctor login` keeps what a person has been given: tokens by gateway, in a file that only they may read.

In come and out go `Signed`s. Written whole or not at all; two commands at once wait for each other, since at a careful
provider a refresh token that is shown twice ends all of them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from proctor.cli.ground import Exit, fail

MAX_FILE = 4 * 1024 * 1024
_OTHERS = 0o077


class Described(msgspec.Struct, frozen=True):
    """What a gateway says of signing in to it."""

    issuer: str
    client_id: str
    audience: tuple[str, ...]
    scopes: tuple[str, ...] = ("openid",)
    resource: str = ""
    subject_claim: str = "sub"
    userinfo: bool = False
    prefix: str = ""
    port: int = 0
    ca: str = ""


class Tokens(msgspec.Struct, frozen=True):
    """What the provider has given."""

    id_token: str = ""
    access_token: str = ""
    refresh_token: str = ""
    subject: str = ""
    """Who it is, where the provider tells that at its userinfo endpoint alone."""

    def __repr__(self) -> str:
        return "Tokens(…)"


class Signed(msgspec.Struct, frozen=True):
    """A person at a gateway."""

    described: Described
    tokens: Tokens


@dataclass
class Wallet:
    """The file. Use as `with wallet.open():`; what was put in is written when the block ends in order."""

    folder: Path
    gateways: dict[str, Signed] = field(default_factory=dict)

    @classmethod
    def usual(cls) -> Wallet:
        """Return the person's own."""
        home = os.environ.get("PROCTOR_HOME")
        config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        return cls(Path(home) if home else Path(config) / "proctor")

    @property
    def file(self) -> Path:
        """Where the tokens are."""
        return self.folder / "tokens.json"

    @contextlib.contextmanager
    def open(self) -> Iterator[Wallet]:
        """Read the file, alone until the block ends."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.gateways = self._read()
            before = dict(self.gateways)
            try:
                yield self
            finally:
                if self.gateways != before:  # a token that the provider has changed is kept, whatever came after
                    self._write()
        finally:
            os.close(lock)

    def _read(self) -> dict[str, Signed]:
        try:
            with self.file.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_mode & _OTHERS or status.st_uid != os.geteuid():
                    fail(f"others may read or change {self.file}", then=f"rm {self.file}, and `proctor login` again")
                return msgspec.json.decode(file.read(MAX_FILE), type=dict[str, Signed])
        except FileNotFoundError:
            return {}
        except msgspec.MsgspecError:
            fail(f"{self.file} is damaged", then=f"rm {self.file}, and `proctor login` again", code=Exit.USAGE)

    def _write(self) -> None:
        private(self.file, msgspec.json.encode(self.gateways))


def private(path: Path, content: bytes) -> None:
    """Write a file that only this person may read, whole or not at all."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
