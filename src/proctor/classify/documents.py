"""Classify, documents: the paths of JSON and hstore values, with some of what stands at each.

In comes text; out go `$.customer.email` and the like, bounded in number, depth and length. What is no document has no
paths. Values are handed on to be looked at, and kept by nobody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

MAX_DOCUMENT = 65_536
MAX_PATHS = 300
MAX_LEAVES = 50
MAX_ELEMENTS = 50
MAX_NODES = 2_000
MAX_DEPTH = 20
MAX_KEY = 128
# "key"=>"value", "other"=>NULL
_HSTORE = re.compile(r'"((?:[^"\\]|\\.){0,128})"\s*=>\s*(?:"((?:[^"\\]|\\.)*)"|NULL)')


def leaves_of(documents: Iterable[str]) -> dict[tuple[str, ...], list[str]]:
    """Return the paths of the documents with up to 50 leaves of each; a list is the path's `[]`."""
    found: dict[tuple[str, ...], list[str]] = {}
    for document in documents:
        if len(document) > MAX_DOCUMENT:
            continue
        for path, leaf in _leaves(document):
            known = found.get(path)
            if known is None:
                if len(found) >= MAX_PATHS:
                    continue
                known = found[path] = []
            if leaf is not None and len(known) < MAX_LEAVES:
                known.append(leaf)
    return found


def spelt(path: tuple[str, ...]) -> str:
    """Return a path as people write it. A key that does not look like a field's name is data, and is not shown."""
    out = "$"
    for key in path:
        if key == "[]":
            out += "[]"
        else:
            out += f".{key}" if is_field(key) else ".*"
    return out


def is_field(key: str) -> bool:
    """Say whether a key looks like the name of a field rather than like a value."""
    return len(key) <= 40 and key.replace("_", "").replace("-", "").isalnum() and sum(map(str.isdigit, key)) <= 4


def elements_of(literal: str) -> list[str]:
    """Return the first elements of an array as text; rough, for looking only."""
    inner = literal.strip().strip("{}[]")
    return [e.strip().strip('"') for e in inner.split(",")[:MAX_ELEMENTS] if e.strip() not in {"", "NULL"}]


def _leaves(document: str) -> Iterator[tuple[tuple[str, ...], str | None]]:
    head = document.lstrip()[:1]
    if head == '"' and "=>" in document:
        for found in _HSTORE.finditer(document):
            yield (found[1],), found[2]
        return
    if head not in {"{", "["}:
        return
    try:
        parsed: object = json.loads(document)
    except (ValueError, RecursionError):
        return
    waiting: list[tuple[object, tuple[str, ...]]] = [(parsed, ())]
    left = MAX_NODES
    while waiting and left > 0:
        node, path = waiting.pop()
        left -= 1
        if isinstance(node, dict) and len(path) < MAX_DEPTH:
            for key, child in list(node.items())[:MAX_PATHS]:
                below = (*path, str(key)[:MAX_KEY])
                yield below, None  # the path is there, whatever stands at its end
                waiting.append((child, below))
        elif isinstance(node, list) and len(path) < MAX_DEPTH:
            waiting.extend((child, (*path, "[]")) for child in node[:MAX_ELEMENTS])
        elif isinstance(node, str):
            yield path, node
        elif isinstance(node, int | float) and not isinstance(node, bool):
            yield path, str(node)
