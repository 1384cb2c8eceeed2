"""One database of each age with the gateway before it, shared by the tests of this folder."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from urllib.parse import parse_qs

import pytest

from tests.databases.lab import Lab, lab


@pytest.fixture(scope="session", params=["postgres", "postgres18"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The gateway before PostgreSQL 15, and before 18."""
    server = request.getfixturevalue(request.param)
    with lab(server, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture(scope="session")
def stage15(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The gateway with two workers before PostgreSQL 15."""
    with lab(request.getfixturevalue("postgres"), tmp_path_factory.mktemp("two"), workers=2) as made:
        yield made


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[str, Queue[str]]]:
    """Where the provider says that somebody has signed out; the tests carry its word to the gateway themselves."""
    words: Queue[str] = Queue()

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            words.put(parse_qs(body)["logout_token"][0])
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", words
    server.shutdown()
    server.server_close()
