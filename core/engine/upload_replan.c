/* Batches that cannot be made again, as somebody has changed the rules since, are made anew.
 *
 * Rows must not change once some of them may be at the sink: there would be both. So a plan is made
 * anew as a whole or not at all, only where no batch of it was begun (a batch whose attempts have
 * all failed for good counts as not begun), and the outbox looks at that once more in the
 * transaction that stores the new batches. */
#include "core/engine/uploader.h"

#include "core/base/mem.h"
#include <stdio.h>
#include <string.h>

struct replanning {
    const struct tt_uploader_options *options;
    struct tt_upload_batch *batches; /* open ones of other rules */
    size_t count, capacity;
};

static enum tt_err take_batch(void *context, const struct tt_upload_batch *batch)
{
    struct replanning *r = context;
    if (strcmp(batch->plan.rules, r->options->rows->rules) == 0)
        return TT_OK;
    enum tt_err err =
        tt_mem_reserve((void **)&r->batches, &r->capacity, r->count + 1, sizeof *r->batches);
    if (err == TT_OK)
        r->batches[r->count++] = *batch;
    return err;
}

/* Whether the plan of batch i has a batch that is blocked; once for each plan. */
static bool is_due(const struct replanning *r, size_t i)
{
    int64_t plan = r->batches[i].plan.number;
    bool blocked = false;
    for (size_t j = 0; j < r->count; j++) {
        if (r->batches[j].plan.number == plan && j < i)
            return false;
        blocked = blocked || (r->batches[j].plan.number == plan && r->batches[j].blocked);
    }
    return blocked;
}

static void drop_made(const struct tt_upload_rows *rows, const struct tt_upload_made *made)
{
    for (int t = 0; t < TT_UPLOAD_TABLES; t++)
        if (made->tables[t].rows > 0)
            rows->drop(rows->context, &made->tables[t]);
}

static void drop_old(const struct replanning *r, int64_t plan)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->batches[i].plan.number == plan)
            r->options->rows->drop(r->options->rows->context, &r->batches[i].made);
}

static enum tt_err replan(const struct replanning *r, const struct tt_outbox_turn *turn,
                          const struct tt_upload_plan *old, struct tt_fault *fault)
{
    const struct tt_upload_rows *rows = r->options->rows;
    const struct tt_outbox *outbox = r->options->outbox;
    struct tt_upload_batch batches[TT_UPLOAD_TABLES];
    struct tt_upload_plan plan = *old;
    struct tt_upload_made made;
    struct tt_fault trouble = {0};
    size_t count = 0;
    int64_t now_us = r->options->clock->wall_us(r->options->clock->context);
    plan.written_at_us = now_us; /* so that these rows share no name with those of before */
    snprintf(plan.rules, sizeof plan.rules, "%s", rows->rules);
    enum tt_err err = rows->remake(rows->context, &plan, &made, fault);
    if (err != TT_OK)
        return err;
    for (int t = 0; t < TT_UPLOAD_TABLES; t++)
        if (made.tables[t].rows > 0)
            batches[count++] = (struct tt_upload_batch){.table = (enum tt_upload_table_id)t,
                                                        .made = made.tables[t]};
    err = outbox->replan(outbox->context, turn, &plan, batches, count, now_us, &trouble);
    if (err == TT_OK) {
        drop_old(r, plan.number);
        return TT_OK;
    }
    if (tt_err_class(err) != TT_CLASS_RETRY) /* else it may have happened */
        drop_made(rows, &made);
    if (err != TT_ERR_DENIED)
        return tt_fault_set(fault, err, "%s", trouble.text);
    return tt_fault_set(fault, err,
                        "plan %lld (rows %lld to %lld of the store) stays as it is: %s, so rows of "
                        "it may be there, judged by the rules of then; upload the rest with those "
                        "(--lifecycle, --tenants, --ties, --max-future)",
                        (long long)plan.number, (long long)plan.first, (long long)plan.last,
                        trouble.text);
}

static enum tt_err replan_all(const struct replanning *r, const struct tt_outbox_turn *turn,
                              uint64_t *ret_plans, struct tt_fault *fault)
{
    struct tt_fault kept_back = {0};
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < r->count && err == TT_OK; i++) {
        struct tt_fault trouble = {0};
        if (!is_due(r, i))
            continue;
        err = replan(r, turn, &r->batches[i].plan, &trouble);
        *ret_plans += err == TT_OK;
        if (err != TT_OK && err != TT_ERR_DENIED)
            return tt_fault_set(fault, err, "%s", trouble.text);
        if (err == TT_ERR_DENIED)
            tt_fault_set(&kept_back, err, "%s", trouble.text);
        err = TT_OK;
    }
    return kept_back.code == TT_OK ? TT_OK
                                   : tt_fault_set(fault, kept_back.code, "%s", kept_back.text);
}

enum tt_err tt_uploader_replan(const struct tt_uploader_options *options, uint64_t *ret_plans,
                               struct tt_fault *fault)
{
    const struct tt_outbox *outbox = options->outbox;
    struct replanning r = {.options = options};
    struct tt_outbox_turn turn = {.destination = options->destination};
    int64_t now_us = options->clock->wall_us(options->clock->context);
    *ret_plans = 0;
    enum tt_err err = outbox->lease(outbox->context, options->destination, options->holder, now_us,
                                    now_us + options->lease_us, &turn.fence, fault);
    if (err != TT_OK)
        return err;
    if (turn.fence == 0)
        return tt_fault_set(fault, TT_ERR_BUSY, "another uploader works for %.*s",
                            TT_STR_ARGS(options->destination));
    err = outbox->open(outbox->context, options->destination, take_batch, &r, fault);
    if (err != TT_OK)
        tt_fault_set(fault, err, "out of memory");
    else
        err = replan_all(&r, &turn, ret_plans, fault);
    (void)!outbox->unlease(outbox->context, &turn, NULL);
    tt_mem_free(r.batches);
    return err;
}
