"""Beside the stations: SCIM's filters and paths (RFC 7644 §3.4.2.2, §3.10), and whether a document fits one.

In comes a text; out goes a test of documents, or `Unfit`. Knows nothing of where documents come from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

MAX_FILTER: Final = 2000
MAX_DEPTH: Final = 20
_TOKEN: Final = re.compile(r'\s*(?:([()\[\]])|("(?:[^"\\]|\\.)*")|([^\s()\[\]"]+))')
_ESCAPED: Final = re.compile(r"\\(.)")
_ORDERS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "eq": lambda one, other: one == other,
    "co": lambda one, other: other in one,
    "sw": lambda one, other: one.startswith(other),
    "ew": lambda one, other: one.endswith(other),
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
}
_EXACT: Final = frozenset({"id", "externalid"})
Test = Callable[[Mapping[str, object]], bool]
CORE: Final = frozenset({"urn:ietf:params:scim:schemas:core:2.0:user", "urn:ietf:params:scim:schemas:core:2.0:group"})
_SCHEMA: Final = re.compile(r"(urn:.+?:\d+\.\d+:\w+)(?::(.+))?", re.IGNORECASE)
_BORN: Final = re.compile(r'\s*(\w+)\s+eq\s+("(?:[^"\\]|\\.)*"|true|false)\s*', re.IGNORECASE)
_AND: Final = re.compile(r"\s+and\s+", re.IGNORECASE)


class Unfit(ValueError):
    """A filter or path that cannot be read; `kind` is SCIM's word for it."""

    def __init__(self, why: str, kind: str = "invalidFilter") -> None:
        super().__init__(why)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Path:
    """Where a change goes: an attribute, which of its values, and which part of these.

    `born` is what a value needs to fit, where the path says no more than that.
    """

    name: str
    wanted: Test | None = None
    part: str = ""
    born: Mapping[str, object] | None = None


def parse(text: str) -> Test:
    """Return the test that a filter says."""
    reader = _Reader(text)
    test = reader.either(0)
    reader.end()
    return test


def named_by(text: str, attribute: str) -> str | None:
    """Return the name that a filter asks for by `eq` and nothing else, as directories do before each change."""
    said = _BORN.fullmatch(text[:MAX_FILTER])
    if said is None or said[1].casefold() != attribute.casefold() or not said[2].startswith('"'):
        return None
    return str(_literal(said[2]))


def path_of(text: str) -> Path:
    """Return the place that a path says: `name`, `name.part`, `name[filter]` or `name[filter].part`."""
    try:
        reader = _Reader(text)
        name, part = split(reader.word())
        if reader.peek() is None:
            return Path(name, None, part)
        reader.take("[")
        test = reader.either(0)
        reader.take("]")
        rest = reader.word() if reader.peek() is not None else ""
        reader.end()
    except Unfit as unfit:
        raise Unfit(str(unfit), "invalidPath") from None
    if part or (rest and not re.fullmatch(r"\.\w+", rest)):
        raise Unfit("this is no path", "invalidPath")
    return Path(name, test, rest[1:], _born(text[text.index("[") + 1 : text.rindex("]")]))


def _born(text: str) -> Mapping[str, object] | None:
    found: dict[str, object] = {}
    for each in _AND.split(text):
        said = _BORN.fullmatch(each)
        if said is None:
            return None
        found[said[1]] = _literal(said[2] if said[2].startswith('"') else said[2].casefold())
    return found


def extension(said: str) -> tuple[str, str]:
    """Return the schema of an extension that an attribute is of, empty for our own, and the rest of what was said."""
    match = _SCHEMA.fullmatch(said.strip()) if said.casefold().startswith("urn:") else None
    if match is None:
        return "", said
    return ("" if match[1].casefold() in CORE else match[1]), match[2] or ""


def split(said: str) -> tuple[str, str]:
    """Return attribute and part of `urn:…:User:name.part`; the schema in front says nothing that we need."""
    bare = said.rpartition(":")[2] if said.casefold().startswith("urn:") else said
    name, _, part = bare.partition(".")
    if not re.fullmatch(r"[$A-Za-z][\w$-]*", name) or (part and not re.fullmatch(r"[\w$-]+", part)):
        raise Unfit(f'"{said[:60]}" is no attribute', "invalidPath")
    return name, part


def value_of(document: Mapping[str, object], name: str) -> object:
    """Return an attribute, however it is spelled; None if there is none."""
    folded = name.casefold()
    return next((value for key, value in document.items() if key.casefold() == folded), None)


class _Reader:
    """Reads a filter word by word."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_FILTER:
            raise Unfit(f"a filter has at most {MAX_FILTER} characters")
        self._words = _words(text)
        self._at = 0

    def peek(self) -> str | None:
        return self._words[self._at] if self._at < len(self._words) else None

    def word(self) -> str:
        found = self.peek()
        if found is None or found in "()[]":
            raise Unfit("something is missing in this filter")
        self._at += 1
        return found

    def take(self, wanted: str) -> None:
        if self.peek() != wanted:
            raise Unfit(f'"{wanted}" is missing in this filter')
        self._at += 1

    def end(self) -> None:
        if self.peek() is not None:
            raise Unfit("there is more behind this filter than can be read")

    def either(self, depth: int) -> Test:
        tests = [self._both(depth)]
        while (self.peek() or "").casefold() == "or":
            self._at += 1
            tests.append(self._both(depth))
        return tests[0] if len(tests) == 1 else lambda document: any(test(document) for test in tests)

    def _both(self, depth: int) -> Test:
        tests = [self._one(depth)]
        while (self.peek() or "").casefold() == "and":
            self._at += 1
            tests.append(self._one(depth))
        return tests[0] if len(tests) == 1 else lambda document: all(test(document) for test in tests)

    def _one(self, depth: int) -> Test:
        if depth > MAX_DEPTH:
            raise Unfit("this filter is nested too deeply")
        denied = (self.peek() or "").casefold() == "not"
        if denied:
            self._at += 1
        if denied or self.peek() == "(":
            self.take("(")
            inner = self.either(depth + 1)
            self.take(")")
            return (lambda document: not inner(document)) if denied else inner
        schema, said = extension(self.word())
        test = self._about(*split(said), depth)
        if not schema:
            return test

        def within(document: Mapping[str, object]) -> bool:
            inner = value_of(document, schema)
            return test(inner if isinstance(inner, dict) else {})

        return within

    def _about(self, name: str, part: str, depth: int) -> Test:
        if self.peek() == "[":
            self.take("[")
            within = self.either(depth + 1)
            self.take("]")
            return lambda document: any(within(each) for each in _complex(value_of(document, name)))
        return self._compared(name, part)

    def _compared(self, name: str, part: str) -> Test:
        operator = self.word().casefold()
        if operator == "pr":
            return lambda document: any(value not in (None, "") for value in _values(document, name, part))
        if operator != "ne" and operator not in _ORDERS:
            raise Unfit(f'"{operator[:20]}" is no operator')
        wanted = _literal(self.word())
        exact = name.casefold() in _EXACT
        return lambda document: _compares(operator, [*_values(document, name, part)], wanted, exact=exact)


def _words(text: str) -> list[str]:
    found: list[str] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            if text[place:].strip():
                raise Unfit("this filter cannot be read")
            break
        found.append(match[1] or match[2] or match[3])
        place = match.end()
    return found


def _literal(word: str) -> object:
    if word.startswith('"'):
        return _ESCAPED.sub(r"\1", word[1:-1])
    known: dict[str, object] = {"true": True, "false": False, "null": None}
    if word in known:
        return known[word]
    try:
        return int(word)
    except ValueError:
        raise Unfit(f'"{word[:60]}" is no value; texts stand in double quotes') from None


def _complex(value: object) -> Iterator[Mapping[str, object]]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            yield each
        elif each is not None:
            yield {"value": each}


def _values(document: Mapping[str, object], name: str, part: str) -> Iterator[object]:
    found = value_of(document, name)
    for each in found if isinstance(found, list) else [found]:
        if isinstance(each, dict):
            yield value_of(each, part or "value")
        elif not part:
            yield each


def _compares(operator: str, values: list[object], wanted: object, *, exact: bool) -> bool:
    if operator == "ne":
        return not _compares("eq", values, wanted, exact=exact)
    return any(_fits(operator, value, wanted, exact=exact) for value in values)


def _fits(operator: str, value: object, wanted: object, *, exact: bool) -> bool:
    if isinstance(value, bool) and isinstance(wanted, str):
        wanted = {"true": True, "false": False}.get(wanted.casefold(), wanted)  # some directories write it as a text
    if operator == "eq" and not isinstance(value, str):
        return value is wanted or (type(value) is type(wanted) and value == wanted)
    if not isinstance(value, str) or not isinstance(wanted, str):
        return False
    one, other = (value, wanted) if exact else (value.casefold(), wanted.casefold())
    return _ORDERS[operator](one, other)
