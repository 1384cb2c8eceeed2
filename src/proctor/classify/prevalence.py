"""Classify, the profile: what share of a column's sampled values shows which class.

In comes a sample; out go shares of the non-null values, as Google's and Macie's column profiles count them. Keeps no
value: what it returns may be stored and shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from proctor.classify.detectors import SHAPES, DetectorSet
from proctor.classify.documents import MAX_DOCUMENT, elements_of, leaves_of
from proctor.classify.facts import ColumnFacts
from proctor.classify.given import is_family, is_given, looks_like_a_name, name_words, plain
from proctor.classify.text import find_spans
from proctor.classify.words import words_of
from proctor.terms import DataClass

MAX_SAMPLE = 2000
LONG_WORD = 24
# What people and programs write where they have nothing to write: no value, and no evidence against the others.
PLACEHOLDERS = words_of(
    """
    - -- . .. ? ?? * / 0 n/a na n.a. n.a none null nil nan unknown unbekannt inconnu desconocido sconosciuto tbd tba
    todo x xx xxx xxxx test empty leer vide missing (null) <null> [null] not_provided undefined keine ninguno
    """
)


@dataclass(frozen=True, slots=True)
class Share:
    """How many values show a class, of how many, and how much one match proves."""

    share: float
    distinct: int
    proof: float


@dataclass(frozen=True, slots=True)
class Profile:
    """What a sample of a column shows. Placeholders such as `n/a` count as no value."""

    rows: int = 0
    distinct: int = 0
    longest: int = 0
    wordy: float = 0.0
    """Share of values with at least three words."""
    names: float = 0.0
    """Share of values that read like a person's name."""
    named: int = 0
    """How many different names."""
    alike: float = 0.0
    """Share of values that have the form of a full name, known or not."""
    latin: float = 0.0
    """Share of values in a script whose names `given` can read."""
    first: float = 0.0
    """Share of values that are a common given name."""
    last: float = 0.0
    """Share of values that are a common family name."""
    spans: float = 0.0
    """Share of values with a personal value somewhere inside."""
    numbers: float = 0.0
    """Share of values with at least four digits."""
    machine: float = 0.0
    """Share of values that are an address in memory, a hash or another number of a machine's."""
    scattered: bool = False
    """Its IPv4 addresses use all of the range, as versions never do."""
    shares: Mapping[DataClass, Share] = field(default_factory=dict)
    paths: Mapping[tuple[str, ...], Profile] = field(default_factory=dict)
    """Of documents: what stands at each path."""

    def share(self, data_class: DataClass) -> float:
        """Return the share of one class, 0 when it was not seen."""
        found = self.shares.get(data_class)
        return 0.0 if found is None else found.share


def profile(column: ColumnFacts, shapes: DetectorSet = SHAPES) -> Profile:
    """Return the column's profile. Values beyond the first 2,000 are not looked at."""
    filled = [v for v in column.values[:MAX_SAMPLE] if v is not None and v.strip()]
    # Where there is nothing else they are the values: `x` in every row is a mark.
    values = [v for v in filled if v.strip().lower() not in PLACEHOLDERS] or filled
    if not values:
        return Profile()
    if column.type == "json":
        return _document_profile(values, shapes)
    if column.type == "array":
        values = [e for v in values for e in elements_of(v)][:MAX_SAMPLE]
    if not values:
        return Profile()
    return _plain_profile(values, shapes, searched=column.type in {"text", "array", "other"})


_NAMELIKE = re.compile(r"[^\d@_/:;<>{}\[\]|=\\\"#$%&*+!?]{2,80}")
_MACHINE = re.compile(r"(?i)0x[0-9a-f]+|[0-9a-f]{32,128}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _plain_profile(values: list[str], shapes: DetectorSet, *, searched: bool, deep: bool = True) -> Profile:
    counts: dict[DataClass, int] = {}
    seen: dict[DataClass, set[str]] = {}
    proofs: dict[DataClass, float] = {}
    named: set[str] = set()
    inside = latin = names = alike = first = last = wordy = numbers = machine = 0
    for value in values:
        matched = set()
        for match in shapes.matches(value):
            matched.add(match.data_class)
            seen.setdefault(match.data_class, set()).add(value)
            proofs[match.data_class] = max(match.proof, proofs.get(match.data_class, 0.0))
        for data_class in matched:
            counts[data_class] = counts.get(data_class, 0) + 1
        if not searched:
            continue
        if not matched.isdisjoint(_SURE) or _personal_within(value):
            inside += 1
        numbers += sum(map(str.isdigit, value[:64])) >= 4
        machine += _MACHINE.fullmatch(value) is not None
        wordy += value.count(" ") >= 2
        if _NAMELIKE.fullmatch(value) is not None:
            if looks_like_a_name(value):
                names += 1
                named.add(value)
            elif is_given(value):
                first += 1
                named.add(value)
            last += is_family(value)
            alike += name_words(value) is not None
        latin += value[:1] < "\u0370"
    rows = len(values)
    documents = [v for v in values if v.lstrip()[:1] in {"{", "["} or "=>" in v] if searched and deep else []
    return Profile(
        rows=rows,
        distinct=len(set(values)),
        longest=max(map(len, values)),
        wordy=wordy / rows,
        names=names / rows,
        named=len(named),
        alike=alike / rows,
        latin=latin / rows,
        first=first / rows,
        last=last / rows,
        spans=inside / rows,
        numbers=numbers / rows,
        machine=machine / rows,
        scattered=_scattered(seen.get(_IP, set())),
        shares={c: Share(n / rows, len(seen[c]), proofs[c]) for c, n in counts.items()},
        paths=_paths(documents, shapes) if documents else {},
    )


_IP = DataClass("ip_address")


def _scattered(addresses: set[str]) -> bool:
    """Say whether each place of many dotted fours takes numbers of all sizes: versions count up from nothing."""
    fours = [parts for a in addresses if len(parts := a.partition("/")[0].split(".")) == 4]
    if len(fours) < 20:
        return sum(a.count(":") >= 3 for a in addresses) >= 20
    large = [sum(int(parts[place]) >= 64 for parts in fours) / len(fours) for place in range(4)]
    return sum(share >= 0.25 for share in large) >= 3


# A value that is nothing but a number of these shapes is a matter of shares and table, not of prose.
_SURE = frozenset({"email", "iban", "secret", "it_codice_fiscale"})
_SPACED = re.compile(r"\s")


def _personal_within(value: str) -> bool:
    if "@" not in value and len(value) < LONG_WORD and _SPACED.search(value) is None:
        return False  # one short word, which its own shape has told already
    text = value[:MAX_DOCUMENT].strip().encode("utf-8", "replace")
    return any(s.data_class in _SURE or s.end - s.start < len(text) for s in find_spans(text))


def _document_profile(values: list[str], shapes: DetectorSet) -> Profile:
    inside = sum(bool(find_spans(value[:MAX_DOCUMENT].encode("utf-8", "replace"))) for value in values)
    return Profile(
        rows=len(values),
        distinct=len(set(values)),
        longest=max(map(len, values)),
        spans=inside / len(values),
        paths=_paths(values, shapes),
    )


def _paths(documents: list[str], shapes: DetectorSet) -> dict[tuple[str, ...], Profile]:
    found = {}
    for path, leaves in leaves_of(documents).items():
        kept = [leaf for leaf in leaves if leaf.strip() and plain(leaf.strip()) not in PLACEHOLDERS]
        found[path] = _plain_profile(kept, shapes, searched=True, deep=False) if kept else Profile()
    return found
