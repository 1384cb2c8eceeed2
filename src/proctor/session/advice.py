"""Beside station 4: what somebody who is refused could send instead, each suggestion tried before the rules first.

Takes a judgement and the bench that it was made at; returns a text that would fare better. It is told to the client
alone, whose own words it repeats; it is neither run nor recorded.
"""

from __future__ import annotations

from collections.abc import Callable

from proctor.session.judge import Bench
from proctor.session.judged import Judged
from proctor.sql.catalog import Catalog
from proctor.sql.rewrites import Suggestion, suggestions
from proctor.terms import Allow, Decision, Hold

MAX_TOLD = 400  # characters of a suggestion in a hint
_RANK = {Allow: 0, Hold: 1}


def instead(bench: Bench, judged: Judged) -> tuple[Suggestion, Decision] | None:
    """Return what would fare better than the statement, and how; None if nothing is known."""
    decision = judged.decision
    if decision is None or isinstance(decision, Allow) or len(judged.verdicts) != 1 or judged.refers:
        return None
    for suggestion in suggestions(judged.text, _keys(bench)):
        tried = bench.judge(suggestion.text)
        found = tried.decision
        if found is not None and not tried.opaque and _is_better(found, decision):
            return suggestion, found
    return None


def _is_better(found: Decision, decision: Decision) -> bool:
    """Tell whether a decision is milder; a hold also if fewer rules ask for it."""
    if isinstance(found, Hold) and isinstance(decision, Hold):
        return set(found.rules) < set(decision.rules)
    return _rank(found) < _rank(decision)


def told(found: tuple[Suggestion, Decision] | None) -> str:
    """Return it as a sentence for a hint; nothing where there is nothing to say, or too much."""
    if found is None:
        return ""
    suggestion, decision = found
    text = " ".join(suggestion.text.split())
    if len(text) > MAX_TOLD:
        return ""
    how = "This would pass" if isinstance(decision, Allow) else "This could be approved"
    return f"{how}: {text}" + (f"; then {suggestion.then}" if suggestion.then else "")


def _rank(decision: Decision) -> int:
    return _RANK.get(type(decision), 2)


def _keys(bench: Bench) -> Callable[[str], str | None]:
    catalog, path = bench.catalog, bench.stamp.settings.path

    def key(written: str) -> str | None:
        return _key(catalog, path, written)

    return key


def _key(catalog: Catalog, path: tuple[str, ...], written: str) -> str | None:
    parts = [part.strip('"') if part.startswith('"') else part.lower() for part in written.split(".")]
    if len(parts) > 2:
        return None
    found = catalog.find(parts[-1], schema=parts[0] if len(parts) == 2 else None, path=path)
    single = [] if found is None else sorted(next(iter(key)) for key in found.unique if len(key) == 1)
    plain = [name for name in single if name.isidentifier() and name.islower()]
    return plain[0] if plain else None
