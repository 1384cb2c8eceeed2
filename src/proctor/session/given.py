"""Station 2, what a client gives: names, texts and values, as they are read. What cannot be read so is a fault of its.

Knows the limits of names, and no meaning.
"""

from __future__ import annotations

from proctor.errors import ClientFault
from proctor.session.hearing import Values
from proctor.session.namespace import MAX_NAME
from proctor.session.pipeline import OWN
from proctor.wire import talk


def values_of(event: talk.Bind) -> Values:
    """Return the parameters, binary ones behind a NUL, which no text holds: there the same bytes are another value."""
    formats = event.formats
    if not any(formats):
        return event.values
    shared = formats * len(event.values) if len(formats) == 1 else formats
    return tuple(
        b"\0" + value if form and value is not None else value for value, form in zip(event.values, shared, strict=True)
    )


def check_name(name: bytes) -> None:
    """Raise for a name that the server would cut, or that is the gateway's own."""
    if len(name) > MAX_NAME:
        raise ClientFault(f"names are {MAX_NAME} bytes long at the most", sqlstate="42622")
    if name == OWN:
        raise ClientFault(f'the name "{text_of(OWN)}" is the gateway\'s own', sqlstate="42602")


def text_of(raw: bytes) -> str:
    """Decode what the client calls text; anything but UTF-8 is refused before it is parsed."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as broken:
        raise ClientFault("invalid byte sequence for encoding UTF8", sqlstate="22021") from broken
