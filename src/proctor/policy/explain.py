"""Station 4, read aloud: what a statement would do, what was decided, by which rules, and what would make it pass.

Returns plain data for `proctor explain --json` and the console; never values of a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from proctor.policy.check import RuleInfo
from proctor.policy.decide import columns_sensitive
from proctor.policy.questions import column_name, relation_name
from proctor.policy.rules import Rules
from proctor.policy.ways import Way
from proctor.terms import (
    Access,
    Allow,
    Analysis,
    Classified,
    Column,
    Decision,
    Deny,
    Hold,
    MaskSpec,
    Output,
)

Plain = None | bool | int | float | str | Sequence["Plain"] | Mapping[str, "Plain"]


def explain(decision: Decision, analysis: Analysis, classified: Classified, rules: Rules) -> Mapping[str, Plain]:
    """Return the whole story of one statement as plain data, in a stable shape."""
    return {
        "statement": analysis.text,
        "kind": analysis.kind,
        "understood": analysis.understood,
        "trouble": analysis.trouble,
        "opaque": list(analysis.opaque),
        "accesses": [_access(access) for access in analysis.accesses],
        "lineage": _lineage(decision, analysis, classified),
        "sensitive": {
            column_name(column): str(classified.class_of(column))
            for column in sorted(columns_sensitive(analysis, classified))
        },
        "inferences": [
            {"use": inference.use.value, "columns": _columns(inference.columns)} for inference in analysis.inferences
        ],
        "keys": _columns(analysis.keyed),
        "copies": [{"from": _columns(taint.sources), "to": column_name(taint.target)} for taint in analysis.taints],
        "decision": _decision(decision),
        "rules": [_rule(info) for info in rules.known(decision.rules)],
        "rule_set": decision.rule_set,
        "to_pass": _to_pass(decision),
    }


def explain_ways(found: Sequence[Way]) -> Sequence[Plain]:
    """Return the changes that would turn a decision as plain data."""
    return [{"change": way.change, **_verdict(way.decision)} for way in found]


def _verdict(decision: Decision) -> Mapping[str, Plain]:
    verdict = "allow" if isinstance(decision, Allow) else "hold" if isinstance(decision, Hold) else "deny"
    approvers = sorted(decision.approvers) if isinstance(decision, Hold) else []
    return {"verdict": verdict, "rules": list(decision.rules), "approvers": approvers}


def _access(access: Access) -> Plain:
    return {
        "action": access.action.value,
        "on": access.object if access.relation is None else relation_name(access.relation),
        "columns": sorted(access.columns),
        "traits": sorted(access.traits),
        "estimated_rows": access.estimated_rows,
    }


def _lineage(decision: Decision, analysis: Analysis, classified: Classified) -> Plain:
    if analysis.outputs is None:
        return None
    masks = decision.masks if isinstance(decision, Allow) else ()
    worn = [*masks, *[None] * (len(analysis.outputs) - len(masks))]
    shown = isinstance(decision, Allow)
    return [_output(o, m, classified, shown=shown) for o, m in zip(analysis.outputs, worn, strict=True)]


def _output(output: Output, mask: MaskSpec | None, classified: Classified, *, shown: bool) -> Plain:
    classes = {found for column in output.sources if (found := classified.class_of(column)) is not None}
    return {
        "name": output.name,
        "sources": _columns(output.sources),
        "plain": output.plain,
        "classes": sorted(str(data_class) for data_class in classes),
        "mask": mask.name if mask is not None else ("none" if shown else None),
        "mask_rules": list(mask.rules) if mask is not None else [],
    }


def _columns(columns: frozenset[Column]) -> Sequence[Plain]:
    return [column_name(column) for column in sorted(columns)]


def _decision(decision: Decision) -> Plain:
    match decision:
        case Allow():
            return {"verdict": "allow", "sensitive": decision.sensitive}
        case Hold():
            return {
                "verdict": "hold",
                "reason": decision.reason,
                "hint": decision.hint,
                "approvers": sorted(decision.approvers),
                "quorum": decision.quorum,
            }
        case Deny():
            return {"verdict": "deny", "reason": decision.reason, "hint": decision.hint}
        case _:
            assert_never(decision)


def _rule(info: RuleInfo) -> Plain:
    return {
        "id": info.id,
        "effect": info.effect,
        "reason": info.reason,
        "hint": info.hint,
        "file": info.file,
        "line": info.line,
    }


def _to_pass(decision: Decision) -> str:
    match decision:
        case Allow():
            return ""
        case Hold():
            people = "one person" if decision.quorum == 1 else f"{decision.quorum} people"
            return f"approval by {people} of {' or '.join(sorted(decision.approvers))}, who did not ask for it"
        case Deny():
            return decision.hint
        case _:
            assert_never(decision)
