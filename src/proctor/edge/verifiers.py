"""Station 1, its locks: which SCRAM-SHA-256 verifier each principal of the settings has.

In comes a principal or a stranger's name; out goes a verifier, the same in every process. Knows no sockets.
"""

from __future__ import annotations

import hmac

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
    password = principal.password.reveal()
    given = given_verifier(password)
    if given is not None:
        return given
    return Verifier.make(password, hmac.digest(secret, b"salt\0" + principal.name.encode(), "sha256")[:SALT_BYTES])


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
