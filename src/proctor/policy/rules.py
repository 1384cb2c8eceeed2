"""Station 4: the rules in force. A value: the shipped pack and the operator's own files, checked and ready to be asked.

Takes questions (who, which action, what, under which facts), gives verdicts with the ids of the rules that made them.
Knows nothing of SQL, masks or tickets. Reads the operator's files in one place, `_read`, and no clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import cedarpy
import msgspec

from proctor.errors import ConfigFault, HouseFault
from proctor.policy.check import Rule, RuleInfo, check_rule
from proctor.policy.questions import Facts, Question
from proctor.policy.source import split_policies
from proctor.policy.vocabulary import did_you_mean
from proctor.terms import Action, Kind

MAX_REMEMBERED = 4096  # verdicts; questions are made of names that a client may invent
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
BUILT_IN = {rule.id: rule for rule in (DEFAULT, CLAIM, TWO_DESKS)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one question, and the rules that gave it, in the order in which they are written."""

    allowed: bool
    rules: tuple[str, ...]


class Rules:
    """The rules in force. Two values with the same `digest` decide alike."""

    def __init__(self, rules: Sequence[Rule], digest: str) -> None:
        self.digest = digest
        self.reads_clock = any(rule.reads_clock for rule in rules)
        counting = [rule.kinds for rule in rules if rule.reads_probes and Action.INFER in rule.actions]
        self._counted: frozenset[Kind] = frozenset().union(*counting)
        self._rules = {rule.info.id: rule for rule in rules}
        self._order = {rule.info.id: at for at, rule in enumerate(rules)}
        self._sets: dict[tuple[Kind, Action], cedarpy.PolicySet | None] = {}
        self.most_approvals = max((rule.info.quorum for rule in rules), default=1)
        self._remembered: dict[tuple[Question, bool, int], Verdict] = {}

    @classmethod
    def shipped(cls) -> Rules:
        """Return the shipped pack alone."""
        return cls.load(())

    @classmethod
    def load(cls, paths: Sequence[Path]) -> Rules:
        """Return the shipped pack with the operator's files on top; a folder stands for the *.cedar files in it.

        Raises `ConfigFault`, naming file and line, for the first thing that is not a rule.
        """
        schema_text = _shipped("schema.cedarschema")
        schema = cedarpy.Schema.from_str(schema_text)
        pack = [(f"shipped/{name}", _shipped(name)) for name in _shipped_names()]
        own = [(str(path), text) for path, text in _read(paths)]
        shipped = _checked(pack, schema)
        return cls(_joined(shipped, _checked(own, schema)), _digest(schema_text, [*pack, *own]))

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

    def asks(self, name: str) -> bool:
        """Tell whether the rule's condition depends on an approval."""
        return name in self._rules and self._rules[name].asks

    def reads_probes(self, kind: Kind) -> bool:
        """Tell whether what such a principal may infer depends on how often it has asked."""
        return kind in self._counted

    def may_permit(self, kind: Kind, action: Action) -> bool:
        """Tell whether any rule permits such an action to such a principal, under any condition."""
        return any(r.info.effect == "permit" and action in r.actions and kind in r.kinds for r in self._rules.values())

    def ask(self, questions: Sequence[Question], facts: Facts) -> list[Verdict]:
        """Return a verdict for each question, under these circumstances.

        A rule that fails while it is evaluated would silently not apply: it is a fault of the house instead.
        """
        if len(questions) > MAX_QUESTIONS:
            raise HouseFault(f"the statement touches more than {MAX_QUESTIONS} things; split it", sqlstate="54000")
        found: dict[Question, Verdict] = {}
        missing: dict[tuple[Kind, Action], dict[Question, None]] = {}
        for question in questions:
            known = None if self.reads_clock else self._remembered.get((question, facts.approved, facts.approvals))
            if known is not None:
                found[question] = known
            else:
                missing.setdefault((question.principal.kind, question.action), {})[question] = None
        for (kind, action), group in missing.items():
            verdicts = self._asked(kind, action, list(group), facts)
            found.update(verdicts)
            self._remember(verdicts, facts)
        return [found[question] for question in questions]

    def _asked(self, kind: Kind, action: Action, questions: list[Question], facts: Facts) -> dict[Question, Verdict]:
        policies = self._prepared(kind, action)
        if policies is None:
            return dict.fromkeys(questions, Verdict(False, ()))
        requests = [q.request(facts) for q in questions]
        entities = {entity.key: entity.json for q in questions for entity in q.entities()}
        answers = cedarpy.is_authorized_batch(requests, policies, msgspec.json.encode(list(entities.values())).decode())
        return {question: self._verdict(answer) for question, answer in zip(questions, answers, strict=True)}

    def _prepared(self, kind: Kind, action: Action) -> cedarpy.PolicySet | None:
        """Return the policies whose scope can meet such a request: the others cannot matter, and cost time."""
        key = (kind, action)
        if key not in self._sets:
            texts = [r.info.text for r in self._rules.values() if action in r.actions and kind in r.kinds]
            prepared = cedarpy.PolicySet.from_str("\n".join(texts)) if texts else None
            if prepared is not None and len(prepared) != len(texts):
                raise HouseFault("the rules read differently together than one by one")
            self._sets[key] = prepared
        return self._sets[key]

    def _verdict(self, answer: cedarpy.AuthzResult) -> Verdict:
        if answer.diagnostics.errors or answer.decision is cedarpy.Decision.NoDecision:
            raise HouseFault("a rule failed while it was evaluated; run `proctor check`, and see the operator's log")
        names = answer.diagnostics.id_annotations_by_reason.values()
        return Verdict(answer.allowed, tuple(sorted(names, key=self._order.__getitem__)))

    def _remember(self, verdicts: dict[Question, Verdict], facts: Facts) -> None:
        if self.reads_clock:
            return
        if len(self._remembered) + len(verdicts) > MAX_REMEMBERED:
            self._remembered.clear()
        if len(verdicts) <= MAX_REMEMBERED:
            self._remembered.update(
                {(question, facts.approved, facts.approvals): v for question, v in verdicts.items()}
            )


def _checked(sources: Iterable[tuple[str, str]], schema: cedarpy.Schema) -> list[Rule]:
    rules: dict[str, Rule] = {}
    for file, text in sources:
        for piece in split_policies(file, text):
            rule = check_rule(piece, schema)
            twin = rules.get(rule.info.id)
            if twin is not None:
                raise ConfigFault(
                    f"{piece.place}: the id {rule.info.id} is taken by the rule at {twin.info.file}:{twin.info.line}; "
                    "choose another"
                )
            rules[rule.info.id] = rule
    return list(rules.values())


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


def _digest(schema: str, sources: Iterable[tuple[str, str]]) -> str:
    """Return one digest over everything; lengths go in, so that text cannot move from one file to the next."""
    total = hashlib.sha256()
    for text in (schema, *(text for _, text in sources)):
        data = text.encode()
        total.update(len(data).to_bytes(8, "big"))
        total.update(data)
    return total.hexdigest()


def _shipped_names() -> list[str]:
    folder = resources.files("proctor.policy").joinpath("pack")
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".cedar"))


def _shipped(name: str) -> str:
    return resources.files("proctor.policy").joinpath("pack").joinpath(name).read_text("utf-8")


def _read(paths: Iterable[Path]) -> list[tuple[Path, str]]:
    """Read the operator's rule files, in the order given, those of a folder by name."""
    files: list[Path] = []
    for path in paths:
        files.extend(sorted(path.glob("*.cedar")) if path.is_dir() else [path])
    texts: list[tuple[Path, str]] = []
    for file in files:
        try:
            texts.append((file, file.read_text("utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ConfigFault(f"{file}:1: the rule file cannot be read: {why}; correct [policy] paths") from error
    return texts
