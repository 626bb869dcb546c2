/* The numbers of holdings that this worker may use.
 *
 * The queue counts them, and a queue that loses its newest commands counts some of them again. So
 * the store is asked first: a number is used only where the store had reserved it before the claim
 * was sent, and whoever connects to the queue takes a step of numbers of its own above all that
 * were reserved so far. A loss breaks all connections. So a number that was given after a loss is
 * above each one that anybody used before it, however often the queue loses its counter.
 * Threads: one. */
#ifndef TT_ENGINE_FENCES_H
#define TT_ENGINE_FENCES_H

#include "core/port/queue.h"
#include "core/port/store.h"

struct tt_fences {
    int64_t above;    /* new holdings must be above it, */
    int64_t reserved; /* and not above this */
};

/* After the queue was connected, or a write was refused. Errors: those of the store. */
enum tt_err tt_fences_begin(struct tt_fences *fences, const struct tt_store *store,
                            struct tt_fault *fault) TT_MUST_CHECK;
/* `newest` and half a step more may be used from now on. Errors: those of the store. */
enum tt_err tt_fences_extend(struct tt_fences *fences, const struct tt_store *store, int64_t newest,
                             struct tt_fault *fault) TT_MUST_CHECK;
/* Whether `newest` is so near the end that it is time to extend. */
bool tt_fences_are_few(const struct tt_fences *fences, int64_t newest);
/* The newest number in the batch; 0 without locking. */
int64_t tt_fences_newest(const struct tt_queue_batch *batch);

#endif
