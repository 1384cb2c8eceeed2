"""A ticket keeps what its meaning stands on, when it ends by a clock that never steps back, and who said yes or no.

A ticket of before stands on nothing that is known, so it fits nothing: it has to be asked for again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the three; open tickets are voided when their request comes again."""
    op.add_column("tickets", sa.Column("deadline", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("tickets", sa.Column("footing", sa.String, nullable=False, server_default=""))
    op.add_column("tickets", sa.Column("votes", sa.Text, nullable=False, server_default="[]"))
