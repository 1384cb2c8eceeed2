"""Policy, display masks: values that look like what they hide, chosen by the key, and not to be undone.

Equal values look equal; different ones may look equal, too. Phones are of ranges kept for fiction, addresses of
networks kept for documents, dates stay within 400 days, money within a tenth.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from ipaddress import IPv6Address

from proctor.policy.mask_lists import CITIES, FAMILY, GIVEN, STREETS, Script, script_of
from proctor.policy.masks_keyed import Keyed
from proctor.policy.masks_numbers import permute_shape
from proctor.terms import DataClass


def _cased(like: str, word: bytes) -> bytes:
    if like.isupper():
        return word.upper()
    return word.lower() if like.islower() else word


def _halves(keyed: Keyed, value: bytes) -> tuple[int, int]:
    """Return two numbers of 64 bits that depend on the value."""
    high, low = divmod(keyed.number(value), 1 << 64)
    return low, high


def _pick(words: tuple[bytes, ...], number: int, room: int | None) -> bytes:
    """Return a word by number; the next one that fits if there is little room."""
    at = number % len(words)
    if room is None or len(words[at]) <= room:
        return words[at]
    for step in range(1, len(words)):
        word = words[(at + step) % len(words)]
        if len(word) <= room:
            return word
    return words[at][: max(room, 0)]


def mask_name(keyed: Keyed, data_class: DataClass, value: bytes, room: int | None) -> bytes:
    """Return another name: given for given, family for family, both where there were two words or more."""
    text = value.decode("utf-8", "replace")
    words = text.replace(",", " ").split()
    if not words:
        return value
    low, high = _halves(keyed, value)
    script = script_of(text)
    if script is not None:
        return _name_in(script, data_class, text, low, high, room).encode()
    if data_class == "family_name":
        return _cased(text, _pick(FAMILY, high, room))
    given = _pick(GIVEN, low, room)
    if data_class == "given_name" or len(words) == 1:
        return _cased(text, given)
    comma = "," in text
    if room is not None and room < 4:
        return _cased(text, given)
    given = _pick(GIVEN, low, None if room is None else (room - 1 - comma) // 2)
    family = _pick(FAMILY, high, None if room is None else room - 1 - comma - len(given))
    return _cased(text, family + b", " + given if comma else given + b" " + family)


def _name_in(script: Script, data_class: DataClass, text: str, low: int, high: int, room: int | None) -> str:
    """Return a name in a script of its own, in capitals where the other is."""
    given, family = script.given[low % len(script.given)], script.family[high % len(script.family)]
    parts = text.replace(",", " ").split()
    if data_class == "family_name":
        name = family
    elif data_class == "given_name" or (len(parts) == 1 and not (script.joined and len(parts[0]) > 1)):
        name = given
    elif script.joined:
        name = family + " " * (len(parts) > 1) + given
    else:
        name = f"{family}, {given}" if "," in text else f"{given} {family}"
    return (name.upper() if text.isupper() else name)[:room].rstrip(" ,")


# Ranges that regulators keep for fiction: country code, then patterns by length of what follows; # is any digit.
FICTION: dict[bytes, tuple[bytes, ...]] = {
    b"1": (b"@##55501##",),
    b"44": (b"7700900###", b"1632960###", b"207946####"),
    b"33": (b"19900####", b"63998####"),
    b"49": (b"17139200##", b"1713920####", b"3023125###", b"3023125####"),
    b"61": (b"25550####", b"491570###"),
    b"353": (b"2091#####",),
    b"46": (b"8465004##",),
}
CODES = frozenset(
    b"1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82"
    b" 84 86 90 91 92 93 94 95 98".split()
)
_NOT_DIGITS = bytes(c for c in range(256) if not 48 <= c <= 57)
_DIALLED = b"0123456789 +-().,/#*xXet:\t"
_EXTENSION = re.compile(rb"[xXe#,]")


def mask_phone(keyed: Keyed, value: bytes, *, numeric: bool) -> bytes | None:
    """Return a number of the same length, spacing and country, that rings nowhere where there is such a range.

    None when the value is no telephone number: letters would be shown as they are.
    """
    digits = value.translate(None, _NOT_DIGITS)
    if not digits or len(digits) > 32 or len(value) > 64 or value.translate(None, _DIALLED):
        return None if value.strip() else value
    head = _head(value.lstrip(), digits, numeric=numeric)
    main = len(_EXTENSION.split(value, maxsplit=1)[0].translate(None, _NOT_DIGITS))
    national = digits[len(head) :]
    low, high = _halves(keyed, value)
    filled = bytearray((b"%020d" % low)[:0:-1] + (b"%020d" % high)[:0:-1])[: len(national)]
    pattern = _pattern(head.removeprefix(b"00"), main - len(head), trunk=national[:1] == b"0")
    for at, c in enumerate(pattern):
        if c == 64:  # an area code begins with 2 to 9
            filled[at] = 50 + (filled[at] - 48) % 8
        elif c != 35:
            filled[at] = c
    if not pattern and filled:
        # No country's own numbers begin with 0 behind its code, but Italy's; hers do not begin with 9.
        dead = 57 if head.endswith(b"39") else 48
        filled[0] = dead if head else national[0] if national[:1] == b"0" else 49 + (filled[0] - 48) % 9
    if numeric and len(digits) == 10 and int(digits) < 2**31 <= int(head + bytes(filled)):
        filled[0] = 49  # it may be a four-byte integer
    letters = iter(head + bytes(filled))
    return bytes(next(letters) if 48 <= c <= 57 else c for c in value)


def _head(begins: bytes, digits: bytes, *, numeric: bool) -> bytes:
    """Return the digits that say which country it is, as they are dialled."""
    if begins.startswith(b"+"):
        return _country(digits)
    if digits.startswith(b"00") and len(digits) > 9 and not numeric:
        return b"00" + _country(digits[2:])
    return b"1" if len(digits) == 11 and digits[:1] == b"1" else b""


def _country(digits: bytes) -> bytes:
    for length in (1, 2, 3):
        if digits[:length] in CODES:
            return digits[:length]
    return digits[:3]


def _pattern(country: bytes, length: int, *, trunk: bool) -> bytes:
    """Return the range for fiction in that country for numbers of that length, if there is one."""
    if not country:
        return FICTION[b"1"][0] if length == 10 and not trunk else b""
    return next((p for p in FICTION.get(country, ()) if len(p) == length), b"")


_ISO = re.compile(rb"([0-9]{4})([-/.]?)([0-9]{2})\2([0-9]{2})(?![0-9])(.*)", re.DOTALL)
_DAY_FIRST = re.compile(rb"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})(?![0-9])(.*)", re.DOTALL)
_CLOCK = re.compile(rb"([ T]?)([0-9]{2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,9})?)?( ?(?:Z|[+-][0-9:]{2,8})?)")
SHIFT = 400


def _shifted(keyed: Keyed, day: date) -> date:
    low, high = _halves(keyed, day.toordinal().to_bytes(8, "little"))
    days = 1 + low % SHIFT
    signed = days if high & 1 else -days
    at = day.toordinal() + signed
    return date.fromordinal(at if 1 <= at <= date.max.toordinal() else day.toordinal() - signed)


def mask_date(keyed: Keyed, value: bytes, family: str) -> bytes | None:
    """Return a date at most 400 days away in the form of the value, or None when it is none that can be read."""
    if family in {"integer", "decimal", "float"}:
        return _date_number(keyed, value)
    found = _ISO.fullmatch(value)
    if found is not None and (found[2] or len(value) == 8):
        year, sep, month, day, rest = found.groups()
        clock = _clock(keyed, rest, value)
        moved = _shifted(keyed, date(int(year), int(month), int(day)))
        return None if clock is None else b"%04d%b%02d%b%02d%b" % (moved.year, sep, moved.month, sep, moved.day, clock)
    found = _DAY_FIRST.fullmatch(value)
    if found is None:
        return None
    one, sep, two, year, rest = found.groups()
    first, second, wide = int(one), int(two), len(one) == 2
    clock = _clock(keyed, rest, value)
    if clock is None:
        return None
    month_first = second > 12
    moved = _shifted(keyed, date(int(year), first, second) if month_first else date(int(year), second, first))
    day_number = moved.day
    if first <= 12 and second <= 12:
        # 03/04 may be either, so its mask must be a date both ways.
        day_number = 1 + moved.day % 12
    a, b = (moved.month, day_number) if month_first else (day_number, moved.month)
    form = b"%02d%b%02d%b%04d%b" if wide else b"%d%b%d%b%04d%b"
    return form % (a, sep, b, sep, moved.year, clock)


def mask_shifted(keyed: Keyed, subject: bytes, value: bytes) -> bytes | None:
    """Return the date, or the moment, as many days away as the subject's key says; None when it is none to be read.

    Moments are moved within their day as well, but for midnight without a zone, which mostly means no time at all.
    """
    number = keyed.number(subject)
    days = (1 + number % SHIFT) * (1 if number >> 64 & 1 else -1)
    if len(value) == 4 and value.isdigit():  # a year, taken for the middle of it
        return b"%04d" % (date(int(value), 7, 1) + timedelta(days)).year
    found = _ISO.fullmatch(value)
    if found is None or not (found[2] or len(value) == 8):
        return None
    year, sep, month, day, rest = found.groups()
    at = datetime(int(year), int(month), int(day)) + timedelta(days)  # noqa: DTZ001 - the zone stays as it is written
    clock = _CLOCK.fullmatch(rest)
    if rest and clock is None:
        return None
    tail = rest
    if clock is not None and (clock[6] or rest.translate(None, b" T0:.")):
        gap, hour, minute, second, fraction, zone = clock.groups()
        if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
            return None
        micros = int(fraction[1:7].ljust(6, b"0")) + (number >> 90) % 1_000_000 if fraction else 0
        at += timedelta(
            hours=int(hour),
            minutes=int(minute),
            seconds=int(second or 0) + (number >> 65) % 86_400,
            microseconds=micros,
        )
        tail = gap + b"%02d:%02d" % (at.hour, at.minute) + (b":%02d" % at.second if second else b"")
        tail += (b".%06d" % at.microsecond).rstrip(b"0").rstrip(b".") if fraction else b""
        tail += zone
    return b"%04d%b%02d%b%02d%b" % (at.year, sep, at.month, sep, at.day, tail)


def _clock(keyed: Keyed, rest: bytes, value: bytes) -> bytes | None:
    """Return another time of day in the same form; midnight, which mostly means no time at all, stays."""
    if not rest:
        return rest
    found = _CLOCK.fullmatch(rest)
    if found is None:
        return None
    gap, hour, minute, second, fraction, zone = found.groups()
    if int(hour) == int(minute) == int(second or 0) == int((fraction or b".0")[1:]) == 0:
        return rest
    number = keyed.number(b"clock" + value)
    out = gap + b"%02d:%02d" % (number % 24, (number >> 8) % 60)
    if second is not None:
        out += b":%02d" % ((number >> 16) % 60)
    if fraction is not None:
        width = min(len(fraction) - 1, 6)
        out += b".%0*d" % (width, (number >> 32) % 10**width)
    return out + zone


def _date_number(keyed: Keyed, value: bytes) -> bytes | None:
    if len(value) == 8 and value.isdigit():
        moved = _shifted(keyed, date(int(value[:4]), int(value[4:6]), int(value[6:])))
        return b"%04d%02d%02d" % (moved.year, moved.month, moved.day)
    if len(value) == 4 and value.isdigit() and value >= b"1000":
        number = keyed.number(value)
        return b"%04d" % min(max(int(value) + (1 + number % 3) * (1 if number >> 64 & 1 else -1), 1000), 9999)
    return mask_noise(keyed, value, "integer")


_AMOUNT = re.compile(rb"([^0-9.\-]{0,8}-?[^0-9.\-]{0,8})([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?([^0-9.]{0,8})")
_CURRENCY = re.compile(r"[A-Z]{3}|kr\.?|R\$|US\$|zł|Kč|Rs\.?")
_LIMITS = (2**15 - 1, 2**31 - 1, 2**63 - 1)


def mask_noise(keyed: Keyed, value: bytes, family: str) -> bytes | None:
    """Return an amount within a tenth, of the same scale, that the same integer type holds; None when it is none."""
    if len(value) > 100:
        return None
    if family == "float" and b"e" in value:  # 1e+06 is how a float8 writes a million
        return _noisy_float(keyed, value)
    found = _AMOUNT.fullmatch(value)
    if found is None:
        return None
    before, whole, fraction, after = found.groups()
    beside = (before + after).decode("utf-8", "replace").strip(" -\u00a0")
    if any(c.isalnum() for c in beside) and _CURRENCY.fullmatch(beside) is None:
        return None  # what stands beside the amount is shown, so it may only be a currency
    scale = len(fraction) - 1 if fraction else 0
    units = int(whole.replace(b",", b"") + (fraction[1:] if fraction else b""))
    step = max(units // 10, 1)
    low, high = _halves(keyed, value)
    noise = 1 + low % step
    noisy = units - noise if high & 1 and units > noise else units + noise
    if units == 0:
        noisy = 0
    if family == "integer":
        limit = next(limit for limit in _LIMITS if units <= limit)
        noisy = noisy if noisy <= limit else units - noise
    digits = str(noisy).zfill(scale + 1)
    head, tail = (digits[:-scale], digits[-scale:]) if scale else (digits, "")
    if b"," in whole:
        head = f"{int(head):,}"
    return before + head.encode() + (b"." + tail.encode() if scale else b"") + after


def _noisy_float(keyed: Keyed, value: bytes) -> bytes:
    tenth = (keyed.number(value) % 2001 - 1000) / 10_000
    return repr(float(value) * (1 + (tenth or 0.05))).encode()


_COORDINATE = re.compile(rb"[+-]?[0-9]{1,3}(?:\.[0-9]{1,30})?")
_PLACE = re.compile(rb" ?[(\[]? ?(?:%b)(?: ?[,; ] ?(?:%b))? ?[)\]]? ?" % (_COORDINATE.pattern, _COORDINATE.pattern))


def mask_geo(value: bytes) -> bytes | None:
    """Return a place to a tenth of a degree (11 km), or None when the value is no coordinate or pair of them."""
    if len(value) > 100 or _PLACE.fullmatch(value) is None:
        return None
    if any(abs(float(number)) > 180 for number in _COORDINATE.findall(value)):
        return None
    return _COORDINATE.sub(_coarse, value)


def _coarse(found: re.Match[bytes]) -> bytes:
    whole, dot, fraction = found[0].partition(b".")
    return whole + dot + fraction[:1] + b"0" * (len(fraction) - 1) if dot else whole


def mask_ip(keyed: Keyed, value: bytes) -> bytes | None:
    """Return an address of a network kept for benchmarks or documents (RFC 2544, RFC 3849)."""
    address, slash, length = value.strip().partition(b"/")
    number = keyed.number(address)
    if address.count(b".") == 3 and b":" not in address and address.replace(b".", b"").isdigit():
        bits, size = (198 << 24 | 18 << 16 | number & 0x1FFFF), 32
    elif b":" in address and not address.translate(None, b"0123456789abcdefABCDEF:."):
        bits, size = (0x20010DB8 << 96 | number & (1 << 96) - 1), 128
    else:
        return None
    if slash:
        width = int(length)
        if not 0 <= width <= size:
            return None
        bits &= ~((1 << (size - width)) - 1)  # a cidr column has no host bits
    if size == 32:
        return b"%d.%d.%d.%d" % tuple(bits.to_bytes(4, "big")) + slash + length
    return str(IPv6Address(bits)).encode() + slash + length


def mask_mac(keyed: Keyed, value: bytes) -> bytes | None:
    """Return a locally administered address in the same spelling."""
    hexadecimal = value.translate(None, b":-. ")
    if len(hexadecimal) not in {12, 16} or hexadecimal.translate(None, b"0123456789abcdefABCDEF"):
        return None
    new = b"02" + (b"%032x" % keyed.number(hexadecimal.lower()))[: len(hexadecimal) - 2]
    letters = iter(new.upper() if hexadecimal.upper() == hexadecimal != hexadecimal.lower() else new)
    return bytes(c if c in b":-. " else next(letters) for c in value)


def mask_address(
    keyed: Keyed,
    data_class: DataClass,
    value: bytes,
    room: int | None,
    *,
    town: bytes | None = None,
    code: bytes | None = None,
) -> bytes:
    """Return a street with a number; with a town and a code after it where the value had a comma or several lines.

    The town and the code are some, unless they are known.
    """
    text = value.decode("utf-8", "replace")
    if not text.strip():
        return value
    low, high = _halves(keyed, value)
    street = b"%d " % (1 + low % 980) + _pick(STREETS, low // 980, None if room is None else room - 4)
    separator = b", " if "," in text else b"\n" if "\n" in text.strip() else b""
    if separator and data_class != "street":
        town = _pick(CITIES, high // 100_000, None) if town is None else town
        whole = street + separator + town + b" " + (b"%05d" % (high % 100_000) if code is None else code)
        street = whole if room is None or len(whole) <= room else street
    return _cased(text, street)[: None if room is None else max(room, 0)]


def mask_city(keyed: Keyed, value: bytes, room: int | None) -> bytes:
    """Return a town that is nowhere."""
    text = value.decode("utf-8", "replace")
    return _cased(text, _pick(CITIES, _halves(keyed, value)[0], room)) if text.strip() else value


def mask_postal(keyed: Keyed, value: bytes, *, numeric: bool) -> bytes | None:
    """Return a code of the same shape."""
    bare = value.translate(None, b" -")
    if not bare or len(bare) > 12:
        return None if bare else value
    masked = permute_shape(keyed, bare)
    if masked is None:
        return None
    if numeric and masked[:1] == b"0":
        masked = b"%d" % (1 + keyed.number(value) % 9) + masked[1:]
    letters = iter(masked)
    return bytes(c if c in b" -" else next(letters) for c in value)
