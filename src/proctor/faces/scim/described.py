"""Beside the stations: what SCIM's discovery tells: what the service can do, of what it tells, by which schemas.

Constants, as documents. Knows no resource.
"""

from __future__ import annotations

from typing import Final

from proctor.edge.people_book import GROUP, USER
from proctor.faces.scim.resources import NAME, PLACE, SCHEMA

MAX_RESULTS: Final = 200
Document = dict[str, object]

CONFIG: Final[Document] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
    "filter": {"supported": True, "maxResults": MAX_RESULTS},
    "changePassword": {"supported": False},
    "sort": {"supported": False},
    "etag": {"supported": True},
    "authenticationSchemes": [
        {
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "The token of [scim] in the settings.",
            "primary": True,
        }
    ],
}


def types(base: str) -> list[Document]:
    """Return the types of resources."""
    return [
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": sort.capitalize(),
            "name": sort.capitalize(),
            "endpoint": f"/{PLACE[sort]}",
            "schema": SCHEMA[sort],
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{sort.capitalize()}"},
        }
        for sort in (USER, GROUP)
    ]


def schemas(base: str) -> list[Document]:
    """Return the schemas: the attributes that the house goes by. Others are kept, and given back."""
    user = [
        _attribute(NAME[USER], required=True, unique=True),
        _attribute("externalId"),
        _attribute("displayName"),
        _attribute("active", kind="boolean"),
        _attribute("name", parts=[_attribute(each) for each in ("formatted", "familyName", "givenName")]),
        _attribute(
            "emails",
            many=True,
            parts=[_attribute("value"), _attribute("type"), _attribute("primary", kind="boolean")],
        ),
        _attribute("groups", many=True, parts=_related(GROUP, "readOnly"), mutability="readOnly"),
    ]
    group = [
        _attribute(NAME[GROUP], required=True, unique=True),
        _attribute("externalId"),
        _attribute("members", many=True, parts=_related(USER, "immutable")),
    ]
    return [
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
            "id": SCHEMA[sort],
            "name": sort.capitalize(),
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{SCHEMA[sort]}"},
        }
        for sort, attributes in ((USER, user), (GROUP, group))
    ]


def _related(sort: str, mutability: str) -> list[Document]:
    """Return the parts of what names a resource of another sort."""
    place = _attribute("$ref", kind="reference", mutability=mutability)
    place["referenceTypes"] = [sort.capitalize()]
    return [
        _attribute("value", mutability=mutability),
        place,
        _attribute("display", mutability="readOnly"),
    ]


def _attribute(
    name: str,
    *,
    kind: str = "string",
    many: bool = False,
    required: bool = False,
    unique: bool = False,
    mutability: str = "readWrite",
    parts: list[Document] | None = None,
) -> Document:
    made: Document = {
        "name": name,
        "type": kind if parts is None else "complex",
        "multiValued": many,
        "required": required,
        "caseExact": name in ("externalId", "$ref"),
        "mutability": mutability,
        "returned": "default",
        "uniqueness": "server" if unique else "none",
    }
    return made if parts is None else {**made, "subAttributes": parts}
