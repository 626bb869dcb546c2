/* Inside of a pass, shared by the files that make it up: feeder.c, partition.c, merge.c, pass.c. */
#ifndef TT_REPLAY_PASS_PARTS_H
#define TT_REPLAY_PASS_PARTS_H

#include "replay/blocks.h"
#include "replay/collector.h"
#include "replay/pass.h"
#include "replay/recent.h"

/* A piece of the input whose events have been counted. */
struct tt_chunk_count {
    uint32_t chunk;
    uint64_t events;
};

enum { TT_FEEDER_PENDING = 8 }; /* a power of two */

struct tt_feeder {
    struct tt_pass *pass;
    struct tt_rec_item pending[TT_FEEDER_PENDING]; /* a ring */
    unsigned pending_next, pending_count;          /* the oldest, and how many */
    struct tt_blocks blocks;
    struct tt_recent recent;
    struct tt_intern_cache status_cache, type_cache;
    struct tt_origin_cache origin_cache;
    struct tt_chunk_count *chunks; /* the last one is open */
    size_t chunk_count, chunk_capacity;
    uint64_t ordinal; /* events in the open chunk */
    uint64_t rejected;
};

/* A lifecycle as a table: one row per state to come from, the first row for the start. */
struct tt_steps {
    uint8_t *allowed; /* (states + 1) * states */
    size_t states;
};

struct tt_pass {
    struct tt_pass_options options;
    struct tt_intern names; /* statuses and types */
    struct tt_origins origins;
    struct tt_budget budget;
    struct tt_feeder **feeders;
    size_t feeder_count, feeder_capacity;
    struct tt_rules rules;
    int32_t **state_of;   /* [lifecycle][interned status] */
    uint32_t **status_of; /* [lifecycle][state] */
    size_t lifecycle_count;
    uint32_t *lifecycle_of; /* [interned type + 1], [0] without a type; lifecycle_count: none */
    struct tt_steps *steps; /* [lifecycle] */
    uint64_t *chunk_base;   /* events in all chunks before */
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

/* Index of the lifecycle for an interned type (TT_REC_NO_TYPE: none), or lifecycle_count. */
static inline size_t tt_pass_lifecycle_of(const struct tt_pass *pass, uint32_t type)
{
    return pass->lifecycle_of[type + 1]; /* TT_REC_NO_TYPE + 1 is 0 */
}

/* Whether the lifecycle allows to go on from one known state to another, or to start there
 * (from TT_STATUS_UNKNOWN). */
static inline bool tt_step_is_plain(const struct tt_steps *steps, int32_t from, int32_t to)
{
    return steps->allowed[(size_t)(from + 1) * steps->states + (size_t)to] != 0;
}

enum { TT_STORIES_DRAWN_MAX = 1000 }; /* stories whose lanes are kept in the report */

/* Makes the report out of the collectors. */
enum tt_err tt_collectors_merge(struct tt_pass *pass, struct tt_fault *fault) TT_MUST_CHECK;

#endif
