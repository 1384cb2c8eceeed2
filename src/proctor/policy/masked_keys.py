"""Policy, masks handed back: tells whether a value is one of our key masks, and which value it stands for.

A mask is recognised by its key alone, without a table of what was ever shown: it is decoded, and what it stands for
must wear that very mask again, byte for byte. So nothing passes for a mask that was never one, spelled another way or
of another class that has tags. Knows no statement and no asker. `STRENGTH` says how often a made-up value is believed.
"""

from __future__ import annotations

from proctor.policy import masks_numbers as numbers
from proctor.policy import masks_plain as plain
from proctor.policy import masks_words as words
from proctor.policy.masks import DEFAULTS, KEY_MASKS, decode
from proctor.policy.masks_forms import FORMS, Order
from proctor.policy.masks_nested import MASKED_SPAN
from proctor.terms import DataClass

STRENGTH: dict[str, str] = {
    "email": "1 in 2**31 of the addresses in our reserved domains",
    "token": "1 in 2**31 of the texts that begin with ~",
    "iban": "1 in 97 of the codes of country XX, which nobody has",
    "card": "every number of a prefix that nobody issues: half of all numbers, and no genuine card",
    "id": "every identifier with a letter of ours in the place of a digit, or of a range that is given to nobody",
}
"""How many values of a mask's own form decode. None of these is a genuine value, so that no guess is ever answered."""

_NUMBERS = frozenset({"integer", "decimal"})
_NUMERIC_MASKS = frozenset({"card", "id"})


def is_key_class(data_class: DataClass | None, family: str, name: str | None = None) -> bool:
    """Tell whether masks of the class in columns of the family can be decoded, and told from genuine values.

    `name` is the mask, that of the class unless said.
    """
    if name is None:
        name = DEFAULTS.get(data_class, "") if data_class is not None else ""
    if name not in KEY_MASKS:
        return False
    if family == "text":
        return True
    if family not in _NUMBERS or name not in _NUMERIC_MASKS:
        return False
    return name == "card" or numbers.has_width(data_class or DataClass(""))


def recognise(
    masked: bytes, data_class: DataClass, key: bytes, *, family: str, name: str | None = None
) -> bytes | None:
    """Return the value that a mask stands for, or None when it is none of ours of this class and family.

    `name` is the mask, that of the class unless said.
    """
    if not is_key_class(data_class, family, name):
        return None
    worn = name or DEFAULTS[data_class]
    if family in _NUMBERS and not numbers.is_tagged_number(data_class, masked):
        return None
    value = decode(masked, data_class, key, type_family=family, name=worn)
    if value is None:
        return None
    for room in (None, len(masked)):  # a mask may have been made narrower, to fit its column
        if _worn(value, Order(worn, data_class, key, family, room)) == masked:
            return value
    return None


def _worn(value: bytes, order: Order) -> bytes | None:
    try:
        return FORMS[order.name](order)(value)
    except ValueError:
        return None


def would_destroy(
    value: bytes, data_class: DataClass, key: bytes, *, family: str, names: frozenset[str] | None = None
) -> bool:
    """Tell whether a value about to be written is a mask: decodable, or one of those too narrow to be.

    `names` are the masks that it may wear, that of its class unless said.
    """
    if family == "text" and (words.email_like_ours(value) or words.is_digest(value)):
        return True
    if DEFAULTS.get(data_class) == "spans" and MASKED_SPAN in value:
        return True
    if names is None:
        return recognise(value, data_class, key, family=family) is not None
    if family == "text" and "partial" in names and plain.is_partial(value):
        return True
    return any(recognise(value, data_class, key, family=family, name=name) is not None for name in sorted(names))
