"""Runs the steps on the connection that `edge.shelf` hands over. Alembic loads this file itself."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
