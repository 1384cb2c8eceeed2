"""The order of events: a statement's record is where it survives, or synced where that is promised, before it is sent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from proctor.audit.slate import writes_in_place
from tests.adversity.faults.load import EVERYTHING, MARKER, READS
from tests.databases import raw
from tests.databases.lab import Lab, lab

ROUNDS = 4
READ = frozenset(ask.__name__ for ask in READS)


@contextmanager
def traced(postgres: ThrowawayPostgres, shim: Path, folder: Path, durability: str) -> Iterator[Lab]:
    environment = {"LD_PRELOAD": str(shim), "SHIM_TRACE": str(folder / "trace")}
    audit = f"\n[audit]\ndurability = '{durability}'\n"
    with lab(postgres, folder, limits=audit, environment=environment) as made:
        yield made


def by_portal(client: raw.Raw, names: Callable[[], str]) -> None:
    """Take a result in parts, as JDBC and asyncpg do: a portal that is executed more than once."""
    name = names()
    ask = raw.parse(f"select id as {name} from parts") + raw.bind(portal=name) + raw.execute(name, 5)
    client.query("begin")
    client.send(ask + raw.SYNC)
    client.until(b"Z")
    client.send(raw.execute(name, 5) + raw.execute(name, 5) + raw.SYNC)
    client.until(b"Z")
    client.query("commit")


def play(house: Lab) -> dict[str, str]:
    """Ask something of every kind, and return which kind each marker was."""
    numbers = iter(range(1_000_000))
    kinds: dict[str, str] = {}

    def naming(ask: Callable[..., None]) -> Callable[[], str]:
        def name() -> str:
            marker = f"m_{next(numbers):06d}"
            kinds[marker] = ask.__name__
            return marker

        return name

    with psycopg.connect(house.dsn(), autocommit=True) as session, house.raw() as client:
        for _ in range(ROUNDS):
            for ask in EVERYTHING:
                ask(session, naming(ask))
            by_portal(client, naming(by_portal))
    return kinds


def early(trace: Path, port: int, kinds: Mapping[str, str], synced: bool) -> tuple[list[str], Counter[str]]:
    """Return what was sent to be executed before its record was in a file, or on disk where that is promised.

    A file is a segment that was written, or the slate as whoever opens it sees it.
    And how often each marker was. A Query executes what it says; an Execute a portal that its name tells, or else what
    its connection has bound last.
    """
    written: defaultdict[str, dict[tuple[str, str], tuple[str, int]]] = defaultdict(dict)
    slated: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    on_disk: dict[str, int] = {}
    executed: Counter[str] = Counter()
    bound: dict[str, str] = {}
    wrong = []
    for line in trace.read_text().splitlines():
        what, *words = line.split(" ")
        if what in "JS":
            folder = words[0].rpartition("/")[0]
            for record in " ".join(words).split(" .")[1:]:
                number, *markers = record.split()
                for marker in markers:
                    if what == "J":
                        written[marker][folder, number] = (words[0], int(words[1]))
                    else:
                        slated[marker].add((folder, number))
            continue
        if what == "D":
            on_disk[words[0]] = max(on_disk.get(words[0], 0), int(words[1]))
            continue
        if int(words[0]) != port:
            continue
        for said in words[2:]:
            tag, marker = said[0], said[1:]
            if tag == "B":
                bound[words[1]] = marker
                continue
            marker = marker or bound.get(words[1], "")
            if not marker:
                continue  # the house's own questions have none
            executed[marker] += 1
            must = synced or kinds[marker] not in {*READ, by_portal.__name__}
            safe = {one for one, at in written[marker].items() if not must or on_disk.get(at[0], 0) >= at[1]}
            if len(safe if must else safe | slated[marker]) < executed[marker]:
                state = "on disk" if must else "in a file"
                wrong.append(f"{marker} ({kinds[marker]}) was sent before its record was {state}")
    return wrong, executed


@pytest.mark.parametrize("durability", ["strict", "adaptive"])
def test_every_kind_of_statement_is_recorded_before_it_is_sent(postgres, shim, tmp_path, durability):
    with traced(postgres, shim, tmp_path, durability) as house:
        kinds = play(house)
        decided = [record for record in house.records() if record["kind"] == "statement.decided"]
    wrong, executed = early(tmp_path / "trace", postgres.port, kinds, durability == "strict")
    assert wrong == []
    has_slate = any(line.startswith("S ") for line in (tmp_path / "trace").read_text().splitlines())
    assert has_slate == writes_in_place(tmp_path)
    assert Counter(marker for record in decided for marker in set(MARKER.findall(str(record)))) == executed
    assert set(executed) == set(kinds), "the shim has seen every statement on its way"
    how_often = {kind: {executed[marker] for marker in kinds if kinds[marker] == kind} for kind in kinds.values()}
    assert how_often == {
        "simple": {1},
        "extended": {1},
        "pipelined": {1},
        "executed_again": {3},
        "executed_again_in_a_pipeline": {4},
        "copied": {1},
        "by_cursor": {3},
        "written": {1},
        "written_in_a_pipeline": {1},
        "copied_in": {3},
        "copied_in_for_good": {3},
        "by_portal": {3},
    }


@pytest.mark.parametrize(
    ("events", "synced", "wrong"),
    [
        ("U 5 7 Qm_000001", True, "m_000001 (simple) was sent before its record was on disk"),
        (
            "J /w/x.seg 10 .1 m_000001|D /w/x.seg 9|U 5 7 Qm_000001",
            True,
            "m_000001 (simple) was sent before its record",
        ),
        (
            "J /w/x.seg 9 .1 m_000001 m_000001|D /w/x.seg 9|U 5 7 Qm_000001|U 5 7 Qm_000001",
            True,
            "m_000001 (simple) was sent",
        ),
        (
            "U 5 7 Bm_000002|J /w/x.seg 9 .1 m_000002|U 5 7 E|D /w/x.seg 9",
            True,
            "m_000002 (extended) was sent before its record",
        ),
        (
            "U 5 7 Bm_000002 E|J /w/x.seg 9 .1 m_000002|D /w/x.seg 9",
            True,
            "m_000002 (extended) was sent before its record",
        ),
        (
            "J /w/x.seg 9 .1 m_000002|D /w/x.seg 9|U 5 7 Bm_000002 E Bm_000002 E",
            True,
            "m_000002 (extended) was sent before its",
        ),
        (
            "J /w/x.seg 9 .1 m_000002|D /w/x.seg 9|U 5 7 Bm_000002 Em_000002|U 5 7 Em_000002",
            True,
            "m_000002 (extended) was sent",
        ),
        ("S /w/slate .1 m_000001|U 5 7 Qm_000001", True, "m_000001 (simple) was sent before its record was on disk"),
        ("U 5 7 Qm_000001|S /w/slate .1 m_000001", False, "m_000001 (simple) was sent before its record was in a file"),
        (
            "S /w/slate .1 m_000001|J /w/x.seg 9 .1 m_000001|U 5 7 Qm_000001|U 5 7 Qm_000001",
            False,
            "m_000001 (simple) was sent",
        ),
        ("S /w/slate .1 m_000001|J /w/x.seg 9 .2 m_000001|U 5 7 Qm_000001|U 5 7 Qm_000001", False, None),
        ("S /w/slate .1 m_000001 .2 m_000001|U 5 7 Qm_000001 Qm_000001", False, None),
        ("J /w/x.seg 9 .1 m_000001 .2 m_000001|D /w/x.seg 9|U 5 7 Qm_000001 Qm_000001", True, None),
        ("J /w/x.seg 10 .1 m_000001|D /w/x.seg 10|U 5 7 Qm_000001|U 9 7 Qm_000001", True, None),
        ("U 5 7 Bm_000002|J /w/x.seg 9 .1 m_000002|D /w/x.seg 9|U 5 7 E", True, None),
        ("J /w/x.seg 9 .1 m_000002|D /w/x.seg 9|U 5 7 Bm_000002|U 5 8 B E|U 5 7 E", True, None),
    ],
)
def test_whoever_reads_the_trace_is_not_blind(tmp_path, events, synced, wrong):
    trace = tmp_path / "trace"
    trace.write_text(events.replace("|", "\n") + "\n")
    told, _ = early(trace, 5, {"m_000001": "simple", "m_000002": "extended"}, synced=synced)
    assert told[0].startswith(wrong) if wrong else told == []
