"""The column benchmark: its tables come again, its identifiers are real ones, and its counting is right."""

from __future__ import annotations

from random import Random

import pytest

from bench.columns import akin, judge, leaked, nameless
from bench.tables import numbers
from bench.tables.making import BUILT_ON, MadeColumn, MadeTable, tables
from proctor.classify import CLASSES, checksums
from proctor.classify.detectors import bare
from proctor.terms import DataClass

CHECKS = {
    "card": (numbers.card, checksums.card), "ssn": (numbers.ssn, checksums.ssn), "nino": (numbers.nino, checksums.nino),
    "steuer_id": (numbers.steuer_id, checksums.steuer_id), "nir": (numbers.nir, checksums.nir), "dni": (numbers.dni, checksums.dni),
    "codice_fiscale": (numbers.codice_fiscale, checksums.codice_fiscale), "aadhaar": (numbers.aadhaar, checksums.aadhaar),
    "cpf": (numbers.cpf, checksums.cpf), "cnpj": (numbers.cnpj, checksums.cnpj),
    "iban": (lambda rng: numbers.iban(rng, rng.choice(("DE", "FR", "GB", "BR", "IT", "ES"))), checksums.iban),
}  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_two_programs_agree_on_the_check_digits(name: str) -> None:
    """The generator computes them for itself; the detectors check what it made."""
    make, check = CHECKS[name]
    rng = Random(11)
    assert all(check(bare(make(rng))) for _ in range(200))


def test_the_same_seed_makes_the_same_tables() -> None:
    assert list(tables(BUILT_ON, 8, 3)) == list(tables(BUILT_ON, 8, 3)) != list(tables(BUILT_ON, 8, 4))


def test_what_is_called_sensitive_is_of_a_known_class() -> None:
    assert all(kind.label in CLASSES for kind in BUILT_ON.people)
    assert not any(kind.label for kind in BUILT_ON.things)


def column(label: str | None, *values: str) -> MadeColumn:
    return MadeColumn("c", "text", values, label, values if label else (), "plain")


def test_what_is_not_found_is_shown_and_what_is_masked_is_not() -> None:
    mails = column("email", "a@b.example", "c@d.example")
    assert [leaked(mails, said) for said in (None, DataClass("email"), DataClass("secret"))] == [2, 0, 0]
    text = MadeColumn(
        "c", "text", ("write to a@b.example", "or see Anna"), "free_text", ("a@b.example", "Anna"), "plain"
    )
    assert leaked(text, DataClass("prose")) == 1, "a single given name in prose has no shape"


def test_related_classes_count_as_the_right_one() -> None:
    assert akin("given_name", "person_name") and akin("us_ssn", "national_id") and akin("email", "email")
    assert not akin("email", "phone")


def test_misses_and_false_alarms_are_counted() -> None:
    made = MadeTable(
        "t1", (column("birth_date", "x", "y"), MadeColumn("email", "text", ("q",) * 3, None, (), "plain")), "us"
    )
    score = judge("built on", [made])
    assert (score.recall, score.precision, score.leaked, len(score.wrong)) == (0.0, 0.0, 1.0, 2)


def test_tables_without_names_have_the_same_values() -> None:
    (made, *_) = tables(BUILT_ON, 1, 3)
    (plain,) = nameless([made])
    assert [c.values for c in plain.columns] == [c.values for c in made.columns]
    assert {c.name for c in plain.columns}.isdisjoint({c.name for c in made.columns} - {"c1", "c2"})


def test_a_small_run_keeps_to_the_targets() -> None:
    score = judge("built on", tables(BUILT_ON, 40, 5))
    assert score.recall >= 0.98
    assert score.precision >= 0.95
