"""Beside the stations: SCIM's PATCH (RFC 7644 §3.5.2): what a document becomes by a list of operations.

In come a document and operations as a directory sends them; out goes another document, or `Unfit`. The one that came
in stays as it is. Knows no store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Final

from proctor.faces.scim.filters import Path, Unfit, extension, path_of, split

MAX_OPERATIONS: Final = 1000
FIXED: Final = frozenset({"id", "meta", "schemas", "groups", "password"})
"""What no directory writes: ours, what follows from the groups, and what nobody needs here."""
LISTS: Final = frozenset(
    {"members", "emails", "phonenumbers", "ims", "photos", "addresses", "entitlements", "roles", "x509certificates"}
)
Values = dict[str, object]


def patched(document: Mapping[str, object], operations: object) -> Values:
    """Return the document with all operations applied in order; any that cannot be is `Unfit`, and none is applied."""
    if not isinstance(operations, list) or not operations or len(operations) > MAX_OPERATIONS:
        raise Unfit(f"Operations must be a list of 1 to {MAX_OPERATIONS}", "invalidSyntax")
    made: Values = deepcopy(dict(document))
    for each in operations:
        if not isinstance(each, dict):
            raise Unfit("an operation must be an object", "invalidSyntax")
        said = {str(key).casefold(): value for key, value in each.items()}
        _apply(made, str(said.get("op", "")).casefold(), said.get("path"), said.get("value"))
    return made


def _apply(made: Values, verb: str, place: object, value: object) -> None:
    if verb not in ("add", "replace", "remove"):
        raise Unfit(f'"{verb[:20]}" is no operation', "invalidSyntax")
    if place is None or place == "":
        if verb == "remove":
            raise Unfit("what is to be removed needs a path", "noTarget")
        if not isinstance(value, dict):
            raise Unfit("without a path the value must be an object", "invalidValue")
        for name, each in value.items():
            _apply(made, verb, str(name), each)
        return
    if not isinstance(place, str):
        raise Unfit("a path is a text", "invalidPath")
    schema, rest = extension(place)
    if schema:
        _extend(made, verb, schema, rest, value)
        return
    path = path_of(rest)
    if path.name.casefold() in FIXED:
        # Some directories send along what they know of us: what stays as it is may be said.
        if path.name.casefold() in ("id", "meta") and value != made.get(path.name.casefold()):
            raise Unfit(f"{path.name} cannot be changed", "mutability")
        return
    if path.wanted is not None:
        _at_values(made, verb, path, value)
    elif path.part:
        _at_part(made, verb, path, value)
    else:
        _at_attribute(made, verb, path.name, value)


def _merge(made: Values, name: str, value: Mapping[str, object]) -> None:
    key = _key(made, name)
    before = made.get(key)
    made[key] = {**(before if isinstance(before, dict) else {}), **value}


def _extend(made: Values, verb: str, schema: str, place: str, value: object) -> None:
    """Change an extension's attributes, which stand under its schema."""
    key = _key(made, schema)
    before = made.get(key)
    inner: Values = before if isinstance(before, dict) else {}
    if not place and verb == "remove":
        made.pop(key, None)
        return
    if not place and not isinstance(value, dict):
        raise Unfit("the value of an extension must be an object", "invalidValue")
    if place:
        _apply(inner, verb, place, value)
    else:
        inner = {**inner, **(value if isinstance(value, dict) else {})}
    made[key] = inner
    known = made.get("schemas")
    if isinstance(known, list) and key not in known:
        made["schemas"] = [*known, key]


def _at_attribute(made: Values, verb: str, name: str, value: object) -> None:
    key = _key(made, name)
    if verb == "remove":
        _remove(made, key, value)
    elif key.casefold() in LISTS:
        coming = value if isinstance(value, list) else [value]
        before = made.get(key)
        made[key] = _joined(before if isinstance(before, list) and verb == "add" else [], coming)
    elif isinstance(value, dict) and isinstance(made.get(key), dict):
        _merge(made, key, value)
    else:
        made[key] = value


def _remove(made: Values, key: str, value: object) -> None:
    """Take an attribute away, or of a list only the values that are named beside the path."""
    before = made.get(key)
    if isinstance(before, list) and isinstance(value, list | dict):
        gone = {_identity(each) for each in (value if isinstance(value, list) else [value])}
        made[key] = [each for each in before if _identity(each) not in gone]
    else:
        made.pop(key, None)


def _at_part(made: Values, verb: str, path: Path, value: object) -> None:
    key = _key(made, path.name)
    found = made.get(key)
    if isinstance(found, list):
        for each in found:
            if isinstance(each, dict):
                _set(each, verb, path.part, value)
        return
    inner = found if isinstance(found, dict) else {}
    _set(inner, verb, path.part, value)
    made[key] = inner


def _at_values(made: Values, verb: str, path: Path, value: object) -> None:
    key = _key(made, path.name)
    before = made.get(key)
    found: list[object] = list(before) if isinstance(before, list) else []
    wanted = path.wanted or (lambda _: True)
    chosen = [each for each in found if isinstance(each, dict) and wanted(each)]
    if verb == "remove" and not path.part:
        made[key] = [each for each in found if each not in chosen]
        return
    if not chosen:
        if verb == "remove":
            return
        if verb != "add" or path.born is None or not path.part:
            raise Unfit("no value fits the path", "noTarget")
        chosen = [dict(path.born)]
        made[key] = [*found, chosen[0]]
    for each in chosen:
        if path.part:
            _set(each, verb, path.part, value)
        elif isinstance(value, dict):
            each.update(value)
        else:
            raise Unfit("the value must be an object", "invalidValue")


def _set(inner: Values, verb: str, part: str, value: object) -> None:
    key = _key(inner, part)
    if verb == "remove":
        inner.pop(key, None)
    else:
        inner[key] = value


def _joined(before: Sequence[object], coming: Sequence[object]) -> list[object]:
    """Return the values, each once: what comes again takes the place of what was there."""
    again = {_identity(each) for each in coming}
    return [each for each in before if _identity(each) not in again] + list(coming)


def _identity(value: object) -> str:
    if isinstance(value, dict):
        sort = value.get("type", "")
        return f"{value.get('value', '')}\x00{'' if sort in ('User', 'Group') else sort}"  # a member is its id
    return f"{value}\x00"


def _key(document: Mapping[str, object], name: str) -> str:
    """Return how an attribute is spelled in the document, or as it was asked for."""
    bare = name if name.casefold().startswith("urn:") else split(name)[0]
    folded = bare.casefold()
    return next((key for key in document if key.casefold() == folded), bare)
