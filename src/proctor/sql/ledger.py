"""Station 3: what an analysis has found so far, and how it becomes `terms.Analysis` at the end.

Only collects. Each part of the lineage writes here; nobody reads back but `results` and those who fork it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod

from proctor.sql import ir, traits
from proctor.sql.catalog import RelationDef
from proctor.sql.given import Said
from proctor.sql.system_relations import catalog_traits
from proctor.terms import Access, Action, Column, CopyFormat, Effect, Inference, Probe, Relation, Taint, Use

UNKNOWN_ROWS = 1000  # of a table that nobody has analyzed yet; the server supposes ten pages of it
MANY_ROWS = 1_000_000  # made out of nothing; more than that is work that nobody has a table for


@dataclass(slots=True)
class Scan:
    """How a relation is read, over all the places of the statement that read it."""

    traits: set[str] = field(default_factory=set)
    estimated_rows: int | None = None
    read_rows: int = 0


@dataclass(slots=True)
class Ledger:
    """Everything found about one statement."""

    reads: set[Column] = field(default_factory=set)
    scans: dict[Relation, Scan] = field(default_factory=dict)
    steered: dict[Use, set[Column]] = field(default_factory=dict)
    separate: list[Inference] = field(default_factory=list)
    taints: list[Taint] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    opaque: list[str] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    copy: CopyFormat | None = None
    made: list[int] = field(default_factory=list)
    """How many rows each function makes out of nothing, at most."""
    probes: dict[tuple[Column, bool], Probe] = field(default_factory=dict)
    spoken: dict[int, ir.Constant | ir.Parameter] = field(default_factory=dict)
    """The literals and parameters that were evaluated, each by a number of its own."""
    said: list[Said] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    """serials of the from-items that the expression under evaluation refers to."""

    def infer(self, use: Use, columns: frozenset[Column]) -> None:
        """Note that columns steer the statement."""
        if not columns:
            return
        if use is Use.EQUIJOIN:
            # Which columns are compared with which matters: their classes must agree pair by pair.
            found = Inference(use, columns)
            if found not in self.separate:
                self.separate.append(found)
            return
        self.steered.setdefault(use, set()).update(columns)

    def probe(self, found: Probe) -> None:
        """Note plain values that a column is asked about; those of one statement add up."""
        key = (found.column, found.written)
        known = self.probes.get(key)
        if known is not None:
            found = replace(
                found,
                constants=known.constants + found.constants,
                arrays=known.arrays + found.arrays,
                countless=known.countless or found.countless,
            )
        self.probes[key] = found

    def give(self, node: ir.Constant | ir.Parameter) -> frozenset[int]:
        """Return the number of a literal or parameter, as the set that a value of it has."""
        self.spoken[id(node)] = node  # kept, so that no other node gets its number
        return frozenset((id(node),))

    def hide(self, words: str) -> None:
        """Note something that cannot be seen through."""
        if words not in self.opaque:
            self.opaque.append(words)

    def scan(self, relation: RelationDef, how: set[str], estimated_rows: int | None, read_rows: int | None) -> None:
        """Note that a relation is read; the worst of several scans stands, and what they read adds up."""
        read = UNKNOWN_ROWS if read_rows is None else read_rows
        scan = self.scans.get(relation.relation)
        if scan is None:
            self.scans[relation.relation] = Scan(set(how), estimated_rows, read)
            return
        scan.read_rows += read
        if traits.KEY_LOOKUP not in how:
            scan.traits.discard(traits.KEY_LOOKUP)
        scan.traits |= how - {traits.KEY_LOOKUP}
        if estimated_rows is not None:
            scan.estimated_rows = max(estimated_rows, scan.estimated_rows or 0)

    def inferences(self) -> tuple[Inference, ...]:
        """Return all uses, one inference a column, in a stable order; equi-joins keep their pairs."""
        found = [
            Inference(use, frozenset({column})) for use in sorted(self.steered) for column in sorted(self.steered[use])
        ]
        return (*found, *self.separate)

    def read_accesses(self) -> tuple[Access, ...]:
        """Return one READ for each relation that was scanned or whose columns were touched."""
        columns: dict[Relation, set[str]] = {relation: set() for relation in self.scans}
        for column in self.reads:
            columns.setdefault(column.relation, set()).add(column.name)
        found = []
        for relation in sorted(columns):
            scan = self.scans.get(relation, Scan())
            found.append(
                Access(
                    Action.READ,
                    relation,
                    frozenset(columns[relation]),
                    frozenset(scan.traits) | catalog_traits(relation, columns[relation]),
                    estimated_rows=scan.estimated_rows,
                    read_rows=scan.read_rows,
                )
            )
        return (*found, *self._made_accesses())

    def _made_accesses(self) -> tuple[Access, ...]:
        """Return one READ of rows out of nothing if they are too many, alone or times what they are joined with."""
        crossed = [s.estimated_rows or 1 for s in self.scans.values() if traits.CARTESIAN in s.traits]
        made = prod(max(1, count) for count in self.made)
        if made * prod(max(1, count) for count in crossed) <= MANY_ROWS or made <= 1:
            return ()
        how = frozenset({traits.CARTESIAN})
        return (Access(Action.READ, traits=how, object="rows made by functions", estimated_rows=made),)
