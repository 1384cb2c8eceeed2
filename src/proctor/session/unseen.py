"""Station 3: whether a statement can tell anything of the columns that held no value when they were looked at.

Takes a judgement and the names of such columns of one relation; says yes where neither its meaning, nor its answer, nor
an error of it depends on them. Then what is said of them by their names alone need not be asserted first.
"""

from __future__ import annotations

from proctor.session.judged import Judged
from proctor.terms import Access, Action, Analysis, Relation

APART = frozenset({Action.READ, Action.INSERT, Action.UPDATE, Action.DELETE, Action.COPY})
"""The error of an update or delete may show a row that was there before; a `discreet` verdict keeps it in."""


def keeps_apart(judged: Judged, relation: Relation, columns: frozenset[str] | None) -> bool:
    """Tell whether the statements do not touch those columns in any way; None is not known, and so is touched."""
    if columns is None or judged.opaque or judged.refers or judged.effects:
        return False
    return all(_apart(verdict.analysis, relation, columns) for verdict in judged.verdicts)


def _apart(analysis: Analysis, relation: Relation, columns: frozenset[str]) -> bool:
    if not all(_plain(access, columns) for access in analysis.accesses if access.relation == relation):
        return False
    touched = set(analysis.reads)
    touched.update(source for output in analysis.outputs or () for source in output.sources)
    touched.update(column for inference in analysis.inferences for column in inference.columns)
    touched.update(column for given in analysis.given for column in given.columns)
    touched.update(probe.column for probe in analysis.probes)
    for taint in analysis.taints:
        touched.update(taint.sources, (taint.target,))
    return not any(column.relation == relation and column.name in columns for column in touched)


def _plain(access: Access, columns: frozenset[str]) -> bool:
    """Tell whether an access names its columns, others than those; empty means the whole relation."""
    return access.action in APART and bool(access.columns) and not access.columns & columns
