"""Station 3: functions that reach out of the tables, by name: files, large objects, other servers, the server itself.

Each is opaque anyway; the trait says of which sort, so that a rule for COPY … FROM a file holds for `pg_read_file` too.
A routine of the same name by somebody's own hand gets the trait as well: the stricter side.
"""

from __future__ import annotations

from proctor.sql import traits

_FILES = (
    "pg_read_file pg_read_binary_file pg_ls_dir pg_ls_logdir pg_ls_waldir pg_ls_tmpdir pg_ls_archive_statusdir "
    "pg_ls_logicalsnapdir pg_ls_logicalmapdir pg_ls_replslotdir pg_stat_file pg_file_read pg_file_write pg_file_rename "
    "pg_file_unlink pg_file_sync pg_logdir_ls lo_import lo_export"
)
_LARGE_OBJECTS = (
    "lo_create lo_creat lo_open lo_close loread lowrite lo_get lo_put lo_from_bytea lo_lseek lo_lseek64 lo_tell "
    "lo_tell64 lo_truncate lo_truncate64 lo_unlink"
)
_OTHER_SERVERS = (
    "dblink dblink_connect dblink_connect_u dblink_exec dblink_open dblink_fetch dblink_send_query dblink_get_result"
)
_REPLICATION = (
    "pg_create_physical_replication_slot pg_create_logical_replication_slot pg_copy_physical_replication_slot "
    "pg_copy_logical_replication_slot pg_drop_replication_slot pg_replication_slot_advance pg_logical_slot_get_changes "
    "pg_logical_slot_peek_changes pg_logical_slot_get_binary_changes pg_logical_slot_peek_binary_changes "
    "pg_logical_emit_message"
)
_SERVER = (
    "pg_terminate_backend pg_cancel_backend pg_reload_conf pg_rotate_logfile pg_promote pg_switch_wal pg_backup_start "
    "pg_backup_stop pg_start_backup pg_stop_backup pg_create_restore_point pg_wal_replay_pause pg_wal_replay_resume "
    "pg_log_backend_memory_contexts"
)
REACHING = {
    name: trait
    for names, trait in (
        (_FILES, traits.SERVER_FILE),
        (_LARGE_OBJECTS, traits.LARGE_OBJECT),
        (_OTHER_SERVERS, traits.FOREIGN),
        (_REPLICATION, traits.REPLICATION),
        (_SERVER, traits.SYSTEM),
    )
    for name in names.split()
}
"""The trait of each function that reaches somewhere."""
