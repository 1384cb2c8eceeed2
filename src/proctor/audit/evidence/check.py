"""Checks a pack, offline and trusting none of it: digests, signatures, trees, proofs, and every report made again.

Takes a folder and keys; returns a `Verdict` that names what is wrong, or says what holds and what cannot be shown.
"""

from __future__ import annotations

import filecmp
import os
import stat
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from proctor.audit.evidence.extent import Extent, Unfit, checkpoints_in, examined, extents, read, walk
from proctor.audit.evidence.pack import (
    NOTE,
    SUMS,
    Progress,
    Rendered,
    Told,
    digests,
    note_name,
    note_text,
    read_inputs,
    render,
)
from proctor.audit.evidence.report import Inputs
from proctor.audit.integrator import META
from proctor.audit.note import Untrusted, Verifier, open_note
from proctor.audit.proof import Receipt
from proctor.audit.record import RulesLoaded, glance
from proctor.audit.tiles import Misshapen, Tiles
from proctor.audit.tlog import KEY
from proctor.errors import Fault

MOST_PROBLEMS: Final = 100
_RULES: Final = b'"kind":"rules.loaded"'
_read_rules: Final = msgspec.json.Decoder(RulesLoaded).decode


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out."""

    ok: bool
    problems: tuple[str, ...]
    records: int
    told: tuple[Told, ...]
    proves: tuple[str, ...] = ()
    cannot_prove: tuple[str, ...] = ()


@dataclass(slots=True)
class _Work:
    pack: Path
    keys: Sequence[Verifier]
    progress: Progress
    problems: list[str] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    """Those below log/ that are accounted for."""
    done: int = 0
    total: int = 0

    def advance(self, count: int) -> None:
        self.done += count
        self.progress(self.done, self.total)

    def wrong(self, what: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(what)


def verify(
    pack: Path, keys: Sequence[Verifier] = (), progress: Progress | None = None, *, unsigned: bool = False
) -> Verdict:
    """Check a pack. Keys are those of the house's logs, got elsewhere; without them, the pack's own are believed.

    Without the house's signature over it a pack is wrong, unless whoever checks has said that it may be `unsigned`.
    """
    inputs = read_inputs(pack)
    work = _Work(pack, keys, progress or (lambda done, total: None))
    if not _files(work):
        return Verdict(False, tuple(work.problems), 0, ())
    _note(work, inputs, unsigned=unsigned)
    parts: list[Extent] = []
    rendered: Rendered | None = None
    try:
        parts = extents(pack / "log")
        work.total = 3 * sum(part.count for part in parts)
        for part in parts:
            work.files |= examined(pack / "log", part, _key(work, part.origin, part.shard, inputs), work.advance)
            _covers(work, part, inputs)
        _complete(work, parts, inputs)
        _accounted(work)
        _texts(work, parts, inputs)
        if not work.problems:
            rendered = _again(work)
    except (Unfit, Untrusted, Misshapen, Fault, msgspec.MsgspecError, OSError, ValueError) as fault:
        work.wrong(fault.message if isinstance(fault, Fault) else str(fault) or type(fault).__name__)
    if rendered is not None:
        _proofs(work, parts, rendered, inputs)
    records = sum(part.count for part in parts)
    ok = not work.problems and rendered is not None
    return Verdict(
        ok,
        tuple(work.problems),
        records,
        rendered.told if rendered is not None else (),
        _proves(records, parts) if ok else (),
        _cannot(work, parts),
    )


# --- files --------------------------------------------------------------------------------------------------------


def _files(work: _Work) -> bool:
    """Hold every file against the list. Says whether the pack can be looked at further."""
    for folder, names, files in os.walk(work.pack):
        for name in (*names, *files):
            mode = os.lstat(Path(folder, name)).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                work.wrong(f"{Path(folder, name).relative_to(work.pack)} is neither a file nor a folder")
    if work.problems:
        return False
    try:
        listed = dict(_listed((work.pack / SUMS).read_text("utf-8")))
    except (OSError, ValueError) as fault:
        work.wrong(f"{SUMS} cannot be read: {fault}")
        return False
    there = dict(digests(work.pack))
    for name in sorted({*listed, *there}):
        if name not in there:
            work.wrong(f"{name} is missing")
        elif name not in listed:
            work.wrong(f"{name} was added: {SUMS} does not list it")
        elif listed[name] != there[name]:
            work.wrong(f"{name} was changed: its SHA-256 is another than {SUMS} says")
    return not work.problems


def _listed(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        digest, gap, name = line.partition("  ")
        if len(digest) != 64 or not gap or not name:
            raise ValueError("a line is malformed")
        yield name, digest


def _note(work: _Work, inputs: Inputs, *, unsigned: bool) -> None:
    path = work.pack / NOTE
    if not path.exists() and not unsigned:
        # Whoever takes the signature away can make everything anew that it covered.
        work.wrong(f"{NOTE} is missing: the house has not signed this pack, or its signature was taken away")
        return
    if not path.exists():
        work.unsaid.append(
            "That inputs.json (principals, databases, rules' texts) is what the house said: the pack is not signed."
        )
        return
    digest = sha256((work.pack / SUMS).read_bytes()).hexdigest()
    try:
        publics = {key.public for key in work.keys} or set(_own(work.pack))
        said = open_note(path.read_bytes(), [Verifier(note_name(inputs.house), public) for public in publics])
    except (OSError, Untrusted, ValueError) as fault:
        work.wrong(f"{NOTE} is not signed by the house's key: {fault}")
        return
    if said != note_text(inputs.house, digest):
        work.wrong(f"{NOTE} was signed over another {SUMS}")


def _own(pack: Path) -> Iterator[bytes]:
    for path in sorted((pack / "log").glob(f"*/{KEY}")):
        yield Verifier.read(path.read_text("utf-8")).public


# --- logs ---------------------------------------------------------------------------------------------------------


def _key(work: _Work, origin: str, shard: str, inputs: Inputs) -> Verifier:
    if origin != f"{inputs.house}/log/{shard}":
        raise Unfit(f"log/{shard} is the log {origin}, of another house than {inputs.house}")
    if not work.keys:
        return Verifier.read((work.pack / "log" / shard / KEY).read_text("utf-8"))
    for key in work.keys:
        # One key signs for all logs of a house, each under its own name: any of them vouches for all.
        if key.name.rpartition("/")[0] == origin.rpartition("/")[0]:
            return Verifier(origin, key.public)
    raise Unfit(f"no key was given for {origin}")


def _covers(work: _Work, part: Extent, inputs: Inputs) -> None:
    """Say so where the range does not reach over the time asked for."""
    if not part.count:
        if part.size:
            work.wrong(f"log/{part.shard}: the range is empty")
        return
    tiles = Tiles(work.pack / "log" / part.shard, part.end)
    first, last = glance(tiles.entry(part.first)), glance(tiles.entry(part.end - 1))
    if part.first and first.time >= inputs.since:
        work.unsaid.append(
            f"What {part.shard} had before record {part.first}: those records were retired, or begin later than "
            f"{inputs.since}."
        )
    if part.end < part.size and last.time < inputs.until:
        work.wrong(f"log/{part.shard}: the range ends before {inputs.until}, and the log goes on")


def _complete(work: _Work, parts: Sequence[Extent], inputs: Inputs) -> None:
    """See that no log is left out that the log of logs knows."""
    if not (work.pack / "log" / META).is_dir():
        work.unsaid.append("That no log was left out: the pack has no log of logs.")
        return
    meta = read(work.pack / "log", META)
    work.files |= examined(work.pack / "log", meta, _key(work, meta.origin, META, inputs), lambda _: None)
    there = {part.origin for part in parts}
    heads = {(part.origin, size): root for part in parts for size, root in _heads(part)}
    for said in checkpoints_in(work.pack / "log"):
        if said.origin not in there:
            raise Unfit(f"the log {said.origin} was left out: the log of logs knows it")
        if heads.get((said.origin, said.size), said.root) != said.root:
            raise Unfit(f"the log {said.origin} is another than the log of logs saw at {said.size} records")


def _accounted(work: _Work) -> None:
    """See that nothing lies among the logs that belongs to none."""
    log = work.pack / "log"
    there = {path.relative_to(log).as_posix() for path in log.rglob("*") if path.is_file()}
    for name in sorted(there - work.files):
        work.wrong(f"log/{name} does not belong here")


def _heads(part: Extent) -> Iterator[tuple[int, bytes]]:
    for size, root in ((part.first, part.start_root), (part.end, part.end_root), (part.size, part.root)):
        yield size, b64decode(root)


def _texts(work: _Work, parts: Sequence[Extent], inputs: Inputs) -> None:
    """Hold the texts of rules against their hashes, and those against the log."""
    for name, text in inputs.rule_texts.items():
        if sha256(text.encode()).hexdigest() != name:
            work.wrong(f"the text of rules {name[:12]} in inputs.json has another hash")
    named = {
        source.sha256
        for part in parts
        for _, record in walk(work.pack / "log", part)
        if _RULES in record
        for source in _read_rules(record).sources
    }
    if missing := named - set(inputs.rule_texts):
        work.unsaid.append(f"The texts of {len(missing)} rule files that were in force: the pack does not have them.")


# --- reports and proofs -------------------------------------------------------------------------------------------


def _again(work: _Work) -> Rendered:
    """Make everything again, and compare."""
    with TemporaryDirectory(prefix="proctor-") as spare:
        out = Path(spare)
        done = render(work.pack, out, work.advance)
        made = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
        kept = {
            path.relative_to(work.pack).as_posix()
            for path in work.pack.rglob("*")
            if path.is_file() and path.relative_to(work.pack).parts[0] not in ("log", "proofs")
        } - {SUMS, NOTE, "inputs.json"}
        for name in sorted(made ^ kept):
            work.wrong(f"{name} is missing" if name in made else f"{name} does not belong here")
        for name in sorted(made & kept):
            if not filecmp.cmp(out / name, work.pack / name, shallow=False):
                work.wrong(f"{name} is not what the log says: made again, it is another file")
    return done


def _proofs(work: _Work, parts: Sequence[Extent], done: Rendered, inputs: Inputs) -> None:
    folder = work.pack / "proofs"
    by_name = {part.shard: part for part in parts}
    wanted = {f"{shard}-{number}{end}" for shard, number in done.places for end in (".entry", ".tlog-proof")}
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    for name in sorted(wanted ^ there):
        work.wrong(f"proofs/{name} {'is missing' if name in wanted else 'does not belong here'}")
    for shard, number in sorted(done.places) if wanted <= there else ():
        part = by_name[shard]
        try:
            entry = (folder / f"{shard}-{number}.entry").read_bytes()
            receipt = Receipt.read((folder / f"{shard}-{number}.tlog-proof").read_bytes())
            proven = receipt.index == number and receipt.proves(entry, _key(work, part.origin, shard, inputs))
            proven &= entry == Tiles(work.pack / "log" / shard, part.end).entry(number)
        except (OSError, Untrusted, Misshapen, IndexError) as fault:
            work.wrong(f"proofs/{shard}-{number}: {fault}")
            continue
        if not proven:
            work.wrong(f"proofs/{shard}-{number} does not prove record {number} of {shard}")


def _proves(records: int, parts: Sequence[Extent]) -> tuple[str, ...]:
    return (
        f"The {records} records of {len(parts)} logs are, byte for byte, those that the logs' key has signed, "
        "and none between the first and the last is missing.",
        "Every count, exception, total, sample and page follows from these records and from inputs.json.",
        "Each sampled record has a proof that stands by itself.",
    )


def _cannot(work: _Work, parts: Sequence[Extent]) -> tuple[str, ...]:
    said = list(work.unsaid)
    if not work.keys:
        said.append("Whose logs these are: the key was taken from the pack itself. Give one that you got elsewhere.")
    said.append("That the gateway told the truth when it wrote, or what was done to the databases past the gateway.")
    return tuple(said)
