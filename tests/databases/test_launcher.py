"""The launcher of throwaway servers: private, honest about what it starts, and gone afterwards."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from demo import postgres as launcher
from demo.postgres import LaunchFault, ThrowawayPostgres

ROOT = Path(__file__).resolve().parents[2]


def wait_until_gone(pid: int, folder: Path, *, deadline: float = 30.0) -> bool:
    """Return whether both the process and the folder are gone before the deadline."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        if not folder.exists() and not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.05)
    return False


def test_a_system_server_answers_and_knows_contrib(postgres: ThrowawayPostgres) -> None:
    """The adversarial corpus needs pgcrypto and friends, which only Debian's postgresql-contrib brings."""
    database = postgres.fresh_database()
    postgres.run("create extension pgcrypto", database)
    assert postgres.run("select encode(digest('a', 'sha256'), 'hex') like 'ca978112%'", database) == [(True,)]


def test_an_embedded_server_is_postgresql_18(postgres18: ThrowawayPostgres) -> None:
    assert postgres18.run("select current_setting('server_version_num')::int / 10000") == [(18,)]


def test_two_fresh_databases_do_not_share_tables(postgres: ThrowawayPostgres) -> None:
    first, second = postgres.fresh_database(), postgres.fresh_database()
    postgres.run("create table only_here (id int)", first)
    assert postgres.run("select to_regclass('only_here') is null", second) == [(True,)]


def test_a_fresh_database_may_copy_a_template(postgres: ThrowawayPostgres) -> None:
    template = postgres.fresh_database()
    postgres.run("create table brought (id int); insert into brought values (7)", template)
    assert postgres.run("select id from brought", postgres.fresh_database(template)) == [(7,)]


def test_the_server_lets_nobody_in_without_the_password(postgres: ThrowawayPostgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres.dsn(user="postgres", password="wrong"))
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"host={postgres.folder} port={postgres.port} user=postgres dbname=postgres password=wrong")


def test_the_server_listens_on_loopback_and_its_folder_is_private(postgres: ThrowawayPostgres) -> None:
    assert postgres.run("show listen_addresses") == [("127.0.0.1",)]
    assert stat.S_IMODE(postgres.folder.stat().st_mode) == 0o700


def test_the_server_never_runs_as_root(postgres: ThrowawayPostgres) -> None:
    owner = Path(f"/proc/{postgres.pid}").stat().st_uid
    assert owner != 0
    assert postgres.folder.stat().st_uid == owner


def test_a_stopped_server_leaves_neither_process_nor_folder() -> None:
    with ThrowawayPostgres(version="embedded") as server:
        pid, folder = server.pid, server.folder
        assert folder.exists()
    assert not folder.exists()
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("last_word", [signal.SIGTERM, signal.SIGKILL], ids=lambda s: s.name)
def test_a_launcher_that_is_killed_leaves_nothing(last_word: signal.Signals) -> None:
    """A test run is often ended from outside; its servers must not outlive it, whatever ended it."""
    program = (
        "from demo.postgres import ThrowawayPostgres; import sys\n"
        "server = ThrowawayPostgres(version='system').start()\n"
        "print(server.pid, server.folder, flush=True); sys.stdin.read()"
    )
    launch = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert launch.stdout is not None and launch.stdin is not None
    pid, folder = launch.stdout.readline().split()
    launch.send_signal(last_word)
    launch.wait()
    gone = wait_until_gone(int(pid), Path(folder))
    launch.stdin.close()
    launch.stdout.close()
    assert gone


def test_settings_files_and_access_rules_reach_the_server() -> None:
    with ThrowawayPostgres(
        version="system",
        settings={"work_mem": "7MB", "password_encryption": "md5"},
        files={"notice.txt": b"kept"},
        hba=["host all carol 127.0.0.1/32 md5"],
    ) as server:
        server.run("create role carol login password 'hunter2'")
        assert server.run("show work_mem") == [("7MB",)]
        assert server.run("select pg_read_file('notice.txt')") == [("kept",)]
        with psycopg.connect(server.dsn(user="carol", password="hunter2")) as session:
            assert session.execute("select current_user").fetchone() == ("carol",)


def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(LaunchFault, match="no_such_setting"):
        ThrowawayPostgres(version="system", settings={"no_such_setting": "1"}).start()


def cluster(**settings: str) -> launcher.Cluster:
    """Return the guard's own view of a server that is not started yet."""
    binaries = str(launcher.find_postgres("system"))
    return launcher.Cluster(launcher.Order(binaries, "x", settings={**launcher.FORGETFUL, **settings}))


def test_a_server_that_cannot_start_leaves_no_folder() -> None:
    broken = cluster(no_such_setting="1")
    broken.build()
    with pytest.raises(LaunchFault):
        broken.start()
    broken.stop()
    assert not broken.folder.exists()


def test_a_port_that_was_taken_meanwhile_is_given_up_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between finding a port free and binding it, somebody else may take it."""
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        taken = squatter.getsockname()[1]
        offers = [taken, launcher.free_port()]
        monkeypatch.setattr(launcher, "free_port", lambda: offers.pop(0))
        late = cluster()
        try:
            late.build()
            late.start()
            assert late.port != taken
            assert offers == []
        finally:
            late.stop()


def test_root_hands_the_server_to_an_account_of_its_own() -> None:
    account = launcher.unprivileged()
    assert (account is None) == (os.geteuid() != 0)
    assert account is None or account.pw_uid != 0
