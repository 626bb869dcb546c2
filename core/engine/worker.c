/* Happy path:
 *   connect -> claim a batch, and with it the turns of its ids -> apply it in one transaction
 *   -> finish: acknowledged, and the ids are free -> claim again; when there is nothing, wait until
 *   there may be. While a batch is applied, the next one is already asked for.
 *
 * Failure modes:
 * - Queue away or failing over: wait with backoff, connect again; what was in hand and not
 *   acknowledged comes again before anything newer of its ids, and its rows are found in the store.
 * - Store away, busy or full: the same batch is tried again with backoff, and its lease renewed.
 *   Where the lease ended all the same, others have the batch: it is given up.
 * - Fenced: nothing of the batch was written. It is given back, and the store is asked what new
 *   fences must be above.
 * - An entry that can never be applied: dead letter, the rest goes on.
 * - A crash anywhere: the lease ends, another worker takes over; see docs/guarantees.md.
 *
 *   CONNECT --> RUN --> STOP
 *      ^         |
 *      +- AWAY <-+
 */
#include "core/engine/worker_parts.h"

#include "core/base/assert.h"
#include "core/base/limits.h"

enum {
    FIRST_WAIT_US = 50 * 1000,
    LONGEST_WAIT_US = 5 * 1000 * 1000,
    IDLE_WAIT_MS_MAX = 500,
    TRIM_EVERY_US = 10 * 1000 * 1000,
};

void tt_worker_tell_store(struct tt_worker *w, bool away, const char *text)
{
    if (w->store_away != away)
        tt_worker_tell(w, away ? TT_OBSERVED_STORE_AWAY : TT_OBSERVED_STORE_BACK, 0,
                       away ? text : "");
    w->store_away = away;
}

void tt_worker_wait_backoff(struct tt_worker *w)
{
    w->options->clock->sleep_us(w->options->clock->context,
                                tt_backoff_next_us(&w->backoff, w->options->random));
}

/* ---- Connecting
 * ------------------------------------------------------------------------------------ */

enum tt_err tt_worker_beat(struct tt_worker *w, struct tt_fault *fault)
{
    unsigned alive = 1;
    if (!w->options->locking || tt_worker_now(w).us < w->beat_due.us)
        return TT_OK;
    w->beat_due.us = tt_worker_now(w).us + w->options->lease_us / 3;
    return w->queue->heartbeat(w->queue->context, &alive, fault);
}

enum tt_err tt_worker_reserve_fences(struct tt_worker *w, int64_t newest, struct tt_fault *fault)
{
    const struct tt_store *store = w->options->store;
    if (!w->options->locking)
        return TT_OK;
    enum tt_err err = newest == 0 ? tt_fences_begin(&w->fences, store, fault)
                                  : tt_fences_extend(&w->fences, store, newest, fault);
    w->store_failed = err != TT_OK;
    if (tt_err_class(err) == TT_CLASS_RETRY || err == TT_OK)
        tt_worker_tell_store(w, err != TT_OK, fault->text);
    return err;
}

static enum tt_err connect_queue(struct tt_worker *w, struct tt_fault *fault)
{
    unsigned partitions = 0;
    int64_t epoch = 0;
    enum tt_err err = w->queue->connect(w->queue->context, &partitions, &epoch, fault);
    if (err != TT_OK)
        return err;
    tt_assert(partitions >= 1 && partitions <= TT_PARTITIONS_MAX);
    w->partition_count = partitions;
    w->beat_due.us = 0;
    w->asked_us = 0;
    w->carried = TT_OK;
    tt_fault_clear(&w->carry_fault);
    tt_applier_set_epoch(w->applier, epoch);
    return TT_OK;
}

static enum tt_err is_finished(struct tt_worker *w, bool *ret_finished, struct tt_fault *fault)
{
    struct tt_queue_backlog backlog;
    enum tt_err err = w->queue->backlog(w->queue->context, &backlog, fault);
    if (err == TT_OK)
        *ret_finished = backlog.unread == 0 && backlog.pending == 0;
    return err;
}

static int64_t idle_wait_ms(const struct tt_worker *w)
{
    int64_t wait_ms = w->options->lease_us / 1000 / 4;
    if (wait_ms > IDLE_WAIT_MS_MAX)
        wait_ms = IDLE_WAIT_MS_MAX;
    if (w->options->until_idle && wait_ms > 50)
        wait_ms = 50; /* others may be finishing the last of it */
    return wait_ms < 1 ? 1 : wait_ms;
}

/* Tenants may be told to change at any time; a worker that has nothing to apply takes it up, too.
 */
static void look_at_tenants(const struct tt_worker *w)
{
    const struct tt_tenant_source *source = &w->options->tenants;
    if (source->now != NULL)
        (void)source->now(source->context);
}

/* Each partition once in TRIM_EVERY_US, a few at a time, as whatever comes meanwhile waits for it.
 * While the next batch is on its way it would have to come first: with a backlog, then, all of them
 * when the time is over. */
static enum tt_err trim_some(struct tt_worker *w, struct tt_fault *fault)
{
    int64_t now_us = tt_worker_now(w).us, each_us = TRIM_EVERY_US / w->partition_count;
    int64_t due = (now_us - w->trimmed_us) / each_us;
    if (due < (w->asked_us == 0 ? 1 : w->partition_count))
        return TT_OK;
    w->trimmed_us += due * each_us;
    return w->queue->trim(w->queue->context,
                          due < w->partition_count ? (unsigned)due : w->partition_count, fault);
}

static enum tt_err go_round(struct tt_worker *w, bool *ret_finished, struct tt_fault *fault)
{
    bool idle = true, soon = false;
    look_at_tenants(w);
    enum tt_err err = tt_worker_beat(w, fault);
    if (err == TT_OK)
        err = tt_worker_claim_once(w, &idle, fault);
    if (err == TT_OK)
        err = trim_some(w, fault);
    if (err == TT_OK && w->options->beside.tend != NULL)
        soon = w->options->beside.tend(w->options->beside.context, idle);
    if (err != TT_OK || !idle)
        return err;
    if (w->options->until_idle)
        err = is_finished(w, ret_finished, fault);
    if (err == TT_OK && !*ret_finished)
        err = w->queue->wait(w->queue->context, soon ? TT_WORKER_SOON_MS : idle_wait_ms(w), fault);
    return err;
}

/* ---- The loop
 * --------------------------------------------------------------------------------------- */

static enum tt_err run_connected(struct tt_worker *w, bool *ret_finished, struct tt_fault *fault)
{
    enum tt_err err = tt_worker_reserve_fences(w, 0, fault);
    while (err == TT_OK && !*ret_finished && !tt_worker_stopping(w)) {
        err = go_round(w, ret_finished, fault);
        if (err == TT_OK) /* not before: what connects may fail at the next call, and for long */
            tt_backoff_reset(&w->backoff);
        if (err == TT_ERR_FENCED) {
            tt_worker_tell(w, TT_OBSERVED_FENCED, 0, fault->text);
            tt_fault_clear(fault);
            w->asked_us = 0;
            err = w->queue->give_back(w->queue->context, fault);
            if (err == TT_OK)
                err = tt_worker_reserve_fences(w, 0, fault);
        }
    }
    return err;
}

static enum tt_err run(struct tt_worker *w)
{
    bool finished = false;
    while (!finished && !tt_worker_stopping(w)) {
        struct tt_fault fault = {0};
        look_at_tenants(w);
        enum tt_err err = connect_queue(w, &fault);
        if (err == TT_OK) {
            if (w->queue_away)
                tt_worker_tell(w, TT_OBSERVED_QUEUE_BACK, 0, "");
            w->queue_away = false;
            err = run_connected(w, &finished, &fault);
        }
        if (err == TT_OK)
            continue;
        if (tt_err_class(err) != TT_CLASS_RETRY)
            return tt_fault_set(w->fault, err, "%s", fault.text);
        if (tt_worker_stopping(w))
            break;
        finished = false;
        if (!w->queue_away && !w->store_failed)
            tt_worker_tell(w, TT_OBSERVED_QUEUE_AWAY, 0, fault.text);
        w->queue_away = !w->store_failed;
        w->store_failed = false;
        tt_worker_wait_backoff(w);
    }
    return TT_OK;
}

enum tt_err tt_worker_run(const struct tt_worker_options *options,
                          struct tt_worker_counts *ret_counts, struct tt_fault *fault)
{
    struct tt_worker w = {
        .options = options,
        .queue = options->queue,
        .backoff = {.first_us = FIRST_WAIT_US, .max_us = LONGEST_WAIT_US},
        .fault = fault,
    };
    const struct tt_applier_options applier = {
        .meanwhile = {&w, tt_worker_carry_on},
        .between_context = &w,
        .between = tt_worker_stay_on,
        .store = options->store,
        .clock = options->clock,
        .observer = options->observer,
        .worker = options->name,
        .apply_by_arrival = options->apply_by_arrival,
        .park = options->park,
        .can_park = options->locking,
        .tenants = options->tenants,
        .observers = options->observers,
        .observer_count = options->observer_count,
        .json_depth_max = options->json_depth_max,
    };
    enum tt_err err = tt_applier_create(&applier, &w.applier, fault);
    if (err == TT_OK) {
        err = run(&w);
        w.queue->disconnect(w.queue->context);
    }
    tt_applier_destroy(w.applier);
    *ret_counts = w.counts;
    return err;
}
