"""The tongue that both legs of every dialect speak to the story: events in, events out.

Client events carry `raw`, the client's own bytes, which are what the upstream gets: nothing is spelled again.
Knows no sockets, no clock, no SQL.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# ---- from the client


@dataclass(slots=True)
class Login:
    """The start-up packet: who wants which database, with which parameters (`options` split into settings).

    `parameters` are all others, `replication` among them; `extensions` the names of the protocol options (`_pq_.…`).
    """

    user: str
    database: str
    parameters: dict[str, str]
    protocol: int = 196608
    options: dict[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()


@dataclass(slots=True)
class WantsTls:
    """The client asks for TLS (SSLRequest); the edge answers one byte, and upgrades."""


@dataclass(slots=True)
class WantsGss:
    """The client asks for GSS encryption; it gets an N."""


@dataclass(slots=True)
class Cancel:
    """A CancelRequest: process id and secret (4 bytes under protocol 3.0, up to 256 under 3.2)."""

    pid: int
    secret: bytes


@dataclass(slots=True)
class Proof:
    """A message of the password family during login: SASL responses and passwords alike."""

    payload: bytes


@dataclass(slots=True)
class Ask:
    """A simple query: any number of statements in one text."""

    sql: bytes
    raw: bytes


@dataclass(slots=True)
class Prepare:
    """Parse: names a statement."""

    name: bytes
    sql: bytes
    types: tuple[int, ...]
    raw: bytes


@dataclass(slots=True)
class Bind:
    """Bind: a portal from a statement. `values` are the parameters as sent, None for NULL."""

    portal: bytes
    statement: bytes
    formats: tuple[int, ...]
    values: tuple[bytes | None, ...]
    results: tuple[int, ...]
    raw: bytes


@dataclass(slots=True)
class Describe:
    """Describe a statement (`S`) or portal (`P`)."""

    kind: bytes
    name: bytes
    raw: bytes


@dataclass(slots=True)
class Run:
    """Execute: run a portal, `limit` rows at the most (0: all)."""

    portal: bytes
    limit: int
    raw: bytes


@dataclass(slots=True)
class Close:
    """Close a statement (`S`) or portal (`P`)."""

    kind: bytes
    name: bytes
    raw: bytes


@dataclass(slots=True)
class Flush:
    """Flush: send what there is."""

    raw: bytes


@dataclass(slots=True)
class Sync:
    """Sync: the end of a batch, where an error's skipping ends."""

    raw: bytes


@dataclass(slots=True)
class CopyData:
    """A run of CopyData frames from the client, as it came."""

    raw: bytes


@dataclass(slots=True)
class CopyDone:
    """The client ends its copy."""

    raw: bytes


@dataclass(slots=True)
class CopyFail:
    """The client gives its copy up."""

    raw: bytes


@dataclass(slots=True)
class FunctionCall:
    """The fast-path call, always refused."""

    raw: bytes


@dataclass(slots=True)
class Bye:
    """Terminate."""


ClientEvent = (
    Login | WantsTls | WantsGss | Cancel | Proof | Ask | Prepare | Bind | Describe | Run | Close | Flush | Sync
    | CopyData | CopyDone | CopyFail | FunctionCall | Bye
)  # fmt: skip

# ---- from the upstream


@dataclass(slots=True)
class Field:
    """One column of a Shape. `table_oid` and `number` are 0 where the server does not say."""

    name: str
    table_oid: int
    number: int
    type_oid: int
    type_size: int
    type_modifier: int
    format: int


@dataclass(slots=True)
class AuthAsk:
    """The upstream asks for a proof: `code` is the protocol's (0 ok, 3 cleartext, 5 md5, 10-12 SASL)."""

    code: int
    payload: bytes


@dataclass(slots=True)
class KeyData:
    """BackendKeyData: what a cancel must show."""

    pid: int
    secret: bytes


@dataclass(slots=True)
class Negotiate:
    """NegotiateProtocolVersion."""

    raw: bytes


@dataclass(slots=True)
class Setting:
    """ParameterStatus."""

    name: str
    value: str
    raw: bytes


@dataclass(slots=True)
class Shape:
    """RowDescription."""

    fields: list[Field]
    raw: bytes


@dataclass(slots=True)
class NoShape:
    """NoData."""

    raw: bytes


@dataclass(slots=True)
class Parameters:
    """ParameterDescription."""

    types: tuple[int, ...]
    raw: bytes


@dataclass(slots=True)
class Rows:
    """A run of whole DataRow frames: `raw` holds `count` of them back to back."""

    raw: bytes
    count: int


@dataclass(slots=True)
class CopyRows:
    """A run of whole CopyData frames: `raw` holds `count` of them back to back."""

    raw: bytes
    count: int


@dataclass(slots=True)
class CopyStart:
    """CopyInResponse (`in`), CopyOutResponse (`out`) or CopyBothResponse (`both`)."""

    direction: str
    format: int
    columns: tuple[int, ...]
    raw: bytes


@dataclass(slots=True)
class CopyEnd:
    """CopyDone from the upstream."""

    raw: bytes


@dataclass(slots=True)
class Done:
    """CommandComplete; `tag` as text (`SELECT 3`)."""

    tag: str
    raw: bytes


@dataclass(slots=True)
class Empty:
    """EmptyQueryResponse."""

    raw: bytes


@dataclass(slots=True)
class Suspended:
    """PortalSuspended."""

    raw: bytes


@dataclass(slots=True)
class Prepared:
    """ParseComplete."""

    raw: bytes


@dataclass(slots=True)
class Bound:
    """BindComplete."""

    raw: bytes


@dataclass(slots=True)
class Closed:
    """CloseComplete."""

    raw: bytes


@dataclass(slots=True)
class Failed:
    """ErrorResponse: its fields by their one-letter codes."""

    fields: dict[str, str]
    raw: bytes


@dataclass(slots=True)
class Notice:
    """NoticeResponse."""

    fields: dict[str, str]
    raw: bytes


@dataclass(slots=True)
class Notification:
    """NotificationResponse."""

    pid: int
    channel: str
    payload: str
    raw: bytes


@dataclass(slots=True)
class FunctionResult:
    """FunctionCallResponse."""

    raw: bytes


@dataclass(slots=True)
class Ready:
    """ReadyForQuery; `status` is I, T or E."""

    status: str
    raw: bytes


UpstreamEvent = (
    AuthAsk | KeyData | Negotiate | Setting | Shape | NoShape | Parameters | Rows | CopyRows | CopyStart | CopyEnd
    | Done | Empty | Suspended | Prepared | Bound | Closed | Failed | Notice | Notification | FunctionResult | Ready
)  # fmt: skip
