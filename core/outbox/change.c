/* What changes in the outbox: each call one transaction. */
#include "core/outbox/parts.h"

static enum tt_err put_batch(struct tt_outbox_db *db, struct tt_str destination, int64_t plan,
                             const struct tt_upload_batch *b, int64_t now_us,
                             struct tt_fault *fault)
{
    const struct tt_str digest = {(const char *)b->made.digest, TT_UPLOAD_DIGEST_BYTES};
    return tt_outbox_run(db, TT_OUTBOX_SQL_BATCH_PUT,
                         TT_VALUES(TT_TEXT(destination), TT_NUMBER(plan),
                                   TT_TEXT(tt_outbox_table(b->table)), TT_NUMBER(b->made.row_from),
                                   TT_NUMBER(b->made.rows), TT_NUMBER(b->made.bytes),
                                   TT_BYTES(digest), TT_TIME(now_us), TT_NUMBER(b->made.line_bytes),
                                   TT_NUMBER(b->made.column_bytes)),
                         fault);
}

static enum tt_err put_batches(struct tt_outbox_db *db, struct tt_str destination, int64_t plan,
                               const struct tt_upload_batch *batches, size_t count, int64_t now_us,
                               struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < count && err == TT_OK; i++)
        err = put_batch(db, destination, plan, &batches[i], now_us, fault);
    return err;
}

/* ---- Plans */

static enum tt_err put_holds(struct tt_outbox_db *db, struct tt_str destination,
                             const struct tt_outbox_plan *plan, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < plan->held_count && err == TT_OK; i++) {
        const struct tt_upload_hold *hold = &plan->held[i];
        err = tt_outbox_run(db, TT_OUTBOX_SQL_HOLD_PUT,
                            TT_VALUES(TT_TEXT(destination), TT_TEXT(hold->tenant),
                                      TT_TEXT(hold->task_id), TT_NUMBER(plan->plan.number),
                                      TT_NUMBER(hold->rows)),
                            fault);
    }
    for (size_t i = 0; i < plan->released_count && err == TT_OK; i++) {
        const struct tt_upload_hold *hold = &plan->released[i];
        err = tt_outbox_run(db, TT_OUTBOX_SQL_HOLD_RELEASE,
                            TT_VALUES(TT_TEXT(destination), TT_TEXT(hold->tenant),
                                      TT_TEXT(hold->task_id), TT_NUMBER(hold->plan),
                                      TT_NUMBER(plan->plan.number)),
                            fault);
    }
    for (size_t i = 0; i < plan->wanted_count && err == TT_OK; i++) {
        const struct tt_upload_hold *hold = &plan->wanted[i];
        err = tt_outbox_run(db, TT_OUTBOX_SQL_HOLD_WANT,
                            TT_VALUES(TT_TEXT(destination), TT_TEXT(hold->tenant),
                                      TT_TEXT(hold->task_id), TT_NUMBER(hold->plan)),
                            fault);
    }
    return err;
}

static enum tt_err put_plan(struct tt_outbox_db *db, const struct tt_outbox_turn *turn,
                            const struct tt_outbox_plan *plan, struct tt_fault *fault)
{
    const struct tt_upload_plan *p = &plan->plan;
    enum tt_err err = tt_outbox_run_in_turn(db, TT_OUTBOX_SQL_PLAN_NEXT,
                                            TT_VALUES(TT_TEXT(turn->destination),
                                                      TT_NUMBER(turn->fence), TT_NUMBER(p->number),
                                                      TT_NUMBER(p->first), TT_NUMBER(p->last)),
                                            turn, fault);
    if (err == TT_OK)
        err = tt_outbox_run(db, TT_OUTBOX_SQL_PLAN_PUT,
                            TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(p->number),
                                      TT_NUMBER(p->first), TT_NUMBER(p->last),
                                      TT_TIME(p->written_at_us), TT_TEXT(tt_str_from(p->rules))),
                            fault);
    if (err == TT_OK)
        err = put_batches(db, turn->destination, p->number, plan->batches, plan->batch_count,
                          plan->now_us, fault);
    return err == TT_OK ? put_holds(db, turn->destination, plan, fault) : err;
}

static enum tt_err plan(void *context, const struct tt_outbox_turn *turn,
                        const struct tt_outbox_plan *plan, struct tt_fault *fault)
{
    struct tt_outbox_db *db = context;
    enum tt_err err = db->begin(db->context, fault);
    return err == TT_OK ? db->end(db->context, put_plan(db, turn, plan, fault), fault) : err;
}

/* Nothing of the plan was begun, and the lease is ours until the end of the transaction. */
static enum tt_err check_unbegun(struct tt_outbox_db *db, const struct tt_outbox_turn *turn,
                                 int64_t number, struct tt_fault *fault)
{
    struct tt_outbox_rows r;
    enum tt_err err =
        db->ask(db->context, TT_OUTBOX_SQL_TURN,
                TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(turn->fence)), &r, fault);
    if (err != TT_OK)
        return err;
    if (!r.there)
        return tt_outbox_fenced(db, turn, fault);
    db->close(&r);
    err = db->ask(db->context, TT_OUTBOX_SQL_PLAN_BEGUN,
                  TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(number)), &r, fault);
    if (err != TT_OK)
        return err;
    int64_t begun = r.there ? db->number(&r, 0) : 0;
    db->close(&r);
    return begun == 0
               ? TT_OK
               : tt_fault_set(fault, TT_ERR_DENIED, "plan %lld: %lld batches of it were begun",
                              (long long)number, (long long)begun);
}

static enum tt_err replace_plan(struct tt_outbox_db *db, const struct tt_outbox_turn *turn,
                                const struct tt_upload_plan *p, int64_t now_us,
                                struct tt_fault *fault)
{
    enum tt_err err = check_unbegun(db, turn, p->number, fault);
    if (err == TT_OK)
        err = tt_outbox_run(
            db, TT_OUTBOX_SQL_PLAN_REPLACE,
            TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(p->number), TT_TIME(now_us)), fault);
    if (err == TT_OK)
        err = tt_outbox_run(db, TT_OUTBOX_SQL_PLAN_CHANGE,
                            TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(p->number),
                                      TT_TEXT(tt_str_from(p->rules)), TT_TIME(p->written_at_us)),
                            fault);
    return err == TT_OK
               ? tt_outbox_run(db, TT_OUTBOX_SQL_QUARANTINE_FORGET,
                               TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(p->number)), fault)
               : err;
}

static enum tt_err replan(void *context, const struct tt_outbox_turn *turn,
                          const struct tt_upload_plan *p, const struct tt_upload_batch *batches,
                          size_t batch_count, int64_t now_us, struct tt_fault *fault)
{
    struct tt_outbox_db *db = context;
    enum tt_err err = db->begin(db->context, fault);
    if (err != TT_OK)
        return err;
    err = replace_plan(db, turn, p, now_us, fault);
    if (err == TT_OK)
        err = put_batches(db, turn->destination, p->number, batches, batch_count, now_us, fault);
    return db->end(db->context, err, fault);
}

/* ---- Batches */

static enum tt_err count_load(struct tt_outbox_db *db, struct tt_str destination,
                              const struct tt_upload_batch *b, int64_t at_us,
                              struct tt_fault *fault)
{
    const int64_t two_days_us = INT64_C(2) * 86400 * 1000000;
    struct tt_str table = tt_outbox_table(b->table);
    enum tt_err err = tt_outbox_run(
        db, TT_OUTBOX_SQL_LOADS_FORGET,
        TT_VALUES(TT_TEXT(destination), TT_TEXT(table), TT_TIME(at_us - two_days_us)), fault);
    return err == TT_OK
               ? tt_outbox_run(db, TT_OUTBOX_SQL_LOAD_PUT,
                               TT_VALUES(TT_TEXT(destination), TT_TEXT(table), TT_TIME(at_us),
                                         TT_NUMBER(b->number), TT_NUMBER(b->generation)),
                               fault)
               : err;
}

static struct tt_str text_or_none(const char *text)
{
    return text[0] == '\0' ? TT_STR_NONE : tt_str_from(text);
}

static enum tt_err change_batch(struct tt_outbox_db *db, const struct tt_outbox_turn *turn,
                                const struct tt_upload_batch *b, int64_t load_at_us, int64_t now_us,
                                struct tt_fault *fault)
{
    enum tt_err err = tt_outbox_run_in_turn(
        db, TT_OUTBOX_SQL_BATCH_CHANGE,
        TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(turn->fence), TT_NUMBER(b->number),
                  TT_NUMBER(b->version), TT_NUMBER(b->generation),
                  TT_TEXT(tt_str_from(tt_upload_state_name(b->state))),
                  TT_TEXT(text_or_none(b->handle)), TT_NUMBER(b->attempts), TT_TIME(b->next_try_us),
                  TT_NUMBER(b->blocked), TT_TEXT(text_or_none(b->problem)), TT_TIME(now_us)),
        turn, fault);
    return err == TT_OK && load_at_us != 0 ? count_load(db, turn->destination, b, load_at_us, fault)
                                           : err;
}

static enum tt_err change(void *context, const struct tt_outbox_turn *turn,
                          struct tt_upload_batch *batch, int64_t load_at_us, int64_t now_us,
                          struct tt_fault *fault)
{
    struct tt_outbox_db *db = context;
    enum tt_err err = db->begin(db->context, fault);
    if (err == TT_OK)
        err = db->end(db->context, change_batch(db, turn, batch, load_at_us, now_us, fault), fault);
    batch->version += err == TT_OK;
    return err;
}

static enum tt_err put_bad_row(struct tt_outbox_db *db, struct tt_str destination,
                               const struct tt_upload_batch *b, const struct tt_upload_bad_row *bad,
                               int64_t now_us, struct tt_fault *fault)
{
    return tt_outbox_run(db, TT_OUTBOX_SQL_QUARANTINE_PUT,
                         TT_VALUES(TT_TEXT(destination), TT_TEXT(tt_outbox_table(b->table)),
                                   TT_NUMBER(b->plan.number), TT_NUMBER(bad->row),
                                   TT_TEXT(tt_str_from(bad->uid)),
                                   TT_TEXT(tt_str_from(bad->reason)),
                                   TT_TEXT(tt_str_from(bad->message)), TT_TIME(now_us)),
                         fault);
}

static enum tt_err split_batch(struct tt_outbox_db *db, const struct tt_outbox_turn *turn,
                               const struct tt_upload_batch *b,
                               const struct tt_upload_batch *children, size_t child_count,
                               int64_t now_us, struct tt_fault *fault)
{
    enum tt_upload_state state = child_count == 0 ? TT_UPLOAD_QUARANTINED : TT_UPLOAD_SPLIT;
    enum tt_err err = tt_outbox_run_in_turn(
        db, TT_OUTBOX_SQL_BATCH_END,
        TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(turn->fence), TT_NUMBER(b->number),
                  TT_NUMBER(b->version), TT_TEXT(tt_str_from(tt_upload_state_name(state))),
                  TT_TIME(now_us)),
        turn, fault);
    return err == TT_OK ? put_batches(db, turn->destination, b->plan.number, children, child_count,
                                      now_us, fault)
                        : err;
}

static enum tt_err split(void *context, const struct tt_outbox_turn *turn,
                         const struct tt_upload_batch *batch,
                         const struct tt_upload_batch *children, size_t child_count,
                         const struct tt_upload_bad_row *bad, int64_t now_us,
                         struct tt_fault *fault)
{
    struct tt_outbox_db *db = context;
    enum tt_err err = db->begin(db->context, fault);
    if (err != TT_OK)
        return err;
    err = split_batch(db, turn, batch, children, child_count, now_us, fault);
    if (err == TT_OK && bad != NULL)
        err = put_bad_row(db, turn->destination, batch, bad, now_us, fault);
    return db->end(db->context, err, fault);
}

/* ---- Holds */

static enum tt_err want_holds(struct tt_outbox_db *db, struct tt_str destination,
                              struct tt_str task_id, uint64_t *ret_rows, struct tt_fault *fault)
{
    struct tt_outbox_rows r;
    enum tt_err err = db->ask(db->context, TT_OUTBOX_SQL_HOLDS_SUM,
                              TT_VALUES(TT_TEXT(destination), TT_TEXT(task_id)), &r, fault);
    if (err != TT_OK)
        return err;
    *ret_rows = r.there ? (uint64_t)db->number(&r, 0) : 0;
    db->close(&r);
    return tt_outbox_run(db, TT_OUTBOX_SQL_HOLDS_WANT,
                         TT_VALUES(TT_TEXT(destination), TT_TEXT(task_id)), fault);
}

static enum tt_err want(void *context, struct tt_str destination, struct tt_str task_id,
                        uint64_t *ret_rows, struct tt_fault *fault)
{
    struct tt_outbox_db *db = context;
    enum tt_err err = db->begin(db->context, fault);
    return err == TT_OK
               ? db->end(db->context, want_holds(db, destination, task_id, ret_rows, fault), fault)
               : err;
}

void tt_outbox_fill_change(struct tt_outbox *outbox)
{
    outbox->plan = plan;
    outbox->replan = replan;
    outbox->change = change;
    outbox->split = split;
    outbox->want = want;
}
