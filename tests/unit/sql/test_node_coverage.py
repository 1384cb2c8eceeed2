"""Every node type of the grammar is either translated, part of one that is, or on a reviewed list of those that are not.

A new version of the grammar brings new nodes: one in no list fails here, instead of being skipped in silence there.
"""
# ruff: noqa: SIM905 - a table of statements reads best with one statement a line

from __future__ import annotations

import typing

import pytest
from postgast import pg_query_pb2

from proctor.sql import ir
from proctor.sql.expressions import EVALUATORS
from proctor.sql.translate import STATEMENTS
from proctor.sql.translate_definitions import DEFINITIONS
from proctor.sql.translate_expressions import EXPRESSIONS
from proctor.sql.translate_queries import QUERIES
from proctor.sql.translate_utility import UTILITIES

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

NOT_UNDERSTOOD = frozenset(
    """
    ReturningOption
    ReturnStmt PLAssignStmt
    """.split()
)
"""RETURNING WITH (OLD AS …); what stands only inside of functions' bodies."""

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
