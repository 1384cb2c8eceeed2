"""Three worlds behind gateways: one, another that differs in every sensitive value, and one in which they changed places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from demo.gateway import Gateway
from demo.postgres import ThrowawayPostgres
from tests.corpus.client import Client, Transcript
from tests.corpus.stage import settings, worlds
from tests.worlds.compare import renamed, took_too_long, untold
from tests.worlds.judge import Judge, judge
from tests.worlds.script import Script, play

HERE = Path(__file__).parent
ONE, OTHER, RENAMED = "lab", "lab2", "lab3"
_TEMPLATES = {ONE: "lab_tpl", OTHER: "lab_tpl2", RENAMED: "lab_tpl3"}
_NAMES = {ONE: "one", OTHER: "other", RENAMED: "renamed"}
_QUIET = {"autovacuum": "off"}  # statistics of its own making, and other plans with them, would come at any time
TURNS = 40  # scripts in one session, before it is opened anew


@dataclass
class Worlds:
    """The databases by name, and where they are served from under each style."""

    server: ThrowawayPostgres
    ports: dict[str, tuple[str, int]]
    judges: dict[str, Judge]
    _open: dict[tuple[str, str], tuple[Client, int]] = field(default_factory=dict)

    def hear(self, style: str, database: str, script: Script) -> Transcript:
        """Play a script in a session with that database; return all that was heard."""
        client, turns = self._open.pop((style, database), (None, 0))
        if client is None or turns >= TURNS:
            if client is not None:
                client.close()
            client, turns = Client(self.ports[style], "alice", database, seconds=60), 0
            client.ask("set statement_timeout = '5s'")
        client.heard = []
        try:
            play(client, script)
        except (EOFError, OSError) as e:
            client.heard.append(("lost", type(e).__name__))
            return client.heard
        self._open[style, database] = client, turns + 1
        return client.heard

    def told_apart(self, style: str, script: Script) -> str:
        """Return how a script tells the worlds of that style apart; empty if it does not.

        What the scripts before it left behind (rows of transactions taken back, and with them other plans) is no
        difference between the worlds: a find is one only on fresh copies.
        """
        told = self._compared(style, script)
        if told:
            self.fresh()
            told = self._compared(style, script)
        return told

    def _compared(self, style: str, script: Script) -> str:
        one = self.hear(style, ONE, script)
        other = self.hear(style, OTHER if style == "redact" else RENAMED, script)
        if took_too_long(one, other):
            self.fresh()
            return ""
        return untold(one, other) if style == "redact" else renamed(one, other)

    def fresh(self) -> None:
        """Make every database new."""
        self.close()
        for database, template in _TEMPLATES.items():
            self.server.run(f"drop database {database} with (force)")
            self.server.run(f"create database {database} template {template}")

    def close(self) -> None:
        """Close every session."""
        for client, _ in self._open.values():
            client.close()
        self._open.clear()


@contextmanager
def three_worlds(folder: Path, styles: Sequence[str] = ("redact", "useful")) -> Iterator[Worlds]:
    """Run a PostgreSQL with the three worlds, and a gateway of each style before it."""
    with worlds(_QUIET) as server, ExitStack() as stack:
        server.run("create database lab_tpl3 template lab_tpl")
        server.psql("-f", str(HERE / "renamed.sql"), dbname="lab_tpl3")
        for database, template in _TEMPLATES.items():
            server.psql("-v", f"world={_NAMES[database]}", "-f", str(HERE / "schema.sql"), dbname=template)
            server.run(f"create database {database} template {template}")
        ports, judges = {}, {}
        for style in styles:
            home = folder / style
            home.mkdir()
            config = home / "proctor.toml"
            config.write_text(
                settings(server.port, style=style, databases=(ONE, OTHER if style == "redact" else RENAMED))
            )
            config.chmod(0o600)
            gateway = stack.enter_context(Gateway(config))
            ports[style] = gateway.postgres
            judges[style] = judge(server, gateway, ONE, style)
        found = Worlds(server, ports, judges)
        stack.callback(found.close)
        yield found
