/* What was decided. Audit rows by COPY; then states, stays and data sets, each as one array of rows
 * and one statement, on their way together with the commit. Every list is in the order of its key,
 * so that two writers lock rows in one order. */
#include "adapters/postgres/columns.h"
#include "adapters/postgres/writer.h"
#include "core/base/time.h"

/* ---- Audit rows */

static void add_audit(struct tt_wire *wire, const struct tt_audit_row *row)
{
    const struct tt_event *event = &row->event;
    tt_wire_row(wire, TT_PG_AUDIT_FIELDS);
    tt_wire_int8(wire, row->place.epoch);
    tt_wire_int8(wire, row->place.partition);
    tt_wire_int8(wire, row->place.entry_ms);
    tt_wire_int8(wire, row->place.entry_seq);
    tt_wire_text(wire, event->tenant);
    tt_wire_text(wire, event->task_id);
    tt_wire_text(wire, event->task_type);
    tt_wire_text(wire, event->status);
    tt_wire_text(wire, event->stage);
    tt_wire_time(wire, event->event_time_us);
    tt_wire_text(wire, event->event_id);
    tt_wire_text(wire, event->source);
    tt_wire_seq(wire, event->has_seq, event->seq);
    tt_wire_text(wire, event->correlation_id);
    tt_wire_text(wire, event->dataset_id);
    tt_wire_text(wire, event->message);
    tt_wire_text(wire, event->error_code);
    tt_wire_int2(wire, event->error_code_is_int);
    tt_wire_text(wire, event->attributes);
    tt_wire_time(wire, event->received_at_us);
    tt_wire_time(wire, row->enqueued_at_us);
    tt_wire_time(wire, row->read_started_at_us);
    tt_wire_time(wire, row->write_started_at_us);
    tt_wire_text(wire, row->worker);
    tt_wire_int8(wire, row->fence);
    tt_wire_int8(wire, row->attempt);
    tt_wire_int2(wire, row->duplicate);
    tt_wire_int4(wire, (int32_t)tt_event_identity(event));
    tt_wire_row_end(wire);
}

/* Ends the COPY; the first failure counts. */
static enum tt_err end_copy(struct tt_pg_writer *w, enum tt_err err, struct tt_fault *fault)
{
    for (PGresult *result; (result = PQgetResult(w->pg.conn)) != NULL; PQclear(result)) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK && err == TT_OK)
            err = tt_pg_failed(&w->pg, result, "writing", fault);
        if (PQresultStatus(result) == PGRES_COPY_IN) { /* it was not begun: never mind */
            PQclear(result);
            break;
        }
    }
    return err;
}

static enum tt_err copy_audit(struct tt_pg_writer *w, const struct tt_store_changes *changes,
                              struct tt_fault *fault)
{
    struct tt_wire *wire = &w->wires[0];
    tt_wire_copy(wire);
    for (size_t i = 0; i < changes->audit_count; i++)
        add_audit(wire, &changes->audit[i]);
    const struct tt_pg_param rows = tt_wire_end(wire);
    enum tt_err err = tt_pg_writer_wired(w, fault);
    if (err != TT_OK)
        return err;
    PGresult *result = PQexec(w->pg.conn, tt_pg_sql_text(TT_PG_SQL_AUDIT_COPY));
    if (PQresultStatus(result) != PGRES_COPY_IN)
        err = tt_pg_failed(&w->pg, result, "writing", fault);
    PQclear(result);
    if (err != TT_OK)
        return err;
    if (PQputCopyData(w->pg.conn, rows.bytes, (int)rows.len) != 1 ||
        PQputCopyEnd(w->pg.conn, NULL) != 1)
        return tt_pg_failed(&w->pg, NULL, "writing", fault);
    return end_copy(w, err, fault);
}

/* ---- State */

static void add_current(struct tt_wire *wire, const struct tt_current_row *row)
{
    tt_wire_row(wire, TT_PG_CURRENT_FIELDS);
    tt_wire_text(wire, row->tenant);
    tt_wire_text(wire, row->task_id);
    tt_wire_text(wire, row->task_type);
    tt_wire_text(wire, row->status);
    tt_wire_text(wire, row->stage);
    tt_wire_time(wire, row->event_time_us);
    tt_wire_time(wire, row->first_seen_at_us);
    tt_wire_time(wire, row->updated_at_us);
    tt_wire_int8(wire, row->events);
    tt_wire_int8(wire, row->fence);
    tt_wire_seq(wire, row->has_seq, row->seq);
    tt_wire_time(wire, row->newest_event_time_us);
    tt_wire_text(wire, row->correlation_id);
    tt_wire_text(wire, row->dataset_id);
    tt_wire_int8(wire, row->stays);
    tt_wire_text(wire, row->stay_status);
    tt_wire_row_end(wire);
}

static void add_stay(struct tt_wire *wire, const struct tt_store_stays *stays,
                     const struct tt_interval_row *row)
{
    tt_wire_row(wire, TT_PG_INTERVAL_FIELDS);
    tt_wire_text(wire, stays->tenant);
    tt_wire_text(wire, stays->task_id);
    tt_wire_int8(wire, row->position);
    tt_wire_time(wire, row->valid_from_us);
    tt_wire_time(wire, row->valid_to_us);
    tt_wire_text(wire, row->status);
    tt_wire_text(wire, row->stage);
    tt_wire_row_end(wire);
}

static void add_progress(struct tt_wire *wire, const struct tt_progress_row *row)
{
    tt_wire_row(wire, TT_PG_PROGRESS_FIELDS);
    tt_wire_text(wire, row->tenant);
    tt_wire_text(wire, row->correlation_id);
    tt_wire_text(wire, row->dataset_id);
    tt_wire_seq(wire, row->records_expected >= 0, row->records_expected);
    tt_wire_int8(wire, row->finished);
    tt_wire_int8(wire, row->succeeded);
    tt_wire_int8(wire, row->failed);
    tt_wire_text(wire, row->first_failure);
    tt_wire_text(wire, row->last_stage);
    tt_wire_time(wire, row->first_failure_at_us);
    tt_wire_row_end(wire);
}

/* Sends what the wire holds, if it holds anything. */
static enum tt_err send_rows(struct tt_pg_writer *w, struct tt_wire *wire, enum tt_pg_sql which,
                             struct tt_fault *fault)
{
    uint32_t count = wire->count;
    const struct tt_pg_param rows = tt_wire_end(wire);
    if (wire->buf.err != TT_OK)
        return tt_fault_set(fault, wire->buf.err, "out of memory");
    return count == 0 ? TT_OK : tt_pg_writer_send(w, which, &rows, 1, fault);
}

static enum tt_err send_current(struct tt_pg_writer *w, const struct tt_store_changes *changes,
                                struct tt_fault *fault)
{
    struct tt_wire *added = &w->wires[0], *changed = &w->wires[1];
    tt_wire_rows(added, w->current_type);
    tt_wire_rows(changed, w->current_type);
    for (size_t i = 0; i < changes->current_count; i++)
        add_current(changes->current[i].is_new ? added : changed, &changes->current[i].row);
    enum tt_err err = send_rows(w, added, TT_PG_SQL_CURRENT_ADD, fault);
    return err == TT_OK ? send_rows(w, changed, TT_PG_SQL_CURRENT_PUT, fault) : err;
}

static enum tt_err send_stays(struct tt_pg_writer *w, const struct tt_store_changes *changes,
                              struct tt_fault *fault)
{
    struct tt_wire *cleared = &w->wires[2], *ended = &w->wires[3], *put = &w->wires[4];
    tt_wire_rows(cleared, w->interval_type);
    tt_wire_rows(ended, w->interval_type);
    tt_wire_rows(put, w->interval_type);
    for (size_t i = 0; i < changes->stays_count; i++) {
        const struct tt_store_stays *stays = &changes->stays[i];
        const struct tt_interval_row kept = {.position = stays->keep,
                                             .valid_from_us = TT_TIME_NONE,
                                             .valid_to_us = stays->valid_to_us};
        if (stays->replace)
            add_stay(cleared, stays, &kept);
        if (stays->ends)
            add_stay(ended, stays, &kept);
        for (size_t k = 0; k < stays->count; k++)
            add_stay(put, stays, &stays->rows[k]);
    }
    enum tt_pg_sql which = w->careful ? TT_PG_SQL_STAY_PUT_OVER : TT_PG_SQL_STAY_PUT;
    enum tt_err err = send_rows(w, cleared, TT_PG_SQL_STAYS_CLEAR, fault);
    if (err == TT_OK)
        err = send_rows(w, ended, TT_PG_SQL_STAY_END, fault);
    return err == TT_OK ? send_rows(w, put, which, fault) : err;
}

static enum tt_err send_progress(struct tt_pg_writer *w, const struct tt_store_changes *changes,
                                 struct tt_fault *fault)
{
    struct tt_wire *wire = &w->wires[5];
    tt_wire_rows(wire, w->progress_type);
    for (size_t i = 0; i < changes->progress_count; i++)
        add_progress(wire, &changes->progress[i]);
    return send_rows(w, wire, TT_PG_SQL_PROGRESS_ADD, fault);
}

enum tt_err tt_pg_writer_write(void *context, const struct tt_store_changes *changes,
                               struct tt_fault *fault)
{
    struct tt_pg_writer *w = context;
    enum tt_err err = TT_OK;
    if (w->sent > 0) /* a BEGIN that nothing followed yet; COPY knows no pipelines */
        err = tt_pg_writer_sync(w, NULL, "writing", fault);
    if (err == TT_OK && changes->audit_count > 0)
        err = copy_audit(w, changes, fault);
    if (err == TT_OK)
        err = send_current(w, changes, fault);
    if (err == TT_OK)
        err = send_stays(w, changes, fault);
    return err == TT_OK ? send_progress(w, changes, fault) : err;
}
