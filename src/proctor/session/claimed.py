"""Stations 3 and 6: what a client says of itself in its own words, as it goes into decisions, records and tickets.

In comes prose that a person or a model has written: why, and at which task. Out goes the same, of bounded length, on
lines without control characters, and with what looks like personal data replaced by what it is: a record is read by
many who may not see that. A person's bare name has no shape, and stays.
"""

from __future__ import annotations

import re
from functools import lru_cache

from proctor.classify.text import find_spans

MAX_CLAIM = 1000  # it is kept in every record
_TRACE = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@lru_cache(maxsize=1024)
def told(text: str) -> str:
    """Return a claim as it may be kept."""
    whole = text.replace("\0", "")[:MAX_CLAIM]
    clean = "".join(" " if each < " " or each == "\x7f" else each for each in whole)
    encoded = clean.encode("utf-8", "replace")
    kept, at = [], 0
    for span in find_spans(encoded):
        kept += [encoded[at : span.start], f"[{span.data_class}]".encode()]
        at = span.end
    kept.append(encoded[at:])
    return b"".join(kept).decode("utf-8", "replace")[:MAX_CLAIM]


def traced(text: str | None) -> str | None:
    """Return a `traceparent` (W3C Trace Context) as it is, None where it is not well formed."""
    return text if text and _TRACE.fullmatch(text) else None
