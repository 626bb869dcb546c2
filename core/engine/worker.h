/* The worker: one member of the fleet. Claims batches of events that have their turn, applies them,
 * and goes on until it is asked to stop or, on demand, until nothing is left.
 *
 * Threads: one. Errors that pass (queue or store away, disk full) are waited out; what can never
 * succeed for one entry makes it a dead letter; what can never succeed at all ends the worker with
 * the fault.
 */
#ifndef TT_ENGINE_WORKER_H
#define TT_ENGINE_WORKER_H

#include "core/engine/applier.h"
#include "core/port/random.h"

/* Something else that goes on beside the worker's own work: called every round, at least twice a
 * second while it is idle, and much sooner where it returned true. tend NULL: nothing. */
struct tt_beside {
    void *context;
    bool (*tend)(void *context, bool idle);
};

struct tt_worker_options {
    const struct tt_queue *queue;
    const struct tt_store *store;
    const struct tt_clock *clock;
    const struct tt_random *random;
    const struct tt_observer *observer;
    struct tt_str name;
    size_t batch_max; /* entries per transaction */
    int64_t lease_us;
    int64_t drain_us; /* how long to try finishing the batch in hand after being asked to stop */
    bool locking;
    bool until_idle;
    bool apply_by_arrival; /* where a tenant does not say */
    bool park;             /* likewise: a task that has a dead letter waits; only with locking */
    struct tt_tenant_source tenants;
    int json_depth_max;
    const struct tt_event_observer *observers; /* borrowed */
    size_t observer_count;
    struct tt_beside beside;
    const volatile int *stop; /* set by a signal: 1 drain, 2 at once */
};

struct tt_worker_counts {
    uint64_t entries, rows, dead, vanished;
};

enum tt_err tt_worker_run(const struct tt_worker_options *options,
                          struct tt_worker_counts *ret_counts,
                          struct tt_fault *fault) TT_MUST_CHECK;

#endif
