"""Station 6: a statement's text without its literals and comments, for the journal.

Works on the tokens, not the tree, so that it holds for every kind of statement, and for what cannot be parsed as well.
"""

from __future__ import annotations

import re

from proctor.sql.shape import COMMENT, MARKERS, shape_of

LITERALS = frozenset({260, 261, 262, 263, 264, 265, 266})
"""The tokens of constants: IDENT is 258 and UIDENT 259; FCONST, SCONST, USCONST, BCONST, XCONST, Op, ICONST follow."""
OPERATOR = 265
COMMENTS = frozenset({275, 276})
MAX_KEPT = 20_000  # characters; a record names the rest by its digest
UNREADABLE = "(not readable as SQL)"
_NUMERAL = re.compile(rb"[0-9]{10}")
"""A number of so many digits may stand in a shape as it is."""
_MARKED = re.compile(b"[%b-%b]" % (MARKERS[:1], b"%c" % (COMMENT - 1)))


def redacted(text: str, *, parsed: bool = False) -> str:
    """Return the text with every literal as `?` and every comment gone.

    Where the parser has read the text already (`parsed`), its shape says the same as its tokens, for less.
    """
    found = shape_of(text) if parsed else None
    if found is not None and not _NUMERAL.search(found[0]):
        kept = _MARKED.sub(b"?", found[0]).replace(b"%c" % COMMENT, b" ").decode()
    else:
        by_tokens = _by_tokens(text)
        if by_tokens is None:
            return UNREADABLE
        kept = by_tokens
    return " ".join(kept.split())[:MAX_KEPT]


def _by_tokens(text: str) -> str | None:
    import postgast  # noqa: PLC0415 - the command line's help must not wait for the parser

    encoded = text.encode("utf-8", "replace")
    try:
        tokens = postgast.scan(text).tokens
    except (postgast.PgQueryError, ValueError):
        return None
    out: list[bytes] = []
    at = 0
    for token in tokens:
        literal = token.token in LITERALS and token.token != OPERATOR
        if literal or token.token in COMMENTS:
            out.append(encoded[at : token.start])
            out.append(b"?" if literal else b" ")
            at = token.end
    out.append(encoded[at:])
    return b"".join(out).decode("utf-8", "replace")
