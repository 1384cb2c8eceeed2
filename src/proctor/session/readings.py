"""Station 4: masked values among what a client gives, as far as the judgement knows of them.

Says which values have to be looked at, and what a statement means once those compared with a column are all masked.
Knows no values.
"""

from __future__ import annotations

from dataclasses import replace

from proctor.policy.choosing import written_masks
from proctor.sql.forms import value_of
from proctor.terms import Analysis, Classified, Column, Given, Use


def minds(given: Given, classified: Classified, chooses: frozenset[str]) -> bool:
    """Tell whether a value is compared with, or written into, a column whose masks tell themselves from true values.

    `chooses` are the words for the masks that rules may choose.
    """
    classes = (found for column in given.columns if (found := classified.class_of(column)) is not None)
    return any(written_masks(data_class, chooses) for data_class in classes)


def relocated(
    given: tuple[Given, ...], before: tuple[int, ...], now: tuple[int, ...], literals: tuple[bytes, ...]
) -> tuple[Given, ...]:
    """Return what another text of the same shape gives: its own literals, where they stand in it."""
    spot = {place: at for at, place in enumerate(before)}
    return tuple(
        g if g.literal is None or (at := spot.get(g.place)) is None
        else replace(g, literal=value_of(literals[at]), place=now[at])
        for g in given
    )  # fmt: skip


def located(given: tuple[Given, ...], places: tuple[int, ...]) -> bool:
    """Tell whether every literal that is given is one of the shape's."""
    return all(g.literal is None or g.place in places for g in given)


def with_keys(analysis: Analysis, keyed: frozenset[Column]) -> Analysis:
    """Return what a statement means that compares these columns with masked values alone: nothing is inferred so."""
    own = keyed & frozenset(c for i in analysis.inferences if i.use is Use.KEY for c in i.columns)
    if not own:
        return analysis
    inferences = tuple(i for i in analysis.inferences if i.use is not Use.KEY or not i.columns <= own)
    probes = tuple(p for p in analysis.probes if p.written or p.column not in own)
    return replace(analysis, inferences=inferences, probes=probes, keyed=analysis.keyed | own)


def handed_on(outer: tuple[Given, ...], inner: tuple[Given, ...]) -> tuple[Given, ...]:
    """Return what the statement behind a name is given by the arguments that it is executed with."""
    arguments = {given.argument: given for given in outer if given.argument}
    found = []
    for given in inner:
        said = arguments.get(given.parameter) if given.parameter else None
        if said is not None:
            given = replace(given, parameter=said.parameter, literal=said.literal, place=-1)  # noqa: PLW2901
        found.append(replace(given, alone=False))
    return tuple(found)
