"""Beside the stations: which settings are read at the start alone, so that a reload can say so.

In come the settings that the house began with and those that lie there now; out come the names of those that differ and
wait for the next start. A reload that kept quiet about them would let an operator believe that a fence stands.
"""

from __future__ import annotations

from proctor.edge.config import Config


def waiting_for_a_start(began: Config, found: Config) -> tuple[str, ...]:
    """Return the names of the settings that have changed and count from the next start on."""
    pairs = {
        "state": (began.state, found.state),
        "keys.mask": (began.keys.mask, found.keys.mask),
        "keys.bind": (began.keys.bind, found.keys.bind),
        "keys.sign": (began.keys.sign, found.keys.sign),
        "keys.reveal": (began.keys.reveal, found.keys.reveal),
        "audit.fence": (began.audit.fence, found.audit.fence),
        "listen.postgres": (began.listen.postgres, found.listen.postgres),
        "listen.console": (began.listen.console, found.listen.console),
        "listen.workers": (began.listen.workers, found.listen.workers),
        "listen.tls": (began.listen.tls.mode == "off", found.listen.tls.mode == "off"),
        "traces": (began.traces, found.traces),
        "limits.hold": (began.limits.hold, found.limits.hold),
    }
    return tuple(name for name, (before, after) in pairs.items() if before != after)


def said_of(names: tuple[str, ...]) -> str:
    """Return a sentence for the operator."""
    one = len(names) == 1
    return (
        f"{', '.join(names)} {'has' if one else 'have'} changed and {'counts' if one else 'count'} from the next start"
    )
