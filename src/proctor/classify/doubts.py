"""Classify, the doubts: where what the values show speaks against what a name says.

In come a name's hint and a profile; out goes whether to believe the name. An identifier that was hashed or cut is one
all the same; only what cannot be one is let go: six words under `modelo_email`, an address of memory under `address`.
"""

from __future__ import annotations

from proctor.classify.classes import CLASSES
from proctor.classify.documents import spelt
from proctor.classify.names import About, Hint, Strength, hint_for
from proctor.classify.prevalence import Profile
from proctor.classify.words import words_of
from proctor.terms import DataClass

ENOUGH = 10
"""Rows from which on values can speak against a name."""
FEW_WORDS = 15
# In a table about things such a name is the thing's own: `stores.street`, `drugs.allergy`, `shirts.gender`.
OF_THINGS = frozenset(
    {"street", "health", "gender", "nationality", "special_category", "age", "city", "postal_code", "geolocation",
     "salary", "username", "national_id", "drivers_licence", "vehicle_plate"}
)  # fmt: skip
# Whose values have digits, or an `@`, wherever they are real.
_WITH_DIGITS = frozenset(
    {"phone", "payment_card", "iban", "bank_account", "us_ssn", "national_id", "passport", "drivers_licence", "street",
     "postal_address", "br_cpf", "br_cnpj", "in_aadhaar", "fr_nir", "de_steuerid"}
)  # fmt: skip
_NEVER_MACHINES = frozenset({"postal_address", "street", "city", "free_text", "person_name"})
# Names of texts of any kind: what people write of people goes by `notes`, `remarks`, `feedback`.
_ANY_TEXT = words_of(
    """
    description message messages body text content details summary subject reason misc beschreibung descripcion
    descrizione descricao omschrijving opis aciklama keterangan instructions history statement answer answers
    """
)


def contradicted(hint: Hint, seen: Profile) -> bool:
    """Say whether the values cannot be what the name says."""
    if seen.rows < ENOUGH or seen.share(hint.data_class) > 0:
        return False
    data_class = hint.data_class
    if seen.machine >= 0.8 and data_class in _NEVER_MACHINES:
        return True
    few = seen.distinct <= FEW_WORDS and seen.distinct * 2 <= seen.rows
    if few and (data_class == "email" or (data_class in _WITH_DIGITS and seen.numbers < 0.2)):
        return True
    if data_class == "person_name" and hint.qualified and hint.strength is Strength.WEAK:
        return seen.names + seen.first + seen.last < 0.1 and seen.alike < 0.5 and seen.latin >= 0.5
    if data_class == "free_text" and seen.spans == 0:
        if hint.words in _ANY_TEXT:
            return seen.longest < 60 or seen.wordy < 0.3
        return seen.wordy == 0 and seen.numbers >= 0.5
    return False


def telling_paths(seen: Profile, topic: About) -> dict[str, DataClass]:
    """Return the paths of a document that name something personal. A weak word needs its values, or company."""
    strong: dict[str, DataClass] = {}
    weak: dict[str, DataClass] = {}
    for path, below in seen.paths.items():
        hint = hint_for(path[-1]) if path and path[-1] != "[]" else None
        if hint is None or contradicted(hint, below):
            continue
        data_class = hint.data_class
        if topic is About.THING and (data_class in OF_THINGS or not CLASSES[data_class].identifies):
            continue
        if hint.strength is Strength.STRONG or _agrees(data_class, below, topic):
            strong[spelt(path)] = data_class
        elif topic >= About.PERSONISH:
            weak[spelt(path)] = data_class
    if strong or len(set(weak.values())) >= 2:
        return strong | weak
    return {}


def _agrees(data_class: DataClass, below: Profile, topic: About) -> bool:
    if data_class in {"person_name", "given_name", "family_name"}:
        return (
            topic is not About.THING
            and below.names + below.first >= 0.35
            and below.named >= min(20, max(2, below.rows // 2))
        )
    share = below.shares.get(data_class)
    return share is not None and share.share >= 0.5 and share.proof >= 0.5
