/* What was decided: audit rows, then states, stays and data sets. Few rows are one array and one
 * statement, on their way together with the others and the commit. Many are cheaper by COPY, which
 * takes two round trips of its own. Every list is in the order of its key, and the
 * tables are written in one order, so that two writers lock rows in one order. */
#include "adapters/postgres/rows.h"
#include "adapters/postgres/writer.h"
#include "core/base/time.h"

/* From so many rows on COPY is cheaper, even when the server is not on this machine. */
enum { COPY_ROWS_MIN = 256 };

/* Audit rows can be large: more of them, or more bytes, do not wait in memory until all are there.
 */
enum { AUDIT_SENT_MAX = 64, AUDIT_SENT_BYTES_MAX = 1 << 20 };

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

/* ---- Audit rows */

static enum tt_err copy_audit(struct tt_pg_writer *w, const struct tt_store_changes *changes,
                              struct tt_fault *fault)
{
    struct tt_wire *wire = &w->wires[0];
    enum tt_err err = tt_pg_writer_copy(w, wire, TT_PG_SQL_AUDIT_COPY, fault);
    for (size_t i = 0; i < changes->audit_count && err == TT_OK; i++) {
        tt_wire_add_audit(wire, &changes->audit[i]);
        err = tt_pg_writer_copy_row(w, wire, &changes->meanwhile, fault);
    }
    return err == TT_OK ? tt_pg_writer_copy_end(w, wire, &changes->meanwhile, fault) : err;
}

/* The server begins while what comes behind is made. The time to do something else is when it has
 * everything: in commit. */
static enum tt_err send_audit(struct tt_pg_writer *w, const struct tt_store_changes *changes,
                              struct tt_fault *fault)
{
    struct tt_wire *wire = &w->wires[0];
    tt_wire_rows(wire, w->audit_type);
    for (size_t i = 0; i < changes->audit_count; i++) {
        tt_wire_add_audit(wire, &changes->audit[i]);
        if (wire->buf.len > AUDIT_SENT_BYTES_MAX)
            return copy_audit(w, changes, fault);
    }
    enum tt_err err = send_rows(w, wire, TT_PG_SQL_AUDIT_ADD, fault);
    if (err == TT_OK && PQflush(w->pg.conn) < 0)
        err = tt_pg_failed(&w->pg, NULL, "writing", fault);
    w->at_commit = changes->meanwhile;
    return err;
}

/* ---- States */

static enum tt_err copy_new(struct tt_pg_writer *w, const struct tt_store_changes *changes,
                            struct tt_fault *fault)
{
    struct tt_wire *wire = &w->wires[0];
    enum tt_err err = tt_pg_writer_copy(w, wire, TT_PG_SQL_CURRENT_COPY, fault);
    for (size_t i = 0; i < changes->current_count && err == TT_OK; i++) {
        if (!changes->current[i].is_new)
            continue;
        tt_wire_add_current(wire, &changes->current[i].row);
        err = tt_pg_writer_copy_row(w, wire, NULL, fault);
    }
    return err == TT_OK ? tt_pg_writer_copy_end(w, wire, NULL, fault) : err;
}

static enum tt_err write_current(struct tt_pg_writer *w, const struct tt_store_changes *changes,
                                 struct tt_fault *fault)
{
    struct tt_wire *added = &w->wires[0], *changed = &w->wires[1];
    size_t new_count = 0;
    for (size_t i = 0; i < changes->current_count; i++)
        new_count += changes->current[i].is_new;
    const bool copy = new_count >= COPY_ROWS_MIN;
    enum tt_err err = copy ? copy_new(w, changes, fault) : TT_OK;
    if (err != TT_OK)
        return err;
    tt_wire_rows(added, w->current_type);
    tt_wire_rows(changed, w->current_type);
    for (size_t i = 0; i < changes->current_count; i++)
        if (!changes->current[i].is_new)
            tt_wire_add_current(changed, &changes->current[i].row);
        else if (!copy)
            tt_wire_add_current(added, &changes->current[i].row);
    err = send_rows(w, added, TT_PG_SQL_CURRENT_ADD, fault);
    return err == TT_OK ? send_rows(w, changed, TT_PG_SQL_CURRENT_PUT, fault) : err;
}

/* ---- Stays */

static enum tt_err copy_stays(struct tt_pg_writer *w, const struct tt_store_changes *changes,
                              struct tt_fault *fault)
{
    struct tt_wire *wire = &w->wires[0];
    enum tt_err err = tt_pg_writer_copy(w, wire, TT_PG_SQL_STAYS_COPY, fault);
    for (size_t i = 0; i < changes->stays_count && err == TT_OK; i++) {
        const struct tt_store_stays *stays = &changes->stays[i];
        for (size_t k = 0; k < stays->count && err == TT_OK; k++) {
            tt_wire_add_stay(wire, stays, &stays->rows[k]);
            err = tt_pg_writer_copy_row(w, wire, NULL, fault);
        }
    }
    return err == TT_OK ? tt_pg_writer_copy_end(w, wire, NULL, fault) : err;
}

static enum tt_err send_stays(struct tt_pg_writer *w, const struct tt_store_changes *changes,
                              struct tt_fault *fault)
{
    struct tt_wire *put = &w->wires[4];
    tt_wire_rows(put, w->interval_type);
    for (size_t i = 0; i < changes->stays_count; i++)
        for (size_t k = 0; k < changes->stays[i].count; k++)
            tt_wire_add_stay(put, &changes->stays[i], &changes->stays[i].rows[k]);
    return send_rows(w, put, w->careful ? TT_PG_SQL_STAY_PUT_OVER : TT_PG_SQL_STAY_PUT, fault);
}

static enum tt_err write_stays(struct tt_pg_writer *w, const struct tt_store_changes *changes,
                               struct tt_fault *fault)
{
    struct tt_wire *cleared = &w->wires[2], *ended = &w->wires[3];
    size_t count = 0;
    tt_wire_rows(cleared, w->interval_type);
    tt_wire_rows(ended, w->interval_type);
    for (size_t i = 0; i < changes->stays_count; i++) {
        const struct tt_store_stays *stays = &changes->stays[i];
        const struct tt_interval_row kept = {.position = stays->keep,
                                             .valid_from_us = TT_TIME_NONE,
                                             .valid_to_us = stays->valid_to_us};
        if (stays->replace)
            tt_wire_add_stay(cleared, stays, &kept);
        if (stays->ends)
            tt_wire_add_stay(ended, stays, &kept);
        count += stays->count;
    }
    enum tt_err err = send_rows(w, cleared, TT_PG_SQL_STAYS_CLEAR, fault);
    if (err == TT_OK)
        err = send_rows(w, ended, TT_PG_SQL_STAY_END, fault);
    if (err != TT_OK)
        return err;
    return count >= COPY_ROWS_MIN && !w->careful ? copy_stays(w, changes, fault)
                                                 : send_stays(w, changes, fault);
}

/* ---- Data sets */

static enum tt_err send_progress(struct tt_pg_writer *w, const struct tt_store_changes *changes,
                                 struct tt_fault *fault)
{
    struct tt_wire *wire = &w->wires[5];
    tt_wire_rows(wire, w->progress_type);
    for (size_t i = 0; i < changes->progress_count; i++)
        tt_wire_add_progress(wire, &changes->progress[i]);
    return send_rows(w, wire, TT_PG_SQL_PROGRESS_ADD, fault);
}

enum tt_err tt_pg_writer_write(void *context, const struct tt_store_changes *changes,
                               struct tt_fault *fault)
{
    struct tt_pg_writer *w = context;
    if (changes->meanwhile.call != NULL)
        changes->meanwhile.call(changes->meanwhile.context, false);
    enum tt_err err = changes->audit_count > AUDIT_SENT_MAX ? copy_audit(w, changes, fault)
                                                            : send_audit(w, changes, fault);
    if (err == TT_OK)
        err = write_current(w, changes, fault);
    if (err == TT_OK)
        err = write_stays(w, changes, fault);
    return err == TT_OK ? send_progress(w, changes, fault) : err;
}
