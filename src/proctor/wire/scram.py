"""Station 2, the login: SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL speaks it, on both sides.

In come the messages of an exchange, out go the answers; the nonces and the secret behind the mock verifiers are
arguments. Knows no accounts: who is who, and whether a user exists, is the caller's.
"""

from __future__ import annotations

import hashlib
import hmac
import stringprep
import unicodedata
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from functools import lru_cache

from proctor.errors import ClientFault, UpstreamFault

SCRAM = "SCRAM-SHA-256"
SCRAM_PLUS = "SCRAM-SHA-256-PLUS"
ITERATIONS = 4096
MAX_ITERATIONS = 1_000_000  # an upstream that asks for more wants our time, not our proof
MAX_MESSAGE = 4096  # an honest message of SCRAM has some 200 bytes
SALT_BYTES = 16
END_POINT = b"tls-server-end-point"
_PRINTABLE = bytes(letter for letter in range(0x21, 0x7F) if letter != 0x2C)

_PROHIBITED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
    stringprep.in_table_a1,
)


def prepare(password: str) -> bytes:
    """Return the password as it is hashed: by SASLprep (RFC 4013), or as it is where SASLprep forbids it.

    The servers and libpq fall back in the same way, so that any password works that both sides spell alike.
    """
    raw = password.encode("utf-8", "surrogateescape")
    if password.isascii():
        return raw
    mapped = "".join(
        " " if stringprep.in_table_c12(letter) else letter for letter in password if not stringprep.in_table_b1(letter)
    )
    word = unicodedata.normalize("NFKC", mapped)
    if not word or any(forbids(letter) for letter in word for forbids in _PROHIBITED) or not _one_direction(word):
        return raw
    return word.encode()


def _one_direction(word: str) -> bool:
    """Tell whether the word keeps the rule on right-to-left letters (RFC 3454, section 6)."""
    if not any(map(stringprep.in_table_d1, word)):
        return True
    ends = stringprep.in_table_d1(word[0]) and stringprep.in_table_d1(word[-1])
    return ends and not any(map(stringprep.in_table_d2, word))


@dataclass(frozen=True, slots=True)
class Verifier:
    """What is kept instead of a password: enough to check a proof, too little to give one."""

    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes
    doomed: bool = False
    """It stands for a user who does not exist: no proof fits it."""
    former: Verifier | None = None
    """Of the password before, good as well until it is taken away; of the same salt and iterations."""

    @classmethod
    def make(cls, password: str, salt: bytes, iterations: int = ITERATIONS) -> Verifier:
        """Return the verifier of a password; the salt must be fresh and random."""
        salted = hashlib.pbkdf2_hmac("sha256", prepare(password), salt, iterations)
        stored = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
        return cls(iterations, salt, stored, _hmac(salted, b"Server Key"))

    @classmethod
    def mock(cls, secret: bytes, user: str, iterations: int = ITERATIONS) -> Verifier:
        """Return a verifier that looks like a real one and fits no password.

        The same user gets the same salt each time, as a real one would; otherwise asking twice would tell who exists.
        """
        seed = user.encode("utf-8", "surrogateescape")
        salt = _hmac(secret, b"salt\0" + seed)[:SALT_BYTES]
        return cls(iterations, salt, _hmac(secret, b"stored\0" + seed), _hmac(secret, b"server\0" + seed), doomed=True)

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """Return the verifier of PostgreSQL's text form; raise ValueError where it is not one."""
        parts = text.split("$")
        if len(parts) != 3 or parts[0] != SCRAM or parts[1].count(":") != 1 or parts[2].count(":") != 1:
            raise ValueError("not a SCRAM-SHA-256 verifier")
        count, salt = parts[1].split(":")
        stored, server = (_base64(part.encode("utf-8", "replace")) for part in parts[2].split(":"))
        if not (count.isascii() and count.isdigit() and len(count) <= 9) or int(count) < 1:
            raise ValueError("a SCRAM-SHA-256 verifier has an impossible number of iterations")
        if len(stored) != 32 or len(server) != 32:
            raise ValueError("a SCRAM-SHA-256 verifier has a key of the wrong length")
        return cls(int(count), _base64(salt.encode("utf-8", "replace")), stored, server)

    def __str__(self) -> str:
        stored, server = b64encode(self.stored_key).decode(), b64encode(self.server_key).decode()
        return f"{SCRAM}${self.iterations}:{b64encode(self.salt).decode()}${stored}:{server}"

    def __repr__(self) -> str:
        return "Verifier(…)"  # the stored key is as good as the password to one who listens to a login

    def fits(self, password: str) -> bool:
        """Tell whether this is the verifier's password; for logins that send it in the clear, under TLS."""
        other = Verifier.make(password, self.salt, self.iterations)
        fitting = [hmac.compare_digest(other.stored_key, each.stored_key) for each in self.all]
        return any(fitting) and not self.doomed

    @property
    def all(self) -> tuple[Verifier, ...]:
        """Return this one, and the one before if there is any."""
        return (self,) if self.former is None else (self, self.former)


class ScramServer:
    """One login, on the server's side: `first`, then `final`; each raises `ClientFault` where the proof fails.

    `binding` is the hash of our certificate (tls-server-end-point) where SCRAM-SHA-256-PLUS was offered; None where
    it was not. `server_nonce` is random, printable, and used once.
    """

    __slots__ = ("_bare", "_binding", "_gs2", "_nonce", "_server_first", "_verifier")

    def __init__(self, verifier: Verifier, server_nonce: str, *, binding: bytes | None = None) -> None:
        self._verifier = verifier
        self._nonce = _own_nonce(server_nonce)
        self._binding = binding
        self._gs2 = b""
        self._bare = b""
        self._server_first = b""

    def first(self, message: bytes, mechanism: str = SCRAM) -> bytes:
        """Return the server-first-message for the client-first-message, which came under that mechanism."""
        if self._server_first:
            raise _malformed()
        self._gs2, self._bare = self._split(message, mechanism)
        parts = self._bare.split(b",")
        # The name inside is ignored, as PostgreSQL does: the start-up packet said who it is. `m=` is an extension that
        # must be understood, and is not.
        if len(parts) < 2 or not parts[0].startswith(b"n=") or not parts[1].startswith(b"r="):
            raise _malformed()
        theirs = parts[1][2:]
        if not theirs or not _printable(theirs) or not all(map(_is_attribute, parts[2:])):
            raise _malformed()
        self._nonce = theirs + self._nonce
        salt = b64encode(self._verifier.salt)
        self._server_first = b"r=%b,s=%b,i=%d" % (self._nonce, salt, self._verifier.iterations)
        return self._server_first

    def final(self, message: bytes) -> bytes:
        """Return the server-final-message once the client's proof fits; else the login has failed."""
        if not self._server_first or len(message) > MAX_MESSAGE:
            raise _malformed()
        without, comma, proof = message.rpartition(b",p=")
        parts = without.split(b",")
        if not comma or len(parts) < 2 or not all(map(_is_attribute, parts[2:])):
            raise _malformed()
        bound = self._gs2 + (self._binding or b"" if self._gs2.startswith(b"p=") else b"")
        if not hmac.compare_digest(parts[0], b"c=" + b64encode(bound)):
            # Somebody between us and the client changed the flag, or holds another certificate.
            raise ClientFault("SCRAM channel binding check failed", sqlstate="28000")
        if not hmac.compare_digest(parts[1], b"r=" + self._nonce):
            raise _malformed()
        auth = b",".join((self._bare, self._server_first, without))
        proven = self._proven(_proof(proof), auth)
        if proven is None:
            raise ClientFault("password authentication failed", sqlstate="28P01")
        self._server_first = b""
        return b"v=" + b64encode(_hmac(proven.server_key, auth))

    def _split(self, message: bytes, mechanism: str) -> tuple[bytes, bytes]:
        """Return the GS2 header and the rest, once the header's flag agrees with what was offered and chosen."""
        flag, comma, rest = message.partition(b",")
        authorize, second, bare = rest.partition(b",")
        if not comma or not second or len(message) > MAX_MESSAGE:
            raise _malformed()
        if authorize:
            raise ClientFault("a SCRAM authorization identity is not supported", sqlstate="0A000")
        plus = mechanism == SCRAM_PLUS
        if mechanism not in (SCRAM, SCRAM_PLUS) or (plus and self._binding is None):
            raise ClientFault("the client selected an invalid SASL mechanism")
        if flag == b"y" and not plus and self._binding is not None:
            # RFC 5802, section 6: it could bind and was told that we could not. We never said so.
            raise ClientFault("SCRAM channel binding was negotiated away by somebody in between", sqlstate="28000")
        wanted = (b"p=" + END_POINT,) if plus else (b"n", b"y")
        if flag not in wanted:
            raise _malformed()
        return flag + b",,", bare

    def _proven(self, proof: bytes, auth: bytes) -> Verifier | None:
        """Return the verifier that the proof fits; all are looked at, whichever it is."""
        found = None
        for each in self._verifier.all:
            stored = hashlib.sha256(_xor(proof, _hmac(each.stored_key, auth))).digest()
            if hmac.compare_digest(stored, each.stored_key) and not each.doomed:
                found = each
        return found


@lru_cache(maxsize=64)
def _salted(password: bytes, salt: bytes, iterations: int) -> bytes:
    """Return what thousands of rounds make of a password of the gateway's own; a server asks for the same each time."""
    return hashlib.pbkdf2_hmac("sha256", password, salt, iterations)


class ScramClient:
    """One login, on the client's side: `first`, `final`, `verify`; `UpstreamFault` where the server is not who knows.

    `binding` is the hash of the server's certificate, to be given where SCRAM-SHA-256-PLUS is offered and chosen.
    """

    __slots__ = ("_bare", "_expected", "_gs2", "_nonce", "_password", "binding")

    def __init__(self, password: str, nonce: str, *, binding: bytes | None = None) -> None:
        self._password = prepare(password)
        self._nonce = _own_nonce(nonce)
        self.binding = binding
        self._gs2 = b"n,," if binding is None else b"p=" + END_POINT + b",,"
        self._bare = b"n=,r=" + self._nonce
        self._expected = b""

    @property
    def mechanism(self) -> str:
        """Return the name of the mechanism to choose."""
        return SCRAM if self.binding is None else SCRAM_PLUS

    def first(self) -> bytes:
        """Return the client-first-message."""
        return self._gs2 + self._bare

    def final(self, server_first: bytes) -> bytes:
        """Return the client-final-message, the proof, for the server-first-message."""
        nonce, salt, iterations = self._read(server_first)
        salted = _salted(self._password, salt, iterations)
        key = _hmac(salted, b"Client Key")
        without = b"c=" + b64encode(self._gs2 + (self.binding or b"")) + b",r=" + nonce
        auth = b",".join((self._bare, server_first, without))
        self._expected = _hmac(_hmac(salted, b"Server Key"), auth)
        signature = _hmac(hashlib.sha256(key).digest(), auth)
        return without + b",p=" + b64encode(_xor(key, signature))

    def verify(self, server_final: bytes) -> None:
        """Raise unless the server has shown that it knows the password as well: otherwise it is somebody else."""
        if server_final.startswith(b"e="):
            raise UpstreamFault("the database refused the gateway's login", sqlstate="28P01")
        signature = server_final.split(b",")[0]
        if not self._expected or not hmac.compare_digest(signature, b"v=" + b64encode(self._expected)):
            raise UpstreamFault("the database did not prove that it knows the gateway's password", sqlstate="28000")

    def _read(self, message: bytes) -> tuple[bytes, bytes, int]:
        parts = message.split(b",")
        if len(message) > MAX_MESSAGE or len(parts) < 3:
            raise _nonsense()
        nonce, salt, count = parts[0], parts[1], parts[2]
        if not (nonce.startswith(b"r=") and salt.startswith(b"s=") and count.startswith(b"i=")):
            raise _nonsense()
        # A nonce that does not start with ours is one of another login, played back.
        if not nonce.startswith(b"r=" + self._nonce) or len(nonce) == len(self._nonce) + 2 or not _printable(nonce):
            raise _nonsense()
        digits = count[2:]
        if not digits.isdigit() or len(digits) > 7 or not 1 <= int(digits) <= MAX_ITERATIONS:
            raise _nonsense()
        try:
            return nonce[2:], _base64(salt[2:]), int(digits)
        except ValueError:
            raise _nonsense() from None


def md5_password(user: str, password: str, salt: bytes) -> str:
    """Return the answer to AuthenticationMD5Password, for upstreams that still ask for it."""
    inner = hashlib.md5(password.encode() + user.encode()).hexdigest()  # noqa: S324 - the protocol's, not our choice
    return "md5" + hashlib.md5(inner.encode() + salt).hexdigest()  # noqa: S324


def _own_nonce(nonce: str) -> bytes:
    word = nonce.encode("utf-8", "replace")
    if len(word) < 18 or not _printable(word):
        raise ValueError("a nonce is at least 18 printable characters without a comma")
    return word


def _printable(word: bytes) -> bool:
    return not word.translate(None, _PRINTABLE)


def _is_attribute(part: bytes) -> bool:
    return len(part) >= 2 and part[:1].isalpha() and part[1:2] == b"="


def _proof(text: bytes) -> bytes:
    try:
        proof = _base64(text)
    except ValueError:
        raise _malformed() from None
    if len(proof) != 32:
        raise _malformed()
    return proof


def _base64(text: bytes) -> bytes:
    try:
        return b64decode(text, validate=True)
    except NotBase64:
        raise ValueError("not base64") from None


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    if len(one) != len(other):
        raise ValueError("only what is equally long can be combined")
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")


def _malformed() -> ClientFault:
    return ClientFault("a SCRAM message is malformed")


def _nonsense() -> UpstreamFault:
    return UpstreamFault("the database sent a malformed SCRAM message", sqlstate="08P01")
