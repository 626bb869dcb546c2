/* Happy path: hold the id -> a new snapshot -> read -> replay -> differs -> write in one
 * transaction, if the task's row is still the one that was read -> let go.
 *
 * Failure modes: somebody holds the id: asked again until the wait is over. A worker whose lease
 * had ended wrote between reading and writing: read again. The store knows a newer fence: held
 * again, above it. Asked to stop: an id that somebody holds is not waited for. We die: what was not
 * committed is not there, and the lease ends. */
#include "cli/repair.h"

#include "core/engine/fences.h"
#include "core/engine/repair.h"
#include "core/model/lifecycle.h"
#include "reports/plan.h"

enum { TRIES_MAX = 8, ASK_EVERY_US = 20 * 1000 };

/* ---- Reading */

struct reading {
    struct tt_arena *arena;
    struct tt_audit_row *rows;
    struct tt_interval_row *stays;
    size_t row_count, row_capacity, stay_count, stay_capacity;
    struct tt_restore_plan *plan;
};

static enum tt_err keep(struct tt_arena *arena, struct tt_str *text)
{
    if (text->ptr == NULL)
        return TT_OK;
    text->ptr = tt_arena_copy(arena, text->ptr, text->len);
    return text->ptr == NULL ? TT_ERR_NO_MEMORY : TT_OK;
}

static enum tt_err read_row(void *context, const struct tt_audit_row *row)
{
    struct reading *reading = context;
    if (!tt_audit_is_event(row))
        return TT_OK;
    if (tt_mem_reserve((void **)&reading->rows, &reading->row_capacity, reading->row_count + 1,
                       sizeof *reading->rows) != TT_OK)
        return TT_ERR_NO_MEMORY;
    struct tt_audit_row *kept = &reading->rows[reading->row_count++];
    *kept = *row;
    return tt_event_copy(&kept->event, &row->event, reading->arena);
}

static enum tt_err read_current(void *context, const struct tt_current_row *row)
{
    struct reading *reading = context;
    struct tt_current_row *kept = &reading->plan->stored;
    *kept = *row;
    kept->tenant = reading->plan->tenant;
    kept->task_id = reading->plan->task_id;
    reading->plan->is_stored = true;
    struct tt_str *texts[] = {&kept->task_type,      &kept->status,     &kept->stage,
                              &kept->correlation_id, &kept->dataset_id, &kept->stay_status};
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && err == TT_OK; i++)
        err = keep(reading->arena, texts[i]);
    return err;
}

static enum tt_err read_stay(void *context, struct tt_str tenant, struct tt_str task_id,
                             const struct tt_interval_row *row)
{
    struct reading *reading = context;
    (void)tenant;
    (void)task_id;
    if (tt_mem_reserve((void **)&reading->stays, &reading->stay_capacity, reading->stay_count + 1,
                       sizeof *reading->stays) != TT_OK)
        return TT_ERR_NO_MEMORY;
    struct tt_interval_row *kept = &reading->stays[reading->stay_count++];
    *kept = *row;
    enum tt_err err = keep(reading->arena, &kept->status);
    return err == TT_OK ? keep(reading->arena, &kept->stage) : err;
}

static enum tt_err scan(const struct tt_repairing *repairing, struct reading *reading,
                        struct tt_fault *fault)
{
    const struct tt_store_reader *reader = repairing->reader;
    const struct tt_restore_plan *plan = reading->plan;
    enum tt_err err =
        reader->audit(reader->context, plan->tenant, plan->task_id, read_row, reading, fault);
    if (err == TT_OK)
        err = reader->current(reader->context, plan->tenant, plan->task_id, read_current, reading,
                              fault);
    if (err == TT_OK)
        err = reader->intervals(reader->context, plan->tenant, plan->task_id, read_stay, reading,
                                fault);
    reader->let_go(reader->context); /* who waits, for an id or for stdin, holds nothing */
    return err == TT_ERR_NO_MEMORY ? tt_fault_set(fault, err, "out of memory") : err;
}

/* What is stored and what should be. */
static enum tt_err look(struct tt_repairing *repairing, struct tt_str tenant, struct tt_str task_id,
                        struct tt_restore_plan *plan, enum tt_repair_outcome *ret_outcome,
                        struct tt_fault *fault)
{
    struct reading reading = {.arena = &repairing->arena, .plan = plan};
    tt_arena_reset(&repairing->arena);
    *plan = (struct tt_restore_plan){.tenant = tenant, .task_id = task_id};
    enum tt_err err = scan(repairing, &reading, fault);
    struct tt_interval_row *stays =
        err == TT_OK ? tt_arena_alloc(&repairing->arena, (reading.stay_count + 1) * sizeof *stays)
                     : NULL;
    if (err == TT_OK && stays == NULL)
        err = tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    if (err == TT_OK && reading.stay_count > 0)
        memcpy(stays, reading.stays, reading.stay_count * sizeof *stays);
    plan->stored_stays = stays;
    plan->stored_stay_count = reading.stay_count;
    *ret_outcome = TT_REPAIR_NO_EVENT;
    if (err == TT_OK && reading.row_count > 0) {
        err = tt_restore(&repairing->rules, reading.rows, reading.row_count, &repairing->arena,
                         &plan->restored, fault);
        *ret_outcome = tt_restore_same_current(plan) && tt_restore_same_stays(plan)
                           ? TT_REPAIR_SAME
                           : TT_REPAIR_DIFFERS;
    }
    tt_mem_free(reading.rows);
    tt_mem_free(reading.stays);
    return err;
}

/* ---- Holding */

/* Holds the id under a fence that was reserved before. Fence 0: somebody else holds it. */
static enum tt_err hold_once(struct tt_repairing *repairing, struct tt_str tenant,
                             struct tt_str task_id, struct tt_fences *fences,
                             struct tt_redis_hold *ret_hold, struct tt_fault *fault)
{
    for (;;) {
        enum tt_err err =
            tt_redis_queue_hold(repairing->queue, tenant, task_id, fences->above, ret_hold, fault);
        if (err != TT_OK || ret_hold->fence <= fences->reserved)
            return err;
        err = tt_fences_extend(fences, repairing->store, ret_hold->fence, fault);
        if (err != TT_OK)
            return err;
    }
}

/* Fence 0: somebody held it all the time, or until we were asked to stop. */
static enum tt_err hold(struct tt_repairing *repairing, struct tt_str tenant, struct tt_str task_id,
                        struct tt_redis_hold *ret_hold, struct tt_fault *fault)
{
    const struct tt_clock *clock = repairing->clock;
    int64_t until_us = clock->mono(clock->context).us + repairing->wait_us;
    struct tt_fences fences = {0};
    enum tt_err err = tt_fences_begin(&fences, repairing->store, fault);
    while (err == TT_OK) {
        err = hold_once(repairing, tenant, task_id, &fences, ret_hold, fault);
        if (err != TT_OK || ret_hold->fence > 0 || *repairing->stop != 0 ||
            clock->mono(clock->context).us >= until_us)
            break;
        clock->sleep_us(clock->context, ASK_EVERY_US);
    }
    return err;
}

/* ---- Writing */

static enum tt_err write_plan(struct tt_repairing *repairing, const struct tt_redis_hold *held,
                              const struct tt_restore_plan *plan, int64_t started_us,
                              bool *ret_written, struct tt_fault *fault)
{
    struct tt_buf message, before;
    tt_buf_init(&message, 0);
    tt_buf_init(&before, 0);
    tt_plan_add_sentence(&message, plan);
    tt_plan_add_before(&before, plan);
    const struct tt_repair repair = {
        .partition = held->partition,
        .fence = held->fence,
        .seen = plan->is_stored ? &plan->stored : NULL,
        .row = plan->restored.current,
        .stays = plan->restored.stays,
        .stay_count = plan->restored.stay_count,
        .worker = repairing->worker,
        .message = tt_buf_str(&message),
        .before =
            plan->is_stored || plan->stored_stay_count > 0 ? tt_buf_str(&before) : TT_STR_NONE,
        .started_us = started_us,
        .now_us = repairing->clock->wall_us(repairing->clock->context),
    };
    enum tt_err err = message.err != TT_OK ? message.err : before.err;
    err = err == TT_OK
              ? tt_repair_write(repairing->store, &repair, &repairing->arena, ret_written, fault)
              : tt_fault_set(fault, err, "out of memory");
    tt_buf_done(&message);
    tt_buf_done(&before);
    return err;
}

/* With the id in hand. */
static enum tt_err mend(struct tt_repairing *repairing, const struct tt_redis_hold *held,
                        struct tt_str tenant, struct tt_str task_id, struct tt_restore_plan *plan,
                        enum tt_repair_outcome *ret_outcome, struct tt_fault *fault)
{
    bool written = false;
    enum tt_err err = TT_OK;
    for (int tries = 0; tries < TRIES_MAX && !written && err == TT_OK; tries++) {
        int64_t started_us = repairing->clock->wall_us(repairing->clock->context);
        err = look(repairing, tenant, task_id, plan, ret_outcome, fault);
        if (err != TT_OK || *ret_outcome != TT_REPAIR_DIFFERS)
            return err;
        err = write_plan(repairing, held, plan, started_us, &written, fault);
    }
    if (err != TT_OK)
        return err;
    *ret_outcome = written ? TT_REPAIR_DONE : TT_REPAIR_BUSY;
    return TT_OK;
}

static enum tt_err hold_and_mend(struct tt_repairing *repairing, struct tt_str tenant,
                                 struct tt_str task_id, struct tt_restore_plan *plan,
                                 enum tt_repair_outcome *ret_outcome, struct tt_fault *fault)
{
    struct tt_redis_hold held;
    enum tt_err err = hold(repairing, tenant, task_id, &held, fault);
    if (err != TT_OK)
        return err;
    if (held.fence == 0) {
        *ret_outcome = *repairing->stop != 0 ? TT_REPAIR_STOPPED : TT_REPAIR_BUSY;
        return TT_OK;
    }
    err = mend(repairing, &held, tenant, task_id, plan, ret_outcome, fault);
    struct tt_fault not_told = {0};
    enum tt_err let_go = tt_redis_queue_let_go(repairing->queue, &held, &not_told);
    if (err == TT_OK && let_go != TT_OK)
        err = tt_fault_set(fault, let_go, "%s", not_told.text);
    return err;
}

enum tt_err tt_repair_task(struct tt_repairing *repairing, struct tt_str tenant,
                           struct tt_str task_id, struct tt_restore_plan *ret_plan,
                           enum tt_repair_outcome *ret_outcome, struct tt_fault *fault)
{
    enum tt_err err = look(repairing, tenant, task_id, ret_plan, ret_outcome, fault);
    if (err != TT_OK || *ret_outcome != TT_REPAIR_DIFFERS || repairing->store == NULL)
        return err;
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        tt_fault_clear(fault);
        err = hold_and_mend(repairing, tenant, task_id, ret_plan, ret_outcome, fault);
        if (err != TT_ERR_FENCED)
            break;
    }
    return err;
}
