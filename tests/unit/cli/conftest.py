"""What the tests of the command line share."""

from __future__ import annotations

import pytest

from tests.unit.cli.terminal import Terminal


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Terminal:
    """A terminal without any setting of the one who runs the tests."""
    for name in ("PROCTOR_CONFIG", "PROCTOR_PASSWORD", "PROCTOR_AS", "PROCTOR_URL", "PROCTOR_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return Terminal(monkeypatch, capfd)
