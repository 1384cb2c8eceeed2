"""The first state: tickets, the data map, sessions, epochs and what operators did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "versions",
        sa.Column("topic", sa.String, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.String, primary_key=True),
        *(
            sa.Column(name, sa.String, nullable=False)
            for name in ("state", "requester", "on_behalf_of", "database", "digest")
        ),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("statement", "rules", "why_held", "approvers", "decided_by")
        ),
        sa.Column("reason", sa.Text),
        sa.Column("because", sa.Text),
        sa.Column("quorum", sa.Integer, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("tickets_open", "tickets", ["state", "requester", "digest"])
    op.create_table(
        "classifications",
        *(
            sa.Column(name, sa.String, primary_key=True)
            for name in ("database", "schema", "relation", "column", "source")
        ),
        sa.Column("class", sa.String),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
    )
    op.create_table(
        "scanned",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("database", "schema", "relation")),
        sa.Column("digest", sa.String, nullable=False),
    )
    op.create_table(
        "overrides",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("database", "schema", "relation", "column")),
        sa.Column("class", sa.String),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("worker", "subject", "kind", "database")),
        sa.Column("on_behalf_of", sa.String),
        sa.Column("reason", sa.Text),
        sa.Column("application", sa.Text),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("command", sa.String, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "kills",
        sa.Column("session", sa.String, primary_key=True),
        sa.Column("worker", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "operator_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
