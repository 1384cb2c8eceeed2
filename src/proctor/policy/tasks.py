"""Station 4: an agent bound to tasks touches the tables of the task that it says it is at, and no others.

The claim can only narrow: which tasks an agent may be given, and which tables belong to each, stand in the settings.
"""

from __future__ import annotations

from proctor.terms import Identity, Relation, Task

SYSTEM_SCHEMAS = frozenset({"pg_catalog", "information_schema"})


def task_of(asker: Identity, claimed: str | None) -> Task | None:
    """Return the task that an agent claims to be at, if it is one that it was given."""
    return next((task for task in asker.tasks if task.name == claimed), None)


def is_outside(asker: Identity, claimed: str | None, relation: Relation | None) -> bool:
    """Tell whether this lies outside the asker's task; what is no relation (a role, a setting) always does.

    Whoever is bound to no task is outside of nothing. The catalogue tells of structure only, and what holds more
    (statistics, passwords) is for other rules.
    """
    if not asker.tasks:
        return False
    if relation is not None and relation.schema in SYSTEM_SCHEMAS:
        return False
    task = task_of(asker, claimed)
    return task is None or relation is None or not covers(task, relation)


def covers(task: Task, relation: Relation) -> bool:
    """Tell whether a task includes a relation: by name, or by `schema.*`."""
    return str(relation) in task.tables or f"{relation.schema}.*" in task.tables
