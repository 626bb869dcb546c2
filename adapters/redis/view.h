/* Looking at a queue from outside, and tending its dead letters: for people, not for workers.
 *
 * Threads: one. Nothing here creates a queue or takes part in reading it.
 */
#ifndef TT_ADAPTERS_REDIS_VIEW_H
#define TT_ADAPTERS_REDIS_VIEW_H

#include "core/base/err.h"
#include "core/base/str.h"

struct tt_redis_view;

struct tt_redis_view_options {
    const char *url;
    const char *password; /* borrowed; NULL: none */
    const char *prefix;
};

/* Connects. Errors: NOT_FOUND (no such queue on this server), INVALID, UNSUPPORTED, UNAVAILABLE,
 * DENIED, NO_MEMORY. Returns owned. */
enum tt_err tt_redis_view_open(const struct tt_redis_view_options *options,
                               struct tt_redis_view **ret_view,
                               struct tt_fault *fault) TT_MUST_CHECK;
void tt_redis_view_close(struct tt_redis_view *view);

/* ---- The fleet at a glance (view_status.c) ---- */

struct tt_fleet_partition {
    uint64_t unread;       /* entries nobody has read */
    uint64_t pending;      /* read and not acknowledged, but for what is parked */
    uint64_t stalled;      /* of these, for longer than stalled_ms */
    uint64_t dead;         /* dead letters */
    uint64_t applied;      /* completed since the queue exists: acknowledged after their commit */
    uint64_t failed;       /* became dead letters since then, requeued ones each time */
    int64_t oldest_age_ms; /* of the oldest entry not acknowledged and not parked; -1: none */
    uint64_t locked;       /* tasks that a worker holds */
    uint64_t parked;       /* tasks that wait until their dead letter is seen to */
    uint64_t behind;       /* entries of these, the dead ones among them */
};

struct tt_fleet_worker {
    char name[128];
    int64_t silent_ms; /* since its last heartbeat */
};

struct tt_fleet_status {
    unsigned partition_count;
    struct tt_fleet_partition *partitions; /* owned by the view, until the next look */
    struct tt_fleet_worker *workers;       /* likewise; by name */
    size_t worker_count;
    struct tt_fleet_partition total; /* sums; oldest_age_ms the largest */
};

/* Errors: those of the connection; NO_MEMORY. */
enum tt_err tt_redis_view_status(struct tt_redis_view *view, int64_t stalled_ms,
                                 struct tt_fleet_status *ret_status,
                                 struct tt_fault *fault) TT_MUST_CHECK;

/* ---- Dead letters (view_letters.c) ---- */

enum { TT_LETTER_ID_BYTES = 64 };

struct tt_dead_letter {
    char id[TT_LETTER_ID_BYTES]; /* "partition:ms-seq", what the functions below take */
    unsigned partition;
    struct tt_str entry_id, reason, error, payload; /* payload absent: the entry had none */
    bool parks; /* its task waits until it is requeued or dropped */
    int64_t tries;
    int64_t written_ms; /* when the entry was put on the queue */
};

/* Tells letters, per partition oldest first, at most `max`. The callback borrows; returning other
 * than TT_OK ends the scan with that code. */
enum tt_err tt_redis_view_letters(struct tt_redis_view *view, size_t max,
                                  enum tt_err (*letter)(void *context,
                                                        const struct tt_dead_letter *letter),
                                  void *context, struct tt_fault *fault) TT_MUST_CHECK;
/* Tells the one letter. Errors: INVALID (no such form of id), NOT_FOUND. */
enum tt_err tt_redis_view_letter(struct tt_redis_view *view, const char *id,
                                 enum tt_err (*letter)(void *context,
                                                       const struct tt_dead_letter *letter),
                                 void *context, struct tt_fault *fault) TT_MUST_CHECK;
/* Puts the letter's event at the end of its stream and takes the letter away, in one step. Where
 * its task is parked, the entry is tried again at its own place, and what waits behind it goes on
 * after it. Errors: INVALID, NOT_FOUND, REJECT (nothing in it to put there). */
enum tt_err tt_redis_view_requeue(struct tt_redis_view *view, const char *id,
                                  struct tt_fault *fault) TT_MUST_CHECK;
/* Takes the letter away for good; what waits behind it goes on. Errors: INVALID, NOT_FOUND. */
enum tt_err tt_redis_view_drop(struct tt_redis_view *view, const char *id,
                               struct tt_fault *fault) TT_MUST_CHECK;

#endif
