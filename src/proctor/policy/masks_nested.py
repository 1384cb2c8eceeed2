"""Policy, masks of nested values: JSON documents keep their structure, every leaf is hidden.

In comes a text form, and for leaves a way to make the mask of a class; out goes valid JSON.
What cannot be parsed has no structure to keep: None.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from proctor.policy.masks_keyed import Keyed
from proctor.policy.masks_plain import WORD
from proctor.terms import DataClass

LeafMask = Callable[[DataClass, str, bytes], "bytes | None"]
"""Masks one leaf: its class, its type family, its text."""
MAX_DOCUMENT = 4 << 20
MAX_DEPTH = 64

# What a key says of the value below it. Only where the answer keeps use: any other leaf is redacted.
_KEYS = {
    "email": "email mail e_mail email_address",
    "phone": "phone tel telephone mobile cell fax phone_number",
    "given_name": "first_name firstname given_name givenname forename fname middle_name",
    "family_name": "last_name lastname surname family_name lname",
    "person_name": "name full_name fullname display_name contact_name recipient holder",
    "street": "street street1 street2 line1 line2 address_line1 address_line2 street_address addr road",
    "postal_address": "address full_address billing_address shipping_address",
    "city": "city town locality suburb",
    "postal_code": "zip zip_code zipcode postal_code postcode plz postalcode",
    "birth_date": "dob birth_date birthdate date_of_birth birthday",
    "us_ssn": "ssn social_security_number",
    "payment_card": "card card_number cardnumber credit_card pan",
    "iban": "iban",
    "ip_address": "ip ip_address ipaddress",
    "salary": "salary income wage",
    "geolocation": "lat lng lon latitude longitude",
}
CLASS_OF_KEY: dict[str, DataClass] = {
    key: DataClass(data_class) for data_class, keys in _KEYS.items() for key in keys.split()
}
_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$\-]{0,39}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


class _TooDeep(ValueError):
    pass


def mask_document(keyed: Keyed, value: bytes, leaf: LeafMask) -> bytes | None:
    """Return a JSON document of the same keys and lengths, whose leaves are masked by what their keys say."""
    if len(value) > MAX_DOCUMENT:
        return None
    parsed: Json = json.loads(value, parse_constant=_refuse)
    return json.dumps(_hidden(keyed, parsed, None, leaf, 0), ensure_ascii=False, allow_nan=False).encode()


def _refuse(name: str) -> float:
    raise ValueError(name)


def _hidden(keyed: Keyed, node: Json, data_class: DataClass | None, leaf: LeafMask, depth: int) -> Json:
    if depth > MAX_DEPTH:
        raise _TooDeep
    match node:
        case dict():
            return {
                _safe_key(keyed, key): _hidden(keyed, child, _class_of(key), leaf, depth + 1)
                for key, child in node.items()
            }
        case list():
            return [_hidden(keyed, child, data_class, leaf, depth + 1) for child in node]
        case bool():
            return False
        case str():
            return _hidden_text(node, data_class, leaf)
        case int() | float():
            return _hidden_number(node, data_class, leaf)
        case _:
            return None


def _class_of(key: str) -> DataClass | None:
    return CLASS_OF_KEY.get(_CAMEL.sub("_", key[:64]).lower().replace("-", "_"))


def _safe_key(keyed: Keyed, key: str) -> str:
    # {"zelda@example.org": …}: a key that does not look like a name of a field is data.
    if _PLAIN_KEY.fullmatch(key) is not None and sum(c.isdigit() for c in key) <= 4:
        return key
    return f"key_{keyed.number(key.encode('utf-8', 'surrogatepass')) % 16**12:012x}"


def _hidden_text(text: str, data_class: DataClass | None, leaf: LeafMask) -> str:
    masked = leaf(data_class, "text", text.encode()) if data_class is not None else None
    return (WORD if masked is None else masked).decode("utf-8", "replace")


def _hidden_number(number: int | float, data_class: DataClass | None, leaf: LeafMask) -> int | float:
    if data_class is None:
        return 0
    family = "integer" if isinstance(number, int) else "float"
    masked = leaf(data_class, family, str(number).encode())
    if masked is None:
        return 0
    return int(masked) if family == "integer" else float(masked)


MASKED_SPAN = b"[masked "
Span = tuple[int, int, DataClass]
FindSpans = Callable[[bytes], "list[Span]"]


def mask_spans(value: bytes, find: FindSpans) -> bytes:
    """Return the text with a word in place of each personal value that `find` sees. What it does not see stays.

    The word tells the class alone. Did a value wear its own mask here, one text of ten thousand guesses would show what
    each of them is masked as, and no budget of guesses would have counted more than one.
    """
    out = bytearray()
    at = 0
    for start, end, data_class in find(value):
        out += value[at:start] + MASKED_SPAN + data_class.encode() + b"]"
        at = end
    return bytes(out + value[at:])
