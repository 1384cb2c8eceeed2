"""Station 8: the constant that stands for any value of a type, in the form the client asked for.

In come a type's OID, the format and the type modifier, out goes the constant's bytes. Looks at no value, ever: two
databases that differ in their secrets give the same constants.
"""

from __future__ import annotations

from struct import pack

_WORD = b"redacted"
_PADDED = 1000  # a char(n) is padded to n, as the server does, up to here: nobody needs a megabyte of spaces

_CONSTANTS: dict[int, tuple[bytes, bytes]] = {
    16: (b"f", b"\0"),
    17: (b"\\x", b""),
    18: (b"r", b"r"),
    19: (_WORD, _WORD),
    20: (b"0", bytes(8)),
    21: (b"0", bytes(2)),
    23: (b"0", bytes(4)),
    25: (_WORD, _WORD),
    26: (b"0", bytes(4)),
    28: (b"0", bytes(4)),
    29: (b"0", bytes(4)),
    114: (b"{}", b"{}"),
    142: (_WORD, _WORD),
    600: (b"(0,0)", bytes(16)),
    601: (b"[(0,0),(0,0)]", bytes(32)),
    603: (b"(0,0),(0,0)", bytes(32)),
    650: (b"0.0.0.0/32", b"\2\x20\1\4\0\0\0\0"),
    700: (b"0", bytes(4)),
    701: (b"0", bytes(8)),
    705: (_WORD, _WORD),
    718: (b"<(0,0),0>", bytes(24)),
    774: (b"00:00:00:00:00:00:00:00", bytes(8)),
    790: (b"$0.00", bytes(8)),
    829: (b"00:00:00:00:00:00", bytes(6)),
    869: (b"0.0.0.0", b"\2\x20\0\4\0\0\0\0"),
    1082: (b"2000-01-01", bytes(4)),
    1083: (b"00:00:00", bytes(8)),
    1114: (b"2000-01-01 00:00:00", bytes(8)),
    1184: (b"2000-01-01 00:00:00+00", bytes(8)),
    1186: (b"00:00:00", bytes(16)),
    1266: (b"00:00:00+00", bytes(12)),
    1562: (b"", bytes(4)),
    2950: (b"00000000-0000-0000-0000-000000000000", bytes(16)),
    3220: (b"0/0", bytes(8)),
    3614: (b"", bytes(4)),  # tsvector
    3802: (b"{}", b"\1{}"),
    5069: (b"0", bytes(8)),
}

_ARRAY_ELEMENTS: dict[int, int] = {
    1000: 16, 1001: 17, 1002: 18, 1003: 19, 1016: 20, 1005: 21, 1007: 23, 1009: 25, 1028: 26, 1011: 28, 1012: 29,
    199: 114, 143: 142, 1017: 600, 1018: 601, 1020: 603, 651: 650, 1021: 700, 1022: 701, 719: 718, 775: 774,
    791: 790, 1040: 829, 1041: 869, 1014: 1042, 1015: 1043, 1182: 1082, 1183: 1083, 1115: 1114, 1185: 1184,
    1187: 1186, 1270: 1266, 1561: 1560, 1563: 1562, 1231: 1700, 2951: 2950, 3221: 3220, 3643: 3614, 3807: 3802,
    271: 5069,
}  # fmt: skip

_RANGES = frozenset({3904, 3906, 3908, 3910, 3912, 3926})
_MULTIRANGES = frozenset({4451, 4532, 4533, 4534, 4535, 4536})


def redaction(type_oid: int, format: int, *, type_modifier: int = -1) -> bytes | None:
    """Return the constant that stands for any value of the type in this format; None, NULL, where none is known.

    It fits the column: a text is cut to the length that the type modifier allows. Never raises.
    """
    if format not in (0, 1):
        return None
    binary = format == 1
    if type_oid in _CONSTANTS:
        return _CONSTANTS[type_oid][format]
    if type_oid in (1042, 1043):
        return _word(type_modifier, padded=type_oid == 1042)
    if type_oid == 1700:
        return _zero(type_modifier, binary=binary)
    if type_oid == 1560:
        return _bits(type_modifier, binary=binary)
    if type_oid in _ARRAY_ELEMENTS:
        return pack("!iiI", 0, 0, _ARRAY_ELEMENTS[type_oid]) if binary else b"{}"
    if type_oid in _RANGES:
        return b"\1" if binary else b"empty"
    if type_oid in _MULTIRANGES:
        return bytes(4) if binary else b"{}"
    return None


def _word(type_modifier: int, *, padded: bool) -> bytes:
    length = type_modifier - 4  # the modifier counts a header that is long gone
    if length < 1:
        return _WORD
    return _WORD[:length].ljust(length if padded and length <= _PADDED else 0)


def _zero(type_modifier: int, *, binary: bool) -> bytes:
    scale = (type_modifier - 4) & 0x7FF if type_modifier >= 4 else 0
    scale = 0 if scale >= 0x400 else scale  # a negative scale rounds before the point
    if binary:
        return pack("!HhHH", 0, 0, 0, scale)
    return b"0." + b"0" * scale if scale else b"0"


def _bits(type_modifier: int, *, binary: bool) -> bytes | None:
    if not 1 <= type_modifier <= 8 * _PADDED:
        return None
    return pack("!i", type_modifier) + bytes((type_modifier + 7) // 8) if binary else b"0" * type_modifier
