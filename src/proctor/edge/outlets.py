"""Between the stations: journal sinks over the network. Syslog over TLS, and HTTP in the manners of those who collect.

Takes batches of formed records; returns when the collector has taken them, as surely as its protocol says, or raises.
Calls block, and each has a deadline: the control process makes them in a thread. Knows nothing of what records mean.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Final

import httpx
import msgspec

from proctor.audit import cef, ecs, ocsf, otlp
from proctor.audit.sinks import FileSink, Form, Sink
from proctor.edge.audit_config import SinkConfig
from proctor.errors import HouseFault

SECONDS: Final = 20.0
_AUDIT_NOTICE: Final = 13 * 8 + 5  # facility "log audit", severity "notice" (RFC 5424 §6.2.1)

FORMS: Final[dict[str, Form | None]] = {
    "record": None,
    "ocsf": ocsf.event,
    "ecs": ecs.document,
    "cef": cef.line,
}


class SyslogSink:
    """Sends RFC 5424 messages over TLS (RFC 5425), or over TCP to this machine. One connection for each batch.

    Syslog has no acknowledgement: a batch counts as taken once the collector has let the connection end in order.
    """

    def __init__(self, config: SinkConfig) -> None:
        self._host, self._port = config.host, config.port
        self._trust = ssl.create_default_context(cafile=config.ca) if config.tls else None
        self._name = socket.gethostname().encode("ascii", "replace").replace(b" ", b"-")[:255] or b"-"

    def deliver(self, batch: Sequence[bytes]) -> None:
        """Send them all, and see the connection off."""
        messages = b"".join(self._framed(line) for line in batch)
        with socket.create_connection((self._host, self._port), timeout=SECONDS) as plain:
            if self._trust is None:
                plain.sendall(messages)
                plain.shutdown(socket.SHUT_WR)
                while plain.recv(4096):
                    pass
                return
            with self._trust.wrap_socket(plain, server_hostname=self._host) as secured:
                secured.sendall(messages)
                # Its own farewell comes after it has read ours, behind everything that we sent.
                with contextlib.suppress(ssl.SSLError):
                    secured.unwrap()

    def _framed(self, line: bytes) -> bytes:
        head = b"<%d>1 - %b proctor %d record - \xef\xbb\xbf" % (_AUDIT_NOTICE, self._name, os.getpid())
        message = head + line
        return b"%d %b" % (len(message), message)


class HttpSink:
    """Posts each batch, and takes any 2xx for yes."""

    def __init__(self, config: SinkConfig, body: Callable[[Sequence[bytes]], bytes], content_type: str) -> None:
        self._url = config.url
        self._body = body
        self._headers = {"Content-Type": content_type}
        if config.token is not None:
            scheme = "Splunk" if config.kind == "splunk" else "Bearer"
            self._headers["Authorization"] = f"{scheme} {config.token.reveal()}"
        self._trust = ssl.create_default_context(cafile=config.ca)

    def deliver(self, batch: Sequence[bytes]) -> None:
        """Post, and wait for the answer."""
        try:
            # No redirects: they would take the token to another's house.
            with httpx.Client(verify=self._trust, timeout=SECONDS, trust_env=False) as client:
                said = client.post(self._url, content=self._body(batch), headers=self._headers)
        except httpx.HTTPError as fault:
            raise OSError(f"{type(fault).__name__}: {fault}") from fault
        if not said.is_success:
            raise HouseFault(f"the collector answers {said.status_code}")


def splunk_body(batch: Sequence[bytes]) -> bytes:
    """Return events as Splunk's HTTP Event Collector takes them: objects one behind the other."""
    return b"".join(
        msgspec.json.encode({"source": "proctor", "sourcetype": "_json", "event": _raw(line)}) for line in batch
    )


def _raw(line: bytes) -> msgspec.Raw | str:
    return msgspec.Raw(line) if line.startswith(b"{") else line.decode("utf-8", "replace")


def lines_body(batch: Sequence[bytes]) -> bytes:
    """Return records one a line."""
    return b"".join(line + b"\n" for line in batch)


def sink_of(config: SinkConfig) -> tuple[Sink, Form | None]:
    """Return a sink, and the form in which it wants its records."""
    form = FORMS[config.form]
    match config.kind:
        case "file":
            if config.path is None:
                raise ValueError("a file sink needs its path")
            return FileSink(config.path), form
        case "syslog":
            return SyslogSink(config), form
        case "splunk":
            return HttpSink(config, splunk_body, "application/json"), form
        case "webhook":
            return HttpSink(config, lines_body, "application/x-ndjson"), form
        case "otlp":
            return HttpSink(config, otlp.request, "application/json"), otlp.log_record
