"""A masked value handed back means the row it stands for; the plain one is asked about as before, and nothing shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from proctor.policy.masks import make_mask
from proctor.policy.rules import Rules
from proctor.session import judge
from proctor.sql import Examined, SessionSettings, examine
from proctor.sql.catalog import Catalog
from proctor.terms import Allow, Classified, Column, DataClass, Deny, Finding, Hold, Identity, Kind
from proctor.wire import messages, talk
from proctor.wire.types import from_text
from tests.stories.honest import Failure, Result, column
from tests.stories.house import ALICE, COPILOT, OIDS, Story, catalog, opened, table

KEY = b"k" * 32
PLAIN = b"ada@example.com"
OTHER = b"bob@example.com"
SYNC = messages.sync()
ASKED = "select id, email from customers where email = {}"
DESCRIBED = [
    column("id", 23, table=OIDS["customers"], number=1, size=4),
    column("email", 25, table=OIDS["customers"], number=2),
]


def worn(value: bytes, name: str = "email", family: str = "text", data_class: DataClass | None = None) -> bytes:
    made = make_mask(name, data_class or DataClass(name), key=KEY, type_family=family)(value)
    assert made is not None
    return made


MASKED = worn(PLAIN)
LITERAL = f"'{MASKED.decode()}'"


def serve(story: Story, text: str) -> None:
    story.database.results[text] = Result(DESCRIBED, [(b"1", PLAIN)], "SELECT 1")


def bound(story: Story) -> list[tuple[bytes | None, ...]]:
    return [e.values for e in story.database.got if isinstance(e, talk.Bind) and e.statement != b"proctor_own"]


def useful(asker: object = ALICE) -> object:
    return opened(style="useful", asker=asker)


# ---- simple queries


@pytest.mark.parametrize("asker", [ALICE, COPILOT], ids=["a person", "an agent"])
async def test_a_masked_literal_of_a_simple_query_leaves_as_a_parameter(asker: object) -> None:
    async with useful(asker) as story:
        serve(story, ASKED.format(" $1 "))
        heard = await story.asks(messages.query(ASKED.format(LITERAL)))
        assert [line.split()[0] for line in heard] == ["shape", "row", "done", "ready"]
        assert heard[1] == f"row 1, {MASKED.decode()}"
        assert story.ran == [ASKED.format(" $1 ")]
        assert bound(story) == [(PLAIN,)]
        assert PLAIN not in story.heard
        (decided,) = story.ledger.decisions
        assert isinstance(decided.decided.decision, Allow)
        assert {str(c) for c in decided.decided.analysis.keyed} == {"public.customers.email"}


async def test_the_plain_value_of_a_simple_query_is_asked_about_as_before() -> None:
    async with useful(COPILOT) as story:
        heard = await story.asks(messages.query(ASKED.format(f"'{PLAIN.decode()}'")))
        assert heard[0].startswith("failed 42501 refused: infer public.customers.email")
        assert story.ran == []


async def test_under_redaction_nothing_is_recognised() -> None:
    async with opened(style="redact", asker=COPILOT) as story:
        heard = await story.asks(messages.query(ASKED.format(LITERAL)))
        assert heard[0].startswith("failed 42501 refused: infer public.customers.email")
        assert story.ran == []


LITERALS = {
    "a cast": ("email = {}::text", "email =  $1 ::text", [PLAIN]),
    "a cast of the standard": ("email = cast({} as varchar)", "email = cast( $1  as varchar)", [PLAIN]),
    "the constant first": ("{} = email", " $1  = email", [PLAIN]),
    "a list": ("email in ({}, {other})", "email in ( $1 ,  $2 )", [PLAIN, OTHER]),
    "an array literal": ("email = any('{{{bare},{bare_other}}}')", "email = any( $1 )", [b"{" + PLAIN + b"," + OTHER + b"}"]),
    "an array": ("email = any(array[{}, {other}])", "email = any(array[ $1 ,  $2 ])", [PLAIN, OTHER]),
    "beside a clean one": ("id = 7 and email = {}", "id = 7 and email =  $1 ", [PLAIN]),
    "no room": ("email in({})", "email in( $1 )", [PLAIN]),
    "behind what is longer than it looks": ("name is not null and 'ünï' = 'ünï' and email = {}",
                                            "name is not null and 'ünï' = 'ünï' and email =  $1 ", [PLAIN]),
}  # fmt: skip


def filled(condition: str) -> str:
    other = worn(OTHER).decode()
    words = condition.format(LITERAL, other=f"'{other}'", bare=MASKED.decode(), bare_other=other)
    return "select id, email from customers where " + words


@pytest.mark.parametrize("form", LITERALS)
async def test_a_masked_literal_is_found_in_each_of_its_forms(form: str) -> None:
    asked, sent, values = LITERALS[form]
    async with useful(COPILOT) as story:
        text = "select id, email from customers where " + sent
        serve(story, text)
        heard = await story.asks(messages.query(filled(asked)))
        assert [line.split()[0] for line in heard] == ["shape", "row", "done", "ready"], heard
        assert (story.ran, bound(story)) == ([text], [tuple(values)])


async def test_a_statement_that_returns_nothing_is_answered_as_a_simple_query() -> None:
    async with useful() as story:
        text = f"update customers set name = 'x' where email = {LITERAL}"
        heard = await story.asks(messages.query(text))
        assert [line.split()[0] for line in heard] == ["done", "ready"]
        assert story.ran == [text.replace(LITERAL, " $1 ")]


async def test_an_error_of_a_rewritten_query_is_told_once_and_the_session_goes_on() -> None:
    async with useful(COPILOT) as story:
        text = ASKED.format(" $1 ")
        story.database.fails_at_parse[text] = Failure("42883", f"operator does not exist: {PLAIN.decode()}")
        heard = await story.asks(messages.query(ASKED.format(LITERAL)))
        assert [line.split()[0] for line in heard] == ["failed", "ready"]
        assert PLAIN not in story.heard
        assert [answer.sqlstate for answer in story.ledger.answers] == ["42883"]
        assert (await story.asks(messages.query("select total from orders where id = 1")))[-1] == "ready I"


async def test_a_query_behind_a_rewritten_one_keeps_its_place() -> None:
    async with useful(COPILOT) as story:
        serve(story, ASKED.format(" $1 "))
        other = "select total from orders where id = 1"
        story.database.results[other] = Result([column("total")], [(b"9",)], "SELECT 1")
        heard = await story.asks(messages.query(ASKED.format(LITERAL)), messages.query(other))
        assert [line.split()[0] for line in heard] == ["shape", "row", "done", "ready"] * 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"explain {ASKED.format(LITERAL)}", "a masked value cannot be a key in EXPLAIN"),
        (f"declare c cursor for {ASKED.format(LITERAL)}", "a masked value cannot be a key in DECLARE"),
        (f"{ASKED.format(LITERAL)}; select 1", "a masked value cannot be a key in a text of several statements"),
        (ASKED.format("E" + LITERAL), "a masked value is written in a way in which no parameter can take its place"),
        (
            ASKED.format("text " + LITERAL),
            "a masked value is written in a way in which no parameter can take its place",
        ),
        (ASKED.format("$$" + MASKED.decode() + "$$"), "a masked value is written in a way"),
        (
            ASKED.format(LITERAL + "::varchar(100)"),
            "a masked value of public.customers.email is used for something else",
        ),
        (
            f"select id from customers where (id, email) = (1, {LITERAL})",
            "a masked value of public.customers.email is used",
        ),
        (
            f"copy (select id from customers where email = {LITERAL}) to stdout",
            "a masked value cannot be a key in COPY",
        ),
        (
            f"create table t as select id from customers where email = {LITERAL}",
            "a masked value cannot be a key in CREATE",
        ),
        (ASKED.format("'xyz@masked.example'"), "this masked value stands for nothing in public.customers.email"),
        (ASKED.format("'abcdef@h.example'"), "this masked value stands for nothing in public.customers.email"),
    ],
)
async def test_where_a_masked_key_cannot_be_it_is_refused_in_words(text: str, told: str) -> None:
    async with useful(COPILOT) as story:
        heard = await story.asks(messages.query(text))
        assert heard[0].startswith(f"failed 42501 refused: {told}"), heard
        assert story.ran == []
        (decided,) = [d for d in story.ledger.decisions if isinstance(d.decided.decision, Deny)]
        assert decided.decided.decision.rules == ("masked-keys",)


async def test_the_shape_of_a_masked_text_lets_no_other_literal_through() -> None:
    async with useful(COPILOT) as story:
        serve(story, ASKED.format(" $1 "))
        for _ in range(2):
            assert (await story.asks(messages.query(ASKED.format(LITERAL))))[0].startswith("shape")
            plain = await story.asks(messages.query(ASKED.format(f"'{PLAIN.decode()}'")))
            assert plain[0].startswith("failed 42501")
        assert bound(story) == [(PLAIN,)] * 2
        assert story.ledger.lane == 0


# ---- bound


def extended(text: str, *values: bytes | None, types: tuple[int, ...] = (), formats: tuple[int, ...] = ()) -> bytes:
    return b"".join(
        (
            messages.parse(b"", text, types),
            messages.bind(b"", b"", formats, values, ()),
            messages.describe(b"P", b""),
            messages.execute(b"", 0),
            SYNC,
        )
    )


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
async def test_a_masked_parameter_is_bound_as_what_it_stands_for(binary: bool) -> None:
    async with useful(COPILOT) as story:
        serve(story, ASKED.format("$1"))
        heard = await story.asks(extended(ASKED.format("$1"), MASKED, formats=(1,) if binary else ()))
        assert [line.split()[0] for line in heard] == ["prepared", "bound", "shape", "row", "done", "ready"]
        assert bound(story) == [(PLAIN,)]
        assert PLAIN not in story.heard
        assert story.ledger.decisions[-1].parameters == ((b"\0" if binary else b"") + MASKED,)


async def test_every_bind_of_a_prepared_statement_is_looked_at_anew() -> None:
    async with useful(COPILOT) as story:
        serve(story, ASKED.format("$1"))
        await story.asks(messages.parse(b"s", ASKED.format("$1")), messages.describe(b"S", b"s"), SYNC)

        async def run(value: bytes | None) -> list[str]:
            return await story.asks(messages.bind(b"", b"s", (), (value,)), messages.execute(b""), SYNC)

        for value, fine in [(MASKED, True), (PLAIN, False), (worn(OTHER), True), (OTHER, False), (None, True)]:
            heard = await run(value)
            assert heard[0].startswith("bound" if fine else "failed 42501 refused: infer"), (value, heard)
        assert bound(story) == [(PLAIN,), (OTHER,), (None,)]


async def test_what_is_plain_among_masked_ones_is_asked_about() -> None:
    async with useful(COPILOT) as story:
        text = "select id, email from customers where email in ($1, $2)"
        heard = await story.asks(extended(text, MASKED, OTHER))
        assert any(line.startswith("failed 42501 refused: infer") for line in heard)
        assert bound(story) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("select $1, id from customers where email = $1", (MASKED,)),
        ("select id from customers where email = $1 limit length($1)", (MASKED,)),
        ("select id from orders where note = $1 and exists (select from customers where email = $1)", (MASKED,)),
        ("select c.id from customers c join orders o on o.note = $1 where c.email = $1", (MASKED,)),
        ("select id from customers where email = $1 and name like $1", (MASKED,)),
        ("select id, $1 = 'x' from customers where email = $1", (MASKED,)),
    ],
)
async def test_what_stands_for_another_value_is_used_for_nothing_else(text: str, values: tuple[bytes, ...]) -> None:
    async with useful() as story:
        heard = await story.asks(extended(text, *values))
        assert any(line.startswith("failed 42501 refused: a masked value") for line in heard), heard
        assert bound(story) == []


async def test_an_array_is_bound_element_by_element() -> None:
    async with useful(COPILOT) as story:
        text = "select id, email from customers where email = any($1)"
        serve(story, text)
        other = worn(OTHER)
        heard = await story.asks(extended(text, b"{" + MASKED + b"," + other + b",NULL}"))
        assert heard[-2].startswith("done")
        from_binary = from_text(1009, b"{" + MASKED + b"}")
        heard = await story.asks(extended(text, from_binary, formats=(1,)))
        assert heard[-2].startswith("done")
        heard = await story.asks(extended(text, b"{" + MASKED + b"," + OTHER + b"}"))
        assert any(line.startswith("failed 42501 refused: infer") for line in heard)
        assert bound(story) == [(b"{" + PLAIN + b"," + OTHER + b",NULL}",), (from_text(1009, b"{" + PLAIN + b"}"),)]


async def test_a_masked_literal_of_a_parse_becomes_one_more_parameter_that_nobody_hears_of() -> None:
    async with useful(COPILOT) as story:
        text = f"select id, email from customers where id = $1 and email = {LITERAL}"
        sent = text.replace(LITERAL, " $2 ")
        serve(story, sent)
        story.database.parameters[sent] = (23, 25)
        heard = await story.asks(messages.parse(b"s", text), messages.describe(b"S", b"s"), SYNC)
        assert heard[:2] == ["prepared", "parameters (23,)"]
        for formats in ((), (1,), (0,)):
            asked = [messages.bind(b"", b"s", formats, (b"\0\0\0\x07",), ()), messages.execute(b""), SYNC]
            heard = await story.asks(*asked)
            assert [line.split()[0] for line in heard] == ["bound", "row", "done", "ready"]
        assert bound(story) == [(b"\0\0\0\x07", PLAIN)] * 3
        assert [e.formats for e in story.database.got if isinstance(e, talk.Bind) and e.statement == b"s"] == [
            (0, 0), (1, 0), (0, 0),
        ]  # fmt: skip
        heard = await story.asks(messages.bind(b"", b"s", (), ()), messages.execute(b""), SYNC)
        assert heard[0] == "failed 08P01 bind message supplies 0 parameters, but 1 are needed"


async def test_a_prepared_literal_is_not_kept_when_the_column_is_of_another_class() -> None:
    async with useful(COPILOT) as story:
        text = ASKED.format(LITERAL)
        await story.asks(messages.parse(b"s", text), SYNC)
        findings = dict(story.world.classified.findings)
        column_of = next(c for c in findings if c.name == "email")
        findings[column_of] = Finding(DataClass("username"), 1.0, "changed")
        story.world.becomes(story.world.shared, Classified(findings, version=9))
        heard = await story.asks(messages.bind(b"", b"s"), messages.execute(b""), SYNC)
        assert heard[0].startswith("failed")
        assert bound(story) == []


# ---- written


@pytest.mark.parametrize(
    "text",
    [
        f"insert into customers (id, email) values (1, {LITERAL})",
        f"insert into customers (id, email) values (1, 'x@y.z'), (2, {LITERAL})",
        f"insert into customers (id, email) select 1, {LITERAL}",
        f"insert into customers (id, email) select a, b::text from (values (1, {LITERAL})) as v (a, b)",
        f"insert into customers (id, email) values (1, 'x@y.z') on conflict (id) do update set email = {LITERAL}",
        f"update customers set email = {LITERAL} where id = 1",
        f"update customers set email = coalesce({LITERAL}, email) where id = 1",
        f"update customers set email = {LITERAL} where email = {LITERAL}",
        f"merge into customers c using orders o on o.id = c.id when matched then update set email = {LITERAL}",
        f"merge into customers c using orders o on o.id = c.id when not matched then insert (email) values ({LITERAL})",
        "insert into customers (id, email) values (1, 'abcdef@h.example')",
    ],
)
@pytest.mark.parametrize("how", ["simple", "extended"])
async def test_a_masked_literal_is_not_written(text: str, how: str) -> None:
    async with useful() as story:
        heard = await story.asks(messages.query(text) if how == "simple" else extended(text))
        told = "failed 42501 refused: a masked value would be written into public.customers.email"
        assert any(line.startswith(told) for line in heard), heard
        assert story.ran == []


@pytest.mark.parametrize(
    "text",
    [
        "insert into customers (id, email) values (1, $1)",
        "insert into customers (id, email) select a::int, b::text from (values ('1', $1)) as v (a, b)",
        "update customers set email = $1::varchar where id = 1",
    ],
)
@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
async def test_a_masked_parameter_is_not_written(text: str, binary: bool) -> None:
    async with useful() as story:
        heard = await story.asks(extended(text, MASKED, formats=(1,) if binary else ()))
        assert any("a masked value would be written into public.customers.email" in line for line in heard), heard
        heard = await story.asks(extended(text, OTHER, formats=(1,) if binary else ()))
        assert heard[-2].startswith("done"), heard
        assert bound(story) == [(OTHER,)]


COPIES = {
    "text": ("", b"1\t" + MASKED + b"\n"),
    "cut in pieces": ("", b"1\tx@y.z\n2\t" + MASKED + b"\n"),
    "without an end of the line": ("", b"1\t" + MASKED),
    "csv": ("with (format csv)", b'1,"' + MASKED + b'"\r\n'),
    "csv with a header": ("with (format csv, header)", b"id,email\n1," + MASKED + b"\n"),
    "binary": (
        "with (format binary)",
        b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\0\x02\0\0\0\x04\0\0\0\x01"
        + len(MASKED).to_bytes(4, "big") + MASKED + b"\xff\xff",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", COPIES)
async def test_a_masked_value_is_not_copied_in(form: str) -> None:
    words, data = COPIES[form]
    async with opened(style="useful", environment="development") as story:
        text = f"copy customers (id, email) from stdin {words}".strip()
        assert await story.asks(messages.query(text)) == ["copy in"]
        for at in range(0, len(data), 7):
            story.say(messages.copy_data(data[at : at + 7]))
        heard = await story.asks(messages.copy_done())
        told = "failed 42501 refused: a masked value would be written into public.customers.email"
        assert [line for line in heard if line.startswith(told)], heard
        assert heard[-1] == "ready I"
        assert story.ledger.answers[-1].sqlstate == "42501"
        assert (await story.asks(messages.query("select total from orders where id = 1")))[-1] == "ready I"


async def test_true_values_are_copied_in_as_they_came() -> None:
    async with opened(style="useful", environment="development") as story:
        await story.asks(messages.query("copy customers (id, email) from stdin"))
        heard = await story.asks(messages.copy_data(b"1\tx@y.z\n"), messages.copy_done())
        assert [line.split()[0] for line in heard] == ["done", "ready"]
        assert story.database.copied == messages.copy_data(b"1\tx@y.z\n")


# ---- approvals


async def test_an_agents_write_under_a_masked_key_is_held_for_the_write_alone() -> None:
    async with useful(COPILOT) as story:
        text = f"update customers set name = 'x' where email = {LITERAL}"
        story.say(messages.query(text))
        await story.play()
        (ticket,) = story.desk.tickets
        assert "infer" not in story.desk.tickets[ticket].rules
        story.desk.approve(ticket)
        heard = await story.hears()
        assert heard[-2].startswith("done"), heard
        assert bound(story) == [(PLAIN,)]
        kinds = [type(d.decided.decision) for d in story.ledger.decisions]
        assert kinds == [Hold, Allow]


async def test_inserts_of_one_shape_are_looked_at_one_by_one() -> None:
    """Texts that differ in literals alone share their judgements, but not where a literal may be masked."""
    async with useful() as story:
        text = "insert into customers (id, email) values (1, {})"
        for _ in range(2):
            assert (await story.asks(messages.query(text.format("'x@y.z'"))))[-2].startswith("done")
            heard = await story.asks(messages.query(text.format(LITERAL)))
            assert heard[0].startswith("failed 42501 refused: a masked value would be written")
        assert story.ran == [text.format("'x@y.z'")] * 2


async def test_a_masked_key_in_a_failed_batch_is_skipped_like_any_query() -> None:
    """A simple query behind an error of an open batch is not heard; nor is the Sync that a rewritten one ends with."""
    async with useful(COPILOT) as story:
        bad = "select total from orders where id = 2"
        story.database.fails[bad] = Failure("22012")
        heard = await story.asks(
            messages.parse(b"", bad), messages.bind(b"", b""), messages.execute(b""),
            messages.query(ASKED.format(LITERAL)), SYNC, messages.query("select total from orders where id = 1"),
        )  # fmt: skip
        assert [line.split()[0] for line in heard if not line.startswith("notice")][-2:] == ["done", "ready"]
        assert heard.count("ready I") == 2
        assert bound(story) == [()]


async def test_a_temporary_table_of_guesses_is_asked_with_no_mask() -> None:
    """Which of its guesses a mask stands for would be told by the row that comes back."""
    guesses = table("pg_temp", "guesses", [("id", 23, None), ("email", 25, "email")], oid=17000)
    async with useful(COPILOT) as story:
        held = dict(story.world.classified.findings)
        held |= {Column(guesses.relation, name): Finding(kind, 1.0, "given") for name, kind in
                 (("id", None), ("email", DataClass("email")))}  # fmt: skip
        story.world.becomes(catalog(extra=[guesses]), Classified(held, version=7))
        for asked in (f"select id from pg_temp.guesses where email = {LITERAL}",):
            heard = await story.asks(messages.query(asked))
            assert heard[0].startswith("failed 42501"), heard
        heard = await story.asks(extended("select id from pg_temp.guesses where email = $1", MASKED))
        assert any(line.startswith("failed 42501") for line in heard)
        assert bound(story) == []


async def test_whoever_may_infer_asks_with_masked_and_with_plain_values_alike(tmp_path: Path) -> None:
    rule = tmp_path / "own.cedar"
    rule.write_text(
        '@id("app-infers") @reason("it owns the table") @hint("none")\n'
        'permit(principal == Service::"app", action == Action::"infer", resource);\n'
    )
    async with useful(Identity("app", Kind.SERVICE, frozenset(), "scram")) as story:
        story.world._rules = Rules.load([rule])
        serve(story, ASKED.format("$1"))
        text = "select id, email from customers where email in ($1, $2)"
        for value in (MASKED, PLAIN):
            assert (await story.asks(extended(ASKED.format("$1"), value)))[-2].startswith("done")
        assert (await story.asks(extended(text, MASKED, OTHER)))[-2].startswith("done")
        assert bound(story) == [(PLAIN,), (PLAIN,), (PLAIN, OTHER)]
        heard = await story.asks(extended("select id from customers where email = $1 and name = $1", MASKED))
        assert any(line.startswith("failed 42501 refused: a masked value") for line in heard)


@pytest.mark.parametrize(
    "asked",
    [
        "email = $1::date::text",
        "email = $1::int4::text",
        "email = $1::inet::text",
        "email = $1::name",
        "email = $1::regclass::text",
        "email = any($1::name[])",
        "email = any($1::date[]::text[])",
        "email = any($1::text::text[])",
    ],
)
@pytest.mark.parametrize("who", [ALICE, COPILOT], ids=["a person", "an agent"])
async def test_a_conversion_that_would_fail_by_the_plain_value_is_not_made(asked: str, who: Identity) -> None:
    """'078-05-1120'::date fails and '2024-01-01'::date does not: what a mask stands for would be told bit by bit."""
    async with useful(who) as story:
        value = b"{" + MASKED + b"}" if "any" in asked else MASKED
        story.say(extended(f"select id from customers where {asked}", value))
        await story.play()
        heard = await story.hears() if not story.desk.tickets else []
        assert story.desk.tickets or any(line.startswith("failed 42501") for line in heard), heard
        literal = value.decode()
        story.say(messages.query(f"select id from customers where {asked}".replace("$1", f"'{literal}'")))
        await story.play()
        assert bound(story) == []
        assert story.ran == []


@pytest.mark.parametrize("types", [(1082,), (23,), (869,), (19,), (2950,)])
async def test_a_parameter_of_a_type_that_may_refuse_the_plain_value_is_not_decoded(types: tuple[int, ...]) -> None:
    async with useful(COPILOT) as story:
        heard = await story.asks(extended("select id from customers where email = $1::text", MASKED, types=types))
        assert any(line.startswith("failed 42501") for line in heard), heard
        assert bound(story) == []


async def test_what_cannot_be_seen_through_gets_no_masked_key(tmp_path: Path) -> None:
    rule = tmp_path / "own.cedar"
    rule.write_text(
        '@id("all") @reason("it is theirs") @hint("none")\npermit(principal == Service::"app", action, resource);\n'
    )
    async with useful(Identity("app", Kind.SERVICE, frozenset(), "scram")) as story:
        story.world._rules = Rules.load([rule])
        text = "select current_query(), id from customers where email = $1"
        heard = await story.asks(extended(text, MASKED))
        assert any("a masked value cannot be a key in what is not seen through" in line for line in heard), heard


async def test_a_number_too_large_for_its_column_is_told_by_nothing() -> None:
    """A mask of a wider column stands for a number that the narrower one cannot hold: it is no row, and no error."""
    narrow = table("public", "narrow", [("id", 23, None), ("tax", 23, "de_steuerid")], oid=17100)
    wide, fits = worn(b"12345678901", "id", "integer", DataClass("de_steuerid")), b"00000000042"
    async with useful(COPILOT) as story:
        held = dict(story.world.classified.findings)
        held |= {Column(narrow.relation, "id"): Finding(None, 1.0, "given")}
        held |= {Column(narrow.relation, "tax"): Finding(DataClass("de_steuerid"), 1.0, "given")}
        story.world.becomes(catalog(extra=[narrow]), Classified(held, version=8))
        small = worn(fits.lstrip(b"0"), "id", "integer", DataClass("de_steuerid"))
        for mask in (wide, small):
            text = "select id from narrow where tax = $1"
            assert (await story.asks(extended(text, mask)))[-2].startswith("done")
            text = f"select id from narrow where tax = any(array[{mask.decode()}])"
            assert (await story.asks(messages.query(text)))[-2].startswith("done")
        assert bound(story) == [(None,), (None,), (b"42",), (b"42",)]
        assert story.ran[1] == "select id from narrow where tax = any(array[ $1::pg_catalog.int8 ])"


async def test_sqls_own_execute_is_refused_a_masked_key_in_words() -> None:
    async with useful() as story:
        await story.asks(messages.query("prepare found as select id from customers where email = $1"))
        await story.asks(messages.query("prepare made as insert into customers (id, email) values (2, $1)"))
        heard = await story.asks(messages.query(f"execute found({LITERAL})"))
        assert heard[0].startswith("failed 42501 refused: a masked value cannot be a key in EXECUTE"), heard
        heard = await story.asks(messages.query(f"execute made({LITERAL})"))
        assert heard[0].startswith("failed 42501 refused: a masked value would be written into"), heard
        heard = await story.asks(messages.query("execute made('x@y.z')"))
        assert "refused" not in heard[0], heard
        await story.asks(messages.query(f"prepare kept as {ASKED.format(LITERAL)}"))
        heard = await story.asks(messages.query("execute kept"))
        assert heard[0].startswith("failed 42501 refused: a masked value cannot be a key in EXECUTE"), heard


class Analyses:
    """What was analyzed: everything else was remembered."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, text: str, found: Catalog, settings: SessionSettings) -> Examined:
        self.texts.append(text)
        return examine(text, found, settings)


async def test_texts_of_one_shape_are_analyzed_once_and_each_is_judged_by_its_own_literals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counting = Analyses()
    monkeypatch.setattr(judge, "examine", counting)
    async with useful(COPILOT) as story:
        serve(story, ASKED.format(" $1 "))
        texts = [ASKED.format(f"'{worn(b'p%d@example.com' % n).decode()}'") for n in range(4)]
        for n, text in enumerate([*texts, *texts]):
            assert (await story.asks(messages.query(f"  {text} ;")))[0].startswith("shape"), text
            assert bound(story)[-1] == (b"p%d@example.com" % (n % 4),)
        heard = await story.asks(messages.query(ASKED.format("'p1@example.com'")))
        assert heard[0].startswith("failed 42501 refused: infer")
        assert counting.texts.count(f"  {texts[0]} ;") == len([t for t in counting.texts if "masked." in t]) == 1
    counting.texts.clear()
    async with useful() as story:
        text = "insert into customers (id, email) values ({}, {})"
        for n in range(1, 5):
            assert (await story.asks(messages.query(text.format(n, f"'it''s {n}'"))))[-2].startswith("done")
        heard = await story.asks(messages.query(text.format(7, LITERAL)))
        assert heard[0].startswith("failed 42501 refused: a masked value would be written")
        assert len(counting.texts) == 1


@pytest.mark.parametrize("how", ["simple", "bound"])
async def test_a_write_whose_rows_are_counted_runs_under_a_masked_key(how: str) -> None:
    """The count is taken in a transaction of the gateway's own: what runs within is the rewritten statement."""
    async with useful() as story:
        text = f"delete from orders where customer_id in (select id from customers where email = {LITERAL})"
        sent = text.replace(LITERAL, " $1 " if how == "simple" else "$1")
        heard = await story.asks(messages.query(text) if how == "simple" else extended(sent, MASKED))
        assert heard[-2:] == ["done DELETE 1", "ready I"], heard
        assert sent in story.database.ran
        assert {"BEGIN", "COMMIT"} <= set(story.database.ran)
        assert bound(story) == [(PLAIN,)]
        assert [answer.sqlstate for answer in story.ledger.answers] == ["00000"]
