"""Between the stations: has the log of logs stamped by an authority (RFC 3161), once a day or as often as told.

Takes the folder of the logs and the settings; leaves a stamp beside the log. Calls block: the control process makes
them in a thread.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx

from proctor.audit import stamps
from proctor.audit.disk import write_durably
from proctor.audit.integrator import META
from proctor.audit.note import Untrusted
from proctor.audit.tlog import CHECKPOINT
from proctor.audit.witness import seen
from proctor.edge.audit_config import Stamping
from proctor.errors import HouseFault

SECONDS = 20.0
_QUERY = {"Content-Type": "application/timestamp-query"}


class Stamps:
    """The house's way to its authority."""

    def __init__(self, log: Path, config: Stamping, *, send: Callable[[str, bytes], bytes] | None = None) -> None:
        self._folder = log / META
        self._config = config
        self._send = send or _post
        self._roots = stamps.roots_of(config.ca) if config.ca is not None and config.url else ()
        if config.url:
            stamps.need()

    def newest(self) -> datetime | None:
        """Return when the newest stamp was made, None where there is none."""
        moments = [stamps.stamped_at(one.note, one.stamp, self._roots) for one in stamps.kept(self._folder)][-1:]
        return moments[0] if moments else None

    def due(self, now: datetime) -> bool:
        """Say whether it is time for another."""
        if not self._config.url or not (self._folder / CHECKPOINT).exists():
            return False
        last = self.newest()
        return last is None or (now - last).total_seconds() >= self._config.every

    def stamp(self) -> datetime:
        """Have the log of logs stamped as it is now, and return the authority's time."""
        note = (self._folder / CHECKPOINT).read_bytes()
        query, nonce = stamps.request(note)
        answer = self._send(self._config.url, query)
        try:
            moment = stamps.stamped_at(note, answer, self._roots, nonce=nonce)
        except Untrusted as fault:
            raise HouseFault(f"the time-stamping authority's answer cannot be used: {fault}") from fault
        stem = self._folder / stamps.FOLDER / str(seen(note).size)
        # The checkpoint first: a stamp without it would say nothing.
        write_durably(stem.with_suffix(".checkpoint"), note)
        write_durably(stem.with_suffix(".tsr"), answer)
        return moment


def _post(url: str, body: bytes) -> bytes:
    trust = ssl.create_default_context()
    try:
        with httpx.Client(verify=trust, timeout=SECONDS, trust_env=False) as client:
            said = client.post(url, content=body, headers=_QUERY)
    except httpx.HTTPError as fault:
        raise OSError(f"{type(fault).__name__}") from fault
    if said.status_code != 200:
        raise HouseFault(f"the time-stamping authority answers {said.status_code}")
    return said.content
