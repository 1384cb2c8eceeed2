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
        _attribute("groups", kind="complex", many=True, mutability="readOnly"),
    ]
    group = [
        _attribute(NAME[GROUP], required=True, unique=True),
        _attribute("externalId"),
        _attribute("members", kind="complex", many=True),
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


def _attribute(
    name: str,
    *,
    kind: str = "string",
    many: bool = False,
    required: bool = False,
    unique: bool = False,
    mutability: str = "readWrite",
) -> Document:
    made: Document = {
        "name": name,
        "type": kind,
        "multiValued": many,
        "required": required,
        "caseExact": name == "externalId",
        "mutability": mutability,
        "returned": "default",
        "uniqueness": "server" if unique else "none",
    }
    if kind == "complex":
        made["subAttributes"] = [_attribute("value", mutability="immutable"), _attribute("display")]
    return made
