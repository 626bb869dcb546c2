/* What one judging thread has found so far: findings with their text copied, the tasks that have
 * them, the stories these tell, and the numbers for the summary. Collectors of several threads are
 * put together in replay/merge.h. Threads: one each. */
#ifndef TT_REPLAY_COLLECTOR_H
#define TT_REPLAY_COLLECTOR_H

#include "replay/task.h"

/* Values of which quantiles are wanted: the positive ones in a list, the zeros counted. */
struct tt_values {
    int64_t *values; /* owned */
    size_t count, capacity;
    uint64_t zeros;
};
enum tt_err tt_values_add(struct tt_values *values, int64_t value) TT_MUST_CHECK;
/* Errors: NO_MEMORY. */
enum tt_err tt_values_append(struct tt_values *to, const struct tt_values *from) TT_MUST_CHECK;
/* Nearest-rank quantiles; changes the order of the list. */
struct tt_quantiles tt_values_quantiles(struct tt_values *values);

/* One event of a story's example, without the text that may be long. */
struct tt_step_of_story {
    int64_t event_time_us, received_at_us, applied_at_us, seq;
    uint64_t arrival;
    uint32_t status, time_rank;
    bool has_seq, late, violates, duplicate;
};

struct tt_story_found {
    uint64_t hash;
    uint64_t tasks;
    uint64_t event_count;           /* of each task that tells it */
    struct tt_step_of_story *steps; /* min(event_count, TT_STORY_EVENTS_MAX) */
    size_t example;                 /* index into the collector's tasks */
    uint32_t kinds;
    uint32_t partition; /* in which it was told last */
    enum tt_verdict verdict;
    enum tt_severity severity;
};

/* Different stories that a partition may tell; tasks that tell more are counted without one. The
 * bound is one of partitions because these are the same whatever the number of threads. */
enum { TT_STORIES_OF_PARTITION_MAX = 1024 };

/* A task with findings. */
struct tt_found_task {
    struct tt_report_task task; /* story: index into the collector's, or TT_STORY_OTHER */
    struct tt_finding *findings;
    size_t number; /* index into the collector's tasks */
};

struct tt_collector {
    struct tt_arena arena;
    struct tt_found_task **tasks; /* they and their findings stand in the arena */
    size_t task_count, task_capacity;
    struct tt_story_found *stories;
    size_t story_count, story_capacity;
    uint32_t *story_slots; /* index + 1; open addressing, a power of two */
    size_t story_slot_count;
    uint32_t partition, partition_stories; /* in hand, and its different stories so far */
    struct tt_values late, hold;
    uint64_t on_time; /* originals that are not late */
    uint64_t events, tasks_seen, without_lifecycle, inversions, moves, explained;
    uint64_t kinds[TT_KIND_COUNT], verdicts[TT_VERDICT_COUNT], legal[2][2];
    uint64_t lateness_buckets[TT_LATENESS_BUCKETS];
    int64_t first_time_us, last_time_us;
};

void tt_collector_init(struct tt_collector *collector);
void tt_collector_done(struct tt_collector *collector);

/* The tasks that follow are of this partition; told once for each. */
void tt_collector_partition(struct tt_collector *collector, uint32_t partition);

/* Takes over what judging the task found. Errors: NO_MEMORY. */
enum tt_err tt_collector_add(struct tt_collector *collector, const struct tt_task *task,
                             struct tt_bench *bench, enum tt_verdict verdict,
                             struct tt_fault *fault) TT_MUST_CHECK;

/* Counts a task about which no rule says anything: its events, those of which the time of receipt
 * is known, its first and last event time. */
void tt_collector_add_plain(struct tt_collector *collector, uint32_t events, uint32_t holds,
                            bool has_lifecycle, int64_t first_us, int64_t last_us);

/* The worst severity among kinds (a bit set). */
enum tt_severity tt_kinds_severity(uint32_t kinds);
/* Whether two stories are the same story. */
bool tt_story_same(const struct tt_story_found *a, const struct tt_story_found *b);

#endif
