"""A catalog written out by hand: the tables of the corpus, and what else names can resolve to.

`customers` and the like are those of `tests/corpus/setup_postgres.sql`; beside them stand views, partitions, composite
columns, a second schema, and the kinds of routines, operators and casts that extensions bring.
"""

from __future__ import annotations

from itertools import count

from proctor.sql import SessionSettings, analyze, functions
from proctor.sql.catalog import Catalog, ColumnDef, FunctionDef, OperatorDef, RelationDef, TypeDef
from proctor.terms import Analysis, Column, Inference, Output, Relation

PATH = ("pg_temp", "pg_catalog", "public")
ALICE = SessionSettings(path=PATH, user="alice")

_oids = count(20000)
_TYPES: dict[str, TypeDef] = {}


def _type(name: str, kind: str, category: str = "U", *, base: int = 0, element: int = 0, relation: int = 0) -> int:
    found = TypeDef(next(_oids), "public", name, kind, category, base, element, relation)
    _TYPES[name] = found
    return found.oid


_ADDRESS_RELATION = next(_oids)
_type("addr", "c", "C", relation=_ADDRESS_RELATION)
_type("mail", "d", "S", base=25)
_type("mood", "e", "E")
_type("citext", "b", "S")
_type("_citext", "b", "A", element=_TYPES["citext"].oid)
_type("hstore", "b", "U")


def _oid(name: str) -> int:
    if name in _TYPES:
        return _TYPES[name].oid
    found = functions.type_oid(name)
    assert found is not None, name
    return found


def relation(
    full_name: str,
    columns: str,
    *,
    kind: str = "r",
    rows: int = -1,
    unique: tuple[str, ...] = (),
    definition: str | None = None,
    children: tuple[int, ...] = (),
    oid: int = 0,
    rules: bool = False,
) -> RelationDef:
    """Return a relation from `name type, name type!` (! for NOT NULL)."""
    schema, _, name = full_name.partition(".")
    found = []
    for place, part in enumerate(filter(None, columns.split(",")), 1):
        column, type_name = part.split()
        found.append(
            ColumnDef(column, place, _oid(type_name.rstrip("!")), type_name.rstrip("!"), type_name.endswith("!"))
        )
    row_type = next(_oids)
    return RelationDef(
        oid or next(_oids),
        Relation(schema, name),
        kind,
        tuple(found),
        estimated_rows=rows,
        definition=definition,
        unique=tuple(frozenset(key.split()) for key in unique),
        children=children,
        has_rules=rules,
        row_type_oid=row_type,
    )


PAR_A = relation("public.par_a", "id int4, ssn text, region text", rows=5)
PAR_B = relation("public.par_b", "id int4, ssn text, region text", rows=7)
KID = relation("public.kid", "id int4!, name text, extra text", rows=3)

RELATIONS = [
    relation(
        "public.customers",
        "id int4!, full_name text, email text, phone text, ssn text!, card_number text, dob date, salary numeric, "
        "notes text, address jsonb",
        rows=100,
        unique=("id", "email"),
    ),
    relation(
        "public.orders",
        "id int4!, customer_id int4, total numeric, created_at timestamptz",
        rows=200,
        unique=("id",),
    ),
    relation(
        "public.products",
        "id int4!, name text, sku text, isbn text, gtin text, price numeric, version text, email_count int4, "
        "phone_model text, address_bus text, ssn_required bool, card_type text, release_date date, tags _text, "
        "meta jsonb, sha text, uid uuid, path text, dims text, latlon point, note text",
        rows=1,
        unique=("id",),
    ),
    relation(
        "public.shipments",
        "id int8!, tracking text, order_no text, epoch_ms int8, weight numeric, ref text, created_at timestamptz",
        rows=2,
        unique=("id",),
    ),
    relation("public.audit_log", "delete int4, update text, message text", rows=1),
    relation("public.lines", "order_id int4!, line int4!, sku text", rows=900, unique=("order_id line",)),
    relation("public.people", "id int4!, home addr, mail mail, mood mood, nick citext, tags _text", unique=("id",)),
    relation("public.addr", "street text, zip text", kind="c", oid=_ADDRESS_RELATION),
    relation("public.ruled", "id int4, total numeric", rules=True),
    relation("public.far", "id int4, ssn text", kind="f"),
    relation("s2.orders", "id int4, secret text", rows=10),
    relation("pg_temp.scratch", "id int4, note text"),
    PAR_A,
    PAR_B,
    KID,
    relation("public.par", "id int4, ssn text, region text", kind="p", rows=12, children=(PAR_A.oid, PAR_B.oid)),
    relation("public.elder", "id int4!, name text", rows=4, children=(KID.oid,)),
    relation(
        "public.plain_view",
        "id int4, name text, ssn text",
        kind="v",
        definition=" SELECT customers.id,\n    customers.full_name AS name,\n    customers.ssn\n"
        "   FROM public.customers\n  WHERE (customers.id > 0);",
    ),
    relation(
        "public.derived_view",
        "name text, loud text, total numeric",
        kind="v",
        definition=" SELECT plain_view.name,\n    upper(plain_view.ssn) AS loud,\n    ( SELECT o.total\n"
        "           FROM public.orders o\n          WHERE (o.customer_id = plain_view.id)\n"
        "         LIMIT 1) AS total\n"
        "   FROM public.plain_view;",
    ),
    relation(
        "public.mat",
        "id int4, email text",
        kind="m",
        definition=" SELECT customers.id,\n    customers.email\n   FROM public.customers;",
    ),
    relation(
        "public.united",
        "id int4, secret text",
        kind="v",
        definition=" SELECT customers.id,\n    customers.ssn AS secret\n   FROM public.customers\nUNION ALL\n"
        " SELECT orders.id,\n    orders.secret\n   FROM s2.orders;",
    ),
    relation("public.loop_a", "x int4", kind="v", definition=" SELECT loop_b.x FROM public.loop_b;"),
    relation("public.loop_b", "x int4", kind="v", definition=" SELECT loop_a.x FROM public.loop_a;"),
    relation("public.broken_view", "x int4", kind="v", definition=" SELECT missing.x FROM missing;"),
    relation("pg_catalog.pg_class", "oid oid!, relname name!, relnamespace oid, relkind char", kind="r", rows=400),
    relation("pg_catalog.pg_namespace", "oid oid!, nspname name!"),
    relation("pg_catalog.pg_locks", "locktype text, pid int4", kind="v"),
    relation("pg_catalog.pg_settings", "name text, setting text", kind="v"),
    relation("pg_catalog.pg_authid", "oid oid, rolname name, rolpassword text"),
    relation(
        "pg_catalog.pg_stats",
        "schemaname name, tablename name, attname name, n_distinct float4, most_common_vals anyarray, "
        "histogram_bounds anyarray",
        kind="v",
    ),
    relation("pg_catalog.pg_stat_activity", "datname name, pid int4, usename name, state text, query text", kind="v"),
    relation("pg_catalog.pg_prepared_statements", "name text, statement text", kind="v"),
    relation("pg_catalog.pg_largeobject", "loid oid, pageno int4, data bytea"),
    relation("information_schema.columns", "table_name name, column_name name", kind="v"),
]


def _function(
    name: str, arguments: str = "", returns: str = "text", *, schema: str = "public", extension: str | None = None
) -> FunctionDef:
    oids = tuple(_oid(argument) for argument in arguments.split())
    return FunctionDef(next(_oids), schema, name, oids, _oid(returns), "f", "c", "i", False, False, extension)


_CITEXT_EQ = _function("citext_eq", "citext citext", "bool", extension="citext")
_SIMILAR = _function("similarity_op", "text text", "bool", extension="pg_trgm")
_ARRAY_PLUS = _function("intarray_push_array", "_int4 _int4", "_int4", extension="intarray")
_ARRAY_PUSH = _function("intarray_push_elem", "_int4 int4", "_int4", extension="intarray")
_CAT = _function("cat", "text int4")
_MAKE_MOOD = _function("make_mood", "int4", "mood")
FUNCTIONS = (
    _CITEXT_EQ,
    _SIMILAR,
    _ARRAY_PLUS,
    _ARRAY_PUSH,
    _CAT,
    _MAKE_MOOD,
    _function("replace", "citext citext citext", extension="citext"),
    _function("max", "citext", "citext", extension="citext"),
    _function("round", "float8 int4", "float8"),
    _function("dblink_exec", "text text", extension="dblink"),
    _function("crosstab", "text", "record", extension="tablefunc"),
    _function("xpath_table", "text text text text text", "record", extension="xml2"),
    _function("digest", "text text", "bytea", extension="pgcrypto"),
    _function("ssn_of", "int4"),
    _function("lower", "text", schema="s2"),
)
CATALOG = Catalog(
    database="lab",
    database_oid=16384,
    epoch="1",
    relations={found.relation: found for found in RELATIONS},
    functions=FUNCTIONS,
    types=tuple(_TYPES.values()),
    operators=(
        OperatorDef("public", "=", _CITEXT_EQ.oid),
        OperatorDef("public", "%", _SIMILAR.oid),
        OperatorDef("public", "+", _ARRAY_PLUS.oid),
        OperatorDef("public", "+", _ARRAY_PUSH.oid),
        OperatorDef("public", "<~~>", _CAT.oid),
    ),
    casts=((23, _TYPES["mood"].oid, _MAKE_MOOD.oid),),
    schemas=frozenset({"public", "s2", "pg_catalog", "information_schema"}),
    server_version=150000,
)


def understand(sql: str, settings: SessionSettings = ALICE) -> Analysis:
    """Return the analysis of one statement."""
    (found,) = analyze(sql, CATALOG, settings)
    return found


def understood(sql: str, settings: SessionSettings = ALICE) -> Analysis:
    """Return the analysis of one statement that must be understood, with nothing opaque in it."""
    found = understand(sql, settings)
    assert found.understood, found.trouble
    assert not found.opaque, found.opaque
    return found


def short(column: Column) -> str:
    """Return a column as `relation.column`, the schema in front unless it is public."""
    name = f"{column.relation.name}.{column.name}"
    return name if column.relation.schema in ("public", "pg_catalog") else f"{column.relation.schema}.{name}"


def shown(outputs: tuple[Output, ...] | None) -> str:
    """Return outputs as `name=a|b` for plain ones, `name~a|b` for derived ones, `name` for those without sources."""
    words = []
    for output in outputs or ():
        sources = "|".join(sorted(short(source) for source in output.sources))
        words.append(output.name + (f"{'=' if output.plain else '~'}{sources}" if sources else ""))
    return " ".join(words)


def used(inferences: tuple[Inference, ...]) -> set[str]:
    """Return inferences as `use:a|b`."""
    return {f"{found.use}:{'|'.join(sorted(short(column) for column in found.columns))}" for found in inferences}
