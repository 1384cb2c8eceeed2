"""Station 3: the literal of the intermediate form, which knows whether anybody has looked at its value.

The one node of `ir` that is no mere value: what nobody has read cannot have changed what a statement means, and that is
what `forms` goes by. Knows nothing of shapes.
"""

from __future__ import annotations


class _EscapedWords(frozenset[str]):
    """Every text that ends in a backslash."""

    def __contains__(self, item: object) -> bool:
        return isinstance(item, str) and item.endswith("\\")


class _EscapedLiterals(frozenset[bytes]):
    """How each of them is written, in plain quotes."""

    def __contains__(self, item: object) -> bool:
        return isinstance(item, bytes) and item.endswith(b"\\'")


ESCAPED: frozenset[str] = _EscapedWords()
ESCAPED_LITERALS: frozenset[bytes] = _EscapedLiterals()


class Constant:
    """A literal: `value` is str, int, bool or None; numbers that fit no int4 stay strings.

    Kinds: "integer", "long" (digits that fit an int8), "number", "string", "boolean", "bits", "null". Whoever looks at
    the value is found out: `consulted` says that it was read or compared, `asked` which sets it was looked up in. A
    statement's meaning is the same for every value that nobody has consulted (`forms`). `place` is where the literal
    begins in the text, in bytes; it means nothing and counts for nothing.
    """

    __match_args__ = ("kind", "value")
    __slots__ = ("_value", "asked", "consulted", "kind", "place")

    def __init__(self, kind: str, value: str | int | bool | None, place: int = -1) -> None:
        self.kind = kind
        self.place = place
        self.consulted = False
        self.asked: tuple[frozenset[str], ...] = ()
        self._value = value

    @property
    def value(self) -> str | int | bool | None:
        """Return the value, having noted that the meaning depends on it."""
        self.consulted = True
        return self._value

    @property
    def text(self) -> str | None:
        """Return a string's or whole number's value as text. It consults nothing: for who looks at each text anew."""
        return str(self._value) if self.kind in ("string", "integer", "long") else None

    def among(self, words: frozenset[str]) -> bool:
        """Tell whether the value is one of these words, having noted that the meaning depends on that alone."""
        if words not in self.asked:
            self.asked = (*self.asked, words)
        return self._value in words

    def spelled(self, literal: str) -> bool:
        """Tell whether a literal of the text is how this value is written, its sign aside; that consults nothing."""
        if self.kind == "string":
            return literal == "'" + str(self._value).replace("'", "''") + "'"
        if self.kind == "integer":
            return literal.isdigit() and abs(int(self._value or 0)) == int(literal)
        return self.kind in ("long", "number") and str(self._value).removeprefix("-") == literal

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Constant):
            return NotImplemented
        return self.kind == other.kind and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.kind)

    def __repr__(self) -> str:
        return f"Constant({self.kind!r}, {self.value!r})"
