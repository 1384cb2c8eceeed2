"""Station 3: what the relations of the system catalogue show: structure, samples of the data, secrets, others' work."""

from __future__ import annotations

from collections.abc import Set

from proctor.sql import traits
from proctor.terms import Relation

_METADATA = frozenset({traits.METADATA})
_STATISTICS = frozenset({traits.STATISTICS})
_SECRETS = frozenset({traits.SECRETS})
_OTHERS = frozenset({traits.OTHERS_ACTIVITY})

_TELLING: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "pg_authid": (_SECRETS, frozenset({"rolpassword"})),
    "pg_shadow": (_SECRETS, frozenset({"passwd"})),
    "pg_subscription": (_SECRETS, frozenset({"subconninfo"})),
    "pg_user_mapping": (_SECRETS, frozenset({"umoptions"})),
    "pg_user_mappings": (_SECRETS, frozenset({"umoptions"})),
    "pg_largeobject": (_SECRETS | {traits.LARGE_OBJECT}, frozenset({"data"})),
    "pg_stat_activity": (_OTHERS, frozenset({"query", "application_name", "client_addr", "client_hostname"})),
    "pg_prepared_statements": (_OTHERS, frozenset({"statement"})),
    "pg_cursors": (_OTHERS, frozenset({"statement"})),
    "pg_stat_wal_receiver": (_SECRETS, frozenset({"conninfo"})),
}
"""Relations of which some columns tell more than structure."""

_SAFE: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "pg_stats": (
        _STATISTICS,
        # How many different values there are, how long they are and how they lie is told by nothing else either.
        frozenset({"schemaname", "tablename", "attname", "inherited", "null_frac"}),
    ),
    "pg_statistic": (
        _STATISTICS,
        frozenset({"starelid", "staattnum", "stainherit", "stanullfrac"}),
    ),
    "pg_stats_ext": (
        _STATISTICS,
        frozenset(
            [
                "schemaname",
                "tablename",
                "statistics_schemaname",
                "statistics_name",
                "statistics_owner",
                "attnames",
                "kinds",
            ]
        ),
    ),
    "pg_stats_ext_exprs": (_STATISTICS, frozenset({"schemaname", "tablename"})),
    "pg_statistic_ext_data": (_STATISTICS, frozenset({"stxoid", "stxdinherit"})),
    "pg_hba_file_rules": (_SECRETS, frozenset()),
    "pg_ident_file_mappings": (_SECRETS, frozenset()),
    "pg_file_settings": (_SECRETS, frozenset({"name"})),
    "pg_config": (_SECRETS, frozenset()),
}
"""Relations of which all but these columns tell more than structure."""

_SECRET_INFORMATION = frozenset({"user_mapping_options", "_pg_user_mappings"})
_STATEMENT_STATISTICS = frozenset(
    {"pg_stat_statements", "pg_stat_statements_info", "pg_store_plans", "pg_stat_monitor"}
)


def catalog_traits(relation: Relation, columns: Set[str]) -> frozenset[str]:
    """Return what reading these columns shows beyond the relation's own rows; nothing for a user's relation."""
    schema, name = relation.schema, relation.name
    if schema == "pg_catalog":
        return _of_catalog(name, columns)
    if schema == "information_schema":
        return _SECRETS if name in _SECRET_INFORMATION else _METADATA
    if schema.startswith("pg_toast"):
        # The long values of a user's tables, as they are stored.
        return _SECRETS
    if name in _STATEMENT_STATISTICS:
        return _OTHERS
    return frozenset()


def _of_catalog(name: str, columns: Set[str]) -> frozenset[str]:
    if name in _TELLING:
        how, telling = _TELLING[name]
        return how if columns & telling else _METADATA
    if name in _SAFE:
        how, safe = _SAFE[name]
        return how if columns - safe else _METADATA
    return _METADATA
