"""Which other columns of a result a mask looks at: those that stand in the same row and belong to the same thing.

Only plain columns of one row of one table count: a cell of another row would let an asker choose what a value is masked
with. What belongs together is told by the classes and names of the table's own columns, `billing_` apart from
`shipping_`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from proctor.policy.masks_rows import ROLES, SUBJECT
from proctor.policy.worn import UNEQUAL
from proctor.session import subjects
from proctor.sql.catalog import Catalog
from proctor.terms import Classified, Column, DataClass, MaskSpec, Output

_BY_CLASS = {"city": DataClass("city"), "postal": DataClass("postal_code")}
_REGION = frozenset({"state", "province", "region"})
_WORD = re.compile(r"[a-z]+|[A-Z][a-z]*|[0-9]+")
# What a name says of the part, and not of whose address it is.
_PARTS = _REGION | {
    "address", "addr", "adr", "street", "str", "road", "line", "city", "town", "locality", "place", "ort", "stadt",
    "ville", "ciudad", "cidade", "citta", "postal", "post", "code", "zip", "zipcode", "postcode", "postalcode", "plz",
    "cp", "cep", "cap", "full", "name", "abbr", "iso",
}  # fmt: skip


def companions(
    at: int, outputs: Sequence[Output], specs: Sequence[MaskSpec | None], classified: Classified, catalog: Catalog
) -> dict[str, int]:
    """Return, by role, the columns that the mask of a column looks at."""
    own, spec = outputs[at], specs[at]
    if spec is None or own.row == 0 or (name := _name(own)) is None:
        return {}
    beside = [(place, o) for place, o in enumerate(outputs) if place != at and o.row == own.row and o.plain]
    if ROLES.get(spec.name) == (SUBJECT,):
        told = [(place, other) for place, other in beside if (spec := specs[place]) is None or spec.name not in UNEQUAL]
        return _subject(own, told, catalog, classified)
    found: dict[str, int] = {}
    for role in ROLES.get(spec.name, ()):
        named = [
            (place, other)
            for place, output in beside
            if (other := _name(output)) is not None and _has(role, output, specs[place], other, classified)
        ]
        chosen = _belongs(name, named)
        if chosen is not None:
            found[role] = chosen
    return found


def _subject(
    own: Output, beside: Sequence[tuple[int, Output]], catalog: Catalog, classified: Classified
) -> dict[str, int]:
    """Return the column that says whose dates these are, by a role that names where such keys are at home."""
    keys = {source.relation: subjects.key_of(source.relation, catalog, classified) for source in own.sources}
    homes = {None if key is None else key.home for key in keys.values()}
    home = homes.pop() if len(homes) == 1 else None
    if home is None:
        return {}
    wanted = {Column(relation, key.column) for relation, key in keys.items() if key is not None}
    found = [place for place, other in beside if other.sources == wanted]
    return {f"{SUBJECT}:{home}": found[0]} if found else {}


def _name(output: Output) -> str | None:
    """Return what the column is called in its table, None where tables differ."""
    names = {source.name for source in output.sources}
    return names.pop() if len(names) == 1 else None


def _has(role: str, output: Output, spec: MaskSpec | None, name: str, classified: Classified) -> bool:
    classes = {classified.class_of(source) for source in output.sources}
    if role == "region":
        # A region steers what a mask shows, so that it must be shown itself.
        return classes == {None} and spec is None and bool(_REGION & set(_words(name)))
    # Under a mask that a rule chose for it, another's mask would tell what its own does not.
    usual = spec is None or spec.name == role
    return usual and classes == {_BY_CLASS.get(role)}


def _belongs(name: str, named: Sequence[tuple[int, str]]) -> int | None:
    """Return the column of the same thing: that of the same prefix, or the only one that has none."""
    whose = _whose(name)
    same = [place for place, other in named if _whose(other) == whose]
    if not same:
        same = [place for place, other in named if not _whose(other)]
    return same[0] if len(same) == 1 else None


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _whose(name: str) -> tuple[str, ...]:
    """Return what of the name is not about the part: `shipping` of `shipping_postal_code`."""
    return tuple(word for word in _words(name) if word not in _PARTS)
