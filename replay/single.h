/* One task judged alone, event by event: for whoever has its history in hand and wants to know what
 * the checks say of each event. The checks are those of a full pass; what a pass alone can know is
 * left out: comparing with a store's state, and tasks stuck at a time.
 *
 *   tt_single_create -> for each task: tt_single_begin, tt_single_add ..., tt_single_judge ...
 *
 * Threads: one. Memory: about 300 bytes an event of the longest task, and the different statuses.
 */
#ifndef TT_REPLAY_SINGLE_H
#define TT_REPLAY_SINGLE_H

#include "core/model/event.h"
#include "core/model/lifecycle.h"
#include "replay/report.h"

struct tt_single;

struct tt_single_options {
    const struct tt_lifecycle_set *lifecycles; /* borrowed; NULL: none */
    bool ties_by_arrival;
    int64_t max_future_us;
};

enum tt_legality { TT_LEGALITY_NOT_JUDGED, TT_LEGALITY_ALLOWED, TT_LEGALITY_VIOLATION };

struct tt_single_event {
    uint32_t arrival_rank; /* 0-based, duplicates counted */
    uint32_t time_rank;    /* 0-based place among the originals; not of a duplicate */
    bool late, duplicate;
    int64_t lateness_us;           /* 0: not late */
    enum tt_legality transition;   /* the start or step into it, in time order */
    struct tt_str previous_status; /* in time order; absent: it is the first, or a duplicate */
};

struct tt_single_task {
    enum tt_verdict verdict;
    const struct tt_single_event *events; /* those judged, in the order of adding */
    size_t event_count;
    const struct tt_finding *findings; /* by arrival, kind, first_missing */
    size_t finding_count;
};

/* Errors: NO_MEMORY. Returns owned. */
enum tt_err tt_single_create(const struct tt_single_options *options, struct tt_single **ret_single,
                             struct tt_fault *fault) TT_MUST_CHECK;
void tt_single_destroy(struct tt_single *single);

/* Forgets the task before. */
void tt_single_begin(struct tt_single *single);
/* The task's next event in arrival order. `number` is what findings call it by (their arrival);
 * apply_seq is its place in the write sequence. Texts must stay until the next begin. Errors:
 * NO_MEMORY. */
enum tt_err tt_single_add(struct tt_single *single, const struct tt_event *event, uint64_t number,
                          int64_t apply_seq, struct tt_fault *fault) TT_MUST_CHECK;
/* Judges the events whose apply_seq is not above apply_seq_max, of which there is at least one. The
 * answer is valid until the next call. Errors: NO_MEMORY. */
enum tt_err tt_single_judge(struct tt_single *single, int64_t apply_seq_max,
                            struct tt_single_task *ret_task, struct tt_fault *fault) TT_MUST_CHECK;

#endif
