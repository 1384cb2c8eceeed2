"""Stations 2 and 8 for PostgreSQL's protocol 3.0: the two legs, under one name.

`ClientLeg` plays server to the client, `UpstreamLeg` client to the database; both turn bytes into `talk`.
"""

from __future__ import annotations

from proctor.wire.client_leg import MAX_MESSAGE, MAX_PROOF, ClientLeg, ClientState
from proctor.wire.startup import CANCEL_REQUEST, GSS_REQUEST, PROTOCOL_3_0, SSL_REQUEST, parse_options
from proctor.wire.upstream_leg import UpstreamLeg, UpstreamState

__all__ = [
    "CANCEL_REQUEST",
    "GSS_REQUEST",
    "MAX_MESSAGE",
    "MAX_PROOF",
    "PROTOCOL_3_0",
    "SSL_REQUEST",
    "ClientLeg",
    "ClientState",
    "UpstreamLeg",
    "UpstreamState",
    "parse_options",
]
