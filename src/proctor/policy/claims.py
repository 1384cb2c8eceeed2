"""Station 4: what a client says of itself, held against what was proven.

A claim may narrow what is allowed, never widen it; until agents carry tokens of their own, an agent acts for its owner.
"""

from __future__ import annotations

from proctor.terms import Claims, Identity, Kind


def check_claims(identity: Identity, claims: Claims) -> str | None:
    """Return what is wrong with the claims, in a sentence for the client, or None.

    Whom a person or a service says it acts for is recorded as a claim and read by no rule; from an agent it is
    refused unless it is the proven one, since a record that names the wrong person is worse than none.
    """
    claimed = claims.on_behalf_of
    if identity.kind is not Kind.AGENT or claimed is None or claimed == identity.on_behalf_of:
        return None
    return f"the agent {identity.subject} does not act for the person it claims to act for"
