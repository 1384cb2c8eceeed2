"""Who the company's directory has told us of, by SCIM: people, groups, and who belongs to which."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "provisioned",
        sa.Column("id", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("sort", "name", "folded", "subject")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("active", "removed", "version")),
        sa.Column("document", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("created", "changed")),
    )
    op.create_index("provisioned_names", "provisioned", ["sort", "folded"], unique=True)
    op.create_index("provisioned_subjects", "provisioned", ["subject"])
    op.create_table("members", *(sa.Column(name, sa.String, primary_key=True) for name in ("group", "user")))
