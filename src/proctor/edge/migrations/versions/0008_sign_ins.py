"""Sign-ins: which token opened which session, and which tokens are dead before their time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "sign_ins",
        sa.Column("session", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("issuer", "subject", "sid", "token")),
    )
    op.create_table(
        "ended_tokens",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("issuer", "what", "value")),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
    )
