/* Inside of a pass, shared by the files that make it up: feeder.c, partition.c, plain.c, walk.c,
 * picture.c, merge.c, learn.c, pass.c. */
#ifndef TT_REPLAY_PASS_PARTS_H
#define TT_REPLAY_PASS_PARTS_H

#include "replay/blocks.h"
#include "replay/collector.h"
#include "replay/numbering.h"
#include "replay/pass.h"
#include "replay/recent.h"
#include "replay/steps.h"

/* Neighbouring pieces of the input, counted as one: the places of all their events are in the first
 * of them. */
struct tt_chunk_count {
    uint32_t chunk, last;
    uint64_t events;
};

enum { TT_FEEDER_PENDING = 8 }; /* a power of two */
/* An event on its way. */
struct tt_feeder_item {
    struct tt_rec_item item;
    struct tt_str task_type; /* a number is only needed for a head */
};

struct tt_feeder {
    struct tt_pass *pass;
    struct tt_feeder_item pending[TT_FEEDER_PENDING]; /* a ring */
    unsigned pending_next, pending_count;             /* the oldest, and how many */
    struct tt_blocks blocks;
    struct tt_recent recent;
    struct tt_intern_cache status_cache, type_cache;
    struct tt_origin_cache origin_cache;
    struct tt_namer namer;
    struct tt_chunk_count *chunks; /* the last one is open */
    size_t chunk_count, chunk_capacity;
    uint64_t ordinal;     /* events in the open chunk */
    uint64_t chunk_place; /* of its first event */
    bool picks;           /* not all events are wanted */
    uint64_t rejected;
};

/* A lifecycle as a table: one row per state to come from, the first row for the start. */
struct tt_steps {
    uint8_t *allowed; /* (states + 1) * states */
    size_t states;
};

/* What imported shards have in common (replay/shard.h). */
struct tt_imported {
    unsigned shards; /* 0: nothing was imported */
    uint64_t seen;   /* bit set of those that came */
    uint64_t rules;
    bool has_lifecycle, from_store;
    int64_t now_us;
    struct tt_str subject;
};

struct tt_pass {
    struct tt_pass_options options;
    struct tt_imported imported;
    struct tt_intern names; /* statuses and types */
    struct tt_origins origins;
    struct tt_dictionary dictionary; /* of tasks' names */
    struct tt_budget budget;
    struct tt_feeder **feeders;
    size_t feeder_count, feeder_capacity;
    struct tt_recent_slot *spare_slots; /* of a feeder that ended */
    struct tt_rules rules;
    struct tt_numbering numbering; /* and what is looked up of it all the time: */
    int32_t **state_of;            /* [lifecycle][interned status] */
    size_t lifecycle_count;
    uint32_t *lifecycle_of; /* [group][interned type + 1], [0] no type; lifecycle_count: none */
    size_t group_count;     /* of lifecycles */
    struct tt_steps *steps; /* [lifecycle] */
    uint64_t *chunk_base;   /* events in all chunks before */
    size_t chunk_base_count;
    atomic_uint next_partition;
    struct tt_collector *collectors; /* one per thread */
    size_t collector_count, collector_capacity;
    struct tt_learner *learners; /* one per thread */
    size_t learner_count;
    struct tt_step_counts learned;
    struct tt_report report;
    const struct tt_finding **findings;  /* of the collectors, in the report's order */
    const struct tt_report_task **tasks; /* of the collectors, in the report's order */
    struct tt_story *stories;
    struct tt_arena story_arena; /* lanes of listed stories */
    struct tt_arena picture_arena;
    struct tt_task_picture picture;
    struct tt_report_task picture_task;
    bool has_picture;
};

/* Index of the lifecycle for a tenant and an interned type (TT_REC_NO_TYPE: none), or
 * lifecycle_count. */
static inline size_t tt_pass_lifecycle_of(const struct tt_pass *pass, struct tt_str tenant,
                                          uint32_t type)
{
    size_t group =
        pass->group_count == 1 ? 0 : tt_lifecycle_group(pass->options.lifecycles, tenant);
    /* TT_REC_NO_TYPE + 1 is 0 */
    return pass->lifecycle_of[group * (pass->names.count + 1) + (uint32_t)(type + 1)];
}

/* Whether the lifecycle allows to go on from one known state to another, or to start there
 * (from TT_STATUS_UNKNOWN). */
static inline bool tt_step_is_plain(const struct tt_steps *steps, int32_t from, int32_t to)
{
    return steps->allowed[(size_t)(from + 1) * steps->states + (size_t)to] != 0;
}

enum { TT_STORIES_DRAWN_MAX = 250 }; /* stories of each verdict whose lanes the report keeps */

struct tt_partition; /* replay/partition_parts.h */

/* What one thread does with each task: judge it, or learn from it. */
struct tt_task_visit {
    void *context; /* the thread's own */
    enum tt_err (*task)(struct tt_pass *pass, void *context, struct tt_task *task,
                        struct tt_bench *bench, struct tt_fault *fault);
    /* Told before the tasks of a partition. NULL: nobody wants to know. */
    void (*partition)(void *context, uint32_t partition);
    /* Told behind the tasks of a partition: its records may be given up. NULL: they are freed once
     * all partitions are through. */
    void (*through)(struct tt_pass *pass, void *context, uint32_t partition);
    /* May see to a task without its being gathered, and return true. NULL: never. */
    bool (*quick)(struct tt_pass *pass, void *context, const struct tt_partition *part,
                  uint32_t task);
};

/* NULL: nothing. */
void tt_feeder_destroy(struct tt_feeder *feeder);

/* Numbers arrivals and statuses, sets the rules: once, when all has been fed. */
enum tt_err tt_pass_settle(struct tt_pass *pass, struct tt_fault *fault) TT_MUST_CHECK;
/* Visits every task, by as many threads as the options say; visits[t] is thread t's. */
enum tt_err tt_pass_walk(struct tt_pass *pass, const struct tt_task_visit *visits,
                         struct tt_fault *fault) TT_MUST_CHECK;
/* Keeps the wanted task whole. Only one task is judged then, so no other thread is here. */
enum tt_err tt_pass_keep_picture(struct tt_pass *pass, const struct tt_task *task,
                                 struct tt_bench *bench, enum tt_verdict verdict) TT_MUST_CHECK;

/* Judges every task: the collectors have what was found. */
enum tt_err tt_pass_judge(struct tt_pass *pass, struct tt_fault *fault) TT_MUST_CHECK;
/* INVALID where a shard has not come. */
enum tt_err tt_pass_all_imported(const struct tt_pass *pass, struct tt_fault *fault) TT_MUST_CHECK;

/* Makes the report out of the collectors. */
enum tt_err tt_collectors_merge(struct tt_pass *pass, struct tt_fault *fault) TT_MUST_CHECK;

#endif
