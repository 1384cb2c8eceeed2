"""Proctor as an operator meets it: a `proctor.toml`, a process that says `ready`, and a command line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

READY_TIMEOUT = 60.0
DRAIN_TIMEOUT = 20.0


class GatewayFault(Exception):
    """The gateway did not start or a command of it failed. The message holds what it printed."""


@dataclass(frozen=True)
class Said:
    """What a command of Proctor printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything it printed, for a person."""
        return "\n".join(part for part in (self.out.strip(), self.err.strip()) if part)

    def objects(self) -> list[dict[str, object]]:
        """Return the JSON objects it printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]


@dataclass
class Gateway:
    """A running `proctor serve` on a configuration file, for as long as the `with` block lasts."""

    config: Path
    environment: dict[str, str] = field(default_factory=dict)
    postgres: tuple[str, int] = field(default=("", 0), init=False)
    console: tuple[str, int] = field(default=("", 0), init=False)
    exit_code: int | None = field(default=None, init=False)
    _process: subprocess.Popen[str] | None = field(default=None, init=False, repr=False)

    def start(self) -> Self:
        """Start it and return when it takes connections."""
        log = (self.config.parent / "gateway.log").open("w")
        with log:
            process = subprocess.Popen(
                [*program(), "serve", "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **self.environment},
                start_new_session=True,  # Ctrl-C is for the story, which then ends things in order
            )
        self._process = process
        overdue = threading.Timer(READY_TIMEOUT, process.kill)
        overdue.start()
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("ready "):
                where = dict(word.split("=", 1) for word in line.split()[1:] if "=" in word)
                self.postgres, self.console = _address(where["postgres"]), _address(where["console"])
                break
        overdue.cancel()
        if not self.postgres[1]:
            self.stop()
            raise GatewayFault("the gateway did not become ready:\n" + "".join(said) + self.log())
        threading.Thread(target=process.stdout.read, daemon=True).start()  # so that it never waits for a reader
        return self

    def stop(self) -> None:
        """Drain and stop it; a second call does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            self.exit_code = process.wait(DRAIN_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.exit_code = -signal.SIGKILL
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its session is its own: what is left of it goes too
        process.wait()

    def leftovers(self, pid: int) -> list[str]:
        """Return the command lines of processes that still run in the session the gateway `pid` led."""
        left = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[3]) == pid and fields[0] != "Z":
                    left.append((stat.parent / "cmdline").read_text().replace("\0", " "))
        return left

    @property
    def pid(self) -> int:
        """The supervisor's process id, 0 when it does not run."""
        return self._process.pid if self._process is not None else 0

    def log(self) -> str:
        """Return what it wrote to standard error so far."""
        return (self.config.parent / "gateway.log").read_text(errors="replace")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def ask(self, *words: str, config: Path | None = None, person: tuple[str, str] | None = None) -> Said:
        """Run a command of Proctor, as `person` (name and password) if given."""
        options = ["--config", str(config or self.config)]
        environment = {**os.environ, **self.environment, "COLUMNS": "106"}
        if person is not None:
            options += ["--as", person[0]]
            environment["PROCTOR_PASSWORD"] = person[1]
        done = subprocess.run(
            [*program(), *words, *options],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=environment,
            check=False,
            timeout=120,
        )
        return Said(done.returncode, done.stdout, done.stderr)


def program() -> list[str]:
    """Return how this interpreter runs Proctor's command."""
    beside = Path(sys.executable).with_name("proctor")
    return [str(beside)] if beside.exists() else [sys.executable, "-m", "proctor"]


def wait_for(what: Iterable[bool], *, seconds: float = 30.0) -> bool:
    """Return whether a turn of `what` was true before the time was up."""
    end = time.monotonic() + seconds
    for holds in what:
        if holds:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return False


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)
