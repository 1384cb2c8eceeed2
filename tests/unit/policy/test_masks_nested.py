"""Masks of what has an inside: documents, and texts with personal values in them."""

from __future__ import annotations

import json

import pytest

from proctor.classify.text import find_spans
from proctor.policy.masks import decode, make_mask
from proctor.terms import DataClass

KEY = b"k" * 32


def document(text: str) -> object:
    out = make_mask("document", DataClass("document"), key=KEY, type_family="json")(text.encode())
    assert out is not None
    return json.loads(out)


def test_a_document_keeps_its_keys_and_none_of_its_values() -> None:
    text = '{"street":"742 Evergreen Terrace","city":"Springfield","zip":"97475","note":"gate code 1234","floors":3,"hiv":true,"x":null}'
    out = document(text)
    assert isinstance(out, dict)
    assert list(out) == ["street", "city", "zip", "note", "floors", "hiv", "x"]
    assert not {"742 Evergreen Terrace", "Springfield", "97475", "gate code 1234"} & {str(v) for v in out.values()}
    assert out["note"] == "redacted"
    assert (out["floors"], out["hiv"], out["x"]) == (0, False, None)


def test_a_leaf_wears_the_mask_of_its_class_so_that_it_joins_with_a_column() -> None:
    out = document('{"contact":{"eMail":"zelda@sentinel.example"}}')
    column = make_mask("email", DataClass("email"), key=KEY, type_family="text")(b"zelda@sentinel.example")
    assert column is not None
    assert out == {"contact": {"eMail": column.decode()}}
    assert decode(column, DataClass("email"), KEY) == b"zelda@sentinel.example"


def test_a_list_under_a_telling_key_is_masked_leaf_by_leaf() -> None:
    out = document('{"emails":["a@b.example"],"email":["a@b.example","c@d.example"]}')
    assert isinstance(out, dict)
    assert out["emails"] == ["redacted"]
    assert [e.endswith("@masked.example") for e in out["email"]] == [True, True]


@pytest.mark.parametrize("key", ["zelda@sentinel.example", "521-37-8846", "Zelda Quixote", "id_521378846", "ключ"])
def test_a_key_that_is_data_is_hidden_too(key: str) -> None:
    """Documents keyed by a person's e-mail are common."""
    out = document(json.dumps({key: 1}))
    assert isinstance(out, dict)
    assert key not in out
    assert len(out) == 1


@pytest.mark.parametrize("text", ["", "{", "[1,", "NaN", "{'a':1}", "[" * 100_000, "1" * 10_000, '{"a":Infinity}'])
def test_what_is_no_document_becomes_an_empty_one(text: str) -> None:
    assert document(text) == {}


def test_a_deep_document_is_hidden_whole() -> None:
    assert document("[" * 70 + "]" * 70) == {}


@pytest.mark.parametrize("text", ['"zelda"', "42", "true", "null"])
def test_a_document_that_is_one_leaf_is_hidden(text: str) -> None:
    assert document(text) in ("redacted", 0, False, None)


def _find(text: bytes) -> list[tuple[int, int, DataClass]]:
    return [(s.start, s.end, s.data_class) for s in find_spans(text)]


def test_a_text_can_be_masked_in_place_by_who_finds_the_spans() -> None:
    mask = make_mask("spans", DataClass("free_text"), key=KEY, type_family="text", find_spans=_find)
    out = mask(b"flu; alt mail zq.home@sentinel.example, ssn 521-37-8846")
    assert out is not None
    assert out.startswith(b"flu; alt mail ")
    assert b"sentinel" not in out
    assert b"521-37-8846" not in out


def test_without_a_finder_the_text_is_redacted() -> None:
    assert make_mask("spans", DataClass("free_text"), key=KEY, type_family="text")(b"flu") == b"redacted"
