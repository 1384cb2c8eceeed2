# cython: language_level=3, wraparound=False
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""Station 2, the hot path: scan PostgreSQL frames into events.

In come whole buffers, out go events. Compiled where there is a compiler: plain Python, which Cython turns into C for
speed; both ways pass the same tests. Broken frames are a ValueError with a safe sentence, and the legs say who is to
blame. Knows no states (the legs hand their tables in) and no SQL.
"""

from __future__ import annotations

from struct import Struct

from proctor.wire.talk import (
    Ask,
    AuthAsk,
    Bind,
    Bound,
    Bye,
    ClientEvent,
    Close,
    Closed,
    CopyData,
    CopyDone,
    CopyEnd,
    CopyFail,
    CopyRows,
    CopyStart,
    Describe,
    Done,
    Empty,
    Failed,
    Field,
    Flush,
    FunctionCall,
    FunctionResult,
    KeyData,
    Negotiate,
    NoShape,
    Notice,
    Notification,
    Parameters,
    Prepare,
    Prepared,
    Proof,
    Ready,
    Rows,
    Run,
    Setting,
    Shape,
    Suspended,
    Sync,
    UpstreamEvent,
)

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.wire import _shim as cython

_read16 = Struct("!H").unpack_from
_SIGN = cython.declare(cython.longlong, 0x80000000)
_field_tail = Struct("!IhIhih").unpack_from

# Messages that carry a name at the most. A stranger who announces more wants our memory.
SMALL_MESSAGE = 10_000
_SMALL = frozenset(b"CDEHSXcf")

# Shapes repeat with every Execute of the same statement: their fields are parsed once. Bounded, and of small ones only,
# because the upstream chooses how many there are.
_SHAPES: dict[bytes, list[Field]] = {}
_SHAPES_KEPT = 512
_SHAPE_BYTES = 4096


def _is_compiled() -> bool:
    """Tell whether this module runs as C."""
    return bool(cython.compiled)


# ---- numbers of the wire


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(four=cython.p_uchar, number=cython.uint)
def _signed(four) -> cython.Py_ssize_t:  # type: ignore[no-untyped-def]
    """Return the number that four bytes are; a compiler knows the sum, where it begins at the pointer, for one word."""
    number = four[0]
    number = ((number << 8 | four[1]) << 8 | four[2]) << 8 | four[3]
    if cython.compiled:
        return cython.cast(cython.int, number)
    return number if number < _SIGN else number - 2 * _SIGN


@cython.cfunc
@cython.inline
@cython.exceptval(-1, check=True)
@cython.locals(text=cython.p_uchar)
def _int32(data: bytes, pos: cython.Py_ssize_t) -> cython.Py_ssize_t:
    if pos < 0 or pos + 4 > len(data):
        raise ValueError("a message ends early")
    text = data
    return _signed(text + pos if cython.compiled else data[pos : pos + 4])


@cython.cfunc
@cython.inline
@cython.boundscheck(False)
@cython.exceptval(-1, check=True)
def _uint16(data: bytes, pos: cython.Py_ssize_t, stop: cython.Py_ssize_t) -> cython.Py_ssize_t:
    if pos < 0 or pos + 2 > stop or stop > len(data):
        raise ValueError("a message ends early")
    if cython.compiled:
        return (data[pos] << 8) | data[pos + 1]
    return _read16(data, pos)[0]


@cython.cfunc
@cython.inline
@cython.exceptval(-1, check=True)
def _string_end(data: bytes, pos: cython.Py_ssize_t, stop: cython.Py_ssize_t) -> cython.Py_ssize_t:
    end: cython.Py_ssize_t = data.find(b"\0", pos, stop)
    if end < 0:
        raise ValueError("a string in a message has no end")
    return end


@cython.cfunc
def _shorts(data: bytes, pos: cython.Py_ssize_t, count: cython.Py_ssize_t, stop: cython.Py_ssize_t) -> tuple:  # type: ignore[type-arg]
    if count == 0:
        return ()
    if count == 1:
        return (_uint16(data, pos, stop),)
    if pos + 2 * count > stop:
        raise ValueError("a message ends early")
    return tuple([_uint16(data, pos + 2 * i, stop) for i in range(count)])


@cython.cfunc
def _oids(data: bytes, pos: cython.Py_ssize_t, count: cython.Py_ssize_t) -> tuple:  # type: ignore[type-arg]
    if count == 0:
        return ()
    return tuple([_int32(data, pos + 4 * i) & 0xFFFFFFFF for i in range(count)])


# ---- from the client


def read_client(data: bytes, table: bytes, limit: int, once: bool) -> tuple[list[ClientEvent], int, int]:
    """Return the events of the whole frames in `data`, where they end, and how many bytes the next frame needs.

    `table[tag]` is not 0 where the state allows the tag. `once` stops after one frame: during a login each frame must
    be answered before the next is believed. Nothing behind a Terminate is read.
    """
    events: list[ClientEvent] = []
    pos: cython.Py_ssize_t = 0
    end: cython.Py_ssize_t = len(data)
    largest: cython.Py_ssize_t = limit
    tag: cython.Py_ssize_t
    length: cython.Py_ssize_t
    stop: cython.Py_ssize_t
    while True:
        if end - pos < 5:
            return events, pos, 5 if pos < end else 0
        tag = data[pos]
        if table[tag] == 0:
            raise ValueError(f"message type {tag:#04x} is not allowed here")
        length = _int32(data, pos + 1)
        # The length counts itself but not the tag: 4 is the smallest honest value, and 3 an attack.
        if length < 4 or length > largest or (length > SMALL_MESSAGE and tag in _SMALL):
            raise ValueError(f"a message of {length} bytes is over the limit or impossible")
        stop = pos + 1 + length
        if stop > end:
            return events, pos, 1 + length
        if tag == 0x64:  # CopyData: a run is one event
            while end - stop >= 5 and data[stop] == 0x64:
                length = _int32(data, stop + 1)
                if length < 4 or length > largest or stop + 1 + length > end:
                    break
                stop += 1 + length
            events.append(CopyData(data[pos:stop]))
        else:
            events.append(_client_event(data, tag, pos, stop))
        pos = stop
        if once or tag == 0x58:
            return events, pos, 5 if pos < end else 0


@cython.cfunc
def _client_event(
    data: bytes, tag: cython.Py_ssize_t, start: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> ClientEvent:
    pos: cython.Py_ssize_t = start + 5
    cut: cython.Py_ssize_t
    count: cython.Py_ssize_t
    raw: bytes = data[start:stop]
    if tag == 0x42:  # B
        return _bind(raw)
    if tag == 0x45:  # E
        cut = _string_end(data, pos, stop)
        if cut + 5 != stop:
            raise ValueError("an Execute message has the wrong length")
        count = _int32(data, cut + 1)
        return Run(data[pos:cut], count if count > 0 else 0, raw)  # the server, too, takes less than 1 for all
    if tag == 0x50:  # P
        cut = _string_end(data, pos, stop)
        sql: cython.Py_ssize_t = _string_end(data, cut + 1, stop)
        count = _uint16(data, sql + 1, stop)
        if sql + 3 + 4 * count != stop:
            raise ValueError("a Parse message has the wrong length")
        return Prepare(data[pos:cut], data[cut + 1 : sql], _oids(data, sql + 3, count), raw)
    if tag in (0x44, 0x43):  # D, C
        if stop - pos < 2 or data[pos] not in (0x53, 0x50):
            raise ValueError("a Describe or Close message names neither a statement nor a portal")
        if _string_end(data, pos + 1, stop) != stop - 1:
            raise ValueError("a Describe or Close message has the wrong length")
        kind: bytes = data[pos : pos + 1]
        name: bytes = data[pos + 1 : stop - 1]
        return Describe(kind, name, raw) if tag == 0x44 else Close(kind, name, raw)
    if tag == 0x51:  # Q
        # Text behind the first NUL would be seen by nobody but a parser that counts lengths.
        if _string_end(data, pos, stop) != stop - 1:
            raise ValueError("a Query message has the wrong length")
        return Ask(data[pos : stop - 1], raw)
    if tag == 0x70:  # p
        return Proof(data[pos:stop])
    if tag == 0x46:  # F
        return FunctionCall(raw)
    if tag == 0x66:  # f
        if _string_end(data, pos, stop) != stop - 1:
            raise ValueError("a CopyFail message has the wrong length")
        return CopyFail(raw)
    if pos != stop:
        raise ValueError("a message that carries nothing carries something")
    if tag == 0x53:  # S
        return Sync(raw)
    if tag == 0x48:  # H
        return Flush(raw)
    if tag == 0x63:  # c
        return CopyDone(raw)
    if tag == 0x58:  # X
        return Bye()
    raise ValueError(f"message type {tag:#04x} is unknown")


@cython.cfunc
def _bind(raw: bytes) -> ClientEvent:
    stop: cython.Py_ssize_t = len(raw)
    cut: cython.Py_ssize_t = _string_end(raw, 5, stop)
    portal: bytes = raw[5:cut]
    pos: cython.Py_ssize_t = cut + 1
    cut = _string_end(raw, pos, stop)
    statement: bytes = raw[pos:cut]
    pos = cut + 1
    count: cython.Py_ssize_t = _uint16(raw, pos, stop)
    formats = _shorts(raw, pos + 2, count, stop)
    pos += 2 + 2 * count
    size: cython.Py_ssize_t
    total: cython.Py_ssize_t = _uint16(raw, pos, stop)
    if count > 1 and count != total:
        raise ValueError("a Bind message has formats for another number of parameters")
    pos += 2
    values: list[bytes | None] = []
    for _ in range(total):
        size = _int32(raw, pos)
        pos += 4
        if size == -1:
            values.append(None)
            continue
        if size < 0 or pos + size > stop:
            raise ValueError("a parameter in a Bind message has an impossible length")
        values.append(raw[pos : pos + size])
        pos += size
    count = _uint16(raw, pos, stop)
    if pos + 2 + 2 * count != stop:
        raise ValueError("a Bind message has the wrong length")
    return Bind(portal, statement, formats, tuple(values), _shorts(raw, pos + 2, count, stop), raw)


# ---- from the upstream


def read_upstream(
    data: bytes, state: int, tables: tuple[bytes, ...], limit: int
) -> tuple[list[UpstreamEvent], int, int, int]:
    """Return the events of the whole frames in `data`, where they end, what the next needs, and the state after them.

    `tables[state][tag]` is the state that the tag leads to, 0 where it is not allowed. Like frames with rows or copied
    data become one event each run.
    """
    events: list[UpstreamEvent] = []
    pos: cython.Py_ssize_t = 0
    end: cython.Py_ssize_t = len(data)
    largest: cython.Py_ssize_t = limit
    here: cython.Py_ssize_t = state
    table: bytes = tables[here]
    tag: cython.Py_ssize_t
    leads: cython.Py_ssize_t
    length: cython.Py_ssize_t
    stop: cython.Py_ssize_t
    count: cython.Py_ssize_t
    while True:
        if end - pos < 5:
            return events, pos, 5 if pos < end else 0, here
        tag = data[pos]
        leads = table[tag]
        if leads == 0:
            raise ValueError(f"message type {tag:#04x} is not allowed here")
        length = _int32(data, pos + 1)
        if length < 4 or length > largest:
            raise ValueError(f"a message of {length} bytes is over the limit or impossible")
        stop = pos + 1 + length
        if stop > end:
            return events, pos, 1 + length, here
        if tag in (0x44, 0x64):  # DataRow, CopyData
            count = 1
            while end - stop >= 5 and data[stop] == tag:
                length = _int32(data, stop + 1)
                if length < 4 or length > largest or stop + 1 + length > end:
                    break
                stop += 1 + length
                count += 1
            events.append(Rows(data[pos:stop], count) if tag == 0x44 else CopyRows(data[pos:stop], count))
        else:
            events.append(_upstream_event(data[pos:stop], tag))
            if tag == 0x52 and _int32(data, pos + 5) == 0:  # AuthenticationOk is the one R that moves on
                leads = tables[0][tag]
            if leads != here:
                here = leads
                table = tables[here]
        pos = stop


@cython.cfunc
def _upstream_event(raw: bytes, tag: cython.Py_ssize_t) -> UpstreamEvent:
    stop: cython.Py_ssize_t = len(raw)
    cut: cython.Py_ssize_t
    if tag == 0x5A:  # Z
        if stop != 6 or raw[5] not in (0x49, 0x54, 0x45):
            raise ValueError("a ReadyForQuery message is malformed")
        return Ready("I" if raw[5] == 0x49 else "T" if raw[5] == 0x54 else "E", raw)
    if tag == 0x43:  # C
        if _string_end(raw, 5, stop) != stop - 1:
            raise ValueError("a CommandComplete message has the wrong length")
        return Done(raw[5 : stop - 1].decode("utf-8", "surrogateescape"), raw)
    if tag == 0x54:  # T
        return Shape(_fields(raw), raw)
    if tag == 0x74:  # t
        count: cython.Py_ssize_t = _uint16(raw, 5, stop)
        if 7 + 4 * count != stop:
            raise ValueError("a ParameterDescription message has the wrong length")
        return Parameters(_oids(raw, 7, count), raw)
    if tag == 0x45:  # E
        return Failed(_notes(raw), raw)
    if tag == 0x4E:  # N
        return Notice(_notes(raw), raw)
    if tag == 0x53:  # S
        cut = _string_end(raw, 5, stop)
        if _string_end(raw, cut + 1, stop) != stop - 1:
            raise ValueError("a ParameterStatus message has the wrong length")
        return Setting(_text(raw, 5, cut), _text(raw, cut + 1, stop - 1), raw)
    if tag == 0x41:  # A
        pid: cython.Py_ssize_t = _int32(raw, 5)
        cut = _string_end(raw, 9, stop)
        if _string_end(raw, cut + 1, stop) != stop - 1:
            raise ValueError("a NotificationResponse message has the wrong length")
        return Notification(pid, _text(raw, 9, cut), _text(raw, cut + 1, stop - 1), raw)
    if tag in (0x47, 0x48, 0x57):  # G, H, W
        return _copy_start(raw, tag)
    if tag == 0x52:  # R
        return AuthAsk(_int32(raw, 5), raw[9:])
    if tag == 0x4B:  # K
        if not 13 <= stop <= 265:
            raise ValueError("a BackendKeyData message has the wrong length")
        return KeyData(_int32(raw, 5), raw[9:])
    if tag == 0x76:  # v
        return Negotiate(raw)
    if tag == 0x56:  # V
        return FunctionResult(raw)
    if stop != 5:
        raise ValueError("a message that carries nothing carries something")
    if tag == 0x32:  # 2
        return Bound(raw)
    if tag == 0x31:  # 1
        return Prepared(raw)
    if tag == 0x33:  # 3
        return Closed(raw)
    if tag == 0x6E:  # n
        return NoShape(raw)
    if tag == 0x49:  # I
        return Empty(raw)
    if tag == 0x73:  # s
        return Suspended(raw)
    if tag == 0x63:  # c
        return CopyEnd(raw)
    raise ValueError(f"message type {tag:#04x} is unknown")


@cython.cfunc
def _text(raw: bytes, start: cython.Py_ssize_t, stop: cython.Py_ssize_t) -> str:
    # An upstream may speak before it knows our encoding; what is not UTF-8 survives the way there and back.
    return raw[start:stop].decode("utf-8", "surrogateescape")


@cython.cfunc
def _notes(raw: bytes) -> dict[str, str]:
    stop: cython.Py_ssize_t = len(raw)
    pos: cython.Py_ssize_t = 5
    cut: cython.Py_ssize_t
    fields: dict[str, str] = {}
    while pos < stop and raw[pos] != 0:
        cut = _string_end(raw, pos + 1, stop)
        fields[chr(raw[pos])] = _text(raw, pos + 1, cut)
        pos = cut + 1
    if pos != stop - 1:
        raise ValueError("an error or notice message has the wrong length")
    return fields


@cython.cfunc
def _fields(raw: bytes) -> list[Field]:
    known = _SHAPES.get(raw)
    if known is not None:
        return list(known)
    stop: cython.Py_ssize_t = len(raw)
    pos: cython.Py_ssize_t = 7
    cut: cython.Py_ssize_t
    fields: list[Field] = []
    for _ in range(_uint16(raw, 5, stop)):
        cut = _string_end(raw, pos, stop)
        if cut + 19 > stop:
            raise ValueError("a RowDescription message ends early")
        fields.append(Field(_text(raw, pos, cut), *_field_tail(raw, cut + 1)))
        pos = cut + 19
    if pos != stop:
        raise ValueError("a RowDescription message has the wrong length")
    if stop <= _SHAPE_BYTES:
        if len(_SHAPES) >= _SHAPES_KEPT:
            _SHAPES.clear()
        _SHAPES[raw] = list(fields)
    return fields


@cython.cfunc
def _copy_start(raw: bytes, tag: cython.Py_ssize_t) -> UpstreamEvent:
    stop: cython.Py_ssize_t = len(raw)
    count: cython.Py_ssize_t = _uint16(raw, 6, stop)
    if 8 + 2 * count != stop or raw[5] > 1:
        raise ValueError("a copy response is malformed")
    direction = "in" if tag == 0x47 else "out" if tag == 0x48 else "both"
    return CopyStart(direction, raw[5], _shorts(raw, 8, count, stop), raw)
