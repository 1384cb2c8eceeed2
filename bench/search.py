"""The auditor's search: how long each kind of question takes over a log of many records. No database and no socket.

The records are made up and honest: bodies by the encoder that the gateway uses, numbered and stamped by a journal,
moved into the signed log by the integrator, read from there into the index. People, statements and decisions are as
uneven as they are in a house: few ask most, one text in a hundred carries a reason of its own, few are denied. Only the
clock is turned, so that the records span a month. What is timed is what `proctor audit search` does: open the index,
look whether it fits, find, and read the records that are shown, decided statements with their answers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

import msgspec
import uvloop

from proctor import twins
from proctor.audit.index import FILE, Index
from proctor.audit.integrator import Integrator
from proctor.audit.journal import Journal
from proctor.audit.record import (
    Claimed,
    Masked,
    Origin,
    SessionClosed,
    SessionOpened,
    StatementAnswered,
    StatementDecided,
    StatementText,
    Verdict,
    Who,
    encode,
)
from proctor.audit.search import Question, ask

OUT = Path(__file__).parent / "out"
MONTH = 30 * 86_400
BEGINS = datetime(2027, 1, 1, tzinfo=UTC)
SHARDS = ("worker-0", "worker-1")
PEOPLE, TEXTS, TABLES = 300, 800, 60
STATEMENTS = 50  # of a session; with its beginning and end, and an answer each, 102 records
OF_ITS_OWN = 100  # one statement in so many carries a reason that no other has
INTEGRATED = 400_000  # records between two turns of the integrator
MOST = 1.0  # seconds that any kind may take

NAME, SESSION, OWN = b"01K9ZXJ3T8Q4W6R2M5N7000000", b"01K9ZXJ3T8Q4W6R2M5N7SSSSSS", b"INC-0000000"
"""What stands in a template where each record has its own."""
PLAIN = b'{"kind":"statement.answered","id":"%b-a","of":"%b","rows":7,"bytes":512,"duration_us":840,"tag":"SELECT 7"}'
CLASSES = {"email": "email", "phone": "phone", "born": "date_of_birth", "iban": "bank_account"}


class TurnedClock:
    """A clock that goes on by the same step with each look, so that a month passes in minutes."""

    def __init__(self, step_ns: int) -> None:
        self._step = step_ns
        self._now = int(BEGINS.timestamp()) * 1_000_000_000
        self._began = self._now

    def time_ns(self) -> int:
        """Go on, and return nanoseconds since 1970."""
        self._now += self._step
        return self._now

    def monotonic_ns(self) -> int:
        """Return nanoseconds since the beginning."""
        return self._now - self._began


@dataclass(frozen=True)
class Told:
    """One kind of question: what it found, and how long it took, the first time and then."""

    kind: str
    found: int
    first_ms: float
    median_ms: float
    worst_ms: float


@dataclass
class Report:
    """What one run has to say."""

    records: int
    generated_s: float = 0.0
    indexed_s: float = 0.0
    log_bytes: int = 0
    index_bytes: int = 0
    shapes: int = 0
    told: list[Told] = field(default_factory=list)


def _statement(number: int) -> StatementDecided:
    """Return what is decided on one of the texts: reads of one or two tables, some masked, some writes, few denied."""
    chance = random.Random(number)
    table = f"public.t{number % TABLES:02d}_{('orders', 'customers', 'events', 'parts')[number % 4]}"
    columns = ("id", *chance.sample((*CLASSES, "city", "status", "total", "made_at"), 3))
    shown = ", ".join(columns)
    masks = tuple(
        Masked(output=place, mask=CLASSES[name], data_class=CLASSES[name], columns=(f"{table}.{name}",))
        for place, name in enumerate(columns, start=1)
        if name in CLASSES
    )
    text = f"select {shown} from {table} where q{number} = $1 order by id limit $2"
    reads = {table: tuple(sorted((*columns, f"q{number}")))}
    if number % 5 == 1:
        reads |= {f"public.t{(number + 7) % TABLES:02d}_orders": ("id", "total")}
    said = StatementDecided(
        id=NAME.decode(),
        exchange=NAME.decode(),
        database=("shop", "billing", "lab")[number % 3],
        statement=StatementText(text=text, digest="9f8e7d6c5b4a39281706f5e4d3c2b1a0"),
        command="select",
        understood=True,
        decision=Verdict(verdict="allow", rules=("pack.read-masked",), rule_set="5d41402abc4b2a76b9719d911017c592"),
        actions=("read",),
        reads=reads,
        masks=masks,
        shows={table: tuple(name for name in columns if name not in CLASSES)},
    )
    if number % 20 == 3:
        gone = Verdict(verdict="deny", rules=("pack.no-where",), rule_set=said.decision.rule_set, reason="no WHERE")
        return _with(said, f"delete from {table}", "delete", gone, table)
    if number % 10 == 6:
        change = f"update {table} set status = $1 where id = $2 and q{number}"
        return _with(said, change, "update", said.decision, table)
    return said


def _with(said: StatementDecided, text: str, command: str, decision: Verdict, table: str) -> StatementDecided:
    return msgspec.structs.replace(
        said,
        statement=StatementText(text=text, digest=said.statement.digest),
        command=command,
        decision=decision,
        actions=("read", "write"),
        reads={table: ("id",)},
        writes={table: ("status",) if command == "update" else ()},
        masks=(),
        shows={},
    )


def _person(number: int) -> tuple[Who, Origin]:
    who = Who(subject=f"person-{number:03d}", kind="human", groups=("support",), proof="password")
    if number % 4 == 0:
        who = Who(subject=f"agent-{number:03d}", kind="agent", on_behalf_of=f"person-{number + 1:03d}", proof="token")
    return who, Origin(address=f"10.0.{number // 250}.{number % 250}", tls="TLSv1.3")


def _template(body: bytes) -> bytes:
    """Return an encoded body as a format for `%`, with a place for each name of its own, in their order."""
    return body.replace(b"%", b"%%").replace(NAME, b"%(n)b").replace(SESSION, b"%(s)b").replace(OWN, b"%(o)b")


class House:
    """The people and texts of a house; yields the bodies that its sessions leave."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._statements = [_statement(number) for number in range(TEXTS)]
        self._people = list(accumulate(1 / (place + 1) for place in range(PEOPLE)))
        self._texts = list(accumulate(1 / (place + 1) for place in range(TEXTS)))
        self._known: dict[tuple[int, int, bool], bytes] = {}
        self._count = 0

    def session(self) -> Iterator[bytes]:
        """Yield the records of one session."""
        self._count += 1
        name = b"01K9ZXJ3T8S%015d" % self._count
        (person,) = self._chance.choices(range(PEOPLE), cum_weights=self._people)
        who, origin = _person(person)
        own = name.decode()
        yield encode(SessionOpened(id=f"{own}-o", session=own, who=who, origin=origin, database="shop"))
        for place, text in enumerate(self._chance.choices(range(TEXTS), cum_weights=self._texts, k=STATEMENTS)):
            number = self._count * STATEMENTS + place
            exchange = b"01K9ZXJ3T8Q%015d" % number
            template = self._decided(person, text, reasoned=number % OF_ITS_OWN == 0)
            yield template % {b"n": exchange, b"s": name, b"o": b"INC-%07d" % number}
            if text % 20 != 3:
                yield self._answered(exchange, text)
        closed = SessionClosed(
            id=f"{own}-c", session=own, who=who, origin=origin, database="shop", statements=STATEMENTS
        )
        yield encode(closed)

    def _decided(self, person: int, text: int, *, reasoned: bool) -> bytes:
        found = self._known.get((person, text, reasoned))
        if found is None:
            who, origin = _person(person)
            claims = Claimed(reason=OWN.decode() if reasoned else None, application="psql")
            body = msgspec.structs.replace(
                self._statements[text], who=who, origin=origin, session=SESSION.decode(), claims=claims
            )
            found = self._known[person, text, reasoned] = _template(encode(body))
        return found

    def _answered(self, exchange: bytes, text: int) -> bytes:
        name = exchange.decode()
        cells = dict.fromkeys((mask.output for mask in self._statements[text].masks), 7)
        if not cells:
            return PLAIN % (exchange, exchange)
        return encode(
            StatementAnswered(id=f"{name}-a", of=name, rows=7, bytes=512, duration_us=840, tag="SELECT 7", cells=cells)
        )


async def generate(state: Path, count: int) -> None:
    """Write so many records and move them into the signed log, a part at a time, as the control process does."""
    clock = TurnedClock(MONTH * 1_000_000_000 // count)
    house = House(seed=count)
    journals = [Journal.open(state / "journal" / name, name, clock=clock) for name in SHARDS]
    integrator = Integrator.open(state / "journal", state / "log", keys=state / "keys", origin="proctor.bench")
    written, moved = 0, 0
    while written < count:
        journal = journals[written // (STATEMENTS * 2) % len(journals)]
        for body in house.session():
            journal.append_later(body)
            written += 1
        await asyncio.sleep(0)
        if written - moved > INTEGRATED or written >= count:
            for journal in journals:
                await journal.synced(journal.position)
            if troubles := integrator.integrate().troubles:
                raise RuntimeError(f"the log: {troubles}")
            integrator.prune()
            moved = written
            print(f"{written:,} of {count:,} records are in the log", file=sys.stderr, flush=True)
    for journal in journals:
        await journal.close()
    integrator.integrate()
    integrator.close()


def questions(count: int) -> dict[str, Question]:
    """Return what is asked, for each kind: something frequent, something rare, something that is not there."""
    middle = BEGINS + timedelta(seconds=MONTH / 2)
    first, last = BEGINS + timedelta(days=7), BEGINS + timedelta(days=14)
    halfway = count // (2 * STATEMENTS + 2) // 2 * STATEMENTS
    alone = f"INC-{halfway - halfway % OF_ITS_OWN:07d}"
    return {
        "time, the newest": Question(),
        "time, an hour amid the month": Question(since=middle, until=middle + timedelta(hours=1)),
        "identity, who asks most": Question(who="person-001"),
        "identity, who asks seldom": Question(who="person-299"),
        "identity, in a week": Question(who="person-050", since=first, until=last),
        "identity, nobody": Question(who="mallory"),
        "table, frequent": Question(table="t00_orders"),
        "table, in a week": Question(table="public.t57_customers", since=first, until=last),
        "column, of all tables": Question(column="email"),
        "column, of one table": Question(column="t01_customers.email"),
        "class, frequent": Question(data_class="email"),
        "class, in a week": Question(data_class="bank_account", since=first, until=last),
        "decision, allow": Question(decision="allow"),
        "decision, deny": Question(decision="deny"),
        "decision, deny in a week": Question(decision="deny", since=first, until=last),
        "decision, hold (none)": Question(decision="hold"),
        "text, in most statements": Question(text="order by"),
        "text, in one statement": Question(text=f"q{TEXTS - 1} ="),
        "text, a reason of its own": Question(text=alone),
        "text, all such reasons": Question(text="inc-"),
        "text, such a reason, in an old week": Question(text="inc-", until=first),
        "text, reasons of the first fifth alone": Question(text="inc-0"),
        "text, these, when there were none any more": Question(text="inc-0", since=middle),
        "text, such reasons of what was denied": Question(text="inc-", decision="deny"),
        "text, such reasons of who asks most, in an old week": Question(text="inc-", who="person-001", until=first),
        "text, nowhere": Question(text="drop database"),
        "all at once": Question(
            who="person-001", table="t01_customers", text="limit", decision="allow", since=first, until=last
        ),
    }


def forget(state: Path) -> None:
    """Take what is in these files out of the page cache; names and inodes stay."""
    os.sync()  # what is not on disk yet would stay
    for path in state.rglob("*"):
        if path.is_file():
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


def asked(state: Path, count: int, rounds: int, *, cold: bool) -> Iterator[Told]:
    """Ask everything, each as often as there are rounds; if cold, with nothing of it in memory the first time."""
    for kind, question in questions(count).items():
        took: list[float] = []
        found = 0
        if cold:
            forget(state)
        for _ in range(rounds):
            before = time.perf_counter()
            with Index.open(state) as index:
                index.refresh()
                found = sum(1 for _ in ask(index, question))
            took.append((time.perf_counter() - before) * 1000)
        yield Told(kind, found, took[0], statistics.median(took), max(took))


def measure(state: Path, count: int, rounds: int, *, cold: bool) -> Report:
    """Make the log and the index, and ask."""
    report = Report(count)
    before = time.perf_counter()
    if not (state / "log").exists():
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(generate(state, count))
    report.generated_s = time.perf_counter() - before
    before = time.perf_counter()
    with Index.open(state) as index:
        index.refresh()
        report.indexed_s = time.perf_counter() - before
        report.records = index.connection.execute("select count(*) from records").fetchone()[0]
        report.shapes = index.connection.execute("select count(*) from shapes").fetchone()[0]
    report.index_bytes = (state / FILE).stat().st_size
    report.log_bytes = sum(path.stat().st_size for path in (state / "log").rglob("*") if path.is_file())
    report.told = list(asked(state, count, rounds, cold=cold))
    return report


def table(report: Report) -> str:
    """Return it as a table in Markdown, with what it was asked of."""
    lines = [
        f"{report.records:,} records ({report.log_bytes / 1e9:.2f} GB of log) made in {report.generated_s:,.0f} s; "
        f"index of {report.index_bytes / 1e9:.2f} GB and {report.shapes:,} shapes made in {report.indexed_s:,.0f} s "
        f"({report.records / report.indexed_s:,.0f} records/s)",
        "",
        "| `audit search` by | found | first, ms | median, ms | worst, ms |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one.kind} | {one.found:,} | {one.first_ms:,.0f} | {one.median_ms:,.0f} | {one.worst_ms:,.0f} |"
        for one in report.told
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure, print the table, leave the figures in `bench/out/search.json`; 1 where a kind took over a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=int, nargs="?", default=10_000_000, help="how many records the log has")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cold", action="store_true", help="ask each for the first time with nothing of it in memory")
    parser.add_argument("--folder", type=Path, default=None, help="where the files lie: about 800 bytes a record")
    parser.add_argument("--keep", type=Path, default=None, help="make the state here and leave it; if it is there, ask")
    parser.add_argument("--out", type=Path, default=OUT / "search.json")
    words = parser.parse_args()
    state = words.keep or Path(tempfile.mkdtemp(prefix="proctor-search-", dir=words.folder))
    try:
        report = measure(state, words.records, words.rounds, cold=words.cold)
    finally:
        if words.keep is None:
            shutil.rmtree(state, ignore_errors=True)
    print(table(report))
    words.out.parent.mkdir(parents=True, exist_ok=True)
    said = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "twins": twins.describe(),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "load": os.getloadavg(),
        **asdict(report),
    }
    words.out.write_text(json.dumps(said, indent=1) + "\n")
    slow = [one.kind for one in report.told if max(one.median_ms, one.first_ms * words.cold) > MOST * 1000]
    if slow:
        print(f"\nover a second: {', '.join(slow)}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
