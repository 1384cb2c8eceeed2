"""`approvals`, `sessions` and `audit` against a control process that runs, under TLS of the house's own CA."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from proctor.app.control_process import ControlRoom
from proctor.app.settings import load
from proctor.audit.reading import integrated, records
from proctor.edge.live_sessions import LiveSession
from proctor.edge.store import Store
from proctor.terms import Kind, Moment, SessionId, Ticket, TicketId, TicketState
from tests.unit.cli.terminal import Ran, Terminal

SETTINGS = """
[listen]
console = "127.0.0.1:{port}"
[databases.shop]
host = "127.0.0.1"
user = "proctor"
password_env = "ABSENT_FROM_THE_OPERATORS_SHELL"
[people.alice]
password = "alicepw"
[people.dora]
groups = ["dba"]
password = "dorapw"
[agents.copilot]
owner = "alice"
password = "copilotpw"
"""


@dataclass
class Gateway:
    """A control process in a thread of its own, and a terminal beside it."""

    terminal: Terminal
    config: str
    state: Path
    store: Store

    def run(self, who: str, *words: str) -> Ran:
        return self.terminal.run(*words, "--as", who, PROCTOR_CONFIG=self.config, PROCTOR_PASSWORD=f"{who}pw")

    def audit(self, *words: str) -> Ran:
        return self.terminal.run("audit", *words, PROCTOR_CONFIG=self.config)

    def ask(self, statement: str = "DELETE FROM orders WHERE id = 7") -> None:
        now = datetime.now(UTC)
        self.store.tickets.open(
            Ticket(
                TicketId("T1"),
                TicketState.PENDING,
                "copilot",
                "alice",
                "shop",
                statement,
                "d",
                "INC-42",
                ("agent-writes",),
                "an agent",
                frozenset({"dba"}),
                1,
                now,
                now + timedelta(hours=1),
            ),
            Moment(now),
        )


@contextmanager
def running(path: Path, sock: socket.socket) -> Iterator[None]:
    up, stop = threading.Event(), threading.Event()
    room: list[ControlRoom] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def live() -> None:
        room.append(ControlRoom(load(path, secrets=False), [sock]))
        loops.append(asyncio.get_running_loop())
        await room[0].run(up.set)

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    try:
        assert up.wait(20)
        yield
    finally:
        stop.set()
        loops[0].call_soon_threadsafe(room[0].stop)
        thread.join(20)


@pytest.fixture
def gateway(terminal: Terminal, tmp_path: Path) -> Iterator[Gateway]:
    sock = socket.create_server(("127.0.0.1", 0))
    sock.setblocking(False)
    path = tmp_path / "proctor.toml"
    path.write_text(SETTINGS.format(port=sock.getsockname()[1]))
    path.chmod(0o600)
    with Store.open(tmp_path / "state", migrate=True) as store, running(path, sock):
        yield Gateway(terminal, str(path), tmp_path / "state", store)


def test_the_desk_lists_exactly_what_other_tools_rely_on(gateway: Gateway) -> None:
    assert gateway.run("dora", "approvals", "list").out == "nothing is on the desk\n"
    gateway.ask()
    (line,) = gateway.run("dora", "approvals", "list", "--json").lines
    assert list(line) == ["id", "state", "requester", "on_behalf_of", "database", "statement", "reason", "created"]
    assert (line["id"], line["state"], line["requester"], line["on_behalf_of"]) == ("T1", "pending", "copilot", "alice")
    table = gateway.run("dora", "approvals", "list").out
    assert "T1" in table
    assert "copilot for alice" in table
    assert gateway.run("dora", "approvals", "list", "--state", "denied", "--json").lines == []


def test_a_ticket_is_shown_and_approved(gateway: Gateway) -> None:
    gateway.ask("DELETE FROM orders\nWHERE note = '\x1b[2J'")
    shown = gateway.run("dora", "approvals", "show", "T1")
    assert "\x1b" not in shown.out
    assert "\\x1b[2J" in shown.out
    ran = gateway.run("dora", "approvals", "approve", "T1", "--because", "rows checked")
    assert (ran.code, ran.out) == (0, "T1 is approved\n")
    kept = gateway.store.tickets.get("T1")
    assert kept is not None
    assert (kept.decided_by, kept.because) == (("dora",), "rows checked")


@pytest.mark.parametrize(
    ("who", "words", "told"),
    [
        pytest.param("alice", ("approve", "T1"), "whoever an agent acts for does not decide", id="the owner"),
        pytest.param("copilot", ("approve", "T1"), "only people approve or deny", id="the agent"),
        pytest.param("dora", ("approve", "T9"), "there is no such ticket", id="no ticket"),
        pytest.param("dora", ("show", "../../../healthz"), "Not Found", id="no path"),
        pytest.param("nobody", ("list",), "name or password does not fit", id="a stranger"),
        pytest.param("dora", ("list", "--state", "odd"), "state", id="no state"),
    ],
)
def test_a_no_exits_with_1_and_says_why(gateway: Gateway, who: str, words: tuple[str, ...], told: str) -> None:
    gateway.ask()
    ran = gateway.run(who, "approvals", *words)
    assert (ran.code, ran.out) == (1, "")
    assert told in ran.err
    kept = gateway.store.tickets.get("T1")
    assert kept is not None
    assert kept.state is TicketState.PENDING


def test_a_request_is_cancelled_by_its_owner(gateway: Gateway) -> None:
    gateway.ask()
    assert gateway.run("alice", "approvals", "cancel", "T1").out == "T1 is cancelled\n"
    ran = gateway.run("dora", "approvals", "deny", "T1")
    assert (ran.code, "the ticket is cancelled" in ran.err) == (1, True)


def test_sessions_are_listed_and_ended(gateway: Gateway) -> None:
    assert gateway.run("alice", "sessions", "list").out == "no session is open\n"
    gateway.store.sessions.opened(
        LiveSession(
            SessionId("S1"),
            "worker-0",
            "alice",
            Kind.HUMAN,
            None,
            "shop",
            "INC-42",
            "psql",
            "127.0.0.1:5",
            datetime.now(UTC),
        )
    )
    (line,) = gateway.run("alice", "sessions", "list", "--json").lines
    assert (line["id"], line["subject"], line["database"], line["reason"]) == ("S1", "alice", "shop", "INC-42")
    assert gateway.run("copilot", "sessions", "kill", "S1").code == 1
    assert gateway.run("dora", "sessions", "kill", "S1", "--because", "runaway").code == 0
    assert [kill.by for kill in gateway.store.sessions.kills("worker-0")] == ["dora"]


def test_without_a_password_nothing_is_asked(gateway: Gateway) -> None:
    ran = gateway.terminal.run("approvals", "list", "--as", "dora", PROCTOR_CONFIG=gateway.config)
    assert (ran.code, "set PROCTOR_PASSWORD" in ran.err) == (2, True)


def test_a_gateway_that_is_not_ours_is_not_given_the_password(gateway: Gateway, tmp_path: Path) -> None:
    """The address answers, but under another CA: the password must not leave."""
    from proctor.edge import certificates

    foreign = tmp_path / "elsewhere" / "proctor.toml"  # the same address in the settings of another house
    foreign.parent.mkdir()
    foreign.write_text(Path(gateway.config).read_text())
    foreign.chmod(0o600)
    certificates.prepare(load(foreign, secrets=False), datetime.now(UTC))
    given = {"PROCTOR_CONFIG": str(foreign), "PROCTOR_PASSWORD": "dorapw"}
    ran = gateway.terminal.run("approvals", "list", "--as", "dora", **given)
    assert ran.code == 4
    assert "cannot be reached" in ran.err
    assert "certificate" in ran.err.casefold()


def test_a_password_never_travels_in_the_clear(gateway: Gateway) -> None:
    ran = gateway.run("dora", "approvals", "list", "--url", "http://db.example.com:8088")
    assert (ran.code, "under TLS only" in ran.err) == (2, True)


def test_a_console_on_a_unix_socket_is_reached(terminal: Terminal, tmp_path: Path) -> None:
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(tmp_path / "console.sock"))
    sock.listen()
    sock.setblocking(False)
    path = tmp_path / "proctor.toml"
    path.write_text(SETTINGS.replace("127.0.0.1:{port}", "./console.sock"))
    path.chmod(0o600)
    Store.open(tmp_path / "state", migrate=True).close()
    with running(path, sock):
        ran = terminal.run("approvals", "list", "--as", "dora", PROCTOR_CONFIG=str(path), PROCTOR_PASSWORD="dorapw")
    assert (ran.code, ran.out) == (0, "nothing is on the desk\n")


def test_a_gateway_that_is_gone_exits_with_4(terminal: Terminal, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    path = tmp_path / "proctor.toml"
    path.write_text(SETTINGS.format(port=port).replace("[listen]", '[listen]\ntls = "off"'))
    path.chmod(0o600)
    words = ("approvals", "list", "--as", "dora", "--config", str(path))
    ran = terminal.run(*words, PROCTOR_PASSWORD="dorapw")
    assert (ran.code, ran.out) == (4, "")
    assert f"the gateway at http://127.0.0.1:{port} cannot be reached" in ran.err


def test_what_was_done_is_found_proven_and_verified(gateway: Gateway, tmp_path: Path) -> None:
    gateway.ask()
    gateway.run("dora", "approvals", "approve", "T1", "--because", "rows checked")
    (found,) = gateway.audit("search", "--kind", "ticket.approved", "--json").lines
    assert (found["ticket"], found["by"], found["because"]) == ("T1", "dora", "rows checked")
    assert "ticket.approved" in gateway.audit("tail", "-n", "3").out
    exported = gateway.audit("export").lines
    assert found["id"] in {line["id"] for line in exported}
    for _ in range(200):  # the log has it within a second
        proven = gateway.audit("prove", found["id"], "--to", str(tmp_path / "evidence"))
        if "not in the log yet" not in proven.err:
            break
        threading.Event().wait(0.05)
    assert proven.code == 0, proven.err
    assert {path.suffix for path in (tmp_path / "evidence").iterdir()} == {".entry", ".tlog-proof"}
    verified = gateway.audit("verify")
    assert verified.code == 0, verified.err
    assert verified.out.startswith("verified: ")


def test_a_changed_record_is_a_lie_and_exits_with_3(gateway: Gateway, tmp_path: Path) -> None:
    gateway.ask()
    gateway.run("dora", "approvals", "deny", "T1")
    for _ in range(1200):
        # The first checkpoint is that of an empty log: what was written is in it once it covers all records.
        if 0 < sum(1 for _ in records(gateway.state, "control")) == integrated(gateway.state, "control"):
            break
        threading.Event().wait(0.05)
    copy = tmp_path / "copy"
    shutil.copytree(gateway.state / "log", copy / "log", ignore=shutil.ignore_patterns(".*", "tmp"))
    for bundle in (copy / "log" / "control" / "tile" / "entries").rglob("*"):
        if bundle.is_file():
            bundle.write_bytes(bundle.read_bytes().replace(b"worker.started", b"worker.stopped"))
    ran = gateway.audit("verify", "--state", str(copy))
    assert ran.code == 3
    assert "the journal does not verify: control record" in ran.err
    ran = gateway.audit("verify", "--state", str(copy), "--json")
    assert (ran.code, ran.lines[0]["ok"]) == (3, False)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("search", "--since", "yesterday-ish"), 2),
        (("prove", "nothing"), 1),
        (("prove", "control:99999"), 1),
        (("verify", "--key", "nonsense+x"), 2),
        (("verify", "--checkpoint", "/nonexistent"), 2),
        (("export", "--state", "/nonexistent"), 2),
    ],
)
def test_what_cannot_be_answered_is_told(gateway: Gateway, words: tuple[str, ...], code: int) -> None:
    ran = gateway.audit(*words)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("proctor: ")


def test_a_stranger_to_the_state_is_told(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "proctor.toml"
    path.write_text(SETTINGS.format(port=1))
    path.chmod(0o600)
    ran = terminal.run("audit", "verify", PROCTOR_CONFIG=str(path))
    assert (ran.code, "there is no state folder" in ran.err) == (2, True)
