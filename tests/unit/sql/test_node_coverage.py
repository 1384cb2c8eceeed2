"""Every node type of the grammar is either translated, part of one that is, or on a reviewed list of those that are not.

A new version of the grammar brings new nodes: one in no list fails here, instead of being skipped in silence there.
"""
# ruff: noqa: SIM905 - a table of statements reads best with one statement a line

from __future__ import annotations

import inspect
import re
import typing
from dataclasses import replace
from pathlib import Path

import pytest
from postgast import pg_query_pb2

from proctor.sql import analyze, ir, parser
from proctor.sql.expressions import EVALUATORS
from proctor.sql.translate import STATEMENTS
from proctor.sql.translate import statement as translate_statement
from proctor.sql.translate_definitions import DEFINITIONS
from proctor.sql.translate_expressions import EXPRESSIONS
from proctor.sql.translate_queries import QUERIES
from proctor.sql.translate_utility import UTILITIES
from tests.unit.sql.lab import ALICE, CATALOG

TRANSLATED = frozenset(name for table in (EXPRESSIONS, QUERIES, STATEMENTS, UTILITIES, DEFINITIONS) for name in table)

PARTS = frozenset(
    """
    A_Indices A_Star AccessPriv Alias Boolean CTECycleClause CTESearchClause CaseWhen ColumnDef CommonTableExpr
    Constraint DefElem Float GroupingSet IndexElem InferClause Integer IntoClause JoinExpr JsonAggConstructor
    JsonArgument JsonBehavior JsonFormat JsonOutput JsonTable JsonTableColumn JsonTablePathSpec List LockingClause
    MergeWhenClause MultiAssignRef NamedArgExpr ObjectWithArgs OnConflictClause PartitionBoundSpec PartitionCmd
    PartitionElem PartitionRangeDatum PartitionSpec RangeFunction RangeSubselect RangeTableFunc RangeTableFuncCol
    RangeTableSample RangeVar ResTarget ReturningClause RoleSpec SortBy String TableLikeClause TypeName
    VacuumRelation WindowDef WithClause AlterTableCmd BitString RawStmt CreateOpClassItem FunctionParameter
    PublicationObjSpec PublicationTable StatsElem TriggerTransition ATAlterConstraint ReplicaIdentityStmt
    """.split()
)
"""Nodes that stand inside others and are read (or are of no account) where those are translated."""

PAGE = Path(__file__).parents[3] / "docs" / "manual" / "not-understood.md"


def listed(heading: str) -> frozenset[str]:
    """Return the nodes that the first column of a table of the page names."""
    section = PAGE.read_text().split(f"## {heading}")[1].split("## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return frozenset(name for row in rows for name in re.findall(r"`(\w+)`", row))


NOT_UNDERSTOOD = listed("Nodes of the grammar without a meaning here")
"""The reviewed list is for those who run Proctor to read; there is no other."""

NEVER_PARSED = frozenset(
    """
    Aggref AlternativeSubPlan ArrayCoerceExpr ArrayExpr CaseTestExpr CoerceToDomain CoerceToDomainValue CoerceViaIO
    CollateExpr ConvertRowtypeExpr DistinctExpr FieldSelect FieldStore FromExpr FuncExpr InferenceElem JsonConstructorExpr
    JsonExpr JsonReturning JsonTablePath JsonTablePathScan JsonTableSiblingJoin MergeAction NextValueExpr NullIfExpr
    OnConflictExpr OpExpr Param Query RTEPermissionInfo RangeTblEntry RangeTblFunction RangeTblRef RelabelType
    ReturningExpr RowCompareExpr RowMarkClause ScalarArrayOpExpr SetOperationStmt SortGroupClause SubPlan SubscriptingRef
    TableFunc TableSampleClause TargetEntry Var WindowClause WindowFunc WindowFuncRunCondition WithCheckOption
    CallContext InlineCodeBlock IntList OidList
    """.split()
)
"""Nodes that only the server's analysis and planning make."""


def test_every_node_of_the_grammar_is_accounted_for() -> None:
    node = pg_query_pb2.DESCRIPTOR.message_types_by_name["Node"]
    known = {field.message_type.name for field in node.oneofs[0].fields}
    lists = (TRANSLATED, PARTS, NOT_UNDERSTOOD, NEVER_PARSED)
    assert known - frozenset().union(*lists) == set()
    assert frozenset().union(*lists) - known == set()


def test_no_node_is_in_two_lists() -> None:
    for one, other in ((PARTS, NOT_UNDERSTOOD), (PARTS, NEVER_PARSED), (TRANSLATED, NOT_UNDERSTOOD | NEVER_PARSED)):
        assert not one & other


def test_every_expression_of_the_ir_has_an_evaluator() -> None:
    assert set(EVALUATORS) == set(typing.get_args(ir.Expression))


@pytest.mark.parametrize("name", sorted(NOT_UNDERSTOOD))
def test_what_is_not_understood_has_no_translator(name: str) -> None:
    assert name not in TRANSLATED


OPAQUE_BY_NAME = {
    "CreateFunctionStmt": "create procedure p() language sql as 'select 1'",
    "DoStmt": "do 'begin end'",
    "CallStmt": "call p()",
    "DefineStmt": "create aggregate a (int) (sfunc = f, stype = int)",
}


def test_what_cannot_be_seen_through_is_on_the_page() -> None:
    """Those that are made by one of the two makers of opaque definitions, and four that say so themselves."""
    made = {
        name
        for name, translate in DEFINITIONS.items()
        if inspect.isfunction(translate) and inspect.getclosurevars(translate).nonlocals.get("opaque")
    }
    for name, text in OPAQUE_BY_NAME.items():
        (raw,) = parser.parse(text)
        assert set(raw.tree) == {name}
        assert translate_statement(raw.tree).opaque  # type: ignore[union-attr]  # a Utility
    assert listed("What is parsed and cannot be seen through") == made | OPAQUE_BY_NAME.keys()


FORMS = {
    "CREATE TABLE AS EXECUTE": "create table t as execute x",
    "CREATE SCHEMA` with objects inside": "create schema s create table t (a int)",
    "EXPLAIN` of a statement that is no query": "explain analyze refresh materialized view v",
    "SET … FROM CURRENT": "set search_path from current",
    "another encoding than UTF8": "copy (select 1) to stdout (encoding 'LATIN1')",
    "RETURNING *` of `MERGE": "merge into orders o using orders p on o.id = p.id when matched then delete returning *",
    "more than 1,000 statements": "select 1;" * 1001,
    "a name of another database": "select * from elsewhere.public.orders",
    "anything after a statement of the same text": "rollback; select 1",
}


@pytest.mark.parametrize("words", FORMS)
def test_a_form_on_the_page_is_not_understood(words: str) -> None:
    assert words in PAGE.read_text()
    assert not all(found.understood for found in analyze(FORMS[words], CATALOG, replace(ALICE, server_version=180000)))
