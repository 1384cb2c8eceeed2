"""What approvers are shown of held statements, beside the tickets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "proposals",
        sa.Column("ticket", sa.String, primary_key=True),
        sa.Column("proposal", sa.Text, nullable=False),
        sa.Column("impact", sa.Text),
        sa.Column("sample", sa.Text),
    )
