#include "adapters/sqlite/statements.h"

#include "adapters/sqlite/columns.h"
#include "core/base/assert.h"

#define TASK "tenant = ?1 AND task_id = ?2"
#define CURRENT_SET                                                                                \
    "task_type = ?3, status = ?4, stage = ?5, event_time = ?6, last_seq = ?7,"                     \
    " first_seen_at = ?8, updated_at = ?9, events = ?10, fence = ?11, newest_event_time = ?12,"    \
    " correlation_id = ?13, dataset_id = ?14, stays = ?15, stay_status = ?16"
#define ARRIVAL "epoch, entry_ms, entry_seq, partition"

static const char *const texts[TT_SQL_COUNT] = {
    [TT_SQL_FENCE_PUT] =
        "INSERT INTO partition_fence (partition, fence) VALUES (?1, ?2) ON CONFLICT (partition)"
        " DO UPDATE SET fence = excluded.fence WHERE excluded.fence > fence",
    [TT_SQL_FENCE_GET] = "SELECT fence FROM partition_fence WHERE partition = ?1",
    [TT_SQL_FENCE_NEWEST] = "SELECT max(fence) FROM partition_fence",

    [TT_SQL_EPOCH_NEWEST] = "SELECT max(epoch) FROM task_status_audit",
    [TT_SQL_ENTRY_NEWEST] = "SELECT entry_ms, entry_seq FROM task_status_audit WHERE epoch = ?1"
                            " AND partition = ?2 ORDER BY entry_ms DESC, entry_seq DESC LIMIT 1",
    [TT_SQL_TAKEN] = "SELECT " TT_AUDIT_COLUMNS " FROM task_status_audit WHERE epoch = ?1"
                     " AND partition = ?2 AND entry_ms = ?3 AND entry_seq = ?4",
    [TT_SQL_SAME_ID] =
        "SELECT 1 FROM task_status_audit WHERE " TASK " AND identity = ?3 AND event_id = ?4"
        " AND epoch > 0 LIMIT 1",
    [TT_SQL_SAME_CONTENT] =
        "SELECT 1 FROM task_status_audit WHERE " TASK " AND identity = ?3 AND event_time = ?4"
        " AND event_id IS NULL AND status = ?5 AND stage IS ?6 AND source IS ?7 AND seq IS ?8"
        " AND epoch > 0 LIMIT 1",
    [TT_SQL_CURRENT_GET] =
        "SELECT " TT_CURRENT_COLUMNS ", rowid FROM task_status_current WHERE " TASK,

    [TT_SQL_ORIGINALS] =
        "SELECT status, stage, event_time, seq, apply_seq FROM task_status_audit WHERE " TASK
        " AND event_time >= ?3 AND duplicate = 0 AND epoch > 0 ORDER BY event_time, apply_seq",
    [TT_SQL_STAY_BEFORE] = "SELECT " TT_INTERVAL_COLUMNS " FROM task_status_interval WHERE " TASK
                           " AND valid_from < ?3 ORDER BY position DESC LIMIT 1",

    /* Rows are only ever added, so the last one is the newest. */
    [TT_SQL_AUDIT_LAST] = "SELECT apply_seq FROM task_status_audit ORDER BY rowid DESC LIMIT 1",
    [TT_SQL_AUDIT_PUT] =
        "INSERT INTO task_status_audit (" TT_AUDIT_COLUMNS ") VALUES"
        " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,"
        " ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29)",
    [TT_SQL_CURRENT_ADD] =
        "INSERT INTO task_status_current (" TT_CURRENT_COLUMNS ") VALUES"
        " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    [TT_SQL_CURRENT_PUT] = "UPDATE task_status_current SET " CURRENT_SET " WHERE " TASK,
    [TT_SQL_CURRENT_PUT_AT] = "UPDATE task_status_current SET " CURRENT_SET " WHERE rowid = ?17",

    [TT_SQL_STAY_END] =
        "UPDATE task_status_interval SET valid_to = ?4 WHERE " TASK " AND position = ?3",
    [TT_SQL_STAYS_CLEAR] = "DELETE FROM task_status_interval WHERE " TASK " AND position > ?3",
    [TT_SQL_STAY_PUT] = "INSERT INTO task_status_interval (" TT_INTERVAL_COLUMNS
                        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",

    /* As tt_progress_add. */
    [TT_SQL_PROGRESS_ADD] =
        "INSERT INTO dataset_progress AS old (" TT_PROGRESS_COLUMNS ") VALUES"
        " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        " ON CONFLICT (tenant, correlation_id, dataset_id) DO UPDATE SET"
        " records_expected = coalesce(excluded.records_expected, old.records_expected),"
        " records_finished = old.records_finished + excluded.records_finished,"
        " succeeded = old.succeeded + excluded.succeeded, failed = old.failed + excluded.failed,"
        " first_failure = CASE WHEN excluded.first_failure_at < old.first_failure_at"
        " OR old.first_failure_at IS NULL THEN excluded.first_failure"
        " ELSE old.first_failure END,"
        " first_failure_at = CASE WHEN excluded.first_failure_at < old.first_failure_at"
        " OR old.first_failure_at IS NULL THEN excluded.first_failure_at"
        " ELSE old.first_failure_at END,"
        " last_stage = coalesce(excluded.last_stage, old.last_stage)",

    [TT_SQL_SCAN_AUDIT] = "SELECT " TT_AUDIT_COLUMNS " FROM task_status_audit ORDER BY " ARRIVAL,
    [TT_SQL_SCAN_AUDIT_TASK] =
        "SELECT " TT_AUDIT_COLUMNS " FROM task_status_audit WHERE " TASK " ORDER BY " ARRIVAL,
    [TT_SQL_SCAN_CURRENT] =
        "SELECT " TT_CURRENT_COLUMNS " FROM task_status_current ORDER BY tenant, task_id",
    [TT_SQL_SCAN_CURRENT_TASK] =
        "SELECT " TT_CURRENT_COLUMNS " FROM task_status_current WHERE " TASK,
    [TT_SQL_SCAN_INTERVALS] = "SELECT " TT_INTERVAL_COLUMNS " FROM task_status_interval"
                              " ORDER BY tenant, task_id, position",
    [TT_SQL_SCAN_INTERVALS_TASK] =
        "SELECT " TT_INTERVAL_COLUMNS " FROM task_status_interval WHERE " TASK " ORDER BY position",
    [TT_SQL_COUNTS] = "SELECT (SELECT count(*) FROM task_status_audit WHERE epoch > 0),"
                      " (SELECT count(*) FROM task_status_current)",

    [TT_SQL_ROW_SPAN] = "SELECT (SELECT rowid FROM task_status_audit ORDER BY rowid LIMIT 1),"
                        " (SELECT rowid FROM task_status_audit ORDER BY rowid DESC LIMIT 1)",
    [TT_SQL_ROW_FROM] =
        "SELECT rowid, apply_seq FROM task_status_audit WHERE rowid >= ?1 ORDER BY rowid LIMIT 1",
    [TT_SQL_SCAN_TASKS] = "SELECT tenant, task_id FROM task_status_audit"
                          " WHERE rowid >= ?1 AND rowid < ?2 ORDER BY rowid",
    [TT_SQL_HISTORY] =
        "SELECT " TT_AUDIT_COLUMNS " FROM task_status_audit WHERE " TASK " AND apply_seq <= ?3",
};

const char *tt_sql_text(enum tt_sql which)
{
    tt_assert((unsigned)which < TT_SQL_COUNT && texts[which] != 0);
    return texts[which];
}
