"""Reports about data: what left by class, whether masks held, what was blocked, and who saw data about persons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from proctor.audit.evidence.facts import DECIDED, Known, Place, Said
from proctor.audit.evidence.report import Inputs, Report, Row, columns_of, joined

UNKNOWN: Final = "columns not known"


@dataclass(slots=True)
class Shown:
    """What a statement showed of one class."""

    plain: set[str] = field(default_factory=set)
    """The columns that came out as they are."""
    worn: dict[str, set[str]] = field(default_factory=dict)
    """Mask → the columns that wore it; none where the record does not say which."""
    rules: dict[str, set[str]] = field(default_factory=dict)
    """Column → the rules that chose its mask."""

    @property
    def masked(self) -> set[str]:
        """Return the columns that wore any."""
        return {column for columns in self.worn.values() for column in columns}

    def masks_of(self, column: str) -> list[str]:
        """Return the masks that a column wore: two where it was shown twice, as when it was also computed with."""
        return [name for name, columns in self.worn.items() if column in columns]


def classes_shown(said: Said) -> dict[str, Shown]:
    """Return what was shown, by class."""
    found: dict[str, Shown] = {}
    for mask in said.masks:
        shown = found.setdefault(mask.data_class, Shown())
        shown.worn.setdefault(mask.name, set()).update(mask.columns)
        for column in mask.columns if mask.rules else ():
            shown.rules.setdefault(column, set()).update(mask.rules)
    classes = said.basis.classes if said.basis is not None else {}
    if classes and said.shows:
        for column in columns_of(said.shows):
            if column in classes:
                found.setdefault(classes[column], Shown()).plain.add(column)
    return found


def worn_by(*shown: Shown) -> str:
    """Return in one cell each mask with the columns that wore it."""
    found: dict[str, set[str]] = {}
    for each in shown:
        for name, columns in each.worn.items():
            found.setdefault(name, set()).update(columns)
    return "; ".join(f"{name}: {joined(columns) or UNKNOWN}" for name, columns in sorted(found.items()))


def cells_of(said: Said, answer: Said | None, data_class: str | None = None) -> int:
    """Return how many cells were masked, of one class or of all."""
    if answer is None or not answer.cells:
        return 0
    return sum(
        answer.cells.get(str(mask.output), 0)
        for mask in said.masks
        if data_class is None or mask.data_class == data_class
    )


class Egress(Report):
    """What left, by class."""

    name = "egress"
    title = "Data egress by class"
    says = "For every statement that was allowed and showed columns of a sensitive class: one item a class."
    criteria = ("CC6.7", "C1.1")
    columns = (
        "time",
        "who",
        "on behalf of",
        "database",
        "class",
        "columns as they are",
        "columns masked",
        "masks worn",
        "rows",
        "cells masked",
        "bytes",
    )
    kinds = frozenset({DECIDED})

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Tell of a statement's classes."""
        if said.verdict != "allow" or not (said.masks or said.basis is not None):
            return
        rows = answer.rows if answer is not None else 0
        for name, shown in sorted(classes_shown(said).items()):
            cells = cells_of(said, answer, name)
            if shown.plain:
                self.totals[f"{name}: rows as they are"] += rows
            self.totals[f"{name}: cells masked"] += cells
            self.wore(dict.fromkeys(shown.worn, 1))
            told = (
                said.time,
                said.subject_name,
                said.behalf,
                said.database,
                name,
                joined(shown.plain),
                joined(shown.masked),
                worn_by(shown),
                rows,
                cells,
                answer.bytes if answer is not None else 0,
            )
            yield Row(told, said.place, "values of a sensitive class came out as they are" if shown.plain else "")


@dataclass(slots=True)
class _Held:
    masked: int = 0
    plain: int = 0
    unexplained: int = 0
    cells: int = 0
    worn: Counter[str] = field(default_factory=Counter)
    rules: set[str] = field(default_factory=set)
    place: Place | None = None


class Masking(Report):
    """Whether masks held, column by column."""

    name = "masking"
    title = "Masking effectiveness"
    says = (
        "Every sensitive column that was shown in this range, how often with a mask, with which masks, and the rules "
        "that chose them: where no rule did, the class did. Its proof is its last use."
    )
    criteria = ("CC6.1", "C1.1", "P6.1")
    columns = (
        "database",
        "column",
        "class",
        "masked",
        "masks worn",
        "chosen by rules",
        "as it is",
        "of these without a grant",
        "cells masked",
    )
    kinds = frozenset({DECIDED})

    def __init__(self, known: Known, inputs: Inputs) -> None:
        super().__init__(known, inputs)
        self._held: dict[tuple[str, str, str], _Held] = {}

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Count a statement."""
        if said.verdict != "allow" or not (said.masks or said.basis is not None):
            return ()
        granted = said.basis.grants if said.basis is not None else {}
        for name, shown in classes_shown(said).items():
            cells = cells_of(said, answer, name)
            masked = shown.masked
            for column in masked:
                held = self._of(said, column, name)
                held.masked += 1
                held.worn.update(shown.masks_of(column))
                held.rules |= shown.rules.get(column, set())
                held.cells += cells // max(1, len(masked))
            for column in shown.plain:
                held = self._of(said, column, name)
                held.plain += 1
                held.unexplained += column not in granted
        return ()

    def _of(self, said: Said, column: str, data_class: str) -> _Held:
        key = (said.database, column, data_class)
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = _Held()
        held.place = said.place
        return held

    def close(self) -> Iterable[Row]:
        """Tell of each column."""
        for (database, column, name), held in sorted(self._held.items()):
            self.totals["shown masked"] += held.masked
            self.totals["shown as they are"] += held.plain
            trouble = "shown as it is by a right of the rules, without a grant" if held.unexplained else ""
            self.wore(held.worn)
            worn = ", ".join(f"{mask} {times}" for mask, times in sorted(held.worn.items()))
            ruled = joined(held.rules)
            told = (database, column, name, held.masked, worn, ruled, held.plain, held.unexplained, held.cells)
            yield Row(told, held.place, trouble)


class Blocked(Report):
    """What did not run."""

    name = "blocked"
    title = "Blocked statements"
    says = "Every statement that was denied or held in this range."
    criteria = ("CC6.1", "CC6.8", "CC7.2")
    columns = (
        "time",
        "decision",
        "who",
        "on behalf of",
        "database",
        "command",
        "statement",
        "rules",
        "reason",
        "ticket",
    )
    kinds = frozenset({DECIDED})

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Tell of one."""
        if said.verdict == "allow" or said.decision is None:
            return ()
        self.totals[said.verdict] += 1
        for rule in said.decision.rules:
            self.totals[f"by rule {rule}"] += 1
        cells = (
            said.time,
            said.verdict,
            said.subject_name,
            said.behalf,
            said.database,
            said.command,
            said.text,
            said.ruled,
            said.decision.reason,
            said.ticket or "",
        )
        return (Row(cells, said.place, "not understood" if not said.understood else ""),)


class SubjectAccess(Report):
    """Who looked at data about persons, and why."""

    name = "data-subject-access"
    title = "Access to data about persons"
    says = "Every statement that was allowed and read columns of a sensitive class: who, why, and what they saw."
    criteria = ("C1.1", "P4.1", "P5.1", "P6.1")
    columns = (
        "time",
        "who",
        "on behalf of",
        "reason claimed",
        "database",
        "classes",
        "columns",
        "seen",
        "masks worn",
        "rows",
        "cells masked",
    )
    kinds = frozenset({DECIDED})

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Tell of one."""
        if said.verdict != "allow" or not (said.masks or said.basis is not None):
            return ()
        found = classes_shown(said)
        touched = said.basis.classes if said.basis is not None else {}
        if not found and not touched:
            return ()
        plain = {column for each in found.values() for column in each.plain}
        masked = {column for each in found.values() for column in each.masked}
        seen = "as they are" if plain else "masked" if said.masks else "not shown"
        self.totals[seen] += 1
        self.wore(dict.fromkeys((name for each in found.values() for name in each.worn), 1))
        cells = (
            said.time,
            said.subject_name,
            said.behalf,
            said.reason,
            said.database,
            joined(found, touched.values()),
            joined(plain, masked, touched),
            seen,
            worn_by(*found.values()),
            answer.rows if answer is not None else 0,
            cells_of(said, answer),
        )
        trouble = "seen as they are, and no reason was claimed" if plain and not said.reason else ""
        return (Row(cells, said.place, trouble),)


class Disposal(Report):
    """What was erased or taken away for good, by whom and why."""

    name = "disposal"
    title = "Erasure and retention"
    says = (
        "Every time in this range that the keys of somebody's sealed values were destroyed, and every time that "
        "records older than the settings let them become were taken away. The log's tree keeps the place of both."
    )
    criteria = ("C1.2", "P4.3")
    columns = ("time", "what", "of", "how many", "by", "because")
    kinds = frozenset({"subject.erased", "log.retired"})

    def take(self, said: Said, answer: Said | None) -> Iterable[Row]:
        """Tell of one."""
        erased = said.kind == "subject.erased"
        count = said.keys if isinstance(said.keys, int) else 0
        trouble = ""
        if erased and (said.who is None or said.who.kind != "human"):
            trouble = "erased by no person"
        elif erased and not said.because:
            trouble = "erased, and no reason was given"
        self.totals["keys destroyed" if erased else "times that records were taken away"] += count if erased else 1
        cells = (
            said.time,
            "keys destroyed" if erased else "records taken away",
            said.subject if erased else said.log,
            count if erased else said.retired,
            said.subject_name,
            said.because or "",
        )
        return (Row(cells, said.place, trouble),)
