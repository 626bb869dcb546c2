#include "adapters/postgres/outbox_sql.h"

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

const char tt_pg_outbox_destination_add[] =
    "INSERT INTO upload_destination (destination, planned_to, plans, fence)"
    " VALUES ($1::text, 0, 0, 0) ON CONFLICT DO NOTHING";
#define DESTINATION                                                                                \
    "SELECT planned_to, plans, holder, lease_until, fence FROM upload_destination"                 \
    " WHERE destination = $1::text"
const char tt_pg_outbox_destination_get[] = DESTINATION;
const char tt_pg_outbox_destination_lock[] = DESTINATION " FOR UPDATE";
const char tt_pg_outbox_lease_put[] =
    "UPDATE upload_destination SET holder = $2::text, lease_until = $3::timestamptz,"
    " fence = $4::int8 WHERE destination = $1::text";
const char tt_pg_outbox_turn[] = "SELECT 1 FROM upload_destination WHERE " TURN " FOR UPDATE";
const char tt_pg_outbox_lease_end[] =
    "UPDATE upload_destination SET holder = NULL, lease_until = NULL WHERE " TURN;

const char tt_pg_outbox_plan_next[] =
    "UPDATE upload_destination SET planned_to = $5::int8, plans = $3::int8 WHERE " TURN
    " AND plans = $3::int8 - 1 AND planned_to = $4::int8 - 1";
const char tt_pg_outbox_plan_put[] =
    "INSERT INTO upload_plan (destination, number, first_seq, last_seq, written_at, rules)"
    " VALUES ($1::text, $2::int8, $3::int8, $4::int8, $5::timestamptz, $6::text)";
const char tt_pg_outbox_batch_put[] =
    "INSERT INTO upload_batch (destination, plan, table_name, row_from, row_count, bytes,"
    " digest, generation, state, version, attempts, next_try, blocked, created_at, changed_at,"
    " line_bytes, column_bytes)"
    " VALUES ($1::text, $2::int8, $3::text, $4::int8, $5::int8, $6::int8, $7::bytea, 1, 'planned',"
    " 1, 0, 'epoch', 0, $8::timestamptz, $8::timestamptz, $9::int8, $10::int8)";
const char tt_pg_outbox_batch_change[] =
    "UPDATE upload_batch SET generation = $5::int8, state = $6::text, version = version + 1,"
    " handle = $7::text, attempts = $8::int8, next_try = $9::timestamptz, blocked = $10::int8,"
    " problem = $11::text, changed_at = $12::timestamptz WHERE " BATCH;
const char tt_pg_outbox_batch_end[] =
    "UPDATE upload_batch SET state = $5::text, version = version + 1,"
    " changed_at = $6::timestamptz WHERE " BATCH;
const char tt_pg_outbox_plan_change[] =
    "UPDATE upload_plan SET rules = $3::text, written_at = $4::timestamptz"
    " WHERE destination = $1::text AND number = $2::int8";
const char tt_pg_outbox_plan_begun[] =
    "SELECT count(*) FROM upload_batch WHERE destination = $1::text AND plan = $2::int8"
    " AND (state IN ('open', 'committing', 'done')"
    "      OR (state IN ('split', 'quarantined') AND handle IS NOT NULL))";
const char tt_pg_outbox_plan_replace[] =
    "UPDATE upload_batch SET state = 'replaced', version = version + 1, changed_at = "
    "$3::timestamptz"
    " WHERE destination = $1::text AND plan = $2::int8 AND state = 'planned'";
const char tt_pg_outbox_batches_open[] = BATCHES "IN " OPEN_STATES " ORDER BY b.number";
const char tt_pg_outbox_batches_done[] = BATCHES "= 'done' ORDER BY b.number";
const char tt_pg_outbox_count_open[] =
    "SELECT count(*), coalesce(sum(row_count), 0)::int8 FROM upload_batch"
    " WHERE destination = $1::text AND state IN " OPEN_STATES;
const char tt_pg_outbox_count_wanted[] =
    "SELECT coalesce(sum(held_rows), 0)::int8 FROM upload_hold"
    " WHERE destination = $1::text AND wanted = 1 AND released_in IS NULL";
const char tt_pg_outbox_count_done[] =
    "SELECT count(*), coalesce(sum(row_count), 0)::int8, coalesce(sum(bytes), 0)::int8"
    " FROM upload_batch WHERE destination = $1::text AND state = 'done'";
const char tt_pg_outbox_count_holds[] =
    "SELECT count(*), coalesce(sum(held_rows), 0)::int8 FROM upload_hold"
    " WHERE destination = $1::text AND released_in IS NULL";
const char tt_pg_outbox_count_quarantine[] =
    "SELECT count(*) FROM upload_quarantine WHERE destination = $1::text";

const char tt_pg_outbox_load_put[] =
    "INSERT INTO upload_load (destination, table_name, began_at, batch, generation)"
    " VALUES ($1::text, $2::text, $3::timestamptz, $4::int8, $5::int8)";
const char tt_pg_outbox_loads_forget[] = "DELETE FROM upload_load WHERE destination = $1::text"
                                         " AND table_name = $2::text"
                                         " AND began_at < $3::timestamptz";
const char tt_pg_outbox_loads[] =
    "SELECT count(*), max(began_at) FROM upload_load WHERE destination = $1::text"
    " AND table_name = $2::text AND began_at > $3::timestamptz";

const char tt_pg_outbox_hold_put[] =
    "INSERT INTO upload_hold (destination, tenant, task_id, plan, held_rows, wanted)"
    " VALUES ($1::text, $2::text, $3::text, $4::int8, $5::int8, 0)";
const char tt_pg_outbox_hold_release[] =
    "UPDATE upload_hold SET released_in = $5::int8 WHERE destination = $1::text"
    " AND tenant = $2::text AND task_id = $3::text AND plan = $4::int8 AND released_in IS NULL";
#define HOLDS                                                                                      \
    "SELECT h.tenant, h.task_id, h.plan, p.first_seq, p.last_seq, h.held_rows, h.wanted,"          \
    " coalesce(h.released_in, 0) FROM upload_hold AS h JOIN upload_plan AS p"                      \
    " ON p.destination = h.destination AND p.number = h.plan WHERE h.destination = $1::text"
#define BY_TASK " ORDER BY h.tenant, h.task_id, h.plan"
const char tt_pg_outbox_holds_open[] = HOLDS " AND h.released_in IS NULL" BY_TASK;
const char tt_pg_outbox_holds_of[] =
    HOLDS " AND (h.plan = $2::int8 OR h.released_in = $2::int8)" BY_TASK;
#define WANTED                                                                                     \
    " WHERE destination = $1::text AND released_in IS NULL"                                        \
    " AND ($2::text IS NULL OR task_id = $2::text)"
const char tt_pg_outbox_holds_sum[] =
    "SELECT coalesce(sum(held_rows), 0)::int8 FROM upload_hold" WANTED;
const char tt_pg_outbox_holds_want[] = "UPDATE upload_hold SET wanted = 1" WANTED;
const char tt_pg_outbox_hold_want[] =
    "UPDATE upload_hold SET wanted = 1 WHERE destination = $1::text AND tenant = $2::text"
    " AND task_id = $3::text AND plan = $4::int8 AND released_in IS NULL";
const char tt_pg_outbox_quarantine_forget[] =
    "DELETE FROM upload_quarantine WHERE destination = $1::text AND plan = $2::int8";
const char tt_pg_outbox_quarantine_put[] =
    "INSERT INTO upload_quarantine (destination, table_name, plan, row_number, row_uid, reason,"
    " message, at) VALUES ($1::text, $2::text, $3::int8, $4::int8, $5::text, $6::text, $7::text,"
    " $8::timestamptz)";
