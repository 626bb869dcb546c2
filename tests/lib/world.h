/* A worker's world without servers: ports that a test provides, and that fail as told. */
#ifndef TT_TESTS_LIB_WORLD_H
#define TT_TESTS_LIB_WORLD_H

#include "core/engine/worker.h"

enum { TT_WORLD_ENTRIES_MAX = 8, TT_WORLD_BEGINS_US = 60 * 1000 * 1000 };

/* One partition with a few entries, a store that fails as told, and a diary of what happened in
 * which order. */
struct tt_world {
    struct tt_queue_entry entries[TT_WORLD_ENTRIES_MAX];
    bool done[TT_WORLD_ENTRIES_MAX], read[TT_WORLD_ENTRIES_MAX];
    size_t count;
    size_t batch;                      /* entries a claim gives; 0: all */
    bool asks_ahead;                   /* there is a prefetch, and it is carried on with */
    bool peeks;                        /* prefetch asks for nothing, and carrying on does */
    bool asked;                        /* inside: the next batch is */
    bool stays;                        /* when nothing is left it waits, and is stopped then */
    int64_t stays_until_us;            /* but not before */
    unsigned partitions;               /* 0: one */
    unsigned trimmed, trimmed_at_once; /* in all, and the most in one call but the first */
    int64_t fence, fence_known, fence_known_next; /* next: from the second time asked, if not 0 */
    bool moves;                                   /* the next claim is of another server */
    bool lease_ends;                              /* found at the next renewal */
    bool lease_ends_ahead;                        /* likewise, once a batch was finished */
    int64_t now_us;
    int rows, uncommitted, buried;
    enum tt_err begin_fails, commit_fails, fence_fails, finish_fails, fence_known_fails,
        carry_fails;        /* once each */
    int commits_fail;       /* so many times more */
    int fences_known_fail;  /* likewise */
    const char *unstorable; /* a status that the store cannot hold */
    int64_t step_us;        /* how long writing a batch takes, or burying an entry */
    volatile int stop;
    bool park;  /* --on-dead park */
    bool watch; /* an observer handler notes what it sees */
    char diary[2000], buried_as[40], buried_why[100];
    char parked[200]; /* "tenant/task", and the id_seq of those that wait behind the letter */
};

/* Adds an entry; the payload is borrowed. */
void tt_world_add(struct tt_world *world, const char *payload);
/* Runs a worker until nothing is left. */
enum tt_err tt_world_run(struct tt_world *world, struct tt_worker_counts *counts);

#endif
