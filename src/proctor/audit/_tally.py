# cython: language_level=3, wraparound=False
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""Beside station 9: a shard's statements, counted from their records as the log gets them: `figures`' quick half.

In come entries of the log, out go counts: decisions, rows, bytes, failures, and how long statements took. Nothing is
counted for this where statements run. Compiled where there is a compiler; both ways pass the same tests. Reads of a
record only what the journal itself wrote, by its fixed order of keys; where that is elsewhere it stops.
"""

from __future__ import annotations

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.audit import _shim as cython

from proctor.audit._hot import Run

if cython.compiled:
    from cython.cimports.cpython.bytes import PyBytes_AS_STRING  # type: ignore[import-untyped]
    from cython.cimports.libc.string import strncmp, strstr  # type: ignore[import-untyped]

BOUNDS = (
    10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000,
)  # fmt: skip
"""The upper ends, in microseconds, of what a histogram tells apart; there is one more for what took longer."""
PLACES = len(BOUNDS) + 1
WAITS = (1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 86_400)
"""The upper ends, in seconds, of what the histogram of waiting for approvals tells apart."""
MAX_HELD = 10_000  # held and not approved: most are never asked for again
MAX_OPEN = 100_000  # decided and not answered: a crash leaves some behind, and they are never answered
MAX_KINDS = 64
MAX_CLASSES = 64
Snapshot = tuple[int, int, int, int, int, int, tuple[int, ...], tuple[int, ...]]
"""Allowed, denied, held, rows, bytes, failed; and the histograms of adding and taking."""
ZERO: Snapshot = (0, 0, 0, 0, 0, 0, (0,) * PLACES, (0,) * PLACES)

_KIND = b',"kind":"'
_DECIDED = b"statement.decided"
_ANSWERED = b"statement.answered"
_VERDICT = b',"decision":{"verdict":"'
_CLOCK = b',"monotonic_ns":'
_TIME = b',"time":"'
_EXCHANGE = b',"exchange":"'
_OF = b',"of":"'
_ROWS = b',"rows":'
_BYTES = b',"bytes":'
_TOOK = b',"duration_us":'
_STATE = b',"sqlstate":"'
_BLOB = b'"blob":{'
_TICKET = b',"ticket":"'
_HELD = b"ticket.opened"
_MASKING = b',"masking_us":'


def _is_compiled() -> bool:
    """Say which twin this is; only the twins' tests ask."""
    return bool(cython.compiled)


@cython.cclass
class Tally:
    """One shard's counts since the start, and what they were at the end of each minute."""

    _allowed: cython.longlong
    _denied: cython.longlong
    _held: cython.longlong
    _rows: cython.longlong
    _bytes: cython.longlong
    _failed: cython.longlong
    _answers: cython.longlong
    _decisions: cython.longlong
    _added_us: cython.longlong
    _took_us: cython.longlong
    _added: list  # type: ignore[type-arg]  # Cython takes no parameters here
    _took: list  # type: ignore[type-arg]
    _open: dict  # type: ignore[type-arg]
    _spent: dict  # type: ignore[type-arg]
    _held_at: dict  # type: ignore[type-arg]
    _approved: list  # type: ignore[type-arg]
    _approved_us: cython.longlong
    _masking: list  # type: ignore[type-arg]
    _masking_us: cython.longlong
    _waited: list  # type: ignore[type-arg]
    _waited_us: cython.longlong
    _minute: bytes
    _kinds: dict  # type: ignore[type-arg]
    _bounds: cython.longlong[19]
    failures = cython.declare(dict, visibility="public")
    passed = cython.declare(list, visibility="public")

    def __init__(self) -> None:
        self._allowed = self._denied = self._held = self._rows = self._bytes = self._failed = 0
        self._added_us = self._took_us = 0
        self._added = [0] * PLACES
        self._took = [0] * PLACES
        self._open = {}
        self._spent = {}
        self._held_at = {}
        self._approved = [0] * PLACES
        self._masking = [0] * PLACES
        self._waited = [0] * (len(WAITS) + 1)
        self._approved_us = self._masking_us = self._waited_us = 0
        self._minute = b""
        self._answers = self._decisions = 0
        self._kinds = {}
        if not cython.compiled:
            self._bounds = [*BOUNDS]
        for place in range(PLACES - 1):
            self._bounds[place] = BOUNDS[place]
        self.failures = {}
        self.passed = []

    @property
    def minute(self) -> bytes:
        """Return the minute of the newest record, as its time begins."""
        return self._minute

    @property
    def kinds(self) -> dict[bytes, int]:
        """Return how many records of each kind there were."""
        return {**self._kinds, _DECIDED: self._decisions, _ANSWERED: self._answers}

    @property
    def sums(self) -> tuple[int, int]:
        """Return the microseconds that all statements took in the gateway before they could leave, and in all."""
        return self._added_us, self._took_us

    @property
    def apart(self) -> tuple[tuple[tuple[int, ...], int], ...]:
        """Return three histograms with their sums: approved statements, waiting for approvals, putting on masks."""
        return (
            (tuple(self._approved), self._approved_us),
            (tuple(self._waited), self._waited_us),
            (tuple(self._masking), self._masking_us),
        )

    def now(self) -> Snapshot:
        """Return the counts of this moment."""
        return (
            self._allowed,
            self._denied,
            self._held,
            self._rows,
            self._bytes,
            self._failed,
            tuple(self._added),
            tuple(self._took),
        )

    def take(self, entries: Run, start: int = 0) -> int:
        """Count these from a place on; return the place of one that only points to its record, or else their number."""
        at: cython.Py_ssize_t
        place: cython.Py_ssize_t
        clock: cython.longlong
        for place in range(start, len(entries)):
            entry: bytes = entries[place]
            at = _behind(entry, _TIME, 0)
            if at < 0:
                continue
            self._turn(entry, at)
            clock = _value(entry, _CLOCK, at)
            at = _behind(entry, _KIND, at)
            if at < 0:
                continue
            if _starts(entry, _ANSWERED, at):
                self._answers += 1
                self._answered(entry, at, clock)
            elif not _starts(entry, _DECIDED, at):
                self._other(entry, at, clock)
            elif self._decided(entry, at, clock):
                self._decisions += 1
            else:
                return place
        return len(entries)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _turn(self, entry: bytes, at: cython.Py_ssize_t) -> cython.int:
        """Note what the counts were when the minute ends that this record is not in any more."""
        if self._minute and _starts(entry, self._minute, at):
            return 0
        if self._minute:
            self.passed.append((self._minute, self.now()))
        self._minute = entry[at : at + 16]
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _decided(self, entry: bytes, at: cython.Py_ssize_t, clock: cython.longlong) -> cython.bint:
        found: cython.Py_ssize_t = _behind(entry, _VERDICT, at)
        if found < 0:
            return _BLOB not in entry
        if _starts(entry, b"allow", found):
            self._allowed += 1
            ticket: cython.Py_ssize_t = _behind(entry, _TICKET, found)
            if ticket >= 0:
                self._waited_for(entry[ticket : _end(entry, ticket)], clock)
            # What somebody has approved is counted apart: its time begins when it was approved.
            self._begun(self._open if ticket < 0 else self._spent, entry, at, clock)
        elif _starts(entry, b"deny", found):
            self._denied += 1
        else:
            self._held += 1
        return True

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _begun(self, where: dict, entry: bytes, at: cython.Py_ssize_t, clock: cython.longlong) -> cython.int:  # type: ignore[type-arg]
        start: cython.Py_ssize_t = _behind(entry, _EXCHANGE, at)
        if start < 0:
            return 0
        if len(where) >= MAX_OPEN:
            del where[next(iter(where))]
        where[entry[start : _end(entry, start)]] = clock
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _waited_for(self, ticket: bytes, clock: cython.longlong) -> cython.int:
        """Count what this ticket was waited for, if it was opened here."""
        opened = self._held_at.pop(ticket, None)
        if opened is None:
            return 0
        since: cython.longlong = opened
        micros: cython.longlong = (clock - since) // 1000
        micros = 0 if micros < 0 else micros
        place: cython.Py_ssize_t = 0
        while place < len(WAITS) and micros > WAITS[place] * 1_000_000:
            place += 1
        self._waited[place] += 1
        self._waited_us += micros
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _answered(self, entry: bytes, at: cython.Py_ssize_t, clock: cython.longlong) -> cython.int:
        start: cython.Py_ssize_t = _behind(entry, _OF, at)
        if start < 0:
            return 0
        end: cython.Py_ssize_t = _end(entry, start)
        self._rows += _value(entry, _ROWS, end)
        self._bytes += _value(entry, _BYTES, end)
        took: cython.longlong = _value(entry, _TOOK, end)
        state: cython.Py_ssize_t = _behind(entry, _STATE, end)
        if state >= 0 and not _starts(entry, b"00000", state):
            self._fails(entry[state : state + 2])
        masking: cython.longlong = _value(entry, _MASKING, end)
        if masking > 0:
            self._masking_us += masking
            self._masking[self._place(masking)] += 1
        began = self._open.pop(entry[start:end], None)
        if began is None:
            if self._spent.pop(entry[start:end], None) is not None:
                self._approved_us += took
                self._approved[self._place(took)] += 1
            return 0
        self._took_us += took
        self._took[self._place(took)] += 1
        since: cython.longlong = began
        added: cython.longlong = (since - clock) // 1000 + took
        added = 0 if added < 0 else (took if added > took else added)
        self._added_us += added
        self._added[self._place(added)] += 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _place(self, micros: cython.longlong) -> cython.Py_ssize_t:
        """Return where a time belongs in a histogram."""
        place: cython.Py_ssize_t = 0
        while place < 19 and micros > self._bounds[place]:
            place += 1
        return place

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _fails(self, sort: bytes) -> cython.int:
        self._failed += 1
        known: bytes = sort if sort in self.failures or len(self.failures) < MAX_CLASSES else b"other"
        self.failures[known] = self.failures.get(known, 0) + 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _other(self, entry: bytes, at: cython.Py_ssize_t, clock: cython.longlong) -> cython.int:
        kind: bytes = entry[at : _end(entry, at)]
        if kind == _HELD:
            ticket: cython.Py_ssize_t = _behind(entry, _TICKET, at)
            if ticket >= 0:
                if len(self._held_at) >= MAX_HELD:
                    del self._held_at[next(iter(self._held_at))]
                self._held_at[entry[ticket : _end(entry, ticket)]] = clock
        known: bytes = kind if kind in self._kinds or len(self._kinds) < MAX_KINDS else b"other"
        self._kinds[known] = self._kinds.get(known, 0) + 1
        return 0


@cython.cfunc
@cython.exceptval(-2, check=True)
def _behind(entry: bytes, words: bytes, start: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Return where the first of these words end, from a place on; -1 where there are none."""
    if cython.compiled:
        text: cython.p_char = PyBytes_AS_STRING(entry)
        found: cython.p_char = strstr(
            text + start, PyBytes_AS_STRING(words)
        )  # JSON has no NUL; the object ends with one
        return -1 if found is cython.NULL else found - text + len(words)
    at = entry.find(words, start)
    return -1 if at < 0 else at + len(words)


@cython.cfunc
@cython.exceptval(-1, check=True)
def _starts(entry: bytes, words: bytes, at: cython.Py_ssize_t) -> cython.bint:
    """Say whether these words stand here."""
    if cython.compiled:
        return strncmp(PyBytes_AS_STRING(entry) + at, PyBytes_AS_STRING(words), len(words)) == 0
    return entry.startswith(words, at)


@cython.cfunc
@cython.exceptval(-1, check=True)
def _end(entry: bytes, at: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Return where a name ends that is written from here on."""
    size: cython.Py_ssize_t = len(entry)
    while at < size and entry[at] != 34:
        at += 1
    return at


@cython.cfunc
@cython.exceptval(-1, check=True)
def _value(entry: bytes, name: bytes, start: cython.Py_ssize_t) -> cython.longlong:
    """Return the number behind a name, of at most 18 digits; 0 where there is none."""
    at: cython.Py_ssize_t = _behind(entry, name, start)
    if at < 0:
        return 0
    value: cython.longlong = 0
    end: cython.Py_ssize_t = min(len(entry), at + 18)
    while at < end and 48 <= entry[at] <= 57:
        value = value * 10 + entry[at] - 48
        at += 1
    return value
