#include "tests/sim/queue_client_parts.h"

#include <stdio.h>

enum tt_err tt_model_client_bury(void *context, const struct tt_queue_entry *entry,
                                 const char *reason, const char *error, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    (void)error;
    enum tt_err err = tt_model_client_there(q, TT_SIM_BURY, fault);
    if (err != TT_OK)
        return err;
    tt_model_bury(q->server, entry->partition, q->locking ? q->token : -1,
                  (struct tt_model_id){entry->id_ms, entry->id_seq}, reason, entry->deliveries,
                  entry->payload);
    return tt_model_client_back(q, TT_SIM_BURY, fault);
}

static struct tt_model_id set_parked(struct tt_model_queue *q, const struct tt_queue_entry *entry)
{
    q->hands[q->now].parked[entry - q->hands[q->now].entries] = true;
    return (struct tt_model_id){entry->id_ms, entry->id_seq};
}

enum tt_err tt_model_client_park(void *context, const struct tt_queue_parking *parking,
                                 struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    const struct tt_queue_entry *entry = parking->entry;
    struct tt_model_id behind[TT_MODEL_ENTRIES_MAX], id = set_parked(q, entry);
    char key[TT_MODEL_KEY_BYTES];
    snprintf(key, sizeof key, "%.*s/%.*s", TT_STR_ARGS(parking->tenant),
             TT_STR_ARGS(parking->task_id));
    for (size_t i = 0; i < parking->behind_count; i++)
        behind[i] = set_parked(q, parking->behind[i]);
    enum tt_err err = tt_model_client_there(q, TT_SIM_PARK, fault);
    if (err != TT_OK)
        return err;
    if (!q->server->partitions[entry->partition].has_group)
        return tt_model_client_no_group(q, fault);
    tt_model_park(q->server, entry->partition, q->token, id, parking->reason, entry->deliveries,
                  entry->payload, tt_model_key(q->server, key), behind, parking->behind_count);
    return tt_model_client_back(q, TT_SIM_PARK, fault);
}

enum tt_err tt_model_client_trim(void *context, unsigned count, struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    enum tt_err err = TT_OK;
    for (unsigned n = 0; n < q->server->partition_count && n < count && err == TT_OK; n++) {
        unsigned i = q->trim_next % q->server->partition_count;
        q->trim_next = i + 1;
        if (!tt_model_client_is_own(q, i))
            continue;
        err = tt_model_client_there(q, TT_SIM_TRIM, fault);
        if (err != TT_OK)
            return err;
        if (!q->server->partitions[i].has_group)
            return tt_model_client_no_group(q, fault);
        uint64_t vanished = q->locking ? tt_model_tend(q->server, i) : 0;
        q->vanished += vanished;
        unsigned done = 1;
        err = tt_model_client_step(q, &done, fault);
        if (err != TT_OK)
            return err;
        tt_model_trim(q->server, i);
        err = tt_model_client_back(q, TT_SIM_TRIM, fault);
    }
    return err;
}

enum tt_err tt_model_client_backlog(void *context, struct tt_queue_backlog *ret_backlog,
                                    struct tt_fault *fault)
{
    struct tt_model_queue *q = context;
    struct tt_queue_backlog backlog = {0};
    unsigned done = 0;
    enum tt_err err = tt_model_client_there(q, TT_SIM_BACKLOG, fault);
    for (unsigned i = 0; i < q->server->partition_count && err == TT_OK; i++) {
        err = tt_model_client_step(q, &done, fault);
        struct tt_queue_backlog one = tt_model_backlog(q->server, i);
        backlog.unread += one.unread;
        backlog.pending += one.pending;
    }
    if (err == TT_OK)
        err = tt_model_client_back(q, TT_SIM_BACKLOG, fault);
    if (err == TT_OK)
        *ret_backlog = backlog;
    return err;
}
