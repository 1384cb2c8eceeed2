"""Which of several hosts serves, by what it says of itself."""

from __future__ import annotations

import pytest

from proctor.edge.config import Host, SessionAttrs
from proctor.edge.end import End
from proctor.edge.upstream import Upstream, _serves
from proctor.wire.upstream_leg import UpstreamLeg

PRIMARY = {"in_hot_standby": "off", "default_transaction_read_only": "off"}
STANDBY = {"in_hot_standby": "on", "default_transaction_read_only": "off"}
READ_ONLY = {"in_hot_standby": "off", "default_transaction_read_only": "on"}


@pytest.mark.parametrize(
    ("attrs", "serve"),
    [
        ("any", (True, True, True)),
        ("primary", (True, False, True)),
        ("standby", (False, True, False)),
        ("read-write", (True, False, False)),
        ("read-only", (False, True, True)),
    ],
)
def test_a_host_serves_if_it_is_what_was_asked_for(attrs: SessionAttrs, serve: tuple[bool, ...]) -> None:
    found = []
    for settings in (PRIMARY, STANDBY, READ_ONLY):
        upstream = Upstream(End(UpstreamLeg()), Host("h", 5432), settings)
        found.append(_serves(upstream, attrs, read_only=False))
    assert tuple(found) == serve


def test_a_session_that_the_gateway_made_read_only_does_not_make_its_host_so() -> None:
    upstream = Upstream(End(UpstreamLeg()), Host("h", 5432), READ_ONLY)
    assert _serves(upstream, "read-write", read_only=True)
