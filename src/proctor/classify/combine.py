"""Classify, the verdict: name, type, comment, table and values of a column together make a class, or none.

In comes a table's facts; out goes a finding for each column, with the reasons in words that hold no value. The lines:
a name counts for what its table is about; a value's shape counts for what it proves; dates, long numbers, addresses of
machines and points on a map are nothing by their shape alone. Where a table is about persons, doubt means sensitive.
"""

from __future__ import annotations

from dataclasses import dataclass

from proctor.classify.classes import CLASSES, title_of
from proctor.classify.facts import ColumnFacts, TableFacts
from proctor.classify.names import About, Hint, Strength, about, hint_for, hint_in, tokenise
from proctor.classify.prevalence import Profile, Share, profile
from proctor.classify.words import words_of
from proctor.terms import DataClass, Finding

_TEXT = frozenset({"text", "array", "other", "json", "binary"})
_NUMBER = frozenset({"integer", "decimal"})
_ANY_NUMBER = _NUMBER | {"float"}
_EVERY = _TEXT | _ANY_NUMBER | {"boolean", "date", "timestamp", "inet", "uuid", "time"}
_FITS: dict[str, frozenset[str]] = {
    "phone": _TEXT | _NUMBER,
    "birth_date": frozenset({"date", "timestamp", "text", "integer", "other", "json", "binary"}),
    "age": _ANY_NUMBER | {"text"},
    "salary": _ANY_NUMBER | {"text", "other", "array", "json", "binary"},
    "postal_code": _TEXT | _NUMBER,
    "geolocation": _ANY_NUMBER | {"text", "other", "json", "array"},
    "ip_address": _TEXT | {"inet", "integer"},
    "health": _EVERY,
    "special_category": _EVERY - {"date", "timestamp", "time"},
    "gender": _TEXT | {"boolean", "integer"},
    "secret": _TEXT | {"uuid", "integer"},
    "device_id": _TEXT | {"uuid", "integer"},
    "biometric": _EVERY - {"boolean", "date", "timestamp", "time"},
    "document": frozenset({"json", "text", "other"}),
    "free_text": frozenset({"text", "array", "json", "other"}),
    **dict.fromkeys(
        (
            "us_ssn", "uk_nino", "de_steuerid", "fr_nir", "es_dni", "in_aadhaar", "br_cpf", "br_cnpj", "national_id",
            "passport", "drivers_licence", "medical_id", "payment_card", "bank_account",
        ),
        _TEXT | _NUMBER,
    ),
}  # fmt: skip
# In a table about things such a name is the thing's own: `stores.street`, `drugs.allergy`, `shirts.gender`.
_OF_THINGS = frozenset(
    {"street", "health", "gender", "nationality", "special_category", "age", "city", "postal_code", "geolocation",
     "salary", "username", "national_id", "drivers_licence", "vehicle_plate"}
)  # fmt: skip
# Identifiers and measures whose values look like anything: only what proves itself counts there.
_LOOKALIKES = words_of(
    """
    isbn gtin ean upc sku barcode asin issn doi tracking track order ref reference invoice shipment parcel serial
    version release build sha md5 hash checksum digest etag commit uuid guid path file url uri epoch ts timestamp ms
    dims dim dimension size part lot batch revision rev code number no id key product item article case ticket
    receipt transaction txn sequence seq index position timing measurement reading sample
    """
)
SOME_ROWS, MANY_ROWS = 3, 5


@dataclass(frozen=True, slots=True)
class _Column:
    facts: ColumnFacts
    hint: Hint | None
    profile: Profile


def classify_table(table: TableFacts) -> dict[str, Finding]:
    """Return a finding for every column of the table; `data_class` None means that it was looked at and is clean."""
    columns = [_Column(facts, _fitting_hint(facts), profile(facts)) for facts in table.columns]
    identifying = {data_class for c in columns for data_class in _identifying(c)}
    topic = about(table, identifying)
    return {c.facts.name: _verdict(c, topic) for c in columns}


def _fitting_hint(facts: ColumnFacts) -> Hint | None:
    hint = hint_for(facts.name)
    return hint if hint is not None and _fits(hint.data_class, facts.type) else None


def _fits(data_class: DataClass, family: str) -> bool:
    return family in _FITS.get(data_class, _TEXT)


def _identifying(column: _Column) -> set[DataClass]:
    found = set()
    if column.hint is not None and column.hint.strength is Strength.STRONG:
        found.add(column.hint.data_class)
    found.update(c for c, share in column.profile.shares.items() if share.proof >= 0.95 and share.share >= 0.5)
    return {c for c in found if CLASSES[c].identifies}


def _verdict(column: _Column, topic: About) -> Finding:
    for judge in (_by_name, _by_comment, _by_shape, _by_document, _by_text):
        found = judge(column, topic)
        if found is not None:
            return found
    return Finding(None, 0.9 if column.profile.rows else 0.6, _clean_because(column, topic))


def _by_name(column: _Column, topic: About) -> Finding | None:
    hint, seen = column.hint, column.profile
    if hint is None or _flag_like(column, hint):
        return None
    agreeing = seen.share(hint.data_class)
    if topic is About.THING and hint.data_class in _OF_THINGS and agreeing < 0.5:
        return None
    if hint.strength is Strength.WEAK and topic < About.PERSONISH and not _confirmed(column, hint, topic):
        return None
    data_class = hint.data_class
    if column.facts.type == "json" and data_class not in {"free_text", "secret", "health", "biometric"}:
        data_class = DataClass("document")
    better = _better(hint, seen)
    if better is not None:
        data_class, agreeing = better, seen.share(better)
    strong = hint.strength is Strength.STRONG
    confidence = (0.85 if strong else 0.65) + (0.05 if topic is About.PERSON else 0) + 0.09 * agreeing
    words = [f"the name says {title_of(hint.data_class)} ({hint.words!r})"]
    if agreeing > 0:
        words.append(_share_words(agreeing, seen.rows, data_class))
    if not strong:
        words.append(_topic_words(topic))
    return Finding(data_class, round(min(confidence, 0.99), 2), "; ".join(words))


def _confirmed(column: _Column, hint: Hint, topic: About) -> bool:
    """Say whether the values alone make a weak name good."""
    seen = column.profile
    if hint.data_class == "person_name":
        return topic is About.UNKNOWN and seen.names >= 0.35 and seen.distinct >= MANY_ROWS
    share = seen.shares.get(hint.data_class)
    return share is not None and share.share >= 0.5 and (share.proof >= 0.5 or seen.distinct >= MANY_ROWS)


def _better(hint: Hint, seen: Profile) -> DataClass | None:
    """Return the class that nearly all values prove, where it is more exact than the name's: a `login` of e-mails."""
    loose = {"username", "national_id", "person_name", "free_text", "bank_account", "document", "phone", "passport"}
    if hint.data_class not in loose:
        return None
    for data_class, share in sorted(seen.shares.items(), key=lambda pair: -pair[1].proof):
        if share.share >= 0.8 and share.proof >= 0.75 and data_class != hint.data_class:
            return data_class
    return None


def _flag_like(column: _Column, hint: Hint) -> bool:
    # `email` with Y and N in it, `passport` with 0 and 1.
    if hint.data_class in {"gender", "health", "special_category", "age", "nationality", "secret"}:
        return False
    seen = column.profile
    return seen.rows >= MANY_ROWS and 0 < seen.longest <= 1 and column.facts.type in {"text", "integer", "other"}


def _by_comment(column: _Column, topic: About) -> Finding | None:
    hint = hint_in(column.facts.comment) if column.facts.comment else None
    if hint is None or not _fits(hint.data_class, column.facts.type) or _flag_like(column, hint):
        return None
    if topic is About.THING and hint.data_class in _OF_THINGS:
        return None
    if topic is About.THING and column.profile.rows >= MANY_ROWS and not column.profile.shares:
        return None
    data_class = DataClass("document") if column.facts.type == "json" else hint.data_class
    return Finding(data_class, 0.7, f"the comment speaks of {title_of(hint.data_class)} ({hint.words!r})")


def _by_shape(column: _Column, topic: About) -> Finding | None:
    if column.facts.type not in {"text", "array", "other"}:
        return None  # a number or a date is nothing by its shape
    lookalike = any(t in _LOOKALIKES for t in tokenise(column.facts.name))
    for data_class, share in sorted(column.profile.shares.items(), key=lambda pair: -pair[1].proof):
        if _proves(share, topic, lookalike=lookalike):
            sure = round(min(0.5 + 0.4 * share.proof * share.share, 0.95), 2)
            return Finding(data_class, sure, _share_words(share.share, column.profile.rows, data_class))
    if (
        topic is not About.THING
        and not lookalike
        and column.profile.names >= (0.35 if topic is About.UNKNOWN else 0.2)
        and column.profile.distinct >= MANY_ROWS
    ):
        rows = column.profile.rows
        return Finding(DataClass("person_name"), 0.6, f"{column.profile.names:.0%} of {rows} values read like names")
    return None


def _proves(share: Share, topic: About, *, lookalike: bool) -> bool:
    """Say whether a class follows from the values alone: the less one match proves, the more must agree."""
    if share.proof >= 0.95:
        return share.share >= 0.5
    if topic is About.THING or (lookalike and topic is About.UNKNOWN):
        return share.proof >= 0.8 and share.share >= 0.9 and share.distinct >= 20
    if lookalike:
        return share.proof >= 0.6 and share.share >= 0.9 and share.distinct >= MANY_ROWS
    if topic >= About.PERSONISH:
        return share.share >= 0.5 and (share.proof >= 0.6 or (share.proof >= 0.3 and share.distinct >= MANY_ROWS))
    if share.proof >= 0.8:
        return share.share >= 0.8 and share.distinct >= 2
    return share.proof >= 0.6 and share.share >= 0.9 and share.distinct >= SOME_ROWS


def _by_document(column: _Column, topic: About) -> Finding | None:
    if column.facts.type != "json" and not (column.profile.keys and column.facts.type == "text"):
        return None
    telling: set[DataClass] = set()
    for key in column.profile.keys:
        hint = hint_for(key)
        if hint is None or (topic is About.THING and not CLASSES[hint.data_class].identifies):
            continue
        if topic is About.THING and hint.data_class in _OF_THINGS:
            continue
        if hint.strength is Strength.STRONG or topic >= About.PERSONISH:
            telling.add(hint.data_class)
    if telling:
        titles = ", ".join(sorted(title_of(c) for c in telling)[:4])
        return Finding(DataClass("document"), 0.85, f"its keys name {titles}")
    if column.profile.spans > 0 and column.facts.type == "json":
        return Finding(DataClass("document"), 0.75, _spans_words(column.profile))
    return None


def _by_text(column: _Column, topic: About) -> Finding | None:
    """Free text is personal when personal values stand in it; one in fifty is enough."""
    seen = column.profile
    if column.facts.type not in {"text", "array", "other"} or seen.rows == 0:
        return None
    if any(t in _LOOKALIKES for t in tokenise(column.facts.name)) and seen.wordy < 0.2:
        return None
    if seen.spans >= 0.02 and (seen.wordy > 0 or topic >= About.PERSONISH or seen.spans >= 0.1):
        return Finding(DataClass("free_text"), 0.75, _spans_words(seen))
    if topic is About.PERSON and seen.wordy >= 0.5 and seen.longest >= 60:
        return Finding(DataClass("free_text"), 0.5, "long texts in a table about persons")
    return None


def _share_words(share: float, rows: int, data_class: DataClass) -> str:
    return f"{share:.0%} of {rows} sampled values show {title_of(data_class)}"


def _spans_words(seen: Profile) -> str:
    return f"{seen.spans:.0%} of {seen.rows} sampled values hold a personal value inside"


def _topic_words(topic: About) -> str:
    return {
        About.PERSON: "the table is about persons",
        About.PERSONISH: "the table hangs on persons",
        About.UNKNOWN: "the values agree",
        About.THING: "the values agree",
    }[topic]


def _clean_because(column: _Column, topic: About) -> str:
    if column.hint is not None and topic is About.THING:
        return "the table is about things, not persons"
    if column.profile.rows == 0:
        return "its name says nothing personal, and there are no values to look at"
    return f"neither its name nor {column.profile.rows} sampled values show anything personal"
