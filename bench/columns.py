"""How well columns are told apart: precision and recall by column, leaks by cell, and how fast values are looked at.

The tables are made by `bench.tables`, from words of our own; a second set, from other sources, countries and ways of
naming, was held out while the rules were written. Presidio and DataFog look at the same cells where they can be
imported. Run it with `python -m bench.columns`.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random

from bench import peers
from bench.pgbench import OUT
from bench.tables.making import BUILT_ON, MadeColumn, MadeTable, tables
from proctor.classify import ColumnFacts, TableFacts, classify_table, family, find_spans
from proctor.classify.detectors import SHAPES
from proctor.terms import DataClass, Finding

COUNT, QUICK, SEED = 400, 100, 7
TARGETS = {"built on": (0.98, 0.95), "abroad": (0.95, 0.92), "held out": (0.95, 0.92)}
TARGET_CELLS, CELLS = 300_000, 50_000
IN_PLACE = frozenset({"prose"})  # of such a text only what is found in it is masked
KIN = (
    {"person_name", "given_name", "family_name", "username"},
    {"postal_address", "street", "city", "postal_code"},
    {"free_text", "prose", "document"},
    {"national_id", "us_ssn", "uk_nino", "de_steuerid", "fr_nir", "es_dni", "it_codice_fiscale", "in_aadhaar", "in_pan",
     "br_cpf", "br_cnpj", "passport", "drivers_licence"},
    {"iban", "bank_account"},
)  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What was found of one class, or of all."""

    columns: int = 0
    found: int = 0
    named_right: int = 0
    cells: int = 0
    leaked: int = 0

    @property
    def recall(self) -> float:
        """Return the share of sensitive columns that were found."""
        return self.found / self.columns if self.columns else 1.0


@dataclass(slots=True)
class Score:
    """The result of one set of tables."""

    name: str
    tables: int = 0
    columns: int = 0
    clean: int = 0
    false_alarms: int = 0
    cells_a_second: float = 0.0
    classes: dict[str, Tally] = field(default_factory=dict)
    naming: dict[str, list[int]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def found(self) -> int:
        """Return how many sensitive columns were found."""
        return sum(t.found for t in self.classes.values())

    @property
    def recall(self) -> float:
        """Return the share of sensitive columns that were found."""
        return self.found / max(1, sum(t.columns for t in self.classes.values()))

    @property
    def precision(self) -> float:
        """Return the share of what was found that is sensitive."""
        return self.found / max(1, self.found + self.false_alarms)

    @property
    def leaked(self) -> float:
        """Return the share of sensitive cells that would be shown."""
        return sum(t.leaked for t in self.classes.values()) / max(1, sum(t.cells for t in self.classes.values()))


def facts_of(table: MadeTable) -> TableFacts:
    """Return a made table as a scan would have seen it."""
    columns = tuple(ColumnFacts(c.name, family(c.type), values=c.values, declared=c.type) for c in table.columns)
    return TableFacts("public", table.name, "", columns)


def judge(name: str, made: Iterable[MadeTable]) -> Score:
    """Classify the tables and compare with the truth."""
    score = Score(name)
    spent, cells = 0.0, 0
    for table in made:
        facts = facts_of(table)
        started = time.process_time()
        verdicts = classify_table(facts)
        spent += time.process_time() - started
        score.tables += 1
        for column in table.columns:
            cells += len(column.values)
            _count(score, table, column, verdicts[column.name])
    score.cells_a_second = cells / spent
    return score


def _count(score: Score, table: MadeTable, column: MadeColumn, verdict: Finding) -> None:
    score.columns += 1
    found = verdict.data_class is not None
    naming = score.naming.setdefault(column.naming, [0, 0, 0])
    if column.label is None:
        score.clean += 1
        score.false_alarms += found
        naming[2] += found
    else:
        tally = score.classes.setdefault(column.label, Tally())
        tally.columns += 1
        tally.found += found
        tally.named_right += found and akin(column.label, str(verdict.data_class))
        tally.cells += len(column.hidden)
        tally.leaked += leaked(column, verdict.data_class)
        naming[0] += 1
        naming[1] += found
    if found != (column.label is not None):
        score.wrong.append(
            f"{'missed' if column.label else 'false'} {table.locale} {table.name}.{column.name} {column.type}"
            f" truth={column.label} said={verdict.data_class} ({verdict.evidence}) e.g. {column.values[:4]}"
        )


def akin(one: str, other: str) -> bool:
    """Tell whether two classes hide the same things in the same way."""
    return one == other or any(one in kin and other in kin for kin in KIN)


def leaked(column: MadeColumn, data_class: DataClass | None) -> int:
    """Return how many of the column's sensitive values would be shown if it were masked as that class."""
    if data_class is None:
        return len(column.hidden)
    if data_class not in IN_PLACE:
        return 0
    text = "\n".join(v for v in column.values if v is not None).encode()
    shown, at = bytearray(), 0
    for span in find_spans(text):
        shown += text[at : span.start]
        at = span.end
    shown += text[at:]
    return sum(value.encode() in shown for value in column.hidden)


def nameless(made: Sequence[MadeTable]) -> list[MadeTable]:
    """Return the tables with names that say nothing, as those see them who look at cells alone."""
    return [
        MadeTable("t1", tuple(replace(c, name=f"c{at}") for at, c in enumerate(table.columns)), table.locale)
        for table in made
    ]


def cells_of(made: Sequence[MadeTable], count: int) -> list[tuple[str, bool]]:
    """Return short cells of all kinds, mixed, each with whether its column is sensitive."""
    every = [
        (value, column.label is not None)
        for table in made
        for column in table.columns
        for value in column.values
        if value is not None and len(value) <= 64
    ]
    return Random(SEED).sample(every, min(count, len(every)))


def speed(cells: Sequence[str], tries: int = 5) -> float:
    """Return how many mixed short cells a core looks at in a second of its time, the best of some tries."""
    best = 0.0
    for _ in range(tries):
        started = time.process_time()
        for cell in cells:
            SHAPES.matches(cell)
        best = max(best, len(cells) / (time.process_time() - started))
    return best


def made_elsewhere(name: str, count: int = COUNT) -> list[MadeTable]:
    """Return the tables of other sources: those that were looked into, or those that were not."""
    from bench.tables import abroad, held_out  # noqa: PLC0415 Faker is for those who measure

    abroad.seed(SEED)
    return list(tables((held_out if name == "held out" else abroad).source(), count, SEED))


# ---- printing


def show(score: Score) -> None:
    """Print a score as a table."""
    recall, precision = TARGETS[score.name]
    print(f"\n{score.name}: {score.tables} tables, {score.columns} columns, {score.clean} of them nobody's")
    print(f"  recall     {score.recall:7.2%}   (target {recall:.0%})")
    print(f"  precision  {score.precision:7.2%}   (target {precision:.0%})")
    print(f"  cells of sensitive columns that would be shown {score.leaked:.2%}")
    print(f"  whole judgement {score.cells_a_second:,.0f} cells/s")
    if score.name == "held out":
        return  # looked at no closer than this
    print(f"  {'class':20} {'columns':>7} {'recall':>7} {'class right':>11} {'cells shown':>11}")
    for name, tally in sorted(score.classes.items()):
        right = tally.named_right / max(1, tally.found)
        print(
            f"  {name:20} {tally.columns:7} {tally.recall:7.1%} {right:11.1%}"
            f" {tally.leaked / max(1, tally.cells):11.2%}"
        )
    print(f"  {'naming':20} {'columns':>7} {'recall':>7} {'false alarms':>12}")
    for name, (columns, found, false) in sorted(score.naming.items()):
        print(f"  {name:20} {columns:7} {found / max(1, columns):7.1%} {false:12}")


def as_plain(score: Score) -> dict[str, object]:
    """Return a score for JSON."""
    return {
        "name": score.name, "tables": score.tables, "columns": score.columns, "recall": round(score.recall, 4),
        "precision": round(score.precision, 4), "cells_shown": round(score.leaked, 5),
        "judged_cells_a_second": round(score.cells_a_second),
        "classes": {name: asdict(tally) for name, tally in sorted(score.classes.items())},
    }  # fmt: skip


def main() -> int:
    """Print the benchmark; `--wrong` lists what was judged wrongly in the set that the rules were built on.

    `--quick` looks at a quarter of the tables.
    """
    count = QUICK if "--quick" in sys.argv else COUNT
    built_on = list(tables(BUILT_ON, count, SEED))
    scores = [judge("built on", built_on)]
    show(scores[0])
    if "--wrong" in sys.argv:
        print(*scores[0].wrong, sep="\n")
    elsewhere: tuple[str, ...] = ("abroad", "held out")
    if importlib.util.find_spec("faker") is None:
        print("\nFaker is not installed: nothing but our own words was measured")
        elsewhere = ()
    for name in elsewhere:
        scores.append(judge(name, made_elsewhere(name, count)))
        show(scores[-1])
        if "--wrong" in sys.argv and name != "held out":
            print(*scores[-1].wrong, sep="\n")
    mixed = cells_of(built_on, CELLS)
    fast = speed([cell for cell, _ in mixed])
    print(f"\nshapes of mixed short cells: {fast:,.0f} cells/s on one core (target {TARGET_CELLS:,})")
    others = peers.ask(built_on, mixed)
    peers.show(others)
    unnamed = judge("built on", nameless(built_on[:40]))
    print(f"  proctor, by columns without names {'':8}{unnamed.recall:7.1%} /{unnamed.precision:7.1%}")
    OUT.mkdir(exist_ok=True)
    done = {
        "scores": [as_plain(s) for s in scores],
        "cells_a_second": round(fast),
        "others": [asdict(peer) for peer in others],
    }
    Path(OUT / "columns.json").write_text(json.dumps(done, indent=1))
    held = all(score.recall >= TARGETS[score.name][0] and score.precision >= TARGETS[score.name][1] for score in scores)
    return 0 if held and fast >= TARGET_CELLS else 1


if __name__ == "__main__":
    sys.exit(main())
