"""Small drawings made on the server: bars over an hour, and where columns go. Numbers in, plain shapes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 300
HEIGHT: Final = 60
LINE: Final = 22
MOST_LINES: Final = 30


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart."""

    x: float
    y: float
    width: float
    height: float
    said: str


def bars(values: Sequence[int], unit: str = "") -> tuple[Bar, ...]:
    """Return a bar for each value, the tallest as high as the chart."""
    most = max(values, default=0) or 1
    step = WIDTH / max(1, len(values))
    found = []
    for place, value in enumerate(values):
        height = round(value / most * HEIGHT, 1)
        ago = len(values) - 1 - place
        found.append(
            Bar(
                round(place * step, 1),
                round(HEIGHT - height, 1),
                round(step - 1, 1),
                height,
                f"{value}{unit}, {ago} min ago",
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Flow:
    """Where one column of a statement goes."""

    y: int
    column: str
    becomes: str
    masked: bool


def flows(pairs: Sequence[tuple[str, str, bool]]) -> tuple[Flow, ...]:
    """Return the lines of a lineage, each with its place."""
    return tuple(Flow(place * LINE + 16, *pair) for place, pair in enumerate(pairs[:MOST_LINES]))
