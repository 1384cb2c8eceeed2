"""Identifiers with their check digits, computed from their published rules and independently of `proctor.classify`."""

from __future__ import annotations

from random import Random

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DNI = "TRWAGMYFPDXBNJZSQVHLCKE"


def digits(rng: Random, count: int) -> str:
    """Return that many digits, the first not 0."""
    return str(rng.randrange(10 ** (count - 1), 10**count))


def letters(rng: Random, count: int) -> str:
    """Return that many capital letters."""
    return "".join(rng.choice(LETTERS) for _ in range(count))


def luhn(body: str) -> str:
    """Return the digits with their Luhn check digit."""
    total = 0
    for at, c in enumerate(reversed(body)):
        n = int(c) * (2 if at % 2 == 0 else 1)
        total += n - 9 if n > 9 else n
    return body + str(-total % 10)


def card(rng: Random) -> str:
    """Return a card number, often grouped."""
    start, length = rng.choice((("4", 16), ("51", 16), ("55", 16), ("2223", 16), ("34", 15), ("37", 15), ("6011", 16)))
    number = luhn(start + "".join(rng.choice("0123456789") for _ in range(length - 1 - len(start))))
    separator = rng.choice(("", "", " ", "-"))
    return separator.join(number[i : i + 4] for i in range(0, 16, 4)) if length == 16 else number


def iban(rng: Random, country: str) -> str:
    """Return an IBAN of the country, by mod 97."""
    shape = {
        "DE": 18, "FR": 23, "ES": 20, "IT": 23, "GB": 18, "NL": 14, "BR": 25, "AT": 16, "BE": 12, "PL": 24, "SE": 20,
        "CZ": 20, "FI": 14, "TR": 22,
    }  # fmt: skip
    length = shape.get(country, 18)
    country = country if country in shape else "DE"
    bank = letters(rng, 4) if country in {"GB", "NL"} else ""
    body = bank + digits(rng, length - len(bank))
    number = int("".join(str(int(c, 36)) for c in body + country + "00"))
    text = f"{country}{98 - number % 97:02d}{body}"
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4)) if rng.random() < 0.3 else text


def ssn(rng: Random) -> str:
    """Return a US social security number."""
    area = rng.choice((rng.randrange(1, 666), rng.randrange(667, 900)))
    return f"{area:03d}-{rng.randrange(1, 100):02d}-{rng.randrange(1, 10000):04d}"


def nino(rng: Random) -> str:
    """Return a UK national insurance number."""
    while (prefix := rng.choice("ABCEGHJKLMNOPRSTWXYZ") + rng.choice("ABCEGHJKLMNPRSTWXYZ")) in {
        "BG", "GB", "NK", "KN", "TN", "NT", "ZZ",
    }:  # fmt: skip
        pass
    n = f"{rng.randrange(1000000):06d}"
    return f"{prefix} {n[:2]} {n[2:4]} {n[4:]} {rng.choice('ABCD')}" if rng.random() < 0.5 else prefix + n + "C"


def steuer_id(rng: Random) -> str:
    """Return a German tax number: ten digits of which one comes twice, and the digit of mod 11, 10."""
    some = rng.sample("0123456789", 9)
    twice = rng.choice(some)
    body = [*some, twice]
    rng.shuffle(body)
    if body[0] == "0":
        at = next(i for i, c in enumerate(body) if c != "0")
        body[0], body[at] = body[at], body[0]
    product = 10
    for c in body:
        total = (int(c) + product) % 10 or 10
        product = total * 2 % 11
    return "".join(body) + str((11 - product) % 10)


def nir(rng: Random) -> str:
    """Return a French social security number with its key."""
    body = f"{rng.choice('12')}{rng.randrange(100):02d}{rng.randrange(1, 13):02d}{rng.randrange(1, 96):02d}"
    body += f"{rng.randrange(1, 990):03d}{rng.randrange(1, 999):03d}"
    key = f"{97 - int(body) % 97:02d}"
    if rng.random() < 0.4:
        return f"{body[0]} {body[1:3]} {body[3:5]} {body[5:7]} {body[7:10]} {body[10:]} {key}"
    return body + key


def dni(rng: Random) -> str:
    """Return a Spanish DNI or, seldom, an NIE."""
    if rng.random() < 0.2:
        first, rest = rng.randrange(3), rng.randrange(10**7)
        return "XYZ"[first] + f"{rest:07d}" + DNI[(first * 10**7 + rest) % 23]
    number = rng.randrange(10**7, 10**8)
    return f"{number:08d}{DNI[number % 23]}"


def codice_fiscale(rng: Random) -> str:
    """Return an Italian tax code."""
    odd = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
    day = rng.randrange(1, 29) + rng.choice((0, 40))
    body = letters(rng, 6) + f"{rng.randrange(100):02d}" + rng.choice("ABCDEHLMPRST") + f"{day:02d}"
    body += rng.choice("ABCDEFGHILMZ") + f"{rng.randrange(1, 1000):03d}"
    total = 0
    for at, c in enumerate(body):
        n = int(c) if c.isdigit() else LETTERS.index(c)
        total += odd[n] if at % 2 == 0 else n
    return body + LETTERS[total % 26]


_D = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043",
    "8765932104", "9876543210",
)  # fmt: skip
_P = ("0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258")
_INVERSE = "0432156789"


def aadhaar(rng: Random) -> str:
    """Return an Aadhaar number with its Verhoeff digit."""
    body = rng.choice("23456789") + f"{rng.randrange(10**10):010d}"
    check = 0
    for at, c in enumerate(reversed(body), start=1):
        check = int(_D[check][int(_P[at % 8][int(c)])])
    text = body + _INVERSE[check]
    return f"{text[:4]} {text[4:8]} {text[8:]}" if rng.random() < 0.6 else text


def pan(rng: Random) -> str:
    """Return an Indian tax number of a person."""
    return f"{letters(rng, 3)}P{letters(rng, 1)}{rng.randrange(10000):04d}{letters(rng, 1)}"


def _mod11(body: str, weights: list[int]) -> str:
    rest = sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11
    return "0" if rest < 2 else str(11 - rest)


def cpf(rng: Random) -> str:
    """Return a Brazilian CPF."""
    body = f"{rng.randrange(10**9):09d}"
    body += _mod11(body, list(range(10, 1, -1)))
    body += _mod11(body, list(range(11, 1, -1)))
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}" if rng.random() < 0.7 else body


def cnpj(rng: Random) -> str:
    """Return a Brazilian CNPJ."""
    body = f"{rng.randrange(10**8):08d}0001"
    body += _mod11(body, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
    body += _mod11(body, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
    return f"{body[:2]}.{body[2:5]}.{body[5:8]}/{body[8:12]}-{body[12:]}"


def isbn(rng: Random) -> str:
    """Return an ISBN-13, half of them with hyphens."""
    body = f"978{rng.randrange(10**9):09d}"
    check = -sum(int(c) * (3 if at % 2 else 1) for at, c in enumerate(body)) % 10
    if rng.random() < 0.5:
        return f"978-{body[3]}-{body[4:7]}-{body[7:12]}-{check}"
    return body + str(check)


def gtin(rng: Random) -> str:
    """Return a product's bar code."""
    body = f"40{rng.randrange(10**10):010d}"
    return body + str(-sum(int(c) * (3 if at % 2 else 1) for at, c in enumerate(body)) % 10)


def tracking(rng: Random) -> str:
    """Return a parcel's number, as carriers write it."""
    return rng.choice(
        (f"1Z{letters(rng, 3)}{digits(rng, 13)}", digits(rng, 20), f"RR{digits(rng, 9)}DE", "JD01" + digits(rng, 16))
    )
