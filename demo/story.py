"""The 2 a.m. story: an engineer, her agent and a DBA at a production database, played through real clients.

Starts a throwaway PostgreSQL with a shop in it and Proctor before it, plays seven steps, and says of each what was
expected, what was seen and whether it held. Then it stays up until Ctrl-C, or with `--once` leaves at once, with an
exit code that says whether everything held.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from demo import shop
from demo.gateway import Gateway, GatewayFault, Said, program, wait_for
from demo.page import Step, paint
from demo.postgres import LaunchFault, ThrowawayPostgres, free_port, unprivileged

SECRET_COLUMNS = ("full_name", "email", "phone", "card_number", "birth_date", "notes")
LOOK = f"select id, {', '.join(SECRET_COLUMNS)} from customers where id between 101 and 140 order by id"
THEFT = "CREATE TABLE debug_context AS SELECT * FROM customers"
MIGRATION = "ALTER TABLE orders ADD COLUMN gift_note text"
PREFERRED_PORTS = {"postgres": 6432, "console": 8088}

CONFIG = """\
state = "./state"

[listen]
postgres = "127.0.0.1:{postgres}"
console = "127.0.0.1:{console}"

[approvals]
wait = "120s"

[databases.shop]
engine = "postgresql"
host = "127.0.0.1"
port = {upstream}
database = "shop"
user = "proctor"
password_file = "shop.password"
tls = "off"                 # the database listens on loopback only
environment = "production"

[people.alice]
groups = ["engineering"]
password = "{alice}"

[people.dana]
groups = ["dba"]
password = "{dana}"

[agents.copilot]
owner = "alice"
password = "{copilot}"
"""


@dataclass
class Night:
    """Everything that the steps share: who there is, where things run, and what was noted on the way."""

    folder: Path
    postgres: ThrowawayPostgres
    gateway: Gateway
    passwords: dict[str, str]
    began: datetime
    helpers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))

    def connect(self, person: str, *, options: str = "", notices: list[str] | None = None) -> psycopg.Connection:
        """Connect as that person through the gateway, exactly as to the database itself."""
        host, port = self.gateway.postgres
        connection = psycopg.connect(
            host=host,
            port=port,
            user=person,
            password=self.passwords[person],
            dbname="shop",
            options=options,
            application_name="psycopg",
            autocommit=True,
            connect_timeout=30,
            sslmode="verify-full",
            sslrootcert=str(self.folder / "state" / "tls" / "ca.crt"),
        )
        if notices is not None:
            connection.add_notice_handler(lambda d: notices.append(d.message_primary or ""))
        return connection

    def directly(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the database itself, around the gateway, what is true."""
        return self.postgres.run(sql, "shop")

    def desk(self, person: str, *words: str) -> Said:
        """Run `proctor approvals …` as that person."""
        return self.gateway.ask("approvals", *words, person=(person, self.passwords[person]))

    def pending(self, statement: str) -> dict[str, object] | None:
        """Return the request that waits for a decision on that statement."""
        for ticket in self.desk("dana", "list", "--json").objects():
            if ticket.get("state") == "pending" and statement.lower() in str(ticket.get("statement", "")).lower():
                return ticket
        return None

    def reached(self, text: str) -> bool:
        """Return whether the database was asked to run a statement with that text: it logs every statement.

        For the approver the gateway asks for the plan of a held statement, by EXPLAIN, which runs nothing.
        """
        log = (self.postgres.folder / "log").read_text(errors="replace").lower()
        return any(text.lower() in line and ": explain " not in line for line in log.splitlines())


# ---- the steps


def engineer_reads(night: Night) -> Step:
    """Alice reads customers and sees masks."""
    with (
        Step(
            1,
            "2:03 a.m. Alice, an engineer, looks at customers of a broken order.",
            "she sees rows of the right shape with masks in every sensitive column, and joins and counts still "
            "come out right",
        ) as step,
        night.connect("alice", options="-c proctor.reason=INC-4711") as alice,
    ):
        cursor = alice.execute(LOOK)
        rows = cursor.fetchall()
        step.table([column.name for column in cursor.description or ()], rows, most=3)
        _masked(step, rows, night.directly(LOOK))
        step.check(
            "masked e-mails are e-mails, masked cards pass Luhn, masked dates are dates",
            all(_useful(row) for row in rows),
        )
        joined = (
            "select c.email, count(*), sum(o.total) from customers c join orders o on o.customer_id = c.id"
            " where c.id between 101 and 140 group by c.email"
        )
        through, true = alice.execute(joined).fetchall(), night.directly(joined)
        step.check(
            f"orders joined and grouped by e-mail give the same {len(true)} sums as without masks",
            sorted(row[1:] for row in through) == sorted(row[1:] for row in true),
        )
        step.check(
            "and under the same masked e-mails as above", {row[0] for row in through} <= {row[2] for row in rows}
        )
        counts = "select count(*) from customers a join customers b on a.email = b.email where a.id <= 500"
        step.check("a join on e-mail counts 500 matches", alice.execute(counts).fetchall() == [(500,)])
    return step


def agent_reads(night: Night) -> Step:
    """So does her agent."""
    with Step(
        2, "2:06 a.m. Her agent `copilot` reads customers for context.", "it acts for alice and sees masks as she does"
    ) as step:
        with night.connect("copilot", options="-c proctor.reason=INC-4711 -c proctor.task=debug-order") as copilot:
            rows = copilot.execute(LOOK).fetchall()
        step.table(("id", *SECRET_COLUMNS), rows, most=3)
        _masked(step, rows, night.directly(LOOK))
    return step


def agent_copies(night: Night) -> Step:
    """The agent may not take a copy."""
    with Step(
        3,
        f"2:09 a.m. copilot wants its own copy: {THEFT}",
        "held; neither alice nor copilot can approve it; dana, the DBA, denies it; nothing was copied",
    ) as step:
        notices: list[str] = []
        asked = night.helpers.submit(_refusal, night, "copilot", THEFT, notices)
        ticket = _wait_for_ticket(night, THEFT, asked)
        step.check(
            "the statement waits at the desk, in copilot's name, on behalf of alice",
            ticket.get("requester") == "copilot" and ticket.get("on_behalf_of") == "alice",
        )
        step.saw(f"NOTICE to copilot: {notices[0] if notices else '(none)'}")
        for person in ("alice", "copilot"):
            said = night.desk(person, "approve", str(ticket["id"]))
            step.saw(f"$ proctor approvals approve … --as {person}\n{said.text}")
            step.check(f"{person} cannot approve it", said.code != 0)
        still = night.pending(THEFT)
        step.check("it still waits", still is not None)
        said = night.desk("dana", "deny", str(ticket["id"]), "--because", "read it where it is; no copies at night")
        step.saw(f"$ proctor approvals deny … --as dana\n{said.text}")
        step.check("dana can deny it", said.code == 0)
        refusal = asked.result(timeout=30)
        step.saw(refusal)
        step.check("copilot is told no, with SQLSTATE 42501", refusal.startswith("42501"))
        step.check(
            "the database has no table debug_context and was never asked to run the statement",
            night.directly("select to_regclass('debug_context') is null") == [(True,)]
            and not night.reached("debug_context as"),
        )
    return step


def destruction(night: Night) -> Step:
    """What destroys data never arrives."""
    with Step(
        4,
        "2:14 a.m. Tired fingers: DROP TABLE orders, and an UPDATE that forgot its WHERE.",
        "both are refused with a reason, and neither reaches the database",
    ) as step:
        before = night.directly("select count(*) from orders")
        for person, statement in (
            ("alice", "DROP TABLE orders"),
            ("copilot", "DROP TABLE orders"),
            ("alice", "UPDATE customers SET notes = 'checked'"),
        ):
            refusal = _refusal(night, person, statement, [])
            step.saw(f"{person}=> {statement}\n{refusal}")
            step.check(f"{person}: refused with SQLSTATE 42501", refusal.startswith("42501"))
        step.check(
            "the database saw neither of them",
            not night.reached("drop table") and not night.reached("set notes = 'checked'"),
        )
        step.check("all orders are there", night.directly("select count(*) from orders") == before)
    return step


def migration(night: Night) -> Step:
    """A sensible migration waits for a second person."""
    with Step(
        5,
        f"2:21 a.m. The fix needs a column: {MIGRATION}",
        "held for alice; dana approves it from another terminal; it runs in alice's waiting session",
    ) as step:
        asked = night.helpers.submit(_refusal, night, "alice", MIGRATION, [])
        ticket = _wait_for_ticket(night, MIGRATION, asked)
        step.check(
            "the statement waits at the desk with the reason she gave",
            ticket.get("requester") == "alice" and ticket.get("reason") == "INC-4711",
        )
        step.check("the database has not seen it yet", not night.reached("gift_note"))
        said = night.desk("dana", "approve", str(ticket["id"]), "--because", "loses nothing")
        step.saw(f"$ proctor approvals approve … --as dana\n{said.text}")
        step.check("dana can approve it", said.code == 0)
        step.check("alice's session went on and it ran", asked.result(timeout=30) == "")
        step.check(
            "the column is there",
            night.directly(
                "select count(*) from pg_attribute"
                " where attrelid = 'orders'::regclass and attname = 'gift_note' and not attisdropped"
            )
            == [(1,)],
        )
        again = _refusal(night, "alice", "ALTER TABLE orders ADD COLUMN gift_note_2 text", [], wait=False)
        step.check("the ticket was for that statement alone: another one is held again", again == "held")
    return step


def the_journal_answers(night: Night) -> Step:
    """The journal answers the auditor."""
    until = datetime.now(UTC)
    with Step(
        6,
        "9:00 a.m. The auditor asks: who read customers.email last night, why, and what did they see?",
        "the journal names alice and copilot, the reason, and the masks; and the log verifies",
    ) as step:
        said = night.gateway.ask(
            "audit",
            "search",
            "--column",
            "customers.email",
            "--since",
            night.began.isoformat(timespec="seconds"),
            "--until",
            until.isoformat(timespec="seconds"),
        )
        step.saw("$ proctor audit search --column customers.email --since … --until …\n" + said.text)
        step.check("it was answered", said.code == 0)
        for person in ("alice", "copilot"):
            step.check(f"{person} is named", person in said.text)
        step.check("the reason is there", "INC-4711" in said.text)
        step.check("and that what they saw was masked", "masked" in said.text.lower())
        true = {str(row[0]) for row in night.directly("select email from customers where id between 101 and 140")}
        step.check(
            "no address is in the answer, nor anywhere in the state folder",
            not any(value in said.text for value in true) and not _found_in(night.folder / "state", true),
        )
        said = night.gateway.ask("audit", "verify")
        step.saw("$ proctor audit verify\n" + said.text)
        step.check("audit verify holds", said.code == 0)
    return step


def one_byte(night: Night) -> Step:
    """The journal cannot be edited unnoticed."""
    with Step(
        7,
        "Somebody edits the log: one byte of one record, in a copy of it.",
        "audit verify holds for the copy before, fails after, and names the record",
    ) as step:
        copy = night.folder / "copy"
        step.check("a copy of the log verifies", wait_for(_copies(night, copy)))
        shard, record, place = _edit(copy)
        step.saw(f"changed byte {place} in record {record} of {shard}, which names copilot")
        said = night.gateway.ask("audit", "verify", "--state", str(copy))
        step.saw("$ proctor audit verify --state copy\n" + said.text)
        step.check("audit verify fails", said.code == 3)
        step.check(f"and names {shard} record {record}", f"{shard} record {record}" in said.text)
        step.check("the log that was left alone still verifies", night.gateway.ask("audit", "verify").code == 0)
    return step


STEPS = (engineer_reads, agent_reads, agent_copies, destruction, migration, the_journal_answers, one_byte)


# ---- what the steps lean on


def _masked(step: Step, seen: list[tuple[object, ...]], true: list[tuple[object, ...]]) -> None:
    step.check(
        f"{len(true)} rows, in the order of their ids, as in the database",
        [row[0] for row in seen] == [row[0] for row in true],
    )
    leaks = [
        column
        for place, column in enumerate(SECRET_COLUMNS, 1)
        if {str(row[place]) for row in seen} & {str(row[place]) for row in true if row[place] is not None}
    ]
    step.check(
        "not one true "
        + ", ".join(SECRET_COLUMNS[:-1])
        + " or note among them"
        + (f" (leaked: {', '.join(leaks)})" if leaks else ""),
        not leaks,
    )


def _useful(row: tuple[object, ...]) -> bool:
    email, card, born = str(row[2]), str(row[4]), row[5]
    return (
        email.count("@") == 1
        and card.isdigit()
        and shop.luhn_digit(card[:-1]) == card[-1]
        and hasattr(born, "year")
        and len(str(row[1])) > 0
    )


def _refusal(night: Night, person: str, statement: str, notices: list[str], *, wait: bool = True) -> str:
    """Run a statement; return "" if it ran, else SQLSTATE and message; with `wait=False`, "held" once it waits."""
    with night.connect(person, options="-c proctor.reason=INC-4711", notices=notices) as session:
        if not wait:
            threading.Thread(target=_cancel_once_held, args=(night, statement, session), daemon=True).start()
        try:
            session.execute(statement.encode())
        except psycopg.errors.QueryCanceled:
            return "held" if not wait else "57014 cancelled"
        except psycopg.Error as error:
            parts = (error.diag.message_primary or str(error), error.diag.message_detail, error.diag.message_hint)
            return f"{error.sqlstate} " + "\n".join(part for part in parts if part)
    return ""


def _cancel_once_held(night: Night, statement: str, session: psycopg.Connection) -> None:
    wait_for(iter(lambda: night.pending(statement) is not None, None))
    session.cancel_safe(timeout=10)


def _wait_for_ticket(night: Night, statement: str, asked: Future[str]) -> dict[str, object]:
    found: list[dict[str, object]] = []

    def look() -> Iterator[bool]:
        while True:
            ticket = night.pending(statement)
            if ticket is not None:
                found.append(ticket)
            yield bool(found) or asked.done()

    wait_for(look())
    if not found:
        answer = asked.result(timeout=0) if asked.done() else "nothing: it neither waits at the desk nor came back"
        raise RuntimeError(f"the statement was not held; the client got: {answer or 'it ran'}")
    return found[0]


def _found_in(folder: Path, values: set[str]) -> list[Path]:
    """Return the files under the folder that hold one of the values."""
    needles = [value.encode() for value in values]
    return [
        p for p in folder.rglob("*") if p.is_file() and any(n in (data := p.read_bytes()) for n in needles) and data
    ]


def _copies(night: Night, copy: Path) -> Iterator[bool]:
    """Copy the state folder until the copy holds together: the log may grow while it is copied."""
    while True:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(night.folder / "state", copy, ignore=_sockets)
        yield night.gateway.ask("audit", "verify", "--state", str(copy)).code == 0


def _sockets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(folder) / name).is_socket()]


def _edit(state: Path) -> tuple[str, int, int]:
    """Change one byte of a statement of copilot's in a worker's log; return log, number of the record, and byte."""
    for entries in sorted(state.glob("log/worker-*/tile/entries")):
        # Tiles that are not full yet are kept in every length they had; the longest is the one that counts.
        partial = sorted(entries.glob("*.p/*"), key=lambda path: (path.parent.name, int(path.name)), reverse=True)
        for tile in partial[:1]:
            data = bytearray(tile.read_bytes())
            for number, (start, end) in enumerate(_records(data), 256 * int(tile.parent.stem)):
                place = data.find(b"copilot", start, end)
                if place >= 0 and data.find(b"statement.decided", start, end) >= 0:
                    data[place] ^= 0x01
                    tile.write_bytes(data)
                    return entries.parent.parent.name, number, place
    raise RuntimeError("no statement in the log names copilot")


def _records(tile: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """Yield where each record of an entries tile begins and ends: two bytes of length stand before each."""
    place = 0
    while place < len(tile):
        start = place + 2
        place = start + int.from_bytes(tile[place:start], "big")
        yield start, place


# ---- the stage


def _port(kind: str) -> int:
    """Return the port of the manual where it is free, else any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PREFERRED_PORTS[kind]))
        except OSError:
            return free_port()
    return PREFERRED_PORTS[kind]


def _secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


@contextmanager
def stage() -> Iterator[Night]:
    """Start the database, the shop in it and Proctor before it; stop and remove everything at the end."""
    folder = Path(tempfile.mkdtemp(prefix="proctor-demo-"))
    since = time.monotonic()
    try:
        with ThrowawayPostgres(settings={"log_statement": "all"}) as postgres:
            account = unprivileged()
            version = str(postgres.run("show server_version")[0][0]).split()[0]
            print(
                f"PostgreSQL {version} on 127.0.0.1:{postgres.port}"
                + (f", as `{account.pw_name}`" if account is not None else ""),
                flush=True,
            )
            password = secrets.token_urlsafe(18)
            postgres.run(f"create role proctor login password '{password}'")
            postgres.run("create database shop owner proctor")
            with psycopg.connect(postgres.dsn("shop", user="proctor", password=password)) as owner:
                shop.fill(owner)
            print(f"a shop with {shop.CUSTOMERS:,} made-up customers and {shop.ORDERS:,} orders", flush=True)
            _secret(folder / "shop.password", password)
            config = folder / "proctor.toml"
            passwords = {person: f"{person}-{secrets.token_hex(4)}" for person in ("alice", "dana", "copilot")}
            _secret(
                config,
                CONFIG.format(
                    postgres=_port("postgres"), console=_port("console"), upstream=postgres.port, **passwords
                ),
            )
            began = datetime.now(UTC)
            with Gateway(config) as gateway:
                print(
                    "Proctor on "
                    + ":".join(map(str, gateway.postgres))
                    + ", console on "
                    + ":".join(map(str, gateway.console))
                    + f" ({time.monotonic() - since:.0f} s since the start)",
                    flush=True,
                )
                yield Night(folder, postgres, gateway, passwords, began)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def how_to_connect(night: Night) -> str:
    """Return what a reader types to go on by hand."""
    host, port = night.gateway.postgres
    lines = [
        "Connect as to the database itself:",
        f"  export PGSSLMODE=verify-full PGSSLROOTCERT={night.folder}/state/tls/ca.crt",
    ]
    for person, who in (
        ("alice", "an engineer"),
        ("copilot", "an agent that acts for alice"),
        ("dana", "a DBA, who may approve what others ask"),
    ):
        lines.append(
            f'  PGPASSWORD={night.passwords[person]} psql "host={host} port={port} user={person} dbname=shop"   # {who}'
        )
    console = "https://" + ":".join(map(str, night.gateway.console))
    config = night.gateway.config
    command = " ".join(os.path.relpath(part) if part.startswith("/") else part for part in program())
    lines += [
        f"Console: {console}/",
        "The desk, the map and the journal:",
        f"  PROCTOR_PASSWORD={night.passwords['dana']} {command} approvals list --as dana --config {config}",
        f"  {command} audit search --column customers.email --config {config}",
        "What would happen to a statement, and why:",
        f'  {command} explain --config {config} --as alice --database shop "select email from customers"',
    ]
    return "\n".join(lines)


def play(night: Night) -> bool:
    """Play all steps and return whether each held."""
    steps = [step(night) for step in STEPS]
    print()
    for step in steps:
        if not step.held:
            print(
                paint(f"step {step.number} did not hold: ", "31")
                + "; ".join(claim for claim, holds in step.claims if not holds)
            )
    held = sum(step.held for step in steps)
    if held < len(steps):
        print("the end of the gateway's log:\n" + "\n".join(night.gateway.log().splitlines()[-30:]))
    print(paint(f"{held} of {len(steps)} steps held", "1;32" if held == len(steps) else "1;31"), flush=True)
    return held == len(steps)


def main() -> int:
    """Tell the story; return 0 only if every step held."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="leave after the story instead of staying up")
    once = parser.parse_args().once
    leave = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would ignore it
    try:
        with stage() as night:
            held = play(night)
            pid, gateway = night.gateway.pid, night.gateway
            if not once:
                print("\n" + how_to_connect(night) + "\n\nEverything stays up until Ctrl-C.", flush=True)
                leave.wait()
        left = gateway.leftovers(pid)
        if left:
            print("still running: " + json.dumps(left))
        if gateway.exit_code != 0:
            print(f"Proctor did not stop in order: exit code {gateway.exit_code}")
        return 0 if held and not left and gateway.exit_code == 0 else 1
    except (GatewayFault, LaunchFault) as fault:
        print(f"{fault}\nthe story could not begin", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; nothing was left behind")
        return 0 if not once else 130


if __name__ == "__main__":
    sys.exit(main())
