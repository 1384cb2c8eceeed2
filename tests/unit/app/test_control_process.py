"""The control process, whole: TLS under the house's CA, tickets that expire, records that reach the log."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from proctor.app.control_process import ControlRoom, house_name
from proctor.app.settings import load
from proctor.audit.verify import verify
from proctor.audit.vouching import by_witnesses
from proctor.edge.audit_config import Retention
from proctor.edge.certificates import ca_path
from proctor.edge.config import Config
from proctor.edge.store import Store
from proctor.edge.witnesses import Witnesses
from proctor.errors import ConfigFault
from proctor.terms import Moment, Ticket, TicketId, TicketState

SETTINGS = """
[databases.shop]
host = "127.0.0.1"
user = "proctor"
[people.dora]
groups = ["dba"]
password = "dorapw"
"""


def configured(folder: Path, more: str = "") -> Config:
    path = folder / "proctor.toml"
    path.write_text(SETTINGS + more)
    path.chmod(0o600)
    config = load(path)
    Store.open(config.state, migrate=True).close()
    return config


def door() -> socket.socket:
    sock = socket.create_server(("127.0.0.1", 0))
    sock.setblocking(False)
    return sock


@asynccontextmanager
async def running(config: Config, *sockets: socket.socket) -> AsyncIterator[ControlRoom]:
    room = ControlRoom(config, list(sockets))
    up = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(room.run(up.set))
        async with asyncio.timeout(20):
            await up.wait()
            try:
                yield room
            finally:
                room.stop()
                await task


def records(config: Config) -> str:
    """Return every record of the control process, as the log has it."""
    return "".join(
        path.read_bytes().decode("utf-8", "replace")
        for path in sorted((config.state / "log" / "control" / "tile" / "entries").rglob("*"))
        if path.is_file()
    )


async def test_the_api_speaks_tls_that_a_client_can_verify(tmp_path: Path) -> None:
    config, sock = configured(tmp_path), door()
    trusted = ssl.create_default_context(cafile=None)
    async with running(config, sock):
        trusted.load_verify_locations(ca_path(config.state))
        async with httpx.AsyncClient(verify=trusted, auth=("dora", "dorapw")) as client:
            answer = await client.get(f"https://localhost:{sock.getsockname()[1]}/api/v1/me")
        async with httpx.AsyncClient() as stranger:
            with pytest.raises(httpx.ConnectError):
                await stranger.get(f"https://localhost:{sock.getsockname()[1]}/api/v1/me")
    assert answer.json()["subject"] == "dora"


async def test_a_unix_socket_serves_the_same_without_tls(tmp_path: Path) -> None:
    config, sock = configured(tmp_path), socket.socket(socket.AF_UNIX)
    sock.bind(str(tmp_path / "console.sock"))
    sock.listen()
    sock.setblocking(False)
    async with running(config, sock):
        transport = httpx.AsyncHTTPTransport(uds=str(tmp_path / "console.sock"))
        async with httpx.AsyncClient(transport=transport, auth=("dora", "dorapw")) as client:
            assert (await client.get("http://proctor/api/v1/me")).status_code == 200


async def test_what_is_due_expires_and_is_on_record_in_a_log_that_verifies(tmp_path: Path) -> None:
    config = configured(tmp_path)
    now = datetime.now(UTC)
    old = Ticket(
        TicketId("T1"), TicketState.PENDING, "bob", None, "shop", "DELETE", "d", None, ("r",), "why",
        frozenset({"dba"}), 1, now - timedelta(hours=2), now - timedelta(hours=1),
    )  # fmt: skip
    with Store.open(config.state) as store:
        store.tickets.open(old, Moment(now - timedelta(hours=2)))
        async with running(config, door()):
            async with asyncio.timeout(10):
                while (ticket := store.tickets.get("T1")) is not None and ticket.state is TicketState.PENDING:
                    await asyncio.sleep(0.01)
        assert ticket is not None
        assert ticket.state is TicketState.EXPIRED
    told = records(config)
    assert '"kind":"ticket.expired"' in told
    assert '"kind":"worker.stopped"' in told
    verified = verify(config.state / "log", config.state / "journal")
    assert verified.ok, verified.problems


async def test_new_settings_are_taken_over_and_broken_ones_are_not(tmp_path: Path) -> None:
    config = configured(tmp_path)
    async with running(config, door()) as room:
        (tmp_path / "proctor.toml").write_text(SETTINGS + '[people.sam]\ngroups = ["security"]\npassword = "sampw"\n')
        room.reload()
        assert await room.door.admit("sam", "sampw", "127.0.0.1") is not None
        (tmp_path / "proctor.toml").write_text(SETTINGS + "nonsense = 1\n")
        with pytest.raises(ConfigFault, match="unknown key"):
            room.reload()
        assert await room.door.admit("sam", "sampw", "127.0.0.1") is not None


async def test_what_a_reload_cannot_put_in_force_is_told_until_it_is_put_back(tmp_path: Path) -> None:
    config = configured(tmp_path)
    async with running(config, door()) as room:
        changed = SETTINGS + f'[audit]\nfence = "{tmp_path}/fence"\nretention = {{ segments = 9, age = "400d" }}\n'
        (tmp_path / "proctor.toml").write_text(changed + '[keys]\nbind = { env = "BIND" }\n')
        room.reload()
        assert room.control.health.waiting == ("keys.bind", "audit.fence")
        assert room.control.health.ready, "it serves as before"
        assert room.archive._config.retention == Retention(segments=9, age=400 * 86_400.0)
        assert room.archive.integrator._fence is None
        (tmp_path / "proctor.toml").write_text(SETTINGS)
        room.reload()
        assert room.control.health.waiting == ()


async def test_a_part_in_trouble_is_told_until_it_is_well_again(tmp_path: Path) -> None:
    config = configured(tmp_path)
    async with running(config, door()) as room:
        broken = config.state / "journal" / "worker-0"
        broken.mkdir()
        (broken / "integrated").write_text("5")  # it claims records that the log has never had
        async with asyncio.timeout(10):
            while room.control.health.ready:
                await asyncio.sleep(0.01)
        assert list(room.control.health.troubles) == ["log of worker-0"]
        (broken / "integrated").unlink()
        async with asyncio.timeout(10):
            while not room.control.health.ready:
                await asyncio.sleep(0.01)


def test_a_house_keeps_its_name(tmp_path: Path) -> None:
    assert house_name(tmp_path) == house_name(tmp_path)
    assert house_name(tmp_path).startswith("proctor-")


async def test_a_house_whose_witness_is_silent_records_and_signs_nothing_until_it_speaks(tmp_path: Path) -> None:
    """Records stay safe in the journal meanwhile; what is not signed cannot contradict anything."""
    from tests.unit.edge.test_witnesses import Desk

    desk = Desk("witness.test/w1")
    desk.silent = True
    settings = (
        f'[audit.witnesses]\nevery = "50ms"\n[audit.witnesses.w]\nurl = "http://127.0.0.1:9/"\nkey = "{desk.witness}"\n'
    )
    config = configured(tmp_path, settings)
    sock = door()
    room = ControlRoom(config, [sock])
    room.archive.witnesses = Witnesses(config.state / "log", config.audit.witnessing, dial=lambda seat: desk)
    up = asyncio.Event()
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(20):
        task = tasks.create_task(room.run(up.set))
        await up.wait()
        while "log" not in room.control.health.troubles:
            await asyncio.sleep(0.01)
        assert "0 of the 1 witnesses that must be heard" in room.control.health.troubles["log"]
        shown = (config.state / "log" / "control" / "checkpoint").read_text().splitlines()
        assert shown[1] == "0"  # an empty log to show, and no record in it
        desk.silent = False
        while not (config.state / "log" / "control" / "cosigned").exists():
            await asyncio.sleep(0.01)
        room.stop()
        await task
    found = verify(config.state / "log", vouched=[by_witnesses(config.state / "log", [desk.witness], 1)])
    assert found.ok, found.problems


async def test_a_sink_gets_every_record_and_its_lag_is_told(tmp_path: Path) -> None:
    """One that hangs in the dark has a lag and a trouble; the file beside it has everything."""
    lost = '[audit.sinks.lost]\nkind = "webhook"\nurl = "http://127.0.0.1:1/"\n'
    config = configured(
        tmp_path, f'[audit.sinks.file]\nkind = "file"\npath = "out.jsonl"\n{lost}[audit.retention]\nsegments = 1\n'
    )
    sock = door()
    async with running(config, sock) as room:
        async with asyncio.timeout(20):
            while not (tmp_path / "out.jsonl").exists() or "sink lost" not in room.control.health.troubles:
                await asyncio.sleep(0.01)
            while room.archive.lags()["file"] or not room.archive.lags()["lost"]:
                await asyncio.sleep(0.01)
        trusted = ssl.create_default_context(cafile=str(ca_path(config.state)))
        numbers = ""
        async with httpx.AsyncClient(verify=trusted) as client, asyncio.timeout(20):
            while 'proctor_sink_lag{sink="file"} 0.0' not in numbers:  # a record may just have come
                numbers = (await client.get(f"https://localhost:{sock.getsockname()[1]}/metrics")).text
    assert 'proctor_sink_lag{sink="lost"}' in numbers
    told = (tmp_path / "out.jsonl").read_text()
    assert '"kind":"worker.started"' in told
    assert '"kind":"worker.stopped"' in told
