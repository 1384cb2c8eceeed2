"""Stations 6 and 9: what a record says. Takes nouns of the house; returns the exact bytes that the log will hash.

A record is one JSON object with a fixed order of keys. Its head (`v`, `shard`, `seq`, `time`, `monotonic_ns`) is put on
by the journal; the rest, the body, is encoded here. What equals its default is left out. Nothing is ever encoded again
to be verified: the bytes are the leaf. A record never holds a row's value or a literal of a statement: `statement.text`
is what `sql` made of it, with the literals taken out, and `statement.digest` is keyed.

Knows nothing of files, clocks or where identifiers come from. The manual's page `records.md` describes every field.
"""

from __future__ import annotations

from typing import Final

import msgspec

from proctor.audit.basis import Basis
from proctor.terms import Claims, Identity

SCHEMA: Final = 1
"""The version in every record's `v`. A reader of version 1 reads every later record that says 1."""
ENTRY_LIMIT: Final = 65_535
"""What fits a C2SP entry bundle; the log keeps larger records beside itself and names them."""

_ENCODE = msgspec.json.Encoder().encode


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of a record."""


class Who(Part, frozen=True, kw_only=True):
    """The identity as proven."""

    subject: str
    kind: str
    groups: tuple[str, ...] = ()
    proof: str = ""
    on_behalf_of: str | None = None
    issuer: str = ""
    acr: str = ""
    amr: tuple[str, ...] = ()
    person_groups: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    model: str = ""
    version: str = ""


class Origin(Part, frozen=True, kw_only=True):
    """Where the client's connection came from."""

    address: str
    tls: str | None = None


class Claimed(Part, frozen=True, kw_only=True):
    """What the client said of itself."""

    reason: str | None = None
    task: str | None = None
    on_behalf_of: str | None = None
    application: str | None = None
    trace: str | None = None


class StatementText(Part, frozen=True, kw_only=True):
    """The statement without its literals, and the keyed digest of the whole."""

    text: str
    digest: str


class Sealed(Part, frozen=True, kw_only=True):
    """The statement as it came and its bound values, encrypted; which key opens it, and the box in base64."""

    key: str
    box: str


class Verdict(Part, frozen=True, kw_only=True):
    """The decision: allow, deny or hold, and the rules that made it."""

    verdict: str
    rules: tuple[str, ...] = ()
    rule_set: str = ""
    reason: str = ""


class Masked(Part, frozen=True, kw_only=True):
    """The mask of one output column, counted from 1."""

    output: int
    mask: str
    data_class: str = msgspec.field(name="class")
    columns: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    computed: bool = False


class Source(Part, frozen=True, kw_only=True):
    """A file that was loaded, by name and content."""

    name: str
    sha256: str


class Body(Part, frozen=True, kw_only=True, tag_field="kind", tag=""):
    """What all kinds share."""

    id: str
    exchange: str | None = None
    session: str | None = None
    who: Who | None = None
    origin: Origin | None = msgspec.field(name="from", default=None)
    claims: Claimed | None = None


class SessionOpened(Body, tag="session.opened", frozen=True, kw_only=True):
    """A client has proven who it is and reached a database."""

    database: str
    engine: str = ""
    upstream_user: str = ""
    settings: dict[str, str] = {}
    agent: dict[str, str] = {}


class SessionClosed(Body, tag="session.closed", frozen=True, kw_only=True):
    """A session has ended."""

    database: str
    why: str = ""
    statements: int = 0
    refused: int = 0
    duration_us: int = 0


class LoginFailed(Body, tag="login.failed", frozen=True, kw_only=True):
    """Somebody could not prove who they are; `claimed` is the name they gave."""

    claimed: str
    database: str = ""
    method: str = ""
    why: str = ""


class StatementDecided(Body, tag="statement.decided", frozen=True, kw_only=True):
    """The intent: written before anything leaves the house.

    `parameters` is a keyed digest of the bound values, where they are not sealed, or were approved by a ticket.
    """

    database: str
    statement: StatementText
    command: str
    understood: bool
    decision: Verdict
    actions: tuple[str, ...] = ()
    reads: dict[str, tuple[str, ...]] = {}
    writes: dict[str, tuple[str, ...]] = {}
    infers: dict[str, tuple[str, ...]] = {}
    objects: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()
    masks: tuple[Masked, ...] = ()
    ticket: str | None = None
    parameters: str = ""
    shows: dict[str, tuple[str, ...]] = {}
    basis: Basis | None = None
    keys: dict[str, tuple[str, ...]] = {}
    sealed: Sealed | None = None
    probes: dict[str, int] = {}


class StatementAnswered(Body, tag="statement.answered", frozen=True, kw_only=True):
    """The outcome of one decided statement; `of` is the `id` of its `statement.decided`."""

    of: str
    rows: int
    bytes: int
    duration_us: int
    sqlstate: str = "00000"
    tag: str = ""
    cells: dict[int, int] = {}
    masking_us: int = 0


class TicketBody(Body, tag="ticket", frozen=True, kw_only=True):
    """What all records of a ticket's life share."""

    ticket: str
    requester: str = ""
    on_behalf_of: str | None = None
    database: str = ""
    digest: str = ""
    rules: tuple[str, ...] = ()
    by: str | None = None
    because: str | None = None


class TicketOpened(TicketBody, tag="ticket.opened", frozen=True, kw_only=True):
    """A statement is held, and somebody is asked."""

    statement: str = ""
    why_held: str = ""
    approvers: tuple[str, ...] = ()
    quorum: int = 1
    expires: str = ""


class TicketApproved(TicketBody, tag="ticket.approved", frozen=True, kw_only=True):
    """An approver has said yes; `approvals` counts them so far."""

    approvals: int = 1


class TicketDenied(TicketBody, tag="ticket.denied", frozen=True, kw_only=True):
    """An approver has said no."""


class TicketExpired(TicketBody, tag="ticket.expired", frozen=True, kw_only=True):
    """Nobody answered in time, or the approval was not used in time."""


class TicketSpent(TicketBody, tag="ticket.spent", frozen=True, kw_only=True):
    """The ticket's one use is gone."""


class TicketVoided(TicketBody, tag="ticket.voided", frozen=True, kw_only=True):
    """What the ticket was for means something else now, or the rules ask for more; it fits nothing any more."""

    why: str = ""


class TicketRehearsed(TicketBody, tag="ticket.rehearsed", frozen=True, kw_only=True):
    """The held statement is about to be run on trial, so that approvers see what it changes, and rolled back."""


class GlassBroken(TicketBody, tag="glass.broken", frozen=True, kw_only=True):
    """A person runs what the rules refuse, by a right of their own: `rules` are those that said no, `because` why."""

    statement: str = ""


class GlassReviewed(TicketBody, tag="glass.reviewed", frozen=True, kw_only=True):
    """Somebody else has looked at what was done behind broken glass; `because` is what they found."""


class TicketCancelled(TicketBody, tag="ticket.cancelled", frozen=True, kw_only=True):
    """The requester has withdrawn."""


class GrantBody(Body, tag="grant", frozen=True, kw_only=True):
    """What all records of a grant's life share."""

    grant: str
    requester: str = ""
    database: str = ""
    column: str = ""
    seconds: int = 0
    by: str | None = None
    because: str | None = None


class GrantRequested(GrantBody, tag="grant.requested", frozen=True, kw_only=True):
    """A person asks to see a sensitive column as it is, for a while."""


class GrantApproved(GrantBody, tag="grant.approved", frozen=True, kw_only=True):
    """Somebody else has agreed; statements decided under it name it among their rules."""


class GrantDenied(GrantBody, tag="grant.denied", frozen=True, kw_only=True):
    """Somebody else has said no."""


class GrantRevoked(GrantBody, tag="grant.revoked", frozen=True, kw_only=True):
    """It was taken back before its time."""


class GrantExpired(GrantBody, tag="grant.expired", frozen=True, kw_only=True):
    """Its time is over, or nobody has decided in time."""


class RulesLoaded(Body, tag="rules.loaded", frozen=True, kw_only=True):
    """Another set of rules is in force."""

    rule_set: str
    rules: int = 0
    sources: tuple[Source, ...] = ()


class ConfigLoaded(Body, tag="config.loaded", frozen=True, kw_only=True):
    """The configuration was read; `changed` names the settings that differ from before, never their values."""

    digest: str
    changed: tuple[str, ...] = ()
    version: str = ""


class Entitled(Part, frozen=True, kw_only=True):
    """Somebody of the settings, and what they were given there. Never a password, only whether there is one."""

    name: str
    sort: str
    groups: tuple[str, ...] = ()
    owner: str = ""
    password: bool = False
    enabled: bool = True
    tasks: tuple[str, ...] = ()


class EntitlementsListed(Body, tag="entitlements.listed", frozen=True, kw_only=True):
    """Who may come in as what, by the settings of this moment: `digest` is theirs, `rule_set` what binds everybody."""

    digest: str
    rule_set: str = ""
    entitled: tuple[Entitled, ...] = ()


class ScanFinished(Body, tag="scan.finished", frozen=True, kw_only=True):
    """A database was looked through for sensitive columns."""

    database: str
    tables: int = 0
    columns: int = 0
    sensitive: int = 0
    duration_us: int = 0
    map_version: int = 0


class ClassificationChanged(Body, tag="classification.changed", frozen=True, kw_only=True):
    """A column's class is another one than before."""

    database: str
    column: str
    before: str | None = None
    after: str | None = None
    source: str = ""
    because: str | None = None


class WorkerStarted(Body, tag="worker.started", frozen=True, kw_only=True):
    """A process of the gateway has started."""

    worker: str
    pid: int
    version: str = ""


class WorkerStopped(Body, tag="worker.stopped", frozen=True, kw_only=True):
    """A process of the gateway has stopped as it was told."""

    worker: str
    pid: int
    why: str = ""


class WorkerDied(Body, tag="worker.died", frozen=True, kw_only=True):
    """A process of the gateway has died; `why` is the signal or exit code."""

    worker: str
    pid: int
    why: str = ""


class OperatorCall(Body, tag="operator.call", frozen=True, kw_only=True):
    """An operator asked something of the house, by console, API, MCP or command line."""

    action: str
    target: str = ""
    outcome: str = ""
    details: dict[str, str] = {}
    because: str | None = None


class SubjectErased(Body, tag="subject.erased", frozen=True, kw_only=True):
    """The keys of somebody's sealed values were destroyed: the records stay, and nobody reads those values any more."""

    subject: str
    keys: int
    because: str = ""


class LogRetired(Body, tag="log.retired", frozen=True, kw_only=True):
    """The records of a log before this number are older than the settings let them become, and are taken away."""

    log: str
    retired: int
    because: str = ""


class Heartbeat(Body, tag="heartbeat", frozen=True, kw_only=True):
    """The shard is alive: silence between two of these was silence."""

    interval_s: int
    sessions: int = 0
    opened: int = 0
    closed: int = 0
    statements: int = 0


class JournalOpened(Body, tag="journal.opened", frozen=True, kw_only=True):
    """The journal of a shard was opened; `cut` bytes of a torn tail were taken off the segment before."""

    segment: int
    healed: int | None = None
    cut: int = 0
    damaged: bool = False


class JournalFault(Body, tag="journal.fault", frozen=True, kw_only=True):
    """The journal could not be written for a while, and nothing was served; then a new segment began."""

    segment: int
    what: str
    rewritten: int = 0


class JournalLost(Body, tag="journal.lost", frozen=True, kw_only=True):
    """The record with this number is gone from the journal; an operator has acknowledged that."""

    because: str


class ClockStepped(Body, tag="clock.stepped", frozen=True, kw_only=True):
    """The wall clock has moved against the monotonic one, by so many microseconds."""

    by_us: int


KINDS: Final[tuple[type[Body], ...]] = (
    SessionOpened,
    SessionClosed,
    LoginFailed,
    StatementDecided,
    StatementAnswered,
    TicketOpened,
    TicketApproved,
    TicketDenied,
    TicketExpired,
    TicketSpent,
    TicketCancelled,
    TicketVoided,
    TicketRehearsed,
    GlassBroken,
    GlassReviewed,
    GrantRequested,
    GrantApproved,
    GrantDenied,
    GrantRevoked,
    GrantExpired,
    RulesLoaded,
    ConfigLoaded,
    EntitlementsListed,
    ScanFinished,
    ClassificationChanged,
    WorkerStarted,
    WorkerStopped,
    WorkerDied,
    OperatorCall,
    SubjectErased,
    LogRetired,
    Heartbeat,
    JournalOpened,
    JournalFault,
    JournalLost,
    ClockStepped,
)
"""Every kind of record there is."""


class Blob(msgspec.Struct, frozen=True):
    """Where a record lies that is larger than an entry of the log may be."""

    sha256: str
    size: int


class Glance(msgspec.Struct, frozen=True, gc=False):
    """The few fields of a record that its verifier reads."""

    v: int
    shard: str
    seq: int
    time: str
    monotonic_ns: int
    kind: str
    id: str
    of: str | None = None
    exchange: str | None = None
    decision: Verdict | None = None
    interval_s: int = 0
    blob: Blob | None = None
    log: str = ""
    retired: int = 0


glance = msgspec.json.Decoder(Glance, strict=True).decode
"""Read those fields out of a whole record; raises `msgspec.MsgspecError` for what is none."""


def encode(body: Body) -> bytes:
    """Return a record's body as the journal takes it."""
    return _ENCODE(body)


def who_of(identity: Identity) -> Who:
    """Return an identity as a record writes it, groups in order."""
    model, version = _running(identity)
    return Who(
        subject=identity.subject,
        kind=str(identity.kind),
        groups=tuple(sorted(identity.groups)),
        proof=identity.proof,
        on_behalf_of=identity.on_behalf_of,
        issuer=identity.issuer,
        acr=identity.acr,
        amr=tuple(sorted(identity.amr)),
        person_groups=tuple(sorted(identity.person_groups)),
        actors=identity.actors,
        model=model,
        version=version,
    )


def _running(identity: Identity) -> tuple[str, str]:
    """Return the model and version that an agent claims to run: its token's word, or else its registration's."""
    if identity.model or identity.version:
        return identity.model, identity.version
    return identity.registration.model, identity.registration.version


def registered(identity: Identity) -> dict[str, str]:
    """Return what an agent was registered as: its purpose, and the model and version that its owner names."""
    found = identity.registration
    said = {"purpose": found.purpose, "model": found.model, "version": found.version}
    return {name: text for name, text in said.items() if text}


def claims_of(claims: Claims) -> Claimed | None:
    """Return claims as a record writes them, and None when nothing was claimed."""
    said = Claimed(
        reason=claims.reason,
        task=claims.task,
        on_behalf_of=claims.on_behalf_of,
        application=claims.application,
        trace=claims.trace,
    )
    return None if said == Claimed() else said
