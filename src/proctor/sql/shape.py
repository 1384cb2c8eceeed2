# cython: language_level=3, wraparound=False, boundscheck=False
# mypy: disable-error-code="untyped-decorator, no-any-return"
"""Station 3, before all else: a text → its shape, the same text with a marker in the place of each plain literal.

Texts of one shape have the same tokens but for the values of those literals, and so the same parse tree but for them;
which values matter to a meaning is for `forms` to say. Whatever this does not know for certain has no shape: escape,
Unicode, bit and national strings, dollar quotes, backslashes, continued strings, comments but one at the end, numbers
that touch anything. Compiled where there is a compiler. Knows no grammar.
"""

from __future__ import annotations

try:  # the compiler must see the words "import cython"; at run time Cython may be missing
    import cython  # type: ignore[import-untyped]  # Cython ships no types for it
except ModuleNotFoundError:
    from proctor.sql import _shim as cython

Shape = tuple[bytes, tuple[bytes, ...]]
"""The text with its literals marked, and the literals as written, in order."""

MAX_SHAPED = 16_384  # longer texts are hardly ever said again, and their shapes would fill our memory
STRING, INTEGER, DECIMAL, LONG, COMMENT = 1, 2, 3, 4, 5
"""The markers, which no text that has a shape holds: '…'; an integer of four bytes; digits, a point and digits; a
longer integer of at most 18 digits; the comment that ends a text."""
MARKERS = b"\x01-\x05"

_PLAIN, _LETTER, _DIGIT, _QUOTE, _DOUBLE, _DOLLAR, _MINUS, _SLASH, _POINT = 1, 2, 3, 4, 5, 6, 7, 8, 9
_MARKS = (b"", b"\x01", b"\x02", b"\x03", b"\x04", b"\x05")
_LARGEST = b"2147483647"


def _classes() -> bytes:
    """Return what each byte may begin outside of quotes; 0: nothing known."""
    table = bytearray(256)
    for byte in list(b" \t\n\r\f\v()[],;:=<>+*%^|&!~@#?`"):
        table[byte] = _PLAIN
    for byte in list(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"):  # a list: see Cython
        table[byte] = _LETTER
    for byte in list(b"0123456789"):
        table[byte] = _DIGIT
    for byte, kind in zip(list(b"'\"$-/."), (_QUOTE, _DOUBLE, _DOLLAR, _MINUS, _SLASH, _POINT), strict=True):
        table[byte] = kind
    return bytes(table)


_CLASSES = _classes()


def is_compiled() -> bool:
    """Return whether this is the compiled twin."""
    return bool(cython.compiled)


def shape_of(text: str | bytes) -> Shape | None:
    """Return the shape of a text, None if it has none. Bytes must be valid UTF-8 already."""
    if isinstance(text, str):
        try:
            data = text.encode()
        except UnicodeEncodeError:
            return None
        return _shape(data)
    return _shape(text)


@cython.cfunc
def _shape(data: bytes) -> object:
    end: cython.Py_ssize_t = len(data)
    if end > MAX_SHAPED:
        return None
    raw: cython.p_const_uchar = data
    table: bytes = _CLASSES
    kinds: cython.p_const_uchar = table
    parts: list[bytes] = []
    literals: list[bytes] = []
    start: cython.Py_ssize_t = 0  # of what is verbatim and not in `parts` yet
    pos: cython.Py_ssize_t = 0
    stop: cython.Py_ssize_t = 0
    kind: cython.Py_ssize_t = 0
    marker: cython.Py_ssize_t = 0
    while pos < end:
        kind = kinds[raw[pos]]
        if kind == 1:  # plain
            pos += 1
            continue
        if kind == 2:  # a letter: all of the word
            pos += 1
            while pos < end and (kinds[raw[pos]] == 2 or kinds[raw[pos]] == 3 or raw[pos] == 0x24):
                pos += 1
            if pos < end and raw[pos] == 0x27:  # E'', B'', X'', N'', or a word we cannot tell from them
                return None
            continue
        marker = 0
        if kind == 3:  # digit
            stop = _number(raw, kinds, pos, end)
            if stop < 0:
                return None
            marker = _numeral(data, pos, stop)
        elif kind == 4:  # '
            if pos > 0 and raw[pos - 1] == 0x26:  # U&''
                return None
            stop = _string(raw, pos, end)
            marker = 1
        elif kind == 5:  # "
            if pos > 0 and raw[pos - 1] == 0x26:  # U&""
                return None
            stop = _quoted(raw, pos, end)
        elif kind == 6:  # $: a parameter, or a dollar quote
            stop = pos + 1
            while stop < end and kinds[raw[stop]] == 3:
                stop += 1
            if stop == pos + 1 or (stop < end and (kinds[raw[stop]] == 2 or raw[stop] == 0x24)):
                return None
        elif kind == 7:  # -
            if pos + 1 < end and raw[pos + 1] == 0x2D:
                return None
            stop = pos + 1
        elif kind == 8:  # /
            if pos + 1 < end and raw[pos + 1] == 0x2A:
                stop = _last_comment(data, raw, pos, end)
                marker = 5
            else:
                stop = pos + 1
        elif kind == 9:  # .
            if pos + 1 < end and kinds[raw[pos + 1]] == 3:
                return None
            stop = pos + 1
        else:
            return None
        if stop < 0:
            return None
        if marker:
            parts.append(data[start:pos])
            parts.append(_MARKS[marker])
            literals.append(data[pos:stop])
            start = stop
        pos = stop
    parts.append(data[start:end])
    return b"".join(parts), tuple(literals)


@cython.cfunc
@cython.exceptval(-2, check=True)
def _number(
    raw: cython.p_const_uchar, kinds: cython.p_const_uchar, pos: cython.Py_ssize_t, end: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """Return where the digits, or digits, point and digits, at `pos` end; -1 if they touch anything."""
    while pos < end and kinds[raw[pos]] == 3:
        pos += 1
    if pos < end and raw[pos] == 0x2E:
        pos += 1
        if pos >= end or kinds[raw[pos]] != 3:
            return -1
        while pos < end and kinds[raw[pos]] == 3:
            pos += 1
    if pos < end and (
        kinds[raw[pos]] == 2 or kinds[raw[pos]] == 0 or raw[pos] == 0x2E or raw[pos] == 0x24 or raw[pos] == 0x27
    ):
        return -1
    return pos


@cython.cfunc
@cython.exceptval(-1, check=True)
def _numeral(data: bytes, pos: cython.Py_ssize_t, stop: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Return the marker of a numeral; 0 where its kind would hang on its value, and it stays as it is."""
    size: cython.Py_ssize_t = stop - pos
    digits: bytes = data[pos:stop]
    if b"." in digits:
        return 3
    if size <= 9:
        return 2
    if digits[0] == 0x30 or size > 18:
        return 0
    return 2 if size == 10 and digits <= _LARGEST else 4


@cython.cfunc
@cython.exceptval(-2, check=True)
def _string(raw: cython.p_const_uchar, pos: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Return where the string at `pos` ends; -1 if it is no plain one, or may go on behind white space."""
    at: cython.Py_ssize_t = pos + 1
    while True:
        if at >= end or raw[at] == 0x5C or raw[at] == 0:
            return -1
        if raw[at] != 0x27:
            at += 1
        elif at + 1 < end and raw[at + 1] == 0x27:
            at += 2
        else:
            break
    at += 1
    beyond: cython.Py_ssize_t = at
    while beyond < end and (raw[beyond] == 0x20 or 9 <= raw[beyond] <= 13):
        beyond += 1
    return -1 if beyond < end and raw[beyond] == 0x27 else at


@cython.cfunc
@cython.exceptval(-2, check=True)
def _quoted(raw: cython.p_const_uchar, pos: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Return where the quoted identifier at `pos` ends, -1 if it does not or holds a control character."""
    at: cython.Py_ssize_t = pos + 1
    while at < end and raw[at] >= 0x20:
        if raw[at] != 0x22:
            at += 1
        elif at + 1 < end and raw[at + 1] == 0x22:
            at += 2
        else:
            return -1 if at + 1 < end and raw[at + 1] == 0x27 else at + 1
    return -1


@cython.cfunc
@cython.exceptval(-2, check=True)
def _last_comment(
    data: bytes, raw: cython.p_const_uchar, pos: cython.Py_ssize_t, end: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """Return where the comment at `pos` ends, -1 if anything but white space or a semicolon stands behind it."""
    close: cython.Py_ssize_t = data.find(b"*/", pos + 2)
    if close < 0 or data.find(b"/*", pos + 2, close + 1) >= 0 or data.find(0, pos, close) >= 0:
        return -1
    at: cython.Py_ssize_t = close + 2
    while at < end:
        if raw[at] != 0x20 and raw[at] != 0x3B and not 9 <= raw[at] <= 13:
            return -1
        at += 1
    return close + 2
