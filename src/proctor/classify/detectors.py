"""Classify, by value: which class one value shows by its shape and its check digits, in time linear in its length.

One RE2 set looks for all shapes at once; what matches must then pass its arithmetic. Knows no column and no name: what
share of a column matches, and whether that means anything, is for `combine` to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import re2  # type: ignore[import-untyped]  # the wheel ships no stubs

from proctor.classify import checksums
from proctor.terms import DataClass

MAX_VALUE = 4096  # longer values are text or documents; their head is enough to say so


class Detector(Protocol):
    """Tells whether a whole value is of one class. The third of the house's extension points."""

    @property
    def data_class(self) -> DataClass:
        """The class it finds."""
        ...

    @property
    def pattern(self) -> str:
        """An RE2 pattern that the whole value matches."""
        ...

    @property
    def proof(self) -> float:
        """How much a match says by itself: 1 nearly everything (an e-mail), 0 nothing (a date)."""
        ...

    def accepts(self, value: str) -> bool:
        """Say whether a value that matches the pattern is really one."""
        ...


@dataclass(frozen=True, slots=True)
class Shape:
    """A pattern and, over its letters and digits alone, a check."""

    data_class: DataClass
    pattern: str
    proof: float
    check: Callable[[str], bool] | None = None
    whole: bool = False

    def accepts(self, value: str) -> bool:
        """Say whether the check holds, for the bare characters or for the whole value."""
        return self.check is None or self.check(value if self.whole else bare(value))


_KEEP_ALNUM = {i: None for i in range(128) if not chr(i).isalnum()}


def bare(value: str) -> str:
    """Return the value's letters and digits, letters in upper case."""
    return value.translate(_KEEP_ALNUM).upper()


# RE2 unrolls bounds, and a set of unrolled Unicode classes does not fit its memory: `+`, and lengths checked after.
EMAIL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-\pL]+@(?:[A-Za-z0-9\pL][A-Za-z0-9\-\pL]*\.)+[A-Za-z\pL][A-Za-z0-9\-\pL]+"
CARD = r"[2-68]\d{3}(?:[ \-]?\d{4}){2}[ \-]?\d{1,7}|3\d{3}[ \-]?\d{6}[ \-]?\d{4,5}|\d{12,19}"
PRIVATE_KEY = r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY"
TOKENS = (
    r"(?:sk|pk|rk)_(?:live|test)_[0-9A-Za-z]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{30,}"
    r"|github_pat_[0-9A-Za-z_]{22,}|glpat-[0-9A-Za-z_\-]{20,}|xox[abprs]-[0-9A-Za-z\-]{10,}|AIza[0-9A-Za-z_\-]{35}"
    r"|sk-[0-9A-Za-z_\-]{20,}|eyJ[0-9A-Za-z_\-]{8,}\.eyJ[0-9A-Za-z_\-]{8,}\.[0-9A-Za-z_\-]*"
    r"|SG\.[0-9A-Za-z_\-]{16,}\.[0-9A-Za-z_\-]{16,}|npm_[0-9A-Za-z]{36}|ya29\.[0-9A-Za-z_\-]{20,}"
)
HASHES = (
    r"\$2[abxy]\$\d\d\$[./0-9A-Za-z]{53}|\$(?:1|5|6|y|7|argon2(?:id|i|d)|scrypt|pbkdf2[a-z0-9\-]*)\$[^\s]{8,}"
    r"|SCRAM-SHA-\d+\$[^\s]{20,}|pbkdf2_sha\d+\$\d+\$[^\s]+|md5[0-9a-f]{32}|\{(?:SSHA|SHA|SMD5|CRYPT)\d*\}[^\s]{8,}"
)
_EXTENSION = r"(?:\s?(?:x|ext\.?)\s?\d{1,6})?"
PHONE = (
    r"\+\d{1,3}[ .\-/]?(?:\(\d{1,4}\)[ .\-/]?)?\d(?:[ .\-/]?\d){5,13}" + _EXTENSION + r"|00[1-9]\d(?:[ .\-/]?\d){7,13}"
)
PHONE_NATIONAL = (
    r"\(\d{2,4}\)[ .\-]?\d{3,5}[ .\-]?\d{3,4}" + _EXTENSION + r"|(?:1-)?\d{3}[ .\-]\d{3}[ .\-]\d{3,4}" + _EXTENSION
    + r"|0\d{1,5}[ .\-/]\d{2,8}(?:[ .\-/]?\d{2,4}){0,4}|\d{2,3}(?: \d{2,3}){2,4}"
    + r"|3\d\d-\d{7}|0[1-9]\d{8,9}|\d{2,4}-\d{3,4}-\d{3,4}"
)  # fmt: skip
IBAN = r"[A-Za-z]{2}\d{2}(?: ?[0-9A-Za-z]{4}){2,7}(?: ?[0-9A-Za-z]{1,3})?"
SSN = r"\d{3}-\d{2}-\d{4}|\d{3} \d{2} \d{4}"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_GROUPS = r"(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6})?"
IP = (
    rf"(?:{_OCTET}\.){{3}}{_OCTET}(?:/\d{{1,2}})?|(?:[0-9A-Fa-f]{{1,4}}:){{7}}[0-9A-Fa-f]{{1,4}}(?:/\d{{1,3}})?"
    rf"|{_GROUPS}::{_GROUPS}(?:/\d{{1,3}})?"
)
_STREET_BEFORE = (
    "street|st|avenue|ave|av|road|rd|lane|ln|drive|boulevard|blvd|bd|court|terrace|highway|close|crescent|way|parkway"
    "|square|nagar|marg|salai|chowk|rue|chemin|impasse|allée|quai|cours|route|place|calle|avenida|avda|plaza|paseo|ronda"
    "|camino|carretera|glorieta|via|viale|vicolo|piazza|piazzale|corso|largo|strada|rua|travessa|alameda|praça|estrada"
    "|rodovia|ulica|ul|al|os|plac|jalan|jl|utca|út|tér|bulevardul|strada|am|an|im|zum|prospekt|улица|ул|пер|проспект"
    "|sokak|sok|caddesi|cad|mahallesi|mah|bulvarı"
)
_STREET_BEHIND = (
    "strasse|straße|str|weg|platz|allee|gasse|ring|damm|ufer|straat|laan|plein|gracht|kade|singel|gatan|vägen|vagen|gata"
    "|väg|gränd|vej|gade|veien|vegen|gaten|katu|tie|polku|kuja|cesta|ulice|náměstí|iela|gatvė|utca|sokağı"
)
STREET = (
    rf"(?is)[^@{{}}<>]*(?:(?:^|[\s,;/(])(?:{_STREET_BEFORE}|c/)(?:[\s.,)]|$)"
    rf"|(?:{_STREET_BEHIND})\.?(?:[\s,;.]|$))[^@{{}}<>]*"
)  # fmt: skip


def _street_and_number(value: str) -> bool:
    return 6 <= len(value) <= 200 and any(map(str.isdigit, value)) and value.count(" ") + value.count("\n") <= 20


def _phone_digits(text: str) -> bool:
    return 7 <= len(text) <= 21 and len(set(text)) > 2


def _c(name: str) -> DataClass:
    return DataClass(name)


DETECTORS: tuple[Detector, ...] = (
    Shape(_c("email"), EMAIL, 1.0),
    Shape(_c("iban"), IBAN, 0.95, checksums.iban),
    Shape(_c("payment_card"), CARD, 0.6, checksums.card),
    Shape(_c("us_ssn"), SSN, 0.7, checksums.ssn),
    Shape(_c("uk_nino"), r"[A-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]", 0.75, checksums.nino),
    Shape(_c("de_steuerid"), r"\d{2} ?\d{3} ?\d{3} ?\d{3}", 0.4, checksums.steuer_id),
    Shape(_c("fr_nir"), r"[1-478] ?\d{2} ?\d{2} ?(?:\d{2}|2[ABab]) ?\d{3} ?\d{3} ?\d{2}", 0.8, checksums.nir),
    Shape(_c("es_dni"), r"(?:\d{8}|[XYZxyz]-?\d{7})-?[A-Za-z]", 0.85, checksums.dni),
    Shape(
        _c("it_codice_fiscale"),
        r"[A-Za-z]{6}[0-9LMNPQRSTUVlmnpqrstuv]{2}[ABCDEHLMPRSTabcdehlmprst][0-9LMNPQRSTUVlmnpqrstuv]{2}[A-Za-z]"
        r"[0-9LMNPQRSTUVlmnpqrstuv]{3}[A-Za-z]",
        0.95,
        checksums.codice_fiscale,
    ),
    Shape(_c("in_aadhaar"), r"[2-9]\d{3}[ \-]?\d{4}[ \-]?\d{4}", 0.5, checksums.aadhaar),
    Shape(_c("in_pan"), r"[A-Za-z]{3}[ABCFGHLJPTabcfghljpt][A-Za-z]\d{4}[A-Za-z]", 0.5),
    Shape(_c("br_cpf"), r"\d{3}\.\d{3}\.\d{3}-\d{2}|\d{11}", 0.6, checksums.cpf),
    Shape(_c("br_cnpj"), r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}|\d{14}", 0.6, checksums.cnpj),
    Shape(_c("phone"), PHONE, 0.6, _phone_digits),
    Shape(_c("phone"), PHONE_NATIONAL, 0.3, _phone_digits),
    Shape(_c("postal_address"), STREET, 0.6, _street_and_number, whole=True),
    Shape(_c("ip_address"), IP, 0.0),
    Shape(_c("mac_address"), r"[0-9A-Fa-f]{2}(?:[:\-][0-9A-Fa-f]{2}){5}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}", 0.3),
    Shape(_c("secret"), TOKENS, 0.95),
    Shape(_c("secret"), PRIVATE_KEY + r"(?s:.*)", 1.0),
    Shape(_c("secret"), HASHES, 0.95),
)


@dataclass(frozen=True, slots=True)
class Match:
    """What a value is, by one detector."""

    data_class: DataClass
    proof: float


class DetectorSet:
    """Detectors behind one RE2 set: a value is scanned once, however many there are."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._detectors = tuple((d.accepts, Match(d.data_class, d.proof)) for d in detectors)
        options = re2.Options()
        options.max_mem = 64 << 20
        options.log_errors = False
        self._set = re2.Set.FullMatchSet(options)
        for detector in detectors:
            self._set.Add(detector.pattern)
        self._set.Compile()
        self._match = self._set.Match

    def matches(self, value: str) -> list[Match]:
        """Return every class that the whole value shows, surest first."""
        if _TELLING(value) is None and (len(value) < LONG_WORD or " " in value):
            return []
        if len(value) > MAX_VALUE:
            return []
        stripped = value.strip()
        if "\0" in stripped:
            stripped = stripped.replace("\0", "")
        found = self._match(stripped)
        if not found:
            return []
        accepted = [match for accepts, match in map(self._detectors.__getitem__, found) if accepts(stripped)]
        if len(accepted) > 1:
            accepted.sort(key=_by_proof)
        return accepted


LONG_WORD = 20
# No pattern matches a value without one of these unless it is one long word (a key of letters alone), and most words
# are values without. A class of characters, no more: it is looked for in time linear in the value.
_TELLING = re.compile(r"[0-9@{$:_\-]").search


def _by_proof(match: Match) -> float:
    return -match.proof


SHAPES = DetectorSet(DETECTORS)
