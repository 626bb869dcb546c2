/* Action handlers: what an event does to the state, as data.
 *
 * A handler looks at one event, at whether it is a duplicate, and at the state of its task, and
 * says which rows change. It reads and writes nothing itself: the applier reads what a handler
 * needs before, and writes what it says after, in one transaction; the replayer and the tests do
 * the same in memory. docs/handlers.md shows how to add one.
 *
 * Threads: any; handlers have no state. Memory: lists in changes come from the arena, texts borrow
 * from the input.
 */
#ifndef TT_HANDLERS_HANDLER_H
#define TT_HANDLERS_HANDLER_H

#include "core/base/mem.h"
#include "core/model/audit_row.h"

/* The state of the event's task, before the event. */
struct tt_task_state {
    const struct tt_current_row *current; /* NULL: the task is new */
    /* Where tt_handlers_need_originals says so, else NULL: the end of the task's timeline, from
     * some event time on that is not behind the event's, the event itself included: originals by
     * event time; those of one time by seq where all of them have one, else as they arrived. */
    const struct tt_original *originals;
    size_t original_count;
    /* With originals: the last stay that began before that time; NULL: none. Its end is not looked
     * at. */
    const struct tt_interval_row *stay_before;
};

struct tt_handling {
    const struct tt_event *event;
    bool duplicate;
    int64_t now_us; /* when the transaction began */
    int64_t fence;
    bool apply_by_arrival; /* the state follows arrival order, else event time */
    struct tt_task_state state;
};

enum tt_change_kind {
    TT_CHANGE_CURRENT,  /* put this row */
    TT_CHANGE_STAY_END, /* the last stay ends */
    TT_CHANGE_STAY,     /* another stay begins behind the last */
    TT_CHANGE_STAYS,    /* from some position on, the stays are these */
    TT_CHANGE_PROGRESS, /* add this */
};

struct tt_change {
    enum tt_change_kind kind;
    union {
        struct tt_current_row current;
        struct {
            int64_t position;
            int64_t valid_to_us;
        } end;
        struct tt_interval_row stay;
        struct {
            int64_t keep;        /* stays up to this position remain */
            int64_t valid_to_us; /* of the stay `keep`, where that is not 0 */
            const struct tt_interval_row *rows;
            size_t count;
        } stays;
        struct tt_progress_row progress;
    };
};

enum { TT_CHANGES_MAX = 16 }; /* of one event, all handlers together */

struct tt_changes {
    struct tt_arena *arena;
    struct tt_change list[TT_CHANGES_MAX];
    size_t count;
};

struct tt_handler {
    const char *name;
    enum tt_err (*handle)(const struct tt_handling *handling, struct tt_changes *changes,
                          struct tt_fault *fault);
};

extern const struct tt_handler tt_handler_current, tt_handler_interval, tt_handler_progress;

/* Whether the event may not be the last of its task's timeline, so that its originals are needed.
 */
bool tt_handlers_need_originals(const struct tt_event *event, const struct tt_current_row *current);
/* The data set in which the task counts as one record: the first one that an event of it named, by
 * correlation_id and dataset_id. False where there is none. What is returned borrows. */
bool tt_handlers_dataset(const struct tt_event *event, const struct tt_current_row *current,
                         struct tt_str *ret_correlation_id, struct tt_str *ret_dataset_id);

/* Every handler in turn. Errors: NO_MEMORY. */
enum tt_err tt_handlers_run(const struct tt_handling *handling, struct tt_changes *changes,
                            struct tt_fault *fault) TT_MUST_CHECK;

/* A new change of the kind, zeroed; there is always room for what handlers may say. */
struct tt_change *tt_changes_add(struct tt_changes *changes, enum tt_change_kind kind);
/* The task's row after the event, as the current handler, the first of all, has left it here; NULL
 * for a duplicate. */
struct tt_current_row *tt_changes_current(struct tt_changes *changes);

#endif
