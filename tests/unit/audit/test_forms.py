"""What collectors get: ECS, CEF and OpenTelemetry, held by golden files, and no form that somebody's text can break."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proctor.audit import record as r
from proctor.audit.cef import line, to_line
from proctor.audit.ecs import document
from proctor.audit.otlp import log_record, request
from tests.unit.audit.test_ocsf import BODIES, COMMON, TEXT, decided, whole

GOLDEN = Path(__file__).parent / "golden"
FORMS = {
    "ecs": lambda record: json.loads(document(record)),
    "cef": lambda record: line(record).decode(),
    "otlp": lambda record: json.loads(log_record(record)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_record_is_told_as_in_the_golden_file(form):
    told = {name: FORMS[form](whole(body)) for name, body in BODIES.items()}
    assert told == json.loads((GOLDEN / f"{form}.json").read_text())


@pytest.mark.parametrize("name", BODIES)
def test_a_cef_line_is_one_line_of_eight_parts(name):
    said = line(whole(BODIES[name])).decode()
    assert "\n" not in said
    assert said.startswith("CEF:0|Proctor|Proctor|1|")
    assert len(said.replace("\\|", "").split("|", 7)) == 8


def test_nobody_writes_another_event_or_field_into_a_cef_line():
    text = "a|b=c\\d\nCEF:0|Evil|Evil|1|x|x|10|act=allow\r\x00\u2028"
    said = to_line(json.loads(whole(decided("x", "deny", statement=r.StatementText(text=text, digest="d")))))
    assert said.count("\n") == 0
    # Only unescaped signs end a field: what stays of the made-up one is text.
    fields = said.split("|", 7)[7].replace("\\\\", "").replace("\\=", "")
    assert fields.count("act=") == 1
    assert "act=deny" in fields
    assert "\\n" in said
    assert "\\=" in said


def test_a_bar_in_a_kind_stays_in_its_part():
    said = to_line({"v": 1, "kind": "a|b\\c", "time": "2026-11-23T08:23:48Z"})
    assert said.startswith("CEF:0|Proctor|Proctor|1|a\\|b\\\\c|a\\|b\\\\c|2|")


@pytest.mark.parametrize("form", FORMS)
def test_nothing_sealed_leaves_the_house(form):
    sealed = decided("x", "allow", sealed=r.Sealed(key="k" * 16, box="SECRETBOX"))
    assert "SECRETBOX" not in json.dumps(FORMS[form](whole(sealed)))


def test_an_export_request_carries_many_records():
    records = [log_record(whole(body)) for body in list(BODIES.values())[:3]]
    said = json.loads(request(records))
    scope = said["resourceLogs"][0]["scopeLogs"][0]
    assert scope["logRecords"] == [json.loads(record) for record in records]
    assert said["resourceLogs"][0]["resource"]["attributes"][0]["value"] == {"stringValue": "proctor"}


def test_an_ecs_document_names_everybody_involved():
    body = r.TicketApproved(id="t", ticket="T", requester="alice", on_behalf_of=None, by="dora", **COMMON)
    assert json.loads(document(whole(body)))["related"] == {"user": ["alice", "dora"]}
    assert json.loads(document(whole(decided("x", "allow"))))["message"] == TEXT.text
