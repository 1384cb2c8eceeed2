"""Policy, masks: what an asker sees in place of a sensitive value. Pure functions of a key and a value's text form.

In come a mask's name, a class, a key and what the column can hold; out goes a function of a cell. It never raises, it
answers in linear time with a value of the same type, and if it cannot it answers with the type's constant. *Key masks*
are one to one and can be decoded; *display masks* keep only what `PRESERVES` declares. Knows no wire, no column and no
asker. Bytes are UTF-8, in the server's text output form; NULL never comes here, and None going out means NULL.
"""

from __future__ import annotations

from functools import lru_cache

from proctor.policy import masks_nested as nested
from proctor.policy import masks_numbers as numbers
from proctor.policy import masks_plain as plain
from proctor.policy import masks_words as words
from proctor.policy.masks_forms import FORMS, Mask, Order, form_of, keyed_for
from proctor.policy.masks_runs import with_runs
from proctor.terms import DataClass

__all__ = ["DEFAULTS", "KEY_MASKS", "PRESERVES", "Mask", "decode", "looks_masked", "make_mask", "mask_name_for"]

CACHED = 8192
CACHED_BYTES = 128  # longer values hardly repeat, and plaintext is kept no longer than it must be
MAX_VALUE = 8 << 20

# What an asker may learn from a mask beside that it is not NULL: the two-worlds test holds up to this.
PRESERVES: dict[str, str] = {
    "redact": "nothing",
    "null": "nothing",
    "hash": "equality",
    "partial": "length, separators, the last four characters; of an e-mail address the first",
    "generalise": "the year, the first digit and the number of digits, the first half of an address",
    "email": "equality, one to one; roughly the length",
    "card": "equality, one to one; length, separators, whether the check digit is right",
    "id": "equality, one to one; length, separators, which characters are letters",
    "iban": "equality, one to one; length, grouping, validity",
    "token": "equality, one to one; roughly the length",
    "name": "equality within a class; case, script, one word or more, emptiness",
    "phone": "equality; length, separators, country code",
    "date": "equality of days; 400 days around; form, whether there is a time of day",
    "shift": "the days between dates of one subject; 401 days around; beside no key of the subject, nothing",
    "noise": "equality; a tenth around; scale, zero",
    "address": "equality, of rows that show the same town and code; case, whether there is a town, emptiness",
    "city": "equality; case, emptiness",
    "postal": "equality, of rows that show the same town and state; length, shape; the state where the row shows it",
    "geo": "a tenth of a degree",
    "ip": "equality; family, length of the prefix",
    "mac": "equality; spelling",
    "document": "keys, structure, lengths of lists, and what the masks of its leaves preserve",
    "spans": "all of the text that is no recognisable personal value",
}

KEY_MASKS = frozenset({"email", "card", "id", "iban", "token"})

DEFAULTS: dict[DataClass, str] = {
    DataClass(data_class): name
    for name, classes in {
        "name": "person_name given_name family_name",
        "email": "email",
        "phone": "phone",
        "address": "postal_address street",
        "city": "city",
        "postal": "postal_code",
        "date": "birth_date",
        "shift": "life_date",
        "noise": "age salary",
        "id": "us_ssn uk_nino de_steuerid fr_nir es_dni it_codice_fiscale in_aadhaar in_pan br_cpf br_cnpj national_id"
        " passport drivers_licence medical_id vehicle_plate bank_account",
        "card": "payment_card",
        "iban": "iban",
        "token": "username crypto_wallet device_id",
        "ip": "ip_address",
        "mac": "mac_address",
        "geo": "geolocation",
        "document": "document",
        "spans": "prose",
        "redact": "gender nationality special_category health biometric secret free_text",
    }.items()
    for data_class in classes.split()
}
MASKS = frozenset(FORMS) | {"document", "spans"}


def mask_name_for(data_class: DataClass, style: str) -> str:
    """Return the mask that a class wears; a class or a style that is not known is redacted."""
    return DEFAULTS.get(data_class, "redact") if style == "useful" else "redact"


def make_mask(
    name: str,
    data_class: DataClass,
    *,
    key: bytes,
    type_family: str,
    max_length: int | None = None,
    find_spans: nested.FindSpans | None = None,
) -> Mask:
    """Return the mask of that name for values of a class in a column of a type; an unknown name redacts.

    `max_length` counts characters. Equal arguments give the same function, with its cache of recent answers.
    """
    return _made(Order(name, data_class, key, type_family, max_length, find_spans))


def make_choice(data_class: DataClass, *, key: bytes, among: tuple[bytes, ...]) -> Mask:
    """Return the mask that puts one of these values in the place of each: for equal ones the same.

    Which one is drawn by lot between all of them, so that another value among them changes few masks.
    """
    keyed = keyed_for(key, "choice", data_class)

    @lru_cache(maxsize=CACHED)
    def mask(value: bytes) -> bytes:
        return max(among, key=lambda other: (keyed.number(len(value).to_bytes(4, "big") + value + other), other))

    return mask


@lru_cache(maxsize=512)
def _made(order: Order) -> Mask:
    hidden = plain.constant(order.family, order.room)
    if order.name == "null":
        return lambda _: None
    if order.name == "redact" or order.name not in MASKS:
        return lambda _: hidden
    return with_runs(order, _guarded(form_of(order, _made, DEFAULTS), order, hidden))


def _guarded(inner: Mask, order: Order, hidden: bytes | None) -> Mask:
    """Return the mask with its net: what fails, has no form or does not fit its type becomes the constant."""
    cache: dict[bytes, bytes | None] = {}
    fits, family, room = plain.fits, order.family, order.room
    padded = _padded(inner, room) if family == "text" and room is not None else None

    def mask(value: bytes) -> bytes | None:
        if value in cache:
            return cache[value]
        if len(value) > MAX_VALUE:
            return hidden
        try:
            masked = padded(value) if padded is not None and value.endswith(b" ") else inner(value)
            if masked is None or not fits(family, masked, room):
                masked = hidden
        except Exception:
            # Whatever a stranger's value does to a mask, it does not come out, and the row goes on.
            masked = hidden
        if len(value) <= CACHED_BYTES:
            if len(cache) >= CACHED:
                cache.clear()
            cache[value] = masked
        return masked

    return mask


def _padded(inner: Mask, room: int) -> Mask:
    """Return the mask for a char(n), whose blanks at the end are the server's and not the value's."""

    def mask(value: bytes) -> bytes | None:
        if len(value.decode("utf-8", "replace")) != room:
            return inner(value)
        masked = inner(value.rstrip(b" "))
        return None if masked is None else masked + b" " * (room - len(masked.decode("utf-8", "replace")))

    return mask


def decode(
    masked: bytes, data_class: DataClass, key: bytes, *, type_family: str = "text", name: str | None = None
) -> bytes | None:
    """Return the value that a masked one stands for, or None when it is none of ours or its mask cannot be undone.

    `name` is the mask that it wears, that of its class unless said.
    """
    name = DEFAULTS.get(data_class, "redact") if name is None else name
    if name not in KEY_MASKS or len(masked) > 8 * words.MAX_TEXT:
        return None
    keyed = keyed_for(key, name, data_class)
    numeric = type_family in {"integer", "decimal"}
    if not numeric and type_family != "text":
        return None
    match name:
        case "email":
            return None if numeric else words.unmask_email(keyed, masked)
        case "token":
            return None if numeric else words.unmask_token(keyed, masked)
        case "iban":
            return None if numeric else numbers.unmask_iban(keyed, masked)
        case "card" if numeric:
            return numbers.unmask_card_number(keyed, masked)
        case "card":
            return numbers.unmask_card(keyed, masked)
        case _ if numeric:
            return numbers.unmask_id_number(keyed, data_class, masked)
        case _:
            return numbers.unmask_id(keyed, data_class, masked)


def looks_masked(value: bytes, data_class: DataClass, key: bytes, *, type_family: str = "text") -> bool:
    """Say whether a value that somebody wants to write is one of our masks, decodable or not.

    Without room for a tag nobody can tell, and the answer is no: numbers of no fixed width, display masks other than
    those of reserved ranges.
    """
    if type_family == "text":
        if value == plain.WORD or words.email_like_ours(value) or words.is_digest(value):
            return True
        if DEFAULTS.get(data_class) == "spans" and nested.MASKED_SPAN in value:
            return True
    elif type_family in {"integer", "decimal"} and not numbers.is_tagged_number(data_class, value):
        return False
    return decode(value, data_class, key, type_family=type_family) is not None
