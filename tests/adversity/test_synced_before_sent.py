"""The order of system calls: a statement's record is written, and synced where that is promised, before it is sent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from tests.adversity.faults.load import BOUND, ONE_FLIGHT, written
from tests.databases.lab import Lab, lab

ROUNDS = 4
BINDS = frozenset(ask.__name__ for ask in BOUND)


@contextmanager
def traced(postgres: ThrowawayPostgres, shim: Path, folder: Path, durability: str) -> Iterator[Lab]:
    environment = {"LD_PRELOAD": str(shim), "SHIM_TRACE": str(folder / "trace")}
    audit = f"\n[audit]\ndurability = '{durability}'\n"
    with lab(postgres, folder, limits=audit, environment=environment) as made:
        yield made


def play(house: Lab) -> dict[str, str]:
    """Ask something of every kind, and return which kind each marker was."""
    numbers = iter(range(1_000_000))
    kinds: dict[str, str] = {}
    with psycopg.connect(house.dsn(), autocommit=True) as session:
        for _ in range(ROUNDS):
            for ask in ONE_FLIGHT:

                def name(kind: str = ask.__name__) -> str:
                    marker = f"m_{next(numbers):06d}"
                    kinds[marker] = kind
                    return marker

                ask(session, name)
    return kinds


def early(trace: Path, port: int, kinds: Mapping[str, str], synced: bool) -> tuple[list[str], Counter[str]]:
    """Return what was sent to be executed before its record was written, or on disk where that is promised.

    And how often each marker was. A Query executes what it says; what was bound is executed by the Execute behind, in
    the order of the Binds.
    """
    records: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    on_disk: dict[str, int] = {}
    executed: Counter[str] = Counter()
    bound: list[str] = []
    wrong = []
    for line in trace.read_text().splitlines():
        what, *words = line.split(" ")
        if what == "J":
            for marker in words[2:]:
                records[marker].append((words[0], int(words[1])))
            continue
        if what == "D":
            on_disk[words[0]] = max(on_disk.get(words[0], 0), int(words[1]))
            continue
        if int(words[0]) != port:
            continue
        said = dict.fromkeys(words[2:])
        bound += [marker for marker in said if kinds[marker] in BINDS and marker not in {*bound, *executed}]
        running = [marker for marker in said if kinds[marker] not in BINDS] + bound[: int(words[1])]
        del bound[: int(words[1])]
        for marker in running:
            executed[marker] += 1
            must = synced or kinds[marker] == written.__name__
            safe = [one for one in records[marker] if not must or on_disk.get(one[0], 0) >= one[1]]
            if len(safe) < executed[marker]:
                state = "on disk" if must else "written"
                wrong.append(f"{marker} ({kinds[marker]}) was sent before its record was {state}")
    return wrong, executed


@pytest.mark.parametrize("durability", ["strict", "adaptive"])
def test_every_kind_of_statement_is_recorded_before_it_is_sent(postgres, shim, tmp_path, durability):
    with traced(postgres, shim, tmp_path, durability) as house:
        kinds = play(house)
    wrong, executed = early(tmp_path / "trace", postgres.port, kinds, durability == "strict")
    assert wrong == []
    assert set(executed) == set(kinds), "the shim has seen every statement on its way"


@pytest.mark.parametrize(
    ("events", "wrong"),
    [
        ("U 5 0 m_000001", "m_000001 (simple) was sent before its record was on disk"),
        ("J /x.seg 10 m_000001|D /x.seg 9|U 5 0 m_000001", "m_000001 (simple) was sent before its record"),
        ("J /x.seg 9 m_000001|D /x.seg 9|U 5 0 m_000001|U 5 0 m_000001", "m_000001 (simple) was sent before"),
        ("U 5 0 m_000002|J /x.seg 9 m_000002|U 5 1|D /x.seg 9", "m_000002 (extended) was sent before its record"),
        ("U 5 1 m_000002|J /x.seg 9 m_000002|D /x.seg 9", "m_000002 (extended) was sent before its record"),
        ("J /x.seg 10 m_000001|D /x.seg 10|U 5 0 m_000001|U 9 0 m_000001", None),
        ("U 5 0 m_000002|J /x.seg 9 m_000002|D /x.seg 9|U 5 1", None),
    ],
)
def test_whoever_reads_the_trace_is_not_blind(tmp_path, events, wrong):
    trace = tmp_path / "trace"
    trace.write_text(events.replace("|", "\n") + "\n")
    told, _ = early(trace, 5, {"m_000001": "simple", "m_000002": "extended"}, True)
    assert told[0].startswith(wrong) if wrong else told == []
