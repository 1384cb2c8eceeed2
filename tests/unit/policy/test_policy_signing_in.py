"""How a person has signed in reaches the rules: a second factor for production, say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proctor.terms import Action, Allow, Deny, Identity, Kind

ALICE = Identity("alice", Kind.HUMAN, frozenset({"engineering"}), "oidc", issuer="corp")
MFA = """@id("corp.mfa") @reason("r") @hint("h")
forbid (principal is User, action, resource)
when { resource.environment == "production" && !context.amr.contains("mfa") && context.acr != "urn:strong" };"""


@pytest.mark.parametrize(
    ("signed_in", "expected"),
    [
        (ALICE, Deny),
        (replace(ALICE, amr=frozenset({"pwd"})), Deny),
        (replace(ALICE, amr=frozenset({"pwd", "mfa"})), Allow),
        (replace(ALICE, acr="urn:strong"), Allow),
    ],
    ids=["with an account of the house", "with a password alone", "with a second factor", "in a stronger way"],
)
def test_a_rule_may_ask_how_somebody_has_signed_in(shop, tmp_path, signed_in, expected) -> None:
    own = shop.with_rules(tmp_path, MFA)
    assert isinstance(own.decide(signed_in, shop.access(Action.READ)), expected)
    assert isinstance(own.decide(signed_in, shop.access(Action.READ), environment="staging"), Allow)
