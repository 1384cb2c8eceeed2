"""Rows and copies rewritten, compiled and plain: the same answers to anything, few rows or many."""

from __future__ import annotations

import sys
from array import array
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proctor.wire import messages as say

ROOT = Path(__file__).parents[2]
HOT = Path("proctor", "wire", "_rows.py")
COPIES = Path("proctor", "wire", "_copies.py")
RELAXED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)


def load(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"proctor.wire.{path.name.split('.')[0]}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def compiled(tree: Path) -> ModuleType:
    (built,) = (tree / HOT).parent.glob("_rows.*.so")
    module = load(built)
    assert module._is_compiled()
    return module


@pytest.fixture(scope="module")
def plain() -> ModuleType:
    module = load(ROOT / "src" / HOT)
    assert not module._is_compiled()
    return module


def outcome(function: object, *arguments: object) -> object:
    try:
        return function(*arguments)  # type: ignore[operator]
    except Exception as trouble:
        return type(trouble), str(trouble)


ROWS = st.lists(st.lists(st.none() | st.binary(max_size=9), max_size=3), max_size=4)
MASKS = st.lists(
    st.sampled_from([None, b"", b"const", bytes.upper, lambda cell: None, lambda cell: 1 // 0]), max_size=3
)


@RELAXED
@given(st.tuples(ROWS, MASKS, st.binary(max_size=30), st.integers(0, 8), st.sampled_from([1, 9])))
def test_the_twins_rewrite_the_same(
    compiled: ModuleType, plain: ModuleType, case: tuple[list[list[bytes | None]], list[object], bytes, int, int]
) -> None:
    rows, masks, tail, limit, times = case
    good = b"".join(map(say.data_row, rows)) * times
    for data in (good, good + tail, good + say.frame(b"D", tail), good[: len(good) - limit]):
        counts: list[list[int]] = [[0] * len(masks), [0] * len(masks)]
        one, other = (
            outcome(twin.rewrite_rows, data, masks, cells, limit)
            for twin, cells in zip((compiled, plain), counts, strict=True)
        )
        assert one == other
        assert counts[0] == counts[1]


def test_the_twins_have_a_null_each_and_it_works(compiled: ModuleType, plain: ModuleType) -> None:
    for twin in (compiled, plain):
        for times in (1, 20):
            shown = twin.rewrite_rows(say.data_row([b"a"]) * times, [twin.NULL], [0])
            assert shown == say.data_row([None]) * times


DATA = st.lists(st.sampled_from(list(b'ab,\t\n"\\N.')), max_size=40).map(bytes) | st.binary(max_size=60)


def copied(copies: ModuleType, data: bytes, hidden: bytes) -> list[object]:
    """Return what a twin does to data of each format: every hidden value twice, and the first of them to NULL."""

    def text() -> bytes:
        found = copies.rows_of_text(data, 0, hidden, 9)
        values, spans = copies.values_of(found, sum(hidden), b"\\N", True, 92, -1, bytes(range(256)))
        return copies.write_rows(found, sum(hidden), *doubled(values, spans), b"\\N", 92, -1, ESCAPED, False)  # type: ignore[no-any-return]

    def framed(frames: bytes) -> bytes | None:
        found = copies.rows_in_frames(frames, hidden, 9)
        if found is None:
            return None
        values, spans = copies.values_of(found, sum(hidden), b"\\N", True, 92, -1, bytes(range(256)))
        return copies.write_rows(found, sum(hidden), *doubled(values, spans), b"\\N", 92, -1, ESCAPED, False)  # type: ignore[no-any-return]

    def comma(escape: int) -> bytes:
        found = copies.rows_of_csv(data, 0, hidden, 44, 34, escape)
        values, spans = copies.values_of(found, sum(hidden), b"", True, escape, 34, bytes(range(256)))
        return copies.write_rows(found, sum(hidden), *doubled(values, spans), b"", escape, 34, QUOTED, False)  # type: ignore[no-any-return]

    def binary() -> object:
        found = copies.rows_of_binary(data, 0, hidden)
        return found.count, list(found.places), list(found.ends)

    payloads = (outcome(copies.payload, run) for run in (data, say.copy_data(data) * 2, say.copy_data(b"")))
    lines = b"".join(map(say.copy_data, data.splitlines(keepends=True)))
    frames = (outcome(framed, run) for run in (lines, data, say.copy_data(data) + lines))
    return [outcome(text), *frames, outcome(comma, 34), outcome(comma, 92), outcome(binary), *payloads]


ESCAPED = bytes(c if c in b"\t\\" else 110 if c == 10 else 0 for c in range(256))
QUOTED = bytes(c in b',"\r\n' for c in range(256))


def doubled(values: bytes, spans: array[int]) -> tuple[bytearray, array[int]]:
    fresh, made = bytearray(), array("q")
    for at in range(0, len(spans), 2):
        start, size = spans[at], spans[at + 1]
        made.extend((len(fresh), -1 if size < 0 or at == 0 else 2 * size))
        fresh += values[start : start + max(size, 0)] * 2
    return fresh, made


@RELAXED
@given(DATA, st.lists(st.integers(0, 1), min_size=1, max_size=3).map(bytes))
def test_the_twins_copy_the_same(tree: Path, data: bytes, hidden: bytes) -> None:
    (built,) = (tree / COPIES).parent.glob("_copies.*.so")
    compiled, plain = load(built), load(ROOT / "src" / COPIES)
    assert compiled.is_compiled()
    assert not plain.is_compiled()
    for cut in range(min(len(data), 3) + 1):
        assert copied(compiled, data[cut:], hidden) == copied(plain, data[cut:], hidden)


def test_the_plain_twin_runs_where_cython_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cython", None)
    bare = load(ROOT / "src" / HOT)
    assert bare.cython.__name__ == "proctor.wire._shim"
    for times in (1, 20):
        shown = bare.rewrite_rows(say.data_row([b"a", None]) * times, [b"xyz", b"b"], [0, 0])
        assert shown == say.data_row([b"xyz", None]) * times


@RELAXED
@given(rows=ROWS, masks=MASKS, looks=st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_rows_under_masks_that_look_around_come_out_alike(
    compiled: ModuleType, plain: ModuleType, rows: list[list[bytes | None]], masks: list[object], looks: tuple[int, int]
) -> None:
    def around(cell: bytes, others: tuple[bytes | None, ...]) -> bytes | None:
        return None if others[0] is None else cell + others[0] + (others[1] or b"-")

    raw = b"".join(map(say.data_row, rows))
    answers = []
    for module in (compiled, plain):
        cells = [0] * (len(masks) + 1)
        worn = [*masks, module.Beside(around, looks)]
        answers.append((outcome(module.rewrite_beside, raw, worn, cells), cells))
    assert answers[0] == answers[1]
