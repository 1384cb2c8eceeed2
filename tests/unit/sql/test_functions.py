"""What the server's own functions are trusted with: the dangerous ones by name, the useful ones by class."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proctor.sql import functions
from proctor.sql.functions import cast_total, operator_standing, standing, type_oid

ROOT = Path(__file__).resolve().parents[3]
TEXT, INT4, INT8, DATE, JSON, JSONB, NUMERIC = 25, 23, 20, 1082, 114, 3802, 1700

RUNS_SQL_IN_A_STRING = [
    "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml", "cursor_to_xmlschema",
    "table_to_xml", "table_to_xmlschema", "table_to_xml_and_xmlschema", "schema_to_xml", "schema_to_xmlschema",
    "schema_to_xml_and_xmlschema", "database_to_xml", "database_to_xmlschema", "database_to_xml_and_xmlschema",
    "ts_stat",
]  # fmt: skip
TOUCHES_FILES = [
    "pg_read_file", "pg_read_binary_file", "pg_ls_dir", "pg_ls_logdir", "pg_ls_waldir", "pg_ls_tmpdir",
    "pg_ls_archive_statusdir", "pg_stat_file", "pg_current_logfile", "pg_hba_file_rules", "pg_show_all_file_settings",
    "lo_import", "lo_export", "lo_get", "lo_put", "lo_from_bytea", "lo_open", "lo_create", "lo_creat", "lo_unlink",
    "loread", "lowrite", "lo_lseek", "lo_truncate",
]  # fmt: skip
SHOWS_OTHERS = [
    "pg_stat_get_activity", "pg_stat_get_backend_activity", "pg_stat_get_wal_senders", "pg_stat_get_progress_info",
    "current_query", "pg_cursor", "pg_prepared_statement", "pg_prepared_xact", "pg_lock_status", "pg_mcv_list_items",
    "pg_get_replication_slots", "pg_logical_slot_get_changes", "pg_logical_slot_peek_changes", "pg_export_snapshot",
]  # fmt: skip
ADMINISTERS = [
    "pg_terminate_backend", "pg_cancel_backend", "pg_reload_conf", "pg_rotate_logfile", "pg_promote", "pg_switch_wal",
    "pg_create_restore_point", "pg_backup_start", "pg_backup_stop", "pg_create_logical_replication_slot",
    "pg_create_physical_replication_slot", "pg_drop_replication_slot", "pg_logical_emit_message",
    "pg_replication_origin_create", "pg_stat_reset", "pg_stat_reset_shared", "pg_import_system_collations",
    "binary_upgrade_set_next_pg_type_oid", "brin_summarize_new_values", "gin_clean_pending_list", "pg_nextoid",
]  # fmt: skip
SPEAKS = [
    "pg_notify", "pg_advisory_lock", "pg_advisory_xact_lock", "pg_try_advisory_lock", "pg_advisory_unlock_all",
    "setval", "setseed",
]  # fmt: skip
PLUMBING = [
    "currtid2", "textrecv", "internal_in", "plpgsql_call_handler", "RI_FKey_check_ins", "array_agg_transfn",
    "fmgr_sql_validator", "pg_node_tree_send", "postgresql_fdw_validator",
]  # fmt: skip


@pytest.mark.parametrize("name", RUNS_SQL_IN_A_STRING + TOUCHES_FILES + SHOWS_OTHERS + ADMINISTERS + SPEAKS + PLUMBING)
def test_a_dangerous_function_is_opaque(name: str) -> None:
    """Each of them exists: a name that the server does not know would be opaque for the wrong reason."""
    assert functions.exists(name)
    assert standing(name).kind == "opaque"


@pytest.mark.parametrize("name", ["dblink", "crosstab", "pg_file_write", "no_such_function", "Upper", "coalesce", ""])
def test_what_the_server_does_not_ship_is_opaque(name: str) -> None:
    assert not functions.exists(name)
    assert standing(name) == functions.OPAQUE


def test_ts_rewrite_with_a_query_in_a_string_is_opaque_and_the_other_computes() -> None:
    """Two overloads with different numbers of arguments: one runs SQL, the other only rewrites its argument."""
    assert standing("ts_rewrite", 2).kind == "opaque"
    assert standing("ts_rewrite", 3).kind == "compute"
    assert standing("ts_rewrite").kind == "opaque"


def test_a_call_with_a_count_of_arguments_that_nothing_takes_is_opaque() -> None:
    assert standing("upper", 1).kind == "compute"
    assert standing("upper", 2).kind == "opaque"
    assert standing("now", 1).kind == "opaque"


@pytest.mark.parametrize(("name", "nargs"), [
    ("concat", 9), ("json_build_object", 6), ("format", 1), ("format", 5), ("num_nulls", 3), ("textin", 1),
    ("json_extract_path_text", 4), ("jsonb_set", 3), ("jsonb_set", 4), ("make_interval", 0), ("make_interval", 7),
    ("parse_ident", 1), ("regexp_replace", 3), ("regexp_replace", 4), ("xpath", 2), ("xpath", 3), ("unnest", 1),
    ("generate_series", 3), ("percentile_cont", 2), ("row_number", 0), ("lag", 3), ("string_agg", 2),
    ("record_out", 1), ("int4in", 1), ("json_populate_record", 2), ("convert_from", 2), ("pg_column_size", 1),
    ("record_send", 1), ("xmlcomment", 1), ("to_tsvector", 2), ("range_agg", 1),
])  # fmt: skip
def test_what_sees_only_its_arguments_computes(name: str, nargs: int) -> None:
    assert standing(name, nargs).kind == "compute"


@pytest.mark.parametrize(("name", "nargs"), [
    ("pg_get_viewdef", 2), ("pg_get_constraintdef", 1), ("pg_get_expr", 3), ("pg_get_indexdef", 3), ("format_type", 2),
    ("pg_get_functiondef", 1), ("obj_description", 2), ("col_description", 2), ("shobj_description", 2),
    ("has_table_privilege", 3), ("has_schema_privilege", 2), ("pg_has_role", 2), ("pg_table_is_visible", 1),
    ("pg_type_is_visible", 1), ("to_regclass", 1), ("current_schema", 0), ("current_schemas", 1), ("version", 0),
    ("current_setting", 1), ("current_setting", 2), ("pg_encoding_to_char", 1), ("pg_total_relation_size", 1),
    ("pg_database_size", 1), ("pg_backend_pid", 0), ("txid_current", 0), ("pg_current_xact_id", 0), ("txid_status", 1),
    ("pg_is_in_recovery", 0), ("pg_postmaster_start_time", 0), ("inet_server_addr", 0), ("pg_get_keywords", 0),
    ("pg_get_catalog_foreign_keys", 0), ("pg_stat_get_numscans", 1), ("pg_stat_get_live_tuples", 1),
    ("pg_relation_filenode", 1), ("pg_get_userbyid", 1), ("pg_tablespace_location", 1), ("pg_options_to_table", 1),
    ("array_to_string", 2), ("pg_get_partkeydef", 1), ("pg_get_statisticsobjdef", 1), ("pg_sequence_last_value", 1),
    ("pg_show_all_settings", 0), ("acldefault", 2), ("aclexplode", 1), ("now", 0), ("clock_timestamp", 0),
    ("random", 0), ("gen_random_uuid", 0), ("pg_get_publication_tables", 1),
])  # fmt: skip
def test_what_psql_and_pg_dump_ask_is_harmless(name: str, nargs: int) -> None:
    assert standing(name, nargs).kind in ("compute", "metadata")


def test_sequences_and_settings_have_classes_of_their_own() -> None:
    assert standing("nextval", 1).kind == "sequence"
    assert standing("set_config", 3).kind == "setting"


@pytest.mark.parametrize(("name", "types"), [
    ("upper", [TEXT]), ("lower", [TEXT]), ("length", [TEXT]), ("md5", [TEXT]), ("reverse", [TEXT]), ("ascii", [TEXT]),
    ("btrim", [TEXT]), ("ltrim", [TEXT, TEXT]), ("left", [TEXT, INT4]), ("right", [TEXT, INT4]),
    ("concat", [TEXT, INT4]), ("concat_ws", [TEXT, TEXT, DATE]), ("to_json", [NUMERIC]), ("row_to_json", [None]),
    ("json_agg", [None]), ("string_agg", [TEXT, TEXT]), ("array_agg", [TEXT]), ("count", [None]), ("min", [DATE]),
    ("max", [NUMERIC]), ("sum", [INT4]), ("translate", [TEXT, TEXT, TEXT]), ("substr", [TEXT, INT4]),
])  # fmt: skip
def test_a_total_function_fails_on_no_value(name: str, types: list[int | None]) -> None:
    found = standing(name, types=types)
    assert found.total
    assert found.total_on_columns
    assert found.bounded


@pytest.mark.parametrize(("name", "types"), [
    ("substr", [TEXT, INT4, INT4]), ("chr", [INT4]), ("sqrt", [NUMERIC]), ("ln", [NUMERIC]), ("exp", [NUMERIC]),
    ("power", [NUMERIC, NUMERIC]), ("to_date", [TEXT, TEXT]), ("to_number", [TEXT, TEXT]), ("decode", [TEXT, TEXT]),
    ("regexp_replace", [TEXT, TEXT, TEXT]), ("to_char", [INT8, TEXT]), ("sum", [NUMERIC]), ("abs", [INT4]),
    ("json_build_object", [TEXT, TEXT]), ("to_jsonb", [JSON]), ("jsonb_path_query_first", [JSONB, None]),
    ("int4in", [None]), ("convert_from", [None, None]), ("xpath", [TEXT, None]), ("array_agg", [None]),
    ("to_regclass", [TEXT]), ("has_table_privilege", [TEXT, TEXT]), ("pg_sleep", [701]), ("width_bucket", [None] * 4),
    ("make_date", [INT4, INT4, INT4]), ("date_bin", [None] * 3), ("factorial", [INT8]), ("array_append", [None, None]),
])  # fmt: skip
def test_a_function_that_some_value_makes_fail_is_not_total(name: str, types: list[int | None]) -> None:
    """Each can be steered: `1/x` has many faces, and a lookup in a constant document turns any of them into a test."""
    assert functions.exists(name)
    assert not standing(name, types=types).total


@pytest.mark.parametrize(
    "name",
    ["sum", "avg", "stddev", "date_trunc", "date_part", "extract", "split_part", "json_build_object", "round",
     "json_object_field_text"],
)  # fmt: skip
def test_honest_reports_are_total_on_bare_columns(name: str) -> None:
    """An analyst's sum(salary) is redacted rather than refused: no constant steers whether it fails."""
    assert standing(name).total_on_columns


def test_a_number_format_is_not_total_even_on_columns() -> None:
    """`to_char(salary, '9V9999')` multiplies by a power of ten that the caller chooses, and overflows by size."""
    assert not standing("to_char", types=[INT8, TEXT]).total_on_columns


@pytest.mark.parametrize(
    "name",
    ["repeat", "lpad", "rpad", "format", "generate_series", "replace", "regexp_replace", "array_fill", "pg_sleep"],
)
def test_what_a_number_makes_long_is_unbounded(name: str) -> None:
    assert standing(name).kind == "compute"
    assert not standing(name).bounded


def test_rows_are_preserved_by_neither_sets_nor_aggregates() -> None:
    assert standing("upper", 1).row_preserving
    assert not standing("generate_series", 2).row_preserving
    assert standing("generate_series", 2).returns_set
    assert not standing("count", 0).row_preserving
    assert standing("count", 0).aggregate
    assert standing("row_number", 0).window
    assert standing("row_number", 0).row_preserving


@pytest.mark.parametrize("name", ["=", "<>", "<", "<=", ">", ">="])
def test_a_comparison_of_anything_but_shapes_never_fails(name: str) -> None:
    """Boxes and circles compare by area, which overflows: with both types unknown, they may be meant."""
    assert operator_standing(name, TEXT).total
    assert operator_standing(name, NUMERIC, INT4).total
    assert not operator_standing(name).total
    assert operator_standing(name).total_on_columns


@pytest.mark.parametrize("name", ["+", "-", "*", "/", "%", "^", "|/", "!!", "~", "~*", "||", "#-"])
def test_an_operator_that_may_fail_is_not_total(name: str) -> None:
    found = operator_standing(name)
    assert found.kind == "compute"
    assert not found.total


def test_the_types_of_the_operands_tell_texts_from_arrays() -> None:
    """`'{{1,2}}'::text[] || string_to_array(ssn, '5')` fails by the number of fives; two texts never do."""
    assert operator_standing("||", TEXT, TEXT).total
    assert operator_standing("||", 1043, TEXT).total
    assert not operator_standing("||", 1009, 1009).total
    assert not operator_standing("||", TEXT, None).total


def test_jsonb_is_looked_into_without_risk_and_json_is_not() -> None:
    assert operator_standing("->>", JSONB, TEXT).total
    assert not operator_standing("->>", JSON, TEXT).total
    assert operator_standing("->>", JSON, TEXT).total_on_columns


def test_an_unknown_operator_is_opaque() -> None:
    assert operator_standing("<<<>>>").kind == "opaque"


def test_like_needs_a_pattern_that_does_not_end_in_an_escape() -> None:
    assert not operator_standing("~~").total
    assert not operator_standing("~~").total_on_columns


@pytest.mark.parametrize("target", ["text", "varchar", "bpchar", "name", "character varying"])
def test_a_text_takes_any_value(target: str) -> None:
    assert cast_total(target)


@pytest.mark.parametrize(
    "target",
    ["int4", "date", "numeric", "json", "jsonb", "bool", "uuid", "inet", "xml", "bytea", "regclass", "text[]", "char",
     "public.email"],
)  # fmt: skip
def test_a_cast_to_anything_else_may_fail(target: str) -> None:
    assert not cast_total(target)


def test_a_wider_number_takes_a_narrower_one() -> None:
    assert cast_total("numeric", INT4)
    assert cast_total("int8", INT4)
    assert not cast_total("int4", INT8)
    assert not cast_total("int4", TEXT)


def test_a_result_type_is_told_where_it_does_not_depend() -> None:
    assert standing("upper", types=[TEXT]).result_type == TEXT
    assert standing("length", types=[TEXT]).result_type == INT4
    assert standing("array_agg", types=[TEXT]).result_type == 0
    assert operator_standing("||", TEXT, TEXT).result_type == TEXT


def test_out_columns_are_known_by_name() -> None:
    assert functions.result_columns("json_each") == ("key", "value")
    assert functions.result_columns("jsonb_each_text") == ("key", "value")
    assert functions.result_columns("json_array_elements") == ("value",)
    assert functions.result_columns("pg_get_keywords") == ("word", "catcode", "barelabel", "catdesc", "baredesc")
    assert functions.result_columns("aclexplode") == ("grantor", "grantee", "privilege_type", "is_grantable")
    assert functions.result_columns("pg_options_to_table") == ("option_name", "option_value")
    for name in ("generate_series", "unnest", "regexp_matches", "upper", "no_such_function"):
        assert functions.result_columns(name) is None


def test_columns_that_differ_between_versions_are_not_promised() -> None:
    assert functions.result_columns("pg_stat_get_activity") is None


def test_records_without_columns_are_told() -> None:
    assert functions.returns_record("json_to_record")
    assert functions.returns_record("jsonb_to_recordset")
    assert not functions.returns_record("json_each")


def test_types_are_known_by_their_catalogue_names() -> None:
    assert type_oid("int4") == INT4
    assert type_oid("_text") == 1009
    assert type_oid("no_such_type") is None


def test_every_decision_has_a_reason() -> None:
    """The file is the review: a line without a sentence says nothing to whoever comes next."""
    for line in (ROOT / "scripts" / "allow_functions.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            names, kind, flags, reason = line.split("\t")
            assert names
            assert kind
            assert flags
            assert re.search(r"\w+.*\.$", reason), line
