"""Station 1, its second lock: what a signed token (JWT) says of its bearer, once everything about it has been checked.

In come a token, the issuer's settings, the issuer's keys and the hour; out goes a `Proven`, or `TokenRefused` with the
reason, which is for the journal alone: the client hears one sentence whatever it was. Fetches nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256

from joserfc.jwk import Key

from proctor.edge.identity_config import Issuer
from proctor.edge.signatures import Claimed, TokenRefused, peek, signed_claims
from proctor.session.claimed import told
from proctor.terms import Identity, Kind

MAX_SUBJECT = 255
MAX_GROUPS, MAX_GROUP = 500, 200
MAX_ACTORS = 8  # RFC 8693 nests them without end
MAX_METHODS = 16
MAX_MODEL = 100  # it is kept in every record

OF_THE_TOKEN = frozenset(
    {
        "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "azp", "client_id", "act", "may_act", "sid", "acr", "amr",
        "nonce", "scope", "scp", "cnf", "typ",
    }
)  # fmt: skip
"""Claims that only the token itself can make: whose it is, for whom, until when, and how they had signed in."""


class ForSomebodyElse(TokenRefused):
    """The token is meant for another audience than this issuer's tokens must be."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts for another (RFC 8693): `iss` is empty where the token does not say whose name it is."""

    subject: str
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """By what a token is known: at its end, the sessions that it has opened end as well.

    `issuer` is the address, and `subject` the issuer's own name for whom the token is for.
    """

    issuer: str
    subject: str
    session_id: str
    token_id: str
    issued: datetime


@dataclass(frozen=True, slots=True)
class Proven:
    """Who the bearer of a token is, and for how long that holds.

    With an `act` in the token, `identity` is the agent's and has no group of the person's, `person` is whom it acts for
    and `actors` are all who act, the present one first. `claims` are the token's own words, which nothing shows.
    """

    identity: Identity
    issuer: Issuer
    issued: datetime
    expires: datetime
    token_id: str
    session_id: str = ""
    """The session at the issuer (`sid`), which a back-channel logout names."""
    client: str = ""
    subject: str = ""
    """The issuer's own name for whom the token is for (`sub`), whatever they are called here."""
    person: Identity | None = None
    actors: tuple[Actor, ...] = ()
    claims: Claimed = field(default_factory=dict, repr=False)

    @property
    def sign_in(self) -> SignIn:
        """Return by what the token is known."""
        return SignIn(self.issuer.issuer, self.subject, self.session_id, self.token_id, self.issued)


def prove(
    token: str, candidates: Sequence[Issuer], keys: Sequence[Key], now: datetime, beside: Claimed | None = None
) -> Proven:
    """Return who bears the token, by the first of the settings that it fits; all of them name its issuer.

    `beside` is what the issuer's userinfo says of its subject, which counts where the token says nothing.
    """
    claims = any_claims(token, candidates, keys)
    algorithm = peek(token).algorithm
    refusals: list[TokenRefused] = []
    for issuer in candidates:
        try:
            if claims.get("iss") != issuer.issuer or algorithm not in issuer.algorithms:
                raise TokenRefused("the token is signed in a way that is not accepted (alg)")
            return _proven(token, issuer, _completed(claims, issuer, beside or {}), now)
        except TokenRefused as refused:
            refusals.append(refused)
    # What counts is the refusal by those whom the token is for at all.
    raise next((each for each in refusals if not isinstance(each, ForSomebodyElse)), refusals[0])


def any_claims(token: str, candidates: Sequence[Issuer], keys: Sequence[Key]) -> Claimed:
    """Return what a token says that is signed as one of the settings accepts; nothing else of it is checked."""
    if not candidates:
        raise TokenRefused("nobody here believes the token's issuer")
    allowed = tuple(dict.fromkeys(name for issuer in candidates for name in issuer.algorithms))
    return signed_claims(token, keys, allowed)


def wanted_beside(issuer: Issuer) -> frozenset[str]:
    """Return the claims that settings ask for and the issuer's userinfo may make; none where it is not asked."""
    if not issuer.userinfo:
        return frozenset()
    names = {issuer.subject_claim, *issuer.claims}
    if issuer.groups:
        names.add(issuer.groups_claim)
    if issuer.subject_claim == "email":
        names.add("email_verified")
    return frozenset(name for name in names if name.partition(".")[0] not in OF_THE_TOKEN)


def _completed(claims: Claimed, issuer: Issuer, beside: Claimed) -> Claimed:
    """Return the claims with those of the userinfo that the settings ask for and the token does not make."""
    names = {name if name in beside else name.partition(".")[0] for name in wanted_beside(issuer)}
    return {**{name: beside[name] for name in names if name in beside}, **claims}


def ends(proven: Proven, now: datetime) -> float:
    """Return after how many seconds the session ends that a token opens at this hour.

    A person's or a program's may outlast the token, which is good for minutes, as far as the issuer's settings say. An
    agent's does not: what it may do is written in the token.
    """
    if proven.identity.kind is Kind.AGENT:
        return left(proven, now)
    return proven.issuer.session


def left(proven: Proven, now: datetime) -> float:
    """Return for how many seconds a token is still good at this hour."""
    return max(0.0, (proven.expires - now).total_seconds() + proven.issuer.leeway)


def check_times(claims: Claimed, issuer: Issuer, now: datetime) -> tuple[datetime, datetime]:
    """Return when the token was issued and when it expires, once it is good at this hour."""
    at = now.timestamp()
    issued, expires = _number(claims, "iat"), _number(claims, "exp")
    if at >= expires + issuer.leeway:
        raise TokenRefused("the token has expired (exp)")
    if issued > at + issuer.leeway:
        raise TokenRefused("the token comes from the future (iat)")
    if "nbf" in claims and _number(claims, "nbf") > at + issuer.leeway:
        raise TokenRefused("the token is not good yet (nbf)")
    if not 0 < expires - issued <= issuer.lifetime:
        raise TokenRefused("the token is good for longer than tokens may be (lifetime)")
    return datetime.fromtimestamp(issued, UTC), datetime.fromtimestamp(expires, UTC)


def check_audience(claims: Claimed, issuer: Issuer) -> None:
    """Refuse a token that is for somebody else, or was given to a client that nobody knows."""
    audience = claims.get("aud")
    meant = [audience] if isinstance(audience, str) else audience
    if not isinstance(meant, list) or not any(each in issuer.audience for each in meant if isinstance(each, str)):
        raise ForSomebodyElse("the token is for somebody else (aud)")
    if issuer.clients and _client(claims) not in issuer.clients:
        raise TokenRefused("the token was given to another client (azp)")


def _proven(token: str, issuer: Issuer, claims: Claimed, now: datetime) -> Proven:
    check_audience(claims, issuer)
    issued, expires = check_times(claims, issuer, now)
    for claim, patterns in issuer.claims.items():
        if not any(_like(pattern, word) for pattern in patterns for word in _words(claim_of(claims, claim))):
            raise TokenRefused(f"the token does not say what it must in the claim {claim}")
    bearer = _bearer(issuer, claims)
    actors = _actors(claims)
    agent = _agent(issuer, bearer, actors) if actors else None
    if agent is not None:
        _check_may_act(claims, actors[0])
    identity = agent or bearer
    if identity.kind is Kind.AGENT:
        model, version = (_prose(claim_of(claims, name)) for name in (issuer.model_claim, issuer.version_claim))
        identity = replace(identity, model=model, version=version)
    return Proven(
        identity=identity,
        issuer=issuer,
        issued=issued,
        expires=expires,
        token_id=_token_id(token, claims),
        session_id=_short(claims.get("sid")),
        client=_client(claims),
        subject=_short(claims.get("sub")),
        person=bearer if agent is not None else None,
        actors=actors,
        claims=claims,
    )


def _bearer(issuer: Issuer, claims: Claimed) -> Identity:
    subject = claim_of(claims, issuer.subject_claim)
    if not isinstance(subject, str) or not subject:
        raise TokenRefused(f"the token does not say who it is for ({issuer.subject_claim})")
    if issuer.subject_claim == "email" and claims.get("email_verified", True) is not True:
        raise TokenRefused("nobody has verified the token's email")
    name = issuer.prefix + subject
    if len(name.encode("utf-8", "replace")) > MAX_SUBJECT or not name.isprintable():
        raise TokenRefused("the token's subject is no name")
    methods = claims.get("amr")
    amr = [each for each in methods if isinstance(each, str)] if isinstance(methods, list) else []
    return Identity(
        name,
        issuer.kind,
        _groups(issuer, claims),
        "oidc",
        issuer=issuer.name,
        acr=_short(claims.get("acr")),
        amr=frozenset(each[:100] for each in amr[:MAX_METHODS]),
    )


def _groups(issuer: Issuer, claims: Claimed) -> frozenset[str]:
    named = _words(claim_of(claims, issuer.groups_claim))
    if len(named) > MAX_GROUPS:
        raise TokenRefused("the token names too many groups")
    found = set(issuer.member_of)
    for name in named:
        if len(name) > MAX_GROUP or not name.isprintable():
            continue
        for pattern, ours in issuer.groups.items():
            if _like(pattern, name):
                found.add(name if ours == "*" else ours)
    return frozenset(found)


def _agent(issuer: Issuer, person: Identity, actors: tuple[Actor, ...]) -> Identity:
    if not issuer.agents or person.kind is not Kind.HUMAN:
        raise TokenRefused("this issuer's tokens may not name an agent (act)")
    return Identity(
        actors[0].subject,
        Kind.AGENT,
        frozenset(),
        "oidc",
        on_behalf_of=person.subject,
        issuer=issuer.name,
        acr=person.acr,
        amr=person.amr,
        person_groups=person.groups,
        actors=tuple(each.subject for each in actors[1:]),
    )


def _check_may_act(claims: Claimed, actor: Actor) -> None:
    """Refuse an agent other than the one that the person's token lets act, where it says so (RFC 8693, 4.4)."""
    if "may_act" not in claims:
        return
    named = claims["may_act"]
    if not isinstance(named, Mapping) or named.get("sub") != actor.subject:
        raise TokenRefused("the token lets somebody else act for the person (may_act)")
    if actor.issuer and named.get("iss", actor.issuer) != actor.issuer:
        raise TokenRefused("the token lets somebody else act for the person (may_act)")


def _actors(claims: Claimed) -> tuple[Actor, ...]:
    """Return who acts, the present one first; those behind are history and give no right."""
    found: list[Actor] = []
    act: object = claims.get("act")
    if act is None and "act" not in claims:
        return ()
    while act is not None:
        if len(found) >= MAX_ACTORS:
            raise TokenRefused("the token names more actors than anybody can follow (act)")
        subject = act.get("sub") if isinstance(act, dict) else None
        if not isinstance(act, dict) or not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
            raise TokenRefused("the token's actor is malformed (act)")
        if not subject.isprintable():
            raise TokenRefused("the token's actor is malformed (act)")
        found.append(Actor(subject, _short(act.get("iss"))))
        act = act.get("act")
    if not found:
        raise TokenRefused("the token's actor is malformed (act)")
    return tuple(found)


# --- words and numbers ----------------------------------------------------------------------------------------------


def claim_of(claims: Claimed, name: str) -> object:
    """Return a claim by its name, or by a path of names with dots between them, which may have dots in them too."""
    if name in claims:
        return claims[name]
    # The longest name first: Kubernetes has its own under `kubernetes.io`.
    at = name.rfind(".")
    while at > 0:
        inner = claims.get(name[:at])
        found = claim_of(inner, name[at + 1 :]) if isinstance(inner, Mapping) else None
        if found is not None:
            return found
        at = name.rfind(".", 0, at)
    return None


def scopes_of(proven: Proven) -> frozenset[str]:
    """Return the scopes that a token was given: `scope` (RFC 8693, 4.2), or `scp`, as some issuers have it."""
    said = [claim_of(proven.claims, name) for name in ("scope", "scp")]
    return frozenset(scope for each in said for words in _words(each) for scope in words.split(" ") if scope)


def _words(value: object) -> list[str]:
    """Return what a claim says as words, one or several of them."""
    words: list[str] = []
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, bool):
            words.append("true" if each else "false")
        elif isinstance(each, str | int):
            words.append(str(each))
    return words


def _like(pattern: str, word: str) -> bool:
    """Tell whether a word is of a pattern, in which `*` stands for anything; takes no time that a pattern chooses."""
    first, *others = pattern.split("*")
    if not others:
        return word == pattern
    if not word.startswith(first):
        return False
    at = len(first)
    for part in others[:-1]:
        found = word.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(word) - at >= len(others[-1]) and word.endswith(others[-1])


def _number(claims: Claimed, name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TokenRefused(f"the token does not say its times ({name})")
    if not 0 <= value < 2**40:
        raise TokenRefused(f"the token's times are impossible ({name})")
    return float(value)


def _prose(value: object) -> str:
    """Return what a claim says in words as it may be kept: bounded, on one line, without personal data."""
    return told(value[: 4 * MAX_MODEL])[:MAX_MODEL].strip() if isinstance(value, str) else ""


def _client(claims: Claimed) -> str:
    return _short(claims.get("azp")) or _short(claims.get("client_id"))


def _short(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= MAX_SUBJECT and value.isprintable() else ""


def _token_id(token: str, claims: Claimed) -> str:
    """Return the name by which this token can be told from others and ended: its `jti`, or a digest of it all."""
    return _short(claims.get("jti")) or sha256(token.encode()).hexdigest()
