"""An ORM and a dashboard's introspection get the same bytes with and without the gateway, where nothing is anybody's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

from tests.databases.lab import OWNER, OWNER_PASSWORD, PEOPLE, Lab


class Base(DeclarativeBase):
    """The tables of this test."""


class Part(Base):
    """What things are made of."""

    __tablename__ = "parts"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
    qty: Mapped[int]
    weight: Mapped[Decimal] = mapped_column(sa.Numeric(10, 3))
    made: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    bins: Mapped[list[Bin]] = relationship(back_populates="of")


class Bin(Base):
    """Where they lie."""

    __tablename__ = "bins"
    id: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"))
    slot: Mapped[str]
    depth: Mapped[int]
    of: Mapped[Part] = relationship(back_populates="bins")


def engines(stage: Lab) -> tuple[sa.Engine, sa.Engine]:
    """Return an engine around the gateway and one through it."""
    found = []
    for (host, port), user, password, name in (
        (stage.direct, OWNER, OWNER_PASSWORD, stage.names["plain"]),
        (stage.through, "ada", PEOPLE["ada"], "plain"),
    ):
        url = sa.URL.create("postgresql+psycopg", user, password, host, port, name, query={"sslmode": "disable"})
        found.append(sa.create_engine(url, poolclass=sa.NullPool))
    return found[0], found[1]


def read(session: Session) -> object:
    heavy = session.scalars(sa.select(Part).where(Part.weight > 20).order_by(Part.id).limit(5))
    return [(part.id, part.label, part.weight, part.made) for part in heavy]


def relate(session: Session) -> object:
    parts = session.scalars(sa.select(Part).options(selectinload(Part.bins)).where(Part.id < 6).order_by(Part.id))
    return [(part.label, [(b.slot, b.depth) for b in part.bins]) for part in parts]


def join(session: Session) -> object:
    rows = session.execute(sa.select(Bin.slot, Part.label).join(Part).where(Part.qty.between(5, 60)).order_by(Bin.id))
    return [tuple(row) for row in rows]


def group(session: Session) -> object:
    total = sa.func.sum(Part.weight).label("total")
    rows = session.execute(
        sa.select(Part.qty, sa.func.count(), total).group_by(Part.qty).having(total > 1).order_by(Part.qty)
    )
    return [tuple(row) for row in rows]


def window(session: Session) -> object:
    place = sa.func.row_number().over(partition_by=Part.qty, order_by=Part.id)
    inner = sa.select(Part.id, place.label("place")).subquery()
    return [tuple(row) for row in session.execute(sa.select(inner).where(inner.c.place == 1).order_by(inner.c.id))]


def write(session: Session) -> object:
    session.add(
        Part(id=9001, label="new", qty=3, weight=Decimal("1.5"), made=datetime(2026, 1, 1, tzinfo=UTC), bins=[])
    )
    session.flush()
    session.add_all(Bin(id=9000 + n, part=9001, slot=f"x{n}", depth=n + 1) for n in range(40))
    session.flush()
    session.execute(sa.update(Bin).where(Bin.part == 9001).values(depth=Bin.depth + 1))
    gone = session.execute(sa.delete(Bin).where(Bin.id == 9003).returning(Bin.slot, Bin.depth)).all()
    left = session.execute(sa.select(sa.func.count(), sa.func.sum(Bin.depth)).where(Bin.part == 9001)).one()
    return [tuple(row) for row in gone], tuple(left)


def fail(session: Session) -> object:
    told = []
    for values in ({"id": 1, "slot": "s1", "depth": 1, "part": 1}, {"id": 9999, "slot": "no", "depth": -1, "part": 1}):
        with pytest.raises(sa.exc.IntegrityError) as failed, session.begin_nested():
            session.execute(sa.insert(Bin).values(**values))
        told.append((str(failed.value.orig), getattr(failed.value.orig, "sqlstate", "")))
    return told


@pytest.mark.parametrize("work", [read, relate, join, group, window, write, fail], ids=lambda work: work.__name__)
def test_an_orm_gets_the_same(stage: Lab, work: Callable[[Session], object]) -> None:
    found = []
    for engine in engines(stage):
        with Session(engine) as session:
            found.append(work(session))
            session.rollback()
    assert found[0] == found[1]
    assert found[0]


@pytest.mark.filterwarnings("ignore:Did not recognize type 'point'")
def test_an_orm_reflects_the_same(stage: Lab) -> None:
    """Columns, types, defaults, keys, checks, indexes, comments, views, sequences and enums."""
    found = []
    for engine in engines(stage):
        look = sa.inspect(engine)
        tables = look.get_table_names()
        found.append(
            {
                "schemas": look.get_schema_names(),
                "tables": tables,
                "views": look.get_view_names() + look.get_materialized_view_names(),
                "definition": look.get_view_definition("heavy"),
                "sequences": look.get_sequence_names(),
                "enums": look.get_enums(),  # type: ignore[attr-defined]  # PostgreSQL's own inspector has it
                "columns": [[{**c, "type": repr(c["type"])} for c in look.get_columns(table)] for table in tables],
                "keys": [(look.get_pk_constraint(table), look.get_foreign_keys(table)) for table in tables],
                "rules": [
                    (look.get_check_constraints(t), look.get_unique_constraints(t), look.get_indexes(t)) for t in tables
                ],
                "comments": [look.get_table_comment(table) for table in tables],
            }
        )
    assert found[0] == found[1]
    assert "parts" in found[0]["tables"]


DASHBOARD = [
    "select n.nspname, c.relname, c.relkind, obj_description(c.oid, 'pg_class') from pg_catalog.pg_class c join pg_catalog.pg_namespace n "
    "on n.oid = c.relnamespace where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relkind in ('r', 'v', 'm', 'p', 'f') order by 1, 2",
    "select table_schema, table_name, column_name, ordinal_position, data_type, is_nullable, column_default from information_schema.columns "
    "where table_schema = 'public' order by 1, 2, 4",
    "select tc.table_name, kcu.column_name, ccu.table_name as foreign_table from information_schema.table_constraints tc "
    "join information_schema.key_column_usage kcu on tc.constraint_name = kcu.constraint_name join information_schema.constraint_column_usage ccu "
    "on ccu.constraint_name = tc.constraint_name where tc.constraint_type = 'FOREIGN KEY' order by 1, 2",
    "select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum) "
    "from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where a.attrelid = 'parts'::regclass "
    "and a.attnum > 0 and not a.attisdropped order by a.attnum",
    "select t.typname, e.enumlabel from pg_type t join pg_enum e on e.enumtypid = t.oid order by 1, e.enumsortorder",
    "select indexrelid::regclass::text, indisunique, pg_get_indexdef(indexrelid) from pg_index where indrelid = 'parts'::regclass order by 1",
    "select current_schema(), current_setting('server_version_num'), version() ~ '^PostgreSQL', pg_is_in_recovery()",
    "select relname, reltuples::bigint from pg_class where relname in ('parts', 'bins') order by 1",
    "select has_table_privilege('parts', 'select'), has_schema_privilege('public', 'usage')",
    "select p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid) from pg_proc p where p.pronamespace = 'public'::regnamespace order by 1",
    "show transaction isolation level",
    "select name, setting from pg_settings where name in ('max_identifier_length', 'standard_conforming_strings', 'server_encoding') order by 1",
]  # fmt: skip


@pytest.mark.parametrize("sql", DASHBOARD, ids=lambda sql: sql[:40])
def test_a_dashboard_learns_the_same(stage: Lab, sql: str) -> None:
    """Its rows and the types that they are described with."""
    found = []
    for engine in engines(stage):
        with engine.connect() as connection:
            result = connection.exec_driver_sql(sql)
            described = [(column.name, column.type_code) for column in result.cursor.description]  # type: ignore[union-attr]
            found.append((described, [tuple(row) for row in result]))
    assert found[0] == found[1]
    assert found[0][1] or "pg_proc" not in sql
