"""The benchmark of decisions measures what it says: every statement is understood, and nearly all by their shape."""

from __future__ import annotations

from bench.decisions import MANY_RULES, SINGLE, bench_and_memory, cost, many_rules, said, templates
from proctor.session.judge import Bench
from proctor.session.memory import Memory
from proctor.terms import Action


def judged(bench: Bench, memory: Memory, text: str) -> bool:
    found = bench.judge(text)
    memory.keep(memory.number(bench.stamp), found)
    return all(verdict.analysis.understood for verdict in found.verdicts)


def test_the_statements_are_understood_and_known_by_their_shape() -> None:
    bench, memory = bench_and_memory()
    number, everything = memory.number(bench.stamp), templates()
    assert len(everything) > 120
    texts = [template for template in everything if judged(bench, memory, said(template, 1))]
    assert len(texts) > 0.95 * len(everything)
    known = [template for template in texts if memory.recall(number, said(template, 2)) is not None]
    assert len(known) > 0.95 * len(texts)
    assert set(SINGLE) <= set(known)


def test_the_figures_are_the_middle_and_the_end_of_what_was_measured() -> None:
    line = cost("x", [float(n) for n in range(1, 101)], None)
    assert (line.statements, line.median_us, line.p95_us, line.worst_us) == (100, 50.5, 96.0, 100.0)


def test_two_hundred_rules_are_two_hundred_and_some_concern_whoever_asks() -> None:
    rules = many_rules()
    assert len(rules) == MANY_RULES
    assert len({rule.id for rule in rules}) == MANY_RULES
    bench, _ = bench_and_memory()
    assert rules.may_permit(bench.stamp.asker.kind, Action.UNMASK)
