/* dataset_progress: how far a data set is. A task whose events carry correlation_id and dataset_id
 * is one record of that data set; it is finished while its current status is one of the final ones
 * below. How many records there should be comes from an event's attribute record_count, where one
 * is given. */
#include "core/handlers/handler.h"

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

static int64_t expected_records(const struct tt_event *event)
{
    struct tt_json *attributes = NULL;
    int64_t expected = -1;
    if (event->attributes.ptr == NULL ||
        tt_json_parse(event->attributes, TT_JSON_DEPTH_MAX, &attributes, NULL) != TT_OK)
        return -1;
    const struct tt_json *count = tt_json_get(attributes, "record_count");
    if (count == NULL)
        count = tt_json_get(attributes, "recordCount");
    if (count != NULL && tt_json_type(count) == TT_JSON_INT && tt_json_int(count) >= 0)
        expected = tt_json_int(count);
    tt_json_free(attributes);
    return expected;
}

static void count_outcome(struct tt_progress_row *row, enum outcome outcome, int64_t change)
{
    row->finished += outcome == OPEN ? 0 : change;
    row->succeeded += outcome == SUCCEEDED ? change : 0;
    row->failed += outcome == FAILED ? change : 0;
}

/* What the current handler has said of this event, to see the status after it. */
static struct tt_str status_after(const struct tt_changes *changes, struct tt_str otherwise)
{
    for (size_t i = 0; i < changes->count; i++)
        if (changes->list[i].kind == TT_CHANGE_CURRENT)
            return changes->list[i].current.status;
    return otherwise;
}

static enum tt_err handle(const struct tt_handling *handling, struct tt_changes *changes,
                          struct tt_fault *fault)
{
    (void)fault;
    const struct tt_event *event = handling->event;
    if (handling->duplicate || !tt_handlers_need_progress(event))
        return TT_OK;
    const struct tt_current_row *before = handling->state.current;
    struct tt_str old_status = before == NULL ? TT_STR("") : before->status;
    struct tt_str new_status = status_after(changes, old_status);
    struct tt_progress_row row = {
        .tenant = event->tenant,
        .correlation_id = event->correlation_id,
        .dataset_id = event->dataset_id,
        .records_expected = -1,
        .first_failure_at_us = TT_TIME_NONE,
    };
    if (handling->state.progress != NULL)
        row = *handling->state.progress;
    count_outcome(&row, outcome_of(old_status), -1);
    count_outcome(&row, outcome_of(new_status), 1);
    int64_t expected = expected_records(event);
    if (expected >= 0)
        row.records_expected = expected;
    if (outcome_of(event->status) == FAILED && (row.first_failure_at_us == TT_TIME_NONE ||
                                                event->event_time_us < row.first_failure_at_us)) {
        row.first_failure = event->message.ptr == NULL ? event->status : event->message;
        row.first_failure_at_us = event->event_time_us;
    }
    if (event->stage.ptr != NULL)
        row.last_stage = event->stage;
    tt_changes_add(changes, TT_CHANGE_PROGRESS)->progress = row;
    return TT_OK;
}

const struct tt_handler tt_handler_progress = {"dataset_progress", handle};
