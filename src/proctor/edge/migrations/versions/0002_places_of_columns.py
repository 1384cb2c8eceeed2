"""What is known of a column keeps the column's place in the catalogue, so that it follows the column to other names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the place; the next look at the database fills it in."""
    op.add_column("classifications", sa.Column("place", sa.String))
