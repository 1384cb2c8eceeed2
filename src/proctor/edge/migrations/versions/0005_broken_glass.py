"""A ticket may say that the glass was broken, and who has looked at it since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add both; nothing of before broke any glass."""
    op.add_column("tickets", sa.Column("glass", sa.Integer, nullable=False, server_default="0"))
    op.add_column("tickets", sa.Column("review", sa.Text))
