"""Station 3: text + catalog + session settings → `Analysis`, or "not understood". Pure; never raises on any text.

The way of a text: `parser` cuts and parses it, `translate` makes IR of each tree, `statements` reads the IR against the
catalog by `queries`, `writes`, `sources`, `predicates`, `expressions` and `calls`, and `ledger` keeps what is found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from proctor.sql import deeds, ir, parser, queries, translate
from proctor.sql.catalog import Catalog
from proctor.sql.forms import Form, form_of
from proctor.sql.given import given_in
from proctor.sql.leaves import leaves_of
from proctor.sql.ledger import Ledger
from proctor.sql.settings import SessionSettings
from proctor.sql.statements import Told, tell
from proctor.sql.walk import Walk
from proctor.sql.world import World
from proctor.terms import Access, Action, Analysis, Column, Given, Use

MAX_STATEMENTS = 1000
_TOO_DEEP = "the statement is nested too deeply to be examined"
_CALM = frozenset({"begin", "commit", "rollback", "savepoint", "release", "rollback to"})


@dataclass(frozen=True, slots=True)
class Examined:
    """What each statement of a text means, and for which other texts that holds (None: for no other)."""

    analyses: tuple[Analysis, ...]
    form: Form | None = None


def analyze(text: str, catalog: Catalog, settings: SessionSettings) -> tuple[Analysis, ...]:
    """Return what each statement of a text means; what cannot be understood says so and why.

    Statements of one text are read in order, each against what the earlier ones have changed.
    """
    return examine(text, catalog, settings).analyses


def examine(text: str, catalog: Catalog, settings: SessionSettings) -> Examined:
    """Return what `analyze` does, and the form of it."""
    try:
        raws = parser.parse(text)
    except parser.Unparsable as e:
        return Examined((_not_understood("unparsed", str(e), text),))
    except RecursionError:
        return Examined((_not_understood("unparsed", _TOO_DEEP, text),))
    except Exception:
        return Examined((_not_understood("unparsed", "the text could not be examined", text),))
    if len(raws) > MAX_STATEMENTS:
        return Examined((_not_understood("unparsed", "the text holds too many statements", text),))
    world = World(catalog, settings.path, settings.user, path_is_local=settings.path_is_local)
    world.steered = settings.steered
    if len(raws) == 1:
        return _examine_one(text, raws[0], world, settings)
    return Examined(tuple(_examine_one(text, raw, world, settings).analyses[0] for raw in raws))


def _examine_one(text: str, raw: parser.RawStatement, world: World, settings: SessionSettings) -> Examined:
    kind = "unknown"
    try:
        statement = translate.statement(raw.tree)
        kind = getattr(statement, "kind", "") or type(statement).__name__.lower()
        if world.confused and kind not in _CALM:
            raise ir.NotUnderstood(f"an earlier {world.confused.upper()} of the same text may change what this means")
        walk = Walk(world, Ledger(), queries.query, settings.server_version, raw.text)
        told = tell(walk, statement, raw.text)
        if world.steered and not (isinstance(statement, deeds.Explain) and not statement.runs):
            _order_rows(walk)
        for effect in walk.ledger.effects:
            world.follow(effect)
        leaves = leaves_of(statement)
        given = given_in(walk.ledger.said, walk.ledger.spoken, leaves, raw.tree, raw.text)
        found = _written_down(told, walk.ledger, raw.text, *given)
        general = not (walk.quoted or found.effects or found.opaque or found.copy)
        return Examined((found,), form_of(text, raw.text, statement, leaves) if general else None)
    except ir.NotUnderstood as e:
        trouble = str(e)
    except RecursionError:
        trouble = _TOO_DEEP
    except Exception as e:
        trouble = f"the statement could not be examined ({type(e).__name__})"
    world.confused = world.confused or kind
    return Examined((_not_understood(kind, trouble, raw.text),))


def _order_rows(walk: Walk) -> None:
    """Note that the rows of every table may come in the order of any of its columns, and so of an index on it.

    Without a sequential scan the server walks an index, and the clean columns beside it tell who comes before whom.
    """
    for relation in walk.ledger.scans:
        walk.ledger.infer(Use.ORDER, frozenset(Column(relation, name) for name in walk.world.column_names(relation)))


def _written_down(told: Told, ledger: Ledger, text: str, given: tuple[Given, ...], parameters: int) -> Analysis:
    copies = tuple(
        Access(Action.COPY, taint.target.relation, frozenset({taint.target.name})) for taint in ledger.taints
    )
    return Analysis(
        kind=told.kind,
        accesses=(*ledger.accesses, *ledger.read_accesses(), *copies),
        outputs=told.outputs,
        reads=frozenset(ledger.reads),
        inferences=ledger.inferences(),
        taints=tuple(ledger.taints),
        functions=frozenset(ledger.functions),
        opaque=tuple(ledger.opaque),
        copy=ledger.copy,
        effects=tuple(ledger.effects),
        text=text,
        probes=tuple(ledger.probes.values()),
        given=given,
        parameters=parameters,
    )


def _not_understood(kind: str, trouble: str, text: str) -> Analysis:
    return replace(Analysis(kind=kind, understood=False, trouble=trouble), text=text)
