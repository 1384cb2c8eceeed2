"""Classify, the arithmetic of identifiers: check digits and issuing rules that tell a number from a look-alike.

Every function takes the bare characters (no separators) and says whether the identifier could have been issued.
"""

from __future__ import annotations

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_VERHOEFF_D = tuple(
    tuple(int(c) for c in row)
    for row in (
        "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
        "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
    )
)  # fmt: skip
_VERHOEFF_P = tuple(
    tuple(int(c) for c in row)
    for row in (
        "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
    )
)  # fmt: skip
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_CF_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24,
    "XK": 20,
}  # fmt: skip


def luhn(digits: str) -> bool:
    """Say whether the last digit is the Luhn check digit of the others."""
    total = sum(ord(c) - 48 for c in digits[-1::-2]) + sum(_DOUBLED[ord(c) - 48] for c in digits[-2::-2])
    return total % 10 == 0


def card(digits: str) -> bool:
    """Say whether a card network could have issued it: 12 to 19 digits of a known range, Luhn, not all the same."""
    if not 12 <= len(digits) <= 19 or len(set(digits)) < 2 or not luhn(digits):
        return False
    first, two, four = digits[0], int(digits[:2]), int(digits[:4])
    match len(digits):
        case 15:
            return two in {34, 37} or four in {1800, 2131}
        case 14:
            return two in {30, 36, 38, 39}
        case 12:
            return two in {50, *range(56, 70)}
        case _:
            return first in "456" or 3528 <= four <= 3589 or 2200 <= four <= 2720 or two == 81


def iban(text: str) -> bool:
    """Say whether country, length and the mod-97 remainder agree."""
    return IBAN_LENGTHS.get(text[:2]) == len(text) and mod97(text[4:] + text[:4]) == 1


def mod97(text: str) -> int:
    """Return the ISO 7064 remainder of a text of digits and capital letters."""
    return int("".join(str(int(c, 36)) for c in text)) % 97


def ssn(digits: str) -> bool:
    """Say whether the Social Security Administration could have issued it."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def nino(text: str) -> bool:
    """Say whether the prefix is one that is handed out."""
    never = {"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"}
    return text[0] not in "DFIQUV" and text[1] not in "DFIOQUV" and text[:2] not in never


def dni(text: str) -> bool:
    """Say whether the letter of a Spanish DNI or NIE is right."""
    number = str("XYZ".index(text[0])) + text[1:-1] if text[0] in "XYZ" else text[:-1]
    return _DNI_LETTERS[int(number) % 23] == text[-1]


def codice_fiscale(text: str) -> bool:
    """Say whether the last letter of an Italian tax code is right."""
    total = sum(_CF_ODD[c] for c in text[0:15:2])
    total += sum(int(c) if c.isdigit() else ord(c) - 65 for c in text[1:15:2])
    return chr(65 + total % 26) == text[15]


def steuer_id(digits: str) -> bool:
    """Say whether a German tax number has its one repeated digit and the right check digit (ISO 7064, mod 11, 10)."""
    body = digits[:10]
    most = max(body.count(d) for d in set(body))
    if digits[0] == "0" or most not in {2, 3}:
        return False
    product = 10
    for c in body:
        total = (int(c) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def nir(text: str) -> bool:
    """Say whether the key of a French social security number is right; Corsica's departments count as 19 and 18."""
    body = text[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(text[13:])


def aadhaar(digits: str) -> bool:
    """Say whether the Verhoeff digit is right and the first digit one that is handed out."""
    check = 0
    for index, c in enumerate(reversed(digits)):
        check = _VERHOEFF_D[check][_VERHOEFF_P[index % 8][ord(c) - 48]]
    return check == 0 and digits[0] not in "01" and len(set(digits)) > 2


def cpf(digits: str) -> bool:
    """Say whether both check digits of a Brazilian CPF are right."""
    return len(set(digits)) > 1 and _mod11(digits[:9], 10) == digits[9] and _mod11(digits[:10], 11) == digits[10]


def cnpj(digits: str) -> bool:
    """Say whether both check digits of a Brazilian CNPJ are right."""
    first = "543298765432"
    return (
        len(set(digits)) > 1
        and _weighted11(digits[:12], first) == digits[12]
        and _weighted11(digits[:13], "6" + first) == digits[13]
    )


def _mod11(body: str, weight: int) -> str:
    rest = sum(int(c) * (weight - i) for i, c in enumerate(body)) % 11
    return str(0 if rest < 2 else 11 - rest)


def _weighted11(body: str, weights: str) -> str:
    rest = sum(int(c) * int(w) for c, w in zip(body, weights, strict=True)) % 11
    return str(0 if rest < 2 else 11 - rest)
