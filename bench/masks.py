"""What a masked cell costs of CPU, mask by mask: in a run of rows, and alone. No server, no socket.

Each mask gets made-up values of the common form of its class, and the share of them that the compiled code left to the
mask of one cell is printed beside the cost. Uniqueness is counted, too: of so many distinct values, how many masks.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from array import array
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta

from bench.pgbench import OUT
from proctor import twins
from proctor.policy.mask_lists import CITIES, FAMILY, GIVEN, STREETS
from proctor.policy.masks import DEFAULTS, KEY_MASKS, PRESERVES, make_mask
from proctor.policy.masks_numbers import luhn_digit
from proctor.policy.masks_runs import RunMask
from proctor.terms import DataClass

KEY = bytes(range(32))
ROUNDS = 5
ALONE = 2000
MASKED_TWICE = 16_384  # cells between two goes, so that the memory of recent answers is no help


@dataclass(frozen=True)
class Cost:
    """One mask on one class in one family of types; a `run_ns` of None means that it knows no runs."""

    mask: str
    data_class: str
    family: str
    run_ns: float | None
    alone_ns: float
    left_out: float
    distinct: int
    masks: int


def digits(chance: random.Random, count: int) -> str:
    """Return so many digits."""
    return "".join(chance.choices("0123456789", k=count))


def card(chance: random.Random, at: int) -> bytes:
    """Return a card whose check digit is right."""
    body = f"4{at:014}".encode()
    return body + b"%d" % luhn_digit(body)


def iban(chance: random.Random, at: int) -> bytes:
    """Return a German IBAN whose check digits are right."""
    account = f"37040044{at:010}"
    return f"DE{98 - int(account + '131400') % 97:02}{account}".encode()


def told(*lists: tuple[bytes, ...]) -> Callable[[random.Random, int], bytes]:
    """Return a maker of one word of each list."""
    return lambda chance, at: b" ".join(chance.choice(words) for words in lists)


Maker = Callable[[random.Random, int], bytes]
VALUES: list[tuple[str, str, str, Maker]] = [
    ("redact", "secret", "text", lambda r, n: b"hunter%d" % n),
    ("hash", "email", "text", lambda r, n: b"person%d@example.com" % n),
    ("email", "email", "text", lambda r, n: b"person%d@example.com" % n),
    ("token", "username", "text", lambda r, n: b"user%d" % n),
    ("card", "payment_card", "text", card),
    ("id", "us_ssn", "text", lambda r, n: b"%03d-%02d-%04d" % (n // 10**6 % 1000, n // 10**4 % 100, n % 10**4)),
    ("id", "passport", "text", lambda r, n: b"C%08d" % n),
    ("iban", "iban", "text", iban),
    ("name", "person_name", "text", told(GIVEN, FAMILY)),
    ("name", "family_name", "text", told(FAMILY)),
    ("phone", "phone", "text", lambda r, n: f"+1 {digits(r, 3)}-{digits(r, 3)}-{digits(r, 4)}".encode()),
    ("date", "birth_date", "date", lambda r, n: str(date(1930, 1, 1) + timedelta(r.randrange(30_000))).encode()),
    ("noise", "salary", "decimal", lambda r, n: f"{r.randrange(20_000, 200_000)}.{digits(r, 2)}".encode()),
    ("noise", "age", "integer", lambda r, n: b"%d" % r.randrange(18, 99)),
    ("address", "postal_address", "text", lambda r, n: b"%d %b, %b" % (n % 999, r.choice(STREETS), r.choice(CITIES))),
    ("city", "city", "text", told(CITIES)),
    ("postal", "postal_code", "text", lambda r, n: digits(r, 5).encode()),
    ("ip", "ip_address", "inet", lambda r, n: b"10.%d.%d.%d" % (n >> 16 & 255, n >> 8 & 255, n & 255)),
    ("mac", "mac_address", "macaddr", lambda r, n: b"08:00:2b:%02x:%02x:%02x" % (n >> 16 & 255, n >> 8 & 255, n & 255)),
    ("geo", "geolocation", "decimal", lambda r, n: f"{r.uniform(-90, 90):.4f}".encode()),
    ("partial", "payment_card", "text", card),
    ("generalise", "salary", "integer", lambda r, n: b"%d" % r.randrange(20_000, 200_000)),
    ("document", "document", "json", lambda r, n: b'{"name": "Zelda", "email": "p%d@example.com", "n": 1}' % n),
]  # fmt: skip


def spread(values: list[bytes]) -> tuple[bytes, array[int]]:
    """Return the values behind each other, and their spans."""
    spans, at = array("q"), 0
    for value in values:
        spans.extend((at, len(value)))
        at += len(value)
    return b"".join(values), spans


def cost(name: str, data_class: str, family: str, values: list[bytes]) -> Cost:
    """Measure one mask: the median of some goes over all values, and of one go over a few of them alone."""
    mask = make_mask(name, DataClass(data_class), key=KEY, type_family=family)
    few = values[:ALONE]
    began = time.thread_time()
    for value in few:
        mask(value)
    alone = (time.thread_time() - began) / len(few) * 1e9
    data, spans = spread(values)
    distinct = len(set(values))
    if not isinstance(mask, RunMask):
        return Cost(name, data_class, family, None, alone, 1.0, distinct, len({mask(v) for v in values}))
    took = []
    out, cells = bytearray(), spans
    for _ in range(ROUNDS):
        began = time.thread_time()
        out, cells = mask.run(data, spans)
        took.append((time.thread_time() - began) / len(values) * 1e9)
    left = len(mask.left_out(data, spans)) / len(values)
    shown = {bytes(out[cells[i] : cells[i] + cells[i + 1]]) for i in range(0, len(cells), 2)}
    return Cost(name, data_class, family, statistics.median(took), alone, left, distinct, len(shown))


def table(costs: list[Cost], *, cells: int) -> str:
    """Return the costs as a table in Markdown."""
    lines = [
        f"| mask ({cells:,} cells) | class, type | ns a cell, in a run | ns, alone | left out | values | masks |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for c in costs:
        run = "–" if c.run_ns is None else f"{c.run_ns:.0f}"
        lines.append(
            f"| {c.mask} | {c.data_class}, {c.family} | {run} | {c.alone_ns:.0f} "
            f"| {c.left_out:.0%} | {c.distinct:,} | {c.masks:,} |"
        )
    return "\n".join(lines)


def collisions(cells: int) -> int:
    """Return how many fewer masks than values there are, of so many distinct e-mails. One to one means none."""
    mask = make_mask("email", DataClass("email"), key=KEY, type_family="text")
    assert isinstance(mask, RunMask)
    seen: set[bytes] = set()
    for start in range(0, cells, MASKED_TWICE):
        data, spans = spread([b"person%d@example.com" % n for n in range(start, min(start + MASKED_TWICE, cells))])
        out, made = mask.run(data, spans)
        seen.update(bytes(out[made[i] : made[i] + made[i + 1]]) for i in range(0, len(made), 2))
    return cells - len(seen)


def main() -> int:
    """Print the table and the count, and write both to bench/out; fail if two e-mails share a mask."""
    parser = argparse.ArgumentParser(prog="bench.masks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer cells")
    quick = parser.parse_args().quick
    cells, emails = (5_000, 100_000) if quick else (MASKED_TWICE, 1_000_000)
    chance = random.Random(4)
    costs = [cost(name, c, family, [make(chance, n) for n in range(cells)]) for name, c, family, make in VALUES]
    shared = collisions(emails)
    print(table(costs, cells=cells))
    print(f"\n{emails:,} distinct e-mails: {shared} of them share a mask with another")
    OUT.mkdir(exist_ok=True)
    report = {
        "what": "masks",
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "cells": cells,
        "proctor": {"modules": twins.describe()},
        "costs": [asdict(c) | {"one_to_one": c.mask in KEY_MASKS, "preserves": PRESERVES[c.mask]} for c in costs],
        "not measured": sorted(set(DEFAULTS.values()) - {c.mask for c in costs}),
        "emails": {"distinct": emails, "sharing a mask": shared},
    }
    path = OUT / "masks.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    print(f"{twins.describe()}; all figures are in {os.path.relpath(path)}")
    return 0 if shared == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
