"""The scan: which columns of a real database are sensitive, found from a bounded sample and nothing more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from psycopg import pq

from demo.postgres import ThrowawayPostgres
from proctor.edge import scanner, snapshots
from proctor.errors import UpstreamFault
from proctor.sql.catalog import Catalog
from proctor.terms import Column, Finding, Relation

Rows = list[tuple[str | None, ...]]

SCHEMA = """
create domain mail as text;
create type mood as enum ('sad', 'happy');
create table people (id bigint primary key, contact text, born date, mood mood, mail mail, tags text[], photo bytea);
insert into people select n, 'user' || n || '@mail.example.com', date '1970-01-01' + (n * 17 % 12000), 'sad',
    'p' || n || '@post.example.org', array['a' || n], '\\x00ff' from generate_series(1, 300) n;
create table big (id int, note text, late text, "T'icky ""col" text);
insert into big select n, 'note ' || n, case when n > 29990 then 'late' || n || '@mail.example.com' end,
    repeat('x', 600) from generate_series(1, 30000) n;
create table events (at date not null, ip inet) partition by range (at);
create table events_a partition of events for values from ('2025-01-01') to ('2026-01-01');
create table events_b partition of events for values from ('2026-01-01') to ('2027-01-01');
insert into events select date '2025-01-01' + n % 700, '10.0.0.1' from generate_series(1, 900) n;
create table secret (id int, email text, misc text);
insert into secret values (1, 'hidden@mail.example.com', 'hidden@mail.example.com');
create table nothing ();
create table blank (id int, email text, misc text);
create view seen as select * from people;
create materialized view kept as select contact as c from people;
create sequence numbers;
create extension file_fdw;
create server files foreign data wrapper file_fdw;
create foreign table gone (id int, email text, other text) server files options (filename '/no/such/file');
create table slow (id int, phone text, misc text);
insert into slow values (1, '1', '2');
alter table slow enable row level security;
create function stall() returns bool language sql as 'select pg_sleep(60) is null';
create policy stalls on slow using (stall());
create table sly (id int, misc text);
insert into sly values (1, 'a');
alter table sly enable row level security;
create function spoil() returns bool language plpgsql volatile as
    'begin delete from blank; insert into blank values (1); return true; end';
create policy spoils on sly using (spoil());
create role reader login;
grant select on all tables in schema public to reader;
grant insert, delete on blank to reader;
revoke all on secret from reader;
analyze;
"""


class Session:
    """A connection that speaks the simple protocol, counts what comes, and blames the upstream as the edge does."""

    def __init__(self, dsn: str) -> None:
        self.connection = pq.PGconn.connect(dsn.encode())
        assert self.connection.status == pq.ConnStatus.OK, self.connection.error_message
        self.asked: list[str] = []
        self.received = 0

    async def __call__(self, sql: str) -> Rows:
        self.asked.append(sql)
        result = self.connection.exec_(sql.encode())
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            state = result.error_field(pq.DiagnosticField.SQLSTATE)
            raise UpstreamFault("refused", sqlstate=(state or b"08006").decode())
        self.received += result.ntuples
        return [
            tuple(None if (value := result.get_value(i, j)) is None else value.decode() for j in range(result.nfields))
            for i in range(result.ntuples)
        ]


@pytest.fixture(scope="module", params=["postgres", "postgres18"])
def shop(request: pytest.FixtureRequest) -> Iterator[tuple[ThrowawayPostgres, str]]:
    server: ThrowawayPostgres = request.getfixturevalue(request.param)
    database = server.fresh_database()
    server.run(SCHEMA, database)
    yield server, database
    server.run("drop owned by reader; drop role reader", database)


@pytest.fixture
async def session(shop: tuple[ThrowawayPostgres, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Session]:
    """A session of a role that owns nothing, with a short limit for slow tables."""
    monkeypatch.setattr(scanner, "STATEMENT_MS", 300)
    server, database = shop
    made = Session(server.dsn(database))
    await made("set session authorization reader")
    made.asked.clear()
    yield made
    made.connection.finish()


@pytest.fixture
async def catalog(session: Session) -> Catalog:
    found = await snapshots.load(session, "shop")
    session.asked.clear()
    session.received = 0
    return found


def of(name: str) -> Relation:
    return Relation("public", name)


async def taken(session: Session, catalog: Catalog, name: str, rows: int = 200) -> scanner.TableSample:
    (found,) = [one async for one in scanner.sample(session, catalog, [of(name)], rows=rows)]
    return found


async def test_values_tell_what_a_name_hides(session: Session, catalog: Catalog) -> None:
    result = await scanner.scan(session, catalog, known={})
    contact = result.findings[Column(of("people"), "contact")]
    assert contact.data_class == "email"
    assert contact.source == "scan"
    assert result.findings[Column(of("people"), "id")].data_class is None
    assert result.findings[Column(of("kept"), "c")].data_class == "email"


async def test_every_column_of_a_readable_table_gets_a_finding(session: Session, catalog: Catalog) -> None:
    result = await scanner.scan(session, catalog, known={})
    for name in ("people", "big", "events", "events_a", "blank", "kept"):
        for column in catalog.relations[of(name)].columns:
            assert Column(of(name), column.name) in result.findings


async def test_neither_views_nor_sequences_nor_the_servers_own_are_scanned(session: Session, catalog: Catalog) -> None:
    result = await scanner.scan(session, catalog, known={})
    assert of("seen") not in result.digests
    assert of("numbers") not in result.digests
    assert {relation.schema for relation in result.digests} == {"public"}


async def test_a_scan_of_what_is_known_asks_nothing(session: Session, catalog: Catalog) -> None:
    looked_at = [of("people"), of("big"), of("events")]
    first = await scanner.scan(session, catalog, known={}, only=looked_at)
    session.asked.clear()
    again = await scanner.scan(session, catalog, known=first.digests, only=looked_at)
    assert again == scanner.ScanResult()
    assert session.asked == []


async def test_a_changed_shape_is_looked_at_again(shop: tuple[ThrowawayPostgres, str], session: Session) -> None:
    server, database = shop
    first = await scanner.scan(session, await snapshots.load(session, "shop"), known={})
    server.run("alter table blank add column surname text", database)
    changed = await scanner.scan(session, await snapshots.load(session, "shop"), known=first.digests)
    server.run("alter table blank drop column surname", database)
    assert of("blank") in changed.digests
    assert of("people") not in changed.digests


@pytest.mark.parametrize("change", [
    "alter table people alter column contact type varchar(90)", "comment on column people.contact is 'x'",
    "comment on table people is 'x'", "alter table people rename column contact to c2",
])  # fmt: skip
async def test_a_digest_covers_what_a_verdict_depends_on(shop: tuple[ThrowawayPostgres, str], change: str) -> None:
    server, database = shop
    session = Session(server.dsn(database))
    before = (await snapshots.load(session, "shop")).relations[of("people")]
    await session("begin")
    await session("drop view seen; drop materialized view kept")
    await session(change)
    after = (await snapshots.load(session, "shop")).relations[of("people")]
    session.connection.finish()
    assert scanner.relation_digest(before) != scanner.relation_digest(after)


async def test_a_sample_is_bounded_in_rows_and_in_length(session: Session, catalog: Catalog) -> None:
    found = await taken(session, catalog, "big", rows=50)
    assert len(found.rows) <= 50 + scanner.RARE_VALUES
    assert max(len(value) for row in found.rows for value in row if value is not None) == scanner.VALUE_LENGTH
    assert session.received < 200


async def test_a_sample_is_spread_over_the_table_and_the_same_each_time(session: Session, catalog: Catalog) -> None:
    """The first rows of a table are its oldest, often test data; and a verdict must not flicker."""
    one, two = await taken(session, catalog, "big"), await taken(session, catalog, "big")
    numbers = [int(row[0]) for row in one.rows if row[0] is not None]
    assert max(numbers) > 15_000
    assert one == two


async def test_the_few_values_of_a_column_that_is_mostly_null_are_found(session: Session, catalog: Catalog) -> None:
    """Ten addresses in thirty thousand rows are ten people."""
    result = await scanner.scan(session, catalog, known={}, only=[of("big")])
    assert result.findings[Column(of("big"), "late")].data_class == "email"


async def test_all_partitions_are_in_the_sample_of_the_whole(session: Session, catalog: Catalog) -> None:
    found = await taken(session, catalog, "events", rows=300)
    years = {row[0][:4] for row in found.rows if row[0] is not None}
    assert years == {"2025", "2026"}


async def test_a_table_without_columns_or_rows_is_no_trouble(session: Session, catalog: Catalog) -> None:
    assert (await taken(session, catalog, "nothing")).rows == ()
    assert (await taken(session, catalog, "blank")).readable


async def test_names_that_need_quoting_are_quoted(session: Session, catalog: Catalog) -> None:
    result = await scanner.scan(session, catalog, known={}, only=[of("big")])
    assert Column(of("big"), "T'icky \"col") in result.findings


@pytest.mark.parametrize("name", ["secret", "gone", "slow"])
async def test_an_unreadable_table_is_judged_by_its_names_alone(session: Session, catalog: Catalog, name: str) -> None:
    """No permission, a foreign server that is away, a policy that never ends: the others must not suffer for it.

    What the names do not give away stays without a finding, and so counts as sensitive: another role of the same
    database may read what we could not.
    """
    result = await scanner.scan(session, catalog, known={}, only=[of(name), of("people")])
    assert result.unreadable == (of(name),)
    found = {
        column.name: finding.data_class for column, finding in result.findings.items() if column.relation == of(name)
    }
    assert set(found) == {"phone" if name == "slow" else "email"}
    assert Column(of("people"), "contact") in result.findings


async def test_an_unreadable_table_is_tried_again(session: Session, catalog: Catalog) -> None:
    first = await scanner.scan(session, catalog, known={}, only=[of("secret")])
    again = await scanner.scan(session, catalog, known=first.digests, only=[of("secret")])
    assert again.unreadable == (of("secret"),)


async def test_a_column_without_values_is_looked_at_again_once_it_may_have_some(
    shop: tuple[ThrowawayPostgres, str], session: Session, catalog: Catalog
) -> None:
    """A table is scanned when it has just been created and is empty: that verdict must not last."""
    server, database = shop
    first = await scanner.scan(session, catalog, known={}, only=[of("blank")])
    assert first.unseen == {Column(of("blank"), "misc")}
    assert first.findings[Column(of("blank"), "email")].data_class == "email"
    server.run("insert into blank (misc) select n || '@mail.example.com' from generate_series(1, 20) n", database)
    again = await scanner.scan(session, catalog, known=first.digests, only=[of("blank")])
    server.run("truncate blank", database)
    assert again.unseen == frozenset()
    assert again.findings[Column(of("blank"), "misc")].data_class == "email"


async def test_a_scan_writes_nothing_even_where_a_policy_would(
    shop: tuple[ThrowawayPostgres, str], session: Session, catalog: Catalog
) -> None:
    """Whoever owns a table may put a function into its policies; it must not work with the gateway's rights."""
    result = await scanner.scan(session, catalog, known={}, only=[of("sly")])
    server, database = shop
    assert result.unreadable == (of("sly"),)
    assert server.run("select count(*) from blank", database) == [(0,)]


async def test_the_session_is_left_as_it_was(session: Session, catalog: Catalog) -> None:
    await session("set statement_timeout = '77s'")
    await scanner.scan(session, catalog, known={}, only=[of("people"), of("secret")])
    assert await session("show statement_timeout") == [("77s",)]
    assert await session("show default_transaction_read_only") == [("off",)]


async def test_a_sample_that_is_not_read_to_its_end_restores_the_session_too(
    session: Session, catalog: Catalog
) -> None:
    samples = scanner.sample(session, catalog, [of("people"), of("big")])
    async for _ in samples:
        break
    await samples.aclose()
    assert await session("show default_transaction_read_only") == [("off",)]


async def test_a_lost_database_is_no_verdict(catalog: Catalog) -> None:
    """Else a restart in the middle of a scan would leave tables judged by their names."""

    async def lost(sql: str) -> Rows:
        if "current_setting" in sql or "set_config" in sql:
            return [("0", "off")]
        raise UpstreamFault("gone", sqlstate="57P01")

    with pytest.raises(UpstreamFault):
        await scanner.scan(lost, catalog, known={})


async def test_each_table_is_reported_as_soon_as_it_is_judged(session: Session, catalog: Catalog) -> None:
    """A scan that runs out of its time has then not been in vain."""
    heard: list[tuple[Relation, str, frozenset[str]]] = []
    progress: list[Relation] = []

    def each(relation: Relation, digest: str, found: object) -> None:
        assert isinstance(found, dict)
        assert all(isinstance(f, Finding) for f in found.values())
        heard.append((relation, digest, frozenset(found)))

    result = await scanner.scan(
        session, catalog, known={}, only=[of("people"), of("blank")], progress=progress.append, each=each
    )
    assert [relation for relation, _, _ in heard] == progress == [of("blank"), of("people")]
    assert {relation: digest for relation, digest, _ in heard} == result.digests


async def test_domains_and_enums_are_what_they_are_made_of(catalog: Catalog) -> None:
    facts = scanner.facts_of(catalog.relations[of("people")], (), catalog)
    families = {column.name: column.type for column in facts.columns}
    assert families == {
        "id": "integer", "contact": "text", "born": "date", "mood": "text", "mail": "text", "tags": "array",
        "photo": "binary",
    }  # fmt: skip
    assert [column.name for column in facts.columns if column.unique] == ["id"]
