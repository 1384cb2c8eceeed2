"""Who asks in the worlds, which masks rules have them wear, and over which two worlds they must hear the same.

A mask that shows a part of the value is played over worlds that agree in that part alone: then nothing may differ. One
that shows which values are equal is played where the same are equal: its own names may differ, one for one, and nothing
else may.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from proctor.policy.masks import DEFAULTS
from proctor.policy.worn import WORDS, fits
from proctor.terms import DataClass, Identity, Kind
from tests.corpus.client import Transcript
from tests.worlds.compare import named, renamed, untold
from tests.worlds.script import Script

ONE, OTHER, RENAMED, ALIKE = "lab", "lab2", "lab3", "lab4"
REDACT, USEFUL = "redact", "useful"
"""The gateways, one of each style. The useful one has rules that choose masks, of which none speaks of alice."""
SERVED: Final[Mapping[str, tuple[str, ...]]] = {REDACT: (ONE, OTHER), USEFUL: (ONE, OTHER, RENAMED, ALIKE)}


@dataclass(frozen=True)
class Asker:
    """Somebody with masks of their own; `told` returns how two transcripts of a script tell the worlds apart."""

    person: str
    gateway: str
    other: str
    told: Callable[[Transcript, Transcript, Script], str]
    wears: Callable[[DataClass], str] | None = None
    """The word that a rule has for each class; none where no rule chooses."""

    @property
    def group(self) -> str:
        """Return the group that the rules speak of."""
        return f"g_{self.person}"

    @property
    def identity(self) -> Identity:
        """Return whom the gateway sees."""
        return Identity(self.person, Kind.HUMAN, frozenset({self.group}), "scram")


def _fitting(*words: str) -> Callable[[DataClass], str]:
    """Return the first of these words that makes sense for a class; the last does for all."""
    return lambda held: next(word for word in words if fits(word, held))


def _all(one: Transcript, other: Transcript, script: Script) -> str:
    del script
    return untold(one, other)


def _but_names(one: Transcript, other: Transcript, script: Script) -> str:
    del script
    return renamed(one, other)


def _but_digests(one: Transcript, other: Transcript, script: Script) -> str:
    return named(one, other, grouped=any(_GROUPED.search(step.sql) for step in script))


_GROUPED: Final = re.compile(r"\b(group by|distinct|union|intersect|except|join|(in|any) \(select)\b", re.IGNORECASE)
_MIXED = {"email": "tokenise", "us_ssn": "hash", "phone": "partial", "birth_date": "generalise", "salary": "hash",
          "payment_card": "partial", "person_name": "null", "prose": "hash", "free_text": "null"}  # fmt: skip

ASKERS: Final[Mapping[str, Asker]] = {
    "redact": Asker("alice", REDACT, OTHER, _all),
    "useful": Asker("alice", USEFUL, RENAMED, _but_names),
    "null": Asker("nell", USEFUL, OTHER, _all, _fitting("null")),
    "hidden": Asker("hugh", USEFUL, OTHER, _all, _fitting("redact")),
    "partial": Asker("pat", USEFUL, ALIKE, _all, _fitting("partial", "generalise", "null")),
    "generalise": Asker("gene", USEFUL, ALIKE, _all, _fitting("generalise", "partial", "redact")),
    "hash": Asker("hans", USEFUL, ALIKE, _but_digests, _fitting("hash", "redact")),
    "tokenise": Asker("tom", USEFUL, ALIKE, _but_digests, _fitting("tokenise", "hash", "null")),
    "mixed": Asker("mick", USEFUL, ALIKE, _but_digests, lambda held: _MIXED.get(held, "redact")),
}
"""By the name of what they wear."""
CHOOSING: Final = tuple(name for name, asker in ASKERS.items() if asker.wears is not None)


def people() -> str:
    """Return those who wear masks that rules choose, as settings have them."""
    return "".join(
        f'[people.{asker.person}]\ngroups = ["{asker.group}"]\npassword = "{asker.person}pw"\n'
        for asker in ASKERS.values()
        if asker.wears is not None
    )


def rules() -> str:
    """Return the rules that choose masks: one for each asker and word, with all classes that wear it."""
    made = []
    for name, asker in ASKERS.items():
        for word in sorted(WORDS) if asker.wears is not None else ():
            held = sorted(f'"{each}"' for each in DEFAULTS if asker.wears is not None and asker.wears(each) == word)
            if held:
                made.append(
                    f'@id("{name}-{word}") @reason("r") @hint("h") @mask("{word}")\n'
                    f'permit (principal in Group::"{asker.group}", action == Action::"mask", resource)\n'
                    f"when {{ [{', '.join(held)}].contains(resource.class) }};\n"
                )
    return "".join(made)
