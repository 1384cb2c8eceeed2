"""Classify, inside text: where personal values stand in prose or in a document, in linear time.

In comes UTF-8; out go byte spans with their classes, in order and without overlap. Finds shapes only: a person's name
in a sentence has none, so a text without spans is not thereby clean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import re2  # type: ignore[import-untyped]  # the wheel ships no stubs

from proctor.classify import checksums, detectors
from proctor.classify.given import begins_a_name
from proctor.terms import DataClass

MAX_SPANS = 10_000


@dataclass(frozen=True, slots=True)
class Span:
    """A personal value within a text, as byte offsets."""

    start: int
    end: int
    data_class: DataClass


def _repository(value: str, following: bytes) -> bool:
    # git@github.com:org/repo.git has the shape of an e-mail and no person behind it.
    return following in {b":", b"/"} and value.partition("@")[0] in {"git", "hg", "svn"}


def _card(value: str) -> bool:
    return checksums.card(detectors.bare(value))


def _phone(value: str) -> bool:
    return 8 <= sum(c.isdigit() for c in value) <= 15


def _bare(check: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda value: check(detectors.bare(value))


# Stricter than the whole-value shapes: in prose a number needs its separators or an arithmetic of its own.
_KINDS: tuple[tuple[str, str, Callable[[str], bool] | None], ...] = (
    ("secret", detectors.PRIVATE_KEY + r"-----(?s:.*?)(?:-----END [A-Z ]{0,30}KEY-----|\z)", None),
    ("secret", detectors.TOKENS, None),
    ("secret", r"\$2[abxy]\$\d\d\$[./0-9A-Za-z]{53}|\$argon2(?:id|i|d)\$\S{8,}", None),
    ("email", r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]+@"
     r"(?:[A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z][A-Za-z0-9\-]*[A-Za-z]", None),
    ("iban", r"\b[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?\b", _bare(checksums.iban)),
    ("payment_card", r"\b(?:[2-6]\d{3}(?:[ \-]?\d{4}){2}[ \-]?\d{1,7}|3\d{3}[ \-]?\d{6}[ \-]?\d{4,5})\b", _card),
    ("us_ssn", r"\b\d{3}-\d{2}-\d{4}\b", _bare(checksums.ssn)),
    ("uk_nino", r"\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b", _bare(checksums.nino)),
    ("es_dni", r"\b(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]\b", _bare(checksums.dni)),
    ("it_codice_fiscale", r"\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b", _bare(checksums.codice_fiscale)),
    ("br_cpf", r"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b", _bare(checksums.cpf)),
    ("fr_nir", r"\b[12] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}\b", _bare(checksums.nir)),
    ("in_aadhaar", r"\b[2-9]\d{3}[ \-]\d{4}[ \-]\d{4}\b", _bare(checksums.aadhaar)),
    ("phone", r"\+\d{1,3}[ .\-]?(?:\(\d{1,4}\)[ .\-]?)?\d(?:[ .\-]?\d){6,13}\b", _phone),
    ("phone", r"\(\d{3}\) ?\d{3}[ .\-]\d{4}\b|\b\d{3}[ .\-]\d{3}[ .\-]\d{4}\b", _phone),
)  # fmt: skip
_PATTERNS = tuple((DataClass(name), re2.compile(pattern.encode()), check) for name, pattern, check in _KINDS)
_OPTIONS = re2.Options()
_OPTIONS.max_mem = 64 << 20
_OPTIONS.log_errors = False
_ANY = re2.Set.SearchSet(_OPTIONS)
for _kind in _KINDS:
    _ANY.Add(_kind[1])
_ANY.Compile()


_NAMES = re2.compile(
    r"\b\p{Lu}[\p{L}'’\-]+(?:,? (?:de|da|di|do|dos|del|la|van|von|der|den|bin|al|e|y|\p{Lu}[\p{L}'’\-]*\.?))+".encode(),
    _OPTIONS,
)


def find_spans(text: bytes, *, names: bool = False) -> list[Span]:
    """Return where personal values stand in the text. A longer or earlier-listed kind wins where two overlap.

    With `names`, also where a common given name is followed by another name: good for hiding, too weak for judging.
    """
    found: list[Span] = _names_in(text) if names else []
    for index in sorted(_ANY.Match(text) or ()):
        data_class, pattern, check = _PATTERNS[index]
        for match in pattern.finditer(text):
            start, end = match.span()
            value = text[start:end].decode("ascii", "replace")
            if (check is None or check(value)) and not _repository(value, text[end : end + 1]):
                found.append(Span(start, end, data_class))
            if len(found) >= MAX_SPANS:
                break
    return _disjoint(found)


def _names_in(text: bytes) -> list[Span]:
    found: list[Span] = []
    for match in _NAMES.finditer(text):
        run = match.group().decode("utf-8", "replace")
        at = begins_a_name(run)
        if at is not None:
            start = match.start() + len(run[:at].encode())
            found.append(Span(start, match.end(), _PERSON_NAME))
        if len(found) >= MAX_SPANS:
            break
    return found


_PERSON_NAME = DataClass("person_name")


def holds_personal(text: str) -> bool:
    """Say whether any personal value stands in the text."""
    return bool(find_spans(text.encode("utf-8", "replace")))


def _disjoint(spans: list[Span]) -> list[Span]:
    out: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if not out or span.start >= out[-1].end:
            out.append(span)
        elif span.end > out[-1].end:  # half hidden is half shown: cover both
            out[-1] = Span(out[-1].start, span.end, out[-1].data_class)
    return out
