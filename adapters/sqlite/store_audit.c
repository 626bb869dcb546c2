/* Audit rows: one per entry, whatever comes again.
 *
 * Epochs. An entry's key is its place on the queue. Where the queue lost its tail it gives the same
 * ids again, with other content: such an entry goes under the partition's next epoch, and so does
 * all that comes to the partition from then on, since rows are read back in order of epoch and
 * entry id and the new entries came behind all of the old epoch. Before that each epoch is asked
 * for the entry itself: a redelivery of what was written earlier is known, wherever it stands.
 *
 * apply_seq and the newest epoch are read once per transaction, under the write lock, and counted
 * up: apply_seq grows with commit order. */
#include "adapters/sqlite/rows.h"
#include "adapters/sqlite/writer.h"
#include "core/base/assert.h"

static enum tt_err is_duplicate(void *context, const struct tt_event *event, bool *ret_duplicate,
                                struct tt_fault *fault)
{
    struct tt_writer *w = context;
    enum tt_sql which = event->event_id.ptr != NULL ? TT_SQL_SAME_ID : TT_SQL_SAME_CONTENT;
    sqlite3_stmt *statement = w->statements[which];
    tt_row_bind_task(statement, event->tenant, event->task_id);
    if (which == TT_SQL_SAME_ID) {
        tt_db_bind_text(statement, 3, event->event_id);
    } else {
        tt_db_bind_time(statement, 3, event->event_time_us);
        tt_db_bind_text(statement, 4, event->status);
        tt_db_bind_text(statement, 5, event->stage);
        tt_db_bind_text(statement, 6, event->source);
        tt_row_bind_seq(statement, 7, event->has_seq, event->seq);
    }
    return tt_writer_has(w, which, ret_duplicate, fault);
}

static bool same_content(const struct tt_event *a, const struct tt_event *b)
{
    bool same = a->event_time_us == b->event_time_us && a->received_at_us == b->received_at_us &&
                a->has_seq == b->has_seq && (!a->has_seq || a->seq == b->seq) &&
                a->error_code_is_int == b->error_code_is_int &&
                tt_str_equal(a->error_code, b->error_code) &&
                tt_str_equal(a->attributes, b->attributes);
#define SAME(field) same = same && tt_str_equal(a->field, b->field);
    TT_EVENT_TEXT_FIELDS(SAME)
#undef SAME
    return same;
}

/* Whether the row's key is taken, and if so whether by this very entry. */
static enum tt_err look_up(struct tt_writer *w, const struct tt_audit_row *row, bool *ret_found,
                           bool *ret_same, struct tt_fault *fault)
{
    sqlite3_stmt *s = w->statements[TT_SQL_AUDIT_GET];
    struct tt_audit_row stored;
    tt_row_bind_place(s, &row->place);
    enum tt_err err = tt_db_step(&w->db, s, ret_found, fault);
    if (err != TT_OK || !*ret_found)
        return err;
    tt_row_audit(s, &stored);
    *ret_same = same_content(&stored.event, &row->event);
    sqlite3_reset(s);
    return TT_OK;
}

static enum tt_err read_counters(struct tt_writer *w, struct tt_fault *fault)
{
    if (w->apply_seq >= 0)
        return TT_OK;
    enum tt_err err = tt_writer_number(w, TT_SQL_AUDIT_MAX_EPOCH, &w->newest_epoch, fault);
    return err == TT_OK ? tt_writer_number(w, TT_SQL_AUDIT_MAX_SEQ, &w->apply_seq, fault) : err;
}

static enum tt_err put(struct tt_writer *w, struct tt_audit_row *row, bool *ret_inserted,
                       struct tt_fault *fault)
{
    row->apply_seq = w->apply_seq + 1;
    tt_row_bind_audit(w->statements[TT_SQL_AUDIT_PUT], row);
    enum tt_err err = tt_db_execute(&w->db, w->statements[TT_SQL_AUDIT_PUT], fault);
    if (err != TT_OK)
        return err;
    *ret_inserted = sqlite3_changes(w->db.sqlite) > 0;
    w->apply_seq += *ret_inserted;
    if (*ret_inserted && row->place.epoch > w->newest_epoch)
        w->newest_epoch = row->place.epoch;
    return TT_OK;
}

/* The epoch the partition has reached; no row of it stands behind that. */
static enum tt_err partition_epoch(struct tt_writer *w, const struct tt_place *place,
                                   int64_t *ret_epoch, struct tt_fault *fault)
{
    bool used = false;
    int64_t epoch = w->newest_epoch;
    for (; epoch > place->epoch; epoch--) {
        tt_db_bind_int(w->statements[TT_SQL_AUDIT_EPOCH_USED], 1, epoch);
        tt_db_bind_int(w->statements[TT_SQL_AUDIT_EPOCH_USED], 2, place->partition);
        enum tt_err err = tt_writer_has(w, TT_SQL_AUDIT_EPOCH_USED, &used, fault);
        if (err != TT_OK)
            return err;
        if (used)
            break;
    }
    *ret_epoch = used ? epoch : place->epoch;
    return TT_OK;
}

/* Puts the row under the partition's epoch unless it is known; the one behind when its key is
 * taken. row->place.epoch follows. */
static enum tt_err put_once(struct tt_writer *w, struct tt_audit_row *row, int64_t home,
                            enum tt_insert *ret_insert, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    bool found = false, same = false, reused = false, inserted = false;
    for (; row->place.epoch < home && err == TT_OK && !same; row->place.epoch += !same) {
        err = look_up(w, row, &found, &same, fault);
        reused = reused || (found && !same);
    }
    if (err == TT_OK && !same)
        err = put(w, row, &inserted, fault);
    if (err == TT_OK && !same && !inserted) {
        err = look_up(w, row, &found, &same, fault);
        reused = true;
    }
    if (err == TT_OK && !same && !inserted) {
        row->place.epoch++;
        err = put(w, row, &inserted, fault);
        tt_assert(err != TT_OK || inserted);
    }
    *ret_insert = same ? TT_INSERT_KNOWN : reused ? TT_INSERT_REUSED : TT_INSERTED;
    return err;
}

static enum tt_err insert_audit(void *context, struct tt_audit_row *row, enum tt_insert *ret_insert,
                                struct tt_fault *fault)
{
    struct tt_writer *w = context;
    int64_t home = 0;
    enum tt_insert insert = TT_INSERTED;
    enum tt_err err = read_counters(w, fault);
    if (err == TT_OK)
        err = partition_epoch(w, &row->place, &home, fault);
    if (err == TT_OK)
        err = put_once(w, row, home, &insert, fault);
    if (err == TT_OK)
        *ret_insert = insert;
    return err;
}

void tt_writer_set_audit(struct tt_store *store)
{
    store->is_duplicate = is_duplicate;
    store->insert_audit = insert_audit;
}
