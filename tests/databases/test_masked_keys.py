"""Masks handed back to a real server: nothing on it or in the journal says what they stand for, and two worlds agree."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from demo.postgres import ThrowawayPostgres
from proctor.policy.masks import decode
from proctor.terms import DataClass
from proctor.wire import arrays
from tests.databases.lab import until
from tests.databases.vault import ADA, COLUMNS, PATIENTS, SCOUT, SUE, UNA, Vault, vault

EMAIL = COLUMNS[0]
ASKED = b"select id from vault where email = %s"


@pytest.fixture(scope="module")
def held(postgres: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    with vault(postgres, tmp_path_factory.mktemp("vault")) as made:
        yield made


@contextmanager
def asking(found: Vault, who: tuple[str, str] | None = None, **more: str) -> Iterator[psycopg.Connection]:
    dsn = found.dsn(**more) if who is None else found.dsn(who, **more)
    with psycopg.connect(dsn, autocommit=True) as made:
        yield made


def masked(found: Vault, name: str = "email", at: int = 0) -> str:
    return found.masks[name][at]


def literal(cursor: psycopg.Connection, text: str) -> list[tuple[object, ...]]:
    return psycopg.ClientCursor(cursor).execute(text.encode()).fetchall()


# ---- what shows


def test_the_servers_views_of_statements_show_no_plain_value(held: Vault) -> None:
    """The text that runs holds a parameter, so neither the statement itself nor anybody beside it sees the value."""
    with asking(held, application_name="watched") as asker:
        asker.execute("begin")
        assert literal(asker, f"select id from vault where email = '{masked(held)}'") == [(1,)]
        ((seen,),) = held.direct("select query from pg_stat_activity where application_name = 'watched'")
        assert EMAIL.values[0] not in str(seen)
        assert masked(held) not in str(seen)
        assert "email =  $1" in str(seen)
        asker.execute("rollback")


def test_an_explained_masked_key_is_refused(held: Vault) -> None:
    with asking(held, ADA) as asker:
        for words in ("explain", "explain (analyze, verbose)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="cannot be a key in EXPLAIN"):
                literal(asker, f"{words} select id from vault where email = '{masked(held)}'")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="cannot be a key in EXPLAIN"):
                asker.execute(f"{words} ".encode() + ASKED, [masked(held)])


def test_explain_says_which_literals_are_masked_values_and_never_what_they_stand_for(held: Vault) -> None:
    words = ("explain", "--as", "copilot", "--database", "vault")
    mask, text = masked(held), f"select id from vault where email = '{masked(held)}'"
    (story,) = held.gateway.ask(*words, "--json", text).objects()
    assert story["decision"]["verdict"] == "allow"  # type: ignore[index]
    assert story["keys"] == ["public.vault.email"]
    assert story["masked"] == [{"literal": mask, "columns": ["public.vault.email"], "classes": ["email"]}]
    said = held.gateway.ask(*words, text).text
    assert f"masked value {mask} of public.vault.email (email): stands for the true one" in said
    (story,) = held.gateway.ask(*words, "--json", f"select id from vault where email = '{EMAIL.values[0]}'").objects()
    assert (story["keys"], story["masked"]) == ([], [])
    assert story["decision"]["verdict"] != "allow"  # type: ignore[index]
    (story,) = held.gateway.ask(*words, "--json", f"explain {text}").objects()
    assert "cannot be a key in EXPLAIN" in story["decision"]["reason"]  # type: ignore[index]
    assert EMAIL.values[0] not in said + str(story)


def test_a_plan_of_a_prepared_statement_shows_no_plain_value(held: Vault) -> None:
    with asking(held, ADA) as asker:
        for _ in range(8):
            assert asker.execute(ASKED, [masked(held)], prepare=True).fetchall() == [(1,)]
        for words in ("execute", "explain execute"):
            with pytest.raises(psycopg.Error):
                asker.execute(f"{words} _pg3_0('{masked(held)}')".encode())


def test_errors_of_a_masked_key_show_no_plain_value(held: Vault) -> None:
    with asking(held, ADA) as asker:
        text = f"select id, 1 / (id - id) from vault where email = '{masked(held)}'"
        with pytest.raises(psycopg.errors.DivisionByZero) as refused:
            literal(asker, text)
        assert EMAIL.values[0] not in str(refused.value)


def test_the_journal_says_that_a_masked_key_was_used_and_not_which(held: Vault) -> None:
    with asking(held) as asker:
        asker.execute(b"select id, 17 from vault where email = %s", [masked(held)])
        literal(asker, f"select id, 18 from vault where email = '{masked(held)}'")
    told = [r for r in held.decided() if r.get("keys") == {"public.vault": ["email"]}]
    assert len(told) >= 2
    for record in told:
        assert "email" not in record.get("infers", {}).get("public.vault", ())  # type: ignore[attr-defined]
    everything = str(held.decided())
    assert masked(held) not in everything
    assert EMAIL.values[0] not in everything


def test_what_a_masked_key_does_with_a_prepared_statement_is_told_for_each_bind(held: Vault) -> None:
    with asking(held) as asker:
        for _ in range(3):
            for at in range(3):
                found = asker.execute(ASKED, [masked(held, at=at)], prepare=True).fetchall()
                assert found == [(at + 1,)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="infer"):
                asker.execute(ASKED, [EMAIL.values[0]], prepare=True)


# ---- types


KINDS = """
create extension if not exists citext;
create domain mailbox as varchar(120) check (value like '%@%');
create table employees (
    id int primary key, first_name text, email citext, work_email mailbox, other_emails citext[], old_emails mailbox[],
    salary numeric(10, 2), salary_history numeric(10, 2)[], birth_date date, phone_numbers text[], ip_address inet
);
insert into employees values (
    1, 'Ada', 'Ada@Example.com', 'ada@example.org', '{ada@example.net,NULL}', '{ada@example.edu}', 4321.50,
    '{1000.00,2000.00}', '1980-02-03', '{"+1 202-555-0143"}', '10.1.2.3'
);
alter table employees owner to app;
"""


ELEMENT = """
select typelem from pg_type join pg_attribute on atttypid = pg_type.oid
where attrelid = 'employees'::regclass and attnum = {}
"""


def test_columns_of_domains_of_citext_and_of_arrays_are_masked_alike_in_text_and_in_binary(held: Vault) -> None:
    held.direct(KINDS)
    true = held.direct("select * from employees")[0]
    with asking(held, ADA) as asker:
        in_text = asker.execute("select * from employees", binary=False).fetchone()
        in_binary = asker.execute("select * from employees", binary=True).fetchone()
        with asker.cursor() as cursor, cursor.copy("copy employees to stdout") as copying:
            copied = b"".join(map(bytes, copying)).decode()
    assert in_text is not None and in_binary is not None
    for place, (masked_value, binary, value) in list(enumerate(zip(in_text, in_binary, true, strict=True)))[1:]:
        assert masked_value not in (value, None), in_text
        assert type(masked_value) is type(value), in_text
        if place in (4, 5):  # psycopg knows no arrays of citext and domains, and gives what the server sent
            assert binary[8:12] == held.direct(ELEMENT.format(place + 1))[0][0].to_bytes(4, "big")  # type: ignore[attr-defined]
            binary = arrays.read_array(binary, int.from_bytes(binary[8:12], "big"), bytes).decode()
        assert masked_value == (binary.decode() if place == 2 else binary), in_text
    assert all(str(mask).count("@masked.example") == 1 for mask in in_text[2:6])
    assert str(in_text[4]).endswith(",NULL}")
    assert copied.split("\t")[2:6] == list(in_text[2:6])


def test_columns_of_types_that_the_database_has_made_are_masked_by_values_of_these_types(held: Vault) -> None:
    """The server itself is the judge: it casts every masked value back, from text and from binary."""
    with asking(held, ADA) as asker:
        in_text = asker.execute("select * from patients order by id", binary=False).fetchall()
        again = asker.execute("select * from patients order by id", binary=True).fetchall()
        with asker.cursor() as cursor, cursor.copy("copy (select * from patients where id = 1) to stdout") as copying:
            copied = b"".join(map(bytes, copying)).decode().rstrip("\n").split("\t")
        with asker.cursor() as cursor:
            texts = cursor.execute("select id, kin, home from patients where id = 1").pgresult
            assert texts is not None
            shown = [texts.get_value(0, at) for at in range(3)]
    true = held.direct("select * from patients order by id")
    assert len(in_text) == len(again) == 2
    assert in_text[1] == again[1] == true[1]
    for place, column in enumerate(PATIENTS, start=1):
        assert in_text[0][place] is not None, column
        assert column in ("blood_type",) or in_text[0][place] != true[0][place], column
    assert b"ada@example.com" not in (shown[1] or b"") and b"@masked.example" in (shown[1] or b"")
    assert b"Elm" not in (shown[2] or b"")
    back = "insert into patients values (3, %s, %s, %s, %s, %s, %s, %s)"
    with psycopg.connect(held.server.dsn(held.name)) as owner:
        owner.execute(back, [None if word == "\\N" else word.replace("\\\\", "\\") for word in copied[1:]])
        (same,) = (
            owner.execute("select kin::text = %s from patients where id = 3", [(shown[1] or b"").decode()]).fetchone()
            or ()
        )
        assert same


ADDRESSES = """
create table customer_addresses (
    id int primary key, customer_name text, email text, address text, city varchar(40), state char(2), postal_code text,
    shipping_city text, shipping_zip int
);
insert into customer_addresses values
    (1, 'Ada Lee', 'ada@example.com', '12 Elm St, Springfield, IL 62704', 'Springfield', 'IL', '62704', 'Salem', 97301),
    (2, 'Bo Chan', 'bo@example.com', '9 Oak Ave, Springfield, IL 62701', 'Springfield', 'IL', '62701', 'Salem', 97301),
    (3, 'Cy Dunn', 'cy@example.com', '1 Bay Rd, Berkeley 94704', 'Berkeley', 'CA', '94704', null, 97302),
    (4, 'Di Ekman', 'di@example.com', '5 Sea Ln', null, 'CA', '90210', 'Salem', 97303);
alter table customer_addresses owner to app;
"""


def test_the_masked_parts_of_an_address_belong_together_in_text_in_binary_and_in_a_copy(held: Vault) -> None:
    held.direct(ADDRESSES)
    select = "select * from customer_addresses order by id"
    with asking(held, ADA) as asker:
        rows = asker.execute(select.encode(), binary=False).fetchall()
        assert asker.execute(select.encode(), binary=True).fetchall() == rows
        for form in ("text", "csv", "binary"):
            with (
                asker.cursor() as cursor,
                cursor.copy(f"copy customer_addresses to stdout (format {form})".encode()) as copying,
            ):
                copied = b"".join(map(bytes, copying))
            for value in (value for row in rows for value in row[3:7] if value is not None):
                assert str(value).encode() in copied, (form, value)
        towns = asker.execute("select city, shipping_city from customer_addresses order by id").fetchall()
    for row in rows:
        assert not any(town in str(row) for town in ("Springfield", "Berkeley", "Salem"))
        if "," in str(row[3]):
            assert str(row[3]).endswith(f", {row[4]} {row[6]}"), "an address ends in the town and code beside it"
    assert towns == [(row[4], row[7]) for row in rows], "a town wears what it would wear alone"
    assert rows[0][4] == rows[1][4]
    assert str(rows[0][6])[:3] == str(rows[1][6])[:3], "codes of one town begin alike"
    assert 600 <= int(str(rows[0][6])[:3]) <= 629, "and lie in the state that the row shows"
    assert 900 <= int(str(rows[2][6])[:3]) <= 961
    assert 900 <= int(str(rows[3][6])[:3]) <= 961
    assert rows[0][8] == rows[1][8] and str(rows[0][8])[:3] == str(rows[3][8])[:3]
    # Nor does a code look at a town of another row: an asker would choose by a join what it is masked with.
    joined = "select a.city, b.postal_code from customer_addresses a, customer_addresses b where b.id = 1 and a.id = {}"
    with asking(held, ADA) as asker:
        alone = asker.execute("select postal_code from customer_addresses where id = 1").fetchall()
        for at in (1, 3):
            ((_, code),) = asker.execute(joined.format(at).encode()).fetchall()
            assert [(code,)] == alone


STAYS = (
    "select p.id, p.birth_date, p.hired, s.person, s.came, s.went, s.seen from persons p join stays s on s.person = p.id "
    "order by s.id"
)
HIDDEN = date(2000, 1, 1)


def test_the_time_between_two_dates_of_one_person_survives_in_text_in_binary_and_in_a_copy(held: Vault) -> None:
    true = held.direct(STAYS)
    with asking(held, ADA) as asker:
        rows = asker.execute(STAYS.encode(), binary=False).fetchall()
        assert asker.execute(STAYS.encode(), binary=True).fetchall() == rows
        through = f"with x as ({STAYS}) select x.* from (select * from x) x"
        assert asker.execute(through.encode()).fetchall() == rows
        persons = asker.execute(b"select id, birth_date, hired, name from persons order by id").fetchall()
        stays = asker.execute(b"select * from stays where id = 10").fetchone()
        for form in ("text", "csv"):
            with asker.cursor() as cursor, cursor.copy(f"copy stays to stdout (format {form})".encode()) as copying:
                copied = b"".join(map(bytes, copying)).decode()
            assert all(f"{row[4]}" in copied and f"{row[6]}" in copied for row in rows)
        with asker.cursor() as cursor, cursor.copy(b"copy stays to stdout (format binary)") as copying:
            copying.set_types(["int4", "int4", "timestamp", "timestamp", "text"])
            in_binary = {row[0]: row[1:] for row in copying.rows()}
    assert stays is not None and stays[1:] == rows[0][3:]
    assert in_binary[10] == rows[0][3:] and in_binary[12] == rows[2][3:]
    assert in_binary[13] == (None, *[datetime(2000, 1, 1)] * 2, "redacted"), "of nobody's dates nothing is shown"  # noqa: DTZ001
    assert [tuple(row[:3]) for row in persons[:2]] == [rows[0][:3], rows[2][:3]]
    for row, before in zip(rows, true, strict=True):
        moved = row[1] - before[1]
        assert timedelta(0) < abs(moved) <= timedelta(days=400)
        assert abs(row[2] - before[2] - moved) < timedelta(days=1, seconds=1)
        if before[4].hour == 0:
            assert row[4] - before[4] == moved, "midnight is no time of day"
        else:
            assert abs((row[2] - before[2]) - (row[4] - before[4])) < timedelta(seconds=1)
            assert row[5] is None or row[5] - row[4] == before[5] - before[4]
    assert rows[1][6] == "redacted", "what is no date has no distance"
    assert date.fromisoformat(rows[0][6]) - rows[0][1] == date(2020, 1, 2) - date(1980, 2, 29)


def test_a_date_is_shown_beside_its_own_subject_alone(held: Vault) -> None:
    """A join of everybody with everybody would show it moved in as many ways as there are people."""
    with asking(held, ADA) as asker:
        for text in (
            "select birth_date from persons",
            "select name, birth_date from persons",
            "select b.birth_date from persons a, persons b where b.id = 1",
            "select p.birth_date, s.person from persons p join stays s on s.person = p.id",
            "select birth_date from (select id, birth_date from persons union all select id, birth_date from persons) u",
        ):
            assert {row[0 if "name," not in text else 1] for row in asker.execute(text.encode())} == {HIDDEN}, text
        crossed = asker.execute(b"select a.id, b.birth_date from persons a, persons b where b.id = 1 order by 1")
        assert crossed.fetchall() == [(1, HIDDEN), (2, HIDDEN), (3, HIDDEN)]


@pytest.mark.parametrize(
    "text",
    [
        "select birth_date, count(*) from persons group by birth_date",
        "select distinct hired from persons",
        "select a.id, b.id from persons a join persons b on a.birth_date = b.birth_date",
        "select id, birth_date from persons union select id, birth_date from persons",
    ],
)
def test_which_dates_of_different_persons_are_equal_is_for_those_who_may_infer(held: Vault, text: str) -> None:
    """The masks of one day, moved in many ways, would tell it by their mean."""
    with asking(held, ADA) as asker, pytest.raises(psycopg.errors.InsufficientPrivilege, match="infer"):
        asker.execute(text.encode())


# ---- joins, transactions, cursors, writes


def test_a_masked_key_works_within_statements_and_transactions(held: Vault) -> None:
    mask = masked(held)
    with asking(held, ADA) as asker:
        asker.execute("begin")
        for text in (
            f"select v.id from vault v join vault w on w.email = v.email where w.email = '{mask}'",
            f"with found as (select id from vault where email = '{mask}') select id from found",
            f"select id from vault v where exists (select from vault w where w.id = v.id and w.email = '{mask}')",
            f"select id from (select id, email from vault) v where v.email = '{mask}'",
            f"select min(id) from vault where email = '{mask}' having count(*) = 1",
        ):
            assert literal(asker, text) == [(1,)], text
        asker.execute("rollback")


def test_a_masked_key_finds_the_row_to_change(held: Vault) -> None:
    mask = masked(held)
    with asking(held, ADA) as asker:
        changed = psycopg.ClientCursor(asker).execute(f"update vault set kind = 'm' where email = '{mask}'".encode())
        assert changed.rowcount == 1
        bound = asker.execute(b"update vault set kind = 'n' where email = %s returning id", [mask])
        assert bound.fetchall() == [(1,)]
        deleted = psycopg.ClientCursor(asker).execute(f"delete from intake where email = '{mask}'".encode())
        assert deleted.rowcount == 0


WRITES = {
    "insert": "insert into intake (id, {name}) values (7, {value})",
    "insert many": "insert into intake (id, {name}) select a, b from (values (7, {value})) as v (a, b)",
    "update": "update vault set {name} = {value} where id = 2",
    "on conflict": "insert into vault (id, {name}) values (2, null) on conflict (id) do update set {name} = {value}",
    "merge": "merge into vault v using intake i on i.id = v.id when matched then update set {name} = {value}",
}


@pytest.mark.parametrize("column", COLUMNS, ids=lambda c: c.name)
def test_no_mask_is_written_by_any_driver_form(held: Vault, column: object) -> None:
    name = column.name  # type: ignore[attr-defined]
    numeric = column.integral  # type: ignore[attr-defined]
    mask = masked(held, name)
    before = held.direct("select * from vault order by id")
    with asking(held, ADA) as asker:
        for words in WRITES.values():
            literal_text = words.format(name=name, value=mask if numeric else f"'{mask}'")
            told = f"a masked value would be written into public.*{name}"
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match=told):
                psycopg.ClientCursor(asker).execute(literal_text.encode())
            bound = words.format(name=name, value="%s")
            for binary in (False, True):
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match=told):
                    value = int(mask) if numeric else mask
                    psycopg.Cursor(asker).execute(bound.replace("%s", "%b" if binary else "%t").encode(), [value])
    assert held.direct("select * from vault order by id") == before
    assert held.direct("select count(*) from intake") == [(0,)]


def test_a_cursor_on_a_masked_key_is_refused_in_words(held: Vault) -> None:
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege, match="cannot be a key in DECLARE")
    with asking(held, ADA) as asker, refused, asker.transaction(), asker.cursor("named") as cursor:
        cursor.execute(ASKED, [masked(held)])


# ---- masks chosen by rule


def choosing(name: str, mask: str, data_class: str) -> str:
    head = f'@id("{name}") @reason("r") @hint("h") @mask("{mask}")'
    who = 'principal in Group::"support"'
    return f'{head}\npermit ({who}, action == Action::"mask", resource) when {{ resource.class == "{data_class}" }};\n'


CHOSEN = "".join(
    (
        choosing("last-four", "partial", "payment_card"),
        choosing("tokens", "tokenise", "iban"),
        choosing("hashed", "hash", "us_ssn"),
        choosing("none", "null", "passport"),
        '@id("privacy-sees") @reason("r") @hint("h")\n'
        'permit (principal in Group::"privacy", action == Action::"unmask", resource) when { resource.class == "iban" };',
    )
)
IBAN = "DE89370400440532013000"
LAST_FOUR = ["************1111", "************5559", "***********0009"]


def loads(found: Vault, rules: str) -> None:
    """Have other rules put in force."""
    (found.gateway.config.parent / "rules" / "own.cedar").write_text(rules)
    os.kill(found.gateway.pid, signal.SIGHUP)


@pytest.fixture(scope="module")
def chosen(held: Vault) -> Vault:
    """The vault once rules choose masks for the support, in sessions that were open before as well."""
    with asking(held, SUE) as before:
        assert seen(before, "card") == [masked(held, "card", at) for at in range(3)]
        loads(held, CHOSEN)
        until(lambda: seen(before, "card") == LAST_FOUR)
    return held


def seen(asker: psycopg.Connection, name: str, *, binary: bool = False) -> list[object]:
    """Return a column as it is shown; rules that come into force just as it is asked for are a 40001."""
    while True:
        try:
            with asker.cursor(binary=binary) as cursor:
                return [row[0] for row in cursor.execute(f"select {name} from vault order by id".encode()).fetchall()]
        except psycopg.errors.SerializationFailure:
            continue


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_the_support_sees_the_last_four_and_others_what_they_saw(chosen: Vault, binary: bool) -> None:
    usual = [masked(chosen, "card", at) for at in range(3)]
    with asking(chosen, SUE) as sue, asking(chosen, ADA) as ada, asking(chosen, SCOUT) as scout:
        assert seen(sue, "card", binary=binary) == LAST_FOUR
        assert seen(ada, "card", binary=binary) == usual
        assert seen(scout, "card", binary=binary) == usual, "what its person sees by a rule of hers, it does not"
        assert seen(sue, "card_n", binary=binary) == [0, 0, 0], "a number has no last four letters"
        assert [int(str(n)) for n in seen(sue, "card_d", binary=binary)] == [0, 0, 0]
        assert seen(sue, "passport", binary=binary) == [None, None, None]
        assert seen(scout, "passport", binary=binary) == [None, None, None], "what its person may not see"
        assert all(str(token).startswith("~") for token in seen(sue, "iban", binary=binary))
        assert len(set(seen(sue, "ssn", binary=binary))) == 3


def test_copy_and_psql_show_the_chosen_masks(chosen: Vault) -> None:
    with asking(chosen, SUE) as sue, sue.cursor() as cursor:
        with cursor.copy("copy (select card, passport from vault order by id) to stdout") as copy:
            assert b"".join(copy) == b"".join(f"{part}\t\\N\n".encode() for part in LAST_FOUR)
        with cursor.copy("copy (select card from vault order by id) to stdout (format binary)") as copy:
            copy.set_types(["varchar"])
            assert [row[0] for row in copy.rows()] == LAST_FOUR
    said = subprocess.run(
        ["psql", "-X", "-A", "-t", chosen.dsn(SUE), "-c", "table vault"], capture_output=True, text=True, check=True
    )
    assert all(part in said.stdout for part in LAST_FOUR)
    assert not any(value in said.stdout for held in COLUMNS for value in held.values)


def test_the_last_four_are_not_compared_or_grouped_by(chosen: Vault) -> None:
    grouped = b"select count(*) from vault group by card"
    joined = b"select count(*) from vault a join vault b on a.card = b.card"
    with asking(chosen, SUE) as sue, asking(chosen, ADA) as ada, asking(chosen, SCOUT) as scout:
        for text in (grouped, joined, b"select distinct card from vault"):
            for asker in (sue, scout):
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"infer public\.vault\.card"):
                    asker.execute(text)
            assert ada.execute(text).fetchall()
        assert len(sue.execute(b"select count(*) from vault group by ssn").fetchall()) == 3
        for value in (masked(chosen, "card"), LAST_FOUR[0]):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"infer public\.vault\.card"):
                sue.execute(b"select id from vault where card = %s", [value])


def test_a_token_is_a_key_for_whoever_wears_it_and_resolved_by_whoever_may_unmask(chosen: Vault) -> None:
    with asking(chosen, SUE) as sue, asking(chosen, ADA) as ada, asking(chosen, UNA) as una:
        token = str(seen(sue, "iban")[0])
        for execute in (sue.execute, psycopg.ClientCursor(sue).execute):
            assert execute(b"select id, iban from vault where iban = %s", [token]).fetchall() == [(1, token)]
        for value in (token, masked(chosen, "iban")):
            for execute in (una.execute, psycopg.ClientCursor(una).execute):
                assert execute(b"select id, iban from vault where iban = %s", [value]).fetchall() == [(1, IBAN)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"infer public\.vault\.iban"):
            ada.execute(b"select id from vault where iban = %s", [token])
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="stands for nothing|infer"):
            sue.execute(b"select id from vault where iban = %s", [masked(chosen, "iban")])


def test_nobody_writes_back_what_others_are_shown(chosen: Vault) -> None:
    with asking(chosen, SUE) as sue, asking(chosen, ADA) as ada:
        token = str(seen(sue, "iban")[0])
        for asker in (sue, ada):
            for name, mask in (("card", LAST_FOUR[0]), ("iban", token)):
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="a masked value would be written into"):
                    asker.execute(f"update vault set {name} = %s where id = 1".encode(), [mask])
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="a masked value would be written into"):  # noqa: SIM117
                    with asker.cursor() as cursor, cursor.copy(f"copy intake (id, {name}) from stdin".encode()) as copy:
                        copy.write_row((1, mask))
    assert chosen.direct("select card, iban from vault where id = 1") == [("4111111111111111", IBAN)]


def test_the_journal_says_which_mask_was_worn_and_by_which_rule(chosen: Vault) -> None:
    with asking(chosen, SUE) as sue:
        sue.execute(b"select card, 4711 as told from vault").fetchall()
    wore = {
        "output": 1,
        "mask": "partial",
        "class": "payment_card",
        "columns": ["public.vault.card"],
        "rules": ["last-four"],
    }
    assert [r for r in chosen.decided() if r.get("masks") == [wore] and "last-four" in r["decision"]["rules"]]  # type: ignore[index]


def test_a_rule_with_an_unknown_mask_is_told_with_its_line_and_the_old_rules_stay(chosen: Vault) -> None:
    loads(chosen, "// ours\n" + choosing("new", "parital", "iban"))
    until(lambda: "the old configuration stays" in chosen.gateway.log())
    said = 'own.cedar:2: rule new: @mask("parital"): there is no such mask; did you mean "partial"?'
    assert said in chosen.gateway.log()
    with asking(chosen, SUE) as sue:
        assert seen(sue, "card") == LAST_FOUR
    loads(chosen, CHOSEN)


# ---- two worlds


def test_two_worlds_that_differ_in_plain_values_alone_answer_alike(postgres: ThrowawayPostgres, tmp_path: Path) -> None:
    """In each world the asker hands back what it saw there: the answers are the same up to the masks themselves."""
    told = []
    for world in ("one", "two"):
        folder = tmp_path / world
        folder.mkdir()
        with vault(postgres, folder, rules=CHOSEN) as found:
            if world == "two":
                found.direct("update vault set email = 'x' || email, login = login || '_2'")
                # What the last four declare to show stays as it is, and which values are equal.
                found.direct("update vault set card = '9' || substr(card, 2), ssn = '9' || substr(ssn, 2)")
            with asking(found) as asker:
                masks = [str(row[0]) for row in asker.execute("select email from vault order by id").fetchall()]
                others = [str(row[0]) for row in asker.execute("select login from vault order by id").fetchall()]
                names = {mask: f"mask {at}" for at, mask in enumerate([*masks, *others])}
                assert len(names) == 6
                told.append([
                    _told(asker, names, words, values)
                    for words, values in (
                        ("select id, email from vault where email = %s", [masks[0]]),
                        ("select id, email from vault where email in (%s, %s) order by id", masks[:2]),
                        ("select id, login from vault where email = any(%s) order by id", [masks]),
                        ("select count(*) from vault where email = %s", [masks[2]]),
                        ("select id from vault where email = %s", ["nobody@example.com"]),
                        ("select id from vault where email = %s", [masks[0].upper()]),
                        ("select id from vault where email = %s", [others[0]]),
                        ("select id from vault where login = %s", [masks[0]]),
                        ("select id from vault where login = %s and email = %s", [others[1], masks[1]]),
                        ("select id from vault where email = %s or login = %s", [masks[1], others[1]]),
                        ("update intake set email = %s where id = 1", [masks[1]]),
                    )
                ])  # fmt: skip
            with asking(found, SUE) as sue:
                shown = [str(name) for name in (*seen(sue, "ssn"), *seen(sue, "iban"))]
                names = {mask: f"mask {at}" for at, mask in enumerate(shown)}
                told.append([
                    _told(sue, names, words, values)
                    for words, values in (
                        ("select id, card, ssn, passport, iban from vault order by id", []),
                        ("select id from vault where card = %s", [LAST_FOUR[0]]),
                        ("select count(*) from vault group by card", []),
                        ("select count(*) from vault group by ssn", []),
                        ("select id, card from vault where iban = %s", [shown[3]]),
                        ("select id from vault where ssn = %s", [shown[0]]),
                        ("select id from vault where passport is null", []),
                        ("update intake set card = %s where id = 1", [LAST_FOUR[0]]),
                    )
                ])  # fmt: skip
    assert told[:2] == told[2:]
    assert told[1][0][0] == (1, LAST_FOUR[0], "mask 0", None, "mask 3")


def _told(asker: psycopg.Connection, names: dict[str, str], words: str, values: list[object]) -> object:
    try:
        rows = asker.execute(words.encode(), values).fetchall()
    except psycopg.Error as refused:
        return (refused.sqlstate, refused.diag.message_primary)
    return [tuple(names.get(str(cell), cell) for cell in row) for row in rows]


def test_the_masks_of_the_vault_are_undone_by_its_key_alone(held: Vault) -> None:
    for column in COLUMNS:
        family = "integer" if column.integral else "text"
        assert decode(
            masked(held, column.name).encode(), DataClass(column.data_class), b"k" * 32, type_family=family
        ) not in {v.encode() for v in column.values}
