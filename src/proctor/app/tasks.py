"""Beside the stations: reads what agents are registered for, which tasks there are, and which tables belong to each."""

from __future__ import annotations

import re
from collections.abc import Mapping

from proctor.app.section import Section, named
from proctor.terms import Action, Budget, Registration, Task

MAX_WORDS = 200
GRANTED = frozenset(Action) - {Action.CONNECT, Action.UNMASK, Action.MASK, Action.BREAK_GLASS}
"""What an agent can be registered for: to see values as they are, and to break the glass, is for people."""
_TABLE = re.compile(r"[^.*\s]+\.(?:[^.*\s]+|\*)")


def read_tasks(top: Section) -> dict[str, Task]:
    """Return the tasks of a file by their names."""
    found = {}
    for name, section in top.sections("tasks"):
        tables = section.texts("tables")
        if not tables or not all(_TABLE.fullmatch(table) for table in tables):
            section.note("tables", 'names tables with their schema, as in ["public.orders", "billing.*"]')
        found[name] = Task(name, frozenset(tables), budget_of(section))
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


def registration_of(section: Section) -> Registration:
    """Return what an agent is registered for; what is not written sets no bound."""
    actions = section.texts("actions")
    for name in actions:
        if name not in GRANTED:
            section.note("actions", f'"{name[:30]}" is no action of agents; known are {", ".join(sorted(GRANTED))}')
    for key in ("actions", "databases"):
        if key in section and not section.texts(key):
            section.note(key, "an empty list would leave the agent nothing; leave it out, or name some")
    return Registration(
        purpose=_words(section, "purpose"),
        databases=frozenset(section.texts("databases")) if "databases" in section else None,
        actions=frozenset(Action(name) for name in actions if name in GRANTED) if "actions" in section else None,
        model=_words(section, "model"),
        version=_words(section, "version"),
        budget=budget_of(section),
    )


def budget_of(section: Section) -> Budget:
    """Return what may be done in a day before somebody is asked."""
    budget = section.section("budget")
    most = {name: budget.count(name, 0) or None for name in ("statements", "rows", "cells", "writes", "cost")}
    budget.close()
    return Budget(**most)


def _words(section: Section, key: str) -> str:
    found = section.text(key)
    if len(found) > MAX_WORDS:
        section.note(key, f"has at most {MAX_WORDS} characters: it goes into records")
    return found[:MAX_WORDS]
