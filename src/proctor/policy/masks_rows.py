"""Policy, masks of rows: what one value becomes where other cells of its row are known.

In come a value and the plain cells that it belongs to; out goes a mask that fits theirs. A postal code begins as those
of its masked town do, an address ends in the town and code that its row shows, the dates of one subject keep their
distances. Without such cells each mask is the one of the value alone. Equal rows look equal. Knows no columns: whoever
calls has found out which cells belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from proctor.policy import masks_display as display
from proctor.policy import masks_plain as plain
from proctor.policy.mask_lists.regions import codes_of
from proctor.policy.masks import CACHED, CACHED_BYTES, MAX_VALUE, make_mask
from proctor.policy.masks_forms import keyed_for
from proctor.terms import DataClass

RowMask = Callable[[bytes, "tuple[bytes | None, ...]"], "bytes | None"]
Known = Mapping[str, bytes]
"""The other cells by what they are to the value; those that are NULL or not in the row are not in it."""

SUBJECT = "subject"
ROLES: dict[str, tuple[str, ...]] = {
    "postal": ("city", "region"),
    "address": ("city", "postal", "region"),
    "shift": (SUBJECT,),
}
"""Which other cells a mask has use for. Of a subject's key the role says, after a colon, whose it is."""

_CITY, _POSTAL = DataClass("city"), DataClass("postal_code")
_INTEGRAL = frozenset({"integer", "decimal"})


def make_row_mask(
    name: str,
    data_class: DataClass,
    roles: tuple[str, ...],
    *,
    key: bytes,
    type_family: str,
    max_length: int | None = None,
) -> RowMask:
    """Return the mask of that name for a value and the cells of its row that have these roles, in that order.

    It never raises; what fails, has no form or does not fit its type becomes the type's constant.
    """
    alone = make_mask(name, data_class, key=key, type_family=type_family, max_length=max_length)
    form = _form(name, data_class, roles, key, type_family, max_length)
    hidden = plain.constant(type_family, max_length)
    recent: dict[tuple[bytes, tuple[bytes | None, ...]], bytes | None] = {}

    def mask(value: bytes, others: tuple[bytes | None, ...]) -> bytes | None:
        known = {role: other for role, other in zip(roles, others, strict=True) if other and other.strip()}
        if not known or form is None:
            return alone(value)
        if len(value) + sum(map(len, known.values())) > MAX_VALUE:
            return hidden
        try:
            masked = form(value, known)
        except Exception:
            # As with a mask of one cell: whatever a stranger's value does to it, it does not come out.
            return hidden
        return masked if masked is not None and plain.fits(type_family, masked, max_length) else hidden

    def remembered(value: bytes, others: tuple[bytes | None, ...]) -> bytes | None:
        asked = (value, others)
        if asked in recent:
            return recent[asked]
        masked = mask(value, others)
        if len(value) + sum(len(other or b"") for other in others) <= 2 * CACHED_BYTES:
            if len(recent) >= CACHED:
                recent.clear()
            recent[asked] = masked
        return masked

    return remembered


def _form(
    name: str, data_class: DataClass, roles: tuple[str, ...], key: bytes, family: str, room: int | None
) -> Callable[[bytes, Known], bytes | None] | None:
    numeric = family in _INTEGRAL
    if name == "shift" and (numeric or family in {"text", "date", "timestamp"}):
        (subject,) = roles
        kept = keyed_for(key, name, DataClass(subject))
        return lambda value, known: display.mask_shifted(kept, known[subject], value)
    if name == "postal" and (numeric or family == "text"):
        places = _Places(key, data_class)
        return lambda value, known: places.code(value, places.town(known), known.get("region"), numeric=numeric)
    if name == "address" and family == "text":
        return _address(key, data_class, room)
    return None


# ---- one address


class _Places:
    """Made-up places: each town has codes that begin alike."""

    __slots__ = ("_code", "_place", "_town")

    def __init__(self, key: bytes, data_class: DataClass = _POSTAL) -> None:
        self._town = keyed_for(key, "city", _CITY)
        self._code = keyed_for(key, "postal", data_class)
        self._place = keyed_for(key, "place", _POSTAL)

    def town(self, known: Known) -> bytes | None:
        """Return the town that the city's own column shows."""
        return display.mask_city(self._town, known["city"], None) if "city" in known else None

    def code(self, value: bytes, town: bytes | None, region: bytes | None, *, numeric: bool = False) -> bytes | None:
        """Return a code of the same shape: its first half says where the town lies, its second is its own.

        Towns lie in the state that the row names, if the true code does.
        """
        own = display.mask_postal(self._code, value, numeric=numeric)
        bare = value.translate(None, b" -")
        if own is None or not bare:
            return own
        rest = own.translate(None, b" -")
        if region is not None:
            lost = b"0" if numeric and len(bare) == 4 else b""  # what a column of numbers does not keep
            span = _begins(lost + bare, region)
            if span is not None and (span[1] < 100 or not lost):
                begins = self._in_state(span, bare, town)[len(lost) :]
                return _refilled(value, begins + rest[len(begins) :])
        if town is None:
            return own
        half = (len(bare) + 1) // 2
        return _refilled(value, _like(bare[:half], self._place.number(town.lower()), numeric=numeric) + rest[half:])

    def _in_state(self, span: tuple[int, int], bare: bytes, town: bytes | None) -> bytes:
        place = b"\0" + bare[:3] if town is None else town.lower()
        number = self._place.number(b"%d " % span[0] + place)
        return b"%03d" % (span[0] + number % (span[1] - span[0] + 1))


def _begins(bare: bytes, region: bytes) -> tuple[int, int] | None:
    """Return what codes of the row's state begin with, if the true code is one of them."""
    if len(bare) not in (5, 9) or not bare.isdigit():
        return None
    span = codes_of(region)
    return span if span is not None and span[0] <= int(bare[:3]) <= span[1] else None


def _refilled(value: bytes, filling: bytes) -> bytes:
    letters = iter(filling)
    return bytes(c if c in b" -" else next(letters) for c in value)


def _like(begins: bytes, number: int, *, numeric: bool) -> bytes:
    """Return letters and digits of the same kinds, by number."""
    out = bytearray()
    for at, c in enumerate(begins):
        number, low = divmod(number, 260)
        if 48 <= c <= 57:
            out.append(49 + low % 9 if numeric and at == 0 else 48 + low % 10)
        else:
            out.append((97 if 97 <= c <= 122 else 65) + low % 26)
    return bytes(out)


def _address(key: bytes, data_class: DataClass, room: int | None) -> Callable[[bytes, Known], bytes | None]:
    """Return the mask of an address: a street, and after it the town and code that the row's other columns show."""
    keyed, places = keyed_for(key, "address", data_class), _Places(key)

    def mask(value: bytes, known: Known) -> bytes | None:
        town, code = places.town(known), known.get("postal")
        if code is None and town is not None:
            code = b"%05d" % (keyed.number(value) % 100_000)
        shown = None if code is None else places.code(code, town, known.get("region"))
        return display.mask_address(keyed, data_class, value, room, town=town, code=shown)

    return mask
