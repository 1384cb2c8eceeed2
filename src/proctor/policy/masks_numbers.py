"""Policy, key masks of identifiers: cards, IBANs, identity numbers keep their shape and can be decoded.

Each is a permutation of the values of one shape, tagged by something that no genuine value has: a card begins with a
digit that no network issues, an identity number has a letter in the place of its first digit (or a 1 before it, where
the column is a number) unless `masks_valid` has another way, an IBAN is of the country XX, which nobody has. Luhn and
mod-97 hold where they held.
"""

from __future__ import annotations

from proctor.policy import masks_valid
from proctor.policy.masks_keyed import Keyed
from proctor.policy.masks_words import TOKEN, mask_token, unmask_token
from proctor.terms import DataClass

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
# Issued prefixes and those nobody issues, in pairs. The first forty avoid a leading zero, for columns of numbers.
ISSUED = (*range(22, 28), *range(34, 38), *range(40, 70), 20, 21, 28, 29, 30, 31, 32, 33, 38, 39)
UNISSUED = (*range(10, 20), *range(70, 100), *range(10))
NUMERIC = 40
_OUT = {a: i for i, a in enumerate(ISSUED)}
_IN = {a: i for i, a in enumerate(UNISSUED)}


def luhn_digit(body: bytes) -> int:
    """Return the check digit that makes the body pass Luhn."""
    total = sum(_DOUBLED[c - 48] for c in body[-1::-2]) + sum(c - 48 for c in body[-2::-2])
    return -total % 10


def _halves(width: int) -> tuple[int, int]:
    return 10 ** (width // 2), 10 ** (width - width // 2)


def _permute_card(keyed: Keyed, digits: bytes, *, back: bool, numeric: bool) -> bytes | None:
    count = len(digits)
    if not 12 <= count <= 19 or not digits.isdigit():
        return None
    source, target = (_IN, ISSUED) if back else (_OUT, UNISSUED)
    index = source.get(int(digits[:2]))
    if index is None or (numeric and index >= NUMERIC):
        return None
    # Forty prefixes among themselves, and the other ten.
    first, prefixes = (0, NUMERIC) if index < NUMERIC else (NUMERIC, len(ISSUED) - NUMERIC)
    offset = (digits[-1] - 48 - luhn_digit(digits[:-1])) % 10
    width = count - 3
    high, low = _halves(width)
    number = (index - first) * 10**width + int(digits[2:-1])
    tweak = (count << 6 | first) << 4 | offset
    step = keyed.restore if back else keyed.permute
    prefix, rest = divmod(step(number, prefixes * high, low, tweak), 10**width)
    body = b"%02d" % target[first + prefix] + str(rest).zfill(width).encode()
    return body + b"%d" % ((luhn_digit(body) + offset) % 10)


def _refill(template: bytes, filling: bytes, keep: bytes) -> bytes:
    """Return the template with everything but the characters of `keep` replaced in turn."""
    if len(template) == len(filling):
        return filling
    letters = iter(filling)
    return bytes(c if c in keep else next(letters) for c in template)


def mask_card(keyed: Keyed, value: bytes, room: int | None) -> bytes:
    """Return a card number of the same length and spacing that no network issues."""
    masked = _permute_card(keyed, value.translate(None, b" -"), back=False, numeric=False)
    if masked is None:
        return mask_token(keyed, value, room)
    return _refill(value, masked, b" -")


def unmask_card(keyed: Keyed, masked: bytes) -> bytes | None:
    """Return the card number that a masked one stands for, or None when it is none of ours."""
    if masked.startswith(TOKEN):
        return unmask_token(keyed, masked)
    found = _permute_card(keyed, masked.translate(None, b" -"), back=True, numeric=False)
    return None if found is None else _refill(masked, found, b" -")


def mask_card_number(keyed: Keyed, value: bytes) -> bytes:
    """Return a card number for a column of numbers."""
    masked = _permute_card(keyed, value, back=False, numeric=True) if len(value) < 19 else None
    return masked if masked is not None else some_number(keyed, value)


def unmask_card_number(keyed: Keyed, masked: bytes) -> bytes | None:
    """Return what `mask_card_number` made into this."""
    return _permute_card(keyed, masked, back=True, numeric=True) if len(masked) < 19 else None


def some_number(keyed: Keyed, value: bytes) -> bytes:
    """Return a number of nine digits that stands for the value and cannot be undone; it fits every integer column."""
    return b"%d" % (200_000_000 + keyed.number(value) % 800_000_000)


# Letters and digits of an identifier, by shape: d a digit, L a capital, l a small letter.
SHAPES: dict[str, tuple[bytes, ...]] = {
    "us_ssn": (b"d" * 9,),
    "uk_nino": (b"LLddddddL", b"LLdddddd"),
    "de_steuerid": (b"d" * 11,),
    "fr_nir": (b"d" * 15, b"d" * 13, b"ddddddLdddddddd", b"ddddddLdddddd"),
    "es_dni": (b"ddddddddL", b"LdddddddL"),
    "it_codice_fiscale": (b"LLLLLLddLddLdddL",),
    "in_aadhaar": (b"d" * 12,),
    "in_pan": (b"LLLLLddddL",),
    "br_cpf": (b"d" * 11,),
    "br_cnpj": (b"d" * 14,),
}
_WIDTHS = {"us_ssn": 9, "de_steuerid": 11, "fr_nir": 15, "in_aadhaar": 12, "br_cpf": 11, "br_cnpj": 14}
# Not L to V, which stand for digits in an Italian tax code that has a namesake.
_TAGS = b"ABCDEFGHJK"
_SMALL_TAGS = b"abcdefghjk"  # Spain's own numbers begin with capitals as well
SEPARATORS = b" -./"
_SHAPE = bytes.maketrans(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", b"d" * 10 + b"L" * 26 + b"l" * 26
)
_THREE = bytes.maketrans(b"dLl", b"012")
_RADIX = {100: (10, 48), 76: (26, 65), 108: (26, 97)}
MAX_SHAPED = 34


def shape_word(shape: bytes) -> int:
    """Return a number of at most 55 bits that tells the shape from every other."""
    return int(b"1" + shape.translate(_THREE), 3)


def permute_shape(keyed: Keyed, bare: bytes, *, back: bool = False) -> bytes | None:
    """Return the letters and digits under a permutation of all texts of their shape, or None for other characters."""
    if not 1 <= len(bare) <= MAX_SHAPED or not bare.isalnum():
        return None
    shape = bare.translate(_SHAPE)
    kinds = [_RADIX[c] for c in shape]
    cut = len(bare) // 2
    high = low = 1
    number = 0
    for at, (c, (radix, base)) in enumerate(zip(bare, kinds, strict=True)):
        number = number * radix + c - base
        if at < cut:
            high *= radix
        else:
            low *= radix
    step = keyed.restore if back else keyed.permute
    number = step(number, high, low, shape_word(shape))
    out = bytearray(len(bare))
    for at in range(len(bare) - 1, -1, -1):
        radix, base = kinds[at]
        number, rest = divmod(number, radix)
        out[at] = base + rest
    return bytes(out)


def tags_of(data_class: DataClass) -> bytes:
    """Return the letters that stand for the first digit of a masked identifier."""
    return _SMALL_TAGS if data_class == "es_dni" else _TAGS


def mask_id(keyed: Keyed, data_class: DataClass, value: bytes, room: int | None) -> bytes:
    """Return an identifier of the same shape: a valid one of nobody where there are such, else one that is tagged."""
    bare = value.translate(None, SEPARATORS)
    nobodys = masks_valid.mask(keyed, data_class, bare)
    if nobodys is not None:
        return _refill(value, nobodys, SEPARATORS)
    masked = permute_shape(keyed, bare)
    if masked is None:
        return mask_token(keyed, value, room)
    shape = bare.translate(_SHAPE)
    if shape in SHAPES.get(data_class, ()):
        at = shape.index(b"d")
        tag = tags_of(data_class)[masked[at] - 48]
        return _refill(value, masked[:at] + bytes((tag,)) + masked[at + 1 :], SEPARATORS)
    refilled = _refill(value, masked, SEPARATORS)
    if room is None or len(refilled) < room:
        return TOKEN + refilled
    return refilled  # no room for a tag: still one to one, but nobody can tell it from a genuine one


def unmask_id(keyed: Keyed, data_class: DataClass, masked: bytes) -> bytes | None:
    """Return the identifier that a masked one stands for, or None when it is none of ours."""
    if masked.startswith(TOKEN):
        found = unmask_token(keyed, masked)
        if found is not None:
            return found
        bare = masked[1:].translate(None, SEPARATORS)
        original = permute_shape(keyed, bare, back=True)
        return None if original is None else _refill(masked[1:], original, SEPARATORS)
    bare = masked.translate(None, SEPARATORS)
    genuine = masks_valid.unmask(keyed, data_class, bare)
    if genuine is not None:
        return _refill(masked, genuine, SEPARATORS)
    for shape in SHAPES.get(data_class, ()):
        at = shape.index(b"d")
        tag = tags_of(data_class).find(bare[at : at + 1]) if len(bare) == len(shape) else -1
        if tag < 0:
            continue
        untagged = bare[:at] + b"%d" % tag + bare[at + 1 :]
        if untagged.translate(_SHAPE) == shape:
            original = permute_shape(keyed, untagged, back=True)
            return None if original is None else _refill(masked, original, SEPARATORS)
    return None


def mask_id_number(keyed: Keyed, data_class: DataClass, value: bytes) -> bytes:
    """Return an identifier for a column of numbers: the permuted digits behind a 1."""
    width = _WIDTHS.get(data_class, 0)
    digits = value.zfill(width) if len(value) <= width else value
    tight = len(digits) == 10 and int(digits) < 2**31  # may be a four-byte integer, which has no eleventh digit
    if not value.isdigit() or (value[:1] == b"0" and len(value) > 1) or len(digits) > 17 or tight:
        return some_number(keyed, value)
    masked = permute_shape(keyed, digits)
    return some_number(keyed, value) if masked is None else b"1" + masked


def unmask_id_number(keyed: Keyed, data_class: DataClass, masked: bytes) -> bytes | None:
    """Return the number that a masked one stands for, or None when it is none of ours."""
    width = _WIDTHS.get(data_class, 0)
    if not masked.isdigit() or masked[:1] != b"1" or not max(width, 1) < len(masked) <= 18:
        return None
    original = permute_shape(keyed, masked[1:], back=True)
    if original is None:
        return None
    if width and len(original) == width:
        return original.lstrip(b"0") or b"0"
    return None if original[:1] == b"0" and len(original) > 1 else original


def is_tagged_number(data_class: DataClass, masked: bytes) -> bool:
    """Say whether a number carries a tag: cards do, and identifiers of a fixed width."""
    return data_class == "payment_card" or len(masked) == _WIDTHS.get(data_class, -2) + 1


def has_width(data_class: DataClass) -> bool:
    """Say whether identifiers of the class have one width, so that a longer number is known for a mask."""
    return data_class in _WIDTHS


def _remainder(text: bytes) -> int:
    return int("".join(str(int(chr(c), 36)) for c in text)) % 97


def _grouped(text: bytes) -> bytes:
    return b" ".join(text[i : i + 4] for i in range(0, len(text), 4))


def mask_iban(keyed: Keyed, value: bytes, room: int | None) -> bytes:
    """Return an IBAN of the country XX, two longer than the value's, whose check digits are right."""
    bare = value.replace(b" ", b"")
    spaced = bare != value
    genuine = (
        15 <= len(bare) <= 32
        and bare.isalnum()
        and bare == bare.upper()
        and bare[:2].isalpha()
        and bare[2:4].isdigit()
        and (not spaced or _grouped(bare) == value)
        and bare[:2] != b"XX"
        and 2 <= int(bare[2:4]) <= 98
        and _remainder(bare[4:] + bare[:4]) == 1
    )
    body = permute_shape(keyed, bare[:2] + bare[4:]) if genuine else None
    if body is None:
        return mask_token(keyed, value, room)
    masked = b"XX%02d" % (98 - _remainder(body + b"XX00")) + body
    masked = _grouped(masked) if spaced else masked
    return masked if room is None or len(masked) <= room else mask_token(keyed, value, room)


def unmask_iban(keyed: Keyed, masked: bytes) -> bytes | None:
    """Return the IBAN that a masked one stands for, or None when it is none of ours."""
    if masked.startswith(TOKEN):
        return unmask_token(keyed, masked)
    bare = masked.replace(b" ", b"")
    if not (17 <= len(bare) <= 34 and bare.isalnum() and bare[:2] == b"XX" and bare[2:4].isdigit()):
        return None
    if bare != bare.upper() or _remainder(bare[4:] + bare[:4]) != 1:
        return None
    body = permute_shape(keyed, bare[4:], back=True)
    if body is None or not body[:2].isalpha():
        return None
    country, account = body[:2], body[2:]
    original = country + b"%02d" % (98 - _remainder(account + country + b"00")) + account
    return _grouped(original) if bare != masked else original
