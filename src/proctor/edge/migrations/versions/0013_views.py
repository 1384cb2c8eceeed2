"""Searches of the journal that people keep under a name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "views",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("owner", "name")),
        sa.Column("query", sa.Text, nullable=False),
    )
