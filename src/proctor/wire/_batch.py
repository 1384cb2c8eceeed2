# cython: language_level=3, wraparound=False, boundscheck=False
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""Stations 2 and 8, whole batches: see at a glance that a buffer is a common question, or the whole answer to it.

In comes one buffer; out comes what it holds, or None for everything that the legs have to take apart. Compiled where
there is a compiler. Whatever is unusual (a named portal, a row limit, a notice, an error, half a message) is None.
"""

from __future__ import annotations

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.wire import _shim as cython

if cython.compiled:
    from cython.cimports.cpython.bytes import PyBytes_AS_STRING  # type: ignore[import-untyped]
    from cython.cimports.libc.string import memchr  # type: ignore[import-untyped]

QUERY, BOUND, PARSED = 1, 2, 3
MAX_BATCH = 65_536  # longer ones gain nothing here

Batch = tuple[int, bytes, bytes, tuple[bytes | None, ...], bool]
"""The kind; the statement's text (QUERY, PARSED) or name (BOUND); the result formats and parameters as sent; whether
the portal is described."""

Answer = tuple[bytes, int, int, bytes, int]
"""The description of the rows, or that there are none, as sent (empty: neither came), rows, their bytes, the command
tag, the transaction state."""
NO_ROWS = b"n\0\0\0\4"

Asked = tuple[bytes, bytes, tuple[bytes | None, ...], bool, int]
"""The name bound, formats, parameters, whether the portal is described, and where what comes behind it begins."""

Given = tuple[bytes, int, int, bytes, int]
"""As an `Answer`, but with the place where what comes behind it begins."""


@cython.cfunc
@cython.inline
@cython.exceptval(-1, check=True)
def _length(data: bytes, pos: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Return where the frame at `pos` ends, 0 if it does not end in this buffer."""
    if pos + 5 > end:
        return 0
    stop: cython.Py_ssize_t = (
        pos + 1 + ((data[pos + 1] << 24) | (data[pos + 2] << 16) | (data[pos + 3] << 8) | data[pos + 4])
    )
    if stop < pos + 5 or stop > end:
        return 0
    return stop


@cython.cfunc
@cython.inline
@cython.exceptval(-1, check=True)
def _two(data: bytes, pos: cython.Py_ssize_t) -> cython.Py_ssize_t:
    return (data[pos] << 8) | data[pos + 1]


@cython.cfunc
@cython.inline
@cython.exceptval(-2, check=True)
def _nul(data: bytes, pos: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Return where the next NUL is, -1 if there is none; `end` is the length."""
    if cython.compiled:
        if pos >= end:
            return -1
        text: cython.p_char = PyBytes_AS_STRING(data)
        found: cython.p_char = cython.cast(cython.p_char, memchr(text + pos, 0, end - pos))
        return found - text if found != cython.NULL else -1
    return data.find(0, pos)


def read_batch(data: bytes) -> Batch | None:
    """Return what the buffer asks, if it is one simple query, or one unnamed portal bound, run whole, and synced."""
    end: cython.Py_ssize_t = len(data)
    if end < 7 or end > MAX_BATCH:
        return None
    stop: cython.Py_ssize_t = _length(data, 0, end)
    pos: cython.Py_ssize_t = 0
    if stop == 0:
        return None
    if data[0] == 0x51:  # Q
        if stop != end or _nul(data, 5, end) != end - 1:
            return None
        return QUERY, data[5 : end - 1], b"", (), False
    kind = BOUND
    text = b""
    if data[0] == 0x50:  # P, of the unnamed statement
        at: cython.Py_ssize_t = _nul(data, 6, end)
        if data[5] != 0 or at < 0 or at + 3 > stop or at + 3 + 4 * _two(data, at + 1) != stop:
            return None
        kind, text = PARSED, data[6:at]
        pos = stop
        stop = _length(data, pos, end)
        if stop == 0:
            return None
    return _rest(data, pos, stop, end, kind, text)


def read_train(data: bytes) -> list[Batch]:
    """Return what the buffer asks one after the other, if it is several portals, each bound and run whole, and a Sync.

    What it is not, is empty.
    """
    end: cython.Py_ssize_t = len(data)
    if end < 7 or end > MAX_BATCH or data[0] != 0x42:  # B
        return []
    train: list[Batch] = []
    pos: cython.Py_ssize_t = 0
    stop: cython.Py_ssize_t = _length(data, 0, end)
    while stop and data[pos] == 0x42:
        asked: tuple | None = _asked(data, pos, stop, end)  # type: ignore[type-arg]
        if asked is None:
            return []
        train.append((BOUND, asked[0], asked[1], asked[2], asked[3]))
        pos = asked[4]
        stop = _length(data, pos, end)
    return train if _is_last(data, pos, end) and len(train) > 1 else []


@cython.cfunc
def _rest(
    data: bytes,
    pos: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    kind: cython.Py_ssize_t,
    text: bytes,
) -> object:
    asked: tuple | None = _asked(data, pos, stop, end)  # type: ignore[type-arg]  # Cython takes no parameters here
    if asked is None or not _is_last(data, asked[4], end):
        return None
    if kind == PARSED and asked[0]:
        return None
    return kind, text if kind == PARSED else asked[0], asked[1], asked[2], asked[3]


@cython.cfunc
@cython.exceptval(-1, check=True)
def _is_last(data: bytes, pos: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
    """Say whether a Sync stands there, and nothing behind it."""
    return pos + 5 == end and data[pos] == 0x53 and _length(data, pos, end) == end


@cython.cfunc
def _asked(data: bytes, pos: cython.Py_ssize_t, stop: cython.Py_ssize_t, end: cython.Py_ssize_t) -> object:
    """Return what a Bind of the unnamed portal, its Describe, if one follows, and its Execute say: `Asked`."""
    bound: tuple | None = _bind(data, pos, stop, end)  # type: ignore[type-arg]
    if bound is None:
        return None
    pos = stop
    described = False
    stop = _length(data, pos, end)
    if stop and data[pos] == 0x44:  # D, of the unnamed portal
        if stop - pos != 7 or data[pos + 5] != 0x50 or data[pos + 6] != 0:
            return None
        described = True
        pos = stop
        stop = _length(data, pos, end)
    # E of the unnamed portal without a limit
    if not stop or data[pos] != 0x45 or stop - pos != 10 or data[pos + 5] != 0:
        return None
    if data[pos + 6] | data[pos + 7] | data[pos + 8] | data[pos + 9]:
        return None
    return bound[0], bound[1], bound[2], described, stop


@cython.cfunc
def _bind(data: bytes, pos: cython.Py_ssize_t, stop: cython.Py_ssize_t, end: cython.Py_ssize_t) -> object:
    """Return the statement's name, the result formats as sent, and the parameters, binary ones behind a NUL."""
    if data[pos] != 0x42 or stop - pos < 13 or data[pos + 5] != 0:  # B, of the unnamed portal
        return None
    at: cython.Py_ssize_t = _nul(data, pos + 6, end)
    if at < 0 or at + 5 > stop:
        return None
    name = data[pos + 6 : at]
    at += 1
    formats: cython.Py_ssize_t = _two(data, at)
    first: cython.Py_ssize_t = at + 2
    at = first + 2 * formats
    if at + 2 > stop:
        return None
    count: cython.Py_ssize_t = _two(data, at)
    at += 2
    if formats > 1 and formats != count:
        return None
    values: list[bytes | None] = []
    i: cython.Py_ssize_t
    size: cython.Py_ssize_t
    for i in range(count):
        if at + 4 > stop:
            return None
        if data[at] & data[at + 1] & data[at + 2] & data[at + 3] == 0xFF:
            values.append(None)
            at += 4
            continue
        size = (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3]
        at += 4
        if size < 0 or size > stop - at:  # shifted in C, a length of gigabytes is negative
            return None
        value = data[at : at + size]
        at += size
        if formats and _two(data, first + (2 * i if formats > 1 else 0)):
            value = b"\0" + value
        values.append(value)
    if at + 2 > stop or at + 2 + 2 * _two(data, at) != stop:
        return None
    return name, data[at + 2 : stop], tuple(values)


def read_answer(data: bytes, kind: int, described: bool) -> Answer | None:
    """Return the answer to such a batch, if the buffer is all of it: its rows, its end, and nothing else."""
    end: cython.Py_ssize_t = len(data)
    pos: cython.Py_ssize_t = 0
    if kind == PARSED:
        if end < 5 or data[0] != 0x31 or _length(data, 0, end) != 5:
            return None
        pos = 5
    given: tuple | None = _given(data, pos, end, kind, described)  # type: ignore[type-arg]
    if given is None:
        return None
    pos = given[4]
    if not _is_ready(data, pos, end):
        return None
    return given[0], given[1], given[2], given[3], data[pos + 5]


def read_answers(data: bytes, described: list[bool]) -> tuple[list[Given], int] | None:
    """Return the answers to such a train, if the buffer is all of them, and the transaction's state."""
    end: cython.Py_ssize_t = len(data)
    pos: cython.Py_ssize_t = 0
    answers: list[Given] = []
    for each in described:
        given: tuple | None = _given(data, pos, end, BOUND, each)  # type: ignore[type-arg]
        if given is None:
            return None
        answers.append(given)
        pos = given[4]
    return (answers, data[pos + 5]) if _is_ready(data, pos, end) else None


@cython.cfunc
@cython.exceptval(-1, check=True)
def _is_ready(data: bytes, pos: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
    """Say whether a ReadyForQuery stands there, and nothing behind it."""
    return pos + 6 == end and data[pos] == 0x5A and _length(data, pos, end) == end


@cython.cfunc
def _given(
    data: bytes, pos: cython.Py_ssize_t, end: cython.Py_ssize_t, kind: cython.Py_ssize_t, described: cython.bint
) -> object:
    """Return what is answered from there on, up to a command's end: `Given`."""
    if kind != QUERY:
        if end < pos + 5 or data[pos] != 0x32 or _length(data, pos, end) != pos + 5:
            return None
        pos += 5
    shape = b""
    stop: cython.Py_ssize_t = _length(data, pos, end)
    if stop and (kind == QUERY or described) and not (kind == QUERY and data[pos] == 0x43):  # C: it returns no rows
        if data[pos] != 0x54 and data[pos] != 0x6E:  # T, n
            return None
        shape = data[pos:stop]
        pos = stop
        stop = _length(data, pos, end)
    rows: cython.Py_ssize_t = 0
    first: cython.Py_ssize_t = pos
    while stop and data[pos] == 0x44:  # D
        rows += 1
        pos = stop
        stop = _length(data, pos, end)
    size: cython.Py_ssize_t = pos - first
    if not stop or data[pos] != 0x43 or data[stop - 1] != 0:  # C
        return None
    return shape, rows, size, data[pos + 5 : stop - 1], stop
