"""Policy, plain masks: constants, and what is left when most of a value is taken away.

In comes a type family; out goes what hides the value within it. A family that is not known has no constant: NULL.
"""

from __future__ import annotations

import re

from proctor.policy.masks_keyed import Keyed

WORD = b"redacted"
_CONSTANTS: dict[str, bytes] = {
    "integer": b"0",
    "decimal": b"0",
    "float": b"0",
    "date": b"2000-01-01",
    "timestamp": b"2000-01-01 00:00:00",
    "time": b"00:00:00",
    "boolean": b"f",
    "uuid": b"00000000-0000-0000-0000-000000000000",
    "json": b"{}",
    "inet": b"0.0.0.0",
    "macaddr": b"00:00:00:00:00:00",
    "point": b"(0,0)",
    "binary": b"\\x",
}


def constant(family: str, room: int | None) -> bytes | None:
    """Return what stands for every value of the family, None for NULL."""
    if family == "text":
        return WORD if room is None or room >= len(WORD) else b"*" * max(room, 0)
    return _CONSTANTS.get(family)


_MAX_INT = 2**63 - 1
_INTEGER = re.compile(rb"-?[0-9]{1,19}")
_DECIMAL = re.compile(rb"-?[0-9]{1,1000}(?:\.[0-9]{1,1000})?")
_FLOAT = re.compile(rb"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?")
_SHAPES: dict[str, re.Pattern[bytes]] = {
    "integer": _INTEGER,
    "decimal": _DECIMAL,
    "float": _FLOAT,
    "date": re.compile(rb"[0-9]{4}-[01][0-9]-[0-3][0-9]"),
    "timestamp": re.compile(
        rb"[0-9]{4}-[01][0-9]-[0-3][0-9][ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(?:[+-][0-9:]{2,8}|Z)?"
    ),
    "boolean": re.compile(rb"[tf]"),
    "uuid": re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "inet": re.compile(rb"[0-9a-f.:]{2,39}(?:/[0-9]{1,3})?"),
    "macaddr": re.compile(rb"[0-9a-f]{2}(?::[0-9a-f]{2}){5,7}"),
    "point": re.compile(rb"\(-?[0-9.]{1,40},-?[0-9.]{1,40}\)"),
    "json": re.compile(rb"(?s).+"),
}


def fits(family: str, masked: bytes, room: int | None) -> bool:
    """Say whether a column of that family can hold the masked value. The last look before it leaves."""
    if family == "text":
        return room is None or len(masked) <= room or len(masked.decode("utf-8", "replace")) <= room
    shape = _SHAPES.get(family)
    if shape is None or shape.fullmatch(masked) is None:
        return False
    return family != "integer" or abs(int(masked)) <= _MAX_INT


_PARTIAL_MAIL = b"***@masked.example"
MIN_PARTIAL = 8  # letters and digits of which four are shown


def is_partial(masked: bytes) -> bool:
    """Tell whether a text looks like one of which all but its last four letters and digits were hidden."""
    if masked.endswith(_PARTIAL_MAIL):
        return True
    text = masked.decode("utf-8", "replace")
    written = [c for c in text if c.isalnum() or c == "*"]
    hidden = len(written) - 4
    return hidden >= MIN_PARTIAL - 4 and all(c == "*" for c in written[:hidden])


def partial(value: bytes) -> bytes:
    """Return a text with all but its last four letters and digits hidden; of less than eight nothing is left."""
    text = value.decode("utf-8", "replace")
    name, at, domain = text.rpartition("@")
    if at and "." in domain:
        return name[:1].encode() + _PARTIAL_MAIL
    shown = sum(c.isalnum() for c in text)
    left = 4 if shown >= MIN_PARTIAL else 0
    out: list[str] = []
    for c in text:
        if c.isalnum():
            out.append(c if shown <= left else "*")
            shown -= 1
        else:
            out.append(c)
    return "".join(out).encode()


def hashed(keyed: Keyed, value: bytes, family: str, room: int | None) -> bytes | None:
    """Return a keyed digest in the form of the family."""
    number = keyed.number(value)
    match family:
        case "text":
            return (b"%032x" % number)[: 32 if room is None else room]
        case "integer" | "decimal" | "float":
            return b"%d" % (200_000_000 + number % 800_000_000)
        case "uuid":
            return uuid_of(number)
        case _:
            return None


def uuid_of(number: int) -> bytes:
    """Return a UUID of version 8, which is for such uses, made of the number."""
    digits = b"%032x" % (number & ~(0xF << 76) & ~(0x3 << 62) | 0x8 << 76 | 0x2 << 62)
    return b"-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


_NUMBER = re.compile(rb"(-?)([0-9]+)(\.[0-9]+)?")


def generalised(value: bytes, family: str) -> bytes | None:
    """Return the year of a date, the first digit of a number, the first half of an address; None for anything else."""
    match family:
        case "date" | "timestamp" | "text" if re.match(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            tail = value[10:]
            zero = re.sub(rb"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?", b"00:00:00", tail, count=1)
            return value[:4] + b"-01-01" + (b"" if family == "date" else zero[:16])
        case "integer" | "decimal" | "float":
            found = _NUMBER.fullmatch(value)
            if found is None:
                return None
            sign, whole, _ = found.groups()
            return sign + whole[:1] + b"0" * (len(whole) - 1)
        case "inet" if value.count(b".") == 3:
            return b".".join(value.split(b".")[:2]) + b".0.0"
        case _:
            return None
