"""Station 3: what the relations of the system catalogue show: structure, samples of the data, secrets, others' work."""

from __future__ import annotations

from proctor.sql import traits
from proctor.sql.catalog import RelationDef

_METADATA = frozenset({traits.METADATA})
_SPECIAL: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        "pg_stats pg_statistic pg_statistic_ext_data pg_stats_ext pg_stats_ext_exprs".split(),
        frozenset({traits.STATISTICS}),
    ),
    **dict.fromkeys(
        """pg_authid pg_shadow pg_hba_file_rules pg_ident_file_mappings pg_file_settings pg_user_mapping
        pg_user_mappings pg_subscription pg_config""".split(),
        frozenset({traits.SECRETS}),
    ),
    "pg_largeobject": frozenset({traits.SECRETS, traits.LARGE_OBJECT}),
    **dict.fromkeys(
        "pg_stat_activity pg_prepared_statements pg_cursors pg_stat_wal_receiver".split(),
        frozenset({traits.OTHERS_ACTIVITY}),
    ),
}
_SPECIAL_INFORMATION = frozenset({"user_mapping_options", "_pg_user_mappings"})
_STATEMENT_STATISTICS = frozenset({"pg_stat_statements", "pg_stat_statements_info", "pg_store_plans", "pg_stat_monitor"})


def catalog_traits(relation: RelationDef) -> frozenset[str]:
    """Return what reading a relation shows beyond its own rows; nothing for a user's relation."""
    schema, name = relation.relation.schema, relation.relation.name
    if schema == "pg_catalog":
        return _SPECIAL.get(name, _METADATA)
    if schema == "information_schema":
        return frozenset({traits.SECRETS}) if name in _SPECIAL_INFORMATION else _METADATA
    if schema.startswith("pg_toast"):
        # The long values of a user's tables, as they are stored.
        return frozenset({traits.SECRETS})
    if name in _STATEMENT_STATISTICS:
        return frozenset({traits.OTHERS_ACTIVITY})
    if relation.kind == "f":
        return frozenset({traits.FOREIGN})
    return frozenset()
