/* Inside of a pass, shared by the files that make it up: feeder.c, partition.c, walk.c, picture.c,
 * merge.c, learn.c, pass.c. */
#ifndef TT_REPLAY_PASS_PARTS_H
#define TT_REPLAY_PASS_PARTS_H

#include "replay/blocks.h"
#include "replay/collector.h"
#include "replay/pass.h"
#include "replay/steps.h"

/* A piece of the input whose events have been counted. */
struct tt_chunk_count {
    uint32_t chunk;
    uint64_t events;
};

struct tt_feeder {
    struct tt_pass *pass;
    struct tt_blocks blocks;
    struct tt_intern_cache status_cache, type_cache;
    struct tt_chunk_count *chunks; /* the last one is open */
    size_t chunk_count, chunk_capacity;
    uint64_t ordinal; /* events in the open chunk */
    uint64_t rejected;
};

struct tt_pass {
    struct tt_pass_options options;
    struct tt_intern names; /* statuses and types */
    struct tt_budget budget;
    struct tt_feeder **feeders;
    size_t feeder_count, feeder_capacity;
    struct tt_rules rules;
    int32_t **state_of;   /* [lifecycle][interned status] */
    uint32_t **status_of; /* [lifecycle][state] */
    size_t lifecycle_count;
    uint64_t *chunk_base; /* events in all chunks before */
    size_t chunk_base_count;
    atomic_uint next_partition;
    struct tt_collector *collectors; /* one per thread */
    size_t collector_count;
    struct tt_learner *learners; /* one per thread */
    size_t learner_count;
    struct tt_step_counts steps;
    struct tt_report report;
    struct tt_finding *findings;
    struct tt_report_task *tasks;
    struct tt_story *stories;
    struct tt_arena story_arena; /* lanes of listed stories */
    struct tt_arena picture_arena;
    struct tt_task_picture picture;
    struct tt_report_task picture_task;
    bool has_picture;
};

enum { TT_STORIES_DRAWN_MAX = 250 }; /* stories of each verdict whose lanes the report keeps */

/* What one thread does with each task: judge it, or learn from it. */
struct tt_task_visit {
    enum tt_err (*task)(struct tt_pass *pass, void *context, struct tt_task *task,
                        struct tt_bench *bench, struct tt_fault *fault);
    void *context; /* the thread's own */
};

/* Numbers arrivals and statuses, sets the rules: once, when all has been fed. */
enum tt_err tt_pass_settle(struct tt_pass *pass, struct tt_fault *fault) TT_MUST_CHECK;
/* Visits every task, by as many threads as the options say; visits[t] is thread t's. */
enum tt_err tt_pass_walk(struct tt_pass *pass, const struct tt_task_visit *visits,
                         struct tt_fault *fault) TT_MUST_CHECK;
/* Visits every task of one partition. */
enum tt_err tt_partition_walk(struct tt_pass *pass, unsigned partition, struct tt_bench *bench,
                              const struct tt_task_visit *visit,
                              struct tt_fault *fault) TT_MUST_CHECK;
/* Keeps the wanted task whole. Only one task is judged then, so no other thread is here. */
enum tt_err tt_pass_keep_picture(struct tt_pass *pass, const struct tt_task *task,
                                 const struct tt_bench *bench,
                                 enum tt_verdict verdict) TT_MUST_CHECK;
/* Makes the report out of the collectors. */
enum tt_err tt_collectors_merge(struct tt_pass *pass, struct tt_fault *fault) TT_MUST_CHECK;

#endif
