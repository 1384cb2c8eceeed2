"""The demo's shop: nobody in it can be real, and it is the same every time."""

from __future__ import annotations

import random
import re

import pytest

from demo import names, shop

SMALL = shop.imagine(customers=400, orders=600)
ID, FULL, GIVEN, FAMILY, EMAIL, PHONE, CARD, BORN = range(8)
NOTES = 12


def test_the_same_seed_gives_the_same_shop() -> None:
    assert shop.imagine(customers=400, orders=600) == SMALL


def test_another_seed_gives_other_people() -> None:
    assert shop.imagine(customers=400, orders=600, seed=2).customers != SMALL.customers


def test_every_email_address_is_in_a_domain_that_belongs_to_nobody() -> None:
    """RFC 2606 reserves example.com, .net, .org and the top-level domain .example."""
    for row in SMALL.customers:
        assert re.search(r"@(example\.(com|net|org)|\w+\.example)$", str(row[EMAIL])), row[EMAIL]


def test_email_addresses_are_unique() -> None:
    assert len({row[EMAIL] for row in SMALL.customers}) == len(SMALL.customers)


def test_every_telephone_number_is_in_a_range_kept_for_fiction() -> None:
    for row in SMALL.customers:
        assert re.fullmatch(r"\+44 20 7946 0\d{3}|\+1 \d{3}-555-01\d\d", str(row[PHONE])), row[PHONE]


def test_every_card_number_is_in_a_test_range_and_passes_luhn() -> None:
    for row in SMALL.customers:
        card = str(row[CARD])
        assert card.startswith(shop.CARD_RANGES)
        assert len(card) in (15, 16)
        assert shop.luhn_digit(card[:-1]) == card[-1]


@pytest.mark.parametrize("known", ["4111111111111111", "5555555555554444", "378282246310005", "79927398713"])
def test_the_luhn_digit_is_the_one_of_known_numbers(known: str) -> None:
    assert shop.luhn_digit(known[:-1]) == known[-1]


def test_everybody_is_of_age_and_nobody_is_older_than_ninety() -> None:
    ages = [(shop.TODAY - row[BORN]).days / 365.25 for row in SMALL.customers]  # type: ignore[operator]
    assert min(ages) >= 17.9
    assert max(ages) <= 90


def test_notes_hide_what_notes_hide() -> None:
    """A scan that looks at column names alone misses what people write into free text."""
    notes = " ".join(str(row[NOTES]) for row in SMALL.customers if row[NOTES])
    assert "555-01" in notes or "7946 0" in notes
    assert "@" in notes


def test_an_order_costs_what_its_items_cost() -> None:
    totals: dict[object, int] = {}
    for order, _, _, quantity, price in SMALL.order_items:
        totals[order] = totals.get(order, 0) + int(str(quantity)) * round(float(str(price)) * 100)
    assert {row[0]: round(float(str(row[4])) * 100) for row in SMALL.orders} == totals


def test_every_order_is_of_a_customer_and_every_item_of_a_product() -> None:
    customers, products = {row[0] for row in SMALL.customers}, {row[0] for row in SMALL.products}
    assert {row[1] for row in SMALL.orders} <= customers
    assert {row[2] for row in SMALL.order_items} <= products


def test_every_template_of_a_note_can_be_filled_in() -> None:
    for note in names.NOTES:
        assert "{" not in note.format(given="Ada", phone="1", email="a@example.com", last4="1234")


def test_card_numbers_are_drawn_from_the_given_chance_alone() -> None:
    assert shop.card_number(random.Random(1)) == shop.card_number(random.Random(1))
