# cython: language_level=3, wraparound=False, boundscheck=False, cdivision=True
# mypy: disable-error-code="untyped-decorator, no-any-return, no-untyped-def, no-untyped-call"
"""Policy, the keyed arithmetic of masks: pseudo-random numbers, and permutations of number ranges and of byte strings.

In comes a key; out go functions that are bijections or hashes under it. Knows no data class and no text form. The
permutations are Feistel networks whose rounds are SipHash-2-4 of a half, behind a word that tells the round and the
tweak, with modular addition as in NIST's FF1, so that any range can be permuted onto itself and back. Compiled where
there is a compiler.
"""

from __future__ import annotations

import sys
from array import array
from hashlib import blake2b

from proctor.policy.runs_arrays import words

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.policy import _shim as cython

if cython.compiled:
    from cython.cimports.cpython import array as c_array  # type: ignore[import-untyped]
    from cython.cimports.libc.string import memcpy  # type: ignore[import-untyped]

ROUNDS = 10
# Four rounds make a strong permutation of long strings (Luby and Rackoff); short halves need more.
_LONG_HALF = cython.declare(cython.Py_ssize_t, 8)
_LONG_ROUNDS = cython.declare(cython.Py_ssize_t, 4)
_LANES = cython.declare(cython.Py_ssize_t, 8)
_SHORT_ROUNDS = cython.declare(cython.Py_ssize_t, 10)
_IN_WORDS = cython.declare(cython.Py_ssize_t, 32)  # bytes of a text whose halves are read as two words each
_SMALL = 1 << 40  # up to here 64 pseudo-random bits are as good as evenly spread over a range
_WORD = (1 << 64) - 1

_C0 = cython.declare(cython.ulonglong, 0x736F6D6570736575)
_C1 = cython.declare(cython.ulonglong, 0x646F72616E646F6D)
_C2 = cython.declare(cython.ulonglong, 0x6C7967656E657261)
_C3 = cython.declare(cython.ulonglong, 0x7465646279746573)
_LITTLE = cython.declare(cython.bint, sys.byteorder == "little")
_ALL = cython.declare(cython.ulonglong, (1 << 64) - 1)


def is_compiled() -> bool:
    """Return whether this is the compiled twin."""
    return bool(cython.compiled)


# ---- SipHash-2-4 (Aumasson and Bernstein)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.returns((cython.ulonglong, cython.ulonglong, cython.ulonglong, cython.ulonglong))
@cython.locals(v0=cython.ulonglong, v1=cython.ulonglong, v2=cython.ulonglong, v3=cython.ulonglong)
def _mix(v0, v1, v2, v3):
    """One round; what C cuts off by itself, the plain twin must cut."""
    if cython.compiled:
        v0 = v0 + v1
        v1 = ((v1 << 13) | (v1 >> 51)) ^ v0
        v0 = (v0 << 32) | (v0 >> 32)
        v2 = v2 + v3
        v3 = ((v3 << 16) | (v3 >> 48)) ^ v2
        v0 = v0 + v3
        v3 = ((v3 << 21) | (v3 >> 43)) ^ v0
        v2 = v2 + v1
        v1 = ((v1 << 17) | (v1 >> 47)) ^ v2
        v2 = (v2 << 32) | (v2 >> 32)
    else:
        v0 = (v0 + v1) & _WORD
        v1 = ((v1 << 13) & _WORD | (v1 >> 51)) ^ v0
        v0 = (v0 << 32) & _WORD | (v0 >> 32)
        v2 = (v2 + v3) & _WORD
        v3 = ((v3 << 16) & _WORD | (v3 >> 48)) ^ v2
        v0 = (v0 + v3) & _WORD
        v3 = ((v3 << 21) & _WORD | (v3 >> 43)) ^ v0
        v2 = (v2 + v1) & _WORD
        v1 = ((v1 << 17) & _WORD | (v1 >> 47)) ^ v2
        v2 = (v2 << 32) & _WORD | (v2 >> 32)
    return v0, v1, v2, v3


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.returns((cython.ulonglong, cython.ulonglong, cython.ulonglong, cython.ulonglong))
@cython.locals(
    v0=cython.ulonglong, v1=cython.ulonglong, v2=cython.ulonglong, v3=cython.ulonglong, word=cython.ulonglong
)
def _absorb(v0, v1, v2, v3, word):
    v0, v1, v2, v3 = _mix(v0, v1, v2, v3 ^ word)
    v0, v1, v2, v3 = _mix(v0, v1, v2, v3)
    return v0 ^ word, v1, v2, v3


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.returns((cython.ulonglong, cython.ulonglong))
@cython.locals(v0=cython.ulonglong, v1=cython.ulonglong, v2=cython.ulonglong, v3=cython.ulonglong, low=cython.ulonglong)
def _finish(v0, v1, v2, v3):
    """Return 128 bits, the low ones first. The state began with `v1 ^ 0xEE`."""
    v0, v1, v2, v3 = _mix(v0, v1, v2 ^ 0xEE, v3)
    v0, v1, v2, v3 = _mix(v0, v1, v2, v3)
    v0, v1, v2, v3 = _mix(v0, v1, v2, v3)
    v0, v1, v2, v3 = _mix(v0, v1, v2, v3)
    low = v0 ^ v1 ^ v2 ^ v3
    v0, v1, v2, v3 = _mix(v0, v1 ^ 0xDD, v2, v3)
    v0, v1, v2, v3 = _mix(v0, v1, v2, v3)
    v0, v1, v2, v3 = _mix(v0, v1, v2, v3)
    v0, v1, v2, v3 = _mix(v0, v1, v2, v3)
    return low, v0 ^ v1 ^ v2 ^ v3


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.returns((cython.ulonglong, cython.ulonglong))
@cython.locals(
    v0=cython.ulonglong, v1=cython.ulonglong, v2=cython.ulonglong, v3=cython.ulonglong, two=cython.ulonglong,
    three=cython.ulonglong,
)  # fmt: skip
def _two_more(v0, v1, v2, v3, two, three):
    """Return 128 bits of three words, the first of which has been absorbed."""
    v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, two)
    v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, three)
    return _finish(v0, v1, v2, v3)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.returns((cython.ulonglong, cython.ulonglong))
@cython.locals(
    k0=cython.ulonglong, k1=cython.ulonglong, one=cython.ulonglong, two=cython.ulonglong, three=cython.ulonglong,
    v0=cython.ulonglong, v1=cython.ulonglong, v2=cython.ulonglong, v3=cython.ulonglong,
)  # fmt: skip
def _three(k0, k1, one, two, three):
    """Return 128 bits of three words."""
    v0, v1, v2, v3 = _absorb(k0 ^ _C0, k1 ^ _C1 ^ 0xEE, k0 ^ _C2, k1 ^ _C3, one)
    return _two_more(v0, v1, v2, v3, two, three)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.returns(cython.ulonglong)
@cython.locals(
    k0=cython.ulonglong, k1=cython.ulonglong, one=cython.ulonglong, two=cython.ulonglong,
    v0=cython.ulonglong, v1=cython.ulonglong, v2=cython.ulonglong, v3=cython.ulonglong,
)  # fmt: skip
def _two(k0, k1, one, two):
    """Return 64 bits of two words."""
    v0, v1, v2, v3 = _absorb(k0 ^ _C0, k1 ^ _C1, k0 ^ _C2, k1 ^ _C3, one)
    v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, two)
    v0, v1, v2, v3 = _mix(v0, v1, v2 ^ 0xFF, v3)
    v0, v1, v2, v3 = _mix(v0, v1, v2, v3)
    v0, v1, v2, v3 = _mix(v0, v1, v2, v3)
    v0, v1, v2, v3 = _mix(v0, v1, v2, v3)
    return v0 ^ v1 ^ v2 ^ v3


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.returns(cython.ulonglong)
@cython.locals(data=cython.p_uchar, at=cython.Py_ssize_t, word=cython.ulonglong)
def _eight(data, at):
    """Return eight bytes as a number, where the first is the lowest."""
    word = 0
    if cython.compiled:
        memcpy(cython.address(word), data + at, 8)
        return word
    return int.from_bytes(data[at : at + 8], "little")


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(data=cython.p_uchar, at=cython.Py_ssize_t, word=cython.ulonglong)
def _put_eight(data, at, word) -> cython.void:
    if cython.compiled:
        memcpy(data + at, cython.address(word), 8)
    else:
        data[at : at + 8] = (word & _WORD).to_bytes(8, "little")


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.returns(cython.ulonglong)
@cython.locals(
    data=cython.p_uchar, at=cython.Py_ssize_t, size=cython.Py_ssize_t, i=cython.Py_ssize_t, word=cython.ulonglong
)
def _word(data, at, size):
    """Return up to eight bytes as a number, the first the lowest."""
    word = 0
    if cython.compiled and size >= 8 and _LITTLE:
        memcpy(cython.address(word), data + at, 8)
        return word
    if size >= 8:
        for i in range(8):
            word |= cython.cast(cython.ulonglong, data[at + i]) << (8 * i)
    else:
        for i in range(size):
            word |= cython.cast(cython.ulonglong, data[at + i]) << (8 * i)
    return word


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.returns(cython.ulonglong)
@cython.locals(data=cython.p_uchar, at=cython.Py_ssize_t, size=cython.Py_ssize_t)
def _behind(data, at, size):
    """Return what `_word` does of up to seven bytes, behind eight others."""
    return _word(data, at + size - 8, 8) >> (64 - 8 * size) if size > 0 else 0


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(
    data=cython.p_uchar, at=cython.Py_ssize_t, size=cython.Py_ssize_t, i=cython.Py_ssize_t, word=cython.ulonglong
)
def _store(data, at, size, word) -> cython.void:
    if cython.compiled and size >= 8 and _LITTLE:
        memcpy(data + at, cython.address(word), 8)
        return
    if size >= 8:
        for i in range(8):
            data[at + i] = (word >> (8 * i)) & 0xFF
    else:
        for i in range(size):
            data[at + i] = (word >> (8 * i)) & 0xFF


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.returns(cython.ulonglong)
@cython.locals(size=cython.Py_ssize_t)
def _cut(size):
    """Return ones in the place of that many bytes."""
    if size >= 8:
        return _ALL
    return 0 if size <= 0 else _ALL >> (64 - 8 * size)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.returns((cython.ulonglong, cython.ulonglong))
@cython.locals(
    k0=cython.ulonglong, k1=cython.ulonglong, data=cython.p_uchar, at=cython.Py_ssize_t, size=cython.Py_ssize_t,
    end=cython.Py_ssize_t, v0=cython.ulonglong, v1=cython.ulonglong, v2=cython.ulonglong, v3=cython.ulonglong,
    last=cython.ulonglong,
)  # fmt: skip
def _hash(k0, k1, data, at, size):
    """Return 128 bits of any number of bytes, as the paper and its authors' code have it."""
    v0, v1, v2, v3 = k0 ^ _C0, k1 ^ _C1 ^ 0xEE, k0 ^ _C2, k1 ^ _C3
    end = at + size
    while end - at >= 8:
        v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, _word(data, at, 8))
        at += 8
    last = _behind(data, at, end - at) if size >= 8 else _word(data, at, size)
    last |= cython.cast(cython.ulonglong, size & 0xFF) << 56
    v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, last)
    return _finish(v0, v1, v2, v3)


def siphash(key: bytes, data: bytes) -> bytes:
    """Return the 16 bytes that SipHash-2-4-128 makes of the data under a key of 16 bytes."""
    low, high = _hash(int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little"), data, 0, len(data))
    return int(low).to_bytes(8, "little") + int(high).to_bytes(8, "little")


@cython.cfunc
@cython.inline
@cython.exceptval(check=True)
def _longs(numbers: array[int]) -> cython.p_longlong:
    """Return where the numbers are, which costs less than a view of them."""
    if cython.compiled:
        return cython.cast(c_array.array, numbers, typecheck=True).data.as_longlongs
    return numbers


@cython.cfunc
@cython.inline
@cython.exceptval(check=True)
def _words(numbers: array[int]) -> cython.p_ulonglong:
    """Return where numbers without a sign are."""
    if cython.compiled:
        return cython.cast(c_array.array, numbers, typecheck=True).data.as_ulonglongs
    return numbers


# ---- keys


@cython.cclass
class Keyed:
    """A key, bound to a purpose: two purposes under one key have nothing to do with each other."""

    _n0: cython.ulonglong
    _n1: cython.ulonglong
    _r0: cython.ulonglong
    _r1: cython.ulonglong
    _b0: cython.ulonglong
    _b1: cython.ulonglong
    _s0: cython.ulonglong
    _s1: cython.ulonglong
    _begun: cython.ulonglong[16]
    _begun_for: cython.Py_ssize_t

    def __init__(self, key: bytes, purpose: str) -> None:
        if len(key) < 16:
            raise ValueError("a mask key has at least 16 bytes")
        # BLAKE2b takes 64 bytes of key at most, and ignores none of them this way.
        root = blake2b(key, digest_size=64).digest()
        own = blake2b(purpose.encode(), key=root, digest_size=64).digest()
        self._n0, self._n1 = _pair(own, b"number")
        self._r0, self._r1 = _pair(own, b"range")
        self._b0, self._b1 = _pair(own, b"bytes")
        self._s0, self._s1 = _pair(own, b"stream")
        self._begun_for = 0
        if not cython.compiled:
            self._begun = [0] * 16

    # -- numbers

    def number(self, value: bytes) -> int:
        """Return 128 pseudo-random bits that depend on the value."""
        low, high = _hash(self._n0, self._n1, value, 0, len(value))
        return int(low) | int(high) << 64

    @cython.locals(
        data=bytes, span=cython.p_longlong, found=cython.p_ulonglong, i=cython.Py_ssize_t, n=cython.Py_ssize_t
    )
    def numbers(self, data: bytes, spans: array[int]) -> array[int]:
        """Return the numbers of many values, their low halves before their high ones.

        A span is a start and a size within the data, or a size of -1 for NULL, whose number means nothing.
        """
        made = words(len(spans))
        span, found, n = _longs(spans), _words(made), len(spans)
        for i in range(0, n, 2):
            if span[i + 1] >= 0:
                found[i], found[i + 1] = _hash(self._n0, self._n1, data, span[i], span[i + 1])
        return made

    @cython.locals(
        data=bytes, span=cython.p_longlong, found=cython.p_ulonglong, i=cython.Py_ssize_t, n=cython.Py_ssize_t,
        _high=cython.ulonglong,
    )  # fmt: skip
    def lows(self, data: bytes, spans: array[int]) -> array[int]:
        """Return the low halves of what `numbers` returns, one for each value."""
        made = words(len(spans) // 2)
        span, found, n = _longs(spans), _words(made), len(spans)
        for i in range(0, n, 2):
            if span[i + 1] >= 0:
                found[i // 2], _high = _hash(self._n0, self._n1, data, span[i], span[i + 1])
        return made

    # -- ranges

    def permute(self, number: int, high: int, low: int, tweak: int) -> int:
        """Return where `number` goes in a permutation of range(high * low). Both are below 2**88, tweaks 2**56."""
        left, right = divmod(number, low)
        if high <= _SMALL and low <= _SMALL:
            small_left, small_right = self._permuted(left, right, high, low, tweak)
            return int(small_left) * low + int(small_right)
        for i in range(0, ROUNDS, 2):
            left = (left + self._wide(right, i, tweak)) % high
            right = (right + self._wide(left, i + 1, tweak)) % low
        return left * low + right

    def restore(self, number: int, high: int, low: int, tweak: int) -> int:
        """Return what `permute` made into `number`."""
        left, right = divmod(number, low)
        for i in range(ROUNDS - 2, -1, -2):
            if high <= _SMALL and low <= _SMALL:
                right = (right - self._narrow(left, i + 1, tweak)) % low
                left = (left - self._narrow(right, i, tweak)) % high
            else:
                right = (right - self._wide(left, i + 1, tweak)) % low
                left = (left - self._wide(right, i, tweak)) % high
        return left * low + right

    def _narrow(self, half: int, i: int, tweak: int) -> int:
        return int(_two(self._r0, self._r1, tweak | i << 56, half))

    def _wide(self, half: int, i: int, tweak: int) -> int:
        low, high = _three(self._r0, self._r1, tweak | i << 56, half & _WORD, half >> 64)
        return int(low) | int(high) << 64

    @cython.cfunc
    @cython.exceptval(check=False)
    @cython.returns((cython.ulonglong, cython.ulonglong))
    @cython.locals(
        left=cython.ulonglong, right=cython.ulonglong, high=cython.ulonglong, low=cython.ulonglong,
        tweak=cython.ulonglong, i=cython.ulonglong,
    )  # fmt: skip
    def _permuted(self, left, right, high, low, tweak):
        for i in range(0, 10, 2):
            left = (left + _two(self._r0, self._r1, tweak | i << 56, right) % high) % high
            right = (right + _two(self._r0, self._r1, tweak | (i + 1) << 56, left) % low) % low
        return left, right

    @cython.locals(half=cython.ulonglong[::1], i=cython.Py_ssize_t, n=cython.Py_ssize_t)
    def permute_all(self, halves: array[int]) -> None:
        """Permute many numbers in place: for each its two halves, the ranges they are of, not above 2**40, and a tweak.

        What is of no range is left alone.
        """
        half, n = halves, len(halves)
        for i in range(0, n, 5):
            if half[i + 2]:
                half[i], half[i + 1] = self._permuted(half[i], half[i + 1], half[i + 2], half[i + 3], half[i + 4])

    # -- byte strings

    @cython.locals(
        work=cython.p_uchar, span=cython.p_longlong, i=cython.Py_ssize_t, n=cython.Py_ssize_t,
        size=cython.Py_ssize_t, held=cython.Py_ssize_t,
    )  # fmt: skip
    def encipher_all(self, texts: bytearray, spans: array[int]) -> None:
        """Encipher many texts in place; a span is a start and a size, and one of no size is left alone.

        Up to eight of one size go together, for processors that reckon with several numbers at once.
        """
        places = cython.declare(cython.longlong[8])
        work, span, n, held = texts, _longs(spans), len(spans), 0
        for i in range(0, n, 2):
            size = span[i + 1]
            if size < 16 or size > 32 or not _LITTLE:
                if size > 0:
                    self._encipher(work, span[i], size, False)
                continue
            if held == _LANES or (held and size != self._begun_for):
                self._in_words(work, places, held)
                held = 0
            if self._begun_for != size:
                self._begin(size)
            places[held] = span[i]
            held += 1
        if held:
            self._in_words(work, places, held)

    def encipher(self, text: bytes) -> bytes:
        """Return the text under a permutation of all byte strings of its length; at least two bytes."""
        work = bytearray(text)
        self._encipher(work, 0, len(text), False)
        return bytes(work)

    def decipher(self, text: bytes) -> bytes:
        """Return what `encipher` made into the text."""
        work = bytearray(text)
        self._encipher(work, 0, len(text), True)
        return bytes(work)

    @cython.cfunc
    @cython.exceptval(check=False)
    @cython.locals(
        work=cython.p_uchar, at=cython.Py_ssize_t, size=cython.Py_ssize_t, cut=cython.Py_ssize_t,
        rounds=cython.Py_ssize_t, j=cython.Py_ssize_t, i=cython.Py_ssize_t, back=cython.bint,
    )  # fmt: skip
    def _encipher(self, work, at, size, back) -> cython.void:
        """Encipher, or decipher, so many bytes in place."""
        cut = size // 2
        rounds = _LONG_ROUNDS if cut >= _LONG_HALF else _SHORT_ROUNDS
        for j in range(rounds):
            i = rounds - 1 - j if back else j
            if i % 2 == 0:
                self._stir(work, at + cut, size - cut, at, cut, i, size)
            else:
                self._stir(work, at, cut, at + cut, size - cut, i, size)

    @cython.cfunc
    @cython.exceptval(check=False)
    @cython.locals(
        work=cython.p_uchar, places=cython.p_longlong, held=cython.Py_ssize_t, i=cython.Py_ssize_t,
        at=cython.Py_ssize_t, size=cython.Py_ssize_t, cut=cython.Py_ssize_t, some=cython.Py_ssize_t,
        less=cython.Py_ssize_t, a=cython.ulonglong, b=cython.ulonglong, c=cython.ulonglong, d=cython.ulonglong,
        mine=cython.ulonglong, other=cython.ulonglong, low=cython.ulonglong, high=cython.ulonglong,
    )  # fmt: skip
    def _in_words(self, work, places, held) -> cython.void:
        """Do what `_encipher` does of texts of the size begun for, without putting the halves back in between.

        A half is a word and what is behind it, the last eight bytes of the half without those that the word has.
        """
        left, behind = cython.declare(cython.ulonglong[8]), cython.declare(cython.ulonglong[8])
        right, beyond = cython.declare(cython.ulonglong[8]), cython.declare(cython.ulonglong[8])
        s = cython.declare(cython.ulonglong[16])
        size = self._begun_for
        cut = size // 2
        some, less = 8 * (16 - cut), 8 * (16 - size + cut)
        for i in range(held):
            at = places[i]
            left[i], behind[i] = _eight(work, at), _eight(work, at + cut - 8) >> (some // 2) >> (some - some // 2)
            right[i] = _eight(work, at + cut)
            beyond[i] = _eight(work, at + size - 8) >> (less // 2) >> (less - less // 2)
        mine, other = _cut(cut - 8), _cut(size - cut - 8)
        for i in range(16):
            s[i] = self._begun[i]
        for i in range(held):
            a, b, c, d = left[i], behind[i], right[i], beyond[i]
            low, high = _two_more(s[0], s[1], s[2], s[3], c, d)
            a, b = a ^ low, b ^ high & mine
            low, high = _two_more(s[4], s[5], s[6], s[7], a, b)
            c, d = c ^ low, d ^ high & other
            low, high = _two_more(s[8], s[9], s[10], s[11], c, d)
            a, b = a ^ low, b ^ high & mine
            low, high = _two_more(s[12], s[13], s[14], s[15], a, b)
            left[i], behind[i], right[i], beyond[i] = a, b, c ^ low, d ^ high & other
        some = 64 - less
        for i in range(held):
            at, c, d = places[i], right[i], beyond[i]
            _put_eight(work, at, left[i])
            _put_eight(work, at + 8, behind[i])  # what is too much of it, the other half is put upon
            _put_eight(work, at + cut, c)
            c = c >> (some // 2) >> (some - some // 2) | d << (less // 2) << (less - less // 2)
            _put_eight(work, at + size - 8, c)

    @cython.cfunc
    @cython.exceptval(check=False)
    @cython.locals(
        size=cython.Py_ssize_t, i=cython.Py_ssize_t, tweak=cython.ulonglong, v0=cython.ulonglong, v1=cython.ulonglong,
        v2=cython.ulonglong, v3=cython.ulonglong,
    )  # fmt: skip
    def _begin(self, size) -> cython.void:
        """Keep the state of each of four rounds behind its first word, which texts of one length share."""
        tweak = size
        for i in range(4):
            v0, v1, v2, v3 = self._b0 ^ _C0, self._b1 ^ _C1 ^ 0xEE, self._b0 ^ _C2, self._b1 ^ _C3
            v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, tweak << 8 | i)
            self._begun[4 * i], self._begun[4 * i + 1] = v0, v1
            self._begun[4 * i + 2], self._begun[4 * i + 3] = v2, v3
        self._begun_for = size

    @cython.cfunc
    @cython.exceptval(check=False)
    @cython.locals(
        work=cython.p_uchar, at=cython.Py_ssize_t, size=cython.Py_ssize_t, to=cython.Py_ssize_t,
        length=cython.Py_ssize_t, i=cython.Py_ssize_t, whole=cython.Py_ssize_t, end=cython.Py_ssize_t,
        done=cython.Py_ssize_t, words=cython.Py_ssize_t, v0=cython.ulonglong, v1=cython.ulonglong,
        v2=cython.ulonglong, v3=cython.ulonglong, low=cython.ulonglong, high=cython.ulonglong,
        tweak=cython.ulonglong, a=cython.ulonglong, b=cython.ulonglong,
    )  # fmt: skip
    def _stir(self, work, at, size, to, length, i, whole) -> cython.void:
        """Add to one half what the other half, the round and the whole length make of the key."""
        tweak = whole
        v0, v1, v2, v3 = self._b0 ^ _C0, self._b1 ^ _C1 ^ 0xEE, self._b0 ^ _C2, self._b1 ^ _C3
        v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, tweak << 8 | i)
        words = 2 if whole <= _IN_WORDS else (size + 7) // 8
        end = at + size
        while words > 0:
            v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, _word(work, at, end - at))
            at += 8
            words -= 1
        low, high = _finish(v0, v1, v2, v3)
        a, b, done = low, high, 0
        while done < length:
            _store(work, to + done, length - done, _word(work, to + done, length - done) ^ a)
            _store(work, to + done + 8, length - done - 8, _word(work, to + done + 8, length - done - 8) ^ b)
            done += 16
            a, b = _three(self._s0, self._s1, low, high, done)


@cython.cfunc
def _pair(own: bytes, name: bytes):
    key = blake2b(name, key=own, digest_size=16).digest()
    return int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
