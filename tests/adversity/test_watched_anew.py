"""Sinks, witnesses and stamps change under SIGHUP: from then on, no session is dropped, and no record is missed."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from proctor.audit.stamps import roots_of
from proctor.audit.verify import verify
from proctor.audit.vouching import by_stamps, by_witnesses
from tests.adversity.test_stamps import Authority, authority
from tests.databases.lab import Lab, lab, until
from tests.unit.edge.test_witnesses import Desk

__all__ = ["authority"]  # a fixture of the neighbour's


class Watchers:
    """An HTTP server that is a collector, a witness, and an authority of time, each at a path of its own."""

    def __init__(self, tsa: Authority) -> None:
        self.collected: list[bytes] = []
        self.desk = Desk("witness.test/w")
        mine = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, said = mine.answer(self.path, body, tsa)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str, body: bytes, tsa: Authority) -> tuple[int, bytes]:
        """Return the status and the body for what was posted there."""
        if path == "/collect":
            self.collected += body.splitlines()
            return 200, b""
        if path == "/add-checkpoint":
            return self.desk(body)
        return (200, tsa("", body)) if path == "/tsa" else (404, b"")


@pytest.fixture
def watchers(authority: Authority) -> Iterator[Watchers]:
    made = Watchers(authority)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def house(postgres: ThrowawayPostgres, tmp_path: Path) -> Iterator[Lab]:
    with lab(postgres, tmp_path) as made:
        yield made


def reload(house: Lab, settings: str, more: str) -> None:
    """Let `[audit]` say this and nothing else, as an operator would."""
    house.gateway.config.write_text(f"{settings}\n{more}")
    os.kill(house.gateway.pid, signal.SIGHUP)


def lines_of(file: Path) -> list[bytes]:
    """Return what is there, without a line that is just being written."""
    return file.read_bytes().split(b"\n")[:-1]


def sequence(lines: list[bytes]) -> list[int]:
    """Return the numbers of the worker's records."""
    return [record["seq"] for line in lines if (record := json.loads(line))["shard"] == "worker-0"]


def asked(house: Lab, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{house.gateway.console[1]}{path}")


def lags(house: Lab) -> str:
    numbers = asked(house, "/metrics").text
    return "\n".join(line for line in numbers.splitlines() if line.startswith("proctor_sink_lag{"))


def test_a_sink_comes_moves_and_goes_while_a_session_stays(house: Lab, watchers: Watchers, tmp_path: Path) -> None:
    settings = house.gateway.config.read_text()
    file = tmp_path / "records.jsonl"
    with psycopg.connect(house.dsn()) as ada:  # one transaction all the while
        ada.execute("insert into bins (part, slot) values (1, 'kept')")
        reload(house, settings, f'[audit.sinks.out]\nkind = "file"\npath = "{file}"\n')
        until(lambda: file.exists() and b'"kind":"statement.decided"' in file.read_bytes())
        reload(house, settings, f'[audit.sinks.out]\nkind = "webhook"\nurl = "{watchers.url}/collect"\n')
        until(lambda: ada.execute("select count(*) from parts") and sequence(watchers.collected))
        both = sequence([*lines_of(file), *watchers.collected])
        assert sorted(set(both)) == list(range(len(set(both)))), "what the one does not have, the other has"
        assert sequence(watchers.collected)[0] > 0, "it goes on where the sink was"
        assert 'sink="out"' in lags(house)
        reload(house, settings, "")
        until(lambda: 'sink="out"' not in lags(house))
        ada.execute("select count(*) from bins")
        reload(house, settings, f'[audit.sinks.out]\nkind = "file"\npath = "{file}"\n')
        until(lambda: sequence(lines_of(file))[-1] > both[-1])
        ada.commit()
    assert house.run("select count(*) from bins where slot = 'kept'") == [(1,)]
    house.gateway.stop()
    told = sequence([*lines_of(file), *watchers.collected])
    written = [record["seq"] for record in house.records() if record["shard"] == "worker-0"]
    assert sorted(set(told)) == written


def test_a_sink_in_trouble_that_is_taken_out_troubles_nobody_any_more(house: Lab) -> None:
    settings = house.gateway.config.read_text()
    reload(house, settings, '[audit.sinks.lost]\nkind = "webhook"\nurl = "http://127.0.0.1:1/"\n')
    until(lambda: "sink lost: " in house.gateway.log())
    assert 'sink="lost"' in lags(house)
    assert asked(house, "/readyz").status_code == 503
    reload(house, settings, "")
    until(lambda: asked(house, "/readyz").status_code == 200)
    assert 'sink="lost"' not in lags(house)
    with psycopg.connect(house.dsn()) as ada:
        assert ada.execute("select 1").fetchone() == (1,)


def test_what_cannot_be_put_in_force_leaves_the_watchers_as_they_were(house: Lab, tmp_path: Path) -> None:
    settings = house.gateway.config.read_text()
    file = tmp_path / "records.jsonl"
    good = f'[audit.sinks.out]\nkind = "file"\npath = "{file}"\n'
    reload(house, settings, good)
    until(file.exists)
    (tmp_path / "no.pem").write_text("this is no certificate\n")
    bad = f'[audit.sinks.more]\nkind = "webhook"\nurl = "https://127.0.0.1:1/"\nca = "{tmp_path / "no.pem"}"\n'
    reload(house, settings, bad)
    until(lambda: "[audit.sinks.more] cannot be put in force" in house.gateway.log())
    assert 'sink="out"' in lags(house)
    assert 'sink="more"' not in lags(house)


def test_a_witness_and_an_authority_of_time_vouch_from_the_reload_on(
    house: Lab, watchers: Watchers, authority: Authority
) -> None:
    settings = house.gateway.config.read_text()
    logs = house.folder / "state" / "log"
    with psycopg.connect(house.dsn(), autocommit=True) as ada:
        ada.execute("select count(*) from parts")
        until((logs / "meta" / "checkpoint").exists)  # whether there is anything to stamp is looked at once a minute
        reload(
            house,
            settings,
            f'[audit.witnesses]\nevery = "100ms"\n[audit.witnesses.w]\nurl = "{watchers.url}/"\n'
            f'key = "{watchers.desk.witness}"\n'
            f'[audit.stamps]\nurl = "{watchers.url}/tsa"\nca = "{authority.root}"\nevery = "1h"\n',
        )
        until(lambda: list((logs / "meta" / "stamps").glob("*.tsr")))
        until(lambda: by_witness(logs, watchers.desk))
        before = len(watchers.desk.asked)
        ada.execute("select 2")
        until(lambda: len(watchers.desk.asked) > before)
        reload(house, settings, "")
        assert ada.execute("select 3").fetchone() == (3,)
    house.gateway.stop()
    vouched = [by_witnesses(logs, [watchers.desk.witness], 1), by_stamps(logs, roots_of(authority.root))]
    found = verify(logs, house.folder / "state" / "journal", vouched=vouched)
    assert found.ok, found.problems


def by_witness(logs: Path, desk: Desk) -> bool:
    """Say whether the witness vouches for every log there is."""
    return verify(logs, vouched=[by_witnesses(logs, [desk.witness], 1)]).ok
