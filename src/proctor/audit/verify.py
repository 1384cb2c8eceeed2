"""Checks everything again, offline, from the files alone: who trusts nobody starts here.

`verify` reads every log's checkpoint, bundles and tiles, recomputes the tree, reads every record, and compares the
journal's segments where they still exist, the log of logs, the signer's memory and any checkpoint that somebody has
kept. It names the first record that is wrong, and says in words what it proves and what it cannot. Takes folders, keys
and kept checkpoints; returns a `Verification`. Shares no code with the writer of the log but the two hash functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from proctor.audit.examine import Checked, Examiner, Problem
from proctor.audit.integrator import META
from proctor.audit.note import Checkpoint, Untrusted, Verifier, open_checkpoint, read_checkpoint
from proctor.audit.segments import Reader
from proctor.audit.tiles import Misshapen, Tiles
from proctor.audit.tlog import CHECKPOINT, KEY
from proctor.audit.vouching import Vouched

Progress = Callable[[int, int], None]
MAX_PROBLEMS: Final = 1000  # of each log: who changes everything shall not fill our memory


@dataclass(frozen=True, slots=True)
class Verification:
    """What came out. `ok` says that nothing is wrong; problems that are not grave are noticed, and prove nothing."""

    ok: bool
    problems: tuple[Problem, ...]
    size: int
    root: bytes
    sizes: Mapping[str, int]
    pending: int
    unanswered: int
    proves: tuple[str, ...]
    cannot_prove: tuple[str, ...]

    @property
    def first(self) -> Problem | None:
        """Return the first thing that is wrong."""
        return next((problem for problem in self.problems if problem.grave), None)


@dataclass(slots=True)
class _Work:
    log: Path
    journal: Path | None
    keys: Mapping[str, Verifier]
    signed: Path | None
    kept: Sequence[Checkpoint]
    progress: Progress
    vouched: tuple[Vouched, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    done: int = 0
    total: int = 0


def verify(
    log: Path,
    journal: Path | None = None,
    *,
    keys: Iterable[Verifier] = (),
    signed: Path | None = None,
    remembered: Iterable[bytes] = (),
    vouched: Iterable[Vouched] = (),
    progress: Progress | None = None,
) -> Verification:
    """Check all logs below a folder.

    `keys` are verifier keys obtained elsewhere; without them each log's own `log.vkey` is believed. `signed` is the
    folder of the signer's memory; `remembered` are checkpoints kept elsewhere, which find a rollback or a fork;
    `vouched` is what witnesses and authorities saw.
    """
    given = {key.name: key for key in keys}
    problems: list[Problem] = []
    kept = list(_kept(remembered, given, problems))
    others = tuple(vouched)
    for one in others:
        kept += one.kept
        problems += one.problems
    work = _Work(log, journal, given, signed, kept, progress or (lambda done, total: None), others, problems)
    names = _names(log, journal)
    # What others saw is read before the logs themselves: a gateway at work only ever adds to them.
    memories = {name: said for name in names if (said := _memory(work, name)) is not None}
    heads = {META: _head(work, META)} if META in names else {}
    heads |= {name: _head(work, name) for name in names if name != META}
    work.total = sum(head.size for head in heads.values() if head is not None)
    meta = _examine(work, META, heads[META], {}, memories.get(META)) if META in heads else None
    seen = _by_origin(meta)
    checked = [
        _examine(work, name, heads[name], seen.get(_origin(heads[name], name, seen), {}), memories.get(name))
        for name in names
        if name != META
    ]
    _find_missing(work, seen, heads)
    _find_undeclared(work, checked)
    return _conclude(work, meta, checked)


def _names(log: Path, journal: Path | None) -> list[str]:
    found = {path.name for path in log.iterdir() if path.is_dir()} if log.is_dir() else set()
    if journal is not None and journal.is_dir():
        found |= {path.name for path in journal.iterdir() if path.is_dir()}
    return sorted(found)


def _kept(notes: Iterable[bytes], keys: Mapping[str, Verifier], problems: list[Problem]) -> Iterable[Checkpoint]:
    for note in notes:
        try:
            said = read_checkpoint(note.decode("utf-8").rpartition("\n\n")[0] + "\n")
            yield open_checkpoint(note, keys[said.origin]) if said.origin in keys else said
        except (Untrusted, UnicodeDecodeError) as fault:
            problems.append(Problem("", None, f"a kept checkpoint cannot be used: {fault}"))


def _head(work: _Work, name: str) -> Checkpoint | None:
    """Return a log's checkpoint; one with a bad signature is a problem, and is still used to find what is wrong."""
    folder = work.log / name
    try:
        note = (folder / CHECKPOINT).read_bytes()
    except OSError:
        if (folder / "tile").exists() or (folder / KEY).exists():
            work.problems.append(Problem(name, None, "the log has no checkpoint", where=f"{name}/{CHECKPOINT}"))
        return None
    try:
        said = read_checkpoint(note.decode("utf-8").rpartition("\n\n")[0] + "\n")
    except (Untrusted, UnicodeDecodeError) as fault:
        work.problems.append(Problem(name, None, f"the checkpoint is damaged: {fault}", where=f"{name}/{CHECKPOINT}"))
        return None
    try:
        open_checkpoint(note, _key(work, name, said.origin))
    except (Untrusted, OSError) as fault:
        work.problems.append(
            Problem(name, None, f"the checkpoint is not the log's own: {fault}", where=f"{name}/{CHECKPOINT}")
        )
    return said


def _key(work: _Work, name: str, origin: str) -> Verifier:
    if origin in work.keys:
        return work.keys[origin]
    for key in work.keys.values():
        # One key signs for all logs of a house, each under its own name: any of them vouches for all.
        if origin.rpartition("/")[0] == key.name.rpartition("/")[0] and "/" in origin:
            return Verifier(origin, key.public)
    if work.keys:
        raise Untrusted(f"no key was given for {origin}")
    return Verifier.read((work.log / name / KEY).read_text("utf-8"))


def _origin(head: Checkpoint | None, name: str, seen: Mapping[str, object]) -> str:
    if head is not None:
        return head.origin
    return next((origin for origin in seen if origin.endswith(f"/{name}")), "")


def _by_origin(meta: Checked | None) -> dict[str, dict[int, bytes]]:
    seen: dict[str, dict[int, bytes]] = {}
    for said in meta.checkpoints if meta is not None else ():
        seen.setdefault(said.origin, {})[said.size] = said.root
    return seen


def _examine(
    work: _Work, name: str, head: Checkpoint | None, seen: Mapping[int, bytes], memory: Checkpoint | None
) -> Checked:
    expected = dict(seen)
    for said in work.kept:
        if head is not None and said.origin == head.origin:
            _expect(work, name, expected, said, "a kept checkpoint")
    unpublished = memory.size if memory is not None and _remember(work, name, expected, head, memory) else 0
    journal = None
    if work.journal is not None and name != META and (work.journal / name).is_dir():
        journal = Reader(work.journal / name)

    def size_now() -> int:
        try:
            note = (work.log / name / CHECKPOINT).read_bytes()
            return max(unpublished, open_checkpoint(note, _key(work, name, head.origin)).size if head else 0)
        except (OSError, Untrusted):
            return 0

    examiner = Examiner(name, work.log / name, head, expected=expected, journal=journal, size_now=size_now)

    def advance(records: int) -> None:
        work.done += records
        work.progress(work.done, work.total)

    checked = examiner.run(advance, meta=name == META)
    work.problems += checked.problems[:MAX_PROBLEMS]
    return checked


def _remember(work: _Work, name: str, expected: dict[int, bytes], head: Checkpoint | None, memory: Checkpoint) -> bool:
    """Hold the log against its signer's memory, unless that is ahead of it by one append whose files are all there.

    Says whether it is.
    """
    if head is not None and memory.size > head.size:
        try:
            unpublished = Tiles(work.log / name, memory.size).root() == memory.root
        except (OSError, Misshapen):
            unpublished = False
        if unpublished:
            what = (
                f"{memory.size} records are signed for and not published yet: "
                "a house at work, or a crash that the next start makes good"
            )
            work.problems.append(Problem(name, None, what, grave=False))
            return True
    _expect(work, name, expected, memory, "the signer's memory")
    return False


def _expect(work: _Work, name: str, expected: dict[int, bytes], said: Checkpoint, whose: str) -> None:
    if expected.setdefault(said.size, said.root) != said.root:
        work.problems.append(Problem(name, None, f"{whose} contradicts another at {said.size} records: the log forked"))


def _memory(work: _Work, name: str) -> Checkpoint | None:
    if work.signed is None:
        return None
    try:
        return read_checkpoint((work.signed / f"{name}.signed").read_text("utf-8"))
    except (OSError, Untrusted, UnicodeDecodeError):
        return None


def _find_missing(work: _Work, seen: Mapping[str, object], heads: Mapping[str, Checkpoint | None]) -> None:
    there = {head.origin for head in heads.values() if head is not None}
    known = {*seen, *(said.origin for said in work.kept if said.size)}
    for origin in sorted(known - there):
        work.problems.append(Problem(origin.rpartition("/")[2], None, f"the log {origin} is gone, or its checkpoint"))


def _find_undeclared(work: _Work, checked: Sequence[Checked]) -> None:
    """Note what was taken away; without a record that declares it, somebody else has done so."""
    declared: dict[str, int] = {}
    for one in checked:
        for name, before in one.declared.items():
            declared[name] = max(before, declared.get(name, 0))
    for one in checked:
        if one.retired > declared.get(one.name, 0):
            what = f"records 0 to {one.retired - 1} were taken away, and no record declares it"
            work.problems.append(Problem(one.name, None, what))
        elif one.retired:
            what = f"records 0 to {one.retired - 1} were retired, as a record declares; their hashes are still there"
            work.problems.append(Problem(one.name, None, what, grave=False))


def _conclude(work: _Work, meta: Checked | None, checked: Sequence[Checked]) -> Verification:
    order = sorted(
        work.problems,
        key=lambda one: (not one.grave, one.index is None, one.shard == META, one.shard, one.index or 0),
    )
    size = sum(one.size for one in checked)
    pending = sum(one.pending for one in checked)
    unanswered = sum(one.unanswered for one in checked)
    ok = not any(problem.grave for problem in work.problems)
    return Verification(
        ok=ok,
        problems=tuple(order),
        size=size,
        root=meta.root if meta is not None else (checked[0].root if len(checked) == 1 else b""),
        sizes={one.name: one.size for one in checked},
        pending=pending,
        unanswered=unanswered,
        proves=_proves(size, len(checked), work) if ok else (),
        cannot_prove=_cannot_prove(work, pending),
    )


def _proves(size: int, logs: int, work: _Work) -> tuple[str, ...]:
    said = [
        f"The {size} records of {logs} logs are, byte for byte, those that the log's key has signed.",
        "No record is missing between the first and the last of each log, and none was put in later.",
        "Each answer belongs to a decision that was recorded before it.",
    ]
    if work.journal is not None:
        said.append("The journal's segments that still exist hold the same records.")
    if work.kept:
        said.append("The log contains what the kept checkpoints saw.")
    return (*said, *(sentence for one in work.vouched for sentence in one.proves))


def _cannot_prove(work: _Work, pending: int) -> tuple[str, ...]:
    said = []
    if pending:
        said.append(f"{pending} records are in the journal only: no checkpoint covers them yet.")
    if not work.keys:
        said.append("The key was taken from the log's own folder: give one that you obtained elsewhere.")
    if not work.kept:
        said.append(
            "That the log ends where it should: without a checkpoint kept elsewhere, "
            "a rollback of the whole state folder cannot be seen."
        )
    elif moments := [one.until for one in work.vouched if one.until is not None]:
        said.append(
            f"That nothing was taken away which came after {max(moments):%Y-%m-%d %H:%M:%S} UTC, "
            "when the log was last seen by others."
        )
    said.append("That the gateway told the truth when it wrote, or what was done to the database past the gateway.")
    return tuple(said)
