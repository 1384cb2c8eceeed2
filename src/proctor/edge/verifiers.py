"""Station 1, its locks: which SCRAM-SHA-256 verifier each principal of the settings has.

In comes a principal or a stranger's name; out goes a verifier, the same in every process. Knows no sockets.
"""

from __future__ import annotations

import hmac
from dataclasses import replace

from proctor.edge.config import Config, Principal
from proctor.wire.scram import ITERATIONS, MAX_ITERATIONS, SALT_BYTES, Verifier


def given_verifier(password: str) -> Verifier | None:
    """Return the verifier that a `password` of the settings is; None where it is a plain password.

    One that is broken, or that could make each login cost minutes, raises `ValueError`.
    """
    if not password.startswith("SCRAM-SHA-256$"):
        return None
    verifier = Verifier.parse(password)
    if not ITERATIONS <= verifier.iterations <= MAX_ITERATIONS or not verifier.salt:
        raise ValueError("a SCRAM-SHA-256 verifier has an impossible number of iterations, or no salt")
    return verifier


def verifier_for(principal: Principal, secret: bytes) -> Verifier:
    """Return the principal's verifier, the same in every process that holds `secret` (`keys.login_key`).

    Somebody without a password gets one that nothing fits, as a stranger does.
    """
    if principal.password is None:
        return Verifier.mock(secret, principal.name)
    salt = hmac.digest(secret, b"salt\0" + principal.name.encode(), "sha256")[:SALT_BYTES]
    found = _made(principal.password.reveal(), salt)
    return found if principal.former is None else replace(found, former=_made(principal.former.reveal(), salt))


def _made(password: str, salt: bytes) -> Verifier:
    return given_verifier(password) or Verifier.make(password, salt)


def together(password: str, former: str) -> bool:
    """Tell whether two passwords can be good at once: a client is told one salt before anybody knows which it has."""
    one, other = given_verifier(password), given_verifier(former)
    if one is None or other is None:
        return one is other
    return (one.salt, one.iterations) == (other.salt, other.iterations)


class Locks:
    """The verifiers of everybody in the settings, made once; strangers are met with one of the same kind."""

    def __init__(self, config: Config, secret: bytes) -> None:
        self._secret = secret
        self._made: dict[str, Verifier] = {}
        self._config = config

    def of(self, name: str) -> Verifier:
        """Return the verifier that whoever claims this name must fit."""
        principal = self._config.principal(name)
        if principal is None:
            return Verifier.mock(self._secret, name)
        if name not in self._made:
            self._made[name] = verifier_for(principal, self._secret)
        return self._made[name]
