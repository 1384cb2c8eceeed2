"""Station 4: a statement as questions. Takes who asks and what the statement means; returns all that must be permitted.

Here stands what counts as copying and as inferring. Knows the data map, not the rules: whether the answer is yes is
theirs to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import prod

from proctor.policy.questions import Manner, Principal, Question, Target, column_name
from proctor.policy.tasks import is_outside
from proctor.policy.vocabulary import TRAITS
from proctor.policy.worn import Worn
from proctor.terms import (
    Access,
    Action,
    Analysis,
    Classified,
    Column,
    Context,
    Identity,
    Inference,
    Kind,
    Use,
)

MOST_ROWS = 2**62  # Cedar counts to 2**63 - 1, and an estimate may be a product
COUNTLESS = 1_000_000  # probes: what nobody can count is more than any budget
_WRITERS = frozenset({Kind.HUMAN, Kind.AGENT})
_ROWS = frozenset({Action.INSERT, Action.UPDATE, Action.DELETE, Action.DEFINE, Action.COPY})
_BY_COLUMN = frozenset({Action.COPY, Action.INFER, Action.UNMASK})
_TELLING = frozenset({"statistics", "secrets", "others_activity"})


def questions_of(
    asker: Identity,
    analysis: Analysis,
    context: Context,
    classified: Classified,
    unmasked: frozenset[Column],
    *,
    worn: Worn | None = None,
    counted: bool = False,
) -> tuple[Question, ...]:
    """Return what must be permitted for the statement to run, each question once.

    What touches nothing at all still needs the right to use the database. `unmasked` are columns whose values the asker
    may see anyway: finding them out is no news. The others wear what `worn` says, which decides what may be compared.
    Where probes are `counted`, the questions to infer say how many.
    """
    ask = _Asking(asker, analysis, context, classified, worn)
    questions = [
        *ask.for_what_is_not_seen(),
        *ask.for_copies(),  # before the accesses: that data would be copied is what an approver must hear first
        *ask.for_accesses(),
        *ask.for_inferences(unmasked, context if counted else None),
    ]
    return tuple(dict.fromkeys(questions)) or (ask.to_connect(),)


def write_questions(
    asker: Identity, analysis: Analysis, context: Context, classified: Classified, unmasked: frozenset[Column]
) -> dict[Question, Question]:
    """Return, for each sensitive column plain values are written into, two questions: with one probe, and with all.

    A constraint, or a join with the column later on, answers whether the value is there. Where the first is allowed and
    the second is not, a budget is used up; a column without a budget is written as if there were none. Services are not
    asked: they own their tables.
    """
    if asker.kind not in _WRITERS:
        return {}
    ask = _Asking(asker, analysis, context, classified)
    key = Use.KEY.value
    return {
        ask.by_column(Action.INFER, c, use=key, probes=1): ask.by_column(
            Action.INFER, c, use=key, probes=probes_on(c, context)
        )
        for c in sorted({probe.column for probe in analysis.probes if probe.written} - unmasked)
        if classified.class_of(c) is not None
    }


def break_glass_question(asker: Identity, analysis: Analysis, context: Context, classified: Classified) -> Question:
    """Return the question whether this person may run this, whatever the other rules say.

    How it is done is left out: a rule against how would be asked again, and the glass would never break.
    """
    asked = _Asking(asker, analysis, context, classified).to_connect()
    manner = replace(asked.manner, sensitive=touches_sensitive(analysis, classified))
    return replace(asked, action=Action.BREAK_GLASS, manner=manner)


def probes_on(column: Column, context: Context) -> int:
    """Return the probes of a column, this statement's included; more than any budget if they were not counted."""
    return min(context.probes.get(column, COUNTLESS), COUNTLESS)


def column_questions(
    action: Action,
    asker: Identity,
    analysis: Analysis,
    context: Context,
    classified: Classified,
    columns: Iterable[Column],
) -> dict[Column, Question]:
    """Return, for each of these columns that is sensitive, the question whether it may be seen, or by which mask."""
    ask = _Asking(asker, analysis, context, classified)
    return {column: ask.by_column(action, column) for column in sorted(columns) if classified.class_of(column)}


def columns_shown(analysis: Analysis) -> frozenset[Column]:
    """Return the columns whose values the statement shows, or steers by."""
    shown = {source for output in analysis.outputs or () for source in output.sources}
    return frozenset(shown.union(*(inference.columns for inference in analysis.inferences)))


def columns_sensitive(analysis: Analysis, classified: Classified) -> frozenset[Column]:
    """Return the sensitive columns that the statement touches in any way: shows, reads, compares, copies or writes."""
    touched = set(analysis.reads)
    touched.update(source for output in analysis.outputs or () for source in output.sources)
    touched.update(column for inference in analysis.inferences for column in inference.columns)
    for taint in analysis.taints:
        touched.update(taint.sources, (taint.target,))
    for access in analysis.accesses:
        if access.relation is not None and access.action is not Action.READ:
            touched.update(Column(access.relation, name) for name in access.columns)
    return frozenset(column for column in touched if classified.class_of(column) is not None)


def touches_sensitive(analysis: Analysis, classified: Classified) -> bool:
    """Tell whether the statement's record must be durable first and its errors lose their details.

    A failed write shows the whole row in its error, also the columns that it does not name; what is not seen through
    may touch anything.
    """
    if not analysis.understood or analysis.opaque or columns_sensitive(analysis, classified):
        return True
    return any(
        bool(access.traits & _TELLING)
        or (access.relation is not None and access.action in _ROWS and classified.holds_sensitive(access.relation))
        for access in analysis.accesses
    )


def needs_infer(inference: Inference, worn: Worn, classified: Classified) -> frozenset[Column]:
    """Return the sensitive columns whose values this use would tell beyond what their masks show anyway."""
    classes = {column: classified.class_of(column) for column in inference.columns}
    sensitive = frozenset(column for column, data_class in classes.items() if data_class is not None)
    moved = frozenset(column for column in sensitive if worn.moves(column, classified))
    match inference.use:
        case Use.EQUIJOIN if moved:
            return sensitive
        case Use.EQUIJOIN:
            # Equal masks of one class join like the values. An unmasked column on the other side is a list of guesses.
            joined = worn.joins(classes) and not _joins_own_values(inference.columns)
            return frozenset() if joined else sensitive
        case Use.GROUP:
            return moved | {column for column in sensitive if not worn.keeps_equality(column, classes[column])}
        case _:
            return sensitive


def _joins_own_values(columns: frozenset[Column]) -> bool:
    """Tell whether temporary columns meet others: whoever filled them knows their values, all that there can be.

    `create temp table g as select n, to_char(n, …) as ssn from generate_series(…) n`, joined, would name every value.
    """
    temporary = {is_temporary(column.relation.schema) for column in columns}
    return len(temporary) == 2


class _Asking:
    """The questions of one statement, while they are put together."""

    def __init__(
        self,
        asker: Identity,
        analysis: Analysis,
        context: Context,
        classified: Classified,
        worn: Worn | None = None,
    ) -> None:
        self._asker = asker
        self._claimed = context.claims.task
        self._principal = Principal.of(asker)
        self._analysis = analysis
        self._classified = classified
        self._worn = worn or Worn(context.style)
        self._database = Target(context.database, context.environment)
        self._manner = Manner(
            kind=analysis.kind,
            style=context.style,
            reason=context.claims.reason or "",
            task=context.claims.task or "",
            understood=analysis.understood,
            opaque=analysis.opaque,
        )

    def to_connect(self) -> Question:
        return Question(self._principal, Action.CONNECT, self._database, self._manner)

    def by_column(
        self, action: Action, column: Column, *, use: str = "", target: str = "", probes: int = 0
    ) -> Question:
        data_class = self._classified.class_of(column) or ""
        resource = replace(self._database, relation=column.relation, column=column.name, data_class=data_class)
        manner = replace(
            self._manner,
            temporary=is_temporary(column.relation.schema),
            classes=frozenset({data_class} - {""}),
            use=use,
            target=target,
            probes=probes,
        )
        return Question(self._principal, action, resource, manner)

    def for_what_is_not_seen(self) -> Iterator[Question]:
        """A trait that the rules have no word for would be passed over by all of them: it is not understood."""
        unknown = sorted({t for access in self._analysis.accesses for t in access.traits} - TRAITS)
        if self._analysis.understood and not self._analysis.opaque and not unknown:
            return
        manner = replace(self._manner, understood=self._analysis.understood and not unknown)
        yield Question(self._principal, Action.EXECUTE, self._database, manner)

    def for_accesses(self) -> Iterator[Question]:
        for access in self._analysis.accesses:
            if access.action is Action.COPY and self._analysis.taints:
                continue  # asked by what flows there: a column made by the statement itself has no class yet
            if access.action in _BY_COLUMN:
                yield from self._for_columns(access)
            else:
                yield self._for_access(access)

    def for_copies(self) -> Iterator[Question]:
        for taint in self._analysis.taints:
            sensitive = [c for c in sorted(taint.sources) if self._classified.class_of(c) is not None]
            # A column that only feeds itself (SET notes = notes || 'x') stays under its own mask.
            if sensitive != [taint.target]:
                target = column_name(taint.target)
                yield from (self.by_column(Action.COPY, column, target=target) for column in sensitive)

    def for_inferences(self, unmasked: frozenset[Column], counted: Context | None) -> Iterator[Question]:
        """Any use but a comparison with plain values tells more than anybody can count."""
        for inference in self._analysis.inferences:
            for column in sorted(needs_infer(inference, self._worn, self._classified) - unmasked):
                probes = 0
                if counted is not None:
                    probes = probes_on(column, counted) if inference.use is Use.KEY else COUNTLESS
                yield self.by_column(Action.INFER, column, use=inference.use.value, probes=probes)

    def _for_access(self, access: Access) -> Question:
        relation = access.relation
        temporary = "temporary" in access.traits or (relation is not None and is_temporary(relation.schema))
        manner = replace(
            self._manner,
            traits=access.traits & TRAITS,
            temporary=temporary,
            classes=self._classes(access),
            sensitive=self._holds_sensitive(access),
            estimated_rows=self._rows(access),
            outside_task=self._is_outside(access),
        )
        return Question(self._principal, access.action, self._resource(access), manner)

    def _is_outside(self, access: Access) -> bool:
        made_up = access.relation is None and access.action is Action.READ  # rows that functions make
        return not made_up and is_outside(self._asker, self._claimed, access.relation)

    def _for_columns(self, access: Access) -> Iterator[Question]:
        if access.relation is None or not access.columns:
            if access.relation is None or self._classified.holds_sensitive(access.relation):
                yield self._for_access(access)
            return
        for name in sorted(access.columns):
            column = Column(access.relation, name)
            if self._classified.class_of(column) is not None:
                yield self.by_column(access.action, column)

    def _holds_sensitive(self, access: Access) -> bool:
        """Tell whether it may hold anything sensitive; of an object that is no relation (a schema) nobody knows."""
        if access.relation is None:
            return bool(access.object)
        return self._classified.holds_sensitive(access.relation)

    def _rows(self, access: Access) -> int:
        """Return the estimate, or -1 when there is none; for tables joined without a condition, that of the product."""
        rows = -1 if access.estimated_rows is None else max(access.estimated_rows, -1)
        if "cartesian" not in access.traits:
            return min(rows, MOST_ROWS)
        joined = [a.estimated_rows or 1 for a in self._analysis.accesses if "cartesian" in a.traits]
        return min(max(rows, prod(max(n, 1) for n in joined)), MOST_ROWS)

    def _resource(self, access: Access) -> Target:
        place, named = self._database, "" if access.relation else access.object
        return Target(place.database, place.environment, access.relation, object=named)

    def _classes(self, access: Access) -> frozenset[str]:
        if access.relation is None:
            return frozenset()
        found = (self._classified.class_of(Column(access.relation, name)) for name in access.columns)
        return frozenset(str(data_class) for data_class in found if data_class is not None)


def is_temporary(schema: str) -> bool:
    """Tell whether a schema is that of a session's own temporary objects."""
    return schema == "pg_temp" or schema.startswith("pg_temp_")
