"""Classify, the verdict: name, type, comment, table and values of a column together make a class, or none.

In comes a table's facts; out goes a finding for each column, with the reasons in words that hold no value. The lines:
a name counts for what its table is about; a value's shape counts for what it proves; dates, long numbers, addresses of
machines and points on a map are nothing by their shape alone. Where a table is about persons, doubt means sensitive.
"""

from __future__ import annotations

from dataclasses import dataclass

from proctor.classify.classes import CLASSES, title_of
from proctor.classify.doubts import OF_THINGS, contradicted, telling_paths
from proctor.classify.facts import ColumnFacts, TableFacts
from proctor.classify.names import About, Hint, Strength, about, hint_for, hint_in, tokenise
from proctor.classify.prevalence import Profile, Share, profile
from proctor.classify.words import words_of
from proctor.terms import DataClass, Finding

FREE_TEXT, PROSE = DataClass("free_text"), DataClass("prose")
"""Text about a person is hidden whole; of other text only the personal values that stand in it."""
_TEXT = frozenset({"text", "array", "other", "json", "binary"})
_SHAPED = frozenset({"text", "array", "other"})
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
# Identifiers and measures whose values look like anything: only what proves itself counts there.
_LOOKALIKES = words_of(
    """
    isbn gtin ean upc sku barcode asin issn doi tracking track order ref reference invoice shipment parcel serial
    version release build sha md5 hash checksum digest etag commit uuid guid path file url uri epoch ts timestamp ms
    dims dim dimension size part lot batch revision rev code number no id key product item article case ticket
    receipt transaction txn sequence seq index position timing measurement reading sample
    """
)
SOME_ROWS, MANY_ROWS, PLENTY = 3, 5, 20


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


def shown_by_values(table: TableFacts, names: frozenset[str]) -> dict[str, Finding]:
    """Return what the values of those columns show by themselves, where they show anything; names judge no column.

    For few values of a column that was found clean on more: neither likeness to names nor length is enough then.
    """
    columns = [_Column(f, _fitting_hint(f), profile(f) if f.name in names else Profile()) for f in table.columns]
    topic = about(table, {data_class for c in columns for data_class in _identifying(c)})
    found = {}
    for column in columns:
        seen = column.profile
        if seen.rows < SOME_ROWS or not (seen.spans * seen.rows >= SOME_ROWS - 1 or seen.shares or seen.paths):
            continue
        for judge in (_by_shape, _by_document, _by_text):
            verdict = judge(column, topic)
            if verdict is not None and verdict.data_class not in _BY_LIKENESS:
                found[column.facts.name] = verdict
                break
    return found


_BY_LIKENESS = frozenset({"person_name", "given_name", "family_name"})


def _fitting_hint(facts: ColumnFacts) -> Hint | None:
    hint = hint_for(facts.name)
    return hint if hint is not None and _fits(hint.data_class, facts.type) else None


def _fits(data_class: DataClass, family: str) -> bool:
    return family in _FITS.get(data_class, _TEXT)


def _identifying(column: _Column) -> set[DataClass]:
    found = set()
    if column.hint is not None and column.hint.strength is Strength.STRONG:
        found.add(column.hint.data_class)
    seen = column.profile
    found.update(c for c, share in seen.shares.items() if share.proof >= 0.95 and share.share >= 0.5)
    if column.facts.type in _SHAPED and not _is_lookalike(column):
        found.update(c for c, s in seen.shares.items() if s.proof >= 0.6 and s.share >= 0.6 and s.distinct >= PLENTY)
        if seen.names >= 0.5 and seen.named >= PLENTY:
            found.add(DataClass("person_name"))
    return {c for c in found if CLASSES[c].identifies}


def _is_lookalike(column: _Column) -> bool:
    return any(t in _LOOKALIKES for t in tokenise(column.facts.name))


def _verdict(column: _Column, topic: About) -> Finding:
    for judge in (_by_name, _by_comment, _by_shape, _by_document, _by_text):
        found = judge(column, topic)
        if found is not None:
            return found
    return Finding(None, 0.9 if column.profile.rows else 0.6, _clean_because(column, topic))


def _by_name(column: _Column, topic: About) -> Finding | None:
    hint, seen = column.hint, column.profile
    if hint is None or _flag_like(column, hint) or contradicted(hint, column.profile):
        return None
    agreeing = seen.share(hint.data_class)
    if topic is About.THING and hint.data_class in OF_THINGS and agreeing < 0.5:
        return None
    if hint.strength is Strength.WEAK and topic < About.PERSONISH and not _confirmed(column, hint, topic):
        return None
    data_class = hint.data_class
    if data_class == FREE_TEXT and topic is not About.PERSON:
        data_class = PROSE
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
    if hint.data_class == FREE_TEXT:
        return seen.spans >= 0.02
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
    if topic is About.THING and hint.data_class in OF_THINGS:
        return None
    if topic is About.THING and column.profile.rows >= MANY_ROWS and not column.profile.shares:
        return None
    data_class = DataClass("document") if column.facts.type == "json" else hint.data_class
    return Finding(data_class, 0.7, f"the comment speaks of {title_of(hint.data_class)} ({hint.words!r})")


def _by_shape(column: _Column, topic: About) -> Finding | None:
    if column.facts.type not in _SHAPED:
        return None  # a number or a date is nothing by its shape
    lookalike, seen = _is_lookalike(column), column.profile
    for data_class, share in sorted(seen.shares.items(), key=lambda pair: -pair[1].proof):
        # Streets look like no number of a thing's.
        if _proves(share, topic, lookalike=lookalike and data_class != "postal_address"):
            sure = round(min(0.5 + 0.4 * share.proof * share.share, 0.95), 2)
            return Finding(data_class, sure, _share_words(share.share, seen.rows, data_class))
    if topic is About.THING:
        return None
    if lookalike:  # `ref_text`, `item4`: only what can hardly be anything else
        plain_names = seen.names >= 0.6 and seen.named >= PLENTY
        return _by_names(seen, topic) if plain_names else None
    if seen.scattered and seen.share(_IP) >= 0.6:
        return Finding(_IP, 0.7, _share_words(seen.share(_IP), seen.rows, _IP))
    return _by_names(seen, topic)


_IP = DataClass("ip_address")


def _by_names(seen: Profile, topic: About) -> Finding | None:
    """Say whether the values are people's names: enough of them known, many of them different."""
    at_home = topic >= About.PERSONISH
    if (seen.names >= (0.2 if at_home else 0.35) and seen.named >= MANY_ROWS) or (
        seen.names >= 0.15 and seen.alike >= 0.8 and seen.named >= PLENTY
    ):
        return Finding(DataClass("person_name"), 0.6, f"{seen.names:.0%} of {seen.rows} values read like names")
    if seen.first >= (0.4 if at_home else 0.5) and seen.named >= PLENTY // 2:
        return Finding(DataClass("given_name"), 0.55, f"{seen.first:.0%} of {seen.rows} values are given names")
    if seen.last >= (0.4 if at_home else 0.5) and seen.distinct >= PLENTY:
        return Finding(DataClass("family_name"), 0.55, f"{seen.last:.0%} of {seen.rows} values are family names")
    return None


def _proves(share: Share, topic: About, *, lookalike: bool) -> bool:
    """Say whether a class follows from the values alone: the less one match proves, the more must agree."""
    many = share.distinct >= PLENTY
    if share.proof >= 0.95:
        return share.share >= 0.5
    if topic is About.THING or (lookalike and topic is About.UNKNOWN):
        return share.proof >= 0.8 and share.share >= 0.9 and many
    if lookalike:
        return share.proof >= 0.6 and (
            (share.share >= 0.9 and share.distinct >= MANY_ROWS) or (share.share >= 0.7 and many)
        )
    if topic >= About.PERSONISH:
        return share.share >= 0.5 and (share.proof >= 0.6 or (share.proof >= 0.3 and share.distinct >= MANY_ROWS))
    if many and share.share >= (0.6 if share.proof >= 0.6 else 0.8):
        return share.proof >= 0.3
    if share.proof >= 0.8:
        return share.share >= 0.8 and share.distinct >= 2
    return share.proof >= 0.6 and share.share >= 0.9 and share.distinct >= SOME_ROWS


def _by_document(column: _Column, topic: About) -> Finding | None:
    if column.facts.type not in {"json", "text", "other"}:
        return None
    told = telling_paths(column.profile, topic)
    if told:
        shown = ", ".join(f"{path} ({title_of(data_class)})" for path, data_class in sorted(told.items())[:4])
        more = f" and {len(told) - 4} more" if len(told) > 4 else ""
        return Finding(DataClass("document"), 0.85, f"its paths name {shown}{more}")
    if column.profile.spans > 0 and column.facts.type == "json":
        return Finding(DataClass("document"), 0.75, _spans_words(column.profile))
    return None


def _by_text(column: _Column, topic: About) -> Finding | None:
    """Free text is personal when personal values stand in it; one in fifty is enough."""
    seen = column.profile
    if column.facts.type not in {"text", "array", "other"} or seen.rows == 0:
        return None
    if _is_lookalike(column) and seen.wordy < 0.2:
        return None
    if seen.spans >= 0.02 and (seen.wordy > 0 or topic >= About.PERSONISH or seen.spans >= 0.1):
        return Finding(FREE_TEXT if topic is About.PERSON else PROSE, 0.75, _spans_words(seen))
    if topic is About.PERSON and seen.wordy >= 0.5 and seen.longest >= 60 and seen.machine < 0.5:
        return Finding(FREE_TEXT, 0.5, "long texts in a table about persons")
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
