# cython: language_level=3
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""Station 6, its values: what of a statement's literals and bound values goes into its record sealed.

Takes verdicts, their digests and values; returns the bytes that the record says of them. What touches anything
sensitive, is not understood or may carry a password is not sealed: its digest does. Knows nothing of journals.
"""

from __future__ import annotations

from proctor.audit.boxes import DataKey, Values
from proctor.audit.vault import MAX_SEALED
from proctor.session.judged import Verdict
from proctor.terms import Action

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.wire import _shim as cython

SEALS_VALUES, SEALS_TEXT = 1, 2
_SECRETIVE = frozenset({Action.DEFINE, Action.GRANT, Action.ADMINISTER, Action.EXECUTE, Action.CONNECT})
"""What may carry a password or a key in its text: CREATE ROLE, CREATE SUBSCRIPTION, a call of whatever function."""


def seals(verdict: Verdict, text: str) -> int:
    """Return what of a statement is sealed: nothing, its bound values, or its text as well; `text` is redacted."""
    meant = verdict.meant
    if verdict.sensitive or meant.keyed or not meant.understood or meant.opaque:
        return 0  # its values may be anybody's: a digest compares them, and nobody reads them
    if meant.kind.startswith("set") or any(access.action in _SECRETIVE for access in meant.accesses):
        return 0
    return SEALS_VALUES if text == " ".join(verdict.text.split()) else SEALS_TEXT


class Seal:
    """One session's way of sealing, with its subject's key."""

    def __init__(self, key: DataKey) -> None:
        self._key = key
        self._name = key.name
        self._front = b',"sealed":{"key":"%b","box":"' % key.name.encode("ascii")

    def said(self, verdict: Verdict, values: Values, what: cython.int) -> bytes:
        """Return what a record says of bound values, and of the literals beside them: nothing, or a box.

        `what` is what `seals` said of the statement.
        """
        if not what:
            return b""
        if not values:
            return self._text(verdict) if what == SEALS_TEXT else b""
        text: bytes | None = verdict.text.encode("utf-8", "replace") if what == SEALS_TEXT else None
        size: cython.Py_ssize_t = 0 if text is None else len(text)
        for value in values:
            if value is not None:
                size += len(value)
        return b"" if size > MAX_SEALED else self._key.boxed(self._front, (text, *values), verdict.digest, b'"}')

    def _text(self, verdict: Verdict) -> bytes:
        if len(verdict.text) > MAX_SEALED // 4:
            return b""
        name, said = verdict.box
        if name != self._name:
            # The text is the same each time, and its digest tells that anyhow: one box does for all its records.
            said = self._key.boxed(self._front, (verdict.text.encode("utf-8", "replace"),), verdict.digest, b'"}')
            verdict.box = (self._name, said)
        return said
