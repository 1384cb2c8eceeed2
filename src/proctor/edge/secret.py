"""Between the stations: a secret of the settings, which nothing shows by accident.

In comes what the settings gave; out goes the value to whoever asks for it by name. Knows nothing of where it is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from proctor.errors import ConfigFault


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that no `repr`, log line or error may show. `origin` says where it came from, in safe words."""

    value: str | None = field(repr=False)
    origin: str = "the configuration"

    def reveal(self) -> str:
        """Return the value itself; whoever calls this must not let it travel."""
        if self.value is None:
            raise ConfigFault(f"the secret from {self.origin} has not been read")
        return self.value
