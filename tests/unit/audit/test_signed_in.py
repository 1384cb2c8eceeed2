"""A record says who has vouched for somebody and how they had signed in; asking other rules later, that counts."""

from __future__ import annotations

import msgspec

from proctor.audit.record import Who, who_of
from proctor.terms import Identity, Kind


def test_a_record_says_who_vouched_and_how() -> None:
    alice = Identity(
        "alice", Kind.HUMAN, frozenset(), "oidc", issuer="corp", acr="urn:mfa", amr=frozenset({"pwd", "otp"})
    )
    said = msgspec.json.decode(msgspec.json.encode(who_of(alice)), type=Who)
    assert (said.issuer, said.acr, said.amr) == ("corp", "urn:mfa", ("otp", "pwd"))
