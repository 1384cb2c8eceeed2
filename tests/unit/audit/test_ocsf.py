"""What a SIEM gets: valid OCSF 1.8, and exactly the events in the golden file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from proctor.audit import record as r
from proctor.audit.ocsf import event

GOLDEN = Path(__file__).parent / "golden" / "ocsf.json"
ALICE = r.Who(subject="alice", kind="human", groups=("engineering", "support"), proof="scram-sha-256")
AGENT = r.Who(subject="copilot", kind="agent", proof="scram-sha-256", on_behalf_of="alice")
FROM = r.Origin(address="192.0.2.7:51000", tls="TLSv1.3")
COMMON = {"session": "s1", "who": ALICE, "origin": FROM}
TEXT = r.StatementText(text="select email from customers where id = ?", digest="d" * 64)


def decided(name: str, verdict: str, **more: object) -> r.StatementDecided:
    said = {
        "database": "shop",
        "statement": TEXT,
        "command": "select",
        "understood": True,
        "decision": r.Verdict(verdict=verdict, rules=("read-masked",), rule_set="abc", reason="because"),
        "actions": ("read",),
        "reads": {"public.customers": ("email", "id")},
        **COMMON,
        **more,
    }
    return r.StatementDecided(id=name, exchange=name, **said)


MASKED = (r.Masked(output=1, mask="email", data_class="email", columns=("public.customers.email",)),)
GRANT = {"grant": "g1", "requester": "alice", "database": "shop", "column": "public.customers.email", "seconds": 1800}
TICKET = {"ticket": "t1", "requester": "alice", "database": "shop", "digest": "d" * 64, "rules": ("hr-7",)}
BODIES = {
    "a read": decided("x1", "allow", claims=r.Claimed(reason="INC-42", application="psql")),
    "a masked read by an agent": decided("x2", "allow", masks=MASKED, who=AGENT),
    "a denied statement": decided("x3", "deny", actions=("delete",)),
    "a held statement": decided("x4", "hold", actions=("define", "update"), ticket="t1"),
    "a grant": decided("x5", "hold", actions=("grant",), objects=("role bob",)),
    "a statement nobody understood": decided("x6", "deny", understood=False, reads={}, actions=(), opaque=("DO",)),
    "an answer": r.StatementAnswered(
        id="x1-a", of="x1", rows=3, bytes=99, duration_us=1500, tag="SELECT 3", cells={1: 3}, session="s1"
    ),
    "an answer that is an error": r.StatementAnswered(
        id="x2-a", of="x2", rows=0, bytes=0, duration_us=10, sqlstate="22012"
    ),
    "a session": r.SessionOpened(id="s1", database="shop", engine="postgresql", **COMMON),
    "a session's end": r.SessionClosed(id="s1-c", database="shop", why="terminate", statements=2, **COMMON),
    "a failed login": r.LoginFailed(id="l1", claimed="mallory", database="shop", method="scram-sha-256", origin=FROM),
    "a ticket": r.TicketOpened(id="t1-o", statement="drop table x", why_held="it destroys", quorum=1, **TICKET),
    "an approval": r.TicketApproved(id="t1-a", by="dora", because="agreed", **TICKET),
    "a refusal": r.TicketDenied(id="t1-d", by="dora", because="no", **TICKET),
    "an expiry": r.TicketExpired(id="t1-e", **TICKET),
    "a spent ticket": r.TicketSpent(id="t1-s", **TICKET),
    "a voided ticket": r.TicketVoided(id="t1-v", why="an object or setting has changed", **TICKET),
    "a trial": r.TicketRehearsed(id="t1-r", **TICKET),
    "broken glass": r.GlassBroken(id="t1-g", statement="drop table x", by="olga", because="INC-42", **TICKET),
    "a review": r.GlassReviewed(id="t1-w", by="dora", because="it was right", **TICKET),
    "a wish": r.GrantRequested(id="g1-r", by="alice", because="INC-42", **GRANT),
    "a grant given": r.GrantApproved(id="g1-a", by="dora", **GRANT),
    "a grant refused": r.GrantDenied(id="g1-d", by="dora", because="no", **GRANT),
    "a grant taken back": r.GrantRevoked(id="g1-x", by="dora", **GRANT),
    "a grant that is over": r.GrantExpired(id="g1-e", **GRANT),
    "a withdrawn ticket": r.TicketCancelled(id="t1-x", **TICKET),
    "rules": r.RulesLoaded(id="r1", rule_set="abc", rules=12, sources=(r.Source(name="pack.cedar", sha256="0" * 64),)),
    "a configuration": r.ConfigLoaded(id="c1", digest="abc", changed=("limits.idle",)),
    "a scan": r.ScanFinished(id="n1", database="shop", tables=3, columns=20, sensitive=5),
    "a classification": r.ClassificationChanged(
        id="n2", database="shop", column="public.customers.email", before=None, after="email", source="operator"
    ),
    "a worker": r.WorkerStarted(id="w1", worker="0", pid=7),
    "a worker's stop": r.WorkerStopped(id="w2", worker="0", pid=7),
    "a worker's death": r.WorkerDied(id="w3", worker="0", pid=7, why="SIGKILL"),
    "an operator": r.OperatorCall(id="o1", action="sessions.kill", target="s1", outcome="done", who=ALICE),
    "an erasure": r.SubjectErased(id="e1", subject="alice", keys=2, because="request 7", who=ALICE),
    "a retirement": r.LogRetired(id="g1", log="worker-0", retired=512, because="audit.retention.age is 400 days"),
    "a fault": r.JournalFault(id="f1", segment=2, what="the disk is gone", rewritten=3),
    "a loss": r.JournalLost(id="f2", because="disk replaced (acknowledged by dora)"),
}


def whole(body: r.Body) -> bytes:
    head = b'{"v":1,"shard":"w0","seq":9,"time":"2026-11-23T08:23:48.123456Z","monotonic_ns":5,'
    return head + r.encode(body)[1:]


EVENTS = {name: json.loads(event(whole(body))) for name, body in BODIES.items()}


@pytest.fixture(scope="session")
def schema():
    embedded = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0"))

    def of(said: dict) -> Draft202012Validator:
        name = embedded.lookup_class_name_from_uid(said["class_uid"])
        return Draft202012Validator(embedded.get_class_schema(name, said["metadata"].get("profiles", [])))

    return of


@pytest.mark.parametrize("name", BODIES)
def test_an_event_is_valid_ocsf(schema, name):
    troubles = [f"{error.json_path}: {error.message[:200]}" for error in schema(EVENTS[name]).iter_errors(EVENTS[name])]
    assert troubles == []


@pytest.mark.parametrize("name", BODIES)
def test_an_event_is_the_golden_one(name):
    """Others build their alerts on these: who changes one changes the golden file with it, and says so."""
    assert EVENTS[name] == json.loads(GOLDEN.read_text())[name]


def test_every_kind_has_its_event_or_is_of_no_use_to_a_siem():
    mapped = {type(body) for body in BODIES.values()}
    assert {kind for kind in r.KINDS if kind not in mapped} == {
        r.Heartbeat, r.JournalOpened, r.ClockStepped, r.EntitlementsListed,
    }  # fmt: skip
    for body in (
        r.Heartbeat(id="h", interval_s=60),
        r.JournalOpened(id="j", segment=1),
        r.ClockStepped(id="k", by_us=-5),
        r.EntitlementsListed(id="e", digest="d"),
    ):
        assert event(whole(body)) is None


def test_an_event_of_an_agent_says_what_it_claims_to_run():
    running = r.Who(subject="copilot", kind="agent", model="m-1", version="7")
    said = json.loads(event(whole(decided("x9", "allow", who=running))) or b"{}")
    assert (said["unmapped"]["agent_model"], said["unmapped"]["agent_version"]) == ("m-1", "7")
