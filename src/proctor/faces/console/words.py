"""How texts and times are shown: SQL in colours, moments in the viewer's zone. Strings in, parts out; escapes nothing.

The templates escape. What is returned as a part is the text itself, with a word for its kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

_PARTS: Final = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))|(?P<text>'(?:[^']|'')*'?)|(?P<name>\"(?:[^\"]|\"\")*\"?)"
    r"|(?P<place>\$\d+)|(?P<number>\b\d+(?:\.\d+)?\b)|(?P<word>[A-Za-z_][A-Za-z0-9_$]*)|(?P<rest>.)",
    re.DOTALL,
)
_KEYWORDS: Final = frozenset(
    "select insert update delete from where and or not null is in as join left right full inner outer cross on using "  # noqa: SIM905 a list of words reads as one
    "group by order having limit offset union all distinct values into set create alter drop table view index with "
    "returning case when then else end between like ilike exists truncate grant revoke copy begin commit rollback "
    "explain analyze merge conflict do nothing default cascade if asc desc".split()
)
LONGEST: Final = 20_000


def coloured(sql: str) -> Iterator[tuple[str, str]]:
    """Yield kind and text of each part of a statement; all of them together are the statement."""
    shown = sql[:LONGEST]
    for match in _PARTS.finditer(shown):
        kind = str(match.lastgroup)
        text = match.group()
        if kind == "word":
            kind = "keyword" if text.lower() in _KEYWORDS else ""
        yield ("" if kind == "rest" else kind), text
    if len(sql) > LONGEST:
        yield "comment", " … cut here"


def zone_named(name: str) -> ZoneInfo | None:
    """Return a zone by its name, None where there is none."""
    if not re.fullmatch(r"[A-Za-z0-9_+-]{1,40}(?:/[A-Za-z0-9_+-]{1,40}){0,2}", name):
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None


def local(moment: datetime | str | None, zone: ZoneInfo | None) -> tuple[str, str]:
    """Return a moment as a machine reads it, and as its viewer does."""
    if not moment:
        return "", ""
    if isinstance(moment, str):
        try:
            return local(datetime.fromisoformat(moment), zone)
        except ValueError:
            return "", moment
    seen = moment.astimezone(zone or UTC)
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(), f"{seen:%Y-%m-%d %H:%M:%S} {seen.tzname()}"
