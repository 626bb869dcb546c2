/* Steps counted: what a lifecycle can be inferred from (replay/infer.h).
 *
 * A task teaches when there is no doubt about its order: duplicates taken out, its events arrived
 * in the order of their times, and no two of these are equal. Any other is counted as left out,
 * with the reason, and so are the statuses of its events.
 *
 * Threads: a learner belongs to one thread. tt_pass_learn puts the threads' learners together; the
 * result is the same whatever the number of threads.
 */
#ifndef TT_REPLAY_STEPS_H
#define TT_REPLAY_STEPS_H

#include "replay/task.h"

enum tt_counted {
    TT_COUNTED_BEGIN,    /* a task that begins with `to` */
    TT_COUNTED_STEP,     /* a step from `from` to `to` */
    TT_COUNTED_END,      /* a task whose last status is `from` */
    TT_COUNTED_UNUSED,   /* an event with status `to` in a task left out */
    TT_COUNTED_LATE,     /* a task left out: an event arrived after one with a later time */
    TT_COUNTED_TIE,      /* a task left out: events of equal time */
    TT_COUNTED_CONFLICT, /* a task left out: a copy of an event that is not equal to it */
};

struct tt_step_count {
    struct tt_str type;     /* task type; absent: tasks without one, or types are not told apart */
    struct tt_str from, to; /* statuses; absent where `what` has none */
    struct tt_str tenant, task_id; /* an example: the first of them to arrive */
    uint64_t arrival;              /* of the example's event, 1-based */
    uint64_t count;                /* how often */
    uint64_t tasks;                /* in how many tasks */
    enum tt_counted what;
};

/* Sorted by type (absent last), what, from, to, all bytewise. */
struct tt_step_counts {
    const struct tt_step_count *rows;
    size_t count;
};

/* ---- One thread's learner ---- */

struct tt_learned_step; /* one count on its way */

struct tt_learner {
    struct tt_arena arena; /* the examples' ids */
    struct tt_learned_step *steps;
    size_t step_count, step_capacity;
    uint32_t *slots; /* index + 1; 0 = empty; open addressing */
    size_t slot_count;
    uint64_t task; /* number of the task in hand, from 1 */
    bool by_type;
};

void tt_learner_init(struct tt_learner *learner, bool by_type);
void tt_learner_done(struct tt_learner *learner);
/* Counts one task's steps. Errors: NO_MEMORY; LIMIT: over TT_STEPS_MAX different steps. */
enum tt_err tt_learner_add(struct tt_learner *learner, struct tt_task *task, struct tt_bench *bench,
                           struct tt_fault *fault) TT_MUST_CHECK;
/* Adds another learner's counts. The examples' texts still belong to the other. */
enum tt_err tt_learner_join(struct tt_learner *learner, const struct tt_learner *other,
                            struct tt_fault *fault) TT_MUST_CHECK;
/* The counts, sorted; texts borrow from the learners and the names. Returns owned by tt_mem. */
enum tt_err tt_learner_rows(const struct tt_learner *learner, const struct tt_intern *names,
                            struct tt_step_count **ret_rows) TT_MUST_CHECK;

#endif
