"""An auditor's questions: who saw what, when, why, and masked as what."""

from __future__ import annotations

import dataclasses
import json
import random
import sqlite3
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from proctor.audit import index as module
from proctor.audit import segments
from proctor.audit.basis import Basis, Copied
from proctor.audit.index import FILE, Index
from proctor.audit.journal import Journal
from proctor.audit.ocsf import event
from proctor.audit.record import (
    Claimed,
    LoginFailed,
    Masked,
    OperatorCall,
    StatementAnswered,
    StatementDecided,
    StatementText,
    Verdict,
    Who,
)
from proctor.audit.search import Question, Tail, ask, export, search, sightings
from proctor.audit.sinks import FileSink, Forwarder, StreamSink
from proctor.errors import HouseFault

NOON = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
ALICE = Who(subject="alice", kind="human", groups=("support",))
ROBOT = Who(subject="loader", kind="service")
BOT = Who(subject="copilot", kind="agent", on_behalf_of="alice")


def decided(name: str, who: Who, text: str, reads: dict, **more) -> StatementDecided:
    said = {"decision": Verdict(verdict="allow", rules=("read-masked",)), "command": "select", "understood": True}
    return StatementDecided(
        id=name,
        exchange=name,
        who=who,
        database="shop",
        statement=StatementText(text=text, digest="d"),
        reads=reads,
        **{**said, **more},
    )


EMAIL = Masked(output=1, mask="email", data_class="email", columns=("public.customers.email",))


@pytest.fixture
def told(house, clock):
    """An hour each between: a masked read, a plain one, a denied delete, a failed login, an operator's call."""
    with Journal.open(house.journal / "w0", "w0", clock=clock) as journal:
        reads = {"public.customers": ("email", "id")}
        journal.record(
            decided("x1", ALICE, "select email from customers", reads, masks=(EMAIL,), claims=Claimed(reason="INC-42"))
        )
        journal.record(StatementAnswered(id="x1-a", of="x1", rows=7, bytes=99, duration_us=10, cells={1: 6}))
        clock.advance(3600)
        journal.record(decided("x2", BOT, "select total from orders", {"public.orders": ("total",)}))
        journal.record(StatementAnswered(id="x2-a", of="x2", rows=1, bytes=9, duration_us=10))
        clock.advance(3600)
        deny = Verdict(verdict="deny", rules=("no-where",), reason="no WHERE")
        gone = {"decision": deny, "command": "delete", "writes": {"public.customers": ()}}
        journal.record(decided("x3", ALICE, "delete from customers", {}, **gone))
        clock.advance(3600)
        journal.record(LoginFailed(id="l1", claimed="mallory"))
    with Journal.open(house.journal / "control", "control", clock=clock) as journal:
        journal.record(OperatorCall(id="o1", action="sessions.kill", who=ALICE, because="leaving"))
    return house


def ids(found) -> list[str]:
    return [said["id"] for said in found]


CASES = {
    "who": ({"who": "alice"}, ["x1", "x2", "x3", "o1"]),
    "the agent itself": ({"who": "copilot"}, ["x2"]),
    "a name somebody claimed": ({"who": "mallory"}, ["l1"]),
    "a column": ({"column": "email"}, ["x1", "x3"]),
    "a column of a table": ({"column": "customers.email"}, ["x1", "x3"]),
    "a column by its full name": ({"column": "public.customers.email"}, ["x1", "x3"]),
    "a column of another table": ({"column": "orders.email"}, []),
    "a table": ({"table": "customers"}, ["x1", "x3"]),
    "a table by its full name": ({"table": "public.orders"}, ["x2"]),
    "a class of data": ({"data_class": "email"}, ["x1"]),
    "a decision": ({"decision": "deny"}, ["x3"]),
    "a word in the statement, whatever its case": ({"text": "TOTAL"}, ["x2"]),
    "a word in the reason": ({"text": "inc-42"}, ["x1"]),
    "a kind": ({"kind": "login.failed"}, ["l1"]),
    "from a time on": ({"since": NOON + timedelta(hours=2), "who": "alice"}, ["x3", "o1"]),
    "up to a time": ({"until": NOON + timedelta(hours=1), "column": "email"}, ["x1"]),
    "both": ({"since": NOON, "until": NOON + timedelta(hours=2), "who": "alice"}, ["x1", "x2"]),
    "the newest": ({"who": "alice", "limit": 2}, ["x3", "o1"]),
    "a like pattern is only text": ({"text": "%"}, []),
    "a quote is only text": ({"who": "' or 1=1 --"}, []),
}


@pytest.mark.parametrize("integrated", [False, True], ids=["from the journal", "from the log"])
@pytest.mark.parametrize(("question", "expected"), CASES.values(), ids=CASES)
def test_records_are_found_by(told, question, expected, integrated):
    if integrated:
        told.integrate()
    assert ids(search(told.state, **question)) == expected


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
@pytest.mark.parametrize(("question", "expected"), CASES.values(), ids=CASES)
def test_what_lies_behind_a_walk_that_ends_early_is_found_by_its_shape(told, monkeypatch, question, expected, steps):
    monkeypatch.setattr("proctor.audit.search.WALK", steps)
    monkeypatch.setattr("proctor.audit.search.STEPS", 0)
    assert ids(search(told.state, **question)) == expected


@pytest.fixture
def crowded(house, clock):
    """A few hundred records, some of people who came early and never again, some of one moment; all of them as told."""
    chance = random.Random(11)
    said: list[dict] = []
    with Journal.open(house.journal / "w0", "w0", clock=clock) as journal:
        for number in range(300):
            clock.advance(chance.choice((0, 0, 60)))
            who = Who(subject=f"p{chance.choice((number // 60, 3, 7))}", kind="human")
            verdict = chance.choice(("allow", "allow", "deny"))
            session = f"s{chance.randrange(4)}"
            text = f"select {'ab'[number % 2]} from t{chance.randrange(3 + number // 100)}"
            claims = Claimed(reason=f"INC-{number // 10}") if chance.random() < 0.3 else None
            more = {"decision": Verdict(verdict=verdict), "claims": claims, "session": session}
            journal.record(decided(f"x{number:03d}", who, text, {}, **more))
            if number in (100, 200):
                journal.flush()
                with Index.open(house.state) as index:
                    index.refresh()
    house.integrate()
    for record in export(house.state):
        said += [one for one in [json.loads(record)] if one["kind"] == "statement.decided"]
    return house.state, said


def fits(said: dict, question: Question) -> bool:
    words = f"{said['statement']['text']}\n{said.get('claims', {}).get('reason', '')}".lower()
    time = datetime.fromisoformat(said["time"])
    return all((
        question.who in (None, said["who"]["subject"]),
        question.decision in (None, said["decision"]["verdict"]),
        question.session in (None, said["session"]),
        question.text is None or question.text in words,
        question.since is None or time >= question.since,
        question.until is None or time < question.until,
    ))  # fmt: skip


@pytest.mark.parametrize(("walk", "steps", "far"), [(1, 0, 0), (5, 1, 10), (1, 1000, 40), (20_000, 150, 300_000)])
def test_whatever_is_asked_together_the_newest_that_fit_are_found(crowded, monkeypatch, walk, steps, far):
    state, said = crowded
    for name, value in (("WALK", walk), ("STEPS", steps), ("FAR", far)):
        monkeypatch.setattr(f"proctor.audit.search.{name}", value)
    chance = random.Random(walk)
    first, last = (datetime.fromisoformat(said[at]["time"]) for at in (0, -1))
    found = 0
    with Index.open(state) as index:
        index.refresh()
        for _ in range(150):
            moments = sorted(first + (last - first) * chance.uniform(-0.1, 1.1) for _ in range(2))
            question = Question(
                who=chance.choice((None, None, "p0", "p3", "p7", "nobody")),
                decision=chance.choice((None, None, "allow", "deny")),
                session=chance.choice((None, None, None, "s1")),
                text=chance.choice((None, "inc-", "inc-0", "inc-1", "select b", "t5", "nowhere")),
                since=chance.choice((None, moments[0])),
                until=chance.choice((None, moments[1])),
                limit=chance.choice((0, 1, 3, 20, 1000)),
            )
            if question.who is question.decision is question.text is None:  # not the journal's own records
                question = dataclasses.replace(question, kind="statement.decided")
            wanted = [one["id"] for one in said if fits(one, question)]
            newest = wanted[max(0, len(wanted) - question.limit) :]
            assert ids(ask(index, question)) == newest, question
            found += len(newest)
    assert found > 300


@pytest.mark.parametrize("near", [0, 1, 200])
def test_an_answer_is_found_however_far_behind_its_statement_it_is(told, monkeypatch, near):
    monkeypatch.setattr("proctor.audit.search.NEAR", near)
    answers = [said.get("answered", {}).get("id") for said in search(told.state, kind="statement.decided")]
    assert answers == ["x1-a", "x2-a", None]


def test_a_refresh_goes_on_in_the_journal_where_the_last_one_ended(told, monkeypatch):
    """A segment is up to 64 MiB of what the log has already; no search passes over that twice."""
    with Index.open(told.state) as index:
        index.refresh()
        marks = index.connection.execute("select name, segment, following, offset from shards").fetchall()
        assert sorted((name, following) for name, _, following, _ in marks) == [("control", 2), ("w0", 7)]
        told.integrate()
        read = []
        chunk = segments._chunk
        monkeypatch.setattr(
            segments, "_chunk", lambda path, offset, size: read.append(offset) or chunk(path, offset, size)
        )
        assert index.refresh() == 0
        assert read
        assert min(read) >= min(offset for *_, offset in marks)
        told.write(1)
        assert index.refresh() == 4


@pytest.mark.parametrize("offset", [0, 17, 40, 10_000_000])
def test_a_mark_that_is_wrong_costs_time_and_no_record(told, offset):
    with Index.open(told.state) as index:
        index.refresh()
        index.connection.execute("update shards set offset = ?", (offset,))
        told.write(2)
        assert index.refresh() == 6
        index.connection.execute("update shards set following = following - 1")
        told.write(2)
        assert index.refresh() == 6
        index.connection.execute("update shards set segment = '0000000099.seg'")
        told.write(2)
        assert index.refresh() == 6
        numbers = index.connection.execute("select shard, seq from records order by 1, 2").fetchall()
        assert numbers == [(1, 0), (1, 1), *((2, seq) for seq in range(len(numbers) - 2))]


def test_records_that_are_alike_share_a_shape_and_literals_make_none(told):
    told.write(50)
    with Index.open(told.state) as index:
        index.refresh()
        before = index.connection.execute("select count(*) from shapes").fetchone()
        told.write(50)
        assert index.refresh() == 102
        assert index.connection.execute("select count(*) from shapes").fetchone() == before


def indexes(index: Index) -> set[str]:
    found = index.connection.execute("select name from sqlite_master where type = 'index' and tbl_name = 'records'")
    return {row[0] for row in found}


def test_an_index_whose_first_filling_was_cut_off_is_filled_and_sorted_by_the_next(told, monkeypatch):
    told.write(50)
    monkeypatch.setattr("proctor.audit.index.BATCH", 10)

    def cut_off(count: int) -> None:
        raise KeyboardInterrupt

    with Index.open(told.state) as index, pytest.raises(KeyboardInterrupt):
        index.refresh(cut_off)
    with Index.open(told.state) as index:
        assert indexes(index) == set()
        assert index.connection.execute("select count(*) from records").fetchone() == (2,), "those of the first shard"
        index.refresh()
        assert indexes(index) == {"records_shape", "records_time", "records_key", "records_session"}
    assert ids(search(told.state, who="copilot")) == ["x2"]


def test_shapes_are_put_together_behind_the_first_filling_alone_and_more_may_come(told, monkeypatch):
    with Index.open(told.state) as index:
        index.refresh()
        before = index.connection.execute("select number, key from shapes order by number").fetchall()
        monkeypatch.setattr("proctor.audit.index._TOGETHER", "this is no SQL")
        told.write(3)
        index.refresh()
        assert (
            index.connection.execute("select number, key from shapes order by number").fetchall()[: len(before)]
            == before
        )
        assert len(set(before)) == len(before) > 3
    assert ids(search(told.state, decision="deny")) == ["x3"]


def test_where_shapes_cannot_be_put_together_the_next_search_tries_again(told, monkeypatch):
    good = module._TOGETHER
    with Index.open(told.state) as index:
        monkeypatch.setattr(module, "_TOGETHER", good.replace("commit", "insert into shapes values (1)"))
        with pytest.raises(sqlite3.DatabaseError):
            index.refresh()
        monkeypatch.setattr(module, "_TOGETHER", good)
        index.refresh()
        assert len(indexes(index)) == 4
    assert ids(search(told.state, decision="deny")) == ["x3"]


@pytest.mark.parametrize("walk", [20_000, 1], ids=["by walking back", "shape by shape"])
def test_a_session_is_searched_for_what_else_is_asked(house, clock, monkeypatch, walk):
    monkeypatch.setattr("proctor.audit.search.WALK", walk)
    monkeypatch.setattr("proctor.audit.search.STEPS", 0)
    with Journal.open(house.journal / "w0", "w0", clock=clock) as journal:
        for name, session in (("a1", "s1"), ("a2", "s2"), ("a3", "s1")):
            journal.record(decided(name, ALICE, f"select {name} from orders", {}, session=session))
    assert ids(search(house.state, session="s1")) == ["a1", "a3"]
    assert ids(search(house.state, session="s1", text="a3")) == ["a3"]
    assert ids(search(house.state, session="s1", text="a2")) == []
    assert ids(search(house.state, session="s1", who="alice", limit=1)) == ["a3"]
    assert ids(search(house.state, session="s3", who="alice")) == []


def test_an_answer_is_its_own_statements_even_where_two_names_have_one_key(told, monkeypatch):
    """A key is 64 bits of a hash; what it leads to is held against the name."""
    monkeypatch.setattr("proctor.audit.index.key_of", lambda name: 7)
    (found,) = search(told.state, data_class="email")
    assert found.get("answered", {}).get("of", found["id"]) == found["id"]


def test_a_decided_statement_comes_with_its_answer(told):
    (found,) = search(told.state, data_class="email")
    assert (found["answered"]["rows"], found["answered"]["cells"]) == (7, {"1": 6})
    (denied,) = search(told.state, decision="deny")
    assert "answered" not in denied


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"way": "any"}, ["x4", "x5"]),
        ({"way": "column"}, ["x4"]),
        ({"way": "client", "who": "loader"}, ["x5"]),
        ({"way": "server file"}, []),
    ],
)
def test_statements_are_found_by_the_way_by_which_they_take_data_elsewhere(told, clock, asked, expected):
    with Journal.open(told.journal / "w1", "w1", clock=clock) as journal:
        moved = {"command": "create_table_as", "basis": Basis(copies=(Copied(sources=("a.b.c",), target="d.e.f"),))}
        journal.record(decided("x4", ALICE, "create table e as select c from b", {}, **moved))
        journal.record(decided("x5", ROBOT, "copy e to stdout", {}, command="copy", shows={"d.e": ("f",)}))
    assert ids(search(told.state, **asked)) == expected


def test_a_time_without_a_zone_is_refused(told):
    with pytest.raises(ValueError, match="zone"):
        list(search(told.state, since=datetime(2027, 1, 1)))  # noqa: DTZ001


def test_who_read_a_column_why_and_what_they_saw(told):
    found = list(sightings(told.state, Question(column="customers.email", since=NOON)))
    assert [
        (s.id, s.who, s.reason, s.column, s.how, s.verdict, s.mask, s.data_class, s.rows, s.cells) for s in found
    ] == [("x1", "alice", "INC-42", "public.customers.email", "read", "allow", "email", "email", 7, 6)]


def test_a_sighting_of_an_agent_names_its_human(told):
    (found,) = sightings(told.state, Question(column="total"))
    assert (found.who, found.on_behalf_of, found.mask, found.cells, found.rows) == ("copilot", "alice", None, None, 1)


def test_the_index_takes_in_only_what_is_new(told):
    with Index.open(told.state) as index:
        assert index.refresh() == 10 - 1
        assert index.refresh() == 0
        told.write(2)
        assert index.refresh() == 6


def test_the_index_is_for_its_owner_alone(told):
    list(search(told.state))
    assert {path.stat().st_mode & 0o777 for path in told.state.glob(f"{FILE}*")} == {0o600}


@pytest.mark.parametrize("content", [b"", b"rubbish" * 1000])
def test_an_index_that_is_none_is_built_anew(told, content):
    expected = ids(search(told.state))
    (told.state / FILE).write_bytes(content)
    assert ids(search(told.state)) == expected


def test_an_index_of_an_older_format_is_built_anew(told):
    expected = ids(search(told.state))
    with sqlite3.connect(told.state / FILE) as other:
        other.execute("pragma user_version = 0")
        other.execute("delete from records")
    assert ids(search(told.state)) == expected


def test_an_index_of_another_journal_is_built_anew(told):
    """After a restore, or a power cut that took the last milliseconds, what was indexed may never have been."""
    list(search(told.state))
    for path in (told.journal / "w0").iterdir():
        path.unlink()
    told.write(1)
    assert ids(search(told.state, kind="statement.decided")) == ["x000001"]


def test_a_log_that_cannot_be_read_is_no_empty_answer(told):
    told.integrate()
    bundle = next((told.log / "w0" / "tile" / "entries" / "000.p").iterdir())
    bundle.write_bytes(bundle.read_bytes()[:-3])
    with pytest.raises(HouseFault, match="w0 is damaged"):
        list(search(told.state))
    with pytest.raises(HouseFault, match="w0 is damaged"):
        list(export(told.state))


def test_export_gives_every_record_as_it_was_written_in_the_order_of_time(told):
    told.integrate()
    lines = list(export(told.state))
    times = [json.loads(line)["time"] for line in lines]
    assert times == sorted(times)
    assert len(lines) == 9
    assert sum(b'"kind":"journal.opened"' in line for line in lines) == 2


def test_tail_begins_near_the_end_and_goes_on(told):
    tail = Tail(told.state, last=1)
    assert [json.loads(line)["id"] for line in tail.take()] == ["l1", "o1"]
    assert tail.take() == []
    told.write(1)
    assert [json.loads(line)["kind"] for line in tail.take()] == [
        "journal.opened",
        "statement.decided",
        "statement.answered",
        "heartbeat",
    ]


# -- sinks


class Flaky:
    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.down = False

    def deliver(self, batch) -> None:
        if self.down:
            raise OSError("nobody listens")
        self.taken += batch


def places(lines) -> list[tuple[str, int]]:
    return [(json.loads(line)["shard"], json.loads(line)["seq"]) for line in lines]


def test_a_sink_gets_every_record_of_a_shard_in_order_and_a_restart_goes_on(told, tmp_path):
    sink = Flaky()
    assert Forwarder(told.state, sink, tmp_path / "cursor").forward(limit=3) == 5
    told.integrate()
    forwarder = Forwarder(told.state, sink, tmp_path / "cursor")
    while forwarder.forward(limit=3):
        pass
    assert sorted(places(sink.taken)) == [("control", 0), ("control", 1), *(("w0", n) for n in range(7))]
    assert [n for shard, n in places(sink.taken) if shard == "w0"] == list(range(7))


def test_what_a_sink_did_not_take_is_delivered_again(told, tmp_path):
    sink = Flaky()
    sink.down = True
    forwarder = Forwarder(told.state, sink, tmp_path / "cursor")
    with pytest.raises(OSError, match="nobody listens"):
        forwarder.forward()
    sink.down = False
    assert forwarder.forward() == 9
    assert len(set(places(sink.taken))) == 9


def test_a_cursor_that_is_none_is_not_guessed_at(told, tmp_path):
    (tmp_path / "cursor").write_text("rubbish")
    with pytest.raises(HouseFault, match="no cursor"):
        Forwarder(told.state, Flaky(), tmp_path / "cursor")


def test_the_file_sink_appends_lines_for_its_owner_alone(told, tmp_path):
    forwarder = Forwarder(told.state, FileSink(tmp_path / "out.jsonl"), tmp_path / "cursor")
    forwarder.forward()
    told.write(1)
    forwarder.forward()
    assert len((tmp_path / "out.jsonl").read_bytes().splitlines()) == 13
    assert (tmp_path / "out.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_sink_may_want_another_form_and_not_all_records(told, tmp_path):
    stream = BytesIO()
    assert Forwarder(told.state, StreamSink(stream), tmp_path / "cursor", form=event).forward() == 9
    classes = [json.loads(line)["class_uid"] for line in stream.getvalue().splitlines()]
    assert sorted(classes) == [3002, 6003, 6005, 6005, 6005, 6005, 6005]
