"""Masks chosen by rule: which column wears which before whom, what may be asked under it, and which rules are refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from proctor.errors import ConfigFault
from proctor.policy.choosing import before_anybody, handed_back
from proctor.policy.masks import MASKS, mask_name_for
from proctor.policy.rules import MASK_FAILED, Rules
from proctor.policy.scrutiny import Names, scrutinize
from proctor.policy.worn import WORDS, Choice, fits, mask_of, strictest, strictness
from proctor.terms import Allow, Analysis, Column, DataClass, Hold, Identity, Kind, MaskSpec, Output, Relation, Use

CARD, EMAIL, NAME = DataClass("payment_card"), DataClass("email"), DataClass("person_name")
USUAL = mask_name_for(CARD, "useful")
SUE = Identity("sue", Kind.HUMAN, frozenset({"support"}), "scram")
SCOUT = Identity("scout", Kind.AGENT, frozenset(), "scram", on_behalf_of="sue", person_groups=frozenset({"support"}))


def rule(name: str, mask: str, *, who: str = 'principal in Group::"support"', when: str = "", more: str = "") -> str:
    clause = f" when {{ {when} }}" if when else ""
    head = f'@id("{name}") @reason("r") @hint("h") @mask("{mask}") {more}'
    return f'{head}\npermit ({who}, action == Action::"mask", resource){clause};'


LAST_FOUR = rule("last-four", "partial", when='resource.class == "payment_card"')


def worn(shop, who: str | Identity, *outputs: str, style: str = "useful", plain: bool = True) -> list[MaskSpec | None]:
    decision = shop.decide(who, shop.select(*outputs, plain=plain), style=style)
    assert isinstance(decision, Allow), decision
    return list(decision.masks)


def names(shop, who: str | Identity, *outputs: str, **more) -> list[str | None]:
    return [None if mask is None else mask.name for mask in worn(shop, who, *outputs, **more)]


# ---- who sees what


def test_a_rule_chooses_the_mask_of_a_class_for_those_it_names(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, LAST_FOUR)
    (mask,) = worn(own, SUE, "customers.card")
    assert (mask.name, mask.rules, mask.data_class) == ("partial", ("last-four",), CARD)
    assert names(own, "people", "customers.card") == [USUAL]
    assert names(own, SUE, "customers.email", "customers.name") == names(shop, SUE, "customers.email", "customers.name")


def test_the_decision_names_the_rule_that_chose_the_mask(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, LAST_FOUR)
    assert "last-four" in own.decide(SUE, own.select("customers.card")).rules
    assert "last-four" not in own.decide(SUE, own.select("customers.email")).rules
    assert "last-four" not in own.decide("people", own.select("customers.card")).rules


@pytest.mark.parametrize("word", sorted(WORDS))
def test_every_mask_can_be_chosen(shop, tmp_path, word: str) -> None:
    when = 'resource.class == "salary"' if word == "generalise" else ""
    own = shop.with_rules(tmp_path, rule("m", word, when=when))
    card = Column(Relation("public", "customers"), "card")
    if word == "generalise":
        findings = {
            **own.classified.findings,
            card: replace(own.classified.findings[card], data_class=DataClass("salary")),
        }
        own = replace(own, classified=replace(own.classified, findings=findings))
    expected = {"useful": USUAL, "tokenise": "token"}.get(word, word)
    assert names(own, SUE, "customers.card") == [expected]
    assert expected in MASKS


def test_a_rule_for_one_column_leaves_the_others_of_its_class(shop, tmp_path) -> None:
    text = rule("one", "hash").replace("resource)", 'resource == Column::"public.suppliers.email")')
    own = shop.with_rules(tmp_path, text)
    assert names(own, SUE, "suppliers.email", "customers.email") == ["hash", "email"]


def test_of_several_rules_the_strictest_is_worn(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, LAST_FOUR, rule("b", "hash"), rule("c", "tokenise"), rule("d", "hash"))
    (mask,) = worn(own, SUE, "customers.card")
    assert (mask.name, mask.rules) == ("hash", ("b", "d"))


def test_the_order_of_masks_is_by_how_much_of_a_value_is_to_be_had() -> None:
    order = ["null", "redact", "hash", "generalise", "token", "card", "partial"]
    assert [strictness(name) for name in order] == list(range(len(order)))
    assert strictness("email") == strictness("date") == strictness("card")
    assert strictest([Choice("partial", ("a",)), Choice("card")]) == Choice("card")


def test_a_mask_rule_unmasks_nothing_and_grants_nothing(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, rule("every", "useful", who="principal"))
    for who in ("people", "agents", "services"):
        assert names(own, who, "customers.card", "customers.email") == [USUAL, "email"]
    select = own.select("customers.card")
    assert isinstance(own.decide("people", replace(select, taints=()), style="useful"), Allow)
    assert isinstance(own.decide("people", own.inferring(Use.FILTER, "customers.card")), Hold)


def test_a_rule_for_every_action_is_none_about_masks(shop, tmp_path) -> None:
    """Whoever forbids everything to somebody says nothing of what others see, and a permit of everything chooses none."""
    text = '@id("all") @reason("r") @hint("h")\npermit (principal, action, resource) when { context.approved };'
    own = shop.with_rules(tmp_path, text)
    assert names(own, SUE, "customers.card") == [USUAL]
    assert own.rules.chooses == frozenset()


@pytest.mark.parametrize("word", sorted(WORDS))
def test_under_redaction_a_rule_shows_nothing_more(shop, tmp_path, word: str) -> None:
    when = 'resource.class == "age"' if word == "generalise" else ""
    own = shop.with_rules(tmp_path, rule("m", word, when=when))
    assert names(own, SUE, "customers.card", style="redact") == ["null" if word == "null" else "redact"]


def test_who_may_see_a_column_as_it_is_sees_it_whatever_is_chosen(shop, tmp_path) -> None:
    see = '@id("see") @reason("r") @hint("h")\npermit (principal == User::"sue", action == Action::"unmask", resource);'
    own = shop.with_rules(tmp_path, see, rule("b", "redact"))
    assert names(own, SUE, "customers.card") == [None]
    assert own.decide(SUE, own.select("customers.card")).rules.count("b") == 0


def test_a_derived_value_is_redacted_whatever_is_chosen(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, LAST_FOUR)
    (mask,) = worn(own, SUE, "customers.card", plain=False)
    assert (mask.name, mask.computed) == ("redact", True)


def test_arms_of_a_union_under_different_masks_are_redacted(shop, tmp_path) -> None:
    one = rule("one", "hash").replace("resource)", 'resource == Column::"public.suppliers.email")')
    own = shop.with_rules(tmp_path, one)
    assert names(own, SUE, "customers.email+suppliers.email") == ["redact"]
    assert names(own, "people", "customers.email+suppliers.email") == ["email"]


def test_what_nobody_has_looked_at_stays_redacted(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, rule("m", "hash", who="principal"))
    assert names(own, SUE, "orders.new", "tt.email") == ["redact", "redact"]


def test_a_mask_may_depend_on_the_hour_the_reason_and_the_approval(shop, tmp_path) -> None:
    own = shop.with_rules(
        tmp_path, rule("m", "partial", when='context.approved && context.classes.contains("payment_card")')
    )
    assert names(own, SUE, "customers.card") == [USUAL]
    approved = own.decide(SUE, own.select("customers.card"), approvals=1)
    assert [mask.name for mask in approved.masks] == ["partial"]
    late = shop.with_rules(tmp_path, rule("m", "hash", when="context.hour < 6"))
    assert late.rules.reads_clock
    assert names(late, SUE, "customers.card") == ["hash"]


# ---- agents


def test_an_agent_wears_the_stricter_of_its_own_mask_and_its_persons(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, LAST_FOUR)
    (mask,) = worn(own, SCOUT, "customers.card")
    assert (mask.name, mask.rules) == (USUAL, ()), "the last four are its person's to see, not its own"
    both = shop.with_rules(tmp_path, LAST_FOUR, rule("bots", "hash", who="principal is Agent"))
    assert names(both, SCOUT, "customers.card") == ["hash"]
    strict = shop.with_rules(tmp_path, rule("a", "redact"), rule("bots", "tokenise", who="principal is Agent"))
    assert names(strict, SCOUT, "customers.card") == ["redact"], "its person sees nothing, so it does not either"
    alike = shop.with_rules(
        tmp_path, LAST_FOUR, rule("bots", "partial", who="principal is Agent", when='resource.class == "payment_card"')
    )
    (mask,) = worn(alike, SCOUT, "customers.card")
    assert (mask.name, mask.rules) == ("partial", ("bots", "last-four"))


def test_an_agent_compares_only_what_both_may_compare(shop, tmp_path) -> None:
    """Under the last four nobody groups by cards, and nobody's agent either."""
    own = shop.with_rules(tmp_path, LAST_FOUR)
    assert isinstance(own.decide(SCOUT, own.inferring(Use.GROUP, "customers.card")), Hold)
    assert isinstance(shop.decide(SCOUT, shop.inferring(Use.GROUP, "customers.card")), Allow)


# ---- what may be compared


@pytest.mark.parametrize(
    ("word", "equal"),
    [("useful", True), ("hash", True), ("tokenise", True), ("partial", False), ("redact", False), ("null", False)],
)
def test_equality_is_told_only_under_masks_that_keep_it(shop, tmp_path, word: str, equal: bool) -> None:
    own = shop.with_rules(tmp_path, rule("m", word))
    expected = Allow if equal else Hold
    assert isinstance(own.decide(SUE, own.inferring(Use.GROUP, "customers.email")), expected)
    assert isinstance(own.decide(SUE, own.inferring(Use.EQUIJOIN, "customers.email", "suppliers.email")), expected)
    assert isinstance(own.decide("people", own.inferring(Use.GROUP, "customers.email")), Allow)


def test_a_join_of_different_masks_tells_what_neither_does(shop, tmp_path) -> None:
    one = rule("one", "hash").replace("resource)", 'resource == Column::"public.suppliers.email")')
    own = shop.with_rules(tmp_path, one)
    assert isinstance(own.decide(SUE, own.inferring(Use.EQUIJOIN, "customers.email", "suppliers.email")), Hold)
    assert isinstance(own.decide(SUE, own.inferring(Use.GROUP, "suppliers.email")), Allow)


def test_a_generalised_number_is_not_grouped_by(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, rule("m", "generalise", when='resource.class == "age"'))
    card = Column(Relation("public", "customers"), "card")
    findings = {**own.classified.findings, card: replace(own.classified.findings[card], data_class=DataClass("age"))}
    own = replace(own, classified=replace(own.classified, findings=findings))
    assert isinstance(own.decide(SUE, own.inferring(Use.GROUP, "customers.card")), Hold)


# ---- what may be handed back


def back(shop, who: Identity) -> frozenset[str]:
    card = Column(Relation("public", "customers"), "card")
    select = Analysis("select", outputs=(Output("card", frozenset({card}), True),))
    return handed_back(who, select, shop.context, shop.rules, shop.classified, frozenset({card}))[card]


def test_only_the_mask_that_is_worn_can_be_handed_back(shop, tmp_path) -> None:
    assert back(shop, SUE) == {"card"}
    for word, expected in (("tokenise", {"token"}), ("useful", {"card"}), ("partial", set()), ("hash", set())):
        own = shop.with_rules(tmp_path, rule("m", word))
        assert back(own, SUE) == expected
        assert back(own, shop.people) == {"card"}
    own = shop.with_rules(tmp_path, rule("m", "tokenise"))
    assert back(own, SCOUT) == {"token"}


def test_whoever_sees_the_column_as_it_is_may_hand_back_any_mask_of_others(shop, tmp_path) -> None:
    see = (
        '@id("see") @reason("r") @hint("h")\npermit (principal == User::"alice", action == Action::"unmask", resource);'
    )
    own = shop.with_rules(tmp_path, see, rule("m", "tokenise"))
    assert back(own, shop.people) == {"card", "token"}


def test_whoever_has_a_grant_may_hand_back_any_mask_and_their_agent_may_not(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, rule("m", "tokenise"))
    card = Column(Relation("public", "customers"), "card")
    granted = replace(own, context=replace(own.context, grants=frozenset({(card, "G1")})))
    assert back(granted, SUE) == {"card", "token"}
    assert back(granted, SCOUT) == {"token"}


# ---- failing closed


def test_a_rule_that_fails_hides_the_column(shop, tmp_path) -> None:
    """A rule that reckons out of range would silently not apply, and what it was to hide would come out."""
    own = shop.with_rules(tmp_path, rule("broken", "hash", when="context.hour * 9223372036854775807 > 3"))
    (mask,) = worn(own, SUE, "customers.card")
    assert (mask.name, mask.rules) == ("redact", (MASK_FAILED.id,))
    assert own.rules.rule(MASK_FAILED.id).hint
    assert isinstance(own.decide(SUE, own.inferring(Use.GROUP, "customers.card")), Hold)
    assert names(own, "people", "customers.card") == [USUAL]


def test_a_mask_that_a_class_has_no_use_for_hides_it(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, rule("m", "partial"))
    assert names(own, SUE, "customers.card", "customers.name") == ["partial", "redact"]
    assert mask_of("hash", DataClass("secret"), "useful") == "redact"
    assert mask_of("partial", DataClass("mixed"), "useful") == "redact"
    assert mask_of("nonsense", CARD, "useful") == "redact"


# ---- rules that are none


def refused(tmp_path: Path, text: str) -> str:
    (tmp_path / "0.cedar").write_text(text)
    with pytest.raises(ConfigFault) as caught:
        Rules.load([tmp_path])
    return caught.value.message


ANOTHER = rule("x", "partial").replace('action == Action::"mask"', 'action in [Action::"mask", Action::"copy"]')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rule("x", "parital"), 'rule x: @mask("parital"): there is no such mask; did you mean "partial"?'),
        (rule("x", "").replace('@mask("") ', ""), 'rule x: a rule for the action mask says which, as in @mask("partial")'),
        (rule("x", "hash").replace("permit (", "forbid ("), "rule x: @mask stands above a permit for the action mask"),
        (rule("x", "hash").replace('"mask", res', '"read", res'), "rule x: @mask stands above a permit for the action"),
        (ANOTHER, "rule x: @mask stands above a permit for the action mask alone"),
        (rule("x", "hash").replace('action == Action::"mask"', "action"), "rule x: @mask stands above a permit for"),
        (
            rule("x", "partial", when='resource.class == "person_name"'),
            'rule x: @mask("partial") makes no sense for the class "person_name"; it may wear hash, null, redact, tokenise',
        ),
        (rule("x", "generalise", when='context.classes.contains("email")'), 'makes no sense for the class "email"'),
        (rule("x", "hash", when='["email", "secret"].contains(resource.class)'), 'no sense for the class "secret"'),
    ],
    ids=["unknown", "which", "forbid", "another action", "two actions", "every action", "name", "address", "one of two"],
)  # fmt: skip
def test_a_rule_that_could_choose_no_mask_is_refused_with_its_place(tmp_path, text: str, said: str) -> None:
    assert re.search(r"0\.cedar:1: ", message := refused(tmp_path, text)), message
    assert said in message


def test_a_class_that_a_rule_leaves_out_is_none_that_it_is_for(shop, tmp_path) -> None:
    own = shop.with_rules(tmp_path, rule("m", "partial", when='resource.class != "person_name"'))
    assert names(own, SUE, "customers.card", "customers.name") == ["partial", "name"]
    own = shop.with_rules(tmp_path, rule("m", "hash", when='!context.classes.contains("secret")'))
    assert names(own, SUE, "customers.card") == ["hash"]


def test_whoever_checks_their_rules_is_not_told_that_masks_are_forbidden(tmp_path) -> None:
    """A forbid of everything says nothing about masks."""
    stop = '@id("stop") @reason("r") @hint("h")\nforbid (principal in Group::"support", action, resource);'
    (tmp_path / "0.cedar").write_text(f"{stop}\n{LAST_FOUR}")
    found = scrutinize(tuple(Rules.load([tmp_path])), Names())
    assert [doubt.rule for doubt in found if doubt.rule == "last-four"] == []


# ---- what others are shown


def test_who_is_not_known_yet_sees_the_strictest_mask_of_the_class(shop, tmp_path) -> None:
    """What trying a held statement has shown is kept for whoever will approve it."""
    assert before_anybody(CARD, "useful", shop.rules) == USUAL
    own = shop.with_rules(tmp_path, LAST_FOUR, rule("m", "hash", when='resource.class == "email"'))
    assert (before_anybody(CARD, "useful", own.rules), before_anybody(EMAIL, "useful", own.rules)) == (USUAL, "hash")
    bots = shop.with_rules(
        tmp_path,
        rule("m", "hash", who="principal is Agent"),
        rule("n", "null", who="principal is User", when='resource.class != "email"'),
    )
    assert (before_anybody(CARD, "useful", bots.rules), before_anybody(EMAIL, "useful", bots.rules)) == (
        "null",
        "email",
    )


def test_every_class_may_be_hidden_and_no_secret_shown() -> None:
    assert all(fits(word, DataClass("secret")) == (word in {"null", "redact", "useful"}) for word in WORDS)
    assert all(fits("redact", DataClass(name)) for name in ("secret", "email", "mixed"))
