"""Station 1, its lock: SCRAM-SHA-256 verifiers (RFC 5802, RFC 7677) of passwords, in PostgreSQL's own notation.

In comes a password or a principal; out goes a verifier, or whether a password fits one. Knows no sockets and no store.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import stringprep
import unicodedata
from base64 import b64decode, b64encode
from dataclasses import dataclass

from proctor.edge.config import Principal

ITERATIONS = 4096  # what PostgreSQL's own verifiers have: another number would tell a local account from a decoy
# A verifier names its own work factor, and whoever writes one could make each login cost minutes.
MAX_ITERATIONS = 1_000_000
_VERIFIER = re.compile(
    r"SCRAM-SHA-256\$([1-9][0-9]{0,6}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)"
)


@dataclass(frozen=True, slots=True)
class Verifier:
    """The parts of a SCRAM-SHA-256 verifier; none of them lets anybody log in as the client."""

    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes

    def __repr__(self) -> str:
        return "Verifier(…)"

    def __str__(self) -> str:
        salt, stored, server = (b64encode(part).decode() for part in (self.salt, self.stored_key, self.server_key))
        return f"SCRAM-SHA-256${self.iterations}:{salt}${stored}:{server}"


def parse_verifier(text: str) -> Verifier | None:
    """Return the parts of a verifier, or None when the text is not one."""
    found = _VERIFIER.fullmatch(text)
    if found is None:
        return None
    iterations, salt, stored, server = found.groups()
    try:
        parts = [b64decode(part, validate=True) for part in (salt, stored, server)]
    except ValueError:
        return None
    if not ITERATIONS <= int(iterations) <= MAX_ITERATIONS or not parts[0]:
        return None
    return Verifier(int(iterations), *parts)


def saslprep(password: str) -> str:
    """Return the password as SASLprep (RFC 4013) has it, or unchanged where SASLprep forbids it, as PostgreSQL does."""
    mapped = "".join(
        " " if stringprep.in_table_c12(each) else each for each in password if not stringprep.in_table_b1(each)
    )
    prepared = unicodedata.normalize("NFKC", mapped)
    if not prepared or any(_prohibited(each) for each in prepared) or not _bidi_fits(prepared):
        return password
    return prepared


def _prohibited(each: str) -> bool:
    return (
        stringprep.in_table_a1(each)
        or stringprep.in_table_c12(each)
        or stringprep.in_table_c21_c22(each)
        or any(
            table(each)
            for table in (
                stringprep.in_table_c3,
                stringprep.in_table_c4,
                stringprep.in_table_c5,
                stringprep.in_table_c6,
                stringprep.in_table_c7,
                stringprep.in_table_c8,
                stringprep.in_table_c9,
            )
        )
    )


def _bidi_fits(text: str) -> bool:
    if not any(stringprep.in_table_d1(each) for each in text):
        return True
    ends = stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
    return ends and not any(stringprep.in_table_d2(each) for each in text)


def make_verifier(password: str, salt: bytes, *, iterations: int = ITERATIONS) -> Verifier:
    """Return the verifier of a password under this salt."""
    salted = hashlib.pbkdf2_hmac("sha256", saslprep(password).encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return Verifier(iterations, salt, hashlib.sha256(client_key).digest(), hmac.digest(salted, b"Server Key", "sha256"))


def verifier_for(principal: Principal, secret: bytes) -> str:
    """Return the principal's verifier, the same in every process that holds `secret` (the house's login key).

    Somebody without a password gets a decoy, as does a stranger: nothing that fits it exists.
    """
    if principal.password is None:
        return decoy_verifier(principal.name, secret)
    password = principal.password.reveal()
    given = parse_verifier(password)
    return str(given if given is not None else make_verifier(password, _salt(principal.name, secret)))


def decoy_verifier(name: str, secret: bytes) -> str:
    """Return a verifier that nothing fits, always the same for a name: strangers are met exactly as friends are."""
    stored, server = (hmac.digest(secret, part + name.encode(), "sha256") for part in (b"stored:", b"server:"))
    return str(Verifier(ITERATIONS, _salt(name, secret), stored, server))


def password_fits(verifier: str, password: str) -> bool:
    """Tell in constant time whether this password made the verifier."""
    parts = parse_verifier(verifier)
    if parts is None:
        return False
    made = make_verifier(password, parts.salt, iterations=parts.iterations)
    return hmac.compare_digest(made.stored_key, parts.stored_key)


def _salt(name: str, secret: bytes) -> bytes:
    return hmac.digest(secret, b"salt:" + name.encode(), "sha256")[:16]
