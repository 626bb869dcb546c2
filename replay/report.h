/* A report: everything one full pass found, ready to be rendered. Made by replay/pass.h.
 *
 * Memory: all text and arrays belong to the pass that made the report. Threads: immutable once
 * made.
 */
#ifndef TT_REPLAY_REPORT_H
#define TT_REPLAY_REPORT_H

#include "core/base/time.h"
#include "replay/finding.h"
#include <stdbool.h>

enum tt_verdict {
    TT_VERDICT_CLEAN,
    TT_VERDICT_REORDERED,
    TT_VERDICT_CLOCK_SUSPECT,
    TT_VERDICT_VIOLATION,
    TT_VERDICT_COUNT
};
const char *tt_verdict_name(enum tt_verdict verdict);

/* Nearest-rank quantiles in microseconds; `count` 0 means quantiles of nothing (null). */
struct tt_quantiles {
    uint64_t count;
    int64_t p50, p90, p99, p999, max;
};

/* Counts of late events by powers of ten of lateness: < 1 ms, < 10 ms, ... see
 * tt_lateness_bucket_us. */
enum { TT_LATENESS_BUCKETS = 12 };
/* Upper bound (exclusive) of a bucket; the last one is unbounded (INT64_MAX). */
int64_t tt_lateness_bucket_us(int bucket);

struct tt_summary {
    uint64_t events, rejected, tasks;
    uint64_t kinds[TT_KIND_COUNT];
    uint64_t verdicts[TT_VERDICT_COUNT];
    /* The 2 x 2 table by the orders alone: [legal in arrival order][legal in time order]. */
    uint64_t legal[2][2];
    uint64_t explained_by_reordering;
    uint64_t inversions, moves;
    uint64_t without_lifecycle; /* tasks nothing could be judged of */
    struct tt_quantiles lateness, watermark, hold;
    uint64_t lateness_buckets[TT_LATENESS_BUCKETS];
    int64_t first_event_time_us, last_event_time_us; /* TT_TIME_NONE where there are no events */
};

/* A task that has findings. */
struct tt_report_task {
    struct tt_str tenant, task_id, task_type; /* type may be absent */
    enum tt_verdict verdict;
    uint32_t story;       /* index into stories, or TT_STORY_OTHER */
    size_t first_finding; /* findings[first_finding .. + finding_count) */
    size_t finding_count;
    uint64_t events;
};

/* One event in a story or a task's picture. */
struct tt_lane_event {
    struct tt_str status;
    struct tt_str event_id, source;        /* may be absent */
    uint64_t arrival;                      /* 1-based ordinal in the whole input */
    uint32_t arrival_rank, time_rank;      /* 0-based place in the task's two orders */
    int64_t event_time_us, received_at_us; /* received: TT_TIME_NONE where unknown */
    int64_t applied_at_us;                 /* from a store; TT_TIME_NONE otherwise */
    int64_t seq;
    bool has_seq;
    bool late;
    bool violates;  /* the step into it, in time order, is a violation */
    bool duplicate; /* not an original: has no time_rank */
};

/* A story (variant): the tasks that have the same statuses in the same two orders, and the same
 * verdict. */
struct tt_story {
    enum tt_verdict verdict;
    enum tt_severity severity; /* the worst of its findings */
    uint64_t tasks;            /* how many tasks tell it */
    uint32_t example;          /* index into tasks: the first in order of tenant, task_id */
    uint32_t kinds;            /* bit set of enum tt_kind over its tasks */
    const struct tt_lane_event
        *events; /* of the example, in arrival order; long tasks are cut to TT_STORY_EVENTS_MAX;
                    NULL for all but the first few hundred stories of a verdict */
    size_t event_count;
    uint64_t example_events; /* before the cut */
};
enum { TT_STORY_EVENTS_MAX = 64 };
#define TT_STORY_OTHER UINT32_MAX

struct tt_report {
    struct tt_summary summary;
    const struct tt_finding *const
        *findings; /* sorted by tenant, task_id, arrival, kind, first_missing */
    size_t finding_count;
    const struct tt_report_task *const
        *tasks; /* sorted by tenant, task_id; tasks without findings are not here */
    size_t task_count;
    const struct tt_story
        *stories; /* worst verdict, then severity, then most tasks, then example */
    size_t story_count;
    uint64_t other_tasks; /* tasks with findings whose story is not listed: there were too many
                             stories */
    bool has_lifecycle;   /* a lifecycle file was given */
    bool from_store;      /* store checks were made */
    int64_t now_us;       /* --now, or TT_TIME_NONE */
};

/* One task in full, for replay and check --task: every event, both orders, and its findings. */
struct tt_task_picture {
    const struct tt_report_task
        *task; /* its findings stand in `report`; also set when there are none */
    const struct tt_report *report;
    const struct tt_lane_event *events; /* in arrival order, duplicates included */
    size_t event_count;
    uint32_t inversions;
    /* What replaying says the state is. */
    struct tt_str replayed_status;
    int64_t replayed_since_us;
    /* What the store holds; absent / TT_TIME_NONE where there is no store or no row. */
    struct tt_str stored_status;
    int64_t stored_event_time_us;
    /* Last status by arrival: what last-write-wins would keep. */
    struct tt_str arrival_final_status;
};

#endif
