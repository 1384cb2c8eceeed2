"""The journal's hot path, compiled and plain: the same tests, and the same bytes for anything."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from proctor.audit.segments import frame

ROOT = Path(__file__).parents[2]
AUDIT = Path("proctor", "audit")
RELAXED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
LARGEST = 2**63 - 1


def load(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"proctor.audit.{path.name.partition('.')[0]}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def built(tree: Path, name: str) -> ModuleType:
    (found,) = (tree / AUDIT).glob(f"{name}.*.so")
    module = load(found)
    assert module._is_compiled()
    return module


def bare(name: str) -> ModuleType:
    module = load(ROOT / "src" / AUDIT / f"{name}.py")
    assert not module._is_compiled()
    return module


@pytest.fixture(scope="module")
def compiled(tree: Path) -> ModuleType:
    return built(tree, "_hot")


@pytest.fixture(scope="module")
def plain() -> ModuleType:
    return bare("_hot")


@pytest.fixture(scope="module")
def pages(tree: Path) -> tuple[ModuleType, ModuleType]:
    """The page's twins, the compiled one first."""
    return built(tree, "page"), bare("page")


@pytest.mark.parametrize("choice", ["require", "forbid"])
def test_the_tests_of_journal_and_log_hold_for_this_twin(tree: Path, choice: str) -> None:
    both = "import proctor.audit._hot as hot, proctor.audit.page as page"
    probe = f"{both}; assert hot._is_compiled() is page._is_compiled() is {choice == 'require'}"
    env = os.environ | {"PROCTOR_COMPILED": choice, "PYTHONPATH": str(tree)}
    subprocess.run([sys.executable, "-c", probe], env=env, cwd=tree, check=True)
    tests = [f"tests/unit/audit/test_{name}.py" for name in ("journal", "slate", "runs", "integrator", "tlog")]
    command = [sys.executable, "-m", "pytest", *tests, "-p", "no:cacheprovider", "-p", "no:xdist", "-q"]
    command += ["-o", f"pythonpath={tree} {ROOT}"]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


class Set:
    """Clocks that say what they are told to say."""

    def __init__(self, looks: list[tuple[int, int]]) -> None:
        self._wall = iter([wall for wall, _ in looks])
        self._monotonic = iter([monotonic for _, monotonic in looks])

    def time_ns(self) -> int:
        return next(self._wall)

    def monotonic_ns(self) -> int:
        return next(self._monotonic)


NS = st.integers(0, 4_000_000_000_000_000_000)
LOOKS = st.lists(st.tuples(NS, st.integers(0, LARGEST // 2)), min_size=1, max_size=4)
SEQ = st.integers(0, LARGEST - 10) | st.sampled_from([0, 9, 10, 99, 100])


def written(twin: ModuleType, shard: str, first: int, looks: list[tuple[int, int]], bodies: list[object]) -> object:
    page = twin.Page(1, shard, Set(looks))
    page.begin_at(first)
    told: list[object] = []
    for body in bodies[: len(looks)]:
        try:
            number = page.add(body)
        except ValueError as trouble:
            told.append(str(trouble))
            continue
        if number < 0:
            told.append(page.step)
            number = page.put(b'{"kind":"clock.stepped"}')
        told += [number, page.newest]
    told += [page.first, page.next, page.size]
    return [*told, page.take(), page.first, page.next, page.size]


SHARDS = st.from_regex(r"[a-z0-9.-]{1,9}", fullmatch=True)
Page = tuple[str, int, list[tuple[int, int]], list[bytes]]


@RELAXED
@given(st.tuples(SHARDS, SEQ, LOOKS, st.lists(st.binary(max_size=60), min_size=4)))
@example(("w0", 0, [(0, 0), (1, 0), (0, 1), (10**18, 5)], [b"", b"x", b"y", b"z"]))
def test_the_twins_write_the_same(pages: tuple[ModuleType, ModuleType], page: Page) -> None:
    shard, first, looks, tails = page
    bodies: list[object] = [tail if tail[:1] == b"!" else b'{"kind":' + tail for tail in tails]
    one, other = (written(twin, shard, first, looks, bodies) for twin in pages)
    assert one == other


@RELAXED
@given(st.lists(st.tuples(st.binary(max_size=400), st.booleans()), max_size=8), st.integers(0, LARGEST - 10))
def test_a_record_in_parts_is_the_record_in_one(
    pages: tuple[ModuleType, ModuleType], parts: list[tuple[bytes, bool]], first: int
) -> None:
    """The checksum of a part that many records have in common is known beforehand, whatever goes before it."""
    whole = b'{"kind":' + b"".join(text for text, _ in parts)
    frames = set()
    for twin in pages:
        page = twin.Page(1, "w0", Set([(10**18, 1), (10**18, 1), (10**18, 2)]))
        page.begin_at(first)
        pieces = [twin.Piece(text) if common else text for text, common in parts]
        page.add((b'{"kind":', *pieces))
        frames.add(page.take())
        page.begin_at(first)
        page.add(whole)
        found = page.take()
        assert found == frame(found[8:])
        frames.add(found)
    assert len(frames) == 1
    assert frames.pop().endswith(whole[1:])


def test_a_page_grows_with_what_is_put_on_it_and_keeps_what_was_there(pages: tuple[ModuleType, ModuleType]) -> None:
    taken = []
    for twin in pages:
        page = twin.Page(1, "w0", Set([(10**18, 1)] * 4))
        for size in (10, 70_000, 2_000_000, 3):
            page.add((b'{"kind":', b"x" * size))
        taken.append([page.size, page.newest, page.take(), page.size, page.take()])
    assert taken[0] == taken[1]
    assert taken[0][0] == len(taken[0][2])


def test_what_is_held_on_a_page_goes_before_what_comes_next(pages: tuple[ModuleType, ModuleType]) -> None:
    taken = []
    for twin in pages:
        page = twin.Page(1, "w0", Set([(10**18, 1)] * 2))
        page.add(b'{"kind":"one"}')
        page.hold(0, page.take())
        page.add(b'{"kind":"two"}')
        taken.append((page.first, page.next, page.size, page.take()))
    assert taken[0] == taken[1]
    assert taken[0][:2] == (0, 2)
    assert taken[0][3].index(b'"one"') < taken[0][3].index(b'"two"')


def test_a_part_that_is_no_part_puts_nothing_on_the_page(pages: tuple[ModuleType, ModuleType]) -> None:
    for twin in pages:
        page = twin.Page(1, "w0", Set([(10**18, 1)] * 2))
        with pytest.raises((TypeError, AttributeError)):
            page.add((b'{"kind":', "text"))
        assert (page.next, page.size, page.take()) == (0, 0, b"")
        assert page.add(b'{"kind":"x"}') == 0


@pytest.mark.parametrize("size", [0, 255, 256, 65_536, 16 * 1024 * 1024 - 520, 16 * 1024 * 1024])
def test_the_twins_frame_any_length_as_the_reader_wants_it(pages: tuple[ModuleType, ModuleType], size: int) -> None:
    """The length has a checksum of its own making in the compiled twin: each of its bytes must count."""
    body = b'{"kind":' + b"x" * size
    one, other = (written(twin, "w0", 7, [(10**18, 1)], [body]) for twin in pages)
    assert one == other
    if size < 16 * 1024 * 1024 - 520:
        page = pages[0].Page(1, "w0", Set([(10**18, 1)]))
        page.add(body)
        frames = page.take()
        assert frames == frame(frames[8:])


@RELAXED
@given(st.lists(st.binary(max_size=40), max_size=6), st.binary(max_size=20), st.integers(0, 400))
def test_the_twins_find_the_same_sound_records(
    compiled: ModuleType, plain: ModuleType, records: list[bytes], tail: bytes, place: int
) -> None:
    good = b"".join(map(frame, records))
    spoilt = bytearray(good)
    if spoilt:
        spoilt[place % len(spoilt)] ^= 1 << place % 8
    for data in (good, good + tail, good[: len(good) - place % 9], bytes(spoilt), tail, bytes(64), b"\xff" * 64):
        assert compiled.sound_records(data, place % 7) == plain.sound_records(data, place % 7)
    sound, end = compiled.sound_records(good + tail[:8], 100)
    if b"" not in records:
        assert (sound, end) == (records, len(good))


@RELAXED
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=70))
def test_the_twins_hash_and_pack_the_same(compiled: ModuleType, plain: ModuleType, entries: list[bytes]) -> None:
    assert compiled.pack_all(entries) == plain.pack_all(entries)
    hashes = compiled.leaf_hashes(entries)
    assert hashes == plain.leaf_hashes(entries) == [sha256(b"\x00" + entry).digest() for entry in entries]
    before = list(hashes)
    assert compiled.root_over(hashes) == plain.root_over(hashes)
    assert hashes == before


@RELAXED
@given(st.lists(st.binary(max_size=300), max_size=40), st.integers(0, 9), st.integers(0, 45), st.integers(0, 2**16))
def test_the_twins_take_the_same_frames_for_the_log(
    compiled: ModuleType, plain: ModuleType, records: list[bytes], known: int, limit: int, place: int
) -> None:
    good = b"".join(map(frame, records))
    spoilt = bytearray(good)
    if spoilt:
        spoilt[place % len(spoilt)] ^= 1 << place % 8
    for data, size in ((bytearray(good), len(good)), (bytearray(good), place % (len(good) + 9)), (spoilt, len(spoilt))):
        sound, end = plain.sound_records(bytes(data[:size]), limit)
        wanted = sound[known:]
        for twin in (compiled, plain):
            entries = twin.Entries([b"before"])
            assert entries.frames(data, size, limit, known) == (len(sound), end)
            assert [*entries] == [b"before", *wanted]
            assert len(entries) == 1 + len(wanted)
            assert entries[-1] == (wanted[-1] if wanted else b"before")
            for low in range(0, len(entries), 7):
                some = [*entries][low : low + 9]
                high = low + len(some)
                assert entries.packed(low, high) == plain.pack_all(some)
                assert entries.hashes(low, high) == b"".join(sha256(b"\x00" + each).digest() for each in some)
            assert entries.size == len(plain.pack_all([*entries]))
            entries.clear()
            assert (len(entries), entries.size, [*entries]) == (0, 0, [])


def test_entries_of_both_twins_take_any_number_and_none_that_is_too_large(
    compiled: ModuleType, plain: ModuleType
) -> None:
    sizes = [0, 1, 65_535, 300, *range(2000)]
    offered = [b"%d" % size * size for size in sizes]
    for twin in (compiled, plain):
        entries = twin.Entries(each[:65_535] for each in offered)
        assert [*entries] == [each[:65_535] for each in offered]
        assert entries.hashes(2, 3) == sha256(b"\x00" + offered[2][:65_535]).digest()
        for place in (len(offered), -len(offered) - 1):
            with pytest.raises(IndexError):
                entries[place]
        with pytest.raises(ValueError, match="65,535"):
            entries.add(b"x" * 65_536)
        large = bytearray(frame(b"first") + frame(b"x" * 65_536))
        assert entries.frames(large, len(large), 9) == (1, len(frame(b"first")))


def test_the_twins_find_the_same_roots(compiled: ModuleType, plain: ModuleType) -> None:
    for count in (1, 2, 3, 5, 8, 255, 256):
        hashes = [sha256(b"%d" % number).digest() for number in range(count)]
        assert compiled.root_over(hashes) == compiled.root_over([b"".join(hashes)]) == plain.root_over(hashes)


def test_the_compiled_twin_hashes_the_same_where_it_can_borrow_nothing(tree: Path) -> None:
    (built_module,) = (tree / AUDIT).glob("_hot.*.so")
    said = f"""
import hashlib, importlib.util, sys, zlib
from proctor.audit import borrowed
borrowed.address = lambda module, function: 0
spec = importlib.util.spec_from_file_location("proctor.audit._hot", {str(built_module)!r})
hot = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hot)
assert hot._is_compiled()
entries = hot.Entries([b"one"])
head = (3).to_bytes(4, "big")
data = bytearray(head + zlib.crc32(b"two", zlib.crc32(head)).to_bytes(4, "big") + b"two")
assert entries.frames(data, len(data), 9) == (1, 11)
wanted = [hashlib.sha256(b"\\0" + each).digest() for each in (b"one", b"two")]
assert entries.hashes(0, 2) == b"".join(wanted)
assert hot.root_over(wanted) == hashlib.sha256(b"\\1" + b"".join(wanted)).digest()
data[-1] ^= 1
assert entries.frames(data, len(data), 9) == (0, 0)
"""
    env = os.environ | {"PYTHONPATH": str(tree)}
    done = subprocess.run([sys.executable, "-c", said], env=env, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_neither_twin_packs_an_entry_that_is_too_large(compiled: ModuleType, plain: ModuleType) -> None:
    for twin in (compiled, plain):
        assert len(twin.pack_all([b"x" * 65_535])) == 65_537
        with pytest.raises(ValueError, match="65,535"):
            twin.pack_all([b"", b"x" * 65_536])


def test_the_plain_twins_run_where_cython_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cython", None)
    hot, page = (load(ROOT / "src" / AUDIT / f"{name}.py") for name in ("_hot", "page"))
    assert hot.cython.__name__ == page.cython.__name__ == "proctor.audit._shim"
    own = page.Page(1, "w0", Set([(10**18, 1)]))
    assert own.add((b'{"kind":', page.Piece(b'"x"}'))) == 0
    assert len(hot.sound_records(own.take(), 1)[0]) == 1


@pytest.mark.parametrize("number", [0, 9, 10, 99, 100, 1_000_000, 2**62])
def test_the_twins_write_a_number_among_the_parts_in_its_digits(
    pages: tuple[ModuleType, ModuleType], number: int
) -> None:
    for twin in pages:
        page = twin.Page(1, "w0", Set([(10**18, 1)]))
        page.add((b'{"kind":', number, b"}", number))
        taken = page.take()
        assert taken == frame(taken[8:])
        assert taken.endswith(b"%d}%d" % (number, number))


# ---- what is counted from records


@pytest.fixture(scope="module")
def tallies(tree: Path) -> tuple[ModuleType, ModuleType]:
    """Return the twins that count."""
    return built(tree, "_tally"), bare("_tally")


NAMES = st.sampled_from(["x1", "x2", "x3", ""])
MICROS = st.integers(0, 20_000_000)
HEADS = st.builds(
    lambda minute, micros: (
        f'{{"v":1,"shard":"w0","seq":1,"time":"2026-11-29T09:0{minute}:00.5Z","monotonic_ns":{micros}000,'
    ),
    st.integers(0, 2),
    MICROS,
)
DECIDED = st.builds(
    lambda name, verdict, tail: (
        f'"kind":"statement.decided","id":"{name}","exchange":"{name}","database":"d","decision":{{"verdict":"{verdict}"}}{tail}'
    ),
    NAMES,
    st.sampled_from(["allow", "deny", "hold", ""]),
    st.sampled_from(["}", ',"ticket":"T1"}', '"blob":{}}', ""]),
)
ANSWERED = st.builds(
    lambda name, rows, took, state, tail: (
        f'"kind":"statement.answered","id":"{name}-a","of":"{name}","rows":{rows},"bytes":{rows},"duration_us":{took},"sqlstate":"{state}"{tail}}}'
    ),
    NAMES,
    st.integers(0, 10**20),
    MICROS,
    st.sampled_from(["00000", "42P01", "skipped", ""]),
    st.sampled_from(["", ',"masking_us":0', ',"masking_us":77', ',"masking_us":']),
)
HELD = '"kind":"ticket.opened","id":"t","ticket":"T1"}'
OTHER = st.sampled_from(
    [HELD, '"kind":"ticket.opened"}', '"kind":"heartbeat"}', '"kind":"', '"kind":"statement.decided","blob":{}}', ""]
)
RECORDS = st.builds(lambda head, body: (head + body).encode(), HEADS, DECIDED | ANSWERED | OTHER)
TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20).map(str.encode)


@RELAXED
@given(st.lists(st.lists(RECORDS | TEXT, max_size=12), max_size=3))
def test_the_twins_count_the_same(tallies: tuple[ModuleType, ModuleType], batches: list[list[bytes]]) -> None:
    told = []
    for twin in tallies:
        tally = twin.Tally()
        pointers = [tally.take(batch) for batch in batches]
        told.append(
            (pointers, tally.now(), tally.sums, tally.apart, tally.minute, tally.passed, tally.kinds, tally.failures)
        )
    assert told[0] == told[1]
