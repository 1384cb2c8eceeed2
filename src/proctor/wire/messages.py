"""Stations 2 and 8: the messages that we say ourselves, as bytes.

In come words and numbers, out go whole frames. Says nothing on behalf of a client that the client has said itself:
its own bytes go on as they came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from struct import pack, unpack_from

from proctor.errors import Fault
from proctor.wire.startup import CANCEL_REQUEST, GSS_REQUEST, PROTOCOL_3_0, SSL_REQUEST
from proctor.wire.talk import Field, Login


def frame(tag: bytes, body: bytes = b"") -> bytes:
    """Return the message of this tag and body."""
    return tag + pack("!i", len(body) + 4) + body


def _string(text: str | bytes) -> bytes:
    # What the legs read as surrogates (bytes that were no UTF-8) goes out as it came.
    word = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    if b"\0" in word:
        raise ValueError("a string of the protocol cannot hold a NUL")
    return word + b"\0"


def _shorts(numbers: Sequence[int]) -> bytes:
    return pack(f"!H{len(numbers)}H", len(numbers), *numbers)


def _values(values: Sequence[bytes | None]) -> bytes:
    parts = [pack("!H", len(values))]
    for value in values:
        parts.append(b"\xff\xff\xff\xff" if value is None else pack("!i", len(value)) + value)
    return b"".join(parts)


# ---- we play server

AUTH_OK = frame(b"R", pack("!i", 0))
AUTH_CLEARTEXT = frame(b"R", pack("!i", 3))
EMPTY_QUERY = frame(b"I")
PARSE_COMPLETE = frame(b"1")
BIND_COMPLETE = frame(b"2")
CLOSE_COMPLETE = frame(b"3")
NO_DATA = frame(b"n")
PORTAL_SUSPENDED = frame(b"s")
COPY_DONE = frame(b"c")


def auth_sasl(mechanisms: Sequence[str]) -> bytes:
    """Return AuthenticationSASL, which offers these mechanisms in order of preference."""
    return frame(b"R", pack("!i", 10) + b"".join(map(_string, mechanisms)) + b"\0")


def auth_sasl_continue(data: bytes) -> bytes:
    """Return AuthenticationSASLContinue."""
    return frame(b"R", pack("!i", 11) + data)


def auth_sasl_final(data: bytes) -> bytes:
    """Return AuthenticationSASLFinal."""
    return frame(b"R", pack("!i", 12) + data)


def negotiate_protocol_version(options: Sequence[str] = (), *, newest: int = PROTOCOL_3_0) -> bytes:
    """Return NegotiateProtocolVersion: what we speak, and which of the client's options we do not know.

    The servers put the whole version there, not its minor number as the manual has it, and libpq reads it so.
    """
    return frame(b"v", pack("!iI", newest, len(options)) + b"".join(map(_string, options)))


def negotiation(login: Login) -> bytes:
    """Return what a client must hear before anything else when it asked for more than protocol 3.0, or nothing."""
    if login.protocol == PROTOCOL_3_0 and not login.extensions:
        return b""
    return negotiate_protocol_version(login.extensions)


@lru_cache(maxsize=256)  # the same dozen for each login
def parameter_status(name: str, value: str) -> bytes:
    """Return ParameterStatus."""
    return frame(b"S", _string(name) + _string(value))


def backend_key_data(pid: int, secret: bytes) -> bytes:
    """Return BackendKeyData; under protocol 3.0 the secret has 4 bytes."""
    return frame(b"K", pack("!i", pid) + secret)


def ready(status: str = "I") -> bytes:
    """Return ReadyForQuery: I idle, T in a transaction, E in a failed one."""
    if status not in ("I", "T", "E"):
        raise ValueError("a session is idle, in a transaction, or in a failed one")
    return frame(b"Z", status.encode())


def error_response(fields: Mapping[str, str]) -> bytes:
    """Return ErrorResponse with these fields by their one-letter codes."""
    return frame(b"E", _notes(fields))


def notice_response(fields: Mapping[str, str]) -> bytes:
    """Return NoticeResponse with these fields by their one-letter codes."""
    return frame(b"N", _notes(fields))


def _notes(fields: Mapping[str, str]) -> bytes:
    return b"".join(code.encode("ascii") + _string(text) for code, text in fields.items()) + b"\0"


def fault_fields(fault: Fault, severity: str = "FATAL") -> dict[str, str]:
    """Return the fields that tell a client of a fault."""
    fields = {"S": severity, "V": severity, "C": fault.sqlstate, "M": fault.message}
    if fault.hint:
        fields["H"] = fault.hint
    return fields


def row_description(fields: Sequence[Field]) -> bytes:
    """Return RowDescription."""
    parts = [pack("!H", len(fields))]
    for field in fields:
        name = _string(field.name)
        numbers = (field.table_oid, field.number, field.type_oid, field.type_size, field.type_modifier, field.format)
        parts.append(name + pack("!IhIhih", *numbers))
    return frame(b"T", b"".join(parts))


def data_row(values: Sequence[bytes | None]) -> bytes:
    """Return DataRow; None is NULL."""
    return frame(b"D", _values(values))


def command_complete(tag: str) -> bytes:
    """Return CommandComplete."""
    return frame(b"C", _string(tag))


def parameter_description(types: Sequence[int]) -> bytes:
    """Return ParameterDescription."""
    return frame(b"t", pack(f"!H{len(types)}I", len(types), *types))


def notification_response(pid: int, channel: str, payload: str) -> bytes:
    """Return NotificationResponse."""
    return frame(b"A", pack("!i", pid) + _string(channel) + _string(payload))


def copy_response(direction: str, overall: int, columns: Sequence[int]) -> bytes:
    """Return CopyInResponse (`in`), CopyOutResponse (`out`) or CopyBothResponse (`both`)."""
    return frame({"in": b"G", "out": b"H", "both": b"W"}[direction], pack("!B", overall) + _shorts(columns))


def copy_data(data: bytes) -> bytes:
    """Return CopyData, which both sides say."""
    return frame(b"d", data)


# ---- we play client


def startup(parameters: Mapping[str, str], *, protocol: int = PROTOCOL_3_0) -> bytes:
    """Return the start-up message; `parameters` hold `user`, and whatever else the session begins with."""
    words = b"".join(_string(name) + _string(value) for name, value in parameters.items())
    return pack("!ii", len(words) + 9, protocol) + words + b"\0"


def ssl_request() -> bytes:
    """Return SSLRequest; one byte answers it."""
    return pack("!ii", 8, SSL_REQUEST)


def gss_request() -> bytes:
    """Return GSSENCRequest; one byte answers it."""
    return pack("!ii", 8, GSS_REQUEST)


def cancel_request(pid: int, secret: bytes) -> bytes:
    """Return CancelRequest, which travels on a connection of its own."""
    return pack("!iii", len(secret) + 12, CANCEL_REQUEST, pid) + secret


def password(word: str | bytes) -> bytes:
    """Return PasswordMessage: the password, or its MD5 form."""
    return frame(b"p", _string(word))


def sasl_initial(mechanism: str, data: bytes) -> bytes:
    """Return SASLInitialResponse."""
    return frame(b"p", _string(mechanism) + pack("!i", len(data)) + data)


def sasl_response(data: bytes) -> bytes:
    """Return SASLResponse."""
    return frame(b"p", data)


def query(sql: str | bytes) -> bytes:
    """Return a simple Query."""
    return frame(b"Q", _string(sql))


def parse(name: str | bytes, sql: str | bytes, types: Sequence[int] = ()) -> bytes:
    """Return Parse."""
    return frame(b"P", _string(name) + _string(sql) + pack(f"!H{len(types)}I", len(types), *types))


def bind(
    portal: str | bytes,
    statement: str | bytes,
    formats: Sequence[int] = (),
    values: Sequence[bytes | None] = (),
    results: Sequence[int] = (),
) -> bytes:
    """Return Bind, its parts in the order in which they travel."""
    return frame(b"B", _string(portal) + _string(statement) + _shorts(formats) + _values(values) + _shorts(results))


def describe(kind: bytes, name: str | bytes) -> bytes:
    """Return Describe of a statement (`S`) or portal (`P`)."""
    return frame(b"D", _kind(kind) + _string(name))


def execute(portal: str | bytes = b"", limit: int = 0) -> bytes:
    """Return Execute: `limit` rows at the most, 0 for all."""
    return frame(b"E", _string(portal) + pack("!i", limit))


def close(kind: bytes, name: str | bytes) -> bytes:
    """Return Close of a statement (`S`) or portal (`P`)."""
    return frame(b"C", _kind(kind) + _string(name))


def _kind(kind: bytes) -> bytes:
    if kind not in (b"S", b"P"):
        raise ValueError("only statements (S) and portals (P) are described or closed")
    return kind


def sync() -> bytes:
    """Return Sync."""
    return frame(b"S")


def flush() -> bytes:
    """Return Flush."""
    return frame(b"H")


def terminate() -> bytes:
    """Return Terminate."""
    return frame(b"X")


def copy_done() -> bytes:
    """Return CopyDone, which both sides say."""
    return COPY_DONE


def copy_fail(reason: str) -> bytes:
    """Return CopyFail."""
    return frame(b"f", _string(reason))


# ---- what travels inside messages of the login


def parse_sasl_initial(payload: bytes) -> tuple[str, bytes]:
    """Return mechanism and data of a SASLInitialResponse; raise ValueError where it is not one."""
    name, nul, rest = payload.partition(b"\0")
    if not nul or len(rest) < 4:
        raise ValueError("a SASL response is malformed")
    length = int.from_bytes(rest[:4], "big", signed=True)
    if length not in (-1, len(rest) - 4):
        raise ValueError("a SASL response has the wrong length")
    if length == -1 and len(rest) != 4:
        raise ValueError("a SASL response has the wrong length")
    return name.decode("ascii", "replace"), rest[4:]


def parse_password(payload: bytes) -> str:
    """Return the password of a PasswordMessage; raise ValueError where it is not one."""
    if payload[-1:] != b"\0" or b"\0" in payload[:-1]:
        raise ValueError("a password message is malformed")
    return payload[:-1].decode("utf-8")


def parse_sasl_mechanisms(payload: bytes) -> tuple[str, ...]:
    """Return what an upstream's AuthenticationSASL offers; raise ValueError where it is malformed."""
    if payload[-2:] != b"\0\0":
        raise ValueError("an offer of SASL mechanisms has no end")
    return tuple(name.decode("ascii") for name in payload[:-2].split(b"\0"))


# ---- what the upstream answers to questions of our own


def read_rows(raw: bytes) -> list[tuple[str | None, ...]]:
    """Return the rows of a run of DataRow frames in text format; raise ValueError where it is none."""
    rows: list[tuple[str | None, ...]] = []
    pos = 0
    while pos < len(raw):
        if raw[pos : pos + 1] != b"D" or len(raw) < pos + 7:
            raise ValueError("a run of rows holds something else")
        length, width = unpack_from("!iH", raw, pos + 1)
        stop = pos + 1 + length
        pos += 7
        row: list[str | None] = []
        for _ in range(width):
            size = int.from_bytes(raw[pos : pos + 4], "big", signed=True)
            row.append(None if size < 0 else raw[pos + 4 : pos + 4 + size].decode())
            pos += 4 + max(size, 0)
        if pos != stop or stop > len(raw):
            raise ValueError("a row does not end where its frame ends")
        rows.append(tuple(row))
    return rows
