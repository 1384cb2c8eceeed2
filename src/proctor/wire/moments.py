"""Station 8, types: dates, times and intervals between PostgreSQL's binary and text forms.

The text is that of DateStyle ISO and IntervalStyle postgres; a timestamptz is written in UTC. Knows no clock and no
time zones by name. The server's calendar runs from 4714 BC to 294276 AD, further than Python's.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from struct import pack, unpack

_DAY = 86_400_000_000
_INFINITY = {b"infinity": 1, b"-infinity": -1}
_DATE = re.compile(rb"([0-9]{4,7})-([0-9]{2})-([0-9]{2})( BC)?")
_TIME = re.compile(rb"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6}))?")
_ZONE = re.compile(rb"([+-])([0-9]{2})(?::([0-9]{2}))?(?::([0-9]{2}))?")
_STAMP = re.compile(rb"([0-9]{4,7}-[0-9]{2}-[0-9]{2}) ([0-9:.]+)([+-][0-9:]+)?( BC)?")
_INTERVAL = re.compile(
    rb"(?:([+-]?[0-9]{1,9}) years? ?)?(?:([+-]?[0-9]{1,9}) mons? ?)?(?:([+-]?[0-9]{1,9}) days? ?)?"
    rb"(?:([+-]?)([0-9]{2,10}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6}))?)?"
)
_MIN32, _MAX32 = -(2**31), 2**31 - 1
_MIN64, _MAX64 = -(2**63), 2**63 - 1


def _civil(days: int) -> tuple[int, int, int]:
    """Return year, month and day of a number of days since 2000-01-01; the year before 1 is 0."""
    shifted = days + 730_425  # since 0000-03-01: with the leap day last, every four centuries look alike
    era, day = divmod(shifted, 146_097)
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    left = day - (365 * year + year // 4 - year // 100)
    month = (5 * left + 2) // 153
    march = year + 400 * era
    return (march + (month >= 10), month + 3 if month < 10 else month - 9, left - (153 * month + 2) // 5 + 1)


def _days(year: int, month: int, day: int) -> int:
    """Return the days from 2000-01-01 to that date."""
    march = year - (month <= 2)
    era, left = divmod(march, 400)
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146_097 + left * 365 + left // 4 - left // 100 + of_year - 730_425


def _date_text(days: int) -> tuple[str, str]:
    year, month, day = _civil(days)
    return f"{year if year > 0 else 1 - year:04d}-{month:02d}-{day:02d}", "" if year > 0 else " BC"


def _parse_date(text: bytes) -> int:
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError("not a date")
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    if year == 0:
        raise ValueError("there is no year 0")
    year = 1 - year if found[4] else year
    days = _days(year, month, day) if 1 <= month <= 12 else 0
    if _civil(days) != (year, month, day):
        raise ValueError("not a date of the calendar")
    return days


def _clock_text(micros: int) -> str:
    seconds, fraction = divmod(micros, 1_000_000)
    point = f".{fraction:06d}".rstrip("0") if fraction else ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}"


def _parse_clock(text: bytes) -> int:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError("not a time of day")
    hour, minute, second = int(found[1]), int(found[2]), int(found[3])
    micros = (hour * 3600 + minute * 60 + second) * 1_000_000 + int((found[4] or b"").ljust(6, b"0"))
    if minute > 59 or second > 60 or micros > _DAY:
        raise ValueError("not a time of day")
    return micros


def _zone_text(east: int) -> str:
    hours, rest = divmod(abs(east), 3600)
    minutes, seconds = divmod(rest, 60)
    text = f"{'-' if east < 0 else '+'}{hours:02d}"
    if minutes or seconds:
        text += f":{minutes:02d}"
    return text + (f":{seconds:02d}" if seconds else "")


def _parse_zone(text: bytes) -> int:
    found = _ZONE.fullmatch(text)
    if found is None or int(found[2]) > 15 or int(found[3] or 0) > 59 or int(found[4] or 0) > 59:
        raise ValueError("not a distance from UTC")
    east = int(found[2]) * 3600 + int(found[3] or 0) * 60 + int(found[4] or 0)
    return -east if found[1] == b"-" else east


def _unpacked(shape: str, data: bytes) -> tuple[int, ...]:
    try:
        return unpack(shape, data)
    except struct.error:
        raise ValueError("not a value of this type") from None


def _packed(shape: str, *numbers: int) -> bytes:
    try:
        return pack(shape, *numbers)
    except struct.error:
        raise ValueError("a value out of range") from None


def read_date(data: bytes) -> bytes:
    """Return a date in the ISO style."""
    (days,) = _unpacked("!i", data)
    if days in (_MIN32, _MAX32):
        return b"-infinity" if days < 0 else b"infinity"
    return "".join(_date_text(days)).encode()


def write_date(text: bytes) -> bytes:
    """Return the binary form of a date in the ISO style."""
    if text in _INFINITY:
        return pack("!i", _MAX32 if _INFINITY[text] > 0 else _MIN32)
    return _packed("!i", _parse_date(text))


def read_time(data: bytes) -> bytes:
    """Return a time of day."""
    (micros,) = _unpacked("!q", data)
    if not 0 <= micros <= _DAY:
        raise ValueError("not a time of day")
    return _clock_text(micros).encode()


def write_time(text: bytes) -> bytes:
    """Return the binary form of a time of day."""
    return pack("!q", _parse_clock(text))


def read_timetz(data: bytes) -> bytes:
    """Return a time of day with its distance from UTC."""
    micros, west = _unpacked("!qi", data)
    if not 0 <= micros <= _DAY or abs(west) >= 16 * 3600:
        raise ValueError("not a time of day")
    return (_clock_text(micros) + _zone_text(-west)).encode()


def write_timetz(text: bytes) -> bytes:
    """Return the binary form of a time of day with its distance from UTC."""
    cut = max(text.rfind(b"+"), text.rfind(b"-"))
    if cut < 0:
        raise ValueError("not a time of day with a zone")
    return pack("!qi", _parse_clock(text[:cut]), -_parse_zone(text[cut:]))


def stamp(*, zoned: bool) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
    """Return reader and writer of timestamps, with a time zone or without."""
    suffix = "+00" if zoned else ""

    def read(data: bytes) -> bytes:
        (micros,) = _unpacked("!q", data)
        if micros in (_MIN64, _MAX64):
            return b"-infinity" if micros < 0 else b"infinity"
        days, clock = divmod(micros, _DAY)
        date, era = _date_text(days)
        return f"{date} {_clock_text(clock)}{suffix}{era}".encode()

    def write(text: bytes) -> bytes:
        if text in _INFINITY:
            return pack("!q", _MAX64 if _INFINITY[text] > 0 else _MIN64)
        found = _STAMP.fullmatch(text)
        if found is None or (found[3] is not None) is not zoned:
            raise ValueError("not a timestamp")
        east = _parse_zone(found[3]) if found[3] else 0
        days = _parse_date(found[1] + (found[4] or b""))
        return _packed("!q", days * _DAY + _parse_clock(found[2]) - east * 1_000_000)

    return read, write


def read_interval(data: bytes) -> bytes:
    """Return an interval in the style `postgres`."""
    micros, days, months = _unpacked("!qii", data)
    if (micros, days, months) in ((_MAX64, _MAX32, _MAX32), (_MIN64, _MIN32, _MIN32)):
        return b"infinity" if micros > 0 else b"-infinity"
    years = abs(months) // 12 * (1 if months >= 0 else -1)
    words: list[str] = []
    before = False  # a part behind a negative one shows its plus
    for number, unit in ((years, "year"), (months - 12 * years, "mon"), (days, "day")):
        if number:
            plus = "+" if before and number > 0 else ""
            words.append(f"{plus}{number} {unit}{'' if number == 1 else 's'}")
            before = number < 0
    if micros or not words:
        words.append(("-" if micros < 0 else "+" if before else "") + _clock_text(abs(micros)))
    return " ".join(words).encode()


def write_interval(text: bytes) -> bytes:
    """Return the binary form of an interval in the style `postgres`."""
    if text in _INFINITY:
        return pack("!qii", *((_MAX64, _MAX32, _MAX32) if _INFINITY[text] > 0 else (_MIN64, _MIN32, _MIN32)))
    found = _INTERVAL.fullmatch(text)
    if found is None or not text or text.endswith(b" "):
        raise ValueError("not an interval")
    years, months, days = (int(found[at] or 0) for at in (1, 2, 3))
    seconds = int(found[5] or 0) * 3600 + int(found[6] or 0) * 60 + int(found[7] or 0)
    micros = seconds * 1_000_000 + int((found[8] or b"").ljust(6, b"0"))
    return _packed("!qii", -micros if found[4] == b"-" else micros, days, years * 12 + months)
