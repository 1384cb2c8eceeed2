"""Policy, the keyed arithmetic of masks: pseudo-random numbers, and permutations of number ranges and of byte strings.

In comes a key; out go functions that are bijections or hashes under it. Knows no data class and no text form. The
permutations are Feistel networks whose rounds are AES of a half under a mask of its own for each tweak and round, with
modular addition as in NIST's FF1, so that any range can be permuted onto itself and back.
"""

from __future__ import annotations

from hashlib import blake2b, shake_256

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ROUNDS = 10
# Four rounds make a strong permutation of long strings (Luby and Rackoff); short halves need more.
_LONG_HALF, _LONG_ROUNDS, _SHORT_ROUNDS = 8, 4, 10
_BLOCK = 16
_MAX_TWEAKS = 1024


class Keyed:
    """A key, bound to a purpose: two purposes under one key have nothing to do with each other."""

    __slots__ = ("_encrypt", "_number", "_stream_key", "_tweaks")

    def __init__(self, key: bytes, purpose: str) -> None:
        if len(key) < 16:
            raise ValueError("a mask key has at least 16 bytes")
        # BLAKE2b takes 64 bytes of key at most, and ignores none of them this way.
        root = blake2b(key, digest_size=64).digest()
        own = blake2b(purpose.encode(), key=root, digest_size=64).digest()
        self._number = blake2b(key=own, digest_size=16, person=b"number")
        self._stream_key = blake2b(b"stream", key=own, digest_size=64).digest()
        cipher = Cipher(algorithms.AES(blake2b(b"aes", key=own, digest_size=32).digest()), modes.ECB())  # noqa: S305
        self._encrypt = cipher.encryptor().update  # the bare block function: a PRF for the rounds, never a mode
        self._tweaks: dict[bytes, tuple[int, ...]] = {}

    def number(self, value: bytes) -> int:
        """Return 128 pseudo-random bits that depend on the value."""
        state = self._number.copy()
        state.update(value)
        return int.from_bytes(state.digest(), "big")

    def permute(self, number: int, high: int, low: int, tweak: bytes) -> int:
        """Return where `number` goes in a permutation of range(high * low). Both are below 2**88."""
        left, right = divmod(number, low)
        encrypt, from_bytes, masks = self._encrypt, int.from_bytes, self._masks(tweak)
        for i in range(0, ROUNDS, 2):
            left = (left + from_bytes(encrypt((right ^ masks[i]).to_bytes(_BLOCK, "big")), "big")) % high
            right = (right + from_bytes(encrypt((left ^ masks[i + 1]).to_bytes(_BLOCK, "big")), "big")) % low
        return left * low + right

    def restore(self, number: int, high: int, low: int, tweak: bytes) -> int:
        """Return what `permute` made into `number`."""
        left, right = divmod(number, low)
        encrypt, from_bytes, masks = self._encrypt, int.from_bytes, self._masks(tweak)
        for i in range(ROUNDS - 2, -1, -2):
            right = (right - from_bytes(encrypt((left ^ masks[i + 1]).to_bytes(_BLOCK, "big")), "big")) % low
            left = (left - from_bytes(encrypt((right ^ masks[i]).to_bytes(_BLOCK, "big")), "big")) % high
        return left * low + right

    def _masks(self, tweak: bytes) -> tuple[int, ...]:
        found = self._tweaks.get(tweak)
        if found is None:
            if len(self._tweaks) >= _MAX_TWEAKS:  # tweaks are shapes of values, and those are a stranger's
                self._tweaks.clear()
            found = tuple(self.number(b"tweak%d " % i + tweak) for i in range(ROUNDS))
            self._tweaks[tweak] = found
        return found

    def encipher(self, text: bytes) -> bytes:
        """Return the text under a permutation of all byte strings of its length; at least two bytes."""
        cut = len(text) // 2
        left, right = int.from_bytes(text[:cut], "big"), int.from_bytes(text[cut:], "big")
        rounds, wide = _plan(len(text))
        for i in range(0, rounds, 2):
            left ^= self._stream(i, right, wide, cut)
            right ^= self._stream(i + 1, left, cut, wide)
        return left.to_bytes(cut, "big") + right.to_bytes(wide, "big")

    def decipher(self, text: bytes) -> bytes:
        """Return what `encipher` made into the text."""
        cut = len(text) // 2
        left, right = int.from_bytes(text[:cut], "big"), int.from_bytes(text[cut:], "big")
        rounds, wide = _plan(len(text))
        for i in range(rounds - 2, -1, -2):
            right ^= self._stream(i + 1, left, cut, wide)
            left ^= self._stream(i, right, wide, cut)
        return left.to_bytes(cut, "big") + right.to_bytes(wide, "big")

    def _stream(self, i: int, seed: int, size: int, length: int) -> int:
        """Return `length` pseudo-random bytes as a number, from a seed of `size` bytes."""
        if size <= _BLOCK and length <= _BLOCK:
            block = self._encrypt((seed ^ self._masks(b"bytes%d,%d" % (size, length))[i]).to_bytes(_BLOCK, "big"))
            return int.from_bytes(block[:length], "big")
        prefix = blake2b(seed.to_bytes(size, "big"), key=self._stream_key, digest_size=64, person=b"%d" % i).digest()
        return int.from_bytes(prefix[:length] if length <= 64 else shake_256(prefix).digest(length), "big")


def _plan(length: int) -> tuple[int, int]:
    cut = length // 2
    return (_LONG_ROUNDS if cut >= _LONG_HALF else _SHORT_ROUNDS), length - cut
