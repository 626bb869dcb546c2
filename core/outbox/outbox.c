#include "core/outbox/parts.h"

#include "core/base/time.h"

enum tt_err tt_outbox_fenced(const struct tt_outbox_db *db, const struct tt_outbox_turn *turn,
                             struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_FENCED, "store %s: another uploader works for %.*s",
                        db->where, TT_STR_ARGS(turn->destination));
}

struct tt_str tt_outbox_table(enum tt_upload_table_id table)
{
    return tt_str_from(tt_upload_tables[table].name);
}

enum tt_err tt_outbox_run_in_turn(struct tt_outbox_db *db, enum tt_outbox_sql which,
                                  struct tt_outbox_values values, const struct tt_outbox_turn *turn,
                                  struct tt_fault *fault)
{
    int changed = 0;
    enum tt_err err = db->run(db->context, which, values, &changed, fault);
    return err == TT_OK && changed != 1 ? tt_outbox_fenced(db, turn, fault) : err;
}

static enum tt_err horizon(void *context, int64_t *ret_seq, struct tt_fault *fault)
{
    struct tt_outbox_db *db = context;
    return db->horizon(db->context, ret_seq, fault);
}

static enum tt_err take_lease(struct tt_outbox_db *db, struct tt_str destination,
                              struct tt_str holder, int64_t now_us, int64_t until_us,
                              int64_t *ret_fence, struct tt_fault *fault)
{
    struct tt_outbox_rows r;
    enum tt_err err =
        tt_outbox_run(db, TT_OUTBOX_SQL_DESTINATION_ADD, TT_VALUES(TT_TEXT(destination)), fault);
    if (err == TT_OK)
        err = db->ask(db->context, TT_OUTBOX_SQL_DESTINATION_LOCK, TT_VALUES(TT_TEXT(destination)),
                      &r, fault);
    if (err != TT_OK)
        return err;
    int64_t lease_until_us = db->time(&r, 3);
    bool mine = tt_str_equal(db->text(&r, 2), holder);
    /* A clock that is ahead by less than a lease gives one that ends within two; what ends later is
     * of a clock that was wrong, and would keep everybody out until then. */
    bool ended = lease_until_us == TT_TIME_NONE || lease_until_us <= now_us ||
                 lease_until_us - until_us > until_us - now_us;
    int64_t fence = db->number(&r, 4) + (ended ? 1 : 0);
    db->close(&r);
    *ret_fence = mine || ended ? fence : 0;
    return *ret_fence == 0 ? TT_OK
                           : tt_outbox_run(db, TT_OUTBOX_SQL_LEASE_PUT,
                                           TT_VALUES(TT_TEXT(destination), TT_TEXT(holder),
                                                     TT_TIME(until_us), TT_NUMBER(fence)),
                                           fault);
}

static enum tt_err lease(void *context, struct tt_str destination, struct tt_str holder,
                         int64_t now_us, int64_t until_us, int64_t *ret_fence,
                         struct tt_fault *fault)
{
    struct tt_outbox_db *db = context;
    int64_t fence = 0;
    enum tt_err err = db->begin(db->context, fault);
    if (err == TT_OK) {
        err = take_lease(db, destination, holder, now_us, until_us, &fence, fault);
        err = db->end(db->context, err, fault);
    }
    if (err == TT_OK)
        *ret_fence = fence;
    return err;
}

static enum tt_err unlease(void *context, const struct tt_outbox_turn *turn, struct tt_fault *fault)
{
    struct tt_outbox_db *db = context;
    enum tt_err err = db->ready(db->context, fault);
    return err == TT_OK
               ? tt_outbox_run(db, TT_OUTBOX_SQL_LEASE_END,
                               TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(turn->fence)), fault)
               : err;
}

struct tt_outbox tt_outbox_over(struct tt_outbox_db *db)
{
    struct tt_outbox outbox = {
        .context = db, .horizon = horizon, .lease = lease, .unlease = unlease};
    tt_outbox_fill_look(&outbox);
    tt_outbox_fill_change(&outbox);
    return outbox;
}
