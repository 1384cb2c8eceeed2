"""How fast it is, in all: each figure beside what is aimed at, met or missed, and the ratios to pgbouncer drawn.

Reads what the other benchmarks left in bench/out. With `--manual` the table and the drawing of the manual are written
anew, and the figures that they show are kept in bench/figures.json: a test holds the two against each other.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bench.figures import Figures, collected, restored
from bench.pgbench import OUT, spread
from bench.plot import drawn

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "bench" / "figures.json"
PAGE = ROOT / "docs" / "manual" / "speed.md"
PICTURE = ROOT / "docs" / "manual" / "pictures" / "speed.svg"
BUSY = " **It was busy with other work: these ratios say little, and are to be measured again.**"
BEGIN, END = "<!-- figures: written by bench.speed -->", "<!-- end of the figures -->"


def table(figures: Figures) -> str:
    """Return the figures as tables in Markdown."""
    lines = ["| | measured | aimed at | |", "|---|---:|---:|---|"]
    for aim in figures.aims:
        because = f": {aim.because}" if aim.because else ""
        lines.append(f"| {aim.what} | {aim.figure or '–'} | {aim.wanted} | {aim.verdict}{because} |")
    lines += ["", "| beside pgbouncer in session mode | median [least, most] of the rounds |", "|---|---:|"]
    lines += [f"| {r.group}: {r.name} | {spread(r.rounds)} |" for r in figures.ratios]
    return "\n".join(lines)


def described(figures: Figures) -> str:
    """Return on what and when it was measured, in a sentence."""
    machine = figures.machine
    if not machine:
        return "Nothing was measured."
    return (
        f"Measured at {machine['when']} on {machine['cores']} cores with PostgreSQL {machine.get('postgresql', '?')} "
        f"and Python {machine['python']}, {machine['hot_path']}; the machine's load average before was "
        f"{machine['load']}." + (BUSY if float(machine["load"]) > 3 * int(machine["cores"]) else "")
    )


def page(text: str, figures: Figures) -> str:
    """Return the manual's page with these figures in it."""
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    return f"{head}{BEGIN}\n{described(figures)}\n\n{table(figures)}\n{END}{tail}"


def write_manual(figures: Figures) -> None:
    """Write the page and the drawing, and keep the figures that they show."""
    KEPT.write_text(figures.text())
    PAGE.write_text(page(PAGE.read_text(), figures))
    PICTURE.write_text(drawn(figures.ratios))


def main() -> int:
    """Print the table, leave the drawing and the figures in bench/out, and say by the exit code nothing of either."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=__doc__)
    parser.add_argument("--manual", action="store_true", help="write the manual's page and drawing anew")
    parser.add_argument("--kept", action="store_true", help="of the figures that are kept, not of the last run")
    said = parser.parse_args()
    figures = restored(KEPT.read_text()) if said.kept else collected(OUT)
    print(f"{described(figures)}\n\n{table(figures)}")
    missed = [aim for aim in figures.aims if aim.met is False]
    unseen = [aim for aim in figures.aims if aim.met is None]
    print(f"\nmet: {len(figures.aims) - len(missed) - len(unseen)}, MISSED: {len(missed)}, not measured: {len(unseen)}")
    OUT.mkdir(exist_ok=True)
    (OUT / "speed.json").write_text(figures.text())
    (OUT / "speed.svg").write_text(drawn(figures.ratios))
    if said.manual:
        write_manual(figures)
        print(f"written: {', '.join(os.path.relpath(path) for path in (KEPT, PAGE, PICTURE))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
