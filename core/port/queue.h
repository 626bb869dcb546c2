/* The queue: partitioned streams of events in order of arrival, and the locks that give turns.
 *
 * Asking ahead. While a batch is applied, the next one can be asked for. Then both are held:
 * renewing and giving back are about both, finishing is about the batch in hand alone. No task id
 * is in both.
 *
 * Turn and lock. A claim hands out entries and, in the same step, takes the lock of each task id
 * among them. An entry has its turn only when it is the oldest of its id that is not done: those
 * whose id somebody holds wait, and are handed on in order as soon as the holder finishes. The
 * batch in hand is held by one lease, which can be renewed; when it ends, what was in the batch
 * has its turn again, before anything newer of its ids. Each holding has a fence, a number that
 * only grows; the store refuses what comes under an older one than it knows of the task, so that a
 * holder that was paused beyond its lease can do no harm.
 *
 * With locking off, everybody reads everything and order is lost; that is for showing what then
 * goes wrong.
 *
 * Errors of class RETRY mean: the outcome may be unknown, connect again. Threads: one. Memory:
 * entries borrow from the queue until its next claim.
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
    int64_t fence;         /* of the holding of its id, 1 and up; 0 without locking */
};

struct tt_queue_batch {
    const struct tt_queue_entry *entries; /* per partition oldest first */
    size_t count;
    uint64_t vanished; /* pending entries whose content was gone: lost before we could read them */
    bool moved;        /* another server gave it than was asked when the queue was connected, or
                          when a claim told this the last time: its fences may have been given
                          before. It is to be given back, and new fences reserved from then on */
};

struct tt_queue_backlog {
    uint64_t unread;  /* entries nobody has read */
    uint64_t pending; /* read and not acknowledged, but for what is parked */
};

/* An entry that can never be applied, and its task, which is to wait until somebody has seen to it.
 */
struct tt_queue_parking {
    const struct tt_queue_entry *entry; /* of the batch in hand */
    const char *reason, *error;         /* as for bury */
    struct tt_str tenant, task_id;
    const struct tt_queue_entry *const *behind; /* later ones of the batch and of the task, which */
    size_t behind_count;                        /* have not been applied either */
};

struct tt_queue {
    void *context;

    /* (Re)connects and makes sure that streams and groups exist. Gives the number of partitions and
     * the epoch. After it nothing is in hand: what was, has been given back. */
    enum tt_err (*connect)(void *context, unsigned *ret_partitions, int64_t *ret_epoch,
                           struct tt_fault *fault);

    /* Says that this worker is alive and how many are, this one included. */
    enum tt_err (*heartbeat)(void *context, unsigned *ret_alive, struct tt_fault *fault);

    /* Takes up to `max` entries that have their turn; fences will be above fence_min. Only when
     * nothing is in hand. First comes what was asked for ahead. An empty batch does not mean that
     * nothing is there: see wait. */
    enum tt_err (*claim)(void *context, size_t max, int64_t fence_min,
                         struct tt_queue_batch *ret_batch, struct tt_fault *fault);
    /* The lease of what is in hand, or asked for, begins anew. *ret_lost: it had ended, for some or
     * all of it, and others may have it. */
    enum tt_err (*renew)(void *context, bool *ret_lost, struct tt_fault *fault);
    /* After the commit: the entries of the batch in hand are done, their ids free. *ret_lost: some
     * were not acknowledged, as their lease had ended; they come again, to somebody. While another
     * batch is asked for, this need not wait for the answer: an error or *ret_lost may then be
     * told by a later call. */
    enum tt_err (*finish)(void *context, bool *ret_lost, struct tt_fault *fault);
    /* What is in hand or was asked for is not done: the entries have their turn again at once. */
    enum tt_err (*give_back)(void *context, struct tt_fault *fault);
    /* Waits until there may be something to claim, at most wait_ms. */
    enum tt_err (*wait)(void *context, int64_t wait_ms, struct tt_fault *fault);
    /* Puts an entry of the batch in hand on the dead-letter stream and acknowledges it, once
     * however often it is repeated; nothing where its lease has ended. */
    enum tt_err (*bury)(void *context, const struct tt_queue_entry *entry, const char *reason,
                        const char *error, struct tt_fault *fault);
    /* Goes on by `count` partitions, and begins again behind the last one. Of those that are this
     * worker's share it cuts the streams below what is acknowledged, and tidies what dead workers
     * left there. Called between batches, which wait for it. */
    enum tt_err (*trim)(void *context, unsigned count, struct tt_fault *fault);
    /* Over all partitions, counted by ourselves. */
    enum tt_err (*backlog)(void *context, struct tt_queue_backlog *ret_backlog,
                           struct tt_fault *fault);
    /* Gives everything back and disconnects. */
    void (*disconnect)(void *context);
    /* As bury, but the entry, those behind it, and all that comes of the task wait, in order, and
     * nothing of it is handed out before the letter is requeued or dropped. They stay where they
     * are; finish does not acknowledge them. Only with locking. */
    enum tt_err (*park)(void *context, const struct tt_queue_parking *parking,
                        struct tt_fault *fault);
    /* Asks for the batch after the one in hand, as claim does, and does not wait for it;
     * *ret_asked: something may come. Where it is not known that there is anything yet, carry_on
     * may ask later. Leaves out what could be of a task id in hand. Optional (NULL). */
    enum tt_err (*prefetch)(void *context, size_t max, int64_t fence_min, bool *ret_asked,
                            struct tt_fault *fault);
    /* Goes on with what prefetch began, where that takes several steps; called some time after it,
     * as often as one likes, also never. Without `wait` it does as much as it can with the answers
     * that have come, a bounded part of it at a time; with it, it waits for them. *ret_asked: of
     * prefetch, or of this call: it may become true. Optional (NULL). */
    enum tt_err (*carry_on)(void *context, bool wait, bool *ret_asked, struct tt_fault *fault);
    /* As finish and then wait, in one step where that can be; only when no other batch is known to
     * be asked for. Where one turns out to be, it does not wait. Optional (NULL). */
    enum tt_err (*finish_and_wait)(void *context, int64_t wait_ms, bool *ret_lost,
                                   struct tt_fault *fault);
};

#endif
