"""Worlds behind gateways: one, and others that differ from it in every sensitive value, each by what may be told of it.

In the second they are others out of the blue, in the third they have other names, and in the fourth they have other
names that agree in what `partial` and `generalise` show.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from demo.gateway import Gateway
from demo.postgres import ThrowawayPostgres
from tests.corpus.client import Client, Transcript
from tests.corpus.stage import settings, worlds
from tests.worlds.askers import ALIKE, ASKERS, ONE, OTHER, RENAMED, SERVED, USEFUL, people, rules
from tests.worlds.compare import took_too_long
from tests.worlds.judge import RULES, Judge, judges
from tests.worlds.script import Script, play

HERE = Path(__file__).parent
TEMPLATES = {ONE: "lab_tpl", OTHER: "lab_tpl2", RENAMED: "lab_tpl3", ALIKE: "lab_tpl4"}
_NAMES = {ONE: "one", OTHER: "other", RENAMED: "renamed", ALIKE: "alike"}
_QUIET = {"autovacuum": "off"}  # statistics of its own making, and other plans with them, would come at any time
TURNS = 40  # scripts in one session, before it is opened anew


@dataclass
class Worlds:
    """The databases by name, where they are served from, and a judge for each asker."""

    server: ThrowawayPostgres
    ports: dict[str, tuple[str, int]]
    judges: dict[str, Judge]
    _open: dict[tuple[str, str], tuple[Client, int]] = field(default_factory=dict)

    def hear(self, asker: str, database: str, script: Script) -> Transcript:
        """Play a script in a session with that database; return all that was heard."""
        client, turns = self._open.pop((asker, database), (None, 0))
        if client is None or turns >= TURNS:
            if client is not None:
                client.close()
            client, turns = Client(self.ports[ASKERS[asker].gateway], ASKERS[asker].person, database, seconds=60), 0
            client.ask("set statement_timeout = '5s'")
        client.heard = []
        try:
            play(client, script)
        except (EOFError, OSError) as e:
            client.heard.append(("lost", type(e).__name__))
            return client.heard
        self._open[asker, database] = client, turns + 1
        return client.heard

    def told_apart(self, asker: str, script: Script, other: str = "") -> str:
        """Return how a script tells the worlds of that asker apart; empty if it does not. `other` is another than theirs.

        What the scripts before it left behind (rows of transactions taken back, and with them other plans) is no
        difference between the worlds: a find is one only on fresh copies.
        """
        other = other or ASKERS[asker].other
        told = self._compared(asker, script, other)
        if told:
            self.fresh()
            told = self._compared(asker, script, other)
        return told

    def _compared(self, asker: str, script: Script, world: str) -> str:
        one, other = self.hear(asker, ONE, script), self.hear(asker, world, script)
        if took_too_long(one, other):
            self.fresh()
            return ""
        return ASKERS[asker].told(one, other, script)

    def fresh(self) -> None:
        """Make every database new."""
        self.close()
        for database, template in TEMPLATES.items():
            self.server.run(f"drop database {database} with (force)")
            self.server.run(f"create database {database} template {template}")

    def close(self) -> None:
        """Close every session."""
        for client, _ in self._open.values():
            client.close()
        self._open.clear()


@contextmanager
def all_worlds(folder: Path, gateways: Sequence[str] = tuple(SERVED)) -> Iterator[Worlds]:
    """Run a PostgreSQL with the worlds, and these gateways before it."""
    with worlds(_QUIET, also=[HERE / "shapes.sql"]) as server, ExitStack() as stack:
        for database in (RENAMED, ALIKE):
            server.run(f"create database {TEMPLATES[database]} template lab_tpl")
            server.psql("-f", str(HERE / f"{_NAMES[database]}.sql"), dbname=TEMPLATES[database])
        for database, template in TEMPLATES.items():
            server.psql("-v", f"world={_NAMES[database]}", "-f", str(HERE / "schema.sql"), dbname=template)
            server.run(f"create database {database} template {template}")
        ports, known = {}, dict[str, Judge]()
        for name in gateways:
            home = folder / name
            home.mkdir()
            gateway = stack.enter_context(Gateway(_config(home, name, server.port)))
            ports[name] = gateway.postgres
            askers = {each: asker for each, asker in ASKERS.items() if asker.gateway == name}
            known |= judges(server, gateway, ONE, askers)
        found = Worlds(server, ports, known)
        stack.callback(found.close)
        yield found


def _config(home: Path, name: str, port: int) -> Path:
    """Write the settings of a gateway, and its rules where it has any."""
    config = home / "proctor.toml"
    text = settings(port, style=name, databases=SERVED[name])
    if name == USEFUL:
        (home / RULES).write_text(rules())
        text += f'{people()}[policy]\npaths = ["./{RULES}"]\n'
    config.write_text(text)
    config.chmod(0o600)
    return config
