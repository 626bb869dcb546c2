#include "adapters/postgres/outbox_sql.h"

#include "core/base/assert.h"

#define OPEN_STATES "('planned', 'open', 'committing')"
#define BATCHES                                                                                    \
    "SELECT b.number, b.plan, p.first_seq, p.last_seq, p.written_at, p.rules, b.table_name,"       \
    " b.row_from, b.row_count, b.bytes, b.digest, b.generation, b.state, b.version, b.handle,"     \
    " b.attempts, b.next_try, b.blocked, b.problem, b.line_bytes, b.column_bytes"                  \
    " FROM upload_batch AS b"                                                                      \
    " JOIN upload_plan AS p ON p.destination = b.destination AND p.number = b.plan"                \
    " WHERE b.destination = $1::text AND b.state "
#define TURN     "destination = $1::text AND fence = $2::int8"
#define HAS_TURN " AND EXISTS (SELECT 1 FROM upload_destination WHERE " TURN ")"
#define BATCH    "destination = $1::text AND number = $3::int8 AND version = $4::int8" HAS_TURN

static const char *const texts[TT_OUTBOX_SQL_COUNT] = {
    [TT_OUTBOX_SQL_DESTINATION_ADD] =
        "INSERT INTO upload_destination (destination, planned_to, plans, fence)"
        " VALUES ($1::text, 0, 0, 0) ON CONFLICT DO NOTHING",
#define DESTINATION                                                                                \
    "SELECT planned_to, plans, holder, lease_until, fence FROM upload_destination"                 \
    " WHERE destination = $1::text"
    [TT_OUTBOX_SQL_DESTINATION_GET] = DESTINATION,
    [TT_OUTBOX_SQL_DESTINATION_LOCK] = DESTINATION " FOR UPDATE",
    [TT_OUTBOX_SQL_LEASE_PUT] =
        "UPDATE upload_destination SET holder = $2::text, lease_until = $3::timestamptz,"
        " fence = $4::int8 WHERE destination = $1::text",
    [TT_OUTBOX_SQL_TURN] = "SELECT 1 FROM upload_destination WHERE " TURN " FOR UPDATE",
    [TT_OUTBOX_SQL_LEASE_END] =
        "UPDATE upload_destination SET holder = NULL, lease_until = NULL WHERE " TURN,

    [TT_OUTBOX_SQL_PLAN_NEXT] =
        "UPDATE upload_destination SET planned_to = $5::int8, plans = $3::int8 WHERE " TURN
        " AND plans = $3::int8 - 1 AND planned_to = $4::int8 - 1",
    [TT_OUTBOX_SQL_PLAN_PUT] =
        "INSERT INTO upload_plan (destination, number, first_seq, last_seq, written_at, rules)"
        " VALUES ($1::text, $2::int8, $3::int8, $4::int8, $5::timestamptz, $6::text)",
    [TT_OUTBOX_SQL_BATCH_PUT] =
        "INSERT INTO upload_batch (destination, plan, table_name, row_from, row_count, bytes,"
        " digest, generation, state, version, attempts, next_try, blocked, created_at, changed_at,"
        " line_bytes, column_bytes)"
        " VALUES ($1::text, $2::int8, $3::text, $4::int8, $5::int8, $6::int8, $7::bytea, 1, "
        "'planned',"
        " 1, 0, 'epoch', 0, $8::timestamptz, $8::timestamptz, $9::int8, $10::int8)",
    [TT_OUTBOX_SQL_BATCH_CHANGE] =
        "UPDATE upload_batch SET generation = $5::int8, state = $6::text, version = version + 1,"
        " handle = $7::text, attempts = $8::int8, next_try = $9::timestamptz, blocked = $10::int8,"
        " problem = $11::text, changed_at = $12::timestamptz WHERE " BATCH,
    [TT_OUTBOX_SQL_BATCH_END] = "UPDATE upload_batch SET state = $5::text, version = version + 1,"
                                " changed_at = $6::timestamptz WHERE " BATCH,
    [TT_OUTBOX_SQL_PLAN_CHANGE] =
        "UPDATE upload_plan SET rules = $3::text, written_at = $4::timestamptz"
        " WHERE destination = $1::text AND number = $2::int8",
    [TT_OUTBOX_SQL_PLAN_BEGUN] =
        "SELECT count(*) FROM upload_batch WHERE destination = $1::text AND plan = $2::int8"
        " AND (state IN ('open', 'committing', 'done')"
        "      OR (state IN ('split', 'quarantined') AND handle IS NOT NULL))",
    [TT_OUTBOX_SQL_PLAN_REPLACE] =
        "UPDATE upload_batch SET state = 'replaced', version = version + 1, changed_at = "
        "$3::timestamptz"
        " WHERE destination = $1::text AND plan = $2::int8 AND state = 'planned'",
    [TT_OUTBOX_SQL_BATCHES_OPEN] = BATCHES "IN " OPEN_STATES " ORDER BY b.number",
    [TT_OUTBOX_SQL_BATCHES_DONE] = BATCHES "= 'done' ORDER BY b.number",
    [TT_OUTBOX_SQL_COUNT_OPEN] =
        "SELECT count(*), coalesce(sum(row_count), 0)::int8 FROM upload_batch"
        " WHERE destination = $1::text AND state IN " OPEN_STATES,
    [TT_OUTBOX_SQL_COUNT_WANTED] =
        "SELECT coalesce(sum(held_rows), 0)::int8 FROM upload_hold"
        " WHERE destination = $1::text AND wanted = 1 AND released_in IS NULL",
    [TT_OUTBOX_SQL_COUNT_DONE] =
        "SELECT count(*), coalesce(sum(row_count), 0)::int8, coalesce(sum(bytes), 0)::int8"
        " FROM upload_batch WHERE destination = $1::text AND state = 'done'",
    [TT_OUTBOX_SQL_COUNT_HOLDS] =
        "SELECT count(*), coalesce(sum(held_rows), 0)::int8 FROM upload_hold"
        " WHERE destination = $1::text AND released_in IS NULL",
    [TT_OUTBOX_SQL_COUNT_QUARANTINE] =
        "SELECT count(*) FROM upload_quarantine WHERE destination = $1::text",

    [TT_OUTBOX_SQL_LOAD_PUT] =
        "INSERT INTO upload_load (destination, table_name, began_at, batch, generation)"
        " VALUES ($1::text, $2::text, $3::timestamptz, $4::int8, $5::int8)",
    [TT_OUTBOX_SQL_LOADS_FORGET] = "DELETE FROM upload_load WHERE destination = $1::text"
                                   " AND table_name = $2::text"
                                   " AND began_at < $3::timestamptz",
    [TT_OUTBOX_SQL_LOADS] =
        "SELECT count(*), max(began_at) FROM upload_load WHERE destination = $1::text"
        " AND table_name = $2::text AND began_at > $3::timestamptz"
        " AND began_at <= $4::timestamptz",

    [TT_OUTBOX_SQL_HOLD_PUT] =
        "INSERT INTO upload_hold (destination, tenant, task_id, plan, held_rows, wanted)"
        " VALUES ($1::text, $2::text, $3::text, $4::int8, $5::int8, 0)",
    [TT_OUTBOX_SQL_HOLD_RELEASE] =
        "UPDATE upload_hold SET released_in = $5::int8 WHERE destination = $1::text"
        " AND tenant = $2::text AND task_id = $3::text AND plan = $4::int8 AND released_in IS NULL",
#define HOLDS                                                                                      \
    "SELECT h.tenant, h.task_id, h.plan, p.first_seq, p.last_seq, h.held_rows, h.wanted,"          \
    " coalesce(h.released_in, 0) FROM upload_hold AS h JOIN upload_plan AS p"                      \
    " ON p.destination = h.destination AND p.number = h.plan WHERE h.destination = $1::text"
#define BY_TASK " ORDER BY h.tenant, h.task_id, h.plan"
    [TT_OUTBOX_SQL_HOLDS_OPEN] = HOLDS " AND h.released_in IS NULL" BY_TASK,
    [TT_OUTBOX_SQL_HOLDS_OF] = HOLDS " AND (h.plan = $2::int8 OR h.released_in = $2::int8)" BY_TASK,
#define WANTED                                                                                     \
    " WHERE destination = $1::text AND released_in IS NULL"                                        \
    " AND ($2::text IS NULL OR task_id = $2::text)"
    [TT_OUTBOX_SQL_HOLDS_SUM] = "SELECT coalesce(sum(held_rows), 0)::int8 FROM upload_hold" WANTED,
    [TT_OUTBOX_SQL_HOLDS_WANT] = "UPDATE upload_hold SET wanted = 1" WANTED,
    [TT_OUTBOX_SQL_HOLD_WANT] =
        "UPDATE upload_hold SET wanted = 1 WHERE destination = $1::text AND tenant = $2::text"
        " AND task_id = $3::text AND plan = $4::int8 AND released_in IS NULL",
    [TT_OUTBOX_SQL_QUARANTINE_FORGET] =
        "DELETE FROM upload_quarantine WHERE destination = $1::text AND plan = $2::int8",
    [TT_OUTBOX_SQL_QUARANTINE_PUT] =
        "INSERT INTO upload_quarantine (destination, table_name, plan, row_number, row_uid, reason,"
        " message, at) VALUES ($1::text, $2::text, $3::int8, $4::int8, $5::text, $6::text, "
        "$7::text,"
        " $8::timestamptz)",
};

const char *tt_pg_outbox_sql(enum tt_outbox_sql which)
{
    tt_assert((unsigned)which < TT_OUTBOX_SQL_COUNT && texts[which] != NULL);
    return texts[which];
}
