"""Budgets: how many plain values each identity has put to each sensitive column, and since when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "budgets",
        *(
            sa.Column(name, sa.String, primary_key=True)
            for name in ("owner", "database", "schema", "relation", "column")
        ),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
