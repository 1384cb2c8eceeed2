"""What others vouch for: witnesses who have cosigned, and authorities who have stamped. Read offline, beside the logs.

Takes the folder of the logs and the keys of those others; returns the checkpoints that they saw, for `verify` to hold
the logs against, what is wrong, and what is proven. Knows nothing of how they were asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from proctor.audit import stamps
from proctor.audit.examine import Problem
from proctor.audit.integrator import META
from proctor.audit.note import Checkpoint, Untrusted
from proctor.audit.tlog import CHECKPOINT
from proctor.audit.witness import COSIGNED, Witness, cosigners, seen


@dataclass(slots=True)
class Vouched:
    """What others saw, what is wrong with their word, and what it proves."""

    kept: list[Checkpoint] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    proves: list[str] = field(default_factory=list)
    until: datetime | None = None
    """Until when at least the logs were watched."""


def by_witnesses(log: Path, witnesses: Sequence[Witness], quorum: int, *, since: datetime | None = None) -> Vouched:
    """Return what enough of the witnesses have cosigned of each log.

    A log that they have not cosigned, or not `since` that time, is a problem: it may be an old one.
    """
    vouched = Vouched()
    for folder in sorted(path.parent for path in log.glob(f"*/{CHECKPOINT}")):
        name = folder.name
        try:
            note = (folder / COSIGNED).read_bytes()
            who = cosigners(note, witnesses)
            said = seen(note)
        except FileNotFoundError:
            vouched.problems.append(Problem(name, None, "no witness has cosigned the log"))
            continue
        except Untrusted as fault:
            vouched.problems.append(Problem(name, None, f"what witnesses have cosigned is damaged: {fault}"))
            continue
        if len(who) < quorum:
            what = f"{len(who)} of the {quorum} witnesses that must have cosigned the log"
            vouched.problems.append(Problem(name, None, what, where=f"{name}/{COSIGNED}"))
            continue
        # Of those who saw it, so many saw it no earlier than this.
        moment = datetime.fromtimestamp(sorted(who.values(), reverse=True)[quorum - 1], UTC)
        vouched.kept.append(said)
        vouched.until = moment if vouched.until is None else min(vouched.until, moment)
        told = f"{len(who)} witnesses saw {name} with {said.size} records at {moment:%Y-%m-%d %H:%M:%S} UTC"
        vouched.proves.append(f"{told} ({', '.join(sorted(who))}).")
        if since is not None and moment < since:
            what = f"the witnesses saw the log last at {moment:%Y-%m-%d %H:%M:%S} UTC: it may be an old one"
            vouched.problems.append(Problem(name, None, what))
    return vouched


def by_stamps(log: Path, roots: tuple[x509.Certificate, ...]) -> Vouched:
    """Return what the authority has stamped of the log of logs."""
    vouched = Vouched()
    newest: datetime | None = None
    for stamped in stamps.kept(log / META):
        where = f"{META}/{stamps.FOLDER}/{stamped.size}.tsr"
        try:
            moment = stamps.stamped_at(stamped.note, stamped.stamp, roots)
            said = seen(stamped.note)
        except Untrusted as fault:
            vouched.problems.append(Problem(META, None, str(fault), where=where))
            continue
        vouched.kept.append(said)
        newest = moment if newest is None else max(newest, moment)
        vouched.until = newest
    if newest is None:
        vouched.problems.append(Problem(META, None, "no stamp of the authority is there"))
    else:
        count = len(vouched.kept)
        vouched.proves.append(
            f"The authority has stamped {count} checkpoints of the log of logs, "
            f"the newest at {newest:%Y-%m-%d %H:%M:%S} UTC."
        )
    return vouched
