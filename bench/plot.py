"""Ratios as a drawing: a dot for the median, a line from the least round to the most, a mark where it should be.

An SVG that reads in light and in dark; the same ratios give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from bench.figures import Ratio

WIDTH, LEFT, RIGHT, TOP, LINE = 760, 250, 56, 56, 18
MOST = 1.5  # what is beyond is drawn at the edge
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .paper { fill: #ffffff } .grid { stroke: #d8dee4 } .one { stroke: #57606a; stroke-width: 1.5 }
  .faint { fill: #57606a } .group { font-weight: 600 } .aim { stroke: #8250df; stroke-width: 2 }
  .good { fill: #1a7f37; stroke: #1a7f37 } .bad { fill: #bc4c00; stroke: #bc4c00 }
  .free { fill: #0969da; stroke: #0969da } text.good, text.bad, text.free { stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .paper { fill: #0d1117 } .grid { stroke: #30363d } .one { stroke: #8b949e }
    .faint { fill: #8b949e } .aim { stroke: #a371f7 } .good { fill: #3fb950; stroke: #3fb950 }
    .bad { fill: #f0883e; stroke: #f0883e } .free { fill: #58a6ff; stroke: #58a6ff }
  }
"""


def drawn(ratios: Sequence[Ratio]) -> str:
    """Return the drawing."""
    body: list[str] = []
    y, group = TOP, ""
    for ratio in ratios:
        if ratio.group != group:
            group = ratio.group
            y += LINE + 6
            body.append(_text(8, y + 4, group, "group"))
        y += LINE
        body.extend(_row(ratio, y))
    height = y + 2 * LINE
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img" aria-labelledby="title">',
        '<title id="title">How fast Proctor is beside pgbouncer in session mode</title>',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        _text(8, 20, "Proctor beside pgbouncer in session mode: 1 is as fast, more is faster", "group"),
        _text(8, 38, "dot: median; line: least to most of the rounds; upright mark: what is aimed at", "faint"),
        *_axis(height),
        *body,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _axis(height: int) -> Iterator[str]:
    for tick in TICKS:
        x, kind = _x(tick), "one" if tick == 1 else "grid"
        yield f'<line class="{kind}" x1="{x}" y1="{TOP + 8}" x2="{x}" y2="{height - LINE}"/>'
        yield _text(x, TOP, f"{tick:g}", "faint", "middle")


def _row(ratio: Ratio, y: int) -> Iterator[str]:
    kind = "free" if ratio.aim is None else "good" if ratio.median >= ratio.aim else "bad"
    yield _text(LEFT - 12, y + 4, ratio.name, "", "end")
    yield f'<line class="{kind}" x1="{_x(min(ratio.rounds))}" y1="{y}" x2="{_x(max(ratio.rounds))}" y2="{y}"/>'
    if ratio.aim is not None:
        yield f'<line class="aim" x1="{_x(ratio.aim)}" y1="{y - 6}" x2="{_x(ratio.aim)}" y2="{y + 6}"/>'
    yield f'<circle class="{kind}" cx="{_x(ratio.median)}" cy="{y}" r="4"/>'
    yield _text(WIDTH - 8, y + 4, f"{ratio.median:.2f}", kind, "end")


def _x(ratio: float) -> float:
    return round(LEFT + min(max(ratio, 0.0), MOST) / MOST * (WIDTH - LEFT - RIGHT), 1)


def _text(x: float, y: float, said: str, kind: str = "", anchor: str = "") -> str:
    more = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x}" y="{y}"{more}>{escape(said)}</text>'
