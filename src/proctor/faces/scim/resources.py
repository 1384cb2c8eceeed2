"""Beside the stations: users and groups as SCIM writes them (RFC 7643), and what the house makes of them.

In come documents of a directory; out go what is wanted of the house, and documents for the directory. Attributes that
the house has no use for are kept and given back; passwords are not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Final

import msgspec

from proctor.control.provisioning import Wanted
from proctor.edge.people_book import GROUP, USER, Resource
from proctor.faces.scim.filters import Unfit, value_of

SCHEMA: Final = {
    USER: "urn:ietf:params:scim:schemas:core:2.0:User",
    GROUP: "urn:ietf:params:scim:schemas:core:2.0:Group",
}
PLACE: Final = {USER: "Users", GROUP: "Groups"}
NAME: Final = {USER: "userName", GROUP: "displayName"}
MAX_NAME: Final = 256
MAX_DOCUMENT: Final = 48 * 1024
_OURS: Final = frozenset({"id", "meta", "groups", "members", "password", "active", "externalid"})
Document = dict[str, object]


def wanted_of(sort: str, document: Mapping[str, object], active: bool = True) -> Wanted:
    """Return what a document wants; raises `Unfit` where it is none.

    Where it does not say whether somebody is `active`, that stays as it was: nobody comes back by being left out.
    """
    name = value_of(document, NAME[sort])
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise Unfit(f"{NAME[sort]} must be a text of 1 to {MAX_NAME} printable characters", "invalidValue")
    external = value_of(document, "externalId")
    if external is not None and (not isinstance(external, str) or len(external) > MAX_NAME):
        raise Unfit(f"externalId must be a text of at most {MAX_NAME} characters", "invalidValue")
    kept = {key: value for key, value in document.items() if key.casefold() not in _OURS}
    if external:
        kept["externalId"] = external
    if len(msgspec.json.encode(kept)) > MAX_DOCUMENT:
        raise Unfit(f"a resource has at most {MAX_DOCUMENT} bytes", "tooMany")
    return Wanted(name.strip(), external or "", _active(document, active), kept, _members(sort, document))


def _active(document: Mapping[str, object], before: bool) -> bool:
    """Return whether somebody may come in; some directories write the word as a text."""
    said = value_of(document, "active")
    if isinstance(said, str) and said.casefold() in ("true", "false"):
        return said.casefold() == "true"
    if said is None:
        return before
    if not isinstance(said, bool):
        raise Unfit("active must be true or false", "invalidValue")
    return said


def _members(sort: str, document: Mapping[str, object]) -> tuple[str, ...]:
    said = value_of(document, "members") if sort == GROUP else None
    if said is None:
        return ()
    if not isinstance(said, list):
        raise Unfit("members must be a list", "invalidValue")
    found = [each.get("value") if isinstance(each, dict) else None for each in said]
    if not all(isinstance(each, str) for each in found):
        raise Unfit("a member is an object with a value, the id of a user", "invalidValue")
    return tuple(dict.fromkeys(str(each) for each in found))


def document_of(resource: Resource, base: str) -> Document:
    """Return a resource as SCIM shows it; `base` is the address of the service."""
    sort = resource.sort
    other = GROUP if sort == USER else USER
    related = [
        {"value": key, "display": name, "$ref": f"{base}/{PLACE[other]}/{key}"} for key, name in resource.related
    ]
    schemas = resource.document.get("schemas")
    extensions = [each for each in schemas if each != SCHEMA[sort]] if isinstance(schemas, list) else []
    made: Document = {**resource.document, "schemas": [SCHEMA[sort], *extensions], "id": resource.id}
    made[NAME[sort]] = resource.name
    if sort == USER:
        made["active"] = resource.active
    if related or sort == GROUP:
        made["groups" if sort == USER else "members"] = related
    made["meta"] = {
        "resourceType": sort.capitalize(),
        "created": resource.created.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "lastModified": resource.changed.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "location": f"{base}/{PLACE[sort]}/{resource.id}",
        "version": version_of(resource),
    }
    return made


def version_of(resource: Resource) -> str:
    """Return the version of a resource, as a weak entity tag."""
    return f'W/"{resource.version}"'


def shown(document: Document, only: str | None, without: str | None) -> Document:
    """Return what was asked for: some attributes, or all but some; id and schemas are always there."""
    always = {"id", "schemas"}
    if only:
        names = {each.strip().partition(".")[0].casefold() for each in only.split(",")} | always
        return {key: value for key, value in document.items() if key.casefold() in names}
    if without:
        names = {each.strip().casefold() for each in without.split(",")} - always
        return {key: value for key, value in document.items() if key.casefold() not in names}
    return document
