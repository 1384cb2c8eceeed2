"""Records reach collectors over real sockets: what was not taken comes again, and who is silent holds up nobody."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from proctor.audit.journal import Journal
from proctor.audit.record import Heartbeat, LoginFailed
from proctor.audit.sinks import Forwarder
from proctor.edge.audit_config import SinkConfig
from proctor.edge.outlets import sink_of
from proctor.edge.secret import Secret
from proctor.errors import HouseFault


@pytest.fixture
def state(tmp_path: Path) -> Path:
    write(tmp_path, 3)
    return tmp_path


def write(state: Path, count: int) -> None:
    with Journal.open(state / "journal" / "w0", "w0", clock=time) as journal:
        for number in range(count):
            journal.record(LoginFailed(id=f"l{number}", claimed="mallory", why="a|b=c\nd"))
        journal.record(Heartbeat(id="h", interval_s=60))


def forwarder(state: Path, config: SinkConfig) -> Forwarder:
    sink, form = sink_of(config)
    return Forwarder(state, sink, state / "sinks" / f"{config.name}.cursor", form=form)


class Collector:
    """An HTTP server that keeps what it gets, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        mine = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                mine.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                status = mine.statuses.pop(0) if mine.statuses else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, *words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/collector"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_splunk_gets_events_under_its_token(state, collector):
    config = SinkConfig("siem", "splunk", "ocsf", url=collector.url, token=Secret("hec-token"))
    way = forwarder(state, config)
    assert way.forward() == 5
    (headers, body), = collector.got  # fmt: skip
    assert headers["authorization"] == "Splunk hec-token"
    decoder, place, events = json.JSONDecoder(), 0, []
    while place < len(body):
        event, place = decoder.raw_decode(body.decode(), place)
        events.append(event)
    assert [event["event"]["class_uid"] for event in events] == [3002, 3002, 3002]  # heartbeats are no news
    assert way.forward() == 0


def test_a_webhook_gets_lines_and_what_it_refused_comes_again(state, collector):
    way = forwarder(state, SinkConfig("hook", "webhook", url=collector.url, token=Secret("t")))
    collector.statuses = [503, 302]
    for _ in range(2):
        with pytest.raises(HouseFault, match="the collector answers"):
            way.forward()
    assert way.forward() == 5
    bodies = [body for _, body in collector.got]
    assert bodies[0] == bodies[1] == bodies[2]
    assert [json.loads(line)["seq"] for line in bodies[2].splitlines()] == [0, 1, 2, 3, 4]
    assert collector.got[0][0]["authorization"] == "Bearer t"


def test_opentelemetry_gets_an_export_request(state, collector):
    assert forwarder(state, SinkConfig("otel", "otlp", url=collector.url)).forward() == 5
    said = json.loads(collector.got[0][1])
    names = [each["eventName"] for each in said["resourceLogs"][0]["scopeLogs"][0]["logRecords"]]
    assert names == ["proctor.journal.opened", *["proctor.login.failed"] * 3, "proctor.heartbeat"]
    assert collector.got[0][0]["content-type"] == "application/json"


def test_a_collector_that_is_not_there_loses_nothing(state, collector):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    way = forwarder(state, SinkConfig("hook", "webhook", url=f"http://127.0.0.1:{port}/"))
    with pytest.raises(OSError, match="ConnectError"):
        way.forward()
    again = forwarder(state, SinkConfig("hook", "webhook", url=collector.url))
    assert again.forward() == 5


class SyslogServer:
    """Reads RFC 5425 frames over TLS, and says farewell when its client does."""

    def __init__(self, folder: Path) -> None:
        self.cert = folder / "syslog.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "syslog.key", "-out", self.cert],
            check=True, capture_output=True,
        )  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, folder / "syslog.key")
        self.context = context
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.got = b""

    def take_one(self) -> threading.Thread:
        def serve() -> None:
            plain, _ = self.socket.accept()
            try:
                with self.context.wrap_socket(plain, server_side=True) as secured:
                    while data := secured.recv(4096):
                        self.got += data
                    secured.unwrap()
            except (ssl.SSLError, OSError):
                plain.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        return thread


@pytest.fixture
def syslog(tmp_path: Path) -> Iterator[SyslogServer]:
    (tmp_path / "syslog").mkdir()
    server = SyslogServer(tmp_path / "syslog")
    yield server
    server.socket.close()


def frames(data: bytes) -> list[bytes]:
    found = []
    while data:
        size, _, rest = data.partition(b" ")
        found.append(rest[: int(size)])
        data = rest[int(size) :]
    return found


def test_syslog_gets_cef_over_tls(state, syslog):
    config = SinkConfig("siem", "syslog", "cef", host="localhost", port=syslog.port, ca=syslog.cert)
    taking = syslog.take_one()
    assert forwarder(state, config).forward() == 5
    taking.join(10)
    messages = frames(syslog.got)
    assert len(messages) == 5
    assert all(message.startswith(b"<109>1 ") for message in messages)
    assert b" proctor " in messages[1]
    assert messages[1].partition(b"\xef\xbb\xbf")[2].startswith(b"CEF:0|Proctor|Proctor|1|login.failed|")
    assert all(b"\n" not in message for message in messages)


def test_a_syslog_server_that_is_another_gets_nothing(state, syslog, tmp_path):
    """Its certificate is not one that we were told to trust."""
    (tmp_path / "other").mkdir()
    other = SyslogServer(tmp_path / "other")
    other.socket.close()
    taking = syslog.take_one()
    way = forwarder(state, SinkConfig("siem", "syslog", "cef", host="localhost", port=syslog.port, ca=other.cert))
    with pytest.raises(ssl.SSLCertVerificationError):
        way.forward()
    taking.join(10)
    assert syslog.got == b""
    assert way.lag() == 0  # nothing is in the log yet; the journal's records wait
    assert not (state / "sinks" / "siem.cursor").exists()
