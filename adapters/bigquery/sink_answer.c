#include "adapters/bigquery/sink_answer.h"

#include <stdio.h>

void tt_sink_say(struct tt_sink_answer *answer, enum tt_sink_state state)
{
    *answer = (struct tt_sink_answer){.state = state, .bad_row = -1};
}

void tt_sink_refuse(struct tt_sink_answer *answer, int64_t row, struct tt_str reason,
                    struct tt_str message)
{
    tt_sink_say(answer, TT_SINK_REFUSED);
    answer->bad_row = row;
    snprintf(answer->reason, sizeof answer->reason, "%.*s", TT_STR_ARGS(reason));
    snprintf(answer->message, sizeof answer->message, "%.*s", TT_STR_ARGS(message));
}

enum tt_err tt_sink_refuse_row(struct tt_sink_answer *answer, uint64_t row, struct tt_str reason,
                               const char *message)
{
    tt_sink_refuse(answer, (int64_t)row, reason, tt_str_from(message));
    return TT_ERR_STOPPED;
}

enum tt_err tt_sink_check_handle(struct tt_str handle, const char *begins, const char *via,
                                 struct tt_fault *fault)
{
    size_t len = strlen(begins);
    if (handle.len > len && memcmp(handle.ptr, begins, len) == 0)
        return TT_OK;
    return tt_fault_set(
        fault, TT_ERR_INVALID,
        "the batch was begun by another way than --via %s; upload by that one until "
        "it is done (%.*s)",
        via, handle.len > 100 ? 100 : (int)handle.len, handle.ptr == NULL ? "" : handle.ptr);
}
