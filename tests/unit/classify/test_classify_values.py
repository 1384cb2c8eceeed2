"""Values and names one by one: shapes, check digits, spans in prose, words in names."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.classify import family, find_spans
from proctor.classify.detectors import SHAPES
from proctor.classify.given import looks_like_a_name
from proctor.classify.names import Strength, hint_for, tokenise
from proctor.classify.text import holds_personal


def classes(value: str) -> list[str]:
    return [str(m.data_class) for m in SHAPES.matches(value)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("zelda.quixote@sentinel.example", "email"), ("ö@münchen.de", "email"), ("DE89370400440532013000", "iban"),
        ("GB29 NWBK 6016 1331 9268 19", "iban"),
        ("4539 5787 6362 1486", "payment_card"), ("378282246310005", "payment_card"),
        ("521-37-8846", "us_ssn"), ("AB 12 34 56 C", "uk_nino"), ("12345678Z", "es_dni"), ("X1234567L", "es_dni"),
        ("RSSMRA85T10A562S", "it_codice_fiscale"), ("36574261809", "de_steuerid"), ("172023201312126", "fr_nir"),
        ("234123412346", "in_aadhaar"), ("ABCPE1234F", "in_pan"), ("529.982.247-25", "br_cpf"),
        ("11.222.333/0001-81", "br_cnpj"), ("+1-202-555-0147", "phone"), ("(202) 555-0147", "phone"),
        ("030 1234567", "phone"), ("08:00:2b:01:02:03", "mac_address"), ("10.12.1.204", "ip_address"),
        ("2001:db8::1", "ip_address"), ("742 Evergreen Street", "postal_address"), ("Hauptstraße 5", "postal_address"),
        ("ghp_" + "a" * 36, "secret"), ("-----BEGIN RSA PRIVATE KEY-----\nMII", "secret"),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjMifQ.c2ln", "secret"),
        ("SCRAM-SHA-256$4096:abcdefghijklmnop$x:y", "secret"),
    ],
)  # fmt: skip
def test_a_value_shows_its_class(value: str, expected: str) -> None:
    assert expected in classes(value)


@pytest.mark.parametrize(
    "value",
    [
        "git@host:org/repo.git", "DE89370400440532013001", "4539578763621487", "666-12-3456",
        "912-34-5678", "521-00-8846", "BG123456C", "12345678A", "RSSMRA85T10A562T", "36574261808", "172023201312127",
        "234123412347", "529.982.247-26", "111.111.111-11", "11.222.333/0001-82", "1111111111111111", "+1 Pro 555",
        "978-3-16-148410-0", "4006381333931", "9400111899223197428490", "123-45-67 mm", "", " ",
        "2024-11-23 00:00:00.123456+00", "1732320000123", "Jordan Paris May", "256.1.1.1",
    ],
)  # fmt: skip
def test_a_lookalike_shows_nothing(value: str) -> None:
    assert classes(value) == []


def spans(text: str) -> list[tuple[str, str]]:
    raw = text.encode()
    return [(raw[s.start : s.end].decode(), str(s.data_class)) for s in find_spans(raw)]


def test_personal_values_are_found_inside_prose() -> None:
    text = (
        "HIV positive; alt mail zq.home@sentinel.example, ssn 521-37-8846 (card 4539 5787 6362 1486). +1-202-555-0147 ✓"
    )
    assert spans(text) == [
        ("zq.home@sentinel.example", "email"),
        ("521-37-8846", "us_ssn"),
        ("4539 5787 6362 1486", "payment_card"),
        ("+1-202-555-0147", "phone"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "call 911 for help; see RFC 5322; @param user",
        "user ran: delete from orders; truncate customers",
        "cloned git@github.com:org/repo.git at 10.12.1.204 on 2024-11-23 00:00:00",
        "order 4111-2222-3333-4444-X, PO 521-37, build 2024.11.23.1",
        "",
    ],
)
def test_prose_without_personal_values_is_left_alone(text: str) -> None:
    assert not holds_personal(text)


def test_a_private_key_is_found_to_its_end() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----"
    assert spans(f"here: {key} ok") == [(key, "secret")]
    assert spans("x -----BEGIN PRIVATE KEY-----\nMIIB cut off")[0][0].endswith("cut off")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_spans_are_in_order_and_do_not_overlap_in_any_bytes(text: bytes) -> None:
    at = 0
    for span in find_spans(text):
        assert at <= span.start < span.end <= len(text)
        at = span.end


@pytest.mark.parametrize(
    "text", [b"a@" * 200_000, b"a." * 200_000 + b"@", b"+1" * 200_000, b"4111 " * 50_000, b"-----BEGIN " * 9_000]
)  # fmt: skip
def test_hostile_text_costs_no_more_than_its_length(text: bytes) -> None:
    """The expressions are RE2's: this returns at all, where a backtracking engine would not."""
    assert len(find_spans(text)) <= 10_000


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("cust_FirstName2", ("customer", "first", "name", "2")),
        ("DateNaissance", ("date", "naissance")),
        ("cardholdername", ("cardholder", "name")),
        ("Straße", ("strasse",)),
        ("e-mail", ("e", "mail")),
        ("HTTPStatusCode", ("http", "status", "code")),
        ("", ()),
        ("___", ()),
    ],
)
def test_a_name_is_split_into_words(name: str, tokens: tuple[str, ...]) -> None:
    assert tokenise(name) == tokens


@pytest.mark.parametrize("name", ["postage", "passage", "package", "language", "capacity", "velocity", "average"])
def test_a_word_that_only_sounds_personal_suggests_nothing(name: str) -> None:
    assert hint_for(name) is None


def test_a_weak_word_is_weak() -> None:
    weak, strong = hint_for("address"), hint_for("billing_address")
    assert weak is not None
    assert strong is not None
    assert (weak.strength, strong.strength) == (Strength.WEAK, Strength.STRONG)


@pytest.mark.parametrize("value", ["Zelda Quixote", "Brown, John", "Anna-Maria Schmidt", "Mary O'Brien"])
def test_a_name_reads_like_one(value: str) -> None:
    assert looks_like_a_name(value)


@pytest.mark.parametrize("value", ["Acme Ltd", "anna schmidt", "Anna", "Anna 2", "A Very Long Title Of Something", ""])
def test_other_texts_do_not(value: str) -> None:
    assert not looks_like_a_name(value)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("character varying(50)", "text"), ("varchar", "text"), ("citext", "text"), ("int4", "integer"),
        ("BIGINT", "integer"),
        ("bigint unsigned", "integer"), ("tinyint(1)", "boolean"), ("numeric(10,2)", "decimal"),
        ("double precision", "float"),
        ("timestamp with time zone", "timestamp"), ("timestamptz", "timestamp"), ("time without time zone", "time"),
        ("date", "date"), ("bool", "boolean"), ("uuid", "uuid"), ("jsonb", "json"), ("text[]", "array"),
        ("_int4", "array"),
        ("inet", "inet"), ("bytea", "binary"), ("longblob", "binary"), ("point", "other"), ("bit varying", "other"),
        ("pg_catalog.int4", "integer"), ("", "other"), ("no such type", "other"),
    ],
)  # fmt: skip
def test_a_type_has_a_family(declared: str, expected: str) -> None:
    assert family(declared) == expected


def test_no_pattern_is_of_a_backtracking_kind() -> None:
    """Every detector's expression compiles in RE2, which has no back-references and no look-around."""
    from proctor.classify.detectors import DETECTORS

    assert not [d for d in DETECTORS if re.search(r"\\[1-9]|\(\?[=!<]", d.pattern)]
