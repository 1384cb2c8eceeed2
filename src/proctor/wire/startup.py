"""Station 2: read what a stranger says first.

In comes one packet without a tag: a wish for encryption, a cancel, or the start-up message; out goes its event. Knows
no passwords and no databases. Everything here is unauthenticated, so everything odd is refused.
"""

from __future__ import annotations

from struct import unpack_from

from proctor.errors import ClientFault
from proctor.wire.talk import Cancel, ClientEvent, Login, WantsGss, WantsTls

CANCEL_REQUEST = 80877102
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
PROTOCOL_3_0 = 196608

MAX_STARTUP = 10_000  # the packet comes before any login: a stranger may not make us hold more than the server would
MAX_SECRET = 256  # protocol 3.2 allows cancel secrets up to this

# Spelled otherwise these would reach the server as settings of an unknown name, and us as nothing: somebody probes.
_RESERVED = frozenset({"user", "database", "options", "replication"})
_SPACE = " \t\n\v\f\r"


def read_startup(packet: bytes) -> ClientEvent:
    """Return the event of one whole start-up packet, its length included."""
    if len(packet) < 8:
        raise ClientFault("the start-up packet is too short")
    (code,) = unpack_from("!i", packet, 4)
    if code in (SSL_REQUEST, GSS_REQUEST):
        if len(packet) != 8:
            raise ClientFault("a request for encryption has the wrong length")
        return WantsTls() if code == SSL_REQUEST else WantsGss()
    if code == CANCEL_REQUEST:
        if not 16 <= len(packet) <= 12 + MAX_SECRET:
            raise ClientFault("a cancel request has the wrong length")
        return Cancel(unpack_from("!i", packet, 8)[0], packet[12:])
    major, minor = (code >> 16) & 0xFFFF, code & 0xFFFF
    if major != 3:
        raise ClientFault(f"unsupported frontend protocol {major}.{minor}: this server supports 3.0", sqlstate="0A000")
    return _read_login(packet, code)


def _read_login(packet: bytes, protocol: int) -> Login:
    given = _read_parameters(packet)
    user = given.pop("user", "")
    if not user:
        raise ClientFault("no user name was given in the start-up packet", sqlstate="28000")
    database = given.pop("database", "") or user
    if not (user.isprintable() and database.isprintable()):
        # They go to logs and screens; a line break or an escape sequence in them writes there what it likes.
        raise ClientFault("a user or database name holds characters that cannot be printed", sqlstate="28000")
    options = parse_options(given.pop("options", ""))
    extensions = tuple(name for name in given if name.startswith("_pq_."))
    for name in extensions:
        del given[name]
    return Login(user, database, given, protocol, options, extensions)


def _read_parameters(packet: bytes) -> dict[str, str]:
    """Return the names and values; a name that comes twice, in any case, is refused, for who knows which one wins."""
    if packet[-1] != 0:
        raise ClientFault("the start-up packet has no end")
    words = packet[8:-1].split(b"\0")
    # name NUL value NUL … NUL: an even number of words and an empty one behind the last NUL
    if words.pop() != b"" or len(words) % 2:
        raise ClientFault("the start-up packet is malformed")
    given: dict[str, str] = {}
    seen: set[str] = set()
    for name, value in zip(_texts(words[::2]), _texts(words[1::2]), strict=True):
        folded = _fold(name)
        if not name or folded in seen:
            raise ClientFault("the start-up packet names a parameter twice, or one without a name")
        if folded in _RESERVED and folded != name:
            raise ClientFault("the start-up packet spells a parameter in an unknown way")
        seen.add(folded)
        given[name] = value
    return given


def _texts(words: list[bytes]) -> list[str]:
    try:
        return [word.decode() for word in words]
    except UnicodeDecodeError:
        raise ClientFault("the start-up packet is not UTF-8", sqlstate="22021") from None


def parse_options(text: str) -> dict[str, str]:
    """Return the settings of libpq's `options` (`-c name=value`, `--name=value`; a backslash keeps what follows it).

    Names come in lower case, as settings have none. Every other switch of the server's command line is refused.
    """
    settings: dict[str, str] = {}
    words = iter(_split_options(text))
    for word in words:
        if word == "-c":
            setting = next(words, "")
        elif word.startswith("-c") or (word.startswith("--") and word != "--"):
            setting = word[2:]
        else:
            raise ClientFault("options may only hold -c name=value and --name=value", sqlstate="42601")
        name, equals, value = setting.partition("=")
        if not name or not equals:
            raise ClientFault("a setting in options has no name or no value", sqlstate="42601")
        settings[_fold(name).replace("-", "_")] = value
    return settings


def _split_options(text: str) -> list[str]:
    words: list[str] = []
    word: list[str] | None = None
    escaped = False
    for letter in text:
        if letter in _SPACE and not escaped:
            if word is not None:
                words.append("".join(word))
            word = None
            continue
        word = [] if word is None else word
        if letter == "\\" and not escaped:
            escaped = True
            continue
        word.append(letter)
        escaped = False
    if word is not None:
        words.append("".join(word))
    return words


def _fold(name: str) -> str:
    """Return the name as the server compares it: only ASCII letters lose their case."""
    return name.encode().lower().decode()
