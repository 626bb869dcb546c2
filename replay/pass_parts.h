/* Inside of a pass, shared by the files that make it up: feeder.c, partition.c, merge.c, pass.c. */
#ifndef TT_REPLAY_PASS_PARTS_H
#define TT_REPLAY_PASS_PARTS_H

#include "replay/blocks.h"
#include "replay/collector.h"
#include "replay/pass.h"

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

enum { TT_STORIES_DRAWN_MAX = 1000 }; /* stories whose lanes are kept in the report */

/* Judges every task of one partition. */
enum tt_err tt_partition_judge(struct tt_pass *pass, unsigned partition, struct tt_bench *bench,
                               struct tt_collector *collector,
                               struct tt_fault *fault) TT_MUST_CHECK;
/* Makes the report out of the collectors. */
enum tt_err tt_collectors_merge(struct tt_pass *pass, struct tt_fault *fault) TT_MUST_CHECK;

#endif
