"""What `policy show` does: prints a rule set of the present or the past from the texts that are kept."""

from __future__ import annotations

from pathlib import Path

from proctor.cli.ground import print_json, visible
from proctor.edge import rule_shelf


def show(state: Path, digest: str, *, as_json: bool) -> None:
    """Print every rule of a set, in the order in which it is read."""
    rules = rule_shelf.kept(state, digest) if digest else rule_shelf.in_force(state)
    if not as_json:
        print(f"// rule set {rules.digest}, {len(rules)} rules")
    for info in rules:
        if as_json:
            print_json(
                {
                    "rule_set": rules.digest,
                    "id": info.id,
                    "effect": info.effect,
                    "reason": info.reason,
                    "hint": info.hint,
                    "approvers": sorted(info.approvers),
                    "quorum": info.quorum,
                    "replaces": info.replaces,
                    "file": info.file,
                    "line": info.line,
                    "text": info.text,
                }
            )
        else:
            print(f"\n// {visible(info.file)}:{info.line}\n{visible(info.text)}")
