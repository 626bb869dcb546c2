/* One batch: claimed, the next one asked for, applied, the bad of it set aside, finished. worker.c
 * says what is done about failures. */
#include "core/engine/sabotage.h"
#include "core/engine/worker_parts.h"
#include <stdio.h>

/* Keeps the batch in hand while the store is away. */
static enum tt_err hold_on(struct tt_worker *w, struct tt_fault *fault)
{
    bool lost = false;
    if (!w->options->locking || tt_worker_now(w).us < w->renew_due.us)
        return TT_OK;
    w->renew_due.us = tt_worker_now(w).us + w->options->lease_us / 3;
    enum tt_err err = tt_worker_beat(w, fault);
    if (err == TT_OK)
        err = w->queue->renew(w->queue->context, &lost, fault);
    return err == TT_OK && lost ? tt_fault_set(fault, TT_ERR_FENCED, "the lease has ended") : err;
}

/* A lease that has ended all the same is no reason to stop: what is written until then is found
 * there by whoever has the batch next, who needs so much less time for it. */
void tt_worker_stay_on(void *context)
{
    struct tt_fault ignored = {0};
    if (hold_on(context, &ignored) != TT_OK)
        tt_fault_clear(&ignored);
}

/* Whether trying again has no sense any more: asked to stop for drain_us. */
static bool must_give_up(const struct tt_worker *w, int64_t *stop_since_us)
{
    if (tt_worker_stopping(w) && *stop_since_us == 0)
        *stop_since_us = tt_worker_now(w).us;
    return *w->options->stop > 1 ||
           (*stop_since_us != 0 && tt_worker_now(w).us - *stop_since_us >= w->options->drain_us);
}

/* Class RETRY of the store is waited out here, with the batch in hand. */
static enum tt_err apply_patiently(struct tt_worker *w, const struct tt_queue_batch *batch,
                                   int64_t read_started_us, const struct tt_poison **ret_poison,
                                   size_t *ret_count, struct tt_fault *fault)
{
    int64_t stop_since_us = 0;
    w->renew_due.us = tt_worker_now(w).us + w->options->lease_us / 3;
    for (;;) {
        uint64_t rows = 0;
        tt_fault_clear(fault);
        enum tt_err err = tt_applier_apply(w->applier, batch, read_started_us, ret_poison,
                                           ret_count, &rows, fault);
        if (tt_err_class(err) != TT_CLASS_RETRY) {
            if (err == TT_OK) {
                w->counts.rows += rows;
                tt_worker_tell_store(w, false, "");
                tt_backoff_reset(&w->backoff);
                tt_worker_tell(w, TT_OBSERVED_BATCH_APPLIED, (int64_t)rows, "");
            }
            return err;
        }
        if (TT_SABOTAGED(DROP_ON_RETRY))
            return TT_OK;
        tt_worker_tell_store(w, true, fault->text);
        if (must_give_up(w, &stop_since_us))
            return tt_fault_set(fault, err, "store"); /* others will do it */
        tt_worker_wait_backoff(w);
        tt_fault_clear(fault);
        err = hold_on(w, fault);
        if (err != TT_OK)
            return err;
    }
}

static enum tt_err set_aside(struct tt_worker *w, const struct tt_queue_batch *batch,
                             const struct tt_poison *poison, struct tt_fault *fault)
{
    const struct tt_queue_parking parking = {
        .entry = &batch->entries[poison->entry],
        .reason = poison->kind,
        .error = poison->reason,
        .tenant = poison->tenant,
        .task_id = poison->task_id,
        .behind = poison->behind,
        .behind_count = poison->behind_count,
    };
    if (poison->task_id.len == 0)
        return w->queue->bury(w->queue->context, parking.entry, poison->kind, poison->reason,
                              fault);
    return w->queue->park(w->queue->context, &parking, fault);
}

/* With its place, by which it is found on the stream and, as a rule, as a letter. */
static void tell_set_aside(const struct tt_worker *w, const struct tt_queue_entry *entry,
                           const struct tt_poison *poison)
{
    char text[sizeof poison->reason + 64];
    int place = snprintf(text, sizeof text, "%u:%lld-%llu", entry->partition,
                         (long long)entry->id_ms, (unsigned long long)entry->id_seq);
    snprintf(text + place, sizeof text - (size_t)place, ": %s", poison->reason);
    tt_worker_tell(w, TT_OBSERVED_DEAD_LETTER, 1, text);
    text[place] = '\0';
    if (poison->task_id.len > 0)
        tt_worker_tell(w, TT_OBSERVED_PARKED, (int64_t)poison->behind_count, text);
}

static enum tt_err set_all_aside(struct tt_worker *w, const struct tt_queue_batch *batch,
                                 const struct tt_poison *poison, size_t count,
                                 struct tt_fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        enum tt_err err = set_aside(w, batch, &poison[i], fault);
        if (err != TT_OK)
            return err;
        tt_worker_stay_on(w);
        w->counts.dead++;
        tell_set_aside(w, &batch->entries[poison[i].entry], &poison[i]);
    }
    return TT_OK;
}

/* Behind a batch of all there was, waiting tells what has come meanwhile, at once if something has:
 * in one step less than a claim that finds nothing. */
static enum tt_err finish(struct tt_worker *w, bool *ret_lost, struct tt_fault *fault)
{
    const struct tt_queue *queue = w->queue;
    if (queue->finish_and_wait == NULL || w->asked_us != 0 || w->options->until_idle ||
        tt_worker_stopping(w))
        return queue->finish(queue->context, ret_lost, fault);
    return queue->finish_and_wait(queue->context, TT_WORKER_SOON_MS, ret_lost, fault);
}

static enum tt_err handle_batch(struct tt_worker *w, const struct tt_queue_batch *batch,
                                int64_t read_started_us, struct tt_fault *fault)
{
    const struct tt_poison *poison = NULL;
    size_t poisoned = 0;
    bool lost = false;
    enum tt_err err = TT_OK;
    if (TT_SABOTAGED(ACK_BEFORE_COMMIT))
        err = w->queue->finish(w->queue->context, &lost, fault);
    if (err == TT_OK)
        err = apply_patiently(w, batch, read_started_us, &poison, &poisoned, fault);
    if (w->carried != TT_OK && (err == TT_OK || err == TT_ERR_FENCED))
        err = tt_fault_set(fault, w->carried, "%s", w->carry_fault.text);
    if (err == TT_OK)
        err = set_all_aside(w, batch, poison, poisoned, fault);
    if (err == TT_OK)
        err = finish(w, &lost, fault);
    if (err != TT_OK)
        return err;
    if (lost)
        tt_worker_tell(w, TT_OBSERVED_TURN_LOST, 0, "");
    w->counts.entries += batch->count;
    return TT_OK;
}

static int64_t wall(const struct tt_worker *w)
{
    return w->options->clock->wall_us(w->options->clock->context);
}

static void note_asked(struct tt_worker *w, int64_t now_us)
{
    w->asked_us = now_us;
    w->asked_reserved = w->fences.reserved;
    w->asked_due.us = tt_worker_now(w).us + w->options->lease_us / 3;
}

void tt_worker_carry_on(void *context, bool last)
{
    struct tt_worker *w = context;
    bool asked = w->asked_us != 0, go_on = asked || (w->may_ask && !tt_worker_stopping(w));
    if (w->queue->carry_on == NULL || !go_on || w->carried != TT_OK)
        return;
    w->carried = w->queue->carry_on(w->queue->context, last, &asked, &w->carry_fault);
    if (w->carried == TT_OK && asked && w->asked_us == 0)
        note_asked(w, wall(w));
}

static enum tt_err ask_ahead(struct tt_worker *w, struct tt_fault *fault)
{
    bool asked = false;
    int64_t now_us = wall(w);
    w->may_ask = false;
    if (w->queue->prefetch == NULL || tt_worker_stopping(w))
        return TT_OK;
    enum tt_err err = w->queue->prefetch(w->queue->context, w->options->batch_max, w->fences.above,
                                         &asked, fault);
    w->may_ask = err == TT_OK;
    if (asked)
        note_asked(w, now_us);
    return err;
}

/* The batch before took long: what was asked for ahead has been held since. */
static enum tt_err keep_lease(struct tt_worker *w, struct tt_fault *fault)
{
    bool lost = false;
    if (!w->options->locking || tt_worker_now(w).us < w->asked_due.us)
        return TT_OK;
    enum tt_err err = w->queue->renew(w->queue->context, &lost, fault);
    return err == TT_OK && lost ? tt_fault_set(fault, TT_ERR_FENCED, "the lease has ended") : err;
}

/* A fence was not reserved when the batch was asked for; newest 0: and may not have been new. */
static enum tt_err claim_again(struct tt_worker *w, int64_t newest, struct tt_fault *fault)
{
    enum tt_err err = w->queue->give_back(w->queue->context, fault);
    return err == TT_OK ? tt_worker_reserve_fences(w, newest, fault) : err;
}

enum tt_err tt_worker_claim_once(struct tt_worker *w, bool *ret_idle, struct tt_fault *fault)
{
    struct tt_queue_batch batch = {0};
    bool asked = w->asked_us != 0;
    int64_t read_started_us = asked ? w->asked_us : wall(w);
    int64_t reserved = asked ? w->asked_reserved : w->fences.reserved;
    w->asked_us = 0;
    enum tt_err err =
        w->queue->claim(w->queue->context, w->options->batch_max, w->fences.above, &batch, fault);
    if (err != TT_OK)
        return err;
    if (batch.vanished > 0)
        tt_worker_tell(w, TT_OBSERVED_ENTRIES_VANISHED, (int64_t)batch.vanished, "");
    w->counts.vanished += batch.vanished;
    *ret_idle = batch.count == 0;
    if (batch.count == 0)
        return TT_OK;
    if (batch.moved)
        return claim_again(w, 0, fault);
    int64_t newest = tt_fences_newest(&batch);
    if (newest > reserved)
        return claim_again(w, newest, fault);
    if (asked)
        err = keep_lease(w, fault);
    if (err == TT_OK)
        err = ask_ahead(w, fault);
    if (err == TT_OK)
        err = handle_batch(w, &batch, read_started_us, fault);
    return err == TT_OK && tt_fences_are_few(&w->fences, newest)
               ? tt_worker_reserve_fences(w, newest, fault)
               : err;
}
