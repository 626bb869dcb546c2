/* Inside of judging a partition: one thread's tables, used for one partition after the other. */
#ifndef TT_REPLAY_PARTITION_PARTS_H
#define TT_REPLAY_PARTITION_PARTS_H

#include "replay/plain.h"

/* The records of a task: entries linked by their `head`. */
struct tt_task_list {
    uint32_t first, last; /* entries */
    uint32_t count;
    struct tt_plain plain;
};

struct tt_task_slot {
    uint32_t task; /* number + 1; 0: empty */
    uint32_t mark; /* of the hash, to skip most comparisons */
};

/* One thread's tables, used for one partition after the other. Zero-initialise. */
struct tt_partition {
    struct tt_rec *entries;     /* in the order of reading */
    struct tt_task_list *tasks; /* in order of first arrival */
    struct tt_rec_name *names;  /* of the tasks */
    struct tt_task_slot *slots; /* open addressing, a power of two */
    uint32_t *task_of_head;     /* heads of all feeders behind one another */
    uint32_t entry_count, task_count;
    size_t slot_count;
    char *memory; /* of the tables */
    size_t memory_bytes;
    char *loaded;  /* spilled blocks */
    char *task_id; /* of the task in hand, where it has to be written out */
    size_t task_id_capacity;
};

/* Visits every task of partition number p. */
enum tt_err tt_partition_walk(struct tt_pass *pass, unsigned p, struct tt_partition *part,
                              struct tt_bench *bench, const struct tt_task_visit *visit,
                              struct tt_fault *fault) TT_MUST_CHECK;
void tt_partition_done(struct tt_partition *part);

#endif
