"""The mask plan of a result: what is done to each of its columns, made once from the lineage and the server's word.

The lineage says which mask a column wears; the server's description says which table's column it is, and its type and
format. The stricter of the two wins: a column that the server names as sensitive is never shown because the lineage
missed it, and a result whose shape does not fit the analysis is hidden whole.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

from proctor.classify import find_spans
from proctor.policy import masked_keys, masks, masks_rows
from proctor.policy.masks_rows import RowMask
from proctor.session import made_types
from proctor.session.beside import companions
from proctor.session.made_types import CellMask, Kind, Labels, List, Range, Row, Wear, kind_of
from proctor.sql.catalog import Catalog
from proctor.terms import Allow, Analysis, Classified, Column, DataClass, MaskSpec, Output, Relation
from proctor.wire import arrays, types
from proctor.wire._rows import NULL, Always, Beside, Mask
from proctor.wire.talk import Field

MAX_WARDROBE = 4096
IN_PLACE = frozenset({"noise", "generalise"})
"""The masks whose numbers need no more bytes than the true ones."""
SHOWING = frozenset({"partial", "generalise"})
"""The masks that leave a part of the value, which a label has none of."""
UNKNOWN = DataClass("unknown")
BPCHAR = 1042
LARGEST = {21: 2**15 - 1, 23: 2**31 - 1, 26: 2**32 - 1}
OWN_CONSTANT = frozenset({774, 1184, 1266})
"""Types whose constant is spelled otherwise than that of their family: longer, or with a zone."""
TEXT_KINDS = frozenset({18, 19, 25, 1042, 1043, 705, 142})
FAMILIES = {
    16: "boolean", 17: "binary", 20: "integer", 21: "integer", 23: "integer", 26: "integer", 700: "float",
    701: "float", 1700: "decimal", 1082: "date", 1083: "time", 1266: "time", 1114: "timestamp",
    1184: "timestamp", 2950: "uuid", 114: "json", 3802: "json", 869: "inet", 650: "inet", 829: "macaddr",
    774: "macaddr", 600: "point", 1186: "other",
}  # fmt: skip


def family_of(type_oid: int) -> str:
    """Return the family of a built-in type, empty for a type whose values nobody masks."""
    return FAMILIES.get(type_oid, "text" if type_oid in TEXT_KINDS else "")


@dataclass(slots=True)
class Plan:
    """What each column wears."""

    wears: list[Mask]
    specs: list[MaskSpec | None]
    beside: bool = False
    """Some mask looks at other cells of its row."""


class Wardrobe:
    """The masks of one deployment key, made once for each class, type and format, and shared by all sessions."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._made: dict[Hashable, Wear] = {}
        self._rows: dict[Hashable, RowMask] = {}

    def wear(self, spec: MaskSpec, field: Field) -> Wear:
        """Return the mask for a column of that type and format."""
        key = (spec.name, spec.data_class, spec.computed, field.type_oid, field.type_modifier, field.format)
        if key not in self._made:
            self._keep(key, self._make(spec, field))
        worn: Wear = self._made[key]
        return worn

    def wear_kind(self, spec: MaskSpec, kind: Kind, field: Field) -> Wear:
        """Return the mask for a column of that kind, of which the field says the format and the modifier."""
        if isinstance(kind, int):
            return self.wear(spec, replace(field, type_oid=kind))
        key = (spec.name, spec.data_class, spec.computed, kind, field.format)
        if key not in self._made:
            self._keep(key, self._make_kind(spec, kind, field))
        worn: Wear = self._made[key]
        return worn

    def wear_beside(self, spec: MaskSpec, kind: int, field: Field, others: dict[str, tuple[int, int, int]]) -> Beside:
        """Return the mask of a column of a built-in type that looks at others: by role their place, type and format."""
        roles = tuple(sorted(others))
        read = tuple(others[role][1:] for role in roles)
        key = ("beside", spec.name, spec.data_class, kind, field.type_modifier, field.format, roles, read)
        if key not in self._rows:
            if len(self._rows) >= MAX_WARDROBE:
                self._rows.clear()
            self._rows[key] = self._make_beside(spec, replace(field, type_oid=kind), roles, read)
        return Beside(self._rows[key], tuple(others[role][0] for role in roles))

    def _make_beside(
        self, spec: MaskSpec, field: Field, roles: tuple[str, ...], read: tuple[tuple[int, ...], ...]
    ) -> RowMask:
        oid, family = field.type_oid, FAMILIES.get(field.type_oid, "text")
        width = field.type_modifier - 4 if oid in (1042, 1043) and field.type_modifier >= 4 else None
        mask = masks_rows.make_row_mask(
            spec.name, spec.data_class, roles, key=self._key, type_family=family, max_length=width
        )
        constant = types.redaction(oid, field.format, type_modifier=field.type_modifier)
        binary = field.format == 1 and oid not in TEXT_KINDS
        spelled = masks.make_mask("redact", UNKNOWN, key=bytes(16), type_family=family)(b"")

        def make(cell: bytes, others: tuple[bytes | None, ...]) -> bytes | None:
            try:
                known = tuple(_as_text(other, *how) for other, how in zip(others, read, strict=True))
                masked = mask(types.to_text(oid, cell) if binary else cell, known)
                if masked == spelled and oid in OWN_CONSTANT:
                    return constant
                if masked is not None and oid in LARGEST and abs(int(masked)) > LARGEST[oid]:
                    return constant
                return types.from_text(oid, masked) if binary and masked is not None else masked
            except ValueError:
                return constant

        return make

    def _keep(self, key: Hashable, worn: Wear) -> None:
        if len(self._made) >= MAX_WARDROBE:
            self._made.clear()
        self._made[key] = worn

    def takes_off(
        self, masked: bytes, data_class: DataClass, type_oid: int, names: frozenset[str] | None = None
    ) -> bytes | None:
        """Return what a masked value of a class stands for in a column of that type; None for what is none of ours.

        `names` are the masks that it may wear, that of its class unless said.
        """
        value = masked.rstrip(b" ") if type_oid == BPCHAR else masked
        for name in (None,) if names is None else sorted(names):
            plain = masked_keys.recognise(value, data_class, self._key, family=family_of(type_oid), name=name)
            if plain is not None:
                return plain
        return None

    def is_worn(self, value: bytes, data_class: DataClass, type_oid: int, names: frozenset[str] | None = None) -> bool:
        """Tell whether a value is one that only masks have, decodable or not; `names` as above."""
        value = value.rstrip(b" ") if type_oid == BPCHAR else value
        return masked_keys.would_destroy(value, data_class, self._key, family=family_of(type_oid), names=names)

    def _make(self, spec: MaskSpec, field: Field) -> Wear:
        if spec.name == "null":
            return NULL
        constant = types.redaction(field.type_oid, field.format, type_modifier=field.type_modifier)
        hidden: Wear = NULL if constant is None else Always(constant) if spec.computed else constant
        if spec.name == "redact" or not (types.known(field.type_oid) or field.type_oid in TEXT_KINDS):
            return hidden
        width = field.type_modifier - 4 if field.type_oid in (1042, 1043) and field.type_modifier >= 4 else None
        if field.type_oid in types.ARRAYS:
            return self._array(spec, field, hidden)
        family = FAMILIES.get(field.type_oid, "text")
        mask = masks.make_mask(
            spec.name, spec.data_class, key=self._key, type_family=family, max_length=width, find_spans=_within
        )
        if field.type_oid in LARGEST and spec.name not in IN_PLACE:
            mask = _bounded(mask, LARGEST[field.type_oid])
        if field.type_oid in OWN_CONSTANT:
            mask = _with_constant(mask, family, field.type_oid)
        if field.format == 0 or field.type_oid in TEXT_KINDS:
            return mask
        return _binary(mask, field.type_oid, constant)

    def _make_kind(self, spec: MaskSpec, kind: Labels | Row | Range | List, field: Field) -> Wear:
        if spec.name == "null":
            return NULL
        constant = made_types.constant_of(kind, field.format)
        hidden: Wear = NULL if constant is None else Always(constant) if spec.computed else constant
        if spec.name == "redact":
            return hidden
        match kind:
            case Labels() if spec.name in SHOWING:
                return hidden
            case Labels(labels=labels):
                return masks.make_choice(spec.data_class, key=self._key, among=labels)
            case Range():
                return hidden
            case List(element=element):
                worn = self.wear_kind(spec, element, replace(field, type_modifier=-1))
                return made_types.list_of(worn, field.format, constant)
            case Row(parts=parts):
                each = [self.wear_kind(spec, p.kind, replace(field, type_modifier=p.type_modifier)) for p in parts]
                return made_types.row_of(parts, each, field.format, constant)

    def _array(self, spec: MaskSpec, field: Field, hidden: Wear) -> Wear:
        """Return what an array wears, each of whose elements wears what a column of its type would."""
        worn = self.wear(spec, Field(field.name, 0, 0, types.ARRAYS[field.type_oid], -1, field.type_modifier, 0))
        constant = types.redaction(field.type_oid, 0)
        if not callable(worn) or constant is None:
            return hidden

        def mask(cell: bytes) -> bytes:
            try:
                return arrays.mapped(cell, worn) if len(cell) <= masks.MAX_VALUE else constant
            except ValueError:
                return constant

        if field.format == 0:
            return mask
        inner = _binary(mask, field.type_oid, types.redaction(field.type_oid, 1))
        element = types.ARRAYS[field.type_oid].to_bytes(4, "big")

        def binary(cell: bytes) -> bytes | None:
            # A binary array names the type of its elements, which may be a domain or an extension's.
            masked = inner(cell[:8] + element + cell[12:])
            return None if masked is None else masked[:8] + cell[8:12] + masked[12:]

        return binary


def _bounded(mask: CellMask, largest: int) -> CellMask:
    def wear(cell: bytes) -> bytes | None:
        masked = mask(cell)
        return b"0" if masked is not None and abs(int(masked)) > largest else masked

    return wear


def _with_constant(mask: CellMask, family: str, oid: int) -> CellMask:
    family_constant = masks.make_mask("redact", UNKNOWN, key=bytes(16), type_family=family)(b"")
    constant = types.redaction(oid, 0)

    def wear(cell: bytes) -> bytes | None:
        masked = mask(cell)
        return constant if masked == family_constant else masked

    return wear


def _as_text(cell: bytes | None, oid: int, form: int) -> bytes | None:
    if cell is None:
        return None
    text = cell if form == 0 or oid in TEXT_KINDS else types.to_text(oid, cell)
    return text.rstrip(b" ") if oid == BPCHAR else text


def _within(text: bytes) -> list[tuple[int, int, DataClass]]:
    """Return where personal values stand in a text: `classify` finds them, `policy` masks them, in no other place."""
    return [(span.start, span.end, span.data_class) for span in find_spans(text, names=True)]


def _binary(mask: CellMask, oid: int, constant: bytes | None) -> CellMask:
    recent: dict[bytes, bytes | None] = {}  # bounded as the masks' own: what is read and written twice is dear

    def wear(cell: bytes) -> bytes | None:
        if cell in recent:
            return recent[cell]
        try:
            masked = mask(types.to_text(oid, cell))
            shown = None if masked is None else types.from_text(oid, masked)
        except ValueError:
            shown = constant
        if len(cell) <= masks.CACHED_BYTES:
            if len(recent) >= masks.CACHED:
                recent.clear()
            recent[cell] = shown
        return shown

    return wear


def plan(
    fields: list[Field],
    analysis: Analysis,
    allowed: Allow,
    catalog: Catalog,
    classified: Classified,
    wardrobe: Wardrobe,
) -> Plan | None:
    """Return what each column of the result wears, or None when all may pass as they are."""
    outputs = analysis.outputs or ()
    fits = len(outputs) == len(fields) == len(allowed.masks)
    specs: list[MaskSpec | None] = []
    for at, described in enumerate(fields):
        spec = allowed.masks[at] if fits else MaskSpec("redact", UNKNOWN, computed=True)
        if spec is None:
            spec = _server_says(described, allowed, catalog, classified)
        specs.append(spec)
    if not any(specs):
        return None
    wears: list[Mask] = [
        None if s is None else wardrobe.wear_kind(s, kind_of(f.type_oid, catalog), f)
        for s, f in zip(specs, fields, strict=True)
    ]
    found = Plan(wears, specs)
    if fits:
        _look_around(found, fields, outputs, catalog, classified, wardrobe)
    return found


def _look_around(
    found: Plan,
    fields: list[Field],
    outputs: tuple[Output, ...],
    catalog: Catalog,
    classified: Classified,
    wardrobe: Wardrobe,
) -> None:
    """Give the masks that have use for other cells of their row those that are in the result."""
    for at, spec in enumerate(found.specs):
        if spec is None or spec.name not in masks_rows.ROLES:
            continue
        kind = kind_of(fields[at].type_oid, catalog)
        others: dict[str, tuple[int, int, int]] = {}
        for role, place in companions(at, outputs, found.specs, classified, catalog).items():
            other = kind_of(fields[place].type_oid, catalog)
            if isinstance(other, int) and _single(other):
                others[role] = (place, other, fields[place].format)
        if others and isinstance(kind, int) and _single(kind):
            found.wears[at], found.beside = wardrobe.wear_beside(spec, kind, fields[at], others), True


def _single(type_oid: int) -> bool:
    """Tell whether values of a built-in type can be read, and are no arrays."""
    return type_oid in TEXT_KINDS or (types.known(type_oid) and type_oid not in types.ARRAYS)


def _server_says(described: Field, allowed: Allow, catalog: Catalog, classified: Classified) -> MaskSpec | None:
    if described.table_oid == 0:
        return None
    found = catalog.by_oid.get(described.table_oid)
    if found is None:
        return MaskSpec("redact", UNKNOWN)
    for column in found.columns:
        if column.number == described.number:
            if found.kind == "v":
                return None  # a view's column: the lineage went through its definition
            data_class = classified.class_of(Column(found.relation, column.name))
            shown = data_class is None or data_class in allowed.unmasked
            return None if shown else MaskSpec("redact", data_class or UNKNOWN)
    return None if described.number <= 0 else MaskSpec("redact", UNKNOWN)  # a system column, or one newer than we know


def copy_plan(
    analysis: Analysis,
    allowed: Allow,
    catalog: Catalog,
    classified: Classified,
    wardrobe: Wardrobe,
    *,
    binary: bool,
) -> Plan | None:
    """Return the plan of a COPY to the client, whose columns the server does not describe."""
    if not any(allowed.masks):
        return None
    outputs = analysis.outputs or ()
    form = 1 if binary else 0
    wears: list[Mask] = []
    fields: list[Field] = []
    for output, spec in zip(outputs, allowed.masks, strict=True):
        kind = _declared(output.sources, catalog) if output.plain else 0
        described = Field(output.name, 0, 0, kind if isinstance(kind, int) else 0, -1, -1, form)
        fields.append(described)
        wears.append(None if spec is None else wardrobe.wear_kind(spec, kind, described))
    found = Plan(wears, list(allowed.masks))
    _look_around(found, fields, outputs, catalog, classified, wardrobe)
    return found


def _declared(sources: frozenset[Column], catalog: Catalog) -> Kind:
    oids = set()
    for source in sources:
        found = catalog.relations.get(Relation(source.relation.schema, source.relation.name))
        column = found.column(source.name) if found is not None else None
        oids.add(0 if column is None else column.type_oid)
    return kind_of(oids.pop(), catalog) if len(oids) == 1 else 0
