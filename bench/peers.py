"""Two others on the same cells: Presidio's pattern recognisers and DataFog's expressions, where they can be imported.

Neither is needed to run Proctor or its tests: install the extra `peers` to see them. They judge cells; a column is
theirs when half of its cells are, as Google's and Macie's profiles count. Presidio runs without a language model: with
one it does a hundred cells a second, and calls nine companies in ten persons. (Its recogniser of e-mails asks the
network for a list of domains, and goes on without.) Proctor's own detectors stand beside them, asked in the same way:
one cell at a time, without what a column's name, its table and its other cells say, by which Proctor judges.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.tables.making import MadeTable
from proctor.classify.detectors import SHAPES
from proctor.classify.text import holds_personal

CELLS, COLUMN_CELLS = 3000, 12
SURE = 0.4
Looks = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Peer:
    """What another one made of the same tables; `why_not` says why it was not asked."""

    name: str
    why_not: str = ""
    cells_a_second: float = 0.0
    cell_recall: float = 0.0
    cell_precision: float = 0.0
    column_recall: float = 0.0
    column_precision: float = 0.0


def presidio() -> Looks:
    """Return Presidio's own recognisers of patterns, all that its registry loads for English."""
    registry = importlib.import_module("presidio_analyzer").RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    recognisers = [r for r in registry.recognizers if hasattr(r, "patterns")]

    def looks(cell: str) -> bool:
        return any(found.score >= SURE for r in recognisers for found in r.analyze(cell, r.supported_entities) or ())

    return looks


def datafog() -> Looks:
    """Return DataFog's annotator by regular expressions."""
    module = importlib.import_module("datafog.processing.text_processing.regex_annotator")
    annotator = module.RegexAnnotator()
    return lambda cell: any(annotator.annotate(cell).values())


def detectors() -> Looks:
    """Return Proctor's own detectors: of whole values, as sure as Presidio's have to be, and of what is in a text."""

    def looks(cell: str) -> bool:
        return any(match.proof >= SURE for match in SHAPES.matches(cell)) or holds_personal(cell)

    return looks


OTHERS: dict[str, tuple[str, Callable[[], Looks]]] = {
    "presidio": ("presidio_analyzer", presidio),
    "datafog": ("datafog", datafog),
    "proctor": ("proctor", detectors),
}


def ask(made: Sequence[MadeTable], cells: Sequence[tuple[str, bool]]) -> list[Peer]:
    """Have the others, and our own detectors, look at the same cells and columns, few of both: they are slow."""
    return [_measure(name, module, looks, made, cells[:CELLS]) for name, (module, looks) in OTHERS.items()]


def _measure(
    name: str, module: str, looks_of: Callable[[], Looks], made: Sequence[MadeTable], cells: Sequence[tuple[str, bool]]
) -> Peer:
    if importlib.util.find_spec(module) is None:
        return Peer(name, "not installed: not measured")
    looks = looks_of()
    started = time.process_time()
    said = [(looks(cell), sensitive) for cell, sensitive in cells]
    rate = len(cells) / (time.process_time() - started)
    columns = []
    for table in made[:40]:
        for column in table.columns:
            values = [v for v in column.values if v is not None][:COLUMN_CELLS]
            hits = sum(looks(v) for v in values)
            columns.append((bool(values) and hits * 2 >= len(values), column.label is not None))
    return Peer(name, "", rate, *_recall_and_precision(said), *_recall_and_precision(columns))


def _recall_and_precision(said: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    right = sum(yes and truth for yes, truth in said)
    return right / max(1, sum(truth for _, truth in said)), right / max(1, sum(yes for yes, _ in said))


def show(peers: Sequence[Peer]) -> None:
    """Print them as a table."""
    print("\nothers on the same cells (they know no names of columns)")
    print(f"  {'':10} {'cells/s':>9} {'cells':>16} {'columns':>16}")
    for peer in peers:
        if peer.why_not:
            print(f"  {peer.name:10} {peer.why_not}")
            continue
        print(
            f"  {peer.name:10} {peer.cells_a_second:9,.0f} {peer.cell_recall:7.1%} /{peer.cell_precision:7.1%}"
            f" {peer.column_recall:7.1%} /{peer.column_precision:7.1%}   (recall / precision)"
        )
