"""Station 3: the text inside PREPARE and DECLARE, which the tree does not point to.

The words are found by a small scanner of its own; the caller's tree is the proof: a text that does not parse to the
same query is refused.
"""

from __future__ import annotations

import re

from proctor.sql import ir, parser

_TOKEN = re.compile(
    r"""\s+ | --[^\n\r]* | (?P<comment>/\*) | (?P<quoted>[uU]&"(?:[^"]|"")*" | "(?:[^"]|"")*")
      | (?P<word>[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*) | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


def inner_text(text: str, verb: str) -> str:
    """Return the query inside `PREPARE name (types) AS query` or `DECLARE name … CURSOR … FOR query`."""
    wanted = "as" if verb == "prepare" else "for"
    inner = text[_after(text, wanted) :].strip()
    try:
        (outer,) = parser.parse(text)
        (own,) = parser.parse(inner)
    except (parser.Unparsable, ValueError):
        raise ir.NotUnderstood(f"the text inside {verb.upper()} cannot be cut out") from None
    ((_, body),) = outer.tree.items()
    if _bare(body.get("query")) != _bare(own.tree):
        raise ir.NotUnderstood(f"the text inside {verb.upper()} cannot be cut out")
    return inner


def _after(text: str, wanted: str) -> int:
    """Return where the first `wanted` outside of parentheses ends, past the statement's name."""
    place = depth = words = 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            break
        place = token.end()
        if token["comment"]:
            place = _end_of_comment(text, place)
        elif token["word"] or token["quoted"]:
            words += 1
            # The first word is the verb and the second the name, which may be any word at all.
            if words > 2 and depth == 0 and (token["word"] or "").lower() == wanted:
                return place
        elif token["other"] == "(":
            depth += 1
        elif token["other"] == ")":
            depth -= 1
    raise ir.NotUnderstood("the text inside the statement cannot be cut out")


def _end_of_comment(text: str, place: int) -> int:
    depth = 1
    while depth and place < len(text):
        if text.startswith("/*", place):
            depth, place = depth + 1, place + 2
        elif text.startswith("*/", place):
            depth, place = depth - 1, place + 2
        else:
            place += 1
    return place


def _bare(node: object) -> object:
    """Return a tree without the places its nodes stand at."""
    if isinstance(node, dict):
        return {key: _bare(value) for key, value in node.items() if key not in _PLACES}
    if isinstance(node, list):
        return [_bare(item) for item in node]
    return node


_PLACES = frozenset(
    {"location", "stmt_location", "stmt_len", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end"}
)
