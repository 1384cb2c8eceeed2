"""Where copies went: which statements took sensitive values elsewhere, and by which way these had come."""

from __future__ import annotations

import pytest

from proctor.audit.copies import LONGEST, MAX_ROUTES, Copy, copies, ways_of

Said = dict[str, object]
EMAIL = "public.customers.email"


def said(number: int, **more: object) -> Said:
    """Return the record of a statement that was let through and has run."""
    return {
        "kind": "statement.decided",
        "shard": "w0",
        "seq": number,
        "time": f"2027-01-15T08:00:{number:02d}Z",
        "who": {"subject": "alice"},
        "decision": {"verdict": "allow"},
        "command": "create_table_as",
        "answered": {"rows": 3},
        **more,
    }


def copied(number: int, sources: list[str], target: str, *sensitive: str, **more: object) -> Said:
    held = dict.fromkeys(sensitive or sources, "email")
    basis = {"copies": [{"sources": sources, "target": target}], "classes": held}
    return said(number, basis=basis, **more)


def left(number: int, place: str, **more: object) -> Said:
    """Return the record of a COPY … TO."""
    accesses = [] if place == "client" else [{"action": "export", "traits": [place]}]
    basis = {"accesses": accesses, "classes": {EMAIL: "email", "public.mail.address": "email"}}
    return said(number, command="copy", basis=basis, **more)


SHOWN = {"shows": {"public.customers": ["email", "id"]}}
MASKED = {"masks": [{"output": 1, "mask": "email", "class": "email", "columns": [EMAIL]}]}


def short(step: Copy) -> tuple[str, tuple[str, ...], bool]:
    return step.target, step.sources, step.masked


CASES: dict[str, tuple[Said, list[tuple[str, tuple[str, ...], bool]]]] = {
    "a column into another": (copied(1, [EMAIL], "public.mail.address"), [("public.mail.address", (EMAIL,), False)]),
    "only what was sensitive of it is told": (
        copied(1, [EMAIL, "public.customers.id"], "public.mail.address", EMAIL),
        [("public.mail.address", (EMAIL,), False)],
    ),
    "a column into itself is none": (copied(1, [EMAIL], EMAIL), []),
    "what is not sensitive is none": (copied(1, ["public.parts.label"], "public.x.y", EMAIL), []),
    "to the client as it is": (left(1, "client", **SHOWN), [("client", (EMAIL,), False)]),
    "to the client under a mask": (left(1, "client", **MASKED), [("client", (EMAIL,), True)]),
    "to a file of the server": (
        left(1, "server_file", reads={"public.customers": ["email", "id"]}),
        [("server file", (EMAIL,), False)],
    ),
    "to a program of the server": (
        left(1, "program", reads={"public.customers": ["email"]}),
        [("server program", (EMAIL,), False)],
    ),
    "from a file is none": (left(1, "server_file", writes={"public.customers": ["email"]}), []),
    "from the client is none": (left(1, "client", writes={"public.customers": ["email"]}), []),
    "what was denied went nowhere": (copied(1, [EMAIL], "a.b.c", decision={"verdict": "deny"}), []),
    "what was held went nowhere": (copied(1, [EMAIL], "a.b.c", decision={"verdict": "hold"}), []),
    "what has failed went nowhere": (copied(1, [EMAIL], "a.b.c", answered={"sqlstate": "23505"}), []),
    "what has no answer is not told as done": (copied(1, [EMAIL], "a.b.c", answered=None), []),
    "a record without a basis tells nothing": (said(1, command="copy", basis=None), []),
}


@pytest.mark.parametrize(("record", "expected"), CASES.values(), ids=CASES)
def test_what_a_statement_took_elsewhere(record: Said, expected: list[tuple[str, tuple[str, ...], bool]]) -> None:
    assert [short(step) for step in copies([record])] == expected


def test_the_ways_are_known_of_what_was_not_let_through_too() -> None:
    assert ways_of(copied(1, [EMAIL], "a.b.c", decision={"verdict": "deny"})) == {"column"}
    assert ways_of(left(1, "program")) == {"server program"}
    assert ways_of({"kind": "statement.answered", "command": "copy", "shows": {"a.b": ["c"]}}) == set()


def test_a_copy_of_a_copy_is_told_with_all_of_its_way() -> None:
    steps = [
        copied(1, [EMAIL], "public.mail.address"),
        copied(2, ["public.mail.address"], "public.export.a"),
        left(3, "client", shows={"public.mail": ["address"]}, who={"subject": "copilot", "on_behalf_of": "alice"}),
    ]
    first, second, third = copies(steps)
    assert first.routes == ()
    assert second.routes == ((EMAIL, "public.mail.address"),)
    assert third.routes == ((EMAIL, "public.mail.address"),)
    assert (third.who, third.on_behalf_of, third.record, third.rows) == ("copilot", "alice", "w0/3", 3)


def test_what_was_copied_before_its_source_was_filled_has_none_of_it() -> None:
    """The order of time tells: an empty table that is filled later gave nothing on."""
    early, _ = copies(
        [copied(1, ["public.mail.address"], "public.export.a"), copied(2, [EMAIL], "public.mail.address")]
    )
    assert early.routes == ()


def test_going_round_ends_and_ways_are_few_however_many_there_are() -> None:
    names = [f"public.t{number}.c" for number in range(LONGEST * 2)]
    chain = [copied(n, [names[n]], names[n + 1]) for n in range(len(names) - 1)]
    round_again = [copied(1, [names[1]], names[0])]
    fan = [copied(n, [f"public.s{n}.c"], "public.all.c") for n in range(MAX_ROUTES * 3)]
    found = [*copies([*chain, *round_again, *fan, copied(9, ["public.all.c"], "public.end.c")])]
    assert max(len(route) for step in found for route in step.routes) <= LONGEST
    assert len(found[-1].routes) == MAX_ROUTES
