"""Station 6 for what is asked behind each other in one batch: each has its record, and all share one wait for the disk.

Takes what waits behind an Execute; gives those Binds and Executes of it that were decided before and may leave with
it. A driver's executemany is thousands of them, and the disk would be waited for by one at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from proctor.errors import ClientFault, Fault
from proctor.session import exchange as ex
from proctor.session.clearance import Clearance
from proctor.session.departures import Departures
from proctor.session.exchange import Exchange
from proctor.session.given import values_of
from proctor.session.hearing import LOOKS, Hearing
from proctor.session.judged import Judged
from proctor.session.namespace import Namespace, Portal, Prepared
from proctor.session.pipeline import Pipeline
from proctor.session.ports import Purpose, Terms
from proctor.wire import talk

MAX_COMPANY = 1000  # records that are written before one of their statements leaves


@dataclass(frozen=True, slots=True)
class Companion:
    """A statement that leaves with one before it."""

    bind: talk.Bind
    describe: talk.Describe | None
    run: talk.Run
    statement: Prepared
    judged: Judged
    exchanges: list[Exchange]


class Company:
    """Who leaves together, in one session."""

    def __init__(
        self,
        terms: Terms,
        hearing: Hearing,
        pipeline: Pipeline,
        names: Namespace,
        clearance: Clearance,
        departures: Departures,
    ) -> None:
        self._terms = terms
        self._hearing = hearing
        self._pipeline = pipeline
        self._names = names
        self._clearance = clearance
        self._departures = departures

    def fits(self, judged: Judged) -> bool:
        """Say whether a remembered judgement may leave as soon as its record is written, or on disk: nobody to ask."""
        running = self._terms.purpose is Purpose.RUN and self._clearance.allowance is None
        return running and (judged.brief or judged.plain)

    async def leave(self, event: talk.Run, portal: Portal, judged: Judged, backlog: deque[talk.ClientEvent]) -> None:
        """Let an Execute leave when its record is on disk, and with it what waits behind it and needs no more."""
        company: list[Companion] = []
        exchanges = self._clearance.recorded_at_once(judged, portal.values)
        try:
            for each in self._behind(backlog):
                company.append(each)
            await self._clearance.on_disk()
            await self._check_still([judged, *(each.judged for each in company)])
        except Exception:
            with suppress(Fault):  # a journal that has failed takes no ends either
                for recorded in (exchanges, *(each.exchanges for each in company)):
                    self._clearance.stopped(recorded)
            raise
        self._departures.run(event, portal, judged, exchanges)
        for each in company:
            bound = self._departures.bind(each.bind, each.statement, each.judged, None)
            if each.describe is not None:
                self._pipeline.push(ex.DESCRIBE, each.describe.raw, entry=bound)
            self._departures.run(each.run, bound, each.judged, each.exchanges)

    async def _check_still(self, company: list[Judged]) -> None:
        """Raise if what was judged has changed for any of them; what changes during the look is looked at as well."""
        for _ in range(LOOKS):
            if self._hearing.current():
                return
            for judged in {id(each): each for each in company}.values():
                await self._clearance.compare(judged, [], None, bound=True)
        if not self._hearing.current():
            raise ClientFault("what the statements mean changes faster than it can be looked at", sqlstate="40001")

    def _behind(self, backlog: deque[talk.ClientEvent]) -> Iterator[Companion]:
        """Take those off the backlog that fit, each recorded; stop before the first thing that is anything else."""
        for _ in range(MAX_COMPANY):
            found = self._next(backlog)
            if found is None:
                return
            bind, describe, run, statement, judged = found
            exchanges = self._clearance.recorded_at_once(judged, values_of(bind))
            for _ in range(2 if describe is None else 3):
                backlog.popleft()
            yield Companion(bind, describe, run, statement, judged, exchanges)

    def _next(
        self, backlog: deque[talk.ClientEvent]
    ) -> tuple[talk.Bind, talk.Describe | None, talk.Run, Prepared, Judged] | None:
        if len(backlog) < 2:
            return None
        bind, second = backlog[0], backlog[1]
        describe = second if isinstance(second, talk.Describe) else None
        run = second if describe is None else backlog[2] if len(backlog) > 2 else None
        if not isinstance(bind, talk.Bind) or not isinstance(run, talk.Run):
            return None
        if (
            bind.portal
            or run.portal
            or run.limit
            or (describe is not None and (describe.kind != b"P" or describe.name))
        ):
            return None
        if len(bind.formats) > 1 and len(bind.formats) != len(bind.values):
            return None
        statement = self._pipeline.trusted(self._names.statements.get(bind.statement))
        if not isinstance(statement, Prepared) or statement.rewritten is not None:
            return None
        judged = self._hearing.recall(statement.text)
        before = statement.judged
        if judged is None or before is None or not self.fits(judged):
            return None
        if before is not judged and before.epoch != judged.epoch:
            return None  # the server may have kept a plan that means something else; `check_plan` looks closer
        return bind, describe, run, statement, judged
