"""Classify, the profile: what share of a column's sampled values shows which class.

In comes a sample; out go shares of the non-null values, as Google's and Macie's column profiles count them. Keeps no
value: what it returns may be stored and shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from proctor.classify.detectors import SHAPES, DetectorSet
from proctor.classify.facts import ColumnFacts
from proctor.classify.given import looks_like_a_name
from proctor.classify.text import find_spans
from proctor.terms import DataClass

MAX_SAMPLE = 2000
MAX_ELEMENTS = 50
MAX_DOCUMENT = 65_536
MAX_KEYS = 500
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Share:
    """How many values show a class, of how many, and how much one match proves."""

    share: float
    distinct: int
    proof: float


@dataclass(frozen=True, slots=True)
class Profile:
    """What a sample of a column shows."""

    rows: int = 0
    distinct: int = 0
    longest: int = 0
    wordy: float = 0.0
    """Share of values with at least three words."""
    names: float = 0.0
    """Share of values that read like a person's name."""
    spans: float = 0.0
    """Share of values with a personal value somewhere inside."""
    shares: Mapping[DataClass, Share] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()

    def share(self, data_class: DataClass) -> float:
        """Return the share of one class, 0 when it was not seen."""
        found = self.shares.get(data_class)
        return 0.0 if found is None else found.share


def profile(column: ColumnFacts, shapes: DetectorSet = SHAPES) -> Profile:
    """Return the column's profile. Values beyond the first 2,000 are not looked at."""
    values = [v for v in column.values[:MAX_SAMPLE] if v is not None and v.strip()]
    if not values:
        return Profile()
    if column.type == "json":
        return _document_profile(values)
    if column.type == "array":
        values = [e for v in values for e in _elements(v)][:MAX_SAMPLE]
    if not values:
        return Profile()
    return _plain_profile(values, shapes, searched=column.type in {"text", "array", "other"})


def _plain_profile(values: list[str], shapes: DetectorSet, *, searched: bool) -> Profile:
    counts: dict[DataClass, int] = {}
    seen: dict[DataClass, set[str]] = {}
    proofs: dict[DataClass, float] = {}
    inside = names = wordy = 0
    for value in values:
        matched = set()
        for match in shapes.matches(value):
            matched.add(match.data_class)
            seen.setdefault(match.data_class, set()).add(value)
            proofs[match.data_class] = max(match.proof, proofs.get(match.data_class, 0.0))
        for data_class in matched:
            counts[data_class] = counts.get(data_class, 0) + 1
        if searched:
            inside += _personal_within(value)
            names += looks_like_a_name(value)
            wordy += value.count(" ") >= 2
    rows = len(values)
    return Profile(
        rows=rows,
        distinct=len(set(values)),
        longest=max(map(len, values)),
        wordy=wordy / rows,
        names=names / rows,
        spans=inside / rows,
        shares={c: Share(n / rows, len(seen[c]), proofs[c]) for c, n in counts.items()},
        keys=_keys_of([v for v in values if v.lstrip()[:1] in {"{", "["}]) if searched else frozenset(),
    )


# A value that is nothing but a number of these shapes is a matter of shares and table, not of prose.
_SURE = frozenset({"email", "iban", "secret", "it_codice_fiscale"})


def _personal_within(value: str) -> bool:
    text = value[:MAX_DOCUMENT].strip().encode("utf-8", "replace")
    return any(s.data_class in _SURE or s.end - s.start < len(text) for s in find_spans(text))


def _document_profile(values: list[str]) -> Profile:
    inside = sum(bool(find_spans(value[:MAX_DOCUMENT].encode("utf-8", "replace"))) for value in values)
    return Profile(
        rows=len(values),
        distinct=len(set(values)),
        longest=max(map(len, values)),
        spans=inside / len(values),
        keys=_keys_of(values),
    )


def _keys_of(documents: list[str]) -> frozenset[str]:
    keys: set[str] = set()
    for document in documents:
        if len(document) <= MAX_DOCUMENT and len(keys) < MAX_KEYS:
            keys.update(_keys(document))
    return frozenset(keys)


def _keys(document: str) -> Iterator[str]:
    try:
        parsed: object = json.loads(document)
    except (ValueError, RecursionError):
        return
    waiting: list[tuple[object, int]] = [(parsed, 0)]
    left = MAX_KEYS
    while waiting and left > 0:
        node, depth = waiting.pop()
        children: Iterable[object] = ()
        if isinstance(node, dict):
            for key in node:
                left -= 1
                yield str(key)[:128]
            children = node.values()
        elif isinstance(node, list):
            children = node[:MAX_ELEMENTS]
        if depth < MAX_DEPTH:
            waiting.extend((child, depth + 1) for child in children)


def _elements(literal: str) -> list[str]:
    """Return the first elements of an array as text; rough, for looking only."""
    inner = literal.strip().strip("{}[]")
    return [e.strip().strip('"') for e in inner.split(",")[:MAX_ELEMENTS] if e.strip() not in {"", "NULL"}]
