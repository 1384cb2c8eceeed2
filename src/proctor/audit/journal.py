"""Stations 6 and 9: the journal of one worker. Takes bodies of records; returns when they are written, and on disk.

`append` has written the record when it returns, which survives a crash of the gateway; `await synced(position)` returns
when it is on disk, which survives a power cut. Whatever nobody waits for is on disk within 10 ms. Each record gets its
number, its time and its shard here, so that numbers have no gaps and no two clocks disagree.

After a failed write or fdatasync the segment is never tried again: the journal is `failed`, and its gateway does not
serve. `try_recover` begins a new segment, repeats there what was not yet on disk, and records the fault.

Knows nothing of what records mean, nor of the Merkle log.
"""

from __future__ import annotations

import asyncio
import os
import select
from collections import deque
from collections.abc import Callable
from mmap import mmap
from pathlib import Path
from types import TracebackType
from typing import Final

from proctor.audit.disk import lock
from proctor.audit.front import Front
from proctor.audit.healing import heal
from proctor.audit.leaving import Leave, Leaving
from proctor.audit.page import Clock, Encoded, Page
from proctor.audit.record import SCHEMA, Body, ClockStepped, JournalFault, JournalOpened, encode
from proctor.audit.segments import FRAME
from proctor.audit.slate import clean, left_on, remove
from proctor.audit.sync import Failed, Prepared, ProcessSyncer, Synced, Syncer
from proctor.audit.writer import SegmentWriter
from proctor.errors import HouseFault

MAX_SEGMENT: Final = 64 * 1024 * 1024
MAX_LATER: Final = 256 * 1024  # what `append_later` may hold back before it writes all the same
MAX_UNSYNCED: Final = 32 * 1024 * 1024  # kept in memory to be repeated after a fault; beyond it the disk is too slow
SOON: Final = 0.010
PATIENCE: Final = 10.0  # a disk that takes longer has failed, whatever it says later
INTEGRATED: Final = "integrated"
"""The file in which the integrator leaves the number of the first record that the log does not have yet."""

FAULT_HINT: Final = "see the gateway's log; nothing is served until the journal can be written"


class Journal(Front):
    """An append-only shard. One process, one event loop; opened by `Journal.open`."""

    def __init__(
        self,
        folder: Path,
        shard: str,
        lock: int,
        *,
        clock: Clock,
        syncer: Callable[[], Syncer],
        max_segment: int,
        with_slate: bool,
    ) -> None:
        super().__init__(Page(SCHEMA, shard, clock), MAX_LATER, MAX_UNSYNCED)
        self.folder = folder
        self.shard = shard
        self._lock = lock
        self._make_syncer = syncer
        self._segments = SegmentWriter(folder, 0, max_segment)
        self._written = -1
        self._synced = -1
        self._syncer: Syncer | None = None
        # What was written at once: the numbers of its first and last record, and their frames.
        self._unsynced: deque[tuple[int, int, bytes]] = deque()
        self._asked = -1
        self._owed = False  # whether the time of some records has come that no request covers yet
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._durably = Leaving()
        self._overdue: asyncio.TimerHandle | None = None
        self._recovering = False
        self._with_slate = with_slate
        self._slate: mmap | None = None

    @classmethod
    def open(
        cls,
        folder: Path,
        shard: str,
        *,
        clock: Clock,
        first: int = 0,
        syncer: Callable[[], Syncer] = ProcessSyncer,
        max_segment: int = MAX_SEGMENT,
        with_slate: bool = False,
    ) -> Journal:
        """Open a shard's journal, heal what a crash has torn, and record that.

        `first` is what the log has integrated already: no record gets a smaller number, even if the folder is gone.
        `with_slate` lets records survive a crash before they are written, where the file system is one for that.
        """
        if not shard or not all(c.isascii() and (c.isalnum() or c in "-_.") for c in shard) or shard[0] == ".":
            raise ValueError("a shard is named by letters, digits, dots and hyphens")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            held = lock(folder / "lock", "this journal shard")
        except OSError as fault:
            raise HouseFault(f"the journal cannot be opened ({fault.strerror})", hint=FAULT_HINT) from fault
        journal = cls(folder, shard, held, clock=clock, syncer=syncer, max_segment=max_segment, with_slate=with_slate)
        try:
            journal._start(first)
        except OSError as fault:
            journal._release()
            raise HouseFault(f"the journal cannot be opened ({fault.strerror})", hint=FAULT_HINT) from fault
        except BaseException:
            journal._release()
            raise
        return journal

    def _start(self, first: int) -> None:
        logged = _integrated(self.folder)
        healed = heal(self.folder, logged)
        following = max(first, healed.following, logged)
        frames, count, lost = left_on(self.folder, following)
        self._segments.ordinal = healed.segment
        self._segments.begin(following, None)
        if frames:
            self._segments.write(following, frames, None)
            following += count
        self._page.begin_at(following)
        self._synced = following - 1
        self.record(
            JournalOpened(
                id=self._own_id(),
                segment=self._segments.ordinal,
                healed=healed.segment if healed.cut or healed.damaged or lost else None,
                cut=healed.cut + lost,
                damaged=healed.damaged,
            )
        )
        self._segments.sync()
        self._known_synced(self._written)
        self._slate = clean(self.folder) if self._with_slate else None
        if self._slate is None:
            remove(self.folder)
        self._page.lie_on(self._slate)

    def append(self, body: Encoded) -> int:
        """Write a record and return its position. It survives a crash of the gateway from here on."""
        if self.failed is not None or self._unsynced_size > MAX_UNSYNCED:
            self.make_way()
        position = self._page.add(body)
        if position < 0:
            position = self.step_and_put(body)
        try:
            self.write()
        except HouseFault:
            self._withdraw(position)
            raise
        if self._soon is None:
            self.sync_soon()
        return position

    def then(self, position: int, leave: Leave) -> None:
        """Call `leave` once the record at this position is on disk, or with the fault by which it is not."""
        self._durably.add(position, leave)
        if self._round is None and self._asked < 0:  # else the answer that is awaited begins the next
            self.end_round()

    def end_round(self) -> None:
        """See to it that this round of the loop ends with `let_go`."""
        try:
            self._round = asyncio.get_running_loop().call_soon(self.let_go)
        except RuntimeError:
            self.let_go()

    def settle(self) -> None:
        """Write, and ask for the disk what waits for it."""
        if self.failed is not None:
            self._refuse_if_failed()
        self.write()
        if self._durably:
            self._sync_for_them()
        if self._soon is None:
            self.sync_soon()

    def _sync_for_them(self) -> None:
        try:
            self._listen()
        except RuntimeError:  # no loop
            self._sync_in_place()
        else:
            self._ask_for_them()
        self._durably.go(self._synced)

    def record(self, body: Body) -> int:
        """Encode and append."""
        return self.append(encode(body))

    def flush(self) -> None:
        """Write what `append_later` holds back."""
        self._refuse_if_failed()
        self.write()

    @property
    def position(self) -> int:
        """Return the position of the newest record."""
        return self._page.next - 1

    @property
    def unsynced(self) -> int:
        """Return how many records are not known to be on disk."""
        return self._page.next - 1 - self._synced

    async def synced(self, position: int) -> None:
        """Return once the record at this position is on disk; all who wait share one fdatasync."""
        if position <= self._synced:
            return
        self._refuse_if_failed()
        if position >= self._page.next:
            raise ValueError("no record has this position yet")
        loop = self._listen()
        if self._page.size:
            self.write()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiters.append((position, waiter))
        self._ask_for_them()
        await waiter

    def sync_soon(self) -> None:
        """See to it that everything so far is on disk within 10 ms; without an event loop, only written."""
        if self._soon is not None or self.failed is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.write()
            return
        self._soon = loop.call_later(SOON, self._sync_now)

    def _sync_now(self) -> None:
        self._soon = None
        if self.failed is not None:
            return
        try:
            self.write()
            if self._synced < self._written:
                self._listen()
                self._owed = True  # one that is under way does not cover what came behind it
                self._ask()
        except HouseFault:
            return  # `failed` is set, and whoever comes next is told

    # -- writing

    def make_way(self) -> None:
        """Refuse what comes after a fault, or wait for the disk when too much is kept."""
        self._refuse_if_failed()
        self._catch_up()

    def step_and_put(self, body: Encoded) -> int:
        """Record that the clocks have stepped, and behind it the record that was to be taken."""
        self._page.put(encode(ClockStepped(id=self._own_id(), by_us=self._page.step)))
        return self._page.put(body)

    def _withdraw(self, position: int) -> None:
        """Take back a record whose writing failed: its caller was told so, and its number goes to another."""
        first, last, frames = self._unsynced.pop()
        kept = frames[: -self._page.newest]
        if self._slate is not None and len(kept) + FRAME.size <= len(self._slate):
            self._slate[len(kept) : len(kept) + FRAME.size] = bytes(FRAME.size)
        self._unsynced_size -= self._page.newest
        if kept:
            self._unsynced.append((first, last - 1, kept))
        self._page.begin_at(position)

    def write(self) -> None:
        """Write the page. What could not be written is kept with what is not on disk, for the recovery."""
        first = self._page.first
        last = self._page.next - 1
        if first > last:
            return
        frames = self._page.take()
        size = len(frames)
        self._unsynced.append((first, last, frames))
        self._unsynced_size += size
        try:
            self._segments.write(first, frames, self._syncer)
        except OSError as fault:
            raise self._fail(f"the journal cannot be written ({fault.strerror})") from fault
        self._written = last

    def _catch_up(self) -> None:
        """Wait for the disk in place, which holds up everybody: the bound on what is kept in memory."""
        self.write()
        if self._syncer is None:
            self._sync_in_place()
            return
        for _ in range(2):  # the request under way may be an old one
            self._ask()
            select.select([self._syncer], [], [], PATIENCE)
            self._take_answers()
            self._refuse_if_failed()
            if self._unsynced_size <= MAX_UNSYNCED:
                return
        raise self._fail("the disk does not keep up")

    def _sync_in_place(self) -> None:
        try:
            self._segments.sync()
        except OSError as fault:
            raise self._fail(f"fdatasync failed ({fault.strerror})") from fault
        self._known_synced(self._written)

    # -- syncing

    def _listen(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._syncer is None:
            try:
                self._syncer = self._make_syncer()
                self._segments.hand_to(self._syncer)
            except OSError as fault:
                raise self._fail(f"the syncer cannot be started ({fault.strerror})") from fault
        if self._loop is not loop:
            self._loop = loop
            loop.add_reader(self._syncer.fileno(), self._hear)
        return loop

    def _ask(self) -> None:
        if self._asked >= 0 or self._syncer is None or self._loop is None:
            return  # one under way: whoever came meanwhile shares the next
        self._owed = False
        self._asked = self._written
        try:
            self._syncer.ask(self._asked)
        except OSError as fault:
            self._fail(f"the syncer is lost ({fault.strerror})")
            return
        self._overdue = self._loop.call_later(PATIENCE, self._give_up)

    def _ask_for_them(self) -> None:
        """Ask on behalf of somebody who waits."""
        self._ask()
        if self._syncer is None:
            return
        try:
            self._segments.waited(self._syncer)
        except OSError as fault:
            self._fail(f"the syncer is lost ({fault.strerror})")

    def _give_up(self) -> None:
        self._overdue = None
        self._fail(f"the disk has not answered for {PATIENCE:.0f} seconds")

    def _hear(self) -> None:
        """Take what the syncer says; whoever waited for it leaves, and those who came meanwhile are next."""
        self._take_answers()
        self._durably.go(self._synced)
        if self._durably and self._round is None and self._asked < 0:
            self.end_round()  # who asks in this very round shares it

    def _take_answers(self) -> None:
        if self._syncer is None:
            return
        for answer in self._syncer.answers():
            match answer:
                case Synced():
                    self._known_synced(answer.position)
                case Failed():
                    self._fail(answer.why)
                    return
                case Prepared():
                    self._segments.prepared(answer.ready)
        is_owed = self._owed and not self._durably and self._synced < self._written  # else the next round asks
        if self._asked < 0 and (is_owed or any(not waiter.done() for _, waiter in self._waiters)):
            self._ask()

    def _known_synced(self, position: int) -> None:
        self._asked = -1
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
        self._synced = max(self._synced, position)
        while self._unsynced and self._unsynced[0][1] <= position:
            self._unsynced_size -= len(self._unsynced.popleft()[2])
        waiting = self._waiters
        self._waiters = [pair for pair in waiting if pair[0] > position]
        for wanted, waiter in waiting:
            if wanted <= position and not waiter.done():
                waiter.set_result(None)

    # -- failing and recovering

    def _refuse_if_failed(self) -> None:
        if self.failed is not None:
            raise HouseFault(self.failed.message, hint=FAULT_HINT)

    def _fail(self, why: str) -> HouseFault:
        """Make the journal refuse everything from here on; return the fault to raise."""
        if self.failed is None:
            self.failed = HouseFault(why, hint=FAULT_HINT)
        if self._durably:
            self._durably.fail(self.failed, self._loop)
        self._end_syncer()
        self._segments.drop_spare()
        waiting, self._waiters = self._waiters, []
        for _, waiter in waiting:
            if not waiter.done():
                waiter.set_exception(HouseFault(why, hint=FAULT_HINT))
        return HouseFault(why, hint=FAULT_HINT)

    def _end_syncer(self) -> None:
        for timer in (self._overdue, self._soon):
            if timer is not None:
                timer.cancel()
        self._overdue = self._soon = None
        self._asked, self._owed = -1, False
        syncer, self._syncer = self._syncer, None
        if syncer is not None:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.remove_reader(syncer.fileno())
            syncer.close()
        self._loop = None

    async def try_recover(self) -> bool:
        """Begin a new segment with all that was not known to be on disk, and say whether the journal serves again."""
        if self.failed is None:
            return True
        if self._recovering:
            return False
        self._recovering = True
        why = self.failed
        before = self._segments.ordinal
        try:
            first = self._unsynced[0][0] if self._unsynced else self._page.first
            repeated = self._page.next - first
            self._segments.begin(first, None, is_faulty=True)
            self._unsynced_size = 0
            self._page.hold(first, b"".join(frames for _, _, frames in self._unsynced) + self._page.take())
            self._unsynced.clear()
            self.failed = None
            last = self.record(
                JournalFault(id=self._own_id(), segment=self._segments.ordinal, what=why.message, rewritten=repeated)
            )
            # Until the disk has answered, everybody else is still refused.
            self.failed = why
            await self._on_disk(last)
        except (OSError, HouseFault):
            self.failed = self.failed or why
            self._segments.drop_after(before)
            return False
        finally:
            self._recovering = False
        return self.failed is None

    async def _on_disk(self, position: int) -> None:
        loop = self._listen()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiters.append((position, waiter))
        self._ask()
        await waiter
        self.failed = None

    # -- closing

    async def close(self) -> None:
        """Write and sync everything, then let go of the shard."""
        self.let_go()
        try:
            if self.failed is None and self._page.next - 1 > self._synced:
                await self.synced(self._page.next - 1)
        finally:
            self._release()

    def _release(self) -> None:
        self._end_syncer()
        self._segments.close(is_faulty=self.failed is not None)
        self._wipe(is_faulty=self.failed is not None)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        self.failed = self.failed or HouseFault("the journal is closed")

    def _wipe(self, *, is_faulty: bool) -> None:
        """Let go of the slate; what stands on it after a fault is left for the next start."""
        slate, self._slate = self._slate, None
        if slate is None:
            return
        self._page.lie_on(None)
        slate.close()
        if not is_faulty:
            remove(self.folder)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Sync in place, without an event loop, and let go."""
        try:
            if self.failed is None:
                self.write()
                self._sync_in_place()
        finally:
            self._release()

    def _own_id(self) -> str:
        """Return an identifier for a record that the journal makes itself: its shard and number."""
        return f"{self.shard}.{self._page.next}"


def _integrated(folder: Path) -> int:
    try:
        return int((folder / INTEGRATED).read_text("ascii"))
    except (FileNotFoundError, ValueError):
        return 0
