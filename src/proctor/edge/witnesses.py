"""Between the stations: asks the witnesses to cosign the logs, and hears from them what this house may have forgotten.

`admit` asks, before anything is signed after a start, what they have seen: a house that was restored from a backup is
behind them, and signs nothing. `round` has each log's newest checkpoint cosigned by k of n, and keeps it beside the
log. Knows nothing of what the log's entries mean. Calls block: the control process makes them in a thread.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urljoin

import httpx

from proctor.audit.disk import write_durably
from proctor.audit.note import Checkpoint, Untrusted
from proctor.audit.proof import prove_consistency
from proctor.audit.tiles import Misshapen, Tiles
from proctor.audit.tlog import CHECKPOINT
from proctor.audit.witness import (
    COSIGNED,
    MAX_ANSWER,
    Answer,
    Cosigned,
    Refused,
    SawAnother,
    Witness,
    answer,
    cosigners,
    joined,
    request,
    seen,
)
from proctor.edge.audit_config import Witnessing, WitnessSeat
from proctor.errors import HouseFault

SECONDS = 5.0


class Line(Protocol):
    """The way to one witness: sends an add-checkpoint request and returns the status and the body of its answer."""

    def __call__(self, body: bytes) -> tuple[int, bytes]:
        """Send and wait; raises `OSError` when nobody answers."""


@dataclass(slots=True)
class _Asked:
    """One witness, and the size of each log that it saw last, as far as we know."""

    seat: WitnessSeat
    witness: Witness
    line: Line
    sizes: dict[str, int] = field(default_factory=dict)


class Witnesses:
    """All witnesses of a house."""

    def __init__(self, log: Path, config: Witnessing, *, dial: Callable[[WitnessSeat], Line] | None = None) -> None:
        self._log = log
        self._quorum = config.quorum
        self._asked = [_Asked(seat, Witness.read(seat.key), (dial or _line)(seat)) for seat in config.seats]
        self.admitted = not config.seats
        """Whether enough of them have been heard since the start."""
        self.fork = ""
        """What a witness has seen that this house has not; nothing is signed any more."""

    def admit(self) -> None:
        """Return once so many witnesses as must cosign have said that this house has forgotten nothing they saw.

        Raises `HouseFault` as long as they have not, and for ever once one of them has seen more.
        """
        if self.fork:
            raise HouseFault(self.fork, hint="restore the newest log; `proctor audit verify` tells what is there")
        if self.admitted:
            return
        heard = 0
        troubles: list[str] = []
        for asked in self._asked:
            try:
                for name, note, said in self._notes():
                    found = self._ask(asked, name, note, said)
                    if isinstance(found, Refused) and said.size:
                        raise OSError(found.why)
            except (OSError, Untrusted, Misshapen) as fault:
                troubles.append(f"{asked.seat.name}: {fault}")
                continue
            heard += 1
        if self.fork:
            raise HouseFault(self.fork, hint="restore the newest log; `proctor audit verify` tells what is there")
        if heard < self._quorum:
            told = "; ".join(troubles)
            raise HouseFault(
                f"{heard} of the {self._quorum} witnesses that must be heard before the log is signed: {told}"
            )
        self.admitted = True

    def round(self) -> dict[str, str]:
        """Have cosigned what is new; return the troubles by log. Without witnesses what others have cosigned stays."""
        troubles: dict[str, str] = {}
        if not self._asked:
            return troubles
        for name, note, said in self._notes():
            try:
                if said.size and self._cosigned(name) != said:
                    self._have_cosigned(name, note, said)
            except (OSError, Untrusted, Misshapen, HouseFault, ValueError) as fault:
                troubles[name] = str(fault)
        return troubles

    def _notes(self) -> Iterator[tuple[str, bytes, Checkpoint]]:
        for path in sorted(self._log.glob(f"*/{CHECKPOINT}")):
            note = path.read_bytes()
            yield path.parent.name, note, seen(note)

    def _cosigned(self, name: str) -> Checkpoint | None:
        try:
            note = (self._log / name / COSIGNED).read_bytes()
        except FileNotFoundError:
            return None
        enough = len(cosigners(note, [asked.witness for asked in self._asked])) >= self._quorum
        return seen(note) if enough else None

    def _have_cosigned(self, name: str, note: bytes, said: Checkpoint) -> None:
        lines: list[bytes] = []
        troubles: list[str] = []
        for asked in self._asked:
            try:
                found = self._ask(asked, name, note, said)
            except OSError as fault:
                troubles.append(f"{asked.seat.name} does not answer ({type(fault).__name__})")
                continue
            if isinstance(found, Cosigned):
                lines.append(found.lines)
            elif isinstance(found, Refused):
                troubles.append(f"{asked.seat.name}: {found.why}")
        if self.fork:
            raise HouseFault(self.fork)
        if len(lines) < self._quorum:
            raise HouseFault(f"{len(lines)} of {self._quorum} witnesses have cosigned: {'; '.join(troubles)}")
        write_durably(self._log / name / COSIGNED, joined(note, lines), self._log / name / "tmp")

    def _ask(self, asked: _Asked, name: str, note: bytes, said: Checkpoint) -> Answer:
        """Ask one witness for one log; it may say once that it has seen another size than we thought."""
        found = self._send(asked, name, note, said)
        if isinstance(found, SawAnother):
            if found.size > said.size:
                self._tell_fork(f"{asked.seat.name} has seen {found.size} records of {said.origin}, not {said.size}")
                return found
            asked.sizes[name] = found.size
            found = self._send(asked, name, note, said)
        if isinstance(found, Cosigned):
            asked.sizes[name] = said.size
        elif isinstance(found, Refused) and found.fork and said.size:
            self._tell_fork(f"{asked.seat.name} has seen another {said.origin} than this one")
        return found

    def _tell_fork(self, what: str) -> None:
        self.fork = self.fork or f"the log was rolled back or forked: the witness {what}"

    def _send(self, asked: _Asked, name: str, note: bytes, said: Checkpoint) -> Answer:
        # Of a witness not asked since the start nothing is known: with our own size it either agrees or tells its own.
        old = asked.sizes.get(name, said.size)
        proof: Sequence[bytes] = prove_consistency(Tiles(self._log / name, said.size), old)
        status, body = asked.line(request(old, proof, note))
        return answer(status, body, note, asked.witness)


def _line(seat: WitnessSeat) -> Line:
    """Return the way to a witness over HTTP."""
    url = urljoin(seat.url if seat.url.endswith("/") else f"{seat.url}/", "add-checkpoint")
    trust = ssl.create_default_context(cafile=seat.ca)

    def send(body: bytes) -> tuple[int, bytes]:
        with _as_os_error(), httpx.Client(verify=trust, timeout=SECONDS, trust_env=False) as client:  # noqa: SIM117
            with client.stream("POST", url, content=body) as said:
                return said.status_code, _bounded(said)

    return send


def _bounded(said: httpx.Response) -> bytes:
    data = b""
    for part in said.iter_bytes():
        data += part
        if len(data) > MAX_ANSWER:
            break  # it is refused by its length
    return data


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as fault:
        raise OSError(f"{type(fault).__name__}: {fault}") from fault
