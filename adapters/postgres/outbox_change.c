/* What changes in the outbox: each call one transaction. */
#include "adapters/postgres/outbox_sql.h"

static enum tt_err put_batch(struct tt_pg_outbox *o, struct tt_str destination, int64_t plan,
                             const struct tt_upload_batch *b, int64_t now_us,
                             struct tt_fault *fault)
{
    const struct tt_str digest = {(const char *)b->made.digest, TT_UPLOAD_DIGEST_BYTES};
    return tt_pg_outbox_run(
        o, tt_pg_outbox_batch_put,
        TT_VALUES(TT_TEXT(destination), TT_NUMBER(plan), TT_TEXT(tt_pg_outbox_table(b->table)),
                  TT_NUMBER(b->made.row_from), TT_NUMBER(b->made.rows), TT_NUMBER(b->made.bytes),
                  TT_TEXT(digest), TT_TIME(now_us), TT_NUMBER(b->made.line_bytes),
                  TT_NUMBER(b->made.column_bytes)),
        NULL, fault);
}

static enum tt_err put_holds(struct tt_pg_outbox *o, struct tt_str destination,
                             const struct tt_outbox_plan *plan, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < plan->held_count && err == TT_OK; i++) {
        const struct tt_upload_hold *hold = &plan->held[i];
        err = tt_pg_outbox_run(o, tt_pg_outbox_hold_put,
                               TT_VALUES(TT_TEXT(destination), TT_TEXT(hold->tenant),
                                         TT_TEXT(hold->task_id), TT_NUMBER(plan->plan.number),
                                         TT_NUMBER(hold->rows)),
                               NULL, fault);
    }
    for (size_t i = 0; i < plan->released_count && err == TT_OK; i++) {
        const struct tt_upload_hold *hold = &plan->released[i];
        err = tt_pg_outbox_run(o, tt_pg_outbox_hold_release,
                               TT_VALUES(TT_TEXT(destination), TT_TEXT(hold->tenant),
                                         TT_TEXT(hold->task_id), TT_NUMBER(hold->plan),
                                         TT_NUMBER(plan->plan.number)),
                               NULL, fault);
    }
    for (size_t i = 0; i < plan->wanted_count && err == TT_OK; i++) {
        const struct tt_upload_hold *hold = &plan->wanted[i];
        err = tt_pg_outbox_run(o, tt_pg_outbox_hold_want,
                               TT_VALUES(TT_TEXT(destination), TT_TEXT(hold->tenant),
                                         TT_TEXT(hold->task_id), TT_NUMBER(hold->plan)),
                               NULL, fault);
    }
    return err;
}

static enum tt_err put_plan(struct tt_pg_outbox *o, const struct tt_outbox_turn *turn,
                            const struct tt_outbox_plan *plan, struct tt_fault *fault)
{
    const struct tt_upload_plan *p = &plan->plan;
    int changed = 0;
    enum tt_err err =
        tt_pg_outbox_run(o, tt_pg_outbox_plan_next,
                         TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(turn->fence),
                                   TT_NUMBER(p->number), TT_NUMBER(p->first), TT_NUMBER(p->last)),
                         &changed, fault);
    if (err == TT_OK && changed != 1)
        return tt_pg_outbox_fenced(o, turn, fault);
    if (err == TT_OK)
        err = tt_pg_outbox_run(o, tt_pg_outbox_plan_put,
                               TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(p->number),
                                         TT_NUMBER(p->first), TT_NUMBER(p->last),
                                         TT_TIME(p->written_at_us), TT_TEXT(tt_str_from(p->rules))),
                               NULL, fault);
    for (size_t i = 0; i < plan->batch_count && err == TT_OK; i++)
        err = put_batch(o, turn->destination, p->number, &plan->batches[i], plan->now_us, fault);
    return err == TT_OK ? put_holds(o, turn->destination, plan, fault) : err;
}

static enum tt_err plan(void *context, const struct tt_outbox_turn *turn,
                        const struct tt_outbox_plan *plan, struct tt_fault *fault)
{
    enum tt_err err = tt_pg_outbox_begin(context, fault);
    return err == TT_OK ? tt_pg_outbox_end(context, put_plan(context, turn, plan, fault), fault)
                        : err;
}

/* Nothing of the plan was begun, and the lease is ours until the end of the transaction. */
static enum tt_err check_unbegun(struct tt_pg_outbox *o, const struct tt_outbox_turn *turn,
                                 int64_t number, struct tt_fault *fault)
{
    PGresult *result = NULL;
    enum tt_err err = tt_pg_outbox_ask(
        o, tt_pg_outbox_turn, TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(turn->fence)),
        &result, fault);
    if (err != TT_OK)
        return err;
    bool mine = PQntuples(result) == 1;
    PQclear(result);
    if (!mine)
        return tt_pg_outbox_fenced(o, turn, fault);
    err =
        tt_pg_outbox_ask(o, tt_pg_outbox_plan_begun,
                         TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(number)), &result, fault);
    if (err != TT_OK)
        return err;
    int64_t begun = tt_pg_int8(result, 0, 0);
    PQclear(result);
    return begun == 0
               ? TT_OK
               : tt_fault_set(fault, TT_ERR_DENIED, "plan %lld: %lld batches of it were begun",
                              (long long)number, (long long)begun);
}

static enum tt_err replace_plan(struct tt_pg_outbox *o, const struct tt_outbox_turn *turn,
                                const struct tt_upload_plan *p, int64_t now_us,
                                struct tt_fault *fault)
{
    enum tt_err err = check_unbegun(o, turn, p->number, fault);
    if (err == TT_OK)
        err = tt_pg_outbox_run(
            o, tt_pg_outbox_plan_replace,
            TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(p->number), TT_TIME(now_us)), NULL,
            fault);
    if (err == TT_OK)
        err = tt_pg_outbox_run(o, tt_pg_outbox_plan_change,
                               TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(p->number),
                                         TT_TEXT(tt_str_from(p->rules)), TT_TIME(p->written_at_us)),
                               NULL, fault);
    return err == TT_OK
               ? tt_pg_outbox_run(o, tt_pg_outbox_quarantine_forget,
                                  TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(p->number)), NULL,
                                  fault)
               : err;
}

static enum tt_err replan(void *context, const struct tt_outbox_turn *turn,
                          const struct tt_upload_plan *p, const struct tt_upload_batch *batches,
                          size_t batch_count, int64_t now_us, struct tt_fault *fault)
{
    enum tt_err err = tt_pg_outbox_begin(context, fault);
    if (err != TT_OK)
        return err;
    err = replace_plan(context, turn, p, now_us, fault);
    for (size_t i = 0; i < batch_count && err == TT_OK; i++)
        err = put_batch(context, turn->destination, p->number, &batches[i], now_us, fault);
    return tt_pg_outbox_end(context, err, fault);
}

static enum tt_err count_load(struct tt_pg_outbox *o, struct tt_str destination,
                              const struct tt_upload_batch *b, int64_t at_us,
                              struct tt_fault *fault)
{
    const int64_t two_days_us = INT64_C(2) * 86400 * 1000000;
    struct tt_str table = tt_pg_outbox_table(b->table);
    enum tt_err err = tt_pg_outbox_run(
        o, tt_pg_outbox_loads_forget,
        TT_VALUES(TT_TEXT(destination), TT_TEXT(table), TT_TIME(at_us - two_days_us)), NULL, fault);
    return err == TT_OK
               ? tt_pg_outbox_run(o, tt_pg_outbox_load_put,
                                  TT_VALUES(TT_TEXT(destination), TT_TEXT(table), TT_TIME(at_us),
                                            TT_NUMBER(b->number), TT_NUMBER(b->generation)),
                                  NULL, fault)
               : err;
}

static struct tt_str text_or_none(const char *text)
{
    return text[0] == '\0' ? TT_STR_NONE : tt_str_from(text);
}

static enum tt_err change_batch(struct tt_pg_outbox *o, const struct tt_outbox_turn *turn,
                                const struct tt_upload_batch *b, int64_t load_at_us, int64_t now_us,
                                struct tt_fault *fault)
{
    int changed = 0;
    enum tt_err err = tt_pg_outbox_run(
        o, tt_pg_outbox_batch_change,
        TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(turn->fence), TT_NUMBER(b->number),
                  TT_NUMBER(b->version), TT_NUMBER(b->generation),
                  TT_TEXT(tt_str_from(tt_upload_state_name(b->state))),
                  TT_TEXT(text_or_none(b->handle)), TT_NUMBER(b->attempts), TT_TIME(b->next_try_us),
                  TT_NUMBER(b->blocked), TT_TEXT(text_or_none(b->problem)), TT_TIME(now_us)),
        &changed, fault);
    if (err == TT_OK && changed != 1)
        return tt_pg_outbox_fenced(o, turn, fault);
    return err == TT_OK && load_at_us != 0 ? count_load(o, turn->destination, b, load_at_us, fault)
                                           : err;
}

static enum tt_err change(void *context, const struct tt_outbox_turn *turn,
                          struct tt_upload_batch *batch, int64_t load_at_us, int64_t now_us,
                          struct tt_fault *fault)
{
    enum tt_err err = tt_pg_outbox_begin(context, fault);
    if (err == TT_OK)
        err = tt_pg_outbox_end(
            context, change_batch(context, turn, batch, load_at_us, now_us, fault), fault);
    batch->version += err == TT_OK;
    return err;
}

static enum tt_err put_bad_row(struct tt_pg_outbox *o, struct tt_str destination,
                               const struct tt_upload_batch *b, const struct tt_upload_bad_row *bad,
                               int64_t now_us, struct tt_fault *fault)
{
    return tt_pg_outbox_run(o, tt_pg_outbox_quarantine_put,
                            TT_VALUES(TT_TEXT(destination), TT_TEXT(tt_pg_outbox_table(b->table)),
                                      TT_NUMBER(b->plan.number), TT_NUMBER(bad->row),
                                      TT_TEXT(tt_str_from(bad->uid)),
                                      TT_TEXT(tt_str_from(bad->reason)),
                                      TT_TEXT(tt_str_from(bad->message)), TT_TIME(now_us)),
                            NULL, fault);
}

static enum tt_err split_batch(struct tt_pg_outbox *o, const struct tt_outbox_turn *turn,
                               const struct tt_upload_batch *b,
                               const struct tt_upload_batch *children, size_t child_count,
                               int64_t now_us, struct tt_fault *fault)
{
    int changed = 0;
    enum tt_upload_state state = child_count == 0 ? TT_UPLOAD_QUARANTINED : TT_UPLOAD_SPLIT;
    enum tt_err err = tt_pg_outbox_run(o, tt_pg_outbox_batch_end,
                                       TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(turn->fence),
                                                 TT_NUMBER(b->number), TT_NUMBER(b->version),
                                                 TT_TEXT(tt_str_from(tt_upload_state_name(state))),
                                                 TT_TIME(now_us)),
                                       &changed, fault);
    if (err == TT_OK && changed != 1)
        return tt_pg_outbox_fenced(o, turn, fault);
    for (size_t i = 0; i < child_count && err == TT_OK; i++)
        err = put_batch(o, turn->destination, b->plan.number, &children[i], now_us, fault);
    return err;
}

static enum tt_err split(void *context, const struct tt_outbox_turn *turn,
                         const struct tt_upload_batch *batch,
                         const struct tt_upload_batch *children, size_t child_count,
                         const struct tt_upload_bad_row *bad, int64_t now_us,
                         struct tt_fault *fault)
{
    struct tt_pg_outbox *o = context;
    enum tt_err err = tt_pg_outbox_begin(o, fault);
    if (err != TT_OK)
        return err;
    err = split_batch(o, turn, batch, children, child_count, now_us, fault);
    if (err == TT_OK && bad != NULL)
        err = put_bad_row(o, turn->destination, batch, bad, now_us, fault);
    return tt_pg_outbox_end(o, err, fault);
}

static enum tt_err want_holds(struct tt_pg_outbox *o, struct tt_str destination,
                              struct tt_str task_id, uint64_t *ret_rows, struct tt_fault *fault)
{
    PGresult *result = NULL;
    enum tt_err err =
        tt_pg_outbox_ask(o, tt_pg_outbox_holds_sum,
                         TT_VALUES(TT_TEXT(destination), TT_TEXT(task_id)), &result, fault);
    if (err != TT_OK)
        return err;
    *ret_rows = (uint64_t)tt_pg_int8(result, 0, 0);
    PQclear(result);
    return tt_pg_outbox_run(o, tt_pg_outbox_holds_want,
                            TT_VALUES(TT_TEXT(destination), TT_TEXT(task_id)), NULL, fault);
}

static enum tt_err want(void *context, struct tt_str destination, struct tt_str task_id,
                        uint64_t *ret_rows, struct tt_fault *fault)
{
    enum tt_err err = tt_pg_outbox_begin(context, fault);
    return err == TT_OK
               ? tt_pg_outbox_end(context,
                                  want_holds(context, destination, task_id, ret_rows, fault), fault)
               : err;
}

void tt_pg_outbox_fill_change(struct tt_outbox *outbox)
{
    outbox->plan = plan;
    outbox->replan = replan;
    outbox->change = change;
    outbox->split = split;
    outbox->want = want;
}
