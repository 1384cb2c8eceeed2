"""Station 8: what a value of a built-in type looks like, in text and in binary.

In come a type's OID and the bytes of one value, out go the bytes of the other form, as the server itself would write
them (DateStyle ISO, IntervalStyle postgres, UTC). Knows the types that every server has by number, and no others:
what it does not know is a ValueError, and a redaction of it NULL. Never changes a value.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import pack, unpack

from proctor.wire import addresses, arrays, moments, numerals
from proctor.wire.redactions import redaction

__all__ = ["ARRAYS", "from_text", "known", "redaction", "to_text"]

Codec = Callable[[bytes], bytes]


def _text(data: bytes) -> bytes:
    if b"\0" in data:
        raise ValueError("a text cannot hold a NUL")
    return data


def _read_char(data: bytes) -> bytes:
    if len(data) != 1:
        raise ValueError('not a "char"')
    return data.rstrip(b"\0")


def _write_char(text: bytes) -> bytes:
    if len(text) > 1 or text == b"\0":
        raise ValueError('not a "char"')
    return text or b"\0"


def _read_jsonb(data: bytes) -> bytes:
    if data[:1] != b"\1":
        raise ValueError("a jsonb of an unknown version")
    return _text(data[1:])


def _write_jsonb(text: bytes) -> bytes:
    return b"\1" + _text(text)


def _read_point(data: bytes) -> bytes:
    if len(data) != 16:
        raise ValueError("not a point")
    return b"(%b,%b)" % (numerals.read_float8(data[:8]), numerals.read_float8(data[8:]))


def _write_point(text: bytes) -> bytes:
    x, comma, y = text[1:-1].partition(b",")
    if not (comma and text.startswith(b"(") and text.endswith(b")")):
        raise ValueError("not a point")
    return numerals.write_float8(x) + numerals.write_float8(y)


def _read_lsn(data: bytes) -> bytes:
    if len(data) != 8:
        raise ValueError("not a log position")
    return b"%X/%X" % unpack("!II", data)


def _write_lsn(text: bytes) -> bytes:
    high, slash, low = text.partition(b"/")
    if not slash or not (1 <= len(high) <= 8 and 1 <= len(low) <= 8) or (high + low).strip(b"0123456789abcdefABCDEF"):
        raise ValueError("not a log position")
    return pack("!II", int(high, 16), int(low, 16))


_AS_TEXT = (_text, _text)
_CODECS: dict[int, tuple[Codec, Codec]] = {
    16: (numerals.read_bool, numerals.write_bool),
    17: (addresses.read_bytea, addresses.write_bytea),
    18: (_read_char, _write_char),
    19: _AS_TEXT,  # name
    20: numerals.integer("q"),
    21: numerals.integer("h"),
    23: numerals.integer("i"),
    25: _AS_TEXT,
    26: numerals.integer("I"),  # oid
    28: numerals.integer("I"),  # xid
    29: numerals.integer("I"),  # cid
    114: _AS_TEXT,  # json
    142: _AS_TEXT,  # xml
    600: (_read_point, _write_point),
    650: addresses.inet(network=True),
    700: (numerals.read_float4, numerals.write_float4),
    701: (numerals.read_float8, numerals.write_float8),
    705: _AS_TEXT,  # unknown
    774: addresses.macaddr(8),
    829: addresses.macaddr(6),
    869: addresses.inet(network=False),
    1042: _AS_TEXT,  # bpchar
    1043: _AS_TEXT,  # varchar
    1082: (moments.read_date, moments.write_date),
    1083: (moments.read_time, moments.write_time),
    1114: moments.stamp(zoned=False),
    1184: moments.stamp(zoned=True),
    1186: (moments.read_interval, moments.write_interval),
    1266: (moments.read_timetz, moments.write_timetz),
    1560: (addresses.read_bits, addresses.write_bits),
    1562: (addresses.read_bits, addresses.write_bits),
    1700: (numerals.read_numeric, numerals.write_numeric),
    2950: (addresses.read_uuid, addresses.write_uuid),
    3220: (_read_lsn, _write_lsn),
    3802: (_read_jsonb, _write_jsonb),
    5069: numerals.integer("Q"),  # xid8
}

ARRAYS: dict[int, int] = {
    1000: 16, 1001: 17, 1002: 18, 1003: 19, 1016: 20, 1005: 21, 1007: 23, 1009: 25, 1028: 26, 1011: 28, 1012: 29,
    199: 114, 143: 142, 1017: 600, 651: 650, 1021: 700, 1022: 701, 775: 774, 1040: 829, 1041: 869, 1014: 1042,
    1015: 1043, 1182: 1082, 1183: 1083, 1115: 1114, 1185: 1184, 1187: 1186, 1270: 1266, 1561: 1560, 1563: 1562,
    1231: 1700, 2951: 2950, 3221: 3220, 3807: 3802, 271: 5069,
}  # fmt: skip
"""The array types, by the type of their elements."""


def known(type_oid: int) -> bool:
    """Tell whether values of this type can be read and written in both forms."""
    return type_oid in _CODECS or type_oid in ARRAYS


def to_text(type_oid: int, data: bytes) -> bytes:
    """Return the text form of a binary value; raise ValueError where type or value are not understood."""
    if type_oid in ARRAYS:
        element = ARRAYS[type_oid]
        return arrays.read_array(data, element, _CODECS[element][0])
    return _codec(type_oid)[0](data)


def from_text(type_oid: int, text: bytes) -> bytes:
    """Return the binary form of a value in text; raise ValueError where type or value are not understood."""
    if type_oid in ARRAYS:
        element = ARRAYS[type_oid]
        return arrays.write_array(text, element, _CODECS[element][1])
    return _codec(type_oid)[1](text)


def _codec(type_oid: int) -> tuple[Codec, Codec]:
    found = _CODECS.get(type_oid)
    if found is None:
        raise ValueError("a type whose values are not understood")
    return found
