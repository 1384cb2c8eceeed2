"""Station 8, types: arrays between PostgreSQL's binary and text forms, whatever their elements are.

In come the bytes of one array and its element's codec, out go the same array's bytes in the other form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from struct import pack, unpack_from

Codec = Callable[[bytes], bytes]

MAX_DIMENSIONS = 6  # the server's own limit
_SPACE = b" \t\n\v\f\r"
_TO_QUOTE = re.compile(rb'[{}",\\ \t\n\v\f\r]')
_BOUNDS = re.compile(rb"((?:\[[+-]?[0-9]{1,10}:[+-]?[0-9]{1,10}\]){1,6})=")
_BOUND = re.compile(rb"\[([+-]?[0-9]+):([+-]?[0-9]+)\]")
_TOKEN = re.compile(rb'[{},]|"(?:[^"\\]|\\[\s\S])*+"|(?:[^{},"\\\s]|\\[\s\S])(?:[^{},"\\]|\\[\s\S])*+')
_ESCAPED = re.compile(rb"\\([\s\S])")


def read_array(data: bytes, element: int, read: Codec) -> bytes:
    """Return the text form of an array of that element type."""
    if len(data) < 12:
        raise ValueError("not an array")
    dimensions, flags, of = unpack_from("!iiI", data)
    if not 0 <= dimensions <= MAX_DIMENSIONS or flags not in (0, 1) or of != element:
        raise ValueError("not an array of this type")
    if len(data) < 12 + 8 * dimensions:
        raise ValueError("an array ends early")
    bounds = [unpack_from("!ii", data, 12 + 8 * at) for at in range(dimensions)]
    words = _read_elements(data, 12 + 8 * dimensions, read)
    sizes = [size for size, _ in bounds]
    total = 1 if sizes else 0
    for size in sizes:
        total *= size
    # Sizes multiply to billions in a few bytes: what is there must be as many as they promise.
    if any(size < 0 for size in sizes) or total != len(words):
        raise ValueError("an array has not as many elements as it says")
    if not words:
        return b"{}"
    for size in reversed(sizes):
        words = [b"{" + b",".join(words[at : at + size]) + b"}" for at in range(0, len(words), size)]
    prefix = b""
    if any(lower != 1 for _, lower in bounds):
        prefix = b"".join(b"[%d:%d]" % (lower, lower + size - 1) for size, lower in bounds) + b"="
    return prefix + words[0]


def _read_elements(data: bytes, pos: int, read: Codec) -> list[bytes]:
    words: list[bytes] = []
    while pos < len(data):
        if len(data) - pos < 4:
            raise ValueError("an array ends early")
        (size,) = unpack_from("!i", data, pos)
        pos += 4
        if size == -1:
            words.append(b"NULL")
            continue
        if size < 0 or size > len(data) - pos:
            raise ValueError("an array ends early")
        words.append(_quote(read(data[pos : pos + size])))
        pos += size
    return words


def _quote(word: bytes) -> bytes:
    if word and word.upper() != b"NULL" and not _TO_QUOTE.search(word):
        return word
    return b'"' + re.sub(rb'(["\\])', rb"\\\1", word) + b'"'


def write_array(text: bytes, element: int, write: Codec) -> bytes:
    """Return the binary form of an array of that element type."""
    lowers: list[int] | None = None
    found = _BOUNDS.match(text)
    sizes_said: list[int] = []
    if found is not None:
        pairs = [(int(pair[1]), int(pair[2])) for pair in _BOUND.finditer(found[1])]
        lowers = [lower for lower, _ in pairs]
        sizes_said = [upper - lower + 1 for lower, upper in pairs]
        text = text[found.end() :]
    words, sizes = _parse(text)
    if not words:
        return pack("!iiI", 0, 0, element)
    if lowers is None:
        lowers = [1] * len(sizes)
    elif sizes_said != sizes:
        raise ValueError("an array has not as many elements as its bounds say")
    parts = [pack("!iiI", len(sizes), int(None in words), element)]
    parts += [pack("!ii", size, lower) for size, lower in zip(sizes, lowers, strict=True)]
    for word in words:
        value = None if word is None else write(word)
        parts.append(b"\xff\xff\xff\xff" if value is None else pack("!i", len(value)) + value)
    return b"".join(parts)


def elements(text: bytes) -> list[bytes | None]:
    """Return the elements of an array in text form, in order; raise ValueError where it is none."""
    found = _BOUNDS.match(text)
    return _parse(text[found.end() :] if found is not None else text)[0]


def spell(words: Sequence[bytes | None]) -> bytes:
    """Return the text form of an array of one dimension."""
    return b"{" + b",".join(b"NULL" if word is None else _quote(word) for word in words) + b"}"


def mapped(text: bytes, change: Callable[[bytes], bytes | None]) -> bytes:
    """Return the text form of an array with each element changed, in the same dimensions; NULL stays NULL."""
    found = _BOUNDS.match(text)
    start = found.end() if found is not None else 0
    _parse(text[start:])
    parts = [text[:start]]
    for token in _tokens(text[start:]):
        if token in (b"{", b"}", b","):
            parts.append(token)
            continue
        word = _unquote(token)
        new = None if word is None else change(word)
        parts.append(b"NULL" if new is None else _quote(new))
    return b"".join(parts)


def mapped_binary(data: bytes, change: Callable[[bytes], bytes | None]) -> bytes:
    """Return the binary form of an array with each element changed, in the same dimensions; NULL stays NULL."""
    if len(data) < 12:
        raise ValueError("not an array")
    dimensions, _, of = unpack_from("!iiI", data)
    start = 12 + 8 * dimensions
    if not 0 <= dimensions <= MAX_DIMENSIONS or len(data) < start:
        raise ValueError("not an array")
    total = 1 if dimensions else 0
    for at in range(dimensions):
        total *= max(unpack_from("!i", data, 12 + 8 * at)[0], 0)
    parts, pos, nulls, count = [data[12:start]], start, 0, 0
    while pos < len(data):
        if len(data) - pos < 4:
            raise ValueError("an array ends early")
        (size,) = unpack_from("!i", data, pos)
        pos += 4
        if size < -1 or size > len(data) - pos:
            raise ValueError("an array ends early")
        new = None if size == -1 else change(data[pos : pos + size])
        parts.append(b"\xff\xff\xff\xff" if new is None else pack("!i", len(new)) + new)
        nulls |= new is None
        pos += max(size, 0)
        count += 1
    if count != total:
        raise ValueError("an array has not as many elements as it says")
    return pack("!iiI", dimensions, nulls, of) + b"".join(parts)


def _parse(text: bytes) -> tuple[list[bytes | None], list[int]]:
    """Return the elements in order, and the size of each dimension; all rows of a dimension must be alike."""
    words: list[bytes | None] = []
    sizes: list[int | None] = []
    counts: list[int] = []  # of what each open brace holds so far
    depth = MAX_DIMENSIONS  # how deep elements stand: as deep as the first of them
    wants_item = True
    for token in _tokens(text):
        if token == b"{":
            if not wants_item or (not counts and sizes) or len(counts) == depth:
                raise ValueError("not an array")
            counts.append(0)
            if len(sizes) < len(counts):
                sizes.append(None)
        elif token == b"}":
            if not counts or (wants_item and counts[-1] > 0):
                raise ValueError("not an array")
            size = counts.pop()
            at = len(counts)
            if sizes[at] not in (None, size):
                raise ValueError("an array whose rows differ in length")
            sizes[at] = size
            if counts:
                counts[-1] += 1
            wants_item = False
        elif token == b",":
            if wants_item or not counts:
                raise ValueError("not an array")
            wants_item = True
        else:
            if not wants_item or not counts or (words and len(counts) != depth):
                raise ValueError("not an array")
            depth = len(counts)
            counts[-1] += 1
            words.append(_unquote(token))
            wants_item = False
    if counts or not sizes or len(words) != _product(sizes):
        raise ValueError("not an array")
    return words, [size or 0 for size in sizes]


def _product(sizes: list[int | None]) -> int:
    total = 1
    for size in sizes:
        total *= size or 0
    return total


def _tokens(text: bytes) -> Iterator[bytes]:
    pos = 0
    while pos < len(text):
        if text[pos] in _SPACE:
            pos += 1
            continue
        found = _TOKEN.match(text, pos)
        if found is None:
            raise ValueError("not an array")
        yield found[0]
        pos = found.end()


def _unquote(token: bytes) -> bytes | None:
    if token.startswith(b'"'):
        return _ESCAPED.sub(rb"\1", token[1:-1])
    token = token.rstrip(_SPACE)
    if token.upper() == b"NULL":
        return None
    return _ESCAPED.sub(rb"\1", token)
