/* The applier: one batch of entries becomes audit rows and state, in one transaction.
 *
 * Guarantees: after TT_OK every entry of the batch has exactly one audit row, whatever was tried
 * before, but for what its tenant does not want audited, for those that are named as poison (what
 * does not decode, and what the store can never take), and for those that wait behind such a one.
 * Within a task rows are written in the order of the batch. The tables hold what they would if
 * every entry had been a batch of its own.
 *
 * After an error nothing of the batch is in the store, or all of it (the outcome of the commit is
 * unknown), or, where the store refused an entry, what stands before some entry of the batch.
 * Applying the batch again finds what is there.
 *
 * Threads: one. Memory: that of a batch is used again for the next.
 */
#ifndef TT_ENGINE_APPLIER_H
#define TT_ENGINE_APPLIER_H

#include "core/engine/decoding.h"
#include "core/handlers/event_observer.h"
#include "core/port/clock.h"
#include "core/port/observer.h"
#include "core/port/queue.h"
#include "core/port/store.h"

struct tt_applier;

/* What the tenants want, asked before every batch: it may change while the worker runs. The set
 * stays valid until it is asked again. now NULL: all is wanted. */
struct tt_tenant_source {
    void *context;
    const struct tt_tenants *(*now)(void *context);
};

struct tt_applier_options {
    const struct tt_store *store;
    const struct tt_clock *clock;
    const struct tt_observer *observer;
    struct tt_str worker;  /* name, goes into the rows; borrowed */
    bool apply_by_arrival; /* the state follows arrival order, where a tenant does not say */
    /* Where a tenant does not say: what comes of a task behind an entry that can never be applied
     * is not applied, but named with that entry. */
    bool park;
    bool can_park; /* false: whatever anybody says, it goes on */
    struct tt_tenant_source tenants;
    const struct tt_event_observer *observers; /* told in this order; borrowed */
    size_t observer_count;
    struct tt_store_meanwhile meanwhile;
    /* Called between the transactions of a batch that takes several, so that the lease of the batch
     * does not end while they go on. */
    void *between_context;
    void (*between)(void *context);
    int json_depth_max;
};

enum tt_err tt_applier_create(const struct tt_applier_options *options,
                              struct tt_applier **ret_applier,
                              struct tt_fault *fault) TT_MUST_CHECK;
void tt_applier_destroy(struct tt_applier *applier);

/* The queue's epoch, for the keys of rows. Once before the first batch, and whenever the queue says
 * another. */
void tt_applier_set_epoch(struct tt_applier *applier, int64_t epoch);

/* Gives the
 * entries that can never be applied (borrowed until the next call) and the number of rows written.
 * Errors: those of the store; NO_MEMORY. */
enum tt_err tt_applier_apply(struct tt_applier *applier, const struct tt_queue_batch *batch,
                             int64_t read_started_at_us, const struct tt_poison **ret_poison,
                             size_t *ret_poison_count, uint64_t *ret_rows,
                             struct tt_fault *fault) TT_MUST_CHECK;

#endif
