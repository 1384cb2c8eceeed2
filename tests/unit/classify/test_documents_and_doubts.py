"""Documents by path, names as values, and values that speak against a name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import proctor.classify
from proctor.classify import ColumnFacts, TableFacts, classify_table, family, find_spans, hint_for, shown_by_values
from proctor.classify.documents import MAX_PATHS, leaves_of, spelt
from proctor.classify.given import begins_a_name, is_family, is_given, looks_like_a_name
from proctor.terms import Finding


def judged(name: str, values: list[str], *, of: str = "t1", kind: str = "text") -> Finding:
    facts = ColumnFacts(name, family(kind), values=tuple(values), declared=kind)
    return classify_table(TableFacts("public", of, "", (facts,)))[name]


def test_a_document_tells_by_which_paths_it_is_personal() -> None:
    document = '{"order": {"ship": {"lastName": "x", "email": null}}, "lines": [{"sku": "a"}]}'
    found = judged("payload", [document], kind="jsonb")
    assert found.data_class == "document"
    assert "$.order.ship.email (e-mail address)" in found.evidence
    assert "sku" not in found.evidence


def test_an_hstore_is_a_document_too() -> None:
    found = judged("attributes", ['"email"=>"a@b.example", "phone"=>NULL'], kind="hstore")
    assert (found.data_class, "$.email" in found.evidence) == ("document", True)


def test_a_key_that_is_a_value_is_not_shown() -> None:
    """{"zelda@example.org": …}: evidence is stored and shown."""
    assert spelt(("users", "zelda@example.org", "[]", "4539578763621486")) == "$.users.*[].*"


def test_settings_that_have_a_name_are_about_no_person() -> None:
    rows = ['{"theme": "dark", "name": "Jordan Air One", "size": 3}'] * 30
    assert judged("settings", rows, of="customers", kind="jsonb").data_class is None


@pytest.mark.parametrize(
    "document", ["[" * 100_000, '{"a":' * 50_000, '"a"=>' * 9_000, '"' * 60_000, "{}", "", "x", "[1,2"]
)
def test_a_document_whatever_it_is_costs_little(document: str) -> None:
    assert len(leaves_of([document])) <= MAX_PATHS


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_the_search_for_paths(text: str) -> None:
    assert isinstance(leaves_of([text, '{"k":' + repr(text) + "}"]), dict)


@pytest.mark.parametrize(
    ("name", "of", "values"),
    [
        ("modelo_email", "clientes", ["welcome", "reminder"] * 20), ("tipo_tarjeta", "clientes", ["VISA", "AMEX"] * 20),
        ("handymodell", "kunden", ["Pixel 8", "Galaxy S23"] * 20),
        ("mem_address", "customers", [f"0x{n:012x}" for n in range(40)]),
        ("description", "customers", [f"Wooden lamp {n}" for n in range(40)]),
        ("paint_name", "customers", ["DarkRed", "OliveDrab"] * 20), ("content_hash", "customers", [f"{n:064x}" for n in range(40)]),
    ],
)  # fmt: skip
def test_values_that_cannot_be_what_the_name_says_clear_it(name: str, of: str, values: list[str]) -> None:
    assert judged(name, values, of=of).data_class is None


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("email", [f"{n:064x}" for n in range(40)]), ("ssn", [f"{n:064x}" for n in range(40)]),
        ("phone", ["*****1234"] * 40), ("name", [f"山{n} 花" for n in range(40)]), ("notes", ["VIP", "late payer"] * 20),
    ],
)  # fmt: skip
def test_what_was_hashed_or_cut_or_is_in_another_script_is_sensitive_all_the_same(name: str, values: list[str]) -> None:
    """Doubt in a table about persons means sensitive."""
    assert judged(name, values, of="customers").data_class is not None


def test_placeholders_are_neither_values_nor_evidence() -> None:
    mails = [f"p{n}@corp.example" for n in range(6)]
    assert judged("c1", [*mails, *["n/a", "-", "unknown"] * 20]).data_class == "email"


@pytest.mark.parametrize(
    "value", ["Jürgen von Müller", "García López, María", "佐藤 花子", "Dr. Aoife O'Connor", "Łukasz Nowak"]
)
def test_names_of_many_countries_read_like_names(value: str) -> None:
    assert looks_like_a_name(value)


@pytest.mark.parametrize(
    "value", ["Müller GmbH", "Paris Road", "Rose & Sons", "Wooden Desk Lamp", "Jordan", "a b", "May 5"]
)
def test_names_of_firms_and_goods_do_not(value: str) -> None:
    assert not looks_like_a_name(value)


def test_given_and_family_names_are_told_apart_from_words() -> None:
    assert is_given("Anne-Sophie") and is_family("Kowalska")
    assert not is_given("Lamp") and not is_family("lamp shade")


def spans(text: str) -> list[str]:
    raw = text.encode()
    return [raw[s.start : s.end].decode() for s in find_spans(raw, names=True)]


def test_names_in_prose_are_found_for_hiding() -> None:
    assert spans("Dear Anna Schmidt; Jürgen von Müller came in May, see New York.") == [
        "Anna Schmidt",
        "Jürgen von Müller",
    ]
    assert find_spans(b"Dear Anna Schmidt") == [], "but are too weak to judge by"


@pytest.mark.parametrize("run", ["Last Tuesday Morning", "New York City", "Anna", "", "Quarterly Report Due"])
def test_capitals_alone_make_no_name(run: str) -> None:
    assert begins_a_name(run) is None


def test_a_long_run_of_capitals_is_hidden_whole() -> None:
    assert begins_a_name("Ab " * 500) == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CSTMR_EML", "email"), ("strEmail", "email"), ("BIRTH_DT_TX", "birth_date"), ("datedenaissance", "birth_date"),
        ("PSSPRT_NBR", "passport"), ("fødselsdato", "birth_date"), ("doğum_tarihi", "birth_date"), ("パスワード", "secret"),
        ("이메일", "email"), ("sukunimi", "family_name"), ("příjmení", "family_name"), ("имя", "given_name"),
        ("permiso_de_conducir", "drivers_licence"),
    ],
)  # fmt: skip
def test_names_are_read_as_databases_spell_them(name: str, expected: str) -> None:
    hint = hint_for(name)
    assert hint is not None
    assert hint.data_class == expected


@pytest.mark.parametrize(
    "name", ["first_seen", "ad_id", "stroke", "planet", "general", "plate_count", "postage", "mailing_list"]
)
def test_words_that_look_foreign_suggest_nothing(name: str) -> None:
    assert hint_for(name) is None


def test_values_alone_speak_for_the_watch_and_names_do_not() -> None:
    facts = TableFacts("public", "orders", "", (
        ColumnFacts("email", "text", values=("a", "b", "c", "d")),
        ColumnFacts("nick", "text", values=tuple(f"n{n}@corp.example" for n in range(5))),
        ColumnFacts("author", "text", values=("Anna Schmidt", "John Brown", "Maria Rossi", "James Lee", "Emma White")),
    ))  # fmt: skip
    found = shown_by_values(facts, frozenset({"email", "nick", "author"}))
    assert {name: str(finding.data_class) for name, finding in found.items()} == {"nick": "email"}


def test_addresses_of_the_net_are_told_from_versions() -> None:
    scattered = [f"{n * 37 % 250}.{n * 91 % 250}.{n * 53 % 250}.{n * 17 % 250}" for n in range(1, 60)]
    versions = [f"{n % 12}.{n % 20}.{n}.{n % 9}" for n in range(1, 60)]
    assert judged("c1", scattered).data_class == "ip_address"
    assert judged("c1", versions).data_class is None


def test_nothing_in_here_knows_a_database_by_its_name() -> None:
    """Names of types come from many dialects; catalogues, drivers and statements belong to others."""
    words = ("pg_class", "information_schema", "pg_attribute", "tablesample", "psycopg", "asyncpg", "select ")
    for path in Path(proctor.classify.__file__).parent.glob("*.py"):
        text = path.read_text()
        assert not [word for word in words if word in text.lower()], path.name
        for node in ast.walk(ast.parse(text)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            ours = [n for n in names if n.startswith("proctor")]
            assert all(n.startswith(("proctor.classify", "proctor.terms", "proctor.errors")) for n in ours), path.name
