"""Beside the stations: reads the table `[audit]` of the settings file.

In comes a `Section`; out comes an `Audit`. Opens no socket and makes no file.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from proctor.app.section import Section
from proctor.audit.note import Untrusted
from proctor.audit.witness import Witness
from proctor.edge.audit_config import (
    Audit,
    Retention,
    SinkConfig,
    SinkForm,
    SinkKind,
    Stamping,
    Witnessing,
    WitnessSeat,
)
from proctor.edge.config import loopback

LEAST_AGE = 86_400.0


def read_audit(section: Section) -> Audit:
    """Return what `[audit]` says."""
    audit = Audit(
        durability=section.choice("durability", ("strict", "adaptive"), "adaptive"),
        fence=section.path_of("fence"),
        witnessing=_witnessing(section.section("witnesses")),
        stamping=_stamping(section.section("stamps")),
        sinks=tuple(_sink(name, each) for name, each in section.sections("sinks")),
        retention=_retention(section.section("retention")),
    )
    section.close()
    return audit


def _witnessing(section: Section) -> Witnessing:
    default = Witnessing()
    every = section.seconds("every", default.every)
    named = [name for name in section.table if name not in {"every", "quorum"}]
    seats = tuple(_seat(name, section.section(name)) for name in named)
    quorum = section.count("quorum", len(seats) or 1, most=64)
    if seats and quorum > len(seats):
        section.note("quorum", f"is more than the {len(seats)} witnesses there are")
    if len({seat.key for seat in seats if seat.key}) < len([seat for seat in seats if seat.key]):
        section.report.note(section.path, "two witnesses have one key; each counts once")
    section.close()
    return Witnessing(seats, quorum if seats else 0, every)


def _seat(name: str, section: Section) -> WitnessSeat:
    key = section.needed("key", '"NAME+HASH+KEY", as the witness publishes it')
    if key:
        try:
            Witness.read(key)
        except Untrusted as fault:
            section.note("key", str(fault))
    seat = WitnessSeat(name, url_of(section, "https://witness.example.org/"), key, section.readable("ca"))
    section.close()
    return seat


def url_of(section: Section, example: str) -> str:
    """Return the address to send to; plain text only stays on this machine."""
    url = section.needed("url", f'"{example}"')
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        section.note("url", f'write "{example}"; a password does not belong into it')
        return ""
    if parts.scheme == "http" and not loopback(parts.hostname):
        section.note("url", "http:// is for this machine alone; write https://")
    return url


def _stamping(section: Section) -> Stamping:
    if not section.table:
        return Stamping()
    stamping = Stamping(
        url=url_of(section, "https://tsa.example.org/"),
        ca=section.readable("ca"),
        every=section.seconds("every", Stamping().every),
    )
    if "ca" not in section:
        section.report.note(section.path, "ca is missing; write ca = the file with the authority's root certificate")
    section.close()
    return stamping


def _retention(section: Section) -> Retention:
    default = Retention()
    retention = Retention(
        segments=section.count("segments", default.segments, most=100_000),
        age=section.seconds("age", default.age, zero=True),
    )
    if 0 < retention.age < LEAST_AGE:
        section.note("age", 'is less than a day; write "400d", or leave it out to keep everything')
    section.close()
    return retention


def _sink(name: str, section: Section) -> SinkConfig:
    if "kind" not in section:
        section.needed("kind", '"file"')
    kind: SinkKind = section.choice("kind", ("file", "syslog", "splunk", "webhook", "otlp"), "file")
    form: SinkForm = section.choice("form", ("record", "ocsf", "ecs", "cef"), "cef" if kind == "syslog" else "record")
    if kind == "otlp" and "form" in section:
        section.note("form", "leave it out: OpenTelemetry has a form of its own")
    sink = SinkConfig(name, kind, form)
    if kind == "file":
        path = section.path_of("path")
        if path is None:
            section.report.note(section.path, 'path is missing; write path = "records.jsonl"')
        sink = replace(sink, path=path)
    elif kind == "syslog":
        host = section.needed("host", '"logs.example.org"')
        tls = section.choice("tls", ("on", "off"), "on") == "on"
        if not tls and host and not loopback(host):
            section.note("tls", '"off" is for this machine alone')
        port = section.count("port", 6514 if tls else 601, most=65535)
        sink = replace(sink, host=host, port=port, tls=tls, ca=section.readable("ca"))
    else:
        sink = replace(
            sink,
            url=url_of(section, "https://collector.example.org/"),
            token=section.secret("token"),
            ca=section.readable("ca"),
        )
    section.close()
    return sink
