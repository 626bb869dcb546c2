/* dataset_progress: how far a data set is. A task is one record of the data set that the first of
 * its events to carry correlation_id and dataset_id names; it is finished while its current status
 * is one of the final ones below. So each event takes the task's old status out of the counts and
 * puts its new one in. What it says is a change to be added: several workers may have events of one
 * data set at the same time. How many records there should be comes from an event's attribute
 * record_count (or recordCount); of several the last to arrive counts. */
#include "core/handlers/handler.h"

#include "core/base/assert.h"
#include "core/base/json.h"
#include "core/base/limits.h"

enum outcome { OPEN, SUCCEEDED, FAILED };

/* The final statuses of the systems we know; the handler has no lifecycle. */
static const struct {
    const char *status;
    enum outcome outcome;
} finals[] = {
    {"SUCCESS", SUCCEEDED},         {"SUCCEEDED", SUCCEEDED}, {"COMPLETED", SUCCEEDED},
    {"SKIPPED", SUCCEEDED},         {"FAILED", FAILED},       {"CANCELLED", FAILED},
    {"PARTIAL_SUCCESS", SUCCEEDED},
};

static enum outcome outcome_of(struct tt_str status)
{
    for (size_t i = 0; i < sizeof finals / sizeof *finals; i++)
        if (tt_str_equal(status, tt_str_from(finals[i].status)))
            return finals[i].outcome;
    return OPEN;
}

/* Leaves *expected as it is where the event does not tell. */
static enum tt_err read_expected(const struct tt_event *event, int64_t *expected,
                                 struct tt_fault *fault)
{
    struct tt_json *attributes = NULL;
    if (event->attributes.ptr == NULL)
        return TT_OK;
    enum tt_err err = tt_json_parse(event->attributes, TT_JSON_DEPTH_MAX, &attributes, NULL);
    if (err == TT_ERR_NO_MEMORY)
        return tt_fault_set(fault, err, "out of memory");
    if (err != TT_OK || tt_json_type(attributes) != TT_JSON_OBJECT) {
        tt_json_free(attributes);
        return TT_OK;
    }
    const struct tt_json *count = tt_json_get(attributes, "record_count");
    if (count == NULL)
        count = tt_json_get(attributes, "recordCount");
    if (count != NULL && tt_json_type(count) == TT_JSON_INT && tt_json_int(count) >= 0)
        *expected = tt_json_int(count);
    tt_json_free(attributes);
    return TT_OK;
}

static void count_outcome(struct tt_progress_row *row, enum outcome outcome, int64_t change)
{
    row->finished += outcome == OPEN ? 0 : change;
    row->succeeded += outcome == SUCCEEDED ? change : 0;
    row->failed += outcome == FAILED ? change : 0;
}

static void note_failure(struct tt_progress_row *row, const struct tt_event *event)
{
    if (outcome_of(event->status) != FAILED)
        return;
    row->first_failure = event->message.len == 0 ? event->status : event->message;
    row->first_failure_at_us = event->event_time_us;
}

static enum tt_err handle(const struct tt_handling *handling, struct tt_changes *changes,
                          struct tt_fault *fault)
{
    const struct tt_current_row *before = handling->state.current,
                                *after = tt_changes_current(changes);
    struct tt_progress_row row = {.tenant = handling->event->tenant,
                                  .records_expected = -1,
                                  .first_failure_at_us = TT_TIME_NONE};
    if (handling->duplicate ||
        !tt_handlers_dataset(handling->event, before, &row.correlation_id, &row.dataset_id))
        return TT_OK;
    tt_assert(after != NULL);
    if (before != NULL && before->dataset_id.len > 0) /* else it was not counted yet */
        count_outcome(&row, outcome_of(before->status), -1);
    count_outcome(&row, outcome_of(after->status), 1);
    note_failure(&row, handling->event);
    row.last_stage = after->stage;
    enum tt_err err = read_expected(handling->event, &row.records_expected, fault);
    if (err == TT_OK)
        tt_changes_add(changes, TT_CHANGE_PROGRESS)->progress = row;
    return err;
}

const struct tt_handler tt_handler_progress = {"dataset_progress", handle};
