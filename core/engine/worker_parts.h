/* Inside of the worker: worker.c (connecting, and the loop), worker_batch.c. */
#ifndef TT_CORE_ENGINE_WORKER_PARTS_H
#define TT_CORE_ENGINE_WORKER_PARTS_H

#include "core/engine/backoff.h"
#include "core/engine/fences.h"
#include "core/engine/worker.h"

enum { TT_WORKER_SOON_MS = 10 };

struct tt_worker {
    const struct tt_worker_options *options;
    const struct tt_queue *queue;
    struct tt_applier *applier;
    struct tt_worker_counts counts;
    struct tt_backoff backoff;
    struct tt_fences fences;
    struct tt_mono beat_due; /* heartbeat */
    struct tt_mono renew_due;
    int64_t trimmed_us; /* up to when partitions were trimmed */
    unsigned partition_count;
    int64_t asked_us; /* wall time at which the next batch was asked for ahead; 0: it was not */
    struct tt_mono asked_due; /* when that batch needs its lease renewed */
    bool may_ask;             /* in the course of this batch, if it was not */
    enum tt_err carried;      /* what came of carrying on with that */
    struct tt_fault carry_fault;
    int64_t asked_reserved; /* fences that had been reserved then */
    bool queue_away, store_away;
    bool store_failed; /* the store, not the queue, made us connect again */
    struct tt_fault *fault;
};

static inline struct tt_mono tt_worker_now(const struct tt_worker *w)
{
    return w->options->clock->mono(w->options->clock->context);
}

static inline void tt_worker_tell(const struct tt_worker *w, enum tt_observation what,
                                  int64_t number, const char *text)
{
    w->options->observer->tell(w->options->observer->context, what, number, text);
}

static inline bool tt_worker_stopping(const struct tt_worker *w)
{
    return *w->options->stop != 0;
}

/* worker.c */
void tt_worker_tell_store(struct tt_worker *w, bool away, const char *text);
void tt_worker_wait_backoff(struct tt_worker *w);
/* Where it is due. */
enum tt_err tt_worker_beat(struct tt_worker *w, struct tt_fault *fault);
/* newest: the newest fence there is; 0: a queue that was away may have lost its counter. */
enum tt_err tt_worker_reserve_fences(struct tt_worker *w, int64_t newest, struct tt_fault *fault);
/* worker_batch.c */
/* One claim and what follows; *ret_idle when there was nothing. */
enum tt_err tt_worker_claim_once(struct tt_worker *w, bool *ret_idle, struct tt_fault *fault);
/* In the middle of a batch: Redis and the store work at the same time. What fails is told when the
 * batch is applied, or given up. */
void tt_worker_carry_on(void *worker, bool last);
/* Between the many steps that a batch with much to set aside takes: its lease is renewed where that
 * is due. What fails is told by what comes next. */
void tt_worker_stay_on(void *worker);

#endif
