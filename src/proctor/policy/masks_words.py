"""Policy, key masks of texts: an e-mail becomes an e-mail in a reserved domain, any other text a token.

What a text says is enciphered with four bytes of redundancy, so that a masked one is recognised by its key and decoded
to exactly what it stands for. A text that is too long for its column gets a keyed digest instead: still one to one for
all practical purposes, but not decodable.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from binascii import a2b_base64, b2a_base64

from proctor.policy.masks_keyed import Keyed

DOMAIN = b"@masked.example"
NARROW_DOMAIN = b"@m.example"
HASH_DOMAIN = b"@h.example"
TOKEN = b"~"
MAX_TEXT = 1024
_LOCAL, _LABEL = 64, 63  # RFC 5321's longest local part, RFC 1035's longest label
_WHOLE = 254
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# Lower-case addresses need six bits a character: a third shorter, which decides whether they fit a varchar(50).
SIXBIT = b"\0abcdefghijklmnopqrstuvwxyz0123456789.@-_+!#$%&'*/=?^`{|}~ :;,()"[:64]
_PACK = bytes.maketrans(SIXBIT, _BASE64)
_UNPACK = bytes.maketrans(_BASE64, SIXBIT)
# Most addresses need only these: three of them go into two bytes, so that 24 fit where 20 would.
THREES = b"\0abcdefghijklmnopqrstuvwxyz0123456789@.-"
_PLACES = bytes.maketrans(THREES, bytes(range(len(THREES))))
_RAW, _PACKED, _THREES = 0, 1, 2


def seal(keyed: Keyed, text: bytes, *, block: int) -> bytes | None:
    """Return the text as small letters and digits 2-7, or None when it cannot be sealed."""
    if len(text) > MAX_TEXT or b"\0" in text:
        return None
    flag, body = _RAW, text
    if not text.translate(None, THREES):
        flag, body = _THREES, _threes(text)
    elif not text.translate(None, SIXBIT):
        flag, body = _PACKED, a2b_base64((text + bytes(-len(text) % 4)).translate(_PACK))
    plain = bytes((0, 0, 0, flag)) + body
    plain += bytes(-len(plain) % block)
    return b32encode(keyed.encipher(plain)).rstrip(b"=").lower()


def unseal(keyed: Keyed, sealed: bytes) -> bytes | None:
    """Return the text that was sealed, or None when this key did not seal it."""
    if len(sealed) < 7 or len(sealed) > 4 * MAX_TEXT:
        return None
    try:
        plain = keyed.decipher(b32decode(sealed.upper() + b"=" * (-len(sealed) % 8)))
    except ValueError:
        return None
    if plain[:3] != b"\0\0\0" or plain[3] not in (_RAW, _PACKED, _THREES):
        return None
    body = plain[4:]
    if plain[3] == _RAW:
        return body.rstrip(b"\0")
    if plain[3] == _THREES:
        return _from_threes(body + bytes(len(body) % 2))
    body += bytes(-len(body) % 3)
    return b2a_base64(body, newline=False).translate(_UNPACK).rstrip(b"\0")


def _threes(text: bytes) -> bytes:
    places = (text + bytes(-len(text) % 3)).translate(_PLACES)
    threes = zip(places[::3], places[1::3], places[2::3], strict=True)
    return b"".join(((a * 40 + b) * 40 + c).to_bytes(2, "big") for a, b, c in threes)


def _from_threes(body: bytes) -> bytes | None:
    numbers = [body[i] << 8 | body[i + 1] for i in range(0, len(body), 2)]
    if max(numbers, default=0) >= len(THREES) ** 3:
        return None
    return bytes(THREES[p] for n in numbers for p in (n // 1600, n // 40 % 40, n % 40)).rstrip(b"\0")


def digest(keyed: Keyed, text: bytes, length: int) -> bytes:
    """Return up to 26 letters and digits that stand for the text and cannot be undone."""
    return b32encode(keyed.number(text).to_bytes(16, "big")).rstrip(b"=").lower()[:length]


def mask_email(keyed: Keyed, value: bytes, room: int | None) -> bytes:
    """Return an e-mail address in a reserved domain that stands for the value."""
    sealed = seal(keyed, value, block=10)
    if sealed is not None:
        masked = _laid_out(sealed)
        if len(masked) <= (_WHOLE if room is None else min(room, _WHOLE)):
            return masked
    if room is not None:
        sealed = seal(keyed, value, block=1)
        if sealed is not None and len(sealed) <= min(_LOCAL, room - len(NARROW_DOMAIN)):
            return sealed + NARROW_DOMAIN
    free = 26 if room is None else room - len(HASH_DOMAIN)
    if free >= 1:
        return digest(keyed, value, free) + HASH_DOMAIN
    return digest(keyed, value, room or 0)


def _laid_out(sealed: bytes) -> bytes:
    local, rest = sealed[:_LOCAL], sealed[_LOCAL:]
    labels = [rest[i : i + _LABEL] for i in range(0, len(rest), _LABEL)]
    return local + b"@" + b"".join(label + b"." for label in labels) + DOMAIN[1:] if labels else local + DOMAIN


def unmask_email(keyed: Keyed, masked: bytes) -> bytes | None:
    """Return the value that a masked e-mail stands for, or None when it is none of ours."""
    lowered = masked.strip().lower()
    if lowered.endswith(NARROW_DOMAIN):
        return unseal(keyed, lowered[: -len(NARROW_DOMAIN)])
    local, _, domain = lowered.partition(b"@")
    if domain != DOMAIN[1:] and not domain.endswith(b"." + DOMAIN[1:]):
        return None
    labels = domain[: -len(DOMAIN)].replace(b".", b"") if domain != DOMAIN[1:] else b""
    return unseal(keyed, local + labels)


def email_like_ours(masked: bytes) -> bool:
    """Say whether a text is in a domain that only masks are in, decodable or not."""
    return masked.strip().lower().endswith((DOMAIN, b"." + DOMAIN[1:], NARROW_DOMAIN, HASH_DOMAIN))


def mask_token(keyed: Keyed, value: bytes, room: int | None) -> bytes:
    """Return a short run of letters and digits that stands for any text."""
    sealed = seal(keyed, value, block=5)
    if sealed is not None and (room is None or len(sealed) < room):
        return TOKEN + sealed
    return (TOKEN + TOKEN + digest(keyed, value, 24))[: 26 if room is None else room]


def unmask_token(keyed: Keyed, masked: bytes) -> bytes | None:
    """Return the text that a token stands for, or None when it is none of ours."""
    stripped = masked.strip()
    return unseal(keyed, stripped[1:]) if stripped.startswith(TOKEN) else None


def is_digest(masked: bytes) -> bool:
    """Say whether a text is a token that was too long to be decodable."""
    body = masked.strip()
    return body.startswith(TOKEN + TOKEN) and 8 <= len(body) <= 26 and body[2:].isalnum()
