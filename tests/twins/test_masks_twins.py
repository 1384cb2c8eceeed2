"""The masks, compiled and plain: the same tests, and the same answers to anything."""

from __future__ import annotations

import os
import subprocess
import sys
from array import array
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proctor.policy import masks_keyed, masks_runs

ROOT = Path(__file__).parents[2]
POLICY = Path("proctor", "policy")
NAMES = ("masks_keyed", "runs_keyed", "runs_sealed", "runs_words", "runs_figures", "runs_repeats")
RELAXED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)


def load(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"proctor.policy.{path.name.split('.')[0]}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Twin:
    """The modules of one kind."""

    masks_keyed: ModuleType
    runs_keyed: ModuleType
    runs_sealed: ModuleType
    runs_words: ModuleType
    runs_figures: ModuleType
    runs_repeats: ModuleType


@pytest.fixture(scope="module")
def compiled(tree: Path) -> Twin:
    twin = Twin(*(load(next((tree / POLICY).glob(f"{name}.*.so"))) for name in NAMES))
    assert all(getattr(twin, name).is_compiled() for name in NAMES)
    return twin


@pytest.fixture(scope="module")
def plain() -> Twin:
    twin = Twin(*(load(ROOT / "src" / POLICY / f"{name}.py") for name in NAMES))
    assert not any(getattr(twin, name).is_compiled() for name in NAMES)
    return twin


@pytest.mark.parametrize("choice", ["require", "forbid"])
def test_the_tests_of_the_masks_hold_for_this_twin(tree: Path, choice: str) -> None:
    probe = f"import proctor.policy.masks_keyed as hot; assert hot.is_compiled() is {choice == 'require'}"
    env = os.environ | {"PROCTOR_COMPILED": choice, "PYTHONPATH": str(tree)}
    subprocess.run([sys.executable, "-c", probe], env=env, cwd=tree, check=True)
    pages = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "tests" / "unit" / "policy").glob("test_masks*.py"))
    assert len(pages) >= 4
    command = [sys.executable, "-m", "pytest", *pages, "-p", "no:cacheprovider", "-p", "no:xdist", "-q"]
    command += ["-o", f"pythonpath={tree} {ROOT}"]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


TEXTS = st.text("abzABZ09 @.,-+é", max_size=40).map(str.encode) | st.binary(max_size=70)
FIGURES = st.text("0123456789-. +", max_size=20).map(str.encode) | st.dates().map(lambda d: d.isoformat().encode())
CELLS = st.lists(st.none() | TEXTS | FIGURES, max_size=20)


def answers(twin: Twin, values: list[bytes | None], room: int | None) -> list[object]:
    """Return what a twin makes of the cells by every way there is."""
    data, spans = b"", array("q")
    for value in values:
        spans.extend((len(data), -1 if value is None else len(value)))
        data += value or b""
    keyed = twin.masks_keyed.Keyed(b"k" * 32, "twins")
    words, figures, keys = twin.runs_words, twin.runs_figures, twin.runs_keyed
    one, two = words.Words((b"Abe", b"Bea")), words.Words((b"Carr", b"Dale", b"Eyre"))
    kept, shapes = bytes(c in b" -./" for c in range(256)), masks_runs.array("Q", [3**9])
    ways = [
        lambda *run: twin.runs_sealed.seal(keyed, masks_runs._SPELLING, *run, b"~", b"@x", 10, 80, room),
        lambda *run: keys.shape(keyed, *run, kept, shapes, b"ABCDEFGHJK", b"~", 34, room),
        lambda *run: keys.card(keyed, *run, masks_runs._PREFIXES, bytes(masks_runs.numbers.UNISSUED), 40, room),
        *(
            (lambda *run, form=form: words.words_of(keyed, *run, form, one, two, room is not None))
            for form in words.FORMS.values()
        ),
        lambda *run: words.digest(keyed, *run, True, room),
        lambda *run: words.digest(keyed, *run, False, room),
        lambda *run: figures.phone(keyed, *run, masks_runs._FICTION, masks_runs._CODES, room),
        lambda *run: figures.date(keyed, *run, 400),
        lambda *run: figures.amount(keyed, *run, True, room),
        lambda *run: figures.amount(keyed, *run, False, room),
        lambda *run: figures.network(keyed, *run),
    ]
    found: list[object] = []
    for way in ways:
        out, cells = bytearray(masks_runs.MOST * len(values)), array("q", bytes(8 * len(spans)))
        late = way(data, spans, out, cells)
        pairs = range(0, len(spans), 2)
        shown = [bytes(out[cells[i] : cells[i] + cells[i + 1]]) for i in pairs if spans[i + 1] >= 0 and i not in late]
        found.append((late, shown))
    return found


@RELAXED
@given(CELLS, st.none() | st.integers(0, 40))
def test_the_twins_mask_the_same(compiled: Twin, plain: Twin, values: list[bytes | None], room: int | None) -> None:
    assert answers(compiled, values, room) == answers(plain, values, room)


@RELAXED
@given(st.binary(max_size=100), st.integers(1, 2**88), st.integers(1, 2**88), st.data())
def test_the_twins_reckon_the_same(
    compiled: Twin, plain: Twin, text: bytes, high: int, low: int, data: st.DataObject
) -> None:
    one, other = (twin.masks_keyed.Keyed(b"k" * 32, "twins") for twin in (compiled, plain))
    assert one.number(text) == other.number(text)
    if len(text) > 1:
        assert one.encipher(text) == other.encipher(text)
        assert one.decipher(text) == other.decipher(text)
    number = data.draw(st.integers(0, high * low - 1))
    assert one.permute(number, high, low, 5) == other.permute(number, high, low, 5)
    assert one.restore(number, high, low, 5) == other.restore(number, high, low, 5)


@RELAXED
@given(st.lists(st.binary(min_size=2, max_size=40) | st.binary(min_size=21, max_size=21), max_size=30))
def test_many_texts_are_enciphered_as_one_is(compiled: Twin, plain: Twin, texts: list[bytes]) -> None:
    """Eight of one size go together; a single one goes another way, which is the definition."""
    spans, at = array("q"), 0
    for text in texts:
        spans.extend((at, len(text)))
        at += len(text)
    expected = b"".join(plain.masks_keyed.Keyed(b"k" * 32, "twins").encipher(text) for text in texts)
    for module in (compiled.masks_keyed, plain.masks_keyed, masks_keyed):  # the last may be for wide processors
        work = bytearray(b"".join(texts))
        module.Keyed(b"k" * 32, "twins").encipher_all(work, spans)
        assert work == expected


@RELAXED
@given(st.lists(st.sampled_from([b"", b"a", b"bc", b"+1 202-555-0100", b"+1 202-555-0101", None]), max_size=600))
def test_repeated_values_are_found(compiled: Twin, plain: Twin, values: list[bytes | None]) -> None:
    data, spans = b"", array("q")
    for value in values:
        spans.extend((len(data), -1 if value is None else len(value)))
        data += value or b""
    found = [twin.runs_repeats.distinct(data, spans) for twin in (compiled, plain)]
    assert found[0] == found[1]
    if found[0] is not None:
        differ, places = found[0]
        shown = [None if differ[at + 1] < 0 else data[differ[at] : differ[at] + differ[at + 1]] for at in places]
        assert shown == values
        again = [twin.runs_repeats.spread(differ, places) for twin in (compiled, plain)]
        assert again[0] == again[1] == array("q", [part for at in places for part in differ[at : at + 2]])


def test_the_plain_twins_run_where_cython_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cython", None)
    bare = Twin(*(load(ROOT / "src" / POLICY / f"{name}.py") for name in NAMES))
    assert bare.masks_keyed.cython.__name__ == "proctor.policy._shim"
    values: list[bytes | None] = [
        b"zelda@sentinel.example",
        None,
        b"4539578763621486",
        b"1984-07-19",
        b"+1 202 555 0147",
    ]
    assert len(answers(bare, values, None)) == 16
