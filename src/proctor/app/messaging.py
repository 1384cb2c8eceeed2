"""Beside the stations: reads `[approvals]`: how long clients wait, who decides, where news go, whence decisions come.

In comes a section of the settings; out goes an `Approvals`. What is wrong is noted with its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from proctor.app.section import Section
from proctor.edge.config import Answers, Approvals, Limits, Person, Webhook, loopback
from proctor.edge.secret import Secret
from proctor.policy.approvers import MAX_QUORUM, SHIPPED, Approvers


def approvals_of(section: Section, limits: Limits, people: Mapping[str, Person]) -> Approvals:
    """Return what the settings say about approvals."""
    tickets = _approvers(section, people, SHIPPED)
    approvals = Approvals(
        wait=section.seconds("wait", min(Approvals().wait, limits.hold), zero=True),
        webhooks=tuple(_webhook(name, each) for name, each in section.sections("webhooks")),
        slack=_answers(section, "slack", people),
        teams=_answers(section, "teams", people),
        tickets=tickets,
        grants=_grants(section, people, tickets),
    )
    if approvals.wait > limits.hold:
        section.note("wait", "is longer than a ticket lives; write a shorter one, or raise limits.hold")
    section.close()
    return approvals


def _grants(section: Section, people: Mapping[str, Person], otherwise: Approvers) -> Approvers:
    inner = section.section("grants")
    found = _approvers(inner, people, otherwise)
    inner.close()
    return found


def _approvers(section: Section, people: Mapping[str, Person], otherwise: Approvers) -> Approvers:
    """Return who decides here; too few of them in the file is worth a word, since others may log in by other ways."""
    groups = frozenset(section.texts("approvers"))
    quorum = section.count("quorum", otherwise.quorum, most=MAX_QUORUM)
    if "approvers" in section and not groups:
        section.note("approvers", 'names nobody, so that nothing could be approved; write ["dba", "security"]')
    for group in sorted(groups):
        if not group.strip() or "," in group:
            section.note("approvers", f'"{group}" is no group; write one group a string, as in ["dba", "security"]')
    found = Approvers(groups or otherwise.groups, quorum)
    there = sum(1 for person in people.values() if person.groups & found.groups)
    if ("approvers" in section or "quorum" in section) and there < quorum:
        key = "quorum" if "quorum" in section and there else "approvers"
        section.report.warn(section.at(key), f"{quorum} must agree, and this file has {there} people of these groups")
    return found


def _webhook(name: str, section: Section) -> Webhook:
    url = section.needed("url", '"https://…"')
    parts = urlsplit(url)
    good = parts.scheme == "https" or (parts.scheme == "http" and loopback(parts.hostname or ""))
    if url and (not good or not parts.hostname or parts.username is not None):
        section.note("url", "must be https:// with a host and no password in it (http:// on loopback only)")
    found = Webhook(name, url, _secret(section), section.choice("format", ("proctor", "slack", "teams"), "proctor"))
    section.close()
    return found


def _answers(section: Section, key: str, people: Mapping[str, Person]) -> Answers | None:
    if key not in section:
        section.take(key)
        return None
    inner = section.section(key)
    secret, named = _secret(inner), inner.section("people")
    known = {sender: named.text(sender) for sender in named.table}
    for sender, person in known.items():
        if person not in people:
            named.note(sender, f"there is no [people.{person}]; write the name of a person of this file")
    inner.close()
    return Answers(secret, MappingProxyType(known))


def _secret(section: Section) -> Secret:
    found = section.secret("secret")
    if found is None:
        section.report.note(section.path, "secret is missing; write secret, secret_env or secret_file")
    return found or Secret(None)
