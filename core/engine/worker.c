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
#include "core/engine/worker.h"

#include "core/base/assert.h"
#include "core/base/limits.h"
#include "core/engine/backoff.h"
#include "core/engine/fences.h"
#include "core/engine/sabotage.h"

enum {
    FIRST_WAIT_US = 50 * 1000,
    LONGEST_WAIT_US = 5 * 1000 * 1000,
    IDLE_WAIT_MS_MAX = 500,
    SOON_MS = 10,
    TRIM_EVERY_US = 10 * 1000 * 1000,
};

struct worker {
    const struct tt_worker_options *options;
    const struct tt_queue *queue;
    struct tt_applier *applier;
    struct tt_worker_counts counts;
    struct tt_backoff backoff;
    struct tt_fences fences;
    struct tt_mono beat_due; /* heartbeat */
    struct tt_mono renew_due;
    struct tt_mono trim_due;
    int64_t asked_us; /* wall time at which the next batch was asked for ahead; 0: it was not */
    struct tt_mono asked_due; /* when that batch needs its lease renewed */
    enum tt_err carried;      /* what came of carrying on with that */
    struct tt_fault carry_fault;
    int64_t asked_reserved; /* fences that had been reserved then */
    bool queue_away, store_away;
    bool store_failed; /* the store, not the queue, made us connect again */
    struct tt_fault *fault;
};

static struct tt_mono now(const struct worker *w)
{
    return w->options->clock->mono(w->options->clock->context);
}

static void tell(const struct worker *w, enum tt_observation what, int64_t number, const char *text)
{
    w->options->observer->tell(w->options->observer->context, what, number, text);
}

static bool stopping(const struct worker *w)
{
    return *w->options->stop != 0;
}

static void tell_store(struct worker *w, bool away, const char *text)
{
    if (w->store_away != away)
        tell(w, away ? TT_OBSERVED_STORE_AWAY : TT_OBSERVED_STORE_BACK, 0, away ? text : "");
    w->store_away = away;
}

static void wait_backoff(struct worker *w)
{
    w->options->clock->sleep_us(w->options->clock->context,
                                tt_backoff_next_us(&w->backoff, w->options->random));
}

/* ---- Connecting
 * ------------------------------------------------------------------------------------ */

static enum tt_err beat(struct worker *w, struct tt_fault *fault)
{
    unsigned alive = 1;
    if (!w->options->locking || now(w).us < w->beat_due.us)
        return TT_OK;
    w->beat_due.us = now(w).us + w->options->lease_us / 3;
    return w->queue->heartbeat(w->queue->context, &alive, fault);
}

/* newest: the newest fence there is; 0: a queue that was away may have lost its counter. */
static enum tt_err reserve_fences(struct worker *w, int64_t newest, struct tt_fault *fault)
{
    const struct tt_store *store = w->options->store;
    if (!w->options->locking)
        return TT_OK;
    enum tt_err err = newest == 0 ? tt_fences_begin(&w->fences, store, fault)
                                  : tt_fences_extend(&w->fences, store, newest, fault);
    w->store_failed = err != TT_OK;
    if (tt_err_class(err) == TT_CLASS_RETRY || err == TT_OK)
        tell_store(w, err != TT_OK, fault->text);
    return err;
}

static enum tt_err connect_queue(struct worker *w, struct tt_fault *fault)
{
    unsigned partitions = 0;
    int64_t epoch = 0;
    enum tt_err err = w->queue->connect(w->queue->context, &partitions, &epoch, fault);
    if (err != TT_OK)
        return err;
    tt_assert(partitions >= 1 && partitions <= TT_PARTITIONS_MAX);
    w->beat_due.us = 0;
    w->asked_us = 0;
    w->carried = TT_OK;
    tt_fault_clear(&w->carry_fault);
    tt_applier_set_epoch(w->applier, epoch);
    return TT_OK;
}

/* ---- Batches
 * ---------------------------------------------------------------------------------------- */

/* Keeps the batch in hand while the store is away. */
static enum tt_err hold_on(struct worker *w, struct tt_fault *fault)
{
    bool lost = false;
    if (!w->options->locking || now(w).us < w->renew_due.us)
        return TT_OK;
    w->renew_due.us = now(w).us + w->options->lease_us / 3;
    enum tt_err err = beat(w, fault);
    if (err == TT_OK)
        err = w->queue->renew(w->queue->context, &lost, fault);
    return err == TT_OK && lost ? tt_fault_set(fault, TT_ERR_FENCED, "the lease has ended") : err;
}

/* Whether trying again has no sense any more: asked to stop for drain_us. */
static bool must_give_up(const struct worker *w, int64_t *stop_since_us)
{
    if (stopping(w) && *stop_since_us == 0)
        *stop_since_us = now(w).us;
    return *w->options->stop > 1 ||
           (*stop_since_us != 0 && now(w).us - *stop_since_us >= w->options->drain_us);
}

/* Class RETRY of the store is waited out here, with the batch in hand. */
static enum tt_err apply_patiently(struct worker *w, const struct tt_queue_batch *batch,
                                   int64_t read_started_us, const struct tt_poison **ret_poison,
                                   size_t *ret_count, struct tt_fault *fault)
{
    int64_t stop_since_us = 0;
    w->renew_due.us = now(w).us + w->options->lease_us / 3;
    for (;;) {
        uint64_t rows = 0;
        tt_fault_clear(fault);
        enum tt_err err = tt_applier_apply(w->applier, batch, read_started_us, ret_poison,
                                           ret_count, &rows, fault);
        if (tt_err_class(err) != TT_CLASS_RETRY) {
            if (err == TT_OK) {
                w->counts.rows += rows;
                tell_store(w, false, "");
                tt_backoff_reset(&w->backoff);
                tell(w, TT_OBSERVED_BATCH_APPLIED, (int64_t)rows, "");
            }
            return err;
        }
        if (TT_SABOTAGED(DROP_ON_RETRY))
            return TT_OK;
        tell_store(w, true, fault->text);
        if (must_give_up(w, &stop_since_us))
            return tt_fault_set(fault, err, "store"); /* others will do it */
        wait_backoff(w);
        tt_fault_clear(fault);
        err = hold_on(w, fault);
        if (err != TT_OK)
            return err;
    }
}

static enum tt_err set_aside(struct worker *w, const struct tt_queue_batch *batch,
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
    enum tt_err err = w->queue->park(w->queue->context, &parking, fault);
    if (err == TT_OK)
        tell(w, TT_OBSERVED_PARKED, (int64_t)poison->behind_count, "");
    return err;
}

static enum tt_err set_all_aside(struct worker *w, const struct tt_queue_batch *batch,
                                 const struct tt_poison *poison, size_t count,
                                 struct tt_fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        enum tt_err err = set_aside(w, batch, &poison[i], fault);
        if (err != TT_OK)
            return err;
        w->counts.dead++;
        tell(w, TT_OBSERVED_DEAD_LETTER, 1, poison[i].reason);
    }
    return TT_OK;
}

static enum tt_err handle_batch(struct worker *w, const struct tt_queue_batch *batch,
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
    if (err == TT_OK && w->carried != TT_OK)
        err = tt_fault_set(fault, w->carried, "%s", w->carry_fault.text);
    if (err == TT_OK)
        err = set_all_aside(w, batch, poison, poisoned, fault);
    if (err == TT_OK)
        err = w->queue->finish(w->queue->context, &lost, fault);
    if (err != TT_OK)
        return err;
    if (lost)
        tell(w, TT_OBSERVED_TURN_LOST, 0, "");
    w->counts.entries += batch->count;
    return TT_OK;
}

static int64_t wall(const struct worker *w)
{
    return w->options->clock->wall_us(w->options->clock->context);
}

/* In the middle of a batch: Redis and the store work at the same time. What fails is told when the
 * batch is applied. */
static void carry_on(void *context)
{
    struct worker *w = context;
    if (w->queue->carry_on != NULL && w->asked_us != 0 && w->carried == TT_OK)
        w->carried = w->queue->carry_on(w->queue->context, &w->carry_fault);
}

static enum tt_err ask_ahead(struct worker *w, struct tt_fault *fault)
{
    bool asked = false;
    int64_t now_us = wall(w);
    if (w->queue->prefetch == NULL || stopping(w))
        return TT_OK;
    enum tt_err err = w->queue->prefetch(w->queue->context, w->options->batch_max, w->fences.above,
                                         &asked, fault);
    w->asked_us = asked ? now_us : 0;
    w->asked_reserved = w->fences.reserved;
    w->asked_due.us = now(w).us + w->options->lease_us / 3;
    return err;
}

/* The batch before took long: what was asked for ahead has been held since. */
static enum tt_err keep_lease(struct worker *w, struct tt_fault *fault)
{
    bool lost = false;
    if (!w->options->locking || now(w).us < w->asked_due.us)
        return TT_OK;
    enum tt_err err = w->queue->renew(w->queue->context, &lost, fault);
    return err == TT_OK && lost ? tt_fault_set(fault, TT_ERR_FENCED, "the lease has ended") : err;
}

/* A fence was not reserved when the batch was asked for. */
static enum tt_err claim_again(struct worker *w, int64_t newest, struct tt_fault *fault)
{
    enum tt_err err = w->queue->give_back(w->queue->context, fault);
    return err == TT_OK ? reserve_fences(w, newest, fault) : err;
}

/* One claim and what follows; *ret_idle when there was nothing. */
static enum tt_err claim_once(struct worker *w, bool *ret_idle, struct tt_fault *fault)
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
        tell(w, TT_OBSERVED_ENTRIES_VANISHED, (int64_t)batch.vanished, "");
    w->counts.vanished += batch.vanished;
    *ret_idle = batch.count == 0;
    if (batch.count == 0)
        return TT_OK;
    int64_t newest = tt_fences_newest(&batch);
    if (newest > reserved)
        return claim_again(w, newest, fault);
    if (asked)
        err = keep_lease(w, fault);
    if (err == TT_OK)
        err = ask_ahead(w, fault);
    if (err == TT_OK)
        err = handle_batch(w, &batch, read_started_us, fault);
    return err == TT_OK && tt_fences_are_few(&w->fences, newest) ? reserve_fences(w, newest, fault)
                                                                 : err;
}

static enum tt_err is_finished(struct worker *w, bool *ret_finished, struct tt_fault *fault)
{
    struct tt_queue_backlog backlog;
    enum tt_err err = w->queue->backlog(w->queue->context, &backlog, fault);
    if (err == TT_OK)
        *ret_finished = backlog.unread == 0 && backlog.pending == 0;
    return err;
}

static int64_t idle_wait_ms(const struct worker *w)
{
    int64_t wait_ms = w->options->lease_us / 1000 / 4;
    if (wait_ms > IDLE_WAIT_MS_MAX)
        wait_ms = IDLE_WAIT_MS_MAX;
    if (w->options->until_idle && wait_ms > 50)
        wait_ms = 50; /* others may be finishing the last of it */
    return wait_ms < 1 ? 1 : wait_ms;
}

static enum tt_err go_round(struct worker *w, bool *ret_finished, struct tt_fault *fault)
{
    bool idle = true, soon = false;
    enum tt_err err = beat(w, fault);
    if (err == TT_OK)
        err = claim_once(w, &idle, fault);
    if (err == TT_OK && now(w).us >= w->trim_due.us) {
        err = w->queue->trim(w->queue->context, fault);
        w->trim_due.us = now(w).us + TRIM_EVERY_US;
    }
    if (err == TT_OK && w->options->beside.tend != NULL)
        soon = w->options->beside.tend(w->options->beside.context, idle);
    if (err != TT_OK || !idle)
        return err;
    if (w->options->until_idle)
        err = is_finished(w, ret_finished, fault);
    if (err == TT_OK && !*ret_finished)
        err = w->queue->wait(w->queue->context, soon ? SOON_MS : idle_wait_ms(w), fault);
    return err;
}

/* ---- The loop
 * --------------------------------------------------------------------------------------- */

static enum tt_err run_connected(struct worker *w, bool *ret_finished, struct tt_fault *fault)
{
    enum tt_err err = reserve_fences(w, 0, fault);
    while (err == TT_OK && !*ret_finished && !stopping(w)) {
        err = go_round(w, ret_finished, fault);
        if (err == TT_OK) /* not before: what connects may fail at the next call, and for long */
            tt_backoff_reset(&w->backoff);
        if (err == TT_ERR_FENCED) {
            tell(w, TT_OBSERVED_FENCED, 0, fault->text);
            tt_fault_clear(fault);
            w->asked_us = 0;
            err = w->queue->give_back(w->queue->context, fault);
            if (err == TT_OK)
                err = reserve_fences(w, 0, fault);
        }
    }
    return err;
}

static enum tt_err run(struct worker *w)
{
    bool finished = false;
    while (!finished && !stopping(w)) {
        struct tt_fault fault = {0};
        enum tt_err err = connect_queue(w, &fault);
        if (err == TT_OK) {
            if (w->queue_away)
                tell(w, TT_OBSERVED_QUEUE_BACK, 0, "");
            w->queue_away = false;
            err = run_connected(w, &finished, &fault);
        }
        if (err == TT_OK)
            continue;
        if (tt_err_class(err) != TT_CLASS_RETRY)
            return tt_fault_set(w->fault, err, "%s", fault.text);
        if (stopping(w))
            break;
        finished = false;
        if (!w->queue_away && !w->store_failed)
            tell(w, TT_OBSERVED_QUEUE_AWAY, 0, fault.text);
        w->queue_away = !w->store_failed;
        w->store_failed = false;
        wait_backoff(w);
    }
    return TT_OK;
}

enum tt_err tt_worker_run(const struct tt_worker_options *options,
                          struct tt_worker_counts *ret_counts, struct tt_fault *fault)
{
    struct worker w = {
        .options = options,
        .queue = options->queue,
        .backoff = {.first_us = FIRST_WAIT_US, .max_us = LONGEST_WAIT_US},
        .fault = fault,
    };
    const struct tt_applier_options applier = {
        .meanwhile = {&w, carry_on},
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
