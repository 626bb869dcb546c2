/* The status event: "this task had this status at this time". docs/events.md has the format.
 *
 * A struct tt_event is a set of views: every text borrows from the decoder that made it and is
 * valid until that decoder's next line (copy what must live longer). Absent text has ptr == NULL.
 * Threads: a value; any.
 */
#ifndef TT_MODEL_EVENT_H
#define TT_MODEL_EVENT_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/time.h"

struct tt_event {
    struct tt_str tenant;    /* never absent, never empty; "default" where none was given */
    struct tt_str task_id;   /* never absent, never empty */
    struct tt_str status;    /* never absent, never empty */
    struct tt_str event_id;  /* absent, or not empty: the key of deduplication */
    struct tt_str task_type; /* these may be absent or empty */
    struct tt_str source;
    struct tt_str stage;
    struct tt_str correlation_id;
    struct tt_str dataset_id;
    struct tt_str message;
    struct tt_str error_code; /* an integer is kept as its decimal text */
    struct tt_str attributes; /* a JSON object in compact form, or absent */
    int64_t event_time_us;    /* in range (tt_time_in_range) */
    int64_t received_at_us;   /* TT_TIME_NONE where unknown */
    int64_t seq;              /* valid when has_seq */
    bool has_seq;
    bool error_code_is_int; /* write error_code back as a number */
};

/* The canonical form: one JSON object without line end, absent fields left out, times as RFC 3339.
 * Reading it back gives an equal event. */
void tt_event_write_json(struct tt_buf *buf, const struct tt_event *event);

/* Copies all texts of `from` into `arena`. Errors: NO_MEMORY. */
enum tt_err tt_event_copy(struct tt_event *to, const struct tt_event *from,
                          struct tt_arena *arena) TT_MUST_CHECK;

/* Whether two events of one task are the same event, so that the later one is a duplicate
 * (docs/checks.md). */
bool tt_event_is_same(const struct tt_event *a, const struct tt_event *b);
/* A hash of what tt_event_is_same compares: different for different events, but for collisions.
 * Stores keep it to find duplicates by, so the same event must give it in every version. */
uint32_t tt_event_identity(const struct tt_event *event);
/* Whether every field is the same, absent and empty being different. */
bool tt_event_equal(const struct tt_event *a, const struct tt_event *b);

/* A copy with all its texts in one block, freed by tt_mem_free; NULL when out of memory. `bytes`
 * is its size. */
struct tt_event *tt_event_clone(const struct tt_event *event, size_t *ret_bytes) TT_MUST_CHECK;

/* Every text field, in the order of docs/events.md: name, member. */
#define TT_EVENT_TEXT_FIELDS(X)                                                                    \
    X(task_id)                                                                                     \
    X(status)                                                                                      \
    X(event_id) X(tenant) X(task_type) X(source) X(stage) X(correlation_id) X(dataset_id) X(message)

#endif
