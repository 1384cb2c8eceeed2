"""Between the stations: opens what a record holds sealed, for whoever `control` has let through.

Takes the settings and a record's place, `shard:number`; returns the statement and its bound values, or why not. Knows
nothing of who asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from proctor.audit.reading import records, shards
from proctor.audit.record import Sealed, StatementText
from proctor.audit.vault import Erased, load_private, opened
from proctor.edge.config import Config
from proctor.edge.keys import reveal_file
from proctor.errors import ConfigFault


@dataclass(frozen=True, slots=True)
class Revealed:
    """A statement as it came. `statement` is None where the record's own text is all of it."""

    record: str
    id: str
    statement: str | None
    parameters: tuple[str | None, ...]


class _Decided(msgspec.Struct, frozen=True):
    kind: str
    id: str
    statement: StatementText | None = None
    sealed: Sealed | None = None


_read: msgspec.json.Decoder[_Decided] = msgspec.json.Decoder(_Decided)


def vault_of(config: Config) -> Path:
    """Return where the wrapped keys lie."""
    return config.state / "vault"


def reveal(config: Config, place: str) -> Revealed | str:
    """Return what a record holds sealed, or in words why it cannot be had."""
    shard, _, number = place.rpartition(":")
    if shard not in shards(config.state) or not number.isascii() or not number.isdigit() or len(number) > 18:
        return "there is no such record; name it as SHARD:NUMBER"
    found = next(records(config.state, shard, int(number)), None)
    if found is None or found[0] != int(number):
        return "there is no such record; name it as SHARD:NUMBER"
    said = _read.decode(found[1])
    if said.statement is None:
        return f"a {said.kind} holds nothing sealed"
    if said.sealed is None:
        return "nothing is sealed in it: it has no values, or they may be sensitive, and only their digest was kept"
    try:
        private = load_private(reveal_file(config))
        text, *values = opened(
            vault_of(config), said.sealed.key, said.sealed.box, said.statement.digest.encode("ascii"), private
        )
    except Erased:
        return "its key was destroyed: what it held is gone for good"
    except ConfigFault as fault:
        return fault.message
    return Revealed(place, said.id, None if text is None else _shown(text), tuple(map(_shown_or_null, values)))


def _shown(value: bytes) -> str:
    """Return a value as text, or as PostgreSQL spells bytes that are none."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return f"\\x{value.hex()}"


def _shown_or_null(value: bytes | None) -> str | None:
    return None if value is None else _shown(value)
