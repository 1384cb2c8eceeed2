"""The snapshot of a catalogue: all that names need, nothing of other sessions, and a session left as it was."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from psycopg import pq

from demo.postgres import ThrowawayPostgres
from proctor.edge import snapshot_queries, snapshots
from proctor.errors import UpstreamFault
from proctor.sql.catalog import Catalog, RelationDef
from proctor.terms import Relation

Rows = list[tuple[str | None, ...]]


class Session:
    """A connection that speaks the simple protocol and nothing else, as the gateway does."""

    def __init__(self, dsn: str) -> None:
        self.connection = pq.PGconn.connect(dsn.encode())
        assert self.connection.status == pq.ConnStatus.OK, self.connection.error_message

    async def __call__(self, sql: str) -> Rows:
        return self.run(sql)

    def run(self, sql: str) -> Rows:
        result = self.connection.exec_(sql.encode())
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            raise UpstreamFault(result.error_message.decode())
        return [
            tuple(None if (value := result.get_value(i, j)) is None else value.decode() for j in range(result.nfields))
            for i in range(result.ntuples)
        ]

    def close(self) -> None:
        self.connection.finish()


SCHEMA = """
create schema sales; create schema "Odd, ""name"" too";
create type sales.mood as enum ('sad', 'happy');
create domain sales.email as text check (value like '%@%');
create type sales.address as (street text, zip varchar(10));
create table sales.people (
    id bigint generated always as identity primary key, email sales.email not null unique, name varchar(40) default 'x',
    home sales.address, mood sales.mood, dropped int, tags text[], full_name text
    generated always as (name || '!') stored, age int, code int, unique (age, code)
);
alter table sales.people drop column dropped;
comment on table sales.people is 'who buys';
comment on column sales.people.name is 'as on the "card"';
create unique index on sales.people (lower(name));
create unique index on sales.people (mood) where age > 3;
create view sales.names as select p.id, upper(p.name) as shout, p.home from sales.people p;
create materialized view sales.frozen as select count(*) as n from sales.people;
create table sales.orders (id int, at date not null, primary key (id, at)) partition by range (at);
create table sales.orders_2025 partition of sales.orders for values from ('2025-01-01') to ('2026-01-01');
create table sales.orders_2026 partition of sales.orders for values from ('2026-01-01') to ('2027-01-01');
create table sales.vip (since date) inherits (sales.people);
create table "Odd, ""name"" too"."T'able" ("co""l" int);
create sequence sales.numbers;
create function sales.twice(a int, b text default 'x') returns int language sql immutable strict as 'select $1 * 2';
create function sales.many() returns setof int language plpgsql volatile as 'begin return next 1; end';
create procedure sales.act() language sql as 'select 1';
create function sales.same(int, text) returns bool language sql immutable as 'select $1::text = $2';
create operator sales.=== (leftarg = int, rightarg = text, function = sales.same);
create function sales.to_int(sales.mood) returns int language sql immutable as 'select 1';
create cast (sales.mood as int) with function sales.to_int(sales.mood);
create function sales.fire() returns trigger language plpgsql as 'begin return new; end';
create trigger fires before insert on sales.orders_2025 for each row execute function sales.fire();
create table sales.notes (
    who bigint references sales.people, age int, code int, foreign key (age, code) references sales.people (age, code)
);
create table sales.ruled (id int); create rule deaf as on insert to sales.ruled do instead nothing;
"""


@pytest.fixture(scope="module", params=["postgres", "postgres18"])
def shop(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with one of everything, by its connection string, on the oldest and on the newest server."""
    server: ThrowawayPostgres = request.getfixturevalue(request.param)
    database = server.fresh_database()
    server.run(SCHEMA, database)
    yield server.dsn(database)


@pytest.fixture
async def session(shop: str) -> AsyncIterator[Session]:
    made = Session(shop)
    yield made
    made.close()


@pytest.fixture
async def other(shop: str) -> AsyncIterator[Session]:
    made = Session(shop)
    yield made
    made.close()


@pytest.fixture
async def catalog(session: Session) -> Catalog:
    return await snapshots.load(session, "shop")


def of(catalog: Catalog, name: str) -> RelationDef:
    return catalog.relations[Relation("sales", name)]


def test_a_table_is_known_with_its_columns(catalog: Catalog) -> None:
    people = of(catalog, "people")
    assert people.kind == "r"
    assert [c.name for c in people.columns] == [
        "id", "email", "name", "home", "mood", "tags", "full_name", "age", "code",
    ]  # fmt: skip
    assert [c.number for c in people.columns] == [1, 2, 3, 4, 5, 7, 8, 9, 10]
    types = {c.name: c.type_name for c in people.columns}
    assert types["name"] == "character varying(40)"
    assert types["email"] == "sales.email"
    assert types["tags"] == "text[]"
    assert people.column("email") is not None
    assert {c.name for c in people.columns if c.not_null} == {"id", "email"}
    assert {c.name for c in people.columns if c.generated} == {"full_name"}
    assert {c.name for c in people.columns if c.has_default} == {"id", "name"}


def test_comments_come_with_it(catalog: Catalog) -> None:
    people = of(catalog, "people")
    assert people.comment == "who buys"
    named = people.column("name")
    assert named is not None
    assert named.comment == 'as on the "card"'


def test_only_whole_unique_keys_count(catalog: Catalog) -> None:
    """An index on an expression or on some of the rows makes no column unique."""
    assert set(of(catalog, "people").unique) == {
        frozenset({"id"}), frozenset({"email"}), frozenset({"age", "code"}),
    }  # fmt: skip


def test_foreign_keys_of_one_column_say_where_they_point(catalog: Catalog) -> None:
    assert of(catalog, "notes").points == (("who", of(catalog, "people").oid, "id"),)
    assert of(catalog, "people").points == ()


def test_a_view_comes_with_a_definition_that_names_every_schema(catalog: Catalog) -> None:
    definition = of(catalog, "names").definition
    assert definition is not None
    assert "sales.people" in definition
    assert "upper" in definition
    assert of(catalog, "frozen").kind == "m"
    assert "sales.people" in (of(catalog, "frozen").definition or "")
    assert of(catalog, "people").definition is None


async def test_a_definition_names_every_schema_also_for_who_has_it_in_the_path(session: Session) -> None:
    session.run("set search_path = sales, public")
    assert "sales.people" in (of(await snapshots.load(session, "shop"), "names").definition or "")


def test_partitions_and_heirs_know_their_parents(catalog: Catalog) -> None:
    orders = of(catalog, "orders")
    assert orders.kind == "p"
    assert {catalog.by_oid[oid].relation.name for oid in orders.children} == {"orders_2025", "orders_2026"}
    assert of(catalog, "orders_2025").parents == (orders.oid,)
    assert of(catalog, "vip").parents == (of(catalog, "people").oid,)


def test_rules_and_triggers_are_seen_and_a_views_own_rule_is_none(catalog: Catalog) -> None:
    assert of(catalog, "ruled").has_rules
    assert not of(catalog, "names").has_rules
    assert of(catalog, "orders_2025").has_triggers
    assert not of(catalog, "people").has_triggers


async def test_a_partitioned_table_counts_the_rows_of_its_parts(session: Session) -> None:
    session.run("insert into sales.orders select n, date '2025-01-01' + n from generate_series(0, 99) n")
    session.run("insert into sales.orders select n, date '2026-01-01' + n from generate_series(0, 49) n")
    session.run("analyze sales.orders_2025; analyze sales.orders_2026")
    found = await snapshots.load(session, "shop")
    assert of(found, "orders_2025").estimated_rows == 100
    assert of(found, "orders").estimated_rows == 150


async def test_a_part_that_nobody_has_counted_makes_the_whole_unknown(session: Session) -> None:
    session.run("begin; create table sales.orders_2027 partition of sales.orders "
                "for values from ('2027-01-01') to ('2028-01-01')")  # fmt: skip
    assert of(await snapshots.load(session, "shop"), "orders").estimated_rows == -1


def test_row_types_lead_back_to_their_relations(catalog: Catalog) -> None:
    address = next(t for t in catalog.types_by_name["address"] if t.kind == "c")
    assert [c.name for c in catalog.by_oid[address.relation_oid].columns] == ["street", "zip"]
    people = of(catalog, "people")
    assert catalog.types_by_oid[people.row_type_oid].relation_oid == people.oid


def test_types_tell_what_they_are_made_of(catalog: Catalog) -> None:
    (mood,) = catalog.types_by_name["mood"]
    (email,) = catalog.types_by_name["email"]
    (moods,) = catalog.types_by_name["_mood"]
    assert (mood.kind, mood.schema) == ("e", "sales")
    assert (email.kind, email.base) == ("d", 25)
    assert (moods.category, moods.element) == ("A", mood.oid)
    assert (mood.labels, email.labels) == (("sad", "happy"), ())


def test_routines_operators_and_casts_of_the_schema_are_known(catalog: Catalog) -> None:
    (twice,) = catalog.functions_by_name["twice"]
    assert (twice.schema, twice.arguments, twice.returns, twice.kind) == ("sales", (23, 25), 23, "f")
    assert (twice.language, twice.volatility, twice.strict, twice.returns_set) == ("sql", "i", True, False)
    assert catalog.functions_by_name["many"][0].returns_set
    assert catalog.functions_by_name["act"][0].kind == "p"
    (operator,) = catalog.operators
    assert (operator.schema, operator.name) == ("sales", "===")
    assert operator.function_oid == catalog.functions_by_name["same"][0].oid
    ((source, target, function),) = catalog.casts
    assert (source, target) == (catalog.types_by_name["mood"][0].oid, 23)
    assert function == catalog.functions_by_name["to_int"][0].oid
    assert "upper" not in catalog.functions_by_name


async def test_the_functions_of_an_extension_say_so(postgres: ThrowawayPostgres) -> None:
    database = postgres.fresh_database()
    postgres.run("create extension pgcrypto", database)
    session = Session(postgres.dsn(database))
    found = await snapshots.load(session, "x")
    session.close()
    assert {f.extension for f in found.functions_by_name["digest"]} == {"pgcrypto"}


def test_odd_names_arrive_whole(catalog: Catalog) -> None:
    odd = catalog.relations[Relation('Odd, "name" too', "T'able")]
    assert odd.columns[0].name == 'co"l'
    assert 'Odd, "name" too' in catalog.schemas


def test_the_servers_own_relations_are_there_without_toast(catalog: Catalog) -> None:
    assert catalog.relations[Relation("pg_catalog", "pg_class")].column("relname") is not None
    assert catalog.relations[Relation("information_schema", "columns")].kind == "v"
    assert not [r for r in catalog.relations if r.schema.startswith("pg_toast")]
    assert {"public", "sales", "pg_catalog", "information_schema"} <= catalog.schemas


def test_sequences_are_relations(catalog: Catalog) -> None:
    assert of(catalog, "numbers").kind == "S"


async def test_a_view_that_somebody_puts_among_the_servers_own_keeps_its_definition(session: Session) -> None:
    """Nobody should read a table's values through what looks like metadata."""
    session.run("begin; create view information_schema.innocent as select * from sales.people")
    found = await snapshots.load(session, "shop")
    assert "sales.people" in (found.relations[Relation("information_schema", "innocent")].definition or "")


# ---- whose view it is


async def test_a_session_sees_its_own_temporary_tables_and_nobody_elses(session: Session, other: Session) -> None:
    session.run("create temp table scratch (ssn text)")
    own = await snapshots.load(session, "shop")
    foreign = await snapshots.load(other, "shop")
    assert own.relations[Relation("pg_temp", "scratch")].columns[0].name == "ssn"
    assert "pg_temp" in own.schemas
    assert not [r for r in foreign.relations if r.name == "scratch"]
    assert not [s for s in foreign.schemas if s.startswith("pg_temp")]


async def test_a_session_sees_its_uncommitted_definitions(session: Session, other: Session) -> None:
    session.run("begin; create table sales.fresh (id int)")
    assert Relation("sales", "fresh") in (await snapshots.load(session, "shop")).relations
    assert Relation("sales", "fresh") not in (await snapshots.load(other, "shop")).relations


# ---- leaving no trace


@pytest.mark.parametrize("before", [
    "set search_path = sales, public", "begin; set local search_path = sales", "begin; set search_path = sales",
    "begin; savepoint s; set local search_path = ''", 'set search_path = "$user", "Odd, ""name"" too"',
])  # fmt: skip
async def test_loading_leaves_the_search_path_as_it_was(session: Session, before: str) -> None:
    session.run(before)
    wanted = session.run("show search_path")
    await snapshots.load(session, "shop")
    assert session.run("show search_path") == wanted


@pytest.mark.parametrize(("inside", "end", "after"), [
    ("set local search_path = sales", "commit", "public"), ("set search_path = sales", "commit", "sales"),
    ("set search_path = sales", "rollback", "public"), ("set local search_path = sales", "rollback", "public"),
    ("select 1", "commit", "public"),
])  # fmt: skip
async def test_the_end_of_a_transaction_does_what_it_would_have_done(
    session: Session, inside: str, end: str, after: str
) -> None:
    """Pinning the path in a client's transaction must not turn its SET LOCAL into a SET, nor its SET into nothing."""
    session.run("set search_path = public")
    session.run("begin")
    session.run(inside)
    await snapshots.load(session, "shop")
    session.run(end)
    assert session.run("show search_path") == [(after,)]


async def test_a_later_set_in_the_same_transaction_still_counts(session: Session) -> None:
    session.run("begin")
    await snapshots.load(session, "shop")
    session.run("set search_path = sales")
    session.run("commit")
    assert session.run("show search_path") == [("sales",)]


async def test_loading_takes_no_lock_and_no_transaction_number(session: Session) -> None:
    session.run("begin")
    await snapshots.load(session, "shop")
    await snapshots.fingerprint(session)
    assert session.run("select pg_current_xact_id_if_assigned()") == [(None,)]


# ---- a hostile path

EVIL = """
create schema evil;
create function evil.never(oid, oid) returns bool language sql immutable as 'select false';
create function evil.nevert(text, text) returns bool language sql immutable as 'select false';
create function evil.neverc("char", "char") returns bool language sql immutable as 'select false';
create operator evil.= (leftarg = oid, rightarg = oid, function = evil.never);
create operator evil.<> (leftarg = oid, rightarg = oid, function = evil.never);
create operator evil.= (leftarg = text, rightarg = text, function = evil.nevert);
create operator evil.= (leftarg = "char", rightarg = "char", function = evil.neverc);
create function evil.json_agg(anyelement) returns json language sql as $$select '[]'::json$$;
create function evil.pg_get_viewdef(oid) returns text language sql as $$select 'select 1'$$;
create function evil.format_type(oid, int) returns text language sql as $$select 'lie'$$;
create function evil.count() returns int language sql as 'select 0';
create table evil.pg_class (oid oid); create table evil.pg_attribute (attrelid oid);
create type evil.text as (a int); create type evil.oid as (a int); create type evil."char" as (a int);
create table evil.space (oid oid, name text);
"""


async def test_a_hostile_search_path_changes_nothing_of_what_is_seen(session: Session) -> None:
    """A client may put operators and functions of its own before the server's; the gateway must not be fooled."""
    session.run("begin")
    session.run(EVIL)
    honest = await snapshots.load(session, "shop")
    session.run("set search_path = evil, pg_catalog, public")
    assert await snapshots.load(session, "shop") == honest
    assert await snapshots.fingerprint(session) == honest.epoch
    assert (await snapshots.session_state(session)).path == ("pg_temp", "evil", "pg_catalog", "public")


@pytest.mark.parametrize("name", ["STATE", "FINGERPRINT_ALONE", "SYSTEM_PART", "USER_PART"])
def test_every_name_in_the_questions_is_qualified(name: str) -> None:
    """What the attack above does not try, this reads: no function, table, type or operator is left to the path."""
    sql = getattr(snapshot_queries, name)
    without = re.sub(r"'[^']*'", "''", sql)
    assert not re.search(r"\b(like|ilike|between|similar|using)\b", without)
    assert not re.search(r"\bin \(", without)
    for operator in re.finditer(r"(?<![\w.])(<>|>=|<=|=|<|>|\|\||\+|->)(?!\))", without):
        assert without[: operator.start()].endswith("operator(pg_catalog."), without[operator.start() - 30 :][:60]
    keywords = {
        "coalesce",
        "array",
        "any",
        "operator",
        "exists",
        "materialized",
        "and",
        "on",
        "from",
        "not",
        "or",
        "as",
    }
    for found in re.finditer(r"([\w.\"]+) ?\(", without):
        called = found[1]
        assert called.startswith("pg_catalog.") or called in keywords, called
    for found in re.finditer(r"::([\w.\"]+)", without):
        assert found[1].startswith("pg_catalog."), found[1]


# ---- the fingerprint

CHANGES = [
    "create table sales.a (id int)", "alter table sales.people add column extra int",
    "alter table sales.people rename column age to years", "alter table sales.people alter column age type bigint",
    "alter table sales.people rename to persons", "drop table sales.ruled",
    "alter table sales.people set schema public",
    "create or replace view sales.names as select p.id, upper(p.full_name) as shout, p.home from sales.people p",
    "create or replace function sales.twice(a int, b text default 'x') returns int language sql as 'select 3'",
    "create schema s2", "alter schema sales rename to sold", "create index on sales.people (age)",
    "create unique index on sales.ruled (id)", "create type sales.t2 as enum ('x')", "drop cast (sales.mood as int)",
    "alter type sales.mood add value 'ok' before 'happy'", "alter type sales.mood rename value 'sad' to 'blue'",
    "drop operator sales.=== (int, text)", "comment on column sales.people.age is 'years'",
    "alter table sales.vip no inherit sales.people",
    "create rule r2 as on delete to sales.ruled do instead nothing", "create temp table mine (id int)",
    "create trigger t2 before insert on sales.ruled for each row execute function sales.fire()",
    "create materialized view sales.m2 as select 1 as one", "alter domain sales.email drop constraint email_check",
    "alter table sales.orders detach partition sales.orders_2026", "grant select on sales.people to public",
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
async def test_a_changed_definition_changes_the_fingerprint(session: Session, change: str) -> None:
    before = await snapshots.fingerprint(session)
    session.run("begin")
    session.run(change)
    assert await snapshots.fingerprint(session) != before
    session.run("rollback")
    assert await snapshots.fingerprint(session) == before or "temp" in change


async def test_what_others_commit_changes_the_fingerprint(session: Session, other: Session) -> None:
    before = await snapshots.fingerprint(session)
    other.run("create table public.by_another (id int)")
    after = await snapshots.fingerprint(session)
    other.run("drop table public.by_another")
    assert after != before


async def test_data_and_other_sessions_temporary_tables_do_not_change_it(session: Session, other: Session) -> None:
    """Else every report that uses a temporary table would make every worker read the catalogue again."""
    other.run("create temp table warm_up (id int)")
    before = await snapshots.fingerprint(session)
    session.run("insert into sales.orders values (7, '2025-07-07')")
    other.run("create temp table busy (id int primary key, t text unique); create temp view v as select * from busy")
    other.run("create index on busy (t); comment on column busy.t is 'x'")
    session.run("analyze sales.orders_2025")
    assert await snapshots.fingerprint(session) == before


async def test_a_snapshot_carries_the_fingerprint_of_its_state(session: Session, catalog: Catalog) -> None:
    assert catalog.epoch == await snapshots.fingerprint(session)


async def test_two_databases_have_different_fingerprints(postgres: ThrowawayPostgres) -> None:
    """A database dropped and made again under its name is another, though its catalogue may read the same."""
    prints = set()
    for _ in range(2):
        session = Session(postgres.dsn(postgres.fresh_database()))
        prints.add(await snapshots.fingerprint(session))
        session.close()
    assert len(prints) == 2


# ---- the session's state


PATHS = [
    ("public", ("pg_temp", "pg_catalog", "public")),
    ("", ("pg_temp", "pg_catalog")),
    ("sales, pg_temp, public", ("pg_catalog", "sales", "pg_temp", "public")),
    ("sales, pg_catalog", ("pg_temp", "sales", "pg_catalog")),
    ("nowhere, sales", ("pg_temp", "pg_catalog", "sales")),
    ("pg_temp, sales", ("pg_catalog", "pg_temp", "sales")),
    ("SALES ,  Public", ("pg_temp", "pg_catalog", "sales", "public")),
    ('"Odd, ""name"" too", sales, pg_temp', ("pg_catalog", 'Odd, "name" too', "sales", "pg_temp")),
    ('"$user", public', ("pg_temp", "pg_catalog", "public")),
    ("sales, public, sales", ("pg_temp", "pg_catalog", "sales", "public")),
    ('"Sales", public', ("pg_temp", "pg_catalog", "public")),
    ("x" * 70 + ", sales", ("pg_temp", "pg_catalog", "sales")),
    ("pg_catalog, pg_temp", ("pg_catalog", "pg_temp")),
    ("ÄRGER, sales", ("pg_temp", "pg_catalog", "sales")),
]


@pytest.mark.parametrize(("setting", "path"), PATHS)
@pytest.mark.parametrize("temporary", [False, True])
async def test_the_path_is_the_servers_own_with_temporary_names_in_their_place(
    session: Session, setting: str, path: tuple[str, ...], temporary: bool
) -> None:
    """The same before the session has a temporary schema and after: CREATE TEMP must not change what a name means."""
    if temporary:
        session.run("create temp table scratch (id int)")
    session.run(f"select set_config('search_path', $x${setting}$x$, false)")
    assert (await snapshots.session_state(session)).path == path
    if temporary:
        servers = session.run("select case when s like 'pg_temp%' then 'pg_temp' else s end "
                              "from unnest(current_schemas(true)) with ordinality u(s, n) order by n")  # fmt: skip
        assert tuple(row[0] for row in servers) == path


async def test_a_schema_that_the_user_may_not_use_is_not_in_the_path(session: Session) -> None:
    session.run("create role stranger; set role stranger; set search_path = sales, public")
    path = (await snapshots.session_state(session)).path
    session.run("reset role; drop role stranger")
    assert path == ("pg_temp", "pg_catalog", "public")


async def test_asking_for_the_state_makes_no_temporary_schema(session: Session) -> None:
    """A user without the right to make one would get an error, and the client's transaction would be lost."""
    session.run("set search_path = pg_temp, sales")
    await snapshots.session_state(session)
    await snapshots.load(session, "shop")
    assert session.run("select pg_my_temp_schema()") == [("0",)]


async def test_the_state_names_the_user_the_database_and_the_version(session: Session) -> None:
    session.run("create role other_one; set role other_one")
    state = await snapshots.session_state(session)
    session.run("reset role; drop role other_one")
    assert state.user == "other_one"
    assert (state.session_user,) == session.run("select session_user")[0]
    assert (state.database, str(state.database_oid), str(state.server_version)) == session.run(
        "select current_database(), oid, current_setting('server_version_num') from pg_database "
        "where datname = current_database()"
    )[0]


async def test_an_answer_of_another_shape_is_the_upstreams_fault() -> None:
    async def nonsense(sql: str) -> Rows:
        return [(None,)]

    with pytest.raises(UpstreamFault):
        await snapshots.load(nonsense, "x")


# ---- whether anything can have changed


@dataclass
class Counted:
    """A session's questions, and how many of them were for the fingerprint itself."""

    session: Session
    taken: int = 0

    async def __call__(self, sql: str) -> list[tuple[str | None, ...]]:
        self.taken += sql == snapshot_queries.FINGERPRINT_ALONE
        return await self.session(sql)


async def test_the_catalogue_is_not_read_again_while_no_transaction_has_ended(session: Session, other: Session) -> None:
    query = Counted(session)
    lookout = snapshots.Lookout(query)
    before = await lookout.fingerprint()
    other.run("begin; select count(*) from sales.people; create table public.not_yet (id int)")
    assert [await lookout.fingerprint() for _ in range(3)] == [before] * 3
    assert query.taken == 1
    other.run("rollback")
    assert await lookout.fingerprint() == before
    assert query.taken == 2


@pytest.fixture(params=["postgres", "postgres18"])
def three(request: pytest.FixtureRequest) -> Iterator[tuple[Session, Session, Session]]:
    """Three sessions of a database of their own."""
    server: ThrowawayPostgres = request.getfixturevalue(request.param)
    dsn = server.dsn(server.fresh_database())
    made = (Session(dsn), Session(dsn), Session(dsn))
    yield made
    for session in made:
        session.close()


async def test_what_another_session_commits_is_seen_at_once(three: tuple[Session, Session, Session]) -> None:
    session, other, _ = three
    lookout = snapshots.Lookout(session)
    for change in (
        "create table a (id int)", "alter table a add column b int", "create type mood as enum ('x')",
        "alter type mood add value 'y'", "create view v as select * from a", "alter view v rename column b to c",
        "create function f() returns int language sql as 'select 1'", "comment on column a.b is 'b'", "drop view v",
        "create index concurrently on a (b)", "truncate a; alter table a rename to z",
    ):  # fmt: skip
        before = await lookout.fingerprint()
        other.run(change)
        assert await lookout.fingerprint() == await snapshots.fingerprint(session) != before, change


async def test_what_is_committed_is_seen_though_a_newer_transaction_has_ended_before(
    three: tuple[Session, Session, Session],
) -> None:
    session, slow, quick = three
    lookout = snapshots.Lookout(session)
    slow.run("begin")
    slow.run("savepoint s; create table fleeting (id int); rollback to s; create table a (id int)")
    quick.run("create table b (id int)")
    before = await lookout.fingerprint()
    slow.run("commit")
    assert await lookout.fingerprint() == await snapshots.fingerprint(session) != before


async def test_another_server_process_is_asked_anew(three: tuple[Session, Session, Session]) -> None:
    """Behind a pool, or after a lost connection, the same question may reach another server."""
    one, another, _ = three
    session = Counted(one)
    lookout = snapshots.Lookout(session)
    before = await lookout.fingerprint()
    session.session = another
    assert await lookout.fingerprint() == before
    assert session.taken == 2


async def test_a_server_that_cannot_tell_which_transactions_have_ended_is_always_asked() -> None:
    """A standby lists those of its primary otherwise."""
    asked: list[str] = []

    async def standby(sql: str) -> Rows:
        asked.append(sql)
        return [(None,)] if sql == snapshot_queries.ENDED else [("1:2", None)]

    lookout = snapshots.Lookout(standby)
    assert await lookout.fingerprint() == await lookout.fingerprint()
    assert asked == [snapshot_queries.ENDED, snapshot_queries.FINGERPRINT_ALONE] * 2


async def test_a_fingerprint_that_could_not_be_taken_is_not_remembered(session: Session) -> None:
    hindered = True

    async def query(sql: str) -> Rows:
        if hindered and sql == snapshot_queries.FINGERPRINT_ALONE:
            raise UpstreamFault("canceled")
        return await session(sql)

    lookout = snapshots.Lookout(query)
    with pytest.raises(UpstreamFault):
        await lookout.fingerprint()
    hindered = False
    assert await lookout.fingerprint() == await snapshots.fingerprint(session)
