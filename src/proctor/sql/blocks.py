"""Station 3: one block of FROM and WHERE taken together: which relations it reads in full, by key, or crosswise.

A relation is limited if a condition of its own limits it, or if it is joined with one that is. What a read or a write
touches at most is estimated from the snapshot; nothing here asks the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from proctor.sql import traits
from proctor.sql.catalog import RelationDef
from proctor.sql.predicates import Conjunct
from proctor.sql.scope import Item
from proctor.sql.walk import Walk
from proctor.sql.world import TEMPORARY
from proctor.terms import Column


@dataclass(frozen=True, slots=True)
class Settled:
    """What a block's conditions come to: whether every item is limited, and how many rows it has at most."""

    limited: bool
    rows: int | None


def settle(
    walk: Walk,
    rows: Sequence[Item],
    parts: Sequence[Conjunct],
    *,
    at_most: int | None = None,
    product: int | None = None,
    read: int | None = None,
    locks: bool = False,
    target: Item | None = None,
) -> Settled:
    """Note how each relation of a block is read, but for the target of a write.

    `product` is the most rows that a product of relations is computed for, `at_most` what others give, and `read` the
    most that are looked at, where that is fewer than there are.
    """
    limited = limited_items(rows, parts)
    counts = key_counts(rows, parts)
    crossed = _crossed(rows, parts, counts)
    for item in rows:
        if item.relation is None or item is target:
            continue
        how = {traits.FOREIGN} if item.relation.kind == "f" else set()
        if item.serial in counts:
            how.add(traits.KEY_LOOKUP)
        elif item.serial not in limited:
            how.add(traits.NO_WHERE)
            if any(part.always for part in parts):
                how.add(traits.ALWAYS_TRUE)
        if item.serial in crossed:
            how.add(traits.CARTESIAN)
        if locks:
            how.add(traits.ROW_LOCK)
        found = estimate(item, counts)
        reading = _bounded(_product(rows, crossed, counts) if item.serial in crossed else found, read)
        if item.relation.kind == "v":
            reading = 0  # its tables are read
        bound = at_most
        if item.serial in crossed:
            found, bound = _multiplied(item, rows, crossed, counts), product
        if bound is not None:
            found = bound if found is None else min(found, bound)
        # The rows of a table with others below it are those of all of them, and read once.
        walk.ledger.scan(item.relation, how, found, reading)
        for relation in walk.world.family(item.relation)[1:] if item.relation.children else ():
            walk.ledger.scan(relation, how, found, 0)
    alone = chosen(rows[0], counts, limited) if len(rows) == 1 else None
    return Settled(all(item.serial in limited for item in rows), alone)


def _multiplied(item: Item, rows: Sequence[Item], crossed: set[int], counts: dict[int, int]) -> int | None:
    """Return the rows of a relation that is multiplied, times itself where it stands there more than once."""
    found = None
    for other in rows:
        if other.serial in crossed and other.relation == item.relation:
            rows_of = estimate(other, counts)
            found = rows_of if found is None or rows_of is None else found * rows_of
    return found


def _product(rows: Sequence[Item], crossed: set[int], counts: dict[int, int]) -> int | None:
    """Return how many rows come of all relations that are multiplied with each other, None if nobody knows."""
    sizes = [estimate(item, counts) for item in rows if item.serial in crossed]
    known = [max(1, size) for size in sizes if size is not None]
    return prod(known) if len(known) == len(sizes) else None


def _bounded(count: int | None, most: int | None) -> int | None:
    return most if count is None else count if most is None else min(count, most)


def estimate(item: Item, counts: dict[int, int]) -> int | None:
    """Return how many rows of a relation are touched at most, None if nobody knows."""
    if item.serial in counts:
        return counts[item.serial]
    if item.relation is None or item.relation.estimated_rows < 0:
        return None
    return item.relation.estimated_rows


def chosen(item: Item, counts: dict[int, int], limited: set[int]) -> int | None:
    """Return how many rows a block takes of a relation; of a condition that is no key only running it can tell."""
    if item.serial in limited and item.serial not in counts:
        return None
    return estimate(item, counts)


def limited_items(rows: Sequence[Item], parts: Iterable[Conjunct]) -> set[int]:
    """Return the serials of the items whose rows some condition limits, directly or through joins."""
    here = {item.serial for item in rows}
    found = {item.serial for item in rows if item.single or item.limited}
    useful = [part for part in parts if not part.always]
    for part in useful:
        inside = part.touched & here
        # A condition on one item alone, or on one and something outside of the block, is a limit of its own.
        if len(inside) == 1 or part.touched - here or part.current_row:
            found |= part.limits & here
    grown = True
    while grown:
        grown = False
        for part in useful:
            inside = part.touched & here
            fresh = (part.limits & here) - found
            if fresh and inside & found:
                found |= fresh
                grown = True
        for item in rows:
            if item.serial not in found and item.bound & found:
                found.add(item.serial)
                grown = True
    return found


def key_counts(rows: Sequence[Item], parts: Sequence[Conjunct]) -> dict[int, int]:
    """Return, for each item that is looked up by a unique key, how many rows that can be."""
    counts: dict[int, int] = {}
    for item in rows:
        if item.relation is None:
            continue
        given: dict[str, int] = {}
        for part in parts:
            if part.current_row:
                counts[item.serial] = 1
            if item.serial in part.limits and not part.always:
                for column, count in part.keys:
                    if column.relation == item.relation.relation:
                        given[column.name] = min(count, given.get(column.name, count))
        _count_keys(item, given, counts)
    _follow_pairs(rows, parts, counts)
    return counts


def _count_keys(item: Item, given: dict[str, int], counts: dict[int, int]) -> None:
    assert item.relation is not None
    for unique in item.relation.unique:
        if unique and unique <= given.keys():
            product = 1
            for name in unique:
                product *= given[name]
            counts[item.serial] = min(product, counts.get(item.serial, product))


def _follow_pairs(rows: Sequence[Item], parts: Sequence[Conjunct], counts: dict[int, int]) -> None:
    """A unique column joined to a relation that is looked up by key is looked up by key as well."""
    relations = {item.serial: item.relation for item in rows if item.relation is not None}
    for _ in rows:
        for part in parts:
            for known in [key for key in counts if key in part.touched]:
                for other in part.limits & relations.keys():
                    if other not in counts and _is_unique(relations[other], _column_of(part, relations[other])):
                        counts[other] = counts[known]


def _column_of(part: Conjunct, relation: RelationDef) -> frozenset[Column]:
    return frozenset(column for pair in part.pairs for column in pair if column.relation == relation.relation)


def _is_unique(relation: RelationDef | None, columns: frozenset[Column]) -> bool:
    names = frozenset(column.name for column in columns)
    return relation is not None and len(names) == 1 and names in relation.unique


def _crossed(rows: Sequence[Item], parts: Sequence[Conjunct], counts: dict[int, int]) -> set[int]:
    """Return the serials of items joined with another by no condition at all."""
    many = [item for item in rows if not item.single and item.serial not in counts]
    if len(many) < 2:
        return set()
    group = {item.serial: item.serial for item in rows}

    def root(key: int) -> int:
        while group[key] != key:
            key = group[key]
        return key

    links = [part.touched & group.keys() for part in parts if not part.always]
    links += [{item.serial} | (item.bound & group.keys()) for item in rows]
    for linked in links:
        first, *others = linked or (rows[0].serial,)
        for other in others:
            group[root(other)] = root(first)
    roots = {root(item.serial) for item in many}
    return {item.serial for item in many} if len(roots) > 1 else set()


@dataclass(frozen=True, slots=True)
class Aim:
    """How a write chooses its target's rows: by which traits, how many by the snapshot, and at most how many."""

    traits: set[str]
    rows: int | None
    most: int | None


def aim(item: Item, rows: Sequence[Item], parts: Sequence[Conjunct]) -> Aim:
    """Return how an UPDATE or DELETE chooses its target's rows."""
    counts = key_counts(rows, parts)
    limited = limited_items(rows, parts)
    found: set[str] = set()
    if item.serial in counts:
        found.add(traits.KEY_LOOKUP)
    elif item.serial not in limited:
        useful = [part for part in parts if not part.always and item.serial in part.limits]
        if useful:
            found.add(traits.JOIN_ONLY)
        else:
            found.add(traits.NO_WHERE)
            if any(part.always for part in parts):
                found.add(traits.ALWAYS_TRUE)
    elif _half_open(item, parts):
        found.add(traits.HALF_OPEN)
    if item.relation is not None and item.relation.relation.schema == TEMPORARY:
        found.add(traits.TEMPORARY)
    most = counts.get(item.serial)
    if most is not None and item.relation is not None and item.relation.kind == "r" and item.relation.children:
        most = None  # each child of an inherited table has its own index, and may have the same key again
    return Aim(found, chosen(item, counts, limited), most)


def _half_open(item: Item, parts: Sequence[Conjunct]) -> bool:
    """Tell whether nothing but one-sided ranges over a unique column limits the target."""
    limits = [part for part in parts if not part.always and item.serial in part.limits]
    if not limits or any(part.side is None for part in limits):
        return False
    sides = {part.side for part in limits}
    if len({side for pair in sides if pair for side in pair[1:]}) != 1:
        return False
    return all(part.side is not None and _is_unique(item.relation, part.side[0]) for part in limits)
