"""Station 3: text → raw parse trees. The only file that knows libpg_query.

The library is the one postgast ships; its own Python layer decodes protobuf, five times slower and with a nesting limit
that honest statements reach, so `pg_query_parse` is called directly and its JSON decoded by msgspec. The grammar is
that of PostgreSQL 18: a statement that an older server parses is parsed alike here, one that only 18 knows is
understood here and refused there. Knows nothing of what a node means.
"""

from __future__ import annotations

from ctypes import c_char_p
from dataclasses import dataclass
from typing import Any

import msgspec
from postgast import native

Node = dict[str, Any]
"""One node of the raw tree, as decoded: {"SelectStmt": {…}}. Only `translate*` reads it."""

MAX_TEXT = 8 * 1024 * 1024
"""A message may be longer (COPY rows); a statement's text that long is an attack or belongs in COPY."""

_parse = native.lib.pg_query_parse
_parse.argtypes = [c_char_p]
_parse.restype = native.PgQueryParseResult
_free = native.lib.pg_query_free_parse_result


class Unparsable(Exception):
    """The text is not SQL as far as the grammar knows. The message never quotes the text."""


@dataclass(frozen=True, slots=True)
class RawStatement:
    """One statement: its tree and its own text."""

    tree: Node
    text: str


def parse(text: str) -> tuple[RawStatement, ...]:
    """Return the statements of a text, each with its own text cut out.

    A NUL would end the text for C but not for us, and what stands behind it would go unseen: it is refused.
    """
    if "\x00" in text:
        raise Unparsable("the text holds a NUL character")
    try:
        encoded = text.encode("utf-8")
    except UnicodeEncodeError:
        raise Unparsable("the text is not valid Unicode") from None
    if len(encoded) > MAX_TEXT:
        raise Unparsable("the text is too long to be examined")
    decoded = msgspec.json.decode(_tree(encoded))
    found = []
    for raw in decoded.get("stmts", ()):
        start = raw.get("stmt_location", 0)
        length = raw.get("stmt_len", 0)
        end = start + length if length else len(encoded)
        found.append(RawStatement(tree=raw["stmt"], text=encoded[start:end].decode("utf-8").strip()))
    return tuple(found)


def _tree(encoded: bytes) -> bytes:
    result = _parse(encoded)
    try:
        if result.error:
            position = result.error.contents.cursorpos
            raise Unparsable(f"syntax error at character {position}" if position > 0 else "the parser gave up")
        tree: bytes = result.parse_tree
        return tree
    finally:
        _free(result)
