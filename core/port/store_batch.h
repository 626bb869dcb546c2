/* What a batch asks of the store, what the store answers, and what is then written: data alone.
 * core/port/store.h has the calls.
 *
 * Texts and lists are borrowed: the caller's in what is asked and written, the arena's in what is
 * answered, all until the transaction ends. */
#ifndef TT_PORT_STORE_BATCH_H
#define TT_PORT_STORE_BATCH_H

#include "core/model/audit_row.h"

/* ---- Asked, and answered */

struct tt_store_entry {
    struct tt_place place;  /* under the queue's epoch */
    struct tt_event event;  /* an entry of the batch */
    int64_t attempt;        /* deliveries so far, 1 and up */
    int64_t fence;          /* of the holding of its id; 0 without locking */
    uint32_t identity;      /* tt_event_identity of the event */
    size_t task, partition; /* where its own stand in the lists below */
    /* Answer: a row of the task is the same event (tt_event_is_same). */
    bool stored_same;
};

struct tt_store_task {
    struct tt_str tenant, task_id;
    int64_t fence; /* the largest of its entries; 0 without locking */
    /* Answer: the task's row; NULL: the task is new. */
    const struct tt_current_row *current;
};

struct tt_store_partition {
    int64_t partition;
    int64_t fence; /* the largest of its entries; 0 without locking */
    /* Answer: the newest epoch of the partition's rows that is not below the queue's; 0: none. */
    int64_t newest_epoch;
};

/* A row that stands at an entry's place, under the queue's epoch or a later one. */
struct tt_store_taken {
    size_t entry;
    int64_t epoch;
    struct tt_event event;
};

struct tt_store_batch {
    int64_t epoch;                  /* the queue's */
    struct tt_store_entry *entries; /* in the order of the batch */
    size_t entry_count;
    struct tt_store_task *tasks; /* those of the entries, each once, by tenant and task_id */
    size_t task_count;
    struct tt_store_partition *partitions; /* those of the entries, each once, ascending */
    size_t partition_count;
    /* Answer: by entry, then epoch. Mostly none. */
    const struct tt_store_taken *taken;
    size_t taken_count;
};

/* The end of a task's timeline, for late events. */
struct tt_store_history {
    struct tt_str tenant, task_id;
    int64_t since_us; /* from this event time on */
    /* Answer: originals by event time, then arrival; their `arrival` is their row's apply_seq. */
    const struct tt_original *originals;
    size_t count;
    /* Answer: the last stay that began before since_us. */
    struct tt_interval_row before;
    bool has_before;
};

/* ---- Written */

/* The stays of one task. */
struct tt_store_stays {
    struct tt_str tenant, task_id;
    int64_t keep;                       /* stays up to this position remain, */
    bool replace;                       /* those behind go away, */
    bool ends;                          /* and where this is set */
    int64_t valid_to_us;                /* the stay `keep` has this end (TT_TIME_NONE: none) */
    const struct tt_interval_row *rows; /* behind it, from position keep + 1 on */
    size_t count;
};

struct tt_store_current {
    struct tt_current_row row;
    bool is_new; /* the task had no row */
};

/* What its caller would like to do while the store works. call NULL: nothing. last: as this write
 * does not call again, it may take its time. */
struct tt_store_meanwhile {
    void *context;
    void (*call)(void *context, bool last);
};

struct tt_store_changes {
    const struct tt_audit_row *audit; /* in the order of the batch; the store gives apply_seq */
    size_t audit_count;
    const struct tt_store_current *current; /* by tenant and task_id, each once */
    size_t current_count;
    const struct tt_store_stays *stays; /* by tenant and task_id, each once */
    size_t stays_count;
    /* What is to be added to the rows of data sets, by tenant, correlation_id and dataset_id, each
     * once (tt_progress_add). */
    const struct tt_progress_row *progress;
    size_t progress_count;
    /* Called in the course of write, where there is time: now and then, and once as the last time,
     * then or in the commit behind it; left out where there is none. It calls nothing of the store.
     */
    struct tt_store_meanwhile meanwhile;
};

#endif
