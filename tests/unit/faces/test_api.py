"""The API over HTTP: who asks, what they get, and what a stranger or another site does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from proctor.audit.record import LoginFailed
from proctor.edge.doorkeeper import FREE_TRIES, Doorkeeper
from proctor.edge.verifiers import Locks
from proctor.faces.api import create
from tests.unit.audit.test_figures import answered, decided, entry
from tests.unit.control.house import House, build

KEY = b"k" * 32


@pytest.fixture
def house(tmp_path: Path) -> House:
    return build(tmp_path)


@pytest.fixture
async def client(house: House, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    door = Doorkeeper(house.config, Locks(house.config, KEY), house.clock, house.records.record)
    app = create(house.control, door, tmp_path / "log", "1.2.3")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="https://proctor") as client:
        yield client
    house.store.close()


def login(name: str) -> httpx.BasicAuth:
    return httpx.BasicAuth(name, f"{name}pw")


async def test_health_is_for_everybody_and_says_nothing_else(client: httpx.AsyncClient, house: House) -> None:
    assert (await client.get("/healthz")).text == "ok\n"
    assert (await client.get("/readyz")).status_code == 200
    house.control.health.troubles["journal"] = "the disk is full"
    unready = await client.get("/readyz")
    assert (unready.status_code, unready.text) == (503, "not ready\n")


@pytest.mark.parametrize(
    "path", ["/api/v1/approvals", "/api/v1/sessions", "/api/v1/me", "/api/v1/rules", "/metrics", "/log/w1/tile/0/000"]
)
async def test_a_stranger_is_asked_who_they_are(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "Unauthorized"


async def test_a_wrong_password_and_a_wrong_name_look_alike(client: httpx.AsyncClient, house: House) -> None:
    wrong = await client.get("/api/v1/me", auth=("alice", "wrong"))
    nobody = await client.get("/api/v1/me", auth=("nobody", "wrong"))
    assert (wrong.status_code, wrong.json()) == (nobody.status_code, nobody.json()) == (401, wrong.json())
    failed = [body for body in house.records.kept if isinstance(body, LoginFailed)]
    assert [(body.claimed, body.origin.address if body.origin else "") for body in failed] == [
        ("alice", "203.0.113.7"),
        ("nobody", "203.0.113.7"),
    ]


async def test_who_fails_often_has_to_wait_and_the_right_password_does_not_help(
    client: httpx.AsyncClient, house: House
) -> None:
    for _ in range(FREE_TRIES + 1):
        assert (await client.get("/api/v1/me", auth=("alice", "wrong"))).status_code == 401
    slowed = await client.get("/api/v1/me", auth=login("alice"))
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "1")
    assert (await client.get("/api/v1/me", auth=login("dora"))).status_code == 200
    house.clock.nanoseconds += 1_000_000_000
    assert (await client.get("/api/v1/me", auth=login("alice"))).status_code == 200


async def test_one_is_told_who_one_is(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/me", auth=login("copilot"))
    assert answer.json() == {"subject": "copilot", "kind": "agent", "groups": ["dba"], "on_behalf_of": "alice"}


async def test_a_ticket_is_listed_shown_and_approved(client: httpx.AsyncClient, house: House) -> None:
    house.ask()
    (listed,) = (await client.get("/api/v1/approvals?state=pending", auth=login("dora"))).json()["approvals"]
    assert {"id", "state", "requester", "on_behalf_of", "database", "statement", "reason", "created"} <= listed.keys()
    assert (listed["id"], listed["created"]) == ("T1", "2026-01-02T03:04:05.000Z")
    assert (await client.get("/api/v1/approvals/T1", auth=login("dora"))).json() == {**listed, "proposal": None}
    done = await client.post("/api/v1/approvals/T1/approve", auth=login("dora"), json={"because": "fine"})
    assert (done.status_code, done.json()["state"], done.json()["decided_by"]) == (200, "approved", ["dora"])
    late = await client.post("/api/v1/approvals/T1/deny", auth=login("sam"), json={})
    assert (late.status_code, late.json()["detail"]) == (409, "the ticket is approved already")


@pytest.mark.parametrize(("name", "status"), [("alice", 403), ("copilot", 403), ("billing", 403), ("audrey", 403)])
async def test_only_another_person_of_the_group_approves(
    client: httpx.AsyncClient, house: House, name: str, status: int
) -> None:
    house.ask()
    answer = await client.post("/api/v1/approvals/T1/approve", auth=login(name), json={})
    assert answer.status_code == status
    assert (await client.get("/api/v1/approvals/T1", auth=login("dora"))).json()["state"] == "pending"


async def test_a_ticket_is_withdrawn_by_whoever_asked(client: httpx.AsyncClient, house: House) -> None:
    house.ask()
    assert (await client.post("/api/v1/approvals/T1/cancel", auth=login("alice"), json={})).status_code == 200
    assert (await client.post("/api/v1/approvals/T9/cancel", auth=login("alice"), json={})).status_code == 404


async def test_another_site_cannot_act_in_a_persons_name(client: httpx.AsyncClient, house: House) -> None:
    """A browser sends the password along with whatever a page of somebody else makes it post."""
    house.ask()
    path = "/api/v1/approvals/T1/approve"
    form = await client.post(path, auth=login("dora"), data={"because": "x"})
    text = await client.post(
        path, auth=login("dora"), content='{"because": "x"}', headers={"content-type": "text/plain"}
    )
    foreign = await client.post(path, auth=login("dora"), json={}, headers={"sec-fetch-site": "cross-site"})
    assert (form.status_code, text.status_code, foreign.status_code) == (415, 415, 403)
    assert (await client.get("/api/v1/approvals/T1", auth=login("dora"))).json()["state"] == "pending"


@pytest.mark.parametrize(
    "body", [{"because": 3}, {"becuase": "x"}, {"because": "x" * 1001}, ["x"]], ids=["type", "key", "length", "shape"]
)
async def test_a_body_that_cannot_be_understood_is_told(client: httpx.AsyncClient, house: House, body: object) -> None:
    house.ask()
    answer = await client.post("/api/v1/approvals/T1/approve", auth=login("dora"), json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_too_large_is_refused_whatever_it_promises(client: httpx.AsyncClient, house: House) -> None:
    house.ask()
    path, big = "/api/v1/approvals/T1/approve", b'{"because": "' + b"x" * 70_000 + b'"}'
    kind = {"content-type": "application/json"}
    assert (await client.post(path, auth=login("dora"), content=big, headers=kind)).status_code == 413

    async def drip() -> AsyncIterator[bytes]:
        for start in range(0, len(big), 10_000):
            yield big[start : start + 10_000]

    dripped = await client.post(path, auth=login("dora"), content=drip(), headers=kind)
    assert dripped.status_code >= 400
    assert (await client.get("/api/v1/approvals/T1", auth=login("dora"))).json()["state"] == "pending"


async def test_a_column_is_classified_and_seen_in_the_map(client: httpx.AsyncClient) -> None:
    word = {"column": "shop.public.people.email", "class": "email", "because": "they are"}
    assert (await client.post("/api/v1/classifications", auth=login("alice"), json=word)).status_code == 403
    assert (await client.post("/api/v1/classifications", auth=login("dora"), json=word)).status_code == 200
    (line,) = (await client.get("/api/v1/databases/shop/columns", auth=login("audrey"))).json()["columns"]
    assert (line["table"], line["column"], line["class"], line["evidence"]) == (
        "people",
        "email",
        "email",
        "dora: they are",
    )
    short = await client.post("/api/v1/classifications", auth=login("dora"), json=word | {"column": "people.email"})
    assert short.status_code == 422


async def test_the_rules_are_told_to_those_whom_they_bind(client: httpx.AsyncClient) -> None:
    rules = (await client.get("/api/v1/rules", auth=login("alice"))).json()
    assert rules["rules"]
    assert {"id", "effect", "reason", "hint"} <= rules["rules"][0].keys()


async def test_metrics_count_and_name_nobody(client: httpx.AsyncClient, house: House) -> None:
    house.ask()
    answer = await client.get("/metrics", auth=login("billing"))
    assert 'proctor_tickets{state="pending"} 1.0' in answer.text
    assert 'proctor_sessions{kind="agent"} 0.0' in answer.text
    assert "alice" not in answer.text


async def test_metrics_tell_statements_by_decision_and_how_long_they_took(
    client: httpx.AsyncClient, house: House, tmp_path: Path
) -> None:
    took = [entry(answered("x1", took=900), micros=900), entry(answered("x2", sqlstate="42P01"), micros=900)]
    said = [entry(decided("x1"), micros=40), entry(decided("x2"), micros=40), entry(decided("x3", "deny"))]
    house.control.reading.figures.take("worker-0", tmp_path, said + took)
    told = (await client.get("/metrics", auth=login("billing"))).text.splitlines()
    for line in (
        'proctor_statements_total{decision="allow",worker="worker-0"} 2.0',
        'proctor_statements_total{decision="deny",worker="worker-0"} 1.0',
        'proctor_statements_failed_total{class="42",worker="worker-0"} 1.0',
        'proctor_rows_total{worker="worker-0"} 4.0',
        'proctor_bytes_total{worker="worker-0"} 128.0',
        'proctor_statement_seconds_bucket{le="0.0005",worker="worker-0"} 0.0',
        'proctor_statement_seconds_bucket{le="0.001",worker="worker-0"} 2.0',
        'proctor_statement_seconds_bucket{le="+Inf",worker="worker-0"} 2.0',
        'proctor_statement_seconds_count{worker="worker-0"} 2.0',
        'proctor_statement_seconds_sum{worker="worker-0"} 0.0018',
        'proctor_statement_added_seconds_bucket{le="5e-05",worker="worker-0"} 2.0',
        'proctor_statement_added_seconds_sum{worker="worker-0"} 8e-05',
        'proctor_approval_wait_seconds_bucket{le="86400",worker="worker-0"} 0.0',
        'proctor_approved_statement_seconds_count{worker="worker-0"} 0.0',
        'proctor_statement_masking_seconds_bucket{le="1e-05",worker="worker-0"} 0.0',
    ):
        assert line in told, line


async def test_every_answer_forbids_what_a_browser_might_do_with_it(client: httpx.AsyncClient) -> None:
    for path in ("/", "/healthz", "/api/v1/me", "/nowhere"):
        headers = (await client.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


async def test_the_log_is_static_files_for_those_who_may_read_it(client: httpx.AsyncClient, tmp_path: Path) -> None:
    log = tmp_path / "log"
    for name in ("checkpoint", "log.vkey", "tile/0/000", "tile/entries/x001/234.p/17", "lock", "signed"):
        _write(log / "w1" / name, name)
    _write(tmp_path / "secret", "secret")
    (log / "w1" / "tile" / "0" / "001").symlink_to(tmp_path / "secret")
    assert (await client.get("/log/w1/checkpoint")).text == "checkpoint"
    assert (await client.get("/log/w1/log.vkey")).status_code == 200
    for tile in ("tile/0/000", "tile/entries/x001/234.p/17"):
        assert (await client.get(f"/log/w1/{tile}", auth=login("audrey"))).text == tile
        assert (await client.get(f"/log/w1/{tile}", auth=login("alice"))).status_code == 403
    for path in ("w1/lock", "w1/signed", "w1/tile/0/001", "w1/../../secret", "%2e%2e/secret", "w1/tile/0/002", ""):
        assert (await client.get(f"/log/{path}", auth=login("audrey"))).status_code == 404


async def test_a_fault_of_the_house_is_told_in_one_safe_sentence(client: httpx.AsyncClient, house: House) -> None:
    house.store.close()
    (house.config.state / "proctor.sqlite").write_bytes(b"nothing that SQLite knows" * 100)
    answer = await client.get("/api/v1/approvals", auth=login("dora"))
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("the state cannot be used")
