"""Between the stations: work of the control process that would stop its loop, done by a process apart.

In come settings and words; out goes what `proctor` printed. Words of strangers go by standard input, or behind an
option that takes a value; nothing passes through a shell. Each errand has a limit of time, and few run at once.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Final

import msgspec

from proctor.edge.config import Config
from proctor.errors import HouseFault

MOST_OUT: Final = 8 << 20
AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class Done:
    """How an errand went."""

    code: int
    lines: tuple[dict[str, object], ...]
    trouble: str


class Errands:
    """Runs commands of Proctor on this house's settings."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def run(self, config: Config, *words: str, typed: str = "", seconds: float = 60.0) -> Done:
        """Run one, and return what it printed as JSON."""
        async with self._turn:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # nothing beside the settings is taken for a module
                "-m",
                "proctor",
                *words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=config.source.parent,
            )
            try:
                out, told = await asyncio.wait_for(process.communicate(typed.encode()), seconds)
            except TimeoutError:
                raise HouseFault(f"`proctor {words[0]}` took longer than {seconds:.0f} seconds") from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        return Done(process.returncode or 0, _lines(out[:MOST_OUT]), _first(told))


def _lines(out: bytes) -> tuple[dict[str, object], ...]:
    found = []
    for line in out.splitlines():
        try:
            said = msgspec.json.decode(line)
        except msgspec.DecodeError:
            continue
        if isinstance(said, dict):
            found.append(said)
    return tuple(found)


def _first(told: bytes) -> str:
    """Return what the command said went wrong, in its own words."""
    text = told.decode("utf-8", "replace")
    return next((line.removeprefix("proctor: ") for line in text.splitlines() if line.startswith("proctor: ")), "")[
        :500
    ]
