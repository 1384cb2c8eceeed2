"""What masked rows are still good for: joins, groups, and a model of who leaves, on masked rows beside plain ones.

A made-up shop in memory, masked by the masks that a session puts on: customers with e-mail, tax number, age, salary and
birth date, and orders that name them by e-mail. The model is a logistic regression, trained once on plain rows and once
on masked ones, and judged on plain rows that neither has seen.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from bench.pgbench import OUT
from proctor.policy.masks import make_mask, mask_name_for
from proctor.terms import DataClass

KEY = bytes(range(32))
CUSTOMERS, ORDERS, HELD_BACK = 6000, 24_000, 2000
STEPS, RATE = 300, 1.0
POINTS = 0.02
TODAY = date(2026, 11, 1)
FAMILIES = {"email": "text", "us_ssn": "text", "age": "integer", "salary": "decimal", "birth_date": "date"}


@dataclass(frozen=True)
class Customer:
    """One row: what is sensitive as the server writes it, and what is not."""

    email: bytes
    us_ssn: bytes
    age: bytes
    salary: bytes
    birth_date: bytes
    visits: float
    left: bool


def customers(chance: random.Random) -> list[Customer]:
    """Return customers who leave the sooner the younger, the poorer and the rarer here they are."""
    made = []
    for n in range(CUSTOMERS):
        age, salary, visits = chance.randint(18, 80), chance.lognormvariate(10.8, 0.5), chance.expovariate(0.2)
        born = TODAY - timedelta(days=round(age * 365.25) + chance.randrange(365))
        odds = 2.2 - 0.05 * age - salary / 60_000 - 0.15 * visits + chance.gauss(0, 0.5)
        left = chance.random() < 1 / (1 + math.exp(-odds))
        ssn = f"{100 + n % 800:03}-{n % 97 + 1:02}-{n:04}".encode()
        email, held = b"person%d@example.com" % n, f"{salary:.2f}".encode()
        made.append(Customer(email, ssn, b"%d" % age, held, born.isoformat().encode(), visits, left))
    return made


def mask(data_class: str, value: bytes) -> bytes:
    """Return the value under the useful mask of its class."""
    name = mask_name_for(DataClass(data_class), "useful")
    masked = make_mask(name, DataClass(data_class), key=KEY, type_family=FAMILIES[data_class])(value)
    assert masked is not None
    return masked


def masked(c: Customer) -> Customer:
    """Return the row as somebody sees it who may not unmask."""
    email, us_ssn = mask("email", c.email), mask("us_ssn", c.us_ssn)
    age, salary, born = mask("age", c.age), mask("salary", c.salary), mask("birth_date", c.birth_date)
    return Customer(email, us_ssn, age, salary, born, c.visits, c.left)


Features = list[list[float]]


def features(rows: list[Customer]) -> Features:
    """Return what the model looks at, each about as large as the others."""
    found = []
    for c in rows:
        days = (TODAY - date.fromisoformat(c.birth_date.decode())).days
        found.append([1.0, int(c.age) / 40, float(c.salary) / 50_000, days / 15_000, c.visits / 5])
    return found


def trained(rows: Features, left: list[bool]) -> list[float]:
    """Return the weights of a logistic regression, by going down the gradient."""
    weights = [0.0] * len(rows[0])
    for _ in range(STEPS):
        slope = [0.0] * len(weights)
        for row, gone in zip(rows, left, strict=True):
            miss = 1 / (1 + math.exp(-sum(w * x for w, x in zip(weights, row, strict=True)))) - gone
            slope = [s + miss * x for s, x in zip(slope, row, strict=True)]
        weights = [w - RATE * s / len(rows) for w, s in zip(weights, slope, strict=True)]
    return weights


def area(weights: list[float], rows: Features, left: list[bool]) -> float:
    """Return the AUC: how often one who left is ranked before one who stayed."""
    scored = sorted(
        (sum(w * x for w, x in zip(weights, row, strict=True)), gone) for row, gone in zip(rows, left, strict=True)
    )
    ranks = sum(rank for rank, (_, gone) in enumerate(scored, start=1) if gone)
    gone = sum(left)
    return (ranks - gone * (gone + 1) / 2) / (gone * (len(left) - gone))


@dataclass(frozen=True)
class Utility:
    """One question, its answer on plain rows and on masked ones, and whether they agree as far as they should."""

    question: str
    plain: float
    masked: float
    held: bool


def joined(people: list[bytes], orders: list[tuple[bytes, int]]) -> list[int]:
    """Return the sums of each customer's orders, matched by the key and in the order of the customers."""
    sums: Counter[bytes] = Counter()
    for email, total in orders:
        sums[email] += total
    return [sums[email] for email in people]


def measure(chance: random.Random) -> list[Utility]:
    """Ask every question of both."""
    plain = customers(chance)
    shown = [masked(c) for c in plain]
    orders = [
        (b"person%d@example.com" % chance.randrange(CUSTOMERS + 500), chance.randrange(500)) for _ in range(ORDERS)
    ]
    hidden = [(mask("email", email), total) for email, total in orders]
    one, other = joined([c.email for c in plain], orders), joined([c.email for c in shown], hidden)
    found = [
        Utility(
            "customers whose orders add up to the same",
            CUSTOMERS,
            sum(a == b for a, b in zip(one, other, strict=True)),
            one == other,
        )
    ]
    for what, a, b in (
        ("groups of orders by e-mail", [e for e, _ in orders], [e for e, _ in hidden]),
        ("groups of customers by tax number", [c.us_ssn for c in plain], [c.us_ssn for c in shown]),
    ):
        sizes, masked_sizes = sorted(Counter(a).values()), sorted(Counter(b).values())
        found.append(Utility(what, len(sizes), len(masked_sizes), sizes == masked_sizes))
    split = CUSTOMERS - HELD_BACK
    left = [c.left for c in plain]
    judged = features(plain[split:])
    good, as_good = (
        area(trained(features(rows[:split]), left[:split]), judged, left[split:]) for rows in (plain, shown)
    )
    found.append(Utility("AUC of a model trained on them", good, as_good, abs(good - as_good) <= POINTS))
    return found


def main() -> int:
    """Print the table, write the figures, and say by the exit code whether masked rows are as good."""
    found = measure(random.Random(4))
    print("| question | plain rows | masked rows | holds |\n|---|---:|---:|---|")
    for each in found:
        print(f"| {each.question} | {each.plain:,.4g} | {each.masked:,.4g} | {'yes' if each.held else 'NO'} |")
    OUT.mkdir(exist_ok=True)
    path = OUT / "utility.json"
    path.write_text(json.dumps({"what": "utility", "answers": [asdict(each) for each in found]}, indent=1) + "\n")
    print(f"all figures are in {os.path.relpath(path)}")
    return 0 if all(each.held for each in found) else 1


if __name__ == "__main__":
    sys.exit(main())
