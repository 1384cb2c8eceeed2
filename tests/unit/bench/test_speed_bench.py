"""The page on speed: its figures are those that are kept, what was missed is said to be, and nothing is met unmeasured."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import durability, ways
from bench.figures import Aim, Figures, Ratio, collected, restored
from bench.pgbench import Run
from bench.plot import drawn
from bench.probe import Sync
from bench.sessions import ONE, TWO, Gain, Held
from bench.speed import KEPT, PAGE, PICTURE, page, table


def run(
    target: str, tps: float, *, turn: int = 0, mode: str = "prepared", clients: int = 8, p50: float = 0.0
) -> dict[str, object]:
    return asdict(Run(turn, mode, clients, target, tps, 1.0, 20.0, p50_us=p50))


def left(folder: Path, **told: object) -> Path:
    for name, what in told.items():
        (folder / f"{name}.json").write_text(json.dumps(what))
    return folder


def aim(figures: Figures, what: str) -> Aim:
    (found,) = [each for each in figures.aims if each.what.startswith(what)]
    return found


def test_what_was_not_measured_is_neither_met_nor_missed(tmp_path: Path) -> None:
    figures = collected(tmp_path)
    assert figures.aims
    assert {each.verdict for each in figures.aims} == {"not measured"}
    assert figures.ratios == ()


@pytest.mark.parametrize(("tps", "verdict"), [(949.0, "MISSED"), (950.0, "met")])
def test_a_rate_is_met_from_the_median_of_the_rounds_on(tmp_path: Path, tps: float, verdict: str) -> None:
    runs = [
        run(target, rate, turn=turn)
        for turn in range(3)
        for target, rate in (("direct", 3000.0), ("pgbouncer", 1000.0))
    ]
    runs += [run("proctor", rate, turn=turn) for turn, rate in enumerate((100.0, tps, 2000.0))]
    figures = collected(left(tmp_path, pgbench={"runs": runs, "machine": {}}))
    assert aim(figures, "TPS beside pgbouncer, select, prepared, 8").verdict == verdict
    assert aim(figures, "TPS beside pgbouncer, tpcb, prepared, 8").verdict == "not measured"
    assert figures.ratios == (Ratio("pgbench, select", "prepared, 8 clients", (0.1, tps / 1000, 2.0), 0.95),)


@pytest.mark.parametrize(("p50", "verdict"), [(145.0, "met"), (146.0, "MISSED")])
def test_a_delay_is_met_up_to_fifteen_microseconds_more_than_pgbouncers(
    tmp_path: Path, p50: float, verdict: str
) -> None:
    waited = {"direct": 100.0, "pgbouncer": 130.0, "proctor": p50}
    runs = [run(target, 1.0, clients=1, p50=us) for target, us in waited.items()]
    assert (
        aim(collected(left(tmp_path, pgbench={"runs": runs})), "added p50 with one client, prepared").verdict == verdict
    )


def read(what: str, target: str, seconds: float, cpu_ms: float) -> dict[str, object]:
    return {"round": 0, "what": what, "target": target, "seconds": seconds, "cpu_ms": cpu_ms}


def test_masked_reads_go_by_their_time_and_plain_ones_by_their_cpu(tmp_path: Path) -> None:
    reads = [
        read("rows, plain", "pgbouncer", 1.0, 300.0), read("rows, plain", "proctor", 1.5, 290.0),
        read("rows, two masked", "pgbouncer", 1.0, 300.0), read("rows, two masked", "proctor", 1.2, 200.0),
        read("copy, plain", "pgbouncer", 0.01, 10.0), read("copy, plain", "proctor", 0.01, 0.0),
    ]  # fmt: skip
    figures = collected(left(tmp_path, bulk={"reads": reads}))
    assert aim(figures, "rows, plain").verdict == "met"
    assert aim(figures, "rows, two masked").verdict == "MISSED"
    assert aim(figures, "copy, plain").verdict == "not measured", "a clock of ten milliseconds says nothing here"


def test_fewer_sessions_and_too_few_cores_are_said(tmp_path: Path) -> None:
    held = [asdict(Held(ONE, 9800, 30 * 1024.0, 1.0, 1.0, 0))]
    gains = [
        asdict(Gain(Run(0, "simple", 16, target, tps, 1.0, 1e6), name, 1e6, 1e6))
        for name in ("decided before", "new shapes")
        for target, tps in ((ONE, 1.0), (TWO, 1.2))
    ]
    figures = collected(left(tmp_path, sessions={"held": held, "gains": gains}))
    idle, gain = aim(figures, "memory of an idle session"), aim(figures, "TPS of 2 workers beside 1, new shapes")
    assert (idle.verdict, idle.because) == ("met", "measured with 9,800")
    assert (gain.verdict, gain.figure) == ("MISSED", "1.20")
    assert gain.because.startswith("the cores allow ")


def test_the_journals_own_targets_are_among_them(tmp_path: Path) -> None:
    names = (durability.OFF, durability.ADAPTIVE, durability.STRICT)
    runs = [run(name, 100.0, clients=clients) for name in names for clients in (1, 8, 32)]
    syncs = [asdict(Sync(0, "prepared", clients, 159_000.0, 100.0)) for clients in (1, 8, 32)]
    told = {"runs": runs, "syncs": syncs, "durable": {"1": [12_000.0], "2": [9_000.0, 12_000.0]}}
    figures = collected(left(tmp_path, durability=told))
    assert aim(figures, "records on disk a second").figure == "21,000"
    assert aim(figures, "adaptive beside no journal, prepared, 8").verdict == "met"
    # The disk allows eight clients, each of which waits 1 ms for its statement and 159 for the disk, 50 a second.
    assert aim(figures, "strict beside what the disk allows, prepared, 8").figure == "2.00"


def test_every_special_way_that_was_played_is_among_the_ratios(tmp_path: Path) -> None:
    runs = {way.name: [run(way.to, 100.0), run(way.of, 50.0)] for way in ways.WAYS}
    found = collected(left(tmp_path, ways={"runs": runs})).ratios
    assert [r.name for r in found] == [way.name for way in ways.WAYS]
    assert {r.rounds for r in found} == {(0.5,)}


RATIOS = (
    Ratio("one <group>", "quick & good", (0.9, 1.0, 1.1), 0.95),
    Ratio("one <group>", "slow", (0.2, 0.3), 0.95),
    Ratio("another", "off the paper", (12.0,)),
)


def test_the_drawing_is_well_formed_the_same_each_time_and_says_what_it_shows() -> None:
    picture = drawn(RATIOS)
    assert picture == drawn(RATIOS)
    root = ElementTree.fromstring(picture)
    said = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"one <group>", "quick & good", "1.00", "0.25", "12.00"} <= set(said)
    dots = [each.get("class") for each in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert dots == ["good", "bad", "free"]
    assert "prefers-color-scheme: dark" in picture


def test_figures_are_kept_as_they_are() -> None:
    figures = Figures({"cores": 2}, RATIOS, (Aim("a", "1", "at least 2", False, "because"), Aim("b", "", "c", None)))
    assert restored(figures.text()) == figures
    assert "| a | 1 | at least 2 | MISSED: because |" in table(figures)


def test_the_page_and_the_drawing_of_the_manual_show_the_figures_that_are_kept() -> None:
    """`python -m bench.speed --manual` writes all three; nobody edits one by hand."""
    figures = restored(KEPT.read_text())
    assert PAGE.read_text() == page(PAGE.read_text(), figures)
    assert PICTURE.read_text() == drawn(figures.ratios)
