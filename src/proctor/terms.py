"""The nouns of the house. Every layer may read them; they know nothing of bytes, SQL text, rules or clocks.

A newcomer starts here: an `Identity` asks a statement; `sql` turns it into an `Analysis`; `policy` answers with a
`Decision`; a `Hold` becomes a `Ticket`; `audit` keeps `Record`s of it all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType

ExchangeId = NewType("ExchangeId", str)
SessionId = NewType("SessionId", str)
TicketId = NewType("TicketId", str)
DataClass = NewType("DataClass", str)
"""What a sensitive column holds: "email", "person_name", "payment_card" … (the list is `classify.classes`)."""


class Kind(StrEnum):
    """What sort of principal asks."""

    HUMAN = "human"
    SERVICE = "service"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Budget:
    """What an agent may do in a day before somebody is asked; None sets no bound. `cells` are sensitive ones."""

    statements: int | None = None
    rows: int | None = None
    cells: int | None = None
    writes: int | None = None
    cost: int | None = None


UNBOUNDED = Budget()


@dataclass(frozen=True, slots=True)
class Task:
    """What an agent may be sent to do, and the tables that belong to it: `schema.name`, or `schema.*`."""

    name: str
    tables: frozenset[str]
    budget: Budget = UNBOUNDED


class Action(StrEnum):
    """What can be done to a resource; the actions of the Cedar schema."""

    CONNECT = "connect"
    READ = "read"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    DEFINE = "define"
    GRANT = "grant"
    ADMINISTER = "administer"
    EXECUTE = "execute"
    EXPORT = "export"
    COPY = "copy"
    INFER = "infer"
    UNMASK = "unmask"
    MASK = "mask"
    """Not done by anybody: by it, rules say which mask a column wears."""
    BREAK_GLASS = "break_glass"


@dataclass(frozen=True, slots=True)
class Registration:
    """What an agent was registered for, by the settings, and who is its `owner`. None sets no bound.

    `model` and `version` are what its owner says it runs.
    """

    purpose: str = ""
    databases: frozenset[str] | None = None
    actions: frozenset[Action] | None = None
    model: str = ""
    version: str = ""
    budget: Budget = UNBOUNDED
    owner: str = ""


UNREGISTERED = Registration()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking, as proven. `on_behalf_of` is the proven principal of an agent, never a mere claim.

    `tasks`, if there are any, are all that the agent may be at. `issuer` is the settings' name of who has vouched for
    the identity, "" where that is the house itself; `acr` and `amr` are how the person had proven who they are there.
    `person_groups` are those of whom it acts for, and
    `registration` is what it was registered for: both bound what it may do.
    """

    subject: str
    kind: Kind
    groups: frozenset[str]
    proof: str
    on_behalf_of: str | None = None
    tasks: tuple[Task, ...] = ()
    issuer: str = ""
    acr: str = ""
    amr: frozenset[str] = frozenset()
    person_groups: frozenset[str] = frozenset()
    registration: Registration = UNREGISTERED
    actors: tuple[str, ...] = ()
    """Who has acted before the agent in the same errand, the last one first: history, which gives no right."""
    model: str = ""
    """Which model an agent says it runs, in its token; a claim, which gives no right. `version` likewise."""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Claims:
    """What the client says of itself. Recorded as claims, never as facts; may narrow rights, never widen them."""

    reason: str | None = None
    task: str | None = None
    on_behalf_of: str | None = None
    application: str | None = None
    break_glass: bool = False
    """A person asks to run what is denied or held, by a right of their own, and answers for it later."""
    trace: str | None = None
    """The `traceparent` of the client's own trace, for its spans; no rule reads it."""


@dataclass(frozen=True, slots=True, order=True)
class Relation:
    """A table, view, sequence or the like, by the name it resolved to. Temporary ones have the schema `pg_temp`."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class Column:
    """A column of a resolved relation."""

    relation: Relation
    name: str

    def __str__(self) -> str:
        return f"{self.relation}.{self.name}"


@dataclass(frozen=True, slots=True)
class Access:
    """One thing that a statement does to one object.

    `relation` is None for what has no relation (a setting, a role, a function). `columns` are the columns read or
    written, empty where the whole object is meant. `traits` say how, from the closed list in `sql.traits`
    (`no_where`, `destroys`, `temporary` …). `object` names what is not a relation (`role bob`, `setting work_mem`).
    """

    action: Action
    relation: Relation | None = None
    columns: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()
    object: str = ""
    estimated_rows: int | None = None
    most_rows: int | None = None
    """No more rows than that are written, by the text and the unique indexes alone; None where nobody knows."""
    read_rows: int | None = field(default=None, compare=False)
    """How many rows the server is expected to look at for it, however few it gives; no rule reads it, budgets do."""


class Use(StrEnum):
    """How a column's value steers a statement without being shown."""

    KEY = "key"
    """Compared by =, IN or = ANY with a constant or parameter and nothing else."""
    EQUIJOIN = "equijoin"
    """Compared by = with another column, both bare."""
    GROUP = "group"
    """GROUP BY, DISTINCT, or the comparing of UNION, INTERSECT, EXCEPT, on the bare column."""
    ORDER = "order"
    FILTER = "filter"
    """Everything else: LIKE, ranges, functions on it in WHERE, CASE, FILTER, joins with generated sets, LIMIT …"""
    OUTCOME = "outcome"
    """The success or failure of a write, or of a partial function or cast, tells about the value."""


@dataclass(frozen=True, slots=True)
class Inference:
    """A use of columns in a place that shows something about their values: a predicate, an order, an outcome."""

    use: Use
    columns: frozenset[Column]


@dataclass(frozen=True, slots=True)
class Probe:
    """Plain values that a statement compares a column with, or writes into it: each is a guess that may be answered."""

    column: Column
    constants: int = 0
    """How many of them the text itself shows, scalar parameters included."""
    arrays: tuple[int, ...] = ()
    """The parameters whose elements count, each as often as it stands here."""
    countless: bool = False
    """There are more, and nobody can say how many."""
    written: bool = False
    """They are written into the column, not compared with it."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value of the client's that is compared with columns by = or its kin, or written into one of them.

    It is a `literal` (at `place` in the text, in bytes), a `parameter`, or was made in a way that nobody follows.
    """

    columns: frozenset[Column]
    parameter: int = 0
    literal: str | None = field(default=None, repr=False)
    place: int = -1
    array: bool = False
    """Its elements are what is compared."""
    alone: bool = False
    """It is compared with these columns and does nothing else in the statement: another may take its place."""
    written: bool = False
    casts: tuple[int, ...] = ()
    """The built-in types that the text converts it to, the innermost first."""
    argument: int = 0
    """It is this argument of an EXECUTE, from 1: what it is compared with, the statement behind the name says."""


@dataclass(frozen=True, slots=True)
class Output:
    """One result column: where its value comes from.

    `plain` says that the value is exactly that of its source columns' rows, unchanged (a bare column, also through
    views, subqueries and the arms of a UNION); anything else with sources is derived.
    """

    name: str
    sources: frozenset[Column] = frozenset()
    plain: bool = False
    row: int = field(default=0, compare=False)
    """Plain columns with the same number stand in one row of one table; of 0 nobody knows."""


@dataclass(frozen=True, slots=True)
class Taint:
    """A write that copies values: the columns in `sources` flow into `target`."""

    sources: frozenset[Column]
    target: Column


@dataclass(frozen=True, slots=True)
class CopyFormat:
    """How COPY writes or reads its data, as far as a masker must know it."""

    to_client: bool
    format: str = "text"
    delimiter: str = "\t"
    null: str = "\\N"
    quote: str = '"'
    escape: str = '"'
    header: bool = False
    force_quote: bool = False
    columns: tuple[Column, ...] = ()
    """What the client's data goes into, in order."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a statement does to the session itself, for those who follow the session's state.

    `verb` is one of: begin, commit, rollback, savepoint, release, rollback_to, commit_prepared, prepare, execute,
    deallocate, declare, fetch, close, set, set_local, reset, discard, define (the catalog changes), listen.
    `name` is the object (None = all), `value` the new setting (None = default), `text` the statement of
    PREPARE or DECLARE as written.
    """

    verb: str
    name: str | None = None
    value: str | None = None
    text: str | None = None
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one statement means. `understood=False` is a value too, and reaches `decide`, whose default is no.

    `outputs` is None when it returns no rows. `reads` holds every column whose value is touched anywhere; `taints`
    the copying writes; `opaque` what cannot be seen through (a function, DO, dynamic SQL), each in words.
    """

    kind: str
    understood: bool = True
    trouble: str = ""
    accesses: tuple[Access, ...] = ()
    outputs: tuple[Output, ...] | None = None
    reads: frozenset[Column] = frozenset()
    inferences: tuple[Inference, ...] = ()
    taints: tuple[Taint, ...] = ()
    functions: frozenset[str] = frozenset()
    opaque: tuple[str, ...] = ()
    copy: CopyFormat | None = None
    effects: tuple[Effect, ...] = ()
    text: str = ""
    """The statement's own text, cut out of the message that held it."""
    probes: tuple[Probe, ...] = ()
    given: tuple[Given, ...] = field(default=(), compare=False)
    parameters: int = 0
    """The highest number of a parameter, if anything is `given`."""
    keyed: frozenset[Column] = frozenset()
    """The columns that are compared with masked values of their own class alone: nothing is inferred from them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What `classify` holds a column to be, how surely (0 to 1), and why, in words for a person."""

    data_class: DataClass | None
    confidence: float
    evidence: str
    source: str = "scan"


@dataclass(frozen=True, slots=True)
class Classified:
    """The data map of one database. A column that is in neither part has not been looked at: it counts as sensitive.

    `version` changes whenever an answer may; caches key on it.
    """

    findings: Mapping[Column, Finding] = field(default_factory=dict)
    clean: frozenset[str] = frozenset({"pg_catalog", "information_schema"})
    version: int = 0
    by_relation: Mapping[Relation, tuple[DataClass, ...]] = field(init=False, repr=False, compare=False)
    """The classes of each relation's sensitive columns; none for one that was looked at and is clean."""

    def __post_init__(self) -> None:
        held: dict[Relation, tuple[DataClass, ...]] = {}
        for column, found in self.findings.items():
            own = () if found.data_class is None else (found.data_class,)
            held[column.relation] = held.get(column.relation, ()) + own
        object.__setattr__(self, "by_relation", held)

    def class_of(self, column: Column) -> DataClass | None:
        """Return the column's class, None when it is clean, and `unscanned` when nobody has looked yet."""
        if column.relation.schema in self.clean:
            return None
        found = self.findings.get(column)
        return DataClass("unscanned") if found is None else found.data_class

    def holds_sensitive(self, relation: Relation) -> bool:
        """Tell whether any column of the relation is sensitive; one that nobody has looked at counts as such."""
        return relation.schema not in self.clean and self.by_relation.get(relation) != ()


@dataclass(frozen=True, slots=True)
class MaskSpec:
    """Which mask one result column wears. `name` is one of the masks of `policy.masks`; `redact` hides all."""

    name: str
    data_class: DataClass
    columns: frozenset[Column] = frozenset()
    computed: bool = False
    """The value was computed: that it is NULL tells something, and is hidden as well."""
    rules: tuple[str, ...] = field(default=(), compare=False)
    """The rules that chose it; none where it is the mask that the class wears anyway."""


@dataclass(frozen=True, slots=True)
class Context:
    """Everything but the who and the what that a decision depends on."""

    database: str
    environment: str
    now: datetime
    claims: Claims = Claims()
    approved: bool = False
    approvals: int = 0
    grants: frozenset[tuple[Column, str]] = frozenset()
    """Columns that the asker may see for a while, each with the grant that says so."""
    in_transaction: bool = False
    """What is held would wait in an open transaction, which keeps its locks meanwhile."""
    style: str = "useful"
    probes: Mapping[Column, int] = field(default_factory=dict, hash=False)
    """How many plain values the asker has put to each column lately, this statement's own among them."""


@dataclass(frozen=True, slots=True)
class Allow:
    """It may run; `masks` has one entry for each output of the analysis (None = shown as it is)."""

    rules: tuple[str, ...]
    rule_set: str
    masks: tuple[MaskSpec | None, ...] = ()
    sensitive: bool = False
    """The statement touches sensitive data: its record is durable first, its errors lose their details."""
    unmasked: frozenset[DataClass] = frozenset()
    """The classes that the asker may see in the clear."""
    broken: tuple[str, ...] = ()
    """The rules that said no, or asked for somebody, and were overridden by breaking the glass."""


@dataclass(frozen=True, slots=True)
class Deny:
    """It may not run. `rules[0]` is the rule that says so; `hint` what to do instead."""

    rules: tuple[str, ...]
    rule_set: str
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """It may run once somebody approves it."""

    rules: tuple[str, ...]
    rule_set: str
    reason: str
    hint: str = ""
    approvers: frozenset[str] = frozenset()
    quorum: int = 1


Decision = Allow | Deny | Hold


class Moment(NamedTuple):
    """The hour on the wall, and nanoseconds that never step back: what must end in time goes by both."""

    wall: datetime
    ticks: int = 0


class TicketState(StrEnum):
    """The life of a ticket: pending → approved → spent, or denied, expired, cancelled, voided on the way."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SPENT = "spent"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's yes or no, and how they had proven who they are."""

    by: str
    yes: bool
    at: datetime
    proof: str = ""
    groups: frozenset[str] = frozenset()
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request for approval. It fits one statement (by digest), one identity and one use, and expires.

    `footing` is a digest of what its meaning stands on: the objects it touches and the session's settings. `deadline`
    is when it ends by the clock that never steps back; 0 where only the wall clock says so.
    """

    id: TicketId
    state: TicketState
    requester: str
    on_behalf_of: str | None
    database: str
    statement: str
    digest: str
    reason: str | None
    rules: tuple[str, ...]
    why_held: str
    approvers: frozenset[str]
    quorum: int
    created: datetime
    expires: datetime
    deadline: int = 0
    footing: str = ""
    votes: tuple[Vote, ...] = ()
    glass: bool = False
    """Nobody was asked: the glass was broken, and somebody has to look at it afterwards."""
    review: Vote | None = None

    @property
    def decided_by(self) -> tuple[str, ...]:
        """Return who has said yes or no, each once, in order."""
        return tuple(dict.fromkeys(vote.by for vote in self.votes))

    @property
    def because(self) -> str | None:
        """Return the reasons that they gave, a line each."""
        return "\n".join(vote.because for vote in self.votes if vote.because) or None


class GrantState(StrEnum):
    """The life of a grant: pending → active → expired or revoked; or denied, expired on the way."""

    PENDING = "pending"
    ACTIVE = "active"
    DENIED = "denied"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody's request to see one sensitive column as it is, for a while; once another has agreed, the right to.

    `ends` is when a pending one lapses, or an active one ends, by both clocks.
    """

    id: str
    state: GrantState
    requester: str
    database: str
    column: Column
    seconds: int
    because: str
    created: datetime
    ends: Moment
    votes: tuple[Vote, ...] = ()
