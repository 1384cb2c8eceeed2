"""Between the stations: which databases can be asked for: those of the settings, and all of a server that offers all.

In come the settings; out go databases by their names, and the servers that did not say what they have. A server is
asked each time: what was created a moment ago is there. Knows nobody who asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from proctor.edge.config import Config, Database, Server
from proctor.edge.end import Lost
from proctor.edge.survey import databases_of
from proctor.edge.upstream import Questions
from proctor.errors import Fault

SERVER_SECONDS = 10.0
MOST_OF_A_SERVER = 1000


@dataclass(frozen=True, slots=True)
class Offers:
    """The databases by name. `silent` are the servers, by name, of which others may be missing."""

    databases: Mapping[str, Database]
    silent: tuple[str, ...] = ()


async def offers(config: Config) -> Offers:
    """Return what can be asked for; where a name is offered twice, as `Config.database` takes it."""
    asked = [server for server in config.servers.values() if server.databases is None]
    answers = await asyncio.gather(*(_names(server) for server in asked))
    names = {*config.databases, *(name for each in config.servers.values() for name in each.databases or ())}
    for answer in answers:
        names.update((answer or ())[:MOST_OF_A_SERVER])
    known = {name: found for name in sorted(names) if (found := config.database(name)) is not None}
    answered = zip(asked, answers, strict=True)
    short = [each.name for each, answer in answered if answer is None or len(answer) > MOST_OF_A_SERVER]
    return Offers(known, tuple(sorted(short)))


async def _names(server: Server) -> tuple[str, ...] | None:
    """Return the names of a server's databases; None where it cannot be asked now."""
    questions = Questions(server.template)
    try:
        async with asyncio.timeout(SERVER_SECONDS):
            return await databases_of(questions)
    except (Fault, Lost, OSError, TimeoutError):
        return None
    finally:
        questions.close()
