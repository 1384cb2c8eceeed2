"""Classify: which columns hold personal or secret data, and of which class. Pure; may import `terms` and `errors` only.

Start at `combine.classify_table`: `facts` go in, findings come out. `names` reads names, `detectors` and `checksums`
read values, `prevalence` counts, `text` finds personal values inside prose. `classes` is the closed list of classes.
"""

from __future__ import annotations

from proctor.classify.classes import CLASSES, ClassInfo, title_of
from proctor.classify.combine import classify_table, shown_by_values
from proctor.classify.facts import ColumnFacts, Family, TableFacts, family
from proctor.classify.names import hint_for
from proctor.classify.text import Span, find_spans

__all__ = [
    "CLASSES",
    "ClassInfo",
    "ColumnFacts",
    "Family",
    "Span",
    "TableFacts",
    "classify_table",
    "family",
    "find_spans",
    "hint_for",
    "shown_by_values",
    "title_of",
]
