"""Classify, the vocabulary: the closed list of data classes, what each is called and which mask it wears by default.

`policy.masks` holds the masks themselves and knows the same names; a test keeps the two lists equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from proctor.terms import DataClass


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """A data class: its title for people, its default mask, and whether that mask is a key mask."""

    data_class: DataClass
    title: str
    mask: str
    key: bool
    identifies: bool
    """Two columns of such classes make a table one about persons."""


_ROWS = (
    # class, title, mask, key mask, identifies a person
    ("person_name", "name of a person", "name", False, True),
    ("given_name", "given name", "name", False, True),
    ("family_name", "family name", "name", False, True),
    ("username", "login name", "token", True, False),
    ("email", "e-mail address", "email", True, True),
    ("phone", "telephone number", "phone", False, True),
    ("postal_address", "postal address", "address", False, True),
    ("street", "street and house number", "address", False, True),
    ("city", "city of a person", "city", False, False),
    ("postal_code", "postal code of a person", "postal", False, False),
    ("birth_date", "date of birth", "date", False, True),
    ("life_date", "another date in the life of a person", "shift", False, False),
    ("age", "age of a person", "noise", False, False),
    ("gender", "gender", "redact", False, False),
    ("nationality", "nationality or origin", "redact", False, False),
    ("special_category", "religion, ethnicity, politics, union or sexual life", "redact", False, False),
    ("us_ssn", "US social security number", "id", True, True),
    ("uk_nino", "UK national insurance number", "id", True, True),
    ("de_steuerid", "German tax number (Steuer-ID)", "id", True, True),
    ("fr_nir", "French social security number (NIR)", "id", True, True),
    ("es_dni", "Spanish identity number (DNI, NIE)", "id", True, True),
    ("it_codice_fiscale", "Italian tax code", "id", True, True),
    ("in_aadhaar", "Indian Aadhaar number", "id", True, True),
    ("in_pan", "Indian tax number (PAN)", "id", True, True),
    ("br_cpf", "Brazilian tax number of a person (CPF)", "id", True, True),
    ("br_cnpj", "Brazilian tax number of a firm (CNPJ)", "id", True, False),
    ("national_id", "national identity or tax number", "id", True, True),
    ("passport", "passport number", "id", True, True),
    ("drivers_licence", "driver's licence number", "id", True, True),
    ("medical_id", "medical record or insurance number", "id", True, True),
    ("vehicle_plate", "number plate of a vehicle", "id", True, False),
    ("payment_card", "payment card number", "card", True, True),
    ("iban", "IBAN", "iban", True, True),
    ("bank_account", "bank account number", "id", True, True),
    ("crypto_wallet", "wallet address", "token", True, False),
    ("ip_address", "IP address", "ip", False, False),
    ("mac_address", "MAC address", "mac", False, False),
    ("device_id", "identifier of a person's device", "token", True, False),
    ("geolocation", "whereabouts", "geo", False, False),
    ("salary", "money about a person", "noise", False, False),
    ("health", "health data", "redact", False, False),
    ("biometric", "biometric data", "redact", False, False),
    ("secret", "password, key or token", "redact", False, False),
    ("free_text", "free text about persons", "redact", False, False),
    ("prose", "text with personal values in it", "spans", False, False),
    ("document", "document with personal data", "document", False, False),
)

CLASSES: Mapping[DataClass, ClassInfo] = MappingProxyType(
    {DataClass(row[0]): ClassInfo(DataClass(row[0]), *row[1:]) for row in _ROWS}
)
UNSCANNED = DataClass("unscanned")


def title_of(data_class: DataClass) -> str:
    """Return what a person calls the class."""
    info = CLASSES.get(data_class)
    return info.title if info is not None else data_class.replace("_", " ")
