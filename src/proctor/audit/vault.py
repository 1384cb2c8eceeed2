"""The vault: literals and bound values are sealed on their way into a record, and only the right to reveal opens them.

A worker seals with a data key of the subject's own, which it makes at the subject's first session and forgets when it
stops. What stays of that key lies in the vault, outside of the log: wrapped for the reveal key, whose private half no
worker has. Whoever may reveal unwraps it with that half. To destroy all wrapped keys of a subject is to erase what the
records say of its values; the records, and the tree over them, stay as they were signed.

Takes bytes and keys, returns boxes and bytes. Knows nothing of statements, nor of who may reveal.
"""

from __future__ import annotations

import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from proctor.audit.boxes import ABOUT, NONCE, DataKey, Values, unframed
from proctor.audit.disk import sync_folder, write_durably
from proctor.errors import ConfigFault, HouseFault

MAX_SEALED: Final = 256 * 1024
"""More than this of one statement is not sealed: its digest must do."""
_INFO: Final = b"proctor vault 1"
_KEY_ID: Final = 16


class Erased(LookupError):
    """The key of a box is not in the vault: it was destroyed, or has never been this house's."""


class _Kept(msgspec.Struct, frozen=True):
    """A data key as it lies in the vault."""

    subject: str
    ephemeral: str
    wrapped: str


_read_kept: Final = msgspec.json.Decoder(_Kept).decode


class Vault:
    """The folder of the wrapped data keys, and the public half of the reveal key."""

    def __init__(self, folder: Path, public: bytes) -> None:
        self._folder = folder
        self._public = public
        self._keys: dict[str, DataKey] = {}

    def key_for(self, subject: str) -> DataKey:
        """Return the key that seals this subject's values from now on; it is in the vault when this returns."""
        known = self._keys.get(subject)
        # Destroyed meanwhile: what comes is no part of what was to be forgotten, and gets a key of its own.
        if known is None or not known.path.exists():
            known = self._keys[subject] = self._make(subject)
        return known

    def _make(self, subject: str) -> DataKey:
        name, key = secrets.token_hex(_KEY_ID // 2), secrets.token_bytes(32)
        ephemeral = X25519PrivateKey.generate()
        shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(self._public))
        mine = ephemeral.public_key().public_bytes_raw()
        wrapped = AESGCM(_wrapping(shared, mine, self._public)).encrypt(bytes(NONCE), key, name.encode())
        kept = _Kept(subject, b64encode(mine).decode(), b64encode(wrapped).decode())
        path = _place(self._folder, subject) / name
        try:
            write_durably(path, msgspec.json.encode(kept))
            sync_folder(self._folder)
        except OSError as fault:
            raise HouseFault(f"the vault cannot be written ({fault.strerror})", hint="look at its disk") from fault
        return DataKey(name, key, path)


def opened(folder: Path, name: str, box: str, about: bytes, private: X25519PrivateKey) -> Values:
    """Return what is in a box; raises `Erased` when its key is gone, `HouseFault` when it does not open."""
    kept = next((found for path in _keys(folder, name) if (found := _load(path)) is not None), None)
    if kept is None:
        raise Erased(name)
    try:
        mine = b64decode(kept.ephemeral)
        public = private.public_key().public_bytes_raw()
        shared = private.exchange(X25519PublicKey.from_public_bytes(mine))
        wrapping = AESGCM(_wrapping(shared, mine, public))
        key = wrapping.decrypt(bytes(NONCE), b64decode(kept.wrapped), name.encode())
        data = b64decode(box, validate=True)
        inner = AESGCM(key).decrypt(data[:NONCE], data[NONCE:], None)
        if not compare_digest(inner[: len(about[:ABOUT])], about[:ABOUT]):
            raise ValueError("another record's")
        return unframed(inner[len(about[:ABOUT]) :])
    except (InvalidTag, ValueError) as fault:
        raise HouseFault("the box does not open: it was changed, or the reveal key is another one") from fault


def erase(folder: Path, subject: str) -> int:
    """Destroy all keys of a subject; return how many there were."""
    place = _place(folder, subject)
    count = 0
    for path in sorted(place.iterdir()) if place.is_dir() else ():
        # Written over first, for file systems that write in place; copies on others are a backup's, and the operator's.
        with path.open("rb+") as file:
            file.write(secrets.token_bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        count += 1
    if count:
        sync_folder(place)
    return count


def load_private(path: Path) -> X25519PrivateKey:
    """Return the private half of the reveal key."""
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as fault:
        raise ConfigFault(f"the reveal key is not here ({path.name}: {fault.strerror})") from fault
    except (ValueError, TypeError) as fault:
        raise ConfigFault(f"{path.name} holds no key that can be used") from fault
    if not isinstance(private, X25519PrivateKey):
        raise ConfigFault(f"{path.name} holds no X25519 key")
    return private


def made_private() -> tuple[bytes, bytes]:
    """Return a new reveal key: its private half as PEM, and its public one."""
    private = X25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, private.public_key().public_bytes_raw()


def _place(folder: Path, subject: str) -> Path:
    return folder / sha256(subject.encode()).hexdigest()[:32]  # a name may be a path, or longer than a file's


def _keys(folder: Path, name: str) -> Iterator[Path]:
    if len(name) == _KEY_ID and all(c in "0123456789abcdef" for c in name):
        yield from folder.glob(f"*/{name}")


def _load(path: Path) -> _Kept | None:
    try:
        return _read_kept(path.read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None


def _wrapping(shared: bytes, mine: bytes, public: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=_INFO + mine + public).derive(shared)
