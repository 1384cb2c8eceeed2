"""Station 3, for whoever is refused: the same statement in a form that others can live with, where there is one.

Takes a statement's text; returns texts that do what it does, or the harmless part of it, and what to do afterwards.
They are suggestions: whether one would pass is for `decide` to say, and the client has to send it. The words that are
not changed are the client's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MAX_TEXT = 2000  # of a statement that is rewritten, in characters: what is longer is no hint
MAX_NAME = 63
_IDENT = 258
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_FIRST_LOOK = 1000  # rows

Key = Callable[[str], str | None]
"""Finds the column that names one row of a relation, by the relation's name as it is written."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text that may pass, and what to do once it has run."""

    text: str
    then: str = ""


@dataclass(frozen=True, slots=True)
class _Word:
    """A token: its text in lower case, and where it stands in the encoded text."""

    text: str
    start: int
    end: int
    depth: int


class _Text:
    """A statement as words, to be written with some of them changed."""

    def __init__(self, text: str) -> None:
        import postgast  # noqa: PLC0415 - the command line's help must not wait for the parser

        self.encoded = text.rstrip().rstrip(";").rstrip().encode()
        self.words: list[_Word] = []
        depth = 0
        for token in postgast.scan(self.encoded.decode()).tokens:
            word = self.encoded[token.start : token.end].decode().lower()
            if word.startswith(("--", "/*")):
                continue
            depth -= word == ")"
            self.words.append(_Word(word, token.start, token.end, depth))
            depth += word == "("

    def starts(self, *words: str) -> bool:
        return [word.text for word in self.words[: len(words)]] == list(words)

    def find(self, *words: str) -> int | None:
        """Return where these words stand one after the other, outside all brackets."""
        top = [(at, word.text) for at, word in enumerate(self.words) if word.depth == 0]
        for place in range(len(top) - len(words) + 1):
            if [text for _, text in top[place : place + len(words)]] == list(words):
                return top[place][0]
        return None

    def with_behind(self, at: int, more: str) -> str:
        """Return the text with words put behind one of its own."""
        end = self.words[at].end
        return self._joined(self.encoded[:end], f" {more}".encode(), self.encoded[end:])

    def with_before(self, at: int | None, more: str) -> str:
        """Return the text with words put before one of its own, or behind the last: a comment there may hide them."""
        if at is None:
            return self._joined(self.encoded[: self.words[-1].end], f" {more}".encode())
        start = self.words[at].start
        return self._joined(self.encoded[:start], f"{more} ".encode(), self.encoded[start:])

    def with_other(self, first: int, last: int, other: str) -> str:
        """Return the text with some words in a row replaced; with nothing, their space goes as well."""
        start, end = self.words[first].start, self.words[last].end
        before = self.encoded[:start] if other else self.encoded[:start].rstrip()
        return self._joined(before, other.encode(), self.encoded[end:])

    def name(self, at: int) -> tuple[str, int] | None:
        """Return the name that begins there as it is written, its parts and dots in a row, and where it ends."""
        last = at
        if at >= len(self.words):
            return None
        while last + 2 < len(self.words) and self.words[last + 1].text == ".":
            last += 2
        return self.encoded[self.words[at].start : self.words[last].end].decode(), last

    def _joined(self, *parts: bytes) -> str:
        return b"".join(parts).decode()


def suggestions(text: str, key: Key) -> tuple[Suggestion, ...]:
    """Return what might be sent instead of a statement, the best first; nothing for most statements."""
    if len(text) > MAX_TEXT:
        return ()
    try:
        written = _Text(text)
    except Exception:  # what cannot be cut into words is not rewritten
        return ()
    return tuple(found for rewrite in _REWRITES for found in rewrite(written, key))


def _index(text: _Text, _: Key) -> Iterator[Suggestion]:
    at = text.find("index")
    if text.starts("create") and at in (1, 2) and text.words[at + 1].text != "concurrently":
        yield Suggestion(text.with_behind(at, "concurrently"))


def _reindex(text: _Text, _: Key) -> Iterator[Suggestion]:
    words = [word.text for word in text.words[1:3]]
    if text.starts("reindex") and len(words) == 2 and words[0] in ("table", "index") and words[1] != "concurrently":
        yield Suggestion(text.with_behind(1, "concurrently"))


def _refresh(text: _Text, _: Key) -> Iterator[Suggestion]:
    if text.starts("refresh", "materialized", "view") and text.find("concurrently") is None:
        yield Suggestion(text.with_behind(2, "concurrently"))


def _vacuum(text: _Text, _: Key) -> Iterator[Suggestion]:
    if text.starts("vacuum", "full"):
        yield Suggestion(text.with_other(1, 1, ""))


def _explain(text: _Text, _: Key) -> Iterator[Suggestion]:
    if text.starts("explain", "analyze"):
        yield Suggestion(text.with_other(1, 1, ""))


def _constraint(text: _Text, _: Key) -> Iterator[Suggestion]:
    if not text.starts("alter", "table") or text.find("not", "valid") is not None or text.find(",") is not None:
        return
    at, table = text.find("add", "constraint"), text.name(2)
    if at is None or table is None or (text.find("check") is None and text.find("foreign", "key") is None):
        return
    name = text.name(at + 2)
    if name is not None:
        yield Suggestion(text.with_before(None, "not valid"), f"alter table {table[0]} validate constraint {name[0]}")


def _not_null(text: _Text, _: Key) -> Iterator[Suggestion]:
    at, table = text.find("set", "not", "null"), text.name(2)
    if not text.starts("alter", "table") or at is None or table is None or text.find(",") is not None:
        return
    column = text.words[at - 1]
    name = text.encoded[column.start : column.end].decode()
    if not _PLAIN.fullmatch(name) or len(name) > MAX_NAME - 9:
        return
    check = f"alter table {table[0]} add constraint {name}_not_null check ({name} is not null) not valid"
    validate = f"alter table {table[0]} validate constraint {name}_not_null, which then lets SET NOT NULL pass quickly"
    yield Suggestion(check, validate)


def _copy(text: _Text, _: Key) -> Iterator[Suggestion]:
    """COPY with a file or program of the server becomes COPY with the client, as psql's \\copy sends it."""
    if not text.starts("copy"):
        return
    for word, end in (("to", "stdout"), ("from", "stdin")):
        at = text.find(word)
        if at is not None and at + 1 < len(text.words) and text.words[at + 1].text not in ("stdout", "stdin"):
            last = at + 2 if text.words[at + 1].text == "program" else at + 1
            if last < len(text.words):
                yield Suggestion(text.with_other(at + 1, last, end))


def _drop(text: _Text, _: Key) -> Iterator[Suggestion]:
    """A table that is renamed is out of the way, and can be brought back."""
    if not text.starts("drop", "table"):
        return
    found = text.name(4 if text.starts("drop", "table", "if", "exists") else 2)
    if found is None or found[1] != len(text.words) - 1:
        return
    last = found[0].rpartition(".")[2]
    if _PLAIN.fullmatch(last) and len(last) <= MAX_NAME - 8:
        yield Suggestion(f"alter table {found[0]} rename to {last}_dropped", "drop it once nobody has missed it")


def _rows(text: _Text, key: Key) -> Iterator[Suggestion]:
    """UPDATE and DELETE without WHERE get one that names a row; TRUNCATE becomes such a DELETE."""
    if text.find("where") is not None or text.find("from" if text.starts("update") else "using") is not None:
        return
    if text.starts("truncate"):
        found = text.name(2 if text.starts("truncate", "table") else 1)
        head = None if found is None or found[1] != len(text.words) - 1 else f"delete from {found[0]}"  # noqa: S608 - not run
    else:
        found = text.name(1 if text.starts("update") else 2)
        head = None
    column = None if found is None else key(found[0])
    if column is None:
        return
    if head is not None:
        yield Suggestion(f"{head} where {column} = $1")
    elif text.starts("delete", "from") or text.starts("update"):
        yield Suggestion(text.with_before(text.find("returning"), f"where {column} = $1"))


def _look(text: _Text, _: Key) -> Iterator[Suggestion]:
    if text.starts("select") and text.find("limit") is None and text.find("fetch") is None and text.find("for") is None:
        yield Suggestion(text.with_before(None, f"limit {_FIRST_LOOK}"))


_REWRITES = (
    _index, _reindex, _refresh, _vacuum, _explain, _constraint, _not_null, _copy, _drop, _rows, _look,
)  # fmt: skip
