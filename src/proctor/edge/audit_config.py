"""Between the stations: what the house is told of its journal. The nouns of `[audit]`, already read and checked.

In comes what `app.audit_settings` read; out go frozen values. Knows nothing of TOML, files or sockets.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from proctor.edge.secret import Secret

Durability = Literal["strict", "adaptive"]


@dataclass(frozen=True, slots=True)
class WitnessSeat:
    """A witness that is asked to cosign: where it listens, and its verifier key as it spells it."""

    name: str
    url: str
    key: str
    ca: Path | None = None


@dataclass(frozen=True, slots=True)
class Witnessing:
    """Who cosigns the logs, how many of them must, and how often they are asked. Nobody, unless told."""

    seats: tuple[WitnessSeat, ...] = ()
    quorum: int = 0
    every: float = 10.0


@dataclass(frozen=True, slots=True)
class Stamping:
    """The time-stamping authority (RFC 3161) that stamps the log of logs. None, unless told."""

    url: str = ""
    ca: Path | None = None
    every: float = 86400.0


SinkKind = Literal["file", "syslog", "splunk", "webhook", "otlp"]
SinkForm = Literal["record", "ocsf", "ecs", "cef"]


@dataclass(frozen=True, slots=True)
class SinkConfig:
    """Where records go besides the log, and in which words."""

    name: str
    kind: SinkKind
    form: SinkForm = "record"
    path: Path | None = None
    url: str = ""
    host: str = ""
    port: int = 6514
    tls: bool = True
    ca: Path | None = None
    token: Secret | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """How many segments of each shard's journal are kept behind what the log has, and how old a log's records become.

    With an `age` of 0 the log keeps everything.
    """

    segments: int = 4
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Audit:
    """How durable a record must be before its statement leaves, and who else vouches for the log.

    `fence` is the folder of the signer's second memory, for a disk that no backup of the state comes from.
    """

    durability: Durability = "adaptive"
    fence: Path | None = None
    witnessing: Witnessing = Witnessing()
    stamping: Stamping = Stamping()
    sinks: tuple[SinkConfig, ...] = ()
    retention: Retention = Retention()
