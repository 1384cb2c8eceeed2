"""An issuer for tests: keys of its own, tokens of any shape, and a network that answers or does not."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta

from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from proctor.edge.identity_config import Issuer
from proctor.edge.issuers import Issuers

URL = "https://login.example.test"
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
RSA = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
RSA_2 = RSAKey.generate_key(2048, {"kid": "rsa-2", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed-1"})


def issuer(**changes: object) -> Issuer:
    given: dict[str, object] = {"name": "corp", "issuer": URL, "audience": ("proctor",), **changes}
    return Issuer(**given)  # type: ignore[arg-type]


def claims(**changes: object) -> dict[str, object]:
    at = int(NOW.timestamp())
    said: dict[str, object] = {
        "iss": URL, "aud": "proctor", "sub": "alice", "iat": at - 60, "exp": at + 240, "jti": "t-1", **changes,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not ...}


def sign(said: dict[str, object] | bytes, key: Key = RSA, alg: str = "RS256", **header: object) -> str:
    whole = {"alg": alg, "kid": key.kid, "typ": "JWT", **header}
    whole = {name: value for name, value in whole.items() if value is not ...}
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    registry.max_header_length = registry.max_payload_length = 1 << 20
    return jws.serialize_compact(whole, payload, key, registry=registry)


def jwks(*keys: Key) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


class HandClock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)

    def monotonic_ns(self) -> int:
        return int(self.passed * 1e9) + 1


class Network:
    """What lies at the issuer's addresses; None where nobody answers."""

    def __init__(self, *keys: Key, url: str = URL) -> None:
        self.url = url
        self.keys: tuple[Key, ...] = keys
        self.down = False
        self.discovery: dict[str, object] = {"issuer": url, "jwks_uri": f"{url}/jwks"}
        self.asked: list[str] = []

    async def fetch(self, url: str, asked: Issuer) -> bytes:
        self.asked.append(url)
        if self.down:
            raise OSError("it could not be reached (ConnectError)")
        if url == f"{self.url}/jwks":
            return jwks(*self.keys)
        assert url == f"{self.url}/.well-known/openid-configuration"
        return json.dumps(self.discovery).encode()

    @property
    def fetches(self) -> int:
        return sum(each.endswith("/jwks") for each in self.asked)


def believed(network: Network, clock: HandClock, *issuers: Issuer) -> Issuers:
    return Issuers({each.name: each for each in issuers or (issuer(),)}, clock, fetcher=network.fetch)


def forged_by_hmac(said: dict[str, object], key: Key, alg: str) -> str:
    """Return a token whose HMAC has the public key as its secret: the hope of a forger that nobody looks at `alg`."""
    header = {"alg": alg, "kid": key.kid, "typ": "JWT"}
    start = ".".join(_plain(json.dumps(each).encode()) for each in (header, said))
    secret = key.as_pem(private=False)  # type: ignore[union-attr]
    return f"{start}.{_plain(hmac.digest(secret, start.encode(), 'sha' + alg[2:]))}"


def _plain(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
