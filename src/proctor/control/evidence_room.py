"""Beside the stations: evidence packs by a click: built, kept, checked and taken away, by readers.

In comes who asks; out goes a pack's state or a `Refused`. A process apart builds and checks; one at a time.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from proctor.control.room import Room
from proctor.control.words import Recorder, Refused
from proctor.edge.config import Config
from proctor.edge.desk import new_id
from proctor.edge.errands import Errands
from proctor.edge.evidence import written
from proctor.errors import HouseFault
from proctor.session.ports import Clock
from proctor.terms import Identity

FOLDER: Final = "evidence"
MOST: Final = 20  # packs that are kept: each is as large as the log it speaks of
PATIENCE: Final = 600.0
_NAME: Final = re.compile(r"[0-9A-Z]{26}").fullmatch


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack of the house."""

    name: str
    since: str
    until: str
    built: str
    by: str
    records: int
    signed: bool
    size: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking one came to."""

    ok: bool
    records: int
    problems: tuple[str, ...]
    proves: tuple[str, ...]
    cannot_prove: tuple[str, ...]


class EvidenceRoom(Room):
    """What readers may ask of evidence."""

    def __init__(self, config: Config, journal: Recorder, clock: Clock) -> None:
        super().__init__(config, journal, clock)
        self._errands = Errands()
        self._one = asyncio.Lock()

    async def list(self, by: Identity) -> tuple[Pack, ...] | Refused:
        """Return the packs that are kept, the newest first."""
        if (no := self._closed(by, "evidence.list")) is not None:
            return no
        return await asyncio.to_thread(self._kept)

    async def build(self, by: Identity, since: datetime, until: datetime) -> Pack | Refused:
        """Build a pack over a range of the log."""
        target = f"{written(since)} to {written(until)}"
        if (no := self._closed(by, "evidence.build", target, outcome="asked")) is not None:
            return no
        if since >= until:
            return self._refuse(by, "evidence.build", target, Refused("invalid", "the time ends before it begins"))
        if self._one.locked():
            return self._refuse(by, "evidence.build", target, Refused("conflict", "a pack is being built; ask again"))
        async with self._one:
            if len(await asyncio.to_thread(self._kept)) >= MOST:
                no = Refused("conflict", f"there are {MOST} packs; let an operator remove some of {FOLDER}/")
                return self._refuse(by, "evidence.build", target, no)
            name = new_id(self._clock)
            return await self._build(by, name, since, until)

    async def _build(self, by: Identity, name: str, since: datetime, until: datetime) -> Pack | Refused:
        folder = self.config.state / FOLDER
        await asyncio.to_thread(folder.mkdir, 0o700, parents=True, exist_ok=True)
        words = (
            "evidence", "build", f"--from={written(since)}", f"--to={written(until)}", f"--out={folder / name}",
            f"--config={self.config.source}", "--json",
        )  # fmt: skip
        try:
            done = await self._errands.run(self.config, *words, seconds=PATIENCE)
        except HouseFault as fault:
            return self._refuse(by, "evidence.build", name, Refused("conflict", fault.message))
        if done.code or not done.lines:
            why = done.trouble or "the pack could not be built"
            return self._refuse(by, "evidence.build", name, Refused("conflict", why))
        said = dict(done.lines[0]) | {"by": by.subject}
        await asyncio.to_thread((folder / f"{name}.json").write_text, json.dumps(said))
        await asyncio.to_thread(shutil.make_archive, str(folder / name), "zip", folder / name)
        self._record(by, "evidence.build", f"{name} {said.get('digest', '')}", "done")
        found = await asyncio.to_thread(self._pack, folder / f"{name}.json")
        return found if found is not None else Refused("missing", "the pack is gone")

    async def verify(self, by: Identity, name: str) -> Checked | Refused:
        """Check a pack again, offline as anybody would."""
        if (no := self._closed(by, "evidence.verify", name)) is not None:
            return no
        if self._place(name) is None:
            return _missing()
        key = self.config.state / "log" / "meta" / "log.vkey"
        words = ("evidence", "verify", "--json", f"--key={key}", str(self.config.state / FOLDER / name))
        try:
            done = await self._errands.run(self.config, *words, seconds=PATIENCE)
        except HouseFault as fault:
            return Refused("conflict", fault.message)
        if not done.lines:
            return Refused("conflict", done.trouble or "the pack could not be checked")
        said = done.lines[0]
        return Checked(
            said.get("ok") is True,
            _number(said.get("records")),
            _texts(said.get("problems")),
            _texts(said.get("proves")),
            _texts(said.get("cannot_prove")),
        )

    async def taken(self, by: Identity, name: str) -> Path | Refused:
        """Return a pack as one file to take away."""
        if (no := self._closed(by, "evidence.take", name)) is not None:
            return no
        found = self._place(name)
        return _missing() if found is None else found

    # --- the folder -------------------------------------------------------------------------------------------------

    def _place(self, name: str) -> Path | None:
        # The name is a letter of ours or nothing: no path of a stranger is ever joined to the folder.
        if _NAME(name) is None:
            return None
        path = self.config.state / FOLDER / f"{name}.zip"
        return path if path.is_file() and not path.is_symlink() else None

    def _kept(self) -> tuple[Pack, ...]:
        folder = self.config.state / FOLDER
        found = (self._pack(path) for path in sorted(folder.glob("*.json"), reverse=True))
        return tuple(pack for pack in found if pack is not None)

    def _pack(self, path: Path) -> Pack | None:
        if _NAME(path.stem) is None or self._place(path.stem) is None:
            return None
        try:
            said = json.loads(path.read_text("utf-8"))
            inputs = json.loads((path.parent / path.stem / "inputs.json").read_text("utf-8"))
            return Pack(
                path.stem,
                str(inputs["since"]),
                str(inputs["until"]),
                str(inputs["built"]),
                str(said["by"]),
                int(said["records"]),
                bool(said["signed"]),
                path.with_suffix(".zip").stat().st_size,
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _missing() -> Refused:
    return Refused("missing", "there is no such pack")


def _texts(found: object) -> tuple[str, ...]:
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _number(found: object) -> int:
    return found if isinstance(found, int) else 0
