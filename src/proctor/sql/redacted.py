"""Station 6: a statement's text without its literals and comments, for the journal.

Works on the tokens, not the tree, so that it holds for every kind of statement, and for what cannot be parsed as well.
"""

from __future__ import annotations

LITERALS = frozenset({260, 261, 262, 263, 264, 265, 266})
"""The tokens of constants: IDENT is 258 and UIDENT 259; FCONST, SCONST, USCONST, BCONST, XCONST, Op, ICONST follow."""
OPERATOR = 265
COMMENTS = frozenset({275, 276})
MAX_KEPT = 20_000  # characters; a record names the rest by its digest
UNREADABLE = "(not readable as SQL)"


def redacted(text: str) -> str:
    """Return the text with every literal as `?` and every comment gone."""
    import postgast  # noqa: PLC0415 - the command line's help must not wait for the parser

    encoded = text.encode("utf-8", "replace")
    try:
        tokens = postgast.scan(text).tokens
    except (postgast.PgQueryError, ValueError):
        return UNREADABLE
    out: list[bytes] = []
    at = 0
    for token in tokens:
        literal = token.token in LITERALS and token.token != OPERATOR
        if literal or token.token in COMMENTS:
            out.append(encoded[at : token.start])
            out.append(b"?" if literal else b" ")
            at = token.end
    out.append(encoded[at:])
    kept = b"".join(out).decode("utf-8", "replace")
    return " ".join(kept.split())[:MAX_KEPT]
