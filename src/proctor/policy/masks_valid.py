"""Policy, key masks of identifiers that have room for numbers which are valid and nobody's.

In comes a genuine identifier, out goes another that passes the same checks, from a range of which none is given out: a
French number (NIR) that begins with 5 or 6, an Italian tax code of a birthplace from N to Y. Each is a permutation of
the genuine ones, so that it can be undone. What is not genuine, or of another class, is None, and for others to mask.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from proctor.policy.masks_keyed import Keyed
from proctor.terms import DataClass

CLASSES = frozenset({DataClass("fr_nir"), DataClass("it_codice_fiscale")})
_TWEAK = 2  # no shape of another mask has this number


def mask(keyed: Keyed, data_class: DataClass, bare: bytes) -> bytes | None:
    """Return the valid identifier of nobody that stands for a genuine one without separators."""
    if data_class == "fr_nir":
        return _nir(keyed, bare, b"12", b"56", back=False)
    return _codice(keyed, bare, _PLACES, _NOWHERE, back=False) if data_class == "it_codice_fiscale" else None


def unmask(keyed: Keyed, data_class: DataClass, bare: bytes) -> bytes | None:
    """Return the genuine identifier that a masked one stands for, None for what is none of ours."""
    if data_class == "fr_nir":
        return _nir(keyed, bare, b"56", b"12", back=True)
    return _codice(keyed, bare, _NOWHERE, _PLACES, back=True) if data_class == "it_codice_fiscale" else None


# ---- France: sex, year, month, place, order of birth, and a key modulo 97

_BIRTHS = 100_000_000  # places and orders


def _nir(keyed: Keyed, bare: bytes, source: bytes, target: bytes, *, back: bool) -> bytes | None:
    if len(bare) != 15 or not bare.isdigit() or bare[0] not in source or not 1 <= int(bare[3:5]) <= 12:
        return None
    if int(bare[13:]) != 97 - int(bare[:13]) % 97:
        return None
    months = (source.index(bare[0]) * 100 + int(bare[1:3])) * 12 + int(bare[3:5]) - 1
    step = keyed.restore if back else keyed.permute
    months, births = divmod(step(months * _BIRTHS + int(bare[5:13]), 2400, _BIRTHS, _TWEAK), _BIRTHS)
    years, month = divmod(months, 12)
    sex, year = divmod(years, 100)
    body = b"%c%02d%02d%08d" % (target[sex], year, month + 1, births)
    return body + b"%02d" % (97 - int(body) % 97)


# ---- Italy: six letters of the names, year, month and day of birth, place, and a letter for check

_CODICE = re.compile(rb"([A-Z]{6})([0-9]{2})([ABCDEHLMPRST])([0-9]{2})([A-Z])([0-9]{3})([A-Z])")
_MONTHS = b"ABCDEHLMPRST"
_PLACES, _NOWHERE = b"ABCDEFGHILMZ", b"NOPQRSTUVWXY"
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_NAMES = 26**6
_LIVES = 100 * 365 * 2 * 12_000  # years, days, sexes and places
_YEAR = date(2001, 1, 1)  # no leap year: its days are days in every year


def _codice(keyed: Keyed, bare: bytes, source: bytes, target: bytes, *, back: bool) -> bytes | None:
    found = _CODICE.fullmatch(bare)
    if found is None or found[5][0] not in source or _letter(bare[:15]) != bare[15]:
        return None
    day, sex = int(found[4]) % 40, int(found[4]) // 40
    try:
        days = (date(2001, _MONTHS.index(found[3]) + 1, day) - _YEAR).days
    except ValueError:
        return None  # there is no such day, or but once in four years
    if sex > 1:
        return None
    name = 0
    for c in found[1]:
        name = name * 26 + c - 65
    life = ((int(found[2]) * 365 + days) * 2 + sex) * 12_000 + source.index(found[5]) * 1000 + int(found[6])
    step = keyed.restore if back else keyed.permute
    name, life = divmod(step(name * _LIVES + life, _NAMES, _LIVES, _TWEAK), _LIVES)
    return _spelled(name, life, target)


def _spelled(name: int, life: int, places: bytes) -> bytes:
    letters = bytearray()
    for _ in range(6):
        name, letter = divmod(name, 26)
        letters.insert(0, 65 + letter)
    life, place = divmod(life, 12_000)
    life, sex = divmod(life, 2)
    year, days = divmod(life, 365)
    born = _YEAR + timedelta(days)
    body = bytes(letters) + b"%02d%c%02d" % (year, _MONTHS[born.month - 1], born.day + 40 * sex)
    body += b"%c%03d" % (places[place // 1000], place % 1000)
    return body + b"%c" % _letter(body)


def _letter(body: bytes) -> int:
    """Return the last letter of a tax code."""
    values = [c - 48 if c < 65 else c - 65 for c in body]
    return 65 + (sum(_ODD[v] for v in values[::2]) + sum(values[1::2])) % 26
