"""Beside the stations: reads `[scim]`, the company's directory that tells of people who come and go.

In comes the top of the settings; out goes a `Directory`, or nothing. What is wrong is noted with its line.
"""

from __future__ import annotations

from types import MappingProxyType

from proctor.app.section import Section
from proctor.edge.directory_config import EXTERNAL_ID, USER_NAME, Directory
from proctor.edge.secret import Secret

SHORTEST = 32
MAX_PREFIX = 63


def read_directory(top: Section) -> Directory | None:
    """Return what `[scim]` says; None where there is none."""
    if "scim" not in top:
        top.take("scim")
        return None
    section = top.section("scim")
    token = section.secret("token")
    if token is None:
        section.report.note(section.path, "token is missing; write token_file, token_env or token")
    elif token.value is not None and len(token.value) < SHORTEST:
        section.note("token", f"is shorter than {SHORTEST} characters; make one with `openssl rand -hex 32`")
    prefix = section.text("prefix")
    if len(prefix) > MAX_PREFIX or not prefix.isprintable():
        section.note("prefix", f"must have at most {MAX_PREFIX} printable characters")
    named = section.section("groups")
    groups = {name: named.text(name) for name in named.table}
    named.close()
    found = Directory(
        token or Secret(None),
        section.choice("subject", (USER_NAME, EXTERNAL_ID), USER_NAME),
        prefix,
        MappingProxyType(groups),
    )
    section.close()
    return found
