"""Station 3, beside the analysis: what a client claims in the comment behind a statement, as sqlcommenter writes it.

In comes a text; out come the reason and the task that its last comment gives, bounded, and the trace that it is part of
(W3C Trace Context). Whatever else stands there, routes and the like, is left alone, and what is not written as it is
meant to be says nothing. Knows no SQL: a valid text that ends with the end of a comment ends with a comment.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from proctor.session.claimed import told, traced

MAX_COMMENT = 8192
TRAILING = " \t\r\n\f\v;"
Said = tuple[str | None, str | None]
"""The reason and the task."""

_PAIR = re.compile(r"\s*([A-Za-z0-9_%.\-]{1,64})\s*=\s*'((?:[^'\\]|\\.){0,4096})'\s*", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def said_behind(text: str) -> Said | None:
    """Return what the comment at the end of a text claims, None when it claims nothing that is kept."""
    comment = _comment(text)
    if comment is None:
        return None
    found = _said(comment)
    return found[:2] if found is not None and found[:2] != (None, None) else None


def trace_behind(text: str) -> str | None:
    """Return the `traceparent` in the comment at the end of a text, None where none is well formed."""
    comment = _comment(text)
    found = None if comment is None else _said(comment)
    return None if found is None else found[2]


def _comment(text: str) -> str | None:
    if not text.endswith("*/"):
        text = text.rstrip(TRAILING)
        if not text.endswith("*/"):
            return None
    start = text.rfind("/*")
    if start < 0 or len(text) - start > MAX_COMMENT:
        return None
    return text[start + 2 : -2]


@lru_cache(maxsize=1024)
def _said(comment: str) -> tuple[str | None, str | None, str | None] | None:
    found: dict[str, str] = {}
    at = 0
    while True:
        pair = _PAIR.match(comment, at)
        if pair is None:
            return None
        key, value = unquote(pair[1]), unquote(_ESCAPED.sub(r"\1", pair[2]))
        if key in ("reason", "task") and value:
            found[key] = told(value)
        elif key == "traceparent" and traced(value):
            found[key] = value
        at = pair.end()
        if at == len(comment):
            break
        if comment[at] != ",":
            return None
        at += 1
    return (found.get("reason"), found.get("task"), found.get("traceparent")) if found else None
