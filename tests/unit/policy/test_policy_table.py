"""The design's table, cell by cell: who, where, what; and for every guardrail a harmless neighbour that passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from proctor.terms import Access, Action, Allow, Analysis, Deny, Hold, Use

A, H, D = "allow", "hold", "deny"


@dataclass(frozen=True)
class Row:
    """One row of the table: verdict and rule for people, agents, services."""

    name: str
    statement: Callable[..., Analysis]
    people: tuple[str, str]
    agents: tuple[str, str]
    services: tuple[str, str]
    dba: tuple[str, str] | None = None


def plainly(action: Action, on: str = "orders", *traits: str, rows: int | None = None, kind: str = ""):
    return lambda shop: shop.access(action, on, *traits, rows=rows, kind=kind)


def two(first: Access, second: Access) -> Callable[..., Analysis]:
    return lambda shop: Analysis("x", accesses=(first, second))


def same(verdict: str, rule: str) -> tuple[tuple[str, str], tuple[str, str], tuple[str, str]]:
    return (verdict, rule), (verdict, rule), (verdict, rule)


READ, INSERT, UPDATE, DELETE = Action.READ, Action.INSERT, Action.UPDATE, Action.DELETE
DEFINE, GRANT, ADMINISTER, EXECUTE, EXPORT = (
    Action.DEFINE,
    Action.GRANT,
    Action.ADMINISTER,
    Action.EXECUTE,
    Action.EXPORT,
)
HARMLESS = lambda shop: Analysis("select")  # noqa: E731
OPAQUE = lambda shop: Analysis("do", opaque=("DO runs code that is not seen through",))  # noqa: E731
MYSTERY = lambda shop: Analysis("unparsed", understood=False, trouble="syntax error")  # noqa: E731

PRODUCTION = [
    # reading
    Row("a statement that touches nothing", HARMLESS, *same(A, "connect")),
    Row("read a clean table", plainly(READ), *same(A, "read")),
    Row("read a sensitive table", lambda s: s.select("customers.id", "customers.email"), *same(A, "read")),
    Row("read the catalogue's structure", plainly(READ, "pg_class", "metadata"), *same(A, "read")),
    Row("lock rows", plainly(READ, "orders", "row_lock"), *same(A, "read")),
    Row("copy to the client", plainly(EXPORT, "orders", "client_copy"), *same(A, "export")),
    Row("a product of small tables", plainly(READ, "orders", "cartesian", rows=900), *same(A, "read")),
    Row(
        "a product of large tables",
        plainly(READ, "orders", "cartesian", rows=2_000_000),
        (H, "cartesian"),
        (D, "agent-cartesian"),
        (H, "cartesian"),
    ),
    Row("a large table, all of it", plainly(READ, "orders", "no_where", rows=2_000_000), *same(A, "read")),
    Row(
        "a very large table with sensitive columns",
        lambda s: s.access(READ, "customers", "no_where", rows=2_000_000, touched=["id", "email"]),
        (H, "mass-read"),
        (D, "agent-mass-read"),
        (A, "read"),
    ),
    Row(
        "its columns that are not sensitive",
        lambda s: s.access(READ, "customers", "no_where", rows=2_000_000, touched=["id"]),
        *same(A, "read"),
    ),
    Row("lock a table", plainly(READ, "orders", "blocking"), *same(H, "blocking")),
    # temporary things
    Row("make a temp table", plainly(DEFINE, "tt", "adds"), *same(A, "define")),
    Row("fill a temp table", plainly(INSERT, "tt", rows=50_000), *same(A, "write")),
    Row("empty a temp table", plainly(DELETE, "tt", "no_where"), *same(A, "write")),
    Row("truncate a temp table", plainly(DELETE, "tt", "no_where", "destroys"), *same(A, "write")),
    Row("drop a temp table", plainly(DEFINE, "tt", "destroys"), *same(A, "define")),
    Row("make a temp view", plainly(DEFINE, "tt", "adds", "replaces_code", kind="create view"), *same(A, "define")),
    # rows
    Row("insert one row", plainly(INSERT, rows=1), (A, "write"), (H, "agent-writes"), (A, "write")),
    Row(
        "insert a unique value",
        plainly(INSERT, "customers", "constraint_outcome", rows=1),
        (A, "write"),
        (H, "agent-writes"),
        (A, "write"),
    ),
    Row(
        "update by key",
        plainly(UPDATE, "orders", "key_lookup", rows=1),
        (A, "write"),
        (H, "agent-writes"),
        (A, "write"),
    ),
    Row("delete a thousand", plainly(DELETE, rows=1000), (A, "write"), (H, "agent-writes"), (A, "write")),
    Row("delete nobody knows how many", plainly(DELETE), (A, "write"), (H, "agent-writes"), (A, "write")),
    Row(
        "delete a thousand and one",
        plainly(DELETE, rows=1001),
        (H, "many-rows"),
        (D, "agent-many-rows"),
        (H, "many-rows"),
    ),
    Row("update many", plainly(UPDATE, rows=10**7), (H, "many-rows"), (D, "agent-many-rows"), (H, "many-rows")),
    Row(
        "load what a client sends",
        plainly(INSERT, "orders", "client_copy"),
        (H, "bulk-load"),
        (H, "agent-writes"),
        (A, "write"),
    ),
    Row("insert many", plainly(INSERT, rows=5000), (H, "many-rows"), (D, "agent-many-rows"), (H, "many-rows")),
    Row(
        "delete with half a range",
        plainly(DELETE, "orders", "half_open", rows=5),
        (H, "unbounded"),
        (D, "agent-unbounded"),
        (H, "unbounded"),
    ),
    Row(
        "update by joining whole tables",
        plainly(UPDATE, "orders", "join_only", rows=5),
        (H, "unbounded"),
        (D, "agent-unbounded"),
        (H, "unbounded"),
    ),
    Row(
        "delete whatever there is",
        plainly(DELETE, "orders", "whole_table", rows=3),
        (H, "whole-table"),
        (D, "agent-whole-table"),
        (A, "write"),
    ),
    Row(
        "delete the two that there are",
        plainly(DELETE, "orders", "whole_table", rows=2),
        (A, "write"),
        (H, "agent-writes"),
        (A, "write"),
    ),
    Row("read by joining whole tables", plainly(READ, "orders", "join_only"), *same(A, "read")),
    Row("delete without where", plainly(DELETE, "orders", "no_where", rows=3), *same(D, "without-where")),
    Row("update without where", plainly(UPDATE, "orders", "no_where"), *same(D, "without-where")),
    Row("update where true", plainly(UPDATE, "orders", "always_true"), *same(D, "without-where")),
    # structure
    Row("truncate", plainly(DELETE, "orders", "no_where", "destroys"), *same(D, "destroys")),
    Row("drop", plainly(DEFINE, "orders", "destroys"), *same(D, "destroys")),
    Row("drop with all that depends on it", plainly(DEFINE, "orders", "destroys", "cascade"), *same(D, "destroys")),
    Row("drop a schema", plainly(DEFINE, "schema public", "destroys"), *same(D, "destroys")),
    Row("rewrite", plainly(DEFINE, "orders", "rewrites", "blocking"), *same(D, "rewrites")),
    Row("vacuum full", plainly(DEFINE, "orders", "maintenance", "rewrites", "blocking"), *same(D, "rewrites")),
    Row("analyze", plainly(DEFINE, "orders", "maintenance"), *same(H, "maintenance")),
    Row("add a column", plainly(DEFINE, "orders", "adds"), *same(H, "structure")),
    Row("index concurrently", plainly(DEFINE, "orders", "adds"), *same(H, "structure")),
    Row("index", plainly(DEFINE, "orders", "adds", "blocking_index"), *same(H, "blocking-index")),
    Row("validate under a lock", plainly(DEFINE, "orders", "blocking"), *same(H, "blocking")),
    Row("a plain view", plainly(DEFINE, "v", "adds", "replaces_code", kind="create view"), *same(H, "structure")),
    Row("rename a clean table", plainly(DEFINE, "orders", "renames"), *same(H, "structure")),
    Row("rename a sensitive table", plainly(DEFINE, "customers", "renames"), *same(H, "renames")),
    Row("rename a schema", plainly(DEFINE, "schema public", "renames"), *same(H, "renames")),
    Row("make a function", plainly(DEFINE, "function f", "replaces_code"), (H, "code"), (D, "code"), (D, "code")),
    Row("make a trigger", plainly(DEFINE, "orders", "trigger"), (H, "code"), (D, "code"), (D, "code")),
    Row("a trigger on a temp table", plainly(DEFINE, "tt", "trigger"), (H, "code"), (D, "code"), (D, "code")),
    Row("make a rewrite rule", plainly(DEFINE, "orders", "rewrite_rule"), (H, "code"), (D, "code"), (D, "code")),
    # the server
    Row("grant", plainly(GRANT, "orders", "role"), *same(D, "roles"), dba=(H, "roles")),
    Row("change the role", plainly(ADMINISTER, "role dba", "role"), *same(D, "roles"), dba=(H, "roles")),
    Row("a row security policy", plainly(DEFINE, "orders", "row_security"), *same(D, "roles"), dba=(H, "roles")),
    Row(
        "a dangerous setting",
        plainly(ADMINISTER, "setting session_preload_libraries", "setting_dangerous"),
        *same(D, "dangerous-setting"),
        dba=(H, "dangerous-setting"),
    ),
    Row("administer", plainly(ADMINISTER, "checkpoint"), *same(D, "server-work"), dba=(H, "server-work")),
    Row(
        "load a library",
        plainly(ADMINISTER, "library", "system", "server_file"),
        *same(D, "server-reach"),
        dba=(H, "server-reach"),
    ),
    Row("an extension", plainly(DEFINE, "extension dblink", "extension"), *same(D, "extension"), dba=(H, "extension")),
    Row(
        "copy to a program", plainly(EXPORT, "customers", "program"), *same(D, "server-reach"), dba=(H, "server-reach")
    ),
    Row(
        "copy from a server file",
        plainly(INSERT, "tt", "server_file"),
        *same(D, "server-reach"),
        dba=(H, "server-reach"),
    ),
    Row(
        "a language", plainly(DEFINE, "language plperlu", "language"), *same(D, "server-reach"), dba=(H, "server-reach")
    ),
    Row("a foreign server", plainly(DEFINE, "server other", "foreign"), *same(D, "foreign"), dba=(H, "foreign")),
    Row(
        "write to a foreign table",
        plainly(INSERT, "orders", "foreign", rows=1),
        *same(D, "foreign"),
        dba=(H, "foreign"),
    ),
    Row("read a foreign table", plainly(READ, "orders", "foreign"), *same(A, "read")),
    Row("a subscription", plainly(DEFINE, "subscription s", "replication"), *same(D, "foreign"), dba=(H, "foreign")),
    Row(
        "a large object",
        plainly(READ, "large objects", "large_object"),
        (H, "large-object"),
        (D, "large-object"),
        (D, "large-object"),
    ),
    # sensitive data past its masks
    Row("passwords of the server", plainly(READ, "pg_authid", "secrets"), *same(D, "secrets"), dba=(H, "secrets")),
    Row("statistics", plainly(READ, "pg_stats", "statistics"), *same(D, "statistics"), dba=(H, "statistics")),
    Row(
        "statements of others",
        plainly(READ, "pg_stat_activity", "others_activity"),
        *same(D, "others-activity"),
        dba=(H, "others-activity"),
    ),
    Row(
        "infer by a constant",
        lambda s: s.inferring(Use.KEY, "customers.email"),
        (H, "infer"),
        (D, "agent-infers"),
        (D, "deny-by-default"),
    ),
    Row("select by a clean key", lambda s: s.inferring(Use.KEY, "customers.id"), *same(A, "read")),
    Row(
        "copy a sensitive column",
        lambda s: s.copying("customers.email", "orders.total"),
        *same(H, "copy-sensitive"),
    ),
    Row(
        "copy a sensitive column into a temp table",
        lambda s: s.copying("customers.email", "tt.z"),
        *same(H, "copy-sensitive"),
    ),
    Row("copy a clean column", lambda s: s.copying("orders.total", "tt.z"), *same(A, "write")),
    # what is not seen
    Row("opaque", OPAQUE, (H, "opaque"), (D, "agent-opaque"), (D, "deny-by-default")),
    Row("not understood", MYSTERY, (H, "not-understood"), (D, "agent-opaque"), (D, "deny-by-default")),
]

STAGING = [
    Row("insert by an agent", plainly(INSERT, rows=1), *same(A, "write")),
    Row("many rows", plainly(DELETE, rows=5000), (A, "write"), (D, "agent-many-rows"), (A, "write")),
    Row("half a range", plainly(DELETE, "orders", "half_open"), (A, "write"), (D, "agent-unbounded"), (A, "write")),
    Row("all rows", plainly(DELETE, "x", "whole_table", rows=9), (A, "write"), (D, "agent-whole-table"), (A, "write")),
    Row("without where", plainly(DELETE, "orders", "no_where"), *same(D, "without-where")),
    Row("drop", plainly(DEFINE, "orders", "destroys"), *same(D, "destroys")),
    Row("rewrite", plainly(DEFINE, "orders", "rewrites"), *same(D, "rewrites")),
    Row("add a column", plainly(DEFINE, "orders", "adds"), *same(A, "define")),
    Row("index", plainly(DEFINE, "orders", "adds", "blocking_index"), *same(A, "define")),
    Row("lock a table", plainly(READ, "orders", "blocking"), *same(A, "read")),
    Row("analyze", plainly(DEFINE, "orders", "maintenance"), *same(A, "define")),
    Row(
        "a product", plainly(READ, "orders", "cartesian", rows=10**9), (A, "read"), (D, "agent-cartesian"), (A, "read")
    ),
    Row("rename a sensitive table", plainly(DEFINE, "customers", "renames"), *same(H, "renames")),
    Row("rename a clean table", plainly(DEFINE, "orders", "renames"), *same(A, "define")),
    Row("grant", plainly(GRANT, "orders", "role"), *same(D, "roles"), dba=(H, "roles")),
    Row("opaque", OPAQUE, (H, "opaque"), (D, "agent-opaque"), (D, "deny-by-default")),
    Row(
        "infer",
        lambda s: s.inferring(Use.FILTER, "customers.email"),
        (H, "infer"),
        (D, "agent-infers"),
        (D, "deny-by-default"),
    ),
    Row("copy", lambda s: s.copying("customers.email", "orders.total"), *same(H, "copy-sensitive")),
]

DEVELOPMENT = [
    Row("without where", plainly(DELETE, "orders", "no_where"), *same(A, "write")),
    Row("many rows", plainly(DELETE, rows=5000), *same(A, "write")),
    Row("drop", plainly(DEFINE, "orders", "destroys"), *same(A, "define")),
    Row("rewrite", plainly(DEFINE, "orders", "rewrites", "blocking"), *same(A, "define")),
    Row("grant", plainly(GRANT, "orders", "role"), *same(A, "administer")),
    Row("an extension", plainly(DEFINE, "extension hstore", "extension"), *same(A, "define")),
    Row("a checkpoint", plainly(ADMINISTER, "x"), *same(A, "administer")),
    Row("half a range", plainly(DELETE, "orders", "half_open"), *same(A, "write")),
    Row("a product", plainly(READ, "orders", "cartesian", rows=10**9), *same(A, "read")),
    Row("a dangerous setting", plainly(ADMINISTER, "setting x", "setting_dangerous"), *same(D, "dangerous-setting")),
    Row("a program", plainly(EXPORT, "orders", "program"), *same(D, "server-reach")),
    Row("a server file", plainly(EXPORT, "orders", "server_file"), *same(D, "server-reach")),
    Row("another server", plainly(DEFINE, "server other", "foreign"), *same(D, "foreign")),
    Row("a trigger", plainly(DEFINE, "orders", "trigger"), (H, "code"), (D, "code"), (D, "code")),
    Row("rename a sensitive table", plainly(DEFINE, "customers", "renames"), *same(H, "renames")),
    Row("opaque", OPAQUE, (H, "opaque"), (D, "agent-opaque"), (D, "deny-by-default")),
    Row("secrets", plainly(READ, "pg_authid", "secrets"), *same(D, "secrets")),
    Row(
        "infer",
        lambda s: s.inferring(Use.ORDER, "customers.email"),
        (H, "infer"),
        (D, "agent-infers"),
        (D, "deny-by-default"),
    ),
    Row("copy", lambda s: s.copying("customers.email", "tt.z"), *same(H, "copy-sensitive")),
]

CELLS = [
    pytest.param(environment, who, row, id=f"{environment}-{who}-{row.name}".replace(" ", "_"))
    for environment, rows in (("production", PRODUCTION), ("staging", STAGING), ("development", DEVELOPMENT))
    for row in rows
    for who in ("people", "agents", "services", "dba")
    if who != "dba" or row.dba is not None
]


def verdict(decision: object) -> tuple[str, str]:
    assert isinstance(decision, Allow | Hold | Deny)
    return type(decision).__name__.lower(), decision.rules[0]


@pytest.mark.parametrize(("environment", "who", "row"), CELLS)
def test_the_table(shop, environment: str, who: str, row: Row) -> None:
    assert verdict(shop.decide(who, row.statement(shop), environment=environment)) == getattr(row, who)


@pytest.mark.parametrize(("environment", "who", "row"), CELLS)
def test_an_approval_turns_a_hold_into_an_allow_and_nothing_else(shop, environment: str, who: str, row: Row) -> None:
    decision = shop.decide(who, row.statement(shop), environment=environment, approvals=1)
    expected, _ = getattr(row, who)
    assert type(decision).__name__.lower() == (D if expected == D else A)


@pytest.mark.parametrize("who", ["people", "agents", "services", "dba"])
def test_an_environment_that_nobody_knows_is_guarded_like_production(shop, who: str) -> None:
    drop = shop.access(DEFINE, "orders", "destroys")
    add = shop.access(DEFINE, "orders", "adds")
    assert verdict(shop.decide(who, drop, environment="prod")) == (D, "destroys")
    assert verdict(shop.decide(who, add, environment="prod")) == (H, "structure")


def test_every_shipped_rule_stands_in_the_table(shipped) -> None:
    """A rule that no row shows is a rule that nobody has seen at work."""
    shown = {
        cell[1]
        for row in (*PRODUCTION, *STAGING, *DEVELOPMENT)
        for cell in (row.people, row.agents, row.services, row.dba)
        if cell is not None
    }
    # Nothing shipped permits anyone to unmask; test_policy_masks_plan shows the rule against one that does. Nobody in
    # this table is bound to a task; pack/cases.toml shows one who is.
    assert {rule.id for rule in shipped} - shown == {"agent-unmasks", "agent-outside-task"}


def test_one_forbidden_access_denies_the_whole_statement(shop) -> None:
    """A DELETE without WHERE hides in a CTE of a SELECT."""
    hidden = Analysis(
        "select",
        accesses=(
            shop.access(READ, "orders").accesses[0],
            shop.access(DELETE, "orders", "no_where").accesses[0],
        ),
    )
    assert verdict(shop.decide("people", hidden)) == (D, "without-where")


def test_a_deny_outranks_a_hold_and_names_it(shop) -> None:
    both = Analysis(
        "x",
        accesses=(
            shop.access(DEFINE, "orders", "adds").accesses[0],
            shop.access(DELETE, "orders", "no_where").accesses[0],
        ),
    )
    decision = shop.decide("people", both)
    assert isinstance(decision, Deny)
    assert decision.rules == ("without-where", "structure")
    assert "it would still need approval (rule structure)" in decision.hint


def test_a_trait_that_the_rules_do_not_know_is_not_understood(shop) -> None:
    """Else a new danger would be passed over by every rule there is."""
    new = shop.access(READ, "orders", "rides_a_bicycle")
    assert verdict(shop.decide("people", new)) == (H, "not-understood")
    assert verdict(shop.decide("agents", new)) == (D, "agent-opaque")


def test_the_product_of_a_join_without_condition_is_estimated(shop) -> None:
    first, second = (replace(shop.access(READ, "orders", "cartesian", rows=2000).accesses[0]) for _ in "ab")
    assert verdict(shop.decide("people", Analysis("select", accesses=(first, second)))) == (H, "cartesian")
    small = replace(second, estimated_rows=20)
    assert verdict(shop.decide("people", Analysis("select", accesses=(first, small)))) == (A, "read")


def test_an_estimate_beyond_all_numbers_is_still_a_number(shop) -> None:
    huge = shop.access(DELETE, "orders", rows=10**30)
    assert verdict(shop.decide("people", huge)) == (H, "many-rows")
