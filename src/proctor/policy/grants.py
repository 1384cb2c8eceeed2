"""Station 4: the life of a grant, as pure transitions. A grant shows one sensitive column to one person for a while.

    pending ──approve──▶ active ──expire──▶ expired
       ├──deny──▶ denied    └──revoke──▶ revoked
       ├──revoke──▶ revoked
       └──expire──▶ expired

Only people have grants: an agent never sees a sensitive value, and a service by its rules. Knows no store, no clock.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from proctor.policy.approvers import SHIPPED, Approvers
from proctor.policy.tickets import MAX_BECAUSE, Refusal
from proctor.terms import Column, Grant, GrantState, Identity, Kind, Moment, Vote

LONGEST = 8 * 3600
OPEN = frozenset({GrantState.PENDING, GrantState.ACTIVE})


def ask(
    name: str, by: Identity, *, database: str, column: Column, seconds: int, because: str, now: Moment, patience: float
) -> Grant | Refusal:
    """Return a pending grant; it lapses when nobody has decided within `patience` seconds."""
    if by.kind is not Kind.HUMAN:
        return Refusal("only people are granted sight of sensitive values")
    if not 60 <= seconds <= LONGEST:
        return Refusal(f"a grant lasts from one minute to {LONGEST // 3600} hours")
    if not because.strip():
        return Refusal("say what it is for")
    if len(because) > MAX_BECAUSE:
        return Refusal(f"the reason is longer than {MAX_BECAUSE} characters")
    ends = after(now, patience)
    return Grant(name, GrantState.PENDING, by.subject, database, column, seconds, because, now.wall, ends)


def approve(
    grant: Grant, by: Identity, now: Moment, because: str | None = None, *, asked: Approvers = SHIPPED
) -> Grant | Refusal:
    """Return the grant with one more yes; once as many as must have agreed, it is in force for as long as was asked.

    Only a yes of somebody who might still give one counts: groups are those of the moment when they agreed, and
    `asked` is whom the settings name now.
    """
    refusal = _may_decide(grant, by, now, because, asked)
    if refusal is not None:
        return refusal
    if any(vote.by == by.subject for vote in grant.votes):
        return Refusal("you have agreed already; somebody else has to as well")
    votes = (*grant.votes, Vote(by.subject, True, now.wall, by.proof, by.groups, because))
    if len({vote.by for vote in votes if vote.yes and vote.groups & asked.groups}) < asked.quorum:
        return replace(grant, votes=votes)
    return replace(grant, state=GrantState.ACTIVE, ends=after(now, grant.seconds), votes=votes)


def deny(
    grant: Grant, by: Identity, now: Moment, because: str | None = None, *, asked: Approvers = SHIPPED
) -> Grant | Refusal:
    """Return the grant denied; one no is enough, whoever agreed before."""
    refusal = _may_decide(grant, by, now, because, asked)
    if refusal is not None:
        return refusal
    vote = Vote(by.subject, False, now.wall, by.proof, by.groups, because)
    return replace(grant, state=GrantState.DENIED, votes=(*grant.votes, vote))


def revoke(
    grant: Grant, by: Identity, now: Moment, because: str | None = None, *, asked: Approvers = SHIPPED
) -> Grant | Refusal:
    """Return the grant taken back: by whoever has it, or by anybody who may give one."""
    if grant.state not in OPEN or over(grant, now):
        return Refusal(f"the grant is {expire(grant, now).state.value}")
    if by.subject != grant.requester and not (by.kind is Kind.HUMAN and by.groups & asked.groups):
        return Refusal("this is for members of " + " or ".join(sorted(asked.groups)))
    if len(because or "") > MAX_BECAUSE:
        return Refusal(f"the reason is longer than {MAX_BECAUSE} characters")
    vote = Vote(by.subject, False, now.wall, by.proof, by.groups, because)
    return replace(grant, state=GrantState.REVOKED, votes=(*grant.votes, vote))


def expire(grant: Grant, now: Moment) -> Grant:
    """Return the grant as it is at this hour."""
    return replace(grant, state=GrantState.EXPIRED) if grant.state in OPEN and over(grant, now) else grant


def over(grant: Grant, now: Moment) -> bool:
    """Tell whether its time is over, by either clock."""
    return now.wall >= grant.ends.wall or now.ticks >= grant.ends.ticks


def after(now: Moment, seconds: float) -> Moment:
    """Return the moment so many seconds on."""
    return Moment(now.wall + timedelta(seconds=seconds), now.ticks + int(seconds * 1_000_000_000))


def _may_decide(grant: Grant, by: Identity, now: Moment, because: str | None, asked: Approvers) -> Refusal | None:
    if grant.state is not GrantState.PENDING or over(grant, now):
        return Refusal(f"the grant is {expire(grant, now).state.value}")
    if by.kind is not Kind.HUMAN:
        return Refusal("only people approve or deny")
    if by.subject == grant.requester:
        return Refusal("nobody decides on their own request")
    if not by.groups & asked.groups:
        return Refusal("this is for members of " + " or ".join(sorted(asked.groups)))
    if len(because or "") > MAX_BECAUSE:
        return Refusal(f"the reason is longer than {MAX_BECAUSE} characters")
    return None
