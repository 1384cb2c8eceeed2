"""The faults of the house: the type says who is to blame, an attribute what the wire says.

    Fault
    ├─ ClientFault     a bad frame, a bad login, a promise broken by the client
    ├─ UpstreamFault   the database is lost, refuses us, or speaks nonsense
    └─ HouseFault      ours: a bug, a full disk, a bad configuration; always denies

A denial is not a fault: it is a `terms.Deny`.
"""

from __future__ import annotations


class Fault(Exception):
    """Something broke. `sqlstate` is what the client's wire says; the message is one safe sentence."""

    sqlstate = "XX000"

    def __init__(self, message: str, *, sqlstate: str | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if sqlstate is not None:
            self.sqlstate = sqlstate


class ClientFault(Fault):
    """The client broke the protocol or could not prove who it is. The operator does nothing."""

    sqlstate = "08P01"


class UpstreamFault(Fault):
    """The database is unreachable, refused the gateway, or broke the protocol. The operator looks at the database."""

    sqlstate = "08006"


class HouseFault(Fault):
    """The gateway itself failed. The operator looks at the gateway's log; nothing was forwarded."""

    sqlstate = "58000"


class ConfigFault(HouseFault):
    """The configuration cannot be used. The message names the file, the line and what to write instead."""

    sqlstate = "F0000"
