"""Station 4: can this rule choose a mask? Takes a policy and the word for its mask; says what is wrong with them.

Refuses what would choose nothing, or something that makes no sense: an unknown mask, a forbid, a mask for a class that
has no use for it. Nobody masks anything: such a rule says only what a column wears.
"""

from __future__ import annotations

import json
from functools import cache
from typing import cast

import cedarpy

from proctor.errors import ConfigFault
from proctor.policy.conditions import Node, Reader, classes_named
from proctor.policy.logic import both, can_hold
from proctor.policy.vocabulary import did_you_mean
from proctor.policy.worn import WORDS, fits
from proctor.terms import Action, DataClass

SHAPE = 'permit (principal in Group::"support", action == Action::"mask", resource) when { resource.class == "phone" };'


def check_mask(place: str, policy: Node, word: str | None, actions: frozenset[Action]) -> None:
    """Raise what is wrong with the mask that a rule chooses, or that it chooses none; `place` names the rule."""
    about = Action.MASK in actions  # not so of a rule for every action: it is about what is done
    if word is None and not about:
        return
    if word is None:
        raise ConfigFault(f'{place}: a rule for the action mask says which, as in @mask("partial") above it')
    if word not in WORDS:
        raise ConfigFault(f'{place}: @mask("{word}"): there is no such mask; {did_you_mean(word, WORDS)}')
    if actions != frozenset({Action.MASK}) or policy["effect"] != "permit":
        raise ConfigFault(f"{place}: @mask stands above a permit for the action mask alone, as in {SHAPE}")
    for name in sorted(set(classes_named(policy))):
        if not fits(word, DataClass(name)) and reaches(policy, name):
            fitting = ", ".join(sorted(w for w in WORDS if fits(w, DataClass(name))))
            raise ConfigFault(f'{place}: @mask("{word}") makes no sense for the class "{name}"; it may wear {fitting}')


def reaches(policy: Node, data_class: str) -> bool:
    """Tell whether a policy may apply to a column of that class; only a no is certain."""
    reader = Reader()
    condition = reader.condition(policy)
    held = reader.of_class(data_class, set(classes_named(policy)))
    return can_hold(both(held, condition), reader.domains())


@cache
def may_choose(text: str, data_class: str) -> bool:
    """Tell whether the rule of that text may choose the mask of a column of that class; only a no is certain."""
    policies = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    return reaches(cast(Node, next(iter(policies.values()))), data_class)
