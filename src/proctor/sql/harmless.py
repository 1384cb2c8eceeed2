"""Station 3: which settings a session may change without a thought. Everything not named here is dangerous.

The list is closed the safe way round: a setting of a newer server or of an extension starts as dangerous. Settings of
an application's own (`app.tenant`) mean nothing to the server and pass, unless an extension owns the prefix.
"""

from __future__ import annotations

from proctor.sql import deeds, traits
from proctor.terms import Action

_NAMES = frozenset(
    [
        "application_name",
        "array_nulls",
        "bytea_output",
        "check_function_bodies",
        "client_connection_check_interval",
        "commit_delay",
        "commit_siblings",
        "constraint_exclusion",
        "cpu_index_tuple_cost",
        "cpu_operator_cost",
        "cpu_tuple_cost",
        "cursor_tuple_fraction",
        "datestyle",
        "default_statistics_target",
        "default_table_access_method",
        "default_tablespace",
        "default_text_search_config",
        "default_toast_compression",
        "default_transaction_deferrable",
        "default_transaction_isolation",
        "default_transaction_read_only",
        "effective_cache_size",
        "effective_io_concurrency",
        "escape_string_warning",
        "extra_float_digits",
        "from_collapse_limit",
        "geqo",
        "geqo_effort",
        "geqo_generations",
        "geqo_pool_size",
        "geqo_seed",
        "geqo_selection_bias",
        "geqo_threshold",
        "gin_fuzzy_search_limit",
        "gin_pending_list_limit",
        "hash_mem_multiplier",
        "idle_in_transaction_session_timeout",
        "idle_session_timeout",
        "intervalstyle",
        "jit",
        "jit_above_cost",
        "jit_inline_above_cost",
        "jit_optimize_above_cost",
        "join_collapse_limit",
        "lc_messages",
        "lc_monetary",
        "lc_numeric",
        "lc_time",
        "lock_timeout",
        "logical_decoding_work_mem",
        "maintenance_io_concurrency",
        "maintenance_work_mem",
        "max_parallel_maintenance_workers",
        "max_parallel_workers",
        "max_parallel_workers_per_gather",
        "min_parallel_index_scan_size",
        "min_parallel_table_scan_size",
        "parallel_leader_participation",
        "parallel_setup_cost",
        "parallel_tuple_cost",
        "plan_cache_mode",
        "quote_all_identifiers",
        "random_page_cost",
        "recursive_worktable_factor",
        "search_path",
        "seed",
        "seq_page_cost",
        "statement_timeout",
        "synchronize_seqscans",
        "synchronous_commit",
        "tcp_keepalives_count",
        "tcp_keepalives_idle",
        "tcp_keepalives_interval",
        "tcp_user_timeout",
        "temp_buffers",
        "temp_tablespaces",
        "timezone",
        "timezone_abbreviations",
        "transaction_deferrable",
        "transaction_isolation",
        "transaction_read_only",
        "transaction_timeout",
        "vacuum_cost_delay",
        "vacuum_cost_limit",
        "vacuum_cost_page_dirty",
        "vacuum_cost_page_hit",
        "vacuum_cost_page_miss",
        "work_mem",
        "xmlbinary",
        "xmloption",
        "stats_fetch_consistency",
        "transform_null_equals",
        "row_security",
    ]
)
_COSTS = frozenset(
    [
        "cpu_index_tuple_cost",
        "cpu_operator_cost",
        "cpu_tuple_cost",
        "cursor_tuple_fraction",
        "effective_cache_size",
        "random_page_cost",
        "seq_page_cost",
    ]
)
_EXTENSION_PREFIXES = frozenset(
    [
        "auto_explain",
        "anon",
        "citus",
        "dblink",
        "log_statement",
        "pg_hint_plan",
        "pg_prewarm",
        "pg_stat_statements",
        "pg_trgm",
        "pgaudit",
        "pgcrypto",
        "pglogical",
        "plcoffee",
        "plls",
        "plperl",
        "plperlu",
        "plpgsql",
        "plpython",
        "plpython3u",
        "pltcl",
        "pltclu",
        "plv8",
        "pljava",
        "plrust",
        "postgis",
        "postgres_fdw",
        "sepgsql",
        "set_user",
        "timescaledb",
    ]
)
_UTF8 = frozenset({"utf8", "utf-8", "unicode"})
_QUIET_LEVELS = frozenset({"notice", "warning", "error"})
_ROLES = frozenset({"role", "session_authorization"})


def setting_deeds(name: str, value: str | None) -> tuple[deeds.Deed, ...]:
    """Return what setting (or resetting, value None) `name` does beyond the session's own comfort: often nothing."""
    name = name.lower()
    if name in _ROLES:
        return (deeds.Deed(Action.ADMINISTER, object=f"{name} {value or 'default'}", traits=frozenset({traits.ROLE})),)
    if harmless(name, value):
        return ()
    how = frozenset({traits.SETTING_DANGEROUS})
    return (deeds.Deed(Action.ADMINISTER, object=f"setting {name}", traits=how),)


def steers_plans(name: str) -> bool:
    """Tell whether a setting chooses between the ways a statement can run, and so the order its rows come in."""
    return name.startswith("enable_") or name in _COSTS


def harmless(name: str, value: str | None) -> bool:
    """Tell whether a session may set this without touching anyone else or the meaning of what is recorded."""
    if value is None:
        # A default is what the operator chose; only who the session is must not change behind our back.
        return name not in _ROLES
    if name == "client_encoding":
        return value.lower() in _UTF8
    if name == "standard_conforming_strings":
        return value.lower() in ("on", "true", "yes", "1")
    if name == "client_min_messages":
        # Lower levels make the server talk of plans and parse trees.
        return value.lower() in _QUIET_LEVELS
    if "." in name:
        return name.split(".", 1)[0] not in _EXTENSION_PREFIXES
    return name in _NAMES or (name.startswith("enable_") and name.replace("_", "").isalpha())
