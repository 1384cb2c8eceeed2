"""Station 3: what the server's own functions, operators and casts may be trusted with.

Comes in: a name in pg_catalog, how many arguments, and their types where the caller knows them. Goes out: a `Standing`.
The answer is about everything that the call could resolve to, the worst of it, and `opaque` for what nobody has
reviewed. Knows nothing of functions that somebody made later, and nothing of search paths: the caller resolves names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from proctor.sql.allowed.casts import IMPLICIT
from proctor.sql.allowed.operators import OPERATORS
from proctor.sql.allowed.routines import ROUTINES
from proctor.sql.allowed.types import TYPES

KINDS = {"c": "compute", "m": "metadata", "q": "sequence", "s": "setting", "o": "opaque"}
_WORST = "cmqso"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a call may be trusted with.

    `kind` is one of: `compute` (sees its arguments and nothing else), `metadata` (reads the catalogue's metadata, never
    data), `sequence`, `setting` (known only if its arguments are literals), `opaque` (cannot be seen through).

    `total`: no value of its arguments makes it fail. The promise ends at the server's size limits, so an expression
    with an unbounded part anywhere, also on constants, is not total: `ssn || repeat('x', 1073741817)` fails by length.
    `total_on_columns`: total if the arguments are bare columns of tables and constants; a property of the stored value
    may make it fail, but no choice of constants steers which.
    `bounded`: the result is at most a constant factor larger than the arguments.
    `row_preserving`: one value in, one value out. `result_type` is a built-in type's OID, 0 when it depends.
    """

    kind: str
    total: bool = False
    bounded: bool = False
    row_preserving: bool = False
    aggregate: bool = False
    window: bool = False
    returns_set: bool = False
    total_on_columns: bool = False
    result_type: int = 0


OPAQUE = Standing("opaque")


@dataclass(frozen=True, slots=True)
class _Type:
    oid: int
    category: str
    kind: str


@dataclass(frozen=True, slots=True)
class _Signature:
    arguments: tuple[str, ...]
    required: int
    returns: str
    flags: str
    columns: tuple[str, ...] = ()

    def takes(self, nargs: int | None) -> bool:
        """Tell whether a call with that many arguments can mean this signature, VARIADIC spread out or not."""
        if nargs is None or self.required <= nargs <= len(self.arguments):
            return True
        return "v" in self.flags and nargs >= self.required - 1

    def fits(self, types: Sequence[int | None]) -> bool:
        """Tell whether arguments of those types (None: unknown) may reach this signature, implicit casts included."""
        for index, oid in enumerate(types):
            wanted = self.arguments[min(index, len(self.arguments) - 1)] if self.arguments else ""
            if "v" in self.flags and index >= len(self.arguments) - 1:
                continue
            if wanted and oid is not None and not _reaches(oid, wanted):
                return False
        return True


_ROUTINES: dict[str, tuple[_Signature, ...]] = {}
_OPERATORS: dict[str, tuple[_Signature, ...]] = {}
_TYPES: dict[str, _Type] = {}
_TYPES_BY_OID: dict[int, str] = {}


def standing(name: str, nargs: int | None = None, types: Sequence[int | None] | None = None) -> Standing:
    """Return what a call of `pg_catalog.name` with that many arguments may be trusted with.

    `types` are OIDs of built-in types, None for one that the caller does not know or that is not built in.
    """
    return _standing(name, nargs if types is None else len(types), None if types is None else tuple(types))


def takes_exactly(name: str, types: Sequence[int]) -> bool:
    """Tell whether the server ships a routine of that name for just these built-in types; it prefers that one."""
    names = tuple(_types_by_oid().get(oid, "") for oid in types)
    return any(signature.arguments == names for signature in _routines().get(name, ()))


def operator_standing(name: str, left: int | None = None, right: int | None = None) -> Standing:
    """Return what the built-in operators of that name may be trusted with, on those operand types where known."""
    return _operator_standing(name, left, right)


def exists(name: str) -> bool:
    """Tell whether the server ships a routine of that name."""
    return name in _routines()


def result_columns(name: str) -> tuple[str, ...] | None:
    """Return the OUT columns of a routine; None if it has none, or if they differ between versions or overloads.

    A set-returning function without OUT columns gives one column, named by its alias or by itself.
    """
    found = {signature.columns for signature in _routines().get(name, ())}
    if len(found) != 1 or found & {(), ("*",)}:
        return None
    return found.pop()


def is_array(oid: int) -> bool:
    """Tell whether a built-in type is an array."""
    name = _types_by_oid().get(oid)
    return name is not None and _types()[name].category == "A"


def returns_record(name: str) -> bool:
    """Tell whether a routine may return a record whose columns the caller must name (`AS t(a int, b text)`)."""
    return any(s.returns == "record" and not s.columns for s in _routines().get(name, ()))


# Not `char`: where that word reaches us as a type's name it is the one-byte type "char", which refuses large integers.
_ALIASES = {"character varying": "varchar", "character": "bpchar"}
_TEXT_TARGETS = frozenset({"text", "varchar", "bpchar", "name"})
_WIDER = {
    "int8": frozenset({"int2", "int4", "int8"}),
    "int4": frozenset({"int2", "int4", "bool"}),
    "int2": frozenset({"int2"}),
    "float8": frozenset({"int2", "int4", "int8", "float4", "float8"}),
    "float4": frozenset({"int2", "int4", "int8", "float4"}),
    "numeric": frozenset({"int2", "int4", "int8", "float4", "float8", "numeric"}),
}


def cast_total(target_type: str, source: int | None = None) -> bool:
    """Tell whether casting to that type never fails: texts take anything, wider numbers take narrower ones.

    `target_type` is a built-in type's name without modifiers; with a modifier only texts stay total (they are cut).
    `source` is the OID of the value's type where the caller knows it.
    """
    target = _ALIASES.get(target_type, target_type)
    if target in _TEXT_TARGETS:
        return True
    _types()
    return source is not None and _TYPES_BY_OID.get(source, "") in _WIDER.get(target, frozenset())


def type_oid(name: str) -> int | None:
    """Return the OID of a built-in type by its catalogue name (`int4`, `_text`), or None."""
    found = _types().get(name)
    return None if found is None else found.oid


@lru_cache(maxsize=8192)
def _standing(name: str, nargs: int | None, types: tuple[int | None, ...] | None) -> Standing:
    candidates = [s for s in _routines().get(name, ()) if s.takes(nargs)]
    return _worst(candidates if types is None else _reached(candidates, types))


@lru_cache(maxsize=2048)
def _operator_standing(name: str, left: int | None, right: int | None) -> Standing:
    candidates = _operators().get(name, ())
    if left is None and right is None:
        return _worst(candidates)
    return _worst(_reached([s for s in candidates if len(s.arguments) == 2], (left, right)))


def _reached(candidates: Iterable[_Signature], types: Sequence[int | None]) -> list[_Signature]:
    """Return the signatures that a call with those types may mean; where one fits exactly, the server takes it."""
    names = tuple("" if oid is None else _types_by_oid().get(oid, "") for oid in types)
    reached = [s for s in candidates if s.fits(types)]
    return [s for s in reached if s.arguments == names] or reached


def _worst(candidates: Iterable[_Signature]) -> Standing:
    """Return a standing that holds for every candidate; none at all is opaque."""
    flags = [(s.flags, s.returns) for s in candidates]
    kind = max((f[0] for f, _ in flags), key=_WORST.index, default="o")
    if kind == "o":
        return OPAQUE
    returns_set = any("r" in f for f, _ in flags)
    aggregate = any("a" in f for f, _ in flags)
    returned = {r for _, r in flags}
    result = _types().get(returned.pop()) if len(returned) == 1 else None
    return Standing(
        kind=KINDS[kind],
        total=all("t" in f for f, _ in flags),
        bounded=not any("u" in f for f, _ in flags),
        row_preserving=not (returns_set or aggregate),
        aggregate=aggregate,
        window=any("w" in f for f, _ in flags),
        returns_set=returns_set,
        total_on_columns=all("p" in f for f, _ in flags),
        result_type=result.oid if result is not None and result.kind != "p" else 0,
    )


def _reaches(oid: int, wanted: str) -> bool:
    """Tell whether a value of that type may be passed where `wanted` is declared, by the server's implicit casts."""
    name = _types_by_oid().get(oid)
    if name is None or name in ("unknown", wanted):
        return True
    if _types()[wanted].kind == "p":
        return _polymorphic(_types()[name], wanted)
    return f"{name} {wanted}" in _implicit()


def _polymorphic(given: _Type, wanted: str) -> bool:
    if wanted in ("anyarray", "anycompatiblearray"):
        return given.category == "A"
    if wanted in ("anyrange", "anycompatiblerange", "anymultirange", "anycompatiblemultirange"):
        return given.category == "R" and (given.kind == "m") == ("multi" in wanted)
    if wanted in ("anynonarray", "anycompatiblenonarray"):
        return given.category != "A"
    if wanted == "anyenum":
        return given.category == "E"
    return True


def _routines() -> dict[str, tuple[_Signature, ...]]:
    if not _ROUTINES:
        grouped: dict[str, list[_Signature]] = {}
        for line in ROUTINES.strip("\n").split("\n"):
            name, arguments, required, returns, flags, columns = line.split("|")
            signature = _Signature(tuple(arguments.split()), int(required), returns, flags, tuple(columns.split()))
            grouped.setdefault(name, []).append(signature)
        _ROUTINES.update({name: tuple(signatures) for name, signatures in grouped.items()})
    return _ROUTINES


def _operators() -> dict[str, tuple[_Signature, ...]]:
    if not _OPERATORS:
        grouped: dict[str, list[_Signature]] = {}
        for line in OPERATORS.strip("\n").split("\n"):
            name, left, right, returns, flags = line.split(" ")
            operands = (right,) if left == "-" else (left, right)
            grouped.setdefault(name, []).append(_Signature(operands, len(operands), returns, flags))
        _OPERATORS.update({name: tuple(signatures) for name, signatures in grouped.items()})
    return _OPERATORS


def _types() -> dict[str, _Type]:
    if not _TYPES:
        for line in TYPES.strip("\n").split("\n"):
            name, oid, category, kind = line.split(" ")
            _TYPES[name] = _Type(int(oid), category, kind)
        _TYPES_BY_OID.update({found.oid: name for name, found in _TYPES.items()})
    return _TYPES


@lru_cache(maxsize=1)
def _implicit() -> frozenset[str]:
    return frozenset(IMPLICIT.strip("\n").split("\n"))


def _types_by_oid() -> dict[int, str]:
    _types()
    return _TYPES_BY_OID
