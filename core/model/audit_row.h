/* Rows of the store, as data. Column names and units are those of docs/fleet.md. */
#ifndef TT_MODEL_AUDIT_ROW_H
#define TT_MODEL_AUDIT_ROW_H

#include "core/model/event.h"

/* Where an entry stands: the key of its audit row. */
struct tt_place {
    /* 1 and up; grows when entry ids come back with other content. 0: the row is no entry's but
     * tells of a repair, and entry_ms and entry_seq are the time and the fence of it. */
    int64_t epoch;
    int64_t partition;
    int64_t entry_ms; /* the entry id's two parts */
    int64_t entry_seq;
};

/* task_status_audit */
struct tt_audit_row {
    struct tt_place place;
    struct tt_event event;
    int64_t enqueued_at_us;      /* from the entry id */
    int64_t read_started_at_us;  /* when the batch was read */
    int64_t write_started_at_us; /* when the transaction began */
    struct tt_str worker;
    int64_t fence;
    int64_t attempt;
    int64_t apply_seq; /* grows with every row written, store-wide; given by the store */
    bool duplicate;
};

/* Whether the row is a status event. Repairs are none, for nobody who counts or replays. */
static inline bool tt_audit_is_event(const struct tt_audit_row *row)
{
    return row->place.epoch > 0;
}

/* task_status_current */
struct tt_current_row {
    struct tt_str tenant, task_id;
    struct tt_str task_type, status, stage; /* type and stage may be absent */
    int64_t event_time_us;
    int64_t seq; /* of the event the status comes from; valid when has_seq */
    bool has_seq;
    int64_t
        newest_event_time_us; /* of all originals; event_time_us may be older in arrival order */
    struct tt_str correlation_id, dataset_id; /* the data set it is counted in; both or neither */
    int64_t first_seen_at_us, updated_at_us;
    int64_t events; /* originals applied */
    int64_t fence;
    int64_t stays;             /* in task_status_interval; 0 where that is not known */
    struct tt_str stay_status; /* of the last stay */
};

/* task_status_interval */
struct tt_interval_row {
    int64_t position; /* 1-based place among the task's stays */
    int64_t valid_from_us;
    int64_t valid_to_us;         /* TT_TIME_NONE while current */
    struct tt_str status, stage; /* stage may be absent */
};

/* An event of a task's timeline, as far as its stays and its state follow from it. */
struct tt_original {
    struct tt_str status, stage; /* stage may be absent */
    int64_t event_time_us;
    int64_t seq; /* valid when has_seq */
    bool has_seq;
    int64_t arrival; /* among originals of one event time: which came first */
};

/* dataset_progress; or what is to be added to a row of it (tt_progress_add) */
struct tt_progress_row {
    struct tt_str tenant, correlation_id, dataset_id;
    int64_t records_expected; /* -1: not known */
    int64_t finished, succeeded, failed;
    struct tt_str first_failure, last_stage; /* may be absent */
    int64_t first_failure_at_us;             /* TT_TIME_NONE: none */
};

/* Adds a change to a row of the same data set: counts are summed, the earlier failure stays, what
 * the change does not know (-1, absent) stays as it is. Adding one change after another is the same
 * as adding their sum; stores do the same in SQL. */
void tt_progress_add(struct tt_progress_row *row, const struct tt_progress_row *change);

#endif
