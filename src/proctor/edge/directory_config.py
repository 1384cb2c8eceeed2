"""Between the stations: the company's directory as the settings know it: how it proves itself, and what it gives.

In comes what `app.directory_settings` read; out goes a frozen value. Knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from proctor.edge.secret import Secret

USER_NAME, EXTERNAL_ID = "userName", "externalId"


@dataclass(frozen=True, slots=True)
class Directory:
    """`[scim]`: the directory that tells of people and groups."""

    token: Secret
    subject: str = USER_NAME
    """Which attribute of a user says by what the house knows them."""
    prefix: str = ""
    """Stands before it, as in `[identity.NAME] prefix`."""
    groups: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The directory's group to the house's. A group that is not named here gives nothing."""
