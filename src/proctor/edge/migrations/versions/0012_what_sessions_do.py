"""What each open session does: its last statement, whether it runs, and how much was answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0009"


def upgrade() -> None:
    """Widen the list of sessions; those that are open are told of anew within a second."""
    op.add_column("sessions", sa.Column("text", sa.Text, nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("busy", sa.Integer, nullable=False, server_default="0"))
    for name in ("statements", "rows", "bytes"):
        op.add_column("sessions", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
