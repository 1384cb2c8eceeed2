"""Station 1, its second lock: a signed token (JWT) as it comes, its shape and its signature, whoever it is for.

In come a token and an issuer's keys; out go the claims that one of the keys has signed, or `TokenRefused` with the
reason, which is for the journal alone. Whom the claims prove is for `edge.tokens` to say. Fetches nothing.
"""

from __future__ import annotations

import binascii
import warnings
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

MAX_TOKEN = 16 * 1024  # a person in hundreds of groups has 8 KiB
MAX_HEADER = 2 * 1024
RSA_BITS = 2048

BEARER_TYPES = frozenset({"", "jwt", "at+jwt", "application/jwt", "application/at+jwt"})
"""The `typ` of a token that a bearer may show; a logout token or a proof of possession is for something else."""

_CURVES = {"ES256": "P-256", "EdDSA": "Ed25519", "Ed25519": "Ed25519"}
_FAMILIES: Mapping[str, type[RSAKey] | type[ECKey] | type[OKPKey]] = {
    "RS256": RSAKey,
    "PS256": RSAKey,
    "ES256": ECKey,
    "EdDSA": OKPKey,
    "Ed25519": OKPKey,
}
# RFC 9864 wants the curve named by the algorithm. Here the key names it, and no other curve is taken.
warnings.filterwarnings("ignore", "EdDSA is deprecated", SecurityWarning)

Claimed = Mapping[str, object]


class TokenRefused(Exception):
    """A token is not believed; `why` is for the journal, and never has anything of the token's in it but names."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class UnknownKey(TokenRefused):
    """No key of the issuer has the token's `kid`: perhaps it is newer than what we have."""


@dataclass(frozen=True, slots=True)
class Unproven:
    """What a token says of itself before anybody has checked a word of it."""

    issuer: str
    algorithm: str
    key_id: str
    type: str


def peek(token: str) -> Unproven:
    """Return whose token it says it is, in which shape; refuse what no honest issuer writes."""
    if len(token) > MAX_TOKEN:
        raise TokenRefused("the token is larger than any honest one")
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        raise TokenRefused("this is no signed token (JWS, compact)")
    if len(parts[0]) > MAX_HEADER:
        raise TokenRefused("the token's header is larger than any honest one")
    header, payload = _object(parts[0]), _object(parts[1])
    if "crit" in header or "b64" in header:
        raise TokenRefused("the token asks for an extension that nobody here knows")
    algorithm, key_id, kind = header.get("alg"), header.get("kid"), header.get("typ", "")
    if not isinstance(algorithm, str) or not isinstance(kind, str):
        raise TokenRefused("the token's header is malformed")
    if "kid" not in header:
        key_id = ""
    elif not isinstance(key_id, str) or not key_id:
        raise TokenRefused("the token's header is malformed (kid)")
    issuer = payload.get("iss")
    if not isinstance(issuer, str):
        raise TokenRefused("the token does not say who has issued it (iss)")
    return Unproven(issuer, algorithm, key_id, kind.casefold())


def signed_claims(
    token: str, keys: Sequence[Key], algorithms: Sequence[str], *, types: frozenset[str] = BEARER_TYPES
) -> Claimed:
    """Return what the token says, once the signature by one of the keys is good."""
    seen = peek(token)
    if seen.type not in types:
        raise TokenRefused("this kind of token is for something else (typ)")
    if seen.algorithm not in algorithms or seen.algorithm not in _FAMILIES:
        raise TokenRefused("the token is signed in a way that is not accepted (alg)")
    named = _named(keys, seen.key_id)
    fitting = [key for key in named if _may_verify(key, seen.algorithm)]
    if not fitting:
        raise TokenRefused("the token's key is of another kind than its signature")
    for key in fitting:
        try:
            payload = jws.deserialize_compact(token, key, registry=_registry(seen.algorithm)).payload
        except (JoseError, ValueError):
            continue
        return _json(payload)
    if not seen.key_id:
        raise UnknownKey("the signature does not fit the issuer's key")
    raise TokenRefused("the signature does not fit")


def _named(keys: Sequence[Key], key_id: str) -> list[Key]:
    """Return the keys of that name; a token need name none where its issuer has one alone (OpenID Core, 10.1)."""
    if key_id:
        found = [key for key in keys if key.kid == key_id]
        if not found:
            raise UnknownKey("no key of the issuer has the token's kid")
        return found
    if len(keys) != 1:
        raise TokenRefused("the token does not say which key has signed it (kid), and its issuer has several")
    return list(keys)


def _object(part: str) -> dict[str, object]:
    try:
        return _json(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        raise TokenRefused("this is no signed token (JWS, compact)") from None


def _json(raw: bytes) -> dict[str, object]:
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise TokenRefused("the token is not made of JSON objects") from None
    if not isinstance(found, dict):
        raise TokenRefused("the token is not made of JSON objects")
    return found


def usable(key: Key) -> bool:
    """Tell whether a key of an issuer's list may ever check a signature: a public one, meant for that, long enough."""
    return any(_may_verify(key, algorithm) for algorithm in _FAMILIES)


def _may_verify(key: Key, algorithm: str) -> bool:
    if not isinstance(key, _FAMILIES[algorithm]):
        return False
    meant = key.as_dict(private=False)
    operations = meant.get("key_ops")
    if meant.get("use", "sig") != "sig" or meant.get("alg", algorithm) != algorithm:
        return False
    if isinstance(operations, list) and "verify" not in operations:
        return False
    if isinstance(key, RSAKey):
        return bool(key.raw_value.key_size >= RSA_BITS)
    return meant.get("crv") == _CURVES[algorithm]


def _registry(algorithm: str) -> jws.JWSRegistry:
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    registry.max_header_length, registry.max_payload_length = MAX_HEADER, MAX_TOKEN
    return registry
