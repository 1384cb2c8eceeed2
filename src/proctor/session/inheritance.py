"""Station 9, what a copy leaves behind: copied values stay what they are, so their new column inherits a class.

In come the taints of a statement and the data map; out go findings for the columns written to. Knows no store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from proctor.terms import Classified, Column, DataClass, Finding, Taint

MIXED = DataClass("mixed")
"""The class of a column that holds values of several: no mask knows it, so it is redacted."""
MAX_TOLD = 3


def inherited(taints: Iterable[Taint], classified: Classified) -> dict[Column, Finding]:
    """Return what the columns written to hold from now on, as far as it is sensitive."""
    sources: dict[Column, dict[Column, DataClass]] = {}
    for taint in taints:
        for source in taint.sources:
            data_class = classified.class_of(source)
            if data_class is not None and source != taint.target:
                sources.setdefault(taint.target, {})[source] = data_class
    return {target: _finding(found) for target, found in sources.items()}


def _finding(found: Mapping[Column, DataClass]) -> Finding:
    classes = set(found.values())
    named = sorted(map(str, found))
    more = f" and {len(named) - MAX_TOLD} more" if len(named) > MAX_TOLD else ""
    data_class = classes.pop() if len(classes) == 1 else MIXED
    return Finding(data_class, 1.0, f"copied from {', '.join(named[:MAX_TOLD])}{more}", "inherited")


def wearing(classified: Classified, found: Mapping[Column, Finding]) -> Classified:
    """Return the data map with these findings in it; what is sensitive already stays so, and becomes a mixture."""
    if not found:
        return classified
    findings = dict(classified.findings)
    for column, finding in found.items():
        before = findings.get(column)
        findings[column] = finding if before is None or before.data_class is None else together(before, finding)
    return replace(classified, findings=findings)


def together(one: Finding, other: Finding) -> Finding:
    """Return what a column is that is known to hold both."""
    if one.data_class is None or one.data_class == other.data_class:
        return other
    if other.data_class is None:
        return one
    return replace(one, data_class=MIXED, evidence=f"{one.evidence}; {other.evidence}")
