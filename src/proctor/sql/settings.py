"""Station 3: what of the session's own state decides the meaning of a statement's names. A value; knows no session."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """The settings a name is resolved under.

    `path` is the effective search path with the implicit schemas in it, in the server's order (`pg_temp` and
    `pg_catalog` come first unless the session placed them elsewhere).
    """

    path: tuple[str, ...]
    user: str
    server_version: int = 150000
    parameter_types: tuple[int, ...] = ()
    steered: bool = False
    """Some time in this session a setting was changed that decides how statements run."""
    path_is_local: bool = False
    """The path was set by SET LOCAL: a COMMIT in the middle of a text ends it, and later names are not understood."""
