"""Classify, by name: what a column's name, its comment and its table's name say it holds.

In come names as they are written anywhere (`cust_FirstName2`, `DateNaissance`); out goes a class with a strength.
Knows no values. An abbreviation or a language it has not got is simply not understood, and the values then decide.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise

from proctor.classify import tongues, words
from proctor.classify.facts import TableFacts
from proctor.classify.words import words_of
from proctor.terms import DataClass

MAX_NAME = 256  # a name is a promise by a stranger, too
MAX_COMMENT = 1000


class Strength(IntEnum):
    """How much a name says: WEAK counts in a table about persons only, STRONG everywhere."""

    NONE = 0
    WEAK = 1
    STRONG = 2


class About(IntEnum):
    """What a table is about, as far as its names tell."""

    THING = 0
    UNKNOWN = 1
    PERSONISH = 2
    """It hangs on persons (`customer_addresses`), or its columns do (`email` and `birth_date` in `t1`)."""
    PERSON = 3


@dataclass(frozen=True, slots=True)
class Hint:
    """What a name suggests, and the words of it that did."""

    data_class: DataClass
    strength: Strength
    words: str
    qualified: bool = False
    """Other words stand beside these: `paint_name` is a name, but perhaps of a paint."""


_PIECES = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_]+")
_ABBREVIATED = {
    "cust": "customer", "empl": "employee", "emp": "employee", "pat": "patient", "addr": "addr", "nbr": "number",
    "num": "number", "nr": "number", "no": "no", "eml": "email", "fn": "fname", "ln": "lname", "tele": "telephone",
    "ph": "phone", "mob": "mobile", "acc": "account", "bday": "birthday", "brthdt": "birthdate", "pword": "password",
    "pswd": "password", "passw": "password", "adr": "addr", "sal": "salary", "descr": "description",
    "desc": "description", "cmt": "comment", "msg": "message", "cmnt": "comment", "adress": "address",
    "addresse": "address", "natl": "national", "govt": "government", "crd": "card", "cred": "credit", "nm": "name",
    "frst": "first", "fst": "first", "lst": "last", "cd": "code", "dt": "date", "dte": "date", "amt": "amount",
    "ctry": "country", "acnt": "account", "psswd": "password", "pswrd": "password", "cntct": "contact",
}  # fmt: skip
# Words that join and words that say of what type a column is: neither changes what it holds.
_JOINING = words_of(
    """
    de du des da do dos das di del della dello dei of the la les el los und och ja och van der den
    """
)
_TYPED = words_of(
    """
    c tx txt val vc vch str col fld raw orig enc
    """
)


def _split(table: dict[str, str]) -> dict[tuple[str, ...], DataClass]:
    phrases: dict[tuple[str, ...], DataClass] = {}
    for data_class, text in table.items():
        for phrase in text.split("|"):
            spelt = tuple(_plain(_ABBREVIATED.get(w, w)) for w in phrase.split() if w not in _JOINING)
            phrases.setdefault(spelt, DataClass(data_class))
    return phrases


_LETTERS = str.maketrans({"ß": "ss", "ı": "i", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "æ": "ae", "Æ": "AE"})


def _plain(text: str) -> str:
    """Return the text without accents; scripts other than Latin in the one form that the lists are kept in."""
    apart = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(c for c in apart if not unicodedata.combining(c))


_STRONG = {**_split(tongues.STRONG), **_split(words.STRONG)}
_WEAK = {**_split(tongues.WEAK), **_split(words.WEAK)}
_LONGEST = max(len(phrase) for phrase in (*_STRONG, *_WEAK))
_VOCABULARY = frozenset(
    {word for phrase in (*_STRONG, *_WEAK) for word in phrase}
    | words.NEGATIVE_TAIL | words.NEGATIVE_HEAD | words.THING_QUALIFIER | words.PERSON_TABLE | words.ATTRIBUTE_TABLE
    | words.THING_TABLE | words.NOISE_TABLE
)  # fmt: skip


def _skeletons() -> dict[str, str]:
    """Return the words by what is left of them without vowels (`cstmr`, `phn`), where that leaves no doubt."""
    found: dict[str, set[str]] = {}
    for word in _VOCABULARY:
        if len(word) >= 4 and word.isascii():
            bones = word[0] + "".join(c for c in word[1:] if c not in "aeiouy")
            if 3 <= len(bones) < len(word):
                found.setdefault(bones, set()).add(word)
    common = {bones: those & _COMMON or those for bones, those in found.items() if bones not in _VOCABULARY}
    return {bones: min(those) for bones, those in common.items() if len(those) == 1}


# Which word is meant where several tongues share one without vowels: passport, passeport, passaporto.
_COMMON = words_of(
    """
    passport postal street login document travel phone mobile number address customer employee patient person member
    email first last name surname given family birth date code city state country gender salary account card credit
    bank password secret token national identity social security license driver company product order invoice item
    description status type amount price total quantity employer manufacturer supplier
    """
)


_VOWELLESS = _skeletons()
# Inside a run without separators only long words are trusted: `postage` is no age, `passport` no port.
_COMPOUND_START = frozenset(
    {"zip", "tel", "ssn", "dob", "tax", "fax", "user", "nom", "ip", "mac", "cc", "dl", "num", "no"}
)
_COMPOUND_END = frozenset({"no", "id", "nr", "num", "ip", "dt", "nm", "pay", "lng", "lat", "nbr", "cd", "nac", "iban"})
_COMPOUND_WITHIN = frozenset({"de", "du", "di", "da", "do", "del", "of"})
# Whole runs that segmentation would misread.
_UNSPLIT = frozenset({"passage", "postage", "homepage", "landmark", "username", "timestamp", "datename", "useragent"})


def _known(word: str) -> str | None:
    """Return the word in the form that the lists have, or None."""
    word = _ABBREVIATED.get(word, word)
    if word in _VOCABULARY:
        return word
    for ending in ("s", "es", "n", "en"):
        if len(word) > len(ending) + 2 and word.endswith(ending) and word[: -len(ending)] in _VOCABULARY:
            return word[: -len(ending)]
    if word.endswith("ies") and word[:-3] + "y" in _VOCABULARY:
        return word[:-3] + "y"
    return None


def _compound(run: str) -> tuple[str, ...] | None:
    """Split `cardholdername` into known words if they cover all of it; the fewest words win."""
    best: list[tuple[str, ...] | None] = [()] + [None] * len(run)
    for end in range(1, len(run) + 1):
        for start in range(max(0, end - 24), end):
            before = best[start]
            piece = run[start:end]
            if before is None:
                continue
            allowed = (
                (len(piece) >= 4 and piece in _VOCABULARY)
                or (start == 0 and piece in _COMPOUND_START)
                or (end == len(run) and start > 0 and piece in _COMPOUND_END)
                or (start > 0 and end < len(run) and piece in _COMPOUND_WITHIN)
            )
            found = best[end]
            if allowed and (found is None or len(before) + 1 < len(found)):
                best[end] = (*before, piece)
    return best[-1]


@lru_cache(maxsize=16_384)
def tokenise(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case, without accents, abbreviations and compounds resolved."""
    out: list[str] = []
    for piece in _PIECES.findall(_plain(name[:MAX_NAME])):
        run = piece.lower()
        if run in _JOINING:
            continue
        known = _known(run) or _VOWELLESS.get(run)
        if known is not None or run in _UNSPLIT:
            out.append(known or run)
            continue
        parts = _compound(run) if 6 <= len(run) <= 64 else None
        out.extend((_ABBREVIATED.get(p, p) for p in parts if p not in _COMPOUND_WITHIN) if parts else (run,))
    return tuple(out)


def hint_for(name: str) -> Hint | None:
    """Return the best suggestion of a column's name, or None when it suggests nothing or something harmless."""
    tokens = _without_types(_without_ordinals(tokenise(name)))
    best = _best(tokens, whole=True)
    if best is None or best.strength is Strength.WEAK:
        return _named_person(tokens) or best
    return best


def hint_in(comment: str) -> Hint | None:
    """Return what a comment says for certain: only a strong phrase in its first sentence counts."""
    sentence = re.split(r"[.;\n]", comment[:MAX_COMMENT], maxsplit=1)[0]
    best = _best(tokenise(sentence), whole=False)
    return best if best is not None and best.strength is Strength.STRONG else None


def _without_ordinals(tokens: tuple[str, ...]) -> tuple[str, ...]:
    # `address2`, `phone_1`: which of several says nothing. `icd10`, `2fa` and `zip4` are names in themselves.
    return tuple(t for t in tokens if not (t.isdigit() and len(tokens) > 1) or t in {"2", "4", "10"})


def _without_types(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Drop what only tells the type, as in `strName`, `NAME_TX`."""
    kept = tuple(t for t in tokens if t not in _TYPED)
    return kept or tokens


# Persons' words that stand as often for a program, a firm or a record.
_SELDOM_NAMED = frozenset({"user", "account", "provider", "tenant", "identity", "lead", "profile", "client", "owner"})


def _named_person(tokens: tuple[str, ...]) -> Hint | None:
    """Return the hint of `donor_name`, `claimantName`: any word for a person before `name`."""
    for before, name in pairwise(tokens):
        if name == "name" and before in words.PERSON_TABLE and before not in _SELDOM_NAMED:
            return Hint(DataClass("person_name"), Strength.STRONG, f"{before} name")
    return None


def _best(tokens: tuple[str, ...], *, whole: bool) -> Hint | None:
    for strength, phrases in ((Strength.STRONG, _STRONG), (Strength.WEAK, _WEAK)):
        for length in range(min(_LONGEST, len(tokens)), 0, -1):
            # The last phrase of a name is its head: `customer_email_address`, not `customer`.
            for start in range(len(tokens) - length, -1, -1):
                data_class = phrases.get(tokens[start : start + length])
                if data_class is None:
                    continue
                phrase = tokens[start : start + length]
                if _spoiled(tokens, start, length, data_class, strength, whole=whole):
                    continue
                return Hint(data_class, strength, " ".join(phrase), length < len(tokens))
    return None


_IDENTIFIERS = frozenset({"national_id", "medical_id", "passport", "drivers_licence", "us_ssn", "device_id"})


# In a comment, what stands before the phrase and makes it another matter: `count of e-mails`, `whether the passport …`.
_COUNTED = frozenset({"template", "count", "total", "flag", "whether", "default", "type", "length", "status", "format"})


def _spoiled(
    tokens: tuple[str, ...], start: int, length: int, data_class: DataClass, strength: Strength, *, whole: bool
) -> bool:
    """Say whether other words of the name turn the phrase into something harmless."""
    before, after = tokens[:start], tokens[start + length :]
    if any(word in words.NEGATIVE_TAIL for word in after) and not _still(data_class, after):
        return True
    if not whole and _COUNTED & set(before):
        return True
    if whole and data_class not in {"health", "special_category"} and any(w in words.NEGATIVE_HEAD for w in before):
        return True
    if strength is Strength.WEAK:
        # A weak word counts alone or with words that leave it what it is; `company_name` and `name_of_file` do not.
        if length == 1 and len(tokens) > 1 and any(w in words.THING_QUALIFIER for w in (*before, *after)):
            return True
        if after and data_class not in {"free_text", "postal_address"}:
            return any(not word.isdigit() for word in after)
    return False


def _still(data_class: DataClass, after: tuple[str, ...]) -> bool:
    """Say whether the class survives such an ending: `passport_id` is a passport's number, `email_id` no e-mail."""
    return data_class in _IDENTIFIERS and set(after) <= {"id", "code", "no", "number"}


# Firms have e-mails, phones, addresses and contacts too, but not these.
_UNMISTAKABLE = frozenset(
    {"given_name", "family_name", "birth_date", "us_ssn", "uk_nino", "de_steuerid", "fr_nir", "es_dni", "in_aadhaar",
     "it_codice_fiscale", "br_cpf", "national_id", "passport", "medical_id", "payment_card"}
)  # fmt: skip


def about(table: TableFacts, identifying: Iterable[DataClass]) -> About:
    """Return what the table is about, from its name, then from the classes that its columns' names strongly suggest."""
    by_name = _about_name(table.name)
    if by_name is About.PERSON:
        return by_name
    kinds = {_kin(data_class) for data_class in identifying}
    if by_name is not About.THING and len(kinds) >= 2:
        return About.PERSONISH
    if len(kinds) >= 3 and kinds & _UNMISTAKABLE:
        return About.PERSONISH  # whatever the table is called
    if by_name is About.UNKNOWN and table.comment:
        return About.PERSONISH if _comment_about_persons(table.comment) else by_name
    return by_name


def _kin(data_class: DataClass) -> str:
    return "address" if data_class in {"street", "postal_address"} else data_class


def _about_name(name: str) -> About:
    tokens = [t for t in tokenise(name) if not t.isdigit() and t not in words.NOISE_TABLE]
    if not tokens:
        return About.UNKNOWN
    head = tokens[-1]
    if head in {"client", "account", "application"} and _PROGRAMS & set(tokens):
        return About.THING
    if _among(head, words.PERSON_TABLE):
        return About.PERSON
    person_within = any(_among(t, words.PERSON_TABLE) for t in tokens)
    if _among(head, words.ATTRIBUTE_TABLE):
        return About.PERSONISH
    if _among(head, words.THING_TABLE):
        return About.THING
    return About.PERSONISH if person_within else About.UNKNOWN


_PROGRAMS = frozenset(
    {"oauth", "oauth2", "oidc", "api", "http", "mqtt", "rest", "grpc", "service", "ssh", "vpn", "system"}
)


def _among(word: str, known: frozenset[str]) -> bool:
    return word in known or word.removesuffix("s") in known


def _comment_about_persons(comment: str) -> bool:
    return any(_among(t, words.PERSON_TABLE) for t in tokenise(comment)[:6])
