"""A collector of OpenTelemetry spans: takes OTLP over HTTP and decodes it by the published protocol buffers."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Collector:
    """Listens on this machine until it is left."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.spans: list[Span] = []
        self.headers: list[dict[str, str]] = []
        self.resource: dict[str, object] = {}
        collector = self

        class Taker(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.took(self.path, dict(self.headers.items()), body)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1/traces"

    def took(self, path: str, headers: dict[str, str], body: bytes) -> None:
        named = {name.lower(): value for name, value in headers.items()}
        data = gzip.decompress(body) if named.get("content-encoding") == "gzip" else body
        said = ExportTraceServiceRequest.FromString(data)
        assert path == "/v1/traces"
        self.headers.append(named)
        self.raw.append(data)
        for part in said.resource_spans:
            self.resource = {each.key: plain(each.value) for each in part.resource.attributes}
            for scope in part.scope_spans:
                self.spans += scope.spans

    def __enter__(self) -> Collector:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def plain(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    return [plain(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, str(kind))


def told(span: Span) -> dict[str, object]:
    """Return a span's attributes."""
    return {each.key: plain(each.value) for each in span.attributes}
