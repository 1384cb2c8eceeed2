"""Rule files: what is taken, what is refused, and that each refusal says file, line and what to write instead."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import cedarpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.errors import ConfigFault, HouseFault
from proctor.policy.approvers import SETTLED, Approvers
from proctor.policy.files import RuleFile, shipped_files
from proctor.policy.questions import Facts, Manner, Principal, Question, Target
from proctor.policy.rules import MAX_QUESTIONS, Rules
from proctor.policy.source import MAX_SOURCE, split_policies
from proctor.policy.vocabulary import TRAITS
from proctor.sql import traits
from proctor.terms import Access, Action, Allow, Analysis, Deny, Hold, Identity, Kind, Relation

GOOD = '@id("a")\n@reason("because")\n@hint("do not")\npermit (principal, action == Action::"unmask", resource);\n'


def rule(name: str, effect: str = "forbid", *, more: str = "", action: str = "action", condition: str = "") -> str:
    return f'@id("{name}")\n@reason("why")\n@hint("how")\n{more}{effect} (principal, {action}, resource){condition};\n'


def load(tmp_path: Path, *texts: str) -> Rules:
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.cedar").write_text(text)
    return Rules.load([tmp_path])


def refused(tmp_path: Path, *texts: str) -> str:
    with pytest.raises(ConfigFault) as caught:
        load(tmp_path, *texts)
    return caught.value.message.replace(f"{tmp_path}/", "")


def test_the_shipped_pack_is_read_from_the_package_and_says_why_and_what_instead(shipped) -> None:
    guardrails = [info for info in shipped if info.effect == "forbid"]
    assert len(guardrails) > 20
    assert all(info.reason and info.hint for info in guardrails)
    assert all(info.approvers == {"dba", "security"} and info.quorum == 1 for info in shipped)


def test_the_shipped_pack_knows_its_lines(shipped) -> None:
    found = shipped.rule("without-where")
    assert (found.effect, found.file, found.line) == ("forbid", "shipped/rows.cedar", 3)
    assert found.text.startswith('@id("without-where")')


def test_the_words_of_the_rules_are_the_words_of_the_analysis() -> None:
    """A trait that only one side knows is either never given or never judged."""
    assert TRAITS == traits.ALL


def test_a_rule_that_does_not_exist_is_a_key_error(shipped) -> None:
    assert shipped.rule("deny-by-default").file == "built in"
    with pytest.raises(KeyError):
        shipped.rule("nope")


def test_own_rules_come_on_top_of_the_shipped_ones_in_the_order_given(tmp_path, shipped) -> None:
    rules = load(tmp_path, rule("b"), rule("a"))
    assert [info.id for info in rules] == [info.id for info in shipped] + ["b", "a"]
    assert (rules.rule("a").file, rules.rule("a").line) == (f"{tmp_path}/1.cedar", 1)


def test_a_single_file_is_a_path_too(tmp_path) -> None:
    (tmp_path / "x.cedar").write_text(GOOD)
    assert Rules.load([tmp_path / "x.cedar"]).rule("a").reason == "because"


def test_comments_and_strings_may_hold_semicolons(tmp_path) -> None:
    second = '@id("c") @reason("x; \\" y") @hint("")\n// why;\nforbid(principal, action, resource); //'
    text = f'// one; two\n\n  {GOOD}// "\n{second}'
    rules = load(tmp_path, text)
    assert (rules.rule("a").line, rules.rule("c").line, rules.rule("c").reason) == (3, 8, 'x; " y')


def test_the_digest_changes_with_every_letter_and_only_then(tmp_path, shipped) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    assert load(one, GOOD).digest == load(other, GOOD).digest != shipped.digest
    assert load(one, GOOD + "//").digest != load(other, GOOD).digest
    assert shipped.digest == Rules.shipped().digest
    assert len(shipped.digest) == 64


def test_text_cannot_move_between_files_without_changing_the_digest(tmp_path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    assert load(one, rule("a"), rule("b")).digest != load(other, rule("a") + rule("b"), "").digest


REFUSALS = {
    "a syntax error": (GOOD + "\n\npermit (principal action, resource);", "0.cedar:7: this is not a Cedar policy: "),
    "no such effect": ('@id("x")\nallow(principal, action, resource);', "invalid policy effect: allow"),
    "no semicolon": (GOOD + "\npermit (principal, action, resource)", "0.cedar:6: the policy that begins here"),
    "an open string": ('// x\n@id("a)\npermit(principal, action, resource);', "0.cedar:2: a string begins here"),
    "no id": ('@reason("x")\n@hint("y")\npermit(principal, action, resource);', 'the rule has no @id; write'),
    "no reason": ('\n@id("x")\n@hint("y")\npermit(principal, action, resource);', "0.cedar:2: the rule has no @reason"),
    "no hint": ('@id("x")\n@reason("y")\npermit(principal, action, resource);', "the rule has no @hint"),
    "an empty reason": (rule("x").replace("why", " "), "rule x: @reason is empty"),
    "an odd id": (rule("a b"), "@id takes up to 64 letters"),
    "a misspelt annotation": (rule("x", more='@approver("dba")\n'), '@approver is unknown; did you mean "approvers"?'),
    "an annotation twice": (rule("x", more='@id("y")\n'), "duplicate annotation: @id"),
    "no approvers": (rule("x", more='@approvers("dba,")\n'), '@approvers names groups, as in @approvers("dba'),
    "a quorum of none": (rule("x", more='@quorum("0")\n'), "@quorum is a number from 1 to 10"),
    "a quorum in words": (rule("x", more='@quorum("two")\n'), "@quorum is a number from 1 to 10"),
    "an unknown attribute": (rule("x", condition=" when { context.rows > 3 }"), "rule x: attribute `rows` in context"),
    "an unknown action": (rule("x", action='action == Action::"red"'), 'unrecognized action `Action::"red"`'),
    "an unknown type": (rule("x", condition=" when { principal is Usr }"), "unrecognized entity type `Usr`"),
    "an optional attribute unasked": (
        rule("x", condition=' when { context.on_behalf_of == User::"a" }'),
        "unable to guarantee safety of access to optional attribute",
    ),
    "an unknown trait": (
        rule("x", condition=' when { context.traits.contains("no_wher") }'),
        '0.cedar:1: rule x: context.traits is never "no_wher"; did you mean "no_where"?',
    ),
    "an unknown trait among others": (
        rule("x", condition=' when { context.traits.containsAny(["role", "quux"]) }'),
        'context.traits is never "quux"; known are: adds,',
    ),
    "an unknown environment": (
        rule("x", condition=' when { resource.environment == "producton" }'),
        'resource.environment is never "producton"; did you mean "production"?',
    ),
    "an unknown environment in a set": (
        rule("x", condition=' unless { ["stagin"].contains(resource.environment) }'),
        'resource.environment is never "stagin"; did you mean "staging"?',
    ),
    "an unknown use": (rule("x", condition=' when { "kee" == context.use }'), 'did you mean "key"?'),
    "a template": (rule("x").replace("(principal,", "(principal == ?principal,"), "?principal and ?resource are for"),
    "an id twice": (rule("x") + rule("x"), "0.cedar:5: the id x is taken by the rule at"),
    "a shipped id": (rule("destroys"), '0.cedar:1: the id destroys is that of a shipped rule; choose another'),
    "a built-in id": (rule("deny-by-default"), "the id deny-by-default is built in"),
    "a replaced rule that is not there": (
        rule("x", more='@replaces("destroy")\n'),
        '@replaces("destroy") names no shipped rule; did you mean "destroys"?',
    ),
    "a rule replaced twice": (
        rule("x", more='@replaces("destroys")\n') + rule("y", more='@replaces("destroys")\n'),
        "0.cedar:6: destroys is replaced already, at",
    ),
    "a huge file": ("//" + "x" * MAX_SOURCE, "0.cedar:1: the file is larger than"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_a_mistake_in_a_rule_file_is_named_by_file_and_line(tmp_path, name: str) -> None:
    text, expected = REFUSALS[name]
    message = refused(tmp_path, text)
    assert expected in message
    assert message.startswith("0.cedar:")


def test_a_file_that_is_not_there_is_named(tmp_path) -> None:
    with pytest.raises(ConfigFault, match=r"nope\.cedar:1: the rule file cannot be read: No such file"):
        Rules.load([tmp_path / "nope.cedar"])


def test_a_file_that_is_not_utf8_is_named(tmp_path) -> None:
    (tmp_path / "0.cedar").write_bytes(b"// \xff\n")
    with pytest.raises(ConfigFault, match="it is not UTF-8"):
        Rules.load([tmp_path])


def test_two_policies_cannot_pass_for_one() -> None:
    """The splitter and Cedar must agree on what one policy is, or a rule could hide behind another."""
    text = '@id("a") permit(principal, action, resource);forbid(principal, action, resource);'
    pieces = split_policies("f", text)
    assert [piece.text.split("(")[0] for piece in pieces] == ["@id", "forbid"]
    assert all(len(cedarpy.PolicySet.from_str(piece.text)) == 1 for piece in pieces)


ODDMENTS = [
    "permit(principal, action, resource);",
    'forbid(principal, action, resource) when { context.reason like "a;*" };',
    'permit(principal, action, resource) when { context.reason == "\\"; // no" };',
    'permit(principal, action, resource) when { context.reason == "\\\\" };',
    "permit(principal, action, resource) when { 4 - 2 > -1 };",
    '@hint("// ;") permit(principal, action, resource);',
    '// a comment; with "half a string\n',
    "// another\r\n",
    "/",
    ";",
    "\n\n",
    " ",
    '"',
    "permit(principal, action",
]


@given(st.lists(st.sampled_from(ODDMENTS), max_size=6).map("".join))
def test_the_splitter_counts_as_cedar_counts(text: str) -> None:
    """What Cedar takes as so many policies must come out as as many pieces, none of them lost."""
    try:
        counted = len(cedarpy.PolicySet.from_str(text))
    except ValueError:
        return
    pieces = split_policies("f", text)
    assert len(pieces) == counted
    assert all(text.splitlines()[piece.line - 1].strip() for piece in pieces)


def test_an_operator_may_put_a_rule_in_the_place_of_a_shipped_one(shop, tmp_path) -> None:
    text = """
        @id("destroys") @replaces("destroys") @reason("only migrations drop") @hint("use the migration service")
        forbid (principal, action, resource)
        when { context.traits.contains("destroys") }
        unless { principal == Service::"migrator" };
        @id("migrations") @replaces("structure") @reason("only migrations") @hint("use the migration service")
        forbid (principal, action == Action::"define", resource)
        unless { principal == Service::"migrator" || context.temporary };
    """
    own = shop.with_rules(tmp_path, text)
    drop = shop.access(Action.DEFINE, "orders", "destroys")
    migrator = Identity("migrator", Kind.SERVICE, frozenset(), "scram")
    assert isinstance(own.decide(migrator, drop), Allow)
    denied = own.decide("people", drop)
    assert isinstance(denied, Deny)
    assert denied.rules == ("destroys", "migrations")
    assert own.rules.rule("destroys").replaces == "destroys"
    with pytest.raises(KeyError):
        own.rules.rule("structure")


def test_a_rule_that_fails_while_it_is_evaluated_is_a_fault_and_never_passed_over(shop, tmp_path) -> None:
    """Cedar skips a rule that overflows: a forbid that says nothing would be a permit."""
    overflows = rule("o", condition=" when { context.estimated_rows * 9223372036854775807 > 5 }")
    with pytest.raises(HouseFault, match="a rule failed while it was evaluated"):
        shop.with_rules(tmp_path, overflows).decide("people", shop.access(Action.INSERT, "orders", rows=3))


def test_a_statement_with_too_many_questions_is_a_fault(shop) -> None:
    accesses = tuple(Access(Action.READ, object=f"thing {n}") for n in range(MAX_QUESTIONS + 1))
    with pytest.raises(HouseFault, match="touches more than"):
        shop.decide("people", Analysis("select", accesses=accesses))


def test_an_hour_without_a_zone_is_a_fault(shop) -> None:
    with pytest.raises(HouseFault, match="time zone"):
        shop.decide("people", shop.access(Action.READ, "orders"), now=datetime(2031, 1, 1))  # noqa: DTZ001


NIGHT = rule(
    "night",
    action='action == Action::"update"',
    condition=" when { context.hour < 6 || context.weekday > 5 } unless { context.approved }",
)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 23, 5, 59, tzinfo=UTC), Hold),
        (datetime(2026, 11, 23, 6, 0, tzinfo=UTC), Allow),
        (datetime(2026, 11, 22, 12, 0, tzinfo=UTC), Hold),
        (datetime.fromisoformat("2026-11-23T07:30:00+02:00"), Hold),
    ],
    ids=["before six", "at six", "on a Sunday", "before six in UTC"],
)
def test_a_rule_may_read_the_clock_and_is_never_answered_from_memory(shop, tmp_path, now, expected) -> None:
    own = shop.with_rules(tmp_path, NIGHT)
    assert own.rules.reads_clock
    update = shop.access(Action.UPDATE, "orders", rows=1)
    noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert isinstance(own.decide("people", update, now=noon), Allow)
    assert isinstance(own.decide("people", update, now=now), expected)


def test_rules_may_compare_the_time_itself(shop, tmp_path) -> None:
    freeze = rule("freeze", action='action == Action::"update"',
                  condition=' when { context.now >= datetime("2026-12-20T00:00:00Z") }')  # fmt: skip
    own = shop.with_rules(tmp_path, freeze)
    update = shop.access(Action.UPDATE, "orders", rows=1)
    assert isinstance(own.decide("people", update), Allow)
    assert isinstance(own.decide("people", update, now=datetime(2026, 12, 24, tzinfo=UTC)), Deny)


def test_the_shipped_rules_do_not_read_the_clock(shipped) -> None:
    """Their decisions may be remembered for as long as nothing else changes."""
    assert not shipped.reads_clock


def test_nothing_shipped_can_unmask(shipped) -> None:
    assert not any(shipped.may_permit(kind, Action.UNMASK) for kind in Kind)


def test_every_question_fits_the_schema(shop, shipped) -> None:
    """Rules are checked against the schema once; requests must then be what it promised, every attribute of them."""
    text = resources.files("proctor.policy").joinpath("pack/schema.cedarschema").read_text()
    schema = cedarpy.Schema.from_str(text)
    everything = cedarpy.PolicySet.from_str("permit(principal, action, resource);")
    database = Target("shop", "production")
    targets = [database, Target("shop", "production", object="role bob")]
    by_column = []
    orders = Relation("public", 'or"d.ers')
    targets.append(Target("shop", "production", orders))
    by_column.append(Target("shop", "production", orders, "total", "email"))
    manner = Manner("select", "useful", opaque=("x",), traits=TRAITS, classes=frozenset({"email"}))
    for asker in (shop.people, shop.agents, shop.services):
        for action in Action:
            chosen = by_column if action in (Action.COPY, Action.INFER, Action.UNMASK, Action.MASK) else targets
            if action is Action.BREAK_GLASS:  # for people, and for the database as a whole
                chosen = [database] if asker is shop.people else []
            for target in chosen:
                question = Question(Principal.of(asker), action, target, manner)
                entities = [entity.json for entity in question.entities()]
                answer = cedarpy.is_authorized(question.request(Facts(shop.context.now)), everything, entities, schema)
                assert answer.allowed, answer.diagnostics.errors


def test_rules_for_others_are_left_out_and_those_for_groups_are_not(shop, tmp_path) -> None:
    """What cannot meet a request costs time only; whoever is in the group, or is the one named, must be met."""
    texts = (
        '@id("g")\n@reason("g")\n@hint("")\nforbid (principal in Group::"engineering", action == Action::"read", resource);',
        '@id("u")\n@reason("u")\n@hint("")\nforbid (principal == User::"dora", action == Action::"read", resource);',
        '@id("a")\n@reason("a")\n@hint("")\nforbid (principal is Agent in Group::"bots", action == Action::"read", resource);',
    )
    own = shop.with_rules(tmp_path, *texts)
    read = shop.access(Action.READ, "orders")
    assert own.decide("people", read).rules == ("g",)
    assert own.decide("dba", read).rules == ("u",)
    assert isinstance(own.decide("agents", read), Allow)
    bot = Identity("bot", Kind.AGENT, frozenset({"bots"}), "scram", "alice")
    assert own.decide(bot, read).rules == ("a",)
    assert own.decide("people", read).rules == ("g",)


def test_a_rule_is_told_every_attribute_that_it_reads(shop, tmp_path) -> None:
    """Attributes that no rule reads are not sent; one that is read anywhere, also behind `has`, has to be."""
    text = (
        '@id("x")\n@reason("x")\n@hint("")\nforbid (principal is Agent, action == Action::"read", resource)\n'
        'when { context has on_behalf_of && context.on_behalf_of == User::"alice" && context.hour < 24 && '
        'context.kind == "read" && context.style like "use*" && !context.understood == false };'
    )
    own = shop.with_rules(tmp_path, text)
    assert own.decide("agents", shop.access(Action.READ, "orders")).rules == ("x",)


def test_who_approves_where_no_rule_says_so_is_part_of_the_rule_set(tmp_path: Path) -> None:
    """A decision of then names its set: with other approvers it is another set, and what is kept brings them back."""
    leads = Approvers(frozenset({"leads"}), 2)
    (tmp_path / "x.cedar").write_text(
        '@id("mine")\n@reason("r")\n@hint("")\n@approvers("hr")\n'
        "forbid (principal, action, resource) unless { context.approved };\n"
    )
    rules = Rules.load([tmp_path], leads)
    assert (rules.rule("infer").approvers, rules.rule("infer").quorum) == (leads.groups, 2)
    assert (rules.rule("mine").approvers, rules.rule("mine").quorum) == (frozenset({"hr"}), 2)
    assert rules.digest != Rules.load([tmp_path]).digest
    assert Rules.load([], Approvers()).digest == Rules.shipped().digest
    again = Rules.of(rules.files)
    assert (again.digest, again.asked, again.rule("infer").quorum) == (rules.digest, leads, 2)


@pytest.mark.parametrize("text", ["", "{}", '{"groups":[],"quorum":1}', '{"groups":["a"],"quorum":0}'])
def test_a_set_whose_approvers_cannot_be_read_is_none(text: str) -> None:
    with pytest.raises(ConfigFault, match="approvers.json:1"):
        Rules.of((*shipped_files(), RuleFile(SETTLED, text, shipped=True)))
