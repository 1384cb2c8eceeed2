"""What the benchmarks have left in bench/out, as ratios to pgbouncer and as figures beside what is aimed at.

Nothing is measured here. What was not measured is told as that, and never counts as met.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench import durability, sessions, ways
from bench.pgbench import CLIENTS, MODES, SELECT, TPCB, Run, added, ratios
from bench.probe import Sync

TPS, TPS_CLIENTS = 0.95, (8, 32)
ADDED_US = 15.0
BULK, BULK_CPU = 1.10, 1.00
IDLE_KB = 40.0
WORKERS = 1.7
Told = Mapping[str, Any]
"""What a benchmark wrote."""


@dataclass(frozen=True)
class Ratio:
    """Proctor's rate beside pgbouncer's, round by round: 1 is as fast."""

    group: str
    name: str
    rounds: tuple[float, ...]
    aim: float | None = None

    @property
    def median(self) -> float:
        """Return the middle of the rounds."""
        return statistics.median(self.rounds)


@dataclass(frozen=True)
class Aim:
    """A figure, and what it should be; `met` is None where nothing was measured."""

    what: str
    figure: str
    wanted: str
    met: bool | None
    because: str = ""
    """What the figure cannot show here."""

    @property
    def verdict(self) -> str:
        """Return the word for it."""
        return {True: "met", False: "MISSED", None: "not measured"}[self.met]


@dataclass(frozen=True)
class Figures:
    """All of it, and the machine."""

    machine: Told = field(default_factory=dict)
    ratios: tuple[Ratio, ...] = ()
    aims: tuple[Aim, ...] = ()

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"


def restored(text: str) -> Figures:
    """Return what `Figures.text` wrote."""
    told = json.loads(text)
    found = tuple(Ratio(r["group"], r["name"], tuple(r["rounds"]), r["aim"]) for r in told["ratios"])
    return Figures(told["machine"], found, tuple(Aim(**aim) for aim in told["aims"]))


def collected(folder: Path) -> Figures:
    """Return the figures of what the benchmarks left in that folder."""
    told = {name: _read(folder / f"{name}.json") for name in ("pgbench", "ways", "bulk", "sessions", "durability")}
    small = [Run(**r) for r in told["pgbench"].get("runs", ())]
    return Figures(
        told["pgbench"].get("machine", {}),
        tuple(_rounded(each) for each in (*_small(small), *_ways(told["ways"]), *_bulk(told["bulk"]))),
        (
            *_rates(small),
            *_delays(small),
            *_reads(told["bulk"]),
            *_idle(told["sessions"]),
            *_second_worker(told["sessions"]),
            *_journal(told["durability"]),
        ),
    )


def _read(path: Path) -> Told:
    return json.loads(path.read_text()) if path.exists() else {}


def _rounded(ratio: Ratio) -> Ratio:
    return Ratio(ratio.group, ratio.name, tuple(round(each, 3) for each in ratio.rounds), ratio.aim)


def _of(runs: Sequence[Run], load: str, mode: str, clients: int) -> list[Run]:
    return [r for r in runs if (r.load, r.mode, r.clients) == (load, mode, clients)]


# ---- ratios


def _small(runs: Sequence[Run]) -> Iterator[Ratio]:
    for load in (SELECT.name, TPCB.name):
        for mode in MODES:
            for clients in CLIENTS:
                if here := _of(runs, load, mode, clients):
                    aim = TPS if clients in TPS_CLIENTS else None
                    yield Ratio(f"pgbench, {load}", f"{mode}, {_clients(clients)}", tuple(ratios(here)), aim)


def _clients(count: int) -> str:
    return "1 client" if count == 1 else f"{count} clients"


def _ways(told: Told) -> Iterator[Ratio]:
    for way in ways.WAYS:
        if found := [Run(**r) for r in told.get("runs", {}).get(way.name, ())]:
            yield Ratio("in special ways", way.name, tuple(ways.ratios(way, found)))


def _bulk(told: Told) -> Iterator[Ratio]:
    for what in dict.fromkeys(read["what"] for read in told.get("reads", ())):
        seconds = _by_round(told, what, "seconds")
        found = tuple(each["pgbouncer"] / each["proctor"] for each in seconds)
        yield Ratio("long results", what, found, 1 / BULK if "masked" in what else None)


def _by_round(told: Told, what: str, part: str) -> list[dict[str, float]]:
    rounds: dict[int, dict[str, float]] = {}
    for read in told["reads"]:
        if read["what"] == what:
            rounds.setdefault(read["round"], {})[read["target"]] = read[part]
    return [each for _, each in sorted(rounds.items())]


# ---- aims


def _rates(runs: Sequence[Run]) -> Iterator[Aim]:
    for load in (SELECT.name, TPCB.name):
        for mode in MODES:
            for clients in TPS_CLIENTS:
                what = f"TPS beside pgbouncer, {load}, {mode}, {clients} clients"
                here = _of(runs, load, mode, clients)
                found = statistics.median(ratios(here)) if here else None
                yield _least(what, found, TPS)


def _delays(runs: Sequence[Run]) -> Iterator[Aim]:
    for mode in MODES:
        what = f"added p50 with one client, {mode}"
        here = _of(runs, SELECT.name, mode, 1)
        if not here:
            yield Aim(what, "", f"pgbouncer's + {ADDED_US:.0f} µs", None)
            continue
        mine, theirs = (statistics.median(added(here, name)) for name in ("proctor", "pgbouncer"))
        yield Aim(
            what, f"{mine:,.0f} µs, pgbouncer {theirs:,.0f}", f"pgbouncer's + {ADDED_US:.0f} µs",
            mine <= theirs + ADDED_US,
        )  # fmt: skip


def _reads(told: Told) -> Iterator[Aim]:
    whats = list(dict.fromkeys(read["what"] for read in told.get("reads", ())))
    for what in whats or ["long results"]:
        part, wanted = ("seconds", BULK) if "masked" in what else ("cpu_ms", BULK_CPU)
        said = f"{what}: time beside pgbouncer unmasked" if part == "seconds" else f"{what}: CPU a row beside pgbouncer"
        if not whats:
            yield Aim(what, "", f"at most {wanted:.2f}", None)
            continue
        rounds = _by_round(told, what, part)
        if part == "cpu_ms" and any(each["pgbouncer"] < 50 for each in rounds):
            yield Aim(said, "", f"at most {wanted:.2f}", None, "too few rows for the clock of CPU time")
            continue
        yield _most(said, statistics.median(each["proctor"] / each["pgbouncer"] for each in rounds), wanted)


def _idle(told: Told) -> Iterator[Aim]:
    what = f"memory of an idle session, {sessions.WANTED:,} of them"
    held = next((h for h in told.get("held", ()) if h["target"] == sessions.ONE), None)
    if held is None:
        yield Aim(what, "", f"at most {IDLE_KB:.0f} KB", None)
        return
    each, because = held["bytes_each"] / 1024, ""
    if held["sessions"] < sessions.WANTED:
        because = f"measured with {held['sessions']:,}"
    yield Aim(what, f"{each:.1f} KB", f"at most {IDLE_KB:.0f} KB", each <= IDLE_KB, because)


def _second_worker(told: Told) -> Iterator[Aim]:
    gains = [sessions.Gain(Run(**g["run"]), g["name"], g["client_us"], g["standin_us"]) for g in told.get("gains", ())]
    for name in sessions.LOADS:
        what = f"TPS of 2 workers beside 1, {name}"
        if not gains:
            yield _least(what, None, WORKERS)
            continue
        found, most = statistics.median(sessions.of_two(gains, name)), sessions.allowed(gains, name)
        because = f"the cores allow {most:.2f}" if most < 2 else ""
        yield Aim(what, f"{found:.2f}", f"at least {WORKERS}", found >= WORKERS, because)


def _journal(told: Told) -> Iterator[Aim]:
    if not told:
        yield Aim("journal", "", "as durable, and as fast", None)
        return
    report = durability.Report(
        [Run(**r) for r in told["runs"]],
        [Sync(**s) for s in told["syncs"]],
        {int(n): f for n, f in told["durable"].items()},
    )
    records = max(sum(each) for each in report.durable.values())
    yield Aim(
        "records on disk a second", f"{records:,.0f}", f"at least {durability.DURABLE:,}",
        records >= durability.DURABLE,
    )  # fmt: skip
    for clients in TPS_CLIENTS:
        beside = statistics.median(report.ratios("prepared", clients, durability.ADAPTIVE))
        yield _least(f"adaptive beside no journal, prepared, {clients} clients", beside, durability.NEARLY)
        disk = statistics.median(report.of_the_disk("prepared", clients))
        yield _least(f"strict beside what the disk allows, prepared, {clients} clients", disk, durability.OF_THE_DISK)


def _least(what: str, found: float | None, wanted: float) -> Aim:
    if found is None:
        return Aim(what, "", f"at least {wanted}", None)
    return Aim(what, f"{found:.2f}", f"at least {wanted}", found >= wanted)


def _most(what: str, found: float, wanted: float) -> Aim:
    return Aim(what, f"{found:.2f}", f"at most {wanted:.2f}", found <= wanted)
