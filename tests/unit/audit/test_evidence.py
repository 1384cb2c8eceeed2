"""The evidence pack: what its reports say of a log, and that whatever is changed in it is found."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from html import escape
from pathlib import Path

import msgspec
import pytest

from proctor.audit.basis import Basis
from proctor.audit.evidence import pack
from proctor.audit.evidence.check import Verdict, verify
from proctor.audit.evidence.oscal import CRITERIA
from proctor.audit.evidence.report import Inputs, Listed, Principal, guarded
from proctor.audit.journal import Journal
from proctor.audit.note import SigningKey, Verifier
from proctor.audit.record import (
    Body,
    Claimed,
    ClassificationChanged,
    ConfigLoaded,
    Entitled,
    EntitlementsListed,
    GlassBroken,
    GlassReviewed,
    GrantApproved,
    GrantExpired,
    GrantRequested,
    Heartbeat,
    JournalLost,
    LoginFailed,
    LogRetired,
    Masked,
    OperatorCall,
    Origin,
    RulesLoaded,
    SessionOpened,
    Source,
    StatementAnswered,
    StatementDecided,
    StatementText,
    SubjectErased,
    TicketApproved,
    TicketOpened,
    TicketSpent,
    Who,
)
from proctor.audit.record import (
    Verdict as Decision,
)
from tests.unit.audit.conftest import FakeClock, House

HOSTILE = "<script>alert(1)</script>"
FORMULA = '=cmd|" /C calc"!A0'
RULES = "permit (principal, action, resource);"
ALICE = Who(subject="alice", kind="human", groups=("support",), proof="password")
DORA = Who(subject="dora", kind="human", groups=("dba",), proof="password")
BOT = Who(
    subject="copilot",
    kind="agent",
    groups=("bots",),
    proof="token",
    on_behalf_of="alice",
    model="m-9",
    version="2026-11",
)
AFAR = Origin(address="203.0.113.7:4711", tls="TLSv1.3")


class Unnamed(Masked, frozen=True, kw_only=True):
    """A mask as an old record may have it, or one of another's: without its name."""

    mask: str | None = None  # type: ignore[assignment]  # left out of the record


def inputs(**also: str) -> Inputs:
    said = {"since": "2027-01-01T00:00:00.000000Z", "until": "2028-01-01T00:00:00.000000Z"} | also
    return Inputs(
        format=pack.FORMAT,
        built="2028-01-02T00:00:00.000000Z",
        by="tester",
        version="1",
        house="proctor.test",
        principals=(
            Principal(name="alice", kind="human", groups=("support",), password=True),
            Principal(name="dora", kind="human", groups=("dba",), password=True),
            Principal(name="idle", kind="human", groups=("dba",)),
            Principal(name="copilot", kind="agent", owner="alice"),
        ),
        databases=(Listed(name="shop", environment="production", engine="postgresql"),),
        rule_texts={sha256(RULES.encode()).hexdigest(): RULES},
        **said,
    )


def decided(name: str, who: Who, text: str, *, verdict: str = "allow", **also: object) -> StatementDecided:
    made = StatementDecided(
        id=name,
        exchange=name,
        who=who,
        database="shop",
        statement=StatementText(text=text, digest="d"),
        command=text.split(maxsplit=1)[0].lower(),
        understood=True,
        decision=Decision(verdict=verdict, rules=("rule-7",), reason="because"),
        basis=Basis(environment="production"),
    )
    return msgspec.structs.replace(made, **also)


def answered(name: str, rows: int = 2, **also: object) -> StatementAnswered:
    made = StatementAnswered(id=f"{name}-a", of=name, rows=rows, bytes=64, duration_us=900)
    return msgspec.structs.replace(made, **also)


def at_the_workers() -> list[Body]:
    """Return what a worker writes: people's reads, an agent's changes, refusals, a broken glass."""
    mail = ("public.customers.email",)
    masked = {
        "reads": {"public.customers": ("email",)},
        "masks": (Masked(output=1, mask="email", data_class="email", columns=mail),),
    }
    plain = {
        "reads": {"public.customers": ("email",)},
        "shows": {"public.customers": ("email",)},
        "basis": Basis(environment="production", classes={mail[0]: "email"}, grants={mail[0]: "G1"}),
    }
    update = {"actions": ("update",), "writes": {"public.orders": ("total",)}}
    task = Claimed(task=HOSTILE, application="psql")
    return [
        SessionOpened(id="s1", session="s1", who=ALICE, origin=AFAR, database="shop"),
        SessionOpened(id="s2", session="s2", who=BOT, origin=Origin(address="198.51.100.9:1"), database="shop"),
        LoginFailed(id="l1", claimed=FORMULA, origin=AFAR, database="shop", method="password", why="wrong"),
        decided("x1", ALICE, "select email from customers", claims=Claimed(reason="INC-1"), **masked),
        answered("x1", cells={1: 2}),
        decided("x2", ALICE, "select email from customers", **plain),
        answered("x2"),
        decided("x3", ALICE, f"delete from orders {HOSTILE}", verdict="deny", **update),
        decided("x4", BOT, "update orders set total = $1", verdict="hold", ticket="T1", claims=task, **update),
        TicketOpened(
            id="t1", ticket="T1", requester="copilot", on_behalf_of="alice", database="shop", digest="D1", statement="u"
        ),
        decided("x5", BOT, "update orders set total = $1", ticket="T1", claims=task, **update),
        TicketSpent(id="t3", ticket="T1", requester="copilot", on_behalf_of="alice", database="shop", digest="D1"),
        answered("x5", 1),
        decided("x6", BOT, "insert into orders values ($1)", claims=task, **update),
        answered("x6", 1),
        GlassBroken(id="g1", ticket="B1", requester="alice", database="shop", because="fire", statement="drop table x"),
        GlassBroken(id="g2", ticket="B2", requester="alice", database="shop", because="more fire", statement="drop y"),
        RulesLoaded(id="r1", rule_set="a" * 64, rules=1, sources=(source(),)),
        RulesLoaded(id="r2", rule_set="b" * 64, rules=1, sources=(source(),)),
        Heartbeat(id="h1", interval_s=60),
        JournalLost(id="j1", because="disk"),
    ]


def source() -> Source:
    return Source(name="10.cedar", sha256=sha256(RULES.encode()).hexdigest())


def at_the_desk() -> list[Body]:
    """Return what the control process writes before the worker goes on."""
    grant = {"grant": "G1", "requester": "alice", "database": "shop", "column": "public.customers.email", "seconds": 60}
    return [
        GrantRequested(id="q1", who=ALICE, because="INC-2", **grant),
        GrantApproved(id="q2", who=DORA, by="dora", **grant),
        GrantExpired(id="q3", **grant),
        TicketApproved(
            id="t2", who=DORA, by="dora", ticket="T1", requester="copilot", on_behalf_of="alice", digest="D1"
        ),
        TicketApproved(id="t9", who=ALICE, by="alice", ticket="T9", requester="alice", digest="D9"),
        GlassReviewed(id="g3", who=DORA, by="dora", ticket="B1", requester="alice", because="it burned"),
        OperatorCall(id="o1", who=DORA, action="sessions.list", outcome="done"),
        OperatorCall(id="o2", who=ALICE, action="map.show", target="shop", outcome="refused: not for you"),
        ClassificationChanged(
            id="c1", who=DORA, database="shop", column="public.customers.note", before="prose", because="no persons"
        ),
    ]


@pytest.fixture
def filled(house: House) -> House:
    for shard, bodies in (("control", at_the_desk()), ("worker-0", at_the_workers())):
        with Journal.open(house.journal / shard, shard, clock=house.clock) as journal:
            for body in bodies:
                journal.record(body)
    house.integrate()
    return house


def built(house: House, out: Path, said: Inputs | None = None, *, signed: bool = True) -> Path:
    sign = SigningKey.load(house.keys / "log.pem").sign if signed else None
    pack.build(house.log, out, said or inputs(), sign=sign)
    return out


@pytest.fixture
def made(filled: House, tmp_path: Path) -> Path:
    return built(filled, tmp_path / "pack")


def report(folder: Path, name: str) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Return what a report says, and its rows by column."""
    (path,) = (folder / "reports").glob(f"[0-9][0-9]-{name}.json")
    said = json.loads(path.read_text())
    return said, [dict(zip(said["columns"], row, strict=True)) for row in said["rows"]]


def exceptions(folder: Path, name: str) -> list[str]:
    return [str(row["exception"]) for row in report(folder, name)[1] if row["exception"]]


# --- what it says ---------------------------------------------------------------------------------------------------


def test_a_pack_verifies_and_counts_again_what_it_says(made: Path) -> None:
    done = verify(made)
    assert (done.ok, done.problems, done.records) == (True, (), 32)
    assert {one.name: one.count for one in done.told} == {
        "ai-changes": 3,
        "production-changes": 2,
        "entitlements": 4,
        "authentications": 3,
        "connections": 2,
        "access-review": 4,
        "grants": 1,
        "just-in-time": 1,
        "separation-of-duties": 4,
        "break-glass": 2,
        "egress": 2,
        "masking": 1,
        "data-subject-access": 2,
        "disposal": 0,
        "blocked": 2,
        "rule-changes": 3,
        "operators": 2,
        "log-health": 3,
    }


def test_the_change_audit_of_agents_tells_who_when_why_and_who_agreed(made: Path) -> None:
    said, rows = report(made, "ai-changes")
    assert said["totals"] == {"changes": 3, "held": 1, "ran": 2, "ran without approval before": 1}
    approved = next(row for row in rows if row["approved before by"] and row["decision"] == "allow")
    told = ("agent", "model claimed", "person", "delegation proven by", "task claimed", "decision", "rows", "outcome")
    assert [approved[name] for name in told] == [
        "copilot", "m-9 2026-11", "alice", "token", HOSTILE, "allow", 1, "00000",
    ]  # fmt: skip
    assert approved["approved before by"] == "dora"
    assert exceptions(made, "ai-changes") == ["ran without a person's approval before"]


def test_the_change_register_holds_what_ran_against_what_was_approved(filled: House, tmp_path: Path) -> None:
    with Journal.open(filled.journal / "worker-0", "worker-0", clock=filled.clock) as journal:
        journal.record(TicketApproved(id="t4", who=DORA, ticket="T2", requester="copilot", digest="AGREED"))
        update = {"actions": ("update",), "writes": {"public.orders": ("total",)}}
        journal.record(decided("x9", BOT, "update orders set total = $1", ticket="T2", **update))
        journal.record(TicketSpent(id="t5", ticket="T2", requester="copilot", digest="OTHER"))
    filled.integrate()
    made = built(filled, tmp_path / "pack")
    assert exceptions(made, "production-changes") == ["what ran is not what was approved"]
    same = next(row for row in report(made, "production-changes")[1] if row["ticket"] == "T1")
    assert same["digest approved"] == same["digest executed"] == "D1"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "entitlements",
            ["had groups that the settings no longer give", "not used in this range", "not used in this range"],
        ),
        ("authentications", ["login failed"]),
        ("connections", ["came over a network without TLS"]),
        ("separation-of-duties", ["decided by whoever asked"]),
        ("break-glass", ["not reviewed in this range"]),
        ("egress", ["values of a sensitive class came out as they are"]),
        ("data-subject-access", ["seen as they are, and no reason was claimed"]),
        (
            "rule-changes",
            ["is no longer held for sensitive", "changed by a signal or a start; nobody on record asked for it"],
        ),
        ("operators", ["refused"]),
        ("log-health", ["a record is lost"]),
        ("masking", []),
        ("just-in-time", []),
        ("grants", []),
    ],
)
def test_exceptions_are_what_is_worth_a_look(made: Path, name: str, expected: list[str]) -> None:
    assert sorted(exceptions(made, name)) == sorted(expected)


def test_only_the_time_asked_for_is_told_and_the_range_around_it_is_proven(
    house: House, clock: FakeClock, tmp_path: Path
) -> None:
    for _ in range(3):
        house.write(200)
        clock.advance(86_400)
    house.integrate()
    said = inputs(since="2027-01-16T00:00:00.000000Z", until="2027-01-17T00:00:00.000000Z")
    made = built(house, tmp_path / "pack", said)
    extent = json.loads((made / "log" / "w0" / "extent.json").read_text())
    assert 0 < extent["first"] <= 402
    assert 803 < extent["end"] < extent["size"]
    assert verify(made).ok
    assert report(made, "log-health")[0]["totals"] == {"heartbeat": 1, "journal.opened": 1}


def test_a_log_without_a_record_yet_is_no_trouble(filled: House, tmp_path: Path) -> None:
    (filled.journal / "worker-1").mkdir()
    integrator = filled.integrator()
    integrator.prepare()
    integrator.close()
    assert (filled.log / "worker-1" / "checkpoint").exists()
    done = verify(built(filled, tmp_path / "pack"))
    assert (done.ok, done.problems, done.records) == (True, (), 32)


def test_records_that_were_retired_are_said_to_be_missing(house: House, clock: FakeClock, tmp_path: Path) -> None:
    house.write(300)
    house.integrate()
    integrator = house.integrator()
    integrator.integrate()
    integrator.retire("w0", 512)
    integrator.close()
    done = verify(built(house, tmp_path / "pack"))
    assert done.ok
    assert any("before record 512" in sentence for sentence in done.cannot_prove)


def test_every_sampled_item_has_its_proof_and_the_seed_moves_with_the_log(
    filled: House, made: Path, tmp_path: Path
) -> None:
    sampled = {name for path in (made / "reports").glob("*.json") for name in json.loads(path.read_text())["sample"]}
    proofs = {path.stem for path in (made / "proofs").glob("*.tlog-proof")}
    assert {name.replace(":", "-") for name in sampled if name} == proofs
    seed = _seed(made)
    assert _seed(built(filled, tmp_path / "again")) == seed
    filled.write(1)
    filled.integrate()
    assert _seed(built(filled, tmp_path / "later")) != seed


def _seed(folder: Path) -> str:
    page = next((folder / "reports").glob("*-blocked.html")).read_text()
    return page.partition("with the seed <code>")[2][:64]


def test_a_sample_is_drawn_from_all_of_a_population(house: House, tmp_path: Path) -> None:
    house.write(600)
    house.integrate()
    with Journal.open(house.journal / "w1", "w1", clock=house.clock) as journal:
        for number in range(600):
            journal.record(LoginFailed(id=f"l{number}", claimed="eve", why="wrong"))
    house.integrate()
    said, rows = report(built(house, tmp_path / "pack"), "authentications")
    places = [int(name.partition(":")[2]) for name in said["sample"]]
    assert (said["count"], len(rows), len(set(places))) == (600, 600, 25)
    assert min(places) < 200
    assert max(places) > 400


# --- masks ----------------------------------------------------------------------------------------------------------

CARD, NOTE, MAIL = "public.customers.card", "public.customers.note", "public.customers.email"


def wears(place: int, mask: str, data_class: str, *columns: str, rules: tuple[str, ...] = ()) -> Masked:
    return Masked(output=place, mask=mask, data_class=data_class, columns=columns, rules=rules)


@pytest.fixture
def chosen(house: House, tmp_path: Path) -> Path:
    """A pack of statements under masks of every sort: chosen by rules, of the class, computed, of no known column."""
    first = (
        wears(1, "partial", "payment_card", CARD, rules=("support-1", "all-2")),
        wears(2, "email", "email", MAIL),
        wears(3, "redact", "email", MAIL),
    )
    with Journal.open(house.journal / "worker-0", "worker-0", clock=house.clock) as journal:
        for name, masks in (
            ("m1", first),
            ("m2", (wears(1, "null", "payment_card", CARD, rules=("all-3",)), wears(2, "token", "email", MAIL))),
            ("m3", (wears(1, "partial", "payment_card", CARD, rules=("support-1",)),)),
            ("m4", (wears(1, "redact", "unscanned"),)),
            ("m5", (wears(1, HOSTILE, "prose", NOTE),)),
        ):
            journal.record(decided(name, ALICE, "select", masks=masks))
            journal.record(answered(name, cells={1: 2}))
    house.integrate()
    return built(house, tmp_path / "pack")


def test_a_pack_with_masks_of_every_sort_is_made_again(chosen: Path) -> None:
    assert (verify(chosen).ok, verify(chosen).problems) == (True, ())


def test_egress_tells_which_column_wore_which_mask(chosen: Path) -> None:
    said, rows = report(chosen, "egress")
    assert [(row["class"], row["columns masked"], row["masks worn"]) for row in rows] == [
        ("email", MAIL, f"email: {MAIL}; redact: {MAIL}"),
        ("payment_card", CARD, f"partial: {CARD}"),
        ("email", MAIL, f"token: {MAIL}"),
        ("payment_card", CARD, f"null: {CARD}"),
        ("payment_card", CARD, f"partial: {CARD}"),
        ("unscanned", "", "redact: columns not known"),
        ("prose", NOTE, f"{HOSTILE}: {NOTE}"),
    ]
    totals = said["totals"]
    assert isinstance(totals, dict)
    assert {name: count for name, count in totals.items() if name.startswith("mask worn")} == {
        f"mask worn: {HOSTILE}": 1,
        "mask worn: email": 1,
        "mask worn: null": 1,
        "mask worn: partial": 2,
        "mask worn: redact": 2,
        "mask worn: token": 1,
    }


def test_masking_counts_each_mask_of_a_column_and_names_the_rules(chosen: Path) -> None:
    _, rows = report(chosen, "masking")
    assert [(row["column"], row["masked"], row["masks worn"], row["chosen by rules"]) for row in rows] == [
        (CARD, 3, "null 1, partial 2", "all-2, all-3, support-1"),
        (MAIL, 2, "email 1, redact 1, token 1", ""),
        (NOTE, 1, f"{HOSTILE} 1", ""),
    ]


def test_access_to_data_about_persons_tells_the_masks_of_the_whole_statement(chosen: Path) -> None:
    _, rows = report(chosen, "data-subject-access")
    assert [(row["seen"], row["masks worn"]) for row in rows] == [
        ("masked", f"email: {MAIL}; partial: {CARD}; redact: {MAIL}"),
        ("masked", f"null: {CARD}; token: {MAIL}"),
        ("masked", f"partial: {CARD}"),
        ("masked", "redact: columns not known"),
        ("masked", f"{HOSTILE}: {NOTE}"),
    ]


def test_the_csv_and_the_page_tell_the_masks_that_the_json_does(chosen: Path) -> None:
    for name in ("egress", "masking", "data-subject-access"):
        (path,) = (chosen / "reports").glob(f"[0-9][0-9]-{name}.csv")
        with path.open(newline="") as file:
            told = [row["masks worn"] for row in csv.DictReader(file)]
        assert told == [guarded(str(row["masks worn"])) for row in report(chosen, name)[1]]
        page = path.with_suffix(".html").read_text()
        assert "mask worn: partial" in page
        assert all(escape(cell) in page for cell in told)
        assert HOSTILE not in page


def test_the_assessment_results_remark_which_masks_were_worn(chosen: Path) -> None:
    from trestle.oscal.assessment_results import AssessmentResults

    found = AssessmentResults.oscal_read(chosen / "oscal.json")
    assert found is not None
    remarks = {one.title: one.remarks for one in found.results[0].observations if one.remarks}
    assert set(remarks) == {"Data egress by class", "Masking effectiveness", "Access to data about persons"}
    assert remarks["Masking effectiveness"] == (
        f"Masks worn, and how often: {HOSTILE} 1, email 1, null 1, partial 2, redact 1, token 1."
    )


def test_a_record_that_names_no_mask_is_told_and_said_to_name_none(house: House, tmp_path: Path) -> None:
    with Journal.open(house.journal / "worker-0", "worker-0", clock=house.clock) as journal:
        journal.record(decided("m1", ALICE, "select", masks=(Unnamed(output=1, data_class="email", columns=(MAIL,)),)))
    house.integrate()
    made = built(house, tmp_path / "pack")
    assert verify(made).ok
    assert report(made, "egress")[1][0]["masks worn"] == f"not named in the record: {MAIL}"
    assert report(made, "masking")[1][0]["masks worn"] == "not named in the record 1"


def test_whoever_changes_a_mask_in_a_report_is_found(chosen: Path) -> None:
    path = next((chosen / "reports").glob("*-egress.csv"))
    path.write_text(path.read_text().replace(f"null: {CARD}", f"hash: {CARD}"))
    listed_anew(chosen)
    (chosen / pack.NOTE).unlink()
    (problem,) = verify(chosen, unsigned=True).problems
    assert problem == f"reports/{path.name} is not what the log says: made again, it is another file"


def test_a_pack_of_another_format_is_left_to_the_proctor_that_built_it(made: Path) -> None:
    """Its reports have other columns: made again by this one they would all be said to be forged."""
    path = made / pack.INPUTS
    path.write_text(path.read_text().replace(f'"format": {pack.FORMAT}', '"format": 3'))
    with pytest.raises(pack.ConfigFault, match="the pack is of format 3, this Proctor knows 4") as refused:
        verify(made)
    assert refused.value.hint == "verify it with Proctor 1"


# --- forms ----------------------------------------------------------------------------------------------------------


def test_strangers_texts_are_escaped_on_every_page(made: Path) -> None:
    for page in made.rglob("*.html"):
        text = page.read_text()
        assert "<script" not in text
        assert "http://" not in text
        assert "https://" not in text
    assert "&lt;script&gt;" in next((made / "reports").glob("*-ai-changes.html")).read_text()


def test_no_cell_is_taken_for_a_formula(made: Path) -> None:
    (path,) = (made / "reports").glob("*-authentications.csv")
    with path.open(newline="") as file:
        (failed,) = [row for row in csv.DictReader(file) if row["outcome"] == "failed"]
    assert failed["who"] == "'" + FORMULA


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "|a", "%a", "\t=1", "\r=1", " =1", "＝1"])
def test_whatever_a_spreadsheet_would_run_is_a_text(cell: str) -> None:
    assert guarded(cell) == "'" + cell


def test_numbers_and_honest_texts_stay_as_they_are() -> None:
    assert [guarded(cell) for cell in (-1, None, "", "a=b", "2027-01-01")] == [-1, None, "", "a=b", "2027-01-01"]


def test_every_criterion_has_a_title_and_every_report_files_in_four_forms(made: Path) -> None:
    for kind in pack.REPORTS:
        assert set(kind.criteria) <= set(CRITERIA)
    stems = {path.stem for path in (made / "reports").iterdir()}
    assert len(stems) == len(pack.REPORTS)
    assert {path.suffix for path in (made / "reports").iterdir()} == {".html", ".csv", ".json"}


def test_the_population_names_range_checkpoints_and_proof(made: Path) -> None:
    said, _ = report(made, "blocked")
    (worker,) = [one for one in said["logs"] if one["log"] == "proctor.test/log/worker-0"]
    assert (worker["first"], worker["last"], worker["records"], worker["end size"]) == (0, 21, 22, 22)
    assert {"start root", "end root", "consistency"} <= worker.keys()


def test_assessment_results_are_read_by_a_foreign_tool(made: Path) -> None:
    """OSCAL's own model in Python, which shares no code with us, knows every field and refuses any other."""
    from trestle.oscal.assessment_results import AssessmentResults

    found = AssessmentResults.oscal_read(made / "oscal.json")
    assert found is not None
    assert len(found.results[0].observations) == len(pack.REPORTS)


def test_assessment_results_name_findings_for_each_criterion(made: Path) -> None:
    said = json.loads((made / "oscal.json").read_text())["assessment-results"]
    (result,) = said["results"]
    assert {"uuid", "metadata", "import-ap", "results"} <= said.keys()
    observed = {one["uuid"] for one in result["observations"]}
    assert len(observed) == len(pack.REPORTS)
    for finding in result["findings"]:
        assert finding["target"]["status"]["state"] in ("satisfied", "not-satisfied")
        assert {one["observation-uuid"] for one in finding["related-observations"]} <= observed


# --- what is found --------------------------------------------------------------------------------------------------


def kinds(folder: Path) -> dict[str, list[str]]:
    """Return the names of a pack's files by their kind."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder)
            kind = f"{name.parts[0]}/{path.suffix or path.name}" if len(name.parts) > 1 else path.name
            if "entries" in name.parts:
                kind = "log/entries"
            found.setdefault(kind, []).append(str(name))
    return found


KINDS = (
    "SHA256SUMS", "VERIFY.md", "index.html", "inputs.json", "oscal.json", "pack.note",
    "log/.json", "log/.vkey", "log/checkpoint", "log/entries", "proofs/.entry", "proofs/.tlog-proof",
    "reports/.csv", "reports/.html", "reports/.json",
)  # fmt: skip


def test_the_kinds_of_files_are_all_tried(made: Path) -> None:
    assert tuple(sorted(kinds(made))) == tuple(sorted(KINDS))


def flip(made: Path, names: list[str]) -> None:
    path = made / names[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def delete(made: Path, names: list[str]) -> None:
    (made / names[0]).unlink()


def swap(made: Path, names: list[str]) -> None:
    one, other = made / names[0], made / (names[1] if len(names) > 1 else "reports/01-ai-changes.csv")
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def add(made: Path, names: list[str]) -> None:
    path = made / names[0]
    shutil.copy(path, path.with_name(f"{path.stem}-more{path.suffix}"))


def honest(done: Verdict) -> bool:
    """Say whether an unsigned pack was let pass for what it is: without the claim that its house stands by it."""
    return done.ok and any("not signed" in sentence for sentence in done.cannot_prove)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("harm", [flip, delete, swap, add])
def test_whatever_is_done_to_a_file_is_found(made: Path, kind: str, harm: Callable[[Path, list[str]], None]) -> None:
    harm(made, kinds(made)[kind])
    try:
        done = verify(made)
    except pack.ConfigFault:
        return  # no pack at all, without its inputs
    assert not done.ok
    assert done.problems


def test_a_pack_whose_signature_was_taken_away_passes_only_where_that_was_asked_for(made: Path) -> None:
    (made / pack.NOTE).unlink()
    assert verify(made).problems == (
        "pack.note is missing: the house has not signed this pack, or its signature was taken away",
    )
    assert honest(verify(made, unsigned=True))


def listed_anew(made: Path) -> None:
    """Write the list of digests again, as whoever changes a pack would."""
    (made / pack.SUMS).write_text("".join(f"{digest}  {name}\n" for name, digest in pack.digests(made)))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("SHA256SUMS", "pack.note")])
@pytest.mark.parametrize("harm", [flip, delete, swap, add])
@pytest.mark.parametrize("signed", [True, False], ids=["signed", "the signature taken away"])
def test_whatever_is_done_is_found_though_the_list_agrees(
    made: Path, kind: str, harm: Callable[[Path, list[str]], None], signed: bool
) -> None:
    harm(made, kinds(made)[kind])
    listed_anew(made)
    if not signed:
        (made / pack.NOTE).unlink()
    try:
        done = verify(made, unsigned=not signed)
    except pack.ConfigFault:
        return
    if not signed and (kind, harm) == ("log/.vkey", add):
        assert honest(done) or not done.ok
    else:
        assert not done.ok


def test_inputs_that_were_changed_with_everything_that_follows_are_found_by_the_signature(
    filled: House, made: Path, tmp_path: Path
) -> None:
    lie = msgspec.structs.replace(inputs(), principals=())
    forged = built(filled, tmp_path / "forged", lie, signed=False)
    assert honest(verify(forged, unsigned=True))
    assert not verify(forged).ok
    shutil.copy(made / pack.NOTE, forged / pack.NOTE)
    done = verify(forged)
    assert [problem for problem in done.problems if "another SHA256SUMS" in problem]


def test_a_log_that_was_left_out_is_missed(filled: House, tmp_path: Path) -> None:
    shutil.move(filled.log / "control", tmp_path / "aside")
    done = verify(built(filled, tmp_path / "pack"))
    assert [problem for problem in done.problems if "was left out" in problem]


def test_another_key_than_the_logs_is_not_believed(made: Path, tmp_path: Path) -> None:
    stranger = SigningKey.load(tmp_path / "stranger.pem").verifier("proctor.test/log/meta")
    assert not verify(made, [stranger]).ok
    own = Verifier.read((made / "log" / "meta" / "log.vkey").read_text())
    done = verify(made, [own])
    assert done.ok
    assert not any("key was taken" in sentence for sentence in done.cannot_prove)


def test_a_log_that_a_stranger_signed_anew_is_found_by_the_key(filled: House, made: Path, tmp_path: Path) -> None:
    own = Verifier.read((made / "log" / "meta" / "log.vkey").read_text())
    other = House(tmp_path / "other", filled.clock)
    with Journal.open(other.journal / "worker-0", "worker-0", clock=filled.clock) as journal:
        journal.record(Heartbeat(id="h", interval_s=60))
    other.integrate()
    forged = built(other, tmp_path / "forged")
    assert verify(forged).ok
    assert not verify(forged, [own]).ok


def test_a_range_that_was_cut_short_is_found(house: House, clock: FakeClock, tmp_path: Path) -> None:
    house.write(300)
    house.integrate()
    said = inputs(until="2027-01-15T08:00:00.100000Z")
    made = built(house, tmp_path / "pack", said, signed=False)
    assert verify(made, unsigned=True).ok
    (made / "inputs.json").write_text((made / "inputs.json").read_text().replace(said.until, inputs().until))
    listed_anew(made)
    assert any("the range ends before" in problem for problem in verify(made, unsigned=True).problems)


def test_a_link_in_a_pack_is_not_followed(made: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("x")
    (made / "reports" / "link").symlink_to(tmp_path / "elsewhere")
    assert "neither a file nor a folder" in verify(made).problems[0]


def test_texts_of_rules_are_held_against_their_hashes(filled: House, tmp_path: Path) -> None:
    wrong = msgspec.structs.replace(inputs(), rule_texts={sha256(RULES.encode()).hexdigest(): RULES + " "})
    assert any("has another hash" in problem for problem in verify(built(filled, tmp_path / "pack", wrong)).problems)


def test_a_pack_is_there_whole_or_not_at_all(filled: House, tmp_path: Path) -> None:
    entries = next((filled.log / "worker-0" / "tile" / "entries").rglob("*.p"))
    shutil.rmtree(entries)
    with pytest.raises(Exception, match="damaged"):
        built(filled, tmp_path / "pack")
    assert [path.name for path in tmp_path.iterdir() if "pack" in path.name] == []


def test_nothing_is_written_over(filled: House, tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "mine").write_text("x")
    with pytest.raises(pack.ConfigFault, match="there already"):
        built(filled, tmp_path / "pack")


# ---- as of when


@pytest.mark.parametrize(
    ("said", "loaded", "told"),
    [
        ("", ["d1"], "source: the log alone; the pack was built without settings"),
        ("d1", [], "source: settings as of 2028-01-02T00:00:00.000000Z; the log names none in this range"),
        ("d1", ["d1", "d2"], "source: settings as of 2028-01-02T00:00:00.000000Z, others than the log names last"),
        ("d2", ["d1", "d2"], "source: the settings that the log names last in this range, in force since 2027-01-15T"),
    ],
    ids=["no settings", "none in the log", "changed since", "those of then"],
)
def test_entitlements_say_as_of_when_they_are(
    house: House, tmp_path: Path, said: str, loaded: list[str], told: str
) -> None:
    """A list of people from today's settings must not pass for that of the quarter's end."""
    with Journal.open(house.journal / "control", "control", clock=house.clock) as journal:
        journal.record(Heartbeat(id="h", interval_s=60))
        for digest in loaded:
            journal.record(ConfigLoaded(id=digest, digest=digest))
    house.integrate()
    made = built(house, tmp_path / "pack", inputs(settings=said))
    assert verify(made).ok
    (report,) = (made / "reports").glob("*-entitlements.json")
    totals = json.loads(report.read_text())["totals"]
    assert [name for name in totals if name.startswith(told)]


ONE = Entitled(name="bob", sort="human", groups=("dba",), password=True, enabled=False)
OTHER = Entitled(name="robot", sort="agent", owner="nobody")


def listed(house: House, *bodies: Body) -> None:
    with Journal.open(house.journal / "control", "control", clock=house.clock) as journal:
        for body in bodies:
            journal.record(body)
            house.clock.advance(3600)
    house.integrate()


def test_who_was_entitled_is_read_from_the_list_in_the_log(house: House, tmp_path: Path) -> None:
    """Whatever the settings say when the pack is built: the list of then is in the log, and proven like all of it."""
    listed(
        house,
        EntitlementsListed(id="e1", digest="d1", rule_set="r1", entitled=(OTHER,)),
        EntitlementsListed(id="e2", digest="d2", rule_set="r2", entitled=(ONE, OTHER)),
        SessionOpened(id="s", who=ALICE, database="shop"),
    )
    made = built(house, tmp_path / "pack", inputs(settings="d9"))
    assert verify(made).ok
    said, rows = report(made, "entitlements")
    assert [(row["name"], row["enabled"], row["groups"], row["exception"]) for row in rows] == [
        ("alice", "", "", "seen in the log, and not in the settings of then"),
        ("bob", "no", "dba", "not used in this range"),
        ("robot", "yes", "", "an agent whose owner nobody is"),
    ]
    totals = said["totals"]
    assert isinstance(totals, dict)
    assert [name for name in totals if name.startswith("source: the log's own list of 2027-01-15T09:00:00")]
    assert "rules of then: set r2" in totals
    assert {row["name"] for row in report(made, "access-review")[1]} == {"bob", "robot"}


def test_a_list_from_behind_the_range_does_not_count(house: House, tmp_path: Path) -> None:
    listed(
        house,
        EntitlementsListed(id="e1", digest="d1", entitled=(ONE,)),
        EntitlementsListed(id="e2", digest="d2", entitled=(OTHER,)),
    )
    made = built(house, tmp_path / "pack", inputs(until="2027-01-15T08:30:00.000000Z"))
    assert [row["name"] for row in report(made, "entitlements")[1]] == ["bob"]


def test_what_has_changed_since_the_list_is_said(house: House, tmp_path: Path) -> None:
    listed(
        house,
        OperatorCall(id="o1", action="scim.users.create", outcome="done"),
        EntitlementsListed(id="e1", digest="d1", entitled=(ONE,)),
        ConfigLoaded(id="c", digest="d2"),
        OperatorCall(id="o2", action="scim.groups.replace", outcome="done"),
        OperatorCall(id="o3", action="scim.groups.replace", outcome="refused: the name is taken"),
    )
    totals = report(built(house, tmp_path / "pack"), "entitlements")[0]["totals"]
    assert isinstance(totals, dict)
    assert [name for name in totals if "before the settings that were put in force at 2027-01-15T10:00:00" in name]
    assert [name for name in totals if name.startswith("not in the list: 1 changes by the directory")]


def test_what_was_erased_and_taken_away_is_told_with_who_and_why(house: House, tmp_path: Path) -> None:
    listed(
        house,
        SubjectErased(id="e1", who=DORA, subject="carl", keys=3, because="asked to be forgotten"),
        SubjectErased(id="e2", who=DORA, subject="cleo", keys=1),
        SubjectErased(id="e3", who=BOT, subject="chris", keys=1, because="housekeeping"),
        LogRetired(id="r1", log="worker-0", retired=2560, because="older than 400 days"),
    )
    made = built(house, tmp_path / "pack")
    assert verify(made).ok
    said, rows = report(made, "disposal")
    assert [(row["of"], row["how many"], row["by"], row["exception"]) for row in rows] == [
        ("carl", 3, "dora", ""),
        ("cleo", 1, "dora", "erased, and no reason was given"),
        ("chris", 1, "copilot", "erased by no person"),
        ("worker-0", 2560, "", ""),
    ]
    assert said["totals"] == {"keys destroyed": 5, "times that records were taken away": 1}
    assert said["criteria"] == ["C1.2", "P4.3"]
