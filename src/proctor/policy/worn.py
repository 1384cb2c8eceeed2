"""Station 4: which mask each column wears before one asker, and what may be asked under it.

Takes what rules have chosen, by column; a column of which none speaks wears what its class does. Under
`masking.style = "redact"` a choice can only hide more. Knows no rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from proctor.policy import lives
from proctor.policy.masks import DEFAULTS, mask_name_for
from proctor.terms import Classified, Column, DataClass

REDACT = "redact"
NULL = "null"
TOKEN = "token"  # noqa: S105 the name of a mask
PARTIAL = "partial"
USEFUL = "useful"
WORDS = frozenset({NULL, REDACT, "hash", "generalise", "tokenise", USEFUL, PARTIAL})
"""What a rule may choose. `useful` is the mask that the class wears anyway, `tokenise` the one called token."""

UNSCANNED = DataClass("unscanned")
_STRICT = (NULL, REDACT, "hash", "generalise", TOKEN)
"""The strictest first. The masks of classes come after these, and partial last, which shows the value's own end."""

_CLASSES = frozenset(DEFAULTS)
_SECRETS = frozenset({DataClass("secret")})
_TEXTS = frozenset({DataClass(name) for name in ("free_text", "prose", "document")})
_NUMBERED = frozenset(data_class for data_class, name in DEFAULTS.items() if name in ("card", "iban", "id"))
_FITTING: dict[str, frozenset[DataClass]] = {
    "hash": _CLASSES - _SECRETS,
    "tokenise": _CLASSES - _SECRETS - _TEXTS,
    "generalise": frozenset(DataClass(name) for name in ("birth_date", "life_date", "age", "salary", "ip_address")),
    PARTIAL: _NUMBERED | frozenset(DataClass(n) for n in ("email", "phone", "username", "crypto_wallet", "device_id")),
}
_EQUAL = frozenset({"hash", TOKEN})
"""The masks that are equal where the values are, whatever they hide."""
UNEQUAL = frozenset({NULL, REDACT, "generalise", PARTIAL})
"""The masks that do not tell which values are equal."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The mask of a column, and the rules that chose it; none where its class wears it anyway."""

    name: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Worn:
    """What columns wear before one asker."""

    style: str
    chosen: Mapping[Column, Choice] = field(default_factory=dict)

    def of(self, column: Column, data_class: DataClass) -> Choice:
        """Return the mask of a column that holds such values."""
        return self.chosen.get(column) or Choice(mask_name_for(data_class, self.style))

    def rules(self) -> tuple[str, ...]:
        """Return every rule that has chosen one, each once."""
        return tuple(dict.fromkeys(name for _, choice in sorted(self.chosen.items()) for name in choice.rules))

    def keeps_equality(self, column: Column, data_class: DataClass | None) -> bool:
        """Tell whether the masks of a column show which of its values are equal anyway."""
        if data_class is None or data_class == UNSCANNED:
            return False
        name = self.of(column, data_class).name
        return name in _EQUAL or (name != REDACT and name == DEFAULTS.get(data_class))

    def moves(self, column: Column, classified: Classified) -> bool:
        """Tell whether a column's dates are moved with their subject, so that equal ones look different."""
        name = self.of(column, classified.class_of(column) or UNSCANNED).name
        return lives.mask_of(name, (column,), classified) == lives.SHIFT

    def joins(self, classes: Mapping[Column, DataClass | None]) -> bool:
        """Tell whether the masks of these columns are equal where the values are: they have one class and one mask."""
        if len(set(classes.values())) != 1 or not all(self.keeps_equality(*each) for each in classes.items()):
            return False
        return len({self.of(column, held).name for column, held in classes.items() if held is not None}) == 1


def fits(word: str, data_class: DataClass) -> bool:
    """Tell whether a class has a use for the mask of that word."""
    return word not in _FITTING or data_class in _FITTING[word]


def mask_of(word: str, data_class: DataClass, style: str) -> str:
    """Return the mask that a rule's word means for a class; what the class has no use for hides it."""
    if word == NULL:
        return NULL
    if style != USEFUL or not fits(word, data_class) or word not in WORDS:
        return REDACT
    return {"tokenise": TOKEN, USEFUL: mask_name_for(data_class, style)}.get(word, word)


def strictness(name: str) -> int:
    """Return the place of a mask among all: the lower, the less of a value is to be had from it, even with help."""
    if name in _STRICT:
        return _STRICT.index(name)
    return len(_STRICT) + (name == PARTIAL)


def strictest(choices: Iterable[Choice]) -> Choice:
    """Return the strictest of these choices, with every rule that has made it."""
    several = list(choices)
    least = min(several, key=lambda choice: strictness(choice.name))
    rules = (name for choice in several if choice.name == least.name for name in choice.rules)
    return Choice(least.name, tuple(dict.fromkeys(rules)))
