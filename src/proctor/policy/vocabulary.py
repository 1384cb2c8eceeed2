"""Station 4: the closed lists of words that rules may compare with.

A misspelt word in a rule is a rule that never applies, so `check` holds every rule against these lists.
"""

from __future__ import annotations

from difflib import get_close_matches

TRAITS = frozenset(
    {
        "adds",
        "always_true",
        "blocking",
        "blocking_index",
        "cascade",
        "cartesian",
        "client_copy",
        "constraint_outcome",
        "destroys",
        "executes_plan",
        "extension",
        "foreign",
        "half_open",
        "join_only",
        "key_lookup",
        "language",
        "large_object",
        "maintenance",
        "metadata",
        "nested",
        "no_where",
        "others_activity",
        "program",
        "renames",
        "replaces_code",
        "replication",
        "rewrite_rule",
        "rewrites",
        "role",
        "row_lock",
        "row_security",
        "secrets",
        "server_file",
        "setting_dangerous",
        "statistics",
        "system",
        "temporary",
        "trigger",
        "unlogged",
        "whole_table",
    }
)
ENVIRONMENTS = frozenset({"production", "staging", "development"})
STYLES = frozenset({"useful", "redact"})
USES = frozenset({"", "key", "equijoin", "group", "order", "filter", "outcome"})
ANNOTATIONS = frozenset({"id", "reason", "hint", "approvers", "quorum", "replaces", "mask"})

CLOCK = frozenset({"now", "hour", "weekday"})
APPROVAL = frozenset({"approved", "approvals"})
COUNTED = frozenset({"probes"})


def did_you_mean(word: str, known: frozenset[str]) -> str:
    """Return a sentence that names the closest known word, or all of them."""
    close = get_close_matches(word, sorted(known), n=1)
    if close:
        return f'did you mean "{close[0]}"?'
    return "known are: " + ", ".join(sorted(k for k in known if k))
