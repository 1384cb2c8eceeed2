"""Station 8, types: numbers and truth values between PostgreSQL's binary and text forms.

In come the bytes of one value, out go the same value's bytes in the other form, as the server itself would write it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from decimal import Decimal
from math import inf, isfinite, isinf, isnan, nextafter
from struct import Struct, unpack_from

_INTEGER = re.compile(rb"[+-]?[0-9]{1,20}")
_DECIMAL = re.compile(rb"([+-]?)([0-9]*)(?:\.([0-9]*))?")
_FLOAT = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")
_SPECIAL = {b"NaN": float("nan"), b"Infinity": float("inf"), b"-Infinity": float("-inf")}

_POSITIVE, _NEGATIVE = 0x0000, 0x4000
_NUMERIC_SPECIAL = {0xC000: b"NaN", 0xD000: b"Infinity", 0xF000: b"-Infinity"}
_NUMERIC_SIGN = {text: sign for sign, text in _NUMERIC_SPECIAL.items()}
MAX_DIGITS = 131_072 + 16_383  # before and behind the point: what a numeric of the server can hold


def read_bool(data: bytes) -> bytes:
    """Return `t` or `f`."""
    if len(data) != 1:
        raise ValueError("not a boolean")
    return b"f" if data == b"\0" else b"t"


def write_bool(text: bytes) -> bytes:
    """Return the binary form of a truth value."""
    if text not in (b"t", b"f", b"true", b"false"):
        raise ValueError("not a boolean")
    return b"\1" if text.startswith(b"t") else b"\0"


def integer(code: str) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
    """Return reader and writer of the integers that `struct` packs by this code."""
    shape = Struct("!" + code)

    def read(data: bytes) -> bytes:
        if len(data) != shape.size:
            raise ValueError("not an integer of this size")
        number: int = shape.unpack(data)[0]
        return b"%d" % number

    def write(text: bytes) -> bytes:
        if not _INTEGER.fullmatch(text):
            raise ValueError("not an integer")
        try:
            return shape.pack(int(text))
        except struct.error:
            raise ValueError("an integer out of range") from None

    return read, write


def read_float4(data: bytes) -> bytes:
    """Return the fewest digits that name this single-precision number."""
    if len(data) != 4:
        raise ValueError("not a float4")
    (number,) = unpack_from("!f", data)
    if not isfinite(number):
        return _float_text("0e0", number, most=6)
    bits = int.from_bytes(data, "big")
    neighbours = [unpack_from("!f", (bits + step).to_bytes(4, "big"))[0] for step in (-1, 1) if bits & 0x7FFFFFFF]
    between = [(number + other) / 2 for other in neighbours]
    for digits in range(9):
        text = f"{number:.{digits}e}"
        # Right in the middle of two numbers means neither, to the server: it spends another digit.
        if float(text) not in between and _packs_to(text, data):
            return _float_text(text, number, most=6)
    raise ValueError("not a float4")


def _packs_to(text: str, data: bytes) -> bool:
    try:
        return Struct("!f").pack(float(text)) == data
    except OverflowError:  # rounded up beyond the largest
        return False


def read_float8(data: bytes) -> bytes:
    """Return the fewest digits that name this double-precision number."""
    if len(data) != 8:
        raise ValueError("not a float8")
    (number,) = unpack_from("!d", data)
    if not isfinite(number):
        return _float_text("0e0", number, most=15)
    text = f"{Decimal(repr(number)):e}"
    if abs(number) >= 2.0**53:  # only there can a decimal lie right in the middle of two numbers
        middles = _middles(number)
        longer = (f"{number:.{digits}e}" for digits in range(13, 17))
        if int(Decimal(text)) in middles:
            text = next(word for word in longer if float(word) == number and int(Decimal(word)) not in middles)
    return _float_text(text, number, most=15)


def _middles(number: float) -> tuple[int, ...]:
    others = (nextafter(number, inf), nextafter(number, -inf))
    return tuple((int(number) + int(other)) // 2 for other in others if isfinite(other))


def _float_text(text: str, number: float, *, most: int) -> bytes:
    """Return the number as the server spells it, from its digits in scientific form (`1.25e3`)."""
    if isnan(number):
        return b"NaN"
    sign = "-" if str(number).startswith("-") else ""
    if isinf(number):
        return f"{sign}Infinity".encode()
    mantissa, _, exponent = text.lstrip("-").partition("e")
    digits, power = mantissa.replace(".", "").rstrip("0"), int(exponent)
    if not digits:
        return f"{sign}0".encode()
    if power < -4 or power >= most:
        point = "." if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{point}{digits[1:]}e{'-' if power < 0 else '+'}{abs(power):02d}".encode()
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}".encode()
    whole, fraction = digits[: power + 1].ljust(power + 1, "0"), digits[power + 1 :]
    return f"{sign}{whole}{'.' if fraction else ''}{fraction}".encode()


def write_float4(text: bytes) -> bytes:
    """Return the binary form of a single-precision number."""
    try:
        return Struct("!f").pack(_float(text))
    except OverflowError:
        raise ValueError("a float4 out of range") from None


def write_float8(text: bytes) -> bytes:
    """Return the binary form of a double-precision number."""
    return Struct("!d").pack(_float(text))


def _float(text: bytes) -> float:
    if text in _SPECIAL:
        return _SPECIAL[text]
    if not _FLOAT.fullmatch(text):
        raise ValueError("not a floating-point number")
    number = float(text)
    if not isfinite(number):
        raise ValueError("a floating-point number out of range")
    return number


def read_numeric(data: bytes) -> bytes:
    """Return all digits of a numeric, as many behind the point as its display scale says."""
    if len(data) < 8:
        raise ValueError("not a numeric")
    count, weight, sign, scale = unpack_from("!HhHH", data)
    if len(data) != 8 + 2 * count or scale > 16_383:
        raise ValueError("not a numeric")
    if sign in _NUMERIC_SPECIAL:
        return _NUMERIC_SPECIAL[sign]
    groups = unpack_from(f"!{count}H", data, 8)
    if sign not in (_POSITIVE, _NEGATIVE) or any(group > 9999 for group in groups):
        raise ValueError("not a numeric")
    whole_groups = weight + 1
    digits = "".join(f"{group:04d}" for group in groups)
    if whole_groups >= 0:
        whole = digits[: 4 * whole_groups].ljust(4 * whole_groups, "0")
        fraction = digits[4 * whole_groups :]
    else:
        whole, fraction = "", "0" * (-4 * whole_groups) + digits
    text = whole.lstrip("0") or "0"
    if scale:
        text += "." + fraction[:scale].ljust(scale, "0")
    return (("-" if sign == _NEGATIVE else "") + text).encode()


def write_numeric(text: bytes) -> bytes:
    """Return the binary form of a numeric; its display scale is the number of digits behind the point."""
    if text in _NUMERIC_SIGN:
        return Struct("!HhHH").pack(0, 0, _NUMERIC_SIGN[text], 0 if text == b"NaN" else 32)  # as the server does
    found = _DECIMAL.fullmatch(text)
    if found is None or len(text) > MAX_DIGITS:
        raise ValueError("not a numeric")
    whole, fraction = (found[2] or b"").lstrip(b"0"), found[3] or b""
    if not found[2] and not fraction:
        raise ValueError("not a numeric")
    scale = len(fraction)
    if scale > 16_383:
        raise ValueError("a numeric with too many digits behind the point")
    whole = whole.rjust(-(-len(whole) // 4) * 4, b"0")
    digits = whole + fraction.ljust(-(-scale // 4) * 4, b"0")
    groups = [int(digits[at : at + 4]) for at in range(0, len(digits), 4)]
    weight = len(whole) // 4 - 1
    while groups and groups[0] == 0:
        groups.pop(0)
        weight -= 1
    while groups and groups[-1] == 0:
        groups.pop()
    sign = _NEGATIVE if found[1] == b"-" and groups else _POSITIVE
    if not groups:
        weight = 0
    return Struct(f"!HhHH{len(groups)}H").pack(len(groups), weight, sign, scale, *groups)
