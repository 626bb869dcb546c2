#include "adapters/sqlite/outbox_sql.h"

#include "core/base/assert.h"

#define OPEN_STATES "('planned', 'open', 'committing')"
#define BATCHES                                                                                    \
    "SELECT b.number, b.plan, p.first_seq, p.last_seq, p.written_at, p.rules, b.table_name,"       \
    " b.row_from, b.row_count, b.bytes, b.digest, b.generation, b.state, b.version, b.handle,"     \
    " b.attempts, b.next_try, b.blocked, b.problem, b.line_bytes, b.column_bytes"                  \
    " FROM upload_batch AS b"                                                                      \
    " JOIN upload_plan AS p ON p.destination = b.destination AND p.number = b.plan"                \
    " WHERE b.destination = ?1 AND b.state "
#define TURN "(SELECT 1 FROM upload_destination WHERE destination = ?1 AND fence = ?2)"

static const char *const texts[TT_OUTBOX_SQL_COUNT] = {
    [TT_OUTBOX_SQL_DESTINATION_ADD] =
        "INSERT INTO upload_destination (destination, planned_to, plans, fence)"
        " VALUES (?1, 0, 0, 0) ON CONFLICT DO NOTHING",
#define DESTINATION                                                                                \
    "SELECT planned_to, plans, holder, lease_until, fence FROM upload_destination"                 \
    " WHERE destination = ?1"
    [TT_OUTBOX_SQL_DESTINATION_GET] = DESTINATION,
    [TT_OUTBOX_SQL_DESTINATION_LOCK] = DESTINATION, /* transactions are immediate */
    [TT_OUTBOX_SQL_LEASE_PUT] = "UPDATE upload_destination SET holder = ?2, lease_until = ?3,"
                                " fence = ?4 WHERE destination = ?1",
    [TT_OUTBOX_SQL_LEASE_END] = "UPDATE upload_destination SET holder = NULL, lease_until = NULL"
                                " WHERE destination = ?1 AND fence = ?2",
    [TT_OUTBOX_SQL_TURN] = "SELECT 1 FROM upload_destination WHERE destination = ?1 AND fence = ?2",

    [TT_OUTBOX_SQL_PLAN_NEXT] =
        "UPDATE upload_destination SET planned_to = ?5, plans = ?3 WHERE destination = ?1"
        " AND fence = ?2 AND plans = ?3 - 1 AND planned_to = ?4 - 1",
    [TT_OUTBOX_SQL_PLAN_PUT] =
        "INSERT INTO upload_plan (destination, number, first_seq, last_seq, written_at, rules)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [TT_OUTBOX_SQL_BATCH_PUT] =
        "INSERT INTO upload_batch (destination, plan, table_name, row_from, row_count, bytes,"
        " digest, generation, state, version, attempts, next_try, blocked, created_at, changed_at,"
        " line_bytes, column_bytes)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, 'planned', 1, 0, 0, 0, ?8, ?8, ?9, ?10)",
    [TT_OUTBOX_SQL_BATCH_CHANGE] =
        "UPDATE upload_batch SET generation = ?5, state = ?6, version = version + 1, handle = ?7,"
        " attempts = ?8, next_try = ?9, blocked = ?10, problem = ?11, changed_at = ?12"
        " WHERE destination = ?1 AND number = ?3 AND version = ?4 AND EXISTS " TURN,
    [TT_OUTBOX_SQL_BATCH_END] =
        "UPDATE upload_batch SET state = ?5, version = version + 1, changed_at = ?6"
        " WHERE destination = ?1 AND number = ?3 AND version = ?4 AND EXISTS " TURN,
    [TT_OUTBOX_SQL_PLAN_CHANGE] = "UPDATE upload_plan SET rules = ?3, written_at = ?4"
                                  " WHERE destination = ?1 AND number = ?2",
    [TT_OUTBOX_SQL_PLAN_BEGUN] =
        "SELECT count(*) FROM upload_batch WHERE destination = ?1 AND plan = ?2"
        " AND (state IN ('open', 'committing', 'done')"
        "      OR (state IN ('split', 'quarantined') AND handle IS NOT NULL))",
    [TT_OUTBOX_SQL_PLAN_REPLACE] =
        "UPDATE upload_batch SET state = 'replaced', version = version + 1, changed_at = ?3"
        " WHERE destination = ?1 AND plan = ?2 AND state = 'planned'",
    [TT_OUTBOX_SQL_BATCHES_OPEN] = BATCHES "IN " OPEN_STATES " ORDER BY b.number",
    [TT_OUTBOX_SQL_BATCHES_DONE] = BATCHES "= 'done' ORDER BY b.number",
    [TT_OUTBOX_SQL_COUNT_OPEN] = "SELECT count(*), coalesce(sum(row_count), 0) FROM upload_batch"
                                 " WHERE destination = ?1 AND state IN " OPEN_STATES,
    /* Without the hint it takes the primary key, and reads all that was ever held. */
    [TT_OUTBOX_SQL_COUNT_WANTED] =
        "SELECT coalesce(sum(held_rows), 0) FROM upload_hold INDEXED BY upload_hold_wanted"
        " WHERE destination = ?1 AND wanted = 1 AND released_in IS NULL",
    [TT_OUTBOX_SQL_COUNT_DONE] =
        "SELECT count(*), coalesce(sum(row_count), 0), coalesce(sum(bytes), 0)"
        " FROM upload_batch WHERE destination = ?1 AND state = 'done'",
    [TT_OUTBOX_SQL_COUNT_HOLDS] = "SELECT count(*), coalesce(sum(held_rows), 0) FROM upload_hold"
                                  " WHERE destination = ?1 AND released_in IS NULL",
    [TT_OUTBOX_SQL_COUNT_QUARANTINE] =
        "SELECT count(*) FROM upload_quarantine WHERE destination = ?1",

    [TT_OUTBOX_SQL_LOAD_PUT] =
        "INSERT INTO upload_load (destination, table_name, began_at, batch, generation)"
        " VALUES (?1, ?2, ?3, ?4, ?5)",
    [TT_OUTBOX_SQL_LOADS_FORGET] =
        "DELETE FROM upload_load WHERE destination = ?1 AND table_name = ?2 AND began_at < ?3",
    [TT_OUTBOX_SQL_LOADS] = "SELECT count(*), max(began_at) FROM upload_load WHERE destination = ?1"
                            " AND table_name = ?2 AND began_at > ?3 AND began_at <= ?4",

    [TT_OUTBOX_SQL_HOLD_PUT] =
        "INSERT INTO upload_hold (destination, tenant, task_id, plan, held_rows, wanted)"
        " VALUES (?1, ?2, ?3, ?4, ?5, 0)",
    [TT_OUTBOX_SQL_HOLD_RELEASE] =
        "UPDATE upload_hold SET released_in = ?5 WHERE destination = ?1 AND tenant = ?2"
        " AND task_id = ?3 AND plan = ?4 AND released_in IS NULL",
#define HOLDS                                                                                      \
    "SELECT h.tenant, h.task_id, h.plan, p.first_seq, p.last_seq, h.held_rows, h.wanted,"          \
    " h.released_in FROM upload_hold AS h JOIN upload_plan AS p ON p.destination = h.destination"  \
    " AND p.number = h.plan WHERE h.destination = ?1"
#define BY_TASK " ORDER BY h.tenant, h.task_id, h.plan"
    [TT_OUTBOX_SQL_HOLDS_OPEN] = HOLDS " AND h.released_in IS NULL" BY_TASK,
    [TT_OUTBOX_SQL_HOLDS_OF] = HOLDS " AND (h.plan = ?2 OR h.released_in = ?2)" BY_TASK,
    [TT_OUTBOX_SQL_HOLDS_SUM] =
        "SELECT coalesce(sum(held_rows), 0) FROM upload_hold WHERE destination = ?1"
        " AND released_in IS NULL AND (?2 IS NULL OR task_id = ?2)",
    [TT_OUTBOX_SQL_HOLDS_WANT] = "UPDATE upload_hold SET wanted = 1 WHERE destination = ?1"
                                 " AND released_in IS NULL AND (?2 IS NULL OR task_id = ?2)",
    [TT_OUTBOX_SQL_HOLD_WANT] =
        "UPDATE upload_hold SET wanted = 1 WHERE destination = ?1 AND tenant = ?2"
        " AND task_id = ?3 AND plan = ?4 AND released_in IS NULL",
    [TT_OUTBOX_SQL_QUARANTINE_FORGET] =
        "DELETE FROM upload_quarantine WHERE destination = ?1 AND plan = ?2",
    [TT_OUTBOX_SQL_QUARANTINE_PUT] =
        "INSERT INTO upload_quarantine (destination, table_name, plan, row_number, row_uid, reason,"
        " message, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
};

const char *tt_sqlite_outbox_sql(enum tt_outbox_sql which)
{
    tt_assert((unsigned)which < TT_OUTBOX_SQL_COUNT && texts[which] != NULL);
    return texts[which];
}
