#include "adapters/sqlite/statements.h"

#include "adapters/sqlite/columns.h"
#include "core/base/assert.h"

#define PLACE   "epoch = ?1 AND partition = ?2 AND entry_ms = ?3 AND entry_seq = ?4"
#define TASK    "tenant = ?1 AND task_id = ?2"
#define ARRIVAL "epoch, entry_ms, entry_seq, partition"

static const char *const texts[TT_SQL_COUNT] = {
    [TT_SQL_FENCE_PUT] =
        "INSERT INTO partition_fence (partition, fence) VALUES (?1, ?2) ON CONFLICT (partition)"
        " DO UPDATE SET fence = excluded.fence WHERE excluded.fence > fence",
    [TT_SQL_FENCE_GET] = "SELECT fence FROM partition_fence WHERE partition = ?1",

    [TT_SQL_AUDIT_GET] = "SELECT " TT_AUDIT_COLUMNS " FROM task_status_audit WHERE " PLACE,
    [TT_SQL_AUDIT_PUT] =
        "INSERT INTO task_status_audit (" TT_AUDIT_COLUMNS ") VALUES"
        " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,"
        " ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28)"
        " ON CONFLICT (epoch, partition, entry_ms, entry_seq) DO NOTHING",
    [TT_SQL_AUDIT_MAX_SEQ] = "SELECT max(apply_seq) FROM task_status_audit",
    [TT_SQL_AUDIT_MAX_EPOCH] = "SELECT max(epoch) FROM task_status_audit",
    [TT_SQL_AUDIT_EPOCH_USED] =
        "SELECT 1 FROM task_status_audit WHERE epoch = ?1 AND partition = ?2 LIMIT 1",
    [TT_SQL_SAME_ID] = "SELECT 1 FROM task_status_audit WHERE " TASK " AND event_id = ?3 LIMIT 1",
    [TT_SQL_SAME_CONTENT] =
        "SELECT 1 FROM task_status_audit WHERE " TASK " AND event_time = ?3 AND event_id IS NULL"
        " AND status = ?4 AND stage IS ?5 AND source IS ?6 AND seq IS ?7 LIMIT 1",
    [TT_SQL_ORIGINALS] = "SELECT status, stage, event_time, seq FROM task_status_audit WHERE " TASK
                         " AND duplicate = 0 ORDER BY event_time, apply_seq",

    [TT_SQL_CURRENT_GET] = "SELECT " TT_CURRENT_COLUMNS " FROM task_status_current WHERE " TASK,
    [TT_SQL_CURRENT_PUT] =
        "INSERT INTO task_status_current (" TT_CURRENT_COLUMNS ") VALUES"
        " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        " ON CONFLICT (tenant, task_id) DO UPDATE SET task_type = excluded.task_type,"
        " status = excluded.status, stage = excluded.stage, event_time = excluded.event_time,"
        " last_seq = excluded.last_seq, first_seen_at = excluded.first_seen_at,"
        " updated_at = excluded.updated_at, events = excluded.events, fence = excluded.fence,"
        " newest_event_time = excluded.newest_event_time,"
        " correlation_id = excluded.correlation_id, dataset_id = excluded.dataset_id",

    [TT_SQL_INTERVAL_LAST] = "SELECT " TT_INTERVAL_COLUMNS " FROM task_status_interval WHERE " TASK
                             " ORDER BY position DESC LIMIT 1",
    [TT_SQL_INTERVAL_PUT] =
        "INSERT INTO task_status_interval (" TT_INTERVAL_COLUMNS ") VALUES"
        " (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (tenant, task_id, position) DO UPDATE SET"
        " valid_from = excluded.valid_from, valid_to = excluded.valid_to,"
        " status = excluded.status, stage = excluded.stage",
    [TT_SQL_INTERVAL_CLEAR] = "DELETE FROM task_status_interval WHERE " TASK,

    [TT_SQL_PROGRESS_GET] = "SELECT " TT_PROGRESS_COLUMNS " FROM dataset_progress"
                            " WHERE tenant = ?1 AND correlation_id = ?2 AND dataset_id = ?3",
    [TT_SQL_PROGRESS_PUT] =
        "INSERT INTO dataset_progress (" TT_PROGRESS_COLUMNS ") VALUES"
        " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        " ON CONFLICT (tenant, correlation_id, dataset_id) DO UPDATE SET"
        " records_expected = excluded.records_expected,"
        " records_finished = excluded.records_finished, succeeded = excluded.succeeded,"
        " failed = excluded.failed, first_failure = excluded.first_failure,"
        " first_failure_at = excluded.first_failure_at, last_stage = excluded.last_stage",

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
    [TT_SQL_COUNTS] = "SELECT (SELECT count(*) FROM task_status_audit),"
                      " (SELECT count(*) FROM task_status_current)",
};

const char *tt_sql_text(enum tt_sql which)
{
    tt_assert((unsigned)which < TT_SQL_COUNT && texts[which] != 0);
    return texts[which];
}
