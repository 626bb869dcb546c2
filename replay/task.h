/* One task under judgement: its events in arrival order, the timeline, and the space to work in.
 *
 * Everything borrows: events from the records, statuses from the pass's intern table, arrays from
 * the bench. Threads: a bench belongs to one thread and is used for one task after the other.
 */
#ifndef TT_REPLAY_TASK_H
#define TT_REPLAY_TASK_H

#include "core/base/mem.h"
#include "core/model/lifecycle.h"
#include "core/model/tenants.h"
#include "replay/finding.h"
#include "replay/intern.h"
#include "replay/record.h"
#include "replay/report.h"

/* An event of the task. */
struct tt_tev {
    int64_t time_us;                  /* event time */
    int64_t received_us;              /* TT_TIME_NONE where unknown */
    int64_t seq;                      /* valid when has_seq */
    int64_t apply_seq, applied_at_us; /* valid when has_applied */
    uint64_t arrival;                 /* 1-based ordinal in the input */
    const struct tt_rec *rec;         /* for its event id */
    struct tt_str source, stage;
    uint32_t status;       /* interned */
    int32_t state;         /* number in the lifecycle, TT_STATUS_UNKNOWN without */
    uint32_t duplicate_of; /* index of the original, or its own index */
    uint32_t time_rank;    /* place in the timeline; valid for originals once it is made */
    bool has_seq, has_applied, late, violates;
};

/* What must not change while tasks are judged. */
struct tt_rules {
    const struct tt_lifecycle_set *lifecycles; /* NULL: none given */
    const struct tt_intern *names;             /* statuses and types */
    /* state_of[lifecycle index][interned status]; status_of[lifecycle index][state]. */
    int32_t *const *state_of;
    uint32_t *const *status_of;
    bool ties_by_arrival;
    bool apply_by_arrival; /* the stored state follows arrival order, where a tenant does not say */
    const struct tt_tenants *tenants; /* NULL: none says */
    bool from_store;
    bool write_order; /* compare the write sequence, also where from_store is not set */
    int64_t now_us;   /* TT_TIME_NONE: no stuck check */
    int64_t max_future_us;
};

struct tt_task {
    struct tt_str tenant, task_id, type;  /* type of the first-arrived event, may be absent */
    uint32_t type_number;                 /* the type interned, or TT_REC_NO_TYPE */
    const struct tt_lifecycle *lifecycle; /* NULL: none for this task */
    size_t lifecycle_index;
    struct tt_tev *events; /* in arrival order, duplicates included */
    uint32_t event_count;
    uint32_t *originals; /* indices of events, in arrival order */
    uint32_t *timeline;  /* the same in time order */
    uint32_t original_count;
    uint32_t late_count, duplicate_count;
    uint64_t inversions, moves;
    uint32_t arrival_violations, time_violations;
    /* What the store holds; status absent: nothing. */
    struct tt_str stored_status;
    int64_t stored_event_time_us; /* TT_TIME_NONE: nothing */
    struct tt_interval *intervals;
    size_t interval_count;
};

/* Findings of the task in hand, and growing arrays that are used again for the next one. */
struct tt_bench {
    const struct tt_rules *rules;
    struct tt_arena arena; /* evidence of the task in hand: arrays, event ids */
    struct tt_finding *findings;
    size_t finding_count, finding_capacity;
    struct tt_tev *events;
    uint32_t *originals, *timeline, *work;
    size_t event_capacity, original_capacity, timeline_capacity, work_capacity;
    struct tt_interval *intervals; /* stored ones */
    size_t interval_capacity;
    int64_t *times; /* work space */
    size_t time_capacity;
    int *path;          /* TT_LIFECYCLE_STATUSES_MAX */
    bool out_of_memory; /* sticks; looked at once per task */
};

enum tt_err tt_bench_init(struct tt_bench *bench, const struct tt_rules *rules) TT_MUST_CHECK;
void tt_bench_done(struct tt_bench *bench);

/* The event's id as text, absent where there is none; in the bench's arena. Out of memory sticks.
 */
struct tt_str tt_bench_id(struct tt_bench *bench, const struct tt_tev *event);
/* A new finding about `event`, zeroed evidence; NULL when out of memory (which sticks in the
 * bench). */
struct tt_finding *tt_bench_found(struct tt_bench *bench, enum tt_kind kind,
                                  const struct tt_tev *event);
/* Work space for `count` numbers, NULL when out of memory. */
uint32_t *tt_bench_work(struct tt_bench *bench, size_t count);
int64_t *tt_bench_times(struct tt_bench *bench, size_t count);

static inline struct tt_str tt_status_text(const struct tt_bench *bench, uint32_t status)
{
    return tt_intern_text(bench->rules->names, status);
}

/* The steps of judging, in this order. Each adds its findings. */
void tt_task_find_duplicates(struct tt_task *task, struct tt_bench *bench); /* originals */
void tt_task_find_late(struct tt_task *task, struct tt_bench *bench); /* late, inversions, moves */
void tt_task_make_timeline(struct tt_task *task, struct tt_bench *bench); /* timeline, ties */
void tt_task_find_violations(struct tt_task *task,
                             struct tt_bench *bench); /* transitions, lost update, clock */
void tt_task_find_sequences(struct tt_task *task,
                            struct tt_bench *bench); /* gaps and disorder of seq */
void tt_task_find_clock(struct tt_task *task, struct tt_bench *bench); /* future and stuck */
void tt_task_compare_store(struct tt_task *task,
                           struct tt_bench *bench); /* state, intervals, apply order */

/* The event whose status the task's current state should have. */
const struct tt_tev *tt_task_state_from(const struct tt_task *task, const struct tt_rules *rules);

/* All of them; the findings stand in the bench in the order of checks.md. */
enum tt_err tt_task_judge(struct tt_task *task, struct tt_bench *bench,
                          enum tt_verdict *ret_verdict, struct tt_fault *fault) TT_MUST_CHECK;

/* How long a reorder buffer would have to hold original number i (in arrival order). False: not
 * counted. */
bool tt_task_hold_us(const struct tt_task *task, uint32_t i, const int64_t *largest_before,
                     int64_t *ret_us);

/* The task's events as lanes, at most `max`, in arrival order; returns how many. */
size_t tt_task_lanes(const struct tt_task *task, struct tt_bench *bench,
                     struct tt_lane_event *lanes, size_t max);

#endif
