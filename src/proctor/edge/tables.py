"""Between the stations: the tables of the state, as the newest migration leaves them.

Times are microseconds since 1970, UTC; sets and tuples are JSON. Knows no connection.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, String, Table, Text

HEAD = "0013"
"""The migration that these tables belong to. Processes of different heads refuse each other."""

metadata = MetaData()

versions = Table(
    "versions",
    metadata,
    Column("topic", String, primary_key=True),
    Column("number", BigInteger, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("requester", String, nullable=False),
    Column("on_behalf_of", String, nullable=False),  # empty for nobody: NULLs never equal each other in a key
    Column("database", String, nullable=False),
    Column("statement", Text, nullable=False),
    Column("digest", String, nullable=False),
    Column("reason", Text),
    Column("rules", Text, nullable=False),
    Column("why_held", Text, nullable=False),
    Column("approvers", Text, nullable=False),
    Column("quorum", Integer, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("decided_by", Text, nullable=False),  # the names alone; who they were is in `votes`
    Column("because", Text),
    Column("deadline", BigInteger, nullable=False),  # by the clock that never steps back; 0: by the wall alone
    Column("footing", String, nullable=False),
    Column("votes", Text, nullable=False),
    Column("glass", Integer, nullable=False),  # 1: nobody was asked, and somebody has to look at it afterwards
    Column("review", Text),  # who has
)
Index("tickets_open", tickets.c.state, tickets.c.requester, tickets.c.digest)

grants = Table(
    "grants",
    metadata,
    Column("id", String, primary_key=True),
    *(Column(name, String, nullable=False) for name in ("state", "requester", "database")),
    *(Column(name, String, nullable=False) for name in ("schema", "relation", "column")),
    Column("seconds", Integer, nullable=False),
    Column("because", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column("votes", Text, nullable=False),
)

proposals = Table(
    "proposals",
    metadata,
    Column("ticket", String, primary_key=True),
    Column("proposal", Text, nullable=False),
    Column("impact", Text),
    Column("sample", Text),  # rows of the database, masked; gone once the ticket has ended
)

classifications = Table(
    "classifications",
    metadata,
    Column("database", String, primary_key=True),
    Column("schema", String, primary_key=True),
    Column("relation", String, primary_key=True),
    Column("column", String, primary_key=True),
    Column("source", String, primary_key=True),  # scan, inherited or person; which of them counts is `DataMap`'s
    Column("class", String),  # null: looked at, not sensitive
    Column("confidence", Float, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("place", String),  # database, relation and column as the catalogue numbers them; null: known by name alone
)

scanned = Table(
    "scanned",
    metadata,
    Column("database", String, primary_key=True),
    Column("schema", String, primary_key=True),
    Column("relation", String, primary_key=True),
    Column("digest", String, nullable=False),
)

overrides = Table(
    "overrides",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("database", String, nullable=False),
    Column("schema", String, nullable=False),
    Column("relation", String, nullable=False),
    Column("column", String, nullable=False),
    Column("class", String),
    Column("by", String, nullable=False),
    Column("because", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

budgets = Table(
    "budgets",
    metadata,
    Column("owner", String, primary_key=True),
    Column("database", String, primary_key=True),
    Column("schema", String, primary_key=True),
    Column("relation", String, primary_key=True),
    Column("column", String, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String, primary_key=True),
    Column("worker", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("on_behalf_of", String),
    Column("database", String, nullable=False),
    Column("reason", Text),
    Column("application", Text),
    Column("address", String, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("command", String, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("busy", Integer, nullable=False),
    Column("statements", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

kills = Table(
    "kills",
    metadata,
    Column("session", String, primary_key=True),
    Column("worker", String, nullable=False),
    Column("by", String, nullable=False),
    Column("because", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

views = Table(
    "views",
    metadata,
    Column("owner", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("query", Text, nullable=False),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("session", String, primary_key=True),
    Column("issuer", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("sid", String, nullable=False),
    Column("token", String, nullable=False),
)

ended_tokens = Table(
    "ended_tokens",
    metadata,
    Column("issuer", String, primary_key=True),
    Column("what", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", String, nullable=False),
    Column("because", Text, nullable=False),
)

provisioned = Table(
    "provisioned",
    metadata,
    Column("id", String, primary_key=True),
    Column("sort", String, nullable=False),  # user or group
    Column("name", String, nullable=False),
    Column("folded", String, nullable=False),  # the name as it is compared
    Column("subject", String, nullable=False),  # of a user: by what the house knows them, as it is compared
    Column("active", Integer, nullable=False),
    Column("removed", Integer, nullable=False),  # 1: a user who has left stays here, as one who may not come back
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
)
Index("provisioned_names", provisioned.c.sort, provisioned.c.folded, unique=True)
Index("provisioned_subjects", provisioned.c.subject)

members = Table(
    "members", metadata, Column("group", String, primary_key=True), Column("user", String, primary_key=True)
)

events = Table(
    "operator_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    Column("by", String, nullable=False),
    Column("text", Text, nullable=False),
)
