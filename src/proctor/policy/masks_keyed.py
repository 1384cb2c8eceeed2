"""Policy, the keyed arithmetic of masks: pseudo-random numbers, and permutations of number ranges and of byte strings.

In comes a key; out go functions that are bijections or hashes under it. Knows no data class and no text form. The
permutations are Feistel networks over keyed BLAKE2b (balanced as in NIST's FF1, ten rounds, modular addition), so that
any range can be permuted onto itself and back.
"""

from __future__ import annotations

from hashlib import blake2b, shake_256

ROUNDS = 10
_BYTE_ROUNDS = 6
_WIDTH = 24  # bytes of a round's output; 64 bits more than any half has, so that the modulus does not show


class Keyed:
    """A key, bound to a purpose: two purposes under one key have nothing to do with each other."""

    __slots__ = ("_bytes", "_number", "_rounds")

    def __init__(self, key: bytes, purpose: str) -> None:
        if len(key) < 16:
            raise ValueError("a mask key has at least 16 bytes")
        # BLAKE2b takes 64 bytes of key at most, and ignores none of them this way.
        root = blake2b(key, digest_size=64).digest()
        own = blake2b(purpose.encode(), key=root, digest_size=64).digest()
        self._number = blake2b(key=own, digest_size=16, person=b"number")
        self._rounds = tuple(blake2b(key=own, digest_size=_WIDTH, person=b"range%d" % i) for i in range(ROUNDS))
        self._bytes = blake2b(b"bytes", key=own, digest_size=64).digest()

    def number(self, value: bytes) -> int:
        """Return 128 pseudo-random bits that depend on the value."""
        state = self._number.copy()
        state.update(value)
        return int.from_bytes(state.digest(), "big")

    def permute(self, number: int, high: int, low: int, tweak: bytes) -> int:
        """Return where `number` goes in a permutation of range(high * low). Both are below 2**128."""
        left, right = divmod(number, low)
        for i in range(0, ROUNDS, 2):
            left = (left + self._round(i, right, tweak)) % high
            right = (right + self._round(i + 1, left, tweak)) % low
        return left * low + right

    def restore(self, number: int, high: int, low: int, tweak: bytes) -> int:
        """Return what `permute` made into `number`."""
        left, right = divmod(number, low)
        for i in range(ROUNDS - 2, -1, -2):
            right = (right - self._round(i + 1, left, tweak)) % low
            left = (left - self._round(i, right, tweak)) % high
        return left * low + right

    def _round(self, i: int, half: int, tweak: bytes) -> int:
        state = self._rounds[i].copy()
        state.update(half.to_bytes(16, "big") + tweak)
        return int.from_bytes(state.digest(), "big")

    def encipher(self, text: bytes) -> bytes:
        """Return the text under a permutation of all byte strings of its length; at least four bytes."""
        cut = len(text) // 2
        left, right = text[:cut], text[cut:]
        for i in range(0, _BYTE_ROUNDS, 2):
            left = _xor(left, self._stream(i, right, cut))
            right = _xor(right, self._stream(i + 1, left, len(right)))
        return left + right

    def decipher(self, text: bytes) -> bytes:
        """Return what `encipher` made into the text."""
        cut = len(text) // 2
        left, right = text[:cut], text[cut:]
        for i in range(_BYTE_ROUNDS - 2, -1, -2):
            right = _xor(right, self._stream(i + 1, left, len(right)))
            left = _xor(left, self._stream(i, right, cut))
        return left + right

    def _stream(self, i: int, seed: bytes, length: int) -> bytes:
        if length <= 64:
            return blake2b(seed, key=self._bytes, digest_size=length or 1, person=b"stream%d" % i).digest()
        prefix = blake2b(seed, key=self._bytes, digest_size=64, person=b"stream%d" % i).digest()
        return shake_256(prefix).digest(length)


def _xor(a: bytes, b: bytes) -> bytes:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b[: len(a)], "big")).to_bytes(len(a), "big")
