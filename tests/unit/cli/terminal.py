"""A terminal to run `proctor` in: what was printed, what was told, and the exit code."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from proctor.cli import main


@dataclass(frozen=True)
class Ran:
    """How a command went."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the objects that were printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Terminal:
    """Runs commands as a shell would."""

    monkeypatch: pytest.MonkeyPatch
    capfd: pytest.CaptureFixture[str]

    def run(self, *words: str, typed: str = "", **environment: str) -> Ran:
        """Run `proctor` with these words."""
        with self.monkeypatch.context() as patched:
            patched.setattr(sys, "argv", ["proctor", *words])
            patched.setattr(sys, "stdin", io.StringIO(typed))
            for name, value in environment.items():
                patched.setenv(name, value)
            self.capfd.readouterr()
            try:
                main()
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        sys.stdout.flush()
        captured = self.capfd.readouterr()
        return Ran(code, captured.out, captured.err)
