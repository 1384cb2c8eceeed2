"""Station 4: the rules in force. A value: the shipped pack and the operator's own files, checked and ready to be asked.

Takes questions (who, which action, what, under which facts), gives verdicts with the ids of the rules that made them.
Knows nothing of SQL, masks or tickets, and reads no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, product
from pathlib import Path

import cedarpy
import msgspec

from proctor.errors import ConfigFault, HouseFault
from proctor.policy import mask_rules
from proctor.policy.approvers import SHIPPED, Approvers, read, settles, written
from proctor.policy.check import Rule, RuleInfo, check_rule
from proctor.policy.files import SCHEMA, RuleFile, digest_of, read_files, shipped_files
from proctor.policy.questions import Facts, Question
from proctor.policy.source import Piece, split_policies
from proctor.policy.vocabulary import did_you_mean
from proctor.terms import Action, DataClass, Kind

MAX_REMEMBERED = 4096  # verdicts; questions are made of names that a client may invent
MAX_SETS = 512  # prepared for askers of different groups
MAX_TROUBLES = 100  # told at once
MAX_QUESTIONS = 5000  # of one statement: a stranger's statement may name any number of columns

DEFAULT = RuleInfo(
    id="deny-by-default",
    effect="forbid",
    reason="no rule permits it",
    hint="ask security for a rule that permits it",
    approvers=frozenset(),
    quorum=1,
    file="built in",
    line=0,
    text="",
)
CLAIM = RuleInfo(
    id="claimed-principal",
    effect="forbid",
    reason="an agent acts for the person it belongs to, and for nobody else",
    hint="leave proctor.on_behalf_of out, or name the agent's owner",
    approvers=frozenset(),
    quorum=1,
    file="built in",
    line=0,
    text="",
)
REGISTRATION = RuleInfo(
    id="agent-registration",
    effect="forbid",
    reason="the agent is not registered for that",
    hint="have the agent's owner ask the operator to change [agents] in proctor.toml",
    approvers=frozenset(),
    quorum=1,
    file="built in",
    line=0,
    text="",
)
BUDGET = RuleInfo(
    id="agent-budget",
    effect="forbid",
    reason="the agent's budget is used up",
    hint="wait for the approval, or until tomorrow",
    approvers=frozenset(),
    quorum=1,
    file="built in",
    line=0,
    text="",
)
TWO_DESKS = RuleInfo(
    id="different-approvers",
    effect="forbid",
    reason="its parts need approval by different groups, and one ticket cannot ask both",
    hint="split the statement, so that each part asks its own approvers",
    approvers=frozenset(),
    quorum=1,
    file="built in",
    line=0,
    text="",
)
MASKED_KEYS = RuleInfo(
    id="masked-keys",
    effect="forbid",
    reason="a masked value may not stand there",
    hint="see the manual, Masked keys",
    approvers=frozenset(),
    quorum=1,
    file="built in",
    line=0,
    text="",
)
MASK_FAILED = RuleInfo(
    id="mask-rule-failed",
    effect="forbid",
    reason="a rule that chooses a mask failed while it was evaluated, so the column is hidden",
    hint="correct the rule: it reckons with numbers or dates that are out of range",
    approvers=frozenset(),
    quorum=1,
    file="built in",
    line=0,
    text="",
)
BUILT_IN = {r.id: r for r in (DEFAULT, CLAIM, REGISTRATION, BUDGET, TWO_DESKS, MASKED_KEYS, MASK_FAILED)}


Reach = tuple[Kind, Action, frozenset[tuple[str, str]]]
"""What decides which rules can meet a request: the asker's kind, the action, the asker's names that rules know."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The policies that can meet a request, and the attributes that they read: nothing else has to be told them."""

    policies: cedarpy.PolicySet
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one question, and the rules that gave it, in the order in which they are written."""

    allowed: bool
    rules: tuple[str, ...]


class Rules:
    """The rules in force. Two values with the same `digest` decide alike."""

    def __init__(self, rules: Sequence[Rule], files: Sequence[RuleFile], asked: Approvers = SHIPPED) -> None:
        self.asked = asked
        self.files = tuple(files)
        self.digest = digest_of(self.files)
        self.reads_clock = any(rule.reads_clock for rule in rules)
        counting = [rule.kinds for rule in rules if rule.reads_probes and Action.INFER in rule.actions]
        self._counted: frozenset[Kind] = frozenset().union(*counting)
        self._rules = {rule.info.id: rule for rule in rules}
        self._order = {rule.info.id: at for at, rule in enumerate(rules)}
        self.chooses = frozenset(rule.info.mask for rule in rules if rule.info.mask is not None)
        """The words for all masks that any of these rules may choose."""
        self._sets: dict[Reach, Prepared | None] = {}
        permits = [product(rule.kinds, rule.actions) for rule in rules if rule.info.effect == "permit"]
        self._permitted = frozenset(chain.from_iterable(permits))
        self._named = frozenset(rule.who for rule in rules if rule.who is not None)
        self.most_approvals = max((rule.info.quorum for rule in rules), default=1)
        self._remembered: dict[tuple[Question, bool, int, bool], Verdict] = {}

    @classmethod
    def shipped(cls) -> Rules:
        """Return the shipped pack alone."""
        return cls.load(())

    @classmethod
    def load(cls, paths: Sequence[Path], asked: Approvers = SHIPPED) -> Rules:
        """Return the shipped pack with the operator's files on top; a folder stands for the *.cedar files in it.

        `asked` is who approves where a rule does not say.
        Raises `ConfigFault`, naming file and line, for everything that is not a rule.
        """
        return cls.of((*shipped_files(), *written(asked), *read_files(paths)))

    @classmethod
    def of(cls, files: Sequence[RuleFile]) -> Rules:
        """Return the rule set that these files are: the schema, a shipped pack, and what stands on top of it."""
        schemas = [file.text for file in files if file.shipped and file.name == SCHEMA]
        if len(schemas) != 1:
            raise ConfigFault("a rule set has one schema; this one is not whole")
        schema = cedarpy.Schema.from_str(schemas[0])
        asked = next((read(file) for file in files if settles(file)), SHIPPED)
        packs = [file for file in files if file.shipped and file.name != SCHEMA and not settles(file)]
        shipped = _checked(packs, schema, asked)
        own = _checked([file for file in files if not file.shipped], schema, asked)
        return cls(_joined(shipped, own), files, asked)

    def __iter__(self) -> Iterator[RuleInfo]:
        return iter([rule.info for rule in self._rules.values()])

    def __len__(self) -> int:
        return len(self._rules)

    def rule(self, name: str) -> RuleInfo:
        """Return the rule of that id; the built-in ones have a file `built in` and no line."""
        if name in self._rules:
            return self._rules[name].info
        if name in BUILT_IN:
            return BUILT_IN[name]
        raise KeyError(name)

    def known(self, names: Iterable[str]) -> list[RuleInfo]:
        """Return those of these that are rules; a decision also names the grants that it stands on."""
        return [self.rule(name) for name in names if name in self._rules or name in BUILT_IN]

    def approvers(self, names: Sequence[str]) -> frozenset[str]:
        """Return who may approve under the first of these rules, or has a say in it."""
        return next((self._rules[name].info.approvers for name in names if name in self._rules), self.asked.groups)

    def asks(self, name: str) -> bool:
        """Tell whether the rule's condition depends on an approval."""
        return name in self._rules and self._rules[name].asks

    def reads_probes(self, kind: Kind) -> bool:
        """Tell whether what such a principal may infer depends on how often it has asked."""
        return kind in self._counted

    def may_permit(self, kind: Kind, action: Action) -> bool:
        """Tell whether any rule permits such an action to such a principal, under any condition."""
        return (kind, action) in self._permitted

    def may_choose(self, kind: Kind, data_class: DataClass) -> frozenset[str]:
        """Return the words for the masks that any rule may choose for a class before any principal of that kind."""
        rules = [rule for rule in self._rules.values() if rule.info.mask is not None and kind in rule.kinds]
        return frozenset(str(r.info.mask) for r in rules if mask_rules.may_choose(r.info.text, str(data_class)))

    def ask(self, questions: Sequence[Question], facts: Facts) -> list[Verdict]:
        """Return a verdict for each question, under these circumstances.

        A rule that fails while it is evaluated would silently not apply: it is a fault of the house instead, or, where
        it would have chosen a mask, the verdict names `mask-rule-failed`.
        """
        if len(questions) > MAX_QUESTIONS:
            raise HouseFault(f"the statement touches more than {MAX_QUESTIONS} things; split it", sqlstate="54000")
        found: dict[Question, Verdict] = {}
        missing: dict[Reach, dict[Question, None]] = {}
        for question in questions:
            known = None if self.reads_clock else self._remembered.get(_key(question, facts))
            if known is not None:
                found[question] = known
            else:
                missing.setdefault(self._reach(question), {})[question] = None
        for reach, group in missing.items():
            verdicts = self._asked(reach, list(group), facts)
            found.update(verdicts)
            self._remember(verdicts, facts)
        return [found[question] for question in questions]

    def forget(self) -> None:
        """Forget the answers given so far; they are only ever worked out again."""
        self._remembered.clear()

    def _reach(self, question: Question) -> Reach:
        return question.principal.kind, question.action, self._named.intersection(question.principal.names())

    def _asked(self, reach: Reach, questions: list[Question], facts: Facts) -> dict[Question, Verdict]:
        prepared = self._prepared(reach)
        if prepared is None:
            return dict.fromkeys(questions, Verdict(False, ()))
        requests = [q.request(facts, prepared.reads) for q in questions]
        entities = {entity.key: entity.json for q in questions for entity in q.entities()}
        known = msgspec.json.encode(list(entities.values())).decode()
        answers = cedarpy.is_authorized_batch(requests, prepared.policies, known)
        return {question: self._verdict(question, answer) for question, answer in zip(questions, answers, strict=True)}

    def _prepared(self, reach: Reach) -> Prepared | None:
        """Return the policies whose scope can meet such a request: the others cannot matter, and cost time."""
        if reach not in self._sets:
            if len(self._sets) >= MAX_SETS:
                self._sets.clear()
            self._sets[reach] = self._prepare(reach)
        return self._sets[reach]

    def _prepare(self, reach: Reach) -> Prepared | None:
        kind, action, names = reach
        rules = [
            rule
            for rule in self._rules.values()
            if action in rule.actions and kind in rule.kinds and (rule.who is None or rule.who in names)
        ]
        if not rules:
            return None
        policies = cedarpy.PolicySet.from_str("\n".join(rule.info.text for rule in rules))
        if len(policies) != len(rules):
            raise HouseFault("the rules read differently together than one by one")
        return Prepared(policies, frozenset().union(*(rule.reads for rule in rules)))

    def _verdict(self, question: Question, answer: cedarpy.AuthzResult) -> Verdict:
        if answer.diagnostics.errors or answer.decision is cedarpy.Decision.NoDecision:
            if question.action is Action.MASK:
                return Verdict(False, (MASK_FAILED.id,))
            raise HouseFault("a rule failed while it was evaluated; run `proctor check`, and see the operator's log")
        names = answer.diagnostics.id_annotations_by_reason.values()
        return Verdict(answer.allowed, tuple(sorted(names, key=self._order.__getitem__)))

    def _remember(self, verdicts: dict[Question, Verdict], facts: Facts) -> None:
        if self.reads_clock:
            return
        if len(self._remembered) + len(verdicts) > MAX_REMEMBERED:
            self._remembered.clear()
        if len(verdicts) <= MAX_REMEMBERED:
            self._remembered.update({_key(question, facts): v for question, v in verdicts.items()})


def _key(question: Question, facts: Facts) -> tuple[Question, bool, int, bool]:
    return question, facts.approved, facts.approvals, facts.in_transaction


def _checked(files: Iterable[RuleFile], schema: cedarpy.Schema, asked: Approvers) -> list[Rule]:
    rules: dict[str, Rule] = {}
    troubles: list[str] = []
    for piece in _pieces(files, troubles):
        try:
            rule = check_rule(piece, schema, asked)
        except ConfigFault as fault:
            troubles.append(fault.message)
            continue
        twin = rules.get(rule.info.id)
        if twin is not None:
            taken = f"the id {rule.info.id} is taken by the rule at {twin.info.file}:{twin.info.line}"
            troubles.append(f"{piece.place}: {taken}; choose another")
        rules[rule.info.id] = rule
    if troubles:
        raise ConfigFault("\n".join(troubles[:MAX_TROUBLES]))
    return list(rules.values())


def _pieces(files: Iterable[RuleFile], troubles: list[str]) -> Iterator[Piece]:
    for file in files:
        try:
            yield from split_policies(file.name, file.text)
        except ConfigFault as fault:
            troubles.append(fault.message)


def _joined(shipped: list[Rule], own: list[Rule]) -> list[Rule]:
    """Return the shipped rules but those that the operator's replace, then the operator's."""
    names = frozenset(rule.info.id for rule in shipped)
    replaced: dict[str, RuleInfo] = {}
    for rule in own:
        info = rule.info
        place = f"{info.file}:{info.line}"
        if info.id in BUILT_IN:
            raise ConfigFault(f"{place}: the id {info.id} is built in; choose another")
        if info.replaces is not None:
            if info.replaces not in names:
                raise ConfigFault(
                    f'{place}: @replaces("{info.replaces}") names no shipped rule; {did_you_mean(info.replaces, names)}'
                )
            if info.replaces in replaced:
                twin = replaced[info.replaces]
                raise ConfigFault(f"{place}: {info.replaces} is replaced already, at {twin.file}:{twin.line}; keep one")
            replaced[info.replaces] = info
        if info.id in names and info.replaces != info.id:
            raise ConfigFault(
                f"{place}: the id {info.id} is that of a shipped rule; choose another, "
                f'or write @replaces("{info.id}") to put this rule in its place'
            )
    return [rule for rule in shipped if rule.info.id not in replaced] + own
