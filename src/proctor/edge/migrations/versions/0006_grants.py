"""Grants: who may see which sensitive column as it is, and until when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make their table."""
    names = ("state", "requester", "database", "schema", "relation", "column")
    op.create_table(
        "grants",
        sa.Column("id", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in names),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("created", "ends", "deadline")),
        sa.Column("votes", sa.Text, nullable=False),
    )
