"""Between the stations: the keys of the house. In comes a `KeySource`; out come its bytes.

Makes the keys that are the house's own at first start, with 0600 in a 0700 folder. Knows nothing of what keys are for.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from base64 import b64decode
from pathlib import Path

from proctor.audit import vault
from proctor.audit.note import CommandKey, Signatory
from proctor.edge.config import Config, KeySource
from proctor.errors import ConfigFault

KEY_BYTES = 32
COMMAND_SECONDS = 30.0
MAX_FILE = 64 * 1024  # a key is small; a path that points at a disk image is a mistake


def read_key(source: KeySource, *, name: str) -> bytes:
    """Return a key of at least 32 bytes, making it first where it is the house's own and missing."""
    if source.command:
        return _decode(_run(source.command, name), name)
    if source.env is not None:
        value = os.environ.get(source.env)
        if value is None:
            raise ConfigFault(f"the {name} key: the environment has no {source.env}")
        return _decode(value.encode(), name)
    if source.file is None:
        raise ConfigFault(f"the {name} key has no file, env or command")
    if source.made:
        make_private(source.file, secrets.token_bytes(KEY_BYTES).hex().encode() + b"\n")
    try:
        with source.file.open("rb") as file:
            return _decode(file.read(MAX_FILE), name)
    except OSError as fault:
        raise ConfigFault(f"the {name} key: cannot read {source.file}: {fault.strerror}") from fault


def login_key(config: Config) -> bytes:
    """Return the key that salts the verifiers, the same in every process of this house."""
    return read_key(KeySource(file=config.state / "keys" / "login.key", made=True), name="login")


def sign_folder(config: Config) -> Path:
    """Return the folder of the signer's memory: beside its key, if that is a file."""
    file = config.keys.sign.file
    return config.state / "keys" if file is None else file.parent


def signatory(config: Config) -> Signatory | None:
    """Return who signs the log in place of a key in that folder, if somebody does."""
    source = config.keys.sign
    return CommandKey(source.command, source.public) if source.command else None


def reveal_file(config: Config) -> Path:
    """Return where the private half of the reveal key lies, if it is in the house."""
    return config.keys.reveal.file or config.state / "keys" / "reveal.pem"


def reveal_public(config: Config) -> bytes:
    """Return the public half of the reveal key, making the key first where there is none; workers need no more."""
    private = reveal_file(config)
    public = private.with_suffix(".pub")
    if not public.exists():
        pem, _ = vault.made_private()
        make_private(private, pem)
        # Of two processes that start at once one has made the key, and both take its public half.
        raw = vault.load_private(private).public_key().public_bytes_raw()
        make_private(public, raw.hex().encode() + b"\n")
    try:
        return bytes.fromhex(public.read_text("ascii"))
    except (OSError, ValueError) as fault:
        raise ConfigFault(f"{public} holds no public key", hint="remove it, if the private one is beside it") from fault


def make_folder(path: Path) -> Path:
    """Make a folder that only we can enter, and its parents likewise."""
    for folder in (*reversed(path.parents), path):
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as fault:
            raise ConfigFault(f"cannot make the folder {folder}: {fault.strerror}") from fault
    return path


def make_private(path: Path, content: bytes) -> bool:
    """Write a new file that only we can read, whole or not at all; False when it was there already."""
    if path.exists():
        return False
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # of two processes that start at once, one wins and both read the winner's
    except FileExistsError:
        return False
    except OSError as fault:
        raise ConfigFault(f"cannot write {path}: {fault.strerror}") from fault
    finally:
        draft.unlink(missing_ok=True)
    return True


def _run(command: tuple[str, ...], name: str) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, timeout=COMMAND_SECONDS, check=True)  # noqa: S603 the operator's own command, no shell
    except (OSError, subprocess.SubprocessError) as fault:
        raise ConfigFault(f"the {name} key: the command {command[0]} failed") from fault
    return done.stdout


def _decode(raw: bytes, name: str) -> bytes:
    """Return the key as hex or base64 spells it, or as the raw bytes it is."""
    text = raw.strip()
    for spelled in (bytes.fromhex, lambda value: b64decode(value, validate=True)):
        try:
            key = spelled(text.decode("ascii"))
        except ValueError:
            continue
        if len(key) >= KEY_BYTES:
            return key
    if len(raw) >= KEY_BYTES and not text.isascii():
        return raw
    raise ConfigFault(f"the {name} key must have at least {KEY_BYTES} bytes, in hex or base64")
