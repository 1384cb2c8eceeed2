"""Station 1: who shows a token, as the password or by OAUTHBEARER. Both under TLS, and never otherwise.

In come the client and the name it has given; out goes what its token proves, or a `ClientFault` whose words are for the
journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from proctor.edge.config import Agent, Config
from proctor.edge.end import End
from proctor.edge.identity_config import Issuer
from proctor.edge.issuers import Issuers, discovery_address
from proctor.edge.signatures import MAX_TOKEN, TokenRefused
from proctor.edge.tokens import Proven
from proctor.errors import ClientFault
from proctor.terms import Identity, Kind
from proctor.wire import messages, talk
from proctor.wire.oauthbearer import KVSEP, OAUTHBEARER, parse_initial, refusal

WAYS = ("scram", "token", "oauth", "certificate")
"""How a client is asked who it is: SASL with SCRAM first, a token as the password, OAUTHBEARER alone, a certificate."""


async def proof_of(client: End[talk.ClientEvent]) -> bytes:
    """Return the client's next message, which must be a proof."""
    event = await client.next()
    if not isinstance(event, talk.Proof):
        raise ClientFault("a proof was expected")
    return event.payload


async def as_password(client: End[talk.ClientEvent], issuers: Issuers) -> Proven:
    """Ask for the password in the clear, which TLS hides, and return who the token in it is for."""
    client.write(messages.AUTH_CLEARTEXT)
    payload = await proof_of(client)
    try:
        password = messages.parse_password(payload)
    except ValueError:
        raise ClientFault("a password message is malformed") from None
    if len(password) > MAX_TOKEN:
        raise ClientFault("the token is larger than any honest one")
    return await _verified(issuers, password)


async def by_oauthbearer(client: End[talk.ClientEvent], message: bytes, issuers: Issuers, config: Config) -> Proven:
    """Return who the token of an OAUTHBEARER message is for; a client without a good one is told where to get one."""
    try:
        token = parse_initial(message)
    except ValueError as trouble:
        raise ClientFault(str(trouble)) from None
    try:
        if token is None:
            raise ClientFault("the client asked where tokens are to be had")
        return await _verified(issuers, token)
    except ClientFault:
        teller = speaker(config.identity)
        if teller is not None:
            client.write(messages.auth_sasl_continue(refusal(discovery_address(teller), " ".join(teller.scopes))))
            if await proof_of(client) != KVSEP:
                raise ClientFault("an OAUTHBEARER refusal was not acknowledged") from None
        raise


def speaker(issuers: Mapping[str, Issuer]) -> Issuer | None:
    """Return the issuer to which people are sent that have no token: the first where people sign in."""
    return next((each for each in issuers.values() if each.kind is Kind.HUMAN), None)


async def _verified(issuers: Issuers, token: str) -> Proven:
    try:
        return await issuers.verify(token)
    except TokenRefused as refused:
        raise ClientFault(refused.why) from None


def admitted(config: Config, proven: Proven, claimed: str) -> Identity:
    """Return who it is in this house, once the name at the door and the settings agree with the token."""
    identity = proven.identity
    if claimed != identity.subject:
        raise ClientFault("the token is for another name than the one at the door")
    return fitted(config, identity)


def fitted(config: Config, identity: Identity) -> Identity:
    """Return an identity with what the settings say of its name: groups, and what an agent was registered for.

    A name of the settings is that principal's alone, and an agent is one that the settings know.
    """
    principal = config.principal(identity.subject)
    if identity.kind is Kind.AGENT and not isinstance(principal, Agent):
        raise ClientFault("nobody has registered the agent that the token names")
    if principal is None:
        return identity
    known = principal.identity(identity.proof)
    if identity.kind is Kind.AGENT and identity.on_behalf_of is None:
        # A token of the agent's own names no person: it acts for whom it was registered by.
        identity = replace(identity, on_behalf_of=known.on_behalf_of)
    if known.kind is not identity.kind:
        raise ClientFault("the token's name belongs to another kind of principal here")
    person = config.people.get(identity.on_behalf_of or "")
    theirs = identity.person_groups | (person.groups if person is not None else frozenset())
    return replace(
        identity,
        groups=identity.groups | known.groups,
        tasks=known.tasks,
        person_groups=theirs,
        registration=known.registration,
    )


__all__ = ["OAUTHBEARER", "WAYS", "admitted", "as_password", "by_oauthbearer", "fitted", "proof_of", "speaker"]
