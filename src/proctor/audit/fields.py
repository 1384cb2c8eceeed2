"""What a record says, as read back from JSON: its parts by name, whatever a damaged or later one holds instead.

Takes a record; returns parts of it, empty where it has none of that sort. Knows no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

Row = Mapping[str, object]
"""A record as read back from JSON."""

decode: Final = msgspec.json.Decoder(dict[str, object]).decode


def part(said: Row, name: str) -> Row:
    """Return an object within a record, empty when it has none."""
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def parts(said: Row, name: str) -> list[Row]:
    """Return the objects of a list within a record."""
    found = said.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def word(said: Row, name: str) -> str | None:
    """Return a text within a record."""
    found = said.get(name)
    return found if isinstance(found, str) else None


def words(said: Row, name: str) -> list[str]:
    """Return the texts of a list within a record."""
    found = said.get(name)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
