/* A lifecycle inferred from counted steps: what is usual is kept, what is rare becomes a question.
 *
 * A stay is one time a task was in a status. A step from A to B, or a beginning with B (a step from
 * nowhere: its stays are the tasks), is
 *   kept       at least min_share of the stays in A went on so,
 *   kept, rare fewer did, but the step is one of the usual ways into B: at least min_share of the
 *              stays in B came so, in TT_INFER_TASKS_MIN tasks or more (that is how a status looks
 *              that is seldom itself, such as TIMEOUT),
 *   left out   else,
 *   cut off    kept by these rules, but no way of kept steps leads to A from a beginning.
 * A status is terminal when at least half of its stays are the last of their task.
 *
 * Ownership: the set owns everything but the texts, which borrow from the counts. Threads: a set is
 * immutable once made.
 */
#ifndef TT_REPLAY_INFER_H
#define TT_REPLAY_INFER_H

#include "replay/steps.h"

enum { TT_INFER_TASKS_MIN = 3, TT_SHARE_WHOLE = 1000000 };

struct tt_inferred_status {
    struct tt_str name;
    uint64_t stays;  /* in tasks that taught */
    uint64_t ends;   /* stays that are the last of their task */
    uint64_t unused; /* events with this status in tasks that were left out */
    bool known;      /* stands in the lifecycle */
    bool initial, terminal;
    size_t place; /* in `known`, valid where known is set */
};

enum tt_inference { TT_INFERRED_KEPT, TT_INFERRED_RARE, TT_INFERRED_LEFT_OUT, TT_INFERRED_CUT_OFF };

struct tt_inferred_step {
    const struct tt_inferred_status *from; /* NULL: tasks begin with `to` */
    const struct tt_inferred_status *to;
    const struct tt_step_count *counted; /* how often, in how many tasks, an example */
    enum tt_inference what;
};

struct tt_inferred {
    struct tt_str type;                  /* absent: "*" */
    struct tt_inferred_status *statuses; /* all that were seen, by name */
    size_t status_count;
    struct tt_inferred_status **known; /* those of the lifecycle, as found on the way from the
                                          usual beginning on, the usual steps first */
    size_t known_count;
    struct tt_inferred_step *steps; /* beginnings first, then by place of `from` (unknown last), the
                                       most frequent first */
    size_t step_count;
    uint64_t tasks, stays;                               /* that taught */
    const struct tt_step_count *late, *ties, *conflicts; /* tasks left out; NULL: none */
};

struct tt_inferred_set {
    struct tt_arena arena;
    struct tt_inferred *lifecycles; /* by type, the one without a type last */
    size_t count;
};

/* min_share: parts in TT_SHARE_WHOLE. Errors: NO_MEMORY; LIMIT: over TT_LIFECYCLE_STATUSES_MAX
 * statuses in a lifecycle. Call tt_inferred_done in any case. */
enum tt_err tt_infer(const struct tt_step_counts *counts, uint32_t min_share,
                     struct tt_inferred_set *ret_set, struct tt_fault *fault) TT_MUST_CHECK;
void tt_inferred_done(struct tt_inferred_set *set);

/* What a step's share is of: the stays in `from`, or all tasks. */
uint64_t tt_inferred_stays(const struct tt_inferred *inferred, const struct tt_inferred_step *step);
uint64_t tt_inferred_left_out(const struct tt_inferred *inferred); /* tasks that did not teach */

#endif
