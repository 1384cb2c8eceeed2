"""Beside the stations: reads which tasks there are, which tables belong to each, and which an agent may be given."""

from __future__ import annotations

import re
from collections.abc import Mapping

from proctor.app.section import Section, named
from proctor.terms import Task

_TABLE = re.compile(r"[^.*\s]+\.(?:[^.*\s]+|\*)")


def read_tasks(top: Section) -> dict[str, Task]:
    """Return the tasks of a file by their names."""
    found = {}
    for name, section in top.sections("tasks"):
        tables = section.texts("tables")
        if not tables or not all(_TABLE.fullmatch(table) for table in tables):
            section.note("tables", 'names tables with their schema, as in ["public.orders", "billing.*"]')
        found[name] = Task(name, frozenset(tables))
        section.close()
    return found


def tasks_of(section: Section, tasks: Mapping[str, Task]) -> tuple[Task, ...]:
    """Return the tasks that an agent is bound to; none means that it is bound to nothing."""
    names = section.texts("tasks")
    if "tasks" in section and not names:
        section.note("tasks", "an empty list would bind the agent to nothing; leave it out, or name a task")
    for name in names:
        if name not in tasks:
            section.note("tasks", f"there is no [tasks.{named((name,))}]; describe it, with its tables")
    return tuple(tasks[name] for name in sorted(set(names)) if name in tasks)
