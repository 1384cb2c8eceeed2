"""The house as its operator runs it: doors of every kind, settings read anew, an orderly end, and what clients claim."""

from __future__ import annotations

import os
import re
import signal
import ssl
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from struct import pack

import httpx
import psycopg
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from demo.gateway import program
from demo.postgres import ThrowawayPostgres
from tests.databases import raw
from tests.databases.lab import PEOPLE, Lab, lab, until
from tests.unit.edge.collector import Collector
from tests.unit.edge.collector import told as told_of


@pytest.fixture
def house(postgres: ThrowawayPostgres, tmp_path: Path) -> Iterator[Lab]:
    with lab(postgres, tmp_path, workers=2) as made:
        yield made


def session(house: Lab, user: str = "ada", database: str = "plain", **more: str) -> psycopg.Connection:
    return psycopg.connect(house.dsn(user, database, **more), autocommit=True)


# ---- doors


def test_a_house_listens_at_names_at_both_families_and_at_paths(postgres: ThrowawayPostgres, tmp_path: Path) -> None:
    """A path is what psql makes of a folder and a port."""
    doors = tmp_path / "doors"
    doors.mkdir()
    with lab(postgres, tmp_path, listen="localhost:0") as made:
        made.gateway.stop()
        config = made.gateway.config
        config.write_text(
            config.read_text().replace(
                'postgres = "localhost:0"', f'postgres = ["127.0.0.1:0", "[::1]:0", "{doors}/.s.PGSQL.6543"]'
            )
        )
        process = subprocess.Popen(
            [*program(), "serve", "--config", str(config)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            four, six, path = ready.split()[1].removeprefix("postgres=").split(",")
            assert path == str(doors / ".s.PGSQL.6543")
            psql = str(postgres.binaries / "psql")
            told = {**os.environ, "PGPASSWORD": PEOPLE["ada"]}
            for host, port in (
                ("127.0.0.1", four.rpartition(":")[2]),
                ("::1", six.rpartition(":")[2]),
                (str(doors), "6543"),
            ):
                where = [psql, "-XAt", "-h", host, "-p", port, "-U", "ada", "-d", "plain", "-c", "select 7"]
                said = subprocess.run(where, env=told, capture_output=True, text=True, check=False)
                assert said.stdout.strip() == "7", (host, said.stderr)
        finally:
            process.terminate()
            assert process.wait(30) == 0
        assert not (doors / ".s.PGSQL.6543").exists()


def test_a_house_that_cannot_listen_says_why_and_starts_nothing(house: Lab) -> None:
    config = house.folder / "other.toml"
    host, port = house.through
    config.write_text(
        house.gateway.config.read_text().replace('"127.0.0.1:0"', f'"{host}:{port}"', 1).replace("./state", "./other")
    )
    config.chmod(0o600)
    said = subprocess.run(
        [*program(), "serve", "--config", str(config)], capture_output=True, text=True, check=False, timeout=60
    )
    assert said.returncode != 0
    assert f"cannot listen on {host}:{port}: Address already in use" in said.stderr
    assert "Traceback" not in said.stderr


# ---- the end


def test_after_an_orderly_stop_every_record_is_in_the_log(house: Lab) -> None:
    with session(house) as ada:
        ada.execute("select label from parts")
        house.gateway.stop()
    assert house.gateway.exit_code == 0
    said = house.gateway.ask("audit", "verify", "--json")
    assert said.code == 0, said.text
    (verified,) = said.objects()
    assert (verified["ok"], verified["pending"], verified["unanswered"], verified["problems"]) == (True, 0, 0, [])
    stopped = {str(record["worker"]) for record in house.records() if record["kind"] == "worker.stopped"}
    assert stopped == {"supervisor", "control", "worker-0", "worker-1"}


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as made:
        yield made


@pytest.fixture
def watched(postgres: ThrowawayPostgres, collector: Collector, tmp_path: Path) -> Iterator[Lab]:
    with lab(postgres, tmp_path, workers=2, shop=f'[traces]\nurl = "{collector.url}"') as made:
        yield made


def approve(house: Lab) -> bool:
    """Let dana approve what waits."""
    address = "http://{}:{}/api/v1/approvals".format(*house.gateway.console)
    dana = {"auth": ("dana", PEOPLE["dana"]), "trust_env": False}
    waiting = httpx.get(f"{address}?state=pending", **dana).json()["approvals"]  # type: ignore[arg-type]
    for ticket in waiting:
        httpx.post(f"{address}/{ticket['id']}/approve", json={"because": "looked"}, **dana)  # type: ignore[arg-type]
    return False


def test_the_numbers_of_the_house_are_those_of_its_statements(watched: Lab, collector: Collector) -> None:
    """Both workers' are put together from their records, once these are in the signed log; so are their spans."""
    house, trace = watched, f"{'4bf9' * 8}-{'00f0' * 4}"
    where = "http://{}:{}".format(*house.gateway.console)

    def numbers() -> Counter[str]:
        found: Counter[str] = Counter()
        for line in httpx.get(f"{where}/metrics", trust_env=False).text.splitlines():  # this machine needs no password
            name, _, value = line.rpartition(" ")
            if line[0] != "#":
                found[re.sub(r',?(worker|shard)="[^"]*"', "", name)] += float(value)  # type: ignore[assignment]
        return found

    def asked() -> list[Span]:
        return [span for span in collector.spans if span.kind == Span.SPAN_KIND_CLIENT]

    def adas() -> dict[str, object]:
        told = httpx.get(f"{where}/api/v1/sessions", auth=("dana", PEOPLE["dana"]), trust_env=False).json()
        return next(each for each in told["sessions"] if each["subject"] == "ada")

    with session(house) as ada, session(house, "bob", "shop") as bob:
        for number in range(10):
            ada.execute("select label from parts where id < 4 or id = %s", (number % 3,))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            bob.execute("delete from orders")
        until(lambda: adas()["statements"] == 10 and not adas()["busy"])
        assert (adas()["rows"], adas()["text"]) == (30, "select label from parts where id < ? or id = $1")
        with pytest.raises(psycopg.errors.UndefinedColumn):
            ada.execute("select nothing from parts")
        wanted = {
            'proctor_statements_total{decision="deny"}': 1,
            'proctor_statements_failed_total{class="42"}': 1,
            "proctor_rows_total{}": 30,
            'proctor_records_total{kind="session.opened"}': 2,
            "proctor_worker_sessions{}": 2,
        }
        found = until(lambda: all((told := numbers())[name] == value for name, value in wanted.items()) and told)
        told = f"select email from customers where email like 'person7%' /*traceparent='00-{trace}-01'*/"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            bob.execute(told)  # a plain constant over a sensitive column
        bob.execute(f"select total from orders where total = 4711.5 /*traceparent='00-{trace}-01'*/")
        bob.execute(f"set proctor.traceparent = '00-{trace}-01'")
        bob.execute("select state from orders where id = 1")
        bob.execute("reset proctor.traceparent")
        bob.execute("select state from orders where id = 1")  # the same text, judged already, and no trace
        with session(house, "bob", "shop", options=f"-c proctor.traceparent=00-{trace}-01") as other:
            other.execute("select id from orders where id = 1")
        assert len(bob.execute("select email from customers").fetchall()) == 300
        with session(house, "copilot", "shop") as copilot, ThreadPoolExecutor(1) as pool:
            held = pool.submit(copilot.execute, "update orders set state = 'late' where id = 2")
            until(lambda: held.done() or approve(house))
            held.result(timeout=30)
        spans = until(lambda: len(asked()) > 4 and asked())
        parts = ("proctor_approved_statement", "proctor_approval_wait", "proctor_statement_masking")
        until(lambda: [numbers()[f"{name}_seconds_count{{}}"] for name in parts] == [1, 1, 1])
        sent = until(lambda: (told := numbers())["proctor_spans_sent_total"] >= 13 and told)
        assert not any(
            sent[f'proctor_spans_dropped_total{{why="{why}"}}'] for why in ("queue", "collector", "unanswered")
        )
    assert found
    assert found["proctor_statement_seconds_count{}"] >= 10
    assert spans
    assert {f"{span.trace_id.hex()}-{span.parent_span_id.hex()}" for span in spans} == {trace}
    assert {told_of(span)["proctor.decision"] for span in spans} == {"allow", "hold"}
    assert {told_of(span)["db.namespace"] for span in spans} == {"shop"}
    beneath = [span for span in collector.spans if span.kind == Span.SPAN_KIND_INTERNAL]
    assert {span.name for span in beneath} == {"proctor.decide", "proctor.upstream"}
    assert {span.parent_span_id for span in beneath} <= {span.span_id for span in spans}
    summaries = Counter(str(told_of(span)["db.query.summary"]) for span in spans)
    assert summaries["SELECT public.orders"] == 3, "named in a comment, by a setting, and at the start"
    assert summaries["RESET"] == 1, "it is the last that the setting counts for"
    assert not any(value in raw for raw in collector.raw for value in (b"person7", b"4711", b"bob"))
    assert found["proctor_statement_added_seconds_sum{}"] < found["proctor_statement_seconds_sum{}"]


# ---- SIGHUP


def changed(house: Lab, change: Callable[[str], str]) -> None:
    """Write other settings, and wait until every worker has taken them in."""
    config = house.gateway.config
    before = len([r for r in house.records() if r["kind"] == "config.loaded"])
    config.write_text(change(config.read_text()))
    os.kill(house.gateway.pid, signal.SIGHUP)
    until(lambda: len([r for r in house.records() if r["kind"] == "config.loaded"]) >= before + 2)


def test_who_is_removed_is_shown_out_and_the_others_stay(house: Lab) -> None:
    bobs, adas = [session(house, "bob") for _ in range(2)], [session(house) for _ in range(2)]
    changed(house, lambda text: "\n".join(line for line in text.splitlines() if not line.startswith("bob = ")))
    for bob in bobs:
        with pytest.raises(psycopg.OperationalError, match="this login has been removed"):
            bob.execute("select 1")
    for ada in adas:
        assert ada.execute("select 1").fetchall() == [(1,)]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        session(house, "bob")


def test_a_programs_secret_is_changed_without_a_moment_in_which_it_does_not_fit(house: Lab) -> None:
    def comes_in(password: str) -> bool:
        try:
            with psycopg.connect(house.dsn("loader", "plain", password=password)) as loader:
                return loader.execute("select 6 * 7").fetchone() == (42,)
        except psycopg.OperationalError as no:
            assert "password authentication failed" in str(no)
            return False

    old, new = 'loader = { password = "loader-pw" }', 'loader = { password = "fresh", former_password = "loader-pw" }'
    with session(house, "loader") as running:
        changed(house, lambda text: text.replace(old, new))
        assert (comes_in("loader-pw"), comes_in("fresh")) == (True, True)
        changed(house, lambda text: text.replace(new, 'loader = { password = "fresh" }'))
        assert (comes_in("fresh"), comes_in("loader-pw")) == (True, False)
        assert running.execute("select 6 * 7").fetchone() == (42,), "who is in stays"
    changed(house, lambda text: text.replace('loader = { password = "fresh" }', old))


def test_other_groups_count_for_the_next_session(house: Lab) -> None:
    groups = 'forbid (principal is User, action == Action::"insert", resource) when {{ principal in Group::"{}" }};'
    (house.folder / "rules" / "own.cedar").write_text(
        '@id("own")\n@reason("not for this group")\n@hint("ask")\n' + groups.format("guests")
    )
    changed(house, lambda text: text)
    with session(house) as before:
        before.execute("insert into bins (part, slot) values (1, 'a')")
        changed(house, lambda text: text.replace('ada = { groups = ["engineering"]', 'ada = { groups = ["guests"]'))
        before.execute("insert into bins (part, slot) values (1, 'b')")
        with session(house) as after, pytest.raises(psycopg.errors.InsufficientPrivilege, match="not for this group"):
            after.execute("insert into bins (part, slot) values (1, 'c')")


def test_a_database_that_is_not_served_any_more_is_left_and_another_takes_its_name(house: Lab) -> None:
    """`shop` is to be what `plain` was: whoever connects from now on is judged by what is there, not by what was."""
    with session(house, database="shop") as old, session(house, database="plain") as plain:
        assert old.execute("select count(*) from customers").fetchall() == [(300,)]
        shop, other = f'database = "{house.names["shop"]}"', f'database = "{house.names["plain"]}"'
        changed(house, lambda text: text.replace("[databases.plain]", "[databases.spare]").replace(shop, other))
        with pytest.raises(psycopg.OperationalError, match="this database is not served any more"):
            plain.execute("select 1")
        assert old.execute("select count(*) from customers").fetchall() == [(300,)]
        assert old.execute("select email from customers where id = 1").fetchall() != [("person1@example.com",)]
        with session(house, database="shop") as new:
            assert new.execute("select count(*) from parts").fetchall() == [(200,)]
            with pytest.raises(psycopg.errors.UndefinedTable):
                new.execute("select 1 from customers")


def test_settings_that_cannot_be_used_change_nothing(house: Lab) -> None:
    good = house.gateway.config.read_text()
    house.gateway.config.write_text(good + "\n[nonsense]\n")
    os.kill(house.gateway.pid, signal.SIGHUP)
    until(lambda: "the old configuration stays" in house.gateway.log())
    house.gateway.config.write_text(good)
    with session(house) as ada:
        assert ada.execute("select 1").fetchall() == [(1,)]


def test_a_certificate_made_anew_is_shown_to_whoever_connects_next(postgres: ThrowawayPostgres, tmp_path: Path) -> None:
    """As it is each hour, by the same way, once the old one has less than a month."""
    with lab(postgres, tmp_path, tls="auto", workers=2) as house:
        seals = house.folder / "state" / "tls"
        before = {shown(house) for _ in range(2)}
        assert len(before) == 1
        with psycopg.connect(house.dsn(sslmode="verify-full", sslrootcert=str(seals / "ca.crt"))) as ada:
            (seals / "server.crt").unlink()
            os.kill(house.gateway.pid, signal.SIGHUP)
            until(lambda: before.isdisjoint({shown(house), shown(house)}))
            assert ada.execute("select 1").fetchall() == [(1,)]
        with psycopg.connect(house.dsn(sslmode="verify-full", sslrootcert=str(seals / "ca.crt"))) as ada:
            assert ada.execute("select 1").fetchall() == [(1,)]


def shown(house: Lab) -> bytes:
    """Return the certificate that the next worker in turn shows."""
    with raw.Raw(house.through) as client:
        assert client.send(pack("!ii", 8, 80877103)).byte() == b"S"
        client.secure(ssl.create_default_context(cafile=str(house.folder / "state" / "tls" / "ca.crt")), "localhost")
        certificate = client.socket.getpeercert(binary_form=True)  # type: ignore[attr-defined]  # it is TLS by now
        assert isinstance(certificate, bytes)
        return certificate


# ---- claims


def test_claims_of_every_kind_are_on_record(house: Lab) -> None:
    with session(house, options="-c proctor.reason=INC-1 -c proctor.task=triage") as ada:
        ada.execute("select 1 as started")
        ada.execute("set proctor.reason = 'INC-2'")
        ada.execute("select 2 as told")
        ada.execute("select 3 as said /*reason='INC%2D3',task='look',traceparent='00-1-1'*/")
        ada.execute("select 3 as said /*reason='INC%2D4',traceparent='00-1-2'*/")
        for _ in range(3):
            ada.execute("select 4 as quiet")
        ada.execute("reset proctor.reason")
        ada.execute("select 5 as started_again")
    said = until(lambda: claims_of(house, "started_again") and {
        word: claims_of(house, word) for word in ("started", "told", "said", "quiet", "started_again")
    })  # fmt: skip
    assert said == {
        "started": [("INC-1", "triage")],
        "told": [("INC-2", "triage")],
        "said": [("INC-3", "look"), ("INC-4", "triage")],
        "quiet": [("INC-2", "triage")] * 3,
        "started_again": [("INC-1", "triage")],
    }


def claims_of(house: Lab, word: str) -> list[tuple[object, object]]:
    found = []
    for record in house.records():
        text = record.get("statement")
        claims = record.get("claims")
        if record["kind"] != "statement.decided" or not isinstance(text, dict) or not isinstance(claims, dict):
            continue
        if f"as {word} " in f"{text['text']} ":
            found.append((claims.get("reason"), claims.get("task")))
    return found


def test_a_ticket_shows_the_reason_from_the_comment(house: Lab) -> None:
    with session(house, "ada", "shop", options="-c proctor.reason=general") as ada, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ada.execute, "alter table orders add column note text /*reason='INC-9'*/")
        (opened,) = house.recorded("ticket.opened")
        ada.cancel_safe(timeout=10)
        with pytest.raises(psycopg.errors.QueryCanceled):
            asked.result(timeout=20)
    claims = opened["claims"]
    assert isinstance(claims, dict)
    assert claims["reason"] == "INC-9"


def test_an_agent_that_claims_to_act_for_somebody_else_is_refused_until_it_takes_that_back(house: Lab) -> None:
    with session(house, "copilot") as copilot:
        copilot.execute("select 1")
        copilot.execute("set proctor.on_behalf_of = 'ada'")
        copilot.execute("select 1")
        copilot.execute("set proctor.on_behalf_of = 'bob'")
        for _ in range(3):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="does not act for the person"):
                copilot.execute("select 1")
        with copilot.cursor() as cursor, pytest.raises(psycopg.errors.InsufficientPrivilege):
            cursor.execute("select %s::int", [1], prepare=True)
        copilot.execute("reset proctor.on_behalf_of")
        assert copilot.execute("select 1").fetchall() == [(1,)]
    with pytest.raises(psycopg.OperationalError, match="does not act for the person"):
        session(house, "copilot", options="-c proctor.on_behalf_of=bob")
    under = [r for r in house.records() if isinstance(c := r.get("claims"), dict) and c.get("on_behalf_of") == "bob"]
    verdicts = [d["verdict"] for r in under if isinstance(d := r.get("decision"), dict)]
    assert verdicts == ["deny"] * 4 + ["allow"], "nothing but the taking back ran under that claim"


# ---- rules

NOT_NOW = '@id("not-now")\n@reason("the books are being closed")\n@hint("wait until tomorrow")\n'
CLOSED = NOT_NOW + 'forbid (principal, action == Action::"insert", resource in Database::"plain");\n'


def loaded_rules(house: Lab) -> list[dict[str, object]]:
    return [record for record in house.records() if record["kind"] == "rules.loaded"]


def test_rules_are_put_in_force_in_every_process_at_once_and_every_decision_names_them(house: Lab) -> None:
    """One digest, the same in all processes, with the text of each file at hand; and sessions that are open obey."""
    with session(house) as ada:
        ada.execute("insert into bins (part, slot) values (1, 'before')")
        (house.folder / "rules" / "own.cedar").write_text(CLOSED)
        changed(house, lambda text: text)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="the books are being closed"):
            ada.execute("insert into bins (part, slot) values (1, 'after')")
    found = until(lambda: enough if len(enough := loaded_rules(house)) >= 7 else [])
    loaded = found[4:]  # each process said so when it started
    assert {record["shard"] for record in loaded} == {"worker-0", "worker-1", "control"}
    (digest,) = {record["rule_set"] for record in loaded}
    kept = {source["name"]: source["sha256"] for source in loaded[0]["sources"]}
    own = kept[str(house.folder / "rules" / "own.cedar")]
    assert (house.folder / "state" / "rules" / f"{own}.cedar").read_text() == CLOSED
    (denied,) = [r for r in house.records() if r["kind"] == "statement.decided" and r["decision"]["verdict"] == "deny"]
    assert (denied["decision"]["rules"][0], denied["decision"]["rule_set"]) == ("not-now", digest)


def test_rules_that_are_wrong_change_nothing_anywhere(house: Lab) -> None:
    (house.folder / "rules" / "own.cedar").write_text(CLOSED)
    changed(house, lambda text: text)
    before = len(house.records())
    (house.folder / "rules" / "own.cedar").write_text(CLOSED + "permit (principal")
    os.kill(house.gateway.pid, signal.SIGHUP)
    until(lambda: "own.cedar:5: the policy that begins here does not end" in house.gateway.log())
    with session(house) as ada, pytest.raises(psycopg.errors.InsufficientPrivilege, match="books are being closed"):
        ada.execute("insert into bins (part, slot) values (1, 'x')")
    assert [r for r in house.records()[before:] if r["kind"] in ("rules.loaded", "config.loaded")] == []


def test_the_past_is_replayed_from_the_journal_of_a_real_house(house: Lab) -> None:
    """What real sessions did is asked about again: with the rules of then nothing changes, with others what they say."""
    with session(house) as ada, session(house, "copilot", "shop") as copilot:
        ada.execute("insert into bins (part, slot) values (1, 'kept')")
        assert copilot.execute("select id from orders where id = 7").fetchall() == [(7,)]
        copilot.execute("select full_name, email from customers where id = %s", (7,)).fetchall()
    until(lambda: len([r for r in house.records() if r["kind"] == "statement.answered"]) >= 3)
    (house.folder / "to-be").mkdir()
    words = ("policy", "replay", "--rules", str(house.folder / "to-be"))
    said = house.ask(*words)
    assert said.code == 0, said.text
    assert "would have been answered otherwise" in said.out
    assert ": 0 would" in said.out, said.text
    assert "cannot be replayed" not in said.out, said.text
    (house.folder / "to-be" / "own.cedar").write_text(CLOSED)
    (line,) = house.ask(*words, "--json").objects()
    assert (line["who"], line["before"], line["after"], line["exact"]) == ("ada", "allow", "deny", True)
    assert line["rules_after"] == ["not-now"]
