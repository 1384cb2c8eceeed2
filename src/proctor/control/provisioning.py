"""What the company's directory may ask of the house: to know of people and groups, and to let go of who leaves.

In come resources that `faces.scim` has read; out go resources as they are kept, or refusals. Whoever may not come in
any more, or loses a group, has their sessions ended, and the record says in what time. Knows no HTTP.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from proctor.audit.record import OperatorCall, who_of
from proctor.control.words import MAX_OUTCOME, MAX_TARGET, Recorder, Refused
from proctor.edge.config import Config
from proctor.edge.desk import new_id
from proctor.edge.directory_config import EXTERNAL_ID, Directory
from proctor.edge.people_book import GROUP, USER, Resource, Some
from proctor.edge.store import Store
from proctor.session.ports import Clock
from proctor.terms import Identity, Kind

DIRECTORY: Final = Identity("scim", Kind.SERVICE, frozenset(), "bearer")
"""Who asks here."""
PATIENCE: Final = 5.0
LOOK: Final = 0.05
MILLISECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A user or group as the directory wants it to be. `members` are ids of users, and of a group only."""

    name: str
    external_id: str
    active: bool
    document: Mapping[str, object]
    members: tuple[str, ...] = ()


class Provisioning:
    """The directory's desk."""

    def __init__(self, store: Store, config: Config, journal: Recorder, clock: Clock) -> None:
        self.config = config
        self._store = store
        self._journal = journal
        self._clock = clock

    @property
    def directory(self) -> Directory | None:
        """Return which directory may ask, None where none may."""
        return self.config.scim

    async def get(self, sort: str, name: str) -> Resource | None:
        """Return a resource by its id."""
        return await asyncio.to_thread(self._store.people.get, sort, name)

    async def some(self, sort: str, behind: Resource | None = None, *, name: str | None, skip: int = 0) -> Some:
        """Return the next few of a sort behind one of them; `name` picks by the name."""
        return await asyncio.to_thread(lambda: self._store.people.some(sort, behind, name=name, skip=skip))

    async def count(self, sort: str, *, name: str | None) -> int:
        """Return how many there are."""
        return await asyncio.to_thread(lambda: self._store.people.count(sort, name=name))

    async def create(self, sort: str, wanted: Wanted) -> Resource | Refused:
        """Keep a new resource under an id of our own."""
        started, now = self._clock.monotonic_ns(), self._clock.now()
        subject = self._subject(sort, wanted)
        fresh = Resource(str(uuid.uuid4()), sort, wanted.name, subject, wanted.active, wanted.document, now, now, 1)
        await self._on_record(f"scim.{sort}s.create", wanted.name, "asked")
        made = await asyncio.to_thread(self._store.people.create, fresh, wanted.members)
        if made is None:
            return await self._refuse(f"scim.{sort}s.create", wanted.name, Refused("conflict", "the name is taken"))
        gone = frozenset() if made.active else frozenset({made.subject.casefold()})
        await self._done(f"scim.{sort}s.create", made, gone, started)
        return made

    async def replace(self, before: Resource, wanted: Wanted) -> Resource | Refused:
        """Put this in the place of a resource, if that is still as it was."""
        started, action = self._clock.monotonic_ns(), f"scim.{before.sort}s.replace"
        fresh = replace(
            before,
            name=wanted.name,
            subject=self._subject(before.sort, wanted),
            active=wanted.active,
            document=wanted.document,
            changed=self._clock.now(),
            related=(),
        )
        await self._on_record(action, before.name, "asked")
        made = await asyncio.to_thread(self._store.people.replace, fresh, wanted.members, before.version)
        if isinstance(made, str):
            return await self._refuse(action, before.name, _no(made))
        await self._done(action, made, await self._losers(before, made), started)
        return made

    async def remove(self, sort: str, name: str) -> Resource | Refused:
        """Take a resource away; a user of that name does not come in any more."""
        started, action = self._clock.monotonic_ns(), f"scim.{sort}s.remove"
        await self._on_record(action, name, "asked")
        before = await asyncio.to_thread(self._store.people.remove, sort, name, self._clock.now())
        if before is None:
            return await self._refuse(action, name, _no("missing"))
        await self._done(action, before, await self._losers(before, None), started)
        return before

    # ---- who loses something

    async def _losers(self, before: Resource, after: Resource | None) -> frozenset[str]:
        """Return whose open sessions rest on what is no more."""
        if before.sort == USER:
            stays = after is not None and after.active and after.subject.casefold() == before.subject.casefold()
            return frozenset() if stays else frozenset({before.subject.casefold()})
        kept = {key for key, _ in after.related} if after is not None and after.name == before.name else set()
        lost = [key for key, _ in before.related if key not in kept]
        return await asyncio.to_thread(self._store.people.subjects, lost) if lost else frozenset()

    async def _done(self, action: str, resource: Resource, losers: frozenset[str], started: int) -> None:
        details = {"id": resource.id, "active": str(resource.active).lower()} if resource.sort == USER else {}
        if losers:
            ended, left = await self._end(losers)
            took = (self._clock.monotonic_ns() - started) // MILLISECOND
            details |= {"sessions_ended": str(ended), "sessions_left": str(left), "took_ms": str(took)}
        await self._on_record(action, resource.name, "done", details)

    async def _end(self, subjects: frozenset[str]) -> tuple[int, int]:
        """Have their sessions ended, and those of agents that are theirs or act for them.

        Returns how many went, and how many did not.
        """
        asked = await asyncio.to_thread(self._ask_ends, subjects)
        left = set(asked)
        until = self._clock.monotonic_ns() + int(PATIENCE * 1000 * MILLISECOND)
        while left and self._clock.monotonic_ns() < until:
            await asyncio.sleep(LOOK)
            left &= {session.id for session in await asyncio.to_thread(self._store.sessions.list)}
        return len(asked) - len(left), len(left)

    def _ask_ends(self, subjects: frozenset[str]) -> tuple[str, ...]:
        owned = {agent.name for agent in self.config.agents.values() if agent.owner.casefold() in subjects}
        theirs = [
            session.id
            for session in self._store.sessions.list()
            if session.subject.casefold() in subjects
            or (session.on_behalf_of or "").casefold() in subjects
            or session.subject in owned
        ]
        now = self._clock.now()
        return tuple(
            each
            for each in theirs
            if self._store.sessions.kill(each, by=DIRECTORY.subject, because="the directory says so", at=now)
        )

    def _subject(self, sort: str, wanted: Wanted) -> str:
        directory = self.directory
        if sort == GROUP or directory is None:
            return ""
        return directory.prefix + (wanted.external_id if directory.subject == EXTERNAL_ID else wanted.name)

    # ---- records

    async def _refuse(self, action: str, target: str, refused: Refused) -> Refused:
        await self._on_record(action, target, f"refused: {refused.reason}")
        return refused

    async def _on_record(
        self, action: str, target: str, outcome: str, details: Mapping[str, str] | None = None
    ) -> None:
        call = OperatorCall(
            id=new_id(self._clock),
            who=who_of(DIRECTORY),
            action=action,
            target=target[:MAX_TARGET],
            outcome=outcome[:MAX_OUTCOME],
            details=dict(details or {}),
        )
        await self._journal.synced(self._journal.record(call))


def _no(what: str) -> Refused:
    if what == "missing":
        return Refused("missing", "there is no such resource")
    if what == "changed":
        return Refused("conflict", "it was changed meanwhile", hint="Read it again.")
    return Refused("conflict", "the name is taken")
