"""Where no rule applies, the client gets the bytes that the database sent: every message, in its place.

Each conversation is held twice in the same role, around the gateway and through it, and what came back is compared
message by message. Only process ids and the numbers of objects made in the conversation are taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import pack

import pytest

from tests.databases import raw
from tests.databases.lab import Lab
from tests.databases.raw import COPY_DONE, FLUSH, SYNC, Raw, bind, close, copy_data, copy_fail, describe, execute, parse

Conversation = Callable[[Raw], object]


def simple(*texts: str) -> Conversation:
    """Run texts as simple queries, one after the other."""

    def hold(client: Raw) -> None:
        for text in texts:
            client.query(text)

    return hold


def batches(*parts: bytes) -> Conversation:
    """Send each part and read up to its ReadyForQuery."""

    def hold(client: Raw) -> None:
        for part in parts:
            client.send(part)
            client.until(b"Z", times=part.count(SYNC))

    return hold


def one(sql: str, *values: str | bytes | None, formats: tuple[int, ...] = (), results: tuple[int, ...] = ()) -> bytes:
    """Return a whole extended batch for one statement."""
    return parse(sql) + bind(values, formats=formats, results=results) + describe("P") + execute() + SYNC


def copy_in(statement: str, *pieces: bytes, end: bytes = COPY_DONE, after: tuple[str, ...] = ()) -> Conversation:
    """Copy pieces in, then look at what became of it, and undo it."""

    def hold(client: Raw) -> None:
        client.query("begin")
        client.send(raw.query(statement))
        client.until(b"G", b"Z")
        client.send(b"".join(copy_data(piece) for piece in pieces) + end)
        client.until(b"Z")
        for text in after:
            client.query(text)
        client.query("rollback")

    return hold


def copy_in_refused_by_data(client: Raw) -> None:
    """The server gives up in the middle; what the client goes on to send is dropped."""
    client.send(raw.query("copy bins (part, slot, depth) from stdin"))
    client.until(b"G")
    client.send(copy_data(b"1\tx1\tnot a number\n"))
    client.send(copy_data(b"2\tx2\t3\n") * 50 + COPY_DONE)
    client.until(b"Z")
    client.query("select count(*) from bins")


def extended_copy_in(client: Raw) -> None:
    """COPY FROM by Parse, Bind, Execute; the Sync that comes with them is not answered until the copy is over."""
    client.send(parse("copy bins (part, slot, depth) from stdin") + bind() + execute() + FLUSH)
    client.until(b"G")
    client.send(copy_data(b"3\textended\t4\n") + COPY_DONE + SYNC)
    client.until(b"Z")
    client.query("delete from bins where slot = 'extended'")


def extended_copy_in_with_sync(client: Raw) -> None:
    """libpq sends the Sync with the Execute: the server drops it in copy-in mode, and one more ends the batch."""
    client.send(parse("copy bins (part, slot, depth) from stdin") + bind() + describe("P") + execute() + SYNC)
    client.until(b"G")
    client.send(copy_data(b"3\tlibpq\t4\n") + COPY_DONE + SYNC)
    client.until(b"Z")
    client.query("delete from bins where slot = 'libpq'")


def extended_copy_in_failing(client: Raw) -> None:
    """A copy that fails in an extended batch is skipped up to the Sync."""
    client.send(parse("copy bins (id, part, slot, depth) from stdin") + bind() + execute() + FLUSH)
    client.until(b"G")
    client.send(copy_data(b"777\t3\ty\t-4\n") + COPY_DONE + SYNC)
    client.until(b"Z")
    client.query("select 1")


def two_copies_in_one_query(client: Raw) -> None:
    """Each copy of a multi-statement query has its own CopyInResponse."""
    client.send(raw.query("begin; copy bins (slot, depth) from stdin; copy bins (slot, depth) from stdin; select 7"))
    client.until(b"G")
    client.send(copy_data(b"p\t1\n") + COPY_DONE)
    client.until(b"G")
    client.send(copy_data(b"q\t2\n") + COPY_DONE)
    client.until(b"Z")
    client.query("select count(*) from bins; rollback")


def portal_by_pieces(client: Raw) -> None:
    """Row limits: PortalSuspended, then more, then the end; a portal is gone after its transaction."""
    client.query("begin")
    client.send(parse("select id, label from parts order by id", "s") + bind(name="s", portal="p") + describe("P", "p"))
    client.send(execute("p", 3) + FLUSH)
    client.until(b"s")
    client.send(execute("p", 2) + FLUSH)
    client.until(b"s")
    client.send(execute("p", 0) + SYNC)
    client.until(b"Z")
    client.send(execute("p", 1) + close("P", "p") + SYNC)
    client.until(b"Z")
    client.query("commit")
    client.send(execute("p", 1) + SYNC)
    client.until(b"Z")


def two_portals_in_turn(client: Raw) -> None:
    """Two portals of one statement do not disturb each other."""
    client.query("begin")
    client.send(parse("select id from parts where id > $1::int order by id", "t"))
    client.send(bind(["10"], name="t", portal="a") + bind(["20"], name="t", portal="b"))
    for _ in range(3):
        client.send(execute("a", 2) + execute("b", 1))
    client.send(SYNC)
    client.until(b"Z")
    client.query("rollback")


def flush_without_sync(client: Raw) -> None:
    """Answers come at a Flush; the transaction stays open until the Sync."""
    client.send(parse("select 1 as a", "f") + FLUSH)
    client.until(b"1")
    client.send(describe("S", "f") + FLUSH)
    client.until(b"T")
    client.send(bind(name="f") + execute() + FLUSH)
    client.until(b"C")
    client.send(bind(name="f") + execute() + FLUSH)
    client.until(b"C")
    client.send(SYNC)
    client.until(b"Z")


def error_at_a_flush(client: Raw) -> None:
    """After an error everything up to the Sync is skipped, Flush or not."""
    client.send(parse("select 1/0") + bind() + execute() + FLUSH)
    client.until(b"E")
    client.send(parse("select 2") + bind() + execute() + FLUSH + describe("P") + SYNC)
    client.until(b"Z")
    client.query("select 3")


def a_query_in_a_skipped_batch(client: Raw) -> None:
    """A simple query is skipped like all else up to the Sync."""
    client.send(parse("select nope") + bind() + execute() + raw.query("select 1") + SYNC)
    client.until(b"Z")
    client.query("select 2")


def listen_and_notify(client: Raw) -> None:
    """A session hears its own notifications, at the end of its transaction."""
    client.query("listen news")
    client.query("notify news, 'eins'")
    client.query("begin; notify news, 'zwei'; notify news, 'zwei'; notify news, 'drei'")
    client.query("commit")
    client.query("unlisten *")
    client.query("notify news, 'none'")


def twenty_megabytes(client: Raw) -> None:
    """A row of 20 MB goes both ways."""
    client.send(parse("select $1::text as t, length($1::text)") + bind([b"x" * 20_000_000]) + execute() + SYNC)
    client.until(b"Z")
    client.query("select repeat('0123456789', 2000000) as t")


def many_columns(client: Raw) -> None:
    """1,600 columns, the most that a table has, and 1,664, the most that a result has."""
    client.query("select " + ", ".join(f"{n} as c{n}" for n in range(1600)))
    client.query("select " + ", ".join(f"{n} as c{n}" for n in range(1664)))
    client.query("select " + ", ".join(f"{n} as c{n}" for n in range(1665)))


def cut_into_bytes(client: Raw) -> None:
    """A batch that arrives byte by byte."""
    for byte in one("select label from parts where id = $1::int", "7"):
        client.send(bytes([byte]))
    client.until(b"Z")


def a_hundred_in_a_pipeline(client: Raw) -> None:
    """Batches that are sent before the answer to the first has been read."""
    client.send(b"".join(one("select $1::int + 1", str(n)) for n in range(100)))
    client.until(b"Z", times=100)


def errors_in_a_pipeline(client: Raw) -> None:
    """Every third batch fails; each answer has its place."""
    client.send(b"".join(one("select 10 / $1::int", str(n % 3)) for n in range(30)))
    client.until(b"Z", times=30)


def one_sync_for_many(client: Raw) -> None:
    """Statements of one batch are one transaction: the error undoes what came before."""
    write = parse("insert into bins (slot, depth) values ($1, $2::smallint)")
    good, bad = bind(["one", "1"]) + execute(), bind(["two", "many"]) + execute()
    client.send(write + good + bad + good + SYNC)
    client.until(b"Z")
    client.query("select count(*) from bins where slot = 'one'")


def prepared_by_name(client: Raw) -> None:
    """Named statements live on; a name that is taken, one that is not there, and a name that is freed."""
    client.send(parse("select $1::int * 2 as d", "n") + describe("S", "n") + SYNC)
    client.until(b"Z")
    client.send(bind(["4"], name="n") + execute() + SYNC + bind(["5"], name="n") + describe("P") + execute() + SYNC)
    client.until(b"Z", times=2)
    client.send(parse("select 1", "n") + SYNC)
    client.until(b"Z")
    client.send(close("S", "n") + close("S", "never") + SYNC + parse("select 'new'", "n") + SYNC)
    client.until(b"Z", times=2)
    client.send(bind(name="n") + execute() + SYNC + bind(name="gone") + execute() + SYNC)
    client.until(b"Z", times=2)
    client.send(describe("S", "gone") + SYNC + describe("P", "gone") + SYNC + execute("gone") + SYNC)
    client.until(b"Z", times=3)


def prepared_across_both_tongues(client: Raw) -> None:
    """PREPARE in SQL and Parse share one namespace, DEALLOCATE and Close as well."""
    client.query("prepare shared (int) as select id, label from parts where id = $1")
    client.query("execute shared (3)")
    client.send(bind(["4"], name="shared") + describe("P") + execute() + SYNC)
    client.until(b"Z")
    client.send(parse("select qty from parts where id = $1::int", "wire") + SYNC)
    client.until(b"Z")
    client.query("execute wire (5)")
    client.query("deallocate wire")
    client.send(bind(["6"], name="wire") + execute() + SYNC)
    client.until(b"Z")
    client.query("deallocate all")
    client.query("execute shared (3)")


def rolled_back_declaration(client: Raw) -> None:
    """A cursor of SQL is a portal of the protocol."""
    client.query("begin; declare c scroll cursor for select id, label from parts order by id")
    client.send(describe("P", "c") + execute("c", 2) + SYNC)
    client.until(b"Z")
    client.query("fetch 3 from c; fetch backward 2 from c; move 10 in c; fetch absolute 1 from c; fetch all in c")
    client.query("close c; fetch 1 from c")
    client.query("rollback")


def after_terminate(client: Raw) -> None:
    """Terminate in the middle of a pipeline: what stands before it is still answered."""
    client.send(raw.query("select 1") + raw.TERMINATE)
    client.rest()


def sync_alone(client: Raw) -> None:
    """A Sync without anything before it is answered, in whatever state the transaction is."""
    client.send(SYNC + SYNC)
    client.until(b"Z", times=2)
    client.query("begin")
    client.send(SYNC)
    client.until(b"Z")
    client.query("select nope")
    client.send(SYNC)
    client.until(b"Z")
    client.query("rollback")


def implicit_transactions(client: Raw) -> None:
    """COMMIT and ROLLBACK inside a text of several statements, and what they say of the state."""
    client.query("insert into bins (slot, depth) values ('i', 1); select 1/0")
    client.query("select count(*) from bins where slot = 'i'")
    client.query("begin; insert into bins (slot, depth) values ('i', 1); rollback")
    client.query("select count(*) from bins where slot = 'i'")
    client.query("begin; select 1; commit; select 2; select 1/0; select 3")


BINARY_COPY = b"PGCOPY\n\xff\r\n\0" + pack("!ii", 0, 0)
BINARY_ROW = pack("!hi", 2, 3) + b"bin" + pack("!ih", 2, 9)

CONVERSATIONS: dict[str, Conversation] = {
    "one select": simple("select id, label, qty, weight, tags, made, extra, bits from parts order by id limit 5"),
    "many rows": simple("select * from parts order by id", "table parts", "select * from heavy order by id"),
    "several statements": simple("select 1; select 'zwei' as b; select null::int; select 4 where false"),
    "empty": simple("", ";", " ; ; ", "-- nothing but a word", "/* nor here */", "select"),
    "values": simple("values (1, 'a'), (2, null)", "table tints", "select * from generate_series(1, 3) n"),
    "nulls": simple("select null, null::text, null::int[], row(null, 1), array[null, 'null', '']"),
    "unicode": simple(
        "select 'Grüße, 世界 🌍' as \"ключ\", U&'\\0441\\+01F600', E'\\u00e9', 'e\u0301', '\u202e', chr(127757)",
        "select label from parts where label = 'naïve — “quote”'",
    ),
    "long text": simple("select repeat('ß', 100000)", "select '" + "y" * 300_000 + "' as y"),
    "syntax error": simple("selec 1", "select from where", "select 'open", "select 1; selec 2; select 3", "select (1"),
    "unknown names": simple(
        "select nope from parts", "select * from nowhere", "select nofunc(1)", "select 1::notype", "table nowhere.x",
        "select id from parts p where x.id = 1",
    ),
    "errors of values": simple(
        "select 1/0", "select 'x'::int", "select 10000000000::int", "select '2024-02-30'::date",
        "select sqrt(-1)", "select array[1,2]::int[][1", "select '{'::json", "select id from parts where id = 'one'",
        "select id, 1 / (id - 150) from parts order by id",
    ),
    "errors of constraints": simple(
        "insert into parts (id, label) values (1, 'again')", "insert into parts (id) values (9999)",
        "insert into bins (part, slot, depth) values (99999, 'nowhere', 1)",
        "insert into bins (id, slot, depth) values (900, 'x', -1)", "insert into bins (id, slot, depth) values (901, 's1', 1)",
        "select 100::small", "delete from parts where id = 1",
    ),
    "failed transaction": simple(
        "begin", "select 1/0", "select 1", "savepoint s", "rollback", "select 2", "begin", "select nope", "select 1", "commit",
    ),
    "savepoints": simple(
        "begin", "savepoint a", "insert into bins (slot, depth) values ('sp', 1)", "savepoint b", "select 1/0",
        "rollback to b", "select count(*) from bins where slot = 'sp'", "release a", "rollback to a", "rollback",
    ),
    "transaction states": simple(
        "begin", "begin", "commit", "commit", "rollback", "start transaction isolation level serializable read only",
        "insert into bins (slot, depth) values ('ro', 1)", "rollback and chain", "show transaction_isolation", "end",
        "begin; set transaction isolation level repeatable read; commit", "set transaction read only",
    ),
    "implicit transactions": implicit_transactions,
    "notices": simple(
        "create table if not exists parts (id int)", "begin", "begin", "commit", "commit", "truncate never_was",
        "create temp table if not exists tt as select 1 as a", "create temp table if not exists tt as select 1 as a",
        "select E'a\\ta' as \"" + "long" * 20 + "\"", "drop schema if exists never_was", "analyze never_was",
    ),
    "changes": simple(
        "begin", "insert into bins (slot, depth) values ('c1', 1), ('c2', 2) returning slot, depth",
        "update bins set depth = depth + 1 where slot like 'c%' returning depth",
        "delete from bins where slot = 'c1'", "insert into bins (slot, depth) values ('c2', 5) on conflict (slot) do update "
        "set depth = excluded.depth returning depth", "merge into bins b using (values ('c2')) v (s) on b.slot = v.s "
        "when matched then update set depth = 9", "with d as (delete from bins where slot = 'c2' returning depth) select * from d",
        "rollback",
    ),
    "definitions": simple(
        "begin", "create table made (a int primary key, b text default 'x')", "insert into made (a) values (1)",
        "select * from made", "alter table made add column c int", "select * from made", "create index on made (b)",
        "create view seen as select a from made", "select * from seen", "comment on table made is 'm'", "truncate made",
        "drop view seen; drop table made", "rollback",
    ),
    "temporary tables": simple(
        "create temp table t (a int, b text)", "insert into t select n, 'b' || n from generate_series(1, 3) n",
        "select * from t", "create temp table t (a int)", "discard temp", "select * from t",
        "create temp table u on commit drop as select 1 as a", "select * from u",
    ),
    "types": simple(
        "select * from tints", "select '1 day 2:03:04.5'::interval, now() - now(), '12:34:56+02'::timetz, 'infinity'::date",
        "select 1.5::float4, 'NaN'::float8, 1e300, -0.0::float8, 12345678901234567890.123456789::numeric, '$1.00'::money",
        "select '{{1,2},{3,4}}'::int[][], '[2:3]={a,b}'::text[], array['a,b', 'c\"d', 'null', null]",
        "select '{\"a\": [1, null]}'::jsonb, '<a/>'::xml, '10.0.0.1/8'::inet, '08:00:2b:01:02:03'::macaddr",
        "select gen_random_uuid() is not null, '\\xdeadbeef'::bytea, b'101', 'a b'::tsvector, row(1, 'x', null), int4range(1, 9)",
        "select 'red'::colour, array['red', 'blue']::colour[], pg_typeof(1), 'parts'::regclass, '(1,2),(3,4)'::box",
    ),
    "settings": simple(
        "show datestyle", "set datestyle = 'SQL, DMY'", "select date '2024-02-29'", "reset datestyle", "set time zone 'Asia/Kolkata'",
        "select timestamptz '2024-01-01 00:00:00+00'", "set application_name = 'Größe'", "show application_name", "set search_path = pg_catalog",
        "select * from parts", "reset search_path", "begin; set local intervalstyle = 'iso_8601'; select interval '1 day'; rollback",
        "select interval '1 day'", "set bytea_output = 'escape'; select '\\x00ff'::bytea", "set work_mem = -1",
        "set extra_float_digits = 0; select 0.1::float8 + 0.2", "set work_mem = 'x'", "set statement_timeout = 5000", "show statement_timeout",
        "select current_setting('TimeZone')", "reset all", "discard all", "show timezone", "show server_encoding",
    ),
    "settings undone": simple(
        "begin", "set timezone = 'Europe/Rome'", "savepoint s", "set timezone = 'Asia/Tokyo'", "rollback to s", "show timezone",
        "rollback", "show timezone",
    ),
    "search path": simple(
        "create schema if not exists aside", "create table if not exists aside.parts (id text)", "select * from parts limit 1",
        "set search_path = aside, public", "select * from parts limit 1", "begin; set local search_path = public; select id from parts limit 1; rollback",
        "select * from parts limit 1", "reset search_path", "select id from parts limit 1", "drop schema aside cascade",
    ),
    "explain": simple("explain (costs off) select * from parts where id = 3", "explain (costs off, format json) select 1"),
    "listen and notify": listen_and_notify,
    "locks": simple("begin; lock table bins in share mode; select 1 from bins limit 1 for update; commit", "lock table bins"),
    "sequences": simple(
        "select nextval('ticks') > 0", "select nextval('ticks') - currval('ticks'), lastval() > 0", "select last_value > 0, log_cnt >= 0 from ticks",
        "alter sequence ticks restart with 5",
    ),
    "maintenance": simple("analyze parts", "vacuum bins", "begin; vacuum bins; rollback", "reindex index parts_label"),
    "catalogue": simple(
        "select relname, relkind from pg_class where relnamespace = 'public'::regnamespace order by relname",
        "select table_name from information_schema.tables where table_schema = 'public' order by 1", "select current_database() is not null",
        "select a.attname, format_type(a.atttypid, a.atttypmod) from pg_attribute a where attrelid = 'parts'::regclass and attnum > 0",
        "select current_user, session_user, current_schema, current_schemas(true)", "select pg_backend_pid() > 0",
    ),
    "copy out": simple(
        "copy parts to stdout", "copy (select id, label from parts order by id) to stdout with (format csv, header, force_quote *)",
        "copy bins (slot, depth) to stdout (delimiter '|', null 'NIX')", "copy (select 1 where false) to stdout", "copy nowhere to stdout",
        "copy (select 1 / (id - 100) from parts order by id) to stdout", "copy (select E'a\\tb\\n\\\\', null, '') to stdout",
        "copy (select 1) to stdout; select 2; copy (select 3) to stdout",
    ),
    "copy out binary": simple("copy parts to stdout (format binary)", "copy tints to stdout binary"),
    "copy out extended": batches(one("copy (select id from parts order by id) to stdout"), one("copy bins to stdout csv")),
    "copy in": copy_in(
        "copy bins (part, slot, depth) from stdin", b"1\tin1\t1\n2\tin2", b"\t2\n", b"\\N\tin3\t3\n\\.\n",
        after=("select part, slot, depth from bins where slot like 'in%' order by slot",),
    ),
    "copy in csv": copy_in(
        "copy bins (slot, depth) from stdin with (format csv, header)", b'slot,depth\n"a ""b"", c",4\n', b"d,5\n",
        after=("select slot, depth from bins where depth in (4, 5) order by slot",),
    ),
    "copy in binary": copy_in(
        "copy bins (slot, depth) from stdin (format binary)", BINARY_COPY + BINARY_ROW[:7], BINARY_ROW[7:], pack("!h", -1),
        after=("select slot, depth from bins where slot = 'bin'",),
    ),
    "copy in, broken binary": copy_in("copy bins (slot, depth) from stdin (format binary)", b"PGCOPY\n but not really", after=("select 1",)),
    "copy in, nothing": copy_in("copy bins (slot, depth) from stdin"),
    "copy in, given up": copy_in("copy bins (slot, depth) from stdin", b"given\t1\n", end=copy_fail("mir reicht's"), after=("select 1",)),
    "copy in, bad data": copy_in_refused_by_data,
    "copy in, unknown table": simple("copy nowhere from stdin", "copy bins (nope) from stdin"),
    "copy in, extended": extended_copy_in,
    "copy in, extended, as libpq": extended_copy_in_with_sync,
    "copy in, extended, failing": extended_copy_in_failing,
    "two copies in": two_copies_in_one_query,
    "parameters": batches(
        one("select $1::int, $2::text, $3::bool", "7", "sieben", None), one("select $1 || $2", "a", "b"),
        one("select id, label from parts where id = any($1::int[]) order by id", "{1,2,3}"),
        one("insert into bins (slot, depth) values ($1, $2)", "pa", "1"), one("delete from bins where slot = $1", "pa"),
    ),
    "binary": batches(
        one("select $1::int4 + 1, $2::int8, $3::bytea", pack("!i", 41), pack("!q", 1 << 40), b"\0\xff", formats=(1,), results=(1,)),
        one("select * from parts order by id limit 20", results=(1,)), one("select * from tints", results=(1,)),
        one("select id, label, qty from parts order by id limit 2", results=(1, 0, 1)),
        one("select id, label from parts limit 2", results=(1, 0, 1)), one("select $1::int", b"\1\2\3", formats=(1,)),
        one("select now() is null, '2024-01-01'::date, 1.25::numeric, null::int, array[1, null]", results=(1,)),
    ),
    "types of parameters": batches(
        parse("select $1, $2", "q", (23, 25)) + describe("S", "q") + bind(["1", "x"], name="q") + execute() + SYNC,
        parse("select $1 + $2", "", (0, 20)) + describe("S") + SYNC, parse("select $1") + describe("S") + SYNC,
        parse("select $1::int", "", (25,)) + bind(["x"]) + execute() + SYNC, one("select $2::int", "1"), one("select 1", "too many"),
    ),
    "describe": batches(
        parse("select id from parts", "d1") + describe("S", "d1") + bind(name="d1", portal="x") + describe("P", "x") + SYNC,
        parse("insert into bins (slot) values ($1)") + describe("S") + bind(["z"]) + describe("P") + SYNC,
        parse("") + describe("S") + bind() + describe("P") + execute() + SYNC, parse("set timezone = 'UTC'") + describe("S") + SYNC,
        parse("select * from parts where false") + bind(results=(1,)) + describe("P") + execute() + SYNC,
        parse("update bins set depth = 3 where false returning id, slot") + describe("S") + bind() + describe("P") + execute() + SYNC,
    ),
    "execute without describe": batches(
        parse("select id, label from parts order by id limit 3") + bind() + execute() + SYNC,
        parse("select 1; select 2") + bind() + execute() + SYNC, parse("delete from bins where false") + bind() + execute() + SYNC,
    ),
    "errors at each step": batches(
        parse("selec") + bind() + execute() + SYNC, parse("select $1::int") + bind(["x"]) + execute() + SYNC,
        parse("select 1 / $1::int") + bind(["0"]) + describe("P") + execute() + SYNC, bind(name="nope") + execute() + SYNC,
        execute("nope") + SYNC, describe("S", "nope") + SYNC, close("P", "nope") + SYNC, parse("select $1::int") + bind([]) + SYNC,
    ),
    "extended transaction": batches(
        one("begin"), one("insert into bins (slot, depth) values ('e', $1)", "1"), one("select 1 / 0"), one("select 1"), one("rollback"),
        one("begin") + one("select count(*) from bins") + one("commit"),
    ),
    "portal by pieces": portal_by_pieces,
    "two portals in turn": two_portals_in_turn,
    "cursors of SQL": simple(
        "begin; declare c cursor for select id from parts order by id", "fetch 2 from c", "fetch 0 from c", "move 3 in c",
        "fetch forward 2 from c", "fetch backward 1 from c", "rollback", "fetch 1 from c",
        "declare h cursor with hold for select 1 as x", "fetch all from h", "close h", "close h",
    ),
    "cursors of both": rolled_back_declaration,
    "flush without sync": flush_without_sync,
    "error at a flush": error_at_a_flush,
    "query in a skipped batch": a_query_in_a_skipped_batch,
    "sync alone": sync_alone,
    "one sync for many": one_sync_for_many,
    "prepared by name": prepared_by_name,
    "prepared across both tongues": prepared_across_both_tongues,
    "a hundred in a pipeline": a_hundred_in_a_pipeline,
    "errors in a pipeline": errors_in_a_pipeline,
    "cut into bytes": cut_into_bytes,
    "terminate": after_terminate,
    "20 MB rows": twenty_megabytes,
    "1,600 columns": many_columns,
}  # fmt: skip


IN_OUR_WORDS = frozenset({
    "notices", "copy out", "copy in, unknown table", "errors at each step", "portal by pieces", "cursors of SQL",
    "prepared by name", "prepared across both tongues",
})  # fmt: skip
"""Where a name is unknown the gateway says so itself: the same code and sentence, without the place in the server's source."""


def without_places(messages: list[raw.Message]) -> list[raw.Message]:
    """Return the messages with errors cut down to severity, code, sentence and position."""
    return [
        (tag, repr({k: v for k, v in raw.fields(body).items() if k in "SVCMP"}).encode())
        if tag == b"E"
        else (tag, body)
        for tag, body in messages
    ]


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_conversation_is_the_same_to_the_byte(stage: Lab, name: str) -> None:
    hold = CONVERSATIONS[name]
    with stage.raw_direct() as around:
        hold(around)
    with stage.raw() as through:
        hold(through)
    expected, actual = raw.comparable(around.transcript), raw.comparable(through.transcript)
    if name in IN_OUR_WORDS:
        expected, actual = without_places(expected), without_places(actual)
    for at, (theirs, ours) in enumerate(zip(expected, actual, strict=False)):
        assert ours[0] + ours[1][:2000] == theirs[0] + theirs[1][:2000], f"message {at} of {len(expected)}"
    assert actual == expected


def test_the_greeting_tells_the_settings_of_the_database(stage: Lab) -> None:
    """Drivers choose how to read values by what the server says of itself at the login."""
    asked = {
        "application_name": "wer da",
        "TimeZone": "Asia/Kolkata",
        "DateStyle": "German",
        "options": "-c intervalstyle=iso_8601",
    }
    with stage.raw_direct(**asked) as around, stage.raw(**asked) as through:
        assert raw.settings(through.greeting) == raw.settings(around.greeting)
        order = [tag for tag, _ in through.greeting if tag != b"R"]
        assert order == [tag for tag, _ in around.greeting if tag != b"R"]
