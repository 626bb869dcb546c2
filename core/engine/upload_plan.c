/* What is new becomes a plan: its rows are made, and their digests stored, before anything leaves.
 * What is too many bytes is tried again at half its length, and with half as many held rows. */
#include "core/engine/uploader_parts.h"

#include <stdio.h>

/* What is not planned is looked for no more often. */
#define LOOK_US INT64_C(5000000)

enum { OPEN_MAX = 8 };

static enum tt_err look_for_new(struct tt_uploader *u, struct tt_fault *fault)
{
    const struct tt_outbox *outbox = u->options->outbox;
    int64_t now_us = tt_uploader_now(u);
    /* The clock may be set back meanwhile. */
    if (u->pending_since_us > now_us)
        u->pending_since_us = now_us;
    bool recent = now_us >= u->horizon_at_us && now_us - u->horizon_at_us < LOOK_US;
    if (u->horizon > 0 && (u->options->once || recent))
        return TT_OK;
    enum tt_err err = outbox->horizon(outbox->context, &u->horizon, fault);
    if (err != TT_OK)
        return err;
    u->horizon_at_us = now_us;
    u->nothing_wanted = false;
    if (u->horizon <= u->view.planned_to)
        u->pending_since_us = TT_TIME_NONE;
    else if (u->pending_since_us == TT_TIME_NONE)
        u->pending_since_us = now_us;
    return TT_OK;
}

bool tt_upload_plan_due(const struct tt_uploader *u)
{
    int64_t pending = u->horizon - u->view.planned_to;
    if (u->view.wanted_rows > 0 && !u->nothing_wanted)
        return true;
    if (pending <= 0)
        return false;
    return u->options->once || pending >= u->options->batch_rows ||
           tt_uploader_now(u) - u->pending_since_us >= u->options->max_age_us;
}

/* Batches that nothing was begun of: first they go. */
static bool has_backlog(const struct tt_uploader *u)
{
    for (size_t i = 0; i < u->batch_count; i++)
        if (u->batches[i].state == TT_UPLOAD_PLANNED)
            return true;
    return u->batch_count >= OPEN_MAX;
}

/* The plan's rows, of as long a range and with as many held rows as fit. */
static enum tt_err make(struct tt_uploader *u, struct tt_upload_plan *plan,
                        struct tt_upload_made *made, struct tt_fault *fault)
{
    const struct tt_upload_rows *rows = u->options->rows;
    for (;;) {
        int64_t left = u->horizon - u->view.planned_to;
        int64_t span = left < u->span ? left : u->span;
        plan->last = u->view.planned_to + (span > 0 ? span : 0);
        struct tt_fault trouble = {0};
        enum tt_err err = rows->make(rows->context, plan, u->held_max, made, &trouble);
        if (err != TT_ERR_LIMIT || (span <= 1 && u->held_max == 0))
            return err == TT_OK ? TT_OK : tt_fault_set(fault, err, "%s", trouble.text);
        u->span = span > 1 ? span / 2 : u->span;
        u->held_max /= 2;
    }
}

static enum tt_err put(struct tt_uploader *u, const struct tt_upload_plan *plan,
                       const struct tt_upload_made *made, struct tt_fault *fault)
{
    const struct tt_outbox *outbox = u->options->outbox;
    struct tt_upload_batch batches[TT_UPLOAD_TABLES];
    struct tt_outbox_plan to_outbox = {
        .plan = *plan,
        .batches = batches,
        .held = made->held,
        .held_count = made->held_count,
        .released = made->released,
        .released_count = made->released_count,
        .wanted = made->wanted,
        .wanted_count = made->wanted_count,
        .now_us = tt_uploader_now(u),
    };
    for (int t = 0; t < TT_UPLOAD_TABLES; t++)
        if (made->tables[t].rows > 0)
            batches[to_outbox.batch_count++] = (struct tt_upload_batch){
                .table = (enum tt_upload_table_id)t, .made = made->tables[t]};
    return outbox->plan(outbox->context, &u->turn, &to_outbox, fault);
}

static void count(struct tt_uploader *u, const struct tt_upload_plan *plan,
                  const struct tt_upload_made *made)
{
    u->counts.plans++;
    u->counts.excluded += made->excluded;
    for (size_t i = 0; i < made->held_count; i++)
        u->counts.held_rows += made->held[i].rows;
    for (size_t i = 0; i < made->released_count; i++)
        u->counts.released_rows += made->released[i].rows;
    u->view.planned_to = plan->last;
    u->pending_since_us = plan->last < u->horizon ? u->pending_since_us : TT_TIME_NONE;
    int64_t most = u->options->batch_rows;
    u->span = u->span < most / 2 ? u->span * 2 : most;
    u->held_max = u->held_max < (uint64_t)most / 2 ? u->held_max * 2 + 1 : (uint64_t)most;
}

enum tt_err tt_upload_plan_next(struct tt_uploader *u, bool *ret_planned, struct tt_fault *fault)
{
    struct tt_upload_plan plan = {.number = u->view.plans + 1, .first = u->view.planned_to + 1};
    struct tt_upload_made made;
    *ret_planned = false;
    enum tt_err err = look_for_new(u, fault);
    if (err != TT_OK || has_backlog(u) || !tt_upload_plan_due(u))
        return err;
    plan.written_at_us = tt_uploader_now(u);
    snprintf(plan.rules, sizeof plan.rules, "%s", u->options->rows->rules);
    err = make(u, &plan, &made, fault);
    if (err != TT_OK)
        return err;
    if (plan.last < plan.first && made.released_count == 0) {
        u->nothing_wanted = true;
        return TT_OK;
    }
    err = put(u, &plan, &made, fault);
    if (err != TT_OK)
        return err;
    count(u, &plan, &made);
    *ret_planned = true;
    return TT_OK;
}
