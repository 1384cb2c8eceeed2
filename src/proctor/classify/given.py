"""Classify, names as values: whether a text reads like a person's name, by lists of common given and family names.

A weak sign by design: cities, brands and months are names too (`Jordan`, `Paris`, `May`), so `combine` asks for many
different values and a table that is not about things.
"""

from __future__ import annotations

import re
import unicodedata

from proctor.classify.known_names import EASTERN, FAMILY, GIVEN
from proctor.classify.words import words_of

MAX_NAME = 80
MAX_RUN = 200  # capitalised words in a row
_TITLES = words_of(
    """
    mr mrs ms miss dr prof sir herr frau hr fr m mme mlle don dona sr sra sig dott shri smt san ing mag dipl
    """
)
# What stands in the names of firms, books and goods, and in no person's.
_OF_THINGS = words_of(
    """
    ltd inc llc gmbh ag kg sa sarl sas srl spa sl bv nv ab oy as plc co corp company group holding holdings bank and
    und et the of for with by air one street road avenue model media foods systems logistics store shop shoes ring
    sofa tea pvt lda sons brothers partners associates services solutions international university school church
    hotel
    """
)
_PARTICLES = words_of(
    """
    de da di do dos das del della la le van von der den ter ten al el bin ibn y e du des zu af av
    """
)
_NAME_WORD = re.compile(r"[^\W\d_][^\W\d_]*(?:['’\-][^\W\d_]+)*\.?")


def plain(text: str) -> str:
    """Return the text in lower case and without accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.lower().replace("ı", "i").replace("ł", "l").replace("ø", "o"))
    return "".join(c for c in apart if not unicodedata.combining(c))


def name_words(value: str) -> list[str] | None:
    """Return the words of a text that has the form of a full name, plain and without titles; None if it has not."""
    if not 3 <= len(value) <= MAX_NAME or "  " in value:
        return None
    parts = value.replace(",", " ").split()
    if not 2 <= len(parts) <= 7 or value.count(",") > 1:
        return None
    words = []
    for part in parts:
        if _NAME_WORD.fullmatch(part) is None:
            return None
        lowered = plain(part.rstrip("."))
        if lowered in _OF_THINGS:
            return None
        if lowered in _TITLES:
            continue
        if lowered not in _PARTICLES and not part[0].isupper():
            return None
        words.append(lowered)
    return words if 1 < len(words) <= 6 or (len(words) == 1 and len(parts) == 2) else None


def looks_like_a_name(value: str) -> bool:
    """Say whether two or more capitalised words have a common given name among them, or family names only."""
    if value[:1] >= "\u3000":
        return _eastern(value)
    words = name_words(value)
    if words is None:
        return False
    if any(word.partition("-")[0] in GIVEN for word in words):
        return True
    return sum(word in FAMILY for word in words) >= 2


def _eastern(value: str) -> bool:
    """Say whether a common family name stands before a given one, as in Chinese, Japanese and Korean."""
    bare = unicodedata.normalize("NFC", value).replace("\u3000", " ")
    family, _, given = bare.partition(" ")
    if given:
        return family in EASTERN and len(given) <= 6
    return 2 <= len(bare) <= 4 and any(
        bare.startswith(name) and len(bare) > len(name) for name in (bare[:1], bare[:2]) if name in EASTERN
    )


def begins_a_name(run: str) -> int | None:
    """Return where a name begins in a run of capitalised words: at a given name with a word behind it, or None.

    `Dear Anna Schmidt` begins one at its second word, `Last Tuesday Morning` none.
    """
    at = 0
    words = run.split(" ")
    if len(words) > MAX_RUN:
        return 0  # no prose; not looked through, and so not shown
    for index, word in enumerate(words):
        known = plain(word.strip(",.")).partition("-")[0]
        behind = plain(words[index + 1].strip(",.")) if index + 1 < len(words) else ""
        if behind and behind not in _OF_THINGS and (known in GIVEN or (known in FAMILY and behind in GIVEN)):
            return at
        at += len(word) + 1
    return None


def is_given(value: str) -> bool:
    """Say whether a text is a common given name, or two of them."""
    if len(value) > MAX_NAME or not value[:1].isupper():
        return False
    words = plain(value).replace("-", " ").split()
    return 0 < len(words) <= 2 and all(word in GIVEN for word in words)


def is_family(value: str) -> bool:
    """Say whether a text is a common family name, or two of them."""
    if len(value) > MAX_NAME:
        return False
    words = [word for word in plain(value).replace("-", " ").split() if word not in _PARTICLES]
    return 0 < len(words) <= 2 and all(word in FAMILY for word in words)
