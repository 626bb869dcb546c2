#include "adapters/postgres/statements.h"

#include "adapters/postgres/columns.h"
#include "core/base/assert.h"

#define ARRIVAL "epoch, entry_ms, entry_seq, partition"
#define TASK    "tenant = $1::text AND task_id = $2::text"
#define OF(a)   a ".tenant = k.tenant AND " a ".task_id = k.task_id"

struct sql {
    const char *name, *text;
};

static const struct sql sqls[TT_PG_SQL_COUNT] = {
    [TT_PG_SQL_BEGIN] = {"begin", "BEGIN ISOLATION LEVEL READ COMMITTED"},
    [TT_PG_SQL_COMMIT] = {"commit", "COMMIT"},

    /* Locks the rows, in one order, whether or not it changes them. */
    [TT_PG_SQL_FENCE_PUT] = {"fence_put",
                             "INSERT INTO partition_fence AS f (partition, fence)"
                             " SELECT k.partition, k.fence FROM unnest($1::int8[], $2::int8[])"
                             " AS k (partition, fence) ORDER BY k.partition"
                             " ON CONFLICT (partition) DO UPDATE SET fence = excluded.fence"
                             " WHERE f.fence < excluded.fence"},
    /* $1: at least up to there, and so much more. The row of no partition has what was
     * reserved; stores from before there was one have only those of the others. */
    [TT_PG_SQL_FENCE_RESERVE] =
        {"fence_reserve", "INSERT INTO partition_fence AS f (partition, fence)"
                          " SELECT -1, greatest(($1::int8[])[1], max(fence)) + ($1::int8[])[2]"
                          " FROM partition_fence ON CONFLICT (partition) DO UPDATE SET fence ="
                          " greatest(f.fence, excluded.fence - ($1::int8[])[2])"
                          " + ($1::int8[])[2] RETURNING fence"},

    /* The newest row of each partition under each epoch from the queue's on. */
    [TT_PG_SQL_NEWEST] =
        {"newest", "SELECT k.n::int8, e.epoch, a.entry_ms, a.entry_seq"
                   " FROM generate_series($1::int8, (SELECT max(epoch) FROM task_status_audit))"
                   " AS e (epoch) CROSS JOIN unnest($2::int8[]) WITH ORDINALITY"
                   " AS k (partition, n) CROSS JOIN LATERAL (SELECT entry_ms, entry_seq"
                   " FROM task_status_audit AS t WHERE t.epoch = e.epoch"
                   " AND t.partition = k.partition ORDER BY t.entry_ms DESC, t.entry_seq DESC"
                   " LIMIT 1) AS a ORDER BY e.epoch"},
    [TT_PG_SQL_TAKEN] =
        {"taken", "SELECT k.n::int8, a.epoch, " TT_PG_AUDIT_EVENT
                  " FROM unnest($2::int8[], $3::int8[], $4::int8[]) WITH ORDINALITY"
                  " AS k (k_partition, k_ms, k_seq, n) CROSS JOIN LATERAL"
                  " (SELECT * FROM task_status_audit AS t WHERE t.epoch ="
                  " ANY (ARRAY(SELECT generate_series($1::int8,"
                  " (SELECT max(epoch) FROM task_status_audit)))) AND t.partition = k.k_partition"
                  " AND t.entry_ms = k.k_ms AND t.entry_seq = k.k_seq OFFSET 0) AS a"
                  " ORDER BY k.n, a.epoch"},
    [TT_PG_SQL_SAME] = {"same",
                        "SELECT k.n::int8, a.event_id, a.event_time, a.status, a.stage, a.source,"
                        " a.seq FROM unnest($1::text[], $2::text[], $3::int4[]) WITH ORDINALITY"
                        " AS k (tenant, task_id, identity, n) JOIN task_status_audit AS a ON " OF(
                            "a") " AND a.identity = k.identity AND a.epoch > 0"},
    [TT_PG_SQL_CURRENT_GET] = {"current_get",
                               "SELECT k.n::int8, c.task_type, c.status, c.stage, c.event_time,"
                               " c.first_seen_at, c.updated_at, c.events, c.fence, c.last_seq,"
                               " c.newest_event_time, c.correlation_id, c.dataset_id, c.stays,"
                               " c.stay_status FROM unnest($1::text[], $2::text[])"
                               " WITH ORDINALITY AS k (tenant, task_id, n)"
                               " JOIN task_status_current AS c ON " OF("c")},

    [TT_PG_SQL_ORIGINALS] =
        {"originals", "SELECT k.n::int8, a.status, a.stage, a.event_time, a.seq, a.apply_seq"
                      " FROM unnest($1::text[], $2::text[], $3::timestamptz[]) WITH ORDINALITY"
                      " AS k (tenant, task_id, since, n) JOIN task_status_audit AS a ON " OF(
                          "a") " AND a.event_time >= k.since AND a.duplicate = 0 AND a.epoch > 0"
                               " ORDER BY k.n, a.event_time, a.apply_seq"},
    [TT_PG_SQL_STAY_BEFORE] =
        {"stay_before", "SELECT k.n::int8, i.position, i.valid_from, i.status, i.stage"
                        " FROM unnest($1::text[], $2::text[], $3::timestamptz[]) WITH ORDINALITY"
                        " AS k (tenant, task_id, since, n) CROSS JOIN LATERAL"
                        " (SELECT * FROM task_status_interval AS t WHERE " OF(
                            "t") " AND t.valid_from < k.since"
                                 " ORDER BY t.position DESC LIMIT 1) AS i"},

#define COPY(table, columns) "COPY " table " (" columns ") FROM STDIN WITH (FORMAT binary)"
    [TT_PG_SQL_AUDIT_COPY] = {"", COPY("task_status_audit", TT_PG_AUDIT_WRITTEN)},
    [TT_PG_SQL_AUDIT_ADD] = {"audit_add", "INSERT INTO task_status_audit (" TT_PG_AUDIT_WRITTEN
                                          ") SELECT " TT_PG_AUDIT_WRITTEN
                                          " FROM unnest($1::task_status_audit_written[])"},
    [TT_PG_SQL_CURRENT_COPY] = {"", COPY("task_status_current", TT_PG_CURRENT_COLUMNS)},
    [TT_PG_SQL_STAYS_COPY] = {"", COPY("task_status_interval", TT_PG_INTERVAL_COLUMNS)},
    [TT_PG_SQL_CURRENT_ADD] = {"current_add",
                               "INSERT INTO task_status_current (" TT_PG_CURRENT_COLUMNS
                               ") SELECT " TT_PG_CURRENT_COLUMNS
                               " FROM unnest($1::task_status_current_written[])"},
    [TT_PG_SQL_CURRENT_PUT] = {"current_put",
                               "UPDATE task_status_current AS c SET task_type = k.task_type,"
                               " status = k.status, stage = k.stage, event_time = k.event_time,"
                               " first_seen_at = k.first_seen_at, updated_at = k.updated_at,"
                               " events = k.events, fence = k.fence, last_seq = k.last_seq,"
                               " newest_event_time = k.newest_event_time,"
                               " correlation_id = k.correlation_id, dataset_id = k.dataset_id,"
                               " stays = k.stays, stay_status = k.stay_status"
                               " FROM unnest($1::task_status_current_written[]) AS k WHERE " OF(
                                   "c")},
    [TT_PG_SQL_STAYS_CLEAR] = {"stays_clear",
                               "DELETE FROM task_status_interval AS i"
                               " USING unnest($1::task_status_interval_written[]) AS k WHERE " OF(
                                   "i") " AND i.position > k.position"},
    [TT_PG_SQL_STAY_END] = {"stay_end",
                            "UPDATE task_status_interval AS i SET valid_to = k.valid_to"
                            " FROM unnest($1::task_status_interval_written[]) AS k WHERE " OF(
                                "i") " AND i.position = k.position"},
#define STAY_PUT                                                                                   \
    "INSERT INTO task_status_interval (" TT_PG_INTERVAL_COLUMNS ") SELECT " TT_PG_INTERVAL_COLUMNS \
    " FROM unnest($1::task_status_interval_written[])"
    [TT_PG_SQL_STAY_PUT] = {"stay_put", STAY_PUT},
    /* Where rows of nobody knows whom are in the way. */
    [TT_PG_SQL_STAY_PUT_OVER] = {"stay_put_over",
                                 STAY_PUT " ON CONFLICT (tenant, task_id, position) DO UPDATE SET"
                                          " valid_from = excluded.valid_from,"
                                          " valid_to = excluded.valid_to,"
                                          " status = excluded.status, stage = excluded.stage"},

    /* As tt_progress_add. The last before the commit: several workers may wait for one row. */
    [TT_PG_SQL_PROGRESS_ADD] =
        {"progress_add",
         "INSERT INTO dataset_progress AS old (" TT_PG_PROGRESS_COLUMNS
         ") SELECT " TT_PG_PROGRESS_COLUMNS " FROM unnest($1::dataset_progress_written[])"
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
         " last_stage = coalesce(excluded.last_stage, old.last_stage)"},

#define SCAN         "DECLARE scan NO SCROLL CURSOR FOR "
#define AUDIT_ROWS   "SELECT " TT_PG_AUDIT_WRITTEN ", apply_seq FROM task_status_audit"
#define CURRENT_ROWS "SELECT " TT_PG_CURRENT_COLUMNS " FROM task_status_current"
#define INTERVALS_ROWS                                                                             \
    "SELECT " TT_PG_INTERVAL_COLUMNS " FROM "                                                      \
    "task_status_interval"
    [TT_PG_SQL_SCAN_AUDIT] = {"", SCAN AUDIT_ROWS " ORDER BY " ARRIVAL},
    [TT_PG_SQL_SCAN_AUDIT_TASK] = {"task_audit", AUDIT_ROWS " WHERE " TASK " ORDER BY " ARRIVAL},
    [TT_PG_SQL_SCAN_CURRENT] = {"", SCAN CURRENT_ROWS " ORDER BY tenant, task_id"},
    [TT_PG_SQL_SCAN_CURRENT_TASK] = {"task_current", CURRENT_ROWS " WHERE " TASK},
    [TT_PG_SQL_SCAN_INTERVALS] = {"", SCAN INTERVALS_ROWS " ORDER BY tenant, task_id, position"},
    [TT_PG_SQL_SCAN_INTERVALS_TASK] = {"task_intervals",
                                       INTERVALS_ROWS " WHERE " TASK " ORDER BY position"},
    [TT_PG_SQL_SCAN_TASKS] = {"", "DECLARE tasks NO SCROLL CURSOR FOR SELECT tenant, task_id"
                                  " FROM task_status_audit WHERE apply_seq BETWEEN $1::int8"
                                  " AND $2::int8 GROUP BY tenant, task_id ORDER BY min(apply_seq)"},
    [TT_PG_SQL_HISTORIES] =
        {"", "DECLARE histories NO SCROLL CURSOR FOR SELECT " TT_PG_AUDIT_WRITTEN
             ", apply_seq, k.n::int8 FROM unnest($1::text[], $2::text[]) WITH ORDINALITY"
             " AS k (k_tenant, k_task, n) JOIN task_status_audit AS a ON a.tenant = k.k_tenant"
             " AND a.task_id = k.k_task AND a.apply_seq <= $3::int8 ORDER BY k.n"},
    [TT_PG_SQL_COUNTS] = {"", "SELECT (SELECT count(*) FROM task_status_audit WHERE epoch > 0),"
                              " (SELECT count(*) FROM task_status_current)"},
};

const char *tt_pg_sql_text(enum tt_pg_sql which)
{
    tt_assert((unsigned)which < TT_PG_SQL_COUNT && sqls[which].text != 0);
    return sqls[which].text;
}

const char *tt_pg_sql_name(enum tt_pg_sql which)
{
    tt_assert((unsigned)which < TT_PG_SQL_COUNT && sqls[which].name != 0);
    return sqls[which].name;
}
