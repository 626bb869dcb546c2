/* The queue: partitioned streams of events in order of arrival, and the lock that gives turns.
 *
 * Turn and lock. A worker holds a partition, and with it every task id in it, by a lease. While it
 * holds it, it alone reads the partition, oldest first: first what anybody has read and not
 * acknowledged, then what nobody has read. An event therefore has its turn exactly when every older
 * one of its id has been applied. Each holding has a fence, a number that only grows; the store
 * refuses what comes under an older one, so that a holder that was paused beyond its lease can do
 * no harm. Reading checks the holding in the same step.
 *
 * With locking off, everybody reads everything and order is lost; that is for showing what then
 * goes wrong.
 *
 * Errors of class RETRY mean: the outcome may be unknown, connect again and take the partitions
 * over again. Threads: one. Memory: entries borrow from the queue until its next tt_queue.read.
 */
#ifndef TT_PORT_QUEUE_H
#define TT_PORT_QUEUE_H

#include "core/base/err.h"
#include "core/base/str.h"

/* A raw entry as it was read. */
struct tt_queue_entry {
    unsigned partition;
    int64_t id_ms, id_seq;
    int64_t deliveries;    /* 1 and up */
    struct tt_str payload; /* the field "e"; absent when the entry has none */
};

struct tt_queue_batch {
    const struct tt_queue_entry *entries; /* per partition oldest first */
    size_t count;
    uint64_t vanished; /* pending entries whose content was gone: lost before we could read them */
};

struct tt_holding {
    unsigned partition;
    int64_t fence;
};

struct tt_queue_backlog {
    uint64_t unread;  /* entries nobody has read */
    uint64_t pending; /* read and not acknowledged */
};

struct tt_queue {
    void *context;

    /* (Re)connects and makes sure that streams and groups exist. Gives the number of partitions and
     * the epoch. After it, nothing is held. */
    enum tt_err (*connect)(void *context, unsigned *ret_partitions, int64_t *ret_epoch,
                           struct tt_fault *fault);

    /* Says that this worker is alive and how many are, this one included. */
    enum tt_err (*heartbeat)(void *context, unsigned *ret_alive, struct tt_fault *fault);

    /* Tries to take a partition for the lease; the fence will be above fence_min. *ret_taken false:
     * somebody else has it. Whatever was read and not acknowledged before is read again first. */
    enum tt_err (*take)(void *context, unsigned partition, int64_t fence_min,
                        struct tt_holding *ret_holding, bool *ret_taken, struct tt_fault *fault);
    /* Gives a partition back, if it is still ours. */
    enum tt_err (*release)(void *context, unsigned partition, struct tt_fault *fault);

    /* Reads up to `max` entries from the partitions held and renews their leases. A partition that
     * is no longer ours is dropped and named in `lost` (room for all partitions; *ret_lost how
     * many). */
    enum tt_err (*read)(void *context, size_t max, struct tt_queue_batch *ret_batch, unsigned *lost,
                        size_t *ret_lost, struct tt_fault *fault);
    /* Waits until there may be something to read in the partitions held, at most wait_ms. */
    enum tt_err (*wait)(void *context, int64_t wait_ms, struct tt_fault *fault);
    /* After the commit: these entries are done. */
    enum tt_err (*acknowledge)(void *context, const struct tt_queue_entry *entries, size_t count,
                               struct tt_fault *fault);
    /* Puts an entry on the dead-letter stream and acknowledges it, once however often it is
     * repeated. */
    enum tt_err (*bury)(void *context, const struct tt_queue_entry *entry, const char *reason,
                        const char *error, struct tt_fault *fault);
    /* Cuts streams below what is acknowledged. Called now and then. */
    enum tt_err (*trim)(void *context, struct tt_fault *fault);
    /* Over all partitions, counted by ourselves. */
    enum tt_err (*backlog)(void *context, struct tt_queue_backlog *ret_backlog,
                           struct tt_fault *fault);
    /* Gives everything back and disconnects. */
    void (*disconnect)(void *context);
};

#endif
