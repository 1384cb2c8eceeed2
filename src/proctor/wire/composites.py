"""Station 8, types: rows as values, in PostgreSQL's text and binary forms, whatever their fields are.

In come the bytes of one composite value, out go its fields; and back. A field that is NULL is None.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from struct import pack, unpack_from

MAX_FIELDS = 1664  # the server's own limit on what a row has
_FIELD = re.compile(rb'((?:[^"\\,()]|"(?:[^"\\]|""|\\[\s\S])*+"|\\[\s\S])*+)([,)])')
_PART = re.compile(rb'"((?:[^"\\]|""|\\[\s\S])*+)"|\\([\s\S])|([^"\\]+)')
_ESCAPED = re.compile(rb'""|\\([\s\S])')
_TO_QUOTE = re.compile(rb'["\\(),\s]')


def fields(text: bytes) -> list[bytes | None]:
    """Return the fields of a row in text form, in order; raise ValueError where it is none."""
    if text[:1] != b"(" or text[-1:] != b")":
        raise ValueError("not a row")
    found: list[bytes | None] = []
    pos = 1
    while len(found) < MAX_FIELDS:
        field = _FIELD.match(text, pos)
        if field is None:
            break
        found.append(_unquoted(field[1]) if field[1] else None)
        pos = field.end()
        if field[2] == b")":
            if pos == len(text):
                return found
            break
    raise ValueError("not a row")


def _unquoted(field: bytes) -> bytes:
    words = []
    for part in _PART.finditer(field):
        quoted, escaped, bare = part.groups()
        if quoted is not None:
            words.append(_ESCAPED.sub(lambda m: m[1] or b'"', quoted))
        else:
            words.append(escaped if escaped is not None else bare)
    return b"".join(words)


def spell(words: Sequence[bytes | None]) -> bytes:
    """Return the text form of a row, as the server itself writes it."""
    return b"(" + b",".join(b"" if word is None else _quoted(word) for word in words) + b")"


def _quoted(word: bytes) -> bytes:
    if word and not _TO_QUOTE.search(word):
        return word
    return b'"' + re.sub(rb'(["\\])', rb"\1\1", word) + b'"'


def read(data: bytes) -> list[tuple[int, bytes | None]]:
    """Return the fields of a row in binary form with the types that it names; raise ValueError where it is none."""
    if len(data) < 4:
        raise ValueError("not a row")
    (count,) = unpack_from("!i", data)
    found: list[tuple[int, bytes | None]] = []
    pos = 4
    if not 0 <= count <= MAX_FIELDS:
        raise ValueError("not a row")
    for _ in range(count):
        if len(data) - pos < 8:
            raise ValueError("a row ends early")
        type_oid, size = unpack_from("!Ii", data, pos)
        pos += 8
        if size < -1 or size > len(data) - pos:
            raise ValueError("a row ends early")
        found.append((type_oid, None if size == -1 else data[pos : pos + size]))
        pos += max(size, 0)
    if pos != len(data):
        raise ValueError("a row has more than it says")
    return found


def write(words: Sequence[tuple[int, bytes | None]]) -> bytes:
    """Return the binary form of a row whose fields are of those types."""
    parts = [pack("!i", len(words))]
    for type_oid, word in words:
        parts.append(pack("!Ii", type_oid, -1 if word is None else len(word)) + (word or b""))
    return b"".join(parts)
