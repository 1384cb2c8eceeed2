"""Between the stations: which issuers of tokens the house believes, and what their tokens make of somebody.

In comes what `app.identity_settings` read; out go frozen values. Knows no token, no key and no network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from proctor.edge.secret import Secret
from proctor.terms import Kind

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""The signatures that a token may have: all are of a public key. `none` and the HMACs are not among them, ever."""


Named = Literal["uri", "cn", "email", "dns"]
"""Which of a certificate's names says who its bearer is; a SPIFFE id is its URI."""


@dataclass(frozen=True)
class ClientCertificates:
    """An authority whose certificates of clients are believed at the database's door, and for whom they stand.

    `[certificates]`, or `[certificates.authorities.NAME]`, whose `label` is its name.
    """

    ca: Path
    crl: Path | None = None
    """Certificates that are not to be believed any more; one that is itself too old lets nobody in."""
    name: Named = "uri"
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The certificate's name, or its beginning and `*`, to a principal of the settings; `*` there keeps the rest."""
    session: float = 12 * 3600.0
    """A session ends after this long; one of an agent's ends with its certificate."""
    label: str = ""


@dataclass(frozen=True, slots=True)
class ConsoleClient:
    """`[identity.NAME.console]`: as which client the console sends people to the provider, and whence they come back.

    Without a `url` they come back to this machine only, at whatever address they had asked for.
    """

    client_id: str = ""
    secret: Secret | None = None
    url: str = ""
    return_after_sign_out: bool = False
    """The provider sends people back here who have signed out there: it knows our address for that."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """One `[identity.NAME]`: whose tokens are believed, for which audience, and who the bearer is then.

    Several may name the same `issuer`: the first whose audience and `claims` fit a token says who its bearer is.
    """

    name: str
    issuer: str
    audience: tuple[str, ...]
    kind: Kind = Kind.HUMAN
    client_id: str = ""
    """The public client as which people sign in: `proctor login`, and the console if it has none of its own."""
    scopes: tuple[str, ...] = ("openid", "profile", "email", "offline_access")
    resource: str = ""
    """What is asked for at signing in (RFC 8707), at providers that give a token for each resource."""
    subject_claim: str = "sub"
    prefix: str = ""
    """Stands before every subject, so that two issuers do not name two principals alike."""
    groups_claim: str = "groups"
    groups: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The issuer's group, or its beginning and `*`, to the house's; `*` there keeps the name."""
    member_of: frozenset[str] = frozenset()
    """Groups of everybody who comes this way."""
    claims: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """What a token must say: a claim to the values that it may have, `*` in them standing for anything."""
    clients: frozenset[str] = frozenset()
    """The clients (`azp` or `client_id`) to which a token may have been given; empty: any."""
    userinfo: bool = False
    """Claims that the settings ask for and a token lacks are asked of the issuer's userinfo endpoint."""
    agents: bool = False
    """Its tokens may name an agent that acts for a person (`act`)."""
    model_claim: str = "act.model"
    """The claim in which an agent's token names the model that it runs; `version_claim` likewise."""
    version_claim: str = "act.version"
    algorithms: tuple[str, ...] = ALGORITHMS
    leeway: float = 30.0
    lifetime: float = 2 * 3600.0
    """A token that is good for longer than this is refused."""
    session: float = 12 * 3600.0
    """A session that a token has opened ends after this long; one of an agent's ends with its token."""
    keys_age: float = 24 * 3600.0
    """For how long keys are used that could not be fetched again."""
    keys_file: Path | None = None
    """The issuer's keys as a file, for issuers that nobody can reach; then nothing is fetched."""
    ca: Path | None = None
    """Whose certificate the issuer's server has, where it is none of the system's authorities."""
    console: ConsoleClient = ConsoleClient()

    @property
    def console_client(self) -> str:
        """The client as which people sign in to the console; empty where they cannot by this issuer."""
        return (self.console.client_id or self.client_id) if self.kind is Kind.HUMAN else ""
