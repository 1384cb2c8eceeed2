"""Builds a pack: copies the parts of the logs, makes the reports from the copy, and puts proofs and digests to them.

`render` is the half that `check` does again: what it writes depends on the copied logs and `inputs.json` alone.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from proctor.audit.evidence.changes import AgentChanges, LogHealth, ProductionChanges, RuleChanges
from proctor.audit.evidence.data import Blocked, Disposal, Egress, Masking, SubjectAccess
from proctor.audit.evidence.extent import Extent, chosen, chosen_meta, copied, extents, seed, shards
from proctor.audit.evidence.facts import Place, known, told
from proctor.audit.evidence.oscal import assessment
from proctor.audit.evidence.pages import index_page, report_page, verify_page
from proctor.audit.evidence.people import AccessReview, Authentications, Connections, Entitlements, Operators
from proctor.audit.evidence.report import Inputs, Population, Report
from proctor.audit.evidence.rights import BrokenGlass, JustInTime, Provisioning, SeparationOfDuties
from proctor.audit.proof import Receipt
from proctor.audit.tiles import Tiles
from proctor.errors import ConfigFault, HouseFault

FORMAT: Final = 4
"""Of the files of a pack. What a Proctor of another format built, one of that format verifies."""
REPORTS: Final[tuple[type[Report], ...]] = (
    AgentChanges,
    ProductionChanges,
    Entitlements,
    Authentications,
    Connections,
    AccessReview,
    Provisioning,
    JustInTime,
    SeparationOfDuties,
    BrokenGlass,
    Egress,
    Masking,
    SubjectAccess,
    Disposal,
    Blocked,
    RuleChanges,
    Operators,
    LogHealth,
)
INPUTS: Final = "inputs.json"
SUMS: Final = "SHA256SUMS"
NOTE: Final = "pack.note"
NOTE_HEAD: Final = "proctor evidence pack v1"
Progress = Callable[[int, int], None]
Sign = Callable[[str, str], bytes]
"""Signs a text under a name, and returns the note."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one report came to."""

    name: str
    title: str
    count: int
    exceptions: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was written, and which records need a proof."""

    told: tuple[Told, ...]
    places: frozenset[Place]


@dataclass(frozen=True, slots=True)
class Built:
    """A pack that is there."""

    folder: Path
    records: int
    told: tuple[Told, ...]
    signed: bool
    digest: str
    """Of its list of digests."""


def build(log: Path, out: Path, inputs: Inputs, *, sign: Sign | None = None, progress: Progress | None = None) -> Built:
    """Build a pack in a folder that is not there yet; all of it or nothing."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigFault(f"{out} is there already", hint="name a folder that is not, or an empty one")
    # The log of logs first: a log that comes to be meanwhile is one that it does not know yet.
    meta = chosen_meta(log)
    chosen_parts = [chosen(log, name, inputs.since, inputs.until) for name in shards(log)]
    if not chosen_parts:
        raise HouseFault("there is no signed log yet", hint="it is made while the gateway runs")
    draft = out.with_name(f".{out.name}.{os.getpid()}.draft")
    draft.mkdir(mode=0o700, parents=True)
    try:
        built = _built(log, draft, inputs, chosen_parts, meta, sign, _Bar(3 * _records(chosen_parts), progress))
        if out.exists():
            out.rmdir()
        draft.rename(out)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Built(out, built.records, built.told, built.signed, built.digest)


class _Bar:
    """Counts records for a progress bar."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total = total
        self.done = 0
        self._progress = progress

    def advance(self, count: int) -> None:
        """Go on."""
        self.done += count
        if self._progress is not None:
            self._progress(self.done, self.total)


def _records(parts: list[tuple[Extent, bytes]]) -> int:
    return sum(part.count for part, _ in parts)


def _built(
    log: Path,
    draft: Path,
    inputs: Inputs,
    parts: list[tuple[Extent, bytes]],
    meta: tuple[Extent, bytes] | None,
    sign: Sign | None,
    bar: _Bar,
) -> Built:
    notes = {part.shard: note for part, note in parts}
    for part, note in parts:
        copied(log, part, note, draft / "log", bar.advance)
    if meta is not None:
        copied(log, *meta, draft / "log", lambda _: None)
    (draft / INPUTS).write_bytes(msgspec.json.format(msgspec.json.encode(inputs), indent=1) + b"\n")
    done = render(draft, draft, bar.advance)
    (draft / "proofs").mkdir()
    sizes = {part.shard: part.size for part, _ in parts}
    trees = {shard: Tiles(log / shard, size) for shard, size in sizes.items()}
    for shard, number in sorted(done.places):
        stem = draft / "proofs" / f"{shard}-{number}"
        stem.with_name(stem.name + ".entry").write_bytes(trees[shard].entry(number))
        receipt = Receipt.of(trees[shard], number, notes[shard])
        stem.with_name(stem.name + ".tlog-proof").write_bytes(bytes(receipt))
    sums = "".join(f"{digest}  {name}\n" for name, digest in digests(draft))
    (draft / SUMS).write_text(sums, "utf-8")
    digest = sha256(sums.encode()).hexdigest()
    if sign is not None:
        (draft / NOTE).write_bytes(sign(note_text(inputs.house, digest), note_name(inputs.house)))
    return Built(draft, _records(parts), done.told, sign is not None, digest)


def note_text(house: str, digest: str) -> str:
    """Return what the house signs."""
    return f"{NOTE_HEAD}\n{house}\n{digest}\n"


def note_name(house: str) -> str:
    """Return the name under which it does; no log goes by it."""
    return f"{house}/evidence"


def digests(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield name and SHA-256 of all files but the list itself and the note on it."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in (SUMS, NOTE):
            with path.open("rb") as file:
                digest = sha256()
                while data := file.read(1 << 20):
                    digest.update(data)
            yield name, digest.hexdigest()


def render(pack: Path, out: Path, advance: Callable[[int], None]) -> Rendered:
    """Write everything that follows from a pack's logs and inputs; the same again, whoever does it."""
    inputs = read_inputs(pack)
    log = pack / "log"
    parts = extents(log)
    drawn = seed(parts)
    stories = known(log, parts)
    advance(sum(part.count for part in parts))
    folder = out / "reports"
    folder.mkdir(parents=True)
    done = [
        Population(report(stories, inputs), number, folder, drawn) for number, report in enumerate(REPORTS, start=1)
    ]
    _tell(log, parts, inputs, done, advance)
    for one in done:
        one.add(one.report.close())
        one.finish(parts)
        (folder / f"{one.stem}.html").write_text(report_page(one, parts, inputs, drawn), "utf-8")
    (out / "index.html").write_text(index_page(done, parts, inputs), "utf-8")
    (out / "VERIFY.md").write_text(verify_page(parts, inputs), "utf-8")
    (out / "oscal.json").write_bytes(assessment(done, inputs, drawn))
    told_of = tuple(Told(one.report.name, one.report.title, one.count, one.exceptions) for one in done)
    return Rendered(told_of, frozenset(place for one in done for place in one.places))


def _tell(
    log: Path, parts: list[Extent], inputs: Inputs, done: list[Population], advance: Callable[[int], None]
) -> None:
    interested: dict[str, list[Population]] = {}
    for one in done:
        for kind in one.report.kinds:
            interested.setdefault(kind, []).append(one)
    for part in parts:
        count = 0
        for said, answer in told(log, part):
            if inputs.since <= said.time < inputs.until:
                for one in interested.get(said.kind, ()):
                    one.add(one.report.take(said, answer))
            count += 1
            if count % 5000 == 0:
                advance(5000)
        advance(part.count - count // 5000 * 5000)


def read_inputs(pack: Path) -> Inputs:
    """Return what a pack says that is not in the log; raises `ConfigFault` where that is none."""
    try:
        with (pack / INPUTS).open("rb") as file:
            inputs = msgspec.json.decode(file.read(64 << 20), type=Inputs, strict=True)
    except (OSError, msgspec.MsgspecError) as fault:
        raise ConfigFault(f"{pack} is no evidence pack: {INPUTS} cannot be read") from fault
    if inputs.format != FORMAT:
        raise ConfigFault(
            f"the pack is of format {inputs.format}, this Proctor knows {FORMAT}",
            hint=f"verify it with Proctor {inputs.version}",
        )
    return inputs
