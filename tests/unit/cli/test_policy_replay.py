"""`policy replay`: what records tell is enough to ask other rules, and where it is not, that is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path

import msgspec
import pytest

from proctor.app.cases import CaseFile, read_cases
from proctor.audit.basis import basis_of
from proctor.audit.decided import decided_of
from proctor.audit.journal import Journal
from proctor.audit.past import OLD, Unreadable, past_of
from proctor.audit.record import Origin, StatementDecided, claims_of, encode, who_of
from proctor.cli.rehearsing import PATH
from proctor.edge import rule_shelf
from proctor.edge.ledger import SessionLedger
from proctor.policy.decide import decide
from proctor.policy.replay import COUNTED, UNKNOWN_SET, Asked, Recorded, replay, verdict_of
from proctor.policy.rules import Rules
from proctor.session.judge import Bench
from proctor.session.judged import Stamp, Verdict
from proctor.session.ports import Decided
from proctor.sql.redacted import redacted
from proctor.sql.settings import SessionSettings
from proctor.terms import (
    Access,
    Action,
    Allow,
    Analysis,
    Claims,
    Classified,
    Column,
    Context,
    DataClass,
    Finding,
    Identity,
    Inference,
    Kind,
    Output,
    Relation,
    Taint,
    Use,
)
from tests.unit.cli.terminal import Ran, Terminal

PACK = Path(str(resources.files("proctor.policy").joinpath("pack/cases.toml")))
CASES = read_cases(PACK)
NO_CLAIMS = Claims()
HEAD = b'{"v":1,"shard":"w0","seq":0,"time":"2026-01-05T10:00:00.000000Z","monotonic_ns":1,'
SETTINGS = '[databases.shop]\nhost = "127.0.0.1"\nuser = "proctor"\n[people.alice]\npassword = "alicepw"\n'
NO_AGENTS = (
    '@id("no-agents")\n@reason("agents are on leave")\n@hint("ask a person")\n'
    'forbid (principal is Agent, action == Action::"read", resource);\n'
)
SEES = (
    '@id("sees")\n@reason("we have to write to them")\n@hint("")\n'
    'permit (principal, action == Action::"unmask", resource) when { resource.class == "email" };\n'
)


def bench(
    rules: Rules,
    asker: Identity,
    cases: CaseFile = CASES,
    environment: str = "production",
    claims: Claims = NO_CLAIMS,
) -> Bench:
    assert cases.catalog is not None
    context = Context("shop", environment, cases.cases[0].at, claims)
    settings = SessionSettings(PATH, asker.subject, cases.catalog.server_version)
    stamp = Stamp(asker, context, settings, "cases", 1, rules.digest)
    return Bench(stamp, cases.catalog, cases.classified, rules)


def recorded(verdict: Verdict, asker: Identity, classified: Classified, context: Context) -> bytes:
    """Return the bytes that the journal would hold."""
    body = decided_of(
        verdict.analysis,
        verdict.decision,
        id="x1",
        exchange="x1",
        database=context.database,
        text=redacted(verdict.text),
        digest="d",
        basis=basis_of(verdict.analysis, classified, context, asker),
    )
    return HEAD + encode(_who(body, asker, context.claims))[1:]


def _who(body: StatementDecided, asker: Identity, claims: Claims = NO_CLAIMS) -> StatementDecided:
    return msgspec.structs.replace(body, who=who_of(asker), claims=claims_of(claims))


PLAYED = [
    pytest.param(case.sql, case.environment, case.task, who, id=f"{who} {case.name}")
    for case in CASES.cases
    for who in CASES.askers
    if ";" not in case.sql.strip(";")
]


@pytest.mark.parametrize(("sql", "environment", "task", "who"), PLAYED)
def test_every_case_of_the_shipped_pack_is_replayed_exactly_from_its_record(
    shipped: Rules, sql: str, environment: str, task: str | None, who: str
) -> None:
    """What is read back from the bytes of a record decides as the statement itself did: verdict and rules."""
    asker = CASES.askers[who]
    on = bench(shipped, asker, environment=environment, claims=Claims(task=task))
    (verdict,) = on.judge(sql).verdicts
    past = past_of(recorded(verdict, asker, CASES.classified, on.stamp.context), {})
    again = decide(past.asker, past.analysis, past.context, shipped, past.classified)
    assert past.gaps == ()
    assert (verdict_of(again), again.rules) == (verdict_of(verdict.decision), verdict.decision.rules)


@pytest.fixture(scope="module")
def shipped() -> Rules:
    return Rules.shipped()


class Wall:
    """The journal's clock: a minute for each look."""

    def __init__(self) -> None:
        self.at = 1_767_607_200_000_000_000

    def time_ns(self) -> int:
        self.at += 60_000_000_000
        return self.at

    def monotonic_ns(self) -> int:
        return self.at


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    """A house whose journal has a morning's statements in it."""
    (tmp_path / "proctor.toml").write_text(SETTINGS)
    (tmp_path / "proctor.toml").chmod(0o600)
    state = tmp_path / "state"
    rules = rule_shelf.put_in_force(state, [])
    clock = Wall()
    with Journal.open(state / "journal" / "worker-0", "worker-0", clock=clock) as journal:
        asked = [
            ("copilot", "select id, email from customers where id = 1", None),
            ("copilot", "select id, email from customers where id = 2", None),
            ("alice", "select id, email from customers where id = 3", None),
            ("alice", "delete from orders where id = 4", None),
            ("copilot", "delete from orders where id = 5", "hold"),
        ]
        for number, (who, sql, held) in enumerate(asked):
            asker = CASES.askers[who]
            ledger = SessionLedger(journal, clock, b"k" * 32, "s1", asker, Origin(address="127.0.0.1"), "shop")  # type: ignore[arg-type]
            on = bench(rules, asker)
            (verdict,) = on.judge(sql).verdicts
            ledger.decided(Decided(f"x{number}", verdict, Claims(), None))
            if held:
                (approved,) = on.judge(sql, approved=True, approvals=1).verdicts
                ledger.decided(Decided(f"x{number}", approved, Claims(), None, "T1"))
    yield tmp_path


def replayed(terminal: Terminal, house: Path, rules: str, *more: str) -> Ran:
    folder = house / "to-be"
    folder.mkdir(exist_ok=True)
    (folder / "own.cedar").write_text(rules)
    return terminal.run("policy", "replay", "--config", str(house / "proctor.toml"), "--rules", str(folder), *more)


def test_the_same_rules_change_nothing(terminal: Terminal, house: Path) -> None:
    ran = replayed(terminal, house, "")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "5 statements: 0 would have been answered otherwise\n"


def test_other_rules_list_what_would_have_changed(terminal: Terminal, house: Path) -> None:
    ran = replayed(terminal, house, NO_AGENTS)
    assert "allow -> deny  2 times, copilot for alice on shop\n" in ran.out
    assert "    select id, email from customers where id = ?\n" in ran.out
    assert f"now by no-agents ({house}/to-be/own.cedar:1): agents are on leave" in ran.out
    assert "5 statements: 3 would have been answered otherwise, in 2 sorts" in ran.out
    assert "exact" not in ran.out


def test_what_would_come_out_in_the_clear_is_a_change_as_well(terminal: Terminal, house: Path) -> None:
    """The verdict is the same, and everybody's addresses are out."""
    ran = replayed(terminal, house, SEES, "--json")
    changes = {(line["who"], line["before"], line["after"]): line for line in ran.lines}
    assert changes.keys() == {("alice", "allow", "allow")}
    found = changes["alice", "allow", "allow"]
    assert (found["newly_in_the_clear"], found["count"], found["exact"]) == (["public.customers.email"], 1, True)
    assert "1 would have been answered otherwise" in ran.err


def test_a_hold_that_was_approved_is_one_statement(terminal: Terminal, house: Path) -> None:
    rule = (
        '@id("w") @replaces("agent-writes") @reason("r") @hint("h")\n'
        'forbid (principal is Agent, action == Action::"insert", resource);'
    )
    (line,) = replayed(terminal, house, rule, "--json").lines
    assert (line["before"], line["after"], line["count"]) == ("hold", "allow", 1)
    assert line["statement"] == "delete from orders where id = ?"


def test_only_the_time_that_was_asked_for_is_replayed(terminal: Terminal, house: Path) -> None:
    everything = replayed(terminal, house, NO_AGENTS)
    assert everything.out.endswith("5 statements: 3 would have been answered otherwise, in 2 sorts\n")
    late = replayed(terminal, house, NO_AGENTS, "--from", "2026-01-05T10:05:30Z")
    assert late.out.endswith("1 statements: 1 would have been answered otherwise, in 1 sorts\n")
    none = replayed(terminal, house, NO_AGENTS, "--from", "2030-01-01")
    assert none.out == "0 statements: 0 would have been answered otherwise\n"
    assert replayed(terminal, house, NO_AGENTS, "--to", "2020-01-01").out == none.out


def test_rules_whose_text_is_gone_make_it_a_supposition(terminal: Terminal, house: Path) -> None:
    for path in (house / "state" / "rules").glob("*.json"):
        path.unlink()
    ran = replayed(terminal, house, NO_AGENTS)
    assert f"5 cannot be replayed exactly: {UNKNOWN_SET}" in ran.out
    assert f"not exact: {UNKNOWN_SET}" in ran.out


def test_rules_that_are_wrong_are_told_before_anything_is_read(terminal: Terminal, house: Path) -> None:
    ran = replayed(terminal, house, "permit (")
    assert (ran.code, "own.cedar:1: the policy that begins here does not end" in ran.err) == (2, True)


def test_a_record_of_an_older_version_is_replayed_as_far_as_it_tells(shipped: Rules) -> None:
    asker = CASES.askers["copilot"]
    (verdict,) = bench(shipped, asker).judge("delete from orders where id = 7").verdicts
    body = decided_of(verdict.analysis, verdict.decision, id="x", database="shop", text="", digest="d")
    past = past_of(HEAD + encode(_who(body, asker))[1:], {"shop": "production"})
    assert past.gaps == (OLD,)
    again = decide(past.asker, past.analysis, past.context, shipped, past.classified)
    assert (verdict_of(again), again.rules[0]) == ("hold", "agent-writes")


def test_budgets_that_nobody_can_know_any_more_are_said_to_be_unknown(shipped: Rules, tmp_path: Path) -> None:
    (tmp_path / "b.cedar").write_text(
        '@id("b") @reason("r") @hint("h")\n'
        'permit (principal is User, action == Action::"infer", resource)\n'
        'when { context.use == "key" && context.probes < 9 };'
    )
    asker = CASES.askers["alice"]
    on = bench(shipped, asker)
    (verdict,) = on.judge("select id from customers where email = 'a@b.example'").verdicts
    past = past_of(recorded(verdict, asker, CASES.classified, on.stamp.context), {})
    asked = Asked(past.asker, past.analysis, past.context, past.classified, Recorded("hold", verdict.decision.rules))
    assert replay(asked, shipped, Rules.load([tmp_path])).gaps == (COUNTED,)
    assert replay(asked, shipped, shipped).gaps == ()


def test_a_record_holds_no_literal_in_what_its_decision_stood_on(shipped: Rules) -> None:
    asker = CASES.askers["alice"]
    for sql in ("select id from customers where email = 'secret@example.com' and id = 424242",
                "insert into orders (id, status) values (424242, 'secret')"):  # fmt: skip
        on = bench(shipped, asker)
        (verdict,) = on.judge(sql).verdicts
        record = recorded(verdict, asker, CASES.classified, on.stamp.context)
        assert b"secret" not in record
        assert b"424242" not in record


def test_rules_of_the_past_are_shown_as_they_were(terminal: Terminal, house: Path) -> None:
    config = str(house / "proctor.toml")
    ran = terminal.run("policy", "show", "--config", config)
    digest = Rules.shipped().digest
    assert ran.out.startswith(f"// rule set {digest}, {len(Rules.shipped())} rules\n")
    assert '\n// shipped/rows.cedar:3\n@id("without-where")\n' in ran.out
    assert terminal.run("policy", "show", digest, "--config", config, "--json").lines[0]["rule_set"] == digest
    assert terminal.run("policy", "show", "0" * 64, "--config", config).code == 2


DOTS = Relation("my.shop", "us.customers")
DOTTED = Column(DOTS, "e.mail")


@pytest.mark.parametrize("granted", [True, False])
def test_what_a_grant_showed_is_replayed_with_the_grant(shipped: Rules, granted: bool) -> None:
    """Without it in the record, the address would come out masked, and every statement under a grant as changed."""
    asker = CASES.askers["alice"]
    email = Column(Relation("public", "customers"), "email")
    grants = frozenset({(email, "G1"), (Column(Relation("public", "people"), "ssn"), "G2")}) if granted else frozenset()
    on = bench(shipped, asker)
    on = replace(on, stamp=replace(on.stamp, context=replace(on.stamp.context, grants=grants)))
    (verdict,) = on.judge("select email from customers where id = 1").verdicts
    past = past_of(recorded(verdict, asker, CASES.classified, on.stamp.context), {})
    again = decide(past.asker, past.analysis, past.context, shipped, past.classified)
    assert isinstance(again, Allow)
    assert past.context.grants == (frozenset({(email, "G1")}) if granted else frozenset())
    assert again.rules == verdict.decision.rules
    assert ("grant:G1" in again.rules) is granted
    assert [mask is None for mask in again.masks] == [granted]


def dotted(shipped: Rules, asker: Identity) -> tuple[bytes, Analysis]:
    """Return the record of a statement whose every name has a dot in it."""
    analysis = Analysis(
        kind="update",
        understood=True,
        accesses=(
            Access(Action.UPDATE, DOTS, frozenset({"e.mail"})),
            Access(Action.READ, Relation("public", "orders")),
        ),
        outputs=(Output("e.mail", frozenset({DOTTED}), plain=True), Output("n", frozenset({Column(DOTS, "n.n")}))),
        reads=frozenset({DOTTED, Column(DOTS, "n.n"), Column(Relation("public", "orders"), "id")}),
        inferences=(Inference(Use.KEY, frozenset({DOTTED})),),
        taints=(Taint(frozenset({DOTTED}), Column(DOTS, "n.n")),),
    )
    classified = Classified(
        {DOTTED: Finding(DataClass("email"), 1.0, "x"), Column(DOTS, "n.n"): Finding(None, 1.0, "x")}
    )
    context = Context("my.db", "development", CASES.cases[0].at, grants=frozenset({(DOTTED, "G1")}))
    decision = decide(asker, analysis, context, shipped, classified)
    verdict = Verdict(analysis, decision, writes=True, sensitive=True, text="update …")
    return recorded(verdict, asker, classified, context), analysis


def test_names_with_dots_are_read_back_part_by_part(shipped: Rules) -> None:
    asker = Identity("a.l.ice", Kind.HUMAN, frozenset({"dev.team"}), "pass.word")
    record, analysis = dotted(shipped, asker)
    past = past_of(record, {})
    assert (past.gaps, past.asker, past.context.database) == ((), asker, "my.db")
    assert past.context.grants == {(DOTTED, "G1")}
    assert (past.analysis.accesses, past.analysis.reads) == (analysis.accesses, analysis.reads)
    assert (past.analysis.inferences, past.analysis.taints) == (analysis.inferences, analysis.taints)
    assert past.classified.class_of(DOTTED) == "email"
    again = decide(past.asker, past.analysis, past.context, shipped, past.classified)
    said = msgspec.json.decode(record)["decision"]
    assert (verdict_of(again), list(again.rules)) == (said["verdict"], said["rules"])
    assert b'"dotted"' in record


def test_two_names_of_one_text_are_not_guessed_at(shipped: Rules) -> None:
    """`"a.b".c` and `a."b.c"` are both a.b.c; a replay that took one for the other would lie."""
    asker = CASES.askers["alice"]
    one, other = Relation("a.b", "c"), Relation("a", "b.c")
    analysis = Analysis("select", understood=True, accesses=(Access(Action.READ, one), Access(Action.READ, other)))
    context = Context("shop", "development", CASES.cases[0].at)
    decision = decide(asker, analysis, context, shipped, CASES.classified)
    verdict = Verdict(analysis, decision, writes=False, sensitive=False, text="select …")
    with pytest.raises(Unreadable, match="a dot"):
        past_of(recorded(verdict, asker, CASES.classified, context), {})


def test_a_record_without_dots_says_nothing_of_them(shipped: Rules) -> None:
    asker = CASES.askers["alice"]
    on = bench(shipped, asker)
    (verdict,) = on.judge("select email from customers where id = 1").verdicts
    record = recorded(verdict, asker, CASES.classified, on.stamp.context)
    assert b"dotted" not in record
    assert b"grants" not in record


HASHED = """
@id("hashed") @reason("r") @hint("") @mask("hash")
permit (principal == User::"alice", action == Action::"mask", resource) when { resource.class == "email" };
"""


def test_another_mask_is_a_change_and_told_as_one(terminal: Terminal, house: Path) -> None:
    ran = replayed(terminal, house, HASHED, "--json")
    assert {line["who"] for line in ran.lines} == {"alice", "copilot"}, "her agent sees no more than she"
    for found in ran.lines:
        assert (found["before"], found["after"], found["exact"]) == ("allow", "allow", True)
        assert found["other_masks"] == [{"column": "public.customers.email", "before": "email", "after": "hash"}]
        assert "hashed" in found["rules_after"]
    told = replayed(terminal, house, HASHED)
    assert "    now under another mask: public.customers.email, hash instead of email\n" in told.out


def test_a_chosen_mask_is_replayed_from_its_record_and_a_computed_value_stays_hidden(tmp_path: Path) -> None:
    (tmp_path / "own.cedar").write_text(HASHED)
    rules, alice = Rules.load([tmp_path]), CASES.askers["alice"]
    on = bench(rules, alice)
    (verdict,) = on.judge("select email, upper(email) from customers where id = 1").verdicts
    record = recorded(verdict, alice, CASES.classified, on.stamp.context)
    past = past_of(record, {})
    asked = Asked(past.asker, past.analysis, past.context, past.classified, Recorded("allow", verdict.decision.rules))
    assert replay(asked, rules, rules).gaps == ()
    assert not replay(asked, rules, rules).changed
    assert sorted(name for _, name in replay(asked, rules, Rules.shipped()).after.worn) == ["email", "redact"]
