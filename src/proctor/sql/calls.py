"""Station 3: functions, operators and casts: what they resolve to, and what their success tells about their arguments.

A name is one of the server's own only if nothing else that the path reaches could be meant; everything else is opaque.
An argument with sources in something that may fail, may be huge or changes the number of rows is an `OUTCOME`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from proctor.sql import functions, ir
from proctor.sql.arithmetic import NUMERIC, calculated, shortened
from proctor.sql.catalog import FunctionDef, RelationDef, TypeDef
from proctor.sql.functions import OPAQUE, Standing
from proctor.sql.harmless import setting_deeds
from proctor.sql.ledger import MANY_ROWS
from proctor.sql.reaching import REACHING
from proctor.sql.scope import NO_TYPES, Cell, Value, union
from proctor.sql.settled import matches_safely, settled
from proctor.sql.walk import Walk
from proctor.sql.world import CATALOG, TEMPORARY
from proctor.terms import Access, Action, Effect, Use

_TEXT, _VARCHAR, _BOOL, _NUMERIC = 25, 1043, 16, NUMERIC
_POPULATE = frozenset(
    {"json_populate_record", "json_populate_recordset", "jsonb_populate_record", "jsonb_populate_recordset"}
)
_SAME_TYPE = frozenset({"min", "max", "lag", "lead", "first_value", "last_value", "nth_value", "any_value", "mode"})
_PG_DUMP_RESTRICTS = (
    "SELECT set_config(name, 'view, foreign-table', false) FROM pg_settings "
    "WHERE name = 'restrict_nonsystem_relation_kind'"
)
"""What pg_dump says first of all, to the letter: the one set_config without literals that is known to be harmless."""
_CATALOG_HELPERS = {"_pg_expandarray": ("x", "n")}


def call(walk: Walk, e: ir.Call, args: Sequence[Value]) -> Value:
    """Return the value of a function call whose arguments have been evaluated."""
    schema, name = walk.world.split(e.name)
    if schema == "information_schema" and name.startswith("_pg_"):
        # Its SQL functions compute on catalogue values; drivers call them by name.
        walk.ledger.functions.add(f"information_schema.{name}")
        return _judged(walk, union(args), Standing("compute", returns_set=name == "_pg_expandarray"), args)
    standing = OPAQUE if _is_rivalled(walk, e, schema, name, args) else _builtin(e, schema, name, args)
    if standing.kind == "opaque":
        return _opaque(walk, schema, name, args)
    walk.ledger.functions.add(f"{CATALOG}.{name}")
    mixed = union(args)
    if standing.kind == "setting":
        _setting(walk, name, e)
    elif standing.kind == "sequence" and mixed.sources:
        walk.ledger.hide(f"function {name}(…) stores a value that comes from a column")
    elif name == "generate_series":
        walk.ledger.made.append(_series(e, args))
    if settled(name, e, args):
        standing = replace(standing, total=True, bounded=True)
    result = _result(name, mixed, standing, args)
    steps = shortened(name, e, args)
    if steps and result.type == NUMERIC:
        result = replace(result, steps=steps)
        standing = replace(standing, total=standing.total or name != "extract")
    return _judged(walk, result, standing, args, shrinks=_shrinks(name, e))


def _series(e: ir.Call, args: Sequence[Value]) -> int:
    """Return how many rows a series has; one whose bounds are computed from constants alone has any number.

    Dates and parameters are taken for what they are in honest work, and left to the statement's time limit.
    """
    bounds = [_integer(bound) for bound in e.args[:3]]
    if len(bounds) >= 2 and None not in bounds[:2] and (len(bounds) < 3 or bounds[2]):
        first, last, *step = (bound or 0 for bound in bounds)
        return max(0, (last - first) // (step[0] if step else 1) + 1)
    computed = (ir.Operation, ir.Call, ir.Subquery, ir.Case, ir.Choice)
    if any(isinstance(bound, computed) and not value.sources for bound, value in zip(e.args, args, strict=False)):
        return MANY_ROWS + 1
    return 1


def _integer(bound: ir.Expression) -> int | None:
    """Return the whole number that a literal is, through a sign and casts."""
    if isinstance(bound, ir.Cast):
        return _integer(bound.arg)
    if isinstance(bound, ir.Operation) and bound.name == "-" and len(bound.args) == 1:
        found = _integer(bound.args[0])
        return None if found is None else -found
    if isinstance(bound, ir.Constant) and bound.kind in ("integer", "long", "number", "string"):
        try:
            return int(float(str(bound.value)))
        except (ValueError, OverflowError):
            return None
    return None


def _builtin(e: ir.Call, schema: str | None, name: str, args: Sequence[Value]) -> Standing:
    if schema not in (None, CATALOG) or not functions.exists(name):
        return OPAQUE
    if e.variadic or e.named:
        return functions.standing(name)
    if e.star:
        return functions.standing(name, 0)
    found = functions.standing(name, len(args), [_type(value) for value in args])
    if found is OPAQUE:
        # No signature fits the types we believe in: then we are wrong about a type, and the worst of all holds.
        return functions.standing(name, len(args))
    if not found.result_type and any(value.constant and not value.type for value in args):
        # Where there is a choice, the server reads a literal as text.
        guess = functions.standing(name, len(args), [_type(v) or (_TEXT if v.constant else None) for v in args])
        return replace(found, result_type=guess.result_type)
    return found


def _type(value: Value) -> int | None:
    return value.type or None


def _is_rivalled(walk: Walk, e: ir.Call, schema: str | None, name: str, args: Sequence[Value]) -> bool:
    if e.by_syntax or schema == CATALOG:
        return False
    made = walk.world.user_functions(schema, name, walk.path)
    if not made:
        return False
    if schema is not None or not functions.exists(name) or e.named or e.variadic:
        return True
    exactly = [value.type for value in args]
    if all(exactly) and not any(value.exotic for value in args) and functions.takes_exactly(name, exactly):
        # Nothing is preferred to an exact match but another one, if the path comes to it first.
        return any(found.arguments == tuple(exactly) for found in made)
    return rivalled(walk, made, args, lambda types: functions.standing(name, len(types), types))


def rivalled(
    walk: Walk,
    made: Sequence[FunctionDef | None],
    args: Sequence[Value],
    standing: Callable[[list[int | None]], Standing],
) -> bool:
    """Tell whether a call may mean one of the routines that somebody made rather than the server's own."""
    if any(walk.world.may_be(candidate, args) for candidate in made):
        return True
    # A literal of unknown type is read as text if any candidate takes text there; if none of the server's own does,
    # the made one might win after all.
    if any(value.constant and not value.type for value in args):
        types = [_TEXT if value.constant and not value.type else _type(value) for value in args]
        loose = [replace(v, exotic=_ANY_EXOTIC) if v.constant and not v.type else v for v in args]
        for candidate in made:
            if walk.world.may_be(candidate, loose) and (_is_drawn(candidate, args) or standing(types).kind == "opaque"):
                return True
    return False


def _is_drawn(candidate: FunctionDef | None, args: Sequence[Value]) -> bool:
    """Tell whether an argument that is no literal has a type of somebody's own that the routine asks for."""
    return candidate is None or any(oid in value.exotic for oid, value in zip(candidate.arguments, args, strict=False))


class _Anything(frozenset[int]):
    def __contains__(self, item: object) -> bool:
        return True


_ANY_EXOTIC = _Anything()


def _opaque(walk: Walk, schema: str | None, name: str, args: Sequence[Value]) -> Value:
    made = walk.world.user_functions(schema, name, walk.path)
    if not made and schema != TEMPORARY and not (schema in (None, CATALOG) and functions.exists(name)):
        raise ir.NotUnderstood(f'function "{name}" is not in the snapshot')
    where = made[0].schema if made else schema or CATALOG
    walk.ledger.functions.add(f"{where}.{name}")
    walk.ledger.hide(f"function {where}.{name}(…) is not on the list")
    if name in REACHING:
        reached = Access(Action.EXECUTE, traits=frozenset({REACHING[name]}), object=f"function {name}")
        if reached not in walk.ledger.accesses:
            walk.ledger.accesses.append(reached)
    access = Access(Action.EXECUTE, object=f"function {where}.{name}")
    if access not in walk.ledger.accesses:
        walk.ledger.accesses.append(access)
    mixed = union(args)
    returned = {walk.world.catalog.types_by_oid.get(found.returns) for found in made}
    exotic = frozenset(found.returns for found in made)
    fields = None
    if len(returned) == 1 and (composite := returned.pop()) is not None and composite.relation_oid:
        relation = walk.world.catalog.by_oid.get(composite.relation_oid)
        fields = walk.world.row_of(relation, mixed.sources) if relation is not None else None
    if mixed.sources:
        walk.ledger.infer(Use.OUTCOME, mixed.sources)
    return Value(mixed.sources, partial=True, unbounded=True, exotic=mixed.exotic | exotic, fields=fields)


def _setting(walk: Walk, name: str, e: ir.Call) -> None:
    if walk.says(_PG_DUMP_RESTRICTS):
        walk.ledger.effects.append(Effect("set", name="restrict_nonsystem_relation_kind", value="view, foreign-table"))
        return
    literals = [arg.value for arg in e.args if isinstance(arg, ir.Constant)]
    if len(literals) != len(e.args):
        walk.ledger.hide(f"function {name}(…) with anything but literals")
        return
    if name != "set_config" or len(literals) != 3:
        return
    setting, value, local = literals
    setting = str(setting).lower()
    text = None if value is None else str(value)
    verb = "set_local" if local in (True, "t", "true", "on", "1", "yes", "y") else "set"
    walk.ledger.effects.append(Effect(verb, name=setting, value=text))
    for deed in setting_deeds(setting, text):
        walk.ledger.accesses.append(Access(deed.action, object=deed.object, traits=deed.traits))


def _result(name: str, mixed: Value, standing: Standing, args: Sequence[Value]) -> Value:
    type_oid = standing.result_type
    if not type_oid and name in _SAME_TYPE and args:
        type_oid = args[0].type
    fields = None
    columns = functions.result_columns(name)
    if name in _POPULATE and args and args[0].fields is not None:
        fields = tuple(Cell(c.name, replace(c.value, sources=mixed.sources, plain=False)) for c in args[0].fields)
    elif columns is not None:
        fields = tuple(Cell(column, Value(mixed.sources)) for column in columns)
    elif name in _CATALOG_HELPERS:
        fields = tuple(Cell(column, Value(mixed.sources)) for column in _CATALOG_HELPERS[name])
    exotic = NO_TYPES if standing.result_type else mixed.exotic
    return Value(
        mixed.sources, partial=mixed.partial, unbounded=mixed.unbounded, type=type_oid, exotic=exotic, fields=fields
    )


def _shrinks(name: str, e: ir.Call) -> bool:
    """Tell whether replace(x, from, to) puts nothing longer in the place of what it takes out."""
    if name != "replace":  # before a literal is looked at
        return False
    match e.args:
        case (_, ir.Constant("string", str(old)), ir.Constant("string", str(new))):
            return len(new) <= len(old)
        case _:
            return False


def _judged(walk: Walk, value: Value, standing: Standing, args: Sequence[Value], *, shrinks: bool = False) -> Value:
    """Return the value with what its computing tells: an outcome where sources are in it."""
    total = standing.total or (standing.total_on_columns and all(arg.bare for arg in args))
    if not standing.total and standing.aggregate and not walk.world.of_one_table(value.sources):
        # Rows of different columns in one sum: those of a table of one's own bring it to the edge.
        total = False
    # What aggregates collect is as large as the rows they are given, and those are judged elsewhere.
    # How many rows a set has is its own matter; each of its values is no larger than what it is made of.
    unbounded = not (standing.bounded or standing.aggregate or standing.returns_set or shrinks)
    risky = not total or unbounded or standing.returns_set or any(arg.unbounded for arg in args)
    if value.sources and risky:
        walk.ledger.infer(Use.OUTCOME, value.sources)
    if risky or not standing.total:
        # What fails by a literal alone tells nothing of the columns in it, but whether it was reached.
        return replace(value, partial=True, unbounded=value.unbounded or unbounded)
    return value


def operation(walk: Walk, e: ir.Operation, args: Sequence[Value]) -> Value:
    """Return the value of an operator whose arguments have been evaluated."""
    quantified = bool(e.quantifier)
    types = [_type(value) for value in args]
    if quantified:
        types[-1] = None

    def standing_of(given: list[int | None]) -> Standing:
        return _operator_standing(e.name, given)

    made = [] if e.schema == CATALOG else walk.world.user_operators(e.schema, e.name, walk.path)
    judged = [*args[:-1], replace(args[-1], type=0)] if quantified else list(args)
    # Only a literal is guessed; an operand whose type we merely do not know may be anything.
    guessed = len(args) == 2 and not quantified
    guessed = guessed and all(t is not None or v.constant for t, v in zip(types, args, strict=True))
    standing = OPAQUE
    if e.schema in (None, CATALOG):
        standing = standing_of(types) if guessed else functions.operator_standing(e.name, *_padded(types))
    if standing is OPAQUE and e.schema in (None, CATALOG):
        standing = functions.operator_standing(e.name)
    if made and (standing is OPAQUE or rivalled(walk, made, judged, standing_of)):
        return _opaque_operator(walk, e, args)
    if standing.kind == "opaque":
        raise ir.NotUnderstood(f"operator {e.name} is not in the snapshot")
    if matches_safely(e):
        standing = replace(standing, total=True)
    steps = calculated(e, args)
    if steps:
        standing = replace(standing, total=True, bounded=True)
    mixed = union(args)
    if e.form == "nullif":
        value = replace(mixed, type=args[0].type, constant=False)
    else:
        numeric = steps and NUMERIC in types
        type_oid = _BOOL if quantified or e.form else NUMERIC if numeric else standing.result_type
        value = Value(
            mixed.sources,
            partial=mixed.partial,
            unbounded=mixed.unbounded,
            type=type_oid,
            exotic=NO_TYPES if type_oid else mixed.exotic,
            steps=steps if type_oid == NUMERIC else 0,
        )
    return _judged(walk, value, standing, args)


def _padded(types: list[int | None]) -> tuple[int | None, int | None]:
    return (types[0], types[1]) if len(types) == 2 else (None, None)


def _operator_standing(name: str, types: list[int | None]) -> Standing:
    if len(types) != 2 or types == [None, None]:
        return functions.operator_standing(name)
    left, right = types
    if left is None or right is None:
        # A literal beside a typed operand is read as of the same type; if there is no such operator, as text.
        known = left or right
        for guess in (known, _TEXT):
            pair = (left or guess, right or guess)
            found = functions.operator_standing(name, *pair)
            if found is not OPAQUE:
                return found
    return functions.operator_standing(name, left, right)


def _opaque_operator(walk: Walk, e: ir.Operation, args: Sequence[Value]) -> Value:
    walk.ledger.hide(f"operator {e.name} may be one that somebody made")
    mixed = union(args)
    walk.ledger.infer(Use.OUTCOME, mixed.sources)
    return Value(mixed.sources, partial=True, unbounded=True, exotic=mixed.exotic)


def cast(walk: Walk, value: Value, written: ir.TypeName) -> Value:
    """Return a value converted to a type."""
    target = walk.world.type(written, walk.path)
    if isinstance(target, int):
        return _cast_builtin(walk, value, target, written)
    if isinstance(target, RelationDef):
        fields = None if written.array else walk.world.row_of(target, value.sources)
        found = Value(value.sources, constant=value.constant, exotic=frozenset({target.row_type_oid}), fields=fields)
        return _failing(walk, found, value)
    return _cast_user(walk, value, target, written)


def _cast_builtin(walk: Walk, value: Value, target: int, written: ir.TypeName) -> Value:
    if walk.world.user_cast(value, target):
        walk.ledger.hide(f"a cast to {written.names[-1]} may be one that somebody made")
    same = value.type == target or {value.type, target} == {_TEXT, _VARCHAR}
    if same and not written.modified:
        return replace(value, type=target)
    found = replace(value, plain=False, type=target, exotic=NO_TYPES, fields=None)
    # numeric(5,0) fails on what is too large for it; the other types with a length cut or round.
    narrow = written.modified and target == _NUMERIC
    total = not written.array and not narrow and functions.cast_total(written.names[-1], value.type or None)
    return found if total or value.constant else _failing(walk, found, value)


def _cast_user(walk: Walk, value: Value, target: TypeDef, written: ir.TypeName) -> Value:
    if walk.world.user_cast(value, target.oid):
        walk.ledger.hide(f"a cast to {written.names[-1]} may be one that somebody made")
    shaped = walk.world.column_value(value.sources, target.oid, plain=False)
    found = Value(
        value.sources,
        constant=value.constant,
        partial=value.partial,
        unbounded=value.unbounded,
        type=0 if written.array else shaped.type,
        exotic=shaped.exotic | value.exotic,
        fields=None if written.array else shaped.fields,
        given=value.given,
    )
    return found if value.constant else _failing(walk, found, value)


def _failing(walk: Walk, found: Value, value: Value) -> Value:
    if value.sources:
        walk.ledger.infer(Use.OUTCOME, value.sources)
    return replace(found, partial=not value.constant)
