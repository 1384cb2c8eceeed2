"""What the `audit` commands do, on the files of a state folder."""

# ruff: noqa: PLC0415 - what is heavy is imported by the command that needs it

from __future__ import annotations

import getpass
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from proctor.audit import verify as verifying
from proctor.audit.fields import Row, decode, part, word
from proctor.audit.index import Index
from proctor.audit.integrator import Integrator, entry_of
from proctor.audit.note import Untrusted, Verifier
from proctor.audit.proof import Receipt
from proctor.audit.reading import Tail, integrated, records, shards
from proctor.audit.record import glance
from proctor.audit.search import Question, Sighting, ask
from proctor.audit.search import export as exported
from proctor.audit.search import sightings as seen_by
from proctor.audit.stamps import roots_of
from proctor.audit.tiles import Misshapen, Tiles
from proctor.audit.tlog import CHECKPOINT, KEY
from proctor.audit.vouching import Vouched, by_stamps, by_witnesses
from proctor.audit.witness import Witness
from proctor.cli.ground import Answer, Exit, Trouble, fail, one_line, print_json, print_table, tell, visible
from proctor.edge.config import Config
from proctor.edge.keys import sign_folder, signatory

Key = TypeVar("Key")

FOLLOW_SECONDS = 0.25
SHOWN_PROBLEMS = 20
MAX_BECAUSE = 1000
HEAD = frozenset({"v", "shard", "seq", "time", "monotonic_ns", "kind", "id", "who", "from", "session", "exchange"})
"""What a line shows of a record in a place of its own, or not at all."""


# --- search and tail ------------------------------------------------------------------------------------------------


def search(state: Path, question: Question, *, as_json: bool) -> None:
    """Print the records that fit; with a column, what was seen of it."""
    with TemporaryDirectory(prefix="proctor-") as spare:
        # An auditor who may only read gets an index of their own.
        index = None if os.access(state, os.W_OK) else Path(spare) / "index.sqlite"
        if question.column is not None:
            _tell_sightings(seen_by(state, question, index=index), as_json=as_json)
            return
        with Index.open(state, index) as opened:
            opened.refresh()
            for row in ask(opened, question):
                _tell(row, as_json=as_json)


def _tell_sightings(found: Iterable[Sighting], *, as_json: bool) -> None:
    if as_json:
        for sighting in found:
            print_json(asdict(sighting))
        return
    rows = [
        (
            sighting.time,
            f"{sighting.who} for {sighting.on_behalf_of}" if sighting.on_behalf_of else sighting.who,
            sighting.reason,
            f"{sighting.database}.{sighting.column}",
            sighting.how,
            sighting.verdict,
            _shown(sighting),
            sighting.rows,
        )
        for sighting in found
    ]
    if rows:
        print_table(("time", "who", "why", "column", "how", "verdict", "shown", "rows"), rows)
    else:
        tell("no record fits")


def _shown(sighting: Sighting) -> str:
    if sighting.verdict != "allow" or sighting.how != "read":
        return ""
    if sighting.mask is None:
        return "as it is" if sighting.plain else "not shown"
    counted = "" if sighting.cells is None else f" ({sighting.cells} cells)"
    return f"masked as {sighting.mask}{counted}"


def tail(state: Path, count: int, *, follow: bool, as_json: bool) -> None:
    """Print the newest records, and those that come."""
    watched = Tail(state, last=count)
    fresh = watched.take()[-count:] if count else watched.take()[:0]
    while True:
        for record in fresh:
            if as_json:
                sys.stdout.buffer.write(record + b"\n")
            else:
                _tell(decode(record), as_json=False)
        sys.stdout.flush()
        if not follow:
            return
        time.sleep(FOLLOW_SECONDS)
        fresh = watched.take()


def _tell(row: Row, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(row) + b"\n")
        return
    who, shortened = part(row, "who"), (word(row, "time") or "")[:23]
    subject = word(who, "subject") or "-"
    if behalf := word(who, "on_behalf_of"):
        subject += f" for {behalf}"
    print(f"{one_line(shortened)}  {one_line(word(row, 'kind')):20} {one_line(subject):20} {one_line(_rest(row))}")


def _rest(row: Row) -> str:
    """Return what a person wants to know first of a record, in one line."""
    said: list[str] = []
    decision = part(row, "decision")
    if verdict := word(decision, "verdict"):
        rules = decision.get("rules")
        said.append(verdict.upper() + (f" ({', '.join(map(str, rules))})" if isinstance(rules, list) and rules else ""))
    if text := word(part(row, "statement"), "text"):
        said.append(text)
    for name, value in row.items():
        if name in HEAD or name in ("decision", "statement") or isinstance(value, dict | list):
            if name == "answered" and isinstance(value, dict):
                said.append(f"-> {value.get('tag') or value.get('sqlstate')}, {value.get('rows', 0)} rows")
            continue
        if verdict is None:
            said.append(f"{name}={value}")
    return "  ".join(said)


# --- verify ---------------------------------------------------------------------------------------------------------


def vouched(
    state: Path, witnesses: Sequence[str], quorum: int, *, since: datetime | None, authority: Path | None
) -> list[Vouched]:
    """Return what witnesses and an authority vouch for."""
    found: list[Vouched] = []
    known = [witness for text in witnesses for witness in keys_of(text, "--witness", Witness.read)]
    if quorum > len(known) or (since is not None and not known):
        fail(f"{len(known)} witnesses are given", then="give each with --witness", code=Exit.USAGE)
    if known:
        found.append(by_witnesses(state / "log", known, quorum or len(known), since=since))
    if authority is not None:
        found.append(by_stamps(state / "log", roots_of(authority)))
    return found


def verify(
    state: Path,
    signer: Path | None,
    *,
    keys: Sequence[str],
    checkpoints: Sequence[Path],
    vouched: Sequence[Vouched],
    as_json: bool,
) -> None:
    """Check everything again; what is wrong ends the command with its exit code."""
    verifiers = [verifier for text in keys for verifier in keys_of(text, "--key", Verifier.read)]
    kept = [_read(path) for path in checkpoints]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("verifying", total=None)
        done = verifying.verify(
            state / "log",
            journal if (journal := state / "journal").is_dir() else None,
            keys=verifiers,
            signed=signer,
            remembered=kept,
            vouched=vouched,
            progress=lambda count, total: bar.update(task, completed=count, total=total),
        )
    if as_json:
        print_json(_as_json(done))
    else:
        _tell_verification(done)
    if not done.ok:
        first = done.first
        fail(
            f"the journal does not verify: {visible(str(first))}"
            if first is not None
            else "the journal does not verify",
            then="keep the state folder as it is, and compare it with a copy",
            code=Exit.UNVERIFIED,
        )


def _as_json(done: verifying.Verification) -> Mapping[str, object]:
    return {
        "ok": done.ok,
        "size": done.size,
        "root": done.root.hex(),
        "sizes": dict(done.sizes),
        "pending": done.pending,
        "unanswered": done.unanswered,
        "problems": [asdict(problem) for problem in done.problems],
        "proves": list(done.proves),
        "cannot_prove": list(done.cannot_prove),
    }


def _tell_verification(done: verifying.Verification) -> None:
    logs = ", ".join(f"{one_line(name)} {size}" for name, size in sorted(done.sizes.items()))
    print(f"{'verified' if done.ok else 'NOT VERIFIED'}: {done.size} records ({logs})")
    for problem in done.problems[:SHOWN_PROBLEMS]:
        print(f"  {'wrong' if problem.grave else 'note'}: {visible(str(problem))}")
    if len(done.problems) > SHOWN_PROBLEMS:
        print(f"  and {len(done.problems) - SHOWN_PROBLEMS} more; --json prints all")
    if done.unanswered:
        print(f"  {done.unanswered} statements have no answer on record: they were running, or the gateway crashed")
    for sentence in done.proves:
        print(f"  proves: {sentence}")
    for sentence in done.cannot_prove:
        print(f"  cannot prove: {sentence}")


def keys_of(text: str, option: str, read: Callable[[str], Key]) -> list[Key]:
    """Return the keys that an option gives, by themselves or in a file."""
    written = "+" in text and not Path(text).exists()
    lines = [text] if written else _read(Path(text)).decode("utf-8", "replace").splitlines()
    try:
        return [read(line.strip()) for line in lines if line.strip()]
    except (Untrusted, ValueError):
        fail(f"{option} is no verifier key", then="give one as log.vkey has it, or a file of them", code=Exit.USAGE)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        fail(f"cannot read {path}: {fault.strerror}", code=Exit.USAGE)


def acknowledge(config: Config, shard: str, because: str) -> None:
    """Put a record in the place of each that is lost, in the name of whoever runs the command."""
    from proctor.app.control_process import house_name

    because = because.strip()
    if not because or len(because) > MAX_BECAUSE:
        fail(f"--because needs 1 to {MAX_BECAUSE} characters", code=Exit.USAGE)
    if shard not in shards(config.state):
        known = ", ".join(shards(config.state)) or "none yet"
        fail(f"there is no shard {visible(shard)}", then=f"the shards are: {known}", code=Exit.USAGE)
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    folder, log = config.state / "journal", config.state / "log"
    integrator = Integrator.open(
        folder,
        log,
        keys=sign_folder(config),
        origin=house_name(config.state),
        key=signatory(config),
        fence=config.audit.fence,
    )
    try:
        lost = integrator.acknowledge_loss(shard, by=getpass.getuser(), because=because, time=now)
        integrator.integrate()
    finally:
        integrator.close()
    if not lost:
        tell(f"no record of {shard} is missing; nothing was changed")
        return
    print(f"{shard}: {lost} records are lost, and the log says so; it goes on behind them")


# --- prove and export -----------------------------------------------------------------------------------------------


def prove(state: Path, name: str, to: Path) -> None:
    """Write a record's entry and the proof that the log has it."""
    shard, number, record = _find(state, name)
    log = state / "log" / shard
    size = integrated(state, shard)
    if number >= size:
        fail(f"record {number} of {shard} is not in the log yet", then="it is within a second, while the gateway runs")
    note = _read(log / CHECKPOINT)
    entry, blob = entry_of(record)
    try:
        receipt = Receipt.of(Tiles(log, size), number, note)
        proven = receipt.proves(entry, Verifier.read(_read(log / KEY).decode("utf-8", "replace").strip()))
    except (OSError, Misshapen, Untrusted, ValueError) as fault:
        fail(f"the log of {shard} gives no proof ({fault})", then="run `proctor audit verify`", code=Exit.UNVERIFIED)
    if not proven:
        fail(
            f"the log of {shard} does not prove record {number}",
            then="run `proctor audit verify`",
            code=Exit.UNVERIFIED,
        )
    stem = f"{shard}-{number}"
    written = {f"{stem}.entry": entry, f"{stem}.tlog-proof": bytes(receipt)}
    if blob is not None:
        written[f"{stem}.record"] = record
    to.mkdir(parents=True, exist_ok=True)
    for file, content in written.items():
        (to / file).write_bytes(content)
        print(to / file)
    tell(f"the key to check it with: {_read(log / KEY).decode('utf-8', 'replace').strip()}")


def _find(state: Path, name: str) -> tuple[str, int, bytes]:
    shard, colon, number = name.rpartition(":")
    if colon and number.isascii() and number.isdigit():
        if shard in shards(state):
            found = next(records(state, shard, int(number)), None)
            if found is not None and found[0] == int(number):
                return shard, *found
        fail(f"there is no record {visible(name)}", then=f"there are the shards {', '.join(shards(state))}")
    for each in shards(state):
        for seq, record in records(state, each):
            if glance(record).id == name:
                return each, seq, record
    raise Trouble(f"there is no record {visible(name)}", then="`proctor audit search` shows their ids")


def place_of(state: Path, name: str) -> str:
    """Return where a record is, by its id."""
    shard, number, _ = _find(state, name)
    return f"{shard}:{number}"


def tell_revealed(done: Answer, *, as_json: bool) -> None:
    """Print a statement as it came."""
    if as_json:
        print_json(done)
        return
    if done["statement"] is not None:
        print(visible(str(done["statement"])))
    for number, value in enumerate(done["parameters"], start=1):
        print(f"${number} = {'NULL' if value is None else visible(str(value))}")


def export(state: Path) -> None:
    """Print every record."""
    write = sys.stdout.buffer.write
    for record in exported(state):
        write(record + b"\n")
    sys.stdout.flush()
