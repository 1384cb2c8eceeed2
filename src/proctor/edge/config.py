"""Between the stations: what the house is told to be. The nouns of `proctor.toml`, already read and checked.

In comes what `app.settings` read; out go frozen values that every process shares. Knows nothing of TOML, files or
clocks, and shows no secret in any `repr`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from proctor.edge.audit_config import Audit
from proctor.edge.directory_config import Directory
from proctor.edge.identity_config import ClientCertificates, Issuer
from proctor.edge.secret import Secret
from proctor.edge.traces_config import Tracing
from proctor.policy.approvers import SHIPPED, Approvers
from proctor.terms import UNREGISTERED, Identity, Kind, Registration, Task

Engine = Literal["postgresql"]
Environment = Literal["production", "staging", "development"]
Style = Literal["useful", "redact"]
Way = Literal["scram", "token", "oauth", "certificate"]
UpstreamTls = Literal["verify-full", "require", "off"]
SessionAttrs = Literal["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]

MiB = 1024 * 1024


def loopback(host: str) -> bool:
    """Tell whether packets to this host never leave the machine."""
    if host.casefold() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: a host and a port, or the path of a Unix socket."""

    host: str = ""
    port: int = 0
    path: Path | None = None

    @property
    def local(self) -> bool:
        """Whether nobody outside this machine can reach it."""
        return self.path is not None or loopback(self.host)

    def __str__(self) -> str:
        if self.path is not None:
            return str(self.path)
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ListenTls:
    """How clients are met: by our own CA (`auto`), in plain text on this machine (`off`), or with given files."""

    mode: Literal["auto", "off", "files"] = "auto"
    cert: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Listen:
    """The doors of the house. `proxy_protocol` names the networks that may speak for a client's address."""

    postgres: tuple[Address, ...] = (Address("127.0.0.1", 6432),)
    console: tuple[Address, ...] = (Address("127.0.0.1", 8088),)
    workers: int = 1
    tls: ListenTls = ListenTls()
    login: Way = "scram"
    """How clients are asked who they are, behind TLS: by SASL, for a token as the password, by OAUTHBEARER alone, or
    for a certificate. Where it is SASL, a certificate that a client shows is enough."""
    proxy_protocol: tuple[IPv4Network | IPv6Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Masking:
    """What masks look like: `useful` ones join and group, `redact` shows constants."""

    style: Style = "useful"


@dataclass(frozen=True, slots=True)
class Mcp:
    """Which origins and names of hosts may be in requests of the Model Context Protocol, beside this machine's own.

    `url` is where clients find it, and what the audience of their tokens must be; without it no tokens are taken.
    `scopes` are what each token must have been given.
    """

    url: str = ""
    scopes: tuple[str, ...] = ()
    origins: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()


MessageFormat = Literal["proctor", "slack", "teams"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where news of tickets go, signed with a secret that its receiver has as well."""

    name: str
    url: str
    secret: Secret
    format: MessageFormat = "proctor"


@dataclass(frozen=True, slots=True)
class Answers:
    """From where decisions come in: the secret that signs them, and who the senders are, by the service's own ids."""

    secret: Secret
    people: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Approvals:
    """How long a held client waits, in seconds, and by which ways the desk speaks and listens beside its own.

    With a wait of 0 a client is refused at once and told the ticket's id. `tickets` is who approves where a rule does
    not say, `grants` who agrees to grants.
    """

    wait: float = 120.0
    webhooks: tuple[Webhook, ...] = ()
    slack: Answers | None = None
    teams: Answers | None = None
    tickets: Approvers = SHIPPED
    grants: Approvers = SHIPPED


@dataclass(frozen=True, slots=True)
class UpstreamRole:
    """A credential of the gateway's own at a database. Clients never see one."""

    user: str
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """One place where a database answers: a host with a port, or the folder of a Unix socket."""

    name: str
    port: int

    @property
    def unix(self) -> bool:
        """Whether `name` is the folder of a Unix socket."""
        return self.name.startswith("/")

    @property
    def local(self) -> bool:
        """Whether the way there never leaves this machine."""
        return self.unix or loopback(self.name)


@dataclass(frozen=True, slots=True)
class Database:
    """A database behind the gateway. `name` is what clients ask for, `database` what the server calls it.

    `users` maps a group to the upstream role of its members, in the order of the file: the first that fits counts.
    """

    name: str
    hosts: tuple[Host, ...]
    database: str
    role: UpstreamRole
    environment: Environment = "production"
    users: Mapping[str, UpstreamRole] = field(default_factory=lambda: MappingProxyType({}))
    tls: UpstreamTls = "verify-full"
    ca: Path | None = None
    target_session_attrs: SessionAttrs = "any"
    engine: Engine = "postgresql"
    dry_run: bool = False
    """Held writes may be run and taken back, so that an approver sees what they would change."""
    login: Way | None = None
    """How its clients are asked who they are, where it is not as `listen.login` says."""

    @property
    def host(self) -> Host:
        """The first host."""
        return self.hosts[0]

    def role_for(self, groups: frozenset[str]) -> UpstreamRole:
        """Return the upstream role of somebody in these groups."""
        return next((role for group, role in self.users.items() if group in groups), self.role)


@dataclass(frozen=True, slots=True)
class Server:
    """A whole database server. `databases` is None when it offers all of them, those created later included.

    `template` is the database by whose settings each of them is reached; its own `database` is where to ask for names.
    """

    name: str
    template: Database
    databases: frozenset[str] | None = None

    def database(self, name: str) -> Database | None:
        """Return the named database of this server, or None when the server does not offer it."""
        if self.databases is not None and name not in self.databases:
            return None
        return replace(self.template, name=name, database=name)


@dataclass(frozen=True, slots=True)
class Person:
    """A human who may log in. `password` is plain or a SCRAM-SHA-256 verifier; without one, no password fits.

    Whoever is not `enabled` is not let in, nor is an agent that acts for them.
    """

    name: str
    groups: frozenset[str] = frozenset()
    password: Secret | None = None
    enabled: bool = True
    former: Secret | None = None

    def identity(self, proof: str) -> Identity:
        """Return who this is, once proven."""
        return Identity(self.name, Kind.HUMAN, self.groups, proof)


@dataclass(frozen=True, slots=True)
class Agent:
    """A program that acts for a person. What it does, its owner is answerable for and may not approve.

    It may do no more than the owner could, who is in `owner_groups`, and no more than it was registered for.
    """

    name: str
    owner: str
    groups: frozenset[str] = frozenset()
    password: Secret | None = None
    tasks: tuple[Task, ...] = ()
    owner_groups: frozenset[str] = frozenset()
    registration: Registration = UNREGISTERED
    enabled: bool = True
    expires: datetime | None = None
    former: Secret | None = None

    def identity(self, proof: str) -> Identity:
        """Return who this is, once proven, with the owner as the one it acts for."""
        return self.acting_for(self.owner, self.owner_groups, proof)

    def acting_for(self, person: str, groups: frozenset[str], proof: str) -> Identity:
        """Return who this is once it is proven for whom it acts, and which groups that person is in."""
        return Identity(
            self.name,
            Kind.AGENT,
            self.groups,
            proof,
            on_behalf_of=person,
            tasks=self.tasks,
            person_groups=groups,
            registration=self.registration,
        )


@dataclass(frozen=True, slots=True)
class Service:
    """A program that acts for itself. While its secret is being changed, the `former` one is good as well."""

    name: str
    groups: frozenset[str] = frozenset()
    password: Secret | None = None
    enabled: bool = True
    former: Secret | None = None

    def identity(self, proof: str) -> Identity:
        """Return who this is, once proven."""
        return Identity(self.name, Kind.SERVICE, self.groups, proof)


Principal = Person | Agent | Service


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where a key lives. `made` says that the house makes it at first start (the default under `state/keys`).

    `public` is the public half of a key that its command never shows, and signs with.
    """

    file: Path | None = None
    env: str | None = None
    command: tuple[str, ...] = ()
    made: bool = False
    public: bytes = b""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of the house, apart from its state where the operator wants that."""

    mask: KeySource
    bind: KeySource
    sign: KeySource
    reveal: KeySource = KeySource()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a session may cost. Seconds, counts and bytes; going over is an error, never an unmasked answer.

    `hold` is how long a ticket stays good, from its opening; `approvals.wait` is how long a client waits for it.
    """

    login: float = 10.0
    idle: float = 8 * 3600.0
    statement: float = 3600.0
    hold: float = 3600.0
    sessions_per_identity: int = 100
    result_rows: int = 10_000_000
    result_bytes: int = 4096 * MiB
    message_bytes: int = 64 * MiB
    masked_cell_bytes: int = 8 * MiB
    withheld_bytes: int = 16 * MiB


@dataclass(frozen=True, slots=True)
class Policy:
    """The rule files on top of the shipped pack."""

    paths: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that `proctor.toml` says, with absolute paths. `warnings` are for the operator's eyes at start."""

    source: Path
    state: Path
    keys: Keys
    listen: Listen = Listen()
    audit: Audit = field(default_factory=Audit)
    masking: Masking = Masking()
    approvals: Approvals = Approvals()
    databases: Mapping[str, Database] = field(default_factory=lambda: MappingProxyType({}))
    servers: Mapping[str, Server] = field(default_factory=lambda: MappingProxyType({}))
    people: Mapping[str, Person] = field(default_factory=lambda: MappingProxyType({}))
    agents: Mapping[str, Agent] = field(default_factory=lambda: MappingProxyType({}))
    services: Mapping[str, Service] = field(default_factory=lambda: MappingProxyType({}))
    identity: Mapping[str, Issuer] = field(default_factory=lambda: MappingProxyType({}))
    certificates: tuple[ClientCertificates, ...] = ()
    scim: Directory | None = None
    traces: Tracing | None = None
    limits: Limits = Limits()
    policy: Policy = Policy()
    mcp: Mcp = Mcp()
    warnings: tuple[str, ...] = ()

    def principal(self, name: str) -> Principal | None:
        """Return who goes by this name; names are unique over people, agents and services."""
        return self.people.get(name) or self.agents.get(name) or self.services.get(name)

    def fallen(self, name: str, person: str | None, now: datetime) -> str | None:
        """Return why somebody of that name, who acts for that person if for any, is not let in (any more), or None.

        Names that the settings do not know are proven elsewhere, and nothing is said of them here.
        """
        found = self.principal(name)
        if found is not None and not found.enabled:
            return "it is disabled"
        if isinstance(found, Agent) and found.expires is not None and found.expires <= now:
            return "its registration has expired"
        behind = None if person is None else self.people.get(person)
        if behind is not None and not behind.enabled:
            return "the person it acts for is disabled"
        if isinstance(found, Agent) and (found.owner not in self.people or not self.people[found.owner].enabled):
            return "its owner is disabled"
        return None

    def database(self, name: str) -> Database | None:
        """Return the database that clients ask for by this name: a listed one first, then one of a server."""
        if name in self.databases:
            return self.databases[name]
        named = sorted(self.servers.values(), key=lambda server: server.databases is None)
        return next((found for server in named if (found := server.database(name)) is not None), None)

    def way_in(self, name: str) -> Way:
        """Return how clients of this database are asked who they are, behind TLS; strangers to it as everybody."""
        database = self.database(name)
        return self.listen.login if database is None or database.login is None else database.login
