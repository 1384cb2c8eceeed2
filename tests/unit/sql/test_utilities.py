"""What statements that are no queries do: to objects (`action object traits`) and to the session (`verb name=value`)."""

from __future__ import annotations

import pytest

from proctor.terms import Access, Effect
from tests.unit.sql.lab import understand, understood


def told(access: Access) -> str:
    """Return an access in one line, without columns and estimates."""
    what = str(access.relation).removeprefix("public.") if access.relation else access.object
    return " ".join([str(access.action), what, *sorted(access.traits)])


DEEDS = {
    "create table": ("create table t (a int)", "define t adds"),
    "create temporary table": ("create temp table t (a int)", "define pg_temp.t adds temporary"),
    "create in pg_temp": ("create table pg_temp.t (a int)", "define pg_temp.t adds temporary"),
    "create elsewhere": ("create table s2.t (a int)", "define s2.t adds"),
    "create unlogged": ("create unlogged table t (a int)", "define t adds unlogged"),
    "create partition": ("create table t partition of par for values in ('c')", "define t adds blocking"),
    "create view": ("create view t as select 1", "define t adds"),
    "replace view": ("create or replace view t as select 1", "define t replaces_code"),
    "drop table": ("drop table orders", "define orders destroys"),
    "drop cascade": ("drop table if exists orders cascade", "define orders cascade destroys"),
    "drop temporary": ("drop table scratch", "define pg_temp.scratch destroys temporary"),
    "drop unknown": ("drop table nowhere", "define nowhere destroys"),
    "drop view": ("drop view plain_view", "define plain_view destroys"),
    "drop index": ("drop index concurrently i", "define index i destroys"),
    "drop schema": ("drop schema s2 cascade", "define schema s2 cascade destroys"),
    "drop function": ("drop function ssn_of(int)", "define function ssn_of destroys replaces_code"),
    "drop trigger": ("drop trigger t on orders", "define orders destroys trigger"),
    "drop policy": ("drop policy p on orders", "define orders destroys row_security"),
    "drop extension": ("drop extension citext", "administer extension citext destroys extension"),
    "drop owned": ("drop owned by bob cascade", "define everything owned by bob cascade destroys role"),
    "add column": ("alter table orders add column a int", "define orders adds"),
    "add column with a constant": ("alter table orders add column a int default 1", "define orders adds"),
    "add column with a call": ("alter table orders add column a timestamptz default now()", "define orders adds rewrites"),
    "add serial": ("alter table orders add column a serial", "define orders adds rewrites"),
    "drop column": ("alter table orders drop column total", "define orders destroys"),
    "alter type": ("alter table orders alter column total type int", "define orders blocking rewrites"),
    "set not null": ("alter table orders alter total set not null", "define orders adds blocking"),
    "set default": ("alter table orders alter total set default 1", "define orders adds"),
    "add constraint": ("alter table orders add constraint c check (total > 0)", "define orders adds blocking"),
    "add constraint later": ("alter table orders add constraint c check (total > 0) not valid", "define orders adds"),
    "drop constraint": ("alter table orders drop constraint c", "define orders destroys"),
    "owner": ("alter table orders owner to bob", "grant orders role"),
    "disable trigger": ("alter table orders disable trigger all", "define orders trigger"),
    "row security": ("alter table orders disable row level security", "define orders row_security"),
    "rename": ("alter table orders rename to bills", "define orders renames"),
    "rename column": ("alter table customers rename ssn to note", "define customers renames"),
    "set schema": ("alter table orders set schema s2", "define orders renames"),
    "unlogged": ("alter table orders set unlogged", "define orders blocking rewrites unlogged"),
    "attach": ("alter table par attach partition customers default", "define par adds blocking"),
    "index": ("create index on orders (total)", "define orders adds blocking_index"),
    "index concurrently": ("create index concurrently on orders (total)", "define orders adds"),
    "trigger": ("create trigger t after insert on orders execute function f()", "define orders replaces_code trigger"),
    "rule": ("create rule r as on insert to orders do also delete from lines", "define orders replaces_code rewrite_rule"),
    "policy": ("create policy p on orders using (true)", "define orders replaces_code row_security"),
    "event trigger": ("create event trigger e on ddl_command_end execute function f()", "define event trigger replaces_code trigger"),
    "function": ("create function f() returns int language sql as 'select 1'", "define function f replaces_code"),
    "procedure": ("create procedure f() language sql as 'select 1'", "define procedure f replaces_code"),
    "operator": ("create operator <<< (leftarg = int, rightarg = int, function = f)", "define operator <<< replaces_code"),
    "aggregate": ("create aggregate a (int) (sfunc = f, stype = int)", "define aggregate a replaces_code"),
    "cast": ("create cast (int as mood) with function f(int)", "define cast replaces_code"),
    "enum": ("create type e as enum ('a')", "define type e adds"),
    "domain": ("create domain d as text", "define domain d adds"),
    "sequence": ("create sequence s", "define s adds"),
    "schema": ("create schema s3", "define schema s3 adds"),
    "comment": ("comment on column customers.ssn is 'x'", "define column customers.ssn adds"),
    "statistics": ("create statistics s on id, total from orders", "define statistics s adds"),
    "extension": ("create extension dblink", "administer create extension dblink extension"),
    "language": ("create language plperl", "administer create extension plperl extension"),
    "language by hand": ("create language x handler y", "administer create language x language"),
    "server": ("create server s foreign data wrapper w", "administer create server s foreign"),
    "user mapping": ("create user mapping for bob server s", "administer user mapping of bob foreign"),
    "foreign table": ("create foreign table f (a int) server s", "administer f foreign"),
    "import": ("import foreign schema a from server s into b", "administer import foreign schema s foreign"),
    "publication": ("create publication p for all tables", "administer create publication p replication"),
    "subscription": ("create subscription s connection 'x' publication p", "administer create subscription s replication"),
    "database": ("create database d", "administer create database d system"),
    "drop database": ("drop database d", "administer drop database d destroys system"),
    "tablespace": ("create tablespace t location '/x'", "administer create tablespace t system"),
    "alter system": ("alter system set work_mem = '1MB'", "administer setting work_mem setting_dangerous system"),
    "load": ("load 'auto_explain'", "administer library server_file system"),
    "security label": ("security label on table orders is 'x'", "administer security label system"),
    "grant": ("grant select on customers to bob", "grant customers role"),
    "revoke": ("revoke all on customers from bob", "grant customers role"),
    "grant role": ("grant dba to bob", "grant role bob role"),
    "grant in schema": ("grant select on all tables in schema public to bob", "grant table public role"),
    "default privileges": ("alter default privileges grant select on tables to bob", "grant default privileges role"),
    "create role": ("create role r", "grant role r role"),
    "alter role": ("alter role r superuser", "grant role r role"),
    "alter role set": ("alter role r set work_mem = '1'", "grant role r role"),
    "drop role": ("drop role r", "grant role r role"),
    "reassign": ("reassign owned by a to b", "grant role a role"),
    "set role": ("set role dba", "administer role dba role"),
    "reset role": ("reset role", "administer role default role"),
    "session authorization": ("set session authorization dba", "administer session_authorization dba role"),
    "log setting": ("set log_statement = 'none'", "administer setting log_statement setting_dangerous"),
    "extension's setting": ("set auto_explain.log_analyze = on", "administer setting auto_explain.log_analyze setting_dangerous"),
    "talkative": ("set client_min_messages = debug5", "administer setting client_min_messages setting_dangerous"),
    "encoding": ("set client_encoding = 'LATIN1'", "administer setting client_encoding setting_dangerous"),
    "names": ("set names 'SQL_ASCII'", "administer setting client_encoding setting_dangerous"),
    "strings": ("set standard_conforming_strings = off", "administer setting standard_conforming_strings setting_dangerous"),
    "by function": (
        "select set_config('session_replication_role', 'replica', false)",
        "administer setting session_replication_role setting_dangerous",
    ),
    "vacuum": ("vacuum orders", "define orders maintenance"),
    "vacuum full": ("vacuum full orders", "define orders blocking maintenance rewrites"),
    "vacuum all": ("vacuum", "define every table maintenance"),
    "analyze": ("analyze orders (id)", "define orders maintenance"),
    "reindex": ("reindex table orders", "define orders blocking maintenance"),
    "reindex concurrently": ("reindex table concurrently orders", "define orders maintenance"),
    "cluster": ("cluster orders", "define orders blocking maintenance rewrites"),
    "checkpoint": ("checkpoint", "administer checkpoint maintenance system"),
    "refresh": ("refresh materialized view mat", "define mat blocking maintenance"),
    "refresh concurrently": ("refresh materialized view concurrently mat", "define mat maintenance"),
    "lock": ("lock table orders in access exclusive mode", "read orders blocking"),
    "weak lock": ("lock table orders in row share mode", "read orders row_lock"),
    "do": ("do $$ begin end $$", "execute anonymous block"),
    "call": ("call s2.act(1)", "execute procedure s2.act"),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), DEEDS.values(), ids=DEEDS.keys())
def test_a_utility_says_what_it_does_to_which_object(sql: str, expected: str) -> None:
    found = understand(sql)
    assert found.understood, found.trouble
    assert expected in {told(access) for access in found.accesses}


HARMLESS = {
    "set application_name": "set application_name = 'x'",
    "set search_path": "set search_path to s2, public",
    "set timezone": "set time zone 'UTC'",
    "set encoding": "set client_encoding = 'UTF8'",
    "set statement_timeout": "set local statement_timeout = '5s'",
    "set planner": "set enable_seqscan = off",
    "set own": "set app.tenant = '5'",
    "set transaction": "set transaction isolation level serializable",
    "session characteristics": "set session characteristics as transaction read only",
    "set constraints": "set constraints all deferred",
    "reset": "reset work_mem",
    "reset all": "reset all",
    "discard": "discard all",
    "begin": "begin isolation level serializable read only",
    "listen": "listen x",
    "notify": "notify x, 'y'",
    "show": "show all",
    "fetch": "fetch 5 from c",
    "deallocate": "deallocate all",
    "execute": "execute p(1, 'a')",
    "prepare": "prepare p as delete from orders",
}


@pytest.mark.parametrize("sql", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_concerns_the_session_alone_touches_no_object(sql: str) -> None:
    assert not understood(sql).accesses


EFFECTS = {
    "begin": ("begin", Effect("begin")),
    "start": ("start transaction", Effect("begin")),
    "commit": ("commit", Effect("commit")),
    "end": ("end", Effect("commit")),
    "commit and chain": ("commit and chain", Effect("commit", flags=frozenset({"chain"}))),
    "rollback": ("abort", Effect("rollback")),
    "savepoint": ('savepoint "A"', Effect("savepoint", name="A")),
    "release": ("release a", Effect("release", name="a")),
    "rollback to": ("rollback to savepoint a", Effect("rollback_to", name="a")),
    "prepare transaction": ("prepare transaction 'x'", Effect("commit", name="x", flags=frozenset({"prepare"}))),
    "commit prepared": ("commit prepared 'x'", Effect("commit_prepared", name="x")),
    "set": ("set work_mem = '4MB'", Effect("set", name="work_mem", value="4MB")),
    "set number": ("set statement_timeout = 5", Effect("set", name="statement_timeout", value="5")),
    "set default": ("set work_mem to default", Effect("set", name="work_mem")),
    "set local": ("set local search_path = A, 'B c'", Effect("set_local", name="search_path", value='"a", "B c"')),
    "set transaction": (
        "set transaction read only", Effect("set_local", name="transaction_read_only", value="on"),
    ),
    "characteristics": (
        "set session characteristics as transaction isolation level serializable",
        Effect("set", name="default_transaction_isolation", value="serializable"),
    ),
    "reset": ("reset search_path", Effect("reset", name="search_path")),
    "reset all": ("reset all", Effect("reset")),
    "set_config": ("select set_config('Search_Path', 's2', true)", Effect("set_local", name="search_path", value="s2")),
    "discard all": ("discard all", Effect("discard")),
    "discard plans": ("discard plans", Effect("discard", name="plans")),
    "prepare": ("prepare p(int) as select $1", Effect("prepare", name="p", text="select $1")),
    "prepare with tricks": (
        'prepare /* as select 9 */ "as" (numeric(10, 2), text) as /* x */ select 1 as "as"',
        Effect("prepare", name="as", text='/* x */ select 1 as "as"'),
    ),
    "prepare dml": (
        "prepare p as with a as (select 1) delete from orders where id = 1",
        Effect("prepare", name="p", text="with a as (select 1) delete from orders where id = 1"),
    ),
    "declare": (
        "declare c no scroll cursor with hold for select ssn from customers for update",
        Effect("declare", name="c", text="select ssn from customers for update", flags=frozenset({"hold"})),
    ),
    "declare binary": (
        'declare "for" binary cursor for select 1',
        Effect("declare", name="for", text="select 1", flags=frozenset({"binary"})),
    ),
    "execute": ("execute p(1)", Effect("execute", name="p")),
    "deallocate": ("deallocate p", Effect("deallocate", name="p")),
    "deallocate all": ("deallocate all", Effect("deallocate")),
    "fetch": ("fetch all in c", Effect("fetch", name="c")),
    "move": ("move 3 in c", Effect("fetch", name="c", flags=frozenset({"move"}))),
    "close": ("close c", Effect("close", name="c")),
    "close all": ("close all", Effect("close")),
    "listen": ("listen a", Effect("listen", name="a")),
    "define": ("create table t (a int)", Effect("define")),
    "select into": ("select 1 as a into t", Effect("define")),
    "alter": ("alter table orders add b int", Effect("define")),
    "drop": ("drop view plain_view", Effect("define")),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "effect"), EFFECTS.values(), ids=EFFECTS.keys())
def test_what_a_statement_does_to_the_session_is_an_effect(sql: str, effect: Effect) -> None:
    assert effect in understood(sql).effects


def test_a_cursor_reads_now_and_a_prepared_statement_later() -> None:
    declared = understood("declare c cursor for select ssn from customers")
    prepared = understood("prepare p as select ssn from customers")
    assert declared.outputs is None
    assert {str(column) for column in declared.reads} == {"public.customers.ssn"}
    assert prepared.outputs is None
    assert not prepared.accesses
    assert not prepared.reads


def test_a_prepared_statement_that_is_not_understood_is_not_understood() -> None:
    assert not understand("prepare p as select 1 from nowhere").understood


COPIES = {
    "text": ("copy orders to stdout", ("text", "\t", "\\N", False)),
    "odd": ("copy orders to stdout with (delimiter '-', null '521')", ("text", "-", "521", False)),
    "csv": ("copy orders to stdout (format csv, header)", ("csv", ",", "", True)),
    "old words": ("copy orders to stdout with delimiter ';' csv header quote '''' escape '\\'", ("csv", ";", "", True)),
    "binary": ("copy orders to stdout (format binary)", ("binary", "\t", "\\N", False)),
}


@pytest.mark.parametrize(("sql", "expected"), COPIES.values(), ids=COPIES.keys())
def test_copy_tells_a_masker_its_format(sql: str, expected: tuple[str, str, str, bool]) -> None:
    found = understood(sql).copy
    assert found is not None
    assert (found.format, found.delimiter, found.null, found.header) == expected
    assert found.to_client


def test_copy_in_another_encoding_is_not_understood() -> None:
    assert not understand("copy orders to stdout (encoding 'LATIN1')").understood


NOT_UNDERSTOOD = {
    "explain execute": "explain execute p",
    "create as execute": "create table t as execute p",
    "create schema with objects": "create schema a create table b (c int)",
    "lock of an unknown relation": "lock nowhere",
    "index on an unknown relation": "create index on nowhere (a)",
}


@pytest.mark.parametrize("sql", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD.keys())
def test_a_statement_whose_meaning_hangs_on_something_unseen_is_not_understood(sql: str) -> None:
    assert not understand(sql).understood
