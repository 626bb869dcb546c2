/* One OSDU message, read: a status, or the details of a data set. */
#ifndef TT_MODEL_OSDU_MESSAGE_H
#define TT_MODEL_OSDU_MESSAGE_H

#include "core/model/event_reader.h"

struct tt_osdu_message {
    bool is_dataset;
    struct tt_str correlation_id; /* never absent, never empty */
    /* A status: all of the event but tenant-wide things that other messages tell (task_id,
     * dataset_id). Texts live in the reader's arena. */
    struct tt_event event;
    struct tt_str record_id; /* absent where the service did not know it */
    /* The details of a data set. */
    struct tt_str dataset_id;
    int64_t record_count; /* -1 = not told */
};

/* Texts that are not the event's are borrowed from the JSON. Errors: REJECT, NO_MEMORY. */
enum tt_err tt_osdu_message_read(const struct tt_json *message, struct tt_event_reader *r,
                                 struct tt_osdu_message *ret_message,
                                 struct tt_fault *fault) TT_MUST_CHECK;

/* The task of a status: "correlation/stage/record", or "correlation/stage" without one; '/' and
 * '\\' within a part have a '\\' in front, so that no two tasks are written alike. */
void tt_osdu_task_id(struct tt_buf *buf, const struct tt_event *event, struct tt_str record_id);

#endif
