"""The shop: 24,000 made-up customers with everything a gateway has to hide, and what they ordered.

Deterministic: the same seed gives the same people. Nobody in it can be real or be reached: e-mail addresses are in
reserved domains, telephone numbers in ranges kept for fiction, card numbers in the schemes' test ranges (they pass
Luhn and pay for nothing).
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import psycopg
from psycopg import sql

from demo import names

CUSTOMERS = 24_000
ORDERS = 40_000
SEED = 20260214
TODAY = date(2026, 11, 1)

# The numbers that payment schemes give out for testing begin like this; the rest is counted up.
CARD_RANGES = ("411111", "424242", "555555", "222300", "378282")

SCHEMA = """
create table customers (
    id            bigint primary key,
    full_name     text not null,
    given_name    text not null,
    family_name   text not null,
    email         text not null unique,
    phone         text not null,
    card_number   text not null,
    birth_date    date not null,
    street        text not null,
    city          text not null,
    postal_code   text not null,
    country       char(2) not null,
    notes         text,
    created_at    timestamptz not null
);
create table products (
    id            integer primary key,
    sku           text not null unique,
    title         text not null,
    category      text not null,
    price         numeric(10, 2) not null,
    in_stock      integer not null
);
create table orders (
    id            bigint primary key,
    customer_id   bigint not null references customers,
    status        text not null,
    placed_at     timestamptz not null,
    total         numeric(10, 2) not null
);
create table order_items (
    order_id      bigint not null references orders,
    line          integer not null,
    product_id    integer not null references products,
    quantity      integer not null,
    price         numeric(10, 2) not null,
    primary key (order_id, line)
);
"""

FINISH = """
create index on orders (customer_id);
create index on orders (placed_at);
create view order_totals as
    select c.country, count(*) as orders, sum(o.total) as total
    from orders o join customers c on c.id = o.customer_id group by c.country;
analyze customers, products, orders, order_items;
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """The rows of the shop, table by table, in an order that foreign keys allow."""

    customers: list[tuple[object, ...]]
    products: list[tuple[object, ...]]
    orders: list[tuple[object, ...]]
    order_items: list[tuple[object, ...]]


def imagine(*, customers: int = CUSTOMERS, orders: int = ORDERS, seed: int = SEED) -> Shop:
    """Return a shop with that many customers and orders; the same numbers and seed give the same shop."""
    chance = random.Random(seed)
    people = [_customer(number, chance) for number in range(1, customers + 1)]
    goods = list(_products(chance))
    placed: list[tuple[object, ...]] = []
    items: list[tuple[object, ...]] = []
    prices = [(int(str(g[0])), round(float(str(g[4])) * 100)) for g in goods]
    for number in range(1, orders + 1):
        lines = list(_items(number, prices, chance))
        total = sum(int(str(line[3])) * cents for line, cents in lines)
        placed.append(
            (
                number,
                # Some buy often and many hardly at all.
                1 + int(customers * chance.random() ** 2),
                chance.choices(("paid", "shipped", "delivered", "returned", "open"), (10, 15, 60, 5, 10))[0],
                _moment(chance, days=900),
                _money(total),
            )
        )
        items.extend(line for line, _ in lines)
    return Shop(people, goods, placed, items)


def fill(connection: psycopg.Connection, shop: Shop | None = None) -> None:
    """Create the shop's tables in an empty database and load them."""
    shop = shop or imagine()
    connection.execute(SCHEMA)
    tables = {
        "customers": shop.customers,
        "products": shop.products,
        "orders": shop.orders,
        "order_items": shop.order_items,
    }
    for table, rows in tables.items():
        _load(connection, table, rows)
    connection.execute(FINISH)
    connection.commit()


def card_number(chance: random.Random) -> str:
    """Return a number from a payment scheme's test range that passes Luhn."""
    start = chance.choice(CARD_RANGES)
    length = 14 if start.startswith("37") else 15
    body = start + "".join(chance.choice("0123456789") for _ in range(length - len(start)))
    return body + luhn_digit(body)


def luhn_digit(body: str) -> str:
    """Return the digit that makes `body` pass Luhn."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def phone_number(country: str, chance: random.Random) -> str:
    """Return a telephone number out of a range that is kept for films and books."""
    if country == "GB":
        return f"+44 20 7946 0{chance.randrange(1000):03d}"
    return f"+1 {chance.choice((202, 303, 415, 512, 617, 718))}-555-01{chance.randrange(100):02d}"


def _customer(number: int, chance: random.Random) -> tuple[object, ...]:
    given, family = chance.choice(names.GIVEN), chance.choice(names.FAMILY)
    city, country, pattern = chance.choice(names.PLACES)
    email = f"{_plain(given)}.{_plain(family)}{number}@{chance.choice(names.MAIL_DOMAINS)}"
    phone, card = phone_number(country, chance), card_number(chance)
    note = chance.choice(names.NOTES) if chance.random() < 0.4 else None
    if note is not None:
        note = note.format(given=given, phone=phone, email=email, last4=card[-4:])
    return (
        number,
        f"{given} {family}",
        given,
        family,
        email,
        phone,
        card,
        TODAY - timedelta(days=chance.randrange(18 * 365, 90 * 365)),
        f"{chance.randrange(1, 240)} {chance.choice(names.STREETS)} {chance.choice(names.STREET_KINDS)}",
        city,
        "".join(_code(c, chance) for c in pattern),
        country,
        note,
        _moment(chance, days=2000),
    )


def _products(chance: random.Random) -> Iterator[tuple[object, ...]]:
    number = 0
    for make in names.MAKES:
        for place, good in enumerate(names.GOODS):
            number += 1
            category = names.CATEGORIES[place * len(names.CATEGORIES) // len(names.GOODS)]
            title = f"{make} {good[0].lower()}{good[1:]}"
            yield (
                number,
                f"P-{number:05d}",
                title,
                category,
                _money(chance.randrange(490, 24_900)),
                chance.randrange(400),
            )


def _items(
    order: int, prices: list[tuple[int, int]], chance: random.Random
) -> Iterator[tuple[tuple[object, ...], int]]:
    for line in range(1, chance.choices((2, 3, 4, 5), (40, 30, 20, 10))[0]):
        product, cents = chance.choice(prices)
        yield (order, line, product, chance.choices((1, 2, 3), (75, 18, 7))[0], _money(cents)), cents


def _load(connection: psycopg.Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor().copy(sql.SQL("copy {} from stdin").format(sql.Identifier(table))) as copy:
        for row in rows:
            copy.write_row(row)


def _moment(chance: random.Random, *, days: int) -> datetime:
    start = datetime(TODAY.year, TODAY.month, TODAY.day)  # noqa: DTZ001 - the server's zone is UTC
    return start - timedelta(seconds=chance.randrange(days * 86_400))


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _code(place: str, chance: random.Random) -> str:
    if place == "9":
        return chance.choice("0123456789")
    if place == "A":
        return chance.choice("ABCDEFGHJKLMNPRSTUVWXY")
    return place


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
