"""Stations 4 and 7: what the masked values of a statement stand for, and whether they may stand where they do.

Takes the uses that the analysis found, the values bound to them, and the data map; returns a `Reading`: what to put in
their places, the columns that are compared with masked values alone, and a complaint where one stands wrong. A value
stands for another only if it is compared with columns of its own class and does nothing else in its statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from proctor.policy.masked_keys import is_key_class
from proctor.policy.statement import is_temporary
from proctor.policy.worn import PARTIAL
from proctor.session.plans import Wardrobe, family_of
from proctor.sql.catalog import Catalog
from proctor.terms import Analysis, Classified, Column, DataClass, Given, Use
from proctor.wire import arrays, types

PLAIN = frozenset({"select", "insert", "update", "delete", "merge"})
"""The kinds of statements in which a parameter can take a literal's place; others show their text, or their plan."""
MAX_MASKED = 2000  # each is deciphered, and the session's other side waits meanwhile
TEXT, BPCHAR, VARCHAR, UNKNOWN = 25, 1042, 1043, 705
TEXTS, NUMBERS = frozenset({TEXT, BPCHAR, VARCHAR}), frozenset({20, 21, 23, 1700})
SIZES = {21: 2**15, 23: 2**31}
ARRAY_OF = {element: array for array, element in types.ARRAYS.items()}
_TYPED = re.compile(rb"""(?i)(?:["\)\]]|(?<![\w$])(?!(?:where|and|or|not|on|when|having)\s*\Z)[\w$]+)\s*\Z""")
"""What makes `text 'x'` of a literal, where the grammar has no place for a parameter (the parser here has)."""
ALONE = "Give it alone, as a plain 'literal' or a parameter that is used for nothing else."


Masks = Callable[[Column], frozenset[str]]
"""The masks that values of a column may wear."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The parameters of a Bind, and their types as far as anybody has said them."""

    values: tuple[bytes | None, ...]
    formats: tuple[int, ...] = ()
    types: tuple[int, ...] = ()

    def value(self, number: int) -> bytes | None:
        """Return the value of a parameter, None for NULL or where there is none."""
        return self.values[number - 1] if 0 < number <= len(self.values) else None

    def binary(self, number: int) -> bool:
        """Tell whether it came in binary."""
        if len(self.formats) == 1:
            return self.formats[0] == 1
        return 0 < number <= len(self.formats) and self.formats[number - 1] == 1

    def type(self, number: int) -> int:
        """Return its type, 0 for one that the server was left to find."""
        return self.types[number - 1] if 0 < number <= len(self.types) else 0


@dataclass(frozen=True, slots=True)
class Sort:
    """What columns hold whose masks can be handed back."""

    data_class: DataClass
    type: int
    masks: frozenset[str] = frozenset()
    """Those that a value may wear which is handed back, or written."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the masked values of a statement stand for.

    `literals`: where each begins in the text, as it is spelled there, and what it stands for; `parameters` the same by
    number, in the format in which they came.
    """

    keyed: frozenset[Column] = frozenset()
    literals: tuple[tuple[int, str, bytes | None], ...] = ()
    parameters: Mapping[int, bytes | None] = field(default_factory=dict)
    complaint: str = ""
    hint: str = ""


class _Wrong(Exception):
    def __init__(self, complaint: str, hint: str) -> None:
        super().__init__(complaint)
        self.complaint = complaint
        self.hint = hint


def read(
    analysis: Analysis,
    bound: Bound | None,
    *,
    catalog: Catalog,
    classified: Classified,
    wardrobe: Wardrobe,
    worn: Masks,
    written: Masks,
    pending: bool = False,
) -> Reading:
    """Return the reading of one statement; while its Bind is `pending`, what is bound to it is taken for masked.

    `worn` are the masks of each column that the asker may hand back, `written` those that nobody may write into it.
    """
    reader = _Reader(analysis, bound, catalog, classified, wardrobe, worn, written, pending)
    try:
        return reader.reading()
    except _Wrong as wrong:
        return Reading(complaint=wrong.complaint, hint=wrong.hint)


class _Reader:
    """One statement's values, while they are looked at."""

    def __init__(
        self,
        analysis: Analysis,
        bound: Bound | None,
        catalog: Catalog,
        classified: Classified,
        wardrobe: Wardrobe,
        worn: Masks,
        written: Masks,
        pending: bool,
    ) -> None:
        self._analysis = analysis
        self._bound = bound
        self._catalog = catalog
        self._classified = classified
        self._wardrobe = wardrobe
        self._worn = worn
        self._written = written
        self._pending = pending
        self._masked = 0
        self._literals: dict[int, tuple[str, bytes | None]] = {}
        self._parameters: dict[int, bytes | None] = {}

    def reading(self) -> Reading:
        """Return what was found; raise `_Wrong` where a masked value stands wrong."""
        masked: dict[Column, bool] = {}
        for given in self._analysis.given:
            sort = self._sort(given)
            if given.written:
                self._check_written(given, sort)
                continue
            ours = sort is not None and self._is_masked(given, sort)
            for column in given.columns:
                masked[column] = masked.get(column, True) and ours
        self._check_sorts()
        steered = {c for i in self._analysis.inferences if i.use is Use.KEY for c in i.columns}
        keyed = frozenset(column for column, ours in masked.items() if ours and column in steered)
        literals = tuple((place, *found) for place, found in sorted(self._literals.items()))
        return Reading(keyed, literals, self._parameters)

    def _sort(self, given: Given) -> Sort | None:
        masks = self._written if given.written else self._worn
        return sort_of(given.columns, self._catalog, self._classified, masks)

    def _check_written(self, given: Given, sort: Sort | None) -> None:
        if sort is None:
            return
        for value in self._spoken(given, sort) or ():
            if value is not None and self._wardrobe.is_worn(value, sort.data_class, sort.type, sort.masks):
                raise _Wrong(written_into(given.columns), "Leave the column out, or write its true value.")

    def _is_masked(self, given: Given, sort: Sort) -> bool:
        """Tell whether every value that is compared here is masked, NULL aside; note what they stand for."""
        if given.parameter and self._pending:
            return given.alone
        values = self._spoken(given, sort)
        if values is None:
            return False
        found = [self._taken_off(value, given.columns, sort) for value in values]
        alone = given.alone and self._is_taken_as_it_is(given, sort)
        if all(plain is None for plain in found):
            return alone and all(value is None for value in values)
        if self._analysis.kind not in PLAIN:
            kind = self._analysis.kind.upper()
            raise _Wrong(f"a masked value cannot be a key in {kind}", "Ask with SELECT, or write the statement itself.")
        if self._analysis.opaque:
            raise _Wrong("a masked value cannot be a key in what is not seen through", "Write it as plain statements.")
        if not alone:
            raise _Wrong(f"a masked value of {_named(given.columns)} is used for something else as well", ALONE)
        type_oid = self._type(given, sort)
        whole = [value if plain is None else _held(plain, type_oid) for value, plain in zip(values, found, strict=True)]
        replacement = arrays.spell(whole) if given.array else whole[0]
        if given.parameter:
            self._put(given, sort, replacement)
        else:
            self._literals[given.place] = (given.literal or "", replacement)
        return all(value is None or plain is not None for value, plain in zip(values, found, strict=True))

    def _taken_off(self, value: bytes | None, columns: Iterable[Column], sort: Sort) -> bytes | None:
        if value is None:
            return None
        plain = self._wardrobe.takes_off(value, sort.data_class, sort.type, sort.masks)
        self._masked += plain is not None
        if self._masked > MAX_MASKED:
            raise _Wrong(f"more than {MAX_MASKED} masked values are keys at once", "Ask for fewer at once.")
        if plain is None and self._wardrobe.is_worn(value, sort.data_class, sort.type, sort.masks):
            what = f"this masked value stands for nothing in {_named(columns)}"
            raise _Wrong(what, "It was made too short to be undone, for another class, or under another key.")
        return plain

    # ---- what was said

    def _spoken(self, given: Given, sort: Sort) -> list[bytes | None] | None:
        """Return the values, as text, that are compared or written; None where nobody can say."""
        text: bytes | None
        try:
            if given.literal is not None:
                text = given.literal.encode()
            elif given.parameter and self._bound is not None:
                text = self._bound_text(self._bound, given, sort)
            else:
                return None
            return arrays.elements(text) if given.array and text is not None else [text]
        except (ValueError, KeyError):
            return None

    def _bound_text(self, bound: Bound, given: Given, sort: Sort) -> bytes | None:
        value = bound.value(given.parameter)
        if value is None or not bound.binary(given.parameter):
            return value
        return types.to_text(self._type(given, sort), value)

    def _type(self, given: Given, sort: Sort) -> int:
        """Return the type of a parameter: as declared, as the text casts it, else that of what it is compared with."""
        said = 0 if self._bound is None else self._bound.type(given.parameter)
        value = (self._bound.value(given.parameter) if self._bound is not None else None) or b""
        if given.array and self._bound is not None and self._bound.binary(given.parameter):
            element = int.from_bytes(value[8:12], "big")  # a binary array says what its elements are
            return ARRAY_OF[element]
        return said or next(iter(given.casts), 0) or (ARRAY_OF[sort.type] if given.array else sort.type)

    def _is_taken_as_it_is(self, given: Given, sort: Sort) -> bool:
        """Tell whether the value is read as a type of the column's own family, whatever it is.

        A date made of what a mask stands for, or a number too small for it, would tell by failing what it is.
        """
        said = 0 if self._bound is None else self._bound.type(given.parameter)
        own = TEXTS if family_of(sort.type) == "text" else NUMBERS
        if given.array:
            own = frozenset(ARRAY_OF[each] for each in own)
        return (said in (0, UNKNOWN) or said in own) and own.issuperset(given.casts) and self._type(given, sort) in own

    # ---- parameters

    def _put(self, given: Given, sort: Sort, replacement: bytes | None) -> None:
        if replacement is not None and self._bound is not None and self._bound.binary(given.parameter):
            try:
                replacement = types.from_text(self._type(given, sort), replacement)
            except (ValueError, KeyError):
                raise _Wrong(f"a masked value of {_named(given.columns)} came in an unknown form", ALONE) from None
        before = self._parameters.setdefault(given.parameter, replacement)
        if before != replacement:
            raise _Wrong("a masked value is compared with columns of different classes", ALONE)

    def _check_sorts(self) -> None:
        """Refuse what stands for another value in one place and is something else in the next.

        Compared with a column of another class, or a clean one, what a mask stands for would be found out there.
        """
        sorts: dict[tuple[int, int], tuple[DataClass, str]] = {}
        for given in self._analysis.given:
            if given.parameter not in self._parameters and given.place not in self._literals:
                continue
            sort = self._sort(given)
            if given.written or sort is None:
                raise _Wrong(f"a masked value is compared with {_named(given.columns)} as well", ALONE)
            one = (sort.data_class, family_of(sort.type))
            if sorts.setdefault((given.parameter, given.place), one) != one:
                raise _Wrong("a masked value is compared with columns of different classes", ALONE)


def _held(plain: bytes, type_oid: int) -> bytes | None:
    """Return what a mask stands for as a value of that type; NULL, which equals nothing, where the type is too small.

    An error in its place would tell that it is.
    """
    size = SIZES.get(types.ARRAYS.get(type_oid, type_oid))
    return plain if size is None or int(plain) < size else None


def sort_of(columns: Iterable[Column], catalog: Catalog, classified: Classified, masks: Masks) -> Sort | None:
    """Return what all the columns hold, if any of these masks tells itself from genuine values of it.

    A temporary table is filled by the asker: which of its guesses a mask stands for is nobody's to ask.
    """
    found: set[Sort] = set()
    for column in columns:
        data_class = classified.class_of(column)
        type_oid = declared(column, catalog)
        family = family_of(type_oid)
        if is_temporary(column.relation.schema) or data_class is None:
            return None
        names = frozenset(name for name in masks(column) if _tells_itself(name, data_class, family))
        if not names:
            return None
        if type_oid not in TEXTS | NUMBERS:  # "char" and name cut what they are given
            return None
        found.add(Sort(data_class, TEXT if type_oid == VARCHAR else type_oid, names))
    return found.pop() if len(found) == 1 else None


def _tells_itself(name: str, data_class: DataClass, family: str) -> bool:
    return is_key_class(data_class, family, name) or (name == PARTIAL and family == "text")


def declared(column: Column, catalog: Catalog) -> int:
    """Return the built-in type of a column, that beneath its domains; 0 where nobody knows."""
    relation = catalog.relations.get(column.relation)
    found = None if relation is None else relation.column(column.name)
    type_oid = 0 if found is None else found.type_oid
    for _ in range(8):
        domain = catalog.types_by_oid.get(type_oid)
        if domain is None or not domain.base:
            break
        type_oid = domain.base
    return type_oid


def written_into(columns: Iterable[Column]) -> str:
    """Return the complaint about a masked value that would take the place of a true one."""
    return f"a masked value would be written into {_named(columns)}"


def _named(columns: Iterable[Column]) -> str:
    return ", ".join(sorted(map(str, columns)))


# ---- what goes upstream


def rewritten(text: str, literals: Sequence[tuple[int, str, bytes | None]], first: int) -> str | None:
    """Return the text with parameters in the places of literals; None where one is spelled in a way not known."""
    data = text.encode()
    parts: list[bytes] = []
    end = 0
    for number, (place, literal, _) in enumerate(literals, first):
        plain = literal.encode()
        quoted = b"'" + plain.replace(b"'", b"''") + b"'"
        is_text = data[place : place + 1] == b"'"
        spelled = quoted if is_text else plain
        stop = place + len(spelled)
        if (
            place < end
            or data[place:stop] != spelled
            or data[stop : stop + 1] == b"'"
            or _TYPED.search(data[max(0, place - 80) : place])
        ):
            return None
        # A number has a type of its own, which decides in ARRAY[…]; a string there is text, as a parameter is.
        parts += [data[end:place], b" $%d " % number if is_text else b" $%d::pg_catalog.int8 " % number]
        end = stop
    return b"".join((*parts, data[end:])).decode()


def values_with(bound: Bound, parameters: Mapping[int, bytes | None], extra: Sequence[bytes | None]) -> Bound:
    """Return the values of a Bind with what masked ones stand for in their places, and `extra` ones behind, as text."""
    values = tuple(parameters.get(number, value) for number, value in enumerate(bound.values, 1))
    if not extra:
        return Bound(values, bound.formats, bound.types)
    formats = bound.formats * len(values) if len(bound.formats) == 1 else bound.formats or (0,) * len(values)
    return Bound((*values, *extra), (*formats, *(0 for _ in extra)), bound.types)
