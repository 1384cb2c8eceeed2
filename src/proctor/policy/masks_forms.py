"""Policy, masks: which form each mask has in which type family; a mask with no form there hides the value.

In comes an order: a mask's name, a class, a key and what the column can hold. Out goes the bare function, without the
net that `masks` puts under it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from proctor.policy import masks_display as display
from proctor.policy import masks_nested as nested
from proctor.policy import masks_numbers as numbers
from proctor.policy import masks_plain as plain
from proctor.policy import masks_words as words
from proctor.policy.masks_keyed import Keyed
from proctor.terms import DataClass

Mask = Callable[[bytes], "bytes | None"]


@dataclass(frozen=True, slots=True)
class Order:
    """One mask as ordered. `room` is how many characters the column holds, None for any number."""

    name: str
    data_class: DataClass
    key: bytes
    family: str
    room: int | None = None
    find: nested.FindSpans | None = None

    @property
    def keyed(self) -> Keyed:
        """The key of this mask and class, and of no column: equal values of one class stay equal, so joins hold."""
        return keyed_for(self.key, self.name, self.data_class)


@lru_cache(maxsize=512)
def keyed_for(key: bytes, name: str, data_class: DataClass) -> Keyed:
    """Return the deployment's key, bound to a mask and a class."""
    return Keyed(key, f"proctor mask {name} {data_class}")


_INTEGRAL = frozenset({"integer", "decimal"})


def _hide(_: bytes) -> None:
    return None


def _uuid(order: Order) -> Mask:
    keyed = order.keyed
    return (lambda v: plain.uuid_of(keyed.number(v))) if order.family == "uuid" else _hide


def _email(order: Order) -> Mask:
    return partial(_roomy, words.mask_email, order.keyed, order.room) if order.family == "text" else _uuid(order)


def _token(order: Order) -> Mask:
    if order.family in _INTEGRAL:
        return partial(numbers.some_number, order.keyed)
    return partial(_roomy, words.mask_token, order.keyed, order.room) if order.family == "text" else _uuid(order)


def _card(order: Order) -> Mask:
    if order.family in _INTEGRAL:
        return partial(numbers.mask_card_number, order.keyed)
    return partial(_roomy, numbers.mask_card, order.keyed, order.room) if order.family == "text" else _hide


def _id(order: Order) -> Mask:
    keyed, data_class, room = order.keyed, order.data_class, order.room
    if order.family in _INTEGRAL:
        return lambda v: numbers.mask_id_number(keyed, data_class, v)
    return (lambda v: numbers.mask_id(keyed, data_class, v, room)) if order.family == "text" else _uuid(order)


def _iban(order: Order) -> Mask:
    return partial(_roomy, numbers.mask_iban, order.keyed, order.room) if order.family == "text" else _hide


def _city(order: Order) -> Mask:
    return partial(_roomy, display.mask_city, order.keyed, order.room) if order.family == "text" else _hide


def _roomy(
    mask: Callable[[Keyed, bytes, int | None], bytes | None], keyed: Keyed, room: int | None, value: bytes
) -> bytes | None:
    return mask(keyed, value, room)


def _name(order: Order) -> Mask:
    keyed, data_class, room = order.keyed, order.data_class, order.room
    return (lambda v: display.mask_name(keyed, data_class, v, room)) if order.family == "text" else _hide


def _address(order: Order) -> Mask:
    keyed, data_class, room = order.keyed, order.data_class, order.room
    return (lambda v: display.mask_address(keyed, data_class, v, room)) if order.family == "text" else _hide


def _phone(order: Order) -> Mask:
    numeric = order.family in _INTEGRAL
    return partial(display.mask_phone, order.keyed, numeric=numeric) if numeric or order.family == "text" else _hide


def _postal(order: Order) -> Mask:
    numeric = order.family in _INTEGRAL
    return partial(display.mask_postal, order.keyed, numeric=numeric) if numeric or order.family == "text" else _hide


def _date(order: Order) -> Mask:
    known = order.family in _INTEGRAL | {"text", "date", "timestamp"}
    return partial(display.mask_date, order.keyed, family=order.family) if known else _hide


def _noise(order: Order) -> Mask:
    known = order.family in _INTEGRAL | {"text", "float"}
    return partial(display.mask_noise, order.keyed, family=order.family) if known else _hide


def _geo(order: Order) -> Mask:
    return display.mask_geo if order.family in {"text", "decimal", "float", "point"} else _hide


def _ip(order: Order) -> Mask:
    return partial(display.mask_ip, order.keyed) if order.family in {"text", "inet"} else _hide


def _mac(order: Order) -> Mask:
    return partial(display.mask_mac, order.keyed) if order.family in {"text", "macaddr"} else _hide


def _hash(order: Order) -> Mask:
    keyed, family, room = order.keyed, order.family, order.room
    return lambda v: plain.hashed(keyed, v, family, room)


def _partial(order: Order) -> Mask:
    return plain.partial if order.family == "text" else _hide


def _generalise(order: Order) -> Mask:
    return partial(plain.generalised, family=order.family)


FORMS: dict[str, Callable[[Order], Mask]] = {
    "redact": lambda _: _hide, "null": lambda _: _hide, "hash": _hash, "partial": _partial, "generalise": _generalise,
    "email": _email, "card": _card, "id": _id, "iban": _iban, "token": _token, "name": _name, "phone": _phone,
    "date": _date, "noise": _noise, "address": _address, "city": _city, "postal": _postal, "geo": _geo, "ip": _ip,
    "mac": _mac, "shift": lambda _: _hide,
}  # fmt: skip


def form_of(order: Order, made: Callable[[Order], Mask], defaults: dict[DataClass, str]) -> Mask:
    """Return the mask's function. `made` gives the masks of what is nested; `defaults` their names by class."""

    leaves: dict[tuple[DataClass, str], Mask] = {}

    def leaf(data_class: DataClass, family: str, value: bytes) -> bytes | None:
        mask = leaves.get((data_class, family))
        if mask is None:
            mask = made(Order(defaults.get(data_class, "redact"), data_class, order.key, family))
            leaves[data_class, family] = mask
        return mask(value)

    keyed, find = order.keyed, order.find
    match order.name, order.family:
        case (("redact" | "null"), _):
            return _hide
        case "document", ("json" | "text"):
            return lambda v: nested.mask_document(keyed, v, leaf)
        case "spans", "text" if find is not None:
            return lambda v: nested.mask_spans(v, find)
        case (_, "json") | (("document" | "spans"), _):
            return _hide
        case _:
            form = FORMS.get(order.name)
            return _hide if form is None else form(order)
